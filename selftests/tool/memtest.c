// SPDX-License-Identifier: GPL-2.0
/*
 * memtest.c: every free page of local memory, written and read by the device. The CPU makes a
 * pattern in pages of its own, the pages move to local memory, the device compares them there by
 * sums of blocks, and they come home, where each word is compared. Address bits that stick or cross
 * show in the first pattern, data bits in the others.
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

#define BLOCK (512u * DMMU_PAGE)

static uint64_t word(unsigned int pattern, uint64_t at, uint64_t pass)
{
	uint64_t x = at + pass * 0x9e3779b97f4a7c15;

	switch (pattern) {
	case 0:
		return at;
	case 1:
		return ~at;
	default:
		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
		x = (x ^ x >> 27) * 0x94d049bb133111eb;
		return x ^ x >> 31;
	}
}

static const char *const pattern_names[] = {"addresses", "inverted", "random"};

/* One pattern through all of it. Words that came back wrong. */
static uint64_t pattern_through(int fd, uint64_t *memory, size_t bytes, unsigned int pattern,
				uint64_t pass, uint64_t *moved)
{
	struct dmmu_migrate_result result;
	size_t words = bytes / sizeof(*memory);
	uint64_t wrong = 0;

	for (size_t i = 0; i < words; i++)
		memory[i] = word(pattern, i * 8, pass);
	for (size_t from = 0; from < bytes; from += BLOCK) {
		size_t size = bytes - from < BLOCK ? bytes - from : BLOCK;
		uint64_t *block = memory + from / 8, sum = 0;
		struct dmmu_completion done;

		for (size_t i = 0; i < size / 8; i++)
			sum += block[i];
		if (dmmu_migrate(fd, block, size, DMMU_MIGRATE_TO_DEVICE, &result))
			return wrong + 1;
		*moved += result.moved + result.already;
		done = dmmu_run_one(fd, dmmu_reduce(block, size / 8));
		if (!dmmu_is_ok(&done) || done.result != sum) {
			printf("the device reads a block at %#zx wrong: %s\n", from,
			       dmmu_is_ok(&done) ? "another sum" : dmmu_text(&done));
			wrong++;
		}
	}
	for (size_t i = 0; i < words; i++) {
		if (memory[i] == word(pattern, i * 8, pass))
			continue;
		if (wrong++ < 10)
			printf("word at %#zx: %#" PRIx64 ", should be %#" PRIx64 "\n", i * 8,
			       memory[i], word(pattern, i * 8, pass));
	}
	return wrong;
}

int memtest(unsigned int passes)
{
	uint64_t *memory, wrong = 0;
	long pages;
	int fd = dmmu_open_bound();

	if (fd < 0) {
		fprintf(stderr, "dmmu-tool: cannot use the device: %s\n", strerror(-fd));
		return TOOL_BAD;
	}
	pages = dmmu_local_free(fd);
	if (pages <= 0) {
		fputs("dmmu-tool: no local memory is free for pages (see dmmu-tool info)\n",
		      stderr);
		return TOOL_BAD;
	}
	memory = mmap(NULL, (size_t)pages * DMMU_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("dmmu-tool: as much of the host's memory");
		return TOOL_BAD;
	}
	/* Whole pages move, huge ones one by one; nothing is won by huge ones. */
	madvise(memory, (size_t)pages * DMMU_PAGE, MADV_NOHUGEPAGE);
	for (unsigned int pass = 1; pass <= passes; pass++)
		for (unsigned int p = 0; p < 3; p++) {
			uint64_t moved = 0,
				 bad = pattern_through(fd, memory, (size_t)pages * DMMU_PAGE, p,
						       pass, &moved);

			printf("pass %u of %u, %-9s: %" PRIu64 " of %ld pages, %" PRIu64 " wrong\n",
			       pass, passes, pattern_names[p], moved, pages, bad);
			fflush(stdout);
			wrong += bad;
			/* Local memory may be less, when somebody else took of it. */
			if (moved < (uint64_t)pages * 9 / 10) {
				puts("too few of the pages went to local memory for a test of it");
				wrong++;
			}
		}
	munmap(memory, (size_t)pages * DMMU_PAGE);
	close(fd);
	return wrong ? TOOL_BAD : TOOL_OK;
}
