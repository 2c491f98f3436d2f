// SPDX-License-Identifier: GPL-2.0
/*
 * aer: errors of the PCIe link, reported by the port above the device (AER). QEMU injects them when
 * the test asks the runner to. A correctable error changes nothing; an uncorrectable one stops the
 * device, the PCI core resets it, and it works again: what it had under way is told to be lost, the
 * memory of processes is right.
 *
 * Needs a kernel with AER that was given control of it (all of the harness, and Debian's), and a
 * runner that takes "DMMU-ACTION qemu"; elsewhere all is skipped.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dmmu_fixture.h"
#include "host_control.h"

DMMU_FIXTURE(aer)

static int kmsg = -1;

/* Can the kernel be told of an error, and by whom? */
static bool possible(void)
{
	char answer[1200];

	/* The port has a service for it when the kernel has control of AER. */
	if (access("/sys/bus/pci_express/devices", F_OK))
		return false;
	return !access("/sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal", F_OK) &&
	       host_machine("info status", answer, sizeof(answer));
}

/* The kernel's log says it, within a minute. */
static bool log_says(const char *what)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	char record[2048];

	while (dmmu_now_ns() < until) {
		if (!dmmu_log_next(kmsg, record, sizeof(record))) {
			dmmu_sleep_us(20000);
			continue;
		}
		if (strstr(record, what))
			return true;
	}
	fprintf(stderr, "# the log does not say: %s\n", what);
	return false;
}

static bool inject(const char *error)
{
	char command[100], answer[1200];

	snprintf(command, sizeof(command), "pcie_aer_inject_error rp0 %s", error);
	return host_machine(command, answer, sizeof(answer)) && strstr(answer, "OK id");
}

/* A new file works. */
static bool works(void)
{
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	struct dmmu_completion c;
	int fd = dmmu_open_bound();

	if (fd < 0 || !p)
		return false;
	c = dmmu_run_one(fd, dmmu_fill(p, 7, 4 * DMMU_PAGE));
	close(fd);
	return dmmu_is_ok(&c) && dmmu_other_than(p, 7, 2048) == 2048;
}

CLAIM(aer, a_correctable_error_changes_nothing)
{
	volatile uint64_t *p = dmmu_map(4 * DMMU_PAGE);

	if (!possible())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	kmsg = dmmu_log_open();
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, 4));
	ASSERT_TRUE(inject("RCVR"));
	EXPECT_TRUE(log_says("AER:"));
	EXPECT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, 4));
}

/* In the middle of work, with a process that waits for it. */
static void recovers(struct __test_metadata *_metadata, FIXTURE_DATA(aer) * self, const char *error)
{
	enum { PAGES = 32, WORKS = 24 };
	uint64_t *p = dmmu_map(PAGES * DMMU_PAGE), *quiet = dmmu_map(PAGES * DMMU_PAGE);
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	unsigned int got = 0, lost = 0;
	uint64_t stands[8];
	int ret;

	ASSERT_TRUE(p && quiet);
	dmmu_pattern(quiet, PAGES * 512, 5);
	RUN_OK(dmmu_copy(p, quiet, PAGES * DMMU_PAGE));
	if (self->info.features & DMMU_FEATURE_MIGRATE)
		ASSERT_EQ(0, dmmu_migrate(self->fd, quiet, PAGES * DMMU_PAGE,
					  DMMU_MIGRATE_TO_DEVICE, NULL));
	for (unsigned int i = 0; i < WORKS; i++) {
		work[i] = dmmu_add(p + i * 512, 1, DMMU_FOREVER);
		work[i].cookie = i;
	}
	ASSERT_EQ(0, dmmu_submit(self->fd, work, WORKS));
	ASSERT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, 8));
	kmsg = dmmu_log_open();
	ASSERT_TRUE(inject(error));
	/* All of it comes back, as lost. */
	ret = dmmu_wait(self->fd, c, WORKS, WORKS, DMMU_WAIT_SECONDS * 1000000000ull, &got);
	EXPECT_EQ(0, ret);
	for (unsigned int i = 0; i < got; i++)
		lost += c[i].status == DMMU_LOST;
	EXPECT_EQ(WORKS, lost);
	EXPECT_EQ(-ENODEV, dmmu_wait(self->fd, c, 1, 1, 0, &got));
	dmmu_hammers_read(p, DMMU_PAGE, 8, stands);
	EXPECT_TRUE(log_says("recovered from a bus error"));
	EXPECT_TRUE(log_says("device recovery successful"));
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(stands[i], p[i * 512]);
	EXPECT_TRUE(works());
	/* What was not written is what it was. */
	ASSERT_EQ(512, dmmu_difference(quiet + 31 * 512, p + 31 * 512, 512));
}

CLAIM(aer, a_fatal_error_of_the_link_is_recovered_from)
{
	if (!possible())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	recovers(_metadata, self, "DLP");
}

CLAIM(aer, a_nonfatal_error_is_recovered_from)
{
	if (!possible())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	recovers(_metadata, self, "COMP_TIME");
}

CLAIM(aer, one_error_after_another)
{
	if (!possible())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	for (unsigned int i = 0; i < 4; i++) {
		kmsg = dmmu_log_open();
		ASSERT_TRUE(inject(i % 2 ? "DLP" : "COMP_TIME"));
		EXPECT_TRUE(log_says("device recovery successful"));
		EXPECT_TRUE(works());
		close(kmsg);
	}
}

/*
 * A write is held on its way out of the device when the link has an error that resets nothing. It
 * lands before the process is told that its work is lost, or never: the driver must not let the
 * device go on where it stood, in either memory.
 */
static void held_write(struct __test_metadata *_metadata, FIXTURE_DATA(aer) * self, bool local)
{
	volatile uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(p, 7, 64);
	struct dmmu_completion c;
	uint64_t held, stands;

	ASSERT_TRUE(p);
	p[0] = 1;
	if (local)
		ASSERT_EQ(0, dmmu_migrate(self->fd, (void *)p, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
					  NULL));
	kmsg = dmmu_log_open();
	held = host_count("held.write");
	ASSERT_TRUE(host_do("hold write"));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(host_await("held.write", held));
	ASSERT_TRUE(inject("COMP_TIME"));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(DMMU_LOST, c.status);
	stands = p[0];
	if (!local)
		EXPECT_EQ(1, stands);
	EXPECT_TRUE(log_says("recovered from a bus error"));
	EXPECT_TRUE(log_says("device recovery successful"));
	EXPECT_EQ(stands, p[0]) TH_LOG("what was told to be lost was written");
	ASSERT_TRUE(host_do("release all"));
	EXPECT_TRUE(works());
	EXPECT_EQ(stands, p[0]);
}

CLAIM(aer, a_write_of_lost_work_does_not_land_in_host_memory)
{
	if (!possible() || !host_there())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	held_write(_metadata, self, false);
}

CLAIM(aer, a_write_of_lost_work_does_not_land_in_local_memory)
{
	if (!possible() || !host_there())
		SKIP(return, "the kernel has no AER here, or nobody injects errors");
	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	held_write(_metadata, self, true);
}

DMMU_TEST_MAIN
