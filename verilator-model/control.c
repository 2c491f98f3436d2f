// SPDX-License-Identifier: GPL-2.0
/*
 * control.c: see control.h.
 */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/time.h>
#include <unistd.h>

int control_open(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	unlink(path); /* of a model that was killed */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
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
	char line[2200], answer[1024] = "error: no line came";
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
