// SPDX-License-Identifier: GPL-2.0
/*
 * share.c: memory that others have too: children after fork, files, contexts that come and go.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define FILES (1u << DISK_FILE | 1u << SHARED_MEMORY)

/*
 * A child has the files of its parent, and a context ends with the last who has it. So nobody may
 * fork (write) while somebody opens one and sees it end with the close (read). After the lanes.
 */
static pthread_rwlock_t inherited = PTHREAD_RWLOCK_INITIALIZER;

/* In the child: memory is what it was at the fork, or for work on its way what that makes of it. */
static bool child_sees(const struct region *r, const struct dmmu_work_desc *work, unsigned int n)
{
	for (size_t i = 0; i < r->pages * DMMU_PAGE; i += 8) {
		uint64_t is = *(volatile uint64_t *)(r->base + i);
		bool right = is == *(uint64_t *)(r->shadow + i) || r->lost[i / DMMU_PAGE];

		for (unsigned int k = 0; k < n && !right; k++)
			right = dmmu_va(r->base + i) >= work[k].dst &&
				dmmu_va(r->base + i) < work[k].dst + work[k].len &&
				is == work[k].arg;
		if (!right)
			return false;
	}
	return true;
}

/* The child's own context sees the child's memory. Failures are not judged here but by sums. */
static bool child_reduces(const struct region *r)
{
	struct dmmu_work_desc work = dmmu_reduce(r->base, r->pages * DMMU_PAGE / 8);
	struct dmmu_ioc_submit submit = {.works = dmmu_va(&work), .count = 1};
	struct dmmu_ioc_bind bind = {0};
	struct dmmu_completion c;
	unsigned int got = 0;
	uint64_t sum = 0;
	int fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
	bool right = true;

	if (fd < 0)
		return true;
	/* No context free, or the device is down: not the child's affair. */
	if (ioctl(fd, DMMU_IOC_BIND, &bind) || ioctl(fd, DMMU_IOC_SUBMIT, &submit)) {
		close(fd);
		return true;
	}
	for (unsigned int i = 0; i < HANG_SECONDS && !got; i++) {
		int error = dmmu_wait(fd, &c, 1, 1, 1000000000, &got);

		if (error && error != -ETIME && error != -EINTR)
			break;
	}
	if (got && dmmu_is_ok(&c)) {
		for (size_t i = 0; i < r->pages * DMMU_PAGE; i += 8)
			sum += *(volatile uint64_t *)(r->base + i);
		right = sum == c.result;
	}
	close(fd);
	return right;
}

static void child(const struct region *r, const struct dmmu_work_desc *work, unsigned int n,
		  unsigned int what)
{
	if (!child_sees(r, work, n))
		_exit(10);
	if (what == 1 && !child_reduces(r))
		_exit(11);
	/* What the child writes is the child's. */
	for (size_t i = 0; i < r->pages * DMMU_PAGE; i += DMMU_PAGE / 2)
		*(volatile uint64_t *)(r->base + i) = 0xdead;
	_exit(0);
}

static void reap(pid_t pid, const struct region *r)
{
	uint64_t until = dmmu_now_ns() + HANG_SECONDS * 1000000000ull;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (dmmu_now_ns() > until) {
			unexpected("a child does not end");
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return;
		}
		dmmu_sleep_us(1000);
	}
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 10 || WEXITSTATUS(status) == 11))
		wrong_word(WEXITSTATUS(status) == 10 ? "fork, in the child"
						     : "fork, by the child's context",
			   r, 0, 0, 0);
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		unexpected("a child ended with %#x", (unsigned int)status);
}

static void fork_under_work(struct worker *w)
{
	struct region *r = take_region(w, 1u << PRIVATE);
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];
	uint64_t fresh[LANE_WORDS];
	unsigned int n = below(w, 2) ? WINDOW : 0, lane = below(w, LANES), what = below(w, 3);
	bool started = true;
	pid_t pid;

	for (unsigned int i = 0; i < n; i++)
		work[i] = dmmu_fill(r->base + i * DMMU_PAGE + lane * LANE_BYTES,
				    dmmu_random(&w->random), LANE_BYTES);
	if (n)
		started = device_start(w, work, n);
	fflush(stdout);
	pthread_rwlock_wrlock(&inherited);
	pid = fork();
	if (!pid)
		child(r, work, n, what);
	pthread_rwlock_unlock(&inherited);
	if (pid < 0)
		unexpected("fork: %s", strerror(errno));
	device_finish(w, n, c, started);
	for (unsigned int i = 0; i < n; i++) {
		size_t offset = i * DMMU_PAGE + lane * LANE_BYTES;

		for (unsigned int k = 0; k < LANE_WORDS; k++)
			fresh[k] = work[i].arg;
		if (device_ok(&c[i], false))
			memcpy(r->shadow + offset, fresh, LANE_BYTES);
		else
			settle_either(r, offset, LANE_BYTES, (char *)fresh, "fill over a fork");
	}
	/* While the child still looks, the parent writes. */
	for (unsigned int i = 0; i < r->pages; i++) {
		size_t at = i * DMMU_PAGE + 8 * below(w, 512);

		*(volatile uint64_t *)(r->base + at) = *(uint64_t *)(r->shadow + at) =
			dmmu_random(&w->random);
	}
	check_region(r, "fork, in the parent");
	if (pid > 0)
		reap(pid, r);
	check_region(r, "fork, after the child");
	drop_region(r);
}

/* Is what the file has what the mapping has? */
static void sync_file(struct worker *w)
{
	struct region *r = take_region(w, FILES);
	char page[DMMU_PAGE];

	if (r->kind == DISK_FILE && below(w, 3) == 0 &&
	    msync(r->base, r->pages * DMMU_PAGE, MS_SYNC))
		unexpected("msync: %s", strerror(errno));
	for (unsigned int i = 0; i < r->pages; i++) {
		if (pread(r->file, page, sizeof(page), (off_t)(i * DMMU_PAGE)) !=
		    (ssize_t)sizeof(page))
			unexpected("pread: %s", strerror(errno));
		else if (memcmp(page, r->shadow + i * DMMU_PAGE, sizeof(page)))
			wrong_word("pread of the file", r, i * DMMU_PAGE, *(uint64_t *)page,
				   *(uint64_t *)(r->shadow + i * DMMU_PAGE));
		tally.words += DMMU_PAGE / 8;
	}
	drop_region(r);
}

static void write_file(struct worker *w)
{
	struct region *r = take_region(w, FILES);
	unsigned int page = below(w, r->pages);
	uint64_t fresh[512];

	for (unsigned int i = 0; i < 512; i++)
		fresh[i] = dmmu_random(&w->random);
	if (pwrite(r->file, fresh, sizeof(fresh), (off_t)(page * DMMU_PAGE)) !=
	    (ssize_t)sizeof(fresh))
		unexpected("pwrite: %s", strerror(errno));
	else
		memcpy(r->shadow + page * DMMU_PAGE, fresh, sizeof(fresh));
	drop_region(r);
}

static void punch_hole(struct worker *w)
{
	struct region *r = take_region(w, FILES);
	unsigned int page = below(w, r->pages), n = 1 + below(w, r->pages - page);

	if (fallocate(r->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)(page * DMMU_PAGE), (off_t)(n * DMMU_PAGE)))
		unexpected("fallocate: %s", strerror(errno));
	else
		memset(r->shadow + page * DMMU_PAGE, 0, n * DMMU_PAGE);
	check_region(r, "a hole in the file");
	drop_region(r);
}

/* A context for one copy; closed with a writer that never ends, whose word then stands still. */
static void visit(struct worker *w)
{
	struct worker guest = {.id = w->id, .random = dmmu_random(&w->random) | 1, .fd = -1};
	volatile uint64_t *scratch = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work[2];
	struct dmmu_completion c;
	struct window from, to;
	struct dmmu_ioc_bind bind = {0};
	uint64_t stands;

	take_two_windows(w, &from, &to);
	pthread_rwlock_rdlock(&inherited);
	guest.resets = tally.resets;
	guest.fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
	if (guest.fd < 0 || ioctl(guest.fd, DMMU_IOC_BIND, &bind)) {
		device_close(&guest); /* all contexts are taken, or the device is down */
		pthread_rwlock_unlock(&inherited);
		drop_window(&from);
		drop_window(&to);
		munmap((void *)scratch, DMMU_PAGE);
		return;
	}
	work[0] = dmmu_copy(window_at(&to, 0), window_at(&from, 0), LANE_BYTES);
	device_run(&guest, work, 1, &c);
	if (device_ok(&c, false))
		memcpy(shadow_at(&to, 0), shadow_at(&from, 0), LANE_BYTES);
	else
		settle_either(to.r, to.page * DMMU_PAGE + to.lane * LANE_BYTES, LANE_BYTES,
			      shadow_at(&from, 0), "copy by a visitor");
	check_window(&to, "copy by a visitor");
	drop_window(&from);
	drop_window(&to);
	work[0] = dmmu_add(scratch, 1, DMMU_FOREVER);
	work[1] = dmmu_fill(scratch + 64, 1, 64);
	device_start(&guest, work, 2);
	if (below(w, 2))
		dmmu_sleep_us(below(w, 5000));
	device_close(&guest);
	pthread_rwlock_unlock(&inherited);
	stands = *scratch;
	dmmu_sleep_us(2000);
	if (*scratch != stands) {
		wrong("the device writes after its file was closed: %llu, %llu",
		      (unsigned long long)stands, (unsigned long long)*scratch);
	}
	munmap((void *)scratch, DMMU_PAGE);
}

const struct op share_ops[] = {
	{"fork", 4, fork_under_work}, {"file sync", 3, sync_file}, {"file write", 3, write_file},
	{"file hole", 2, punch_hole}, {"context", 3, visit},	   {NULL, 0, NULL},
};
