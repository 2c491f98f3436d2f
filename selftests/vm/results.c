/* SPDX-License-Identifier: GPL-2.0 */
/*
 * results.c: see results.h. The file is written beside its place and renamed, so that a reader
 * never sees half of it.
 */
#include "results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[] = {"ok", "not ok", "skip"};

static void *must(void *memory)
{
	if (!memory) {
		fputs("dmmu-vm: out of memory\n", stderr);
		abort();
	}
	return memory;
}

/* Tabs and control characters would break the table. */
static char *clean(const char *text)
{
	char *copy = must(strdup(text));

	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
	return copy;
}

void results_add(struct results *results, const char *name, enum outcome outcome,
		 const char *reason)
{
	results->list = must(realloc(results->list, (results->count + 1) * sizeof(*results->list)));
	results->list[results->count++] = (struct result){
		.name = clean(*name ? name : "unnamed"),
		.outcome = outcome,
		.reason = clean(reason ? reason : ""),
	};
}

void results_prefix(struct results *results, size_t first, const char *prefix)
{
	size_t length = strlen(prefix);

	for (size_t i = first; i < results->count; i++) {
		char *old = results->list[i].name;

		/* A wrapper that is named like the suite it wraps adds nothing. */
		if (!strncmp(old, prefix, length) && old[length] == '/')
			continue;
		char *name = must(malloc(length + strlen(old) + 2));

		sprintf(name, "%s/%s", prefix, old);
		free(old);
		results->list[i].name = name;
	}
}

size_t results_count(const struct results *results, enum outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++)
		count += results->list[i].outcome == outcome;
	return count;
}

bool results_write(const struct results *results, const char *path)
{
	char part[4096];

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) {
		errno = ENAMETOOLONG;
		return false;
	}
	FILE *file = fopen(part, "we");

	if (!file)
		return false;
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];
		const char *slash = strchr(result->name, '/');
		int suite = slash ? (int)(slash - result->name) : (int)strlen(result->name);

		fprintf(file, "%.*s\t%s\t%s\t%s\n", suite, result->name, slash ? slash + 1 : "-",
			outcome_names[result->outcome], result->reason);
	}
	bool ok = !ferror(file);

	return !fclose(file) && ok && !rename(part, path);
}

bool results_read(struct results *results, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	if (!file)
		return false;
	while (ok && getline(&line, &size, file) > 0) {
		char *rest = line, *field[4];
		int fields = 0, outcome = 0;

		line[strcspn(line, "\n")] = 0;
		while (fields < 4 && (field[fields] = strsep(&rest, "\t")))
			fields++;
		while (fields == 4 && outcome < 3 && strcmp(field[2], outcome_names[outcome]))
			outcome++;
		ok = fields == 4 && outcome < 3;
		if (!ok)
			break;
		size_t first = results->count;

		if (strcmp(field[1], "-")) {
			results_add(results, field[1], (enum outcome)outcome, field[3]);
			results_prefix(results, first, field[0]);
		} else {
			results_add(results, field[0], (enum outcome)outcome, field[3]);
		}
	}
	if (!ok)
		errno = EBADMSG;
	int error = errno;

	free(line);
	fclose(file);
	errno = error;
	return ok;
}

void results_free(struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		free(results->list[i].name);
		free(results->list[i].reason);
	}
	free(results->list);
	*results = (struct results){0};
}
