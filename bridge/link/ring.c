// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c: single-producer single-consumer ring of 64-byte messages in shared memory.
 *
 * No wake-up is lost: the sleeper writes its flag and then reads the index, the other writes the
 * index and then reads the flag, all four sequentially consistent, so at least one of the two sees
 * the other. (Sequentially consistent accesses rather than fences, because ThreadSanitizer
 * understands them.)
 */
#include "ring.h"

#include <string.h>

void dmmu_ring_init(struct dmmu_ring *ring, struct dmmu_link_shared *mem, int which)
{
	*ring = (struct dmmu_ring){.shared = &mem->ring[which], .slot = mem->slot[which]};
}

/* Room for the producer, by a fresh look at the consumer's index. */
static enum dmmu_ring_result look_for_room(struct dmmu_ring *ring)
{
	uint32_t head = atomic_load(&ring->shared->head);

	if (ring->mine - head > DMMU_LINK_SLOTS)
		return DMMU_RING_BAD;
	ring->peer = head;
	return ring->mine - head == DMMU_LINK_SLOTS ? DMMU_RING_NOTHING : DMMU_RING_OK;
}

/* A message for the consumer, by a fresh look at the producer's index. */
static enum dmmu_ring_result look_for_message(struct dmmu_ring *ring)
{
	uint32_t tail = atomic_load(&ring->shared->tail);

	if (tail - ring->mine > DMMU_LINK_SLOTS)
		return DMMU_RING_BAD;
	ring->peer = tail;
	return tail == ring->mine ? DMMU_RING_NOTHING : DMMU_RING_OK;
}

enum dmmu_ring_result dmmu_ring_room(struct dmmu_ring *ring)
{
	if (ring->mine - ring->peer == DMMU_LINK_SLOTS)
		return look_for_room(ring);
	return DMMU_RING_OK;
}

enum dmmu_ring_result dmmu_ring_push(struct dmmu_ring *ring, const struct dmmu_msg *msg)
{
	enum dmmu_ring_result result = dmmu_ring_room(ring);

	if (result != DMMU_RING_OK)
		return result;
	memcpy(&ring->slot[ring->mine & (DMMU_LINK_SLOTS - 1)], msg, sizeof(*msg));
	ring->mine++;
	atomic_store(&ring->shared->tail, ring->mine);
	return DMMU_RING_OK;
}

enum dmmu_ring_result dmmu_ring_want_room(struct dmmu_ring *ring)
{
	atomic_store(&ring->shared->want_room, 1);
	return look_for_room(ring);
}

bool dmmu_ring_consumer_sleeps(struct dmmu_ring *ring)
{
	return atomic_load(&ring->shared->sleeping) && atomic_exchange(&ring->shared->sleeping, 0);
}

enum dmmu_ring_result dmmu_ring_pop(struct dmmu_ring *ring, struct dmmu_msg *msg)
{
	if (ring->peer == ring->mine) {
		enum dmmu_ring_result result = look_for_message(ring);

		if (result != DMMU_RING_OK)
			return result;
	}
	memcpy(msg, &ring->slot[ring->mine & (DMMU_LINK_SLOTS - 1)], sizeof(*msg));
	/* The compiler must not look into the slot again: the peer may be changing it. */
	__asm__ volatile("" : : : "memory");
	ring->mine++;
	atomic_store(&ring->shared->head, ring->mine);
	return DMMU_RING_OK;
}

enum dmmu_ring_result dmmu_ring_sleep(struct dmmu_ring *ring)
{
	if (ring->peer != ring->mine)
		return DMMU_RING_OK;
	atomic_store(&ring->shared->sleeping, 1);
	return look_for_message(ring);
}

bool dmmu_ring_producer_waits(struct dmmu_ring *ring)
{
	/* Not for every message that is taken: the two would sleep and wake in step. */
	if (ring->peer - ring->mine > DMMU_LINK_SLOTS - DMMU_LINK_SLOTS / 4)
		return false;
	return atomic_load(&ring->shared->want_room) &&
	       atomic_exchange(&ring->shared->want_room, 0);
}
