// SPDX-License-Identifier: GPL-2.0
/*
 * events.c: see events.h. A bus analyser: bursts are put together again from their beats, and
 * traffic.h says what they are for. What a thread does it tells by its records; when it runs and
 * when it stalls, only the device knows.
 */
#include "events.h"
#include "dmmu_regs.h"
#include "traffic.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURSTS	    512 /* on their way on one channel; more than IDs times what one ID may have */
#define WORDS	    512 /* of the longest burst: 4 KiB */
#define THREADS	    64
#define WALKS	    65536 /* AXI IDs */
#define WALK_GAP    24	  /* cycles between two reads of one walk */
#define LOAD_CYCLES 256	  /* a bus's load is told for so many cycles at a time */

struct burst {
	uint64_t addr, begun;
	uint16_t id;
	unsigned int beats, have;
	uint64_t data[WORDS];
};

/* Bursts of one channel, oldest first; `gone` are free again. */
struct channel {
	struct burst burst[BURSTS];
	unsigned int order[BURSTS], count;
	unsigned int free[BURSTS], frees;
	unsigned int load; /* beats in this stretch */
	unsigned int told; /* per cent, of the last */
	const char *name;
};

struct walk {
	uint64_t begun, last, addr;
	unsigned int reads;
};

struct thread {
	bool busy, stalled;
	uint64_t stall_since;
	uint64_t told, answered; /* cycles, 0: not yet */
	uint64_t ended;		 /* work is done, its record still to come; 0: not so */
	char fault[200];
};

/* Commands of a ring: a batch lasts from the first fetch until all that were fetched are counted.
 */
struct batch {
	uint64_t begun;
	uint32_t fetched, done; /* free-running */
	unsigned int of[16];	/* by opcode */
	unsigned int entries;
	uint64_t bytes;
};

struct events {
	FILE *file;
	struct traffic traffic;
	uint64_t cycle;
	struct channel host_read, host_write, local_read, local_write;
	struct thread thread[THREADS];
	struct walk *walk;
	uint16_t *open_walk;
	unsigned int open_walks;
	struct batch control, copies;
	uint64_t invalidating_since;
	bool invalidating;
	uint64_t mmio_addr;
	uint32_t mmio_data;
	bool mmio_aw, mmio_w, mmio_ar;
};

static const char *const op_names[] = {"NOP",	 "COPY",  "FILL",	"VADD",
				       "REDUCE", "CHASE", "ATOMIC_ADD", "ATOMIC_CAS"};
static const char *const ctl_names[] = {"NOP",	      "FENCE",	      "CTX_SET",
					"CTX_KILL",   "PT_WRITE",     "PT_FILL",
					"INVALIDATE", "FAULT_ANSWER", "PT_AGE"};
static const char *const status_names[] = {"OK", "FAULT", "KILLED", "BAD_DESC", "BUS"};
static const char *const access_names[] = {"read", "write", "atomic"};
static const char *const cause_names[] = {"not-present",   "permission", "bad-pte",
					  "non-canonical", "bus",	 "poison"};
static const char *const answer_names[] = {"RETRY", "FAIL", "KILL"};
static const char *const irq_names[] = {"CTL", "CPL", "FLT", "ERROR", "CPY"};

#define NAME(names, i) \
	((unsigned int)(i) < sizeof(names) / sizeof(*(names)) ? (names)[(unsigned int)(i)] : "?")

/* --- lines --- */

__attribute__((format(printf, 6, 7))) static void span(struct events *events, const char *track,
						       uint64_t begin, uint64_t end,
						       const char *name, const char *args, ...)
{
	va_list list;

	fprintf(events->file, "span\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t", track, begin, end, name);
	va_start(list, args);
	vfprintf(events->file, args, list);
	va_end(list);
	fputc('\n', events->file);
}

__attribute__((format(printf, 4, 5))) static void event(struct events *events, const char *track,
							const char *name, const char *args, ...)
{
	va_list list;

	fprintf(events->file, "event\t%s\t%" PRIu64 "\t%s\t", track, events->cycle, name);
	va_start(list, args);
	vfprintf(events->file, args, list);
	va_end(list);
	fputc('\n', events->file);
}

static const char *thread_track(unsigned int thread)
{
	static char text[32];

	snprintf(text, sizeof(text), "thread %u", thread);
	return text;
}

/* --- bursts --- */

static void channel_init(struct channel *channel, const char *name)
{
	channel->name = name;
	channel->count = 0;
	channel->frees = BURSTS;
	for (unsigned int i = 0; i < BURSTS; i++)
		channel->free[i] = i;
}

static void burst_begin(struct channel *channel, uint64_t addr, uint16_t id, unsigned int beats,
			uint64_t cycle)
{
	struct burst *burst;

	if (!channel->frees)
		return;
	channel->order[channel->count++] = channel->free[--channel->frees];
	burst = &channel->burst[channel->order[channel->count - 1]];
	burst->addr = addr;
	burst->id = id;
	burst->beats = beats;
	burst->have = 0;
	burst->begun = cycle;
}

static void burst_end(struct channel *channel, unsigned int place)
{
	channel->free[channel->frees++] = channel->order[place];
	channel->count--;
	memmove(channel->order + place, channel->order + place + 1,
		(channel->count - place) * sizeof(*channel->order));
}

static void take(struct burst *burst, const uint64_t *beat, unsigned int words)
{
	for (unsigned int i = 0; i < words && burst->have < WORDS; i++)
		burst->data[burst->have++] = beat[i];
}

/* Beats of one ID come in the order of its addresses. The burst that is complete now, or NULL. */
static struct burst *read_beat(struct channel *channel, uint16_t id, const uint64_t *beat,
			       unsigned int words, bool last, unsigned int *place)
{
	for (*place = 0; *place < channel->count; ++*place) {
		struct burst *burst = &channel->burst[channel->order[*place]];

		if (burst->id != id)
			continue;
		take(burst, beat, words);
		return last ? burst : NULL;
	}
	return NULL;
}

/* Data comes in the order of the addresses. What is complete leaves with its last beat. */
static struct burst *write_beat(struct channel *channel, const uint64_t *beat, unsigned int words,
				bool last)
{
	struct burst *burst = channel->count ? &channel->burst[channel->order[0]] : NULL;

	if (burst)
		take(burst, beat, words);
	return last ? burst : NULL;
}

/* --- what they mean --- */

static void fault_record(struct events *events, const struct dmmu_flt *record)
{
	for (unsigned int t = 0; t < THREADS; t++) {
		struct thread *thread = &events->thread[t];

		if (!(record->threads >> t & 1) && t != record->thread)
			continue;
		thread->told = events->cycle;
		snprintf(thread->fault, sizeof(thread->fault),
			 "tag=%#x ctx=%u va=%#" PRIx64 " access=%s cause=%s level=%u leader=%u",
			 record->tag, record->ctx, (uint64_t)record->va,
			 NAME(access_names, record->access), NAME(cause_names, record->cause),
			 record->level, record->thread);
	}
	event(events, thread_track(record->thread), "fault record", "%s",
	      events->thread[record->thread % THREADS].fault);
}

static void completion_record(struct events *events, const struct dmmu_cpl *record)
{
	struct thread *thread = &events->thread[record->thread % THREADS];

	uint64_t end = thread->ended ? thread->ended : events->cycle;

	span(events, thread_track(record->thread), record->cycles < end ? end - record->cycles : 0,
	     end, NAME(op_names, record->op),
	     "ctx=%u cookie=%#" PRIx64 " status=%s stall=%" PRIu64 " faults=%u", record->ctx,
	     (uint64_t)record->cookie, NAME(status_names, record->status), (uint64_t)record->stall,
	     record->faults);
	thread->ended = 0;
}

static void batch_note(struct batch *batch, unsigned int opcode, uint64_t begun)
{
	if (!batch->entries)
		batch->begun = begun;
	batch->entries++;
	batch->fetched++;
	batch->of[opcode & 15]++;
}

static void batch_done(struct events *events, struct batch *batch, const char *track, uint32_t head,
		       const char *const *names, unsigned int name_count)
{
	char text[200] = "";
	size_t length = 0;

	batch->done = head;
	if (!batch->entries || (int32_t)(head - batch->fetched) < 0)
		return;
	for (unsigned int i = 0; i < 16 && length < sizeof(text); i++)
		if (batch->of[i])
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s x%u",
						   length ? ", " : "",
						   i < name_count ? names[i] : "?", batch->of[i]);
	span(events, track, batch->begun, events->cycle, text, "bytes=%" PRIu64, batch->bytes);
	batch->entries = 0;
	batch->bytes = 0;
	batch->fetched = head;
	memset(batch->of, 0, sizeof(batch->of));
}

static void answer(struct events *events, const struct dmmu_ctl *ctl)
{
	unsigned int leader = ctl->tag & 0xff;

	event(events, thread_track(leader), "answer", "tag=%#x action=%s", ctl->tag,
	      NAME(answer_names, ctl->action));
	for (unsigned int t = 0; t < THREADS; t++) {
		struct thread *thread = &events->thread[t];
		const char *found = thread->told ? strstr(thread->fault, "tag=") : NULL;

		if (found && strtoul(found + 4, NULL, 0) == ctl->tag)
			thread->answered = events->cycle;
	}
}

static void ring_read(struct events *events, const struct burst *burst)
{
	const struct traffic *traffic = &events->traffic;

	for (unsigned int i = 0; i + 8 <= burst->have; i += 8) {
		const void *entry = burst->data + i;

		if (traffic_in_ring(&traffic->ctl, burst->addr)) {
			const struct dmmu_ctl *ctl = entry;

			batch_note(&events->control, ctl->opcode, burst->begun);
			if (ctl->opcode == DMMU_CTL_FAULT_ANSWER)
				answer(events, ctl);
		} else if (traffic_in_ring(&traffic->cpy, burst->addr)) {
			const struct dmmu_cpy *cpy = entry;

			batch_note(&events->copies, cpy->opcode, burst->begun);
			events->copies.bytes += cpy->size;
		} else if (traffic_in_ring(&traffic->work, burst->addr)) {
			const struct dmmu_work *work = entry;

			event(events, "work ring", NAME(op_names, work->op),
			      "ctx=%u cookie=%#" PRIx64 " src=%#" PRIx64 " dst=%#" PRIx64
			      " len=%" PRIu64,
			      work->ctx, (uint64_t)work->cookie, (uint64_t)work->src,
			      (uint64_t)work->dst, (uint64_t)work->len);
		}
	}
}

static void status_write(struct events *events, const struct burst *burst)
{
	static const char *const copy_names[] = {"?", "copy", "fill"};
	const struct dmmu_status *status = (const void *)burst->data;

	if (burst->have < 3)
		return;
	batch_done(events, &events->control, "control ring", status->ctl_head, ctl_names,
		   sizeof(ctl_names) / sizeof(*ctl_names));
	batch_done(events, &events->copies, "copy ring", status->cpy_head, copy_names, 3);
}

static void ring_write(struct events *events, const struct burst *burst)
{
	const struct traffic *traffic = &events->traffic;

	if (traffic->stat && burst->addr == traffic->stat) {
		status_write(events, burst);
		return;
	}
	for (unsigned int i = 0; i + 8 <= burst->have; i += 8) {
		if (traffic_in_ring(&traffic->flt, burst->addr))
			fault_record(events, (const void *)(burst->data + i));
		else if (traffic_in_ring(&traffic->cpl, burst->addr))
			completion_record(events, (const void *)(burst->data + i));
	}
}

static void walk_end(struct events *events, unsigned int place)
{
	uint16_t id = events->open_walk[place];
	struct walk *walk = &events->walk[id];
	char track[32];

	snprintf(track, sizeof(track), "walks %u", id);
	span(events, track, walk->begun, walk->last, "walk", "reads=%u last=%#" PRIx64, walk->reads,
	     walk->addr);
	walk->reads = 0;
	events->open_walk[place] = events->open_walk[--events->open_walks];
}

static void walk_read(struct events *events, const struct burst *burst)
{
	struct walk *walk = &events->walk[burst->id];

	if (!walk->reads) {
		walk->begun = burst->begun;
		events->open_walk[events->open_walks++] = burst->id;
	}
	walk->reads++;
	walk->last = events->cycle;
	walk->addr = burst->addr;
}

static void done(struct events *events, const struct burst *burst, bool local, bool write)
{
	struct traffic_access access = {.local = local,
					.write = write,
					.addr = burst->addr,
					.beats = burst->have,
					.data = burst->data};
	unsigned int points;
	enum traffic_class class = traffic_access(&events->traffic, &access, &points);

	if (class == TRAFFIC_HOST_RING && write)
		ring_write(events, burst);
	else if (class == TRAFFIC_HOST_RING)
		ring_read(events, burst);
	else if (class == TRAFFIC_LOCAL_TABLE && !write && burst->beats <= 2)
		walk_read(events, burst);
}

/*
 * A card's port has no IDs: what is read comes back in order, and each read takes the lowest number
 * that no other has meanwhile, so that the spans of a track never overlap.
 */
static uint16_t free_number(const struct channel *channel)
{
	uint16_t number = 0;
	bool used;

	do {
		used = false;
		for (unsigned int i = 0; i < channel->count; i++)
			used |= channel->burst[channel->order[i]].id == number;
		number += used;
	} while (used);
	return number;
}

static uint16_t oldest(const struct channel *channel)
{
	return channel->count ? channel->burst[channel->order[0]].id : 0;
}

static void bus(struct events *events, struct channel *read, struct channel *write, bool local,
		const struct dmmu_axi_in *in, const struct dmmu_axi_out *out)
{
	unsigned int words = local ? dmmu_sim_shape.local_words : dmmu_sim_shape.host_words;
	bool card = dmmu_sim_shape.card;
	struct burst *burst;
	unsigned int place = 0;

	if (out->arvalid && in->arready)
		burst_begin(read, out->araddr, card ? free_number(read) : out->arid,
			    out->arlen + 1u, events->cycle);
	if (out->awvalid && in->awready)
		burst_begin(write, out->awaddr, out->awid, out->awlen + 1u, events->cycle);
	if (in->rvalid && out->rready) {
		read->load++;
		burst = read_beat(read, card ? oldest(read) : in->rid, in->rdata, words, in->rlast,
				  &place);
		if (burst) {
			done(events, burst, local, false);
			burst_end(read, place);
		}
	}
	if (out->wvalid && in->wready) {
		write->load++;
		burst = write_beat(write, out->wdata, words, out->wlast);
		if (burst) {
			done(events, burst, local, true);
			burst_end(write, 0);
		}
	}
}

static void load(struct events *events, struct channel *channel)
{
	unsigned int percent = channel->load * 100 / LOAD_CYCLES;

	if (percent != channel->told)
		fprintf(events->file, "level\t%s\t%" PRIu64 "\t%u\n", channel->name,
			events->cycle + 1 - LOAD_CYCLES, percent);
	channel->told = percent;
	channel->load = 0;
}

/* --- registers and interrupts --- */

static void registers(struct events *events, const struct dmmu_axil_in *in,
		      const struct dmmu_axil_out *out)
{
	if (in->awvalid && out->awready) {
		events->mmio_addr = in->awaddr;
		events->mmio_aw = true;
	}
	if (in->wvalid && out->wready) {
		events->mmio_data = in->wdata;
		events->mmio_w = true;
	}
	if (events->mmio_aw && events->mmio_w) {
		events->mmio_aw = events->mmio_w = false;
		traffic_register(&events->traffic, events->mmio_addr, events->mmio_data);
		event(events, "registers", "write", "reg=%#" PRIx64 " value=%#x", events->mmio_addr,
		      events->mmio_data);
	}
	if (in->arvalid && out->arready) {
		events->mmio_addr = in->araddr;
		events->mmio_ar = true;
	}
	if (out->rvalid && in->rready && events->mmio_ar) {
		events->mmio_ar = false;
		event(events, "registers", "read", "reg=%#" PRIx64 " value=%#x", events->mmio_addr,
		      out->rdata);
	}
}

static void interrupts(struct events *events, uint8_t irqs)
{
	for (unsigned int v = 0; irqs >> v; v++)
		if (irqs >> v & 1)
			event(events, "interrupts", NAME(irq_names, v), "vector=%u", v);
}

/* --- threads --- */

static void stall_end(struct events *events, unsigned int t)
{
	struct thread *thread = &events->thread[t];
	const char *track = thread_track(t);
	uint64_t told = thread->told, answered = thread->answered, now = events->cycle;

	span(events, track, thread->stall_since, now, "stall", "%s", thread->fault);
	if (told > thread->stall_since) {
		span(events, track, thread->stall_since, told, "record", "%s", thread->fault);
		if (answered > told) {
			span(events, track, told, answered, "host", "%s", thread->fault);
			span(events, track, answered, now, "replay", "%s", thread->fault);
		}
	}
	thread->told = thread->answered = 0;
	*thread->fault = 0;
}

static void threads(struct events *events, const struct dmmu_probe *probe)
{
	for (unsigned int t = 0; t < THREADS; t++) {
		struct thread *thread = &events->thread[t];
		bool stalled = probe->stalled >> t & 1, busy = probe->busy >> t & 1;

		if (stalled && !thread->stalled)
			thread->stall_since = events->cycle;
		if (!stalled && thread->stalled)
			stall_end(events, t);
		thread->stalled = stalled;
		if (thread->busy && !busy)
			thread->ended = events->cycle;
		thread->busy = busy;
	}
	if (probe->invalidating && !events->invalidating)
		events->invalidating_since = events->cycle;
	if (!probe->invalidating && events->invalidating)
		span(events, "invalidation", events->invalidating_since, events->cycle,
		     "invalidate", "%s", "");
	events->invalidating = probe->invalidating;
}

/* --- all of it --- */

/* The device forgot everything; so do we. */
static void reset(struct events *events)
{
	traffic_reset(&events->traffic);
	channel_init(&events->host_read, "host read");
	channel_init(&events->host_write, "host write");
	channel_init(&events->local_read, "local read");
	channel_init(&events->local_write, "local write");
	memset(events->thread, 0, sizeof(events->thread));
	memset(&events->control, 0, sizeof(events->control));
	memset(&events->copies, 0, sizeof(events->copies));
	while (events->open_walks)
		walk_end(events, 0);
	events->mmio_aw = events->mmio_w = events->mmio_ar = false;
}

struct events *events_open(const char *path, uint64_t local_bytes)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return NULL;
	events->walk = calloc(WALKS, sizeof(*events->walk));
	events->open_walk = calloc(WALKS, sizeof(*events->open_walk));
	events->file = fopen(path, "we");
	if (!events->walk || !events->open_walk || !events->file ||
	    !traffic_init(&events->traffic, local_bytes)) {
		events_close(events);
		return NULL;
	}
	reset(events);
	return events;
}

bool events_close(struct events *events)
{
	bool ok = true;

	if (!events)
		return true;
	while (events->file && events->open_walks)
		walk_end(events, 0);
	if (events->file) {
		ok = !ferror(events->file);
		ok = !fclose(events->file) && ok;
	}
	traffic_fini(&events->traffic);
	free(events->walk);
	free(events->open_walk);
	free(events);
	return ok;
}

void events_cycle(struct events *events, const struct dmmu_sim *sim, unsigned int clocks,
		  const struct dmmu_pins_in *in, const struct dmmu_pins_out *out)
{
	struct dmmu_probe probe;

	if (in->rst || out->flr_done) {
		reset(events);
		events->cycle = dmmu_sim_cycles(sim);
		return;
	}
	if (clocks & DMMU_CLOCK_MEMORY)
		bus(events, &events->local_read, &events->local_write, true, &in->local,
		    &out->local);
	if (clocks & DMMU_CLOCK_BRIDGE) {
		registers(events, &in->axil, &out->axil);
		bus(events, &events->host_read, &events->host_write, false, &in->host, &out->host);
		interrupts(events, out->irq_req & in->irq_ack);
	}
	if (!(clocks & DMMU_CLOCK_DEVICE))
		return;
	for (unsigned int i = 0; i < events->open_walks;) {
		if (events->walk[events->open_walk[i]].last + WALK_GAP < events->cycle)
			walk_end(events, i);
		else
			i++;
	}
	dmmu_sim_probe(sim, &probe);
	threads(events, &probe);
	events->cycle++;
	if (events->cycle % LOAD_CYCLES == 0) {
		load(events, &events->host_read);
		load(events, &events->host_write);
		load(events, &events->local_read);
		load(events, &events->local_write);
	}
}

void events_clock(struct events *events, uint64_t ns)
{
	fprintf(events->file, "clock\t%" PRIu64 "\t%" PRIu64 "\n", events->cycle, ns);
}

void events_note(struct events *events, const char *track, const char *name, const char *args)
{
	event(events, track, name, "%s", args);
}
