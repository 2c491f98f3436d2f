// SPDX-License-Identifier: GPL-2.0
/*
 * migrate: pages that live in the device's local memory are still the process's memory. Whoever
 * touches them, by whatever call, finds what was written last, by CPU or device.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_migrate.h"

#define PAGES 64ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

DMMU_LOCAL_FIXTURE(migrate)

static uint64_t sum(const uint64_t *p, size_t words)
{
	uint64_t s = 0;

	while (words--)
		s += *p++;
	return s;
}

CLAIM(migrate, the_device_reads_in_local_memory_what_the_cpu_wrote)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	uint64_t want;

	ASSERT_NE(NULL, p);
	dmmu_pattern(p, WORDS, 1);
	want = sum(p, WORDS);
	MOVE_IN(p, BYTES, PAGES);
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	/* They were mapped along, and the device left them where they are. */
	EXPECT_EQ(0, c.faults);
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
}

CLAIM(migrate, the_cpu_reads_what_the_device_wrote_in_local_memory)
{
	uint64_t *p = dmmu_map(BYTES);
	size_t i;

	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	for (i = 0; i < PAGES; i++)
		RUN_OK(dmmu_fill(p + i * 512, 1000 + i, DMMU_PAGE));
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(512, dmmu_other_than(p + i * 512, 1000 + i, 512));
	/* Touched by the CPU, they are all back, unless it needs none of that. */
	EXPECT_TRUE(dmmu_await_local_free(self->fd,
					  self->local.free_pages - PAGES + TOUCHED_HOME(PAGES)));
}

CLAIM(migrate, every_word_survives_the_way_in_and_back)
{
	const size_t bytes = 3 * DMMU_HUGE / 2;
	uint64_t *p = dmmu_map_huge_aligned(bytes);
	uint64_t *copy = dmmu_map(bytes);
	unsigned int round;

	ASSERT_TRUE(p && copy);
	for (round = 0; round < 3; round++) {
		dmmu_pattern(p, bytes / 8, round);
		memcpy(copy, p, bytes);
		MOVE_IN(p, bytes, bytes / DMMU_PAGE);
		MOVE_OUT(p, bytes, bytes / DMMU_PAGE);
		ASSERT_EQ(bytes / 8, dmmu_difference(p, copy, bytes / 8));
	}
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(migrate, memory_that_is_new_begins_in_local_memory_as_zeros)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	unsigned int round;

	ASSERT_NE(NULL, p);
	for (round = 0; round < 3; round++) {
		/* Nothing there, in the first round; zero pages in the second; both in the third.
		 */
		if (round) {
			ASSERT_EQ(WORDS / round, dmmu_other_than(p, 0, WORDS / round));
		}
		MOVE_IN(p, BYTES, PAGES);
		c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
		ASSERT_OK(&c);
		ASSERT_EQ(0, c.result);
		/* Leave something for the next round to find, were it not cleared. */
		RUN_OK(dmmu_fill(p, ~0ull, BYTES));
		ASSERT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
		ASSERT_EQ(0, madvise(p, BYTES, MADV_DONTNEED));
		ASSERT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
	}
}

CLAIM(migrate, what_is_there_already_is_left_alone)
{
	uint64_t *p = dmmu_map(BYTES);

	ASSERT_NE(NULL, p);
	memset(p, 3, BYTES);
	MOVE_OUT(p, BYTES, 0);
	MOVE_IN(p, BYTES, PAGES);
	MOVE_IN(p, BYTES, 0);
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	MOVE_OUT(p + 512, DMMU_PAGE, 1);
	MOVE_IN(p, BYTES, 1);
	MOVE_OUT(p, BYTES, PAGES);
	MOVE_OUT(p, BYTES, 0);
}

CLAIM(migrate, the_result_says_why_pages_stayed)
{
	char *p = dmmu_map(16 * DMMU_PAGE);
	struct dmmu_migrate_result r;
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	ASSERT_NE(NULL, p);
	memset(p, 1, 16 * DMMU_PAGE);
	if (file < 0)
		file = memfd_create("migrate", 0);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, 3 * DMMU_PAGE));
	ASSERT_EQ(0, munmap(p + 4 * DMMU_PAGE, 2 * DMMU_PAGE));
	ASSERT_EQ(0, mprotect(p + 8 * DMMU_PAGE, DMMU_PAGE, PROT_NONE));
	ASSERT_EQ(p + 10 * DMMU_PAGE,
		  mmap(p + 10 * DMMU_PAGE, 3 * DMMU_PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, file, 0));
	memset(p + 10 * DMMU_PAGE, 2, 3 * DMMU_PAGE);
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, 16 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(10, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	EXPECT_EQ(3, r.skipped[DMMU_SKIP_UNMAPPED]);
	EXPECT_EQ(3, r.skipped[DMMU_SKIP_KIND]);
	EXPECT_EQ(16, dmmu_migrate_sum(&r));
	close(file);
}

/*
 * What is there is little; what is not, or what may not be read, must not be walked. Asked for is
 * what lies between the program and its libraries, which is nearly all there is: their pages are
 * shared with the process that runs the claims, and would stay in local memory for those to come.
 */
CLAIM(migrate, a_request_for_most_of_the_address_space_ends_soon)
{
	struct dmmu_ioc_migrate most = {
		.start = 1ull << 32,
		.size = (1ull << 46) - (1ull << 32),
		.to = DMMU_MIGRATE_TO_DEVICE,
	};
	char *reserved =
		mmap((void *)(1ull << 44), 1ull << 44, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	uint64_t *p = (uint64_t *)(reserved + (1ull << 43)), begin;

	ASSERT_NE(MAP_FAILED, reserved);
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ | PROT_WRITE));
	dmmu_pattern(p, WORDS, 11);
	begin = dmmu_now_ns();
	ASSERT_EQ(0, ioctl(self->fd, DMMU_IOC_MIGRATE, &most));
	EXPECT_GT(60, (dmmu_now_ns() - begin) / 1000000000)
	TH_LOG("%s", dmmu_migrate_text(&most.result));
	EXPECT_EQ(PAGES, most.result.moved);
	EXPECT_EQ(most.size / DMMU_PAGE - PAGES, most.result.skipped[DMMU_SKIP_UNMAPPED])
	TH_LOG("%s", dmmu_migrate_text(&most.result));
	MOVE_OUT(p, BYTES, PAGES);
	munmap(reserved, 1ull << 44);
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(migrate, arguments_out_of_range_are_refused)
{
	char *p = dmmu_map(DMMU_PAGE);
	struct dmmu_ioc_migrate good = {
		.start = dmmu_va(p), .size = DMMU_PAGE, .to = DMMU_MIGRATE_TO_DEVICE};
	struct dmmu_ioc_migrate bad[] = {good, good, good, good, good, good, good};
	unsigned int i;
	int unbound;

	ASSERT_NE(NULL, p);
	bad[0].start += 8;
	bad[1].size = 0;
	bad[2].size = 100;
	bad[3].to = 0;
	bad[4].to = 3;
	bad[5].flags = 1;
	bad[6].size = -DMMU_PAGE;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_MIGRATE, &bad[i]));
		EXPECT_EQ(EINVAL, errno) TH_LOG("case %u", i);
	}
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_MIGRATE, NULL));
	EXPECT_EQ(EFAULT, errno);
	unbound = dmmu_open();
	ASSERT_LE(0, unbound);
	EXPECT_EQ(-1, ioctl(unbound, DMMU_IOC_MIGRATE, &good));
	EXPECT_EQ(EBADFD, errno);
	close(unbound);
}

CLAIM(migrate, munmap_gives_local_memory_back)
{
	char *p = dmmu_map(BYTES);

	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(0, munmap(p + BYTES / 2, BYTES / 2));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages - PAGES / 2));
	RUN_FAULT(dmmu_fill(p + BYTES / 2, 1, 8), dmmu_va(p + BYTES / 2), DMMU_WRITE, -EFAULT);
	RUN_OK(dmmu_fill(p, 1, BYTES / 2));
	ASSERT_EQ(0, munmap(p, BYTES / 2));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(migrate, exit_gives_local_memory_back)
{
	int child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		int fd = dmmu_open_bound();
		char *p = dmmu_map(BYTES);
		struct dmmu_migrate_result r;

		if (fd < 0 || !p)
			_exit(1);
		memset(p, 1, BYTES);
		if (dmmu_migrate(fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r) || r.moved != PAGES)
			_exit(2);
		if (dmmu_hammers_start(fd, p, DMMU_PAGE, 1))
			_exit(3);
		kill(getpid(), SIGKILL);
		_exit(4);
	}
	EXPECT_EQ(128 + SIGKILL, dmmu_reap(child));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(migrate, closing_the_file_leaves_the_memory_to_the_process)
{
	uint64_t *p = dmmu_map(BYTES);
	uint64_t *copy = dmmu_map(BYTES);

	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 5);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
}

/* Both see what was there at the fork; what one writes, by CPU or device, the other does not see.
 */
CLAIM(migrate, fork_shares_pages_in_local_memory_until_somebody_writes)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	int go[2], child, i;
	char byte;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pipe(go));
	memset(p, 0, BYTES);
	for (i = 0; i < (int)PAGES; i++)
		p[i * 512] = i + 1;
	MOVE_IN(p, BYTES, PAGES);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int fd = dmmu_open_bound(), bad = 0;

		if (fd < 0)
			_exit(100);
		if (read(go[0], &byte, 1) != 1)
			_exit(101);
		/* The parent's device wrote the first quarter meanwhile. */
		c = dmmu_run_one(fd, dmmu_reduce(p, WORDS));
		if (!dmmu_is_ok(&c) || c.result != PAGES * (PAGES + 1) / 2)
			_exit(102);
		for (i = 0; i < (int)PAGES; i++)
			bad += p[i * 512] != (uint64_t)i + 1;
		c = dmmu_run_one(fd, dmmu_fill(p, 77, BYTES));
		bad += !dmmu_is_ok(&c);
		bad += dmmu_other_than(p, 77, WORDS) != WORDS;
		_exit(bad);
	}
	RUN_OK(dmmu_fill(p, 55, BYTES / 4));
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_EQ(WORDS / 4, dmmu_other_than(p, 55, WORDS / 4));
	for (i = PAGES / 4; i < (int)PAGES; i++) {
		ASSERT_EQ(i + 1, p[i * 512]);
	}
	ASSERT_EQ(0, munmap(p, BYTES));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

CLAIM(migrate, the_device_writes_to_a_page_shared_by_fork_and_the_child_keeps_the_old)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	int go[2], child;
	char byte;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pipe(go));
	*p = 5;
	MOVE_IN(p, DMMU_PAGE, 1);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(read(go[0], &byte, 1) == 1 && *p == 5 ? 0 : 1);
	RUN_OK(dmmu_add(p, 1, 100));
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_EQ(105, *p);
}

CLAIM(migrate, mremap_takes_local_pages_along)
{
	uint64_t *p = dmmu_map(BYTES), *to = dmmu_map(BYTES), *q;
	uint64_t *copy = dmmu_map(BYTES);
	struct dmmu_completion c;

	ASSERT_TRUE(p && to && copy);
	dmmu_pattern(p, WORDS, 9);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	q = mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, q);
	c = dmmu_run_one(self->fd, dmmu_reduce(q, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(sum(copy, WORDS), c.result);
	EXPECT_EQ(self->local.free_pages - PAGES, dmmu_local_free(self->fd));
	RUN_FAULT(dmmu_fill(p, 1, 8), dmmu_va(p), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(WORDS, dmmu_difference(q, copy, WORDS));
}

/* The kernel itself reads and writes the memory. */
CLAIM(migrate, system_calls_use_pages_in_local_memory)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	int file = memfd_create("migrate", 0);
	struct dmmu_completion c;

	ASSERT_TRUE(p && copy);
	ASSERT_LE(0, file);
	dmmu_pattern(p, WORDS, 11);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(BYTES, write(file, p, BYTES));
	memset(p, 0, BYTES);
	MOVE_IN(p, BYTES, TOUCHED_HOME(PAGES));
	ASSERT_EQ(BYTES, pread(file, p, BYTES, 0));
	MOVE_IN(p, BYTES, TOUCHED_HOME(PAGES));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(sum(copy, WORDS), c.result);
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	close(file);
}

/* Pinning for direct I/O brings a page home, unless the CPU can use it in local memory. */
CLAIM(migrate, direct_io_reads_and_writes_through_pages_that_were_in_local_memory)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	int file = open("/mnt/migrate", O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);

	if (file < 0)
		SKIP(return, "no disk with direct I/O at /mnt");
	NEED_DISK_FOR_LOCAL();
	ASSERT_TRUE(p && copy);
	unlink("/mnt/migrate");
	dmmu_pattern(p, WORDS, 12);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(BYTES, pwrite(file, p, BYTES, 0));
	RUN_OK(dmmu_fill(p, 3, BYTES));
	MOVE_IN(p, BYTES, TOUCHED_HOME(PAGES));
	ASSERT_EQ(BYTES, pread(file, p, BYTES, 0));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	close(file);
}

CLAIM(migrate, a_huge_page_moves_in_parts_and_as_a_whole)
{
	uint64_t *p = dmmu_map_huge_aligned(DMMU_HUGE);
	struct dmmu_migrate_result r;
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	dmmu_pattern(p, DMMU_HUGE / 8, 13);
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(512, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, DMMU_HUGE / 8));
	ASSERT_OK(&c);
	EXPECT_EQ(sum(p, DMMU_HUGE / 8), c.result);
}

/*
 * Atomic adds run in the device all the time while the page under them goes back and forth. No add
 * may be lost, none may be done twice, whichever memory it met.
 */
CLAIM(migrate, no_add_is_lost_while_its_page_moves)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	uint64_t *words = dmmu_map(4 * DMMU_PAGE);
	unsigned int round, i;

	ASSERT_TRUE(c && words);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, words, 4 * DMMU_PAGE / n, n));
	for (round = 0; round < 30; round++) {
		ASSERT_EQ(0, dmmu_migrate(self->fd, words, 4 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
					  NULL));
		dmmu_sleep_us(round * 100);
		if (round % 3) {
			ASSERT_EQ(0, dmmu_migrate(self->fd, words, 4 * DMMU_PAGE,
						  DMMU_MIGRATE_TO_HOST, NULL));
		} else { /* the CPU comes for it */
			ASSERT_EQ(0, dmmu_hammers_moved(words, 4 * DMMU_PAGE / n, n));
		}
	}
	ASSERT_EQ(0, dmmu_migrate(self->fd, words, 4 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, NULL));
	ASSERT_EQ(0, mprotect(words, 4 * DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	for (i = 0; i < n; i++) {
		uint64_t *word = words + c[i].cookie * (4 * DMMU_PAGE / n) / 8;

		EXPECT_FAULT(&c[i], dmmu_va(word), DMMU_ATOMIC, -EPERM);
		EXPECT_EQ(*word, c[i].done);
		EXPECT_LT(0, c[i].done);
	}
}

struct toucher {
	volatile uint64_t *words;
	volatile bool stop;
	uint64_t rounds, lost;
};

/* Counts up in its words of each page, and finds what it left there. */
static void *touch(void *arg)
{
	struct toucher *t = arg;
	size_t i;

	while (!t->stop) {
		t->rounds++;
		for (i = 0; i < 8; i++) {
			volatile uint64_t *word = t->words + i * 512;

			t->lost += *word != t->rounds - 1;
			*word = t->rounds;
		}
		dmmu_sleep_us(500);
	}
	return NULL;
}

CLAIM(migrate, cpu_and_device_write_in_pages_that_move_under_both)
{
	enum { MOVED = 8 };
	uint64_t *p = dmmu_map(MOVED * DMMU_PAGE);
	struct toucher cpu = {.words = p + 1};
	unsigned int round, i;
	pthread_t thread;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pthread_create(&thread, NULL, touch, &cpu));
	for (round = 1; round <= 40; round++) {
		struct dmmu_work_desc work[MOVED];
		struct dmmu_completion c[MOVED];

		for (i = 0; i < MOVED; i++) {
			work[i] = dmmu_fill(p + i * 512 + 2, round, 510 * 8);
			work[i].cookie = i;
		}
		ASSERT_EQ(0, dmmu_submit(self->fd, work, MOVED));
		ASSERT_EQ(0, dmmu_migrate(self->fd, p, MOVED * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
					  NULL));
		ASSERT_EQ(0, dmmu_collect(self->fd, c, MOVED));
		for (i = 0; i < MOVED; i++) {
			ASSERT_OK(&c[i]);
			ASSERT_EQ(510, dmmu_other_than(p + i * 512 + 2, round, 510));
		}
	}
	cpu.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, cpu.lost);
	EXPECT_LT(0, cpu.rounds);
	for (i = 0; i < MOVED; i++) {
		EXPECT_EQ(cpu.rounds, p[i * 512 + 1]);
	}
}

/* Two threads migrate one range in opposite directions, while it is given back and made anew. */
struct mover {
	int fd;
	void *p;
	size_t bytes;
	unsigned int to;
	volatile bool stop;
	int error;
};

static void *move(void *arg)
{
	struct mover *m = arg;

	while (!m->stop && !m->error) {
		m->error = dmmu_migrate(m->fd, m->p, m->bytes, m->to, NULL);
		dmmu_sleep_us(3000); /* leave the device some time for work */
	}
	return NULL;
}

CLAIM(migrate, migrations_race_with_each_other_and_with_dontneed)
{
	const size_t bytes = 16 * DMMU_PAGE, words = bytes / 8;
	uint64_t *p = dmmu_map(bytes);
	struct mover in = {.fd = self->fd, .p = p, .bytes = bytes, .to = DMMU_MIGRATE_TO_DEVICE};
	struct mover out = {.fd = self->fd, .p = p, .bytes = bytes, .to = DMMU_MIGRATE_TO_HOST};
	/* As many rounds as a busy machine has time for. */
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	pthread_t a, b;
	uint64_t i;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, pthread_create(&a, NULL, move, &in));
	ASSERT_EQ(0, pthread_create(&b, NULL, move, &out));
	for (i = 1; i <= 4 || (i <= 20 && dmmu_now_ns() < until); i++) {
		RUN_OK(dmmu_fill(p, i, bytes));
		if (i % 2) {
			ASSERT_EQ(words, dmmu_other_than(p, i, words));
		} else {
			ASSERT_EQ(0, madvise(p, bytes, MADV_DONTNEED));
			ASSERT_EQ(words, dmmu_other_than(p, 0, words));
		}
	}
	in.stop = true;
	out.stop = true;
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	EXPECT_EQ(0, in.error);
	EXPECT_EQ(0, out.error);
	ASSERT_EQ(0, munmap(p, bytes));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

struct crowd {
	volatile uint64_t *p;
	pthread_barrier_t *start;
	uint64_t sum;
};

static void *join_crowd(void *opaque)
{
	struct crowd *t = opaque;

	pthread_barrier_wait(t->start);
	for (size_t i = 0; i < PAGES; i++)
		t->sum += t->p[i * 512];
	return NULL;
}

/* One of them brings it home, the others come too late, or find it locked: none is refused. */
CLAIM(migrate, cpu_threads_that_touch_one_page_at_once_all_get_it)
{
	enum { THREADS = 12, ROUNDS = 12 };
	uint64_t *p = dmmu_map(BYTES);
	struct crowd t[THREADS];
	pthread_t thread[THREADS];
	pthread_barrier_t start;

	ASSERT_NE(NULL, p);
	pthread_barrier_init(&start, NULL, THREADS);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		RUN_OK(dmmu_fill(p, round, BYTES));
		MOVE_IN(p, BYTES, round == 1 ? PAGES : TOUCHED_HOME(PAGES));
		for (unsigned int i = 0; i < THREADS; i++) {
			t[i] = (struct crowd){.p = p, .start = &start};
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, join_crowd, &t[i]));
		}
		for (unsigned int i = 0; i < THREADS; i++) {
			pthread_join(thread[i], NULL);
			EXPECT_EQ(round * PAGES, t[i].sum);
		}
	}
	ASSERT_EQ(0, munmap(p, BYTES));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/*
 * Merged pages (KSM) stay. Moved, they were lost by the kernel's reverse map after mremap: the next
 * migration left entries that nobody ends, and who met one was a BUG.
 */
CLAIM(migrate, merged_pages_stay_in_host_memory_and_can_be_moved_about)
{
	uint64_t *p = dmmu_map(BYTES), *q = dmmu_map(BYTES);
	struct dmmu_migrate_result r;
	unsigned int i;

	ASSERT_TRUE(p && q);
	for (i = 0; i < WORDS; i++)
		p[i] = 0x1234;
	if (madvise(p, BYTES, MADV_MERGEABLE) ||
	    dmmu_write_text("/sys/kernel/mm/ksm/sleep_millisecs", "1") ||
	    dmmu_write_text("/sys/kernel/mm/ksm/run", "1"))
		SKIP(return, "the kernel merges no pages");
	for (i = 0; i < 600 && read_number("/sys/kernel/mm/ksm/pages_sharing") < (long)PAGES - 1;
	     i++)
		dmmu_sleep_us(100000);
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	/* All of them are one page: whoever has it locked, the kernel's merging perhaps, makes all
	 * busy. */
	EXPECT_EQ(PAGES, r.skipped[DMMU_SKIP_KIND] + r.skipped[DMMU_SKIP_BUSY])
	TH_LOG("%s", dmmu_migrate_text(&r));
	EXPECT_EQ(0, r.moved);
	ASSERT_NE(MAP_FAILED, mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, q));
	for (i = 0; i < PAGES; i += 2)
		RUN_OK(dmmu_fill(q + i * 512, i, DMMU_PAGE));
	ASSERT_EQ(0, dmmu_migrate(self->fd, q, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(0, dmmu_migrate(self->fd, q, BYTES, DMMU_MIGRATE_TO_HOST, &r));
	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(512, dmmu_other_than(q + i * 512, i % 2 ? 0x1234 : i, 512));
	dmmu_write_text("/sys/kernel/mm/ksm/run", "2");
	dmmu_write_text("/sys/kernel/mm/ksm/run", "0");
	ASSERT_EQ(0, munmap(q, BYTES));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

DMMU_TEST_MAIN
