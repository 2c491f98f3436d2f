/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unix_socket.h: listening on a unix socket path without stealing it from a process that lives.
 */
#ifndef DMMU_UNIX_SOCKET_H
#define DMMU_UNIX_SOCKET_H

#include <stdbool.h>

struct sockaddr_un;

bool unix_address(const char *path, struct sockaddr_un *address); /* false: ENAMETOOLONG */
/* Non-blocking listening socket of type SOCK_STREAM or SOCK_SEQPACKET; -1 and errno. */
int unix_listen(const char *path, int type);

#endif /* DMMU_UNIX_SOCKET_H */
