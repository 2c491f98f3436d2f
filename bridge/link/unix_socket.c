// SPDX-License-Identifier: GPL-2.0
/*
 * unix_socket.c: a process that was killed leaves its socket file behind; it is replaced. That of a
 * living process, and a file that is no socket, is left alone (EADDRINUSE).
 */
#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

bool unix_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(address->sun_path, path);
	return true;
}

static int close_and_fail(int sock)
{
	int saved = errno;

	close(sock);
	errno = saved;
	return -1;
}

static bool remove_dead_socket(const char *path, const struct sockaddr_un *address, int type)
{
	struct stat st;
	int sock, refused;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return false;
	refused = connect(sock, (const struct sockaddr *)address, sizeof(*address)) &&
		  errno == ECONNREFUSED;
	close(sock);
	return refused && !unlink(path);
}

int unix_listen(const char *path, int type)
{
	struct sockaddr_un address;
	int sock, err;

	if (!unix_address(path, &address))
		return -1;
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return -1;
	err = bind(sock, (struct sockaddr *)&address, sizeof(address));
	if (err && errno == EADDRINUSE) {
		if (remove_dead_socket(path, &address, type))
			err = bind(sock, (struct sockaddr *)&address, sizeof(address));
		else
			errno = EADDRINUSE;
	}
	if (!err && !listen(sock, 4))
		return sock;
	return close_and_fail(sock);
}

int unix_connect(const char *path, int type, unsigned int seconds)
{
	struct timeval limit = {.tv_sec = (time_t)seconds};
	struct sockaddr_un address;
	int sock;

	if (!unix_address(path, &address))
		return -1;
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -1;
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(sock, (struct sockaddr *)&address, sizeof(address))) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		return close_and_fail(sock);
	}
	return sock;
}
