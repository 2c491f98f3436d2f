/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Register access, counted.
 *
 * An access costs about a microsecond on a card and far more on a prototype, so that their number
 * is something to keep an eye on: debugfs and the counters ioctl show it.
 */
#ifndef DMMU_REGS_ACCESS_H
#define DMMU_REGS_ACCESS_H

#include <linux/io.h>
#include <linux/kernel.h>

#include "drv.h"

/* What a read returns when nobody answers; ID and the configuration registers can never read so. */
#define DMMU_GONE (~0U)

static inline u32 dmmu_read(struct dmmu_dev *dev, u32 reg)
{
	atomic64_inc(&dev->mmio_reads);
	return readl(dev->regs + reg);
}

static inline void dmmu_write(struct dmmu_dev *dev, u32 reg, u32 value)
{
	atomic64_inc(&dev->mmio_writes);
	writel(value, dev->regs + reg);
}

static inline u64 dmmu_read64(struct dmmu_dev *dev, u32 lo)
{
	u32 low = dmmu_read(dev, lo);

	return low | (u64)dmmu_read(dev, lo + 4) << 32;
}

static inline void dmmu_write64(struct dmmu_dev *dev, u32 lo, u64 value)
{
	dmmu_write(dev, lo, lower_32_bits(value));
	dmmu_write(dev, lo + 4, upper_32_bits(value));
}

#define DMMU_GET(field, value) (((value) & (field)) >> field##_SHIFT)

#endif /* DMMU_REGS_ACCESS_H */
