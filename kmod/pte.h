/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a page-table entry of the device looks like.
 *
 * Pure functions over the generated bit definitions: everything the driver writes into a device
 * page table is made here and nowhere else.
 */
#ifndef DMMU_PTE_H
#define DMMU_PTE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "dmmu_regs.h"

#define DMMU_PAGE_SHIFT		12
#define DMMU_PAGE_SIZE		BIT_ULL(DMMU_PAGE_SHIFT)
#define DMMU_TABLE_BITS		9
#define DMMU_TABLE_ENTRIES	512U
#define DMMU_TABLE_BYTES	(DMMU_TABLE_ENTRIES * 8)

/* Address bits below an entry of @level: 12 for a leaf table, 21 for the level above, ... */
static inline unsigned int dmmu_level_shift(unsigned int level)
{
	return DMMU_PAGE_SHIFT + level * DMMU_TABLE_BITS;
}

static inline u64 dmmu_level_span(unsigned int level)
{
	return 1ULL << dmmu_level_shift(level);
}

static inline unsigned int dmmu_level_index(u64 va, unsigned int level)
{
	return (va >> dmmu_level_shift(level)) & (DMMU_TABLE_ENTRIES - 1);
}

/* An entry that points to the next lower table, a byte offset in local memory. */
static inline u64 dmmu_pte_table(u64 local)
{
	return (local & DMMU_PTE_ADDR) | DMMU_PTE_V;
}

/*
 * A leaf for one page of host memory. Accessed and dirty start clear: the device sets them. A
 * writable page may be used for atomics, too; those are atomic among the threads of the device, not
 * against the CPU.
 */
static inline u64 dmmu_pte_host(u64 dma, bool write, bool atomics)
{
	u64 pte = (dma & DMMU_PTE_ADDR) | DMMU_PTE_V | DMMU_PTE_R | DMMU_PTE_LEAF;

	if (write)
		pte |= DMMU_PTE_W;
	if (write && atomics)
		pte |= DMMU_PTE_AT;
	return pte;
}

/*
 * A leaf for one page of local memory. Atomics are atomic for everybody there: the CPU cannot reach
 * the page while it is mapped.
 */
static inline u64 dmmu_pte_local(u64 local, bool write, bool atomics)
{
	return dmmu_pte_host(local, write, atomics) | DMMU_PTE_LOCAL;
}

static inline bool dmmu_pte_is_local(u64 pte)
{
	return pte & DMMU_PTE_LOCAL;
}

static inline bool dmmu_pte_is_leaf(u64 pte)
{
	return (pte & DMMU_PTE_V) && (pte & DMMU_PTE_LEAF);
}

static inline u64 dmmu_pte_addr(u64 pte)
{
	return pte & DMMU_PTE_ADDR;
}

/* Can the device be given this DMA address at all? */
static inline bool dmmu_pte_can_hold(u64 dma)
{
	return !(dma & ~DMMU_PTE_ADDR);
}

/*
 * How many entries from the first form an arithmetic series, which one PT_FILL command writes.
 * @step is its difference, 0 when the run is a single entry.
 */
static inline unsigned int dmmu_pte_series(const u64 *pte, unsigned int n, u64 *step)
{
	unsigned int i = 1;

	*step = 0;
	if (n < 2)
		return n;
	*step = pte[1] - pte[0];
	for (i = 2; i < n; i++)
		if (pte[i] - pte[i - 1] != *step)
			break;
	return i;
}

#endif /* DMMU_PTE_H */
