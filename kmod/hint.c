// SPDX-License-Identifier: GPL-2.0
/*
 * Where pages should be once the device uses them, as the program says by range.
 *
 * Without a hint a fault of the device moves nothing. With one, the fault worker moves the faulting
 * page, and its neighbours within the range, before it maps them. When the page is a huge one, or
 * could become one, and all of it has the hint, it moves as one and is one for the device, too. Or
 * nothing moves, and what nobody can write is copied (replica.c). It is advice: what can do neither
 * is mapped where it is.
 *
 * Hints belong to addresses, not to mappings: they outlive munmap.
 */
#include <linux/maple_tree.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "drv.h"
#include "params.h"

/* For [start, end), page aligned; DMMU_HINT_NONE forgets. */
int dmmu_hint_set(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 hint)
{
	void *entry = hint == DMMU_HINT_NONE ? NULL : xa_mk_value(hint);
	int ret;

	ret = mtree_store_range(&ctx->hints, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT, entry,
				GFP_KERNEL_ACCOUNT);
	if (!ret && hint != DMMU_HINT_READ_MOSTLY)
		dmmu_replica_forget(ctx, start, end);
	return ret;
}

/* The hint for a page, and the part of its aligned neighbourhood of @bytes that has the same. */
static u32 dmmu_hint_get(struct dmmu_ctx *ctx, u64 va, unsigned long bytes, struct dmmu_range *r)
{
	void *entry;

	MA_STATE(mas, &ctx->hints, va >> PAGE_SHIFT, va >> PAGE_SHIFT);

	r->start = va & ~(u64)(bytes - 1);
	r->end = r->start + bytes;
	mas_lock(&mas);
	entry = mas_walk(&mas);
	if (entry) {
		r->start = max(r->start, (u64)mas.index << PAGE_SHIFT);
		r->end = min(r->end, ((u64)mas.last + 1) << PAGE_SHIFT);
	}
	mas_unlock(&mas);
	return entry ? xa_to_value(entry) : DMMU_HINT_NONE;
}

static u32 dmmu_hint_of(struct dmmu_ctx *ctx, u64 va)
{
	void *entry = NULL;

	if (!mtree_empty(&ctx->hints))
		entry = mtree_load(&ctx->hints, va >> PAGE_SHIFT);
	return entry ? xa_to_value(entry) : DMMU_HINT_NONE;
}

/* Shall the device read a copy of the page at @va? */
bool dmmu_hint_replicates(struct dmmu_ctx *ctx, u64 va)
{
	return dmmu_hint_of(ctx, va) == DMMU_HINT_READ_MOSTLY;
}

/* Should the page be where it is not? The caller maps it, and has checked the sequence. */
bool dmmu_hint_against(struct dmmu_ctx *ctx, u64 va, struct page *page)
{
	bool local = dmmu_local_has(ctx->dev, page);

	switch (dmmu_hint_of(ctx, va)) {
	case DMMU_HINT_NONE:
		return false;
	case DMMU_HINT_READ_MOSTLY:
		return !local && dmmu_replica_fits(page);
	case DMMU_HINT_PREFER_LOCAL:
		return !local;
	default:
		return local;
	}
}

static u32 dmmu_hint_to(u32 hint)
{
	return hint == DMMU_HINT_PREFER_LOCAL ? DMMU_MIGRATE_TO_DEVICE : DMMU_MIGRATE_TO_HOST;
}

/*
 * Move the huge page that @va is in, if it is in one, and have the device map it as one. Returns
 * whether that is done, and then the page in @r.
 */
static bool dmmu_hint_whole(struct dmmu_ctx *ctx, u64 va, struct dmmu_range *r)
{
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE;
	u32 hint;

	if (!DMMU_WHOLE)
		return false;
	hint = dmmu_hint_get(ctx, va, bytes, r);
	if (hint == DMMU_HINT_NONE || hint == DMMU_HINT_READ_MOSTLY || r->end - r->start != bytes)
		return false;
	if (!dmmu_migrate_one(ctx, va, dmmu_hint_to(hint)))
		return false;
	dmmu_mirror_present(ctx, r->start, r->end);
	return true;
}

/*
 * The sorted requests ctx->req[0..n) are about to be served: move what should be elsewhere. Called
 * with map_lock and a reference to the users of the mm.
 */
void dmmu_hint_follow(struct dmmu_ctx *ctx, unsigned int n)
{
	unsigned long near = (unsigned long)dmmu_fault_back() << PAGE_SHIFT;
	struct dmmu_range r = {}, next;
	unsigned int i;

	if (mtree_empty(&ctx->hints))
		return;
	for (i = 0; i < n; i++) {
		u32 hint;

		/* Comes home for that, if CPUs reach local memory. */
		if (ctx->req[i].atomic && dmmu_local_coherent(ctx->dev))
			continue;
		/* The one before brought it along. */
		if (ctx->req[i].va >= r.start && ctx->req[i].va < r.end)
			continue;
		if (dmmu_hint_whole(ctx, ctx->req[i].va, &next)) {
			r = next;
			continue;
		}
		hint = dmmu_hint_get(ctx, ctx->req[i].va, near, &next);
		if (hint == DMMU_HINT_NONE)
			continue;
		/* Who writes a page can have no replica of it, but its neighbours are read. */
		if (hint == DMMU_HINT_READ_MOSTLY && ctx->req[i].write)
			continue;
		r = next;
		if (hint == DMMU_HINT_READ_MOSTLY)
			dmmu_replicate(ctx, ctx->req[i].va, r);
		else
			dmmu_migrate_quietly(ctx, r.start, r.end, dmmu_hint_to(hint));
	}
}
