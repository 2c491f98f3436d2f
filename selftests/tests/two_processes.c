// SPDX-License-Identifier: GPL-2.0
/*
 * two_processes: two processes at the same virtual addresses, each with a context of its own, at
 * the same time. Neither device context ever reads or writes the other's memory.
 */
#include <sys/ioctl.h>

#include "dmmu_fixture.h"

#define WHERE	   ((void *)0x550000000000ul)
#define PAGES	   8
#define HALF_WORDS (PAGES / 2 * 512)
#define ROUNDS	   25

FIXTURE(two_processes)
{
	int unused;
};

FIXTURE_SETUP(two_processes)
{
}

FIXTURE_TEARDOWN(two_processes)
{
}

struct meeting {
	volatile uint64_t arrived[2];
	volatile uint64_t context[2];
};

/* Both sides get past it together. */
static bool meet(struct meeting *m, unsigned int who, uint64_t round)
{
	uint64_t end = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	m->arrived[who] = round;
	while (m->arrived[!who] < round) {
		if (dmmu_now_ns() > end)
			return false;
		dmmu_sleep_us(50);
	}
	return true;
}

/* Exit codes: 1 set-up, 2 the other one is gone, 3 an operation failed, 4 foreign or stale data. */
static int one_process(struct meeting *m, unsigned int who)
{
	struct dmmu_ioc_bind bind = {0};
	struct dmmu_work_desc work[4];
	struct dmmu_completion c[4];
	uint64_t round;
	uint64_t *p;
	int fd, i;

	fd = dmmu_open();
	if (fd < 0 || ioctl(fd, DMMU_IOC_BIND, &bind))
		return 1;
	m->context[who] = bind.context;
	p = mmap(WHERE, PAGES * DMMU_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != WHERE)
		return 1;
	for (round = 1; round <= ROUNDS; round++) {
		uint64_t mine = (uint64_t)(who + 1) << 32 | round;

		if (!meet(m, who, 2 * round))
			return 2;
		/* The CPU writes one half's words, the device the other's and adds them up. */
		for (i = 0; i < HALF_WORDS; i++)
			p[i] = mine;
		work[0] = dmmu_fill(p + HALF_WORDS, mine + 7, HALF_WORDS * 8 / 2);
		work[1] = dmmu_reduce(p, HALF_WORDS);
		work[2] = dmmu_copy(p + HALF_WORDS * 3 / 2, p, HALF_WORDS * 8 / 2);
		work[3] = dmmu_reduce(p + HALF_WORDS / 2, 64);
		if (dmmu_run(fd, work, 4, c))
			return 3;
		for (i = 0; i < 4; i++)
			if (!dmmu_is_ok(&c[i])) {
				fprintf(stderr, "# process %u: %s\n", who, dmmu_text(&c[i]));
				return 3;
			}
		if (c[1].result != mine * HALF_WORDS || c[3].result != mine * 64 ||
		    dmmu_other_than(p + HALF_WORDS, mine + 7, HALF_WORDS / 2) != HALF_WORDS / 2 ||
		    dmmu_other_than(p + HALF_WORDS * 3 / 2, mine, HALF_WORDS / 2) != HALF_WORDS / 2)
			return 4;
		/* Give the pages back now and then, so that they change hands between the two. */
		if (round % 3 == who && madvise(p, PAGES * DMMU_PAGE, MADV_DONTNEED))
			return 1;
	}
	if (!meet(m, who, 2 * ROUNDS + 2)) /* keep the context until both are through */
		return 2;
	close(fd);
	return 0;
}

CLAIM(two_processes, same_addresses_different_data_at_the_same_time)
{
	struct meeting *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int child[2];
	unsigned int i;

	ASSERT_NE(MAP_FAILED, m);
	for (i = 0; i < 2; i++) {
		child[i] = fork();
		ASSERT_GE(child[i], 0);
		if (!child[i])
			_exit(one_process(m, i));
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, dmmu_reap(child[i]))
		TH_LOG("process %u; 1 set-up, 2 other gone, 3 operation, 4 wrong data", i);
	}
	EXPECT_NE(m->context[0], m->context[1]);
}

/* The second process gets the context that the first one left, and must find nothing of it there.
 */
CLAIM(two_processes, successor_in_a_context_finds_no_old_translation)
{
	unsigned int round;

	for (round = 0; round < 6; round++) {
		int child = fork();

		ASSERT_GE(child, 0);
		if (!child) {
			uint64_t mine = 0x1000 + round;
			struct dmmu_completion c;
			int fd = dmmu_open_bound();
			uint64_t *p;

			if (fd < 0)
				_exit(1);
			/* Nothing is mapped here yet in this process; in the one before there was.
			 */
			c = dmmu_run_one(fd, dmmu_reduce(WHERE, 1));
			if (!dmmu_is_fault(&c, dmmu_va(WHERE), DMMU_READ, -EFAULT)) {
				fprintf(stderr, "# %s\n", dmmu_text(&c));
				_exit(2);
			}
			p = mmap(WHERE, 2 * DMMU_PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
			if (p != WHERE)
				_exit(1);
			c = dmmu_run_one(fd, dmmu_reduce(p, 1024));
			if (!dmmu_is_ok(&c) || c.result)
				_exit(3);
			c = dmmu_run_one(fd, dmmu_fill(p, mine, 2 * DMMU_PAGE));
			if (!dmmu_is_ok(&c) || dmmu_other_than(p, mine, 1024) != 1024)
				_exit(4);
			_exit(0); /* without unmapping or closing anything */
		}
		ASSERT_EQ(0, dmmu_reap(child))
		TH_LOG("1 set-up, 2 old translation, 3 old data, 4 write went elsewhere");
	}
}

DMMU_TEST_MAIN
