// SPDX-License-Identifier: GPL-2.0
/*
 * sequence_race: the CPU changes the mapping of a page while the driver is about to map that same
 * page on the device. The driver must notice that an invalidation came between its look-up and its
 * page-table write (mmu_interval_read_retry) and look again; else the device gets a page that is no
 * longer the process's.
 *
 * Background work keeps faults on the page in service all the time; the driver's delay knob,
 * where there is one, holds the window between look-up and write open.
 */
#include "dmmu_fixture.h"

#define WINDOW_US 300

DMMU_FIXTURE(sequence_race)

/*
 * The page is given back and written anew while faults on it are in service. What the device reads
 * then must be what the CPU wrote, and what it writes must land where the CPU sees it; with a stale
 * translation it reads the page before, and writes into memory that is somebody else's by now.
 */
CLAIM(sequence_race, device_uses_no_page_that_was_given_back)
{
	enum { READERS = 6, ALL = READERS + 2 };
	volatile uint64_t *page = dmmu_map(DMMU_PAGE);
	volatile uint64_t *out = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work[ALL];
	struct dmmu_completion c[ALL];
	uint64_t round;
	unsigned int i;

	ASSERT_TRUE(page && out);
	dmmu_map_delay(WINDOW_US);
	for (round = 1; round <= 250; round++) {
		for (i = 0; i < READERS; i++)
			work[i] = dmmu_reduce(page + 64, 8);
		/* A page that the device does not know yet, and faults on it under way ... */
		ASSERT_EQ(0, madvise((void *)page, DMMU_PAGE, MADV_DONTNEED));
		page[1] = ~round;
		ASSERT_EQ(0, dmmu_submit(self->fd, work, READERS));
		dmmu_sleep_us(round % 50 * 40);
		/* ... when it is replaced. */
		ASSERT_EQ(0, madvise((void *)page, DMMU_PAGE, MADV_DONTNEED));
		page[1] = round;
		work[READERS] = dmmu_fill(page, round, 8);
		work[READERS + 1] = dmmu_copy(out, page + 1, 8);
		ASSERT_EQ(0, dmmu_submit(self->fd, work + READERS, 2));
		ASSERT_EQ(0, dmmu_collect(self->fd, c, ALL));
		for (i = 0; i < ALL; i++) {
			ASSERT_OK(&c[i]);
		}
		ASSERT_EQ(round, out[0])
		TH_LOG("round %llu: read from a page that is gone", (unsigned long long)round);
		ASSERT_EQ(round, page[0])
		TH_LOG("round %llu: wrote to a page that is gone", (unsigned long long)round);
		ASSERT_EQ(round, page[1]);
	}
	dmmu_map_delay(0);
}

/*
 * Writable, read-only, writable, ... with writers that fault at each turn. While it is read-only,
 * no writer may get through: one that does has a translation from before.
 */
CLAIM(sequence_race, no_writer_gets_through_while_the_page_is_read_only)
{
	enum { WRITERS = 8 };
	volatile uint64_t *page = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work[WRITERS];
	struct dmmu_completion c[WRITERS];
	uint64_t before[WRITERS], after[WRITERS];
	unsigned int round, i;

	ASSERT_NE(NULL, page);
	for (i = 0; i < WRITERS; i++) {
		work[i] = dmmu_add(page + i * 8, 1, DMMU_FOREVER);
		work[i].cookie = i;
	}
	dmmu_map_delay(WINDOW_US);
	for (round = 0; round < 150; round++) {
		/* The writers fault on a fresh page while mprotect takes the right away. */
		ASSERT_EQ(0, madvise((void *)page, DMMU_PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, dmmu_submit(self->fd, work, WRITERS));
		dmmu_sleep_us(round % 50 * 40);
		ASSERT_EQ(0, mprotect((void *)page, DMMU_PAGE, PROT_READ));
		dmmu_hammers_read(page, 64, WRITERS, before);
		ASSERT_EQ(0, dmmu_collect(self->fd, c, WRITERS))
		TH_LOG("round %u: a writer goes on in read-only memory", round);
		dmmu_hammers_read(page, 64, WRITERS, after);
		for (i = 0; i < WRITERS; i++) {
			ASSERT_EQ(before[i], after[i])
			TH_LOG("round %u: writer %u wrote to read-only memory", round, i);
			EXPECT_EQ(DMMU_FAULT, c[i].status) TH_LOG("%s", dmmu_text(&c[i]));
			ASSERT_EQ(after[c[i].cookie], c[i].done);
		}
		ASSERT_EQ(0, mprotect((void *)page, DMMU_PAGE, PROT_READ | PROT_WRITE));
	}
	dmmu_map_delay(0);
}

/* The page moves between two addresses; a stale translation of either shows as a write in the wrong
 * place. */
CLAIM(sequence_race, writers_follow_no_page_that_moved_away)
{
	char *a = dmmu_map(DMMU_PAGE);
	char *b = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work[4];
	struct dmmu_completion c[4];
	uint64_t before, after;
	unsigned int round, i;

	ASSERT_TRUE(a && b);
	for (i = 0; i < 4; i++) {
		work[i] = dmmu_add(a, 1, DMMU_FOREVER);
		work[i].cookie = i;
	}
	dmmu_map_delay(WINDOW_US);
	for (round = 0; round < 100; round++) {
		ASSERT_EQ(0, dmmu_submit(self->fd, work, 4));
		dmmu_sleep_us(round % 50 * 40);
		ASSERT_EQ(b, mremap(a, DMMU_PAGE, DMMU_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b));
		before = *(volatile uint64_t *)b;
		ASSERT_EQ(0, dmmu_collect(self->fd, c, 4))
		TH_LOG("round %u: a writer goes on where nothing is mapped", round);
		after = *(volatile uint64_t *)b;
		ASSERT_EQ(before, after) TH_LOG("round %u: wrote to the page that moved", round);
		for (i = 0; i < 4; i++) {
			EXPECT_FAULT(&c[i], dmmu_va(a), DMMU_ATOMIC, -EFAULT);
		}
		/* and back, by way of a new mapping */
		ASSERT_EQ(a, mmap(a, DMMU_PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	}
	dmmu_map_delay(0);
}

DMMU_TEST_MAIN
