// SPDX-License-Identifier: GPL-2.0
/* A huge page can be moved to device memory as a whole, and be split there. */
#include <linux/memremap.h>
#include <linux/migrate.h>

#ifdef DMMU_NEW
static void split(struct folio *head, struct folio *tail)
{
}

static const struct dev_pagemap_ops ops __maybe_unused = { .folio_split = split };
static const unsigned long whole __maybe_unused = MIGRATE_VMA_SELECT_COMPOUND;
#else
enum { MIGRATE_VMA_SELECT_COMPOUND };
#endif
