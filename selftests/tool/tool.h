/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tool.h: the commands of dmmu-tool. Each prints what it finds and returns the exit status.
 */
#ifndef DMMU_TOOL_H
#define DMMU_TOOL_H

#include <stdbool.h>
#include <stddef.h>

enum { TOOL_OK = 0, TOOL_BAD = 1, TOOL_USAGE = 2, TOOL_NONE = 4 };

/* First line of an attribute of the node's class device. */
bool attribute(const char *node, const char *name, char *text, size_t size);

int info(const char *node);
int counters(unsigned int every); /* seconds; 0: once */
int selftest(void);
int memtest(unsigned int passes);

#endif
