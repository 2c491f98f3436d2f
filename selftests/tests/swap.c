// SPDX-License-Identifier: GPL-2.0
/*
 * swap: pages that the device has mapped are swapped out and come back with what was last written,
 * by whomever. Reclaim trusts dirty bits, and nobody but the driver sets them for the device's
 * writes.
 *
 * Uses the guest's swap when there is some, else a swap file in /mnt, else skips.
 */
#include <fcntl.h>
#include <sys/swap.h>

#include "dmmu_fixture.h"

#define PAGES	   8
#define BYTES	   (PAGES * DMMU_PAGE)
#define WORDS	   (BYTES / 8)
#define SWAP_FILE  "/mnt/dmmu-swap"
#define SWAP_PAGES 4096u

DMMU_FIXTURE(swap)

/* A swap file as mkswap would make it: version 1, last page, signature at the first page's end. */
static int make_swap(void)
{
	uint32_t first[1024] = {0};
	char zero[4096] = {0};
	unsigned int i;
	int fd;

	fd = open(SWAP_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	first[256] = 1;
	first[257] = SWAP_PAGES - 1;
	memcpy((char *)first + 4096 - 10, "SWAPSPACE2", 10);
	if (write(fd, first, 4096) != 4096)
		goto failed;
	for (i = 1; i < SWAP_PAGES; i++)
		if (write(fd, zero, 4096) != 4096)
			goto failed;
	fsync(fd);
	close(fd);
	return swapon(SWAP_FILE, 0) ? -errno : 0;
failed:
	close(fd);
	unlink(SWAP_FILE);
	return -ENOSPC;
}

#define SWAP_OR_SKIP()                                                                           \
	do {                                                                                     \
		int no_swap = dmmu_swap_is_on() ? 0 : make_swap();                               \
		if (no_swap)                                                                     \
			SKIP(return, "no swap in the guest, and none could be made in /mnt: %s", \
				   strerror(-no_swap));                                          \
	} while (0)

CLAIM(swap, page_swapped_out_comes_back_by_a_device_read)
{
	uint64_t *p = dmmu_map(BYTES);
	uint64_t *want = dmmu_map(BYTES);
	uint64_t *out = dmmu_map(BYTES);

	SWAP_OR_SKIP();
	ASSERT_TRUE(p && want && out);
	dmmu_pattern(want, WORDS, 1);
	RUN_OK(dmmu_copy(p, want, BYTES)); /* only the device ever wrote them */
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	RUN_OK(dmmu_copy(out, p, BYTES));
	EXPECT_EQ(WORDS, dmmu_difference(out, want, WORDS));
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	EXPECT_EQ(WORDS, dmmu_difference(p, want, WORDS));
}

/*
 * The trap: a read brings the page back, writable, but clean, with its copy still in swap. The
 * device's write sets no dirty bit that the kernel sees; reclaim would then drop the page and keep
 * the old copy.
 */
CLAIM(swap, device_write_to_a_page_that_a_read_swapped_in_survives)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	uint64_t round;

	SWAP_OR_SKIP();
	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 1, BYTES));
	for (round = 2; round < 6; round++) {
		ASSERT_EQ(0, dmmu_page_out(p, BYTES));
		c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
		ASSERT_OK(&c);
		ASSERT_EQ((round - 1) * WORDS, c.result);
		RUN_OK(dmmu_fill(p, round, BYTES));
	}
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 5, WORDS));
}

/* The same, but it is the CPU's read that brings the page back. */
CLAIM(swap, device_write_to_a_page_that_the_cpu_swapped_in_survives)
{
	volatile uint64_t *p = dmmu_map(BYTES);
	unsigned int i;

	SWAP_OR_SKIP();
	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 1, BYTES));
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ(1, p[i * 512]);
	}
	RUN_OK(dmmu_fill(p, 2, BYTES));
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 2, WORDS));
}

/* Pages written to swap since the guest's boot. */
static uint64_t pages_swapped_out(void)
{
	FILE *f = fopen("/proc/vmstat", "r");
	unsigned long long n = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "pswpout %llu", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

/*
 * The writers fault at once on what was paged out, so that a page is hardly ever seen to be away:
 * what counts is that pages were written to swap meanwhile. On a slow guest that takes some rounds.
 */
CLAIM(swap, page_out_under_running_writers_loses_nothing)
{
	const unsigned int n = self->info.threads < PAGES ? self->info.threads : PAGES;
	struct dmmu_completion c[PAGES];
	uint64_t *p = dmmu_map(BYTES);
	uint64_t last[PAGES];
	unsigned int i;
	uint64_t before;

	SWAP_OR_SKIP();
	ASSERT_NE(NULL, p);
	before = pages_swapped_out();
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, n));
	for (i = 0; i < 30 || (i < 300 && pages_swapped_out() == before); i++) {
		dmmu_drop_caches();
		ASSERT_EQ(0, madvise(p, BYTES, MADV_PAGEOUT));
		dmmu_sleep_us(1000);
	}
	EXPECT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, n));
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	dmmu_hammers_read(p, DMMU_PAGE, n, last);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
	EXPECT_LT(before, pages_swapped_out())
	TH_LOG("no page was swapped out under the writers: nothing was tested");
}

DMMU_TEST_MAIN
