// SPDX-License-Identifier: GPL-2.0
/*
 * axi_memory.c: see axi_memory.h. Accesses wait in arrays in order of arrival; the oldest of its ID
 * may be answered when it is due. The arrays are small, so they are searched, not linked.
 */
#include "axi_memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH  64   /* accesses in flight each way */
#define WBEATS 4096 /* words of write data taken and not yet stored */
#define BOUND  512  /* words of the longest burst: 4 KiB */
#define CREDIT 1024 /* bandwidth credit that one word costs */

struct burst {
	uint64_t addr;
	uint64_t due; /* first cycle in which it may be answered */
	uint16_t id;
	uint16_t words, at;  /* at: those that have passed */
	bool sampled;	     /* read: data is here; write: all data has come */
	uint8_t resp[BOUND]; /* of each word of a read; of a write: the first */
	uint32_t first;	     /* write: its first word in the write data queue */
	struct dmmu_mem_fate fate;
	uint64_t data[BOUND];
};

/* A word of a write: a beat is so many of them, and the last of its last beat is `last`. */
struct wbeat {
	uint64_t data;
	uint8_t strb;
	bool last;
};

struct dmmu_mem {
	struct dmmu_mem_config config;
	struct dmmu_prng prng;
	struct burst *rd[DEPTH], *wr[DEPTH], *spare[2 * DEPTH];
	unsigned int rds, wrs, spares;
	struct burst pool[2 * DEPTH];
	struct wbeat wq[WBEATS];
	uint32_t wq_head, wq_tail, wq_owned; /* free-running; [head, owned) belong to bursts */
	int32_t rcredit, wcredit;
	uint64_t refilled;   /* cycle of the last refill, and 1 */
	unsigned int words;  /* in a beat */
	uint64_t frozen;     /* until this cycle */
	struct burst *r_now; /* whose beat is offered */
	struct burst *b_now; /* whose response is offered */
	struct dmmu_axi_in pins;
	struct dmmu_axi_out held; /* what the device offered and we did not take */
	bool aw_held, w_held, ar_held;
	char error[160];
};

struct dmmu_mem *dmmu_mem_new(const struct dmmu_mem_config *config)
{
	struct dmmu_mem *mem = calloc(1, sizeof(*mem));

	if (!mem)
		return NULL;
	mem->config = *config;
	mem->words = config->words ? config->words : 1;
	mem->prng = dmmu_prng(config->seed, (uint64_t)config->name[0]);
	dmmu_mem_abort(mem);
	return mem;
}

void dmmu_mem_free(struct dmmu_mem *mem)
{
	free(mem);
}

void dmmu_mem_abort(struct dmmu_mem *mem)
{
	mem->rds = mem->wrs = 0;
	mem->wq_head = mem->wq_tail = mem->wq_owned = 0;
	mem->r_now = mem->b_now = NULL;
	mem->frozen = 0;
	mem->aw_held = mem->w_held = mem->ar_held = false;
	memset(&mem->pins, 0, sizeof(mem->pins));
	for (mem->spares = 0; mem->spares < 2 * DEPTH; mem->spares++)
		mem->spare[mem->spares] = &mem->pool[mem->spares];
}

const char *dmmu_mem_error(const struct dmmu_mem *mem)
{
	return mem->error[0] ? mem->error : NULL;
}

bool dmmu_mem_idle(const struct dmmu_mem *mem)
{
	return !mem->rds && !mem->wrs && mem->wq_head == mem->wq_tail;
}

static bool overlaps(struct burst *const *list, unsigned int count, uint64_t addr, uint64_t len)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i]->addr < addr + len && addr < list[i]->addr + 8ull * list[i]->words)
			return true;
	return false;
}

bool dmmu_mem_write_in_flight(const struct dmmu_mem *mem, uint64_t addr, uint64_t len)
{
	return overlaps(mem->wr, mem->wrs, addr, len);
}

bool dmmu_mem_in_flight(const struct dmmu_mem *mem, uint64_t addr, uint64_t len)
{
	return overlaps(mem->rd, mem->rds, addr, len) || overlaps(mem->wr, mem->wrs, addr, len);
}

__attribute__((format(printf, 3, 4))) static bool broken(struct dmmu_mem *mem, uint64_t cycle,
							 const char *format, ...)
{
	va_list args;
	int n = snprintf(mem->error, sizeof(mem->error), "AXI %s, cycle %llu: ", mem->config.name,
			 (unsigned long long)cycle);

	va_start(args, format);
	vsnprintf(mem->error + n, sizeof(mem->error) - n, format, args);
	va_end(args);
	return false;
}

static uint64_t due(struct dmmu_mem *mem, uint64_t cycle)
{
	uint64_t latency = mem->config.latency ? mem->config.latency : 1;

	if (mem->config.reorder)
		latency += dmmu_rand_below(&mem->prng, latency + 1);
	return cycle + latency;
}

/* Now the burst is known: what becomes of it? */
static void befall(struct dmmu_mem *mem, struct burst *burst, bool write, uint64_t cycle)
{
	struct dmmu_mem_access access = {
		.addr = burst->addr, .beats = burst->words, .write = write};

	burst->due = due(mem, cycle);
	if (!mem->config.befall)
		return;
	if (write) {
		unsigned int skip = 0; /* words of a wide beat before what is written */

		while (skip + 1 < burst->words && !mem->wq[(burst->first + skip) % WBEATS].strb)
			skip++;
		access.addr += 8 * skip;
		access.beats -= skip;
		access.first = mem->wq[(burst->first + skip) % WBEATS].data;
	}
	mem->config.befall(mem->config.opaque, &access, &burst->fate);
	burst->due = burst->fate.held ? UINT64_MAX : burst->due + burst->fate.delay;
	if (burst->fate.freeze)
		dmmu_mem_freeze(mem, cycle + burst->fate.freeze);
}

void dmmu_mem_freeze(struct dmmu_mem *mem, uint64_t until)
{
	if (until > mem->frozen)
		mem->frozen = until;
}

static void release(struct burst *const *list, unsigned int count, uint8_t bits, uint64_t cycle)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i]->fate.held & bits) {
			list[i]->fate.held = 0;
			list[i]->due = cycle;
		}
}

void dmmu_mem_release(struct dmmu_mem *mem, uint8_t bits, uint64_t cycle)
{
	release(mem->rd, mem->rds, bits, cycle);
	release(mem->wr, mem->wrs, bits, cycle);
}

static void sample(struct dmmu_mem *mem, struct burst *rd)
{
	const uint64_t *from =
		mem->config.translate(mem->config.opaque, rd->addr, 8ull * rd->words, false);
	unsigned int i;

	rd->sampled = true;
	for (i = 0; i < rd->words; i++) {
		rd->resp[i] = from ? 0 : 3;
		rd->data[i] = from ? __atomic_load_n(from + i, __ATOMIC_ACQUIRE) : ~0ull;
		if (from && mem->config.respond) {
			uint64_t garbage = ~0ull;

			rd->resp[i] = mem->config.respond(mem->config.opaque, rd->addr + 8ull * i,
							  false, &garbage);
			if (rd->resp[i])
				rd->data[i] = garbage;
		}
		if (rd->fate.resp) {
			rd->resp[i] = rd->fate.resp;
			rd->data[i] = ~0ull;
		}
	}
	if (rd->fate.poison && from) {
		i = rd->fate.poisoned % rd->words;
		rd->resp[i] = 2;
		rd->data[i] = ~rd->data[i];
	}
}

static void store(struct dmmu_mem *mem, struct burst *wr)
{
	uint64_t *to = mem->config.translate(mem->config.opaque, wr->addr, 8ull * wr->words, true);
	unsigned int i, b;

	wr->resp[0] = to ? wr->fate.resp : 3;
	if (wr->fate.resp || wr->fate.lose)
		return;
	for (i = 0; to && i < wr->words; i++) {
		struct wbeat *beat = &mem->wq[(wr->first + i) % WBEATS];

		if (!beat->strb && mem->words > 1)
			continue;
		if (mem->config.respond) {
			uint8_t resp = mem->config.respond(mem->config.opaque, wr->addr + 8ull * i,
							   true, NULL);

			if (resp) {
				wr->resp[0] = resp;
				continue;
			}
		}
		if (mem->config.stored)
			mem->config.stored(mem->config.opaque, wr->addr + 8ull * i, beat->data);

		if (beat->strb == 0xff)
			__atomic_store_n(to + i, beat->data, __ATOMIC_RELEASE);
		else
			for (b = 0; b < 8; b++)
				if (beat->strb >> b & 1)
					__atomic_store_n((uint8_t *)(to + i) + b,
							 (uint8_t)(beat->data >> 8 * b),
							 __ATOMIC_RELEASE);
	}
}

/* One of the bursts that may be answered now: the oldest, or any when order is random. */
static struct burst *choose(struct dmmu_mem *mem, struct burst **list, unsigned int count,
			    uint64_t cycle)
{
	struct burst *found = NULL;
	unsigned int i, j, candidates = 0;

	for (i = 0; i < count; i++) {
		struct burst *burst = list[i];

		for (j = 0; j < i && list[j]->id != burst->id; j++)
			;
		if (j < i)
			continue;
		if (burst->due > cycle) {
			if (!mem->config.reorder && !burst->fate.passable && !burst->fate.held)
				return NULL;
			continue;
		}
		if (!mem->config.reorder)
			return burst;
		if (dmmu_rand_below(&mem->prng, ++candidates) == 0)
			found = burst;
	}
	return found;
}

/* Once a cycle, however often the port has an edge in it. */
static void refill(const struct dmmu_mem *mem, int32_t *credit, uint64_t cycle)
{
	int32_t rate = (int32_t)mem->config.beats_per_1024;

	if (!rate || rate >= CREDIT) {
		*credit = CREDIT;
		return;
	}
	if (mem->refilled == cycle + 1)
		return;
	*credit += rate;
	if (*credit > CREDIT + rate)
		*credit = CREDIT + rate;
}

void dmmu_mem_before(struct dmmu_mem *mem, struct dmmu_axi_in *in, uint64_t cycle)
{
	struct dmmu_axi_in *pins = &mem->pins;
	uint32_t stall = mem->config.stall;

	refill(mem, &mem->rcredit, cycle);
	refill(mem, &mem->wcredit, cycle);
	mem->refilled = cycle + 1;
	pins->awready = mem->wrs < DEPTH && !dmmu_rand_chance(&mem->prng, stall);
	pins->arready = mem->rds < DEPTH && !dmmu_rand_chance(&mem->prng, stall);
	pins->wready = mem->wq_tail - mem->wq_head <= WBEATS - mem->words &&
		       mem->wcredit >= CREDIT && !dmmu_rand_chance(&mem->prng, stall);
	if (cycle < mem->frozen) {
		/* what is offered already stays */
		pins->awready = pins->arready = pins->wready = false;
		*in = *pins;
		return;
	}

	if (!mem->r_now && mem->rds && mem->rcredit >= CREDIT &&
	    !dmmu_rand_chance(&mem->prng, stall)) {
		struct burst *rd = choose(mem, mem->rd, mem->rds, cycle);

		if (rd) {
			if (!rd->sampled)
				sample(mem, rd);
			pins->rvalid = true;
			pins->rid = rd->id;
			pins->rresp = 0;
			for (unsigned int i = 0; i < mem->words; i++) {
				if (rd->resp[rd->at + i])
					pins->rresp = rd->resp[rd->at + i];
				pins->rdata[i] = rd->data[rd->at + i];
			}
			pins->rlast = rd->at + mem->words == rd->words;
			mem->r_now = rd;
		}
	}
	if (!mem->b_now && mem->wrs && !dmmu_rand_chance(&mem->prng, stall)) {
		struct burst *wr = choose(mem, mem->wr, mem->wrs, cycle);

		if (wr) {
			store(mem, wr);
			pins->bvalid = true;
			pins->bid = wr->id;
			pins->bresp = wr->resp[0];
			mem->b_now = wr;
		}
	}
	*in = *pins;
}

static void drop(struct dmmu_mem *mem, struct burst **list, unsigned int *count,
		 struct burst *burst)
{
	unsigned int i;

	for (i = 0; list[i] != burst; i++)
		;
	memmove(&list[i], &list[i + 1], (--*count - i) * sizeof(*list));
	mem->spare[mem->spares++] = burst;
}

/* Give write data to the bursts it belongs to: in order of their addresses. */
static bool assign_write_data(struct dmmu_mem *mem, uint64_t cycle)
{
	unsigned int i, k;

	for (i = 0; i < mem->wrs; i++) {
		struct burst *wr = mem->wr[i];

		if (wr->sampled)
			continue;
		while (wr->at < wr->words && mem->wq_owned + wr->at != mem->wq_tail) {
			bool last = mem->wq[(mem->wq_owned + wr->at) % WBEATS].last;

			if (last != (++wr->at == wr->words))
				return broken(mem, cycle,
					      "WLAST %s on word %u of %u of the write to 0x%llx",
					      last ? "set" : "missing", wr->at, wr->words,
					      (unsigned long long)wr->addr);
		}
		if (wr->at != wr->words)
			break;
		wr->first = mem->wq_owned;
		mem->wq_owned += wr->words;
		wr->sampled = true;
		befall(mem, wr, true, cycle);
	}
	/* beats are freed in order, up to the oldest burst that still needs them */
	mem->wq_head = mem->wq_owned;
	for (k = 0; k < mem->wrs; k++)
		if (mem->wr[k]->sampled &&
		    mem->wq_owned - mem->wr[k]->first > mem->wq_owned - mem->wq_head)
			mem->wq_head = mem->wr[k]->first;
	return true;
}

static bool check_address(struct dmmu_mem *mem, const char *what, uint64_t addr, uint8_t len,
			  uint64_t cycle)
{
	unsigned int bytes = 8 * mem->words, beats = len + 1u;

	if (addr % bytes)
		return broken(mem, cycle, "%s address 0x%llx is not %u-byte aligned", what,
			      (unsigned long long)addr, bytes);
	if ((addr & 4095) + bytes * beats > 4096)
		return broken(mem, cycle, "%s of %u beats at 0x%llx crosses 4 KiB", what, beats,
			      (unsigned long long)addr);
	return true;
}

static bool check_held(struct dmmu_mem *mem, const struct dmmu_axi_out *out, uint64_t cycle)
{
	const struct dmmu_axi_out *held = &mem->held;

	if (mem->aw_held && !(out->awvalid && out->awaddr == held->awaddr &&
			      out->awlen == held->awlen && out->awid == held->awid))
		return broken(mem, cycle, "AW changed or fell before AWREADY");
	if (mem->w_held && !(out->wvalid && !memcmp(out->wdata, held->wdata, 8 * mem->words) &&
			     out->wstrb == held->wstrb && out->wlast == held->wlast))
		return broken(mem, cycle, "W changed or fell before WREADY");
	if (mem->ar_held && !(out->arvalid && out->araddr == held->araddr &&
			      out->arlen == held->arlen && out->arid == held->arid))
		return broken(mem, cycle, "AR changed or fell before ARREADY");
	return true;
}

static struct burst *take(struct dmmu_mem *mem, uint64_t addr, uint16_t id, uint8_t len)
{
	struct burst *burst = mem->spare[--mem->spares];

	burst->addr = addr;
	burst->id = id;
	burst->words = (uint16_t)((len + 1u) * mem->words);
	burst->at = 0;
	burst->sampled = false;
	burst->fate = (struct dmmu_mem_fate){0};
	return burst;
}

bool dmmu_mem_after(struct dmmu_mem *mem, const struct dmmu_axi_out *out, uint64_t cycle)
{
	struct dmmu_axi_in *pins = &mem->pins;
	bool data_news = false;

	if ((mem->aw_held || mem->w_held || mem->ar_held) && !check_held(mem, out, cycle))
		return false;
	mem->aw_held = out->awvalid && !pins->awready;
	mem->w_held = out->wvalid && !pins->wready;
	mem->ar_held = out->arvalid && !pins->arready;
	if (mem->aw_held || mem->w_held || mem->ar_held)
		mem->held = *out;

	if (mem->r_now && out->rready) {
		struct burst *rd = mem->r_now;

		mem->rcredit -= CREDIT * (int32_t)mem->words;
		rd->at += mem->words;
		if (rd->at == rd->words)
			drop(mem, mem->rd, &mem->rds, rd);
		mem->r_now = NULL;
		pins->rvalid = false;
	}
	if (mem->b_now && out->bready) {
		drop(mem, mem->wr, &mem->wrs, mem->b_now);
		mem->b_now = NULL;
		pins->bvalid = false;
		data_news = true;
	}
	if (out->arvalid && pins->arready) {
		struct burst *rd;

		if (!check_address(mem, "read", out->araddr, out->arlen, cycle))
			return false;
		rd = take(mem, out->araddr, out->arid, out->arlen);
		befall(mem, rd, false, cycle);
		mem->rd[mem->rds++] = rd;
		if (mem->config.watch)
			mem->config.watch(mem->config.opaque, rd->addr, 8ull * rd->words, false);
		if (mem->config.reorder && dmmu_rand_chance(&mem->prng, 500))
			sample(mem, rd);
	}
	if (out->awvalid && pins->awready) {
		struct burst *wr;

		if (!check_address(mem, "write", out->awaddr, out->awlen, cycle))
			return false;
		wr = take(mem, out->awaddr, out->awid, out->awlen);
		wr->due = UINT64_MAX;
		mem->wr[mem->wrs++] = wr;
		if (mem->config.watch)
			mem->config.watch(mem->config.opaque, wr->addr, 8ull * wr->words, true);
		data_news = true;
	}
	if (out->wvalid && pins->wready) {
		for (unsigned int i = 0; i < mem->words; i++)
			mem->wq[mem->wq_tail++ % WBEATS] =
				(struct wbeat){out->wdata[i], (uint8_t)(out->wstrb >> 8 * i),
					       out->wlast && i + 1 == mem->words};
		mem->wcredit -= CREDIT * (int32_t)mem->words;
		data_news = true;
	}
	return !data_news || assign_write_data(mem, cycle);
}
