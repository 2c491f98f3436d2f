// SPDX-License-Identifier: GPL-2.0
/*
 * copy_rows.c: the copy engine, from the doorbell of a batch of pages to its count in the status
 * block.
 */
#include "bench.h"
#include "rows.h"

#include <stdio.h>

#define PAGE  4096ull
#define WORDS 512.0
#define PAGES 512

/* What no design saves: the first descriptor's fetch, the first read, the last write, the count. */
static double edges(bool src_local, bool dst_local)
{
	return HOST_LATENCY + (src_local ? LOCAL_LATENCY : HOST_LATENCY) +
	       (dst_local ? LOCAL_LATENCY : HOST_LATENCY) + HOST_LATENCY;
}

static struct dmmu_bench *b;

static uint64_t batch(const struct dmmu_cpy *first, unsigned int pages, uint64_t step)
{
	struct dmmu_cpy cpy = *first;
	uint64_t begin;

	dmmu_bench_run(b, 2000);
	for (unsigned int i = 0; i < pages; i++) {
		if (i + 1 == pages)
			cpy.flags |= DMMU_CPY_F_WB | DMMU_CPY_F_IRQ;
		dmmu_bench_cpy_push(b, &cpy);
		cpy.src += cpy.src ? step : 0;
		cpy.dst += step;
	}
	begin = dmmu_bench_cycle(b);
	dmmu_bench_cpy_ring(b);
	dmmu_bench_cpy_wait(b, b->cpy_tail - 1);
	BENCH_EQ(b, dmmu_bench_status(b)->cpy_failed, 0);
	return dmmu_bench_cycle(b) - begin;
}

static void rows_of(const char *name, const struct dmmu_cpy *first, uint64_t step)
{
	static const unsigned int pages[] = {1, 16, PAGES};
	static const char *const note =
		"few pages: the edges (see _with_edges), and that a burst is written when all of "
		"it is "
		"read; descriptors are read over the bus that host memory is read over";
	bool from = first->flags & DMMU_CPY_F_SRC_LOCAL, to = first->flags & DMMU_CPY_F_DST_LOCAL;
	char full[64];

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int n = rows_options.brief && pages[i] > 16 ? 20 : pages[i];
		double took = (double)batch(first, n, step);

		snprintf(full, sizeof(full), "copy.%s_4k_x%u", name, pages[i]);
		row(full, 0, took, "cycles", n * WORDS, LOWER, note);
		snprintf(full, sizeof(full), "copy.%s_4k_x%u_with_edges", name, pages[i]);
		row(full, 0, took, "cycles",
		    n * WORDS + edges(from, to) -
			    (first->opcode == DMMU_CPY_OP_FILL ? HOST_LATENCY : 0),
		    LOWER, note);
	}
}

/* A page in and a page out, turn about: the buses could do both at once. */
static void both_ways(uint64_t host, uint64_t local)
{
	unsigned int n = rows_options.brief ? 8 : 128;
	uint64_t begin;

	dmmu_bench_run(b, 2000);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t in = i * PAGE, out = (PAGES + i) * PAGE;

		dmmu_bench_cpy_push(b, &(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
							  .flags = DMMU_CPY_F_DST_LOCAL,
							  .size = PAGE,
							  .src = host + in,
							  .dst = local + in});
		dmmu_bench_cpy_push(b, &(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
							  .flags = DMMU_CPY_F_SRC_LOCAL,
							  .size = PAGE,
							  .src = local + out,
							  .dst = host + out});
	}
	begin = dmmu_bench_cycle(b);
	dmmu_bench_cpy_ring(b);
	dmmu_bench_cpy_wait(b, b->cpy_tail - 1);
	row("copy.both_ways_4k_x256", 0, (double)(dmmu_bench_cycle(b) - begin), "cycles", n * WORDS,
	    LOWER, "the engine's buffer takes one word a cycle, of whichever memory");
}

/* PT_AGE of a table, A of each entry set. */
static void age(uint64_t host, uint64_t local)
{
	static const char *const note =
		"command's fetch, lock, read and write of 64 entries at a time, "
		"record, status write";
	struct dmmu_ctl ctl = {
		.opcode = DMMU_CTL_PT_AGE, .local = local, .host = host, .count = 512};
	uint64_t *entry = dmmu_bench_local(b, local), begin;

	for (int clear = 0; clear < 2; clear++) {
		for (unsigned int i = 0; i < 512; i++)
			entry[i] = DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_A;
		ctl.flags = clear ? DMMU_CTL_F_AGE_CLEAR : 0;
		dmmu_bench_run(b, 2000);
		begin = dmmu_bench_cycle(b);
		dmmu_bench_ctl(b, &ctl);
		row(clear ? "copy.age_clear_512" : "copy.age_512", 0,
		    (double)(dmmu_bench_cycle(b) - begin), "cycles",
		    3 * HOST_LATENCY + LOCAL_LATENCY + WORDS + (clear ? LOCAL_LATENCY : 0), LOWER,
		    note);
	}
}

void copy_rows(void)
{
	struct dmmu_bench_config config = {
		.host_bytes = 32 << 20,
		.local_bytes = 32 << 20,
		.host_latency = HOST_LATENCY,
		.local_latency = LOCAL_LATENCY,
		.cpy_log2 = 10,
	};
	uint64_t host, local, other;

	b = dmmu_bench_new(&config);
	host = dmmu_bench_alloc_host(b, 2 * PAGES * PAGE, PAGE);
	local = dmmu_bench_alloc_local(b, 2 * PAGES * PAGE, PAGE);
	other = dmmu_bench_alloc_local(b, 2 * PAGES * PAGE, PAGE);
	rows_of("in",
		&(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
				   .flags = DMMU_CPY_F_DST_LOCAL,
				   .size = PAGE,
				   .src = host,
				   .dst = local},
		PAGE);
	rows_of("out",
		&(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
				   .flags = DMMU_CPY_F_SRC_LOCAL,
				   .size = PAGE,
				   .src = local,
				   .dst = host},
		PAGE);
	rows_of("local",
		&(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
				   .flags = DMMU_CPY_F_SRC_LOCAL | DMMU_CPY_F_DST_LOCAL,
				   .size = PAGE,
				   .src = local,
				   .dst = other},
		PAGE);
	rows_of("fill",
		&(struct dmmu_cpy){.opcode = DMMU_CPY_OP_FILL,
				   .flags = DMMU_CPY_F_DST_LOCAL,
				   .size = PAGE,
				   .dst = local},
		PAGE);
	both_ways(host, local);
	age(host, local);
	dmmu_bench_free(b);
}
