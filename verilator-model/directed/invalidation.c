// SPDX-License-Identifier: GPL-2.0
/*
 * invalidation.c: claims about the invalidation acknowledge (docs/rings.md).
 */
#include "claims.h"

#include <string.h>

/* Watches writes to a range of host memory: which are accepted after the acknowledge. */
struct watch {
	uint64_t page, bytes;
	bool acknowledged;
	unsigned int before, after;
};

static void accepted(void *opaque, bool local, uint64_t addr, uint64_t len, bool write)
{
	struct watch *watch = opaque;

	(void)len;
	if (local || !write || addr - watch->page >= watch->bytes)
		return;
	if (watch->acknowledged)
		watch->after++;
	else
		watch->before++;
}

/*
 * A thread fills 64 pages of virtual memory, all of them one page of physical memory, or parts of a
 * huge one; memory is slow, and they are unmapped in the middle. CTL_HEAD is read as a register,
 * since the status write would queue behind the very writes that may be in flight.
 */
static void acknowledge_under_writes(struct dmmu_bench_config *config, bool huge)
{
	struct dmmu_bench *bench;
	struct watch watch = {0};
	/* the invalidation of the huge page names a part that is not written to */
	uint64_t root, entry, pte, va = VA & ~0x1fffffull;
	uint64_t named = va + (huge ? 0x155000 : 0x123), size = huge ? 1 : 64 * PAGE - 0x123;
	unsigned int met = 0;
	struct dmmu_prng prng;

	config->host_bytes = 32ull << 20;
	config->host_latency = 400;
	bench = dmmu_bench_new(config);
	prng = dmmu_prng(config->seed, 3);
	root = context_new(bench, 3);
	watch.bytes = huge ? 2ull << 20 : PAGE;
	watch.page = dmmu_bench_alloc_host(bench, watch.bytes, watch.bytes);
	pte = watch.page | PTE_RW;
	entry = dmmu_bench_pte_at(bench, root, va, huge);
	bench->accepted = accepted;
	bench->opaque = &watch;
	for (unsigned int round = 0; round < 12; round++) {
		uint32_t done, before = 0;
		struct dmmu_flt flt;

		dmmu_bench_pt_fill(bench, entry, huge ? 1 : 64, pte, 0);
		watch.acknowledged = false;
		submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
						 .ctx = 3,
						 .dst = va,
						 .len = 64 * PAGE,
						 .arg = round});
		BENCH_UNTIL(bench, dmmu_mem_in_flight(bench->dev->host, watch.page, watch.bytes),
			    10000);
		dmmu_bench_run(bench, dmmu_rand_below(&prng, 900));
		before = watch.before;
		dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_PT_FILL,
							      .local = entry,
							      .count = huge ? 1 : 64});
		done = dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
								     .ctx = 3,
								     .va = named,
								     .size = size});
		dmmu_bench_ctl_ring(bench);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD) == done + 1, 20000);
		watch.acknowledged = true;
		BENCH_CHECK(bench, !dmmu_mem_in_flight(bench->dev->host, watch.page, watch.bytes),
			    "round %u: the invalidation was acknowledged with a write to the page "
			    "in flight",
			    round);
		met += watch.before > before;
		flt = next_fault(bench);
		BENCH_CHECK(bench, flt.va - va < 64 * PAGE, "fault at 0x%llx",
			    (unsigned long long)flt.va);
		BENCH_EQ(bench, watch.after, 0);
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
		BENCH_EQ(bench, watch.after, 0);
	}
	BENCH_CHECK(bench, met >= 4, "only in %u rounds writes went on meanwhile", met);
	dmmu_bench_free(bench);
}

void claim_invalidate_waits_for_inflight_write(struct dmmu_bench_config *config)
{
	acknowledge_under_writes(config, false);
}

void claim_invalidate_of_a_part_waits_for_all_of_a_huge_page(struct dmmu_bench_config *config)
{
	acknowledge_under_writes(config, true);
}

void claim_invalidated_page_is_walked_again(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t old = map_host(bench, root, VA, 3, PTE_RW);
	uint64_t fresh = dmmu_bench_alloc_local(bench, PAGE, PAGE);
	uint64_t walks;

	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 3 * PAGE, .arg = 1});
	walks = dmmu_bench_counter(bench, DMMU_CNT_WALKS);
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA + PAGE, 0),
		  fresh | PTE_RW | DMMU_PTE_LOCAL);
	/* one byte of the page is enough; its neighbours stay cached */
	dmmu_bench_invalidate(bench, 0, VA + 2 * PAGE - 1, 1);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 3 * PAGE, .arg = 2});
	BENCH_EQ(bench, host_word(bench, old), 2);
	BENCH_EQ(bench, host_word(bench, old + PAGE), 1);
	BENCH_EQ(bench, host_word(bench, old + 2 * PAGE), 2);
	BENCH_EQ(bench, *(uint64_t *)dmmu_bench_local(bench, fresh), 2);
	COUNT_EQ(bench, WALKS, walks + 1);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_INVALIDATIONS), 1);
	dmmu_bench_free(bench);
}

void claim_invalidate_inside_a_huge_page_drops_it(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, dma, va = VA & ~0x1fffffull;

	config->host_bytes = 32ull << 20;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 0);
	dma = dmmu_bench_alloc_host(bench, 4ull << 20, 2ull << 20);
	dmmu_bench_map(bench, root, va, 1, dma | PTE_RW);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = va, .len = 8, .arg = 1});
	pte_write(bench, dmmu_bench_pte_at(bench, root, va, 1), (dma + (2ull << 20)) | PTE_RW);
	dmmu_bench_invalidate(bench, 0, va + 0x155000, PAGE);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = va, .len = 8, .arg = 2});
	BENCH_EQ(bench, host_word(bench, dma), 1);
	BENCH_EQ(bench, host_word(bench, dma + (2ull << 20)), 2);
	dmmu_bench_free(bench);
}

void claim_invalidate_every_drops_all_contexts(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root[3], fresh[3];

	for (unsigned int c = 0; c < 3; c++) {
		root[c] = context_new(bench, c);
		map_host(bench, root[c], VA, 1, PTE_RW);
		run(bench, (struct dmmu_work){
				   .op = DMMU_OP_FILL, .ctx = c, .dst = VA, .len = 8, .arg = 1});
		fresh[c] = map_host(bench, root[c], VA, 1, PTE_RW);
	}
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
						 .flags = DMMU_CTL_F_ALL | DMMU_CTL_F_EVERY});
	for (unsigned int c = 0; c < 3; c++) {
		run(bench,
		    (struct dmmu_work){
			    .op = DMMU_OP_FILL, .ctx = c, .dst = VA, .len = 8, .arg = 2 + c});
		BENCH_EQ(bench, host_word(bench, fresh[c]), 2 + c);
	}
	dmmu_bench_free(bench);
}

void claim_invalidate_does_not_wait_for_stalled_threads(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_flt flt[16];

	context_new(bench, 0);
	BENCH_EQ(bench, bench->threads, 16);
	for (unsigned int i = 0; i < 16; i++)
		submit(bench,
		       (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + i * PAGE, .len = 1});
	for (unsigned int i = 0; i < 16; i++)
		flt[i] = next_fault(bench);
	/* bounded by the bench: every thread holds a fault on the very range */
	dmmu_bench_invalidate(bench, 0, VA, 16 * PAGE);
	dmmu_bench_invalidate_all(bench, 0);
	for (unsigned int i = 0; i < 16; i++) {
		dmmu_bench_answer(bench, flt[i].tag, DMMU_ANSWER_FAIL);
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

/*
 * One thread reads a page for the first time while invalidations of another page follow each other
 * without a pause, each over long before a walk is. The other page is in the same table; and in
 * another 2 MiB; and the entry read has to be marked on the way.
 */
void claim_invalidations_of_other_pages_do_not_starve_a_walk(struct dmmu_bench_config *config)
{
	static const struct {
		uint64_t away, flags;
	} round[] = {
		{PAGE, DMMU_PTE_A | DMMU_PTE_D}, {64ull << 20, DMMU_PTE_A | DMMU_PTE_D}, {PAGE, 0}};
	struct dmmu_bench *bench;
	uint64_t root;

	config->local_latency = 300;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 2);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t va = VA + i * 8 * PAGE, begin;
		unsigned int sent = 0;
		struct dmmu_cpl cpl;

		map_host(bench, root, va, 1, PTE_RW | round[i].flags);
		submit(bench,
		       (struct dmmu_work){.op = DMMU_OP_REDUCE, .ctx = 2, .src = va, .len = 1});
		begin = dmmu_bench_cycle(bench);
		while (!dmmu_bench_cpl_take(bench, &cpl)) {
			dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
								      .ctx = 2,
								      .va = va + round[i].away,
								      .size = PAGE});
			dmmu_bench_ctl_ring(bench);
			sent++;
			BENCH_CHECK(bench, dmmu_bench_cycle(bench) - begin < 30000,
				    "round %u: a walk is not over after %u invalidations of "
				    "another page",
				    i, sent);
		}
		dmmu_bench_heads(bench);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
		BENCH_EQ(bench, cpl.faults, 0);
		BENCH_CHECK(bench, sent > 1, "only %u invalidations were there", sent);
	}
	dmmu_bench_free(bench);
}

/*
 * All threads copy, each with a page of its own at hand; an invalidation of them all waits for the
 * bursts that are on their way, and not for all pages to be moved.
 */
void claim_invalidate_is_bounded_by_bursts_not_by_pages(struct dmmu_bench_config *config)
{
	const uint64_t each = 64 * PAGE;
	struct dmmu_bench *bench;
	uint64_t root, from, to, bound;

	config->host_latency = 250;
	config->local_latency = 60;
	bench = dmmu_bench_new(config);
	BENCH_EQ(bench, bench->threads, 16);
	root = context_new(bench, 1);
	from = map_host(bench, root, VA, 16 * 64, PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	to = map_local(bench, root, VA + 16 * each, 16 * 64, PTE_RW | DMMU_PTE_A | DMMU_PTE_D);
	for (uint64_t at = 0; at < 16 * each; at += 8)
		host_set(bench, from + at, at * 0x9e3779b97f4a7c15ull);
	for (unsigned int i = 0; i < 16; i++)
		dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_COPY,
								.ctx = 1,
								.src = VA + i * each,
								.dst = VA + (16 + i) * each,
								.len = each});
	dmmu_bench_work_ring(bench);
	/* twice the memory's latency and a burst of each thread; a page of each is 8192 cycles */
	bound = 2 * (250 + 64 * 16);
	for (unsigned int i = 0; i < 8; i++) {
		uint64_t begin;

		dmmu_bench_run(bench, 2500 + 97 * i);
		begin = dmmu_bench_cycle(bench);
		dmmu_bench_invalidate_all(bench, 1);
		BENCH_CHECK(bench, dmmu_bench_cycle(bench) - begin <= bound,
			    "it took %llu cycles, not %llu",
			    (unsigned long long)(dmmu_bench_cycle(bench) - begin),
			    (unsigned long long)bound);
	}
	for (unsigned int i = 0; i < 16; i++) {
		struct dmmu_cpl cpl = next_completion(bench);

		BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
		BENCH_EQ(bench, cpl.done, each);
	}
	BENCH_CHECK(bench,
		    !memcmp(dmmu_bench_host(bench, from), dmmu_bench_local(bench, to), 16 * each),
		    "what was copied under invalidations differs");
	dmmu_bench_free(bench);
}

/*
 * A table is unlinked, one page of those it had is invalidated, and with the acknowledge the table
 * is somebody else's memory, which looks like entries. A thread walks to another page of that table
 * meanwhile, and is at any step of its walk: it must not go by what it finds there now.
 */
void claim_table_may_be_reused_after_the_acknowledge(struct dmmu_bench_config *config)
{
	const uint64_t va = VA & ~0x1fffffull, other = va + 8 * PAGE;
	struct dmmu_bench *bench;
	uint64_t root, link, table, entry, forbidden;
	unsigned int late = 0;

	config->local_latency = 400;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 3);
	map_host(bench, root, va, 1, PTE_RW);
	forbidden = dmmu_bench_alloc_host(bench, PAGE, PAGE);
	link = dmmu_bench_pte_at(bench, root, va, 1);
	entry = dmmu_bench_pte_at(bench, root, other, 0);
	table = *(uint64_t *)dmmu_bench_local(bench, link);
	for (unsigned int i = 0; i < 40; i++) {
		uint32_t done;
		struct dmmu_flt flt;

		submit(bench,
		       (struct dmmu_work){
			       .op = DMMU_OP_FILL, .ctx = 3, .dst = other, .len = 8, .arg = 1});
		dmmu_bench_run(bench, 100 + 35 * i);
		dmmu_bench_ctl_push(
			bench,
			&(struct dmmu_ctl){.opcode = DMMU_CTL_PT_FILL, .local = link, .count = 1});
		done = dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
								     .ctx = 3,
								     .va = va,
								     .size = PAGE});
		dmmu_bench_ctl_ring(bench);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD) == done + 1, 20000);
		*(uint64_t *)dmmu_bench_local(bench, entry) = forbidden | PTE_RW;
		flt = next_fault(bench);
		BENCH_EQ(bench, flt.va, other);
		late += flt.level == 0;
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
		BENCH_EQ(bench, host_word(bench, forbidden), 0);
		*(uint64_t *)dmmu_bench_local(bench, entry) = 0;
		*(uint64_t *)dmmu_bench_local(bench, link) = table;
	}
	BENCH_CHECK(bench, late > 4, "only %u of 40 walks came as far as the table", late);
	dmmu_bench_free(bench);
}
