// SPDX-License-Identifier: GPL-2.0
/*
 * memcg: memory is charged to the process's cgroup wherever its pages are. Moving them changes
 * nothing in that, pages that come into being in local memory count as any, and nothing stays
 * behind.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dmmu_migrate.h"

#define GROUP "/sys/fs/cgroup/dmmu-memcg"
#define PAGES 256l
#define BYTES (PAGES * DMMU_PAGE)
/* The kernel charges ahead, 64 pages a processor, and the driver's own tables are charged as well.
 */
#define SLACK 160l
#define LIMIT 384l /* pages, below */
#define READY 8l   /* pages, at most, for objects of the kernel that may come */

DMMU_LOCAL_FIXTURE(memcg)

static long group_pages(const char *file)
{
	char path[128];
	long bytes;

	snprintf(path, sizeof(path), GROUP "/%s", file);
	bytes = dmmu_read_number(path);
	return bytes < 0 ? bytes : bytes / (long)DMMU_PAGE;
}

/* An amount in memory.stat, pages; negative when it is not there. */
static long group_stat(const char *what)
{
	char word[32];
	long value, bytes = -1;
	FILE *f = fopen(GROUP "/memory.stat", "r");

	while (f && fscanf(f, "%31s %ld", word, &value) == 2)
		if (!strcmp(word, what))
			bytes = value;
	if (f)
		fclose(f);
	return bytes < 0 ? bytes : bytes / (long)DMMU_PAGE;
}

static int group_set(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), GROUP "/%s", file);
	return dmmu_write_text(path, text);
}

/* A new, empty group that accounts memory, in the place of one that a claim which failed left. */
static bool group_make(void)
{
	rmdir(GROUP);
	if (mkdir(GROUP, 0755))
		return false;
	/* Whoever looks at such a file first has its inode charged: that must be nobody in the
	 * group. */
	return group_pages("memory.current") >= 0 && group_stat("anon") >= 0;
}

/* What is still charged, of each kind. */
static void group_explain(long pages)
{
	char line[64];
	FILE *f = fopen(GROUP "/memory.stat", "r");

	fprintf(stderr, "# %ld pages are still charged:", pages);
	/* Events follow the amounts. */
	while (f && fgets(line, sizeof(line), f) && strncmp(line, "workingset", 10))
		if (!strstr(line, " 0\n"))
			fprintf(stderr, " %.*s", (int)strcspn(line, "\n"), line);
	fputc('\n', stderr);
	if (f)
		fclose(f);
}

/*
 * Nothing is charged any more but what the kernel holds ready for objects smaller than a page: for
 * each processor a rest of one, and what is left of such rests (obj_cgroup.nr_charged_bytes) until
 * it comes upon them.
 */
static bool group_empties(void)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	long pages, kernel;

	do {
		group_set("memory.high", "0");
		pages = group_pages("memory.current");
		kernel = group_stat("kernel");
		if (pages >= 0 && pages == kernel && kernel <= READY && !group_stat("anon"))
			return true;
		dmmu_sleep_us(20000);
	} while (dmmu_now_ns() < until);
	group_explain(pages);
	return false;
}

/* The charge is about this, and what the statistics, which lag as much, call anonymous about that.
 */
static bool near(const char *what, long pages, long want, long anon)
{
	long have = group_stat("anon");

	if (labs(have - anon) > SLACK) {
		printf("# %s: %ld pages are anonymous, not %ld\n", what, have, anon);
		return false;
	}
	if (labs(pages - want) <= SLACK)
		return true;
	printf("# %s: %ld pages are charged, not about %ld\n", what, pages, want);
	return false;
}

/* What the process in the group does; exit code 0 when each number was right. */
static int charged(void)
{
	struct dmmu_migrate_result r;
	int fd, bad = 0;
	long before, anon;
	char *p;

	if (group_set("cgroup.procs", "0"))
		return 100;
	fd = dmmu_open_bound();
	p = dmmu_map(2 * BYTES);
	if (fd < 0 || !p)
		return 101;
	before = group_pages("memory.current");
	anon = group_stat("anon");
	memset(p, 1, BYTES);
	bad += !near("touched", group_pages("memory.current"), before + PAGES, anon + PAGES);
	if (dmmu_migrate(fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r) || r.moved != PAGES)
		return 102;
	bad += !near("in local memory", group_pages("memory.current"), before + PAGES,
		     anon + PAGES);
	if (dmmu_migrate(fd, p + BYTES, BYTES, DMMU_MIGRATE_TO_DEVICE, &r) || r.moved != PAGES)
		return 103;
	bad += !near("made in local memory", group_pages("memory.current"), before + 2 * PAGES,
		     anon + 2 * PAGES);
	if (dmmu_migrate(fd, p, BYTES, DMMU_MIGRATE_TO_HOST, &r) || r.moved != PAGES)
		return 104;
	bad += !near("home again", group_pages("memory.current"), before + 2 * PAGES,
		     anon + 2 * PAGES);
	if (munmap(p + BYTES, BYTES))
		return 105;
	bad += !near("given back", group_pages("memory.current"), before + PAGES, anon + PAGES);
	if (dmmu_migrate(fd, p, BYTES, DMMU_MIGRATE_TO_DEVICE, &r) || r.moved != PAGES)
		return 106;
	return bad; /* with pages in local memory, and the file open */
}

CLAIM(memcg, the_charge_follows_no_page_and_is_zero_after_exit)
{
	int child;

	if (!group_make())
		SKIP(return, "no cgroup of version 2 that accounts memory at " GROUP);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(charged());
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_TRUE(group_empties());
	EXPECT_EQ(0, rmdir(GROUP));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

/* Local memory is no way around a limit: it counts, and who goes past it is killed as ever. */
CLAIM(memcg, a_limit_binds_pages_in_local_memory)
{
	int child;

	if (!group_make())
		SKIP(return, "no cgroup of version 2 that accounts memory at " GROUP);
	ASSERT_EQ(0, group_set("memory.max", "1536K"));
	group_set("memory.swap.max", "0");
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int fd;
		char *p = dmmu_map(4 * BYTES);

		if (!p || group_set("cgroup.procs", "0"))
			_exit(100);
		fd = dmmu_open_bound();
		if (fd < 0 || dmmu_migrate(fd, p, 4 * BYTES, DMMU_MIGRATE_TO_DEVICE, NULL))
			_exit(101);
		_exit(dmmu_local_free(fd) + LIMIT < self->local.free_pages ? 102 : 0);
	}
	EXPECT_EQ(128 + SIGKILL, dmmu_reap(child));
	EXPECT_GE(LIMIT, group_pages("memory.peak"));
	EXPECT_TRUE(group_empties());
	EXPECT_EQ(0, rmdir(GROUP));
	EXPECT_TRUE(dmmu_await_local_free(self->fd, self->local.free_pages));
}

DMMU_TEST_MAIN
