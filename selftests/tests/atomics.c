// SPDX-License-Identifier: GPL-2.0
/*
 * atomics: ATOMIC_ADD and ATOMIC_CAS of many threads on one word are indivisible among themselves.
 */
#include "dmmu_fixture.h"

DMMU_FIXTURE(atomics)

CLAIM(atomics, adds_of_all_threads_on_one_word_sum_up)
{
	enum { N = 64, TIMES = 25 };
	struct dmmu_work_desc work[N];
	struct dmmu_completion c[N];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t sum = 0;
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < N; i++) {
		work[i] = dmmu_add(p + 3, i + 1, TIMES);
		sum += (i + 1) * TIMES;
	}
	ASSERT_EQ(0, dmmu_run(self->fd, work, N, c));
	for (i = 0; i < N; i++) {
		EXPECT_OK(&c[i]);
		EXPECT_EQ(TIMES, c[i].done);
	}
	EXPECT_EQ(sum, p[3]);
	EXPECT_EQ(0, p[2]);
	EXPECT_EQ(0, p[4]);
}

CLAIM(atomics, each_add_returns_a_value_of_its_own)
{
	enum { N = 100 };
	struct dmmu_work_desc work[N];
	struct dmmu_completion c[N];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	bool seen[N] = {false};
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < N; i++)
		work[i] = dmmu_add(p, 1, 0); /* zero times counts as once */
	ASSERT_EQ(0, dmmu_run(self->fd, work, N, c));
	for (i = 0; i < N; i++) {
		ASSERT_OK(&c[i]);
		ASSERT_GT(N, c[i].result);
		EXPECT_FALSE(seen[c[i].result])
		TH_LOG("two adds saw %llu", (unsigned long long)c[i].result);
		seen[c[i].result] = true;
	}
	EXPECT_EQ(N, p[0]);
}

CLAIM(atomics, exactly_one_compare_and_swap_wins)
{
	enum { N = 48 };
	struct dmmu_work_desc work[N];
	struct dmmu_completion c[N];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	unsigned int i, winners = 0;

	ASSERT_NE(NULL, p);
	for (i = 0; i < N; i++)
		work[i] = dmmu_cas(p, 0, 1000 + i);
	ASSERT_EQ(0, dmmu_run(self->fd, work, N, c));
	for (i = 0; i < N; i++) {
		ASSERT_OK(&c[i]);
		if (c[i].result == 0) {
			winners++;
			EXPECT_EQ(1000 + i, *p);
		} else {
			EXPECT_EQ(*p, c[i].result);
		}
	}
	EXPECT_EQ(1, winners);
}

CLAIM(atomics, compare_and_swap_that_does_not_match_changes_nothing)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	*p = 5;
	c = dmmu_run_one(self->fd, dmmu_cas(p, 6, 7));
	ASSERT_OK(&c);
	EXPECT_EQ(5, c.result);
	EXPECT_EQ(5, *p);
	c = dmmu_run_one(self->fd, dmmu_cas(p, 5, 7));
	ASSERT_OK(&c);
	EXPECT_EQ(5, c.result);
	EXPECT_EQ(7, *p);
}

CLAIM(atomics, add_wraps_around_modulo_2_to_the_64)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	*p = 10;
	c = dmmu_run_one(self->fd, dmmu_add(p, -1ull, 3));
	ASSERT_OK(&c);
	EXPECT_EQ(8, c.result); /* what the last of the three saw */
	EXPECT_EQ(7, *p);
}

DMMU_TEST_MAIN
