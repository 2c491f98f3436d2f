// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c: the driver's tracepoints (kmod/trace.h) as events of the trace. One with a field ns
 * tells of something that took so long and ends there. Between fetching a batch of fault records
 * and the end of its service, each tracepoint ends a phase, which is named by it.
 */
#include "timeline.h"
#include "trace_prefix.h"

#include <stdlib.h>
#include <string.h>

#define TASKS	 64
#define PHASES	 256
#define MAX_ARGS 256

struct phase {
	double begin, end;
	const char *name;
	char args[MAX_ARGS];
};

/* A thread of the kernel or of a process, and what is known of the service it is at. */
struct task {
	char name[48];
	double last; /* when its last tracepoint was, us; 0: before the service began */
	struct phase phase[PHASES];
	unsigned int phases;
};

static struct task tasks[TASKS];

static struct task *find_task(const char *name)
{
	for (unsigned int i = 0; i < TASKS; i++) {
		if (!*tasks[i].name)
			snprintf(tasks[i].name, sizeof(tasks[i].name), "%s", name);
		if (!strcmp(tasks[i].name, name))
			return &tasks[i];
	}
	return &tasks[TASKS - 1];
}

static const char *phase_name(const char *event)
{
	static const char *const names[][2] = {{"dmmu_hmm_fault", "hmm_range_fault"},
					       {"dmmu_map", "map"},
					       {"dmmu_answer", "answer"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(event, names[i][0]))
			return names[i][1];
	return NULL;
}

static void phase(struct task *task, const char *event, double at, const char *args)
{
	const char *name = phase_name(event);

	if (name && task->phases < PHASES) {
		struct phase *next = &task->phase[task->phases++];

		*next = (struct phase){.begin = task->last, .end = at, .name = name};
		snprintf(next->args, sizeof(next->args), "%s", args);
	}
	task->last = at;
}

static void service_end(struct timeline *timeline, struct task *task, double begin)
{
	for (unsigned int i = 0; i < task->phases; i++) {
		const struct phase *phase = &task->phase[i];
		double from = phase->begin < begin ? begin : phase->begin;

		if (phase->end < begin)
			continue;
		json_span(timeline, GROUP_DRIVER, task->name, from, phase->end, phase->name,
			  phase->args);
		timeline->guest_spans++;
	}
	task->phases = 0;
	task->last = 0;
}

static double field(const char *args, const char *name)
{
	const char *found = strstr(args, name);

	return found ? strtod(found + strlen(name), NULL) : -1;
}

static void flow(struct timeline *timeline, const char *task, const char *event, double at,
		 const char *args)
{
	const char *found = strstr(args, "tag=");
	unsigned long tag = found ? strtoul(found + 4, NULL, 0) : 0;
	struct fault *fault = found ? fault_of(timeline, tag) : NULL;

	if (!fault)
		return;
	json_flow(timeline, FLOW_STEP, GROUP_DRIVER, task, at, tag);
	if (!strcmp(event, "dmmu_answer"))
		fault->served = at;
	else
		fault->seen = at;
}

/* "dmmu-demo-71      [001] .....     3.141592: dmmu_answer: dmmu0 ctx=1 ..." */
static void trace_line(struct timeline *timeline, char *line)
{
	char *bracket = strstr(line, " ["), *name, *args, *end;
	double seconds, at, ns;
	struct task *task;

	if (!bracket)
		return;
	for (end = bracket; end > line && end[-1] == ' '; end--)
		;
	*end = 0;
	line += strspn(line, " ");
	/* past the CPU and the flags */
	name = strchr(bracket + 2, ' ');
	name = name ? name + strspn(name, " ") : NULL;
	name = name ? strchr(name, ' ') : NULL;
	if (!name)
		return;
	seconds = strtod(name, &name);
	if (*name != ':' || seconds <= 0)
		return;
	name += 1 + strspn(name + 1, " ");
	args = strchr(name, ':');
	if (!args)
		return;
	*args++ = 0;
	args += strspn(args, " ");

	at = clock_of_guest(timeline, seconds);
	ns = field(args, " ns=");
	task = find_task(line);
	if (ns >= 0) {
		if (!strcmp(name, "dmmu_fault_service"))
			service_end(timeline, task, at - ns / 1e3);
		json_span(timeline, GROUP_DRIVER, task->name, at - ns / 1e3, at,
			  strncmp(name, "dmmu_", 5) ? name : name + 5, args);
		timeline->guest_spans++;
		return;
	}
	phase(task, name, at, args);
	json_event(timeline, GROUP_DRIVER, task->name, at,
		   strncmp(name, "dmmu_", 5) ? name : name + 5, args);
	timeline->guest_events++;
	if (!strcmp(name, "dmmu_fault_record") || !strcmp(name, "dmmu_answer"))
		flow(timeline, task->name, name, at, args);
}

void guest_write(struct timeline *timeline, FILE *log)
{
	char text[1024];

	while (fgets(text, sizeof(text), log)) {
		text[strcspn(text, "\r\n")] = 0;
		if (!strncmp(text, DMMU_TRACE_PREFIX, sizeof(DMMU_TRACE_PREFIX) - 1) &&
		    strncmp(text + sizeof(DMMU_TRACE_PREFIX) - 1, "clock ", 6))
			trace_line(timeline, text + sizeof(DMMU_TRACE_PREFIX) - 1);
	}
}
