// SPDX-License-Identifier: GPL-2.0
/*
 * work.c: random work for the device, and what came of it against the golden model. The golden
 * model runs when the work is submitted; the slot it writes belongs to it until it is complete. See
 * scoreboard.h.
 */
#include "scoreboard.h"

#include <stdlib.h>
#include <string.h>

#define OLD_BYTES 16384

struct golden_memory {
	const struct context *ctx;
};

static void *golden(void *opaque, uint64_t va, unsigned int access, unsigned int *status,
		    unsigned int *cause)
{
	const struct golden_memory *memory = opaque;
	struct vpage *page = sb_page(memory->ctx, va);

	if (!page || !sb_permitted(page, access)) {
		*status = DMMU_STATUS_FAULT;
		*cause = page ? DMMU_CAUSE_PERMISSION : DMMU_CAUSE_NOT_PRESENT;
		return NULL;
	}
	if (page->bus) {
		*status = DMMU_STATUS_BUS;
		*cause = DMMU_CAUSE_BUS;
		return NULL;
	}
	return page->gold + (va - page->va);
}

void sb_work_init(struct scoreboard *sb)
{
	for (unsigned int i = 0; i < MAX_ITEMS; i++) {
		sb->item[i].old = malloc(OLD_BYTES);
		if (!sb->item[i].old)
			abort();
	}
}

struct item *sb_item(struct scoreboard *sb, uint64_t cookie)
{
	struct item *item = &sb->item[cookie % MAX_ITEMS];

	return item->live && item->work.cookie == cookie ? item : NULL;
}

unsigned int sb_outstanding(const struct scoreboard *sb)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < MAX_ITEMS; i++)
		count += sb->item[i].live;
	return count;
}

/* ---- making work */

static uint64_t words(struct scoreboard *sb, uint64_t max)
{
	static const uint32_t usual[] = {1, 7, 8, 9, 16, 40, 130, 600, 1400};
	uint32_t limit = usual[sb_below(sb, sizeof(usual) / sizeof(*usual))];

	return 1 + sb_below(sb, (uint32_t)(max < limit ? max : limit));
}

/* Somewhere in [va, va + bytes), 8-byte aligned, often shortly before the end of a page. */
static uint64_t somewhere(struct scoreboard *sb, uint64_t va, uint64_t bytes)
{
	uint64_t at = 8ull * sb_below(sb, (uint32_t)(bytes / 8));

	if (sb_chance(sb, 300))
		at = (at | (PAGE - 1)) - 7 - 8 * sb_below(sb, 12);
	return va + (at < bytes ? at : bytes - 8);
}

/* COUNT words to read: read-only data, or what other memory the context has that nobody writes. */
static uint64_t source(struct scoreboard *sb, const struct context *ctx, uint64_t count)
{
	const struct region *r = ctx->read_only;

	if (sb_chance(sb, 15))
		return 1ull << (48 + sb_below(sb, 16)); /* not canonical */
	if (sb_chance(sb, 15))
		return 0x0000600000000000ull + PAGE * sb_below(sb, 1000); /* a hole */
	if (sb_chance(sb, 20))
		return r->va + r->bytes -
		       8 * (1 + sb_below(sb, (uint32_t)count)); /* over the end */
	return somewhere(sb, r->va, r->bytes - 8 * count + 8);
}

static void spoil(struct scoreboard *sb, struct dmmu_work *w)
{
	switch (sb_below(sb, 6)) {
	case 0:
		w->op = (uint8_t)(DMMU_OP_COUNT + sb_below(sb, 256 - DMMU_OP_COUNT));
		break;
	case 1:
		w->flags = (uint8_t)(1 + sb_below(sb, 255));
		break;
	case 2:
		w->rsvd = 1u << sb_below(sb, 32);
		break;
	case 3:
		w->src |= 1 + sb_below(sb, 7);
		break;
	case 4:
		w->dst |= 1 + sb_below(sb, 7);
		break;
	default:
		w->len |= 1 + sb_below(sb, 7);
		break;
	}
}

static void make(struct scoreboard *sb, struct item *item)
{
	struct context *ctx = item->ctx;
	struct slot *slot = item->slot;
	struct dmmu_work *w = &item->work;
	uint64_t count, room;

	w->op = (uint8_t)sb_below(sb, DMMU_OP_COUNT);
	w->dst = somewhere(sb, slot->va, slot->bytes);
	room = (slot->va + slot->bytes - w->dst) / 8;
	if (slot->guarded && sb_chance(sb, 120))
		room += 100; /* into the page behind, whatever that is */
	count = words(sb, room);
	w->len = w->op == DMMU_OP_COPY || w->op == DMMU_OP_FILL ? 8 * count : count;
	w->arg = dmmu_rand(&sb->prng);
	w->arg2 = dmmu_rand(&sb->prng);
	w->src = source(sb, ctx, count);
	w->src2 = source(sb, ctx, count);
	if ((w->op == DMMU_OP_COPY || w->op == DMMU_OP_FILL) && sb_chance(sb, 600)) {
		/* any byte will do; no further than before */
		w->dst += sb_below(sb, 8);
		w->src += sb_below(sb, 8);
		w->len -= 7 + sb_below(sb, sb_chance(sb, 300) ? (uint32_t)w->len - 6 : 1);
	}
	switch (w->op) {
	case DMMU_OP_VADD:
		if (sb_chance(sb, 200))
			w->src = w->dst;
		if (sb_chance(sb, 200))
			w->src2 = w->dst;
		break;
	case DMMU_OP_CHASE:
		w->src = ctx->list_head[sb_below(sb, LISTS)];
		w->arg = 0;
		w->arg2 = 8;
		w->len = sb_chance(sb, 500) ? 0 : 1 + sb_below(sb, 50);
		break;
	case DMMU_OP_ATOMIC_ADD:
		w->len = sb_below(sb, 12);
		if (sb_chance(sb, 500)) {
			item->shared = true;
			w->dst = ctx->shared->va + 8 * sb_below(sb, 4);
		}
		break;
	case DMMU_OP_ATOMIC_CAS:
		if (sb_chance(sb, 500)) {
			struct vpage *page = sb_page(ctx, w->dst);

			w->arg = *(uint64_t *)(page->gold + (w->dst - page->va));
		}
		break;
	default:
		break;
	}
	if (sb_chance(sb, 30)) {
		spoil(sb, w);
		/* a spoiled one must not have become another that writes where it must not */
		if (!gold_bad_descriptor(w))
			*w = (struct dmmu_work){.op = DMMU_OP_NOP};
		item->shared = false;
	}
	w->ctx = (uint16_t)(ctx - sb->ctx);
}

static void slot_copy(struct item *item, bool restore)
{
	for (uint64_t at = 0; at < item->slot->span;) {
		uint64_t va = item->slot->va + at;
		struct vpage *page = sb_page(item->ctx, va);
		uint64_t offset = va - page->va;
		uint64_t n = PAGE - va % PAGE;

		if (restore)
			memcpy(page->gold + offset, item->old + at, n);
		else
			memcpy(item->old + at, page->gold + offset, n);
		at += n;
	}
}

/* One more operation, if there is a free slot and room in the ring. The doorbell is the caller's.
 */
bool sb_submit(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	struct context *ctx = &sb->ctx[sb_below(sb, sb->contexts)];
	struct slot *slot = &ctx->slot[sb_below(sb, ctx->slots)];
	struct item *item = &sb->item[sb->serial % MAX_ITEMS];
	uint8_t *old = item->old;
	struct golden_memory memory = {ctx};

	if (item->live || slot->busy || (ctx->state != CTX_LIVE && ctx->state != CTX_DEAD) ||
	    b->work_tail - dmmu_bench_status(b)->work_head >= 1u << b->config.work_log2)
		return false;
	if (ctx->state == CTX_DEAD && (ctx->outstanding >= 2 || !sb_chance(sb, 20)))
		return false; /* few, so that they do not put off its revival */
	*item = (struct item){.live = true, .ctx = ctx, .slot = slot, .old = old};
	slot->busy = true;
	ctx->outstanding++;
	make(sb, item);
	item->work.cookie = sb->serial++;
	slot_copy(item, false);
	if (ctx->state == CTX_DEAD && !gold_bad_descriptor(&item->work))
		item->dead = true;
	else
		item->gold = gold_run(&item->work, golden, &memory);
	dmmu_bench_work_push(b, &item->work);
	return true;
}

/* ---- judging */

/* How much of an operation is done, as its descriptor counts it, and nothing more: golden again. */
static void redo(struct item *item, uint64_t done)
{
	struct golden_memory memory = {item->ctx};
	struct dmmu_work part = item->work;

	if (item->shared) {
		uint64_t *counter = golden(&memory, part.dst, DMMU_ACCESS_READ, NULL, NULL);

		*counter -= (item->gold.done - done) * part.arg;
		return;
	}
	slot_copy(item, true);
	part.len = done;
	if (done)
		gold_run(&part, golden, &memory);
}

static void compare(struct scoreboard *sb, const struct vpage *page, uint64_t offset,
		    uint64_t bytes, const struct item *item)
{
	const uint64_t *found = (uint64_t *)((uint8_t *)sb_physical(sb, page) + offset);
	const uint64_t *expected = (uint64_t *)(page->gold + offset);

	if (!memcmp(found, expected, bytes))
		return;
	for (uint64_t i = 0; i < bytes / 8; i++)
		if (found[i] != expected[i])
			dmmu_bench_fail(sb->bench,
					"memory of context %u va 0x%llx (%s 0x%llx) is 0x%llx, "
					"expected 0x%llx, "
					"after op %d cookie %lld dst 0x%llx len %lld",
					page->ctx, (unsigned long long)(page->va + offset + 8 * i),
					page->local ? "local" : "host",
					(unsigned long long)(page->pa + offset + 8 * i),
					(unsigned long long)found[i],
					(unsigned long long)expected[i], item ? item->work.op : -1,
					item ? (long long)item->work.cookie : -1,
					item ? (unsigned long long)item->work.dst : 0,
					item ? (long long)item->work.len : 0);
}

static void compare_slot(struct scoreboard *sb, const struct item *item)
{
	for (uint64_t at = 0; at < item->slot->span;) {
		uint64_t va = item->slot->va + at;
		const struct vpage *page = sb_page(item->ctx, va);
		uint64_t n = PAGE - va % PAGE;

		compare(sb, page, va - page->va, n, item);
		at += n;
	}
}

static void expect(struct scoreboard *sb, const struct item *item, const char *what, uint64_t found,
		   uint64_t expected)
{
	if (found == expected)
		return;
	dmmu_bench_fail(sb->bench,
			"completion of op %u cookie %llu context %u: %s is 0x%llx, expected 0x%llx "
			"(src 0x%llx src2 0x%llx dst 0x%llx len 0x%llx)",
			item->work.op, (unsigned long long)item->work.cookie, item->work.ctx, what,
			(unsigned long long)found, (unsigned long long)expected,
			(unsigned long long)item->work.src, (unsigned long long)item->work.src2,
			(unsigned long long)item->work.dst, (unsigned long long)item->work.len);
}

static void judge_killed(struct scoreboard *sb, struct item *item, const struct dmmu_cpl *cpl)
{
	if (!item->may_be_killed && !item->dead)
		expect(sb, item, "status", cpl->status, item->gold.status);
	expect(sb, item, "va", cpl->va, 0);
	if (item->dead) {
		expect(sb, item, "done", cpl->done, 0);
		return;
	}
	if (item->gold.status == DMMU_STATUS_BAD_DESC)
		expect(sb, item, "status", cpl->status, DMMU_STATUS_BAD_DESC);
	if (cpl->done > item->gold.done)
		expect(sb, item, "done at most", cpl->done, item->gold.done);
	redo(item, cpl->done);
}

/* A fault of this thread, on this page, was answered FAIL; its record may be another thread's. */
static void judge_failed(struct scoreboard *sb, struct item *item, const struct dmmu_cpl *cpl)
{
	struct thread_faults *thread = &sb->thread[cpl->thread];
	unsigned int i = 0;

	while (i < thread->fails && (thread->fail[i].va / PAGE != item->gold.va / PAGE ||
				     thread->fail[i].access != item->gold.access ||
				     thread->fail[i].ctx != item->work.ctx))
		i++;
	expect(sb, item, "a fault of its page answered FAIL", i < thread->fails, 1);
	expect(sb, item, "cause", cpl->cause, thread->fail[i].cause);
	if (thread->fail[i].cookie == cpl->cookie)
		expect(sb, item, "va of the fault record", thread->fail[i].va, item->gold.va);
	thread->fails -= i + 1;
	memmove(thread->fail, thread->fail + i + 1, sizeof(thread->fail[0]) * thread->fails);
}

static void judge(struct scoreboard *sb, struct item *item, const struct dmmu_cpl *cpl)
{
	const struct gold_result *gold = &item->gold;

	expect(sb, item, "op", cpl->op, item->work.op);
	expect(sb, item, "ctx", cpl->ctx, item->work.ctx);
	BENCH_CHECK(sb->bench, cpl->thread < sb->bench->threads, "completion names thread %u",
		    cpl->thread);
	expect(sb, item, "reserved", cpl->rsvd | cpl->rsvd2, 0);
	if (cpl->status == DMMU_STATUS_KILLED) {
		judge_killed(sb, item, cpl);
		return;
	}
	expect(sb, item, "status", cpl->status, item->dead ? DMMU_STATUS_KILLED : gold->status);
	expect(sb, item, "done", cpl->done, gold->done);
	expect(sb, item, "va", cpl->va, gold->va);
	if (!item->shared)
		expect(sb, item, "result", cpl->result, gold->result);
	expect(sb, item, "access", cpl->access, gold->access);
	if (gold->status == DMMU_STATUS_FAULT) {
		judge_failed(sb, item, cpl);
	} else {
		expect(sb, item, "cause", cpl->cause, gold->cause);
	}
	if (!item->may_be_killed && cpl->faults < item->faults)
		expect(sb, item, "faults", cpl->faults, item->faults);
	BENCH_CHECK(sb->bench, cpl->stall <= cpl->cycles,
		    "completion with %llu of %llu cycles stalled", (unsigned long long)cpl->stall,
		    (unsigned long long)cpl->cycles);
}

void sb_take_completion(struct scoreboard *sb, const struct dmmu_cpl *cpl)
{
	struct item *item = sb_item(sb, cpl->cookie);

	sb->completions++;
	sb->total_ops++;
	sb->last_progress = dmmu_bench_cycle(sb->bench);
	if (!item)
		dmmu_bench_fail(sb->bench,
				"I8: completion with cookie %llu, which is not outstanding",
				(unsigned long long)cpl->cookie);
	judge(sb, item, cpl);
	sb->thread[cpl->thread].completed += cpl->faults;
	compare_slot(sb, item);
	item->live = false;
	item->slot->busy = false;
	item->ctx->outstanding--;
}

/* After a reset: each byte of a slot is what it was or what it was to be; that is the new truth. */
static void accept_partial(struct scoreboard *sb, struct item *item)
{
	for (uint64_t at = 0; at < item->slot->span; at++) {
		uint64_t va = item->slot->va + at;
		struct vpage *page = sb_page(item->ctx, va);
		uint64_t offset = va - page->va;
		uint8_t *expected = page->gold + offset;
		uint8_t found = ((uint8_t *)sb_physical(sb, page))[offset];

		if (found != *expected && found != item->old[at] &&
		    item->work.op != DMMU_OP_ATOMIC_ADD)
			compare(sb, page, offset & ~7ull, 8, item);
		*expected = found;
	}
}

void sb_forget_work(struct scoreboard *sb)
{
	for (unsigned int i = 0; i < MAX_ITEMS; i++) {
		struct item *item = &sb->item[i];

		if (!item->live)
			continue;
		accept_partial(sb, item);
		item->live = false;
		item->slot->busy = false;
		item->ctx->outstanding--;
	}
	/* how many of the adds to shared counters happened cannot be known */
	for (unsigned int i = 0; i < sb->contexts; i++) {
		struct vpage *page = sb->ctx[i].shared->page;

		memcpy(page->gold, sb_physical(sb, page), 4 * 8);
	}
}

void sb_check_memory(struct scoreboard *sb)
{
	for (unsigned int i = 0; i < sb->contexts; i++) {
		struct context *ctx = &sb->ctx[i];

		for (unsigned int r = 0; r < ctx->regions; r++)
			for (unsigned int k = 0; k < ctx->region[r].pages; k++) {
				struct vpage *page = &ctx->region[r].page[k];

				sb_check_entry(sb, page);
				if (page->gold)
					compare(sb, page, 0, page->bytes, NULL);
			}
	}
}
