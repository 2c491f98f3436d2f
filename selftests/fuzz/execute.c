// SPDX-License-Identifier: GPL-2.0
/*
 * execute.c: does a sequence. What the kernel answers does not matter: it must go on, and so must
 * we. Each call that may wait is interrupted by a timer that ticks until the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "run.h"

enum { TICK_US = 50000, RUN_SECONDS = 4 };

static struct run *running;

/* The timer's signal comes to one thread only: it wakes the others. */
static void tick(int number)
{
	if (number == SIGALRM)
		for (unsigned int i = 0; i < running->threads; i++)
			pthread_kill(running->thread[i], SIGUSR1);
}

/* The n-th allocation of this thread fails, until that is taken back. */
static int fail_own(unsigned int nth)
{
	int fd = nth ? open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC) : -1;

	if (fd >= 0)
		dprintf(fd, "%u", nth);
	return fd;
}

static void perform(struct run *run, const struct op *op, unsigned int nth, unsigned int work)
{
	const struct op_kind *kind = &op_kinds[op->kind];
	uint64_t begin = dmmu_now_ns();
	int fd = -1;

	if (kind->flags & OP_FAILS) {
		if (work)
			machine_fail_workers(work);
		fd = fail_own(nth);
	}
	kind->perform(run, op->arg);
	if (fd >= 0) {
		(void)!pwrite(fd, "0", 1, 0);
		close(fd);
	}
	if (kind->flags & OP_FAILS && work)
		machine_fail_workers(0);
	profile_add(op->kind, dmmu_now_ns() - begin);
}

struct aside {
	struct run *run;
	const struct op *op;
	unsigned int nth;
	unsigned int area;
};

static void *do_aside_op(void *opaque)
{
	struct aside *a = opaque;
	sigset_t timer;

	sigemptyset(&timer);
	sigaddset(&timer, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &timer, NULL);
	cover_task(a->area);
	perform(a->run, a->op, a->nth, 0);
	free(a);
	return NULL;
}

static bool start_aside(struct run *run, const struct op *op, unsigned int nth)
{
	struct aside *a;

	if (run->threads == MOST_THREADS || op_kinds[op->kind].flags & OP_ALONE)
		return false;
	a = malloc(sizeof(*a));
	if (!a)
		return false;
	*a = (struct aside){run, op, nth, COVER_ASIDE + run->threads};
	if (pthread_create(&run->thread[run->threads], NULL, do_aside_op, a)) {
		free(a);
		return false;
	}
	run->threads++;
	return true;
}

static void do_step(struct run *run, const struct op *op)
{
	unsigned int nth = run->fail_nth, work = run->fail_work;
	bool aside = run->aside;

	run->aside = false;
	run->fail_nth = 0;
	run->fail_work = 0;
	if (!aside || !start_aside(run, op, nth))
		perform(run, op, nth, work);
}

void run_kill_child(struct run *run, bool reap)
{
	int pidfd = -1;
	pid_t child;

	if (!run->children)
		return;
	child = run->child[--run->children];
	if (reap)
		pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	kill(child, SIGKILL);
	if (pidfd >= 0) {
		syscall(SYS_process_mrelease, pidfd, 0);
		close(pidfd);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

void execute(const struct sequence *s)
{
	struct itimerval timer = {.it_interval.tv_usec = TICK_US, .it_value.tv_usec = TICK_US};
	struct sigaction action = {.sa_handler = tick}; /* no SA_RESTART */
	struct run run = {.until = dmmu_now_ns() + RUN_SECONDS * 1000000000ull,
			  .pipe = {-1, -1},
			  .userfault = -1};
	uint64_t begin;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		run.fd[i] = -1;
	mmap((void *)(uintptr_t)ARENA, ARENA_BYTES, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	run.edge = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	run.read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run.edge == MAP_FAILED || run.read_only == MAP_FAILED || munmap(run.edge + 4096, 4096))
		return;
	running = &run;
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (i = 0; i < s->n && dmmu_now_ns() < run.until; i++)
		do_step(&run, &s->op[i]);
	/* Open files go here, not with the process: what that reaches is not told (KCOV). */
	begin = dmmu_now_ns();
	for (i = 0; i < SLOTS; i++)
		if (run.fd[i] >= 0)
			close(run.fd[i]);
	while (run.children)
		run_kill_child(&run, false);
	for (i = run.threads; i; i--) {
		pthread_join(run.thread[i - 1], NULL);
		run.threads = i - 1;
	}
	do_unpin(&run, NULL);
	/* The memory too, as far as it is shared with the device. */
	munmap((void *)(uintptr_t)ARENA, ARENA_BYTES);
	profile_add(PROFILE_CLOSE, dmmu_now_ns() - begin);
}

/* Another program now: the files that it was left are of no use to it. */
int execute_after_exec(int argc, char **argv)
{
	const uint64_t zeros[MOST_ARGS] = {};
	struct run run = {0};

	for (int i = 0; i < argc; i++) {
		run.fd[0] = atoi(argv[i]);
		do_counters(&run, zeros);
		do_wait(&run, (const uint64_t[]){0, 4, 4, 10000000, 0});
		do_poll(&run, zeros);
		do_close(&run, zeros);
	}
	return 0;
}
