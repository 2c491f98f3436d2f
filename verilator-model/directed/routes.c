// SPDX-License-Identifier: GPL-2.0
/*
 * routes.c: claims about interrupts on a host that has fewer vectors than there are causes.
 */
#include "claims.h"

static uint32_t route(const unsigned int vector[DMMU_IRQ_COUNT])
{
	uint32_t value = 0;

	for (unsigned int c = 0; c < DMMU_IRQ_COUNT; c++)
		value |= vector[c] << 4 * c;
	return value;
}

/* Make a cause, and see to it that what it told of is consumed when the next is due. */
static void make(struct dmmu_bench *bench, unsigned int cause)
{
	switch (cause) {
	case DMMU_IRQ_CTL:
		dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_FENCE,
							 .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ});
		break;
	case DMMU_IRQ_CPL:
		submit(bench, (struct dmmu_work){.op = DMMU_OP_NOP});
		BENCH_UNTIL(bench, dmmu_bench_status(bench)->cpl_tail != bench->cpl_head, 5000);
		break;
	case DMMU_IRQ_FLT:
		submit(bench, (struct dmmu_work){.op = DMMU_OP_REDUCE, .src = VA, .len = 1});
		BENCH_UNTIL(bench, dmmu_bench_status(bench)->flt_tail != bench->flt_head, 5000);
		break;
	case DMMU_IRQ_ERROR:
		dmmu_bench_write(bench, DMMU_REG_FLT_HEAD, bench->flt_head + 1000);
		break;
	case DMMU_IRQ_CPY:
		dmmu_bench_cpy(bench, &(struct dmmu_cpy){.opcode = DMMU_CPY_OP_FILL,
							 .flags = DMMU_CPY_F_WB | DMMU_CPY_F_IRQ |
								  DMMU_CPY_F_DST_LOCAL,
							 .size = 64,
							 .dst = 8u << 20});
		break;
	}
}

static void consume(struct dmmu_bench *bench, unsigned int cause)
{
	switch (cause) {
	case DMMU_IRQ_CPL:
		next_completion(bench);
		break;
	case DMMU_IRQ_FLT:
		dmmu_bench_answer(bench, next_fault(bench).tag, DMMU_ANSWER_FAIL);
		/* its end is a completion, which is not what this is about */
		dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE,
				 ((1u << DMMU_IRQ_COUNT) - 1) & ~(1u << DMMU_IRQ_CPL));
		next_completion(bench);
		break;
	case DMMU_IRQ_ERROR:
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_DOORBELL);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
		break;
	}
}

void claim_each_cause_comes_on_the_vector_it_is_routed_to(struct dmmu_bench_config *config)
{
	static const unsigned int routes[][DMMU_IRQ_COUNT] = {
		{0, 0, 0, 0, 0}, {0, 1, 1, 1, 0}, {0, 1, 2, 1, 0}, {0, 1, 2, 3, 0},
		{4, 3, 2, 1, 0}, {4, 4, 4, 4, 4}, {2, 0, 4, 4, 1},
	};

	for (size_t r = 0; r < sizeof(routes) / sizeof(routes[0]); r++)
		for (unsigned int cause = 0; cause < DMMU_IRQ_COUNT; cause++) {
			struct dmmu_bench *bench = dmmu_bench_new(config);
			unsigned int vector = routes[r][cause];

			context_new(bench, 0);
			dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, route(routes[r]));
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE),
				 route(routes[r]));
			for (unsigned int i = 1; i <= 3; i++) {
				dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, 1u << cause);
				make(bench, cause);
				BENCH_UNTIL(bench, bench->dev->irqs[vector] == i, 2000);
				consume(bench, cause);
			}
			dmmu_bench_run(bench, 500);
			for (unsigned int v = 0; v < 8; v++)
				BENCH_EQ(bench, bench->dev->irqs[v], v == vector ? 3 : 0);
			BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_IRQS), 3);
			BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_FLT_IRQS),
				 cause == DMMU_IRQ_FLT ? 3 : 0);
			dmmu_bench_free(bench);
		}
}

/*
 * A request that stands may be a message on its way: what comes meanwhile is told by another. What
 * waits together goes together.
 */
void claim_shared_vector_loses_no_cause(struct dmmu_bench_config *config)
{
	static const unsigned int one[DMMU_IRQ_COUNT];
	const uint32_t all = (1u << DMMU_IRQ_COUNT) - 1;

	for (unsigned int first = 0; first < DMMU_IRQ_COUNT; first++)
		for (unsigned int second = 0; second < DMMU_IRQ_COUNT; second++) {
			struct dmmu_bench *bench = dmmu_bench_new(config);

			if (second == first && first != DMMU_IRQ_CTL && first != DMMU_IRQ_CPY) {
				/* such a cause waits for the host */
				dmmu_bench_free(bench);
				continue;
			}
			context_new(bench, 0);
			dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, route(one));
			bench->dev->irq_hold = 0xff;
			make(bench, first);
			dmmu_bench_run(bench, 200);
			BENCH_EQ(bench, bench->dev->out.irq_req, 1);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_PENDING), all);
			make(bench, second);
			dmmu_bench_run(bench, 200);
			BENCH_EQ(bench, bench->dev->irqs[0], 0);
			bench->dev->irq_hold = 0;
			BENCH_UNTIL(bench, bench->dev->irqs[0] == 2, 500);
			dmmu_bench_run(bench, 500);
			BENCH_EQ(bench, bench->dev->irqs[0], 2);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_PENDING), 0);

			/* the same two kept back by IRQ_ENABLE: one message for both */
			consume(bench, first);
			if (second != first)
				consume(bench, second);
			dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, 0);
			dmmu_bench_run(bench, 500);
			bench->dev->irqs[0] = 0;
			make(bench, first);
			make(bench, second);
			dmmu_bench_run(bench, 500);
			BENCH_EQ(bench, bench->dev->irqs[0], 0);
			dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, all);
			BENCH_UNTIL(bench, bench->dev->irqs[0] == 1, 500);
			dmmu_bench_run(bench, 500);
			BENCH_EQ(bench, bench->dev->irqs[0], 1);
			dmmu_bench_free(bench);
		}
}

/* A request on a vector that nobody has would stand for ever: no cause can be sent there. */
void claim_route_to_no_vector_is_not_taken(struct dmmu_bench_config *config)
{
	static const unsigned int odd[DMMU_IRQ_COUNT] = {3, 2, 0, 1, 4};
	struct dmmu_bench *bench = dmmu_bench_new(config);

	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE), DMMU_RST_IRQ_ROUTE);
	dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, route(odd));
	for (uint32_t value = DMMU_IRQ_COUNT; value < 16; value++) {
		dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, 0xfff00000u | value * 0x11111u);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE), route(odd));
		/* the field beside it is taken */
		for (unsigned int c = 0; c < DMMU_IRQ_COUNT; c++) {
			uint32_t field = 0xfu << 4 * c;

			dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, value << 4 * c);
			BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE),
				 route(odd) & field);
			dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, route(odd));
		}
	}
	/* so is one byte of it */
	dmmu_axil_start_write(&bench->dev->axil, DMMU_REG_IRQ_ROUTE, 0, 0x2);
	BENCH_UNTIL(bench, dmmu_axil_idle(&bench->dev->axil), 1000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE), route(odd) & ~0xff00u);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_write(bench, DMMU_REG_IRQ_ROUTE, ~0u);
	make(bench, DMMU_IRQ_CTL);
	BENCH_UNTIL(bench, bench->dev->irqs[3] == 1, 1000);
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
	BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_CTRL) & DMMU_CTRL_RESET), 20000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_IRQ_ROUTE), DMMU_RST_IRQ_ROUTE);
	dmmu_bench_free(bench);
}
