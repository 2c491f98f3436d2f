/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_prefix.h: what dmmu-trace puts before its lines: dmmu-timeline reads them from the log of the
 * test channel, and dmmu-vm does not show them.
 */
#ifndef DMMU_TRACE_PREFIX_H
#define DMMU_TRACE_PREFIX_H

#define DMMU_TRACE_PREFIX "# dmmu-trace: "

#endif /* DMMU_TRACE_PREFIX_H */
