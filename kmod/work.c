// SPDX-License-Identifier: GPL-2.0
/*
 * Operations, from SUBMIT through the work ring to WAIT.
 *
 * Each file queues its own jobs in software; the device is given at most two descriptors per
 * hardware thread at a time, taken from the files in turn, so that a file with a long queue does
 * not get ahead of the others. Completions come back in any order and go to the file that submitted
 * the job, or nowhere when that file was closed.
 *
 * A job in the device holds a reference to its context: the device's number for a context is not
 * given to anybody else while a descriptor that bears it may still be in the ring.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "drv.h"
#include "regs.h"
#include "trace.h"

static struct kmem_cache *dmmu_job_cache;

int dmmu_job_cache_create(void)
{
	dmmu_job_cache = KMEM_CACHE(dmmu_job, SLAB_ACCOUNT);
	return dmmu_job_cache ? 0 : -ENOMEM;
}

void dmmu_job_cache_destroy(void)
{
	kmem_cache_destroy(dmmu_job_cache);
}

void dmmu_work_free(struct list_head *jobs)
{
	struct dmmu_job *job, *next;

	list_for_each_entry_safe(job, next, jobs, node) {
		list_del(&job->node);
		kmem_cache_free(dmmu_job_cache, job);
	}
}

/* The job is over; tell its file. */
static void dmmu_job_finish(struct dmmu_job *job)
{
	struct dmmu_ctx *ctx = job->ctx;

	lockdep_assert_held(&ctx->dev->work.lock);
	job->cpl.cookie = job->desc.cookie;
	job->cpl.op = job->desc.op;
	trace_dmmu_complete(ctx->dev->id, ctx->id, &job->cpl);
	list_add_tail(&job->node, &ctx->done);
	ctx->ndone++;
	wake_up_all(&ctx->wq);
}

static void dmmu_jobs_finish(struct dmmu_ctx *ctx, u32 status)
{
	struct dmmu_job *job, *next;

	lockdep_assert_held(&ctx->dev->work.lock);
	list_for_each_entry_safe(job, next, &ctx->queued, node) {
		list_del(&job->node);
		ctx->nqueued--;
		job->cpl.status = status;
		dmmu_job_finish(job);
	}
	list_del_init(&ctx->ready);
}

/*
 * The device is finished with a job. @orphans collects jobs whose file is gone; the caller frees
 * them and drops the references after it has let go of the lock.
 */
static void dmmu_job_leave_device(struct dmmu_dev *dev, unsigned int slot,
				  struct list_head *orphans)
{
	struct dmmu_job *job = dev->work.slot[slot];
	struct dmmu_ctx *ctx = job->ctx;

	lockdep_assert_held(&dev->work.lock);
	dev->work.slot[slot] = NULL;
	__clear_bit(slot, dev->work.busy);
	dev->work.inflight--;
	ctx->ninflight--;
	if (ctx->user)
		ctx->user->inflight--;
	if (ctx->closed) {
		list_add_tail(&job->node, orphans);
	} else {
		dmmu_job_finish(job);
		/* Not the last one: the file still has its own. */
		dmmu_ctx_put(ctx);
	}
}

static void dmmu_free_orphans(struct list_head *orphans)
{
	struct dmmu_job *job, *next;

	list_for_each_entry_safe(job, next, orphans, node) {
		struct dmmu_ctx *ctx = job->ctx;

		list_del(&job->node);
		kmem_cache_free(dmmu_job_cache, job);
		dmmu_ctx_put(ctx);
	}
}

static void dmmu_job_start(struct dmmu_dev *dev, struct dmmu_job *job, unsigned int slot)
{
	struct dmmu_workq *q = &dev->work;
	struct dmmu_work *to = &q->ring[dmmu_ring_slot(q->tail, q->entries)];

	job->hw_cookie = (u64)q->seq++ << 16 | slot;
	*to = (struct dmmu_work){
		.op = job->desc.op,
		.ctx = cpu_to_le16(job->ctx->id),
		.cookie = cpu_to_le64(job->hw_cookie),
		.src = cpu_to_le64(job->desc.src),
		.src2 = cpu_to_le64(job->desc.src2),
		.dst = cpu_to_le64(job->desc.dst),
		.len = cpu_to_le64(job->desc.len),
		.arg = cpu_to_le64(job->desc.arg),
		.arg2 = cpu_to_le64(job->desc.arg2),
	};
	q->tail++;
	q->slot[slot] = job;
	__set_bit(slot, q->busy);
	q->inflight++;
}

/* The file whose turn it is, of those whose user may have more in the device. */
static struct dmmu_ctx *dmmu_work_next(struct dmmu_workq *q)
{
	struct dmmu_ctx *ctx;

	list_for_each_entry(ctx, &q->ready, ready)
		if (dmmu_user_may_run(ctx->user))
			return ctx;
	return NULL;
}

/*
 * Give the device as much as it may have, one job from each file in turn. The ring has more entries
 * than there are slots, so that it cannot overflow.
 */
static void dmmu_work_dispatch(struct dmmu_dev *dev)
{
	struct dmmu_workq *q = &dev->work;
	struct dmmu_ctx *ctx;
	bool any = false;

	lockdep_assert_held(&q->lock);
	while (dmmu_is_up(dev) && q->inflight < q->nslots && (ctx = dmmu_work_next(q))) {
		struct dmmu_job *job = list_first_entry(&ctx->queued, struct dmmu_job, node);

		list_del(&job->node);
		ctx->nqueued--;
		if (list_empty(&ctx->queued))
			list_del_init(&ctx->ready);
		else
			list_move_tail(&ctx->ready, &q->ready);
		kref_get(&ctx->ref);
		ctx->ninflight++;
		WRITE_ONCE(ctx->young.ran, true);
		if (ctx->user)
			ctx->user->inflight++;
		dmmu_job_start(dev, job, find_first_zero_bit(q->busy, q->nslots));
		any = true;
	}
	if (any) {
		dmmu_write(dev, DMMU_REG_WORK_TAIL, q->tail);
		dmmu_dev_watch(dev);
	}
}

/* How many more operations the file may submit. */
unsigned int dmmu_work_room(struct dmmu_ctx *ctx)
{
	unsigned int used;

	spin_lock(&ctx->dev->work.lock);
	used = ctx->nqueued + ctx->ninflight + ctx->ndone;
	spin_unlock(&ctx->dev->work.lock);
	return used < DMMU_MAX_QUEUED ? DMMU_MAX_QUEUED - used : 0;
}

/*
 * Queue @n checked descriptors, or as many as there is room for. Returns how many, -EAGAIN when
 * there is no room for even one, -ENOMEM or -ENODEV.
 */
int dmmu_work_submit(struct dmmu_ctx *ctx, const struct dmmu_work_desc *desc, unsigned int n)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_job *job, *next;
	unsigned int i, used, queued = 0;
	LIST_HEAD(jobs);
	int ret;

	n = min(n, dmmu_work_room(ctx));
	if (!n)
		return -EAGAIN;
	for (i = 0; i < n; i++) {
		job = kmem_cache_zalloc(dmmu_job_cache, GFP_KERNEL);
		if (!job) {
			ret = -ENOMEM;
			goto err_free_jobs;
		}
		job->ctx = ctx;
		job->desc = desc[i];
		list_add_tail(&job->node, &jobs);
	}

	spin_lock(&dev->work.lock);
	if (!dmmu_is_up(dev) || ctx->closed || READ_ONCE(ctx->lost)) {
		ret = -ENODEV;
		goto err_unlock;
	}
	/* Another thread may have filled the queue since we looked. */
	used = ctx->nqueued + ctx->ninflight + ctx->ndone;
	list_for_each_entry_safe(job, next, &jobs, node) {
		if (used + queued >= DMMU_MAX_QUEUED)
			break;
		list_move_tail(&job->node, &ctx->queued);
		ctx->nqueued++;
		queued++;
	}
	if (queued && list_empty(&ctx->ready))
		list_add_tail(&ctx->ready, &dev->work.ready);
	trace_dmmu_submit(dev->id, ctx->id, queued);
	dmmu_work_dispatch(dev);
	spin_unlock(&dev->work.lock);
	dmmu_work_free(&jobs);
	return queued ? (int)queued : -EAGAIN;

err_unlock:
	spin_unlock(&dev->work.lock);
err_free_jobs:
	dmmu_work_free(&jobs);
	return ret;
}

/* Move up to @max finished jobs to @to, oldest first; returns how many. */
unsigned int dmmu_work_collect(struct dmmu_ctx *ctx, struct list_head *to, unsigned int max)
{
	unsigned int n = 0;

	spin_lock(&ctx->dev->work.lock);
	while (n < max && !list_empty(&ctx->done)) {
		list_move_tail(ctx->done.next, to);
		n++;
	}
	ctx->ndone -= n;
	spin_unlock(&ctx->dev->work.lock);
	return n;
}

/* Give back what could not be handed to the caller, in the old order. */
void dmmu_work_uncollect(struct dmmu_ctx *ctx, struct list_head *from)
{
	struct list_head *at;

	spin_lock(&ctx->dev->work.lock);
	list_for_each(at, from)
		ctx->ndone++;
	list_splice_init(from, &ctx->done);
	spin_unlock(&ctx->dev->work.lock);
	wake_up_all(&ctx->wq);
}

/*
 * Why the fault was refused that ended a job on this thread. A thread may have ended several jobs
 * that way before the first of their completions is taken, so the oldest that fits is the one.
 */
static s32 dmmu_refusal_take(struct dmmu_workq *q, u16 ctx, u8 thread, u64 va)
{
	unsigned int i;

	lockdep_assert_held(&q->lock);
	for (i = 0; i < DMMU_MAX_SLOTS; i++) {
		struct dmmu_refusal *r = &q->refused[(q->nrefused + i) % DMMU_MAX_SLOTS];
		s32 error = r->error;

		if (!error || r->thread != thread || r->ctx != ctx || r->va != (va & PAGE_MASK))
			continue;
		r->error = 0;
		return error;
	}
	return -EFAULT;
}

static void dmmu_job_take_record(struct dmmu_workq *q, struct dmmu_job *job,
				 const struct dmmu_cpl *rec)
{
	struct dmmu_completion *cpl = &job->cpl;

	lockdep_assert_held(&q->lock);

	cpl->status = rec->status;
	cpl->result = le64_to_cpu(rec->result);
	cpl->done = le64_to_cpu(rec->done);
	cpl->cycles = le64_to_cpu(rec->cycles);
	cpl->stall_cycles = le64_to_cpu(rec->stall);
	cpl->faults = le32_to_cpu(rec->faults);
	cpl->thread = rec->thread;
	if (rec->status == DMMU_STATUS_FAULT || rec->status == DMMU_STATUS_BUS)
		cpl->va = le64_to_cpu(rec->va);
	if (rec->status == DMMU_STATUS_FAULT) {
		cpl->access = rec->access;
		cpl->error = dmmu_refusal_take(q, job->ctx->id, rec->thread, cpl->va);
	}
}

/* Are there completion records that nobody has taken? */
bool dmmu_work_waits(struct dmmu_dev *dev)
{
	return le32_to_cpu(READ_ONCE(dev->status->cpl_tail)) != READ_ONCE(dev->work.cpl_head);
}

/*
 * Take all completion records, refill the device, and only then re-arm the interrupt: one of each
 * per batch.
 */
void dmmu_work_complete(struct dmmu_dev *dev)
{
	struct dmmu_workq *q = &dev->work;
	LIST_HEAD(orphans);
	u32 tail, taken = 0;

	spin_lock(&q->lock);
	if (!dmmu_is_up(dev))
		goto out_unlock;
	tail = le32_to_cpu(READ_ONCE(dev->status->cpl_tail));
	/* The records are visible before the count; read them after it. */
	dma_rmb();
	while (q->cpl_head != tail && taken < q->cpl_entries) {
		const struct dmmu_cpl *rec = &q->cpl[dmmu_ring_slot(q->cpl_head, q->cpl_entries)];
		u64 cookie = le64_to_cpu(rec->cookie);
		unsigned int slot = cookie & 0xffff;

		q->cpl_head++;
		taken++;
		if (slot >= q->nslots || !q->slot[slot] || q->slot[slot]->hw_cookie != cookie) {
			dev_err_ratelimited(dev->dev, "completion with unknown cookie %#llx\n",
					    cookie);
			continue;
		}
		dmmu_job_take_record(q, q->slot[slot], rec);
		dmmu_job_leave_device(dev, slot, &orphans);
	}
	dmmu_work_dispatch(dev);
	if (taken) {
		/* The records have been read before the device may overwrite them. */
		mb();
		dmmu_write(dev, DMMU_REG_CPL_HEAD, q->cpl_head);
	}
out_unlock:
	spin_unlock(&q->lock);
	dmmu_free_orphans(&orphans);
}

/* The device went down: nothing it had, and nothing that waits for it, will ever complete. */
void dmmu_work_lose_all(struct dmmu_dev *dev)
{
	struct dmmu_workq *q = &dev->work;
	LIST_HEAD(orphans);
	unsigned int slot;

	spin_lock(&q->lock);
	for_each_set_bit(slot, q->busy, q->nslots) {
		q->slot[slot]->cpl.status = DMMU_LOST;
		dmmu_job_leave_device(dev, slot, &orphans);
	}
	while (!list_empty(&q->ready))
		dmmu_jobs_finish(list_first_entry(&q->ready, struct dmmu_ctx, ready), DMMU_LOST);
	spin_unlock(&q->lock);
	dmmu_free_orphans(&orphans);
}

/* The address space is gone: what was not started yet never will be. */
void dmmu_work_purge(struct dmmu_ctx *ctx)
{
	spin_lock(&ctx->dev->work.lock);
	dmmu_jobs_finish(ctx, DMMU_KILLED);
	spin_unlock(&ctx->dev->work.lock);
}

/* The file is closed: drop its jobs; those the device has become orphans when they complete. */
void dmmu_work_close(struct dmmu_ctx *ctx)
{
	LIST_HEAD(jobs);

	spin_lock(&ctx->dev->work.lock);
	ctx->closed = true;
	list_del_init(&ctx->ready);
	list_splice_init(&ctx->queued, &jobs);
	list_splice_init(&ctx->done, &jobs);
	ctx->nqueued = 0;
	ctx->ndone = 0;
	spin_unlock(&ctx->dev->work.lock);
	dmmu_work_free(&jobs);
}

/*
 * Has the context a job with this cookie in the device? If not, then the fault record that bears it
 * is a leftover of a killed one.
 */
bool dmmu_work_has(struct dmmu_ctx *ctx, u64 hw_cookie)
{
	struct dmmu_workq *q = &ctx->dev->work;
	unsigned int slot = hw_cookie & 0xffff;
	bool found;

	spin_lock(&q->lock);
	found = slot < q->nslots && q->slot[slot] && q->slot[slot]->ctx == ctx &&
		q->slot[slot]->hw_cookie == hw_cookie;
	spin_unlock(&q->lock);
	return found;
}

/*
 * Note why a fault is about to be answered FAIL, for the completion of each hardware thread that
 * waits for the answer: those that want the same page share one record.
 */
void dmmu_work_fault_error(struct dmmu_ctx *ctx, u64 threads, u64 va, s32 error)
{
	struct dmmu_workq *q = &ctx->dev->work;
	unsigned int i;

	spin_lock(&q->lock);
	for (i = 0; i < DMMU_FAULT_GROUP; i++)
		if (threads & BIT_ULL(i))
			q->refused[q->nrefused++ % DMMU_MAX_SLOTS] = (struct dmmu_refusal){
				.va = va & PAGE_MASK,
				.error = error,
				.ctx = ctx->id,
				.thread = i,
			};
	spin_unlock(&q->lock);
}
