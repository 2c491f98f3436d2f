// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_tables.c: see mmu_scoreboard.h. Every context has the same few regions of 2 MiB, chosen so
 * that neighbours, the end of the address space, different paths and addresses that differ in a
 * single bit are among them, each with two last-level tables of which one at most is linked. Upper
 * tables never move; their entries come and go.
 */
#include "mmu_scoreboard.h"

#include <stdlib.h>
#include <string.h>

#define HUGE  (2ull << 20)
#define MARKS (DMMU_PTE_A | DMMU_PTE_D)

/* Neighbours, every single bit, both ends of a table. */
const unsigned int sb_page_index[SB_PAGES] = {0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 510, 511};

uint64_t sb_region_va(const struct scoreboard *sb, unsigned int region)
{
	uint64_t top = 1ull << (12 + 9 * sb->b->geo.levels);
	uint64_t seed = sb->b->config.seed, bits = 9 * (sb->b->geo.levels - 1);

	switch (region) {
	case 0:
		return 2 * HUGE;
	case 1:
		return 3 * HUGE; /* behind the first */
	case 2:
		return top - HUGE;
	case 3:
		return 0x123440000000ull;
	/* and two that differ from another in one bit of the address: each seed tries others */
	case 4:
		return 0x123440000000ull ^ HUGE << seed * 7 % bits;
	default:
		return 2 * HUGE ^ HUGE << (1 + (seed * 5 + 3) % (bits - 1));
	}
}

int sb_region_of(const struct scoreboard *sb, uint64_t va)
{
	for (int r = 0; r < SB_REGIONS; r++)
		if ((va & ~(HUGE - 1)) == sb_region_va(sb, (unsigned int)r))
			return r;
	return -1;
}

int sb_page_of(uint64_t va)
{
	unsigned int index = va >> 12 & 511;

	for (int i = 0; i < SB_PAGES; i++)
		if (sb_page_index[i] == index)
			return i;
	return -1;
}

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct word *sb_word(struct scoreboard *sb, uint64_t at)
{
	uint64_t offset = mmu_bench_offset(sb->b, at);
	struct word **w;

	if (at % 8 || offset == MMU_NOWHERE)
		mmu_bench_fail(sb->b, "scoreboard: 0x%llx is no entry", (unsigned long long)at);
	w = &sb->word[offset / 8];
	if (!*w) {
		*w = need(calloc(1, sizeof(**w)));
		(*w)->count = 1;
		(*w)->v[0].until = NEVER;
		(*w)->page = -1;
		(*w)->ctx = (*w)->region = 0xff;
	}
	return *w;
}

static struct version *newest(struct word *w)
{
	return &w->v[w->count - 1];
}

uint64_t sb_value(struct scoreboard *sb, uint64_t at)
{
	return newest(sb_word(sb, at))->value;
}

/* Since when a version may not be used any more for any address that the entry is for. */
static uint64_t forgotten(const struct scoreboard *sb, const struct word *w)
{
	const struct context *ctx;
	uint64_t oldest;

	if (w->ctx == 0xff)
		return NEVER;
	ctx = &sb->ctx[w->ctx];
	if (w->region == 0xff)
		return ctx->acknowledged_all;
	if (w->level > 1)
		return ctx->acknowledged_all;
	if (w->level == 0 && w->page >= 0)
		return ctx->region[w->region].acknowledged[sb_page_index[w->page]];
	oldest = NEVER;
	for (unsigned int i = 0; i < 512; i++)
		if (ctx->region[w->region].acknowledged[i] < oldest)
			oldest = ctx->region[w->region].acknowledged[i];
	return oldest;
}

static bool over(const struct scoreboard *sb, const struct word *w, const struct version *v)
{
	uint64_t now = mmu_bench_now(sb->b);

	return v->until <= forgotten(sb, w) && v->until + sb->slack < now;
}

bool sb_room(struct scoreboard *sb, uint64_t at)
{
	struct word *w = sb_word(sb, at);

	return w->count < SB_HISTORY - 1 || over(sb, w, &w->v[0]);
}

void sb_write(struct scoreboard *sb, uint64_t at, uint64_t value)
{
	struct word *w = sb_word(sb, at);
	uint64_t now = mmu_bench_now(sb->b);
	struct version *v;

	if (w->count == SB_HISTORY || (w->count > SB_HISTORY / 2 && over(sb, w, &w->v[0]))) {
		if (!over(sb, w, &w->v[0]))
			mmu_bench_fail(sb->b, "scoreboard: too many versions of an entry");
		memmove(&w->v[0], &w->v[1], sizeof(w->v[0]) * --w->count);
	}
	newest(w)->until = now;
	v = &w->v[w->count++];
	*v = (struct version){.value = value, .from = now, .until = NEVER};
	if (value & DMMU_PTE_V && value & DMMU_PTE_LEAF)
		v->marks = value & MARKS;
	*mmu_bench_word(sb->b, at) = value;
	sb->total_changes++;
}

/* ---- values */

uint64_t sb_leaf(struct scoreboard *sb, unsigned int level, bool generous)
{
	uint64_t pte = DMMU_PTE_V | DMMU_PTE_LEAF, far;

	/* a page that nothing else ever had, and all address bits in use: bit 30 tells the sizes
	 * apart */
	far = sb->next_frame++ * (level ? 0x2545f4915ull : 0x9e3779b97f4a7ull);
	if (level)
		pte |= 1ull << 30 | (far & 511) << 21 | (far >> 9 & 0x1fffff) << 31;
	else
		pte |= (far & 0x3ffff) << 12 | (far >> 18 & 0x1fffff) << 31;
	pte |= generous || sb_chance(sb, 920) ? DMMU_PTE_R : 0;
	pte |= generous || sb_chance(sb, 800) ? DMMU_PTE_W : 0;
	pte |= generous || sb_chance(sb, 700) ? DMMU_PTE_AT : 0;
	pte |= sb_chance(sb, 500) ? DMMU_PTE_LOCAL : 0;
	if (sb_chance(sb, 200))
		pte |= DMMU_PTE_A | (sb_chance(sb, 500) ? DMMU_PTE_D : 0);
	return pte;
}

/* Valid, and must lead nowhere: every rule of the format broken, one at a time. */
uint64_t sb_malformed(struct scoreboard *sb, unsigned int level)
{
	uint64_t leaf = sb_leaf(sb, level, true), pointer = DMMU_PTE_V | sb->ctx[0].root[0];

	switch (sb_below(sb, level ? 5 : 4)) {
	case 0:
		return (level < 2 ? leaf : pointer) | 1ull << (52 + sb_below(sb, 12));
	case 1:
		return (level < 2 ? leaf : pointer) | 1ull << (8 + sb_below(sb, 4));
	case 2: /* a table where there can be none, or one with a leaf's bits */
		return level ? pointer | 1ull << (1 + sb_below(sb, 6)) : pointer;
	case 3: /* not even valid */
		return dmmu_rand(&sb->prng) & ~DMMU_PTE_V;
	default: /* a leaf where there can be none, or a crooked one */
		return leaf | (level == 1 ? 4096ull << sb_below(sb, 9) : 0);
	}
}

/* ---- trees */

static uint64_t new_table(struct scoreboard *sb)
{
	return mmu_bench_table(sb->b);
}

static void own(struct scoreboard *sb, uint64_t at, unsigned int ctx, unsigned int level,
		int region, int page)
{
	struct word *w = sb_word(sb, at);

	w->ctx = (uint8_t)ctx;
	w->level = (uint8_t)level;
	w->region = (uint8_t)region;
	w->page = (int16_t)page;
}

/* The table of LEVEL on the way to the region: made once and never moved, but for the last level.
 */
static uint64_t upper_table(struct scoreboard *sb, unsigned int ctx, unsigned int region,
			    unsigned int level)
{
	uint64_t table = sb->ctx[ctx].root[0], va = sb_region_va(sb, region);

	for (unsigned int l = sb->b->geo.levels - 1; l > level; l--) {
		uint64_t at = table + 8 * (va >> (12 + 9 * l) & 511);
		struct word *w = sb_word(sb, at);

		if (!w->v[0].value) {
			sb_write(sb, at, DMMU_PTE_V | new_table(sb));
			w->v[0] = w->v[--w->count];
			own(sb, at, ctx, l, 0xff, -1);
		}
		table = w->v[0].value & DMMU_PTE_ADDR;
	}
	return table;
}

/* What the entry of a level above the last but one should be. v[0] may be forgotten by now. */
uint64_t sb_proper_pointer(struct scoreboard *sb, unsigned int ctx, unsigned int region,
			   unsigned int level)
{
	static uint64_t proper[64][SB_REGIONS][6];
	uint64_t *p = &proper[ctx][region][level];

	if (level == 1)
		return DMMU_PTE_V | sb->ctx[ctx].region[region].table[sb_below(sb, 2)];
	if (!*p)
		*p = DMMU_PTE_V | upper_table(sb, ctx, region, level - 1);
	return *p;
}

uint64_t sb_entry_at(struct scoreboard *sb, unsigned int ctx, unsigned int region, uint64_t va,
		     unsigned int level)
{
	uint64_t index = 8 * (va >> (12 + 9 * level) & 511), at;

	if (level > 0) {
		if (level == sb->b->geo.levels - 1)
			return sb->ctx[ctx].root[sb->ctx[ctx].root_now] + index;
		return (sb_proper_pointer(sb, ctx, region, level + 1) & DMMU_PTE_ADDR) + index;
	}
	at = sb_entry_at(sb, ctx, region, va, 1);
	if (!(sb_value(sb, at) & DMMU_PTE_V) || sb_value(sb, at) & DMMU_PTE_LEAF)
		return 0;
	at = sb_value(sb, at) & DMMU_PTE_ADDR;
	if (at != sb->ctx[ctx].region[region].table[0] &&
	    at != sb->ctx[ctx].region[region].table[1])
		return 0;
	return at + index;
}

static void make_context(struct scoreboard *sb, unsigned int ctx)
{
	struct context *c = &sb->ctx[ctx];
	unsigned int top = sb->b->geo.levels - 1;

	c->used = true;
	c->dead_until = NEVER;
	c->root[0] = new_table(sb);
	for (unsigned int r = 0; r < SB_REGIONS; r++) {
		for (unsigned int l = top; l > 1; l--)
			sb_proper_pointer(sb, ctx, r, l);
	}
	c->root[1] = new_table(sb);
	for (unsigned int r = 0; r < SB_REGIONS; r++) {
		uint64_t va = sb_region_va(sb, r), at = sb_entry_at(sb, ctx, r, va, 1);
		struct region *region = &c->region[r];

		/* the second root has the same tables below */
		own(sb, c->root[1] + 8 * (va >> (12 + 9 * top) & 511), ctx, top, 0xff, -1);
		sb_write(sb, c->root[1] + 8 * (va >> (12 + 9 * top) & 511),
			 sb_proper_pointer(sb, ctx, r, top));
		own(sb, at, ctx, 1, (int)r, -1);
		for (unsigned int k = 0; k < 2; k++) {
			region->table[k] = new_table(sb);
			for (unsigned int i = 0; i < SB_PAGES; i++) {
				uint64_t word = region->table[k] + 8 * sb_page_index[i];

				own(sb, word, ctx, 0, (int)r, (int)i);
				if (sb_chance(sb, 750))
					sb_write(sb, word, sb_leaf(sb, 0, false));
			}
		}
		if (sb_chance(sb, 900))
			sb_write(sb, at,
				 sb_chance(sb, 250) ? sb_leaf(sb, 1, false)
						    : sb_proper_pointer(sb, ctx, r, 1));
	}
}

void sb_tables_init(struct scoreboard *sb)
{
	sb->word = need(calloc(MMU_LOCAL_BYTES / 8, sizeof(*sb->word)));
	sb->ctx = need(calloc(64, sizeof(*sb->ctx)));
	sb->next_frame = 1;
	new_table(sb); /* offset 0 stays empty: it is what an entry of zeros would name */
	for (unsigned int i = 0; i < sb->contexts; i++)
		make_context(sb, sb->ctx_id[i]);
	sb->table_end = sb->b->local_used;
}

/* ---- chains */

static void search(struct scoreboard *sb, struct sb_paths *p, uint64_t table, unsigned int level)
{
	const struct context *ctx = &sb->ctx[p->ctx];
	uint64_t at = table + 8 * (p->va >> (12 + 9 * level) & 511);
	int region = sb_region_of(sb, p->va);
	uint64_t page_since = 0, huge_since = 0;
	struct word *w;

	if (mmu_bench_offset(sb->b, at) == MMU_NOWHERE) { /* no memory there */
		p->why |= 1ull << (8 * level + DMMU_CAUSE_BUS);
		return;
	}
	w = sb_word(sb, at);
	if (at == p->reach)
		p->reached = true;
	if (region >= 0) {
		page_since = ctx->region[region].acknowledged[p->va >> 12 & 511];
		huge_since = ctx->region[region].acknowledged_any;
	}
	if (page_since < p->not_before)
		page_since = p->not_before;
	if (huge_since < p->not_before)
		huge_since = p->not_before;
	for (unsigned int r = 2; r < 4; r++)
		if (w->error_at[r] && w->error_at[r] >= p->since)
			p->why |= 1ull
				  << (8 * level + (r == 2 ? DMMU_CAUSE_POISON : DMMU_CAUSE_BUS));
	for (unsigned int i = 0; i < w->count; i++) {
		const struct version *v = &w->v[i];
		unsigned int cause = 0;

		switch (gold_entry(v->value, level, p->op, &cause)) {
		case GOLD_TABLE:
			if (v->until > page_since)
				search(sb, p, v->value & DMMU_PTE_ADDR, level - 1);
			break;
		case GOLD_LEAF:
			if (v->until <= (level ? huge_since : page_since) || p->leaves == 64)
				break;
			p->leaf[p->leaves].pa = (v->value & DMMU_PTE_ADDR) |
						(p->va & ((1ull << (12 + 9 * level)) - 1));
			p->leaf[p->leaves].local = v->value & DMMU_PTE_LOCAL;
			p->leaf[p->leaves].huge = level;
			p->leaf[p->leaves++].marks = v->marks;
			break;
		case GOLD_FAULT:
			if (v->until > page_since && v->until > p->since)
				p->why |= 1ull << (8 * level + cause);
			break;
		}
	}
}

void sb_find_paths(struct scoreboard *sb, struct sb_paths *p)
{
	const struct context *ctx = &sb->ctx[p->ctx];
	unsigned int top = sb->b->geo.levels - 1;
	uint64_t since = ctx->acknowledged_all;
	int region = sb_region_of(sb, p->va);

	if (region >= 0)
		since = ctx->region[region].acknowledged[p->va >> 12 & 511];
	if (since < p->not_before)
		since = p->not_before;
	if (p->va >> (12 + 9 * sb->b->geo.levels)) {
		p->why = 1ull << (8 * top + DMMU_CAUSE_NONCANONICAL);
		return;
	}
	for (unsigned int i = 0; i < ctx->root_count; i++)
		if (ctx->roots[i].until > since)
			search(sb, p, ctx->roots[i].value, top);
}

/* ---- memory's side */

uint8_t sb_respond(void *opaque, uint64_t addr, bool write, uint64_t *garbage)
{
	struct scoreboard *sb = opaque;
	uint8_t resp = sb_chance(sb, 500) ? 2 : 3;

	if (!sb_chance(sb, sb->rates.error))
		return 0;
	sb_word(sb, addr)->error_at[resp] = mmu_bench_now(sb->b);
	sb->errors++;
	sb->total_errors++;
	if (!write) /* what must not be believed */
		*garbage = sb_leaf(sb, 0, true) | MARKS;
	return resp;
}

/* The MMU writes an entry: it may set A and D of what is there, for somebody who asks, no more. */
void sb_stored(void *opaque, uint64_t addr, uint64_t value)
{
	struct scoreboard *sb = opaque;
	struct mmu_bench *b = sb->b;
	struct word *w = sb_word(sb, addr);
	struct version *v = newest(w);
	uint64_t there = *mmu_bench_word(b, addr), set = value & ~there, now = mmu_bench_now(b);
	const struct region *region;
	bool huge = w->level == 1, asked[2];
	struct sb_paths p;

	if ((there ^ value) & ~MARKS || there & ~value || !(value & DMMU_PTE_A))
		mmu_bench_fail(b, "I5: 0x%llx is written over 0x%llx at 0x%llx: not just A and D",
			       (unsigned long long)value, (unsigned long long)there,
			       (unsigned long long)addr);
	if (!b->grant_mmu)
		mmu_bench_fail(b, "an entry is written without the page-table lock");
	if (w->ctx == 0xff || w->region == 0xff || !(there & DMMU_PTE_V) ||
	    !(there & DMMU_PTE_LEAF))
		mmu_bench_fail(b, "I5: 0x%llx at 0x%llx gets A or D and is no leaf",
			       (unsigned long long)there, (unsigned long long)addr);
	region = &sb->ctx[w->ctx].region[w->region];
	for (unsigned int k = 0; k < 2; k++)
		asked[k] = huge ? region->asking[k] || region->asked[k] + sb->slack > now
				: region->page_asking[w->page][k] ||
					   region->page_asked[w->page][k] + sb->slack > now;
	if ((set & DMMU_PTE_A && !asked[0]) || (set & DMMU_PTE_D && !asked[1]))
		mmu_bench_fail(b, "I5: entry 0x%llx at 0x%llx gets %s%s, and nobody asked for that",
			       (unsigned long long)there, (unsigned long long)addr,
			       set & DMMU_PTE_A ? "A" : "", set & DMMU_PTE_D ? "D" : "");
	if (sb->ctx[w->ctx].acked)
		mmu_bench_fail(b, "M5: an entry of a killed context gets A or D");
	p = (struct sb_paths){
		.ctx = w->ctx,
		.va = sb_region_va(sb, w->region) + (huge ? 0 : 4096ull * sb_page_index[w->page]),
		.reach = addr,
	};
	sb_find_paths(sb, &p);
	if (!p.reached && huge) /* any page of it */
		p.reached = true;
	if (!p.reached)
		mmu_bench_fail(b,
			       "I2: the entry at 0x%llx gets A or D after it was acknowledged"
			       " that its table is out of use",
			       (unsigned long long)addr);
	v->marks |= value & MARKS;
}

void sb_check_tables(struct scoreboard *sb)
{
	for (uint64_t i = 0; i < sb->table_end; i += 8) {
		const struct word *w = sb->word[i / 8];
		uint64_t expected = w ? w->v[w->count - 1].value | w->v[w->count - 1].marks : 0;
		uint64_t at = sb->b->page[i / 4096] << 12 | (i & 4095);

		if (*mmu_bench_word(sb->b, at) != expected)
			mmu_bench_fail(sb->b, "the entry at 0x%llx is 0x%llx, expected 0x%llx",
				       (unsigned long long)at,
				       (unsigned long long)*mmu_bench_word(sb->b, at),
				       (unsigned long long)expected);
	}
}
