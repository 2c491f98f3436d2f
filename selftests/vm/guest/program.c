/* SPDX-License-Identifier: GPL-2.0 */
/*
 * program.c: runs one program within a time limit, and leaves nothing of it behind: it is alone in
 * a cgroup, and all that is in that cgroup is killed when the program ends or its time is over.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/program"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct lines {
	char text[1024];
	size_t length;
	bool indented;
};

static void flush_line(struct lines *lines)
{
	lines->text[lines->length] = 0;
	if (lines->indented)
		report_indented(lines->text);
	else
		report("%s", lines->text);
	lines->length = 0;
}

/* False at the end of the output. */
static bool forward(int fd, struct lines *lines)
{
	char block[4096];
	ssize_t n = read(fd, block, sizeof(block));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t i = 0; i < n; i++) {
		if (block[i] == '\n' || lines->length == sizeof(lines->text) - 1)
			flush_line(lines);
		if (block[i] != '\n' && block[i] != '\r')
			lines->text[lines->length++] = block[i];
	}
	return n > 0;
}

static void child(char *const argv[], int output)
{
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int null = open("/dev/null", O_RDONLY);

	write_file(CGROUP "/cgroup.procs", "0");
	dup2(null, 0);
	dup2(output, 1);
	dup2(output, 2);
	if (chdir("/tmp"))
		_exit(127);
	execv(argv[0], argv);
	dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

struct program_end program_run(char *const argv[], unsigned int seconds, bool indented)
{
	struct program_end end = {0};
	struct lines lines = {.indented = indented};
	int fds[2];

	mkdir(CGROUP, 0755);
	if (pipe2(fds, O_CLOEXEC))
		give_up("no pipe: %s", strerror(errno));
	pid_t pid = fork();

	if (pid < 0)
		give_up("cannot fork: %s", strerror(errno));
	if (!pid)
		child(argv, fds[1]);
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);

	double limit = now() + seconds;
	bool output_open = true;
	bool ended = false;

	while (!ended) {
		struct pollfd poll_fd = {.fd = output_open ? fds[0] : -1, .events = POLLIN};

		poll(&poll_fd, 1, 50);
		if (poll_fd.revents)
			output_open = forward(fds[0], &lines);
		/* Orphans of earlier tests come to init: reap them too. */
		int status;
		pid_t who;

		while ((who = waitpid(-1, &status, WNOHANG)) > 0) {
			if (who != pid)
				continue;
			end.status = status;
			ended = true;
		}
		if (ended || now() < limit)
			continue;
		if (end.timed_out) {
			end.immortal = true;
			break;
		}
		end.timed_out = true;
		write_file("/proc/sysrq-trigger", "w"); /* where it is blocked, for the log */
		kill(-pid, SIGKILL);
		write_file(CGROUP "/cgroup.kill", "1");
		limit = now() + 10;
	}
	write_file(CGROUP "/cgroup.kill", "1");
	/* What it printed last may still be in the pipe; a child of its own that escaped must not
	 * hold us. */
	while (output_open && poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 100) > 0)
		output_open = forward(fds[0], &lines);
	if (lines.length)
		flush_line(&lines);
	close(fds[0]);
	for (int tries = 0; rmdir(CGROUP) && errno == EBUSY && tries < 100; tries++) {
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return end;
}

void program_describe(const struct program_end *end, unsigned int seconds, char *text, size_t size)
{
	if (end->immortal)
		snprintf(text, size, "still there 10 s after SIGKILL: it hangs in the kernel");
	else if (end->timed_out)
		snprintf(text, size, "killed: not done in %u s", seconds);
	else if (WIFSIGNALED(end->status))
		snprintf(text, size, "died of signal %d (%s)", WTERMSIG(end->status),
			 strsignal(WTERMSIG(end->status)));
	else if (WEXITSTATUS(end->status))
		snprintf(text, size, "exit status %d", WEXITSTATUS(end->status));
	else
		text[0] = 0;
}
