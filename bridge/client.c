// SPDX-License-Identifier: GPL-2.0
/*
 * client.c: framing. A message's header is read first and then exactly its body, so that
 * descriptors, which the kernel attaches to bytes, are counted to the right message.
 */
#include "client.h"
#include "device_link.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * QEMU gives up on a message after 5 s and with it on the device, for good. When requests queue up,
 * that time runs for all of them, so the patience is counted from when the client may have begun to
 * wait.
 */
#define CLIENT_PATIENCE_MS 4000
#define REPLY_TIMEOUT_MS   1000

void client_init(struct client *client)
{
	client->fd = -1;
	client->have = 0;
	client->nfds = 0;
	client->mark = 0;
	client->mark_left = 0;
}

void client_connected(struct client *client, int fd, const struct vfio_user_device *device)
{
	client_init(client);
	client->fd = fd;
	client->server = (struct vfio_user){.device = device};
}

static void close_fds(struct client *client)
{
	for (int i = 0; i < client->nfds; i++)
		if (client->fds[i] >= 0)
			close(client->fds[i]);
	client->nfds = 0;
}

void client_drop(struct client *client)
{
	close_fds(client);
	if (client->fd >= 0)
		close(client->fd);
	client_init(client);
}

/* Adds the descriptors of one recvmsg(). False: more than a message may have. */
static bool collect_fds(struct client *client, struct msghdr *msg)
{
	bool good = !(msg->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (client->nfds < VFIO_USER_MAX_FDS) {
				client->fds[client->nfds++] = fd;
			} else {
				close(fd);
				good = false;
			}
		}
	}
	return good;
}

enum progress { READ_ALL, READ_SOME, READ_END, READ_BAD };

/* Reads until `want` bytes are there. */
static enum progress read_until(struct client *client, size_t want, const char **why)
{
	while (client->have < want) {
		struct iovec iov = {client->in + client->have, want - client->have};
		union {
			char bytes[CMSG_SPACE((VFIO_USER_MAX_FDS + 1) * sizeof(int))];
			struct cmsghdr align;
		} control;
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t got = recvmsg(client->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? READ_SOME : READ_END;
		if (!collect_fds(client, &msg)) {
			*why = "too many descriptors with one message";
			return READ_BAD;
		}
		if (!got)
			return READ_END;
		client->have += (size_t)got;
	}
	return READ_ALL;
}

static bool send_reply(struct client *client, const char **why)
{
	struct vfio_user_reply *reply = &client->reply;
	int64_t until = now_ms() + REPLY_TIMEOUT_MS;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	size_t sent = 0;

	while (sent < reply->size) {
		struct iovec iov = {reply->bytes + sent, reply->size - sent};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
		struct pollfd writable = {.fd = client->fd, .events = POLLOUT};
		ssize_t got;

		if (!sent && reply->fd >= 0) {
			control.align.cmsg_level = SOL_SOCKET;
			control.align.cmsg_type = SCM_RIGHTS;
			control.align.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.align), &reply->fd, sizeof(int));
			msg.msg_control = control.bytes;
			msg.msg_controllen = sizeof(control.bytes);
		}
		got = sendmsg(client->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (got > 0) {
			sent += (size_t)got;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR) {
			*why = "it is gone";
			return false;
		}
		if (now_ms() >= until || poll(&writable, 1, (int)(until - now_ms())) == 0) {
			*why = "it does not read its replies";
			return false;
		}
	}
	return true;
}

static size_t queued(const struct client *client)
{
	int bytes;

	return ioctl(client->fd, FIONREAD, &bytes) ? 0 : (size_t)bytes;
}

/*
 * When a message was sent is not known, but what was not queued at some moment was sent after it.
 * So at a mark the time and the bytes queued are noted, and when those are consumed, the mark's
 * time holds for what follows and the next mark is made. A client that waits for each answer has
 * its full patience each time, one that queues messages has it for all that were queued together,
 * and a stream of posted writes never looks older than one socket buffer.
 */
static int64_t sent_after(struct client *client)
{
	int64_t now = now_ms();

	if (client->have <= client->mark_left) {
		client->mark_left -= client->have;
		return client->sent_after;
	}
	client->sent_after = client->mark ? client->mark : now;
	client->mark = now;
	client->mark_left = queued(client);
	return client->sent_after;
}

static bool answer(struct client *client, int64_t *deadline, const char **why)
{
	bool good;

	*deadline = sent_after(client) + CLIENT_PATIENCE_MS;
	good = vfio_user_handle(&client->server, client->in, client->have, client->fds,
				client->nfds, &client->reply, why);
	close_fds(client);
	client->have = 0;
	if (!good || !send_reply(client, why))
		return false;
	if (!queued(client)) {
		client->mark = 0;
		client->mark_left = 0;
	}
	return true;
}

bool client_serve(struct client *client, int64_t *deadline)
{
	const char *why = "it disconnected";
	enum progress progress = read_until(client, VFIO_USER_HEADER_BYTES, &why);
	bool good;

	if (progress == READ_ALL) {
		size_t size = vfio_user_message_size(client->in);

		if (!size) {
			why = "impossible message size";
			progress = READ_BAD;
		} else {
			progress = read_until(client, size, &why);
		}
	}
	if (progress == READ_SOME)
		return true;
	good = progress == READ_ALL && answer(client, deadline, &why);
	if (!good)
		log_info("client dropped: %s", why);
	return good;
}
