// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c: see traffic.h.
 */
#include "traffic.h"
#include "dmmu_regs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LOG2  15u
#define PAGE_BITS 12

const char *const traffic_point_names[] = {"invalidate", "ack",	  "answer", "record",
					   "completion", "write", NULL};

unsigned int traffic_point(const char *name)
{
	for (unsigned int i = 0; traffic_point_names[i]; i++)
		if (!strcmp(name, traffic_point_names[i]))
			return 1u << i;
	return 0;
}

bool traffic_init(struct traffic *traffic, uint64_t local_bytes)
{
	*traffic = (struct traffic){
		.local_bytes = local_bytes,
		.invalidate = calloc(1, 1u << MAX_LOG2),
		.table = calloc(1, (local_bytes >> PAGE_BITS) + 1),
	};
	return traffic->invalidate && traffic->table;
}

void traffic_fini(struct traffic *traffic)
{
	free(traffic->invalidate);
	free(traffic->table);
}

void traffic_reset(struct traffic *traffic)
{
	struct traffic old = *traffic;

	memset(old.invalidate, 0, 1u << MAX_LOG2);
	memset(old.table, 0, (old.local_bytes >> PAGE_BITS) + 1);
	*traffic = (struct traffic){
		.local_bytes = old.local_bytes, .invalidate = old.invalidate, .table = old.table};
}

static void set_half(uint64_t *base, bool high, uint32_t data)
{
	unsigned int shift = high ? 32 : 0;

	*base = (*base & ~(0xffffffffull << shift)) | (uint64_t)data << shift;
}

bool traffic_is_reset(uint64_t addr, uint32_t data)
{
	return addr == DMMU_REG_CTRL && data & DMMU_CTRL_RESET;
}

void traffic_register(struct traffic *traffic, uint64_t addr, uint32_t data)
{
	if (traffic_is_reset(addr, data))
		traffic_reset(traffic);
	else if (addr == DMMU_REG_CTRL && data & DMMU_CTRL_ENABLE)
		traffic->set_up = true;
	/* The device ignores it, too. */
	if (traffic->set_up)
		return;
	switch (addr) {
#define RING(name, field)                                                                \
	case DMMU_REG_##name##_BASE_LO:                                                  \
	case DMMU_REG_##name##_BASE_HI:                                                  \
		set_half(&traffic->field.base, addr == DMMU_REG_##name##_BASE_HI, data); \
		break;                                                                   \
	case DMMU_REG_##name##_SIZE:                                                     \
		traffic->field.log2 = data <= MAX_LOG2 ? data : MAX_LOG2;                \
		break
		RING(CTL, ctl);
		RING(WORK, work);
		RING(CPL, cpl);
		RING(FLT, flt);
#ifdef DMMU_REG_CPY_BASE_LO
		RING(CPY, cpy);
#endif
#undef RING
	case DMMU_REG_STAT_BASE_LO:
	case DMMU_REG_STAT_BASE_HI:
		set_half(&traffic->stat, addr == DMMU_REG_STAT_BASE_HI, data);
		break;
	}
}

static void note_table(struct traffic *traffic, uint64_t local)
{
	if (local < traffic->local_bytes)
		traffic->table[local >> PAGE_BITS] = 1;
}

static void note_named(struct traffic *traffic, uint64_t addr, uint64_t bytes, bool written)
{
	unsigned int at = traffic->nnamed++ % TRAFFIC_NAMED;

	traffic->named[at].addr = addr;
	traffic->named[at].bytes = bytes;
	traffic->named[at].written = written;
}

/* A command passes on its way to the device. Its ring is fetched in order, so its index is known.
 */
static unsigned int note_command(struct traffic *traffic, const struct dmmu_ctl *ctl, uint32_t slot)
{
	traffic->invalidate[slot] = ctl->opcode == DMMU_CTL_INVALIDATE;
	switch (ctl->opcode) {
	case DMMU_CTL_PT_WRITE:
		note_named(traffic, ctl->host, 8ull * ctl->count, false);
		note_table(traffic, ctl->local);
		return 0;
	case DMMU_CTL_PT_AGE:
		note_named(traffic, ctl->host, sizeof(struct dmmu_age), true);
		return 0;
	case DMMU_CTL_PT_FILL:
	case DMMU_CTL_CTX_SET:
		note_table(traffic, ctl->local);
		return 0;
	case DMMU_CTL_INVALIDATE:
		return POINT_INVALIDATE;
	case DMMU_CTL_FAULT_ANSWER:
		return POINT_ANSWER;
	default:
		return 0;
	}
}

static unsigned int fetch(struct traffic *traffic, const struct traffic_access *access)
{
	uint32_t slot = (uint32_t)((access->addr - traffic->ctl.base) / TRAFFIC_ENTRY);
	unsigned int points = 0;

	for (unsigned int i = 0; access->data && 8 * i + 8 <= access->beats; i++)
		points |= note_command(traffic, (const void *)(access->data + 8 * i),
				       (slot + i) & ((1u << traffic->ctl.log2) - 1));
	return points;
}

/* The first word of the status block has ctl_head in its low half. */
static unsigned int status(struct traffic *traffic, const struct traffic_access *access)
{
	uint32_t head, mask = (1u << traffic->ctl.log2) - 1;
	unsigned int points = 0;

	if (!access->write || access->addr != traffic->stat || !access->data || !traffic->ctl.log2)
		return 0;
	head = (uint32_t)access->data[0];
	for (uint32_t i = traffic->ctl_head; i != head && head - i <= mask + 1; i++)
		if (traffic->invalidate[i & mask])
			points = POINT_ACK;
	traffic->ctl_head = head;
	return points;
}

/* Does a command name this place in host memory, to be read, or to be written? */
static bool is_named(const struct traffic *traffic, uint64_t addr, bool written)
{
	for (unsigned int i = 0; i < TRAFFIC_NAMED && i < traffic->nnamed; i++)
		if (traffic->named[i].written == written &&
		    addr - traffic->named[i].addr < traffic->named[i].bytes)
			return true;
	return false;
}

static enum traffic_class data(const struct traffic_access *access, unsigned int *points,
			       enum traffic_class class)
{
	if (access->write)
		*points = POINT_WRITE;
	return class;
}

enum traffic_class traffic_access(struct traffic *traffic, const struct traffic_access *access,
				  unsigned int *points)
{
	uint64_t addr = access->addr;

	*points = 0;
	if (access->local && addr < traffic->local_bytes && traffic->table[addr >> PAGE_BITS])
		return TRAFFIC_LOCAL_TABLE;
	if (access->local)
		return data(access, points, TRAFFIC_LOCAL_DATA);
	if (traffic->stat && addr - traffic->stat < sizeof(struct dmmu_status)) {
		*points = status(traffic, access);
		return TRAFFIC_HOST_RING;
	}
	if (traffic_in_ring(&traffic->ctl, addr)) {
		*points = access->write ? 0 : fetch(traffic, access);
		return TRAFFIC_HOST_RING;
	}
	if (traffic_in_ring(&traffic->flt, addr)) {
		*points = POINT_RECORD;
		return TRAFFIC_HOST_RING;
	}
	if (traffic_in_ring(&traffic->cpl, addr)) {
		*points = POINT_COMPLETION;
		return TRAFFIC_HOST_RING;
	}
	if (traffic_in_ring(&traffic->work, addr) || traffic_in_ring(&traffic->cpy, addr))
		return TRAFFIC_HOST_RING;
	if (is_named(traffic, addr, access->write))
		return access->write ? TRAFFIC_HOST_RING : TRAFFIC_HOST_TABLE;
	return data(access, points, TRAFFIC_HOST_DATA);
}
