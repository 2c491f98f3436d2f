// SPDX-License-Identifier: GPL-2.0
//
// dmmu_sim.cpp: the glue between the Verilated device and C: copies pins, ticks the clock. What every such glue needs
// is in sim_core. Kept thin, because this is all the C++ of the project, with mmu/mmu_sim.cpp.
#include "dmmu_sim.h"

#include <memory>
#include <new>

#include "Vdmmu.h"
#ifdef DMMU_PROBED
#include "Vdmmu___024root.h"
#endif
#include "sim_core.h"

struct dmmu_sim : sim_core {
	std::unique_ptr<Vdmmu> top;

	void trace_into(VerilatedFstC *fst) override
	{
		top->trace(fst, 99);
	}
};

struct dmmu_sim *dmmu_sim_new(const struct dmmu_straps *straps)
{
	auto *sim = new (std::nothrow) dmmu_sim;
	if (!sim)
		return nullptr;
	sim->enter();
	sim->top.reset(new (std::nothrow) Vdmmu(&sim->context, "dmmu"));
	if (!sim->top) {
		delete sim;
		return nullptr;
	}
	sim->count_begin();
	sim->top->local_size = straps->local_size;
	sim->top->local_coherent = straps->local_coherent;
	sim->top->clk = 0;
	sim->top->rst = 1;
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

// how wide an ID is depends on the geometry
template <typename ID>
static void drive_axi(const dmmu_axi_in &in, CData &awready, CData &wready, CData &bvalid,
		      CData &arready, CData &rvalid, CData &rlast, CData &bresp, CData &rresp,
		      ID &bid, ID &rid, QData &rdata)
{
	awready = in.awready;
	wready = in.wready;
	bvalid = in.bvalid;
	arready = in.arready;
	rvalid = in.rvalid;
	rlast = in.rlast;
	bresp = in.bresp;
	rresp = in.rresp;
	bid = (ID)in.bid;
	rid = (ID)in.rid;
	rdata = in.rdata;
}

#define DRIVE_AXI(top, port, in)                                                                   \
	drive_axi(in, top.m_axi_##port##_awready, top.m_axi_##port##_wready,                       \
		  top.m_axi_##port##_bvalid, top.m_axi_##port##_arready,                           \
		  top.m_axi_##port##_rvalid, top.m_axi_##port##_rlast, top.m_axi_##port##_bresp,   \
		  top.m_axi_##port##_rresp, top.m_axi_##port##_bid, top.m_axi_##port##_rid,        \
		  top.m_axi_##port##_rdata)

#define SAMPLE_AXI(top, port, out)                                                                 \
	do {                                                                                       \
		(out).awvalid = top.m_axi_##port##_awvalid;                                        \
		(out).awid = top.m_axi_##port##_awid;                                              \
		(out).awaddr = top.m_axi_##port##_awaddr;                                          \
		(out).awlen = top.m_axi_##port##_awlen;                                            \
		(out).wvalid = top.m_axi_##port##_wvalid;                                          \
		(out).wdata = top.m_axi_##port##_wdata;                                            \
		(out).wstrb = top.m_axi_##port##_wstrb;                                            \
		(out).wlast = top.m_axi_##port##_wlast;                                            \
		(out).bready = top.m_axi_##port##_bready;                                          \
		(out).arvalid = top.m_axi_##port##_arvalid;                                        \
		(out).arid = top.m_axi_##port##_arid;                                              \
		(out).araddr = top.m_axi_##port##_araddr;                                          \
		(out).arlen = top.m_axi_##port##_arlen;                                            \
		(out).rready = top.m_axi_##port##_rready;                                          \
	} while (0)

bool dmmu_sim_cycle(struct dmmu_sim *sim, const struct dmmu_pins_in *in, struct dmmu_pins_out *out)
{
	Vdmmu &top = *sim->top;

	sim->begin();
	top.rst = in->rst;
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
	top.clk = 0;
	top.eval();

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
	sim->settled();

	top.clk = 1;
	top.eval();
	return sim->end();
}

void dmmu_sim_probe(const struct dmmu_sim *sim, struct dmmu_probe *probe)
{
	*probe = {};
#ifdef DMMU_PROBED
	probe->busy = sim->top->rootp->dmmu__DOT__thread_busy;
	probe->stalled = sim->top->rootp->dmmu__DOT__stalled;
	probe->invalidating = sim->top->rootp->dmmu__DOT__invalidating;
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
