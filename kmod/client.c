// SPDX-License-Identifier: GPL-2.0
/*
 * What other modules may use of the driver. See client.h.
 *
 * A copy is cut in as many pieces as the device has threads, at page boundaries, so that the device
 * works at full speed on one request.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "client.h"
#include "drv.h"
#include "params.h"

/* Longest time in which no piece of a copy ends, seconds; multiplied by time_scale. */
#define DMMU_CLIENT_WAIT_S 120

struct dmmu_dev *dmmu_client_device(int id)
{
	return dmmu_find_device(id);
}
EXPORT_SYMBOL_DMMU(dmmu_client_device);

void dmmu_client_put(struct dmmu_dev *dev)
{
	dmmu_dev_put(dev);
}
EXPORT_SYMBOL_DMMU(dmmu_client_put);

/* Mirror the calling process. */
struct dmmu_ctx *dmmu_client_open(struct dmmu_dev *dev)
{
	struct dmmu_ctx *ctx = dmmu_ctx_create(dev);
	int ret;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ret = dmmu_ctx_bind(ctx, 0);
	if (ret) {
		dmmu_ctx_close(ctx);
		return ERR_PTR(ret);
	}
	return ctx;
}
EXPORT_SYMBOL_DMMU(dmmu_client_open);

void dmmu_client_close(struct dmmu_ctx *ctx)
{
	dmmu_ctx_close(ctx);
}
EXPORT_SYMBOL_DMMU(dmmu_client_close);

/* Cut the copy in pieces; returns how many. The cookie says which copy a piece belongs to. */
static unsigned int dmmu_client_cut(const struct dmmu_client_copy *copy, unsigned int most,
				    u64 cookie, struct dmmu_work_desc *desc)
{
	u64 pages = PAGE_ALIGN(copy->size) >> PAGE_SHIFT;
	u64 step = DIV_ROUND_UP(pages, most) << PAGE_SHIFT;
	unsigned int n = 0;
	u64 at;

	for (at = 0; at < copy->size; at += step)
		desc[n++] = (struct dmmu_work_desc){
			.op = DMMU_WORK_COPY,
			.cookie = cookie,
			.src = copy->src + at,
			.dst = copy->dst + at,
			.len = min(step, copy->size - at),
		};
	return n;
}

static int dmmu_client_error(const struct dmmu_completion *cpl)
{
	switch (cpl->status) {
	case DMMU_OK:
		return 0;
	case DMMU_FAULT:
		return cpl->error;
	case DMMU_LOST:
		return -ENODEV;
	case DMMU_KILLED:
		return -ESRCH;
	default:
		return -EIO;
	}
}

/*
 * Take the completions of @n pieces. Returns 0, or the error of the piece that failed at the lowest
 * address.
 */
static int dmmu_client_wait(struct dmmu_ctx *ctx, struct dmmu_client_copy *copy, u64 cookie,
			    unsigned int n)
{
	unsigned long left = dmmu_scaled_wait(DMMU_CLIENT_WAIT_S);
	struct dmmu_job *job;
	int ret = 0;
	long waited;

	copy->fault_va = U64_MAX;
	while (n) {
		LIST_HEAD(jobs);

		waited = wait_event_killable_timeout(ctx->wq, READ_ONCE(ctx->ndone), left);
		if (waited <= 0)
			return waited ? -EINTR : -ETIME;
		dmmu_work_collect(ctx, &jobs, n);
		list_for_each_entry(job, &jobs, node) {
			int error = dmmu_client_error(&job->cpl);

			/* What a copy that was given up left behind. */
			if (job->cpl.cookie != cookie)
				continue;
			n--;
			if (!error || (ret && job->cpl.va >= copy->fault_va))
				continue;
			ret = error;
			copy->fault_va = job->cpl.va;
		}
		dmmu_work_free(&jobs);
	}
	return ret;
}

/*
 * Returns 0 when all of it is copied, else why not; then the destination may have parts of it.
 */
int dmmu_client_copy(struct dmmu_ctx *ctx, struct dmmu_client_copy *copy)
{
	static atomic64_t serial = ATOMIC64_INIT(0);
	unsigned int most = ctx->dev->threads, n, done = 0;
	u64 cookie = atomic64_inc_return(&serial);
	struct dmmu_work_desc *desc;
	int ret = dmmu_ctx_check(ctx);

	if (ret)
		return ret;
	if (!copy->size)
		return -EINVAL;
	desc = kcalloc(most, sizeof(*desc), GFP_KERNEL);
	if (!desc)
		return -ENOMEM;
	n = dmmu_client_cut(copy, most, cookie, desc);
	dmmu_ahead_begin(ctx, 0, copy->src, copy->src + copy->size, false);
	dmmu_ahead_begin(ctx, 1, copy->dst, copy->dst + copy->size, true);
	ret = dmmu_work_submit(ctx, desc, n);
	if (ret > 0) {
		/* A queue so full that pieces do not fit holds only what others gave up. */
		done = ret;
		ret = dmmu_client_wait(ctx, copy, cookie, done);
		if (!ret && done < n)
			ret = -EAGAIN;
	}
	copy->src_rounds = dmmu_ahead_end(ctx, 0);
	copy->dst_rounds = dmmu_ahead_end(ctx, 1);
	kfree(desc);
	return ret;
}
EXPORT_SYMBOL_DMMU(dmmu_client_copy);

/* Could the device read every page of the range at this moment, without a fault? */
bool dmmu_client_maps(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	for (; start < end; start += PAGE_SIZE)
		if (!dmmu_pt_has(ctx, start, false))
			return false;
	return true;
}
EXPORT_SYMBOL_DMMU(dmmu_client_maps);

static int dmmu_client_move(struct dmmu_ctx *ctx, u64 start, u64 end, u32 to,
			    struct dmmu_client_moved *res)
{
	struct dmmu_migrate_result all;
	int ret = dmmu_ctx_check(ctx);

	*res = (struct dmmu_client_moved){};
	if (!ret)
		ret = dmmu_migrate_range(ctx, start, end, to, &all);
	if (ret)
		return ret;
	res->moved = all.moved;
	res->unmapped = all.skipped[DMMU_SKIP_UNMAPPED];
	return 0;
}

/* Move pages of the host to local memory of the device and map them there. */
int dmmu_client_move_in(struct dmmu_ctx *ctx, u64 start, u64 end, struct dmmu_client_moved *res)
{
	return dmmu_client_move(ctx, start, end, DMMU_MIGRATE_FROM_HOST, res);
}
EXPORT_SYMBOL_DMMU(dmmu_client_move_in);

int dmmu_client_move_out(struct dmmu_ctx *ctx, u64 start, u64 end, struct dmmu_client_moved *res)
{
	return dmmu_client_move(ctx, start, end, DMMU_MIGRATE_TO_HOST, res);
}
EXPORT_SYMBOL_DMMU(dmmu_client_move_out);

int dmmu_client_exclusive(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	int ret = dmmu_ctx_check(ctx);

	return ret ? ret : dmmu_exclusive_range(ctx, start, end);
}
EXPORT_SYMBOL_DMMU(dmmu_client_exclusive);

bool dmmu_client_any_exclusive(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	return dmmu_pt_any_exclusive(ctx, start, end);
}
EXPORT_SYMBOL_DMMU(dmmu_client_any_exclusive);

/* Bring all pages of all processes back from the device. */
void dmmu_client_evict_all(struct dmmu_dev *dev)
{
	dmmu_evict_all(dev);
}
EXPORT_SYMBOL_DMMU(dmmu_client_evict_all);

void dmmu_client_fail_whole(struct dmmu_dev *dev)
{
	atomic_set(&dev->fail_whole, 1);
}
EXPORT_SYMBOL_DMMU(dmmu_client_fail_whole);

/* The dev_private_owner for hmm_range_fault(). */
void *dmmu_client_owner(struct dmmu_dev *dev)
{
	return dmmu_local_owner(dev);
}
EXPORT_SYMBOL_DMMU(dmmu_client_owner);

bool dmmu_client_page_is_on(struct dmmu_dev *dev, const struct page *page)
{
	return dmmu_local_has(dev, page);
}
EXPORT_SYMBOL_DMMU(dmmu_client_page_is_on);

bool dmmu_client_page_is_elsewhere(struct dmmu_dev *dev, const struct page *page)
{
	return dmmu_local_other(dev, page);
}
EXPORT_SYMBOL_DMMU(dmmu_client_page_is_elsewhere);

bool dmmu_client_coherent(struct dmmu_dev *dev)
{
	return dmmu_local_coherent(dev);
}
EXPORT_SYMBOL_DMMU(dmmu_client_coherent);
