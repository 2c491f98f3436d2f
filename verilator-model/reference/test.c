// SPDX-License-Identifier: GPL-2.0
/*
 * test.c: the golden model against hand-made cases, so that the judge is judged. Each case is a
 * function with its expected values written out; the first wrong one ends the program with
 * status 1.
 */
#include "gold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V    DMMU_PTE_V
#define LEAF (DMMU_PTE_V | DMMU_PTE_LEAF)
#define RW   (DMMU_PTE_R | DMMU_PTE_W)

#define EXPECT(found, expected)                                                             \
	do {                                                                                \
		unsigned long long f = (found), e = (expected);                             \
		if (f != e) {                                                               \
			fprintf(stderr, "%s:%d: %s is 0x%llx, expected 0x%llx\n", __FILE__, \
				__LINE__, #found, f, e);                                    \
			exit(1);                                                            \
		}                                                                           \
	} while (0)

/* 16 pages of local memory: tables in 0 to 3 (level 3 to 0), data behind. */
static uint64_t memory[16 * 512];

static bool read_entry(void *opaque, uint64_t at, uint64_t *entry)
{
	(void)opaque;
	if (at >= sizeof(memory))
		return false;
	*entry = memory[at / 8];
	return true;
}

static struct gold_walk walk(uint64_t va, unsigned int access)
{
	return gold_walk(4, 0, va, access, read_entry, NULL);
}

/* VA 0x0000_0080_4020_3000: index 1 in every table, 3 in the last */
#define VA ((1ull << 39) | (1ull << 30) | (1ull << 21) | (3ull << 12))

static void tables(uint64_t leaf)
{
	memset(memory, 0, sizeof(memory));
	memory[0 * 512 + 1] = 1 << 12 | V;
	memory[1 * 512 + 1] = 2 << 12 | V;
	memory[2 * 512 + 1] = 3 << 12 | V;
	memory[3 * 512 + 3] = leaf;
}

static void small_page(void)
{
	struct gold_walk w;

	tables(LEAF | RW | DMMU_PTE_LOCAL | 5 << 12);
	w = walk(VA + 0x128, DMMU_ACCESS_READ);
	EXPECT(w.ok, 1);
	EXPECT(w.local, 1);
	EXPECT(w.pa, 0x5128);
	EXPECT(w.entry_at, 3 * 4096 + 24);
	EXPECT(w.entry, LEAF | RW | DMMU_PTE_LOCAL | DMMU_PTE_A | 5 << 12);
	w = walk(VA, DMMU_ACCESS_WRITE);
	EXPECT(w.entry, LEAF | RW | DMMU_PTE_LOCAL | DMMU_PTE_A | DMMU_PTE_D | 5 << 12);
	w = walk(VA + 4096, DMMU_ACCESS_READ);
	EXPECT(w.ok, 0);
	EXPECT(w.cause, DMMU_CAUSE_NOT_PRESENT);
	EXPECT(w.level, 0);
}

static void huge_page(void)
{
	struct gold_walk w;

	tables(0);
	memory[2 * 512 + 1] = LEAF | DMMU_PTE_R | 0x40000000;
	w = walk(VA + 0x128, DMMU_ACCESS_READ);
	EXPECT(w.ok, 1);
	EXPECT(w.local, 0);
	EXPECT(w.pa, 0x40003128);
	memory[2 * 512 + 1] |= 1 << 12;
	w = walk(VA, DMMU_ACCESS_READ);
	EXPECT(w.cause, DMMU_CAUSE_BAD_PTE);
	EXPECT(w.level, 1);
	memory[1 * 512 + 1] = LEAF | DMMU_PTE_R;
	w = walk(VA, DMMU_ACCESS_READ);
	EXPECT(w.cause, DMMU_CAUSE_BAD_PTE);
	EXPECT(w.level, 2);
}

static void permissions(void)
{
	/* by R, W, AT: which accesses are permitted, bit 0 read, 1 write, 2 atomic */
	static const unsigned int allowed[8] = {0, 1, 2, 3, 0, 1, 2, 7};

	for (unsigned int bits = 0; bits < 8; bits++) {
		tables(LEAF | (uint64_t)bits << DMMU_PTE_R_SHIFT | 5 << 12);
		for (unsigned int access = 0; access < 3; access++) {
			struct gold_walk w = walk(VA, access);

			EXPECT(w.ok, allowed[bits] >> access & 1);
			if (!w.ok)
				EXPECT(w.cause, DMMU_CAUSE_PERMISSION);
		}
	}
}

static void malformed(void)
{
	/* any one of these bits spoils a leaf, and any but ADDR a pointer */
	for (unsigned int bit = 1; bit < 64; bit++) {
		bool reserved = (bit >= 8 && bit <= 11) || bit >= 52;
		struct gold_walk w;

		tables(LEAF | RW | 5 << 12);
		memory[3 * 512 + 3] |= 1ull << bit;
		w = walk(VA, DMMU_ACCESS_READ);
		EXPECT(w.ok, !reserved);
		if (reserved)
			EXPECT(w.cause, DMMU_CAUSE_BAD_PTE);

		if (bit >= 12 && bit < 52)
			continue;
		tables(LEAF | RW | 5 << 12);
		memory[1 * 512 + 1] |= 1ull << bit;
		w = walk(VA, DMMU_ACCESS_READ);
		EXPECT(w.ok, 0);
		EXPECT(w.cause, DMMU_CAUSE_BAD_PTE);
		EXPECT(w.level, 2);
	}
	tables(5 << 12 | V); /* a pointer where a leaf must be */
	EXPECT(walk(VA, DMMU_ACCESS_READ).cause, DMMU_CAUSE_BAD_PTE);
	tables(~V); /* not valid: nothing else counts */
	EXPECT(walk(VA, DMMU_ACCESS_READ).cause, DMMU_CAUSE_NOT_PRESENT);
}

static void outside(void)
{
	struct gold_walk w;

	tables(LEAF | RW | 5 << 12);
	EXPECT(walk(VA | 1ull << 48, DMMU_ACCESS_READ).cause, DMMU_CAUSE_NONCANONICAL);
	EXPECT(walk(VA | 1ull << 63, DMMU_ACCESS_READ).cause, DMMU_CAUSE_NONCANONICAL);
	memory[1 * 512 + 1] = 1 << 20 | V;
	w = walk(VA, DMMU_ACCESS_READ);
	EXPECT(w.cause, DMMU_CAUSE_BUS);
	EXPECT(w.level, 1);
}

/* For operations: a flat address space; [HOLE, HOLE + 4096) faults, [DARK, ...) gives bus errors.
 */
#define HOLE 0x8000
#define DARK 0xc000

static void *flat(void *opaque, uint64_t va, unsigned int access, unsigned int *status,
		  unsigned int *cause)
{
	(void)opaque;
	(void)access;
	if (va / 4096 == HOLE / 4096) {
		*status = DMMU_STATUS_FAULT;
		*cause = DMMU_CAUSE_NOT_PRESENT;
		return NULL;
	}
	if (va / 4096 == DARK / 4096) {
		*status = DMMU_STATUS_BUS;
		*cause = DMMU_CAUSE_BUS;
		return NULL;
	}
	return (uint8_t *)memory + va;
}

static struct gold_result run(struct dmmu_work work)
{
	return gold_run(&work, flat, NULL);
}

static void numbers(void)
{
	for (unsigned int i = 0; i < sizeof(memory) / 8; i++)
		memory[i] = i;
}

static void operations(void)
{
	struct gold_result r;

	numbers();
	r = run((struct dmmu_work){.op = DMMU_OP_COPY, .src = 0x100, .dst = 0x1000, .len = 24});
	EXPECT(r.status, DMMU_STATUS_OK);
	EXPECT(r.done, 24);
	EXPECT(memory[0x1000 / 8 + 2], 0x100 / 8 + 2);
	EXPECT(memory[0x1000 / 8 + 3], 0x1000 / 8 + 3);
	run((struct dmmu_work){.op = DMMU_OP_FILL, .dst = 0x1000, .len = 16, .arg = 7});
	EXPECT(memory[0x1000 / 8 + 1], 7);
	EXPECT(memory[0x1000 / 8 + 2], 0x100 / 8 + 2);
	numbers();
	r = run((struct dmmu_work){
		.op = DMMU_OP_VADD, .src = 8, .src2 = 0x80, .dst = 0x2000, .len = 2});
	EXPECT(r.done, 2);
	EXPECT(memory[0x2000 / 8 + 1], 2 + 17);
	r = run((struct dmmu_work){.op = DMMU_OP_REDUCE, .src = 0x50, .len = 3});
	EXPECT(r.result, 10 + 11 + 12);
	r = run((struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = 0x50, .arg = 5, .len = 3});
	EXPECT(r.result, 20);
	EXPECT(r.done, 3);
	EXPECT(memory[10], 25);
	r = run((struct dmmu_work){.op = DMMU_OP_ATOMIC_ADD, .dst = 0x50, .arg = 5});
	EXPECT(r.done, 1);
	r = run((struct dmmu_work){.op = DMMU_OP_ATOMIC_CAS, .dst = 0x50, .arg = 31, .arg2 = 1});
	EXPECT(r.result, 30);
	EXPECT(memory[10], 30);
	run((struct dmmu_work){.op = DMMU_OP_ATOMIC_CAS, .dst = 0x50, .arg = 30, .arg2 = 1});
	EXPECT(memory[10], 1);
}

static void bytes(void)
{
	uint8_t *at = (uint8_t *)memory;
	struct gold_result r;

	numbers();
	r = run((struct dmmu_work){.op = DMMU_OP_COPY, .src = 0x101, .dst = 0x1006, .len = 21});
	EXPECT(r.status, DMMU_STATUS_OK);
	EXPECT(r.done, 21);
	EXPECT(at[0x1005], 0);
	EXPECT(at[0x1006], 0); /* the second byte of the word 0x20 */
	EXPECT(at[0x1006 + 7], 0x21);
	EXPECT(at[0x1006 + 15], 0x22);
	EXPECT(at[0x1006 + 20], 0);
	EXPECT(memory[0x1020 / 8], 0x1020 / 8);
	r = run((struct dmmu_work){
		.op = DMMU_OP_FILL, .dst = 0x1003, .len = 10, .arg = 0x8877665544332211});
	EXPECT(r.done, 10);
	for (unsigned int i = 0; i < 10; i++)
		EXPECT(at[0x1003 + i], 0x11 * (1 + i % 8));
	EXPECT(at[0x100d], 0x21);
	r = run((struct dmmu_work){.op = DMMU_OP_COPY, .src = 0x1001, .dst = HOLE - 3, .len = 64});
	EXPECT(r.status, DMMU_STATUS_FAULT);
	EXPECT(r.va, HOLE);
	EXPECT(r.done, 3);
	r = run((struct dmmu_work){.op = DMMU_OP_FILL, .dst = DARK - 5, .len = 64});
	EXPECT(r.status, DMMU_STATUS_BUS);
	EXPECT(r.cause, DMMU_CAUSE_BUS);
	EXPECT(r.va, DARK);
	EXPECT(r.done, 5);
}

static void chase(void)
{
	struct gold_result r;

	numbers();
	/* nodes at 0x1000, 0x3000, 0x2000: next at +16, value at +8 */
	memory[0x1010 / 8] = 0x3000;
	memory[0x3010 / 8] = 0x2000;
	memory[0x2010 / 8] = 0;
	r = run((struct dmmu_work){.op = DMMU_OP_CHASE, .src = 0x1000, .arg = 16, .arg2 = 8});
	EXPECT(r.done, 3);
	EXPECT(r.result, 0x201 + 0x601 + 0x401);
	r = run((struct dmmu_work){
		.op = DMMU_OP_CHASE, .src = 0x1000, .arg = 16, .arg2 = 8, .len = 2});
	EXPECT(r.done, 2);
	r = run((struct dmmu_work){.op = DMMU_OP_CHASE, .src = 0, .arg = 16, .arg2 = 8});
	EXPECT(r.done, 0);
	memory[0x2010 / 8] = HOLE;
	r = run((struct dmmu_work){.op = DMMU_OP_CHASE, .src = 0x1000, .arg = 16, .arg2 = 8});
	EXPECT(r.status, DMMU_STATUS_FAULT);
	EXPECT(r.va, HOLE + 8);
	EXPECT(r.done, 3);
}

static void failing(void)
{
	struct gold_result r;

	numbers();
	r = run((struct dmmu_work){.op = DMMU_OP_COPY, .src = 0x1000, .dst = HOLE - 16, .len = 64});
	EXPECT(r.status, DMMU_STATUS_FAULT);
	EXPECT(r.access, DMMU_ACCESS_WRITE);
	EXPECT(r.va, HOLE);
	EXPECT(r.done, 16);
	r = run((struct dmmu_work){.op = DMMU_OP_VADD, .src = 0x1000, .src2 = DARK - 8, .len = 4});
	EXPECT(r.status, DMMU_STATUS_BUS);
	EXPECT(r.va, DARK);
	EXPECT(r.done, 1);
	EXPECT(r.access, 0);
}

static void descriptors(void)
{
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_COUNT}).status, DMMU_STATUS_BAD_DESC);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_NOP, .flags = 1}).status, DMMU_STATUS_BAD_DESC);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_NOP, .src = 1}).status, DMMU_STATUS_OK);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_VADD, .dst = 4}).status, DMMU_STATUS_BAD_DESC);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_REDUCE, .src = 4}).status,
	       DMMU_STATUS_BAD_DESC);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_FILL, .dst = 1, .src = 4}).status,
	       DMMU_STATUS_OK);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_CHASE, .arg = 4}).status, DMMU_STATUS_BAD_DESC);
	EXPECT(run((struct dmmu_work){.op = DMMU_OP_ATOMIC_CAS, .dst = 2}).status,
	       DMMU_STATUS_BAD_DESC);
}

static uint64_t *word(void *opaque, bool local, uint64_t addr, bool write)
{
	(void)opaque;
	(void)write;
	return local && addr < sizeof(memory) ? &memory[addr / 8] : NULL;
}

static void copies(void)
{
	struct dmmu_cpy cpy = {.opcode = DMMU_CPY_OP_COPY,
			       .flags = DMMU_CPY_F_SRC_LOCAL | DMMU_CPY_F_DST_LOCAL,
			       .size = 16,
			       .src = 0x1008,
			       .dst = 0x2000};
	struct dmmu_cpy fill = {.opcode = DMMU_CPY_OP_FILL,
				.flags = DMMU_CPY_F_DST_LOCAL,
				.size = 16,
				.dst = 0x2008,
				.value = 5};

	memset(memory, 0, sizeof(memory));
	memory[0x200] = 1;
	memory[0x201] = 2;
	memory[0x202] = 3;
	memory[0x203] = 4;
	EXPECT(gold_copy(&cpy, word, NULL), true);
	EXPECT(memory[0x400], 2);
	EXPECT(memory[0x401], 3);
	EXPECT(memory[0x402], 0);
	EXPECT(gold_copy(&fill, word, NULL), true);
	EXPECT(memory[0x400], 2);
	EXPECT(memory[0x401], 5);
	EXPECT(memory[0x402], 5);
	EXPECT(memory[0x403], 0);
	/* an error on either side */
	cpy.flags = DMMU_CPY_F_SRC_LOCAL;
	EXPECT(gold_copy(&cpy, word, NULL), false);
	cpy.flags = DMMU_CPY_F_DST_LOCAL;
	EXPECT(gold_copy(&cpy, word, NULL), false);
}

static void bad_copies(void)
{
	const struct dmmu_cpy copy = {.opcode = DMMU_CPY_OP_COPY, .size = 8};
	const struct dmmu_cpy fill = {.opcode = DMMU_CPY_OP_FILL, .size = 8, .value = 1};
	struct dmmu_cpy c;

#define BAD(base, change, verdict)                          \
	do {                                                \
		c = base;                                   \
		c.change;                                   \
		EXPECT(gold_bad_copy(&c, 0x1000), verdict); \
	} while (0)
	BAD(copy, size = 8, false);
	BAD(fill, size = 8, false);
	BAD(copy, flags = 0x1f, false);
	BAD(fill, flags = 0x17, false);
	BAD(copy, size = 0x200000, false);
	BAD(copy, src = ~7ull, false);
	BAD(copy, opcode = 0, true);
	BAD(copy, opcode = 3, true);
	BAD(copy, flags = 0x20, true);
	BAD(fill, flags = 0x08, true);
	BAD(copy, size = 0, true);
	BAD(copy, size = 12, true);
	BAD(copy, size = 0x200008, true);
	BAD(copy, src = 4, true);
	BAD(copy, dst = 1, true);
	BAD(copy, value = 1, true);
	BAD(fill, src = 8, true);
	BAD(copy, rsvd[5] = 1, true);
	BAD(copy, rsvd2[23] = 0x80, true);
	c = copy;
	c.dst = ~7ull;
	c.size = 16;
	EXPECT(gold_bad_copy(&c, 0x1000), true);
	c = copy;
	c.flags = DMMU_CPY_F_SRC_LOCAL;
	c.src = 0xff8;
	EXPECT(gold_bad_copy(&c, 0x1000), false);
	c.src = 0x1000;
	EXPECT(gold_bad_copy(&c, 0x1000), true);
	c.src = 0xff8;
	c.size = 16;
	EXPECT(gold_bad_copy(&c, 0x1000), true);
	c.src = 0;
	c.size = 0x1008;
	EXPECT(gold_bad_copy(&c, 0x1000), true);
}

static void age(void)
{
	const uint64_t a = LEAF | DMMU_PTE_A, d = LEAF | DMMU_PTE_D;
	uint64_t entry[10] = {
		a, d, a | d, LEAF, DMMU_PTE_A | DMMU_PTE_D, V | DMMU_PTE_A | DMMU_PTE_D,
		0, 0, a,     a};
	struct dmmu_age found;

	gold_age(entry, 9, false, &found);
	EXPECT(found.accessed[0], 0x05);
	EXPECT(found.accessed[1], 0x01);
	EXPECT(found.dirty[0], 0x06);
	EXPECT(found.dirty[1], 0);
	EXPECT(entry[2], a | d);
	gold_age(entry, 9, true, &found);
	EXPECT(found.accessed[0], 0x05);
	EXPECT(entry[0], LEAF);
	EXPECT(entry[2], d);
	EXPECT(entry[5], V | DMMU_PTE_A | DMMU_PTE_D);
	EXPECT(entry[8], LEAF);
	EXPECT(entry[9], a);
	gold_age(entry, 9, true, &found);
	EXPECT(found.accessed[0], 0);
	EXPECT(found.dirty[0], 0x06);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{"small_page", small_page},
		{"huge_page", huge_page},
		{"permissions", permissions},
		{"malformed", malformed},
		{"outside", outside},
		{"operations", operations},
		{"bytes", bytes},
		{"chase", chase},
		{"failing", failing},
		{"descriptors", descriptors},
		{"copies", copies},
		{"bad_copies", bad_copies},
		{"age", age},
	};
	unsigned int ran = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name))
			continue;
		cases[i].run();
		ran++;
	}
	if (!ran) {
		fprintf(stderr, "%s: no case named %s\n", argv[0], argv[1]);
		return 2;
	}
	printf("golden: %u cases ok\n", ran);
	return 0;
}
