// SPDX-License-Identifier: GPL-2.0
/*
 * One batch of pages to local memory: from the host, from another device, or out of nothing.
 *
 * A page that does not exist yet comes into being here, full of zeros. What finds no place, or
 * could not be copied, stays where it is, and the caller is told how many and from where on, so
 * that it can make room. Nothing here makes room itself: pages are locked.
 */
#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "drv.h"
#include "migrate.h"
#include "trace.h"

/*
 * New pages of a batch. Each is charged to a cgroup on the way, and where that is at its limit,
 * each is tried for in vain, for a long time, before a process that is killed for it gets to know.
 */
#define DMMU_NEW_PAGES 64U

/*
 * Is it a page that cannot live in local memory? Of merged ones (KSM) the kernel knows by whom they
 * are used only as long as they are present: mremap could not separate them, and their migration
 * entries would be found no more.
 */
static bool dmmu_wrong_kind(unsigned long src)
{
	struct page *page = migrate_pfn_to_page(src);

	return src & MIGRATE_PFN_MIGRATE && page &&
	       (!PageAnon(page) || folio_test_ksm(page_folio(page)));
}

/*
 * The kernel isolated the page, or found that there is none yet. Others are busy, or there already.
 * @from is the device that the pages are to come from, NULL for the host: where there is no page it
 * has none, and what was lost with it is nothing to copy.
 */
static bool dmmu_may_move_in(unsigned long src, struct dmmu_dev *from)
{
	struct page *page = migrate_pfn_to_page(src);

	if (!(src & MIGRATE_PFN_MIGRATE) || dmmu_wrong_kind(src))
		return false;
	return !from || (page && !dmmu_local_lost(page));
}

/*
 * Give the huge page that moves its place, or the empty place of one that is not there. Returns
 * DMMU_WHOLE_PAGES, or 0 when it has none as a whole, with the reason in @ret: -ENOSPC when it is
 * worth while to make room, -EAGAIN when the page must be split first. Places of pages that are not
 * there have been made single ones then, with no error.
 */
static unsigned int dmmu_place_whole(struct dmmu_ctx *ctx, struct migrate_vma *args,
				     struct dmmu_move *m, int *ret)
{
	struct page *host = migrate_pfn_to_page(args->src[0]), *page = NULL;
	bool wanted = host || args->vma->vm_flags & VM_HUGEPAGE, no_room = false;
	unsigned int i, share = 0;

	*ret = 0;
	while (wanted && share < DMMU_WHOLE_PAGES && dmmu_user_charge(ctx->user, DMMU_QUOTA_PAGES))
		share++;
	if (share == DMMU_WHOLE_PAGES && !dmmu_fails_whole(ctx->dev))
		page = dmmu_local_alloc_whole(ctx->dev, ctx->user, &no_room);
	if (page) {
		m->whole = true;
		m->page[0] = page;
		dmmu_whole_ops(m->op, host, dmmu_local_offset(page),
			       host ? DMMU_COPY_IN : DMMU_COPY_ZERO, 0);
		args->dst[0] = dmmu_dst(page, args->src[0]) | DMMU_PFN_WHOLE;
		return DMMU_WHOLE_PAGES;
	}
	while (share--)
		dmmu_user_uncharge(ctx->user, DMMU_QUOTA_PAGES);
	if (no_room && !m->tries)
		*ret = -ENOSPC;
	else if (host)
		*ret = -EAGAIN;
	else
		for (i = 0; i < DMMU_WHOLE_PAGES; i++)
			args->src[i] = MIGRATE_PFN_MIGRATE;
	return 0;
}

/*
 * Give each page that moves its place, as far as there is room: @done is how many pages from the
 * first have been dealt with, @lacking how many after them found no place. Returns how many move.
 * Making room would not help those for which the user has no share left: they stay.
 */
static unsigned int dmmu_place(struct dmmu_ctx *ctx, struct dmmu_dev *from,
			       struct migrate_vma *args, struct dmmu_move *m,
			       struct dmmu_migrate_result *res, unsigned int *done,
			       unsigned int *lacking)
{
	unsigned int i, n = 0, got, share = 0, fresh = 0;

	for (i = 0; i < args->npages; i++) {
		if (!dmmu_may_move_in(args->src[i], from))
			continue;
		if (!migrate_pfn_to_page(args->src[i]) && fresh++ == DMMU_NEW_PAGES)
			break;
		m->op[n++].at = i;
	}
	while (share < n && dmmu_user_charge(ctx->user, DMMU_QUOTA_PAGES))
		share++;
	got = dmmu_local_alloc(ctx->dev, ctx->user, m->page, share);
	*lacking = share - got;
	*done = got < share ? m->op[got].at : i;
	if (got == share)
		res->skipped[DMMU_SKIP_NO_MEMORY] += n - share;
	while (share > got) {
		dmmu_user_uncharge(ctx->user, DMMU_QUOTA_PAGES);
		share--;
	}
	for (i = 0; i < *done; i++)
		if (dmmu_wrong_kind(args->src[i]))
			res->skipped[DMMU_SKIP_KIND] += dmmu_entry_pages(args->src[i]);
	for (i = 0; i < got; i++) {
		struct dmmu_copy_op *op = &m->op[i];

		op->host = migrate_pfn_to_page(args->src[op->at]);
		op->dir = op->host ? DMMU_COPY_IN : DMMU_COPY_ZERO;
		op->local = dmmu_local_offset(m->page[i]);
		args->dst[op->at] = dmmu_dst(m->page[i], args->src[op->at]);
	}
	return got;
}

/* Where the page that op[i] is about comes from. */
static struct page *dmmu_source(const struct dmmu_move *m, const unsigned long *src, unsigned int i)
{
	return m->whole ? migrate_pfn_to_page(src[0]) + i : migrate_pfn_to_page(src[m->op[i].at]);
}

static void dmmu_drop_bounce(struct dmmu_move *m, unsigned int n)
{
	while (n)
		__free_page(m->bounce[--n]);
}

/* As many pages of our own as there are, at most @n; they belong to no process. */
static unsigned int dmmu_take_bounce(struct dmmu_move *m, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < min(n, DMMU_ACROSS_PAGES); i++) {
		m->bounce[i] = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		if (!m->bounce[i])
			break;
	}
	return i;
}

/*
 * Copy m->op[0..n) from the local memory of @from. One device does not reach the memory of the
 * other on every bus, so each copies between its own and pages of ours. Nobody but the two devices
 * sees those: for the process its page goes from one to the other. Returns 0 or why none of it
 * counts.
 */
static int dmmu_copy_across(struct dmmu_dev *from, struct dmmu_dev *dev, const unsigned long *src,
			    struct dmmu_move *m, unsigned int n)
{
	unsigned int most = dmmu_take_bounce(m, n), i, k, run;
	int ret = n && !most ? -ENOMEM : 0;

	for (i = 0; i < n && !ret; i += run) {
		run = min(n - i, most);
		for (k = 0; k < run; k++) {
			struct dmmu_copy_op *op = &m->op[i + k];

			op->host = m->bounce[k];
			m->across[k] = (struct dmmu_copy_op){
				.host = m->bounce[k],
				.local = dmmu_local_offset(dmmu_source(m, src, i + k)),
				.dir = DMMU_COPY_OUT,
			};
		}
		ret = dmmu_copy_pages(from, m->across, run);
		if (!ret)
			ret = dmmu_copy_pages(dev, &m->op[i], run);
	}
	dmmu_drop_bounce(m, most);
	return ret;
}

/* As dmmu_move_in(), or -EAGAIN: it cannot be done with @select, which makes whole pages move. */
static int dmmu_move_in_as(struct dmmu_ctx *ctx, struct dmmu_dev *from, struct vm_area_struct *vma,
			   unsigned long start, unsigned long end, unsigned long select,
			   struct dmmu_move *m, struct dmmu_migrate_result *res, unsigned int *done,
			   unsigned int *lacking)
{
	struct dmmu_dev *dev = ctx->dev;
	struct migrate_vma args = {
		.vma = vma,
		.start = start,
		.end = end,
		.src = m->src,
		.dst = m->dst,
		.pgmap_owner = from ? dmmu_local_owner(from) : dmmu_local_owner_in(dev),
		.flags = select | (from ? dmmu_local_select(from) : MIGRATE_VMA_SELECT_SYSTEM),
	};
	unsigned int n = 0, i, moved;
	int ret, why = 0;

	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	m->whole = false;
	*done = args.npages;
	*lacking = 0;
	if (dmmu_moves_whole(args.src[0]) && dmmu_may_move_in(args.src[0], from))
		n = dmmu_place_whole(ctx, &args, m, &why);
	if (!n && !why && !m->as_one)
		n = dmmu_place(ctx, from, &args, m, res, done, lacking);
	if (why == -ENOSPC) {
		*done = 0;
		*lacking = DMMU_WHOLE_PAGES;
	}
	if (from)
		ret = dmmu_copy_across(from, dev, args.src, m, n);
	else
		ret = dmmu_copy_pages(dev, m->op, n);
	if (ret) {
		for (i = 0; i < (m->whole ? 1 : n); i++) {
			args.dst[m->op[i].at] = 0;
			dmmu_local_unalloc(m->page[i]);
		}
		res->skipped[DMMU_SKIP_COPY] += n;
	}
	migrate_vma_pages(&args);
	moved = dmmu_arrived(args.src, args.dst, args.npages);
	if (from)
		dmmu_moved(dev, DMMU_MOVED_ACROSS, dmmu_left(args.src, args.dst, args.npages));
	migrate_vma_finalize(&args);
	res->moved += moved;
	dmmu_moved(dev, DMMU_MOVED_IN, moved);
	if (m->whole && moved)
		dmmu_moved(dev, DMMU_MOVED_WHOLE_IN, 1);
	/* The empty place did not become one after all: more than its parts need is charged for. */
	if (m->whole && !moved && !ret && !migrate_pfn_to_page(args.src[0]))
		why = -EAGAIN;
	trace_dmmu_migrate(dev->id, DMMU_MIGRATE_TO_DEVICE, start, args.npages, moved, *lacking);
	return why == -EAGAIN ? why : 0;
}

/*
 * Move what can be of one batch, within one mapping, from host memory or, if @from is not NULL,
 * from the local memory of that device. @done and @lacking as dmmu_place() has them. Returns 0, or
 * an error that says that the whole mapping cannot be moved.
 */
int dmmu_move_in(struct dmmu_ctx *ctx, struct dmmu_dev *from, struct vm_area_struct *vma,
		 unsigned long start, unsigned long end, struct dmmu_move *m,
		 struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking)
{
	unsigned long select = dmmu_select_whole(start, end);
	int ret;

	/* The kernel splits huge pages of private memory only while they are there. */
	if (dmmu_local_coherent(ctx->dev) || (from && dmmu_local_coherent(from)))
		select = 0;
	*done = (end - start) >> PAGE_SHIFT;
	*lacking = 0;
	if (m->as_one && !select)
		return 0;
	ret = dmmu_move_in_as(ctx, from, vma, start, end, select, m, res, done, lacking);
	if (ret == -EAGAIN)
		ret = m->as_one ? 0 : dmmu_move_in_as(ctx, from, vma, start, end, 0, m, res, done,
						      lacking);
	return ret;
}
