/* SPDX-License-Identifier: GPL-2.0 */
/*
 * prng.h: the seeded pseudo-random numbers (splitmix64) of everything random in the simulation. One
 * state per user, so that a run is a function of its seed alone and adding a draw in one place does
 * not change the others.
 */
#ifndef DMMU_PRNG_H
#define DMMU_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct dmmu_prng {
	uint64_t state;
};

static inline struct dmmu_prng dmmu_prng(uint64_t seed, uint64_t stream)
{
	return (struct dmmu_prng){seed * 0x9e3779b97f4a7c15ull ^
				  (stream + 1) * 0xd1342543de82ef95ull};
}

static inline uint64_t dmmu_rand(struct dmmu_prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to n - 1; n is not 0 */
static inline uint32_t dmmu_rand_below(struct dmmu_prng *prng, uint32_t n)
{
	return (uint32_t)((dmmu_rand(prng) >> 32) * n >> 32);
}

/* true p times in a thousand */
static inline bool dmmu_rand_chance(struct dmmu_prng *prng, uint32_t p)
{
	return p && dmmu_rand_below(prng, 1000) < p;
}

#endif /* DMMU_PRNG_H */
