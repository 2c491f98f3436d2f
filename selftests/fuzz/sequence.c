// SPDX-License-Identifier: GPL-2.0
/*
 * sequence.c: makes sequences up, changes them, writes them down and reads them.
 */
#include <stdlib.h>
#include <string.h>

#include "dmmu_test.h"
#include "fuzz.h"

uint64_t below(uint64_t *random, uint64_t n)
{
	return dmmu_random(random) % n;
}

static uint64_t pick(uint64_t *random, const uint64_t *of, unsigned int n)
{
	return of[below(random, n)];
}

#define PICK(random, ...)                             \
	pick(random, (const uint64_t[]){__VA_ARGS__}, \
	     sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* Half of what is done is done to the same few pages, so that things meet. */
static uint64_t any_page(uint64_t *random)
{
	return below(random, 2) ? below(random, 8) : below(random, ARENA_PAGES + 1);
}

static uint64_t any_address(uint64_t *random)
{
	uint64_t at = ARENA + any_page(random) * 4096;

	switch (below(random, 16)) {
	case 0:
		return PICK(random, 0, 8, 4096, 1ull << 47, (1ull << 47) - 4096, 1ull << 48,
			    0xffff888000000000, 0xffffffff81000000, ~0ull, ~0ull << 12);
	case 1:
		return at + below(random, 4096);
	case 2:
		return at - 8;
	default:
		return at + 8 * below(random, below(random, 2) ? 2 : 512);
	}
}

static uint64_t any_number(uint64_t *random)
{
	switch (below(random, 5)) {
	case 0:
		return PICK(random, 0, 1, 8, 4095, 4096, 4097, 1ull << 31, 1ull << 32, 1ull << 62,
			    1ull << 63, ~0ull);
	case 1:
		return any_address(random);
	case 2:
		return dmmu_random(random);
	default:
		return below(random, 64);
	}
}

static uint64_t any_arg(enum arg_kind kind, uint64_t *random)
{
	switch (kind) {
	case ARG_SLOT:
		return below(random, 3) ? 0 : below(random, SLOTS);
	case ARG_DEVICE:
		return !below(random, 3);
	case ARG_PAGE:
		return any_page(random) % ARENA_PAGES;
	case ARG_PAGES:
		return below(random, 64) ? PICK(random, 0, 1, 2, 4, 8, 15, 16, below(random, 64))
					 : below(random, ARENA_PAGES + 1);
	case ARG_ADDRESS:
		return any_address(random);
	case ARG_START:
		return below(random, 12) ? ARENA + any_page(random) * 4096 : any_number(random);
	case ARG_SIZE:
		return below(random, 8) ? 4096 * any_arg(ARG_PAGES, random) : any_number(random);
	case ARG_LENGTH:
		return below(random, 6) ? PICK(random, 1, 8, 64, 512, 4096, 16384)
					: any_number(random);
	case ARG_SMALL:
		return below(random, 2) ? below(random, 4) : below(random, 8);
	case ARG_CHOICE:
		return below(random, 32);
	case ARG_OP:
		return below(random, 16) ? below(random, 8) : any_number(random);
	case ARG_COUNT:
		return below(random, 6) ? 1 + below(random, 16)
					 : PICK(random, 0, 4096, 4097, ~0u, 1u << 31);
	case ARG_NUMBER:
		return any_number(random);
	case ARG_NTH: /* mostly one of the first */
		return below(random, PICK(random, 2, 4, 8, 32)) + 32 * below(random, 2);
	case ARG_FLAGS:
		return below(random, 10) ? 0 : below(random, 2) ? 1 : any_number(random);
	case ARG_PLACE:
		return below(random, 8) ? 0 : below(random, 6);
	case ARG_TIME:
		return PICK(random, 0, 1000, 1000000, 100000000, 1ull << 62, ~0ull);
	case ARG_END:
		break;
	}
	return 0;
}

static unsigned int arg_count(const struct op *op)
{
	unsigned int n = 0;

	while (op_kinds[op->kind].args[n] != ARG_END)
		n++;
	return n;
}

static void make_op(struct op *op, uint64_t *random)
{
	unsigned int total = 0, i;
	uint64_t at;

	memset(op, 0, sizeof(*op));
	for (i = 0; i < op_kind_count; i++)
		total += op_kinds[i].weight;
	at = below(random, total);
	for (i = 0; at >= op_kinds[i].weight; i++)
		at -= op_kinds[i].weight;
	op->kind = i;
	for (i = 0; i < arg_count(op); i++)
		op->arg[i] = any_arg(op_kinds[op->kind].args[i], random);
}

static void insert(struct sequence *s, unsigned int at, const struct op *op)
{
	if (s->n == MOST_OPS)
		return;
	memmove(&s->op[at + 1], &s->op[at], (s->n - at) * sizeof(*op));
	s->op[at] = *op;
	s->n++;
}

/* Mostly with a file that is bound, and memory that is there: little happens without. */
void sequence_make(struct sequence *s, uint64_t *random)
{
	static const char *const begins[] = {
		"open 0 0; bind 0 0 0",
		"open 0 0; bind 0 0 0; touch 0 10 1",
		"open 0 0; bind 0 1 0; touch 0 10 1",
		"open 0 1; bind 0 0 0; touch 0 10 1",
		"open 0 0; bind 0 0 0; open 1 1; bind 1 0 0; touch 0 10 1",
		"open 0 0; bind 0 0 0; migrate 0 10000000000 10000 1 0 0",
		"open 0 0; bind 0 0 0; map 0 f 1 7; hint 0 10000000000 10000 3 0 0",
		"open 0 0; bind 0 0 0; advise 0 3ff 4; touch 0 10 1",
		"user 1; open 0 0; bind 0 0 0; open 1 1; bind 1 1 0",
	};
	unsigned int n = 4 + below(random, 12);
	static struct sequence knob;

	memset(s, 0, sizeof(*s));
	if (below(random, 10))
		sequence_read(s, begins[below(random, sizeof(begins) / sizeof(begins[0]))]);
	/* The CPU copies faster than an emulated device. */
	if (below(random, 2) && sequence_read(&knob, "knob 3 1"))
		insert(s, 0, &knob.op[0]);
	while (s->n < n)
		make_op(&s->op[s->n++], random);
}

static void change_arg(struct op *op, uint64_t *random)
{
	unsigned int n = arg_count(op), i;

	if (!n)
		return;
	i = below(random, n);
	switch (below(random, 6)) {
	case 0:
		op->arg[i] ^= 1ull << below(random, 64);
		break;
	case 1:
		op->arg[i] += below(random, 2) ? 1 : -1;
		break;
	default:
		op->arg[i] = any_arg(op_kinds[op->kind].args[i], random);
	}
}

void sequence_change(struct sequence *s, const struct sequence *other, uint64_t *random)
{
	unsigned int times = 1 + below(random, 6);
	struct op op;

	while (times--) {
		unsigned int at = s->n ? below(random, s->n) : 0;

		switch (s->n ? below(random, 8) : 0) {
		case 0:
		case 1:
			make_op(&op, random);
			insert(s, below(random, s->n + 1), &op);
			break;
		case 2:
			memmove(&s->op[at], &s->op[at + 1], (--s->n - at) * sizeof(op));
			break;
		case 3:
			op = s->op[at];
			insert(s, below(random, s->n + 1), &op);
			break;
		case 4: /* go on as the other does */
			for (unsigned int i = other->n ? below(random, other->n) : 0; i < other->n;
			     i++)
				insert(s, s->n, &other->op[i]);
			break;
		default:
			change_arg(&s->op[at], random);
		}
	}
	/* What takes seconds is not done often. */
	for (unsigned int i = 0; i < s->n;)
		if (op_kinds[s->op[i].kind].flags & OP_NEW && below(random, 16))
			memmove(&s->op[i], &s->op[i + 1], (--s->n - i) * sizeof(op));
		else
			i++;
}

void sequence_write(const struct sequence *s, char text[MOST_TEXT])
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned int i = 0; i < s->n; i++) {
		const struct op *op = &s->op[i];

		n += (size_t)snprintf(text + n, MOST_TEXT - n, "%s%s", i ? "; " : "",
				      op_kinds[op->kind].name);
		for (unsigned int k = 0; k < arg_count(op); k++)
			n += (size_t)snprintf(text + n, MOST_TEXT - n, " %llx",
					      (unsigned long long)op->arg[k]);
	}
}

static bool read_op(struct op *op, char *text)
{
	char *rest, *word = strtok_r(text, " \t\r\n", &rest);
	unsigned int i;

	memset(op, 0, sizeof(*op));
	for (i = 0; word && i < op_kind_count; i++)
		if (!strcmp(op_kinds[i].name, word))
			break;
	if (!word || i == op_kind_count)
		return false;
	op->kind = i;
	for (i = 0; i < arg_count(op); i++) {
		char *end;

		word = strtok_r(NULL, " \t\r\n", &rest);
		if (!word)
			return false;
		op->arg[i] = strtoull(word, &end, 16);
		if (*end)
			return false;
	}
	return !strtok_r(NULL, " \t\r\n", &rest);
}

bool sequence_read(struct sequence *s, const char *text)
{
	char copy[MOST_TEXT], *rest, *op;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	memset(s, 0, sizeof(*s));
	for (op = strtok_r(copy, ";", &rest); op; op = strtok_r(NULL, ";", &rest)) {
		if (s->n == MOST_OPS || !read_op(&s->op[s->n], op))
			return false;
		s->n++;
	}
	return s->n;
}
