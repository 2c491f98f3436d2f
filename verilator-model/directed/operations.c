// SPDX-License-Identifier: GPL-2.0
/*
 * operations.c: claims about what the hardware threads compute.
 */
#include "claims.h"

#include <string.h>

void claim_operations_compute(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0), sum = 0;
	uint64_t a = map_host(bench, root, VA, 8, PTE_RW);
	uint64_t b = map_local(bench, root, VA + 16 * PAGE, 8, PTE_RW);
	uint64_t *words = dmmu_bench_host(bench, a), *local = dmmu_bench_local(bench, b);
	const unsigned int n = 1200; /* more than two pages, no multiple of eight words */
	struct dmmu_cpl cpl;

	for (unsigned int i = 0; i < 8 * PAGE / 8; i++) {
		words[i] = 0x9e3779b97f4a7c15ull * (i + 1);
		local[i] = 0xc2b2ae3d27d4eb4full * (i + 7);
	}
	for (unsigned int i = 0; i < n; i++)
		sum += words[3 + i];
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + 24, .len = n});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.result, sum);
	BENCH_EQ(bench, cpl.done, n);

	/* host + local -> host, every operand at another place in its page */
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_VADD,
					    .src = VA + 8,
					    .src2 = VA + 16 * PAGE + 104,
					    .dst = VA + 4 * PAGE + 1008,
					    .len = n});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.done, n);
	for (unsigned int i = 0; i < n; i++)
		BENCH_EQ(bench, words[4 * PAGE / 8 + 126 + i], words[1 + i] + local[13 + i]);

	cpl = run(bench,
		  (struct dmmu_work){
			  .op = DMMU_OP_FILL, .dst = VA + 16 * PAGE + 8, .len = 5000, .arg = 42});
	BENCH_EQ(bench, cpl.done, 5000);
	for (unsigned int i = 1; i <= 625; i++)
		BENCH_EQ(bench, local[i], 42);
	BENCH_EQ(bench, local[626], 0xc2b2ae3d27d4eb4full * (626 + 7));

	/* a list through both memories: node = {next, value} */
	for (unsigned int i = 0; i < 50; i++) {
		uint64_t *node = i & 1 ? local + 40 * i : words + 40 * i;

		node[0] = i == 49 ? 0 : (i & 1 ? VA : VA + 16 * PAGE) + 320 * (i + 1);
		node[1] = i + 1;
	}
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_CHASE, .src = VA, .len = 0, .arg = 0, .arg2 = 8});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.result, 50 * 51 / 2);
	BENCH_EQ(bench, cpl.done, 50);
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_CHASE, .src = VA, .len = 10, .arg = 0, .arg2 = 8});
	BENCH_EQ(bench, cpl.result, 55);
	BENCH_EQ(bench, cpl.done, 10);
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_CHASE, .src = 0, .arg2 = 8});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.done, 0);

	words[5] = 1000;
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_ATOMIC_ADD, .dst = VA + 40, .arg = 3, .len = 10});
	BENCH_EQ(bench, cpl.result, 1027);
	BENCH_EQ(bench, cpl.done, 10);
	BENCH_EQ(bench, words[5], 1030);
	cpl = run(bench,
		  (struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = VA + 40, .arg = ~0ull});
	BENCH_EQ(bench, cpl.done, 1);
	BENCH_EQ(bench, words[5], 1029);
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_ATOMIC_CAS, .dst = VA + 40, .arg = 1028, .arg2 = 5});
	BENCH_EQ(bench, cpl.result, 1029);
	BENCH_EQ(bench, words[5], 1029);
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_ATOMIC_CAS, .dst = VA + 40, .arg = 1029, .arg2 = 5});
	BENCH_EQ(bench, cpl.result, 1029);
	BENCH_EQ(bench, words[5], 5);
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .cookie = 77});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.cookie, 77);
	dmmu_bench_free(bench);
}

/* One copy or fill between two pages each, and every byte around it looked at. */
static void one_alignment(struct dmmu_bench *bench, const uint8_t *from, uint8_t *to, uint64_t s_at,
			  uint64_t d_at, uint64_t len, bool fill)
{
	static uint8_t expected[2 * PAGE];
	const uint64_t pattern = 0x8171615141312111ull;
	struct dmmu_cpl cpl;

	memset(to, 0xee, 2 * PAGE);
	memset(expected, 0xee, sizeof(expected));
	for (uint64_t i = 0; i < len; i++)
		expected[d_at + i] = fill ? (uint8_t)(pattern >> 8 * (i % 8)) : from[s_at + i];
	cpl = run(bench, (struct dmmu_work){.op = fill ? DMMU_OP_FILL : DMMU_OP_COPY,
					    .src = VA + s_at,
					    .dst = VA + 16 * PAGE + d_at,
					    .len = len,
					    .arg = pattern});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, cpl.done, len);
	BENCH_CHECK(bench, !memcmp(to, expected, 2 * PAGE),
		    "%s of %llu bytes from +0x%llx to +0x%llx went wrong", fill ? "fill" : "copy",
		    (unsigned long long)len, (unsigned long long)s_at, (unsigned long long)d_at);
}

void claim_copy_handles_every_alignment(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t src = map_host(bench, root, VA, 2, PTE_RW);
	uint64_t dst = map_local(bench, root, VA + 16 * PAGE, 2, PTE_RW);
	const uint8_t *from = dmmu_bench_host(bench, src);
	uint8_t *to = dmmu_bench_local(bench, dst);

	for (unsigned int i = 0; i < 2 * PAGE; i += 8)
		host_set(bench, src + i, 0x0123456789abcdefull * (i / 8 % 251 + 1) + i);
	/* words, both ends near the page border, from either side */
	for (unsigned int s = 0; s < 12; s += 3)
		for (unsigned int d = 0; d < 12; d++)
			one_alignment(bench, from, to, PAGE - 40 + 8 * s, PAGE - 64 + 8 * d,
				      8 * (1 + (s * 5 + d * 3) % 40), false);
	/* bytes: each alignment against each, lengths from nothing to some words, over the border
	 */
	for (unsigned int s = 0; s < 8; s++)
		for (unsigned int d = 0; d < 8; d++)
			for (unsigned int l = 0; l < 3; l++)
				one_alignment(bench, from, to, PAGE - 24 + s + 8 * l, PAGE - 16 + d,
					      (s * 11 + d * 7 + l * 13) % 40, false);
	/* more than a page, so that each page takes part with several bursts */
	for (unsigned int i = 0; i < 4; i++)
		one_alignment(bench, from, to, 3 * i, 1001 - 2 * i, 2 * PAGE - 1001 - 5 * i, false);
	one_alignment(bench, from, to, 0, 0, 2 * PAGE, false);
	dmmu_bench_free(bench);
}

void claim_fill_repeats_its_pattern_from_any_byte(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint8_t *to = dmmu_bench_local(bench, map_local(bench, root, VA + 16 * PAGE, 2, PTE_RW));

	for (unsigned int d = 0; d < 16; d++)
		for (unsigned int len = d % 3; len < 20; len += 3)
			one_alignment(bench, NULL, to, 0, PAGE - 8 + d, len, true);
	for (unsigned int d = 0; d < 8; d += 3)
		one_alignment(bench, NULL, to, 0, d, 2 * PAGE - 2 * d, true);
	dmmu_bench_free(bench);
}

void claim_atomics_of_all_threads_add_up(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 1, PTE_RW);
	uint64_t seen = 0;

	for (unsigned int i = 0; i < 32; i++)
		dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD,
								.dst = VA + 64,
								.len = 25,
								.arg = 1ull << 32 | 1});
	dmmu_bench_work_ring(bench);
	for (unsigned int i = 0; i < 32; i++) {
		struct dmmu_cpl cpl = next_completion(bench);

		BENCH_EQ(bench, cpl.done, 25);
		seen |= 1ull << cpl.thread;
	}
	BENCH_EQ(bench, host_word(bench, dma + 64), 800ull << 32 | 800);
	BENCH_CHECK(bench, (seen & (seen - 1)) != 0, "a single thread ran everything");
	dmmu_bench_free(bench);
}

void claim_bad_descriptors_touch_nothing(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	const struct dmmu_work bad[] = {
		{.op = DMMU_OP_COUNT},
		{.op = 255},
		{.op = DMMU_OP_NOP, .flags = 1},
		{.op = DMMU_OP_NOP, .rsvd = 1},
		{.op = DMMU_OP_VADD, .src = VA + 4, .src2 = VA, .dst = VA, .len = 1},
		{.op = DMMU_OP_VADD, .src = VA, .src2 = VA + 4, .dst = VA, .len = 1},
		{.op = DMMU_OP_VADD, .src = VA, .src2 = VA, .dst = VA + 4, .len = 1},
		{.op = DMMU_OP_REDUCE, .src = VA + 4, .len = 1},
		{.op = DMMU_OP_CHASE, .src = VA + 4},
		{.op = DMMU_OP_CHASE, .src = VA, .arg = 4},
		{.op = DMMU_OP_CHASE, .src = VA, .arg2 = 4},
		{.op = DMMU_OP_ATOMIC_ADD, .dst = VA + 4},
		{.op = DMMU_OP_ATOMIC_CAS, .dst = VA + 4},
	};

	/* nothing is mapped: any access would fault */
	context_new(bench, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dmmu_cpl cpl = run(bench, bad[i]);

		BENCH_CHECK(bench, cpl.status == DMMU_STATUS_BAD_DESC, "descriptor %zu: status %u",
			    i, cpl.status);
		BENCH_EQ(bench, cpl.op, bad[i].op);
		BENCH_EQ(bench, cpl.done, 0);
	}
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_TLB_LOOKUPS), 0);
	/* nothing to do is no error, wherever it points */
	BENCH_EQ(bench,
		 run(bench, (struct dmmu_work){.op = DMMU_OP_COPY, .src = ~7ull, .dst = 8}).status,
		 DMMU_STATUS_OK);
	dmmu_bench_free(bench);
}

void claim_memory_errors_are_reported(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	struct dmmu_cpl cpl;

	map_host(bench, root, VA, 1, PTE_RW);
	dmmu_bench_map(bench, root, VA + PAGE, 0, 0x1000 | PTE_RW); /* no host memory there */
	dmmu_bench_map(bench, root, VA + 2 * PAGE, 0, 1ull << 40 | PTE_RW | DMMU_PTE_LOCAL);
	for (unsigned int page = 1; page <= 2; page++) {
		uint64_t bad = VA + page * PAGE;

		cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = bad, .len = 100});
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_BUS);
		BENCH_EQ(bench, cpl.va, bad);
		BENCH_EQ(bench, cpl.cause, DMMU_CAUSE_BUS);
		BENCH_EQ(bench, cpl.done, 0);
		BENCH_EQ(bench, cpl.result, 0);
		cpl = run(bench,
			  (struct dmmu_work){.op = DMMU_OP_FILL, .dst = bad + 64, .len = 64});
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_BUS);
		BENCH_EQ(bench, cpl.va, bad + 64);
		cpl = run(bench,
			  (struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = bad + 8, .arg = 1});
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_BUS);
		BENCH_EQ(bench, cpl.va, bad + 8);
		cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_CHASE, .src = bad});
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_BUS);
	}
	cpl = run(bench,
		  (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + PAGE - 24, .len = 100});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_BUS);
	BENCH_EQ(bench, cpl.va, VA + PAGE);
	BENCH_EQ(bench, cpl.done, 3);
	/* a data access is no error of the device */
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	/* and the atomic lock is free again */
	BENCH_EQ(bench, run(bench, (struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = VA}).status,
		 DMMU_STATUS_OK);
	dmmu_bench_free(bench);
}

/* What a poisoned word does to an operation on 4 pages, while another thread works beside it. */
static struct dmmu_cpl poisoned(struct dmmu_bench *bench, struct dmmu_work work)
{
	struct dmmu_cpl first, second;

	work.cookie = 1;
	dmmu_bench_work_push(bench, &work);
	dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_REDUCE,
							.cookie = 2,
							.src = VA + 8 * PAGE,
							.len = 4 * PAGE / 8});
	dmmu_bench_work_ring(bench);
	first = next_completion(bench);
	second = next_completion(bench);
	if (first.cookie == 2) {
		struct dmmu_cpl swap = first;

		first = second;
		second = swap;
	}
	BENCH_EQ(bench, second.cookie, 2);
	BENCH_EQ(bench, second.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, second.result, 4 * 512 * 513ull / 2);
	BENCH_EQ(bench, first.status, DMMU_STATUS_BUS);
	BENCH_EQ(bench, first.cause, DMMU_CAUSE_POISON);
	BENCH_EQ(bench, first.access, 0);
	return first;
}

void claim_poison_ends_one_operation_at_its_word(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t src = map_host(bench, root, VA, 4, PTE_RW);
	uint64_t dst = map_host(bench, root, VA + 4 * PAGE, 4, PTE_RW);
	uint64_t other = map_host(bench, root, VA + 8 * PAGE, 4, PTE_RW);
	const uint64_t word = 512 + 300; /* in the second page, within a burst */
	struct dmmu_cpl cpl;

	for (uint64_t i = 0; i < 4 * 512; i++) {
		host_set(bench, src + 8 * i, i);
		host_set(bench, dst + 8 * i, ~0ull);
		host_set(bench, other + 8 * i, 1 + i % 512);
	}
	bench->host_poison_addr = src + 8 * word;
	bench->host_poison_bytes = 8;
	/* read: what is before it counts, word by word */
	cpl = poisoned(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 4 * 512});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, word);
	BENCH_EQ(bench, cpl.result, word * (word - 1) / 2);
	/* read into the buffer: nothing of that access is written */
	cpl = poisoned(bench, (struct dmmu_work){.op = DMMU_OP_COPY,
						 .src = VA + 3,
						 .dst = VA + 4 * PAGE + 8,
						 .len = 4 * PAGE - 16});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, PAGE - 3);
	BENCH_EQ(bench, host_word(bench, dst), ~0ull);
	BENCH_EQ(bench, host_word(bench, dst + 8), 1ull << 40);
	BENCH_EQ(bench, host_word(bench, dst + 8 + PAGE), ~0ull);
	/* the second source */
	cpl = poisoned(bench, (struct dmmu_work){.op = DMMU_OP_VADD,
						 .src = VA + 2 * PAGE,
						 .src2 = VA + PAGE,
						 .dst = VA + 4 * PAGE,
						 .len = 1024});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, 0);
	/* a node's value; its `next` is well */
	host_set(bench, src + 8 * word - 8, 0);
	cpl = poisoned(bench, (struct dmmu_work){
				      .op = DMMU_OP_CHASE, .src = VA + 8 * word - 8, .arg2 = 8});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, 0);
	BENCH_EQ(bench, cpl.result, 0);
	/* its `next`; the value counts */
	host_set(bench, src + 8 * word - 8, 77);
	cpl = poisoned(bench,
		       (struct dmmu_work){.op = DMMU_OP_CHASE, .src = VA + 8 * word - 8, .arg = 8});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, 0);
	BENCH_EQ(bench, cpl.result, 77);
	cpl = poisoned(bench, (struct dmmu_work){
				      .op = DMMU_OP_ATOMIC_ADD, .dst = VA + 8 * word, .arg = 1});
	BENCH_EQ(bench, cpl.va, VA + 8 * word);
	BENCH_EQ(bench, cpl.done, 0);
	/* written: a burst has one answer; what is before it is done, byte by byte */
	cpl = poisoned(bench,
		       (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA + 5, .len = 4 * PAGE - 8});
	BENCH_CHECK(bench, cpl.va % 8 == 0 && cpl.va <= VA + 8 * word && cpl.va > VA + PAGE,
		    "va 0x%llx", (unsigned long long)cpl.va);
	BENCH_EQ(bench, cpl.done, cpl.va - VA - 5);
	for (uint64_t i = 1; i < cpl.done / 8; i++)
		BENCH_EQ(bench, host_word(bench, src + 8 * i), 0);
	/* nothing is left of it */
	bench->host_poison_bytes = 0;
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	cpl = run(bench,
		  (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + 8 * PAGE, .len = 512});
	BENCH_EQ(bench, cpl.result, 512 * 513 / 2);
	dmmu_bench_free(bench);
}

void claim_list_ends_at_a_node_that_is_not_aligned(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t dma = map_host(bench, context_new(bench, 0), VA, 1, PTE_RW);
	struct dmmu_cpl cpl;

	/* three nodes of {next, value}; the third begins in the middle of a word */
	host_set(bench, dma, VA + 64);
	host_set(bench, dma + 8, 5);
	host_set(bench, dma + 64, VA + 128 + 4);
	host_set(bench, dma + 72, 7);
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_CHASE, .src = VA, .arg = 0, .arg2 = 8});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_BAD_DESC);
	BENCH_EQ(bench, cpl.done, 2);
	BENCH_EQ(bench, cpl.result, 12);
	dmmu_bench_free(bench);
}
