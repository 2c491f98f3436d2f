/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_tsc.h: how fast this machine's time stamp counter runs. It is what a guest reads as its own
 * under TCG, and must otherwise find out by itself.
 */
#ifndef DMMU_VM_HOST_TSC_H
#define DMMU_VM_HOST_TSC_H

/* In kHz, right to 0.1 %; 0 where there is none, or where it could not be measured so well. Takes
 * 20 ms, more on a machine that is busy with other things. */
unsigned int host_tsc_khz(void);

#endif
