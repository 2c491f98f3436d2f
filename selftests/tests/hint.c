// SPDX-License-Identifier: GPL-2.0
/*
 * hint: a program says where pages should be once the device uses them, and they go there by the
 * device's faults; nobody sees another content because of it.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_migrate.h"

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
	EXPECT_EQ(-EOPNOTSUPP, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
}

DMMU_TEST_MAIN
