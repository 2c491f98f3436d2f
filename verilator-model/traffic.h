/* SPDX-License-Identifier: GPL-2.0 */
/*
 * traffic.h: what an access on the device's buses is for, told from the outside: by the ring bases
 * that the host wrote to registers, and by the commands that the device fetches from the control
 * ring. So it needs to know nothing of the RTL, and holds for any device with these registers.
 *
 * A page of local memory that a command once made a page table counts as one until the next reset.
 */
#ifndef DMMU_TRAFFIC_H
#define DMMU_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum traffic_class {
	TRAFFIC_HOST_DATA = 1,
	TRAFFIC_HOST_TABLE = 2, /* entries that a PT_WRITE takes from host memory */
	TRAFFIC_HOST_RING = 4,	/* rings and the status block */
	TRAFFIC_LOCAL_DATA = 8,
	TRAFFIC_LOCAL_TABLE = 16,
	TRAFFIC_ALL = 31,
};

/* Where a message between host and device can be held on its way. */
enum traffic_point {
	POINT_INVALIDATE = 1,  /* the device reads an INVALIDATE command */
	POINT_ACK = 2,	       /* the status block says that an INVALIDATE is complete */
	POINT_ANSWER = 4,      /* the device reads a FAULT_ANSWER command */
	POINT_RECORD = 8,      /* a fault record on its way to the host */
	POINT_COMPLETION = 16, /* a completion record on its way to the host */
	POINT_WRITE = 32,      /* data that the device writes, to either memory */
	POINT_ALL = 63,
};

#define TRAFFIC_POINTS 6

struct traffic_ring {
	uint64_t base;
	uint32_t log2;
};

#define TRAFFIC_ENTRY 64u /* bytes, of every ring */
#define TRAFFIC_NAMED 64

struct traffic {
	uint64_t local_bytes;
	uint64_t stat;
	struct traffic_ring ctl, work, cpl, flt, cpy;
	bool set_up;	     /* they stay as they are until a reset */
	uint32_t ctl_head;   /* last count that the status block was given */
	uint8_t *invalidate; /* by slot of the control ring: is it an INVALIDATE */
	uint8_t *table;	     /* by page of local memory */
	struct {
		uint64_t addr, bytes;
		bool written;
	} named[TRAFFIC_NAMED]; /* by the last PT_WRITEs, and PT_AGEs, which write there */
	unsigned int nnamed;
};

static inline bool traffic_in_ring(const struct traffic_ring *ring, uint64_t addr)
{
	return ring->log2 && addr - ring->base < (uint64_t)TRAFFIC_ENTRY << ring->log2;
}

struct traffic_access {
	bool local, write;
	uint64_t addr;
	unsigned int beats;
	const uint64_t *data; /* written, or in memory now; NULL when nothing is there */
};

bool traffic_init(struct traffic *traffic, uint64_t local_bytes); /* false: out of memory */
void traffic_fini(struct traffic *traffic);

void traffic_reset(struct traffic *traffic); /* the device was reset */
void traffic_register(struct traffic *traffic, uint64_t addr, uint32_t data); /* written */
bool traffic_is_reset(uint64_t addr, uint32_t data); /* does this write ask for a reset? */

/* To be asked once for each access, in order. Returns its class, and in *points what passes. */
enum traffic_class traffic_access(struct traffic *traffic, const struct traffic_access *access,
				  unsigned int *points);

/* NULL-terminated names of the points, lowest bit first; the point of a name, or 0. */
extern const char *const traffic_point_names[];
unsigned int traffic_point(const char *name);

#endif /* DMMU_TRAFFIC_H */
