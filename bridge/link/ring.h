/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring.h: the shared memory of a link and its single-producer single-consumer ring.
 *
 * Each side keeps its own index privately and only reads the other's from shared memory, so a
 * broken peer can stop the flow but cannot make us read or write out of bounds. A message is copied
 * out once and never looked at in shared memory again. docs/link-protocol.md explains the memory
 * ordering.
 */
#ifndef DMMU_RING_H
#define DMMU_RING_H

#include <stdatomic.h>
#include "dmmu_link.h"

/* Each word on a cache line of its own: two of them are written by one side, two by the other. */
struct dmmu_ring_shared {
	_Alignas(64) _Atomic uint32_t tail;	 /* producer: messages ever sent */
	_Alignas(64) _Atomic uint32_t head;	 /* consumer: messages ever taken */
	_Alignas(64) _Atomic uint32_t sleeping;	 /* consumer sets, producer clears and wakes */
	_Alignas(64) _Atomic uint32_t want_room; /* producer sets, consumer clears and wakes */
};

enum { DMMU_RING_TO_DEVICE, DMMU_RING_TO_FRONT };

struct dmmu_link_shared {
	uint64_t magic;
	uint32_t version; /* DMMU_LINK_MAJOR << 16 | DMMU_LINK_MINOR */
	uint32_t slots;
	uint64_t bytes; /* size of this memory */
	_Alignas(64) _Atomic uint32_t dma_open;
	_Alignas(256) struct dmmu_ring_shared ring[2];
	_Alignas(4096) struct dmmu_msg slot[2][DMMU_LINK_SLOTS];
};

_Static_assert(sizeof(_Atomic uint32_t) == 4, "indices are shared with other compilers");
_Static_assert((DMMU_LINK_SLOTS & (DMMU_LINK_SLOTS - 1)) == 0, "the slot is a mask of the count");
_Static_assert(offsetof(struct dmmu_link_shared, dma_open) == 0x40, "layout is protocol");
_Static_assert(offsetof(struct dmmu_link_shared, ring) == 0x100, "layout is protocol");
_Static_assert(offsetof(struct dmmu_ring_shared, head) == 0x40, "layout is protocol");
_Static_assert(offsetof(struct dmmu_ring_shared, sleeping) == 0x80, "layout is protocol");
_Static_assert(offsetof(struct dmmu_ring_shared, want_room) == 0xc0, "layout is protocol");
_Static_assert(sizeof(struct dmmu_ring_shared) == 0x100, "layout is protocol");
_Static_assert(offsetof(struct dmmu_link_shared, slot) == 0x1000, "layout is protocol");
_Static_assert(sizeof(struct dmmu_link_shared) == 0x1000 + 2 * 0x10000, "layout is protocol");

/* One side's private view of one ring. */
struct dmmu_ring {
	struct dmmu_ring_shared *shared;
	struct dmmu_msg *slot;
	uint32_t mine; /* our index */
	uint32_t peer; /* the other's index when last read */
};

enum dmmu_ring_result { DMMU_RING_OK, DMMU_RING_NOTHING, DMMU_RING_BAD };

void dmmu_ring_init(struct dmmu_ring *ring, struct dmmu_link_shared *mem, int which);

/* Producer. NOTHING: the ring is full. BAD: the peer's index is impossible. */
enum dmmu_ring_result dmmu_ring_push(struct dmmu_ring *ring, const struct dmmu_msg *msg);
/* Whether the next push will work. */
enum dmmu_ring_result dmmu_ring_room(struct dmmu_ring *ring);
/* After NOTHING and before sleeping: ask to be woken. OK: there is room already, do not sleep. */
enum dmmu_ring_result dmmu_ring_want_room(struct dmmu_ring *ring);
/* After a push: true when the consumer sleeps and is to be woken now. */
bool dmmu_ring_consumer_sleeps(struct dmmu_ring *ring);

/* Consumer. NOTHING: the ring is empty. */
enum dmmu_ring_result dmmu_ring_pop(struct dmmu_ring *ring, struct dmmu_msg *msg);
/* Announce sleep. OK: a message is there already, do not sleep. */
enum dmmu_ring_result dmmu_ring_sleep(struct dmmu_ring *ring);
/* After a pop: true when the producer waits for room, there is a quarter free, and it is to be
 * woken now. */
bool dmmu_ring_producer_waits(struct dmmu_ring *ring);

#endif /* DMMU_RING_H */
