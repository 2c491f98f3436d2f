// SPDX-License-Identifier: GPL-2.0
/*
 * Replicas: read-only copies in local memory of pages that nobody can write, for the hint
 * READ_MOSTLY.
 *
 * The page itself stays in the page cache, where CPUs and other devices use it; the device's page
 * table leads to the copy. Of which pages is that right? Of those whose content is what it is for
 * good, because most writes to a page cache call no notifier. Such are the pages of a memfd with
 * F_SEAL_WRITE, which is given only when nobody has it mapped or pinned for writing and can never
 * be taken back, and F_SEAL_SHRINK: to shorten a file to a part of a page fills the rest of that
 * page with zeros, and unmaps nothing.
 *
 * A replica belongs to the entry of the shadow that maps it, and lives as long: whatever the
 * notifier takes from the device it takes, after the device's acknowledge, and then it is free. So
 * does whoever needs room: a replica is never worth a page that would have to be copied home, and
 * is not counted as a part of its user's share. Nothing is lost with one.
 *
 * How one is made: look at the CPU page table, under the sequence of the notifier; under pt_lock,
 * when nothing changed, take references to the pages, which keep them from being somebody else's
 * while they are copied; copy; and under pt_lock again, when nothing changed still, map. Else all
 * of it is thrown away.
 */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/hmm.h>
#include <linux/ktime.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"
#include "params.h"
#include "trace.h"

/* Times that replicas are made anew, because something changed while they were; then no more. */
#define DMMU_REPLICA_TRIES 3

/* The buffers of a batch: the pages of one neighbourhood. */
struct dmmu_replicas {
	unsigned int npages;	/* of the neighbourhood */
	unsigned int nhost;
	unsigned int nlocal;
	unsigned long pfns[DMMU_WINDOW_MAX_PAGES];
	struct page *host[DMMU_WINDOW_MAX_PAGES]; /* with a reference each */
	struct page *local[DMMU_WINDOW_MAX_PAGES];
	struct dmmu_copy_op op[DMMU_WINDOW_MAX_PAGES];
};

/*
 * Can a page that a CPU has mapped have a replica? The caller has pt_lock, and has checked the
 * sequence under it: nobody gets to unmap the page, nor to take it from its file, before the
 * notifier has returned.
 */
bool dmmu_replica_fits(struct page *page)
{
	const unsigned int need = F_SEAL_WRITE | F_SEAL_SHRINK;
	struct address_space *mapping = folio_mapping(page_folio(page));

	/* The swap cache has no host. 6.1 does not export shmem_mapping(). */
	if (!mapping || !mapping->host || mapping->host->i_sb->s_magic != TMPFS_MAGIC)
		return false;
	/* What was written before it was sealed is read after this. */
	return (smp_load_acquire(&SHMEM_I(mapping->host)->seals) & need) == need;
}

/* Fault in the page at @va, then look at all of @range. Returns 0 or why it cannot be had. */
static int dmmu_replica_look(struct dmmu_ctx *ctx, u64 va, struct hmm_range *range)
{
	struct hmm_range one = *range;
	int ret;

	one.start = va;
	one.end = va + PAGE_SIZE;
	one.default_flags = HMM_PFN_REQ_FAULT;
	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	one.notifier_seq = range->notifier_seq;
	mmap_read_lock(ctx->mm);
	ret = dmmu_hmm_range_fault(&one);
	if (!ret)
		ret = dmmu_hmm_range_fault(range);
	mmap_read_unlock(ctx->mm);
	return ret;
}

/* Is what @range saw still so? With pt_lock. */
static int dmmu_replica_check(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	lockdep_assert_held(&ctx->pt_lock);
	if (ctx->dead)
		return -ESRCH;
	return mmu_interval_read_retry(range->notifier, range->notifier_seq) ? -EBUSY : 0;
}

/* Take references to the pages that can have a replica, and of which the device has nothing. */
static int dmmu_replica_choose(struct dmmu_ctx *ctx, const struct hmm_range *range,
			       struct dmmu_replicas *b)
{
	unsigned int i;
	int ret;

	mutex_lock(&ctx->pt_lock);
	ret = dmmu_replica_check(ctx, range);
	for (i = 0; !ret && i < b->npages; i++) {
		struct page *page;

		if (!dmmu_hmm_has_page(b->pfns[i]) ||
		    dmmu_pt_page(ctx, range->start + i * PAGE_SIZE))
			continue;
		page = hmm_pfn_to_page(b->pfns[i]);
		if (!dmmu_replica_fits(page))
			continue;
		get_page(page);
		b->op[b->nhost] = (struct dmmu_copy_op){
			.host = page,
			.dir = DMMU_COPY_IN,
			.at = i,
		};
		b->host[b->nhost++] = page;
	}
	mutex_unlock(&ctx->pt_lock);
	return ret;
}

/*
 * Give each a place: a free one, or that of an older replica. When there are too few, one is for
 * page @first, for which the device waits.
 */
static void dmmu_replica_place(struct dmmu_dev *dev, struct dmmu_replicas *b, unsigned int first)
{
	unsigned int n, i, from = 0;

	n = dmmu_local_alloc(dev, NULL, b->local, b->nhost);
	if (n < b->nhost && dmmu_replica_drop(dev, b->nhost - n))
		n += dmmu_local_alloc(dev, NULL, b->local + n, b->nhost - n);
	while (from < b->nhost - n && b->op[from].at < first)
		from++;
	for (i = 0; i < n; i++) {
		b->op[i] = b->op[from + i];
		b->op[i].local = dmmu_local_offset(b->local[i]);
	}
	b->nlocal = n;
}

/* Map what was copied, unless anything has changed. Places that were used leave @b. */
static int dmmu_replica_map(struct dmmu_ctx *ctx, const struct hmm_range *range,
			    struct dmmu_replicas *b)
{
	const struct dmmu_window win = { .start = range->start, .npages = b->npages };
	unsigned int i, made = 0;
	int ret;

	memset(b->pfns, 0, sizeof(b->pfns));
	mutex_lock(&ctx->pt_lock);
	ret = dmmu_replica_check(ctx, range);
	if (ret)
		goto out_unlock;
	for (i = 0; i < b->nlocal; i++) {
		u64 va = range->start + b->op[i].at * PAGE_SIZE;

		/* Taken back meanwhile: whoever did that is about to drop what there is. */
		if (!dmmu_hint_replicates(ctx, va))
			continue;
		dmmu_local_lend(b->local[i], ctx, va);
		b->pfns[b->op[i].at] = page_to_pfn(b->local[i]) | HMM_PFN_VALID;
	}
	ret = dmmu_pt_map(ctx, &win, b->pfns);
	for (i = 0; i < b->nlocal; i++) {
		struct page *page = b->local[i];

		if (dmmu_pt_page(ctx, range->start + b->op[i].at * PAGE_SIZE) == page) {
			unlock_page(page);
			b->local[i] = NULL;
			made++;
		} else if (dmmu_local_is_lent(page)) {
			dmmu_local_unlend(page);
		}
	}
	dmmu_moved(ctx->dev, DMMU_MOVED_REPLICATED, made);
out_unlock:
	mutex_unlock(&ctx->pt_lock);
	trace_dmmu_replicate(ctx->dev->id, ctx->id, range->start, b->nhost, made, ret);
	return ret == -EAGAIN ? -EBUSY : ret;
}

/* Returns -EBUSY when it is worth while to begin anew. */
static int dmmu_replicate_once(struct dmmu_ctx *ctx, u64 va, struct dmmu_range r,
			       struct dmmu_replicas *b)
{
	struct dmmu_window win = { .start = r.start, .npages = (r.end - r.start) >> PAGE_SHIFT };
	struct hmm_range range = {
		.notifier = &ctx->notifier,
		.start = r.start,
		.end = r.end,
		.hmm_pfns = b->pfns,
		.dev_private_owner = dmmu_local_owner(ctx->dev),
	};
	unsigned int i;
	int ret;

	b->npages = win.npages;
	b->nhost = 0;
	b->nlocal = 0;
	ret = dmmu_pt_prepare(ctx, &win, 1);
	if (!ret)
		ret = dmmu_replica_look(ctx, va, &range);
	if (!ret)
		ret = dmmu_replica_choose(ctx, &range, b);
	if (ret || !b->nhost)
		return ret;
	dmmu_replica_place(ctx->dev, b, (va - r.start) >> PAGE_SHIFT);
	ret = dmmu_copy_pages(ctx->dev, b->op, b->nlocal);
	if (!ret && b->nlocal)
		ret = dmmu_replica_map(ctx, &range, b);
	for (i = 0; i < b->nlocal; i++)
		if (b->local[i])
			dmmu_local_unalloc(b->local[i]);
	for (i = 0; i < b->nhost; i++)
		put_page(b->host[i]);
	return ret;
}

/*
 * The device is about to read the page at @va: give it replicas of that page and of those of @r,
 * its neighbourhood, as far as they can have any and there is room. A help, no promise: what has
 * none is mapped where it is. Called with map_lock and a reference to the users of the mm.
 */
void dmmu_replicate(struct dmmu_ctx *ctx, u64 va, struct dmmu_range r)
{
	struct dmmu_replicas *b = kmalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	unsigned int tries = 0;

	lockdep_assert_held(&ctx->map_lock);
	if (!b)
		return;
	while (dmmu_replicate_once(ctx, va, r, b) == -EBUSY && ++tries < DMMU_REPLICA_TRIES)
		cond_resched();
	kfree(b);
}

/* Take from the device the replicas of [start, end). They are free on return. */
void dmmu_replica_forget(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	struct dmmu_range r = dmmu_range_clip(start, end, ctx->dev->va_bits);

	mutex_lock(&ctx->pt_lock);
	if (!ctx->dead)
		dmmu_pt_zap(ctx, r, DMMU_ZAP_REPLICAS, false, DMMU_SLEEP);
	mutex_unlock(&ctx->pt_lock);
}

/*
 * Make room of @n replicas, the coldest first, whosever they are. Returns how many have gone, which
 * are fewer when there are no more. Called without pt_lock.
 */
unsigned long dmmu_replica_drop(struct dmmu_dev *dev, unsigned long n)
{
	u64 begin = ktime_get_ns();
	struct dmmu_ctx *ctx;
	struct dmmu_range r;
	unsigned long done = 0;

	while (done < n && (ctx = dmmu_local_coldest_lent(dev, n - done, &r))) {
		dmmu_replica_forget(ctx, r.start, r.end);
		dmmu_ctx_put(ctx);
		done += (r.end - r.start) >> PAGE_SHIFT;
		cond_resched();
	}
	if (done)
		trace_dmmu_replica_drop(dev->id, n, done, ktime_get_ns() - begin);
	return done;
}

/* No entry maps it any more, and the device has acknowledged that. Called in the notifier. */
void dmmu_replica_put(struct page *page)
{
	dmmu_local_unlend(page);
	put_page(page);
}
