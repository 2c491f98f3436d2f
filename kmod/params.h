/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Module parameters, and the one place where a time limit becomes jiffies.
 *
 * Every limit in wall-clock time is multiplied by time_scale, because the device may be an FPGA
 * prototype or an emulation that is orders of magnitude slower than a chip.
 */
#ifndef DMMU_PARAMS_H
#define DMMU_PARAMS_H

#include <linux/types.h>

extern unsigned int dmmu_fault_around_pages;
extern bool dmmu_use_local_memory;
extern bool dmmu_copy_engine;

#define DMMU_FAULT_BACK_MAX 16U

unsigned long dmmu_exclusive_hold_us(void);
unsigned int dmmu_user_share_percent(void);
unsigned int dmmu_fault_back(void);		/* pages, a power of two */

unsigned long dmmu_fence_timeout(void);		/* jiffies */
unsigned long dmmu_map_timeout(void);		/* jiffies */
unsigned long dmmu_reset_timeout(void);		/* jiffies */
unsigned long dmmu_watchdog_period(void);	/* jiffies */
unsigned long dmmu_age_period(void);
unsigned long dmmu_rearm_delay(void);		/* jiffies */
unsigned long dmmu_scaled_wait(unsigned int seconds);	/* jiffies */
u64 dmmu_nonblock_poll_ns(void);
u64 dmmu_spin_ns(void);
u32 dmmu_coalesce_cycles(void);

#endif /* DMMU_PARAMS_H */
