// SPDX-License-Identifier: GPL-2.0
/*
 * The device's page table of one context, and the driver's shadow of it.
 *
 * The tables live in the device's local memory, which the CPU need not be able to read: they are
 * written by commands of the control ring, and a shadow in kernel memory says what they hold. The
 * shadow is a superset: an entry enters it before the device can use it and leaves it after the
 * device has acknowledged that it no longer does.
 *
 * A leaf table that maps a huge page in local memory, all of it, is bridged: in the device the
 * parent's entry is one leaf for all, which costs one entry of a TLB. The table below stays as it
 * is, complete, so that going back is one write, and an INVALIDATE for what the device has cached.
 *
 * All under ctx->pt_lock. Nothing here allocates memory under that lock, because reclaim may need
 * the lock to get memory back: tables come from a stock that dmmu_pt_prepare() fills beforehand.
 */
#include <linux/dma-mapping.h>
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "trace.h"

static_assert(PAGE_SHIFT == DMMU_PAGE_SHIFT);

/*
 * In the shadow only: the device's own entry has been cleared, but the device has not acknowledged
 * that it stopped to use it. Happens when an invalidation that must not sleep gives up.
 */
#define DMMU_SHADOW_CLEARED BIT_ULL(63)

/* In the shadow only: the page is exclusive (exclusive.c). */
#define DMMU_SHADOW_EXCLUSIVE BIT_ULL(62)

struct dmmu_leaf {
	struct page *page; /* a reference to a replica only: else valid until notified */
	u64 entry; /* as the device has it, without accessed and dirty */
};

struct dmmu_table {
	struct rcu_head rcu;
	struct list_head node; /* in a list of spare or of touched tables */
	struct dmmu_table *parent;
	struct dmmu_user *user; /* whose share it is of, or NULL */
	u64 local; /* byte offset in local memory */
	u64 va; /* first address it covers */
	u16 slot; /* in the parent */
	u16 used; /* entries */
	u16 doomed; /* of these, about to be unlinked */
	u16 local_used; /* in a leaf table: entries that map local memory */
	u8 level;
	bool unlinked; /* the parent's entry has been cleared */
	bool bridged; /* the parent's entry is a leaf */
	/* In a leaf table: what the device has used, and how many answers are left; see young.c. */
	unsigned long young[2][BITS_TO_LONGS(DMMU_TABLE_ENTRIES)];
	union {
		struct dmmu_table __rcu **child; /* the young hooks have no pt_lock */
		struct dmmu_leaf *leaf;
	};
};

/* A table for @ctx, or -ENOMEM, or -EDQUOT when its user has a share of them already. */
static struct dmmu_table *dmmu_table_alloc(struct dmmu_ctx *ctx, bool is_leaf)
{
	struct dmmu_dev *dev = ctx->dev;
	u64 pages = min_t(u64, dev->table_bytes >> DMMU_PAGE_SHIFT, INT_MAX);
	struct dmmu_table *t;
	int page;

	if (!dmmu_user_charge(ctx->user, DMMU_QUOTA_TABLES))
		return ERR_PTR(-EDQUOT);
	/* Offset 0 is left alone, so that a root of 0 is never valid. */
	page = ida_alloc_range(&dev->tables, 1, pages - 1, GFP_KERNEL);
	if (page < 0)
		goto err_uncharge;
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		goto err_free_page;
	if (is_leaf)
		t->leaf = kcalloc(DMMU_TABLE_ENTRIES, sizeof(*t->leaf), GFP_KERNEL_ACCOUNT);
	else
		t->child = kcalloc(DMMU_TABLE_ENTRIES, sizeof(*t->child), GFP_KERNEL_ACCOUNT);
	if (!t->leaf)
		goto err_free_table;
	t->local = (u64)page << DMMU_PAGE_SHIFT;
	t->user = ctx->user;
	return t;

err_free_table:
	kfree(t);
err_free_page:
	ida_free(&dev->tables, page);
err_uncharge:
	dmmu_user_uncharge(ctx->user, DMMU_QUOTA_TABLES);
	return ERR_PTR(-ENOMEM);
}

static void dmmu_table_free_memory(struct rcu_head *rcu)
{
	struct dmmu_table *t = container_of(rcu, struct dmmu_table, rcu);

	kfree(t->leaf);
	kfree(t);
}

/* The young hooks may still be on their way through it. */
static void dmmu_table_free(struct dmmu_dev *dev, struct dmmu_table *t)
{
	ida_free(&dev->tables, t->local >> DMMU_PAGE_SHIFT);
	dmmu_user_uncharge(t->user, DMMU_QUOTA_TABLES);
	call_rcu(&t->rcu, dmmu_table_free_memory);
}

static void dmmu_table_free_tree(struct dmmu_dev *dev, struct dmmu_table *t)
{
	struct dmmu_table *child;
	unsigned int i;

	if (t->level)
		for (i = 0; i < DMMU_TABLE_ENTRIES && t->used; i++) {
			child = rcu_dereference_protected(t->child[i], true);
			if (child)
				dmmu_table_free_tree(dev, child);
		}
	dmmu_table_free(dev, t);
}

u64 dmmu_pt_root(struct dmmu_ctx *ctx)
{
	return ctx->root->local;
}

/* The device must have read what was in it, or be cut off. May be called twice. */
void dmmu_pt_free_stage(struct dmmu_ctx *ctx)
{
	if (ctx->stage)
		dma_free_coherent(ctx->dev->dev, 2 * DMMU_STAGE_ENTRIES * sizeof(u64), ctx->stage,
				  ctx->stage_dma);
	ctx->stage = NULL;
}

/* Make the root and the staging buffer; tells the device nothing. */
int dmmu_pt_init(struct dmmu_ctx *ctx)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_table *root;

	ctx->stage = dma_alloc_coherent(dev->dev, 2 * DMMU_STAGE_ENTRIES * sizeof(u64),
					&ctx->stage_dma, GFP_KERNEL);
	if (!ctx->stage)
		return -ENOMEM;
	root = dmmu_table_alloc(ctx, false);
	if (IS_ERR(root)) {
		dmmu_pt_free_stage(ctx);
		return PTR_ERR(root);
	}
	root->level = dev->levels - 1;
	ctx->root = root;
	return 0;
}

/*
 * Free everything. The device must have forgotten the context, and dmmu_pt_drop_all() have been
 * called.
 */
void dmmu_pt_fini(struct dmmu_ctx *ctx)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_table *t, *next;
	unsigned int i;

	if (!ctx->root)
		return;
	dmmu_table_free_tree(dev, ctx->root);
	ctx->root = NULL;
	for (i = 0; i < ARRAY_SIZE(ctx->spare); i++) {
		list_for_each_entry_safe(t, next, &ctx->spare[i], node) {
			list_del(&t->node);
			dmmu_table_free(dev, t);
		}
		ctx->spares[i] = 0;
	}
	dmmu_dma_unstock(ctx);
	dmmu_pt_free_stage(ctx);
}

int dmmu_pt_push_fill(struct dmmu_dev *dev, u64 local, unsigned int n, u64 value, u64 step,
		      enum dmmu_wait how, u32 *index)
{
	struct dmmu_ctl cmd = {
		.opcode = DMMU_CTL_PT_FILL,
		.local = cpu_to_le64(local),
		.count = cpu_to_le32(n),
		.value = cpu_to_le64(value),
		.step = cpu_to_le64(step),
	};

	return dmmu_ctl_push(dev, &cmd, how, index);
}

/*
 * Room for @n entries that the device will read. The buffer has two halves; the one that is begun
 * must have been read completely, which it normally was long ago.
 */
static int dmmu_stage_get(struct dmmu_ctx *ctx, unsigned int n, unsigned int *at)
{
	unsigned int half = !ctx->stage_half;
	int ret;

	if (ctx->stage_used + n > DMMU_STAGE_ENTRIES) {
		if (ctx->stage_busy[half]) {
			ret = dmmu_ctl_wait(ctx->dev, ctx->stage_fence[half], DMMU_SLEEP);
			if (ret)
				return ret;
		}
		ctx->stage_busy[half] = false;
		ctx->stage_half = half;
		ctx->stage_used = 0;
	}
	*at = ctx->stage_half * DMMU_STAGE_ENTRIES + ctx->stage_used;
	ctx->stage_used += n;
	return 0;
}

static int dmmu_pt_push_write(struct dmmu_ctx *ctx, u64 local, const u64 *pte, unsigned int n)
{
	struct dmmu_ctl cmd = {
		.opcode = DMMU_CTL_PT_WRITE,
		.local = cpu_to_le64(local),
		.count = cpu_to_le32(n),
	};
	unsigned int at, i;
	u32 index;
	int ret;

	ret = dmmu_stage_get(ctx, n, &at);
	if (ret)
		return ret;
	for (i = 0; i < n; i++)
		ctx->stage[at + i] = (__force u64)cpu_to_le64(pte[i]);
	cmd.host = cpu_to_le64(ctx->stage_dma + at * sizeof(u64));
	ret = dmmu_ctl_push(ctx->dev, &cmd, DMMU_SLEEP, &index);
	if (ret)
		return ret;
	ctx->stage_fence[ctx->stage_half] = index;
	ctx->stage_busy[ctx->stage_half] = true;
	return 0;
}

/*
 * Write adjacent entries: in few words when they are a series, as they are physically contiguous
 * memory is.
 */
static int dmmu_pt_push_run(struct dmmu_ctx *ctx, u64 local, const u64 *pte, unsigned int n)
{
	unsigned int k;
	u64 step;
	u32 index;
	int ret;

	for (; n; n -= k, pte += k, local += k * sizeof(u64)) {
		k = dmmu_pte_series(pte, n, &step);
		if (k == n || k > 2) {
			ret = dmmu_pt_push_fill(ctx->dev, local, k, pte[0], step, DMMU_SLEEP,
						&index);
		} else {
			ret = dmmu_pt_push_write(ctx, local, pte, n);
			k = n;
		}
		if (ret)
			return ret;
	}
	return 0;
}

/* The next lower table on the way to @va, or NULL. */
static struct dmmu_table *dmmu_table_child(struct dmmu_ctx *ctx, struct dmmu_table *t, u64 va)
{
	return rcu_dereference_protected(t->child[dmmu_level_index(va, t->level)],
					 lockdep_is_held(&ctx->pt_lock));
}

/* The lowest table on the way to @va. */
static struct dmmu_table *dmmu_pt_lowest(struct dmmu_ctx *ctx, u64 va)
{
	struct dmmu_table *t = ctx->root, *child;

	while (t->level && (child = dmmu_table_child(ctx, t, va)))
		t = child;
	return t;
}

/*
 * The first leaf table at or after *@va and before @end, with *@va moved to where it begins (or
 * left within it); NULL when there is none.
 */
static struct dmmu_table *dmmu_pt_next_leaf(struct dmmu_ctx *ctx, u64 *va, u64 end)
{
	while (*va < end) {
		struct dmmu_table *t = dmmu_pt_lowest(ctx, *va);
		u64 span;

		if (!t->level)
			return t;
		span = dmmu_level_span(t->level);
		*va = (*va & ~(span - 1)) + span;
	}
	return NULL;
}

/*
 * Stock what mapping all windows may take, tables and DMA mappings. Called without the lock, may
 * sleep.
 */
int dmmu_pt_prepare(struct dmmu_ctx *ctx, const struct dmmu_window *win, unsigned int n)
{
	unsigned int need[2] = { 0, 0 }, pages = 0, i;

	mutex_lock(&ctx->pt_lock);
	for (i = 0; i < n && !ctx->dead; i++) {
		unsigned int level = dmmu_pt_lowest(ctx, win[i].start)->level;

		pages += win[i].npages;
		if (level) {
			need[0]++;
			need[1] += level - 1;
		}
	}
	mutex_unlock(&ctx->pt_lock);

	/* Only the fault worker takes from the stock, and that is the caller. */
	if (dmmu_dma_stock(ctx, pages))
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(need); i++) {
		while (ctx->spares[i] < need[i]) {
			struct dmmu_table *t = dmmu_table_alloc(ctx, i == 0);

			if (IS_ERR(t))
				return PTR_ERR(t);
			list_add(&t->node, &ctx->spare[i]);
			ctx->spares[i]++;
		}
	}
	return 0;
}

static struct dmmu_table *dmmu_take_spare(struct dmmu_ctx *ctx, unsigned int level)
{
	unsigned int kind = level ? 1 : 0;
	struct dmmu_table *t = list_first_entry(&ctx->spare[kind], struct dmmu_table, node);

	list_del_init(&t->node);
	ctx->spares[kind]--;
	t->level = level;
	return t;
}

/* An entry that makes new tables reachable; written after everything below it. */
struct dmmu_link {
	u64 local;
	u64 value;
};

/*
 * The leaf table for @va, with what is missing on the way to it. New tables are cleared and linked
 * to each other, but not yet to the tables that were there: @link says what is left to write.
 * -EAGAIN when the stock is too small.
 */
static int dmmu_pt_grow(struct dmmu_ctx *ctx, u64 va, struct dmmu_link *link,
			struct dmmu_table **leaf)
{
	struct dmmu_table *t = dmmu_pt_lowest(ctx, va);
	struct dmmu_table *top = t;
	u32 index;
	int ret;

	link->local = 0;
	if (t->level && (!ctx->spares[0] || ctx->spares[1] < t->level - 1))
		return -EAGAIN;
	while (t->level) {
		struct dmmu_table *new = dmmu_take_spare(ctx, t->level - 1);
		unsigned int slot = dmmu_level_index(va, t->level);
		u64 at = t->local + slot * sizeof(u64);
		u64 entry = dmmu_pte_table(new->local);

		new->parent = t;
		new->slot = slot;
		new->va = va & ~(dmmu_level_span(t->level) - 1);
		rcu_assign_pointer(t->child[slot], new);
		t->used++;
		ret = dmmu_pt_push_fill(ctx->dev, new->local, DMMU_TABLE_ENTRIES, 0, 0, DMMU_SLEEP,
					&index);
		if (!ret && t != top)
			ret = dmmu_pt_push_fill(ctx->dev, at, 1, entry, 0, DMMU_SLEEP, &index);
		if (ret)
			return ret;
		if (t == top) {
			link->local = at;
			link->value = entry;
		}
		t = new;
	}
	*leaf = t;
	return 0;
}

static bool dmmu_leaf_is_replica(const struct dmmu_leaf *leaf)
{
	return dmmu_pte_is_local(leaf->entry) && dmmu_local_is_lent(leaf->page);
}

/*
 * Make @page the target of a shadow entry. Returns the device's entry, 0 when the device has it
 * already, or an error in @ret.
 */
static u64 dmmu_leaf_set(struct dmmu_ctx *ctx, struct dmmu_table *t, struct dmmu_leaf *leaf,
			 struct page *page, bool write, bool atomics, int *ret)
{
	dma_addr_t dma;
	int error;

	/* What the device has is a copy, for as long as the CPU has the page. */
	if (leaf->page && !write && dmmu_leaf_is_replica(leaf))
		page = leaf->page;
	/*
	 * A page that was replaced was invalidated before; anything else is a bug of this driver.
	 */
	if (WARN_ON_ONCE(leaf->page && leaf->page != page)) {
		*ret = -EIO;
		return 0;
	}
	if (leaf->page) {
		bool cleared = leaf->entry & DMMU_SHADOW_CLEARED;

		if (!cleared && (!write || leaf->entry & DMMU_PTE_W) &&
		    (!write || !atomics || leaf->entry & DMMU_PTE_AT))
			return 0;
		/* More rights, or once more after an invalidation that gave up; never fewer. */
		write = write || leaf->entry & DMMU_PTE_W;
		atomics = atomics || leaf->entry & DMMU_PTE_AT;
		if (dmmu_pte_is_local(leaf->entry))
			leaf->entry = dmmu_pte_local(dmmu_pte_addr(leaf->entry), write, atomics);
		else
			leaf->entry = dmmu_pte_host(dmmu_pte_addr(leaf->entry), write, atomics);
		return leaf->entry;
	}
	if (dmmu_local_has(ctx->dev, page)) {
		leaf->entry = dmmu_pte_local(dmmu_local_offset(page), write, atomics);
		t->local_used++;
	} else {
		error = dmmu_dma_get(ctx, page, &dma);
		if (error) {
			*ret = error;
			return 0;
		}
		leaf->entry = dmmu_pte_host(dma, write, atomics);
	}
	leaf->page = page;
	t->used++;
	ctx->mapped++;
	return leaf->entry;
}

/*
 * May a neighbour of a written page be mapped writable as well? What the device can write must be
 * taken for dirty in the end, so only where that costs nothing: the folio is dirty already, or it
 * is ordinary anonymous memory, which has no clean copy anywhere that dirt would devalue.
 */
static bool dmmu_dirt_is_free(struct folio *folio)
{
	if (folio_test_dirty(folio))
		return true;
	return folio_test_anon(folio) && folio_test_swapbacked(folio) &&
	       !folio_test_swapcache(folio);
}

/* Is the page of a window not only a neighbour of what is asked for? */
static bool dmmu_is_wanted(const struct dmmu_window *win, const struct dmmu_page_req *req, u64 va)
{
	return req || (va >= win->wanted[0] && va < win->wanted[1]);
}

/* Shall the device be able to write @page? @req is the request for it, if there is one. */
static bool dmmu_want_write(struct dmmu_ctx *ctx, const struct dmmu_window *win,
			    const struct dmmu_page_req *req, struct page *page, u64 va)
{
	if (win->write && va >= win->wanted[0] && va < win->wanted[1])
		return true;
	if ((req && req->write) || dmmu_local_has(ctx->dev, page))
		return true;
	return win->write && dmmu_dirt_is_free(page_folio(page));
}

/*
 * May the device do atomics on @page? They are indivisible among its threads. Not against the CPU,
 * unless that cannot reach the page; who asked for that gets it.
 */
static bool dmmu_want_atomics(struct dmmu_ctx *ctx, const struct dmmu_page_req *req,
			      struct page *page)
{
	if (!(ctx->dev->caps & DMMU_CAPS_ATOMICS))
		return false;
	if (!ctx->system_atomics || is_device_private_page(page))
		return true;
	return req && req->exclusive;
}

/* The entry of the parent that bridges leaf table @t, or 0. */
static u64 dmmu_table_bridge(const struct dmmu_table *t)
{
	const struct dmmu_leaf *leaf = t->leaf;
	unsigned int i;

	if (t->local_used < DMMU_TABLE_ENTRIES || !dmmu_local_is_whole(leaf->page))
		return 0;
	for (i = 1; i < DMMU_TABLE_ENTRIES; i++)
		if (leaf[i].page != leaf->page + i ||
		    leaf[i].entry != leaf->entry + i * DMMU_PAGE_SIZE)
			return 0;
	/* Nothing but what the device knows. */
	return leaf->entry & (DMMU_SHADOW_CLEARED | DMMU_SHADOW_EXCLUSIVE) ? 0 : leaf->entry;
}

static int dmmu_table_set_bridge(struct dmmu_ctx *ctx, struct dmmu_table *t, u64 entry,
				 enum dmmu_wait how)
{
	u64 at = t->parent->local + t->slot * sizeof(u64);
	u32 index;
	int ret;

	ret = dmmu_pt_push_fill(ctx->dev, at, 1, entry ? entry : dmmu_pte_table(t->local), 0, how,
				&index);
	if (!ret)
		t->bridged = entry;
	return ret;
}

/* Let the device see the entries of a table again, before one of them gets more rights. */
static int dmmu_table_unbridge(struct dmmu_ctx *ctx, struct dmmu_table *t)
{
	struct dmmu_ctl inval = {
		.opcode = DMMU_CTL_INVALIDATE,
		.ctx = cpu_to_le16(ctx->id),
		.va = cpu_to_le64(t->va),
		.size = cpu_to_le64(dmmu_level_span(1)),
	};
	u32 index;
	int ret;

	if (!t->bridged)
		return 0;
	ret = dmmu_table_set_bridge(ctx, t, 0, DMMU_SLEEP);
	return ret ? ret : dmmu_ctl_push(ctx->dev, &inval, DMMU_SLEEP, &index);
}

/*
 * Map what @pfns (as hmm_range_fault() reports them) says of a window; the caller has checked the
 * sequence under the lock. Pages the CPU has not mapped are left alone. Returns 0, -EAGAIN when
 * tables are missing, or why a page could not be mapped.
 */
int dmmu_pt_map(struct dmmu_ctx *ctx, const struct dmmu_window *win, const unsigned long *pfns)
{
	struct dmmu_page_req *req = &ctx->req[win->first];
	u64 pte[DMMU_WINDOW_MAX_PAGES];
	struct dmmu_link link;
	struct dmmu_table *t;
	unsigned int i, n, first, mapped = 0;
	u64 bridge;
	u32 index;
	int ret, error = 0;

	lockdep_assert_held(&ctx->pt_lock);
	for (i = 0; i < win->npages; i++)
		if (dmmu_hmm_has_page(pfns[i]))
			break;
	if (i == win->npages)
		return 0;

	ret = dmmu_pt_grow(ctx, win->start, &link, &t);
	if (ret)
		return ret;
	first = dmmu_level_index(win->start, 0);
	for (i = 0; i < win->npages; i++) {
		u64 va = win->start + i * DMMU_PAGE_SIZE;
		struct dmmu_page_req *r;
		struct page *page;
		bool write;

		pte[i] = 0;
		if (!dmmu_hmm_has_page(pfns[i]))
			continue;
		page = hmm_pfn_to_page(pfns[i]);
		r = dmmu_plan_find(req, win->count, va);
		/* A neighbour that should move moves when it faults. */
		if (dmmu_local_other(ctx->dev, page) || (!r && dmmu_hint_against(ctx, va, page)))
			continue;
		/* Nobody knows what is in it, and nobody shall read what happens to be there. */
		if (dmmu_local_has(ctx->dev, page) && dmmu_local_lost(page)) {
			if (r)
				r->error = -EFAULT;
			continue;
		}
		write = pfns[i] & HMM_PFN_WRITE && dmmu_want_write(ctx, win, r, page, va);
		pte[i] = dmmu_leaf_set(ctx, t, &t->leaf[first + i], page, write,
				       dmmu_want_atomics(ctx, r, page), &error);
		if (pte[i] && dmmu_is_wanted(win, r, va))
			set_bit(first + i, t->young[0]);
	}
	for (i = 0; i < win->npages; i += n) {
		for (n = 0; i + n < win->npages && pte[i + n]; n++)
			;
		if (!n) {
			n = 1;
			continue;
		}
		ret = dmmu_table_unbridge(ctx, t);
		if (!ret)
			ret = dmmu_pt_push_run(ctx, t->local + (first + i) * sizeof(u64), &pte[i],
					       n);
		if (ret)
			return ret;
		mapped += n;
	}
	if (link.local) {
		ret = dmmu_pt_push_fill(ctx->dev, link.local, 1, link.value, 0, DMMU_SLEEP, &index);
		if (ret)
			return ret;
	}
	bridge = mapped ? dmmu_table_bridge(t) : 0;
	if (bridge) {
		ret = dmmu_table_set_bridge(ctx, t, bridge, DMMU_SLEEP);
		if (ret)
			return ret;
	}
	dmmu_count(ctx, DMMU_DRV_PAGES_MAPPED, mapped);
	trace_dmmu_map(ctx->dev->id, ctx->id, win->start, win->npages, mapped, win->write);
	return error;
}

static struct dmmu_leaf *dmmu_pt_leaf(struct dmmu_ctx *ctx, u64 va)
{
	struct dmmu_table *t;

	lockdep_assert_held(&ctx->pt_lock);
	t = ctx->dead ? NULL : dmmu_pt_next_leaf(ctx, &va, va + 1);
	return t ? &t->leaf[dmmu_level_index(va, 0)] : NULL;
}

static bool dmmu_leaf_has(const struct dmmu_leaf *leaf, u64 bits)
{
	return leaf && leaf->page && !(leaf->entry & DMMU_SHADOW_CLEARED) &&
	       (leaf->entry & bits) == bits;
}

/* What the shadow has at @va, or NULL. */
struct page *dmmu_pt_page(struct dmmu_ctx *ctx, u64 va)
{
	struct dmmu_leaf *leaf = dmmu_pt_leaf(ctx, va);

	return leaf ? leaf->page : NULL;
}

/* Does the device have what a request is about? */
bool dmmu_pt_serves(struct dmmu_ctx *ctx, const struct dmmu_page_req *req)
{
	u64 bits = (req->write ? DMMU_PTE_W : 0) | (req->atomic ? DMMU_PTE_AT : 0);

	return dmmu_leaf_has(dmmu_pt_leaf(ctx, req->va), bits);
}

/* Can the device use the page at @va, or even write it, without a fault? */
bool dmmu_pt_has(struct dmmu_ctx *ctx, u64 va, bool write)
{
	bool has;

	mutex_lock(&ctx->pt_lock);
	has = dmmu_leaf_has(dmmu_pt_leaf(ctx, va), write ? DMMU_PTE_W : 0);
	mutex_unlock(&ctx->pt_lock);
	return has;
}

/* The pages of [@va, @end), all mapped, are exclusive from now until they are taken away. */
void dmmu_pt_mark_exclusive(struct dmmu_ctx *ctx, u64 va, u64 end)
{
	struct dmmu_leaf *leaf;

	for (; va < end; va += DMMU_PAGE_SIZE) {
		leaf = dmmu_pt_leaf(ctx, va);
		if (!WARN_ON_ONCE(!leaf || !leaf->page))
			leaf->entry |= DMMU_SHADOW_EXCLUSIVE;
	}
}

/* Is any page of [@va, @end) exclusive? */
bool dmmu_pt_any_exclusive(struct dmmu_ctx *ctx, u64 va, u64 end)
{
	bool any = false;

	mutex_lock(&ctx->pt_lock);
	for (; va < end && !any; va += DMMU_PAGE_SIZE)
		any = dmmu_leaf_has(dmmu_pt_leaf(ctx, va), DMMU_SHADOW_EXCLUSIVE);
	mutex_unlock(&ctx->pt_lock);
	return any;
}

static bool dmmu_leaf_matches(const struct dmmu_leaf *leaf, enum dmmu_zap what)
{
	if (!leaf->page)
		return false;
	switch (what) {
	case DMMU_ZAP_WRITABLE:
		return leaf->entry & DMMU_PTE_W;
	case DMMU_ZAP_HOST:
		return !dmmu_pte_is_local(leaf->entry);
	case DMMU_ZAP_LOCAL:
		return dmmu_pte_is_local(leaf->entry);
	case DMMU_ZAP_REPLICAS:
		return dmmu_leaf_is_replica(leaf);
	default:
		return true;
	}
}

static int dmmu_pt_push_clear(struct dmmu_ctx *ctx, struct dmmu_table *t, unsigned int first,
			      unsigned int n, enum dmmu_wait how)
{
	u32 index;

	return dmmu_pt_push_fill(ctx->dev, t->local + first * sizeof(u64), n, 0, 0, how, &index);
}

/* Clear the device's entries of a table that match; runs may cross entries that are clear anyway.
 */
static int dmmu_table_clear(struct dmmu_ctx *ctx, struct dmmu_table *t, unsigned int first,
			    unsigned int last, enum dmmu_zap what, enum dmmu_wait how)
{
	unsigned int i, from = 0, to = 0;
	int ret;

	for (i = first; i <= last; i++) {
		struct dmmu_leaf *leaf = &t->leaf[i];

		if (dmmu_leaf_matches(leaf, what)) {
			if (from == to)
				from = i;
			to = i + 1;
			leaf->entry |= DMMU_SHADOW_CLEARED;
		} else if (leaf->page && from != to) {
			ret = dmmu_pt_push_clear(ctx, t, from, to - from, how);
			if (ret)
				return ret;
			from = 0;
			to = 0;
		}
	}
	ret = from == to ? 0 : dmmu_pt_push_clear(ctx, t, from, to - from, how);
	/* What stays is seen again; what the device has cached goes with the range. */
	if (!ret && t->bridged)
		ret = dmmu_table_set_bridge(ctx, t, 0, how);
	return ret;
}

/*
 * Cut an emptied table out, and its parents as far as they become empty by that. Returns the
 * highest.
 */
static struct dmmu_table *dmmu_table_unlink(struct dmmu_ctx *ctx, struct dmmu_table *t, int *ret)
{
	for (;;) {
		struct dmmu_table *parent = t->parent;

		t->unlinked = true;
		parent->doomed++;
		*ret = dmmu_pt_push_clear(ctx, parent, t->slot, 1, DMMU_SLEEP);
		if (*ret)
			return t;
		if (parent == ctx->root || parent->doomed < parent->used)
			return t;
		t = parent;
	}
}

/* The device does not use the entry any more: the page may go its way. */
static void dmmu_leaf_drop(struct dmmu_ctx *ctx, struct dmmu_table *t, struct dmmu_leaf *leaf)
{
	struct folio *folio = page_folio(leaf->page);

	/*
	 * The device may have written where the CPU's entry is still clean: a page of shmem or of
	 * the swap cache that was only read by the CPU. The caller of the notifier has not looked
	 * at the dirty state yet, so telling it now loses nothing. We do not have the folio lock
	 * (sometimes the caller has it, so we cannot take it), but the page cannot leave its
	 * mapping before we return. File systems that insist on the lock, or on being asked by
	 * page_mkwrite() first, keep a folio dirty for as long as any CPU entry is writable, and
	 * write-protect the entries, by way of this notifier, before they clean it: their folios
	 * are dirty here and are not touched.
	 */
	if (leaf->entry & DMMU_PTE_W && !folio_test_dirty(folio))
		folio_mark_dirty(folio);
	if (dmmu_pte_is_local(leaf->entry))
		t->local_used--;
	else
		dmmu_dma_put(ctx->dev, leaf->page);
	if (dmmu_leaf_is_replica(leaf))
		dmmu_replica_put(leaf->page);
	clear_bit(leaf - t->leaf, t->young[0]);
	clear_bit(leaf - t->leaf, t->young[1]);
	leaf->page = NULL;
	leaf->entry = 0;
	t->used--;
	ctx->mapped--;
}

static void dmmu_table_drop(struct dmmu_ctx *ctx, struct dmmu_table *t, unsigned int first,
			    unsigned int last, enum dmmu_zap what)
{
	unsigned int i;

	for (i = first; i <= last && t->used; i++)
		if (dmmu_leaf_matches(&t->leaf[i], what))
			dmmu_leaf_drop(ctx, t, &t->leaf[i]);
}

/* Free an unlinked table, and its parents that were unlinked with it. */
static void dmmu_table_reap(struct dmmu_ctx *ctx, struct dmmu_table *t)
{
	while (t->unlinked && !t->used) {
		struct dmmu_table *parent = t->parent;

		RCU_INIT_POINTER(parent->child[t->slot], NULL);
		parent->used--;
		parent->doomed--;
		dmmu_table_free(ctx->dev, t);
		t = parent;
	}
}

static unsigned int dmmu_table_matches(struct dmmu_table *t, unsigned int first, unsigned int last,
				       enum dmmu_zap what)
{
	unsigned int i, n = 0;

	for (i = first; i <= last; i++)
		n += dmmu_leaf_matches(&t->leaf[i], what);
	return n;
}

/* First and last entry of @r in the leaf table that covers @va. */
static void dmmu_leaf_bounds(struct dmmu_range r, u64 va, unsigned int *first, unsigned int *last)
{
	struct dmmu_range in = dmmu_range_in_table(r, va, 0);

	*first = dmmu_level_index(in.start, 0);
	*last = dmmu_level_index(in.end - 1, 0);
}

/*
 * Tell the device to forget the pages of @r: clear the entries (unlink whole tables if @unlink),
 * push one INVALIDATE for all of it. @touched collects the tables. Returns 0 and the index to wait
 * for, or an error.
 */
static int dmmu_pt_post_zap(struct dmmu_ctx *ctx, struct dmmu_range r, enum dmmu_zap what,
			    bool unlink, enum dmmu_wait how, struct list_head *touched, u32 *index)
{
	struct dmmu_ctl cmd = {
		.opcode = DMMU_CTL_INVALIDATE,
		.flags = DMMU_CTL_F_WB | (how == DMMU_SLEEP ? DMMU_CTL_F_IRQ : 0),
		.ctx = cpu_to_le16(ctx->id),
	};
	u64 lo = ~0ULL, hi = 0, va = r.start;
	unsigned int first, last, n;
	struct dmmu_table *t, *top;
	int ret = 0;

	while ((t = dmmu_pt_next_leaf(ctx, &va, r.end))) {
		u64 base = t->va;

		dmmu_leaf_bounds(r, base, &first, &last);
		va = base + dmmu_level_span(1);
		n = dmmu_table_matches(t, first, last, what);
		if (!n)
			continue;
		list_add_tail(&t->node, touched);
		if (ret)
			continue; /* the device is down: only list what to drop */
		lo = min(lo, base + first * DMMU_PAGE_SIZE);
		hi = max(hi, base + (last + 1) * DMMU_PAGE_SIZE);
		if (unlink && n == t->used) {
			u64 span;

			top = dmmu_table_unlink(ctx, t, &ret);
			span = dmmu_level_span(top->level + 1);
			lo = min(lo, base & ~(span - 1));
			hi = max(hi, (base & ~(span - 1)) + span);
		} else {
			ret = dmmu_table_clear(ctx, t, first, last, what, how);
			if (ret == -EAGAIN)
				return ret;
		}
	}
	if (ret || list_empty(touched))
		return ret;
	cmd.va = cpu_to_le64(lo);
	cmd.size = cpu_to_le64(hi - lo);
	return dmmu_ctl_push(ctx->dev, &cmd, how, index);
}

/*
 * Take away from the device the pages of @r (or those that @what names) and wait until
 * it does not use them any more. Returns 1 when that is so, 0 when there was nothing to do, and,
 * only with DMMU_POLL, -EAGAIN when the device needs longer than we may wait: then the shadow still
 * has the pages and the next call does it all again.
 */
int dmmu_pt_zap(struct dmmu_ctx *ctx, struct dmmu_range r, enum dmmu_zap what, bool unlink,
		enum dmmu_wait how)
{
	struct dmmu_table *t, *next;
	unsigned int first, last;
	LIST_HEAD(touched);
	u32 index;
	int ret;

	lockdep_assert_held(&ctx->pt_lock);
	if (!ctx->mapped || dmmu_range_empty(r))
		return 0;
	ret = dmmu_pt_post_zap(ctx, r, what, unlink, how, &touched, &index);
	if (!ret && !list_empty(&touched))
		ret = dmmu_ctl_wait(ctx->dev, index, how);
	if (ret == -EAGAIN) {
		dmmu_ctl_kick(ctx->dev);
		list_for_each_entry_safe(t, next, &touched, node)
			list_del_init(&t->node);
		return ret;
	}
	if (list_empty(&touched))
		return 0;

	/* Acknowledged; or the device is cut off from memory, which is as good. */
	list_for_each_entry_safe(t, next, &touched, node) {
		dmmu_leaf_bounds(r, t->va, &first, &last);
		list_del_init(&t->node);
		dmmu_table_drop(ctx, t, first, last, what);
		dmmu_table_reap(ctx, t);
	}
	return 1;
}

/* Empty the shadow. The device must not be able to use anything in it any more. */
void dmmu_pt_drop_all(struct dmmu_ctx *ctx)
{
	struct dmmu_table *t;
	u64 va = 0;

	lockdep_assert_held(&ctx->pt_lock);
	ctx->dead = true;
	if (!ctx->root)
		return;
	while (ctx->mapped &&
	       (t = dmmu_pt_next_leaf(ctx, &va, dmmu_level_span(ctx->root->level + 1)))) {
		dmmu_table_drop(ctx, t, 0, DMMU_TABLE_ENTRIES - 1, DMMU_ZAP_ALL);
		va = t->va + dmmu_level_span(1);
	}
	WARN_ON_ONCE(ctx->mapped);
}

/* Part of a leaf table whose accessed and dirty bits are read. */
struct dmmu_aged {
	struct dmmu_table *t;
	unsigned int first;
	unsigned int n;
};

/*
 * The device has written a page that it still has. Which kernel code would be misled by one that
 * looks clean is not for us to know. Why this is all right without the folio's lock: see
 * dmmu_leaf_drop().
 */
static void dmmu_leaf_dirty(const struct dmmu_leaf *leaf)
{
	struct folio *folio = page_folio(leaf->page);

	if (leaf->entry & DMMU_PTE_W && !folio_test_dirty(folio))
		folio_mark_dirty(folio);
}

/*
 * Note which pages of a table the device has used: local memory wants to know, and the young hooks.
 * Returns whether it used any.
 */
static bool dmmu_table_touch(const struct dmmu_aged *a, const struct dmmu_age *age)
{
	unsigned int i, at;
	bool any = false;

	/* The one entry is for all, and any page of it stands for the huge one. */
	if (a->t->bridged) {
		any = age->accessed[0] & BIT(0);
		if (any)
			dmmu_local_touch(a->t->leaf[0].page);
		return any;
	}
	for (i = 0, at = a->first; i < a->n; i++, at++) {
		struct dmmu_leaf *leaf = &a->t->leaf[at];
		bool accessed = age->accessed[i / 8] & BIT(i % 8);
		bool dirty = age->dirty[i / 8] & BIT(i % 8);

		any |= accessed;
		if (!leaf->page)
			continue;
		if (accessed && dmmu_pte_is_local(leaf->entry)) {
			dmmu_local_touch(leaf->page);
		} else if (accessed) {
			set_bit(at, a->t->young[0]);
			set_bit(at, a->t->young[1]);
		}
		if (dirty && !dmmu_pte_is_local(leaf->entry))
			dmmu_leaf_dirty(leaf);
	}
	return any;
}

/*
 * Read and clear the accessed bits of @n tables, and drop translations that are cached, which would
 * not set them again. Returns 0 or an error.
 */
static int dmmu_pt_age_batch(struct dmmu_ctx *ctx, const struct dmmu_aged *a, unsigned int n)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_ctl cmd = {
		.opcode = DMMU_CTL_PT_AGE,
	};
	struct dmmu_ctl inval = {
		.opcode = DMMU_CTL_INVALIDATE,
		.ctx = cpu_to_le16(ctx->id),
	};
	u64 lo = ~0ULL, hi = 0;
	unsigned int i;
	u32 index;
	int ret;

	memset(dev->age, 0, n * sizeof(*dev->age));
	for (i = 0; i < n; i++) {
		cmd.flags = DMMU_CTL_F_AGE_CLEAR;
		if (i == n - 1)
			cmd.flags |= DMMU_CTL_F_WB | DMMU_CTL_F_IRQ;
		cmd.local = cpu_to_le64(a[i].t->local + a[i].first * sizeof(u64));
		cmd.count = cpu_to_le32(a[i].n);
		if (a[i].t->bridged) {
			cmd.local = cpu_to_le64(a[i].t->parent->local + a[i].t->slot * sizeof(u64));
			cmd.count = cpu_to_le32(1);
		}
		cmd.host = cpu_to_le64(dev->age_dma + i * sizeof(*dev->age));
		ret = dmmu_ctl_push(dev, &cmd, DMMU_SLEEP, &index);
		if (ret)
			return ret;
	}
	ret = dmmu_ctl_wait(dev, index, DMMU_SLEEP);
	if (ret)
		return ret;
	for (i = 0; i < n; i++) {
		u64 from = a[i].t->va + a[i].first * DMMU_PAGE_SIZE;

		if (!dmmu_table_touch(&a[i], &dev->age[i]))
			continue;
		lo = min(lo, from);
		hi = max(hi, from + a[i].n * DMMU_PAGE_SIZE);
	}
	if (lo >= hi)
		return 0;
	inval.va = cpu_to_le64(lo);
	inval.size = cpu_to_le64(hi - lo);
	ret = dmmu_ctl_push(dev, &inval, DMMU_SLEEP, &index);
	dmmu_ctl_kick(dev);
	return ret;
}

/* The part of a leaf table that has pages; 0 when none has. */
static unsigned int dmmu_table_extent(const struct dmmu_table *t, unsigned int *first)
{
	unsigned int from = 0, to = DMMU_TABLE_ENTRIES;

	if (!t->used)
		return 0;
	while (!t->leaf[from].page)
		from++;
	while (!t->leaf[to - 1].page)
		to--;
	*first = from;
	return to - from;
}

/*
 * Find out which pages the device has used since the last call, and what it has written, from *@va
 * on, as much as is read at once; *@va moves to where it goes on. @host: in all tables, else in
 * those that have local memory. Called with the device's ctx_lock, too, which protects the buffer.
 * Returns 1, 0 when nothing is left, or an error when the device is down.
 */
int dmmu_pt_age_some(struct dmmu_ctx *ctx, u64 *va, bool host)
{
	u64 end = dmmu_level_span(ctx->root->level + 1);
	struct dmmu_aged batch[DMMU_AGE_TABLES];
	struct dmmu_table *t;
	unsigned int n = 0;
	int ret;

	lockdep_assert_held(&ctx->pt_lock);
	while (n < DMMU_AGE_TABLES && (t = dmmu_pt_next_leaf(ctx, va, end))) {
		*va = t->va + dmmu_level_span(1);
		if (!host && !t->local_used)
			continue;
		batch[n].t = t;
		batch[n].n = dmmu_table_extent(t, &batch[n].first);
		n += !!batch[n].n;
	}
	if (!n)
		return 0;
	ret = dmmu_pt_age_batch(ctx, batch, n);
	return ret ? ret : 1;
}

/* The same, of all that map local memory. */
int dmmu_pt_age(struct dmmu_ctx *ctx)
{
	u64 va = 0;
	int ret;

	do {
		ret = dmmu_pt_age_some(ctx, &va, false);
	} while (ret > 0);
	return ret;
}

/* --- young --- */

/* The leaf table that covers @va, or NULL. For those who do not have pt_lock: under RCU. */
static struct dmmu_table *dmmu_pt_peek(struct dmmu_ctx *ctx, u64 va)
{
	struct dmmu_table *t = ctx->root;

	while (t && t->level)
		t = rcu_dereference(t->child[dmmu_level_index(va, t->level)]);
	return t;
}

static bool dmmu_entry_young(struct dmmu_table *t, unsigned int i, enum dmmu_young how)
{
	bool young;

	switch (how) {
	case DMMU_YOUNG_TEST:
		return test_bit(i, t->young[0]) || test_bit(i, t->young[1]);
	case DMMU_YOUNG_TAKE:
		return test_and_clear_bit(i, t->young[0]) || test_and_clear_bit(i, t->young[1]);
	default:
		young = test_and_clear_bit(i, t->young[0]);
		return test_and_clear_bit(i, t->young[1]) || young;
	}
}

/* Has the device used a page of @r, as far as is known? May be called from anywhere. */
bool dmmu_pt_young(struct dmmu_ctx *ctx, struct dmmu_range r, enum dmmu_young how)
{
	unsigned int i, first, last;
	struct dmmu_table *t;
	bool young = false;
	u64 va;

	rcu_read_lock();
	for (va = r.start; va < r.end; va = (va | (dmmu_level_span(1) - 1)) + 1) {
		t = dmmu_pt_peek(ctx, va);
		if (!t)
			continue;
		dmmu_leaf_bounds(r, va, &first, &last);
		for (i = first; i <= last; i++)
			young |= dmmu_entry_young(t, i, how);
	}
	rcu_read_unlock();
	return young;
}
