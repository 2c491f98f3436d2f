// SPDX-License-Identifier: GPL-2.0
/*
 * space.c: the process changes its address space under the device: munmap, mremap, mprotect,
 * madvise, with work of the device running into it.
 *
 * An address that goes away while work on it is queued stays reserved until the work has ended:
 * otherwise another thread's mapping could come to lie there, and be written by right.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "soak.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define ANONYMOUS (1u << PRIVATE | 1u << HUGE)
#define ANY	  ((1u << KINDS) - 1)

/* Fills of whole lanes of some pages, to be on the way while the mapping changes. */
struct running {
	struct dmmu_work_desc work[WINDOW];
	size_t offset[WINDOW];
	unsigned int n;
	bool started;
};

static void run_start_from(struct worker *w, struct region *r, struct running *run,
			   unsigned int cookie)
{
	unsigned int first, lane = below(w, LANES);

	run->n = r->pages < WINDOW ? r->pages : WINDOW;
	first = below(w, r->pages - run->n + 1);
	for (unsigned int i = 0; i < run->n; i++) {
		run->offset[i] = (first + i) * DMMU_PAGE + lane * LANE_BYTES;
		run->work[i] =
			dmmu_fill(r->base + run->offset[i], dmmu_random(&w->random), LANE_BYTES);
	}
	run->started = device_start_from(w, run->work, run->n, cookie);
	if (below(w, 2))
		dmmu_sleep_us(below(w, 3000));
}

static void run_start(struct worker *w, struct region *r, struct running *run)
{
	run_start_from(w, r, run, 0);
}

static void run_end(struct worker *w, struct running *run)
{
	struct dmmu_completion c[WINDOW];

	device_finish(w, run->n, c, run->started);
	for (unsigned int i = 0; i < run->n; i++)
		device_ok(&c[i], true);
}

static void run_settle(struct region *r, const struct running *run, const char *what)
{
	uint64_t fresh[LANE_WORDS];

	for (unsigned int i = 0; i < run->n; i++) {
		for (unsigned int k = 0; k < LANE_WORDS; k++)
			fresh[k] = run->work[i].arg;
		settle_either(r, run->offset[i], LANE_BYTES, (char *)fresh, what);
	}
}

/* All of it gone, and a new mapping, which is empty or has what the file has. */
static void unmap(struct worker *w)
{
	struct region *r = take_region(w, ANY);
	bool shared = r->kind == DISK_FILE || r->kind == SHARED_MEMORY;
	size_t bytes = r->pages * DMMU_PAGE;
	bool under_work = below(w, 2);
	struct running run = {0};
	char *old = r->base;

	if (under_work)
		run_start(w, r, &run);
	/* Unmapped; when work is on its way, by a mapping in its place. */
	if (under_work ? mmap(old, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			      0) == MAP_FAILED
		       : munmap(old, bytes))
		unexpected("munmap: %s", strerror(errno));
	region_map_anew(r);
	if (under_work) {
		run_end(w, &run);
		munmap(old, bytes);
	}
	if (shared)
		run_settle(r, &run, "munmap under work");
	else if (r->kind == SEALED)
		region_shadow_of_file(r);
	else
		memset(r->shadow, 0, bytes);
	region_found(r);
	check_region(r, "munmap and mmap");
	drop_region(r);
}

static void move(struct worker *w)
{
	struct region *r = take_region(w, 1u << PRIVATE | 1u << HUGE);
	size_t bytes = r->pages * DMMU_PAGE;
	char *old = r->base, *to;
	struct running run;
	bool under_work = below(w, 2);
	bool leave = under_work || below(w, 2);

	to = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (to == MAP_FAILED) {
		unexpected("mmap: %s", strerror(errno));
		drop_region(r);
		return;
	}
	if (under_work)
		run_start(w, r, &run);
	if (mremap(old, bytes, bytes,
		   MREMAP_MAYMOVE | MREMAP_FIXED | (leave ? MREMAP_DONTUNMAP : 0),
		   to) == MAP_FAILED) {
		unexpected("mremap: %s", strerror(errno));
		exit(1);
	}
	r->base = to;
	if (under_work) {
		run_end(w, &run);
		run_settle(r, &run, "mremap under work");
	}
	if (leave)
		munmap(old, bytes);
	check_region(r, "mremap");
	drop_region(r);
}

/* What may not be written is not written, also by work that was on its way. */
static void protect(struct worker *w)
{
	struct region *r = take_region(w, ANY);
	size_t bytes = r->pages * DMMU_PAGE;
	struct dmmu_completion c[2 * WINDOW];
	struct running run, late;

	run_start(w, r, &run);
	if (mprotect(r->base, bytes, PROT_READ))
		unexpected("mprotect: %s", strerror(errno));
	/* The shadow is made of what is there now; nothing may change from here on. */
	run_settle(r, &run, "mprotect under work");
	run_start_from(w, r, &late, WINDOW);
	device_finish(w, 2 * WINDOW, c, run.started && late.started);
	for (unsigned int i = 0; i < WINDOW; i++) {
		const struct dmmu_completion *l = &c[WINDOW + i];

		device_ok(&c[i], true);
		if (device_ok(l, true))
			wrong_word("a write to read-only memory that says OK", r, late.offset[i],
				   late.work[i].arg, 0);
		else if (l->status == DMMU_FAULT && l->error != -EPERM &&
			 !(weather_excuses() & BUS_ERRORS))
			unexpected("a write to read-only memory: %s", dmmu_text(l));
	}
	check_region(r, "mprotect");
	if (mprotect(r->base, bytes, PROT_READ | PROT_WRITE))
		unexpected("mprotect: %s", strerror(errno));
	drop_region(r);
}

/* Given back: zeros from now on. What the device had under way may land before or after. */
static void dontneed(struct worker *w)
{
	struct region *r = take_region(w, ANONYMOUS);
	size_t bytes = r->pages * DMMU_PAGE;
	bool under_work = below(w, 2);
	struct running run = {0};

	if (under_work)
		run_start(w, r, &run);
	if (madvise(r->base, bytes, MADV_DONTNEED))
		unexpected("MADV_DONTNEED: %s", strerror(errno));
	if (under_work)
		run_end(w, &run);
	memset(r->shadow, 0, bytes);
	region_found(r);
	run_settle(r, &run, "MADV_DONTNEED under work");
	check_region(r, "MADV_DONTNEED");
	drop_region(r);
}

/* Old content or zeros, page by page, until it is written; then it stays. */
static void lazy_free(struct worker *w)
{
	struct region *r = take_region(w, 1u << PRIVATE);
	size_t bytes = r->pages * DMMU_PAGE;

	if (madvise(r->base, bytes, MADV_FREE))
		unexpected("MADV_FREE: %s", strerror(errno));
	for (unsigned int i = 0; i < r->pages; i++) {
		volatile uint64_t *word = (volatile uint64_t *)(r->base + i * DMMU_PAGE);
		uint64_t mine = dmmu_random(&w->random);

		/* Before it is written it may go at any time; after that not. */
		*word = mine;
		*(uint64_t *)(r->shadow + i * DMMU_PAGE) = mine;
	}
	settle_either(r, 0, bytes, NULL, "MADV_FREE");
	check_region(r, "MADV_FREE");
	drop_region(r);
}

/* Advice that changes no content: nobody's lane is needed. */
static void advise(struct worker *w)
{
	static const int advice[] = {MADV_COLD,	     MADV_PAGEOUT,     MADV_PAGEOUT,
				     MADV_HUGEPAGE,  MADV_NOHUGEPAGE,  MADV_COLLAPSE,
				     MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_WILLNEED};
	struct region *r = &regions[below(w, region_count)];

	madvise(r->base, r->pages * DMMU_PAGE, advice[below(w, sizeof(advice) / sizeof(int))]);
}

const struct op space_ops[] = {
	{"munmap", 3, unmap},	   {"mremap", 3, move},		{"mprotect", 4, protect},
	{"dontneed", 3, dontneed}, {"lazy free", 2, lazy_free}, {"madvise", 6, advise},
	{NULL, 0, NULL},
};
