// SPDX-License-Identifier: GPL-2.0
/* A page of device memory that is handed out is told its page map and its order. */
#include <linux/memremap.h>

static void __maybe_unused hand_out(struct page *page, struct dev_pagemap *pgmap)
{
#ifdef DMMU_NEW
	zone_device_page_init(page, pgmap, 0);
#else
	zone_device_page_init(page);
#endif
}
