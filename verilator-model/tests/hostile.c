// SPDX-License-Identifier: GPL-2.0
/*
 * hostile.c: a hostile guest: wild register writes, rings and page tables full of half-sensible
 * garbage, DMA addresses anywhere, faults on top. Whatever it does, the model must touch nothing
 * but the memory it was given, in the way it was given it; must go on answering; and must be as new
 * after a reset. Usage: hostile_test DMMU-MODEL DMMU-REPLAY ROUNDS SEED.
 *
 * The guest's file: a writable part and a read-only part are mapped for DMA, with parts that are
 * not mapped around them. Those, and the read-only one, must stay as they were.
 */
#include "front_end.h"
#include "prng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUARTER	 (GUEST_BYTES / 4)
#define READONLY (GUEST_DMA + 0x40000000)

static struct dmmu_prng prng;
static uint8_t *copy;

static uint64_t below(uint32_t n)
{
	return dmmu_rand_below(&prng, n);
}

/* Something that is often an address, aligned or not, inside, at an edge, or far away. */
static uint64_t address(void)
{
	static const uint64_t bases[] = {GUEST_DMA,   GUEST_DMA + QUARTER,   READONLY,	       0,
					 LOCAL_BYTES, 0xfffffffffffff000ull, 0x7fffffff0000ull};
	uint64_t base = bases[below(sizeof(bases) / sizeof(*bases))];

	switch (below(4)) {
	case 0:
		return base + 64 * below(QUARTER / 64);
	case 1:
		return base - 64 * below(8);
	case 2:
		return base + QUARTER - 64 * below(8);
	default:
		return base + below(QUARTER);
	}
}

static uint64_t value(void)
{
	switch (below(5)) {
	case 0:
		return below(16);
	case 1:
		return dmmu_rand(&prng);
	case 2:
		return 1ull << below(64);
	default:
		return address();
	}
}

/* A word of a page table: often one that leads somewhere. */
static uint64_t entry(void)
{
	uint64_t pte = address() & DMMU_PTE_ADDR;

	if (below(2))
		pte = (below(LOCAL_BYTES / 4096) << 12);
	pte |= DMMU_PTE_V;
	if (below(2))
		pte |= DMMU_PTE_LEAF | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT |
		       (below(2) ? DMMU_PTE_LOCAL : 0);
	return below(8) ? pte : dmmu_rand(&prng);
}

static void garbage_ring(uint8_t *at)
{
	for (unsigned int i = 0; i < 16; i++, at += 64) {
		uint64_t *words = (uint64_t *)at;

		for (unsigned int w = 0; w < 8; w++)
			words[w] = below(3) ? value() : 0;
		if (below(8))
			at[0] = (uint8_t)below(10); /* opcode or operation */
		if (below(8)) {
			at[1] = (uint8_t)below(16);
			at[2] = (uint8_t)below(4); /* context */
			at[3] = 0;
		}
	}
}

static void garbage_memory(void)
{
	for (unsigned int i = 0; i < 8; i++)
		garbage_ring(guest + QUARTER + 1024 * i);
	for (unsigned int i = 0; i < 512; i++)
		*(uint64_t *)(local + 8 * below(LOCAL_BYTES / 64)) = entry();
}

static void rings_somewhere(void)
{
	static const unsigned int bases[] = {DMMU_REG_STAT_BASE_LO, DMMU_REG_CTL_BASE_LO,
					     DMMU_REG_WORK_BASE_LO, DMMU_REG_CPL_BASE_LO,
					     DMMU_REG_FLT_BASE_LO,  DMMU_REG_CPY_BASE_LO};

	/* Under a device that runs, they must stay where they are. */
	if (below(2))
		CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET}).status == 0);
	for (unsigned int i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		uint64_t base = below(8) ? GUEST_DMA + 1024 * below(8) : address();

		write_bar(0, bases[i], 8, base);
		if (i)
			write_bar(0, bases[i] + 8, 4, below(8) ? 4 : value());
	}
	write_bar(0, DMMU_REG_IRQ_ENABLE, 4, value());
	write_bar(0, DMMU_REG_CTRL, 4, DMMU_CTRL_ENABLE);
}

static void doorbells(void)
{
	static const unsigned int tails[] = {DMMU_REG_CTL_TAIL, DMMU_REG_WORK_TAIL,
					     DMMU_REG_CPL_HEAD, DMMU_REG_FLT_HEAD,
					     DMMU_REG_CPY_TAIL};
	static uint32_t count;

	count += (uint32_t)below(8);
	for (unsigned int i = 0; i < sizeof(tails) / sizeof(*tails); i++)
		write_bar(0, tails[i], 4, below(8) ? count : value());
}

static void wild_accesses(void)
{
	for (unsigned int i = 0; i < 20; i++) {
		unsigned int size = 1u << below(4), bar = (unsigned int)below(8) ? 0 : 2;
		uint64_t at = below(0x800) & ~(uint64_t)(size - 1);

		if (!below(8))
			at = dmmu_rand(&prng) & ~(uint64_t)(size - 1);
		if (below(2))
			write_bar(bar, at, size,
				  size == 8 ? value() : value() & ((1ull << 8 * size) - 1));
		else
			read_bar(bar, at, size);
	}
}

/* What the device may not have written is as it was. */
static void check_memory(unsigned int round)
{
	for (unsigned int part = 0; part < 4; part++) {
		if (part == 1) /* mapped for writing */
			continue;
		if (memcmp(guest + part * QUARTER, copy + part * QUARTER, QUARTER)) {
			fprintf(stderr, "round %u: memory that is %s was written\n", round,
				part == 2 ? "mapped for reading only" : "not mapped");
			exit(1);
		}
	}
}

static void map(uint64_t addr, uint64_t offset, uint16_t flags, uint64_t id)
{
	CHECK(dmmu_link_send_fd(link_end, id, guest_fd));
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_DMA_MAP,
				    .addr = addr,
				    .size = QUARTER,
				    .data = offset,
				    .aux = id,
				    .flags = flags})
		      .status == 0);
}

int main(int argc, char **argv)
{
	unsigned int rounds;
	int status;
	pid_t pid;

	if (argc != 5) {
		fprintf(stderr, "usage: %s DMMU-MODEL DMMU-REPLAY ROUNDS SEED\n", argv[0]);
		return 2;
	}
	rounds = (unsigned int)atoi(argv[3]);
	prng = dmmu_prng(strtoull(argv[4], NULL, 10), 9);
	const char *more[] = {"--record-log",
			      log_path,
			      "--reorder",
			      "--stall",
			      "50",
			      "--seed",
			      argv[4],
			      "--faults",
			      "axi=slverr:p=0.01,data=poison:p=0.01,irq=lose:p=0.1",
			      NULL};

	start(argv[1], more);
	copy = malloc(GUEST_BYTES);
	CHECK(copy);
	for (unsigned int i = 0; i < GUEST_BYTES; i++)
		guest[i] = (uint8_t)dmmu_rand(&prng);
	memcpy(copy, guest, GUEST_BYTES);
	map(GUEST_DMA, QUARTER, DMMU_MSG_F_READ | DMMU_MSG_F_WRITE, 1);
	map(READONLY, 2 * QUARTER, DMMU_MSG_F_READ, 2);
	for (unsigned int round = 0; round < rounds; round++) {
		garbage_memory();
		if (!below(3))
			rings_somewhere();
		doorbells();
		wild_accesses();
		take_irqs((int)below(20));
		if (!below(10))
			CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET, .aux = below(2)})
				      .status == 0);
		check_memory(round);
	}
	/* as new after a reset */
	CHECK(ask((struct dmmu_msg){.kind = DMMU_MSG_RESET}).status == 0);
	CHECK(reg(DMMU_REG_ID) == DMMU_RST_ID && reg(DMMU_REG_CTRL) == 0);
	CHECK(reg(DMMU_REG_ERROR) == 0);
	check_memory(rounds);
	finish();
	printf("%u rounds, %.0f cycles, %.0f accesses refused\n", rounds, stat_value("cycles"),
	       stat_value("dma_refused"));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		execl(argv[2], argv[2], log_path, (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	free(copy);
	remove_files();
	return 0;
}
