// SPDX-License-Identifier: GPL-2.0
/*
 * copies.c: claims about the copy ring and its engine: what is copied and what is not, order,
 * errors, and that nobody waits for it who must not.
 */
#include "claims.h"

#include <string.h>

#define WB    DMMU_CPY_F_WB
#define SRC_L DMMU_CPY_F_SRC_LOCAL
#define DST_L DMMU_CPY_F_DST_LOCAL
#define MIB   (1ull << 20)

static uint64_t *at(struct dmmu_bench *bench, bool local, uint64_t addr)
{
	return local ? dmmu_bench_local(bench, addr) : dmmu_bench_host(bench, addr);
}

/* Page-aligned memory with a page of its own before and behind. */
static uint64_t place(struct dmmu_bench *bench, bool local, uint64_t bytes)
{
	bytes += 2 * PAGE;
	return PAGE + (local ? dmmu_bench_alloc_local(bench, bytes, PAGE)
			     : dmmu_bench_alloc_host(bench, bytes, PAGE));
}

static uint64_t pattern(uint64_t addr, uint64_t salt)
{
	return (addr + salt * 0x10001) * 0x9e3779b97f4a7c15ull;
}

static void paint(struct dmmu_bench *bench, bool local, uint64_t addr, uint64_t bytes,
		  uint64_t salt)
{
	for (uint64_t i = 0; i < bytes; i += 8)
		*at(bench, local, addr + i) = pattern(addr + i, salt);
}

static struct dmmu_cpy copy(uint8_t flags, uint64_t dst, uint64_t src, uint64_t size)
{
	return (struct dmmu_cpy){
		.opcode = DMMU_CPY_OP_COPY, .flags = flags, .size = size, .src = src, .dst = dst};
}

static struct dmmu_cpy fill(uint8_t flags, uint64_t dst, uint64_t value, uint64_t size)
{
	return (struct dmmu_cpy){.opcode = DMMU_CPY_OP_FILL,
				 .flags = flags,
				 .size = size,
				 .dst = dst,
				 .value = value};
}

static void no_error(struct dmmu_bench *bench)
{
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
}

/* Copies, and looks at all of the destination's pages, and at the source, which must stay. */
static void copy_and_look(struct dmmu_bench *bench, uint8_t direction, uint64_t dst,
			  uint64_t dst_offset, uint64_t src, uint64_t src_offset, uint64_t size)
{
	bool from = direction & SRC_L, to = direction & DST_L;
	uint64_t span = (dst_offset + size + PAGE - 1) / PAGE * PAGE;
	struct dmmu_cpy cpy = copy(direction, dst + dst_offset, src + src_offset, size);

	paint(bench, from, src + src_offset, size, size);
	paint(bench, to, dst - 64, span + 128, 0);
	dmmu_bench_cpy(bench, &cpy);
	for (uint64_t i = 0; i < span + 128; i += 8) {
		uint64_t addr = dst - 64 + i, offset = i - 64 - dst_offset;
		uint64_t expected =
			offset < size ? pattern(src + src_offset + offset, size) : pattern(addr, 0);

		if (*at(bench, to, addr) != expected)
			dmmu_bench_fail(bench,
					"copy of 0x%llx bytes, flags 0x%x, from offset 0x%llx to "
					"0x%llx: word 0x%llx is 0x%llx, expected 0x%llx",
					(unsigned long long)size, direction,
					(unsigned long long)src_offset,
					(unsigned long long)dst_offset, (unsigned long long)offset,
					(unsigned long long)*at(bench, to, addr),
					(unsigned long long)expected);
	}
	for (uint64_t i = 0; i < size; i += 8)
		BENCH_EQ(bench, *at(bench, from, src + src_offset + i),
			 pattern(src + src_offset + i, size));
}

void claim_copies_go_between_all_memories(struct dmmu_bench_config *config)
{
	static const uint64_t size[] = {8,    16,   504,  512,	 520,	 4088,
					4096, 4104, 8192, 65536, 2 * MIB};
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t from[2], to[2];

	for (int local = 0; local < 2; local++) {
		from[local] = place(bench, local, 2 * MIB);
		to[local] = place(bench, local, 2 * MIB);
	}
	for (unsigned int i = 0; i < sizeof(size) / sizeof(*size); i++)
		for (int d = 0; d < 4; d++)
			/* 2 MiB once each way is enough */
			if (size[i] < MIB || d == 1 || d == 2)
				copy_and_look(bench, (d & 1 ? SRC_L : 0) | (d & 2 ? DST_L : 0),
					      to[d >> 1], 0, from[d & 1], 0, size[i]);
	no_error(bench);
	dmmu_bench_free(bench);
}

void claim_copy_begins_and_ends_at_any_word(struct dmmu_bench_config *config)
{
	static const uint64_t offset[] = {0, 1, 63, 64, 65, 448, 511};
	static const uint64_t words[] = {1, 2, 63, 66, 513, 1030};
	struct dmmu_bench *bench = dmmu_bench_new(config);
	unsigned int n = sizeof(offset) / sizeof(*offset), count = 0;
	uint64_t from[2], to[2];

	for (int local = 0; local < 2; local++) {
		from[local] = place(bench, local, 8 * PAGE);
		to[local] = place(bench, local, 8 * PAGE);
	}
	for (unsigned int s = 0; s < n; s++)
		for (unsigned int t = 0; t < n; t++)
			for (unsigned int w = 0; w < sizeof(words) / sizeof(*words); w++) {
				unsigned int d = count++ % 4;

				copy_and_look(bench, (d & 1 ? SRC_L : 0) | (d & 2 ? DST_L : 0),
					      to[d >> 1], 8 * offset[t], from[d & 1], 8 * offset[s],
					      8 * words[w]);
			}
	no_error(bench);
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_head, count);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_COPIES), count);
	dmmu_bench_free(bench);
}

void claim_fill_writes_its_word_and_nothing_else(struct dmmu_bench_config *config)
{
	static const uint64_t size[] = {8, 512, 520, 4096, 4104, 3 * 4096};
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t to[2] = {place(bench, false, 8 * PAGE), place(bench, true, 8 * PAGE)};
	uint64_t words = 0;

	for (unsigned int i = 0; i < 4 * sizeof(size) / sizeof(*size); i++) {
		bool local = i & 1;
		uint64_t bytes = size[i / 4], offset = i & 2 ? 4080 : 0;
		uint64_t value = i % 3 ? pattern(i, 1) : 0;
		struct dmmu_cpy cpy = fill(local ? DST_L : 0, to[local] + offset, value, bytes);

		paint(bench, local, to[local] - 64, 6 * PAGE, 0);
		dmmu_bench_cpy(bench, &cpy);
		for (uint64_t k = 0; k < 6 * PAGE; k += 8) {
			uint64_t addr = to[local] - 64 + k;

			BENCH_EQ(bench, *at(bench, local, addr),
				 k - 64 - offset < bytes ? value : pattern(addr, 0));
		}
		words += bytes / 8;
	}
	/* fills between copies that keep the buffer busy, each with a word of its own */
	for (unsigned int i = 0; i < 60; i++) {
		struct dmmu_cpy cpy = i % 3 ? fill(DST_L, to[1] + i * 256, i, 256)
					    : copy(DST_L, to[1] + i * 256, to[0], 256);

		dmmu_bench_cpy_push(bench, &cpy);
		words += 32;
	}
	dmmu_bench_cpy_ring(bench);
	dmmu_bench_cpy_wait(bench, bench->cpy_tail - 1);
	for (unsigned int i = 0; i < 60; i++)
		for (unsigned int k = 0; k < 32; k++)
			BENCH_EQ(bench, *at(bench, true, to[1] + i * 256 + 8 * k),
				 i % 3 ? i : *at(bench, false, to[0] + 8 * k));
	no_error(bench);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_COPY_BEATS), words);
	dmmu_bench_free(bench);
}

/*
 * Looks every cycle: what the status block and the interrupt say must be true of memory by then.
 * The last word of a destination holds what was written there before, until the copy is there.
 */
struct order {
	struct dmmu_bench *bench;
	struct {
		bool local;
		uint64_t first, last, first_value, last_value;
	} part[64];
	uint32_t seen;
	uint8_t before;
	unsigned int irqs, steps;
};

static void look(void *opaque)
{
	struct order *o = opaque;
	struct dmmu_bench *bench = o->bench;
	uint32_t head;
	uint8_t req;

	if (!bench)
		return;
	head = dmmu_bench_status(bench)->cpy_head;
	if (head != o->seen)
		o->steps++;
	for (; o->seen != head; o->seen++) {
		unsigned int i = o->seen % 64;

		if (*at(bench, o->part[i].local, o->part[i].first) != o->part[i].first_value ||
		    *at(bench, o->part[i].local, o->part[i].last) != o->part[i].last_value)
			dmmu_bench_fail(bench,
					"cpy_head %u covers descriptor %u, whose data is not there",
					head, o->seen);
	}
	req = bench->dev->out.irq_req & ~o->before;
	o->before = bench->dev->out.irq_req;
	if (req & 1u << DMMU_IRQ_CPY) {
		BENCH_CHECK(bench, head == bench->cpy_tail,
			    "interrupt CPY before its status count");
		o->irqs++;
	}
}

void claim_copy_is_visible_before_its_count_and_interrupt(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct order o = {0};
	uint64_t from = place(bench, false, 16 * PAGE), near = place(bench, true, 16 * PAGE);
	uint64_t to[2] = {place(bench, false, 64 * PAGE), place(bench, true, 64 * PAGE)};

	bench->each_cycle = look;
	bench->opaque = &o;
	for (unsigned int round = 0; round < 8; round++) {
		paint(bench, false, from, 16 * PAGE, round + 1);
		paint(bench, true, near, 16 * PAGE, round + 1);
		o.bench = NULL;
		/* slow ones before fast ones, that could overtake them */
		for (unsigned int i = 0; i < 12; i++) {
			bool src = i % 4 == 1, local = i % 3 != 0;
			uint64_t size = i % 4 == 0 ? 2 * PAGE : 64 + 8 * i;
			uint64_t src_at = (src ? near : from) + i * 64,
				 dst = to[local] + i * 4 * PAGE;
			unsigned int k = bench->cpy_tail % 64;
			struct dmmu_cpy cpy =
				i % 5 == 4 ? fill(WB, dst, pattern(i, round), size)
					   : copy(WB | (src ? SRC_L : 0), dst, src_at, size);

			cpy.flags |= local ? DST_L : 0;
			cpy.flags |= i == 11 ? DMMU_CPY_F_IRQ : 0;
			o.part[k].local = local;
			o.part[k].first = dst;
			o.part[k].last = dst + size - 8;
			o.part[k].first_value = i % 5 == 4 ? cpy.value : *at(bench, src, src_at);
			o.part[k].last_value =
				i % 5 == 4 ? cpy.value : *at(bench, src, src_at + size - 8);
			dmmu_bench_cpy_push(bench, &cpy);
		}
		o.bench = bench;
		dmmu_bench_cpy_ring(bench);
		BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_CPY] == round + 1, 100000);
	}
	BENCH_EQ(bench, o.irqs, 8);
	BENCH_EQ(bench, o.seen, 96);
	BENCH_CHECK(bench, o.steps > 16, "the counts came in %u steps only", o.steps);
	no_error(bench);
	dmmu_bench_free(bench);
}

/* B is written by a slow copy and read by the next: with FENCE it is the new B, and the fence is
 * needed. */
void claim_copy_with_fence_sees_all_before(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	unsigned int overtook = 0;
	uint64_t a, b, c;

	config->host_latency = 200;
	bench = dmmu_bench_new(config);
	a = place(bench, false, 4 * PAGE);
	b = place(bench, true, 4 * PAGE);
	c = place(bench, true, 4 * PAGE);
	for (uint64_t i = 1; i <= 20; i++) {
		uint64_t size = 8 * i * (i & 1 ? 1 : 24);
		struct dmmu_cpy to_b = copy(DST_L, b, a, size);
		struct dmmu_cpy to_c = copy(SRC_L | DST_L, c, b, size);

		for (int fence = 0; fence < 2; fence++) {
			paint(bench, false, a, size, i);
			paint(bench, true, b, size, 0);
			to_c.flags = SRC_L | DST_L | (fence ? DMMU_CPY_F_FENCE : 0);
			dmmu_bench_cpy_push(bench, &to_b);
			dmmu_bench_cpy_push(bench, &to_c);
			dmmu_bench_cpy_ring(bench);
			dmmu_bench_cpy_wait(bench, bench->cpy_tail - 1);
			for (uint64_t k = 0; k < size; k += 8) {
				uint64_t found = *at(bench, true, c + k);

				if (fence)
					BENCH_EQ(bench, found, pattern(a + k, i));
				else
					overtook += found != pattern(a + k, i);
			}
		}
	}
	BENCH_CHECK(bench, overtook, "descriptors did not overlap, so the fence was not tried");
	no_error(bench);
	dmmu_bench_free(bench);
}

/* An error in the middle of three descriptors: theirs is the failure, the neighbours are copied. */
static void meet_error(struct dmmu_bench *bench, bool local, uint64_t addr, bool poison,
		       const struct dmmu_cpy *bad, const struct dmmu_cpy *good)
{
	uint32_t failed = dmmu_bench_status(bench)->cpy_failed;
	struct dmmu_cpy first = *good, last = *good;

	first.dst += 8 * PAGE;
	paint(bench, false, good->src, good->size, ++failed);
	paint(bench, good->flags & DST_L, good->dst, good->size, 0);
	paint(bench, good->flags & DST_L, first.dst, good->size, 0);
	*(local ? (poison ? &bench->local_poison_addr : &bench->local_error_addr)
		: (poison ? &bench->host_poison_addr : &bench->host_error_addr)) = addr;
	*(local ? (poison ? &bench->local_poison_bytes : &bench->local_error_bytes)
		: (poison ? &bench->host_poison_bytes : &bench->host_error_bytes)) = 8;
	dmmu_bench_cpy_push(bench, &first);
	dmmu_bench_cpy_push(bench, bad);
	dmmu_bench_cpy_push(bench, &last);
	dmmu_bench_cpy_ring(bench);
	dmmu_bench_cpy_wait(bench, bench->cpy_tail - 1);
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, failed);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_FAILED), failed);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_CPY_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	for (uint64_t i = 0; i < good->size; i += 8) {
		BENCH_EQ(bench, *at(bench, good->flags & DST_L, first.dst + i),
			 pattern(good->src + i, failed));
		BENCH_EQ(bench, *at(bench, good->flags & DST_L, last.dst + i),
			 pattern(good->src + i, failed));
	}
	bench->host_error_bytes = bench->local_error_bytes = 0;
	bench->host_poison_bytes = bench->local_poison_bytes = 0;
}

void claim_copy_error_ends_one_descriptor(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t from[2] = {place(bench, false, 2 * MIB), place(bench, true, 2 * MIB)};
	uint64_t to[2] = {place(bench, false, 2 * MIB), place(bench, true, 2 * MIB)};
	uint64_t src = place(bench, false, PAGE), dst = place(bench, true, 16 * PAGE), beats;
	struct dmmu_cpy good = copy(DST_L, dst, src, 600);
	/* in the first burst, in a later one, in the last of all */
	static const uint64_t where[] = {0, 8, 512 + 40, 3 * 4096 - 8};
	unsigned int errors = 0;

	for (int poison = 0; poison < 2; poison++)
		for (unsigned int w = 0; w < sizeof(where) / sizeof(*where); w++)
			for (int d = 0; d < 4; d++)
				for (int write = 0; write < 2; write++) {
					bool local = write ? d >> 1 : d & 1;
					uint8_t flags = (d & 1 ? SRC_L : 0) | (d & 2 ? DST_L : 0);
					struct dmmu_cpy bad =
						copy(flags, to[d >> 1], from[d & 1], 3 * PAGE);

					meet_error(bench, local,
						   (write ? to : from)[local] + where[w], poison,
						   &bad, &good);
					errors++;
				}
	/* what was read with an error is not written */
	paint(bench, true, to[1], PAGE, 7);
	bench->host_poison_addr = from[0] + 24;
	bench->host_poison_bytes = 8;
	good = copy(DST_L, to[1], from[0], 512);
	dmmu_bench_cpy(bench, &good);
	for (unsigned int i = 0; i < 64; i++)
		BENCH_EQ(bench, *at(bench, true, to[1] + 8 * i), pattern(to[1] + 8 * i, 7));
	errors++;
	/* a large one ends soon after its error */
	beats = dmmu_bench_counter(bench, DMMU_CNT_HOST_RD_BEATS);
	good.size = 2 * MIB;
	dmmu_bench_cpy(bench, &good);
	errors++;
	beats = dmmu_bench_counter(bench, DMMU_CNT_HOST_RD_BEATS) - beats;
	BENCH_CHECK(bench, beats < 4096, "%llu words of a failed copy were read",
		    (unsigned long long)beats);
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, errors);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_COPIES),
		 dmmu_bench_status(bench)->cpy_head - errors);
	dmmu_bench_free(bench);
}

void claim_bad_copies_are_refused(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t src = place(bench, false, PAGE), dst = place(bench, true, PAGE);
	uint64_t end = bench->config.local_bytes;
	const struct dmmu_cpy good = copy(DST_L, dst, src, 64), word = fill(DST_L, dst, 9, 64);
	struct dmmu_cpy bad[32];
	unsigned int n = 0;

#define BAD(base, field, wrong)         \
	do {                            \
		bad[n] = base;          \
		bad[n++].field = wrong; \
	} while (0)
	BAD(good, opcode, 0);
	BAD(good, opcode, 3);
	BAD(good, opcode, 0x81);
	BAD(good, flags, DST_L | 0x20);
	BAD(good, flags, DST_L | 0x80);
	BAD(word, flags, DST_L | SRC_L);
	BAD(good, rsvd[0], 1);
	BAD(good, rsvd[5], 0x80);
	BAD(good, size, 0);
	BAD(good, size, 68);
	BAD(good, size, 2 * MIB + 8);
	BAD(good, size, 1ull << 63);
	BAD(good, size, (1ull << 32) + 64);
	BAD(good, src, src + 4);
	BAD(good, src, ~7ull - 48);
	BAD(good, dst, dst + 1);
	BAD(good, dst, end - 56);
	BAD(good, dst, end);
	BAD(good, dst, ~7ull);
	BAD(good, dst, 1ull << 40);
	BAD(good, value, 1);
	BAD(good, value, 1ull << 63);
	BAD(word, src, 8);
	BAD(good, rsvd2[0], 1);
	BAD(good, rsvd2[23], 1);
	BAD(copy(SRC_L | DST_L, dst, 0, 64), src, end - 56);
	BENCH_CHECK(bench, n <= 32, "more than the table holds");
	paint(bench, false, src, 64, 1);
	paint(bench, true, dst, PAGE, 2);
	for (unsigned int i = 0; i < n; i++) {
		dmmu_bench_cpy(bench, &bad[i]);
		BENCH_CHECK(bench, dmmu_bench_read(bench, DMMU_REG_ERROR) == DMMU_ERROR_CPY_DESC,
			    "bad descriptor %u was not refused", i);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
		BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, i + 1);
		BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_head, i + 1);
	}
	for (unsigned int i = 0; i < 512; i++)
		BENCH_EQ(bench, *at(bench, true, dst + 8 * i), pattern(dst + 8 * i, 2));
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_COPIES), 0);
	BENCH_EQ(bench, dmmu_bench_counter(bench, DMMU_CNT_COPY_BEATS), 0);
	/* one that cannot be read counts as failed, too, and is told as for the other rings */
	bench->host_error_addr = bench->cpy_dma + 64 * (bench->cpy_tail & 63);
	bench->host_error_bytes = 64;
	dmmu_bench_cpy(bench, &good);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_HOST_BUS);
	dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, n + 1);
	bench->host_error_bytes = 0;
	/* up to the last word of local memory is allowed; and the good one is good */
	bad[0] = copy(DST_L, end - 64, src, 64);
	dmmu_bench_cpy(bench, &bad[0]);
	dmmu_bench_cpy(bench, &good);
	BENCH_EQ(bench, *at(bench, true, end - 8), pattern(src + 56, 1));
	BENCH_EQ(bench, *at(bench, true, dst + 56), pattern(src + 56, 1));
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_failed, n + 1);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	dmmu_bench_free(bench);
}

void claim_copy_ring_wraps_and_fills(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t src, dst;
	uint32_t tail;

	config->cpy_log2 = 1;
	bench = dmmu_bench_new(config);
	src = place(bench, false, PAGE);
	dst = place(bench, true, PAGE);
	for (uint64_t i = 0; i < 50; i += 2) {
		struct dmmu_cpy one = copy(DST_L, dst, src, 8), two = fill(DST_L, dst + 8, ~i, 16);

		/* both slots, behind one doorbell */
		host_set(bench, src, i);
		dmmu_bench_cpy_push(bench, &one);
		dmmu_bench_cpy_push(bench, &two);
		dmmu_bench_cpy_ring(bench);
		dmmu_bench_cpy_wait(bench, bench->cpy_tail - 1);
		BENCH_EQ(bench, *at(bench, true, dst), i);
		BENCH_EQ(bench, *at(bench, true, dst + 16), ~i);
	}
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_HEAD), 50);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
	tail = bench->cpy_tail;
	for (unsigned int wrong = 0; wrong < 2; wrong++) {
		dmmu_bench_write(bench, DMMU_REG_CPY_TAIL, wrong ? tail - 1 : tail + 3);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_TAIL), tail);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), DMMU_ERROR_DOORBELL);
		dmmu_bench_write(bench, DMMU_REG_ERROR, ~0u);
	}
	dmmu_bench_run(bench, 1000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_HEAD), 50);
	no_error(bench);
	dmmu_bench_free(bench);
}

struct heads {
	struct dmmu_bench *bench;
	uint64_t seen; /* bit n: cpy_head was n */
};

static void note_head(void *opaque)
{
	struct heads *h = opaque;

	if (h->bench)
		h->seen |= 1ull << (dmmu_bench_status(h->bench)->cpy_head & 63);
}

void claim_copy_count_is_written_when_asked_for_or_at_the_end(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct heads h = {0};
	uint64_t src = place(bench, false, 8 * PAGE), dst = place(bench, true, 8 * PAGE);

	bench->each_cycle = note_head;
	bench->opaque = &h;
	h.bench = bench;
	for (unsigned int i = 0; i < 6; i++) {
		struct dmmu_cpy cpy = copy(DST_L, dst + i * PAGE, src + i * PAGE, PAGE);

		/* IRQ without WB asks for nothing */
		cpy.flags |= i == 1 ? WB : i == 3 ? WB | DMMU_CPY_F_IRQ : DMMU_CPY_F_IRQ;
		dmmu_bench_cpy_push(bench, &cpy);
	}
	dmmu_bench_cpy_ring(bench);
	dmmu_bench_cpy_wait(bench, 5);
	dmmu_bench_run(bench, 1000);
	BENCH_EQ(bench, h.seen, 1u << 0 | 1u << 2 | 1u << 4 | 1u << 6);
	BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CPY], 1);
	no_error(bench);
	dmmu_bench_free(bench);
}

static void reset_in_mid_copy(struct dmmu_bench_config *config, bool flr, unsigned int wait)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t src = place(bench, false, MIB), dst = place(bench, true, MIB);
	uint64_t back = place(bench, false, MIB);
	struct dmmu_cpy in = copy(DST_L, dst, src, MIB), out = copy(SRC_L, back, dst + 8, 4 * PAGE);
	static uint64_t before[2][MIB / 8];

	paint(bench, false, src, MIB, 1);
	dmmu_bench_cpy_push(bench, &out);
	dmmu_bench_cpy_push(bench, &in);
	dmmu_bench_cpy_ring(bench);
	BENCH_UNTIL(bench, dmmu_mem_in_flight(bench->dev->host, src, MIB), 20000);
	dmmu_bench_run(bench, wait);
	if (flr) {
		BENCH_CHECK(bench, dmmu_device_flr(bench->dev, 20000),
			    "the reset did not end in time");
	} else {
		dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_RESET);
		BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_CTRL) & DMMU_CTRL_RESET),
			    20000);
	}
	BENCH_CHECK(bench,
		    !dmmu_mem_in_flight(bench->dev->host, src, MIB) &&
			    !dmmu_mem_in_flight(bench->dev->local, dst, MIB),
		    "an access of before the reset is still in flight");
	BENCH_CHECK(bench, *at(bench, true, dst + MIB - 8) == 0, "the copy was over before");
	memcpy(before[0], at(bench, true, dst), MIB);
	memcpy(before[1], at(bench, false, back), MIB);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_TAIL), 0);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_HEAD), 0);
	dmmu_bench_run(bench, 3000);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) == DMMU_STATUS_READY, 2000);
	BENCH_CHECK(bench,
		    !memcmp(before[0], at(bench, true, dst), MIB) &&
			    !memcmp(before[1], at(bench, false, back), MIB),
		    "memory changed after the reset");
	dmmu_bench_enable(bench);
	in.size = 64 * PAGE;
	dmmu_bench_cpy(bench, &in);
	for (uint64_t i = 0; i < in.size; i += 8)
		BENCH_EQ(bench, *at(bench, true, dst + i), pattern(src + i, 1));
	BENCH_EQ(bench, dmmu_bench_status(bench)->cpy_head, 1);
	no_error(bench);
	dmmu_bench_free(bench);
}

void claim_reset_in_mid_copy_drains_and_forgets(struct dmmu_bench_config *config)
{
	config->host_latency = 300;
	for (unsigned int i = 0; i < 6; i++)
		reset_in_mid_copy(config, i & 1, i * 333);
}

void claim_disabled_device_ends_the_copy_at_hand(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t src = place(bench, false, 64 * PAGE), dst = place(bench, true, 64 * PAGE);
	uint32_t head;

	paint(bench, false, src, 64 * PAGE, 3);
	for (unsigned int i = 0; i < 16; i++) {
		struct dmmu_cpy cpy = copy(DST_L, dst + i * 4 * PAGE, src + i * 4 * PAGE, 4 * PAGE);

		dmmu_bench_cpy_push(bench, &cpy);
	}
	dmmu_bench_cpy_ring(bench);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_CPY_HEAD) == 2, 100000);
	BENCH_CHECK(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) & DMMU_STATUS_BUSY,
		    "a device that copies is not busy");
	dmmu_bench_write(bench, DMMU_REG_CTRL, 0);
	BENCH_UNTIL(bench, !(dmmu_bench_read(bench, DMMU_REG_STATUS) & DMMU_STATUS_BUSY), 20000);
	head = dmmu_bench_read(bench, DMMU_REG_CPY_HEAD);
	BENCH_CHECK(bench, head < 8, "%u descriptors were begun", head);
	for (uint64_t i = 0; i < 64 * PAGE; i += 8)
		BENCH_EQ(bench, *at(bench, true, dst + i),
			 i < head * 4 * PAGE ? pattern(src + i, 3) : 0);
	dmmu_bench_run(bench, 2000);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_HEAD), head);
	/* and goes on where it was */
	dmmu_bench_write(bench, DMMU_REG_CTRL, DMMU_CTRL_ENABLE);
	dmmu_bench_cpy_wait(bench, 15);
	for (uint64_t i = 0; i < 64 * PAGE; i += 8)
		BENCH_EQ(bench, *at(bench, true, dst + i), pattern(src + i, 3));
	no_error(bench);
	dmmu_bench_free(bench);
}

/* A copy of 2 MiB is under way all the time. Nobody else waits for its end. */
void claim_control_and_work_go_on_beside_copies(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t root = context_new(bench, 2), src = place(bench, false, 2 * MIB);
	uint64_t dst = place(bench, true, 2 * MIB), host, local, begin;
	struct dmmu_cpy large = copy(DST_L, dst, src, 2 * MIB);
	struct dmmu_cpl cpl;

	host = map_host(bench, root, VA, 8, PTE_RW);
	local = map_local(bench, root, VA + 8 * PAGE, 8, PTE_RW);
	paint(bench, false, src, 2 * MIB, 5);
	dmmu_bench_cpy_push(bench, &large);
	dmmu_bench_cpy_ring(bench);
	BENCH_UNTIL(bench, dmmu_mem_in_flight(bench->dev->local, dst, 2 * MIB), 20000);
	begin = dmmu_bench_cycle(bench);
	for (uint64_t i = 0; i < 16; i++) {
		paint(bench, false, host, 8 * PAGE, i);
		for (uint64_t t = 0; t < 8; t++)
			dmmu_bench_work_push(bench, &(struct dmmu_work){.op = DMMU_OP_COPY,
									.ctx = 2,
									.src = VA + t * PAGE,
									.dst = VA + (8 + t) * PAGE,
									.len = PAGE});
		dmmu_bench_work_ring(bench);
		dmmu_bench_run(bench, 300);
		dmmu_bench_invalidate(bench, 2, VA, 16 * PAGE);
		dmmu_bench_pt_fill(bench, dmmu_bench_pte_at(bench, root, VA, 0), 8, host | PTE_RW,
				   PAGE);
		for (uint64_t t = 0; t < 8; t++) {
			dmmu_bench_cpl_wait(bench, &cpl);
			BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
		}
		for (uint64_t k = 0; k < 8 * PAGE; k += 8)
			BENCH_EQ(bench, *at(bench, true, local + k), pattern(host + k, i));
	}
	BENCH_CHECK(bench, dmmu_bench_status(bench)->cpy_head == 0,
		    "the copy was over after %llu cycles",
		    (unsigned long long)(dmmu_bench_cycle(bench) - begin));
	dmmu_bench_cpy_wait(bench, 0);
	for (uint64_t i = 0; i < 2 * MIB; i += 8)
		BENCH_EQ(bench, *at(bench, true, dst + i), pattern(src + i, 5));
	no_error(bench);
	dmmu_bench_free(bench);
}

/* Both ways at once, out of pages and into pages that lie anyhow: what one reads the other does not
 * write. */
void claim_copies_of_both_directions_overlap(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench;
	uint64_t from[2], to[2], begin, cycles;

	config->host_latency = 250;
	config->cpy_log2 = 7;
	bench = dmmu_bench_new(config);
	for (int local = 0; local < 2; local++) {
		from[local] = place(bench, local, 64 * PAGE);
		to[local] = place(bench, local, 64 * PAGE);
		paint(bench, local, from[local], 64 * PAGE, 9);
	}
	for (uint64_t i = 0; i < 64; i++)
		for (int way = 0; way < 2; way++) {
			struct dmmu_cpy cpy = copy(way ? SRC_L : DST_L, to[!way] + i * PAGE,
						   from[way] + i * PAGE, PAGE);

			dmmu_bench_cpy_push(bench, &cpy);
		}
	begin = dmmu_bench_cycle(bench);
	dmmu_bench_cpy_ring(bench);
	dmmu_bench_cpy_wait(bench, 127);
	cycles = dmmu_bench_cycle(bench) - begin;
	for (int local = 0; local < 2; local++)
		for (uint64_t i = 0; i < 64 * PAGE; i += 8)
			BENCH_EQ(bench, *at(bench, local, to[local] + i),
				 pattern(from[!local] + i, 9));
	/* a change of direction costs less than a tenth */
	if (!config->stall && !config->reorder)
		BENCH_CHECK(bench, cycles < 128 * 512 * 11 / 10, "128 pages took %llu cycles",
			    (unsigned long long)cycles);
	no_error(bench);
	dmmu_bench_free(bench);
}
