// SPDX-License-Identifier: GPL-2.0
/* Do the young hooks of a notifier return a bool, rather than an int? */
#include <linux/mmu_notifier.h>

#ifdef DMMU_NEW
static bool young(struct mmu_notifier *notifier, struct mm_struct *mm, unsigned long address)
#else
static int young(struct mmu_notifier *notifier, struct mm_struct *mm, unsigned long address)
#endif
{
	return 0;
}

extern const struct mmu_notifier_ops ops;
const struct mmu_notifier_ops ops = {
	.test_young = young,
};
