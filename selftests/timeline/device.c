// SPDX-License-Identifier: GPL-2.0
/*
 * device.c: lines of the table of events (verilator-model/events.h) as events of the trace.
 */
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum group group_of(const char *track)
{
	return !strcmp(track, "link") ? GROUP_LINK : GROUP_DEVICE;
}

static void seen(struct timeline *timeline, uint64_t cycle)
{
	if (cycle > timeline->last_cycle)
		timeline->last_cycle = cycle;
}

/* A fault's arrow: out of its record, through the driver, into its replay. */
static void fault(struct timeline *timeline, const char *phase, unsigned long tag,
		  const char *track, uint64_t begin, uint64_t end)
{
	double from = clock_of_cycle(timeline, begin);
	struct fault *fault;

	if (!strcmp(phase, "record")) {
		json_flow(timeline, FLOW_BEGIN, GROUP_DEVICE, track, from, tag);
		fault = fault_new(timeline, tag);
		fault->cycle[0] = begin;
		fault->cycle[1] = end;
		fault->told = clock_of_cycle(timeline, end);
	} else if (!strcmp(phase, "replay")) {
		json_flow(timeline, FLOW_END, GROUP_DEVICE, track, from, tag);
		fault = fault_of(timeline, tag);
		if (!fault)
			return;
		fault->cycle[2] = begin;
		fault->cycle[3] = end;
		fault->answered = from;
		fault->replayed = true;
	}
}

static void span(struct timeline *timeline, char *line)
{
	const char *track = word(&line);
	uint64_t begin = strtoull(word(&line), NULL, 10), end = strtoull(word(&line), NULL, 10);
	const char *name = word(&line);
	const char *args = word(&line), *tag = strstr(args, "tag=");
	double from = clock_of_cycle(timeline, begin), to = clock_of_cycle(timeline, end);
	char text[512];

	snprintf(text, sizeof(text), "cycles=%" PRIu64 " from_cycle=%" PRIu64 " %s", end - begin,
		 begin, args);
	json_span(timeline, group_of(track), track, from, to, name, text);
	if (tag)
		fault(timeline, name, strtoul(tag + 4, NULL, 0), track, begin, end);
	timeline->spans++;
	timeline->stalls += !strcmp(name, "stall");
	seen(timeline, end);
}

static void event(struct timeline *timeline, char *line)
{
	const char *track = word(&line);
	uint64_t cycle = strtoull(word(&line), NULL, 10);
	const char *name = word(&line);
	char text[512];

	snprintf(text, sizeof(text), "cycle=%" PRIu64 " %s", cycle, word(&line));
	json_event(timeline, group_of(track), track, clock_of_cycle(timeline, cycle), name, text);
	timeline->events++;
	seen(timeline, cycle);
}

void device_write(struct timeline *timeline, FILE *events)
{
	char text[1024], *line;

	while ((line = fgets(text, sizeof(text), events))) {
		line[strcspn(line, "\n")] = 0;
		const char *kind = word(&line);

		if (!strcmp(kind, "span")) {
			span(timeline, line);
		} else if (!strcmp(kind, "event")) {
			event(timeline, line);
		} else if (!strcmp(kind, "level")) {
			const char *name = word(&line);
			uint64_t cycle = strtoull(word(&line), NULL, 10);

			json_level(timeline, name, clock_of_cycle(timeline, cycle), word(&line));
		}
	}
}
