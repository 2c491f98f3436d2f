// SPDX-License-Identifier: GPL-2.0
/*
 * read_mostly: with this hint the device reads copies in local memory of pages that nobody can
 * write. Nobody ever sees other words because of that, whatever becomes of the pages, the mapping,
 * the room and the device.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_migrate.h"
#include "dmmu_pci.h"
#include "dmmu_regs.h"

#define PAGES	 32ul
#define BYTES	 (PAGES * DMMU_PAGE)
#define WORDS	 (BYTES / 8)
#define AT(page) ((page)*512)

/* What makes a file one that nobody can change. */
#define CONSTANT (F_SEAL_WRITE | F_SEAL_SHRINK)

DMMU_LOCAL_FIXTURE(read_mostly)

static long replicas(int fd)
{
	struct dmmu_ioc_local l;

	return dmmu_local(fd, &l) ? -1 : (long)l.replicas;
}

/* A file with a pattern and seals, or -1. */
static int sealed(size_t bytes, uint64_t seed, int seals)
{
	int file = memfd_create("read_mostly", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	uint64_t *content = malloc(bytes);

	if (file >= 0 && content) {
		dmmu_pattern(content, bytes / 8, seed);
		if (write(file, content, bytes) == (ssize_t)bytes &&
		    !fcntl(file, F_ADD_SEALS, seals)) {
			free(content);
			return file;
		}
	}
	free(content);
	close(file);
	return -1;
}

/*
 * Mapped for reading, anywhere or at @at. Before Linux 6.7 only through a file that is open for
 * reading may what is sealed be mapped as shared.
 */
static void *map_file(void *at, size_t bytes, int file)
{
	int flags = MAP_SHARED | (at ? MAP_FIXED : 0), again;
	void *p = mmap(at, bytes, PROT_READ, flags, file, 0);
	char path[64];

	if (p != MAP_FAILED || errno != EPERM)
		return p;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	again = open(path, O_RDONLY | O_CLOEXEC);
	p = mmap(at, bytes, PROT_READ, flags, again, 0);
	close(again);
	return p;
}

/* The same, and what is in it in @copy. */
static uint64_t *sealed_map(size_t bytes, uint64_t seed, int seals, uint64_t **copy)
{
	int file = sealed(bytes, seed, seals);
	void *p = map_file(NULL, bytes, file);

	close(file);
	*copy = dmmu_map(bytes);
	if (p == MAP_FAILED || !*copy)
		return NULL;
	dmmu_pattern(*copy, bytes / 8, seed);
	return p;
}

/* Has the device the same there? It is asked, not the CPU. */
static bool device_sees(int fd, const uint64_t *p, const uint64_t *want, size_t words)
{
	static uint64_t *seen;
	struct dmmu_completion c;

	if (!seen)
		seen = dmmu_map(8 * BYTES);
	if (!seen || words > 8 * WORDS)
		return false;
	memset(seen, 0xa5, words * 8);
	c = dmmu_run_one(fd, dmmu_copy(seen, p, words * 8));
	if (!dmmu_is_ok(&c))
		fprintf(stderr, "# %s\n", dmmu_text(&c));
	return dmmu_is_ok(&c) && dmmu_difference(seen, want, words) == words;
}

#define DEVICE_SEES(p, want, words) EXPECT_TRUE(device_sees(self->fd, p, want, words))

/* A sealed file that the device has copies of, all of it. */
#define REPLICATED(p, copy, seed)                                                     \
	do {                                                                          \
		(p) = sealed_map(BYTES, seed, CONSTANT, &(copy));                     \
		ASSERT_NE(NULL, p);                                                   \
		ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));   \
		DEVICE_SEES(p, copy, WORDS);                                          \
		ASSERT_EQ(PAGES, replicas(self->fd));                                 \
		ASSERT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd)); \
	} while (0)

#define NOTHING_LEFT()                                                        \
	do {                                                                  \
		EXPECT_EQ(0, replicas(self->fd));                             \
		EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd)); \
	} while (0)

CLAIM(read_mostly, a_sealed_file_is_read_from_local_memory)
{
	struct dmmu_ioc_counters before, after;
	long made = dmmu_local_count("replicated");
	struct dmmu_completion c;
	uint64_t *p, *copy, want = 0;
	size_t i;

	p = sealed_map(BYTES, 1, CONSTANT, &copy);
	ASSERT_NE(NULL, p);
	for (i = 0; i < WORDS; i++)
		want += copy[i];
	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	EXPECT_EQ(0, replicas(self->fd));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	EXPECT_GT(PAGES, c.faults) TH_LOG("neighbours did not come along");
	EXPECT_EQ(PAGES, replicas(self->fd));
	EXPECT_EQ(made + PAGES, dmmu_local_count("replicated"));
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));

	/* The CPU goes on with the file: nothing moves, nothing faults. */
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	EXPECT_EQ(PAGES, replicas(self->fd));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	EXPECT_EQ(before.driver[DMMU_DRV_PAGES_IN], after.driver[DMMU_DRV_PAGES_IN]);
	EXPECT_EQ(before.driver[DMMU_DRV_PAGES_OUT], after.driver[DMMU_DRV_PAGES_OUT]);

	/* And the device reads its own memory. */
	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	EXPECT_EQ(0, c.faults);
	EXPECT_GT(
		after.device[DMMU_CNT_LOCAL_RD_BEATS] - before.device[DMMU_CNT_LOCAL_RD_BEATS],
		4 * (after.device[DMMU_CNT_HOST_RD_BEATS] - before.device[DMMU_CNT_HOST_RD_BEATS]));
	ASSERT_EQ(0, munmap(p, BYTES));
	NOTHING_LEFT();
}

CLAIM(read_mostly, each_context_has_copies_of_its_own)
{
	uint64_t *p, *copy;
	int fd = dmmu_open_bound();

	ASSERT_GE(fd, 0);
	REPLICATED(p, copy, 2);
	/* Who gave no hint has none. */
	EXPECT_TRUE(device_sees(fd, p, copy, AT(PAGES / 2)));
	EXPECT_EQ(PAGES, replicas(fd));
	ASSERT_EQ(0, dmmu_hint(fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	EXPECT_TRUE(device_sees(fd, p, copy, WORDS));
	/* What was mapped before does not fault. */
	EXPECT_LT(PAGES, replicas(self->fd));
	EXPECT_GT(2 * PAGES, replicas(self->fd));
	close(fd);
	EXPECT_EQ(PAGES, replicas(self->fd));
	DEVICE_SEES(p, copy, WORDS);
	ASSERT_EQ(0, munmap(p, BYTES));
	NOTHING_LEFT();
}

CLAIM(read_mostly, it_ends_where_its_range_ends)
{
	uint64_t *copy, *p = sealed_map(BYTES, 3, CONSTANT, &copy);

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p + AT(3), BYTES - 5 * DMMU_PAGE, DMMU_HINT_READ_MOSTLY));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES - 5, replicas(self->fd));
}

/* Whoever can write a page, does so without telling anybody. */
CLAIM(read_mostly, what_somebody_can_write_stays_where_it_is)
{
	static const int some[] = {0, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_WRITE,
				   F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE};
	uint64_t *anon = dmmu_map(BYTES), *copy = dmmu_map(BYTES), *p;

	ASSERT_TRUE(anon && copy);
	for (unsigned int i = 0; i < sizeof(some) / sizeof(*some); i++) {
		p = sealed_map(BYTES, 4 + i, some[i], &copy);
		ASSERT_NE(NULL, p);
		ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
		DEVICE_SEES(p, copy, WORDS);
		EXPECT_EQ(0, replicas(self->fd)) TH_LOG("seals %#x", some[i]);
	}
	dmmu_pattern(anon, WORDS, 9);
	memcpy(copy, anon, BYTES);
	ASSERT_EQ(0, dmmu_hint(self->fd, anon, BYTES, DMMU_HINT_READ_MOSTLY));
	DEVICE_SEES(anon, copy, WORDS);
	RUN_OK(dmmu_fill(anon, 3, BYTES));
	EXPECT_EQ(WORDS, dmmu_other_than(anon, 3, WORDS));
	NOTHING_LEFT();
	/* What is in local memory already is read there. */
	MOVE_IN(anon, BYTES, PAGES);
	RUN_OK(dmmu_fill(anon, 4, BYTES));
	EXPECT_EQ(0, replicas(self->fd));
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	EXPECT_EQ(WORDS, dmmu_other_than(anon, 4, WORDS));
}

/* Sealed later, it is one that nobody can write. */
CLAIM(read_mostly, a_file_that_is_written_and_then_sealed_is_read_right)
{
	int file = sealed(BYTES, 5, 0);
	uint64_t *copy = dmmu_map(BYTES);
	uint64_t *p = map_file(NULL, BYTES, file);

	ASSERT_LE(0, file);
	ASSERT_TRUE(p != MAP_FAILED && copy);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	for (unsigned int i = 0; i < 4; i++) {
		dmmu_pattern(copy, WORDS, 50 + i);
		ASSERT_EQ(BYTES, pwrite(file, copy, BYTES, 0));
		DEVICE_SEES(p, copy, WORDS);
	}
	EXPECT_EQ(0, replicas(self->fd));
	/* A mapping that could be made writable keeps it from being sealed. */
	ASSERT_EQ(0, munmap(p, BYTES));
	ASSERT_EQ(0, fcntl(file, F_ADD_SEALS, CONSTANT));
	ASSERT_EQ(p, map_file(p, BYTES, file));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES, replicas(self->fd));
	close(file);
}

/* Why F_SEAL_WRITE alone is not enough: the rest of the last page is zeroed, and nobody is told. */
CLAIM(read_mostly, a_file_that_is_shortened_within_a_page_ends_in_zeros)
{
	int file = sealed(BYTES, 6, F_SEAL_WRITE);
	uint64_t *copy = dmmu_map(BYTES);
	uint64_t *p = map_file(NULL, BYTES, file);

	ASSERT_LE(0, file);
	ASSERT_TRUE(p != MAP_FAILED && copy);
	dmmu_pattern(copy, WORDS, 6);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	DEVICE_SEES(p, copy, WORDS);
	ASSERT_EQ(0, ftruncate(file, 5 * DMMU_PAGE + 1024));
	memset(copy + AT(5) + 128, 0, 3072);
	EXPECT_EQ(AT(6), dmmu_difference(p, copy, AT(6)));
	DEVICE_SEES(p, copy, AT(6));
	RUN_FAULT(dmmu_reduce(p + AT(6), 1), dmmu_va(p + AT(6)), DMMU_READ, -EFAULT);
	ASSERT_EQ(0, munmap(p, BYTES));
	NOTHING_LEFT();
	close(file);
}

CLAIM(read_mostly, copies_go_with_the_mapping)
{
	uint64_t *p, *copy, *moved;

	REPLICATED(p, copy, 10);
	ASSERT_EQ(0, munmap(p + AT(1), DMMU_PAGE));
	EXPECT_EQ(PAGES - 1, replicas(self->fd));
	RUN_FAULT(dmmu_reduce(p + AT(1), 1), dmmu_va(p + AT(1)), DMMU_READ, -EFAULT);
	DEVICE_SEES(p + AT(2), copy + AT(2), AT(PAGES - 2));

	ASSERT_EQ(0, mprotect(p + AT(2), DMMU_PAGE, PROT_NONE));
	EXPECT_EQ(PAGES - 2, replicas(self->fd));
	RUN_FAULT(dmmu_reduce(p + AT(2), 1), dmmu_va(p + AT(2)), DMMU_READ, -EFAULT);

	ASSERT_EQ(0, madvise(p + AT(4), 4 * DMMU_PAGE, MADV_DONTNEED));
	EXPECT_EQ(PAGES - 6, replicas(self->fd));
	DEVICE_SEES(p + AT(4), copy + AT(4), AT(4));
	EXPECT_EQ(PAGES - 2, replicas(self->fd));

	/* Moved away, it is another place, without the hint. */
	moved = mremap(p + AT(8), 8 * DMMU_PAGE, 8 * DMMU_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       dmmu_map(8 * DMMU_PAGE));
	ASSERT_NE(MAP_FAILED, (void *)moved);
	EXPECT_EQ(PAGES - 10, replicas(self->fd));
	DEVICE_SEES(moved, copy + AT(8), AT(8));
	EXPECT_EQ(PAGES - 10, replicas(self->fd));
	munmap(p, BYTES);
	NOTHING_LEFT();
}

CLAIM(read_mostly, another_file_in_its_place_is_seen_at_once)
{
	int other = sealed(BYTES, 12, CONSTANT);
	uint64_t *p, *copy;

	ASSERT_LE(0, other);
	REPLICATED(p, copy, 11);
	ASSERT_EQ(p, map_file(p, BYTES, other));
	EXPECT_EQ(0, replicas(self->fd));
	dmmu_pattern(copy, WORDS, 12);
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES, replicas(self->fd));
	close(other);
}

CLAIM(read_mostly, copies_go_with_the_process)
{
	for (unsigned int killed = 0; killed < 2; killed++) {
		int ready[2], child;
		char byte;

		ASSERT_EQ(0, pipe(ready));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			uint64_t *copy, *p = sealed_map(BYTES, 13, CONSTANT, &copy);
			int fd = dmmu_open_bound();

			if (fd < 0 || !p || dmmu_hint(fd, p, BYTES, DMMU_HINT_READ_MOSTLY) ||
			    !device_sees(fd, p, copy, WORDS) || replicas(fd) != PAGES)
				_exit(1);
			if (!killed)
				_exit(0);
			if (write(ready[1], "", 1) != 1)
				_exit(2);
			for (;;)
				dmmu_run_one(fd, dmmu_reduce(p, WORDS));
		}
		close(ready[1]);
		if (killed) {
			EXPECT_EQ(1, read(ready[0], &byte, 1));
			kill(child, SIGKILL);
		}
		close(ready[0]);
		EXPECT_EQ(killed ? 128 + SIGKILL : 0, dmmu_reap(child));
		EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
		EXPECT_EQ(0, replicas(self->fd));
	}
}

CLAIM(read_mostly, a_write_of_the_device_is_refused)
{
	uint64_t *copy, *p = sealed_map(BYTES, 14, CONSTANT, &copy);

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	RUN_FAULT(dmmu_fill(p, 1, 8), dmmu_va(p), DMMU_WRITE, -EPERM);
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES, replicas(self->fd));
	RUN_FAULT(dmmu_fill(p + AT(7), 1, 8), dmmu_va(p + AT(7)), DMMU_WRITE, -EPERM);
	RUN_FAULT(dmmu_add(p + AT(8), 1, 1), dmmu_va(p + AT(8)), DMMU_ATOMIC, -EPERM);
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
}

CLAIM(read_mostly, what_the_process_wrote_in_a_private_mapping_is_its_own)
{
	int file = sealed(BYTES, 15, CONSTANT);
	uint64_t *copy = dmmu_map(BYTES), *content = dmmu_map(BYTES);
	uint64_t *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);

	ASSERT_LE(0, file);
	ASSERT_TRUE(p != MAP_FAILED && copy && content);
	dmmu_pattern(content, WORDS, 15);
	memcpy(copy, content, BYTES);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	/* One is written before the device comes, one by the CPU and one by the device later. */
	p[AT(2)] = copy[AT(2)] = 22;
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES - 1, replicas(self->fd));
	p[AT(3)] = copy[AT(3)] = 33;
	EXPECT_EQ(PAGES - 2, replicas(self->fd));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES - 2, replicas(self->fd));
	RUN_OK(dmmu_fill(p + AT(4), 44, 8));
	copy[AT(4)] = 44;
	EXPECT_EQ(PAGES - 3, replicas(self->fd));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	ASSERT_EQ(BYTES, pread(file, copy, BYTES, 0));
	EXPECT_EQ(WORDS, dmmu_difference(copy, content, WORDS));
	munmap(p, BYTES);
	NOTHING_LEFT();
	close(file);
}

CLAIM(read_mostly, copies_go_with_the_hint)
{
	uint64_t *p, *copy;

	REPLICATED(p, copy, 16);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES / 2, DMMU_HINT_NONE));
	EXPECT_EQ(PAGES / 2, replicas(self->fd));
	ASSERT_EQ(0, dmmu_hint(self->fd, p + WORDS / 2, DMMU_PAGE, DMMU_HINT_PREFER_HOST));
	EXPECT_EQ(PAGES / 2 - 1, replicas(self->fd));
	ASSERT_EQ(0, dmmu_hint(self->fd, p + WORDS / 2 + 512, DMMU_PAGE, DMMU_HINT_PREFER_LOCAL));
	EXPECT_EQ(PAGES / 2 - 2, replicas(self->fd));
	/* The same once more changes nothing. */
	ASSERT_EQ(0, dmmu_hint(self->fd, p + WORDS / 2 + 1024, BYTES / 2 - 2 * DMMU_PAGE,
			       DMMU_HINT_READ_MOSTLY));
	EXPECT_EQ(PAGES / 2 - 2, replicas(self->fd));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES / 2 - 2, replicas(self->fd));
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_NONE));
	NOTHING_LEFT();
	DEVICE_SEES(p, copy, WORDS);
}

CLAIM(read_mostly, room_is_made_by_copies_first)
{
	uint64_t *mine = dmmu_map(2 * BYTES), *p, *copy;
	struct dmmu_ioc_counters before, after;

	ASSERT_NE(NULL, mine);
	LIMIT_LOCAL(2 * PAGES);
	dmmu_pattern(mine, 2 * WORDS, 17);
	MOVE_IN(mine, BYTES, PAGES);
	p = sealed_map(BYTES, 18, CONSTANT, &copy);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(PAGES, replicas(self->fd));

	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	MOVE_IN(mine + WORDS, BYTES, PAGES);
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	EXPECT_EQ(0, replicas(self->fd));
	EXPECT_EQ(before.driver[DMMU_DRV_PAGES_EVICTED], after.driver[DMMU_DRV_PAGES_EVICTED]);
	EXPECT_EQ(self->local.free_pages - 2 * PAGES, dmmu_local_free(self->fd));

	/* And a copy takes no page's place. */
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_EQ(0, replicas(self->fd));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	EXPECT_EQ(before.driver[DMMU_DRV_PAGES_EVICTED], after.driver[DMMU_DRV_PAGES_EVICTED]);
	EXPECT_EQ(self->local.free_pages - 2 * PAGES, dmmu_local_free(self->fd));
}

CLAIM(read_mostly, a_file_that_does_not_fit_is_read_right_again_and_again)
{
	const size_t bytes = 4 * BYTES, words = 4 * WORDS;
	uint64_t *copy, *p = sealed_map(bytes, 19, CONSTANT, &copy);
	long made = dmmu_local_count("replicated");

	ASSERT_NE(NULL, p);
	/* Not even the pages of one fault. */
	LIMIT_LOCAL(10);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, bytes, DMMU_HINT_READ_MOSTLY));
	for (unsigned int i = 0; i < 3; i++) {
		DEVICE_SEES(p, copy, words);
		EXPECT_GE(10, replicas(self->fd));
	}
	EXPECT_LT(made + 10, dmmu_local_count("replicated"));
	ASSERT_EQ(0, munmap(p, bytes));
	NOTHING_LEFT();
}

static bool any_present(const uint64_t *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		if (dmmu_pagemap(p + AT(i)) & DMMU_PAGEMAP_PRESENT)
			return true;
	return false;
}

CLAIM(read_mostly, pages_that_are_reclaimed_are_read_again)
{
	uint64_t *p, *copy;

	if (!dmmu_swap_is_on())
		SKIP(return, "no swap");
	REPLICATED(p, copy, 20);
	for (unsigned int i = 0; any_present(p, PAGES) && i < 50; i++) {
		dmmu_drop_caches();
		ASSERT_EQ(0, madvise(p, BYTES, MADV_PAGEOUT));
	}
	EXPECT_FALSE(any_present(p, PAGES));
	NOTHING_LEFT();
	DEVICE_SEES(p, copy, WORDS);
	EXPECT_LT(0, replicas(self->fd));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
}

CLAIM(read_mostly, pages_of_the_swap_cache_are_used_where_they_are)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);

	ASSERT_TRUE(p && copy);
	if (!dmmu_swap_is_on())
		SKIP(return, "no swap");
	dmmu_pattern(p, WORDS, 26);
	memcpy(copy, p, BYTES);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	DEVICE_SEES(p, copy, WORDS);
	ASSERT_EQ(0, dmmu_page_out(p, BYTES));
	DEVICE_SEES(p, copy, WORDS);
	NOTHING_LEFT();
}

/* Does a device that is newly opened make copies, and read them right? */
static bool works(uint64_t *p, const uint64_t *copy)
{
	int fd = open_when_back();
	bool right;

	if (fd < 0)
		return false;
	right = !dmmu_hint(fd, p, BYTES, DMMU_HINT_READ_MOSTLY) &&
		device_sees(fd, p, copy, WORDS) && replicas(fd) == PAGES;
	close(fd);
	return right;
}

CLAIM(read_mostly, a_reset_loses_nothing)
{
	uint64_t *p, *copy;
	char folder[512];

	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	REPLICATED(p, copy, 21);
	ASSERT_EQ(0, put(folder, "reset"));
	NOTHING_LEFT();
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works(p, copy));
}

CLAIM(read_mostly, a_device_that_fails_loses_nothing)
{
	uint64_t *p, *copy;
	char folder[512];

	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	REPLICATED(p, copy, 22);
	if (dmmu_knob("fail", 1))
		SKIP(return, "no knob to fail the device");
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
	EXPECT_EQ(0, replicas(self->fd));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	ASSERT_EQ(0, put(folder, "reset"));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works(p, copy));
}

CLAIM(read_mostly, taking_the_device_away_loses_nothing)
{
	int log = dmmu_log_open();
	char folder[512], record[1024];
	uint64_t *p, *copy;

	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	REPLICATED(p, copy, 23);
	ASSERT_EQ(0, put(folder, "remove"));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	while (log >= 0 && dmmu_log_next(log, record, sizeof(record))) {
		EXPECT_EQ(NULL, strstr(record, "lost with the device")) TH_LOG("%s", record);
	}
	close(log);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, put("/sys/bus/pci", "rescan"));
	EXPECT_TRUE(works(p, copy));
}

/*
 * Two files take turns at one place, each time while the device's faults on the one before are
 * being served. What a look at it found must not be mapped once it is gone.
 */
CLAIM(read_mostly, threads_that_map_another_file_and_fault_at_once)
{
	enum { READERS = 4, ALL = READERS + 1, TURNS = 48 };
	const size_t bytes = 16 * DMMU_PAGE, words = bytes / 8;
	int file[2] = {sealed(bytes, 24, CONSTANT), sealed(bytes, 25, CONSTANT)};
	uint64_t *content[2] = {dmmu_map(bytes), dmmu_map(bytes)}, *out = dmmu_map(bytes), *p;
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	long made = dmmu_local_count("replicated");
	struct dmmu_work_desc work[ALL];
	struct dmmu_completion c[ALL];

	ASSERT_TRUE(file[0] >= 0 && file[1] >= 0 && content[0] && content[1] && out);
	dmmu_pattern(content[0], words, 24);
	dmmu_pattern(content[1], words, 25);
	p = map_file(NULL, bytes, file[0]);
	ASSERT_NE(MAP_FAILED, (void *)p);
	ASSERT_EQ(0, dmmu_hint(self->fd, p, bytes, DMMU_HINT_READ_MOSTLY));
	for (unsigned int i = 0; i < READERS; i++)
		work[i] = dmmu_reduce(p + AT(i * 4), 8);
	work[READERS] = dmmu_copy(out, p, bytes);
	for (unsigned int turn = 1; turn <= TURNS && dmmu_now_ns() < until; turn++) {
		ASSERT_EQ(0, madvise(p, bytes, MADV_DONTNEED));
		ASSERT_EQ(0, dmmu_submit(self->fd, work, READERS));
		dmmu_sleep_us(turn % 24 * 200);
		ASSERT_EQ(p, map_file(p, bytes, file[turn % 2]));
		ASSERT_EQ(0, dmmu_submit(self->fd, work + READERS, 1));
		ASSERT_EQ(0, dmmu_collect(self->fd, c, ALL));
		for (unsigned int i = 0; i < ALL; i++) {
			ASSERT_OK(&c[i]);
		}
		ASSERT_EQ(words, dmmu_difference(out, content[turn % 2], words))
		TH_LOG("turn %u: read from a copy of what is gone", turn);
	}
	EXPECT_LT(made, dmmu_local_count("replicated"));
	ASSERT_EQ(0, munmap(p, bytes));
	NOTHING_LEFT();
}

CLAIM(read_mostly, it_is_refused_like_other_hints)
{
	char *p = dmmu_map(BYTES);
	int fd = dmmu_open();

	ASSERT_NE(NULL, p);
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p + 1, DMMU_PAGE, DMMU_HINT_READ_MOSTLY));
	EXPECT_EQ(-EINVAL, dmmu_hint(self->fd, p, 0, DMMU_HINT_READ_MOSTLY));
	EXPECT_EQ(-EBADFD, dmmu_hint(fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	EXPECT_EQ(0, dmmu_hint(self->fd, p, BYTES, DMMU_HINT_READ_MOSTLY));
	close(fd);
}

DMMU_TEST_MAIN
