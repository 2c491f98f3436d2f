// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_streams.c: requests in a fixed order at an MMU whose memory has a fixed latency: hits, misses
 * that join, neighbours, addresses that differ in one bit, ranges that do, waits that are very
 * long. Each answer is compared with what the tables hold; for each stream a line says how long it
 * took, how many table reads it made, and hashes of when the MMU did what (see struct
 * mmu_signature). Two builds that are equally fast print the same lines: cmake/mutate.sh compares a
 * mutant's with those of the healthy netlist.
 */
#include "mmu_bench.h"
#include "number.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEAF (DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT)
#define USED (DMMU_PTE_A | DMMU_PTE_D)
#define BASE 0x2aaaa5555000ull /* of all addresses that are asked for */
#define HUGE (2ull << 20)

struct expectation {
	uint8_t status, cause;
	bool local;
	uint64_t pa;
};

struct streams {
	struct mmu_bench *b;
	uint64_t root[MMU_THREADS];
	struct expectation expected[MMU_THREADS];
	uint64_t frames, cookie;
	/* records: what is answered; how many came, how many of them are not answered yet */
	uint8_t action;
	uint64_t records, unanswered;
	uint32_t tag[MMU_THREADS];
	uint32_t number[MMU_THREADS]; /* of each thread's last record */
	uint64_t time_base;	      /* of the times in records */
	bool answer_at_once;
	bool keep;  /* translations are given back only when the stream says so */
	bool looks; /* the window of contexts is looked at, another one in each cycle */
};

/* ---- tables */

static uint64_t frame(struct streams *s, unsigned int level)
{
	uint64_t bits = ++s->frames * 0x9e3779b97f4a7c15ull;

	return level ? (bits & DMMU_PTE_ADDR) & ~(HUGE - 1) : bits & DMMU_PTE_ADDR;
}

static void map(struct streams *s, unsigned int ctx, uint64_t va, unsigned int level,
		uint64_t flags)
{
	*mmu_bench_word(s->b, mmu_bench_entry(s->b, s->root[ctx], va, level)) =
		flags ? flags | frame(s, level) | (s->frames & 1 ? DMMU_PTE_LOCAL : 0) : 0;
}

/* The entry that a walk of VA ends with, 0 when there is none. */
static uint64_t leaf_of(struct streams *s, unsigned int ctx, uint64_t va, unsigned int *level)
{
	uint64_t table = s->root[ctx];

	for (unsigned int l = s->b->geo.levels - 1;; l--) {
		uint64_t entry = *mmu_bench_word(s->b, table + 8 * (va >> (12 + 9 * l) & 511));

		*level = l;
		if (!(entry & DMMU_PTE_V) || entry & DMMU_PTE_LEAF || !l)
			return entry;
		table = entry & DMMU_PTE_ADDR;
	}
}

/* ---- clients */

static void ask(struct streams *s, unsigned int thread, unsigned int ctx, uint64_t va,
		unsigned int op)
{
	unsigned int level;
	uint64_t entry = leaf_of(s, ctx, va, &level);
	struct expectation *e = &s->expected[thread];

	*e = (struct expectation){
		.status = MMU_OK,
		.local = entry & DMMU_PTE_LOCAL,
		.pa = (entry & DMMU_PTE_ADDR) | (va & ((4096ull << 9 * level) - 1)),
	};
	if (!(entry & DMMU_PTE_V) && s->action != DMMU_ANSWER_RETRY) {
		e->status = s->action == DMMU_ANSWER_FAIL ? MMU_FAULT : MMU_KILLED;
		e->cause = DMMU_CAUSE_NOT_PRESENT;
	}
	mmu_bench_ask(s->b, thread, ctx, va, op, ++s->cookie * 0xd1342543de82ef95ull);
}

static void answered(void *opaque, unsigned int t)
{
	struct streams *s = opaque;
	const struct mmu_client *c = &s->b->client[t];
	const struct expectation *e = &s->expected[t];

	if (c->answer.status != e->status ||
	    (e->status == MMU_FAULT &&
	     (c->answer.cause != e->cause || c->answer.access != c->op)) ||
	    (e->status == MMU_OK && (c->answer.pa != e->pa || c->answer.local != e->local)))
		mmu_bench_fail(s->b,
			       "thread %u, 0x%" PRIx64 " in context %u: status %u, %s 0x%" PRIx64
			       "; the tables say %u, %s 0x%" PRIx64,
			       t, c->va, c->ctx, c->answer.status,
			       c->answer.local ? "local" : "host", c->answer.pa, e->status,
			       e->local ? "local" : "host", e->pa);
}

/* Which context the window shows has nothing to do with whose walk begins. */
static void look(struct streams *s)
{
	struct mmu_bench *b = s->b;
	unsigned int ctx = b->in.ctx_show;

	if (b->out.ctx_show_state != 1 || b->out.ctx_show_root != s->root[ctx])
		mmu_bench_fail(b,
			       "the window shows root 0x%" PRIx64 " and state %u of context %u,"
			       " which is 0x%" PRIx64,
			       b->out.ctx_show_root, b->out.ctx_show_state, ctx, s->root[ctx]);
	b->in.ctx_show = (ctx + 1) % b->geo.contexts;
}

static void each_cycle(void *opaque)
{
	struct streams *s = opaque;

	if (!s->b)
		return;
	if (s->looks)
		look(s);
	for (unsigned int t = 0; !s->keep && t < s->b->geo.threads; t++)
		if (s->b->client[t].state == CLIENT_HELD)
			mmu_bench_release(s->b, t);
}

static void until(struct streams *s, bool (*over)(struct streams *s), uint64_t bound,
		  const char *what)
{
	uint64_t end = mmu_bench_now(s->b) + bound;

	while (!over(s)) {
		mmu_bench_cycle(s->b);
		if (mmu_bench_now(s->b) > end)
			mmu_bench_fail(s->b, "%s in %" PRIu64 " cycles", what, bound);
	}
}

static bool all_idle(struct streams *s)
{
	for (unsigned int t = 0; t < s->b->geo.threads; t++)
		if (s->b->client[t].state != CLIENT_IDLE)
			return false;
	return true;
}

static void finish(struct streams *s)
{
	until(s, all_idle, 20000, "not all threads are answered");
}

static void one(struct streams *s, unsigned int thread, unsigned int ctx, uint64_t va,
		unsigned int op)
{
	ask(s, thread, ctx, va, op);
	finish(s);
}

/* ---- the host */

static void record(void *opaque, const uint64_t *words)
{
	struct streams *s = opaque;
	unsigned int thread = words[0] >> 48 & 0xff;
	const struct mmu_client *c = &s->b->client[thread % MMU_THREADS];
	uint32_t number = (uint32_t)words[0] >> 8, *last = &s->number[thread % MMU_THREADS];
	uint64_t detected = words[4] - s->time_base, sent = words[5] - s->time_base;

	s->b->flt_head++;
	/* one that a kill ended has a number and no record */
	if (number <= *last)
		mmu_bench_fail(s->b,
			       "a record of thread %u has number %u, the one before it had %u",
			       thread, number, *last);
	*last = number;
	if (words[2] == c->cookie &&
	    (detected < c->accepted || sent < detected || sent > mmu_bench_now(s->b)))
		mmu_bench_fail(s->b,
			       "a record says detected %" PRIu64 ", sent %" PRIu64
			       "; thread %u asked in %" PRIu64,
			       detected, sent, thread, c->accepted);
	if (words[2] == c->cookie && words[1] != c->va)
		mmu_bench_fail(s->b, "a record says 0x%" PRIx64 ", thread %u asked for 0x%" PRIx64,
			       words[1], thread, c->va);
	s->tag[s->unanswered++ % MMU_THREADS] = (uint32_t)words[0];
	s->records++;
	if (!s->answer_at_once)
		return;
	s->unanswered--;
	if (!mmu_bench_command(s->b, &(struct mmu_command){.kind = MMU_ANSWER,
							   .tag = (uint32_t)words[0],
							   .action = s->action}))
		mmu_bench_fail(s->b, "too many answers wait");
}

static void invalidate(struct streams *s, unsigned int ctx, uint64_t first, uint64_t last)
{
	mmu_bench_do(s->b, &(struct mmu_command){.kind = MMU_INVALIDATE,
						 .ctx = (uint8_t)ctx,
						 .first = first,
						 .last = last});
}

static void forget(struct streams *s, unsigned int ctx)
{
	mmu_bench_do(s->b, &(struct mmu_command){
				   .kind = MMU_INVALIDATE, .ctx = (uint8_t)ctx, .all = true});
}

static void set(struct streams *s, unsigned int ctx)
{
	mmu_bench_do(s->b, &(struct mmu_command){
				   .kind = MMU_CTX_SET, .ctx = (uint8_t)ctx, .root = s->root[ctx]});
}

/* ---- streams */

static unsigned int vpn_bits(const struct streams *s)
{
	return 9 * s->b->geo.levels;
}

static uint64_t page(unsigned int n)
{
	return BASE + 4096ull * n;
}

static void hits(struct streams *s)
{
	for (unsigned int n = 0; n < 64; n++) {
		for (unsigned int t = 0; t < s->b->geo.threads; t++)
			ask(s, t, 0, page(2 * t + n % 2), n % 8 == 7 ? DMMU_ACCESS_WRITE : 0);
		finish(s);
	}
}

/* More pages than a first level has, then more than the shared one. */
static void rounds(struct streams *s)
{
	unsigned int size = s->b->geo.tlb_sets * s->b->geo.tlb_ways;

	size = size < 64 ? size : 64; /* twice as many are mapped */
	for (unsigned int pages = (size + 1) / 2; pages <= 2 * size; pages *= 2)
		for (unsigned int n = 0; n < 3 * pages; n++) {
			one(s, n % s->b->geo.threads, 0, page(n * 5 % pages), DMMU_ACCESS_READ);
			if (n % 5 == 0)
				one(s, n % s->b->geo.threads, 0, page(n % pages),
				    DMMU_ACCESS_ATOMIC);
		}
}

/* All want one page, in the same way or not, in the same cycle or a little later. */
static void joins(struct streams *s)
{
	for (unsigned int late = 0; late < 24; late++) {
		forget(s, 0);
		for (unsigned int t = 0; t < s->b->geo.threads; t++) {
			ask(s, t, 0, page(7), late & 1 ? t % 3 : DMMU_ACCESS_READ);
			mmu_bench_run(s->b, late / 2);
		}
		finish(s);
	}
}

/* Page after page: each walk brings the next one's entry; over the end of a table too. */
static void neighbours(struct streams *s)
{
	for (unsigned int round = 0; round < 3; round++) {
		forget(s, 0);
		for (unsigned int n = 0; n < 96; n++)
			one(s, round ? n % s->b->geo.threads : 0, 0,
			    ((BASE & ~(HUGE - 1)) - 48 * 4096) + 4096ull * n, DMMU_ACCESS_READ);
	}
}

static void twin_pages(struct streams *s, unsigned int bit, bool huge)
{
	uint64_t va = BASE, twin = va ^ 4096ull << bit;
	unsigned int threads = s->b->geo.threads;

	/* both at once, then one after the other in one port's first level, and back */
	ask(s, 0, 0, va, DMMU_ACCESS_READ);
	if (threads > 1)
		ask(s, 1, 0, twin, DMMU_ACCESS_READ);
	finish(s);
	for (unsigned int n = 0; n < 8; n++)
		one(s, n % threads, 0, n >> (n < 4) & 1 ? twin : va, DMMU_ACCESS_READ);
	/* only the one is forgotten, whatever of its page is named */
	invalidate(s, 0, va >> 12 ^ (huge ? 5 : 0), va >> 12 ^ (huge ? 5 : 0));
	one(s, 0, 0, twin, DMMU_ACCESS_READ);
	one(s, 0, 0, va, DMMU_ACCESS_READ);
	/* a range that ends right before the one, then right behind it */
	invalidate(s, 0, twin < va ? twin >> 12 : 0, twin < va ? (va >> 12) - 1 : twin >> 12);
	one(s, 0, 0, twin, DMMU_ACCESS_READ);
	one(s, 0, 0, va, DMMU_ACCESS_READ);
	invalidate(s, 0, (va >> 12) + 1, (va >> 12) + 1 + (1ull << bit));
	one(s, 0, 0, va, DMMU_ACCESS_READ);
	one(s, 0, 0, twin, DMMU_ACCESS_READ);
}

static void twins(struct streams *s)
{
	for (unsigned int bit = 0; bit < vpn_bits(s); bit++)
		twin_pages(s, bit, false);
}

static void huge_twins(struct streams *s)
{
	uint64_t apart = 1ull << (vpn_bits(s) + 11); /* another half of the addresses */

	for (unsigned int bit = 9; bit < vpn_bits(s) - 1; bit++)
		for (unsigned int n = 0; n < 6; n++) {
			uint64_t va =
				(BASE ^ apart ^ (n & 1 ? 4096ull << bit : 0)) + 4096 * (n / 2);

			one(s, n % s->b->geo.threads, 0, va, DMMU_ACCESS_READ);
			if (n == 3)
				invalidate(s, 0, va >> 12, va >> 12);
		}
}

/*
 * For each bit of a page number: the page and the one that differs in it, with two others, in each
 * order, so that each way of a set has each value of the bit, and is asked again by the port that
 * has it and by another one.
 */
static void ways(struct streams *s)
{
	unsigned int threads = s->b->geo.threads;

	for (unsigned int bit = 0; bit < vpn_bits(s); bit++)
		for (unsigned int turn = 0; turn < 4; turn++) {
			uint64_t va[4] = {BASE, BASE ^ 4096ull << bit, page(32), page(33)};

			forget(s, 0);
			for (unsigned int n = 0; n < 16; n++)
				one(s, n / 4 % threads, 0, va[(n + turn) % 4], DMMU_ACCESS_READ);
		}
}

/*
 * Two pages of the shared TLB that differ in one bit, one of which is forgotten: the other one is
 * found there by a port whose first level never had it.
 */
static void apart_in_the_shared_tlb(struct streams *s, uint64_t va, uint64_t twin)
{
	for (unsigned int n = 0; n < 2; n++) {
		uint64_t gone = n ? twin : va;

		forget(s, 0);
		one(s, 0, 0, va, DMMU_ACCESS_READ);
		one(s, 0, 0, twin, DMMU_ACCESS_READ);
		invalidate(s, 0, gone >> 12, gone >> 12);
		one(s, 1 % s->b->geo.threads, 0, n ? va : twin, DMMU_ACCESS_READ);
	}
}

static void shared_twins(struct streams *s)
{
	uint64_t large = BASE ^ 1ull << (vpn_bits(s) + 11);

	for (unsigned int bit = 0; bit < vpn_bits(s); bit++)
		apart_in_the_shared_tlb(s, BASE, BASE ^ 4096ull << bit);
	for (unsigned int bit = 9; bit < vpn_bits(s) - 1; bit++)
		apart_in_the_shared_tlb(s, large, large ^ 4096ull << bit);
}

/* Ranges of a few pages anywhere in 2^52, and from a page to anywhere: what is not in them stays.
 */
static void far_ranges(struct streams *s)
{
	for (unsigned int bit = 0; bit < 52; bit++) {
		uint64_t at = 1ull << bit, vpn = page(3) >> 12;

		one(s, 0, 0, page(2), DMMU_ACCESS_READ);
		invalidate(s, 0, at, at);
		invalidate(s, 0, at, at | 1);
		invalidate(s, 0, vpn, vpn | at);
		one(s, 1 % s->b->geo.threads, 0, page(2), DMMU_ACCESS_READ);
		one(s, 0, 0, page(3), DMMU_ACCESS_READ);
	}
}

/* Each bit above those that an address may have, in a record and in the window. */
static void far_addresses(struct streams *s)
{
	struct mmu_bench *b = s->b;

	s->answer_at_once = true;
	s->action = DMMU_ANSWER_FAIL;
	for (unsigned int bit = 12 + vpn_bits(s); bit < 64; bit++)
		for (unsigned int t = 0; t < b->geo.threads; t++) {
			uint64_t va = page(5) | 1ull << bit;

			mmu_bench_ask(b, t, 0, va, DMMU_ACCESS_READ, ~(uint64_t)++s->cookie << 8);
			s->expected[t] = (struct expectation){.status = MMU_FAULT,
							      .cause = DMMU_CAUSE_NONCANONICAL};
			finish(s);
			b->in.thr_show = t;
			mmu_bench_cycle(b);
			if (b->out.thr_show_va != va)
				mmu_bench_fail(b,
					       "the window shows 0x%" PRIx64
					       " for thread %u, it asked for 0x%" PRIx64,
					       b->out.thr_show_va, t, va);
			if (b->out.thr_show_tag != s->tag[0])
				mmu_bench_fail(b,
					       "the window shows tag 0x%x for thread %u, its record"
					       " has 0x%x",
					       b->out.thr_show_tag, t, s->tag[0]);
		}
	s->action = DMMU_ANSWER_RETRY;
	s->answer_at_once = false;
	mmu_bench_run(b, 300);
}

static void contexts(struct streams *s)
{
	for (unsigned int n = 0; n < 12 * s->b->geo.contexts; n++) {
		unsigned int ctx = n * 3 % s->b->geo.contexts;

		one(s, n % s->b->geo.threads, ctx, page(n % 3), DMMU_ACCESS_READ);
		if (n % 7 == 6)
			forget(s, ctx);
	}
	/* the epochs of the walk caches come round */
	for (unsigned int n = 0; n < 40; n++) {
		invalidate(s, 0, 5, 5);
		one(s, 0, 0, page(n % 4), DMMU_ACCESS_READ);
		one(s, 0, 1 % s->b->geo.contexts, page(n % 4), DMMU_ACCESS_READ);
	}
}

/* Entries not used yet: A and D are set, by all at once. */
static void marks(struct streams *s)
{
	for (unsigned int n = 0; n < 24; n++) {
		for (unsigned int t = 0; t < s->b->geo.threads; t++)
			map(s, 0, page(600 + t), 0, LEAF);
		forget(s, 0);
		for (unsigned int t = 0; t < s->b->geo.threads; t++) {
			ask(s, t, 0, page(600 + (n & 2 ? 0 : t)),
			    n & 1 ? DMMU_ACCESS_WRITE : DMMU_ACCESS_READ);
			mmu_bench_run(s->b, n / 4);
		}
		finish(s);
		for (unsigned int t = 0; t < s->b->geo.threads; t++)
			one(s, t, 0, page(600 + t), DMMU_ACCESS_WRITE);
	}
}

/* Pages that may be written and not be read, in each place of a first level: found again as they
 * are. */
static void write_only(struct streams *s)
{
	for (unsigned int n = 0; n < 64; n++)
		map(s, 0, page(700 + n), 0, (LEAF & ~(DMMU_PTE_R | DMMU_PTE_AT)) | USED);
	for (unsigned int n = 0; n < 64; n++)
		for (unsigned int t = 0; t < s->b->geo.threads; t++) {
			one(s, t, 0, page(700 + n), DMMU_ACCESS_WRITE);
			one(s, t, 0, page(700 + n), DMMU_ACCESS_WRITE);
		}
}

/* What the windows show: nothing of a thread that has not asked, and any context whoever walks. */
static void windows(struct streams *s)
{
	struct mmu_bench *b = s->b;

	for (unsigned int t = 0; t < b->geo.threads; t++) {
		b->in.thr_show = t;
		mmu_bench_cycle(b);
		if (b->out.thr_show_va || b->out.thr_show_tag)
			mmu_bench_fail(b,
				       "the window shows 0x%" PRIx64
				       " and tag 0x%x for thread %u, which did nothing yet",
				       b->out.thr_show_va, b->out.thr_show_tag, t);
	}
	s->looks = true;
	for (unsigned int n = 0; n < 8 * b->geo.contexts; n++) {
		unsigned int ctx = n % b->geo.contexts;

		forget(s, ctx);
		mmu_bench_run(b, n / b->geo.contexts);
		one(s, n % b->geo.threads, ctx, page(n % 7), DMMU_ACCESS_READ);
	}
	s->looks = false;
}

static bool no_command(struct streams *s)
{
	return !s->b->command_count;
}

/* An invalidation of the last context, for which the shared TLB is swept; goes on by itself. */
static void begin_sweep(struct streams *s)
{
	mmu_bench_command(s->b, &(struct mmu_command){.kind = MMU_INVALIDATE,
						      .ctx = (uint8_t)(s->b->geo.contexts - 1),
						      .all = true});
}

/*
 * Each place for a walk is taken, and more would begin one: who misses its first level meanwhile
 * and has its page in the shared TLB does not wait for them.
 */
static void full_house(struct streams *s)
{
	struct mmu_bench *b = s->b;

	for (unsigned int port = 0; port < b->geo.ports && port < b->geo.threads; port++)
		for (unsigned int delay = 0; delay < 16; delay++) {
			forget(s, 0);
			/* brought by another port: in the shared TLB, and not in this one's */
			one(s, (port + 1) % b->geo.threads, 0, page(20), DMMU_ACCESS_READ);
			one(s, (port + 1) % b->geo.threads, 0, page(21), DMMU_ACCESS_READ);
			dmmu_mem_freeze(b->mem, mmu_bench_now(b) + 300);
			for (unsigned int t = 0; t < b->geo.threads; t++)
				if (t % b->geo.ports != port)
					ask(s, t, 0, page(64 + 4 * t), DMMU_ACCESS_READ);
			mmu_bench_run(b, 20);
			/* the shared TLB has something else to do, so that misses wait for it */
			begin_sweep(s);
			mmu_bench_run(b, delay);
			for (unsigned int t = port; t < b->geo.threads; t += b->geo.ports)
				ask(s, t, 0, page(20 + (t / b->geo.ports & 1)), DMMU_ACCESS_READ);
			until(s, no_command, 20000, "an invalidation does not end");
			finish(s);
		}
}

/* After a reset the windows show nothing of what was before. */
static void reset(struct streams *s)
{
	struct mmu_bench *b = s->b;

	finish(s);
	mmu_bench_run(b, 300);
	mmu_bench_reset(b, 8);
	for (unsigned int n = 0; n < b->geo.contexts || n < b->geo.threads; n++) {
		b->in.thr_show = n % b->geo.threads;
		b->in.ctx_show = n % b->geo.contexts;
		mmu_bench_cycle(b);
		if (b->out.thr_show_va || b->out.thr_show_tag || b->out.ctx_show_state)
			mmu_bench_fail(
				b,
				"after a reset a window shows 0x%" PRIx64 ", tag 0x%x and state %u",
				b->out.thr_show_va, b->out.thr_show_tag, b->out.ctx_show_state);
	}
}

static bool is_held(struct streams *s)
{
	return s->b->client[0].state == CLIENT_HELD;
}

/* Thread 0 has a translation while pages FIRST to LAST are invalidated, which it is one of or not.
 */
static void range(struct streams *s, uint64_t va, uint64_t first, uint64_t last, bool covered)
{
	struct mmu_command command = {.kind = MMU_INVALIDATE, .first = first, .last = last};

	if (!is_held(s)) {
		ask(s, 0, 0, va, DMMU_ACCESS_READ);
		until(s, is_held, 20000, "no translation");
	}
	if (!mmu_bench_command(s->b, &command))
		mmu_bench_fail(s->b, "too many commands wait");
	if (covered) {
		mmu_bench_run(s->b, 100 + 4 * s->b->geo.tlb_sets);
		if (no_command(s))
			mmu_bench_fail(s->b,
				       "I2: pages 0x%" PRIx64 " to 0x%" PRIx64
				       " are invalid, and 0x%" PRIx64 " is in use",
				       first, last, va);
		mmu_bench_release(s->b, 0);
	}
	until(s, no_command, 20000,
	      covered ? "not acknowledged when all is released"
		      : "an invalidation waits for a page that is not in it, or was not "
			"acknowledged");
}

/*
 * For each bit of a page number, a translation in use: ranges that end right before it or begin
 * right behind it do not wait, those that have it do. Of a 2 MiB page each part stands for all.
 */
static void held(struct streams *s)
{
	uint64_t apart = 1ull << (vpn_bits(s) + 11), first;

	s->keep = true;
	/* the page that differs in the last bit is one of 2 MiB */
	for (unsigned int bit = 0; bit < vpn_bits(s) - 1; bit++) {
		uint64_t va = BASE ^ 4096ull << bit, vpn = va >> 12, span = 1ull << bit;

		range(s, va, vpn - 1, vpn - 1, false);
		range(s, va, vpn < span ? 0 : vpn - span, vpn - 1, false);
		range(s, va, vpn + 1, vpn + 1, false);
		range(s, va, vpn + 1, vpn + span, false);
		range(s, va, vpn, vpn, true);
		range(s, va, vpn < span ? 0 : vpn - span, vpn, true);
		range(s, va, vpn, vpn + span, true);
	}
	first = (BASE ^ apart) >> 12 & ~511ull;
	for (unsigned int bit = 0; bit < 9; bit++)
		for (unsigned int other = 0; other < 2; other++) {
			uint64_t va = (first + (other ? 511 ^ 1u << bit : 1u << bit)) << 12;

			range(s, va, first - 1, first - 1, false);
			range(s, va, first + 512, first + 512, false);
			range(s, va, first, first, true);
			range(s, va, first + 511, first + 511, true);
		}
	s->keep = false;
	finish(s);
}

/* So many faults of a thread that its numbers have many bits. */
static void faults(struct streams *s)
{
	s->answer_at_once = true;
	s->action = DMMU_ANSWER_FAIL;
	for (unsigned int n = 0; n < 2100; n++) {
		for (unsigned int t = 0; t < s->b->geo.threads; t++)
			ask(s, t, 0, page(800 + 4 * t), DMMU_ACCESS_READ);
		finish(s);
	}
	s->action = DMMU_ANSWER_RETRY;
	s->answer_at_once = false;
}

/* Records that are long on their way, of a context that is killed and set again meanwhile. */
static void slow_records(struct streams *s)
{
	uint32_t latency = s->b->config.ring_latency;

	s->b->config.ring_latency = 5000;
	s->action = DMMU_ANSWER_KILL;
	for (unsigned int n = 0; n < 24; n++) {
		for (unsigned int t = 0; t < s->b->geo.threads; t++) {
			ask(s, t, 1 % s->b->geo.contexts, page(800 + 4 * t), DMMU_ACCESS_READ);
			mmu_bench_run(s->b, 60);
		}
		mmu_bench_run(s->b, 100);
		mmu_bench_do(s->b, &(struct mmu_command){.kind = MMU_CTX_KILL,
							 .ctx = (uint8_t)(1 % s->b->geo.contexts)});
		finish(s);
		set(s, 1 % s->b->geo.contexts);
	}
	s->action = DMMU_ANSWER_RETRY;
	s->b->config.ring_latency = latency;
	mmu_bench_run(s->b, 12000);
	s->unanswered = 0;
}

/* A context is killed while walks of it, which end with a fault, are at each of their steps. */
static void kills(struct streams *s)
{
	unsigned int ctx = 1 % s->b->geo.contexts;

	s->action = DMMU_ANSWER_KILL;
	for (unsigned int delay = 0; delay < 120; delay++) {
		for (unsigned int n = 0; n < s->b->geo.threads && n < 4; n++) {
			unsigned int t = (n + delay) % s->b->geo.threads;

			ask(s, t, ctx, page(800 + (delay & 1 ? 0 : 4 * n)), n & DMMU_ACCESS_WRITE);
		}
		mmu_bench_run(s->b, delay);
		mmu_bench_do(s->b,
			     &(struct mmu_command){.kind = MMU_CTX_KILL, .ctx = (uint8_t)ctx});
		finish(s);
		set(s, ctx);
	}
	s->action = DMMU_ANSWER_RETRY;
	mmu_bench_run(s->b, 300);
	s->unanswered = 0;
}

static bool record_came(struct streams *s)
{
	return s->unanswered == s->b->geo.threads;
}

/* A host that answers after very long, then a memory that does. */
static void patience(struct streams *s)
{
	uint64_t entry[MMU_THREADS];

	for (unsigned int t = 0; t < s->b->geo.threads; t++) {
		uint64_t *word = mmu_bench_word(
			s->b, mmu_bench_entry(s->b, s->root[0], page(820 + 4 * t), 0));

		map(s, 0, page(820 + 4 * t), 0, LEAF | USED);
		ask(s, t, 0, page(820 + 4 * t), DMMU_ACCESS_READ);
		entry[t] = *word;
		*word = 0;
	}
	until(s, record_came, 20000, "not all records came");
	mmu_bench_run(s->b, 140000);
	for (unsigned int t = 0; t < s->b->geo.threads; t++)
		*mmu_bench_word(s->b, mmu_bench_entry(s->b, s->root[0], page(820 + 4 * t), 0)) =
			entry[t];
	dmmu_mem_freeze(s->b->mem, mmu_bench_now(s->b) + 540000);
	while (s->unanswered)
		mmu_bench_do(s->b, &(struct mmu_command){.kind = MMU_ANSWER,
							 .tag = s->tag[--s->unanswered],
							 .action = DMMU_ANSWER_RETRY});
	until(s, all_idle, 600000, "not all threads are answered");
}

/*
 * A sweep of the shared TLB, a lookup and what a walk brings take turns at it, while threads of one
 * port miss their first level one behind the other: each is looked up.
 */
static void queues(struct streams *s)
{
	struct mmu_bench *b = s->b;
	unsigned int walks = 1 % b->geo.threads, leads = (1 + b->geo.ports) % b->geo.threads;

	/* one walk is on its way, the sweep begins, and the others ask, in each order of these */
	for (unsigned int n = 0; n < 24 * 12; n++) {
		forget(s, 0);
		one(s, walks, 0, page(40), DMMU_ACCESS_READ);
		ask(s, walks, 0, page(44), DMMU_ACCESS_READ);
		mmu_bench_run(b, 8 + n / 12);
		begin_sweep(s);
		mmu_bench_run(b, n % 12);
		if (leads != walks)
			ask(s, leads, 0, page(48), DMMU_ACCESS_READ);
		mmu_bench_run(b, 1);
		for (unsigned int t = 0; t < b->geo.threads; t += b->geo.ports)
			if (t != walks && t != leads)
				ask(s, t, 0, page(4 * t), DMMU_ACCESS_READ);
		until(s, no_command, 20000, "an invalidation does not end");
		finish(s);
	}
}

/* With these bits of the entry of LEVEL on the way to VA inverted, its walk ends as the rules say.
 */
static void malformed_by(struct streams *s, uint64_t va, unsigned int level, uint64_t bits)
{
	uint64_t *word = mmu_bench_word(s->b, mmu_bench_entry(s->b, s->root[0], va, level));

	forget(s, 0);
	*word ^= bits;
	mmu_bench_ask(s->b, 0, 0, va, DMMU_ACCESS_READ, ++s->cookie);
	s->expected[0] = (struct expectation){.status = MMU_FAULT, .cause = DMMU_CAUSE_BAD_PTE};
	finish(s);
	*word ^= bits;
}

/* Each bit that must be zero: of a page, a 2 MiB page, a table; a leaf and a table where none may
 * be. */
static void malformed(struct streams *s)
{
	uint64_t large = BASE ^ 1ull << (vpn_bits(s) + 11);
	uint64_t rights =
		DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT | DMMU_PTE_LOCAL | DMMU_PTE_A | DMMU_PTE_D;

	s->answer_at_once = true;
	s->action = DMMU_ANSWER_FAIL;
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t one_bit = 1ull << bit;

		if (one_bit & (DMMU_PTE_RSVD_LO | DMMU_PTE_RSVD_HI)) {
			malformed_by(s, page(5), 0, one_bit);
			malformed_by(s, large, 1, one_bit);
		}
		if (one_bit & DMMU_PTE_ADDR && one_bit < HUGE)
			malformed_by(s, large, 1, one_bit);
		if (one_bit & (DMMU_PTE_RSVD_LO | DMMU_PTE_RSVD_HI | rights))
			for (unsigned int level = 1; level < s->b->geo.levels; level++)
				malformed_by(s, page(5), level, one_bit);
	}
	malformed_by(s, page(5), 0, DMMU_PTE_LEAF);
	for (unsigned int level = 2; level < s->b->geo.levels; level++)
		malformed_by(s, page(5), level, DMMU_PTE_LEAF);
	s->action = DMMU_ANSWER_RETRY;
	s->answer_at_once = false;
	forget(s, 0);
}

/* The time base leaps: all the same as to wait, for longer than anyone can. */
static void leap(struct streams *s, uint64_t cycles)
{
	s->b->config.cycle_base += cycles;
}

static void told(struct streams *s, const char *what, uint64_t sum, uint64_t leapt)
{
	if (sum - leapt >= 2000)
		mmu_bench_fail(s->b, "%s: 0x%" PRIx64 " cycles after a leap of 0x%" PRIx64, what,
			       sum, leapt);
}

/*
 * One bit and its neighbour are never the same in how long it takes to tell a fault, to answer it,
 * to replay it.
 */
static void leaps(struct streams *s)
{
	struct mmu_bench *b = s->b;
	uint32_t latency = b->config.ring_latency;

	b->config.ring_latency = 300;
	for (unsigned int n = 0; n < 2 * b->geo.threads; n++) {
		unsigned int t = n / 2;
		uint64_t far = n & 1 ? 0xaaaaaaaaaaaa0000 : 0x5555555555550000, va = page(900 + n);
		uint64_t sum = b->detect_to_record;
		uint32_t taken = b->taken, near = (uint32_t)far;
		uint64_t entry, *word;

		map(s, 0, va, 0, LEAF | USED);
		ask(s, t, 0, va, DMMU_ACCESS_READ);
		word = mmu_bench_word(b, mmu_bench_entry(b, s->root[0], va, 0));
		entry = *word;
		*word = 0;
		while (b->taken == taken)
			mmu_bench_cycle(b);
		leap(s, far);
		while (!s->unanswered)
			mmu_bench_cycle(b);
		s->time_base = b->config.cycle_base;
		told(s, "a fault to its record", b->detect_to_record - sum, far);

		*word = entry;
		sum = b->record_to_answer;
		mmu_bench_run(b, 10);
		leap(s, far);
		dmmu_mem_freeze(b->mem, mmu_bench_now(b) + 100);
		mmu_bench_do(b, &(struct mmu_command){.kind = MMU_ANSWER,
						      .tag = s->tag[--s->unanswered],
						      .action = DMMU_ANSWER_RETRY});
		told(s, "a record to its answer", b->record_to_answer - sum, far);
		sum = b->answer_to_replay;
		leap(s, near);
		finish(s);
		mmu_bench_run(b, 10);
		told(s, "an answer to its replay", b->answer_to_replay - sum, near);
		s->time_base = b->config.cycle_base;
	}
	b->config.ring_latency = latency;
}

/* ---- */

static void build(struct streams *s)
{
	uint64_t apart = 1ull << (vpn_bits(s) + 11);

	for (unsigned int ctx = 0; ctx < s->b->geo.contexts; ctx++) {
		s->root[ctx] = mmu_bench_table(s->b);
		for (unsigned int n = 0; n < 64; n++)
			map(s, ctx, page(n), 0, LEAF | USED);
		/* the table is there, the entry is not */
		for (unsigned int n = 0; n < 64; n++)
			map(s, ctx, page(800 + n), 0, 0);
		set(s, ctx);
	}
	for (unsigned int n = 64; n < 128; n++)
		map(s, 0, page(n), 0, LEAF | USED);
	for (unsigned int n = 0; n < 96; n++)
		map(s, 0, ((BASE & ~(HUGE - 1)) - 48 * 4096) + 4096ull * n, 0, LEAF | USED);
	for (unsigned int bit = 0; bit < vpn_bits(s); bit++)
		map(s, 0, BASE ^ 4096ull << bit, 0, LEAF | USED);
	map(s, 0, BASE ^ apart, 1, LEAF | USED);
	for (unsigned int bit = 9; bit < vpn_bits(s) - 1; bit++)
		map(s, 0, BASE ^ apart ^ 4096ull << bit, 1, LEAF | USED);
}

/*
 * So many more, of addresses that need no walk and of a ring that is quick, that numbers have 17
 * bits. All 24 would take a day.
 */
static void numbers(struct streams *s)
{
	uint32_t latency = s->b->config.ring_latency;

	s->b->config.ring_latency = 0;
	s->answer_at_once = true;
	s->action = DMMU_ANSWER_FAIL;
	for (unsigned int n = 0; n < 66000; n++) {
		mmu_bench_ask(s->b, 0, 0, 1ull << 63, DMMU_ACCESS_READ, ++s->cookie);
		s->expected[0] =
			(struct expectation){.status = MMU_FAULT, .cause = DMMU_CAUSE_NONCANONICAL};
		finish(s);
	}
	s->action = DMMU_ANSWER_RETRY;
	s->answer_at_once = false;
	s->b->config.ring_latency = latency;
}

static const struct {
	const char *name;
	void (*run)(struct streams *s);
	bool lasts; /* hundreds of thousands of cycles */
} stream[] = {
	{"windows", windows, false},
	{"hits", hits, false},
	{"rounds", rounds, false},
	{"joins", joins, false},
	{"neighbours", neighbours, false},
	{"twins", twins, false},
	{"ways", ways, false},
	{"huge_twins", huge_twins, false},
	{"contexts", contexts, false},
	{"marks", marks, false},
	{"write_only", write_only, false},
	{"kills", kills, false},
	{"held", held, false},
	{"shared_twins", shared_twins, false},
	{"far_ranges", far_ranges, false},
	{"leaps", leaps, false},
	{"full_house", full_house, false},
	{"malformed", malformed, false},
	{"far_addresses", far_addresses, false},
	{"queues", queues, false},
	{"faults", faults, true},
	{"numbers", numbers, true},
	{"slow_records", slow_records, true},
	{"patience", patience, true},
	{"reset", reset, false}, /* the last: the contexts are gone */
};
#define STREAMS (sizeof(stream) / sizeof(stream[0]))

static bool is_stream(const char *name)
{
	for (unsigned int i = 0; i < STREAMS; i++)
		if (!strcmp(name, stream[i].name))
			return true;
	return false;
}

static void run(struct streams *s, unsigned int i)
{
	struct mmu_bench *b = s->b;
	uint64_t began = mmu_bench_now(b), reads = b->read_bursts, asked = b->requests;

	stream[i].run(s);
	mmu_bench_run(b, 300);
	printf("%-13s %6" PRIu64 " requests %8" PRIu64 " cycles %6" PRIu64
	       " reads; times %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n",
	       stream[i].name, b->requests - asked, mmu_bench_now(b) - began - 300,
	       b->read_bursts - reads, b->signature.answers, b->signature.memory,
	       b->signature.counters);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"mutant", required_argument, NULL, 'm'},
		{"times", required_argument, NULL, 't'},
		{"trace", required_argument, NULL, 'w'},
		{"trace-from", required_argument, NULL, 'f'},
		{"only", required_argument, NULL, 'o'},
		{"brief", no_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static struct streams s = {.action = DMMU_ANSWER_RETRY};
	struct mmu_bench_config config = {.latency = 20,
					  .ring_latency = 10,
					  .ring_log2 = 7,
					  /* all high bits change in the midst */
					  .cycle_base = (1ull << 62) - 250000};
	struct mmu_hooks hooks = {
		.answered = answered, .record = record, .cycle = each_cycle, .opaque = &s};
	const char *only = NULL;
	bool brief = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'm':
			config.mutant = (uint32_t)number_or_exit(argv[0], optarg, UINT32_MAX);
			break;
		case 't':
			config.times = optarg;
			break;
		case 'w':
			config.trace = optarg;
			break;
		case 'f':
			config.trace_from = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case 'b':
			brief = true;
			break;
		case 'o':
			only = optarg;
			break;
		default:
			fprintf(option == 'h' ? stdout : stderr,
				"usage: %s [--mutant N] [--only STREAM | --brief] [--times FILE]"
				" [--trace FILE [--trace-from CYCLE]]\n",
				argv[0]);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind != argc || (only && !is_stream(only))) {
		fprintf(stderr, "%s: there is no stream '%s'; there are:", argv[0],
			optind != argc ? argv[optind] : only);
		for (unsigned int i = 0; i < STREAMS; i++)
			fprintf(stderr, " %s", stream[i].name);
		fputc('\n', stderr);
		return 2;
	}
	s.b = mmu_bench_new(&config, &hooks);
	s.time_base = config.cycle_base;
	build(&s);
	for (unsigned int i = 0; i < STREAMS; i++)
		if (only ? !strcmp(only, stream[i].name) : !brief || !stream[i].lasts)
			run(&s, i);
	mmu_bench_free(s.b);
	return 0;
}
