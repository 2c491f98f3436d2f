// SPDX-License-Identifier: GPL-2.0
/*
 * registers.c: claims about the register file and about resets.
 */
#include "claims.h"

#include <string.h>

#define REG_MAP_END 0x500u /* past the last counter */

struct reset_value {
	const char *name;
	uint32_t offset;
	const char *access;
	uint32_t value;
};

#define ROW(reg_name, reg_offset, reg_access, reg_reset) \
	{#reg_name, reg_offset, reg_access, reg_reset},
static const struct reset_value reset_values[] = {DMMU_REGS_WITH_RESET(ROW)};
#define RESET_VALUES (sizeof(reset_values) / sizeof(reset_values[0]))

static void check_reset_values(struct dmmu_bench *bench)
{
	for (size_t i = 0; i < RESET_VALUES; i++) {
		const struct reset_value *reg = &reset_values[i];
		uint32_t found;

		if (!strcmp(reg->access, "wo"))
			continue;
		found = dmmu_bench_read(bench, reg->offset);
		BENCH_CHECK(bench, found == reg->value,
			    "register %s (0x%03x) reads 0x%08x, the map says 0x%08x", reg->name,
			    reg->offset, found, reg->value);
	}
}

void claim_reset_values_match_the_map(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint32_t params;

	config->no_enable = true;
	bench = dmmu_bench_new(config);
	BENCH_CHECK(bench, RESET_VALUES > 30, "the map lists only %zu reset values", RESET_VALUES);
	check_reset_values(bench);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) == DMMU_STATUS_READY, 2000);
	params = dmmu_bench_read(bench, DMMU_REG_PARAMS0);
	BENCH_EQ(bench, (params & DMMU_PARAMS0_THREADS) >> DMMU_PARAMS0_THREADS_SHIFT, 16);
	BENCH_EQ(bench, (params & DMMU_PARAMS0_CONTEXTS) >> DMMU_PARAMS0_CONTEXTS_SHIFT, 16);
	BENCH_EQ(bench, (params & DMMU_PARAMS0_LEVELS) >> DMMU_PARAMS0_LEVELS_SHIFT, 4);
	BENCH_EQ(bench, (params & DMMU_PARAMS0_PORTS) >> DMMU_PARAMS0_PORTS_SHIFT, 4);
	BENCH_EQ(bench, (params & DMMU_PARAMS0_VA_BITS) >> DMMU_PARAMS0_VA_BITS_SHIFT, 48);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_PARAMS1), 1024u << 16 | 32);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CLOCK_KHZ), 125000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_LOCAL_SIZE_LO), 16u << 20);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_LOCAL_SIZE_HI), 0);
	dmmu_bench_free(bench);
}

void claim_capabilities_say_whether_local_memory_is_coherent(struct dmmu_bench_config *config)
{
	for (unsigned int coherent = 0; coherent < 2; coherent++) {
		struct dmmu_bench *bench;

		config->local_coherent = coherent;
		bench = dmmu_bench_new(config);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CAPS),
			 DMMU_RST_CAPS | (coherent ? DMMU_CAPS_COHERENT : 0));
		dmmu_bench_free(bench);
	}
}

void claim_unmapped_registers_read_zero(struct dmmu_bench_config *config)
{
	static const uint32_t holes[] = {0x024, 0x060, 0x0fc, 0x10c, 0x124, 0x144,  0x1fc,
					 0x210, 0x234, 0x3fc, 0x800, 0xffc, 0x1000, 0xfffc};
	struct dmmu_bench *bench;

	config->no_enable = true;
	bench = dmmu_bench_new(config);
	dmmu_bench_write(bench, DMMU_REG_SCRATCH, 0x12345678);
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		dmmu_bench_write(bench, holes[i], 0xffffffff);
		BENCH_EQ(bench, dmmu_bench_read(bench, holes[i]), 0);
	}
	/* past the counters, too */
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * DMMU_CNT_COUNT), 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), 0x12345678);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_write(bench, DMMU_REG_SCRATCH, 0);
	check_reset_values(bench);
	dmmu_bench_free(bench);
}

/* One snapshot: MMIO_WRITES, MMIO_READS and CYCLES of the same moment, each as it must be then. */
void claim_counter_snapshots_are_exact(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t cycles = 0, began = 0, writes = 0, reads = 0;

	config->no_enable = true;
	bench = dmmu_bench_new(config);
	for (unsigned int i = 0; i < 400; i++) {
		uint64_t now, found;

		/* events right before it, at every phase of whatever goes on inside */
		for (unsigned int n = 0; n < i % 4; n++)
			dmmu_bench_write(bench, DMMU_REG_SCRATCH, i);
		dmmu_bench_run(bench, i % 7 * (i % 5));
		now = dmmu_bench_cycle(bench);
		dmmu_bench_write(bench, DMMU_REG_CNT_SNAP, 1);
		found = dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * DMMU_CNT_CYCLES);
		/* a card's register port is on another clock: the access may take a cycle more or
		 * less */
		if (i && dmmu_sim_shape.card)
			BENCH_CHECK(bench, found - cycles + 2 - (now - began) <= 4,
				    "%llu cycles, %llu were counted",
				    (unsigned long long)(now - began),
				    (unsigned long long)(found - cycles));
		else if (i)
			BENCH_EQ(bench, found - cycles, now - began);
		cycles = found;
		began = now;
		found = dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * DMMU_CNT_MMIO_WRITES);
		if (i)
			BENCH_EQ(bench, found, writes + i % 4);
		writes = found + 1; /* the snapshot's own is too late for it */
		found = dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * DMMU_CNT_MMIO_READS);
		if (i)
			BENCH_EQ(bench, found, reads);
		reads = found + 3;
	}
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
	BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_CTRL) & DMMU_CTRL_RESET), 20000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * DMMU_CNT_MMIO_WRITES), 0);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_MMIO_WRITES), 0);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_MMIO_WRITES), 1);
	dmmu_bench_free(bench);
}

void claim_byte_strobes_are_honoured(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint32_t expected = 0;

	for (unsigned int strobe = 0; strobe < 16; strobe++) {
		uint32_t data = 0x01010101u * (0x11 + strobe);

		dmmu_axil_start_write(&bench->dev->axil, DMMU_REG_SCRATCH, data, strobe);
		BENCH_UNTIL(bench, dmmu_axil_idle(&bench->dev->axil), 1000);
		for (unsigned int byte = 0; byte < 4; byte++)
			if (strobe & 1u << byte)
				expected = (expected & ~(0xffu << 8 * byte)) |
					   (data & 0xffu << 8 * byte);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), expected);
	}
	/* a write of CTRL without its low byte must not touch ENABLE */
	dmmu_axil_start_write(&bench->dev->axil, DMMU_REG_CTRL, 0, 0xe);
	BENCH_UNTIL(bench, dmmu_axil_idle(&bench->dev->axil), 1000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CTRL), DMMU_CTRL_ENABLE);
	dmmu_bench_free(bench);
}

/* Work in flight, a thread stalled, errors and scratch set: something of everything to be reset. */
static uint64_t make_busy(struct dmmu_bench *bench)
{
	uint64_t root = context_new(bench, 1);
	uint64_t dma = map_host(bench, root, VA, 64, PTE_RW);

	dmmu_bench_write(bench, DMMU_REG_SCRATCH, 0xa5a5a5a5);
	dmmu_bench_write(bench, DMMU_REG_CTL_TAIL, bench->ctl_tail + 10000);
	for (unsigned int i = 0; i < 6; i++)
		submit(bench, (struct dmmu_work){.op = DMMU_OP_FILL,
						 .ctx = 1,
						 .dst = VA + i * 8 * PAGE,
						 .len = 8 * PAGE,
						 .arg = 0x77 + i});
	submit(bench,
	       (struct dmmu_work){.op = DMMU_OP_REDUCE, .ctx = 1, .src = VA - PAGE, .len = 4});
	BENCH_UNTIL(bench, dmmu_mem_in_flight(bench->dev->host, dma, 64 * PAGE), 20000);
	return dma;
}

static void check_clean_and_working(struct dmmu_bench *bench, uint64_t dma)
{
	struct dmmu_cpl cpl;
	uint64_t root;
	static uint8_t before[64 * PAGE];

	BENCH_CHECK(bench, !dmmu_mem_in_flight(bench->dev->host, dma, 64 * PAGE),
		    "an access of before the reset is still in flight");
	memcpy(before, dmmu_bench_host(bench, dma), sizeof(before));
	check_reset_values(bench);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) == DMMU_STATUS_READY, 2000);
	dmmu_bench_run(bench, 5000);
	BENCH_CHECK(bench, !memcmp(before, dmmu_bench_host(bench, dma), sizeof(before)),
		    "memory changed after the reset");
	dmmu_bench_enable(bench);
	/* the context is gone with the reset, and comes back with CTX_SET */
	cpl = run(bench, (struct dmmu_work){.op = DMMU_OP_NOP, .ctx = 1, .cookie = 5});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_KILLED);
	root = context_new(bench, 1);
	dma = map_host(bench, root, VA, 1, PTE_RW);
	cpl = run(bench, (struct dmmu_work){
				 .op = DMMU_OP_FILL, .ctx = 1, .dst = VA, .len = PAGE, .arg = 3});
	BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	BENCH_EQ(bench, host_word(bench, dma + PAGE - 8), 3);
}

void claim_device_reset_restores_everything(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t dma;

	config->host_latency = 300;
	bench = dmmu_bench_new(config);
	dma = make_busy(bench);
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
	BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_CTRL) & DMMU_CTRL_RESET), 20000);
	check_clean_and_working(bench, dma);
	dmmu_bench_free(bench);
}

void claim_function_reset_drains_and_restores(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t dma;

	config->host_latency = 300;
	bench = dmmu_bench_new(config);
	dma = make_busy(bench);
	BENCH_CHECK(bench, dmmu_device_flr(bench->dev, 20000), "the reset did not end in time");
	check_clean_and_working(bench, dma);
	dmmu_bench_free(bench);
}

void claim_reset_within_a_reset_ends_as_one(struct dmmu_bench_config *config)
{
	/* at every distance, so that it comes in every step of the first */
	for (unsigned int gap = 0; gap < 24; gap++) {
		struct dmmu_bench *bench = dmmu_bench_new(config);

		context_new(bench, 0);
		dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
		dmmu_bench_run(bench, gap);
		dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) == DMMU_STATUS_READY,
			    5000);
		check_reset_values(bench);
		dmmu_bench_free(bench);
	}
}
