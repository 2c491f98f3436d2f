// SPDX-License-Identifier: GPL-2.0
/*
 * log.c: one write per line, so that lines of several processes on one terminal do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum log_level log_level = LOG_INFO;

void log_line(enum log_level level, const char *format, ...)
{
	char line[512];
	struct timespec t;
	va_list args;
	size_t used;

	if (level > log_level)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	used = (size_t)snprintf(line, sizeof(line), "dmmu-bridge [%lld.%06ld] %s",
				(long long)t.tv_sec, t.tv_nsec / 1000,
				level == LOG_ERROR ? "error: " : "");
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	strcat(line, "\n");
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* nowhere to say so */
}
