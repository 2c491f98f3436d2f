// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-trace COMMAND [ARGUMENT...]: runs it with the driver's tracepoints on, and prints them
 * afterwards, a line each with "# dmmu-trace: " before it. Readings of the clock go with them, tied
 * to accesses of the device (register SCRATCH, which has no function), so that whoever watched the
 * device's side can lay both on one axis (dmmu-timeline).
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dmmu_regs.h"
#include "trace_prefix.h"

#define TRACEFS	 "/sys/kernel/tracing"
#define READINGS 16
#define MARK	 0x71000000u /* values of SCRATCH that a run hardly has otherwise */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "dmmu-trace: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void put(const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACEFS "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static volatile uint32_t *registers(void)
{
	glob_t found = {0};
	void *map;
	int fd;

	if (glob("/sys/bus/pci/drivers/dmmu/*:*/resource0", 0, NULL, &found) || !found.gl_pathc) {
		errno = ENODEV;
		die("no device");
	}
	fd = open(found.gl_pathv[0], O_RDWR | O_SYNC);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die(found.gl_pathv[0]);
	close(fd);
	globfree(&found);
	return map;
}

/* The device sees the read between `before` and `after`, and tells it by its value from others. */
static void read_clocks(volatile uint32_t *regs, uint32_t first)
{
	for (uint32_t i = first; i < first + READINGS; i++) {
		uint64_t before, after;
		uint32_t value;

		regs[DMMU_REG_SCRATCH / 4] = MARK + i;
		before = now();
		value = regs[DMMU_REG_SCRATCH / 4];
		after = now();
		if (value == MARK + i)
			printf(DMMU_TRACE_PREFIX "clock %#x %llu %llu\n", value,
			       (unsigned long long)before, (unsigned long long)after);
	}
	fflush(stdout);
}

static void print_trace(void)
{
	FILE *trace = fopen(TRACEFS "/trace", "re");
	char line[1024];

	if (!trace)
		die(TRACEFS "/trace");
	while (fgets(line, sizeof(line), trace))
		if (*line != '#' && *line != '\n')
			printf(DMMU_TRACE_PREFIX "%s", line);
	fclose(trace);
}

int main(int argc, char **argv)
{
	volatile uint32_t *regs;
	int status;
	pid_t pid;

	if (argc < 2 || *argv[1] == '-') {
		fputs("usage: dmmu-trace COMMAND [ARGUMENT...]\n", stderr);
		return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	if (access(TRACEFS "/trace", F_OK) && mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		die(TRACEFS);
	regs = registers();
	put("trace_clock", "mono");
	put("buffer_size_kb", "8192");
	put("trace", "");
	put("events/dmmu/enable", "1");
	put("tracing_on", "1");
	read_clocks(regs, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	read_clocks(regs, READINGS);
	put("tracing_on", "0");
	put("events/dmmu/enable", "0");
	print_trace();
	fflush(stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
