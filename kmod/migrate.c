// SPDX-License-Identifier: GPL-2.0
/*
 * Moves pages of processes to local memory and back.
 *
 * Three ways lead here: a program asks (dmmu_migrate_range), the CPU touches a page that is in
 * local memory (dmmu_migrate_to_ram), and local memory must be made free (dmmu_evict). In each the
 * kernel does the bookkeeping, in three steps: setup locks the pages, takes them out of all CPU
 * page tables and, by the notifier, from all devices; then we copy; then the new pages take the
 * place of the old ones. Until the end of the third step everybody who touches a page waits for it,
 * so a page that could not be copied simply stays where it was.
 *
 * A huge page moves as a whole (DMMU_WHOLE_PAGES pages, one folio, one entry of the arrays) where
 * the kernel can do that and both sides have such a page. Where one has not, it is split and its
 * parts move one by one.
 *
 * Locks: the pages', which the kernel takes by trying, and mmap_lock for reading where there is a
 * range. While they are held we wait for the copy, which ends in bounded time, and allocate host
 * pages.
 */
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/hmm.h>
#include <linux/huge_mm.h>
#include <linux/jiffies.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "params.h"
#include "trace.h"

/* Pages for which room is made at once. */
#define DMMU_ROOM_PAGES 64UL

/*
 * New pages of a batch. Each is charged to a cgroup on the way, and where that is at its limit,
 * each is tried for in vain, for a long time, before a process that is killed for it gets to know.
 */
#define DMMU_NEW_PAGES 64U

/* Pages poisoned at once. */
#define DMMU_POISON_PAGES 32U

/* Pages copied at once from one device to another. */
#define DMMU_ACROSS_PAGES 64U

/* Processes of which one may have mapped a page; so many are asked. */
#define DMMU_ASK_MMS 16U

/* The buffers of a batch. */
struct dmmu_move {
	unsigned int tries;	/* that were made to move what comes next */
	bool whole;		/* op[] is one huge page, page[0] its place */
	unsigned long src[DMMU_COPY_BATCH];
	unsigned long dst[DMMU_COPY_BATCH];
	struct dmmu_copy_op op[DMMU_COPY_BATCH];
	struct page *page[DMMU_COPY_BATCH];
	struct dmmu_copy_op across[DMMU_ACROSS_PAGES];
	struct page *bounce[DMMU_ACROSS_PAGES];
};

static void dmmu_moved(struct dmmu_dev *dev, enum dmmu_moved which, unsigned long n)
{
	atomic64_add(n, &dev->moved[which]);
}

/* --- whole pages --- */

/* How many pages an entry of a source or destination array is about. */
static unsigned int dmmu_entry_pages(unsigned long entry)
{
	return DMMU_WHOLE && entry & DMMU_PFN_WHOLE ? DMMU_WHOLE_PAGES : 1;
}

/* Is what moves a huge page, or the empty place of one? */
static bool dmmu_moves_whole(unsigned long src)
{
	return src & MIGRATE_PFN_MIGRATE && dmmu_entry_pages(src) > 1;
}

/* What to select for [start, end), so that a huge page there moves as a whole. */
static unsigned long dmmu_select_whole(unsigned long start, unsigned long end)
{
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE;

	return IS_ALIGNED(start, bytes) && end - start == bytes ? DMMU_SELECT_WHOLE : 0;
}

/* Tests want it not to be had, on either side. */
static bool dmmu_fails_whole(struct dmmu_dev *dev)
{
	return atomic_dec_if_positive(&dev->fail_whole) >= 0;
}

/* The copies between a huge page of the host, NULL for zeros, and its place in local memory. */
static void dmmu_whole_ops(struct dmmu_copy_op *op, struct page *host, u64 local,
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

/* --- to local memory --- */

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

/* The destination entry for @to, as writable as the source entry says. */
static unsigned long dmmu_dst(struct page *to, unsigned long src)
{
	return migrate_pfn(page_to_pfn(to)) | (src & MIGRATE_PFN_WRITE);
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

/*
 * Between the third step and the end of a migration, with the pages locked still: write down which
 * pages in local memory came, or went. Return how many.
 */
static unsigned int dmmu_arrived(const unsigned long *src, const unsigned long *dst, unsigned int n)
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

static unsigned int dmmu_left(const unsigned long *src, const unsigned long *dst, unsigned int n)
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

/* The same, of what went to the host, and count it. */
static unsigned int dmmu_went_home(struct dmmu_dev *dev, const unsigned long *src,
				   const unsigned long *dst, unsigned int n)
{
	unsigned int moved = dmmu_left(src, dst, n);

	dmmu_moved(dev, DMMU_MOVED_OUT, moved);
	if (moved && dmmu_entry_pages(dst[0]) > 1)
		dmmu_moved(dev, DMMU_MOVED_WHOLE_OUT, 1);
	return moved;
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
	if (!n && !why)
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
static int dmmu_move_in(struct dmmu_ctx *ctx, struct dmmu_dev *from, struct vm_area_struct *vma,
			unsigned long start, unsigned long end, struct dmmu_move *m,
			struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking)
{
	unsigned long select = dmmu_select_whole(start, end);
	int ret;

	/* The kernel splits huge pages of private memory only while they are there. */
	if (dmmu_local_coherent(ctx->dev) || (from && dmmu_local_coherent(from)))
		select = 0;
	ret = dmmu_move_in_as(ctx, from, vma, start, end, select, m, res, done, lacking);
	if (ret == -EAGAIN)
		ret = dmmu_move_in_as(ctx, from, vma, start, end, 0, m, res, done, lacking);
	return ret;
}

/* --- to host memory --- */

/* Huge ones are worth a try, no more. Only without a mapping they cannot be split: try harder. */
static struct page *dmmu_host_page(struct dmmu_dev *dev, struct vm_area_struct *vma,
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

static void dmmu_drop_host(unsigned long *dst)
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
static bool dmmu_bring_home(struct dmmu_dev *dev, const unsigned long *src, unsigned long *dst,
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

/*
 * Offer a small page for the first part of a huge one that cannot come home as a whole. The copy is
 * made although it will hardly count: then it is right in any case.
 */
static int dmmu_bring_part(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
			   struct dmmu_move *m)
{
	struct page *to = dmmu_host_page(dev, vma, start, false);
	int ret;

	if (!to)
		return -ENOMEM;
	lock_page(to);
	m->dst[0] = dmmu_dst(to, m->src[0]);
	m->op[0] = (struct dmmu_copy_op){
		.host = to,
		.local = dmmu_local_offset(migrate_pfn_to_page(m->src[0])),
		.dir = DMMU_COPY_OUT,
	};
	ret = dmmu_copy_pages(dev, m->op, 1);
	if (ret)
		dmmu_drop_host(&m->dst[0]);
	return ret;
}

/* As dmmu_move_out(), or -EAGAIN: something can be done without @select only. */
static int dmmu_move_out_as(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
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

static int dmmu_move_out(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, struct dmmu_move *m, struct dmmu_migrate_result *res)
{
	unsigned long select = dmmu_local_coherent(dev) ? 0 : dmmu_select_whole(start, end);
	int ret = dmmu_move_out_as(dev, vma, start, end, select, m, res);

	if (ret == -EAGAIN && select)
		ret = dmmu_move_out_as(dev, vma, start, end, 0, m, res);
	return ret == -EAGAIN ? 0 : ret;
}

/*
 * The CPU touches a huge page that is in local memory. When it cannot come home as one, it stays,
 * but mapped by parts, and the CPU, which comes again, brings the part home that it touches. For
 * that the kernel is offered a small page for the first part. It cannot split the page itself as
 * long as the fault has a reference to it, only its mapping; should it be able to some day, that
 * part has come home.
 */
static vm_fault_t dmmu_migrate_whole_to_ram(struct vm_fault *vmf)
{
	struct dmmu_dev *dev = dmmu_local_dev(vmf->page);
	struct dmmu_move *m = kvmalloc(sizeof(*m), GFP_KERNEL);
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE;
	unsigned long start = ALIGN_DOWN(vmf->address, bytes);
	struct migrate_vma args = {
		.vma = vmf->vma,
		.start = start,
		.end = start + bytes,
		.pgmap_owner = dmmu_local_owner(dev),
		.fault_page = vmf->page,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE | DMMU_SELECT_WHOLE,
	};
	u64 begin = ktime_get_ns();
	vm_fault_t ret = 0;
	unsigned int moved;
	int error = 0;

	if (!m)
		return VM_FAULT_OOM;
	args.src = m->src;
	args.dst = m->dst;
	if (migrate_vma_setup(&args)) {
		ret = VM_FAULT_SIGBUS;
		goto out_free;
	}
	if (!args.cpages)
		goto out_free;
	if (dmmu_bring_home(dev, m->src, m->dst, m->op, args.npages, vmf->vma, start, 0, &error))
		error = dmmu_bring_part(dev, vmf->vma, start, m);
	migrate_vma_pages(&args);
	moved = dmmu_went_home(dev, m->src, m->dst, args.npages);
	migrate_vma_finalize(&args);
	trace_dmmu_cpu_fault(dev->id, vmf->address & PAGE_MASK, args.npages, moved,
			     ktime_get_ns() - begin, error);
	if (error)
		ret = error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
out_free:
	kvfree(m);
	return ret;
}

/*
 * The CPU touches a page that is in local memory: bring it back, and with it those around it in the
 * same mapping. Called by the page fault, with mmap_lock held for reading and a reference to the
 * page.
 */
static vm_fault_t dmmu_migrate_pages_to_ram(struct vm_fault *vmf)
{
	unsigned long src[DMMU_FAULT_BACK_MAX], dst[DMMU_FAULT_BACK_MAX];
	struct dmmu_copy_op op[DMMU_FAULT_BACK_MAX];
	struct dmmu_dev *dev = dmmu_local_dev(vmf->page);
	unsigned long va = vmf->address & PAGE_MASK;
	unsigned long bytes = (unsigned long)dmmu_fault_back() << PAGE_SHIFT;
	struct migrate_vma args = {
		.vma = vmf->vma,
		.start = max(va & ~(bytes - 1), vmf->vma->vm_start),
		.end = min((va & ~(bytes - 1)) + bytes, vmf->vma->vm_end),
		.src = src,
		.dst = dst,
		.pgmap_owner = dmmu_local_owner(dev),
		.fault_page = vmf->page,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
	};
	u64 begin = ktime_get_ns();
	unsigned int which = (va - args.start) >> PAGE_SHIFT, moved;
	int error = 0;

	if (migrate_vma_setup(&args))
		return VM_FAULT_SIGBUS;
	/* Somebody else is at it: come again. */
	if (!args.cpages)
		return 0;
	dmmu_bring_home(dev, src, dst, op, args.npages, vmf->vma, args.start, which, &error);
	migrate_vma_pages(&args);
	moved = dmmu_went_home(dev, src, dst, args.npages);
	migrate_vma_finalize(&args);
	trace_dmmu_cpu_fault(dev->id, va, args.npages, moved, ktime_get_ns() - begin, error);
	if (error == -ENOMEM)
		return VM_FAULT_OOM;
	return error ? VM_FAULT_SIGBUS : 0;
}

/* Without an entry for the page itself it is one for all of a huge page. */
vm_fault_t dmmu_migrate_to_ram(struct vm_fault *vmf)
{
	if (DMMU_WHOLE && !vmf->pte)
		return dmmu_migrate_whole_to_ram(vmf);
	return dmmu_migrate_pages_to_ram(vmf);
}

/* --- making room --- */

/*
 * Isolate the pages of @pfn, runs of neighbours at a time: the kernel takes ranges only. Of what it
 * took, leave those that are not there, or no more: they are unlocked a moment before they are
 * freed, and belong to nobody then.
 */
static void dmmu_isolate(const unsigned long *pfn, unsigned long *src, unsigned int n)
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

/* Processes that use the device, at most DMMU_ASK_MMS, with a reference to their users. */
static unsigned int dmmu_mms(struct dmmu_dev *dev, struct mm_struct **mm)
{
	struct dmmu_ctx *ctx;
	unsigned int n = 0;

	/* As in dmmu_age(). */
	if (!mutex_trylock(&dev->ctx_lock))
		return 0;
	list_for_each_entry(ctx, &dev->ctxs, node)
		if (n < DMMU_ASK_MMS && ctx->mm && mmget_not_zero(ctx->mm))
			mm[n++] = ctx->mm;
	mutex_unlock(&dev->ctx_lock);
	return n;
}

/* Bring home by parts what @mm may have of the huge page that is at @index in its mapping. */
static unsigned long dmmu_move_out_parts(struct dmmu_dev *dev, struct mm_struct *mm, pgoff_t index,
					 struct dmmu_move *m)
{
	struct dmmu_migrate_result res = {};
	struct vm_area_struct *vma;
	unsigned long va, end;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, 0);
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if (!vma->anon_vma || vma->vm_flags & VM_SPECIAL ||
		    index + DMMU_WHOLE_PAGES <= vma->vm_pgoff ||
		    index >= vma->vm_pgoff + vma_pages(vma))
			continue;
		va = vma->vm_start;
		if (index > vma->vm_pgoff)
			va += (index - vma->vm_pgoff) << PAGE_SHIFT;
		end = min(vma->vm_end, va + DMMU_WHOLE_PAGES * PAGE_SIZE);
		dmmu_move_out_as(dev, vma, va, end, 0, m, &res);
	}
	mmap_read_unlock(mm);
	return res.moved;
}

/*
 * The host has no huge page for one in local memory, whose first is @pfn. The kernel splits it only
 * for who comes by a mapping: look for one in the processes that use the device. Where it is, is
 * read without a lock; if that is wrong, other pages come home.
 */
static unsigned int dmmu_evict_parts(struct dmmu_dev *dev, struct dmmu_move *m, unsigned long pfn)
{
	pgoff_t index = page_folio(pfn_to_page(pfn))->index;
	struct mm_struct *mm[DMMU_ASK_MMS];
	unsigned int n = dmmu_mms(dev, mm);
	unsigned long moved = 0;

	while (n--) {
		if (!moved)
			moved = dmmu_move_out_parts(dev, mm[n], index, m);
		mmput(mm[n]);
	}
	return moved;
}

/* One batch of dmmu_evict(). Returns how many went home, and in *@n how many were tried. */
static unsigned int dmmu_evict_batch(struct dmmu_dev *dev, struct dmmu_move *m, unsigned int *n)
{
	unsigned long first;
	unsigned int moved;
	bool parts;

	/* Page frame numbers first go where the destinations come afterwards. */
	*n = dmmu_local_coldest(dev, m->dst, *n, DMMU_COPY_BATCH);
	first = m->dst[0];
	dmmu_isolate(m->dst, m->src, *n);
	parts = dmmu_bring_home(dev, m->src, m->dst, m->op, *n, NULL, 0, 0, NULL);
	migrate_device_pages(m->src, m->dst, *n);
	moved = dmmu_went_home(dev, m->src, m->dst, *n);
	migrate_device_finalize(m->src, m->dst, *n);
	if (parts)
		moved += dmmu_evict_parts(dev, m, first);
	return moved;
}

/*
 * Bring back @n pages, the coldest first, whomever they belong to. Returns how many were moved;
 * fewer when pages are busy or host memory is short, more when one is huge. Called without locks.
 */
unsigned long dmmu_evict(struct dmmu_dev *dev, unsigned long n)
{
	struct dmmu_move *m = kvmalloc(sizeof(*m), GFP_KERNEL);
	unsigned long done = 0, tried = 0, most = dmmu_local_total(dev);
	u64 begin = ktime_get_ns();

	if (!m)
		return 0;
	/* Once round at most: all of it may be busy. */
	while (done < n && tried < most) {
		unsigned int batch = min_t(unsigned long, n - done, DMMU_COPY_BATCH), found = batch;

		done += dmmu_evict_batch(dev, m, &found);
		tried += max(batch, found);
		cond_resched();
	}
	kvfree(m);
	dmmu_moved(dev, DMMU_MOVED_EVICTED, done);
	trace_dmmu_evict(dev->id, n, done, ktime_get_ns() - begin);
	return done;
}

/* Empty local memory, as far as possible in the time a reset may take. */
void dmmu_evict_all(struct dmmu_dev *dev)
{
	unsigned long until = jiffies + dmmu_reset_timeout(), total = dmmu_local_total(dev);
	unsigned long used;

	while ((used = total - dmmu_local_free(dev))) {
		if (dmmu_evict(dev, used))
			continue;
		/* Busy pages are soon free, usually. What cannot be copied stays. */
		if (time_after(jiffies, until))
			break;
		msleep(20);
	}
}

/*
 * A device that is gone takes the content of its coherent pages with it, but CPUs have them mapped.
 * Take each away from all of them, for good: who touches it gets SIGBUS, or EFAULT in a system
 * call, as for host memory that broke. That is what setting up a migration does with a page that is
 * poisoned; nothing is left to migrate then, and the page is freed. Device-private pages need none
 * of it: CPUs never have them, and dmmu_migrate_to_ram() refuses. May sleep; called without locks.
 */
void dmmu_poison_lost(struct dmmu_dev *dev)
{
	unsigned long pfn[DMMU_POISON_PAGES], src[DMMU_POISON_PAGES];
	unsigned long none[DMMU_POISON_PAGES] = {};
	unsigned long at = 0, lost = 0;
	unsigned int i, n;

	if (!dmmu_local_coherent(dev))
		return;
	while ((n = dmmu_local_lost_pages(dev, &at, pfn, DMMU_POISON_PAGES))) {
		lost += n;
		if (!IS_ENABLED(CONFIG_MEMORY_FAILURE))
			continue;
		for (i = 0; i < n; i++)
			SetPageHWPoison(pfn_to_page(pfn[i]));
		dmmu_isolate(pfn, src, n);
		migrate_device_finalize(src, none, n);
		cond_resched();
	}
	if (lost && !IS_ENABLED(CONFIG_MEMORY_FAILURE))
		dev_err(dev->dev,
			"%lu pages of processes are lost, and this kernel cannot tell them (no CONFIG_MEMORY_FAILURE): they read what the bus returns\n",
			lost);
}

/* --- from another device --- */

/*
 * Does another device have a page of @range? Then that device, with a reference; NULL when not,
 * -EBUSY when the range is out of date.
 */
static struct dmmu_dev *dmmu_find_other(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	struct dmmu_dev *other = NULL;
	unsigned long i;

	/* As in dmmu_count_found(): under the lock the pages cannot go away. */
	mutex_lock(&ctx->pt_lock);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq))
		other = ERR_PTR(-EBUSY);
	for (i = 0; !other && i < (range->end - range->start) >> PAGE_SHIFT; i++)
		if (dmmu_hmm_has_page(range->hmm_pfns[i]))
			other = dmmu_local_other(ctx->dev, hmm_pfn_to_page(range->hmm_pfns[i]));
	if (!IS_ERR_OR_NULL(other))
		kref_get(&other->ref);
	mutex_unlock(&ctx->pt_lock);
	return other;
}

/*
 * What hmm_range_fault() found in @range may be in the coherent memory of another device. A CPU
 * reaches it there, this device does not: bring it home. Returns 0 when there is nothing of that
 * kind, -EBUSY when there was: look again. Called with mmap_lock.
 */
int dmmu_fetch_from_other(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	struct dmmu_dev *other = dmmu_find_other(ctx, range);
	struct dmmu_migrate_result res = {};
	unsigned long at = range->start, next;
	struct vm_area_struct *vma;
	struct dmmu_move *m;

	if (IS_ERR_OR_NULL(other))
		return PTR_ERR_OR_ZERO(other);
	m = kvmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	while (m && (vma = find_vma_intersection(ctx->mm, at, range->end))) {
		at = max(at, vma->vm_start);
		next = min3(vma->vm_end, range->end, at + DMMU_COPY_BATCH * PAGE_SIZE);
		dmmu_move_out(other, vma, at, next, m, &res);
		at = next;
	}
	kvfree(m);
	dmmu_dev_put(other);
	return m ? -EBUSY : -ENOMEM;
}

/* --- on request --- */

static bool dmmu_is_local(struct dmmu_dev *dev, unsigned long pfn)
{
	return dmmu_hmm_has_page(pfn) && dmmu_local_has(dev, hmm_pfn_to_page(pfn));
}

/* Count, and @touch, what @range found in local memory; -EBUSY when it is out of date. */
static int dmmu_count_found(struct dmmu_ctx *ctx, const struct hmm_range *range, bool touch,
			    unsigned long *n)
{
	unsigned long i;
	int ret = 0;

	/* The lock keeps the notifier from returning, and so the pages from going away. */
	mutex_lock(&ctx->pt_lock);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq))
		ret = -EBUSY;
	for (i = 0; !ret && i < (range->end - range->start) >> PAGE_SHIFT; i++) {
		if (!dmmu_is_local(ctx->dev, range->hmm_pfns[i]))
			continue;
		if (touch)
			dmmu_local_touch(hmm_pfn_to_page(range->hmm_pfns[i]));
		(*n)++;
	}
	mutex_unlock(&ctx->pt_lock);
	return ret;
}

/*
 * How many pages of [start, end) are in local memory, by the CPU page table; @touch: they are
 * wanted there. Only a number: it may be old when it is returned.
 */
static unsigned long dmmu_count_local(struct dmmu_ctx *ctx, unsigned long start, unsigned long end,
				      struct dmmu_move *m, bool touch)
{
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.hmm_pfns = m->src,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	unsigned long until = jiffies + dmmu_map_timeout(), n = 0;
	int ret;

	for (; (start = dmmu_mirror_next(ctx->mm, start, end)) < end; start = range.end) {
		range.start = start;
		range.end = min(end, start + DMMU_COPY_BATCH * PAGE_SIZE);
		do {
			range.notifier_seq = mmu_interval_read_begin(&ctx->notifier);
			mmap_read_lock(ctx->mm);
			ret = dmmu_hmm_range_fault(&range);
			mmap_read_unlock(ctx->mm);
			if (!ret)
				ret = dmmu_count_found(ctx, &range, touch, &n);
		} while (ret == -EBUSY && time_before(jiffies, until));
		cond_resched();
	}
	return n;
}

/* Can pages of this mapping move at all? If not, count why. */
static bool dmmu_vma_fits(struct vm_area_struct *vma, unsigned long pages,
			  struct dmmu_migrate_result *res)
{
	if (!(vma->vm_flags & VM_READ)) {
		res->skipped[DMMU_SKIP_UNMAPPED] += pages;
		return false;
	}
	if (vma->vm_flags & (VM_SPECIAL | VM_SHARED) || is_vm_hugetlb_page(vma) ||
	    vma_is_dax(vma)) {
		res->skipped[DMMU_SKIP_KIND] += pages;
		return false;
	}
	return true;
}

/*
 * Move to local memory, of [start, end) within one mapping, what other devices of this driver have
 * (@others), then what is in host memory. @done and @lacking as dmmu_place() has them, for both.
 */
static int dmmu_gather(struct dmmu_ctx *ctx, struct vm_area_struct *vma, unsigned long start,
		       unsigned long end, bool others, struct dmmu_move *m,
		       struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking)
{
	unsigned int pages = (end - start) >> PAGE_SHIFT, lack = 0;
	struct dmmu_dev *from;
	int id = -1, ret = 0;

	while (others && pages && !lack && (from = dmmu_next_device(ctx->dev, &id))) {
		if (dmmu_local_used(from))
			ret = dmmu_move_in(ctx, from, vma, start, start + pages * PAGE_SIZE, m, res,
					   &pages, &lack);
		dmmu_dev_put(from);
		if (ret)
			return ret;
	}
	*done = 0;
	*lacking = lack;
	if (!pages)
		return 0;
	/* Up to where there was room. If even that ends early it begins anew there. */
	ret = dmmu_move_in(ctx, NULL, vma, start, start + pages * PAGE_SIZE, m, res, done, lacking);
	if (!ret && *done == pages)
		*lacking = lack;
	return ret;
}

/*
 * One batch from *@at on: moves @at to where the next begins. @lacking: so many pages from there on
 * found no room, and @end is where the batch would have ended.
 */
static void dmmu_migrate_batch(struct dmmu_ctx *ctx, unsigned long *at, unsigned long *end, u32 to,
			       struct dmmu_move *m, struct dmmu_migrate_result *res,
			       unsigned int *lacking)
{
	unsigned long start = *at, next, pages;
	struct vm_area_struct *vma;
	unsigned int done;
	int ret;

	*lacking = 0;
	mmap_read_lock(ctx->mm);
	vma = find_vma_intersection(ctx->mm, start, *end);
	next = vma ? max(vma->vm_start, start) : *end;
	if (next > start) {
		res->skipped[DMMU_SKIP_UNMAPPED] += (next - start) >> PAGE_SHIFT;
		goto out_unlock;
	}
	next = min(*end, vma->vm_end);
	if (!dmmu_vma_fits(vma, (next - start) >> PAGE_SHIFT, res))
		goto out_unlock;
	/* Aligned, so that what is contiguous in the end is so by whole tables. */
	next = min(next, ALIGN(start + 1, (unsigned long)DMMU_COPY_BATCH * PAGE_SIZE));
	pages = (next - start) >> PAGE_SHIFT;
	done = pages;
	if (to == DMMU_MIGRATE_TO_HOST)
		ret = dmmu_move_out(ctx->dev, vma, start, next, m, res);
	else
		ret = dmmu_gather(ctx, vma, start, next, to == DMMU_MIGRATE_TO_DEVICE, m, res,
				  &done, lacking);
	if (ret)
		res->skipped[DMMU_SKIP_KIND] += pages;
	*end = next;
	next = start + done * PAGE_SIZE;
	mmap_read_unlock(ctx->mm);
	*at = next;
	return;

out_unlock:
	mmap_read_unlock(ctx->mm);
	*end = next;
	*at = next;
}

/*
 * Ask the device which pages it used since it was last asked. Without PT_AGE, or when told not to
 * ask, the oldest count as the coldest. Whoever holds ctx_lock is either about to do the same, or
 * takes contexts and pages away.
 */
static void dmmu_age(struct dmmu_dev *dev)
{
	struct dmmu_ctx *ctx;

	if (!dev->age || READ_ONCE(dev->round_robin) || !mutex_trylock(&dev->ctx_lock))
		return;
	list_for_each_entry(ctx, &dev->ctxs, node) {
		mutex_lock(&ctx->pt_lock);
		if (!ctx->dead && dmmu_pt_age(ctx) < 0) {
			mutex_unlock(&ctx->pt_lock);
			break;
		}
		mutex_unlock(&ctx->pt_lock);
	}
	mutex_unlock(&dev->ctx_lock);
}

/* Make room for @n pages, and some more, so that this need not be done for each page. */
static unsigned long dmmu_make_room(struct dmmu_dev *dev, unsigned long n)
{
	dmmu_age(dev);
	return dmmu_evict(dev, max(n, DMMU_ROOM_PAGES));
}

/* Times that a page for which there was no room is tried again, after making some. */
#define DMMU_ROOM_TRIES 3

static void dmmu_migrate_all(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to,
			     struct dmmu_move *m, struct dmmu_migrate_result *res)
{
	unsigned int lacking;
	unsigned long at = start, next;

	m->tries = 0;
	while (at < end && !fatal_signal_pending(current)) {
		start = at;
		next = end;
		dmmu_migrate_batch(ctx, &at, &next, to, m, res, &lacking);
		m->tries = at == start ? m->tries + 1 : 0;
		if (lacking && (m->tries > DMMU_ROOM_TRIES || !dmmu_make_room(ctx->dev, lacking))) {
			res->skipped[DMMU_SKIP_NO_MEMORY] += (next - at) >> PAGE_SHIFT;
			at = next;
		}
		cond_resched();
	}
	if (at < end)
		res->skipped[DMMU_SKIP_BUSY] += (end - at) >> PAGE_SHIFT;
}

/* The same without telling what became of it. The caller has a reference to the users of the mm. */
void dmmu_migrate_quietly(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to)
{
	struct dmmu_migrate_result res = {};
	struct dmmu_move *m;

	if (!dmmu_local_total(ctx->dev))
		return;
	m = kvmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (m)
		dmmu_migrate_all(ctx, start, end, to, m, &res);
	kvfree(m);
}

/* Whatever is neither moved nor explained was there before, or busy. */
static void dmmu_migrate_settle(struct dmmu_migrate_result *res, unsigned long pages,
				unsigned long local, u32 to)
{
	unsigned long known = res->moved, i;

	for (i = 0; i < DMMU_SKIP_COUNT; i++)
		known += res->skipped[i];
	if (known >= pages)
		return;
	if (to != DMMU_MIGRATE_TO_HOST)
		res->already = min(pages - known, local > res->moved ? local - res->moved : 0);
	else
		res->already = pages - known - min(pages - known, local);
	res->skipped[DMMU_SKIP_BUSY] += pages - known - res->already;
}

/*
 * Move the pages of [start, end), page aligned, of the mirrored process to where @to says, and tell
 * what became of each. To local memory: pages that do not exist yet come into being there, full of
 * zeros; and the device's page table gets what is there. Returns 0 or why nothing was tried.
 * May sleep; called without locks.
 */
int dmmu_migrate_range(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to,
		       struct dmmu_migrate_result *res)
{
	struct dmmu_move *m;
	unsigned long local;

	*res = (struct dmmu_migrate_result){};
	if (!dmmu_local_total(ctx->dev))
		return -EOPNOTSUPP;
	if (to != DMMU_MIGRATE_TO_HOST && (!dmmu_is_up(ctx->dev) || READ_ONCE(ctx->lost)))
		return -ENODEV;
	m = kvmalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	if (!mmget_not_zero(ctx->mm)) {
		kvfree(m);
		return -ESRCH;
	}
	if (to != DMMU_MIGRATE_TO_HOST)
		dmmu_count_local(ctx, start, end, m, true);
	dmmu_migrate_all(ctx, start, end, to, m, res);
	local = dmmu_count_local(ctx, start, end, m, false);
	dmmu_migrate_settle(res, (end - start) >> PAGE_SHIFT, local, to);
	if (to != DMMU_MIGRATE_TO_HOST && local)
		dmmu_mirror_populate(ctx, start, end);
	mmput(ctx->mm);
	kvfree(m);
	return 0;
}
