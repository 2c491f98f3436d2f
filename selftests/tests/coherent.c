// SPDX-License-Identifier: GPL-2.0
/*
 * coherent: where the CPU can use local memory (CAPS.COHERENT), a page that was moved there is used
 * there by both, side by side, and moves for nobody. It comes home when it must: for a pin that may
 * last, for another device, for the device's own atomics against the CPU.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dmmu_migrate.h"

#define PAGES 32ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

DMMU_LOCAL_FIXTURE(coherent)

#define NEED_COHERENT()                                                                         \
	do {                                                                                    \
		if (!(self->info.features & DMMU_FEATURE_COHERENT))                             \
			SKIP(return, "the CPU cannot use this device's local memory in place"); \
	} while (0)

static long in_local(int fd, const struct dmmu_ioc_local *before)
{
	return (long)before->free_pages - dmmu_local_free(fd);
}

/* Page faults of this process so far. */
static long faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) ? -1 : usage.ru_minflt + usage.ru_majflt;
}

static uint64_t invalidations(int fd)
{
	struct dmmu_ioc_counters c;

	return dmmu_counters(fd, &c) ? ~0ull : c.driver[DMMU_DRV_INVALIDATIONS];
}

CLAIM(coherent, cpu_reads_a_migrated_page_without_a_fault)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	long before, after;
	size_t same;

	NEED_COHERENT();
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 51);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	/* Count once before, so that what counting itself touches is there. */
	faults();
	before = faults();
	same = dmmu_difference(p, copy, WORDS);
	after = faults();
	EXPECT_EQ(WORDS, same);
	EXPECT_EQ(before, after);
	EXPECT_EQ(PAGES, in_local(self->fd, &self->local));
}

CLAIM(coherent, cpu_and_device_see_each_others_writes_where_the_page_is)
{
	uint64_t *p = dmmu_map(BYTES), before;
	struct dmmu_completion c;
	uint64_t round;

	NEED_COHERENT();
	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	before = invalidations(self->fd);
	for (round = 1; round <= 20; round++) {
		size_t i;

		for (i = 0; i < WORDS; i++)
			p[i] = round;
		c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
		ASSERT_OK(&c);
		ASSERT_EQ(round * WORDS, c.result);
		ASSERT_EQ(0, c.faults);
		RUN_OK(dmmu_fill(p, round + 1000, BYTES));
		ASSERT_EQ(WORDS, dmmu_other_than(p, round + 1000, WORDS));
	}
	EXPECT_EQ(before, invalidations(self->fd));
	EXPECT_EQ(PAGES, in_local(self->fd, &self->local));
}

/* While the device adds to words of its own without end, the CPU writes their neighbours. */
CLAIM(coherent, device_and_cpu_write_neighbouring_words_of_one_page)
{
	const unsigned int n = 4;
	struct dmmu_completion c[4];
	uint64_t *p = dmmu_map(DMMU_PAGE), lost = 0;
	volatile uint64_t *mine = p + 1;
	unsigned int round, i;

	NEED_COHERENT();
	ASSERT_NE(NULL, p);
	*p = 0;
	MOVE_IN(p, DMMU_PAGE, 1);
	/* The device's words are 0, 2, 4, 6. */
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, 16, n));
	for (round = 1; round <= 200; round++) {
		for (i = 0; i < n; i++) {
			lost += mine[2 * i] != round - 1;
			mine[2 * i] = round;
		}
		if (round % 20 == 0) {
			ASSERT_EQ(0, dmmu_hammers_moved(p, 16, n));
		}
	}
	EXPECT_EQ(0, lost);
	EXPECT_EQ(1, in_local(self->fd, &self->local));
	ASSERT_EQ(0, mprotect(p, DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(p[2 * c[i].cookie], c[i].done);
		EXPECT_EQ(200, mine[2 * i]);
	}
	EXPECT_EQ(1, in_local(self->fd, &self->local));
}

/* Who waits for the other's store sees it, without any call. */
CLAIM(coherent, device_and_cpu_share_a_coherent_word)
{
	enum { ROUNDS = 50 };
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c;
	unsigned int got, i;

	NEED_COHERENT();
	ASSERT_NE(NULL, p);
	*p = 0;
	MOVE_IN(p, DMMU_PAGE, 1);
	for (i = 0; i < ROUNDS; i++) {
		struct dmmu_work_desc work = dmmu_cas(p, 2 * i, 2 * i + 1);

		ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
		ASSERT_TRUE(dmmu_await(p, 2 * i + 1));
		*(volatile uint64_t *)p = 2 * i + 2;
		ASSERT_EQ(0,
			  dmmu_wait(self->fd, &c, 1, 1, DMMU_WAIT_SECONDS * 1000000000ull, &got));
		ASSERT_OK(&c);
		ASSERT_EQ(2 * i, c.result);
	}
	EXPECT_EQ(2 * ROUNDS, *p);
	EXPECT_EQ(1, in_local(self->fd, &self->local));
}

/* --- pins --- */

/* From the kernel's mm/gup_test.h. */
struct gup_pin {
	uint64_t addr, size;
	uint32_t flags;
};
#define GUP_PIN_START _IOW('g', 7, struct gup_pin)
#define GUP_PIN_STOP  _IO('g', 8)
#define GUP_PIN_WRITE 1

struct pin {
	int fd;
	bool uring;
};

/* As RDMA and io_uring do it: for as long as they like. Who can, does; false: nobody. */
static bool pin(struct pin *pin, void *p, size_t bytes)
{
	struct io_uring_params params = {0};
	struct iovec iov = {.iov_base = p, .iov_len = bytes};
	struct gup_pin gup = {.addr = dmmu_va(p), .size = bytes, .flags = GUP_PIN_WRITE};

	pin->uring = true;
	pin->fd = (int)syscall(SYS_io_uring_setup, 4, &params);
	if (pin->fd >= 0) {
		if (!syscall(SYS_io_uring_register, pin->fd, IORING_REGISTER_BUFFERS, &iov, 1))
			return true;
		close(pin->fd);
	}
	pin->uring = false;
	pin->fd = open("/sys/kernel/debug/gup_test", O_RDWR);
	if (pin->fd < 0)
		return false;
	if (!ioctl(pin->fd, GUP_PIN_START, &gup))
		return true;
	close(pin->fd);
	return false;
}

static void unpin(struct pin *pin)
{
	if (!pin->uring)
		ioctl(pin->fd, GUP_PIN_STOP);
	close(pin->fd);
}

/* All of it is in local memory before long. */
static bool goes_in(int fd, void *p, size_t bytes)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	struct dmmu_migrate_result r;

	do {
		if (dmmu_migrate(fd, p, bytes, DMMU_MIGRATE_TO_DEVICE, &r))
			return false;
		if (r.moved + r.already == bytes / DMMU_PAGE)
			return true;
		dmmu_sleep_us(20000);
	} while (dmmu_now_ns() < until);
	printf("# %s\n", dmmu_migrate_text(&r));
	return false;
}

CLAIM(coherent, longterm_pin_brings_it_home)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	struct dmmu_migrate_result r;
	struct pin held;

	NEED_COHERENT();
	ASSERT_TRUE(p && copy);
	dmmu_pattern(p, WORDS, 52);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	if (!pin(&held, p, BYTES / 2))
		SKIP(return, "neither io_uring nor gup_test in this kernel");
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages - PAGES / 2));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	/* As long as it is held it stays, and the device uses it where it is. */
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(0, r.moved) TH_LOG("%s", dmmu_migrate_text(&r));
	RUN_OK(dmmu_fill(p, 9, BYTES));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 9, WORDS));
	unpin(&held);
	/* Given back, now or by and by, it may go again. */
	EXPECT_TRUE(goes_in(self->fd, p, BYTES));
}

/* --- a disk --- */

enum { DISK_BYTES = 64 << 10, DISK_QUEUE = 16, DISK_ROUNDS = 12 };

/* A file whose blocks are there: only then does a write to it go on while we do. */
static int disk_file(void)
{
	static char zeros[DISK_BYTES] __attribute__((aligned(DMMU_PAGE)));
	int file = open("/mnt", O_TMPFILE | O_RDWR | O_DIRECT, 0600);

	if (file >= 0 && (pwrite(file, zeros, DISK_BYTES, 0) != DISK_BYTES || fsync(file))) {
		close(file);
		return -1;
	}
	return file;
}

/*
 * Write @p to the file, after other things that the disk has to do, and unmap it at once. Ends when
 * the disk is done: false when it does not begin.
 */
static bool disk_has_it_last(int file, void *p, size_t bytes)
{
	static char before[DISK_QUEUE - 1][DISK_BYTES] __attribute__((aligned(DMMU_PAGE)));
	struct iocb io[DISK_QUEUE], *list[DISK_QUEUE];
	aio_context_t queue = 0;
	bool begun;

	if (syscall(SYS_io_setup, DISK_QUEUE, &queue))
		return false;
	for (unsigned int i = 0; i < DISK_QUEUE; i++) {
		bool last = i == DISK_QUEUE - 1;

		io[i] = (struct iocb){.aio_fildes = (uint32_t)file,
				      .aio_lio_opcode = IOCB_CMD_PWRITE,
				      .aio_buf = last ? dmmu_va(p) : dmmu_va(before[i]),
				      .aio_nbytes = last ? bytes : DISK_BYTES};
		list[i] = &io[i];
	}
	begun = syscall(SYS_io_submit, queue, DISK_QUEUE, list) == DISK_QUEUE;
	munmap(p, bytes);
	syscall(SYS_io_destroy, queue);
	return begun;
}

/*
 * The interrupt that says that the disk is done frees them, whatever it interrupts: the lock checks
 * of a debug kernel see it, others may hang.
 */
CLAIM(coherent, pages_that_a_disk_has_last_are_freed)
{
	int file = disk_file();

	NEED_COHERENT();
	NEED_DISK_FOR_LOCAL();
	if (file < 0)
		SKIP(return, "no disk at /mnt that takes direct I/O");
	for (unsigned int i = 0; i < DISK_ROUNDS; i++) {
		uint64_t *p = dmmu_map(DISK_BYTES / 2);
		int fd = dmmu_open_bound();

		ASSERT_LE(0, fd);
		ASSERT_NE(NULL, p);
		memset(p, 1, DISK_BYTES / 2);
		ASSERT_EQ(0, dmmu_migrate(fd, p, DISK_BYTES / 2, DMMU_MIGRATE_TO_DEVICE, NULL));
		/* No device has them any more, so that unmapping waits for none. */
		close(fd);
		EXPECT_EQ(DISK_BYTES / 2 / DMMU_PAGE,
			  (unsigned long)in_local(self->fd, &self->local));
		if (!disk_has_it_last(file, p, DISK_BYTES / 2))
			SKIP(return, "no AIO in this kernel");
		EXPECT_TRUE(dmmu_await_local_free(self->fd, (long)self->local.free_pages));
	}
	close(file);
}

/*
 * A page that the device takes from the CPUs for its atomics comes home for it. In local memory the
 * kernel would mistake that for a migration as soon as room is made, and keep the page for ever.
 */
CLAIM(coherent, a_page_that_was_counted_in_is_not_kept_by_making_room)
{
	struct dmmu_ioc_bind bind = {.flags = DMMU_BIND_SYSTEM_ATOMICS};
	uint64_t *word = dmmu_map(DMMU_PAGE), *p = dmmu_map(BYTES);
	struct dmmu_completion c;
	int fd = dmmu_open();

	NEED_COHERENT();
	if (!(self->info.features & DMMU_FEATURE_SYSTEM_ATOMICS))
		SKIP(return, "no atomics against the CPU here");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, DMMU_IOC_BIND, &bind));
	ASSERT_TRUE(word && p);
	*word = 1;
	memset(p, 1, BYTES);
	ASSERT_EQ(0, dmmu_migrate(fd, word, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, NULL));
	EXPECT_EQ(1, in_local(self->fd, &self->local));
	c = dmmu_run_one(fd, dmmu_add(word, 1, 1));
	ASSERT_OK(&c);
	EXPECT_EQ(0, in_local(self->fd, &self->local));
	ASSERT_EQ(0, dmmu_knob("local_limit", PAGES / 4));
	ASSERT_EQ(0, dmmu_migrate(fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, NULL));
	c = dmmu_run_one(fd, dmmu_add(word, 1, 1));
	ASSERT_OK(&c);
	EXPECT_EQ(3, *word);
	munmap(word, DMMU_PAGE);
	munmap(p, BYTES);
	close(fd);
	EXPECT_TRUE(dmmu_await_local_free(self->fd, (long)self->local.free_pages));
}

/* --- two devices --- */

static int open_other(void)
{
	struct dmmu_ioc_query info;
	int fd = open("/dev/dmmu1", O_RDWR);

	if (fd >= 0 && !dmmu_query(fd, &info) && info.features & DMMU_FEATURE_COHERENT &&
	    !dmmu_bind(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

CLAIM(coherent, a_page_comes_home_when_another_device_uses_it)
{
	uint64_t *p = dmmu_map(BYTES);
	int other = open_other();
	struct dmmu_completion c;
	long free_there;

	NEED_COHERENT();
	if (other < 0)
		SKIP(return, "no second coherent device");
	ASSERT_NE(NULL, p);
	free_there = dmmu_local_free(other);
	memset(p, 0, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	RUN_OK(dmmu_fill(p, 3, BYTES));
	c = dmmu_run_one(other, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(3 * WORDS, c.result);
	EXPECT_EQ(0, in_local(self->fd, &self->local));
	EXPECT_EQ(free_there, dmmu_local_free(other));
	/* And it goes to the other, and back. */
	ASSERT_EQ(0, dmmu_migrate(other, p, BYTES, DMMU_MIGRATE_TO_DEVICE, NULL));
	EXPECT_EQ(free_there - (long)PAGES, dmmu_local_free(other));
	RUN_OK(dmmu_fill(p + 1, 4, BYTES - 8));
	EXPECT_TRUE(dmmu_await_local_free(other, free_there));
	EXPECT_EQ(3, p[0]);
	EXPECT_EQ(WORDS - 1, dmmu_other_than(p + 1, 4, WORDS - 1));
	close(other);
}

struct mover {
	int fd;
	void *page;
	atomic_bool on;
};

static void *keep_moving_there(void *arg)
{
	struct mover *m = arg;

	while (atomic_load(&m->on))
		dmmu_migrate(m->fd, m->page, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, NULL);
	return NULL;
}

/* As a_page_that_was_counted_in_is_not_kept_by_making_room, but it is the other device that has it.
 */
CLAIM(coherent, a_page_counted_in_while_another_device_wants_it_is_freed)
{
	struct dmmu_ioc_bind bind = {.flags = DMMU_BIND_SYSTEM_ATOMICS};
	uint64_t *word = dmmu_map(DMMU_PAGE), *p = dmmu_map(BYTES);
	enum { ROUNDS = 100 };
	struct mover mover = {.fd = open_other(), .page = word};
	int fd = dmmu_open();
	pthread_t thread;
	long free_there;

	NEED_COHERENT();
	if (mover.fd < 0)
		SKIP(return, "no second coherent device");
	if (!(self->info.features & DMMU_FEATURE_SYSTEM_ATOMICS))
		SKIP(return, "no atomics against the CPU here");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, DMMU_IOC_BIND, &bind));
	ASSERT_TRUE(word && p);
	free_there = dmmu_local_free(mover.fd);
	*word = 0;
	memset(p, 1, BYTES);
	atomic_store(&mover.on, true);
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_moving_there, &mover));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct dmmu_completion c = dmmu_run_one(fd, dmmu_add(word, 1, 1));

		EXPECT_OK(&c);
	}
	atomic_store(&mover.on, false);
	pthread_join(thread, NULL);
	ASSERT_EQ(0, dmmu_knob("local_limit", PAGES / 4));
	ASSERT_EQ(0, dmmu_migrate(mover.fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, NULL));
	EXPECT_EQ(ROUNDS, *word);
	munmap(word, DMMU_PAGE);
	munmap(p, BYTES);
	close(fd);
	EXPECT_TRUE(dmmu_await_local_free(mover.fd, free_there));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, (long)self->local.free_pages));
	close(mover.fd);
}

DMMU_TEST_MAIN
