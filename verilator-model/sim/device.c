// SPDX-License-Identifier: GPL-2.0
/*
 * device.c: see device.h. The bus partners only drive what was decided before the cycle and look at
 * what was sampled in it, so there is no combinational path through them.
 */
#include "device.h"
#include "record.h"
#include "stimulus.h"

#include <stdlib.h>
#include <string.h>

#define RESET_CYCLES  8
#define READY_BOUND   100000 /* cycles the device may take to clear its memories afterwards */
#define RELEASE_BOUND 1000

struct dmmu_device *dmmu_device_new_logged(const struct dmmu_straps *straps,
					   const struct dmmu_mem_config *host,
					   const struct dmmu_mem_config *local, bool axil_skew,
					   struct stimulus_log *stimulus)
{
	struct dmmu_device *dev = calloc(1, sizeof(*dev));
	struct dmmu_mem_config wide;

	if (!dev)
		return NULL;
	dev->stimulus = stimulus;
	dmmu_axil_init(&dev->axil, axil_skew, host->seed);
	wide = *host;
	wide.words = dmmu_sim_shape.host_words;
	dev->host = dmmu_mem_new(&wide);
	wide = *local;
	wide.words = dmmu_sim_shape.local_words;
	dev->local = dmmu_mem_new(&wide);
	dev->sim = dmmu_sim_new(straps);
	if (!dev->host || !dev->local || !dev->sim) {
		dmmu_device_free(dev);
		return NULL;
	}
	dmmu_device_hard_reset(dev);
	return dev;
}

struct dmmu_device *dmmu_device_new(const struct dmmu_straps *straps,
				    const struct dmmu_mem_config *host,
				    const struct dmmu_mem_config *local, bool axil_skew)
{
	return dmmu_device_new_logged(straps, host, local, axil_skew, NULL);
}

void dmmu_device_free(struct dmmu_device *dev)
{
	if (!dev)
		return;
	if (dev->record)
		fclose(dev->record);
	dmmu_sim_free(dev->sim);
	dmmu_mem_free(dev->host);
	dmmu_mem_free(dev->local);
	free(dev);
}

/* Latencies are in cycles of the device, whatever the clock of a port is. */
static void before(struct dmmu_device *dev, unsigned int clocks, uint64_t cycle)
{
	if (clocks & DMMU_CLOCK_BRIDGE) {
		dmmu_axil_before(&dev->axil, &dev->in.axil);
		dmmu_mem_before(dev->host, &dev->in.host, cycle);
	}
	if (clocks & DMMU_CLOCK_MEMORY)
		dmmu_mem_before(dev->local, &dev->in.local, cycle);
}

static bool after(struct dmmu_device *dev, unsigned int clocks, uint64_t cycle)
{
	bool bridge = clocks & DMMU_CLOCK_BRIDGE && !dev->in.rst;
	bool memory = clocks & DMMU_CLOCK_MEMORY &&
		      !(dmmu_sim_shape.card ? dev->in.memory_down : dev->in.rst);

	if (bridge && !dmmu_axil_after(&dev->axil, &dev->out.axil, cycle))
		dev->error = dev->axil.error;
	else if (bridge && !dmmu_mem_after(dev->host, &dev->out.host, cycle))
		dev->error = dmmu_mem_error(dev->host);
	else if (memory && !dmmu_mem_after(dev->local, &dev->out.local, cycle))
		dev->error = dmmu_mem_error(dev->local);
	if (dev->error)
		dmmu_sim_trace_flush(dev->sim);
	return !dev->error;
}

static void interrupts(struct dmmu_device *dev)
{
	/* A request that met an acknowledge in this cycle is over; others are acknowledged next. */
	uint8_t taken = dev->out.irq_req & dev->in.irq_ack;

	dev->in.irq_ack = 0;
	if (taken) {
		for (unsigned int v = 0; v < 8; v++)
			dev->irqs[v] += taken >> v & 1;
		dev->irq_new |= taken;
	}
	if (dev->out.irq_req)
		dev->in.irq_ack = dev->out.irq_req & ~taken & ~dev->irq_hold;
}

static bool edge(struct dmmu_device *dev, unsigned int clocks)
{
	uint64_t cycle = dmmu_sim_cycles(dev->sim);

	before(dev, clocks, cycle);
	if (dev->stimulus)
		stimulus_in(dev->stimulus, &dev->in);
	if (!dmmu_sim_cycle(dev->sim, &dev->in, &dev->out)) {
		dev->error = dmmu_sim_error(dev->sim);
		return false;
	}
	if (dev->stimulus)
		stimulus_out(dev->stimulus, &dev->out);
	if (dev->record)
		dmmu_record_cycle(dev->record, &dev->in, &dev->out);
	if (!after(dev, clocks, cycle))
		return false;
	if (clocks & DMMU_CLOCK_BRIDGE && !dev->in.rst)
		interrupts(dev);
	return true;
}

bool dmmu_device_cycle(struct dmmu_device *dev)
{
	unsigned int clocks;

	if (dev->error)
		return false;
	do {
		clocks = dmmu_sim_clocks(dev->sim);
		if (!edge(dev, clocks))
			return false;
	} while (!(clocks & DMMU_CLOCK_DEVICE));
	return true;
}

bool dmmu_device_idle(const struct dmmu_device *dev)
{
	return !dev->out.busy && dmmu_axil_idle(&dev->axil) && dmmu_mem_idle(dev->host) &&
	       dmmu_mem_idle(dev->local) && !(dev->out.irq_req & ~dev->irq_hold) &&
	       !dev->in.irq_ack;
}

bool dmmu_device_hard_reset(struct dmmu_device *dev)
{
	bool ok = true;

	dmmu_axil_abort(&dev->axil);
	dmmu_mem_abort(dev->host);
	if (!dmmu_sim_shape.card) {
		dmmu_mem_abort(dev->local);
		memset(&dev->in, 0, sizeof(dev->in));
	}
	dev->in.rst = true;
	dev->in.flr_req = false;
	dev->in.irq_ack = 0;
	for (unsigned int i = 0; ok && i < RESET_CYCLES; i++)
		ok = dmmu_device_cycle(dev);
	dmmu_mem_abort(dev->host);
	if (!dmmu_sim_shape.card)
		dmmu_mem_abort(dev->local);
	dev->in.rst = false;
	for (unsigned int i = 0; ok && i < READY_BOUND && (i < 2 || !dmmu_device_idle(dev)); i++)
		ok = dmmu_device_cycle(dev);
	return ok;
}

bool dmmu_device_flr(struct dmmu_device *dev, uint64_t bound)
{
	bool ok = true, done = false;

	dev->in.flr_req = true;
	while (ok && !done && bound--) {
		ok = dmmu_device_cycle(dev);
		done = dev->out.flr_done;
	}
	dev->in.flr_req = false;
	/* flr_done falls behind it */
	for (unsigned int i = 0; ok && done && (i < 2 || (dev->out.flr_done && i < RELEASE_BOUND));
	     i++)
		ok = dmmu_device_cycle(dev);
	return ok && done;
}
