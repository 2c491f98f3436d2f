// SPDX-License-Identifier: GPL-2.0
/*
 * host_control.c: see host_control.h. The command goes out as a line of the test's output, the
 * answer comes in on the channel that this output goes to.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "host_control.h"

#define ANSWER_SECONDS 20
#define CHANNEL	       "/dev/hvc0"

static const char mark[] = "DMMU-DONE ";

static bool read_line(int fd, char *line, size_t size)
{
	uint64_t until = dmmu_now_ns() + ANSWER_SECONDS * 1000000000ull;
	size_t length = 0;

	while (dmmu_now_ns() < until) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		char byte;

		poll(&wait, 1, 100);
		while (read(fd, &byte, 1) == 1) {
			if (byte == '\n') {
				line[length] = 0;
				return true;
			}
			if (byte != '\r' && length < size - 1)
				line[length++] = byte;
		}
	}
	return false;
}

static bool act(const char *on, const char *command, char *answer, size_t size)
{
	int fd = open(CHANNEL, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	char line[1200];
	bool found = false;

	if (fd < 0) {
		snprintf(answer, size, "error: %s: %s", CHANNEL, strerror(errno));
		return false;
	}
	while (read(fd, line, sizeof(line)) > 0)
		; /* answers that came too late */
	printf("# DMMU-ACTION %s %s\n", on, command);
	fflush(stdout);
	while (!found && read_line(fd, line, sizeof(line)))
		found = !strncmp(line, mark, sizeof(mark) - 1);
	close(fd);
	snprintf(answer, size, "%s",
		 found ? line + sizeof(mark) - 1 : "error: nobody on the host answers");
	return !strncmp(answer, "ok", 2);
}

bool host_command(const char *command, char *answer, size_t size)
{
	return act("model", command, answer, size);
}

bool host_machine(const char *command, char *answer, size_t size)
{
	return act("qemu", command, answer, size);
}

bool host_do(const char *command)
{
	char answer[1200];
	bool ok = host_command(command, answer, sizeof(answer));

	if (!ok) {
		fflush(stdout);
		fprintf(stderr, "# %s: %s\n", command, answer);
	}
	return ok;
}

bool host_there(void)
{
	char answer[1200];

	return host_command("state", answer, sizeof(answer));
}

uint64_t host_count(const char *name)
{
	char answer[1200], key[80];
	char *found;

	if (!host_command("state", answer, sizeof(answer)))
		return 0;
	snprintf(key, sizeof(key), " %s=", name);
	found = strstr(answer, key);
	return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

bool host_await(const char *name, uint64_t before)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	while (host_count(name) <= before) {
		if (dmmu_now_ns() > until) {
			fprintf(stderr, "# waited %d s for %s\n", DMMU_WAIT_SECONDS, name);
			return false;
		}
		dmmu_sleep_us(20000);
	}
	return true;
}
