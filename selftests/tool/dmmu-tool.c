// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-tool: what somebody with a card wants to do first: see that it is there and which release of
 * what it is, read its counters, reset it, and test it and its memory.
 *
 * It uses what every program may use (dmmu.h) and sysfs; nothing here knows how the device is made.
 */
#include "tool.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: dmmu-tool [--device /dev/dmmuN] COMMAND [options]\n\n"
	"  list                   the devices of this machine\n"
	"  info                   what the device is, its releases, whether it runs\n"
	"  counters [--every S]   its counters; with --every what was added in each S seconds\n"
	"  reset                  reset it (function-level reset; root): work on it is lost, pages "
	"come home\n"
	"  selftest               every operation, faults, protection, moving pages; a minute at "
	"most\n"
	"  memtest [--passes N]   all free local memory, by address, inverted, and with random "
	"words\n"
	"  --help, --version\n\n"
	"Ends with 0 when all is well, 1 when something is wrong with the device, 2 on wrong "
	"usage, 4 when "
	"there is no device.\n";

static _Noreturn void wrong(const char *what, const char *word)
{
	fprintf(stderr, "dmmu-tool: %s%s%s; see --help\n", what, word ? " " : "", word ? word : "");
	exit(TOOL_USAGE);
}

bool attribute(const char *node, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/%s", strrchr(node, '/') + 1, name);
	file = fopen(path, "re");
	ok = file && fgets(text, (int)size, file);
	if (file)
		fclose(file);
	if (ok)
		text[strcspn(text, "\n")] = 0;
	return ok;
}

/* The PCI address, from where the class device's parent link leads. */
static bool pci_address(const char *node, char *text, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/device", strrchr(node, '/') + 1);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = 0;
	snprintf(text, size, "%.63s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	return true;
}

static int list(void)
{
	glob_t found = {0};

	if (glob("/dev/dmmu*", 0, NULL, &found) || !found.gl_pathc) {
		fputs("dmmu-tool: there is no /dev/dmmu*: no device, or no driver (modprobe dmmu; "
		      "dmesg "
		      "says why not)\n",
		      stderr);
		return TOOL_NONE;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char pci[64] = "?", state[32] = "?", release[32] = "?";

		pci_address(found.gl_pathv[i], pci, sizeof(pci));
		attribute(found.gl_pathv[i], "state", state, sizeof(state));
		attribute(found.gl_pathv[i], "release", release, sizeof(release));
		printf("%s  PCI %s  %s  release %s\n", found.gl_pathv[i], pci, state, release);
	}
	globfree(&found);
	return TOOL_OK;
}

static int reset(const char *node)
{
	char pci[64], path[256];
	FILE *file;

	if (!pci_address(node, pci, sizeof(pci))) {
		fprintf(stderr, "dmmu-tool: %s is on no PCI bus that sysfs knows\n", node);
		return TOOL_BAD;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", pci);
	file = fopen(path, "we");
	if (!file || fputs("1\n", file) < 0 || fclose(file)) {
		fprintf(stderr, "dmmu-tool: %s: %s%s\n", path, strerror(errno),
			errno == EACCES ? " (it takes root)" : "");
		return TOOL_BAD;
	}
	printf("%s was reset\n", node);
	return TOOL_OK;
}

static long number(const char *option, const char *text, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < 1 || value > most) {
		fprintf(stderr, "dmmu-tool: --%s takes a number from 1 to %ld, not '%s'\n", option,
			most, text);
		exit(TOOL_USAGE);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"device", 1, NULL, 'd'},	 {"every", 1, NULL, 'e'},
					      {"passes", 1, NULL, 'p'},	 {"help", 0, NULL, 'h'},
					      {"version", 0, NULL, 'v'}, {0}};
	const char *node = "/dev/dmmu0", *command;
	long every = 0, passes = 1;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			node = optarg;
			if (*node != '/')
				wrong("--device takes a node such as /dev/dmmu0, not", node);
			break;
		case 'e':
			every = number("every", optarg, 86400);
			break;
		case 'p':
			passes = number("passes", optarg, 1000000);
			break;
		case 'h':
			fputs(usage, stdout);
			return TOOL_OK;
		case 'v':
			printf("dmmu-tool %s\n", TOOL_RELEASE);
			return TOOL_OK;
		default:
			return TOOL_USAGE;
		}
	}
	if (optind + 1 != argc)
		wrong(optind == argc ? "a command is missing" : "too many words:",
		      optind == argc ? NULL : argv[optind + 1]);
	command = argv[optind];
	setenv("DMMU_DEV", node, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(command, "list"))
		return list();
	if (access(node, F_OK) && strcmp(command, "info") && strcmp(command, "counters") &&
	    strcmp(command, "reset") && strcmp(command, "selftest") && strcmp(command, "memtest"))
		wrong("there is no command", command);
	if (access(node, F_OK)) {
		fprintf(stderr, "dmmu-tool: there is no %s; see dmmu-tool list\n", node);
		return TOOL_NONE;
	}
	if (!strcmp(command, "info"))
		return info(node);
	if (!strcmp(command, "counters"))
		return counters((unsigned int)every);
	if (!strcmp(command, "reset"))
		return reset(node);
	if (!strcmp(command, "selftest"))
		return selftest();
	if (!strcmp(command, "memtest"))
		return memtest((unsigned int)passes);
	wrong("there is no command", command);
}
