// SPDX-License-Identifier: GPL-2.0
/*
 * One batch of pages from local memory to the host.
 *
 * Each gets a host page with its content, or stays: none ever has another content. What was lost
 * with its device never moves. When a batch cannot be copied its pages are tried one by one, and a
 * huge page for which the host has none comes by parts, where the kernel can split it.
 */
#include <linux/hmm.h>
#include <linux/huge_mm.h>
#include <linux/log2.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"
#include "trace.h"

/* Huge ones are worth a try, no more. Only without a mapping they cannot be split: try harder. */
struct page *dmmu_host_page(struct dmmu_dev *dev, struct vm_area_struct *vma,
			    unsigned long va, bool whole)
{
	gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_NOWARN;
	struct folio *folio;

	if (!whole)
		return vma ? alloc_page_vma(gfp, vma, va) : alloc_page(gfp);
	if (dmmu_fails_whole(dev))
		return NULL;
	gfp = GFP_TRANSHUGE | (vma ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL);
	folio = dmmu_alloc_folio(gfp, ilog2(DMMU_WHOLE_PAGES), vma, va);
	return folio ? folio_page(folio, 0) : NULL;
}

void dmmu_drop_host(unsigned long *dst)
{
	struct page *page = migrate_pfn_to_page(*dst);

	*dst = 0;
	unlock_page(page);
	put_page(page);
}

/*
 * Copy pages out; when the batch fails, one by one, so that one bad page does not hold the others.
 */
static void dmmu_copy_out(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n)
{
	unsigned int i;

	if (dmmu_copy_pages(dev, op, n) == -EIO && n > 1)
		for (i = 0; i < n; i++)
			dmmu_copy_pages(dev, &op[i], 1);
}

/*
 * The middle step on the way home: a host page with the content of each local page in @src. What
 * does not get one stays. @error, if not NULL, is why page @which did not. Returns whether a huge
 * page stays that could come in parts.
 */
bool dmmu_bring_home(struct dmmu_dev *dev, const unsigned long *src, unsigned long *dst,
		     struct dmmu_copy_op *op, unsigned int n, struct vm_area_struct *vma,
		     unsigned long start, unsigned int which, int *error)
{
	bool parts = false, whole;
	unsigned int i, todo = 0;

	for (i = 0; i < n; i++) {
		struct page *from = migrate_pfn_to_page(src[i]), *to;
		int ret = -EIO;

		dst[i] = 0;
		if (!from || !(src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		to = NULL;
		whole = dmmu_moves_whole(src[i]);
		if (!dmmu_local_lost(from)) {
			to = dmmu_host_page(dev, vma, start + i * PAGE_SIZE, whole);
			ret = to ? 0 : -ENOMEM;
			parts |= whole && !to;
		}
		if (error && which - i < dmmu_entry_pages(src[i]))
			*error = ret;
		if (!to)
			continue;
		lock_page(to);
		dst[i] = dmmu_dst(to, src[i]);
		if (whole) {
			dst[i] |= DMMU_PFN_WHOLE;
			dmmu_whole_ops(&op[todo], to, dmmu_local_offset(from), DMMU_COPY_OUT, i);
			todo += DMMU_WHOLE_PAGES;
			continue;
		}
		op[todo++] = (struct dmmu_copy_op){
			.host = to,
			.local = dmmu_local_offset(from),
			.dir = DMMU_COPY_OUT,
			.at = i,
		};
	}
	dmmu_copy_out(dev, op, todo);
	for (i = 0; i < todo; i++) {
		/* Of a huge page one bad part is enough. */
		if (!op[i].error || !dst[op[i].at])
			continue;
		whole = dmmu_moves_whole(src[op[i].at]);
		parts |= whole;
		if (error && (whole || op[i].at == which))
			*error = op[i].error;
		dmmu_drop_host(&dst[op[i].at]);
	}
	return parts;
}

/* As dmmu_move_out(), or -EAGAIN: something can be done without @select only. */
int dmmu_move_out_as(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
		     unsigned long end, unsigned long select, struct dmmu_move *m,
		     struct dmmu_migrate_result *res)
{
	struct migrate_vma args = {
		.vma = vma,
		.start = start,
		.end = end,
		.src = m->src,
		.dst = m->dst,
		.pgmap_owner = dmmu_local_owner(dev),
		.flags = select | dmmu_local_select(dev),
	};
	unsigned int moved;
	bool parts;
	int ret;

	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	parts = dmmu_bring_home(dev, args.src, args.dst, m->op, args.npages, vma, start, 0, NULL);
	migrate_vma_pages(&args);
	moved = dmmu_went_home(dev, args.src, args.dst, args.npages);
	migrate_vma_finalize(&args);
	res->moved += moved;
	trace_dmmu_migrate(dev->id, DMMU_MIGRATE_TO_HOST, start, args.npages, moved, 0);
	return parts ? -EAGAIN : 0;
}

int dmmu_move_out(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
		  unsigned long end, struct dmmu_move *m, struct dmmu_migrate_result *res)
{
	unsigned long select = dmmu_local_coherent(dev) ? 0 : dmmu_select_whole(start, end);
	int ret;

	if (m->as_one && !select)
		return 0;
	ret = dmmu_move_out_as(dev, vma, start, end, select, m, res);
	if (ret == -EAGAIN && select && !m->as_one)
		ret = dmmu_move_out_as(dev, vma, start, end, 0, m, res);
	return ret == -EAGAIN ? 0 : ret;
}

/* Which other device has @page in coherent memory? With @own, this context's counts, too. */
static struct dmmu_dev *dmmu_has_elsewhere(struct dmmu_ctx *ctx, struct page *page, bool own)
{
	if (own && is_device_coherent_page(page) && dmmu_local_has(ctx->dev, page))
		return ctx->dev;
	return dmmu_local_other(ctx->dev, page);
}

/*
 * Does another device have a page of @range, or with @own any in coherent memory? Then that device,
 * with a reference; NULL when not, -EBUSY when the range is out of date.
 */
static struct dmmu_dev *dmmu_find_elsewhere(struct dmmu_ctx *ctx, const struct hmm_range *range,
					    bool own)
{
	struct dmmu_dev *other = NULL;
	unsigned long i;

	/* As in dmmu_count_found(): under the lock the pages cannot go away. */
	mutex_lock(&ctx->pt_lock);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq))
		other = ERR_PTR(-EBUSY);
	for (i = 0; !other && i < (range->end - range->start) >> PAGE_SHIFT; i++)
		if (dmmu_hmm_has_page(range->hmm_pfns[i]))
			other = dmmu_has_elsewhere(ctx, hmm_pfn_to_page(range->hmm_pfns[i]), own);
	if (!IS_ERR_OR_NULL(other))
		kref_get(&other->ref);
	mutex_unlock(&ctx->pt_lock);
	return other;
}

/*
 * Bring home what @dev has of [@start, @end), so that it is found there. Returns -EBUSY: look
 * again; or -ENOMEM. Called with mmap_lock.
 */
static int dmmu_fetch(struct dmmu_ctx *ctx, struct dmmu_dev *dev, unsigned long start,
		      unsigned long end)
{
	struct dmmu_move *m = dmmu_move_alloc(GFP_KERNEL_ACCOUNT);
	struct dmmu_migrate_result res = {};
	unsigned long at = start, next;
	struct vm_area_struct *vma;

	while (m && (vma = find_vma_intersection(ctx->mm, at, end))) {
		at = max(at, vma->vm_start);
		next = min3(vma->vm_end, end, at + DMMU_COPY_BATCH * PAGE_SIZE);
		dmmu_move_out(dev, vma, at, next, m, &res);
		at = next;
	}
	kvfree(m);
	return m ? -EBUSY : -ENOMEM;
}

static int dmmu_fetch_found(struct dmmu_ctx *ctx, const struct hmm_range *range, bool own)
{
	struct dmmu_dev *other = dmmu_find_elsewhere(ctx, range, own);
	int ret;

	if (IS_ERR_OR_NULL(other))
		return PTR_ERR_OR_ZERO(other);
	ret = dmmu_fetch(ctx, other, range->start, range->end);
	dmmu_dev_put(other);
	return ret;
}

/*
 * What hmm_range_fault() found in @range may be in the coherent memory of another device. A CPU
 * reaches it there, this device does not: bring it home. Returns 0 when there is nothing of that
 * kind, -EBUSY when there was: look again. Called with mmap_lock.
 */
int dmmu_fetch_from_other(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	return dmmu_fetch_found(ctx, range, false);
}

/*
 * The same for pages that are about to be taken from the CPUs: they must not be in any coherent
 * memory. The kernel, when it looks whether such a page can leave (migrate_device_range()) and
 * cannot, takes the entry that keeps CPUs away for one of a migration: remove_migration_ptes() puts
 * the CPU's entry back without a word, and one reference more than anybody drops.
 */
int dmmu_fetch_all(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	return dmmu_fetch_found(ctx, range, true);
}

/* The same for the one page at @va, which this device has. */
int dmmu_fetch_own(struct dmmu_ctx *ctx, unsigned long va)
{
	return dmmu_fetch(ctx, ctx->dev, va, va + PAGE_SIZE);
}
