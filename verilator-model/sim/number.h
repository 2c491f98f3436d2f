/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that a user gives on a command line: decimal, hexadecimal with 0x, or octal with 0; no
 * sign, nothing behind.
 */
#ifndef DMMU_NUMBER_H
#define DMMU_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether text is such a number and at most max; then *value is it, else it is left alone. */
bool number_parse(const char *text, uint64_t max, uint64_t *value);

/* The number, or an explanation on stderr and exit status 2. */
uint64_t number_or_exit(const char *program, const char *text, uint64_t max);

#endif
