/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rows.h: the rows of ./dmmu bench rtl. Every figure is measured on the Verilated RTL with host
 * memory 250 cycles away and local memory 60, and comes out the same every time. A limit is what no
 * design with these memories could beat; the ratio says how near it is, 1 being there.
 */
#ifndef RTL_BENCH_ROWS_H
#define RTL_BENCH_ROWS_H

#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_LATENCY  250
#define LOCAL_LATENCY 60

enum better { HIGHER, LOWER };

struct rows_options {
	bool tsv;
	FILE *save;	      /* rows go there too, as with tsv; or NULL */
	bool brief;	      /* small amounts, to see that it runs: figures of no use */
	unsigned int threads; /* rows for this many only; 0: for 1, 2, 4, 8, 16 */
};

extern struct rows_options rows_options;

/* NAME.THREADS, or NAME when threads is 0. limit 0: none. note: why the limit is not reached, shown
 * when the ratio is below 0.95. */
void row(const char *name, unsigned int threads, double value, const char *unit, double limit,
	 enum better better, const char *note);
/* The next number of threads to measure with, from 0; 0 at the end. */
unsigned int rows_next_threads(unsigned int threads, unsigned int most);

void mmu_rows(void);	/* at the MMU's own ports */
void device_rows(void); /* the whole device, from doorbell to what the host sees */
void copy_rows(void);	/* the copy engine, and PT_AGE */

#endif /* RTL_BENCH_ROWS_H */
