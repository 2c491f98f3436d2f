// SPDX-License-Identifier: GPL-2.0
/*
 * region.c: the memory that all work on, and its shadow: the comparison that the soak is about.
 *
 * A page that cannot be brought home from a device that misbehaves is SIGBUS. The handler waits and
 * lets the access be made again; when that goes on for too long the page is lost for good, as it is
 * when the device went with it: then a new one takes its place, and the lanes of it are marked, so
 * that their shadow is taken from the memory when they are looked at next. So a loss is only
 * accepted when it was told.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soak.h"

#define SIGBUS_PATIENCE 400 /* times 10 ms */

struct region *regions;
unsigned int region_count;

static const struct {
	enum region_kind kind;
	unsigned int pages, count;
} plan[] = {
	{PRIVATE, 16, 5},	{HUGE, 512, 1},	       {DISK_FILE, 16, 2}, {PRIVATE, 64, 1},
	{SHARED_MEMORY, 16, 1}, {PRIVATE_FILE, 16, 1}, {SEALED, 16, 2},
};

static int make_file(enum region_kind kind, unsigned int number, size_t bytes)
{
	char name[64];
	int fd;

	if (kind == SHARED_MEMORY || kind == SEALED) {
		fd = memfd_create("soak", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	} else {
		snprintf(name, sizeof(name), "/mnt/soak-%u", number);
		fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0 || ftruncate(fd, (off_t)bytes)) {
		fprintf(stderr, "# no file for the soak: %s\n", strerror(errno));
		return -1;
	}
	return fd;
}

void region_shadow_of_file(struct region *r)
{
	ssize_t bytes = (ssize_t)(r->pages * DMMU_PAGE);

	if (pread(r->file, r->shadow, (size_t)bytes, 0) != bytes)
		unexpected("pread of a sealed file: %s", strerror(errno));
}

void region_file_anew(struct region *r)
{
	static _Atomic uint64_t content;
	ssize_t bytes = (ssize_t)(r->pages * DMMU_PAGE);

	close(r->file);
	r->file = make_file(SEALED, 0, (size_t)bytes);
	dmmu_pattern((uint64_t *)r->shadow, (size_t)bytes / 8, ++content);
	if (r->file < 0 || pwrite(r->file, r->shadow, (size_t)bytes, 0) != bytes ||
	    fcntl(r->file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)) {
		printf("# no sealed file: %s\n", strerror(errno));
		exit(1);
	}
}

void region_found(struct region *r)
{
	for (unsigned int i = 0; i < r->pages; i++)
		r->lost[i] = 0;
}

/* A mapping of the region's kind, at a new address. */
void region_map_anew(struct region *r)
{
	size_t bytes = r->pages * DMMU_PAGE;
	bool shared = r->kind == DISK_FILE || r->kind == SHARED_MEMORY;
	void *p;

	if (r->kind == HUGE) {
		p = mmap(NULL, bytes + DMMU_HUGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p != MAP_FAILED) {
			char *begin = (char *)(((uintptr_t)p + DMMU_HUGE - 1) & ~(DMMU_HUGE - 1));
			char *end = (char *)p + bytes + DMMU_HUGE;

			if (begin > (char *)p)
				munmap(p, (size_t)(begin - (char *)p));
			if (end > begin + bytes)
				munmap(begin + bytes, (size_t)(end - begin - bytes));
			p = begin;
			madvise(p, bytes, MADV_HUGEPAGE);
		}
	} else {
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 (shared ? MAP_SHARED : MAP_PRIVATE) | (r->file < 0 ? MAP_ANONYMOUS : 0),
			 r->file, 0);
	}
	if (p == MAP_FAILED) {
		printf("# no memory for a region: %s\n", strerror(errno));
		exit(1);
	}
	r->base = p;
}

bool regions_make(unsigned int scale)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < sizeof(plan) / sizeof(plan[0]); i++)
		region_count += plan[i].kind == PRIVATE ? plan[i].count * scale : plan[i].count;
	regions = calloc(region_count, sizeof(*regions));
	for (unsigned int i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
		unsigned int n = plan[i].kind == PRIVATE ? plan[i].count * scale : plan[i].count;

		while (n--) {
			struct region *r = &regions[at];
			size_t bytes = plan[i].pages * DMMU_PAGE;

			r->kind = plan[i].kind;
			r->pages = plan[i].pages;
			r->file = -1;
			if (r->kind >= DISK_FILE) {
				r->file = make_file(r->kind, at, bytes);
				if (r->file < 0)
					return false;
			}
			r->lost = calloc(r->pages, sizeof(*r->lost));
			r->shadow = dmmu_map(bytes);
			for (unsigned int lane = 0; lane < LANES; lane++)
				pthread_mutex_init(&r->lane[lane], NULL);
			if (r->kind == SEALED)
				region_file_anew(r);
			region_map_anew(r);
			at++;
		}
	}
	return true;
}

void regions_free(void)
{
	for (unsigned int i = 0; i < region_count; i++) {
		struct region *r = &regions[i];

		munmap(r->base, r->pages * DMMU_PAGE);
		munmap(r->shadow, r->pages * DMMU_PAGE);
		free((void *)r->lost);
		if (r->file >= 0)
			close(r->file);
	}
	free(regions);
	regions = NULL;
	region_count = 0;
}

/* --- pages that cannot be had --- */

static void on_sigbus(int signal_number, siginfo_t *info, void *context)
{
	static _Thread_local void *last;
	static _Thread_local unsigned int times;
	char *page = (char *)((uintptr_t)info->si_addr & ~(DMMU_PAGE - 1));

	(void)signal_number;
	(void)context;
	tally.sigbus++;
	times = page == last ? times + 1 : 1;
	last = page;
	if (times < SIGBUS_PATIENCE) {
		usleep(10000);
		return;
	}
	for (unsigned int i = 0; i < region_count; i++) {
		struct region *r = &regions[i];
		char *base = r->base;

		if (page < base || page >= base + r->pages * DMMU_PAGE)
			continue;
		if (mmap(page, DMMU_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			break;
		atomic_fetch_or(&r->lost[(size_t)(page - base) / DMMU_PAGE], (1 << LANES) - 1);
		tally.lost_pages++;
		times = 0;
		return;
	}
	static const char text[] = "# SIGBUS outside the regions\n";

	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(2);
}

void catch_lost_pages(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigaction(SIGBUS, &action, NULL);
}

/* If this lane of the page was lost, and the owner told so, then what is there now is right. */
static bool forgive(struct region *r, size_t offset)
{
	unsigned int page = (unsigned int)(offset / DMMU_PAGE);
	unsigned int lane = (unsigned int)(offset % DMMU_PAGE / LANE_BYTES);
	size_t at = page * DMMU_PAGE + lane * LANE_BYTES;

	if (!(atomic_fetch_and(&r->lost[page], (uint8_t) ~(1u << lane)) & 1u << lane))
		return false;
	memcpy(r->shadow + at, r->base + at, LANE_BYTES);
	return true;
}

/* --- the comparison --- */

/* What was found, for people; the first of each kind is told once more at the end. */
static char first_wrong[600], first_unexpected[600];

static void found(char *first, _Atomic uint64_t *count, const char *format, va_list args)
{
	char text[600];
	uint64_t before = atomic_fetch_add(count, 1);

	vsnprintf(text, sizeof(text), format, args);
	if (!before)
		memcpy(first, text, sizeof(text));
	if (before < 20)
		printf("# %s: %s; weather %s\n", first == first_wrong ? "WRONG" : "UNEXPECTED",
		       text, weather_now());
}

void tell_results(bool hangs)
{
	if (tally.wrong)
		printf("# first wrong: %s\n", first_wrong);
	printf("%sok 1 no word of %llu is wrong\n", tally.wrong ? "not " : "",
	       (unsigned long long)tally.words);
	if (tally.unexpected)
		printf("# first unexpected: %s\n", first_unexpected);
	printf("%sok 2 nothing failed that has no excuse\n",
	       tally.unexpected || hangs ? "not " : "");
	fflush(stdout);
}

void wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	found(first_wrong, &tally.wrong, format, args);
	va_end(args);
}

void wrong_word(const char *what, const struct region *r, size_t offset, uint64_t is,
		uint64_t should)
{
	static const char *const kinds[KINDS] = {"private",	  "huge",	  "file",
						 "shared memory", "private file", "sealed file"};

	wrong("after %s: region %u (%s), page %zu, lane %zu, word %zu at %p: is %#llx, must be "
	      "%#llx",
	      what, (unsigned int)(r - regions), kinds[r->kind], offset / DMMU_PAGE,
	      offset % DMMU_PAGE / LANE_BYTES, offset % LANE_BYTES / 8, (void *)(r->base + offset),
	      (unsigned long long)is, (unsigned long long)should);
}

void unexpected(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	found(first_unexpected, &tally.unexpected, format, args);
	va_end(args);
}

void check_bytes(struct region *r, size_t offset, size_t bytes, const char *what)
{
	volatile uint64_t *is = (volatile uint64_t *)(r->base + offset);
	uint64_t *should = (uint64_t *)(r->shadow + offset);

	for (size_t i = 0; i < bytes / 8; i++) {
		uint64_t value = is[i];

		if (value == should[i] || forgive(r, offset + i * 8))
			continue;
		wrong_word(what, r, offset + i * 8, value, should[i]);
		should[i] = value;
	}
	tally.words += bytes / 8;
}

void check_window(const struct window *win, const char *what)
{
	for (unsigned int i = 0; i < win->pages; i++)
		check_bytes(win->r, (win->page + i) * DMMU_PAGE + win->lane * LANE_BYTES,
			    LANE_BYTES, what);
}

void check_region(struct region *r, const char *what)
{
	check_bytes(r, 0, r->pages * DMMU_PAGE, what);
}

void settle_either(struct region *r, size_t offset, size_t bytes, const char *fresh,
		   const char *what)
{
	volatile char *is = r->base + offset;
	char *old = r->shadow + offset;

	for (size_t i = 0; i < bytes; i++) {
		char value = is[i];

		if (value != old[i] && value != (fresh ? fresh[i] : 0) && !forgive(r, offset + i))
			wrong_word(what, r, (offset + i) & ~7ul, (uint8_t)value, (uint8_t)old[i]);
		old[i] = value;
	}
	tally.words += bytes / 8;
}

/* --- who may change what --- */

char *window_at(const struct window *win, unsigned int page)
{
	return win->r->base + (win->page + page) * DMMU_PAGE + win->lane * LANE_BYTES;
}

char *shadow_at(const struct window *win, unsigned int page)
{
	return win->r->shadow + (win->page + page) * DMMU_PAGE + win->lane * LANE_BYTES;
}

static struct window choose(struct worker *w, unsigned int most)
{
	struct window win = {.r = &regions[below(w, region_count)], .lane = below(w, LANES)};

	if (most > win.r->pages)
		most = win.r->pages;
	win.pages = 1 + below(w, most);
	win.page = below(w, win.r->pages - win.pages + 1);
	return win;
}

struct window take_window(struct worker *w, unsigned int most_pages)
{
	struct window win = choose(w, most_pages);

	pthread_mutex_lock(&win.r->lane[win.lane]);
	return win;
}

/* Two different lanes, of as many pages. Locks are taken in one order. */
void take_two_windows(struct worker *w, struct window *a, struct window *b)
{
	do {
		*a = choose(w, WINDOW);
		*b = choose(w, WINDOW);
	} while (a->r == b->r && a->lane == b->lane);
	if (a->pages > b->pages)
		a->pages = b->pages;
	b->pages = a->pages;

	bool first = a->r < b->r || (a->r == b->r && a->lane < b->lane);
	const struct window *one = first ? a : b, *two = first ? b : a;

	pthread_mutex_lock(&one->r->lane[one->lane]);
	pthread_mutex_lock(&two->r->lane[two->lane]);
}

void drop_window(const struct window *win)
{
	pthread_mutex_unlock(&win->r->lane[win->lane]);
}

/* All lanes of a region of one of the kinds, a bit each. */
struct region *take_region(struct worker *w, unsigned int kinds)
{
	struct region *r;

	do
		r = &regions[below(w, region_count)];
	while (!(kinds & 1u << r->kind));
	for (unsigned int lane = 0; lane < LANES; lane++)
		pthread_mutex_lock(&r->lane[lane]);
	return r;
}

void drop_region(struct region *r)
{
	for (unsigned int lane = LANES; lane-- > 0;)
		pthread_mutex_unlock(&r->lane[lane]);
}
