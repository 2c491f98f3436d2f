// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of a device through the driver; skipped, with a reason, when there is none.
 *
 * Suites: dmmu_live_regs (reset values against the generated header), dmmu_live_rings (control
 * ring: wrap, fence, bad opcode), dmmu_live_reset (the device works after a reset),
 * dmmu_live_local (which pages room is made of). They take the device down:
 * files that are bound lose their context. Do not run them next to anything else.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../drv.h"
#include "../params.h"
#include "../regs.h"
#include "../vector.h"

static int live_init(struct kunit *test)
{
	struct dmmu_dev *dev = dmmu_first_device();

	if (!dev)
		kunit_skip(test, "no dmmu device: load dmmu.ko on a machine that has one");
	if (!dmmu_is_up(dev)) {
		dmmu_dev_put(dev);
		kunit_skip(test, "the device is not up: see dmesg");
	}
	test->priv = dev;
	return 0;
}

static void live_exit(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;

	if (dev)
		dmmu_dev_put(dev);
}

static void live_restart(struct kunit *test, struct dmmu_dev *dev)
{
	int ret = dmmu_dev_start(dev);

	if (!ret)
		dmmu_irq_on(dev);
	KUNIT_ASSERT_EQ(test, ret, 0);
}

/* Push @n equal commands and a fence; returns the fence's index. */
static int live_push(struct dmmu_dev *dev, const struct dmmu_ctl *cmd, unsigned int n, u32 *index)
{
	struct dmmu_ctl fence = { .opcode = DMMU_CTL_FENCE,
				  .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ };
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = dmmu_ctl_push(dev, cmd, DMMU_SLEEP, index);
		if (ret)
			return ret;
	}
	return dmmu_ctl_push(dev, &fence, DMMU_SLEEP, index);
}

struct live_reg {
	const char *name;
	u32 offset;
	const char *access;
	u32 reset;
};

static const struct live_reg live_regs[] = {
#define DMMU_LIVE_REG(name, offset, access, reset) { #name, offset, access, reset },
	DMMU_REGS_WITH_RESET(DMMU_LIVE_REG)
};

static void regs_read_their_reset_values(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	u32 value[ARRAY_SIZE(live_regs)];
	unsigned int i;
	int ret;

	dmmu_dev_stop(dev, DMMU_STOPPED);
	/* Leave marks first, so that a reset that does nothing is noticed. */
	dmmu_write(dev, DMMU_REG_SCRATCH, 0x5a5aa5a5);
	dmmu_write(dev, DMMU_REG_IRQ_ENABLE, 0);
	dmmu_write(dev, DMMU_REG_STAT_BASE_LO, 0x12340);
	ret = dmmu_dev_reset(dev);
	for (i = 0; i < ARRAY_SIZE(live_regs); i++) {
		value[i] = dmmu_read(dev, live_regs[i].offset);
		/* A pin of the device says this, the map says 0. */
		if (live_regs[i].offset == DMMU_REG_CAPS)
			value[i] &= ~DMMU_CAPS_COHERENT;
	}
	live_restart(test, dev);
	KUNIT_ASSERT_EQ(test, ret, 0);
	for (i = 0; i < ARRAY_SIZE(live_regs); i++)
		KUNIT_EXPECT_EQ_MSG(test, value[i], live_regs[i].reset, "register %s at %#x",
				    live_regs[i].name, live_regs[i].offset);
}

static void regs_scratch_holds_every_bit(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	unsigned int i;

	mutex_lock(&dev->reg_lock);
	for (i = 0; i < 32; i++) {
		dmmu_write(dev, DMMU_REG_SCRATCH, BIT(i));
		KUNIT_EXPECT_EQ(test, dmmu_read(dev, DMMU_REG_SCRATCH), (u32)BIT(i));
		dmmu_write(dev, DMMU_REG_SCRATCH, ~BIT(i));
		KUNIT_EXPECT_EQ(test, dmmu_read(dev, DMMU_REG_SCRATCH), (u32)~BIT(i));
	}
	mutex_unlock(&dev->reg_lock);
}

static void regs_read_only_ones_ignore_writes(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;

	mutex_lock(&dev->reg_lock);
	dmmu_write(dev, DMMU_REG_ID, 0);
	dmmu_write(dev, DMMU_REG_VERSION, 0xffffffff);
	KUNIT_EXPECT_EQ(test, dmmu_read(dev, DMMU_REG_ID), DMMU_RST_ID);
	KUNIT_EXPECT_EQ(test, dmmu_read(dev, DMMU_REG_VERSION), DMMU_RST_VERSION);
	mutex_unlock(&dev->reg_lock);
}

/* A cause could be told of by nobody: who writes such a vector has the old one still. */
static void regs_route_leads_to_vectors_only(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	u32 route, found;

	if (!(dev->caps & DMMU_CAPS_IRQ_ROUTE))
		kunit_skip(test, "the device has no IRQ_ROUTE");
	mutex_lock(&dev->reg_lock);
	route = dmmu_read(dev, DMMU_REG_IRQ_ROUTE);
	dmmu_write(dev, DMMU_REG_IRQ_ROUTE, 0xffffffff);
	found = dmmu_read(dev, DMMU_REG_IRQ_ROUTE);
	mutex_unlock(&dev->reg_lock);
	KUNIT_EXPECT_EQ(test, found, route);
	KUNIT_EXPECT_EQ(test, route, dmmu_irq_route(dev->vectors));
}

static struct kunit_case dmmu_live_regs_cases[] = { KUNIT_CASE(regs_read_their_reset_values),
						    KUNIT_CASE(regs_scratch_holds_every_bit),
						    KUNIT_CASE(regs_read_only_ones_ignore_writes),
						    KUNIT_CASE(regs_route_leads_to_vectors_only),
						    {} };

static struct kunit_suite dmmu_live_regs_suite = {
	.name = "dmmu_live_regs",
	.init = live_init,
	.exit = live_exit,
	.test_cases = dmmu_live_regs_cases,
};

/* More commands than the ring has entries, twice over: every slot is used again. */
static void rings_control_wraps(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	struct dmmu_ctl nop = { .opcode = DMMU_CTL_NOP };
	u32 before = READ_ONCE(dev->ctl.tail), index = 0;

	KUNIT_ASSERT_EQ(test, live_push(dev, &nop, 2 * DMMU_CTL_ENTRIES + 3, &index), 0);
	KUNIT_ASSERT_EQ(test, dmmu_ctl_wait(dev, index, DMMU_SLEEP), 0);
	KUNIT_EXPECT_EQ(test, index, before + 2 * DMMU_CTL_ENTRIES + 4);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(dev->status->ctl_head)), index);
}

/*
 * A fence completes after what is before it and does not need what is behind it: its count is seen
 * as soon as it is asked for, and never runs ahead of the commands the device was given.
 */
static void rings_fence_is_in_order(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	struct dmmu_ctl nop = { .opcode = DMMU_CTL_NOP };
	unsigned int round;
	u32 index, head;

	for (round = 0; round < 32; round++) {
		KUNIT_ASSERT_EQ(test, live_push(dev, &nop, round, &index), 0);
		/* Without a doorbell nothing may happen. */
		head = le32_to_cpu(READ_ONCE(dev->status->ctl_head));
		KUNIT_EXPECT_FALSE(test, dmmu_ring_reached(head, index));
		KUNIT_ASSERT_EQ(test, dmmu_ctl_wait(dev, index, DMMU_SLEEP), 0);
		head = le32_to_cpu(READ_ONCE(dev->status->ctl_head));
		KUNIT_EXPECT_EQ(test, head, index);
	}
}

static void rings_bad_opcode_is_reported_and_skipped(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	struct dmmu_ctl bad = { .opcode = 0xee };
	unsigned int i, before = atomic_read(&dev->errors[DMMU_ERROR_CTL_OPCODE_SHIFT]);
	u32 index;

	KUNIT_ASSERT_EQ(test, live_push(dev, &bad, 1, &index), 0);
	KUNIT_EXPECT_EQ(test, dmmu_ctl_wait(dev, index, DMMU_SLEEP), 0);
	/* The error comes with an interrupt of its own. */
	for (i = 0; i < 2000 && atomic_read(&dev->errors[DMMU_ERROR_CTL_OPCODE_SHIFT]) == before;
	     i++)
		usleep_range(500, 1000);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->errors[DMMU_ERROR_CTL_OPCODE_SHIFT]),
			(int)before + 1);
	KUNIT_EXPECT_TRUE(test, dmmu_is_up(dev));
}

static struct kunit_case dmmu_live_rings_cases[] = {
	KUNIT_CASE(rings_control_wraps),
	KUNIT_CASE(rings_fence_is_in_order),
	KUNIT_CASE(rings_bad_opcode_is_reported_and_skipped),
	{}
};

static struct kunit_suite dmmu_live_rings_suite = {
	.name = "dmmu_live_rings",
	.init = live_init,
	.exit = live_exit,
	.test_cases = dmmu_live_rings_cases,
};

static void reset_device_works_after(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	struct dmmu_ctl nop = { .opcode = DMMU_CTL_NOP };
	unsigned int round;
	u32 index;

	for (round = 0; round < 3; round++) {
		dmmu_dev_stop(dev, DMMU_STOPPED);
		KUNIT_EXPECT_EQ(test, dmmu_ctl_push(dev, &nop, DMMU_SLEEP, &index), -ENODEV);
		live_restart(test, dev);
		KUNIT_ASSERT_EQ(test, live_push(dev, &nop, 10, &index), 0);
		KUNIT_EXPECT_EQ(test, index, 11U);
		KUNIT_EXPECT_EQ(test, dmmu_ctl_wait(dev, index, DMMU_SLEEP), 0);
	}
}

/*
 * Work for a context that nobody set up comes back killed: the work and the completion ring work
 * after a reset.
 */
static void reset_work_ring_works_after(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	struct dmmu_work *slot;
	unsigned int i;
	u32 tail = 0;

	dmmu_dev_stop(dev, DMMU_STOPPED);
	live_restart(test, dev);
	spin_lock(&dev->work.lock);
	slot = &dev->work.ring[0];
	*slot = (struct dmmu_work){ .op = DMMU_OP_NOP,
				    .cookie = cpu_to_le64(0xfeedULL << 16 | 0xffff) };
	dev->work.tail = 1;
	dmmu_write(dev, DMMU_REG_WORK_TAIL, 1);
	spin_unlock(&dev->work.lock);
	for (i = 0; i < 2000 && !tail; i++) {
		usleep_range(500, 1000);
		tail = le32_to_cpu(READ_ONCE(dev->status->cpl_tail));
	}
	KUNIT_ASSERT_EQ(test, tail, 1U);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(dev->work.cpl[0].cookie), 0xfeedULL << 16 | 0xffff);
	KUNIT_EXPECT_EQ(test, dev->work.cpl[0].status, DMMU_STATUS_KILLED);
}

static struct kunit_case dmmu_live_reset_cases[] = { KUNIT_CASE(reset_device_works_after),
						     KUNIT_CASE(reset_work_ring_works_after),
						     {} };

static struct kunit_suite dmmu_live_reset_suite = {
	.name = "dmmu_live_reset",
	.init = live_init,
	.exit = live_exit,
	.test_cases = dmmu_live_reset_cases,
};

#if IS_ENABLED(CONFIG_DEVICE_MIGRATION)
/*
 * Room is not made by pages that have been taken and not been put in their place, or have left it
 * and are not free yet: they are nobody's, and no cgroup has been charged for them.
 */
static void local_page_that_is_not_in_its_place_is_left_alone(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	unsigned long nfree = dmmu_local_free(dev), pfn[2];
	struct page *page[2];

	if (!nfree || nfree != dmmu_local_total(dev))
		kunit_skip(test, "local memory does not hold pages, or is in use");
	KUNIT_ASSERT_EQ(test, dmmu_local_alloc(dev, NULL, page, 2), 2U);
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 2, 2), 0U);
	dmmu_local_arrived(page[1]);
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 2, 2), 1U);
	KUNIT_EXPECT_EQ(test, pfn[0], page_to_pfn(page[1]));
	dmmu_local_unalloc(page[0]);
	KUNIT_EXPECT_TRUE(test, dmmu_local_is_there(page[1]));
	dmmu_local_left(page[1]);
	KUNIT_EXPECT_FALSE(test, dmmu_local_is_there(page[1]));
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 2, 2), 0U);
	dmmu_local_unalloc(page[1]);
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 2, 2), 0U);
	KUNIT_EXPECT_EQ(test, dmmu_local_free(dev), nfree);
}

/* A whole page is aligned in local memory, and is one in the list of those that are there. */
static void local_whole_page_is_one(struct kunit *test)
{
	struct dmmu_dev *dev = test->priv;
	unsigned long nfree = dmmu_local_free(dev), *pfn;
	struct page *page, *small;
	bool short_of;

	if (!DMMU_WHOLE || dmmu_local_coherent(dev))
		kunit_skip(test, "this kernel has no huge pages in the memory of this device");
	if (nfree < 2 * DMMU_WHOLE_PAGES || nfree != dmmu_local_total(dev))
		kunit_skip(test, "local memory does not hold pages, or is in use");
	pfn = kunit_kcalloc(test, 2 * DMMU_WHOLE_PAGES, sizeof(*pfn), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pfn);
	KUNIT_ASSERT_EQ(test, dmmu_local_alloc(dev, NULL, &small, 1), 1U);
	dmmu_local_arrived(small);
	page = dmmu_local_alloc_whole(dev, NULL, &short_of);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, short_of);
	KUNIT_EXPECT_EQ(test, dmmu_local_free(dev), nfree - 1 - DMMU_WHOLE_PAGES);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(dmmu_local_offset(page), DMMU_LOCAL_UNIT));
	KUNIT_EXPECT_EQ(test, dmmu_local_offset(page + 7), dmmu_local_offset(page) + 7 * PAGE_SIZE);
	dmmu_local_arrived(page);

	/* It does not fit behind the small one; then it is the coldest, and comes alone. */
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 2, DMMU_WHOLE_PAGES), 1U);
	KUNIT_EXPECT_EQ(test, pfn[0], page_to_pfn(small));
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 1, DMMU_WHOLE_PAGES), DMMU_WHOLE_PAGES);
	KUNIT_EXPECT_EQ(test, pfn[0], page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, pfn[DMMU_WHOLE_PAGES - 1], pfn[0] + DMMU_WHOLE_PAGES - 1);
	/* Use of any part of it makes it warm. */
	dmmu_local_touch(small);
	dmmu_local_touch(page + 100);
	KUNIT_EXPECT_EQ(test, dmmu_local_coldest(dev, pfn, 1, DMMU_WHOLE_PAGES), 1U);
	KUNIT_EXPECT_EQ(test, pfn[0], page_to_pfn(small));
	dmmu_local_left(page);
	dmmu_local_unalloc(page);
	dmmu_local_left(small);
	dmmu_local_unalloc(small);
	KUNIT_EXPECT_EQ(test, dmmu_local_free(dev), nfree);
}

static struct kunit_case dmmu_live_local_cases[] = {
	KUNIT_CASE(local_page_that_is_not_in_its_place_is_left_alone),
	KUNIT_CASE(local_whole_page_is_one),
	{}
};

static struct kunit_suite dmmu_live_local_suite = {
	.name = "dmmu_live_local",
	.init = live_init,
	.exit = live_exit,
	.test_cases = dmmu_live_local_cases,
};

kunit_test_suites(&dmmu_live_regs_suite, &dmmu_live_rings_suite, &dmmu_live_reset_suite,
		  &dmmu_live_local_suite);
#else
kunit_test_suites(&dmmu_live_regs_suite, &dmmu_live_rings_suite, &dmmu_live_reset_suite);
#endif

MODULE_DESCRIPTION("KUnit tests of a live dmmu device");
MODULE_LICENSE("GPL");
DMMU_IMPORT_KUNIT_NS;
