// SPDX-License-Identifier: GPL-2.0
/*
 * bench_rings.c: the rings of docs/rings.md from the host's side. See bench.h.
 */
#include "bench.h"

#include <string.h>

static void write64(struct dmmu_bench *bench, uint32_t reg, uint64_t value)
{
	dmmu_bench_write(bench, reg, (uint32_t)value);
	dmmu_bench_write(bench, reg + 4, (uint32_t)(value >> 32));
}

void dmmu_bench_enable(struct dmmu_bench *bench)
{
	const struct dmmu_bench_config *c = &bench->config;

	memset(dmmu_bench_host(bench, bench->stat_dma), 0, 64);
	bench->ctl_tail = bench->work_tail = bench->cpl_head = bench->flt_head = 0;
	bench->cpy_tail = 0;
	write64(bench, DMMU_REG_STAT_BASE_LO, bench->stat_dma);
	write64(bench, DMMU_REG_CTL_BASE_LO, bench->ctl_dma);
	write64(bench, DMMU_REG_WORK_BASE_LO, bench->work_dma);
	write64(bench, DMMU_REG_CPL_BASE_LO, bench->cpl_dma);
	write64(bench, DMMU_REG_FLT_BASE_LO, bench->flt_dma);
	write64(bench, DMMU_REG_CPY_BASE_LO, bench->cpy_dma);
	dmmu_bench_write(bench, DMMU_REG_CTL_SIZE, c->ctl_log2);
	dmmu_bench_write(bench, DMMU_REG_WORK_SIZE, c->work_log2);
	dmmu_bench_write(bench, DMMU_REG_CPL_SIZE, c->cpl_log2);
	dmmu_bench_write(bench, DMMU_REG_FLT_SIZE, c->flt_log2);
	dmmu_bench_write(bench, DMMU_REG_CPY_SIZE, c->cpy_log2);
	dmmu_bench_write(bench, DMMU_REG_IRQ_ENABLE, (1u << DMMU_IRQ_COUNT) - 1);
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_ENABLE);
}

const struct dmmu_status *dmmu_bench_status(struct dmmu_bench *bench)
{
	return dmmu_bench_host(bench, bench->stat_dma);
}

static uint8_t *slot(struct dmmu_bench *bench, uint64_t dma, unsigned int log2, uint32_t index)
{
	return dmmu_bench_host(bench, dma + 64ull * (index & ((1u << log2) - 1)));
}

uint32_t dmmu_bench_ctl_push(struct dmmu_bench *bench, const struct dmmu_ctl *ctl)
{
	struct dmmu_ctl copy = *ctl;

	if (bench->ctl_tail - dmmu_bench_status(bench)->ctl_head >= 1u << bench->config.ctl_log2) {
		dmmu_bench_ctl_ring(bench);
		BENCH_UNTIL(bench,
			    bench->ctl_tail - dmmu_bench_status(bench)->ctl_head <
				    1u << bench->config.ctl_log2,
			    BENCH_CTL_BOUND);
	}
	copy.flags |= DMMU_CTL_F_WB;
	memcpy(slot(bench, bench->ctl_dma, bench->config.ctl_log2, bench->ctl_tail), &copy, 64);
	return bench->ctl_tail++;
}

uint32_t dmmu_bench_ctl_push_raw(struct dmmu_bench *bench, const struct dmmu_ctl *ctl)
{
	memcpy(slot(bench, bench->ctl_dma, bench->config.ctl_log2, bench->ctl_tail), ctl, 64);
	return bench->ctl_tail++;
}

void dmmu_bench_ctl_ring(struct dmmu_bench *bench)
{
	dmmu_bench_write(bench, DMMU_REG_CTL_TAIL, bench->ctl_tail);
}

bool dmmu_bench_ctl_done(struct dmmu_bench *bench, uint32_t index)
{
	return (int32_t)(dmmu_bench_status(bench)->ctl_head - (index + 1)) >= 0;
}

void dmmu_bench_ctl_wait(struct dmmu_bench *bench, uint32_t index)
{
	BENCH_UNTIL(bench, dmmu_bench_ctl_done(bench, index), BENCH_CTL_BOUND);
}

void dmmu_bench_ctl(struct dmmu_bench *bench, const struct dmmu_ctl *ctl)
{
	uint32_t index = dmmu_bench_ctl_push(bench, ctl);

	dmmu_bench_ctl_ring(bench);
	dmmu_bench_ctl_wait(bench, index);
}

void dmmu_bench_ctx_set(struct dmmu_bench *bench, uint16_t ctx, uint64_t root)
{
	dmmu_bench_ctl(bench,
		       &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_SET, .ctx = ctx, .local = root});
}

void dmmu_bench_ctx_kill(struct dmmu_bench *bench, uint16_t ctx)
{
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_KILL, .ctx = ctx});
}

void dmmu_bench_invalidate(struct dmmu_bench *bench, uint16_t ctx, uint64_t va, uint64_t size)
{
	dmmu_bench_ctl(bench,
		       &(struct dmmu_ctl){
			       .opcode = DMMU_CTL_INVALIDATE, .ctx = ctx, .va = va, .size = size});
}

void dmmu_bench_invalidate_all(struct dmmu_bench *bench, uint16_t ctx)
{
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
						 .flags = DMMU_CTL_F_ALL,
						 .ctx = ctx});
}

void dmmu_bench_answer(struct dmmu_bench *bench, uint32_t tag, uint32_t action)
{
	dmmu_bench_ctl(
		bench,
		&(struct dmmu_ctl){.opcode = DMMU_CTL_FAULT_ANSWER, .tag = tag, .action = action});
}

void dmmu_bench_pt_fill(struct dmmu_bench *bench, uint64_t local, uint32_t count, uint64_t value,
			uint64_t step)
{
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_PT_FILL,
						 .local = local,
						 .count = count,
						 .value = value,
						 .step = step});
}

uint32_t dmmu_bench_cpy_push(struct dmmu_bench *bench, const struct dmmu_cpy *cpy)
{
	if (bench->cpy_tail - dmmu_bench_status(bench)->cpy_head >= 1u << bench->config.cpy_log2) {
		dmmu_bench_cpy_ring(bench);
		BENCH_UNTIL(bench,
			    bench->cpy_tail - dmmu_bench_status(bench)->cpy_head <
				    1u << bench->config.cpy_log2,
			    BENCH_WORK_BOUND);
	}
	memcpy(slot(bench, bench->cpy_dma, bench->config.cpy_log2, bench->cpy_tail), cpy, 64);
	return bench->cpy_tail++;
}

void dmmu_bench_cpy_ring(struct dmmu_bench *bench)
{
	dmmu_bench_write(bench, DMMU_REG_CPY_TAIL, bench->cpy_tail);
}

bool dmmu_bench_cpy_done(struct dmmu_bench *bench, uint32_t index)
{
	return (int32_t)(dmmu_bench_status(bench)->cpy_head - (index + 1)) >= 0;
}

void dmmu_bench_cpy_wait(struct dmmu_bench *bench, uint32_t index)
{
	BENCH_UNTIL(bench, dmmu_bench_cpy_done(bench, index), BENCH_WORK_BOUND);
}

void dmmu_bench_cpy(struct dmmu_bench *bench, const struct dmmu_cpy *cpy)
{
	uint32_t index = dmmu_bench_cpy_push(bench, cpy);

	dmmu_bench_cpy_ring(bench);
	dmmu_bench_cpy_wait(bench, index);
}

uint32_t dmmu_bench_work_push(struct dmmu_bench *bench, const struct dmmu_work *work)
{
	if (bench->work_tail - dmmu_bench_status(bench)->work_head >=
	    1u << bench->config.work_log2) {
		dmmu_bench_work_ring(bench);
		BENCH_UNTIL(bench,
			    bench->work_tail - dmmu_bench_status(bench)->work_head <
				    1u << bench->config.work_log2,
			    BENCH_WORK_BOUND);
	}
	memcpy(slot(bench, bench->work_dma, bench->config.work_log2, bench->work_tail), work, 64);
	return bench->work_tail++;
}

void dmmu_bench_work_ring(struct dmmu_bench *bench)
{
	dmmu_bench_write(bench, DMMU_REG_WORK_TAIL, bench->work_tail);
}

bool dmmu_bench_cpl_take(struct dmmu_bench *bench, struct dmmu_cpl *cpl)
{
	if (dmmu_bench_status(bench)->cpl_tail == bench->cpl_head)
		return false;
	memcpy(cpl, slot(bench, bench->cpl_dma, bench->config.cpl_log2, bench->cpl_head++), 64);
	return true;
}

bool dmmu_bench_flt_take(struct dmmu_bench *bench, struct dmmu_flt *flt)
{
	if (dmmu_bench_status(bench)->flt_tail == bench->flt_head)
		return false;
	memcpy(flt, slot(bench, bench->flt_dma, bench->config.flt_log2, bench->flt_head++), 64);
	return true;
}

void dmmu_bench_heads(struct dmmu_bench *bench)
{
	dmmu_bench_write(bench, DMMU_REG_CPL_HEAD, bench->cpl_head);
	dmmu_bench_write(bench, DMMU_REG_FLT_HEAD, bench->flt_head);
}

void dmmu_bench_cpl_wait(struct dmmu_bench *bench, struct dmmu_cpl *cpl)
{
	BENCH_UNTIL(bench, dmmu_bench_cpl_take(bench, cpl), BENCH_WORK_BOUND);
	dmmu_bench_write(bench, DMMU_REG_CPL_HEAD, bench->cpl_head);
}

void dmmu_bench_flt_wait(struct dmmu_bench *bench, struct dmmu_flt *flt)
{
	BENCH_UNTIL(bench, dmmu_bench_flt_take(bench, flt), BENCH_WORK_BOUND);
	dmmu_bench_write(bench, DMMU_REG_FLT_HEAD, bench->flt_head);
}

void dmmu_bench_work(struct dmmu_bench *bench, const struct dmmu_work *work, struct dmmu_cpl *cpl)
{
	uint32_t faults = bench->flt_head;

	dmmu_bench_work_push(bench, work);
	dmmu_bench_work_ring(bench);
	BENCH_UNTIL(bench,
		    dmmu_bench_status(bench)->cpl_tail != bench->cpl_head ||
			    dmmu_bench_status(bench)->flt_tail != faults,
		    BENCH_WORK_BOUND);
	BENCH_CHECK(bench, dmmu_bench_status(bench)->flt_tail == faults,
		    "the work faulted and was not expected to");
	dmmu_bench_cpl_wait(bench, cpl);
}
