// SPDX-License-Identifier: GPL-2.0
/*
 * support.c: short words for what most claims do: a context, pages, a descriptor, a fault.
 */
#include "claims.h"

#include <stdio.h>

uint64_t context_new(struct dmmu_bench *bench, uint16_t ctx)
{
	uint64_t root = dmmu_bench_pt_new(bench);

	dmmu_bench_ctx_set(bench, ctx, root);
	return root;
}

uint64_t map_host(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int pages,
		  uint64_t flags)
{
	uint64_t dma = dmmu_bench_alloc_host(bench, pages * PAGE, PAGE);

	for (unsigned int i = 0; i < pages; i++)
		dmmu_bench_map(bench, root, va + i * PAGE, 0, (dma + i * PAGE) | flags);
	return dma;
}

uint64_t map_local(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int pages,
		   uint64_t flags)
{
	uint64_t offset = dmmu_bench_alloc_local(bench, pages * PAGE, PAGE);

	for (unsigned int i = 0; i < pages; i++)
		dmmu_bench_map(bench, root, va + i * PAGE, 0,
			       (offset + i * PAGE) | flags | DMMU_PTE_LOCAL);
	return offset;
}

void submit(struct dmmu_bench *bench, struct dmmu_work work)
{
	dmmu_bench_work_push(bench, &work);
	dmmu_bench_work_ring(bench);
}

struct dmmu_cpl run(struct dmmu_bench *bench, struct dmmu_work work)
{
	submit(bench, work);
	return next_completion(bench);
}

struct dmmu_flt next_fault(struct dmmu_bench *bench)
{
	struct dmmu_flt flt;

	dmmu_bench_flt_wait(bench, &flt);
	return flt;
}

struct dmmu_cpl next_completion(struct dmmu_bench *bench)
{
	struct dmmu_cpl cpl;

	dmmu_bench_cpl_wait(bench, &cpl);
	return cpl;
}

void pte_write(struct dmmu_bench *bench, uint64_t offset, uint64_t pte)
{
	dmmu_bench_pt_fill(bench, offset, 1, pte, 0);
}

uint64_t host_word(struct dmmu_bench *bench, uint64_t dma)
{
	return *(uint64_t *)dmmu_bench_host(bench, dma);
}

void host_set(struct dmmu_bench *bench, uint64_t dma, uint64_t value)
{
	*(uint64_t *)dmmu_bench_host(bench, dma) = value;
}

bool counted(struct dmmu_bench *bench, unsigned int counter, const char *name, uint64_t *value)
{
	*value = dmmu_bench_counter(bench, counter);
	if (!DMMU_OWN_MMU || *value)
		return true;
	printf("not counted by this MMU: %s\n", name);
	return false;
}
