// SPDX-License-Identifier: GPL-2.0
/*
 * unmap: memory that is unmapped or moved under running work is out of the device's reach when the
 * call returns; the work fails at the right address, the process goes on.
 */
#include "dmmu_fixture.h"

DMMU_FIXTURE(unmap)

CLAIM(unmap, munmap_under_a_running_fill)
{
	const size_t bytes = 256 * DMMU_PAGE;
	volatile uint64_t *buf = dmmu_map(bytes);
	struct dmmu_work_desc work;
	struct dmmu_completion c;
	uint64_t *fresh;

	ASSERT_NE(NULL, buf);
	memset((void *)buf, 0, bytes);
	work = dmmu_fill(buf, 0x55, bytes);
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(dmmu_await(&buf[2 * 512], 0x55));
	ASSERT_EQ(0, munmap((void *)buf, bytes));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(DMMU_FAULT, c.status) TH_LOG("%s", dmmu_text(&c));
	EXPECT_EQ(DMMU_WRITE, c.access);
	EXPECT_EQ(-EFAULT, c.error);
	EXPECT_LE(dmmu_va(buf + 2 * 512), c.va);
	EXPECT_GT(dmmu_va(buf) + bytes, c.va);
	EXPECT_LE(2 * DMMU_PAGE, c.done);

	/* The operation is over: what is mapped here now is none of its business. */
	fresh = mmap((void *)buf, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_EQ(dmmu_va(buf), dmmu_va(fresh));
	memset(fresh, 0, bytes);
	dmmu_sleep_us(100000);
	EXPECT_EQ(bytes / 8, dmmu_other_than(fresh, 0, bytes / 8));
	/* And new work there reaches the new pages. */
	RUN_OK(dmmu_fill(fresh, 0x66, 4 * DMMU_PAGE));
	EXPECT_EQ(4 * 512, dmmu_other_than(fresh, 0x66, 4 * 512));
}

CLAIM(unmap, munmap_of_the_source_under_a_running_copy)
{
	const size_t bytes = 256 * DMMU_PAGE;
	uint64_t *src = dmmu_map(bytes);
	volatile uint64_t *dst = dmmu_map(bytes);
	uint64_t *want = dmmu_map(bytes);
	struct dmmu_work_desc work;
	struct dmmu_completion c;

	ASSERT_TRUE(src && dst && want);
	dmmu_pattern(src, bytes / 8, 1);
	memcpy(want, src, bytes);
	memset((void *)dst, 0, bytes);
	work = dmmu_copy(dst, src, bytes);
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(dmmu_await(&dst[2 * 512], want[2 * 512]));
	ASSERT_EQ(0, munmap(src, bytes));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(DMMU_FAULT, c.status) TH_LOG("%s", dmmu_text(&c));
	EXPECT_EQ(DMMU_READ, c.access);
	EXPECT_EQ(-EFAULT, c.error);
	EXPECT_LE(dmmu_va(src) + c.done, c.va);
	EXPECT_GT(dmmu_va(src) + bytes, c.va);
	ASSERT_LT(c.done, bytes);
	/* What it reports as done is right and whole; beyond it nothing was written. */
	EXPECT_EQ(c.done / 8, dmmu_difference(dst, want, c.done / 8));
	EXPECT_EQ((bytes - c.done) / 8, dmmu_other_than(dst + c.done / 8, 0, (bytes - c.done) / 8));
}

CLAIM(unmap, munmap_of_the_destination_under_many_running_copies)
{
	const unsigned int n = self->info.threads;
	const size_t each = 32 * DMMU_PAGE;
	struct dmmu_work_desc *work = calloc(n, sizeof(*work));
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	char *src = dmmu_map(each);
	char *dst = dmmu_map(n * each);
	unsigned int i;

	ASSERT_TRUE(work && c && src && dst);
	memset(src, 0x5a, each);
	for (i = 0; i < n; i++) {
		work[i] = dmmu_copy(dst + i * each, src, each);
		work[i].cookie = i;
	}
	ASSERT_EQ(0, dmmu_submit(self->fd, work, n));
	ASSERT_TRUE(dmmu_await((uint64_t *)dst, 0x5a5a5a5a5a5a5a5a));
	ASSERT_EQ(0, munmap(dst, n * each));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	for (i = 0; i < n; i++) {
		uint64_t start = dmmu_va(dst) + c[i].cookie * each;

		EXPECT_EQ(DMMU_FAULT, c[i].status) TH_LOG("%s", dmmu_text(&c[i]));
		EXPECT_EQ(DMMU_WRITE, c[i].access);
		EXPECT_EQ(-EFAULT, c[i].error);
		EXPECT_LE(start, c[i].va);
		EXPECT_GT(start + each, c[i].va);
	}
}

CLAIM(unmap, hole_in_the_middle_stops_the_operation_exactly_there)
{
	uint64_t *p = dmmu_map(5 * DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	/* The device knows all five pages, then one goes. */
	RUN_OK(dmmu_fill(p, 1, 5 * DMMU_PAGE));
	ASSERT_EQ(0, munmap(p + 3 * 512, DMMU_PAGE));
	c = dmmu_run_one(self->fd, dmmu_fill(p, 2, 5 * DMMU_PAGE));
	EXPECT_FAULT(&c, dmmu_va(p + 3 * 512), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(3 * DMMU_PAGE, c.done);
	EXPECT_EQ(3 * 512, dmmu_other_than(p, 2, 3 * 512));
	EXPECT_EQ(512, dmmu_other_than(p + 4 * 512, 1, 512));
}

CLAIM(unmap, mremap_takes_the_data_to_the_new_address)
{
	const size_t words = 8 * 512;
	uint64_t *old = dmmu_map(words * 8);
	uint64_t *new = dmmu_map(words * 8);
	uint64_t *want = dmmu_map(words * 8);
	uint64_t *out = dmmu_map(words * 8);

	ASSERT_TRUE(old && new &&want &&out);
	dmmu_pattern(want, words, 5);
	RUN_OK(dmmu_copy(old, want, words * 8));
	RUN_OK(dmmu_fill(new, 0xbad,
			 words * 8)); /* what the device knows of the target is stale too */
	ASSERT_EQ(dmmu_va(new),
		  dmmu_va(mremap(old, words * 8, words * 8, MREMAP_MAYMOVE | MREMAP_FIXED, new)));
	RUN_FAULT(dmmu_fill(old, 1, 8), dmmu_va(old), DMMU_WRITE, -EFAULT);
	RUN_FAULT(dmmu_reduce(old + 512, 1), dmmu_va(old + 512), DMMU_READ, -EFAULT);
	EXPECT_EQ(words, dmmu_difference(new, want, words));
	RUN_OK(dmmu_copy(out, new, words * 8));
	EXPECT_EQ(words, dmmu_difference(out, want, words));
	RUN_OK(dmmu_fill(new + 512, 0x1234, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(new + 512, 0x1234, 512));
}

CLAIM(unmap, no_write_lands_in_moved_pages_after_mremap_returned)
{
	const unsigned int n = self->info.threads;
	const size_t bytes = n * DMMU_PAGE;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *after = calloc(n, sizeof(*after));
	uint64_t *later = calloc(n, sizeof(*later));
	unsigned int round, i;

	ASSERT_TRUE(c && after && later);
	for (round = 0; round < 10; round++) {
		volatile char *old = dmmu_map(bytes);
		volatile char *new = dmmu_map(bytes);

		ASSERT_TRUE(old && new);
		ASSERT_EQ(0, dmmu_hammers_start(self->fd, old, DMMU_PAGE, n));
		dmmu_sleep_us(round * 700);
		ASSERT_EQ(dmmu_va(new),
			  dmmu_va(mremap((void *)old, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
					 (void *)new)));
		dmmu_hammers_read(new, DMMU_PAGE, n, after);
		ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
		dmmu_sleep_us(2000);
		dmmu_hammers_read(new, DMMU_PAGE, n, later);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(after[i], later[i])
			TH_LOG("round %u: hammer %u wrote after mremap", round, i);
			EXPECT_FAULT(&c[i], dmmu_va(old) + c[i].cookie * DMMU_PAGE, DMMU_ATOMIC,
				     -EFAULT);
			EXPECT_EQ(later[c[i].cookie], c[i].done);
		}
		munmap((void *)new, bytes);
	}
}

DMMU_TEST_MAIN
