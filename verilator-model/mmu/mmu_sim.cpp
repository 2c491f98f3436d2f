// SPDX-License-Identifier: GPL-2.0
//
// mmu_sim.cpp: the glue between the Verilated MMU (mmu_top.v) and C, see mmu_sim.h. Copies pins, ticks the clock.
#include "mmu_sim.h"

#include <cstring>
#include <memory>
#include <new>

#include "Vmmu_top.h"
#include "sim_core.h"

struct mmu_sim : sim_core {
	std::unique_ptr<Vmmu_top> top;

	void trace_into(VerilatedFstC *fst) override
	{
		top->trace(fst, 99);
	}
};

// Wide pins and ours are both little-endian arrays; a 64-bit value of eight bytes is one too.
template <typename Pin, typename Ours> static void copy_in(Pin &pin, const Ours &ours)
{
	static_assert(sizeof(pin) == sizeof(ours), "a pin of another width");
	std::memcpy(&pin, &ours, sizeof(pin));
}

template <typename Ours, typename Pin> static void copy_out(Ours &ours, const Pin &pin)
{
	static_assert(sizeof(pin) == sizeof(ours), "a pin of another width");
	std::memcpy(&ours, &pin, sizeof(pin));
}

struct mmu_sim *mmu_sim_new(void)
{
	auto *sim = new (std::nothrow) mmu_sim;
	if (!sim)
		return nullptr;
	sim->enter();
	sim->top.reset(new (std::nothrow) Vmmu_top(&sim->context, "mmu"));
	if (!sim->top) {
		delete sim;
		return nullptr;
	}
	sim->count_begin();
	sim->top->clk = 0;
	sim->top->rst = 1;
	sim->top->eval();
	return sim;
}

void mmu_sim_free(struct mmu_sim *sim)
{
	if (!sim)
		return;
	sim->enter();
	sim->trace_close();
	sim->top->final();
	sim->count_end();
	delete sim;
	sim_core::leave();
}

struct mmu_geometry mmu_sim_geometry(const struct mmu_sim *sim)
{
	uint16_t g[10];

	std::memcpy(g, &sim->top->geometry, sizeof(g));
	return {g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8] != 0};
}

bool mmu_sim_mutant(struct mmu_sim *sim, uint32_t number)
{
#ifdef MMU_MUTANTS
	sim->top->mutsel = number;
	return true;
#else
	(void)sim;
	return !number;
#endif
}

bool mmu_sim_cycle(struct mmu_sim *sim, const struct mmu_pins_in *in, struct mmu_pins_out *out)
{
	Vmmu_top &top = *sim->top;

	sim->begin(sim->cycles * 10);
	top.rst = in->rst;
	top.cycle = in->cycle;
	top.req_valid = in->req_valid;
	copy_in(top.req_ctx, in->req_ctx);
	copy_in(top.req_thread, in->req_thread);
	copy_in(top.req_va, in->req_va);
	copy_in(top.req_cookie, in->req_cookie);
	top.req_op = 0;
	for (int p = 0; p < MMU_PORTS; p++)
		top.req_op |= in->req_op[p] << 2 * p;
	top.rsp_ready = in->rsp_ready;
	top.rel_valid = in->rel_valid;
	copy_in(top.rel_thread, in->rel_thread);
	top.ctx_set_valid = in->ctx_set_valid;
	top.ctx_kill_valid = in->ctx_kill_valid;
	top.cmd_ctx = in->cmd_ctx;
	top.ctx_set_root = in->ctx_set_root;
	top.inv_start = in->inv_start;
	top.inv_every = in->inv_every;
	top.inv_all = in->inv_all;
	top.inv_first = in->inv_first;
	top.inv_last = in->inv_last;
	top.answer_valid = in->answer_valid;
	top.answer_tag = in->answer_tag;
	top.answer_action = in->answer_action;
	top.flt_full = in->flt_full;
	top.flt_active = in->flt_active;
	top.flt_posted = in->flt_posted;
	top.rec_word = in->rec_word;
	top.rec_taken = in->rec_taken;
	top.lock_grant = in->lock_grant;
	top.lock_wanted = in->lock_wanted;
	top.arready = in->mem.arready;
	top.rvalid = in->mem.rvalid;
	top.rid = (CData)in->mem.rid;
	top.rdata = in->mem.rdata[0];
	top.rresp = in->mem.rresp;
	top.rlast = in->mem.rlast;
	top.awready = in->mem.awready;
	top.wready = in->mem.wready;
	top.bvalid = in->mem.bvalid;
	top.bid = (CData)in->mem.bid;
	top.bresp = in->mem.bresp;
	top.ctx_show = in->ctx_show;
	top.thr_show = in->thr_show;
	top.clk = 0;
	top.eval();

	out->ready = top.ready;
	out->active = top.active;
	out->req_ready = top.req_ready;
	out->rsp_valid = top.rsp_valid;
	out->rsp_local = top.rsp_local;
	copy_out(out->rsp_thread, top.rsp_thread);
	copy_out(out->rsp_pa, top.rsp_pa);
	for (int p = 0; p < MMU_PORTS; p++) {
		out->rsp_status[p] = top.rsp_status >> 2 * p & 3;
		out->rsp_access[p] = top.rsp_access >> 2 * p & 3;
		out->rsp_cause[p] = top.rsp_cause >> 3 * p & 7;
	}
	out->inv_done = top.inv_done;
	out->answer_stale = top.answer_stale;
	out->kill_valid = top.kill_valid;
	out->kill_ctx = top.kill_ctx;
	out->ctx_ok = top.ctx_ok;
	out->stalled = top.stalled;
	out->faulted = top.faulted;
	out->rec_valid = top.rec_valid;
	out->rec_data = top.rec_data;
	out->lock_req = top.lock_req;
	out->mem.arvalid = top.arvalid;
	out->mem.arid = top.arid;
	out->mem.araddr = top.araddr;
	out->mem.arlen = top.arlen;
	out->mem.rready = top.rready;
	out->mem.awvalid = top.awvalid;
	out->mem.awid = top.awid;
	out->mem.awaddr = top.awaddr;
	out->mem.awlen = 0;
	out->mem.wvalid = top.wvalid;
	out->mem.wdata[0] = top.wdata;
	out->mem.wstrb = 0xff;
	out->mem.wlast = true;
	out->mem.bready = true;
	out->ctx_show_state = top.ctx_show_state;
	out->ctx_show_root = top.ctx_show_root;
	out->thr_show_va = top.thr_show_va;
	out->thr_show_tag = top.thr_show_tag;
	out->l1_hit = top.ev_l1_hit;
	out->kill = top.ev_kill;
	out->events = top.events;
	out->detect_to_record = top.detect_to_record;
	out->record_to_answer = top.record_to_answer;
	out->answer_to_replay = top.answer_to_replay;
	sim->settled(sim->cycles * 10 + 5);

	top.clk = 1;
	top.eval();
	return sim->end();
}

uint64_t mmu_sim_cycles(const struct mmu_sim *sim)
{
	return sim->cycles;
}

const char *mmu_sim_error(const struct mmu_sim *sim)
{
	return sim->error.empty() ? nullptr : sim->error.c_str();
}

bool mmu_sim_trace(struct mmu_sim *sim, const char *path, uint64_t from, uint64_t count)
{
	return sim->trace(path, from, count);
}

void mmu_sim_trace_close(struct mmu_sim *sim)
{
	sim->trace_close();
}
