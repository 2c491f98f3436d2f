// SPDX-License-Identifier: GPL-2.0
/*
 * Pages whose content went away with the device.
 *
 * local.c knows which they are (their era is over). Whoever touches one gets SIGBUS, or EFAULT in a
 * system call, and nobody reads anything else in its place. For device-private pages cpu_fault.c
 * sees to that, as CPUs never have them; here are those that CPUs have mapped.
 */
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "drv.h"
#include "migrate.h"

/* Pages poisoned at once. */
#define DMMU_POISON_PAGES 32U

/*
 * A device that is gone takes the content of its coherent pages with it, but CPUs have them mapped.
 * Take each away from all of them, for good: who touches it gets SIGBUS, or EFAULT in a system
 * call, as for host memory that broke. That is what setting up a migration does with a page that is
 * poisoned; nothing is left to migrate then, and the page is freed. Device-private pages need none
 * of it: CPUs never have them, and dmmu_migrate_to_ram() refuses. May sleep; called without locks.
 */
void dmmu_poison_lost(struct dmmu_dev *dev)
{
	unsigned long pfn[DMMU_POISON_PAGES], src[DMMU_POISON_PAGES];
	unsigned long none[DMMU_POISON_PAGES] = {};
	unsigned long at = 0, lost = 0;
	unsigned int i, n;

	if (!dmmu_local_coherent(dev))
		return;
	while ((n = dmmu_local_lost_pages(dev, &at, pfn, DMMU_POISON_PAGES))) {
		lost += n;
		if (!IS_ENABLED(CONFIG_MEMORY_FAILURE))
			continue;
		for (i = 0; i < n; i++)
			SetPageHWPoison(pfn_to_page(pfn[i]));
		dmmu_isolate(pfn, src, n);
		migrate_device_finalize(src, none, n);
		cond_resched();
	}
	if (lost && !IS_ENABLED(CONFIG_MEMORY_FAILURE))
		dev_err(dev->dev,
			"%lu pages of processes are lost, and this kernel cannot tell them (no CONFIG_MEMORY_FAILURE): they read what the bus returns\n",
			lost);
}
