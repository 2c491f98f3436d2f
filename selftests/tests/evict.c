// SPDX-License-Identifier: GPL-2.0
/*
 * evict: local memory is full, and pages leave it to make room. The coldest go first, no content is
 * lost on the way, whoever they belong to. The driver is told to use little of its local memory, so
 * that it is soon full.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_migrate.h"
#include "dmmu_regs.h"

#define LIMIT	    256ul
#define MOVER_PAGES 16ul
#define END_SECONDS 20 /* an end that takes longer than this is a hang */

DMMU_LOCAL_FIXTURE(evict)

static long used(int fd, const struct dmmu_ioc_local *before)
{
	return (long)before->free_pages - dmmu_local_free(fd);
}

static uint64_t evicted(int fd)
{
	struct dmmu_ioc_counters c;

	return dmmu_counters(fd, &c) ? 0 : c.driver[DMMU_DRV_PAGES_EVICTED];
}

CLAIM(evict, more_than_fits_moves_in_and_no_word_is_lost)
{
	const size_t pages = 3 * LIMIT, words = pages * 512;
	uint64_t *p = dmmu_map(pages * DMMU_PAGE), *copy = dmmu_map(pages * DMMU_PAGE);
	struct dmmu_migrate_result r;
	uint64_t before = evicted(self->fd);

	LIMIT_LOCAL(LIMIT);
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, words, 21);
	memcpy(copy, p, pages * DMMU_PAGE);
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, pages * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(pages, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	EXPECT_EQ(pages, dmmu_migrate_sum(&r));
	EXPECT_GE(LIMIT, used(self->fd, &self->local));
	EXPECT_LE(LIMIT / 2, used(self->fd, &self->local));
	EXPECT_LE(LIMIT, evicted(self->fd) - before);
	EXPECT_EQ(words, dmmu_difference(p, copy, words));
	ASSERT_EQ(0, munmap(p, pages * DMMU_PAGE));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

/* How many pages of a range are in local memory; moves in the others, so ask once. */
static unsigned long resident(int fd, void *p, size_t pages)
{
	struct dmmu_migrate_result r;

	return dmmu_migrate(fd, p, pages * DMMU_PAGE, DMMU_MIGRATE_TO_HOST, &r) ? 0 : r.moved;
}

CLAIM(evict, pages_that_the_device_uses_stay_and_those_it_does_not_go)
{
	const size_t half = LIMIT / 2, words = half * 512;
	uint64_t *hot = dmmu_map(half * DMMU_PAGE), *cold = dmmu_map(half * DMMU_PAGE);
	uint64_t *more = dmmu_map(LIMIT / 4 * DMMU_PAGE);
	struct dmmu_completion c;

	if (!(self->info.caps & DMMU_CAPS_PT_AGE))
		SKIP(return, "the device cannot tell which pages it used");
	LIMIT_LOCAL(LIMIT);
	ASSERT_TRUE(hot && cold && more);
	/* The hot ones come first: were it only for their age, they would be the first to go. */
	MOVE_IN(hot, half * DMMU_PAGE, half);
	MOVE_IN(cold, half * DMMU_PAGE, half);
	c = dmmu_run_one(self->fd, dmmu_reduce(hot, words));
	ASSERT_OK(&c);
	MOVE_IN(more, LIMIT / 4 * DMMU_PAGE, LIMIT / 4);
	EXPECT_EQ(half, resident(self->fd, hot, half));
	EXPECT_EQ(half - LIMIT / 4, resident(self->fd, cold, half));
	EXPECT_EQ(LIMIT / 4, resident(self->fd, more, LIMIT / 4));
}

/* Used once is not used for ever. */
CLAIM(evict, pages_that_were_used_long_ago_are_cold_again)
{
	const size_t half = LIMIT / 2, words = half * 512;
	uint64_t *old = dmmu_map(half * DMMU_PAGE), *fresh = dmmu_map(half * DMMU_PAGE);
	uint64_t *more = dmmu_map(2 * LIMIT / 4 * DMMU_PAGE);
	struct dmmu_completion c;

	if (!(self->info.caps & DMMU_CAPS_PT_AGE))
		SKIP(return, "the device cannot tell which pages it used");
	LIMIT_LOCAL(LIMIT);
	ASSERT_TRUE(old && fresh && more);
	MOVE_IN(fresh, half * DMMU_PAGE, half);
	MOVE_IN(old, half * DMMU_PAGE, half);
	c = dmmu_run_one(self->fd, dmmu_reduce(old, words));
	ASSERT_OK(&c);
	/* The device is asked, and `old` was used. From now on only `fresh` is. */
	MOVE_IN(more, LIMIT / 4 * DMMU_PAGE, LIMIT / 4);
	/* A quarter of the room went to `more`, at the cost of `fresh`. */
	MOVE_IN(fresh, half * DMMU_PAGE, LIMIT / 4);
	c = dmmu_run_one(self->fd, dmmu_reduce(fresh, words));
	ASSERT_OK(&c);
	MOVE_IN(more + LIMIT / 4 * 512, LIMIT / 4 * DMMU_PAGE, LIMIT / 4);
	EXPECT_EQ(half, resident(self->fd, fresh, half));
	EXPECT_GE(half - LIMIT / 4, resident(self->fd, old, half));
}

/* A process that keeps local memory full for minutes is gone soon when it is killed. */
CLAIM(evict, sigkill_ends_a_move_of_more_than_fits)
{
	const size_t bytes = 32768 * DMMU_PAGE;
	uint64_t before = evicted(self->fd), begin = dmmu_now_ns();
	int child, code;

	LIMIT_LOCAL(LIMIT);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		struct dmmu_migrate_result r;
		void *p = dmmu_map(bytes);
		int fd = dmmu_open_bound();

		if (!p || fd < 0)
			_exit(1);
		_exit(dmmu_migrate(fd, p, bytes, DMMU_MIGRATE_TO_DEVICE, &r) ? 2 : 3);
	}
	while (evicted(self->fd) == before &&
	       dmmu_now_ns() < begin + DMMU_WAIT_SECONDS * 1000000000ull)
		dmmu_sleep_us(10000);
	EXPECT_LT(before, evicted(self->fd));
	begin = dmmu_now_ns();
	kill(child, SIGKILL);
	code = dmmu_reap(child);
	EXPECT_EQ(128 + SIGKILL, code);
	EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - begin);
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

/* A thread that moves pages of its own in, again and again, and sees that they are right. */
struct mover {
	pthread_t thread;
	int fd;
	uint64_t *p, *copy;
	uint64_t until;
	unsigned long wrong;
};

static void *move_in_for_a_while(void *opaque)
{
	struct mover *m = opaque;
	struct dmmu_migrate_result r;

	while (dmmu_now_ns() < m->until) {
		dmmu_migrate(m->fd, m->p, MOVER_PAGES * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r);
		m->wrong += MOVER_PAGES * 512 - dmmu_difference(m->p, m->copy, MOVER_PAGES * 512);
	}
	return NULL;
}

/*
 * There is so little room that each finds the pages that another is moving home at the time. One
 * that has left, and is not free yet, is nobody's: the kernel complains when it is moved again.
 */
CLAIM(evict, threads_that_make_room_at_once_move_no_page_twice)
{
	struct mover m[4];

	LIMIT_LOCAL(MOVER_PAGES);
	for (unsigned int i = 0; i < 4; i++) {
		m[i] = (struct mover){.fd = self->fd,
				      .p = dmmu_map(MOVER_PAGES * DMMU_PAGE),
				      .copy = dmmu_map(MOVER_PAGES * DMMU_PAGE),
				      .until = dmmu_now_ns() + 8000000000ull};
		ASSERT_TRUE(m[i].p && m[i].copy);
		dmmu_pattern(m[i].p, MOVER_PAGES * 512, i + 1);
		memcpy(m[i].copy, m[i].p, MOVER_PAGES * DMMU_PAGE);
	}
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&m[i].thread, NULL, move_in_for_a_while, &m[i]));
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(m[i].thread, NULL);
		EXPECT_EQ(0, m[i].wrong);
	}
}

/* Pages that one thread moves in and throws away, and others touch all the time. */
struct shared {
	pthread_t thread;
	int fd;
	volatile uint64_t *p;
	uint64_t until;
	unsigned long wrong;
};

#define TAG 0x5ea1

static void *touch_for_a_while(void *opaque)
{
	struct shared *s = opaque;

	while (dmmu_now_ns() < s->until)
		for (unsigned int i = 0; i < MOVER_PAGES; i++) {
			uint64_t word = s->p[i * 512];

			s->wrong += word && word != TAG;
		}
	return NULL;
}

static void *throw_away_for_a_while(void *opaque)
{
	struct shared *s = opaque;
	struct dmmu_migrate_result r;

	for (unsigned int round = 0; dmmu_now_ns() < s->until; round++) {
		for (unsigned int i = 0; i < MOVER_PAGES; i++)
			s->p[i * 512] = TAG;
		dmmu_migrate(s->fd, s->p, MOVER_PAGES * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r);
		if (round % 2)
			madvise((void *)s->p, MOVER_PAGES * DMMU_PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/*
 * A CPU that faults on a page holds it until the fault is over, so that it is not freed meanwhile,
 * when others move it home or throw it away. That must not keep it from being moved.
 */
CLAIM(evict, cpu_faults_on_pages_that_others_move_and_throw_away_all_end)
{
	uint64_t until = dmmu_now_ns() + 8000000000ull;
	volatile uint64_t *p = dmmu_map(MOVER_PAGES * DMMU_PAGE);
	struct shared s[3];
	struct mover m[2];

	ASSERT_NE(NULL, p);
	LIMIT_LOCAL(MOVER_PAGES);
	for (unsigned int i = 0; i < 2; i++) {
		m[i] = (struct mover){.fd = self->fd,
				      .p = dmmu_map(MOVER_PAGES * DMMU_PAGE),
				      .copy = dmmu_map(MOVER_PAGES * DMMU_PAGE),
				      .until = until};
		ASSERT_TRUE(m[i].p && m[i].copy);
		dmmu_pattern(m[i].p, MOVER_PAGES * 512, i + 1);
		memcpy(m[i].copy, m[i].p, MOVER_PAGES * DMMU_PAGE);
	}
	for (unsigned int i = 0; i < 3; i++) {
		s[i] = (struct shared){.fd = self->fd, .p = p, .until = until};
		ASSERT_EQ(0, pthread_create(&s[i].thread, NULL,
					    i ? touch_for_a_while : throw_away_for_a_while, &s[i]));
	}
	for (unsigned int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&m[i].thread, NULL, move_in_for_a_while, &m[i]));
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(s[i].thread, NULL);
		EXPECT_EQ(0, s[i].wrong);
	}
	for (unsigned int i = 0; i < 2; i++) {
		pthread_join(m[i].thread, NULL);
		EXPECT_EQ(0, m[i].wrong);
	}
	munmap((void *)p, MOVER_PAGES * DMMU_PAGE);
	munmap(m[0].p, MOVER_PAGES * DMMU_PAGE);
	munmap(m[1].p, MOVER_PAGES * DMMU_PAGE);
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(evict, pages_of_another_process_make_room_and_keep_their_content)
{
	const size_t pages = LIMIT / 2, words = pages * 512;
	uint64_t *p = dmmu_map(LIMIT * DMMU_PAGE);
	int ready[2], go[2], child;
	uint64_t before;
	char byte;

	LIMIT_LOCAL(LIMIT);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pipe(ready) || pipe(go));
	before = evicted(self->fd);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int fd = dmmu_open_bound();
		uint64_t *q = dmmu_map(pages * DMMU_PAGE), *copy = dmmu_map(pages * DMMU_PAGE);
		struct dmmu_migrate_result r;

		if (fd < 0 || !q || !copy)
			_exit(1);
		dmmu_pattern(q, words, 22);
		memcpy(copy, q, pages * DMMU_PAGE);
		if (dmmu_migrate(fd, q, pages * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r) ||
		    r.moved != pages)
			_exit(2);
		if (write(ready[1], "", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(3);
		_exit(dmmu_difference(q, copy, words) == words ? 0 : 4);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	MOVE_IN(p, LIMIT * DMMU_PAGE, LIMIT);
	EXPECT_LE(pages, evicted(self->fd) - before);
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, dmmu_reap(child));
}

CLAIM(evict, pages_under_running_atomics_are_taken_away_and_lose_nothing)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *words = dmmu_map(n * DMMU_PAGE);
	char *p = dmmu_map(LIMIT * DMMU_PAGE);
	unsigned int round, i;

	LIMIT_LOCAL(LIMIT / 2);
	ASSERT_TRUE(c && words && p);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, words, DMMU_PAGE, n));
	for (round = 0; round < 4; round++) {
		ASSERT_EQ(0, dmmu_migrate(self->fd, words, n * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
					  NULL));
		ASSERT_EQ(0, dmmu_migrate(self->fd, p, LIMIT * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
					  NULL));
	}
	ASSERT_EQ(0, mprotect(words, n * DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(words[c[i].cookie * 512], c[i].done);
		EXPECT_LT(0, c[i].done);
	}
}

DMMU_TEST_MAIN
