// SPDX-License-Identifier: GPL-2.0
/*
 * quiet_log.c: instead of ../log.c: makes each line, for the sanitizers' sake, and keeps it to
 * itself.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

enum log_level log_level = LOG_DEBUG;

void log_line(enum log_level level, const char *format, ...)
{
	char line[400];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
}
