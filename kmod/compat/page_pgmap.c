// SPDX-License-Identifier: GPL-2.0
/* The page map of a page is asked for, no longer a field. */
#include <linux/memremap.h>
#include <linux/mm.h>

static struct dev_pagemap *__maybe_unused ask(struct page *page)
{
#ifdef DMMU_NEW
	return page_pgmap(page);
#else
	return page->pgmap;
#endif
}
