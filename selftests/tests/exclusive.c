// SPDX-License-Identifier: GPL-2.0
/*
 * exclusive: with BIND's SYSTEM_ATOMICS, atomic operations of the device are atomic against those
 * of the CPU, too, although the bus between them knows no such thing.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_fixture.h"

FIXTURE(exclusive)
{
	int fd;
	struct dmmu_ioc_query info;
};

FIXTURE_SETUP(exclusive)
{
	struct dmmu_ioc_bind bind = {.flags = DMMU_BIND_SYSTEM_ATOMICS};

	self->fd = dmmu_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, dmmu_query(self->fd, &self->info));
	if (!(self->info.features & DMMU_FEATURE_SYSTEM_ATOMICS))
		SKIP(return, "no system-wide atomics: the kernel has no DEVICE_PRIVATE");
	ASSERT_EQ(0, ioctl(self->fd, DMMU_IOC_BIND, &bind));
}

FIXTURE_TEARDOWN(exclusive)
{
	if (self->fd >= 0)
		close(self->fd);
}

static uint64_t taken(int fd)
{
	struct dmmu_ioc_counters c;

	return dmmu_counters(fd, &c) ? 0 : c.driver[DMMU_DRV_EXCLUSIVE];
}

struct adder {
	uint64_t *word;
	bool spins; /* leaves it to nobody */
	volatile bool stop;
	uint64_t added;
};

static void *add(void *arg)
{
	struct adder *a = arg;

	while (!a->stop) {
		unsigned int i;

		for (i = 0; i < 50; i++, a->added++)
			__atomic_fetch_add(a->word, 1, __ATOMIC_SEQ_CST);
		if (!a->spins)
			dmmu_sleep_us(200);
	}
	return NULL;
}

CLAIM(exclusive, cpu_and_device_increment_one_counter_and_lose_nothing)
{
	enum { WORKS = 40, TIMES = 50 };
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct adder cpu[2] = {{.word = p + 7}, {.word = p + 7}};
	pthread_t thread[2];
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, add, &cpu[i]));
	}
	for (i = 0; i < WORKS; i++)
		work[i] = dmmu_add(p + 7, 1, TIMES);
	ASSERT_EQ(0, dmmu_run(self->fd, work, WORKS, c));
	for (i = 0; i < 2; i++)
		cpu[i].stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < WORKS; i++) {
		EXPECT_OK(&c[i]);
		EXPECT_EQ(TIMES, c[i].done);
	}
	EXPECT_LT(0, cpu[0].added);
	EXPECT_EQ(WORKS * TIMES + cpu[0].added + cpu[1].added, p[7]);
	EXPECT_LT(1, taken(self->fd)) TH_LOG("CPU and device never met: nothing was tested");
}

/*
 * CPUs that do nothing else than use the page fault for it at once when the device has taken it, as
 * the device does when they have it back: each could take it from the other for ever, before that
 * had any use of it. The driver is made slow between taking and mapping it.
 */
CLAIM(exclusive, the_device_gets_its_turn_against_cpus_that_spin)
{
	enum { WORKS = 10, TIMES = 10 };
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct adder cpu[2] = {{.word = p + 7, .spins = true}, {.word = p + 7, .spins = true}};
	pthread_t thread[2];
	uint64_t begin;
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, add, &cpu[i]));
	}
	dmmu_map_delay(5000);
	ASSERT_TRUE(dmmu_await_change(p + 7, 0));
	for (i = 0; i < WORKS; i++)
		work[i] = dmmu_add(p + 7, 1, TIMES);
	begin = dmmu_now_ns();
	EXPECT_EQ(0, dmmu_run(self->fd, work, WORKS, c));
	dmmu_map_delay(0);
	printf("# %u ms, %llu times taken\n", (unsigned int)((dmmu_now_ns() - begin) / 1000000),
	       (unsigned long long)taken(self->fd));
	for (i = 0; i < 2; i++)
		cpu[i].stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(WORKS * TIMES + cpu[0].added + cpu[1].added, p[7]);
}

/* Each side takes a step when it is its turn: a lost or doubled one is a wrong number, or a hang.
 */
CLAIM(exclusive, compare_and_swap_hands_a_token_to_and_fro)
{
	enum { ROUNDS = 60 };
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t i, expect;

	ASSERT_NE(NULL, p);
	for (i = 0; i < ROUNDS; i++) {
		struct dmmu_completion c = dmmu_run_one(self->fd, dmmu_cas(p, 2 * i, 2 * i + 1));

		ASSERT_OK(&c);
		ASSERT_EQ(2 * i, c.result);
		expect = 2 * i + 1;
		ASSERT_TRUE(__atomic_compare_exchange_n(p, &expect, 2 * i + 2, false,
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	}
	EXPECT_EQ(2 * ROUNDS, p[0]);
}

CLAIM(exclusive, the_device_keeps_a_page_until_a_cpu_touches_it)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t before = taken(self->fd);
	unsigned int i;

	ASSERT_NE(NULL, p);
	*p = 1;
	for (i = 0; i < 5; i++)
		RUN_OK(dmmu_add(p, 1, 10));
	EXPECT_EQ(before + 1, taken(self->fd));
	EXPECT_EQ(51, *(volatile uint64_t *)p);
	RUN_OK(dmmu_add(p, 1, 10));
	EXPECT_EQ(before + 2, taken(self->fd));
	EXPECT_EQ(61, *(volatile uint64_t *)p);
}

/* Reads and writes of the device do not need the page for themselves. */
CLAIM(exclusive, plain_accesses_take_nothing_from_the_cpu)
{
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	uint64_t before = taken(self->fd);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 3, 4 * DMMU_PAGE));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, 4 * 512));
	ASSERT_OK(&c);
	EXPECT_EQ(3 * 4 * 512, c.result);
	EXPECT_EQ(before, taken(self->fd));
	/* And a page that was written before can still be taken. */
	RUN_OK(dmmu_add(p, 1, 1));
	EXPECT_EQ(before + 1, taken(self->fd));
	EXPECT_EQ(4, *p);
}

CLAIM(exclusive, memory_of_files_is_refused)
{
	int file = memfd_create("exclusive", 0);
	uint64_t *p;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, DMMU_PAGE));
	p = mmap(NULL, DMMU_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, p);
	RUN_FAULT(dmmu_add(p, 1, 1), dmmu_va(p), DMMU_ATOMIC, -EOPNOTSUPP);
	EXPECT_EQ(0, *p);
	RUN_OK(dmmu_fill(p, 1, 8));
	EXPECT_EQ(1, *p);
	close(file);
}

CLAIM(exclusive, a_word_in_a_huge_page_can_be_counted_up)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);
	size_t i;

	ASSERT_NE(NULL, p);
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	memset(p, 0, DMMU_HUGE);
	for (i = 0; i < 4; i++)
		RUN_OK(dmmu_add(p + i * 512 * 100 + 9, i + 1, 10));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(10 * (i + 1), p[i * 512 * 100 + 9]);
}

/*
 * Words in several small pages of one huge page, which the device has for itself one by one, while
 * the kernel reclaims the huge page, splits it and takes parts of it away.
 */
CLAIM(exclusive, words_of_a_huge_page_survive_reclaim_and_split)
{
	enum { WORDS = 8, STRIDE = 32 * DMMU_PAGE };
	const unsigned int n = self->info.threads < WORDS ? self->info.threads : WORDS;
	struct dmmu_completion c[WORDS];
	char *p = dmmu_map_huge_aligned(DMMU_HUGE);
	uint64_t before[WORDS];
	unsigned int round, i;

	ASSERT_NE(NULL, p);
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	memset(p, 0, DMMU_HUGE);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, STRIDE, n));
	for (round = 0; round < 6; round++) {
		madvise(p, DMMU_HUGE, MADV_PAGEOUT);
		/* Of the whole machine: ours is among them if it is one still. */
		if (round % 2)
			dmmu_write_text("/sys/kernel/debug/split_huge_pages", "1");
		ASSERT_EQ(0, madvise(p + (16 + round * 32) * DMMU_PAGE, DMMU_PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, mprotect(p + (17 + round * 32) * DMMU_PAGE, DMMU_PAGE, PROT_READ));
		dmmu_hammers_read(p, STRIDE, n, before);
		EXPECT_EQ(0, dmmu_hammers_moved(p, STRIDE, n));
	}
	EXPECT_LE(n, taken(self->fd));
	ASSERT_EQ(0, mprotect(p, DMMU_HUGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(c[i].done, *(uint64_t *)(p + c[i].cookie * STRIDE));
		EXPECT_LT(before[c[i].cookie], c[i].done);
	}
}

CLAIM(exclusive, a_fork_finds_what_the_device_counted)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	int child;

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_add(p, 1, 33));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		dmmu_sleep_us(100000);
		_exit(*p == 33 ? 0 : 1);
	}
	RUN_OK(dmmu_add(p, 1, 7));
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_EQ(40, *p);
}

/*
 * fork() puts the CPU's entry of a page back that the device has for itself, but does not wait for
 * the page's lock, which the driver has while it takes the page and until the device had its turn.
 * It fails then, and says that there is no memory.
 */
CLAIM(exclusive, fork_succeeds_while_pages_are_being_taken)
{
	enum { FORKS = 40, WORKS = 8 };
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	uint64_t *p = dmmu_map(DMMU_PAGE), before = taken(self->fd);

	ASSERT_NE(NULL, p);
	for (unsigned int n = 0; n < FORKS; n++) {
		int child;

		for (unsigned int i = 0; i < WORKS; i++)
			work[i] = dmmu_add(p, 1, 1);
		ASSERT_EQ(0, dmmu_submit(self->fd, work, WORKS));
		/* At another moment of the service each time. */
		dmmu_sleep_us(50 * n);
		child = fork();
		ASSERT_LE(0, child)
		TH_LOG("fork %u: %s", n, strerror(errno));
		if (!child)
			_exit(*p >= WORKS * n && *p <= WORKS * (n + 1) ? 0 : 1);
		EXPECT_EQ(0, dmmu_reap(child));
		ASSERT_EQ(0, dmmu_collect(self->fd, c, WORKS));
		EXPECT_EQ(WORKS * (n + 1), *p);
	}
	EXPECT_LE(before + FORKS / 2, taken(self->fd));
}

CLAIM(exclusive, mprotect_and_munmap_end_it)
{
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_add(p, 1, 5));
	ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ));
	RUN_FAULT(dmmu_add(p, 1, 5), dmmu_va(p), DMMU_ATOMIC, -EPERM);
	EXPECT_EQ(5, *p);
	ASSERT_EQ(0, munmap(p, DMMU_PAGE));
	RUN_FAULT(dmmu_add(p, 1, 5), dmmu_va(p), DMMU_ATOMIC, -EFAULT);
	RUN_OK(dmmu_add(p + 512, 1, 5));
	EXPECT_EQ(5, p[512]);
}

/* Where the CPU can use them there, they come home, and are taken from it there. */
CLAIM(exclusive, pages_in_local_memory_need_it_only_if_the_cpu_reaches_them)
{
	bool coherent = self->info.features & DMMU_FEATURE_COHERENT;
	long free_pages;
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t before = taken(self->fd);
	struct dmmu_migrate_result r;

	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	ASSERT_NE(NULL, p);
	*p = 100;
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(1, r.moved);
	free_pages = dmmu_local_free(self->fd);
	RUN_OK(dmmu_add(p, 1, 50));
	EXPECT_EQ(before + coherent, taken(self->fd));
	EXPECT_EQ(free_pages + coherent, dmmu_local_free(self->fd));
	EXPECT_EQ(150, *p);
}

CLAIM(exclusive, cpu_and_device_increment_one_counter_in_local_memory_and_lose_nothing)
{
	enum { WORKS = 20, TIMES = 50 };
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct adder cpu = {.word = p + 3};
	unsigned int i, round;
	pthread_t thread;

	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pthread_create(&thread, NULL, add, &cpu));
	for (i = 0; i < WORKS; i++)
		work[i] = dmmu_add(p + 3, 1, TIMES);
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, dmmu_migrate(self->fd, p, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, NULL));
		ASSERT_EQ(0, dmmu_run(self->fd, work, WORKS, c));
		for (i = 0; i < WORKS; i++)
			EXPECT_OK(&c[i]);
	}
	cpu.stop = true;
	pthread_join(thread, NULL);
	EXPECT_LT(0, cpu.added);
	EXPECT_EQ(5 * WORKS * TIMES + cpu.added, p[3]);
}

DMMU_TEST_MAIN
