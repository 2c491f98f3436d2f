/* SPDX-License-Identifier: GPL-2.0 */
/* dmmu_pci.h: what sysfs lets one do with the device as a PCI function: reset it, take it away. */
#ifndef DMMU_PCI_H
#define DMMU_PCI_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dmmu_test.h"

/* The PCI function's folder in sysfs. */
static inline bool pci_folder(char *path, size_t size)
{
	const char *name = strrchr(dmmu_path(), '/');
	char link[128], *real;

	snprintf(link, sizeof(link), "/sys/class/misc%s/device", name);
	real = realpath(link, NULL);
	if (!real)
		return false;
	snprintf(path, size, "%s", real);
	free(real);
	return true;
}

static inline int put(const char *folder, const char *file)
{
	char path[700];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return dmmu_write_text(path, "1");
}

#endif /* DMMU_PCI_H */
