/* SPDX-License-Identifier: GPL-2.0 */
/*
 * watch.c: what the lines of the guest mean: complaints on the kernel's console, results and
 * remarks on the test channel.
 */
#include "kernel_log.h"
#include "run.h"
#include "../timeline/trace_prefix.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double run_seconds(const struct run *run)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9 - run->started;
}

void watch_console(void *context, const char *line)
{
	struct run *run = context;
	const char *complaint = kernel_log_complaint(line);

	if (run->options.verbose)
		fprintf(stderr, "kernel: %s\n", line);
	if (complaint && !run->complaint_count++)
		snprintf(run->first_complaint, sizeof(run->first_complaint), "%s: %.400s",
			 complaint, line);
	/* From the first complaint on, so that the report comes with its call trace. */
	if (run->complaint_count && run->complaint_lines < MAX_COMPLAINT_LINES)
		run->complaints[run->complaint_lines++] = strdup(line);
	if (kernel_log_fatal(line) && !run->panic_time)
		run->panic_time = run_seconds(run);
}

static void remark(struct run *run, const char *text)
{
	const struct options *options = &run->options;
	bool tests = options->mode == MODE_KUNIT || options->mode == MODE_SELFTESTS ||
		     options->mode == MODE_HMM;

	if (!strncmp(text, "ready ", 6)) {
		run->ready = true;
		if (tests)
			fprintf(stderr, "vm: guest ready after %s\n", text + 6);
	} else if (!strcmp(text, "end")) {
		run->end_seen = true;
	} else if (!strncmp(text, "exit ", 5)) {
		run->command_end_seen = true;
		if (strcmp(text + 5, "0"))
			snprintf(run->command_end, sizeof(run->command_end), "the command: %.200s",
				 text + 5);
	} else if (!strncmp(text, "rmmod ", 6)) {
		if (strcmp(text + 6, "0"))
			snprintf(run->command_end, sizeof(run->command_end), "rmmod dmmu: %.200s",
				 text + 6);
	} else if (!strncmp(text, "driver at ", 10)) {
		if (options->gdb)
			fprintf(stderr,
				"\r\nvm: in gdb: add-symbol-file %s/guest/modules-%s/dmmu.ko "
				"%s\r\n",
				run->build, options->kernel, text + 10);
	} else if (!strncmp(text, "start ", 6)) {
		fprintf(stderr, "vm: %4.0f s  %s\n", run_seconds(run), text + 6);
	} else if (tests || options->verbose) {
		fprintf(stderr, "vm: %s\n", text);
	}
}

void watch_test(void *context, const char *line)
{
	struct run *run = context;
	struct options *options = &run->options;
	static const char mark[] = "# dmmu-guest: ";
	static const char trace[] = DMMU_TRACE_PREFIX;
	bool ours = !strncmp(line, mark, sizeof(mark) - 1);

	for (int i = 0; i < options->action_count; i++) {
		struct action *action = &options->actions[i];

		if (action->done || !strstr(line, action->pattern))
			continue;
		action->done = true;
		machine_act(run, action->what);
	}
	model_control(run, line);
	qemu_control(run, line);
	if (!strncmp(line, trace, sizeof(trace) - 1))
		return;
	if (ours)
		remark(run, line + sizeof(mark) - 1);
	else if (run->ktap)
		ktap_line(run->ktap, line);
	if (options->mode == MODE_SHELL)
		return; /* passed on raw */
	if (options->mode == MODE_KUNIT || options->mode == MODE_SELFTESTS ||
	    options->mode == MODE_HMM) {
		/* Of a test run, people want to see what goes wrong. */
		const char *text = line + strspn(line, " ");

		if (options->verbose || !strncmp(text, "not ok", 6) ||
		    !strncmp(text, "Bail out!", 9))
			fprintf(stderr, "vm:         %s\n", text);
	} else if (!ours && (run->ready || options->verbose)) {
		puts(line);
		fflush(stdout);
	} else if (!ours) {
		fprintf(stderr, "vm: %s\n", line);
	}
}
