// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_link.c: a hostile device. The script writes the device's side of a link: well-formed
 * messages, answers to what was asked, raw bytes anywhere in the shared memory, packets on the
 * socket with any number of descriptors; and lets the bridge's side (device_link.c) serve, read,
 * write, map, reset in between. Every step of the bridge must end, and soon.
 */
#include "device_link.h"
#include "dma_maps.h"
#include "fuzz.h"
#include "interrupts.h"
#include "link_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOCAL_BYTES 0x10000u
#define STEPS	    200 /* of a script: each may wait a millisecond */

static struct device_link dev;
static struct dma_maps maps;
static struct interrupts irqs;
static int memory = -1;

static void must(int so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "fuzz_link: not so: %s\n", what);
	abort();
}

static int free_descriptors(void)
{
	int fd = dup(memory);

	close(fd);
	return fd;
}

/* The vector is what the device says; interrupts.c must not believe it. */
static void on_irq(void *arg, uint64_t vector)
{
	interrupts_raise(arg, vector);
}

/* Answers what the bridge has asked so far, as a good device would, but for what the script says.
 */
static void answer(struct dmmu_link *device, struct script *script)
{
	uint8_t how = script_byte(script);
	struct dmmu_msg msg, reply;

	while (dmmu_link_recv(device, &msg)) {
		if (msg.kind == DMMU_MSG_DMA_MAP) {
			int fd = dmmu_link_take_fd(device, msg.aux);

			if (fd >= 0)
				close(fd);
		}
		if (msg.kind == DMMU_MSG_MMIO_WRITE)
			continue;
		reply = (struct dmmu_msg){.kind = DMMU_MSG_COMPLETION,
					  .tag = msg.tag + (how >> 4 == 1),
					  .status = how & 3,
					  .data = how};
		dmmu_link_send(device, &reply);
		if (how >> 4 == 2)
			dmmu_link_send(device, &reply);
	}
}

static void message(struct dmmu_link *device, struct script *script)
{
	static const uint8_t kinds[] = {DMMU_MSG_COMPLETION, DMMU_MSG_IRQ,   DMMU_MSG_BYE,
					DMMU_MSG_MMIO_READ,  DMMU_MSG_HELLO, 77};
	struct dmmu_msg msg = {0};
	uint8_t kind = script_byte(script);

	msg.kind = kinds[kind % sizeof(kinds)];
	msg.tag = script_byte(script);
	msg.aux = script_byte(script);
	if (kind & 0x80)
		script_bytes(script, &msg, sizeof(msg));
	dmmu_link_send(device, &msg);
}

static void poke(struct dmmu_link *device, struct script *script)
{
	uint8_t *shared = (uint8_t *)device->memory->shared;
	uint32_t at = script_word(script) * 4u, bytes = script_byte(script) % 65u;

	/* most of it is ring, most of what matters is in front */
	if (at & 0x20000)
		at &= 0x3fc;
	at %= sizeof(*device->memory->shared);
	if (bytes > sizeof(*device->memory->shared) - at)
		bytes = (uint32_t)(sizeof(*device->memory->shared) - at);
	script_bytes(script, shared + at, bytes);
}

static void packet(struct dmmu_link *device, struct script *script)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_FD, .aux = script_byte(script)};
	int fds[PACKET_FDS] = {memory, memory, memory, memory};

	if (msg.aux & 0x80)
		script_bytes(script, &msg, sizeof(msg));
	packet_send(device->fd[LINK_SOCKET], &msg, fds, script_byte(script) % (PACKET_FDS + 1));
}

static void step(struct dmmu_link *device, struct script *script)
{
	uint8_t what = script_byte(script);
	uint64_t data;

	dev.client_deadline = now_ms() + 2;
	switch (what % 13) {
	case 0:
		message(device, script);
		break;
	case 1:
		poke(device, script);
		break;
	case 2:
		packet(device, script);
		break;
	case 3:
	case 4:
		answer(device, script);
		break;
	case 5:
		device_link_read(&dev, 0, 8ull * (what >> 4), 8, &data);
		break;
	case 6:
		device_link_write(&dev, 2, 8ull * (what >> 4), 4, what);
		break;
	case 7:
		device_link_set_bus_master(&dev, what & 0x80);
		break;
	case 8:
		device_link_reset(&dev, what & 0x80 ? DMMU_RESET_BUS : DMMU_RESET_FLR);
		break;
	case 9:
		device_link_unmap(&dev, 0x1000, 0x1000);
		break;
	case 10:
		device_link_forget_guest(&dev);
		break;
	case 11:
		device_link_arm(&dev);
		break;
	default:
		break;
	}
	device_link_serve(&dev);
	must(dev.link || dev.state == DEVICE_ABSENT, "a device without a link is absent");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = {data, size};
	struct dmmu_link *end[2];
	char path[64];
	int before;

	if (memory < 0) {
		memory = memfd_create("any", MFD_CLOEXEC);
		must(memory >= 0 && !ftruncate(memory, 4096), "memory");
	}
	before = free_descriptors();
	snprintf(path, sizeof(path), "/tmp/dmmu-fuzz-%d", (int)getpid());
	must(device_link_init(&dev, path, LOCAL_BYTES, &maps, 1), "the bridge's side");
	interrupts_init(&irqs, DMMU_IRQ_COUNT);
	interrupts_configure(&irqs, true, false);
	dev.on_irq = on_irq;
	dev.on_irq_arg = &irqs;
	must(dmmu_link_pair(end, &dev.offer), "a link");
	dev.link = end[0];
	dev.state = DEVICE_SYNCING;
	device_link_forget_guest(&dev);
	for (unsigned int i = 0; script.left && i < STEPS; i++)
		step(end[1], &script);
	device_link_end(&dev);
	dmmu_link_drop(end[1]);
	unlink(path);
	must(free_descriptors() == before, "no descriptor is left open");
	return 0;
}
