// SPDX-License-Identifier: GPL-2.0
/*
 * charts.c: pictures as inline SVG, with the numbers as text beside them or in titles.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bar(FILE *out, double share)
{
	double width = share < 0 ? 0 : share > 1 ? 1 : share;

	fprintf(out,
		"<svg viewBox=\"0 0 100 10\" width=\"140\" height=\"12\" "
		"preserveAspectRatio=\"none\" "
		"role=\"img\" aria-label=\"%.0f %%\"><rect width=\"100\" height=\"10\" "
		"fill=\"var(--soft)\"/><rect width=\"%.1f\" height=\"10\" "
		"fill=\"var(--%s)\"/></svg>",
		100 * share, 100 * width,
		share >= 0.9   ? "c"
		: share >= 0.5 ? "a"
			       : "b");
}

void histogram(FILE *out, const double *value, size_t count, const char *unit)
{
	unsigned int bucket[40] = {0}, low = 39, high = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned int b = value[i] >= 1 ? (unsigned int)log2(value[i]) : 0;

		b = b > 39 ? 39 : b;
		bucket[b]++;
		low = b < low ? b : low;
		high = b > high ? b : high;
		most = bucket[b] > most ? bucket[b] : most;
	}
	if (!count)
		return;

	unsigned int bars = high - low + 1, step = bars > 12 ? 40 : 60;

	fprintf(out, "<svg viewBox=\"0 0 %u 150\" width=\"%u\" role=\"img\">", bars * step + 10,
		bars * step + 10);
	for (unsigned int b = low; b <= high; b++) {
		double height = 100.0 * bucket[b] / most;
		unsigned int x = (b - low) * step + 5;

		fprintf(out,
			"<rect x=\"%u\" y=\"%.1f\" width=\"%u\" height=\"%.1f\" fill=\"var(--a)\">"
			"<title>%u of %.0f to %.0f %s</title></rect>",
			x, 115 - height, step - 6, height, bucket[b], exp2(b), exp2(b + 1) - 1,
			unit);
		if (bucket[b])
			fprintf(out, "<text x=\"%u\" y=\"%.1f\">%u</text>", x, 111 - height,
				bucket[b]);
		fprintf(out, "<text x=\"%u\" y=\"130\">%.0f</text>", x, exp2(b));
	}
	fprintf(out, "<text x=\"5\" y=\"146\">from so many %s on</text></svg>\n", unit);
}

void stacked(FILE *out, const struct part *part, size_t count, const char *unit)
{
	double total = 0, x = 0;

	for (size_t i = 0; i < count; i++)
		total += part[i].value;
	if (total <= 0)
		return;
	fputs("<svg viewBox=\"0 0 700 30\" width=\"700\" role=\"img\">", out);
	for (size_t i = 0; i < count; i++) {
		double width = 700 * part[i].value / total;

		fprintf(out,
			"<rect x=\"%.1f\" width=\"%.1f\" height=\"28\" "
			"fill=\"var(--%s)\"><title>%s: "
			"%.1f %s</title></rect>",
			x, width, part[i].color, part[i].name, part[i].value, unit);
		x += width;
	}
	fputs("</svg><p>", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out,
			"<span class=\"key\" style=\"background:var(--%s)\"></span>%s <b>%.1f</b> "
			"%s",
			part[i].color, part[i].name, part[i].value, unit);
	fputs("</p>\n", out);
}

#define ROW	16
#define LEFT	110
#define PICTURE 880

/* In the order in which they are to be drawn: what lies inside comes later. */
static const struct {
	const char *name, *color;
} looks[] = {{"stall", "bad"}, {"record", "d"}, {"host", "b"},
	     {"replay", "c"},  {"walk", "a"},	{"invalidate", "bad"}};

static const char *color_of(const char *name)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		if (!strcmp(looks[i].name, name))
			return looks[i].color;
	return "line";
}

static bool inside(const struct table *events, size_t row, double from, double cycles)
{
	return !strcmp(events->cell[row][0], "span") &&
	       strtod(events->cell[row][3], NULL) >= from &&
	       strtod(events->cell[row][2], NULL) <= from + cycles;
}

static int by_track(const void *a, const void *b)
{
	const char *first = *(const char *const *)a, *second = *(const char *const *)b;
	size_t words = strcspn(first, "0123456789");

	if (!strncmp(first, second, words))
		return atoi(first + words) - atoi(second + words);
	/* threads first */
	return strncmp(second, "thread", 6) == 0  ? 1
	       : strncmp(first, "thread", 6) == 0 ? -1
						  : strcmp(first, second);
}

void gantt(FILE *out, const struct table *events, double from, double cycles)
{
	const char *track[64];
	size_t tracks = 0;

	for (size_t i = 0; i < events->rows; i++) {
		size_t t = 0;

		if (!inside(events, i, from, cycles))
			continue;
		while (t < tracks && strcmp(track[t], events->cell[i][1]))
			t++;
		if (t == tracks && tracks < 64)
			track[tracks++] = events->cell[i][1];
	}
	qsort(track, tracks, sizeof(*track), by_track);
	fprintf(out,
		"<div class=\"wide\"><svg viewBox=\"0 0 %d %zu\" width=\"%d\" role=\"img\" "
		"style=\"min-width:700px\">",
		LEFT + PICTURE, tracks * ROW + 22, LEFT + PICTURE);
	for (size_t t = 0; t < tracks; t++) {
		fprintf(out, "<text x=\"0\" y=\"%zu\">", t * ROW + 12);
		html_text(out, track[t]);
		fprintf(out,
			"</text><line x1=\"%d\" x2=\"%d\" y1=\"%zu\" y2=\"%zu\" "
			"stroke=\"var(--soft)\"/>",
			LEFT, LEFT + PICTURE, t * ROW + ROW, t * ROW + ROW);
		/* spans end in order, so what lies inside comes before: draw from the end */
		for (size_t i = events->rows; i-- > 0;) {
			char *const *cell = events->cell[i];
			double begin, end;

			if (strcmp(cell[1], track[t]) || !inside(events, i, from, cycles) ||
			    !strcmp(cell[4], "stall"))
				continue;
			begin = fmax(strtod(cell[2], NULL), from);
			end = fmin(strtod(cell[3], NULL), from + cycles);
			fprintf(out,
				"<rect x=\"%.1f\" y=\"%zu\" width=\"%.1f\" height=\"%d\" "
				"fill=\"var(--%s)\"><title>",
				LEFT + PICTURE * (begin - from) / cycles, t * ROW + 2,
				fmax(PICTURE * (end - begin) / cycles, 0.8), ROW - 4,
				color_of(cell[4]));
			html_text(out, cell[4]);
			fprintf(out, ", %s to %s: %.0f cycles; ", cell[2], cell[3],
				strtod(cell[3], NULL) - strtod(cell[2], NULL));
			html_text(out, cell[5]);
			fputs("</title></rect>", out);
		}
	}
	for (int i = 0; i <= 4; i++)
		fprintf(out, "<text x=\"%.0f\" y=\"%zu\" text-anchor=\"%s\">%.0f</text>",
			LEFT + PICTURE * i / 4.0, tracks * ROW + 16,
			i == 4 ? "end"
			: i    ? "middle"
			       : "start",
			from + cycles * i / 4);
	fputs("</svg></div><p class=\"dim\">cycles", out);
	for (size_t i = 1; i < sizeof(looks) / sizeof(*looks); i++)
		fprintf(out, "<span class=\"key\" style=\"background:var(--%s)\"></span>%s",
			looks[i].color, looks[i].name);
	fputs("<span class=\"key\" style=\"background:var(--line)\"></span>an operation, or "
	      "commands of "
	      "a ring</p>\n",
	      out);
}
