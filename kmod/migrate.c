// SPDX-License-Identifier: GPL-2.0
/*
 * What all moves of pages to local memory and back have in common: the mechanics of one batch.
 *
 * Who moves pages: request.c (a program or a hint asks), cpu_fault.c (the CPU touches a page that
 * is in local memory), evict.c (local memory must be made free). move_in.c and move_out.c are the
 * two directions. In each the kernel does the bookkeeping, in three steps: setup locks the pages,
 * takes them out of all CPU page tables and, by the notifier, from all devices; then we copy; then
 * the new pages take the place of the old ones. Until the end of the third step everybody who
 * touches a page waits for it, so a page that could not be copied simply stays where it was.
 *
 * A huge page moves as a whole (DMMU_WHOLE_PAGES pages, one folio, one entry of the arrays) where
 * the kernel can do that and both sides have such a page. Where one has not, it is split and its
 * parts move one by one.
 *
 * Locks: the pages', which the kernel takes by trying, and mmap_lock for reading where there is a
 * range. While they are held we wait for the copy, which ends in bounded time, and allocate host
 * pages.
 */
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"

/* The buffers of a batch, or NULL. Free them by kvfree(). */
struct dmmu_move *dmmu_move_alloc(gfp_t gfp)
{
	struct dmmu_move *m = kvmalloc(sizeof(*m), gfp);

	if (m) {
		m->tries = 0;
		m->as_one = false;
	}
	return m;
}

/* Tests want it not to be had, on either side. */
bool dmmu_fails_whole(struct dmmu_dev *dev)
{
	return atomic_dec_if_positive(&dev->fail_whole) >= 0;
}

/* The copies between a huge page of the host, NULL for zeros, and its place in local memory. */
void dmmu_whole_ops(struct dmmu_copy_op *op, struct page *host, u64 local,
		    enum dmmu_copy_dir dir, unsigned int at)
{
	unsigned int i;

	for (i = 0; i < DMMU_WHOLE_PAGES; i++)
		op[i] = (struct dmmu_copy_op){
			.host = host ? host + i : NULL,
			.local = local + i * PAGE_SIZE,
			.dir = dir,
			.at = at,
		};
}

/*
 * Between the third step and the end of a migration, with the pages locked still: write down which
 * pages in local memory came, or went. Return how many.
 */
unsigned int dmmu_arrived(const unsigned long *src, const unsigned long *dst, unsigned int n)
{
	unsigned int i, moved = 0;

	for (i = 0; i < n; i++) {
		if (!(src[i] & MIGRATE_PFN_MIGRATE) || !dst[i])
			continue;
		dmmu_local_arrived(migrate_pfn_to_page(dst[i]));
		moved += dmmu_entry_pages(dst[i]);
	}
	return moved;
}

unsigned int dmmu_left(const unsigned long *src, const unsigned long *dst, unsigned int n)
{
	unsigned int i, moved = 0;

	for (i = 0; i < n; i++) {
		if (!(src[i] & MIGRATE_PFN_MIGRATE) || !dst[i])
			continue;
		dmmu_local_left(migrate_pfn_to_page(src[i]));
		moved += dmmu_entry_pages(dst[i]);
	}
	return moved;
}

/* As dmmu_left(), of what went to the host, and count it. */
unsigned int dmmu_went_home(struct dmmu_dev *dev, const unsigned long *src,
			    const unsigned long *dst, unsigned int n)
{
	unsigned int moved = dmmu_left(src, dst, n);

	dmmu_moved(dev, DMMU_MOVED_OUT, moved);
	if (moved && dmmu_entry_pages(dst[0]) > 1)
		dmmu_moved(dev, DMMU_MOVED_WHOLE_OUT, 1);
	return moved;
}

/*
 * Isolate the pages of @pfn, runs of neighbours at a time: the kernel takes ranges only. Of what it
 * took, leave those that are not there, or no more: they are unlocked a moment before they are
 * freed, and belong to nobody then.
 */
void dmmu_isolate(const unsigned long *pfn, unsigned long *src, unsigned int n)
{
	unsigned int i, run;

	for (i = 0; i < n; i += run) {
		for (run = 1; i + run < n && pfn[i + run] == pfn[i] + run; run++)
			;
		migrate_device_range(&src[i], pfn[i], run);
	}
	for (i = 0; i < n; i++) {
		struct page *page = migrate_pfn_to_page(src[i]);

		if (page && !dmmu_local_is_there(page))
			src[i] &= ~MIGRATE_PFN_MIGRATE;
	}
}
