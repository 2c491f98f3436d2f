// SPDX-License-Identifier: GPL-2.0
/*
 * table.c: see report.h.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static FILE *open_in(const struct report *report, const char *path, struct table *table)
{
	char full[4096];
	struct stat file;

	*table = (struct table){0};
	if (snprintf(full, sizeof(full), "%s/%s", report->build, path) >= (int)sizeof(full))
		return NULL;
	if (stat(full, &file))
		return NULL;
	table->made = file.st_mtime;
	return fopen(full, "re");
}

/* Takes the words of `line`, which it cuts up. */
static void add(struct table *table, char *line, const char *between)
{
	if (!(table->rows & (table->rows - 1))) {
		size_t room = table->rows ? 2 * table->rows : 1;

		table->cell = realloc(table->cell, room * sizeof(*table->cell));
		if (!table->cell)
			abort();
	}
	char *copy = strdup(line), *next = copy;

	if (!copy)
		abort();
	for (int i = 0; i < MAX_COLUMNS; i++) {
		char *word = next ? strsep(&next, between) : NULL;

		/* the first holds the memory of all */
		table->cell[table->rows][i] = word ? word : copy + strlen(line);
	}
	table->rows++;
}

bool table_read(const struct report *report, const char *path, struct table *table)
{
	FILE *file = open_in(report, path, table);
	char line[2048];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line)
			add(table, line, "\t");
	}
	if (file)
		fclose(file);
	return table->rows;
}

bool table_read_figures(const struct report *report, const char *path, struct table *table)
{
	FILE *file = open_in(report, path, table);
	char line[2048], name[128], value[64], unit[128], out[400];

	while (file && fgets(line, sizeof(line), file)) {
		char *end;

		line[strcspn(line, "\r\n")] = 0;
		*unit = 0;
		if (sscanf(line, "%127s %63s %127[^\n]", name, value, unit) < 2 ||
		    !strchr(name, '.'))
			continue;
		strtod(value, &end);
		if (*end || *name == '#' || !strcmp(value, "-"))
			continue;
		snprintf(out, sizeof(out), "%s\t%s\t%s", name, value, unit);
		add(table, out, "\t");
	}
	if (file)
		fclose(file);
	return table->rows;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->rows; i++)
		free(table->cell[i][0]);
	free(table->cell);
	*table = (struct table){0};
}

const char *table_value(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->rows; i++)
		if (!strcmp(table->cell[i][0], name))
			return table->cell[i][1];
	return NULL;
}
