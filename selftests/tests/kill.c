// SPDX-License-Identifier: GPL-2.0
/*
 * kill: however a process ends or lets go of its file, with work running or stalled, it ends soon,
 * the device touches nothing of it afterwards, and the next process finds a device that works.
 */
#include <signal.h>
#include <sys/ioctl.h>

#include "dmmu_fixture.h"

#define END_SECONDS 20 /* an end that takes longer than this is a hang */

FIXTURE(kill)
{
	struct dmmu_ioc_query info;
};

FIXTURE_SETUP(kill)
{
	int fd = dmmu_open();

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, dmmu_query(fd, &self->info));
	close(fd);
}

FIXTURE_TEARDOWN(kill)
{
	dmmu_map_delay(0);
}

/* A new context works: 0, else what failed. */
static int device_works(void)
{
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);
	struct dmmu_completion c;
	int fd, error = 0;

	if (!p)
		return -ENOMEM;
	fd = dmmu_open_bound();
	if (fd < 0)
		return fd;
	c = dmmu_run_one(fd, dmmu_fill(p, 0xfeed, 2 * DMMU_PAGE));
	if (!dmmu_is_ok(&c) || dmmu_other_than(p, 0xfeed, 1024) != 1024) {
		fprintf(stderr, "# afterwards: %s\n", dmmu_text(&c));
		error = -EIO;
	}
	munmap(p, 2 * DMMU_PAGE);
	close(fd);
	return error;
}

/* Shared memory that outlives the child: what lands in it late can be seen. */
static volatile char *shared_pages(unsigned int n)
{
	void *p = mmap(NULL, n * DMMU_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);

	return p == MAP_FAILED ? NULL : p;
}

static uint64_t kill_and_reap(int child, int *code)
{
	uint64_t start = dmmu_now_ns();

	kill(child, SIGKILL);
	*code = dmmu_reap(child);
	return (dmmu_now_ns() - start) / 1000000000ull;
}

CLAIM(kill, nothing_lands_after_a_killed_process_was_reaped)
{
	const unsigned int n = self->info.threads;
	uint64_t after[256], later[256];
	unsigned int round, i;

	for (round = 0; round < 6; round++) {
		volatile char *shared = shared_pages(n);
		int child, code;

		ASSERT_NE(NULL, shared);
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			int fd = dmmu_open_bound();

			if (fd < 0 || dmmu_hammers_start(fd, shared, DMMU_PAGE, n))
				_exit(1);
			pause();
			_exit(2);
		}
		ASSERT_TRUE(dmmu_await_change((volatile uint64_t *)shared, 0));
		dmmu_sleep_us(round * 900);
		EXPECT_GT(END_SECONDS, kill_and_reap(child, &code));
		EXPECT_EQ(128 + SIGKILL, code);
		dmmu_hammers_read(shared, DMMU_PAGE, n, after);
		EXPECT_EQ(0, device_works());
		dmmu_hammers_read(shared, DMMU_PAGE, n, later);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(after[i], later[i]) TH_LOG("round %u, hammer %u", round, i);
		}
		munmap((void *)shared, n * DMMU_PAGE);
	}
}

/*
 * Cold memory: nearly all the time nearly all threads wait for the answer to a fault, and the kill
 * comes at a different moment of the service each time. With the driver's delay knob, certainly
 * while one waits.
 */
CLAIM(kill, sigkill_with_threads_stalled_on_faults)
{
	unsigned int round;

	dmmu_map_delay(50000);
	for (round = 0; round < 10; round++) {
		volatile char *shared = shared_pages(1);
		int child, code;

		ASSERT_NE(NULL, shared);
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			struct dmmu_work_desc work[64];
			int fd = dmmu_open_bound();
			char *cold = dmmu_map(64 * 64 * DMMU_PAGE);
			unsigned int i;

			if (fd < 0 || !cold)
				_exit(1);
			for (i = 0; i < 64; i++)
				work[i] = dmmu_fill(cold + i * 64 * DMMU_PAGE, 1, 64 * DMMU_PAGE);
			if (dmmu_submit(fd, work, 64))
				_exit(1);
			shared[0] = 1;
			pause();
			_exit(2);
		}
		ASSERT_TRUE(dmmu_await_change((volatile uint64_t *)shared, 0));
		dmmu_sleep_us(round * round * 300);
		EXPECT_GT(END_SECONDS, kill_and_reap(child, &code));
		EXPECT_EQ(128 + SIGKILL, code);
		munmap((void *)shared, DMMU_PAGE);
	}
	dmmu_map_delay(0);
	EXPECT_EQ(0, device_works());
}

CLAIM(kill, sigkill_in_a_wait_without_end)
{
	volatile char *shared = shared_pages(2);
	int child, code;

	ASSERT_NE(NULL, shared);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		struct dmmu_completion c;
		int fd = dmmu_open_bound();
		unsigned int got;

		if (fd < 0 || dmmu_hammers_start(fd, shared, DMMU_PAGE, 1))
			_exit(1);
		dmmu_wait(fd, &c, 1, 1, ~0ull, &got);
		_exit(2);
	}
	ASSERT_TRUE(dmmu_await_change((volatile uint64_t *)shared, 0));
	dmmu_sleep_us(50000);
	EXPECT_GT(END_SECONDS, kill_and_reap(child, &code));
	EXPECT_EQ(128 + SIGKILL, code);
	EXPECT_EQ(0, device_works());
}

CLAIM(kill, close_under_running_work_is_soon_and_final)
{
	const unsigned int n = self->info.threads;
	volatile char *base = dmmu_map(n * DMMU_PAGE);
	uint64_t after[256], later[256], start;
	unsigned int round, i;

	ASSERT_NE(NULL, base);
	for (round = 0; round < 6; round++) {
		int fd = dmmu_open_bound();

		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, dmmu_hammers_start(fd, base, DMMU_PAGE, n));
		dmmu_sleep_us(round * 900);
		start = dmmu_now_ns();
		ASSERT_EQ(0, close(fd));
		dmmu_hammers_read(base, DMMU_PAGE, n, after);
		EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
		dmmu_sleep_us(20000);
		dmmu_hammers_read(base, DMMU_PAGE, n, later);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(after[i], later[i])
			TH_LOG("round %u: hammer %u wrote after close", round, i);
		}
	}
	EXPECT_EQ(0, device_works());
}

CLAIM(kill, close_with_a_full_queue_of_cold_work)
{
	struct dmmu_work_desc *work = calloc(1000, sizeof(*work));
	char *cold = dmmu_map(1000 * DMMU_PAGE);
	uint64_t start;
	int fd, i;

	ASSERT_TRUE(work && cold);
	fd = dmmu_open_bound();
	ASSERT_GE(fd, 0);
	for (i = 0; i < 1000; i++)
		work[i] = dmmu_fill(cold + i * DMMU_PAGE, 1, DMMU_PAGE);
	ASSERT_EQ(0, dmmu_submit(fd, work, 1000));
	start = dmmu_now_ns();
	ASSERT_EQ(0, close(fd));
	EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
	EXPECT_EQ(0, device_works());
}

CLAIM(kill, process_that_exits_with_work_running)
{
	volatile char *shared = shared_pages(4);
	uint64_t after[4], later[4];
	int child, i;

	ASSERT_NE(NULL, shared);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int fd = dmmu_open_bound();

		_exit(fd < 0 || dmmu_hammers_start(fd, shared, DMMU_PAGE, 4) ? 1 : 0);
	}
	EXPECT_EQ(0, dmmu_reap(child));
	dmmu_hammers_read(shared, DMMU_PAGE, 4, after);
	EXPECT_EQ(0, device_works());
	dmmu_hammers_read(shared, DMMU_PAGE, 4, later);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(after[i], later[i]);
	}
}

/* The file outlives its owner in a child: the owner's memory is gone all the same, and nobody may
 * use it. */
CLAIM(kill, owner_dies_while_a_child_holds_the_file)
{
	volatile uint64_t *shared = (volatile uint64_t *)shared_pages(4);
	uint64_t after[2], later[2];
	int owner, code;

	ASSERT_NE(NULL, shared);
	/* shared page 0: what the grandchild says; pages 1 to 2: hammers */
	owner = fork();
	ASSERT_GE(owner, 0);
	if (!owner) {
		int fd = dmmu_open_bound();

		if (fd < 0 || dmmu_hammers_start(fd, shared + 512, DMMU_PAGE, 2))
			_exit(1);
		if (!fork()) {
			struct dmmu_completion c;
			unsigned int got;
			int error;

			shared[2] = 1; /* born */
			/* Until the owner has ended. */
			if (!dmmu_await(&shared[1], 1))
				_exit(1);
			error = dmmu_wait(fd, &c, 0, 1, 0, &got);
			shared[0] = error == -EPERM ? 1 : 1000 - (uint64_t)(int64_t)error;
			_exit(0);
		}
		pause();
		_exit(2);
	}
	ASSERT_TRUE(dmmu_await(&shared[2], 1));
	dmmu_sleep_us(20000);
	EXPECT_GT(END_SECONDS, kill_and_reap(owner, &code));
	EXPECT_EQ(128 + SIGKILL, code);
	dmmu_hammers_read(shared + 512, DMMU_PAGE, 2, after);
	EXPECT_EQ(0, device_works());
	dmmu_hammers_read(shared + 512, DMMU_PAGE, 2, later);
	EXPECT_EQ(after[0], later[0]);
	EXPECT_EQ(after[1], later[1]);
	shared[1] = 1;
	ASSERT_TRUE(dmmu_await_change(&shared[0], 0));
	EXPECT_EQ(1, shared[0]) TH_LOG("the child's WAIT on the dead owner's file was not EPERM");
}

CLAIM(kill, every_context_can_be_used_and_one_more_is_busy)
{
	const unsigned int n = self->info.contexts;
	uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t used = 0;
	struct dmmu_completion c;
	unsigned int i, k;
	int *fd = calloc(n, sizeof(*fd));
	int extra;

	ASSERT_TRUE(p && fd);
	extra = dmmu_open();
	ASSERT_GE(extra, 0);
	for (k = 0; k < 2; k++) {
		for (i = 0; i < n; i++) {
			struct dmmu_ioc_bind bind = {0};

			fd[i] = dmmu_open();
			ASSERT_GE(fd[i], 0);
			ASSERT_EQ(0, ioctl(fd[i], DMMU_IOC_BIND, &bind))
			TH_LOG("context %u of %u: %s", i, n, strerror(errno));
			ASSERT_LT(bind.context, 64);
			EXPECT_EQ(0, used & 1ull << bind.context)
			TH_LOG("context %u was given out twice", bind.context);
			used |= 1ull << bind.context;
		}
		EXPECT_EQ(-EBUSY, dmmu_bind(extra));
		for (i = 0; i < n; i++) {
			c = dmmu_run_one(fd[i], dmmu_add(p, 1, 1));
			ASSERT_OK(&c);
		}
		for (i = 0; i < n; i++) {
			ASSERT_EQ(0, close(fd[i]));
		}
		used = 0;
		EXPECT_EQ((k + 1) * n, *(volatile uint64_t *)p);
	}
	EXPECT_EQ(0, dmmu_bind(extra));
	c = dmmu_run_one(extra, dmmu_add(p, 1, 1));
	EXPECT_OK(&c);
	close(extra);
}

DMMU_TEST_MAIN
