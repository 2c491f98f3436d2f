/* SPDX-License-Identifier: GPL-2.0 */
/*
 * misbehave.h: faults.h decides what goes wrong, traffic.h knows what passes on the buses; here the
 * two meet the device.
 */
#ifndef DMMU_MISBEHAVE_H
#define DMMU_MISBEHAVE_H

#include "faults.h"

struct model;

struct misbehaviour {
	struct faults faults;
	struct traffic traffic;
	/* What befell the device as a whole and is still to be done, between two cycles. */
	enum fault_kind wanted;
	uint64_t wanted_ms;
	uint64_t stopped;     /* device=stop: until this cycle */
	uint64_t late[8];     /* interrupts to be sent in this cycle; 0: none */
	uint8_t ready, twice; /* interrupts to be sent now; of these, those to be sent twice */
};

bool misbehave_init(struct model *model); /* false: it says why on stderr */
void misbehave_fini(struct model *model);

/* For struct dmmu_mem_config. */
void misbehave_host(void *model, const struct dmmu_mem_access *access, struct dmmu_mem_fate *fate);
void misbehave_local(void *model, const struct dmmu_mem_access *access, struct dmmu_mem_fate *fate);

/* The device wants to send what is in irq_new: what of it is `ready`. */
void misbehave_irqs(struct model *model);
bool misbehave_waits(const struct model *model); /* something is to happen in a later cycle */
void misbehave_reset(struct model *model);	 /* the device is about to be reset */
void misbehave_let_go(struct model *model);	 /* the host reset it by CTRL: nothing stays held */

/* Notes in the log of the run that this happened. */
void misbehave_note(struct model *model, enum fault_kind kind);

/* One line of control: does it, and writes one line of answer, beginning with "ok" or "error". */
void misbehave_command(struct model *model, char *line, char *answer, size_t size);

#endif /* DMMU_MISBEHAVE_H */
