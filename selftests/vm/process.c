/* SPDX-License-Identifier: GPL-2.0 */
/*
 * process.c: see process.h.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void child(char *const argv[], const char *log, const int *keep_fds, pid_t parent)
{
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	int in = open("/dev/null", O_RDONLY);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);

	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (; keep_fds && *keep_fds >= 0; keep_fds++)
		fcntl(*keep_fds, F_SETFD, 0);
	execvp(argv[0], argv);
	dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

bool process_start(struct process *process, const char *name, char *const argv[], const char *log,
		   const int *keep_fds)
{
	pid_t parent = getpid();

	*process = (struct process){.name = name};
	pid_t pid = fork();

	if (pid < 0) {
		fprintf(stderr, "dmmu-vm: cannot start %s: %s\n", name, strerror(errno));
		return false;
	}
	if (!pid)
		child(argv, log, keep_fds, parent);
	setpgid(pid, pid); /* here too: it may be signalled before it has run */
	process->pid = pid;
	return true;
}

bool process_ended(struct process *process)
{
	if (!process->pid || process->ended)
		return true;
	if (waitpid(process->pid, &process->status, WNOHANG) != process->pid)
		return false;
	process->ended = true;
	return true;
}

void process_signal(struct process *process, int signal)
{
	if (!process_ended(process))
		kill(-process->pid, signal);
}

void process_stop(struct process *process, bool ask, int milliseconds)
{
	if (ask)
		process_signal(process, SIGTERM);
	for (int waited = 0; !process_ended(process); waited += 10) {
		if (waited >= milliseconds)
			kill(-process->pid, SIGKILL);
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
	}
}

void process_describe(const struct process *process, char *text, size_t size)
{
	if (WIFSIGNALED(process->status))
		snprintf(text, size, "signal %d (%s)", WTERMSIG(process->status),
			 strsignal(WTERMSIG(process->status)));
	else if (WEXITSTATUS(process->status))
		snprintf(text, size, "exit status %d", WEXITSTATUS(process->status));
	else
		text[0] = 0;
}

bool process_output(char *const argv[], char *line, size_t size)
{
	int fds[2], status;

	line[0] = 0;
	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid_t pid = fork();

	if (!pid) {
		dup2(fds[1], 1);
		execvp(argv[0], argv);
		fprintf(stderr, "dmmu-vm: cannot start %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	FILE *output = fdopen(fds[0], "r");

	if (pid < 0 || !output)
		return false;
	char text[4096];

	while (fgets(text, sizeof(text), output)) {
		text[strcspn(text, "\n")] = 0;
		snprintf(line, size, "%s", text);
	}
	fclose(output);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status) && *line;
}
