// SPDX-License-Identifier: GPL-2.0
/*
 * device.c: the parts of the report about a run: of `./dmmu demo --timeline`, which leaves the
 * tables events.tsv and faults.tsv.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#define RUN	"runs/demo/"
#define COMMAND "./dmmu demo --timeline out.json"
#define WINDOW	6000 /* cycles of the picture */

static double mean(const struct table *table, int column)
{
	double sum = 0;
	size_t count = 0;

	for (size_t i = 1; i < table->rows; i++) {
		if (!*table->cell[i][column])
			continue;
		sum += strtod(table->cell[i][column], NULL);
		count++;
	}
	return count ? sum / (double)count : 0;
}

static void spans_histogram(const struct report *report, const struct table *events,
			    const char *name, const char *title)
{
	double *value = calloc(events->rows, sizeof(*value));
	size_t count = 0;

	for (size_t i = 0; value && i < events->rows; i++) {
		char *const *cell = events->cell[i];

		if (!strcmp(cell[0], "span") && !strcmp(cell[4], name))
			value[count++] = strtod(cell[3], NULL) - strtod(cell[2], NULL);
	}
	if (count) {
		fprintf(report->out, "<p><b>%s</b>, %zu of them</p>", title, count);
		histogram(report->out, value, count, "cycles");
	}
	free(value);
}

void section_faults(const struct report *report)
{
	struct table faults, events;

	if (!table_read(report, RUN "faults.tsv", &faults) || faults.rows < 2) {
		missing(report, "faults", "Faults, phase by phase", COMMAND);
		return;
	}
	section_begin(report, "faults", "Faults, phase by phase", faults.made);
	fprintf(report->out, "<p>Mean of the %zu faults of that run, in device cycles:</p>",
		faults.rows - 1);
	stacked(report->out,
		(struct part[]){{"detected to record in memory", mean(&faults, 2), "d"},
				{"record to answer (the host)", mean(&faults, 3), "b"},
				{"answer to replay", mean(&faults, 4), "c"}},
		3, "cycles");
	fputs("<p>and what of that the driver took, in microseconds of the host (the device is "
	      "simulated, so its cycles take far longer than on a card):</p>",
	      report->out);
	stacked(report->out,
		(struct part[]){{"record to driver", mean(&faults, 5), "d"},
				{"in the driver", mean(&faults, 6), "b"},
				{"answer to device", mean(&faults, 7), "c"}},
		3, "us");
	if (table_read(report, RUN "events.tsv", &events)) {
		spans_histogram(report, &events, "stall", "How long threads stalled");
		spans_histogram(report, &events, "walk", "How long page-table walks took");
		table_free(&events);
	}
	section_end(report);
	table_free(&faults);
}

/* Where most stalls are. */
static double busiest(const struct table *events)
{
	double best = 0;
	size_t most = 0;

	for (size_t i = 0; i < events->rows; i++) {
		double from;
		size_t count = 0;

		if (strcmp(events->cell[i][0], "span") || strcmp(events->cell[i][4], "stall"))
			continue;
		from = strtod(events->cell[i][2], NULL) - 300;
		for (size_t j = 0; j < events->rows; j++)
			if (!strcmp(events->cell[j][4], "stall") &&
			    strtod(events->cell[j][2], NULL) >= from &&
			    strtod(events->cell[j][3], NULL) <= from + WINDOW)
				count++;
		if (count > most) {
			most = count;
			best = from;
		}
	}
	return best;
}

void section_run(const struct report *report)
{
	struct table events, figures;
	static const char *const shown[] = {"page faults served", "TLB hit rate",
					    "thread cycles stalled on faults"};

	if (!table_read(report, RUN "events.tsv", &events)) {
		missing(report, "run", "A run", COMMAND);
		return;
	}
	section_begin(report, "run", "A run: the demo", events.made);
	if (table_read(report, RUN "test.log", &figures)) {
		fputs("<div class=\"tiles\">", report->out);
		for (size_t i = 0; i < figures.rows; i++)
			for (size_t s = 0; s < sizeof(shown) / sizeof(*shown); s++) {
				const char *line = figures.cell[i][0];
				char text[32];

				line += strspn(line, " ");
				if (strncmp(line, shown[s], strlen(shown[s])))
					continue;
				line += strlen(shown[s]);
				line += strspn(line, " ");
				snprintf(text, sizeof(text), "%s", line);
				tile(report, text, shown[s], "");
			}
		fputs("</div>", report->out);
		table_free(&figures);
	}
	fprintf(report->out,
		"<p>The %d cycles with the most faults; the whole of it, with the driver's side, "
		"is in "
		"the trace that <code>%s</code> writes.</p>",
		WINDOW, COMMAND);
	gantt(report->out, &events, busiest(&events), WINDOW);
	section_end(report);
	table_free(&events);
}
