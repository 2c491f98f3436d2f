// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_bench.c: see mmu_bench.h. One function drives the pins of a cycle, one takes what the MMU
 * did.
 */
#include "mmu_bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	COMMAND_IDLE,
	COMMAND_PULSE,
	COMMAND_INV_START,
	COMMAND_INV,
	COMMAND_DRAIN,
	COMMAND_LOCK,
	COMMAND_WRITE,
	COMMAND_UNLOCK,
	COMMAND_GAP
};
enum { RING_IDLE, RING_ADDRESS, RING_DATA };

static unsigned int port_of(const struct mmu_bench *b, unsigned int thread)
{
	return thread % b->geo.ports;
}

static uint32_t below(struct mmu_bench *b, uint32_t n)
{
	return n ? dmmu_rand_below(&b->prng, n) : 0;
}

static void *translate(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct mmu_bench *b = opaque;
	uint64_t at = mmu_bench_offset(b, addr);

	(void)write;
	return at == MMU_NOWHERE || (addr & 4095) + len > 4096 ? NULL : b->local + at;
}

static uint8_t respond(void *opaque, uint64_t addr, bool write, uint64_t *garbage)
{
	struct mmu_bench *b = opaque;

	return b->hooks.respond ? b->hooks.respond(b->hooks.opaque, addr, write, garbage) : 0;
}

static void stored(void *opaque, uint64_t addr, uint64_t value)
{
	struct mmu_bench *b = opaque;

	b->writes++;
	if (b->hooks.stored)
		b->hooks.stored(b->hooks.opaque, addr, value);
}

struct mmu_bench *mmu_bench_new(const struct mmu_bench_config *config,
				const struct mmu_hooks *hooks)
{
	struct mmu_bench *b = calloc(1, sizeof(*b));
	struct dmmu_mem_config mem;

	if (!b)
		goto no_memory;
	setvbuf(stdout, NULL, _IOLBF, 0);
	b->config = *config;
	if (hooks)
		b->hooks = *hooks;
	if (!b->config.latency)
		b->config.latency = 8;
	if (!b->config.ring_log2)
		b->config.ring_log2 = 6;
	b->prng = dmmu_prng(b->config.seed, 'b');
	b->places = dmmu_prng(b->config.seed, 't');
	b->noise = dmmu_prng(b->config.seed, 'n');
	b->local = mmap(NULL, MMU_LOCAL_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->local == MAP_FAILED)
		goto no_memory;
	mem = (struct dmmu_mem_config){
		.name = "tables",
		.latency = b->config.latency,
		.reorder = b->config.reorder,
		.stall = b->config.stall,
		.seed = b->config.seed,
		.translate = translate,
		.respond = respond,
		.stored = stored,
		.opaque = b,
	};
	b->mem = dmmu_mem_new(&mem);
	b->sim = mmu_sim_new();
	if (!b->mem || !b->sim)
		goto no_memory;
	b->geo = mmu_sim_geometry(b->sim);
	if (!mmu_sim_mutant(b->sim, b->config.mutant))
		mmu_bench_fail(b, "this MMU was built without mutants");
	if (b->config.trace &&
	    !mmu_sim_trace(b->sim, b->config.trace, b->config.trace_from, b->config.trace_cycles)) {
		perror(b->config.trace);
		exit(1);
	}
	if (b->config.times) {
		b->times = fopen(b->config.times, "w");
		if (!b->times) {
			perror(b->config.times);
			exit(1);
		}
	}
	mmu_bench_reset(b, 4);
	return b;

no_memory:
	perror("mmu_bench: no memory");
	exit(1);
}

void mmu_bench_free(struct mmu_bench *b)
{
	if (!b)
		return;
	mmu_sim_free(b->sim);
	if (b->times)
		fclose(b->times);
	dmmu_mem_free(b->mem);
	munmap(b->local, MMU_LOCAL_BYTES);
	free(b);
}

void mmu_bench_fail(struct mmu_bench *b, const char *format, ...)
{
	uint64_t cycle = mmu_bench_now(b);
	va_list args;

	mmu_sim_trace_close(b->sim);
	if (b->config.quiet)
		exit(1);
	fflush(stdout);
	fprintf(stderr, "FAILED in cycle %llu, seed %llu: ", (unsigned long long)cycle,
		(unsigned long long)b->config.seed);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (b->hooks.failing)
		b->hooks.failing(b->hooks.opaque);
	if (b->config.trace)
		fprintf(stderr, "waveform: %s\n", b->config.trace);
	else
		fprintf(stderr, "replay with a waveform: %s --trace wave.fst --trace-from %llu\n",
			b->config.replay ? b->config.replay : "the same command line and",
			(unsigned long long)(cycle > 3000 ? cycle - 3000 : 0));
	exit(1);
}

void mmu_bench_reset(struct mmu_bench *b, unsigned int cycles)
{
	uint64_t end;

	memset(b->client, 0, sizeof(b->client));
	for (unsigned int p = 0; p < MMU_PORTS; p++)
		b->offered[p] = -1;
	b->command_first = b->command_count = 0;
	b->command_state = COMMAND_IDLE;
	b->grant_mmu = b->grant_host = b->host_wants = false;
	b->ring_state = RING_IDLE;
	b->taken = b->posted = b->flt_head = 0;
	b->dead = ~0ull;
	b->second_beats = 0;
	dmmu_mem_abort(b->mem);
	memset(&b->in, 0, sizeof(b->in));
	b->in.rst = true;
	while (cycles--) {
		if (!mmu_sim_cycle(b->sim, &b->in, &b->out))
			mmu_bench_fail(b, "%s", mmu_sim_error(b->sim));
		b->in.cycle = mmu_bench_now(b) + b->config.cycle_base;
	}
	b->in.rst = false;
	end = mmu_bench_now(b) + 4 * b->geo.tlb_sets + 1000;
	do {
		mmu_bench_cycle(b);
		if (mmu_bench_now(b) > end)
			mmu_bench_fail(b, "not ready after reset");
	} while (!b->out.ready);
}

void mmu_bench_run(struct mmu_bench *b, uint64_t cycles)
{
	while (cycles--)
		mmu_bench_cycle(b);
}

/* ---- clients */

void mmu_bench_ask(struct mmu_bench *b, unsigned int thread, unsigned int ctx, uint64_t va,
		   unsigned int op, uint64_t cookie)
{
	struct mmu_client *c = &b->client[thread];

	if (c->state != CLIENT_IDLE)
		abort();
	c->state = CLIENT_QUEUED;
	c->ctx = (uint8_t)ctx;
	c->op = (uint8_t)op;
	c->va = va;
	c->cookie = cookie;
	c->queued = mmu_bench_now(b);
}

void mmu_bench_release(struct mmu_bench *b, unsigned int thread)
{
	if (b->client[thread].state != CLIENT_HELD)
		abort();
	b->client[thread].state = CLIENT_RELEASES;
}

static int next_in(struct mmu_bench *b, unsigned int port, enum mmu_client_state state,
		   unsigned int *next)
{
	unsigned int per_port = (b->geo.threads - port + b->geo.ports - 1) / b->geo.ports;

	for (unsigned int i = 0; i < per_port; i++) {
		unsigned int at = (*next + i) % per_port, thread = port + at * b->geo.ports;

		if (b->client[thread].state == state) {
			*next = (at + 1) % per_port;
			return (int)thread;
		}
	}
	return -1;
}

static void drive_ports(struct mmu_bench *b)
{
	struct mmu_pins_in *in = &b->in;

	in->req_valid = in->rsp_ready = in->rel_valid = 0;
	for (unsigned int p = 0; p < b->geo.ports && p < b->geo.threads; p++) {
		int t = b->offered[p];

		if (t < 0)
			b->offered[p] = t = next_in(b, p, CLIENT_QUEUED, &b->next_ask[p]);
		if (t >= 0) {
			const struct mmu_client *c = &b->client[t];

			in->req_valid |= (uint8_t)(1u << p);
			in->req_ctx[p] = c->ctx;
			in->req_thread[p] = (uint8_t)t;
			in->req_va[p] = c->va;
			in->req_op[p] = c->op;
			in->req_cookie[p] = c->cookie;
		}
		if (!dmmu_rand_chance(&b->prng, b->config.client_stall))
			in->rsp_ready |= (uint8_t)(1u << p);
		t = next_in(b, p, CLIENT_RELEASES, &b->next_release[p]);
		if (t >= 0) {
			in->rel_valid |= (uint8_t)(1u << p);
			in->rel_thread[p] = (uint8_t)t;
		}
	}
}

static void take_answer(struct mmu_bench *b, unsigned int p, uint64_t now)
{
	const struct mmu_pins_out *out = &b->out;
	unsigned int thread = out->rsp_thread[p];
	struct mmu_client *c = &b->client[thread % MMU_THREADS];

	if (thread >= b->geo.threads || port_of(b, thread) != p)
		mmu_bench_fail(b, "port %u answers thread %u, which is not one of its threads", p,
			       thread);
	if (c->state != CLIENT_ASKED)
		mmu_bench_fail(b, "I8: thread %u is answered and has not asked, or twice", thread);
	if (out->rsp_status[p] > MMU_KILLED)
		mmu_bench_fail(b, "thread %u: an answer with status 3", thread);
	c->answer = (struct mmu_answer){
		.status = out->rsp_status[p],
		.access = out->rsp_access[p],
		.cause = out->rsp_cause[p],
		.local = out->rsp_local >> p & 1,
		.pa = out->rsp_pa[p],
	};
	c->answered = now;
	c->state = c->answer.status == MMU_OK ? CLIENT_HELD : CLIENT_IDLE;
	b->answers[c->answer.status]++;
	if (b->hooks.answered)
		b->hooks.answered(b->hooks.opaque, thread);
}

static void take_ports(struct mmu_bench *b, uint64_t now)
{
	const struct mmu_pins_in *in = &b->in;
	const struct mmu_pins_out *out = &b->out;

	for (unsigned int p = 0; p < b->geo.ports; p++)
		if (in->rel_valid >> p & 1) {
			unsigned int thread = in->rel_thread[p];

			b->client[thread].state = CLIENT_IDLE;
			b->client[thread].released = now;
			if (b->hooks.released)
				b->hooks.released(b->hooks.opaque, thread);
		}
	for (unsigned int p = 0; p < b->geo.ports; p++) {
		if (in->req_valid >> p & out->req_ready >> p & 1) {
			unsigned int thread = (unsigned int)b->offered[p];

			b->offered[p] = -1;
			b->client[thread].state = CLIENT_ASKED;
			b->client[thread].accepted = now;
			b->requests++;
			if (b->hooks.accepted)
				b->hooks.accepted(b->hooks.opaque, thread);
		}
		if (out->rsp_valid >> p & in->rsp_ready >> p & 1)
			take_answer(b, p, now);
	}
}

/* ---- commands */

bool mmu_bench_command(struct mmu_bench *b, const struct mmu_command *command)
{
	if (b->command_count == MMU_COMMANDS)
		return false;
	b->command[(b->command_first + b->command_count++) % MMU_COMMANDS] = *command;
	return true;
}

struct mmu_command mmu_bench_do(struct mmu_bench *b, const struct mmu_command *command)
{
	unsigned int at;
	uint64_t bound = mmu_bench_now(b) + 1000000;

	if (!mmu_bench_command(b, command))
		mmu_bench_fail(b, "the test has too many commands waiting");
	at = (b->command_first + b->command_count - 1) % MMU_COMMANDS;
	while (b->command_count) {
		mmu_bench_cycle(b);
		if (mmu_bench_now(b) > bound)
			mmu_bench_fail(b, "a command does not end");
	}
	return b->command[at];
}

/* Somebody of a killed context may still use a translation, or get an answer. */
static bool dying(const struct mmu_bench *b, unsigned int ctx)
{
	for (unsigned int t = 0; t < b->geo.threads; t++)
		if (b->client[t].state != CLIENT_IDLE && b->client[t].ctx == ctx)
			return b->dead >> ctx & 1;
	return false;
}

static void drive_command(struct mmu_bench *b, uint64_t now)
{
	struct mmu_pins_in *in = &b->in;
	struct mmu_command *c = &b->command[b->command_first];

	in->ctx_set_valid = in->ctx_kill_valid = in->inv_start = in->answer_valid = false;
	if (b->command_state == COMMAND_IDLE && b->command_count && now >= b->command_wait) {
		b->command_state = c->kind == MMU_INVALIDATE ? COMMAND_INV_START
				   : c->kind == MMU_PT_WRITE ? COMMAND_LOCK
							     : COMMAND_PULSE;
		in->cmd_ctx = c->ctx;
		in->ctx_set_root = c->root;
		in->inv_every = c->kind == MMU_INVALIDATE && c->every;
		in->inv_all = c->kind != MMU_INVALIDATE || c->all || c->every;
		in->inv_first = c->first;
		in->inv_last = c->last;
		in->answer_tag = c->tag;
		in->answer_action = c->action;
	}
	switch (b->command_state) {
	case COMMAND_PULSE:
		if (c->kind == MMU_CTX_SET && dying(b, c->ctx))
			break;
		in->ctx_set_valid = c->kind == MMU_CTX_SET;
		in->ctx_kill_valid = c->kind == MMU_CTX_KILL;
		in->answer_valid = c->kind == MMU_ANSWER;
		c->pulse = now;
		if (c->kind == MMU_CTX_SET)
			b->dead &= ~(1ull << c->ctx);
		if (c->kind == MMU_CTX_KILL)
			b->dead |= 1ull << c->ctx;
		break;
	case COMMAND_INV_START:
		in->inv_start = true;
		c->inv_start = now;
		break;
	case COMMAND_LOCK:
		b->host_wants = true;
		break;
	default:
		break;
	}
}

static void command_ends(struct mmu_bench *b, struct mmu_command *c, uint64_t now)
{
	c->end = now;
	b->command_state = COMMAND_IDLE;
	b->command_wait = now + MMU_COMMAND_GAP + below(b, b->config.command_delay + 1);
	b->command_first = (b->command_first + 1) % MMU_COMMANDS;
	b->command_count--;
	if (b->hooks.ended)
		b->hooks.ended(b->hooks.opaque, c);
}

static void take_command(struct mmu_bench *b, uint64_t now)
{
	struct mmu_command *c = &b->command[b->command_first];

	if (b->out.answer_stale && !(b->command_state == COMMAND_GAP ||
				     (b->command_state == COMMAND_PULSE && b->in.answer_valid)))
		mmu_bench_fail(b, "an answer is called stale and there was none");
	if (b->out.inv_done && b->command_state != COMMAND_INV)
		mmu_bench_fail(b, "I2: an invalidation is acknowledged and there was none");
	switch (b->command_state) {
	case COMMAND_PULSE:
		if (c->pulse != now)
			break;
		if (b->hooks.pulse)
			b->hooks.pulse(b->hooks.opaque, c);
		c->stale = b->out.answer_stale;
		b->command_wait = now + MMU_COMMAND_GAP - 1;
		b->command_state = c->kind == MMU_ANSWER ? COMMAND_GAP : COMMAND_INV_START;
		break;
	case COMMAND_GAP: /* time to find out whether the answer was stale */
		c->stale |= b->out.answer_stale;
		if (now >= b->command_wait) {
			command_ends(b, c, now);
			b->command_wait = now + 1 + below(b, b->config.command_delay + 1);
		}
		break;
	case COMMAND_INV_START:
		if (c->inv_start != now) /* the pulse before it was in this cycle */
			break;
		if (b->hooks.inv_started)
			b->hooks.inv_started(b->hooks.opaque, c);
		b->command_state = COMMAND_INV;
		break;
	case COMMAND_INV:
		if (!b->out.inv_done)
			break;
		c->inv_done = now;
		if (b->hooks.inv_ended)
			b->hooks.inv_ended(b->hooks.opaque, c);
		if (c->kind == MMU_CTX_KILL)
			b->command_state = COMMAND_DRAIN;
		else
			command_ends(b, c, now);
		break;
	case COMMAND_DRAIN:
		if (!dying(b, c->ctx))
			command_ends(b, c, now);
		break;
	case COMMAND_LOCK:
		if (!b->grant_host)
			break;
		b->command_state = COMMAND_WRITE;
		b->command_wait = now + 1 + below(b, b->config.lock_hold);
		break;
	case COMMAND_WRITE:
		if (now < b->command_wait)
			break;
		c->pulse = now;
		c->write(b->hooks.opaque, c->arg);
		b->command_state = COMMAND_UNLOCK;
		b->command_wait = now + 1 + below(b, b->config.lock_hold);
		break;
	case COMMAND_UNLOCK:
		if (now < b->command_wait)
			break;
		b->host_wants = false;
		command_ends(b, c, now);
		break;
	default:
		break;
	}
}

/* As lock.v: round robin, and whoever has it keeps it while it asks. */
static void take_lock(struct mmu_bench *b)
{
	bool mmu = b->out.lock_req, host = b->host_wants;

	if (!(b->grant_mmu && mmu) && !(b->grant_host && host)) {
		bool to_host = host && !(mmu && b->last_was_host);

		b->grant_host = to_host;
		b->grant_mmu = mmu && !to_host;
		if (mmu || host)
			b->last_was_host = to_host;
	}
}

/* ---- fault ring, as ring_post.v: eight words of a record, then memory's answer */

static void drive_ring(struct mmu_bench *b, uint64_t now)
{
	struct mmu_pins_in *in = &b->in;
	uint32_t under_way = b->taken - b->posted;

	in->flt_full = b->taken - b->flt_head >= 1u << b->config.ring_log2;
	in->flt_active = b->ring_state != RING_IDLE || under_way;
	in->flt_posted = under_way && b->posting[b->posted % MMU_RING_MAX].due <= now;
	in->rec_taken = b->ring_state == RING_DATA && in->rec_word == 7 && now >= b->ring_wait;
}

static void take_ring(struct mmu_bench *b, uint64_t now)
{
	struct mmu_pins_in *in = &b->in;

	switch (b->ring_state) {
	case RING_IDLE:
		if (!b->out.rec_valid || in->flt_full || (b->config.ring_serial && in->flt_active))
			break;
		b->ring_state = RING_ADDRESS;
		b->ring_wait = now + 1 + below(b, b->config.ring_stall / 50);
		break;
	case RING_ADDRESS:
		if (now < b->ring_wait)
			break;
		b->ring_state = RING_DATA;
		in->rec_word = 0;
		b->ring_wait = now + 1;
		break;
	default:
		if (!b->out.rec_valid)
			mmu_bench_fail(b, "I4: a fault record fell before it was taken");
		if (now < b->ring_wait)
			break;
		b->ring_words[in->rec_word] = b->out.rec_data;
		b->ring_wait = now + 1;
		while (dmmu_rand_chance(&b->prng, b->config.ring_stall))
			b->ring_wait++;
		if (!in->rec_taken) {
			in->rec_word++;
			break;
		}
		memcpy(b->posting[b->taken % MMU_RING_MAX].words, b->ring_words, 64);
		b->posting[b->taken % MMU_RING_MAX].due =
			now + 1 + b->config.ring_latency +
			(b->config.reorder ? below(b, b->config.ring_latency + 1) : 0);
		b->taken++;
		b->ring_state = RING_IDLE;
		in->rec_word = 0;
		break;
	}
	if (in->flt_posted) {
		const uint64_t *words = b->posting[b->posted % MMU_RING_MAX].words;

		b->posted++;
		if (b->hooks.record)
			b->hooks.record(b->hooks.opaque, words);
		else
			b->flt_head++;
	}
}

/* ---- a cycle */

static void count_reads(struct mmu_bench *b)
{
	const struct dmmu_axi_in *in = &b->in.mem;

	if (in->rvalid && b->out.mem.rready) {
		b->read_beats++;
		if (in->rresp && b->second_beats >> (in->rid & 63) & 1)
			b->neighbour_errors++;
		else if (in->rresp)
			b->bus_errors++;
		if (in->rlast)
			b->second_beats &= ~(1ull << (in->rid & 63));
		else
			b->second_beats |= 1ull << (in->rid & 63);
	}
	b->write_errors += in->bvalid && in->bresp;
}

static unsigned int ones(uint64_t bits)
{
	return (unsigned int)__builtin_popcountll(bits);
}

/* ---- when it did what */

static void mix(uint64_t *hash, uint64_t value)
{
	value = (*hash ^ value) * 0x9e3779b97f4a7c15ull;
	*hash = value ^ value >> 29;
}

static void sign(struct mmu_bench *b, uint64_t now)
{
	const struct mmu_pins_in *in = &b->in;
	const struct mmu_pins_out *out = &b->out;
	unsigned int took = in->req_valid & out->req_ready, gave = out->rsp_valid & in->rsp_ready;
	unsigned int control = (unsigned int)out->inv_done | (unsigned int)out->answer_stale << 1 |
			       (unsigned int)out->kill_valid << 2 |
			       (unsigned int)out->rec_valid << 3 |
			       (unsigned int)out->lock_req << 4 | (unsigned int)out->active << 5;
	unsigned int bus = (unsigned int)(out->mem.arvalid && in->mem.arready) |
			   (unsigned int)(in->mem.rvalid && out->mem.rready) << 1 |
			   (unsigned int)(out->mem.awvalid && in->mem.awready) << 2 |
			   (unsigned int)(out->mem.wvalid && in->mem.wready) << 3;
	uint64_t sums[3] = {out->detect_to_record, out->record_to_answer, out->answer_to_replay};
	unsigned int counts =
		out->events | (unsigned int)out->l1_hit << 16 | (unsigned int)out->kill << 24;
	uint64_t told = counts | sums[0] | sums[1] | sums[2];

	if (took || gave || out->faulted || control != b->control) {
		mix(&b->signature.answers, now);
		mix(&b->signature.answers, took | gave << 8 | control << 16);
		mix(&b->signature.answers, out->faulted);
		for (unsigned int p = 0; p < b->geo.ports; p++)
			if (gave >> p & 1)
				mix(&b->signature.answers, out->rsp_thread[p]);
	}
	if (bus) {
		mix(&b->signature.memory, now);
		mix(&b->signature.memory, bus | (unsigned int)(bus & 1 ? out->mem.arlen : 0) << 4);
	}
	if (told) {
		mix(&b->signature.counters, now);
		mix(&b->signature.counters, counts);
		for (unsigned int i = 0; i < 3; i++)
			mix(&b->signature.counters, sums[i]);
	}
	if (b->times && (took || gave || out->faulted || control != b->control || bus || told))
		fprintf(b->times,
			"%llu: takes %x answers %x faults %llx done/stale/kill/record/lock/active "
			"%x"
			" ar/r/aw/w %x events %04x l1_hit %x kill %x phases %llu %llu %llu\n",
			(unsigned long long)now, took, gave, (unsigned long long)out->faulted,
			control, bus, out->events, out->l1_hit, out->kill,
			(unsigned long long)sums[0], (unsigned long long)sums[1],
			(unsigned long long)sums[2]);
	b->control = control;
}

/* What is not valid says anything: another value in each cycle, within what the pins can carry. */
static void fill_what_is_not_valid(struct mmu_bench *b)
{
	struct mmu_pins_in *in = &b->in;
	struct dmmu_axi_in *mem = &in->mem;

	for (unsigned int p = 0; p < b->geo.ports; p++) {
		if (!(in->req_valid >> p & 1)) {
			in->req_ctx[p] = (uint8_t)dmmu_rand(&b->noise);
			in->req_thread[p] = (uint8_t)dmmu_rand(&b->noise);
			in->req_va[p] = dmmu_rand(&b->noise);
			in->req_op[p] = dmmu_rand(&b->noise) & 3;
			in->req_cookie[p] = dmmu_rand(&b->noise);
		}
		if (!(in->rel_valid >> p & 1))
			in->rel_thread[p] = (uint8_t)dmmu_rand(&b->noise);
	}
	if (b->command_state == COMMAND_IDLE) {
		in->cmd_ctx = (uint8_t)dmmu_rand(&b->noise);
		in->ctx_set_root = dmmu_rand(&b->noise);
		in->inv_every = dmmu_rand(&b->noise) & 1;
		in->inv_all = dmmu_rand(&b->noise) & 1;
		in->inv_first = dmmu_rand(&b->noise) >> 12;
		in->inv_last = dmmu_rand(&b->noise) >> 12;
		in->answer_tag = (uint32_t)dmmu_rand(&b->noise);
		in->answer_action = dmmu_rand(&b->noise) & 3;
	}
	if (!mem->rvalid) {
		mem->rid = (uint32_t)dmmu_rand(&b->noise);
		mem->rdata[0] = dmmu_rand(&b->noise);
		mem->rresp = dmmu_rand(&b->noise) & 3;
		mem->rlast = dmmu_rand(&b->noise) & 1;
	}
	if (!mem->bvalid) {
		mem->bid = (uint32_t)dmmu_rand(&b->noise);
		mem->bresp = dmmu_rand(&b->noise) & 3;
	}
}

/* Whoever asks is answered without anybody's help, or waits for the host. */
static void check_active(struct mmu_bench *b)
{
	if (b->out.active)
		return;
	if (b->in.req_valid)
		mmu_bench_fail(b, "the MMU is at rest, and is asked for something");
	for (unsigned int t = 0; t < b->geo.threads; t++)
		if (b->client[t].state == CLIENT_ASKED && !(b->out.stalled >> t & 1))
			mmu_bench_fail(b,
				       "the MMU is at rest, and thread %u has neither an answer "
				       "nor a fault",
				       t);
}

void mmu_bench_cycle(struct mmu_bench *b)
{
	uint64_t now = mmu_bench_now(b);
	struct mmu_pins_in *in = &b->in;
	const struct mmu_pins_out *out = &b->out;

	in->cycle = now + b->config.cycle_base;
	drive_ports(b);
	drive_command(b, now);
	drive_ring(b, now);
	in->lock_grant = b->grant_mmu;
	in->lock_wanted = b->host_wants;
	dmmu_mem_before(b->mem, &in->mem, now);
	fill_what_is_not_valid(b);
	if (!mmu_sim_cycle(b->sim, in, &b->out))
		mmu_bench_fail(b, "%s", mmu_sim_error(b->sim));
	if (out->mem.arvalid && in->mem.arready) {
		b->read_bursts++;
		if (out->mem.arlen > (b->geo.prefetch ? 1 : 0))
			mmu_bench_fail(b, "a table read of %u beats", out->mem.arlen + 1u);
	}
	count_reads(b);
	check_active(b);
	sign(b, now);
	if (!dmmu_mem_after(b->mem, &b->out.mem, now))
		mmu_bench_fail(b, "%s", dmmu_mem_error(b->mem));
	for (unsigned int i = 0; i < MMU_EVENTS; i++)
		b->events[i] += out->events >> i & 1;
	b->l1_hits += ones(out->l1_hit);
	b->kills += ones(out->kill);
	b->faults += ones(out->faulted);
	b->stale += out->answer_stale;
	b->detect_to_record += out->detect_to_record;
	b->record_to_answer += out->record_to_answer;
	b->answer_to_replay += out->answer_to_replay;
	take_ports(b, now);
	take_ring(b, now);
	take_command(b, now);
	if (out->kill_valid)
		b->dead |= 1ull << out->kill_ctx;
	take_lock(b);
	if (b->hooks.cycle)
		b->hooks.cycle(b->hooks.opaque);
}

/* ---- tables */

static unsigned int place_of(uint64_t page)
{
	return (unsigned int)(page * 0x9e3779b97f4a7c15ull >> 50) % MMU_PLACES;
}

uint64_t mmu_bench_offset(const struct mmu_bench *b, uint64_t at)
{
	uint64_t page = at >> 12;

	for (unsigned int i = place_of(page); b->place[i]; i = (i + 1) % MMU_PLACES)
		if (b->page[b->place[i] - 1] == page)
			return (b->place[i] - 1) * 4096ull + (at & 4095);
	return MMU_NOWHERE;
}

uint64_t mmu_bench_nowhere(struct mmu_bench *b)
{
	uint64_t at;

	do
		at = dmmu_rand(&b->places) & DMMU_PTE_ADDR;
	while (mmu_bench_offset(b, at) != MMU_NOWHERE);
	return at;
}

uint64_t mmu_bench_table(struct mmu_bench *b)
{
	/* the first is what an entry of zeros would name */
	uint64_t at = b->local_used ? mmu_bench_nowhere(b) : 0;
	unsigned int i = place_of(at >> 12);

	if (b->local_used + 4096 > MMU_LOCAL_BYTES)
		mmu_bench_fail(b, "the test has no memory left for tables");
	while (b->place[i])
		i = (i + 1) % MMU_PLACES;
	b->page[b->local_used / 4096] = at >> 12;
	b->local_used += 4096;
	b->place[i] = (uint16_t)(b->local_used / 4096);
	return at;
}

uint64_t *mmu_bench_word(struct mmu_bench *b, uint64_t at)
{
	uint64_t offset = mmu_bench_offset(b, at);

	if (at % 8 || offset == MMU_NOWHERE)
		mmu_bench_fail(b, "the test looks at 0x%llx, which is no entry",
			       (unsigned long long)at);
	return (uint64_t *)(b->local + offset);
}

uint64_t mmu_bench_entry(struct mmu_bench *b, uint64_t root, uint64_t va, unsigned int level)
{
	uint64_t table = root;

	for (unsigned int l = b->geo.levels - 1;; l--) {
		uint64_t at = table + 8 * (va >> (12 + 9 * l) & 511);
		uint64_t *entry = mmu_bench_word(b, at);

		if (l == level)
			return at;
		if (!*entry)
			*entry = mmu_bench_table(b) | DMMU_PTE_V;
		table = *entry & DMMU_PTE_ADDR;
	}
}
