/* SPDX-License-Identifier: GPL-2.0 */
/*
 * link_end.h: what an end of a link consists of; private to bridge/link.
 */
#ifndef DMMU_LINK_END_H
#define DMMU_LINK_END_H

#include "ring.h"

/* One mapping of the link memory; shared by both ends of a dmmu_link_pair(). */
struct dmmu_link_memory {
	struct dmmu_link_shared *shared;
	atomic_int users;
};

enum { LINK_SOCKET, LINK_OWN_EVENT, LINK_PEER_EVENT, LINK_LOCAL, LINK_FDS };

/* Descriptors that came before the message that names them. A peer that sends more without naming
   them is broken. */
#define LINK_WAITING_FDS 256

struct dmmu_link {
	bool front;
	bool bad;     /* nothing more is received: protocol error or BYE */
	bool starved; /* the last send found the ring full */
	atomic_int woken;
	const char *error; /* nothing more is sent; the first reason stays */
	struct dmmu_link_memory *memory;
	struct dmmu_ring out, in;
	int fd[LINK_FDS];
	unsigned int waiting_fds;
	struct {
		uint64_t id;
		int fd;
	} waiting[LINK_WAITING_FDS];
};

void link_break(struct dmmu_link *link, const char *why);

/* One packet: a message and up to PACKET_FDS descriptors. receive: 1 packet, 0 none, -1 peer gone
   or nonsense (then no descriptor is left open). */
#define PACKET_FDS 4
bool packet_send(int sock, const struct dmmu_msg *msg, const int *fds, int count);
int packet_receive(int sock, struct dmmu_msg *msg, int *fds, int *count);

#endif /* DMMU_LINK_END_H */
