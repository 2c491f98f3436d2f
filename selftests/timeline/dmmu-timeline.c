// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-timeline EVENTS [--guest TEST_LOG] --out FILE.json: one trace for Perfetto or
 * chrome://tracing of what the device did (the table that dmmu-replay --events makes) and what the
 * driver did (the lines that dmmu-trace printed in the guest), on one axis of time.
 *
 * Time is that of the host. A cycle is placed by the readings of the clock that the model left in
 * its log; the guest's clock is placed by accesses to the device that both sides saw: the offset
 * lies between two bounds, of which the middle is taken, and the summary says how far they are
 * apart. Without readings the axis is cycles, a microsecond each, and the guest's side is left out.
 */
#include "timeline.h"

#include "dmmu_regs.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: dmmu-timeline EVENTS [--guest TEST_LOG] [--cycles] [--faults FILE] --out "
	"FILE.json\n"
	"One trace for Perfetto (https://ui.perfetto.dev) or chrome://tracing.\n\n"
	"  EVENTS           what the device did: dmmu-replay LOG --events EVENTS\n"
	"  --guest FILE     what the driver did: the output of dmmu-trace in the guest\n"
	"  --cycles         the axis is device cycles, not time; without the guest's side\n"
	"  --faults FILE    a table of the faults and their phases too\n"
	"  --strict         it must show faults, each of them on both sides and, but for one in "
	"ten (a\n"
	"                   cycle between two readings of the clock is placed by its share), in "
	"order\n"
	"  --out FILE.json  where to\n\n"
	"Ends with 0, 1 when something could not be read or written, 2 on wrong usage, "
	"3 when --strict finds less.\n";

static _Noreturn void wrong(const char *what)
{
	fprintf(stderr, "dmmu-timeline: %s; see --help\n", what);
	exit(2);
}

static FILE *must_open(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file)
		return file;
	fprintf(stderr, "dmmu-timeline: %s: %s\n", path, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"guest", 1, NULL, 'g'},   {"out", 1, NULL, 'o'},
		{"cycles", 0, NULL, 'c'},  {"faults", 1, NULL, 'f'},
		{"version", 0, NULL, 'V'}, {"strict", 0, NULL, 's'},
		{"help", 0, NULL, 'h'},	   {0},
	};
	const char *guest = NULL, *out = NULL, *faults = NULL;
	struct timeline timeline = {0};
	bool cycles = false, strict = false;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'g':
			guest = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'c':
			cycles = true;
			break;
		case 'f':
			faults = optarg;
			break;
		case 's':
			strict = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("dmmu-timeline %u.%u.%u\n", DMMU_RST_RELEASE >> 16,
			       DMMU_RST_RELEASE >> 8 & 0xff, DMMU_RST_RELEASE & 0xff);
			return 0;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc)
		wrong("it takes one table of events");
	if (!out)
		wrong("--out is missing");
	if (cycles && guest)
		wrong("the guest's side has no cycles");

	FILE *events = must_open(argv[optind], "re");

	clock_read(&timeline, events, cycles);
	rewind(events);
	if (guest && timeline.readings) {
		FILE *log = must_open(guest, "re");

		offset_read(&timeline, log);
		rewind(log);
		timeline.out = must_open(out, "we");
		json_begin(&timeline);
		device_write(&timeline, events);
		if (timeline.have_offset)
			guest_write(&timeline, log);
		fclose(log);
	} else {
		timeline.out = must_open(out, "we");
		json_begin(&timeline);
		device_write(&timeline, events);
	}
	fclose(events);
	json_end(&timeline);
	if (ferror(timeline.out) || fclose(timeline.out)) {
		fprintf(stderr, "dmmu-timeline: %s: %s\n", out, strerror(errno));
		return 1;
	}
	faults_judge(&timeline);
	if (faults && !faults_write(&timeline, faults)) {
		fprintf(stderr, "dmmu-timeline: %s: %s\n", faults, strerror(errno));
		return 1;
	}
	printf("timeline: %s (open it in https://ui.perfetto.dev or chrome://tracing)\n"
	       "  device: %u spans and %u events in %" PRIu64 " cycles; %u stalls on %zu faults\n",
	       out, timeline.spans, timeline.events, timeline.last_cycle, timeline.stalls,
	       timeline.fault_count);
	if (timeline.have_offset)
		printf("  driver: %u spans and %u events; %u faults joined with the device's, %u "
		       "with "
		       "causes before effects; clocks agree within %.0f us\n",
		       timeline.guest_spans, timeline.guest_events, timeline.joined,
		       timeline.ordered,
		       (double)(timeline.offset_high - timeline.offset_low) / 2e3);
	else if (guest)
		printf("  driver: left out: %s\n",
		       timeline.readings ? "no access to the device was seen by both sides"
					 : "the log has no readings of the clock");
	bool good = timeline.fault_count && timeline.joined == timeline.fault_count &&
		    timeline.ordered * 10 >= timeline.joined * 9;

	timeline_free(&timeline);
	return strict && !good ? 3 : 0;
}
