// SPDX-License-Identifier: GPL-2.0
/*
 * local_loss: the device is reset, fails, or is taken away while pages of the process are in its
 * local memory. As long as the memory can be read, by the device or by the CPU, they come home, and
 * huge pages do so as one where the host has such pages.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_pci.h"
#include "dmmu_whole.h"

#define PAGES 48ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

DMMU_LOCAL_FIXTURE(local_loss)

/* Does a device that is newly opened work? */
static bool works(void)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c = {.status = DMMU_LOST};
	struct dmmu_migrate_result r;
	int fd = open_when_back();

	if (fd < 0 || !p)
		return false;
	if (!dmmu_migrate(fd, p, DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r) && r.moved == 1)
		c = dmmu_run_one(fd, dmmu_fill(p, 7, DMMU_PAGE));
	close(fd);
	return dmmu_is_ok(&c) && dmmu_other_than(p, 7, 512) == 512;
}

CLAIM(local_loss, a_reset_brings_pages_home)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	char folder[512];

	ASSERT_TRUE(p && copy && pci_folder(folder, sizeof(folder)));
	dmmu_pattern(p, WORDS, 31);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works());
}

CLAIM(local_loss, pages_in_a_failed_device_are_read_by_the_cpu)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	struct dmmu_ioc_migrate m = {
		.start = dmmu_va(p), .size = BYTES, .to = DMMU_MIGRATE_TO_DEVICE};
	char folder[512], knobs[600];

	ASSERT_TRUE(p && copy && pci_folder(folder, sizeof(folder)));
	dmmu_pattern(p, WORDS, 32);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	snprintf(knobs, sizeof(knobs), "/sys/kernel/debug/dmmu%s", strrchr(folder, '/'));
	if (put(knobs, "fail"))
		SKIP(return, "no knob to fail the device");
	/* Half of it by touch, the rest at the reset. */
	EXPECT_EQ(WORDS / 2, dmmu_difference(p, copy, WORDS / 2));
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_MIGRATE, &m));
	EXPECT_EQ(ENODEV, errno);
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works());
}

CLAIM(local_loss, taking_the_device_away_brings_pages_home)
{
	uint64_t *p = dmmu_map(BYTES), *copy = dmmu_map(BYTES);
	struct dmmu_ioc_local local;
	char folder[512];

	ASSERT_TRUE(p && copy && pci_folder(folder, sizeof(folder)));
	dmmu_pattern(p, WORDS, 33);
	memcpy(copy, p, BYTES);
	MOVE_IN(p, BYTES, PAGES);
	ASSERT_EQ(0, put(folder, "remove"));
	EXPECT_EQ(-1, ioctl(self->fd, DMMU_IOC_LOCAL, &local));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(WORDS, dmmu_difference(p, copy, WORDS));
	/* The next one gets the same number only when this file is closed. */
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, put("/sys/bus/pci", "rescan"));
	EXPECT_TRUE(works());
}

/* The same with huge pages: they come home as one, or by parts when the host has none. */
CLAIM(local_loss, a_reset_brings_a_huge_page_home_by_parts)
{
	struct area a;
	char folder[512];

	AREA_OR_SKIP(&a, 34);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1000));
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(a.out, dmmu_local_count("whole_out"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works());
}

CLAIM(local_loss, a_reset_brings_home_what_is_left_of_a_huge_page)
{
	const size_t half = WHOLE_WORDS / 2;
	struct area a;
	char folder[512];

	AREA_OR_SKIP(&a, 35);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, munmap(a.p + half, 64 * DMMU_PAGE));
	ASSERT_EQ(0, mprotect(a.p, 64 * DMMU_PAGE, PROT_READ));
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(half, dmmu_difference(a.p, a.copy, half));
	EXPECT_EQ(half - 64 * 512, dmmu_difference(a.p + half + 64 * 512, a.copy + half + 64 * 512,
						   half - 64 * 512));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works());
}

CLAIM(local_loss, a_huge_page_in_a_failed_device_is_read_by_the_cpu)
{
	struct area a, b;
	char folder[512];

	AREA_OR_SKIP(&a, 36);
	AREA_OR_SKIP(&b, 37);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	MOVE_IN_WHOLE(&b);
	ASSERT_EQ(0, dmmu_knob("fail", 1));
	/* One by touch, the other at the reset. */
	EXPECT_EQ(a.copy[5 * 512], a.p[5 * 512]);
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	ASSERT_EQ(0, put(folder, "reset"));
	EXPECT_EQ(a.out + 2, dmmu_local_count("whole_out"));
	EXPECT_EQ(self->local.free_pages, dmmu_local_free(self->fd));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(b.p, b.copy, WHOLE_WORDS));
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(works());
}

CLAIM(local_loss, taking_the_device_away_brings_a_huge_page_home)
{
	struct area a;
	char folder[512];

	AREA_OR_SKIP(&a, 38);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, put(folder, "remove"));
	EXPECT_EQ(2048, dmmu_huge_kb(a.p));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, put("/sys/bus/pci", "rescan"));
	EXPECT_TRUE(works());
}

CLAIM(local_loss, unbinding_brings_a_huge_page_home_by_parts)
{
	struct area a;
	char folder[512];

	AREA_OR_SKIP(&a, 39);
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	MOVE_IN_WHOLE(&a);
	ASSERT_EQ(0, dmmu_knob("fail_whole", 1000));
	ASSERT_EQ(0, put_driver("unbind", folder));
	EXPECT_EQ(0, dmmu_huge_kb(a.p));
	EXPECT_EQ(WHOLE_WORDS, dmmu_difference(a.p, a.copy, WHOLE_WORDS));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, dmmu_write_text("/sys/bus/pci/drivers/dmmu/bind", strrchr(folder, '/') + 1));
	EXPECT_TRUE(works());
}

DMMU_TEST_MAIN
