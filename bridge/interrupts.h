/* SPDX-License-Identifier: GPL-2.0 */
/*
 * interrupts.h: the device's MSI-X vectors: which eventfd each rings, what is masked and what is
 * pending. A vector that cannot be delivered now but is not disabled stays pending, as in hardware.
 */
#ifndef DMMU_INTERRUPTS_H
#define DMMU_INTERRUPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmmu_regs.h"

struct interrupts {
	unsigned int vectors;	     /* 1 to DMMU_IRQ_COUNT; the client knows no others */
	int eventfd[DMMU_IRQ_COUNT]; /* -1: not wired */
	bool masked[DMMU_IRQ_COUNT]; /* by the client */
	uint32_t pending;
	bool enabled;  /* MSI-X on */
	bool all_held; /* MSI-X function mask */
	bool told;     /* of a vector that is not there */
};

void interrupts_init(struct interrupts *irqs, unsigned int vectors);
void interrupts_release(struct interrupts *irqs); /* the client is gone: closes all eventfds */
/* Follows configuration space; what became deliverable is delivered. */
void interrupts_configure(struct interrupts *irqs, bool enabled, bool all_held);
void interrupts_raise(struct interrupts *irqs, uint64_t vector);
/* VFIO's SET_IRQS for the MSI-X index. Takes the descriptors it keeps (sets them -1). Returns
 * errno. */
int interrupts_set(struct interrupts *irqs, uint32_t flags, uint32_t start, uint32_t count,
		   const uint8_t *data, size_t bytes, int *fds, int nfds);

#endif /* DMMU_INTERRUPTS_H */
