// SPDX-License-Identifier: GPL-2.0
/*
 * copies.c: random copy descriptors against the golden model, and PT_AGE.
 *
 * Copies work on an arena of their own in each memory, that threads never see; words of it answer
 * with errors. The golden model runs when a descriptor is submitted, in ring order. That holds
 * because what overlaps goes behind a FENCE, and nothing touches what a failing one leaves behind
 * before that is known. See scoreboard.h.
 */
#include "scoreboard.h"

#include <stdlib.h>
#include <string.h>

#define WORDS	     (ARENA_BYTES / 8)
#define ERROR_AT     0x41000ull /* a page without memory behind it, in each arena */
#define ERROR_BYTES  0x1000ull
#define POISON_AT    0x23458ull
#define POISON_BYTES 24ull
#define BOUND	     400000 /* cycles without a descriptor complete while some are asked for */

static uint64_t base(const struct scoreboard *sb, bool local)
{
	return local ? sb->arena[1] : sb->arena[0];
}

static bool is_copy(const struct dmmu_cpy *c)
{
	return c->opcode == DMMU_CPY_OP_COPY;
}

static bool overlap(bool local_a, uint64_t a, bool local_b, uint64_t b, uint64_t a_bytes,
		    uint64_t b_bytes)
{
	return local_a == local_b && a < b + b_bytes && b < a + a_bytes;
}

static bool from_local(const struct dmmu_cpy *c)
{
	return c->flags & DMMU_CPY_F_SRC_LOCAL;
}

static bool to_local(const struct dmmu_cpy *c)
{
	return c->flags & DMMU_CPY_F_DST_LOCAL;
}

/* Does a write what b writes, or what b reads? */
static bool writes_into(const struct dmmu_cpy *a, const struct dmmu_cpy *b)
{
	return overlap(to_local(a), a->dst, to_local(b), b->dst, a->size, b->size) ||
	       (is_copy(b) &&
		overlap(to_local(a), a->dst, from_local(b), b->src, a->size, b->size));
}

static struct copy_item *item(struct scoreboard *sb, uint32_t index)
{
	return &sb->copy[index % MAX_COPIES];
}

/* ---- golden memory */

static uint64_t *golden(void *opaque, bool local, uint64_t addr, bool write)
{
	struct scoreboard *sb = opaque;
	uint64_t offset = addr - base(sb, local), beat = 8;
	uint64_t poison = POISON_AT, end = POISON_AT + POISON_BYTES;

	if (!write) /* all of a beat is read with the error of a part of it */
		beat = 8 * (local ? dmmu_sim_shape.local_words : dmmu_sim_shape.host_words);
	poison &= ~(beat - 1);
	end = (end + beat - 1) & ~(beat - 1);
	if (offset >= ARENA_BYTES || offset - ERROR_AT < ERROR_BYTES ||
	    offset - poison < end - poison)
		return NULL;
	return &sb->gold_arena[local][offset / 8];
}

static uint64_t *real(const struct scoreboard *sb, bool local, uint64_t addr)
{
	return local ? dmmu_bench_local(sb->bench, addr) : dmmu_bench_host(sb->bench, addr);
}

void sb_copies_init(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;

	sb->arena[0] = dmmu_bench_alloc_host(b, ARENA_BYTES, PAGE);
	sb->arena[1] = dmmu_bench_alloc_local(b, ARENA_BYTES, PAGE);
	sb->age_record = dmmu_bench_alloc_host(b, 2 * PAGE, PAGE);
	for (int m = 0; m < 2; m++) {
		sb->gold_arena[m] = malloc(ARENA_BYTES);
		if (!sb->gold_arena[m])
			abort();
		for (uint64_t i = 0; i < WORDS; i++)
			sb->gold_arena[m][i] = dmmu_rand(&sb->prng);
		memcpy(real(sb, m, sb->arena[m]), sb->gold_arena[m], ARENA_BYTES);
	}
	for (unsigned int i = 0; i < MAX_COPIES; i++) {
		sb->copy[i].expected = malloc(COPY_BYTES);
		if (!sb->copy[i].expected)
			abort();
	}
	b->host_error_addr = sb->arena[0] + ERROR_AT;
	b->local_error_addr = sb->arena[1] + ERROR_AT;
	b->host_error_bytes = b->local_error_bytes = ERROR_BYTES;
	b->host_poison_addr = sb->arena[0] + POISON_AT;
	b->local_poison_addr = sb->arena[1] + POISON_AT;
	b->host_poison_bytes = b->local_poison_bytes = POISON_BYTES;
}

/* ---- making descriptors */

static uint64_t place(struct scoreboard *sb, bool local, uint64_t size)
{
	uint64_t offset = 8ull * sb_below(sb, (uint32_t)((ARENA_BYTES - size) / 8 + 1));

	if (sb_chance(sb, 500) && (offset & ~(PAGE - 1)) + size <= ARENA_BYTES)
		offset &= ~(PAGE - 1);
	return base(sb, local) + offset;
}

static uint64_t some_size(struct scoreboard *sb)
{
	static const uint32_t usual[] = {1, 8, 64, 70, 512, 600, 2000};

	if (sb_chance(sb, 200))
		return PAGE;
	if (sb_chance(sb, 5))
		return 8ull * (1 + sb_below(sb, COPY_BYTES / 8));
	return 8ull * (1 + sb_below(sb, usual[sb_below(sb, sizeof(usual) / sizeof(usual[0]))]));
}

static void spoil(struct scoreboard *sb, struct dmmu_cpy *c)
{
	switch (sb_below(sb, 9)) {
	case 0:
		c->opcode = (uint8_t)(sb_chance(sb, 500) ? 0 : 3 + sb_below(sb, 253));
		break;
	case 1:
		c->flags |= 0x20 << sb_below(sb, 3);
		break;
	case 2:
		c->rsvd[sb_below(sb, sizeof(c->rsvd))] = (uint8_t)(1u << sb_below(sb, 8));
		break;
	case 3:
		c->rsvd2[sb_below(sb, sizeof(c->rsvd2))] = (uint8_t)(1u << sb_below(sb, 8));
		break;
	case 4:
		c->size = sb_chance(sb, 300) ? 0 : c->size ^ 1ull << sb_below(sb, 64);
		break;
	case 5:
		c->dst ^= 1ull << sb_below(sb, 64);
		break;
	case 6:
		c->src ^= 1ull << sb_below(sb, 64);
		break;
	case 7:
		c->value ^= 1ull << sb_below(sb, 64);
		break;
	default:
		c->flags |= DMMU_CPY_F_SRC_LOCAL;
		break;
	}
}

static void make(struct scoreboard *sb, struct dmmu_cpy *c)
{
	*c = (struct dmmu_cpy){.opcode = sb_chance(sb, 250) ? DMMU_CPY_OP_FILL : DMMU_CPY_OP_COPY,
			       .size = some_size(sb)};
	c->flags = sb_chance(sb, 500) ? DMMU_CPY_F_DST_LOCAL : 0;
	c->dst = place(sb, to_local(c), c->size);
	if (is_copy(c)) {
		c->flags |= sb_chance(sb, 500) ? DMMU_CPY_F_SRC_LOCAL : 0;
		c->src = place(sb, from_local(c), c->size);
	} else {
		c->value = sb_chance(sb, 300) ? 0 : dmmu_rand(&sb->prng);
	}
	c->flags |= sb_chance(sb, 200) ? DMMU_CPY_F_WB : 0;
	c->flags |= sb_chance(sb, 200) ? DMMU_CPY_F_IRQ : 0;
	c->flags |= sb_chance(sb, 30) ? DMMU_CPY_F_FENCE : 0;
	/* where no memory is, now and then */
	if (sb_chance(sb, 15) && !to_local(c))
		c->dst += MEM_BYTES;
	if (sb_chance(sb, 15) && is_copy(c) && !from_local(c))
		c->src -= BENCH_HOST_BASE;
}

static bool submit_one(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	uint32_t head = sb->copy_head, tail = b->cpy_tail;
	struct copy_item *it = item(sb, tail);
	struct dmmu_cpy c;

	if (tail - head >= MAX_COPIES || tail - head >= 1u << b->config.cpy_log2)
		return false;
	make(sb, &c);
	/* source and destination of one must not overlap */
	if (is_copy(&c) && overlap(from_local(&c), c.src, to_local(&c), c.dst, c.size, c.size))
		return false;
	it->bad = false;
	if (sb_chance(sb, 30)) {
		spoil(sb, &c);
		if (!gold_bad_copy(&c, b->config.local_bytes))
			return false;
		it->bad = true;
	}
	for (uint32_t i = head; i != tail && !it->bad; i++) {
		const struct copy_item *other = item(sb, i);

		if (other->bad)
			continue;
		/* what a failing one leaves is not known yet */
		if (other->fails && (writes_into(&c, &other->cpy) || writes_into(&other->cpy, &c)))
			return false;
		/* those before the last fence are complete before this one begins */
		if (!(sb->fenced && (int32_t)(i - sb->fence) < 0) &&
		    (writes_into(&c, &other->cpy) || writes_into(&other->cpy, &c)))
			c.flags |= DMMU_CPY_F_FENCE;
	}
	it->cpy = c;
	it->fails = it->bad || !gold_copy(&c, golden, sb);
	if (!it->fails)
		/* as it was written: a read would have the error of what shares a beat with it */
		memcpy(it->expected, golden(sb, to_local(&c), c.dst, true), c.size);
	if (!it->bad && c.flags & DMMU_CPY_F_FENCE) {
		sb->fenced = true;
		sb->fence = tail;
	}
	dmmu_bench_cpy_push(b, &c);
	return true;
}

void sb_submit_copies(struct scoreboard *sb)
{
	unsigned int n = 1 + sb_below(sb, sb_chance(sb, 200) ? 12 : 3);
	bool any = false;

	if (!sb_chance(sb, sb->copy_rate))
		return;
	while (n--)
		any |= submit_one(sb);
	if (any)
		dmmu_bench_cpy_ring(sb->bench);
}

/* ---- judging */

unsigned int sb_copies_outstanding(const struct scoreboard *sb)
{
	return sb->bench->cpy_tail - sb->copy_head;
}

/* May the device touch this now? Only for a descriptor that is asked for and not counted. */
bool sb_copies_want(struct scoreboard *sb, bool local, uint64_t addr, uint64_t len, bool write)
{
	for (uint32_t i = sb->copy_head; i != sb->bench->cpy_tail; i++) {
		const struct copy_item *it = item(sb, i);
		const struct dmmu_cpy *c = &it->cpy;
		uint64_t at = write ? c->dst : c->src;
		/* beats of a card are wider than what it wants of them */
		uint64_t slack =
			8 * ((local ? dmmu_sim_shape.local_words : dmmu_sim_shape.host_words) - 1);

		if (!it->bad && (write || is_copy(c)) &&
		    local == (write ? to_local(c) : from_local(c)) && addr + slack >= at &&
		    addr + len <= at + c->size + slack)
			return true;
	}
	return false;
}

bool sb_in_arena(const struct scoreboard *sb, bool local, uint64_t addr)
{
	return addr - base(sb, local) < ARENA_BYTES;
}

static void judge(struct scoreboard *sb, uint32_t index, uint32_t head)
{
	struct dmmu_bench *b = sb->bench;
	struct copy_item *it = item(sb, index);
	const struct dmmu_cpy *c = &it->cpy;
	bool local = to_local(c);
	uint64_t *found;

	if (it->bad)
		return;
	if (it->fails) {
		/* its destination is what it is now */
		for (uint64_t i = 0; i < c->size; i += 8) {
			uint64_t *gold = golden(sb, local, c->dst + i, true);

			if (gold)
				*gold = *real(sb, local, c->dst + i);
		}
		return;
	}
	/* one behind a fence may be writing there already */
	for (uint32_t i = head; i != b->cpy_tail; i++)
		if (!item(sb, i)->bad && writes_into(&item(sb, i)->cpy, c))
			return;
	for (uint32_t i = index + 1; i != head; i++)
		if (!item(sb, i)->bad && writes_into(&item(sb, i)->cpy, c))
			return;
	found = real(sb, local, c->dst);
	for (uint64_t i = 0; i < c->size / 8; i++)
		if (found[i] != it->expected[i])
			dmmu_bench_fail(b,
					"copy descriptor %u (opcode %u flags 0x%x size 0x%llx src "
					"0x%llx dst 0x%llx) is counted, and word 0x%llx is 0x%llx, "
					"expected 0x%llx",
					index, c->opcode, c->flags, (unsigned long long)c->size,
					(unsigned long long)c->src, (unsigned long long)c->dst,
					(unsigned long long)i, (unsigned long long)found[i],
					(unsigned long long)it->expected[i]);
	sb->copies_good++;
	sb->copy_words += c->size / 8;
}

/* In every cycle: what the status block counts must be so. */
void sb_copies_acknowledge(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	uint32_t head = dmmu_bench_status(b)->cpy_head, index;

	if (head == sb->copy_head)
		return;
	BENCH_CHECK(b, head - sb->copy_head <= b->cpy_tail - sb->copy_head,
		    "status.cpy_head is %u, %u were complete and %u asked for", head, sb->copy_head,
		    b->cpy_tail);
	for (index = sb->copy_head; index != head; index++) {
		struct copy_item *it = item(sb, index);
		const uint8_t both = DMMU_CPY_F_WB | DMMU_CPY_F_IRQ;

		judge(sb, index, head);
		sb->copies_failed += it->fails;
		sb->copy_errors |= it->bad     ? DMMU_ERROR_CPY_DESC
				   : it->fails ? DMMU_ERROR_CPY_BUS
					       : 0;
		sb->total_copies++;
		/* flags of a refused one hold, too */
		if ((it->cpy.flags & both) == both) {
			sb->copy_irq_due = true;
			sb->copy_irqs = b->dev->irqs[DMMU_IRQ_CPY];
		}
	}
	BENCH_EQ(b, dmmu_bench_status(b)->cpy_failed, sb->copies_failed);
	sb->copy_head = head;
	sb->copy_progress = dmmu_bench_cycle(b);
}

void sb_copies_check_progress(struct scoreboard *sb)
{
	uint64_t cycle = dmmu_bench_cycle(sb->bench);

	if (!sb_copies_outstanding(sb))
		sb->copy_progress = cycle;
	BENCH_CHECK(sb->bench, cycle - sb->copy_progress < BOUND,
		    "copy descriptor %u is not complete", sb->copy_head);
}

static void check_arena(struct scoreboard *sb)
{
	for (int m = 0; m < 2; m++)
		for (uint64_t i = 0; i < WORDS; i++) {
			uint64_t found = *real(sb, m, sb->arena[m] + 8 * i);

			if (found != sb->gold_arena[m][i])
				dmmu_bench_fail(sb->bench,
						"arena: %s word 0x%llx is 0x%llx, expected 0x%llx",
						m ? "local" : "host", (unsigned long long)(8 * i),
						(unsigned long long)found,
						(unsigned long long)sb->gold_arena[m][i]);
		}
}

/* At rest: all of both arenas, the counts, and that the last interrupt asked for came. */
void sb_copies_check(struct scoreboard *sb)
{
	struct dmmu_bench *b = sb->bench;
	uint64_t beats = dmmu_bench_counter(b, DMMU_CNT_COPY_BEATS);

	check_arena(sb);
	BENCH_EQ(b, dmmu_bench_read(b, DMMU_REG_CPY_HEAD), b->cpy_tail);
	BENCH_EQ(b, dmmu_bench_read(b, DMMU_REG_CPY_FAILED), sb->copies_failed);
	BENCH_EQ(b, dmmu_bench_counter(b, DMMU_CNT_COPIES), b->cpy_tail - sb->copies_failed);
	BENCH_CHECK(b,
		    beats >= sb->copy_words && (beats == sb->copy_words || sb->copies_failed ||
						sb->copies_good < b->cpy_tail),
		    "COPY_BEATS is %llu, %llu words were copied", (unsigned long long)beats,
		    (unsigned long long)sb->copy_words);
	BENCH_CHECK(b, !sb->copy_irq_due || b->dev->irqs[DMMU_IRQ_CPY] > sb->copy_irqs,
		    "interrupt CPY was asked for and did not come");
	sb->copy_irq_due = false;
}

/* After a reset: of what was under way, nobody knows how far it came. */
void sb_copies_forget(struct scoreboard *sb)
{
	for (uint32_t i = sb->copy_head; i != sb->bench->cpy_tail; i++) {
		const struct copy_item *it = item(sb, i);
		const struct dmmu_cpy *c = &it->cpy;

		for (uint64_t k = 0; k < c->size && !it->bad; k += 8) {
			uint64_t *gold = golden(sb, to_local(c), c->dst + k, true);

			if (gold)
				*gold = *real(sb, to_local(c), c->dst + k);
		}
	}
	check_arena(sb);
	/* the next life counts from 0 */
	memset(dmmu_bench_host(sb->bench, sb->bench->stat_dma), 0, sizeof(struct dmmu_status));
	sb->bench->cpy_tail = 0;
	sb->copy_head = 0;
	sb->fenced = false;
	sb->copies_failed = sb->copies_good = sb->copy_errors = 0;
	sb->copy_words = 0;
	sb->copy_irq_due = false;
	sb->copy_progress = dmmu_bench_cycle(sb->bench);
}

/* ---- PT_AGE */

static uint64_t bit(const uint8_t *mask, unsigned int i)
{
	return mask[i / 8] >> i % 8 & 1;
}

/* For each page whose entry is one of those. */
static void for_pages(struct scoreboard *sb, const struct age_item *age, uint32_t index)
{
	for (unsigned int i = 0; i < sb->contexts; i++)
		for (unsigned int r = 0; r < sb->ctx[i].regions; r++)
			for (unsigned int k = 0; k < sb->ctx[i].region[r].pages; k++) {
				struct vpage *page = &sb->ctx[i].region[r].page[k];

				if (page->pte_at - age->at >= 8ull * age->count)
					continue;
				page->aged = true;
				page->aged_by = index;
				/* of what is no leaf no bit means anything */
				if (page->pte & DMMU_PTE_V && page->pte & DMMU_PTE_LEAF)
					page->pte &= ~DMMU_PTE_A;
			}
}

/* What PT_AGE must find: nothing but itself takes A or D away from an entry with no write under
 * way. */
void sb_age_begin(struct scoreboard *sb, struct dmmu_ctl *ctl)
{
	struct context *ctx = &sb->ctx[sb_below(sb, sb->contexts)];
	struct region *r = &ctx->region[sb_below(sb, ctx->regions)];
	struct age_item *age = &sb->age;
	uint64_t at = r->page[sb_below(sb, r->pages)].pte_at;
	unsigned int room = (unsigned int)(PAGE - at % PAGE) / 8;

	age->count = 1 + sb_below(sb, sb_chance(sb, 500) ? room : room < 8 ? room : 8);
	if (sb_chance(sb, 200)) {
		at &= ~(PAGE - 1);
		age->count = 512;
	} else if (sb_chance(sb, 50)) {
		at = ctx->root; /* tables: no entry of theirs is a leaf, but for nonsense */
		age->count = 512;
	}
	age->live = true;
	age->at = at;
	age->clear = sb_chance(sb, 600);
	age->host = sb->age_record + 64 + 8ull * sb_below(sb, 1000);
	memset(dmmu_bench_host(sb->bench, age->host - 64), 0xee, 256);
	for (unsigned int i = 0; i < age->count; i++) {
		age->stable[i] = !sb_history(sb, at + 8 * i)->pending;
		age->before[i] = *(uint64_t *)dmmu_bench_local(sb->bench, at + 8 * i);
	}
	*ctl = (struct dmmu_ctl){.opcode = DMMU_CTL_PT_AGE,
				 .flags = DMMU_CTL_F_WB | (age->clear ? DMMU_CTL_F_AGE_CLEAR : 0),
				 .local = at,
				 .host = age->host,
				 .count = age->count};
	if (age->clear)
		for_pages(sb, age, sb->bench->ctl_tail);
}

void sb_age_end(struct scoreboard *sb)
{
	struct age_item *age = &sb->age;
	struct dmmu_age found;
	const uint8_t *guard = dmmu_bench_host(sb->bench, age->host - 64);

	age->live = false;
	sb->total_ages++;
	memcpy(&found, guard + 64, sizeof(found));
	for (unsigned int i = 0; i < 64; i++)
		BENCH_CHECK(sb->bench, guard[i] == 0xee && guard[192 + i] == 0xee,
			    "PT_AGE wrote beside its record");
	for (unsigned int i = 0; i < 512; i++) {
		const struct history *h;
		uint64_t entry;
		bool leaf = false;

		if (i >= age->count) {
			BENCH_CHECK(sb->bench, !bit(found.accessed, i) && !bit(found.dirty, i),
				    "PT_AGE tells of entry %u of %u", i, age->count);
			continue;
		}
		h = sb_history(sb, age->at + 8 * i);
		for (unsigned int k = 0; k < h->count; k++)
			leaf |= (h->v[k].value & (DMMU_PTE_V | DMMU_PTE_LEAF)) ==
				(DMMU_PTE_V | DMMU_PTE_LEAF);
		BENCH_CHECK(sb->bench, leaf || (!bit(found.accessed, i) && !bit(found.dirty, i)),
			    "PT_AGE: entry %u is no leaf and has bits", i);
		/* behind this command others may have changed it */
		if (!age->stable[i] || h->pending)
			continue;
		entry = *(uint64_t *)dmmu_bench_local(sb->bench, age->at + 8 * i);
		if ((age->before[i] ^ entry) & ~(DMMU_PTE_A | DMMU_PTE_D))
			continue;
		leaf = (entry & (DMMU_PTE_V | DMMU_PTE_LEAF)) == (DMMU_PTE_V | DMMU_PTE_LEAF);
		if (leaf && ((age->before[i] & DMMU_PTE_A && !bit(found.accessed, i)) ||
			     (age->before[i] & DMMU_PTE_D && !bit(found.dirty, i)) ||
			     (bit(found.dirty, i) && !(entry & DMMU_PTE_D)) ||
			     (bit(found.accessed, i) && !age->clear && !(entry & DMMU_PTE_A))))
			dmmu_bench_fail(sb->bench,
					"PT_AGE of entry 0x%llx: it was 0x%llx and is 0x%llx, the "
					"record has A %llu, D %llu",
					(unsigned long long)(age->at + 8 * i),
					(unsigned long long)age->before[i],
					(unsigned long long)entry,
					(unsigned long long)bit(found.accessed, i),
					(unsigned long long)bit(found.dirty, i));
	}
}
