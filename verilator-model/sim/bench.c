// SPDX-License-Identifier: GPL-2.0
/*
 * bench.c: see bench.h. This file: the life of a bench, memory, registers, failure. Rings and page
 * tables are in bench_rings.c and bench_pt.c.
 */
#include "bench.h"
#include "number.h"
#include "record.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool in_error_range(uint64_t addr, uint64_t len, uint64_t base, uint64_t bytes)
{
	return bytes && addr < base + bytes && base < addr + len;
}

static void *translate_host(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct dmmu_bench *bench = opaque;

	if (bench->permit && !bench->permit(bench->opaque, false, addr, len, write))
		return NULL;
	if (addr < BENCH_HOST_BASE || addr - BENCH_HOST_BASE > bench->config.host_bytes - len ||
	    in_error_range(addr, len, bench->host_error_addr, bench->host_error_bytes))
		return NULL;
	return bench->host_mem + (addr - BENCH_HOST_BASE);
}

static void *translate_local(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct dmmu_bench *bench = opaque;

	if (bench->permit && !bench->permit(bench->opaque, true, addr, len, write))
		return NULL;
	if (addr > bench->config.local_bytes - len ||
	    in_error_range(addr, len, bench->local_error_addr, bench->local_error_bytes))
		return NULL;
	return bench->local_mem + addr;
}

static uint8_t respond_host(void *opaque, uint64_t addr, bool write, uint64_t *garbage)
{
	const struct dmmu_bench *bench = opaque;

	(void)write;
	(void)garbage;
	return in_error_range(addr, 8, bench->host_poison_addr, bench->host_poison_bytes) ? 2 : 0;
}

static uint8_t respond_local(void *opaque, uint64_t addr, bool write, uint64_t *garbage)
{
	const struct dmmu_bench *bench = opaque;

	(void)write;
	(void)garbage;
	return in_error_range(addr, 8, bench->local_poison_addr, bench->local_poison_bytes) ? 2 : 0;
}

static void accepted_host(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct dmmu_bench *bench = opaque;

	if (bench->accepted)
		bench->accepted(bench->opaque, false, addr, len, write);
}

static void accepted_local(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct dmmu_bench *bench = opaque;

	if (bench->accepted)
		bench->accepted(bench->opaque, true, addr, len, write);
}

void dmmu_bench_args(struct dmmu_bench_config *config, int argc, char **argv)
{
	enum { SEED = 1, TRACE, FROM, CYCLES, RECORD, REORDER, STALL, HOST, LOCAL, HELP };
	static const struct option options[] = {
		{"seed", required_argument, NULL, SEED},
		{"trace", required_argument, NULL, TRACE},
		{"trace-from", required_argument, NULL, FROM},
		{"trace-cycles", required_argument, NULL, CYCLES},
		{"record", required_argument, NULL, RECORD},
		{"reorder", no_argument, NULL, REORDER},
		{"stall", required_argument, NULL, STALL},
		{"host-latency", required_argument, NULL, HOST},
		{"local-latency", required_argument, NULL, LOCAL},
		{"help", no_argument, NULL, HELP},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case SEED:
			config->seed = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case TRACE:
			config->trace = optarg;
			break;
		case FROM:
			config->trace_from = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case CYCLES:
			config->trace_cycles = number_or_exit(argv[0], optarg, UINT64_MAX);
			break;
		case RECORD:
			config->record = optarg;
			break;
		case REORDER:
			config->reorder = true;
			break;
		case STALL:
			config->stall = (uint32_t)number_or_exit(argv[0], optarg, 990);
			break;
		case HOST:
			config->host_latency = (uint32_t)number_or_exit(argv[0], optarg, 100000);
			break;
		case LOCAL:
			config->local_latency = (uint32_t)number_or_exit(argv[0], optarg, 100000);
			break;
		default:
			fprintf(option == HELP ? stdout : stderr,
				"usage: %s [--seed N] [--trace FILE [--trace-from CYCLE]"
				" [--trace-cycles N]]\n       [--record FILE] [--reorder] [--stall "
				"N]"
				" [--host-latency N] [--local-latency N]\n",
				argv[0]);
			exit(option == HELP ? 0 : 2);
		}
	}
	if (optind != argc) {
		fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
		exit(2);
	}
}

static uint8_t *memory(uint64_t bytes)
{
	uint8_t *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED) {
		perror("bench: no memory");
		exit(1);
	}
	return mem;
}

#define DEFAULT(field, value)              \
	do {                               \
		if (!(field))              \
			(field) = (value); \
	} while (0)

struct dmmu_bench *dmmu_bench_new(const struct dmmu_bench_config *config)
{
	struct dmmu_bench *bench = calloc(1, sizeof(*bench));
	struct dmmu_bench_config *c;
	struct dmmu_mem_config host, local;
	struct dmmu_straps straps;
	uint32_t params;

	if (!bench) {
		perror("bench: no memory");
		exit(1);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	c = &bench->config;
	if (config)
		*c = *config;
	DEFAULT(c->host_bytes, 16 << 20);
	DEFAULT(c->local_bytes, 16 << 20);
	DEFAULT(c->ctl_log2, 6);
	DEFAULT(c->work_log2, 6);
	DEFAULT(c->cpl_log2, 7);
	DEFAULT(c->flt_log2, 7);
	DEFAULT(c->cpy_log2, 6);
	DEFAULT(c->host_latency, 20);
	DEFAULT(c->local_latency, 8);
	bench->host_mem = memory(c->host_bytes);
	bench->local_mem = memory(c->local_bytes);
	host = (struct dmmu_mem_config){
		.name = "host",
		.latency = c->host_latency,
		.beats_per_1024 = c->host_bandwidth,
		.reorder = c->reorder,
		.stall = c->stall,
		.seed = c->seed,
		.translate = translate_host,
		.respond = respond_host,
		.watch = accepted_host,
		.opaque = bench,
	};
	local = host;
	local.name = "local";
	local.latency = c->local_latency;
	local.beats_per_1024 = c->local_bandwidth;
	local.translate = translate_local;
	local.respond = respond_local;
	local.watch = accepted_local;
	straps = (struct dmmu_straps){c->local_bytes, c->local_coherent};
	bench->dev = dmmu_device_new(&straps, &host, &local, c->axil_skew);
	if (!bench->dev) {
		perror("bench: no memory");
		exit(1);
	}
	if (bench->dev->error)
		dmmu_bench_fail(bench, "%s", bench->dev->error);
	if (c->seed) {
		/* a card's clocks: those of the default ratio without a seed, else any */
		struct dmmu_prng prng = dmmu_prng(c->seed, 0xc10c);

		dmmu_sim_set_clocks(bench->dev->sim, 4000 + (uint32_t)dmmu_rand_below(&prng, 12000),
				    2000 + (uint32_t)dmmu_rand_below(&prng, 14000),
				    1500 + (uint32_t)dmmu_rand_below(&prng, 10500));
	}
	if (c->record) {
		bench->dev->record = fopen(c->record, "w");
		if (!bench->dev->record) {
			perror(c->record);
			exit(1);
		}
		dmmu_record_begin(bench->dev->record, c->local_bytes);
		/* a record begins with a power-on reset */
		dmmu_device_hard_reset(bench->dev);
	}
	if (c->trace &&
	    !dmmu_sim_trace(bench->dev->sim, c->trace, c->trace_from, c->trace_cycles)) {
		perror(c->trace);
		exit(1);
	}
	params = dmmu_bench_read(bench, DMMU_REG_PARAMS0);
	bench->threads = (params & DMMU_PARAMS0_THREADS) >> DMMU_PARAMS0_THREADS_SHIFT;
	bench->contexts = (params & DMMU_PARAMS0_CONTEXTS) >> DMMU_PARAMS0_CONTEXTS_SHIFT;
	bench->levels = (params & DMMU_PARAMS0_LEVELS) >> DMMU_PARAMS0_LEVELS_SHIFT;
	bench->va_bits = (params & DMMU_PARAMS0_VA_BITS) >> DMMU_PARAMS0_VA_BITS_SHIFT;
	bench->stat_dma = dmmu_bench_alloc_host(bench, 64, 64);
	bench->ctl_dma = dmmu_bench_alloc_host(bench, 64ull << c->ctl_log2, 64);
	bench->work_dma = dmmu_bench_alloc_host(bench, 64ull << c->work_log2, 64);
	bench->cpl_dma = dmmu_bench_alloc_host(bench, 64ull << c->cpl_log2, 64);
	bench->flt_dma = dmmu_bench_alloc_host(bench, 64ull << c->flt_log2, 64);
	bench->cpy_dma = dmmu_bench_alloc_host(bench, 64ull << c->cpy_log2, 64);
	if (!c->no_enable)
		dmmu_bench_enable(bench);
	return bench;
}

void dmmu_bench_free(struct dmmu_bench *bench)
{
	if (!bench)
		return;
	dmmu_device_free(bench->dev);
	munmap(bench->host_mem, bench->config.host_bytes);
	munmap(bench->local_mem, bench->config.local_bytes);
	free(bench);
}

uint64_t dmmu_bench_cycle(const struct dmmu_bench *bench)
{
	return dmmu_device_cycles(bench->dev);
}

void dmmu_bench_run(struct dmmu_bench *bench, uint64_t cycles)
{
	while (cycles--) {
		if (!dmmu_device_cycle(bench->dev))
			dmmu_bench_fail(bench, "%s", bench->dev->error);
		if (bench->each_cycle)
			bench->each_cycle(bench->opaque);
	}
}

void dmmu_bench_fail(struct dmmu_bench *bench, const char *format, ...)
{
	uint64_t cycle = dmmu_bench_cycle(bench);
	va_list args;

	fflush(stdout);
	fprintf(stderr, "FAILED in cycle %llu, seed %llu: ", (unsigned long long)cycle,
		(unsigned long long)bench->config.seed);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (bench->config.trace)
		fprintf(stderr, "waveform: %s\n", bench->config.trace);
	else
		fprintf(stderr, "replay with a waveform: %s --trace wave.fst --trace-from %llu\n",
			bench->replay ? bench->replay : "the same command line and",
			(unsigned long long)(cycle > 5000 ? cycle - 5000 : 0));
	dmmu_sim_trace_close(bench->dev->sim);
	exit(1);
}

uint32_t dmmu_bench_read(struct dmmu_bench *bench, uint32_t reg)
{
	dmmu_axil_start_read(&bench->dev->axil, (uint16_t)reg);
	while (!dmmu_axil_idle(&bench->dev->axil))
		dmmu_bench_run(bench, 1);
	return bench->dev->axil.rdata;
}

void dmmu_bench_write(struct dmmu_bench *bench, uint32_t reg, uint32_t value)
{
	dmmu_axil_start_write(&bench->dev->axil, (uint16_t)reg, value, 0xf);
	while (!dmmu_axil_idle(&bench->dev->axil))
		dmmu_bench_run(bench, 1);
}

uint64_t dmmu_bench_counter(struct dmmu_bench *bench, unsigned int counter)
{
	uint64_t low;

	dmmu_bench_write(bench, DMMU_REG_CNT_SNAP, 1);
	low = dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * counter);
	return low | (uint64_t)dmmu_bench_read(bench, DMMU_REG_CNT_BASE + 8 * counter + 4) << 32;
}

static uint64_t allocate(struct dmmu_bench *bench, const char *what, uint64_t *used, uint64_t size,
			 uint64_t bytes, uint64_t align)
{
	uint64_t at = (*used + align - 1) & ~(align - 1);

	if (at > size || bytes > size - at)
		dmmu_bench_fail(bench, "the test needs more %s memory than its bench has", what);
	*used = at + bytes;
	return at;
}

uint64_t dmmu_bench_alloc_host(struct dmmu_bench *bench, uint64_t bytes, uint64_t align)
{
	return BENCH_HOST_BASE +
	       allocate(bench, "host", &bench->host_used, bench->config.host_bytes, bytes, align);
}

uint64_t dmmu_bench_alloc_local(struct dmmu_bench *bench, uint64_t bytes, uint64_t align)
{
	return allocate(bench, "local", &bench->local_used, bench->config.local_bytes, bytes,
			align);
}

void *dmmu_bench_host(struct dmmu_bench *bench, uint64_t dma)
{
	BENCH_CHECK(bench,
		    dma >= BENCH_HOST_BASE && dma - BENCH_HOST_BASE < bench->config.host_bytes,
		    "0x%llx is no address of host memory", (unsigned long long)dma);
	return bench->host_mem + (dma - BENCH_HOST_BASE);
}

void *dmmu_bench_local(struct dmmu_bench *bench, uint64_t offset)
{
	BENCH_CHECK(bench, offset < bench->config.local_bytes,
		    "0x%llx is no offset in local memory", (unsigned long long)offset);
	return bench->local_mem + offset;
}
