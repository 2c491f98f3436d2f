/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h: a test bench in C: the device, host and local memory, the rings, and helpers that
 * speak to it as a driver would. For directed tests and the scoreboard.
 *
 * Rules. A failure (assertion in the RTL, broken bus rule, bound exceeded, dmmu_bench_fail())
 * prints what was wrong, the cycle, and how to get a waveform, closes the waveform and ends the
 * process with status 1. So no helper has an error to return. The same seed and calls give the same
 * cycles.
 */
#ifndef DMMU_BENCH_H
#define DMMU_BENCH_H

#include "device.h"
#include "dmmu_regs.h"

#include <stddef.h>

#define BENCH_HOST_BASE	 0x100000000ull /* first DMA address of host memory; below it: DECERR */
#define BENCH_CTL_BOUND	 200000		/* cycles a wait for control commands may take */
#define BENCH_WORK_BOUND 2000000

struct dmmu_bench_config {
	uint64_t host_bytes, local_bytes;	  /* 0: 16 MiB each */
	unsigned int ctl_log2, work_log2;	  /* ring sizes, 0: 6 (64 entries) */
	unsigned int cpl_log2, flt_log2;	  /* 0: 7 */
	unsigned int cpy_log2;			  /* 0: 6 */
	uint32_t host_latency, local_latency;	  /* cycles, 0: 20 and 8 */
	uint32_t host_bandwidth, local_bandwidth; /* beats per 1024 cycles, 0: no limit */
	bool reorder;				  /* both memories; see axi_memory.h */
	uint32_t stall;				  /* back-pressure of both memories, in 1000 */
	bool axil_skew;				  /* register channels at random */
	uint64_t seed;
	const char *record; /* pins, cycle by cycle (record.h), or NULL */
	const char *trace;  /* waveform file, or NULL */
	uint64_t trace_from, trace_cycles;
	bool local_coherent; /* what CAPS.COHERENT says */
	bool no_enable;	     /* leave the rings unprogrammed and CTRL.ENABLE 0 */
};

struct dmmu_bench {
	struct dmmu_bench_config config;
	struct dmmu_device *dev;
	uint8_t *host_mem, *local_mem;
	uint64_t host_used, local_used; /* by dmmu_bench_alloc_*() */
	unsigned int threads, contexts, levels, va_bits;
	/* rings: where they are (DMA addresses), and the host's indices */
	uint64_t stat_dma, ctl_dma, work_dma, cpl_dma, flt_dma, cpy_dma;
	uint32_t ctl_tail, work_tail, cpl_head, flt_head, cpy_tail;
	/*
	 * Optional: may veto (return NULL) or watch each memory access. Called before the default
	 * translation, at the moment of the access; and at the moment an address is accepted.
	 */
	bool (*permit)(void *opaque, bool local, uint64_t addr, uint64_t len, bool write);
	void (*accepted)(void *opaque, bool local, uint64_t addr, uint64_t len, bool write);
	void (*each_cycle)(void *opaque);
	void *opaque;
	/* Address ranges that answer DECERR, [error_addr, error_addr + error_bytes) */
	uint64_t host_error_addr, host_error_bytes, local_error_addr, local_error_bytes;
	/* Words that answer SLVERR: [poison_addr, poison_addr + poison_bytes) */
	uint64_t host_poison_addr, host_poison_bytes, local_poison_addr, local_poison_bytes;
	const char *replay; /* printed with a failure: how to run the same again */
};

/*
 * From the command line of a test: --seed N, --trace FILE, --trace-from CYCLE, --trace-cycles N,
 * --record FILE, --reorder, --stall N, --host-latency N, --local-latency N; --help. Unknown ones
 * end the process with status 2.
 */
void dmmu_bench_args(struct dmmu_bench_config *config, int argc, char **argv);

/* config may be NULL. Device out of reset, rings programmed, enabled, interrupts enabled. */
struct dmmu_bench *dmmu_bench_new(const struct dmmu_bench_config *config);
void dmmu_bench_free(struct dmmu_bench *bench);

/* Program rings and enable, as after a reset. All indices become 0. */
void dmmu_bench_enable(struct dmmu_bench *bench);
void dmmu_bench_run(struct dmmu_bench *bench, uint64_t cycles);
uint64_t dmmu_bench_cycle(const struct dmmu_bench *bench);

_Noreturn void dmmu_bench_fail(struct dmmu_bench *bench, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define BENCH_CHECK(bench, cond, ...)                        \
	do {                                                 \
		if (!(cond))                                 \
			dmmu_bench_fail(bench, __VA_ARGS__); \
	} while (0)
/* Compare two unsigned numbers; the message shows both. */
#define BENCH_EQ(bench, found, expected)                                                           \
	do {                                                                                       \
		unsigned long long found_ = (found), expected_ = (expected);                       \
		if (found_ != expected_)                                                           \
			dmmu_bench_fail(bench, "%s:%d: %s is 0x%llx, expected %s = 0x%llx",        \
					__FILE__, __LINE__, #found, found_, #expected, expected_); \
	} while (0)
/* Run until a condition holds, at most `bound` cycles. */
#define BENCH_UNTIL(bench, cond, bound)                                                          \
	do {                                                                                     \
		uint64_t end_ = dmmu_bench_cycle(bench) + (bound);                               \
		while (!(cond)) {                                                                \
			if (dmmu_bench_cycle(bench) >= end_)                                     \
				dmmu_bench_fail(bench, "%s:%d: not within %llu cycles: %s",      \
						__FILE__, __LINE__, (unsigned long long)(bound), \
						#cond);                                          \
			dmmu_bench_run(bench, 1);                                                \
		}                                                                                \
	} while (0)

/* Registers. The access is complete when the call returns. */
uint32_t dmmu_bench_read(struct dmmu_bench *bench, uint32_t reg);
void dmmu_bench_write(struct dmmu_bench *bench, uint32_t reg, uint32_t value);
uint64_t dmmu_bench_counter(struct dmmu_bench *bench, unsigned int counter); /* takes a snapshot */

/* Memory. Allocations are zeroed, never freed; align is a power of two. */
uint64_t dmmu_bench_alloc_host(struct dmmu_bench *bench, uint64_t bytes, uint64_t align);
uint64_t dmmu_bench_alloc_local(struct dmmu_bench *bench, uint64_t bytes, uint64_t align);
void *dmmu_bench_host(struct dmmu_bench *bench, uint64_t dma); /* DMA address to pointer */
void *dmmu_bench_local(struct dmmu_bench *bench, uint64_t offset);
const struct dmmu_status *dmmu_bench_status(struct dmmu_bench *bench);

/*
 * Control ring. Each returns its index; *_push waits for room (bounded) and does not ring the
 * doorbell; dmmu_bench_ctl_ring() does; dmmu_bench_ctl_wait() until status.ctl_head covers the
 * index. The command is sent with flag WB.
 */
uint32_t dmmu_bench_ctl_push(struct dmmu_bench *bench, const struct dmmu_ctl *ctl);
void dmmu_bench_ctl_ring(struct dmmu_bench *bench);
bool dmmu_bench_ctl_done(struct dmmu_bench *bench, uint32_t index);
void dmmu_bench_ctl_wait(struct dmmu_bench *bench, uint32_t index);
void dmmu_bench_ctl(struct dmmu_bench *bench, const struct dmmu_ctl *ctl); /* push, ring, wait */

/* As _push, with the flags as they are; the caller has seen that there is room. */
uint32_t dmmu_bench_ctl_push_raw(struct dmmu_bench *bench, const struct dmmu_ctl *ctl);

/* The same, for each opcode, with the wait. */
void dmmu_bench_ctx_set(struct dmmu_bench *bench, uint16_t ctx, uint64_t root);
void dmmu_bench_ctx_kill(struct dmmu_bench *bench, uint16_t ctx);
void dmmu_bench_invalidate(struct dmmu_bench *bench, uint16_t ctx, uint64_t va, uint64_t size);
void dmmu_bench_invalidate_all(struct dmmu_bench *bench, uint16_t ctx);
void dmmu_bench_answer(struct dmmu_bench *bench, uint32_t tag, uint32_t action);
void dmmu_bench_pt_fill(struct dmmu_bench *bench, uint64_t local, uint32_t count, uint64_t value,
			uint64_t step);

/*
 * Copy ring, the same way; the flags are as they are, and status.cpy_head moves for a descriptor
 * with flag WB and for the last that was asked for.
 */
uint32_t dmmu_bench_cpy_push(struct dmmu_bench *bench, const struct dmmu_cpy *cpy);
void dmmu_bench_cpy_ring(struct dmmu_bench *bench);
bool dmmu_bench_cpy_done(struct dmmu_bench *bench, uint32_t index);
void dmmu_bench_cpy_wait(struct dmmu_bench *bench, uint32_t index);
void dmmu_bench_cpy(struct dmmu_bench *bench, const struct dmmu_cpy *cpy); /* push, ring, wait */

/* Work ring, completions, faults. push waits for room; ring writes the doorbell. */
uint32_t dmmu_bench_work_push(struct dmmu_bench *bench, const struct dmmu_work *work);
void dmmu_bench_work_ring(struct dmmu_bench *bench);
/* Take the next completion or fault record, if there is one. The doorbell HEAD is not written ...
 */
bool dmmu_bench_cpl_take(struct dmmu_bench *bench, struct dmmu_cpl *cpl);
bool dmmu_bench_flt_take(struct dmmu_bench *bench, struct dmmu_flt *flt);
/* ... this writes both, where they moved. */
void dmmu_bench_heads(struct dmmu_bench *bench);
/* Wait for one and free its slot. */
void dmmu_bench_cpl_wait(struct dmmu_bench *bench, struct dmmu_cpl *cpl);
void dmmu_bench_flt_wait(struct dmmu_bench *bench, struct dmmu_flt *flt);
/* push, ring and wait for one descriptor that must not fault */
void dmmu_bench_work(struct dmmu_bench *bench, const struct dmmu_work *work, struct dmmu_cpl *cpl);

/*
 * Page tables, written straight into local memory (not through the ring; the device must not have
 * cached what they replace). map makes the tables on the way. level 0: 4 KiB, 1: 2 MiB.
 */
uint64_t dmmu_bench_pt_new(struct dmmu_bench *bench); /* an empty table, its offset */
uint64_t dmmu_bench_pte_at(struct dmmu_bench *bench, uint64_t root, uint64_t va,
			   unsigned int level); /* where the entry is, making tables */
void dmmu_bench_map(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level,
		    uint64_t pte);
uint64_t dmmu_bench_pte(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level);

#endif /* DMMU_BENCH_H */
