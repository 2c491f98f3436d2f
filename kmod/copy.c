// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of whole pages between host memory and local memory, in batches.
 *
 * The device's copy engine does it: one descriptor for each run of pages that is contiguous on both
 * sides, one doorbell and one interrupt for all. Batches do not overlap: a mutex makes them one
 * after the other, so that the count of failed descriptors can only have grown by this batch's. A
 * batch with a failed descriptor has failed as a whole.
 *
 * The CPU copies, where it sees local memory (by a BAR, or by coherent pages), in two cases: a
 * device without the engine (CAPS.COPY is 0), and reading back what is in a device that failed but
 * still answers.
 *
 * Called with folio locks and mmap_lock held. Nothing here allocates memory, and each wait ends
 * when the device has made no progress for a multiple of fence_timeout_ms.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pci.h>

#include "drv.h"
#include "params.h"
#include "regs.h"
#include "trace.h"

#define DMMU_CPY_ENTRIES	(2 * DMMU_COPY_BATCH)

/* Pages between two updates of cpy_head, by which a long batch shows that it gets on. */
#define DMMU_CPY_WB_PAGES	32

/* How often a sleeper looks by itself, should an interrupt get lost. */
#define DMMU_CPY_SLICE		(HZ / 20 + 1)

/* A copy of so many pages takes longer than any command: so many times the limit of one. */
#define DMMU_CPY_PATIENCE	4

/* The engine, unless the user says that the CPU shall do it and it can. */
static bool dmmu_use_engine(const struct dmmu_dev *dev)
{
	return dmmu_has_copy_engine(dev) && (READ_ONCE(dmmu_copy_engine) || !dev->copy.bar);
}

/* Does the BAR show all of local memory, and may CPUs cache it? */
bool dmmu_offers_coherent(const struct dmmu_dev *dev)
{
	return dev->caps & DMMU_CAPS_COHERENT && dev->copy.bar_claimed;
}

/* Can pages be copied at all? */
bool dmmu_copy_possible(const struct dmmu_dev *dev)
{
	return dmmu_has_copy_engine(dev) || dev->copy.bar || dmmu_offers_coherent(dev);
}

/* Local memory from @from on has become memory of the CPU, at @at. */
void dmmu_copy_show(struct dmmu_dev *dev, void *at, u64 from)
{
	dev->copy.bar = (void __iomem *)at;
	dev->copy.bar_from = from;
}

static u32 dmmu_copy_head(const struct dmmu_dev *dev)
{
	return le32_to_cpu(READ_ONCE(dev->status->cpy_head));
}

/* Give the device the addresses of the ring; part of setting it up. */
void dmmu_copy_program(struct dmmu_dev *dev)
{
	dev->copy.tail = 0;
	if (!dmmu_has_copy_engine(dev))
		return;
	dmmu_write64(dev, DMMU_REG_CPY_BASE_LO, dev->copy.dma);
	dmmu_write(dev, DMMU_REG_CPY_SIZE, ilog2(DMMU_CPY_ENTRIES));
}

int dmmu_copy_init(struct dmmu_dev *dev)
{
	struct pci_dev *pdev = dev->pdev;
	struct dmmu_copyq *q = &dev->copy;

	if (pci_resource_len(pdev, DMMU_PCI_BAR_LOCAL) >= dev->local_size &&
	    !pci_request_region(pdev, DMMU_PCI_BAR_LOCAL, DMMU_NAME)) {
		q->bar_claimed = true;
		/* Coherent pages (local.c) are mapped with another kind of caching. */
		if (!dmmu_offers_coherent(dev))
			q->bar = pci_iomap_wc(pdev, DMMU_PCI_BAR_LOCAL, dev->local_size);
	}
	if (!dmmu_has_copy_engine(dev))
		return 0;
	q->ring = dma_alloc_coherent(dev->dev, DMMU_CPY_ENTRIES * sizeof(*q->ring), &q->dma,
				     GFP_KERNEL);
	if (q->ring)
		return 0;
	dmmu_copy_exit(dev);
	return -ENOMEM;
}

/* The device is down for ever: nobody may touch its BAR any more. */
void dmmu_copy_exit(struct dmmu_dev *dev)
{
	struct dmmu_copyq *q = &dev->copy;

	mutex_lock(&q->lock);
	if (q->bar && !dmmu_offers_coherent(dev))
		pci_iounmap(dev->pdev, q->bar);
	q->bar = NULL;
	if (q->bar_claimed)
		pci_release_region(dev->pdev, DMMU_PCI_BAR_LOCAL);
	q->bar_claimed = false;
	if (q->ring)
		dma_free_coherent(dev->dev, DMMU_CPY_ENTRIES * sizeof(*q->ring), q->ring, q->dma);
	q->ring = NULL;
	mutex_unlock(&q->lock);
}

static enum dma_data_direction dmmu_copy_dma_dir(const struct dmmu_copy_op *op)
{
	return op->dir == DMMU_COPY_IN ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static void dmmu_copy_unmap(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (op[i].host)
			dma_unmap_page_attrs(dev->dev, op[i].dma, PAGE_SIZE,
					     dmmu_copy_dma_dir(&op[i]), DMA_ATTR_SKIP_CPU_SYNC);
}

static int dmmu_copy_map(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!op[i].host)
			continue;
		op[i].dma = dma_map_page_attrs(dev->dev, op[i].host, 0, PAGE_SIZE,
					       dmmu_copy_dma_dir(&op[i]), DMA_ATTR_SKIP_CPU_SYNC);
		if (dma_mapping_error(dev->dev, op[i].dma)) {
			dmmu_copy_unmap(dev, op, i);
			return -ENOMEM;
		}
		/* See dmmu_dma_map(): a device that needs bounce buffers cannot mirror either. */
		if (dma_need_sync(dev->dev, op[i].dma)) {
			dmmu_copy_unmap(dev, op, i + 1);
			return -EIO;
		}
	}
	return 0;
}

static void dmmu_copy_describe(struct dmmu_cpy *to, const struct dmmu_copy_op *op, unsigned int n)
{
	struct dmmu_cpy d = {
		.opcode = op->dir == DMMU_COPY_ZERO ? DMMU_CPY_OP_FILL : DMMU_CPY_OP_COPY,
		.size = cpu_to_le64(n * DMMU_PAGE_SIZE),
	};

	switch (op->dir) {
	case DMMU_COPY_IN:
		d.src = cpu_to_le64(op->dma);
		d.dst = cpu_to_le64(op->local);
		d.flags = DMMU_CPY_F_DST_LOCAL;
		break;
	case DMMU_COPY_OUT:
		d.src = cpu_to_le64(op->local);
		d.dst = cpu_to_le64(op->dma);
		d.flags = DMMU_CPY_F_SRC_LOCAL;
		break;
	case DMMU_COPY_ZERO:
		d.dst = cpu_to_le64(op->local);
		d.flags = DMMU_CPY_F_DST_LOCAL;
		break;
	}
	*to = d;
}

/* Wait until cpy_head reaches @index. 0, or -ENODEV: the device is down and cut off from memory. */
static int dmmu_copy_wait(struct dmmu_dev *dev, u32 index)
{
	struct dmmu_copyq *q = &dev->copy;
	/* Counted in looks, see dmmu_ctl_wait(). */
	unsigned long most = DMMU_CPY_PATIENCE * dmmu_fence_timeout() / DMMU_CPY_SLICE + 1;
	unsigned long slices = most;
	u32 head = dmmu_copy_head(dev);

	while (!wait_event_timeout(q->wq,
				   dmmu_ring_reached(dmmu_copy_head(dev), index) ||
				   !dmmu_is_up(dev), DMMU_CPY_SLICE)) {
		u32 now = dmmu_copy_head(dev);

		if (now != head) {
			head = now;
			slices = most;
		} else if (!--slices) {
			trace_dmmu_copy_timeout(dev->id, index, now);
			dmmu_dev_fail(dev, "a copy did not end in time");
		}
	}
	if (!dmmu_ring_reached(dmmu_copy_head(dev), index))
		return -ENODEV;
	/* What the device wrote before the count is read after it. */
	dma_rmb();
	return 0;
}

static int dmmu_copy_by_engine(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	struct dmmu_copyq *q = &dev->copy;
	u32 failed = le32_to_cpu(READ_ONCE(dev->status->cpy_failed));
	struct dmmu_cpy *last = NULL;
	unsigned int i, run, quiet = 0;
	int ret;

	ret = dmmu_copy_map(dev, op, n);
	if (ret)
		return ret;
	for (i = 0; i < n; i += run) {
		run = dmmu_copy_run(&op[i], n - i);
		last = &q->ring[dmmu_ring_slot(q->tail, DMMU_CPY_ENTRIES)];
		dmmu_copy_describe(last, &op[i], run);
		q->tail++;
		quiet += run;
		if (quiet >= DMMU_CPY_WB_PAGES) {
			last->flags |= DMMU_CPY_F_WB;
			quiet = 0;
		}
	}
	last->flags |= DMMU_CPY_F_WB | DMMU_CPY_F_IRQ;
	/* writel() orders the ring entries before the doorbell. */
	dmmu_write(dev, DMMU_REG_CPY_TAIL, q->tail);
	ret = dmmu_copy_wait(dev, q->tail);
	if (!ret && le32_to_cpu(READ_ONCE(dev->status->cpy_failed)) != failed)
		ret = -EIO;
	dmmu_copy_unmap(dev, op, n);
	return ret;
}

/* Does the BAR still show what is in local memory? Out of order, a failed device may be read. */
static bool dmmu_bar_answers(struct dmmu_dev *dev)
{
	enum dmmu_state state = READ_ONCE(dev->state);

	if (!dev->copy.bar || (state != DMMU_UP && state != DMMU_FAILED))
		return false;
	return dmmu_read(dev, DMMU_REG_ID) == DMMU_RST_ID;
}

static int dmmu_copy_by_cpu(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	void __iomem *at = NULL;
	unsigned int i;
	void *host;

	if (!dmmu_bar_answers(dev))
		return -ENODEV;
	for (i = 0; i < n; i++) {
		at = dev->copy.bar + (op[i].local - dev->copy.bar_from);
		if (op[i].dir == DMMU_COPY_ZERO) {
			memset_io(at, 0, PAGE_SIZE);
			continue;
		}
		host = kmap_local_page(op[i].host);
		if (op[i].dir == DMMU_COPY_IN)
			memcpy_toio(at, host, PAGE_SIZE);
		else
			memcpy_fromio(host, at, PAGE_SIZE);
		kunmap_local(host);
		cond_resched();
	}
	/* A read comes back after the writes before it have arrived. */
	readq(at);
	return dmmu_bar_answers(dev) ? 0 : -ENODEV;
}

static int dmmu_copy_locked(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	int ret = -ENODEV;

	lockdep_assert_held(&dev->copy.lock);
	if (dmmu_is_up(dev)) {
		if (!dmmu_use_engine(dev))
			return dmmu_copy_by_cpu(dev, op, n);
		ret = dmmu_copy_by_engine(dev, op, n);
	}
	/* Down, maybe just now. What is in there can perhaps still be saved. */
	if (ret == -ENODEV && op[0].dir == DMMU_COPY_OUT)
		ret = dmmu_copy_by_cpu(dev, op, n);
	return ret;
}

/*
 * Copy up to DMMU_COPY_BATCH pages; all of them have one direction, or are for local memory. On
 * return 0 all of it is visible to whom it is for; on an error none of it may be relied on. Sets
 * op[].error, too.
 *
 * -EIO: memory answered with an error. -ENODEV: the device is down.
 */
int dmmu_copy_pages(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	struct dmmu_copyq *q = &dev->copy;
	u64 begin = ktime_get_ns();
	unsigned int i;
	int ret;

	if (!n)
		return 0;
	if (WARN_ON_ONCE(n > DMMU_COPY_BATCH))
		return -EINVAL;
	/* A reset is short, and local memory outlives it. */
	wait_event_timeout(q->wq, READ_ONCE(dev->state) != DMMU_STOPPED, dmmu_reset_timeout());
	mutex_lock(&q->lock);
	ret = dmmu_copy_locked(dev, op, n);
	mutex_unlock(&q->lock);
	for (i = 0; i < n; i++)
		op[i].error = ret;
	atomic64_add(ktime_get_ns() - begin, &dev->moved[DMMU_MOVED_COPY_NS]);
	trace_dmmu_copy(dev->id, op[0].dir, n, ktime_get_ns() - begin, ret);
	return ret;
}
