/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_whole.h: a huge page with a pattern, for claims about pages that move as one. Where the
 * kernel cannot do that, or has no huge page to give, a claim is skipped, with the reason.
 */
#ifndef DMMU_WHOLE_H
#define DMMU_WHOLE_H

#include <stdlib.h>
#include <sys/mman.h>

#include "dmmu_migrate.h"

#define WHOLE_PAGES (DMMU_HUGE / DMMU_PAGE)
#define WHOLE_WORDS (DMMU_HUGE / 8)

/* Until the claim has asked for it no huge page fails, and none after it. */
static inline void dmmu_no_failure(void)
{
	dmmu_knob("fail_whole", 0);
	dmmu_knob("local_limit", ~0u);
}

#define WHOLE_OR_SKIP()                                                                       \
	do {                                                                                  \
		if (dmmu_knob("fail_whole", 0))                                               \
			SKIP(return, "this kernel moves no huge page to this device as one"); \
		atexit(dmmu_no_failure);                                                      \
	} while (0)

/* 2 MiB with a pattern, as one page of the host; its copy in small pages. */
struct area {
	uint64_t *p;
	uint64_t *copy;
	long in;
	long out;
};

static inline bool area_make(struct area *a, uint64_t seed)
{
	a->p = dmmu_map_huge_aligned(DMMU_HUGE);
	a->copy = dmmu_map(DMMU_HUGE);
	if (!a->p || !a->copy || madvise(a->p, DMMU_HUGE, MADV_HUGEPAGE))
		return false;
	dmmu_pattern(a->p, WHOLE_WORDS, seed);
	memcpy(a->copy, a->p, DMMU_HUGE);
	a->in = dmmu_local_count("whole_in");
	a->out = dmmu_local_count("whole_out");
	return dmmu_huge_kb(a->p) == 2048;
}

#define AREA_OR_SKIP(a, seed)                                                           \
	do {                                                                            \
		WHOLE_OR_SKIP();                                                        \
		if (!area_make(a, seed))                                                \
			SKIP(return, "the kernel gives no transparent huge page here"); \
	} while (0)

/* It is in local memory as one now, all of it. */
#define MOVE_IN_WHOLE(a)                                                   \
	do {                                                               \
		long whole_before = dmmu_local_count("whole_in");          \
		MOVE_IN((a)->p, DMMU_HUGE, WHOLE_PAGES);                   \
		ASSERT_EQ(whole_before + 1, dmmu_local_count("whole_in")); \
	} while (0)

#endif /* DMMU_WHOLE_H */
