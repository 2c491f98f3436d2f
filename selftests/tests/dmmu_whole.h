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

#define WHOLE_STRETCHES 16
#define WHOLE_STRETCH	300 /* words, more than half a page */

#define WHOLE_OR_SKIP()                                                                       \
	do {                                                                                  \
		if (dmmu_knob("fail_whole", 0))                                               \
			SKIP(return, "this kernel moves no huge page to this device as one"); \
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

/*
 * The device reads what should be there, of [p, p + n) a stretch at the begin, one at the end and
 * some between: summing all of it takes a device that is computed cycle by cycle too long.
 */
static inline bool device_reads(int fd, const uint64_t *p, const uint64_t *copy, size_t n)
{
	struct dmmu_work_desc work[WHOLE_STRETCHES];
	struct dmmu_completion c[WHOLE_STRETCHES];
	unsigned int i, k;

	for (i = 0; i < WHOLE_STRETCHES; i++)
		work[i] = dmmu_reduce(p + (n - WHOLE_STRETCH) / (WHOLE_STRETCHES - 1) * i,
				      WHOLE_STRETCH);
	if (dmmu_run(fd, work, WHOLE_STRETCHES, c))
		return false;
	for (i = 0; i < WHOLE_STRETCHES; i++) {
		const uint64_t *want = copy + (n - WHOLE_STRETCH) / (WHOLE_STRETCHES - 1) * i;
		uint64_t sum = 0;

		for (k = 0; k < WHOLE_STRETCH; k++)
			sum += want[k];
		if (dmmu_is_ok(&c[i]) && c[i].result == sum)
			continue;
		fprintf(stderr, "# stretch %u: %s, sum %#llx, expected %#llx\n", i,
			dmmu_text(&c[i]), (unsigned long long)c[i].result, (unsigned long long)sum);
		return false;
	}
	return true;
}

#endif /* DMMU_WHOLE_H */
