/* SPDX-License-Identifier: GPL-2.0 */
/*
 * client.h: one vfio-user client's connection: from bytes and descriptors on a stream socket to
 * whole messages, and back. Reading never waits, so that a client that stops in the middle of a
 * message holds up nobody; a client that does not read its replies is dropped after a second.
 */
#ifndef DMMU_CLIENT_H
#define DMMU_CLIENT_H

#include "vfio_user.h"

struct client {
	int fd; /* -1: none */
	struct vfio_user server;
	uint8_t in[VFIO_USER_MAX_MESSAGE];
	size_t have;
	int fds[VFIO_USER_MAX_FDS];
	int nfds;
	int64_t sent_after; /* ms: the message being read was sent after this */
	int64_t mark; /* ms: what comes behind the next mark_left bytes was sent after this; 0: now
		       */
	size_t mark_left;
	struct vfio_user_reply reply;
};

void client_init(struct client *client);
void client_connected(struct client *client, int fd, const struct vfio_user_device *device);
/*
 * Reads what is there and answers at most one message. False: the client is gone or was dropped
 * (logged); call client_drop(). *deadline is set before a message is handled.
 */
bool client_serve(struct client *client, int64_t *deadline);
void client_drop(struct client *client);

#endif /* DMMU_CLIENT_H */
