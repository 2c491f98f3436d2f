/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_tsc_test.c: two measurements of the same counter agree, also while others have the
 * processors.
 */
#include "../host_tsc.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPINNERS 6
#define ROUNDS	 10

int main(void)
{
	unsigned int first = host_tsc_khz();
	pid_t spinners[SPINNERS];
	int measured = 0, wrong = 0;

	if (!first) {
		printf("no counter that could be measured here\n");
		return 77;
	}
	for (int i = 0; i < SPINNERS; i++) {
		spinners[i] = fork();
		if (!spinners[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				;
		}
	}
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int khz = host_tsc_khz();
		unsigned int apart = khz > first ? khz - first : first - khz;

		if (!khz)
			continue;
		measured++;
		if (apart > first / 500) { /* each to 0.1 % */
			printf("%u kHz, and then %u\n", first, khz);
			wrong++;
		}
	}
	for (int i = 0; i < SPINNERS; i++) {
		kill(spinners[i], SIGKILL);
		waitpid(spinners[i], NULL, 0);
	}
	printf("%u kHz, measured %d times of %d\n", first, measured, ROUNDS);
	return wrong || !measured;
}
