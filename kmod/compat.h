/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels the driver builds for (6.12 and later).
 *
 * Nothing else in the driver looks at a kernel version.
 */
#ifndef DMMU_COMPAT_H
#define DMMU_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>

/* The name space of a symbol became a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define DMMU_IMPORT_KUNIT_NS MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING")
#else
#define DMMU_IMPORT_KUNIT_NS MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING)
#endif

#endif /* DMMU_COMPAT_H */
