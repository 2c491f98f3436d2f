// SPDX-License-Identifier: GPL-2.0
/*
 * steps_process.c: processes, threads and users.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "run.h"

enum { SECOND_SECONDS = 3 };

/* A child that uses the memory, or our file, or opens and binds one, and ends. */
void do_fork(struct run *run, const uint64_t *arg)
{
	pid_t child = fork();

	if (!child) {
		const uint64_t zeros[MOST_ARGS] = {};

		cover_task(COVER_CHILD + MOST_CHILDREN);
		if (arg[0] & 1)
			do_counters(run, zeros);
		if (arg[0] & 2)
			for (uint64_t i = 0; i < 8; i++)
				touch(arg[1] + i, true);
		if (arg[0] & 4) {
			do_open(run, zeros);
			do_bind(run, zeros);
			do_migrate(run, (const uint64_t[]){0, ARENA, 8 * 4096, 1, 0, 0});
		}
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Works on its copy of the arena with a file of its own, as @how says. */
static void be_second(struct run *run, uint64_t page, uint64_t how)
{
	uint64_t at = ARENA + page % (ARENA_PAGES - 16) * 4096, until;
	uint64_t in[] = {0, at, 16 * 4096, DMMU_MIGRATE_TO_DEVICE, 0, 0};
	uint64_t submit[] = {0, 4, 0, DMMU_WORK_FILL, 0, at, at, at, 256, 1, 0};

	for (unsigned int i = 0; i < SLOTS; i++)
		do_close(run, (const uint64_t[]){i});
	do_open(run, (const uint64_t[]){0, how >> 2 & 1});
	do_bind(run, (const uint64_t[]){0, how & 1, 0});
	if (how & 1) {
		submit[3] = DMMU_WORK_ATOMIC_ADD;
		submit[8] = DMMU_FOREVER;
	}
	until = dmmu_now_ns() + SECOND_SECONDS * 1000000000ull;
	while (dmmu_now_ns() < until) {
		if (how & 2)
			do_migrate(run, in);
		do_submit(run, submit);
		do_wait(run, (const uint64_t[]){0, 4, 4, 20000000, 0});
		for (uint64_t i = 0; i < 4; i++)
			touch(page + i, true);
	}
}

/* A process at the same time as ours, until it is killed, or we end. */
void do_second(struct run *run, const uint64_t *arg)
{
	pid_t child;

	if (run->children == MOST_CHILDREN)
		run_kill_child(run, false);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		cover_task(COVER_CHILD + run->children);
		be_second(run, arg[0], arg[1]);
		_exit(0);
	}
	if (child > 0)
		run->child[run->children++] = child;
}

/* With 1 its memory is taken from it while it dies, as the OOM killer does it. */
void do_kill(struct run *run, const uint64_t *arg)
{
	run_kill_child(run, arg[0] & 1);
}

/*
 * Become another program, which has our files, and ends: the old memory goes while we can be told
 * what that reaches, as it cannot of a process that exits.
 */
void do_exec(struct run *run, const uint64_t *arg)
{
	static const struct itimerval none;
	char fds[SLOTS][12], *args[SLOTS + 3] = {"dmmu-fuzz", "--after"};
	unsigned int n = 2;

	setitimer(ITIMER_REAL, &none, NULL);
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (run->fd[i] < 0 || arg[0] >> i & 1)
			continue;
		fcntl(run->fd[i], F_SETFD, 0);
		snprintf(fds[i], sizeof(fds[i]), "%d", run->fd[i]);
		args[n++] = fds[i];
	}
	execv("/proc/self/exe", args);
}

/* Somebody without privilege, or root again; of this thread only. */
void do_user(struct run *run, const uint64_t *arg)
{
	(void)run;
	syscall(SYS_setresuid, -1, arg[0] ? 1000 + arg[0] % 2 : 0, -1);
}

/* An allocation of the next step fails: the n-th of ours or, from 32 on, of each worker's. */
void do_fail(struct run *run, const uint64_t *arg)
{
	if (arg[0] & 32)
		run->fail_work = arg[0] % 32 + 1;
	else
		run->fail_nth = arg[0] % 32 + 1;
}

/* The next is done at the same time as those after it. */
void do_aside(struct run *run, const uint64_t *arg)
{
	(void)arg;
	run->aside = true;
}

void do_pause(struct run *run, const uint64_t *arg)
{
	(void)run;
	usleep((arg[0] & 7) * 1000);
}
