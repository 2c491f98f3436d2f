// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c: claims about page faults: records, stalls, answers.
 */
#include "claims.h"

void claim_fault_record_tells_all(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_flt flt, again;
	struct dmmu_cpl cpl;
	uint64_t root = context_new(bench, 5);
	uint64_t at, phase;

	map_host(bench, root, VA, 1, PTE_RO);
	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
					 .ctx = 5,
					 .cookie = 0xc00c1e,
					 .dst = VA + 0x358,
					 .len = 8,
					 .arg = 1});
	flt = next_fault(bench);
	BENCH_EQ(bench, flt.va, VA + 0x358);
	BENCH_EQ(bench, flt.ctx, 5);
	BENCH_EQ(bench, flt.tag & 0xff, flt.thread);
	BENCH_EQ(bench, flt.access, DMMU_ACCESS_WRITE);
	BENCH_EQ(bench, flt.cause, DMMU_CAUSE_PERMISSION);
	BENCH_EQ(bench, flt.level, 0);
	BENCH_EQ(bench, flt.cookie, 0xc00c1e);
	BENCH_CHECK(bench, flt.detect > 0 && flt.record > flt.detect, "stamps out of order");
	for (size_t i = 0; i < sizeof(flt.rsvd); i++)
		BENCH_EQ(bench, flt.rsvd[i], 0);
	BENCH_EQ(bench, flt.rsvd2, 0);
	BENCH_EQ(bench, flt.threads, 1ull << flt.thread);
	/* the debug window and STATUS agree */
	dmmu_bench_write(bench, DMMU_REG_THR_SEL, flt.thread);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_THR_STATE),
		 DMMU_THR_STATE_BUSY | DMMU_THR_STATE_STALLED | DMMU_OP_FILL << 8 | 5 << 16);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_THR_VA_LO), (uint32_t)flt.va);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_THR_VA_HI), flt.va >> 32);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_THR_TAG), flt.tag);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) >> 8, 0x0101);
	/* a useless retry faults again, under another tag */
	at = dmmu_bench_counter(bench, DMMU_CNT_CYCLES);
	dmmu_bench_run(bench, 1000);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
	again = next_fault(bench);
	BENCH_CHECK(bench, again.tag != flt.tag && again.thread == flt.thread,
		    "the tag was not renewed");
	BENCH_EQ(bench, again.va, flt.va);
	BENCH_CHECK(bench, again.detect > at + 1000, "the stamp is old");
	dmmu_bench_answer(bench, again.tag, DMMU_ANSWER_FAIL);
	cpl = next_completion(bench);
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_FAULT);
	BENCH_EQ(bench, cpl.cookie, 0xc00c1e);
	BENCH_EQ(bench, cpl.thread, flt.thread);
	BENCH_EQ(bench, cpl.op, DMMU_OP_FILL);
	BENCH_EQ(bench, cpl.ctx, 5);
	BENCH_EQ(bench, cpl.va, flt.va);
	BENCH_EQ(bench, cpl.access, DMMU_ACCESS_WRITE);
	BENCH_EQ(bench, cpl.cause, DMMU_CAUSE_PERMISSION);
	BENCH_EQ(bench, cpl.faults, 2);
	BENCH_EQ(bench, cpl.done, 0);
	BENCH_CHECK(bench, cpl.stall > 1000 && cpl.cycles > cpl.stall, "stall %llu of %llu cycles",
		    (unsigned long long)cpl.stall, (unsigned long long)cpl.cycles);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_FAULTS), 2);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_FAULT_RECORDS), 2);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_RETRIES), 1);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_FAILS), 1);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_STALL_CYCLES), cpl.stall);
	if (counted(bench, DMMU_CNT_FLT_RECORD_TO_ANSWER, "FLT_RECORD_TO_ANSWER", &phase))
		BENCH_CHECK(bench, phase >= 1000, "record to answer: %llu cycles",
			    (unsigned long long)phase);
	if (counted(bench, DMMU_CNT_FLT_DETECT_TO_RECORD, "FLT_DETECT_TO_RECORD", &phase))
		BENCH_CHECK(bench, phase > 2, "detect to record: %llu cycles",
			    (unsigned long long)phase);
	dmmu_bench_free(bench);
}

void claim_every_cause_is_told_apart(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 1, PTE_RW);
	uint64_t leaf = dmmu_bench_pte_at(bench, root, VA, 0);
	uint64_t huge = dmmu_bench_pte_at(bench, root, VA, 1);
	uint64_t middle = dmmu_bench_pte_at(bench, root, VA, 2);
	uint64_t top = dmmu_bench_pte_at(bench, root, VA, 3);
	const struct {
		uint64_t entry, value;
		uint8_t op, cause, level;
	} cases[] = {
		{leaf, 0, DMMU_OP_REDUCE, DMMU_CAUSE_NOT_PRESENT, 0},
		{leaf, ~DMMU_PTE_V, DMMU_OP_REDUCE, DMMU_CAUSE_NOT_PRESENT, 0},
		{huge, 0, DMMU_OP_REDUCE, DMMU_CAUSE_NOT_PRESENT, 1},
		{middle, 0, DMMU_OP_REDUCE, DMMU_CAUSE_NOT_PRESENT, 2},
		{top, 0, DMMU_OP_REDUCE, DMMU_CAUSE_NOT_PRESENT, 3},
		{leaf, dma | (PTE_RW & ~DMMU_PTE_R), DMMU_OP_REDUCE, DMMU_CAUSE_PERMISSION, 0},
		{leaf, dma | (PTE_RW & ~DMMU_PTE_W), DMMU_OP_FILL, DMMU_CAUSE_PERMISSION, 0},
		{leaf, dma | (PTE_RW & ~DMMU_PTE_W), DMMU_OP_ATOMIC_ADD, DMMU_CAUSE_PERMISSION, 0},
		{leaf, dma | (PTE_RW & ~DMMU_PTE_R), DMMU_OP_ATOMIC_ADD, DMMU_CAUSE_PERMISSION, 0},
		{leaf, dma | (PTE_RW & ~DMMU_PTE_AT), DMMU_OP_ATOMIC_ADD, DMMU_CAUSE_PERMISSION, 0},
		{leaf, dma | PTE_RW | 0x100, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 0},
		{leaf, dma | PTE_RW | 0x800, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 0},
		{leaf, dma | PTE_RW | 1ull << 52, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 0},
		{leaf, dma | PTE_RW | 1ull << 63, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 0},
		{leaf, dma | DMMU_PTE_V, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 0},
		{huge, (dma & ~0x1fffffull) | 0x1000 | PTE_RW, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE,
		 1},
		{huge, dmmu_bench_pte(bench, root, VA, 1) | DMMU_PTE_R, DMMU_OP_REDUCE,
		 DMMU_CAUSE_BAD_PTE, 1},
		{middle, dmmu_bench_pte(bench, root, VA, 2) | DMMU_PTE_A, DMMU_OP_REDUCE,
		 DMMU_CAUSE_BAD_PTE, 2},
		{middle, PTE_RW, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 2},
		{top, PTE_RW, DMMU_OP_REDUCE, DMMU_CAUSE_BAD_PTE, 3},
		{middle, (1ull << 40) | DMMU_PTE_V, DMMU_OP_REDUCE, DMMU_CAUSE_BUS, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t good = *(uint64_t *)dmmu_bench_local(bench, cases[i].entry);
		struct dmmu_flt flt;
		struct dmmu_cpl cpl;

		pte_write(bench, cases[i].entry, cases[i].value);
		dmmu_bench_invalidate_all(bench, 0);
		submit(bench, (struct dmmu_work){
				      .op = cases[i].op, .src = VA + 8, .dst = VA + 8, .len = 8});
		flt = next_fault(bench);
		BENCH_CHECK(bench, flt.cause == cases[i].cause && flt.level == cases[i].level,
			    "case %zu: cause %u at level %u, expected %u at %u", i, flt.cause,
			    flt.level, cases[i].cause, cases[i].level);
		pte_write(bench, cases[i].entry, good);
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
		cpl = next_completion(bench);
		BENCH_CHECK(bench, cpl.status == DMMU_STATUS_OK, "case %zu: status %u after repair",
			    i, cpl.status);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_LOCAL_BUS);
	for (int bit = 48; bit < 64; bit++) {
		struct dmmu_flt flt;

		submit(bench,
		       (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA | 1ull << bit, .len = 1});
		flt = next_fault(bench);
		BENCH_EQ(bench, flt.cause, DMMU_CAUSE_NONCANONICAL);
		BENCH_EQ(bench, flt.va, VA | 1ull << bit);
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
		BENCH_EQ(bench, next_completion(bench).cause, DMMU_CAUSE_NONCANONICAL);
	}
	dmmu_bench_free(bench);
}

/*
 * Two faults, each repaired so that only a fresh walk from the root can find the right page: a page
 * that was not there, and a path that was replaced at the top while its old leaf stays in memory.
 */
void claim_retry_walks_again_from_root(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t other = dmmu_bench_pt_new(bench);
	uint64_t first, old, fresh;
	struct dmmu_flt flt;

	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 64, .arg = 0x11});
	flt = next_fault(bench);
	first = map_host(bench, root, VA, 1, PTE_RW);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
	for (unsigned int i = 0; i < 64; i += 8)
		BENCH_EQ(bench, host_word(bench, first + i), 0x11);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0),
		 first | PTE_RW | DMMU_PTE_A | DMMU_PTE_D);

	old = map_host(bench, root, VA + PAGE, 1, PTE_RO);
	submit(bench,
	       (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA + PAGE, .len = 64, .arg = 0x22});
	flt = next_fault(bench);
	BENCH_EQ(bench, flt.cause, DMMU_CAUSE_PERMISSION);
	fresh = map_host(bench, other, VA + PAGE, 1, PTE_RW);
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 3),
		  dmmu_bench_pte(bench, other, VA, 3));
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
	for (unsigned int i = 0; i < 64; i += 8) {
		BENCH_EQ(bench, host_word(bench, old + i), 0);
		BENCH_EQ(bench, host_word(bench, fresh + i), 0x22);
	}
	dmmu_bench_free(bench);
}

/*
 * The tables have changed, the walk caches were not told. One thread waits with a fault of before;
 * another one has just begun to walk the old way. The first is answered RETRY: it must see the new
 * tables, so that walk will not do.
 */
void claim_retry_joins_no_walk_from_before(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, other, entry;
	unsigned int done = 0;
	struct dmmu_flt flt;
	struct dmmu_cpl cpl;

	config->local_latency = 400;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 0);
	other = dmmu_bench_pt_new(bench);
	entry = dmmu_bench_pte_at(bench, root, VA, 0);
	submit(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 1, .cookie = 1});
	flt = next_fault(bench);
	map_host(bench, other, VA, 1, PTE_RW);
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 3),
		  dmmu_bench_pte(bench, other, VA, 3));
	submit(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 1, .cookie = 2});
	/* an MMU that remembers no tables sees the new ones at once, and is done with it */
	BENCH_UNTIL(bench,
		    dmmu_mem_in_flight(bench->dev->local, entry, 8) ||
			    dmmu_bench_status(bench)->cpl_tail != bench->cpl_head,
		    10000);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
	/* the second thread may fault, the first does not fault again */
	for (unsigned int n = 0; done < 2; n++) {
		BENCH_CHECK(bench, n < 20000, "%u of 2 threads are done", done);
		dmmu_bench_run(bench, 1);
		if (dmmu_bench_flt_take(bench, &flt)) {
			BENCH_EQ(bench, flt.cookie, 2);
			dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
		}
		if (dmmu_bench_cpl_take(bench, &cpl)) {
			BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
			if (cpl.cookie == 1)
				BENCH_EQ(bench, cpl.faults, 1);
			done++;
		}
	}
	dmmu_bench_heads(bench);
	dmmu_bench_free(bench);
}

void claim_permission_upgrade_after_retry(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 1, PTE_RO);
	struct dmmu_flt flt;

	/* the entry without permission to write is cached, and may stay so: no invalidation */
	run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 1});
	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8, .arg = 5});
	flt = next_fault(bench);
	BENCH_EQ(bench, flt.cause, DMMU_CAUSE_PERMISSION);
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 0), dma | PTE_RW);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_RETRY);
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
	BENCH_EQ(bench, host_word(bench, dma), 5);
	/* and without any fault: a stale entry alone must not cause one */
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 0), dma | PTE_RO);
	dmmu_bench_invalidate(bench, 0, VA, 1);
	run(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 1});
	pte_write(bench, dmmu_bench_pte_at(bench, root, VA, 0), dma | PTE_RW);
	BENCH_EQ(bench,
		 run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8, .arg = 6})
			 .faults,
		 0);
	BENCH_EQ(bench, host_word(bench, dma), 6);
	dmmu_bench_free(bench);
}

void claim_stale_answer_changes_nothing(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 1, PTE_RW);
	struct dmmu_flt flt;
	uint32_t wrong[5];

	submit(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + PAGE, .len = 1});
	flt = next_fault(bench);
	wrong[0] = flt.tag + 0x100;
	wrong[1] = flt.tag - 0x100;
	wrong[2] = (flt.tag & ~0xffu) | ((flt.thread + 1) & 15); /* a thread that does not wait */
	wrong[3] = (flt.tag & ~0xffu) | (flt.thread + 16);	 /* no such thread */
	wrong[4] = flt.tag ^ 0x80000000;
	for (unsigned int i = 0; i < 15; i++) {
		dmmu_bench_answer(bench, wrong[i % 5], i / 5); /* each with each action */
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_STALE_ANSWER);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
		dmmu_bench_run(bench, 200);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) >> 8, 0x0101);
	}
	dmmu_bench_write(bench, DMMU_REG_CTX_SEL, 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTX_STATE), DMMU_CTX_STATE_ENABLED);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
	/* once answered, the tag is spent: also when the thread stalls again */
	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8, .arg = 1});
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
	BENCH_EQ(bench, host_word(bench, dma), 1);
	/* a page for each, so that each has a record of its own */
	for (unsigned int i = 0; i < bench->threads; i++)
		submit(bench, (struct dmmu_work){
				      .op = DMMU_OP_REDUCE, .src = VA + (1 + i) * PAGE, .len = 1});
	for (unsigned int i = 0; i < bench->threads; i++)
		BENCH_CHECK(bench, next_fault(bench).tag != flt.tag, "a tag came twice");
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_KILL);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_STALE_ANSWER);
	BENCH_EQ(bench, (dmmu_bench_read(bench, DMMU_REG_STATUS) >> 8) & 0xff, bench->threads);
	dmmu_bench_free(bench);
}

void claim_fault_ring_full_holds_the_stall(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint32_t tags[12];
	unsigned int n = 0;

	config->flt_log2 = 1;
	bench = dmmu_bench_new(config);
	context_new(bench, 0);
	for (unsigned int i = 0; i < 12; i++)
		submit(bench,
		       (struct dmmu_work){
			       .op = DMMU_OP_REDUCE, .cookie = i, .src = VA + i * PAGE, .len = 1});
	while (n < 12) {
		struct dmmu_flt flt;

		/* two records and not one more, while all twelve stall */
		dmmu_bench_run(bench, 4000);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_FLT_TAIL), n + 2);
		BENCH_EQ(bench, (dmmu_bench_read(bench, DMMU_REG_STATUS) >> 8) & 0xff, 12);
		BENCH_CHECK(bench, !(dmmu_bench_read(bench, DMMU_REG_STATUS) & DMMU_STATUS_BUSY),
			    "busy, though only the host can go on");
		for (int i = 0; i < 2; i++) {
			BENCH_CHECK(bench, dmmu_bench_flt_take(bench, &flt), "a record is gone");
			BENCH_EQ(bench, flt.va, VA + flt.cookie * PAGE);
			for (unsigned int j = 0; j < n; j++)
				BENCH_CHECK(bench, tags[j] != flt.tag, "tag 0x%x twice", flt.tag);
			tags[n++] = flt.tag;
		}
		dmmu_bench_heads(bench);
	}
	dmmu_bench_run(bench, 4000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_FLT_TAIL), 12);
	for (unsigned int i = 0; i < 12; i++)
		dmmu_bench_answer(bench, tags[i], DMMU_ANSWER_FAIL);
	for (unsigned int i = 0; i < 12; i++)
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_FAULTS), 12);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

void claim_others_run_while_one_is_stalled(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t dma = map_host(bench, root, VA, 2, PTE_RW);
	struct dmmu_flt flt;

	submit(bench, (struct dmmu_work){
			      .op = DMMU_OP_REDUCE, .cookie = 99, .src = VA + 5 * PAGE, .len = 1});
	flt = next_fault(bench);
	for (unsigned int i = 1; i <= 100; i++) {
		struct dmmu_cpl cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
								    .cookie = i,
								    .dst = VA + PAGE - 8,
								    .len = 16,
								    .arg = i});

		BENCH_EQ(bench, cpl.cookie, i);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
		BENCH_EQ(bench, host_word(bench, dma + PAGE), i);
	}
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
	BENCH_EQ(bench, next_completion(bench).cookie, 99);
	dmmu_bench_free(bench);
}

void claim_idle_while_everything_is_stalled(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_flt flt[20];

	context_new(bench, 0);
	dmmu_bench_run(bench, 500);
	BENCH_CHECK(bench, !bench->dev->out.busy, "busy with nothing to do");
	/* more work than threads: all stall, and what waits behind them cannot go on either */
	for (unsigned int i = 0; i < 20; i++)
		dmmu_bench_work_push(
			bench,
			&(struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA + i * PAGE, .len = 1});
	dmmu_bench_work_ring(bench);
	BENCH_CHECK(bench, bench->dev->out.busy, "not busy with a full ring");
	for (unsigned int i = 0; i < 16; i++)
		flt[i] = next_fault(bench);
	dmmu_bench_run(bench, 500);
	BENCH_CHECK(bench, !bench->dev->out.busy, "busy, though only the host can go on");
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) & DMMU_STATUS_BUSY, 0);
	for (unsigned int i = 0; i < 20; i++) {
		if (i >= 16)
			flt[i] = next_fault(bench);
		dmmu_bench_answer(bench, flt[i].tag, DMMU_ANSWER_FAIL);
		next_completion(bench);
	}
	dmmu_bench_run(bench, 500);
	BENCH_CHECK(bench, !bench->dev->out.busy, "busy with nothing to do");
	dmmu_bench_free(bench);
}

void claim_failed_copy_tells_how_far_it_came(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t src = map_host(bench, root, VA, 3, PTE_RW);
	uint64_t dst = map_host(bench, root, VA + 16 * PAGE, 2, PTE_RW);
	struct dmmu_flt flt;
	struct dmmu_cpl cpl;

	for (uint64_t i = 0; i < 3 * PAGE; i += 8)
		host_set(bench, src + i, i + 1);
	submit(bench, (struct dmmu_work){.op = DMMU_OP_COPY,
					 .src = VA + 40,
					 .dst = VA + 16 * PAGE + 1000,
					 .len = 2 * PAGE});
	flt = next_fault(bench);
	BENCH_EQ(bench, flt.va, VA + 18 * PAGE);
	BENCH_EQ(bench, flt.access, DMMU_ACCESS_WRITE);
	dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
	cpl = next_completion(bench);
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_FAULT);
	BENCH_EQ(bench, cpl.done, 2 * PAGE - 1000);
	BENCH_EQ(bench, cpl.va, flt.va);
	for (uint64_t i = 0; i < cpl.done; i += 8)
		BENCH_EQ(bench, host_word(bench, dst + 1000 + i), 40 + i + 1);
	dmmu_bench_free(bench);
}
