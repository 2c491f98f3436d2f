// SPDX-License-Identifier: GPL-2.0
/*
 * ioctls: each field of each ioctl wrong in turn is refused with the errno that dmmu.h names and
 * changes nothing; time-outs, signals, poll() and partial results are as promised there.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "dmmu_fixture.h"
#include "dmmu_regs.h"

#define BAD_POINTER ((uint64_t)0x10) /* in user space, never mapped */

DMMU_FIXTURE(ioctls)

static int submit(int fd, uint64_t works, uint32_t count, uint32_t flags, uint32_t reserved,
		  uint32_t *queued)
{
	struct dmmu_ioc_submit s = {
		.works = works, .count = count, .flags = flags, .reserved = reserved};
	int error = ioctl(fd, DMMU_IOC_SUBMIT, &s) ? -errno : 0;

	*queued = error ? 0 : s.queued;
	return error;
}

static int wait_raw(int fd, struct dmmu_ioc_wait w)
{
	return ioctl(fd, DMMU_IOC_WAIT, &w) ? -errno : 0;
}

/* Nothing is outstanding: WAIT comes back at once, with nothing, although it may wait for ever. */
static bool idle(int fd)
{
	struct dmmu_completion c;
	unsigned int got;

	return dmmu_wait(fd, &c, 1, 1, ~0ull, &got) == 0 && got == 0;
}

/* Work that runs until the file is closed. */
static int run_forever(int fd)
{
	uint64_t *word = dmmu_map(DMMU_PAGE);

	return word ? dmmu_hammers_start(fd, word, DMMU_PAGE, 1) : -ENOMEM;
}

CLAIM(ioctls, query_describes_the_device)
{
	struct dmmu_ioc_query q;

	memset(&q, 0xff, sizeof(q));
	ASSERT_EQ(0, ioctl(self->fd, DMMU_IOC_QUERY, &q));
	EXPECT_EQ(DMMU_UAPI_VERSION, q.uapi_version);
	EXPECT_EQ(DMMU_RST_VERSION >> 16, q.device_version >> 16);
	EXPECT_LE(1, q.threads);
	EXPECT_GE(64, q.threads);
	EXPECT_LE(1, q.contexts);
	EXPECT_GE(64, q.contexts);
	EXPECT_TRUE(q.va_bits == 48 || q.va_bits == 57);
	EXPECT_LT(0, q.clock_khz);
	EXPECT_LE(1ull << 20, q.local_size);
	EXPECT_EQ(0, q.features & ~(DMMU_FEATURE_MIGRATE | DMMU_FEATURE_COPY_ENGINE |
				    DMMU_FEATURE_SYSTEM_ATOMICS | DMMU_FEATURE_COHERENT));
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_QUERY, NULL));
	EXPECT_EQ(EFAULT, errno);
}

CLAIM(ioctls, query_needs_no_bind_all_else_does)
{
	struct dmmu_work_desc work = dmmu_nop();
	struct dmmu_ioc_query q;
	struct dmmu_ioc_counters counters;
	struct dmmu_completion c;
	int fd = dmmu_open();
	unsigned int n;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(0, dmmu_query(fd, &q));
	EXPECT_EQ(-EBADFD, submit(fd, dmmu_va(&work), 1, 0, 0, &n));
	EXPECT_EQ(-EBADFD, dmmu_wait(fd, &c, 0, 1, 0, &n));
	EXPECT_EQ(-1, ioctl(fd, DMMU_IOC_COUNTERS, &counters));
	EXPECT_EQ(EBADFD, errno);
	close(fd);
}

CLAIM(ioctls, bind_refuses_flags_bad_pointers_and_a_second_time)
{
	struct dmmu_ioc_bind bind = {.flags = 2};
	struct dmmu_completion c;
	int fd = dmmu_open();
	unsigned int bit;

	ASSERT_GE(fd, 0);
	for (bit = 1; bit < 32; bit++) {
		bind.flags = 1u << bit;
		EXPECT_EQ(-1, ioctl(fd, DMMU_IOC_BIND, &bind));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, ioctl(fd, DMMU_IOC_BIND, (void *)BAD_POINTER));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, dmmu_bind(fd)); /* none of that bound it, or used it up */
	EXPECT_EQ(-EBUSY, dmmu_bind(fd));
	c = dmmu_run_one(fd, dmmu_nop());
	EXPECT_OK(&c);
	close(fd);
}

CLAIM(ioctls, submit_refuses_each_wrong_field)
{
	struct dmmu_work_desc work[3] = {dmmu_nop(), dmmu_nop(), dmmu_nop()};
	uint64_t works = dmmu_va(work);
	unsigned int bit;
	uint32_t n;

	EXPECT_EQ(-EINVAL, submit(self->fd, works, 0, 0, 0, &n));
	EXPECT_EQ(-EINVAL, submit(self->fd, works, DMMU_MAX_QUEUED + 1, 0, 0, &n));
	EXPECT_EQ(-EINVAL, submit(self->fd, works, ~0u, 0, 0, &n));
	for (bit = 0; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, submit(self->fd, works, 1, 1u << bit, 0, &n));
		EXPECT_EQ(-EINVAL, submit(self->fd, works, 1, 0, 1u << bit, &n));
	}
	EXPECT_EQ(-EFAULT, submit(self->fd, 0, 1, 0, 0, &n));
	EXPECT_EQ(-EFAULT, submit(self->fd, BAD_POINTER, 1, 0, 0, &n));
	EXPECT_EQ(-EFAULT, submit(self->fd, 0xffff888000000000, 1, 0, 0, &n));
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_SUBMIT, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(idle(self->fd));
}

CLAIM(ioctls, submit_checks_all_descriptors_before_it_queues_any)
{
	uint64_t *two = dmmu_map(2 * DMMU_PAGE);
	uint64_t *target = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc *tail;
	struct dmmu_work_desc work[3];
	unsigned int bit, i;
	uint32_t n;

	ASSERT_TRUE(two && target);
	for (i = 0; i < 3; i++)
		work[i] = dmmu_fill(target, 1, 8);
	work[2].op = DMMU_WORK_ATOMIC_CAS + 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, dmmu_va(work), 3, 0, 0, &n));
	work[2].op = 0x80000000u | DMMU_WORK_FILL;
	EXPECT_EQ(-EINVAL, submit(self->fd, dmmu_va(work), 3, 0, 0, &n));
	work[2].op = 0x100 | DMMU_WORK_FILL; /* the device's field has 8 bits */
	EXPECT_EQ(-EINVAL, submit(self->fd, dmmu_va(work), 3, 0, 0, &n));
	work[2].op = DMMU_WORK_FILL;
	for (bit = 0; bit < 32; bit++) {
		work[2].flags = 1u << bit;
		EXPECT_EQ(-EINVAL, submit(self->fd, dmmu_va(work), 3, 0, 0, &n));
	}
	/* The last descriptor lies across the end of the mapping. */
	ASSERT_EQ(0, munmap(two + 512, DMMU_PAGE));
	tail = (struct dmmu_work_desc *)(two + 512) - 2;
	tail = (struct dmmu_work_desc *)((char *)tail - 8 - sizeof(*tail) + 16);
	for (i = 0; (char *)(tail + i + 1) <= (char *)(two + 512); i++)
		tail[i] = dmmu_fill(target, 2, 8);
	EXPECT_EQ(-EFAULT, submit(self->fd, dmmu_va(tail), i + 1, 0, 0, &n));
	EXPECT_TRUE(idle(self->fd));
	EXPECT_EQ(0, *(volatile uint64_t *)target);
}

CLAIM(ioctls, full_queue_takes_what_fits_then_says_eagain)
{
	struct dmmu_work_desc *work = calloc(DMMU_MAX_QUEUED, sizeof(*work));
	struct dmmu_completion *c = calloc(DMMU_MAX_QUEUED, sizeof(*c));
	bool *seen = calloc(DMMU_MAX_QUEUED + 10, sizeof(*seen));
	uint32_t n;
	unsigned int i;

	ASSERT_TRUE(work && c && seen);
	for (i = 0; i < DMMU_MAX_QUEUED; i++)
		work[i].cookie = i;
	ASSERT_EQ(0, submit(self->fd, dmmu_va(work), DMMU_MAX_QUEUED, 0, 0, &n));
	EXPECT_EQ(DMMU_MAX_QUEUED, n);
	/* Completed is not collected: the queue stays full until WAIT. */
	EXPECT_EQ(-EAGAIN, submit(self->fd, dmmu_va(work), 1, 0, 0, &n));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, 10));
	for (i = 0; i < 10; i++) {
		ASSERT_GT(DMMU_MAX_QUEUED, c[i].cookie);
		seen[c[i].cookie] = true;
	}
	for (i = 0; i < 20; i++)
		work[i].cookie = DMMU_MAX_QUEUED + i;
	EXPECT_EQ(0, submit(self->fd, dmmu_va(work), 20, 0, 0, &n));
	EXPECT_EQ(10, n);
	EXPECT_EQ(-EAGAIN, submit(self->fd, dmmu_va(work), 20, 0, 0, &n));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, DMMU_MAX_QUEUED));
	for (i = 0; i < DMMU_MAX_QUEUED; i++) {
		ASSERT_OK(&c[i]);
		ASSERT_GT(DMMU_MAX_QUEUED + 10, c[i].cookie);
		ASSERT_FALSE(seen[c[i].cookie])
		TH_LOG("cookie %llu came twice", (unsigned long long)c[i].cookie);
		seen[c[i].cookie] = true;
	}
	EXPECT_TRUE(idle(self->fd));
	free(work);
	free(c);
	free(seen);
}

CLAIM(ioctls, wait_refuses_each_wrong_field_and_consumes_nothing)
{
	struct dmmu_work_desc work = dmmu_nop();
	struct dmmu_completion c = {0};
	struct dmmu_ioc_wait good = {
		.completions = dmmu_va(&c), .max = 1, .min = 1, .timeout_ns = 10000000000ull};
	struct dmmu_ioc_wait bad;
	struct pollfd p = {.fd = self->fd, .events = POLLIN};
	unsigned int bit;

	work.cookie = 77;
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_EQ(1, poll(&p, 1, 10000)); /* it is there to be consumed */
#define REFUSED(error, field, value)                       \
	do {                                               \
		bad = good;                                \
		bad.field = value;                         \
		EXPECT_EQ(error, wait_raw(self->fd, bad)); \
	} while (0)
	REFUSED(-EINVAL, max, 0);
	REFUSED(-EINVAL, max, DMMU_MAX_QUEUED + 1);
	REFUSED(-EINVAL, max, ~0u);
	REFUSED(-EINVAL, min, 2);
	REFUSED(-EINVAL, min, ~0u);
	for (bit = 0; bit < 32; bit++)
		REFUSED(-EINVAL, reserved, 1u << bit);
	REFUSED(-EFAULT, completions, 0);
	REFUSED(-EFAULT, completions, BAD_POINTER);
	REFUSED(-EFAULT, completions, 0xffff888000000000);
#undef REFUSED
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_WAIT, NULL));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, wait_raw(self->fd, good));
	EXPECT_EQ(77, c.cookie);
	EXPECT_TRUE(idle(self->fd));
}

CLAIM(ioctls, wait_timeouts)
{
	struct dmmu_completion c[2];
	uint64_t start;
	unsigned int got;

	EXPECT_TRUE(idle(self->fd));
	ASSERT_EQ(0, run_forever(self->fd));
	/* 0 polls */
	EXPECT_EQ(-ETIME, dmmu_wait(self->fd, c, 1, 1, 0, &got));
	EXPECT_EQ(0, got);
	/* min 0 is content with nothing */
	EXPECT_EQ(0, dmmu_wait(self->fd, c, 0, 2, 0, &got));
	EXPECT_EQ(0, got);
	start = dmmu_now_ns();
	EXPECT_EQ(-ETIME, dmmu_wait(self->fd, c, 1, 2, 50000000, &got));
	EXPECT_LE(50000000, dmmu_now_ns() - start);
	EXPECT_GT(20000000000, dmmu_now_ns() - start);
}

CLAIM(ioctls, wait_that_times_out_gives_what_there_is)
{
	struct dmmu_work_desc work = dmmu_nop();
	struct dmmu_completion c[2] = {0};
	unsigned int got;

	ASSERT_EQ(0, run_forever(self->fd));
	work.cookie = 4711;
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	EXPECT_EQ(-ETIME, dmmu_wait(self->fd, c, 2, 2, 3000000000ull, &got));
	EXPECT_EQ(1, got);
	EXPECT_EQ(4711, c[0].cookie);
	EXPECT_OK(&c[0]);
	EXPECT_EQ(-ETIME, dmmu_wait(self->fd, c, 1, 1, 0, &got)); /* once only */
}

CLAIM(ioctls, wait_returns_when_nothing_more_is_outstanding)
{
	struct dmmu_work_desc work[3] = {dmmu_nop(), dmmu_nop(), dmmu_nop()};
	struct dmmu_completion c[8];
	unsigned int got;

	ASSERT_EQ(0, dmmu_submit(self->fd, work, 3));
	EXPECT_EQ(0, dmmu_wait(self->fd, c, 8, 8, ~0ull, &got));
	EXPECT_EQ(3, got);
}

CLAIM(ioctls, wait_gives_at_most_max)
{
	struct dmmu_work_desc work[5] = {dmmu_nop(), dmmu_nop(), dmmu_nop(), dmmu_nop(),
					 dmmu_nop()};
	struct dmmu_completion c[5];
	unsigned int got;

	memset(c, 0xee, sizeof(c));
	ASSERT_EQ(0, dmmu_submit(self->fd, work, 5));
	EXPECT_EQ(0, dmmu_wait(self->fd, c, 2, 2, ~0ull, &got));
	EXPECT_EQ(2, got);
	EXPECT_EQ(0xeeeeeeeeu, c[2].op); /* no more were written either */
	EXPECT_EQ(0, dmmu_wait(self->fd, c, 3, 5, ~0ull, &got));
	EXPECT_EQ(3, got);
}

static void on_signal(int number)
{
	(void)number;
}

static void *interrupt(void *arg)
{
	pthread_t whom = *(pthread_t *)arg;

	dmmu_sleep_us(300000);
	pthread_kill(whom, SIGUSR1);
	return NULL;
}

CLAIM(ioctls, signal_ends_wait_with_eintr)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct dmmu_completion c;
	pthread_t me = pthread_self();
	pthread_t thread;
	uint64_t start = dmmu_now_ns();
	unsigned int got;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, run_forever(self->fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, interrupt, &me));
	EXPECT_EQ(-EINTR, dmmu_wait(self->fd, &c, 1, 1, 60000000000ull, &got));
	EXPECT_GT(30000000000, dmmu_now_ns() - start);
	pthread_join(thread, NULL);
}

/* The kernel registers no notifier while a signal is pending: BIND begins again, and ends. */
CLAIM(ioctls, bind_ends_well_under_a_timer)
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	const struct itimerval often = {.it_interval = {.tv_usec = 10000},
					.it_value = {.tv_usec = 10000}};
	int fd;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 0; i < 30; i++) {
		fd = dmmu_open_bound();
		ASSERT_LE(0, fd);
		close(fd);
	}
}

CLAIM(ioctls, poll_says_when_there_is_something_to_collect)
{
	struct pollfd p = {.fd = self->fd, .events = POLLIN};
	struct dmmu_work_desc work = dmmu_nop();
	struct dmmu_completion c;
	unsigned int got;

	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(0, run_forever(self->fd));
	EXPECT_EQ(0, poll(&p, 1, 20));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_EQ(1, poll(&p, 1, 20000));
	EXPECT_EQ(POLLIN, p.revents & (POLLIN | POLLERR | POLLHUP));
	EXPECT_EQ(0, dmmu_wait(self->fd, &c, 1, 1, 0, &got));
	EXPECT_EQ(1, got);
	EXPECT_EQ(0, poll(&p, 1, 0));
}

CLAIM(ioctls, counters_count)
{
	struct dmmu_ioc_counters a, b;
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_counters(self->fd, &a));
	RUN_OK(dmmu_fill(p, 1, 4 * DMMU_PAGE));
	ASSERT_EQ(0, dmmu_counters(self->fd, &b));
	EXPECT_LE(29, b.device_count);
	EXPECT_GE(DMMU_MAX_DEVICE_COUNTERS, b.device_count);
	EXPECT_LE(DMMU_DRV_FAULT_IRQS + 1, b.driver_count);
	EXPECT_GE(DMMU_DRV_COUNT, b.driver_count);
	EXPECT_LT(a.device[0], b.device[0]);	   /* CYCLES */
	EXPECT_LT(a.device[8], b.device[8]);	   /* FAULTS */
	EXPECT_EQ(1, b.device[19] - a.device[19]); /* WORK_DONE */
	EXPECT_LT(a.driver[DMMU_DRV_FAULTS], b.driver[DMMU_DRV_FAULTS]);
	EXPECT_LT(a.driver[DMMU_DRV_PAGES_MAPPED], b.driver[DMMU_DRV_PAGES_MAPPED]);
	EXPECT_LE(b.driver[DMMU_DRV_HMM_NS], b.driver[DMMU_DRV_FAULT_NS]);
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_COUNTERS, (void *)BAD_POINTER));
	EXPECT_EQ(EFAULT, errno);
}

CLAIM(ioctls, unknown_ioctls_are_enotty)
{
	static const unsigned long unknown[] = {
		_IO('D', 0xd0),
		_IO('D', 0xcf),
		_IO('D', 0xd5),
		_IO('D', 0xff),
		_IO('E', 0xd0),
		_IOR('D', 0xd0, struct dmmu_ioc_bind),
		0,
		_IOW('D', 0xd2, struct dmmu_ioc_submit),
		0xffffffff,
		_IOWR('D', 0xd3, uint64_t),
	};
	uint64_t space[128] = {0};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(-1, ioctl(self->fd, unknown[i], space)) TH_LOG("%#lx", unknown[i]);
		EXPECT_EQ(ENOTTY, errno) TH_LOG("%#lx", unknown[i]);
	}
}

CLAIM(ioctls, file_is_not_for_reading_writing_or_mapping)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, DMMU_PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	RUN_OK(dmmu_nop());
}

DMMU_TEST_MAIN
