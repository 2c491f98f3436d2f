// SPDX-License-Identifier: GPL-2.0
/*
 * protect: mprotect binds the device as it binds the CPU. When the call has returned, nothing that
 * it forbids lands any more, however deep in the device the write was.
 */
#include "dmmu_fixture.h"

DMMU_FIXTURE(protect)

/*
 * The sharp one. Each hammer has a write in flight nearly all the time; a write that lands after
 * mprotect returned changes a word that was read right after. "Done" in the completion must count
 * what is in memory.
 */
CLAIM(protect, no_write_lands_after_mprotect_readonly_returned)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *after = calloc(n, sizeof(*after));
	uint64_t *later = calloc(n, sizeof(*later));
	unsigned int round, i;

	ASSERT_TRUE(c && after && later);
	for (round = 0; round < 10; round++) {
		volatile char *base = dmmu_map(n * DMMU_PAGE);

		ASSERT_NE(NULL, base);
		ASSERT_EQ(0, dmmu_hammers_start(self->fd, base, DMMU_PAGE, n));
		dmmu_sleep_us(round * 700);
		ASSERT_EQ(0, mprotect((void *)base, n * DMMU_PAGE, PROT_READ));
		dmmu_hammers_read(base, DMMU_PAGE, n, after);

		ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
		dmmu_sleep_us(2000);
		dmmu_hammers_read(base, DMMU_PAGE, n, later);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(after[i], later[i])
			TH_LOG("round %u: hammer %u wrote after mprotect", round, i);
		}
		for (i = 0; i < n; i++) {
			EXPECT_FAULT(&c[i], dmmu_va(base) + c[i].cookie * DMMU_PAGE, DMMU_ATOMIC,
				     -EPERM);
			EXPECT_EQ(later[c[i].cookie], c[i].done);
		}
	}
}

/* The same with the hammers in one page: mprotect meets many threads in one translation. */
CLAIM(protect, no_write_lands_in_a_page_shared_by_all_threads)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *after = calloc(n, sizeof(*after));
	uint64_t *later = calloc(n, sizeof(*later));
	unsigned int round, i;

	ASSERT_TRUE(c && after && later);
	for (round = 0; round < 10; round++) {
		volatile char *base = dmmu_map(DMMU_PAGE);

		ASSERT_NE(NULL, base);
		ASSERT_EQ(0, dmmu_hammers_start(self->fd, base, 64, n));
		dmmu_sleep_us(round * 500);
		ASSERT_EQ(0, mprotect((void *)base, DMMU_PAGE, PROT_READ));
		dmmu_hammers_read(base, 64, n, after);
		ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
		dmmu_sleep_us(2000);
		dmmu_hammers_read(base, 64, n, later);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(after[i], later[i])
			TH_LOG("round %u: hammer %u wrote after mprotect", round, i);
		}
		/* They fault together on one page, and each learns why it failed. */
		for (i = 0; i < n; i++)
			EXPECT_FAULT(&c[i], dmmu_va(base) + c[i].cookie * 64, DMMU_ATOMIC, -EPERM);
	}
}

CLAIM(protect, fill_stops_where_mprotect_caught_it)
{
	const size_t words = 256 * 512;
	uint64_t *buf = dmmu_map(words * 8);
	uint64_t *snapshot = dmmu_map(words * 8);
	struct dmmu_work_desc work;
	struct dmmu_completion c;
	size_t filled;

	ASSERT_TRUE(buf && snapshot);
	memset(buf, 0, words * 8);
	work = dmmu_fill(buf, 0x77, words * 8);
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(dmmu_await(&buf[3 * 512], 0x77));
	ASSERT_EQ(0, mprotect(buf, words * 8, PROT_READ));
	memcpy(snapshot, buf, words * 8);
	filled = dmmu_other_than(snapshot, 0x77, words);
	ASSERT_LT(filled, words) TH_LOG("the fill was over before mprotect: nothing was tested");

	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(DMMU_FAULT, c.status) TH_LOG("%s", dmmu_text(&c));
	EXPECT_EQ(DMMU_WRITE, c.access);
	EXPECT_EQ(-EPERM, c.error);
	/* It stopped at a page's start or inside one, never before the data that it has written. */
	EXPECT_LE(dmmu_va(buf) + filled * 8, c.va);
	EXPECT_GT(dmmu_va(buf) + words * 8, c.va);
	EXPECT_EQ(filled * 8, c.done);
	EXPECT_EQ(words, dmmu_difference(snapshot, buf, words));
	EXPECT_EQ(words - filled, dmmu_other_than(buf + filled, 0, words - filled));
}

CLAIM(protect, write_to_readonly_memory_fails_and_reads_go_on)
{
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);
	uint64_t *out = dmmu_map(DMMU_PAGE);

	ASSERT_TRUE(p && out);
	dmmu_pattern(p, 1024, 1);
	ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ));
	RUN_FAULT(dmmu_fill(p + 8, 0, 64), dmmu_va(p + 8), DMMU_WRITE, -EPERM);
	RUN_FAULT(dmmu_copy(p, p + 512, 8), dmmu_va(p), DMMU_WRITE, -EPERM);
	RUN_FAULT(dmmu_add(p + 1, 1, 1), dmmu_va(p + 1), DMMU_ATOMIC, -EPERM);
	RUN_OK(dmmu_copy(out, p, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_difference(out, p, 512));
	RUN_OK(dmmu_fill(p + 512, 5, DMMU_PAGE)); /* the page behind it is writable still */
}

CLAIM(protect, read_of_prot_none_memory_fails)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t *out = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_TRUE(p && out);
	RUN_OK(dmmu_fill(p, 3, DMMU_PAGE));
	ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_NONE));
	/* Mainline's hmm_range_fault() calls this -EFAULT; -EPERM would be as true. */
	c = dmmu_run_one(self->fd, dmmu_copy(out, p, 64));
	EXPECT_FAULT(&c, dmmu_va(p), DMMU_READ, c.error == -EPERM ? -EPERM : -EFAULT);
	EXPECT_EQ(8, dmmu_other_than(out, 0, 8));
	c = dmmu_run_one(self->fd, dmmu_fill(p, 4, 64));
	EXPECT_FAULT(&c, dmmu_va(p), DMMU_WRITE, c.error == -EPERM ? -EPERM : -EFAULT);
	ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ));
	EXPECT_EQ(512, dmmu_other_than(p, 3, 512));
}

CLAIM(protect, mprotect_back_to_writable_makes_new_work_succeed)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ));
		RUN_FAULT(dmmu_fill(p, 99, DMMU_PAGE), dmmu_va(p), DMMU_WRITE, -EPERM);
		ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ | PROT_WRITE));
		RUN_OK(dmmu_fill(p, i + 1, DMMU_PAGE));
		ASSERT_EQ(512, dmmu_other_than(p, i + 1, 512));
	}
}

CLAIM(protect, readonly_page_in_the_middle_stops_a_copy_there)
{
	uint64_t *src = dmmu_map(4 * DMMU_PAGE);
	uint64_t *dst = dmmu_map(4 * DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_TRUE(src && dst);
	dmmu_pattern(src, 4 * 512, 1);
	ASSERT_EQ(0, mprotect(dst + 2 * 512, DMMU_PAGE, PROT_READ));
	c = dmmu_run_one(self->fd, dmmu_copy(dst, src, 4 * DMMU_PAGE));
	EXPECT_FAULT(&c, dmmu_va(dst + 2 * 512), DMMU_WRITE, -EPERM);
	EXPECT_EQ(2 * DMMU_PAGE, c.done);
	EXPECT_EQ(1024, dmmu_difference(dst, src, 1024));
	EXPECT_EQ(1024, dmmu_other_than(dst + 1024, 0, 1024));
}

/*
 * Short work that fails ends on one thread after another, several of them before the first
 * completion is taken. The errors used to be kept one a thread: the second had none.
 */
CLAIM(protect, each_of_many_refused_writes_says_why)
{
	enum { PAGES = 64, ROUNDS = 8 };
	struct dmmu_completion c[PAGES];
	struct dmmu_work_desc work[PAGES];
	uint64_t *p = dmmu_map(PAGES * DMMU_PAGE);

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, mprotect(p, PAGES * DMMU_PAGE, PROT_READ));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < PAGES; i++)
			work[i] = dmmu_fill(p + i * 512, 1, 64);
		ASSERT_EQ(0, dmmu_run(self->fd, work, PAGES, c));
		for (unsigned int i = 0; i < PAGES; i++)
			EXPECT_FAULT(&c[i], dmmu_va(p + i * 512), DMMU_WRITE, -EPERM);
	}
}

DMMU_TEST_MAIN
