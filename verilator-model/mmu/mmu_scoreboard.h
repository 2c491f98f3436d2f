/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mmu_scoreboard.h: the MMU alone against the golden model: seeded random traffic at all its ports,
 * and a judge that remembers what every page-table entry held when.
 *
 * How an answer is judged. Each leaf that is ever written points to a page of its own, so an
 * address tells which version of which entry it came from. An OK is right when some chain of
 * entries leads to it that were in memory at a moment not before the last acknowledged invalidation
 * of that address began; a fault, when such a chain ends in an entry that was in memory since the
 * request.
 *
 *   mmu_tables.c      page tables, their history, which chains there are
 *   mmu_check.c       the judge: what the MMU does in each cycle against docs/client-port.md
 *   mmu_scoreboard.c  the players: options, clients, the host; phases; quiesce and totals
 */
#ifndef MMU_SCOREBOARD_H
#define MMU_SCOREBOARD_H

#include "gold.h"
#include "mmu_bench.h"

#define SB_CTX	   6 /* contexts in play */
#define SB_REGIONS 6
#define SB_PAGES   13 /* pages of a region that get entries */
#define SB_HISTORY 24
#define SB_GROUPS  256
#define SB_ORPHANS 256
#define SB_ROOTS   32
#define NEVER	   UINT64_MAX

/* A value that an entry holds or held; marks are the A and D that were set in it meanwhile. */
struct version {
	uint64_t value, marks, from, until;
};

/* An entry, and the addresses that it is for. */
struct word {
	unsigned int count; /* of v, the last being the newest */
	struct version v[SB_HISTORY];
	uint64_t error_at[4]; /* per response: last cycle in which a read or write of it failed */
	uint8_t ctx, level;
	uint8_t region;
	int16_t page; /* index in its region; -1: no single page */
};

struct region {
	uint64_t acknowledged[512]; /* per page: start of the last acknowledged invalidation */
	uint64_t acknowledged_any;  /* of any page of it: a 2 MiB page is one translation */
	uint32_t asking[2];	    /* requests that are not answered: all, and those that write */
	uint64_t asked[2];	    /* when there was one last */
	uint32_t page_asking[SB_PAGES][2];
	uint64_t page_asked[SB_PAGES][2];
	uint64_t table[2]; /* two last-level tables, one is linked */
};

struct context {
	bool used, live; /* live: may get translations */
	bool acked;	 /* dead, and the kill was acknowledged */
	uint64_t dead_from, dead_until;
	bool busy; /* a kill or set of it is queued: ask for nothing */
	uint64_t root[2];
	unsigned int root_now;
	struct version roots[SB_ROOTS]; /* value: a root */
	unsigned int root_count;
	uint64_t acknowledged_all;
	struct region region[SB_REGIONS];
};

/* A fault that was raised: why it may have been, a bit per (level, cause). */
struct fault {
	bool open, recorded;
	uint64_t cycle, why, cookie, va;
	uint8_t ctx, op;
	int group;
};

/* A record that waits for its answer. */
struct group {
	bool live;
	uint64_t threads, due, va, seen;
	uint32_t tag;
	uint8_t ctx, op, cause, level, leader;
};

struct client_model {
	struct fault fault;
	uint64_t retried;   /* cycle of the last RETRY of this request, or of its acceptance */
	bool lead;	    /* the fault so answered was told by its own record */
	unsigned int tries; /* faults of this request */
	bool failing;	    /* was answered FAIL ... */
	uint8_t cause;	    /* ... for this */
	uint64_t release_at;
	bool huge;		/* its translation may be a part of a 2 MiB page */
	uint64_t stall_changed; /* cycle */
	uint64_t waits_since;	/* bound: nothing of ours is awaited since */
	uint32_t faults;	/* since reset */
	uint32_t last_number;	/* of the last record it led */
	uint64_t last_va;	/* of its last request */
	bool asked_since_reset;
	bool led; /* its last record was its own */
};

struct rates { /* in 1000, or cycles */
	uint32_t ask, hold, change, invalidate, kill, answer_delay, error, malformed, noncanonical;
};

enum phase { PHASE_MIXED, PHASE_HOT, PHASE_STORM_ONE, PHASE_STORM_MANY, PHASE_STREAM, PHASES };

struct scoreboard {
	struct mmu_bench *b;
	struct dmmu_prng prng;
	unsigned int contexts, ctx_id[SB_CTX];
	struct context *ctx; /* by number */
	struct word **word;  /* by offset / 8 */
	uint64_t table_end;
	uint64_t next_frame;
	struct client_model client[MMU_THREADS];
	struct group group[SB_GROUPS];
	struct fault orphan[SB_ORPHANS];
	uint8_t orphan_thread[SB_ORPHANS];
	unsigned int orphans;
	unsigned int waiting_records; /* seen, slot not freed */
	uint64_t free_slot_at;
	struct rates rates;
	enum phase phase;
	uint64_t phase_until;
	unsigned int storm_ctx, storm_region, storm_page;
	bool quiet; /* no new requests, changes or kills */
	uint64_t cookie;
	uint64_t bound, slack;
	uint64_t invalidation; /* cycle of inv_start of the one under way, or 0 */
	uint64_t asked, ops;
	uint64_t cycle_kill_expected;
	/* expected totals since the last reset */
	uint64_t records, retries, fails, stale_answers, killed, detect_low, detect_high,
		replay_low, replay_high;
	uint64_t errors, replayed;
	/* cycles from records to their answers, to kills; answers */
	uint64_t answered, unanswered, answers;
	/* for the last line */
	uint64_t total_faults, total_records, total_invalidations, total_kills, total_changes;
	uint64_t total_merged, total_errors, total_resets;
};

static inline bool sb_chance(struct scoreboard *sb, uint32_t p)
{
	return dmmu_rand_chance(&sb->prng, p);
}

static inline uint32_t sb_below(struct scoreboard *sb, uint32_t n)
{
	return n ? dmmu_rand_below(&sb->prng, n) : 0;
}

/* mmu_tables.c */
extern const unsigned int sb_page_index[SB_PAGES];
uint64_t sb_region_va(const struct scoreboard *sb, unsigned int region);
int sb_region_of(const struct scoreboard *sb, uint64_t va); /* -1: none */
int sb_page_of(uint64_t va);				    /* index into sb_page_index, -1: none */
void sb_tables_init(struct scoreboard *sb);
struct word *sb_word(struct scoreboard *sb, uint64_t at);
uint64_t sb_value(struct scoreboard *sb, uint64_t at); /* without the marks set by the device */
/* Where the entry of a level is, following what is linked or what should be; 0: nowhere. */
uint64_t sb_entry_at(struct scoreboard *sb, unsigned int ctx, unsigned int region, uint64_t va,
		     unsigned int level);
/* Can one more version be remembered? */
bool sb_room(struct scoreboard *sb, uint64_t at);
void sb_write(struct scoreboard *sb, uint64_t at, uint64_t value);
uint64_t sb_leaf(struct scoreboard *sb, unsigned int level, bool generous);
uint64_t sb_malformed(struct scoreboard *sb, unsigned int level);
uint64_t sb_proper_pointer(struct scoreboard *sb, unsigned int ctx, unsigned int region,
			   unsigned int level);
void sb_stored(void *opaque, uint64_t addr, uint64_t value);
uint8_t sb_respond(void *opaque, uint64_t addr, bool write, uint64_t *garbage);
void sb_check_tables(struct scoreboard *sb);

struct sb_paths {
	/* asked for */
	unsigned int ctx, op;
	uint64_t va, since;  /* a chain's last entry counts, for a fault, when it was there since */
	uint64_t not_before; /* in place of the last acknowledged invalidation, when later */
	bool any_op;	     /* leaves count whatever they permit */
	uint64_t reach;	     /* look for a chain through this entry */
	/* found */
	uint64_t why; /* bit 8 * level + cause */
	bool reached;
	unsigned int leaves;
	struct {
		uint64_t pa, marks;
		bool local, huge;
	} leaf[64];
};
void sb_find_paths(struct scoreboard *sb, struct sb_paths *p);

/* mmu_check.c */
void sb_accepted(void *opaque, unsigned int thread);
void sb_answered(void *opaque, unsigned int thread);
void sb_record(void *opaque, const uint64_t *words);
void sb_pulse(void *opaque, struct mmu_command *command);
void sb_inv_started(void *opaque, struct mmu_command *command);
void sb_inv_ended(void *opaque, struct mmu_command *command);
void sb_command_ended(void *opaque, struct mmu_command *command);
void sb_cycle(struct scoreboard *sb);
void sb_check_totals(struct scoreboard *sb);
void sb_forget(struct scoreboard *sb); /* after a reset */
void sb_failing(void *opaque);

#endif /* MMU_SCOREBOARD_H */
