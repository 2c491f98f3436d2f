// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-fuzz: fuzzes the driver by what any program may do with /dev/dmmuN, and root with its knobs
 * (docs/fuzzing.md).
 *
 *   dmmu-fuzz [--seconds S] [--seed N] [--corpus FILE]...   makes sequences and does them
 *   dmmu-fuzz --run FILE [--times N] [--trim]               does those of a file, each N times; and
 *                                                           leaves out steps that reach nothing
 *
 * A file has a sequence a line. With a kernel that tells coverage, sequences that reach new code of
 * the driver are kept and changed; without, they are made from nothing and from the corpus. Each is
 * printed before it is done, for a kernel that does not survive it: the last line of "# DOING" is
 * what it died of. A sequence after which the kernel complains, a device is down, or something is
 * left of processes that are gone, or that does not end, is printed as "# FOUND", and ends the run
 * with status 1. At the end the fewest of those kept that reach all that was reached are printed as
 * "# BEST".
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "fuzz.h"
#include "kernel_log.h"

enum { MOST_KEPT = 2048, HANG_SECONDS = 180, TELL_SECONDS = 10, LOOK_EVERY = 32 };

static struct kept {
	struct sequence sequence;
	struct hits hits;
} kept[MOST_KEPT];
static unsigned int kept_count;
static unsigned long done;
static int log_fd = -1;
static sigset_t child_signal;

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

/* Where each thread of a process is, by the kernel. */
static void tell_stacks(pid_t pid)
{
	char pattern[64], line[256];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/stack", pid);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "re");

		printf("# STACK of %s\n", found.gl_pathv[i]);
		while (f && fgets(line, sizeof(line), f))
			printf("# STACK %s", line);
		if (f)
			fclose(f);
	}
	globfree(&found);
}

/* In a process of its own. 0, or -ETIME when it does not end. */
static int do_sequence(const struct sequence *s)
{
	uint64_t begin = dmmu_now_ns(), until = begin + HANG_SECONDS * 1000000000ull, forked;
	const struct timespec moment = {.tv_nsec = 30000000};
	pid_t child;

	cover_begin();
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		/* What it prints is nobody's business. */
		int null = open("/dev/null", O_WRONLY);

		sigprocmask(SIG_UNBLOCK, &child_signal, NULL);
		dup2(null, 1);
		dup2(null, 2);
		cover_task(COVER_MAIN);
		execute(s);
		_exit(0);
	}
	forked = dmmu_now_ns();
	profile_add(PROFILE_FORK, forked - begin);
	while (!waitpid(child, NULL, WNOHANG)) {
		if (dmmu_now_ns() > until) {
			tell_stacks(child);
			kill(child, SIGKILL);
			return -ETIME;
		}
		if (sigtimedwait(&child_signal, NULL, &moment) < 0)
			cover_take();
	}
	profile_add(PROFILE_EXIT, dmmu_now_ns() - forked);
	done++;
	return 0;
}

/* What is wrong after it, or NULL. */
static const char *try_sequence(const struct sequence *s)
{
	static char text[MOST_TEXT];
	uint64_t begin = dmmu_now_ns(), mend;
	const char *bad;

	sequence_write(s, text);
	printf("# DOING %s\n", text);
	fflush(stdout);
	bad = do_sequence(s) ? "it did not end" : NULL;
	mend = dmmu_now_ns();
	if (!bad)
		bad = complaint();
	if (!bad)
		bad = machine_mend(sequence_flags(s));
	if (!bad && done % LOOK_EVERY == 0)
		bad = machine_leftovers();
	profile_add(PROFILE_MEND, dmmu_now_ns() - mend);
	if (dmmu_now_ns() - begin > 1000000000)
		printf("# TOOK %u ms\n", (unsigned int)((dmmu_now_ns() - begin) / 1000000));
	if (bad)
		printf("# FOUND %s: %s\n", bad, text);
	fflush(stdout);
	return bad;
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
		/* Of another version, perhaps: what was kept on this machine is no promise. */
		fprintf(stderr, "dmmu-fuzz: %s: no sequence: %s", name, line);
	}
	if (f)
		fclose(f);
	return ok;
}

/* New code decides whether it is kept. */
static bool learn(const struct sequence *s)
{
	struct kept *k = &kept[kept_count < MOST_KEPT ? kept_count : MOST_KEPT - 1];
	uint64_t begin;
	bool fresh;

	if (try_sequence(s))
		return false;
	begin = dmmu_now_ns();
	fresh = cover_end(&k->hits);
	profile_add(PROFILE_COVER, dmmu_now_ns() - begin);
	if (fresh && kept_count < MOST_KEPT) {
		k->sequence = *s;
		kept_count++;
	}
	return true;
}

static void tell(uint64_t seconds)
{
	printf("# FUZZ %u s: %lu sequences, %u points, %u kept\n", (unsigned int)seconds, done,
	       cover_points(), kept_count);
	fflush(stdout);
}

static bool fuzz(uint64_t random, uint64_t begin, unsigned int seconds)
{
	static struct sequence s;
	uint64_t told = begin;

	while (dmmu_now_ns() - begin < seconds * 1000000000ull) {
		if (!kept_count || !below(&random, 8)) {
			sequence_make(&s, &random);
		} else {
			/* The later ones more often: there is more to find near them. */
			unsigned int at =
				below(&random, 2)
					? kept_count - 1 - below(&random, (kept_count + 3) / 4)
					: below(&random, kept_count);

			s = kept[at].sequence;
			sequence_change(&s, &kept[below(&random, kept_count)].sequence, &random);
		}
		if (!learn(&s))
			return false;
		if (dmmu_now_ns() - told < TELL_SECONDS * 1000000000ull)
			continue;
		told = dmmu_now_ns();
		tell((told - begin) / 1000000000);
	}
	return true;
}

static unsigned int count_beyond(const struct hits *hits, const struct hits *known)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < MOST_POINTS / 64; i++)
		n += (unsigned int)__builtin_popcountll(hits->bit[i] & ~known->bit[i]);
	return n;
}

/*
 * Leave out each step without which @s still reaches what is in @need. Returns false when something
 * was found.
 */
static bool trim(struct sequence *s, const struct hits *need)
{
	static struct sequence shorter;
	static struct hits hits;

	for (unsigned int i = s->n; i && s->n > 1; i--) {
		shorter = *s;
		memmove(&shorter.op[i - 1], &shorter.op[i], (s->n - i) * sizeof(s->op[0]));
		shorter.n--;
		if (try_sequence(&shorter))
			return false;
		cover_end(&hits);
		if (!count_beyond(need, &hits))
			*s = shorter;
	}
	return true;
}

/* As few as reach all of it, each the one that adds most to those before. */
static bool tell_best(bool trimmed)
{
	static char text[MOST_TEXT];
	static struct hits known, need;

	for (;;) {
		unsigned int most = 0, n;
		struct kept *best = NULL;

		for (unsigned int i = 0; i < kept_count; i++) {
			n = count_beyond(&kept[i].hits, &known);
			if (n < most || !n || (n == most && kept[i].sequence.n >= best->sequence.n))
				continue;
			most = n;
			best = &kept[i];
		}
		if (!best)
			return true;
		for (unsigned int i = 0; i < MOST_POINTS / 64; i++) {
			need.bit[i] = best->hits.bit[i] & ~known.bit[i];
			known.bit[i] |= best->hits.bit[i];
		}
		if (trimmed && !trim(&best->sequence, &need))
			return false;
		sequence_write(&best->sequence, text);
		printf("# BEST %u %s\n", most, text);
		fflush(stdout);
	}
}

static bool tell_all(bool trimmed)
{
	static char text[MOST_TEXT];
	bool ok;

	for (unsigned int i = 0; i < kept_count; i++) {
		sequence_write(&kept[i].sequence, text);
		printf("# KEPT %s\n", text);
	}
	ok = tell_best(trimmed);
	cover_print(stdout);
	profile_print(stdout);
	printf("# FUZZED %lu sequences, %u points, %u kept\n", done, cover_points(), kept_count);
	fflush(stdout);
	return ok;
}

int main(int argc, char **argv)
{
	enum { SECONDS = 1, SEED, CORPUS, RUN, TIMES, TRIM, MOST_FILES = 8 };
	static const struct option longs[] = {
		{"seconds", 1, NULL, SECONDS},
		{"seed", 1, NULL, SEED},
		{"corpus", 1, NULL, CORPUS},
		{"run", 1, NULL, RUN},
		{"times", 1, NULL, TIMES},
		{"trim", 0, NULL, TRIM},
		{0},
	};
	unsigned int seconds = 60, times = 1, files = 0, devices;
	const char *run = NULL, *file[MOST_FILES];
	uint64_t seed = dmmu_now_ns(), begin;
	bool ok, covered, trimmed = false;
	int c, fd;

	if (argc > 1 && !strcmp(argv[1], "--after"))
		return execute_after_exec(argc - 2, argv + 2);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case SECONDS:
			seconds = (unsigned int)atoi(optarg);
			break;
		case SEED:
			seed = strtoull(optarg, NULL, 0);
			break;
		case CORPUS:
			if (files < MOST_FILES)
				file[files++] = optarg;
			break;
		case RUN:
			run = optarg;
			break;
		case TRIM:
			trimmed = true;
			break;
		case TIMES:
			times = (unsigned int)atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	dmmu_require_device();
	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_signal, NULL);
	log_fd = dmmu_log_open();
	covered = cover_open();
	profile_open();
	ok = machine_open(&devices);
	printf("# seed %llu, %u devices, %s\n", (unsigned long long)seed, devices,
	       covered ? "coverage by KCOV" : "no coverage: this kernel has no KCOV");
	begin = dmmu_now_ns();
	if (run) {
		for (unsigned int i = 0; ok && i < times; i++)
			ok = from_file(run, learn);
	} else {
		for (unsigned int i = 0; ok && i < files; i++)
			ok = from_file(file[i], learn);
		tell((dmmu_now_ns() - begin) / 1000000000);
		if (ok)
			ok = fuzz(seed * 0x9e3779b97f4a7c15ull | 1, begin, seconds);
	}
	ok = tell_all(ok && trimmed) && ok;
	if (ok && machine_leftovers()) {
		printf("# FOUND %s: in the end\n", machine_leftovers());
		ok = false;
	}
	machine_close();
	/* The device works still. */
	fd = dmmu_open_bound();
	if (fd < 0 || dmmu_run_one(fd, dmmu_nop()).status != DMMU_OK) {
		printf("# FOUND a device that does not work any more\n");
		ok = false;
	}
	return ok ? 0 : 1;
}
