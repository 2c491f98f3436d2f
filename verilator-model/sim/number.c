// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers from a command line. What is not one is refused: a test that runs with 0 in place of a
 * mistyped seed passes, and nobody knows.
 */
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool number_parse(const char *text, uint64_t max, uint64_t *value)
{
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || *end || v > max)
		return false;
	*value = v;
	return true;
}

uint64_t number_or_exit(const char *program, const char *text, uint64_t max)
{
	uint64_t value;

	if (!number_parse(text, max, &value)) {
		if (number_parse(text, UINT64_MAX, &value))
			fprintf(stderr, "%s: %s is too much: at most %" PRIu64 "\n", program, text,
				max);
		else
			fprintf(stderr, "%s: '%s' is not a number\n", program, text);
		exit(2);
	}
	return value;
}
