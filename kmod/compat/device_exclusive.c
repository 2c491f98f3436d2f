// SPDX-License-Identifier: GPL-2.0
/* Exclusive access is given to one page at a time, no longer to a range. */
#include <linux/rmap.h>

static long __maybe_unused take(struct mm_struct *mm, unsigned long addr, struct page **page)
{
#ifdef DMMU_NEW
	struct folio *folio;

	*page = make_device_exclusive(mm, addr, NULL, &folio);
	return IS_ERR(*page) ? PTR_ERR(*page) : 1;
#else
	return make_device_exclusive_range(mm, addr, addr + PAGE_SIZE, page, NULL);
#endif
}
