// SPDX-License-Identifier: GPL-2.0
/*
 * adversity.c: that each kind of misbehaviour really happens, at the pins and as documented, and is
 * counted; that what is held is held until it is released; and that the log of each such run, taken
 * along, replays to the same. This program is the front end of dmmu-model's link (front_end.h).
 */
#include "front_end.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CYCLES	"30000" /* of all delays here */
#define DELAY	30000u
#define ROOT	0x1000u
#define PAGE	(GUEST_DMA + 0x10000) /* what va VA is mapped to */
#define VA	0x7000u
#define VA_NONE 0x8000u /* mapped to nothing */

static const char *model, *replay, *control;

static void run_model(const char *spec)
{
	const char *args[] = {"--control", control_path, "--record-log",
			      log_path,	   "--faults",	 spec ? spec : "none",
			      NULL};

	start(model, args);
	map_guest();
	enable_rings();
}

static int run(const char *program, const char *a, const char *b, const char *c)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		CHECK(freopen("/dev/null", "w", stdout));
		execl(program, program, a, b, c, (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The model ends; it counted so many of this kind; the same happens again in the replay. */
static void ends_with(const char *kind, unsigned int count)
{
	char name[64];

	finish();
	snprintf(name, sizeof(name), "fault.%s", kind);
	if (stat_value(name) != count) {
		fprintf(stderr, "%s: counted %g, not %u\n", name, stat_value(name), count);
		exit(1);
	}
	CHECK(run(replay, log_path, NULL, NULL) == 0);
}

static uint64_t cycle_now(void)
{
	return read_bar(0, DMMU_REG_ID, 4).cycle;
}

static void command(uint8_t opcode)
{
	struct dmmu_ctl ctl = {.opcode = opcode, .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ};

	if (opcode == DMMU_CTL_INVALIDATE)
		ctl.flags |= DMMU_CTL_F_ALL | DMMU_CTL_F_EVERY;
	push_ctl(&ctl);
}

/* Cycles until the interrupt that says that the command is done. */
static uint64_t command_takes(uint8_t opcode)
{
	unsigned int before = irqs[DMMU_IRQ_CTL];
	uint64_t begin = cycle_now();

	command(opcode);
	wait_irq(DMMU_IRQ_CTL, before + 1);
	CHECK(status_block()->ctl_head == ctl_pushed);
	return irq_cycle[DMMU_IRQ_CTL] - begin;
}

/* Context 1 with VA mapped to PAGE. */
static void set_context(void)
{
	uint64_t *table = (uint64_t *)(local + ROOT);
	struct dmmu_ctl set = {
		.opcode = DMMU_CTL_CTX_SET, .ctx = 1, .local = ROOT, .flags = DMMU_CTL_F_WB};

	for (unsigned int level = 0; level < 3; level++, table += 512)
		table[0] = (ROOT + 4096 * (level + 1)) | DMMU_PTE_V;
	table[VA >> 12] = PAGE | DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W;
	push_ctl(&set);
	await_count(&status_block()->ctl_head, ctl_pushed);
}

static struct dmmu_cpl *fill(uint64_t va, uint32_t index)
{
	struct dmmu_work work = {.op = DMMU_OP_FILL, .ctx = 1, .dst = va, .len = 64, .arg = 42};

	push_work(&work);
	await_count(&status_block()->cpl_tail, index + 1);
	return completion(index);
}

static void push_fault(void)
{
	struct dmmu_work work = {.op = DMMU_OP_FILL, .ctx = 1, .dst = VA_NONE, .len = 64};

	push_work(&work);
}

static void answer_fault(void)
{
	struct dmmu_ctl answer = {.opcode = DMMU_CTL_FAULT_ANSWER,
				  .ctx = 1,
				  .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ,
				  .tag = fault_record(0)->tag,
				  .action = DMMU_ANSWER_FAIL};

	push_ctl(&answer);
}

static void latency_spike(void)
{
	run_model("latency=spike:on=ring:n=1:cycles=" CYCLES);
	CHECK(command_takes(DMMU_CTL_NOP) >= DELAY);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	ends_with("latency=spike", 1);
}

/* The read of a work descriptor waits; the control ring, with another ID, goes on. */
static void order_overtake(void)
{
	unsigned int before = irqs[DMMU_IRQ_CPL];
	struct dmmu_work nop = {.op = DMMU_OP_NOP, .ctx = 1};
	uint64_t begin;

	run_model("order=overtake:on=ring:n=1:cycles=300000");
	begin = cycle_now();
	push_work(&nop);
	CHECK(command_takes(DMMU_CTL_NOP) < 100000);
	wait_irq(DMMU_IRQ_CPL, before + 1);
	CHECK(irq_cycle[DMMU_IRQ_CPL] - begin >= 300000);
	ends_with("order=overtake", 1);
}

static void stall_bus(void)
{
	run_model("stall=bus:on=host:n=1:cycles=" CYCLES);
	CHECK(command_takes(DMMU_CTL_NOP) >= DELAY);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	ends_with("stall=bus", 1);
}

static void device_stop(void)
{
	run_model("device=stop:n=1:cycles=" CYCLES);
	CHECK(command_takes(DMMU_CTL_NOP) >= DELAY);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	ends_with("device=stop", 1);
}

static void invalidate_delay(void)
{
	run_model("invalidate=delay:n=1:cycles=" CYCLES);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	CHECK(command_takes(DMMU_CTL_INVALIDATE) >= DELAY);
	CHECK(command_takes(DMMU_CTL_INVALIDATE) < DELAY);
	ends_with("invalidate=delay", 1);
}

static void ack_delay(void)
{
	run_model("ack=delay:n=1:cycles=" CYCLES);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	CHECK(command_takes(DMMU_CTL_INVALIDATE) >= DELAY);
	CHECK(command_takes(DMMU_CTL_NOP) < DELAY);
	ends_with("ack=delay", 1);
}

/* The interrupt comes, the count does not, until the next count brings it along. */
static void ack_lose(void)
{
	run_model("ack=lose:n=1");
	command(DMMU_CTL_INVALIDATE);
	wait_irq(DMMU_IRQ_CTL, 1);
	usleep(50000);
	CHECK(status_block()->ctl_head == 0);
	CHECK(reg(DMMU_REG_CTL_HEAD) == 1);
	command_takes(DMMU_CTL_NOP);
	ends_with("ack=lose", 1);
}

/* All three messages of a fault, each delayed. */
static void fault_messages_delay(void)
{
	uint64_t begin;

	run_model("record=delay:n=1:cycles=" CYCLES ",answer=delay:n=1:cycles=" CYCLES
		  ",completion=delay:n=1:cycles=" CYCLES);
	set_context();
	begin = cycle_now();
	push_fault();
	wait_irq(DMMU_IRQ_FLT, 1);
	CHECK(irq_cycle[DMMU_IRQ_FLT] - begin >= DELAY);
	begin = cycle_now();
	answer_fault();
	wait_irq(DMMU_IRQ_CTL, 1);
	CHECK(irq_cycle[DMMU_IRQ_CTL] - begin >= DELAY);
	wait_irq(DMMU_IRQ_CPL, 1);
	CHECK(irq_cycle[DMMU_IRQ_CPL] - begin >= 2 * DELAY);
	CHECK(completion(0)->status == DMMU_STATUS_FAULT);
	finish();
	CHECK(stat_value("fault.record=delay") == 1);
	CHECK(stat_value("fault.answer=delay") == 1);
	CHECK(stat_value("fault.completion=delay") == 1);
	CHECK(run(replay, log_path, NULL, NULL) == 0);
}

static void error_on_ring(const char *kind, const char *spec)
{
	run_model(spec);
	command(DMMU_CTL_NOP);
	wait_irq(DMMU_IRQ_ERROR, 1);
	CHECK(reg(DMMU_REG_ERROR) & DMMU_ERROR_HOST_BUS);
	ends_with(kind, 1);
}

static void axi_slverr_on_ring(void)
{
	error_on_ring("axi=slverr", "axi=slverr:on=ring:n=1");
}

static void axi_decerr_on_ring(void)
{
	error_on_ring("axi=decerr", "axi=decerr:on=ring:n=1");
}

static void axi_decerr_on_table(void)
{
	run_model("axi=decerr:on=table:n=1");
	set_context();
	push_fault();
	wait_irq(DMMU_IRQ_FLT, 1);
	CHECK(fault_record(0)->cause == DMMU_CAUSE_BUS);
	ends_with("axi=decerr", 1);
}

/* A write that fails stores nothing. */
static void axi_slverr_on_data(void)
{
	run_model(NULL);
	set_context();
	CHECK(fill(VA, 0)->status == DMMU_STATUS_OK); /* now no walk comes before the write */
	*(uint64_t *)(guest + 0x10000) = 0;
	CHECK(run(control, control_path, "faults", "axi=slverr:on=data:n=1") == 0);
	CHECK(fill(VA, 1)->status == DMMU_STATUS_BUS);
	CHECK(*(uint64_t *)(guest + 0x10000) == 0);
	CHECK(fill(VA, 2)->status == DMMU_STATUS_OK);
	CHECK(*(uint64_t *)(guest + 0x10000) == 42);
	ends_with("axi=slverr", 1);
}

static void data_poison(void)
{
	struct dmmu_work copy = {.op = DMMU_OP_REDUCE, .ctx = 1, .src = VA, .len = 64};

	run_model(NULL);
	set_context();
	*(uint64_t *)(guest + 0x10000) = 7;
	push_work(&copy);
	await_count(&status_block()->cpl_tail, 1);
	CHECK(completion(0)->status == DMMU_STATUS_OK && completion(0)->result == 7);
	CHECK(run(control, control_path, "faults", "data=poison:on=data:n=1") == 0);
	push_work(&copy);
	await_count(&status_block()->cpl_tail, 2);
	CHECK(completion(1)->status == DMMU_STATUS_BUS);
	CHECK(completion(1)->cause == DMMU_CAUSE_POISON);
	push_work(&copy);
	await_count(&status_block()->cpl_tail, 3);
	CHECK(completion(2)->status == DMMU_STATUS_OK && completion(2)->result == 7);
	ends_with("data=poison", 1);
}

static void reset_by_itself(const char *kind)
{
	char spec[64];

	snprintf(spec, sizeof(spec), "%s:after=1:n=1", kind);
	run_model(spec);
	write_bar(0, DMMU_REG_SCRATCH, 4, 5);
	command(DMMU_CTL_NOP);
	usleep(100000);
	CHECK(reg(DMMU_REG_SCRATCH) == 0);
	CHECK(reg(DMMU_REG_CTRL) == 0);
	enable_rings();
	command_takes(DMMU_CTL_NOP);
	ends_with(kind, 1);
}

static void device_flr(void)
{
	reset_by_itself("device=flr");
}

static void device_reset(void)
{
	reset_by_itself("device=reset");
}

static void link_loss(void)
{
	int64_t until = now_ms() + BOUND_MS;
	struct dmmu_msg msg;

	run_model("link=loss:n=1:ms=300");
	command(DMMU_CTL_NOP);
	while (!dmmu_link_broken(link_end)) {
		CHECK(now_ms() < until);
		dmmu_link_recv(link_end, &msg);
		usleep(1000);
	}
	CHECK(!strcmp(dmmu_link_error(link_end), "the peer is gone")); /* not: in order */
	dmmu_link_close(link_end);
	until = now_ms();
	accept_model();
	CHECK(now_ms() - until > 100);
	CHECK(reg(DMMU_REG_CTRL) == 0);
	map_guest();
	enable_rings();
	command_takes(DMMU_CTL_NOP);
	ends_with("link=loss", 1);
}

static void irq_lose(void)
{
	run_model("irq=lose:vector=ctl:n=1");
	command(DMMU_CTL_NOP);
	await_count(&status_block()->ctl_head, 1);
	take_irqs(200);
	CHECK(irqs[DMMU_IRQ_CTL] == 0);
	command_takes(DMMU_CTL_NOP);
	CHECK(irqs[DMMU_IRQ_CTL] == 1);
	ends_with("irq=lose", 1);
}

static void irq_duplicate(void)
{
	run_model("irq=duplicate:n=1");
	command(DMMU_CTL_NOP);
	wait_irq(DMMU_IRQ_CTL, 2);
	take_irqs(100);
	CHECK(irqs[DMMU_IRQ_CTL] == 2);
	command_takes(DMMU_CTL_NOP);
	CHECK(irqs[DMMU_IRQ_CTL] == 3);
	ends_with("irq=duplicate", 1);
}

/* Late, although the device has nothing to do meanwhile and would sleep. */
static void irq_late(void)
{
	uint64_t begin;

	run_model("irq=late:n=1:cycles=" CYCLES);
	begin = cycle_now();
	command(DMMU_CTL_NOP);
	await_count(&status_block()->ctl_head, 1);
	wait_irq(DMMU_IRQ_CTL, 1);
	CHECK(irq_cycle[DMMU_IRQ_CTL] - begin >= DELAY);
	ends_with("irq=late", 1);
}

static void mmio_timeout(void)
{
	struct dmmu_msg read = {
		.kind = DMMU_MSG_MMIO_READ, .tag = 12345, .addr = DMMU_REG_ID, .size = 4};
	struct dmmu_msg reply;

	run_model("mmio=timeout:n=1");
	CHECK(dmmu_link_send(link_end, &read));
	usleep(300000);
	while (dmmu_link_recv(link_end, &reply))
		CHECK(reply.tag != 12345);
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	ends_with("mmio=timeout", 1);
}

static void mmio_ones(void)
{
	run_model("mmio=ones:after=1:n=2");
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	CHECK(read_bar(0, DMMU_REG_ID, 4).status == DMMU_STATUS_UNSUPPORTED);
	CHECK(read_bar(2, 0, 8).status == DMMU_STATUS_UNSUPPORTED);
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID);
	ends_with("mmio=ones", 2);
}

/* Held on its way for as long as nobody releases it; other messages pass. */
static void hold_and_release(void)
{
	run_model(NULL);
	CHECK(run(control, control_path, "hold", "ack") == 0);
	command_takes(DMMU_CTL_NOP);
	command(DMMU_CTL_INVALIDATE);
	while (reg(DMMU_REG_CTL_HEAD) != 2)
		usleep(1000);
	usleep(100000);
	CHECK(status_block()->ctl_head == 1);
	CHECK(run(control, control_path, "release", "ack") == 0);
	wait_irq(DMMU_IRQ_CTL, 2);
	CHECK(status_block()->ctl_head == 2);
	CHECK(run(control, control_path, "hold", "invalidate,answer") == 0);
	command_takes(DMMU_CTL_NOP);
	command(DMMU_CTL_INVALIDATE);
	usleep(100000);
	CHECK(reg(DMMU_REG_CTL_HEAD) == 3);
	/* a reset ends it: what is held would keep it from draining */
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET}).status == 0);
	enable_rings();
	command_takes(DMMU_CTL_INVALIDATE);
	CHECK(run(control, control_path, "hold", "invalidate") == 0);
	command(DMMU_CTL_INVALIDATE);
	usleep(100000);
	CHECK(reg(DMMU_REG_CTL_HEAD) == 1);
	/* so does one by the register */
	write_bar(0, DMMU_REG_CTRL, 4, DMMU_CTRL_RESET);
	while (reg(DMMU_REG_CTRL) & DMMU_CTRL_RESET)
		usleep(1000);
	enable_rings();
	command_takes(DMMU_CTL_INVALIDATE);
	finish();
	CHECK(stat_value("held.ack") == 1);
	CHECK(stat_value("held.invalidate") == 2);
	CHECK(run(replay, log_path, NULL, NULL) == 0);
}

static void control_refuses(void)
{
	run_model(NULL);
	CHECK(run(control, control_path, "faults", "irq=lost") == 1);
	CHECK(run(control, control_path, "hold", "breath") == 1);
	CHECK(run(control, control_path, "dance", NULL) == 1);
	CHECK(run(control, control_path, "now", "irq=lose") == 1);
	CHECK(run(control, control_path, "now", "device=flr,device=flr") == 1);
	CHECK(run(control, "/nowhere", "state", NULL) == 3);
	CHECK(run(control, control_path, "state", NULL) == 0);
	CHECK(run(control, control_path, "now", "device=flr") == 0);
	while (reg(DMMU_REG_CTRL))
		usleep(1000);
	ends_with("device=flr", 1);
}

/* A model that cannot have its socket says so and ends: what is there is somebody's. */
static void control_spares_a_file(void)
{
	char file[] = "/tmp/dmmu-mine-XXXXXX";
	const char *args[] = {"--control", file, NULL};
	int fd = mkstemp(file);
	struct stat st;

	CHECK(write(fd, "mine", 4) == 4 && !close(fd));
	launch(model, args);
	accept_link();
	CHECK(exit_status() == 1);
	CHECK(!stat(file, &st) && S_ISREG(st.st_mode) && st.st_size == 4 && !unlink(file));
}

/* A model that is killed leaves a log that replays as far as it goes. */
static void killed_log_replays(void)
{
	run_model(NULL);
	command_takes(DMMU_CTL_NOP);
	usleep(300000); /* it has flushed before it sleeps */
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	child = 0;
	CHECK(run(replay, log_path, NULL, NULL) == 0);
	CHECK(run(replay, log_path, "--to", "1000") == 0);
	CHECK(run(replay, stats_path, NULL, NULL) == 3);
	CHECK(run(replay, log_path, "--from", "7") == 2);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{"latency_spike", latency_spike},
		{"order_overtake", order_overtake},
		{"stall_bus", stall_bus},
		{"device_stop", device_stop},
		{"invalidate_delay", invalidate_delay},
		{"ack_delay", ack_delay},
		{"ack_lose", ack_lose},
		{"fault_messages_delay", fault_messages_delay},
		{"axi_slverr_on_ring", axi_slverr_on_ring},
		{"axi_decerr_on_ring", axi_decerr_on_ring},
		{"axi_decerr_on_table", axi_decerr_on_table},
		{"axi_slverr_on_data", axi_slverr_on_data},
		{"data_poison", data_poison},
		{"device_flr", device_flr},
		{"device_reset", device_reset},
		{"link_loss", link_loss},
		{"irq_lose", irq_lose},
		{"irq_duplicate", irq_duplicate},
		{"irq_late", irq_late},
		{"mmio_timeout", mmio_timeout},
		{"mmio_ones", mmio_ones},
		{"hold_and_release", hold_and_release},
		{"control_refuses", control_refuses},
		{"control_spares_a_file", control_spares_a_file},
		{"killed_log_replays", killed_log_replays},
	};

	if (argc != 5) {
		fprintf(stderr, "usage: %s DMMU-MODEL DMMU-REPLAY DMMU-CONTROL CASE\n", argv[0]);
		return 2;
	}
	model = argv[1];
	replay = argv[2];
	control = argv[3];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(argv[4], cases[i].name))
			continue;
		cases[i].run();
		remove_files();
		printf("%s ok\n", cases[i].name);
		return 0;
	}
	fprintf(stderr, "%s: no case named %s\n", argv[0], argv[4]);
	return 2;
}
