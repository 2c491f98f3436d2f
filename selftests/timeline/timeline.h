/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timeline.h: what the files of dmmu-timeline share. clock.c knows where a cycle and a moment of
 * the guest are on the axis, device.c and guest.c turn lines into events, json.c writes them.
 */
#ifndef DMMU_TIMELINE_H
#define DMMU_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum group { GROUP_DEVICE = 1, GROUP_LINK, GROUP_DRIVER }; /* "processes" of the trace */

struct reading {
	uint64_t cycle, ns;
};

/* A read of SCRATCH that the device saw, by its value. */
struct mark {
	uint32_t value;
	uint64_t cycle;
};

/* A fault, on the axis in us; 0: not known. */
struct fault {
	unsigned long tag;
	uint64_t cycle[4];     /* detected, record in memory, answer read, replayed */
	double told, answered; /* by the device */
	double seen, served;   /* by the driver: its record, its answer */
	bool replayed;
};

struct timeline {
	FILE *out;
	bool some; /* of the events are written */
	struct reading *reading;
	size_t readings;
	struct mark *mark;
	size_t marks;
	/* guest's clock + offset = host's clock; both in ns */
	bool have_offset;
	int64_t offset_low, offset_high;
	uint64_t last_cycle;
	struct fault *fault;
	size_t fault_count;
	unsigned int spans, events, stalls, guest_spans, guest_events, joined, ordered;
};

/* clock.c */
void clock_read(struct timeline *timeline, FILE *events, bool cycles_only);
void offset_read(struct timeline *timeline, FILE *log);
double clock_of_cycle(const struct timeline *timeline, uint64_t cycle); /* us on the axis */
double clock_of_guest(const struct timeline *timeline, double seconds); /* us on the axis */
void timeline_free(struct timeline *timeline);

/* Room for one more in a list of `count`; ends the program when there is none. */
void *list_grow(void *list, size_t count, size_t size);

/* faults.c: the last of a tag, or NULL; one that is to be known from now on */
struct fault *fault_of(struct timeline *timeline, unsigned long tag);
struct fault *fault_new(struct timeline *timeline, unsigned long tag);
void faults_judge(struct timeline *timeline);
bool faults_write(const struct timeline *timeline, const char *path);

/* The next word of a tab-separated line, or "". */
char *word(char **line);

void device_write(struct timeline *timeline, FILE *events);
void guest_write(struct timeline *timeline, FILE *log);

/*
 * json.c. Times in us. `args` is key=value words with blanks between. A fault is named by its tag:
 * a flow joins what has the same one.
 */
enum flow { FLOW_NONE, FLOW_BEGIN, FLOW_STEP, FLOW_END };
void json_begin(struct timeline *timeline);
void json_end(struct timeline *timeline);
void json_span(struct timeline *timeline, enum group group, const char *track, double begin,
	       double end, const char *name, const char *args);
void json_event(struct timeline *timeline, enum group group, const char *track, double at,
		const char *name, const char *args);
void json_level(struct timeline *timeline, const char *name, double at, const char *value);
void json_flow(struct timeline *timeline, enum flow flow, enum group group, const char *track,
	       double at, unsigned long tag);

#endif /* DMMU_TIMELINE_H */
