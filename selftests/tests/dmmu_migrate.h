/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_migrate.h: the fixture of the programs about local memory. Where pages cannot live there,
 * each claim is skipped, with the reason.
 */
#ifndef DMMU_MIGRATE_H
#define DMMU_MIGRATE_H

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dmmu_fixture.h"

#define DMMU_LOCAL_FIXTURE(topic)                                                     \
	FIXTURE(topic)                                                                \
	{                                                                             \
		int fd;                                                               \
		struct dmmu_ioc_query info;                                           \
		struct dmmu_ioc_local local;                                          \
	};                                                                            \
	FIXTURE_SETUP(topic)                                                          \
	{                                                                             \
		dmmu_knobs_reset();                                                   \
		self->fd = dmmu_open_bound();                                         \
		ASSERT_GE(self->fd, 0);                                               \
		ASSERT_EQ(0, dmmu_query(self->fd, &self->info));                      \
		if (!(self->info.features & DMMU_FEATURE_MIGRATE))                    \
			SKIP(return, "no pages in local memory: the kernel has no "   \
				     "DEVICE_PRIVATE, or the device no way to copy"); \
		ASSERT_EQ(0, dmmu_local(self->fd, &self->local));                     \
	}                                                                             \
	FIXTURE_TEARDOWN(topic)                                                       \
	{                                                                             \
		dmmu_knobs_reset();                                                   \
		if (self->fd >= 0)                                                    \
			close(self->fd);                                              \
	}

/*
 * May a disk read and write pages of coherent memory in place? Kernels with DMA debugging that are
 * newer than 6.12 (seen on 7.2) refuse it with a warning (dma_map_page_attrs()), and the disk's
 * driver tries again for ever.
 */
static inline bool dmmu_disk_takes(const struct dmmu_ioc_query *info)
{
	struct utsname kernel;
	int major = 0, minor = 0;

	if (!(info->features & DMMU_FEATURE_COHERENT) || access("/sys/kernel/debug/dma-api", F_OK))
		return true;
	return !uname(&kernel) && sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor <= 12));
}

#define NEED_DISK_FOR_LOCAL()                                                                \
	do {                                                                                 \
		if (!dmmu_disk_takes(&self->info))                                           \
			SKIP(return, "this kernel's DMA debugging refuses coherent memory"); \
	} while (0)

/* A limit for one claim; the fixture takes it back. */
#define LIMIT_LOCAL(pages)                                         \
	do {                                                       \
		if (dmmu_knob("local_limit", pages))               \
			SKIP(return, "no local_limit in debugfs"); \
	} while (0)

/* Of so many pages that the CPU touched, those that went home: none where it can use them there. */
#define TOUCHED_HOME(pages) (self->info.features & DMMU_FEATURE_COHERENT ? 0ul : (pages))

/* All pages of the range are in local memory afterwards, and so many were moved for that. */
#define MOVE_IN(p, bytes, pages)                                                                 \
	do {                                                                                     \
		struct dmmu_migrate_result in_result;                                            \
		ASSERT_EQ(0,                                                                     \
			  dmmu_migrate(self->fd, p, bytes, DMMU_MIGRATE_TO_DEVICE, &in_result)); \
		ASSERT_EQ(pages, in_result.moved) TH_LOG("%s", dmmu_migrate_text(&in_result));   \
		ASSERT_EQ((bytes) / DMMU_PAGE, in_result.moved + in_result.already)              \
		TH_LOG("%s", dmmu_migrate_text(&in_result));                                     \
	} while (0)

#define MOVE_OUT(p, bytes, pages)                                                                  \
	do {                                                                                       \
		struct dmmu_migrate_result out_result;                                             \
		ASSERT_EQ(0, dmmu_migrate(self->fd, p, bytes, DMMU_MIGRATE_TO_HOST, &out_result)); \
		ASSERT_EQ(pages, out_result.moved) TH_LOG("%s", dmmu_migrate_text(&out_result));   \
		ASSERT_EQ((bytes) / DMMU_PAGE, out_result.moved + out_result.already)              \
		TH_LOG("%s", dmmu_migrate_text(&out_result));                                      \
	} while (0)

#endif /* DMMU_MIGRATE_H */
