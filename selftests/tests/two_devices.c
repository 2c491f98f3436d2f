// SPDX-License-Identifier: GPL-2.0
/*
 * two_devices: one process uses two devices. A page in the local memory of one is not the other's
 * to use: it gets it by way of the host, and the first loses it. Skipped where there is one device
 * only (`dmmu-vm --devices 2`).
 */
#include <fcntl.h>
#include <unistd.h>

#include "dmmu_fixture.h"

#define PAGES 32ul
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

FIXTURE(two_devices)
{
	int fd[2];
	struct dmmu_ioc_local local[2];
};

FIXTURE_SETUP(two_devices)
{
	struct dmmu_ioc_query info;

	self->fd[0] = self->fd[1] = -1;
	if (access("/dev/dmmu1", F_OK))
		SKIP(return, "there is one device only");
	for (unsigned int i = 0; i < 2; i++) {
		self->fd[i] = open(i ? "/dev/dmmu1" : "/dev/dmmu0", O_RDWR | O_CLOEXEC);
		ASSERT_GE(self->fd[i], 0);
		ASSERT_EQ(0, dmmu_bind(self->fd[i]));
		ASSERT_EQ(0, dmmu_query(self->fd[i], &info));
		if (!(info.features & DMMU_FEATURE_MIGRATE))
			SKIP(return, "no pages in local memory");
		ASSERT_EQ(0, dmmu_local(self->fd[i], &self->local[i]));
	}
}

FIXTURE_TEARDOWN(two_devices)
{
	for (unsigned int i = 0; i < 2; i++)
		if (self->fd[i] >= 0)
			close(self->fd[i]);
}

#define OK_ON(device, work)                                                           \
	do {                                                                          \
		struct dmmu_completion on_cpl = dmmu_run_one(self->fd[device], work); \
		ASSERT_OK(&on_cpl);                                                   \
	} while (0)

CLAIM(two_devices, a_page_local_to_one_is_read_by_the_other)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;
	struct dmmu_completion c;
	uint64_t want = 0;

	ASSERT_NE(NULL, p);
	dmmu_pattern(p, WORDS, 5);
	for (size_t i = 0; i < WORDS; i++)
		want += p[i];
	ASSERT_EQ(0, dmmu_migrate(self->fd[0], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(PAGES, r.moved);
	c = dmmu_run_one(self->fd[1], dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(want, c.result);
	EXPECT_EQ(self->local[0].free_pages, (uint64_t)dmmu_local_free(self->fd[0]));
}

CLAIM(two_devices, they_take_turns_at_pages_that_move_between_them)
{
	uint64_t *p = dmmu_map(BYTES);
	struct dmmu_migrate_result r;

	ASSERT_NE(NULL, p);
	for (uint64_t i = 1; i <= 8; i++) {
		unsigned int which = i % 2;

		ASSERT_EQ(0, dmmu_migrate(self->fd[which], p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r));
		OK_ON(which, dmmu_fill(p, i, BYTES));
		OK_ON(!which, dmmu_add(p + 512, 1000, 1));
		ASSERT_EQ(i, p[0]);
		ASSERT_EQ(i + 1000, p[512]);
		ASSERT_EQ(WORDS - 1024, dmmu_other_than(p + 1024, i, WORDS - 1024));
	}
}

CLAIM(two_devices, both_write_one_page_in_the_host_and_lose_nothing)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc add[2] = {dmmu_add(p, 1, 500), dmmu_add(p + 1, 1, 500)};
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_submit(self->fd[0], &add[0], 1));
	ASSERT_EQ(0, dmmu_submit(self->fd[1], &add[1], 1));
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(0, dmmu_collect(self->fd[i], &c, 1));
		EXPECT_OK(&c);
		EXPECT_EQ(500, p[i]);
	}
}

DMMU_TEST_MAIN
