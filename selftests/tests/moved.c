// SPDX-License-Identifier: GPL-2.0
/*
 * moved: pages are in the device's local memory while the device misbehaves (docs/adversity.md).
 * When the CPU touches them, each is what it was, or the process is told by SIGBUS; none is ever
 * something else. A copy that failed leaves the page where it is: once the device is well again,
 * it is what it was.
 *
 * Each claim prints a line for the table of docs/adversity.md. Needs a runner that takes
 * "DMMU-ACTION model"; elsewhere all is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dmmu_migrate.h"
#include "host_control.h"

enum { PAGES = 64, BYTES = PAGES * DMMU_PAGE, WORDS = DMMU_PAGE / 8 };

DMMU_LOCAL_FIXTURE(moved)

static sigjmp_buf touched;

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(touched, 1);
}

struct pages {
	unsigned int right, bus_error, wrong;
};

/* The CPU looks at every page. */
static struct pages look(const volatile uint64_t *region, const uint64_t *pattern)
{
	struct sigaction action = {.sa_handler = on_bus_error};
	struct pages pages = {0};
	static volatile unsigned int i; /* not lost by siglongjmp() */

	sigaction(SIGBUS, &action, NULL);
	for (i = 0; i < PAGES; i++) {
		const volatile uint64_t *page = region + i * WORDS;

		if (sigsetjmp(touched, 1)) {
			pages.bus_error++;
			continue;
		}
		if (dmmu_difference(page, pattern + i * WORDS, WORDS) == WORDS)
			pages.right++;
		else
			pages.wrong++;
	}
	return pages;
}

/* Something for the device to do, so that what befalls accesses has some to befall. */
static void stir(int fd)
{
	uint64_t *buffer = dmmu_map(16 * DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(buffer, 1, 16 * DMMU_PAGE);
	struct dmmu_ioc_submit submit = {.works = dmmu_va(&work), .count = 1};
	struct dmmu_completion c;
	unsigned int got;

	if (!ioctl(fd, DMMU_IOC_SUBMIT, &submit))
		dmmu_wait(fd, &c, 1, 1, DMMU_WAIT_SECONDS * 1000000000ull, &got);
	munmap(buffer, 16 * DMMU_PAGE);
}

static void reset_device(void)
{
	glob_t found;
	int fd;

	if (glob("/sys/bus/pci/drivers/dmmu/*/reset", 0, NULL, &found))
		return;
	fd = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		fprintf(stderr, "# reset: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
	globfree(&found);
}

/* expect_home: no page may be lost for good; `again` pages are looked at when all is well again. */
#define KEEPS_PAGES(name, spec, stays)                                                  \
	CLAIM(moved, name)                                                              \
	{                                                                               \
		uint64_t *region = dmmu_map(BYTES), *pattern = dmmu_map(BYTES);         \
		char kind[64], command[300];                                            \
		struct pages now, later;                                                \
		uint64_t before;                                                        \
		int fd;                                                                 \
                                                                                        \
		if (!host_there())                                                      \
			SKIP(return, "nobody on the host answers");                     \
		snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(spec, ":"), spec);    \
		dmmu_pattern(pattern, BYTES / 8, 5);                                    \
		memcpy(region, pattern, BYTES);                                         \
		MOVE_IN(region, BYTES, PAGES);                                          \
		before = host_count(kind);                                              \
		snprintf(command, sizeof(command), "faults %s", spec);                  \
		ASSERT_TRUE(host_do(command));                                          \
		if (!(stays))                                                           \
			stir(self->fd);                                                 \
		now = look(region, pattern);                                            \
		before = host_count(kind) - before;                                     \
		ASSERT_TRUE(host_do("faults none"));                                    \
		fd = (stays) ? 0 : dmmu_open_bound();                                   \
		if (fd < 0)                                                             \
			reset_device();                                                 \
		else if (fd)                                                            \
			close(fd);                                                      \
		later = look(region, pattern);                                          \
		printf("# MOVED\t%s\t%llu\t%u\t%u\t%u\t%u\t%u\t%u\n", spec,             \
		       (unsigned long long)before, now.right, now.bus_error, now.wrong, \
		       later.right, later.bus_error, later.wrong);                      \
		fflush(stdout);                                                         \
		EXPECT_LT(0, before) TH_LOG("it never happened");                       \
		EXPECT_EQ(0, now.wrong + later.wrong);                                  \
		if (stays)                                                              \
			EXPECT_EQ(PAGES, later.right)                                   \
		TH_LOG("%u pages are lost though the device is well", later.bus_error); \
		munmap(region, BYTES);                                                  \
		munmap(pattern, BYTES);                                                 \
	}

KEEPS_PAGES(bus_errors_on_the_way_home, "axi=slverr:on=data:p=0.05", true)
KEEPS_PAGES(poison_on_the_way_home, "data=poison:on=data:p=0.05", true)
KEEPS_PAGES(lost_copy_interrupts, "irq=lose:vector=cpy", true)
KEEPS_PAGES(late_copy_interrupts, "irq=late:vector=cpy:cycles=30000", true)
KEEPS_PAGES(latency_spikes_on_the_way_home, "latency=spike:p=0.01:cycles=5000", true)
KEEPS_PAGES(a_link_that_breaks, "link=loss:n=1:after=50:ms=200", false)
KEEPS_PAGES(a_reset_that_nobody_asked_for, "device=reset:n=1:after=50", false)

/* Pages that could not be moved in stay where they are. */
CLAIM(moved, bus_errors_on_the_way_there)
{
	uint64_t *region = dmmu_map(BYTES), *pattern = dmmu_map(BYTES);
	struct dmmu_migrate_result result;
	uint64_t before;
	struct pages now;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	dmmu_pattern(pattern, BYTES / 8, 6);
	memcpy(region, pattern, BYTES);
	before = host_count("axi=slverr");
	ASSERT_TRUE(host_do("faults axi=slverr:on=data:p=0.05"));
	dmmu_migrate(self->fd, region, BYTES, DMMU_MIGRATE_TO_DEVICE, &result);
	ASSERT_TRUE(host_do("faults none"));
	EXPECT_LT(before, host_count("axi=slverr")) TH_LOG("it never happened");
	now = look(region, pattern);
	printf("# MOVED\taxi=slverr on the way there: %s\t%llu\t%u\t%u\t%u\t%u\t%u\t%u\n",
	       dmmu_migrate_text(&result), (unsigned long long)(host_count("axi=slverr") - before),
	       now.right, now.bus_error, now.wrong, now.right, now.bus_error, now.wrong);
	fflush(stdout);
	EXPECT_EQ(PAGES, now.right);
	munmap(region, BYTES);
	munmap(pattern, BYTES);
}

DMMU_TEST_MAIN
