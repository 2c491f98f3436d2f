// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-fuzz: fuzzes the driver by what any program may do with /dev/dmmu0 (docs/fuzzing.md).
 *
 *   dmmu-fuzz [--seconds S] [--seed N] [--corpus FILE]...   makes sequences and does them
 *   dmmu-fuzz --run FILE [--times N]                        does those of a file, each N times
 *
 * A file has a sequence a line. With a kernel that tells coverage, sequences that reach new code of
 * the driver are kept and changed; without, they are made from nothing and from the corpus. Each is
 * printed before it is done, for a kernel that does not survive it: the last line of "# DOING" is
 * what it died of. A sequence after which the kernel complains, or that does not end, is printed as
 * "# FOUND", and ends the run with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "fuzz.h"
#include "kernel_log.h"

enum { MOST_KEPT = 4096, HANG_SECONDS = 180, TELL_SECONDS = 10, LOCAL_PAGES = 128 };

static struct sequence kept[MOST_KEPT];
static unsigned int kept_count;
static unsigned long done;
static int log_fd = -1;

static void keep(const struct sequence *s)
{
	if (kept_count < MOST_KEPT)
		kept[kept_count++] = *s;
}

/* What the kernel complained about since the last look, or NULL. */
static const char *complaint(void)
{
	static char record[2048];
	const char *what = NULL;

	while (log_fd >= 0 && dmmu_log_next(log_fd, record, sizeof(record))) {
		what = kernel_log_complaint(record);
		if (what)
			return what;
	}
	return NULL;
}

/* In a process of its own. 0, or -ETIME when it does not end. */
static int do_sequence(const struct sequence *s)
{
	uint64_t until = dmmu_now_ns() + HANG_SECONDS * 1000000000ull;
	pid_t child;

	cover_begin();
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		/* What it prints is nobody's business. */
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		if (cover_child())
			execute(s);
		_exit(0);
	}
	while (!waitpid(child, NULL, WNOHANG)) {
		if (dmmu_now_ns() > until) {
			kill(child, SIGKILL);
			return -ETIME;
		}
		dmmu_sleep_us(500);
	}
	done++;
	return 0;
}

/* True when all is well. */
static bool try_sequence(const struct sequence *s)
{
	static char text[MOST_TEXT];
	uint64_t begin = dmmu_now_ns();
	const char *bad;

	sequence_write(s, text);
	printf("# DOING %s\n", text);
	fflush(stdout);
	bad = do_sequence(s) ? "it did not end" : NULL;
	if (!bad)
		bad = complaint();
	if (dmmu_now_ns() - begin > 1000000000)
		printf("# TOOK %u ms\n", (unsigned int)((dmmu_now_ns() - begin) / 1000000));
	if (!bad)
		return true;
	printf("# FOUND %s: %s\n", bad, text);
	fflush(stdout);
	return false;
}

static bool from_file(const char *name, bool (*with)(const struct sequence *s))
{
	static struct sequence s;
	static char line[MOST_TEXT];
	FILE *f = fopen(name, "re");
	bool ok = f;

	if (!f)
		fprintf(stderr, "dmmu-fuzz: %s: %s\n", name, strerror(errno));
	while (ok && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[strspn(line, " \t\r\n")] == 0)
			continue;
		if (sequence_read(&s, line)) {
			ok = with(&s);
			continue;
		}
		fprintf(stderr, "dmmu-fuzz: %s: no sequence: %s", name, line);
		ok = false;
	}
	if (f)
		fclose(f);
	return ok;
}

/* New code decides whether it is kept. */
static bool learn(const struct sequence *s)
{
	if (!try_sequence(s))
		return false;
	if (cover_end())
		keep(s);
	return true;
}

static bool fuzz(uint64_t random, unsigned int seconds)
{
	uint64_t begin = dmmu_now_ns(), told = begin;
	static struct sequence s;

	while (dmmu_now_ns() - begin < seconds * 1000000000ull) {
		if (!kept_count || !below(&random, 10)) {
			sequence_make(&s, &random);
		} else {
			/* The later ones more often: there is more to find near them. */
			unsigned int at =
				below(&random, 2)
					? kept_count - 1 - below(&random, (kept_count + 3) / 4)
					: below(&random, kept_count);

			s = kept[at];
			sequence_change(&s, &kept[below(&random, kept_count)], &random);
		}
		if (!learn(&s))
			return false;
		if (dmmu_now_ns() - told < TELL_SECONDS * 1000000000ull)
			continue;
		told = dmmu_now_ns();
		printf("# FUZZ %u s: %lu sequences, %u points, %u kept\n",
		       (unsigned int)((told - begin) / 1000000000), done, cover_points(),
		       kept_count);
		fflush(stdout);
	}
	return true;
}

static void tell_all(void)
{
	static char text[MOST_TEXT];

	for (unsigned int i = 0; i < kept_count; i++) {
		sequence_write(&kept[i], text);
		printf("# KEPT %s\n", text);
	}
	cover_print(stdout);
	printf("# FUZZED %lu sequences, %u points, %u kept\n", done, cover_points(), kept_count);
	fflush(stdout);
}

static void all_local(void)
{
	dmmu_knob("local_limit", ~0u);
}

int main(int argc, char **argv)
{
	enum { SECONDS = 1, SEED, CORPUS, RUN, TIMES };
	static const struct option longs[] = {
		{"seconds", 1, NULL, SECONDS}, {"seed", 1, NULL, SEED},
		{"corpus", 1, NULL, CORPUS},   {"run", 1, NULL, RUN},
		{"times", 1, NULL, TIMES},     {0},
	};
	unsigned int seconds = 60, times = 1;
	uint64_t seed = dmmu_now_ns();
	const char *run = NULL;
	bool ok = true, covered;
	int c, fd;

	dmmu_require_device();
	log_fd = dmmu_log_open();
	/* Programs of ours may well crash: not news. */
	dmmu_write_text("/proc/sys/debug/exception-trace", "0");
	covered = cover_open();
	/* Little room, so that making some is part of it. */
	dmmu_knob("local_limit", LOCAL_PAGES);
	atexit(all_local);
	while (ok && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case SECONDS:
			seconds = (unsigned int)atoi(optarg);
			break;
		case SEED:
			seed = strtoull(optarg, NULL, 0);
			break;
		case CORPUS:
			ok = from_file(optarg, learn);
			break;
		case RUN:
			run = optarg;
			break;
		case TIMES:
			times = (unsigned int)atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	printf("# seed %llu, %s\n", (unsigned long long)seed,
	       covered ? "coverage by KCOV" : "no coverage: this kernel has no KCOV");
	if (run)
		for (unsigned int i = 0; ok && i < times; i++)
			ok = from_file(run, learn);
	else if (ok)
		ok = fuzz(seed * 0x9e3779b97f4a7c15ull | 1, seconds);
	tell_all();
	/* The device works still. */
	fd = dmmu_open_bound();
	if (fd < 0 || dmmu_run_one(fd, dmmu_nop()).status != DMMU_OK) {
		printf("# FOUND a device that does not work any more\n");
		ok = false;
	}
	return ok ? 0 : 1;
}
