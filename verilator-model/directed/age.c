// SPDX-License-Identifier: GPL-2.0
/*
 * age.c: claims about PT_AGE: which entries have A and D, and clearing A without losing anything to
 * the walker.
 */
#include "claims.h"
#include "gold.h"

#include <string.h>

#define AGE(bench, at_, host_, count_, flags_)                              \
	dmmu_bench_ctl(bench, &(struct dmmu_ctl){.opcode = DMMU_CTL_PT_AGE, \
						 .flags = flags_,           \
						 .local = at_,              \
						 .host = host_,             \
						 .count = count_})

static bool in(const uint8_t *mask, unsigned int i)
{
	return mask[i / 8] >> i % 8 & 1;
}

void claim_age_tells_and_clears(struct dmmu_bench_config *config)
{
	static const struct {
		uint32_t first, count;
	} cases[] = {{0, 512}, {0, 1}, {511, 1}, {3, 64}, {7, 65}, {64, 63}, {1, 511}, {130, 200}};
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t table = dmmu_bench_pt_new(bench), behind = dmmu_bench_pt_new(bench);
	uint64_t record = dmmu_bench_alloc_host(bench, 3 * PAGE, PAGE) + PAGE;
	uint64_t *entries = dmmu_bench_local(bench, table), expected[512];
	struct dmmu_prng prng = dmmu_prng(config->seed, 3);

	*(uint64_t *)dmmu_bench_local(bench, behind) = DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_A;
	for (unsigned int n = 0; n < 2 * sizeof(cases) / sizeof(*cases); n++) {
		uint32_t first = cases[n / 2].first, count = cases[n / 2].count;
		/* within a page, and over the end of one, at every word */
		uint64_t host = record + (n & 1 ? 0 : 8ull * (n / 2) - 72);
		const uint64_t *words = dmmu_bench_host(bench, host - 8);
		struct dmmu_age found, age;

		for (unsigned int i = 0; i < 512; i++) {
			entries[i] = dmmu_rand(&prng);
			if (i % 4) /* mostly leaves */
				entries[i] |= DMMU_PTE_V | DMMU_PTE_LEAF;
		}
		memcpy(expected, entries, sizeof(expected));
		memset(dmmu_bench_host(bench, host - 64), 0xee, 256);
		gold_age(expected + first, count, n & 1, &age);
		AGE(bench, table + 8 * first, host, count, n & 1 ? DMMU_CTL_F_AGE_CLEAR : 0);
		memcpy(&found, dmmu_bench_host(bench, host), sizeof(found));
		for (unsigned int i = 0; i < 512; i++) {
			BENCH_CHECK(bench,
				    in(found.accessed, i) == in(age.accessed, i) &&
					    in(found.dirty, i) == in(age.dirty, i),
				    "case %u: bit %u of the record is wrong", n, i);
			BENCH_EQ(bench, entries[i], expected[i]);
		}
		BENCH_EQ(bench, words[0], 0xeeeeeeeeeeeeeeeeull);
		BENCH_EQ(bench, words[17], 0xeeeeeeeeeeeeeeeeull);
	}
	BENCH_EQ(bench, *(uint64_t *)dmmu_bench_local(bench, behind),
		 DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_A);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

/* Clearing A drops no translation: a hit leaves it clear, and after an invalidation it is set
 * again. */
void claim_age_and_invalidate_see_the_next_access(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 0);
	uint64_t record = dmmu_bench_alloc_host(bench, 128, 64), pte;
	struct dmmu_work read = {.op = DMMU_OP_REDUCE, .src = VA, .len = 8};
	const struct dmmu_age *age = dmmu_bench_host(bench, record);
	uint64_t *entry;

	map_host(bench, root, VA, 1, PTE_RW);
	pte = dmmu_bench_pte_at(bench, root, VA, 0);
	entry = dmmu_bench_local(bench, pte);
	BENCH_EQ(bench, run(bench, read).status, DMMU_STATUS_OK);
	BENCH_CHECK(bench, *entry & DMMU_PTE_A, "A is not set by a read");
	AGE(bench, pte, record, 1, DMMU_CTL_F_AGE_CLEAR);
	BENCH_EQ(bench, age->accessed[0], 1);
	BENCH_EQ(bench, age->dirty[0], 0);
	run(bench, read);
	BENCH_CHECK(bench, !(*entry & DMMU_PTE_A), "A is set without an invalidation");
	dmmu_bench_invalidate(bench, 0, VA, PAGE);
	run(bench, read);
	BENCH_CHECK(bench, *entry & DMMU_PTE_A, "A is not set after an invalidation");
	run(bench, (struct dmmu_work){.op = DMMU_OP_FILL, .dst = VA, .len = 8});
	AGE(bench, pte, record, 1, DMMU_CTL_F_AGE_CLEAR);
	BENCH_EQ(bench, age->accessed[0], 1);
	BENCH_EQ(bench, age->dirty[0], 1);
	AGE(bench, pte, record, 1, DMMU_CTL_F_AGE_CLEAR);
	BENCH_EQ(bench, age->accessed[0], 0);
	BENCH_EQ(bench, age->dirty[0], 1); /* D stays */
	dmmu_bench_free(bench);
}

/*
 * Threads set A and D of entries all the time while PT_AGE clears A in the same entries. A bit that
 * was set is in a record or still in the entry; no D is lost.
 */
void claim_age_loses_nothing_to_the_walker(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	struct dmmu_prng prng;
	uint64_t root, table, record, updates, cleared = 0;
	unsigned int late = 0;
	const struct dmmu_age *age;

	config->local_latency = 12;
	bench = dmmu_bench_new(config);
	prng = dmmu_prng(config->seed, 1);
	root = context_new(bench, 0);
	map_host(bench, root, VA, 64, 0);
	table = dmmu_bench_pte_at(bench, root, VA, 0);
	record = dmmu_bench_alloc_host(bench, 128, 64);
	age = dmmu_bench_host(bench, record);
	for (unsigned int round = 0; round < 60; round++) {
		uint64_t *entries = dmmu_bench_local(bench, table), accessed = 0, dirty = 0, now;
		unsigned int open = 64;
		struct dmmu_cpl cpl;

		for (unsigned int i = 0; i < 64; i++)
			/* some are marked already, so that a write sets D in what PT_AGE is
			 * clearing */
			entries[i] = (entries[i] & DMMU_PTE_ADDR) | PTE_RW |
				     (i % 4 == 1 ? DMMU_PTE_A : 0);
		dmmu_bench_invalidate_all(bench, 0);
		/* even pages are read, odd ones written */
		for (unsigned int i = 0; i < 64; i++)
			dmmu_bench_work_push(
				bench,
				&(struct dmmu_work){.op = i & 1 ? DMMU_OP_FILL : DMMU_OP_REDUCE,
						    .src = i & 1 ? 0 : VA + i * PAGE,
						    .dst = i & 1 ? VA + i * PAGE : 0,
						    .len = 8});
		dmmu_bench_work_ring(bench);
		dmmu_bench_run(bench, 30 + dmmu_rand_below(&prng, 300));
		for (unsigned int n = 0; n < 4; n++) {
			unsigned int first = dmmu_rand_below(&prng, 8);

			AGE(bench, table + 8 * first, record, 64 - first, DMMU_CTL_F_AGE_CLEAR);
			memcpy(&now, age->accessed, 8);
			accessed |= now << first;
			cleared += (unsigned int)__builtin_popcountll(now);
			memcpy(&now, age->dirty, 8);
			dirty |= now << first;
			if (!n)
				late += 32 - (unsigned int)__builtin_popcountll(dirty);
		}
		while (open) {
			if (dmmu_bench_cpl_take(bench, &cpl)) {
				BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
				open--;
			}
			dmmu_bench_heads(bench);
			dmmu_bench_run(bench, 10);
		}
		for (unsigned int i = 0; i < 64; i++) {
			uint64_t entry = entries[i];

			BENCH_CHECK(bench, entry & DMMU_PTE_A || accessed >> i & 1,
				    "round %u: nobody says that page %u was accessed", round, i);
			BENCH_CHECK(bench, !(entry & DMMU_PTE_D) == !(i & 1),
				    "round %u: D of page %u is %s", round, i,
				    i & 1 ? "lost" : "set");
			BENCH_CHECK(bench, i & 1 || !(dirty >> i & 1),
				    "round %u: page %u, which nobody wrote, is dirty", round, i);
			BENCH_EQ(bench, entry & ~(DMMU_PTE_A | DMMU_PTE_D | DMMU_PTE_ADDR), PTE_RW);
		}
	}
	/* the clearing did come into the middle of it */
	BENCH_CHECK(bench, cleared > 500 && late > 200,
		    "%llu bits were cleared on the way, %u pages written behind the first",
		    (unsigned long long)cleared, late);
	if (counted(bench, DMMU_CNT_AD_UPDATES, "AD_UPDATES", &updates))
		BENCH_CHECK(bench, updates > 2000, "only %llu updates",
			    (unsigned long long)updates);
	dmmu_bench_free(bench);
}

/* 64 entries are one burst: those of bursts before the error are told, the record is written. */
void claim_age_stops_at_a_bus_error(struct dmmu_bench_config *config)
{
	unsigned int words = dmmu_sim_shape.local_words;
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t table = dmmu_bench_pt_new(bench);
	uint64_t record = dmmu_bench_alloc_host(bench, PAGE, PAGE);
	uint64_t *entries = dmmu_bench_local(bench, table);
	const struct dmmu_age *age = dmmu_bench_host(bench, record);

	for (unsigned int i = 0; i < 512; i++)
		entries[i] = PTE_RW | DMMU_PTE_A | DMMU_PTE_D;
	memset(dmmu_bench_host(bench, record), 0xee, 128);
	/* a word that cannot be read */
	bench->local_poison_addr = table + 8 * 130;
	bench->local_poison_bytes = 8;
	AGE(bench, table, record, 512, DMMU_CTL_F_AGE_CLEAR);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_LOCAL_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	for (unsigned int i = 0; i < 512; i++) {
		/* all of its beat is read with the error */
		bool told = i < 192 && i / words != 130 / words;

		BENCH_EQ(bench, in(age->accessed, i), told);
		BENCH_EQ(bench, in(age->dirty, i), told);
		BENCH_EQ(bench, entries[i], PTE_RW | DMMU_PTE_D | (told ? 0 : DMMU_PTE_A));
	}
	bench->local_poison_bytes = 0;
	/* a record that cannot be written */
	bench->host_error_addr = record;
	bench->host_error_bytes = 8;
	AGE(bench, table, record, 512, 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_HOST_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	/* and the lock is free again */
	bench->host_error_bytes = 0;
	dmmu_bench_pt_fill(bench, table, 512, PTE_RW, 0);
	AGE(bench, table, record, 512, 0);
	BENCH_EQ(bench, age->accessed[0] | age->dirty[0], 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}
