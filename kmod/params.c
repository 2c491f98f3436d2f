// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters. See params.h and docs/driver.md.
 *
 * All of them may be changed while the driver runs; the next wait uses the new value.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "params.h"

static unsigned int time_scale = 1;
module_param(time_scale, uint, 0644);
MODULE_PARM_DESC(time_scale, "multiplies every time limit below; raise it for slow devices such as FPGA prototypes (default 1)");

static unsigned int fence_timeout_ms = 5000;
module_param(fence_timeout_ms, uint, 0644);
MODULE_PARM_DESC(fence_timeout_ms, "how long the device may take to acknowledge a command before it counts as failed (default 5000)");

static unsigned int map_timeout_ms = 1000;
module_param(map_timeout_ms, uint, 0644);
MODULE_PARM_DESC(map_timeout_ms, "how long a fault round may be repeated because of concurrent invalidations before the device thread is told to retry (default 1000)");

static unsigned int reset_timeout_ms = 2000;
module_param(reset_timeout_ms, uint, 0644);
MODULE_PARM_DESC(reset_timeout_ms, "how long a device reset may take (default 2000)");

static unsigned int watchdog_ms = 1000;
module_param(watchdog_ms, uint, 0644);
MODULE_PARM_DESC(watchdog_ms, "how often to look whether the device is still there while work is outstanding and nothing comes back (default 1000)");

static unsigned int rearm_us = 2000;
module_param(rearm_us, uint, 0644);
MODULE_PARM_DESC(rearm_us, "how long the fault interrupt stays off to let one batch be served; faults that come meanwhile are served with the next (default 2000)");

static unsigned int nonblock_poll_us = 500;
module_param(nonblock_poll_us, uint, 0644);
MODULE_PARM_DESC(nonblock_poll_us, "how long to poll for the device in an invalidation that must not sleep (default 500)");

static unsigned int spin_us = 20;
module_param(spin_us, uint, 0644);
MODULE_PARM_DESC(spin_us, "how long to poll for a command before sleeping until its interrupt (default 20)");

static unsigned int coalesce_cycles = 2048;
module_param(coalesce_cycles, uint, 0444);
MODULE_PARM_DESC(coalesce_cycles, "device cycles that a fault or completion may wait for others to share its interrupt, as long as something else runs; 0 to 65535 (default 2048)");

unsigned int dmmu_fault_around_pages = 16;
module_param_named(fault_around_pages, dmmu_fault_around_pages, uint, 0644);
MODULE_PARM_DESC(fault_around_pages, "pages of the aligned window around a fault that are mapped along when the CPU has them mapped: 1 to 64, rounded down to a power of two (default 16)");

bool dmmu_use_local_memory = true;
module_param_named(local_memory, dmmu_use_local_memory, bool, 0444);
MODULE_PARM_DESC(local_memory, "let pages of processes live in local memory; 0: it holds page tables only (default 1)");

bool dmmu_copy_engine = true;
module_param_named(copy_engine, dmmu_copy_engine, bool, 0644);
MODULE_PARM_DESC(copy_engine, "let the device copy pages; 0: the CPU does it, where it can see local memory (default 1)");

static unsigned int fault_back_pages = 16;
module_param(fault_back_pages, uint, 0644);
MODULE_PARM_DESC(fault_back_pages, "pages of the aligned window around a page in local memory that come back with it when the CPU touches it: 1 to 16, rounded down to a power of two (default 16)");

static unsigned int user_share_percent = 75;
module_param(user_share_percent, uint, 0644);
MODULE_PARM_DESC(user_share_percent, "how much of the device's contexts, threads, page tables and local memory one user without CAP_SYS_RESOURCE may have, each: 1 to 100 (default 75)");

static unsigned int exclusive_hold_us = 500;
module_param(exclusive_hold_us, uint, 0644);
MODULE_PARM_DESC(exclusive_hold_us, "how long the device keeps a page for atomics before a CPU that waits for it gets it, at least (default 500)");

static unsigned int age_ms = 200;
module_param(age_ms, uint, 0644);
MODULE_PARM_DESC(age_ms, "how often the accessed bits of the device are read while reclaim asks for them; 0: reclaim is not told which pages the device uses (default 200)");

unsigned int dmmu_user_share_percent(void)
{
	return clamp(READ_ONCE(user_share_percent), 1U, 100U);
}

unsigned int dmmu_fault_back(void)
{
	return rounddown_pow_of_two(clamp(READ_ONCE(fault_back_pages), 1U, DMMU_FAULT_BACK_MAX));
}

/* A limit may be made very long, but not endless and not zero. */
static u64 dmmu_scaled(unsigned int value, u64 unit_ns)
{
	u64 scale = clamp(READ_ONCE(time_scale), 1U, 100000U);

	return min_t(u64, scale * value * unit_ns, 3600ULL * NSEC_PER_SEC);
}

static unsigned long dmmu_scaled_jiffies(unsigned int value, u64 unit_ns)
{
	return max(nsecs_to_jiffies(dmmu_scaled(value, unit_ns)), 1UL);
}

unsigned long dmmu_fence_timeout(void)
{
	return dmmu_scaled_jiffies(READ_ONCE(fence_timeout_ms), NSEC_PER_MSEC);
}

unsigned long dmmu_map_timeout(void)
{
	return dmmu_scaled_jiffies(READ_ONCE(map_timeout_ms), NSEC_PER_MSEC);
}

unsigned long dmmu_reset_timeout(void)
{
	return dmmu_scaled_jiffies(READ_ONCE(reset_timeout_ms), NSEC_PER_MSEC);
}

unsigned long dmmu_watchdog_period(void)
{
	return dmmu_scaled_jiffies(READ_ONCE(watchdog_ms), NSEC_PER_MSEC);
}

/* In jiffies; 0: never. */
unsigned long dmmu_age_period(void)
{
	unsigned int ms = READ_ONCE(age_ms);

	return ms ? dmmu_scaled_jiffies(ms, NSEC_PER_MSEC) : 0;
}

unsigned long dmmu_rearm_delay(void)
{
	return dmmu_scaled_jiffies(READ_ONCE(rearm_us), NSEC_PER_USEC);
}

/* A limit for something that takes seconds by its nature, in jiffies. */
unsigned long dmmu_scaled_wait(unsigned int seconds)
{
	return dmmu_scaled_jiffies(seconds, NSEC_PER_SEC);
}

u64 dmmu_nonblock_poll_ns(void)
{
	/*
	 * The caller may hold locks that others spin on: never longer than a second, whatever the
	 * scale.
	 */
	return min_t(u64, dmmu_scaled(READ_ONCE(nonblock_poll_us), NSEC_PER_USEC), NSEC_PER_SEC);
}

u64 dmmu_spin_ns(void)
{
	/* Not scaled: spinning longer for a slower device wastes exactly what it should save. */
	return min_t(u64, READ_ONCE(spin_us), 1000) * NSEC_PER_USEC;
}

unsigned long dmmu_exclusive_hold_us(void)
{
	/* A CPU waits meanwhile. */
	return min_t(u64, dmmu_scaled(READ_ONCE(exclusive_hold_us), 1), USEC_PER_SEC);
}

u32 dmmu_coalesce_cycles(void)
{
	/* In device cycles already: not scaled. */
	return min(coalesce_cycles, 0xffffU);
}
