// SPDX-License-Identifier: GPL-2.0
/*
 * SNAPSHOT: what the CPU page table says of each page, one byte a page, without faulting anything
 * in.
 */
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "dmirror.h"

#define DMIRROR_STEP 64U /* pages looked at together */
#define DMIRROR_WAIT msecs_to_jiffies(1000)

/* Nothing is kept, so all that an invalidation has to do is to void the look in progress. */
static bool dmirror_look_void(struct mmu_interval_notifier *notifier,
			      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	mmu_interval_set_seq(notifier, cur_seq);
	return true;
}

static const struct mmu_interval_notifier_ops dmirror_look_ops = {
	.invalidate = dmirror_look_void,
};

static u8 dmirror_kind(struct dmirror *d, unsigned long pfn)
{
	struct page *page = hmm_pfn_to_page(pfn);

	if (dmmu_client_page_is_on(d->dev, page))
		return dmmu_client_coherent(d->dev) ? HMM_DMIRROR_PROT_DEV_COHERENT_LOCAL :
						      HMM_DMIRROR_PROT_DEV_PRIVATE_LOCAL;
	if (dmmu_client_page_is_elsewhere(d->dev, page))
		return HMM_DMIRROR_PROT_DEV_COHERENT_REMOTE;
	if (is_zero_pfn(page_to_pfn(page)))
		return HMM_DMIRROR_PROT_ZERO;
	return HMM_DMIRROR_PROT_NONE;
}

static u8 dmirror_describe(struct dmirror *d, unsigned long pfn)
{
	unsigned int bits;
	u8 prot;

	if (pfn & HMM_PFN_ERROR)
		return HMM_DMIRROR_PROT_ERROR;
	/* A page that is on another device is not present, either. */
	if (!(pfn & HMM_PFN_VALID))
		return HMM_DMIRROR_PROT_NONE;
	prot = dmirror_kind(d, pfn);
	prot |= pfn & HMM_PFN_WRITE ? HMM_DMIRROR_PROT_WRITE : HMM_DMIRROR_PROT_READ;
	bits = hmm_pfn_to_map_order(pfn) + PAGE_SHIFT;
	if (bits == PMD_SHIFT)
		prot |= HMM_DMIRROR_PROT_PMD;
	else if (bits == PUD_SHIFT)
		prot |= HMM_DMIRROR_PROT_PUD;
	return prot;
}

/* Look at [start, end) until nothing changes meanwhile. Returns 0, -EBUSY, or another error. */
static int dmirror_look(struct dmirror *d, unsigned long start, unsigned long end,
			unsigned long *pfns)
{
	unsigned long until = jiffies + DMIRROR_WAIT;
	struct mmu_interval_notifier notifier;
	struct hmm_range range = {
		.notifier = &notifier,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
		.dev_private_owner = dmmu_client_owner(d->dev),
	};
	int ret;

	ret = mmu_interval_notifier_insert(&notifier, d->mm, start, end - start, &dmirror_look_ops);
	if (ret)
		return ret;
	do {
		range.notifier_seq = mmu_interval_read_begin(&notifier);
		mmap_read_lock(d->mm);
		ret = dmmu_hmm_range_fault(&range);
		mmap_read_unlock(d->mm);
		if (!ret && mmu_interval_read_retry(&notifier, range.notifier_seq))
			ret = -EBUSY;
	} while (ret == -EBUSY && time_before(jiffies, until));
	mmu_interval_notifier_remove(&notifier);
	return ret;
}

int dmirror_snapshot(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	unsigned long at = cmd->addr, end = cmd->addr + (cmd->npages << PAGE_SHIFT), next;
	u8 __user *to = u64_to_user_ptr(cmd->ptr);
	unsigned long pfns[DMIRROR_STEP] = {};
	u8 prot[DMIRROR_STEP];
	unsigned int i, n;
	int ret = 0;

	if (!mmget_not_zero(d->mm))
		return -EINVAL;
	for (; at < end; at = next) {
		next = min(end, at + DMIRROR_STEP * PAGE_SIZE);
		n = (next - at) >> PAGE_SHIFT;
		ret = dmirror_look(d, at, next, pfns);
		if (ret)
			break;
		for (i = 0; i < n; i++)
			prot[i] = dmirror_describe(d, pfns[i]);
		if (copy_to_user(to, prot, n)) {
			ret = -EFAULT;
			break;
		}
		cmd->cpages += n;
		to += n;
	}
	mmput(d->mm);
	return ret;
}
