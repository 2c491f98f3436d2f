// SPDX-License-Identifier: GPL-2.0
/*
 * copy.c: copy descriptors and PT_AGE in the golden model. See gold.h.
 */
#include "gold.h"

#include <string.h>

#define KNOWN (DMMU_CPY_F_WB | DMMU_CPY_F_IRQ | DMMU_CPY_F_FENCE | DMMU_CPY_F_DST_LOCAL)

static bool outside(uint64_t addr, uint64_t size, bool local, uint64_t local_bytes)
{
	if (addr + (size - 1) < addr)
		return true;
	return local && (size > local_bytes || addr > local_bytes - size);
}

bool gold_bad_copy(const struct dmmu_cpy *c, uint64_t local_bytes)
{
	static const uint8_t zero[sizeof(c->rsvd2)];
	uint8_t known = KNOWN;

	switch (c->opcode) {
	case DMMU_CPY_OP_COPY:
		known |= DMMU_CPY_F_SRC_LOCAL;
		if (c->value || c->src % 8 ||
		    outside(c->src, c->size, c->flags & DMMU_CPY_F_SRC_LOCAL, local_bytes))
			return true;
		break;
	case DMMU_CPY_OP_FILL:
		if (c->src)
			return true;
		break;
	default:
		return true;
	}
	return c->flags & ~known || memcmp(c->rsvd, zero, sizeof(c->rsvd)) ||
	       memcmp(c->rsvd2, zero, sizeof(c->rsvd2)) || !c->size || c->size % 8 ||
	       c->size > DMMU_CPY_MAX_BYTES || c->dst % 8 ||
	       outside(c->dst, c->size, c->flags & DMMU_CPY_F_DST_LOCAL, local_bytes);
}

bool gold_copy(const struct dmmu_cpy *c, gold_physical at, void *opaque)
{
	for (uint64_t i = 0; i < c->size; i += 8) {
		uint64_t value = c->value, *to;

		if (c->opcode == DMMU_CPY_OP_COPY) {
			const uint64_t *from =
				at(opaque, c->flags & DMMU_CPY_F_SRC_LOCAL, c->src + i, false);

			if (!from)
				return false;
			value = *from;
		}
		to = at(opaque, c->flags & DMMU_CPY_F_DST_LOCAL, c->dst + i, true);
		if (!to)
			return false;
		*to = value;
	}
	return true;
}

void gold_age(uint64_t *entry, unsigned int count, bool clear, struct dmmu_age *age)
{
	memset(age, 0, sizeof(*age));
	for (unsigned int i = 0; i < count; i++) {
		if (!(entry[i] & DMMU_PTE_V) || !(entry[i] & DMMU_PTE_LEAF))
			continue;
		if (entry[i] & DMMU_PTE_A)
			age->accessed[i / 8] |= (uint8_t)(1u << i % 8);
		if (entry[i] & DMMU_PTE_D)
			age->dirty[i / 8] |= (uint8_t)(1u << i % 8);
		if (clear)
			entry[i] &= ~DMMU_PTE_A;
	}
}
