// SPDX-License-Identifier: GPL-2.0
/*
 * fork: copy-on-write holds between the parent's device and the child, both ways; the device stays
 * the parent's.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dmmu_fixture.h"

DMMU_FIXTURE(fork)

/* Shared by parent and child, to take turns. */
struct turns {
	volatile uint64_t parent_done, child_done;
	volatile uint64_t child_saw[256];
};

static struct turns *new_turns(void)
{
	void *p = mmap(NULL, sizeof(struct turns), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

CLAIM(fork, parents_device_writes_are_invisible_to_the_child)
{
	enum { PAGES = 4 };
	struct turns *t = new_turns();
	uint64_t *p = dmmu_map(PAGES * DMMU_PAGE);
	int child;

	ASSERT_TRUE(t && p);
	RUN_OK(dmmu_fill(p, 0xa, PAGES * DMMU_PAGE)); /* mapped writable on the device now */
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		if (!dmmu_await(&t->parent_done, 1))
			_exit(2);
		_exit(dmmu_other_than(p, 0xa, PAGES * 512) == PAGES * 512 ? 0 : 1);
	}
	RUN_OK(dmmu_fill(p, 0xb, PAGES * DMMU_PAGE));
	EXPECT_EQ(PAGES * 512, dmmu_other_than(p, 0xb, PAGES * 512));
	t->parent_done = 1;
	EXPECT_EQ(0, dmmu_reap(child)) TH_LOG("1: the child saw what its parent's device wrote");
}

CLAIM(fork, childs_cpu_writes_are_invisible_to_the_parents_device)
{
	enum { PAGES = 4 };
	struct turns *t = new_turns();
	uint64_t *p = dmmu_map(PAGES * DMMU_PAGE);
	uint64_t *out = dmmu_map(PAGES * DMMU_PAGE);
	int child;

	ASSERT_TRUE(t && p && out);
	RUN_OK(dmmu_fill(p, 0xa, PAGES * DMMU_PAGE));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		for (size_t i = 0; i < PAGES * 512; i++)
			p[i] = 0xc;
		t->child_done = 1;
		_exit(dmmu_await(&t->parent_done, 1) ? 0 : 2);
	}
	EXPECT_TRUE(dmmu_await(&t->child_done, 1));
	RUN_OK(dmmu_copy(out, p, PAGES * DMMU_PAGE));
	t->parent_done = 1;
	EXPECT_EQ(PAGES * 512, dmmu_other_than(out, 0xa, PAGES * 512));
	EXPECT_EQ(0, dmmu_reap(child));
}

CLAIM(fork, child_writes_first_then_the_parents_device_writes)
{
	struct turns *t = new_turns();
	uint64_t *p = dmmu_map(DMMU_PAGE);
	int child;

	ASSERT_TRUE(t && p);
	RUN_OK(dmmu_fill(p, 0xa, DMMU_PAGE));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		p[0] = 0xc;
		t->child_done = 1;
		if (!dmmu_await(&t->parent_done, 1))
			_exit(2);
		_exit(p[0] == 0xc && dmmu_other_than(p + 1, 0xa, 511) == 511 ? 0 : 1);
	}
	EXPECT_TRUE(dmmu_await(&t->child_done, 1));
	RUN_OK(dmmu_fill(p + 1, 0xb, 8));
	EXPECT_EQ(0xa, p[0]);
	EXPECT_EQ(0xb, p[1]);
	t->parent_done = 1;
	EXPECT_EQ(0, dmmu_reap(child));
}

/* A write that was under way when fork() made the pages copy-on-write must not show in the child.
 */
CLAIM(fork, fork_under_running_writers_gives_the_child_a_still_picture)
{
	const unsigned int n = self->info.threads;
	struct dmmu_completion *c = calloc(n, sizeof(*c));
	struct turns *t = new_turns();
	unsigned int round, i;

	ASSERT_TRUE(c && t);
	for (round = 0; round < 8; round++) {
		volatile char *base = dmmu_map(n * DMMU_PAGE);
		uint64_t last[256];
		int child;

		ASSERT_NE(NULL, base);
		t->parent_done = 0;
		ASSERT_EQ(0, dmmu_hammers_start(self->fd, base, DMMU_PAGE, n));
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			uint64_t first[256], again[256];

			dmmu_hammers_read(base, DMMU_PAGE, n, first);
			if (!dmmu_await(&t->parent_done, 1))
				_exit(2);
			dmmu_hammers_read(base, DMMU_PAGE, n, again);
			_exit(memcmp(first, again, n * sizeof(first[0])) ? 1 : 0);
		}
		/* The parent's writers go on, in pages of their own now. */
		EXPECT_EQ(0, dmmu_hammers_moved(base, DMMU_PAGE, n));
		t->parent_done = 1;
		EXPECT_EQ(0, dmmu_reap(child))
		TH_LOG("round %u; 1: the child's pages changed", round);
		ASSERT_EQ(0, mprotect((void *)base, n * DMMU_PAGE, PROT_READ));
		ASSERT_EQ(0, dmmu_collect(self->fd, c, n));
		dmmu_hammers_read(base, DMMU_PAGE, n, last);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(last[c[i].cookie], c[i].done)
			TH_LOG("an add was lost over fork: %s", dmmu_text(&c[i]));
		}
	}
}

CLAIM(fork, child_may_not_use_the_inherited_file)
{
	int child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		struct dmmu_work_desc work = dmmu_nop();
		struct dmmu_ioc_submit submit = {.works = dmmu_va(&work), .count = 1};
		struct dmmu_completion c;
		unsigned int got;

		if (ioctl(self->fd, DMMU_IOC_SUBMIT, &submit) != -1 || errno != EPERM)
			_exit(1);
		if (dmmu_wait(self->fd, &c, 0, 1, 0, &got) != -EPERM)
			_exit(2);
		_exit(0);
	}
	EXPECT_EQ(0, dmmu_reap(child)) TH_LOG("1: SUBMIT, 2: WAIT did not end with EPERM");
	RUN_OK(dmmu_nop());
}

CLAIM(fork, child_may_open_and_bind_for_itself)
{
	struct turns *t = new_turns();
	uint64_t *p = dmmu_map(DMMU_PAGE);
	int child;

	ASSERT_TRUE(t && p);
	RUN_OK(dmmu_fill(p, 1, DMMU_PAGE));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int fd = dmmu_open_bound();
		struct dmmu_completion c;

		if (fd < 0)
			_exit(1);
		c = dmmu_run_one(fd, dmmu_add(p, 100, 1));
		if (!dmmu_is_ok(&c) || c.result != 1 || p[0] != 101)
			_exit(2);
		_exit(0);
	}
	RUN_OK(dmmu_add(p, 10, 1));
	EXPECT_EQ(0, dmmu_reap(child));
	EXPECT_EQ(11, p[0]);
}

/* To read is no reason to copy: parent and child go on to share the page. */
CLAIM(fork, a_read_by_the_device_leaves_shared_pages_shared)
{
	enum { PAGES = 4 };
	const uint64_t frame = (1ull << 55) - 1;
	struct turns *t = new_turns();
	uint64_t *p = dmmu_map(PAGES * DMMU_PAGE);
	struct dmmu_completion c;
	unsigned int i;
	int child;

	ASSERT_TRUE(t && p);
	madvise(p, PAGES * DMMU_PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES * 512; i++)
		p[i] = 7;
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		for (i = 0; i < PAGES; i++)
			t->child_saw[i] = dmmu_pagemap(p + i * 512) & frame;
		t->child_done = 1;
		_exit(dmmu_await(&t->parent_done, 1) ? 0 : 2);
	}
	ASSERT_TRUE(dmmu_await(&t->child_done, 1));
	c = dmmu_run_one(self->fd, dmmu_reduce(p, PAGES * 512));
	EXPECT_OK(&c);
	EXPECT_EQ(7 * PAGES * 512, c.result);
	for (i = 0; i < PAGES; i++) {
		EXPECT_NE(0, t->child_saw[i]) TH_LOG("pagemap does not tell");
		EXPECT_EQ(t->child_saw[i], dmmu_pagemap(p + i * 512) & frame);
	}
	t->parent_done = 1;
	EXPECT_EQ(0, dmmu_reap(child));
}

/*
 * Fork write-protects what the device has, and waits for it; a fault of the device needs the lock
 * that fork holds. Neither waits for the other.
 */
CLAIM(fork, fork_with_threads_stalled_on_faults)
{
	enum { WORKS = 64, EACH = 16 * DMMU_PAGE, FORKS = 40, MAPPINGS = 400 };
	struct dmmu_work_desc work[WORKS];
	struct dmmu_completion c[WORKS];
	char *p = dmmu_map(WORKS * EACH), *many = dmmu_map(MAPPINGS * DMMU_PAGE);
	unsigned int i;

	ASSERT_TRUE(p && many);
	/* Fork takes its time with many mappings. */
	for (i = 0; i < MAPPINGS; i++) {
		many[i * DMMU_PAGE] = 1;
		if (i % 2)
			ASSERT_EQ(0, mprotect(many + i * DMMU_PAGE, DMMU_PAGE, PROT_READ));
	}
	for (i = 0; i < WORKS; i++) {
		work[i] = dmmu_fill(p + i * EACH, i, EACH);
		work[i].cookie = i;
	}
	ASSERT_EQ(0, dmmu_submit(self->fd, work, WORKS));
	for (i = 0; i < FORKS; i++) {
		int child = fork();

		ASSERT_GE(child, 0);
		if (!child)
			_exit(0);
		EXPECT_EQ(0, dmmu_reap(child));
	}
	ASSERT_EQ(0, dmmu_collect(self->fd, c, WORKS));
	for (i = 0; i < WORKS; i++)
		EXPECT_OK(&c[i]);
	for (i = 0; i < WORKS; i++)
		EXPECT_EQ(EACH / 8, dmmu_other_than((uint64_t *)(p + i * EACH), i, EACH / 8));
}

DMMU_TEST_MAIN
