/* SPDX-License-Identifier: GPL-2.0 */
/*
 * process.h: the runner's children. Each is in a process group of its own and dies with the runner,
 * however that ends.
 */
#ifndef DMMU_VM_PROCESS_H
#define DMMU_VM_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
	const char *name;
	pid_t pid;  /* 0: not running */
	int status; /* of waitpid(), when it has ended */
	bool ended;
};

/* Starts argv with stdout and stderr appended to the log file and no stdin; keep_fds stay open in
 * it (-1 ends the list). */
bool process_start(struct process *process, const char *name, char *const argv[], const char *log,
		   const int *keep_fds);
/* Looks whether it has ended; true when it is not running. */
bool process_ended(struct process *process);
/* Waits so long for its end; SIGTERM first when asked, SIGKILL in any case when the time is over.
 */
void process_stop(struct process *process, bool ask, int milliseconds);
void process_signal(struct process *process, int signal);
/* In words, for a report: "exit status 3", "signal 9 (Killed)". Empty after exit status 0. */
void process_describe(const struct process *process, char *text, size_t size);
/* Runs a script and takes its last line of output; stderr is passed on. */
bool process_output(char *const argv[], char *line, size_t size);

#endif
