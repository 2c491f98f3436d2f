// SPDX-License-Identifier: GPL-2.0
/*
 * fail_nth: a sequence that succeeds - open, bind, submit, device fault, wait, migrate there and
 * back, a CPU touch, close, exit - and each allocation and user copy in it made to fail, one after
 * the other, by the kernel's fault injection. Each failure is told or made good, nothing is
 * complained about, nothing is left behind, and the sequence succeeds afterwards.
 *
 * Prints, for each step, how many points there were, and what came of them. Needs a kernel with
 * fault injection (the debug one).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_fixture.h"

/* Of workers it cannot be seen whether a point was the driver's, so they are not swept to the end.
 */
enum { PAGES = 8, MOST_POINTS = 300, WORKER_POINTS = 16, ALL_OF_IT = 8 };

/* What a child ends with, besides 0: the point was there, 1: it was not, 32: there, and an error.
 */
enum { NO_MEMORY_FOR_THE_TEST = 10, WRONG_ANSWER, FAILS_AFTERWARDS };

DMMU_FIXTURE(fail_nth)

/* Every kind of allocation may fail, also one that could wait. */
static bool prepare(void)
{
	static const char *const kinds[] = {"failslab", "fail_page_alloc", "fail_usercopy"};
	char path[100];

	if (access("/proc/thread-self/fail-nth", F_OK) ||
	    access("/sys/kernel/debug/failslab", F_OK))
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", kinds[i]);
		dmmu_write_text(path, "0");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait", kinds[i]);
		dmmu_write_text(path, "N");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-highmem", kinds[i]);
		dmmu_write_text(path, "N");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/min-order", kinds[i]);
		dmmu_write_text(path, "0");
	}
	return true;
}

/* --- whose n-th allocation fails: this thread's, or the driver's workers' --- */

struct victim {
	int fd[64];
	unsigned int count;
};

static void victim_is_self(struct victim *v)
{
	v->fd[0] = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	v->count = v->fd[0] >= 0;
}

/* Faults are served by unbound workers, whichever is free. */
static void victim_is_workers(struct victim *v)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300], name[32];

	v->count = 0;
	while (proc && (entry = readdir(proc)) && v->count < 64) {
		FILE *f;

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (!fgets(name, sizeof(name), f))
			*name = 0;
		fclose(f);
		if (strncmp(name, "kworker/u", 9))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fail-nth", entry->d_name);
		v->fd[v->count] = open(path, O_RDWR | O_CLOEXEC);
		v->count += v->fd[v->count] >= 0;
	}
	if (proc)
		closedir(proc);
}

static void victim_arm(struct victim *v, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	for (unsigned int i = 0; i < v->count; i++)
		if (pwrite(v->fd[i], text, (size_t)length, 0) < 0)
			continue;
}

/* Has it happened? Afterwards nothing fails any more. */
static bool victim_disarm(struct victim *v)
{
	bool hit = false;

	for (unsigned int i = 0; i < v->count; i++) {
		char text[16] = "";

		if (pread(v->fd[i], text, sizeof(text) - 1, 0) > 0 && *text == '0')
			hit = true;
		if (pwrite(v->fd[i], "0", 1, 0) < 0)
			continue;
	}
	return hit;
}

static void victim_close(struct victim *v)
{
	for (unsigned int i = 0; i < v->count; i++)
		close(v->fd[i]);
}

/* --- the sequence --- */

struct run {
	int fd;
	uint64_t *p;
};

static int do_open(struct run *r)
{
	r->fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
	return r->fd < 0 ? -errno : 0;
}

static int do_bind(struct run *r)
{
	return dmmu_bind(r->fd);
}

static int do_submit(struct run *r)
{
	struct dmmu_work_desc work[4] = {dmmu_fill(r->p, 4, DMMU_PAGE), dmmu_nop(), dmmu_nop(),
					 dmmu_nop()};
	struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = 4};

	return ioctl(r->fd, DMMU_IOC_SUBMIT, &submit) ? -errno : 0;
}

static int do_wait(struct run *r)
{
	struct dmmu_completion c[4];
	unsigned int got;

	return dmmu_wait(r->fd, c, 4, 4, DMMU_WAIT_SECONDS * 1000000000ull, &got);
}

/* Pages that neither CPU nor device has touched; an error of a completion counts as ours. */
static int do_fault(struct run *r)
{
	struct dmmu_work_desc work[PAGES];
	struct dmmu_completion c[PAGES];
	int error;

	for (unsigned int i = 0; i < PAGES; i++)
		work[i] = dmmu_fill(r->p + i * 512, 4, DMMU_PAGE);
	error = dmmu_run(r->fd, work, PAGES, c);
	for (unsigned int i = 0; i < PAGES && !error; i++)
		if (c[i].status == DMMU_FAULT)
			error = c[i].error;
		else if (!dmmu_is_ok(&c[i]))
			error = -EPROTO;
	return error;
}

static int move(struct run *r, unsigned int to)
{
	struct dmmu_ioc_migrate m = {.start = dmmu_va(r->p), .size = PAGES * DMMU_PAGE, .to = to};

	if (ioctl(r->fd, DMMU_IOC_MIGRATE, &m))
		return -errno;
	return dmmu_migrate_sum(&m.result) == PAGES ? 0 : -EPROTO;
}

static int do_migrate_in(struct run *r)
{
	return move(r, DMMU_MIGRATE_TO_DEVICE);
}

static int do_migrate_out(struct run *r)
{
	return move(r, DMMU_MIGRATE_TO_HOST);
}

static int do_hint(struct run *r)
{
	return dmmu_hint(r->fd, r->p, PAGES * DMMU_PAGE, DMMU_HINT_PREFER_LOCAL);
}

static int do_counters(struct run *r)
{
	struct dmmu_ioc_counters counters;

	return ioctl(r->fd, DMMU_IOC_COUNTERS, &counters) ? -errno : 0;
}

/* A page fault that fails for want of memory is made again. */
static int do_touch(struct run *r)
{
	for (unsigned int i = 0; i < PAGES; i++)
		if (*(volatile uint64_t *)(r->p + i * 512) != 4)
			return -EPROTO;
	return 0;
}

static int do_close(struct run *r)
{
	int error = close(r->fd) ? -errno : 0;

	r->fd = -1;
	return error;
}

static const struct step {
	const char *name;
	int (*run)(struct run *r);
	bool by_workers;
} steps[] = {
	{"open", do_open, false},
	{"bind", do_bind, false},
	{"fault", do_fault, true},
	{"submit", do_submit, false},
	{"wait", do_wait, false},
	{"counters", do_counters, false},
	{"hint", do_hint, false},
	{"migrate in", do_migrate_in, false},
	{"migrate out", do_migrate_out, false},
	{"again in", do_migrate_in, false},
	{"cpu touch", do_touch, false},
	{"close", do_close, false},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* What a step that was hit may say. */
static bool is_a_fair_answer(int error)
{
	switch (error) {
	case 0:
	case -ENOMEM:
	case -EFAULT: /* a user copy */
	case -EAGAIN:
	case -EBUSY:
	case -EOPNOTSUPP: /* no local memory on this kernel */
		return true;
	}
	return false;
}

/*
 * The sequence in a process of its own, with the n-th point of step @at failing. 0: that point
 * exists, and all was well; 1: there is no such point; others: something is wrong. *told: was an
 * error returned?
 */
static int sequence(unsigned int at, unsigned int n, bool *told)
{
	struct run r = {.fd = -1, .p = dmmu_map(PAGES * DMMU_PAGE)};
	struct victim v;
	bool hit = false;

	*told = false;
	if (!r.p)
		return NO_MEMORY_FOR_THE_TEST;
	for (unsigned int i = 0; i < STEPS && (i <= at + 1 || n % ALL_OF_IT == 1); i++) {
		int error;

		if (i == at) {
			if (steps[i].by_workers)
				victim_is_workers(&v);
			else
				victim_is_self(&v);
			victim_arm(&v, n);
		}
		error = steps[i].run(&r);
		if (i == at) {
			hit = victim_disarm(&v);
			victim_close(&v);
			*told = error;
			if (!is_a_fair_answer(error)) {
				fprintf(stderr, "# %s, point %u: error %d\n", steps[i].name, n,
					error);
				return WRONG_ANSWER;
			}
			if (error)
				break; /* and exit, with what there is */
		} else if (error && error != -EOPNOTSUPP) {
			fprintf(stderr, "# %s after point %u of %s: error %d\n", steps[i].name, n,
				steps[at].name, error);
			return FAILS_AFTERWARDS;
		}
	}
	return hit ? 0 : 1;
}

TEST_F_TIMEOUT(fail_nth, each_allocation_of_a_sequence_may_fail, 1000)
{
	struct dmmu_ioc_local before;
	unsigned int sum = 0;

	if (!prepare())
		SKIP(return, "the kernel has no fault injection");
	ASSERT_EQ(0, dmmu_local(self->fd, &before));
	for (unsigned int at = 0; at < STEPS; at++) {
		unsigned int n, errors = 0, result = 0, misses = 0;

		for (n = 1; n <= (steps[at].by_workers ? WORKER_POINTS : MOST_POINTS) && !misses;
		     n++) {
			int status = 0;
			pid_t pid = fork();

			if (!pid) {
				bool told;
				int end;

				alarm(DMMU_WAIT_SECONDS);
				end = sequence(at, n, &told);
				_exit(end ? end : told ? 32 : 0);
			}
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			ASSERT_TRUE(WIFEXITED(status))
			TH_LOG("%s, point %u: signal %d", steps[at].name, n, WTERMSIG(status));
			result = WEXITSTATUS(status);
			ASSERT_TRUE(result == 0 || result == 1 || result == 32)
			TH_LOG("%s, point %u: %u", steps[at].name, n, result);
			misses = result == 1 ? misses + 1 : 0;
			errors += result == 32;
		}
		n -= 1 + misses;
		sum += n;
		printf("# FAIL-NTH\t%s\t%u\t%u\t%u\n", steps[at].name, n, errors, n - errors);
		fflush(stdout);
	}
	printf("# FAIL-NTH\ttogether\t%u\n", sum);
	EXPECT_LT(30, sum) TH_LOG("hardly anything was made to fail");
	EXPECT_TRUE(dmmu_await_local_free(self->fd, (long)before.free_pages));
	/* No context has been lost. */
	for (unsigned int i = 0; i < 2 * self->info.contexts; i++) {
		int fd = dmmu_open_bound();

		ASSERT_LE(0, fd);
		close(fd);
	}
}

DMMU_TEST_MAIN
