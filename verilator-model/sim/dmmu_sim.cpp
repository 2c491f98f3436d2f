// SPDX-License-Identifier: GPL-2.0
//
// dmmu_sim.cpp: the glue between the Verilated class and C. Copies pins, ticks the clock, dumps
// waveforms, and turns a failing assertion into an error with a cycle number instead of an abort.
// Kept thin because it is the only C++ of the project.
#include "dmmu_sim.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <unistd.h>

#include "Vdmmu.h"
#include "verilated.h"
#include "verilated_coverage.h"
#include "verilated_fst_c.h"

struct dmmu_sim {
	VerilatedContext context;
	std::unique_ptr<Vdmmu> top;
	std::unique_ptr<VerilatedFstC> fst;
	uint64_t cycles = 0;
	uint64_t dump_from = UINT64_MAX; // first cycle to dump
	uint64_t dump_until = 0;	 // first cycle after those to dump
	std::string fst_path;
	std::string error;
};

// The device whose evaluation runs now; Verilator's hooks carry no user pointer.
static thread_local dmmu_sim *current;

void vl_stop(const char *filename, int linenum, const char *hier)
{
	(void)hier;
	if (!current)
		std::abort();
	if (current->error.empty())
		current->error = "assertion failed at " + std::string(filename ? filename : "?") + ":" +
				 std::to_string(linenum) + " in cycle " +
				 std::to_string(current->cycles);
}

void vl_finish(const char *filename, int linenum, const char *hier)
{
	vl_stop(filename, linenum, hier);
}

// Only for what Verilator cannot go on from, such as a combinational loop that does not settle.
void vl_fatal(const char *filename, int linenum, const char *hier, const char *msg)
{
	(void)hier;
	std::fprintf(stderr, "dmmu: the RTL cannot be simulated: %s:%d: %s (cycle %llu)\n",
		     filename ? filename : "?", linenum, msg,
		     current ? (unsigned long long)current->cycles : 0ull);
	if (current && current->fst)
		current->fst->flush();
	std::abort();
}

struct dmmu_sim *dmmu_sim_new(uint64_t local_size)
{
	auto *sim = new (std::nothrow) dmmu_sim;
	if (!sim)
		return nullptr;
	current = sim;
	sim->context.traceEverOn(true);
	sim->top.reset(new (std::nothrow) Vdmmu(&sim->context, "dmmu"));
	if (!sim->top) {
		delete sim;
		return nullptr;
	}
	coverage_begin(&sim->context);
	sim->top->local_size = local_size;
	sim->top->clk = 0;
	sim->top->rst = 1;
	sim->top->eval();
	return sim;
}

void dmmu_sim_free(struct dmmu_sim *sim)
{
	if (!sim)
		return;
	current = sim;
	dmmu_sim_trace_close(sim);
	sim->top->final();
	coverage_end(&sim->context);
	delete sim;
	current = nullptr;
}

static void drive_axi(const dmmu_axi_in &in, CData &awready, CData &wready, CData &bvalid,
		      CData &arready, CData &rvalid, CData &rlast, CData &bresp, CData &rresp,
		      CData &bid, CData &rid, QData &rdata)
{
	awready = in.awready;
	wready = in.wready;
	bvalid = in.bvalid;
	arready = in.arready;
	rvalid = in.rvalid;
	rlast = in.rlast;
	bresp = in.bresp;
	rresp = in.rresp;
	bid = in.bid;
	rid = in.rid;
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

	current = sim;
	if (__builtin_expect(sim->cycles >= sim->dump_from, 0)) {
		if (sim->cycles >= sim->dump_until) {
			dmmu_sim_trace_close(sim);
		} else if (!sim->fst) {
			sim->fst.reset(new VerilatedFstC);
			top.trace(sim->fst.get(), 99);
			sim->fst->open(sim->fst_path.c_str());
		}
	}
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
	sim->context.time(sim->cycles * 10);
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
	if (__builtin_expect(!!sim->fst, 0))
		sim->fst->dump(sim->cycles * 10);

	top.clk = 1;
	sim->context.time(sim->cycles * 10 + 5);
	top.eval();
	if (__builtin_expect(!!sim->fst, 0))
		sim->fst->dump(sim->cycles * 10 + 5);
	if (__builtin_expect(!sim->error.empty(), 0)) {
		dmmu_sim_trace_flush(sim);
		return false;
	}
	sim->cycles++;
	return true;
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
	// Verilator reports an unwritable file by ending the process, so try before it does.
	FILE *probe = std::fopen(path, "wb");
	if (!probe)
		return false;
	std::fclose(probe);
	dmmu_sim_trace_close(sim);
	sim->fst_path = path;
	sim->dump_from = from > sim->cycles ? from : sim->cycles;
	sim->dump_until = count ? sim->dump_from + count : UINT64_MAX;
	return true;
}

void dmmu_sim_trace_flush(struct dmmu_sim *sim)
{
	if (sim->fst)
		sim->fst->flush();
}

void dmmu_sim_trace_close(struct dmmu_sim *sim)
{
	sim->dump_from = UINT64_MAX;
	if (!sim->fst)
		return;
	sim->fst->close();
	sim->fst.reset();
}
