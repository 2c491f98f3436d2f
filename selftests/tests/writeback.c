// SPDX-License-Identifier: GPL-2.0
/*
 * writeback: what the device writes to a shared mapping of a file on a disk gets to the disk, asked
 * for or not, and a page that is being written meanwhile is not lost. What is on the disk is read
 * from the disk, past file system and page cache.
 *
 * Needs ext4 in /mnt, and root.
 */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "dmmu_fixture.h"

#define PAGES 4
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)
#define DISK  "/tmp/dmmu-writeback-disk"
/* Dirty for so long that it is written; how often the kernel looks. Both in 1/100 s. */
#define EXPIRE "/proc/sys/vm/dirty_expire_centisecs"
#define WAKE   "/proc/sys/vm/dirty_writeback_centisecs"

FIXTURE(writeback)
{
	int fd;	  /* the device */
	int file; /* PAGES pages, on the disk */
	int disk;
	uint64_t *p;   /* the file, mapped */
	uint64_t *now; /* what was read last */
	char path[64];
	char old[2][32]; /* of the kernel's knobs */
};

static bool knob(const char *path, char *old, const char *value)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return false;
	if (old) {
		n = read(fd, old, 31);
		old[n > 0 ? n : 0] = 0;
	}
	n = pwrite(fd, value, strlen(value), 0);
	close(fd);
	return n > 0;
}

FIXTURE_SETUP(writeback)
{
	struct statfs fs;
	struct stat st;

	self->fd = self->file = self->disk = -1;
	self->old[0][0] = 0;
	if (statfs("/mnt", &fs) || fs.f_type != EXT4_SUPER_MAGIC || stat("/mnt", &st))
		SKIP(return, "no ext4 in /mnt");
	unlink(DISK);
	if (mknod(DISK, S_IFBLK | 0600, st.st_dev))
		SKIP(return, "only root can read the disk");
	self->disk = open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);
	ASSERT_GE(self->disk, 0);
	self->fd = dmmu_open_bound();
	ASSERT_GE(self->fd, 0);
	snprintf(self->path, sizeof(self->path), "/mnt/dmmu-writeback-%d", getpid());
	self->file = open(self->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_GE(self->file, 0);
	self->now = dmmu_map(BYTES);
	ASSERT_NE(NULL, self->now);
	/* Written, so that it has blocks: those are read later. */
	ASSERT_EQ(BYTES, write(self->file, self->now, BYTES));
	ASSERT_EQ(0, fsync(self->file));
	self->p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->p);
	/* Nobody writes anything by himself, unless a test wants it. */
	ASSERT_TRUE(knob(WAKE, self->old[0], "0"));
	ASSERT_TRUE(knob(EXPIRE, self->old[1], "3000"));
}

FIXTURE_TEARDOWN(writeback)
{
	if (self->old[0][0]) {
		knob(WAKE, NULL, self->old[0]);
		knob(EXPIRE, NULL, self->old[1]);
	}
	if (self->fd >= 0)
		close(self->fd);
	if (self->file >= 0) {
		close(self->file);
		unlink(self->path);
	}
	unlink(DISK);
}

/* Read the file's blocks into `now`. */
static bool read_disk(int file, int disk, uint64_t *now)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + PAGES * sizeof(struct fiemap_extent)];
	} ask = {.map = {.fm_length = BYTES, .fm_extent_count = PAGES}};
	uint64_t got = 0;

	if (ioctl(file, FS_IOC_FIEMAP, &ask.map))
		return false;
	for (unsigned int i = 0; i < ask.map.fm_mapped_extents; i++) {
		const struct fiemap_extent *e = &ask.map.fm_extents[i];
		uint64_t n = e->fe_length;

		if (e->fe_logical >= BYTES)
			break;
		if (n > BYTES - e->fe_logical)
			n = BYTES - e->fe_logical;
		if (pread(disk, (char *)now + e->fe_logical, n, (off_t)e->fe_physical) !=
		    (ssize_t)n)
			return false;
		got += n;
	}
	return got == BYTES;
}

static bool disk_holds(int file, int disk, uint64_t *now, uint64_t value)
{
	return read_disk(file, disk, now) && dmmu_other_than(now, value, WORDS) == WORDS;
}

#define ON_DISK(value) disk_holds(self->file, self->disk, self->now, value)

CLAIM(writeback, write_of_the_device_is_on_the_disk_after_msync_and_after_fsync)
{
	RUN_OK(dmmu_fill(self->p, 1, BYTES));
	EXPECT_TRUE(ON_DISK(0)) TH_LOG("it is there before it was asked for");
	ASSERT_EQ(0, msync(self->p, BYTES, MS_SYNC));
	EXPECT_TRUE(ON_DISK(1));
	/* The device could write the pages; now it must ask again, or nobody writes them back. */
	RUN_OK(dmmu_fill(self->p, 2, BYTES));
	EXPECT_TRUE(ON_DISK(1));
	ASSERT_EQ(0, fsync(self->file));
	EXPECT_TRUE(ON_DISK(2));
}

CLAIM(writeback, write_of_the_device_gets_to_the_disk_by_background_writeback)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	RUN_OK(dmmu_fill(self->p, 3, BYTES));
	EXPECT_TRUE(ON_DISK(0));
	ASSERT_TRUE(knob(EXPIRE, NULL, "20"));
	ASSERT_TRUE(knob(WAKE, NULL, "10"));
	while (!ON_DISK(3) && dmmu_now_ns() < until)
		dmmu_sleep_us(20000);
	EXPECT_TRUE(ON_DISK(3));
	/* And once more: the page was clean in between. */
	RUN_OK(dmmu_fill(self->p, 4, BYTES));
	until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	while (!ON_DISK(4) && dmmu_now_ns() < until)
		dmmu_sleep_us(20000);
	EXPECT_TRUE(ON_DISK(4));
}

/*
 * Writers that never stop: while a page is on its way to the disk they fault, and go on when it may
 * be written again. The disk must see some states in between, and in the end the last.
 */
CLAIM(writeback, background_writeback_under_running_writers_loses_nothing)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull, before = 0;
	struct dmmu_completion c[PAGES];
	unsigned int i, states = 0, right;

	ASSERT_TRUE(knob(EXPIRE, NULL, "20"));
	ASSERT_TRUE(knob(WAKE, NULL, "10"));
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, self->p, DMMU_PAGE, PAGES));
	while (states < 5 && dmmu_now_ns() < until) {
		dmmu_sleep_us(20000);
		ASSERT_TRUE(read_disk(self->file, self->disk, self->now));
		states += self->now[0] != before;
		EXPECT_LE(before, self->now[0]);
		before = self->now[0];
	}
	EXPECT_EQ(5, states);
	EXPECT_EQ(0, dmmu_hammers_moved(self->p, DMMU_PAGE, PAGES));
	ASSERT_EQ(0, mprotect(self->p, BYTES, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, PAGES));
	until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	do {
		dmmu_sleep_us(20000);
		ASSERT_TRUE(read_disk(self->file, self->disk, self->now));
		for (i = 0, right = 0; i < PAGES; i++)
			right += self->now[c[i].cookie * 512] == c[i].done;
	} while (right < PAGES && dmmu_now_ns() < until);
	EXPECT_EQ(PAGES, right);
	for (i = 0; i < PAGES; i++) {
		EXPECT_EQ(c[i].done, self->p[c[i].cookie * 512]);
	}
}

DMMU_TEST_MAIN
