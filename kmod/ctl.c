// SPDX-License-Identifier: GPL-2.0
/*
 * The control ring, towards the device: page-table writes, invalidations, fault answers.
 *
 * Commands execute one at a time in ring order; status.ctl_head counts the complete ones. A caller
 * pushes as many as it likes, rings the doorbell once (kick) and, if it must know, waits for the
 * index of its last command. Nobody waits without a bound, and a wait that ends without the
 * acknowledge ends with a device that cannot reach memory any more: either way the caller may rely
 * on old translations being out of use.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "params.h"
#include "regs.h"
#include "trace.h"

/* How many commands may pass between two updates of ctl_head while the ring never runs empty. */
#define DMMU_CTL_WB_EVERY 64

/* How often a sleeper looks by itself, should an interrupt get lost. */
#define DMMU_CTL_SLICE (HZ / 20 + 1)

static u32 dmmu_ctl_head(struct dmmu_dev *dev)
{
	return le32_to_cpu(READ_ONCE(dev->status->ctl_head));
}

bool dmmu_ctl_done(struct dmmu_dev *dev, u32 index)
{
	return dmmu_ring_reached(dmmu_ctl_head(dev), index);
}

static bool dmmu_ctl_try_push(struct dmmu_dev *dev, const struct dmmu_ctl *cmd, u32 *index)
{
	struct dmmu_ctlq *q = &dev->ctl;
	struct dmmu_ctl *to;

	if (!dmmu_ring_free(q->tail, dmmu_ctl_head(dev), DMMU_CTL_ENTRIES))
		return false;
	to = &q->ring[dmmu_ring_slot(q->tail, DMMU_CTL_ENTRIES)];
	*to = *cmd;
	q->tail++;
	if (q->tail % DMMU_CTL_WB_EVERY == 0)
		to->flags |= DMMU_CTL_F_WB;
	*index = q->tail;
	return true;
}

static void dmmu_ctl_ring_doorbell(struct dmmu_dev *dev)
{
	struct dmmu_ctlq *q = &dev->ctl;

	lockdep_assert_held(&q->lock);
	if (q->rung == q->tail || dev->state != DMMU_UP)
		return;
	/* writel() orders the ring entries before the doorbell. */
	dmmu_write(dev, DMMU_REG_CTL_TAIL, q->tail);
	q->rung = q->tail;
}

/*
 * Append a command. On success @index is what ctl_head must reach for it to be complete. A full
 * ring is waited for, by polling: it means a thousand commands are ahead.
 *
 * Returns 0, -ENODEV when the device is down, or with DMMU_POLL -EAGAIN.
 */
int dmmu_ctl_push(struct dmmu_dev *dev, const struct dmmu_ctl *cmd, enum dmmu_wait how, u32 *index)
{
	struct dmmu_ctlq *q = &dev->ctl;
	u64 poll_until = 0;
	unsigned long until = 0;

	for (;;) {
		int ret = -EAGAIN;

		spin_lock(&q->lock);
		if (dev->state != DMMU_UP)
			ret = -ENODEV;
		else if (dmmu_ctl_try_push(dev, cmd, index))
			ret = 0;
		else
			dmmu_ctl_ring_doorbell(dev);
		spin_unlock(&q->lock);
		if (ret != -EAGAIN)
			return ret;

		if (how == DMMU_POLL) {
			if (!poll_until)
				poll_until = ktime_get_ns() + dmmu_nonblock_poll_ns();
			else if (ktime_get_ns() > poll_until)
				return -EAGAIN;
			udelay(1);
		} else {
			if (!until)
				until = jiffies + dmmu_fence_timeout();
			else if (time_after(jiffies, until))
				dmmu_dev_fail(dev, "the control ring stays full");
			usleep_range(50, 200);
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_ctl_push);

/* Tell the device about everything pushed so far. */
void dmmu_ctl_kick(struct dmmu_dev *dev)
{
	spin_lock(&dev->ctl.lock);
	dmmu_ctl_ring_doorbell(dev);
	spin_unlock(&dev->ctl.lock);
}

static bool dmmu_ctl_spin(struct dmmu_dev *dev, u32 index, u64 ns)
{
	u64 until = ktime_get_ns() + ns;

	do {
		if (dmmu_ctl_done(dev, index) || !dmmu_is_up(dev))
			return true;
		cpu_relax();
	} while (ktime_get_ns() < until);
	return false;
}

/*
 * Wait until ctl_head reaches @index. To be woken rather than found by the slow look now and then,
 * the command must have flags WB and IRQ; with DMMU_POLL flag WB is enough.
 *
 * Returns 0 when the command is complete; -ENODEV when it never will be, or is complete but some
 * command met an error on a bus, and the device is cut off from memory; with DMMU_POLL -EAGAIN when
 * it is not complete yet.
 */
int dmmu_ctl_wait(struct dmmu_dev *dev, u32 index, enum dmmu_wait how)
{
	unsigned long slices;

	dmmu_ctl_kick(dev);
	if (!dmmu_ctl_spin(dev, index,
			   how == DMMU_POLL ? dmmu_nonblock_poll_ns() : dmmu_spin_ns())) {
		if (how == DMMU_POLL)
			return -EAGAIN;
		/*
		 * Looks are counted, not time: on a machine that stood still, time passed for us
		 * in which the device could do nothing.
		 */
		slices = dmmu_fence_timeout() / DMMU_CTL_SLICE + 1;
		while (!wait_event_timeout(dev->ctl.wq,
					   dmmu_ctl_done(dev, index) || !dmmu_is_up(dev),
					   DMMU_CTL_SLICE)) {
			if (--slices)
				continue;
			trace_dmmu_ctl_timeout(dev->id, index, dmmu_ctl_head(dev));
			dmmu_dev_fail(dev, "a control command was not acknowledged in time");
			break;
		}
	}
	if (!dmmu_ctl_done(dev, index))
		return -ENODEV;
	/* What the device wrote before the count is read after it. */
	dma_rmb();
	/*
	 * An entry that could not be cleared still leads to its page. The interrupt that says
	 * so may come too late for who lets the page go now.
	 */
	if (READ_ONCE(dev->status->ctl_failed)) {
		dmmu_dev_fail(dev, "a control command met an error on a bus");
		return -ENODEV;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_ctl_wait);
