// SPDX-License-Identifier: GPL-2.0
/*
 * host_tsc: the counter against CLOCK_MONOTONIC, which QEMU's timers run by. Somebody else may have
 * the processor in the middle of a reading, so a reading is taken between two of the clock, and
 * these must be near each other.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "host_tsc.h"

#if defined(__x86_64__)
#include <x86intrin.h>

#define SPAN_NS	     20000000 /* between two readings */
#define LOOSE_NS     10000    /* what they may be wrong by, together: 0.05 % */
#define READINGS_MAX 1000     /* until one is good */

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The counter, and when it was read; false when that is not known well enough. */
static bool reading(uint64_t *tsc, int64_t *ns)
{
	for (int i = 0; i < READINGS_MAX; i++) {
		int64_t before = clock_ns();
		int64_t after;

		*tsc = __rdtsc();
		after = clock_ns();
		*ns = before + (after - before) / 2;
		if (after - before <= LOOSE_NS)
			return true;
	}
	return false;
}

unsigned int host_tsc_khz(void)
{
	const struct timespec span = {.tv_nsec = SPAN_NS};
	uint64_t tsc[2];
	int64_t ns[2];

	if (!reading(&tsc[0], &ns[0]))
		return 0;
	nanosleep(&span, NULL);
	if (!reading(&tsc[1], &ns[1]) || ns[1] - ns[0] < SPAN_NS)
		return 0;
	return (double)(tsc[1] - tsc[0]) / (double)(ns[1] - ns[0]) * 1e6;
}
#else
unsigned int host_tsc_khz(void)
{
	return 0;
}
#endif
