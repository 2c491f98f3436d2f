// SPDX-License-Identifier: GPL-2.0
/*
 * atomics.c: counters that CPU and device count up at the same time, by atomic operations that hold
 * system-wide. Each side says how much it added; the sum must be there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "soak.h"

enum { COUNTERS = 4, COUNTER_PAGES = 2 };

static char *memory;
static uint64_t expected[COUNTERS];
static atomic_bool unsure[COUNTERS];
static pthread_rwlock_t quiet = PTHREAD_RWLOCK_INITIALIZER; /* counting: read; checking: write */
static pthread_mutex_t context = PTHREAD_MUTEX_INITIALIZER;
static struct worker atomics = {.id = 99, .fd = -1};
static bool possible;

static uint64_t *counter(unsigned int i)
{
	return (uint64_t *)(memory + i % COUNTER_PAGES * DMMU_PAGE + i * 64);
}

size_t counters_range(char **base)
{
	*base = memory;
	return COUNTER_PAGES * DMMU_PAGE;
}

static void open_context(void)
{
	struct dmmu_ioc_bind bind = {.flags = DMMU_BIND_SYSTEM_ATOMICS};

	atomics.resets = tally.resets;
	atomics.fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
	if (atomics.fd >= 0 && ioctl(atomics.fd, DMMU_IOC_BIND, &bind)) {
		possible = errno != EOPNOTSUPP;
		device_close(&atomics);
	}
}

bool counters_make(void)
{
	memory = dmmu_map(COUNTER_PAGES * DMMU_PAGE);
	possible = true;
	return memory;
}

void counters_check(void)
{
	pthread_rwlock_wrlock(&quiet);
	for (unsigned int i = 0; i < COUNTERS; i++) {
		uint64_t is = __atomic_load_n(counter(i), __ATOMIC_RELAXED);

		tally.words++;
		if (atomic_exchange(&unsure[i], false))
			expected[i] = is;
		if (is != expected[i]) {
			wrong("counter %u is %llu, must be %llu: %lld additions lost", i,
			      (unsigned long long)is, (unsigned long long)expected[i],
			      (long long)(expected[i] - is));
			expected[i] = is;
		}
	}
	pthread_rwlock_unlock(&quiet);
}

static void check(struct worker *w)
{
	(void)w;
	counters_check();
}

static void cpu_add(struct worker *w)
{
	unsigned int i = below(w, COUNTERS), n = 100 + below(w, 1000);

	pthread_rwlock_rdlock(&quiet);
	__atomic_fetch_add(&expected[i], n, __ATOMIC_RELAXED);
	for (unsigned int k = 0; k < n; k++)
		__atomic_fetch_add(counter(i), 1, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&quiet);
	tally.adds += n;
}

static void device_add(struct worker *w)
{
	struct dmmu_work_desc work[COUNTERS];
	struct dmmu_completion c[COUNTERS];

	if (!possible)
		return;
	pthread_rwlock_rdlock(&quiet);
	pthread_mutex_lock(&context);
	if (atomics.fd < 0)
		open_context();
	if (atomics.fd >= 0) {
		bool started;

		for (unsigned int i = 0; i < COUNTERS; i++)
			work[i] = dmmu_add(counter(i), 1, 1 + below(w, 30));
		started = device_start(&atomics, work, COUNTERS);
		device_finish(&atomics, COUNTERS, c, started);
		for (unsigned int i = 0; i < COUNTERS; i++) {
			if (device_ok(&c[i], false)) {
				__atomic_fetch_add(&expected[i], work[i].len, __ATOMIC_RELAXED);
				tally.adds += work[i].len;
			} else {
				unsure[i] = true; /* somewhere between none and all */
			}
		}
		if (!started) { /* it came back without what BIND was asked for */
			device_close(&atomics);
			open_context();
		}
	}
	pthread_mutex_unlock(&context);
	pthread_rwlock_unlock(&quiet);
}

const struct op atomic_ops[] = {
	{"cpu count", 5, cpu_add},
	{"device count", 5, device_add},
	{"counters", 1, check},
	{NULL, 0, NULL},
};
