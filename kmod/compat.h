/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels the driver builds for (6.12 and later).
 *
 * Nothing in the driver looks at a kernel version. Each question is a small source in compat/ that
 * the build compiles both ways, the old (6.12) and the new; DMMU_NEW_* in the generated
 * compat_found.h says which of them this kernel takes. A kernel that takes both or neither stops
 * the build.
 */
#ifndef DMMU_COMPAT_H
#define DMMU_COMPAT_H

#include <linux/err.h>
#include <linux/export.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "compat_found.h"

#if DMMU_NEW_STRING_NAMESPACE
#define DMMU_IMPORT_KUNIT_NS	   MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING")
#define DMMU_IMPORT_NS		   MODULE_IMPORT_NS("DMMU")
#define EXPORT_SYMBOL_DMMU(symbol) EXPORT_SYMBOL_NS_GPL(symbol, "DMMU")
#else
#define DMMU_IMPORT_KUNIT_NS	   MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING)
#define DMMU_IMPORT_NS		   MODULE_IMPORT_NS(DMMU)
#define EXPORT_SYMBOL_DMMU(symbol) EXPORT_SYMBOL_NS_GPL(symbol, DMMU)
#endif

/*
 * DMMU_PAGEMAP_OPS(name, free, to_ram): a struct dev_pagemap_ops, where void free(struct page *) is
 * called when a page is not used any more.
 */
#if DMMU_NEW_FOLIO_FREE
#define DMMU_PAGEMAP_OPS(name, free, to_ram)               \
	static void name##_folio_free(struct folio *folio) \
	{                                                  \
		free(folio_page(folio, 0));                \
	}                                                  \
							   \
	static const struct dev_pagemap_ops name = {       \
		.folio_free = name##_folio_free,           \
		.migrate_to_ram = to_ram,                  \
	}
#else
#define DMMU_PAGEMAP_OPS(name, free, to_ram)         \
	static const struct dev_pagemap_ops name = { \
		.page_free = free,                   \
		.migrate_to_ram = to_ram,            \
	}
#endif

/* Hand out a free page of device memory: one reference, locked. */
static inline void dmmu_device_page_init(struct page *page, struct dev_pagemap *pgmap)
{
#if DMMU_NEW_DEVICE_PAGE_INIT
	zone_device_page_init(page, pgmap, 0);
#else
	zone_device_page_init(page);
#endif
}

static inline struct dev_pagemap *dmmu_page_pgmap(const struct page *page)
{
#if DMMU_NEW_PAGE_PGMAP
	return page_pgmap(page);
#else
	return page->pgmap;
#endif
}

/* What the young hooks of a notifier return. */
#if DMMU_NEW_YOUNG_BOOL
#define DMMU_YOUNG bool
#else
#define DMMU_YOUNG int
#endif

#ifdef CONFIG_DEVICE_PRIVATE
/*
 * Unmap the page at @addr from all CPUs, for atomics of a device. Called with mmap_lock. Returns
 * the page, locked and referenced, or an error.
 */
static inline struct page *dmmu_device_exclusive(struct mm_struct *mm, unsigned long addr,
						 void *owner)
{
#if DMMU_NEW_DEVICE_EXCLUSIVE
	struct folio *folio;

	return make_device_exclusive(mm, addr, owner, &folio);
#else
	struct page *page = NULL;
	int ret = make_device_exclusive_range(mm, addr, addr + PAGE_SIZE, &page, owner);

	if (ret < 0)
		return ERR_PTR(ret);
	return page ? page : ERR_PTR(-EBUSY);
#endif
}
#endif

#endif /* DMMU_COMPAT_H */
