// SPDX-License-Identifier: GPL-2.0
/*
 * anon: operations on anonymous memory, which for the most part the CPU has never touched, give
 * what the CPU would have computed, for any number of operations at once.
 */
#include <pthread.h>

#include "dmmu_fixture.h"

DMMU_FIXTURE(anon)

CLAIM(anon, first_touch_by_a_device_write_is_seen_by_the_cpu)
{
	const size_t words = 16 * DMMU_PAGE / 8;
	uint64_t *p = dmmu_map(words * 8);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_pagemap(p) & DMMU_PAGEMAP_PRESENT);
	c = dmmu_run_one(self->fd, dmmu_fill(p, 0x1122334455667788, words * 8));
	ASSERT_OK(&c);
	EXPECT_EQ(words, dmmu_other_than(p, 0x1122334455667788, words));
	EXPECT_EQ(words * 8, c.done);
	EXPECT_LT(0, c.faults);
}

CLAIM(anon, first_touch_by_a_device_read_gives_zeros)
{
	const size_t words = 5 * DMMU_PAGE / 8;
	uint64_t *untouched = dmmu_map(words * 8);
	uint64_t *also = dmmu_map(words * 8);
	uint64_t *out = dmmu_map(words * 8);
	struct dmmu_completion c;

	ASSERT_TRUE(untouched && also && out);
	memset(out, 0xff, words * 8);
	RUN_OK(dmmu_copy(out, untouched, words * 8));
	EXPECT_EQ(words, dmmu_other_than(out, 0, words));
	c = dmmu_run_one(self->fd, dmmu_reduce(also, words));
	ASSERT_OK(&c);
	EXPECT_EQ(0, c.result);
	EXPECT_EQ(words, c.done);
}

CLAIM(anon, read_then_write_of_an_untouched_page_gets_a_page_of_its_own)
{
	/* The read maps the kernel's shared zero page; the write must not land in it. */
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);
	uint64_t *q = p + 512;
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	c = dmmu_run_one(self->fd, dmmu_reduce(p, 1024));
	ASSERT_OK(&c);
	RUN_OK(dmmu_fill(p, 7, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(p, 7, 512));
	EXPECT_EQ(512, dmmu_other_than(q, 0, 512));
	c = dmmu_run_one(self->fd, dmmu_reduce(q, 512));
	ASSERT_OK(&c);
	EXPECT_EQ(0, c.result);
}

CLAIM(anon, copy_moves_exactly_the_bytes_asked_for)
{
	static const struct {
		size_t bytes, from, to;
	} cases[] = {{8, 0, 0},		{8, 4088, 4096},     {64, 24, 40},	{4088, 8, 0},
		     {4096, 0, 4096},	{4104, 4088, 4088},  {12000, 136, 184}, {32768, 4072, 2400},
		     {1, 0, 0},		{1, 4095, 4096},     {3, 4094, 7},	{7, 1, 4090},
		     {63, 25, 40},	{64, 24, 41},	     {4095, 1, 0},	{4096, 4095, 4093},
		     {12001, 137, 180}, {32765, 4075, 2401}, {0, 5, 6}};
	const size_t words = 16 * 512;
	uint64_t *src = dmmu_map(words * 8);
	uint64_t *dst = dmmu_map(words * 8);
	uint64_t *want = dmmu_map(words * 8);
	size_t i;

	ASSERT_TRUE(src && dst && want);
	dmmu_pattern(src, words, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *to = (char *)dst + cases[i].to, *from = (char *)src + cases[i].from;

		dmmu_pattern(dst, words, 2 + i);
		memcpy(want, dst, words * 8);
		memcpy((char *)want + cases[i].to, from, cases[i].bytes);
		RUN_OK(dmmu_copy(to, from, cases[i].bytes));
		ASSERT_EQ(words, dmmu_difference(dst, want, words))
		TH_LOG("case %zu: %zu bytes from %zu to %zu", i, cases[i].bytes, cases[i].from,
		       cases[i].to);
	}
}

CLAIM(anon, fill_writes_exactly_the_bytes_asked_for)
{
	static const struct {
		size_t bytes, to;
	} cases[] = {{8, 0}, {8, 4088}, {56, 4072}, {4096, 4096}, {10400, 5600},
		     {1, 3}, {2, 4095}, {13, 4090}, {4095, 1},	  {10397, 5605}};
	const size_t words = 4 * 512;
	uint64_t *dst = dmmu_map(words * 8);
	uint64_t *want = dmmu_map(words * 8);
	size_t i, k;

	ASSERT_TRUE(dst && want);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0xa5a4a3a2a1a09f00 + i;

		memset(dst, 0, words * 8);
		memset(want, 0, words * 8);
		for (k = 0; k < cases[i].bytes; k++)
			((uint8_t *)want)[cases[i].to + k] = (uint8_t)(value >> 8 * (k % 8));
		RUN_OK(dmmu_fill((char *)dst + cases[i].to, value, cases[i].bytes));
		ASSERT_EQ(words, dmmu_difference(dst, want, words))
		TH_LOG("case %zu: %zu bytes at %zu", i, cases[i].bytes, cases[i].to);
	}
}

CLAIM(anon, vadd_adds_element_by_element)
{
	const size_t words = 3 * 512 + 5;
	uint64_t *a = dmmu_map(5 * DMMU_PAGE);
	uint64_t *b = dmmu_map(5 * DMMU_PAGE);
	uint64_t *sum = dmmu_map(5 * DMMU_PAGE);
	uint64_t *want = dmmu_map(5 * DMMU_PAGE);
	struct dmmu_completion c;
	size_t i;

	ASSERT_TRUE(a && b && sum && want);
	dmmu_pattern(a + 1, words, 1);
	dmmu_pattern(b + 2, words, 2);
	for (i = 0; i < words; i++)
		want[i + 3] = a[i + 1] + b[i + 2];
	c = dmmu_run_one(self->fd, dmmu_vadd(sum + 3, a + 1, b + 2, words));
	ASSERT_OK(&c);
	EXPECT_EQ(words, c.done);
	EXPECT_EQ(5 * 512, dmmu_difference(sum, want, 5 * 512));
}

CLAIM(anon, reduce_sums_modulo_2_to_the_64)
{
	const size_t words = 2 * 512 + 3;
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	struct dmmu_completion c;
	uint64_t sum = 0;
	size_t i;

	ASSERT_NE(NULL, p);
	dmmu_pattern(p + 5, words, 3);
	for (i = 0; i < words; i++)
		sum += p[5 + i];
	c = dmmu_run_one(self->fd, dmmu_reduce(p + 5, words));
	ASSERT_OK(&c);
	EXPECT_EQ(sum, c.result);
}

CLAIM(anon, more_work_than_threads_all_runs_and_side_by_side)
{
	const unsigned int count = 4 * self->info.threads + 3;
	const size_t words = 600; /* from the middle of one page into the next */
	struct dmmu_work_desc *work = calloc(count, sizeof(*work));
	struct dmmu_completion *c = calloc(count, sizeof(*c));
	uint64_t *src = dmmu_map(count * 2 * DMMU_PAGE);
	uint64_t *dst = dmmu_map(count * 2 * DMMU_PAGE);
	uint64_t used = 0;
	unsigned int i;

	ASSERT_TRUE(work && c && src && dst);
	dmmu_pattern(src, count * 1024, 9);
	for (i = 0; i < count; i++)
		work[i] = dmmu_copy(dst + i * 1024 + 100, src + i * 1024 + 200, words * 8);
	ASSERT_EQ(0, dmmu_run(self->fd, work, count, c));
	for (i = 0; i < count; i++) {
		ASSERT_OK(&c[i]);
		ASSERT_EQ(words, dmmu_difference(dst + i * 1024 + 100, src + i * 1024 + 200, words))
		TH_LOG("copy %u", i);
		EXPECT_EQ(0, dst[i * 1024 + 99]);
		EXPECT_EQ(0, dst[i * 1024 + 100 + words]);
		ASSERT_LT(c[i].thread, self->info.threads);
		used |= 1ull << c[i].thread;
	}
	/* Each copy stalls on its first pages, so that the next threads get work meanwhile. */
	EXPECT_EQ(self->info.threads, __builtin_popcountll(used));
}

CLAIM(anon, completion_fields_tell_what_happened)
{
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	struct dmmu_completion cold, warm;

	ASSERT_NE(NULL, p);
	cold = dmmu_run_one(self->fd, dmmu_fill(p, 1, 4 * DMMU_PAGE));
	ASSERT_OK(&cold);
	EXPECT_EQ(DMMU_WORK_FILL, cold.op);
	EXPECT_EQ(4 * DMMU_PAGE, cold.done);
	EXPECT_LT(0, cold.faults);
	EXPECT_LT(0, cold.stall_cycles);
	EXPECT_LT(cold.stall_cycles, cold.cycles);
	EXPECT_EQ(0, cold.error);

	/* Nothing invalidates it in between, but the kernel may: only then are there new faults. */
	warm = dmmu_run_one(self->fd, dmmu_fill(p, 2, 4 * DMMU_PAGE));
	ASSERT_OK(&warm);
	EXPECT_LT(0, warm.cycles);
	EXPECT_LE(warm.faults, cold.faults);
	if (!warm.faults) {
		EXPECT_EQ(0, warm.stall_cycles);
	}
}

struct submitter {
	int fd;
	unsigned int first, count;
	uint64_t *src, *dst;
	int error;
};

static void *submit_some(void *arg)
{
	struct submitter *s = arg;
	unsigned int i;

	for (i = s->first; i < s->first + s->count && !s->error; i++) {
		struct dmmu_work_desc work = dmmu_copy(s->dst + i * 512, s->src + i * 512, 64);

		work.cookie = i;
		s->error = dmmu_submit(s->fd, &work, 1);
	}
	return NULL;
}

CLAIM(anon, cpu_threads_may_submit_at_the_same_time)
{
	enum { THREADS = 4, EACH = 16, ALL = THREADS * EACH };
	struct dmmu_completion c[ALL];
	struct submitter s[THREADS];
	pthread_t thread[THREADS];
	bool seen[ALL] = {false};
	uint64_t *src = dmmu_map(ALL * DMMU_PAGE);
	uint64_t *dst = dmmu_map(ALL * DMMU_PAGE);
	unsigned int i;

	ASSERT_TRUE(src && dst);
	dmmu_pattern(src, ALL * 512, 4);
	for (i = 0; i < THREADS; i++) {
		s[i] = (struct submitter){
			.fd = self->fd, .first = i * EACH, .count = EACH, .src = src, .dst = dst};
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, submit_some, &s[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		ASSERT_EQ(0, s[i].error);
	}
	ASSERT_EQ(0, dmmu_collect(self->fd, c, ALL));
	for (i = 0; i < ALL; i++) {
		ASSERT_OK(&c[i]);
		ASSERT_LT(c[i].cookie, ALL);
		EXPECT_FALSE(seen[c[i].cookie]);
		seen[c[i].cookie] = true;
	}
	for (i = 0; i < ALL; i++) {
		ASSERT_EQ(8, dmmu_difference(dst + i * 512, src + i * 512, 8));
	}
}

DMMU_TEST_MAIN
