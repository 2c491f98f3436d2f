/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfio_user.h: the messages of vfio-user (QEMU's docs/interop/vfio-user.rst), server side.
 *
 * vfio_user_handle() is given one whole message and the descriptors that came with it, calls what
 * the device can do through struct vfio_user_device, and makes the reply. It knows no socket, so
 * that a fuzzer can call it.
 */
#ifndef DMMU_VFIO_USER_H
#define DMMU_VFIO_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFIO_USER_HEADER_BYTES 16u
#define VFIO_USER_MAX_TRANSFER 65536u /* bytes of data in a region access */
#define VFIO_USER_MAX_MESSAGE  (VFIO_USER_HEADER_BYTES + 16u + VFIO_USER_MAX_TRANSFER)
#define VFIO_USER_MAX_FDS      8

/* What stands behind the protocol. Functions that return int return 0 or an errno. */
struct vfio_user_region {
	uint64_t size; /* 0: there is no such region */
	int mmap_fd;   /* -1: not to be mapped by the client */
};

struct vfio_user_device {
	void *arg;
	struct vfio_user_region (*region)(void *arg, uint32_t index);
	uint32_t (*irq_count)(void *arg, uint32_t index);
	/* [offset, offset + count) is inside the region */
	int (*read)(void *arg, uint32_t region, uint64_t offset, uint8_t *data, uint32_t count);
	int (*write)(void *arg, uint32_t region, uint64_t offset, const uint8_t *data,
		     uint32_t count);
	/* Takes fd, also when it fails; -1: memory that is not shared */
	int (*dma_map)(void *arg, uint64_t iova, uint64_t size, uint64_t offset, uint32_t flags,
		       int fd);
	int (*dma_unmap)(void *arg, uint64_t iova, uint64_t size, bool all);
	/* Sets the descriptors that it keeps to -1 */
	int (*set_irqs)(void *arg, uint32_t index, uint32_t flags, uint32_t start, uint32_t count,
			const uint8_t *data, size_t bytes, int *fds, int nfds);
	void (*reset)(void *arg);
};

struct vfio_user {
	const struct vfio_user_device *device;
	bool version_agreed;
};

struct vfio_user_reply {
	uint8_t bytes[VFIO_USER_MAX_MESSAGE];
	size_t size; /* 0: no reply is due */
	int fd;	     /* to send along, stays the device's; -1: none */
};

/*
 * The size a message claims, from its first 16 bytes; 0 when no message can have it. Then
 * vfio_user_handle(): false when the client is to be dropped, *why says for what. Descriptors that
 * were kept are -1 afterwards; the caller closes the others.
 */
size_t vfio_user_message_size(const uint8_t *header);
bool vfio_user_handle(struct vfio_user *server, const uint8_t *message, size_t size, int *fds,
		      int nfds, struct vfio_user_reply *reply, const char **why);

#endif /* DMMU_VFIO_USER_H */
