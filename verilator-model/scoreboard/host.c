// SPDX-License-Identifier: GPL-2.0
/*
 * host.c: the driver's part of the scoreboard: page-table writes, invalidations, fault answers,
 * kills. What a command promises is taken at its word in the very cycle in which its acknowledge
 * reaches memory. See scoreboard.h.
 */
#include "scoreboard.h"

#include <string.h>

#define CMDS 1024

static void wait_for_room(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;

	if (b->ctl_tail - dmmu_bench_status(b)->ctl_head >= 1u << b->config.ctl_log2) {
		dmmu_bench_ctl_ring(b);
		BENCH_UNTIL(b,
			    b->ctl_tail - dmmu_bench_status(b)->ctl_head < 1u << b->config.ctl_log2,
			    BENCH_CTL_BOUND);
	}
}

static struct cmd *queue(struct scoreboard *sb, enum cmd_kind kind, const struct dmmu_ctl *ctl)
{
	struct dmmu_bench *b = sb->bench;
	struct cmd *cmd;

	/* room first: waiting for it acknowledges others */
	wait_for_room(sb);
	BENCH_CHECK(b, sb->cmd_count < CMDS, "scoreboard: too many commands");
	cmd = &sb->cmd[(sb->cmd_first + sb->cmd_count++) % CMDS];
	*cmd = (struct cmd){.kind = kind};
	cmd->index = dmmu_bench_ctl_push_raw(b, ctl);
	return cmd;
}

/* The write-back flag is needed only on what is waited for; others go without, at times. */
static uint8_t flags(struct scoreboard *sb)
{
	return sb_chance(sb, 300) ? DMMU_CTL_F_WB : 0;
}

static void set_entries(struct scoreboard *sb, uint64_t at, unsigned int count, uint64_t value,
			uint64_t step)
{
	struct dmmu_bench *b = sb->bench;
	struct dmmu_ctl ctl = {.opcode = DMMU_CTL_PT_FILL,
			       .flags = flags(sb),
			       .local = at,
			       .count = count,
			       .value = value,
			       .step = step};
	struct cmd *cmd;

	for (unsigned int i = 0; i < count; i++)
		sb_history_push(sb, at + 8 * i, value + i * step);
	if (sb_chance(sb, 500)) {
		/* at most one command per ring slot is waiting, so this page of entries is free */
		uint32_t slot = b->ctl_tail & ((1u << b->config.ctl_log2) - 1);
		uint64_t source;
		uint64_t *entry;

		/* room before the scratch page is overwritten */
		if (b->ctl_tail - dmmu_bench_status(b)->ctl_head >= 1u << b->config.ctl_log2) {
			dmmu_bench_ctl_ring(b);
			BENCH_UNTIL(b,
				    b->ctl_tail - dmmu_bench_status(b)->ctl_head <
					    1u << b->config.ctl_log2,
				    BENCH_CTL_BOUND);
		}
		/* anywhere in the page, also across its end into the next */
		source = sb->scratch + slot * 2 * PAGE + 8ull * sb_below(sb, 512);
		entry = dmmu_bench_host(b, source);
		for (unsigned int i = 0; i < count; i++)
			entry[i] = value + i * step;
		ctl = (struct dmmu_ctl){.opcode = DMMU_CTL_PT_WRITE,
					.flags = ctl.flags,
					.local = at,
					.count = count,
					.host = source};
	}
	cmd = queue(sb, CMD_PTE, &ctl);
	cmd->at = at;
	cmd->count = count;
}

static void set_leaf(struct scoreboard *sb, struct vpage *page, uint64_t pte)
{
	page->pte = pte;
	set_entries(sb, page->pte_at, 1, pte, 0);
}

/* Pointers on the way to the page that are broken are put right, from the top. */
static bool fix_tables(struct scoreboard *sb, const struct vpage *page)
{
	uint64_t table = sb->ctx[page->ctx].root;
	bool fixed = false;

	for (unsigned int l = sb->bench->levels - 1; l > sb_leaf_level(page); l--) {
		uint64_t at = table + 8 * (page->va >> (12 + 9 * l) & 511);
		const struct history *h = sb_history(sb, at);
		uint64_t proper = sb->proper[at / 8];

		if (h->v[h->count - 1].value != proper) {
			set_entries(sb, at, 1, proper, 0);
			fixed = true;
		}
		table = proper & DMMU_PTE_ADDR;
	}
	return fixed;
}

static bool mapped_for(const struct vpage *page, unsigned int access)
{
	unsigned int cause;

	return gold_entry(page->pte, sb_leaf_level(page), access, &cause) == GOLD_LEAF;
}

static void map(struct scoreboard *sb, struct vpage *page, unsigned int access)
{
	static const uint8_t need_perm[3] = {R, W, R | W | AT};
	uint8_t perm = page->truth;
	uint64_t keep = 0;

	/* at times only what is asked for, so that the next access has to ask again */
	if (sb_chance(sb, 400))
		perm = need_perm[access] | (page->truth & (uint8_t)sb_below(sb, 8));
	/*
	 * Permissions only grow here; taking some away needs an invalidation. Without one the
	 * device may go on with what it has of the old entry, and thinks that A and D are set.
	 */
	if (mapped_for(page, DMMU_ACCESS_READ)) {
		perm |= R;
		keep |= DMMU_PTE_A;
	}
	if (mapped_for(page, DMMU_ACCESS_WRITE)) {
		perm |= W;
		keep |= DMMU_PTE_A | DMMU_PTE_D;
	}
	sb_grant(sb, page, perm & (R | W));
	set_leaf(sb, page, sb_leaf(sb, page, perm) | keep);
}

/* ---- acknowledges */

static void must_be_quiet(struct scoreboard *sb, const struct vpage *page, bool writes_only,
			  const char *what)
{
	const struct dmmu_mem *mem = page->local ? sb->bench->dev->local : sb->bench->dev->host;

	if (writes_only ? dmmu_mem_write_in_flight(mem, page->pa, page->bytes)
			: dmmu_mem_in_flight(mem, page->pa, page->bytes))
		dmmu_bench_fail(sb->bench,
				"I2: %s was acknowledged with an access to context %u va 0x%llx "
				"(%s 0x%llx) in flight",
				what, page->ctx, (unsigned long long)page->va,
				page->local ? "local" : "host", (unsigned long long)page->pa);
}

static void invalidated(struct scoreboard *sb, struct inval_op *op, uint32_t index)
{
	for (unsigned int i = 0; i < op->pages; i++) {
		struct vpage *page = op->page[i];

		page->busy = false;
		if ((int32_t)(index - page->aged_by) > 0)
			page->aged = false;
		if (op->kind == OP_SPURIOUS)
			continue;
		must_be_quiet(sb, page, op->kind == OP_DOWNGRADE, "an invalidation");
		sb_grant(sb, page, op->kind == OP_DOWNGRADE ? R : 0);
		sb_check_entry(sb, page);
		if (op->kind == OP_MOVE)
			sb_move(sb, page);
	}
	op->live = false;
}

static void killed(struct scoreboard *sb, struct context *ctx)
{
	uint16_t number = (uint16_t)(ctx - sb->ctx);

	ctx->state = CTX_DEAD;
	for (unsigned int i = 0; i < ctx->regions; i++)
		for (unsigned int k = 0; k < ctx->region[i].pages; k++)
			if (ctx->region[i].page[k].gold)
				must_be_quiet(sb, &ctx->region[i].page[k], false, "a kill");
	for (unsigned int t = 0; t < MAX_THREADS; t++)
		if (sb->fault[t].live && sb->fault[t].flt.ctx == number)
			sb->fault[t].live = false;
}

/* FORCED: after a reset: what was not done is done by hand. */
void sb_acknowledge(struct scoreboard *sb, bool forced)
{
	while (sb->cmd_count) {
		struct cmd *cmd = &sb->cmd[sb->cmd_first];

		if (!forced && !dmmu_bench_ctl_done(sb->bench, cmd->index))
			return;
		sb->cmd_first = (sb->cmd_first + 1) % CMDS;
		sb->cmd_count--;
		switch (cmd->kind) {
		case CMD_PTE:
			for (unsigned int i = 0; i < cmd->count; i++) {
				uint64_t at = cmd->at + 8 * i;
				struct history *h = sb_history(sb, at);

				sb_history_land(sb, at);
				if (forced)
					*(uint64_t *)dmmu_bench_local(sb->bench, at) =
						h->v[h->count - 1 - h->pending].value;
			}
			break;
		case CMD_INVALIDATE:
			if (cmd->op)
				invalidated(sb, cmd->op, cmd->index);
			break;
		case CMD_AGE:
			if (forced)
				sb->age.live = false;
			else
				sb_age_end(sb);
			break;
		case CMD_KILL:
			killed(sb, cmd->ctx);
			break;
		case CMD_SET:
			cmd->ctx->state = CTX_LIVE;
			break;
		default:
			break;
		}
	}
}

/* ---- invalidation */

/* A range that touches all the pages in question; one byte of a page is enough. */
static void choose_range(struct scoreboard *sb, struct dmmu_ctl *ctl, uint64_t va, uint64_t bytes,
			 uint64_t page_bytes)
{
	uint64_t first = va, last = va + bytes - 1;

	switch (sb_below(sb, 8)) {
	case 0:
		ctl->flags |= DMMU_CTL_F_ALL;
		return;
	case 1:
		ctl->flags |= DMMU_CTL_F_ALL | DMMU_CTL_F_EVERY;
		ctl->ctx = 0;
		return;
	case 2: /* from within the first page to within the last */
	case 3:
		first += sb_below(sb, (uint32_t)page_bytes);
		last -= sb_below(sb, (uint32_t)page_bytes);
		if (last < first)
			last = first;
		break;
	case 4: /* more than needed */
		first &= ~(HUGE - 1);
		last |= HUGE - 1;
		break;
	default:
		break;
	}
	ctl->va = first;
	ctl->size = last - first + 1;
}

static void push_invalidate(struct scoreboard *sb, struct inval_op *op, struct context *ctx,
			    uint64_t va, uint64_t bytes)
{
	struct dmmu_ctl ctl = {.opcode = DMMU_CTL_INVALIDATE,
			       .flags = DMMU_CTL_F_WB,
			       .ctx = (uint16_t)(ctx - sb->ctx)};
	struct cmd *cmd;

	choose_range(sb, &ctl, va, bytes, op->page[0]->bytes);
	cmd = queue(sb, CMD_INVALIDATE, &ctl);
	cmd->op = op;
	sb->invalidations++;
	sb->total_invals++;
}

static void unmap_entries(struct scoreboard *sb, struct inval_op *op)
{
	uint64_t first = op->page[0]->pte_at;
	bool one_table = first / PAGE == (first + 8 * (op->pages - 1)) / PAGE;

	if (one_table && sb_chance(sb, 500)) {
		for (unsigned int i = 0; i < op->pages; i++)
			op->page[i]->pte = 0;
		set_entries(sb, first, op->pages, 0, 0);
		return;
	}
	for (unsigned int i = 0; i < op->pages; i++)
		set_leaf(sb, op->page[i],
			 sb_chance(sb, 200) ? sb_nonsense(sb, sb_leaf_level(op->page[i])) : 0);
}

static void invalidate_some(struct scoreboard *sb)
{
	struct context *ctx = &sb->ctx[sb_below(sb, sb->contexts)];
	struct region *r = &ctx->region[sb_below(sb, ctx->regions)];
	unsigned int first = sb_below(sb, r->pages);
	unsigned int want = 1 + sb_below(sb, sb_chance(sb, 700) ? 2 : MAX_OP_PAGES);
	struct inval_op *op = sb->op;

	while (op->live && op < &sb->op[sizeof(sb->op) / sizeof(*sb->op) - 1])
		op++;
	if (op->live || ctx->state == CTX_DEAD || ctx->state == CTX_SETTING)
		return;
	/* moving 2 MiB costs host time: now and then */
	if (r->step == HUGE && !sb_chance(sb, 250))
		return;
	*op = (struct inval_op){.kind = (enum op_kind)sb_below(sb, 4)};
	if (op->kind == OP_UNMAP && sb_chance(sb, 500))
		op->kind = OP_MOVE;
	for (unsigned int i = first; i < r->pages && op->pages < want; i++) {
		struct vpage *page = &r->page[i];

		if (!page->gold || page->busy)
			break;
		if (op->kind == OP_DOWNGRADE &&
		    !(page->pte & DMMU_PTE_V && mapped_for(page, DMMU_ACCESS_READ)))
			break;
		op->page[op->pages++] = page;
		page->busy = true;
	}
	if (!op->pages)
		return;
	op->live = true;
	if (op->kind == OP_DOWNGRADE)
		for (unsigned int i = 0; i < op->pages; i++)
			set_leaf(sb, op->page[i], sb_leaf(sb, op->page[i], R));
	else if (op->kind != OP_SPURIOUS)
		unmap_entries(sb, op);
	push_invalidate(sb, op, ctx, op->page[0]->va, op->pages * r->step);
	dmmu_bench_ctl_ring(sb->bench);
}

/* ---- faults */

void sb_take_fault(struct scoreboard *sb, const struct dmmu_flt *flt)
{
	struct pending_fault *fault = &sb->fault[flt->thread];
	struct item *item = sb_item(sb, flt->cookie);
	struct context *ctx;

	sb->records++;
	sb->faulted += (unsigned int)__builtin_popcountll(flt->threads);
	sb->total_faults++;
	sb->last_progress = dmmu_bench_cycle(sb->bench);
	BENCH_CHECK(sb->bench, flt->ctx < sb->contexts && flt->thread < sb->bench->threads,
		    "fault record names context %u, thread %u", flt->ctx, flt->thread);
	ctx = &sb->ctx[flt->ctx];
	BENCH_CHECK(sb->bench, (flt->tag & 0xff) == flt->thread, "fault tag 0x%x of thread %u",
		    flt->tag, flt->thread);
	if (ctx->state != CTX_LIVE)
		return; /* its kill ends the stall; no answer needed */
	if (!item) {
		BENCH_CHECK(sb->bench, ctx->kills, "I4: fault record for work that is over");
		return;
	}
	if (item->ctx != ctx)
		dmmu_bench_fail(sb->bench, "I7: fault of context %u for work of context %u",
				flt->ctx, (unsigned int)(item->ctx - sb->ctx));
	BENCH_CHECK(sb->bench, flt->threads >> flt->thread & 1,
		    "fault record of thread %u is for threads 0x%llx", flt->thread,
		    (unsigned long long)flt->threads);
	for (unsigned int t = 0; t < MAX_THREADS; t++) {
		if (sb->fault[t].live && sb->fault[t].flt.threads & flt->threads && !ctx->kills)
			dmmu_bench_fail(
				sb->bench,
				"I4: threads 0x%llx have a second fault outstanding (tags "
				"0x%x, 0x%x)",
				(unsigned long long)(sb->fault[t].flt.threads & flt->threads),
				sb->fault[t].flt.tag, flt->tag);
		if (flt->threads >> t & 1) {
			BENCH_CHECK(sb->bench, t < sb->bench->threads,
				    "fault record is for thread %u", t);
			sb->thread[t].told++;
		}
	}
	if (!sb_fault_explained(sb, flt))
		dmmu_bench_fail(sb->bench,
				"fault of context %u va 0x%llx access %u with cause %u at level "
				"%u: no page "
				"table of that time explains it",
				flt->ctx, (unsigned long long)flt->va, flt->access, flt->cause,
				flt->level);
	item->faults++;
	fault->live = true;
	fault->retried = false;
	fault->flt = *flt;
	fault->due = dmmu_bench_cycle(sb->bench) + sb_below(sb, sb->answer_delay);
}

static void answer(struct scoreboard *sb, const struct dmmu_flt *flt, unsigned int action)
{
	queue(sb, CMD_OTHER,
	      &(struct dmmu_ctl){.opcode = DMMU_CTL_FAULT_ANSWER,
				 .flags = flags(sb),
				 .tag = flt->tag,
				 .action = action});
	sb->retries += action == DMMU_ANSWER_RETRY;
	sb->fails += action == DMMU_ANSWER_FAIL;
	sb->kill_answers += action == DMMU_ANSWER_KILL;
}

static void kill_context(struct scoreboard *sb, struct context *ctx, const struct dmmu_flt *flt)
{
	struct cmd *cmd;

	ctx->state = CTX_DYING;
	ctx->kills++;
	sb->killed = true;
	sb->may_stale = true; /* answers on their way may come too late */
	sb->total_kills++;
	for (unsigned int i = 0; i < MAX_ITEMS; i++)
		if (sb->item[i].live && sb->item[i].ctx == ctx)
			sb->item[i].may_be_killed = true;
	if (flt) {
		answer(sb, flt, DMMU_ANSWER_KILL);
		dmmu_bench_ctl_ring(sb->bench);
		dmmu_bench_run(sb->bench, sb_below(sb, 200));
	}
	cmd = queue(sb, CMD_KILL,
		    &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_KILL,
				       .flags = DMMU_CTL_F_WB,
				       .ctx = (uint16_t)(ctx - sb->ctx)});
	cmd->ctx = ctx;
}

static void will_fail(struct scoreboard *sb, struct thread_faults *thread,
		      const struct dmmu_flt *flt)
{
	const unsigned int room = sizeof(thread->fail) / sizeof(thread->fail[0]);

	/* completions of killed work take none away */
	if (thread->fails == room) {
		BENCH_CHECK(sb->bench, sb->killed,
			    "%u operations of a thread failed and did not end", room);
		memmove(thread->fail, thread->fail + 1, sizeof(thread->fail[0]) * --thread->fails);
	}
	thread->fail[thread->fails++] = *flt;
}

static void answer_one(struct scoreboard *sb, struct pending_fault *fault)
{
	struct dmmu_flt flt = fault->flt;
	struct context *ctx = &sb->ctx[flt.ctx];
	struct vpage *page = sb_page(ctx, flt.va);

	fault->live = false;
	if (ctx->state != CTX_LIVE) {
		if (sb_chance(sb, 300))
			answer(sb, &flt, sb_below(sb, 2)); /* stale; changes nothing */
		return;
	}
	if (sb_chance(sb, sb->kill_rate)) {
		kill_context(sb, ctx, &flt);
		return;
	}
	if (!page || !sb_permitted(page, flt.access)) {
		if (sb_chance(sb, 150)) {
			answer(sb, &flt, DMMU_ANSWER_RETRY); /* for nothing: it faults again */
			return;
		}
		for (unsigned int t = 0; t < MAX_THREADS; t++)
			if (flt.threads >> t & 1)
				will_fail(sb, &sb->thread[t], &flt);
		answer(sb, &flt, DMMU_ANSWER_FAIL);
		return;
	}
	if (page->busy) {
		/* an invalidation is on its way: wait for it, or let the thread find out */
		if (sb_chance(sb, 50)) {
			answer(sb, &flt, DMMU_ANSWER_RETRY);
		} else {
			fault->live = true;
			fault->due = dmmu_bench_cycle(sb->bench) + 50;
		}
		return;
	}
	fix_tables(sb, page);
	if (!mapped_for(page, flt.access))
		map(sb, page, flt.access);
	answer(sb, &flt, DMMU_ANSWER_RETRY);
}

void sb_answer_faults(struct scoreboard *sb)
{
	unsigned int first = sb_below(sb, MAX_THREADS);
	bool any = false;

	for (unsigned int i = 0; i < MAX_THREADS; i++) {
		struct pending_fault *fault = &sb->fault[(first + i) % MAX_THREADS];

		if (fault->live && fault->due <= dmmu_bench_cycle(sb->bench)) {
			answer_one(sb, fault);
			any = true;
		}
	}
	if (any)
		dmmu_bench_ctl_ring(sb->bench);
}

/* A dead context whose work is all back gets a new life, with its other root. */
void sb_revive(struct scoreboard *sb)
{
	for (struct context *ctx = sb->ctx; ctx < sb->ctx + sb->contexts; ctx++) {
		struct cmd *cmd;
		bool busy = false;

		for (unsigned int i = 0; i < ctx->regions && !busy; i++)
			for (unsigned int k = 0; k < ctx->region[i].pages; k++)
				busy |= ctx->region[i].page[k].busy;
		if (ctx->state != CTX_DEAD || ctx->outstanding || busy)
			continue;
		cmd = queue(sb, CMD_INVALIDATE,
			    &(struct dmmu_ctl){.opcode = DMMU_CTL_INVALIDATE,
					       .flags = DMMU_CTL_F_ALL,
					       .ctx = (uint16_t)(ctx - sb->ctx)});
		sb->invalidations++;
		sb_swap_root(sb, ctx);
		ctx->state = CTX_SETTING;
		cmd = queue(sb, CMD_SET,
			    &(struct dmmu_ctl){.opcode = DMMU_CTL_CTX_SET,
					       .flags = DMMU_CTL_F_WB,
					       .ctx = (uint16_t)(ctx - sb->ctx),
					       .local = ctx->root});
		cmd->ctx = ctx;
		dmmu_bench_ctl_ring(sb->bench);
	}
}

void sb_host_events(struct scoreboard *sb)
{
	if (sb_chance(sb, sb->invalidate_rate))
		invalidate_some(sb);
	if (sb->kill_rate && sb_chance(sb, 1) && sb_chance(sb, 50 * sb->kill_rate)) {
		struct context *ctx = &sb->ctx[sb_below(sb, sb->contexts)];

		if (ctx->state == CTX_LIVE) {
			kill_context(sb, ctx, NULL);
			dmmu_bench_ctl_ring(sb->bench);
		}
	}
	if (!sb->age.live && sb_chance(sb, sb->age_rate)) {
		struct dmmu_ctl ctl;

		/* room first: what waiting for it acknowledges must not come between */
		wait_for_room(sb);
		sb_age_begin(sb, &ctl);
		queue(sb, CMD_AGE, &ctl);
		dmmu_bench_ctl_ring(sb->bench);
	}
	if (sb_chance(sb, 5)) {
		queue(sb, CMD_OTHER,
		      &(struct dmmu_ctl){.opcode = sb_below(sb, 2) ? DMMU_CTL_FENCE : DMMU_CTL_NOP,
					 .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ});
		dmmu_bench_ctl_ring(sb->bench);
	}
}
