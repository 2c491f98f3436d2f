// SPDX-License-Identifier: GPL-2.0
/*
 * chase: the device follows pointers that the CPU put into malloc'd memory, and comes to the same
 * sum.
 */
#include "dmmu_fixture.h"

#define NODES 100000

struct node {
	uint64_t payload[2];
	struct node *next;
	uint64_t value;
};

DMMU_FIXTURE(chase)

/* `count` nodes, each malloc'd by itself and linked in random order; *sum is what the CPU makes of
 * it. */
static struct node *random_list(size_t count, uint64_t *sum)
{
	struct node **all = calloc(count, sizeof(*all));
	struct node *head;
	uint64_t state = 42;
	size_t i;

	if (!all)
		return NULL;
	for (i = 0; i < count; i++) {
		/* Uneven sizes, so that nodes straddle pages. */
		all[i] = malloc(sizeof(struct node) + (dmmu_random(&state) % 8) * 8);
		if (!all[i])
			return NULL;
		all[i]->value = dmmu_random(&state);
	}
	for (i = count - 1; i > 0; i--) {
		size_t j = dmmu_random(&state) % (i + 1);
		struct node *swap = all[i];

		all[i] = all[j];
		all[j] = swap;
	}
	for (*sum = 0, i = 0; i < count; i++) {
		all[i]->next = i + 1 < count ? all[i + 1] : NULL;
		*sum += all[i]->value;
	}
	head = all[0];
	free(all);
	return head;
}

static struct dmmu_work_desc walk(const struct node *head, uint64_t limit)
{
	return dmmu_chase(head, offsetof(struct node, next), offsetof(struct node, value), limit);
}

/* The one long test: 200,000 dependent loads through a TLB that holds a fraction of the list. */
TEST_F_TIMEOUT(chase, list_of_100000_malloced_nodes_in_random_order, 600)
{
	struct dmmu_work_desc work;
	struct dmmu_completion c;
	struct node *head;
	unsigned int got = 0;
	uint64_t sum;

	head = random_list(NODES, &sum);
	ASSERT_NE(NULL, head);
	work = walk(head, 0);
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_EQ(0, dmmu_wait(self->fd, &c, 1, 1, 570000000000ull, &got));
	ASSERT_EQ(1, got);
	ASSERT_OK(&c);
	EXPECT_EQ(NODES, c.done);
	EXPECT_EQ(sum, c.result);
}

CLAIM(chase, limit_stops_the_walk_after_that_many_nodes)
{
	struct dmmu_completion c;
	struct node *head, *node;
	uint64_t sum, part = 0;
	unsigned int i;

	head = random_list(50, &sum);
	ASSERT_NE(NULL, head);
	for (i = 0, node = head; i < 20; i++, node = node->next)
		part += node->value;
	c = dmmu_run_one(self->fd, walk(head, 20));
	ASSERT_OK(&c);
	EXPECT_EQ(20, c.done);
	EXPECT_EQ(part, c.result);
	c = dmmu_run_one(self->fd, walk(head, 1000));
	ASSERT_OK(&c);
	EXPECT_EQ(50, c.done);
	EXPECT_EQ(sum, c.result);
}

CLAIM(chase, ring_is_walked_round_and_round_up_to_the_limit)
{
	struct node ring[3] = {{.next = &ring[1], .value = 1},
			       {.next = &ring[2], .value = 10},
			       {.next = &ring[0], .value = 100}};
	struct dmmu_completion c = dmmu_run_one(self->fd, walk(ring, 100));

	ASSERT_OK(&c);
	EXPECT_EQ(100, c.done);
	EXPECT_EQ(33 * 111 + 1, c.result);
}

CLAIM(chase, many_lists_at_once)
{
	enum { LISTS = 24, LENGTH = 40 };
	struct dmmu_work_desc work[LISTS];
	struct dmmu_completion c[LISTS];
	uint64_t sum[LISTS];
	unsigned int i;

	for (i = 0; i < LISTS; i++) {
		struct node *head = random_list(LENGTH + i, &sum[i]);

		ASSERT_NE(NULL, head);
		work[i] = walk(head, 0);
	}
	ASSERT_EQ(0, dmmu_run(self->fd, work, LISTS, c));
	for (i = 0; i < LISTS; i++) {
		ASSERT_OK(&c[i]);
		EXPECT_EQ(LENGTH + i, c[i].done);
		EXPECT_EQ(sum[i], c[i].result);
	}
}

DMMU_TEST_MAIN
