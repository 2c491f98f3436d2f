/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h: one run: the options, the folders, QEMU and the processes of each device, the two
 * channels, and what was found.
 *
 * machine.c starts and stops the processes, watch.c understands what comes over the channels,
 * dmmu-vm.c is the loop and the verdict.
 */
#ifndef DMMU_VM_RUN_H
#define DMMU_VM_RUN_H

#include "channel.h"
#include "ktap.h"
#include "options.h"
#include "process.h"
#include "results.h"

#include <limits.h>
#include <signal.h>

#define MAX_COMPLAINT_LINES 80

/* What stands behind one PCI function. */
struct device {
	int id;
	struct process bridge, model;
	bool model_disturbed; /* an action killed or stopped it: its end is no failure */
	bool model_ended_early;
	bool recorded; /* its first model has a stimulus.log; one that was restarted has none */
};

struct run {
	struct options options;
	char dir[2048]; /* logs and results */
	char work[64];	/* sockets and disks: a short path, as unix sockets need; removed at the end
			 */
	char build[PATH_MAX]; /* build directory this program is in */
	char kernel_dir[PATH_MAX];
	struct process qemu;
	struct device devices[MAX_DEVICES]; /* options.devices of them */
	struct channel console, test;

	struct results results;
	struct ktap *ktap;
	double started;
	bool ready, end_seen;
	char command_end[256]; /* "# dmmu-guest: exit ..." and "rmmod ..." that are no "0" */
	bool command_end_seen;
	char *complaints[MAX_COMPLAINT_LINES]; /* console lines from the first complaint on */
	int complaint_lines;
	int complaint_count;
	char first_complaint[512];
	double panic_time; /* 0: none */
};

double run_seconds(const struct run *run); /* since the start */

/* The name of a file or process of a device: of the first as it is, of the others with the number.
 */
void device_name(const struct device *device, const char *what, const char *suffix, char *name,
		 size_t size);

bool machine_start(struct run *run);
void machine_act(struct run *run, const char *what);
void machine_stop(struct run *run);

void model_control(struct run *run, const char *line); /* model_control.c */
void qemu_control(struct run *run, const char *line);  /* qemu_control.c */

void watch_console(void *run, const char *line);
void watch_test(void *run, const char *line);

#endif
