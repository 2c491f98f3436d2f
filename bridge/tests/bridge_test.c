// SPDX-License-Identifier: GPL-2.0
/*
 * bridge_test.c: dmmu-bridge between a vfio-user client (this program) and a device process that
 * can be stopped and killed. Argument 2 is the bridge to test.
 */
#include "check.h"
#include "dmmu_link.h"
#include "fake_device.h"
#include "vfio_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/pci_regs.h>

#define LOCAL_BYTES 0x100000u
#define TIMEOUT_MS  300
#define RAM_BYTES   0x4000u
#define MEMORY	    0x2u /* PCI_COMMAND bits */
#define MASTER	    0x4u
#define VECTORS	    5

static const char *bridge_program;
static char directory[] = "/tmp/dmmu-bridge-XXXXXX", socket_path[64], link_path[64];
static pid_t bridge, device;
static struct fake_shared *fake;
static int sock = -1;
static const char *vectors = "5"; /* of the bridge that is started next */

static int64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void start_bridge(const char *bar2)
{
	bridge = fork();
	CHECK(bridge >= 0);
	if (!bridge) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_range(3, ~0u, 0);
		execl(bridge_program, bridge_program, "--socket", socket_path, "--link", link_path,
		      "--local-size", "1M", "--bar2", bar2, "--mmio-timeout-ms", "300",
		      "--msix-vectors", vectors, NULL);
		_exit(127);
	}
}

/* The bridge ends well on SIGTERM: a sanitizer's findings, leaks included, are in its status. */
static void end_bridge(void)
{
	int status;

	CHECK(!kill(bridge, SIGTERM));
	CHECK(waitpid(bridge, &status, 0) == bridge);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	CHECK(access(socket_path, F_OK) && access(link_path, F_OK));
	bridge = 0;
}

static void kill_device(void)
{
	CHECK(!kill(device, SIGKILL));
	CHECK(waitpid(device, NULL, 0) == device);
	device = 0;
}

static void client(void)
{
	sock = vu_connect(socket_path);
	CHECK_EQ(vu_version(sock), 0);
}

/* Waits until a register of the device holds what was written: it is up. */
static void wait_up(void)
{
	int64_t until = ms() + 10000;

	do {
		CHECK(ms() < until);
		vu_write(sock, 0, 0x48, 4, 0x5a5a1234);
		usleep(1000);
	} while (vu_read(sock, 0, 0x48, 4) != 0x5a5a1234);
}

static void start_all(const char *bar2)
{
	fake = fake_shared_new();
	start_bridge(bar2);
	client();
	device = fake_device_start(link_path, fake);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	wait_up();
}

static void end_all(void)
{
	close(sock);
	end_bridge();
	if (device)
		kill_device();
}

static void wait_for(atomic_uint *what, unsigned int value)
{
	int64_t until = ms() + 10000;

	while (*what != value) {
		CHECK(ms() < until);
		usleep(1000);
	}
}

static bool fired(int event_fd, int within_ms)
{
	struct pollfd readable = {.fd = event_fd, .events = POLLIN};
	uint64_t count;

	return poll(&readable, 1, within_ms) == 1 &&
	       read(event_fd, &count, sizeof(count)) == sizeof(count);
}

static int ram_fd;
static volatile uint64_t *ram;

static void make_ram(void)
{
	ram_fd = memfd_create("ram", MFD_CLOEXEC);
	CHECK(ram_fd >= 0 && !ftruncate(ram_fd, RAM_BYTES));
	ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
	CHECK(ram != MAP_FAILED);
}

/* All vectors to eventfds, MSI-X on. */
static void make_irqs(int fds[VECTORS])
{
	for (int i = 0; i < VECTORS; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, VECTORS, fds, VECTORS), 0);
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE);
}

/* ------------------------------------------------------------------------------------------------
 */

static void version(void)
{
	char hello[] = "\0\0\7\0{\"capabilities\":{}}", reply[512];
	uint32_t info[4];
	size_t got;

	start_bridge("map");
	/* something else first */
	sock = vu_connect(socket_path);
	vu_send(sock, 1, VU_GET_INFO, 0, info, 16, NULL, 0);
	CHECK(vu_closed_by_peer(sock));
	close(sock);
	/* another major version */
	sock = vu_connect(socket_path);
	hello[0] = 1;
	vu_send(sock, 1, VU_VERSION, 0, hello, sizeof(hello), NULL, 0);
	CHECK(vu_closed_by_peer(sock));
	close(sock);
	/* a newer minor version: answered by ours */
	sock = vu_connect(socket_path);
	hello[0] = 0;
	vu_send(sock, 9, VU_VERSION, 0, hello, sizeof(hello), NULL, 0);
	CHECK_EQ(vu_receive(sock, 9, VU_VERSION, reply, sizeof(reply), &got, NULL), 0);
	CHECK(reply[0] == 0 && reply[2] == 1 && reply[got - 1] == 0);
	CHECK(strstr(reply + 4, "\"max_dma_maps\""));
	CHECK_EQ(vu_version(sock), EINVAL); /* once only */
	/* unknown commands are refused, not fatal */
	CHECK_EQ(vu_call(sock, 99, NULL, 0, NULL, 0, NULL, 0), ENOTSUP);
	/* a second client while one is there */
	int second = vu_connect(socket_path);
	CHECK(vu_closed_by_peer(second));
	close(second);
	CHECK_EQ(vu_call(sock, VU_GET_INFO, info, 16, NULL, 0, info, 16), 0);
	CHECK(info[1] == 3 && info[2] == 9 && info[3] == 5);
	end_all();
}

struct region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

static struct region_info region_info(uint32_t index, int *fd)
{
	struct region_info q = {.argsz = 32, .index = index}, r;

	vu_send(sock, 77, VU_GET_REGION_INFO, 0, &q, sizeof(q), NULL, 0);
	CHECK_EQ(vu_receive(sock, 77, VU_GET_REGION_INFO, &r, sizeof(r), NULL, fd), 0);
	CHECK(r.index == index && r.argsz == 32);
	return r;
}

static void regions(void)
{
	static const char *const modes[] = {"map", "trap", "none"};
	struct region_info r = {.argsz = 32, .index = 9};
	uint32_t irq[4] = {16, 0, 2, 0};

	for (int i = 0; i < 3; i++) {
		int fd;

		start_bridge(modes[i]);
		client();
		r = region_info(0, &fd);
		CHECK(r.size == 0x10000 && r.flags == 3 && fd < 0);
		r = region_info(7, &fd);
		CHECK(r.size == 4096 && r.flags == 3 && fd < 0);
		r = region_info(1, &fd);
		CHECK(r.size == 0 && r.flags == 0);
		r = region_info(2, &fd);
		CHECK_EQ(r.size, i == 2 ? 0 : LOCAL_BYTES);
		CHECK_EQ(r.flags, i == 0 ? 7 : i == 1 ? 3 : 0);
		CHECK((fd >= 0) == (i == 0));
		if (fd >= 0) {
			uint8_t *p =
				mmap(NULL, LOCAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

			/* the same memory as by messages */
			CHECK(p != MAP_FAILED);
			vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
			vu_write(sock, 2, 0x4440, 8, 0x1122334455667788);
			CHECK_EQ(*(uint64_t *)(p + 0x4440), 0x1122334455667788);
			p[LOCAL_BYTES - 1] = 0x77;
			CHECK_EQ(vu_read(sock, 2, LOCAL_BYTES - 1, 1), 0x77);
			CHECK(ftruncate(fd, 0)); /* its size is sealed */
			munmap(p, LOCAL_BYTES);
			close(fd);
		}
		irq[0] = 16, irq[1] = 0, irq[2] = 2, irq[3] = 0;
		CHECK_EQ(vu_call(sock, VU_GET_IRQ_INFO, irq, 16, NULL, 0, irq, 16), 0);
		CHECK_EQ(irq[3], VECTORS);
		irq[2] = 0;
		CHECK_EQ(vu_call(sock, VU_GET_IRQ_INFO, irq, 16, NULL, 0, irq, 16), 0);
		CHECK_EQ(irq[3], 0);
		irq[2] = 3; /* QEMU asks for it */
		CHECK_EQ(vu_call(sock, VU_GET_IRQ_INFO, irq, 16, NULL, 0, irq, 16), 0);
		CHECK_EQ(irq[3], 1);
		irq[2] = 5;
		CHECK_EQ(vu_call(sock, VU_GET_IRQ_INFO, irq, 16, NULL, 0, irq, 16), EINVAL);
		r = (struct region_info){.argsz = 32, .index = 9};
		CHECK_EQ(vu_call(sock, VU_GET_REGION_INFO, &r, 32, NULL, 0, &r, 32), EINVAL);
		close(sock);
		end_bridge();
	}
}

static uint32_t config(uint32_t at)
{
	return (uint32_t)vu_read(sock, VU_CONFIG, at, 4);
}

static void expect_mask(uint32_t at, uint32_t mask)
{
	uint32_t before = config(at);

	vu_write(sock, VU_CONFIG, at, 4, 0xffffffff);
	CHECK_EQ(config(at) & ~before, mask & ~before);
	vu_write(sock, VU_CONFIG, at, 4, 0);
	CHECK_EQ(config(at), before & ~mask);
	vu_write(sock, VU_CONFIG, at, 4, before);
	CHECK_EQ(config(at), before);
}

/* Every capability of both lists, by walking them as an operating system does. */
static uint32_t find_capability(uint32_t id)
{
	for (uint32_t at = config(PCI_CAPABILITY_LIST) & 0xff, n = 0; at && n < 48; n++) {
		if ((config(at) & 0xff) == id)
			return at;
		at = config(at) >> 8 & 0xff;
	}
	CHECK(!"capability not found");
	return 0;
}

static void config_space(void)
{
	uint32_t express, msix, pm;

	start_bridge("trap");
	client();
	CHECK_EQ(config(0), 0x0001dd33);
	CHECK_EQ(config(PCI_CLASS_REVISION), 0x12000001);
	CHECK_EQ(config(PCI_SUBSYSTEM_VENDOR_ID), 0x0001dd33);
	CHECK_EQ(config(PCI_COMMAND), PCI_STATUS_CAP_LIST << 16);
	expect_mask(0, 0);
	expect_mask(PCI_CLASS_REVISION, 0);
	expect_mask(PCI_BASE_ADDRESS_1, 0);
	expect_mask(PCI_BASE_ADDRESS_4, 0);
	expect_mask(PCI_BASE_ADDRESS_5, 0);
	expect_mask(PCI_ROM_ADDRESS, 0);
	expect_mask(PCI_INTERRUPT_LINE, 0xff);
	/* sizing the BARs */
	vu_write(sock, VU_CONFIG, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	CHECK_EQ(config(PCI_BASE_ADDRESS_0), 0xffff0000);
	vu_write(sock, VU_CONFIG, PCI_BASE_ADDRESS_2, 8, UINT64_MAX);
	CHECK_EQ(config(PCI_BASE_ADDRESS_2), 0xfff0000c);
	CHECK_EQ(config(PCI_BASE_ADDRESS_3), 0xffffffff);
	/* command: memory, master, parity, SERR, INTx disable; by bytes too */
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, 0xffff);
	CHECK_EQ(config(PCI_COMMAND) & 0xffff, 0x0546);
	vu_write(sock, VU_CONFIG, PCI_COMMAND + 1, 1, 0);
	CHECK_EQ(config(PCI_COMMAND) & 0xffff, 0x0046);

	express = find_capability(PCI_CAP_ID_EXP);
	CHECK_EQ(config(express) >> 16, 0x0002);
	CHECK(config(express + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	expect_mask(express + PCI_EXP_DEVCAP, 0);
	CHECK_EQ(config(express + PCI_EXP_LNKCAP) & 0xf,
		 config(express + PCI_EXP_LNKCTL) >> 16 & 0xf);

	msix = find_capability(PCI_CAP_ID_MSIX);
	CHECK_EQ(config(msix) >> 16, VECTORS - 1);
	CHECK_EQ(config(msix + 4), 0x8000);
	CHECK_EQ(config(msix + 8), 0xc000);
	expect_mask(msix, 0xc0000000);
	expect_mask(msix + 4, 0);

	pm = find_capability(PCI_CAP_ID_PM);
	CHECK_EQ(config(pm + 4), 8);
	vu_write(sock, VU_CONFIG, pm + 4, 2, 1); /* no D1 */
	CHECK_EQ(config(pm + 4), 8);
	vu_write(sock, VU_CONFIG, pm + 4, 2, 3);
	CHECK_EQ(config(pm + 4), 11);
	vu_write(sock, VU_CONFIG, pm + 4, 2, 0);
	CHECK_EQ(config(pm + 4), 8);

	CHECK_EQ(config(0x100), 0x00020001); /* AER, the last one */
	expect_mask(0x100 + PCI_ERR_UNCOR_STATUS, 0);
	CHECK(config(0x100 + PCI_ERR_UNCOR_SEVER));

	/* the end of configuration space */
	CHECK_EQ(vu_read(sock, VU_CONFIG, 4092, 4), 0);
	struct {
		uint64_t offset;
		uint32_t region, count;
	} beyond = {4093, VU_CONFIG, 4};
	CHECK_EQ(vu_call(sock, VU_REGION_READ, &beyond, 16, NULL, 0, NULL, 0), EINVAL);

	/* MSI-X table: the bridge's own */
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	vu_write(sock, 0, 0x8010, 4, 0xfee00000);
	CHECK_EQ(vu_read(sock, 0, 0x8010, 4), 0xfee00000);
	CHECK_EQ(vu_read(sock, 0, 0xc000, 8), 0);
	vu_write(sock, 0, 0xc000, 4, 0xffffffff);
	CHECK_EQ(vu_read(sock, 0, 0xc000, 4), 0);

	/* FLR puts all of it back, and does not stay set */
	vu_write(sock, VU_CONFIG, express + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	CHECK_EQ(config(PCI_BASE_ADDRESS_0), 0);
	CHECK_EQ(config(PCI_COMMAND) & 0xffff, 0);
	CHECK_EQ(config(express + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR, 0);
	end_all();
}

static void mmio(void)
{
	uint32_t hash = 0;
	uint8_t big[16 + 4096], reply[16 + 4096];

	start_all("trap");
	/* sizes */
	vu_write(sock, 0, 0x40, 8, 0x8877665544332211);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0x44332211);
	CHECK_EQ(vu_read(sock, 0, 0x44, 2), 0x6655);
	CHECK_EQ(vu_read(sock, 0, 0x47, 1), 0x88);
	CHECK_EQ(vu_read(sock, 0, 0x42, 4), 0x66554433); /* misaligned: in pieces */
	vu_write(sock, 0, 0x41, 1, 0xaa);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0x4433aa11);
	/* an unsupported request reads all-ones, and the device goes on */
	CHECK_EQ(vu_read(sock, 0, FAKE_UNSUPPORTED, 4), 0xffffffff);
	CHECK_EQ(vu_read(sock, 0, 0x40, 1), 0x11);
	/* order: posted and replied writes mixed, more than a ring holds, then a read behind them
	 */
	for (uint32_t i = 0; i < 5000; i++) {
		if (i % 7)
			vu_post(sock, 0, FAKE_ORDER, 4, i);
		else
			vu_write(sock, 0, FAKE_ORDER, 4, i);
		hash = hash * 31 + i;
	}
	CHECK_EQ(vu_read(sock, 0, FAKE_ORDER, 4), hash);
	/* BAR2, trapped: one long access */
	for (unsigned int i = 0; i < 4096; i++)
		big[16 + i] = (uint8_t)(i * 7);
	memcpy(big, (uint64_t[]){0x10}, 8);
	memcpy(big + 8, (uint32_t[]){2, 4096}, 8);
	CHECK_EQ(vu_call(sock, VU_REGION_WRITE, big, sizeof(big), NULL, 0, reply, 16), 0);
	CHECK_EQ(vu_call(sock, VU_REGION_READ, big, 16, NULL, 0, reply, sizeof(reply)), 0);
	CHECK(!memcmp(big, reply, sizeof(big)));
	/* BARs switched off, and D3 */
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, 0);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0xffffffff);
	vu_write(sock, 0, 0x40, 4, 0);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0x4433aa11);
	vu_write(sock, VU_CONFIG, find_capability(PCI_CAP_ID_PM) + 4, 2, 3);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0xffffffff);
	vu_write(sock, VU_CONFIG, find_capability(PCI_CAP_ID_PM) + 4, 2, 0);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0x4433aa11);
	end_all();
}

static void interrupts(void)
{
	int fds[VECTORS];

	start_all("none");
	make_irqs(fds);
	for (unsigned int i = 0; i < VECTORS; i++) {
		vu_write(sock, 0, FAKE_IRQ, 4, i);
		for (unsigned int j = 0; j < VECTORS; j++)
			CHECK_EQ(fired(fds[j], j == i ? 5000 : 20), j == i);
	}
	vu_write(sock, 0, FAKE_IRQ, 4, VECTORS); /* no such vector */
	vu_write(sock, 0, FAKE_IRQ, 4, 0xffffffff);
	/* function mask: kept pending, shown in the PBA, delivered after */
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	vu_write(sock, 0, FAKE_IRQ, 4, 1);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0); /* the interrupt came before this answer */
	CHECK_EQ(vu_read(sock, 0, 0xc000, 4), 2);
	CHECK(!fired(fds[1], 20));
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE);
	CHECK(fired(fds[1], 0));
	CHECK_EQ(vu_read(sock, 0, 0xc000, 4), 0);
	/* masked by the client */
	CHECK_EQ(vu_set_irqs(sock, 0x09, 2, 2, NULL, 0), 0);
	vu_write(sock, 0, FAKE_IRQ, 4, 3);
	vu_read(sock, 0, 0x40, 4);
	CHECK(!fired(fds[3], 20));
	CHECK_EQ(vu_set_irqs(sock, 0x11, 2, 2, NULL, 0), 0);
	CHECK(fired(fds[3], 0));
	/* unwired, then wired again: delivered then */
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 1, NULL, 0), 0);
	vu_write(sock, 0, FAKE_IRQ, 4, 0);
	vu_read(sock, 0, 0x40, 4);
	CHECK(!fired(fds[0], 20));
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 1, fds, 1), 0);
	CHECK(fired(fds[0], 0));
	/* triggered by the client, DATA_NONE and DATA_BOOL */
	CHECK_EQ(vu_set_irqs(sock, 0x21, 1, 1, NULL, 0), 0);
	CHECK(fired(fds[1], 0));
	struct {
		uint32_t set[5];
		uint8_t which[4];
	} some = {{24, 0x22, 2, 0, 4}, {0, 0, 1, 0}};
	CHECK_EQ(vu_call(sock, VU_SET_IRQS, &some, 24, NULL, 0, NULL, 0), 0);
	CHECK(fired(fds[2], 0) && !fired(fds[0], 0) && !fired(fds[1], 0) && !fired(fds[3], 0));
	CHECK_EQ(vu_call(sock, VU_SET_IRQS, &some, 22, NULL, 0, NULL, 0), EINVAL);
	/* without bus mastering, and with MSI-X off, interrupts are lost */
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	vu_write(sock, 0, FAKE_IRQ, 4, 1);
	vu_read(sock, 0, 0x40, 4);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	CHECK(!fired(fds[1], 20));
	vu_write(sock, VU_CONFIG, 0x82, 2, 0);
	vu_write(sock, 0, FAKE_IRQ, 4, 1);
	vu_read(sock, 0, 0x40, 4);
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE);
	CHECK(!fired(fds[1], 20));
	/* all off */
	CHECK_EQ(vu_set_irqs(sock, 0x21, 0, 0, NULL, 0), 0);
	vu_write(sock, 0, FAKE_IRQ, 4, 2);
	vu_read(sock, 0, 0x40, 4);
	CHECK(!fired(fds[2], 20));
	/* nonsense */
	CHECK_EQ(vu_set_irqs(sock, 0x24, VECTORS - 1, 2, fds, 2), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 3, fds, 2), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0xffffffff, 2, fds, 2), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x27, 0, 1, NULL, 0), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x0c, 0, 1, fds, 1), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x20, 0, 1, NULL, 0), EINVAL);
	end_all();
}

/* A smaller table: the client sees no other vectors, and those the device raises are lost. */
static void few_vectors(void)
{
	uint32_t irq[4] = {16, 0, 2, 0};
	int fds[VECTORS];

	vectors = "2";
	start_all("none");
	CHECK_EQ(vu_read(sock, VU_CONFIG, find_capability(PCI_CAP_ID_MSIX) + 2, 2), 2 - 1);
	CHECK_EQ(vu_call(sock, VU_GET_IRQ_INFO, irq, 16, NULL, 0, irq, 16), 0);
	CHECK_EQ(irq[3], 2);
	for (int i = 0; i < VECTORS; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 3, fds, 3), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 2, 1, fds, 1), EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 2, fds, 2), 0);
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE);
	for (unsigned int i = 0; i < 1000 + VECTORS; i++) {
		vu_write(sock, 0, FAKE_IRQ, 4, i % VECTORS);
		vu_read(sock, 0, 0x40, 4);
		for (unsigned int j = 0; j < 2; j++)
			CHECK_EQ(fired(fds[j], 0), j == i % VECTORS);
		CHECK_EQ(vu_read(sock, 0, 0xc000, 4), 0);
	}
	/* the table ends where it says */
	vu_write(sock, 0, 0x8000 + 16, 4, 0x12345678);
	CHECK_EQ(vu_read(sock, 0, 0x8000 + 16, 4), 0x12345678);
	vu_write(sock, 0, 0x8000 + 2 * 16, 4, 0x12345678);
	CHECK_EQ(vu_read(sock, 0, 0x8000 + 2 * 16, 4), 0);
	end_all();
}

static void dma_write(uint64_t addr, uint64_t value)
{
	vu_write(sock, 0, FAKE_DMA_ADDR, 8, addr);
	vu_write(sock, 0, FAKE_DMA_WRITE, 8, value);
}

static void dma(void)
{
	int fds[VECTORS];

	start_all("none");
	make_ram();
	make_irqs(fds);
	CHECK_EQ(vu_map(sock, 0x100000, 0x2000, 0x1000, 3, ram_fd), 0);
	wait_for(&fake->maps, 1);
	CHECK_EQ(vu_map(sock, 0x101000, 0x1000, 0, 3, ram_fd), EEXIST);
	CHECK_EQ(vu_map(sock, 0x200000, 0x100000, 0, 3, ram_fd), EINVAL); /* file too short */
	CHECK_EQ(vu_map(sock, 0x200000, 0, 0, 3, ram_fd), EINVAL);
	CHECK_EQ(vu_map(sock, 0x200000, 0x1000, 0, 0, ram_fd), EINVAL);
	CHECK_EQ(vu_map(sock, 0x200000, 0x1000, 0, 7, ram_fd), EINVAL);
	CHECK_EQ(vu_map(sock, UINT64_MAX - 0xfff, 0x2000, 0, 3, ram_fd), EINVAL);
	CHECK_EQ(vu_map(sock, 0x300000, 0x1000, 0, 3, -1), 0); /* not shared: accepted, unused */
	CHECK_EQ(vu_unmap(sock, 0x300000, 0x1000, 0), 0);
	/* data is there when the interrupt is */
	for (uint64_t i = 1; i < 200; i++) {
		dma_write(0x100008, i);
		CHECK(fired(fds[2], 5000));
		CHECK_EQ(ram[0x1008 / 8], i);
	}
	/* the gate */
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	CHECK_EQ(fake->bus_master, 0);
	dma_write(0x100008, 0xbad);
	vu_read(sock, 0, 0x40, 4);
	CHECK_EQ(fake->gate_refusals, 1);
	CHECK_EQ(ram[0x1008 / 8], 199);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	CHECK_EQ(fake->bus_master, 1);
	/* unmapping is answered only after the device has answered */
	fake->unmap_ms = 100;
	int64_t begin = ms();
	CHECK_EQ(vu_unmap(sock, 0x100000, 0x1000, 0), EINVAL); /* a part */
	CHECK_EQ(vu_unmap(sock, 0x100000, 0x2000, 0), 0);
	CHECK(ms() - begin >= 95);
	CHECK_EQ(fake->unmaps, 1);
	fake->unmap_ms = 0;
	dma_write(0x100008, 0xbad);
	vu_read(sock, 0, 0x40, 4);
	CHECK_EQ(ram[0x1008 / 8], 199);
	CHECK_EQ(vu_unmap(sock, 0x100000, 0x2000, 0), 0); /* nothing there: no error */
	/* all at once */
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	CHECK_EQ(vu_map(sock, 0x8000000000, 0x1000, 0, 1, ram_fd), 0);
	CHECK_EQ(vu_unmap(sock, 0, 0, 2), 0);
	CHECK_EQ(fake->maps, 0);
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	end_all();
}

static void resets(void)
{
	start_all("none");
	/* connecting to the device reset it once */
	CHECK_EQ(fake->bus_reset, 1);
	vu_write(sock, 0, 0x40, 4, 0x1234);
	vu_write(sock, VU_CONFIG, 0x40 + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	CHECK_EQ(fake->flr, 1); /* already done when the write is answered */
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0xffffffff);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0);
	vu_write(sock, 0, 0x40, 4, 0x1234);
	CHECK_EQ(vu_call(sock, VU_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	CHECK_EQ(fake->bus_reset, 2);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0);
	end_all();
}

/* How long a read took that must have given all-ones. */
static int64_t lost_read(void)
{
	int64_t begin = ms();

	CHECK_EQ(vu_read(sock, 0, 0x48, 4), 0xffffffff);
	return ms() - begin;
}

static void no_device(void)
{
	int64_t begin;

	start_bridge("trap");
	client();
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	begin = ms();
	CHECK_EQ(vu_read(sock, 0, 0, 4), 0xffffffff);
	CHECK_EQ(vu_read(sock, 0, 0, 8), UINT64_MAX);
	CHECK_EQ(vu_read(sock, 2, 0x100, 2), 0xffff);
	vu_write(sock, 0, 0, 4, 1);
	CHECK_EQ(vu_call(sock, VU_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	CHECK(ms() - begin < 200);
	CHECK_EQ(config(0), 0x0001dd33); /* configuration space is the bridge's */
	end_all();
}

static void death_and_restart(void)
{
	int fds[VECTORS];

	start_all("trap");
	make_ram();
	make_irqs(fds);
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	CHECK_EQ(vu_map(sock, 0x5000, 0x1000, 0x1000, 3, ram_fd), 0);
	vu_write(sock, 2, 0x80, 4, 0xcafe);
	vu_write(sock, 0, 0x40, 4, 0xcafe);
	CHECK_EQ(vu_read(sock, 2, 0x80, 4), 0xcafe); /* writes are posted: it has come now */
	kill_device();
	CHECK(lost_read() < 200);
	vu_write(sock, 0, 0x40, 4, 1);
	/* changes while it is away */
	CHECK_EQ(vu_unmap(sock, 0x1000, 0x1000, 0), 0);
	CHECK_EQ(vu_map(sock, 0x9000, 0x1000, 0x2000, 3, ram_fd), 0);
	fake = fake_shared_new();
	device = fake_device_start(link_path, fake);
	wait_up();
	CHECK_EQ(fake->maps, 2);
	CHECK_EQ(fake->bus_master, 1);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0);	     /* registers are reset */
	CHECK_EQ(vu_read(sock, 2, 0x80, 4), 0xcafe); /* local memory is not */
	dma_write(0x9000, 0x77);
	CHECK(fired(fds[2], 5000));
	CHECK_EQ(ram[0x2000 / 8], 0x77);
	dma_write(0x1000, 0x88);
	CHECK(fired(fds[2], 5000));
	CHECK_EQ(ram[0], 0);
	end_all();
}

/* The device dies while a read waits for it: the answer comes at once, not at the timeout. */
static void death_in_a_read(void)
{
	struct {
		uint64_t offset;
		uint32_t region, count;
		uint32_t data;
	} access = {FAKE_SLOW_READ, 0, 4, 0};
	int64_t begin;

	start_all("none");
	fake->slow_ms = 5000;
	begin = ms();
	vu_send(sock, 5, VU_REGION_READ, 0, &access, 16, NULL, 0);
	usleep(50000);
	kill_device();
	CHECK_EQ(vu_receive(sock, 5, VU_REGION_READ, &access, 20, NULL, NULL), 0);
	CHECK_EQ(access.data, 0xffffffff);
	CHECK(ms() - begin < TIMEOUT_MS);
	end_all();
}

static void stuck_and_recovered(void)
{
	int fds[VECTORS];
	int64_t took;
	unsigned int resets;

	start_all("trap");
	make_ram();
	make_irqs(fds);
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	CHECK_EQ(vu_map(sock, 0x5000, 0x1000, 0x1000, 3, ram_fd), 0);
	resets = fake->bus_reset;
	CHECK(!kill(device, SIGSTOP));
	dma_write(0x1000, 0xbad); /* waits in the ring; must never reach memory */
	took = lost_read();
	CHECK(took >= TIMEOUT_MS - 50 && took < TIMEOUT_MS + 400);
	CHECK(lost_read() < TIMEOUT_MS - 50); /* only the first one waits */
	/* an unmap while stuck is answered at once: the gate is closed */
	took = ms();
	CHECK_EQ(vu_unmap(sock, 0x1000, 0x1000, 0), 0);
	CHECK_EQ(vu_map(sock, 0x9000, 0x1000, 0x2000, 3, ram_fd), 0);
	CHECK_EQ(vu_call(sock, VU_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	vu_write(sock, VU_CONFIG, 0x82, 2, PCI_MSIX_FLAGS_ENABLE);
	for (int i = 0; i < 3000; i++)
		vu_post(sock, 0, 0x40, 4, i); /* dropped: no ring fills up */
	CHECK(lost_read() < 200);
	CHECK(ms() - took < 1000);
	CHECK(!kill(device, SIGCONT));
	wait_up();
	CHECK(fake->bus_reset > resets); /* it was reset before it came back */
	CHECK_EQ(fake->gate_refusals, 1);
	CHECK_EQ(ram[0], 0);
	CHECK_EQ(fake->maps, 2);
	CHECK_EQ(fake->bus_master, 1);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0);
	dma_write(0x9000, 5);
	CHECK(fired(fds[2], 5000));
	CHECK_EQ(ram[0x2000 / 8], 5);
	end_all();
}

static void full_ring_of_a_stopped_device(void)
{
	int64_t begin;

	start_all("none");
	CHECK(!kill(device, SIGSTOP));
	begin = ms();
	for (uint32_t i = 0; i < 3 * DMMU_LINK_SLOTS; i++)
		vu_post(sock, 0, 0x40, 4, i);
	vu_write(sock, 0, 0x40, 4, 7);
	CHECK(ms() - begin < TIMEOUT_MS + 1000);
	CHECK(lost_read() < TIMEOUT_MS - 50);
	CHECK(!kill(device, SIGCONT));
	wait_up();
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0); /* what was posted before the reset is gone */
	end_all();
}

/* A stuck device makes place for another; the old one, woken later, is harmless. */
static void stuck_and_replaced(void)
{
	pid_t old;

	start_all("none");
	make_ram();
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	vu_write(sock, 0, FAKE_DMA_ADDR, 8, 0x1000);
	CHECK(!kill(device, SIGSTOP));
	vu_write(sock, 0, FAKE_DMA_WRITE, 8, 0xbad);
	lost_read();
	old = device;
	device = fake_device_start(link_path, fake_shared_new());
	wait_up();
	CHECK(!kill(old, SIGCONT));
	CHECK(waitpid(old, NULL, 0) == old); /* it sees that the link is closed, and ends */
	CHECK_EQ(ram[0], 0);
	wait_up();
	end_all();
}

static void second_device(void)
{
	struct dmmu_link_offer offer;

	start_all("none");
	CHECK(!dmmu_link_connect(link_path, &offer) && errno == EBUSY);
	CHECK_EQ(vu_read(sock, 0, 0x48, 4), 0x5a5a1234);
	end_all();
}

/* Requests that QEMU queues and waits for together: their sum must stay below its patience. */
static void queued_requests(void)
{
	struct {
		uint32_t argsz, flags;
		uint64_t iova, size;
	} m = {24, 0, 0, 0x1000};
	int64_t begin;

	start_all("none");
	make_ram();
	for (uint64_t i = 0; i < 32; i++)
		CHECK_EQ(vu_map(sock, i * 0x1000, 0x1000, 0, 3, ram_fd), 0);
	fake->unmap_ms = TIMEOUT_MS - 80; /* each is in time: 32 of them would take 7 s */
	begin = ms();
	for (uint16_t i = 0; i < 32; i++) {
		m.iova = i * 0x1000u;
		vu_send(sock, i, VU_DMA_UNMAP, 0, &m, sizeof(m), NULL, 0);
	}
	for (uint16_t i = 0; i < 32; i++)
		CHECK_EQ(vu_receive(sock, i, VU_DMA_UNMAP, &m, sizeof(m), NULL, NULL), 0);
	CHECK(ms() - begin < 4700);
	CHECK(ms() - begin > 3000); /* and that patience was used */
	end_all();
}

/* But a client that works without a pause, waiting for each answer, is not cut off. */
static void busy_client(void)
{
	int64_t begin = ms();

	start_all("none");
	fake->slow_ms = 60;
	while (ms() - begin < 6000) {
		CHECK_EQ(vu_read(sock, 0, FAKE_SLOW_READ, 4), 0);
		for (int i = 0; i < 50; i++)
			vu_post(sock, 0, 0x40, 4, i);
	}
	end_all();
}

static void refused_unmap(void)
{
	start_all("none");
	make_ram();
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	fake->refuse_unmap = 1;
	CHECK_EQ(vu_unmap(sock, 0x1000, 0x1000, 0), 0); /* kept from it by the gate */
	fake->refuse_unmap = 0;
	wait_up(); /* after a reset */
	CHECK_EQ(fake->bus_reset, 2);
	end_all();
}

static void client_leaves(void)
{
	start_all("none");
	make_ram();
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	vu_write(sock, 0, 0x40, 4, 9);
	close(sock);
	wait_for(&fake->bus_reset, 2);
	wait_for(&fake->bus_master, 0);
	CHECK_EQ(fake->maps, 0);
	client();
	CHECK_EQ(config(PCI_COMMAND) & 0xffff, 0);
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	CHECK_EQ(vu_read(sock, 0, 0x40, 4), 0);
	CHECK_EQ(vu_map(sock, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	CHECK_EQ(fake->maps, 1);
	end_all();
}

static int descriptors_of(pid_t pid)
{
	char command[64];
	FILE *ls;
	int count;

	snprintf(command, sizeof(command), "ls /proc/%d/fd | wc -l", (int)pid);
	ls = popen(command, "r");
	CHECK(ls && fscanf(ls, "%d", &count) == 1);
	pclose(ls);
	return count;
}

/* Streams of nonsense, each on a new connection; the bridge goes on and leaks no descriptor. */
static void garbage(void)
{
	static const uint32_t sizes[] = {0, 1, 15, 0x7fffffff, 0xffffffff, 70000};
	uint32_t header[4] = {0x10001, 0, 0, 0};
	int many[40], before;

	start_all("none");
	close(sock);
	wait_for(&fake->bus_reset, 2); /* it has seen that */
	make_ram();
	before = descriptors_of(bridge);
	for (int i = 0; i < 40; i++)
		many[i] = ram_fd;
	/* impossible sizes */
	for (unsigned int i = 0; i < 6; i++) {
		sock = vu_connect(socket_path);
		header[1] = sizes[i];
		CHECK(send(sock, header, 16, MSG_NOSIGNAL) == 16);
		CHECK(vu_closed_by_peer(sock));
		close(sock);
	}
	/* unknown type */
	sock = vu_connect(socket_path);
	header[1] = 16, header[2] = 5;
	CHECK(send(sock, header, 16, MSG_NOSIGNAL) == 16);
	CHECK(vu_closed_by_peer(sock));
	close(sock);
	/* too many descriptors */
	for (int n = 9; n <= 40; n += 31) {
		client();
		vu_send(sock, 1, VU_GET_INFO, 0, header, 16, many, n);
		CHECK(vu_closed_by_peer(sock));
		close(sock);
	}
	/* descriptors where none, or another number, belong: closed or refused */
	client();
	CHECK_EQ(vu_call(sock, VU_GET_INFO, header, 16, many, 8, header, 16), 0);
	CHECK_EQ(vu_call(sock, VU_DMA_MAP, (uint32_t[8]){32, 3, 0, 0, 0, 0, 0x1000}, 32, many, 2,
			 NULL, 0),
		 EINVAL);
	CHECK_EQ(vu_set_irqs(sock, 0x24, 0, 4, many, 8), EINVAL);
	/* payloads cut short, at every length */
	for (uint16_t command = 2; command < 14; command++)
		for (size_t bytes = 0; bytes < 20; bytes++) {
			const uint32_t some[5] = {32, 16, 5, 0, 0};
			char reply[64];
			int err;

			if (command == VU_RESET || command == VU_GET_INFO)
				continue;
			err = vu_call(sock, command, some, bytes, NULL, 0, reply, sizeof(reply));
			CHECK(err || command == VU_GET_IRQ_INFO || command == VU_REGION_READ);
		}
	/* in the middle of a message: gone */
	CHECK(send(sock, header, 7, MSG_NOSIGNAL) == 7);
	close(sock);
	/* random bytes, with and without the handshake, by seed */
	for (unsigned int seed = 0; seed < 300; seed++) {
		uint8_t bytes[600];

		srandom(seed);
		if (seed % 2) {
			client();
		} else {
			sock = vu_connect(socket_path);
		}
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)random();
		if (seed % 4) { /* a plausible header, a random payload */
			uint32_t plausible[4] = {(uint32_t)(seed << 16 | random() % 18),
						 16 + (uint32_t)random() % 64, 0, 0};

			plausible[0] = (plausible[0] & 0xffff) << 16;
			memcpy(bytes, plausible, 16);
		}
		send(sock, bytes, sizeof(bytes), MSG_NOSIGNAL);
		if (seed % 3)
			usleep(1000);
		close(sock);
	}
	client();
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY | MASTER);
	wait_up();
	close(sock);
	wait_for(&fake->bus_master, 0);
	CHECK_EQ(descriptors_of(bridge), before);
	sock = -1;
	end_all();
}

/* A client that stops in the middle of a message, or never reads, holds up nobody for long. */
static void lazy_clients(void)
{
	uint32_t header[4] = {0x10001, 64, 0, 0};
	int64_t begin = ms();
	int other;

	start_all("none");
	CHECK(send(sock, header, 16, MSG_NOSIGNAL) == 16);
	other = vu_connect(socket_path);
	CHECK(vu_closed_by_peer(other)); /* it still serves its sockets */
	close(other);
	close(sock);
	client();
	for (int i = 0; i < 200000; i++) { /* never reads a reply */
		uint32_t q[4] = {16, 0, 2, 0}, h[8] = {7 << 16, 32, 0, 0};

		memcpy(h + 4, q, 16);
		if (send(sock, h, 32, MSG_NOSIGNAL) < 0)
			break;
		CHECK(ms() - begin < 20000);
	}
	close(sock);
	client();
	vu_write(sock, VU_CONFIG, PCI_COMMAND, 2, MEMORY);
	wait_up();
	end_all();
}

static int run_bridge(const char *a, const char *b, const char *c)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		execl(bridge_program, bridge_program, "--socket", socket_path, "--link", link_path,
		      a, b, c, NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void usage(void)
{
	CHECK_EQ(run_bridge("--help", NULL, NULL), 0);
	CHECK_EQ(run_bridge(NULL, NULL, NULL), 2);
	CHECK_EQ(run_bridge("--local-size", "3M", NULL), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--bar2=maybe"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--mmio-timeout-ms=9"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--msix-vectors=0"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--msix-vectors=6"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--msix-vectors=2x"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--msix-vectors="), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "extra"), 2);
	CHECK_EQ(run_bridge("--local-size", "1M", "--nonsense"), 2);
	/* one that lives is not pushed aside; one that was killed is replaced */
	start_bridge("none");
	client();
	CHECK_EQ(run_bridge("--local-size", "1M", NULL), 1);
	CHECK_EQ(config(0), 0x0001dd33);
	CHECK(!kill(bridge, SIGKILL) && waitpid(bridge, NULL, 0) == bridge);
	close(sock);
	start_bridge("none");
	client();
	end_all();
}

static void tear_down(void)
{
	if (bridge > 0)
		kill(bridge, SIGKILL);
	if (device > 0)
		kill(device, SIGKILL);
	unlink(socket_path);
	unlink(link_path);
	rmdir(directory);
}

int main(int argc, char **argv)
{
	static const struct check_test tests[] = {
		{"version", version, 0},
		{"regions", regions, 0},
		{"config_space", config_space, 0},
		{"mmio", mmio, 0},
		{"interrupts", interrupts, 0},
		{"few_vectors", few_vectors, 0},
		{"dma", dma, 0},
		{"resets", resets, 0},
		{"no_device", no_device, 0},
		{"death_and_restart", death_and_restart, 0},
		{"death_in_a_read", death_in_a_read, 0},
		{"stuck_and_recovered", stuck_and_recovered, 0},
		{"full_ring_of_a_stopped_device", full_ring_of_a_stopped_device, 0},
		{"stuck_and_replaced", stuck_and_replaced, 0},
		{"second_device", second_device, 0},
		{"queued_requests", queued_requests, 0},
		{"busy_client", busy_client, 0},
		{"refused_unmap", refused_unmap, 0},
		{"client_leaves", client_leaves, 0},
		{"garbage", garbage, 0},
		{"lazy_clients", lazy_clients, 0},
		{"usage", usage, 0},
	};

	if (argc != 3) {
		fprintf(stderr, "usage: bridge_test TEST BRIDGE\n");
		return 2;
	}
	bridge_program = argv[2];
	CHECK(mkdtemp(directory));
	snprintf(socket_path, sizeof(socket_path), "%s/vfio-user", directory);
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	atexit(tear_down);
	return check_main(tests, sizeof(tests) / sizeof(tests[0]), 2, argv);
}
