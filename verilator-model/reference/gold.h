/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gold.h: what the device must do, in plain C: the page-table walk with its checks and
 * accessed/dirty bits, and the meaning of work operations, copy descriptors and PT_AGE. Written
 * from rtl/registers/dmmu.map and docs/, and independent of the RTL: it includes nothing of it but
 * the generated numbers. No state, no time, no order between threads; the scoreboard adds those.
 */
#ifndef DMMU_GOLD_H
#define DMMU_GOLD_H

#include "dmmu_regs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one page-table entry means for an access. */
enum gold_verdict {
	GOLD_TABLE, /* go on in the table at entry & ADDR */
	GOLD_LEAF,  /* permitted */
	GOLD_FAULT,
};

/* level 0 is the last. cause is set with GOLD_FAULT. */
enum gold_verdict gold_entry(uint64_t entry, unsigned int level, unsigned int access,
			     unsigned int *cause);

struct gold_walk {
	bool ok;
	unsigned int cause, level; /* not ok: enum CAUSE, and where the walk stopped */
	bool local;		   /* ok: which memory */
	uint64_t pa;		   /* ok: address of the byte */
	uint64_t entry_at;	   /* ok: where the leaf is ... */
	uint64_t entry;		   /* ... and its value with A (and D) set */
};

/* Reads an entry at a local-memory offset. False: error response. */
typedef bool (*gold_read)(void *opaque, uint64_t at, uint64_t *entry);

struct gold_walk gold_walk(unsigned int levels, uint64_t root, uint64_t va, unsigned int access,
			   gold_read read, void *opaque);

/*
 * The memory of a context as an operation sees it: what is at va for that access (a byte of COPY
 * and FILL, else an aligned word), or NULL with the status (FAULT or BUS) and the cause. Only the
 * element at hand is accessed through the pointer.
 */
typedef void *(*gold_access)(void *opaque, uint64_t va, unsigned int access, unsigned int *status,
			     unsigned int *cause);

struct gold_result {
	unsigned int status;	   /* enum STATUS, never KILLED */
	uint64_t result, done, va; /* as in the completion record */
	unsigned int access, cause;
};

/* Is the descriptor one that must end with BAD_DESC before anything is accessed? */
bool gold_bad_descriptor(const struct dmmu_work *work);
/* Runs it to its end, one byte or word after the other. */
struct gold_result gold_run(const struct dmmu_work *work, gold_access access, void *opaque);

/* Is the copy descriptor one that must be refused? */
bool gold_bad_copy(const struct dmmu_cpy *cpy, uint64_t local_bytes);

/* The word of memory at a physical address, to be read or written; NULL: error response. */
typedef uint64_t *(*gold_physical)(void *opaque, bool local, uint64_t addr, bool write);

/* Runs a good one, word after word. False: it met an error, and its destination is undefined. */
bool gold_copy(const struct dmmu_cpy *cpy, gold_physical at, void *opaque);

/* What PT_AGE finds in a series of entries, and with `clear` does to them. */
void gold_age(uint64_t *entry, unsigned int count, bool clear, struct dmmu_age *age);

#endif /* DMMU_GOLD_H */
