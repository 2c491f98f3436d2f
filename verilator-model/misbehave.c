// SPDX-License-Identifier: GPL-2.0
/*
 * misbehave.c: see misbehave.h.
 */
#include "misbehave.h"
#include "model.h"
#include "number.h"
#include "stimulus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool misbehave_init(struct model *model)
{
	char error[256];

	model->bad.wanted = FAULT_NONE;
	if (!traffic_init(&model->bad.traffic, model->local_bytes)) {
		fprintf(stderr, "dmmu-model: out of memory\n");
		return false;
	}
	if (model->options.faults && !faults_set(&model->bad.faults, model->options.faults,
						 model->options.seed, error, sizeof(error))) {
		fprintf(stderr, "dmmu-model: --faults: %s\n", error);
		return false;
	}
	return true;
}

void misbehave_fini(struct model *model)
{
	const struct faults *faults = &model->bad.faults;
	const char *comma = "";

	if (faults_any(faults)) {
		fprintf(stderr, "dmmu-model: faults that happened:");
		for (unsigned int i = 0; i < FAULT_KINDS; i++) {
			if (!faults->happened[i])
				continue;
			fprintf(stderr, "%s %s %llu", comma, faults_name((enum fault_kind)i),
				(unsigned long long)faults->happened[i]);
			comma = ",";
		}
		fputc('\n', stderr);
	}
	traffic_fini(&model->bad.traffic);
}

void misbehave_note(struct model *model, enum fault_kind kind)
{
	const char *name = faults_name(kind);

	if (model->log)
		stimulus_remark(model->log, STIMULUS_FAULT, name, strlen(name));
}

static void note_fate(struct model *model, const struct dmmu_mem_fate *fate, bool local,
		      const struct dmmu_mem_access *access)
{
	char text[160];
	int n;

	if (!model->log || (!fate->delay && !fate->freeze && !fate->held && !fate->lose &&
			    !fate->poison && !fate->resp))
		return;
	n = snprintf(text, sizeof(text),
		     "%s of %s 0x%llx: delay %llu, freeze %llu%s%s%s, answer %u",
		     access->write ? "write" : "read", local ? "local" : "host",
		     (unsigned long long)access->addr, (unsigned long long)fate->delay,
		     (unsigned long long)fate->freeze, fate->held ? ", held" : "",
		     fate->lose ? ", lost" : "", fate->poison ? ", poisoned" : "", fate->resp);
	stimulus_remark(model->log, STIMULUS_FAULT, text, (size_t)n);
}

static void befall(struct model *model, const struct traffic_access *what,
		   const struct dmmu_mem_access *access, struct dmmu_mem_fate *fate)
{
	struct misbehaviour *bad = &model->bad;
	const struct fault_clause *whose = NULL;
	unsigned int points;
	enum traffic_class class = traffic_access(&bad->traffic, what, &points);
	uint64_t now;
	enum fault_kind whole;

	if (!bad->faults.clauses && !bad->faults.held)
		return;
	whole = faults_access(&bad->faults, class, points, what->write, fate, &whose);
	note_fate(model, fate, what->local, access);
	if (whole == FAULT_NONE)
		return;
	misbehave_note(model, whole);
	if (whole != FAULT_DEVICE_STOP) {
		bad->wanted = whole;
		bad->wanted_ms = whose->ms;
		return;
	}
	now = dmmu_device_cycles(model->dev);
	bad->stopped = now + whose->cycles;
	dmmu_mem_freeze(model->dev->host, bad->stopped);
	dmmu_mem_freeze(model->dev->local, bad->stopped);
}

void misbehave_host(void *opaque, const struct dmmu_mem_access *access, struct dmmu_mem_fate *fate)
{
	struct model *model = opaque;
	struct traffic_access what = {
		.write = access->write, .addr = access->addr, .beats = access->beats};

	if (access->write)
		what.data = &access->first;
	else if (model->bus_master && dmmu_link_dma_open(model->link))
		what.data = dmmu_dma_find(model->dma, access->addr, 8ull * access->beats, false);
	befall(model, &what, access, fate);
}

void misbehave_local(void *opaque, const struct dmmu_mem_access *access, struct dmmu_mem_fate *fate)
{
	struct traffic_access what = {.local = true,
				      .write = access->write,
				      .addr = access->addr,
				      .beats = access->beats};

	befall(opaque, &what, access, fate);
}

void misbehave_irqs(struct model *model)
{
	struct misbehaviour *bad = &model->bad;
	uint64_t now = dmmu_device_cycles(model->dev), cycles = 0;

	if (bad->stopped <= now)
		bad->stopped = 0;
	for (unsigned int v = 0; v < 8; v++) {
		uint8_t bit = (uint8_t)(1u << v);

		if (bad->late[v] && bad->late[v] <= now) {
			bad->late[v] = 0;
			bad->ready |= bit;
		}
		if (!(model->dev->irq_new & bit))
			continue;
		enum fault_kind kind = faults_irq(&bad->faults, v, &cycles);

		if (kind != FAULT_NONE)
			misbehave_note(model, kind);
		if (kind == FAULT_IRQ_LATE && cycles)
			bad->late[v] = now + cycles;
		else if (kind != FAULT_IRQ_LOSE)
			bad->ready |= bit;
		if (kind == FAULT_IRQ_DUPLICATE)
			bad->twice |= bit;
	}
	model->dev->irq_new = 0;
}

bool misbehave_waits(const struct model *model)
{
	const struct misbehaviour *bad = &model->bad;
	uint64_t late = 0;

	for (unsigned int v = 0; v < 8; v++)
		late |= bad->late[v];
	return late || bad->stopped;
}

/* What is held would keep a reset from draining: it ends with the reset, as do all holds. */
static void release(struct model *model, unsigned int points)
{
	uint64_t now = dmmu_device_cycles(model->dev);

	model->bad.faults.held &= ~points;
	dmmu_mem_release(model->dev->host, (uint8_t)points, now);
	dmmu_mem_release(model->dev->local, (uint8_t)points, now);
}

void misbehave_let_go(struct model *model)
{
	release(model, POINT_ALL);
}

void misbehave_reset(struct model *model)
{
	struct misbehaviour *bad = &model->bad;

	misbehave_let_go(model);
	traffic_reset(&bad->traffic);
	memset(bad->late, 0, sizeof(bad->late));
	bad->ready = bad->twice = 0;
	bad->stopped = 0;
}

static bool take_points(char *text, unsigned int *points, char *answer, size_t size)
{
	char *name;

	*points = 0;
	if (text && !strcmp(text, "all")) {
		*points = POINT_ALL;
		return true;
	}
	while (text && (name = strsep(&text, ","))) {
		unsigned int point = traffic_point(name);

		if (!point) {
			snprintf(answer, size, "error: there is no point '%s'", name);
			return false;
		}
		*points |= point;
	}
	if (!*points)
		snprintf(answer, size, "error: which point?");
	return *points;
}

static void command_faults(struct model *model, char *spec, char *seed, char *answer, size_t size)
{
	uint64_t value = model->options.seed;
	char error[200];

	if (!spec || (seed && !number_parse(seed, UINT64_MAX, &value)))
		snprintf(answer, size, "error: faults takes a SPEC and perhaps a seed");
	else if (!faults_set(&model->bad.faults, spec, value, error, sizeof(error)))
		snprintf(answer, size, "error: %s", error);
	else
		snprintf(answer, size, "ok %u clauses", model->bad.faults.clauses);
}

/* One of those that befall the device as a whole, at once. */
static void command_now(struct model *model, const char *spec, char *answer, size_t size)
{
	struct faults once = {0};
	char error[200];
	const struct fault_clause *clause = &once.clause[0];

	if (!spec || !faults_set(&once, spec, 1, error, sizeof(error)) || once.clauses != 1) {
		snprintf(answer, size, "error: now takes one clause: %s", spec ? error : "");
		return;
	}
	if (clause->kind != FAULT_DEVICE_FLR && clause->kind != FAULT_DEVICE_RESET &&
	    clause->kind != FAULT_LINK_LOSS) {
		snprintf(answer, size, "error: %s needs something to befall; use faults",
			 faults_name(clause->kind));
		return;
	}
	model->bad.wanted = clause->kind;
	model->bad.wanted_ms = clause->ms;
	model->bad.faults.happened[clause->kind]++;
	misbehave_note(model, clause->kind);
	snprintf(answer, size, "ok");
}

static void command_state(struct model *model, char *answer, size_t size)
{
	const struct faults *faults = &model->bad.faults;
	/* a card's port has one ID: a read that is held holds all that come after it */
	int n = snprintf(answer, size, "ok cycle=%llu%s",
			 (unsigned long long)dmmu_device_cycles(model->dev),
			 dmmu_sim_shape.card ? " one_order=1" : "");

	for (unsigned int i = 0; traffic_point_names[i] && n < (int)size; i++)
		if (faults->held_count[i])
			n += snprintf(answer + n, size - (size_t)n, " held.%s=%llu",
				      traffic_point_names[i],
				      (unsigned long long)faults->held_count[i]);
	for (unsigned int i = 0; i < FAULT_KINDS && n < (int)size; i++)
		if (faults->happened[i])
			n += snprintf(answer + n, size - (size_t)n, " %s=%llu",
				      faults_name((enum fault_kind)i),
				      (unsigned long long)faults->happened[i]);
}

void misbehave_command(struct model *model, char *line, char *answer, size_t size)
{
	char *word = strsep(&line, " "), *first = strsep(&line, " "), *second = strsep(&line, " ");
	unsigned int points;

	if (line || !word)
		snprintf(answer, size, "error: too many words");
	else if (!strcmp(word, "faults"))
		command_faults(model, first, second, answer, size);
	else if (!strcmp(word, "now") && !second)
		command_now(model, first, answer, size);
	else if (!strcmp(word, "state") && !first)
		command_state(model, answer, size);
	else if (strcmp(word, "hold") && strcmp(word, "release"))
		snprintf(answer, size,
			 "error: there is no command '%s': faults SPEC [SEED], now "
			 "CLAUSE, hold POINT, release POINT, state",
			 word);
	else if (take_points(first, &points, answer, size)) {
		if (*word == 'h')
			model->bad.faults.held |= points;
		else
			release(model, points);
		snprintf(answer, size, "ok");
	}
}
