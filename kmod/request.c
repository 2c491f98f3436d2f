// SPDX-License-Identifier: GPL-2.0
/*
 * Moves a range of a process's pages to where somebody wants them, a batch at a time.
 *
 * A program asks by MIGRATE and is told what became of each page; a hint asks and is told nothing.
 * It is advice: what is busy, of another kind or finds no room stays where it is. A range that is
 * larger than local memory moves through it, and its end stays. A fatal signal ends it soon.
 */
#include <linux/hmm.h>
#include <linux/hugetlb.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"
#include "params.h"
#include "trace.h"

static bool dmmu_is_local(struct dmmu_dev *dev, unsigned long pfn)
{
	return dmmu_hmm_has_page(pfn) && dmmu_local_has(dev, hmm_pfn_to_page(pfn));
}

/* Count, and @touch, what @range found in local memory; -EBUSY when it is out of date. */
static int dmmu_count_found(struct dmmu_ctx *ctx, const struct hmm_range *range, bool touch,
			    unsigned long *n)
{
	unsigned long i;
	int ret = 0;

	/* The lock keeps the notifier from returning, and so the pages from going away. */
	mutex_lock(&ctx->pt_lock);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq))
		ret = -EBUSY;
	for (i = 0; !ret && i < (range->end - range->start) >> PAGE_SHIFT; i++) {
		if (!dmmu_is_local(ctx->dev, range->hmm_pfns[i]))
			continue;
		if (touch)
			dmmu_local_touch(hmm_pfn_to_page(range->hmm_pfns[i]));
		(*n)++;
	}
	mutex_unlock(&ctx->pt_lock);
	return ret;
}

/* Look once at @range, without faulting anything in; -EBUSY when it is out of date already. */
static int dmmu_look_once(struct dmmu_ctx *ctx, struct hmm_range *range)
{
	int ret;

	range->notifier_seq = mmu_interval_read_begin(&ctx->notifier);
	mmap_read_lock(ctx->mm);
	ret = dmmu_hmm_range_fault(range);
	mmap_read_unlock(ctx->mm);
	return ret;
}

/*
 * How many pages of [start, end) are in local memory, by the CPU page table; @touch: they are
 * wanted there. Only a number: it may be old when it is returned.
 */
static unsigned long dmmu_count_local(struct dmmu_ctx *ctx, unsigned long start, unsigned long end,
				      struct dmmu_move *m, bool touch)
{
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.hmm_pfns = m->src,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	unsigned long until = jiffies + dmmu_map_timeout(), n = 0;
	int ret;

	for (; (start = dmmu_mirror_next(ctx->mm, start, end)) < end; start = range.end) {
		range.start = start;
		range.end = min(end, start + DMMU_COPY_BATCH * PAGE_SIZE);
		do {
			ret = dmmu_look_once(ctx, &range);
			if (!ret)
				ret = dmmu_count_found(ctx, &range, touch, &n);
		} while (ret == -EBUSY && time_before(jiffies, until));
		cond_resched();
	}
	return n;
}

/* Can pages of this mapping move at all? If not, count why. */
static bool dmmu_vma_fits(struct vm_area_struct *vma, unsigned long pages,
			  struct dmmu_migrate_result *res)
{
	if (!(vma->vm_flags & VM_READ)) {
		res->skipped[DMMU_SKIP_UNMAPPED] += pages;
		return false;
	}
	if (vma->vm_flags & (VM_SPECIAL | VM_SHARED) || is_vm_hugetlb_page(vma) ||
	    vma_is_dax(vma)) {
		res->skipped[DMMU_SKIP_KIND] += pages;
		return false;
	}
	return true;
}

/*
 * Move to local memory, of [start, end) within one mapping, what other devices of this driver have
 * (@others), then what is in host memory. @done and @lacking as dmmu_place() has them, for both.
 */
static int dmmu_gather(struct dmmu_ctx *ctx, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, bool others, struct dmmu_move *m,
		       struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking)
{
	unsigned int pages = (end - start) >> PAGE_SHIFT, lack = 0;
	struct dmmu_dev *from;
	int id = -1, ret = 0;

	while (others && pages && !lack && (from = dmmu_next_device(ctx->dev, &id))) {
		if (dmmu_local_used(from))
			ret = dmmu_move_in(ctx, from, vma, start, start + pages * PAGE_SIZE, m, res,
					   &pages, &lack);
		dmmu_dev_put(from);
		if (ret)
			return ret;
	}
	*done = 0;
	*lacking = lack;
	if (!pages)
		return 0;
	/* Up to where there was room. If even that ends early it begins anew there. */
	ret = dmmu_move_in(ctx, NULL, vma, start, start + pages * PAGE_SIZE, m, res, done, lacking);
	if (!ret && *done == pages)
		*lacking = lack;
	return ret;
}

/*
 * One batch from *@at on: moves @at to where the next begins. @lacking: so many pages from there on
 * found no room, and @end is where the batch would have ended.
 */
static void dmmu_migrate_batch(struct dmmu_ctx *ctx, unsigned long *at, unsigned long *end, u32 to,
			       struct dmmu_move *m, struct dmmu_migrate_result *res,
			       unsigned int *lacking)
{
	unsigned long start = *at, next, pages;
	struct vm_area_struct *vma;
	unsigned int done;
	int ret;

	*lacking = 0;
	mmap_read_lock(ctx->mm);
	vma = find_vma_intersection(ctx->mm, start, *end);
	next = vma ? max(vma->vm_start, start) : *end;
	if (next > start) {
		res->skipped[DMMU_SKIP_UNMAPPED] += (next - start) >> PAGE_SHIFT;
		goto out_unlock;
	}
	next = min(*end, vma->vm_end);
	if (!dmmu_vma_fits(vma, (next - start) >> PAGE_SHIFT, res))
		goto out_unlock;
	/* Aligned, so that what is contiguous in the end is so by whole tables. */
	next = min(next, ALIGN(start + 1, (unsigned long)DMMU_COPY_BATCH * PAGE_SIZE));
	pages = (next - start) >> PAGE_SHIFT;
	done = pages;
	if (to == DMMU_MIGRATE_TO_HOST)
		ret = dmmu_move_out(ctx->dev, vma, start, next, m, res);
	else
		ret = dmmu_gather(ctx, vma, start, next, to == DMMU_MIGRATE_TO_DEVICE, m, res,
				  &done, lacking);
	if (ret)
		res->skipped[DMMU_SKIP_KIND] += pages;
	*end = next;
	next = start + done * PAGE_SIZE;
	mmap_read_unlock(ctx->mm);
	*at = next;
	return;

out_unlock:
	mmap_read_unlock(ctx->mm);
	*end = next;
	*at = next;
}

/* Times that a page for which there was no room is tried again, after making some. */
#define DMMU_ROOM_TRIES 3

static void dmmu_migrate_all(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to,
			     struct dmmu_move *m, struct dmmu_migrate_result *res)
{
	unsigned int lacking;
	unsigned long at = start, next;

	m->tries = 0;
	while (at < end && !fatal_signal_pending(current)) {
		start = at;
		next = end;
		dmmu_migrate_batch(ctx, &at, &next, to, m, res, &lacking);
		m->tries = at == start ? m->tries + 1 : 0;
		if (lacking && (m->tries > DMMU_ROOM_TRIES || !dmmu_make_room(ctx->dev, lacking))) {
			res->skipped[DMMU_SKIP_NO_MEMORY] += (next - at) >> PAGE_SHIFT;
			at = next;
		}
		cond_resched();
	}
	if (at < end)
		res->skipped[DMMU_SKIP_BUSY] += (end - at) >> PAGE_SHIFT;
}

/* The same without telling what became of it. The caller has a reference to the users of the mm. */
void dmmu_migrate_quietly(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to)
{
	struct dmmu_migrate_result res = {};
	struct dmmu_move *m;

	if (!dmmu_local_total(ctx->dev))
		return;
	m = dmmu_move_alloc(GFP_KERNEL_ACCOUNT);
	if (m)
		dmmu_migrate_all(ctx, start, end, to, m, &res);
	kvfree(m);
}

/* Look at [start, end), for which @pfns has room. Returns 0, or why nothing is known of it. */
static int dmmu_look(struct dmmu_ctx *ctx, unsigned long start, unsigned long end,
		     unsigned long *pfns)
{
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	unsigned long until = jiffies + dmmu_map_timeout();
	int ret;

	do {
		ret = dmmu_look_once(ctx, &range);
	} while (ret == -EBUSY && time_before(jiffies, until));
	return ret;
}

/*
 * Is @va in a huge page, or is there nothing yet of the one it would be in, from @start on? Only a
 * guess: it may be otherwise when this returns, and then it does not move as one.
 */
static bool dmmu_is_one(struct dmmu_ctx *ctx, unsigned long va, unsigned long start,
			struct dmmu_move *m)
{
	unsigned int i;

	if (dmmu_look(ctx, va, va + PAGE_SIZE, m->src))
		return false;
	if (dmmu_hmm_has_page(m->src[0]))
		return hmm_pfn_to_map_order(m->src[0]) == ilog2(DMMU_WHOLE_PAGES);
	if (dmmu_look(ctx, start, start + DMMU_WHOLE_PAGES * PAGE_SIZE, m->src))
		return false;
	for (i = 0; i < DMMU_WHOLE_PAGES; i++)
		if (m->src[i] & (HMM_PFN_VALID | HMM_PFN_ERROR))
			return false;
	return true;
}

/*
 * Move the huge page that @va is in to where @to says, as one. Where there is nothing yet but it
 * could be, it comes into being in local memory. Returns whether it has moved; if not, it is what
 * it was. The caller has a reference to the users of the mm.
 */
bool dmmu_migrate_one(struct dmmu_ctx *ctx, unsigned long va, u32 to)
{
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE, start = ALIGN_DOWN(va, bytes);
	struct dmmu_migrate_result res = {};
	struct dmmu_move *m;

	if (!DMMU_WHOLE || !dmmu_local_total(ctx->dev))
		return false;
	m = dmmu_move_alloc(GFP_KERNEL_ACCOUNT);
	if (m && dmmu_is_one(ctx, va, start, m)) {
		m->as_one = true;
		dmmu_migrate_all(ctx, start, start + bytes, to, m, &res);
	}
	kvfree(m);
	return res.moved;
}

/* Whatever is neither moved nor explained was there before, or busy. */
static void dmmu_migrate_settle(struct dmmu_migrate_result *res, unsigned long pages,
				unsigned long local, u32 to)
{
	unsigned long known = res->moved, i;

	for (i = 0; i < DMMU_SKIP_COUNT; i++)
		known += res->skipped[i];
	if (known >= pages)
		return;
	if (to != DMMU_MIGRATE_TO_HOST)
		res->already = min(pages - known, local > res->moved ? local - res->moved : 0);
	else
		res->already = pages - known - min(pages - known, local);
	res->skipped[DMMU_SKIP_BUSY] += pages - known - res->already;
}

/*
 * Move the pages of [start, end), page aligned, of the mirrored process to where @to says, and tell
 * what became of each. To local memory: pages that do not exist yet come into being there, full of
 * zeros; and the device's page table gets what is there. Returns 0 or why nothing was tried.
 * May sleep; called without locks.
 */
int dmmu_migrate_range(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to,
		       struct dmmu_migrate_result *res)
{
	struct dmmu_move *m;
	unsigned long local;

	*res = (struct dmmu_migrate_result){};
	if (!dmmu_local_total(ctx->dev))
		return -EOPNOTSUPP;
	if (to != DMMU_MIGRATE_TO_HOST && (!dmmu_is_up(ctx->dev) || READ_ONCE(ctx->lost)))
		return -ENODEV;
	m = dmmu_move_alloc(GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	if (!mmget_not_zero(ctx->mm)) {
		kvfree(m);
		return -ESRCH;
	}
	if (to != DMMU_MIGRATE_TO_HOST)
		dmmu_count_local(ctx, start, end, m, true);
	dmmu_migrate_all(ctx, start, end, to, m, res);
	local = dmmu_count_local(ctx, start, end, m, false);
	dmmu_migrate_settle(res, (end - start) >> PAGE_SHIFT, local, to);
	if (to != DMMU_MIGRATE_TO_HOST && local)
		dmmu_mirror_populate(ctx, start, end);
	mmput(ctx->mm);
	kvfree(m);
	return 0;
}
