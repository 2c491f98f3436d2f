/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a batch of faults to the page ranges that are worth one look at the CPU page table.
 *
 * Many threads fault on the same and on neighbouring pages at once. The plan sorts the pages, keeps
 * each one once with the strongest access anybody asked for, and groups them in aligned windows.
 * Pure functions.
 */
#ifndef DMMU_PLAN_H
#define DMMU_PLAN_H

#include <linux/types.h>

#include "pte.h"

/*
 * Upper bound of a window, so that it never leaves one leaf table and its buffers have a fixed
 * size.
 */
#define DMMU_WINDOW_MAX_PAGES 64U
#define DMMU_WINDOW_MAX_BYTES (DMMU_WINDOW_MAX_PAGES * DMMU_PAGE_SIZE)

/* One page that somebody waits for. */
struct dmmu_page_req {
	u64 va;			/* page aligned */
	bool write;		/* a write or an atomic is among the accesses */
	bool atomic;		/* an atomic is, and it must be one for the CPU, too */
	bool exclusive;		/* out: no CPU can reach the page */
	int error;		/* out: why it cannot be mapped, 0 when it can */
};

/* Neighbouring pages that are mapped together. */
struct dmmu_window {
	u64 start;		/* first byte, aligned to the window's size */
	unsigned int npages;
	unsigned int first;	/* its first request */
	unsigned int count;	/* how many requests are in it, in order */
	bool write;		/* one of them writes */
	u64 wanted[2];		/* with write: these bytes, asked for or not, are to be written */
};

unsigned int dmmu_plan_pages(struct dmmu_page_req *req, unsigned int n);
unsigned int dmmu_plan_windows(const struct dmmu_page_req *req, unsigned int n, unsigned int around,
			       struct dmmu_window *win);
unsigned int dmmu_plan_range(u64 *at, u64 end, const struct dmmu_window *like,
			     struct dmmu_window *win, unsigned int most);
unsigned int dmmu_plan_run(const struct dmmu_page_req *req, unsigned int n);
struct dmmu_page_req *dmmu_plan_find(struct dmmu_page_req *req, unsigned int n, u64 va);

#endif /* DMMU_PLAN_H */
