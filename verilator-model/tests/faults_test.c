// SPDX-License-Identifier: GPL-2.0
/*
 * faults_test.c: what --faults promises, without a device: the same seed decides the same, whatever
 * other clauses do; chances are as told; bounds hold; a wrong SPEC is refused with a reason and
 * changes nothing.
 */
#include "dmmu_regs.h"
#include "faults.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 100000

static struct faults faults;

#define CHECK(cond)                                                                         \
	do {                                                                                \
		if (!(cond)) {                                                              \
			fprintf(stderr, "faults_test.c:%d: not so: %s\n", __LINE__, #cond); \
			exit(1);                                                            \
		}                                                                           \
	} while (0)

static void set(const char *spec, uint64_t seed)
{
	char error[256];

	faults = (struct faults){0};
	if (!faults_set(&faults, spec, seed, error, sizeof(error))) {
		fprintf(stderr, "%s: %s\n", spec, error);
		exit(1);
	}
}

/* Which of EVENTS interrupts are lost, as a hash, and how many. */
static uint64_t lost(const char *spec, uint64_t seed, unsigned int *count)
{
	uint64_t hash = 1, cycles;

	set(spec, seed);
	*count = 0;
	for (unsigned int i = 0; i < EVENTS; i++) {
		bool lose = faults_irq(&faults, i % 4, &cycles) == FAULT_IRQ_LOSE;

		*count += lose;
		hash = hash * 31 + lose;
	}
	CHECK(faults.happened[FAULT_IRQ_LOSE] == *count);
	return hash;
}

static void same_seed_same_sequence(void)
{
	unsigned int a, b;

	CHECK(lost("irq=lose:p=0.01", 7, &a) == lost("irq=lose:p=0.01", 7, &b));
	CHECK(lost("irq=lose:p=0.01", 7, &a) != lost("irq=lose:p=0.01", 8, &b));
	/* other kinds draw from generators of their own */
	CHECK(lost("irq=lose:p=0.01", 7, &a) ==
	      lost("irq=lose:p=0.01,mmio=ones:p=0.5,irq=duplicate:p=0", 7, &b));
	CHECK(a == b);
}

static void chances_are_as_told(void)
{
	static const struct {
		const char *spec;
		unsigned int low, high;
	} cases[] = {
		{"irq=lose", EVENTS, EVENTS},
		{"irq=lose:p=0", 0, 0},
		{"irq=lose:p=0.5", EVENTS / 2 - 1000, EVENTS / 2 + 1000},
		{"irq=lose:p=0.001", 60, 150},
		{"irq=lose:vector=flt", EVENTS / 4, EVENTS / 4},
		{"irq=lose:n=3", 3, 3},
		{"irq=lose:after=99990", 10, 10},
		{"irq=lose:after=99990:n=4", 4, 4},
		{"none", 0, 0},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned int count;

		lost(cases[i].spec, 1, &count);
		if (count < cases[i].low || count > cases[i].high) {
			fprintf(stderr, "%s: %u\n", cases[i].spec, count);
			exit(1);
		}
	}
}

static struct dmmu_mem_fate fate_of(enum traffic_class class, unsigned int points, bool write)
{
	struct dmmu_mem_fate fate = {0};
	const struct fault_clause *clause;

	faults_access(&faults, class, points, write, &fate, &clause);
	return fate;
}

/* Each kind befalls what it names and nothing else. */
static void each_where_it_belongs(void)
{
	const struct fault_clause *clause = NULL;
	struct dmmu_mem_fate fate = {0};

	set("axi=slverr:on=table", 1);
	CHECK(!fate_of(TRAFFIC_HOST_DATA, 0, false).resp);
	CHECK(!fate_of(TRAFFIC_HOST_RING, 0, true).resp);
	CHECK(fate_of(TRAFFIC_HOST_TABLE, 0, false).resp == 2);
	CHECK(fate_of(TRAFFIC_LOCAL_TABLE, 0, true).resp == 2);
	set("axi=decerr:on=host", 1);
	CHECK(fate_of(TRAFFIC_HOST_DATA, 0, false).resp == 3);
	CHECK(!fate_of(TRAFFIC_LOCAL_DATA, 0, false).resp);
	set("data=poison", 1);
	CHECK(!fate_of(TRAFFIC_HOST_DATA, 0, true).poison);
	CHECK(fate_of(TRAFFIC_HOST_DATA, 0, false).poison);
	set("ack=delay:cycles=5,answer=delay:cycles=6", 1);
	CHECK(!fate_of(TRAFFIC_HOST_RING, POINT_RECORD | POINT_INVALIDATE, true).delay);
	CHECK(fate_of(TRAFFIC_HOST_RING, POINT_ACK, true).delay == 5);
	CHECK(fate_of(TRAFFIC_HOST_RING, POINT_ANSWER, false).delay == 6);
	CHECK(fate_of(TRAFFIC_HOST_RING, POINT_ANSWER, false).passable);
	set("latency=spike:cycles=9", 1);
	CHECK(fate_of(TRAFFIC_LOCAL_DATA, 0, false).delay == 9);
	CHECK(!fate_of(TRAFFIC_LOCAL_DATA, 0, false).passable);
	set("ack=lose,stall=bus:cycles=3:on=ring", 1);
	fate = fate_of(TRAFFIC_HOST_RING, POINT_ACK, true);
	CHECK(fate.lose && fate.freeze == 3);
	set("link=loss:ms=77:after=1", 1);
	CHECK(faults_access(&faults, TRAFFIC_LOCAL_DATA, 0, true, &fate, &clause) == FAULT_NONE);
	CHECK(faults_access(&faults, TRAFFIC_HOST_DATA, 0, true, &fate, &clause) == FAULT_NONE);
	CHECK(faults_access(&faults, TRAFFIC_HOST_DATA, 0, true, &fate, &clause) ==
	      FAULT_LINK_LOSS);
	CHECK(clause->ms == 77);
	set("none", 1);
	faults.held = POINT_RECORD;
	CHECK(fate_of(TRAFFIC_HOST_RING, POINT_RECORD, true).held == POINT_RECORD);
	CHECK(!fate_of(TRAFFIC_HOST_RING, POINT_COMPLETION, true).held);
	CHECK(faults.held_count[3] == 1);
}

static void every_kind_can_be_named(void)
{
	char error[256];

	for (unsigned int i = 0; i < FAULT_KINDS; i++)
		CHECK(faults_set(&faults, faults_name((enum fault_kind)i), 1, error,
				 sizeof(error)));
}

static void wrong_specs_are_refused(void)
{
	static const char *const specs[] = {
		"x",
		"irq",
		"irq=",
		"irq=lose:",
		"irq=lose:p",
		"irq=lose:p=",
		"irq=lose:p=1.1",
		"irq=lose:p=-1",
		"irq=lose:p=nan",
		"irq=lose:n=-1",
		"irq=lose:n=",
		"irq=lose:cycles=1",
		"irq=lose,",
		",irq=lose",
		"mmio=ones:on=ring",
		"axi=slverr:on=",
		"latency=spike:cycles=1e3",
		"latency=spike:cycles=99999999999999999999",
		"irq=late:vector=none",
		"link=loss:cycles=1",
	};

	for (unsigned int i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		char error[256] = "";

		set("irq=lose:n=5", 1);
		if (faults_set(&faults, specs[i], 1, error, sizeof(error)) || !*error) {
			fprintf(stderr, "%s was not refused\n", specs[i]);
			exit(1);
		}
		CHECK(faults.clauses == 1 && faults.clause[0].times == 5);
	}
}

static enum traffic_class class_of(struct traffic *traffic, bool write, uint64_t addr,
				   const struct dmmu_ctl *ctl)
{
	const struct traffic_access access = {
		.write = write,
		.addr = addr,
		.beats = sizeof(*ctl) / 8,
		.data = (const uint64_t *)ctl,
	};
	unsigned int points;

	return traffic_access(traffic, &access, &points);
}

/*
 * A bus error on data fails an operation, one on what a command reads or writes the whole device.
 * What PT_AGE writes was taken for data, and bus errors on data cost a device now and then.
 */
static void what_commands_name_is_no_data(void)
{
	const struct dmmu_ctl write = {.opcode = DMMU_CTL_PT_WRITE, .host = 0x8000, .count = 4};
	const struct dmmu_ctl age = {.opcode = DMMU_CTL_PT_AGE, .host = 0x9000, .count = 512};
	struct traffic traffic;

	CHECK(traffic_init(&traffic, 1 << 20));
	traffic_register(&traffic, DMMU_REG_CTL_BASE_LO, 0x1000);
	traffic_register(&traffic, DMMU_REG_CTL_SIZE, 4);
	CHECK(class_of(&traffic, true, 0x9000, &age) == TRAFFIC_HOST_DATA);
	CHECK(class_of(&traffic, false, 0x1000, &write) == TRAFFIC_HOST_RING);
	CHECK(class_of(&traffic, false, 0x1040, &age) == TRAFFIC_HOST_RING);
	CHECK(class_of(&traffic, false, 0x8018, &age) == TRAFFIC_HOST_TABLE);
	CHECK(class_of(&traffic, true, 0x8018, &age) == TRAFFIC_HOST_DATA);
	CHECK(class_of(&traffic, true, 0x9000, &age) == TRAFFIC_HOST_RING);
	CHECK(class_of(&traffic, true, 0x9040, &age) == TRAFFIC_HOST_RING);
	CHECK(class_of(&traffic, true, 0x9080, &age) == TRAFFIC_HOST_DATA);
	CHECK(class_of(&traffic, false, 0x9000, &age) == TRAFFIC_HOST_DATA);
	traffic_fini(&traffic);
}

int main(void)
{
	same_seed_same_sequence();
	chances_are_as_told();
	each_where_it_belongs();
	what_commands_name_is_no_data();
	every_kind_can_be_named();
	wrong_specs_are_refused();
	puts("ok");
	return 0;
}
