// SPDX-License-Identifier: GPL-2.0
/*
 * whole: a huge page moves to local memory and back as one, where the kernel can do that. It stays
 * one while it is there, is split when a part of it goes another way, and moves by parts when one
 * of the two sides has no place for it as a whole. No word is lost in any of it.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_pci.h"
#include "dmmu_whole.h"
#include "dmmu_regs.h"

#define PAGES  WHOLE_PAGES
#define WORDS  WHOLE_WORDS
#define HALF   (WORDS / 2)
#define ROUNDS 12

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

DMMU_LOCAL_FIXTURE(whole)

CLAIM(whole, moves_in_as_one_and_comes_home_as_one)
{
	struct area a;

	AREA_OR_SKIP(&a, 51);
	MOVE_IN_WHOLE(&a);
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));

	/* One touch brings all of it. */
	EXPECT_EQ(a.copy[HALF + 3], a.p[HALF + 3]);
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));

	MOVE_IN_WHOLE(&a);
	MOVE_OUT(a.p, DMMU_HUGE, PAGES);
	EXPECT_EQ(a.out + 2, dmmu_local_count("whole_out"));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, what_the_device_wrote_comes_home)
{
	struct area a;
	size_t at;

	AREA_OR_SKIP(&a, 52);
	MOVE_IN_WHOLE(&a);
	for (at = 700; at + 600 < WORDS; at += 40000) {
		RUN_OK(dmmu_fill(a.p + at, at, 600 * 8));
		for (size_t i = 0; i < 600; i++)
			a.copy[at + i] = at;
	}
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
}

/*
 * A device that has nothing mapped yet faults in the middle of the page, and gets the page that is
 * there: a second context of the same process.
 */
CLAIM(whole, a_fault_in_the_middle_finds_the_right_part)
{
	int fd = dmmu_open_bound();
	struct area a;
	size_t page;

	ASSERT_LE(0, fd);
	AREA_OR_SKIP(&a, 53);
	MOVE_IN_WHOLE(&a);
	for (page = 5; page < PAGES; page += 83)
		EXPECT_TRUE(device_reads(fd, a.p + page * 512, a.copy + page * 512, 512));
	for (page = 6; page < PAGES; page += 83) {
		struct dmmu_completion c = dmmu_run_one(fd, dmmu_add(a.p + page * 512 + 9, 1, 3));

		ASSERT_OK(&c);
		a.copy[page * 512 + 9] += 3;
	}
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	close(fd);
}

/* One entry of the device's TLB for all of it, not one for each of its parts. */
CLAIM(whole, the_device_translates_it_as_one)
{
	struct dmmu_ioc_counters before, after;
	struct dmmu_work_desc work[PAGES / 8];
	struct dmmu_completion c[PAGES / 8];
	struct area a;
	size_t i;

	AREA_OR_SKIP(&a, 71);
	MOVE_IN_WHOLE(&a);
	for (i = 0; i < PAGES / 8; i++)
		work[i] = dmmu_add(a.p + i * 8 * 512, 1, 1);
	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	ASSERT_EQ(0, dmmu_run(self->fd, work, PAGES / 8, c));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	for (i = 0; i < PAGES / 8; i++) {
		ASSERT_OK(&c[i]);
		a.copy[i * 8 * 512]++;
	}
	EXPECT_GT(PAGES / 16, after.device[DMMU_CNT_WALKS] - before.device[DMMU_CNT_WALKS]);
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, an_untouched_range_that_wants_huge_pages_starts_as_one)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);
	long in = dmmu_local_count("whole_in");

	ASSERT_NE(NULL, p);
	WHOLE_OR_SKIP();
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	MOVE_IN(p, DMMU_HUGE, PAGES);
	EXPECT_EQ(in + 1, dmmu_local_count("whole_in"));
	RUN_OK(dmmu_add(p + 1000, 1, 1));
	EXPECT_EQ(1000, dmmu_other_than(p, 0, WORDS));
	EXPECT_EQ(1, p[1000]);
	EXPECT_EQ(2048, dmmu_huge_kb(p));

	/* Others start in small pages. */
	p = dmmu_map_huge_aligned(DMMU_HUGE);
	ASSERT_NE(NULL, p);
	MOVE_IN(p, DMMU_HUGE, PAGES);
	EXPECT_EQ(in + 1, dmmu_local_count("whole_in"));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 0, WORDS));
}

CLAIM(whole, munmap_of_a_part_leaves_every_other_word)
{
	const size_t from = 100 * 512, to = 300 * 512;
	struct area a;

	AREA_OR_SKIP(&a, 54);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, munmap(a.p + from, (to - from) * 8));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, from));
	EXPECT_TRUE(device_reads(self->fd, a.p + to, a.copy + to, WORDS - to));
	RUN_FAULT(dmmu_fill(a.p + from, 1, 8), dmmu_va(a.p + from), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(from, dmmu_difference(a.p, a.copy, from));
	EXPECT_EQ(WORDS - to, dmmu_difference(a.p + to, a.copy + to, WORDS - to));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
}

CLAIM(whole, mprotect_of_a_part_leaves_every_word)
{
	struct area a;

	AREA_OR_SKIP(&a, 55);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, mprotect(a.p, DMMU_HUGE / 2, PROT_READ));
	RUN_FAULT(dmmu_fill(a.p + 512, 1, 8), dmmu_va(a.p + 512), DMMU_WRITE, -EPERM);
	RUN_OK(dmmu_fill(a.p + HALF, 8, DMMU_PAGE));
	for (size_t i = HALF; i < HALF + 512; i++)
		a.copy[i] = 8;
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, mremap_takes_a_half_along)
{
	struct area a;
	uint64_t *to, *q;

	AREA_OR_SKIP(&a, 56);
	to = dmmu_map(DMMU_HUGE);
	ASSERT_NE(NULL, to);
	MOVE_IN_WHOLE(&a);
	q = mremap(a.p + HALF, DMMU_HUGE / 2, DMMU_HUGE / 2, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to + 512);
	ASSERT_NE(MAP_FAILED, (void *)q);
	EXPECT_TRUE(device_reads(self->fd, q, a.copy + HALF, HALF));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, HALF));
	EXPECT_EQ(HALF, dmmu_difference(q, a.copy + HALF, HALF));
	EXPECT_EQ(HALF, dmmu_difference(a.p, a.copy, HALF));
}

CLAIM(whole, mremap_of_all_of_it_keeps_it_whole)
{
	struct area a;
	uint64_t *to, *q;

	AREA_OR_SKIP(&a, 57);
	to = dmmu_map_huge_aligned(DMMU_HUGE);
	ASSERT_NE(NULL, to);
	MOVE_IN_WHOLE(&a);
	q = mremap(a.p, DMMU_HUGE, DMMU_HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_NE(MAP_FAILED, (void *)q);
	EXPECT_TRUE(device_reads(self->fd, q, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(q, a.copy, WORDS));
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
}

CLAIM(whole, dontneed_of_a_part_zeroes_that_part_only)
{
	struct area a;

	AREA_OR_SKIP(&a, 58);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, madvise(a.p + 512, 7 * DMMU_PAGE, MADV_DONTNEED));
	memset(a.copy + 512, 0, 7 * DMMU_PAGE);
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, a_move_of_a_part_splits_it)
{
	struct area a;

	AREA_OR_SKIP(&a, 59);
	MOVE_IN_WHOLE(&a);
	MOVE_OUT(a.p + 64 * 512, 32 * DMMU_PAGE, 32);
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_EQ(self->local.free_pages - PAGES + 32, dmmu_local_free(self->fd));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
}

CLAIM(whole, fork_separates_parent_and_child)
{
	struct area a;
	char byte;
	int go[2];
	int child;

	AREA_OR_SKIP(&a, 60);
	ASSERT_EQ(0, pipe(go));
	MOVE_IN_WHOLE(&a);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(read(go[0], &byte, 1) == 1 && dmmu_difference(a.p, a.copy, WORDS) == WORDS
			      ? 0
			      : 1);
	RUN_OK(dmmu_fill(a.p + HALF, 4, 3 * DMMU_PAGE));
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, dmmu_reap(child));
	for (size_t i = HALF; i < HALF + 3 * 512; i++)
		a.copy[i] = 4;
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

/* All of local memory is filled first, which takes a device that is computed a while. */
TEST_F_TIMEOUT(whole, without_a_free_block_of_local_memory_its_parts_move, 400)
{
	const size_t pages = self->local.total_pages;
	uint64_t *p = dmmu_map(pages * DMMU_PAGE);
	struct dmmu_migrate_result r;
	struct area a;
	size_t i;

	AREA_OR_SKIP(&a, 61);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, madvise(p, pages * DMMU_PAGE, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, pages * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(pages, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	/* Of every 64 one stays: no 2 MiB in a row, but room. */
	for (i = 0; i < pages; i += 64) {
		ASSERT_EQ(0, madvise(p + (i + 1) * 512, 63 * DMMU_PAGE, MADV_DONTNEED));
	}
	ASSERT_LE(PAGES, dmmu_local_free(self->fd));
	MOVE_IN(a.p, DMMU_HUGE, PAGES);
	EXPECT_EQ(a.in, dmmu_local_count("whole_in"));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, without_a_huge_page_of_the_host_the_part_that_is_touched_comes_home)
{
	struct area a;

	AREA_OR_SKIP(&a, 62);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1));
	EXPECT_EQ(a.copy[HALF + 9], a.p[HALF + 9]);
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_LT(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	EXPECT_GT(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
}

CLAIM(whole, without_a_huge_page_of_the_host_a_move_home_is_by_parts)
{
	struct area a;

	AREA_OR_SKIP(&a, 63);
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1));
	MOVE_OUT(a.p, DMMU_HUGE, PAGES);
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
}

CLAIM(whole, room_for_a_second_one_is_made_by_the_first)
{
	struct area a, b;

	AREA_OR_SKIP(&a, 64);
	AREA_OR_SKIP(&b, 65);
	ASSERT_EQ(0, dmmu_knob("local_limit", PAGES));
	MOVE_IN_WHOLE(&a);
	MOVE_IN_WHOLE(&b);
	EXPECT_EQ(a.out + 1, dmmu_local_count("whole_out"));
	EXPECT_TRUE(device_reads(self->fd, b.p, b.copy, WORDS));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(b.p, b.copy, WORDS));
}

CLAIM(whole, room_is_made_by_parts_when_the_host_has_no_huge_page)
{
	uint64_t *p = dmmu_map(8 * DMMU_PAGE);
	struct area a;

	AREA_OR_SKIP(&a, 66);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_knob("local_limit", PAGES));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1));
	MOVE_IN(p, 8 * DMMU_PAGE, 8);
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, after_a_split_its_parts_make_room)
{
	uint64_t *p = dmmu_map(64 * DMMU_PAGE);
	struct area a;

	AREA_OR_SKIP(&a, 72);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_knob("local_limit", PAGES));
	MOVE_IN_WHOLE(&a);
	MOVE_OUT(a.p + HALF, 8 * DMMU_PAGE, 8);
	dmmu_pattern(p, 64 * 512, 73);
	MOVE_IN(p, 64 * DMMU_PAGE, 64);
	MOVE_IN(p, 64 * DMMU_PAGE, 0); /* they did not make room for each other */
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	/* Others of its parts are there still. */
	EXPECT_GT(self->local.free_pages - 64 - 64, dmmu_local_free(self->fd));
	EXPECT_TRUE(device_reads(self->fd, a.p, a.copy, WORDS));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, a_reset_brings_it_home)
{
	struct area a;
	char folder[600];

	AREA_OR_SKIP(&a, 67);
	MOVE_IN_WHOLE(&a);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WORDS, dmmu_difference(a.p, a.copy, WORDS));
}

CLAIM(whole, exit_of_the_process_frees_it)
{
	struct area a;
	int child;

	AREA_OR_SKIP(&a, 68);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int fd = dmmu_open_bound();
		struct dmmu_migrate_result r;

		if (fd < 0 || !area_make(&a, 69) ||
		    dmmu_migrate(fd, a.p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, &r))
			_exit(1);
		_exit(r.moved == PAGES && dmmu_local_count("whole_in") == a.in + 1 ? 0 : 2);
	}
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(whole, moves_and_splits_under_running_writers_lose_nothing)
{
	const unsigned int n = self->info.threads < 8 ? self->info.threads : 8;
	struct dmmu_completion c[8];
	uint64_t last[8];
	unsigned int i;
	struct area a;

	AREA_OR_SKIP(&a, 70);
	memset(a.p, 0, DMMU_HUGE);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, a.p, 60 * DMMU_PAGE, n));
	for (i = 0; i < ROUNDS; i++) {
		struct dmmu_migrate_result r;

		ASSERT_EQ(0, dmmu_migrate(self->fd, a.p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, &r));
		EXPECT_EQ(0, dmmu_hammers_moved(a.p, 60 * DMMU_PAGE, n));
		if (i % 3 == 2) {
			ASSERT_EQ(0, madvise(a.p + 8 * 512, DMMU_PAGE, MADV_DONTNEED));
			ASSERT_EQ(0,
				  dmmu_migrate(self->fd, a.p, DMMU_HUGE, DMMU_MIGRATE_TO_HOST, &r));
			madvise(a.p, DMMU_HUGE, MADV_COLLAPSE);
		}
	}
	EXPECT_LT(a.in, dmmu_local_count("whole_in"));
	ASSERT_EQ(0, mprotect(a.p, DMMU_HUGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	dmmu_hammers_read(a.p, 60 * DMMU_PAGE, n, last);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(last[c[i].cookie], c[i].done) TH_LOG("%s", dmmu_text(&c[i]));
	}
}

DMMU_TEST_MAIN
