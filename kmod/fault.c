// SPDX-License-Identifier: GPL-2.0
/*
 * Device page faults, from the fault ring to the answers.
 *
 * The interrupt handler copies the records out of the ring and wakes one worker per context
 * concerned: a context whose page comes from a slow disk does not hold up the others. A worker
 * takes all faults of its context at once, and posts page-table writes and answers with one
 * doorbell. The interrupt stays off until the batch is served (or rearm_us is over), so that faults
 * that come meanwhile are one batch, too, and cost no interrupt each.
 */
#include <linux/ktime.h>
#include <linux/sched/mm.h>

#include "drv.h"
#include "params.h"
#include "regs.h"
#include "trace.h"

/*
 * Copy new records out of the ring and wake their workers. Returns how many there were. A thread
 * has one fault at most, so a record that finds its slot taken replaces one that a kill made void.
 */
unsigned int dmmu_fault_collect(struct dmmu_dev *dev)
{
	struct dmmu_faultq *q = &dev->flt;
	u64 now = ktime_get_ns();
	unsigned long flags;
	unsigned int n = 0;
	u32 tail;

	spin_lock_irqsave(&q->lock, flags);
	tail = le32_to_cpu(READ_ONCE(dev->status->flt_tail));
	/* The records are visible before the count; read them after it. */
	dma_rmb();
	for (; q->head != tail && n < q->entries; q->head++, n++) {
		const struct dmmu_flt *rec = &q->ring[dmmu_ring_slot(q->head, q->entries)];
		u16 id = le16_to_cpu(rec->ctx);
		struct dmmu_ctx *ctx = id < dev->contexts ? q->by_id[id] : NULL;
		struct dmmu_fault *f;

		trace_dmmu_fault_record(dev->id, rec);
		if (!ctx || rec->thread >= dev->threads)
			continue;
		f = &q->slot[rec->thread];
		if (!f->pending)
			q->unserved++;
		*f = (struct dmmu_fault){
			.va = le64_to_cpu(rec->va),
			.cookie = le64_to_cpu(rec->cookie),
			.threads = le64_to_cpu(rec->threads),
			.seen = now,
			.tag = le32_to_cpu(rec->tag),
			.ctx = id,
			.access = rec->access,
			.cause = rec->cause,
			.level = rec->level,
			.pending = true,
		};
		queue_work(dev->fault_wq, &ctx->fault_work);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return n;
}

/* Wait until the batch is served, and take completions meanwhile, when nobody else does. */
static void dmmu_fault_settle(struct dmmu_dev *dev, bool completions)
{
	struct dmmu_faultq *q = &dev->flt;
	unsigned long until = jiffies + dmmu_rearm_delay();
	unsigned long now = jiffies;

	do {
		wait_event_timeout(q->wq,
				   !READ_ONCE(q->unserved) || !dmmu_is_up(dev) ||
					   (completions && dmmu_work_waits(dev)),
				   until - now);
		if (completions)
			dmmu_work_complete(dev);
		now = jiffies;
	} while (READ_ONCE(q->unserved) && dmmu_is_up(dev) && time_before(now, until));
}

/*
 * Let the batch be served, take what came meanwhile, then tell the device how far we are: that
 * re-arms it. With @completions the caller's thread is also the one that takes completions.
 */
void dmmu_fault_rearm(struct dmmu_dev *dev, bool completions)
{
	struct dmmu_faultq *q = &dev->flt;

	do {
		dmmu_fault_settle(dev, completions);
	} while (dmmu_fault_collect(dev) && READ_ONCE(q->head) - q->armed < q->entries / 2);

	if (!dmmu_is_up(dev) || q->armed == q->head)
		return;
	q->armed = q->head;
	/* The records have been read before the device may overwrite them. */
	mb();
	dmmu_write(dev, DMMU_REG_FLT_HEAD, q->armed);
}

/* Take the pending faults of a context; returns how many. */
static unsigned int dmmu_fault_take(struct dmmu_ctx *ctx)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_faultq *q = &dev->flt;
	unsigned int i, n = 0;

	spin_lock_irq(&q->lock);
	for (i = 0; i < dev->threads; i++) {
		if (!q->slot[i].pending || q->slot[i].ctx != ctx->id)
			continue;
		ctx->batch[n++] = q->slot[i];
		q->slot[i].pending = false;
	}
	spin_unlock_irq(&q->lock);
	return n;
}

static void dmmu_fault_served(struct dmmu_dev *dev, unsigned int n)
{
	struct dmmu_faultq *q = &dev->flt;
	bool last;

	spin_lock_irq(&q->lock);
	q->unserved -= n;
	last = !q->unserved;
	spin_unlock_irq(&q->lock);
	if (last)
		wake_up_all(&q->wq);
}

/* Faults that no page can answer; 0 when the CPU page table is to be asked. */
static int dmmu_fault_hopeless(struct dmmu_ctx *ctx, const struct dmmu_fault *f)
{
	switch (f->cause) {
	case DMMU_CAUSE_BAD_PTE:
	case DMMU_CAUSE_BUS:
		dev_err_ratelimited(ctx->dev->dev,
				    "context %u: bad page table at %#llx, level %u, cause %u\n",
				    ctx->id, f->va, f->level, f->cause);
		return -EIO;
	case DMMU_CAUSE_NONCANONICAL:
		return -EFAULT;
	default:
		return dmmu_va_valid(f->va, ctx->dev->va_bits, TASK_SIZE_MAX) ? 0 : -EFAULT;
	}
}

static int dmmu_fault_answer(struct dmmu_ctx *ctx, const struct dmmu_fault *f, u32 action,
			     int error, bool last)
{
	struct dmmu_ctl cmd = {
		.opcode = DMMU_CTL_FAULT_ANSWER,
		.flags = last ? DMMU_CTL_F_WB : 0,
		.ctx = cpu_to_le16(ctx->id),
		.tag = cpu_to_le32(f->tag),
		.action = cpu_to_le32(action),
	};
	u32 index;

	/* The reason must be there before the completion can be. */
	if (action == DMMU_ANSWER_FAIL)
		dmmu_work_fault_error(ctx, f->threads, f->va, error);
	trace_dmmu_answer(ctx->dev->id, ctx->id, f, action, error);
	return dmmu_ctl_push(ctx->dev, &cmd, DMMU_SLEEP, &index);
}

/* Leave out records of jobs that were killed since: nobody waits for their answers. */
static unsigned int dmmu_fault_drop_stale(struct dmmu_ctx *ctx, unsigned int n)
{
	unsigned int i, out = 0;

	for (i = 0; i < n; i++)
		if (dmmu_work_has(ctx, ctx->batch[i].cookie))
			ctx->batch[out++] = ctx->batch[i];
	return out;
}

/*
 * Leave out pages that the device has by now: the fault came while another of the same page was
 * being served. Not only a saving: for the CPU page table, asking again is touching the page.
 */
static unsigned int dmmu_fault_drop_served(struct dmmu_ctx *ctx, unsigned int n)
{
	unsigned int i, out = 0;

	mutex_lock(&ctx->pt_lock);
	for (i = 0; i < n; i++)
		if (!dmmu_pt_serves(ctx, &ctx->req[i]))
			ctx->req[out++] = ctx->req[i];
	mutex_unlock(&ctx->pt_lock);
	return out;
}

/* Returns 0 when ctx->req has the outcome of each page, else as dmmu_mirror_fault(). */
static int dmmu_fault_map(struct dmmu_ctx *ctx, unsigned int n, unsigned int *nreq)
{
	unsigned int i;
	int ret;

	*nreq = 0;
	for (i = 0; i < n; i++) {
		const struct dmmu_fault *f = &ctx->batch[i];

		if (dmmu_fault_hopeless(ctx, f))
			continue;
		ctx->req[(*nreq)++] = (struct dmmu_page_req){
			.va = f->va & ~(DMMU_PAGE_SIZE - 1),
			.write = f->access != DMMU_ACCESS_READ,
			.atomic = f->access == DMMU_ACCESS_ATOMIC && ctx->system_atomics,
		};
	}
	*nreq = dmmu_fault_drop_served(ctx, dmmu_plan_pages(ctx->req, *nreq));
	if (!*nreq)
		return 0;
	/* When nobody uses the mm any more it is about to be taken apart, and so is the context. */
	if (!mmget_not_zero(ctx->mm))
		return -ESRCH;
	dmmu_ahead_fault(ctx, n);
	dmmu_hint_follow(ctx, *nreq);
	ret = dmmu_mirror_fault(ctx, *nreq);
	/*
	 * Not mmput(): were it the last, all of the mm would be taken apart here, while other
	 * faults wait.
	 */
	mmput_async(ctx->mm);
	return ret;
}

/* The worker of a context: serve one batch. */
void dmmu_fault_work(struct work_struct *work)
{
	struct dmmu_ctx *ctx = container_of(work, struct dmmu_ctx, fault_work);
	struct dmmu_dev *dev = ctx->dev;
	unsigned int taken, n, nreq, i;
	u64 seen = U64_MAX;
	int ret;

	dmmu_cover_start(READ_ONCE(dev->cover));
	mutex_lock(&ctx->map_lock);
	taken = dmmu_fault_take(ctx);
	if (!taken)
		goto out_unlock;
	n = dmmu_fault_drop_stale(ctx, taken);
	ret = dmmu_fault_map(ctx, n, &nreq);
	for (i = 0; i < n && ret != -ENODEV; i++) {
		const struct dmmu_fault *f = &ctx->batch[i];
		struct dmmu_page_req *req;
		int error = dmmu_fault_hopeless(ctx, f);
		u32 action = DMMU_ANSWER_RETRY;

		/*
		 * What cannot be had was not to be had when it was looked at, whatever has changed
		 * since: it must not be retried for ever because looking itself makes changes.
		 */
		if (!error && (!ret || ret == -EBUSY)) {
			req = dmmu_plan_find(ctx->req, nreq, f->va);
			error = req ? req->error : 0;
		}
		if (error)
			action = DMMU_ANSWER_FAIL;
		else if (ret == -ESRCH)
			action = DMMU_ANSWER_KILL;
		if (dmmu_fault_answer(ctx, f, action, error, i == n - 1))
			break;
		seen = min(seen, f->seen);
	}
	dmmu_ctl_kick(dev);
	dmmu_atomics_hold(ctx);
	if (n) {
		u64 ns = seen == U64_MAX ? 0 : ktime_get_ns() - seen;

		dmmu_count(ctx, DMMU_DRV_FAULTS, n);
		dmmu_count(ctx, DMMU_DRV_FAULT_BATCHES, 1);
		dmmu_count(ctx, DMMU_DRV_FAULT_NS, ns);
		trace_dmmu_fault_service(dev->id, ctx->id, n, nreq, ns, ret);
	}
	dmmu_fault_served(dev, taken);
out_unlock:
	mutex_unlock(&ctx->map_lock);
	kcov_remote_stop();
}

/* The context is going, its worker does not run any more: nobody will serve what is left. */
void dmmu_fault_forget(struct dmmu_ctx *ctx)
{
	dmmu_fault_served(ctx->dev, dmmu_fault_take(ctx));
}
