// SPDX-License-Identifier: GPL-2.0
/*
 * main.c: the scoreboard as a program: options, the configuration that a seed stands for, the loop,
 * quiesce checks and resets. The same seed and options give the same cycles. See scoreboard.h.
 */
#include "scoreboard.h"
#include "number.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_BOUND 400000 /* cycles without a completion or fault while work is outstanding */
#define QUIESCE_BOUND  4000000
#define SETTLE_BOUND   20000 /* cycles until the device says that it is not busy */

struct options {
	uint64_t seed, ops;
	bool no_resets, no_kills;
	const char *trace, *record;
	uint64_t trace_from, trace_cycles;
	bool verbose;
};

static const char usage[] =
	"usage: %s [--seed N] [--ops N] [options]\n"
	"Drives the device and the golden model with the same random work and compares.\n\n"
	"  --seed N           everything random, geometry of rings and memories included (default "
	"1)\n"
	"  --ops N            operations to complete (default 2000)\n"
	"  --no-resets        no resets on the way\n"
	"  --no-kills         no context kills\n"
	"  --verbose          what the seed chose, and progress\n"
	"  --trace FILE       waveform (FST), --trace-from CYCLE, --trace-cycles N\n"
	"  --record FILE      all pins, cycle by cycle (sim/record.h)\n"
	"  --help\n\n"
	"Ends with 0 when all agrees, 1 with an explanation when not, 2 on wrong usage.\n";

static struct options parse(int argc, char **argv)
{
	enum { SEED = 1, OPS, NO_RESETS, NO_KILLS, TRACE, FROM, CYCLES, RECORD, VERBOSE, HELP };
	static const struct option options[] = {
		{"seed", required_argument, NULL, SEED},
		{"ops", required_argument, NULL, OPS},
		{"no-resets", no_argument, NULL, NO_RESETS},
		{"no-kills", no_argument, NULL, NO_KILLS},
		{"trace", required_argument, NULL, TRACE},
		{"trace-from", required_argument, NULL, FROM},
		{"trace-cycles", required_argument, NULL, CYCLES},
		{"record", required_argument, NULL, RECORD},
		{"verbose", no_argument, NULL, VERBOSE},
		{"help", no_argument, NULL, HELP},
		{0},
	};
	struct options o = {.seed = 1, .ops = 2000};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case SEED:
			o.seed = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case OPS:
			o.ops = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case NO_RESETS:
			o.no_resets = true;
			break;
		case NO_KILLS:
			o.no_kills = true;
			break;
		case TRACE:
			o.trace = optarg;
			break;
		case FROM:
			o.trace_from = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case CYCLES:
			o.trace_cycles = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case RECORD:
			o.record = optarg;
			break;
		case VERBOSE:
			o.verbose = true;
			break;
		default:
			fprintf(option == HELP ? stdout : stderr, usage, argv[0]);
			exit(option == HELP ? 0 : 2);
		}
	}
	if (optind != argc) {
		fprintf(stderr, usage, argv[0]);
		exit(2);
	}
	return o;
}

/* What a seed stands for: small rings that wrap and fill, slow or unruly memories, or neither. */
static struct dmmu_bench_config configure(struct scoreboard *sb, const struct options *o)
{
	struct dmmu_bench_config c = {
		.host_bytes = MEM_BYTES,
		.local_bytes = MEM_BYTES,
		.seed = o->seed,
		.record = o->record,
		.trace = o->trace,
		.trace_from = o->trace_from,
		.trace_cycles = o->trace_cycles,
		.no_enable = true,
	};

	c.ctl_log2 = 1 + sb_below(sb, 6);
	c.work_log2 = 1 + sb_below(sb, 6);
	c.cpl_log2 = 1 + sb_below(sb, 6);
	c.flt_log2 = 1 + sb_below(sb, 6);
	c.host_latency = 1 + sb_below(sb, sb_chance(sb, 500) ? 8 : 100);
	c.local_latency = 1 + sb_below(sb, sb_chance(sb, 500) ? 4 : 40);
	c.host_bandwidth = sb_chance(sb, 300) ? 128 + sb_below(sb, 896) : 0;
	c.reorder = sb_chance(sb, 600);
	c.stall = sb_chance(sb, 500) ? sb_below(sb, 500) : 0;
	c.axil_skew = sb_chance(sb, 500);
	c.cpy_log2 = 1 + sb_below(sb, 6);
	sb->by_irq = sb_chance(sb, 500);
	sb->invalidate_rate = sb_below(sb, 4) ? sb_below(sb, 120) : 0;
	sb->kill_rate = o->no_kills || sb_below(sb, 2) ? 0 : 1 + sb_below(sb, 10);
	sb->answer_delay = 1 + sb_below(sb, sb_chance(sb, 500) ? 100 : 2000);
	sb->copy_rate = sb_chance(sb, 850) ? 20 + sb_below(sb, 400) : 0;
	sb->age_rate = sb_below(sb, 3) ? sb_below(sb, 100) : 0;
	return c;
}

static void program(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;

	sb->completions = sb->records = sb->faulted = sb->retries = sb->fails = 0;
	sb->kill_answers = sb->invalidations = 0;
	sb->killed = sb->may_stale = false;
	b->dev->irq_new = 0;
	/* a lost interrupt ends in the bound on progress, with or without waiting for company */
	dmmu_bench_write(b, DMMU_REG_COALESCE,
			 sb_chance(sb, 500) ? (uint32_t)dmmu_rand(&sb->prng) & 0x03ff03ff : 0);
	dmmu_bench_enable(b);
	sb->clock_offset = dmmu_bench_cycle(b);
	sb->clock_offset -= dmmu_bench_counter(b, DMMU_CNT_CYCLES);
	for (unsigned int i = 0; i < sb->contexts; i++) {
		dmmu_bench_ctx_set(b, (uint16_t)i, sb->ctx[i].root);
		sb->ctx[i].state = CTX_LIVE;
	}
	sb->last_progress = dmmu_bench_cycle(b);
}

static void take_records(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	struct dmmu_cpl cpl;
	struct dmmu_flt flt;
	uint8_t news = b->dev->irq_new;
	bool cpls = !sb->by_irq || news >> DMMU_IRQ_CPL & 1;
	bool flts = !sb->by_irq || news >> DMMU_IRQ_FLT & 1;
	uint32_t cpl_head = b->cpl_head, flt_head = b->flt_head;

	b->dev->irq_new = 0;
	while (cpls && dmmu_bench_cpl_take(b, &cpl))
		sb_take_completion(sb, &cpl);
	while (flts && dmmu_bench_flt_take(b, &flt))
		sb_take_fault(sb, &flt);
	/* with interrupts, writing the head is what arms the next one; so also when nothing was
	 * there */
	if (b->cpl_head != cpl_head || (sb->by_irq && cpls))
		dmmu_bench_write(b, DMMU_REG_CPL_HEAD, b->cpl_head);
	if (b->flt_head != flt_head || (sb->by_irq && flts))
		dmmu_bench_write(b, DMMU_REG_FLT_HEAD, b->flt_head);
}

static void step(struct scoreboard *sb, bool submit)
{
	struct dmmu_bench *b = sb->bench;
	uint64_t cycle;

	dmmu_bench_run(b, 1 + sb_below(sb, 30));
	if (sb->by_irq || sb_chance(sb, 300))
		take_records(sb);
	sb_answer_faults(sb);
	sb_revive(sb);
	if (submit) {
		sb_host_events(sb);
		sb_submit_copies(sb);
		if (sb_chance(sb, 500)) {
			unsigned int n = 1 + sb_below(sb, 6);
			bool any = false;

			while (n--)
				any |= sb_submit(sb);
			if (any)
				dmmu_bench_work_ring(b);
		}
	}
	sb_copies_check_progress(sb);
	cycle = dmmu_bench_cycle(b);
	if (!sb_outstanding(sb)) {
		sb->last_progress = cycle;
	} else if (cycle - sb->last_progress > PROGRESS_BOUND) {
		for (unsigned int i = 0; i < MAX_ITEMS; i++)
			if (sb->item[i].live)
				fprintf(stderr, "outstanding: op %u cookie %llu context %u\n",
					sb->item[i].work.op,
					(unsigned long long)sb->item[i].work.cookie,
					sb->item[i].work.ctx);
		dmmu_bench_fail(b, "I8: nothing was completed and nothing faulted for %u cycles",
				PROGRESS_BOUND);
	}
}

static void check_counters(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	uint32_t error = dmmu_bench_read(b, DMMU_REG_ERROR);
	uint32_t may = (sb->may_stale ? DMMU_ERROR_STALE_ANSWER : 0) |
		       (sb->may_table_bus ? DMMU_ERROR_LOCAL_BUS : 0);

	BENCH_EQ(b, error & ~may, sb->copy_errors);
	sb->copy_errors = 0;
	dmmu_bench_write(b, DMMU_REG_ERROR, error);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_WORK_DONE), sb->completions);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_FAULT_RECORDS), sb->records);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_CTL_COMMANDS), b->ctl_tail);
	BENCH_EQ(b, dmmu_bench_status(b)->ctl_failed, 0);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_INVALIDATIONS), sb->invalidations);
	BENCH_EQ(b,
		 dmmu_bench_counter(b, DMMU_CNT_TLB_L1_HITS) +
			 dmmu_bench_counter(b, DMMU_CNT_TLB_L2_HITS) +
			 dmmu_bench_counter(b, DMMU_CNT_TLB_MISSES),
		 dmmu_bench_counter(b, DMMU_CNT_TLB_LOOKUPS));
	if (sb->killed)
		return; /* kills and answers race, so the shares are not known */
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_FAULTS), sb->faulted);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_FAULT_RECORDS), sb->records);
	for (unsigned int t = 0; t < b->threads; t++)
		BENCH_CHECK(b, sb->thread[t].told == sb->thread[t].completed,
			    "records tell of %llu faults of thread %u, completions of %llu",
			    (unsigned long long)sb->thread[t].told, t,
			    (unsigned long long)sb->thread[t].completed);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_RETRIES), sb->retries);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_FAILS), sb->fails);
}

/* Let everything end, then look at all of memory, all entries and the counters. */
static void quiesce(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	uint64_t end = dmmu_bench_cycle(b) + QUIESCE_BOUND;
	bool live;

	do {
		step(sb, false);
		live = !sb->cmd_count && !sb_outstanding(sb) && !sb_copies_outstanding(sb);
		for (unsigned int i = 0; i < sb->contexts; i++)
			live &= sb->ctx[i].state == CTX_LIVE;
		if (dmmu_bench_cycle(b) > end)
			dmmu_bench_fail(b, "not at rest within %u cycles", QUIESCE_BOUND);
		dmmu_bench_ctl_ring(b);
	} while (!live);
	sb->by_irq = !sb->by_irq; /* the other half of the life of this seed */
	take_records(sb);
	b->dev->irq_new = 0xff; /* what came before counts for the new way */
	BENCH_UNTIL(b, !b->dev->out.busy, SETTLE_BOUND);
	dmmu_bench_run(b, 8);
	BENCH_EQ(b, b->dev->out.busy, 0);
	/* a record of a killed thread may still have been on its way */
	while (dmmu_bench_status(b)->flt_tail != b->flt_head)
		take_records(sb);
	BENCH_EQ(b, dmmu_bench_read(b, DMMU_REG_STATUS), DMMU_STATUS_READY);
	sb_check_memory(sb);
	sb_copies_check(sb);
	check_counters(sb);
}

static void reset(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;

	if (sb_chance(sb, 500)) {
		if (!dmmu_device_flr(b->dev, SETTLE_BOUND))
			dmmu_bench_fail(b, "%s",
					b->dev->error ? b->dev->error
						      : "function-level reset not done in time");
	} else {
		dmmu_bench_write(b, DMMU_REG_CTRL, DMMU_CTRL_ENABLE | DMMU_CTRL_RESET);
		BENCH_UNTIL(b, !(dmmu_bench_read(b, DMMU_REG_CTRL) & DMMU_CTRL_RESET),
			    SETTLE_BOUND);
	}
	BENCH_CHECK(b, dmmu_mem_idle(b->dev->host) && dmmu_mem_idle(b->dev->local),
		    "a reset is done with a bus access in flight");
	BENCH_EQ(b, dmmu_bench_read(b, DMMU_REG_STATUS), DMMU_STATUS_READY);
	BENCH_EQ(b, dmmu_bench_read(b, DMMU_REG_CTRL), 0);
	sb_acknowledge(sb, true);
	sb_forget_work(sb);
	sb_copies_forget(sb);
	for (unsigned int t = 0; t < MAX_THREADS; t++)
		sb->fault[t].live = false;
	memset(sb->thread, 0, sizeof(sb->thread));
	sb->total_resets++;
	program(sb);
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct scoreboard *sb = calloc(1, sizeof(*sb));
	struct dmmu_bench_config config;
	uint64_t next_quiesce, next_reset;
	char replay[512];

	if (!sb || !(sb->cmd = calloc(1024, sizeof(*sb->cmd)))) {
		perror(argv[0]);
		return 1;
	}
	snprintf(replay, sizeof(replay), "%s --seed %llu --ops %llu%s%s", argv[0],
		 (unsigned long long)o.seed, (unsigned long long)o.ops,
		 o.no_resets ? " --no-resets" : "", o.no_kills ? " --no-kills" : "");
	sb->prng = dmmu_prng(o.seed, 0x5b);
	config = configure(sb, &o);
	sb->bench = dmmu_bench_new(&config);
	sb->bench->replay = replay;
	sb->contexts = sb->bench->contexts < MAX_CTX ? sb->bench->contexts : MAX_CTX;
	sb->contexts = 1 + sb_below(sb, sb->contexts);
	sb->scratch = dmmu_bench_alloc_host(sb->bench, (2 * PAGE << config.ctl_log2) + PAGE, PAGE);
	sb_copies_init(sb);
	sb_work_init(sb);
	sb_space_init(sb);
	sb_monitor_init(sb);
	if (o.verbose)
		printf("threads %u contexts %u rings ctl %u work %u cpl %u flt %u latency %u %u "
		       "bandwidth %u reorder %d stall %u irq %d invalidate %u kill %u delay %u\n",
		       sb->bench->threads, sb->contexts, 1u << config.ctl_log2,
		       1u << config.work_log2, 1u << config.cpl_log2, 1u << config.flt_log2,
		       config.host_latency, config.local_latency, config.host_bandwidth,
		       config.reorder, config.stall, sb->by_irq, sb->invalidate_rate, sb->kill_rate,
		       sb->answer_delay);
	program(sb);
	next_quiesce = 1 + sb_below(sb, 500);
	next_reset = o.no_resets ? UINT64_MAX : 1 + sb_below(sb, 1000);
	while (sb->total_ops < o.ops) {
		step(sb, true);
		if (sb->total_ops >= next_quiesce) {
			quiesce(sb);
			next_quiesce = sb->total_ops + 1 + sb_below(sb, 1000);
			if (o.verbose)
				printf("%llu ops, cycle %llu\n", (unsigned long long)sb->total_ops,
				       (unsigned long long)dmmu_bench_cycle(sb->bench));
		}
		if (sb->total_ops >= next_reset) {
			reset(sb);
			next_reset = sb->total_ops + 1 + sb_below(sb, 2000);
		}
	}
	quiesce(sb);
	printf("scoreboard: seed %llu ok: %llu cycles, %llu operations, %llu faults, %llu "
	       "invalidations, "
	       "%llu pages moved, %llu kills, %llu resets, %llu copies, %llu PT_AGE\n",
	       (unsigned long long)o.seed, (unsigned long long)dmmu_bench_cycle(sb->bench),
	       (unsigned long long)sb->total_ops, (unsigned long long)sb->total_faults,
	       (unsigned long long)sb->total_invals, (unsigned long long)sb->total_moves,
	       (unsigned long long)sb->total_kills, (unsigned long long)sb->total_resets,
	       (unsigned long long)sb->total_copies, (unsigned long long)sb->total_ages);
	dmmu_bench_free(sb->bench);
	return 0;
}
