// SPDX-License-Identifier: GPL-2.0
/*
 * ops.c: the work operations of the golden model, one byte or element at a time. The device works
 * in accesses that never leave a page of any operand, and reads what it writes before, so where it
 * stops is where this stops. See gold.h.
 */
#include "gold.h"

struct run {
	gold_access access;
	void *opaque;
	struct gold_result r;
};

/* What is at va, or NULL: then the operation is over and r says why. */
static void *find(struct run *run, uint64_t va, unsigned int access)
{
	unsigned int status = DMMU_STATUS_OK, cause = 0;
	void *at = run->access(run->opaque, va, access, &status, &cause);

	if (at)
		return at;
	run->r.status = status;
	run->r.va = va;
	run->r.cause = cause;
	if (status == DMMU_STATUS_FAULT)
		run->r.access = access;
	return NULL;
}

static bool load(struct run *run, uint64_t va, uint64_t *value)
{
	const uint64_t *at = find(run, va, DMMU_ACCESS_READ);

	if (at)
		*value = *at;
	return at;
}

static bool store(struct run *run, uint64_t va, uint64_t value)
{
	uint64_t *at = find(run, va, DMMU_ACCESS_WRITE);

	if (at)
		*at = value;
	return at;
}

static void copy(struct run *run, const struct dmmu_work *w)
{
	for (; run->r.done < w->len; run->r.done++) {
		const uint8_t *from = find(run, w->src + run->r.done, DMMU_ACCESS_READ);
		uint8_t *to = from ? find(run, w->dst + run->r.done, DMMU_ACCESS_WRITE) : NULL;

		if (!to)
			return;
		*to = *from;
	}
}

static void fill(struct run *run, const struct dmmu_work *w)
{
	for (; run->r.done < w->len; run->r.done++) {
		uint8_t *to = find(run, w->dst + run->r.done, DMMU_ACCESS_WRITE);

		if (!to)
			return;
		*to = (uint8_t)(w->arg >> 8 * (run->r.done % 8));
	}
}
static void vadd(struct run *run, const struct dmmu_work *w)
{
	uint64_t a, b;

	for (; run->r.done < w->len; run->r.done++)
		if (!load(run, w->src + 8 * run->r.done, &a) ||
		    !load(run, w->src2 + 8 * run->r.done, &b) ||
		    !store(run, w->dst + 8 * run->r.done, a + b))
			return;
}

static void reduce(struct run *run, const struct dmmu_work *w)
{
	uint64_t value;

	for (; run->r.done < w->len; run->r.done++) {
		if (!load(run, w->src + 8 * run->r.done, &value))
			return;
		run->r.result += value;
	}
}

static void chase(struct run *run, const struct dmmu_work *w)
{
	uint64_t node = w->src, value;

	while (node && (!w->len || run->r.done < w->len)) {
		if (node & 7) {
			run->r.status = DMMU_STATUS_BAD_DESC;
			return;
		}
		if (!load(run, node + w->arg2, &value))
			return;
		run->r.result += value;
		if (!load(run, node + w->arg, &node))
			return;
		run->r.done++;
	}
}

static void atomic_add(struct run *run, const struct dmmu_work *w)
{
	uint64_t times = w->len ? w->len : 1;

	for (; run->r.done < times; run->r.done++) {
		uint64_t *at = find(run, w->dst, DMMU_ACCESS_ATOMIC);

		if (!at)
			return;
		run->r.result = *at;
		*at += w->arg;
	}
}

static void atomic_cas(struct run *run, const struct dmmu_work *w)
{
	uint64_t *at = find(run, w->dst, DMMU_ACCESS_ATOMIC);

	if (!at)
		return;
	run->r.result = *at;
	if (*at == w->arg)
		*at = w->arg2;
	run->r.done = 1;
}

bool gold_bad_descriptor(const struct dmmu_work *w)
{
	uint64_t low;

	if (w->flags || w->rsvd)
		return true;
	switch (w->op) {
	case DMMU_OP_NOP:
	case DMMU_OP_COPY: /* any byte of memory will do */
	case DMMU_OP_FILL:
		return false;
	case DMMU_OP_VADD:
		low = w->src | w->src2 | w->dst;
		break;
	case DMMU_OP_REDUCE:
		low = w->src;
		break;
	case DMMU_OP_CHASE:
		low = w->src | w->arg | w->arg2;
		break;
	case DMMU_OP_ATOMIC_ADD:
	case DMMU_OP_ATOMIC_CAS:
		low = w->dst;
		break;
	default:
		return true;
	}
	return low & 7;
}

struct gold_result gold_run(const struct dmmu_work *work, gold_access access, void *opaque)
{
	struct run run = {access, opaque, {.status = DMMU_STATUS_OK}};

	if (gold_bad_descriptor(work)) {
		run.r.status = DMMU_STATUS_BAD_DESC;
		return run.r;
	}
	switch (work->op) {
	case DMMU_OP_COPY:
		copy(&run, work);
		break;
	case DMMU_OP_FILL:
		fill(&run, work);
		break;
	case DMMU_OP_VADD:
		vadd(&run, work);
		break;
	case DMMU_OP_REDUCE:
		reduce(&run, work);
		break;
	case DMMU_OP_CHASE:
		chase(&run, work);
		break;
	case DMMU_OP_ATOMIC_ADD:
		atomic_add(&run, work);
		break;
	case DMMU_OP_ATOMIC_CAS:
		atomic_cas(&run, work);
		break;
	default: /* NOP */
		break;
	}
	return run.r;
}
