// SPDX-License-Identifier: GPL-2.0
/*
 * control_client.c: asks a running model (control.h): for dmmu-control, and for tests in a guest.
 */
#include "control.h"
#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_SECONDS 10

bool control_ask(const char *path, const char *command, char *answer, size_t size)
{
	int fd = unix_connect(path, SOCK_STREAM, LIMIT_SECONDS), saved;
	size_t length = 0;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (send(fd, command, strlen(command), MSG_NOSIGNAL) >= 0 &&
	    send(fd, "\n", 1, MSG_NOSIGNAL) == 1)
		while (length < size - 1 &&
		       (n = recv(fd, answer + length, size - 1 - length, 0)) > 0)
			length += (size_t)n;
	saved = n == 0 ? ECONNRESET : errno == EAGAIN ? ETIMEDOUT : errno;
	answer[length] = 0;
	answer[strcspn(answer, "\n")] = 0;
	close(fd);
	errno = saved;
	return length > 0;
}
