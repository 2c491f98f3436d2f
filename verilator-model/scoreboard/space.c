// SPDX-License-Identifier: GPL-2.0
/*
 * space.c: the address spaces of the scoreboard. Every context has the same virtual addresses, so
 * that a translation of the wrong context (I7) reads or writes something that differs. See
 * scoreboard.h.
 */
#include "scoreboard.h"

#include <stdlib.h>
#include <string.h>

#define RO_VA	  0x0000123450000000ull
#define SLOT_VA	  0x00007fffffdf0000ull /* crosses a 2 MiB and a 1 GiB boundary */
#define SHARED_VA 0x0000000000401000ull
#define HUGE_VA	  0x0000400000200000ull

#define RO_PAGES   24
#define SLOTS	   12
#define SLOT_PAGES 3

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

unsigned int sb_leaf_level(const struct vpage *page)
{
	return page->bytes == HUGE;
}

struct vpage *sb_page(const struct context *ctx, uint64_t va)
{
	for (unsigned int i = 0; i < ctx->regions; i++) {
		const struct region *r = &ctx->region[i];

		if (va >= r->va && va - r->va < r->bytes) {
			struct vpage *page = &r->page[(va - r->va) / r->step];

			return page->truth ? page : NULL;
		}
	}
	return NULL;
}

bool sb_permitted(const struct vpage *page, unsigned int access)
{
	static const uint8_t need_perm[3] = {R, W, R | W | AT};

	return (page->truth & need_perm[access]) == need_perm[access];
}

void *sb_physical(const struct scoreboard *sb, const struct vpage *page)
{
	return page->local ? sb->bench->local_mem + page->pa
			   : sb->bench->host_mem + (page->pa - BENCH_HOST_BASE);
}

static struct ppage *physical(struct scoreboard *sb, const struct vpage *page)
{
	return &sb->page[page->local][(page->pa - (page->local ? 0 : BENCH_HOST_BASE)) / PAGE];
}

void sb_grant(struct scoreboard *sb, struct vpage *page, uint8_t perm)
{
	struct ppage *p;

	if (!page->gold) /* nothing is there */
		return;
	p = physical(sb, page);
	for (uint64_t i = 0; i < page->bytes / PAGE; i++) {
		p[i].perm = perm;
		p[i].owner = page;
	}
}

static void allocate(struct scoreboard *sb, struct vpage *page)
{
	unsigned int m = sb_below(sb, 2);

	if (page->bytes == HUGE) {
		m = sb->free_huges[m] ? m : !m;
		if (!sb->free_huges[m])
			dmmu_bench_fail(sb->bench, "scoreboard: no huge page left");
		page->pa = sb->free_huge[m][--sb->free_huges[m]];
	} else {
		unsigned int size = POOL_BYTES / PAGE;

		page->pa = sb->free_page[m][sb->free_first[m]];
		sb->free_first[m] = (sb->free_first[m] + 1) % size;
		sb->free_count[m]--;
	}
	page->local = m;
}

static void release(struct scoreboard *sb, const struct vpage *page)
{
	unsigned int m = page->local, size = POOL_BYTES / PAGE;

	if (page->bytes == HUGE)
		sb->free_huge[m][sb->free_huges[m]++] = page->pa;
	else
		sb->free_page[m][(sb->free_first[m] + sb->free_count[m]++) % size] = page->pa;
}

/* As a migration does: copy, poison what it leaves. The entry must be clear and acknowledged. */
void sb_move(struct scoreboard *sb, struct vpage *page)
{
	struct vpage old = *page;

	allocate(sb, page);
	memcpy(sb_physical(sb, page), sb_physical(sb, &old), page->bytes);
	memset(sb_physical(sb, &old), 0xde, old.bytes);
	sb_grant(sb, &old, 0);
	release(sb, &old);
	sb_grant(sb, page, 0);
	sb->total_moves++;
}

struct history *sb_history(struct scoreboard *sb, uint64_t at)
{
	struct history **h = &sb->history[at / 8];

	if (!*h) {
		*h = need(calloc(1, sizeof(**h)));
		(*h)->count = 1;
		(*h)->v[0].until = UINT64_MAX;
	}
	return *h;
}

/* The entry will hold VALUE, from now or somewhat later. */
void sb_history_push(struct scoreboard *sb, uint64_t at, uint64_t value)
{
	struct history *h = sb_history(sb, at);

	if (h->count == 8)
		memmove(&h->v[0], &h->v[1], sizeof(h->v[0]) * --h->count);
	h->v[h->count].value = value;
	h->v[h->count].from = dmmu_bench_cycle(sb->bench);
	h->v[h->count].until = UINT64_MAX;
	h->count++;
	h->pending++;
}

/* The oldest command for the entry is complete: what was before it is over. */
void sb_history_land(struct scoreboard *sb, uint64_t at)
{
	struct history *h = sb_history(sb, at);

	h->pending--;
	for (unsigned int i = 0; i + 1 + h->pending < h->count; i++)
		if (h->v[i].until == UINT64_MAX)
			h->v[i].until = dmmu_bench_cycle(sb->bench);
}

static void write_now(struct scoreboard *sb, uint64_t at, uint64_t value)
{
	struct history *h = sb_history(sb, at);

	*(uint64_t *)dmmu_bench_local(sb->bench, at) = value;
	h->count = 1;
	h->pending = 0;
	h->v[0].value = value;
	h->v[0].from = 0;
	h->v[0].until = UINT64_MAX;
}

uint64_t sb_leaf(struct scoreboard *sb, const struct vpage *page, uint8_t perm)
{
	uint64_t pte = DMMU_PTE_V | DMMU_PTE_LEAF | page->pa;

	pte |= page->local ? DMMU_PTE_LOCAL : 0;
	pte |= perm & R ? DMMU_PTE_R : 0;
	pte |= perm & W ? DMMU_PTE_W : 0;
	pte |= perm & AT ? DMMU_PTE_AT : 0;
	if (sb_chance(sb, 100))
		pte |= DMMU_PTE_A;
	return pte;
}

/* An entry that must lead nowhere. */
uint64_t sb_nonsense(struct scoreboard *sb, unsigned int level)
{
	uint64_t leaf = DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT;

	switch (sb_below(sb, level ? 6 : 4)) {
	case 0: /* not valid, everything else set */
		return dmmu_rand(&sb->prng) & ~DMMU_PTE_V;
	case 1: /* reserved bits */
		return leaf | DMMU_PTE_LOCAL | 1ull << (52 + sb_below(sb, 12));
	case 2:
		return leaf | DMMU_PTE_LOCAL | 1ull << (8 + sb_below(sb, 4));
	case 3: /* a table where there can be none; or one with leaf bits */
		return level ? DMMU_PTE_V | DMMU_PTE_W : DMMU_PTE_V;
	case 4: /* a leaf where there can be none; or a crooked one */
		return leaf | (level == 1 ? PAGE << sb_below(sb, 9) : 0);
	default: /* a table where no memory is */
		sb->may_table_bus = true;
		return DMMU_PTE_V | (sb->bench->config.local_bytes + PAGE * sb_below(sb, 16));
	}
}

/* Tables down to the entry of va; notes what each pointer should be. */
static uint64_t make_tables(struct scoreboard *sb, uint64_t root, uint64_t va, unsigned int level)
{
	uint64_t at = dmmu_bench_pte_at(sb->bench, root, va, level);

	for (unsigned int l = sb->bench->levels - 1; l > level; l--) {
		uint64_t up = dmmu_bench_pte_at(sb->bench, root, va, l);
		uint64_t entry = *(uint64_t *)dmmu_bench_local(sb->bench, up);

		if (!sb->proper[up / 8]) {
			sb->proper[up / 8] = entry;
			write_now(sb, up, entry);
		}
	}
	return at;
}

static struct region *add_region(struct scoreboard *sb, struct context *ctx, uint64_t va,
				 unsigned int pages, uint64_t step)
{
	struct region *r = &ctx->region[ctx->regions++];

	*r = (struct region){
		.va = va,
		.bytes = pages * step,
		.step = step,
		.pages = pages,
		.page = need(calloc(pages, sizeof(struct vpage))),
	};
	for (unsigned int i = 0; i < pages; i++)
		r->page[i] = (struct vpage){
			.ctx = (uint16_t)(ctx - sb->ctx), .va = va + i * step, .bytes = step};
	return r;
}

static void give_truth(struct scoreboard *sb, struct vpage *page, uint8_t truth)
{
	page->truth = truth;
	page->gold = need(malloc(page->bytes));
	for (uint64_t i = 0; i < page->bytes / 8; i++)
		((uint64_t *)page->gold)[i] = dmmu_rand(&sb->prng);
	allocate(sb, page);
}

/* What follows a slot: nothing, or a page that forbids something, or one without memory behind. */
static void give_bad_truth(struct scoreboard *sb, struct vpage *page)
{
	switch (sb_below(sb, 4)) {
	case 0:
		break;
	case 1:
		give_truth(sb, page, R);
		break;
	case 2:
		give_truth(sb, page, W);
		break;
	default:
		page->truth = R | W | AT;
		page->bus = true;
		page->local = sb_below(sb, 2);
		page->pa = (page->local ? sb->bench->config.local_bytes
					: BENCH_HOST_BASE + sb->bench->config.host_bytes) +
			   PAGE * (1 + sb->bus_pages);
		sb->bus_page[sb->bus_pages++] = page;
		break;
	}
}

/* Linked lists in the read-only region: two words per node, next and value; some end badly. */
static void make_lists(struct scoreboard *sb, struct context *ctx)
{
	struct region *r = ctx->read_only;
	uint32_t cells = r->pages * PAGE / 16, cell = 0;

	for (unsigned int i = 0; i < LISTS; i++) {
		unsigned int nodes = 1 + sb_below(sb, 40);
		uint64_t *link = &ctx->list_head[i];

		/* a stride that is coprime to the number of cells visits each at most once */
		while (nodes--) {
			uint64_t va;

			cell = (cell + 7919) % cells;
			va = r->va + 16ull * cell;
			*link = va;
			link = (uint64_t *)(sb_page(ctx, va)->gold + va % PAGE);
		}
		*link = i < LISTS - 2	 ? 0
			: i == LISTS - 2 ? r->va + r->bytes /* a hole */
					 : 1ull << 60;	    /* not canonical */
	}
}

static void place(struct scoreboard *sb, struct context *ctx, struct vpage *page)
{
	unsigned int level = sb_leaf_level(page);

	page->pte_at = make_tables(sb, ctx->root, page->va, level);
	if (page->gold)
		memcpy(sb_physical(sb, page), page->gold, page->bytes);
	sb_grant(sb, page, 0);
	if (page->truth && sb_chance(sb, 300)) {
		page->pte = sb_leaf(sb, page, page->truth);
		sb_grant(sb, page, page->truth & (R | W));
	} else if (sb_chance(sb, 200)) {
		page->pte = sb_nonsense(sb, level);
	}
	write_now(sb, page->pte_at, page->pte);
}

static void break_tables(struct scoreboard *sb, struct context *ctx)
{
	for (unsigned int i = 0; i < ctx->regions; i++) {
		/* regions share tables: by what the pointers should be, one may be broken already
		 */
		uint64_t table = ctx->root;

		for (unsigned int l = sb->bench->levels - 1; l > 1; l--) {
			uint64_t at = table + 8 * (ctx->region[i].va >> (12 + 9 * l) & 511);

			table = sb->proper[at / 8] & DMMU_PTE_ADDR;
			if (!sb_chance(sb, 150))
				continue;
			write_now(sb, at, sb_chance(sb, 500) ? 0 : sb_nonsense(sb, l));
			break;
		}
	}
}

static void make_context(struct scoreboard *sb, struct context *ctx)
{
	uint8_t slot_truth = R | W;
	struct region *r;

	ctx->root = dmmu_bench_pt_new(sb->bench);
	ctx->other_root = dmmu_bench_pt_new(sb->bench);
	ctx->read_only = r = add_region(sb, ctx, RO_VA, RO_PAGES, PAGE);
	for (unsigned int i = 0; i < RO_PAGES; i++)
		give_truth(sb, &r->page[i], sb_chance(sb, 300) ? R | W : R);
	make_lists(sb, ctx);

	r = add_region(sb, ctx, SLOT_VA, SLOTS * (SLOT_PAGES + 1), PAGE);
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct vpage *first = &r->page[i * (SLOT_PAGES + 1)];

		for (unsigned int k = 0; k < SLOT_PAGES; k++)
			give_truth(sb, &first[k],
				   (uint8_t)(slot_truth | (sb_chance(sb, 800) ? AT : 0)));
		give_bad_truth(sb, &first[SLOT_PAGES]);
		ctx->slot[ctx->slots++] =
			(struct slot){.va = first->va,
				      .bytes = SLOT_PAGES * PAGE,
				      .span = (SLOT_PAGES + !!first[SLOT_PAGES].gold) * PAGE,
				      .guarded = true};
	}

	ctx->shared = r = add_region(sb, ctx, SHARED_VA, 1, PAGE);
	give_truth(sb, &r->page[0], R | W | AT);

	r = add_region(sb, ctx, HUGE_VA, 2, HUGE);
	for (unsigned int i = 0; i < 2; i++) {
		give_truth(sb, &r->page[i], R | W | AT);
		for (unsigned int k = 0; k < 3; k++)
			ctx->slot[ctx->slots++] =
				(struct slot){.va = r->page[i].va + k * 0x9f000ull + 0x1000,
					      .bytes = SLOT_PAGES * PAGE,
					      .span = SLOT_PAGES * PAGE,
					      .guarded = false};
	}
	for (unsigned int i = 0; i < ctx->regions; i++)
		for (unsigned int k = 0; k < ctx->region[i].pages; k++)
			place(sb, ctx, &ctx->region[i].page[k]);
	/* the second root: the same tables below */
	for (unsigned int i = 0; i < 512; i++) {
		uint64_t at = ctx->root + 8 * i, entry = sb->proper[at / 8];

		if (entry) {
			sb->proper[(ctx->other_root + 8 * i) / 8] = entry;
			write_now(sb, ctx->other_root + 8 * i, entry);
		}
	}
	break_tables(sb, ctx);
}

/* The context is dead and the device holds nothing of it: it may come back with another root. */
void sb_swap_root(struct scoreboard *sb, struct context *ctx)
{
	uint64_t root = ctx->root;

	(void)sb;
	ctx->root = ctx->other_root;
	ctx->other_root = root;
}

void sb_space_init(struct scoreboard *sb)
{
	for (unsigned int m = 0; m < 2; m++) {
		uint64_t base = m ? 0 : BENCH_HOST_BASE;
		unsigned int count = POOL_BYTES / PAGE;

		sb->page[m] = need(calloc(MEM_BYTES / PAGE, sizeof(struct ppage)));
		sb->free_page[m] = need(calloc(count, sizeof(uint64_t)));
		/* scattered, so that neighbours in virtual memory are none in physical memory */
		for (unsigned int i = 0; i < count; i++)
			sb->free_page[m][i] = base + TABLE_BYTES + PAGE * (i * 1237ull % count);
		sb->free_count[m] = count;
		for (uint64_t at = TABLE_BYTES + POOL_BYTES; at + HUGE <= MEM_BYTES; at += HUGE)
			sb->free_huge[m][sb->free_huges[m]++] = base + at;
	}
	sb->history = need(calloc(TABLE_BYTES / 8, sizeof(*sb->history)));
	sb->proper = need(calloc(TABLE_BYTES / 8, sizeof(*sb->proper)));
	for (unsigned int i = 0; i < sb->contexts; i++)
		make_context(sb, &sb->ctx[i]);
	if (sb->bench->local_used > TABLE_BYTES || sb->bench->host_used > TABLE_BYTES)
		dmmu_bench_fail(sb->bench, "scoreboard: tables or rings reach into the page pool");
}
