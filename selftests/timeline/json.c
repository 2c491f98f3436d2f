// SPDX-License-Identifier: GPL-2.0
/*
 * json.c: the trace event format that Chrome and Perfetto read: an array of objects; a track is a
 * "thread" of a "process". Names and arguments come from our own tables, and are escaped all the
 * same.
 */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#define TRACKS 512

static struct {
	char name[48];
	enum group group;
} tracks[TRACKS];
static unsigned int track_count;

static void text(FILE *out, const char *from, size_t length)
{
	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)from[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void open_object(struct timeline *timeline)
{
	fputs(timeline->some ? ",\n{" : "\n{", timeline->out);
	timeline->some = true;
}

/* In the order in which people want to see them: threads, then walks, then the rest. */
static int rank(const char *name)
{
	static const char *const order[] = {"thread",	    "walks",	 "invalidation",
					    "control ring", "copy ring", "work ring",
					    "interrupts",   "registers"};
	size_t words = strcspn(name, "0123456789");
	int number = atoi(name + words);

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (!strncmp(name, order[i], strlen(order[i])))
			return (int)i * 1000 + number;
	return 100000 + number;
}

static unsigned int track_id(struct timeline *timeline, enum group group, const char *name)
{
	unsigned int i;

	for (i = 0; i < track_count; i++)
		if (tracks[i].group == group && !strcmp(tracks[i].name, name))
			return i + 1;
	if (track_count == TRACKS)
		return TRACKS;
	snprintf(tracks[i].name, sizeof(tracks[i].name), "%s", name);
	tracks[i].group = group;
	track_count++;
	for (int what = 0; what < 2; what++) {
		open_object(timeline);
		fprintf(timeline->out,
			"\"ph\":\"M\",\"pid\":%d,\"tid\":%u,\"name\":\"%s\",\"args\":{", group,
			i + 1, what ? "thread_sort_index" : "thread_name");
		if (what) {
			fprintf(timeline->out, "\"sort_index\":%d", rank(name));
		} else {
			fputs("\"name\":", timeline->out);
			text(timeline->out, name, strlen(name));
		}
		fputs("}}", timeline->out);
	}
	return i + 1;
}

static void arguments(FILE *out, const char *args)
{
	const char *comma = "";

	fputs(",\"args\":{", out);
	while (*(args += strspn(args, " "))) {
		size_t length = strcspn(args, " "), name = strcspn(args, "= ");

		fputs(comma, out);
		text(out, args, name);
		fputc(':', out);
		if (name < length)
			text(out, args + name + 1, length - name - 1);
		else
			fputs("true", out);
		comma = ",";
		args += length;
	}
	fputc('}', out);
}

void json_begin(struct timeline *timeline)
{
	static const char *const names[] = {"device (RTL, cycles)", "link (host and device)",
					    "driver (guest)"};

	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", timeline->out);
	for (int i = 0; i < 3; i++) {
		open_object(timeline);
		fprintf(timeline->out,
			"\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"%"
			"s\"}}",
			i + 1, names[i]);
		open_object(timeline);
		fprintf(timeline->out,
			"\"ph\":\"M\",\"pid\":%d,\"name\":\"process_sort_index\",\"args\":{\"sort_"
			"index\":%d}}",
			i + 1, i);
	}
}

void json_end(struct timeline *timeline)
{
	fputs("\n]}\n", timeline->out);
}

static void head(struct timeline *timeline, const char *phase, enum group group, const char *track,
		 double at, const char *name)
{
	unsigned int tid = track_id(timeline, group, track);

	open_object(timeline);
	fprintf(timeline->out, "\"ph\":\"%s\",\"pid\":%d,\"tid\":%u,\"ts\":%.3f,\"name\":", phase,
		group, tid, at);
	text(timeline->out, name, strlen(name));
}

void json_span(struct timeline *timeline, enum group group, const char *track, double begin,
	       double end, const char *name, const char *args)
{
	head(timeline, "X", group, track, begin, name);
	fprintf(timeline->out, ",\"dur\":%.3f", end > begin ? end - begin : 0);
	arguments(timeline->out, args);
	fputc('}', timeline->out);
}

void json_event(struct timeline *timeline, enum group group, const char *track, double at,
		const char *name, const char *args)
{
	head(timeline, "i", group, track, at, name);
	fputs(",\"s\":\"t\"", timeline->out);
	arguments(timeline->out, args);
	fputc('}', timeline->out);
}

void json_level(struct timeline *timeline, const char *name, double at, const char *value)
{
	open_object(timeline);
	fprintf(timeline->out, "\"ph\":\"C\",\"pid\":%d,\"ts\":%.3f,\"name\":", GROUP_DEVICE, at);
	text(timeline->out, name, strlen(name));
	fprintf(timeline->out, ",\"args\":{\"%% of its beats\":%d}}", atoi(value));
}

void json_flow(struct timeline *timeline, enum flow flow, enum group group, const char *track,
	       double at, unsigned long tag)
{
	static const char *const phases[] = {"", "s", "t", "f"};

	head(timeline, phases[flow], group, track, at, "fault");
	fprintf(timeline->out, ",\"cat\":\"fault\",\"id\":%lu%s}", tag,
		flow == FLOW_END ? ",\"bp\":\"e\"" : "");
}
