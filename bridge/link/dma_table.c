// SPDX-License-Identifier: GPL-2.0
/*
 * dma_table.c: the guest memory a device may touch.
 *
 * A sorted array of mappings that do not overlap, so a lookup is a binary search. Every mapping is
 * checked against its file when it is added, so that an access which find() permits lies inside the
 * file; a guest memory file that shrinks later raises SIGBUS in the device, as it would in QEMU.
 */
#include "dmmu_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below the kernel's default of 65530 maps per process (vm.max_map_count). */
#define MAX_MAPPINGS 32768u

struct mapping {
	uint64_t iova, size;
	uint8_t *here; /* where iova is in this process */
	void *map;     /* what was mapped: from the page that holds the first byte */
	size_t map_bytes;
	unsigned int flags;
};

struct dmmu_dma_table {
	struct mapping *sorted;
	size_t count, room;
};

struct dmmu_dma_table *dmmu_dma_new(void)
{
	return calloc(1, sizeof(struct dmmu_dma_table));
}

void dmmu_dma_free(struct dmmu_dma_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		munmap(table->sorted[i].map, table->sorted[i].map_bytes);
	free(table->sorted);
	free(table);
}

/* Index of the first mapping that ends above iova. */
static size_t first_above(const struct dmmu_dma_table *table, uint64_t iova)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct mapping *m = &table->sorted[middle];

		if (m->iova + m->size <= iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int check_request(uint64_t iova, uint64_t size, uint64_t offset, unsigned int flags)
{
	uint64_t end;

	if (!size || __builtin_add_overflow(iova, size, &end) ||
	    __builtin_add_overflow(offset, size, &end) || end > INT64_MAX)
		return -EINVAL;
	if (!flags || (flags & ~(DMMU_MSG_F_READ | DMMU_MSG_F_WRITE)))
		return -EINVAL;
	return 0;
}

static int map_file(struct mapping *m, int fd, uint64_t offset)
{
	uint64_t page_part = offset & ((uint64_t)sysconf(_SC_PAGESIZE) - 1);
	int prot = PROT_READ | (m->flags & DMMU_MSG_F_WRITE ? PROT_WRITE : 0);
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < offset + m->size)
		return -EINVAL;
	m->map_bytes = m->size + page_part;
	m->map = mmap(NULL, m->map_bytes, prot, MAP_SHARED, fd, (off_t)(offset - page_part));
	if (m->map == MAP_FAILED)
		return -errno;
	m->here = (uint8_t *)m->map + page_part;
	return 0;
}

static int insert(struct dmmu_dma_table *table, size_t at, const struct mapping *m)
{
	if (table->count == MAX_MAPPINGS)
		return -ENOSPC;
	if (table->count == table->room) {
		size_t room = table->room ? table->room * 2 : 16;
		struct mapping *grown = realloc(table->sorted, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		table->sorted = grown;
		table->room = room;
	}
	memmove(&table->sorted[at + 1], &table->sorted[at], (table->count - at) * sizeof(*m));
	table->sorted[at] = *m;
	table->count++;
	return 0;
}

int dmmu_dma_add(struct dmmu_dma_table *table, uint64_t iova, uint64_t size, int fd,
		 uint64_t offset, unsigned int flags)
{
	struct mapping m = {.iova = iova, .size = size, .flags = flags};
	int err = check_request(iova, size, offset, flags);
	size_t at = 0;

	if (!err) {
		at = first_above(table, iova);
		if (at < table->count && table->sorted[at].iova < iova + size)
			err = -EEXIST;
	}
	if (!err)
		err = map_file(&m, fd, offset);
	if (!err) {
		err = insert(table, at, &m);
		if (err)
			munmap(m.map, m.map_bytes);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int dmmu_dma_remove(struct dmmu_dma_table *table, uint64_t iova, uint64_t size)
{
	size_t first, last;
	uint64_t end;

	if (!size || __builtin_add_overflow(iova, size, &end))
		return -EINVAL;
	first = first_above(table, iova);
	for (last = first; last < table->count && table->sorted[last].iova < end; last++)
		if (table->sorted[last].iova < iova ||
		    table->sorted[last].iova + table->sorted[last].size > end)
			return -EINVAL;
	if (first == last)
		return size == DMMU_DMA_EVERYTHING ? 0 : -ENOENT;
	for (size_t i = first; i < last; i++)
		munmap(table->sorted[i].map, table->sorted[i].map_bytes);
	memmove(&table->sorted[first], &table->sorted[last],
		(table->count - last) * sizeof(*table->sorted));
	table->count -= last - first;
	return 0;
}

void *dmmu_dma_find(const struct dmmu_dma_table *table, uint64_t iova, uint64_t len, bool write)
{
	size_t at = first_above(table, iova);
	const struct mapping *m;

	if (at == table->count)
		return NULL;
	m = &table->sorted[at];
	if (iova < m->iova || len > m->size - (iova - m->iova))
		return NULL;
	if (!(m->flags & (write ? DMMU_MSG_F_WRITE : DMMU_MSG_F_READ)))
		return NULL;
	return m->here + (iova - m->iova);
}
