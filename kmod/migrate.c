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
 * Locks: the pages', which the kernel takes by trying, and mmap_lock for reading where there is a
 * range. While they are held we wait for the copy, which ends in bounded time, and allocate host
 * pages.
 */
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/hmm.h>
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

/* The buffers of a batch. */
struct dmmu_move {
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
		res->skipped[DMMU_SKIP_KIND] += dmmu_wrong_kind(args->src[i]);
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
		moved++;
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
		moved++;
	}
	return moved;
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
				.local = dmmu_local_offset(migrate_pfn_to_page(src[op->at])),
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

/*
 * Move what can be of one batch, within one mapping, from host memory or, if @from is not NULL,
 * from the local memory of that device. @done and @lacking as dmmu_place() has them. Returns 0, or
 * an error that says that the whole mapping cannot be moved.
 */
static int dmmu_move_in(struct dmmu_ctx *ctx, struct dmmu_dev *from, struct vm_area_struct *vma,
			unsigned long start, unsigned long end, struct dmmu_move *m,
			struct dmmu_migrate_result *res, unsigned int *done, unsigned int *lacking)
{
	struct dmmu_dev *dev = ctx->dev;
	struct migrate_vma args = {
		.vma = vma,
		.start = start,
		.end = end,
		.src = m->src,
		.dst = m->dst,
		.pgmap_owner = from ? dmmu_local_owner(from) : dmmu_local_owner_in(dev),
		.flags = from ? dmmu_local_select(from) : MIGRATE_VMA_SELECT_SYSTEM,
	};
	unsigned int n, i, moved;
	int ret;

	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	n = dmmu_place(ctx, from, &args, m, res, done, lacking);
	if (from)
		ret = dmmu_copy_across(from, dev, args.src, m, n);
	else
		ret = dmmu_copy_pages(dev, m->op, n);
	if (ret) {
		for (i = 0; i < n; i++) {
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
	trace_dmmu_migrate(dev->id, DMMU_MIGRATE_TO_DEVICE, start, args.npages, moved, *lacking);
	return 0;
}

/* --- to host memory --- */

static struct page *dmmu_host_page(struct vm_area_struct *vma, unsigned long va)
{
	gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_NOWARN;

	return vma ? alloc_page_vma(gfp, vma, va) : alloc_page(gfp);
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
 * does not get one stays. @error, if not NULL, is why page @which did not.
 */
static void dmmu_bring_home(struct dmmu_dev *dev, const unsigned long *src, unsigned long *dst,
			    struct dmmu_copy_op *op, unsigned int n, struct vm_area_struct *vma,
			    unsigned long start, unsigned int which, int *error)
{
	unsigned int i, todo = 0;

	for (i = 0; i < n; i++) {
		struct page *from = migrate_pfn_to_page(src[i]), *to;
		int ret = -EIO;

		dst[i] = 0;
		if (!from || !(src[i] & MIGRATE_PFN_MIGRATE))
			continue;
		to = NULL;
		if (!dmmu_local_lost(from)) {
			to = dmmu_host_page(vma, start + i * PAGE_SIZE);
			ret = to ? 0 : -ENOMEM;
		}
		if (error && i == which)
			*error = ret;
		if (!to)
			continue;
		lock_page(to);
		dst[i] = dmmu_dst(to, src[i]);
		op[todo++] = (struct dmmu_copy_op){
			.host = to,
			.local = dmmu_local_offset(from),
			.dir = DMMU_COPY_OUT,
			.at = i,
		};
	}
	dmmu_copy_out(dev, op, todo);
	for (i = 0; i < todo; i++) {
		if (!op[i].error)
			continue;
		if (error && op[i].at == which)
			*error = op[i].error;
		dmmu_drop_host(&dst[op[i].at]);
	}
}

static int dmmu_move_out(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, struct dmmu_move *m, struct dmmu_migrate_result *res)
{
	struct migrate_vma args = {
		.vma = vma,
		.start = start,
		.end = end,
		.src = m->src,
		.dst = m->dst,
		.pgmap_owner = dmmu_local_owner(dev),
		.flags = dmmu_local_select(dev),
	};
	unsigned int moved;
	int ret;

	ret = migrate_vma_setup(&args);
	if (ret)
		return ret;
	dmmu_bring_home(dev, args.src, args.dst, m->op, args.npages, vma, start, 0, NULL);
	migrate_vma_pages(&args);
	moved = dmmu_left(args.src, args.dst, args.npages);
	migrate_vma_finalize(&args);
	res->moved += moved;
	dmmu_moved(dev, DMMU_MOVED_OUT, moved);
	trace_dmmu_migrate(dev->id, DMMU_MIGRATE_TO_HOST, start, args.npages, moved, 0);
	return 0;
}

/*
 * The CPU touches a page that is in local memory: bring it back, and with it those around it in the
 * same mapping. Called by the page fault, with mmap_lock held for reading and a reference to the
 * page.
 */
vm_fault_t dmmu_migrate_to_ram(struct vm_fault *vmf)
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
	moved = dmmu_left(src, dst, args.npages);
	migrate_vma_finalize(&args);
	dmmu_moved(dev, DMMU_MOVED_OUT, moved);
	trace_dmmu_cpu_fault(dev->id, va, args.npages, moved, ktime_get_ns() - begin, error);
	if (error == -ENOMEM)
		return VM_FAULT_OOM;
	return error ? VM_FAULT_SIGBUS : 0;
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

/* One batch of dmmu_evict(). */
static unsigned int dmmu_evict_batch(struct dmmu_dev *dev, struct dmmu_move *m, unsigned int n)
{
	unsigned int moved;

	/* Page frame numbers first go where the destinations come afterwards. */
	n = dmmu_local_coldest(dev, m->dst, n);
	dmmu_isolate(m->dst, m->src, n);
	dmmu_bring_home(dev, m->src, m->dst, m->op, n, NULL, 0, 0, NULL);
	migrate_device_pages(m->src, m->dst, n);
	moved = dmmu_left(m->src, m->dst, n);
	migrate_device_finalize(m->src, m->dst, n);
	return moved;
}

/*
 * Bring back @n pages, the coldest first, whomever they belong to. Returns how many were moved;
 * fewer when pages are busy or host memory is short. Called without locks.
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
		unsigned int batch = min_t(unsigned long, n - done, DMMU_COPY_BATCH);

		done += dmmu_evict_batch(dev, m, batch);
		tried += batch;
		cond_resched();
	}
	kvfree(m);
	dmmu_moved(dev, DMMU_MOVED_OUT, done);
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
			ret = hmm_range_fault(&range);
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
	unsigned int lacking, tries = 0;
	unsigned long at = start, next;

	while (at < end && !fatal_signal_pending(current)) {
		start = at;
		next = end;
		dmmu_migrate_batch(ctx, &at, &next, to, m, res, &lacking);
		tries = at == start ? tries + 1 : 0;
		if (lacking && (tries > DMMU_ROOM_TRIES || !dmmu_make_room(ctx->dev, lacking))) {
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
