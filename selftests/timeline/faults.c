// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c: each fault as both sides saw it, by its tag: what joins the two, whether causes come
 * before effects on the axis, and the table of phases.
 */
#include "timeline.h"

#include <stdlib.h>

#define SLACK 200.0 /* us: a cycle between two readings of the clock is placed by its share */

struct fault *fault_of(struct timeline *timeline, unsigned long tag)
{
	for (size_t i = timeline->fault_count; i-- > 0;)
		if (timeline->fault[i].tag == tag)
			return &timeline->fault[i];
	return NULL;
}

struct fault *fault_new(struct timeline *timeline, unsigned long tag)
{
	struct fault *found = fault_of(timeline, tag);

	if (found && !found->replayed)
		return found; /* of another thread that waits for the same answer */
	timeline->fault =
		list_grow(timeline->fault, timeline->fault_count, sizeof(*timeline->fault));
	timeline->fault[timeline->fault_count] = (struct fault){.tag = tag};
	return &timeline->fault[timeline->fault_count++];
}

static bool joined(const struct fault *fault)
{
	return fault->told > 0 && fault->seen > 0 && fault->served > 0 && fault->answered > 0;
}

void faults_judge(struct timeline *timeline)
{
	double slack = SLACK + (double)(timeline->offset_high - timeline->offset_low) / 2e3;

	for (size_t i = 0; i < timeline->fault_count; i++) {
		const struct fault *fault = &timeline->fault[i];

		if (!joined(fault))
			continue;
		timeline->joined++;
		if (fault->told <= fault->seen + slack && fault->seen <= fault->served &&
		    fault->served <= fault->answered + slack)
			timeline->ordered++;
	}
}

bool faults_write(const struct timeline *timeline, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		return false;
	fputs("tag\tfrom_cycle\tdetect_to_record_cycles\trecord_to_answer_cycles\tanswer_to_replay_"
	      "cycles\trecord_to_driver_us\tdriver_us\tanswer_to_device_us\n",
	      out);
	for (size_t i = 0; i < timeline->fault_count; i++) {
		const struct fault *fault = &timeline->fault[i];

		fprintf(out, "%#lx\t%llu\t%llu\t%llu\t%llu", fault->tag,
			(unsigned long long)fault->cycle[0],
			(unsigned long long)(fault->cycle[1] - fault->cycle[0]),
			(unsigned long long)(fault->cycle[2] - fault->cycle[1]),
			(unsigned long long)(fault->cycle[3] - fault->cycle[2]));
		if (joined(fault))
			fprintf(out, "\t%.1f\t%.1f\t%.1f\n", fault->seen - fault->told,
				fault->served - fault->seen, fault->answered - fault->served);
		else
			fputs("\t\t\t\n", out);
	}
	return !fclose(out);
}
