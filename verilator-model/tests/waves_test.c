// SPDX-License-Identifier: GPL-2.0
/*
 * waves_test WAVES.sh FOLDER: every signal that the save file for GTKWave names is in a waveform of
 * the device, with that width. The reader of waveforms is the one that Verilator brings.
 */
#include "dmmu_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gtkwave/fstapi.h"

#define NAMES	  20000
#define NAME_SIZE 160

static char (*names)[NAME_SIZE];
static unsigned int name_count;

static void make_wave(const char *path)
{
	const struct dmmu_straps straps = {.local_size = 1 << 20};
	struct dmmu_sim *sim = dmmu_sim_new(&straps);
	struct dmmu_pins_in in = {.rst = true};
	struct dmmu_pins_out out;

	if (!sim || !dmmu_sim_trace(sim, path, 0, 0))
		exit(3);
	for (int i = 0; i < 20; i++)
		dmmu_sim_cycle(sim, &in, &out);
	dmmu_sim_free(sim);
}

/* "dmmu.dmmu.stalled [15:0]" as "dmmu.dmmu.stalled[15:0]"; only what is in rtl/dmmu.v itself. */
static void read_names(const char *path)
{
	void *wave = fstReaderOpen(path);
	struct fstHier *hier;
	char scope[1024] = "";

	if (!wave)
		exit(3);
	while ((hier = fstReaderIterateHier(wave))) {
		if (hier->htyp == FST_HT_SCOPE) {
			strncat(scope, hier->u.scope.name, sizeof(scope) - strlen(scope) - 2);
			strcat(scope, ".");
		} else if (hier->htyp == FST_HT_UPSCOPE) {
			scope[strlen(scope) - 1] = 0;
			char *dot = strrchr(scope, '.');

			scope[dot ? dot - scope + 1 : 0] = 0;
		} else if (hier->htyp == FST_HT_VAR && !strcmp(scope, "dmmu.dmmu.") &&
			   name_count < NAMES) {
			char *name = names[name_count++];
			int n = snprintf(name, NAME_SIZE, "%s%s", scope, hier->u.var.name);
			char *blank = n < NAME_SIZE ? strchr(name, ' ') : NULL;

			if (blank)
				memmove(blank, blank + 1, strlen(blank));
		}
	}
	fstReaderClose(wave);
}

static int known(const char *name)
{
	for (unsigned int i = 0; i < name_count; i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	char path[1024], command[3072], line[1024];
	unsigned int signals = 0, missing = 0;
	FILE *save;

	if (argc != 3)
		return 2;
	names = calloc(NAMES, NAME_SIZE);
	if (!names)
		return 3;
	snprintf(path, sizeof(path), "%s/names.fst", argv[2]);
	make_wave(path);
	read_names(path);
	snprintf(command, sizeof(command), "%s %s", argv[1], path);
	if (system(command))
		return 3;
	strcpy(strrchr(path, '.'), ".gtkw");
	save = fopen(path, "re");
	while (save && fgets(line, sizeof(line), save)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "dmmu.", 5))
			continue;
		signals++;
		if (known(line))
			continue;
		printf("not in the waveform: %s\n", line);
		missing++;
	}
	if (save)
		fclose(save);
	free(names);
	printf("%u signals, %u missing\n", signals, missing);
	return missing || signals < 100;
}
