/* SPDX-License-Identifier: GPL-2.0 */
/*
 * results.h: a growing list of test results, and results.tsv, the form in which they leave the
 * runner: one line a case, suite, test, ok|not ok|skip and the reason, separated by tabs.
 */
#ifndef DMMU_VM_RESULTS_H
#define DMMU_VM_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum outcome { OUTCOME_OK, OUTCOME_NOT_OK, OUTCOME_SKIP };

struct result {
	char *name; /* the path of names from the outermost suite, joined by '/' */
	enum outcome outcome;
	char *reason; /* may be empty, never NULL */
};

struct results {
	struct result *list;
	size_t count;
};

void results_add(struct results *results, const char *name, enum outcome outcome,
		 const char *reason);
/* Puts "prefix/" before the name of each result from `first` on. */
void results_prefix(struct results *results, size_t first, const char *prefix);
size_t results_count(const struct results *results, enum outcome outcome);
bool results_write(const struct results *results, const char *path); /* errno on failure */
bool results_read(struct results *results, const char *path);
void results_free(struct results *results);

#endif
