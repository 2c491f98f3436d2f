/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h: what the user of dmmu-vm may choose.
 */
#ifndef DMMU_VM_OPTIONS_H
#define DMMU_VM_OPTIONS_H

#include <stdbool.h>

#define MAX_ACTIONS    16
#define MAX_MODEL_ARGS 32
#define MAX_DEVICES    4
#define ALL_VECTORS 5 /* one for each cause to interrupt */

enum mode { MODE_KUNIT, MODE_SELFTESTS, MODE_DEMO, MODE_BENCH, MODE_SHELL, MODE_EXEC, MODE_HMM };

struct action {
	const char *pattern; /* text in a line of the test channel */
	const char *what;    /* kill-model, stop-model, continue-model, restart-model; of another
				device with its number */
	bool done;
};

struct options {
	enum mode mode;
	const char *mode_name;
	const char *kernel; /* as cmake/kernel.sh names it: plain, debug, 7.2-plain, stock ... */
	const char *kernel_image, *initramfs, *qemu, *bridge, *model;
	const char *filter, *args, *memory, *bar2, *local_size;
	const char *card; /* what the device is in: bare, small, board-sim */
	const char *run_dir;
	const char *wave;
	const char *host_latency;
	const char *append; /* more for the kernel's command line */
	char *model_args[MAX_MODEL_ARGS + 1];
	int model_arg_count;
	struct action actions[MAX_ACTIONS];
	int action_count;
	int timeout;	     /* s, 0: none */
	int program_timeout; /* s */
	int cpus;
	int msix_vectors; /* of each device */
	int devices;	  /* 0 to MAX_DEVICES */
	int coherent;	  /* so many of them, the last */
	bool gdb, iommu, keep, keep_log, kvm, ktap, verbose, collect, leaks;
	bool record; /* what goes into the devices, and keep it when the run fails */
};

/* Reads argv; on --help or wrong usage it prints and returns false with the exit status to use. */
bool options_read(struct options *options, int argc, char **argv, int *exit_status);

/* Is it a kernel that checks much, and takes its time? */
bool options_kernel_checks(const struct options *options);

#endif
