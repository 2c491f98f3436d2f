// SPDX-License-Identifier: GPL-2.0
/*
 * execute.c: does a sequence. What the kernel answers does not matter: it must go on, and so must
 * we. Each call that may wait is interrupted by a timer that ticks until the end.
 *
 * The place of a structure, the last argument of most ioctls: 0 our own memory, 1 the arena, 2 the
 * end of a page behind which there is nothing, 3 memory that is read-only, 4 nowhere, 5 the
 * kernel's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "fuzz.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum { TICK_US = 200000, RUN_SECONDS = 6, MOST_THREADS = 4 };

struct run {
	int fd[SLOTS];
	uint64_t until;
	bool aside; /* the next one is done by a thread of its own */
	pthread_t thread[MOST_THREADS];
	unsigned int threads;
	char *edge;	 /* one page, then nothing */
	char *read_only; /* one page */
};

static void *page_of(uint64_t page)
{
	return (void *)(uintptr_t)(ARENA + page % ARENA_PAGES * 4096);
}

static size_t bytes_from(uint64_t page, uint64_t pages)
{
	page %= ARENA_PAGES;
	pages = pages % ARENA_PAGES + 1;
	if (pages > ARENA_PAGES - page)
		pages = ARENA_PAGES - page;
	return pages * 4096;
}

/* The argument of an ioctl, as @place says. */
static void *put(struct run *run, void *data, size_t size, uint64_t place)
{
	switch (place) {
	case 1:
		/* Through the kernel: the arena may have no such page. */
		return (void *)(uintptr_t)ARENA;
	case 2:
		if (size <= 4096)
			memcpy(run->edge + 4096 - size, data, size);
		return run->edge + 4096 - size / 2 - 8 * (size > 64);
	case 3:
		return run->read_only;
	case 4:
		return (void *)16;
	case 5:
		return (void *)0xffff888000001000;
	default:
		return data;
	}
}

static int slot(struct run *run, uint64_t n)
{
	return run->fd[n % SLOTS];
}

/* --- the file --- */

static void do_open(struct run *run, const uint64_t *arg)
{
	int *fd = &run->fd[arg[0] % SLOTS];

	if (*fd >= 0)
		close(*fd);
	*fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
}

static void do_close(struct run *run, const uint64_t *arg)
{
	int *fd = &run->fd[arg[0] % SLOTS];

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void do_bind(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_bind bind = {.flags = (uint32_t)arg[1]};

	ioctl(slot(run, arg[0]), DMMU_IOC_BIND, put(run, &bind, sizeof(bind), arg[2]));
}

static void do_query(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_query query;

	ioctl(slot(run, arg[0]), DMMU_IOC_QUERY, put(run, &query, sizeof(query), arg[1]));
}

static void do_local(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_local local;

	ioctl(slot(run, arg[0]), DMMU_IOC_LOCAL, put(run, &local, sizeof(local), arg[1]));
}

static void do_counters(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_counters counters;

	ioctl(slot(run, arg[0]), DMMU_IOC_COUNTERS, put(run, &counters, sizeof(counters), arg[1]));
}

/* As many as there may be of one kind, each a page further. */
static void do_submit(struct run *run, const uint64_t *arg)
{
	struct dmmu_work_desc work[16];
	struct dmmu_ioc_submit submit = {
		.works = dmmu_va(work), .count = (uint32_t)arg[1], .flags = (uint32_t)arg[2]};

	for (unsigned int i = 0; i < 16; i++)
		work[i] = (struct dmmu_work_desc){.op = (uint32_t)arg[3],
						  .flags = (uint32_t)arg[4],
						  .cookie = i,
						  .src = arg[5],
						  .src2 = arg[6],
						  .dst = arg[7] + i * 4096,
						  .len = arg[8],
						  .arg = arg[9],
						  .arg2 = arg[9] >> 3};
	if (submit.count > 16) /* not from our stack: it has no more */
		submit.works = arg[5];
	ioctl(slot(run, arg[0]), DMMU_IOC_SUBMIT, put(run, &submit, sizeof(submit), arg[10]));
}

static void do_wait(struct run *run, const uint64_t *arg)
{
	static __thread struct dmmu_completion c[4096];
	struct dmmu_ioc_wait wait = {.completions = arg[4] == 1 ? ARENA : dmmu_va(c),
				     .max = (uint32_t)arg[1],
				     .min = (uint32_t)arg[2],
				     .timeout_ns = arg[3]};

	ioctl(slot(run, arg[0]), DMMU_IOC_WAIT, put(run, &wait, sizeof(wait), arg[4]));
}

static void do_migrate(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_migrate migrate = {
		.start = arg[1], .size = arg[2], .to = (uint32_t)arg[3], .flags = (uint32_t)arg[4]};

	ioctl(slot(run, arg[0]), DMMU_IOC_MIGRATE, put(run, &migrate, sizeof(migrate), arg[5]));
}

static void do_hint(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_hint hint = {.start = arg[1],
				     .size = arg[2],
				     .hint = (uint32_t)arg[3],
				     .flags = (uint32_t)arg[4]};

	ioctl(slot(run, arg[0]), DMMU_IOC_HINT, put(run, &hint, sizeof(hint), arg[5]));
}

/* Not of ours: numbers next to them, other sizes. */
static void do_ioctl(struct run *run, const uint64_t *arg)
{
	static __thread uint64_t room[256];
	unsigned long number = (unsigned long)(arg[1] % 16 + 0xcc);

	ioctl(slot(run, arg[0]), _IOC(arg[2] % 4, 'D', number, arg[3] % 2048), room);
}

static void do_poll(struct run *run, const uint64_t *arg)
{
	struct pollfd p = {.fd = slot(run, arg[0]), .events = POLLIN | POLLOUT};

	poll(&p, 1, arg[1] % 8);
}

/* --- the memory --- */

static void do_map(struct run *run, const uint64_t *arg)
{
	int protection = arg[2] % 4 == 3 ? PROT_NONE : PROT_READ | (arg[2] & 1 ? 0 : PROT_WRITE);
	size_t bytes = bytes_from(arg[0], arg[1]);
	int flags = MAP_FIXED | MAP_NORESERVE, file = -1;

	(void)run;
	switch (arg[3] % 4) {
	case 0:
	case 1:
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
		break;
	case 2:
		flags |= MAP_SHARED | MAP_ANONYMOUS;
		break;
	default:
		file = memfd_create("fuzz", 0);
		/* The last page is beyond the end of the file. */
		if (file < 0 || ftruncate(file, (off_t)bytes - 4096))
			break;
		flags |= arg[3] & 4 ? MAP_PRIVATE : MAP_SHARED;
	}
	mmap(page_of(arg[0]), bytes, protection, flags, file, 0);
	if (file >= 0)
		close(file);
}

static void do_unmap(struct run *run, const uint64_t *arg)
{
	(void)run;
	munmap(page_of(arg[0]), bytes_from(arg[0], arg[1]));
}

static void do_protect(struct run *run, const uint64_t *arg)
{
	static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_WRITE};

	(void)run;
	mprotect(page_of(arg[0]), bytes_from(arg[0], arg[1]), protections[arg[2] % 4]);
}

static void do_advise(struct run *run, const uint64_t *arg)
{
	static const int advices[] = {MADV_DONTNEED, MADV_FREE,	    MADV_PAGEOUT,  MADV_COLD,
				      MADV_HUGEPAGE, MADV_COLLAPSE, MADV_DONTFORK, MADV_MERGEABLE};

	(void)run;
	madvise(page_of(arg[0]), bytes_from(arg[0], arg[1]), advices[arg[2] % 8]);
}

static void do_remap(struct run *run, const uint64_t *arg)
{
	size_t bytes = bytes_from(arg[0], arg[1]);

	(void)run;
	if (arg[2] % ARENA_PAGES * 4096 + bytes > ARENA_BYTES)
		return;
	(void)!mremap(page_of(arg[0]), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      page_of(arg[2]));
}

/* By the kernel's hand, so that nothing happens where there is no page, or none that may be. */
static void touch(uint64_t page, bool write_it)
{
	static int ends[2];
	char byte;

	if (!ends[1] && pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return;
	/* Out of the page into the pipe, and back. */
	if (write(ends[1], page_of(page), 1) == 1)
		(void)!read(ends[0], write_it ? page_of(page) : &byte, 1);
}

static void do_touch(struct run *run, const uint64_t *arg)
{
	uint64_t pages = bytes_from(arg[0], arg[1]) / 4096;

	(void)run;
	for (uint64_t i = 0; i < pages && i < 64; i++)
		touch(arg[0] + i, arg[2] & 1);
}

/* A child that uses the memory, or our file, or opens and binds one, and ends. */
static void do_fork(struct run *run, const uint64_t *arg)
{
	pid_t child = fork();

	if (!child) {
		const uint64_t zeros[MOST_ARGS] = {};

		if (arg[0] & 1)
			do_counters(run, zeros);
		if (arg[0] & 2)
			for (uint64_t i = 0; i < 8; i++)
				touch(arg[1] + i, true);
		if (arg[0] & 4) {
			do_open(run, zeros);
			do_bind(run, zeros);
			do_migrate(run, (const uint64_t[]){0, ARENA, 8 * 4096, 1, 0, 0});
		}
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The next is done at the same time as those after it. */
static void do_aside(struct run *run, const uint64_t *arg)
{
	(void)arg;
	run->aside = true;
}

static void do_pause(struct run *run, const uint64_t *arg)
{
	(void)run;
	usleep((arg[0] & 7) * 1000);
}

const struct op_kind op_kinds[] = {
	{"open", 3, do_open, {ARG_SLOT, ARG_END}},
	{"close", 2, do_close, {ARG_SLOT, ARG_END}},
	{"bind", 3, do_bind, {ARG_SLOT, ARG_SMALL, ARG_PLACE, ARG_END}},
	{"query", 1, do_query, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"local", 1, do_local, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"counters", 1, do_counters, {ARG_SLOT, ARG_PLACE, ARG_END}},
	{"submit",
	 16,
	 do_submit,
	 {ARG_SLOT, ARG_COUNT, ARG_FLAGS, ARG_SMALL, ARG_FLAGS, ARG_ADDRESS, ARG_ADDRESS,
	  ARG_ADDRESS, ARG_NUMBER, ARG_NUMBER, ARG_PLACE, ARG_END}},
	{"wait", 8, do_wait, {ARG_SLOT, ARG_COUNT, ARG_SMALL, ARG_TIME, ARG_PLACE, ARG_END}},
	{"migrate",
	 8,
	 do_migrate,
	 {ARG_SLOT, ARG_START, ARG_SIZE, ARG_SMALL, ARG_FLAGS, ARG_PLACE, ARG_END}},
	{"hint",
	 3,
	 do_hint,
	 {ARG_SLOT, ARG_START, ARG_SIZE, ARG_SMALL, ARG_FLAGS, ARG_PLACE, ARG_END}},
	{"ioctl", 1, do_ioctl, {ARG_SLOT, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_END}},
	{"poll", 2, do_poll, {ARG_SLOT, ARG_SMALL, ARG_END}},
	{"map", 4, do_map, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_SMALL, ARG_END}},
	{"unmap", 2, do_unmap, {ARG_PAGE, ARG_PAGES, ARG_END}},
	{"protect", 4, do_protect, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"advise", 5, do_advise, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"remap", 2, do_remap, {ARG_PAGE, ARG_PAGES, ARG_PAGE, ARG_END}},
	{"touch", 6, do_touch, {ARG_PAGE, ARG_PAGES, ARG_SMALL, ARG_END}},
	{"fork", 2, do_fork, {ARG_SMALL, ARG_PAGE, ARG_END}},
	{"aside", 5, do_aside, {ARG_END}},
	{"pause", 1, do_pause, {ARG_SMALL, ARG_END}},
};

const unsigned int op_kind_count = sizeof(op_kinds) / sizeof(op_kinds[0]);

/* --- the sequence --- */

static struct run *running;

/* The timer's signal comes to one thread only: it wakes the others. */
static void tick(int number)
{
	if (number == SIGALRM)
		for (unsigned int i = 0; i < running->threads; i++)
			pthread_kill(running->thread[i], SIGUSR1);
}

struct aside {
	struct run *run;
	const struct op *op;
};

static void *do_aside_op(void *opaque)
{
	struct aside *a = opaque;
	sigset_t timer;

	sigemptyset(&timer);
	sigaddset(&timer, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &timer, NULL);
	op_kinds[a->op->kind].perform(a->run, a->op->arg);
	free(a);
	return NULL;
}

static bool start_aside(struct run *run, const struct op *op)
{
	struct aside *a;

	run->aside = false;
	if (run->threads == MOST_THREADS)
		return false;
	a = malloc(sizeof(*a));
	if (!a)
		return false;
	*a = (struct aside){run, op};
	if (pthread_create(&run->thread[run->threads], NULL, do_aside_op, a)) {
		free(a);
		return false;
	}
	run->threads++;
	return true;
}

void execute(const struct sequence *s)
{
	struct itimerval timer = {.it_interval.tv_usec = TICK_US, .it_value.tv_usec = TICK_US};
	struct sigaction action = {.sa_handler = tick}; /* no SA_RESTART */
	struct run run = {.until = dmmu_now_ns() + RUN_SECONDS * 1000000000ull};
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		run.fd[i] = -1;
	mmap((void *)(uintptr_t)ARENA, ARENA_BYTES, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	run.edge = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	run.read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run.edge == MAP_FAILED || run.read_only == MAP_FAILED || munmap(run.edge + 4096, 4096))
		return;
	signal(SIGBUS, SIG_DFL);
	running = &run;
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (i = 0; i < s->n && dmmu_now_ns() < run.until; i++) {
		const struct op *op = &s->op[i];

		if (op_kinds[op->kind].perform == do_aside || !run.aside || !start_aside(&run, op))
			op_kinds[op->kind].perform(&run, op->arg);
	}
	/* Open files go here, not with the process: what that reaches is not told (KCOV). */
	for (i = 0; i < SLOTS; i++)
		if (run.fd[i] >= 0)
			close(run.fd[i]);
	for (i = run.threads; i; i--) {
		pthread_join(run.thread[i - 1], NULL);
		run.threads = i - 1;
	}
}
