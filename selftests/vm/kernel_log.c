/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_log.c: the phrases by which a kernel reports a bug. Each checker has its own words; all of
 * them fail a run.
 */
#include "kernel_log.h"

#include <stddef.h>
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
