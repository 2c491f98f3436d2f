// SPDX-License-Identifier: GPL-2.0
/*
 * board_test.c: what a card's top promises beyond the device in it, on clocks that have nothing to
 * do with each other (a seed other than 0 chooses any): that width and clock crossings change no
 * byte, that resets lose nothing and leave nothing behind, and that an interrupt is one message.
 * One claim a run, as in directed/. The bus rules on both sides are assertions in the RTL.
 */
#include "bench.h"
#include "dmmu_regs.h"

#include <stdio.h>
#include <string.h>

#define PAGE	   4096ull
#define REGION	   (64 * PAGE) /* what the load moves, in each memory */
#define DOWN_BOUND 5000 /* cycles that a reset may take, memories with their latency included */

struct load {
	struct dmmu_bench *bench;
	uint64_t host, local; /* two regions each: from, to */
	uint64_t root;
	uint64_t host_accesses; /* accepted since it was set to 0 */
};

static uint64_t pattern(uint64_t i)
{
	return i * 0x9e3779b97f4a7c15ull ^ i >> 7;
}

static void accepted(void *opaque, bool local, uint64_t addr, uint64_t len, bool write)
{
	struct load *load = opaque;

	(void)addr;
	(void)len;
	(void)write;
	load->host_accesses += !local;
}

static void load_new(struct load *load, const struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);

	*load = (struct load){.bench = bench};
	load->host = dmmu_bench_alloc_host(bench, 2 * REGION, PAGE);
	load->local = dmmu_bench_alloc_local(bench, 2 * REGION, PAGE);
	load->root = dmmu_bench_pt_new(bench);
	for (uint64_t i = 0; i < 2 * REGION; i += PAGE) {
		uint64_t rw = DMMU_PTE_V | DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W;

		dmmu_bench_map(bench, load->root, 0x10000000 + i, 0, (load->host + i) | rw);
		dmmu_bench_map(bench, load->root, 0x20000000 + i, 0,
			       (load->local + i) | rw | DMMU_PTE_LOCAL);
	}
	bench->opaque = load;
	bench->accepted = accepted;
}

static void paint(struct load *load)
{
	uint64_t *host = dmmu_bench_host(load->bench, load->host);
	uint64_t *local = dmmu_bench_local(load->bench, load->local);

	for (uint64_t i = 0; i < REGION / 8; i++) {
		host[i] = pattern(i);
		local[i] = pattern(~i);
	}
}

/* Both memories busy both ways: copies by the engine one way, by threads the other. */
static void load_start(struct load *load)
{
	struct dmmu_bench *bench = load->bench;

	paint(load);
	dmmu_bench_ctx_set(bench, bench->contexts - 1, load->root);
	dmmu_bench_cpy_push(bench, &(struct dmmu_cpy){.opcode = DMMU_CPY_OP_COPY,
						      .flags = DMMU_CPY_F_DST_LOCAL,
						      .src = load->host,
						      .dst = load->local + REGION,
						      .size = REGION});
	dmmu_bench_cpy_ring(bench);
	for (unsigned int t = 0; t < bench->threads; t++)
		dmmu_bench_work_push(bench,
				     &(struct dmmu_work){.op = DMMU_OP_COPY,
							 .ctx = bench->contexts - 1,
							 .src = 0x20000000 + t * 8 * PAGE,
							 .dst = 0x10000000 + REGION + t * 8 * PAGE,
							 .len = 8 * PAGE});
	dmmu_bench_work_ring(bench);
}

static void load_finish(struct load *load)
{
	struct dmmu_bench *bench = load->bench;
	const uint64_t *host = dmmu_bench_host(bench, load->host + REGION);
	const uint64_t *local = dmmu_bench_local(bench, load->local + REGION);
	struct dmmu_cpl cpl;

	for (unsigned int t = 0; t < bench->threads; t++) {
		dmmu_bench_cpl_wait(bench, &cpl);
		BENCH_EQ(bench, cpl.status, DMMU_STATUS_OK);
	}
	dmmu_bench_cpy_wait(bench, 0);
	for (uint64_t i = 0; i < REGION / 8; i++)
		BENCH_EQ(bench, local[i], pattern(i));
	for (uint64_t i = 0; i < bench->threads * 8 * PAGE / 8; i++)
		BENCH_EQ(bench, host[i], pattern(~i));
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ERROR), 0);
}

/* After a reset the device is as new, nothing of before moves, and it works. */
static void is_as_new(struct load *load)
{
	struct dmmu_bench *bench = load->bench;
	static uint64_t before[REGION / 8];
	void *local = dmmu_bench_local(bench, load->local + REGION);

	BENCH_CHECK(bench, dmmu_mem_idle(bench->dev->local), "local memory was left in mid-access");
	memcpy(before, local, REGION);
	load->host_accesses = 0;
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ID), 0x554d4d44u);
	BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_CPY_TAIL), 0);
	BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_STATUS) == DMMU_STATUS_READY, 2000);
	dmmu_bench_run(bench, 1000);
	BENCH_EQ(bench, load->host_accesses, 0);
	BENCH_CHECK(bench, !memcmp(before, local, REGION), "memory changed after the reset");
	memset(dmmu_bench_host(bench, load->host + REGION), 0, REGION);
	memset(local, 0, REGION);
	dmmu_bench_enable(bench);
	load_start(load);
	load_finish(load);
}

static void forget(struct dmmu_bench *bench)
{
	bench->ctl_tail = bench->work_tail = bench->cpl_head = bench->flt_head = bench->cpy_tail =
		0;
}

/* What is on the other side of a port is in reset, and does nothing; afterwards it knows nothing of
 * before. */
static void silent(struct dmmu_mem *mem, struct dmmu_axi_in *pins, bool in_reset)
{
	dmmu_mem_abort(mem);
	dmmu_mem_freeze(mem, in_reset ? UINT64_MAX : 0);
	memset(pins, 0, sizeof(*pins));
}

static void bus_reset_in_flight_drains(struct dmmu_bench_config *config)
{
	struct load load;

	config->host_latency = 60;
	load_new(&load, config);
	for (unsigned int i = 0; i < 24; i++) {
		load_start(&load);
		BENCH_UNTIL(load.bench, !dmmu_mem_idle(load.bench->dev->host), 2000);
		dmmu_bench_run(load.bench, i * 61);
		uint64_t began = dmmu_bench_cycle(load.bench);

		if (!dmmu_device_hard_reset(load.bench->dev))
			dmmu_bench_fail(load.bench, "%s", load.bench->dev->error);
		BENCH_CHECK(load.bench, dmmu_bench_cycle(load.bench) - began < DOWN_BOUND,
			    "the reset took %llu cycles",
			    (unsigned long long)(dmmu_bench_cycle(load.bench) - began));
		forget(load.bench);
		is_as_new(&load);
		dmmu_device_hard_reset(load.bench->dev);
		forget(load.bench);
		dmmu_bench_enable(load.bench);
	}
	dmmu_bench_free(load.bench);
}

/* A PCIe reset may stop the bridge's clock: the whole of it passes without an edge. */
static void bus_reset_without_the_bridges_clock_drains(struct dmmu_bench_config *config)
{
	struct load load;

	config->host_latency = 60;
	load_new(&load, config);
	for (unsigned int i = 0; i < 8; i++) {
		struct dmmu_device *dev = load.bench->dev;

		load_start(&load);
		BENCH_UNTIL(load.bench, !dmmu_mem_idle(dev->host), 2000);
		dmmu_bench_run(load.bench, i * 97);
		/* so long until the next edge but one */
		dmmu_sim_set_clocks(dev->sim, 0, 20000000, 0);
		dmmu_bench_run(load.bench, 10);
		dmmu_axil_abort(&dev->axil);
		silent(dev->host, &dev->in.host, true);
		dev->in.rst = true;
		dmmu_bench_run(load.bench, 500);
		silent(dev->host, &dev->in.host, false);
		dev->in.rst = false;
		dmmu_sim_set_clocks(dev->sim, 0, 4000, 0);
		BENCH_UNTIL(load.bench, dmmu_device_idle(dev), 10000);
		forget(load.bench);
		is_as_new(&load);
		dmmu_device_hard_reset(dev);
		forget(load.bench);
		dmmu_bench_enable(load.bench);
	}
	dmmu_bench_free(load.bench);
}

/* At every moment of a register access: the one after the reset gets its own answer. */
static void register_access_cut_by_a_reset_leaves_nothing(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);

	for (unsigned int i = 0; i < 120; i++) {
		if (i & 1)
			dmmu_axil_start_write(&bench->dev->axil, DMMU_REG_SCRATCH, 0xdead0000 + i,
					      0xf);
		else
			dmmu_axil_start_read(&bench->dev->axil, DMMU_REG_VERSION);
		for (unsigned int n = 0; n < i / 4; n++)
			dmmu_device_cycle(bench->dev);
		if (!dmmu_device_hard_reset(bench->dev))
			dmmu_bench_fail(bench, "%s", bench->dev->error);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ID), 0x554d4d44u);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), 0);
		dmmu_bench_write(bench, DMMU_REG_SCRATCH, 0x1000 + i);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), 0x1000 + i);
	}
	dmmu_bench_free(bench);
}

static void memory_down(struct dmmu_bench *bench, bool down)
{
	bench->dev->in.memory_down = down;
	silent(bench->dev->local, &bench->dev->in.local, down);
}

static void registers_read_ones_until_memory_is_there(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);

	for (unsigned int i = 0; i < 20; i++) {
		memory_down(bench, true);
		dmmu_bench_run(bench, 60 + i);
		/* the device drains first, which clears its TLB set by set */
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_ID) == 0xffffffffu, DOWN_BOUND);
		dmmu_bench_run(bench, i);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_ID), 0xffffffffu);
		dmmu_bench_write(bench, DMMU_REG_SCRATCH, 5);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), 0xffffffffu);
		memory_down(bench, false);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_ID) == 0x554d4d44u, 5000);
		BENCH_EQ(bench, dmmu_bench_read(bench, DMMU_REG_SCRATCH), 0);
	}
	dmmu_bench_free(bench);
}

static void memory_lost_in_flight_drains(struct dmmu_bench_config *config)
{
	struct load load;

	load_new(&load, config);
	for (unsigned int i = 0; i < 12; i++) {
		struct dmmu_bench *bench = load.bench;

		load_start(&load);
		BENCH_UNTIL(bench, !dmmu_mem_idle(bench->dev->local), 2000);
		dmmu_bench_run(bench, i * 71);
		memory_down(bench, true);
		/* what was on its way to host memory still gets there, and no more */
		BENCH_UNTIL(bench, dmmu_mem_idle(bench->dev->host), DOWN_BOUND);
		dmmu_bench_run(bench, 100);
		/* held in reset, which it says by ones; while it drains it still answers */
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_ID) == 0xffffffffu, DOWN_BOUND);
		BENCH_CHECK(bench, dmmu_mem_idle(bench->dev->host), "host memory is still used");
		memory_down(bench, false);
		BENCH_UNTIL(bench, dmmu_bench_read(bench, DMMU_REG_ID) == 0x554d4d44u, 5000);
		forget(bench);
		is_as_new(&load);
		dmmu_device_hard_reset(bench->dev);
		forget(bench);
		dmmu_bench_enable(bench);
	}
	dmmu_bench_free(load.bench);
}

/* What was copied is there, or nothing yet. */
static void only_what_was_read(struct load *load)
{
	struct dmmu_bench *bench = load->bench;
	const uint64_t *host = dmmu_bench_host(bench, load->host + REGION);
	const uint64_t *local = dmmu_bench_local(bench, load->local + REGION);

	for (uint64_t i = 0; i < REGION / 8; i++) {
		BENCH_CHECK(bench, !local[i] || local[i] == pattern(i),
			    "local word %llu is 0x%llx, which nobody read", (unsigned long long)i,
			    (unsigned long long)local[i]);
		BENCH_CHECK(bench, !host[i] || host[i] == pattern(~i),
			    "host word %llu is 0x%llx, which nobody read", (unsigned long long)i,
			    (unsigned long long)host[i]);
	}
}

/*
 * A port is lost at any moment, its clock faster or slower than the device's, and running on or
 * not, for long or for two edges of it: until the device knows, its side of the crossing shows it
 * nothing that did not come.
 */
static void lost_port_shows_no_stale_words(struct dmmu_bench_config *config)
{
	static const uint32_t periods[] = {1500, 2300, 4000, 7900, 8000, 8100, 12700, 16000};
	struct dmmu_prng prng = dmmu_prng(config->seed, 0x105e);
	struct load load;

	config->host_latency = 60;
	load_new(&load, config);
	for (unsigned int i = 0; i < 32; i++) {
		struct dmmu_bench *bench = load.bench;
		struct dmmu_device *dev = bench->dev;
		bool memory = i & 1, stops = i & 2, brief = !stops && i & 4;
		uint32_t port = periods[dmmu_rand_below(&prng, 8)];
		uint32_t stopped = stops ? 20000000 : port;

		dmmu_sim_set_clocks(dev->sim, 6000 + (uint32_t)dmmu_rand_below(&prng, 4000),
				    memory ? 4000 : port, memory ? port : 3332);
		memset(dmmu_bench_host(bench, load.host + REGION), 0, REGION);
		memset(dmmu_bench_local(bench, load.local + REGION), 0, REGION);
		if (i)
			dmmu_bench_enable(bench);
		load_start(&load);
		BENCH_UNTIL(bench, !dmmu_mem_idle(memory ? dev->local : dev->host), 4000);
		dmmu_bench_run(bench, dmmu_rand_below(&prng, 1500));
		/* a register access on its way: none of before may come again */
		if (!memory)
			dmmu_axil_start_write(&dev->axil, DMMU_REG_SCRATCH, i, 0xf);
		dmmu_bench_run(bench, dmmu_rand_below(&prng, 8));
		dmmu_sim_set_clocks(dev->sim, 0, memory ? 0 : stopped, memory ? stopped : 0);
		if (memory) {
			memory_down(bench, true);
		} else {
			dmmu_axil_abort(&dev->axil);
			silent(dev->host, &dev->in.host, true);
			dev->in.rst = true;
		}
		dmmu_bench_run(bench, brief ? 1 + 2 * port / 6000 : 3000);
		if (memory) {
			memory_down(bench, false);
		} else {
			silent(dev->host, &dev->in.host, false);
			dev->in.rst = false;
		}
		dmmu_sim_set_clocks(dev->sim, 0, memory ? 0 : port, memory ? port : 0);
		BENCH_UNTIL(bench, dmmu_device_idle(dev), 50000);
		only_what_was_read(&load);
		dmmu_device_hard_reset(dev);
		forget(bench);
	}
	is_as_new(&load);
	dmmu_bench_free(load.bench);
}

static void function_reset_in_flight_drains(struct dmmu_bench_config *config)
{
	struct load load;

	config->host_latency = 60;
	load_new(&load, config);
	for (unsigned int i = 0; i < 12; i++) {
		load_start(&load);
		BENCH_UNTIL(load.bench, !dmmu_mem_idle(load.bench->dev->host), 2000);
		dmmu_bench_run(load.bench, i * 83);
		BENCH_CHECK(load.bench, dmmu_device_flr(load.bench->dev, DOWN_BOUND),
			    "the reset did not end in time");
		BENCH_CHECK(load.bench,
			    dmmu_mem_idle(load.bench->dev->host) &&
				    dmmu_mem_idle(load.bench->dev->local),
			    "an access of before the reset is still in flight");
		forget(load.bench);
		is_as_new(&load);
		dmmu_device_hard_reset(load.bench->dev);
		forget(load.bench);
		dmmu_bench_enable(load.bench);
	}
	dmmu_bench_free(load.bench);
}

static void each_interrupt_is_one_message(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	struct dmmu_ctl fence = {.opcode = DMMU_CTL_FENCE, .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ};

	for (unsigned int i = 1; i <= 60; i++) {
		/* a host that has MSI-X disabled takes no message; then it waits */
		if (i % 5 == 0)
			bench->dev->irq_hold = 0xff;
		dmmu_bench_ctl_push_raw(bench, &fence);
		dmmu_bench_ctl_ring(bench);
		if (i % 5 == 0) {
			dmmu_bench_run(bench, 300);
			BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CTL], i - 1);
			bench->dev->irq_hold = 0;
		}
		BENCH_UNTIL(bench, bench->dev->irqs[DMMU_IRQ_CTL] == i, 3000);
		/* the data it announces is there before it */
		BENCH_EQ(bench, dmmu_bench_status(bench)->ctl_head, i);
		dmmu_bench_run(bench, i % 7 ? 0 : 200);
		BENCH_EQ(bench, bench->dev->irqs[DMMU_IRQ_CTL], i);
	}
	dmmu_bench_free(bench);
}

/* Every offset in a beat, every length about one: nothing but the range changes. */
static void every_alignment_moves_its_bytes_only(struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = dmmu_bench_new(config);
	uint64_t host = dmmu_bench_alloc_host(bench, PAGE, PAGE);
	uint64_t local = dmmu_bench_alloc_local(bench, PAGE, PAGE);
	uint64_t *h = dmmu_bench_host(bench, host), *l = dmmu_bench_local(bench, local);

	for (unsigned int words = 1; words <= 18; words++)
		for (unsigned int from = 0; from < 9; from++)
			for (unsigned int to = 0; to < 9; to += 1 + (words > 9)) {
				bool in = (words + from + to) & 1;
				struct dmmu_cpy c = {.opcode = DMMU_CPY_OP_COPY, .size = 8 * words};
				uint64_t *d = in ? l : h;

				for (unsigned int i = 0; i < 64; i++) {
					h[i] = pattern(i + 64 * words);
					l[i] = pattern(~(uint64_t)i);
				}
				c.flags = in ? DMMU_CPY_F_DST_LOCAL : DMMU_CPY_F_SRC_LOCAL;
				c.src = (in ? host : local) + 8 * from;
				c.dst = (in ? local : host) + 8 * to;
				dmmu_bench_cpy(bench, &c);
				for (unsigned int i = 0; i < 64; i++) {
					uint64_t other = i - to + from;
					bool inside = i >= to && i < to + words;

					BENCH_EQ(bench, d[i],
						 inside == in ? pattern(inside ? other + 64 * words
									       : i + 64 * words)
							      : pattern(~(inside ? other : i)));
				}
			}
	dmmu_bench_free(bench);
}

static const struct {
	const char *name;
	void (*run)(struct dmmu_bench_config *config);
} claims[] = {
#define CLAIM(name)         \
	{                   \
#name, name \
	}
	CLAIM(bus_reset_in_flight_drains),
	CLAIM(bus_reset_without_the_bridges_clock_drains),
	CLAIM(register_access_cut_by_a_reset_leaves_nothing),
	CLAIM(registers_read_ones_until_memory_is_there),
	CLAIM(memory_lost_in_flight_drains),
	CLAIM(lost_port_shows_no_stale_words),
	CLAIM(function_reset_in_flight_drains),
	CLAIM(each_interrupt_is_one_message),
	CLAIM(every_alignment_moves_its_bytes_only),
};

int main(int argc, char **argv)
{
	struct dmmu_bench_config config = {0};

	for (size_t i = 0; argc > 1 && i < sizeof(claims) / sizeof(claims[0]); i++) {
		if (strcmp(argv[1], claims[i].name))
			continue;
		dmmu_bench_args(&config, argc - 1, argv + 1);
		claims[i].run(&config);
		printf("%s: holds\n", claims[i].name);
		return 0;
	}
	fprintf(stderr, "board_test: no claim is called %s; there are:\n",
		argc > 1 ? argv[1] : "?");
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		fprintf(stderr, "  %s\n", claims[i].name);
	return 2;
}
