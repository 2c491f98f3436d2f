// SPDX-License-Identifier: GPL-2.0
/*
 * control.c: see control.h.
 */
#include "control.h"
#include "model.h"
#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int control_open(const char *path)
{
	return unix_listen(path, SOCK_STREAM);
}

void control_close(int fd, const char *path)
{
	if (fd < 0)
		return;
	close(fd);
	unlink(path);
}

void control_serve(struct model *model)
{
	struct timeval limit = {.tv_usec = 200000};
	int fd = model->control_fd < 0 ? -1 : accept4(model->control_fd, NULL, NULL, SOCK_CLOEXEC);
	char line[CONTROL_COMMAND_SIZE], answer[CONTROL_ANSWER_SIZE] = "error: no line came";
	size_t length = 0;
	ssize_t n = 1;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (length < sizeof(line) - 1 && !memchr(line, '\n', length)) {
		n = recv(fd, line + length, sizeof(line) - 1 - length, 0);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	if (n > 0) {
		char *end = memchr(line, '\n', length);

		*(end ? end : line + length) = 0;
		misbehave_command(model, line, answer, sizeof(answer) - 1);
	}
	strcat(answer, "\n");
	/* whoever does not read it does not want it */
	if (send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		errno = 0;
	close(fd);
}
