// SPDX-License-Identifier: GPL-2.0
/*
 * bench_pt.c: page tables in local memory, written by the host directly. See bench.h.
 */
#include "bench.h"

uint64_t dmmu_bench_pt_new(struct dmmu_bench *bench)
{
	return dmmu_bench_alloc_local(bench, 4096, 4096);
}

static uint64_t find(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level,
		     bool make)
{
	uint64_t table = root;

	for (unsigned int l = bench->levels - 1;; l--) {
		uint64_t at = table + 8 * (va >> (12 + 9 * l) & 511);
		uint64_t *entry = dmmu_bench_local(bench, at);

		if (l == level)
			return at;
		if (!(*entry & DMMU_PTE_V)) {
			if (!make)
				return UINT64_MAX;
			*entry = dmmu_bench_pt_new(bench) | DMMU_PTE_V;
		}
		BENCH_CHECK(bench, !(*entry & DMMU_PTE_LEAF),
			    "the test maps 0x%llx below a 2 MiB leaf", (unsigned long long)va);
		table = *entry & DMMU_PTE_ADDR;
	}
}

uint64_t dmmu_bench_pte_at(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level)
{
	return find(bench, root, va, level, true);
}

void dmmu_bench_map(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level,
		    uint64_t pte)
{
	*(uint64_t *)dmmu_bench_local(bench, find(bench, root, va, level, true)) = pte;
}

uint64_t dmmu_bench_pte(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int level)
{
	uint64_t at = find(bench, root, va, level, false);

	return at == UINT64_MAX ? 0 : *(uint64_t *)dmmu_bench_local(bench, at);
}
