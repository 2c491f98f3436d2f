// SPDX-License-Identifier: GPL-2.0
/*
 * dma_maps.c: an unsorted list; a guest without IOMMU has a handful, and one with an IOMMU changes
 * them one by one, each at the price of a message.
 */
#include "dma_maps.h"
#include "dmmu_link.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int check(const struct dma_maps *maps, const struct dma_map *map)
{
	uint64_t end;

	if (!map->size || __builtin_add_overflow(map->iova, map->size, &end) || !map->flags ||
	    map->flags & ~(DMMU_MSG_F_READ | DMMU_MSG_F_WRITE))
		return EINVAL;
	for (size_t i = 0; i < maps->count; i++)
		if (maps->map[i].iova < end && map->iova < maps->map[i].iova + maps->map[i].size)
			return EEXIST;
	return maps->count == DMA_MAPS_MAX ? ENOSPC : 0;
}

int dma_maps_add(struct dma_maps *maps, const struct dma_map *map)
{
	int err = check(maps, map);

	if (!err && maps->count == maps->room) {
		size_t room = maps->room ? maps->room * 2 : 16;
		struct dma_map *grown = realloc(maps->map, room * sizeof(*grown));

		if (grown) {
			maps->map = grown;
			maps->room = room;
		} else {
			err = ENOMEM;
		}
	}
	if (err) {
		if (map->fd >= 0)
			close(map->fd);
		return err;
	}
	maps->map[maps->count++] = *map;
	return 0;
}

static void drop(struct dma_maps *maps, size_t at)
{
	if (maps->map[at].fd >= 0)
		close(maps->map[at].fd);
	maps->map[at] = maps->map[--maps->count];
}

void dma_maps_undo_add(struct dma_maps *maps)
{
	drop(maps, maps->count - 1);
}

int dma_maps_inside(const struct dma_maps *maps, uint64_t iova, uint64_t size, size_t *shared)
{
	uint64_t end;

	*shared = 0;
	if (!size || __builtin_add_overflow(iova, size, &end))
		return EINVAL;
	for (size_t i = 0; i < maps->count; i++) {
		const struct dma_map *map = &maps->map[i];

		if (map->iova >= end || map->iova + map->size <= iova)
			continue;
		if (map->iova < iova || map->iova + map->size > end)
			return EINVAL;
		*shared += map->fd >= 0;
	}
	return 0;
}

void dma_maps_remove(struct dma_maps *maps, uint64_t iova, uint64_t size)
{
	for (size_t i = maps->count; i-- > 0;)
		if (maps->map[i].iova >= iova && maps->map[i].iova - iova < size)
			drop(maps, i);
}

void dma_maps_clear(struct dma_maps *maps)
{
	while (maps->count)
		drop(maps, maps->count - 1);
	free(maps->map);
	*maps = (struct dma_maps){0};
}
