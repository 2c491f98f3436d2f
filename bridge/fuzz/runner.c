// SPDX-License-Identifier: GPL-2.0
/*
 * runner.c: runs a fuzzer without libFuzzer: every file of a corpus, then for some seconds random
 * changes of them, from a seed. The bytes under test are in a file meanwhile, so that a crash
 * leaves what made it; with that file as argument it is run again.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_FILES 4096
#define MAX_BYTES 8192

static struct {
	uint8_t *bytes;
	size_t size;
} corpus[MAX_FILES];
static unsigned int files;
static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? state % below : 0;
}

static bool load(const char *path)
{
	uint8_t bytes[MAX_BYTES];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return false;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (files == MAX_FILES)
		return false;
	corpus[files].bytes = malloc(size + 1);
	if (!corpus[files].bytes)
		return false;
	memcpy(corpus[files].bytes, bytes, size);
	corpus[files++].size = size;
	return true;
}

static bool load_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[4096];

	if (!dir)
		return load(path);
	while ((entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		load(file);
	}
	closedir(dir);
	return true;
}

static size_t change(uint8_t *to)
{
	unsigned int from = (unsigned int)draw(files), other = (unsigned int)draw(files);
	size_t size = corpus[from].size;

	memcpy(to, corpus[from].bytes, size);
	if (draw(3) == 0 && size + corpus[other].size < MAX_BYTES) { /* one behind the other */
		memcpy(to + size, corpus[other].bytes, corpus[other].size);
		size += corpus[other].size;
	}
	for (uint64_t n = draw(8); n && size; n--) {
		size_t at = draw(size), length = 1 + draw(16);

		switch (draw(5)) {
		case 0:
			to[at] ^= (uint8_t)(1u << draw(8));
			break;
		case 1:
			to[at] = (uint8_t)draw(256);
			break;
		case 2: /* a number at the edge */
			to[at] = (const uint8_t[]){0, 1, 0x7f, 0x80, 0xff}[draw(5)];
			break;
		case 3: /* leave some out */
			if (length > size - at)
				length = size - at;
			memmove(to + at, to + at + length, size - at - length);
			size -= length;
			break;
		default: /* say some twice */
			if (length > size - at)
				length = size - at;
			if (size + length > MAX_BYTES)
				break;
			memmove(to + at + length, to + at, size - at);
			size += length;
		}
	}
	return size;
}

static void run(const uint8_t *bytes, size_t size, const char *note)
{
	/* on the heap and exactly so long: a read behind it is seen */
	uint8_t *copy = malloc(size ? size : 1);
	FILE *file = note ? fopen(note, "wb") : NULL;

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	if (file) {
		fwrite(bytes, 1, size, file);
		fclose(file);
	}
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
	static uint8_t bytes[2 * MAX_BYTES];
	unsigned long long runs = 0;
	char note[64];
	time_t until;

	if (argc < 2 || argc > 4 || !load_folder(argv[1]) || !files) {
		fprintf(stderr, "usage: %s CORPUS|FILE [SECONDS [SEED]]\n", argv[0]);
		return 2;
	}
	state = (argc > 3 ? strtoull(argv[3], NULL, 10) : 1) * 0x9e3779b97f4a7c15ull + 1;
	snprintf(note, sizeof(note), "fuzz-input-%d", (int)getpid());
	for (unsigned int i = 0; i < files; i++, runs++)
		run(corpus[i].bytes, corpus[i].size, note);
	until = time(NULL) + seconds;
	while (time(NULL) < until) {
		size_t size = change(bytes);

		run(bytes, size, note);
		runs++;
	}
	unlink(note);
	printf("%llu runs, %u of them from the corpus\n", runs, files);
	for (unsigned int i = 0; i < files; i++)
		free(corpus[i].bytes);
	return 0;
}
