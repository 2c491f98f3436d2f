// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-demo: what the device can do, in one table. A plain process builds a list and arrays with
 * malloc; the device works on them through its own MMU, with the process's own pointers, faulting
 * pages in as it goes; then the process changes, protects, forks and frees that memory under it.
 *
 * Each row is checked against what the CPU computes. Exit code 0 only if all of them agree.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_regs.h"
#include "dmmu_test.h"

struct node {
	struct node *next;
	uint64_t value;
	uint64_t payload[6];
};

struct demo {
	int fd;
	bool tsv;
	bool failed;
	struct node *list;
	uint64_t nodes;
	uint64_t thread_cycles, stall_cycles, faults, operations; /* of all completions */
};

/* A broken set-up, not a wrong result: nothing sensible can follow. */
static void die(const char *what)
{
	fprintf(stderr, "dmmu-demo: %s\n", what);
	exit(1);
}

static void *allocate(size_t bytes)
{
	void *p = malloc(bytes);

	if (!p)
		die("out of memory");
	return p;
}

static struct dmmu_completion run(struct demo *d, struct dmmu_work_desc work)
{
	struct dmmu_completion c = dmmu_run_one(d->fd, work);

	d->thread_cycles += c.cycles;
	d->stall_cycles += c.stall_cycles;
	d->faults += c.faults;
	d->operations++;
	return c;
}

static void heading(struct demo *d)
{
	if (d->tsv)
		printf("step\tdevice\tcpu\tfaults\tresult\n");
	else
		printf("%-56s %13s %13s %7s\n", "what the process does", "device", "CPU", "faults");
}

static void row(struct demo *d, const char *step, uint64_t device, uint64_t cpu,
		const struct dmmu_completion *c)
{
	bool ok = device == cpu && dmmu_is_ok(c);

	printf(d->tsv ? "%s\t%" PRIu64 "\t%" PRIu64 "\t%u\t%s\n"
		      : "%-56s %13" PRIu64 " %13" PRIu64 " %7u  %s\n",
	       step, device, cpu, c->faults, ok ? "OK" : "WRONG");
	if (!ok) {
		fprintf(stderr, "# %s\n", dmmu_text(c));
		d->failed = true;
	}
}

/* An operation that must be refused, and must have changed nothing. */
static void row_refused(struct demo *d, const char *step, const struct dmmu_completion *c,
			const void *va, enum dmmu_access access, int error, bool untouched)
{
	bool ok = dmmu_is_fault(c, dmmu_va(va), access, error) && untouched;
	const char *said = c->status != DMMU_FAULT ? "not refused"
			   : c->error == -EPERM	   ? "EPERM"
			   : c->error == -EFAULT   ? "EFAULT"
						   : "other error";

	printf(d->tsv ? "%s\t%s\t%s\t%u\t%s\n" : "%-56s %13s %13s %7u  %s\n", step, said,
	       error == -EPERM ? "EPERM" : "EFAULT", c->faults, ok ? "OK" : "WRONG");
	if (!ok) {
		fprintf(stderr, "# %s%s\n", dmmu_text(c), untouched ? "" : "; memory was changed");
		d->failed = true;
	}
}

static void build_list(struct demo *d)
{
	struct node **all = allocate(d->nodes * sizeof(*all));
	uint64_t state = 2014, i;

	for (i = 0; i < d->nodes; i++) {
		all[i] = allocate(sizeof(struct node));
		all[i]->value = dmmu_random(&state) % 1000;
	}
	for (i = d->nodes - 1; i > 0; i--) {
		uint64_t j = dmmu_random(&state) % (i + 1);
		struct node *swap = all[i];

		all[i] = all[j];
		all[j] = swap;
	}
	for (i = 0; i < d->nodes; i++)
		all[i]->next = i + 1 < d->nodes ? all[i + 1] : NULL;
	d->list = all[0];
	free(all);
}

static uint64_t cpu_sum(const struct node *n)
{
	uint64_t sum = 0;

	for (; n; n = n->next)
		sum += n->value;
	return sum;
}

static struct dmmu_completion walk(struct demo *d)
{
	return run(d, dmmu_chase(d->list, offsetof(struct node, next), offsetof(struct node, value),
				 0));
}

static void lists(struct demo *d)
{
	struct dmmu_completion c;
	struct node *n;
	char text[80];

	build_list(d);
	snprintf(text, sizeof(text), "sums a list of %" PRIu64 " malloc'd nodes, random order",
		 d->nodes);
	c = walk(d);
	row(d, text, c.result, cpu_sum(d->list), &c);
	for (n = d->list; n; n = n->next)
		n->value *= 2;
	c = walk(d);
	row(d, "doubles each value on the CPU, sums again", c.result, cpu_sum(d->list), &c);
}

static void arrays(struct demo *d)
{
	enum { N = 4096 };
	uint64_t *a = allocate(N * 8), *b = allocate(N * 8), *sum = allocate(N * 8);
	uint64_t device = 0, cpu = 0, i;
	struct dmmu_completion c;
	uint64_t *fresh;

	for (i = 0; i < N; i++) {
		a[i] = i;
		b[i] = i * i;
		cpu += i + i * i;
	}
	c = run(d, dmmu_vadd(sum, a, b, N));
	for (i = 0; i < N; i++)
		device += sum[i];
	row(d, "adds two malloc'd arrays of 4096 into a third", device, cpu, &c);
	c = run(d, dmmu_reduce(sum, N));
	row(d, "sums the third on the device", c.result, cpu, &c);

	fresh = dmmu_map(16 * DMMU_PAGE);
	if (!fresh)
		die("out of memory");
	c = run(d, dmmu_fill(fresh, 7, 16 * DMMU_PAGE));
	for (i = 0, device = 0; i < 16 * 512; i++)
		device += fresh[i];
	row(d, "has 16 pages written that no CPU ever touched", device, 7 * 16 * 512, &c);
	free(a);
	free(b);
	free(sum);
	munmap(fresh, 16 * DMMU_PAGE);
}

static void protection(struct demo *d)
{
	uint64_t *p = dmmu_map(DMMU_PAGE);
	struct dmmu_completion c;

	if (!p)
		die("out of memory");
	run(d, dmmu_fill(p, 1, DMMU_PAGE));
	if (mprotect(p, DMMU_PAGE, PROT_READ))
		die(strerror(errno));
	c = run(d, dmmu_fill(p, 2, DMMU_PAGE));
	row_refused(d, "mprotects a page read-only: a device write is refused", &c, p, DMMU_WRITE,
		    -EPERM, dmmu_other_than(p, 1, 512) == 512);
	if (mprotect(p, DMMU_PAGE, PROT_READ | PROT_WRITE))
		die(strerror(errno));
	c = run(d, dmmu_fill(p, 3, DMMU_PAGE));
	row(d, "makes it writable again: the same write succeeds", p[0] + p[511], 6, &c);
	if (munmap(p, DMMU_PAGE))
		die(strerror(errno));
	c = run(d, dmmu_reduce(p, 512));
	row_refused(d, "unmaps it: a device read fails, the process lives", &c, p, DMMU_READ,
		    -EFAULT, true);
}

static void forking(struct demo *d)
{
	struct {
		volatile uint64_t child_wrote, parent_wrote, child_saw;
	} *shared =
		mmap(NULL, DMMU_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t before = cpu_sum(d->list);
	uint64_t child_value = d->list->value;
	struct dmmu_completion c;
	int child;

	if (shared == MAP_FAILED)
		die("out of memory");
	fflush(stdout);
	child = fork();
	if (child < 0)
		die(strerror(errno));
	if (!child) {
		struct node *n = d->list->next;

		for (; n; n = n->next)
			n->value = 0;
		shared->child_wrote = 1;
		if (!dmmu_await(&shared->parent_wrote, 1))
			_exit(1);
		shared->child_saw = d->list->value;
		_exit(0);
	}
	if (!dmmu_await(&shared->child_wrote, 1))
		die("the forked child is gone");
	c = walk(d);
	row(d, "forks; the child zeroes its list: the parent's stays", c.result, before, &c);
	c = run(d, dmmu_fill(&d->list->value, child_value + 1000, 8));
	shared->parent_wrote = 1;
	if (dmmu_reap(child))
		die("the forked child failed");
	row(d, "device writes for the parent: the child sees nothing", shared->child_saw,
	    child_value, &c);
	c = walk(d);
	row(d, "sums the parent's list once more", c.result, before + 1000, &c);
}

static uint64_t counter(const struct dmmu_ioc_counters *from, const struct dmmu_ioc_counters *to,
			unsigned int n)
{
	return to->device[n] - from->device[n];
}

static double each(uint64_t sum, uint64_t count)
{
	return count ? (double)sum / (double)count : 0;
}

static void fact(struct demo *d, const char *name, double value, const char *unit)
{
	printf(d->tsv ? "%s\t%.*f\t%s\n" : "  %-44s %14.*f %s\n", name, *unit ? 1 : 0, value, unit);
}

static void report(struct demo *d, const struct dmmu_ioc_counters *a,
		   const struct dmmu_ioc_counters *b)
{
	uint64_t faults = counter(a, b, DMMU_CNT_FAULTS);
	uint64_t hits = counter(a, b, DMMU_CNT_TLB_L1_HITS) + counter(a, b, DMMU_CNT_TLB_L2_HITS);
	uint64_t served = b->driver[DMMU_DRV_FAULTS] - a->driver[DMMU_DRV_FAULTS];
	uint64_t service = b->driver[DMMU_DRV_FAULT_NS] - a->driver[DMMU_DRV_FAULT_NS];
	uint64_t hmm = b->driver[DMMU_DRV_HMM_NS] - a->driver[DMMU_DRV_HMM_NS];

	printf("\n");
	fact(d, "page faults served", (double)faults, "");
	fact(d, "TLB hit rate", 100 * each(hits, counter(a, b, DMMU_CNT_TLB_LOOKUPS)), "%");
	fact(d, "thread cycles stalled on faults", 100 * each(d->stall_cycles, d->thread_cycles),
	     "%");
	fact(d, "cycles per fault: detected -> record in memory",
	     each(counter(a, b, DMMU_CNT_FLT_DETECT_TO_RECORD), faults), "cycles");
	fact(d, "cycles per fault: record -> answer (the host)",
	     each(counter(a, b, DMMU_CNT_FLT_RECORD_TO_ANSWER), faults), "cycles");
	fact(d, "cycles per fault: answer -> translated",
	     each(counter(a, b, DMMU_CNT_FLT_ANSWER_TO_REPLAY), counter(a, b, DMMU_CNT_RETRIES)),
	     "cycles");
	fact(d, "host time per fault: hmm_range_fault()", each(hmm, served) / 1000, "us");
	fact(d, "host time per fault: the rest of the driver", each(service - hmm, served) / 1000,
	     "us");
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: dmmu-demo [--nodes N] [--tsv]\n"
		"Show the device at work on this process's memory; every result is checked.\n"
		"  --nodes N   length of the list, 2 to 1000000 (default 2000)\n"
		"  --tsv       tab-separated output\n"
		"Device: %s (or $DMMU_DEV). Exit code: 0 all right, 1 a result is wrong, 2 "
		"usage.\n",
		dmmu_path());
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"nodes", required_argument, NULL, 'n'},
						{"tsv", no_argument, NULL, 't'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct demo d = {.nodes = 2000};
	struct dmmu_ioc_counters before, after;
	struct dmmu_ioc_query info;
	char *end;
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (o) {
		case 'n':
			d.nodes = strtoull(optarg, &end, 10);
			if (*end || d.nodes < 2 || d.nodes > 1000000) {
				fprintf(stderr, "dmmu-demo: --nodes: '%s' is not 2 to 1000000\n",
					optarg);
				return 2;
			}
			break;
		case 't':
			d.tsv = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	if (access(dmmu_path(), F_OK)) {
		fprintf(stderr,
			"dmmu-demo: %s is missing: load dmmu.ko in a guest that has the "
			"device (./dmmu shell)\n",
			dmmu_path());
		return 1;
	}
	d.fd = dmmu_open_bound();
	if (d.fd < 0 || dmmu_query(d.fd, &info) || dmmu_counters(d.fd, &before))
		return 1;
	if (!d.tsv)
		printf("dmmu: %u hardware threads, %u contexts, %u-bit addresses, %u TLB "
		       "entries\n\n",
		       info.threads, info.contexts, info.va_bits, info.tlb_entries);
	heading(&d);
	lists(&d);
	arrays(&d);
	protection(&d);
	forking(&d);
	if (dmmu_counters(d.fd, &after))
		return 1;
	report(&d, &before, &after);
	if (!d.tsv)
		printf(d.failed ? "\nNot all results agree: see the rows that say WRONG.\n"
				: "\nAll results agree: the device followed this process's own "
				  "pointers, "
				  "mappings and permissions.\n");
	close(d.fd);
	return d.failed ? 1 : 0;
}
