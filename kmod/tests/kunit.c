// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the driver's pure logic; need no device and no driver.
 *
 * Suites: dmmu_pgtable (entries as the device reads them), dmmu_ring (index arithmetic at the
 * wrap), dmmu_range (clipping at both ends of the address space), dmmu_fault (a batch of faults to
 * page windows), dmmu_copy (a batch of pages to copy descriptors, and how local memory is divided).
 * The code under test is compiled in, not linked against, so that this module loads anywhere.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../copy.h"
#include "../pte.h"
#include "../range.h"
#include "../ring.h"
#include "../vector.h"

#include "../plan.c"

static void pte_leaf(struct kunit *test)
{
	u64 ro = dmmu_pte_host(0x123456789000, false, true);
	u64 rw = dmmu_pte_host(0x123456789000, true, true);

	/* Bit for bit, as the register map has it: V R W AT LOCAL A D LEAF. */
	KUNIT_EXPECT_EQ(test, ro, 0x0000123456789083ULL);
	KUNIT_EXPECT_EQ(test, rw, 0x000012345678908fULL);
	KUNIT_EXPECT_EQ(test, dmmu_pte_host(0x123456789000, true, false), 0x0000123456789087ULL);
	KUNIT_EXPECT_TRUE(test, dmmu_pte_is_leaf(ro));
	KUNIT_EXPECT_EQ(test, dmmu_pte_addr(rw), 0x123456789000ULL);
}

static void pte_leaf_in_local_memory(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dmmu_pte_local(0x3456000, false, true), 0x0000000003456093ULL);
	KUNIT_EXPECT_EQ(test, dmmu_pte_local(0x3456000, true, true), 0x000000000345609fULL);
	KUNIT_EXPECT_TRUE(test, dmmu_pte_is_local(dmmu_pte_local(0, false, false)));
	KUNIT_EXPECT_FALSE(test, dmmu_pte_is_local(dmmu_pte_host(~0ULL, true, true)));
}

static void pte_reserved_bits_stay_zero(struct kunit *test)
{
	/* Whatever is given as an address, nothing reserved and no flag may come out of it. */
	u64 leaf = dmmu_pte_host(~0ULL, false, false);
	u64 table = dmmu_pte_table(~0ULL);

	KUNIT_EXPECT_EQ(test, leaf & (DMMU_PTE_RSVD_LO | DMMU_PTE_RSVD_HI), 0ULL);
	leaf &= DMMU_PTE_W | DMMU_PTE_AT | DMMU_PTE_LOCAL | DMMU_PTE_A | DMMU_PTE_D;
	KUNIT_EXPECT_EQ(test, leaf, 0ULL);
	KUNIT_EXPECT_EQ(test, table & ~(DMMU_PTE_V | DMMU_PTE_ADDR), 0ULL);
}

static void pte_table(struct kunit *test)
{
	u64 pte = dmmu_pte_table(0x7000);

	KUNIT_EXPECT_EQ(test, pte, 0x7001ULL);
	KUNIT_EXPECT_FALSE(test, dmmu_pte_is_leaf(pte));
}

static void pte_can_hold(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, dmmu_pte_can_hold(0));
	KUNIT_EXPECT_TRUE(test, dmmu_pte_can_hold(0x000ffffffffff000ULL));
	KUNIT_EXPECT_FALSE(test, dmmu_pte_can_hold(0x0010000000000000ULL));
	KUNIT_EXPECT_FALSE(test, dmmu_pte_can_hold(0x800));
}

static void pte_level_index(struct kunit *test)
{
	u64 va = 0x0000ffeeddccb123ULL & ((1ULL << 48) - 1);
	u64 back = va & 0xfff;
	unsigned int level;

	for (level = 0; level < 4; level++)
		back |= (u64)dmmu_level_index(va, level) << dmmu_level_shift(level);
	KUNIT_EXPECT_EQ(test, back, va);
	KUNIT_EXPECT_EQ(test, dmmu_level_span(0), 4096ULL);
	KUNIT_EXPECT_EQ(test, dmmu_level_span(1), 2ULL << 20);
	KUNIT_EXPECT_EQ(test, dmmu_level_span(4), 1ULL << 48);
	KUNIT_EXPECT_EQ(test, dmmu_level_index(~0ULL, 3), 511U);
}

static void pte_series(struct kunit *test)
{
	const u64 up[] = { 0x1083, 0x2083, 0x3083, 0x5083 };
	const u64 same[] = { 0x1083, 0x1083, 0x1083 };
	const u64 down[] = { 0x3083, 0x2083, 0x1083 };
	u64 step;

	KUNIT_EXPECT_EQ(test, dmmu_pte_series(up, 4, &step), 3U);
	KUNIT_EXPECT_EQ(test, step, 0x1000ULL);
	KUNIT_EXPECT_EQ(test, dmmu_pte_series(same, 3, &step), 3U);
	KUNIT_EXPECT_EQ(test, step, 0ULL);
	/* Modulo 2^64, as the device adds. */
	KUNIT_EXPECT_EQ(test, dmmu_pte_series(down, 3, &step), 3U);
	KUNIT_EXPECT_EQ(test, step, -0x1000ULL);
	KUNIT_EXPECT_EQ(test, dmmu_pte_series(up, 1, &step), 1U);
	KUNIT_EXPECT_EQ(test, step, 0ULL);
	KUNIT_EXPECT_EQ(test, dmmu_pte_series(up, 0, &step), 0U);
}

/* The records of the generated header are what the device reads: their sizes and a few places. */
static void record_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct dmmu_ctl), 64);
	KUNIT_EXPECT_EQ(test, sizeof(struct dmmu_work), 64);
	KUNIT_EXPECT_EQ(test, sizeof(struct dmmu_cpl), 64);
	KUNIT_EXPECT_EQ(test, sizeof(struct dmmu_flt), 64);
	KUNIT_EXPECT_EQ(test, sizeof(struct dmmu_status), 64);
	KUNIT_EXPECT_EQ(test, offsetof(struct dmmu_ctl, step), 0x38);
	KUNIT_EXPECT_EQ(test, offsetof(struct dmmu_work, arg2), 0x38);
	KUNIT_EXPECT_EQ(test, offsetof(struct dmmu_cpl, faults), 0x38);
	KUNIT_EXPECT_EQ(test, offsetof(struct dmmu_flt, record), 0x28);
}

static struct kunit_case dmmu_pgtable_cases[] = {
	KUNIT_CASE(pte_leaf),	     KUNIT_CASE(pte_reserved_bits_stay_zero),
	KUNIT_CASE(pte_table),	     KUNIT_CASE(pte_can_hold),
	KUNIT_CASE(pte_level_index), KUNIT_CASE(pte_series),
	KUNIT_CASE(record_layout),   KUNIT_CASE(pte_leaf_in_local_memory),
	{}
};

static struct kunit_suite dmmu_pgtable_suite = {
	.name = "dmmu_pgtable",
	.test_cases = dmmu_pgtable_cases,
};

static void ring_empty_and_full(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dmmu_ring_used(5, 5), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_free(5, 5, 64), 64U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_free(69, 5, 64), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_slot(69, 64), 5U);
}

static void ring_wraps_at_2_32(struct kunit *test)
{
	u32 consumer = 0xfffffff0, producer = consumer + 64;

	KUNIT_EXPECT_EQ(test, producer, 0x30U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_used(producer, consumer), 64U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_free(producer, consumer, 64), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_free(producer, consumer, 128), 64U);
	/* Slots go on where they were. */
	KUNIT_EXPECT_EQ(test, dmmu_ring_slot(0xffffffff, 64), 63U);
	KUNIT_EXPECT_EQ(test, dmmu_ring_slot(0, 64), 0U);
}

static void ring_every_slot_once(struct kunit *test)
{
	u64 seen = 0;
	u32 i;

	for (i = 0xffffffe0; i != 0x20; i++)
		seen ^= BIT_ULL(dmmu_ring_slot(i, 64));
	KUNIT_EXPECT_EQ(test, seen, ~0ULL);
}

static void ring_reached(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, dmmu_ring_reached(7, 7));
	KUNIT_EXPECT_TRUE(test, dmmu_ring_reached(8, 7));
	KUNIT_EXPECT_FALSE(test, dmmu_ring_reached(6, 7));
	KUNIT_EXPECT_FALSE(test, dmmu_ring_reached(0xfffffffe, 2));
	KUNIT_EXPECT_TRUE(test, dmmu_ring_reached(2, 0xfffffffe));
	KUNIT_EXPECT_TRUE(test, dmmu_ring_reached(0, 0));
}

static struct kunit_case dmmu_ring_cases[] = { KUNIT_CASE(ring_empty_and_full),
					       KUNIT_CASE(ring_wraps_at_2_32),
					       KUNIT_CASE(ring_every_slot_once),
					       KUNIT_CASE(ring_reached),
					       {} };

static struct kunit_suite dmmu_ring_suite = {
	.name = "dmmu_ring",
	.test_cases = dmmu_ring_cases,
};

static void expect_range(struct kunit *test, struct dmmu_range r, u64 start, u64 end)
{
	KUNIT_EXPECT_EQ(test, r.start, start);
	KUNIT_EXPECT_EQ(test, r.end, end);
}

static void range_aligns_outwards(struct kunit *test)
{
	expect_range(test, dmmu_range_clip(0x1001, 0x1002, 48), 0x1000, 0x2000);
	expect_range(test, dmmu_range_clip(0x1000, 0x2000, 48), 0x1000, 0x2000);
	expect_range(test, dmmu_range_clip(0x1fff, 0x2001, 48), 0x1000, 0x3000);
}

static void range_clips_at_the_top(struct kunit *test)
{
	/* As the notifier announces the end of an address space. */
	expect_range(test, dmmu_range_clip(0, ULONG_MAX, 48), 0, 1ULL << 48);
	expect_range(test, dmmu_range_clip(0x1000, ~0ULL, 39), 0x1000, 1ULL << 39);
	expect_range(test, dmmu_range_clip((1ULL << 48) - 1, ~0ULL, 48), (1ULL << 48) - 0x1000,
		     1ULL << 48);
	expect_range(test, dmmu_range_clip(0, ~0ULL, 64), 0, 0xfffffffffffff000ULL);
}

static void range_may_be_empty(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, dmmu_range_empty(dmmu_range_clip(0x1000, 0x1000, 48)));
	KUNIT_EXPECT_TRUE(test, dmmu_range_empty(dmmu_range_clip(0x2000, 0x1000, 48)));
	KUNIT_EXPECT_TRUE(test, dmmu_range_empty(dmmu_range_clip(0x1002, 0x1001, 48)));
	KUNIT_EXPECT_TRUE(test, dmmu_range_empty(dmmu_range_clip(1ULL << 48, ~0ULL, 48)));
	KUNIT_EXPECT_FALSE(test, dmmu_range_empty(dmmu_range_clip(0, 1, 48)));
}

static void range_in_table(struct kunit *test)
{
	struct dmmu_range r = { 0x1ff000, 0x601000 };

	expect_range(test, dmmu_range_in_table(r, 0x1ff000, 0), 0x1ff000, 0x200000);
	expect_range(test, dmmu_range_in_table(r, 0x3fffff, 0), 0x200000, 0x400000);
	expect_range(test, dmmu_range_in_table(r, 0x600000, 0), 0x600000, 0x601000);
	expect_range(test, dmmu_range_in_table(r, 0x600000, 1), 0x1ff000, 0x601000);
}

static void range_valid_va(struct kunit *test)
{
	u64 task_size = (1ULL << 47) - 4096;

	KUNIT_EXPECT_TRUE(test, dmmu_va_valid(0, 48, task_size));
	KUNIT_EXPECT_TRUE(test, dmmu_va_valid(task_size - 1, 48, task_size));
	KUNIT_EXPECT_FALSE(test, dmmu_va_valid(task_size, 48, task_size));
	KUNIT_EXPECT_FALSE(test, dmmu_va_valid(1ULL << 39, 39, task_size));
	KUNIT_EXPECT_FALSE(test, dmmu_va_valid(0xffff888000000000ULL, 48, task_size));
	KUNIT_EXPECT_FALSE(test, dmmu_va_valid(0xffff888000000000ULL, 64, task_size));
}

static struct kunit_case dmmu_range_cases[] = {
	KUNIT_CASE(range_aligns_outwards), KUNIT_CASE(range_clips_at_the_top),
	KUNIT_CASE(range_may_be_empty),	   KUNIT_CASE(range_in_table),
	KUNIT_CASE(range_valid_va),	   {}
};

static struct kunit_suite dmmu_range_suite = {
	.name = "dmmu_range",
	.test_cases = dmmu_range_cases,
};

static void fault_sorts_and_merges(struct kunit *test)
{
	struct dmmu_page_req req[] = {
		{ .va = 0x5000 }, { .va = 0x1000 }, { .va = 0x5000, .write = true },
		{ .va = 0x3000 }, { .va = 0x1000 }, { .va = 0x5000 },
	};

	KUNIT_ASSERT_EQ(test, dmmu_plan_pages(req, ARRAY_SIZE(req)), 3U);
	KUNIT_EXPECT_EQ(test, req[0].va, 0x1000ULL);
	KUNIT_EXPECT_FALSE(test, req[0].write);
	KUNIT_EXPECT_EQ(test, req[1].va, 0x3000ULL);
	/* The strongest access of the three. */
	KUNIT_EXPECT_EQ(test, req[2].va, 0x5000ULL);
	KUNIT_EXPECT_TRUE(test, req[2].write);
}

static void fault_batch_of_none_and_one(struct kunit *test)
{
	struct dmmu_page_req req = { .va = 0x1000, .write = true };
	struct dmmu_window win;

	KUNIT_EXPECT_EQ(test, dmmu_plan_pages(&req, 0), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_plan_windows(&req, 0, 16, &win), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_plan_pages(&req, 1), 1U);
	KUNIT_ASSERT_EQ(test, dmmu_plan_windows(&req, 1, 16, &win), 1U);
	KUNIT_EXPECT_EQ(test, win.start, 0ULL);
	KUNIT_EXPECT_EQ(test, win.npages, 16U);
	KUNIT_EXPECT_TRUE(test, win.write);
}

static void fault_windows(struct kunit *test)
{
	const struct dmmu_page_req req[] = {
		{ .va = 0x0f000 },
		{ .va = 0x10000, .write = true },
		{ .va = 0x1f000 },
		{ .va = 0x40000 },
	};
	struct dmmu_window win[4];

	KUNIT_ASSERT_EQ(test, dmmu_plan_windows(req, 4, 16, win), 3U);
	KUNIT_EXPECT_EQ(test, win[0].start, 0ULL);
	KUNIT_EXPECT_EQ(test, win[0].count, 1U);
	KUNIT_EXPECT_FALSE(test, win[0].write);
	KUNIT_EXPECT_EQ(test, win[1].start, 0x10000ULL);
	KUNIT_EXPECT_EQ(test, win[1].first, 1U);
	KUNIT_EXPECT_EQ(test, win[1].count, 2U);
	KUNIT_EXPECT_TRUE(test, win[1].write);
	KUNIT_EXPECT_EQ(test, win[2].start, 0x40000ULL);
	KUNIT_EXPECT_EQ(test, win[2].first, 3U);
}

static void fault_window_size_is_bounded(struct kunit *test)
{
	const struct dmmu_page_req req = { .va = 0x7f000 };
	struct dmmu_window win;

	dmmu_plan_windows(&req, 1, 0, &win);
	KUNIT_EXPECT_EQ(test, win.npages, 1U);
	KUNIT_EXPECT_EQ(test, win.start, 0x7f000ULL);
	dmmu_plan_windows(&req, 1, 24, &win);
	KUNIT_EXPECT_EQ(test, win.npages, 16U);
	dmmu_plan_windows(&req, 1, UINT_MAX, &win);
	KUNIT_EXPECT_EQ(test, win.npages, (unsigned int)DMMU_WINDOW_MAX_PAGES);
	KUNIT_EXPECT_EQ(test, win.start, 0x40000ULL);
}

static void fault_windows_of_a_range(struct kunit *test)
{
	const struct dmmu_window like = { .write = true, .wanted = { 0x41000, 0x100000 } };
	struct dmmu_window win[2];
	u64 at = 0x41000;

	KUNIT_ASSERT_EQ(test, dmmu_plan_range(&at, 0x81000, &like, win, 2), 2U);
	KUNIT_EXPECT_EQ(test, at, 0xc0000ULL);
	KUNIT_EXPECT_EQ(test, win[0].start, 0x40000ULL);
	KUNIT_EXPECT_EQ(test, win[1].start, 0x80000ULL);
	KUNIT_EXPECT_EQ(test, win[1].npages, (unsigned int)DMMU_WINDOW_MAX_PAGES);
	KUNIT_EXPECT_TRUE(test, win[1].write);
	KUNIT_EXPECT_EQ(test, win[1].wanted[1], 0x100000ULL);
	KUNIT_EXPECT_EQ(test, dmmu_plan_range(&at, 0x81000, &like, win, 2), 0U);
	/* more than there is room for */
	at = 0;
	KUNIT_EXPECT_EQ(test, dmmu_plan_range(&at, 0x100000, &like, win, 2), 2U);
	KUNIT_EXPECT_EQ(test, at, 0x80000ULL);
}

static void fault_runs(struct kunit *test)
{
	const struct dmmu_page_req req[] = {
		{ .va = 0x1000 },
		{ .va = 0x2000 },
		{ .va = 0x3000, .write = true },
		{ .va = 0x5000, .write = true },
	};

	KUNIT_EXPECT_EQ(test, dmmu_plan_run(&req[0], 4), 2U);
	KUNIT_EXPECT_EQ(test, dmmu_plan_run(&req[2], 2), 1U);
	KUNIT_EXPECT_EQ(test, dmmu_plan_run(&req[3], 1), 1U);
	KUNIT_EXPECT_EQ(test, dmmu_plan_run(&req[0], 1), 1U);
}

static void fault_find(struct kunit *test)
{
	struct dmmu_page_req req[] = { { .va = 0x1000 }, { .va = 0x3000 }, { .va = 0x9000 } };

	KUNIT_EXPECT_PTR_EQ(test, dmmu_plan_find(req, 3, 0x3ff8), &req[1]);
	KUNIT_EXPECT_PTR_EQ(test, dmmu_plan_find(req, 3, 0x9000), &req[2]);
	KUNIT_EXPECT_NULL(test, dmmu_plan_find(req, 3, 0x4000));
}

static struct kunit_case dmmu_fault_cases[] = { KUNIT_CASE(fault_sorts_and_merges),
						KUNIT_CASE(fault_batch_of_none_and_one),
						KUNIT_CASE(fault_windows),
						KUNIT_CASE(fault_window_size_is_bounded),
						KUNIT_CASE(fault_windows_of_a_range),
						KUNIT_CASE(fault_runs),
						KUNIT_CASE(fault_find),
						{} };

static struct kunit_suite dmmu_fault_suite = {
	.name = "dmmu_fault",
	.test_cases = dmmu_fault_cases,
};

/* @n pages that are contiguous on both sides, from these addresses. */
static void copy_pages(struct dmmu_copy_op *op, unsigned int n, u64 dma, u64 local)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		op[i] = (struct dmmu_copy_op){
			.dma = dma + i * DMMU_PAGE_SIZE,
			.local = local + i * DMMU_PAGE_SIZE,
			.dir = DMMU_COPY_IN,
		};
}

static void copy_merges_what_is_contiguous_on_both_sides(struct kunit *test)
{
	struct dmmu_copy_op op[8];

	copy_pages(op, 8, 0x10000, 0x800000);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 8), 8U);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 1), 1U);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 0), 0U);
	op[3].dma += DMMU_PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 8), 3U);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op + 3, 5), 1U);
	copy_pages(op, 8, 0x10000, 0x800000);
	op[5].local -= DMMU_PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 8), 5U);
	copy_pages(op, 8, 0x10000, 0x800000);
	op[2].dir = DMMU_COPY_OUT;
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 8), 2U);
	/* Descending addresses are no run. */
	copy_pages(op, 2, 0x10000, 0x800000);
	swap(op[0], op[1]);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 2), 1U);
}

static void copy_of_zeros_needs_no_source(struct kunit *test)
{
	struct dmmu_copy_op op[4];
	unsigned int i;

	copy_pages(op, 4, 0, 0x800000);
	for (i = 0; i < 4; i++) {
		op[i].dma = 0;
		op[i].dir = DMMU_COPY_ZERO;
	}
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, 4), 4U);
}

static void copy_of_one_descriptor_is_bounded(struct kunit *test)
{
	const unsigned int most = DMMU_COPY_MAX_BYTES / DMMU_PAGE_SIZE, n = 2 * most + 3;
	struct dmmu_copy_op *op = kunit_kcalloc(test, n, sizeof(*op), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, op);
	KUNIT_EXPECT_LE(test, (u64)DMMU_COPY_MAX_BYTES, (u64)DMMU_CPY_MAX_BYTES);
	copy_pages(op, n, 0x10000, 0x800000);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op, n), most);
	KUNIT_EXPECT_EQ(test, dmmu_copy_run(op + 2 * most, 3), 3U);
}

static void copy_leaves_room_for_page_tables(struct kunit *test)
{
	u64 size;

	KUNIT_EXPECT_EQ(test, dmmu_local_split(64ULL << 20), 8ULL << 20);
	KUNIT_EXPECT_EQ(test, dmmu_local_split(16ULL << 20), 2ULL << 20);
	KUNIT_EXPECT_EQ(test, dmmu_local_split(4ULL << 20), 2ULL << 20);
	/* Nothing is left for pages. */
	KUNIT_EXPECT_EQ(test, dmmu_local_split(2ULL << 20), 2ULL << 20);
	KUNIT_EXPECT_EQ(test, dmmu_local_split(1ULL << 20), 1ULL << 20);
	for (size = 64 << 10; size < 1ULL << 40; size = size * 3 + 4096) {
		u64 base = dmmu_local_split(size);

		KUNIT_EXPECT_LE(test, base, size);
		if (base == size)
			continue;
		KUNIT_EXPECT_EQ(test, base % DMMU_LOCAL_UNIT, 0ULL);
		KUNIT_EXPECT_GE(test, base, size / 8);
		KUNIT_EXPECT_GE(test, size - base, DMMU_LOCAL_UNIT);
	}
}

static void vector_of_each_cause_exists(struct kunit *test)
{
	unsigned int n, cause;

	for (n = 1; n <= DMMU_IRQ_COUNT; n++) {
		unsigned long used = 0;

		for (cause = 0; cause < DMMU_IRQ_COUNT; cause++) {
			unsigned int vector = dmmu_irq_vector(cause, n);

			KUNIT_EXPECT_LT(test, vector, n);
			used |= BIT(vector);
			KUNIT_EXPECT_EQ(test, dmmu_irq_route(n) >> 4 * cause & 0xf, vector);
		}
		/* None is left unused. */
		KUNIT_EXPECT_EQ(test, used, BIT(n) - 1);
	}
}

static void vector_of_its_own_when_there_are_enough(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, dmmu_irq_route(DMMU_IRQ_COUNT), DMMU_RST_IRQ_ROUTE);
	/* Without a copy engine four are enough. */
	KUNIT_EXPECT_EQ(test, dmmu_irq_route(DMMU_IRQ_CPY), DMMU_RST_IRQ_ROUTE & 0xffff);
}

static void vector_is_shared_by_those_that_only_wake(struct kunit *test)
{
	unsigned int n;

	for (n = 2; n <= DMMU_IRQ_CPY; n++) {
		KUNIT_EXPECT_EQ(test, dmmu_irq_vector(DMMU_IRQ_CPY, n),
				dmmu_irq_vector(DMMU_IRQ_CTL, n));
		KUNIT_EXPECT_NE(test, dmmu_irq_vector(DMMU_IRQ_CPL, n),
				dmmu_irq_vector(DMMU_IRQ_CTL, n));
	}
}

static struct kunit_case dmmu_vector_cases[] = {
	KUNIT_CASE(vector_of_each_cause_exists),
	KUNIT_CASE(vector_of_its_own_when_there_are_enough),
	KUNIT_CASE(vector_is_shared_by_those_that_only_wake),
	{}
};

static struct kunit_suite dmmu_vector_suite = {
	.name = "dmmu_vector",
	.test_cases = dmmu_vector_cases,
};

static struct kunit_case dmmu_copy_cases[] = {
	KUNIT_CASE(copy_merges_what_is_contiguous_on_both_sides),
	KUNIT_CASE(copy_of_zeros_needs_no_source),
	KUNIT_CASE(copy_of_one_descriptor_is_bounded),
	KUNIT_CASE(copy_leaves_room_for_page_tables),
	{}
};

static struct kunit_suite dmmu_copy_suite = {
	.name = "dmmu_copy",
	.test_cases = dmmu_copy_cases,
};

kunit_test_suites(&dmmu_pgtable_suite, &dmmu_ring_suite, &dmmu_range_suite, &dmmu_fault_suite,
		  &dmmu_copy_suite, &dmmu_vector_suite);

MODULE_DESCRIPTION("KUnit tests of the dmmu driver's pure logic");
MODULE_LICENSE("GPL");
