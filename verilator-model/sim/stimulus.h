/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stimulus.h: a log of all that went into the device's pins, cycle by cycle, so that a run can be
 * had again exactly, without the host that made it; with a hash of all that came out, every so many
 * cycles, to see that it is the same again. What the host said (link messages) and what went wrong
 * on purpose is in it, too, as remarks for people.
 *
 * The file is a gzip stream: a header of text ("name value" lines, ended by an empty one), then
 * records. docs/adversity.md describes it. A log whose writer was killed can be read up to there.
 */
#ifndef DMMU_STIMULUS_H
#define DMMU_STIMULUS_H

#include "dmmu_sim.h"

#include <stddef.h>

/* Writing. */
struct stimulus_log;
struct stimulus_config {
	uint64_t local_bytes;
	bool local_coherent;
	unsigned int hash_every; /* cycles; 0: 64 */
	uint64_t limit;		 /* bytes of the file after which recording stops; 0: none */
	const char *command;	 /* how the recorded program was started */
};

/* NULL and errno. */
struct stimulus_log *stimulus_open(const char *path, const struct stimulus_config *config);
/* Before the cycle: its inputs. After it: its outputs. */
void stimulus_in(struct stimulus_log *log, const struct dmmu_pins_in *in);
void stimulus_out(struct stimulus_log *log, const struct dmmu_pins_out *out);
/* Something happened between two cycles. kind: a letter; bytes are any, at most 255. */
void stimulus_remark(struct stimulus_log *log, char kind, const void *bytes, size_t length);
void stimulus_flush(struct stimulus_log *log);
/* False when anything could not be written. NULL is fine. Bytes of the file in *bytes, or NULL. */
bool stimulus_close(struct stimulus_log *log, uint64_t *bytes);

#define STIMULUS_MESSAGE 'm' /* a struct dmmu_msg from the host */
#define STIMULUS_ANSWER	 'a' /* ... to the host */
#define STIMULUS_FAULT	 'f' /* text: what misbehaviour came */
#define STIMULUS_LIMIT	 'l' /* the limit was reached, the rest is missing */
#define STIMULUS_CLOCK	 'c' /* uint64_t: the host's monotonic clock, ns */

/* Reading. */
struct stimulus;
enum stimulus_what {
	STIMULUS_CYCLE,	 /* `in` of the next cycle */
	STIMULUS_HASH,	 /* `hash` of the outputs of all cycles so far must be this */
	STIMULUS_REMARK, /* `remark` */
	STIMULUS_END,	 /* the log ends, in order */
	STIMULUS_CUT,	 /* the log ends in the middle, its writer did not close it */
	STIMULUS_BAD,	 /* this is no log, or it is damaged; see stimulus_error() */
};
struct stimulus_record {
	struct dmmu_pins_in in;
	uint32_t hash;
	struct {
		char kind;
		size_t length;
		unsigned char bytes[256];
	} remark;
};

struct stimulus *stimulus_read_open(const char *path); /* NULL and errno */
/* Value of a line of the header, or NULL; valid until the next call. */
const char *stimulus_header(const struct stimulus *log, const char *name);
enum stimulus_what stimulus_next(struct stimulus *log, struct stimulus_record *record);
const char *stimulus_error(const struct stimulus *log); /* NULL when all is well */
void stimulus_read_close(struct stimulus *log);

/* The hash of outputs, chained over the cycles; begins with 0. */
uint64_t stimulus_hash(uint64_t hash, const struct dmmu_pins_out *out);
static inline uint32_t stimulus_hash_short(uint64_t hash)
{
	return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

#endif /* DMMU_STIMULUS_H */
