// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the device has for itself, so that its atomics are atomic for everybody.
 *
 * The kernel replaces the page's entry in the CPU page tables by one that faults; the page stays in
 * host memory and the device has it mapped. When a CPU touches it, the kernel tells the notifier
 * first, which takes the page from the device as for any other reason, and then puts the CPU's
 * entry back. So exclusive is a page as long as the shadow has the mark that is set here.
 *
 * The pages stay locked until the device has them: until then no CPU gets one back.
 */
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "params.h"

/* Within one window of the page table. */
struct dmmu_taking {
	struct dmmu_window win;
	unsigned long pfn[DMMU_WINDOW_MAX_PAGES];
	unsigned long look; /* HMM_PFN_REQ_*, for dmmu_take_look() */
};

/*
 * A page in the memory of another device, or in ours if CPUs reach it, must come home first, and
 * can as long as CPUs have it.
 */
static int dmmu_take_look(struct dmmu_ctx *ctx, struct dmmu_taking *t, unsigned long seq, u64 start,
			  u64 end)
{
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.notifier_seq = seq,
		.start = start,
		.end = end,
		.hmm_pfns = t->pfn,
		.default_flags = t->look,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	int ret = dmmu_hmm_range_fault(&range);

	return ret ? ret : dmmu_fetch_all(ctx, &range);
}

/*
 * Take the pages of [start, *end) from the CPUs, or fewer, and say so in *end: the lock of a large
 * folio is the same for all its pages, so one of them ends the batch. Returns 0 or why one cannot
 * be taken.
 */
static int dmmu_take(struct dmmu_ctx *ctx, struct dmmu_taking *t, u64 start, u64 *end)
{
	u64 va;

	mmap_assert_locked(ctx->mm);
	memset(t->pfn, 0, sizeof(t->pfn));
	for (va = start; va < *end; va += PAGE_SIZE) {
		struct page *page = dmmu_device_exclusive(ctx->mm, va, ctx);

		if (IS_ERR(page))
			return PTR_ERR(page);
		dmmu_atomics_taken(ctx, page, va);
		if (is_device_coherent_page(page)) {
			/* Moved there since we looked. Touching gives it back to the CPUs. */
			t->look = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
			return -EBUSY;
		}
		t->pfn[(va - t->win.start) >> PAGE_SHIFT] =
			page_to_pfn(page) | HMM_PFN_VALID | HMM_PFN_WRITE;
		if (folio_test_large(page_folio(page)))
			*end = va + PAGE_SIZE;
	}
	return 0;
}

/* Give them to the device, unless something happened to one since @seq; then -EBUSY. */
static int dmmu_give(struct dmmu_ctx *ctx, struct dmmu_taking *t, unsigned long seq, u64 start,
		     u64 end)
{
	int ret;

	mutex_lock(&ctx->pt_lock);
	if (ctx->dead)
		ret = -ESRCH;
	else if (mmu_interval_read_retry(&ctx->notifier, seq))
		ret = -EBUSY;
	else
		ret = dmmu_pt_map(ctx, &t->win, t->pfn);
	if (!ret)
		dmmu_pt_mark_exclusive(ctx, start, end);
	mutex_unlock(&ctx->pt_lock);
	return ret;
}

/* A range within one window, or the beginning of it: *@end says how far it went. */
static int dmmu_exclusive_window(struct dmmu_ctx *ctx, struct dmmu_taking *t, u64 start, u64 *end)
{
	unsigned long until = jiffies + dmmu_map_timeout(), seq;
	int ret;

	t->win = (struct dmmu_window){
		.start = start & ~(DMMU_WINDOW_MAX_BYTES - 1),
		.npages = DMMU_WINDOW_MAX_PAGES,
		.write = true,
		.wanted = { start, *end },
	};
	t->look = 0;
	mutex_lock(&ctx->map_lock);
	do {
		ret = dmmu_pt_prepare(ctx, &t->win, 1);
		if (ret)
			break;
		seq = mmu_interval_read_begin(&ctx->notifier);
		mmap_read_lock(ctx->mm);
		ret = dmmu_take_look(ctx, t, seq, start, *end);
		if (!ret)
			ret = dmmu_take(ctx, t, start, end);
		mmap_read_unlock(ctx->mm);
		if (!ret)
			ret = dmmu_give(ctx, t, seq, start, *end);
		dmmu_atomics_release(ctx);
		cond_resched();
	} while ((ret == -EBUSY || ret == -EAGAIN) && time_before(jiffies, until));
	dmmu_ctl_kick(ctx->dev);
	mutex_unlock(&ctx->map_lock);
	return ret;
}

/*
 * Give the device all pages of [start, end) for itself, until a CPU touches them. Returns 0, or why
 * not; then it may have some of them. May sleep; called without locks.
 */
int dmmu_exclusive_range(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	struct dmmu_taking *t;
	int ret = 0;
	u64 next;

	if (!dmmu_is_up(ctx->dev) || READ_ONCE(ctx->lost))
		return -ENODEV;
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return -ENOMEM;
	if (!mmget_not_zero(ctx->mm)) {
		kfree(t);
		return -ESRCH;
	}
	for (; !ret && start < end; start = next) {
		next = min(end, (start & ~(DMMU_WINDOW_MAX_BYTES - 1)) + DMMU_WINDOW_MAX_BYTES);
		ret = dmmu_exclusive_window(ctx, t, start, &next);
	}
	mmput(ctx->mm);
	kfree(t);
	return ret;
}
