/* SPDX-License-Identifier: GPL-2.0 */
/*
 * setup.c: from a bare kernel to a machine tests can use: file systems, cgroups, swap, a disk with
 * ext4, and the options of the command line. Disks are told apart by their serial numbers, "swap"
 * and "mnt".
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

void setup_mounts(void)
{
	static const struct {
		const char *type, *where, *options;
	} mounts[] = {
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", ""},
		{"tmpfs", "/tmp", "mode=1777"},
		{"tmpfs", "/dev/shm", "mode=1777"},
		{"debugfs", "/sys/kernel/debug", ""},
		{"tracefs", "/sys/kernel/tracing", ""},
		{"cgroup2", "/sys/fs/cgroup", ""},
		{"hugetlbfs", "/dev/hugepages", ""},
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, mounts[i].options))
			fprintf(stderr, "init: cannot mount %s: %s\n", mounts[i].where,
				strerror(errno));
	}
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids");
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	/* A core file of a test that crashes would fill /tmp. */
	write_file("/proc/sys/kernel/core_pattern", "|/bin/false");
}

/* Writes the header of a swap area (what mkswap does), so that neither side needs that tool. */
static bool make_swap(const char *device)
{
	static uint8_t page[4096];
	uint64_t bytes = 0;
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = !ioctl(fd, BLKGETSIZE64, &bytes) && bytes >= 40960;
	uint32_t info[3] = {1, (uint32_t)(bytes / sizeof(page)) - 1, 0};

	memcpy(page + 1024, info, sizeof(info));
	memcpy(page + sizeof(page) - 10, "SWAPSPACE2", 10);
	ok = ok && pwrite(fd, page, sizeof(page), 0) == (ssize_t)sizeof(page) && !fsync(fd);
	close(fd);
	return ok;
}

void setup_disks(void)
{
	glob_t found;

	if (glob("/sys/block/vd*/serial", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char name[32], serial[32] = "", device[64];

		if (sscanf(found.gl_pathv[i], "/sys/block/%31[^/]/", name) != 1)
			continue;
		int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		ssize_t n = read(fd, serial, sizeof(serial) - 1);

		close(fd);
		serial[n > 0 ? n : 0] = 0;
		serial[strcspn(serial, "\n")] = 0;
		snprintf(device, sizeof(device), "/dev/%s", name);
		if (!strcmp(serial, "swap") && (!make_swap(device) || swapon(device, 0)))
			give_up("cannot swap to %s: %s", device, strerror(errno));
		if (!strcmp(serial, "mnt") && mount(device, "/mnt", "ext4", 0, ""))
			give_up("cannot mount %s at /mnt: %s", device, strerror(errno));
	}
	globfree(&found);
}

const char *setup_option(const char *name, const char *fallback)
{
	static char line[4096];
	char key[64];

	if (!line[0]) {
		int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

		line[n > 0 ? n : 0] = 0;
		line[strcspn(line, "\n")] = 0;
		close(fd);
	}
	snprintf(key, sizeof(key), "dmmu.%s=", name);

	/* Words end at a space outside double quotes; the kernel's own rule. */
	bool quoted = false;

	for (const char *p = line, *word = line;; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p && (quoted || *p != ' '))
			continue;
		if (*word == '"')
			word++;
		if (!strncmp(word, key, strlen(key))) {
			const char *value = word + strlen(key);
			size_t length = (size_t)(p - value);

			if (length && *value == '"')
				value++, length--;
			if (length && value[length - 1] == '"')
				length--;
			return strndup(value, length);
		}
		if (!*p)
			return fallback;
		word = p + 1;
	}
}

void power_off(void)
{
	sync();
	umount2("/mnt", 0);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
