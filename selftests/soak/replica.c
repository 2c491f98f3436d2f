// SPDX-License-Identifier: GPL-2.0
/*
 * replica.c: sealed memfds, of whose pages the device has read-only copies in local memory (the
 * hint READ_MOSTLY). A copy that outlives its page, its mapping or its file is a sum that was right
 * once: so all three change while the device reads, and each file has a content of its own.
 *
 * The mapping is private: what is written, by CPU or device, is a page of the process, and the file
 * stays what it is.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "soak.h"

static uint64_t sum_of(const struct region *r, unsigned int page)
{
	const uint64_t *word = (const uint64_t *)(r->shadow + page * DMMU_PAGE);
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DMMU_PAGE / 8; i++)
		sum += word[i];
	return sum;
}

/* The mapping is the file again, the same one or a new one in the pages that the old one had. */
static void begin_anew(struct worker *w, struct region *r)
{
	if (below(w, 2)) {
		char *old = r->base;

		region_file_anew(r);
		region_map_anew(r);
		munmap(old, r->pages * DMMU_PAGE);
	} else {
		if (madvise(r->base, r->pages * DMMU_PAGE, MADV_DONTNEED))
			unexpected("MADV_DONTNEED of a sealed file: %s", strerror(errno));
		region_shadow_of_file(r);
	}
	region_found(r);
}

/* Each sum is what it was when the work began, or what it is now; or the page was not there. */
static void judge_sums(struct worker *w, struct region *r, const uint64_t *before, bool started,
		       bool may_fault, const char *what)
{
	struct dmmu_completion c[WINDOW];

	device_finish(w, r->pages, c, started);
	for (unsigned int i = 0; i < r->pages; i++) {
		if (!device_ok(&c[i], may_fault) || r->lost[i])
			continue;
		tally.words += DMMU_PAGE / 8;
		if (c[i].result != before[i] && c[i].result != sum_of(r, i))
			wrong_word(what, r, i * DMMU_PAGE, c[i].result, before[i]);
	}
}

static void reduce_pages(struct region *r, struct dmmu_work_desc *work, uint64_t *sums)
{
	for (unsigned int i = 0; i < r->pages; i++) {
		work[i] = dmmu_reduce(r->base + i * DMMU_PAGE, DMMU_PAGE / 8);
		sums[i] = sum_of(r, i);
	}
}

/* One word in each page: no reader can see half of that. */
static void write_words(struct worker *w, struct region *r)
{
	for (unsigned int i = 0; i < r->pages; i++) {
		size_t at = i * DMMU_PAGE + 8 * below(w, DMMU_PAGE / 8);

		*(volatile uint64_t *)(r->base + at) = *(uint64_t *)(r->shadow + at) =
			dmmu_random(&w->random);
	}
}

static void sealed(struct worker *w)
{
	struct region *r = take_region(w, 1u << SEALED);
	unsigned int meanwhile = below(w, 5);
	struct dmmu_work_desc work[WINDOW];
	uint64_t before[WINDOW];
	char *old = NULL;
	int error;

	begin_anew(w, r);
	error = dmmu_hint(w->fd, r->base, r->pages * DMMU_PAGE, DMMU_HINT_READ_MOSTLY);
	if (error && error != -ENODEV && error != -EOPNOTSUPP && error != -ENOMEM)
		unexpected("HINT of a sealed file: %s", strerror(-error));
	/* Either the copies are there already, or they are made while all that happens. */
	if (below(w, 2)) {
		reduce_pages(r, work, before);
		judge_sums(w, r, before, device_start(w, work, r->pages), false,
			   "reduce of a sealed file");
	}

	reduce_pages(r, work, before);
	bool started = device_start(w, work, r->pages);

	if (below(w, 2))
		dmmu_sleep_us(below(w, 100000));
	switch (meanwhile) {
	case 0: /* the mapping goes; nothing else may come to lie there yet */
		old = r->base;
		if (mmap(old, r->pages * DMMU_PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			unexpected("mmap over a sealed file: %s", strerror(errno));
		if (below(w, 2))
			region_file_anew(r);
		region_map_anew(r);
		break;
	case 1:
		write_words(w, r);
		break;
	case 2:
		if (madvise(r->base, r->pages * DMMU_PAGE, MADV_DONTNEED))
			unexpected("MADV_DONTNEED of a sealed file: %s", strerror(errno));
		break;
	case 3:
		madvise(r->base, r->pages * DMMU_PAGE, MADV_PAGEOUT);
		break;
	default: /* nothing happens: the copies stay, and are what the next one must lose */
		break;
	}
	judge_sums(w, r, before, started, meanwhile == 0, "reduce of a sealed file that changes");
	if (meanwhile == 0)
		munmap(old, r->pages * DMMU_PAGE);
	/* What the device has now is what there is now: no copy stayed of what was. */
	reduce_pages(r, work, before);
	judge_sums(w, r, before, device_start(w, work, r->pages), false,
		   "reduce of a sealed file that has changed");
	check_region(r, "a sealed file");
	drop_region(r);
}

const struct op replica_ops[] = {{"sealed file", 4, sealed}, {NULL, 0, NULL}};
