// SPDX-License-Identifier: GPL-2.0
/*
 * fake_device.c: see fake_device.h.
 */
#include "check.h"
#include "dmmu_link.h"
#include "fake_device.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>

struct fake {
	struct dmmu_link *link;
	struct dmmu_dma_table *dma;
	struct fake_shared *shared;
	uint8_t bar0[0x10000];
	uint8_t *local;
	uint64_t local_bytes;
	uint32_t hash;
};

struct fake_shared *fake_shared_new(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void send_all(struct fake *f, const struct dmmu_msg *msg)
{
	while (!dmmu_link_send(f->link, msg)) {
		if (dmmu_link_broken(f->link))
			_exit(0);
		usleep(100);
	}
}

static void irq(struct fake *f, uint64_t vector)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_IRQ, .aux = vector};

	send_all(f, &msg);
}

static void dma_write(struct fake *f, uint64_t value)
{
	uint64_t addr;
	void *p;

	memcpy(&addr, f->bar0 + FAKE_DMA_ADDR, 8);
	if (!dmmu_link_dma_open(f->link)) {
		f->shared->gate_refusals++;
		return;
	}
	p = dmmu_dma_find(f->dma, addr, 8, true);
	if (p)
		memcpy(p, &value, 8);
	irq(f, 2);
}

static void write_register(struct fake *f, const struct dmmu_msg *msg)
{
	if (msg->bar == 2) {
		if (msg->addr + msg->size <= f->local_bytes)
			memcpy(f->local + msg->addr, &msg->data, msg->size);
		return;
	}
	if (msg->addr + msg->size > sizeof(f->bar0))
		return;
	memcpy(f->bar0 + msg->addr, &msg->data, msg->size);
	if (msg->addr == FAKE_DMA_WRITE)
		dma_write(f, msg->data);
	if (msg->addr == FAKE_IRQ)
		irq(f, msg->data);
	if (msg->addr == FAKE_ORDER)
		f->hash = f->hash * 31 + (uint32_t)msg->data;
}

static void read_register(struct fake *f, const struct dmmu_msg *msg, struct dmmu_msg *answer)
{
	if (msg->bar == 2)
		memcpy(&answer->data, f->local + msg->addr, msg->size);
	else
		memcpy(&answer->data, f->bar0 + msg->addr, msg->size);
	if (msg->bar == 0 && msg->addr == FAKE_ORDER)
		answer->data = f->hash;
	if (msg->bar == 0 && msg->addr == FAKE_UNSUPPORTED)
		answer->status = DMMU_STATUS_UNSUPPORTED;
	if (msg->bar == 0 && msg->addr == FAKE_SLOW_READ)
		usleep(f->shared->slow_ms * 1000);
}

static void serve(struct fake *f, const struct dmmu_msg *msg)
{
	struct dmmu_msg answer = {.kind = DMMU_MSG_COMPLETION, .tag = msg->tag};
	int err;

	switch (msg->kind) {
	case DMMU_MSG_MMIO_WRITE:
		write_register(f, msg);
		return;
	case DMMU_MSG_MMIO_READ:
		read_register(f, msg, &answer);
		break;
	case DMMU_MSG_DMA_MAP:
		err = dmmu_dma_add(f->dma, msg->addr, msg->size,
				   dmmu_link_take_fd(f->link, msg->aux), msg->data, msg->flags);
		f->shared->maps += !err;
		answer.status = err ? DMMU_STATUS_ABORT : DMMU_STATUS_SUCCESS;
		break;
	case DMMU_MSG_DMA_UNMAP:
		usleep(f->shared->unmap_ms * 1000);
		if (f->shared->refuse_unmap || dmmu_dma_remove(f->dma, msg->addr, msg->size))
			answer.status = DMMU_STATUS_ABORT;
		else if (msg->size == DMMU_DMA_EVERYTHING)
			f->shared->maps = 0;
		else
			f->shared->unmaps++;
		f->shared->unmap_answered++;
		break;
	case DMMU_MSG_RESET:
		memset(f->bar0, 0, sizeof(f->bar0));
		f->hash = 0;
		f->shared->bus_master = 0;
		if (msg->aux == DMMU_RESET_FLR)
			f->shared->flr++;
		else
			f->shared->bus_reset++;
		break;
	case DMMU_MSG_BUS_MASTER:
		f->shared->bus_master = (unsigned int)msg->data;
		break;
	}
	send_all(f, &answer);
}

pid_t fake_device_start(const char *link_path, struct fake_shared *shared)
{
	static struct fake f;
	struct dmmu_link_offer offer;
	struct dmmu_msg msg;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(3, ~0u,
		    0); /* the test's connections: their end must be seen when it closes them */
	f.shared = shared;
	f.dma = dmmu_dma_new();
	for (int tries = 0; !f.link && tries < 500; tries++) {
		f.link = dmmu_link_connect(link_path, &offer);
		if (!f.link)
			usleep(10000);
	}
	CHECK(f.link && f.dma);
	f.local_bytes = offer.local_bytes;
	f.local = mmap(NULL, offer.local_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, offer.local_fd,
		       0);
	CHECK(f.local != MAP_FAILED);
	for (;;) {
		while (dmmu_link_recv(f.link, &msg))
			serve(&f, &msg);
		if (dmmu_link_wait(f.link, -1) < 0)
			_exit(0);
	}
}
