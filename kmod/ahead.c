// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges that are known to be used as a whole: the first fault in one makes all of it present, with
 * one look at the CPU page table, instead of a window at a time.
 *
 * Whoever knows (so far client.c) begins a range before the work and ends it afterwards. The fault
 * worker asks here before it serves a batch; it still serves each fault of the batch itself, so
 * that nothing depends on this but how many faults there are.
 */
#include <linux/hmm.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "drv.h"
#include "params.h"

void dmmu_ahead_begin(struct dmmu_ctx *ctx, unsigned int which, u64 start, u64 end, bool write)
{
	mutex_lock(&ctx->map_lock);
	ctx->ahead[which] = (struct dmmu_ahead){
		.start = start & PAGE_MASK,
		.end = PAGE_ALIGN(end),
		.write = write,
	};
	mutex_unlock(&ctx->map_lock);
}

/* Returns how many times the range, or what was left of it, had to be made present. */
unsigned int dmmu_ahead_end(struct dmmu_ctx *ctx, unsigned int which)
{
	unsigned int rounds;

	mutex_lock(&ctx->map_lock);
	rounds = ctx->ahead[which].rounds;
	ctx->ahead[which] = (struct dmmu_ahead){};
	mutex_unlock(&ctx->map_lock);
	return rounds;
}

/* Fault in [start, end), for which ctx->pfns has room. Returns 0 or why a page cannot be had. */
static int dmmu_ahead_fault_in(struct dmmu_ctx *ctx, u64 start, u64 end, bool write)
{
	unsigned long until = jiffies + dmmu_map_timeout();
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.start = start,
		.end = end,
		.hmm_pfns = ctx->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	int ret;

	do {
		range.notifier_seq = mmu_interval_read_begin(&ctx->notifier);
		mmap_read_lock(ctx->mm);
		ret = dmmu_hmm_range_fault(&range);
		if (!ret && dmmu_shares_local(&range, (end - start) >> PAGE_SHIFT))
			ret = dmmu_fault_as_cpu(&range);
		if (!ret)
			ret = dmmu_fetch_from_other(ctx, &range);
		mmap_read_unlock(ctx->mm);
	} while (ret == -EBUSY && time_before(jiffies, until));
	return ret;
}

static void dmmu_ahead_round(struct dmmu_ctx *ctx, const struct dmmu_ahead *a)
{
	const struct dmmu_window like = {
		.write = a->write,
		.wanted = { a->start, a->end },
	};
	u64 at = a->start, begin;
	unsigned int n;

	while (at < a->end) {
		begin = at;
		n = dmmu_plan_range(&at, a->end, &like, ctx->win, ctx->dev->threads);
		/* Those that fault on the page that is missing will be told. */
		if (dmmu_ahead_fault_in(ctx, begin, min(at, a->end), a->write) ||
		    dmmu_mirror_round(ctx, 0, n))
			return;
		cond_resched();
	}
}

/*
 * The faults ctx->batch[0..n) are about to be served. Called with map_lock and a reference to the
 * users of the mm.
 */
void dmmu_ahead_fault(struct dmmu_ctx *ctx, unsigned int n)
{
	struct dmmu_ahead *a;
	unsigned int i;

	lockdep_assert_held(&ctx->map_lock);
	for (a = ctx->ahead; a < ctx->ahead + ARRAY_SIZE(ctx->ahead); a++) {
		for (i = 0; i < n; i++) {
			u64 va = ctx->batch[i].va;

			/* Several threads fault at once; the first one made the page present. */
			if (va < a->start || va >= a->end || dmmu_pt_has(ctx, va, a->write))
				continue;
			a->rounds++;
			dmmu_ahead_round(ctx, a);
			break;
		}
	}
}
