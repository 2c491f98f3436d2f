/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic of free-running 32-bit ring indices.
 *
 * Producer and consumer indices count for ever and wrap at 2^32; the slot is the index modulo the
 * entries (a power of two). Pure functions, so that the wrap can be tested without 2^32 commands.
 */
#ifndef DMMU_RING_H
#define DMMU_RING_H

#include <linux/types.h>

static inline u32 dmmu_ring_slot(u32 index, u32 entries)
{
	return index & (entries - 1);
}

/* Entries the consumer has not taken yet. */
static inline u32 dmmu_ring_used(u32 producer, u32 consumer)
{
	return producer - consumer;
}

static inline u32 dmmu_ring_free(u32 producer, u32 consumer, u32 entries)
{
	return entries - (producer - consumer);
}

/*
 * Has a count reached @index? True as well when it went past. Both must be within 2^31 of each
 * other, which the size of a ring guarantees.
 */
static inline bool dmmu_ring_reached(u32 count, u32 index)
{
	return (s32)(count - index) >= 0;
}

#endif /* DMMU_RING_H */
