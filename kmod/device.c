// SPDX-License-Identifier: GPL-2.0
/*
 * The device as a whole: start, stop, reset, failure, watchdog, counters.
 *
 * dmmu_dev.state says whether the device may be talked to. Leaving DMMU_UP always has the same
 * order: bus mastering off, so that the device can reach no memory; then the state, so that nobody
 * waits for it any more; then the device is reset, if it still answers; then everything that was in
 * progress is ended. After that order, ending an invalidation without its acknowledge is safe.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/pci.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "params.h"
#include "regs.h"

/* Ask for a reset and wait until it is done. CTRL as it was last; 0 in DMMU_CTRL_RESET: it is. */
static u32 dmmu_dev_try_reset(struct dmmu_dev *dev)
{
	unsigned long until = jiffies + dmmu_reset_timeout();
	u32 ctrl;

	dmmu_write(dev, DMMU_REG_CTRL, DMMU_CTRL_RESET);
	for (;;) {
		bool last = time_after(jiffies, until);

		ctrl = dmmu_read(dev, DMMU_REG_CTRL);
		if (!(ctrl & DMMU_CTRL_RESET) || last)
			return ctrl;
		usleep_range(50, 200);
	}
}

/* Reset the device, and wait until it is. */
int dmmu_dev_reset(struct dmmu_dev *dev)
{
	u32 ctrl = dmmu_dev_try_reset(dev);

	if (!(ctrl & DMMU_CTRL_RESET))
		return 0;
	dev_err(dev->dev, "reset does not end: CTRL reads %#x%s\n", ctrl,
		ctrl == DMMU_GONE ? ", the device does not answer" : "");
	return -ENODEV;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_dev_reset);

/*
 * Give a freshly reset device its rings and let it run. Nobody else uses it yet, and its interrupts
 * are off.
 */
static void dmmu_dev_program(struct dmmu_dev *dev)
{
	dmmu_write64(dev, DMMU_REG_STAT_BASE_LO, dev->status_dma);
	dmmu_write64(dev, DMMU_REG_CTL_BASE_LO, dev->ctl.dma);
	dmmu_write(dev, DMMU_REG_CTL_SIZE, ilog2(DMMU_CTL_ENTRIES));
	dmmu_write64(dev, DMMU_REG_WORK_BASE_LO, dev->work.dma);
	dmmu_write(dev, DMMU_REG_WORK_SIZE, ilog2(dev->work.entries));
	dmmu_write64(dev, DMMU_REG_CPL_BASE_LO, dev->work.cpl_dma);
	dmmu_write(dev, DMMU_REG_CPL_SIZE, ilog2(dev->work.cpl_entries));
	dmmu_write64(dev, DMMU_REG_FLT_BASE_LO, dev->flt.dma);
	dmmu_write(dev, DMMU_REG_FLT_SIZE, ilog2(dev->flt.entries));
	dmmu_write(dev, DMMU_REG_COALESCE, dmmu_coalesce_cycles() * (BIT(DMMU_COALESCE_CPL_SHIFT) |
								   BIT(DMMU_COALESCE_FLT_SHIFT)));
	dmmu_copy_program(dev);
	dmmu_irq_program(dev);
	dmmu_write(dev, DMMU_REG_CTRL, DMMU_CTRL_ENABLE);
}

/*
 * From any state but DMMU_UP to DMMU_UP. Interrupts must be off; turn them on afterwards. Until it
 * is reset the device is where it was when it was stopped, by us, by an earlier driver or by an
 * earlier kernel, with writes under way to memory that is in other use by now: only then may it
 * reach memory.
 */
int dmmu_dev_start(struct dmmu_dev *dev)
{
	int ret;

	pci_clear_master(dev->pdev);
	ret = dmmu_dev_reset(dev);
	if (ret)
		return ret;
	memset(dev->status, 0, sizeof(*dev->status));
	dev->ctl.tail = 0;
	dev->ctl.rung = 0;
	dev->work.tail = 0;
	dev->work.cpl_head = 0;
	dev->flt.head = 0;
	dev->flt.armed = 0;
	pci_set_master(dev->pdev);
	dmmu_dev_program(dev);
	if (dmmu_read(dev, DMMU_REG_ID) != DMMU_RST_ID) {
		dev_err(dev->dev, "the device stopped to answer while it was set up\n");
		pci_clear_master(dev->pdev);
		return -ENODEV;
	}
	spin_lock(&dev->ctl.lock);
	dev->why = NULL;
	WRITE_ONCE(dev->state, DMMU_UP);
	spin_unlock(&dev->ctl.lock);
	wake_up_all(&dev->copy.wq);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_dev_start);

/* Wait until nobody is in a section that looked at the state before it changed. */
static void dmmu_dev_flush_users(struct dmmu_dev *dev)
{
	mutex_lock(&dev->reg_lock);
	mutex_unlock(&dev->reg_lock);
	spin_lock(&dev->work.lock);
	spin_unlock(&dev->work.lock);
	wake_up_all(&dev->ctl.wq);
	wake_up_all(&dev->flt.wq);
	wake_up_all(&dev->copy.wq);
	/* A copy in progress ends by that. */
	mutex_lock(&dev->copy.lock);
	mutex_unlock(&dev->copy.lock);
}

/*
 * Cut off from the host's memory, the device can still write its own. See to it that it does not,
 * before anybody is told that its work has ended. One that does not answer is left alone.
 */
static void dmmu_dev_halt(struct dmmu_dev *dev)
{
	u32 ctrl;

	if (pci_channel_offline(dev->pdev) || dmmu_read(dev, DMMU_REG_ID) != DMMU_RST_ID)
		return;
	ctrl = dmmu_dev_try_reset(dev);
	if (ctrl & DMMU_CTRL_RESET && ctrl != DMMU_GONE)
		dev_warn(dev->dev,
			 "does not stop: CTRL reads %#x; it may still write its local memory\n",
			 ctrl);
}

/* The device cannot reach memory any more: tell everybody who has something to do with it. */
static void dmmu_dev_lose_all(struct dmmu_dev *dev)
{
	struct dmmu_ctx *ctx;

	/* First, so that who learns of the loss does not find old pages any more. */
	dmmu_poison_lost(dev);
	mutex_lock(&dev->ctx_lock);
	list_for_each_entry(ctx, &dev->ctxs, node)
		dmmu_ctx_lose(ctx);
	dmmu_work_lose_all(dev);
	list_for_each_entry(ctx, &dev->ctxs, node)
		wake_up_all(&ctx->wq);
	mutex_unlock(&dev->ctx_lock);
}

/*
 * Leave DMMU_UP on purpose: for a reset, or for ever. On return nobody touches the registers but
 * the caller. What the device had is lost.
 */
void dmmu_dev_stop(struct dmmu_dev *dev, enum dmmu_state state)
{
	pci_clear_master(dev->pdev);
	spin_lock(&dev->ctl.lock);
	if (!dev->why)
		dev->why = state == DMMU_REMOVED ? "removed" : "reset";
	WRITE_ONCE(dev->state, state);
	spin_unlock(&dev->ctl.lock);
	dmmu_dev_flush_users(dev);
	dmmu_irq_off(dev);
	cancel_work_sync(&dev->fail_work);
	cancel_delayed_work_sync(&dev->watchdog);
	dmmu_dev_halt(dev);
	dmmu_dev_lose_all(dev);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_dev_stop);

/*
 * The device did not do what it must within the time it has. May be called from anywhere that may
 * not sleep but for interrupt handlers; cleaning up is left to a worker. @why is a constant string.
 */
void dmmu_dev_fail(struct dmmu_dev *dev, const char *why)
{
	u32 id = 0, status = 0;
	bool first;

	if (!dmmu_is_up(dev))
		return;
	/*
	 * A configuration write is not posted: once it returns, whatever the device had sent to
	 * memory has arrived, and it sends no more.
	 */
	pci_clear_master(dev->pdev);

	spin_lock(&dev->ctl.lock);
	first = dev->state == DMMU_UP;
	if (first) {
		id = dmmu_read(dev, DMMU_REG_ID);
		status = dmmu_read(dev, DMMU_REG_STATUS);
		dev->why = why;
		WRITE_ONCE(dev->state, DMMU_FAILED);
	}
	spin_unlock(&dev->ctl.lock);
	if (!first)
		return;

	/* What vanished may come back as another. One that is merely stuck keeps its memory. */
	if (id == DMMU_GONE)
		dmmu_local_lose(dev);
	if (id == DMMU_GONE)
		dev_err(dev->dev,
			"device failed: %s; registers read all-ones, the device is gone\n", why);
	else
		dev_err(dev->dev, "device failed: %s; STATUS %#x, control ring at %u of %u\n", why,
			status, le32_to_cpu(READ_ONCE(dev->status->ctl_head)), dev->ctl.tail);
	dev_err(dev->dev,
		"cut off from memory; its work is lost. Reset it (sysfs) or load the driver again\n");
	wake_up_all(&dev->ctl.wq);
	wake_up_all(&dev->flt.wq);
	wake_up_all(&dev->copy.wq);
	queue_work(dmmu_wq, &dev->fail_work);
}

void dmmu_dev_fail_work(struct work_struct *work)
{
	struct dmmu_dev *dev = container_of(work, struct dmmu_dev, fail_work);

	dmmu_cover_start(READ_ONCE(dev->cover));
	dmmu_dev_halt(dev);
	dmmu_dev_lose_all(dev);
	kcov_remote_stop();
}

/*
 * For a whole period the device did nothing. If that is because an interrupt got lost, do what it
 * would have done, in its thread.
 */
static void dmmu_dev_lost_irqs(struct dmmu_dev *dev, u32 error)
{
	const struct dmmu_status *s = dev->status;
	bool cpl = dmmu_work_waits(dev);
	bool flt = le32_to_cpu(READ_ONCE(s->flt_tail)) != READ_ONCE(dev->flt.head);

	if (!cpl && !flt && !error)
		return;
	dev_warn_ratelimited(dev->dev, "an interrupt did not come:%s%s%s; going on without\n",
			     cpl ? " completions" : "", flt ? " faults" : "",
			     error ? " error" : "");
	if (cpl)
		dmmu_irq_wake(dev, DMMU_IRQ_CPL);
	if (flt && dmmu_fault_collect(dev))
		dmmu_irq_wake(dev, DMMU_IRQ_FLT);
	if (error)
		dmmu_irq_wake(dev, DMMU_IRQ_ERROR);
}

/*
 * While the device has work and gives no sign of life, look now and then whether it is there at
 * all, and still what we made of it: a device that vanished or was reset sends no interrupt. One
 * that is there but slow is none of our business; its work may take for ever.
 */
static void dmmu_dev_look(struct dmmu_dev *dev)
{
	const struct dmmu_status *s = dev->status;
	u32 sum, ctrl = DMMU_CTRL_ENABLE, error = 0;

	if (!dmmu_is_up(dev) || !READ_ONCE(dev->work.inflight))
		return;
	sum = le32_to_cpu(READ_ONCE(s->ctl_head)) + le32_to_cpu(READ_ONCE(s->cpl_tail)) +
	      le32_to_cpu(READ_ONCE(s->flt_tail)) + le32_to_cpu(READ_ONCE(s->work_head));
	if (sum == dev->watch_sum) {
		mutex_lock(&dev->reg_lock);
		if (dmmu_is_up(dev)) {
			ctrl = dmmu_read(dev, DMMU_REG_CTRL);
			error = dmmu_read(dev, DMMU_REG_ERROR);
		}
		mutex_unlock(&dev->reg_lock);
	}
	if (!(ctrl & DMMU_CTRL_ENABLE)) {
		dmmu_dev_fail(dev, "it was reset, but not by us");
		return;
	}
	if (sum == dev->watch_sum && ctrl != DMMU_GONE && error != DMMU_GONE)
		dmmu_dev_lost_irqs(dev, error);
	dev->watch_sum = sum;
	dev->watch_strikes = ctrl == DMMU_GONE ? dev->watch_strikes + 1 : 0;
	/* Once may be a hiccup of the bus. */
	if (dev->watch_strikes >= 2) {
		dev->watch_strikes = 0;
		dmmu_dev_fail(dev, "it does not answer while it has work");
		return;
	}
	dmmu_dev_watch(dev);
}

void dmmu_dev_watchdog(struct work_struct *work)
{
	struct dmmu_dev *dev = container_of(to_delayed_work(work), struct dmmu_dev, watchdog);

	dmmu_cover_start(READ_ONCE(dev->cover));
	dmmu_dev_look(dev);
	kcov_remote_stop();
}

/* There is work: see to it that somebody looks after the device. */
void dmmu_dev_watch(struct dmmu_dev *dev)
{
	queue_delayed_work(dmmu_wq, &dev->watchdog, dmmu_watchdog_period());
}

/* One consistent set of the device's counters. */
int dmmu_dev_counters(struct dmmu_dev *dev, u64 *value, unsigned int n)
{
	unsigned int i;
	int ret = -ENODEV;

	mutex_lock(&dev->reg_lock);
	if (dmmu_is_up(dev)) {
		dmmu_write(dev, DMMU_REG_CNT_SNAP, 1);
		for (i = 0; i < n; i++)
			value[i] = dmmu_read64(dev, DMMU_REG_CNT_BASE + 8 * i);
		ret = 0;
	}
	mutex_unlock(&dev->reg_lock);
	return ret;
}
