// SPDX-License-Identifier: GPL-2.0
/*
 * walk.c: the page-table walk of the golden model. See gold.h.
 */
#include "gold.h"

static bool permitted(uint64_t leaf, unsigned int access)
{
	uint64_t need;

	switch (access) {
	case DMMU_ACCESS_READ:
		need = DMMU_PTE_R;
		break;
	case DMMU_ACCESS_WRITE:
		need = DMMU_PTE_W;
		break;
	default:
		need = DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT;
		break;
	}
	return (leaf & need) == need;
}

static bool well_formed(uint64_t entry, unsigned int level)
{
	const uint64_t leaf_only =
		DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT | DMMU_PTE_LOCAL | DMMU_PTE_A | DMMU_PTE_D;

	if (entry & (DMMU_PTE_RSVD_LO | DMMU_PTE_RSVD_HI))
		return false;
	if (!(entry & DMMU_PTE_LEAF)) /* a pointer to a table: not at the end, no leaf bits */
		return level > 0 && !(entry & leaf_only);
	if (level > 1)
		return false;
	return level == 0 || !(entry & ((1ull << 21) - (1ull << 12)));
}

enum gold_verdict gold_entry(uint64_t entry, unsigned int level, unsigned int access,
			     unsigned int *cause)
{
	if (!(entry & DMMU_PTE_V))
		*cause = DMMU_CAUSE_NOT_PRESENT;
	else if (!well_formed(entry, level))
		*cause = DMMU_CAUSE_BAD_PTE;
	else if (!(entry & DMMU_PTE_LEAF))
		return GOLD_TABLE;
	else if (!permitted(entry, access))
		*cause = DMMU_CAUSE_PERMISSION;
	else
		return GOLD_LEAF;
	return GOLD_FAULT;
}

struct gold_walk gold_walk(unsigned int levels, uint64_t root, uint64_t va, unsigned int access,
			   gold_read read, void *opaque)
{
	struct gold_walk walk = {.level = levels - 1};
	uint64_t table = root, entry, offset;

	if (va >> (12 + 9 * levels)) {
		walk.cause = DMMU_CAUSE_NONCANONICAL;
		return walk;
	}
	for (;; walk.level--) {
		uint64_t at = table + 8 * (va >> (12 + 9 * walk.level) & 511);

		if (!read(opaque, at, &entry)) {
			walk.cause = DMMU_CAUSE_BUS;
			return walk;
		}
		switch (gold_entry(entry, walk.level, access, &walk.cause)) {
		case GOLD_FAULT:
			return walk;
		case GOLD_TABLE:
			table = entry & DMMU_PTE_ADDR;
			break;
		case GOLD_LEAF:
			offset = va & ((1ull << (12 + 9 * walk.level)) - 1);
			walk.ok = true;
			walk.local = entry & DMMU_PTE_LOCAL;
			walk.pa = (entry & DMMU_PTE_ADDR) | offset;
			walk.entry_at = at;
			walk.entry = entry | DMMU_PTE_A;
			if (access != DMMU_ACCESS_READ)
				walk.entry |= DMMU_PTE_D;
			return walk;
		}
	}
}
