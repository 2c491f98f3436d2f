// SPDX-License-Identifier: GPL-2.0
/*
 * cover.c: which instrumented points of the driver were reached, by KCOV.
 *
 * The kernel fills areas. Each process and thread of a sequence has one, for its system calls and
 * page faults. One more is of this process, and remote: what kernel threads do for files that were
 * opened by its children, who inherit its handle (see dmmu_open() in the driver). Nothing else in
 * the kernel is instrumented. Interrupts are in none, nor is what a process does while it exits.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

enum { AREA_WORDS = 128 << 10, LARGE_WORDS = 512 << 10, SLOT_COUNT = 4 * MOST_POINTS };

static struct area {
	int fd;
	unsigned int size; /* in words */
	uint64_t *words;   /* [0]: how many follow */
	uint64_t taken;	   /* of these */
} own[COVER_AREAS], remote;

static struct hits reached; /* by this sequence */
static unsigned int fresh;

static struct {
	uint64_t pc; /* 0: free */
	unsigned int number;
} slot[SLOT_COUNT];
static unsigned int points;

static bool area_open(struct area *a, unsigned int size)
{
	a->size = size;
	a->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (a->fd < 0 || ioctl(a->fd, KCOV_INIT_TRACE, size))
		return false;
	a->words =
		mmap(NULL, size * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
	if (a->words == MAP_FAILED)
		a->words = NULL;
	/* To copy its page table would be most of the time that a fork takes. */
	return a->words && !madvise(a->words, size * sizeof(uint64_t), MADV_DONTFORK);
}

bool cover_open(void)
{
	struct kcov_remote_arg arg = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = LARGE_WORDS / 4,
		.common_handle = KCOV_SUBSYSTEM_COMMON | 1,
	};

	for (unsigned int i = 0; i < COVER_AREAS; i++)
		if (!area_open(&own[i], i == COVER_MAIN ? LARGE_WORDS : AREA_WORDS))
			return false;
	return area_open(&remote, LARGE_WORDS) && !ioctl(remote.fd, KCOV_REMOTE_ENABLE, &arg);
}

static void empty(struct area *a)
{
	a->taken = 0;
	if (a->words)
		__atomic_store_n(a->words, 0, __ATOMIC_RELEASE);
}

void cover_begin(void)
{
	memset(&reached, 0, sizeof(reached));
	fresh = 0;
	for (unsigned int i = 0; i < COVER_AREAS; i++)
		empty(&own[i]);
	empty(&remote);
}

bool cover_task(unsigned int area)
{
	return area < COVER_AREAS && own[area].words &&
	       !ioctl(own[area].fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

static void add(uint64_t pc)
{
	unsigned int i = (pc * 0x9e3779b97f4a7c15ull >> 32) % SLOT_COUNT;

	while (slot[i].pc && slot[i].pc != pc)
		i = (i + 1) % SLOT_COUNT;
	if (!slot[i].pc) {
		if (points == MOST_POINTS)
			return;
		slot[i].pc = pc;
		slot[i].number = points++;
		fresh++;
	}
	reached.bit[slot[i].number / 64] |= 1ull << slot[i].number % 64;
}

/*
 * What is new in an area. One that fills up is emptied: the kernel, which may be adding to it just
 * then, adds at the old place or at the new one. In either case all is well, but for a few points.
 */
static void take(struct area *a)
{
	uint64_t n = a->words ? __atomic_load_n(a->words, __ATOMIC_ACQUIRE) : 0, last = 0;

	if (n < a->taken)
		a->taken = 0;
	for (; a->taken < n && a->taken < a->size - 1; a->taken++) {
		uint64_t pc = a->words[1 + a->taken];

		if (pc != last)
			add(pc);
		last = pc;
	}
	if (n > a->size / 4)
		empty(a);
}

void cover_take(void)
{
	for (unsigned int i = 0; i < COVER_AREAS; i++)
		take(&own[i]);
	take(&remote);
}

unsigned int cover_end(struct hits *hits)
{
	cover_take();
	*hits = reached;
	return fresh;
}

unsigned int cover_points(void)
{
	return points;
}

void cover_print(FILE *to)
{
	static const char *const sections[] = {".text", ".text.unlikely", ".init.text",
					       ".exit.text"};

	for (unsigned int i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		char path[80], at[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/sys/module/dmmu/sections/%s", sections[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, at, sizeof(at) - 1) > 0) {
			at[strcspn(at, "\n")] = 0;
			fprintf(to, "# SECTION %s %s\n", sections[i], at);
		}
		close(fd);
	}
	for (unsigned int i = 0; i < SLOT_COUNT; i++)
		if (slot[i].pc)
			fprintf(to, "# POINT 0x%llx\n", (unsigned long long)slot[i].pc);
}
