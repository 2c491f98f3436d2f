// SPDX-License-Identifier: GPL-2.0
/*
 * device_loss: the device dies, or just stops answering, under running work. Everything that waits
 * ends with an error in bounded time, nothing hangs, the process can exit.
 *
 * The program asks the runner on the host for the deed by a line "DMMU-ACTION kill-model" or
 * "DMMU-ACTION stop-model" (dmmu-vm --at), so it is not one of the ordinary selftests. One claim a
 * boot: choose it with -t killed or -t stopped.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_pci.h"
#include "dmmu_whole.h"

#define END_SECONDS 90

DMMU_FIXTURE(device_loss)

static void ask(const char *action)
{
	printf("# DMMU-ACTION %s\n", action);
	fflush(stdout);
}

/* Seconds until WAIT says that the device is lost; -1 when it does not. */
static int loss_noticed(int fd, unsigned int outstanding)
{
	uint64_t start = dmmu_now_ns();
	uint64_t limit = END_SECONDS * 1000000000ull;
	unsigned int lost = 0, got;
	int error;

	while (dmmu_now_ns() - start < limit) {
		struct dmmu_completion c;

		error = dmmu_wait(fd, &c, 1, 1, 1000000000, &got);
		if (got) {
			if (c.status != DMMU_LOST) {
				fprintf(stderr, "# instead of LOST: %s\n", dmmu_text(&c));
				return -1;
			}
			if (++lost < outstanding)
				continue;
		}
		if (error == -ENODEV || lost == outstanding)
			return (int)((dmmu_now_ns() - start) / 1000000000);
		if (error && error != -ETIME) {
			fprintf(stderr, "# wait: %s\n", strerror(-error));
			return -1;
		}
	}
	return -1;
}

/* What a lost device's file still does. */
#define EXPECT_LOST(fd)                                                               \
	do {                                                                          \
		struct dmmu_work_desc nop = dmmu_nop();                               \
		struct dmmu_ioc_submit submit = {.works = dmmu_va(&nop), .count = 1}; \
		struct dmmu_ioc_counters counters;                                    \
		uint64_t start = dmmu_now_ns();                                       \
		EXPECT_EQ(-1, ioctl(fd, DMMU_IOC_SUBMIT, &submit));                   \
		EXPECT_EQ(ENODEV, errno);                                             \
		EXPECT_EQ(-1, ioctl(fd, DMMU_IOC_COUNTERS, &counters));               \
		EXPECT_EQ(ENODEV, errno);                                             \
		EXPECT_EQ(0, close(fd));                                              \
		EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);        \
	} while (0)

/* Work of both kinds is outstanding: running, and stalled or about to be. */
static int start_work(int fd, volatile uint64_t **words, unsigned int *outstanding)
{
	enum { HAMMERS = 4, COLD = 8 };
	struct dmmu_work_desc work[COLD];
	char *cold = dmmu_map(COLD * 256 * DMMU_PAGE);
	unsigned int i;
	int error;

	*words = dmmu_map(HAMMERS * DMMU_PAGE);
	if (!cold || !*words)
		return -ENOMEM;
	error = dmmu_hammers_start(fd, *words, DMMU_PAGE, HAMMERS);
	for (i = 0; i < COLD; i++)
		work[i] = dmmu_fill(cold + i * 256 * DMMU_PAGE, 1, 256 * DMMU_PAGE);
	*outstanding = HAMMERS + COLD;
	return error ? error : dmmu_submit(fd, work, COLD);
}

CLAIM(device_loss, killed)
{
	volatile uint64_t *words;
	unsigned int outstanding;
	int seconds;

	ASSERT_EQ(0, start_work(self->fd, &words, &outstanding));
	ask("kill-model");
	seconds = loss_noticed(self->fd, outstanding);
	ASSERT_LE(0, seconds) TH_LOG("not noticed in %d s", END_SECONDS);
	TH_LOG("noticed after %d s", seconds);
	EXPECT_LOST(self->fd);
	self->fd = -1;
}

CLAIM(device_loss, stopped)
{
	volatile uint64_t *words;
	unsigned int outstanding;
	uint64_t before;
	int seconds;

	ASSERT_EQ(0, start_work(self->fd, &words, &outstanding));
	ask("stop-model");
	seconds = loss_noticed(self->fd, outstanding);
	ASSERT_LE(0, seconds) TH_LOG("not noticed in %d s", END_SECONDS);
	TH_LOG("noticed after %d s", seconds);
	/* Given up means: it cannot touch memory any more, should it wake up. */
	before = words[0];
	ask("continue-model");
	dmmu_sleep_us(3000000);
	EXPECT_EQ(before, words[0]);
	EXPECT_LOST(self->fd);
	self->fd = -1;
}

/* munmap must not wait for ever for a fence that nobody will answer. */
CLAIM(device_loss, killed_under_munmap)
{
	volatile uint64_t *words;
	unsigned int outstanding;
	uint64_t start;

	ASSERT_EQ(0, start_work(self->fd, &words, &outstanding));
	ask("kill-model");
	dmmu_sleep_us(500000);
	start = dmmu_now_ns();
	ASSERT_EQ(0, munmap((void *)words, 4 * DMMU_PAGE));
	EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
	ASSERT_LE(0, loss_noticed(self->fd, outstanding));
	EXPECT_LOST(self->fd);
	self->fd = -1;
}

/*
 * What was in the memory of a device that vanished is gone. Who touches it is told, by SIGBUS;
 * nobody reads something else instead. What was at home is untouched, and munmap and exit work.
 */
CLAIM(device_loss, killed_with_pages_in_local_memory)
{
	const size_t bytes = 32 * DMMU_PAGE;
	uint64_t *lost = dmmu_map(bytes), *home = dmmu_map(bytes), *out = dmmu_map(DMMU_PAGE);
	volatile uint64_t *words;
	unsigned int outstanding;
	uint64_t start;
	int child, file;

	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	if (self->info.features & DMMU_FEATURE_COHERENT &&
	    access("/proc/sys/vm/memory_failure_recovery", F_OK))
		SKIP(return, "no CONFIG_MEMORY_FAILURE: nothing can take a page from a CPU");
	ASSERT_TRUE(lost && home && out);
	dmmu_pattern(lost, bytes / 8, 1);
	dmmu_pattern(home, bytes / 8, 2);
	ASSERT_EQ(0, dmmu_migrate(self->fd, lost, bytes, DMMU_MIGRATE_TO_DEVICE, NULL));
	ASSERT_EQ(0, start_work(self->fd, &words, &outstanding));
	ask("kill-model");
	ASSERT_LE(0, loss_noticed(self->fd, outstanding));

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(*(volatile uint64_t *)lost == 0);
	EXPECT_EQ(128 + SIGBUS, dmmu_reap(child));
	file = memfd_create("lost", 0);
	ASSERT_LE(0, file);
	EXPECT_EQ(-1, write(file, lost + 512, DMMU_PAGE));
	EXPECT_EQ(EFAULT, errno);
	dmmu_pattern(out, 512, 2);
	EXPECT_EQ(512, dmmu_difference(home, out, 512));
	start = dmmu_now_ns();
	EXPECT_EQ(0, munmap(lost, bytes / 2));
	EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
	EXPECT_LOST(self->fd);
	self->fd = -1;
}

/* How a child ends that looks at the word. */
static int looks_at(const volatile uint64_t *p)
{
	int child = fork();

	if (!child)
		_exit(*p == 0);
	return child < 0 ? -1 : dmmu_reap(child);
}

/*
 * The same of a huge page that is there as one: all of it is gone, also when parts of it are
 * unmapped, and when another device with another content has come in the place of the lost one.
 */
CLAIM(device_loss, killed_with_a_huge_page_in_local_memory)
{
	char folder[600];
	volatile uint64_t *words;
	unsigned int outstanding;
	uint64_t start, *p;
	struct area a;
	int file, fd;

	AREA_OR_SKIP(&a, 3);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, start_work(self->fd, &words, &outstanding));
	ask("kill-model");
	ASSERT_LE(0, loss_noticed(self->fd, outstanding));

	EXPECT_EQ(128 + SIGBUS, looks_at(a.p));
	EXPECT_EQ(128 + SIGBUS, looks_at(a.p + WHOLE_WORDS - 1));
	file = memfd_create("lost", 0);
	ASSERT_LE(0, file);
	EXPECT_EQ(-1, write(file, a.p + WHOLE_WORDS / 2, DMMU_PAGE));
	EXPECT_EQ(EFAULT, errno);
	start = dmmu_now_ns();
	EXPECT_EQ(0, munmap(a.p + WHOLE_WORDS / 2, DMMU_HUGE / 4));
	EXPECT_EQ(0, madvise(a.p, 8 * DMMU_PAGE, MADV_DONTNEED));
	EXPECT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
	EXPECT_EQ(8 * 512, dmmu_other_than(a.p, 0, 8 * 512));
	EXPECT_EQ(128 + SIGBUS, looks_at(a.p + 8 * 512));
	EXPECT_EQ(128 + SIGBUS, looks_at(a.p + WHOLE_WORDS - 1));
	EXPECT_LOST(self->fd);
	self->fd = -1;

	ask("restart-model");
	start = dmmu_now_ns();
	do {
		dmmu_sleep_us(200000);
		ASSERT_GT(END_SECONDS * 1000000000ull, dmmu_now_ns() - start);
		fd = put(folder, "reset") ? -1 : dmmu_open_bound();
	} while (fd < 0);
	self->fd = fd;
	p = dmmu_map(DMMU_PAGE);
	ASSERT_NE(NULL, p);
	MOVE_IN(p, DMMU_PAGE, 1);
	RUN_OK(dmmu_fill(p, 7, DMMU_PAGE));
	EXPECT_EQ(512, dmmu_other_than(p, 7, 512));
	EXPECT_EQ(128 + SIGBUS, looks_at(a.p + 8 * 512));
	EXPECT_EQ(128 + SIGBUS, looks_at(a.p + WHOLE_WORDS - 1));
	RUN_FAULT(dmmu_fill(a.p + 9 * 512, 1, 8), dmmu_va(a.p + 9 * 512), DMMU_WRITE, -EFAULT);
}

DMMU_TEST_MAIN
