// SPDX-License-Identifier: GPL-2.0
/*
 * fd_pass.c: descriptors across the link's socket, by packets that are one link message each.
 *
 * No descriptor leaks: whatever arrives is handed out, kept in a bounded list, or closed at once.
 */
#include "link_end.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool packet_send(int sock, const struct dmmu_msg *msg, const int *fds, int count)
{
	struct iovec iov = {.iov_base = (void *)msg, .iov_len = sizeof(*msg)};
	union {
		char bytes[CMSG_SPACE(PACKET_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};

	if (count) {
		struct cmsghdr *c = &control.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
		hdr.msg_control = control.bytes;
		hdr.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	return sendmsg(sock, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(*msg);
}

int packet_receive(int sock, struct dmmu_msg *msg, int *fds, int *count)
{
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	union {
		char bytes[CMSG_SPACE(PACKET_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t got = recvmsg(sock, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*count = 0;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&hdr); c; c = CMSG_NXTHDR(&hdr, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
	}
	if (got == sizeof(*msg) && !(hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 1;
	while (*count)
		close(fds[--*count]);
	return -1;
}

bool dmmu_link_send_fd(struct dmmu_link *link, uint64_t id, int fd)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_FD, .aux = id};

	return !link->error && packet_send(link->fd[LINK_SOCKET], &msg, &fd, 1);
}

static int take_waiting(struct dmmu_link *link, unsigned int at)
{
	int fd = link->waiting[at].fd;

	link->waiting[at] = link->waiting[--link->waiting_fds];
	return fd;
}

int dmmu_link_take_fd(struct dmmu_link *link, uint64_t id)
{
	struct dmmu_msg msg;
	int fds[PACKET_FDS], count, got;

	for (unsigned int i = 0; i < link->waiting_fds; i++)
		if (link->waiting[i].id == id)
			return take_waiting(link, i);
	while ((got = packet_receive(link->fd[LINK_SOCKET], &msg, fds, &count)) > 0) {
		if (msg.kind != DMMU_MSG_FD || count != 1 ||
		    link->waiting_fds == LINK_WAITING_FDS) {
			while (count)
				close(fds[--count]);
			link_break(link, "unexpected packet on the link's socket");
			return -1;
		}
		if (msg.aux == id)
			return fds[0];
		link->waiting[link->waiting_fds].id = msg.aux;
		link->waiting[link->waiting_fds++].fd = fds[0];
	}
	if (got < 0)
		link_break(link, "the peer is gone");
	return -1;
}
