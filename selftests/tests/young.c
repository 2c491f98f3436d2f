// SPDX-License-Identifier: GPL-2.0
/*
 * young: what the device uses counts as used, and what it writes as dirty, for a kernel that looks
 * at host pages to choose which to take. Nothing but the accessed and dirty bits of the device's
 * own page table can tell: the CPU has not touched these pages for long.
 *
 * Needs a device with PT_AGE; a driver that says age_ms has the hooks.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "dmmu_fixture.h"

#define GROUP  "/sys/fs/cgroup/dmmu-young"
#define AGE_MS "/sys/module/dmmu/parameters/age_ms"
#define IDLE   "/sys/kernel/mm/page_idle/bitmap"
/* Hot is every eighth page, so that order in memory or time has no part in it. */
#define HOT	   32u
#define COLD	   224u
#define PAGES	   (HOT + COLD)
#define EVERY	   (PAGES / HOT)
#define BYTES	   (PAGES * DMMU_PAGE)
#define AROUND	   "/sys/module/dmmu/parameters/fault_around_pages"
#define CPU_AROUND "/sys/kernel/debug/fault_around_bytes"
#define PFN	   ((1ull << 55) - 1)
#define KPF_DIRTY  4

static int word_at(const char *path, uint64_t index, uint64_t *value, bool write_it)
{
	int fd = open(path, (write_it ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (write_it)
		n = pwrite(fd, value, sizeof(*value), (off_t)(index * sizeof(*value)));
	else
		n = pread(fd, value, sizeof(*value), (off_t)(index * sizeof(*value)));
	close(fd);
	return n == sizeof(*value) ? 0 : -EIO;
}

/* Mark the page as idle; it must be present. */
static int mark_idle(const volatile void *p)
{
	uint64_t pfn = dmmu_pagemap(p) & PFN, bit = 1ull << pfn % 64;

	return word_at(IDLE, pfn / 64, &bit, true);
}

static bool is_idle(const volatile void *p)
{
	uint64_t pfn = dmmu_pagemap(p) & PFN, bits = 0;

	return !word_at(IDLE, pfn / 64, &bits, false) && bits >> pfn % 64 & 1;
}

static bool is_dirty(const volatile void *p)
{
	uint64_t flags = 0;

	return !word_at("/proc/kpageflags", dmmu_pagemap(p) & PFN, &flags, false) &&
	       flags >> KPF_DIRTY & 1;
}

/* Pages of their own, wherever they lie. */
static uint64_t *small_pages(void)
{
	uint64_t *p = dmmu_map(BYTES);

	return p && !madvise(p, BYTES, MADV_NOHUGEPAGE) ? p : NULL;
}

DMMU_FIXTURE(young)

#define HOOKS_OR_SKIP()                                                        \
	do {                                                                   \
		if (access(AGE_MS, F_OK))                                      \
			SKIP(return, "this driver has no young hooks");        \
		if (access(IDLE, F_OK))                                        \
			SKIP(return, "this kernel does not track idle pages"); \
	} while (0)

/*
 * Marking a page idle clears what is known of it; only a use afterwards makes it young again. The
 * mark cannot reach into the device: an access of just before may count once, so the pages rest
 * first.
 */
static bool settle_idle(uint64_t *const *page, unsigned int n)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	unsigned int i, idle;

	do {
		dmmu_drop_caches(); /* pages on their way to the LRU list cannot be marked */
		for (i = 0; i < n; i++)
			mark_idle(page[i]);
		dmmu_sleep_us(600000);
		for (i = 0, idle = 0; i < n; i++)
			idle += is_idle(page[i]);
	} while (idle < n && dmmu_now_ns() < until);
	for (i = 0; i < n && idle < n; i++) {
		uint64_t entry = dmmu_pagemap(page[i]), flags = 0;

		word_at("/proc/kpageflags", entry & PFN, &flags, false);
		fprintf(stderr, "# page %u: idle %d, pagemap %#llx, kpageflags %#llx, marked %d\n",
			i, is_idle(page[i]), (unsigned long long)entry, (unsigned long long)flags,
			mark_idle(page[i]));
	}
	return idle == n;
}

static bool becomes_used(const uint64_t *p)
{
	uint64_t begin = dmmu_now_ns();

	while (is_idle(p)) {
		if (dmmu_now_ns() > begin + DMMU_WAIT_SECONDS * 1000000000ull)
			return false;
		dmmu_sleep_us(10000);
	}
	return true;
}

/*
 * Two neighbours and one far from them that the bitmap has: of the last pages of memory, which fill
 * no word of it, the kernel tells nothing.
 */
static bool markable(uint64_t *p, uint64_t **page)
{
	for (unsigned int i = 0; i + 40 < PAGES; i++) {
		page[0] = p + i * 512;
		page[1] = page[0] + 512;
		page[2] = page[0] + 40ul * 512;
		if (!mark_idle(page[0]) && !mark_idle(page[1]) && !mark_idle(page[2]))
			return true;
	}
	return false;
}

CLAIM(young, a_page_that_only_the_device_reads_is_not_idle)
{
	uint64_t *p = small_pages();
	uint64_t *page[3];
	struct dmmu_completion c;
	unsigned int i;

	HOOKS_OR_SKIP();
	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	ASSERT_TRUE(markable(p, page));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, BYTES / 8));
	ASSERT_OK(&c);
	ASSERT_TRUE(settle_idle(page, 3));
	for (i = 0; i < 3; i++) {
		/* Translations are cached from before: the second use is as good as the first. */
		c = dmmu_run_one(self->fd, dmmu_reduce(page[1], 1));
		ASSERT_OK(&c);
		EXPECT_EQ(0, c.faults);
		EXPECT_TRUE(becomes_used(page[1])) TH_LOG("in round %u", i);
		EXPECT_TRUE(is_idle(page[0]));
		EXPECT_TRUE(is_idle(page[2]));
		ASSERT_TRUE(settle_idle(page, 3));
	}
}

/*
 * A page of a shared mapping of tmpfs, read by the CPU: writable for it without a fault, and clean.
 * When the device writes it no fault tells the kernel either.
 */
CLAIM(young, what_the_device_writes_is_dirty_while_it_has_it)
{
	uint64_t *p = mmap(NULL, 2 * DMMU_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	struct dmmu_completion c;
	struct dmmu_ioc_counters before, after;
	volatile uint64_t *v = p;
	unsigned int i;

	HOOKS_OR_SKIP();
	ASSERT_NE(MAP_FAILED, (void *)p);
	ASSERT_EQ(0, v[0] + v[512]);
	if (is_dirty(p))
		SKIP(return, "here such a page is dirty from the start");
	RUN_OK(dmmu_fill(p, 1, 8));
	c = dmmu_run_one(self->fd, dmmu_reduce(p + 512, 512));
	ASSERT_OK(&c);
	ASSERT_EQ(0, dmmu_counters(self->fd, &before));
	dmmu_drop_caches();
	for (i = 0; i < 100 && !is_dirty(p); i++) {
		mark_idle(p);
		dmmu_sleep_us(100000);
	}
	EXPECT_TRUE(is_dirty(p));
	EXPECT_FALSE(is_dirty(p + 512));
	ASSERT_EQ(0, dmmu_counters(self->fd, &after));
	EXPECT_EQ(before.driver[DMMU_DRV_INVALIDATIONS], after.driver[DMMU_DRV_INVALIDATIONS]);
}

/* Bytes of the group's memory that the kernel gave up, in steps; not all need to be found. */
static void reclaim(unsigned int pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", pages * DMMU_PAGE);
	dmmu_write_text(GROUP "/memory.reclaim", text);
}

/* A ring through the hot pages, one node in each, for a CHASE without end. */
static void make_ring(uint64_t *p)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		p[i * 512] = dmmu_va(&p[(i + EVERY) % PAGES * 512]);
		p[i * 512 + 1] = 1;
	}
}

/*
 * So many times as likely as a hot page is a cold one taken. Some hot ones go on 6.1: it looks
 * again, in the same step, before a device that is computed cycle by cycle has gone round.
 */
static unsigned int kept(void)
{
	struct utsname kernel;

	return !uname(&kernel) && !strncmp(kernel.release, "6.1.", 4) ? 2 : 8;
}

struct taken {
	unsigned int hot; /* faults of the device on them */
	unsigned int cold;
	unsigned int steps;
};

static unsigned int cold_gone(const uint64_t *p, bool file)
{
	uint64_t entry[PAGES] = {0};
	unsigned char in[PAGES];
	unsigned int i, gone = 0;
	int fd;

	if (file && mincore((void *)p, BYTES, in))
		return 0;
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, entry, sizeof(entry), dmmu_va(p) / DMMU_PAGE * 8) < 0)
		gone = COLD + 1; /* more than there are */
	close(fd);
	for (i = 0; i < PAGES; i++)
		if (i % EVERY)
			gone += file ? !(in[i] & 1) : !(entry[i] & DMMU_PAGEMAP_PRESENT);
	return gone;
}

/* Runs in the group. Returns 0 or where it failed. */
static int press(uint64_t *p, bool file, struct taken *t)
{
	struct dmmu_work_desc chase = dmmu_chase(p, 0, 8, DMMU_FOREVER);
	struct dmmu_ioc_counters before, after;
	struct dmmu_completion c;
	int fd = dmmu_open_bound();
	unsigned int before_all, i;

	if (fd < 0)
		return 1;
	make_ring(p);
	/* Clean, so that reclaim need not wait for a disk, and need not look twice for that reason.
	 */
	if (file ? msync(p, BYTES, MS_SYNC) : dmmu_page_out(p, BYTES))
		return 2;
	/* The device has all of it, then uses the hot part only; no CPU touches any. */
	c = dmmu_run_one(fd, dmmu_reduce(p, BYTES / 8));
	if (!dmmu_is_ok(&c) || dmmu_submit(fd, &chase, 1))
		return 3;
	dmmu_drop_caches();
	/* What was before does not count, for the CPU nor the device; the first question is slow.
	 */
	for (i = 0; i < 2 * PAGES; i++) {
		mark_idle(p + i % PAGES * 512);
		if (i == PAGES - 1)
			dmmu_sleep_us(1000000);
	}
	dmmu_sleep_us(1000000);
	before_all = cold_gone(p, file);
	if (dmmu_counters(fd, &before))
		return 4;
	/* A step takes more than it is asked for: with nothing cold left it would be hot ones. */
	for (t->steps = 0; t->steps < 60 && before_all + t->cold < COLD / 2; t->steps++) {
		reclaim(32);
		/* Long enough for the device to go round: it is the one that is slow. */
		dmmu_sleep_us(800000);
		t->cold = cold_gone(p, file) - before_all;
	}
	if (dmmu_counters(fd, &after))
		return 5;
	t->hot = (unsigned int)(after.driver[DMMU_DRV_FAULTS] - before.driver[DMMU_DRV_FAULTS]);
	close(fd);
	return 0;
}

/* In a group of our own, so that nobody else's pages are reclaimed. A test is a process. */
static int press_in_group(int file, struct taken *t)
{
	uint64_t *p;
	int ret;

	if (mkdir(GROUP, 0755) || dmmu_write_text(GROUP "/cgroup.procs", "0"))
		return 100;
	p = file < 0 ? small_pages()
		     : mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ret = p && p != MAP_FAILED ? press(p, file >= 0, t) : 101;
	dmmu_write_text("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(GROUP);
	return ret;
}

FIXTURE(reclaim)
{
	int file;
	char path[64];
};

FIXTURE_VARIANT(reclaim)
{
	bool file;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(reclaim, anonymous) { .file = false };
FIXTURE_VARIANT_ADD(reclaim, ext4) { .file = true };
/* clang-format on */

/* How far to read ahead in the file system of @dir, KiB. */
static void set_readahead(const char *dir, const char *kib)
{
	char path[64];
	struct stat st;

	if (stat(dir, &st))
		return;
	/* Not MADV_RANDOM: reclaim does not ask about such mappings. */
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	dmmu_write_text(path, kib);
}

FIXTURE_SETUP(reclaim)
{
	struct statfs fs;

	self->file = -1;
	if (access(AGE_MS, F_OK))
		SKIP(return, "this driver has no young hooks");
	/* One fault for each page that is gone. */
	dmmu_write_text(AROUND, "1");
	dmmu_write_text(CPU_AROUND, "4096");
	rmdir(GROUP);
	if (mkdir(GROUP, 0755) || access(GROUP "/memory.reclaim", F_OK)) {
		rmdir(GROUP);
		SKIP(return, "no cgroup with memory.reclaim");
	}
	rmdir(GROUP);
	if (!variant->file) {
		if (!dmmu_swap_is_on())
			SKIP(return, "no swap in the guest");
		return;
	}
	if (statfs("/mnt", &fs) || fs.f_type != EXT4_SUPER_MAGIC)
		SKIP(return, "no ext4 in /mnt");
	set_readahead("/mnt", "0"); /* taken over by who opens a file */
	snprintf(self->path, sizeof(self->path), "/mnt/dmmu-young-%d", getpid());
	self->file = open(self->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ftruncate(self->file, BYTES));
	/* Whoever brings a page into the cache is charged: that must be the group. */
	ASSERT_EQ(0, fsync(self->file));
	dmmu_drop_caches();
}

FIXTURE_TEARDOWN(reclaim)
{
	dmmu_write_text(AGE_MS, "200");
	dmmu_write_text(AROUND, "16");
	dmmu_write_text(CPU_AROUND, "65536");
	set_readahead("/mnt", "128");
	if (self->file >= 0) {
		close(self->file);
		unlink(self->path);
	}
}

CLAIM(reclaim, hot_page_survives_reclaim)
{
	struct taken t = {0};

	ASSERT_EQ(0, press_in_group(self->file, &t));
	printf("# of %u cold pages %u were taken, of %u hot ones %u, in %u steps\n", COLD, t.cold,
	       HOT, t.hot, t.steps);
	ASSERT_LE(COLD / 4, t.cold);
	/* By shares, as there are more cold ones. */
	EXPECT_GE(t.cold * HOT, kept() * t.hot * COLD);
}

/* The measure of the claim above: it is the hooks that it is about. */
CLAIM(reclaim, hot_page_is_taken_when_the_kernel_is_not_told)
{
	struct taken t = {0};

	ASSERT_EQ(0, dmmu_write_text(AGE_MS, "0"));
	ASSERT_EQ(0, press_in_group(self->file, &t));
	printf("# of %u cold pages %u were taken, of %u hot ones %u, in %u steps\n", COLD, t.cold,
	       HOT, t.hot, t.steps);
	EXPECT_LT(t.cold * HOT, kept() * t.hot * COLD);
}

static atomic_bool scanning;

/* Asks about all pages of the process, all the time. */
static void *scanner(void *arg)
{
	uint64_t *p = arg;
	unsigned int i;

	while (atomic_load(&scanning))
		for (i = 0; i < PAGES; i++) {
			uint64_t entry = dmmu_pagemap(p + i * 512);

			if (entry & DMMU_PAGEMAP_PRESENT)
				mark_idle(p + i * 512);
		}
	return NULL;
}

CLAIM(young, the_hooks_run_against_unmapping_and_closing)
{
	uint64_t *p = small_pages();
	pthread_t thread;
	unsigned int i;

	HOOKS_OR_SKIP();
	ASSERT_NE(NULL, p);
	memset(p, 1, BYTES);
	dmmu_drop_caches();
	atomic_store(&scanning, true);
	ASSERT_EQ(0, pthread_create(&thread, NULL, scanner, p));
	for (i = 0; i < 20; i++) {
		struct dmmu_work_desc reduce = dmmu_reduce(p, BYTES / 8);
		struct dmmu_completion c;
		int fd = dmmu_open_bound();

		EXPECT_LE(0, fd);
		EXPECT_EQ(0, dmmu_submit(fd, &reduce, 1));
		if (i % 2)
			EXPECT_EQ(0, dmmu_collect(fd, &c, 1));
		/* The table goes with its last page, and comes back. */
		EXPECT_EQ(p, mmap(p, BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		memset(p, 1, BYTES);
		close(fd);
	}
	atomic_store(&scanning, false);
	pthread_join(thread, NULL);
}

DMMU_TEST_MAIN
