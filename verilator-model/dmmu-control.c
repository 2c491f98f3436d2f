// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-control.c: says one line to a running dmmu-model (--control) and prints the answer.
 */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: dmmu-control SOCKET COMMAND...\n"
	"Tells a dmmu-model that was started with --control SOCKET what to do:\n\n"
	"  faults SPEC [SEED]   misbehave so from now on (dmmu-model --faults help); none: not at "
	"all\n"
	"  now CLAUSE           device=flr, device=reset or link=loss, at once\n"
	"  hold POINT,...       hold what passes: invalidate, ack, answer, record, completion,\n"
	"                       write\n"
	"  release POINT,...    let it go, and hold no more; also all\n"
	"  state                what was held and what went wrong so far\n\n"
	"Ends with 0 when the answer begins with ok, 1 when not, 2 on wrong usage, 3 without "
	"answer.\n";

int main(int argc, char **argv)
{
	char line[CONTROL_COMMAND_SIZE] = "", answer[CONTROL_ANSWER_SIZE];

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 3) {
		fputs(usage, stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (strlen(line) + strlen(argv[i]) + 2 >= sizeof(line)) {
			fputs("dmmu-control: the command is too long\n", stderr);
			return 2;
		}
		strcat(line, i > 2 ? " " : "");
		strcat(line, argv[i]);
	}
	if (!control_ask(argv[1], line, answer, sizeof(answer))) {
		fprintf(stderr, "dmmu-control: %s: %s\n", argv[1], strerror(errno));
		return 3;
	}
	puts(answer);
	return strncmp(answer, "ok", 2) ? 1 : 0;
}
