/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mmu_sim.h: the Verilated MMU on its own as a C object, at the ports of rtl/mmu.v, as
 * sim/dmmu_sim.h is the whole device. The structures are the same for every geometry; struct
 * mmu_geometry says which this one is. Transfers, cycles and waveforms as in dmmu_sim.h.
 */
#ifndef MMU_SIM_H
#define MMU_SIM_H

#include "dmmu_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMU_PORTS   8
#define MMU_THREADS 64

struct mmu_geometry {
	unsigned int threads, contexts, ports, levels, walkers, l1_entries, tlb_sets, tlb_ways;
	bool prefetch;
};

/* Bits of `events`; each pulses once for each time it happens. */
enum mmu_event {
	MMU_L2_HIT,
	MMU_MISS,
	MMU_MERGE,
	MMU_WALK,
	MMU_WALK_CACHE_HIT,
	MMU_PREFETCH,
	MMU_WALK_READ,
	MMU_AD_UPDATE,
	MMU_RECORD,
	MMU_RETRY,
	MMU_FAIL,
	MMU_BUS_ERROR,
	MMU_EVENTS,
};

/* Answers at a client port. */
enum { MMU_OK, MMU_FAULT, MMU_KILLED };

struct mmu_pins_in {
	bool rst;
	uint64_t cycle;
	uint8_t req_valid, rsp_ready, rel_valid; /* a bit per port */
	uint8_t req_ctx[MMU_PORTS], req_thread[MMU_PORTS], req_op[MMU_PORTS], rel_thread[MMU_PORTS];
	uint64_t req_va[MMU_PORTS], req_cookie[MMU_PORTS];
	bool ctx_set_valid, ctx_kill_valid, inv_start, inv_every, inv_all, answer_valid;
	uint8_t cmd_ctx, answer_action;
	uint64_t ctx_set_root, inv_first, inv_last;
	uint32_t answer_tag;
	bool flt_full, flt_active, flt_posted, rec_taken;
	uint8_t rec_word;
	bool lock_grant, lock_wanted;
	struct dmmu_axi_in mem;
	uint32_t ctx_show, thr_show;
};

struct mmu_pins_out {
	bool ready, active;
	uint8_t req_ready, rsp_valid, rsp_local;
	uint8_t rsp_thread[MMU_PORTS], rsp_status[MMU_PORTS], rsp_access[MMU_PORTS];
	uint8_t rsp_cause[MMU_PORTS];
	uint64_t rsp_pa[MMU_PORTS];
	bool inv_done, answer_stale, kill_valid;
	uint8_t kill_ctx;
	uint64_t ctx_ok, stalled, faulted;
	bool rec_valid, lock_req;
	uint64_t rec_data;
	struct dmmu_axi_out mem;
	uint8_t ctx_show_state;
	uint64_t ctx_show_root, thr_show_va;
	uint32_t thr_show_tag;
	uint8_t l1_hit, kill; /* per port */
	uint16_t events;
	uint64_t detect_to_record, record_to_answer, answer_to_replay;
};

struct mmu_sim;

/* Its reset input is up until a cycle is run without. NULL: out of memory. */
struct mmu_sim *mmu_sim_new(void);
void mmu_sim_free(struct mmu_sim *sim);
struct mmu_geometry mmu_sim_geometry(const struct mmu_sim *sim);

/* Chooses the mutant, 0 for none. False: this MMU was not built with any. */
bool mmu_sim_mutant(struct mmu_sim *sim, uint32_t number);

/* False: an assertion of the RTL failed in it or earlier; see mmu_sim_error(). */
bool mmu_sim_cycle(struct mmu_sim *sim, const struct mmu_pins_in *in, struct mmu_pins_out *out);

uint64_t mmu_sim_cycles(const struct mmu_sim *sim);
const char *mmu_sim_error(const struct mmu_sim *sim);
bool mmu_sim_trace(struct mmu_sim *sim, const char *path, uint64_t from, uint64_t count);
void mmu_sim_trace_close(struct mmu_sim *sim);

#ifdef __cplusplus
}
#endif

#endif /* MMU_SIM_H */
