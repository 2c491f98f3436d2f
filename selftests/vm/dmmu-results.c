/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu-results.c: judges one suite of a finished run by its results.tsv, so that each test program
 * of the guest is a test of CTest, with its cases printed.
 *
 * usage: dmmu-results FILE SUITE    exit 0 all ok, 1 a failed case or no case, 77 all skipped
 */
#include "results.h"

#include <errno.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const words[] = {"ok", "not ok", "skip"};
	struct results results = {0};
	size_t count[3] = {0};

	if (argc != 3) {
		fputs("usage: dmmu-results FILE SUITE\n", stderr);
		return 2;
	}
	if (!results_read(&results, argv[1])) {
		fprintf(stderr, "dmmu-results: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	size_t length = strlen(argv[2]);

	for (size_t i = 0; i < results.count; i++) {
		const struct result *result = &results.list[i];

		if (strncmp(result->name, argv[2], length) ||
		    (result->name[length] && result->name[length] != '/'))
			continue;
		count[result->outcome]++;
		printf("%s %s%s%s\n", words[result->outcome], result->name,
		       *result->reason ? ": " : "", result->reason);
	}
	results_free(&results);
	if (!count[OUTCOME_OK] && !count[OUTCOME_NOT_OK]) {
		if (count[OUTCOME_SKIP])
			return 77;
		fprintf(stderr, "dmmu-results: %s holds no result of %s\n", argv[1], argv[2]);
		return 1;
	}
	return count[OUTCOME_NOT_OK] ? 1 : 0;
}
