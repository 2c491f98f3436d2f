// SPDX-License-Identifier: GPL-2.0
/*
 * handshake.c: how two processes get from a socket path to the two ends of a link.
 *
 * The device connects and says HELLO; the front end makes fresh link memory, and answers HELLO with
 * four descriptors: link memory, the device's event, the front end's event, local memory. A front
 * end that refuses answers without descriptors, so that the device learns the other's version.
 */
#include "link_end.h"
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION		   ((uint32_t)DMMU_LINK_MAJOR << 16 | DMMU_LINK_MINOR)
#define ACCEPT_TIMEOUT_MS  200
#define CONNECT_TIMEOUT_MS 5000
#define SEALS		   (F_SEAL_SHRINK | F_SEAL_GROW)

/* Descriptors in the front end's HELLO. */
enum { HELLO_MEMORY, HELLO_DEVICE_EVENT, HELLO_FRONT_EVENT, HELLO_LOCAL, HELLO_FDS };
_Static_assert((int)HELLO_FDS == PACKET_FDS, "a packet holds what a HELLO carries");

static void close_keeping_errno(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

static void *fail_link(struct dmmu_link *link)
{
	int saved = errno;

	dmmu_link_close(link);
	errno = saved;
	return NULL;
}

int dmmu_link_memfd(const char *name, uint64_t bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (ftruncate(fd, (off_t)bytes) || fcntl(fd, F_ADD_SEALS, SEALS))) {
		close_keeping_errno(fd);
		return -1;
	}
	return fd;
}

/* A memfd of at least this size that nobody can shrink under our feet. */
static bool sealed_memory(int fd, uint64_t bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & F_SEAL_SHRINK) && !fstat(fd, &st) &&
	       (uint64_t)st.st_size >= bytes;
}

static struct dmmu_link_memory *map_memory(int fd)
{
	struct dmmu_link_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->shared =
		mmap(NULL, sizeof(*memory->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory->shared == MAP_FAILED) {
		free(memory);
		return NULL;
	}
	memory->users = 1;
	return memory;
}

static struct dmmu_link *new_end(bool front, int sock)
{
	struct dmmu_link *link = calloc(1, sizeof(*link));

	if (!link) {
		close_keeping_errno(sock);
		return NULL;
	}
	link->front = front;
	for (int i = 0; i < LINK_FDS; i++)
		link->fd[i] = -1;
	link->fd[LINK_SOCKET] = sock;
	return link;
}

static void attach(struct dmmu_link *link, struct dmmu_link_memory *memory)
{
	link->memory = memory;
	dmmu_ring_init(&link->out, memory->shared,
		       link->front ? DMMU_RING_TO_DEVICE : DMMU_RING_TO_FRONT);
	dmmu_ring_init(&link->in, memory->shared,
		       link->front ? DMMU_RING_TO_FRONT : DMMU_RING_TO_DEVICE);
}

int dmmu_link_listen(const char *path)
{
	return unix_listen(path, SOCK_SEQPACKET);
}

/* Waits for the peer's first packet. False and errno; then no descriptor is left. */
static bool receive_hello(int sock, int timeout_ms, struct dmmu_msg *hello, int *fds, int *count)
{
	struct pollfd readable = {.fd = sock, .events = POLLIN};
	int got;

	*count = 0;
	if (poll(&readable, 1, timeout_ms) <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	got = packet_receive(sock, hello, fds, count);
	if (got < 0 && errno == ECONNRESET) /* said once, before what the peer wrote */
		got = packet_receive(sock, hello, fds, count);
	if (got <= 0) {
		errno = ECONNREFUSED;
		return false;
	}
	if (hello->kind == DMMU_MSG_HELLO && hello->addr == DMMU_LINK_MAGIC &&
	    hello->aux >> 16 == DMMU_LINK_MAJOR)
		return true;
	while (*count)
		close(fds[--*count]);
	errno = EPROTO;
	return false;
}

/* The front end's part once it has the socket: memory and events, without telling the device yet.
 */
static struct dmmu_link *front_end(int sock, const struct dmmu_link_offer *offer, int *memory_fd)
{
	struct dmmu_link *link = new_end(true, sock);
	struct dmmu_link_memory *memory;

	*memory_fd = -1;
	if (!link)
		return NULL;
	if (!sealed_memory(offer->local_fd, offer->local_bytes)) {
		errno = EINVAL;
		return fail_link(link);
	}
	link->fd[LINK_OWN_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	link->fd[LINK_PEER_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*memory_fd = dmmu_link_memfd("dmmu-link", sizeof(struct dmmu_link_shared));
	if (link->fd[LINK_OWN_EVENT] < 0 || link->fd[LINK_PEER_EVENT] < 0 || *memory_fd < 0)
		return fail_link(link);
	memory = map_memory(*memory_fd);
	if (!memory)
		return fail_link(link);
	memory->shared->magic = DMMU_LINK_MAGIC;
	memory->shared->version = VERSION;
	memory->shared->slots = DMMU_LINK_SLOTS;
	memory->shared->bytes = sizeof(*memory->shared);
	attach(link, memory);
	return link;
}

static struct dmmu_msg own_hello(uint64_t local_bytes)
{
	return (struct dmmu_msg){
		.kind = DMMU_MSG_HELLO,
		.addr = DMMU_LINK_MAGIC,
		.aux = VERSION,
		.size = sizeof(struct dmmu_link_shared),
		.data = local_bytes,
	};
}

/* A HELLO without descriptors tells a device which version is spoken here, and to go away. */
static void turn_away(int sock)
{
	struct dmmu_msg hello = own_hello(0);
	int saved = errno;

	packet_send(sock, &hello, NULL, 0);
	close(sock);
	errno = saved;
}

void dmmu_link_refuse(int listen_fd)
{
	int sock = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (sock >= 0)
		turn_away(sock);
}

struct dmmu_link *dmmu_link_accept(int listen_fd, const struct dmmu_link_offer *offer)
{
	int sock = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC), fds[PACKET_FDS], count, memory_fd;
	struct dmmu_msg hello;
	struct dmmu_link *link;
	bool told;

	if (sock < 0)
		return NULL;
	if (!receive_hello(sock, ACCEPT_TIMEOUT_MS, &hello, fds, &count)) {
		if (errno != ETIMEDOUT)
			errno = EPROTO;
		turn_away(sock);
		return NULL;
	}
	while (count) /* a device has none to give */
		close(fds[--count]);
	link = front_end(sock, offer, &memory_fd);
	if (!link) {
		close_keeping_errno(memory_fd);
		return NULL;
	}
	hello = own_hello(offer->local_bytes);
	told = packet_send(sock, &hello,
			   (int[]){memory_fd, link->fd[LINK_PEER_EVENT], link->fd[LINK_OWN_EVENT],
				   offer->local_fd},
			   HELLO_FDS);
	close_keeping_errno(memory_fd);
	return told ? link : fail_link(link);
}

/* What the front end offers must be what the protocol says. */
static bool good_offer(const struct dmmu_msg *hello, const int *fds,
		       const struct dmmu_link_shared *shared)
{
	return hello->size >= sizeof(*shared) && shared->magic == DMMU_LINK_MAGIC &&
	       shared->version >> 16 == DMMU_LINK_MAJOR && shared->slots == DMMU_LINK_SLOTS &&
	       sealed_memory(fds[HELLO_LOCAL], hello->data);
}

struct dmmu_link *dmmu_link_connect(const char *path, struct dmmu_link_offer *offer_out)
{
	struct dmmu_msg hello = own_hello(0);
	struct dmmu_link *link;
	struct dmmu_link_memory *memory;
	int sock = unix_connect(path, SOCK_SEQPACKET, CONNECT_TIMEOUT_MS / 1000);
	int fds[PACKET_FDS], count = 0;

	if (sock < 0)
		return NULL;
	link = new_end(false, sock);
	if (!link)
		return NULL;
	packet_send(sock, &hello, NULL, 0); /* when that fails, the answer says why */
	if (!receive_hello(sock, CONNECT_TIMEOUT_MS, &hello, fds, &count))
		return fail_link(link);
	if (count != HELLO_FDS) {
		while (count)
			close(fds[--count]);
		errno = EBUSY;
		return fail_link(link);
	}
	link->fd[LINK_OWN_EVENT] = fds[HELLO_DEVICE_EVENT];
	link->fd[LINK_PEER_EVENT] = fds[HELLO_FRONT_EVENT];
	link->fd[LINK_LOCAL] = fds[HELLO_LOCAL];
	memory = sealed_memory(fds[HELLO_MEMORY], sizeof(*memory->shared))
			 ? map_memory(fds[HELLO_MEMORY])
			 : NULL;
	close(fds[HELLO_MEMORY]);
	if (memory)
		attach(link, memory);
	if (!memory || !good_offer(&hello, fds, memory->shared)) {
		link_break(link, "the front end's offer is not what the protocol says");
		errno = EPROTO;
		return fail_link(link);
	}
	fcntl(link->fd[LINK_OWN_EVENT], F_SETFL, O_NONBLOCK);
	*offer_out = (struct dmmu_link_offer){link->fd[LINK_LOCAL], hello.data};
	return link;
}

bool dmmu_link_pair(struct dmmu_link *end[2], const struct dmmu_link_offer *offer)
{
	int sock[2], memory_fd;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock))
		return false;
	end[0] = front_end(sock[0], offer, &memory_fd);
	close_keeping_errno(memory_fd);
	if (!end[0]) {
		close_keeping_errno(sock[1]);
		return false;
	}
	end[1] = new_end(false, sock[1]);
	if (!end[1]) {
		fail_link(end[0]);
		return false;
	}
	end[0]->memory->users++;
	attach(end[1], end[0]->memory);
	end[1]->fd[LINK_OWN_EVENT] = fcntl(end[0]->fd[LINK_PEER_EVENT], F_DUPFD_CLOEXEC, 0);
	end[1]->fd[LINK_PEER_EVENT] = fcntl(end[0]->fd[LINK_OWN_EVENT], F_DUPFD_CLOEXEC, 0);
	end[1]->fd[LINK_LOCAL] = fcntl(offer->local_fd, F_DUPFD_CLOEXEC, 0);
	if (end[1]->fd[LINK_OWN_EVENT] < 0 || end[1]->fd[LINK_PEER_EVENT] < 0 ||
	    end[1]->fd[LINK_LOCAL] < 0) {
		fail_link(end[1]);
		fail_link(end[0]);
		return false;
	}
	return true;
}
