// SPDX-License-Identifier: GPL-2.0
/*
 * Making room in local memory: replicas go first, which need not go anywhere, then the coldest
 * pages go home, whomever they belong to.
 *
 * Which are cold, the device tells. Called with nothing held, so that it can wait for the copies of
 * others and take pages from any process. A page that is busy, or for which the host has no place,
 * stays and counts as warm; no content is lost for want of room.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"
#include "params.h"
#include "trace.h"

/* Pages for which room is made at once. */
#define DMMU_ROOM_PAGES 64UL

/* Processes of which one may have mapped a page; so many are asked. */
#define DMMU_ASK_MMS 16U

/* Processes that use the device, at most DMMU_ASK_MMS, with a reference to their users. */
static unsigned int dmmu_mms(struct dmmu_dev *dev, struct mm_struct **mm)
{
	struct dmmu_ctx *ctx;
	unsigned int n = 0;

	/* As in dmmu_age(). */
	if (!mutex_trylock(&dev->ctx_lock))
		return 0;
	list_for_each_entry(ctx, &dev->ctxs, node)
		if (n < DMMU_ASK_MMS && ctx->mm && mmget_not_zero(ctx->mm))
			mm[n++] = ctx->mm;
	mutex_unlock(&dev->ctx_lock);
	return n;
}

/* Bring home by parts what @mm may have of the huge page that is at @index in its mapping. */
static unsigned long dmmu_move_out_parts(struct dmmu_dev *dev, struct mm_struct *mm, pgoff_t index,
					 struct dmmu_move *m)
{
	struct dmmu_migrate_result res = {};
	struct vm_area_struct *vma;
	unsigned long va, end;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, 0);
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (!vma->anon_vma || vma->vm_flags & VM_SPECIAL ||
		    index + DMMU_WHOLE_PAGES <= vma->vm_pgoff ||
		    index >= vma->vm_pgoff + vma_pages(vma))
			continue;
		va = vma->vm_start;
		if (index > vma->vm_pgoff)
			va += (index - vma->vm_pgoff) << PAGE_SHIFT;
		end = min(vma->vm_end, va + DMMU_WHOLE_PAGES * PAGE_SIZE);
		dmmu_move_out_as(dev, vma, va, end, 0, m, &res);
	}
	mmap_read_unlock(mm);
	return res.moved;
}

/*
 * The host has no huge page for one in local memory, whose first is @pfn. The kernel splits it only
 * for who comes by a mapping: look for one in the processes that use the device. Where it is, is
 * read without a lock; if that is wrong, other pages come home.
 */
static unsigned int dmmu_evict_parts(struct dmmu_dev *dev, struct dmmu_move *m, unsigned long pfn)
{
	pgoff_t index = page_folio(pfn_to_page(pfn))->index;
	struct mm_struct *mm[DMMU_ASK_MMS];
	unsigned int n = dmmu_mms(dev, mm);
	unsigned long moved = 0;

	while (n--) {
		if (!moved)
			moved = dmmu_move_out_parts(dev, mm[n], index, m);
		mmput(mm[n]);
	}
	return moved;
}

/* One batch of dmmu_evict(). Returns how many went home, and in *@n how many were tried. */
static unsigned int dmmu_evict_batch(struct dmmu_dev *dev, struct dmmu_move *m, unsigned int *n)
{
	unsigned long first;
	unsigned int moved;
	bool parts;

	/* Page frame numbers first go where the destinations come afterwards. */
	*n = dmmu_local_coldest(dev, m->dst, *n, DMMU_COPY_BATCH);
	first = m->dst[0];
	dmmu_isolate(m->dst, m->src, *n);
	parts = dmmu_bring_home(dev, m->src, m->dst, m->op, *n, NULL, 0, 0, NULL);
	migrate_device_pages(m->src, m->dst, *n);
	moved = dmmu_went_home(dev, m->src, m->dst, *n);
	migrate_device_finalize(m->src, m->dst, *n);
	if (parts)
		moved += dmmu_evict_parts(dev, m, first);
	return moved;
}

/*
 * Bring back @n pages, the coldest first, whomever they belong to. Returns how many were moved;
 * fewer when pages are busy or host memory is short, more when one is huge. Called without locks.
 */
unsigned long dmmu_evict(struct dmmu_dev *dev, unsigned long n)
{
	struct dmmu_move *m = dmmu_move_alloc(GFP_KERNEL);
	unsigned long done = 0, tried = 0, most = dmmu_local_used(dev);
	u64 begin = ktime_get_ns();

	if (!m)
		return 0;
	/* Once round what is there at most: all of it may be busy. */
	while (done < n && tried < most) {
		unsigned int batch = min_t(unsigned long, n - done, DMMU_COPY_BATCH), found = batch;

		done += dmmu_evict_batch(dev, m, &found);
		tried += max(batch, found);
		cond_resched();
	}
	kvfree(m);
	dmmu_moved(dev, DMMU_MOVED_EVICTED, done);
	trace_dmmu_evict(dev->id, n, done, ktime_get_ns() - begin);
	return done;
}

/* Empty local memory, as far as possible in the time a reset may take. */
void dmmu_evict_all(struct dmmu_dev *dev)
{
	unsigned long until = jiffies + dmmu_reset_timeout(), total = dmmu_local_total(dev);
	unsigned long used;

	while ((used = total - dmmu_local_free(dev))) {
		if (dmmu_replica_drop(dev, used) || dmmu_evict(dev, used))
			continue;
		/* Busy pages are soon free, usually. What cannot be copied stays. */
		if (time_after(jiffies, until))
			break;
		msleep(20);
	}
}

/*
 * Ask the device which pages it used since it was last asked. Without PT_AGE, or when told not to
 * ask, the oldest count as the coldest. Whoever holds ctx_lock is either about to do the same, or
 * takes contexts and pages away.
 */
static void dmmu_age(struct dmmu_dev *dev)
{
	struct dmmu_ctx *ctx;

	if (!dev->age || READ_ONCE(dev->round_robin) || !mutex_trylock(&dev->ctx_lock))
		return;
	list_for_each_entry(ctx, &dev->ctxs, node) {
		mutex_lock(&ctx->pt_lock);
		if (!ctx->dead && dmmu_pt_age(ctx) < 0) {
			mutex_unlock(&ctx->pt_lock);
			break;
		}
		mutex_unlock(&ctx->pt_lock);
	}
	mutex_unlock(&dev->ctx_lock);
}

/* Make room for @n pages, and some more, so that this need not be done for each page. */
unsigned long dmmu_make_room(struct dmmu_dev *dev, unsigned long n)
{
	unsigned long done = dmmu_replica_drop(dev, max(n, DMMU_ROOM_PAGES));

	if (done >= n)
		return done;
	dmmu_age(dev);
	return done + dmmu_evict(dev, max(n - done, DMMU_ROOM_PAGES));
}
