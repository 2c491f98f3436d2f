/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_log.c: the phrases by which a kernel reports a bug, and the lines that tell where. Each
 * checker has its own words; all of them fail a run.
 */
#include "kernel_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *phrase;
	const char *complaint;
} complaints[] = {
	{"Kernel panic", "panic"},
	{"KASAN:", "KASAN report"},
	{"UBSAN:", "UBSAN report"},
	{"soft lockup", "soft lockup"},
	{"hard LOCKUP", "hard lockup"},
	{"workqueue lockup", "workqueue lockup"},
	{"possible circular locking", "lockdep report"},
	{"possible recursive locking", "lockdep report"},
	{"possible irq lock inversion", "lockdep report"},
	{"inconsistent lock state", "lockdep report"},
	{"held lock freed", "lockdep report"},
	{"lock held when returning to user space", "lockdep report"},
	{"locks still held", "lockdep report"},
	{"lock-order", "lockdep report"},
	{"suspicious RCU usage", "RCU report"},
	{"detected stalls", "RCU stall"},
	{"self-detected stall", "RCU stall"},
	{"blocked for more than", "hung task"},
	{"new suspected memory leaks", "kmemleak report"},
	{"unreferenced object", "kmemleak report"},
	{"Oops:", "oops"},
	{"unable to handle", "oops"},
	{"kernel BUG at", "BUG"},
	{"Kernel BUG at", "BUG"}, /* of a kernel without CONFIG_DEBUG_BUGVERBOSE */
	{"BUG:", "BUG"},
	{"Bad page state", "BUG"},
	{"general protection fault", "oops"},
	{"nobody cared", "lost interrupt"},
	{"WARNING:", "WARNING"},
};

const char *kernel_log_complaint(const char *line)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (strstr(line, complaints[i].phrase))
			return complaints[i].complaint;
	return NULL;
}

bool kernel_log_fatal(const char *line)
{
	return strstr(line, "Kernel panic");
}

#define MOST_CALLERS 6
#define CODE_CHARS   25 /* the byte at fault, in <>, and seven more */

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list values;

	va_start(values, format);
	vsnprintf(text + used, size - used, format, values);
	va_end(values);
}

/* A line of a call trace that the unwinder is sure of: " name+0x1/0x2". The name's length, or 0. */
static int caller(const char *line, const char **name)
{
	const char *end;

	if (*line == '[' && strchr(line, ']'))
		line = strchr(line, ']') + 1;
	*name = line + strspn(line, " ");
	end = strchr(*name, '+');
	if (*name == line || !end || strncmp(end, "+0x", 3) ||
	    strcspn(*name, " :?<") < (size_t)(end - *name))
		return 0;
	return (int)(end - *name);
}

void kernel_log_where(char *const *lines, int count, char *where, size_t size)
{
	bool code = false, trace = false, at = false;
	const char *found;
	int callers = 0;

	*where = 0;
	for (int i = 0; i < count; i++) {
		/* 0010 is the kernel's code segment; 0033, a program's. */
		found = strstr(lines[i], "RIP: 0010:");
		if (found && !at) {
			found += strlen("RIP: 0010:");
			append(where, size, "%sat %.*s", *where ? ", " : "",
			       (int)strcspn(found, " \n"), found);
			at = true;
		}
		found = strstr(lines[i], "Code: ");
		found = found ? strchr(found, '<') : NULL;
		if (found && !code && !trace) {
			append(where, size, " (%.*s)", CODE_CHARS, found);
			code = true;
		}
		if (strstr(lines[i], "Call Trace:"))
			trace = true;
		int length = trace && callers < MOST_CALLERS ? caller(lines[i], &found) : 0;

		if (length)
			append(where, size, "%s%.*s",
			       callers++ ? " < "
			       : *where	 ? " from "
					 : "from ",
			       length, found);
	}
}
