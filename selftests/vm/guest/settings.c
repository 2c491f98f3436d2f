/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settings.c: the driver's parameters and its files for tests. A program that changes one must put
 * it back: else the next finds another driver than it was written for, and fails for no fault of
 * its own.
 */
#include "guest.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_SETTINGS = 256 };

static const char *const folders[] = {"/sys/module/dmmu/parameters/*",
				      "/sys/kernel/debug/dmmu/*/*"};
static struct {
	char path[128];
	char value[64];
} kept[MOST_SETTINGS];
static unsigned int kept_count;

static bool read_value(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, value, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	value[n] = 0;
	value[strcspn(value, "\n")] = 0;
	return true;
}

void settings_keep(void)
{
	kept_count = 0;
	for (size_t k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
		glob_t found = {0};

		if (glob(folders[k], 0, NULL, &found))
			continue;
		for (size_t i = 0; i < found.gl_pathc && kept_count < MOST_SETTINGS; i++) {
			const char *path = found.gl_pathv[i];
			struct stat s;

			/* What can be read and written. */
			if (stat(path, &s) || (s.st_mode & 0600) != 0600 ||
			    strlen(path) >= sizeof(kept[0].path))
				continue;
			if (!read_value(path, kept[kept_count].value, sizeof(kept[0].value)))
				continue;
			strcpy(kept[kept_count++].path, path);
		}
		globfree(&found);
	}
}

bool settings_put_back(char *text, size_t size)
{
	bool same = true;

	for (unsigned int i = 0; i < kept_count; i++) {
		char value[sizeof(kept[0].value)] = "nothing";
		bool there = read_value(kept[i].path, value, sizeof(value));

		if (there && !strcmp(value, kept[i].value))
			continue;
		if (same)
			snprintf(text, size, "it leaves %s in %s, where %s was", value,
				 kept[i].path, kept[i].value);
		same = false;
		if (there)
			write_file(kept[i].path, kept[i].value);
	}
	return same;
}
