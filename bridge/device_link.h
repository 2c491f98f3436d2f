/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device_link.h: the device behind the link, as the rest of the bridge sees it: always there, but
 * sometimes without an answer. docs/link-protocol.md tells the life cycle; in short:
 *
 *   ABSENT   no device is connected
 *   SYNCING  one is connected and is being reset and told the guest's memory
 *   UP       it serves requests
 *   STUCK    it let a request pass its time. The DMA gate is closed, and nothing is asked of it any
 *            more; a reset waits in its ring. When it answers that, it is SYNCING.
 *
 * A request never takes longer than the smaller of the time limit and the client's deadline, and
 * takes no time at all when the device is ABSENT or STUCK.
 */
#ifndef DMMU_DEVICE_LINK_H
#define DMMU_DEVICE_LINK_H

#include "dma_maps.h"
#include "dmmu_link.h"

enum device_state { DEVICE_ABSENT, DEVICE_SYNCING, DEVICE_UP, DEVICE_STUCK };

struct device_link {
	int listen_fd;
	struct dmmu_link *link; /* NULL: ABSENT */
	enum device_state state;
	struct dmmu_link_offer offer;
	int timeout_ms;
	int64_t client_deadline; /* ms of now_ms(): when the client's patience ends */
	const struct dma_maps *maps;
	bool bus_master; /* what the guest wants */
	void (*on_irq)(void *arg, uint64_t vector);
	void *on_irq_arg;

	uint32_t next_tag, next_fd_id;
	/* Synchronization: where it stands, and the tag of the reset it waits for. */
	int sync_step;
	size_t sync_map;
	uint32_t sync_tag;
};

int64_t now_ms(void);

bool device_link_init(struct device_link *dev, const char *path, uint64_t local_bytes,
		      const struct dma_maps *maps, int timeout_ms);
void device_link_end(struct device_link *dev);

/* Something happened on the listening socket or the link (or nothing; calling it is harmless). */
void device_link_accept(struct device_link *dev);
void device_link_serve(struct device_link *dev);
/* Before poll(): false when there is something to serve already. */
bool device_link_arm(struct device_link *dev);

/* Waits, in bounded time, for a synchronization under way. Before the list of maps is changed. */
void device_link_settle(struct device_link *dev);

/* Requests. TIMEOUT also stands for a device that is absent, stuck or died. */
enum dmmu_msg_status device_link_read(struct device_link *dev, uint8_t bar, uint64_t addr,
				      uint32_t size, uint64_t *data);
void device_link_write(struct device_link *dev, uint8_t bar, uint64_t addr, uint32_t size,
		       uint64_t data);
enum dmmu_msg_status device_link_map(struct device_link *dev, const struct dma_map *map);
/* When it returns, the device has let go of the memory, or is kept from it by the gate. */
void device_link_unmap(struct device_link *dev, uint64_t iova, uint64_t size);
void device_link_set_bus_master(struct device_link *dev, bool on);
/* Also ends bus mastering. */
void device_link_reset(struct device_link *dev, enum dmmu_reset_kind kind);
/* The client is gone: take everything from the device, without waiting for it. */
void device_link_forget_guest(struct device_link *dev);

#endif /* DMMU_DEVICE_LINK_H */
