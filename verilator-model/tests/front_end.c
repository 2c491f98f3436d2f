// SPDX-License-Identifier: GPL-2.0
/*
 * front_end.c: see front_end.h.
 */
#include "front_end.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/dmmu-process-XXXXXX";
char path[64], stats_path[64], control_path[64], log_path[64];
struct dmmu_link *link_end;
uint8_t *local, *guest;
int guest_fd;
pid_t child;
unsigned int irqs[DMMU_IRQ_COUNT];
uint64_t irq_cycle[DMMU_IRQ_COUNT];
uint32_t ctl_pushed;
static uint32_t work_pushed;
static uint32_t next_tag = 1;
static int listener = -1;
static struct dmmu_link_offer offer = {.local_bytes = LOCAL_BYTES};

_Noreturn void fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", strrchr(file, '/') ? strrchr(file, '/') + 1 : file,
		line, what);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void note_irq(const struct dmmu_msg *msg)
{
	CHECK(msg->kind == DMMU_MSG_IRQ && msg->aux < DMMU_IRQ_COUNT);
	irqs[msg->aux]++;
	irq_cycle[msg->aux] = msg->cycle;
}

/* Send a request and wait for its completion. */
struct dmmu_msg ask(struct dmmu_msg msg)
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

struct dmmu_msg read_bar(unsigned int bar, uint64_t addr, unsigned int size)
{
	return ask((struct dmmu_msg){
		.kind = DMMU_MSG_MMIO_READ, .bar = (uint8_t)bar, .addr = addr, .size = size});
}

uint64_t reg(uint64_t addr)
{
	struct dmmu_msg reply = read_bar(0, addr, 4);

	CHECK(reply.status == DMMU_STATUS_SUCCESS);
	return reply.data;
}

void write_bar(unsigned int bar, uint64_t addr, unsigned int size, uint64_t data)
{
	struct dmmu_msg msg = {.kind = DMMU_MSG_MMIO_WRITE,
			       .bar = (uint8_t)bar,
			       .addr = addr,
			       .size = size,
			       .data = data};

	CHECK(dmmu_link_send(link_end, &msg));
}

void wait_irq(unsigned int vector, unsigned int count)
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

void launch(const char *model, const char *const *more)
{
	const char *args[32] = {model, "--link", path, "--stats", stats_path};
	unsigned int count = 5;

	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/link", dir);
	snprintf(stats_path, sizeof(stats_path), "%s/stats", dir);
	snprintf(control_path, sizeof(control_path), "%s/control", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	while (more && *more && count < 31)
		args[count++] = *more++;
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
		execv(model, (char *const *)args);
		_exit(127);
	}
}

void start(const char *model, const char *const *more)
{
	launch(model, more);
	accept_model();
}

void accept_link(void)
{
	CHECK(poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, BOUND_MS) == 1);
	link_end = dmmu_link_accept(listener, &offer);
	CHECK(link_end);
}

void accept_model(void)
{
	accept_link();
	dmmu_link_dma_gate(link_end, true);
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_BUS_MASTER, .data = 1}).status == 0);
}

/* The exit status of the model, which must come within the bound. */
int exit_status(void)
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

double stat_value(const char *name)
{
	FILE *file = fopen(stats_path, "r");
	char line[128], found[64];
	double value = 0, v;

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lf", found, &v) == 2 && !strcmp(found, name))
			value = v;
	fclose(file);
	return value;
}

void take_irqs(int ms)
{
	int64_t until = now_ms() + ms;
	struct dmmu_msg msg;

	do {
		while (dmmu_link_recv(link_end, &msg))
			note_irq(&msg);
		if (now_ms() < until)
			dmmu_link_wait(link_end, (int)(until - now_ms()));
	} while (now_ms() < until);
}

void remove_files(void)
{
	unlink(stats_path);
	unlink(control_path);
	unlink(log_path);
	unlink(path);
	rmdir(dir);
}

void map_guest(void)
{
	CHECK(dmmu_link_send_fd(link_end, 7, guest_fd));
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_DMA_MAP,
				    .addr = GUEST_DMA,
				    .size = GUEST_BYTES,
				    .aux = 7,
				    .flags = DMMU_MSG_F_READ | DMMU_MSG_F_WRITE})
		      .status == 0);
}

void enable_rings(void)
{
	memset(guest, 0, 20480);
	ctl_pushed = work_pushed = 0;
	write_bar(0, DMMU_REG_STAT_BASE_LO, 8, GUEST_DMA);
	write_bar(0, DMMU_REG_CTL_BASE_LO, 8, GUEST_DMA + 4096);
	write_bar(0, DMMU_REG_WORK_BASE_LO, 8, GUEST_DMA + 8192);
	write_bar(0, DMMU_REG_CPL_BASE_LO, 8, GUEST_DMA + 12288);
	write_bar(0, DMMU_REG_FLT_BASE_LO, 8, GUEST_DMA + 16384);
	write_bar(0, DMMU_REG_CTL_SIZE, 4, 4);
	write_bar(0, DMMU_REG_WORK_SIZE, 4, 4);
	write_bar(0, DMMU_REG_CPL_SIZE, 4, 4);
	write_bar(0, DMMU_REG_FLT_SIZE, 4, 4);
	write_bar(0, DMMU_REG_IRQ_ENABLE, 4, (1u << DMMU_IRQ_COUNT) - 1);
	write_bar(0, DMMU_REG_CTRL, 4, DMMU_CTRL_ENABLE);
}

void push_ctl(const struct dmmu_ctl *ctl)
{
	memcpy(guest + 4096 + 64 * (ctl_pushed % 16), ctl, sizeof(*ctl));
	write_bar(0, DMMU_REG_CTL_TAIL, 4, ++ctl_pushed);
}

void push_work(const struct dmmu_work *work)
{
	memcpy(guest + 8192 + 64 * (work_pushed % 16), work, sizeof(*work));
	write_bar(0, DMMU_REG_WORK_TAIL, 4, ++work_pushed);
}

struct dmmu_status *status_block(void)
{
	return (struct dmmu_status *)guest;
}

struct dmmu_cpl *completion(uint32_t index)
{
	return (struct dmmu_cpl *)(guest + 12288) + index % 16;
}

struct dmmu_flt *fault_record(uint32_t index)
{
	return (struct dmmu_flt *)(guest + 16384) + index % 16;
}

void await_count(const uint32_t *count, uint32_t value)
{
	int64_t until = now_ms() + BOUND_MS;

	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != value) {
		CHECK(now_ms() < until);
		take_irqs(0);
		usleep(200);
	}
}

void finish(void)
{
	dmmu_link_close(link_end);
	CHECK(exit_status() == 0);
}
