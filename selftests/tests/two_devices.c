// SPDX-License-Identifier: GPL-2.0
/*
 * two_devices: one process uses two devices. A page in the local memory of one is not the other's
 * to use. When that wants it in its own local memory it moves there directly: the process never has
 * it in the host. Else it gets it by way of the host. Skipped where there is one device only
 * (`dmmu-vm --devices 2`).
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_fixture.h"

#define PAGES 32ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

FIXTURE(two_devices)
{
	int fd[2];
	struct dmmu_ioc_local local[2];
};

FIXTURE_SETUP(two_devices)
{
	struct dmmu_ioc_query info;

	self->fd[0] = self->fd[1] = -1;
	if (access("/dev/dmmu1", F_OK))
		SKIP(return, "there is one device only");
	for (unsigned int i = 0; i < 2; i++) {
		self->fd[i] = open(i ? "/dev/dmmu1" : "/dev/dmmu0", O_RDWR | O_CLOEXEC);
		ASSERT_GE(self->fd[i], 0);
		ASSERT_EQ(0, dmmu_bind(self->fd[i]));
		ASSERT_EQ(0, dmmu_query(self->fd[i], &info));
		if (!(info.features & DMMU_FEATURE_MIGRATE))
			SKIP(return, "no pages in local memory");
		ASSERT_EQ(0, dmmu_local(self->fd[i], &self->local[i]));
	}
}

FIXTURE_TEARDOWN(two_devices)
{
	for (unsigned int i = 0; i < 2; i++)
		if (self->fd[i] >= 0)
			close(self->fd[i]);
}

#define OK_ON(device, work)                                                           \
	do {                                                                          \
		struct dmmu_completion on_cpl = dmmu_run_one(self->fd[device], work); \
		ASSERT_OK(&on_cpl);                                                   \
	} while (0)

CLAIM(two_devices, a_page_local_to_one_is_read_by_the_other)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;
	struct dmmu_completion c;
	uint64_t want = 0;

	ASSERT_NE(NULL, p);
	dmmu_pattern(p, WORDS, 5);
	for (size_t i = 0; i < WORDS; i++)
		want += p[i];
	ASSERT_EQ(0, dmmu_migrate(self->fd[0], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(PAGES, r.moved);
	c = dmmu_run_one(self->fd[1], dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	EXPECT_EQ(self->local[0].free_pages, (uint64_t)dmmu_local_free(self->fd[0]));
}

CLAIM(two_devices, they_take_turns_at_pages_that_move_between_them)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;

	ASSERT_NE(NULL, p);
	for (uint64_t i = 1; i <= 8; i++) {
		unsigned int which = i % 2;

		ASSERT_EQ(0, dmmu_migrate(self->fd[which], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
		OK_ON(which, dmmu_fill(p, i, BYTES));
		OK_ON(!which, dmmu_add(p + 512, 1000, 1));
		ASSERT_EQ(i, p[0]);
		ASSERT_EQ(i + 1000, p[512]);
		ASSERT_EQ(WORDS - 1024, dmmu_other_than(p + 1024, i, WORDS - 1024));
	}
}

static uint64_t driver_counter(int fd, enum dmmu_driver_counter which)
{
	struct dmmu_ioc_counters c;

	return dmmu_counters(fd, &c) ? ~0ull : c.driver[which];
}

/* Looks whether a CPU page table ever has a page of the range. Not where CPUs use local memory. */
struct watch {
	uint64_t *p;
	atomic_bool on;
	atomic_uint rounds;
	atomic_uint seen;
};

static void *watch_for_host_pages(void *arg)
{
	struct watch *w = arg;

	while (atomic_load(&w->on)) {
		for (unsigned int i = 0; i < PAGES; i++)
			if (dmmu_pagemap(w->p + i * 512) & DMMU_PAGEMAP_PRESENT)
				atomic_fetch_add(&w->seen, 1);
		atomic_fetch_add(&w->rounds, 1);
	}
	return NULL;
}

CLAIM(two_devices, pages_move_from_one_to_the_other_and_the_host_never_has_them)
{
	struct watch w = {.p = dmmu_map(BYTES), .on = true};
	struct dmmu_migrate_result r;
	struct dmmu_completion c;
	struct dmmu_ioc_query info;
	uint64_t out[2], in[2], want = 0;
	pthread_t thread;
	bool coherent;

	ASSERT_NE(NULL, w.p);
	ASSERT_EQ(0, dmmu_query(self->fd[0], &info));
	coherent = info.features & DMMU_FEATURE_COHERENT;
	dmmu_pattern(w.p, WORDS, 9);
	for (size_t i = 0; i < WORDS; i++)
		want += w.p[i];
	ASSERT_EQ(0, dmmu_migrate(self->fd[0], w.p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(PAGES, r.moved);
	for (unsigned int i = 0; i < 2; i++) {
		out[i] = driver_counter(self->fd[i], DMMU_DRV_PAGES_OUT);
		in[i] = driver_counter(self->fd[i], DMMU_DRV_PAGES_IN);
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, watch_for_host_pages, &w));
	while (!atomic_load(&w.rounds))
		dmmu_sleep_us(1000);
	for (unsigned int i = 1; i <= 6; i++) {
		unsigned int to = i % 2;

		EXPECT_EQ(0, dmmu_migrate(self->fd[to], w.p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
		EXPECT_EQ(PAGES, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
		EXPECT_EQ(self->local[to].free_pages - PAGES,
			  (uint64_t)dmmu_local_free(self->fd[to]));
		EXPECT_TRUE(
			dmmu_await_local_free(self->fd[!to], (long)self->local[!to].free_pages));
		c = dmmu_run_one(self->fd[to], dmmu_reduce(w.p, WORDS));
		EXPECT_OK(&c);
		EXPECT_EQ(want, c.result);
		EXPECT_EQ(0, c.faults);
	}
	atomic_store(&w.on, false);
	pthread_join(thread, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(out[i], driver_counter(self->fd[i], DMMU_DRV_PAGES_OUT));
		EXPECT_EQ(in[i] + 3 * PAGES, driver_counter(self->fd[i], DMMU_DRV_PAGES_IN));
	}
	if (!coherent) {
		EXPECT_EQ(0, atomic_load(&w.seen))
		TH_LOG("in %u rounds", atomic_load(&w.rounds));
	}
	EXPECT_EQ(want, dmmu_run_one(self->fd[0], dmmu_reduce(w.p, WORDS)).result);
}

CLAIM(two_devices, a_fault_with_the_hint_fetches_the_page_from_the_other)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;
	uint64_t out, in;

	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	ASSERT_EQ(0, dmmu_migrate(self->fd[0], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(PAGES, r.moved);
	ASSERT_EQ(0, dmmu_hint(self->fd[1], p, BYTES, DMMU_HINT_PREFER_LOCAL));
	out = driver_counter(self->fd[0], DMMU_DRV_PAGES_OUT);
	in = driver_counter(self->fd[1], DMMU_DRV_PAGES_IN);
	OK_ON(1, dmmu_fill(p, 7, BYTES));
	EXPECT_EQ(out, driver_counter(self->fd[0], DMMU_DRV_PAGES_OUT));
	EXPECT_EQ(in + PAGES, driver_counter(self->fd[1], DMMU_DRV_PAGES_IN));
	EXPECT_EQ(self->local[1].free_pages - PAGES, (uint64_t)dmmu_local_free(self->fd[1]));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 7, WORDS));
}

/* Some here, some there, some in the host, some nowhere yet: the request gathers them all. */
CLAIM(two_devices, a_request_gathers_pages_from_everywhere)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;

	ASSERT_NE(NULL, p);
	for (unsigned int i = 0; i < PAGES; i++)
		if (i % 4 != 3)
			p[i * 512] = i + 1;
	for (unsigned int i = 0; i < PAGES; i++)
		if (i % 4 < 2)
			ASSERT_EQ(0, dmmu_migrate(self->fd[i % 4], p + i * 512, DMMU_PAGE,
						  DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(0, dmmu_migrate(self->fd[1], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(PAGES / 4 * 3, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	EXPECT_EQ(PAGES / 4, r.already) TH_LOG("%s", dmmu_migrate_text(&r));
	EXPECT_EQ(self->local[0].free_pages, (uint64_t)dmmu_local_free(self->fd[0]));
	EXPECT_EQ(self->local[1].free_pages - PAGES, (uint64_t)dmmu_local_free(self->fd[1]));
	for (unsigned int i = 0; i < PAGES; i++) {
		EXPECT_EQ(i % 4 != 3 ? i + 1 : 0, p[i * 512]);
	}
}

/* Running work of both devices, the CPU, and moves in both directions: no word is lost. */
CLAIM(two_devices, words_survive_moves_between_devices_that_work_on_them)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_work_desc add[2][8];
	struct dmmu_completion c[8];
	uint64_t cpu = 0;

	ASSERT_NE(NULL, p);
	memset(p, 0, BYTES);
	/* Word k of a page is that of device k, word 2 the CPU's. */
	for (unsigned int d = 0; d < 2; d++) {
		for (unsigned int i = 0; i < 8; i++) {
			add[d][i] = dmmu_add(p + i * 512 + d, 1, 300);
			add[d][i].cookie = i;
		}
		ASSERT_EQ(0, dmmu_submit(self->fd[d], add[d], 8));
	}
	for (unsigned int i = 0; i < 30; i++) {
		dmmu_migrate(self->fd[i % 2], p, BYTES, DMMU_MIGRATE_TO_DEVICE, NULL);
		if (i % 5 == 0)
			__atomic_fetch_add(&p[(cpu++ % PAGES) * 512 + 2], 1, __ATOMIC_SEQ_CST);
	}
	for (unsigned int d = 0; d < 2; d++) {
		ASSERT_EQ(0, dmmu_collect(self->fd[d], c, 8));
		for (unsigned int i = 0; i < 8; i++) {
			EXPECT_OK(&c[i]);
			EXPECT_EQ(300, p[i * 512 + d]);
		}
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		EXPECT_EQ(i < cpu, p[i * 512 + 2]);
	}
}

CLAIM(two_devices, both_write_one_page_in_the_host_and_lose_nothing)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc add[2] = {dmmu_add(p, 1, 500), dmmu_add(p + 1, 1, 500)};
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_submit(self->fd[0], &add[0], 1));
	ASSERT_EQ(0, dmmu_submit(self->fd[1], &add[1], 1));
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(0, dmmu_collect(self->fd[i], &c, 1));
		EXPECT_OK(&c);
		EXPECT_EQ(500, p[i]);
	}
}

CLAIM(two_devices, a_huge_page_goes_across_as_one)
{
	const size_t words = DMMU_HUGE / 8, pages = DMMU_HUGE / DMMU_PAGE;
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE), *copy = dmmu_map(DMMU_HUGE);
	struct dmmu_migrate_result r;
	long in, out;

	ASSERT_TRUE(p && copy);
	if (dmmu_knob("fail_whole", 0))
		SKIP(return, "this kernel moves no huge page to these devices as one");
	ASSERT_EQ(0, madvise(p, DMMU_HUGE, MADV_HUGEPAGE));
	dmmu_pattern(p, words, 6);
	memcpy(copy, p, DMMU_HUGE);
	if (dmmu_huge_kb(p) != 2048)
		SKIP(return, "the kernel gives no transparent huge page here");
	in = dmmu_local_count("whole_in");
	out = dmmu_local_count("whole_out");
	for (unsigned int which = 0; which < 3; which++) {
		ASSERT_EQ(0, dmmu_migrate(self->fd[which % 2], p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE,
					  &r));
		ASSERT_EQ(pages, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
		OK_ON(which % 2, dmmu_add(p + 700 + which * 40000, 1, 1));
		copy[700 + which * 40000]++;
	}
	EXPECT_EQ(in + 3, dmmu_local_count("whole_in"));
	EXPECT_EQ(out, dmmu_local_count("whole_out"));

	/* The other one faults on it: by way of the host, as one, too. */
	OK_ON(1, dmmu_add(p + 5 * 512, 1, 1));
	copy[5 * 512]++;
	EXPECT_EQ(out + 1, dmmu_local_count("whole_out"));
	EXPECT_EQ(words, dmmu_difference(p, copy, words));
}

DMMU_TEST_MAIN
