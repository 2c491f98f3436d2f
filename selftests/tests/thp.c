// SPDX-License-Identifier: GPL-2.0
/*
 * thp: transparent huge pages. The device reads and writes across one, while it is split, and while
 * small pages are collapsed into one; data and permissions stay right page by page.
 */
#include "dmmu_fixture.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE_WORDS (DMMU_HUGE / 8)

DMMU_FIXTURE(thp)

/* 2 MiB, aligned, madvised; NULL when the kernel gives no huge page for it. */
static uint64_t *huge_page(void)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);

	if (!p || madvise(p, DMMU_HUGE, MADV_HUGEPAGE))
		return NULL;
	memset(p, 0, DMMU_HUGE);
	return dmmu_huge_kb(p) == 2048 ? p : NULL;
}

#define HUGE_OR_SKIP(p)                                                                 \
	do {                                                                            \
		(p) = huge_page();                                                      \
		if (!(p))                                                               \
			SKIP(return, "the kernel gives no transparent huge page here"); \
	} while (0)

/* Device writes a word at each of the 512 small pages, 16 operations. */
static int stamp(int fd, uint64_t *p, uint64_t value)
{
	struct dmmu_work_desc work[32];
	struct dmmu_completion c[32];
	unsigned int i;
	int error;

	for (i = 0; i < 32; i++)
		work[i] = dmmu_fill(p + i * 16 * 512 + 512 - 2, value + i, 32);
	error = dmmu_run(fd, work, 32, c);
	for (i = 0; i < 32 && !error; i++)
		if (!dmmu_is_ok(&c[i])) {
			fprintf(stderr, "# %s\n", dmmu_text(&c[i]));
			error = -EIO;
		}
	return error;
}

static unsigned int stamped(const uint64_t *p, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		if (dmmu_other_than(p + i * 16 * 512 + 512 - 2, value + i, 4) != 4)
			break;
	return i;
}

CLAIM(thp, device_fills_and_sums_a_whole_huge_page)
{
	struct dmmu_completion c;
	uint64_t *p;

	HUGE_OR_SKIP(p);
	RUN_OK(dmmu_fill(p, 3, DMMU_HUGE));
	EXPECT_EQ(HUGE_WORDS, dmmu_other_than(p, 3, HUGE_WORDS));
	p[HUGE_WORDS - 1] = 1000;
	c = dmmu_run_one(self->fd, dmmu_reduce(p, HUGE_WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ((HUGE_WORDS - 1) * 3 + 1000, c.result);
}

CLAIM(thp, first_touch_by_the_device_in_a_huge_page_region)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	ASSERT_EQ(0, stamp(self->fd, p, 100));
	EXPECT_EQ(32, stamped(p, 100));
	EXPECT_EQ(510, dmmu_other_than(p, 0, 510));
}

CLAIM(thp, operation_across_the_border_of_two_huge_pages)
{
	uint64_t *p = dmmu_map_huge_aligned(2 * DMMU_HUGE);
	uint64_t *border = p + HUGE_WORDS;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, madvise(p, 2 * DMMU_HUGE, MADV_HUGEPAGE));
	memset(p, 0, 2 * DMMU_HUGE);
	if (dmmu_huge_kb(p) < 2048)
		SKIP(return, "the kernel gives no transparent huge page here");
	RUN_OK(dmmu_fill(border - 700, 9, 1400 * 8));
	EXPECT_EQ(1400, dmmu_other_than(border - 700, 9, 1400));
	EXPECT_EQ(0, border[-701]);
	EXPECT_EQ(0, border[700]);
}

CLAIM(thp, split_by_munmap_of_one_small_page)
{
	uint64_t *p, *hole;

	HUGE_OR_SKIP(p);
	hole = p + 264 * 512; /* not one of the pages that are stamped */
	ASSERT_EQ(0, stamp(self->fd, p, 200));
	ASSERT_EQ(0, munmap(hole, DMMU_PAGE));
	EXPECT_EQ(32, stamped(p, 200));
	RUN_FAULT(dmmu_fill(hole, 1, 8), dmmu_va(hole), DMMU_WRITE, -EFAULT);
	RUN_FAULT(dmmu_fill(hole - 8, 1, DMMU_PAGE), dmmu_va(hole), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(8, dmmu_other_than(hole - 8, 1, 8));
	RUN_OK(dmmu_fill(hole + 512, 2, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(hole + 512, 2, 512));
}

CLAIM(thp, split_by_mprotect_of_one_small_page)
{
	uint64_t *p, *ro;

	HUGE_OR_SKIP(p);
	ro = p + 100 * 512;
	RUN_OK(dmmu_fill(ro - 512, 7, 3 * DMMU_PAGE));
	ASSERT_EQ(0, mprotect(ro, DMMU_PAGE, PROT_READ));
	RUN_FAULT(dmmu_fill(ro, 8, 8), dmmu_va(ro), DMMU_WRITE, -EPERM);
	EXPECT_EQ(512, dmmu_other_than(ro, 7, 512));
	RUN_OK(dmmu_fill(ro - 512, 9, DMMU_PAGE));
	RUN_OK(dmmu_fill(ro + 512, 9, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(ro - 512, 9, 512));
	EXPECT_EQ(512, dmmu_other_than(ro + 512, 9, 512));
	RUN_OK(dmmu_reduce(ro, 512));
}

CLAIM(thp, split_by_dontneed_of_one_small_page)
{
	struct dmmu_completion c;
	uint64_t *p, *gone;

	HUGE_OR_SKIP(p);
	gone = p + 300 * 512;
	RUN_OK(dmmu_fill(gone - 512, 5, 3 * DMMU_PAGE));
	ASSERT_EQ(0, madvise(gone, DMMU_PAGE, MADV_DONTNEED));
	c = dmmu_run_one(self->fd, dmmu_reduce(gone - 512, 3 * 512));
	ASSERT_OK(&c);
	EXPECT_EQ(2 * 512 * 5, c.result);
	RUN_OK(dmmu_fill(gone, 6, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(gone, 6, 512));
	EXPECT_EQ(512, dmmu_other_than(gone + 512, 5, 512));
}

CLAIM(thp, split_under_running_writers_stops_only_those_it_concerns)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *p, stopped_at, last[256];
	unsigned int i, got;

	ASSERT_NE(NULL, c);
	HUGE_OR_SKIP(p);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, 8 * DMMU_PAGE, n));
	ASSERT_EQ(0, mprotect(p + 8 * 512, DMMU_PAGE, PROT_READ)); /* hammer 1 */
	stopped_at = *(volatile uint64_t *)(p + 8 * 512);
	ASSERT_EQ(0, dmmu_collect(self->fd, c, 1));
	EXPECT_EQ(1, c->cookie);
	EXPECT_FAULT(c, dmmu_va(p + 8 * 512), DMMU_ATOMIC, -EPERM);
	EXPECT_EQ(stopped_at, p[8 * 512]);
	EXPECT_EQ(stopped_at, c->done);
	EXPECT_EQ(0, dmmu_hammers_moved(p + 16 * 512, 8 * DMMU_PAGE, n - 2));
	EXPECT_EQ(-ETIME, dmmu_wait(self->fd, c, 1, 1, 0, &got));

	ASSERT_EQ(0, mprotect(p, DMMU_HUGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n - 1));
	dmmu_hammers_read(p, 8 * DMMU_PAGE, n, last);
	for (i = 0; i < n - 1; i++) {
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
}

CLAIM(thp, collapse_under_running_writers_loses_nothing)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);
	unsigned int round, i, collapsed = 0;
	uint64_t last[256];

	ASSERT_TRUE(c && p);
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_NOHUGEPAGE));
	for (i = 0; i < 512; i++)
		p[i * 512 + 1] = i;
	ASSERT_EQ(0, dmmu_huge_kb(p));
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, 16 * DMMU_PAGE, n));
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	for (round = 0; round < 20 && !collapsed; round++) {
		if (!madvise(p, DMMU_HUGE, MADV_COLLAPSE))
			collapsed++;
		else if (errno == EINVAL && !round)
			break;
		else
			dmmu_sleep_us(5000);
	}
	EXPECT_EQ(0, dmmu_hammers_moved(p, 16 * DMMU_PAGE, n));
	ASSERT_EQ(0, mprotect(p, DMMU_HUGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	dmmu_hammers_read(p, 16 * DMMU_PAGE, n, last);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
	for (i = 0; i < 512; i++) {
		ASSERT_EQ(i, p[i * 512 + 1]);
	}
	if (!collapsed)
		SKIP(return, "MADV_COLLAPSE: %s", strerror(errno));
	EXPECT_EQ(2048, dmmu_huge_kb(p));
}

DMMU_TEST_MAIN
