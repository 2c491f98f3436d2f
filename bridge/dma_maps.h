/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma_maps.h: the guest memory the client has allowed, with its descriptors. Kept so that a
 * restarted device can be told all of it again. Mappings never overlap.
 */
#ifndef DMMU_DMA_MAPS_H
#define DMMU_DMA_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DMA_MAPS_MAX 16384u

struct dma_map {
	uint64_t iova, size, offset;
	uint32_t flags; /* DMMU_MSG_F_READ, _WRITE */
	int fd;		/* -1: memory that cannot be shared; the device never learns of it */
};

struct dma_maps {
	struct dma_map *map;
	size_t count, room;
};

/* Takes map->fd, also when it fails. Returns errno: EEXIST overlap, EINVAL, ENOSPC, ENOMEM. */
int dma_maps_add(struct dma_maps *maps, const struct dma_map *map);
/* Takes back the last one added. */
void dma_maps_undo_add(struct dma_maps *maps);
/*
 * Counts the mappings wholly inside [iova, iova + size), shared ones in *shared. EINVAL when one is
 * cut by the range. Then, once the device has let go of them, remove them.
 */
int dma_maps_inside(const struct dma_maps *maps, uint64_t iova, uint64_t size, size_t *shared);
void dma_maps_remove(struct dma_maps *maps, uint64_t iova, uint64_t size);
void dma_maps_clear(struct dma_maps *maps);

#endif /* DMMU_DMA_MAPS_H */
