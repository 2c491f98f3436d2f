// SPDX-License-Identifier: GPL-2.0
/*
 * files: the device works on mapped files. What it writes to a shared mapping reaches the file by
 * msync, also when the page was written back before; what it writes to a private one never does.
 *
 * Each claim runs on tmpfs (/tmp) and on ext4 (/mnt), the second with the page cache emptied in
 * between.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "dmmu_fixture.h"

#define PAGES 4
#define BYTES (PAGES * DMMU_PAGE)
#define WORDS (BYTES / 8)

FIXTURE(files)
{
	int fd;	  /* the device */
	int file; /* PAGES pages of pattern 1 */
	char path[64];
	uint64_t content[WORDS]; /* what the test thinks is in the file */
};

FIXTURE_VARIANT(files)
{
	const char *dir;
	unsigned long magic;
	bool on_disk;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(files, tmpfs) { .dir = "/tmp", .magic = TMPFS_MAGIC, .on_disk = false };
FIXTURE_VARIANT_ADD(files, ext4) { .dir = "/mnt", .magic = EXT4_SUPER_MAGIC, .on_disk = true };
/* clang-format on */

FIXTURE_SETUP(files)
{
	struct statfs fs;

	self->fd = self->file = -1;
	if (statfs(variant->dir, &fs) || (unsigned long)fs.f_type != variant->magic)
		SKIP(return, "%s is not the file system that this variant is about", variant->dir);
	self->fd = dmmu_open_bound();
	ASSERT_GE(self->fd, 0);
	snprintf(self->path, sizeof(self->path), "%s/dmmu-files-%d", variant->dir, getpid());
	self->file = open(self->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_GE(self->file, 0) TH_LOG("%s: %s", self->path, strerror(errno));
	dmmu_pattern(self->content, WORDS, 1);
	ASSERT_EQ(BYTES, write(self->file, self->content, BYTES));
	ASSERT_EQ(0, fsync(self->file));
}

FIXTURE_TEARDOWN(files)
{
	if (self->fd >= 0)
		close(self->fd);
	if (self->file >= 0) {
		close(self->file);
		unlink(self->path);
	}
}

static uint64_t *map_file(int file, int prot, int flags)
{
	void *p = mmap(NULL, BYTES, prot, flags, file, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The file as read(2) sees it equals `want`. */
static bool file_holds(int file, const uint64_t *want)
{
	uint64_t now[WORDS];

	return pread(file, now, BYTES, 0) == (ssize_t)BYTES &&
	       dmmu_difference(now, want, WORDS) == WORDS;
}

/* Unmap, and on disk make sure that the next read comes from the disk. 0, or -EBUSY when pages stay
 * cached. */
static int forget(int file, uint64_t *p, bool on_disk)
{
	unsigned char cached[PAGES];
	int attempt, i, n;
	void *look;

	if (munmap(p, BYTES))
		return -errno;
	if (!on_disk)
		return 0;
	for (attempt = 0; attempt < 50; attempt++) {
		if (dmmu_drop_caches())
			return -EACCES;
		look = map_file(file, PROT_READ, MAP_SHARED);
		if (!look || mincore(look, BYTES, cached))
			return -errno;
		munmap(look, BYTES);
		for (i = 0, n = 0; i < PAGES; i++)
			n += cached[i] & 1;
		if (!n)
			return 0;
		dmmu_sleep_us(20000);
	}
	fprintf(stderr, "# %d pages stay in the page cache: somebody still holds them\n", n);
	return -EBUSY;
}

CLAIM(files, device_reads_what_is_in_the_file)
{
	uint64_t *p = map_file(self->file, PROT_READ, MAP_SHARED);
	uint64_t *out = dmmu_map(BYTES);

	ASSERT_TRUE(p && out);
	RUN_OK(dmmu_copy(out, p, BYTES));
	EXPECT_EQ(WORDS, dmmu_difference(out, self->content, WORDS));
	/* and what somebody writes to it later */
	dmmu_pattern(self->content, WORDS, 2);
	ASSERT_EQ(BYTES, pwrite(self->file, self->content, BYTES, 0));
	RUN_OK(dmmu_copy(out, p, BYTES));
	EXPECT_EQ(WORDS, dmmu_difference(out, self->content, WORDS));
}

CLAIM(files, write_to_a_private_mapping_does_not_reach_the_file)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	/* Read first: the device maps the page cache's page, and must not write that one. */
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	RUN_OK(dmmu_fill(p, 0x99, BYTES));
	EXPECT_EQ(WORDS, dmmu_other_than(p, 0x99, WORDS));
	EXPECT_TRUE(file_holds(self->file, self->content));
	ASSERT_EQ(0, msync(p, BYTES, MS_SYNC));
	ASSERT_EQ(0, forget(self->file, p, variant->on_disk));
	EXPECT_TRUE(file_holds(self->file, self->content));
}

CLAIM(files, write_to_a_shared_mapping_reaches_the_file_by_msync)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p + 512, 0x1234, 2 * DMMU_PAGE));
	for (size_t i = 512; i < 3 * 512; i++)
		self->content[i] = 0x1234;
	EXPECT_TRUE(file_holds(self->file, self->content)); /* one page cache, at once */
	ASSERT_EQ(0, msync(p, BYTES, MS_SYNC));
	ASSERT_EQ(0, forget(self->file, p, variant->on_disk));
	EXPECT_TRUE(file_holds(self->file, self->content));
}

/*
 * msync writes the page back and makes it clean and read-only again; the device, which could write
 * it, must fault anew for its next write, or that write is never written back.
 */
CLAIM(files, write_after_writeback_is_written_back_too)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	uint64_t round;

	ASSERT_NE(NULL, p);
	for (round = 1; round <= 5; round++) {
		RUN_OK(dmmu_fill(p, round, BYTES));
		ASSERT_EQ(0, msync(p, BYTES, MS_SYNC));
	}
	RUN_OK(dmmu_fill(p + 7, 0x77, 8));
	ASSERT_EQ(0, fsync(self->file));
	RUN_OK(dmmu_fill(p + 8, 0x88, 8));
	ASSERT_EQ(0, fsync(self->file));
	for (size_t i = 0; i < WORDS; i++)
		self->content[i] = 5;
	self->content[7] = 0x77;
	self->content[8] = 0x88;
	ASSERT_EQ(0, forget(self->file, p, variant->on_disk));
	EXPECT_TRUE(file_holds(self->file, self->content));
}

CLAIM(files, writeback_under_running_writers_loses_nothing)
{
	struct dmmu_completion c[PAGES];
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	unsigned int i;

	ASSERT_NE(NULL, p);
	memset(p, 0, BYTES);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, PAGES));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, msync(p, BYTES, MS_SYNC));
		dmmu_sleep_us(i * 300);
	}
	EXPECT_EQ(0, dmmu_hammers_moved(p, DMMU_PAGE, PAGES));
	ASSERT_EQ(0, mprotect(p, BYTES, PROT_READ));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, PAGES));
	ASSERT_EQ(0, msync(p, BYTES, MS_SYNC));
	ASSERT_EQ(0, forget(self->file, p, variant->on_disk));
	memset(self->content, 0, BYTES);
	for (i = 0; i < PAGES; i++)
		self->content[c[i].cookie * 512] = c[i].done;
	EXPECT_TRUE(file_holds(self->file, self->content));
}

CLAIM(files, write_to_a_file_opened_read_only_fails)
{
	int file = open(self->path, O_RDONLY | O_CLOEXEC);
	uint64_t *p;

	ASSERT_GE(file, 0);
	p = map_file(file, PROT_READ, MAP_SHARED);
	ASSERT_NE(NULL, p);
	RUN_FAULT(dmmu_fill(p + 1, 1, 8), dmmu_va(p + 1), DMMU_WRITE, -EPERM);
	EXPECT_TRUE(file_holds(self->file, self->content));
	close(file);
}

CLAIM(files, access_beyond_a_truncated_end_fails_and_the_process_lives)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 1, BYTES));
	ASSERT_EQ(0, ftruncate(self->file, DMMU_PAGE));
	c = dmmu_run_one(self->fd, dmmu_fill(p, 2, BYTES));
	EXPECT_FAULT(&c, dmmu_va(p + 512), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(DMMU_PAGE, c.done);
	RUN_FAULT(dmmu_reduce(p + 1024, 1), dmmu_va(p + 1024), DMMU_READ, -EFAULT);
	EXPECT_EQ(512, dmmu_other_than(p, 2, 512));
	/* Grown again, it reads zeros: nothing of before shows. */
	ASSERT_EQ(0, ftruncate(self->file, BYTES));
	c = dmmu_run_one(self->fd, dmmu_reduce(p + 512, WORDS - 512));
	ASSERT_OK(&c);
	EXPECT_EQ(0, c.result);
}

CLAIM(files, truncate_under_running_writers_stops_them)
{
	struct dmmu_completion c[PAGES];
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	unsigned int i;

	ASSERT_NE(NULL, p);
	memset(p, 0, BYTES);
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, p, DMMU_PAGE, PAGES));
	ASSERT_EQ(0, ftruncate(self->file, 0));
	ASSERT_EQ(0, dmmu_collect(self->fd, c, PAGES));
	for (i = 0; i < PAGES; i++) {
		EXPECT_FAULT(&c[i], dmmu_va(p) + c[i].cookie * DMMU_PAGE, DMMU_ATOMIC, -EFAULT);
	}
}

CLAIM(files, punched_hole_reads_zeros)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 3, BYTES));
	ASSERT_EQ(0, fallocate(self->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, DMMU_PAGE,
			       DMMU_PAGE));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, WORDS));
	ASSERT_OK(&c);
	EXPECT_EQ(3 * (WORDS - 512), c.result);
}

/* A list in the file that comes back to its beginning, a node a page: reading it never ends. */
static void make_ring(uint64_t *p)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		p[i * 512] = dmmu_va(&p[(i + 1) % PAGES * 512]);
		p[i * 512 + 1] = 1;
	}
}

CLAIM(files, truncate_under_a_running_read_is_a_fault_where_the_file_ends)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct dmmu_work_desc read = dmmu_chase(p, 0, 8, DMMU_FOREVER);
	struct dmmu_completion c;
	unsigned int got;

	ASSERT_NE(NULL, p);
	make_ring(p);
	ASSERT_EQ(0, dmmu_submit(self->fd, &read, 1));
	ASSERT_EQ(-ETIME, dmmu_wait(self->fd, &c, 1, 1, 300000000, &got));
	ASSERT_EQ(0, ftruncate(self->file, 2 * DMMU_PAGE));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_TRUE(dmmu_is_fault(&c, c.va, DMMU_READ, -EFAULT)) TH_LOG("%s", dmmu_text(&c));
	/* Which of them depends on where it was. */
	EXPECT_LE(dmmu_va(p + 2 * 512), c.va);
	EXPECT_GT(dmmu_va(p) + BYTES, c.va);
	/* It counted ones as long as it ran: nothing else was ever read. */
	EXPECT_EQ(c.done, c.result);
}

CLAIM(files, hole_punched_under_a_running_read_gives_zeros)
{
	uint64_t *p = map_file(self->file, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct dmmu_work_desc read = dmmu_chase(p, 0, 8, DMMU_FOREVER);
	struct dmmu_completion c;
	unsigned int got;

	ASSERT_NE(NULL, p);
	make_ring(p);
	ASSERT_EQ(0, dmmu_submit(self->fd, &read, 1));
	ASSERT_EQ(-ETIME, dmmu_wait(self->fd, &c, 1, 1, 300000000, &got));
	ASSERT_EQ(0, fallocate(self->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       2 * DMMU_PAGE, DMMU_PAGE));
	/* The list ends with the zeros in the hole. Old data would go on for ever. */
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_OK(&c);
	c = dmmu_run_one(self->fd, dmmu_reduce(p + 2 * 512, 512));
	ASSERT_OK(&c);
	EXPECT_EQ(0, c.result);
}

DMMU_TEST_MAIN
