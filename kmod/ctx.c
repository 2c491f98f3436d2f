// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts, one per open file: creation, binding to an address space, end.
 *
 * The order of the end is what matters: first no new faults and jobs, then the device is made to
 * stop (CTX_KILL, whose acknowledge says that no thread of the context can touch memory), then the
 * pages go, then the notifier, then the tables. The number of the context is given back last, with
 * the last descriptor that bears it.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "drv.h"

struct dmmu_ctx *dmmu_ctx_create(struct dmmu_dev *dev)
{
	struct dmmu_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!ctx)
		return NULL;
	ctx->user = dmmu_user_get(dev);
	if (IS_ERR(ctx->user)) {
		kfree(ctx);
		return NULL;
	}
	kref_init(&ctx->ref);
	kref_get(&dev->ref);
	ctx->dev = dev;
	INIT_LIST_HEAD(&ctx->node);
	mt_init(&ctx->hints);
	mutex_init(&ctx->map_lock);
	mutex_init(&ctx->pt_lock);
	for (i = 0; i < ARRAY_SIZE(ctx->spare); i++)
		INIT_LIST_HEAD(&ctx->spare[i]);
	INIT_WORK(&ctx->fault_work, dmmu_fault_work);
	INIT_LIST_HEAD(&ctx->ready);
	INIT_LIST_HEAD(&ctx->queued);
	INIT_LIST_HEAD(&ctx->done);
	init_waitqueue_head(&ctx->wq);
	init_waitqueue_head(&ctx->let_go);
	return ctx;
}

/* The mm the context is bound to, NULL when it is not yet. */
struct mm_struct *dmmu_ctx_mm(struct dmmu_ctx *ctx)
{
	/* Pairs with the release in dmmu_ctx_bind(): whoever sees the mm sees the rest, too. */
	return smp_load_acquire(&ctx->mm);
}

/* May the calling process use the context? */
int dmmu_ctx_check(struct dmmu_ctx *ctx)
{
	struct mm_struct *mm = dmmu_ctx_mm(ctx);

	if (!mm)
		return -EBADFD;
	return mm == current->mm ? 0 : -EPERM;
}

static int dmmu_ctx_alloc_buffers(struct dmmu_ctx *ctx)
{
	unsigned int n = ctx->dev->threads;

	ctx->batch = kvcalloc(n, sizeof(*ctx->batch), GFP_KERNEL_ACCOUNT);
	ctx->req = kvcalloc(n, sizeof(*ctx->req), GFP_KERNEL_ACCOUNT);
	ctx->win = kvcalloc(n, sizeof(*ctx->win), GFP_KERNEL_ACCOUNT);
	ctx->pfns = kvcalloc(n, DMMU_WINDOW_MAX_PAGES * sizeof(*ctx->pfns), GFP_KERNEL_ACCOUNT);
	ctx->taken = kvcalloc(max(n, DMMU_WINDOW_MAX_PAGES), sizeof(*ctx->taken),
			      GFP_KERNEL_ACCOUNT);
	return ctx->batch && ctx->req && ctx->win && ctx->pfns && ctx->taken ? 0 : -ENOMEM;
}

static void dmmu_ctx_free_buffers(struct dmmu_ctx *ctx)
{
	kvfree(ctx->taken);
	kvfree(ctx->pfns);
	kvfree(ctx->win);
	kvfree(ctx->req);
	kvfree(ctx->batch);
	ctx->taken = NULL;
	ctx->pfns = NULL;
	ctx->win = NULL;
	ctx->req = NULL;
	ctx->batch = NULL;
}

static void dmmu_ctx_publish(struct dmmu_ctx *ctx, bool on)
{
	struct dmmu_faultq *q = &ctx->dev->flt;

	spin_lock_irq(&q->lock);
	q->by_id[ctx->id] = on ? ctx : NULL;
	spin_unlock_irq(&q->lock);
}

/* An empty page table, no stale translations of whoever had the number before, then enable. */
static int dmmu_ctx_set(struct dmmu_ctx *ctx)
{
	struct dmmu_ctl inval = {
		.opcode = DMMU_CTL_INVALIDATE,
		.flags = DMMU_CTL_F_ALL,
		.ctx = cpu_to_le16(ctx->id),
	};
	struct dmmu_ctl set = {
		.opcode = DMMU_CTL_CTX_SET,
		.flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ,
		.ctx = cpu_to_le16(ctx->id),
		.local = cpu_to_le64(dmmu_pt_root(ctx)),
	};
	u32 index;
	int ret;

	ret = dmmu_pt_push_fill(ctx->dev, dmmu_pt_root(ctx), DMMU_TABLE_ENTRIES, 0, 0, DMMU_SLEEP,
				&index);
	if (!ret)
		ret = dmmu_ctl_push(ctx->dev, &inval, DMMU_SLEEP, &index);
	if (!ret)
		ret = dmmu_ctl_push(ctx->dev, &set, DMMU_SLEEP, &index);
	return ret ? ret : dmmu_ctl_wait(ctx->dev, index, DMMU_SLEEP);
}

/* Make the device stop working for the context and forget its translations. */
void dmmu_ctx_kill(struct dmmu_ctx *ctx)
{
	struct dmmu_ctl kill = {
		.opcode = DMMU_CTL_CTX_KILL,
		.ctx = cpu_to_le16(ctx->id),
	};
	struct dmmu_ctl inval = {
		.opcode = DMMU_CTL_INVALIDATE,
		.flags = DMMU_CTL_F_ALL | DMMU_CTL_F_WB | DMMU_CTL_F_IRQ,
		.ctx = cpu_to_le16(ctx->id),
	};
	u32 index;

	/* An error here means that the device is down, and then nothing needs to be stopped. */
	if (!dmmu_ctl_push(ctx->dev, &kill, DMMU_SLEEP, &index) &&
	    !dmmu_ctl_push(ctx->dev, &inval, DMMU_SLEEP, &index))
		dmmu_ctl_wait(ctx->dev, index, DMMU_SLEEP);
}

int dmmu_ctx_bind(struct dmmu_ctx *ctx, u32 flags)
{
	struct dmmu_dev *dev = ctx->dev;
	int ret;

	if (!current->mm)
		return -EINVAL;
	mutex_lock(&dev->ctx_lock);
	/* A BIND that fails lets go of the lock before it gives the number back. */
	if (ctx->mm || ctx->has_id) {
		ret = -EBUSY;
		goto out_unlock;
	}
	if (!dmmu_is_up(dev)) {
		ret = -ENODEV;
		goto out_unlock;
	}
	if (!dmmu_user_charge(ctx->user, DMMU_QUOTA_CONTEXTS)) {
		ret = -EDQUOT;
		goto out_unlock;
	}
	ret = ida_alloc_max(&dev->ctx_ids, dev->contexts - 1, GFP_KERNEL);
	if (ret < 0) {
		if (ret == -ENOSPC)
			ret = -EBUSY;
		goto err_uncharge;
	}
	ctx->id = ret;
	ctx->system_atomics = flags & DMMU_BIND_SYSTEM_ATOMICS;
	ctx->has_id = true;
	ret = dmmu_ctx_alloc_buffers(ctx);
	if (ret)
		goto err_free_buffers;
	ret = dmmu_pt_init(ctx);
	if (ret)
		goto err_free_buffers;
	/*
	 * Registering ends early when a signal is pending, and the caller begins again: both of
	 * them first, so that a signal that comes while the device answers is no reason to.
	 */
	ret = mmu_interval_notifier_insert(&ctx->notifier, current->mm, 0, ULONG_MAX & PAGE_MASK,
					   &dmmu_mirror_ops);
	if (ret)
		goto err_free_pagetable;
	ret = dmmu_young_add(ctx, current->mm);
	if (ret)
		goto err_remove_notifier;
	dmmu_ctx_publish(ctx, true);
	ret = dmmu_ctx_set(ctx);
	if (ret)
		goto err_unpublish;
	list_add_tail(&ctx->node, &dev->ctxs);
	mmgrab(current->mm);
	/* Pairs with dmmu_ctx_mm(). */
	smp_store_release(&ctx->mm, current->mm);
	mutex_unlock(&dev->ctx_lock);
	return 0;

err_unpublish:
	dmmu_ctx_publish(ctx, false);
	/* A leftover of whoever had the number before may have woken it. */
	cancel_work_sync(&ctx->fault_work);
	dmmu_fault_forget(ctx);
	/* Its worker takes the lock. */
	mutex_unlock(&dev->ctx_lock);
	dmmu_young_remove(ctx, current->mm);
	mutex_lock(&dev->ctx_lock);
err_remove_notifier:
	mmu_interval_notifier_remove(&ctx->notifier);
err_free_pagetable:
	dmmu_pt_fini(ctx);
err_free_buffers:
	dmmu_ctx_free_buffers(ctx);
	ctx->has_id = false;
	ida_free(&dev->ctx_ids, ctx->id);
err_uncharge:
	dmmu_user_uncharge(ctx->user, DMMU_QUOTA_CONTEXTS);
out_unlock:
	mutex_unlock(&dev->ctx_lock);
	return ret;
}

static void dmmu_ctx_drop_pages(struct dmmu_ctx *ctx)
{
	mutex_lock(&ctx->pt_lock);
	dmmu_pt_drop_all(ctx);
	mutex_unlock(&ctx->pt_lock);
}

/*
 * The file is closed. On return the device can touch nothing of the address space, and nothing of
 * the context is left but, while descriptors are still in the work ring, its number.
 */
void dmmu_ctx_close(struct dmmu_ctx *ctx)
{
	struct dmmu_dev *dev = ctx->dev;

	dmmu_work_close(ctx);
	if (ctx->mm)
		dmmu_young_remove(ctx, ctx->mm);
	mutex_lock(&dev->ctx_lock);
	if (ctx->mm) {
		list_del_init(&ctx->node);
		dmmu_ctx_publish(ctx, false);
		if (!ctx->lost)
			dmmu_ctx_kill(ctx);
		cancel_work_sync(&ctx->fault_work);
		dmmu_fault_forget(ctx);
		dmmu_ctx_drop_pages(ctx);
		mmu_interval_notifier_remove(&ctx->notifier);
		dmmu_pt_fini(ctx);
		dmmu_ctx_free_buffers(ctx);
	}
	mutex_unlock(&dev->ctx_lock);
	dmmu_ctx_put(ctx);
}

/*
 * The device goes down, or is reset: it cannot reach memory, and forgets the context. The file
 * stays open, and finds out. The DMA mappings end here, because the device may be on its way out.
 */
void dmmu_ctx_lose(struct dmmu_ctx *ctx)
{
	lockdep_assert_held(&ctx->dev->ctx_lock);
	WRITE_ONCE(ctx->lost, true);
	dmmu_ctx_publish(ctx, false);
	cancel_work_sync(&ctx->fault_work);
	dmmu_fault_forget(ctx);
	dmmu_ctx_drop_pages(ctx);
	dmmu_pt_free_stage(ctx);
}

static void dmmu_ctx_release(struct kref *ref)
{
	struct dmmu_ctx *ctx = container_of(ref, struct dmmu_ctx, ref);
	struct dmmu_dev *dev = ctx->dev;

	if (ctx->has_id) {
		ida_free(&dev->ctx_ids, ctx->id);
		dmmu_user_uncharge(ctx->user, DMMU_QUOTA_CONTEXTS);
	}
	if (ctx->mm)
		mmdrop(ctx->mm);
	mtree_destroy(&ctx->hints);
	dmmu_user_put(ctx->user);
	kfree(ctx);
	dmmu_dev_put(dev);
}

void dmmu_ctx_put(struct dmmu_ctx *ctx)
{
	kref_put(&ctx->ref, dmmu_ctx_release);
}
