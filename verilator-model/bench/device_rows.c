// SPDX-License-Identifier: GPL-2.0
/*
 * device_rows.c: the whole device, from the doorbell to what the host sees in the status block.
 * Work is split over N threads, a descriptor each.
 */
#include "bench.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTX	  1
#define HOST_VA	  0x10000000ull /* the first half of the operands: host memory */
#define LOCAL_VA  0x20000000ull
#define CHASE_VA  0x40000000ull
#define RANDOM_VA 0x80000000ull
#define BYTES	  (2ull << 20)
#define RANDOM	  16384
#define LEAF	  (DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT)
#define MARKED	  (LEAF | DMMU_PTE_A | DMMU_PTE_D)

/* What no design saves: the descriptor's fetch, the first read, the last write, and after it the
 * completion record and the status block. */
#define EDGES (HOST_LATENCY + HOST_LATENCY + LOCAL_LATENCY + 2 * HOST_LATENCY)

static struct dmmu_bench *b;
static uint64_t root, host_bytes, local_bytes, chase_host, chase_local;
/* RANDOM_VA: page p has node p of this memory; at: the nodes in the order of their ring */
static uint64_t nodes;
static uint32_t at[RANDOM];

static void map_range(uint64_t va, uint64_t pa, uint64_t bytes, uint64_t flags)
{
	for (uint64_t at = 0; at < bytes; at += 4096)
		dmmu_bench_map(b, root, va + at, 0, (pa + at) | flags);
}

static void start(void)
{
	struct dmmu_bench_config config = {
		.host_bytes = 32 << 20,
		.local_bytes = 32 << 20,
		.host_latency = HOST_LATENCY,
		.local_latency = LOCAL_LATENCY,
		.flt_log2 = 8,
	};

	b = dmmu_bench_new(&config);
	root = dmmu_bench_pt_new(b);
	host_bytes = dmmu_bench_alloc_host(b, 2 * BYTES, 4096);
	local_bytes = dmmu_bench_alloc_local(b, 2 * BYTES, 4096);
	map_range(HOST_VA, host_bytes, 2 * BYTES, MARKED);
	map_range(LOCAL_VA, local_bytes, 2 * BYTES, MARKED | DMMU_PTE_LOCAL);
	dmmu_bench_ctx_set(b, CTX, root);
}

static void forget(void)
{
	dmmu_bench_invalidate_all(b, CTX);
	dmmu_bench_run(b, 2000);
}

/* Runs the descriptors side by side; cycles from doorbell to the last completion visible. */
static uint64_t run(const struct dmmu_work *work, unsigned int count, uint64_t *longest)
{
	uint64_t begin, took;

	for (unsigned int i = 0; i < count; i++)
		dmmu_bench_work_push(b, &work[i]);
	begin = dmmu_bench_cycle(b);
	dmmu_bench_work_ring(b);
	BENCH_UNTIL(b, dmmu_bench_status(b)->cpl_tail - b->cpl_head >= count, 20000000);
	took = dmmu_bench_cycle(b) - begin;
	*longest = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct dmmu_cpl cpl;

		dmmu_bench_cpl_take(b, &cpl);
		BENCH_EQ(b, cpl.status, DMMU_STATUS_OK);
		BENCH_EQ(b, cpl.faults, 0);
		if (cpl.cycles > *longest)
			*longest = cpl.cycles;
	}
	dmmu_bench_heads(b);
	return took;
}

static void stream(const char *name, uint8_t op, uint64_t bytes, unsigned int only_ends)
{
	static const char *const slow =
		"small: the edges (see _with_edges), first walks, and that a thread writes a page "
		"when it has read"
		" it; few threads: a thread works at one page of each operand at a time";
	char full[64];

	for (unsigned int n = 0; (n = rows_next_threads(n, b->threads));) {
		struct dmmu_work work[64];
		uint64_t each = bytes / n, took, longest;

		if (only_ends && !rows_options.threads && n != 1 && n != 16)
			continue;
		for (unsigned int i = 0; i < n; i++) {
			work[i] = (struct dmmu_work){
				.op = op,
				.ctx = CTX,
				.src = HOST_VA + i * each,
				.src2 = LOCAL_VA + BYTES + i * each,
				.dst = LOCAL_VA + i * each,
				.len = op == DMMU_OP_VADD || op == DMMU_OP_REDUCE ? each / 8 : each,
				.arg = op == DMMU_OP_FILL ? 42 : 0,
			};
			if (op == DMMU_OP_FILL)
				work[i].src = 0;
			if (op != DMMU_OP_VADD)
				work[i].src2 = 0;
			if (op == DMMU_OP_REDUCE)
				work[i].dst = 0;
		}
		forget();
		took = run(work, n, &longest);
		row(name, n, (double)took, "cycles", bytes / 8.0, LOWER, slow);
		snprintf(full, sizeof(full), "%s_with_edges", name);
		row(full, n, (double)took, "cycles",
		    bytes / 8.0 + EDGES - (op == DMMU_OP_FILL ? HOST_LATENCY : 0) -
			    (op == DMMU_OP_REDUCE ? LOCAL_LATENCY : 0),
		    LOWER, slow);
	}
}

static void stream_rows(void)
{
	static const struct {
		const char *name;
		uint8_t op;
	} op[] = {{"copy", DMMU_OP_COPY},
		  {"fill", DMMU_OP_FILL},
		  {"vadd", DMMU_OP_VADD},
		  {"reduce", DMMU_OP_REDUCE}};
	uint64_t small = rows_options.brief ? 8192 : 65536;
	uint64_t large = rows_options.brief ? 16384 : BYTES;
	char name[64];

	for (unsigned int k = 0; k < 4; k++) {
		snprintf(name, sizeof(name), "device.%s_64k", op[k].name);
		stream(name, op[k].op, small, 0);
		snprintf(name, sizeof(name), "device.%s_2m", op[k].name);
		stream(name, op[k].op, large, k > 0);
	}
}

/* ---- pointer chase */

/* A ring of COUNT nodes of 16 bytes, a link and a value, the first at virtual address FIRST. */
static void make_ring(uint64_t *node, uint64_t count, uint64_t first, uint64_t step)
{
	for (uint64_t k = 0; k < count; k++) {
		node[k * 2] = first + (k + 1) % count * step;
		node[k * 2 + 1] = k;
	}
}

static void chase(const char *name, uint64_t va, uint64_t each, double limit, const char *note)
{
	uint64_t count = rows_options.brief ? 50 : 1000;

	for (unsigned int n = 0; (n = rows_next_threads(n, b->threads));) {
		struct dmmu_work work[64];
		uint64_t longest;

		for (unsigned int i = 0; i < n; i++)
			work[i] = (struct dmmu_work){.op = DMMU_OP_CHASE,
						     .ctx = CTX,
						     .src = va + i * each,
						     .len = count,
						     .arg = 0,
						     .arg2 = 8};
		forget();
		run(work, n, &longest);
		row(name, n, (double)longest / count, "cycles/node", limit, LOWER, note);
	}
}

static void chase_rows(void)
{
	static const char *const warm =
		"lookup, answer, release and request at the MMU between two nodes, about 11 cycles";

	chase_host = dmmu_bench_alloc_host(b, 16 * 4096, 4096);
	chase_local = dmmu_bench_alloc_local(b, 16 * 4096, 4096);
	map_range(CHASE_VA, chase_local, 16 * 4096, MARKED | DMMU_PTE_LOCAL);
	map_range(CHASE_VA + 16 * 4096, chase_host, 16 * 4096, MARKED);
	/* a page for each thread */
	for (unsigned int i = 0; i < 16; i++) {
		make_ring(dmmu_bench_local(b, chase_local + i * 4096), 64, CHASE_VA + i * 4096ull,
			  16);
		make_ring(dmmu_bench_host(b, chase_host + i * 4096), 64,
			  CHASE_VA + (16 + i) * 4096ull, 16);
	}
	chase("device.chase_local", CHASE_VA, 4096, LOCAL_LATENCY, warm);
	chase("device.chase_host", CHASE_VA + 16 * 4096, 4096, HOST_LATENCY, warm);
}

static uint64_t node_va(uint64_t node)
{
	return RANDOM_VA + node * 4096 + node * 16 % 4096;
}

static uint64_t node_pte(uint64_t node)
{
	return ((nodes + node * 16) & ~4095ull) | MARKED | DMMU_PTE_LOCAL;
}

/* Each node on another page, so that each step is a walk of one read and the node's own. */
static void random_rows(void)
{
	static const char *const note = "on top of the walk's read and the node's: lookups, "
					"answer, release, request, and reads of tables"
					" that the walk caches do not hold";
	uint64_t *node, order = 1;

	nodes = dmmu_bench_alloc_local(b, RANDOM * 16, 4096);
	node = dmmu_bench_local(b, nodes);
	for (uint32_t k = 0; k < RANDOM; k++)
		at[k] = k;
	for (uint32_t k = RANDOM - 1; k > 0; k--) {
		uint32_t other, hold = at[k];

		order = order * 6364136223846793005ull + 1442695040888963407ull;
		other = (uint32_t)(order >> 33) % (k + 1);
		at[k] = at[other];
		at[other] = hold;
	}
	for (uint32_t k = 0; k < RANDOM; k++) {
		node[at[k] * 2] = node_va(at[(k + 1) % RANDOM]);
		node[at[k] * 2 + 1] = at[k];
		dmmu_bench_map(b, root, node_va(at[k]), 0, node_pte(at[k]));
	}
	for (unsigned int n = 0; (n = rows_next_threads(n, b->threads));) {
		struct dmmu_work work[64];
		uint64_t count = rows_options.brief ? 50 : 1000, longest;

		for (unsigned int i = 0; i < n; i++)
			work[i] = (struct dmmu_work){.op = DMMU_OP_CHASE,
						     .ctx = CTX,
						     .src = node_va(at[i * (RANDOM / n)]),
						     .len = count,
						     .arg2 = 8};
		forget();
		run(work, n, &longest);
		row("device.chase_random", n, (double)longest / count, "cycles/node",
		    2 * LOCAL_LATENCY, LOWER, note);
		row("device.random_throughput", n, 1000.0 * count * n / longest, "nodes/kcycle",
		    1000.0 * n / (2 * LOCAL_LATENCY), HIGHER, note);
	}
}

/* ---- faults: the random chase again, over pages that are not there yet */

static unsigned int fault_nodes; /* of one thread */

static void repair(const struct dmmu_flt *flt)
{
	dmmu_bench_map(b, root, flt->va, 0, node_pte((flt->va - RANDOM_VA) / 4096));
}

/* The host looks in every cycle and maps at once; as many answers as it finds share a doorbell. */
static void storm(struct dmmu_work *work, unsigned int n, uint64_t *took)
{
	uint64_t begin;
	struct dmmu_flt flt;

	for (unsigned int i = 0; i < n; i++)
		dmmu_bench_work_push(b, &work[i]);
	begin = dmmu_bench_cycle(b);
	dmmu_bench_work_ring(b);
	while (dmmu_bench_status(b)->cpl_tail - b->cpl_head < n) {
		bool any = false;

		while (dmmu_bench_flt_take(b, &flt)) {
			repair(&flt);
			dmmu_bench_ctl_push(b, &(struct dmmu_ctl){.opcode = DMMU_CTL_FAULT_ANSWER,
								  .tag = flt.tag,
								  .action = DMMU_ANSWER_RETRY});
			any = true;
		}
		if (any) {
			dmmu_bench_ctl_ring(b);
			dmmu_bench_write(b, DMMU_REG_FLT_HEAD, b->flt_head);
		}
		dmmu_bench_run(b, 1);
		BENCH_CHECK(b, dmmu_bench_cycle(b) - begin < 20000000, "the storm does not end");
	}
	*took = dmmu_bench_cycle(b) - begin;
	for (unsigned int i = 0; i < n; i++) {
		struct dmmu_cpl cpl;

		dmmu_bench_cpl_take(b, &cpl);
		BENCH_EQ(b, cpl.status, DMMU_STATUS_OK);
	}
	dmmu_bench_heads(b);
}

static void unmap(void)
{
	for (unsigned int k = 0; k < 16 * fault_nodes; k++)
		dmmu_bench_map(b, root, node_va(at[k]), 0, 0);
	forget();
}

static double counter(unsigned int number)
{
	return (double)dmmu_bench_counter(b, number);
}

static void fault_rows(void)
{
	static const char *const slow =
		"per fault: walk, record, status block, the answer's fetch, "
		"walk from the root, node; the rest is"
		" that a status write waits for the one before it";
	double limit = 1000.0 / (3 * HOST_LATENCY + 8 + (b->levels + 2) * LOCAL_LATENCY);

	fault_nodes = rows_options.brief ? 4 : 64;
	for (unsigned int n = 0; (n = rows_next_threads(n, b->threads));) {
		struct dmmu_work work[64];
		double faults, records, detect, retries, replay;
		uint64_t took;

		for (int one = 0; one < 2; one++) {
			unmap();
			for (unsigned int i = 0; i < n; i++)
				work[i] = (struct dmmu_work){
					.op = DMMU_OP_CHASE,
					.ctx = CTX,
					.src = node_va(at[one ? 0 : i * fault_nodes]),
					.len = fault_nodes,
					.arg2 = 8};
			faults = counter(DMMU_CNT_FAULTS);
			records = counter(DMMU_CNT_FAULT_RECORDS);
			detect = counter(DMMU_CNT_FLT_DETECT_TO_RECORD);
			retries = counter(DMMU_CNT_RETRIES);
			replay = counter(DMMU_CNT_FLT_ANSWER_TO_REPLAY);
			storm(work, n, &took);
			faults = counter(DMMU_CNT_FAULTS) - faults;
			records = counter(DMMU_CNT_FAULT_RECORDS) - records;
			detect = counter(DMMU_CNT_FLT_DETECT_TO_RECORD) - detect;
			retries = counter(DMMU_CNT_RETRIES) - retries;
			replay = counter(DMMU_CNT_FLT_ANSWER_TO_REPLAY) - replay;
			row(one ? "device.fault_storm_one_page" : "device.fault_storm", n,
			    1000 * faults / (double)took, "faults/kcycle", n * limit, HIGHER, slow);
			if (one)
				continue;
			row("device.fault_detect_to_record", n, detect / records, "cycles",
			    HOST_LATENCY + 8, LOWER,
			    "a record is written when the one before it is visible");
			row("device.fault_answer_to_replay", n, replay / retries, "cycles",
			    (double)LOCAL_LATENCY * b->levels, LOWER,
			    "lookups before the walk, a few cycles between two reads, answer after "
			    "it");
		}
	}
}

/* ---- invalidations */

static uint64_t invalidate(uint64_t pages)
{
	struct dmmu_ctl ctl = {.opcode = DMMU_CTL_INVALIDATE, .ctx = CTX};
	uint64_t begin;
	uint32_t index;

	if (pages) {
		ctl.va = HOST_VA;
		ctl.size = pages * 4096;
	} else {
		ctl.flags = DMMU_CTL_F_ALL;
	}
	index = dmmu_bench_ctl_push(b, &ctl);
	begin = dmmu_bench_cycle(b);
	dmmu_bench_ctl_ring(b);
	dmmu_bench_ctl_wait(b, index);
	return dmmu_bench_cycle(b) - begin;
}

static void invalidation_rows(void)
{
	static const struct {
		const char *name;
		uint64_t pages;
	} what[] = {{"page", 1}, {"512_pages", 512}, {"context", 0}};
	static const char *const note = "doorbell, command's fetch, execution (a sweep of the "
					"shared TLB for more than a few pages), status"
					" write; under load the fetch waits behind beats that "
					"threads have asked for, and bursts that"
					" are on their way are waited for";
	unsigned int times = rows_options.brief ? 2 : 8;
	char name[64];

	for (unsigned int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "device.invalidate_%s_idle", what[k].name);
		dmmu_bench_run(b, 3000);
		row(name, 0, (double)invalidate(what[k].pages), "cycles", 2 * HOST_LATENCY, LOWER,
		    note);
		snprintf(name, sizeof(name), "device.invalidate_%s_loaded", what[k].name);
		for (unsigned int n = 0; (n = rows_next_threads(n, b->threads));) {
			uint64_t sum = 0, each = BYTES / n;
			struct dmmu_cpl cpl;

			for (unsigned int i = 0; i < n; i++)
				dmmu_bench_work_push(
					b, &(struct dmmu_work){.op = DMMU_OP_COPY,
							       .ctx = CTX,
							       .src = HOST_VA + i * each,
							       .dst = LOCAL_VA + i * each,
							       .len = rows_options.brief ? 16384
											 : each});
			dmmu_bench_work_ring(b);
			dmmu_bench_run(b, 3000);
			for (unsigned int i = 0; i < times; i++)
				sum += invalidate(what[k].pages);
			row(name, n, (double)sum / times, "cycles", 2 * HOST_LATENCY, LOWER, note);
			for (unsigned int i = 0; i < n; i++) {
				/* the rest of the copy is of no interest */
				if (!i)
					dmmu_bench_ctx_kill(b, CTX);
				dmmu_bench_cpl_wait(b, &cpl);
			}
			dmmu_bench_ctx_set(b, CTX, root);
		}
	}
}

void device_rows(void)
{
	start();
	stream_rows();
	chase_rows();
	random_rows();
	fault_rows();
	invalidation_rows();
	dmmu_bench_free(b);
}
