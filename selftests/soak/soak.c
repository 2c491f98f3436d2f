// SPDX-License-Identifier: GPL-2.0
/*
 * soak: for minutes on end, all that CPU, device and kernel do with shared memory at the same time,
 * every word checked, under a device that misbehaves. What each thread does is a function of the
 * seed; when it does it is not, so a failure is likely again with the same seed, not certain.
 *
 *   soak [--seconds S] [--seed N] [--faults seed|none|SPEC] [--workers N] [--only OPERATION]...
 *
 * Prints a line every ten seconds, a summary, and three results in KTAP: no word was wrong, nothing
 * failed but what the weather excuses, nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

struct tally tally;
atomic_bool stopping;

static struct op ops[MOST_OPS];
static unsigned int op_count, weights;
static long replicated_before;
static struct worker workers[MOST_WORKERS];

static struct {
	unsigned int seconds, workers;
	uint64_t seed;
	const char *faults;
	const char *only[MOST_OPS];
	unsigned int only_count;
} options = {.seconds = 60, .workers = 4, .seed = 1, .faults = "seed"};

static bool wanted(const char *name)
{
	for (unsigned int i = 0; i < options.only_count; i++)
		if (!strcmp(options.only[i], name))
			return true;
	return !options.only_count;
}

static void add_ops(const struct op *op)
{
	for (; op->name; op++) {
		if (!wanted(op->name))
			continue;
		weights += op->weight;
		ops[op_count++] = *op;
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;

	while (!stopping) {
		unsigned int pick = below(w, weights), k = 0;

		while (pick >= ops[k].weight)
			pick -= ops[k++].weight;
		w->since = dmmu_now_ns();
		w->doing = ops[k].name;
		ops[k].run(w);
		tally.op[k]++;
	}
	w->doing = NULL;
	return NULL;
}

static uint64_t operations(void)
{
	uint64_t n = 0;

	for (unsigned int k = 0; k < op_count; k++)
		n += tally.op[k];
	return n;
}

static void progress(double seconds)
{
	printf("# %4.0f s: %llu operations, %.1f M words checked, %llu wrong, %llu unexpected, "
	       "%llu device faults, "
	       "%llu failed, %llu lost, %llu resets; %s\n",
	       seconds, (unsigned long long)operations(), (double)tally.words / 1e6,
	       (unsigned long long)tally.wrong, (unsigned long long)tally.unexpected,
	       (unsigned long long)tally.faults, (unsigned long long)tally.failed,
	       (unsigned long long)tally.lost, (unsigned long long)tally.resets, weather_now());
	fflush(stdout);
}

/* An operation that does not end is a failure of its own. */
static bool stuck(void)
{
	uint64_t now = dmmu_now_ns();

	for (unsigned int i = 0; i < options.workers; i++) {
		const char *doing = workers[i].doing;

		if (!doing || now < workers[i].since + 2 * HANG_SECONDS * 1000000000ull)
			continue;
		unexpected("worker %u hangs in '%s'", i, doing);
		return true;
	}
	return false;
}

static void summary(double seconds)
{
	printf("# operations, %.0f s:\n", seconds);
	for (unsigned int k = 0; k < op_count; k++)
		printf("#   %-14s %llu\n", ops[k].name, (unsigned long long)tally.op[k]);
	printf("#   %-14s %llu\n", "together", (unsigned long long)operations());
	printf("# words checked %llu, wrong %llu; unexpected failures %llu\n",
	       (unsigned long long)tally.words, (unsigned long long)tally.wrong,
	       (unsigned long long)tally.unexpected);
	printf("# device: faults %llu, cycles of work %llu; pages moved in %llu, out %llu by "
	       "request; counted %llu; read-only copies made %ld\n",
	       (unsigned long long)tally.faults, (unsigned long long)tally.cycles,
	       (unsigned long long)tally.moved_in, (unsigned long long)tally.moved_out,
	       (unsigned long long)tally.adds, dmmu_local_count("replicated") - replicated_before);
	printf("# excused: failed %llu, lost %llu, SIGBUS %llu, pages lost and told %llu; resets "
	       "%llu\n",
	       (unsigned long long)tally.failed, (unsigned long long)tally.lost,
	       (unsigned long long)tally.sigbus, (unsigned long long)tally.lost_pages,
	       (unsigned long long)tally.resets);
	printf("# misbehaviour: %s\n", weather_history());
}

/* The soak itself, in a process of its own, so that nothing of it is there when it is over. */
static int soak(void)
{
	uint64_t start = dmmu_now_ns(), next = start;
	bool hangs = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_lost_pages();
	if (!regions_make(1) || !counters_make())
		return 1;
	move_init();
	replicated_before = dmmu_local_count("replicated");
	for (unsigned int i = 0; i < options.workers; i++) {
		struct worker *w = &workers[i];

		w->id = i;
		w->random = (options.seed * 1000003 + i) * 0x9e3779b97f4a7c15ull | 1;
		if (!device_open(w))
			return 1;
	}
	weather_start(options.seed, options.faults);
	for (unsigned int i = 0; i < options.workers; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	while (dmmu_now_ns() - start < options.seconds * 1000000000ull && !hangs &&
	       tally.wrong < 100 && tally.unexpected < 100) {
		dmmu_sleep_us(200000);
		hangs = stuck();
		if (dmmu_now_ns() < next)
			continue;
		progress((double)(dmmu_now_ns() - start) / 1e9);
		next += 10000000000ull;
	}
	weather_stop();
	stopping = true;
	while (!hangs) {
		bool busy = false;

		for (unsigned int i = 0; i < options.workers; i++)
			busy |= !!workers[i].doing;
		if (!busy)
			break;
		dmmu_sleep_us(100000);
		hangs = stuck();
	}
	if (!hangs) {
		for (unsigned int i = 0; i < options.workers; i++)
			pthread_join(workers[i].thread, NULL);
		for (unsigned int i = 0; i < region_count; i++)
			check_region(&regions[i], "the end");
		counters_check();
		/* For whoever comes next, the device is well. */
		device_recover(&workers[0]);
	}
	progress((double)(dmmu_now_ns() - start) / 1e9);
	summary((double)(dmmu_now_ns() - start) / 1e9);
	move_end();
	tell_results(hangs);
	_exit(tally.wrong || tally.unexpected || hangs);
}

static void judge_health(const struct health *before, struct health *after, long leaks)
{
	bool good = true;

	/*
	 * Freeing may be put off by the kernel: batches of pages, RCU. Jobs that are free count as
	 * long as a CPU has them at hand (sheaves, 7.2).
	 */
	for (unsigned int i = 0; i < 100; i++) {
		good = health_look(after) && after->local_free == before->local_free &&
		       after->contexts == before->contexts && after->jobs <= before->jobs + 256 &&
		       after->anonymous <= before->anonymous + 256;
		if (good)
			break;
		dmmu_sleep_us(100000);
	}
	health_print("after", after);
	if (leaks >= 0)
		printf("# kmemleak: %ld\n", leaks);
	printf("%sok 3 nothing is left behind\n", good && leaks <= 0 ? "" : "not ");
	fflush(stdout);
	if (!good || leaks > 0)
		exit(1);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || end == text) {
		fprintf(stderr, "soak: '%s' is no number\n", text);
		exit(2);
	}
	return value;
}

static void read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		const char *value = argv[i + 1];

		if (i + 1 == argc) {
			fprintf(stderr, "soak: %s takes a value\n", argv[i]);
			exit(2);
		}
		if (!strcmp(argv[i], "--seconds"))
			options.seconds = (unsigned int)number(value);
		else if (!strcmp(argv[i], "--seed"))
			options.seed = number(value);
		else if (!strcmp(argv[i], "--workers"))
			options.workers = (unsigned int)number(value);
		else if (!strcmp(argv[i], "--faults"))
			options.faults = value;
		else if (!strcmp(argv[i], "--only") && options.only_count < MOST_OPS)
			options.only[options.only_count++] = value;
		else {
			fprintf(stderr, "soak: unknown option %s\n", argv[i]);
			exit(2);
		}
	}
	if (!options.workers || options.workers > MOST_WORKERS)
		options.workers = MOST_WORKERS;
}

int main(int argc, char **argv)
{
	struct health before, after;
	int status = 0;
	pid_t pid;

	read_options(argc, argv);
	dmmu_require_device();
	add_ops(work_ops);
	add_ops(space_ops);
	add_ops(share_ops);
	add_ops(move_ops);
	add_ops(replica_ops);
	add_ops(atomic_ops);
	if (!op_count) {
		fprintf(stderr, "soak: no such operation\n");
		return 2;
	}
	printf("TAP version 13\n1..3\n# seed %llu, %u s, %u workers, faults %s\n",
	       (unsigned long long)options.seed, options.seconds, options.workers, options.faults);
	health_forget_leaks();
	if (!health_look(&before)) {
		printf("Bail out! the device cannot be opened\n");
		return 1;
	}
	health_print("before", &before);
	fflush(stdout);
	pid = fork();
	if (!pid)
		return soak();
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	if (!WIFEXITED(status))
		printf("# the soak ended with signal %d\nnot ok 1 it ended by itself\n",
		       WTERMSIG(status));
	judge_health(&before, &after, health_leaks());
	return status ? 1 : 0;
}
