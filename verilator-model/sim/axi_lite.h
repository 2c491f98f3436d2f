/* SPDX-License-Identifier: GPL-2.0 */
/*
 * axi_lite.h: an AXI4-Lite master for the device's registers. One access at a time; the address and
 * data channels of a write may be skewed at random. An access that is not answered within a bound
 * is an error, as is an answer nobody asked for.
 */
#ifndef DMMU_AXI_LITE_H
#define DMMU_AXI_LITE_H

#include "dmmu_sim.h"
#include "prng.h"

#define DMMU_AXIL_BOUND 10000 /* cycles an access may take */

struct dmmu_axil {
	bool skew; /* delay channels at random */
	struct dmmu_prng prng;
	/* private */
	bool busy, write, aw_done, w_done, ar_done;
	uint8_t aw_delay, w_delay, resp_delay;
	uint32_t waited;
	uint8_t resp;
	uint32_t rdata;
	struct dmmu_axil_in pins;
	char error[128];
};

void dmmu_axil_init(struct dmmu_axil *axil, bool skew, uint64_t seed);

/* Start an access; the previous one must be over. addr is a multiple of 4. */
void dmmu_axil_start_write(struct dmmu_axil *axil, uint16_t addr, uint32_t data, uint8_t strb);
void dmmu_axil_start_read(struct dmmu_axil *axil, uint16_t addr);

/* Over: then rdata and resp (0 is OKAY) hold the result. */
static inline bool dmmu_axil_idle(const struct dmmu_axil *axil)
{
	return !axil->busy;
}

/* Before and after dmmu_sim_cycle(). after() is false on an error, described in `error`. */
void dmmu_axil_before(struct dmmu_axil *axil, struct dmmu_axil_in *in);
bool dmmu_axil_after(struct dmmu_axil *axil, const struct dmmu_axil_out *out, uint64_t cycle);

/* Forget an access in flight: the device was reset under it. */
void dmmu_axil_abort(struct dmmu_axil *axil);

#endif /* DMMU_AXI_LITE_H */
