// SPDX-License-Identifier: GPL-2.0
/*
 * weather.c: the device misbehaves, in one way after another, chosen by the seed; calm in between.
 * What the weather excuses is remembered for as long as its effects can last. Needs the runner on
 * the host (docs/adversity.md); without one the weather is always fine.
 */
#include <stdio.h>
#include <string.h>

#include "../tests/host_control.h"
#include "soak.h"

#define EFFECT_NS      30000000000ull /* a watchdog, a reset, and a loaded host */
#define NOTICE_SECONDS 180 /* until the driver has noticed that the device went, at most */

static const struct {
	const char *command;
	unsigned int excuses, weight;
} kinds[] = {
	{"faults none", NO_EXCUSE, 12},
	{"faults latency=spike:p=0.005:cycles=5000", NO_EXCUSE, 2},
	{"faults order=overtake:p=0.1:cycles=2000", NO_EXCUSE, 2},
	{"faults stall=bus:p=0.003:cycles=2000", NO_EXCUSE, 2},
	{"faults invalidate=delay:p=0.3:cycles=10000", NO_EXCUSE, 2},
	{"faults ack=delay:p=0.3:cycles=10000", NO_EXCUSE, 2},
	{"faults answer=delay:p=0.1:cycles=10000", NO_EXCUSE, 2},
	{"faults record=delay:p=0.1:cycles=10000", NO_EXCUSE, 2},
	{"faults completion=delay:p=0.1:cycles=10000", NO_EXCUSE, 2},
	{"faults device=stop:p=0.0005:n=2:cycles=50000", NO_EXCUSE, 2},
	{"faults irq=lose:p=0.02", NO_EXCUSE, 1},
	{"faults irq=duplicate:p=0.3", NO_EXCUSE, 2},
	{"faults irq=late:p=0.2:cycles=20000", NO_EXCUSE, 2},
	{"faults mmio=ones:p=0.05", NO_EXCUSE, 1},
	{"faults axi=slverr:on=data:p=0.0005", BUS_ERRORS, 2},
	{"faults axi=decerr:on=data:p=0.0005", BUS_ERRORS, 1},
	{"faults data=poison:on=data:p=0.0005", BUS_ERRORS, 2},
	{"faults ack=lose:n=1", LOSSES, 1},
	{"faults axi=slverr:on=table:p=0.001:n=1", BUS_ERRORS | LOSSES, 1},
	{"now device=flr", LOSSES, 1},
	{"now device=reset", LOSSES, 1},
	{"now link=loss", LOSSES | BUS_ERRORS, 1},
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static pthread_t thread;
static uint64_t random_state;
static bool fixed, running;
static atomic_bool ending;
static const char *_Atomic now = "calm";
static _Atomic uint64_t excused_until[2];
static unsigned int times[KIND_COUNT];

/* Whatever was begun in such weather may fail, however late that is found. */
unsigned int weather_excuses(void)
{
	uint64_t t = work_began;

	return (t < excused_until[0] ? BUS_ERRORS : 0) | (t < excused_until[1] ? LOSSES : 0);
}

const char *weather_now(void)
{
	return now;
}

static void excuse(unsigned int what, uint64_t until)
{
	for (unsigned int i = 0; i < 2; i++)
		if (what & 1u << i)
			excused_until[i] = until;
}

static void pass(unsigned int seconds)
{
	for (unsigned int i = 0; i < 10 * seconds && !ending; i++)
		dmmu_sleep_us(100000);
}

/*
 * A device that has gone is noticed when it is needed. Until then, and until it has been reset,
 * whatever is begun may be lost.
 */
static void await_reset(uint64_t resets)
{
	for (unsigned int i = 0; i < NOTICE_SECONDS && tally.resets == resets && !ending; i++)
		pass(1);
	if (tally.resets == resets && !ending)
		unexpected("nobody noticed in %u s that the device was reset", NOTICE_SECONDS);
}

static void *change(void *nothing)
{
	unsigned int weights = 0;
	char command[200];
	uint64_t resets;

	for (unsigned int i = 0; i < KIND_COUNT; i++)
		weights += kinds[i].weight;
	while (!ending) {
		unsigned int pick = (unsigned int)(dmmu_random(&random_state) >> 33) % weights;
		unsigned int k = 0, longer;

		while (pick >= kinds[k].weight)
			pick -= kinds[k++].weight;
		longer = 2 + (unsigned int)(dmmu_random(&random_state) >> 33) % 4;
		excuse(kinds[k].excuses, ~0ull);
		resets = tally.resets;
		now = kinds[k].command;
		if (strncmp(kinds[k].command, "now ", 4))
			snprintf(command, sizeof(command), "%s %llu", kinds[k].command,
				 (unsigned long long)(dmmu_random(&random_state) >> 40));
		else
			snprintf(command, sizeof(command), "%s", kinds[k].command);
		if (!strcmp(kinds[k].command, "faults none"))
			snprintf(command, sizeof(command), "faults none");
		if (!host_do(command))
			unexpected("the host does not do %s", command);
		else
			times[k]++;
		pass(longer);
		/* What was in force before has no effects from here on but late ones. */
		if (kinds[k].excuses) {
			host_do("faults none");
			if (!strncmp(kinds[k].command, "now ", 4))
				await_reset(resets);
			excuse(kinds[k].excuses, dmmu_now_ns() + EFFECT_NS);
		}
	}
	host_do("faults none");
	return nothing;
}

void weather_start(uint64_t seed, const char *spec)
{
	/* A SPEC that the user named rules all the time, so it excuses all the time. */
	fixed = strcmp(spec, "seed") != 0;
	if (fixed) {
		char command[400];

		if (!strcmp(spec, "none"))
			return;
		excuse(BUS_ERRORS | LOSSES, ~0ull);
		snprintf(command, sizeof(command), "faults %s %llu", spec,
			 (unsigned long long)seed);
		now = strdup(command);
		if (!host_do(command))
			unexpected("the host does not do %s", command);
		return;
	}
	random_state = seed * 0x9e3779b97f4a7c15ull | 1;
	if (!host_there()) {
		printf("# nobody on the host answers: the device behaves all the time\n");
		return;
	}
	running = !pthread_create(&thread, NULL, change, NULL);
}

void weather_stop(void)
{
	ending = true;
	if (running)
		pthread_join(thread, NULL);
	else if (fixed && strcmp(now, "calm"))
		host_do("faults none");
	running = false;
	now = "calm";
}

/* What there was, and how often each fault happened, by the host's count. */
const char *weather_history(void)
{
	static char text[3000];
	char answer[1200];
	int n = 0;

	for (unsigned int i = 0; i < KIND_COUNT; i++)
		if (times[i])
			n += snprintf(text + n, sizeof(text) - n, "%s%s x%u", n ? "; " : "",
				      strchr(kinds[i].command, ' ') + 1, times[i]);
	if (host_command("state", answer, sizeof(answer)))
		snprintf(text + n, sizeof(text) - n, "%shappened: %s", n ? "; " : "", answer);
	return text;
}
