/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu_fixture.h: the kernel's test harness, with a device opened and bound for each test.
 *
 * A program says DMMU_FIXTURE(topic), then CLAIM(topic, what_holds) { ... self->fd ... } for each
 * claim, then DMMU_TEST_MAIN. Each claim runs in a process of its own, at most DMMU_CLAIM_SECONDS.
 */
#ifndef DMMU_FIXTURE_H
#define DMMU_FIXTURE_H

/* The harness defines functions that no header declares. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "kselftest_harness.h"
#pragma GCC diagnostic pop
/* EXPECT_EQ(0, size_t) and the like: the harness compares through __typeof__ of each side. */
#pragma GCC diagnostic ignored "-Wsign-compare"

#include "dmmu_test.h"

#define DMMU_CLAIM_SECONDS 150

#define DMMU_FIXTURE(topic)                                      \
	FIXTURE(topic)                                           \
	{                                                        \
		int fd;                                          \
		struct dmmu_ioc_query info;                      \
	};                                                       \
	FIXTURE_SETUP(topic)                                     \
	{                                                        \
		self->fd = dmmu_open_bound();                    \
		ASSERT_GE(self->fd, 0);                          \
		ASSERT_EQ(0, dmmu_query(self->fd, &self->info)); \
	}                                                        \
	FIXTURE_TEARDOWN(topic)                                  \
	{                                                        \
		if (self->fd >= 0)                               \
			close(self->fd);                         \
	}

#define CLAIM(topic, what_holds) TEST_F_TIMEOUT(topic, what_holds, DMMU_CLAIM_SECONDS)

/*
 * The harness's macros are two statements, so these are wrapped to stand under a for or if as well.
 * EXPECT_EQ() and the like need braces there, or their message is made after the loop.
 */
#define EXPECT_OK(c)                                                             \
	do {                                                                     \
		const struct dmmu_completion *ok_cpl = (c);                      \
		EXPECT_TRUE(dmmu_is_ok(ok_cpl)) TH_LOG("%s", dmmu_text(ok_cpl)); \
	} while (0)
#define ASSERT_OK(c)                                                             \
	do {                                                                     \
		const struct dmmu_completion *ok_cpl = (c);                      \
		ASSERT_TRUE(dmmu_is_ok(ok_cpl)) TH_LOG("%s", dmmu_text(ok_cpl)); \
	} while (0)
#define EXPECT_FAULT(c, va, access, error)                                               \
	do {                                                                             \
		const struct dmmu_completion *fault_cpl = (c);                           \
		EXPECT_TRUE(dmmu_is_fault(fault_cpl, va, access, error))                 \
		TH_LOG("wanted a fault of access %d at %#llx, error %d; got %s", access, \
		       (unsigned long long)(va), error, dmmu_text(fault_cpl));           \
	} while (0)

/* Run one operation and expect it to end well. */
#define RUN_OK(work)                                                              \
	do {                                                                      \
		struct dmmu_completion run_ok_cpl = dmmu_run_one(self->fd, work); \
		ASSERT_OK(&run_ok_cpl);                                           \
	} while (0)

/* Run one operation and expect it to fail like this. */
#define RUN_FAULT(work, va, access, error)                                           \
	do {                                                                         \
		struct dmmu_completion run_fault_cpl = dmmu_run_one(self->fd, work); \
		EXPECT_FAULT(&run_fault_cpl, va, access, error);                     \
	} while (0)

#define DMMU_TEST_MAIN                               \
	int main(int argc, char **argv)              \
	{                                            \
		dmmu_require_device();               \
		return test_harness_run(argc, argv); \
	}

#endif /* DMMU_FIXTURE_H */
