// SPDX-License-Identifier: GPL-2.0
/*
 * qemu_control.c: a test in the guest does something to the machine: a line "DMMU-ACTION qemu
 * COMMAND" on the test channel is a command for QEMU's monitor, such as one that injects a PCIe
 * error, and what the monitor says goes back to the guest as a line "DMMU-DONE ok ANSWER".
 */
#include "run.h"
#include "unix_socket.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_SECONDS 10

/* The next line of QMP that begins like this; events are passed over. */
static bool read_reply(int fd, const char *begin, char *line, size_t size)
{
	size_t length = 0;
	char byte;

	while (recv(fd, &byte, 1, 0) == 1) {
		if (byte != '\n') {
			if (length < size - 1)
				line[length++] = byte;
			continue;
		}
		line[length] = 0;
		length = 0;
		if (!strncmp(line, begin, strlen(begin)) || !strncmp(line, "{\"error\"", 8))
			return !strncmp(line, begin, strlen(begin));
	}
	return false;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static bool ask(const char *path, const char *command, char *answer, size_t size)
{
	char text[1200];
	int fd = unix_connect(path, SOCK_STREAM, LIMIT_SECONDS);
	bool ok;

	snprintf(
		text, sizeof(text),
		"{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s\"}}\n",
		command);
	ok = fd >= 0 && read_reply(fd, "{\"QMP\"", answer, size) &&
	     say(fd, "{\"execute\":\"qmp_capabilities\"}\n") &&
	     read_reply(fd, "{\"return\"", answer, size) && say(fd, text) &&
	     read_reply(fd, "{\"return\"", answer, size);
	if (fd >= 0)
		close(fd);
	return ok;
}

void qemu_control(struct run *run, const char *line)
{
	static const char mark[] = "DMMU-ACTION qemu ";
	const char *command = strstr(line, mark);
	char path[100], answer[1024] = "", reply[1200];
	bool ok;
	int n;

	if (!command)
		return;
	command += sizeof(mark) - 1;
	snprintf(path, sizeof(path), "%s/qmp", run->work);
	/* It becomes a JSON string. */
	ok = !strpbrk(command, "\"\\") && ask(path, command, answer, sizeof(answer));
	for (char *c = answer; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = ' ';
	fprintf(stderr, "vm: %4.0f s  qemu: %s: %s %s\n", run_seconds(run), command,
		ok ? "ok" : "error", answer);
	n = snprintf(reply, sizeof(reply), "DMMU-DONE %s %s\n", ok ? "ok" : "error:", answer);
	if (send(run->test.fd, reply, (size_t)n, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "dmmu-vm: the guest takes no answer: %s\n", strerror(errno));
}
