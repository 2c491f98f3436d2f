// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/dmmuN. What programs may ask and what they get is in include/uapi/dmmu.h.
 *
 * Argument checks and copying are here; what is done is done elsewhere. The node belongs to root
 * (mode 0600): whoever may open it may occupy a context of the device, and hardware threads for as
 * long as his work runs. A udev rule with TAG+="uaccess" or a group gives it to others.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "drv.h"
#include "regs.h"

static int dmmu_open(struct inode *inode, struct file *file)
{
	/*
	 * The misc core holds its lock until we return, and deregistering takes it: the device is
	 * there.
	 */
	struct dmmu_dev *dev = container_of(file->private_data, struct dmmu_dev, misc);
	struct dmmu_ctx *ctx = dmmu_ctx_create(dev);

	if (!ctx)
		return -ENOMEM;
	file->private_data = ctx;
	WRITE_ONCE(dev->cover, dmmu_cover_handle());
	return nonseekable_open(inode, file);
}

static int dmmu_release(struct inode *inode, struct file *file)
{
	dmmu_ctx_close(file->private_data);
	return 0;
}

/* Is there still a device behind the file, with the context it was bound to? */
static bool dmmu_ctx_alive(struct dmmu_ctx *ctx)
{
	return dmmu_is_up(ctx->dev) && !READ_ONCE(ctx->lost);
}

static __poll_t dmmu_poll(struct file *file, poll_table *wait)
{
	struct dmmu_ctx *ctx = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &ctx->wq, wait);
	if (READ_ONCE(ctx->ndone))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!dmmu_ctx_alive(ctx))
		mask |= EPOLLERR | EPOLLHUP;
	else if (dmmu_ctx_mm(ctx) && dmmu_work_room(ctx))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* What BIND can do here. */
static u32 dmmu_bind_flags(struct dmmu_dev *dev)
{
	bool can = IS_ENABLED(CONFIG_DEVICE_PRIVATE) && dev->caps & DMMU_CAPS_ATOMICS;

	return can ? DMMU_BIND_SYSTEM_ATOMICS : 0;
}

static u64 dmmu_features(struct dmmu_dev *dev)
{
	u64 features = 0;

	if (dmmu_local_total(dev))
		features |= DMMU_FEATURE_MIGRATE;
	if (dmmu_local_coherent(dev))
		features |= DMMU_FEATURE_COHERENT;
	if (dmmu_has_copy_engine(dev))
		features |= DMMU_FEATURE_COPY_ENGINE;
	if (dmmu_bind_flags(dev) & DMMU_BIND_SYSTEM_ATOMICS)
		features |= DMMU_FEATURE_SYSTEM_ATOMICS;
	return features;
}

static int dmmu_ioctl_query(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_ioc_query arg = {
		.uapi_version = DMMU_UAPI_VERSION,
		.device_version = dev->version,
		.caps = dev->caps,
		.threads = dev->threads,
		.contexts = dev->contexts,
		.va_bits = dev->va_bits,
		.tlb_entries = dev->tlb_entries,
		.clock_khz = dev->clock_khz,
		.local_size = dev->local_size,
		.features = dmmu_features(dev),
	};

	if (READ_ONCE(dev->state) == DMMU_REMOVED)
		return -ENODEV;
	return copy_to_user(argp, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int dmmu_ioctl_bind(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_bind __user *user = argp;
	struct dmmu_ioc_bind arg;
	int ret;

	if (copy_from_user(&arg, argp, sizeof(arg)))
		return -EFAULT;
	if (arg.flags & ~DMMU_BIND_SYSTEM_ATOMICS)
		return -EINVAL;
	if (arg.flags & ~dmmu_bind_flags(ctx->dev))
		return -EOPNOTSUPP;
	/* Binding cannot be undone, so find out first whether its result can be told. */
	if (put_user(0, &user->context))
		return -EFAULT;
	ret = dmmu_ctx_bind(ctx, arg.flags);
	if (ret)
		return ret == -EINTR ? -ERESTARTSYS : ret;
	return put_user(ctx->id, &user->context);
}

static int dmmu_check_desc(const struct dmmu_work_desc *desc, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (desc[i].op >= DMMU_OP_COUNT || desc[i].flags)
			return -EINVAL;
	return 0;
}

static int dmmu_ioctl_submit(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_submit __user *user = argp;
	struct dmmu_ioc_submit arg;
	struct dmmu_work_desc *desc;
	int ret;

	if (copy_from_user(&arg, argp, sizeof(arg)))
		return -EFAULT;
	if (!arg.count || arg.count > DMMU_MAX_QUEUED || arg.flags || arg.reserved)
		return -EINVAL;
	ret = dmmu_ctx_check(ctx);
	if (ret)
		return ret;
	if (!dmmu_ctx_alive(ctx))
		return -ENODEV;
	desc = vmemdup_array_user(u64_to_user_ptr(arg.works), arg.count, sizeof(*desc));
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	ret = dmmu_check_desc(desc, arg.count);
	if (ret)
		goto out_free_desc;
	/* Work cannot be taken back, so find out first whether its number can be told. */
	if (put_user(0, &user->queued)) {
		ret = -EFAULT;
		goto out_free_desc;
	}
	ret = dmmu_work_submit(ctx, desc, arg.count);
	if (ret > 0)
		ret = put_user(ret, &user->queued);
out_free_desc:
	kvfree(desc);
	return ret;
}

/* Copy the completions of @jobs to @to. */
static int dmmu_copy_completions(struct dmmu_completion __user *to, const struct list_head *jobs)
{
	const struct dmmu_job *job;

	list_for_each_entry(job, jobs, node)
		if (copy_to_user(to++, &job->cpl, sizeof(job->cpl)))
			return -EFAULT;
	return 0;
}

/* Nothing more will come by itself. */
static bool dmmu_ctx_idle(struct dmmu_ctx *ctx)
{
	bool idle;

	spin_lock(&ctx->dev->work.lock);
	idle = !ctx->nqueued && !ctx->ninflight;
	spin_unlock(&ctx->dev->work.lock);
	return idle;
}

/*
 * Sleep until there is more to collect, nothing is outstanding, or the time is over. Returns 0,
 * -ETIME or -EINTR.
 */
static int dmmu_wait_for_more(struct dmmu_ctx *ctx, ktime_t until)
{
	ktime_t left = KTIME_MAX;
	int ret;

	if (until != KTIME_MAX) {
		left = ktime_sub(until, ktime_get());
		if (left <= 0)
			return -ETIME;
	}
	ret = wait_event_interruptible_hrtimeout(ctx->wq,
						 READ_ONCE(ctx->ndone) || dmmu_ctx_idle(ctx), left);
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

static int dmmu_ioctl_wait(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_wait __user *user = argp;
	struct dmmu_ioc_wait arg;
	ktime_t until = KTIME_MAX;
	unsigned int n = 0;
	LIST_HEAD(jobs);
	int ret;

	if (copy_from_user(&arg, argp, sizeof(arg)))
		return -EFAULT;
	if (!arg.max || arg.max > DMMU_MAX_QUEUED || arg.min > arg.max || arg.reserved)
		return -EINVAL;
	ret = dmmu_ctx_check(ctx);
	if (ret)
		return ret;
	if (arg.timeout_ns < KTIME_MAX)
		until = ktime_add_safe(ktime_get(), ns_to_ktime(arg.timeout_ns));

	for (;;) {
		n += dmmu_work_collect(ctx, &jobs, arg.max - n);
		ret = 0;
		if (n >= arg.min || (dmmu_ctx_idle(ctx) && !READ_ONCE(ctx->ndone)))
			break;
		ret = dmmu_wait_for_more(ctx, until);
		if (ret == -ETIME && READ_ONCE(ctx->ndone))
			continue;
		if (ret)
			break;
	}
	if (ret == -EINTR)
		goto err_uncollect;
	/* Nothing to give, and never will be. */
	if (!n && arg.min && !dmmu_ctx_alive(ctx))
		return -ENODEV;
	if (dmmu_copy_completions(u64_to_user_ptr(arg.completions), &jobs) ||
	    put_user(n, &user->count)) {
		ret = -EFAULT;
		goto err_uncollect;
	}
	dmmu_work_free(&jobs);
	return ret;

err_uncollect:
	dmmu_work_uncollect(ctx, &jobs);
	return ret;
}

static int dmmu_ioctl_counters(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_ioc_counters *arg;
	unsigned int i;
	int ret;

	BUILD_BUG_ON(DMMU_CNT_COUNT > DMMU_MAX_DEVICE_COUNTERS);
	ret = dmmu_ctx_check(ctx);
	if (ret)
		return ret;
	arg = kzalloc(sizeof(*arg), GFP_KERNEL);
	if (!arg)
		return -ENOMEM;
	ret = dmmu_dev_counters(dev, arg->device, DMMU_CNT_COUNT);
	if (ret)
		goto out_free;
	arg->device_count = DMMU_CNT_COUNT;
	arg->driver_count = DMMU_DRV_COUNT;
	for (i = 0; i < DMMU_DRV_COUNT; i++)
		arg->driver[i] = atomic64_read(&ctx->count[i]);
	arg->driver[DMMU_DRV_MMIO_READS] = atomic64_read(&dev->mmio_reads);
	arg->driver[DMMU_DRV_MMIO_WRITES] = atomic64_read(&dev->mmio_writes);
	arg->driver[DMMU_DRV_FAULT_IRQS] = READ_ONCE(dev->flt.irqs);
	arg->driver[DMMU_DRV_PAGES_IN] = atomic64_read(&dev->moved[DMMU_MOVED_IN]);
	arg->driver[DMMU_DRV_PAGES_OUT] = atomic64_read(&dev->moved[DMMU_MOVED_OUT]);
	arg->driver[DMMU_DRV_PAGES_EVICTED] = atomic64_read(&dev->moved[DMMU_MOVED_EVICTED]);
	arg->driver[DMMU_DRV_COPY_NS] = atomic64_read(&dev->moved[DMMU_MOVED_COPY_NS]);
	if (copy_to_user(argp, arg, sizeof(*arg)))
		ret = -EFAULT;
out_free:
	kfree(arg);
	return ret;
}

static bool dmmu_range_is_good(u64 start, u64 size)
{
	return size && !((start | size) & ~PAGE_MASK) && start < TASK_SIZE_MAX &&
	       size <= TASK_SIZE_MAX - start;
}

static int dmmu_ioctl_migrate(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_migrate arg;
	int ret;

	if (copy_from_user(&arg, argp, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || !dmmu_range_is_good(arg.start, arg.size) ||
	    (arg.to != DMMU_MIGRATE_TO_DEVICE && arg.to != DMMU_MIGRATE_TO_HOST))
		return -EINVAL;
	ret = dmmu_ctx_check(ctx);
	if (ret)
		return ret;
	ret = dmmu_migrate_range(ctx, arg.start, arg.start + arg.size, arg.to, &arg.result);
	if (ret)
		return ret;
	return copy_to_user(argp, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int dmmu_ioctl_hint(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_hint arg;
	int ret;

	if (copy_from_user(&arg, argp, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || arg.hint > DMMU_HINT_READ_MOSTLY ||
	    !dmmu_range_is_good(arg.start, arg.size))
		return -EINVAL;
	ret = dmmu_ctx_check(ctx);
	if (ret)
		return ret;
	if (!dmmu_local_total(ctx->dev))
		return -EOPNOTSUPP;
	return dmmu_hint_set(ctx, arg.start, arg.start + arg.size, arg.hint);
}

static int dmmu_ioctl_local(struct dmmu_ctx *ctx, void __user *argp)
{
	struct dmmu_ioc_local arg = {
		.total_pages = dmmu_local_total(ctx->dev),
		.free_pages = dmmu_local_free(ctx->dev),
		.replicas = dmmu_local_lent(ctx->dev),
	};

	if (READ_ONCE(ctx->dev->state) == DMMU_REMOVED)
		return -ENODEV;
	return copy_to_user(argp, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long dmmu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dmmu_ctx *ctx = file->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case DMMU_IOC_QUERY:
		return dmmu_ioctl_query(ctx, argp);
	case DMMU_IOC_BIND:
		return dmmu_ioctl_bind(ctx, argp);
	case DMMU_IOC_SUBMIT:
		return dmmu_ioctl_submit(ctx, argp);
	case DMMU_IOC_WAIT:
		return dmmu_ioctl_wait(ctx, argp);
	case DMMU_IOC_COUNTERS:
		return dmmu_ioctl_counters(ctx, argp);
	case DMMU_IOC_MIGRATE:
		return dmmu_ioctl_migrate(ctx, argp);
	case DMMU_IOC_HINT:
		return dmmu_ioctl_hint(ctx, argp);
	case DMMU_IOC_LOCAL:
		return dmmu_ioctl_local(ctx, argp);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations dmmu_fops = {
	.owner = THIS_MODULE,
	.open = dmmu_open,
	.release = dmmu_release,
	.poll = dmmu_poll,
	.unlocked_ioctl = dmmu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

int dmmu_chardev_add(struct dmmu_dev *dev)
{
	dev->misc.minor = MISC_DYNAMIC_MINOR;
	dev->misc.name = dev->name;
	dev->misc.fops = &dmmu_fops;
	dev->misc.parent = dev->dev;
	dev->misc.mode = 0600;
	dev->misc.groups = dmmu_sysfs_groups();
	return misc_register(&dev->misc);
}

void dmmu_chardev_remove(struct dmmu_dev *dev)
{
	misc_deregister(&dev->misc);
}
