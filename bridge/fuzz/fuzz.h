/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h: what a fuzzer of the bridge is: LLVMFuzzerTestOneInput(), called again and again with
 * bytes that are a little script. libFuzzer (clang) makes them up and keeps those that reach
 * something new; runner.c, without clang, gives it the kept corpus and random changes of it.
 */
#ifndef DMMU_FUZZ_H
#define DMMU_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The script: what is left of it. At its end, everything is zero. */
struct script {
	const uint8_t *at;
	size_t left;
};

static inline size_t script_bytes(struct script *script, void *to, size_t want)
{
	size_t n = want < script->left ? want : script->left;

	memcpy(to, script->at, n);
	memset((uint8_t *)to + n, 0, want - n);
	script->at += n;
	script->left -= n;
	return n;
}

static inline uint8_t script_byte(struct script *script)
{
	uint8_t byte;

	script_bytes(script, &byte, 1);
	return byte;
}

static inline uint16_t script_word(struct script *script)
{
	uint8_t bytes[2];

	script_bytes(script, bytes, 2);
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

#endif /* DMMU_FUZZ_H */
