// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-directed: proves one claim about the device, by its name. `dmmu-directed --list` names them;
 * `dmmu-directed CLAIM --help` shows the options.
 */
#include "claims.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	void (*run)(struct dmmu_bench_config *config);
} claims[] = {
#define ENTRY(name) {#name, claim_##name},
	DMMU_CLAIMS(ENTRY)};
#define CLAIMS (sizeof(claims) / sizeof(claims[0]))

int main(int argc, char **argv)
{
	struct dmmu_bench_config config = {0};

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (size_t i = 0; i < CLAIMS; i++)
			puts(claims[i].name);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		printf("usage: dmmu-directed CLAIM [options]\n"
		       "       dmmu-directed --list\n"
		       "Proves one claim about the device. `dmmu-directed CLAIM --help` shows the "
		       "options.\n");
		return 0;
	}
	for (size_t i = 0; argc > 1 && i < CLAIMS; i++) {
		if (strcmp(argv[1], claims[i].name))
			continue;
		dmmu_bench_args(&config, argc - 1, argv + 1);
		claims[i].run(&config);
		printf("%s: holds\n", claims[i].name);
		return 0;
	}
	fprintf(stderr, "dmmu-directed: %s%s; `dmmu-directed --list` names the claims\n",
		argc > 1 ? "no claim is called " : "no claim was given", argc > 1 ? argv[1] : "");
	return 2;
}
