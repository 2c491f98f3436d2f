// SPDX-License-Identifier: GPL-2.0
/*
 * process.c: tests of dmmu-model as a process: this program is the front end of its link. One case
 * per run, named on the command line after the path of dmmu-model. Every wait has a bound.
 */
#include "front_end.h"

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

/* It polls for 300 ms before it sleeps. */
static const char *const polls[] = {"--spin", "300000", "--record-log", log_path, NULL};

static void push_nop(void)
{
	struct dmmu_ctl nop = {.flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ};

	push_ctl(&nop);
}

static uint32_t ctl_head(void)
{
	return __atomic_load_n(&status_block()->ctl_head, __ATOMIC_ACQUIRE);
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
		push_nop();
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
	push_nop();
	wait_irq(DMMU_IRQ_CTL, 1);
	CHECK(ask((struct dmmu_msg){
			  .kind = DMMU_MSG_DMA_UNMAP, .addr = GUEST_DMA, .size = GUEST_BYTES})
		      .status == 0);
	push_nop();
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
	push_nop();
	wait_irq(DMMU_IRQ_CTL, 1);
	dmmu_link_dma_gate(link_end, false);
	push_nop();
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
	push_nop();
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
		push_nop();
		CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET, .aux = kind}).status == 0);
		CHECK(reg(DMMU_REG_CTRL) == 0);
		CHECK(reg(DMMU_REG_SCRATCH) == 0);
		CHECK(reg(DMMU_REG_CTL_TAIL) == 0);
		CHECK(read_bar(2, 64, 8).data == 1234);
		enable_rings();
		before = irqs[DMMU_IRQ_CTL];
		push_nop();
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

/*
 * The signal comes while the model polls, before it sleeps: what wakes it must not be lost between
 * the two sleeps that one with a log takes.
 */
static void a_signal_before_it_sleeps_ends_it(void)
{
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	usleep(100000);
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
	push_nop();
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
		{"a_signal_before_it_sleeps_ends_it", a_signal_before_it_sleeps_ends_it},
		{"guest_memory_vanishes", guest_memory_vanishes},
	};

	if (argc != 3) {
		fprintf(stderr, "usage: %s DMMU-MODEL CASE\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(argv[2], cases[i].name))
			continue;
		start(argv[1], cases[i].run == a_signal_before_it_sleeps_ends_it ? polls : NULL);
		cases[i].run();
		remove_files();
		printf("%s ok\n", cases[i].name);
		return 0;
	}
	fprintf(stderr, "%s: no case named %s\n", argv[0], argv[2]);
	return 2;
}
