// SPDX-License-Identifier: GPL-2.0
/*
 * kill.c: claims about the end of contexts, and about their next life.
 */
#include "claims.h"

void claim_kill_ends_stalled_threads_without_completion_space(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	struct dmmu_cpl cpl;
	unsigned int killed = 0;

	config->cpl_log2 = 1;
	bench = dmmu_bench_new(config);
	context_new(bench, 0);
	context_new(bench, 1);
	/* fill the completion ring, then stall eight threads */
	for (unsigned int i = 0; i < 2; i++)
		submit(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .ctx = 1});
	BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail == 2, 5000);
	for (unsigned int i = 0; i < 8; i++)
		submit(bench,
		       (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA + i * PAGE, .len = 8});
	for (unsigned int i = 0; i < 8; i++)
		next_fault(bench);
	/* bounded by the bench: the command does not wait for the host to read completions */
	dmmu_bench_ctx_kill(bench, 0);
	BENCH_EQ(bench, (dmmu_bench_read(bench, DMMU_REG_STATUS) >> 8) & 0xff, 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPL_TAIL), 2);
	for (unsigned int i = 0; i < 10; i++) {
		cpl = next_completion(bench);
		killed += cpl.status == DMMU_STATUS_KILLED && cpl.ctx == 0;
	}
	BENCH_EQ(bench, killed, 8);
	COUNT_EQ(bench, KILLS, 8);
	dmmu_bench_free(bench);
}

void claim_kill_answer_ends_the_context(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_flt flt[6];
	uint64_t root;

	context_new(bench, 2);
	root = context_new(bench, 3);
	map_host(bench, root, VA, 1, PTE_RW);
	for (unsigned int i = 0; i < 5; i++)
		submit(bench,
		       (struct dmmu_work){
			       .op = DMMU_OP_FILL, .ctx = 2, .dst = VA + i * PAGE, .len = 8});
	for (unsigned int i = 0; i < 5; i++)
		flt[i] = next_fault(bench);
	submit(bench,
	       (struct dmmu_work){.op = DMMU_OP_REDUCE, .ctx = 3, .src = VA + PAGE, .len = 1});
	flt[5] = next_fault(bench);
	dmmu_bench_answer(bench, flt[2].tag, DMMU_ANSWER_KILL);
	for (unsigned int i = 0; i < 5; i++) {
		struct dmmu_cpl cpl = next_completion(bench);

		BENCH_EQ(bench, cpl.ctx, 2);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_KILLED);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	/* the other context goes on */
	dmmu_bench_answer(bench, flt[5].tag, DMMU_ANSWER_FAIL);
	BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
	/* answers of the dead are stale */
	dmmu_bench_answer(bench, flt[0].tag, DMMU_ANSWER_RETRY);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_STALE_ANSWER);
	dmmu_bench_free(bench);
}

static unsigned int accesses;

static void count(void *opaque, bool local, uint64_t addr, uint64_t len, bool write)
{
	const uint64_t *range = opaque;

	(void)len;
	(void)write;
	if (!local && addr >= range[0] && addr < range[1])
		accesses++;
}

void claim_killed_context_gets_no_translation(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, range[2];
	struct dmmu_prng prng;

	config->host_latency = 150;
	bench = dmmu_bench_new(config);
	prng = dmmu_prng(config->seed, 9);
	bench->accepted = count;
	bench->opaque = range;
	for (unsigned int round = 0; round < 12; round++) {
		unsigned int ended = 0, killed = 0;

		root = context_new(bench, 4);
		range[0] = map_host(bench, root, VA, 16, PTE_RW);
		range[1] = range[0] + 16 * PAGE;
		for (unsigned int i = 0; i < 8; i++)
			dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_FILL,
									.ctx = 4,
									.dst = VA + i * 2 * PAGE,
									.len = 2 * PAGE,
									.arg = round});
		dmmu_bench_work_ring(bench);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_WORK_HEAD) == bench->work_tail,
			    20000);
		dmmu_bench_run(bench, dmmu_rand_below(&prng, 2000));
		dmmu_bench_ctl_push(bench,
				    &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_KILL, .ctx = 4});
		dmmu_bench_ctl_ring(bench);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD) == bench->ctl_tail,
			    20000);
		BENCH_CHECK(bench, !dmmu_mem_in_flight(bench->dev->host, range[0], 16 * PAGE),
			    "round %u: the kill is done with a write in flight", round);
		accesses = 0;
		for (; ended < 8; ended++)
			killed += next_completion(bench).status == DMMU_STATUS_KILLED;
		BENCH_CHECK(bench, accesses == 0, "round %u: %u accesses after the kill", round,
			    accesses);
		BENCH_CHECK(bench, killed > 0, "round %u: nothing was running", round);
		BENCH_EQ(bench,
			 run(bench,
			     (struct dmmu_work){.op = DMMU_OP_FILL, .ctx = 4, .dst = VA, .len = 8})
				 .status,
			 DMMU_STATUS_KILLED);
		BENCH_EQ(bench, accesses, 0);
	}
	BENCH_EQ(bench, run(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .ctx = 16}).status,
		 DMMU_STATUS_KILLED);
	BENCH_EQ(bench, run(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .ctx = 0xffff}).status,
		 DMMU_STATUS_KILLED);
	dmmu_bench_free(bench);
}

/* Threads that ask all the time: at some kill a translation is on its way to one of them, and is
 * given back unused. */
void claim_kill_meets_a_translation_on_its_way(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t range[2];

	config->host_latency = 10;
	bench = dmmu_bench_new(config);
	bench->accepted = count;
	bench->opaque = range;
	for (unsigned int round = 0; round < 48; round++) {
		uint64_t root = context_new(bench, 4);

		/* a list that leads to itself */
		range[0] = map_host(bench, root, VA, 1, PTE_RW);
		range[1] = range[0] + PAGE;
		host_set(bench, range[0], VA);
		host_set(bench, range[0] + 8, 1);
		for (unsigned int i = 0; i < 8; i++)
			dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_CHASE,
									.ctx = 4,
									.src = VA,
									.len = 1000000,
									.arg2 = 8});
		dmmu_bench_work_ring(bench);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_WORK_HEAD) == bench->work_tail,
			    20000);
		dmmu_bench_run(bench, 200 + round);
		dmmu_bench_ctx_kill(bench, 4);
		BENCH_CHECK(bench, !dmmu_mem_in_flight(bench->dev->host, range[0], PAGE),
			    "round %u: the kill is done with an access in flight", round);
		accesses = 0;
		for (unsigned int i = 0; i < 8; i++) {
			struct dmmu_cpl cpl = next_completion(bench);

			BENCH_EQ(bench, cpl.status, DMMU_STATUS_KILLED);
			BENCH_EQ(bench, cpl.done, cpl.result);
		}
		BENCH_CHECK(bench, accesses == 0, "round %u: %u accesses after the kill", round,
			    accesses);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

void claim_context_set_anew_forgets_old_translations(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t old, fresh, root;

	root = context_new(bench, 0);
	old = map_host(bench, root, VA, 1, PTE_RW);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8, .arg = 1});
	dmmu_bench_ctx_kill(bench, 0);
	/* without any INVALIDATE */
	root = dmmu_bench_pt_new(bench);
	fresh = map_host(bench, root, VA, 1, PTE_RW);
	dmmu_bench_ctx_set(bench, 0, root);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTX_ROOT_LO), (uint32_t)root);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTX_STATE), DMMU_CTX_STATE_ENABLED);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8, .arg = 2});
	BENCH_EQ(bench, host_word(bench, old), 1);
	BENCH_EQ(bench, host_word(bench, fresh), 2);
	dmmu_bench_free(bench);
}

/* A kill by a fault answer waits for nobody; who sets the context anew must. */
void claim_context_set_waits_for_threads_of_its_former_life(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	struct dmmu_flt flt;
	uint64_t root, dma, fresh;

	config->host_latency = 400;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 2);
	dma = map_host(bench, root, VA, 1, PTE_RW);
	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .ctx = 2, .dst = VA + PAGE, .len = 8});
	flt = next_fault(bench);
	submit(bench,
	       (struct dmmu_work){.op = DMMU_OP_FILL, .ctx = 2, .dst = VA, .len = PAGE, .arg = 1});
	BENCH_UNTIL(bench, dmmu_mem_in_flight(bench->dev->host, dma, PAGE), 20000);
	root = dmmu_bench_pt_new(bench);
	fresh = map_host(bench, root, VA, 1, PTE_RW);
	dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_FAULT_ANSWER,
						      .tag = flt.tag,
						      .action = DMMU_ANSWER_KILL});
	dmmu_bench_ctl_push(
		bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_SET, .ctx = 2, .local = root});
	dmmu_bench_ctl_ring(bench);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD) == bench->ctl_tail, 20000);
	BENCH_CHECK(bench, !dmmu_mem_in_flight(bench->dev->host, dma, PAGE),
		    "the context is set anew with a write of its former life in flight");
	for (unsigned int i = 0; i < 2; i++)
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_KILLED);
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .ctx = 2, .dst = VA, .len = 8, .arg = 2});
	BENCH_EQ(bench, host_word(bench, fresh), 2);
	dmmu_bench_free(bench);
}
