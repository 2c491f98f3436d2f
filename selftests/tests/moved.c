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
#include <unistd.h>

#include "dmmu_whole.h"
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

struct befallen {
	uint64_t times;
	struct pages now, later;
	bool done;
};

/* The CPU looks at every page. */
static struct pages look(const volatile uint64_t *region, const uint64_t *pattern, unsigned int n)
{
	struct sigaction action = {.sa_handler = on_bus_error};
	struct pages pages = {0};
	static volatile unsigned int i; /* not lost by siglongjmp() */

	sigaction(SIGBUS, &action, NULL);
	for (i = 0; i < n; i++) {
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

/*
 * What became of the n pages of the region, which are in local memory, when the device did `spec`
 * while the CPU looked at them, and when all was well again.
 */
static void befall(const volatile uint64_t *region, const uint64_t *pattern, unsigned int n,
		   const char *spec, bool stays, int bound, struct befallen *b)
{
	char kind[64], command[300];
	int fd;

	memset(b, 0, sizeof(*b));
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(spec, ":"), spec);
	b->times = host_count(kind);
	snprintf(command, sizeof(command), "faults %s", spec);
	if (!host_do(command))
		return;
	if (!stays)
		stir(bound);
	b->now = look(region, pattern, n);
	b->times = host_count(kind) - b->times;
	b->done = host_do("faults none");
	fd = stays ? 0 : dmmu_open_bound();
	if (fd < 0)
		reset_device();
	else if (fd)
		close(fd);
	b->later = look(region, pattern, n);
	printf("# MOVED\t%s%s\t%llu\t%u\t%u\t%u\t%u\t%u\t%u\n", spec,
	       n == WHOLE_PAGES ? ", a huge page" : "", (unsigned long long)b->times, b->now.right,
	       b->now.bus_error, b->now.wrong, b->later.right, b->later.bus_error, b->later.wrong);
	fflush(stdout);
}

#define EXPECT_KEPT(b, n, stays)                                                            \
	do {                                                                                \
		ASSERT_TRUE((b).done);                                                      \
		EXPECT_LT(0, (b).times) TH_LOG("it never happened");                        \
		EXPECT_EQ(0, (b).now.wrong + (b).later.wrong);                              \
		EXPECT_EQ(n, (b).later.right + (b).later.bus_error);                        \
		if (stays)                                                                  \
			EXPECT_EQ(n, (b).later.right)                                       \
		TH_LOG("%u pages are lost though the device is well", (b).later.bus_error); \
	} while (0)

/* stays: no page may be lost for good. */
#define KEEPS_PAGES(name, spec, stays)                                          \
	CLAIM(moved, name)                                                      \
	{                                                                       \
		uint64_t *region = dmmu_map(BYTES), *pattern = dmmu_map(BYTES); \
		struct befallen b;                                              \
                                                                                \
		if (!host_there())                                              \
			SKIP(return, "nobody on the host answers");             \
		dmmu_pattern(pattern, BYTES / 8, 5);                            \
		memcpy(region, pattern, BYTES);                                 \
		MOVE_IN(region, BYTES, PAGES);                                  \
		befall(region, pattern, PAGES, spec, stays, self->fd, &b);      \
		EXPECT_KEPT(b, PAGES, stays);                                   \
		munmap(region, BYTES);                                          \
		munmap(pattern, BYTES);                                         \
	}

/* The same for a huge page that is there as one. */
#define KEEPS_WHOLE(name, spec, stays)                                       \
	CLAIM(moved, name)                                                   \
	{                                                                    \
		struct befallen b;                                           \
		struct area a;                                               \
                                                                             \
		if (!host_there())                                           \
			SKIP(return, "nobody on the host answers");          \
		AREA_OR_SKIP(&a, 7);                                         \
		MOVE_IN_WHOLE(&a);                                           \
		befall(a.p, a.copy, WHOLE_PAGES, spec, stays, self->fd, &b); \
		EXPECT_KEPT(b, WHOLE_PAGES, stays);                          \
		munmap(a.p, DMMU_HUGE);                                      \
		munmap(a.copy, DMMU_HUGE);                                   \
	}

KEEPS_PAGES(bus_errors_on_the_way_home, "axi=slverr:on=data:p=0.05", true)
KEEPS_PAGES(poison_on_the_way_home, "data=poison:on=data:p=0.05", true)
KEEPS_PAGES(lost_copy_interrupts, "irq=lose:vector=cpy", true)
KEEPS_PAGES(late_copy_interrupts, "irq=late:vector=cpy:cycles=30000", true)
KEEPS_PAGES(latency_spikes_on_the_way_home, "latency=spike:p=0.01:cycles=5000", true)
KEEPS_PAGES(a_link_that_breaks, "link=loss:n=1:after=50:ms=200", false)
KEEPS_PAGES(a_reset_that_nobody_asked_for, "device=reset:n=1:after=50", false)

KEEPS_WHOLE(bus_errors_on_the_way_home_of_a_huge_page, "axi=slverr:on=data:p=0.01", true)
KEEPS_WHOLE(poison_on_the_way_home_of_a_huge_page, "data=poison:on=data:p=0.01", true)
KEEPS_WHOLE(lost_copy_interrupts_for_a_huge_page, "irq=lose:vector=cpy", true)
KEEPS_WHOLE(a_link_that_breaks_with_a_huge_page, "link=loss:n=1:after=50:ms=200", false)
KEEPS_WHOLE(a_reset_that_nobody_asked_for_with_a_huge_page, "device=reset:n=1:after=50", false)

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
	now = look(region, pattern, PAGES);
	printf("# MOVED\taxi=slverr on the way there: %s\t%llu\t%u\t%u\t%u\t%u\t%u\t%u\n",
	       dmmu_migrate_text(&result), (unsigned long long)(host_count("axi=slverr") - before),
	       now.right, now.bus_error, now.wrong, now.right, now.bus_error, now.wrong);
	fflush(stdout);
	EXPECT_EQ(PAGES, now.right);
	munmap(region, BYTES);
	munmap(pattern, BYTES);
}

/*
 * The device writes to a page that is shared since a fork: it must be copied, by way of the host,
 * and cannot be. The write ends with an error, and the page is what it was.
 */
CLAIM(moved, a_write_to_a_shared_page_that_cannot_be_copied_ends)
{
	uint64_t *region = dmmu_map(BYTES), *pattern = dmmu_map(BYTES);
	struct dmmu_completion c;
	struct pages now;
	int child;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	dmmu_pattern(pattern, BYTES / 8, 9);
	memcpy(region, pattern, BYTES);
	MOVE_IN(region, BYTES, PAGES);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		pause();
		_exit(0);
	}
	ASSERT_TRUE(host_do("faults axi=slverr:on=data:p=1"));
	c = dmmu_run_one(self->fd, dmmu_fill(region, 1, 8));
	ASSERT_TRUE(host_do("faults none"));
	EXPECT_EQ(DMMU_FAULT, c.status) TH_LOG("%s", dmmu_text(&c));
	c = dmmu_run_one(self->fd, dmmu_fill(region, pattern[0], 8));
	EXPECT_TRUE(dmmu_is_ok(&c)) TH_LOG("%s", dmmu_text(&c));
	kill(child, SIGKILL);
	dmmu_reap(child);
	now = look(region, pattern, PAGES);
	EXPECT_EQ(PAGES, now.right);
	munmap(region, BYTES);
	munmap(pattern, BYTES);
}

/* A huge page of which a part cannot be moved in stays where it is, as it is. */
CLAIM(moved, bus_errors_on_the_way_there_of_a_huge_page)
{
	struct dmmu_migrate_result result;
	uint64_t before;
	struct pages now;
	struct area a;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	AREA_OR_SKIP(&a, 8);
	before = host_count("axi=slverr");
	ASSERT_TRUE(host_do("faults axi=slverr:on=data:p=0.01"));
	dmmu_migrate(self->fd, a.p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, &result);
	ASSERT_TRUE(host_do("faults none"));
	EXPECT_LT(before, host_count("axi=slverr")) TH_LOG("it never happened");
	EXPECT_EQ(0, result.moved);
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	now = look(a.p, a.copy, WHOLE_PAGES);
	EXPECT_EQ(WHOLE_PAGES, now.right);
	munmap(a.p, DMMU_HUGE);
	munmap(a.copy, DMMU_HUGE);
}

DMMU_TEST_MAIN
