// SPDX-License-Identifier: GPL-2.0
/*
 * rtl_bench.c: ./dmmu bench rtl: the device's speed in cycles, against the limits that memory sets.
 * See rows.h; what each row measures is in docs/benchmarks.md.
 */
#include "rows.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES 64

struct rows_options rows_options;
static const char *notes[NOTES];
static unsigned int note_count;

unsigned int rows_next_threads(unsigned int threads, unsigned int most)
{
	if (rows_options.threads)
		return threads || rows_options.threads > most ? 0 : rows_options.threads;
	threads = threads ? 2 * threads : 1;
	return threads > most || threads > 16 ? 0 : threads;
}

static unsigned int note_number(const char *note)
{
	for (unsigned int i = 0; i < note_count; i++)
		if (!strcmp(notes[i], note))
			return i + 1;
	if (note_count == NOTES)
		abort();
	notes[note_count++] = note;
	return note_count;
}

void row(const char *name, unsigned int threads, double value, const char *unit, double limit,
	 enum better better, const char *note)
{
	double ratio = better == HIGHER ? value / limit : limit / value;
	char full[64], at[24] = "-", of[16] = "-", mark[8] = "";

	if (threads)
		snprintf(full, sizeof(full), "%s.%u", name, threads);
	else
		snprintf(full, sizeof(full), "%s", name);
	if (limit > 0) {
		snprintf(at, sizeof(at), "%.6g", limit);
		snprintf(of, sizeof(of), "%.3f", ratio);
		if (note && ratio < 0.95)
			snprintf(mark, sizeof(mark), " %u", note_number(note));
	}
	if (rows_options.save)
		fprintf(rows_options.save, "%s\t%.6g\t%s\t%s\t%s\n", full, value, unit, at, of);
	if (rows_options.tsv)
		printf("%s\t%.6g\t%s\t%s\t%s\n", full, value, unit, at, of);
	else
		printf("%-34s %12.6g %-24s %10s %7s%s\n", full, value, unit, at, of, mark);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"tsv", no_argument, NULL, 't'},   {"save", required_argument, NULL, 's'},
		{"brief", no_argument, NULL, 'b'}, {"threads", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},  {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't':
			rows_options.tsv = true;
			break;
		case 's':
			rows_options.save = fopen(optarg, "we");
			if (!rows_options.save) {
				perror(optarg);
				return 1;
			}
			break;
		case 'b':
			rows_options.brief = true;
			break;
		case 'n':
			rows_options.threads = (unsigned int)atoi(optarg);
			if (rows_options.threads >= 1 && rows_options.threads <= 16)
				break;
			fprintf(stderr, "%s: --threads takes 1 to 16\n", argv[0]);
			return 2;
		default:
			fprintf(option == 'h' ? stdout : stderr,
				"usage: %s [--tsv] [--save FILE.tsv] [--threads N] [--brief]\n",
				argv[0]);
			return option == 'h' ? 0 : 2;
		}
	}
	if (!rows_options.tsv)
		printf("host memory %d cycles, local memory %d cycles away; NAME.N: with N "
		       "threads%s\n\n"
		       "%-34s %12s %-24s %10s %7s note\n",
		       HOST_LATENCY, LOCAL_LATENCY,
		       rows_options.brief ? " (brief: these figures mean nothing)" : "", "name",
		       "value", "unit", "limit", "ratio");
	mmu_rows();
	device_rows();
	copy_rows();
	if (!rows_options.tsv && note_count)
		printf("\nWhat holds it back:\n");
	for (unsigned int i = 0; !rows_options.tsv && i < note_count; i++)
		printf("%3u %s\n", i + 1, notes[i]);
	if (rows_options.save && fclose(rows_options.save)) {
		perror("rtl_bench: --save");
		return 1;
	}
	return 0;
}
