// SPDX-License-Identifier: GPL-2.0
/*
 * stimulus_test.c: the log of a run gives every pin of every cycle back, the device run again from
 * it says the same, and one bit that is different is noticed, within the cycles of one hash.
 * Argument: a folder for the log.
 */
#include "device.h"
#include "dmmu_regs.h"
#include "stimulus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_BYTES (1u << 16)
#define COMMANDS   200u
#define HASH_EVERY 16u

#define CHECK(cond)                                                                           \
	do {                                                                                  \
		if (!(cond)) {                                                                \
			fprintf(stderr, "stimulus_test.c:%d: not so: %s\n", __LINE__, #cond); \
			exit(1);                                                              \
		}                                                                             \
	} while (0)

static uint64_t host[HOST_BYTES / 8], local[HOST_BYTES / 8];
static char path[512];
static uint64_t *
	taken; /* by edge: the first word of the beat that the device took from host memory, or 0 */
static uint64_t cycles, edges, allocated;

static void *translate(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	(void)write;
	return addr <= HOST_BYTES - len ? (uint8_t *)opaque + addr : NULL;
}

static void cycle(struct dmmu_device *dev)
{
	CHECK(dmmu_device_cycle(dev));
}

static void write_reg(struct dmmu_device *dev, uint16_t addr, uint32_t data)
{
	dmmu_axil_start_write(&dev->axil, addr, data, 0xf);
	while (!dmmu_axil_idle(&dev->axil))
		cycle(dev);
}

/* A control ring with page-table copies from host memory: both buses carry data. */
static void record(void)
{
	struct dmmu_straps straps = {.local_size = HOST_BYTES, .local_coherent = true};
	struct stimulus_config config = {.local_bytes = HOST_BYTES,
					 .local_coherent = true,
					 .hash_every = HASH_EVERY,
					 .command = "stimulus_test"};
	struct dmmu_mem_config memory = {.name = "host",
					 .latency = 20,
					 .reorder = true,
					 .stall = 100,
					 .seed = 3,
					 .translate = translate,
					 .opaque = host};
	struct dmmu_mem_config other = memory;
	struct stimulus_log *log = stimulus_open(path, &config);
	struct dmmu_ctl *ctl = (struct dmmu_ctl *)(host + 512);
	struct dmmu_device *dev;
	uint64_t bytes = 0;

	CHECK(log);
	other.name = "local";
	other.opaque = local;
	for (unsigned int i = 0; i < HOST_BYTES / 8; i++)
		host[i] = i * 0x123456789abcdefull;
	memset(host, 0, 4096);
	for (unsigned int i = 0; i < 256; i++)
		ctl[i] = (struct dmmu_ctl){.opcode = DMMU_CTL_PT_WRITE,
					   .local = 4096 * (i % 8),
					   .host = 0x8000 + 64 * i,
					   .count = 1 + i % 32,
					   .flags = DMMU_CTL_F_WB | DMMU_CTL_F_IRQ};
	dev = dmmu_device_new_logged(&straps, &memory, &other, true, log);
	CHECK(dev);
	write_reg(dev, DMMU_REG_CTL_BASE_LO, 4096);
	write_reg(dev, DMMU_REG_CTL_SIZE, 8);
	write_reg(dev, DMMU_REG_WORK_SIZE, 4);
	write_reg(dev, DMMU_REG_CPL_SIZE, 4);
	write_reg(dev, DMMU_REG_FLT_SIZE, 4);
	write_reg(dev, DMMU_REG_IRQ_ENABLE, 15);
	write_reg(dev, DMMU_REG_CTRL, DMMU_CTRL_ENABLE);
	write_reg(dev, DMMU_REG_CTL_TAIL, COMMANDS);
	stimulus_remark(log, 'x', "hello", 5);
	while ((uint32_t)host[0] != COMMANDS) {
		cycle(dev);
		CHECK(dmmu_device_cycles(dev) < 1000000);
	}
	for (unsigned int i = 0; i < 1000; i++)
		cycle(dev);
	cycles = dmmu_device_cycles(dev);
	dmmu_device_free(dev);
	CHECK(stimulus_close(log, &bytes) && bytes);
	printf("%llu cycles, %llu bytes, %.2f bytes per cycle\n", (unsigned long long)cycles,
	       (unsigned long long)bytes, (double)bytes / (double)cycles);
}

/* Cycle after which the replay differs, or UINT64_MAX. `flip`: in this cycle one bit is wrong. */
static uint64_t replay(uint64_t flip, bool keep)
{
	struct stimulus *log = stimulus_read_open(path);
	struct dmmu_straps straps = {.local_size = HOST_BYTES, .local_coherent = true};
	struct dmmu_sim *sim = dmmu_sim_new(&straps);
	struct stimulus_record record = {0};
	uint64_t at = 0, hash = 0, different = UINT64_MAX;
	struct dmmu_pins_out out;
	enum stimulus_what what;
	unsigned int remarks = 0;

	CHECK(log && sim && !strcmp(stimulus_header(log, "command"), "stimulus_test"));
	while ((what = stimulus_next(log, &record)) != STIMULUS_END) {
		if (what == STIMULUS_CYCLE) {
			struct dmmu_pins_in in = record.in;
			unsigned int clocks = dmmu_sim_clocks(sim);

			if (keep && at == allocated) {
				allocated = 2 * allocated + 1024;
				taken = realloc(taken, allocated * sizeof(*taken));
				CHECK(taken);
			}
			in.host.rdata[0] ^= at == flip ? 0x100 : 0; /* `host` of a PT_WRITE */
			CHECK(dmmu_sim_cycle(sim, &in, &out));
			if (keep)
				taken[at] = clocks & DMMU_CLOCK_BRIDGE && in.host.rvalid &&
							    in.host.rlast && out.host.rready
						    ? in.host.rdata[0]
						    : 0;
			hash = stimulus_hash(hash, &out);
			at++;
		} else if (what == STIMULUS_HASH) {
			if (different == UINT64_MAX && stimulus_hash_short(hash) != record.hash)
				different = at;
		} else {
			CHECK(what == STIMULUS_REMARK && record.remark.kind == 'x' &&
			      !memcmp(record.remark.bytes, "hello", 6));
			remarks++;
		}
	}
	CHECK(dmmu_sim_cycles(sim) == cycles && remarks == 1);
	edges = at;
	dmmu_sim_free(sim);
	stimulus_read_close(log);
	return different;
}

/* A beat of an entry that is copied to local memory: the wrong bit goes out again soon. */
static uint64_t some_beat(void)
{
	for (uint64_t at = edges / 2; at < edges; at++)
		if (taken[at] >> 60)
			return at;
	CHECK(!"there was no beat");
	return 0;
}

static void cut_and_garbage(void)
{
	struct stimulus_record record;
	enum stimulus_what what;
	struct stimulus *log;
	FILE *file;

	CHECK(!truncate(path, 2000));
	log = stimulus_read_open(path);
	CHECK(log);
	do
		what = stimulus_next(log, &record);
	while (what == STIMULUS_CYCLE || what == STIMULUS_HASH || what == STIMULUS_REMARK);
	CHECK(what == STIMULUS_CUT);
	stimulus_read_close(log);

	file = fopen(path, "w");
	CHECK(file);
	fputs("dmmu stimulus 1\nlocal_bytes 1\n\n\377\377\377", file);
	fclose(file);
	log = stimulus_read_open(path);
	CHECK(log && stimulus_next(log, &record) == STIMULUS_BAD && stimulus_error(log));
	stimulus_read_close(log);
	file = fopen(path, "w");
	CHECK(file);
	fputs("dmmu stimulus 1\ndevice another 3 3\nlocal_bytes 1\n\n\003", file);
	fclose(file);
	log = stimulus_read_open(path);
	CHECK(log && stimulus_next(log, &record) == STIMULUS_BAD &&
	      strstr(stimulus_error(log), "another"));
	stimulus_read_close(log);
	file = fopen(path, "w");
	CHECK(file);
	fputs("anything", file);
	fclose(file);
	log = stimulus_read_open(path);
	CHECK(log && stimulus_next(log, &record) == STIMULUS_BAD);
	CHECK(!stimulus_header(log, "local_bytes"));
	stimulus_read_close(log);
}

int main(int argc, char **argv)
{
	uint64_t beat, different;

	snprintf(path, sizeof(path), "%s/stimulus-test.log", argc > 1 ? argv[1] : ".");
	record();
	CHECK(replay(UINT64_MAX, true) == UINT64_MAX);
	beat = some_beat();
	different = replay(beat, false);
	printf("bit wrong at edge %llu, noticed after edge %llu\n", (unsigned long long)beat,
	       (unsigned long long)different);
	CHECK(different > beat &&
	      different <= beat + (dmmu_sim_shape.card ? 100 : 20) * HASH_EVERY);
	cut_and_garbage();
	unlink(path);
	free(taken);
	puts("ok");
	return 0;
}
