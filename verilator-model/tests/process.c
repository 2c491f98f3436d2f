// SPDX-License-Identifier: GPL-2.0
/*
 * process.c: tests of dmmu-model as a process: this program is the front end of its link. One case
 * per run, named on the command line after the path of dmmu-model. Every wait has a bound.
 */
#include "dmmu_link.h"
#include "dmmu_regs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCAL_BYTES (4u << 20)
#define GUEST_BYTES (1u << 20)
#define GUEST_DMA   0x200000000ull
#define BOUND_MS    20000

static char dir[] = "/tmp/dmmu-process-XXXXXX";
static char path[64], stats_path[64];
static struct dmmu_link *link_end;
static uint8_t *local, *guest;
static int guest_fd;
static pid_t child;
static uint32_t next_tag = 1;
static unsigned int irqs[DMMU_IRQ_COUNT];

#define CHECK(cond)                            \
	do {                                   \
		if (!(cond))                   \
			fail(__LINE__, #cond); \
	} while (0)

static _Noreturn void fail(int line, const char *what)
{
	fprintf(stderr, "process.c:%d: not so: %s\n", line, what);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void note_irq(const struct dmmu_msg *msg)
{
	CHECK(msg->kind == DMMU_MSG_IRQ && msg->aux < DMMU_IRQ_COUNT);
	irqs[msg->aux]++;
}

/* Send a request and wait for its completion. */
static struct dmmu_msg ask(struct dmmu_msg msg)
{
	int64_t until = now_ms() + BOUND_MS;

	msg.tag = next_tag++;
	CHECK(dmmu_link_send(link_end, &msg));
	for (;;) {
		struct dmmu_msg reply;

		CHECK(now_ms() < until);
		if (dmmu_link_recv(link_end, &reply)) {
			if (reply.kind != DMMU_MSG_COMPLETION) {
				note_irq(&reply);
				continue;
			}
			CHECK(reply.tag == msg.tag);
			return reply;
		}
		CHECK(dmmu_link_wait(link_end, 1000) >= 0);
	}
}

static struct dmmu_msg read_bar(unsigned int bar, uint64_t addr, unsigned int size)
{
	return ask((struct dmmu_msg){
		.kind = DMMU_MSG_MMIO_READ, .bar = (uint8_t)bar, .addr = addr, .size = size});
}

static uint64_t reg(uint64_t addr)
{
	struct dmmu_msg reply = read_bar(0, addr, 4);

	CHECK(reply.status == DMMU_STATUS_SUCCESS);
	return reply.data;
}

static void write_bar(unsigned int bar, uint64_t addr, unsigned int size, uint64_t data)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_MMIO_WRITE,
			       .bar = (uint8_t)bar,
			       .addr = addr,
			       .size = size,
			       .data = data};

	CHECK(dmmu_link_send(link_end, &msg));
}

static void wait_irq(unsigned int vector, unsigned int count)
{
	int64_t until = now_ms() + BOUND_MS;
	struct dmmu_msg msg;

	while (irqs[vector] < count) {
		CHECK(now_ms() < until);
		if (dmmu_link_recv(link_end, &msg))
			note_irq(&msg);
		else
			CHECK(dmmu_link_wait(link_end, 1000) >= 0);
	}
}

static void start(const char *model)
{
	struct dmmu_link_offer offer = {.local_bytes = LOCAL_BYTES};
	int listener;

	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/link", dir);
	snprintf(stats_path, sizeof(stats_path), "%s/stats", dir);
	offer.local_fd = dmmu_link_memfd("local", LOCAL_BYTES);
	guest_fd = dmmu_link_memfd("guest", GUEST_BYTES);
	CHECK(offer.local_fd >= 0 && guest_fd >= 0);
	local = mmap(NULL, LOCAL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, offer.local_fd, 0);
	guest = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, guest_fd, 0);
	CHECK(local != MAP_FAILED && guest != MAP_FAILED);
	listener = dmmu_link_listen(path);
	CHECK(listener >= 0);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		execl(model, model, "--link", path, "--stats", stats_path, (char *)NULL);
		_exit(127);
	}
	CHECK(poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, BOUND_MS) == 1);
	link_end = dmmu_link_accept(listener, &offer);
	CHECK(link_end);
	close(listener);
	close(offer.local_fd);
	dmmu_link_dma_gate(link_end, true);
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_BUS_MASTER, .data = 1}).status == 0);
}

/* The exit status of the model, which must come within the bound. */
static int exit_status(void)
{
	int64_t until = now_ms() + BOUND_MS;
	int status;

	while (!waitpid(child, &status, WNOHANG)) {
		CHECK(now_ms() < until);
		usleep(1000);
	}
	child = 0;
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static double stat_value(const char *name)
{
	FILE *file = fopen(stats_path, "r");
	char line[128], found[64];
	double value = -1, v;

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lf", found, &v) == 2 && !strcmp(found, name))
			value = v;
	fclose(file);
	CHECK(value >= 0);
	return value;
}

static void map_guest(void)
{
	CHECK(dmmu_link_send_fd(link_end, 7, guest_fd));
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_DMA_MAP,
				    .addr = GUEST_DMA,
				    .size = GUEST_BYTES,
				    .aux = 7,
				    .flags = DMMU_MSG_F_READ | DMMU_MSG_F_WRITE})
		      .status == 0);
}

static void enable_rings(void)
{
	memset(guest, 0, 8192);
	write_bar(0, DMMU_REG_STAT_BASE_LO, 8, GUEST_DMA);
	write_bar(0, DMMU_REG_CTL_BASE_LO, 8, GUEST_DMA + 4096);
	write_bar(0, DMMU_REG_CTL_SIZE, 4, 4);
	write_bar(0, DMMU_REG_WORK_SIZE, 4, 4);
	write_bar(0, DMMU_REG_CPL_SIZE, 4, 4);
	write_bar(0, DMMU_REG_FLT_SIZE, 4, 4);
	write_bar(0, DMMU_REG_IRQ_ENABLE, 4, 0x1f);
	write_bar(0, DMMU_REG_CTRL, 4, DMMU_CTRL_ENABLE);
}

static void push_nop(uint32_t index)
{
	struct dmmu_ctl *ctl = (struct dmmu_ctl *)(guest + 4096) + (index & 15);

	memset(ctl, 0, sizeof(*ctl));
	ctl->flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ;
	write_bar(0, DMMU_REG_CTL_TAIL, 4, index + 1);
}

static uint32_t ctl_head(void)
{
	return __atomic_load_n(&((struct dmmu_status *)guest)->ctl_head, __ATOMIC_ACQUIRE);
}

static void finish(void)
{
	dmmu_link_close(link_end);
	CHECK(exit_status() == 0);
}

static void bars(void)
{
	struct dmmu_msg reply;

	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	CHECK(read_bar(0, DMMU_REG_ID + 1, 1).data == (DMMU_RST_ID >> 8 & 0xff));
	CHECK(read_bar(0, DMMU_REG_ID + 2, 2).data == DMMU_RST_ID >> 16);
	CHECK(read_bar(0, DMMU_REG_ID, 8).data == (DMMU_RST_ID | (uint64_t)DMMU_RST_VERSION << 32));
	CHECK(reg(DMMU_REG_LOCAL_SIZE_LO) == LOCAL_BYTES);
	write_bar(0, DMMU_REG_SCRATCH, 4, 0x11223344);
	write_bar(0, DMMU_REG_SCRATCH + 1, 1, 0xaa);
	write_bar(0, DMMU_REG_SCRATCH + 2, 2, 0xbbcc);
	CHECK(reg(DMMU_REG_SCRATCH) == 0xbbccaa44);
	reply = read_bar(0, DMMU_PCI_MSIX_TABLE, 4);
	CHECK(reply.status == DMMU_STATUS_UNSUPPORTED);
	CHECK(read_bar(0, 2, 4).status == DMMU_STATUS_UNSUPPORTED);
	CHECK(read_bar(1, 0, 4).status == DMMU_STATUS_UNSUPPORTED);
	write_bar(2, 0x1000, 8, 0x1122334455667788);
	write_bar(2, 0x1001, 1, 0);
	CHECK(read_bar(2, 0x1000, 8).data == 0x1122334455660088);
	CHECK(*(uint64_t *)(local + 0x1000) == 0x1122334455660088);
	CHECK(read_bar(2, LOCAL_BYTES - 8, 8).status == DMMU_STATUS_SUCCESS);
	CHECK(read_bar(2, LOCAL_BYTES, 8).status == DMMU_STATUS_UNSUPPORTED);
	finish();
}

/* The interrupt message must never come before what it announces. */
static void dma_and_interrupt(void)
{
	map_guest();
	enable_rings();
	for (uint32_t i = 0; i < 200; i++) {
		push_nop(i);
		wait_irq(DMMU_IRQ_CTL, i + 1);
		CHECK(ctl_head() == i + 1);
	}
	CHECK(reg(DMMU_REG_ERROR) == 0);
	finish();
	CHECK(stat_value("irqs") == 200);
	CHECK(stat_value("dma_refused") == 0);
}

static void unmapped_is_refused(void)
{
	map_guest();
	enable_rings();
	push_nop(0);
	wait_irq(DMMU_IRQ_CTL, 1);
	CHECK(ask((struct dmmu_msg){
			  .kind = DMMU_MSG_DMA_UNMAP, .addr = GUEST_DMA, .size = GUEST_BYTES})
		      .status == 0);
	push_nop(1);
	wait_irq(DMMU_IRQ_ERROR, 1);
	CHECK(reg(DMMU_REG_ERROR) & DMMU_ERROR_HOST_BUS);
	CHECK(ctl_head() == 1);
	finish();
	CHECK(stat_value("dma_refused") > 0);
}

static void closed_gate_is_refused(void)
{
	map_guest();
	enable_rings();
	push_nop(0);
	wait_irq(DMMU_IRQ_CTL, 1);
	dmmu_link_dma_gate(link_end, false);
	push_nop(1);
	wait_irq(DMMU_IRQ_ERROR, 1);
	CHECK(ctl_head() == 1);
	finish();
}

/* Without bus mastering the device must be silent: no write, no interrupt. */
static void bus_master_off(void)
{
	map_guest();
	enable_rings();
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_BUS_MASTER, .data = 0}).status == 0);
	push_nop(0);
	while (!(reg(DMMU_REG_ERROR) & DMMU_ERROR_HOST_BUS))
		usleep(1000);
	CHECK(ctl_head() == 0);
	CHECK(!irqs[DMMU_IRQ_ERROR]);
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_BUS_MASTER, .data = 1}).status == 0);
	wait_irq(DMMU_IRQ_ERROR, 1);
	finish();
}

static void reset(void)
{
	map_guest();
	for (unsigned int kind = 0; kind < 2; kind++) {
		unsigned int before = irqs[DMMU_IRQ_CTL];

		enable_rings();
		write_bar(0, DMMU_REG_SCRATCH, 4, 5);
		write_bar(2, 64, 8, 1234);
		push_nop(0);
		CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET, .aux = kind}).status == 0);
		CHECK(reg(DMMU_REG_CTRL) == 0);
		CHECK(reg(DMMU_REG_SCRATCH) == 0);
		CHECK(reg(DMMU_REG_CTL_TAIL) == 0);
		CHECK(read_bar(2, 64, 8).data == 1234);
		enable_rings();
		before = irqs[DMMU_IRQ_CTL];
		push_nop(0);
		wait_irq(DMMU_IRQ_CTL, before + 1);
		CHECK(ctl_head() == 1);
		CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET, .aux = kind}).status == 0);
	}
	finish();
}

/* An idle device costs no processor time, and still answers. */
static void sleeps_when_idle(void)
{
	map_guest();
	enable_rings();
	usleep(500000);
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	finish();
	CHECK(stat_value("sleep_time") > 0.4);
	CHECK(stat_value("busy_time") < 0.3);
}

static void ends_on_signals(void)
{
	int64_t until = now_ms() + BOUND_MS;

	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	CHECK(!kill(child, SIGUSR1));
	while (access(stats_path, R_OK)) {
		CHECK(now_ms() < until);
		usleep(1000);
	}
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	CHECK(!kill(child, SIGTERM));
	CHECK(exit_status() == 0);
	dmmu_link_close(link_end);
}

/* QEMU is gone and its memory with it: the model must end by itself, not crash. */
static void guest_memory_vanishes(void)
{
	/* a file of our own, because the library seals its memfds */
	guest_fd = memfd_create("shrinks", MFD_CLOEXEC);
	CHECK(guest_fd >= 0 && !ftruncate(guest_fd, GUEST_BYTES));
	guest = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, guest_fd, 0);
	CHECK(guest != MAP_FAILED);
	map_guest();
	enable_rings();
	push_nop(0);
	wait_irq(DMMU_IRQ_CTL, 1);
	CHECK(!ftruncate(guest_fd, 0));
	write_bar(0, DMMU_REG_CTL_TAIL, 4, 2);
	CHECK(exit_status() == 1);
	dmmu_link_close(link_end);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{"bars", bars},
		{"dma_and_interrupt", dma_and_interrupt},
		{"unmapped_is_refused", unmapped_is_refused},
		{"closed_gate_is_refused", closed_gate_is_refused},
		{"bus_master_off", bus_master_off},
		{"reset", reset},
		{"sleeps_when_idle", sleeps_when_idle},
		{"ends_on_signals", ends_on_signals},
		{"guest_memory_vanishes", guest_memory_vanishes},
	};

	if (argc != 3) {
		fprintf(stderr, "usage: %s DMMU-MODEL CASE\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(argv[2], cases[i].name))
			continue;
		start(argv[1]);
		cases[i].run();
		unlink(stats_path);
		unlink(path);
		rmdir(dir);
		printf("%s ok\n", cases[i].name);
		return 0;
	}
	fprintf(stderr, "%s: no case named %s\n", argv[0], argv[2]);
	return 2;
}
