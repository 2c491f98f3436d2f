// SPDX-License-Identifier: GPL-2.0
/*
 * axi_lite.c: the register master. See axi_lite.h.
 */
#include "axi_lite.h"

#include <stdio.h>
#include <string.h>

void dmmu_axil_init(struct dmmu_axil *axil, bool skew, uint64_t seed)
{
	memset(axil, 0, sizeof(*axil));
	axil->skew = skew;
	axil->prng = dmmu_prng(seed, 0x11);
}

static void start(struct dmmu_axil *axil, bool write)
{
	axil->busy = true;
	axil->write = write;
	axil->aw_done = axil->w_done = axil->ar_done = false;
	axil->waited = 0;
	axil->aw_delay = axil->skew ? dmmu_rand_below(&axil->prng, 4) : 0;
	axil->w_delay = axil->skew ? dmmu_rand_below(&axil->prng, 4) : 0;
	axil->resp_delay = axil->skew ? dmmu_rand_below(&axil->prng, 4) : 0;
}

void dmmu_axil_start_write(struct dmmu_axil *axil, uint16_t addr, uint32_t data, uint8_t strb)
{
	start(axil, true);
	axil->pins.awaddr = addr;
	axil->pins.wdata = data;
	axil->pins.wstrb = strb;
}

void dmmu_axil_start_read(struct dmmu_axil *axil, uint16_t addr)
{
	start(axil, false);
	axil->pins.araddr = addr;
}

void dmmu_axil_before(struct dmmu_axil *axil, struct dmmu_axil_in *in)
{
	struct dmmu_axil_in *pins = &axil->pins;

	pins->awvalid = pins->wvalid = pins->bready = pins->arvalid = pins->rready = false;
	if (axil->busy) {
		if (axil->write) {
			pins->awvalid = !axil->aw_done && axil->waited >= axil->aw_delay;
			pins->wvalid = !axil->w_done && axil->waited >= axil->w_delay;
			pins->bready = axil->waited >= axil->resp_delay;
		} else {
			pins->arvalid = !axil->ar_done && axil->waited >= axil->aw_delay;
			pins->rready = axil->waited >= axil->resp_delay;
		}
	}
	*in = *pins;
}

bool dmmu_axil_after(struct dmmu_axil *axil, const struct dmmu_axil_out *out, uint64_t cycle)
{
	const struct dmmu_axil_in *pins = &axil->pins;

	if (!axil->busy)
		return true;
	axil->waited++;
	if (axil->write) {
		if (out->bvalid && !(axil->aw_done && axil->w_done)) {
			snprintf(axil->error, sizeof(axil->error),
				 "register port: write response before the write, cycle %llu",
				 (unsigned long long)cycle);
			return false;
		}
		axil->aw_done |= pins->awvalid && out->awready;
		axil->w_done |= pins->wvalid && out->wready;
		if (out->bvalid && pins->bready) {
			axil->resp = out->bresp;
			axil->busy = false;
		}
	} else {
		if (out->rvalid && !axil->ar_done) {
			snprintf(axil->error, sizeof(axil->error),
				 "register port: read data before the read, cycle %llu",
				 (unsigned long long)cycle);
			return false;
		}
		axil->ar_done |= pins->arvalid && out->arready;
		if (out->rvalid && pins->rready) {
			axil->resp = out->rresp;
			axil->rdata = out->rdata;
			axil->busy = false;
		}
	}
	if (axil->busy && axil->waited > DMMU_AXIL_BOUND) {
		snprintf(axil->error, sizeof(axil->error),
			 "register port: %s of 0x%x not answered in %d cycles, cycle %llu",
			 axil->write ? "write" : "read", axil->write ? pins->awaddr : pins->araddr,
			 DMMU_AXIL_BOUND, (unsigned long long)cycle);
		return false;
	}
	return true;
}

void dmmu_axil_abort(struct dmmu_axil *axil)
{
	axil->busy = false;
}
