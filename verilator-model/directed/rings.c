// SPDX-License-Identifier: GPL-2.0
/*
 * rings.c: claims about rings, doorbells, the status block and interrupts.
 */
#include "claims.h"

void claim_rings_wrap(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t root, dma;

	config->ctl_log2 = 1;
	config->work_log2 = 1;
	config->cpl_log2 = 1;
	config->flt_log2 = 1;
	bench = dmmu_bench_new(config);
	root = context_new(bench, 2);
	dma = map_host(bench, root, VA, 1, PTE_RW);
	for (uint64_t i = 0; i < 25; i++) {
		struct dmmu_cpl cpl;
		struct dmmu_flt flt;

		/* one record through each of the four rings */
		submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
						 .ctx = 2,
						 .cookie = i,
						 .dst = VA + 8 * i,
						 .len = 8,
						 .arg = ~i});
		submit(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE,
						 .ctx = 2,
						 .cookie = i | 1ull << 63,
						 .src = VA + PAGE,
						 .len = 1});
		flt = next_fault(bench);
		BENCH_EQ(bench, flt.cookie, i | 1ull << 63);
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
		cpl = next_completion(bench);
		BENCH_EQ(bench, cpl.cookie, i);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
		cpl = next_completion(bench);
		BENCH_EQ(bench, cpl.cookie, i | 1ull << 63);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_FAULT);
		BENCH_EQ(bench, host_word(bench, dma + 8 * i), ~i);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_WORK_HEAD), 50);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPL_TAIL), 50);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_FLT_TAIL), 25);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD), bench->ctl_tail);
	BENCH_UNTIL(bench, dmmu_bench_status(bench)->work_head == 50, 1000);
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpl_tail, 50);
	BENCH_EQ(bench, dmmu_bench_status(bench)->flt_tail, 25);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

void claim_doorbell_past_ring_is_refused(struct dmmu_bench_config *config)
{
	static const struct {
		uint32_t bell, index;
		uint32_t log2;
	} producer[] = {{DMMU_REG_CTL_TAIL, DMMU_REG_CTL_HEAD, 2},
			{DMMU_REG_WORK_TAIL, DMMU_REG_WORK_HEAD, 2}};
	struct dmmu_bench *bench;

	config->ctl_log2 = 2;
	config->work_log2 = 2;
	bench = dmmu_bench_new(config);
	context_new(bench, 0);
	run(bench, (struct dmmu_work){.op = DMMU_OP_NOP});
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t at = dmmu_bench_read(bench, producer[i].bell);

		/* one more than the ring holds; one back */
		for (int wrong = 0; wrong < 2; wrong++) {
			dmmu_bench_write(bench, producer[i].bell,
					 wrong ? at - 1 : at + (1u << producer[i].log2) + 1);
			BENCH_EQ(bench, dmmu_bench_read(bench, producer[i].bell), at);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR),
				 DMMU_ERROR_DOORBELL);
			dmmu_bench_write(bench, DMMU_REG_ERROR, DMMU_ERROR_DOORBELL);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
		}
		dmmu_bench_run(bench, 500);
		BENCH_EQ(bench, dmmu_bench_read(bench, producer[i].index), at);
	}
	/* consumer indices must not pass what was produced */
	dmmu_bench_write(bench, DMMU_REG_CPL_HEAD, bench->cpl_head + 1);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPL_HEAD), bench->cpl_head);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_DOORBELL);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	dmmu_bench_write(bench, DMMU_REG_FLT_HEAD, 1);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_FLT_HEAD), 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_DOORBELL);
	/* and each refusal was told by an interrupt */
	BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_ERROR] == 6, 1000);
	/* a full ring is not past the ring */
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	for (int i = 0; i < 4; i++)
		dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_NOP});
	dmmu_bench_work_ring(bench);
	for (int i = 0; i < 4; i++)
		next_completion(bench);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

static const uint32_t placed[] = {
	DMMU_REG_STAT_BASE_LO, DMMU_REG_STAT_BASE_HI, DMMU_REG_CTL_BASE_LO,  DMMU_REG_CTL_BASE_HI,
	DMMU_REG_CTL_SIZE,     DMMU_REG_WORK_BASE_LO, DMMU_REG_WORK_BASE_HI, DMMU_REG_WORK_SIZE,
	DMMU_REG_CPL_BASE_LO,  DMMU_REG_CPL_BASE_HI,  DMMU_REG_CPL_SIZE,     DMMU_REG_FLT_BASE_LO,
	DMMU_REG_FLT_BASE_HI,  DMMU_REG_FLT_SIZE,     DMMU_REG_CPY_BASE_LO,  DMMU_REG_CPY_BASE_HI,
	DMMU_REG_CPY_SIZE,
};
#define PLACED (sizeof(placed) / sizeof(placed[0]))

/* Each base and size, written with something else, stays what it was, and is told of. */
static void move_rings(struct dmmu_bench *bench)
{
	static const uint32_t values[] = {0, 1, 15, 0x5a5a5a40, ~0u};

	for (size_t i = 0; i < PLACED; i++) {
		uint32_t before = dmmu_bench_read(bench, placed[i]);

		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			dmmu_bench_write(bench, placed[i], values[v]);
			BENCH_EQ(bench, dmmu_bench_read(bench, placed[i]), before);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR),
				 DMMU_ERROR_RING_SETUP);
			dmmu_bench_write(bench, DMMU_REG_ERROR, DMMU_ERROR_RING_SETUP);
		}
	}
}

void claim_rings_stay_where_they_are_until_a_reset(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t told;

	config->work_log2 = 4;
	config->cpl_log2 = 3;
	config->flt_log2 = 2;
	bench = dmmu_bench_new(config);
	context_new(bench, 0);
	/* while nothing is in them; filled and with records that wait; with the device disabled */
	for (unsigned int phase = 0; phase < 3; phase++) {
		if (phase == 1) {
			for (unsigned int i = 0; i < 8; i++)
				dmmu_bench_work_push(
					bench, &(struct dmmu_work){.op = DMMU_OP_NOP, .cookie = i});
			for (unsigned int i = 0; i < 5; i++)
				dmmu_bench_work_push(bench,
						     &(struct dmmu_work){.op = DMMU_OP_REDUCE,
									 .cookie = 8 + i,
									 .src = VA + i * PAGE,
									 .len = 1});
			dmmu_bench_work_ring(bench);
			BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail == 8, 20000);
			BENCH_UNTIL(bench, dmmu_bench_status(bench)->flt_tail == 4, 20000);
			dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_NOP});
		}
		if (phase == 2)
			dmmu_bench_write(bench, DMMU_REG_CTRL, 0);
		told = bench->dev->irqs[DMMU_IRQ_ERROR];
		move_rings(bench);
		BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_ERROR] - told, 5 * PLACED);
	}
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_ENABLE);
	/* all of it arrives where it was to */
	for (unsigned int i = 0; i < 8; i++)
		BENCH_EQ(bench, next_completion(bench).cookie < 8, 1);
	for (unsigned int i = 0; i < 5; i++)
		dmmu_bench_answer(bench, next_fault(bench).tag, DMMU_ANSWER_FAIL);
	for (unsigned int i = 0; i < 5; i++)
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_FAULT);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);

	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
	BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_CTRL) & DMMU_CTRL_RESET), 20000);
	for (size_t i = 0; i < PLACED; i++) {
		dmmu_bench_write(bench, placed[i], 0x5a5a5a4f);
		BENCH_CHECK(bench, dmmu_bench_read(bench, placed[i]) != 0,
			    "register 0x%x cannot be written after a reset", placed[i]);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

/* An index says nothing about a ring that may still become smaller than it. */
void claim_index_before_its_ring_is_refused(struct dmmu_bench_config *config)
{
	static const uint32_t bells[] = {DMMU_REG_CTL_TAIL, DMMU_REG_WORK_TAIL, DMMU_REG_CPY_TAIL,
					 DMMU_REG_CPL_HEAD, DMMU_REG_FLT_HEAD};
	struct dmmu_bench *bench;

	config->no_enable = true;
	bench = dmmu_bench_new(config);
	for (size_t i = 0; i < sizeof(bells) / sizeof(bells[0]); i++) {
		dmmu_bench_write(bench, DMMU_REG_CTL_SIZE, 15);
		dmmu_bench_write(bench, DMMU_REG_WORK_SIZE, 15);
		dmmu_bench_write(bench, DMMU_REG_CPY_SIZE, 15);
		dmmu_bench_write(bench, bells[i], 1);
		BENCH_EQ(bench, dmmu_bench_read(bench, bells[i]), 0);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_DOORBELL);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	}
	dmmu_bench_enable(bench);
	context_new(bench, 0);
	run(bench, (struct dmmu_work){.op = DMMU_OP_NOP});
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

void claim_completion_never_overwrites_unconsumed(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	struct dmmu_cpl cpl[4];

	config->cpl_log2 = 1;
	bench = dmmu_bench_new(config);
	context_new(bench, 0);
	for (uint64_t i = 0; i < 10; i++)
		submit(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .cookie = 100 + i});
	BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail == 2, 5000);
	for (uint64_t seen = 0, cookies = 0;; seen += 2) {
		/* the ring is full: nothing moves however long the host takes */
		dmmu_bench_run(bench, 3000);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPL_TAIL), seen + 2);
		for (int i = 0; i < 2; i++) {
			BENCH_CHECK(bench, dmmu_bench_cpl_take(bench, &cpl[i]), "a record is gone");
			BENCH_CHECK(bench,
				    cpl[i].cookie >= 100 && cpl[i].cookie < 110 &&
					    !(cookies & 1ull << (cpl[i].cookie - 64)),
				    "completion of %llu twice, or made up",
				    (unsigned long long)cpl[i].cookie);
			cookies |= 1ull << (cpl[i].cookie - 64);
		}
		if (seen == 8)
			break;
		dmmu_bench_heads(bench);
		BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail == seen + 4, 5000);
	}
	dmmu_bench_free(bench);
}

/*
 * At the moment an interrupt is requested, everything it announces must be in memory already. Looks
 * every cycle, so that an interrupt a single cycle early is found.
 */
struct announce {
	struct dmmu_bench *bench;
	uint32_t cpl_consumed, flt_consumed; /* as the device knows it */
	uint8_t before;			     /* requests a cycle ago */
	unsigned int checked;
};

static void look(void *opaque)
{
	struct announce *a = opaque;
	struct dmmu_bench *bench = a->bench;
	const struct dmmu_status *status;
	uint8_t req;

	if (!bench)
		return;
	status = dmmu_bench_status(bench);
	req = bench->dev->out.irq_req & ~a->before;
	a->before = bench->dev->out.irq_req;
	if (req & 1u << DMMU_IRQ_CPL) {
		const struct dmmu_cpl *last = (const struct dmmu_cpl *)dmmu_bench_host(
			bench, bench->cpl_dma + 64 * ((status->cpl_tail - 1) & 127));

		BENCH_CHECK(bench, status->cpl_tail != a->cpl_consumed,
			    "interrupt CPL before its status count");
		BENCH_CHECK(bench, last->cookie != 0, "interrupt CPL before its record");
		a->checked |= 1u << DMMU_IRQ_CPL;
	}
	if (req & 1u << DMMU_IRQ_FLT) {
		const struct dmmu_flt *last = (const struct dmmu_flt *)dmmu_bench_host(
			bench, bench->flt_dma + 64 * ((status->flt_tail - 1) & 127));

		BENCH_CHECK(bench, status->flt_tail != a->flt_consumed,
			    "interrupt FLT before its status count");
		BENCH_CHECK(bench, last->cookie != 0, "interrupt FLT before its record");
		a->checked |= 1u << DMMU_IRQ_FLT;
	}
	if (req & 1u << DMMU_IRQ_CTL) {
		BENCH_CHECK(bench, status->ctl_head == bench->ctl_tail,
			    "interrupt CTL before its status count");
		a->checked |= 1u << DMMU_IRQ_CTL;
	}
}

void claim_interrupt_after_status_after_record(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct announce a = {0};

	context_new(bench, 0);
	/* every interrupt is looked at in its first cycle */
	bench->each_cycle = look;
	bench->opaque = &a;
	a.bench = bench;
	for (uint64_t i = 1; i <= 20; i++) {
		struct dmmu_ctl fence = {.opcode = DMMU_CTL_FENCE,
					 .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ};
		struct dmmu_flt flt;
		struct dmmu_cpl cpl;

		submit(bench,
		       (struct dmmu_work){.op = DMMU_OP_REDUCE, .cookie = i, .src = VA, .len = 1});
		BENCH_UNTIL(bench, dmmu_bench_flt_take(bench, &flt), 5000);
		dmmu_bench_run(bench, 50); /* the interrupt comes before the host consumes */
		dmmu_bench_heads(bench);
		a.flt_consumed = i;
		dmmu_bench_answer(bench, flt.tag, DMMU_ANSWER_FAIL);
		BENCH_UNTIL(bench, dmmu_bench_cpl_take(bench, &cpl), 5000);
		dmmu_bench_run(bench, 50);
		dmmu_bench_heads(bench);
		a.cpl_consumed = i;
		dmmu_bench_ctl(bench, &fence);
		BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_CTL] == i, 1000);
	}
	BENCH_EQ(bench, a.checked, 7);
	dmmu_bench_free(bench);
}

void claim_one_interrupt_covers_a_batch(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_cpl cpl;

	context_new(bench, 0);
	for (int i = 0; i < 8; i++)
		dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_NOP});
	dmmu_bench_work_ring(bench);
	BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail == 8, 20000);
	dmmu_bench_run(bench, 500);
	BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CPL], 1);
	/* consuming a part re-arms, and what is left interrupts again at once */
	dmmu_bench_cpl_take(bench, &cpl);
	dmmu_bench_heads(bench);
	BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_CPL] == 2, 500);
	/* consuming the rest: quiet until the next */
	while (dmmu_bench_cpl_take(bench, &cpl))
		;
	dmmu_bench_heads(bench);
	dmmu_bench_run(bench, 500);
	BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CPL], 2);
	/* a disabled vector keeps its cause and delivers it when enabled */
	dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, 0);
	run(bench, (struct dmmu_work){.op = DMMU_OP_NOP});
	dmmu_bench_run(bench, 500);
	BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CPL], 2);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_PENDING), 1u << DMMU_IRQ_CPL);
	dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, (1u << DMMU_IRQ_COUNT) - 1);
	BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_CPL] == 3, 500);
	dmmu_bench_free(bench);
}

/*
 * COALESCE lets records share an interrupt, without ever keeping one back when nothing can join it.
 */
void claim_records_wait_for_others_only_while_some_may_come(struct dmmu_bench_config *config)
{
	const uint64_t delay = 30000;
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0), seen;
	struct dmmu_flt flt[8];

	dmmu_bench_write(bench, DMMU_REG_COALESCE, delay << DMMU_COALESCE_FLT_SHIFT);
	/* eight threads fault one after the other: one interrupt, as soon as the last is stalled */
	for (unsigned int i = 0; i < 8; i++)
		dmmu_bench_work_push(
			bench,
			&(struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA + i * PAGE, .len = 8});
	dmmu_bench_work_ring(bench);
	seen = dmmu_bench_cycle(bench);
	BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_FLT], 60000);
	BENCH_EQ(bench, dmmu_bench_status(bench)->flt_tail, 8);
	BENCH_CHECK(bench, dmmu_bench_cycle(bench) - seen < delay,
		    "the interrupt came only after %llu cycles, though nothing else could come",
		    (unsigned long long)(dmmu_bench_cycle(bench) - seen));
	map_host(bench, root, VA, 8, PTE_RW);
	for (unsigned int i = 0; i < 8; i++)
		BENCH_CHECK(bench, dmmu_bench_flt_take(bench, &flt[i]), "record %u is missing", i);
	dmmu_bench_heads(bench);
	for (unsigned int i = 0; i < 8; i++)
		dmmu_bench_answer(bench, flt[i].tag, DMMU_ANSWER_RETRY);
	for (unsigned int i = 0; i < 8; i++)
		BENCH_EQ(bench, next_completion(bench).status, DMMU_STATUS_OK);
	BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_FLT], 1);
	/* beside a thread that works on and on, a lone fault waits as long as it may, not longer */
	map_host(bench, root, VA + 8 * PAGE, 1, PTE_RW);
	submit(bench,
	       (struct dmmu_work){
		       .op = DMMU_OP_ATOMIC_ADD, .dst = VA + 8 * PAGE, .len = 1u << 30, .arg = 1});
	submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA + 64 * PAGE, .len = 8});
	BENCH_UNTIL(bench, dmmu_bench_status(bench)->flt_tail == 9, 20000);
	seen = dmmu_bench_cycle(bench);
	BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_FLT] == 2, delay + 2000);
	BENCH_CHECK(bench, dmmu_bench_cycle(bench) - seen > delay - 2000,
		    "the fault waited for %llu cycles only",
		    (unsigned long long)(dmmu_bench_cycle(bench) - seen));
	dmmu_bench_free(bench);
}

void claim_bad_commands_are_skipped(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t entry = dmmu_bench_pt_new(bench);
	uint64_t end = 16u << 20;
	const struct dmmu_ctl bad[] = {
		{.opcode = DMMU_CTL_PT_AGE + 1},
		{.opcode = 255},
		{.opcode = DMMU_CTL_NOP, .flags = 0x10},
		{.opcode = DMMU_CTL_NOP, .flags = DMMU_CTL_F_ALL},
		{.opcode = DMMU_CTL_NOP, .tag = 1},
		{.opcode = DMMU_CTL_FENCE, .count = 1},
		{.opcode = DMMU_CTL_CTX_SET, .ctx = 16, .local = entry},
		{.opcode = DMMU_CTL_CTX_SET, .ctx = 3, .local = entry + 8},
		{.opcode = DMMU_CTL_CTX_SET, .ctx = 3, .local = end},
		{.opcode = DMMU_CTL_CTX_SET, .ctx = 3, .local = entry, .host = 8},
		{.opcode = DMMU_CTL_CTX_KILL, .ctx = 16},
		{.opcode = DMMU_CTL_CTX_KILL, .ctx = 1, .va = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = entry, .count = 0, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = entry, .count = 513, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = entry, .count = 0x10001, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = entry + 8, .count = 512, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = entry + 4, .count = 1, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = end, .count = 1, .value = 1},
		{.opcode = DMMU_CTL_PT_FILL, .local = 1ull << 63, .count = 1, .value = 1},
		{.opcode = DMMU_CTL_PT_WRITE,
		 .local = entry,
		 .count = 1,
		 .host = BENCH_HOST_BASE + 4},
		{.opcode = DMMU_CTL_PT_WRITE,
		 .local = entry,
		 .count = 1,
		 .host = BENCH_HOST_BASE,
		 .step = 1},
		{.opcode = DMMU_CTL_PT_AGE, .local = entry, .count = 0, .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_AGE, .local = entry, .count = 513, .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_AGE,
		 .local = entry + 8,
		 .count = 512,
		 .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_AGE,
		 .local = entry + 4,
		 .count = 1,
		 .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_AGE, .local = end, .count = 1, .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_AGE,
		 .local = entry,
		 .count = 1,
		 .host = BENCH_HOST_BASE + 4},
		{.opcode = DMMU_CTL_PT_AGE,
		 .local = entry,
		 .count = 1,
		 .host = BENCH_HOST_BASE,
		 .ctx = 1},
		{.opcode = DMMU_CTL_PT_AGE,
		 .flags = DMMU_CTL_F_ALL,
		 .local = entry,
		 .count = 1,
		 .host = BENCH_HOST_BASE},
		{.opcode = DMMU_CTL_PT_FILL,
		 .flags = DMMU_CTL_F_AGE_CLEAR,
		 .local = entry,
		 .count = 1,
		 .value = 1},
		{.opcode = DMMU_CTL_INVALIDATE, .ctx = 1},
		{.opcode = DMMU_CTL_INVALIDATE, .ctx = 16, .size = 1},
		{.opcode = DMMU_CTL_INVALIDATE, .ctx = 1, .va = ~0ull, .size = 2},
		{.opcode = DMMU_CTL_INVALIDATE, .flags = DMMU_CTL_F_EVERY, .size = 1},
		{.opcode = DMMU_CTL_FAULT_ANSWER, .action = 3},
	};
	size_t n = sizeof(bad) / sizeof(bad[0]);

	for (size_t i = 0; i < n; i++) {
		dmmu_bench_ctl(bench, &bad[i]);
		BENCH_CHECK(bench, dmmu_bench_read(bench, DMMU_REG_ERROR) == DMMU_ERROR_CTL_OPCODE,
			    "bad command %zu was not refused", i);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTL_HEAD), n);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_CTL_COMMANDS), 0);
	for (unsigned int i = 0; i < 512; i++)
		BENCH_EQ(bench, *(uint64_t *)dmmu_bench_local(bench, entry + 8 * i), 0);
	for (uint32_t ctx = 0; ctx < 17; ctx++) {
		dmmu_bench_write(bench, DMMU_REG_CTX_SEL, ctx);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTX_STATE), 0);
	}
	dmmu_bench_free(bench);
}

void claim_ring_bus_errors_are_reported(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);

	context_new(bench, 0);
	/* a command, then a descriptor that cannot be read: both are passed over */
	bench->host_error_addr = bench->ctl_dma + 64 * (bench->ctl_tail & 63);
	bench->host_error_bytes = 64;
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_KILL, .ctx = 0});
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_HOST_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	bench->host_error_addr = bench->work_dma;
	submit(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .cookie = 1});
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_ERROR) == DMMU_ERROR_HOST_BUS, 5000);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	bench->host_error_bytes = 0;
	struct dmmu_cpl cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .cookie = 2});

	BENCH_EQ(bench, cpl.cookie, 2);
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK); /* the kill was not executed */
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPL_TAIL), 1);
	dmmu_bench_free(bench);
}

void claim_page_table_writes_land(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t table = dmmu_bench_pt_new(bench);
	uint64_t source = dmmu_bench_alloc_host(bench, 2 * PAGE, PAGE) + PAGE - 24;
	uint64_t *entries = dmmu_bench_local(bench, table);
	static const struct {
		uint32_t first, count;
	} cases[] = {{0, 512}, {0, 1}, {511, 1}, {3, 7}, {504, 8}, {100, 17}, {1, 511}};

	for (unsigned int i = 0; i < 512; i++)
		host_set(bench, source + 8 * i, 0x1111000000000000ull + i);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++)
		for (int write = 0; write < 2; write++) {
			uint32_t first = cases[c].first, count = cases[c].count;
			struct dmmu_ctl ctl = {.opcode =
						       write ? DMMU_CTL_PT_WRITE : DMMU_CTL_PT_FILL,
					       .local = table + 8 * first,
					       .count = count};

			for (unsigned int i = 0; i < 512; i++)
				entries[i] = 0xdead;
			if (write) {
				ctl.host = source; /* crosses a page after three entries */
			} else {
				ctl.value = 0x2222000000000000ull;
				ctl.step = 0x1001;
			}
			dmmu_bench_ctl(bench, &ctl);
			for (unsigned int i = 0; i < 512; i++) {
				uint64_t expected = 0xdead;

				if (i >= first && i < first + count)
					expected = write ? 0x1111000000000000ull + (i - first)
							 : 0x2222000000000000ull +
								   0x1001ull * (i - first);
				BENCH_EQ(bench, entries[i], expected);
			}
		}
	dmmu_bench_free(bench);
}

/* 64 entries are one burst: those of bursts before the error are written, no other is touched. */
void claim_page_table_writes_stop_at_a_bus_error(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t table = dmmu_bench_pt_new(bench);
	uint64_t source = dmmu_bench_alloc_host(bench, PAGE, PAGE);
	uint64_t *entries = dmmu_bench_local(bench, table);

	for (unsigned int i = 0; i < 256; i++) {
		host_set(bench, source + 8 * i, 0x1111000000000000ull + i);
		entries[i] = 0xdead;
	}
	bench->host_error_addr = source + 8 * 64;
	bench->host_error_bytes = 64;
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_PT_WRITE,
						 .local = table,
						 .host = source,
						 .count = 256});
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_HOST_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	for (unsigned int i = 0; i < 256; i++)
		BENCH_EQ(bench, entries[i], i < 64 ? 0x1111000000000000ull + i : 0xdead);
	bench->host_error_bytes = 0;
	bench->local_error_addr = table + 8 * 128;
	bench->local_error_bytes = 64;
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_PT_FILL,
						 .local = table,
						 .count = 256,
						 .value = 0x2222});
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_LOCAL_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	for (unsigned int i = 0; i < 256; i++)
		BENCH_EQ(bench, entries[i], i < 128 ? 0x2222 : 0xdead);
	/* and the lock is free again */
	bench->local_error_bytes = 0;
	dmmu_bench_pt_fill(bench, table, 32, 0x3333, 0);
	BENCH_EQ(bench, entries[31], 0x3333);
	dmmu_bench_free(bench);
}

struct watched {
	struct dmmu_bench *bench;
	uint32_t before; /* commands complete before the one that meets an error */
	uint32_t failed; /* of these */
};

/* In every cycle: no count that covers the command is seen before it is told that it failed. */
static void failure_comes_with_the_count(void *opaque)
{
	struct watched *w = opaque;
	const struct dmmu_status *status = dmmu_bench_status(w->bench);

	BENCH_EQ(w->bench, status->ctl_failed,
		 w->failed + ((int32_t)(status->ctl_head - w->before) > 0));
}

/*
 * An entry that could not be cleared still leads to its page, and the invalidation behind it does
 * not change that: who waits for the count is told with it, not by an interrupt that comes later.
 */
void claim_failed_page_table_write_is_told_with_its_completion(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 1);
	uint64_t page = map_host(bench, root, VA, 1, PTE_RW);
	uint64_t entry = dmmu_bench_pte_at(bench, root, VA, 0);
	uint64_t other = (entry - entry % PAGE) + (entry % PAGE < PAGE / 2 ? PAGE / 2 : 0);
	uint64_t source = dmmu_bench_alloc_host(bench, PAGE, PAGE);
	uint64_t old = dmmu_bench_pte(bench, root, VA, 0);
	const struct dmmu_ctl fence = {.opcode = DMMU_CTL_FENCE};
	const struct dmmu_ctl bad[] = {
		{.opcode = DMMU_CTL_PT_WRITE, .local = entry, .host = source, .count = 1},
		{.opcode = DMMU_CTL_PT_WRITE, .local = other, .host = source + 512, .count = 200},
		{.opcode = DMMU_CTL_PT_AGE, .local = entry, .host = source, .count = 1},
		{.opcode = DMMU_CTL_PT_AGE, .local = other, .host = source + 512, .count = 64},
		/* its ring slot is what cannot be read */
		fence,
		{.opcode = DMMU_CTL_PT_FILL, .local = entry - entry % PAGE, .count = 512},
	};
	struct watched w = {.bench = bench};
	struct dmmu_cpl cpl;

	/* nobody serves the interrupt */
	dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, 1u << DMMU_IRQ_CTL);
	bench->opaque = &w;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		dmmu_bench_ctl(bench, &fence);
		w.before = bench->ctl_tail + 2;
		bench->each_cycle = failure_comes_with_the_count;
		bench->local_error_addr = entry;
		bench->local_error_bytes = 8;
		bench->host_error_addr = bad[i].opcode == DMMU_CTL_FENCE
						 ? bench->ctl_dma + 64 * (w.before & 63)
						 : source + 512;
		bench->host_error_bytes = 64;
		dmmu_bench_ctl_push(bench, &fence);
		dmmu_bench_ctl_push(bench, &fence);
		dmmu_bench_ctl_push(bench, &bad[i]);
		dmmu_bench_ctl_push(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
							      .ctx = 1,
							      .va = VA,
							      .size = PAGE});
		dmmu_bench_ctl(bench, &fence);
		BENCH_EQ(bench, dmmu_bench_status(bench)->ctl_failed, w.failed + 1);
		w.failed++;
		bench->each_cycle = NULL;
	}
	bench->local_error_bytes = 0;
	bench->host_error_bytes = 0;
	/* that is what is at stake */
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), old);
	submit(bench,
	       (struct dmmu_work){.op = DMMU_OP_FILL, .ctx = 1, .dst = VA, .arg = 7, .len = 8});
	dmmu_bench_cpl_wait(bench, &cpl);
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, host_word(bench, page), 7);

	/* A refused command met no error on a bus, nor did a write that lands. */
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = 0xee});
	dmmu_bench_pt_fill(bench, entry, 1, 0, 0);
	BENCH_EQ(bench, dmmu_bench_pte(bench, root, VA, 0), 0);
	BENCH_EQ(bench, dmmu_bench_status(bench)->ctl_failed, w.failed);
	dmmu_bench_free(bench);
}
