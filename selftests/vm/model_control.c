// SPDX-License-Identifier: GPL-2.0
/*
 * model_control.c: a test in the guest tells the model what shall go wrong: a line "DMMU-ACTION
 * model COMMAND" on the test channel goes to the control socket of the first device's model, and
 * the model's answer goes back to the guest as a line "DMMU-DONE ANSWER", so that the test knows
 * that it is so.
 */
#include "run.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT_SECONDS 10

static void ask(const char *path, const char *command, char *answer, size_t size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t n;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    send(fd, command, strlen(command), MSG_NOSIGNAL) < 0 ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) < 0) {
		snprintf(answer, size, "error: no model listens: %s", strerror(errno));
	} else {
		while (length < size - 1 &&
		       (n = recv(fd, answer + length, size - 1 - length, 0)) > 0)
			length += (size_t)n;
		answer[length] = 0;
		answer[strcspn(answer, "\n")] = 0;
		if (!length)
			snprintf(answer, size, "error: the model did not answer in %d s",
				 LIMIT_SECONDS);
	}
	if (fd >= 0)
		close(fd);
}

void model_control(struct run *run, const char *line)
{
	static const char mark[] = "DMMU-ACTION model ";
	const char *command = strstr(line, mark);
	char path[100], answer[1024], reply[1100];
	int n;

	if (!command)
		return;
	command += sizeof(mark) - 1;
	snprintf(path, sizeof(path), "%s/control0", run->work);
	ask(path, command, answer, sizeof(answer));
	fprintf(stderr, "vm: %4.0f s  model: %s: %s\n", run_seconds(run), command, answer);
	n = snprintf(reply, sizeof(reply), "DMMU-DONE %s\n", answer);
	if (send(run->test.fd, reply, (size_t)n, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "dmmu-vm: the guest takes no answer: %s\n", strerror(errno));
}
