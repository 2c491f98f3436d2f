// SPDX-License-Identifier: GPL-2.0
//
// dmmu_sim.cpp: the glue between C and the Verilated device, or (DMMU_CARD) the top of a card with
// the device in it: copies pins, ticks the clocks. What every such glue needs is in sim_core. Kept
// thin, because this is all the C++ of the project, with mmu/mmu_sim.cpp.
#include "dmmu_sim.h"

#include <algorithm>
#include <memory>
#include <new>

#ifdef DMMU_CARD
#include "Vboard_core.h"
#ifdef DMMU_PROBED
#include "Vboard_core___024root.h"
#define PROBE(net) rootp->board_core__DOT__device__DOT__##net
#endif
using Vtop = Vboard_core;
#define TOP_NAME "board_core"
#else
#include "Vdmmu.h"
#ifdef DMMU_PROBED
#include "Vdmmu___024root.h"
#define PROBE(net) rootp->dmmu__DOT__##net
#endif
using Vtop = Vdmmu;
#define TOP_NAME "dmmu"
#endif
#include "sim_core.h"

struct dmmu_sim : sim_core {
	std::unique_ptr<Vtop> top;
#ifdef DMMU_CARD
	// The clocks: device, bridge, memory. Times are in picoseconds.
	uint64_t period[3] = {8000, 4000, 3332};
	uint64_t next[3] = {8000, 4000, 3332};
	uint64_t last = 0; // edge

	uint64_t now() const
	{
		return std::min({next[0], next[1], next[2]});
	}
#endif

	void trace_into(VerilatedFstC *fst) override
	{
		top->trace(fst, 99);
	}
};

const struct dmmu_sim_shape dmmu_sim_shape = {
	DMMU_SIM_NAME,
	sizeof(Vtop::m_axi_host_wdata) / 8,
	sizeof(Vtop::m_axi_local_wdata) / 8,
#ifdef DMMU_CARD
	true,
#else
	false,
#endif
};

struct dmmu_sim *dmmu_sim_new(const struct dmmu_straps *straps)
{
	auto *sim = new (std::nothrow) dmmu_sim;
	if (!sim)
		return nullptr;
	sim->enter();
	sim->top.reset(new (std::nothrow) Vtop(&sim->context, TOP_NAME));
	if (!sim->top) {
		delete sim;
		return nullptr;
	}
	sim->count_begin();
	sim->top->local_size = straps->local_size;
	sim->top->local_coherent = straps->local_coherent;
	sim->top->clk = 0;
#ifdef DMMU_CARD
	// asserted by an edge of its own: that is what an asynchronous reset looks at
	sim->top->por = 0;
	sim->top->bridge_clk = 0;
	sim->top->memory_clk = 0;
	sim->top->eval();
	sim->top->por = 1;
#else
	sim->top->rst = 1;
#endif
	sim->top->eval();
	return sim;
}

void dmmu_sim_free(struct dmmu_sim *sim)
{
	if (!sim)
		return;
	sim->enter();
	dmmu_sim_trace_close(sim);
	sim->top->final();
	sim->count_end();
	delete sim;
	sim_core::leave();
}

// A beat's data or strobes, however wide they are.
static inline void put_words(QData &to, const uint64_t *from)
{
	to = *from;
}

static inline void take_words(const QData &from, uint64_t *to)
{
	*to = from;
}

template <std::size_t N> static void put_words(VlWide<N> &to, const uint64_t *from)
{
	for (std::size_t i = 0; i < N; i++)
		to[i] = (EData)(from[i / 2] >> 32 * (i % 2));
}

template <std::size_t N> static void take_words(const VlWide<N> &from, uint64_t *to)
{
	for (std::size_t i = 0; i < N; i += 2)
		to[i / 2] = from[i] | (uint64_t)from[i + 1] << 32;
}

// how wide an ID is depends on the geometry; a card has none
#ifdef DMMU_CARD
#define DRIVE_IDS(top, port, in)   ((void)0)
#define SAMPLE_IDS(top, port, out) ((out).awid = (out).arid = 0)
#else
template <typename ID> static void put_id(ID &to, uint16_t from)
{
	to = (ID)from;
}

#define DRIVE_IDS(top, port, in) \
	(put_id(top.m_axi_##port##_bid, (in).bid), put_id(top.m_axi_##port##_rid, (in).rid))
#define SAMPLE_IDS(top, port, out) \
	((out).awid = top.m_axi_##port##_awid, (out).arid = top.m_axi_##port##_arid)
#endif

#define DRIVE_AXI(top, port, in)                                 \
	do {                                                     \
		top.m_axi_##port##_awready = (in).awready;       \
		top.m_axi_##port##_wready = (in).wready;         \
		top.m_axi_##port##_bvalid = (in).bvalid;         \
		top.m_axi_##port##_arready = (in).arready;       \
		top.m_axi_##port##_rvalid = (in).rvalid;         \
		top.m_axi_##port##_rlast = (in).rlast;           \
		top.m_axi_##port##_bresp = (in).bresp;           \
		top.m_axi_##port##_rresp = (in).rresp;           \
		put_words(top.m_axi_##port##_rdata, (in).rdata); \
		DRIVE_IDS(top, port, in);                        \
	} while (0)

#define SAMPLE_AXI(top, port, out)                                 \
	do {                                                       \
		(out).awvalid = top.m_axi_##port##_awvalid;        \
		(out).awaddr = top.m_axi_##port##_awaddr;          \
		(out).awlen = top.m_axi_##port##_awlen;            \
		(out).wvalid = top.m_axi_##port##_wvalid;          \
		take_words(top.m_axi_##port##_wdata, (out).wdata); \
		(out).wstrb = top.m_axi_##port##_wstrb;            \
		(out).wlast = top.m_axi_##port##_wlast;            \
		(out).bready = top.m_axi_##port##_bready;          \
		(out).arvalid = top.m_axi_##port##_arvalid;        \
		(out).araddr = top.m_axi_##port##_araddr;          \
		(out).arlen = top.m_axi_##port##_arlen;            \
		(out).rready = top.m_axi_##port##_rready;          \
		SAMPLE_IDS(top, port, out);                        \
	} while (0)

static void drive(Vtop &top, const struct dmmu_pins_in *in)
{
	top.flr_req = in->flr_req;
	top.irq_ack = in->irq_ack;
	top.s_axil_awvalid = in->axil.awvalid;
	top.s_axil_awaddr = in->axil.awaddr;
	top.s_axil_wvalid = in->axil.wvalid;
	top.s_axil_wdata = in->axil.wdata;
	top.s_axil_wstrb = in->axil.wstrb;
	top.s_axil_bready = in->axil.bready;
	top.s_axil_arvalid = in->axil.arvalid;
	top.s_axil_araddr = in->axil.araddr;
	top.s_axil_rready = in->axil.rready;
	DRIVE_AXI(top, host, in->host);
	DRIVE_AXI(top, local, in->local);
}

static void sample(Vtop &top, struct dmmu_pins_out *out)
{
	out->flr_done = top.flr_done;
	out->busy = top.busy;
	out->irq_req = top.irq_req;
	out->axil.awready = top.s_axil_awready;
	out->axil.wready = top.s_axil_wready;
	out->axil.bvalid = top.s_axil_bvalid;
	out->axil.bresp = top.s_axil_bresp;
	out->axil.arready = top.s_axil_arready;
	out->axil.rvalid = top.s_axil_rvalid;
	out->axil.rdata = top.s_axil_rdata;
	out->axil.rresp = top.s_axil_rresp;
	SAMPLE_AXI(top, host, out->host);
	SAMPLE_AXI(top, local, out->local);
}

#ifdef DMMU_CARD
// The host resets the bus; power comes on once, with the first of those.
bool dmmu_sim_cycle(struct dmmu_sim *sim, const struct dmmu_pins_in *in, struct dmmu_pins_out *out)
{
	Vtop &top = *sim->top;
	unsigned int clocks = dmmu_sim_clocks(sim);
	uint64_t edge = sim->now();

	sim->begin(std::max(sim->last + 1, edge - 500));
	top.bridge_down = in->rst;
	top.memory_down = in->memory_down;
	if (!in->rst)
		top.por = 0;
	drive(top, in);
	top.clk = 0;
	top.bridge_clk = 0;
	top.memory_clk = 0;
	top.eval();
	sample(top, out);
	sim->settled(edge);

	top.clk = !!(clocks & DMMU_CLOCK_DEVICE);
	top.bridge_clk = !!(clocks & DMMU_CLOCK_BRIDGE);
	top.memory_clk = !!(clocks & DMMU_CLOCK_MEMORY);
	top.eval();
	for (unsigned int i = 0; i < 3; i++)
		if (sim->next[i] == edge)
			sim->next[i] += sim->period[i];
	sim->last = edge;
	return sim->end(clocks & DMMU_CLOCK_DEVICE);
}

unsigned int dmmu_sim_clocks(const struct dmmu_sim *sim)
{
	uint64_t edge = sim->now();

	return (sim->next[0] == edge) * (unsigned int)DMMU_CLOCK_DEVICE |
	       (sim->next[1] == edge) * (unsigned int)DMMU_CLOCK_BRIDGE |
	       (sim->next[2] == edge) * (unsigned int)DMMU_CLOCK_MEMORY;
}

void dmmu_sim_set_clocks(struct dmmu_sim *sim, uint32_t device, uint32_t bridge, uint32_t memory)
{
	const uint32_t periods[3] = {device, bridge, memory};

	for (unsigned int i = 0; i < 3; i++)
		if (periods[i])
			sim->period[i] = periods[i];
}
#else
bool dmmu_sim_cycle(struct dmmu_sim *sim, const struct dmmu_pins_in *in, struct dmmu_pins_out *out)
{
	Vtop &top = *sim->top;

	sim->begin(sim->cycles * 10);
	top.rst = in->rst;
	drive(top, in);
	top.clk = 0;
	top.eval();
	sample(top, out);
	sim->settled(sim->cycles * 10 + 5);

	top.clk = 1;
	top.eval();
	return sim->end();
}

unsigned int dmmu_sim_clocks(const struct dmmu_sim *sim)
{
	(void)sim;
	return DMMU_CLOCK_DEVICE | DMMU_CLOCK_BRIDGE | DMMU_CLOCK_MEMORY;
}

void dmmu_sim_set_clocks(struct dmmu_sim *sim, uint32_t device, uint32_t bridge, uint32_t memory)
{
	(void)sim;
	(void)device;
	(void)bridge;
	(void)memory;
}
#endif

void dmmu_sim_probe(const struct dmmu_sim *sim, struct dmmu_probe *probe)
{
	*probe = {};
#ifdef DMMU_PROBED
	probe->busy = sim->top->PROBE(thread_busy);
	probe->stalled = sim->top->PROBE(stalled);
	probe->invalidating = sim->top->PROBE(invalidating);
#else
	(void)sim;
#endif
}

uint64_t dmmu_sim_cycles(const struct dmmu_sim *sim)
{
	return sim->cycles;
}

const char *dmmu_sim_error(const struct dmmu_sim *sim)
{
	return sim->error.empty() ? nullptr : sim->error.c_str();
}

bool dmmu_sim_trace(struct dmmu_sim *sim, const char *path, uint64_t from, uint64_t count)
{
	return sim->trace(path, from, count);
}

void dmmu_sim_trace_flush(struct dmmu_sim *sim)
{
	sim->trace_flush();
}

void dmmu_sim_trace_close(struct dmmu_sim *sim)
{
	sim->trace_close();
}
