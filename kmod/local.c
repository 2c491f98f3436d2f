// SPDX-License-Identifier: GPL-2.0
/*
 * Local memory that holds pages of processes.
 *
 * The lower part of local memory is for page tables (pgtable.c), the rest is here: it gets struct
 * pages, which the kernel counts, charges and finds by rmap as it does any page. Usually of type
 * MEMORY_DEVICE_PRIVATE, in addresses that stand for nothing, because the CPU cannot reach them.
 * Where it can, by a BAR that is as cacheable as its own memory (CAPS.COHERENT), of type
 * MEMORY_DEVICE_COHERENT, at the addresses of that BAR. Which are in use says a bitmap; those in
 * use are in a list with the coldest first, which is how evict.c makes room. Replicas (replica.c)
 * are in one of their own, and belong to an entry of a device page table instead.
 *
 * A page belongs to whoever maps it, and is freed by the kernel when nobody does (page_free), with
 * spinlocks held. While any page is in use the module is, too: its code is what the CPU's page
 * fault on such a page runs.
 *
 * Where the kernel can, DMMU_WHOLE_PAGES pages are one folio: a huge page that moved as a whole.
 * It is in the list once, by its first page. The kernel may split it at any time.
 */
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "params.h"

/* All that there are, by address: whose pages a migration is about. */
static DEFINE_XARRAY(dmmu_locals);

/* Only the first page of a folio has it: in the others the kernel keeps something else there. */
static struct dmmu_local *dmmu_local_of(const struct page *page)
{
	return compound_head(page)->zone_device_data;
}

struct dmmu_dev *dmmu_local_dev(const struct page *page)
{
	return dmmu_local_of(page)->dev;
}

static unsigned long dmmu_local_index(const struct page *page)
{
	return page_to_pfn(page) - dmmu_local_of(page)->first_pfn;
}

/* Where in local memory the page is. */
u64 dmmu_local_offset(const struct page *page)
{
	return dmmu_local_of(page)->base + ((u64)dmmu_local_index(page) << PAGE_SHIFT);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_offset);

/* Is it a page in local memory of this device? The caller keeps it from going away. */
bool dmmu_local_has(struct dmmu_dev *dev, const struct page *page)
{
	return (is_device_private_page(page) || is_device_coherent_page(page)) &&
	       dmmu_page_pgmap(page)->owner == dev->local;
}

/* Is it the first page of a huge one? The caller keeps it from being split. */
bool dmmu_local_is_whole(const struct page *page)
{
	return compound_nr((struct page *)page) == DMMU_WHOLE_PAGES;
}

/* The device vanished while it had the page, so that nobody knows what is in it. */
bool dmmu_local_lost(const struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);

	return l->page[dmmu_local_index(page)].era != READ_ONCE(l->era);
}

/* All that is in local memory now is lost. May be called from anywhere. */
void dmmu_local_lose(struct dmmu_dev *dev)
{
	struct dmmu_local *l = dev->local;

	if (l)
		WRITE_ONCE(l->era, l->era + 1);
}

/* Take a page, or a whole one by its first, from the list of those that are there. */
static void dmmu_local_unlist(struct dmmu_local *l, struct dmmu_lpage *p)
{
	unsigned long flags;

	spin_lock_irqsave(&l->lru_lock, flags);
	list_del_init(&p->lru);
	spin_unlock_irqrestore(&l->lru_lock, flags);
}

/*
 * The kernel frees @n pages that are one folio: nothing maps it any more, and the notifier took it
 * from the device. In any context: who had a coherent page last may be a disk, whose interrupt says
 * that it is done.
 */
void dmmu_local_page_free(struct page *page, unsigned int n)
{
	struct dmmu_local *l = dmmu_local_of(page);
	unsigned long i = dmmu_local_index(page), end = i + n;
	unsigned long flags;
	bool last;

	ClearPageHWPoison(page);
	dmmu_local_unlist(l, &l->page[i]);
	spin_lock_irqsave(&l->lock, flags);
	for (; i < end; i++) {
		WARN_ON_ONCE(!__test_and_clear_bit(i, l->used));
		dmmu_user_uncharge(l->page[i].user, DMMU_QUOTA_PAGES);
		l->page[i].user = NULL;
	}
	l->nfree += n;
	last = l->nfree == l->npages;
	if (last && l->leaving)
		queue_work(dmmu_wq, &l->leave_work);
	spin_unlock_irqrestore(&l->lock, flags);
	if (last)
		module_put(THIS_MODULE);
}

/* The first of @n free pages in a row, or else the next free one and *@n = 1. */
static unsigned long dmmu_local_find(struct dmmu_local *l, unsigned int *n)
{
	unsigned long i;

	for (;;) {
		i = bitmap_find_next_zero_area(l->used, l->npages, l->next, *n, 0);
		if (i >= l->npages)
			i = bitmap_find_next_zero_area(l->used, l->npages, 0, *n, 0);
		if (i < l->npages || *n == 1)
			return i;
		*n = *n > 8 ? *n / 2 : 1;
	}
}

/* Pages that may be given out. */
static unsigned long dmmu_local_room(const struct dmmu_local *l)
{
	unsigned long limit = min_t(u64, READ_ONCE(l->limit), l->npages);
	unsigned long used = l->npages - l->nfree;

	return limit > used ? limit - used : 0;
}

/* The pages from index @i on are taken. Called with the lock. */
static void dmmu_local_take(struct dmmu_local *l, unsigned long i, unsigned int n,
			    struct dmmu_user *user)
{
	if (l->nfree == l->npages)
		__module_get(THIS_MODULE);
	bitmap_set(l->used, i, n);
	l->nfree -= n;
	for (; n; n--, i++) {
		l->page[i].era = l->era;
		l->page[i].user = user;
	}
}

/*
 * Take up to @n pages, adjacent ones if there are. They are locked and have one reference. Returns
 * how many. Each has been counted for @user.
 */
unsigned int dmmu_local_alloc(struct dmmu_dev *dev, struct dmmu_user *user, struct page **page,
			      unsigned int n)
{
	struct dmmu_local *l = dev->local;
	unsigned int got = 0, run, k;
	unsigned long i;

	if (!l)
		return 0;
	spin_lock_irq(&l->lock);
	if (l->closed)
		n = 0;
	n = min_t(unsigned long, n, dmmu_local_room(l));
	while (got < n) {
		run = n - got;
		i = dmmu_local_find(l, &run);
		if (WARN_ON_ONCE(i >= l->npages))
			break;
		dmmu_local_take(l, i, run, user);
		l->next = i + run;
		for (k = 0; k < run; k++)
			page[got++] = pfn_to_page(l->first_pfn + i + k);
	}
	spin_unlock_irq(&l->lock);
	for (k = 0; k < got; k++) {
		dmmu_device_page_init(page[k], &l->pgmap, 0);
		page[k]->zone_device_data = l;
	}
	return got;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_alloc);

/*
 * Take DMMU_WHOLE_PAGES pages as one: adjacent, aligned, one folio, locked, with one reference. The
 * first of them, or NULL when there are none; @short_of says whether even scattered ones are too
 * few, which making room would change. Each has been counted for @user.
 */
struct page *dmmu_local_alloc_whole(struct dmmu_dev *dev, struct dmmu_user *user, bool *short_of)
{
	struct dmmu_local *l = dev->local;
	struct page *page;
	unsigned long i;
	bool few;

	*short_of = false;
	if (!l || !IS_ALIGNED(l->first_pfn, DMMU_WHOLE_PAGES))
		return NULL;
	spin_lock_irq(&l->lock);
	few = l->closed || dmmu_local_room(l) < DMMU_WHOLE_PAGES;
	/* Fewer than that in all: no room that is made would do. */
	*short_of = few && READ_ONCE(l->limit) >= DMMU_WHOLE_PAGES;
	i = few ? l->npages :
			bitmap_find_next_zero_area(l->used, l->npages, 0, DMMU_WHOLE_PAGES,
						   DMMU_WHOLE_PAGES - 1);
	if (i >= l->npages) {
		spin_unlock_irq(&l->lock);
		return NULL;
	}
	dmmu_local_take(l, i, DMMU_WHOLE_PAGES, user);
	spin_unlock_irq(&l->lock);
	page = pfn_to_page(l->first_pfn + i);
	dmmu_device_page_init(page, &l->pgmap, ilog2(DMMU_WHOLE_PAGES));
	page->zone_device_data = l;
	return page;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_alloc_whole);

/*
 * A page, or a whole one by its first, has been put in its place, and is locked still. Before that
 * it is nobody's, and so it is once it has left: who made room would move home what no cgroup is
 * charged for.
 */
void dmmu_local_arrived(struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);
	struct dmmu_lpage *p = &l->page[dmmu_local_index(page)];
	unsigned long flags;

	spin_lock_irqsave(&l->lru_lock, flags);
	p->n = compound_nr(page);
	list_add_tail(&p->lru, &l->lru);
	spin_unlock_irqrestore(&l->lru_lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_arrived);

/* Another has taken its place; it is locked still. */
void dmmu_local_left(struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);

	dmmu_local_unlist(l, &l->page[dmmu_local_index(page)]);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_left);

#if DMMU_WHOLE
/*
 * The kernel has split a folio: @tail is a part of its own from now on, as warm as the rest. @head
 * is what it was split from, and comes last with no @tail. Called with locks of the kernel's and
 * interrupts off; only reads of what is common to all parts, and the list, are allowed.
 */
static void dmmu_local_folio_split(struct folio *head, struct folio *tail)
{
	struct page *first = folio_page(head, 0);
	struct dmmu_local *l = first->zone_device_data;
	struct folio *part = tail ? tail : head;
	struct dmmu_lpage *h = &l->page[folio_pfn(head) - l->first_pfn];
	struct dmmu_lpage *p = &l->page[folio_pfn(part) - l->first_pfn];
	unsigned long flags;

	if (tail) {
		tail->pgmap = head->pgmap;
		tail->page.mapping = head->page.mapping;
		folio_page(tail, 0)->zone_device_data = l;
	}
	spin_lock_irqsave(&l->lru_lock, flags);
	p->n = folio_nr_pages(part);
	if (tail && !list_empty(&h->lru))
		list_add_tail(&p->lru, &h->lru);
	spin_unlock_irqrestore(&l->lru_lock, flags);
}
#endif

/*
 * The page is a replica from now on, what @ctx has at @va, until dmmu_local_unlend(). Both are
 * called with pt_lock, so that whoever has that finds a replica here when it is mapped, and only
 * then.
 */
void dmmu_local_lend(struct page *page, struct dmmu_ctx *ctx, u64 va)
{
	struct dmmu_local *l = dmmu_local_of(page);
	struct dmmu_lpage *p = &l->page[dmmu_local_index(page)];

	lockdep_assert_held(&ctx->pt_lock);
	spin_lock_irq(&l->lru_lock);
	p->va = va;
	WRITE_ONCE(p->ctx, ctx);
	list_add_tail(&p->lru, &l->lent);
	l->nlent++;
	spin_unlock_irq(&l->lru_lock);
}

void dmmu_local_unlend(struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);
	struct dmmu_lpage *p = &l->page[dmmu_local_index(page)];

	spin_lock_irq(&l->lru_lock);
	WRITE_ONCE(p->ctx, NULL);
	list_del_init(&p->lru);
	l->nlent--;
	spin_unlock_irq(&l->lru_lock);
}

/* Is it a replica? Of a page that the caller keeps from going away. */
bool dmmu_local_is_lent(const struct page *page)
{
	return READ_ONCE(dmmu_local_of(page)->page[dmmu_local_index(page)].ctx);
}

unsigned long dmmu_local_lent(struct dmmu_dev *dev)
{
	return dev->local ? READ_ONCE(dev->local->nlent) : 0;
}

/*
 * The coldest replica, and those that follow it in the list and by address, at most @n: who has
 * them, with a reference, and where. NULL when there are none. A context has none any more when its
 * file lets go of it.
 */
struct dmmu_ctx *dmmu_local_coldest_lent(struct dmmu_dev *dev, unsigned long n,
					 struct dmmu_range *r)
{
	struct dmmu_local *l = dev->local;
	struct dmmu_ctx *ctx = NULL;
	struct dmmu_lpage *p;

	if (!l)
		return NULL;
	spin_lock_irq(&l->lru_lock);
	list_for_each_entry(p, &l->lent, lru) {
		if (!ctx) {
			ctx = p->ctx;
			kref_get(&ctx->ref);
			*r = (struct dmmu_range){ p->va, p->va };
		}
		if (p->ctx != ctx || p->va != r->end || !n--)
			break;
		r->end += PAGE_SIZE;
	}
	spin_unlock_irq(&l->lru_lock);
	return ctx;
}

/* Has it arrived, and not left? The answer stands while the caller has the page locked. */
bool dmmu_local_is_there(struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);
	bool is;

	spin_lock_irq(&l->lru_lock);
	is = !list_empty(&l->page[dmmu_local_index(page)].lru) && !dmmu_local_is_lent(page);
	spin_unlock_irq(&l->lru_lock);
	return is;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_is_there);

/* Give back a page that was not used after all. */
void dmmu_local_unalloc(struct page *page)
{
	unlock_page(page);
	put_page(page);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_unalloc);

/*
 * The coldest pages of those that are there, at least @n, as far as there are, and at most @most;
 * they count as warm from now on, so that one that cannot be moved is not tried again at once. Of a
 * whole one all numbers are there, in a row. Only numbers: the pages may be freed meanwhile.
 */
unsigned int dmmu_local_coldest(struct dmmu_dev *dev, unsigned long *pfn, unsigned int n,
				unsigned int most)
{
	struct dmmu_local *l = dev->local;
	LIST_HEAD(chosen);
	struct dmmu_lpage *p;
	unsigned int got = 0, k;

	if (!l)
		return 0;
	spin_lock_irq(&l->lru_lock);
	while (got < n && !list_empty(&l->lru)) {
		p = list_first_entry(&l->lru, struct dmmu_lpage, lru);
		if (p->n > most - got)
			break;
		list_move_tail(&p->lru, &chosen);
		for (k = 0; k < p->n; k++)
			pfn[got++] = l->first_pfn + (p - l->page) + k;
	}
	list_splice_tail(&chosen, &l->lru);
	spin_unlock_irq(&l->lru_lock);
	return got;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_coldest);

/*
 * Pages whose content is lost, at most @n, from index *@at on, which is moved past them; nothing is
 * with replicas. Only numbers, as above.
 */
unsigned int dmmu_local_lost_pages(struct dmmu_dev *dev, unsigned long *at, unsigned long *pfn,
				   unsigned int n)
{
	struct dmmu_local *l = dev->local;
	unsigned int got = 0;

	spin_lock_irq(&l->lock);
	for (; got < n && *at < l->npages; ++*at) {
		*at = find_next_bit(l->used, l->npages, *at);
		if (*at < l->npages && l->page[*at].era != l->era &&
		    !READ_ONCE(l->page[*at].ctx))
			pfn[got++] = l->first_pfn + *at;
	}
	spin_unlock_irq(&l->lock);
	return got;
}

/* The device used a page, or one of a whole one, since it was last asked. */
void dmmu_local_touch(struct page *page)
{
	struct dmmu_local *l = dmmu_local_of(page);
	struct dmmu_lpage *p = &l->page[dmmu_local_index(compound_head(page))];

	spin_lock_irq(&l->lru_lock);
	if (!list_empty(&p->lru))
		list_move_tail(&p->lru, p->ctx ? &l->lent : &l->lru);
	spin_unlock_irq(&l->lru_lock);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_touch);

unsigned long dmmu_local_free(struct dmmu_dev *dev)
{
	return dev->local ? READ_ONCE(dev->local->nfree) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_free);

u32 *dmmu_local_limit(struct dmmu_dev *dev)
{
	return dev->local ? &dev->local->limit : NULL;
}

unsigned long dmmu_local_used(struct dmmu_dev *dev)
{
	return dev->local ? dev->local->npages - READ_ONCE(dev->local->nfree) : 0;
}

unsigned long dmmu_local_total(struct dmmu_dev *dev)
{
	return dev->local ? dev->local->npages : 0;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_total);

/*
 * Names for pgmap_owner of a migration, by which the notifier knows its own: towards local memory,
 * and back.
 */
void *dmmu_local_owner_in(struct dmmu_dev *dev)
{
	return dev->local ? &dev->local->token : NULL;
}

void *dmmu_local_owner(struct dmmu_dev *dev)
{
	return dev->local;
}

/* Is it the name of any of our local memories, as a source? May be called from anywhere. */
bool dmmu_local_owns(const void *owner)
{
	return owner && xa_load(&dmmu_locals, (unsigned long)owner);
}

/* Can the CPU use the pages where they are? */
bool dmmu_local_coherent(struct dmmu_dev *dev)
{
	return dev->local && dev->local->pgmap.type == MEMORY_DEVICE_COHERENT;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_local_coherent);

/* What a migration from there selects. */
unsigned long dmmu_local_select(struct dmmu_dev *dev)
{
	return dmmu_local_coherent(dev) ? MIGRATE_VMA_SELECT_DEVICE_COHERENT :
					  MIGRATE_VMA_SELECT_DEVICE_PRIVATE;
}

static void dmmu_local_unmap(struct dmmu_local *l)
{
	memunmap_pages(&l->pgmap);
	if (l->res)
		release_mem_region(l->pgmap.range.start, range_len(&l->pgmap.range));
	dmmu_dev_put(l->dev);
}

/* The last page that was lost with its device has been freed. */
static void dmmu_local_leave_work(struct work_struct *work)
{
	dmmu_local_unmap(container_of(work, struct dmmu_local, leave_work));
}

DMMU_FREE_HOOK(dmmu_local_page_free)

static const struct dev_pagemap_ops dmmu_pagemap_ops = {
	.DMMU_FREE_FIELD = dmmu_local_page_free_hook,
	.migrate_to_ram = dmmu_migrate_to_ram,
#if DMMU_WHOLE
	.folio_split = dmmu_local_folio_split,
#endif
};

/* Is it a page that another device of this driver has in memory which the CPU reaches, too? */
struct dmmu_dev *dmmu_local_other(struct dmmu_dev *dev, const struct page *page)
{
	struct dev_pagemap *pgmap;

	if (!is_device_coherent_page(page))
		return NULL;
	pgmap = dmmu_page_pgmap(page);
	if (pgmap->ops != &dmmu_pagemap_ops || pgmap->owner == dev->local)
		return NULL;
	return dmmu_local_dev(page);
}

/* Addresses for the pages: where the CPU sees them, or some that nobody has. */
static int dmmu_local_place(struct dmmu_local *l)
{
	struct dmmu_dev *dev = l->dev;
	u64 bytes = (u64)l->npages << PAGE_SHIFT;

	if (dmmu_offers_coherent(dev)) {
		l->pgmap.type = MEMORY_DEVICE_COHERENT;
		l->pgmap.range.start = pci_resource_start(dev->pdev, DMMU_PCI_BAR_LOCAL) + l->base;
		l->pgmap.range.end = l->pgmap.range.start + bytes - 1;
		return 0;
	}
	if (!IS_ENABLED(CONFIG_DEVICE_PRIVATE))
		return -EOPNOTSUPP;
	l->res = request_free_mem_region(&iomem_resource, bytes, dev->name);
	if (IS_ERR(l->res))
		return PTR_ERR(l->res);
	l->pgmap.type = MEMORY_DEVICE_PRIVATE;
	l->pgmap.range.start = l->res->start;
	l->pgmap.range.end = l->res->end;
	return 0;
}

static int dmmu_local_add_pages(struct dmmu_local *l)
{
	struct dmmu_dev *dev = l->dev;
	unsigned long i;
	void *at;
	int ret;

	ret = dmmu_local_place(l);
	if (ret)
		return ret;
	l->pgmap.nr_range = 1;
	l->pgmap.ops = &dmmu_pagemap_ops;
	l->pgmap.owner = l;
	at = memremap_pages(&l->pgmap, dev_to_node(dev->dev));
	if (IS_ERR(at)) {
		if (l->res)
			release_mem_region(l->res->start, resource_size(l->res));
		return PTR_ERR(at);
	}
	if (l->pgmap.type == MEMORY_DEVICE_COHERENT)
		dmmu_copy_show(dev, at, l->base);
	l->first_pfn = PHYS_PFN(l->pgmap.range.start);
	for (i = 0; i < l->npages; i++) {
		INIT_LIST_HEAD(&l->page[i].lru);
		pfn_to_page(l->first_pfn + i)->zone_device_data = l;
	}
	return 0;
}

/*
 * Make the upper part of local memory available to processes, if it can be. What cannot be is not
 * an error: the device then only mirrors.
 */
void dmmu_local_init(struct dmmu_dev *dev)
{
	u64 base = dmmu_local_split(dev->local_size);
	struct dmmu_local *l;
	int ret = -ENOMEM;

	if (!dmmu_use_local_memory || !dmmu_copy_possible(dev) || base >= dev->local_size)
		return;
	if (!IS_ENABLED(CONFIG_DEVICE_PRIVATE) && !dmmu_offers_coherent(dev)) {
		dev_info(dev->dev, DMMU_NO_MIGRATION);
		return;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		goto err_message;
	l->dev = dev;
	l->base = base;
	l->npages = (dev->local_size - base) / DMMU_LOCAL_UNIT * (DMMU_LOCAL_UNIT >> PAGE_SHIFT);
	l->nfree = l->npages;
	l->limit = U32_MAX;
	l->era = 1;
	spin_lock_init(&l->lock);
	spin_lock_init(&l->lru_lock);
	INIT_LIST_HEAD(&l->lru);
	INIT_LIST_HEAD(&l->lent);
	INIT_WORK(&l->leave_work, dmmu_local_leave_work);
	l->used = bitmap_zalloc(l->npages, GFP_KERNEL);
	l->page = kvcalloc(l->npages, sizeof(*l->page), GFP_KERNEL);
	if (!l->used || !l->page)
		goto err_free;
	ret = xa_err(xa_store(&dmmu_locals, (unsigned long)l, l, GFP_KERNEL));
	if (ret)
		goto err_free;
	ret = dmmu_local_add_pages(l);
	if (ret)
		goto err_forget;
	kref_get(&dev->ref);
	dev->table_bytes = base;
	dev->local = l;
	return;

err_forget:
	xa_erase(&dmmu_locals, (unsigned long)l);
err_free:
	bitmap_free(l->used);
	kvfree(l->page);
	kfree(l);
err_message:
	dev_warn(dev->dev, "no pages in local memory (error %d): it will hold page tables only\n",
		 ret);
}

static void dmmu_local_set_closed(struct dmmu_dev *dev, bool closed)
{
	struct dmmu_local *l = dev->local;

	if (!l)
		return;
	spin_lock_irq(&l->lock);
	l->closed = closed;
	spin_unlock_irq(&l->lock);
}

/* No page is given out from now on. */
void dmmu_local_close(struct dmmu_dev *dev)
{
	dmmu_local_set_closed(dev, true);
}

/* Pages are given out again. */
void dmmu_local_reopen(struct dmmu_dev *dev)
{
	dmmu_local_set_closed(dev, false);
}

/*
 * The device is gone for good. Pages that could not be brought back stay with their processes, who
 * get SIGBUS when they touch one; when the last is freed, so is this.
 */
void dmmu_local_exit(struct dmmu_dev *dev)
{
	struct dmmu_local *l = dev->local;
	unsigned long left;

	if (!l)
		return;
	dmmu_local_close(dev);
	/* What is still there cannot be reached any more, and CPUs must not try. */
	dmmu_local_lose(dev);
	dmmu_poison_lost(dev);
	spin_lock_irq(&l->lock);
	l->leaving = true;
	left = l->npages - l->nfree;
	spin_unlock_irq(&l->lock);
	if (left)
		dev_err(dev->dev, "%lu pages of processes are lost with the device\n", left);
	else
		dmmu_local_unmap(l);
}

/* Nobody has the device any more. */
void dmmu_local_release(struct dmmu_dev *dev)
{
	struct dmmu_local *l = dev->local;

	if (!l)
		return;
	xa_erase(&dmmu_locals, (unsigned long)l);
	bitmap_free(l->used);
	kvfree(l->page);
	kfree(l);
}
