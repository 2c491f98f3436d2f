// SPDX-License-Identifier: GPL-2.0
/*
 * held: races of the driver with the device, with windows of a second instead of nanoseconds: the
 * host holds one message on its way between the two (docs/adversity.md), the test does what must
 * not go wrong in that window, the host lets go. That the window was hit is part of each claim.
 *
 * Needs a runner that takes "DMMU-ACTION model"; elsewhere all is skipped.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_fixture.h"
#include "dmmu_pci.h"
#include "host_control.h"

#define WINDOW_US 1000000

DMMU_FIXTURE(held)

struct call {
	pthread_t thread;
	void *page;
	int protection; /* of mprotect; -1: munmap */
	int result;
	volatile uint64_t returned; /* 1: it has */
	volatile uint64_t go;
};

static void *do_call(void *opaque)
{
	struct call *call = opaque;

	call->result = call->protection < 0 ? munmap(call->page, DMMU_PAGE)
					    : mprotect(call->page, DMMU_PAGE, call->protection);
	__atomic_store_n(&call->returned, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool call_starts(struct call *call)
{
	return !pthread_create(&call->thread, NULL, do_call, call);
}

/*
 * The INVALIDATE command is held on its way. mprotect must not return, for the device still writes
 * through its old translation, and does; once mprotect returns, no write lands any more.
 */
CLAIM(held, mprotect_waits_while_the_device_still_writes)
{
	volatile uint64_t *word = dmmu_map(DMMU_PAGE);
	struct call call = {.page = (void *)word, .protection = PROT_READ};
	struct dmmu_completion c;
	uint64_t before, held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, word, 8, 1));
	held = host_count("held.invalidate");
	ASSERT_TRUE(host_do("hold invalidate"));
	ASSERT_TRUE(call_starts(&call));
	ASSERT_TRUE(host_await("held.invalidate", held));
	before = *word;
	dmmu_sleep_us(WINDOW_US);
	EXPECT_EQ(0, call.returned) TH_LOG("mprotect returned before the device let go");
	/* On a card the device stands still, for its reads come in the order of their asking. */
	if (!host_count("one_order")) {
		EXPECT_NE(before, *word)
		TH_LOG("the window was not hit: the device writes no more");
	}
	ASSERT_TRUE(host_do("release all"));
	ASSERT_TRUE(dmmu_await(&call.returned, 1));
	before = *word;
	EXPECT_EQ(0, call.result);
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(before, *word) TH_LOG("a write landed after mprotect had returned");
	EXPECT_FAULT(&c, dmmu_va(word), DMMU_ATOMIC, -EPERM);
	EXPECT_EQ(before, c.done);
	pthread_join(call.thread, NULL);
}

/* The same with the acknowledge: the device has let go, but nobody knows. */
CLAIM(held, munmap_waits_for_the_acknowledge)
{
	volatile uint64_t *word = dmmu_map(DMMU_PAGE);
	struct call call = {.page = (void *)word, .protection = -1};
	struct dmmu_completion c;
	uint64_t held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, word, 8, 1));
	held = host_count("held.ack");
	ASSERT_TRUE(host_do("hold ack"));
	ASSERT_TRUE(call_starts(&call));
	ASSERT_TRUE(host_await("held.ack", held));
	dmmu_sleep_us(WINDOW_US);
	EXPECT_EQ(0, call.returned) TH_LOG("munmap returned without an acknowledge");
	ASSERT_TRUE(host_do("release all"));
	ASSERT_TRUE(dmmu_await(&call.returned, 1));
	EXPECT_EQ(0, call.result);
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_FAULT(&c, dmmu_va(word), DMMU_ATOMIC, -EFAULT);
	pthread_join(call.thread, NULL);
}

/* The device waits for its answer, the page is mapped for it already; the CPU writes. */
CLAIM(held, device_reads_what_was_written_while_its_answer_was_held)
{
	volatile uint64_t *from = dmmu_map(DMMU_PAGE), *to = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_copy(to, from, 64);
	struct dmmu_completion c;
	uint64_t held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	from[0] = 1;
	held = host_count("held.answer");
	ASSERT_TRUE(host_do("hold answer"));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(host_await("held.answer", held));
	from[0] = 2;
	dmmu_sleep_us(WINDOW_US);
	EXPECT_EQ(0, to[0]) TH_LOG("the window was not hit: the device goes on without an answer");
	ASSERT_TRUE(host_do("release all"));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_OK(&c);
	EXPECT_EQ(2, to[0]) TH_LOG("the device read what was there before");
}

/* Its page is taken away while the answer is held: the answer is right no more, and must do no
 * harm. */
CLAIM(held, page_is_unmapped_while_the_answer_is_held)
{
	volatile uint64_t *page = dmmu_map(DMMU_PAGE);
	struct call call = {.page = (void *)page, .protection = -1};
	struct dmmu_work_desc work = dmmu_fill(page, 5, 64);
	struct dmmu_completion c;
	volatile uint64_t *other;
	uint64_t held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	page[0] = 1;
	held = host_count("held.answer");
	ASSERT_TRUE(host_do("hold answer"));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(host_await("held.answer", held));
	ASSERT_TRUE(call_starts(&call));
	dmmu_sleep_us(WINDOW_US);
	EXPECT_EQ(0, call.returned) TH_LOG("munmap returned, the device may still use the page");
	ASSERT_TRUE(host_do("release all"));
	ASSERT_TRUE(dmmu_await(&call.returned, 1));
	EXPECT_EQ(0, call.result);
	/* What is there now is none of the device's business, unless it faults anew. */
	other = mmap((void *)page, DMMU_PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(page, other);
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	if (c.status != DMMU_OK)
		EXPECT_FAULT(&c, dmmu_va(page), DMMU_WRITE, -EFAULT);
	else
		EXPECT_TRUE(other[0] == 0 || other[0] == 5);
	pthread_join(call.thread, NULL);
}

/* Nobody knows of the fault yet when its page goes away. */
CLAIM(held, page_is_unmapped_while_the_fault_record_is_held)
{
	volatile uint64_t *page = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(page, 5, 64);
	struct dmmu_completion c;
	uint64_t held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	page[0] = 1;
	held = host_count("held.record");
	ASSERT_TRUE(host_do("hold record"));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(host_await("held.record", held));
	ASSERT_EQ(0, munmap((void *)page, DMMU_PAGE));
	dmmu_sleep_us(WINDOW_US);
	ASSERT_TRUE(host_do("release all"));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_FAULT(&c, dmmu_va(page), DMMU_WRITE, -EFAULT);
}

/* On a machine that does much else, a second here is many: no limit of time is to end the window.
 */
static bool limits(const char *scale)
{
	int fd = open("/sys/module/dmmu/parameters/time_scale", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, scale, strlen(scale)) == (ssize_t)strlen(scale);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The thread is there before: to start one is to change the mapping, which waits, too. */
static void *do_close(void *opaque)
{
	struct call *call = opaque;

	dmmu_await(&call->go, 1);
	call->result = close(call->protection);
	__atomic_store_n(&call->returned, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* The file is closed while an invalidation of its context has not been acknowledged. */
CLAIM(held, close_waits_for_an_invalidation_that_is_ending)
{
	volatile uint64_t *word = dmmu_map(8 * DMMU_PAGE);
	struct call change = {.page = (void *)word, .protection = PROT_READ};
	struct call closing = {.protection = self->fd};
	uint64_t held, stands;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	ASSERT_TRUE(limits("20"));
	ASSERT_EQ(0, dmmu_hammers_start(self->fd, word, DMMU_PAGE, 8));
	ASSERT_EQ(0, pthread_create(&closing.thread, NULL, do_close, &closing));
	held = host_count("held.invalidate");
	ASSERT_TRUE(host_do("hold invalidate"));
	ASSERT_TRUE(call_starts(&change));
	ASSERT_TRUE(host_await("held.invalidate", held));
	closing.go = 1;
	self->fd = -1;
	dmmu_sleep_us(WINDOW_US);
	EXPECT_EQ(0, change.returned);
	EXPECT_EQ(0, closing.returned) TH_LOG("the file was closed, and the device still writes");
	ASSERT_TRUE(host_do("release all"));
	ASSERT_TRUE(dmmu_await(&change.returned, 1));
	ASSERT_TRUE(dmmu_await(&closing.returned, 1));
	stands = *word;
	dmmu_sleep_us(10000);
	EXPECT_EQ(stands, *word);
	EXPECT_EQ(0, munmap((void *)word, 8 * DMMU_PAGE)); /* the notifier is gone */
	pthread_join(change.thread, NULL);
	pthread_join(closing.thread, NULL);
	EXPECT_TRUE(limits("1"));
	self->fd = dmmu_open_bound();
	ASSERT_GE(self->fd, 0);
	word = dmmu_map(DMMU_PAGE);
	RUN_OK(dmmu_fill(word, 1, 64));
}

/* The driver leaves the device while a write is on its way out of it, and another instance takes
 * over: the memory of that process may have any other use by then. */
CLAIM(held, a_write_of_lost_work_does_not_land_when_the_driver_is_back)
{
	volatile uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(p, 7, 64);
	struct dmmu_completion c;
	char folder[512];
	uint64_t held;

	if (!host_there())
		SKIP(return, "nobody on the host answers");
	p[0] = 1;
	ASSERT_TRUE(pci_folder(folder, sizeof(folder)));
	held = host_count("held.write");
	ASSERT_TRUE(host_do("hold write"));
	ASSERT_EQ(0, dmmu_submit(self->fd, &work, 1));
	ASSERT_TRUE(host_await("held.write", held));
	ASSERT_EQ(0, put_driver("unbind", folder));
	ASSERT_EQ(0, dmmu_collect(self->fd, &c, 1));
	EXPECT_EQ(DMMU_LOST, c.status);
	EXPECT_EQ(1, p[0]);
	close(self->fd); /* it would keep the number of the device */
	ASSERT_EQ(0, put_driver("bind", folder));
	self->fd = open_when_back();
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, p[0]) TH_LOG("what was told to be lost was written");
	ASSERT_TRUE(host_do("release all"));
	RUN_OK(dmmu_fill(p + 8, 2, 64));
	EXPECT_EQ(1, p[0]);
}

DMMU_TEST_MAIN
