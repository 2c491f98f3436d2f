/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scoreboard.h: the device against the golden model, without a kernel. One process plays driver and
 * judge: seeded random page tables, work of all kinds in several contexts, faults answered late and
 * out of order, pages invalidated and moved under running work, contexts killed, resets.
 *
 * How the result stays predictable. Each page has a truth (what its mapping may ever permit) and
 * golden content; its page-table entry may be anything not stronger than the truth, at any time. So
 * whatever faults happen on the way, each operation ends as the golden model says when it runs on
 * truth and golden content alone. Concurrent operations write to disjoint slots; what they share
 * they only read, or add to.
 *
 *   space.c    address spaces: pages, truth, physical pages, page tables and their history
 *   monitor.c  every bus access of the device against what is mapped at that moment (I1, I2, I5,
 * I7) host.c     the driver's part: mapping, invalidation, fault answers, kill and re-set work.c
 * random work, and completions against golden results main.c     options, the loop, quiesce checks,
 * reset
 */
#ifndef DMMU_SCOREBOARD_H
#define DMMU_SCOREBOARD_H

#include "bench.h"
#include "gold.h"

#include <stdbool.h>
#include <stdint.h>

#define PAGE	     4096ull
#define HUGE	     (2ull << 20)
#define TABLE_BYTES  (4ull << 20) /* start of local memory: page tables */
#define POOL_BYTES   (12ull << 20)
#define MEM_BYTES    (32ull << 20) /* of each memory: tables or rings, 4 KiB pool, 2 MiB chunks */
#define MAX_CTX	     4
#define MAX_REGIONS  5
#define MAX_SLOTS    20
#define MAX_ITEMS    64
#define MAX_THREADS  64
#define MAX_OP_PAGES 8
#define LISTS	     6
#define ARENA_BYTES  (512ull << 10) /* of each memory, for copies */
#define COPY_BYTES   (64ull << 10)  /* longest copy */
#define MAX_COPIES   64

enum { R = 1, W = 2, AT = 4 };

/* What one entry held when. Several values may overlap: a command in flight lands at some moment.
 */
struct history {
	unsigned int count; /* of v, the last being the newest */
	unsigned int pending;
	struct {
		uint64_t value, from, until;
	} v[8];
};

struct vpage {
	uint16_t ctx;
	uint8_t truth; /* R W AT */
	bool bus;      /* mapped to an address where no memory is */
	bool busy;     /* an invalidation of it is on its way */
	bool aged;     /* its A may have been cleared, and translations of before may be in use */
	uint32_t aged_by; /* by this control command */
	bool local;	  /* where it is now: memory and address */
	uint64_t va, bytes, pa;
	uint64_t pte_at; /* its entry, and what it holds but for A and D */
	uint64_t pte;
	uint8_t *gold; /* content; NULL when bus */
};

struct region {
	uint64_t va, bytes, step;
	struct vpage *page;
	unsigned int pages;
};

struct slot {
	uint64_t va, bytes; /* where one operation may write */
	uint64_t span;	    /* with the page behind, when that can be written to */
	bool guarded;	    /* a page of bad truth follows, else more memory does */
	bool busy;
};

enum ctx_state { CTX_LIVE, CTX_DYING, CTX_DEAD, CTX_SETTING };

struct context {
	enum ctx_state state;
	uint64_t root, other_root;
	struct region region[MAX_REGIONS];
	unsigned int regions;
	struct slot slot[MAX_SLOTS];
	unsigned int slots;
	struct region *read_only, *shared;
	uint64_t list_head[LISTS];
	unsigned int outstanding; /* items */
	unsigned int kills;
};

struct ppage {
	uint8_t perm; /* R W: what the device may do to it now */
	struct vpage *owner;
};

/* An operation in flight. */
struct item {
	bool live, may_be_killed, dead, shared;
	struct dmmu_work work;
	struct gold_result gold;
	struct context *ctx;
	struct slot *slot;
	uint32_t faults; /* at least so many: those whose record names it */
	uint8_t *old;	 /* the slot's golden content before */
};

struct pending_fault {
	bool live;
	bool retried; /* was answered RETRY for nothing before it is to fail */
	struct dmmu_flt flt;
	uint64_t due;
};

/*
 * What records and completions said of a hardware thread. A record names the work of one of its
 * threads only, and may be read before the completion of the thread's former work; so the faults of
 * records and completions are compared when all is quiet.
 */
struct thread_faults {
	uint64_t told, completed; /* faults, by records and by completions since the reset */
	unsigned int fails;
	struct dmmu_flt fail[4]; /* records whose answer was FAIL and whose completion is to come */
};

enum op_kind { OP_SPURIOUS, OP_UNMAP, OP_MOVE, OP_DOWNGRADE };

struct inval_op {
	bool live;
	enum op_kind kind;
	unsigned int pages;
	struct vpage *page[MAX_OP_PAGES];
};

enum cmd_kind { CMD_PTE, CMD_INVALIDATE, CMD_KILL, CMD_SET, CMD_AGE, CMD_OTHER };

/* A control command that is not acknowledged yet. */
struct cmd {
	enum cmd_kind kind;
	uint32_t index;
	uint64_t at; /* CMD_PTE: entries */
	unsigned int count;
	struct inval_op *op;
	struct context *ctx;
};

/* A copy descriptor that is asked for. */
struct copy_item {
	bool bad;   /* to be refused */
	bool fails; /* that, or it meets an error */
	struct dmmu_cpy cpy;
	uint64_t *expected; /* its destination, when it does not fail */
};

/* The PT_AGE under way, one at a time. */
struct age_item {
	bool live, clear;
	uint64_t at, host;
	unsigned int count;
	bool stable[512];     /* no write was under way when it was asked for ... */
	uint64_t before[512]; /* ... and this was there */
};

struct scoreboard {
	struct dmmu_bench *bench;
	struct dmmu_prng prng;
	unsigned int contexts;
	struct context ctx[MAX_CTX];
	struct ppage *page[2];	/* host, local */
	uint64_t *free_page[2]; /* addresses of free 4 KiB pages, a queue */
	unsigned int free_first[2], free_count[2];
	uint64_t free_huge[2][8];
	unsigned int free_huges[2];
	struct vpage *bus_page[MAX_CTX * MAX_SLOTS];
	unsigned int bus_pages;
	struct history **history; /* by table offset / 8 */
	uint64_t *proper;	  /* by table offset / 8: what a pointer entry should be */
	struct item item[MAX_ITEMS];
	struct pending_fault fault[MAX_THREADS]; /* by the thread whose record it is */
	struct thread_faults thread[MAX_THREADS];
	struct inval_op op[4];
	struct cmd *cmd; /* a queue */
	unsigned int cmd_first, cmd_count;
	uint64_t scratch; /* host memory for PT_WRITE, one page of entries per control slot */
	uint32_t serial;
	bool by_irq;
	bool may_stale, may_table_bus;
	uint64_t clock_offset; /* bench cycle minus device cycle counter */
	/* copies */
	uint64_t arena[2], *gold_arena[2]; /* host, local */
	struct copy_item copy[MAX_COPIES]; /* by ring index */
	uint32_t copy_head;		   /* descriptors complete */
	bool fenced;
	uint32_t fence; /* the last descriptor with FENCE */
	bool copy_irq_due;
	uint64_t copy_irqs; /* how many had come when that was asked for */
	uint64_t copy_progress;
	struct age_item age;
	uint64_t age_record;
	uint64_t last_progress;
	/* since the last reset */
	uint64_t completions, records, faulted, retries, fails, kill_answers, invalidations;
	bool killed;
	uint32_t copies_failed, copies_good, copy_errors;
	uint64_t copy_words;
	/* rates, in 1000 */
	uint32_t invalidate_rate, kill_rate, answer_delay, copy_rate, age_rate;
	/* totals, for the last line */
	uint64_t total_ops, total_faults, total_invals, total_moves, total_kills, total_resets;
	uint64_t total_copies, total_ages;
};

/* space.c */
void sb_space_init(struct scoreboard *sb);
struct vpage *sb_page(const struct context *ctx, uint64_t va);
void *sb_physical(const struct scoreboard *sb, const struct vpage *page);
bool sb_permitted(const struct vpage *page, unsigned int access);
void sb_grant(struct scoreboard *sb, struct vpage *page, uint8_t perm);
void sb_move(struct scoreboard *sb, struct vpage *page);
struct history *sb_history(struct scoreboard *sb, uint64_t at);
void sb_history_push(struct scoreboard *sb, uint64_t at, uint64_t value);
void sb_history_land(struct scoreboard *sb, uint64_t at);
uint64_t sb_leaf(struct scoreboard *sb, const struct vpage *page, uint8_t perm);
uint64_t sb_nonsense(struct scoreboard *sb, unsigned int level);
unsigned int sb_leaf_level(const struct vpage *page);
void sb_swap_root(struct scoreboard *sb, struct context *ctx);

/* monitor.c */
void sb_monitor_init(struct scoreboard *sb);
void sb_check_entry(struct scoreboard *sb, const struct vpage *page);
bool sb_fault_explained(struct scoreboard *sb, const struct dmmu_flt *flt);

/* host.c */
void sb_acknowledge(struct scoreboard *sb, bool forced);
void sb_take_fault(struct scoreboard *sb, const struct dmmu_flt *flt);
void sb_answer_faults(struct scoreboard *sb);
void sb_host_events(struct scoreboard *sb);
void sb_revive(struct scoreboard *sb);

/* work.c */
void sb_work_init(struct scoreboard *sb);
bool sb_submit(struct scoreboard *sb);
void sb_take_completion(struct scoreboard *sb, const struct dmmu_cpl *cpl);
void sb_forget_work(struct scoreboard *sb);
void sb_check_memory(struct scoreboard *sb);
struct item *sb_item(struct scoreboard *sb, uint64_t cookie);
unsigned int sb_outstanding(const struct scoreboard *sb);

/* copies.c */
void sb_copies_init(struct scoreboard *sb);
void sb_submit_copies(struct scoreboard *sb);
unsigned int sb_copies_outstanding(const struct scoreboard *sb);
bool sb_copies_want(struct scoreboard *sb, bool local, uint64_t addr, uint64_t len, bool write);
bool sb_in_arena(const struct scoreboard *sb, bool local, uint64_t addr);
void sb_copies_acknowledge(struct scoreboard *sb);
void sb_copies_check_progress(struct scoreboard *sb);
void sb_copies_check(struct scoreboard *sb);
void sb_copies_forget(struct scoreboard *sb);
void sb_age_begin(struct scoreboard *sb, struct dmmu_ctl *ctl);
void sb_age_end(struct scoreboard *sb);

static inline bool sb_chance(struct scoreboard *sb, uint32_t p)
{
	return dmmu_rand_chance(&sb->prng, p);
}

static inline uint32_t sb_below(struct scoreboard *sb, uint32_t n)
{
	return dmmu_rand_below(&sb->prng, n);
}

#endif /* DMMU_SCOREBOARD_H */
