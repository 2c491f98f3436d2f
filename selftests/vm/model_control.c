// SPDX-License-Identifier: GPL-2.0
/*
 * model_control.c: a test in the guest tells the model what shall go wrong: a line "DMMU-ACTION
 * model COMMAND" on the test channel goes to the control socket of the first device's model, and
 * the model's answer goes back to the guest as a line "DMMU-DONE ANSWER", so that the test knows
 * that it is so.
 */
#include "run.h"

#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void model_control(struct run *run, const char *line)
{
	static const char mark[] = "DMMU-ACTION model ";
	const char *command = strstr(line, mark);
	char path[100], answer[CONTROL_ANSWER_SIZE], reply[CONTROL_ANSWER_SIZE + 20];
	int n;

	if (!command)
		return;
	command += sizeof(mark) - 1;
	snprintf(path, sizeof(path), "%s/control0", run->work);
	if (!control_ask(path, command, answer, sizeof(answer)))
		snprintf(answer, sizeof(answer), "error: no model answers: %s", strerror(errno));
	fprintf(stderr, "vm: %4.0f s  model: %s: %s\n", run_seconds(run), command, answer);
	n = snprintf(reply, sizeof(reply), "DMMU-DONE %s\n", answer);
	if (send(run->test.fd, reply, (size_t)n, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "dmmu-vm: the guest takes no answer: %s\n", strerror(errno));
}
