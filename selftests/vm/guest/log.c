/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.c: what the kernel complained about while a test ran, from /dev/kmsg, and what kmemleak
 * found.
 */
#include "guest.h"
#include "../kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int kmsg = -1;

void log_open(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		give_up("no /dev/kmsg: %s", strerror(errno));
}

unsigned int log_complaints(char *first, size_t size)
{
	char record[8192];
	unsigned int count = 0;

	first[0] = 0;
	for (;;) {
		ssize_t n = read(kmsg, record, sizeof(record) - 1);

		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue; /* EPIPE: records were overwritten before they were read; the
				     runner has them */
		if (n <= 0)
			return count;
		record[n] = 0;
		char *text = strchr(record, ';'); /* "priority,number,time,flags;text" */

		text = text ? text + 1 : record;
		text[strcspn(text, "\n")] = 0;
		if (!kernel_log_complaint(text))
			continue;
		if (!count++)
			snprintf(first, size, "%s", text);
	}
}

bool leaks_possible(void)
{
	int fd = open("/sys/kernel/debug/kmemleak", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	/* The kernel has it in, but it can be switched off: then it refuses to scan. */
	bool on = write(fd, "scan=off", 8) == 8;

	close(fd);
	return on;
}

void leaks_forget(void)
{
	write_file("/sys/kernel/debug/kmemleak", "scan");
	write_file("/sys/kernel/debug/kmemleak", "clear");
}

unsigned int leaks_found(void)
{
	char line[512];
	unsigned int count = 0;

	/* kmemleak looks at objects that are at least 5 s old, and a first scan may catch one on
	 * the move. */
	sleep(6);
	write_file("/sys/kernel/debug/kmemleak", "scan");
	write_file("/sys/kernel/debug/kmemleak", "scan");
	FILE *file = fopen("/sys/kernel/debug/kmemleak", "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		count += !strncmp(line, "unreferenced object", 19);
		report("# %s", line);
	}
	fclose(file);
	return count;
}
