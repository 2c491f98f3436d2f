/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic of virtual address ranges, [start, end).
 *
 * The kernel's ranges may end at the last byte of the address space (ULONG_MAX) and may lie where
 * the device cannot look; the functions here clip them without overflowing.
 */
#ifndef DMMU_RANGE_H
#define DMMU_RANGE_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "pte.h"

struct dmmu_range {
	u64 start;
	u64 end;
};

static inline bool dmmu_range_empty(struct dmmu_range r)
{
	return r.start >= r.end;
}

/* The pages that [start, end) touches and the device can translate; empty when there are none. */
static inline struct dmmu_range dmmu_range_clip(u64 start, u64 end, unsigned int va_bits)
{
	u64 limit = va_bits >= 64 ? ~0ULL << DMMU_PAGE_SHIFT : 1ULL << va_bits;
	struct dmmu_range r;

	r.start = start & ~(DMMU_PAGE_SIZE - 1);
	if (end > limit)
		r.end = limit;
	else
		r.end = (end + DMMU_PAGE_SIZE - 1) & ~(DMMU_PAGE_SIZE - 1);
	if (start >= end || r.start >= r.end)
		return (struct dmmu_range){ 0, 0 };
	return r;
}

/* The part of @r that lies in the table of @level which covers @va. */
static inline struct dmmu_range dmmu_range_in_table(struct dmmu_range r, u64 va, unsigned int level)
{
	u64 span = dmmu_level_span(level + 1);
	u64 base = va & ~(span - 1);
	struct dmmu_range t;

	t.start = max(r.start, base);
	t.end = min(r.end, base + span);
	return t;
}

/* Is @va one that a process can own and the device can translate? */
static inline bool dmmu_va_valid(u64 va, unsigned int va_bits, u64 task_size)
{
	if (va_bits < 64 && va >> va_bits)
		return false;
	return va < task_size;
}

#endif /* DMMU_RANGE_H */
