// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the device's page table in step with the CPU's.
 *
 * Two directions meet here. A device fault looks pages up in the CPU page table with
 * hmm_range_fault() and maps them; a change of the CPU page table calls the notifier, which takes
 * pages away from the device and returns only when the device does not use them any more. Both hold
 * ctx->pt_lock while they touch the device page table, and the sequence number of the notifier
 * tells the first that what it looked up was changed by the second meanwhile.
 */
#include <linux/delay.h>
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "drv.h"
#include "params.h"
#include "trace.h"

/* The process is gone: end its work in the device, then take everything away at once. */
static void dmmu_mirror_release(struct dmmu_ctx *ctx)
{
	dmmu_ctx_kill(ctx);
	dmmu_pt_drop_all(ctx);
	dmmu_work_purge(ctx);
}

/*
 * What an event means for the device:
 *
 * UNMAP: the range goes away; tables that become empty go, too.
 * CLEAR, PROTECTION_VMA, MIGRATE, EXCLUSIVE: the pages may be others afterwards, or may permit
 *	less. Which, only the CPU page table will know; the next access faults and looks. EXCLUSIVE
 *	comes when another device takes the page, and when a CPU takes it back from us.
 * PROTECTION_PAGE, SOFT_DIRTY: the same pages stay, but writes are to be noticed (fork, writeback,
 *	soft-dirty tracking). Pages the device can only read stay mapped; for the others the next
 *	write faults.
 * RELEASE: the address space ends.
 *
 * MIGRATE with our own name as the owner: this driver moves pages. On the way to local memory only
 * pages of the host move, on the way back only ours; the others stay as they are, and stay mapped.
 * With the name of another of our devices only its pages move, and we have none of them.
 */
static enum dmmu_zap dmmu_mirror_what(struct dmmu_dev *dev,
				      const struct mmu_notifier_range *range)
{
	switch (range->event) {
	case MMU_NOTIFY_PROTECTION_PAGE:
	case MMU_NOTIFY_SOFT_DIRTY:
		return DMMU_ZAP_WRITABLE;
	case MMU_NOTIFY_MIGRATE:
		if (range->owner && range->owner == dmmu_local_owner_in(dev))
			return DMMU_ZAP_HOST;
		if (range->owner && range->owner == dmmu_local_owner(dev))
			return DMMU_ZAP_LOCAL;
		if (dmmu_local_owns(range->owner))
			return DMMU_ZAP_NONE;
		return DMMU_ZAP_ALL;
	default:
		return DMMU_ZAP_ALL;
	}
}

/*
 * A fork waits for pages that are being taken for atomics.
 *
 * Not blockable means that the OOM reaper calls, which must not wait for anybody who might wait for
 * memory. If nobody holds our lock and the device answers within nonblock_poll_us (it needs no
 * memory for that), the range can be reaped; otherwise false is returned, and the reaper tries
 * again later.
 */
static bool dmmu_mirror_invalidate(struct mmu_interval_notifier *notifier,
				   const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct dmmu_ctx *ctx = container_of(notifier, struct dmmu_ctx, notifier);
	struct dmmu_range r = dmmu_range_clip(range->start, range->end, ctx->dev->va_bits);
	enum dmmu_wait how = mmu_notifier_range_blockable(range) ? DMMU_SLEEP : DMMU_POLL;
	enum dmmu_zap what = dmmu_mirror_what(ctx->dev, range);
	bool unlink = range->event == MMU_NOTIFY_UNMAP && how == DMMU_SLEEP;
	u64 begin = ktime_get_ns();
	int ret = 0;

	/* This context takes the page for itself; what it has of it already is right. */
	if (range->event == MMU_NOTIFY_EXCLUSIVE && range->owner == ctx)
		return true;
	if (what == DMMU_ZAP_NONE)
		return true;
	if (how == DMMU_SLEEP && range->event == MMU_NOTIFY_PROTECTION_PAGE)
		dmmu_atomics_await(ctx, range->start, range->end);
	if (how == DMMU_SLEEP)
		mutex_lock(&ctx->pt_lock);
	else if (!mutex_trylock(&ctx->pt_lock))
		return false;

	mmu_interval_set_seq(notifier, cur_seq);
	if (!ctx->dead) {
		trace_dmmu_invalidate_begin(ctx->dev->id, ctx->id, range->start, range->end,
					    range->event);
		if (range->event == MMU_NOTIFY_RELEASE) {
			dmmu_mirror_release(ctx);
			ret = 1;
		} else {
			ret = dmmu_pt_zap(ctx, r, what, unlink, how);
		}
		trace_dmmu_invalidate_end(ctx->dev->id, ctx->id, ret, ktime_get_ns() - begin);
	}
	mutex_unlock(&ctx->pt_lock);

	if (ret) {
		dmmu_count(ctx, DMMU_DRV_INVALIDATIONS, 1);
		dmmu_count(ctx, DMMU_DRV_INVALIDATE_NS, ktime_get_ns() - begin);
	}
	return ret >= 0;
}

const struct mmu_interval_notifier_ops dmmu_mirror_ops = {
	.invalidate = dmmu_mirror_invalidate,
};

/*
 * Is a page among them that is in local memory, but shared with another process since a fork, so
 * that a write must not go there? hmm_range_fault() does not fault such pages even when it is asked
 * for write permission.
 */
bool dmmu_shares_local(const struct hmm_range *range, unsigned int n)
{
	unsigned int i;

	if (!(range->default_flags & HMM_PFN_REQ_WRITE))
		return false;
	for (i = 0; i < n; i++)
		if (range->hmm_pfns[i] & HMM_PFN_VALID && !(range->hmm_pfns[i] & HMM_PFN_WRITE))
			return true;
	return false;
}

/*
 * Fault in as if local memory were not ours, that is, as the CPU does: the pages come back to host
 * memory, and those that are shared are copied there.
 */
int dmmu_fault_as_cpu(struct hmm_range *range)
{
	void *owner = range->dev_private_owner;
	int ret;

	range->dev_private_owner = NULL;
	ret = dmmu_hmm_range_fault(range);
	range->dev_private_owner = owner;
	return ret;
}

/*
 * Fault in adjacent pages with the same access. When one of several is not possible, or is a shared
 * page of local memory, it is found by trying them one by one: a bad pointer of one thread does not
 * fail its neighbour. Returns 0 or -EBUSY.
 */
static int dmmu_fault_run(struct dmmu_ctx *ctx, struct hmm_range *range, struct dmmu_page_req *req,
			  unsigned int n)
{
	unsigned int i;
	bool shared;
	int ret;

	range->start = req[0].va;
	range->end = req[0].va + n * PAGE_SIZE;
	range->default_flags = HMM_PFN_REQ_FAULT | (req[0].write ? HMM_PFN_REQ_WRITE : 0);
	ret = dmmu_hmm_range_fault(range);
	trace_dmmu_hmm_fault(ctx->dev->id, ctx->id, range->start, n, req[0].write, ret);
	if (!ret)
		ret = dmmu_fetch_from_other(ctx, range);
	shared = !ret && dmmu_shares_local(range, n);
	if (shared && n == 1)
		ret = dmmu_fault_as_cpu(range);
	if (ret == -EBUSY || (!ret && !(shared && n > 1)))
		return ret;
	if (n == 1) {
		req->error = ret;
		return 0;
	}
	for (i = 0; i < n; i++) {
		ret = dmmu_fault_run(ctx, range, &req[i], 1);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Fault in what is asked for, then look at the whole windows without faulting: hmm_range_fault()
 * would otherwise fault the neighbours along. Returns 0 or -EBUSY.
 */
static int dmmu_mirror_look(struct dmmu_ctx *ctx, struct hmm_range *range, unsigned int nreq,
			    unsigned int nwin)
{
	unsigned int i, n;
	int ret;

	mmap_assert_locked(ctx->mm);
	range->pfn_flags_mask = 0;
	range->hmm_pfns = ctx->pfns;
	for (i = 0; i < nreq; i += n) {
		n = min(dmmu_plan_run(&ctx->req[i], nreq - i), DMMU_WINDOW_MAX_PAGES);
		ret = dmmu_fault_run(ctx, range, &ctx->req[i], n);
		if (ret)
			return ret;
	}
	range->default_flags = 0;
	for (i = 0; i < nwin; i++) {
		range->start = ctx->win[i].start;
		range->end = range->start + ctx->win[i].npages * PAGE_SIZE;
		range->hmm_pfns = &ctx->pfns[i * DMMU_WINDOW_MAX_PAGES];
		ret = dmmu_hmm_range_fault(range);
		if (!ret)
			ret = dmmu_atomics_take(ctx, &ctx->win[i], range->hmm_pfns);
		if (ret)
			return ret;
	}
	return 0;
}

static void dmmu_window_error(struct dmmu_ctx *ctx, const struct dmmu_window *win, int error)
{
	unsigned int i;

	for (i = win->first; i < win->first + win->count; i++)
		if (!ctx->req[i].error)
			ctx->req[i].error = error;
}

/* Map all windows unless the CPU page table changed since @range was begun; then -EBUSY. */
static int dmmu_mirror_map(struct dmmu_ctx *ctx, struct hmm_range *range, unsigned int nwin)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&ctx->pt_lock);
	if (ctx->dead) {
		ret = -ESRCH;
		goto out_unlock;
	}
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq)) {
		ret = -EBUSY;
		goto out_unlock;
	}
	for (i = 0; i < nwin; i++) {
		ret = dmmu_pt_map(ctx, &ctx->win[i], &ctx->pfns[i * DMMU_WINDOW_MAX_PAGES]);
		if (ret == -EAGAIN || ret == -ENODEV)
			goto out_unlock;
		if (ret)
			dmmu_window_error(ctx, &ctx->win[i], ret);
		ret = 0;
	}
out_unlock:
	mutex_unlock(&ctx->pt_lock);
	return ret;
}

/*
 * Map the windows ctx->win[0..nwin), after faulting in the requests ctx->req[0..nreq) that lie in
 * them. The caller holds a reference to the users of the mm. Returns 0; -ESRCH when
 * the mm is gone, -ENODEV when the device is; -EBUSY when invalidations kept coming until the time
 * was over, and then a retry by the device is right.
 */
int dmmu_mirror_round(struct dmmu_ctx *ctx, unsigned int nreq, unsigned int nwin)
{
	unsigned long until = jiffies + dmmu_map_timeout();
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	unsigned int i, delay;
	u64 begin;
	int ret;

	lockdep_assert_held(&ctx->map_lock);
	for (;;) {
		for (i = 0; i < nreq; i++)
			ctx->req[i].error = 0;
		ret = dmmu_pt_prepare(ctx, ctx->win, nwin);
		if (ret) {
			for (i = 0; i < nreq; i++)
				ctx->req[i].error = ret;
			return 0;
		}

		begin = ktime_get_ns();
		range.notifier_seq = mmu_interval_read_begin(&ctx->notifier);
		mmap_read_lock(ctx->mm);
		ret = dmmu_mirror_look(ctx, &range, nreq, nwin);
		mmap_read_unlock(ctx->mm);
		dmmu_count(ctx, DMMU_DRV_HMM_NS, ktime_get_ns() - begin);

		/* Nothing holds the CPU page table still here; race tests make the gap wider. */
		delay = READ_ONCE(ctx->dev->delay_map_us);
		if (delay)
			fsleep(min(delay, 1000000U));

		if (!ret)
			ret = dmmu_mirror_map(ctx, &range, nwin);
		if (ret != -EBUSY && ret != -EAGAIN)
			return ret;
		dmmu_atomics_release(ctx);
		dmmu_count(ctx, DMMU_DRV_RETRIES, 1);
		if (time_after(jiffies, until))
			return -EBUSY;
		cond_resched();
	}
}

/*
 * Serve the sorted requests ctx->req[0..nreq): on return the device page table has every page whose
 * request has no error. Called with map_lock and a reference to the users of the mm. Returns as
 * dmmu_mirror_round().
 */
int dmmu_mirror_fault(struct dmmu_ctx *ctx, unsigned int nreq)
{
	unsigned int nwin = dmmu_plan_windows(ctx->req, nreq, READ_ONCE(dmmu_fault_around_pages),
					      ctx->win);

	return dmmu_mirror_round(ctx, nreq, nwin);
}

/*
 * Where from @at on, before @end, the process has memory that it may read; @end when there is none,
 * or when the caller is being killed. Who asks for all of an address space does not walk its holes.
 */
unsigned long dmmu_mirror_next(struct mm_struct *mm, unsigned long at, unsigned long end)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, mm, at);

	if (at >= end || fatal_signal_pending(current))
		return end;
	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, end)
		if (vma->vm_flags & VM_READ)
			break;
	at = vma ? max(at, vma->vm_start) : end;
	mmap_read_unlock(mm);
	return at;
}

/*
 * Map what is present of the range from *@at to @end, as much as the buffers hold, without faulting
 * anything in. Moves *@at past it. Returns as dmmu_mirror_round().
 */
static int dmmu_mirror_some(struct dmmu_ctx *ctx, u64 *at, u64 end)
{
	const struct dmmu_window empty = {};
	unsigned int n = dmmu_plan_range(at, end, &empty, ctx->win, ctx->dev->threads);

	return dmmu_mirror_round(ctx, 0, n);
}

/* As dmmu_mirror_populate(), with map_lock, for what the fault worker is about to answer. */
void dmmu_mirror_present(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	while (start < end && !dmmu_mirror_some(ctx, &start, end))
		;
}

/*
 * Map what is present in [start, end) without faulting anything in, so that the device need not
 * fault on it: a help, no promise. Called with a reference to the users of the mm, without locks.
 */
void dmmu_mirror_populate(struct dmmu_ctx *ctx, unsigned long start, unsigned long end)
{
	struct dmmu_ctl fence = {
		.opcode = DMMU_CTL_FENCE,
		.flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ,
	};
	struct dmmu_range r = dmmu_range_clip(start, end, ctx->dev->va_bits);
	u64 at = r.start;
	int ret = 0;
	u32 index;

	while (!ret && (at = dmmu_mirror_next(ctx->mm, at, r.end)) < r.end) {
		mutex_lock(&ctx->map_lock);
		ret = dmmu_mirror_some(ctx, &at, r.end);
		mutex_unlock(&ctx->map_lock);
		cond_resched();
	}
	/* Work submitted from now on meets the new entries. */
	if (!dmmu_ctl_push(ctx->dev, &fence, DMMU_SLEEP, &index))
		dmmu_ctl_wait(ctx->dev, index, DMMU_SLEEP);
}
