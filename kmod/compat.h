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
#include <linux/hmm.h>
#include <linux/kcov.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
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
 * Can a huge page move to device memory and back as a whole? If not, the flags that ask for one and
 * that mark one are 0, so that nothing is ever taken for one.
 */
#if DMMU_NEW_DEVICE_HUGE && defined(CONFIG_TRANSPARENT_HUGEPAGE) && \
	defined(CONFIG_ARCH_ENABLE_THP_MIGRATION)
#define DMMU_WHOLE	   1
#define DMMU_SELECT_WHOLE  MIGRATE_VMA_SELECT_COMPOUND
#define DMMU_PFN_WHOLE	   MIGRATE_PFN_COMPOUND
#else
#define DMMU_WHOLE	   0
#define DMMU_SELECT_WHOLE  0UL
#define DMMU_PFN_WHOLE	   0UL
#endif

/*
 * DMMU_FREE_HOOK(free) makes of void free(struct page *, unsigned int n), for the first page and
 * the number of those that are not used any more, what struct dev_pagemap_ops wants in
 * .DMMU_FREE_FIELD: free_hook.
 */
#if DMMU_NEW_FOLIO_FREE
#define DMMU_FREE_FIELD folio_free
#define DMMU_FREE_HOOK(free)                                       \
	static void free##_hook(struct folio *folio)               \
	{                                                          \
		free(folio_page(folio, 0), folio_nr_pages(folio)); \
	}
#else
#define DMMU_FREE_FIELD page_free
#define DMMU_FREE_HOOK(free)                       \
	static void free##_hook(struct page *page) \
	{                                          \
		free(page, 1);                     \
	}
#endif

/* Hand out a free page of device memory, or a whole folio: one reference, locked. */
static inline void dmmu_device_page_init(struct page *page, struct dev_pagemap *pgmap,
					 unsigned int order)
{
#if DMMU_NEW_DEVICE_PAGE_INIT
	zone_device_page_init(page, pgmap, order);
#else
	zone_device_page_init(page);
#endif
}

/* A folio for @va of @vma, or for no mapping in particular; NULL when there is none. */
static inline struct folio *dmmu_alloc_folio(gfp_t gfp, unsigned int order,
					     struct vm_area_struct *vma, unsigned long va)
{
#if DMMU_WHOLE
	if (vma)
		return vma_alloc_folio(gfp, order, vma, va);
#endif
	return folio_alloc(gfp, order);
}

/*
 * hmm_range_fault(), but each page is the one at its address. Of a huge page on the device, Linux
 * 7.2 lists the pages from its first one on, also when the range begins in the middle of it.
 */
static inline int dmmu_hmm_range_fault(struct hmm_range *range)
{
	unsigned long i, n = (range->end - range->start) >> PAGE_SHIFT;
	int ret = hmm_range_fault(range);

	for (i = 0; DMMU_WHOLE && !ret && i < n; i++) {
		unsigned long *pfn = &range->hmm_pfns[i], at = (range->start >> PAGE_SHIFT) + i;

		if ((*pfn & (HMM_PFN_VALID | HMM_PFN_ERROR)) != HMM_PFN_VALID ||
		    hmm_pfn_to_map_order(*pfn) != PMD_SHIFT - PAGE_SHIFT ||
		    !is_device_private_page(hmm_pfn_to_page(*pfn)))
			continue;
		*pfn = (*pfn & ~(PTRS_PER_PTE - 1UL)) | (at & (PTRS_PER_PTE - 1UL));
	}
	return ret;
}

static inline struct dev_pagemap *dmmu_page_pgmap(const struct page *page)
{
#if DMMU_NEW_PAGE_PGMAP
	return page_pgmap(page);
#else
	return page->pgmap;
#endif
}

/* Whom the driver's own threads tell their coverage: the process that asks here, if any. */
static inline u64 dmmu_cover_handle(void)
{
#if !defined(CONFIG_KCOV)
	return 0;
#elif DMMU_NEW_KCOV_HANDLE
	return kcov_common_handle().val;
#else
	return kcov_common_handle();
#endif
}

/* Until kcov_remote_stop(). */
static inline void dmmu_cover_start(u64 handle)
{
	kcov_remote_start(kcov_remote_handle(KCOV_SUBSYSTEM_COMMON, handle));
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
