// SPDX-License-Identifier: GPL-2.0
/*
 * cover.c: which instrumented points of the driver were reached, by KCOV.
 *
 * Two areas, filled by the kernel. One is of the process that does the sequence: its system calls
 * and page faults. The other is of this process, and remote: what kernel threads do for files that
 * were opened by its children, who inherit its handle (see dmmu_open() in the driver). Nothing else
 * in the kernel is instrumented. Interrupts are in neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

enum { AREA_WORDS = 256 << 10, MOST_POINTS = 1 << 15 };

static struct area {
	int fd;
	uint64_t *words; /* [0]: how many follow */
} own, remote;

static uint64_t point[MOST_POINTS]; /* a hash table; 0 is free */
static unsigned int points;

static bool area_open(struct area *a)
{
	a->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (a->fd < 0 || ioctl(a->fd, KCOV_INIT_TRACE, AREA_WORDS))
		return false;
	a->words = mmap(NULL, AREA_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED,
			a->fd, 0);
	return a->words != MAP_FAILED;
}

bool cover_open(void)
{
	struct kcov_remote_arg arg = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = AREA_WORDS / 4,
		.common_handle = KCOV_SUBSYSTEM_COMMON | 1,
	};

	return area_open(&own) && area_open(&remote) && !ioctl(remote.fd, KCOV_REMOTE_ENABLE, &arg);
}

void cover_begin(void)
{
	if (!own.words)
		return;
	__atomic_store_n(own.words, 0, __ATOMIC_RELAXED);
	__atomic_store_n(remote.words, 0, __ATOMIC_RELAXED);
}

bool cover_child(void)
{
	return !own.words || !ioctl(own.fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

static bool add(uint64_t pc)
{
	unsigned int i = (pc * 0x9e3779b97f4a7c15ull >> 32) % MOST_POINTS;

	while (point[i] && point[i] != pc)
		i = (i + 1) % MOST_POINTS;
	if (point[i] || points == MOST_POINTS / 2)
		return false;
	point[i] = pc;
	points++;
	return true;
}

static unsigned int take(struct area *a)
{
	uint64_t n = __atomic_load_n(a->words, __ATOMIC_ACQUIRE);
	unsigned int fresh = 0;

	for (uint64_t i = 0; i < n && i < AREA_WORDS - 1; i++)
		fresh += add(a->words[1 + i]);
	return fresh;
}

unsigned int cover_end(void)
{
	return own.words ? take(&own) + take(&remote) : 0;
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
	for (unsigned int i = 0; i < MOST_POINTS; i++)
		if (point[i])
			fprintf(to, "# POINT 0x%llx\n", (unsigned long long)point[i]);
}
