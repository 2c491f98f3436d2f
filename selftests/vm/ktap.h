/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap.h: reads KTAP (and the TAP of kselftest) line by line, subtests included, and turns it into
 * results.
 *
 * It believes nothing that the text does not say: no plan, a plan that is not kept, numbers out of
 * order, a subtest without its result line, output that ends in the middle, no test at all, a suite
 * that says ok over a failed case: each becomes a failed result of its own. So "no failed result"
 * means "all that was planned ran and passed".
 */
#ifndef DMMU_VM_KTAP_H
#define DMMU_VM_KTAP_H

#include "results.h"

struct ktap;

struct ktap *ktap_new(struct results *results); /* results must outlive it; some are renamed until
						   ktap_finish() */
void ktap_line(struct ktap *ktap, const char *line); /* without its newline */
void ktap_finish(struct ktap *ktap);		     /* end of the text; frees */

#endif
