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
#include <stddef.h>

/* Why this line (no newline needed, time stamp or not) is bad news, or NULL. */
const char *kernel_log_complaint(const char *line);

/* True when the guest cannot go on after this line. */
bool kernel_log_fatal(const char *line);

/*
 * Where it happened, from the lines of a report: the code it names and who called it, innermost
 * first, and of an oops the bytes at the instruction. Empty when the lines do not say.
 */
void kernel_log_where(char *const *lines, int count, char *where, size_t size);

#endif
