// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_check.c: the judge, see mmu_scoreboard.h. The letters are those of docs/client-port.md (C, M)
 * and of the invariants (I) in docs/model.md.
 */
#include "mmu_scoreboard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Signals that follow an event may need so many cycles for it. */
#define SOON 8

static uint64_t now_of(const struct scoreboard *sb)
{
	return mmu_bench_now(sb->b);
}

static const char *op_name(unsigned int op)
{
	static const char *const name[] = {"read", "write", "atomic", "?"};

	return name[op & 3];
}

/* ---- who asks for what */

static void count_asking(struct scoreboard *sb, const struct mmu_client *c, int delta)
{
	int r = sb_region_of(sb, c->va), page = sb_page_of(c->va);
	uint64_t now = now_of(sb);
	struct region *region;

	if (r < 0)
		return;
	region = &sb->ctx[c->ctx].region[r];
	for (unsigned int k = 0; k < (c->op == DMMU_ACCESS_READ ? 1u : 2u); k++) {
		region->asking[k] += (uint32_t)delta;
		region->asked[k] = now;
		if (page >= 0) {
			region->page_asking[page][k] += (uint32_t)delta;
			region->page_asked[page][k] = now;
		}
	}
}

void sb_accepted(void *opaque, unsigned int thread)
{
	struct scoreboard *sb = opaque;
	struct client_model *m = &sb->client[thread];
	struct mmu_client *c = &sb->b->client[thread];

	count_asking(sb, c, 1);
	m->retried = m->waits_since = c->accepted;
	m->failing = false;
	m->tries = 0;
	m->last_va = c->va;
	m->asked_since_reset = true;
	sb->asked++;
}

static void orphan(struct scoreboard *sb, unsigned int thread, const struct fault *fault)
{
	if (fault->recorded)
		return;
	sb->orphan_thread[sb->orphans % SB_ORPHANS] = (uint8_t)thread;
	sb->orphan[sb->orphans % SB_ORPHANS] = *fault;
	sb->orphan[sb->orphans++ % SB_ORPHANS].open = false;
}

static void unstall(struct scoreboard *sb, unsigned int thread)
{
	struct client_model *m = &sb->client[thread];

	m->fault.open = false;
	m->stall_changed = m->waits_since = now_of(sb);
}

/* The context gets no translations from now on; its stalled threads are answered. */
static void dies(struct scoreboard *sb, unsigned int number)
{
	struct context *ctx = &sb->ctx[number];
	uint64_t now = now_of(sb);

	if (!ctx->live)
		return;
	ctx->live = false;
	ctx->dead_from = now;
	ctx->dead_until = NEVER;
	for (unsigned int i = 0; i < SB_GROUPS; i++)
		if (sb->group[i].live && sb->group[i].ctx == number) {
			sb->group[i].live = false;
			sb->unanswered += now - sb->group[i].seen;
		}
	for (unsigned int t = 0; t < sb->b->geo.threads; t++) {
		struct client_model *m = &sb->client[t];

		if (!m->fault.open || m->fault.ctx != number)
			continue;
		orphan(sb, t, &m->fault);
		unstall(sb, t);
	}
}

/* ---- answers */

static void check_ok(struct scoreboard *sb, unsigned int thread, struct mmu_client *c)
{
	const struct mmu_answer *a = &c->answer;
	const struct context *ctx = &sb->ctx[c->ctx];
	struct sb_paths p = {.ctx = c->ctx, .op = c->op, .va = c->va, .since = now_of(sb)};
	uint64_t need = DMMU_PTE_A | (c->op == DMMU_ACCESS_READ ? 0 : DMMU_PTE_D);
	bool found = false, marked = false;

	if (!ctx->live && (ctx->acked || c->accepted > ctx->dead_from + SOON))
		mmu_bench_fail(sb->b, "M5/I7: thread %u got OK in context %u, which is dead",
			       thread, c->ctx);
	sb_find_paths(sb, &p);
	for (unsigned int i = 0; i < p.leaves; i++) {
		if (p.leaf[i].pa != a->pa || p.leaf[i].local != a->local)
			continue;
		/* versions with other rights have the same page */
		found = true;
		marked |= (p.leaf[i].marks & need) == need;
		sb->client[thread].huge = p.leaf[i].huge;
	}
	if (!found)
		mmu_bench_fail(sb->b,
			       "M1/I1/I2: thread %u got OK for a %s of 0x%" PRIx64
			       " in context %u: %s 0x%" PRIx64
			       ", which no table has had since the last invalidation",
			       thread, op_name(c->op), c->va, c->ctx, a->local ? "local" : "host",
			       a->pa);
	if (!marked)
		mmu_bench_fail(sb->b,
			       "I5: thread %u got OK for a %s of 0x%" PRIx64
			       " in context %u, and %s not set in memory",
			       thread, op_name(c->op), c->va, c->ctx,
			       c->op == DMMU_ACCESS_READ ? "A is" : "A and D are");
}

void sb_answered(void *opaque, unsigned int thread)
{
	struct scoreboard *sb = opaque;
	struct client_model *m = &sb->client[thread];
	struct mmu_client *c = &sb->b->client[thread];
	const struct context *ctx = &sb->ctx[c->ctx];
	uint64_t now = now_of(sb),
		 replay = m->tries && c->accepted != m->retried ? now - m->retried : 0;

	count_asking(sb, c, -1);
	if (m->fault.open)
		mmu_bench_fail(sb->b, "I3: thread %u is answered while it waits for the host",
			       thread);
	switch (c->answer.status) {
	case MMU_OK:
		if (m->failing)
			mmu_bench_fail(sb->b, "thread %u got OK, its fault was answered FAIL",
				       thread);
		check_ok(sb, thread, c);
		m->release_at = now + sb_below(sb, sb->rates.hold + 1);
		/* counted for whom the record was, perhaps before the port takes the answer */
		if (m->led && !sb->b->config.client_stall)
			sb->replay_low += replay > 64 ? replay - 64 : 0;
		break;
	case MMU_FAULT:
		if (!m->failing)
			mmu_bench_fail(sb->b, "thread %u got FAULT, nobody answered FAIL", thread);
		if (c->answer.access != c->op || c->answer.cause != m->cause)
			mmu_bench_fail(sb->b,
				       "thread %u got FAULT for access %u, cause %u; its"
				       " record said %u, %u",
				       thread, c->answer.access, c->answer.cause, c->op, m->cause);
		sb->ops++;
		break;
	default:
		if (ctx->dead_until < c->accepted)
			mmu_bench_fail(sb->b, "thread %u got KILLED, context %u was not killed",
				       thread, c->ctx);
		sb->killed++;
		sb->ops++;
		break;
	}
	sb->replay_high += replay;
	m->failing = false;
}

/* ---- faults */

static void raise_fault(struct scoreboard *sb, unsigned int thread)
{
	struct client_model *m = &sb->client[thread];
	const struct mmu_client *c = &sb->b->client[thread];
	struct sb_paths p = {.ctx = c->ctx, .op = c->op, .va = c->va};

	sb->total_faults++;
	m->faults++;
	if (c->state != CLIENT_ASKED)
		mmu_bench_fail(sb->b, "thread %u faults and asks for nothing", thread);
	if (m->fault.open)
		mmu_bench_fail(sb->b, "I3: thread %u faults again before it is answered", thread);
	if (m->failing)
		mmu_bench_fail(sb->b, "I3: thread %u faults after FAIL", thread);
	if (!sb->ctx[c->ctx].live && sb->ctx[c->ctx].acked)
		mmu_bench_fail(sb->b, "M5: thread %u faults in a killed context", thread);
	p.since = m->retried > sb->slack ? m->retried - sb->slack : 0;
	sb_find_paths(sb, &p);
	if (!p.why)
		mmu_bench_fail(sb->b,
			       "thread %u faults on a %s of 0x%" PRIx64
			       " in context %u, and no table explains it",
			       thread, op_name(c->op), c->va, c->ctx);
	if (m->tries) /* a replay that faults again may count or not */
		sb->replay_high += now_of(sb) - m->retried;
	m->tries++;
	m->fault = (struct fault){
		.open = true,
		.cycle = now_of(sb),
		.why = p.why,
		.cookie = c->cookie,
		.va = c->va,
		.ctx = c->ctx,
		.op = c->op,
		.group = -1,
	};
	m->stall_changed = now_of(sb);
	if (!sb->ctx[c->ctx].live) { /* in the very cycles of a kill */
		orphan(sb, thread, &m->fault);
		unstall(sb, thread);
	}
}

/* The fault of a thread that the record means: the one it waits with, or one that a kill ended. */
static struct fault *fault_of(struct scoreboard *sb, unsigned int thread, uint64_t cookie,
			      const struct fault *like)
{
	struct fault *f = &sb->client[thread].fault;
	unsigned int first = sb->orphans > SB_ORPHANS ? sb->orphans - SB_ORPHANS : 0;

	if (f->open && !f->recorded &&
	    (like ? f->ctx == like->ctx && f->op == like->op && f->va >> 12 == like->va >> 12 &&
			     like->open
		  : f->cookie == cookie))
		return f;
	for (unsigned int i = first; i < sb->orphans; i++) {
		f = &sb->orphan[i % SB_ORPHANS];
		if (sb->orphan_thread[i % SB_ORPHANS] == thread && !f->recorded &&
		    (like ? f->ctx == like->ctx && f->op == like->op &&
				     f->va >> 12 == like->va >> 12
			  : f->cookie == cookie))
			return f;
	}
	return NULL;
}

void sb_record(void *opaque, const uint64_t *w)
{
	struct scoreboard *sb = opaque;
	struct mmu_bench *b = sb->b;
	unsigned int leader = w[0] >> 48 & 0xff, cause = w[3] & 0xff, level = w[3] >> 8 & 0xff, g;
	uint32_t tag = (uint32_t)w[0], number = tag >> 8;
	uint64_t detected, sent;
	struct fault *lead;
	struct group *group;

	sb->records++;
	sb->total_records++;
	sb->waiting_records++;
	if (leader >= b->geo.threads || (tag & 0xff) != leader || !(w[6] >> leader & 1))
		mmu_bench_fail(b, "I4: a record of thread %u with tag 0x%x for threads 0x%" PRIx64,
			       leader, tag, w[6]);
	if (b->geo.threads < 64 && w[6] >> b->geo.threads)
		mmu_bench_fail(b, "I4: a record for threads 0x%" PRIx64 ", there are %u", w[6],
			       b->geo.threads);
	if (w[0] >> 58 || w[3] >> 16 || w[7])
		mmu_bench_fail(b,
			       "a record with reserved bits set: 0x%" PRIx64 " 0x%" PRIx64
			       " 0x%" PRIx64,
			       w[0], w[3], w[7]);
	lead = fault_of(sb, leader, w[2], NULL);
	if (!lead)
		mmu_bench_fail(b,
			       "I4: a record of thread %u, cookie 0x%" PRIx64
			       ": it has no fault with that that had none yet",
			       leader, w[2]);
	if ((w[0] >> 32 & 0xffff) != lead->ctx || (w[0] >> 56 & 3) != lead->op || w[1] != lead->va)
		mmu_bench_fail(b,
			       "a record of thread %u says context %u, access %u, 0x%" PRIx64
			       "; it asked for %u, %u, 0x%" PRIx64,
			       leader, (unsigned int)(w[0] >> 32 & 0xffff),
			       (unsigned int)(w[0] >> 56 & 3), w[1], lead->ctx, lead->op, lead->va);
	if (level >= 6 || cause >= 8 || !(lead->why >> (8 * level + cause) & 1))
		mmu_bench_fail(b,
			       "a record of thread %u for a %s of 0x%" PRIx64 " in context %u says"
			       " cause %u at level %u; tables explain 0x%" PRIx64
			       " (a byte per level, a bit per cause)",
			       leader, op_name(lead->op), lead->va, lead->ctx, cause, level,
			       lead->why);
	detected = w[4] - b->config.cycle_base;
	sent = w[5] - b->config.cycle_base;
	if (detected > lead->cycle + SOON || detected + SOON < lead->cycle || sent < detected ||
	    sent > now_of(sb))
		mmu_bench_fail(b,
			       "a record says detected %" PRIu64 ", sent %" PRIu64
			       "; thread %u faulted in %" PRIu64,
			       detected, sent, leader, lead->cycle);
	if (sb->client[leader].last_number && number <= sb->client[leader].last_number)
		mmu_bench_fail(b, "tag 0x%x of thread %u comes after its number %u", tag, leader,
			       sb->client[leader].last_number);
	sb->client[leader].last_number = number;

	for (g = 0; g < SB_GROUPS && sb->group[g].live; g++)
		;
	if (g == SB_GROUPS)
		mmu_bench_fail(b, "scoreboard: too many records wait");
	group = &sb->group[g];
	*group = (struct group){
		.live = lead->open && sb->ctx[lead->ctx].live,
		.seen = now_of(sb),
		.threads = w[6],
		.va = lead->va,
		.tag = tag,
		.ctx = lead->ctx,
		.op = lead->op,
		.cause = (uint8_t)cause,
		.level = (uint8_t)level,
		.leader = (uint8_t)leader,
		.due = now_of(sb) + sb_below(sb, sb->rates.answer_delay + 1),
	};
	if (sb_chance(sb, 20)) /* the host is busy elsewhere */
		group->due += 8 * sb->rates.answer_delay;
	sb->detect_high += now_of(sb) - detected;
	if (group->live) /* that of a thread that was killed meanwhile may count or not */
		sb->detect_low += now_of(sb) - detected;
	for (unsigned int t = 0; t < b->geo.threads; t++) {
		struct fault *f;

		if (!(w[6] >> t & 1))
			continue;
		f = t == leader ? lead : fault_of(sb, t, 0, lead);
		if (!f)
			mmu_bench_fail(
				b,
				"I4: the record of thread %u is for thread %u too, which does"
				" not wait for that",
				leader, t);
		if (t != leader)
			sb->total_merged++;
		if (!(f->why >> (8 * level + cause) & 1))
			mmu_bench_fail(b,
				       "thread %u is in a record of cause %u at level %u; tables"
				       " explain 0x%" PRIx64,
				       t, cause, level, f->why);
		sb->client[t].led = t == leader;
		f->recorded = true;
		f->group = (int)g;
	}
}

/* ---- commands */

static bool find_group(struct scoreboard *sb, uint32_t tag, struct group **found)
{
	for (unsigned int i = 0; i < SB_GROUPS; i++)
		if (sb->group[i].live && sb->group[i].tag == tag) {
			*found = &sb->group[i];
			return true;
		}
	return false;
}

void sb_pulse(void *opaque, struct mmu_command *command)
{
	struct scoreboard *sb = opaque;
	struct context *ctx = &sb->ctx[command->ctx];
	uint64_t now = now_of(sb);
	struct group *group;

	switch (command->kind) {
	case MMU_CTX_SET:
		if (!ctx->live)
			ctx->dead_until = now;
		ctx->live = true;
		ctx->acked = false;
		if (ctx->root_count)
			ctx->roots[ctx->root_count - 1].until = now;
		if (ctx->root_count == SB_ROOTS)
			memmove(&ctx->roots[0], &ctx->roots[1],
				sizeof(ctx->roots[0]) * --ctx->root_count);
		ctx->roots[ctx->root_count++] =
			(struct version){.value = command->root, .from = now, .until = NEVER};
		ctx->root_now = command->root == ctx->root[1];
		break;
	case MMU_CTX_KILL:
		dies(sb, command->ctx);
		sb->total_kills++;
		sb->cycle_kill_expected = now;
		break;
	default:
		command->arg = NULL; /* for an answer: whether it must be stale */
		if (!find_group(sb, command->tag, &group)) {
			command->arg = sb;
			sb->stale_answers++;
			break;
		}
		group->live = false;
		sb->answered += now - group->seen;
		sb->answers++;
		if (command->action == DMMU_ANSWER_KILL) {
			dies(sb, group->ctx);
			sb->total_kills++;
			sb->cycle_kill_expected = now;
			break;
		}
		sb->retries += command->action == DMMU_ANSWER_RETRY;
		sb->fails += command->action == DMMU_ANSWER_FAIL;
		for (unsigned int t = 0; t < sb->b->geo.threads; t++)
			if (group->threads >> t & 1) {
				unstall(sb, t);
				sb->client[t].retried = now;
				sb->client[t].lead = t == (command->tag & 0xff);
				sb->client[t].failing = command->action == DMMU_ANSWER_FAIL;
				sb->client[t].cause = group->cause;
				sb->replayed += command->action == DMMU_ANSWER_RETRY;
			}
		break;
	}
}

void sb_command_ended(void *opaque, struct mmu_command *command)
{
	struct scoreboard *sb = opaque;

	if (command->kind == MMU_ANSWER && command->stale != !!command->arg)
		mmu_bench_fail(sb->b, "the answer to tag 0x%x was %sstale", command->tag,
			       command->stale ? "" : "not ");
	if (command->kind == MMU_CTX_KILL || command->kind == MMU_CTX_SET)
		sb->ctx[command->ctx].busy = false;
}

void sb_inv_started(void *opaque, struct mmu_command *command)
{
	struct scoreboard *sb = opaque;

	sb->invalidation = command->inv_start;
}

static bool covers(const struct scoreboard *sb, const struct mmu_command *c, unsigned int ctx,
		   uint64_t first, uint64_t last)
{
	bool all = sb->b->in.inv_all;

	if (!(c->kind == MMU_INVALIDATE && c->every) && c->ctx != ctx)
		return false;
	return all || (first <= c->last && last >= c->first);
}

void sb_inv_ended(void *opaque, struct mmu_command *command)
{
	struct scoreboard *sb = opaque;
	struct mmu_bench *b = sb->b;
	uint64_t start = command->inv_start;

	sb->invalidation = 0;
	sb->total_invalidations++;
	for (unsigned int t = 0; t < b->geo.threads; t++) {
		const struct mmu_client *c = &b->client[t];
		uint64_t first = c->va >> 12, last = first;
		struct sb_paths p = {.ctx = c->ctx, .op = c->op, .va = c->va, .not_before = start};
		bool found = false;

		if (c->state != CLIENT_HELD && c->state != CLIENT_RELEASES)
			continue;
		if (sb->client[t].huge) {
			first &= ~511ull;
			last |= 511;
		}
		if (!covers(sb, command, c->ctx, first, last))
			continue;
		if (c->answered < start)
			mmu_bench_fail(
				b,
				"I2/M4: acknowledged, and thread %u still has what it got for"
				" 0x%" PRIx64 " before",
				t, c->va);
		if (command->kind == MMU_CTX_KILL)
			mmu_bench_fail(b,
				       "M5: the kill of context %u is acknowledged, and thread %u"
				       " still has a translation",
				       c->ctx, t);
		sb_find_paths(sb, &p);
		for (unsigned int i = 0; i < p.leaves; i++)
			found |= p.leaf[i].pa == c->answer.pa && p.leaf[i].local == c->answer.local;
		if (!found)
			mmu_bench_fail(b,
				       "I2/M4: acknowledged, and thread %u still has an old"
				       " translation for 0x%" PRIx64 ", given meanwhile",
				       t, c->va);
	}
	for (unsigned int k = 0; k < sb->contexts; k++) {
		unsigned int number = sb->ctx_id[k];
		struct context *ctx = &sb->ctx[number];

		if (command->kind == MMU_INVALIDATE ? !command->every && command->ctx != number
						    : command->ctx != number)
			continue;
		if (b->in.inv_all)
			ctx->acknowledged_all = start;
		for (unsigned int r = 0; r < SB_REGIONS; r++) {
			uint64_t base = sb_region_va(sb, r) >> 12;
			struct region *region = &ctx->region[r];

			if (!covers(sb, command, number, base, base + 511))
				continue;
			region->acknowledged_any = start;
			for (unsigned int i = 0; i < 512; i++)
				if (covers(sb, command, number, base + i, base + i))
					region->acknowledged[i] = start;
		}
		if (!ctx->live && command->kind == MMU_CTX_KILL)
			ctx->acked = true;
	}
}

/* ---- each cycle */

static void check_threads(struct scoreboard *sb, uint64_t now)
{
	struct mmu_bench *b = sb->b;
	bool room = !b->in.flt_full;

	for (unsigned int t = 0; t < b->geo.threads; t++) {
		struct client_model *m = &sb->client[t];
		const struct mmu_client *c = &b->client[t];
		bool stalled = b->out.stalled >> t & 1;

		if (stalled != m->fault.open && now > m->stall_changed + SOON)
			mmu_bench_fail(b, "I3: `stalled` of thread %u is %u", t, stalled);
		if (m->fault.open && !m->fault.recorded && room && now > m->fault.cycle + sb->bound)
			mmu_bench_fail(b, "I4: the fault of thread %u gets no record", t);
		if (m->fault.open || !room)
			m->waits_since = now;
		if (c->state == CLIENT_QUEUED && now > c->queued + sb->bound)
			mmu_bench_fail(b, "I8: the request of thread %u is not accepted", t);
		if (c->state == CLIENT_ASKED && now > m->waits_since + sb->bound)
			mmu_bench_fail(b,
				       "I8: thread %u is not answered (a %s of 0x%" PRIx64
				       " in context %u)",
				       t, op_name(c->op), c->va, c->ctx);
	}
}

/* `active` is low: then nothing happens until a client or the host does something. */
static void check_rest(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	const struct mmu_pins_out *out = &b->out;

	if (out->rsp_valid || out->rec_valid || out->mem.arvalid || out->mem.awvalid ||
	    out->mem.wvalid || out->lock_req || !dmmu_mem_idle(b->mem) ||
	    (sb->invalidation && sb->invalidation + 1 < now_of(sb)) || out->faulted)
		mmu_bench_fail(b, "`active` is low and something is under way");
	for (unsigned int t = 0; t < b->geo.threads; t++)
		if (b->client[t].state == CLIENT_ASKED && !(out->stalled >> t & 1))
			mmu_bench_fail(b, "`active` is low and thread %u waits for its answer", t);
}

void sb_cycle(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	const struct mmu_pins_out *out = &b->out;
	uint64_t now = now_of(sb);

	if (out->faulted)
		for (unsigned int t = 0; t < MMU_THREADS; t++)
			if (out->faulted >> t & 1) {
				if (t >= b->geo.threads)
					mmu_bench_fail(b, "`faulted` of thread %u", t);
				raise_fault(sb, t);
			}
	if (out->kill_valid && sb->ctx[out->kill_ctx].live)
		mmu_bench_fail(b, "context %u is killed and nobody said so", out->kill_ctx);
	if (out->kill_valid)
		sb->cycle_kill_expected = 0;
	if (sb->cycle_kill_expected && now > sb->cycle_kill_expected + SOON)
		mmu_bench_fail(b, "a kill was commanded and `kill_valid` does not come");
	for (unsigned int i = 0; i < sb->contexts; i++) {
		const struct context *ctx = &sb->ctx[sb->ctx_id[i]];
		uint64_t changed = ctx->live ? ctx->dead_until : ctx->dead_from;

		if ((out->ctx_ok >> sb->ctx_id[i] & 1) != ctx->live && now > changed + SOON)
			mmu_bench_fail(b, "`ctx_ok` of context %u is %u", sb->ctx_id[i],
				       !ctx->live);
	}
	if (!out->active && !b->in.req_valid)
		check_rest(sb);
	if (sb->invalidation && now > sb->invalidation + sb->bound)
		mmu_bench_fail(b, "I8: an invalidation is not acknowledged");
	check_threads(sb, now);
}

/* ---- totals */

static void check_event(struct scoreboard *sb, const char *what, bool optional, uint64_t found,
			uint64_t low, uint64_t high)
{
	if (DMMU_OWN_MMU && !found && optional)
		return; /* docs/bring-your-own-mmu.md: what it does not count, nobody knows */
	if (found < low || found > high)
		mmu_bench_fail(sb->b,
			       "events of `%s` add up to %" PRIu64 ", expected %" PRIu64
			       " to %" PRIu64,
			       what, found, low, high);
}

/* What an MMU need not count, and what it must. */
static void check_sum(struct scoreboard *sb, const char *what, uint64_t found, uint64_t low,
		      uint64_t high)
{
	check_event(sb, what, true, found, low, high);
}

static void check_must(struct scoreboard *sb, const char *what, uint64_t found, uint64_t expected)
{
	check_event(sb, what, false, found, expected, expected);
}

/* At rest: nobody waits. */
void sb_check_totals(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	uint64_t lookups = b->l1_hits + b->events[MMU_L2_HIT] + b->events[MMU_MISS];

	check_sum(sb, "l1_hit, l2_hit, miss", lookups, b->requests - b->answers[MMU_KILLED],
		  b->requests);
	check_sum(sb, "l1_hit", b->l1_hits, 0, b->geo.l1_entries ? b->requests : 0);
	/* a walk that an invalidation ends is begun anew, and joined anew */
	check_sum(sb, "merge", b->events[MMU_MERGE], 0,
		  b->events[MMU_MISS] + sb->replayed + b->events[MMU_WALK] +
			  b->geo.threads * sb->total_invalidations);
	check_sum(sb, "walk_read", b->events[MMU_WALK_READ], b->read_bursts, b->read_beats);
	check_sum(sb, "walk_cache_hit", b->events[MMU_WALK_CACHE_HIT], 0, b->read_bursts);
	check_sum(sb, "prefetch", b->events[MMU_PREFETCH], 0, b->read_beats - b->read_bursts);
	check_sum(sb, "ad_update", b->events[MMU_AD_UPDATE], b->writes, b->writes);
	check_must(sb, "record", b->events[MMU_RECORD], sb->records);
	check_must(sb, "retry", b->events[MMU_RETRY], sb->retries);
	check_must(sb, "fail", b->events[MMU_FAIL], sb->fails);
	check_sum(sb, "kill", b->kills, sb->killed, sb->killed);
	check_must(sb, "answer_stale", b->stale, sb->stale_answers);
	check_sum(sb, "detect_to_record", b->detect_to_record,
		  sb->detect_low > SOON * sb->records ? sb->detect_low - SOON * sb->records : 0,
		  sb->detect_high + SOON * sb->records);
	/* a kill may count as an answer */
	check_sum(sb, "record_to_answer", b->record_to_answer,
		  sb->answered > SOON * sb->answers ? sb->answered - SOON * sb->answers : 0,
		  sb->answered + sb->unanswered + SOON * (sb->answers + sb->total_kills));
	/* a pulse may be for a read and a write */
	check_event(sb, "bus_error", false, b->events[MMU_BUS_ERROR], b->bus_errors,
		    b->bus_errors + b->write_errors + (DMMU_OWN_MMU ? b->neighbour_errors : 0));
	check_sum(sb, "answer_to_replay", b->answer_to_replay, sb->replay_low,
		  sb->replay_high + SOON * sb->replayed);
	for (unsigned int t = 0; t < b->geo.threads; t++)
		if (sb->client[t].fault.open)
			mmu_bench_fail(b, "at rest, and thread %u is stalled", t);
}

void sb_forget(struct scoreboard *sb)
{
	struct mmu_bench *b = sb->b;
	uint64_t now = now_of(sb);

	memset(sb->client, 0, sizeof(sb->client));
	for (unsigned int t = 0; t < MMU_THREADS; t++)
		sb->client[t].stall_changed = now;
	memset(sb->group, 0, sizeof(sb->group));
	sb->orphans = sb->waiting_records = 0;
	sb->invalidation = sb->cycle_kill_expected = 0;
	for (unsigned int i = 0; i < sb->contexts; i++) {
		struct context *ctx = &sb->ctx[sb->ctx_id[i]];

		ctx->live = ctx->busy = false;
		ctx->acked = true;
		ctx->dead_from = now;
		ctx->dead_until = NEVER;
		ctx->root_count = 0;
		ctx->acknowledged_all = now;
		for (unsigned int r = 0; r < SB_REGIONS; r++) {
			ctx->region[r].acknowledged_any = now;
			for (unsigned int k = 0; k < 512; k++)
				ctx->region[r].acknowledged[k] = now;
		}
	}
	memset(b->events, 0, sizeof(b->events));
	memset(b->answers, 0, sizeof(b->answers));
	b->l1_hits = b->kills = b->faults = b->stale = b->requests = 0;
	b->detect_to_record = b->record_to_answer = b->answer_to_replay = 0;
	b->read_bursts = b->read_beats = b->writes = b->bus_errors = b->neighbour_errors = 0;
	b->write_errors = 0;
	sb->answered = sb->unanswered = sb->answers = 0;
	sb->records = sb->retries = sb->fails = sb->stale_answers = sb->killed = 0;
	sb->detect_low = sb->detect_high = sb->replay_low = sb->replay_high = sb->errors =
		sb->replayed = 0;
}

/* What the clients were doing, and what the tables have for them. */
void sb_failing(void *opaque)
{
	static const char *const state[] = {"idle", "queued", "asked", "held", "releases"};
	struct scoreboard *sb = opaque;
	struct mmu_bench *b = sb->b;

	for (unsigned int t = 0; t < b->geo.threads; t++) {
		const struct mmu_client *c = &b->client[t];
		struct sb_paths p = {.ctx = c->ctx, .op = c->op, .va = c->va};

		if (c->state == CLIENT_IDLE)
			continue;
		fprintf(stderr,
			"  thread %u %s%s: %s of 0x%" PRIx64 " in context %u, accepted %" PRIu64, t,
			state[c->state], sb->client[t].fault.open ? ", stalled" : "",
			op_name(c->op), c->va, c->ctx, c->accepted);
		sb_find_paths(sb, &p);
		for (unsigned int i = 0; i < p.leaves && i < 4; i++)
			fprintf(stderr, "; %s 0x%" PRIx64 "%s%s",
				p.leaf[i].local ? "local" : "host", p.leaf[i].pa,
				p.leaf[i].marks & DMMU_PTE_A ? " A" : "",
				p.leaf[i].marks & DMMU_PTE_D ? " D" : "");
		fprintf(stderr, "; causes 0x%" PRIx64 "\n", p.why);
	}
}
