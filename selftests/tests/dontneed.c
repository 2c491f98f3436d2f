// SPDX-License-Identifier: GPL-2.0
/*
 * dontneed: memory given back by madvise is given back on the device too, at once; and what the
 * device writes after that is not thrown away with it.
 */
#include "dmmu_fixture.h"

#define BYTES (4 * DMMU_PAGE)
#define WORDS (BYTES / 8)

DMMU_FIXTURE(dontneed)

CLAIM(dontneed, device_reads_zeros_after_dontneed)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 1; i <= 10; i++) {
		RUN_OK(dmmu_fill(p, i, BYTES));
		ASSERT_EQ(0, madvise(p, BYTES, MADV_DONTNEED));
		c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
		ASSERT_OK(&c);
		ASSERT_EQ(0, c.result);
		ASSERT_EQ(WORDS, dmmu_other_than(p, 0, WORDS));
	}
}

CLAIM(dontneed, device_write_after_dontneed_is_the_cpus_page)
{
	uint64_t *p = dmmu_map(BYTES);
	uint64_t i;

	ASSERT_NE(NULL, p);
	for (i = 1; i <= 20; i++) {
		RUN_OK(dmmu_fill(p, ~i, BYTES));
		ASSERT_EQ(0, madvise(p, BYTES, MADV_DONTNEED));
		p[1] = i; /* a new page */
		RUN_OK(dmmu_fill(p + 2, i << 8, 8));
		ASSERT_EQ(i, p[1]);
		ASSERT_EQ(i << 8, p[2]);
		ASSERT_EQ(0, p[3]);
	}
}

CLAIM(dontneed, running_writers_continue_in_new_pages)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *p = dmmu_map(n * DMMU_PAGE);
	uint64_t last[256];
	unsigned int i, k;

	ASSERT_TRUE(c && p);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, n));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, madvise(p, n * DMMU_PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, n));
	}
	ASSERT_EQ(0, mprotect(p, n * DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	dmmu_hammers_read(p, DMMU_PAGE, n, last);
	for (i = 0; i < n; i++) {
		EXPECT_FAULT(&c[i], dmmu_va(p) + c[i].cookie * DMMU_PAGE, DMMU_ATOMIC, -EPERM);
		EXPECT_LT(last[c[i].cookie], c[i].done); /* counted from zero again, 20 times */
	}
	/* Only the counters were written. */
	for (i = 0; i < n; i++)
		for (k = 1; k < 512; k++) {
			ASSERT_EQ(0, p[i * 512 + k]);
		}
}

/*
 * After MADV_FREE the kernel may drop the pages as long as they stay clean. The device's write must
 * make them dirty for the kernel, or reclaim throws the new data away.
 */
CLAIM(dontneed, device_write_after_madv_free_survives_reclaim)
{
	uint64_t *p = dmmu_map(BYTES);
	/* 2 MiB from all else, so that the driver does not map it along with p. */
	uint64_t *control = dmmu_map_huge_aligned(DMMU_HUGE);
	bool dropped = false;
	struct dmmu_completion c;
	int round, i;

	ASSERT_TRUE(p && control);
	/* Reclaim may swap a page instead of dropping it; then it was not tried. */
	for (round = 0; round < 5 && !dropped; round++) {
		RUN_OK(dmmu_fill(p, 1, BYTES));
		RUN_OK(dmmu_fill(control, 1, BYTES));
		dmmu_drop_caches();
		ASSERT_EQ(0, madvise(p, BYTES, MADV_FREE));
		ASSERT_EQ(0, madvise(control, BYTES, MADV_FREE));
		RUN_OK(dmmu_fill(p, 2, BYTES));
		for (i = 0; i < 20 && (dmmu_pagemap(control) & DMMU_PAGEMAP_PRESENT); i++) {
			dmmu_drop_caches();
			ASSERT_EQ(0, madvise(control, BYTES, MADV_PAGEOUT));
			ASSERT_EQ(0, madvise(p, BYTES, MADV_PAGEOUT));
			dmmu_sleep_us(10000);
		}
		EXPECT_EQ(WORDS, dmmu_other_than(p, 2, WORDS));
		c = dmmu_run_one(self->fd, dmmu_reduce(control, 512));
		ASSERT_OK(&c);
		dropped = !c.result;
	}
	/* The pages that nobody wrote were dropped, so reclaim was at work here. */
	EXPECT_TRUE(dropped) TH_LOG("reclaim did not drop the control pages: nothing was tested");
}

DMMU_TEST_MAIN
