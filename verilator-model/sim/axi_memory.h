/* SPDX-License-Identifier: GPL-2.0 */
/*
 * axi_memory.h: memory behind one of the device's AXI4 masters: many accesses in flight, a latency
 * and a bandwidth, and, when asked for, the freedoms AXI gives a memory, from a seeded generator:
 * random latency, order between IDs, interleaved read data, back-pressure.
 *
 * Promises. Accesses of one ID and direction are answered in order. Written data is stored at the
 * moment the write response is first offered and not earlier; data of a read burst is sampled, all
 * of it at once, when its first beat is first offered (with `reorder`: half of them when the
 * address is accepted instead). `translate` is asked at that very moment, so a pointer is never
 * kept. Words are single 64-bit loads and stores. The AXI rules the device must keep are checked:
 * aligned addresses, no burst across 4 KiB, WLAST where it belongs, valid and its payload
 * held until ready.
 */
#ifndef DMMU_AXI_MEMORY_H
#define DMMU_AXI_MEMORY_H

#include "dmmu_sim.h"
#include "prng.h"

#include <stddef.h>

/* Host pointer to [addr, addr + len), or NULL: the access is answered with DECERR. */
typedef void *(*dmmu_mem_translate)(void *opaque, uint64_t addr, uint64_t len, bool write);

/*
 * What memory answers for the word at addr (0 OKAY, 2 SLVERR, 3 DECERR), asked at the moment of the
 * access where translate found something. A word read with an error comes as `garbage`; one written
 * with an error is not stored. May be NULL.
 */
typedef uint8_t (*dmmu_mem_respond)(void *opaque, uint64_t addr, bool write, uint64_t *garbage);

/* A word is about to be stored. May be NULL. */
typedef void (*dmmu_mem_stored)(void *opaque, uint64_t addr, uint64_t value);

/* Called for each burst at the moment its address is accepted; for monitors. May be NULL. */
typedef void (*dmmu_mem_watch)(void *opaque, uint64_t addr, uint64_t len, bool write);

/*
 * What befalls an access besides the ordinary, for those who want it: asked once for each, a read
 * when its address is accepted, a write when all its data is here. May be NULL.
 */
struct dmmu_mem_fate {
	uint64_t delay;	  /* cycles more until it may be answered */
	uint64_t freeze;  /* for so many cycles the memory takes and gives nothing */
	uint8_t held;	  /* not answered until one of these bits is released */
	bool passable;	  /* what comes behind it, with another ID, does not wait for it */
	bool lose;	  /* a write: answered OKAY and not stored */
	bool poison;	  /* a read: word `poisoned` (modulo the beats) is garbage and SLVERR */
	uint8_t poisoned; /* (held is passable, too) */
	uint8_t resp;	  /* not 0: the answer of every beat; nothing is stored */
};
struct dmmu_mem_access {
	uint64_t addr;
	unsigned int beats;
	bool write;
	uint64_t first; /* a write: its first word */
};
typedef void (*dmmu_mem_befall)(void *opaque, const struct dmmu_mem_access *access,
				struct dmmu_mem_fate *fate);

struct dmmu_mem_config {
	const char *name; /* "host" or "local", for messages */
	unsigned int words; /* of 8 bytes, in a beat; 0: 1 */
	uint32_t latency; /* cycles from address (write: last data) to the first beat (response) */
	uint32_t
		beats_per_1024; /* bandwidth each way, beats per 1024 cycles; 0 or 1024: no limit */
	bool reorder;	/* random latency up to twice, any order between IDs, interleaving */
	uint32_t stall; /* back-pressure: each ready low or valid late, times in 1000 */
	uint64_t seed;
	dmmu_mem_translate translate;
	dmmu_mem_respond respond;
	dmmu_mem_stored stored;
	dmmu_mem_watch watch;
	dmmu_mem_befall befall;
	void *opaque;
};

struct dmmu_mem;

struct dmmu_mem *dmmu_mem_new(const struct dmmu_mem_config *config);
void dmmu_mem_free(struct dmmu_mem *mem);

/* Before and after dmmu_sim_cycle(). after() is false when the device broke a rule; see error. */
void dmmu_mem_before(struct dmmu_mem *mem, struct dmmu_axi_in *in, uint64_t cycle);
bool dmmu_mem_after(struct dmmu_mem *mem, const struct dmmu_axi_out *out, uint64_t cycle);
const char *dmmu_mem_error(const struct dmmu_mem *mem);

/* Nothing is in flight; before() and after() have nothing to do until the device asks. */
bool dmmu_mem_idle(const struct dmmu_mem *mem);

/* Is an access to any byte of [addr, addr + len) accepted and not yet answered to its end? */
bool dmmu_mem_in_flight(const struct dmmu_mem *mem, uint64_t addr, uint64_t len);

/* The same, of writes only. */
bool dmmu_mem_write_in_flight(const struct dmmu_mem *mem, uint64_t addr, uint64_t len);

/* Answer what is held by one of these bits. */
void dmmu_mem_release(struct dmmu_mem *mem, uint8_t bits, uint64_t cycle);

/* Take and give nothing before this cycle. */
void dmmu_mem_freeze(struct dmmu_mem *mem, uint64_t until);

/* Forget everything in flight: the device was reset hard. */
void dmmu_mem_abort(struct dmmu_mem *mem);

#endif /* DMMU_AXI_MEMORY_H */
