/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a batch of page copies is made of, and which of them the device does as one.
 *
 * Pure functions but for the types, so that the merging can be tested without a device.
 */
#ifndef DMMU_COPY_H
#define DMMU_COPY_H

#include <linux/types.h>

#include "pte.h"

/* Pages of one batch: one doorbell, one interrupt. A 2 MiB page's worth. */
#define DMMU_COPY_BATCH		512U

/*
 * The most that one descriptor moves. The device could do more, but shows no progress within one;
 * this much takes even a slow prototype a fraction of the time it has.
 */
#define DMMU_COPY_MAX_BYTES	(128ULL << 10)

struct page;

enum dmmu_copy_dir {
	DMMU_COPY_IN,	/* host to local */
	DMMU_COPY_OUT,	/* local to host */
	DMMU_COPY_ZERO,	/* zeros to local */
};

/* One page to copy. */
struct dmmu_copy_op {
	struct page *host;	/* NULL for zeros */
	u64 local;		/* byte offset in local memory */
	u64 dma;		/* of @host; copy.c fills it in */
	unsigned int at;	/* the caller's: which page it is about */
	enum dmmu_copy_dir dir;
	int error;		/* out: 0, or why it is not copied */
};

/* Is @b what comes right after @a on both sides? */
static inline bool dmmu_copy_follows(const struct dmmu_copy_op *a, const struct dmmu_copy_op *b)
{
	if (a->dir != b->dir || a->local + DMMU_PAGE_SIZE != b->local)
		return false;
	return a->dir == DMMU_COPY_ZERO || a->dma + DMMU_PAGE_SIZE == b->dma;
}

/* How many pages from the first one descriptor can copy. */
static inline unsigned int dmmu_copy_run(const struct dmmu_copy_op *op, unsigned int n)
{
	unsigned int i;

	if (!n)
		return 0;
	for (i = 1; i < n && (i + 1) * DMMU_PAGE_SIZE <= DMMU_COPY_MAX_BYTES; i++)
		if (!dmmu_copy_follows(&op[i - 1], &op[i]))
			break;
	return i;
}

/*
 * Where in local memory the pages of processes begin: an eighth of it, and 2 MiB at least, is for
 * page tables. The rest is in units of 2 MiB, the smallest piece that can have struct pages.
 * Returns
 * @size when nothing is left for them.
 */
#define DMMU_LOCAL_UNIT		(2ULL << 20)

static inline u64 dmmu_local_split(u64 size)
{
	u64 tables = size / 8 > DMMU_LOCAL_UNIT ? size / 8 : DMMU_LOCAL_UNIT;

	tables = (tables + DMMU_LOCAL_UNIT - 1) & ~(DMMU_LOCAL_UNIT - 1);
	return size >= tables + DMMU_LOCAL_UNIT ? tables : size;
}

#endif /* DMMU_COPY_H */
