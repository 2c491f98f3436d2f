// SPDX-License-Identifier: GPL-2.0
/*
 * What one user may have of the device, so that none can keep all of it from the others.
 *
 * A user is who opened the file (fsuid), on one device. Whoever may raise resource limits
 * (CAP_SYS_RESOURCE when the file is opened) is not counted. Each of contexts, descriptors in the
 * device, page tables and pages in local memory is limited to user_share_percent of what there is.
 * Work beyond the share waits, pages stay in host memory; BIND and faults that need a page table
 * are refused with -EDQUOT.
 *
 * Counts are atomic and compared after they were raised: several callers at the limit may all be
 * refused, never all be let through.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "drv.h"
#include "params.h"

/* One object per user who has something, kept by files, tables and pages. */
struct dmmu_user *dmmu_user_get(struct dmmu_dev *dev)
{
	struct dmmu_user *fresh, *user;
	kuid_t uid = current_fsuid();

	if (capable(CAP_SYS_RESOURCE))
		return NULL;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	refcount_set(&fresh->ref, 1);
	fresh->dev = dev;
	fresh->uid = uid;
	spin_lock_irq(&dev->users_lock);
	list_for_each_entry(user, &dev->users, node) {
		if (!uid_eq(user->uid, uid))
			continue;
		refcount_inc(&user->ref);
		spin_unlock_irq(&dev->users_lock);
		kfree(fresh);
		return user;
	}
	list_add(&fresh->node, &dev->users);
	spin_unlock_irq(&dev->users_lock);
	return fresh;
}

void dmmu_user_put(struct dmmu_user *user)
{
	struct dmmu_dev *dev;
	unsigned long flags;
	bool last;

	if (!user)
		return;
	dev = user->dev;
	spin_lock_irqsave(&dev->users_lock, flags);
	last = refcount_dec_and_test(&user->ref);
	if (last)
		list_del(&user->node);
	spin_unlock_irqrestore(&dev->users_lock, flags);
	if (last)
		kfree(user);
}

/* Of @all there are, how many are one user's at most. */
static long dmmu_user_share(u64 all)
{
	return max_t(long, 1, div_u64(all * dmmu_user_share_percent(), 100));
}

static u64 dmmu_user_all(struct dmmu_dev *dev, enum dmmu_quota what)
{
	switch (what) {
	case DMMU_QUOTA_CONTEXTS:
		return dev->contexts;
	case DMMU_QUOTA_TABLES:
		return dev->table_bytes >> DMMU_PAGE_SHIFT;
	default:
		return dmmu_local_total(dev);
	}
}

/* May @user have one more? Then it is counted, and keeps the user until it is put back. */
bool dmmu_user_charge(struct dmmu_user *user, enum dmmu_quota what)
{
	if (!user)
		return true;
	if (atomic_long_inc_return(&user->has[what]) >
	    dmmu_user_share(dmmu_user_all(user->dev, what))) {
		atomic_long_dec(&user->has[what]);
		return false;
	}
	refcount_inc(&user->ref);
	return true;
}

/* Any context: pages are freed in the interrupts of others, too. */
void dmmu_user_uncharge(struct dmmu_user *user, enum dmmu_quota what)
{
	if (!user)
		return;
	atomic_long_dec(&user->has[what]);
	dmmu_user_put(user);
}

/*
 * May the device be given one more descriptor of @user's? Of its threads, a share stays free for
 * others: work may run for as long as it likes.
 */
bool dmmu_user_may_run(const struct dmmu_user *user)
{
	if (!user)
		return true;
	lockdep_assert_held(&user->dev->work.lock);
	return user->inflight < dmmu_user_share(user->dev->threads);
}
