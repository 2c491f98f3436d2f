// SPDX-License-Identifier: GPL-2.0
/*
 * Atomics of the device on pages of host memory, atomic also against the CPU.
 *
 * The bus has no atomic operation: the device reads and writes. So while it may do atomics on a
 * page of a context that wants them system-wide, no CPU may reach the page: the kernel replaces the
 * CPU's entries by special ones (as exclusive.c does for ranges), and the next CPU that touches the
 * page calls the notifier, which takes the page from the device, before it gets its entry back.
 *
 * A page is taken within a fault round, is locked until its entry is written and some time longer:
 * a CPU that spins on the page waits for the lock, so that the device gets its turn. Pages in local
 * memory that CPUs do not reach need none of this; those that they do reach come home for it.
 */
#include <linux/delay.h>
#include <linux/hmm.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "drv.h"
#include "params.h"
#include "trace.h"

/*
 * A huge page cannot be taken. The first step of a migration splits it; and there the migration
 * ends.
 */
static void dmmu_atomics_split(struct dmmu_ctx *ctx, unsigned long va)
{
	unsigned long src = 0, dst = 0;
	struct migrate_vma args = {
		.vma = vma_lookup(ctx->mm, va),
		.start = va,
		.end = va + PAGE_SIZE,
		.src = &src,
		.dst = &dst,
		.flags = MIGRATE_VMA_SELECT_SYSTEM,
	};

	if (!args.vma || migrate_vma_setup(&args))
		return;
	migrate_vma_pages(&args);
	migrate_vma_finalize(&args);
}

/* Take one page; -EBUSY: not this time. */
static int dmmu_atomics_take_one(struct dmmu_ctx *ctx, struct dmmu_page_req *req,
				 struct page *page)
{
	struct page *got;
	int ret;

	if (is_device_private_page(page))
		return 0;
	if (dmmu_local_has(ctx->dev, page)) {
		ret = dmmu_fetch_own(ctx, req->va);
		if (ret == -EBUSY)
			return ret;
		req->error = ret;
		return 0;
	}
	/* In another device, since it was faulted in. The next round brings it home. */
	if (dmmu_local_other(ctx->dev, page))
		return -EBUSY;
	if (!PageAnon(page)) {
		req->error = -EOPNOTSUPP;
		return 0;
	}
	if (PageTransCompound(page)) {
		dmmu_atomics_split(ctx, req->va);
		return -EBUSY;
	}
	got = dmmu_device_exclusive(ctx->mm, req->va, ctx);
	if (IS_ERR(got)) {
		if (PTR_ERR(got) == -EBUSY)
			return -EBUSY;
		req->error = PTR_ERR(got);
		return 0;
	}
	dmmu_atomics_taken(ctx, got, req->va);
	req->exclusive = true;
	dmmu_count(ctx, DMMU_DRV_EXCLUSIVE, 1);
	return got == page ? 0 : -EBUSY;
}

/*
 * Take the pages of the requests in @win that are for atomics; @pfns are the window's. Called with
 * mmap_lock. Returns 0, or -EBUSY when the round must be repeated.
 */
int dmmu_atomics_take(struct dmmu_ctx *ctx, const struct dmmu_window *win,
		      const unsigned long *pfns)
{
	unsigned int i;
	int ret;

	for (i = win->first; i < win->first + win->count; i++) {
		struct dmmu_page_req *req = &ctx->req[i];
		unsigned long pfn = pfns[(req->va - win->start) >> PAGE_SHIFT];

		req->exclusive = false;
		if (!req->atomic || req->error)
			continue;
		if (!dmmu_hmm_has_page(pfn))
			return -EBUSY;
		ret = dmmu_atomics_take_one(ctx, req, hmm_pfn_to_page(pfn));
		if (ret)
			return ret;
	}
	return 0;
}

/* @page, at @va, was taken: it is locked until dmmu_atomics_release(). Called with mmap_lock. */
void dmmu_atomics_taken(struct dmmu_ctx *ctx, struct page *page, u64 va)
{
	struct dmmu_taken *t = &ctx->taken[ctx->ntaken];

	lockdep_assert_held(&ctx->map_lock);
	t->page = page;
	WRITE_ONCE(t->va, va);
	/* Pairs with dmmu_atomics_any_taken(): whoever counts it sees where it is. */
	smp_store_release(&ctx->ntaken, ctx->ntaken + 1);
}

/* From now on a CPU may have the pages back. */
void dmmu_atomics_release(struct dmmu_ctx *ctx)
{
	unsigned int n;

	lockdep_assert_held(&ctx->map_lock);
	if (!ctx->ntaken)
		return;
	for (n = ctx->ntaken; n; n--) {
		struct page *page = ctx->taken[n - 1].page;

		unlock_page(page);
		put_page(page);
		/* Pairs with dmmu_atomics_any_taken(): who does not count it finds it unlocked. */
		smp_store_release(&ctx->ntaken, n - 1);
	}
	wake_up_all(&ctx->let_go);
}

static bool dmmu_atomics_any_taken(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	/* Pairs with dmmu_atomics_taken() and dmmu_atomics_release(). */
	unsigned int i, n = smp_load_acquire(&ctx->ntaken);

	for (i = 0; i < n; i++) {
		u64 va = READ_ONCE(ctx->taken[i].va);

		if (va >= start && va < end)
			return true;
	}
	return false;
}

/*
 * fork() puts the CPU's entry of a taken page back only if the page is not locked at that moment;
 * else it fails, with ENOMEM (copy_nonpresent_pte() in mm/memory.c). It has mmap_lock for writing
 * when it calls the notifier, so that no page is being taken, and waits here for those that are
 * locked. Others who call the notifier to protect a page have it locked themselves, so that it is
 * none of these.
 */
void dmmu_atomics_await(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	wait_event_timeout(ctx->let_go, !dmmu_atomics_any_taken(ctx, start, end),
			   dmmu_map_timeout());
}

/* The device has been told: let it have its turn before CPUs that wait have theirs. */
void dmmu_atomics_hold(struct dmmu_ctx *ctx)
{
	unsigned long us;

	if (!ctx->ntaken)
		return;
	us = dmmu_exclusive_hold_us();
	if (us)
		usleep_range(us, us + us / 2);
	dmmu_atomics_release(ctx);
}
