// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c: the axis of time. The device stands still while it has nothing to do, so a cycle lies
 * between two readings of the clock, not on a straight line through all of them.
 */
#include "timeline.h"
#include "trace_prefix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dmmu_regs.h"

void *list_grow(void *list, size_t count, size_t size)
{
	if (count & (count - 1))
		return list; /* room is for the next power of two */
	list = realloc(list, (count ? 2 * count : 1) * size);
	if (!list) {
		fputs("dmmu-timeline: out of memory\n", stderr);
		exit(1);
	}
	return list;
}

char *word(char **line)
{
	char *found = strsep(line, "\t");

	return found ? found : "";
}

void clock_read(struct timeline *timeline, FILE *events, bool cycles_only)
{
	char text[1024], *line;

	while ((line = fgets(text, sizeof(text), events))) {
		line[strcspn(line, "\n")] = 0;
		const char *kind = word(&line);

		if (!strcmp(kind, "clock") && !cycles_only) {
			uint64_t cycle = strtoull(word(&line), NULL, 10);
			uint64_t ns = strtoull(word(&line), NULL, 10);

			timeline->reading = list_grow(timeline->reading, timeline->readings,
						      sizeof(*timeline->reading));
			timeline->reading[timeline->readings++] = (struct reading){cycle, ns};
		} else if (!strcmp(kind, "event") && !strcmp(word(&line), "registers")) {
			uint64_t cycle = strtoull(word(&line), NULL, 10);
			unsigned int reg, value;

			if (strcmp(word(&line), "read") ||
			    sscanf(word(&line), "reg=%x value=%x", &reg, &value) != 2 ||
			    reg != DMMU_REG_SCRATCH)
				continue;
			timeline->mark =
				list_grow(timeline->mark, timeline->marks, sizeof(*timeline->mark));
			timeline->mark[timeline->marks++] = (struct mark){value, cycle};
		}
	}
}

/* The last reading that is not after the cycle; the first when all are. */
static const struct reading *before(const struct timeline *timeline, uint64_t cycle)
{
	size_t low = 0, high = timeline->readings;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (timeline->reading[middle].cycle <= cycle)
			low = middle;
		else
			high = middle;
	}
	return &timeline->reading[low];
}

static double ns_of_cycle(const struct timeline *timeline, uint64_t cycle)
{
	const struct reading *a = before(timeline, cycle), *b = a + 1;
	double rate = 0;

	if (b < timeline->reading + timeline->readings && b->cycle > a->cycle)
		rate = (double)(b->ns - a->ns) / (double)(b->cycle - a->cycle);
	return (double)a->ns + rate * ((double)cycle - (double)a->cycle);
}

double clock_of_cycle(const struct timeline *timeline, uint64_t cycle)
{
	if (!timeline->readings)
		return (double)cycle;
	return (ns_of_cycle(timeline, cycle) - (double)timeline->reading[0].ns) / 1e3;
}

double clock_of_guest(const struct timeline *timeline, double seconds)
{
	double offset = ((double)timeline->offset_low + (double)timeline->offset_high) / 2;

	return (seconds * 1e9 + offset - (double)timeline->reading[0].ns) / 1e3;
}

void offset_read(struct timeline *timeline, FILE *log)
{
	char text[1024];

	timeline->offset_low = INT64_MIN;
	timeline->offset_high = INT64_MAX;
	while (fgets(text, sizeof(text), log)) {
		unsigned int value;
		uint64_t begun, ended;

		if (sscanf(text, DMMU_TRACE_PREFIX "clock %x %" SCNu64 " %" SCNu64, &value, &begun,
			   &ended) != 3)
			continue;
		for (size_t i = 0; i < timeline->marks; i++) {
			int64_t host, low, high;

			if (timeline->mark[i].value != value)
				continue;
			/* The device saw it after the guest began and before it ended. */
			host = (int64_t)ns_of_cycle(timeline, timeline->mark[i].cycle);
			low = host - (int64_t)ended;
			high = host - (int64_t)begun;
			if (low > timeline->offset_low)
				timeline->offset_low = low;
			if (high < timeline->offset_high)
				timeline->offset_high = high;
			timeline->have_offset = true;
		}
	}
	/* Clocks that drift apart a little: the bounds may cross. */
	if (timeline->have_offset && timeline->offset_low > timeline->offset_high) {
		int64_t low = timeline->offset_high;

		timeline->offset_high = timeline->offset_low;
		timeline->offset_low = low;
	}
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->reading);
	free(timeline->mark);
	free(timeline->fault);
}
