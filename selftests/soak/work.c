// SPDX-License-Identifier: GPL-2.0
/*
 * work.c: CPU and device write and read lanes: what programs do with data.
 */
#include <string.h>

#include "soak.h"

static void note(struct window *win, unsigned int page, const char *fresh,
		 const struct dmmu_completion *c, const char *what)
{
	size_t offset = (win->page + page) * DMMU_PAGE + win->lane * LANE_BYTES;

	if (device_ok(c, false))
		memcpy(win->r->shadow + offset, fresh, LANE_BYTES);
	else
		settle_either(win->r, offset, LANE_BYTES, fresh, what);
}

static void cpu_write(struct worker *w)
{
	struct window win = take_window(w, WINDOW);

	for (unsigned int i = 0; i < win.pages; i++) {
		volatile uint64_t *to = (volatile uint64_t *)window_at(&win, i);
		uint64_t *shadow = (uint64_t *)shadow_at(&win, i);

		for (unsigned int k = 0; k < LANE_WORDS; k++)
			to[k] = shadow[k] = dmmu_random(&w->random);
	}
	drop_window(&win);
}

static void cpu_check(struct worker *w)
{
	struct window win = take_window(w, WINDOW);

	check_window(&win, "cpu check");
	drop_window(&win);
}

static void device_fill(struct worker *w)
{
	struct window win = take_window(w, WINDOW);
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];
	uint64_t fresh[LANE_WORDS];

	for (unsigned int i = 0; i < win.pages; i++)
		work[i] = dmmu_fill(window_at(&win, i), dmmu_random(&w->random), LANE_BYTES);
	device_run(w, work, win.pages, c);
	for (unsigned int i = 0; i < win.pages; i++) {
		for (unsigned int k = 0; k < LANE_WORDS; k++)
			fresh[k] = work[i].arg;
		note(&win, i, (char *)fresh, &c[i], "device fill");
	}
	if (below(w, 2))
		check_window(&win, "device fill");
	drop_window(&win);
}

static void device_copy(struct worker *w)
{
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];
	char fresh[LANE_BYTES];
	struct window from, to;
	size_t skip = 0, bytes = LANE_BYTES, shift = 0;

	take_two_windows(w, &from, &to);
	if (below(w, 3) == 0) { /* any bytes */
		bytes = 1 + below(w, LANE_BYTES);
		skip = below(w, (unsigned int)(LANE_BYTES - bytes + 1));
		shift = below(w, (unsigned int)(LANE_BYTES - bytes + 1));
	}
	for (unsigned int i = 0; i < to.pages; i++)
		work[i] = dmmu_copy(window_at(&to, i) + shift, window_at(&from, i) + skip, bytes);
	device_run(w, work, to.pages, c);
	for (unsigned int i = 0; i < to.pages; i++) {
		memcpy(fresh, shadow_at(&to, i), LANE_BYTES);
		memcpy(fresh + shift, shadow_at(&from, i) + skip, bytes);
		note(&to, i, fresh, &c[i], "device copy");
	}
	if (below(w, 2))
		check_window(&to, "device copy");
	drop_window(&from);
	drop_window(&to);
}

static void device_vadd(struct worker *w)
{
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];
	uint64_t fresh[LANE_WORDS];
	struct window a, b;

	take_two_windows(w, &a, &b);
	for (unsigned int i = 0; i < b.pages; i++)
		work[i] =
			dmmu_vadd(window_at(&b, i), window_at(&a, i), window_at(&b, i), LANE_WORDS);
	device_run(w, work, b.pages, c);
	for (unsigned int i = 0; i < b.pages; i++) {
		const uint64_t *x = (uint64_t *)shadow_at(&a, i), *y = (uint64_t *)shadow_at(&b, i);

		for (unsigned int k = 0; k < LANE_WORDS; k++)
			fresh[k] = x[k] + y[k];
		note(&b, i, (char *)fresh, &c[i], "device vadd");
	}
	if (below(w, 2))
		check_window(&b, "device vadd");
	drop_window(&a);
	drop_window(&b);
}

/* Lost pages are not read by the device: it would map the new page, and the shadow is the old. */
static bool any_lost(const struct window *win)
{
	for (unsigned int i = 0; i < win->pages; i++)
		if (win->r->lost[win->page + i] & 1u << win->lane)
			return true;
	return false;
}

static void device_reduce(struct worker *w)
{
	struct window win = take_window(w, WINDOW);
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];

	for (unsigned int i = 0; i < win.pages; i++)
		work[i] = dmmu_reduce(window_at(&win, i), LANE_WORDS);
	device_run(w, work, win.pages, c);
	for (unsigned int i = 0; i < win.pages; i++) {
		const uint64_t *shadow = (uint64_t *)shadow_at(&win, i);
		uint64_t sum = 0;

		for (unsigned int k = 0; k < LANE_WORDS; k++)
			sum += shadow[k];
		if (!device_ok(&c[i], false))
			continue;
		tally.words += LANE_WORDS;
		if (c[i].result != sum && !any_lost(&win)) {
			wrong_word("device reduce", win.r,
				   (win.page + i) * DMMU_PAGE + win.lane * LANE_BYTES, c[i].result,
				   sum);
			check_window(&win, "device reduce, looked at by the CPU");
		}
	}
	drop_window(&win);
}

/* A list through the pages of a lane, in random order, two nodes a page; the CPU writes it. */
static void device_chase(struct worker *w)
{
	struct window win = take_window(w, WINDOW);
	unsigned int n = 2 * win.pages, order[2 * WINDOW];
	struct dmmu_completion c;
	struct dmmu_work_desc work;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = below(w, i + 1);

		order[i] = order[at];
		order[at] = i;
	}
	for (unsigned int i = 0; i < n; i++) {
		size_t at = order[i] % 2 * (LANE_BYTES / 2);
		volatile uint64_t *node = (volatile uint64_t *)(window_at(&win, order[i] / 2) + at);
		uint64_t *shadow = (uint64_t *)(shadow_at(&win, order[i] / 2) + at);
		const char *next = i + 1 < n ? window_at(&win, order[i + 1] / 2) +
						       order[i + 1] % 2 * (LANE_BYTES / 2)
					     : NULL;

		node[0] = shadow[0] = dmmu_va(next);
		node[1] = shadow[1] = dmmu_random(&w->random);
		sum += shadow[1];
	}
	work = dmmu_chase(window_at(&win, order[0] / 2) + order[0] % 2 * (LANE_BYTES / 2), 0, 8, 0);
	device_run(w, &work, 1, &c);
	if (device_ok(&c, any_lost(&win))) {
		tally.words += 2 * n;
		if (c.result != sum && !any_lost(&win))
			wrong_word("device chase", win.r,
				   win.page * DMMU_PAGE + win.lane * LANE_BYTES, c.result, sum);
	}
	drop_window(&win);
}

/* Each operation on a word of its own, so that what it must do is known. */
static void device_atomics(struct worker *w)
{
	struct window win = take_window(w, WINDOW);
	struct dmmu_work_desc work[WINDOW];
	struct dmmu_completion c[WINDOW];

	for (unsigned int i = 0; i < win.pages; i++) {
		unsigned int word = below(w, LANE_WORDS);
		char *at = window_at(&win, i) + 8 * word;
		uint64_t is = ((uint64_t *)shadow_at(&win, i))[word];

		if (below(w, 2))
			work[i] = dmmu_add(at, dmmu_random(&w->random), 1);
		else
			work[i] = dmmu_cas(at, is, dmmu_random(&w->random));
	}
	device_run(w, work, win.pages, c);
	for (unsigned int i = 0; i < win.pages; i++) {
		size_t at = (win.page + i) * DMMU_PAGE + work[i].dst % DMMU_PAGE;
		uint64_t *shadow = (uint64_t *)(win.r->shadow + at);
		uint64_t fresh =
			work[i].op == DMMU_WORK_ATOMIC_ADD ? *shadow + work[i].arg : work[i].arg2;

		if (!device_ok(&c[i], false)) {
			settle_either(win.r, at, 8, (char *)&fresh, "device atomic");
			continue;
		}
		if (c[i].result != *shadow && !any_lost(&win))
			wrong_word("device atomic, its result", win.r, at, c[i].result, *shadow);
		*shadow = fresh;
	}
	check_window(&win, "device atomic");
	drop_window(&win);
}

const struct op work_ops[] = {
	{"cpu write", 10, cpu_write}, {"cpu check", 10, cpu_check},   {"fill", 10, device_fill},
	{"copy", 12, device_copy},    {"vadd", 6, device_vadd},	      {"reduce", 8, device_reduce},
	{"chase", 4, device_chase},   {"atomics", 5, device_atomics}, {NULL, 0, NULL},
};
