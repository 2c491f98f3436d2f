// SPDX-License-Identifier: GPL-2.0
/*
 * vfio_user.c: parsing and answering vfio-user messages.
 *
 * A payload is copied into its structure after its size was checked, so nothing is read out of
 * bounds or misaligned. What is wrong inside a message is answered with an errno; a client is
 * dropped only when the stream cannot be trusted any more.
 */
#include "vfio_user.h"
#include "log.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

enum command {
	CMD_VERSION = 1,
	CMD_DMA_MAP = 2,
	CMD_DMA_UNMAP = 3,
	CMD_GET_INFO = 4,
	CMD_GET_REGION_INFO = 5,
	CMD_GET_IRQ_INFO = 7,
	CMD_SET_IRQS = 8,
	CMD_REGION_READ = 9,
	CMD_REGION_WRITE = 10,
	CMD_RESET = 13,
};

/* Protocol versions are 0.x; nothing in 0.1 changes what is used here. */
enum { MAJOR = 0, MINOR = 1 };

enum { TYPE_MASK = 0xf, TYPE_COMMAND = 0, TYPE_REPLY = 1, NO_REPLY = 0x10, ERROR = 0x20 };

struct header {
	uint16_t id, command;
	uint32_t size, flags, error;
};
_Static_assert(sizeof(struct header) == VFIO_USER_HEADER_BYTES, "wire format");

struct dma_map_message {
	uint32_t argsz, flags;
	uint64_t offset, iova, size;
};

struct dma_unmap_message {
	uint32_t argsz, flags;
	uint64_t iova, size;
};

struct region_access {
	uint64_t offset;
	uint32_t region, count;
};

/* A message while it is answered: what is left of its payload, and where the reply goes. */
struct request {
	const struct vfio_user_device *device;
	const uint8_t *payload;
	size_t bytes;
	int *fds;
	int nfds;
	struct vfio_user_reply *reply;
};

static bool take(struct request *req, void *to, size_t bytes)
{
	if (req->bytes < bytes)
		return false;
	memcpy(to, req->payload, bytes);
	req->payload += bytes;
	req->bytes -= bytes;
	return true;
}

static void put(struct request *req, const void *from, size_t bytes)
{
	memcpy(req->reply->bytes + req->reply->size, from, bytes);
	req->reply->size += bytes;
}

static int version(struct vfio_user *server, struct request *req)
{
	/* max_dma_maps is DMA_MAPS_MAX. A subset of what a client may propose, so its proposal, and
	   with it its JSON, does not matter. */
	static const char capabilities[] =
		"{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":65536,"
		"\"pgsizes\":4096,\"max_dma_maps\":16384}}";
	struct {
		uint16_t major, minor;
	} v;

	if (!take(req, &v, sizeof(v)) || v.major != MAJOR || server->version_agreed)
		return EINVAL;
	if (v.minor > MINOR)
		v.minor = MINOR;
	server->version_agreed = true;
	put(req, &v, sizeof(v));
	put(req, capabilities, sizeof(capabilities));
	return 0;
}

static int dma_map(struct request *req)
{
	struct dma_map_message m;
	int fd = -1;

	if (!take(req, &m, sizeof(m)) || req->nfds > 1)
		return EINVAL;
	if (req->nfds) {
		fd = req->fds[0];
		req->fds[0] = -1;
	}
	return req->device->dma_map(req->device->arg, m.iova, m.size, m.offset, m.flags, fd);
}

static int dma_unmap(struct request *req)
{
	struct dma_unmap_message m;
	int err;

	if (!take(req, &m, sizeof(m)) || m.flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL)
		return EINVAL;
	err = req->device->dma_unmap(req->device->arg, m.iova, m.size,
				     m.flags & VFIO_DMA_UNMAP_FLAG_ALL);
	put(req, &m, sizeof(m));
	return err;
}

static int get_info(struct request *req)
{
	const uint32_t info[4] = {
		sizeof(info),
		VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		VFIO_PCI_NUM_REGIONS,
		VFIO_PCI_NUM_IRQS,
	};

	put(req, info, sizeof(info));
	return 0;
}

static int get_region_info(struct request *req)
{
	struct vfio_region_info info;
	struct vfio_user_region region;

	if (!take(req, &info, sizeof(info)) || info.index >= VFIO_PCI_NUM_REGIONS ||
	    info.argsz < sizeof(info))
		return EINVAL;
	region = req->device->region(req->device->arg, info.index);
	info = (struct vfio_region_info){
		.argsz = sizeof(info),
		.index = info.index,
		.size = region.size,
	};
	if (region.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (region.size && region.mmap_fd >= 0) {
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
		req->reply->fd = region.mmap_fd;
	}
	put(req, &info, sizeof(info));
	return 0;
}

static int get_irq_info(struct request *req)
{
	struct vfio_irq_info info;

	if (!take(req, &info, sizeof(info)) || info.index >= VFIO_PCI_NUM_IRQS)
		return EINVAL;
	info = (struct vfio_irq_info){
		.argsz = sizeof(info),
		.index = info.index,
		.count = req->device->irq_count(req->device->arg, info.index),
	};
	if (info.count)
		info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE;
	put(req, &info, sizeof(info));
	return 0;
}

static int set_irqs(struct request *req)
{
	struct vfio_irq_set set;

	if (!take(req, &set, sizeof(set)))
		return EINVAL;
	return req->device->set_irqs(req->device->arg, set.index, set.flags, set.start, set.count,
				     req->payload, req->bytes, req->fds, req->nfds);
}

static bool take_access(struct request *req, struct region_access *access)
{
	uint64_t size;

	if (!take(req, access, sizeof(*access)) || !access->count ||
	    access->count > VFIO_USER_MAX_TRANSFER || access->region >= VFIO_PCI_NUM_REGIONS)
		return false;
	size = req->device->region(req->device->arg, access->region).size;
	return access->offset < size && access->count <= size - access->offset;
}

static int region_read(struct request *req)
{
	struct vfio_user_reply *reply = req->reply;
	struct region_access access;
	int err;

	if (!take_access(req, &access))
		return EINVAL;
	put(req, &access, sizeof(access));
	err = req->device->read(req->device->arg, access.region, access.offset,
				reply->bytes + reply->size, access.count);
	reply->size += access.count;
	return err;
}

static int region_write(struct request *req)
{
	struct region_access access;

	if (!take_access(req, &access) || req->bytes < access.count)
		return EINVAL;
	put(req, &access, sizeof(access));
	return req->device->write(req->device->arg, access.region, access.offset, req->payload,
				  access.count);
}

static int dispatch(struct vfio_user *server, uint16_t command, struct request *req)
{
	switch (command) {
	case CMD_VERSION:
		return version(server, req);
	case CMD_DMA_MAP:
		return dma_map(req);
	case CMD_DMA_UNMAP:
		return dma_unmap(req);
	case CMD_GET_INFO:
		return get_info(req);
	case CMD_GET_REGION_INFO:
		return get_region_info(req);
	case CMD_GET_IRQ_INFO:
		return get_irq_info(req);
	case CMD_SET_IRQS:
		return set_irqs(req);
	case CMD_REGION_READ:
		return region_read(req);
	case CMD_REGION_WRITE:
		return region_write(req);
	case CMD_RESET:
		req->device->reset(req->device->arg);
		return 0;
	default:
		return ENOTSUP;
	}
}

size_t vfio_user_message_size(const uint8_t *bytes)
{
	struct header header;

	memcpy(&header, bytes, sizeof(header));
	return header.size < sizeof(header) || header.size > VFIO_USER_MAX_MESSAGE ? 0
										   : header.size;
}

bool vfio_user_handle(struct vfio_user *server, const uint8_t *message, size_t size, int *fds,
		      int nfds, struct vfio_user_reply *reply, const char **why)
{
	struct request req = {
		.device = server->device,
		.payload = message + sizeof(struct header),
		.bytes = size - sizeof(struct header),
		.fds = fds,
		.nfds = nfds,
		.reply = reply,
	};
	struct header header;
	int err;

	reply->size = 0;
	reply->fd = -1;
	if (size < sizeof(header) || size > VFIO_USER_MAX_MESSAGE) {
		*why = "impossible message size";
		return false;
	}
	memcpy(&header, message, sizeof(header));
	if ((header.flags & TYPE_MASK) == TYPE_REPLY)
		return true; /* nothing was asked of the client; harmless */
	if ((header.flags & TYPE_MASK) != TYPE_COMMAND) {
		*why = "unknown message type";
		return false;
	}
	if (!server->version_agreed && header.command != CMD_VERSION) {
		*why = "the first message is not VERSION";
		return false;
	}
	reply->size = sizeof(header);
	err = dispatch(server, header.command, &req);
	if (!server->version_agreed) {
		*why = "no common protocol version";
		return false;
	}
	log_debug("vfio-user command %u, %zu bytes, %d descriptors: %s", header.command, size, nfds,
		  err ? strerror(err) : "ok");
	if (err) {
		reply->size = sizeof(header);
		reply->fd = -1;
	}
	if (header.flags & NO_REPLY) {
		reply->size = 0;
		reply->fd = -1;
		return true;
	}
	header.flags = TYPE_REPLY | (err ? ERROR : 0);
	header.error = (uint32_t)err;
	header.size = (uint32_t)reply->size;
	memcpy(reply->bytes, &header, sizeof(header));
	return true;
}
