// SPDX-License-Identifier: GPL-2.0
/*
 * selftest.c: does the device do what it should? Each operation against what the CPU computes, on
 * memory that no one touched before (so that it faults), the protection of memory, pages that move.
 * The kselftests ask far more; this is for a card that was just put in.
 */
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_test.h"

#define WORDS 2048u /* four pages */
#define BYTES (WORDS * sizeof(uint64_t))

static unsigned int failures;

static void say(bool ok, const char *name, const char *what)
{
	printf("%-44s %s%s%s\n", name, ok ? "ok" : "FAILED", *what ? ": " : "", what);
	failures += !ok;
}

static uint64_t *pages(void)
{
	void *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("dmmu-tool: memory");
		exit(TOOL_BAD);
	}
	return p;
}

static bool run(int fd, struct dmmu_work_desc work, struct dmmu_completion *out)
{
	*out = dmmu_run_one(fd, work);
	return dmmu_is_ok(out);
}

static void operations(int fd)
{
	uint64_t *a = pages(), *b = pages(), *c = pages(), sum = 0;
	struct dmmu_completion done;
	bool ok;

	ok = run(fd, dmmu_fill(a, 0x0123456789abcdef, BYTES), &done);
	for (unsigned int i = 0; ok && i < WORDS; i++)
		ok = a[i] == 0x0123456789abcdef;
	say(ok, "fill of pages that no CPU touched", ok ? "" : dmmu_text(&done));

	for (unsigned int i = 0; i < WORDS; i++)
		a[i] = i * 0x9e3779b97f4a7c15;
	ok = run(fd, dmmu_copy((char *)b + 3, (char *)a + 5, BYTES - 16), &done) &&
	     !memcmp((char *)b + 3, (char *)a + 5, BYTES - 16);
	say(ok, "copy between unaligned addresses", ok ? "" : dmmu_text(&done));

	memcpy(b, a, BYTES);
	ok = run(fd, dmmu_vadd(c, a, b, WORDS), &done);
	for (unsigned int i = 0; ok && i < WORDS; i++)
		ok = c[i] == 2 * a[i];
	say(ok, "vector addition", ok ? "" : dmmu_text(&done));

	for (unsigned int i = 0; i < WORDS; i++)
		sum += a[i];
	ok = run(fd, dmmu_reduce(a, WORDS), &done) && done.result == sum;
	say(ok, "sum", ok ? "" : dmmu_text(&done));

	sum = 0;
	for (unsigned int i = 0; i < WORDS; i += 2) {
		unsigned int next = (i / 2 * 37 + 37) % (WORDS / 2) * 2;

		a[i] = next ? dmmu_va(&a[next]) : 0;
		a[i + 1] = i;
		sum += i;
	}
	ok = run(fd, dmmu_chase(a, 0, 8, 0), &done) && done.result == sum;
	say(ok, "a list's nodes, followed by their pointers", ok ? "" : dmmu_text(&done));

	b[0] = 5;
	ok = run(fd, dmmu_add(b, 3, 100), &done) && b[0] == 305 &&
	     run(fd, dmmu_cas(b, 305, 7), &done) && b[0] == 7;
	say(ok, "atomic add, compare and swap", ok ? "" : dmmu_text(&done));
	munmap(a, BYTES);
	munmap(b, BYTES);
	munmap(c, BYTES);
}

static void protection(int fd)
{
	uint64_t *a = pages();
	struct dmmu_completion done;
	bool ok;

	a[0] = 42;
	mprotect(a, BYTES, PROT_READ);
	done = dmmu_run_one(fd, dmmu_fill(a, 1, 8));
	ok = done.status == DMMU_FAULT && done.error == -EPERM && a[0] == 42;
	say(ok, "a write to read-only memory is refused", ok ? "" : dmmu_text(&done));
	munmap(a, BYTES);
	done = dmmu_run_one(fd, dmmu_reduce(a, 1));
	ok = done.status == DMMU_FAULT && done.error == -EFAULT;
	say(ok, "a read of unmapped memory is refused", ok ? "" : dmmu_text(&done));
}

static void all_threads(int fd, unsigned int threads)
{
	struct dmmu_work_desc *work = calloc(threads, sizeof(*work));
	struct dmmu_completion *done = calloc(threads, sizeof(*done));
	uint64_t *a = pages();
	bool ok = work && done;

	for (unsigned int t = 0; ok && t < threads; t++)
		work[t] = dmmu_add(&a[t % WORDS], 1, 50);
	ok = ok && !dmmu_run(fd, work, threads, done);
	for (unsigned int t = 0; ok && t < threads; t++)
		ok = dmmu_is_ok(&done[t]) && a[t % WORDS] == 50;
	say(ok, "all hardware threads at once", "");
	munmap(a, BYTES);
	free(work);
	free(done);
}

static void moving(int fd)
{
	struct dmmu_migrate_result result;
	struct dmmu_completion done;
	uint64_t *a = pages();
	bool ok;

	for (unsigned int i = 0; i < WORDS; i++)
		a[i] = i + 1;
	ok = !dmmu_migrate(fd, a, BYTES, DMMU_MIGRATE_TO_DEVICE, &result) &&
	     result.moved + result.already == BYTES / DMMU_PAGE;
	say(ok, "pages move to local memory", ok ? "" : dmmu_migrate_text(&result));
	ok = run(fd, dmmu_vadd(a, a, a, WORDS), &done);
	for (unsigned int i = 0; ok && i < WORDS; i++)
		ok = a[i] == 2 * (i + 1);
	say(ok, "work on them there, and the CPU sees it", ok ? "" : dmmu_text(&done));
	munmap(a, BYTES);
}

int selftest(void)
{
	struct dmmu_ioc_query query;
	int fd = dmmu_open_bound();

	if (fd < 0) {
		fprintf(stderr, "dmmu-tool: cannot use the device: %s\n", strerror(-fd));
		return TOOL_BAD;
	}
	if (dmmu_query(fd, &query))
		return TOOL_BAD;
	operations(fd);
	protection(fd);
	all_threads(fd, query.threads);
	if (query.features & DMMU_FEATURE_MIGRATE)
		moving(fd);
	else
		puts("pages do not move: this kernel or device cannot, or local_memory=0");
	close(fd);
	if (failures)
		printf("%u failed\n", failures);
	else
		puts("all well");
	return failures ? TOOL_BAD : TOOL_OK;
}
