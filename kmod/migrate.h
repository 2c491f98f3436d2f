/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One batch of a migration, as the files share it that move pages to local memory and back.
 *
 * See migrate.c for the three steps of a batch, and for what a huge page is in one.
 */
#ifndef DMMU_MIGRATE_H
#define DMMU_MIGRATE_H

#include <linux/align.h>
#include <linux/migrate.h>

#include "drv.h"

/* Pages copied at once from one device to another. */
#define DMMU_ACROSS_PAGES 64U

/* The buffers of a batch. */
struct dmmu_move {
	unsigned int tries;	/* that were made to move what comes next */
	bool whole;		/* op[] is one huge page, page[0] its place */
	bool as_one;		/* a huge page moves as one, or not at all */
	unsigned long src[DMMU_COPY_BATCH];
	unsigned long dst[DMMU_COPY_BATCH];
	struct dmmu_copy_op op[DMMU_COPY_BATCH];
	struct page *page[DMMU_COPY_BATCH];
	struct dmmu_copy_op across[DMMU_ACROSS_PAGES];
	struct page *bounce[DMMU_ACROSS_PAGES];
};

static inline void dmmu_moved(struct dmmu_dev *dev, enum dmmu_moved which, unsigned long n)
{
	atomic64_add(n, &dev->moved[which]);
}

/* How many pages an entry of a source or destination array is about. */
static inline unsigned int dmmu_entry_pages(unsigned long entry)
{
	return DMMU_WHOLE && entry & DMMU_PFN_WHOLE ? DMMU_WHOLE_PAGES : 1;
}

/* Is what moves a huge page, or the empty place of one? */
static inline bool dmmu_moves_whole(unsigned long src)
{
	return src & MIGRATE_PFN_MIGRATE && dmmu_entry_pages(src) > 1;
}

/* What to select for [start, end), so that a huge page there moves as a whole. */
static inline unsigned long dmmu_select_whole(unsigned long start, unsigned long end)
{
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE;

	return IS_ALIGNED(start, bytes) && end - start == bytes ? DMMU_SELECT_WHOLE : 0;
}

/* The destination entry for @to, as writable as the source entry says. */
static inline unsigned long dmmu_dst(struct page *to, unsigned long src)
{
	return migrate_pfn(page_to_pfn(to)) | (src & MIGRATE_PFN_WRITE);
}

/* migrate.c */
struct dmmu_move *dmmu_move_alloc(gfp_t gfp);
bool dmmu_fails_whole(struct dmmu_dev *dev);
void dmmu_whole_ops(struct dmmu_copy_op *op, struct page *host, u64 local, enum dmmu_copy_dir dir,
		    unsigned int at);
unsigned int dmmu_arrived(const unsigned long *src, const unsigned long *dst, unsigned int n);
unsigned int dmmu_left(const unsigned long *src, const unsigned long *dst, unsigned int n);
unsigned int dmmu_went_home(struct dmmu_dev *dev, const unsigned long *src,
			    const unsigned long *dst, unsigned int n);
void dmmu_isolate(const unsigned long *pfn, unsigned long *src, unsigned int n);

/* move_in.c */
int dmmu_move_in(struct dmmu_ctx *ctx, struct dmmu_dev *from, struct vm_area_struct *vma,
		 unsigned long start, unsigned long end, struct dmmu_move *m,
		 struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking);

/* move_out.c */
struct page *dmmu_host_page(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long va,
			    bool whole);
void dmmu_drop_host(unsigned long *dst);
bool dmmu_bring_home(struct dmmu_dev *dev, const unsigned long *src, unsigned long *dst,
		     struct dmmu_copy_op *op, unsigned int n, struct vm_area_struct *vma,
		     unsigned long start, unsigned int which, int *error);
int dmmu_move_out_as(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end, unsigned long select, struct dmmu_move *m,
		     struct dmmu_migrate_result *res);
int dmmu_move_out(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
		  unsigned long end, struct dmmu_move *m, struct dmmu_migrate_result *res);

#endif /* DMMU_MIGRATE_H */
