// SPDX-License-Identifier: GPL-2.0
/*
 * sections.c: the parts of the report that are tables.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* What a test belongs to: "plain selftests: fork/child" to "plain selftests", "mmu.default" to
 * "mmu". */
static void group_of(const char *name, char *group, size_t size)
{
	const char *end = strstr(name, ": ");

	if (!end)
		end = strchr(name, '.');
	if (!end)
		end = name + strlen(name);
	snprintf(group, size, "%.*s", (int)(end - name), name);
}

struct group {
	char name[64];
	unsigned int ok, bad, skipped;
};

static void list(const struct report *report, const struct table *table, const char *outcome,
		 const char *title, bool open)
{
	unsigned int count = 0;

	for (size_t i = 0; i < table->rows; i++)
		count += !strcmp(table->cell[i][0], outcome);
	if (!count)
		return;
	fprintf(report->out, "<details%s><summary>%u %s</summary><div class=\"wide\"><table>",
		open ? " open" : "", count, title);
	for (size_t i = 0; i < table->rows; i++) {
		if (strcmp(table->cell[i][0], outcome))
			continue;
		fputs("<tr><td>", report->out);
		html_text(report->out, table->cell[i][1]);
		fputs("</td><td>", report->out);
		html_text(report->out, table->cell[i][2]);
		fputs("</td></tr>\n", report->out);
	}
	fputs("</table></div></details>\n", report->out);
}

void section_tests(const struct report *report)
{
	static struct group groups[256];
	unsigned int count = 0, ok = 0, bad = 0, skipped = 0;
	struct table table;
	char text[32];

	if (!table_read(report, "results.tsv", &table)) {
		missing(report, "tests", "Tests", "./dmmu test");
		return;
	}
	for (size_t i = 0; i < table.rows; i++) {
		char name[64];
		unsigned int g = 0;

		group_of(table.cell[i][1], name, sizeof(name));
		while (g < count && strcmp(groups[g].name, name))
			g++;
		if (g == 256)
			continue;
		if (g == count)
			snprintf(groups[count++].name, sizeof(name), "%s", name);
		if (!strcmp(table.cell[i][0], "ok"))
			groups[g].ok++, ok++;
		else if (!strcmp(table.cell[i][0], "skip"))
			groups[g].skipped++, skipped++;
		else
			groups[g].bad++, bad++;
	}
	section_begin(report, "tests", "Tests", table.made);
	fputs("<div class=\"tiles\">", report->out);
	snprintf(text, sizeof(text), "%u", ok);
	tile(report, text, "passed", "good");
	snprintf(text, sizeof(text), "%u", bad);
	tile(report, text, "failed", bad ? "bad" : "good");
	snprintf(text, sizeof(text), "%u", skipped);
	tile(report, text, "skipped", "");
	fputs("</div>", report->out);
	list(report, &table, "not ok", "failed", true);
	list(report, &table, "skip", "skipped, and why", false);
	fputs("<details><summary>by group</summary><table><tr><th>group</th><th>passed</th><th>"
	      "failed</th><th>skipped</th></tr>",
	      report->out);
	for (unsigned int g = 0; g < count; g++) {
		fputs("<tr><td>", report->out);
		html_text(report->out, groups[g].name);
		fprintf(report->out,
			"</td><td class=\"n\">%u</td><td class=\"n\">%u</td><td class=\"n\">%u</td>"
			"</tr>\n",
			groups[g].ok, groups[g].bad, groups[g].skipped);
	}
	fputs("</table></details>", report->out);
	section_end(report);
	table_free(&table);
}

static void bench_rows(const struct report *report, const struct table *table, bool all)
{
	fputs("<div "
	      "class=\"wide\"><table><tr><th>what</th><th>value</th><th>unit</th><th>limit</th>"
	      "<th>ratio</th><th></th></tr>",
	      report->out);
	for (size_t i = 0; i < table->rows; i++) {
		char *const *cell = table->cell[i];
		const char *dot = strrchr(cell[0], '.');
		bool fewer = dot && dot[1] >= '0' && dot[1] <= '9' && strcmp(dot, ".16");

		if (!all && fewer)
			continue;
		fputs("<tr><td><code>", report->out);
		html_text(report->out, cell[0]);
		fprintf(report->out, "</code></td><td class=\"n\">%s</td><td>", cell[1]);
		html_text(report->out, cell[2]);
		fprintf(report->out,
			"</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"bar\">",
			cell[3], cell[4]);
		if (*cell[4] && *cell[4] != '-')
			bar(report->out, strtod(cell[4], NULL));
		fputs("</td></tr>\n", report->out);
	}
	fputs("</table></div>", report->out);
}

void section_bench(const struct report *report, const char *id, const char *title, const char *path,
		   const char *command)
{
	struct table table;

	if (!table_read(report, path, &table)) {
		missing(report, id, title, command);
		return;
	}
	section_begin(report, id, title, table.made);
	fputs("<p>Against the limit that memory sets; NAME.16 is with 16 threads.</p>",
	      report->out);
	bench_rows(report, &table, false);
	fputs("<details><summary>all rows</summary>", report->out);
	bench_rows(report, &table, true);
	fputs("</details>", report->out);
	section_end(report);
	table_free(&table);
}

void section_figures(const struct report *report, const char *id, const char *title,
		     const char *path, const char *command)
{
	struct table table;

	if (!table_read_figures(report, path, &table)) {
		missing(report, id, title, command);
		return;
	}
	section_begin(report, id, title, table.made);
	fputs("<div class=\"wide\"><table>", report->out);
	for (size_t i = 0; i < table.rows; i++) {
		fputs("<tr><td><code>", report->out);
		html_text(report->out, table.cell[i][0]);
		fprintf(report->out, "</code></td><td class=\"n\">%s</td><td>", table.cell[i][1]);
		html_text(report->out, table.cell[i][2]);
		fputs("</td></tr>\n", report->out);
	}
	fputs("</table></div>", report->out);
	section_end(report);
	table_free(&table);
}

void section_table(const struct report *report, const char *id, const char *title, const char *path,
		   const char *const *columns, const char *command)
{
	struct table table;

	if (!table_read(report, path, &table)) {
		missing(report, id, title, command);
		return;
	}
	section_begin(report, id, title, table.made);
	fputs("<div class=\"wide\"><table><tr>", report->out);
	for (int c = 0; columns[c]; c++) {
		fputs("<th>", report->out);
		html_text(report->out, columns[c]);
		fputs("</th>", report->out);
	}
	fputs("</tr>\n", report->out);
	for (size_t i = 0; i < table.rows; i++) {
		fputs("<tr>", report->out);
		for (int c = 0; columns[c]; c++) {
			fputs("<td>", report->out);
			html_text(report->out, table.cell[i][c]);
			fputs("</td>", report->out);
		}
		fputs("</tr>\n", report->out);
	}
	fputs("</table></div>", report->out);
	section_end(report);
	table_free(&table);
}

void section_text(const struct report *report, const char *id, const char *title, const char *path,
		  const char *command)
{
	struct table table;

	if (!table_read(report, path, &table)) {
		missing(report, id, title, command);
		return;
	}
	section_begin(report, id, title, table.made);
	fputs("<pre>", report->out);
	for (size_t i = 0; i < table.rows; i++) {
		for (int c = 0; c < MAX_COLUMNS && *table.cell[i][c]; c++) {
			fputs(c ? "\t" : "", report->out);
			html_text(report->out, table.cell[i][c]);
		}
		fputc('\n', report->out);
	}
	fputs("</pre>", report->out);
	section_end(report);
	table_free(&table);
}
