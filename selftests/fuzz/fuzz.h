/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h: what the parts of dmmu-fuzz offer each other (docs/fuzzing.md).
 *
 * A sequence is what a program may do with the driver and with the memory it shares: up to MOST_OPS
 * steps, each with a fixed meaning, so that it can be written down and done again. It is done in a
 * process of its own, whose memory is always in the same place: the arena, with nothing around it
 * that the device could hurt. Which code of the driver that reached tells the kernel (KCOV); what
 * reached new code is kept, and changed to make the next.
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
	ARG_DEVICE,   /* of those there are, mostly the first */
	ARG_PAGE,     /* of the arena */
	ARG_PAGES,    /* a number of them */
	ARG_ADDRESS,  /* mostly in the arena */
	ARG_START,    /* the same, mostly page aligned */
	ARG_SIZE,     /* bytes */
	ARG_LENGTH,   /* bytes or elements that a device gets done */
	ARG_SMALL,    /* 0 to 7 */
	ARG_CHOICE,   /* 0 to 31: of a list that is not longer */
	ARG_OP,	      /* of the device */
	ARG_COUNT,    /* of structures */
	ARG_NUMBER,   /* anything */
	ARG_NTH,      /* which allocation is to fail */
	ARG_FLAGS,    /* mostly 0 */
	ARG_PLACE,    /* where the structure is, see steps_file.c */
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

struct run; /* of run.h */

/* What is special about a kind of step. */
enum {
	OP_FAILS = 1, /* what it allocates may be made to fail */
	OP_ALONE = 2, /* never done aside */
	OP_DOWN = 4,  /* afterwards the device may be down */
	OP_NEW = 8,   /* or another one is in its place, which takes seconds */
};

struct op_kind {
	const char *name;
	unsigned int weight;
	unsigned int flags; /* OP_* */
	void (*perform)(struct run *run, const uint64_t *arg);
	int args[MOST_ARGS + 1]; /* enum arg_kind */
};

/* steps.c: what can be done. */
extern const struct op_kind op_kinds[];
extern const unsigned int op_kind_count;
unsigned int sequence_flags(const struct sequence *s); /* those of its steps */

/* execute.c: do it, in this process, which must be ready to end afterwards. Waits end by a timer.
 */
void execute(const struct sequence *s);
int execute_after_exec(int argc, char **argv);

/* machine.c: what of the machine a sequence may change, and how it is put back. */
bool machine_open(unsigned int *devices);
void machine_close(void);
/* After a sequence whose steps have these flags. NULL, or what is wrong. */
const char *machine_mend(unsigned int flags);
const char *machine_leftovers(void); /* of processes that are gone; NULL: nothing */

/* sequence.c */
uint64_t below(uint64_t *random, uint64_t n);
void sequence_make(struct sequence *s, uint64_t *random);
void sequence_change(struct sequence *s, const struct sequence *other, uint64_t *random);
/* "open 0 0; bind 0 0 0; ..." and back; false when it is no sequence. */
void sequence_write(const struct sequence *s, char text[MOST_TEXT]);
bool sequence_read(struct sequence *s, const char *text);

/* The points that a sequence reached, by their numbers. */
enum { MOST_POINTS = 8192 };
struct hits {
	uint64_t bit[MOST_POINTS / 64];
};

/* cover.c: false without KCOV in the kernel, or in the driver. */
enum { COVER_MAIN, COVER_ASIDE, COVER_CHILD = COVER_ASIDE + 4, COVER_AREAS = COVER_CHILD + 3 };
bool cover_open(void);
void cover_begin(void);		    /* before a sequence */
bool cover_task(unsigned int area); /* in a process or thread that does it: true when it is told */
void cover_take(void);		    /* now and then meanwhile: areas are not endless */
unsigned int cover_end(struct hits *hits); /* how many new points it reached */
unsigned int cover_points(void);
void cover_print(FILE *to); /* the points, and where the driver's code is */

/* profile.c: where the time goes, in memory that all processes share. */
void profile_open(void);
void profile_add(unsigned int kind, uint64_t ns); /* of op_kinds[], or one of these */
enum { PROFILE_FORK = 60, PROFILE_CLOSE, PROFILE_EXIT, PROFILE_MEND, PROFILE_COVER, PROFILE_COUNT };
void profile_print(FILE *to);

#endif
