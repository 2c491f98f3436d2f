/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hmm_limits.c: linked to the kernel's hmm-tests, which give each test 30 seconds: enough for
 * memcpy, not for a device whose every clock cycle is computed, on a busy machine. DMMU_TIME_SCALE
 * multiplies that limit. The tests themselves are compiled as they are; the harness sets its limit
 * by alarm() in one kernel and by poll() in another, and nothing else there uses them (ld --wrap).
 */
#include <poll.h>
#include <stdlib.h>

unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);
int __real_poll(struct pollfd *fds, nfds_t n, int milliseconds);
int __wrap_poll(struct pollfd *fds, nfds_t n, int milliseconds);

static int scale(void)
{
	const char *text = getenv("DMMU_TIME_SCALE");
	int times = text ? atoi(text) : 1;

	return times > 0 ? times : 1;
}

unsigned int __wrap_alarm(unsigned int seconds)
{
	return __real_alarm(seconds * (unsigned int)scale());
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	return __real_poll(fds, n, milliseconds > 0 ? milliseconds * scale() : milliseconds);
}
