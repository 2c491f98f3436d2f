// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_scoreboard.c: the players, see mmu_scoreboard.h: clients that ask, hold and release, a host
 * that changes page tables under them by the rules of docs/rings.md, invalidates, kills, answers
 * faults late and out of order. A run is phases of some thousand cycles; between them, sometimes,
 * everything comes to rest and the books must balance.
 *
 * The rules the host keeps. An entry that is not valid, or malformed, may become anything. A valid
 * one may be widened; then it carries A, and D if it was writable. Anything else is: write, then
 * invalidate what the entry covers, one after the other.
 */
#include "mmu_scoreboard.h"
#include "number.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERMS	 (DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT)
#define PAGES_2M 512ull

/* ---- the host writes entries */

enum change_kind {
	CHANGE_SET,    /* an invalidation follows */
	CHANGE_WIDEN,  /* add these rights to a leaf */
	CHANGE_REPAIR, /* as SET when what is there leads nowhere, else as WIDEN with its rights */
};

struct change {
	struct scoreboard *sb;
	unsigned int count;
	struct {
		enum change_kind kind;
		uint64_t at, value;
		unsigned int level;
	} entry[8];
};

static bool well_formed(struct scoreboard *sb, uint64_t value, unsigned int level)
{
	unsigned int cause;

	(void)sb;
	return gold_entry(value, level, DMMU_ACCESS_READ, &cause) != GOLD_FAULT ||
	       cause == DMMU_CAUSE_PERMISSION;
}

/* The host has the lock. */
static void land(void *opaque, void *arg)
{
	struct scoreboard *sb = opaque;
	struct change *change = arg;

	for (unsigned int i = 0; i < change->count; i++) {
		uint64_t at = change->entry[i].at, old = sb_value(sb, at);
		uint64_t value = change->entry[i].value;
		bool sound = well_formed(sb, old, change->entry[i].level);

		if (!sb_room(sb, at)) /* several changes of it were under way */
			continue;
		if (change->entry[i].kind == CHANGE_WIDEN ||
		    (change->entry[i].kind == CHANGE_REPAIR && sound)) {
			if (!sound || !(old & DMMU_PTE_LEAF))
				continue;
			value = old | (value & PERMS) | DMMU_PTE_A |
				(old & DMMU_PTE_W ? DMMU_PTE_D : 0);
		}
		sb_write(sb, at, value);
	}
	free(change);
}

static bool room_for(struct scoreboard *sb, unsigned int commands)
{
	return sb->b->command_count + commands <= MMU_COMMANDS / 2;
}

static void push(struct scoreboard *sb, const struct mmu_command *command)
{
	if (!mmu_bench_command(sb->b, command))
		mmu_bench_fail(sb->b, "scoreboard: too many commands");
}

static struct change *new_change(struct scoreboard *sb)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change)
		abort();
	change->sb = sb;
	return change;
}

static void push_change(struct scoreboard *sb, struct change *change)
{
	push(sb, &(struct mmu_command){.kind = MMU_PT_WRITE, .write = land, .arg = change});
}

static void add(struct change *change, enum change_kind kind, unsigned int level, uint64_t at,
		uint64_t value)
{
	unsigned int i = change->count++;

	change->entry[i].kind = kind;
	change->entry[i].level = level;
	change->entry[i].at = at;
	change->entry[i].value = value;
}

static void invalidate(struct scoreboard *sb, unsigned int ctx, uint64_t va, uint64_t pages)
{
	uint64_t first = va >> 12, last = first + pages - 1;
	bool every = sb_chance(sb, 20), all = every || sb_chance(sb, 50);

	if (sb_chance(sb, 100)) { /* more than needed */
		first -= first ? sb_below(sb, 2) : 0;
		last += sb_below(sb, 600);
	}
	if (sb_chance(sb, 30)) { /* and far more: each bit of the length matters */
		uint64_t span = 1ull << sb_below(sb, 52);

		last = (last + span) >> 52 ? last : last + span;
	}
	push(sb, &(struct mmu_command){
			 .kind = MMU_INVALIDATE,
			 .ctx = (uint8_t)ctx,
			 .every = every,
			 .all = all,
			 /* not looked at with ALL: then anything */
			 .first = all ? dmmu_rand(&sb->prng) >> 12 : first,
			 .last = all ? dmmu_rand(&sb->prng) >> 12 : last,
		 });
}

static unsigned int any_ctx(struct scoreboard *sb)
{
	return sb->ctx_id[sb_below(sb, sb->contexts)];
}

/* Leaves of one last-level table: new ones, moved ones, less or more rights, none. */
static void change_pages(struct scoreboard *sb)
{
	unsigned int ctx = any_ctx(sb), r = sb_below(sb, SB_REGIONS), page = sb_below(sb, SB_PAGES);
	unsigned int count = 1 + sb_below(sb, sb_chance(sb, 300) ? 6 : 2), i;
	uint64_t base = sb_region_va(sb, r), first = 511, last = 0;
	struct change *change = new_change(sb);

	for (i = 0; i < count && page + i < SB_PAGES; i++) {
		unsigned int index = sb_page_index[page + i];
		uint64_t at = sb_entry_at(sb, ctx, r, base + index * 4096ull, 0), old;
		bool widen = sb_chance(sb, 250);

		/* tables that are not linked now change too */
		if (!at || sb_chance(sb, 100))
			at = sb->ctx[ctx].region[r].table[sb_below(sb, 2)] + 8 * index;
		if (!sb_room(sb, at))
			continue;
		old = sb_value(sb, at);
		if (well_formed(sb, old, 0) && widen) {
			add(change, CHANGE_WIDEN, 0, at, sb_leaf(sb, 0, false));
			continue;
		}
		if (!well_formed(sb, old, 0) && sb_chance(sb, 500)) {
			add(change, CHANGE_REPAIR, 0, at, sb_leaf(sb, 0, false));
			continue;
		}
		first = index < first ? index : first;
		last = index > last ? index : last;
		if (sb_chance(sb, 300))
			add(change, CHANGE_SET, 0, at, 0);
		else if (sb_chance(sb, sb->rates.malformed))
			add(change, CHANGE_SET, 0, at, sb_malformed(sb, 0));
		else if (old & DMMU_PTE_LEAF &&
			 sb_chance(sb, 300)) /* fewer rights, A and D as given */
			add(change, CHANGE_SET, 0, at,
			    old & ~((1ull + sb_below(sb, 7)) << DMMU_PTE_R_SHIFT) & ~0x60ull);
		else
			add(change, CHANGE_SET, 0, at, sb_leaf(sb, 0, false));
	}
	if (!change->count) {
		free(change);
		return;
	}
	push_change(sb, change);
	if (first <= last)
		invalidate(sb, ctx, base + first * 4096ull, last - first + 1);
}

/* What the last-but-one level has for a region: a table, the other one, a 2 MiB page, nothing. */
static void change_region(struct scoreboard *sb)
{
	unsigned int ctx = any_ctx(sb), r = sb_below(sb, SB_REGIONS);
	uint64_t base = sb_region_va(sb, r), at = sb_entry_at(sb, ctx, r, base, 1), value;
	uint64_t old = sb_value(sb, at);
	struct change *change;

	if (!sb_room(sb, at))
		return;
	change = new_change(sb);
	if (old & DMMU_PTE_V && old & DMMU_PTE_LEAF && well_formed(sb, old, 1) &&
	    sb_chance(sb, 200)) {
		add(change, CHANGE_WIDEN, 1, at, sb_leaf(sb, 1, false));
		push_change(sb, change);
		return;
	}
	if (sb_chance(sb, 500))
		value = sb_proper_pointer(sb, ctx, r, 1);
	else if (sb_chance(sb, 600))
		value = sb_leaf(sb, 1, sb_chance(sb, 500));
	else if (sb_chance(sb, 400))
		value = 0;
	else if (sb_chance(sb, 300)) /* a table where no memory is */
		value = DMMU_PTE_V | mmu_bench_nowhere(sb->b);
	else
		value = sb_malformed(sb, 1);
	add(change, CHANGE_SET, 1, at, value);
	push_change(sb, change);
	if (sb_chance(sb, 200)) {
		/* one address only: it must not be found by the old path, others may; of a 2 MiB
		 * page a part is all */
		invalidate(sb, ctx, base + 4096ull * sb_page_index[sb_below(sb, SB_PAGES)], 1);
		return;
	}
	invalidate(sb, ctx, base, PAGES_2M);
}

/*
 * The table that is not linked gets all new pages, none of them accessed yet, and takes the place
 * of the one that is: many A and D updates, and a table that must be left alone from then on.
 */
static void swap_tables(struct scoreboard *sb)
{
	unsigned int ctx = any_ctx(sb), r = sb_below(sb, SB_REGIONS);
	uint64_t base = sb_region_va(sb, r), at = sb_entry_at(sb, ctx, r, base, 1);
	const uint64_t *table = sb->ctx[ctx].region[r].table;
	unsigned int next = (sb_value(sb, at) & DMMU_PTE_ADDR) == table[0];
	struct change *change = NULL;

	if (sb->phase == PHASE_STREAM || sb->phase >= PHASE_STORM_ONE) { /* where they are now */
		ctx = sb->ctx_id[sb->storm_ctx];
		r = sb->storm_region;
		base = sb_region_va(sb, r);
		at = sb_entry_at(sb, ctx, r, base, 1);
		table = sb->ctx[ctx].region[r].table;
		next = (sb_value(sb, at) & DMMU_PTE_ADDR) == table[0];
	}
	for (unsigned int i = 0; i < SB_PAGES; i++) {
		uint64_t word = table[next] + 8 * sb_page_index[i];

		if (!sb_room(sb, word))
			continue;
		if (!change)
			change = new_change(sb);
		add(change, CHANGE_SET, 0, word,
		    sb_leaf(sb, 0, true) & ~(uint64_t)(DMMU_PTE_A | DMMU_PTE_D));
		if (change->count == 8) {
			push_change(sb, change);
			change = NULL;
		}
	}
	if (!change)
		change = new_change(sb);
	if (sb_room(sb, at))
		add(change, CHANGE_SET, 1, at, DMMU_PTE_V | table[next]);
	push_change(sb, change);
	invalidate(sb, ctx, base, PAGES_2M);
}

/* An entry of an upper level: taken away, broken or put back. */
static void change_upper(struct scoreboard *sb)
{
	unsigned int ctx = any_ctx(sb), r = sb_below(sb, SB_REGIONS);
	unsigned int level = 2 + sb_below(sb, sb->b->geo.levels - 2);
	uint64_t span = 1ull << (9 * level), base = sb_region_va(sb, r);
	uint64_t at = sb_entry_at(sb, ctx, r, base, level), value = 0;
	struct change *change;

	if (!sb_room(sb, at))
		return;
	change = new_change(sb);
	if (sb_value(sb, at) != sb_proper_pointer(sb, ctx, r, level) || sb_chance(sb, 300))
		value = sb_proper_pointer(sb, ctx, r, level);
	else if (sb_chance(sb, 300))
		value = sb_malformed(sb, level);
	else if (sb_chance(sb, 200))
		value = DMMU_PTE_V | mmu_bench_nowhere(sb->b);
	add(change, CHANGE_SET, level, at, value);
	push_change(sb, change);
	invalidate(sb, ctx, base & ~(span * 4096 - 1), span);
}

static void kill_or_set(struct scoreboard *sb)
{
	unsigned int number = any_ctx(sb);
	struct context *ctx = &sb->ctx[number];

	if (ctx->busy || (ctx->live && !sb_chance(sb, sb->rates.kill)))
		return;
	ctx->busy = true;
	if (ctx->live && sb_chance(sb, 700)) {
		push(sb, &(struct mmu_command){.kind = MMU_CTX_KILL, .ctx = (uint8_t)number});
		return;
	}
	/* enabled again, or another root under running traffic */
	push(sb, &(struct mmu_command){.kind = MMU_CTX_SET,
				       .ctx = (uint8_t)number,
				       .root = ctx->root[sb_below(sb, 2)]});
}

static void host_events(struct scoreboard *sb)
{
	/* not so many that answers wait behind them for ever */
	if (sb->b->command_count > 10)
		return;
	if (sb_chance(sb, sb->rates.change))
		change_pages(sb);
	if (sb_chance(sb, sb->rates.change / 3))
		change_region(sb);
	if (sb_chance(sb, sb->rates.change / 10))
		change_upper(sb);
	if (sb_chance(sb, sb->rates.change / 3))
		swap_tables(sb);
	if (sb_chance(sb, sb->rates.invalidate)) {
		unsigned int r = sb_below(sb, SB_REGIONS);

		invalidate(sb, any_ctx(sb),
			   sb_region_va(sb, r) + 4096ull * sb_page_index[sb_below(sb, SB_PAGES)],
			   sb_chance(sb, 500) ? 1 : 1 + sb_below(sb, 1100));
	}
	if (sb_chance(sb, 10))
		kill_or_set(sb);
}

/* ---- the host answers faults */

/* Entries so that the access will be permitted, as far as no invalidation is needed for it. */
static bool repair(struct scoreboard *sb, const struct group *g)
{
	int r = sb_region_of(sb, g->va), page = sb_page_of(g->va);
	uint64_t need = g->op == DMMU_ACCESS_READ    ? DMMU_PTE_R
			: g->op == DMMU_ACCESS_WRITE ? DMMU_PTE_W
						     : PERMS;
	struct change *change;
	uint64_t at, old;

	if (r < 0)
		return false;
	change = new_change(sb);
	for (unsigned int l = sb->b->geo.levels - 1; l > 1; l--) {
		at = sb_entry_at(sb, g->ctx, (unsigned int)r, g->va, l);
		if (!well_formed(sb, sb_value(sb, at), l) && sb_room(sb, at))
			add(change, CHANGE_REPAIR, l, at,
			    sb_proper_pointer(sb, g->ctx, (unsigned int)r, l));
	}
	at = sb_entry_at(sb, g->ctx, (unsigned int)r, g->va, 1);
	old = sb_value(sb, at);
	if (sb_room(sb, at)) {
		if (!well_formed(sb, old, 1))
			add(change, CHANGE_REPAIR, 1, at,
			    page < 0 || sb_chance(sb, 200)
				    ? sb_leaf(sb, 1, true)
				    : sb_proper_pointer(sb, g->ctx, (unsigned int)r, 1));
		else if (old & DMMU_PTE_LEAF)
			add(change, CHANGE_WIDEN, 1, at, need);
	}
	at = page < 0 ? 0 : sb_entry_at(sb, g->ctx, (unsigned int)r, g->va, 0);
	if (at && sb_room(sb, at)) {
		if (well_formed(sb, sb_value(sb, at), 0))
			add(change, CHANGE_WIDEN, 0, at, need);
		else
			add(change, CHANGE_REPAIR, 0, at, sb_leaf(sb, 0, sb_chance(sb, 800)));
	}
	if (!change->count) {
		free(change);
		return false;
	}
	push_change(sb, change);
	return true;
}

static void answer(struct scoreboard *sb, struct group *g)
{
	struct mmu_command command = {.kind = MMU_ANSWER, .tag = g->tag};
	unsigned int tries = sb->client[g->leader].tries, kind = sb_below(sb, 1000);

	if (tries > 4 || kind < 60) {
		command.action = DMMU_ANSWER_FAIL;
	} else if (kind < 60 + sb->rates.kill / 8) {
		command.action = DMMU_ANSWER_KILL;
	} else {
		command.action = DMMU_ANSWER_RETRY;
		if (kind > 180)
			repair(sb, g);
	}
	push(sb, &command);
	if (sb_chance(sb, 30)) /* twice */
		push(sb, &command);
	g->due = NEVER;
}

static void host_answers(struct scoreboard *sb)
{
	uint64_t now = mmu_bench_now(sb->b);

	for (unsigned int i = 0; i < SB_GROUPS; i++)
		if (sb->group[i].live && sb->group[i].due <= now && room_for(sb, 5))
			answer(sb, &sb->group[i]);
	if (!sb->quiet && sb_chance(sb, 1) && room_for(sb, 1)) /* for a fault that is none */
		push(sb, &(struct mmu_command){
				 .kind = MMU_ANSWER,
				 .tag = sb_chance(sb, 500)
						? sb->b->geo.threads +
							  sb_below(sb, 256 - sb->b->geo.threads)
						: (uint32_t)dmmu_rand(&sb->prng) | 0xff000000u,
				 .action = (uint8_t)sb_below(sb, 3)});
	/* free the slots of records that were read, late */
	if (sb->waiting_records && now >= sb->free_slot_at) {
		unsigned int n = 1 + sb_below(sb, sb->waiting_records);

		sb->waiting_records -= n;
		sb->b->flt_head += n;
		sb->free_slot_at = now + sb_below(sb, sb->rates.answer_delay + 1);
	}
}

/* ---- clients */

static void pick_page(struct scoreboard *sb, unsigned int thread, unsigned int *ctx, uint64_t *va)
{
	unsigned int r = sb_below(sb, SB_REGIONS), page = sb_page_index[sb_below(sb, SB_PAGES)];

	*ctx = any_ctx(sb);
	switch (sb->phase) {
	case PHASE_HOT: /* few pages, so that all hit */
		*ctx = sb->ctx_id[sb->storm_ctx];
		r = sb->storm_region;
		page = sb_page_index[(sb->storm_page + sb_below(sb, 3)) % SB_PAGES];
		break;
	case PHASE_STORM_ONE:
		*ctx = sb->ctx_id[sb->storm_ctx];
		r = sb->storm_region;
		page = sb_page_index[sb->storm_page];
		break;
	case PHASE_STORM_MANY:
		*ctx = sb->ctx_id[sb->storm_ctx];
		r = (sb->storm_region + thread / SB_PAGES) % SB_REGIONS;
		page = sb_page_index[(sb->storm_page + thread) % SB_PAGES];
		break;
	case PHASE_STREAM: /* neighbours one after the other */
		if (sb->client[thread].last_va && sb_chance(sb, 900)) {
			*ctx = sb->ctx_id[thread % sb->contexts];
			*va = sb->client[thread].last_va + (sb_chance(sb, 800) ? 4096 : 64);
			if (sb_region_of(sb, *va) >= 0)
				return;
		}
		break;
	default:
		break;
	}
	if (sb_chance(sb, 40))
		page = sb_below(sb, 512);
	*va = sb_region_va(sb, r) + 4096ull * page;
	if (sb_chance(sb, 15)) /* nothing is mapped there */
		*va = dmmu_rand(&sb->prng) >> (64 - 12 - 9 * sb->b->geo.levels);
	if (sb_chance(sb, sb->rates.noncanonical))
		*va |= 1ull << (12 + 9 * sb->b->geo.levels +
				sb_below(sb, 52 - 9 * sb->b->geo.levels));
}

static void clients(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	uint64_t now = mmu_bench_now(b);

	for (unsigned int t = 0; t < b->geo.threads; t++) {
		struct mmu_client *c = &b->client[t];
		unsigned int ctx, kind = sb_below(sb, 100);
		uint64_t va;

		if (c->state == CLIENT_HELD && now >= sb->client[t].release_at) {
			mmu_bench_release(b, t);
			sb->ops++;
		}
		if (c->state != CLIENT_IDLE || sb->quiet || !sb_chance(sb, sb->rates.ask))
			continue;
		pick_page(sb, t, &ctx, &va);
		va = (va & ~4095ull) | sb_below(sb, 4096);
		/* whoever runs in a context stops when it dies; a few are late */
		if (sb->ctx[ctx].busy || (!sb->ctx[ctx].live && !sb_chance(sb, 4)))
			continue;
		mmu_bench_ask(b, t, ctx, va,
			      kind < 55	  ? DMMU_ACCESS_READ
			      : kind < 90 ? DMMU_ACCESS_WRITE
					  : DMMU_ACCESS_ATOMIC,
			      ++sb->cookie * 0x9e3779b97f4a7c15ull);
	}
}

/* ---- phases */

static void new_phase(struct scoreboard *sb)
{
	uint64_t now = mmu_bench_now(sb->b);
	static const uint32_t ask[] = {1000, 1000, 1000, 300, 60};
	static const uint32_t change[] = {0, 2, 8, 30};

	sb->phase = sb_below(sb, PHASES);
	sb->phase_until = now + 300 + sb_below(sb, 3000);
	sb->storm_ctx = sb_below(sb, sb->contexts);
	for (unsigned int i = 0; i < 8 && !sb->ctx[sb->ctx_id[sb->storm_ctx]].live; i++)
		sb->storm_ctx = sb_below(sb, sb->contexts);
	sb->storm_region = sb_below(sb, SB_REGIONS);
	sb->storm_page = sb_below(sb, SB_PAGES);
	sb->rates.ask = ask[sb_below(sb, 5)];
	sb->rates.change = change[sb_below(sb, 4)];
	sb->rates.invalidate = sb_chance(sb, 500) ? sb_below(sb, 12) : 0;
	sb->rates.hold = sb_chance(sb, 500) ? 0 : sb_below(sb, sb_chance(sb, 300) ? 400 : 30);
	sb->rates.answer_delay = sb_chance(sb, 500) ? sb_below(sb, 30) : sb_below(sb, 600);
}

static bool at_rest(const struct scoreboard *sb)
{
	const struct mmu_bench *b = sb->b;

	if (b->command_count || sb->waiting_records || b->taken != b->posted || b->out.active)
		return false;
	for (unsigned int t = 0; t < b->geo.threads; t++)
		if (b->client[t].state != CLIENT_IDLE)
			return false;
	return true;
}

static void step(struct scoreboard *sb)
{
	if (!sb->quiet)
		host_events(sb);
	host_answers(sb);
	clients(sb);
	mmu_bench_cycle(sb->b);
}

static void enable_contexts(struct scoreboard *sb)
{
	for (unsigned int i = 0; i < sb->contexts; i++) {
		unsigned int number = sb->ctx_id[i];
		struct context *ctx = &sb->ctx[number];

		ctx->busy = true;
		push(sb, &(struct mmu_command){.kind = MMU_CTX_SET,
					       .ctx = (uint8_t)number,
					       .root = ctx->root[sb_below(sb, 2)]});
	}
}

static void check_context_window(struct scoreboard *sb, unsigned int number)
{
	const struct context *ctx = &sb->ctx[number];
	const struct mmu_pins_out *out = &sb->b->out;
	/* {killed, enabled} */
	unsigned int state = ctx->live ? 1 : ctx->root_count ? 3 : 0;
	uint64_t root = ctx->root_count ? ctx->roots[ctx->root_count - 1].value : 0;

	if (out->ctx_show_state != state || out->ctx_show_root != root)
		mmu_bench_fail(sb->b,
			       "the window shows state %u, root 0x%" PRIx64
			       " for context %u, expected %u, 0x%" PRIx64,
			       out->ctx_show_state, out->ctx_show_root, number, state, root);
}

static void check_windows(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;

	for (unsigned int number = 0; number < b->geo.contexts; number++) {
		b->in.ctx_show = number;
		mmu_bench_cycle(b);
		check_context_window(sb, number);
	}
	for (unsigned int t = 0; t < b->geo.threads; t++) {
		b->in.thr_show = t;
		mmu_bench_cycle(b);
		if (b->out.thr_show_va !=
		    (sb->client[t].asked_since_reset ? sb->client[t].last_va : 0))
			mmu_bench_fail(b,
				       "the window shows 0x%" PRIx64 " for thread %u, it asked"
				       " for 0x%" PRIx64,
				       b->out.thr_show_va, t, sb->client[t].last_va);
		/* a fault that was killed before its record has a number, too */
		if (b->out.thr_show_tag >> 8 < sb->client[t].last_number ||
		    b->out.thr_show_tag >> 8 > sb->client[t].faults ||
		    (b->out.thr_show_tag && (b->out.thr_show_tag & 0xff) != t))
			mmu_bench_fail(b,
				       "the window shows tag 0x%x for thread %u, whose last is"
				       " number %u of %u faults",
				       b->out.thr_show_tag, t, sb->client[t].last_number,
				       sb->client[t].faults);
	}
	/* selectors of nothing: the first, and others that differ from one there is in a high bit
	 */
	for (unsigned int bit = 0; bit < 32; bit++) {
		b->in.thr_show = b->geo.threads;
		b->in.ctx_show = b->geo.contexts;
		if (1ull << bit >= b->geo.threads)
			b->in.thr_show = 1u << bit | sb_below(sb, b->geo.threads);
		if (1ull << bit >= b->geo.contexts)
			b->in.ctx_show = 1u << bit | sb_below(sb, b->geo.contexts);
		if (b->in.thr_show < b->geo.threads || b->in.ctx_show < b->geo.contexts)
			continue;
		mmu_bench_cycle(b);
		if (b->out.thr_show_va || b->out.thr_show_tag || b->out.ctx_show_state ||
		    b->out.ctx_show_root)
			mmu_bench_fail(b, "a window shows a thread or a context that there is not");
	}
	/* and while they run, any */
	b->in.thr_show = sb_below(sb, b->geo.threads);
	b->in.ctx_show = sb_below(sb, b->geo.contexts);
}

static void quiesce(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	uint64_t end = mmu_bench_now(b) + 40 * sb->bound;

	sb->quiet = true;
	while (!at_rest(sb)) {
		step(sb);
		if (mmu_bench_now(b) > end)
			mmu_bench_fail(b, "I8: the MMU does not come to rest%s",
				       b->out.active ? ": `active` stays high" : "");
	}
	sb_check_totals(sb);
	sb_check_tables(sb);
	check_windows(sb);
	if (sb_chance(sb, 200)) {
		sb_forget(sb);
		mmu_bench_reset(b, 1 + sb_below(sb, 3));
		sb_forget(sb); /* what the reset itself took does not count */
		sb->total_resets++;
		enable_contexts(sb);
	}
	sb->quiet = false;
}

/* ---- a run */

static void each_cycle(void *opaque)
{
	struct scoreboard *sb = opaque;

	if (sb->b)
		sb_cycle(sb);
}

static void choose_contexts(struct scoreboard *sb)
{
	unsigned int n = sb->b->geo.contexts;

	sb->contexts = n < SB_CTX ? n : SB_CTX;
	/* all there are when they are few, else both ends and some */
	for (unsigned int i = 0; i < sb->contexts; i++)
		sb->ctx_id[i] = n <= SB_CTX ? i : i * (n - 1) / (SB_CTX - 1);
}

struct options {
	uint64_t ops;
	struct mmu_bench_config config;
	int latency, stall, reorder, errors;
};

/* Anything above, and a carry into a high bit while the run lasts: each seed has another. */
static uint64_t time_base(uint64_t seed)
{
	struct dmmu_prng prng = dmmu_prng(seed, 'c');
	uint64_t carry = 1ull << (16 + seed * 11 % 46);

	return (dmmu_rand(&prng) >> 1 & ~(2 * carry - 1)) + carry - 3000 -
	       dmmu_rand_below(&prng, 20000);
}

static void choose_conditions(struct scoreboard *sb, struct options *o)
{
	static const uint32_t latency[] = {1, 5, 20, 60, 60}, stall[] = {0, 0, 100, 400};
	struct mmu_bench_config *c = &o->config;

	sb->prng = dmmu_prng(c->seed, 's');
	c->latency = latency[sb_below(sb, 5)];
	c->reorder = sb_chance(sb, 700);
	c->stall = stall[sb_below(sb, 4)];
	c->client_stall = stall[sb_below(sb, 4)];
	c->ring_stall = stall[sb_below(sb, 4)];
	c->ring_latency = sb_below(sb, 80);
	c->ring_serial = sb_chance(sb, 300);
	c->ring_log2 = 1 + sb_below(sb, 6);
	c->lock_hold = sb_below(sb, 2) * sb_below(sb, 100);
	c->command_delay = sb_below(sb, 2) * sb_below(sb, 40);
	c->cycle_base = time_base(c->seed);
	sb->rates.error = sb_chance(sb, 300) ? 1 + sb_below(sb, 30) : 0;
	sb->rates.malformed = 200;
	sb->rates.noncanonical = 10;
	sb->rates.kill = sb_chance(sb, 700) ? 60 : 0;
	if (o->latency >= 0)
		c->latency = (uint32_t)o->latency;
	if (o->stall >= 0)
		c->stall = c->client_stall = c->ring_stall = (uint32_t)o->stall;
	if (o->reorder >= 0)
		c->reorder = o->reorder;
	if (o->errors >= 0)
		sb->rates.error = (uint32_t)o->errors;
}

static void parse(struct options *o, int argc, char **argv)
{
	enum {
		SEED = 1,
		OPS,
		MUTANT,
		QUIET,
		TRACE,
		TIMES,
		FROM,
		CYCLES,
		LATENCY,
		STALL,
		REORDER,
		ERRORS,
		HELP
	};
	static const struct option options[] = {
		{"seed", required_argument, NULL, SEED},
		{"ops", required_argument, NULL, OPS},
		{"mutant", required_argument, NULL, MUTANT},
		{"quiet", no_argument, NULL, QUIET},
		{"trace", required_argument, NULL, TRACE},
		{"times", required_argument, NULL, TIMES},
		{"trace-from", required_argument, NULL, FROM},
		{"trace-cycles", required_argument, NULL, CYCLES},
		{"latency", required_argument, NULL, LATENCY},
		{"stall", required_argument, NULL, STALL},
		{"reorder", required_argument, NULL, REORDER},
		{"errors", required_argument, NULL, ERRORS},
		{"help", no_argument, NULL, HELP},
		{0},
	};
	struct mmu_bench_config *c = &o->config;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case SEED:
			c->seed = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case OPS:
			o->ops = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case MUTANT:
			c->mutant = (uint32_t)number_or_exit(argv[0], optarg, UINT32_MAX);
			break;
		case QUIET:
			c->quiet = true;
			break;
		case TIMES:
			c->times = optarg;
			break;
		case TRACE:
			c->trace = optarg;
			break;
		case FROM:
			c->trace_from = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case CYCLES:
			c->trace_cycles = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case LATENCY:
			o->latency = (int)number_or_exit(argv[0], optarg, 100000);
			break;
		case STALL:
			o->stall = (int)number_or_exit(argv[0], optarg, 990);
			break;
		case REORDER:
			o->reorder = number_or_exit(argv[0], optarg, 1) != 0;
			break;
		case ERRORS:
			o->errors = (int)number_or_exit(argv[0], optarg, 1000);
			break;
		default:
			fprintf(option == HELP ? stdout : stderr,
				"usage: %s [--seed N] [--ops N] [--mutant N] [--quiet] [--times "
				"FILE]\n"
				"       [--trace FILE [--trace-from CYCLE] [--trace-cycles N]]\n"
				"       [--latency CYCLES] [--reorder 0|1] [--stall N] [--errors N]"
				"   (in place of what the seed says; N in 1000)\n",
				argv[0]);
			exit(option == HELP ? 0 : 2);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct scoreboard sb;
	struct options o = {.ops = 20000, .latency = -1, .stall = -1, .reorder = -1, .errors = -1};
	struct mmu_hooks hooks = {
		.accepted = sb_accepted,
		.answered = sb_answered,
		.record = sb_record,
		.pulse = sb_pulse,
		.inv_started = sb_inv_started,
		.inv_ended = sb_inv_ended,
		.ended = sb_command_ended,
		.cycle = each_cycle,
		.respond = sb_respond,
		.stored = sb_stored,
		.failing = sb_failing,
		.opaque = &sb,
	};
	static char replay[512];
	struct mmu_bench *b;
	int n = 0;

	o.config.seed = 1;
	parse(&o, argc, argv);
	for (int i = 0; i < argc && n < (int)sizeof(replay); i++)
		n += snprintf(replay + n, sizeof(replay) - (size_t)n, "%s%s", i ? " " : "",
			      argv[i]);
	o.config.replay = replay;
	choose_conditions(&sb, &o);
	b = mmu_bench_new(&o.config, &hooks);
	sb.b = b;
	sb.slack = (uint64_t)(b->geo.levels + 2) * (4 * b->config.latency + 60) * 2 *
			   (b->config.stall ? 3 : 1) +
		   4 * b->config.lock_hold + 500;
	sb.bound = 20000 + 8ull * b->geo.threads * sb.slack;
	choose_contexts(&sb);
	sb_tables_init(&sb);
	sb_forget(&sb);
	enable_contexts(&sb);
	while (sb.ops < o.ops) {
		new_phase(&sb);
		while (mmu_bench_now(b) < sb.phase_until)
			step(&sb);
		if (sb_chance(&sb, 150))
			quiesce(&sb);
	}
	quiesce(&sb);
	if (!o.config.quiet)
		printf("seed %" PRIu64 ": %" PRIu64 " requests in %" PRIu64 " cycles; %" PRIu64
		       " faults in %" PRIu64 " records, %" PRIu64 " merged; %" PRIu64
		       " entries changed, %" PRIu64 " invalidations, %" PRIu64 " kills, %" PRIu64
		       " resets, %" PRIu64 " errors; times %016" PRIx64 " %016" PRIx64
		       " %016" PRIx64 "\n",
		       o.config.seed, sb.ops, mmu_bench_now(b), sb.total_faults, sb.total_records,
		       sb.total_merged, sb.total_changes, sb.total_invalidations, sb.total_kills,
		       sb.total_resets, sb.total_errors, b->signature.answers, b->signature.memory,
		       b->signature.counters);
	mmu_bench_free(b);
	return 0;
}
