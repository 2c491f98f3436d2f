/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hmm_alarm.c: linked to the kernel's hmm-tests, which give each test 30 seconds: enough for
 * memcpy, not for a device whose every clock cycle is computed, on a busy machine. DMMU_TIME_SCALE
 * multiplies that limit; the tests themselves are compiled as they are (ld --wrap=alarm).
 */
#include <stdlib.h>

unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);

unsigned int __wrap_alarm(unsigned int seconds)
{
	const char *scale = getenv("DMMU_TIME_SCALE");
	int times = scale ? atoi(scale) : 1;

	return __real_alarm(seconds * (times > 0 ? (unsigned int)times : 1));
}
