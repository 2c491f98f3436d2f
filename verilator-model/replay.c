// SPDX-License-Identifier: GPL-2.0
/*
 * replay.c: dmmu-replay: runs the device again from a log of its inputs (sim/stimulus.h): no guest,
 * no bridge, no memory; what the device read is in the log. Says whether all that came out of it is
 * the same as then, and if not, since when.
 */
#include "dmmu_link.h"
#include "events.h"
#include "number.h"
#include "stimulus.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { EXIT_SAME, EXIT_DIFFERENT, EXIT_USAGE, EXIT_LOG };

struct options {
	const char *log, *wave, *events;
	uint64_t from, to;
	bool messages;
};

static const char usage[] =
	"usage: dmmu-replay LOG [--wave FILE [--from CYCLE]] [--to CYCLE] [--messages]\n"
	"                   [--events FILE]\n"
	"Runs the device again with exactly the inputs of a log that dmmu-model --record-log "
	"wrote, and\n"
	"compares what comes out.\n\n"
	"  --wave FILE     waveform, FST, of the cycles from --from to --to\n"
	"  --events FILE   what happened, as a table: stalls, walks, commands, interrupts, bus "
	"load\n"
	"  --to CYCLE      stop after this cycle\n"
	"  --messages      print what the host said, and what went wrong on purpose, with its "
	"cycle\n\n"
	"Ends with 0 when all is as it was, 1 when it is not, 2 on wrong usage, 3 when the log "
	"cannot\n"
	"be read.\n";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t number(const char *option, const char *text)
{
	uint64_t value;

	if (!number_parse(text, UINT64_MAX, &value)) {
		fprintf(stderr, "dmmu-replay: --%s takes a cycle, not '%s'\n", option, text);
		exit(EXIT_USAGE);
	}
	return value;
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"wave", 1, NULL, 'w'},
		{"from", 1, NULL, 'f'},
		{"to", 1, NULL, 't'},
		{"messages", 0, NULL, 'm'},
		{"events", 1, NULL, 'e'},
		{"help", 0, NULL, 'h'},
		{0},
	};
	struct options o = {.to = UINT64_MAX};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'w':
			o.wave = optarg;
			break;
		case 'f':
			o.from = number("from", optarg);
			break;
		case 't':
			o.to = number("to", optarg);
			break;
		case 'm':
			o.messages = true;
			break;
		case 'e':
			o.events = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SAME);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind + 1 != argc || (o.from && !o.wave) || o.to < o.from) {
		fprintf(stderr, "dmmu-replay: %s; see --help\n",
			optind + 1 != argc ? "it takes one log"
			: o.to < o.from	   ? "--to comes before --from"
					   : "--from needs --wave FILE");
		exit(EXIT_USAGE);
	}
	o.log = argv[optind];
	return o;
}

static const char *message_name(const struct dmmu_msg *msg)
{
	static const char *const names[] = {"none",	 "read",  "write",     "dma-map",
					    "dma-unmap", "reset", "bus-master"};

	return msg->kind < sizeof(names) / sizeof(*names) ? names[msg->kind] : NULL;
}

static void print_message(const struct dmmu_msg *msg, uint64_t cycle, bool answer)
{
	const char *name = message_name(msg);

	if (answer && msg->kind == DMMU_MSG_IRQ)
		printf("%12" PRIu64 "  < interrupt %" PRIu64 "\n", cycle, msg->aux);
	else if (answer)
		printf("%12" PRIu64 "  < completion %u, status %u, 0x%" PRIx64 "\n", cycle,
		       msg->tag, msg->status, msg->data);
	else if (name)
		printf("%12" PRIu64 "  > %s %u, bar %u, 0x%" PRIx64 " + %" PRIu64 ", 0x%" PRIx64
		       "\n",
		       cycle, name, msg->tag, msg->bar, msg->addr, msg->size, msg->data);
}

static void note_message(struct events *events, const struct dmmu_msg *msg, bool answer)
{
	const char *name = message_name(msg);
	char text[160];

	if (answer && msg->kind == DMMU_MSG_IRQ) {
		snprintf(text, sizeof(text), "vector=%" PRIu64, msg->aux);
		events_note(events, "link", "interrupt", text);
	} else if (answer) {
		snprintf(text, sizeof(text), "tag=%u status=%u data=0x%" PRIx64, msg->tag,
			 msg->status, msg->data);
		events_note(events, "link", "completion", text);
	} else if (name) {
		snprintf(text, sizeof(text),
			 "tag=%u bar=%u addr=0x%" PRIx64 " size=%" PRIu64 " data=0x%" PRIx64,
			 msg->tag, msg->bar, msg->addr, msg->size, msg->data);
		events_note(events, "link", name, text);
	}
}

static void remark(const struct stimulus_record *record, uint64_t cycle, const struct options *o,
		   struct events *events)
{
	const char *text = (const char *)record->remark.bytes;
	char kind = record->remark.kind;
	struct dmmu_msg msg = {0};
	uint64_t ns;

	if (kind == STIMULUS_LIMIT)
		printf("the log ends in cycle %" PRIu64 ", where it had reached its limit\n",
		       cycle);
	if (kind == STIMULUS_FAULT && o->messages)
		printf("%12" PRIu64 "  ! %s\n", cycle, text);
	if (kind == STIMULUS_FAULT && events)
		events_note(events, "link", text, "");
	if (kind == STIMULUS_CLOCK && record->remark.length == sizeof(ns) && events) {
		memcpy(&ns, record->remark.bytes, sizeof(ns));
		events_clock(events, ns);
	}
	if (record->remark.length != sizeof(msg) ||
	    (kind != STIMULUS_MESSAGE && kind != STIMULUS_ANSWER))
		return;
	memcpy(&msg, record->remark.bytes, sizeof(msg));
	if (o->messages)
		print_message(&msg, cycle, kind == STIMULUS_ANSWER);
	if (events)
		note_message(events, &msg, kind == STIMULUS_ANSWER);
}

static int replay(struct stimulus *log, struct dmmu_sim *sim, const struct options *o,
		  struct events *events)
{
	struct stimulus_record record = {0};
	struct dmmu_pins_out out;
	uint64_t hash = 0, hashes = 0, good = 0, cycle = 0;
	double begun = now(), seconds;
	enum stimulus_what what = STIMULUS_CYCLE;
	bool broken = false, same = true;

	while (same && !broken && cycle <= o->to) {
		what = stimulus_next(log, &record);
		if (what == STIMULUS_CYCLE) {
			unsigned int clocks = dmmu_sim_clocks(sim);

			if (!dmmu_sim_cycle(sim, &record.in, &out)) {
				broken = true;
				/* the recorded run ended here, if it was the same */
				what = stimulus_next(log, &record);
				same = what != STIMULUS_CYCLE && what != STIMULUS_HASH;
				break;
			}
			hash = stimulus_hash(hash, &out);
			if (events)
				events_cycle(events, sim, clocks, &record.in, &out);
			cycle = dmmu_sim_cycles(sim);
		} else if (what == STIMULUS_HASH) {
			same = stimulus_hash_short(hash) == record.hash;
			hashes++;
			good = same ? cycle : good;
		} else if (what == STIMULUS_REMARK) {
			remark(&record, cycle, o, events);
		} else {
			break;
		}
	}
	seconds = now() - begun;
	if (what == STIMULUS_BAD) {
		fprintf(stderr, "dmmu-replay: %s: %s, after cycle %" PRIu64 "\n", o->log,
			stimulus_error(log), cycle);
		return EXIT_LOG;
	}
	if (broken)
		printf("the device broke, as logged inputs make it: %s\n", dmmu_sim_error(sim));
	if (!same)
		printf("DIFFERENT from the recorded run: at some cycle from %" PRIu64 " to %" PRIu64
		       "\n",
		       good, cycle - 1);
	printf("%s%" PRIu64 " cycles in %.3f s (%.3f s of CPU time, %.3f MHz), %" PRIu64
	       " states compared%s\n",
	       same ? "the same: " : "", cycle, seconds, (double)clock() / CLOCKS_PER_SEC,
	       seconds > 0 ? (double)cycle / seconds * 1e-6 : 0, hashes,
	       what == STIMULUS_CUT ? "; the log was cut off here, its writer was killed" : "");
	return same ? EXIT_SAME : EXIT_DIFFERENT;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct stimulus *log = stimulus_read_open(o.log);
	const char *local = NULL, *coherent;
	struct dmmu_straps straps;
	struct dmmu_sim *sim = NULL;
	struct events *events = NULL;
	struct stat file;
	int status = EXIT_LOG;

	if (!log) {
		fprintf(stderr, "dmmu-replay: %s: %s\n", o.log, strerror(errno));
		return EXIT_LOG;
	}
	local = stimulus_header(log, "local_bytes");
	if (!local || stimulus_error(log)) {
		fprintf(stderr, "dmmu-replay: %s: %s\n", o.log,
			stimulus_error(log) ? stimulus_error(log) : "its header lacks local_bytes");
		goto out;
	}
	straps.local_size = strtoull(local, NULL, 10); /* before the next line takes its place */
	coherent = stimulus_header(log, "local_coherent"); /* older logs lack it: 0 */
	straps.local_coherent = coherent && strcmp(coherent, "0");
	sim = dmmu_sim_new(&straps);
	if (!sim) {
		fprintf(stderr, "dmmu-replay: out of memory\n");
		goto out;
	}
	if (o.wave &&
	    !dmmu_sim_trace(sim, o.wave, o.from, o.to == UINT64_MAX ? 0 : o.to - o.from + 1)) {
		fprintf(stderr, "dmmu-replay: cannot write %s: %s\n", o.wave, strerror(errno));
		goto out;
	}
	if (o.messages)
		printf("recorded by: %s\n", stimulus_header(log, "command"));
	if (!stat(o.log, &file))
		printf("%s: %lld bytes\n", o.log, (long long)file.st_size);
	if (o.events) {
		events = events_open(o.events, straps.local_size);
		if (!events) {
			fprintf(stderr, "dmmu-replay: cannot write %s: %s\n", o.events,
				strerror(errno));
			goto out;
		}
	}
	status = replay(log, sim, &o, events);
	if (!events_close(events)) {
		fprintf(stderr, "dmmu-replay: %s is not complete\n", o.events);
		status = EXIT_LOG;
	}
	dmmu_sim_trace_close(sim);
out:
	dmmu_sim_free(sim);
	stimulus_read_close(log);
	return status;
}
