// SPDX-License-Identifier: GPL-2.0
/* The owner of device memory is told that a folio is free, no longer that a page is. */
#include <linux/memremap.h>

#ifdef DMMU_NEW
static void freed(struct folio *folio)
{
}

static const struct dev_pagemap_ops ops __maybe_unused = { .folio_free = freed };
#else
static void freed(struct page *page)
{
}

static const struct dev_pagemap_ops ops __maybe_unused = { .page_free = freed };
#endif
