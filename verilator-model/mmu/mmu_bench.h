/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mmu_bench.h: everything around an MMU on its own: clients at its ports, the command processor,
 * the fault ring, the page-table lock with a host that writes entries, and memory. For the MMU's
 * scoreboard and for the benchmark.
 *
 * Rules. Clients, commands and ring keep to docs/client-port.md and do what the parts of the device
 * do that sit there (rtl/ctl_exec.v, pt_unit.v, ring_post.v, lock.v), with random delays when
 * asked. A failure prints what was wrong, the cycle, the seed and how to replay it, and ends the
 * process with 1. The same seed and calls give the same cycles.
 */
#ifndef MMU_BENCH_H
#define MMU_BENCH_H

#include "axi_memory.h"
#include "dmmu_regs.h"
#include "mmu_sim.h"

#include <stdio.h>

/* Memory for tables: so much, in pages that are scattered over all 52 bits of address. */
#define MMU_LOCAL_BYTES (16ull << 20)
#define MMU_PLACES	16384
#define MMU_NOWHERE	UINT64_MAX
#define MMU_COMMANDS	64
#define MMU_RING_MAX	256
/* ctl_exec needs so many cycles from the end of a command to the next one's pulse */
#define MMU_COMMAND_GAP 4

struct mmu_bench_config {
	uint32_t latency; /* of table memory, cycles; 0: 8 */
	bool reorder;
	uint32_t stall;	       /* back-pressure of memory, in 1000 */
	uint32_t client_stall; /* rsp_ready low, in 1000 */
	uint32_t ring_stall;   /* a record's word waits, in 1000 */
	uint32_t ring_latency; /* cycles from a record's last word until it is visible */
	bool ring_serial;      /* one record at a time, else the next may begin meanwhile */
	unsigned int ring_log2;
	uint32_t lock_hold;	/* a host that writes entries keeps the lock up to so many cycles */
	uint32_t command_delay; /* up to so many cycles more between commands */
	uint64_t cycle_base;	/* what the time base shows in cycle 0 */
	uint64_t seed;
	uint32_t mutant;
	const char *times; /* a file for when the MMU did what */
	const char *trace;
	uint64_t trace_from, trace_cycles;
	const char *replay; /* command line that does the same again */
	bool quiet;
};

enum mmu_client_state {
	CLIENT_IDLE,
	CLIENT_QUEUED,	 /* wants to ask, or asks and is not accepted yet */
	CLIENT_ASKED,	 /* accepted, not answered */
	CLIENT_HELD,	 /* has a translation */
	CLIENT_RELEASES, /* wants to give it back */
};

struct mmu_answer {
	uint8_t status, access, cause;
	bool local;
	uint64_t pa;
};

struct mmu_client {
	enum mmu_client_state state;
	uint8_t ctx, op;
	uint64_t va, cookie;
	uint64_t queued, accepted, answered, released; /* cycles */
	struct mmu_answer answer;
};

enum mmu_command_kind { MMU_CTX_SET, MMU_CTX_KILL, MMU_INVALIDATE, MMU_ANSWER, MMU_PT_WRITE };

struct mmu_command {
	enum mmu_command_kind kind;
	uint8_t ctx, action;
	bool all, every;
	uint32_t tag;
	uint64_t root, first, last; /* pages */
	/* PT_WRITE: called once, at a moment at which the host holds the lock */
	void (*write)(void *opaque, void *arg);
	void *arg;
	/* filled in: cycle of its pulse, of inv_start, of inv_done, of its end; answer found stale
	 */
	uint64_t pulse, inv_start, inv_done, end;
	bool stale;
};

struct mmu_hooks {
	void (*accepted)(void *opaque, unsigned int thread);
	void (*answered)(void *opaque, unsigned int thread);
	void (*released)(void *opaque, unsigned int thread);
	/* a fault record is visible: 8 words; the test frees its slot by flt_head++ */
	void (*record)(void *opaque, const uint64_t *words);
	void (*pulse)(void *opaque, struct mmu_command *command);
	void (*inv_started)(void *opaque, struct mmu_command *command);
	void (*inv_ended)(void *opaque, struct mmu_command *command);
	void (*ended)(void *opaque, struct mmu_command *command);
	/* after each cycle, in and out are those of it */
	void (*cycle)(void *opaque);
	/* see axi_memory.h */
	dmmu_mem_respond respond;
	dmmu_mem_stored stored;
	/* what else to print when the test fails */
	void (*failing)(void *opaque);
	void *opaque;
};

/*
 * When the MMU did what, each a hash over all cycles: requests taken, answers, acknowledges,
 * records, kills; transfers to table memory; what its counters were told. Two runs of the same seed
 * on MMUs that are equally fast have the same.
 */
struct mmu_signature {
	uint64_t answers, memory, counters;
};

struct mmu_bench {
	struct mmu_bench_config config;
	struct mmu_hooks hooks;
	struct mmu_geometry geo;
	struct mmu_sim *sim;
	struct dmmu_mem *mem;
	struct mmu_pins_in in;
	struct mmu_pins_out out;
	uint8_t *local;
	uint64_t local_used;
	uint64_t page[MMU_LOCAL_BYTES /
		      4096];	    /* number of the page that lies at 4096 times the index */
	uint16_t place[MMU_PLACES]; /* hashed by that number: the index and 1 */
	struct dmmu_prng places;
	struct dmmu_prng prng;
	struct dmmu_prng noise; /* what pins carry that are not valid */
	struct mmu_client client[MMU_THREADS];
	/* per port: thread whose request is offered, or -1; where round robin goes on */
	int offered[MMU_PORTS];
	unsigned int next_ask[MMU_PORTS], next_release[MMU_PORTS];
	/* commands: a queue of which the first is under way */
	struct mmu_command command[MMU_COMMANDS];
	unsigned int command_first, command_count;
	int command_state;
	uint64_t command_wait;
	uint64_t dead; /* contexts that may not get translations */
	/* the lock: who has it, who had it last */
	bool grant_mmu, grant_host, host_wants;
	bool last_was_host;
	/* the fault ring */
	int ring_state;
	uint64_t ring_wait;
	uint64_t ring_words[8];
	struct {
		uint64_t words[8], due;
	} posting[MMU_RING_MAX];
	uint32_t taken, posted, flt_head; /* free-running */
	/* sums of what the MMU tells the counters */
	uint64_t events[MMU_EVENTS], l1_hits, kills, faults, stale;
	uint64_t detect_to_record, record_to_answer, answer_to_replay;
	uint64_t requests, answers[3];
	uint64_t read_bursts, read_beats, writes;
	/* reads whose entry came back with an error; whose second beat did; writes */
	uint64_t bus_errors, neighbour_errors, write_errors;
	uint64_t second_beats; /* per name: the next beat is the second of a read */
	struct mmu_signature signature;
	unsigned int control; /* levels that the signature has of the last cycle */
	FILE *times;
};

/* Out of reset and ready. */
struct mmu_bench *mmu_bench_new(const struct mmu_bench_config *config,
				const struct mmu_hooks *hooks);
void mmu_bench_free(struct mmu_bench *b);
/* Reset it for some cycles; nothing may be in flight at the memory. Waits until it is ready. */
void mmu_bench_reset(struct mmu_bench *b, unsigned int cycles);

static inline uint64_t mmu_bench_now(const struct mmu_bench *b)
{
	return mmu_sim_cycles(b->sim);
}

void mmu_bench_cycle(struct mmu_bench *b);
void mmu_bench_run(struct mmu_bench *b, uint64_t cycles);
_Noreturn void mmu_bench_fail(struct mmu_bench *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Clients. A thread's port is thread modulo ports. */
void mmu_bench_ask(struct mmu_bench *b, unsigned int thread, unsigned int ctx, uint64_t va,
		   unsigned int op, uint64_t cookie);
void mmu_bench_release(struct mmu_bench *b, unsigned int thread);

/* Commands: queued, executed in order, one at a time. False: the queue is full. */
bool mmu_bench_command(struct mmu_bench *b, const struct mmu_command *command);
/* The same, and run until it is done. */
struct mmu_command mmu_bench_do(struct mmu_bench *b, const struct mmu_command *command);

/* Tables, written at once. */
uint64_t mmu_bench_table(struct mmu_bench *b);
/* Where that byte is in b->local, or MMU_NOWHERE; a page that there is no memory for. */
uint64_t mmu_bench_offset(const struct mmu_bench *b, uint64_t at);
uint64_t mmu_bench_nowhere(struct mmu_bench *b);
uint64_t *mmu_bench_word(struct mmu_bench *b, uint64_t at);
uint64_t mmu_bench_entry(struct mmu_bench *b, uint64_t root, uint64_t va, unsigned int level);

#endif /* MMU_BENCH_H */
