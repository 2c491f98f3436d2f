/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h: what the files of the ioctl fuzzer share.
 *
 * A sequence is what a program does with /dev/dmmu0 and with the memory that it names: numbers,
 * each with a fixed meaning, so that it can be written down and done again. It is done in a process
 * of its own, whose memory is always in the same place: the arena, with nothing around it that the
 * device could hurt. Which code of the driver that reached tells the kernel (KCOV); what reached
 * new code is kept, and changed to make the next.
 */
#ifndef DMMU_FUZZ_H
#define DMMU_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARENA	    0x10000000000ull
#define ARENA_PAGES 1024ull /* two huge pages */
#define ARENA_BYTES (ARENA_PAGES * 4096)

enum { MOST_OPS = 24, MOST_ARGS = 11, MOST_TEXT = 8192, SLOTS = 3 };

/* What an argument is, for who makes one up. */
enum arg_kind {
	ARG_SLOT,     /* of an open file */
	ARG_PAGE,     /* of the arena */
	ARG_PAGES,    /* a number of them */
	ARG_ADDRESS,  /* mostly in the arena */
	ARG_START,    /* the same, mostly page aligned */
	ARG_SIZE,     /* bytes */
	ARG_SMALL,    /* 0 to 7 */
	ARG_COUNT,    /* of structures */
	ARG_NUMBER,   /* anything */
	ARG_FLAGS,    /* mostly 0 */
	ARG_PLACE,    /* where the structure is, see execute.c */
	ARG_TIME,     /* nanoseconds */
	ARG_END = -1, /* no more arguments */
};

struct op {
	uint8_t kind; /* index into op_kinds[] */
	uint64_t arg[MOST_ARGS];
};

struct sequence {
	unsigned int n;
	struct op op[MOST_OPS];
};

struct run; /* of execute.c */

struct op_kind {
	const char *name;
	unsigned int weight;
	void (*perform)(struct run *run, const uint64_t *arg);
	int args[MOST_ARGS + 1]; /* enum arg_kind */
};

/* execute.c: what can be done. */
extern const struct op_kind op_kinds[];
extern const unsigned int op_kind_count;

/* Do it, in this process, which must be ready to end afterwards. Waits end by a timer. */
void execute(const struct sequence *s);

/* sequence.c */
uint64_t below(uint64_t *random, uint64_t n);
void sequence_make(struct sequence *s, uint64_t *random);
void sequence_change(struct sequence *s, const struct sequence *other, uint64_t *random);
/* "open 0; bind 0 0 0; ..." and back; false when it is no sequence. */
void sequence_write(const struct sequence *s, char text[MOST_TEXT]);
bool sequence_read(struct sequence *s, const char *text);

/* cover.c: false without KCOV in the kernel, or in the driver. */
bool cover_open(void);
void cover_begin(void);	      /* before a sequence */
bool cover_child(void);	      /* in the process that does it */
unsigned int cover_end(void); /* how many new points it reached */
unsigned int cover_points(void);
void cover_print(FILE *to); /* the points, and where the driver's code is */

#endif
