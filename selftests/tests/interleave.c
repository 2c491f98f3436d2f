// SPDX-License-Identifier: GPL-2.0
/*
 * interleave: CPU and device work on one page at the same time, and neither loses a write of the
 * other: there is one page, not a copy that is carried to and fro.
 */
#include <pthread.h>

#include "dmmu_fixture.h"

DMMU_FIXTURE(interleave)

CLAIM(interleave, cpu_and_device_take_turns_at_one_page)
{
	volatile uint64_t *page = dmmu_map(DMMU_PAGE);
	uint64_t i;

	ASSERT_NE(NULL, page);
	for (i = 1; i <= 50; i++) {
		page[0] = i;
		RUN_OK(dmmu_copy(&page[511], &page[0], 8));
		ASSERT_EQ(i, page[511]);
		page[511] = i << 32;
		RUN_OK(dmmu_copy(&page[0], &page[511], 8));
		ASSERT_EQ(i << 32, page[0]);
	}
}

CLAIM(interleave, turns_of_adding_to_one_word_lose_nothing)
{
	volatile uint64_t *word = dmmu_map(DMMU_PAGE);
	unsigned int i;

	ASSERT_NE(NULL, word);
	for (i = 0; i < 50; i++) {
		*word += 1;
		RUN_OK(dmmu_add(word, 1000, 3));
	}
	EXPECT_EQ(50 * 3001, *word);
}

/* The CPU's side: counts every `step`th word of its part up, and remembers how far. */
struct cpu_writer {
	volatile uint64_t *words;
	size_t count, step;
	volatile bool stop;
	uint64_t rounds;
	size_t lost; /* words that did not hold what this thread, their only writer, had written */
};

static void *cpu_write(void *arg)
{
	struct cpu_writer *w = arg;
	size_t i;

	while (!w->stop) {
		for (i = 0; i < w->count; i++) {
			if (w->words[i * w->step] != w->rounds)
				w->lost++;
			w->words[i * w->step] = w->rounds + 1;
		}
		w->rounds++;
		dmmu_sleep_us(50); /* leave the host a core for the device's own work */
	}
	return NULL;
}

CLAIM(interleave, halves_of_a_page_are_written_at_the_same_time)
{
	uint64_t *page = dmmu_map(DMMU_PAGE);
	struct cpu_writer cpu = {.words = page, .count = 256, .step = 1};
	pthread_t thread;
	uint64_t i;

	ASSERT_NE(NULL, page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, cpu_write, &cpu));
	for (i = 1; i <= 40; i++) {
		RUN_OK(dmmu_fill(page + 256, i, 256 * 8));
		ASSERT_EQ(256, dmmu_other_than(page + 256, i, 256));
	}
	cpu.stop = true;
	pthread_join(thread, NULL);
	EXPECT_LT(0, cpu.rounds);
	EXPECT_EQ(0, cpu.lost);
	EXPECT_EQ(256, dmmu_other_than(page, cpu.rounds, 256));
}

CLAIM(interleave, neighbouring_words_are_written_at_the_same_time)
{
	enum { ADDS = 200 };
	uint64_t *page = dmmu_map(DMMU_PAGE);
	struct cpu_writer cpu = {.words = page, .count = 128, .step = 2};
	struct dmmu_work_desc work[16];
	struct dmmu_completion c[16];
	pthread_t thread;
	unsigned int i;

	ASSERT_NE(NULL, page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, cpu_write, &cpu));
	for (i = 0; i < 16; i++)
		work[i] = dmmu_add(page + 2 * i + 1, 1, ADDS);
	ASSERT_EQ(0, dmmu_run(self->fd, work, 16, c));
	cpu.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, cpu.lost);
	for (i = 0; i < 16; i++) {
		EXPECT_OK(&c[i]);
		EXPECT_EQ(ADDS, page[2 * i + 1]);
	}
	for (i = 0; i < 128; i++) {
		ASSERT_EQ(cpu.rounds, page[2 * i]);
	}
}

DMMU_TEST_MAIN
