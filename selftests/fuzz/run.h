/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h: a sequence that is being done, for its steps.
 */
#ifndef DMMU_FUZZ_RUN_H
#define DMMU_FUZZ_RUN_H

#include <pthread.h>
#include <sys/types.h>

#include "fuzz.h"

enum { MOST_THREADS = 4, MOST_CHILDREN = 2 };

struct run {
	int fd[SLOTS];
	uint64_t until;
	bool aside;		/* the next step is done by a thread of its own */
	unsigned int fail_nth;	/* which allocation of it fails, of our own */
	unsigned int fail_work; /* or of the kernel's workers */
	pthread_t thread[MOST_THREADS];
	unsigned int threads;
	pid_t child[MOST_CHILDREN];
	unsigned int children;
	char *edge;	 /* one page, then nothing */
	char *read_only; /* one page */
	int pipe[2];	 /* that holds pages */
	int userfault;
	unsigned long aio;
};

/* execute.c */
void run_kill_child(struct run *run, bool reap);

/* steps_file.c: the file, and what goes on behind it */
void do_open(struct run *run, const uint64_t *arg);
void do_close(struct run *run, const uint64_t *arg);
void do_bind(struct run *run, const uint64_t *arg);
void do_query(struct run *run, const uint64_t *arg);
void do_local(struct run *run, const uint64_t *arg);
void do_counters(struct run *run, const uint64_t *arg);
void do_submit(struct run *run, const uint64_t *arg);
void do_wait(struct run *run, const uint64_t *arg);
void do_work(struct run *run, const uint64_t *arg);
void do_migrate(struct run *run, const uint64_t *arg);
void do_hint(struct run *run, const uint64_t *arg);
void do_ioctl(struct run *run, const uint64_t *arg);
void do_poll(struct run *run, const uint64_t *arg);

/* steps_memory.c: the memory that CPU and device share */
void touch(uint64_t page, bool write_it);
void do_map(struct run *run, const uint64_t *arg);
void do_unmap(struct run *run, const uint64_t *arg);
void do_protect(struct run *run, const uint64_t *arg);
void do_advise(struct run *run, const uint64_t *arg);
void do_remap(struct run *run, const uint64_t *arg);
void do_touch(struct run *run, const uint64_t *arg);
void do_pin(struct run *run, const uint64_t *arg);
void do_unpin(struct run *run, const uint64_t *arg);
void do_disk(struct run *run, const uint64_t *arg);
void do_userfault(struct run *run, const uint64_t *arg);
void do_clear(struct run *run, const uint64_t *arg);
void do_idle(struct run *run, const uint64_t *arg);

/* steps_process.c: processes, threads, users */
void do_fork(struct run *run, const uint64_t *arg);
void do_second(struct run *run, const uint64_t *arg);
void do_kill(struct run *run, const uint64_t *arg);
void do_exec(struct run *run, const uint64_t *arg);
void do_user(struct run *run, const uint64_t *arg);
void do_fail(struct run *run, const uint64_t *arg);
void do_aside(struct run *run, const uint64_t *arg);
void do_pause(struct run *run, const uint64_t *arg);

/* machine.c: what only root may do */
void do_knob(struct run *run, const uint64_t *arg);
void do_look(struct run *run, const uint64_t *arg);
void do_reclaim(struct run *run, const uint64_t *arg);
void do_reset(struct run *run, const uint64_t *arg);
void do_break(struct run *run, const uint64_t *arg);
void do_rebind(struct run *run, const uint64_t *arg);
enum { DISK_PAGES = 16 };
int machine_disk(void);			     /* a file of so many pages, for direct I/O */
void machine_fail_workers(unsigned int nth); /* 0: no more */

#endif
