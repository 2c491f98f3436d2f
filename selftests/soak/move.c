// SPDX-License-Identifier: GPL-2.0
/*
 * move.c: pages go to local memory and back, to swap and back, while others use them. None of this
 * changes content, so nobody's lane is taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soak.h"

#define GROUP "/sys/fs/cgroup/program/"

static unsigned long limit_before;
static bool has_limit;

void move_init(void)
{
	glob_t found;
	FILE *f = NULL;

	if (!glob("/sys/kernel/debug/dmmu/*/local_limit", 0, NULL, &found))
		f = fopen(found.gl_pathv[0], "re");
	globfree(&found);
	has_limit = f && fscanf(f, "%lu", &limit_before) == 1;
	if (f)
		fclose(f);
	dmmu_write_text("/sys/kernel/mm/ksm/sleep_millisecs", "200");
	dmmu_write_text("/sys/kernel/mm/ksm/run", "1");
}

void move_end(void)
{
	if (has_limit)
		dmmu_knob("local_limit", limit_before);
	dmmu_write_text("/sys/kernel/mm/ksm/run", "2"); /* takes apart what was merged */
}

static void some_range(struct worker *w, char **p, __u64 *bytes)
{
	struct region *r;
	unsigned int page, n;

	if (below(w, 12) == 0) {
		*bytes = counters_range(p);
		return;
	}
	r = &regions[below(w, region_count)];
	page = below(w, r->pages);
	n = 1 + below(w, r->pages - page);
	*p = r->base + page * DMMU_PAGE;
	*bytes = n * DMMU_PAGE;
}

static void migrate(struct worker *w, unsigned int to)
{
	struct dmmu_ioc_migrate m = {.to = to};
	char *p;

	some_range(w, &p, &m.size);
	m.start = dmmu_va(p);
	if (!ioctl(w->fd, DMMU_IOC_MIGRATE, &m)) {
		if (to == DMMU_MIGRATE_TO_DEVICE)
			tally.moved_in += m.result.moved;
		else
			tally.moved_out += m.result.moved;
		if (dmmu_migrate_sum(&m.result) != m.size / DMMU_PAGE)
			unexpected("MIGRATE of %llu pages accounts for %llu",
				   (unsigned long long)m.size / DMMU_PAGE,
				   (unsigned long long)dmmu_migrate_sum(&m.result));
		return;
	}
	if (errno == ENODEV)
		device_recover(w);
	else if (errno != EOPNOTSUPP && errno != EINTR && errno != ENOMEM)
		unexpected("MIGRATE: %s", strerror(errno));
}

static void in(struct worker *w)
{
	migrate(w, DMMU_MIGRATE_TO_DEVICE);
}

static void out(struct worker *w)
{
	migrate(w, DMMU_MIGRATE_TO_HOST);
}

static void hint(struct worker *w)
{
	struct dmmu_ioc_hint h = {.hint = below(w, 4)};
	char *p;

	some_range(w, &p, &h.size);
	h.start = dmmu_va(p);
	if (ioctl(w->fd, DMMU_IOC_HINT, &h) && errno != ENODEV && errno != EOPNOTSUPP &&
	    errno != ENOMEM)
		unexpected("HINT: %s", strerror(errno));
}

/* Local memory becomes small or large: what does not fit any more is evicted by the next comer. */
static void squeeze(struct worker *w)
{
	static const unsigned long limits[] = {0, 24, 100, 400};
	unsigned long limit = limits[below(w, 4)];

	if (has_limit)
		dmmu_knob("local_limit", limit ? limit : limit_before);
}

static void reclaim(struct worker *w)
{
	char text[32];

	snprintf(text, sizeof(text), "%uK", 256 << below(w, 5));
	dmmu_write_text(GROUP "memory.reclaim",
			text); /* EAGAIN: less than so much, which is as good */
}

static void huge(struct worker *w)
{
	static const char *const words[] = {"always", "madvise", "never"};

	dmmu_write_text("/sys/kernel/mm/transparent_hugepage/enabled", words[below(w, 3)]);
}

const struct op move_ops[] = {
	{"to device", 10, in},	 {"to host", 5, out},	  {"hint", 3, hint}, {"limit", 1, squeeze},
	{"reclaim", 3, reclaim}, {"huge pages", 1, huge}, {NULL, 0, NULL},
};
