// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c: see faults.h.
 */
#include "faults.h"
#include "dmmu_regs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which keys a kind has besides p, after and n. */
enum { KEY_CYCLES = 1, KEY_MS = 2, KEY_ON = 4, KEY_VECTOR = 8 };

static const struct {
	const char *name;
	unsigned int keys;
	uint64_t amount; /* cycles or ms, when not given */
	const char *help;
} kinds[FAULT_KINDS] = {
	[FAULT_LATENCY_SPIKE] = {"latency=spike", KEY_CYCLES | KEY_ON, 20000,
				 "an access takes so much longer, and those behind it wait"},
	[FAULT_ORDER_OVERTAKE] = {"order=overtake", KEY_CYCLES | KEY_ON, 500,
				  "an access takes longer, and those with other IDs overtake it"},
	[FAULT_STALL_BUS] = {"stall=bus", KEY_CYCLES | KEY_ON, 2000,
			     "a bus takes and gives nothing for so long"},
	[FAULT_INVALIDATE_DELAY] = {"invalidate=delay", KEY_CYCLES, 50000,
				    "an INVALIDATE command reaches the device late"},
	[FAULT_ACK_DELAY] = {"ack=delay", KEY_CYCLES, 50000,
			     "the status block that acknowledges an INVALIDATE is written late"},
	[FAULT_ANSWER_DELAY] = {"answer=delay", KEY_CYCLES, 50000,
				"a FAULT_ANSWER command reaches the device late"},
	[FAULT_RECORD_DELAY] = {"record=delay", KEY_CYCLES, 50000,
				"a fault record is written late"},
	[FAULT_COMPLETION_DELAY] = {"completion=delay", KEY_CYCLES, 50000,
				    "a completion record is written late"},
	[FAULT_ACK_LOSE] = {"ack=lose", 0, 0,
			    "the status block that acknowledges an INVALIDATE is never written"},
	[FAULT_AXI_SLVERR] = {"axi=slverr", KEY_ON, 0, "an access is answered with SLVERR"},
	[FAULT_AXI_DECERR] = {"axi=decerr", KEY_ON, 0, "an access is answered with DECERR"},
	[FAULT_DATA_POISON] = {"data=poison", KEY_ON, 0,
			       "one word of a read is garbage, marked with SLVERR"},
	[FAULT_DEVICE_STOP] = {"device=stop", KEY_CYCLES, 50000,
			       "both buses and the interrupts stand still for so long"},
	[FAULT_DEVICE_FLR] = {"device=flr", 0, 0, "a function-level reset that nobody asked for"},
	[FAULT_DEVICE_RESET] = {"device=reset", 0, 0,
				"a hard reset that nobody asked for, accesses in flight cut off"},
	[FAULT_LINK_LOSS] =
		{"link=loss", KEY_MS, 200,
		 "the link breaks, and comes back after so many ms with a reset device"},
	[FAULT_IRQ_LOSE] = {"irq=lose", KEY_VECTOR, 0, "an interrupt is never sent"},
	[FAULT_IRQ_DUPLICATE] = {"irq=duplicate", KEY_VECTOR, 0, "an interrupt is sent twice"},
	[FAULT_IRQ_LATE] = {"irq=late", KEY_CYCLES | KEY_VECTOR, 50000,
			    "an interrupt is sent so much later"},
	[FAULT_MMIO_TIMEOUT] = {"mmio=timeout", 0, 0, "a read of a BAR gets no completion at all"},
	[FAULT_MMIO_ONES] = {"mmio=ones", 0, 0, "a read of a BAR gets all-ones"},
};

static const struct {
	const char *name;
	unsigned int mask;
} classes[] = {
	{"host", TRAFFIC_HOST_DATA | TRAFFIC_HOST_TABLE | TRAFFIC_HOST_RING},
	{"local", TRAFFIC_LOCAL_DATA | TRAFFIC_LOCAL_TABLE},
	{"data", TRAFFIC_HOST_DATA | TRAFFIC_LOCAL_DATA},
	{"table", TRAFFIC_HOST_TABLE | TRAFFIC_LOCAL_TABLE},
	{"ring", TRAFFIC_HOST_RING},
	{"all", TRAFFIC_ALL},
};

static const char *const vectors[DMMU_IRQ_COUNT] = {
	[DMMU_IRQ_CTL] = "ctl", [DMMU_IRQ_CPL] = "cpl",
	[DMMU_IRQ_FLT] = "flt", [DMMU_IRQ_ERROR] = "error",
#ifdef DMMU_IRQ_CPY
	[DMMU_IRQ_CPY] = "cpy",
#endif
};

const char *faults_name(enum fault_kind kind)
{
	return kinds[kind].name;
}

bool faults_any(const struct faults *faults)
{
	for (unsigned int i = 0; i < FAULT_KINDS; i++)
		if (faults->happened[i])
			return true;
	return false;
}

void faults_help(FILE *to)
{
	fputs("A SPEC is a list of clauses, separated by commas; a clause is KIND[:KEY=VALUE]...\n"
	      "  p=F        how likely, of each event that it can befall (default 1)\n"
	      "  after=N    the first N of them are spared\n"
	      "  n=N        at most N times\n"
	      "  cycles=N, ms=N   how long\n"
	      "  on=host|local|data|table|ring|all   which accesses (default all)\n"
	      "  vector=ctl|cpl|flt|error|all        which interrupts (default all)\n"
	      "kinds:\n",
	      to);
	for (unsigned int i = 0; i < FAULT_KINDS; i++) {
		char keys[64];
		unsigned int k = kinds[i].keys;

		snprintf(keys, sizeof(keys), "%s%s%s%s", k & KEY_CYCLES ? " cycles" : "",
			 k & KEY_MS ? " ms" : "", k & KEY_ON ? " on" : "",
			 k & KEY_VECTOR ? " vector" : "");
		fprintf(to, "  %-17s %s%s%s\n", kinds[i].name, kinds[i].help, *keys ? ";" : "",
			keys);
	}
}

__attribute__((format(printf, 3, 4))) static bool wrong(char *error, size_t size,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return false;
}

static bool take_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool take_key(struct fault_clause *clause, const char *key, const char *value, char *error,
		     size_t size)
{
	const char *name = kinds[clause->kind].name;
	unsigned int keys = kinds[clause->kind].keys;
	uint64_t number = 0;

	if (!strcmp(key, "p")) {
		char *end;
		double p = strtod(value, &end);

		if (end == value || *end || !(p >= 0 && p <= 1))
			return wrong(error, size, "%s: p=%s is no number from 0 to 1", name, value);
		clause->chance = (uint64_t)(p * 4294967296.0);
		return true;
	}
	if (!strcmp(key, "on") && keys & KEY_ON) {
		for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
			if (!strcmp(value, classes[i].name))
				return (clause->classes = classes[i].mask) != 0;
		return wrong(error, size, "%s: on=%s is not host, local, data, table, ring or all",
			     name, value);
	}
	if (!strcmp(key, "vector") && keys & KEY_VECTOR) {
		if (!strcmp(value, "all"))
			return (clause->vectors = ~0u) != 0;
		for (unsigned int i = 0; i < DMMU_IRQ_COUNT; i++)
			if (vectors[i] && !strcmp(value, vectors[i]))
				return (clause->vectors = 1u << i) != 0;
		return wrong(error, size, "%s: there is no interrupt vector=%s", name, value);
	}
	if (strcmp(key, "after") && strcmp(key, "n") &&
	    !(keys & KEY_CYCLES && !strcmp(key, "cycles")) &&
	    !(keys & KEY_MS && !strcmp(key, "ms")))
		return wrong(error, size, "%s has no key '%s'", name, key);
	if (!take_number(value, &number) || number > 1000000000000ull)
		return wrong(error, size, "%s: %s=%s is no number in range", name, key, value);
	if (!strcmp(key, "after"))
		clause->after = number;
	else if (!strcmp(key, "n"))
		clause->times = number;
	else if (!strcmp(key, "cycles"))
		clause->cycles = number;
	else
		clause->ms = number;
	return true;
}

static bool take_clause(struct fault_clause *clause, char *text, char *error, size_t size)
{
	char *rest = text, *name = strsep(&rest, ":"), *key;
	unsigned int kind = 0;

	while (kind < FAULT_KINDS && strcmp(name, kinds[kind].name))
		kind++;
	if (kind == FAULT_KINDS)
		return wrong(error, size, "there is no kind '%s' (see --faults help)", name);
	*clause = (struct fault_clause){
		.kind = (enum fault_kind)kind,
		.chance = 1ull << 32,
		.cycles = kinds[kind].amount,
		.ms = kinds[kind].amount,
		.times = UINT64_MAX,
		.classes = TRAFFIC_ALL,
		.vectors = ~0u,
	};
	while ((key = strsep(&rest, ":"))) {
		char *value = strchr(key, '=');

		if (!value)
			return wrong(error, size, "%s: '%s' is no KEY=VALUE", name, key);
		*value++ = 0;
		if (!take_key(clause, key, value, error, size))
			return false;
	}
	return true;
}

bool faults_set(struct faults *faults, const char *spec, uint64_t seed, char *error, size_t size)
{
	struct fault_clause made[FAULTS_CLAUSES];
	unsigned int count = 0;
	char copy[2048], *rest = copy, *text;

	if (snprintf(copy, sizeof(copy), "%s", strcmp(spec, "none") ? spec : "") >=
	    (int)sizeof(copy))
		return wrong(error, size, "too long");
	while (*copy && (text = strsep(&rest, ","))) {
		if (count == FAULTS_CLAUSES)
			return wrong(error, size, "more than %d clauses", FAULTS_CLAUSES);
		if (!take_clause(&made[count], text, error, size))
			return false;
		made[count].prng = dmmu_prng(seed, 0x1000 + made[count].kind * 64u + count);
		count++;
	}
	memcpy(faults->clause, made, count * sizeof(*made));
	faults->clauses = count;
	return true;
}

static bool befalls(struct faults *faults, struct fault_clause *clause)
{
	uint64_t draw = dmmu_rand(&clause->prng) >> 32;

	if (clause->events++ < clause->after || clause->happened >= clause->times ||
	    draw >= clause->chance)
		return false;
	clause->happened++;
	faults->happened[clause->kind]++;
	return true;
}

/* Can this clause befall an access at all? */
static bool applies(const struct fault_clause *clause, enum traffic_class class,
		    unsigned int points, bool write)
{
	switch (clause->kind) {
	case FAULT_INVALIDATE_DELAY:
	case FAULT_ACK_DELAY:
	case FAULT_ANSWER_DELAY:
	case FAULT_RECORD_DELAY:
	case FAULT_COMPLETION_DELAY:
		return points >> (clause->kind - FAULT_INVALIDATE_DELAY) & 1;
	case FAULT_ACK_LOSE:
		return points & POINT_ACK;
	case FAULT_DATA_POISON:
		return !write && clause->classes & class;
	case FAULT_DEVICE_STOP:
	case FAULT_DEVICE_FLR:
	case FAULT_DEVICE_RESET:
	case FAULT_LINK_LOSS:
		return class & (TRAFFIC_HOST_DATA | TRAFFIC_HOST_TABLE | TRAFFIC_HOST_RING);
	default:
		return clause->kind <= FAULT_AXI_DECERR && clause->classes & class;
	}
}

static void longest(uint64_t *value, uint64_t other)
{
	if (other > *value)
		*value = other;
}

enum fault_kind faults_access(struct faults *faults, enum traffic_class class, unsigned int points,
			      bool write, struct dmmu_mem_fate *fate,
			      const struct fault_clause **whose)
{
	enum fault_kind whole = FAULT_NONE;

	if (points & faults->held) {
		for (unsigned int i = 0; i < TRAFFIC_POINTS; i++)
			faults->held_count[i] += (points & faults->held) >> i & 1;
		fate->held = (uint8_t)(points & faults->held);
	}
	for (unsigned int i = 0; i < faults->clauses; i++) {
		struct fault_clause *clause = &faults->clause[i];

		if (!applies(clause, class, points, write) || !befalls(faults, clause))
			continue;
		switch (clause->kind) {
		case FAULT_LATENCY_SPIKE:
			longest(&fate->delay, clause->cycles);
			break;
		case FAULT_STALL_BUS:
			longest(&fate->freeze, clause->cycles);
			break;
		case FAULT_ORDER_OVERTAKE:
		case FAULT_INVALIDATE_DELAY:
		case FAULT_ACK_DELAY:
		case FAULT_ANSWER_DELAY:
		case FAULT_RECORD_DELAY:
		case FAULT_COMPLETION_DELAY:
			longest(&fate->delay, clause->cycles);
			fate->passable = true;
			break;
		case FAULT_ACK_LOSE:
			fate->lose = true;
			break;
		case FAULT_AXI_SLVERR:
			fate->resp = 2;
			break;
		case FAULT_AXI_DECERR:
			fate->resp = 3;
			break;
		case FAULT_DATA_POISON:
			fate->poison = true;
			fate->poisoned = (uint8_t)dmmu_rand(&clause->prng);
			break;
		default:
			whole = clause->kind;
			*whose = clause;
		}
	}
	return whole;
}

enum fault_kind faults_irq(struct faults *faults, unsigned int vector, uint64_t *cycles)
{
	enum fault_kind kind = FAULT_NONE;

	for (unsigned int i = 0; i < faults->clauses; i++) {
		struct fault_clause *clause = &faults->clause[i];

		if (clause->kind < FAULT_IRQ_LOSE || clause->kind > FAULT_IRQ_LATE ||
		    !(clause->vectors >> vector & 1) || !befalls(faults, clause))
			continue;
		kind = clause->kind;
		*cycles = clause->cycles;
	}
	return kind;
}

enum fault_kind faults_mmio(struct faults *faults)
{
	enum fault_kind kind = FAULT_NONE;

	for (unsigned int i = 0; i < faults->clauses; i++) {
		struct fault_clause *clause = &faults->clause[i];

		if (clause->kind >= FAULT_MMIO_TIMEOUT && befalls(faults, clause))
			kind = clause->kind;
	}
	return kind;
}
