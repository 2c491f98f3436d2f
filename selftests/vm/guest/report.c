/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.c: what the guest says to the runner, as KTAP on a channel of its own (hvc0), where no
 * kernel message can cut a line in two.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int channel = 2;
static unsigned int number;
static unsigned int failed;

void report_open(void)
{
	int fd = -1;

	/* Where its driver is a module it may come a moment after that. */
	for (int tries = 0; fd < 0 && tries < 200; tries++) {
		if (tries)
			nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
		fd = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	}

	if (fd < 0)
		give_up("no /dev/hvc0: %s", strerror(errno));
	/* Raw: the bytes a program prints are the bytes the runner gets. */
	struct termios mode;

	if (!tcgetattr(fd, &mode)) {
		cfmakeraw(&mode);
		tcsetattr(fd, TCSANOW, &mode);
	}
	channel = fd;
}

int report_fd(void)
{
	return channel;
}

static void write_all(const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(channel, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

void report(const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	size_t length = (size_t)n < sizeof(line) - 1 ? (size_t)n : sizeof(line) - 2;

	line[length++] = '\n';
	write_all(line, length);
}

void report_indented(const char *line)
{
	report("  %s", line);
}

void report_plan(unsigned int tests)
{
	report("KTAP version 1");
	report("1..%u", tests);
}

void report_result(bool ok, const char *name, const char *reason)
{
	number++;
	failed += !ok;
	if (reason && *reason)
		report("# %s: %s", name, reason);
	report("%s %u %s", ok ? "ok" : "not ok", number, name);
}

void report_skip(const char *name, const char *reason)
{
	number++;
	report("ok %u %s # SKIP %s", number, name, reason);
}

unsigned int report_failed(void)
{
	return failed;
}

void give_up(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report("Bail out! %s", text);
	power_off();
}
