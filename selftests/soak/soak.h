/* SPDX-License-Identifier: GPL-2.0 */
/*
 * soak.h: what the files of the soak share. Many threads do at random what programs do with memory
 * that a device works on, all on the same few regions; a shadow knows what each word must be.
 *
 * A region's pages are cut in LANES: the first quarter of each page is lane 0, and so on. Who
 * changes data holds the lane's lock, so that it knows what must be there; others change the other
 * quarters of the same pages at the same time. Who changes the mapping so that content could be
 * lost holds all lanes. Who moves pages without changing content holds nothing.
 */
#ifndef SOAK_H
#define SOAK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmmu_test.h"

enum { LANES = 4, LANE_BYTES = 4096 / LANES, LANE_WORDS = LANE_BYTES / 8, WINDOW = 16 };
enum { HANG_SECONDS = 180, MOST_WORKERS = 8, MOST_OPS = 40 };

enum region_kind { PRIVATE, HUGE, DISK_FILE, SHARED_MEMORY, PRIVATE_FILE, SEALED, KINDS };

struct region {
	enum region_kind kind;
	unsigned int pages;
	int file;	    /* or -1 */
	char *_Atomic base; /* changes under all lanes */
	char *shadow;
	_Atomic uint8_t *lost; /* by page: lanes whose content the device took with it */
	pthread_mutex_t lane[LANES];
};

/* A piece of a lane: some pages of it. */
struct window {
	struct region *r;
	unsigned int lane;
	unsigned int page;
	unsigned int pages;
};

struct worker {
	unsigned int id;
	pthread_t thread;
	uint64_t random;
	int fd;
	uint64_t resets; /* that there had been when it was opened */
	const char *_Atomic doing;
	_Atomic uint64_t since;
};

/* Which failures of device work are nobody's fault but the weather's. */
enum excuse { NO_EXCUSE = 0, BUS_ERRORS = 1, LOSSES = 2 };

struct op {
	const char *name;
	unsigned int weight;
	void (*run)(struct worker *w);
};

struct tally {
	_Atomic uint64_t op[MOST_OPS];
	_Atomic uint64_t words;	     /* compared with the shadow */
	_Atomic uint64_t wrong;	     /* of these, not as they must be */
	_Atomic uint64_t unexpected; /* operations that failed, and nothing was the matter */
	_Atomic uint64_t faults;     /* page faults of the device, by completions */
	_Atomic uint64_t cycles;
	_Atomic uint64_t failed; /* operations that failed because of the weather */
	_Atomic uint64_t lost;	 /* operations lost with the device */
	_Atomic uint64_t sigbus; /* touches of a page that could not be brought home at once */
	_Atomic uint64_t lost_pages;
	_Atomic uint64_t resets;
	_Atomic uint64_t adds;
	_Atomic uint64_t moved_in, moved_out;
};

extern struct tally tally;
extern struct region *regions;
extern unsigned int region_count;
extern atomic_bool stopping;
extern _Thread_local uint64_t work_began;  /* by this thread, last */
extern _Thread_local uint64_t work_resets; /* of the device, when its file was opened */

/* random.c is one line: a number below n. */
static inline unsigned int below(struct worker *w, unsigned int n)
{
	return (unsigned int)(dmmu_random(&w->random) >> 33) % n;
}

/* region.c */
bool regions_make(unsigned int scale);
void regions_free(void);
void region_map_anew(struct region *r);
/* SEALED: another file, with a content of its own that the shadow has, too. */
void region_file_anew(struct region *r);
void region_shadow_of_file(struct region *r);
void region_found(struct region *r); /* all of it anew: nothing of it is lost */
void catch_lost_pages(void);
struct window take_window(struct worker *w, unsigned int most_pages);
void take_two_windows(struct worker *w, struct window *a, struct window *b);
void drop_window(const struct window *win);
struct region *take_region(struct worker *w, unsigned int kinds);
void drop_region(struct region *r);
char *window_at(const struct window *win, unsigned int page);
char *shadow_at(const struct window *win, unsigned int page);
void check_bytes(struct region *r, size_t offset, size_t bytes, const char *what);
void check_window(const struct window *win, const char *what);
void check_region(struct region *r, const char *what);
/* Memory is old or new in each byte; the shadow becomes what it is. */
void settle_either(struct region *r, size_t offset, size_t bytes, const char *fresh,
		   const char *what);
void wrong_word(const char *what, const struct region *r, size_t offset, uint64_t is,
		uint64_t should);
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The first two results in KTAP, each after what was found against it: that is then its reason. */
void tell_results(bool hangs);
void unexpected(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* device.c */
bool device_open(struct worker *w);
void device_close(struct worker *w);
void device_run(struct worker *w, struct dmmu_work_desc *work, unsigned int n,
		struct dmmu_completion *out);
bool device_start(struct worker *w, struct dmmu_work_desc *work, unsigned int n);
/* More of it while some is under way: cookies, and so completions, from @first on. */
bool device_start_from(struct worker *w, struct dmmu_work_desc *work, unsigned int n,
		       unsigned int first);
void device_finish(struct worker *w, unsigned int n, struct dmmu_completion *out, bool started);
/* Did it do what it was told? If not, and nothing excuses it, that is a failure of the soak. */
bool device_ok(const struct dmmu_completion *c, bool may_fault);
void device_recover(struct worker *w);

/* The operations: work.c, space.c, share.c, move.c, replica.c, atomics.c */
extern const struct op work_ops[], space_ops[], share_ops[], move_ops[], replica_ops[],
	atomic_ops[];
bool counters_make(void);
void counters_check(void);
size_t counters_range(char **base);
void move_init(void);
void move_end(void);

/* weather.c */
void weather_start(uint64_t seed, const char *spec);
void weather_stop(void);
unsigned int weather_excuses(void);
const char *weather_now(void);
const char *weather_history(void);

/* health.c */
struct health {
	long local_free;
	long contexts;
	long jobs;
	long anonymous;
};
bool health_look(struct health *h);
void health_print(const char *when, const struct health *h);
void health_forget_leaks(void);
long health_leaks(void);

#endif /* SOAK_H */
