// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu_test.c: see dmmu_test.h. Plain calls of the driver's interface; nothing is retried or hidden
 * that the interface does not promise.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dmmu_test.h"

#define SKIP_EXIT_CODE 4 /* KSFT_SKIP */

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static int complain(const char *what, int error)
{
	fflush(stdout);
	fprintf(stderr, "# %s: %s\n", what, strerror(-error));
	return error;
}

const char *dmmu_path(void)
{
	const char *path = getenv("DMMU_DEV");

	return path && *path ? path : "/dev/dmmu0";
}

void dmmu_require_device(void)
{
	if (access(dmmu_path(), F_OK) == 0)
		return;
	printf("TAP version 13\n1..0 # SKIP %s is missing: load dmmu.ko in a guest that has the "
	       "device "
	       "(./dmmu shell)\n",
	       dmmu_path());
	exit(SKIP_EXIT_CODE);
}

int dmmu_open(void)
{
	int fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);

	return fd >= 0 ? fd : complain(dmmu_path(), -errno);
}

int dmmu_bind(int fd)
{
	struct dmmu_ioc_bind bind = {0};

	return ioctl(fd, DMMU_IOC_BIND, &bind) ? -errno : 0;
}

int dmmu_open_bound(void)
{
	int fd = dmmu_open();
	int error;

	if (fd < 0)
		return fd;
	error = dmmu_bind(fd);
	if (error) {
		close(fd);
		return complain("bind", error);
	}
	return fd;
}

int dmmu_query(int fd, struct dmmu_ioc_query *info)
{
	memset(info, 0, sizeof(*info));
	return ioctl(fd, DMMU_IOC_QUERY, info) ? complain("query", -errno) : 0;
}

int dmmu_counters(int fd, struct dmmu_ioc_counters *out)
{
	memset(out, 0, sizeof(*out));
	return ioctl(fd, DMMU_IOC_COUNTERS, out) ? complain("counters", -errno) : 0;
}

int dmmu_migrate(int fd, const volatile void *p, size_t bytes, unsigned int to,
		 struct dmmu_migrate_result *result)
{
	struct dmmu_ioc_migrate m = {.start = dmmu_va(p), .size = bytes, .to = to};

	if (ioctl(fd, DMMU_IOC_MIGRATE, &m))
		return complain("migrate", -errno);
	if (result)
		*result = m.result;
	return 0;
}

int dmmu_hint(int fd, const volatile void *p, size_t bytes, unsigned int hint)
{
	struct dmmu_ioc_hint h = {.start = dmmu_va(p), .size = bytes, .hint = hint};

	return ioctl(fd, DMMU_IOC_HINT, &h) ? -errno : 0;
}

int dmmu_local(int fd, struct dmmu_ioc_local *out)
{
	memset(out, 0, sizeof(*out));
	return ioctl(fd, DMMU_IOC_LOCAL, out) ? complain("local", -errno) : 0;
}

long dmmu_local_free(int fd)
{
	struct dmmu_ioc_local local;
	int error = dmmu_local(fd, &local);

	return error ? error : (long)local.free_pages;
}

bool dmmu_await_local_free(int fd, long pages)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	long now;

	while ((now = dmmu_local_free(fd)) != pages) {
		if (dmmu_now_ns() > until) {
			fprintf(stderr, "# %ld pages of local memory are free, not %ld\n", now,
				pages);
			return false;
		}
		dmmu_sleep_us(1000);
	}
	return true;
}

uint64_t dmmu_migrate_sum(const struct dmmu_migrate_result *r)
{
	uint64_t sum = r->moved + r->already;
	unsigned int i;

	for (i = 0; i < DMMU_SKIP_COUNT; i++)
		sum += r->skipped[i];
	return sum;
}

const char *dmmu_migrate_text(const struct dmmu_migrate_result *r)
{
	static char text[200];

	snprintf(text, sizeof(text),
		 "moved %llu, already %llu, unmapped %llu, kind %llu, busy %llu, no memory %llu, "
		 "copy %llu",
		 (unsigned long long)r->moved, (unsigned long long)r->already,
		 (unsigned long long)r->skipped[DMMU_SKIP_UNMAPPED],
		 (unsigned long long)r->skipped[DMMU_SKIP_KIND],
		 (unsigned long long)r->skipped[DMMU_SKIP_BUSY],
		 (unsigned long long)r->skipped[DMMU_SKIP_NO_MEMORY],
		 (unsigned long long)r->skipped[DMMU_SKIP_COPY]);
	return text;
}

int dmmu_submit(int fd, const struct dmmu_work_desc *work, unsigned int count)
{
	struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = count};

	if (ioctl(fd, DMMU_IOC_SUBMIT, &submit))
		return complain("submit", -errno);
	if (submit.queued != count) {
		fprintf(stderr, "# submit: only %u of %u were queued\n", submit.queued, count);
		return -EAGAIN;
	}
	return 0;
}

int dmmu_wait(int fd, struct dmmu_completion *out, unsigned int min, unsigned int max,
	      uint64_t timeout_ns, unsigned int *got)
{
	struct dmmu_ioc_wait wait = {
		.completions = dmmu_va(out), .max = max, .min = min, .timeout_ns = timeout_ns};
	int error = ioctl(fd, DMMU_IOC_WAIT, &wait) ? -errno : 0;

	*got = error && error != -ETIME ? 0 : wait.count;
	return error;
}

int dmmu_collect(int fd, struct dmmu_completion *out, unsigned int count)
{
	unsigned int have = 0;
	unsigned int got;
	int error;

	error = dmmu_wait(fd, out, count, count, DMMU_WAIT_SECONDS * 1000000000ull, &got);
	have += got;
	if (!error && have < count)
		error = -ENODATA; /* nothing more is outstanding, says the driver */
	if (error) {
		fprintf(stderr, "# wait: %u of %u completions: %s\n", have, count,
			strerror(-error));
		return error;
	}
	return 0;
}

int dmmu_run(int fd, const struct dmmu_work_desc *work, unsigned int count,
	     struct dmmu_completion *out)
{
	struct dmmu_work_desc *queue = calloc(count, sizeof(*queue));
	struct dmmu_completion *done = calloc(count, sizeof(*done));
	bool *seen = calloc(count, sizeof(*seen));
	unsigned int i;
	int error = -ENOMEM;

	memset(out, 0, count * sizeof(*out));
	if (!queue || !done || !seen)
		goto out;
	for (i = 0; i < count; i++) {
		queue[i] = work[i];
		queue[i].cookie = 0xc0de00000000ull + i;
	}
	error = dmmu_submit(fd, queue, count);
	if (!error)
		error = dmmu_collect(fd, done, count);
	for (i = 0; !error && i < count; i++) {
		uint64_t index = done[i].cookie - 0xc0de00000000ull;

		if (index >= count || seen[index] || done[i].op != work[index].op) {
			fprintf(stderr, "# completion %u has a wrong cookie %#llx or op: %s\n", i,
				(unsigned long long)done[i].cookie, dmmu_text(&done[i]));
			error = -EPROTO;
			break;
		}
		seen[index] = true;
		out[index] = done[i];
	}
out:
	free(queue);
	free(done);
	free(seen);
	return error;
}

struct dmmu_completion dmmu_run_one(int fd, struct dmmu_work_desc work)
{
	struct dmmu_completion c;
	int error = dmmu_run(fd, &work, 1, &c);

	if (error)
		c = (struct dmmu_completion){.op = work.op, .status = ~0u, .error = error};
	return c;
}

const char *dmmu_text(const struct dmmu_completion *c)
{
	static const char *const ops[] = {"NOP",    "COPY",  "FILL",	   "VADD",
					  "REDUCE", "CHASE", "ATOMIC_ADD", "ATOMIC_CAS"};
	static const char *const statuses[] = {"OK", "FAULT", "KILLED", "BAD_DESC", "BUS", "LOST"};
	static const char *const accesses[] = {"read", "write", "atomic"};
	static _Thread_local char text[320];
	int n;

	n = snprintf(text, sizeof(text), "%s: %s", c->op < 8 ? ops[c->op] : "unknown op",
		     c->status < 6 ? statuses[c->status] : "not run");
	if (c->status == DMMU_FAULT || c->status == DMMU_BUS)
		n += snprintf(text + n, sizeof(text) - n, ", %s at %#llx",
			      c->access < 3 ? accesses[c->access] : "unknown access",
			      (unsigned long long)c->va);
	if (c->error)
		n += snprintf(text + n, sizeof(text) - n, ", error %d (%s)", c->error,
			      strerror(c->error < 0 ? -c->error : c->error));
	snprintf(text + n, sizeof(text) - n,
		 ", done %llu, result %#llx, %u faults, %llu cycles (%llu stalled), thread %u",
		 (unsigned long long)c->done, (unsigned long long)c->result, c->faults,
		 (unsigned long long)c->cycles, (unsigned long long)c->stall_cycles, c->thread);
	return text;
}

bool dmmu_is_ok(const struct dmmu_completion *c)
{
	return c->status == DMMU_OK && c->error == 0;
}

bool dmmu_is_fault(const struct dmmu_completion *c, uint64_t va, enum dmmu_access access, int error)
{
	return c->status == DMMU_FAULT && c->va == va && c->access == access &&
	       (error ? c->error == error : c->error < 0);
}

int dmmu_hammers_moved(volatile void *base, size_t stride, unsigned int count)
{
	uint64_t was[256];
	unsigned int i;

	if (count > 256)
		return -EINVAL;
	dmmu_hammers_read(base, stride, count, was);
	for (i = 0; i < count; i++) {
		volatile uint64_t *word = (volatile void *)((volatile char *)base + i * stride);

		if (!dmmu_await_change(word, was[i])) {
			fprintf(stderr, "# hammer %u stands still at %llu\n", i,
				(unsigned long long)was[i]);
			return -ETIME;
		}
	}
	return 0;
}

int dmmu_hammers_start(int fd, volatile void *base, size_t stride, unsigned int count)
{
	struct dmmu_work_desc work[256];
	unsigned int i;
	int error;

	if (count > 256)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		work[i] = dmmu_add((volatile char *)base + i * stride, 1, DMMU_FOREVER);
		work[i].cookie = i;
	}
	error = dmmu_submit(fd, work, count);
	return error ? error : dmmu_hammers_moved(base, stride, count);
}

void dmmu_hammers_read(const volatile void *base, size_t stride, unsigned int count, uint64_t *out)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		out[i] = *(const volatile uint64_t *)((const volatile char *)base + i * stride);
}

void *dmmu_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		complain("mmap", -errno);
		return NULL;
	}
	return p;
}

void *dmmu_map_huge_aligned(size_t bytes)
{
	char *p = dmmu_map(bytes + DMMU_HUGE);

	return p ? (void *)(((uintptr_t)p + DMMU_HUGE - 1) & ~(DMMU_HUGE - 1)) : NULL;
}

void dmmu_pattern(uint64_t *p, size_t words, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;

	while (words--)
		*p++ = dmmu_random(&state);
}

size_t dmmu_difference(const volatile uint64_t *a, const volatile uint64_t *b, size_t words)
{
	size_t i;

	for (i = 0; i < words && a[i] == b[i]; i++)
		;
	if (i < words)
		fprintf(stderr, "# word %zu of %zu differs: %#llx and %#llx\n", i, words,
			(unsigned long long)a[i], (unsigned long long)b[i]);
	return i;
}

size_t dmmu_other_than(const volatile uint64_t *a, uint64_t value, size_t words)
{
	size_t i;

	for (i = 0; i < words && a[i] == value; i++)
		;
	return i;
}

static bool await(const volatile uint64_t *word, uint64_t value, bool equal)
{
	uint64_t end = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	while ((*word == value) != equal) {
		if (dmmu_now_ns() > end) {
			fprintf(stderr,
				"# waited %d s for a word: wanted it %s %#llx, it is %#llx\n",
				DMMU_WAIT_SECONDS, equal ? "to be" : "to change from",
				(unsigned long long)value, (unsigned long long)*word);
			return false;
		}
		dmmu_sleep_us(100);
	}
	return true;
}

bool dmmu_await(const volatile uint64_t *word, uint64_t value)
{
	return await(word, value, true);
}

bool dmmu_await_change(const volatile uint64_t *word, uint64_t value)
{
	return await(word, value, false);
}

uint64_t dmmu_pagemap(const volatile void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (off_t)(dmmu_va(p) / DMMU_PAGE * sizeof(entry))) !=
	    (ssize_t)sizeof(entry))
		entry = 0;
	close(fd);
	return entry;
}

int dmmu_drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, "1", 1);
	close(fd);
	return n == 1 ? 0 : -EIO;
}

int dmmu_page_out(volatile void *p, size_t bytes)
{
	size_t done = 0;
	int attempt;

	for (attempt = 0; attempt < 50; attempt++) {
		dmmu_drop_caches();
		/* A page that is on its way to the lists is not found; compaction flushes that way.
		 */
		if (attempt % 10 == 9)
			dmmu_write_text("/proc/sys/vm/compact_memory", "1");
		if (madvise((void *)p, bytes, MADV_PAGEOUT))
			return complain("madvise(MADV_PAGEOUT)", -errno);
		for (done = 0; done < bytes; done += DMMU_PAGE)
			if (!(dmmu_pagemap((volatile char *)p + done) & DMMU_PAGEMAP_SWAPPED))
				break;
		if (done >= bytes)
			return 0;
		dmmu_sleep_us(20000);
	}
	fprintf(stderr, "# page out: page %zu of %zu stays in memory\n", done / DMMU_PAGE,
		bytes / DMMU_PAGE);
	return -EAGAIN;
}

int dmmu_log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

bool dmmu_log_next(int fd, char *record, size_t size)
{
	ssize_t n;

	/* One that was overwritten meanwhile is passed over. */
	while ((n = read(fd, record, size - 1)) < 0 && errno == EPIPE)
		;
	if (n <= 0)
		return false;
	record[n] = 0;
	return true;
}

int dmmu_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	errno = EIO; /* of a short write */
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		error = -errno;
	close(fd);
	return error;
}

long dmmu_read_number(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64] = "";
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? atol(text) : -EIO;
}

bool dmmu_swap_is_on(void)
{
	FILE *f = fopen("/proc/swaps", "r");
	char line[256];
	int lines = 0;

	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	return lines > 1;
}

int dmmu_knob(const char *name, unsigned long value)
{
	char pattern[128];
	int error = -ENOENT;
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/dmmu/*/%s", name);
	if (glob(pattern, 0, NULL, &found))
		return error;
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "w");

		if (!f)
			continue;
		fprintf(f, "%lu\n", value);
		error = fclose(f) ? -errno : 0;
	}
	globfree(&found);
	return error;
}

void dmmu_knobs_reset(void)
{
	dmmu_knob("fail_whole", 0);
	dmmu_knob("local_limit", ~0u);
}

long dmmu_local_count(const char *name)
{
	long sum = -1, value;
	char line[128], key[64];
	glob_t found;
	size_t i;

	if (glob("/sys/kernel/debug/dmmu/*/local", 0, NULL, &found))
		return -1;
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "r");

		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "%63s %ld", key, &value) == 2 && !strcmp(key, name))
				sum = (sum < 0 ? 0 : sum) + value;
		if (f)
			fclose(f);
	}
	globfree(&found);
	return sum;
}

long dmmu_huge_kb(const void *p)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	bool inside = false;
	long kb = -1, sum = 0;
	char line[512];

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = dmmu_va(p) < end && dmmu_va(p) + DMMU_HUGE > start;
		else if (inside && sscanf(line, "AnonHugePages: %ld kB", &kb) == 1)
			sum += kb;
	}
	fclose(f);
	return sum;
}

int dmmu_map_delay(unsigned int us)
{
	static const char *const knobs[] = {"/sys/kernel/debug/dmmu/*/delay_map_us",
					    "/sys/module/dmmu/parameters/delay_map_us"};
	int error = -ENOENT;
	glob_t found;
	size_t i, k;

	for (k = 0; k < sizeof(knobs) / sizeof(knobs[0]) && error; k++) {
		if (glob(knobs[k], 0, NULL, &found))
			continue;
		for (i = 0; i < found.gl_pathc; i++) {
			FILE *f = fopen(found.gl_pathv[i], "w");

			if (!f)
				continue;
			fprintf(f, "%u\n", us);
			error = fclose(f) ? -errno : 0;
		}
		globfree(&found);
	}
	return error;
}

uint64_t dmmu_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

void dmmu_sleep_us(unsigned int us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000l};

	nanosleep(&t, NULL);
}

uint64_t dmmu_seed(void)
{
	const char *text = getenv("DMMU_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : dmmu_now_ns() | 1;

	printf("# DMMU_SEED=%#llx\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

uint64_t dmmu_random(uint64_t *state)
{
	uint64_t x = *state ? *state : 1;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

int dmmu_reap(int pid)
{
	uint64_t end = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (dmmu_now_ns() > end) {
			fprintf(stderr, "# child %d did not end in %d s\n", pid, DMMU_WAIT_SECONDS);
			kill(pid, SIGKILL);
			return -ETIME;
		}
		dmmu_sleep_us(1000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
