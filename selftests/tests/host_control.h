/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_control.h: a test in the guest tells the runner on the host what the device shall do
 * (docs/adversity.md). On hardware, or under another runner, nobody answers: such a test is
 * skipped.
 */
#ifndef DMMU_HOST_CONTROL_H
#define DMMU_HOST_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when the host did it. The answer, or what went wrong, is in answer[]. */
bool host_command(const char *command, char *answer, size_t size);

/* The same for the machine around the device: a command of QEMU's monitor. */
bool host_machine(const char *command, char *answer, size_t size);

/* host_command() with nothing to know but whether. */
bool host_do(const char *command);

/* Is there somebody who answers? */
bool host_there(void);

/* How often it happened so far: NAME as in the answer to `state`, such as "irq=lose" or "held.ack".
 */
uint64_t host_count(const char *name);

/* Waits until it has happened more than `before` times; false after DMMU_WAIT_SECONDS. */
bool host_await(const char *name, uint64_t before);

#endif /* DMMU_HOST_CONTROL_H */
