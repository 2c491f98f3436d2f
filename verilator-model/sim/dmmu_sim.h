/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_sim.h: the Verilated device as a C object: plain structures for the pins, one call per clock
 * cycle, a cycle count, a waveform that can be opened and closed at any time. The only C++ is
 * behind it (dmmu_sim.cpp). One process may hold several devices; each is used by one thread.
 *
 * A cycle: the inputs are applied with the clock low, the outputs are sampled when all
 * combinational paths have settled, then comes the rising edge. So a transfer happens in a cycle
 * when valid and ready are both set in the structures of the same call.
 */
#ifndef DMMU_SIM_H
#define DMMU_SIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DMMU_AXI_WORDS 8 /* 8-byte words in the widest beat */

/* AXI4 master of the device, one of two: what the device drives ... */
struct dmmu_axi_out {
	bool awvalid, wvalid, wlast, bready, arvalid, rready;
	uint8_t awlen, arlen;
	uint16_t awid, arid;
	uint64_t awaddr, araddr, wstrb, wdata[DMMU_AXI_WORDS];
};

/* ... and what memory drives. */
struct dmmu_axi_in {
	bool awready, wready, bvalid, arready, rvalid, rlast;
	uint8_t bresp, rresp;
	uint16_t bid, rid;
	uint64_t rdata[DMMU_AXI_WORDS];
};

/* AXI4-Lite slave of the device (registers). */
struct dmmu_axil_in {
	bool awvalid, wvalid, bready, arvalid, rready;
	uint8_t wstrb;
	uint16_t awaddr, araddr;
	uint32_t wdata;
};

struct dmmu_axil_out {
	bool awready, wready, bvalid, arready, rvalid;
	uint8_t bresp, rresp;
	uint32_t rdata;
};

struct dmmu_pins_in {
	bool rst, flr_req;
	bool memory_down; /* a card's: its memory controller is not there */
	uint8_t irq_ack;
	struct dmmu_axil_in axil;
	struct dmmu_axi_in host, local;
};

struct dmmu_pins_out {
	bool flr_done, busy;
	uint8_t irq_req;
	struct dmmu_axil_out axil;
	struct dmmu_axi_out host, local;
};

struct dmmu_sim;

/*
 * What is behind the pins: the device itself, or the top of a card around it, whose ports are on
 * clocks of their own and may be wider. A reset of a card is one of its bus: its memory goes on.
 */
enum { DMMU_CLOCK_DEVICE = 1, DMMU_CLOCK_BRIDGE = 2, DMMU_CLOCK_MEMORY = 4 };

struct dmmu_sim_shape {
	const char *name;
	unsigned int host_words, local_words; /* 8-byte words in a beat of either memory */
	bool card;
};

extern const struct dmmu_sim_shape dmmu_sim_shape;

/* Pins that never change, by their names. */
struct dmmu_straps {
	uint64_t local_size;
	bool local_coherent;
};

/* NULL: out of memory. */
struct dmmu_sim *dmmu_sim_new(const struct dmmu_straps *straps);
void dmmu_sim_free(struct dmmu_sim *sim); /* closes the waveform; NULL is fine */

/*
 * One clock cycle. False when an assertion of the RTL failed in it, now or earlier: the waveform
 * has been flushed, dmmu_sim_error() says which and in which cycle.
 */
bool dmmu_sim_cycle(struct dmmu_sim *sim, const struct dmmu_pins_in *in, struct dmmu_pins_out *out);

/*
 * Whose edge ends the next call of dmmu_sim_cycle(): all clocks, always, when it is the device; of a
 * card some, and only the ports on those are looked at. A cycle is then one of the device's clock.
 */
unsigned int dmmu_sim_clocks(const struct dmmu_sim *sim);
/* Periods in picoseconds, from the next edge of each on; 0 keeps one. Nothing to the bare device. */
void dmmu_sim_set_clocks(struct dmmu_sim *sim, uint32_t device, uint32_t bridge, uint32_t memory);

uint64_t dmmu_sim_cycles(const struct dmmu_sim *sim);	/* complete cycles, never reset */
const char *dmmu_sim_error(const struct dmmu_sim *sim); /* NULL when all is well */

/*
 * What no pin tells: which threads have work and which wait for the answer to a fault, a bit each; whether an
 * invalidation is under way. As after the last cycle. All zero where the device was not Verilated with PROBED.
 */
struct dmmu_probe {
	uint64_t busy, stalled;
	bool invalidating;
};
void dmmu_sim_probe(const struct dmmu_sim *sim, struct dmmu_probe *probe);

/*
 * Waveform (FST). Cycle N is at times 10 * N to 10 * N + 9: clock low, then high. `from` is the
 * first cycle to dump, `count` how many (0: to the end). Nothing is created before `from`; until
 * then, and without a waveform, it costs one comparison a cycle. False: the file cannot be created.
 */
bool dmmu_sim_trace(struct dmmu_sim *sim, const char *path, uint64_t from, uint64_t count);
void dmmu_sim_trace_flush(struct dmmu_sim *sim);
void dmmu_sim_trace_close(struct dmmu_sim *sim);

#ifdef __cplusplus
}
#endif

#endif /* DMMU_SIM_H */
