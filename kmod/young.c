// SPDX-License-Identifier: GPL-2.0
/*
 * Tells reclaim which host pages the device uses.
 *
 * The kernel asks by the young hooks of an mmu_notifier, for each mapping of each page that it
 * looks at, and it asks with the spinlock of the CPU's page table held. The truth is the accessed
 * bits of the device's page table, in the device's memory, and reading them takes a command: some
 * microseconds on a card when nothing else is in the ring, milliseconds when an invalidation is
 * ahead, and pt_lock, for which one must sleep. So a hook does not ask the device. It answers from
 * a copy of the bits that hangs at the shadow of the page table and is read under RCU, with atomic
 * bit operations, no lock and no allocation. A worker renews the copy by PT_AGE, which also clears
 * the device's bits, and drops the translations that would keep them clear.
 *
 * The copy is renewed while somebody asks: the first question starts the worker at once, then it
 * runs each age_ms. When nobody has asked for 16 of these periods it runs more and more seldom, in
 * the end every 64 periods, and it leaves the device alone when that has done nothing for the
 * context. A device that nobody asks about is not disturbed; the price is that the very first look
 * of reclaim finds only what mapping told.
 *
 * What the copy is worth: an access is known at the latest one period after it. Reclaim activates a
 * page when it finds it used twice, and its two looks may be closer together than that. So what a
 * renewal found to be used answers twice to clear_flush_young, which is what reclaim calls; the
 * page that was mapped for a fault counts as used once, as it does for the CPU. More it never
 * answers: whatever becomes of the worker, no page is kept from reclaim for longer than CPUs that
 * touch it now and then could keep it. clear_young, of those who measure, takes both answers at
 * once.
 *
 * The same command reads the dirty bits: what the device has written is marked dirty while it is
 * mapped, and not only when it is taken away (pgtable.c).
 */
#include <linux/jiffies.h>
#include <linux/mmu_notifier.h>

#include "drv.h"
#include "params.h"

/* With nobody asking: so many renewals as ever, and the longest time between two, in periods. */
#define DMMU_YOUNG_PATIENCE 16U
#define DMMU_YOUNG_LONGEST 64U

static struct dmmu_ctx *dmmu_young_ctx(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct dmmu_ctx, young.notifier);
}

/* Somebody wants to know. Called with spinlocks held. */
static void dmmu_young_asked(struct dmmu_ctx *ctx)
{
	unsigned long now = jiffies, due;

	/* Written for the first question after a renewal only, not for each page of a scan. */
	if (READ_ONCE(ctx->young.asked))
		return;
	WRITE_ONCE(ctx->young.asked, true);
	due = READ_ONCE(ctx->young.renewed) + dmmu_age_period();
	mod_delayed_work(dmmu_wq, &ctx->young.work, time_before(now, due) ? due - now : 0);
}

static bool dmmu_young_answer(struct mmu_notifier *notifier, unsigned long start,
			      unsigned long end, enum dmmu_young how)
{
	struct dmmu_ctx *ctx = dmmu_young_ctx(notifier);

	if (!dmmu_age_period())
		return false;
	dmmu_young_asked(ctx);
	return dmmu_pt_young(ctx, dmmu_range_clip(start, end, ctx->dev->va_bits), how);
}

static DMMU_YOUNG dmmu_clear_flush_young(struct mmu_notifier *notifier, struct mm_struct *mm,
					 unsigned long start, unsigned long end)
{
	return dmmu_young_answer(notifier, start, end, DMMU_YOUNG_TAKE);
}

static DMMU_YOUNG dmmu_clear_young(struct mmu_notifier *notifier, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	return dmmu_young_answer(notifier, start, end, DMMU_YOUNG_CLEAR);
}

static DMMU_YOUNG dmmu_test_young(struct mmu_notifier *notifier, struct mm_struct *mm,
				  unsigned long address)
{
	return dmmu_young_answer(notifier, address, address + PAGE_SIZE, DMMU_YOUNG_TEST);
}

/* Invalidations are the interval notifier's. */
static const struct mmu_notifier_ops dmmu_young_ops = {
	.clear_flush_young = dmmu_clear_flush_young,
	.clear_young = dmmu_clear_young,
	.test_young = dmmu_test_young,
};

/* Returns 0, or an error when the device is down. */
static int dmmu_young_renew(struct dmmu_ctx *ctx)
{
	struct dmmu_dev *dev = ctx->dev;
	u64 va = 0;
	int more;

	do {
		/* Invalidations wait for pt_lock: a few tables at a time. */
		mutex_lock(&dev->ctx_lock);
		mutex_lock(&ctx->pt_lock);
		more = ctx->dead ? -ESRCH : dmmu_pt_age_some(ctx, &va, true);
		mutex_unlock(&ctx->pt_lock);
		mutex_unlock(&dev->ctx_lock);
		cond_resched();
	} while (more > 0);
	return more;
}

static void dmmu_young_tick(struct dmmu_ctx *ctx)
{
	unsigned long period = dmmu_age_period();
	bool busy = READ_ONCE(ctx->ninflight) || READ_ONCE(ctx->young.ran);
	unsigned int wait;
	bool asked;

	if (!period) {
		/* Turned off. The next question may begin it again. */
		WRITE_ONCE(ctx->young.asked, false);
		return;
	}
	WRITE_ONCE(ctx->young.ran, false);
	WRITE_ONCE(ctx->young.renewed, jiffies);
	asked = xchg(&ctx->young.asked, false);
	ctx->young.quiet = asked ? 0 : min(ctx->young.quiet + 1,
					   DMMU_YOUNG_PATIENCE + DMMU_YOUNG_LONGEST);
	wait = max(ctx->young.quiet, DMMU_YOUNG_PATIENCE) - DMMU_YOUNG_PATIENCE;
	if ((busy || asked) && dmmu_young_renew(ctx))
		return;
	queue_delayed_work(dmmu_wq, &ctx->young.work, max(wait, 1U) * period);
}

static void dmmu_young_work(struct work_struct *work)
{
	struct dmmu_ctx *ctx = container_of(to_delayed_work(work), struct dmmu_ctx, young.work);

	dmmu_cover_start(READ_ONCE(ctx->dev->cover));
	dmmu_young_tick(ctx);
	kcov_remote_stop();
}

/* Part of BIND, once there is a page table. */
int dmmu_young_add(struct dmmu_ctx *ctx, struct mm_struct *mm)
{
	int ret;

	if (!ctx->dev->age)
		return 0;
	INIT_DELAYED_WORK(&ctx->young.work, dmmu_young_work);
	ctx->young.renewed = jiffies - dmmu_age_period();
	ctx->young.notifier.ops = &dmmu_young_ops;
	ret = mmu_notifier_register(&ctx->young.notifier, mm);
	ctx->young.on = !ret;
	return ret;
}

/* On return no hook and no worker of the context runs. Called without the locks of the worker. */
void dmmu_young_remove(struct dmmu_ctx *ctx, struct mm_struct *mm)
{
	if (!ctx->young.on)
		return;
	ctx->young.on = false;
	mmu_notifier_unregister(&ctx->young.notifier, mm);
	cancel_delayed_work_sync(&ctx->young.work);
}
