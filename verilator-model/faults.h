/* SPDX-License-Identifier: GPL-2.0 */
/*
 * faults.h: misbehaviour on demand: what shall go wrong, how often, and what did. Decides only;
 * who asks does the deed. docs/adversity.md describes the kinds and the language.
 *
 * Every clause draws from a generator of its own, made of the seed, its kind and its place, once
 * for each event that it could befall; so its decisions are a function of the seed and of the
 * number of events, whatever the other clauses do.
 */
#ifndef DMMU_FAULTS_H
#define DMMU_FAULTS_H

#include "axi_memory.h"
#include "traffic.h"

#include <stdio.h>

enum fault_kind {
	FAULT_LATENCY_SPIKE,
	FAULT_ORDER_OVERTAKE,
	FAULT_STALL_BUS,
	FAULT_INVALIDATE_DELAY, /* the five points, in the order of enum traffic_point */
	FAULT_ACK_DELAY,
	FAULT_ANSWER_DELAY,
	FAULT_RECORD_DELAY,
	FAULT_COMPLETION_DELAY,
	FAULT_ACK_LOSE,
	FAULT_AXI_SLVERR,
	FAULT_AXI_DECERR,
	FAULT_DATA_POISON,
	FAULT_DEVICE_STOP,
	FAULT_DEVICE_FLR,
	FAULT_DEVICE_RESET,
	FAULT_LINK_LOSS,
	FAULT_IRQ_LOSE,
	FAULT_IRQ_DUPLICATE,
	FAULT_IRQ_LATE,
	FAULT_MMIO_TIMEOUT,
	FAULT_MMIO_ONES,
	FAULT_KINDS,
	FAULT_NONE = FAULT_KINDS,
};

#define FAULTS_CLAUSES 32

struct fault_clause {
	enum fault_kind kind;
	uint64_t chance; /* of 2^32 */
	uint64_t cycles, ms;
	uint64_t after, times; /* the first `after` events are spared; at most `times` faults */
	unsigned int classes;  /* of enum traffic_class */
	unsigned int vectors;  /* interrupts, by bit */
	uint64_t events, happened;
	struct dmmu_prng prng;
};

struct faults {
	struct fault_clause clause[FAULTS_CLAUSES];
	unsigned int clauses;
	unsigned int held; /* points at which everything is held until it is released */
	uint64_t held_count[TRAFFIC_POINTS];
	uint64_t happened[FAULT_KINDS]; /* also by clauses that were replaced since */
};

/*
 * Replaces the clauses by those of SPEC; "none" and "" are no clause. False: SPEC is wrong, why is
 * in error[], and nothing has changed.
 */
bool faults_set(struct faults *faults, const char *spec, uint64_t seed, char *error, size_t size);

/* "latency=spike" */
const char *faults_name(enum fault_kind kind);
bool faults_any(const struct faults *faults); /* did anything happen? */

/* The language: every kind with a line of explanation. */
void faults_help(FILE *to);

/*
 * An access of class `class` passes, with messages at `points`. Returns what befalls the device as
 * a whole: FAULT_DEVICE_*, FAULT_LINK_LOSS, else FAULT_NONE; *clause is then whose it is.
 */
enum fault_kind faults_access(struct faults *faults, enum traffic_class class, unsigned int points,
			      bool write, struct dmmu_mem_fate *fate,
			      const struct fault_clause **clause);

/* An interrupt: FAULT_IRQ_* or FAULT_NONE; late: *cycles. */
enum fault_kind faults_irq(struct faults *faults, unsigned int vector, uint64_t *cycles);

/* The host reads a register or local memory: FAULT_MMIO_* or FAULT_NONE. */
enum fault_kind faults_mmio(struct faults *faults);

#endif /* DMMU_FAULTS_H */
