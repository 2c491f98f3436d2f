// SPDX-License-Identifier: GPL-2.0
/*
 * Sorts and merges a batch of faulting pages. See plan.h.
 *
 * Has no state and touches no hardware; the KUnit suite compiles this very file.
 */
#include <linux/bsearch.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sort.h>

#include "plan.h"
#include "pte.h"

static int dmmu_page_req_cmp(const void *a, const void *b)
{
	const struct dmmu_page_req *x = a, *y = b;

	if (x->va != y->va)
		return x->va < y->va ? -1 : 1;
	return 0;
}

/* Sort by address and merge equal pages; returns how many are left. */
unsigned int dmmu_plan_pages(struct dmmu_page_req *req, unsigned int n)
{
	unsigned int i, out = 0;

	if (!n)
		return 0;
	sort(req, n, sizeof(*req), dmmu_page_req_cmp, NULL);
	for (i = 1; i < n; i++) {
		if (req[i].va == req[out].va) {
			req[out].write |= req[i].write;
			req[out].atomic |= req[i].atomic;
		} else {
			req[++out] = req[i];
		}
	}
	return out + 1;
}

/*
 * Group sorted requests in windows of @around pages. @win has room for @n of them; returns how many
 * are used.
 * @around is rounded down to a power of two within 1 and DMMU_WINDOW_MAX_PAGES.
 */
unsigned int dmmu_plan_windows(const struct dmmu_page_req *req, unsigned int n, unsigned int around,
			       struct dmmu_window *win)
{
	unsigned int i, out = 0;
	u64 bytes;

	around = rounddown_pow_of_two(clamp(around, 1U, DMMU_WINDOW_MAX_PAGES));
	bytes = around * DMMU_PAGE_SIZE;
	for (i = 0; i < n; i++) {
		u64 start = req[i].va & ~(bytes - 1);

		if (out && win[out - 1].start == start) {
			win[out - 1].count++;
			win[out - 1].write |= req[i].write;
			continue;
		}
		win[out++] = (struct dmmu_window){
			.start = start,
			.npages = around,
			.first = i,
			.count = 1,
			.write = req[i].write,
		};
	}
	return out;
}

/*
 * The largest windows that the range from *@at to @end lies in, at most @most of them, each with
 * what @like has but its place. Moves *@at, at first anywhere in the range, to where the next would
 * begin. Returns how many.
 */
unsigned int dmmu_plan_range(u64 *at, u64 end, const struct dmmu_window *like,
			     struct dmmu_window *win, unsigned int most)
{
	unsigned int n;

	*at &= ~(DMMU_WINDOW_MAX_BYTES - 1);
	for (n = 0; n < most && *at < end; n++, *at += DMMU_WINDOW_MAX_BYTES) {
		win[n] = *like;
		win[n].start = *at;
		win[n].npages = DMMU_WINDOW_MAX_PAGES;
	}
	return n;
}

/* How many requests from the first are adjacent pages with the same access. */
unsigned int dmmu_plan_run(const struct dmmu_page_req *req, unsigned int n)
{
	unsigned int i;

	for (i = 1; i < n; i++)
		if (req[i].va != req[i - 1].va + DMMU_PAGE_SIZE || req[i].write != req[0].write)
			break;
	return min(i, n);
}

/* The request that covers @va, or NULL. */
struct dmmu_page_req *dmmu_plan_find(struct dmmu_page_req *req, unsigned int n, u64 va)
{
	struct dmmu_page_req key = { .va = va & ~(DMMU_PAGE_SIZE - 1) };

	return bsearch(&key, req, n, sizeof(*req), dmmu_page_req_cmp);
}
