/* SPDX-License-Identifier: GPL-2.0 */
/* dmmu_pci.h: what sysfs lets one do with the device as a PCI function: reset it, take it away. */
#ifndef DMMU_PCI_H
#define DMMU_PCI_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dmmu_test.h"

/* The PCI function's folder in sysfs, and at its end the function's name; soon after a rescan, too.
 */
static inline bool pci_folder(char *path, size_t size)
{
	const char *name = strrchr(dmmu_path(), '/');
	char link[128], *real;

	snprintf(link, sizeof(link), "/sys/class/misc%s/device", name);
	for (unsigned int i = 0; !(real = realpath(link, NULL)); i++) {
		if (i == 100)
			return false;
		dmmu_sleep_us(50000);
	}
	snprintf(path, size, "%s", real);
	free(real);
	return true;
}

static inline int put_text(const char *folder, const char *file, const char *text)
{
	char path[700];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return dmmu_write_text(path, text);
}

static inline int put(const char *folder, const char *file)
{
	return put_text(folder, file, "1");
}

/* "unbind" or "bind": the function of this folder, from or to its driver. */
static inline int put_driver(const char *file, const char *folder)
{
	return put_text("/sys/bus/pci/drivers/dmmu", file, strrchr(folder, '/') + 1);
}

/* A context of a device that comes back about now; negative when it does not. */
static inline int open_when_back(void)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	while (access(dmmu_path(), F_OK)) {
		if (dmmu_now_ns() > until)
			return -ENODEV;
		dmmu_sleep_us(10000);
	}
	return dmmu_open_bound();
}

#endif /* DMMU_PCI_H */
