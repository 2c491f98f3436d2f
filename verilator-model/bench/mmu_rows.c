// SPDX-License-Identifier: GPL-2.0
/*
 * mmu_rows.c: the MMU at its own ports. Clients ask as fast as the port's contract lets them: the
 * release in the cycle after the answer, the next request in the cycle after that.
 */
#include "mmu_bench.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE	0x100000000ull /* 4 GiB: its own upper entries */
#define CTX	1
#define OTHER	2
#define LEAF	(DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_A | DMMU_PTE_D)
#define RECORDS 4096

enum mode { HITS, HOLDING };

struct drive {
	struct mmu_bench *b;
	unsigned int threads;
	/* thread's n-th address, and its context */
	uint64_t (*next)(struct drive *d, unsigned int thread, uint64_t n);
	unsigned int ctx;
	bool stopped;
	uint64_t hold; /* cycles from the answer to the release */
	uint64_t count[MMU_THREADS], release_at[MMU_THREADS];
	/* measured */
	uint64_t answers, latency, slowest;
	/* faults */
	uint8_t action; /* what the host answers, at once */
	bool answers_faults;
	void (*repair)(struct drive *d, const uint64_t *record);
	uint64_t faults, records, detect_to_record, answered_at[MMU_THREADS], replays, replay;
	uint32_t random;
};

static uint64_t page(uint64_t n)
{
	return BASE + 4096 * n;
}

static void answered(void *opaque, unsigned int t)
{
	struct drive *d = opaque;
	const struct mmu_client *c = &d->b->client[t];
	uint64_t latency = c->answered - c->accepted;

	d->answers++;
	d->latency += latency;
	if (latency > d->slowest)
		d->slowest = latency;
	if (c->answer.status == MMU_OK)
		d->release_at[t] = c->answered + d->hold;
	if (d->answered_at[t]) {
		d->replays++;
		d->replay += c->answered - d->answered_at[t];
		d->answered_at[t] = 0;
	}
}

static void record(void *opaque, const uint64_t *words)
{
	struct drive *d = opaque;
	struct mmu_command answer = {
		.kind = MMU_ANSWER, .tag = (uint32_t)words[0], .action = d->action};

	d->records++;
	d->faults += (unsigned int)__builtin_popcountll(words[6]);
	d->detect_to_record += mmu_bench_now(d->b) - 1 - words[4];
	d->b->flt_head++;
	if (!d->answers_faults)
		return;
	if (d->repair)
		d->repair(d, words);
	if (!mmu_bench_command(d->b, &answer))
		mmu_bench_fail(d->b, "too many answers wait");
}

static void pulse(void *opaque, struct mmu_command *command)
{
	struct drive *d = opaque;

	if (command->kind == MMU_ANSWER && command->action == DMMU_ANSWER_RETRY)
		d->answered_at[command->tag & 0xff] = command->pulse;
}

static void each_cycle(void *opaque)
{
	struct drive *d = opaque;
	struct mmu_bench *b = d->b;
	uint64_t now = b ? mmu_bench_now(b) : 0;

	for (unsigned int t = 0; b && t < d->threads; t++) {
		enum mmu_client_state state = b->client[t].state;

		if (state == CLIENT_HELD && now > d->release_at[t])
			mmu_bench_release(b, t);
		else if (state == CLIENT_IDLE && !d->stopped)
			mmu_bench_ask(b, t, d->ctx, d->next(d, t, d->count[t]++), DMMU_ACCESS_READ,
				      t);
	}
}

static void map(struct mmu_bench *b, uint64_t root, uint64_t va, uint64_t flags)
{
	*mmu_bench_word(b, mmu_bench_entry(b, root, va, 0)) = LEAF | flags | (va & 0xfffffff000ull);
}

/* A bench with PAGES pages mapped from BASE on, in two contexts. */
static struct mmu_bench *start(struct drive *d, uint64_t pages)
{
	struct mmu_bench_config config = {
		.latency = LOCAL_LATENCY, .ring_latency = HOST_LATENCY, .ring_log2 = 7};
	struct mmu_hooks hooks = {.answered = answered,
				  .record = record,
				  .pulse = pulse,
				  .cycle = each_cycle,
				  .opaque = d};
	struct mmu_bench *b;
	uint64_t root;

	memset(d, 0, sizeof(*d));
	d->stopped = true;
	d->ctx = CTX;
	d->random = 1;
	b = mmu_bench_new(&config, &hooks);
	d->b = b;
	root = mmu_bench_table(b);
	for (uint64_t n = 0; n < pages; n++)
		map(b, root, page(n), 0);
	mmu_bench_do(b, &(struct mmu_command){.kind = MMU_CTX_SET, .ctx = CTX, .root = root});
	mmu_bench_do(b, &(struct mmu_command){.kind = MMU_CTX_SET, .ctx = OTHER, .root = root});
	return b;
}

static void zero(struct drive *d)
{
	d->answers = d->latency = d->slowest = 0;
	d->faults = d->records = d->detect_to_record = d->replays = d->replay = 0;
}

static void run(struct drive *d, unsigned int threads, uint64_t warm, uint64_t cycles)
{
	d->threads = threads;
	d->stopped = false;
	mmu_bench_run(d->b, warm);
	zero(d);
	mmu_bench_run(d->b, cycles);
}

static void stop(struct drive *d)
{
	uint64_t bound = mmu_bench_now(d->b) + 100000;

	d->stopped = true;
	for (unsigned int t = 0; t < d->b->geo.threads;) {
		if (d->b->client[t].state == CLIENT_IDLE) {
			t++;
			continue;
		}
		if (mmu_bench_now(d->b) > bound)
			mmu_bench_fail(d->b, "a thread does not come to rest");
		mmu_bench_cycle(d->b);
	}
	mmu_bench_run(d->b, 300);
}

/* Everything the MMU remembers of tables. */
static struct mmu_command forget(struct drive *d)
{
	return mmu_bench_do(d->b,
			    &(struct mmu_command){.kind = MMU_INVALIDATE, .ctx = CTX, .all = true});
}

static uint64_t cycles(uint64_t n)
{
	return rows_options.brief ? n / 8 : n;
}

/* ---- hits */

static uint64_t few_pages(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	return page(2 * t + n % 2);
}

static void hit_rows(void)
{
	struct drive d;
	struct mmu_bench *b = start(&d, 64);

	for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
		unsigned int ports = n < b->geo.ports ? n : b->geo.ports;

		d.next = few_pages;
		run(&d, n, 1000, cycles(4000));
		row("mmu.hit_throughput_per_port", n, (double)d.answers / cycles(4000) / ports,
		    "translations/cycle", 1, HIGHER,
		    "a thread has one request at a time: it may ask again 4 cycles after it asked"
		    " (answer 2, release 1, next 1), so a port needs 4 threads");
		row("mmu.hit_latency", n, (double)d.latency / d.answers, "cycles", 2, LOWER,
		    "one first-level lookup of a port at a time");
		stop(&d);
	}
	mmu_bench_free(b);
}

/* Page after page, more of them than the first level of a port holds and fewer than the second. */
static uint64_t many_pages(struct drive *d, unsigned int t, uint64_t n)
{
	unsigned int each = 768 / d->threads;

	return page(t * each + n * 7 % each);
}

static void l2_rows(void)
{
	struct drive d;
	struct mmu_bench *b = start(&d, 768);

	for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
		d.next = many_pages;
		run(&d, n, 768 * 100, cycles(4000));
		row("mmu.l2_hit_latency", n, (double)d.latency / d.answers, "cycles", 5, LOWER,
		    "the shared TLB takes one lookup in a cycle from all ports");
		row("mmu.l2_hit_throughput", n, (double)d.answers / cycles(4000),
		    "translations/cycle", n < 7 ? n / 7.0 : 1, HIGHER,
		    "walks and invalidations use the shared TLB too; a port's answers leave one by "
		    "one");
		stop(&d);
	}
	mmu_bench_free(b);
}

/* ---- walks */

/* Each in a table of its own. */
static uint64_t far_pages(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	return BASE + (uint64_t)(t + 16 * n) * 512 * 4096;
}

static uint64_t even_pages(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	return page(2 * (t + 16 * n) + 1);
}

static void once(struct drive *d, unsigned int threads, uint64_t number)
{
	d->threads = threads;
	for (unsigned int t = 0; t < threads; t++)
		mmu_bench_ask(d->b, t, d->ctx, d->next(d, t, number), DMMU_ACCESS_READ, t);
	zero(d);
	while (d->answers < threads)
		mmu_bench_cycle(d->b);
	stop(d);
}

static void walk_rows(void)
{
	struct drive d;
	struct mmu_bench *b = start(&d, 1024);
	uint64_t root = mmu_bench_table(b);

	for (unsigned int k = 0; k < 32; k++)
		map(b, root, far_pages(&d, k, 0), 0);
	for (unsigned int k = 0; k < 1024; k++)
		map(b, root, page(k), 0);
	mmu_bench_do(b, &(struct mmu_command){.kind = MMU_CTX_SET, .ctx = CTX, .root = root});
	for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
		uint64_t reads;

		forget(&d);
		d.next = far_pages;
		reads = b->read_bursts;
		once(&d, n, 0);
		row("mmu.walk_cold_latency", n, (double)d.latency / n, "cycles",
		    b->geo.levels * LOCAL_LATENCY, LOWER,
		    "lookups before the walk, a few cycles between two reads, answer after it");
		row("mmu.walk_cold_reads", n, (double)(b->read_bursts - reads) / n, "reads/walk",
		    b->geo.levels, LOWER, NULL);
		d.next = even_pages;
		forget(&d);
		once(&d, 1, 10); /* the way there */
		reads = b->read_bursts;
		once(&d, n, 1);
		row("mmu.walk_warm_latency", n, (double)d.latency / n, "cycles", LOCAL_LATENCY,
		    LOWER,
		    "lookups before the walk (5 cycles) and the answer after it (2); N at once: "
		    "one "
		    "read in a cycle, two beats each");
		row("mmu.walk_warm_reads", n, (double)(b->read_bursts - reads) / n, "reads/walk", 1,
		    LOWER,
		    "a walk that does not find its way in the walk caches begins further up");
	}
	mmu_bench_free(b);
}

#define RANDOM_PAGES 16384

static uint64_t random_pages(struct drive *d, unsigned int t, uint64_t n)
{
	(void)t;
	(void)n;
	d->random = d->random * 1664525 + 1013904223;
	return page(d->random >> 8 & (RANDOM_PAGES - 1));
}

static void random_rows(void)
{
	struct drive d;
	struct mmu_bench *b = start(&d, RANDOM_PAGES);

	for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
		unsigned int outstanding = n < b->geo.walkers ? n : b->geo.walkers;
		uint64_t bursts, waits;

		d.next = random_pages;
		run(&d, n, 2000, 0);
		zero(&d);
		bursts = b->read_bursts;
		mmu_bench_run(b, cycles(40000));
		waits = d.latency;
		row("mmu.random_throughput", n, 1000.0 * d.answers / cycles(40000),
		    "translations/kcycle", 1000.0 * outstanding / LOCAL_LATENCY, HIGHER,
		    "each thread has one request at a time: of a round of 69 cycles (lookups 5, "
		    "read 60, "
		    "answer 2, release 1, request 1) its read is under way for 60");
		row("mmu.random_latency", n, (double)waits / d.answers, "cycles", LOCAL_LATENCY,
		    LOWER, "lookups before the walk (5 cycles) and the answer after it (2)");
		row("mmu.random_reads", n, (double)(b->read_bursts - bursts) / d.answers,
		    "reads/translation", 1, LOWER,
		    "tables that the walk caches do not hold are read on the way");
		stop(&d);
	}
	mmu_bench_free(b);
}

/* ---- faults */

static uint64_t unmapped(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	return page(0x8000 + 4 * t + n % 4);
}

static uint64_t one_unmapped(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	(void)t;
	(void)n;
	return page(0x8000);
}

static uint64_t fix_root;

static void fix(struct drive *d, const uint64_t *record)
{
	map(d->b, fix_root, record[1], 0);
}

static void fault_rows(void)
{
	struct drive d;
	struct mmu_bench *b = start(&d, 64);

	/* the tables are there, the entries are not */
	fix_root = mmu_bench_table(b);
	for (unsigned int k = 0; k < 64; k++)
		*mmu_bench_word(b, mmu_bench_entry(b, fix_root, page(0x8000 + k), 0)) = 0;
	mmu_bench_do(b, &(struct mmu_command){.kind = MMU_CTX_SET, .ctx = CTX, .root = fix_root});
	for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
		uint64_t limit = HOST_LATENCY + 8;

		d.answers_faults = true;
		d.action = DMMU_ANSWER_FAIL;
		d.next = unmapped;
		run(&d, n, 3000, cycles(20000));
		row("mmu.fault_storm", n, 1000.0 * d.faults / cycles(20000), "faults/kcycle",
		    1000.0 * n / (LOCAL_LATENCY + limit), HIGHER,
		    "per fault one read, 8 words of a record, host memory's answer, host's answer "
		    "at once;"
		    " the rest is answer, release, request, lookups and the record's turn");
		stop(&d);
		d.next = one_unmapped;
		run(&d, n, 3000, cycles(20000));
		row("mmu.fault_storm_one_page", n, 1000.0 * d.faults / cycles(20000),
		    "faults/kcycle", 0, HIGHER, NULL);
		row("mmu.fault_storm_one_page_sharing", n, (double)d.faults / d.records,
		    "faults/record", n, HIGHER,
		    "threads that come to the page while its record is on its way fault on their "
		    "own");
		stop(&d);
		d.next = unmapped;
		d.action = DMMU_ANSWER_RETRY;
		d.repair = fix;
		forget(&d);
		once(&d, n, 0);
		row("mmu.fault_detect_to_record", n, (double)d.detect_to_record / d.records,
		    "cycles", limit, LOWER, "records leave one after the other, 8 words each");
		row("mmu.fault_answer_to_replay", n, (double)d.replay / d.replays, "cycles",
		    (double)LOCAL_LATENCY * b->geo.levels, LOWER,
		    "a retry walks from the root: answers take one command each");
		d.repair = NULL;
		for (unsigned int k = 0; k < 64; k++)
			*mmu_bench_word(b, mmu_bench_entry(b, fix_root, page(0x8000 + k), 0)) = 0;
		forget(&d);
	}
	mmu_bench_free(b);
}

/* ---- invalidations */

static uint64_t first_page(struct drive *d, unsigned int t, uint64_t n)
{
	(void)d;
	(void)t;
	(void)n;
	return page(0);
}

static uint64_t invalidate(struct drive *d, uint64_t pages)
{
	struct mmu_command c = {.kind = MMU_INVALIDATE,
				.ctx = CTX,
				.all = !pages,
				.first = page(0) >> 12,
				.last = (page(0) >> 12) + pages - 1};

	c = mmu_bench_do(d->b, &c);
	return c.inv_done - c.inv_start;
}

static void invalidation_rows(void)
{
	static const struct {
		const char *name;
		uint64_t pages;
	} what[] = {{"page", 1}, {"512_pages", 512}, {"context", 0}};
	struct drive d;
	struct mmu_bench *b = start(&d, 768);
	char name[64];

	for (unsigned int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "mmu.invalidate_%s_idle", what[k].name);
		d.next = many_pages;
		run(&d, 1, 10000, 0);
		stop(&d);
		row(name, 0, (double)invalidate(&d, what[k].pages), "cycles", 0, LOWER, NULL);
		for (unsigned int n = 0; (n = rows_next_threads(n, b->geo.threads));) {
			unsigned int ports = n < b->geo.ports ? n : b->geo.ports, times = 20;
			uint64_t sum = 0, before, during;
			double calm;

			/* all ports busy with hits, in another context */
			d.next = few_pages;
			d.ctx = OTHER;
			run(&d, n, 2000, 2000);
			calm = (double)d.answers / 2000;
			zero(&d);
			before = mmu_bench_now(b);
			for (unsigned int i = 0; i < times; i++)
				sum += invalidate(&d, what[k].pages);
			during = mmu_bench_now(b) - before;
			snprintf(name, sizeof(name), "mmu.invalidate_%s_loaded", what[k].name);
			row(name, n, (double)sum / times, "cycles", 0, LOWER, NULL);
			snprintf(name, sizeof(name), "mmu.invalidate_%s_hits", what[k].name);
			row(name, n, (double)d.answers / during / ports, "translations/cycle",
			    calm / ports, HIGHER,
			    "one invalidation after the other: each stops requests until what is "
			    "under way is done, and empties"
			    " the first-level TLBs; the limit is the throughput without");
			stop(&d);
			/* translations of the range held for 200 cycles */
			d.ctx = CTX;
			d.next = first_page;
			d.hold = 200;
			sum = 0;
			run(&d, n, 2000, 0);
			for (unsigned int i = 0; i < times; i++) {
				mmu_bench_run(b, 537); /* time to walk and to hold again, in
							  whatever phase */
				sum += invalidate(&d, what[k].pages);
			}
			snprintf(name, sizeof(name), "mmu.invalidate_%s_held", what[k].name);
			row(name, n, (double)sum / times, "cycles", 0, LOWER, NULL);
			d.hold = 0;
			stop(&d);
		}
	}
	mmu_bench_free(b);
}

void mmu_rows(void)
{
	hit_rows();
	l2_rows();
	walk_rows();
	random_rows();
	fault_rows();
	invalidation_rows();
}
