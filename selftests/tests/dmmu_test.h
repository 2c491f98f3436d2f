/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_test.h: what the guest programs share: open and bind, describe work, submit it, collect it
 * in bounded time, and put a completion into words.
 *
 * Nothing here decides whether a test passed. Functions return 0 or a negative errno, and print one
 * line starting with '#' when they fail, so that a failed test says why. No call waits longer than
 * DMMU_WAIT_SECONDS.
 */
#ifndef DMMU_TEST_H
#define DMMU_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmmu.h"

#define DMMU_PAGE	  4096ul
#define DMMU_HUGE	  (2ul << 20)
#define DMMU_WAIT_SECONDS 60
#define DMMU_FOREVER	  (1ull << 62) /* a length no simulation comes to the end of */

static inline uint64_t dmmu_va(const volatile void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Work. The cookie is set by dmmu_run(); who calls dmmu_submit() sets it. */
static inline struct dmmu_work_desc dmmu_nop(void)
{
	return (struct dmmu_work_desc){.op = DMMU_WORK_NOP};
}

static inline struct dmmu_work_desc dmmu_copy(volatile void *dst, const volatile void *src,
					      uint64_t bytes)
{
	return (struct dmmu_work_desc){
		.op = DMMU_WORK_COPY, .dst = dmmu_va(dst), .src = dmmu_va(src), .len = bytes};
}

static inline struct dmmu_work_desc dmmu_fill(volatile void *dst, uint64_t value, uint64_t bytes)
{
	return (struct dmmu_work_desc){
		.op = DMMU_WORK_FILL, .dst = dmmu_va(dst), .arg = value, .len = bytes};
}

static inline struct dmmu_work_desc dmmu_vadd(void *dst, const void *a, const void *b, uint64_t n)
{
	return (struct dmmu_work_desc){.op = DMMU_WORK_VADD,
				       .dst = dmmu_va(dst),
				       .src = dmmu_va(a),
				       .src2 = dmmu_va(b),
				       .len = n};
}

static inline struct dmmu_work_desc dmmu_reduce(const volatile void *src, uint64_t n)
{
	return (struct dmmu_work_desc){.op = DMMU_WORK_REDUCE, .src = dmmu_va(src), .len = n};
}

static inline struct dmmu_work_desc dmmu_chase(const void *head, uint64_t next_offset,
					       uint64_t value_offset, uint64_t limit)
{
	return (struct dmmu_work_desc){.op = DMMU_WORK_CHASE,
				       .src = dmmu_va(head),
				       .arg = next_offset,
				       .arg2 = value_offset,
				       .len = limit};
}

static inline struct dmmu_work_desc dmmu_add(volatile void *dst, uint64_t value, uint64_t times)
{
	return (struct dmmu_work_desc){
		.op = DMMU_WORK_ATOMIC_ADD, .dst = dmmu_va(dst), .arg = value, .len = times};
}

static inline struct dmmu_work_desc dmmu_cas(volatile void *dst, uint64_t expect, uint64_t value)
{
	return (struct dmmu_work_desc){
		.op = DMMU_WORK_ATOMIC_CAS, .dst = dmmu_va(dst), .arg = expect, .arg2 = value};
}

/* The device: $DMMU_DEV, else /dev/dmmu0. */
const char *dmmu_path(void);
void dmmu_require_device(void); /* exits with KSFT_SKIP and the reason when there is none */
int dmmu_open(void);		/* fd or negative errno, as below */
int dmmu_open_bound(void);
int dmmu_bind(int fd);
int dmmu_query(int fd, struct dmmu_ioc_query *info);
int dmmu_counters(int fd, struct dmmu_ioc_counters *out);

/* Local memory. to: DMMU_MIGRATE_TO_*. The numbers are in pages; result may be NULL. */
int dmmu_migrate(int fd, const volatile void *p, size_t bytes, unsigned int to,
		 struct dmmu_migrate_result *result);
int dmmu_hint(int fd, const volatile void *p, size_t bytes, unsigned int hint); /* or -errno */
int dmmu_local(int fd, struct dmmu_ioc_local *out);
long dmmu_local_free(int fd); /* pages, or negative errno */
/* Free pages become this many; false after DMMU_WAIT_SECONDS. Freeing may be put off by the kernel.
 */
bool dmmu_await_local_free(int fd, long pages);
/* All that became of the pages, in a static buffer. */
const char *dmmu_migrate_text(const struct dmmu_migrate_result *r);
uint64_t dmmu_migrate_sum(const struct dmmu_migrate_result *r);

/* All of it is queued, or an error; see dmmu_run() for the easy way. */
int dmmu_submit(int fd, const struct dmmu_work_desc *work, unsigned int count);

/* The plain ioctl: negative errno, *got is what was collected in either case. */
int dmmu_wait(int fd, struct dmmu_completion *out, unsigned int min, unsigned int max,
	      uint64_t timeout_ns, unsigned int *got);

/* Exactly `count` completions, or -ETIME after DMMU_WAIT_SECONDS. */
int dmmu_collect(int fd, struct dmmu_completion *out, unsigned int count);

/*
 * Submit `count` and collect them; out[i] belongs to work[i]. Nothing else may be outstanding.
 * -EPROTO when a completion is of unknown work or comes twice.
 */
int dmmu_run(int fd, const struct dmmu_work_desc *work, unsigned int count,
	     struct dmmu_completion *out);
struct dmmu_completion dmmu_run_one(int fd, struct dmmu_work_desc work); /* .error when not run */

/* "FILL: FAULT, write at 0x7f.., error -1 (Operation not permitted), ...", in a static buffer. */
const char *dmmu_text(const struct dmmu_completion *c);

/* Is it this fault? error 0: any error. */
bool dmmu_is_fault(const struct dmmu_completion *c, uint64_t va, enum dmmu_access access,
		   int error);
bool dmmu_is_ok(const struct dmmu_completion *c);

/*
 * Hammers: never ending ATOMIC_ADDs of 1, hammer i on the word at base + i * stride. While one
 * runs, its word changes all the time, so one late write shows. The words must be readable; start
 * returns when each has moved.
 */
int dmmu_hammers_start(int fd, volatile void *base, size_t stride, unsigned int count);
int dmmu_hammers_moved(volatile void *base, size_t stride, unsigned int count);
void dmmu_hammers_read(const volatile void *base, size_t stride, unsigned int count, uint64_t *out);

/* Memory. */
void *
dmmu_map(size_t bytes); /* anonymous, private, read-write, untouched; NULL when there is none */
void *dmmu_map_huge_aligned(size_t bytes); /* the same, 2 MiB aligned, never unmapped in full */
void dmmu_pattern(uint64_t *p, size_t words, uint64_t seed);
/* Index of the first difference, or `words`. */
size_t dmmu_difference(const volatile uint64_t *a, const volatile uint64_t *b, size_t words);
size_t dmmu_other_than(const volatile uint64_t *a, uint64_t value, size_t words);
/* kB of huge pages in the mappings that have some of the 2 MiB from p on; -1 when unknown. */
long dmmu_huge_kb(const void *p);
/* Until *word == value (or != value); false after DMMU_WAIT_SECONDS. */
bool dmmu_await(const volatile uint64_t *word, uint64_t value);
bool dmmu_await_change(const volatile uint64_t *word, uint64_t value);

/* /proc/self/pagemap of one page: bit 63 present, bit 62 swapped. 0 when unknown. */
uint64_t dmmu_pagemap(const volatile void *p);
#define DMMU_PAGEMAP_PRESENT (1ull << 63)
#define DMMU_PAGEMAP_SWAPPED (1ull << 62)
int dmmu_drop_caches(
	void); /* also drains the per-CPU page lists, so that reclaim finds the pages */
/* Reclaim pages until pagemap says swapped; 0 or -EAGAIN. */
int dmmu_page_out(volatile void *p, size_t bytes);

/*
 * The driver's test delay between looking pages up and mapping them, in microseconds; widens the
 * races between fault service and invalidation. Negative errno when the driver has no such knob.
 */
int dmmu_map_delay(unsigned int us);

/* The kernel's log from now on, for dmmu_log_next(); close() it. Negative when there is none. */
int dmmu_log_open(void);
/* The next record of it, its header before it; false when there is none yet. */
bool dmmu_log_next(int fd, char *record, size_t size);

/* Write to a file that is there, as of sysfs; negative errno. */
int dmmu_write_text(const char *path, const char *text);

/* The number that such a file begins with; negative errno. */
long dmmu_read_number(const char *path);
bool dmmu_swap_is_on(void);

/* Write to one of the driver's files for tests in debugfs, e.g. "local_limit"; negative errno. */
int dmmu_knob(const char *name, unsigned long value);
/* Those that make memory scarce, as they are without any test: of all devices. */
void dmmu_knobs_reset(void);
/* A number in debugfs's "local", e.g. "whole_in": the sum over all devices; -1 when there is none.
 */
long dmmu_local_count(const char *name);

uint64_t dmmu_now_ns(void);
void dmmu_sleep_us(unsigned int us);
uint64_t dmmu_seed(void);	       /* $DMMU_SEED, or another each time; it is printed */
uint64_t dmmu_random(uint64_t *state); /* xorshift, state not 0 */

/* Child processes: wait at most DMMU_WAIT_SECONDS; exit code, 128 + signal, or -ETIME (killed). */
int dmmu_reap(int pid);

#endif /* DMMU_TEST_H */
