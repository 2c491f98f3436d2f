// SPDX-License-Identifier: GPL-2.0
/*
 * memory_failure: a page of the host breaks, or is about to, while the device has it mapped. The
 * device loses it at once: what is about to break has its content elsewhere, which the device finds
 * by its next fault; for what is broken that fails with EFAULT. No other page, and no other
 * context, is any different.
 *
 * The kernel's own injection does the deed: MADV_SOFT_OFFLINE and MADV_HWPOISON. Each takes a page
 * from the machine for good. Where the kernel cannot do that (no CONFIG_MEMORY_FAILURE), all is
 * skipped.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_whole.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define PAGES 16ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)
#define BAD   5ul /* the page that breaks */

DMMU_FIXTURE(memory_failure)

#define POSSIBLE_OR_SKIP()                                                        \
	do {                                                                      \
		if (access("/proc/sys/vm/memory_failure_recovery", F_OK))         \
			SKIP(return, "this kernel has no CONFIG_MEMORY_FAILURE"); \
	} while (0)

#define LOCAL_OR_SKIP()                                            \
	do {                                                       \
		if (!(self->info.features & DMMU_FEATURE_MIGRATE)) \
			SKIP(return, "no pages in local memory");  \
	} while (0)

static sigjmp_buf touched;
static volatile sig_atomic_t touching;

static void on_bus_error(int signal)
{
	(void)signal;
	if (touching)
		siglongjmp(touched, 1);
}

/* The kernel tells the process that breaks its page, too. */
static int break_page(void *p)
{
	struct sigaction action = {.sa_handler = on_bus_error};

	sigaction(SIGBUS, &action, NULL);
	return madvise(p, DMMU_PAGE, MADV_HWPOISON) ? -errno : 0;
}

static bool cpu_gets_bus_error(const volatile uint64_t *p)
{
	bool error = true;

	touching = 1;
	if (!sigsetjmp(touched, 1)) {
		(void)*p;
		error = false;
	}
	touching = 0;
	return error;
}

/* All is as in the copy, but page @bad, which must not be touched. */
static bool others_are_right(const uint64_t *p, const uint64_t *copy, size_t words, size_t bad)
{
	size_t before = bad * 512, after = before + 512;

	return dmmu_difference(p, copy, before) == before &&
	       dmmu_difference(p + after, copy + after, words - after) == words - after;
}

static uint64_t frame(const volatile void *p)
{
	return dmmu_pagemap(p) & ((1ull << 55) - 1);
}

/* The driver has said nothing in the kernel's log since it was opened. */
static bool driver_was_silent(int fd)
{
	bool silent = fd >= 0;
	char record[2048];

	while (fd >= 0 && dmmu_log_next(fd, record, sizeof(record))) {
		if (!strstr(record, "dmmu "))
			continue;
		fprintf(stderr, "# the driver said: %s", record);
		silent = false;
	}
	if (fd >= 0)
		close(fd);
	return silent;
}

CLAIM(memory_failure, a_page_that_is_put_out_of_use_is_found_elsewhere)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES), before;
	int kmsg = dmmu_log_open();

	POSSIBLE_OR_SKIP();
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 90);
	RUN_OK(dmmu_fill(p + BAD * 512, 3, 64));
	memcpy(copy, p, BYTES);
	before = frame(p + BAD * 512);
	ASSERT_EQ(0, madvise(p + BAD * 512, DMMU_PAGE, MADV_SOFT_OFFLINE));
	EXPECT_NE(before, frame(p + BAD * 512));
	RUN_OK(dmmu_add(p + BAD * 512 + 9, 1, 4));
	RUN_OK(dmmu_add(p + (BAD + 1) * 512, 1, 4));
	copy[BAD * 512 + 9] += 4;
	copy[(BAD + 1) * 512] += 4;
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	EXPECT_TRUE(driver_was_silent(kmsg));
}

CLAIM(memory_failure, pages_put_out_of_use_under_running_writers_lose_nothing)
{
	const unsigned int n = self->info.threads < 8 ? self->info.threads : 8;
	uint64_t *p = dmmu_map(BYTES), last[8];
	struct dmmu_completion c[8];
	unsigned int i, round, gone = 0;

	POSSIBLE_OR_SKIP();
	ASSERT_NE(NULL, p);
	memset(p, 0, BYTES);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, n));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < n; i++)
			/* A page that is in use at that moment may stay. */
			if (!madvise(p + i * 512, DMMU_PAGE, MADV_SOFT_OFFLINE))
				gone++;
		EXPECT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, n));
	}
	EXPECT_LT(n, gone);
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	dmmu_hammers_read(p, DMMU_PAGE, n, last);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
}

CLAIM(memory_failure, a_broken_page_is_efault_for_the_device_and_no_other_is)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	int kmsg = dmmu_log_open(), fd = dmmu_open_bound();
	struct dmmu_completion c;
	size_t i;

	POSSIBLE_OR_SKIP();
	ASSERT_TRUE(p && copy && fd >= 0);
	dmmu_pattern(p, WORDS, 91);
	memcpy(copy, p, BYTES);
	/* Two contexts have it, by one entry for a read and one for a write. */
	RUN_OK(dmmu_reduce(p, WORDS));
	c = dmmu_run_one(fd, dmmu_add(p + BAD * 512, 0, 1));
	ASSERT_OK(&c);
	ASSERT_EQ(0, break_page(p + BAD * 512));

	RUN_FAULT(dmmu_reduce(p + BAD * 512, 8), dmmu_va(p + BAD * 512), DMMU_READ, -EFAULT);
	RUN_FAULT(dmmu_fill(p + BAD * 512 + 8, 1, 8), dmmu_va(p + BAD * 512 + 8), DMMU_WRITE,
		  -EFAULT);
	c = dmmu_run_one(fd, dmmu_add(p + BAD * 512, 1, 1));
	EXPECT_NE(DMMU_OK, c.status);
	EXPECT_EQ(-EFAULT, c.error);
	EXPECT_TRUE(cpu_gets_bus_error(p + BAD * 512));
	for (i = 0; i < PAGES; i++) {
		if (i == BAD)
			continue;
		RUN_OK(dmmu_add(p + i * 512 + 3, i, 1));
		c = dmmu_run_one(fd, dmmu_add(p + i * 512 + 4, i, 1));
		EXPECT_OK(&c);
		copy[i * 512 + 3] += i;
		copy[i * 512 + 4] += i;
		EXPECT_EQ(512, dmmu_difference(p + i * 512, copy + i * 512, 512));
	}
	/* A new page at the place of the broken one is as good as any. */
	ASSERT_NE(MAP_FAILED, mmap(p + BAD * 512, DMMU_PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	RUN_OK(dmmu_fill(p + BAD * 512, 6, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(p + BAD * 512, 6, 512));
	close(fd);
	EXPECT_TRUE(driver_was_silent(kmsg));
}

CLAIM(memory_failure, a_page_that_breaks_under_a_running_writer_ends_that_one_only)
{
	enum { HAMMERS = 4, VICTIM = 2 };
	uint64_t *p = dmmu_map(HAMMERS * DMMU_PAGE), last[HAMMERS];
	struct dmmu_completion c[HAMMERS];
	unsigned int i;

	POSSIBLE_OR_SKIP();
	ASSERT_NE(NULL, p);
	memset(p, 0, HAMMERS * DMMU_PAGE);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, HAMMERS));
	dmmu_sleep_us(50000);
	ASSERT_EQ(0, break_page(p + VICTIM * 512));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, 1));
	EXPECT_EQ(VICTIM, c[0].cookie);
	EXPECT_EQ(DMMU_FAULT, c[0].status) TH_LOG("%s", dmmu_text(&c[0]));
	EXPECT_EQ(-EFAULT, c[0].error) TH_LOG("%s", dmmu_text(&c[0]));
	EXPECT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, VICTIM));
	EXPECT_EQ(0, dmmu_hammers_moved(p + (VICTIM + 1) * 512, DMMU_PAGE, HAMMERS - VICTIM - 1));
	ASSERT_EQ(0, mprotect(p, HAMMERS * DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, HAMMERS - 1));
	dmmu_hammers_read(p, DMMU_PAGE, VICTIM, last);
	dmmu_hammers_read(p + (VICTIM + 1) * 512, DMMU_PAGE, HAMMERS - VICTIM - 1,
			  last + VICTIM + 1);
	for (i = 0; i < HAMMERS - 1; i++) {
		EXPECT_NE(VICTIM, c[i].cookie);
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
}

CLAIM(memory_failure, of_a_huge_page_only_the_broken_part_is_lost)
{
	const size_t bad = 77;
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE), *copy = dmmu_map(DMMU_HUGE);
	size_t i, words = DMMU_HUGE / 8;

	POSSIBLE_OR_SKIP();
	ASSERT_TRUE(p && copy);
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	dmmu_pattern(p, words, 92);
	memcpy(copy, p, DMMU_HUGE);
	for (i = 64; i < 96; i++)
		RUN_OK(dmmu_add(p + i * 512, 0, 1));
	ASSERT_EQ(0, break_page(p + bad * 512));
	RUN_FAULT(dmmu_reduce(p + bad * 512, 8), dmmu_va(p + bad * 512), DMMU_READ, -EFAULT);
	EXPECT_TRUE(cpu_gets_bus_error(p + bad * 512));
	RUN_OK(dmmu_add(p + (bad - 1) * 512, 1, 1));
	RUN_OK(dmmu_add(p + (bad + 1) * 512, 1, 1));
	copy[(bad - 1) * 512]++;
	copy[(bad + 1) * 512]++;
	EXPECT_TRUE(others_are_right(p, copy, words, bad));
}

/* MIGRATE and hints leave it where it is, and take its neighbours. */
CLAIM(memory_failure, a_broken_page_does_not_move_in)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	struct dmmu_migrate_result r;

	POSSIBLE_OR_SKIP();
	LOCAL_OR_SKIP();
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 93);
	memcpy(copy, p, BYTES);
	ASSERT_EQ(0, break_page(p + BAD * 512));
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(PAGES - 1, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_PREFER_LOCAL));
	RUN_FAULT(dmmu_fill(p + BAD * 512, 1, 8), dmmu_va(p + BAD * 512), DMMU_WRITE, -EFAULT);
	RUN_OK(dmmu_add(p, 1, 2));
	copy[0] += 2;
	EXPECT_TRUE(cpu_gets_bus_error(p + BAD * 512));
	EXPECT_TRUE(others_are_right(p, copy, WORDS, BAD));
}

/*
 * Of a kernel with files of persistent memory, memory_failure() looks for the file of any page of a
 * device, and does not see that this one has none (dax_lock_folio(), all up to 7.2): it dies.
 */
static bool kernel_dies(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " dax_lock_folio\n") || strstr(line, " dax_lock_page\n");
	if (f)
		fclose(f);
	return found;
}

/*
 * A page in local memory that CPUs do not reach comes home first, as by any touch, and what breaks
 * is the page of the host that it is in then. One that CPUs use in place is the device's, and the
 * kernel refuses.
 */
CLAIM(memory_failure, a_page_in_local_memory_breaks_at_home)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	long free_pages;
	int error;

	POSSIBLE_OR_SKIP();
	LOCAL_OR_SKIP();
	if (self->info.features & DMMU_FEATURE_COHERENT && kernel_dies())
		SKIP(return, "memory_failure() of a kernel with FS_DAX dies of pages that a device "
			     "and CPUs share");
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 94);
	memcpy(copy, p, BYTES);
	free_pages = dmmu_local_free(self->fd);
	MOVE_IN(p, BYTES, PAGES);
	error = break_page(p + BAD * 512);
	if (self->info.features & DMMU_FEATURE_COHERENT) {
		EXPECT_NE(0, error);
		RUN_OK(dmmu_add(p + BAD * 512, 1, 1));
		copy[BAD * 512]++;
		EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
		return;
	}
	ASSERT_EQ(0, error);
	EXPECT_LT(free_pages - (long)PAGES, dmmu_local_free(self->fd));
	RUN_FAULT(dmmu_fill(p + BAD * 512, 1, 8), dmmu_va(p + BAD * 512), DMMU_WRITE, -EFAULT);
	EXPECT_TRUE(cpu_gets_bus_error(p + BAD * 512));
	RUN_OK(dmmu_add(p + (BAD + 1) * 512, 1, 2));
	copy[(BAD + 1) * 512] += 2;
	EXPECT_TRUE(others_are_right(p, copy, WORDS, BAD));
	ASSERT_EQ(0, munmap(p, BYTES));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, free_pages));
}

/* To put it out of use is no more than that: what was in it is found at home. */
CLAIM(memory_failure, a_page_in_local_memory_is_put_out_of_use_at_home)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	int error;

	POSSIBLE_OR_SKIP();
	LOCAL_OR_SKIP();
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 96);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	RUN_OK(dmmu_add(p + BAD * 512, 1, 3));
	copy[BAD * 512] += 3;
	error = madvise(p + BAD * 512, DMMU_PAGE, MADV_SOFT_OFFLINE);
	if (!(self->info.features & DMMU_FEATURE_COHERENT)) {
		EXPECT_EQ(0, error);
	}
	RUN_OK(dmmu_add(p + BAD * 512, 1, 1));
	copy[BAD * 512]++;
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
}

CLAIM(memory_failure, a_huge_page_in_local_memory_comes_home_and_one_part_breaks)
{
	const size_t bad = 300;
	struct area a;

	POSSIBLE_OR_SKIP();
	LOCAL_OR_SKIP();
	AREA_OR_SKIP(&a, 95);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, break_page(a.p + bad * 512));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	RUN_FAULT(dmmu_fill(a.p + bad * 512, 1, 8), dmmu_va(a.p + bad * 512), DMMU_WRITE, -EFAULT);
	EXPECT_TRUE(cpu_gets_bus_error(a.p + bad * 512));
	RUN_OK(dmmu_add(a.p + (bad + 1) * 512, 1, 2));
	a.copy[(bad + 1) * 512] += 2;
	EXPECT_TRUE(others_are_right(a.p, a.copy, WHOLE_WORDS, bad));
}

DMMU_TEST_MAIN
