// SPDX-License-Identifier: GPL-2.0
/*
 * invalid: an operation on an address that is none fails alone, and says which address and which
 * access; the process, its file and its other operations go on. Malformed work touches nothing.
 */
#include "dmmu_fixture.h"

DMMU_FIXTURE(invalid)

static const struct {
	const char *name;
	uint64_t va;
} addresses[] = {
	{"NULL", 0},
	{"the first page", 0x800},
	{"a hole in user space", 0x123456789000},
	{"the last user page", 0x7ffffffff000},
	{"the first address beyond user space", 0x800000000000},
	{"the last of 48 bits", 0xfffffffff000},
	{"noncanonical", 0x1000000000000},
	{"noncanonical, poison", 0xdead000000000100},
	{"the kernel's direct map", 0xffff888000000000},
	{"the kernel's text", 0xffffffff81000000},
	{"the top of everything", 0xfffffffffffff000},
};

CLAIM(invalid, reads_of_invalid_addresses_report_them)
{
	uint64_t *out = dmmu_map(DMMU_PAGE);
	unsigned int i;

	ASSERT_NE(NULL, out);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		uint64_t va = addresses[i].va;
		void *p = (void *)(uintptr_t)va;

		TH_LOG("%s", addresses[i].name);
		RUN_FAULT(dmmu_copy(out, p, 64), va, DMMU_READ, -EFAULT);
		RUN_FAULT(dmmu_reduce(p, 8), va, DMMU_READ, -EFAULT);
		if (va)
			RUN_FAULT(dmmu_chase(p, 0, 8, 10), va + 8, DMMU_READ, -EFAULT);
		EXPECT_EQ(512, dmmu_other_than(out, 0, 512));
	}
}

CLAIM(invalid, writes_to_invalid_addresses_report_them)
{
	uint64_t *src = dmmu_map(DMMU_PAGE);
	unsigned int i;

	ASSERT_NE(NULL, src);
	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		uint64_t va = addresses[i].va;
		void *p = (void *)(uintptr_t)va;

		TH_LOG("%s", addresses[i].name);
		RUN_FAULT(dmmu_fill(p, 1, 64), va, DMMU_WRITE, -EFAULT);
		RUN_FAULT(dmmu_copy(p, src, 64), va, DMMU_WRITE, -EFAULT);
		RUN_FAULT(dmmu_vadd(p, src, src, 8), va, DMMU_WRITE, -EFAULT);
		RUN_FAULT(dmmu_add(p, 1, 1), va, DMMU_ATOMIC, -EFAULT);
		RUN_FAULT(dmmu_cas(p, 0, 1), va, DMMU_ATOMIC, -EFAULT);
	}
}

CLAIM(invalid, second_source_of_vadd_is_reported_as_well)
{
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);

	ASSERT_NE(NULL, p);
	RUN_FAULT(dmmu_vadd(p, p + 512, (void *)0x10000, 8), 0x10000, DMMU_READ, -EFAULT);
	RUN_FAULT(dmmu_vadd(p, (void *)0x20000, p + 512, 8), 0x20000, DMMU_READ, -EFAULT);
	EXPECT_EQ(512, dmmu_other_than(p, 0, 512));
}

CLAIM(invalid, operation_fails_where_the_mapping_ends)
{
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	struct dmmu_completion c;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, munmap(p + 3 * 512, DMMU_PAGE));
	dmmu_pattern(p, 3 * 512, 1);
	c = dmmu_run_one(self->fd, dmmu_fill(p + 512 + 8, 4, 3 * DMMU_PAGE));
	EXPECT_FAULT(&c, dmmu_va(p + 3 * 512), DMMU_WRITE, -EFAULT);
	EXPECT_EQ(2 * DMMU_PAGE - 64, c.done);
	EXPECT_EQ(2 * 512 - 8, dmmu_other_than(p + 512 + 8, 4, 2 * 512 - 8));
	c = dmmu_run_one(self->fd, dmmu_reduce(p + 1024, 1024));
	EXPECT_FAULT(&c, dmmu_va(p + 3 * 512), DMMU_READ, -EFAULT);
	EXPECT_EQ(512, c.done);
}

CLAIM(invalid, range_that_wraps_around_the_address_space_fails)
{
	struct dmmu_completion c =
		dmmu_run_one(self->fd, dmmu_fill((void *)-DMMU_PAGE, 1, 2 * DMMU_PAGE));

	EXPECT_FAULT(&c, (uint64_t)-DMMU_PAGE, DMMU_WRITE, -EFAULT);
	EXPECT_EQ(0, c.done);
}

CLAIM(invalid, list_with_a_bad_pointer_fails_at_that_node)
{
	struct {
		uint64_t next, value;
	} node[5];
	struct dmmu_completion c;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		node[i].next = dmmu_va(&node[i + 1]);
		node[i].value = 1ull << i;
	}
	node[2].next = 0x4440000;
	c = dmmu_run_one(self->fd, dmmu_chase(node, 0, 8, 0));
	EXPECT_EQ(DMMU_FAULT, c.status) TH_LOG("%s", dmmu_text(&c));
	EXPECT_EQ(DMMU_READ, c.access);
	EXPECT_EQ(-EFAULT, c.error);
	EXPECT_EQ(0x4440000, c.va & ~0xfull); /* either field may be read first */
	EXPECT_EQ(3, c.done);
}

CLAIM(invalid, bad_operation_does_not_disturb_good_ones)
{
	enum { N = 40 };
	struct dmmu_work_desc work[N];
	struct dmmu_completion c[N];
	uint64_t *p = dmmu_map(N * DMMU_PAGE);
	unsigned int i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < N; i++)
		work[i] = i % 4 == 3 ? dmmu_fill((void *)(uintptr_t)(i * DMMU_PAGE), 1, 8)
				     : dmmu_fill(p + i * 512, i, DMMU_PAGE);
	ASSERT_EQ(0, dmmu_run(self->fd, work, N, c));
	for (i = 0; i < N; i++) {
		if (i % 4 == 3) {
			EXPECT_FAULT(&c[i], i * DMMU_PAGE, DMMU_WRITE, -EFAULT);
			continue;
		}
		EXPECT_OK(&c[i]);
		EXPECT_EQ(512, dmmu_other_than(p + i * 512, i, 512));
	}
}

/* They fault at the same time, and are looked up together. */
CLAIM(invalid, a_bad_page_between_good_ones_fails_alone)
{
	enum { N = 16, BAD = 5, ROUNDS = 6 };
	struct dmmu_work_desc work[N];
	struct dmmu_completion c[N];
	unsigned int i, round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t *p = dmmu_map(N * DMMU_PAGE);

		ASSERT_NE(NULL, p);
		ASSERT_EQ(0, munmap(p + BAD * 512, DMMU_PAGE));
		for (i = 0; i < N; i++)
			work[i] = dmmu_fill(p + i * 512, i, DMMU_PAGE);
		ASSERT_EQ(0, dmmu_run(self->fd, work, N, c));
		for (i = 0; i < N; i++) {
			if (i == BAD) {
				EXPECT_FAULT(&c[i], dmmu_va(p + i * 512), DMMU_WRITE, -EFAULT);
				continue;
			}
			EXPECT_OK(&c[i]);
			EXPECT_EQ(512, dmmu_other_than(p + i * 512, i, 512));
		}
	}
}

CLAIM(invalid, unaligned_elements_are_bad_descriptors)
{
	uint64_t *p = dmmu_map(2 * DMMU_PAGE);
	char *odd = (char *)p + 4;
	struct dmmu_work_desc bad[] = {
		dmmu_vadd(odd, p, p, 1),
		dmmu_vadd(p, odd, p, 1),
		dmmu_vadd(p, p, (char *)p + 2, 1),
		dmmu_reduce((char *)p + 7, 1),
		dmmu_chase(odd, 0, 8, 1),
		dmmu_add((char *)p + 1, 1, 1),
		dmmu_cas(odd, 0, 1),
	};
	struct dmmu_completion c[ARRAY_SIZE(bad)];
	unsigned int i;

	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_run(self->fd, bad, ARRAY_SIZE(bad), c));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(DMMU_BAD_DESC, c[i].status) TH_LOG("%u: %s", i, dmmu_text(&c[i]));
		EXPECT_EQ(0, c[i].done);
		EXPECT_EQ(0, c[i].faults);
	}
	EXPECT_EQ(1024, dmmu_other_than(p, 0, 1024));
}

CLAIM(invalid, length_zero_is_done_at_once_and_touches_nothing)
{
	struct dmmu_work_desc empty[] = {
		dmmu_copy(NULL, NULL, 0),
		dmmu_fill((void *)0x10000, 1, 0),
		dmmu_vadd(NULL, NULL, NULL, 0),
		dmmu_reduce((void *)0x20000, 0),
	};
	struct dmmu_completion c[ARRAY_SIZE(empty)];
	unsigned int i;

	ASSERT_EQ(0, dmmu_run(self->fd, empty, ARRAY_SIZE(empty), c));
	for (i = 0; i < ARRAY_SIZE(empty); i++) {
		EXPECT_OK(&c[i]);
		EXPECT_EQ(0, c[i].done);
		EXPECT_EQ(0, c[i].result);
		EXPECT_EQ(0, c[i].faults);
	}
}

/* A chase from NULL: a list of no nodes. */
CLAIM(invalid, empty_list_sums_to_zero)
{
	struct dmmu_completion c = dmmu_run_one(self->fd, dmmu_chase(NULL, 0, 8, 0));

	ASSERT_OK(&c);
	EXPECT_EQ(0, c.result);
	EXPECT_EQ(0, c.done);
}

DMMU_TEST_MAIN
