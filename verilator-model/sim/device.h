/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h: the simulated device with its bus partners: registers, two memories, interrupts,
 * resets, and one function that advances everything by a cycle. dmmu-model puts a link behind it,
 * the bench puts rings and a test behind it; neither needs to know about pins.
 */
#ifndef DMMU_DEVICE_H
#define DMMU_DEVICE_H

#include "axi_lite.h"
#include "axi_memory.h"
#include "dmmu_sim.h"

#include <stdio.h>

struct stimulus_log;

struct dmmu_device {
	struct dmmu_sim *sim;
	struct dmmu_axil axil;
	struct dmmu_mem *host, *local;
	struct dmmu_pins_in in;
	struct dmmu_pins_out out;
	/*
	 * Interrupts: each requested vector is acknowledged and counted in irqs, unless irq_hold
	 * has its bit; then it waits.
	 */
	uint64_t irqs[8];
	uint8_t irq_hold;
	uint8_t irq_new; /* vectors acknowledged and not yet seen by the owner, who clears it */
	struct stimulus_log *stimulus; /* each cycle goes there (stimulus.h), or NULL; not ours */
	FILE *record; /* each cycle goes there (record.h), or NULL; closed with the device */
	const char *error;
};

/* Errors: NULL, out of memory. The device comes out of power-on reset before this returns. */
struct dmmu_device *dmmu_device_new(const struct dmmu_straps *straps,
				    const struct dmmu_mem_config *host,
				    const struct dmmu_mem_config *local, bool axil_skew);
/* The same, with a log that has every cycle from the first. */
struct dmmu_device *dmmu_device_new_logged(const struct dmmu_straps *straps,
					   const struct dmmu_mem_config *host,
					   const struct dmmu_mem_config *local, bool axil_skew,
					   struct stimulus_log *stimulus);
void dmmu_device_free(struct dmmu_device *dev);

/* One cycle. False: an assertion failed or a bus rule was broken; dev->error says it. */
bool dmmu_device_cycle(struct dmmu_device *dev);

static inline uint64_t dmmu_device_cycles(const struct dmmu_device *dev)
{
	return dmmu_sim_cycles(dev->sim);
}

/* No clock edge would change anything: device and buses at rest. */
bool dmmu_device_idle(const struct dmmu_device *dev);

/* Power-on reset: accesses in flight are forgotten. */
bool dmmu_device_hard_reset(struct dmmu_device *dev);

/* Function-level reset, at most `bound` cycles. False: error, or (dev->error NULL) not in time. */
bool dmmu_device_flr(struct dmmu_device *dev, uint64_t bound);

#endif /* DMMU_DEVICE_H */
