// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-report --build DIR --out FILE.html: one page of what the last runs found, from the tables
 * that the commands left in the build folder. What was not run is named with the command that does.
 */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

static const char usage[] =
	"usage: dmmu-report --build DIR --out FILE.html [--version TEXT]\n"
	"One page of what the last runs found: tests, a run, faults, benchmarks, proofs, coverage, "
	"synthesis.\n";

int main(int argc, char **argv)
{
	static const struct option longs[] = {{"build", 1, NULL, 'b'},
					      {"out", 1, NULL, 'o'},
					      {"version", 1, NULL, 'v'},
					      {"help", 0, NULL, 'h'},
					      {0}};
	static const char *const proof[] = {"property", "where",   "engine", "outcome",
					    "result",	"seconds", NULL};
	struct report report = {.name = "unknown"};
	const char *out = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'b':
			report.build = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'v':
			report.name = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (!report.build || !out || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	report.out = fopen(out, "we");
	if (!report.out) {
		fprintf(stderr, "dmmu-report: %s: %s\n", out, strerror(errno));
		return 1;
	}
	html_begin(&report);
	section_tests(&report);
	section_run(&report);
	section_faults(&report);
	section_bench(&report, "rtl", "The RTL in cycles", "report/bench-rtl.tsv",
		      "./dmmu bench rtl");
	section_figures(&report, "e2e", "What a fault costs, end to end", "report/bench-e2e.txt",
			"./dmmu bench e2e");
	section_figures(&report, "migrate", "Pages to local memory and back",
			"report/bench-migrate.txt", "./dmmu bench migrate");
	section_table(&report, "proofs", "Proofs", "report/proofs.tsv", proof, "./dmmu prove");
	section_text(&report, "coverage", "Coverage of the RTL", "report/coverage.txt",
		     "./dmmu coverage");
	section_text(&report, "synth", "Synthesis", "report/synth.txt", "./dmmu synth");
	html_end(&report);
	if (ferror(report.out) || fclose(report.out)) {
		fprintf(stderr, "dmmu-report: %s: %s\n", out, strerror(errno));
		return 1;
	}
	return 0;
}
