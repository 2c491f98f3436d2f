/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unix_socket.h: listening on a unix socket path without stealing it from a process that lives, and
 * connecting to one without waiting for ever for a process that does not.
 */
#ifndef DMMU_UNIX_SOCKET_H
#define DMMU_UNIX_SOCKET_H

#include <stdbool.h>

struct sockaddr_un;

bool unix_address(const char *path, struct sockaddr_un *address); /* false: ENAMETOOLONG */
/* Non-blocking listening socket of type SOCK_STREAM or SOCK_SEQPACKET; -1 and errno. */
int unix_listen(const char *path, int type);
/*
 * Connected socket on which no send or receive blocks for longer than @seconds (EAGAIN then); -1
 * and errno, ETIMEDOUT when the other side's queue was full for so long.
 */
int unix_connect(const char *path, int type, unsigned int seconds);

#endif /* DMMU_UNIX_SOCKET_H */
