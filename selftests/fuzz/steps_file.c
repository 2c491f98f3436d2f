// SPDX-License-Identifier: GPL-2.0
/*
 * steps_file.c: what can be done with the file.
 *
 * The place of a structure, the last argument of most ioctls: 0 our own memory, 1 the arena, 2 the
 * end of a page behind which there is nothing, 3 memory that is read-only, 4 nowhere, 5 the
 * kernel's.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "run.h"

enum { WORK_NS = 150000000 };

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

void do_open(struct run *run, const uint64_t *arg)
{
	int *fd = &run->fd[arg[0] % SLOTS];
	char path[] = "/dev/dmmu0";

	if (*fd >= 0)
		close(*fd);
	path[sizeof(path) - 2] += arg[1] % 2;
	*fd = open(path, O_RDWR | O_CLOEXEC);
}

void do_close(struct run *run, const uint64_t *arg)
{
	int *fd = &run->fd[arg[0] % SLOTS];

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void do_bind(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_bind bind = {.flags = (uint32_t)arg[1]};

	ioctl(slot(run, arg[0]), DMMU_IOC_BIND, put(run, &bind, sizeof(bind), arg[2]));
}

void do_query(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_query query;

	ioctl(slot(run, arg[0]), DMMU_IOC_QUERY, put(run, &query, sizeof(query), arg[1]));
}

void do_local(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_local local;

	ioctl(slot(run, arg[0]), DMMU_IOC_LOCAL, put(run, &local, sizeof(local), arg[1]));
}

void do_counters(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_counters counters;

	ioctl(slot(run, arg[0]), DMMU_IOC_COUNTERS, put(run, &counters, sizeof(counters), arg[1]));
}

/* As many as there may be of one kind, each a page further. */
void do_submit(struct run *run, const uint64_t *arg)
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

void do_wait(struct run *run, const uint64_t *arg)
{
	static __thread struct dmmu_completion c[4096];
	struct dmmu_ioc_wait wait = {.completions = arg[4] == 1 ? ARENA : dmmu_va(c),
				     .max = (uint32_t)arg[1],
				     .min = (uint32_t)arg[2],
				     .timeout_ns = arg[3]};

	ioctl(slot(run, arg[0]), DMMU_IOC_WAIT, put(run, &wait, sizeof(wait), arg[4]));
}

/* One operation that can be done, and its completion. */
void do_work(struct run *run, const uint64_t *arg)
{
	struct dmmu_work_desc work = {.op = (uint32_t)arg[1] % 8,
				      .src = arg[2],
				      .src2 = arg[2] + 4096,
				      .dst = arg[3],
				      .len = arg[4],
				      .arg = 8};
	struct dmmu_ioc_submit submit = {.works = dmmu_va(&work), .count = 1};
	struct dmmu_completion c;
	struct dmmu_ioc_wait wait = {
		.completions = dmmu_va(&c), .max = 1, .min = 1, .timeout_ns = WORK_NS};

	if (!ioctl(slot(run, arg[0]), DMMU_IOC_SUBMIT, &submit))
		ioctl(slot(run, arg[0]), DMMU_IOC_WAIT, &wait);
}

void do_migrate(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_migrate migrate = {
		.start = arg[1], .size = arg[2], .to = (uint32_t)arg[3], .flags = (uint32_t)arg[4]};

	ioctl(slot(run, arg[0]), DMMU_IOC_MIGRATE, put(run, &migrate, sizeof(migrate), arg[5]));
}

void do_hint(struct run *run, const uint64_t *arg)
{
	struct dmmu_ioc_hint hint = {.start = arg[1],
				     .size = arg[2],
				     .hint = (uint32_t)arg[3],
				     .flags = (uint32_t)arg[4]};

	ioctl(slot(run, arg[0]), DMMU_IOC_HINT, put(run, &hint, sizeof(hint), arg[5]));
}

/* Not of ours: numbers next to them, other sizes. */
void do_ioctl(struct run *run, const uint64_t *arg)
{
	static __thread uint64_t room[256];
	unsigned long number = (unsigned long)(arg[1] % 16 + 0xcc);

	ioctl(slot(run, arg[0]), _IOC(arg[2] % 4, 'D', number, arg[3] % 2048), room);
}

void do_poll(struct run *run, const uint64_t *arg)
{
	struct pollfd p = {.fd = slot(run, arg[0]), .events = POLLIN | POLLOUT};

	if (arg[1] & 8)
		p.events = POLLIN;
	poll(&p, 1, arg[1] % 8 * 4);
}
