// SPDX-License-Identifier: GPL-2.0
/*
 * translation.c: claims about page tables, the TLB, and accessed and dirty bits.
 */
#include "claims.h"

void claim_two_contexts_same_va_different_pages(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t page[16];
	unsigned int contexts = bench->contexts;

	BENCH_CHECK(bench, contexts >= 2 && contexts <= 16, "%u contexts?", contexts);
	for (unsigned int c = 0; c < contexts; c++)
		page[c] = map_host(bench, context_new(bench, c), VA, 4, PTE_RW);
	for (unsigned int round = 1; round <= 3; round++) {
		for (unsigned int c = 0; c < contexts; c++)
			submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
							 .ctx = c,
							 .dst = VA,
							 .len = 4 * PAGE,
							 .arg = round * 100 + c});
		for (unsigned int c = 0; c < contexts; c++)
			BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
		for (unsigned int c = 0; c < contexts; c++)
			for (unsigned int i = 0; i < 4 * PAGE; i += 8)
				BENCH_EQ(bench, host_word(bench, page[c] + i), round * 100 + c);
	}
	dmmu_bench_free(bench);
}

void claim_huge_pages_translate(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, dma, small, va = VA & ~0x1fffffull;

	config->host_bytes = 32ull << 20;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 1);
	dma = dmmu_bench_alloc_host(bench, 2ull << 20, 2ull << 20);
	dmmu_bench_map(bench, root, va, 1, dma | PTE_RW);
	/* small pages before and after it, which share sets and tags but for the size */
	small = map_host(bench, root, va - PAGE, 1, PTE_RW);
	map_host(bench, root, va + (2ull << 20), 1, PTE_RW);
	for (uint64_t at = 0; at < 2ull << 20; at += 0x1f000)
		BENCH_EQ(bench,
			 run(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
						       .ctx = 1,
						       .dst = va + at,
						       .len = 16,
						       .arg = at + 1})
				 .status,
			 DMMU_STATUS_OK);
	for (uint64_t at = 0; at < 2ull << 20; at += 0x1f000) {
		BENCH_EQ(bench, host_word(bench, dma + at), at + 1);
		BENCH_EQ(bench, host_word(bench, dma + at + 8), at + 1);
		BENCH_EQ(bench, host_word(bench, dma + at + 16), 0);
	}
	COUNT_EQ(bench, WALKS, 1);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, va, 1), dma | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	/* across the border, in one operation */
	BENCH_EQ(bench,
		 run(bench,
		     (struct dmmu_work){
			     .op = DMMU_OP_FILL, .ctx = 1, .dst = va - 24, .len = 48, .arg = 7})
			 .status,
		 DMMU_STATUS_OK);
	BENCH_EQ(bench, host_word(bench, small + PAGE - 24), 7);
	BENCH_EQ(bench, host_word(bench, dma + 16), 7);
	BENCH_EQ(bench, host_word(bench, dma + 24), 0);
	dmmu_bench_free(bench);
}

void claim_read_sets_accessed_only(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 3, PTE_RW);

	run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 4});
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA + PAGE, 0), (dma + PAGE) | PTE_RW);
	run(bench, (struct dmmu_work){.op = DMMU_OP_COPY, .src = VA, .dst = VA + PAGE, .len = 8});
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA + PAGE, 0),
		 (dma + PAGE) | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	run(bench, (struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = VA + 2 * PAGE, .arg = 1});
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA + 2 * PAGE, 0),
		 (dma + 2 * PAGE) | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	COUNT_EQ(bench, AD_UPDATES, 3);
	dmmu_bench_free(bench);
}

void claim_write_hit_on_clean_entry_sets_dirty(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 1, PTE_RW);

	/* the read leaves a clean entry in the TLB; writes must not use it as it is */
	for (int i = 0; i < 3; i++)
		run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 4});
	COUNT_EQ(bench, WALKS, 1);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A);
	for (int i = 0; i < 3; i++)
		run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 32, .arg = 9});
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	BENCH_EQ(bench, host_word(bench, dma + 24), 9);
	/* one more walk for it, and then it is dirty in the TLB too */
	COUNT_EQ(bench, WALKS, 2);
	/* the host cleans it and invalidates: the next write marks it again */
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A);
	dmmu_bench_invalidate(bench, 0, VA, PAGE);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 32, .arg = 10});
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), dma | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	dmmu_bench_free(bench);
}

/*
 * The host clears entries while the walker sets bits in them. If the walker's read-modify-write is
 * not exclusive with the host's write, an entry comes back to life now and then.
 */
void claim_cleared_pte_stays_clear_under_ad_updates(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, dma, table;
	struct dmmu_prng prng;
	uint64_t updates;
	unsigned int late = 0;

	config->local_latency = 12;
	bench = dmmu_bench_new(config);
	prng = dmmu_prng(config->seed, 1);
	root = context_new(bench, 0);
	dma = map_host(bench, root, VA, 64, 0);
	table = dmmu_bench_pte_at(bench, root, VA, 0);
	for (unsigned int round = 0; round < 60; round++) {
		struct dmmu_ctl clear = {.opcode = DMMU_CTL_PT_FILL, .local = table, .count = 64};
		struct dmmu_ctl drop = {.opcode = DMMU_CTL_INVALIDATE, .flags = DMMU_CTL_F_ALL};
		unsigned int open = 32;
		uint32_t last;

		dmmu_bench_pt_fill(bench, table, 64, dma | PTE_RW, PAGE);
		for (unsigned int i = 0; i < open; i++)
			dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_COPY,
									.src = VA + i * PAGE,
									.dst = VA + (i + 32) * PAGE,
									.len = 64});
		dmmu_bench_work_ring(bench);
		dmmu_bench_run(bench, 50 + dmmu_rand_below(&prng, 1200));
		dmmu_bench_ctl_push(bench, &clear);
		last = dmmu_bench_ctl_push(bench, &drop);
		dmmu_bench_ctl_ring(bench);
		dmmu_bench_ctl_wait(bench, last);
		for (unsigned int i = 0; i < 64; i++)
			BENCH_CHECK(bench, *(uint64_t *)dmmu_bench_local(bench, table + 8 * i) == 0,
				    "round %u: entry %u came back as 0x%llx", round, i,
				    (unsigned long long)*(uint64_t *)dmmu_bench_local(
					    bench, table + 8 * i));
		while (open) {
			struct dmmu_flt flt;
			struct dmmu_cpl cpl;

			if (dmmu_bench_flt_take(bench, &flt)) {
				dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
				late++;
			}
			if (dmmu_bench_cpl_take(bench, &cpl))
				open--;
			dmmu_bench_heads(bench);
			dmmu_bench_run(bench, 10);
		}
		for (unsigned int i = 0; i < 64; i++)
			BENCH_EQ(bench, *(uint64_t *)dmmu_bench_local(bench, table + 8 * i), 0);
	}
	/* the clearing did come into the middle of it */
	BENCH_CHECK(bench, late > 60, "only %u of the operations met a cleared entry", late);
	if (counted(bench, DMMU_CNT_AD_UPDATES, "AD_UPDATES", &updates))
		BENCH_CHECK(bench, updates > 300, "only %llu updates", (unsigned long long)updates);
	dmmu_bench_free(bench);
}
