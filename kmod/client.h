/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What dmmu.ko offers other modules (symbol name space DMMU): a process's address space mirrored on
 * a device, copies made there by the device through its MMU, and pages moved to the device and
 * back.
 *
 * A struct dmmu_ctx is what an open /dev/dmmuN is. Calls on one are serialized by the caller,
 * sleep, and are made in the process that opened it, without locks.
 */
#ifndef DMMU_CLIENT_H
#define DMMU_CLIENT_H

#include <linux/types.h>

struct dmmu_ctx;
struct dmmu_dev;
struct page;

struct dmmu_dev *dmmu_client_device(int id);
void dmmu_client_put(struct dmmu_dev *dev);
struct dmmu_ctx *dmmu_client_open(struct dmmu_dev *dev);
void dmmu_client_close(struct dmmu_ctx *ctx);

/*
 * One copy by the device, [src, src + size) to [dst, dst + size). A fault in either
 * range makes all of that range present at once; rounds says how often that was needed.
 */
struct dmmu_client_copy {
	u64 src;
	u64 dst;
	u64 size;
	unsigned int src_rounds; /* out */
	unsigned int dst_rounds; /* out */
	u64 fault_va;		 /* out, when it failed: where */
};

int dmmu_client_copy(struct dmmu_ctx *ctx, struct dmmu_client_copy *copy);
bool dmmu_client_maps(struct dmmu_ctx *ctx, u64 start, u64 end);

/* Can CPUs use the pages that live on the device, so that they need not move for it? */
bool dmmu_client_coherent(struct dmmu_dev *dev);

/* Pages that live on a device. Where none can: -EOPNOTSUPP. */
struct dmmu_client_moved {
	unsigned long moved;
	unsigned long unmapped; /* pages no mapping of which can be read */
};

int dmmu_client_move_in(struct dmmu_ctx *ctx, u64 start, u64 end, struct dmmu_client_moved *res);
int dmmu_client_move_out(struct dmmu_ctx *ctx, u64 start, u64 end, struct dmmu_client_moved *res);
/*
 * Take pages from all CPUs, so that atomics of the device are atomic for everybody, until a CPU
 * touches them. Returns 0 when all of the range is taken.
 */
int dmmu_client_exclusive(struct dmmu_ctx *ctx, u64 start, u64 end);
bool dmmu_client_any_exclusive(struct dmmu_ctx *ctx, u64 start, u64 end);

/* The next huge page is not to be had on the device, or on the host. */
void dmmu_client_fail_whole(struct dmmu_dev *dev);
void dmmu_client_evict_all(struct dmmu_dev *dev);
void *dmmu_client_owner(struct dmmu_dev *dev);
bool dmmu_client_page_is_on(struct dmmu_dev *dev, const struct page *page);
/* The same for all other devices, as far as CPUs can use the page. */
bool dmmu_client_page_is_elsewhere(struct dmmu_dev *dev, const struct page *page);

#endif /* DMMU_CLIENT_H */
