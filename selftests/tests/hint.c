// SPDX-License-Identifier: GPL-2.0
/*
 * hint: a program says where pages should be once the device uses them, and they go there by the
 * device's faults; nobody sees another content because of it.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_regs.h"
#include "dmmu_whole.h"

#define PAGES 32ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

DMMU_LOCAL_FIXTURE(hint)

static long in_local(int fd, const struct dmmu_ioc_local *before)
{
	return (long)before->free_pages - dmmu_local_free(fd);
}

CLAIM(hint, without_one_faults_move_nothing)
{
	uint64_t *p = dmmu_map(BYTES);

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 1, BYTES));
	EXPECT_EQ(0, in_local(self->fd, &self->local));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_PREFER_LOCAL));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_NONE));
	ASSERT_EQ(0, madvise(p, BYTES, MADV_DONTNEED));
	RUN_OK(dmmu_fill(p, 1, BYTES));
	EXPECT_EQ(0, in_local(self->fd, &self->local));
}

CLAIM(hint, prefer_local_moves_what_the_device_faults_on)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	struct dmmu_completion c;
	uint64_t want = 0;
	size_t i;

	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 41);
	memcpy(copy, p, BYTES);
	for (i = 0; i < WORDS; i++)
		want += copy[i];
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_PREFER_LOCAL));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	EXPECT_EQ(PAGES, in_local(self->fd, &self->local));
	EXPECT_GT(PAGES, c.faults) TH_LOG("neighbours did not come along");
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	/* The CPU had them back, if it needed that; the device takes them again. */
	RUN_OK(dmmu_fill(p, 9, BYTES));
	EXPECT_EQ(PAGES, in_local(self->fd, &self->local));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 9, WORDS));
}

CLAIM(hint, it_ends_where_its_range_ends)
{
	uint64_t *p = dmmu_map(3 * BYTES);

	ASSERT_NE(NULL, p);
	memset(p, 1, 3 * BYTES);
	ASSERT_EQ(0, dmmu_hint(self->fd, p + WORDS + 512, BYTES - 2 * DMMU_PAGE,
			       DMMU_HINT_PREFER_LOCAL));
	RUN_OK(dmmu_fill(p, 2, 3 * BYTES));
	EXPECT_EQ(PAGES - 2, in_local(self->fd, &self->local));
	EXPECT_EQ(3 * WORDS, dmmu_other_than(p, 2, 3 * WORDS));
}

CLAIM(hint, prefer_host_brings_pages_home_when_the_device_faults)
{
	uint64_t *p = dmmu_map(BYTES);

	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_PREFER_HOST));
	/* What is mapped does not fault: make it. */
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ));
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ | PROT_WRITE));
	RUN_OK(dmmu_fill(p, 5, BYTES));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 5, WORDS));
}

CLAIM(hint, a_huge_page_follows_it_and_keeps_every_word)
{
	const size_t words = DMMU_HUGE / 8, step = 16 * 512;
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE), *copy = dmmu_map(DMMU_HUGE);
	size_t i;

	ASSERT_TRUE(p && copy);
	if (self->local.total_pages < 512)
		SKIP(return, "less local memory than a huge page");
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	dmmu_pattern(p, words, 42);
	memcpy(copy, p, DMMU_HUGE);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	for (i = 7; i < words; i += step) {
		RUN_OK(dmmu_add(p + i, 1, 5));
		copy[i] += 5;
	}
	EXPECT_EQ(512, in_local(self->fd, &self->local));
	EXPECT_EQ(words, dmmu_difference(p, copy, words));
}

/* The whole of it has the hint: one fault moves it and maps it, all of it by one translation. */
CLAIM(hint, a_huge_page_moves_as_one_by_one_fault)
{
	struct dmmu_ioc_counters before, after;
	struct dmmu_work_desc work[WHOLE_PAGES / 8];
	struct dmmu_completion c[WHOLE_PAGES / 8];
	struct area a;
	size_t i;

	AREA_OR_SKIP(&a, 74);
	ASSERT_EQ(0, dmmu_hint(self->fd, a.p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	c[0] = dmmu_run_one(self->fd, dmmu_add(a.p + WHOLE_WORDS / 2 + 77, 1, 2));
	ASSERT_OK(&c[0]);
	a.copy[WHOLE_WORDS / 2 + 77] += 2;
	EXPECT_EQ(1, c[0].faults);
	EXPECT_EQ(a.in + 1, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - WHOLE_PAGES, dmmu_local_free(self->fd));

	for (i = 0; i < WHOLE_PAGES / 8; i++)
		work[i] = dmmu_add(a.p + i * 8 * 512, 1, 1);
	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	ASSERT_EQ(0, dmmu_run(self->fd, work, WHOLE_PAGES / 8, c));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	for (i = 0; i < WHOLE_PAGES / 8; i++) {
		ASSERT_OK(&c[i]);
		EXPECT_EQ(0, c[i].faults);
		a.copy[i * 8 * 512]++;
	}
	EXPECT_GT(WHOLE_PAGES / 16, after.device[DMMU_CNT_WALKS] - before.device[DMMU_CNT_WALKS]);

	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
}

CLAIM(hint, of_a_huge_page_with_one_for_a_part_small_pages_move)
{
	struct area a;

	AREA_OR_SKIP(&a, 75);
	ASSERT_EQ(0, dmmu_hint(self->fd, a.p, DMMU_HUGE - DMMU_PAGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_TRUE(device_reads(self->fd, a.p + WHOLE_WORDS / 2, a.copy + WHOLE_WORDS / 2, 512));
	EXPECT_EQ(a.in, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - 16, dmmu_local_free(self->fd));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
}

CLAIM(hint, an_untouched_range_that_wants_huge_pages_starts_as_one)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);
	long in = dmmu_local_count("whole_in");

	ASSERT_NE(NULL, p);
	WHOLE_OR_SKIP();
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	RUN_OK(dmmu_add(p + 1000, 1, 1));
	EXPECT_EQ(in + 1, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - WHOLE_PAGES, dmmu_local_free(self->fd));
	EXPECT_EQ(1000, dmmu_other_than(p, 0, WHOLE_WORDS));
	EXPECT_EQ(1, p[1000]);

	/* One that does not want huge pages starts in small ones. */
	p = dmmu_map_huge_aligned(DMMU_HUGE);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	RUN_OK(dmmu_add(p + 1000, 1, 1));
	EXPECT_EQ(in + 1, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - 16, dmmu_local_free(self->fd));

	/* Of one of which a page is there, that stays what it is. */
	p = dmmu_map_huge_aligned(DMMU_HUGE);
	ASSERT_NE(NULL, p);
	p[WHOLE_WORDS / 2] = 3;
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	RUN_OK(dmmu_add(p + 1000, 1, 1));
	EXPECT_EQ(3, p[WHOLE_WORDS / 2]);
	EXPECT_EQ(1, p[1000]);
}

CLAIM(hint, without_a_free_block_small_pages_move)
{
	struct area a;

	AREA_OR_SKIP(&a, 76);
	ASSERT_EQ(0, dmmu_hint(self->fd, a.p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1));
	EXPECT_TRUE(device_reads(self->fd, a.p + WHOLE_WORDS / 2, a.copy + WHOLE_WORDS / 2, 512));
	EXPECT_EQ(a.in, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - 16, dmmu_local_free(self->fd));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
}

/* What would not do, is not done: nobody is sent home for a block that can never be. */
CLAIM(hint, in_too_small_a_memory_a_huge_page_sends_nobody_home)
{
	uint64_t *p = dmmu_map(64 * DMMU_PAGE);
	struct area a;

	AREA_OR_SKIP(&a, 77);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_knob("local_limit", WHOLE_PAGES / 2));
	MOVE_IN(p, 64 * DMMU_PAGE, 64);
	ASSERT_EQ(0, dmmu_hint(self->fd, a.p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_TRUE(device_reads(self->fd, a.p + WHOLE_WORDS / 2, a.copy + WHOLE_WORDS / 2, 512));
	EXPECT_EQ(a.in, dmmu_local_count("whole_in"));
	EXPECT_EQ(self->local.free_pages - 64 - 16, dmmu_local_free(self->fd));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
}

CLAIM(hint, room_for_a_huge_page_is_made)
{
	struct area a, b;

	AREA_OR_SKIP(&a, 78);
	AREA_OR_SKIP(&b, 79);
	ASSERT_EQ(0, dmmu_knob("local_limit", WHOLE_PAGES));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_hint(self->fd, b.p, DMMU_HUGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_TRUE(device_reads(self->fd, b.p, b.copy, WHOLE_WORDS));
	EXPECT_EQ(b.in + 2, dmmu_local_count("whole_in"));
	EXPECT_EQ(b.out + 1, dmmu_local_count("whole_out"));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(b.p, b.copy, WHOLE_WORDS));
}

CLAIM(hint, prefer_host_brings_a_huge_page_home_as_one)
{
	struct area a;

	AREA_OR_SKIP(&a, 80);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_hint(self->fd, a.p, DMMU_HUGE, DMMU_HINT_PREFER_HOST));
	/* What is mapped does not fault: make it. */
	ASSERT_EQ(0, mprotect(a.p, DMMU_HUGE, PROT_READ));
	ASSERT_EQ(0, mprotect(a.p, DMMU_HUGE, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WHOLE_WORDS));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
}

CLAIM(hint, what_cannot_move_is_used_where_it_is)
{
	int file = memfd_create("hint", 0);
	uint64_t *p;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, BYTES));
	p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_PREFER_LOCAL));
	RUN_OK(dmmu_fill(p, 5, BYTES));
	EXPECT_EQ(0, in_local(self->fd, &self->local));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 5, WORDS));
	close(file);
}

CLAIM(hint, arguments_out_of_range_are_refused)
{
	char *p = dmmu_map(BYTES);

	ASSERT_NE(NULL, p);
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p + 1, DMMU_PAGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p, 0, DMMU_HINT_PREFER_LOCAL));
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p, -DMMU_PAGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p, BYTES, 4));
}

DMMU_TEST_MAIN
