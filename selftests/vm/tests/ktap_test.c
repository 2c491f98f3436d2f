/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap_test.c: the KTAP reader on text that is whole, and on text that is broken in each way a
 * guest can break it. The expected results are written out, so a reader that is too kind fails here
 * first.
 *
 * usage: ktap_test NAME (one case) | --list
 */
#include "../ktap.h"

#include <stdio.h>
#include <string.h>

static const char *const outcome_words[] = {"ok", "not ok", "skip"};

/* want: one "outcome name" or "outcome name: reason" a line, in order. */
static const struct {
	const char *name, *text, *want;
} cases[] = {
	{"pass", "KTAP version 1\n1..2\nok 1 a\nok 2 - b\n", "ok a\nok b\n"},
	{"fail", "KTAP version 1\n1..2\nok 1 a\n# line 7: 3 != 4\nnot ok 2 b\n",
	 "ok a\nnot ok b: line 7: 3 != 4\n"},
	{"skip", "KTAP version 1\n1..2\nok 1 a # SKIP no swap\nok 2 b\n",
	 "skip a: no swap\nok b\n"},
	{"skip_all", "TAP version 13\n1..0 # SKIP no device\n",
	 "not ok (output): no test at all\n"},
	{"skip_inner",
	 "KTAP version 1\n1..1\n  TAP version 13\n  1..0 # SKIP no device\nok 1 prog\n",
	 "skip prog: no device\n"},
	{"todo", "KTAP version 1\n1..1\nok 1 a # TODO later\n", "not ok a: TODO later\n"},
	{"nested",
	 "KTAP version 1\n1..2\n  TAP version 13\n  1..2\n  # Starting 2 tests\n  ok 1 x\n  # "
	 "why\n  not ok 2 y\nnot ok 1 prog\n"
	 "  KTAP version 1\n  1..1\n    KTAP version 1\n    # Subtest: s\n    1..1\n    ok 1 c\n  "
	 "ok 1 s\nok 2 s\n",
	 "ok prog/x\nnot ok prog/y: why\nok s/c\n"},
	{"no_version", "1..1\nok 1 a\n", "not ok (output): no KTAP at all\n"},
	{"empty", "", "not ok (output): no KTAP at all\n"},
	{"kselftest_reason",
	 "TAP version 13\n1..1\n#  RUN  f.t ...\n# a.c:7:t:Expected 1 (1) == x (0)\n# t: Test "
	 "terminated by assertion\n"
	 "#  FAIL  f.t\nnot ok 1 f.t\n",
	 "not ok f.t: a.c:7:t:Expected 1 (1) == x (0)\n"},
	{"zero_tests", "KTAP version 1\n1..0\n",
	 "not ok (output): no test at all: the plan is 1..0\n"},
	{"no_plan", "KTAP version 1\nok 1 a\n",
	 "ok a\nnot ok (output): no plan: 1 results, no line 1..N\n"},
	{"truncated", "KTAP version 1\n1..3\nok 1 a\n",
	 "ok a\nnot ok (output): the plan is 1..3, the results are 1\n"},
	{"too_many", "KTAP version 1\n1..1\nok 1 a\nok 2 b\n",
	 "ok a\nok b\nnot ok (output): the plan is 1..1, the results are 2\n"},
	{"false_pass", "KTAP version 1\n1..1\n  KTAP version 1\n  1..5\nok 1 s\n",
	 "not ok s/(output): the plan is 1..5, the results are 0\nnot ok s: says ok, but a case in "
	 "it failed\n"},
	{"duplicate_number", "KTAP version 1\n1..2\nok 1 a\nok 1 b\n",
	 "ok a\nnot ok (output): number 1 where 2 was due\nok b\n"},
	{"missing_number", "KTAP version 1\n1..3\nok 1 a\nok 3 c\n",
	 "ok a\nnot ok (output): number 3 where 2 was due\nok c\n"},
	{"second_plan", "KTAP version 1\n1..2\nok 1 a\n1..1\nok 2 b\n",
	 "ok a\nnot ok (output): a second plan, 1..1 after 1..2\nok b\n"},
	{"crash_inside",
	 "KTAP version 1\n1..2\n  TAP version 13\n  1..2\n  ok 1 x\n# prog: died of signal 11\nnot "
	 "ok 1 prog\nok 2 q\n",
	 "ok prog/x\nnot ok prog/(output): the plan is 1..2, the results are 1\nok q\n"},
	{"crash_after_cases",
	 "KTAP version 1\n1..1\n  TAP version 13\n  1..1\n  ok 1 x\n# prog: died of signal 11\nnot "
	 "ok 1 prog\n",
	 "ok prog/x\nnot ok prog: prog: died of signal 11\n"},
	{"guest_gone_inside", "KTAP version 1\n1..1\n  TAP version 13\n  1..2\n  ok 1 x\n  o",
	 "ok x\nnot ok (output): the plan is 1..2, the results are 1\n"
	 "not ok (output): a block of subtests has no result line after it: it ended in the "
	 "middle\n"
	 "not ok (output): the plan is 1..1, the results are 0\n"},
	{"parent_says_ok",
	 "KTAP version 1\n1..1\n  TAP version 13\n  1..1\n  not ok 1 x\nok 1 prog\n",
	 "not ok prog/x\nnot ok prog: says ok, but a case in it failed\n"},
	{"bail_out", "KTAP version 1\n1..2\nok 1 a\nBail out! no disk\n",
	 "ok a\nnot ok (output): Bail out! no disk\nnot ok (output): the plan is 1..2, the results "
	 "are 1\n"},
	{"noise",
	 "starting up\nKTAP version 1\n1..1\nokay then\nhello\n    ok 7 this is only "
	 "printed\n1..x\nok 1 a\r\n",
	 "ok a\n"},
	{"no_name", "KTAP version 1\n1..1\nok 1\n", "ok unnamed\n"},
	{"two_blocks", "KTAP version 1\n1..1\nok 1 a\nKTAP version 1\n1..1\nok 1 b\n",
	 "ok a\nnot ok (output): a second block at the same depth: the first has no result "
	 "line\nok b\n"},
	{"result_before_block", "ok 1 a\nKTAP version 1\n1..1\nok 1 b\n", "ok b\n"},
};

static int run(size_t index)
{
	struct results results = {0};
	struct ktap *ktap = ktap_new(&results);
	char text[4096], got[4096] = "";
	char *rest = text;

	snprintf(text, sizeof(text), "%s", cases[index].text);
	while (rest && *rest)
		ktap_line(ktap, strsep(&rest, "\n"));
	ktap_finish(ktap);
	for (size_t i = 0; i < results.count; i++) {
		size_t used = strlen(got);

		snprintf(got + used, sizeof(got) - used, "%s %s%s%s\n",
			 outcome_words[results.list[i].outcome], results.list[i].name,
			 *results.list[i].reason ? ": " : "", results.list[i].reason);
	}
	results_free(&results);
	if (!strcmp(got, cases[index].want))
		return 0;
	fprintf(stderr, "ktap %s\n--- wanted\n%s--- got\n%s", cases[index].name, cases[index].want,
		got);
	return 1;
}

int main(int argc, char **argv)
{
	size_t count = sizeof(cases) / sizeof(cases[0]);

	if (argc != 2) {
		fputs("usage: ktap_test NAME | --list\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(argv[1], "--list"))
			puts(cases[i].name);
		else if (!strcmp(argv[1], cases[i].name))
			return run(i);
	}
	if (!strcmp(argv[1], "--list"))
		return 0;
	fprintf(stderr, "no case named '%s'\n", argv[1]);
	return 2;
}
