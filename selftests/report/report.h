/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h: what the files of dmmu-report share: tables that earlier commands left in the build
 * folder (table.c), pieces of the page (html.c, charts.c) and its sections (sections.c, device.c).
 */
#ifndef DMMU_REPORT_H
#define DMMU_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define MAX_COLUMNS 16

/* Lines of tab-separated words, in the order of the file. */
struct table {
	size_t rows;
	char *(*cell)[MAX_COLUMNS]; /* never NULL: "" where the line has no such word */
	time_t made;
};

struct report {
	const char *build; /* folder */
	const char *name;  /* of the version */
	FILE *out;
};

/* Of BUILD/path. False: there is none, or it is empty. Ends the program when memory is short. */
bool table_read(const struct report *report, const char *path, struct table *table);
/* The same from text with words between blanks: "name value unit ...", lines that have no number
 * second are left out. */
bool table_read_figures(const struct report *report, const char *path, struct table *table);
void table_free(struct table *table);
/* Second column of the row with that name, or NULL. */
const char *table_value(const struct table *table, const char *name);

/* Text with what HTML needs escaped. */
void html_text(FILE *out, const char *text);
void html_begin(const struct report *report);
void html_end(const struct report *report);
void section_begin(const struct report *report, const char *id, const char *title, time_t made);
void section_end(const struct report *report);
/* Instead of a section's content: what makes it. */
void missing(const struct report *report, const char *id, const char *title, const char *command);
void tile(const struct report *report, const char *value, const char *label, const char *kind);

/* A bar of a table's cell: share 0 to 1. */
void bar(FILE *out, double share);
/* How often values fall in [2^i, 2^(i+1)). */
void histogram(FILE *out, const double *value, size_t count, const char *unit);

struct part {
	const char *name;
	double value;
	const char *color;
};
/* Parts of a whole, one beside the other. */
void stacked(FILE *out, const struct part *part, size_t count, const char *unit);

/* Spans of the table of events as a picture, from a cycle for so many. */
void gantt(FILE *out, const struct table *events, double from, double cycles);

void section_tests(const struct report *report);
void section_faults(const struct report *report);
void section_run(const struct report *report);
void section_bench(const struct report *report, const char *id, const char *title, const char *path,
		   const char *command);
void section_figures(const struct report *report, const char *id, const char *title,
		     const char *path, const char *command);
void section_table(const struct report *report, const char *id, const char *title, const char *path,
		   const char *const *columns, const char *command);
void section_text(const struct report *report, const char *id, const char *title, const char *path,
		  const char *command);

#endif /* DMMU_REPORT_H */
