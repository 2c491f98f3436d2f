// SPDX-License-Identifier: GPL-2.0
/*
 * link.c: one end of a link: sending, receiving, sleeping, and knowing when the peer is gone.
 * handshake.c makes ends, fd_pass.c moves descriptors, ring.c is the shared memory.
 */
#include "link_end.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void *unmap_if_last(struct dmmu_link_memory *memory)
{
	if (memory && atomic_fetch_sub(&memory->users, 1) == 1) {
		munmap(memory->shared, sizeof(*memory->shared));
		free(memory);
	}
	return NULL;
}

void dmmu_link_drop(struct dmmu_link *link)
{
	if (!link)
		return;
	for (unsigned int i = 0; i < link->waiting_fds; i++)
		close(link->waiting[i].fd);
	for (int *fd = link->fd; fd < link->fd + LINK_FDS; fd++)
		if (*fd >= 0)
			close(*fd);
	link->memory = unmap_if_last(link->memory);
	free(link);
}

void dmmu_link_close(struct dmmu_link *link)
{
	struct dmmu_msg bye = {.kind = DMMU_MSG_BYE};

	if (link && link->memory)
		dmmu_link_send(link, &bye);
	dmmu_link_drop(link);
}

static void wake_peer(struct dmmu_link *link)
{
	uint64_t one = 1;

	/* EAGAIN means that the counter is full, thus readable: the peer wakes anyway. */
	if (write(link->fd[LINK_PEER_EVENT], &one, sizeof(one)) < 0 && errno != EAGAIN)
		link_break(link, "cannot wake the peer");
}

void link_break(struct dmmu_link *link, const char *why)
{
	if (!link->error)
		link->error = why;
}

bool dmmu_link_send(struct dmmu_link *link, const struct dmmu_msg *msg)
{
	if (link->error)
		return false;
	switch (dmmu_ring_push(&link->out, msg)) {
	case DMMU_RING_OK:
		link->starved = false;
		if (dmmu_ring_consumer_sleeps(&link->out))
			wake_peer(link);
		return true;
	case DMMU_RING_NOTHING:
		link->starved = true;
		return false;
	default:
		link_break(link, "the peer's ring index is impossible");
		return false;
	}
}

bool dmmu_link_room(struct dmmu_link *link)
{
	enum dmmu_ring_result room;

	if (link->error)
		return false;
	room = dmmu_ring_room(&link->out);
	if (room == DMMU_RING_BAD)
		link_break(link, "the peer's ring index is impossible");
	link->starved = room == DMMU_RING_NOTHING;
	return room == DMMU_RING_OK;
}

bool dmmu_link_recv(struct dmmu_link *link, struct dmmu_msg *msg)
{
	const char *wrong;

	if (link->bad)
		return false;
	switch (dmmu_ring_pop(&link->in, msg)) {
	case DMMU_RING_OK:
		break;
	case DMMU_RING_NOTHING:
		return false;
	default:
		link->bad = true;
		link_break(link, "the peer's ring index is impossible");
		return false;
	}
	if (dmmu_ring_producer_waits(&link->in))
		wake_peer(link);
	wrong = dmmu_msg_check(msg, link->front);
	if (wrong || msg->kind == DMMU_MSG_BYE) {
		link->bad = true;
		if (wrong)
			link_break(link, wrong);
		else /* says more than that the socket is closed, which may be known already */
			link->error = "the peer ended in order";
		return false;
	}
	return true;
}

bool dmmu_link_arm(struct dmmu_link *link)
{
	uint64_t count;
	enum dmmu_ring_result room = DMMU_RING_NOTHING, message;

	/* Before the flags are set, so that nothing that comes after them is thrown away. */
	if (read(link->fd[LINK_OWN_EVENT], &count, sizeof(count)) < 0 && errno != EAGAIN)
		link_break(link, "cannot read the event descriptor");
	if (link->bad)
		return true;
	message = dmmu_ring_sleep(&link->in);
	if (link->starved && !link->error)
		room = dmmu_ring_want_room(&link->out);
	if (message == DMMU_RING_BAD || room == DMMU_RING_BAD) {
		link->bad = true;
		link_break(link, "the peer's ring index is impossible");
		return true;
	}
	return message == DMMU_RING_NOTHING && room == DMMU_RING_NOTHING;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

bool dmmu_link_broken(struct dmmu_link *link)
{
	struct pollfd sock = {.fd = link->fd[LINK_SOCKET], .events = POLLRDHUP};

	if (!link->error && poll(&sock, 1, 0) > 0)
		link_break(link, "the peer is gone");
	return link->error;
}

int dmmu_link_wait_also(struct dmmu_link *link, int timeout_ms, int also)
{
	int64_t until = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;

	for (;;) {
		struct pollfd fds[3] = {
			{.fd = link->fd[LINK_OWN_EVENT], .events = POLLIN},
			{.fd = link->fd[LINK_SOCKET], .events = POLLRDHUP},
			{.fd = also, .events = POLLIN},
		};
		int64_t left = timeout_ms < 0 ? -1 : until - now_ms();

		if (!dmmu_link_arm(link))
			return 1;
		if (link->error)
			return -1;
		if (atomic_exchange(&link->woken, 0) || (timeout_ms >= 0 && left < 0))
			return 0;
		if (poll(fds, 3, (int)left) < 0 || fds[2].revents)
			return 0;
		/* What was sent before the peer died comes first, hence another look. */
		if (fds[1].revents)
			link_break(link, "the peer is gone");
	}
}

int dmmu_link_wait(struct dmmu_link *link, int timeout_ms)
{
	return dmmu_link_wait_also(link, timeout_ms, -1);
}

void dmmu_link_fds(struct dmmu_link *link, int *event_fd, int *socket_fd)
{
	*event_fd = link->fd[LINK_OWN_EVENT];
	*socket_fd = link->fd[LINK_SOCKET];
}

void dmmu_link_wake(struct dmmu_link *link)
{
	uint64_t one = 1;
	int saved = errno;

	atomic_store(&link->woken, 1);
	if (write(link->fd[LINK_OWN_EVENT], &one, sizeof(one)) < 0)
		errno = EAGAIN; /* full, thus readable */
	errno = saved;
}

const char *dmmu_link_error(struct dmmu_link *link)
{
	return link->error ? link->error : "no error";
}

void dmmu_link_dma_gate(struct dmmu_link *link, bool open)
{
	atomic_store(&link->memory->shared->dma_open, open);
}

bool dmmu_link_dma_open(struct dmmu_link *link)
{
	return atomic_load_explicit(&link->memory->shared->dma_open, memory_order_acquire);
}
