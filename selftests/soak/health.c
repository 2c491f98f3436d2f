// SPDX-License-Identifier: GPL-2.0
/*
 * health.c: what must be as before when all is over: free local memory, contexts that can be bound,
 * jobs of the driver, anonymous pages, and what kmemleak has found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

static long from_file(const char *path, const char *key, unsigned int column)
{
	char line[400];
	long value = -1;
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) || line[strlen(key)] != ' ')
			continue;
		char *p = line;

		for (unsigned int i = 0; i < column; i++) {
			p += strcspn(p, " ");
			p += strspn(p, " ");
		}
		sscanf(p, "%ld", &value);
		break;
	}
	if (f)
		fclose(f);
	return value;
}

/* All of them at once: one that leaked is missing. */
static long contexts_to_be_had(void)
{
	int fd[64];
	long n = 0;

	while (n < 64 && (fd[n] = open(dmmu_path(), O_RDWR | O_CLOEXEC)) >= 0 && !dmmu_bind(fd[n]))
		n++;
	if (n < 64 && fd[n] >= 0)
		close(fd[n]);
	for (long i = 0; i < n; i++)
		close(fd[i]);
	return n;
}

bool health_look(struct health *h)
{
	int fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	h->local_free = dmmu_local_free(fd);
	close(fd);
	h->contexts = contexts_to_be_had();
	h->jobs = from_file("/proc/slabinfo", "dmmu_job", 1);
	dmmu_drop_caches();
	h->anonymous = from_file("/proc/vmstat", "nr_anon_pages", 1);
	return true;
}

void health_print(const char *when, const struct health *h)
{
	printf("# %s: local memory free %ld pages, contexts %ld, jobs %ld, anonymous pages %ld\n",
	       when, h->local_free, h->contexts, h->jobs, h->anonymous);
}

static bool kmemleak(const char *command)
{
	int fd = open("/sys/kernel/debug/kmemleak", O_RDWR | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, command, strlen(command)) == (ssize_t)strlen(command);

	if (fd >= 0)
		close(fd);
	return ok;
}

void health_forget_leaks(void)
{
	if (kmemleak("scan=off")) {
		kmemleak("scan");
		kmemleak("clear");
	}
}

/* -1: nobody looks. */
long health_leaks(void)
{
	char line[400];
	long n = 0;
	FILE *f;

	if (!kmemleak("scan=off"))
		return -1;
	sleep(6); /* what is younger than 5 s is not looked at */
	kmemleak("scan");
	kmemleak("scan");
	f = fopen("/sys/kernel/debug/kmemleak", "re");
	while (f && fgets(line, sizeof(line), f)) {
		n += !strncmp(line, "unreferenced object", 19);
		printf("# %s", line);
	}
	if (f)
		fclose(f);
	return n;
}
