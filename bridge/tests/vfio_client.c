// SPDX-License-Identifier: GPL-2.0
/*
 * vfio_client.c: see vfio_client.h.
 */
#include "check.h"
#include "vfio_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

struct vu_header {
	uint16_t id, command;
	uint32_t size, flags, error;
};

int vu_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(sock >= 0);
	strcpy(address.sun_path, path);
	for (int tries = 0; tries < 500; tries++) {
		if (!connect(sock, (struct sockaddr *)&address, sizeof(address)))
			return sock;
		usleep(10000);
	}
	CHECK(!"the server does not listen");
	return -1;
}

void vu_send(int sock, uint16_t id, uint16_t command, uint32_t flags, const void *payload,
	     size_t bytes, const int *fds, int nfds)
{
	struct vu_header header = {id, command, (uint32_t)(sizeof(header) + bytes), flags, 0};
	struct iovec iov[2] = {{&header, sizeof(header)}, {(void *)payload, bytes}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	union {
		char bytes[CMSG_SPACE(64 * sizeof(int))];
		struct cmsghdr align;
	} control = {0};

	if (nfds) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, nfds * sizeof(int));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	}
	CHECK(sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)header.size);
}

static void read_exactly(int sock, void *to, size_t bytes, int *fd)
{
	uint8_t *at = to;

	while (bytes) {
		struct pollfd readable = {.fd = sock, .events = POLLIN};
		struct iovec iov = {at, bytes};
		union {
			char bytes[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} control;
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t got;

		CHECK(poll(&readable, 1, 10000) == 1);
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
		CHECK(got > 0);
		if (CMSG_FIRSTHDR(&msg) && fd)
			memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
		else
			CHECK(!CMSG_FIRSTHDR(&msg));
		at += got;
		bytes -= (size_t)got;
	}
}

int vu_receive(int sock, uint16_t id, uint16_t command, void *reply, size_t room, size_t *got,
	       int *fd)
{
	struct vu_header header;

	if (fd)
		*fd = -1;
	read_exactly(sock, &header, sizeof(header), fd);
	CHECK_EQ(header.id, id);
	CHECK_EQ(header.command, command);
	CHECK_EQ(header.flags & 0xf, 1);
	CHECK(header.size >= sizeof(header));
	if (header.flags & 0x20) {
		CHECK_EQ(header.size, sizeof(header));
		CHECK(header.error);
		return (int)header.error;
	}
	CHECK(header.size - sizeof(header) <= room);
	read_exactly(sock, reply, header.size - sizeof(header), fd);
	if (got)
		*got = header.size - sizeof(header);
	return 0;
}

int vu_call(int sock, uint16_t command, const void *payload, size_t bytes, const int *fds, int nfds,
	    void *reply, size_t room)
{
	static uint16_t id;

	vu_send(sock, ++id, command, 0, payload, bytes, fds, nfds);
	return vu_receive(sock, id, command, reply, room, NULL, NULL);
}

bool vu_closed_by_peer(int sock)
{
	struct pollfd readable = {.fd = sock, .events = POLLIN};
	char byte;

	return poll(&readable, 1, 2000) == 1 && recv(sock, &byte, 1, MSG_DONTWAIT) <= 0;
}

int vu_version(int sock)
{
	char hello[] = "\0\0\1\0{\"capabilities\":{\"max_msg_fds\":8}}", reply[512];

	return vu_call(sock, VU_VERSION, hello, sizeof(hello), NULL, 0, reply, sizeof(reply));
}

struct vu_access {
	uint64_t offset;
	uint32_t region, count;
	uint64_t data;
};

uint64_t vu_read(int sock, uint32_t region, uint64_t offset, uint32_t bytes)
{
	struct vu_access access = {offset, region, bytes, 0}, reply = {0};

	CHECK_EQ(vu_call(sock, VU_REGION_READ, &access, 16, NULL, 0, &reply, sizeof(reply)), 0);
	CHECK(reply.offset == offset && reply.region == region && reply.count == bytes);
	return reply.data;
}

void vu_write(int sock, uint32_t region, uint64_t offset, uint32_t bytes, uint64_t value)
{
	struct vu_access access = {offset, region, bytes, value}, reply;

	CHECK_EQ(vu_call(sock, VU_REGION_WRITE, &access, 16 + bytes, NULL, 0, &reply, 16), 0);
	CHECK(reply.offset == offset && reply.region == region && reply.count == bytes);
}

void vu_post(int sock, uint32_t region, uint64_t offset, uint32_t bytes, uint64_t value)
{
	struct vu_access access = {offset, region, bytes, value};

	vu_send(sock, 0, VU_REGION_WRITE, VU_NO_REPLY, &access, 16 + bytes, NULL, 0);
}

int vu_map(int sock, uint64_t iova, uint64_t size, uint64_t offset, uint32_t flags, int fd)
{
	struct {
		uint32_t argsz, flags;
		uint64_t offset, iova, size;
	} m = {32, flags, offset, iova, size};

	return vu_call(sock, VU_DMA_MAP, &m, sizeof(m), &fd, fd >= 0, NULL, 0);
}

int vu_unmap(int sock, uint64_t iova, uint64_t size, uint32_t flags)
{
	struct {
		uint32_t argsz, flags;
		uint64_t iova, size;
	} m = {24, flags, iova, size}, reply;
	int err = vu_call(sock, VU_DMA_UNMAP, &m, sizeof(m), NULL, 0, &reply, sizeof(reply));

	if (!err)
		CHECK(reply.iova == iova && reply.size == size);
	return err;
}

int vu_set_irqs(int sock, uint32_t flags, uint32_t start, uint32_t count, const int *fds, int nfds)
{
	const uint32_t set[5] = {20, flags, 2, start, count};

	return vu_call(sock, VU_SET_IRQS, set, sizeof(set), fds, nfds, NULL, 0);
}
