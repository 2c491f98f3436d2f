/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_log.h: which lines of a kernel log mean that the kernel found something wrong.
 *
 * Used on both sides: in the guest to blame the test that ran, on the host for what the guest could
 * not say itself.
 */
#ifndef DMMU_VM_KERNEL_LOG_H
#define DMMU_VM_KERNEL_LOG_H

#include <stdbool.h>

/* Why this line (no newline needed, time stamp or not) is bad news, or NULL. */
const char *kernel_log_complaint(const char *line);

/* True when the guest cannot go on after this line. */
bool kernel_log_fatal(const char *line);

#endif
