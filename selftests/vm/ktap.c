/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap.c: see ktap.h. A level is one "KTAP version" block; deeper indentation is a block inside it.
 * A block's results get their full names when the line comes that ends it, "ok N name" of the block
 * around it.
 */
#include "ktap.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LEVELS 16

struct level {
	int indent;
	size_t first; /* its first result */
	long plan;    /* -1: none yet */
	bool skipped; /* plan 1..0 # SKIP */
	long seen;
	char reason[256]; /* the last diagnostic line: most often why the next test fails */
	char skip_reason[256];
};

struct ktap {
	struct results *results;
	struct level levels[MAX_LEVELS];
	int depth; /* levels in use */
};

struct ktap *ktap_new(struct results *results)
{
	struct ktap *ktap = calloc(1, sizeof(*ktap));

	if (!ktap)
		abort();
	ktap->results = results;
	return ktap;
}

static void broken(struct ktap *ktap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void broken(struct ktap *ktap, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	results_add(ktap->results, "(output)", OUTCOME_NOT_OK, text);
}

static struct level *top(struct ktap *ktap)
{
	return ktap->depth ? &ktap->levels[ktap->depth - 1] : NULL;
}

static void open_level(struct ktap *ktap, int indent)
{
	if (ktap->depth == MAX_LEVELS) {
		broken(ktap, "subtests nested deeper than %d", MAX_LEVELS);
		return;
	}
	ktap->levels[ktap->depth++] = (struct level){
		.indent = indent,
		.first = ktap->results->count,
		.plan = -1,
	};
}

/* Checks the block on top against its plan and takes it off. */
static void close_level(struct ktap *ktap)
{
	struct level *level = top(ktap);

	if (level->plan < 0)
		broken(ktap, "no plan: %ld results, no line 1..N", level->seen);
	else if (level->plan != level->seen)
		broken(ktap, "the plan is 1..%ld, the results are %ld", level->plan, level->seen);
	else if (!level->plan && !level->skipped)
		broken(ktap, "no test at all: the plan is 1..0");
	ktap->depth--;
}

/* Blocks deeper than this indentation have ended without the result line they owe. */
static void drop_deeper(struct ktap *ktap, int indent)
{
	while (ktap->depth && top(ktap)->indent > indent) {
		close_level(ktap);
		broken(ktap,
		       "a block of subtests has no result line after it: it ended in the middle");
	}
}

/* "# SKIP why" at the end of a line: cuts it off. */
static bool take_directive(char *text, const char *word, char *reason, size_t size)
{
	for (char *hash = strchr(text, '#'); hash; hash = strchr(hash + 1, '#')) {
		char *p = hash + 1;

		while (*p == ' ')
			p++;
		if (strncasecmp(p, word, strlen(word)) || isalnum((unsigned char)p[strlen(word)]))
			continue;
		p += strlen(word);
		while (*p == ' ' || *p == ':')
			p++;
		snprintf(reason, size, "%s", p);
		while (hash > text && hash[-1] == ' ')
			hash--;
		*hash = 0;
		return true;
	}
	return false;
}

static void plan_line(struct ktap *ktap, int indent, long count, char *rest)
{
	struct level *level = top(ktap);

	if (!level || level->indent != indent) {
		broken(ktap, "a plan 1..%ld outside any block", count);
		return;
	}
	if (level->plan >= 0) {
		broken(ktap, "a second plan, 1..%ld after 1..%ld", count, level->plan);
		return;
	}
	level->plan = count;
	level->skipped =
		take_directive(rest, "SKIP", level->skip_reason, sizeof(level->skip_reason));
}

static void result_line(struct ktap *ktap, int indent, bool ok, char *rest)
{
	/* The block that this line ends, if there is one just inside. */
	bool container = false;
	bool inner_failed = false;
	bool inner_skipped = false;
	size_t first = ktap->results->count;
	char reason[256] = "", skip_reason[256] = "";

	while (ktap->depth > 1 && top(ktap)->indent > indent) {
		bool direct = ktap->levels[ktap->depth - 2].indent <= indent;

		first = top(ktap)->first;
		inner_skipped = top(ktap)->skipped;
		snprintf(skip_reason, sizeof(skip_reason), "%s", top(ktap)->skip_reason);
		close_level(ktap);
		if (!direct)
			broken(ktap, "a block of subtests has no result line after it: it ended in "
				     "the middle");
		container = true;
	}
	struct level *level = top(ktap);

	if (!level || level->indent != indent) {
		broken(ktap, "a result outside any block: %.200s", rest);
		return;
	}
	for (size_t i = first; container && i < ktap->results->count; i++)
		inner_failed |= ktap->results->list[i].outcome == OUTCOME_NOT_OK;

	char *end = rest;
	long number = strtol(rest, &end, 10);

	level->seen++;
	if (end != rest && number != level->seen) {
		broken(ktap, "number %ld where %ld was due", number, level->seen);
		level->seen = number > level->seen ? number : level->seen;
	}
	rest = end;
	while (*rest == ' ' || *rest == '-')
		rest++;

	bool skip = take_directive(rest, "SKIP", reason, sizeof(reason));
	char todo[256];

	/* A test that is not done yet is not a test that passed. */
	if (take_directive(rest, "TODO", todo, sizeof(todo)) && ok) {
		ok = false;
		snprintf(reason, sizeof(reason), "TODO %.200s", todo);
	}
	if (!ok)
		skip = false;
	if (!ok && !*reason)
		snprintf(reason, sizeof(reason), "%s", level->reason);
	level->reason[0] = 0;
	if (container && !(inner_skipped && first == ktap->results->count)) {
		results_prefix(ktap->results, first, *rest ? rest : "unnamed");
		/* The cases have told it all, unless the suite failed for a reason of its own, a
		 * crash after the last case. */
		if (!ok && !inner_failed)
			results_add(ktap->results, *rest ? rest : "unnamed", OUTCOME_NOT_OK,
				    reason);
		if (ok && !skip && inner_failed)
			results_add(ktap->results, *rest ? rest : "unnamed", OUTCOME_NOT_OK,
				    "says ok, but a case in it failed");
		return;
	}
	if (container) {
		skip = ok;
		if (!*reason)
			snprintf(reason, sizeof(reason), "%s", skip_reason);
	}
	results_add(ktap->results, rest,
		    !ok	   ? OUTCOME_NOT_OK
		    : skip ? OUTCOME_SKIP
			   : OUTCOME_OK,
		    reason);
}

/* A remark belongs to the block at its own depth: what init says of a program comes after the
 * program's block. */
static void note(struct ktap *ktap, int indent, const char *text)
{
	while (*text == '#' || *text == ' ')
		text++;
	/* The harness of kselftest frames each case with such lines; they are no reason. */
	static const char *const frames[] = {
		" RUN ",   "RUN ",    "OK ",	 "FAIL ",	"Starting ",
		"PASSED:", "FAILED:", "Totals:", "dmmu-guest:", "Subtest:"};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		if (!strncmp(text, frames[i], strlen(frames[i])))
			return;
	int depth = ktap->depth;

	while (depth > 1 && ktap->levels[depth - 1].indent > indent)
		depth--;
	if (!*text || !depth)
		return;

	char *reason = ktap->levels[depth - 1].reason;

	/* The harness of kselftest says last that the test ended; the failed comparison before it
	 * tells more. */
	if (!strstr(reason, ":Expected ") || strstr(text, ":Expected "))
		snprintf(reason, sizeof(ktap->levels[0].reason), "%.255s", text);
}

void ktap_line(struct ktap *ktap, const char *line)
{
	char buffer[2048];
	int indent = 0;
	long low, high;
	int used = 0;

	while (line[indent] == ' ')
		indent++;
	snprintf(buffer, sizeof(buffer), "%s", line + indent);

	char *text = buffer;

	text[strcspn(text, "\r")] = 0;
	/* Text that only looks like KTAP, deeper than any block that was opened, is what a test
	 * printed. */
	bool opened = ktap->depth && top(ktap)->indent >= indent;

	if (!strncmp(text, "KTAP version ", 13) || !strncmp(text, "TAP version ", 12)) {
		drop_deeper(ktap, indent);
		if (ktap->depth && top(ktap)->indent == indent) {
			broken(ktap,
			       "a second block at the same depth: the first has no result line");
			close_level(ktap);
		}
		open_level(ktap, indent);
	} else if (opened && sscanf(text, "%ld..%ld%n", &low, &high, &used) == 2 && low == 1 &&
		   high >= 0) {
		drop_deeper(ktap, indent);
		plan_line(ktap, indent, high, text + used);
	} else if (opened && !strncmp(text, "ok", 2) && (!text[2] || text[2] == ' ')) {
		result_line(ktap, indent, true, text + 2 + (text[2] == ' '));
	} else if (opened && !strncmp(text, "not ok", 6) && (!text[6] || text[6] == ' ')) {
		result_line(ktap, indent, false, text + 6 + (text[6] == ' '));
	} else if (!strncmp(text, "Bail out!", 9)) {
		broken(ktap, "%s", text);
	} else {
		note(ktap, indent, text);
	}
}

void ktap_finish(struct ktap *ktap)
{
	if (!ktap->depth)
		broken(ktap, "no KTAP at all");
	drop_deeper(ktap, ktap->depth ? ktap->levels[0].indent : 0);
	while (ktap->depth)
		close_level(ktap);
	if (!ktap->results->count)
		broken(ktap, "no test at all");
	free(ktap);
}
