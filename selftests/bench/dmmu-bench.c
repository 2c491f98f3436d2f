// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-bench: what the stack costs, seen from the guest: a table of name, value and unit. Each
 * number is a difference of counters around a scenario of its own, so that nothing else is in it.
 *
 * Device numbers (cycles, accesses) are exact; those in ns or seconds are of this machine and
 * emulation.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmmu_regs.h"
#include "dmmu_test.h"

#define BATCH	   64 /* work items of the fault scenario, each with a page of its own */
#define STRIDE	   (16 * DMMU_PAGE)
#define FILL_PAGES 64ul

struct sample {
	struct dmmu_ioc_counters c;
	uint64_t ns;
};

/* Differences between two samples, less what taking a sample itself adds. */
struct delta {
	uint64_t device[DMMU_MAX_DEVICE_COUNTERS];
	uint64_t driver[DMMU_DRV_COUNT];
	uint64_t ns;
};

static bool tsv;

static void die(const char *what, int error)
{
	fprintf(stderr, "dmmu-bench: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static void result(const char *name, double value, const char *unit)
{
	printf(tsv ? "%s\t%.3f\t%s\n" : "%-44s %16.3f %s\n", name, value, unit);
}

static double each(uint64_t sum, uint64_t count)
{
	return count ? (double)sum / (double)count : 0;
}

static void take(int fd, struct sample *s)
{
	if (dmmu_counters(fd, &s->c))
		exit(1);
	s->ns = dmmu_now_ns();
}

static struct delta difference(const struct sample *a, const struct sample *b)
{
	struct delta d;
	unsigned int i;

	for (i = 0; i < DMMU_MAX_DEVICE_COUNTERS; i++)
		d.device[i] = b->c.device[i] - a->c.device[i];
	for (i = 0; i < DMMU_DRV_COUNT; i++)
		d.driver[i] = b->c.driver[i] - a->c.driver[i];
	d.ns = b->ns - a->ns;
	return d;
}

static struct sample start_sample;
static struct delta own_cost;

/* Two samples with nothing in between show what reading the counters costs in register accesses. */
static void start(int fd)
{
	struct sample first;

	take(fd, &first);
	take(fd, &start_sample);
	own_cost = difference(&first, &start_sample);
}

static struct delta stop(int fd)
{
	struct sample end;
	struct delta d;

	take(fd, &end);
	d = difference(&start_sample, &end);
	d.device[DMMU_CNT_CYCLES] -= own_cost.device[DMMU_CNT_CYCLES];
	d.device[DMMU_CNT_MMIO_READS] -= own_cost.device[DMMU_CNT_MMIO_READS];
	d.device[DMMU_CNT_MMIO_WRITES] -= own_cost.device[DMMU_CNT_MMIO_WRITES];
	return d;
}

static void run_all(int fd, const struct dmmu_work_desc *work, unsigned int count,
		    struct dmmu_completion *c)
{
	int error = dmmu_run(fd, work, count, c);
	unsigned int i;

	if (error)
		die("work was not run", error);
	for (i = 0; i < count; i++)
		if (!dmmu_is_ok(&c[i])) {
			fprintf(stderr, "dmmu-bench: %s\n", dmmu_text(&c[i]));
			exit(1);
		}
}

static char *fresh(size_t bytes)
{
	char *p = dmmu_map(bytes);

	if (!p)
		exit(1);
	return p;
}

/* 64 work items in one SUBMIT, each faulting on a cold page: the threads' faults are outstanding
 * together. */
static void faults(int fd)
{
	struct dmmu_work_desc work[BATCH];
	struct dmmu_completion c[BATCH];
	char *p = fresh(BATCH * STRIDE);
	struct delta d;
	uint64_t n, served, i;

	for (i = 0; i < BATCH; i++)
		work[i] = dmmu_fill(p + i * STRIDE, i, 64);
	start(fd);
	run_all(fd, work, BATCH, c);
	d = stop(fd);
	n = d.device[DMMU_CNT_FAULTS];
	served = d.driver[DMMU_DRV_FAULTS];
	if (n < BATCH / 2)
		die("the fault scenario did not fault", EPROTO);
	result("fault.count", (double)n, "faults");
	result("fault.detect_to_record", each(d.device[DMMU_CNT_FLT_DETECT_TO_RECORD], n),
	       "cycles");
	result("fault.record_to_answer", each(d.device[DMMU_CNT_FLT_RECORD_TO_ANSWER], n),
	       "cycles");
	result("fault.answer_to_replay",
	       each(d.device[DMMU_CNT_FLT_ANSWER_TO_REPLAY], d.device[DMMU_CNT_RETRIES]), "cycles");
	result("fault.total", each(d.device[DMMU_CNT_STALL_CYCLES], n), "cycles");
	result("fault.per_interrupt", each(n, d.device[DMMU_CNT_FLT_IRQS]), "faults");
	result("fault.per_service_round", each(served, d.driver[DMMU_DRV_FAULT_BATCHES]), "faults");
	result("fault.mmio_reads", each(d.device[DMMU_CNT_MMIO_READS], n), "accesses/fault");
	result("fault.mmio_writes", each(d.device[DMMU_CNT_MMIO_WRITES], n), "accesses/fault");
	result("fault.mmio",
	       each(d.device[DMMU_CNT_MMIO_READS] + d.device[DMMU_CNT_MMIO_WRITES], n),
	       "accesses/fault");
	result("fault.host_hmm", each(d.driver[DMMU_DRV_HMM_NS], served), "ns");
	result("fault.host_rest",
	       each(d.driver[DMMU_DRV_FAULT_NS] - d.driver[DMMU_DRV_HMM_NS], served), "ns");
	munmap(p, BATCH * STRIDE);
}

/* One page at a time is taken away that the device has mapped and used. */
static void invalidations(int fd)
{
	enum { ROUNDS = 32 };
	char *p = fresh(ROUNDS * DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(p, 1, ROUNDS * DMMU_PAGE);
	struct dmmu_completion c;
	struct delta d;
	unsigned int i;

	run_all(fd, &work, 1, &c);
	start(fd);
	for (i = 0; i < ROUNDS; i++)
		if (madvise(p + i * DMMU_PAGE, DMMU_PAGE, MADV_DONTNEED))
			die("madvise", errno);
	d = stop(fd);
	if (!d.driver[DMMU_DRV_INVALIDATIONS])
		die("the invalidation scenario did not invalidate", EPROTO);
	result("invalidate.host",
	       each(d.driver[DMMU_DRV_INVALIDATE_NS], d.driver[DMMU_DRV_INVALIDATIONS]), "ns");
	result("invalidate.device",
	       each(d.device[DMMU_CNT_INVAL_CYCLES], d.device[DMMU_CNT_INVALIDATIONS]), "cycles");
	munmap(p, ROUNDS * DMMU_PAGE);
}

static void fill(int fd)
{
	char *p = fresh(FILL_PAGES * DMMU_PAGE);
	struct dmmu_work_desc work = dmmu_fill(p, 1, FILL_PAGES * DMMU_PAGE);
	struct dmmu_work_desc parts[FILL_PAGES];
	struct dmmu_completion c[FILL_PAGES];
	struct delta d;
	unsigned int i;

	run_all(fd, &work, 1, c);
	result("fill.cold_one_thread", each(c[0].cycles, FILL_PAGES), "cycles/page");
	run_all(fd, &work, 1, c);
	result("fill.warm_one_thread", each(c[0].cycles, FILL_PAGES), "cycles/page");
	munmap(p, FILL_PAGES * DMMU_PAGE);

	p = fresh(FILL_PAGES * DMMU_PAGE);
	for (i = 0; i < FILL_PAGES; i++)
		parts[i] = dmmu_fill(p + i * DMMU_PAGE, i, DMMU_PAGE);
	start(fd);
	run_all(fd, parts, FILL_PAGES, c);
	d = stop(fd);
	result("fill.cold_all_threads", each(d.device[DMMU_CNT_CYCLES], FILL_PAGES), "cycles/page");
	start(fd);
	run_all(fd, parts, FILL_PAGES, c);
	d = stop(fd);
	result("fill.warm_all_threads", each(d.device[DMMU_CNT_CYCLES], FILL_PAGES), "cycles/page");
	munmap(p, FILL_PAGES * DMMU_PAGE);
}

/* How fast device time passes while every thread has work; and how many cycles tick while none has.
 */
static void speed(int fd, unsigned int threads)
{
	char *p = fresh(threads * DMMU_PAGE);
	int busy = dmmu_open_bound(); /* ends by close */
	struct delta d;

	if (busy < 0 || dmmu_hammers_start(busy, p, DMMU_PAGE, threads))
		exit(1);
	start(fd);
	dmmu_sleep_us(2000000);
	d = stop(fd);
	result("device.busy", each(d.device[DMMU_CNT_CYCLES] * 1000, d.ns), "simulated MHz");
	close(busy);
	start(fd);
	dmmu_sleep_us(1000000);
	d = stop(fd);
	result("device.idle", each(d.device[DMMU_CNT_CYCLES] * 1000, d.ns), "simulated MHz");
}

/* One way for a size, several times: what it took in all, and what the copy engine did for it. */
struct way {
	struct delta sum;
	uint64_t pages;
};

static void add_delta(struct way *way, const struct delta *d, uint64_t pages)
{
	unsigned int i;

	for (i = 0; i < DMMU_MAX_DEVICE_COUNTERS; i++)
		way->sum.device[i] += d->device[i];
	way->sum.ns += d->ns;
	way->pages += pages;
}

static void move(int fd, char *p, size_t bytes, unsigned int to, struct way *way)
{
	struct dmmu_migrate_result r;
	struct delta d;

	start(fd);
	if (dmmu_migrate(fd, p, bytes, to, &r))
		exit(1);
	d = stop(fd);
	if (r.moved != bytes / DMMU_PAGE)
		die(dmmu_migrate_text(&r), EPROTO);
	add_delta(way, &d, r.moved);
}

/* A CPU touch that brings pages home. */
static void touch(int fd, char *at, struct way *home)
{
	struct delta d;

	start(fd);
	*(volatile char *)at += 1;
	d = stop(fd);
	add_delta(home, &d, d.driver[DMMU_DRV_PAGES_OUT]);
}

static void touch_results(const char *what, const struct way *home, unsigned int touches)
{
	char name[64];

	snprintf(name, sizeof(name), "migrate.%s.pages", what);
	result(name, each(home->pages, touches), "pages/fault");
	snprintf(name, sizeof(name), "migrate.%s.copy", what);
	result(name, each(home->sum.device[DMMU_CNT_COPY_CYCLES], touches), "cycles/fault");
	snprintf(name, sizeof(name), "migrate.%s.host", what);
	result(name, each(home->sum.ns, touches), "ns/fault");
}

static void way_results(const char *what, const char *size, const struct way *way)
{
	uint64_t cycles = way->sum.device[DMMU_CNT_COPY_CYCLES];
	uint64_t beats = way->sum.device[DMMU_CNT_COPY_BEATS];
	char name[64];

	snprintf(name, sizeof(name), "migrate.%s.%s.copy", what, size);
	result(name, each(cycles, way->pages), "cycles/page");
	snprintf(name, sizeof(name), "migrate.%s.%s.of_limit", what, size);
	result(name, 100 * each(beats, cycles), "% of a beat a cycle");
	snprintf(name, sizeof(name), "migrate.%s.%s.control", what, size);
	result(name, 100 - 100 * each(cycles, way->sum.device[DMMU_CNT_CYCLES]),
	       "% of the device's cycles without copying");
	snprintf(name, sizeof(name), "migrate.%s.%s.host", what, size);
	result(name, each(way->sum.ns, way->pages), "ns/page");
	snprintf(name, sizeof(name), "migrate.%s.%s.mmio", what, size);
	result(name,
	       each(way->sum.device[DMMU_CNT_MMIO_READS] + way->sum.device[DMMU_CNT_MMIO_WRITES],
		    way->pages),
	       "accesses/page");
}

/* Pages go to local memory and come back by request, a size at a time, then by touch. */
static void migrations(int fd)
{
	static const struct {
		const char *name;
		size_t bytes;
		unsigned int rounds;
	} sizes[] = {{"4k", DMMU_PAGE, 32}, {"64k", 16 * DMMU_PAGE, 16}, {"2m", DMMU_HUGE, 4}};
	struct way home = {0};
	unsigned int i, k;
	char *p;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct way in = {0}, out = {0};

		p = dmmu_map_huge_aligned(sizes[i].bytes);
		if (!p)
			exit(1);
		memset(p, 1, sizes[i].bytes);
		for (k = 0; k < sizes[i].rounds; k++) {
			move(fd, p, sizes[i].bytes, DMMU_MIGRATE_TO_DEVICE, &in);
			move(fd, p, sizes[i].bytes, DMMU_MIGRATE_TO_HOST, &out);
		}
		way_results("in", sizes[i].name, &in);
		way_results("out", sizes[i].name, &out);
	}

	/* A CPU touch in every 64 KiB; the neighbours come along as the driver is set up. */
	p = dmmu_map_huge_aligned(DMMU_HUGE);
	if (!p)
		exit(1);
	memset(p, 1, DMMU_HUGE);
	if (dmmu_migrate(fd, p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, NULL))
		exit(1);
	for (k = 0; k < 32; k++) {
		touch(fd, p + k * 16 * DMMU_PAGE, &home);
	}
	touch_results("cpu_fault", &home, 32);
}

/*
 * A huge page, which moves as one; nothing where the kernel cannot do that. Back by request, then
 * by one touch.
 */
static void huge_migrations(int fd)
{
	struct way in = {0}, out = {0}, home = {0};
	char *p = dmmu_map_huge_aligned(DMMU_HUGE);
	long before = dmmu_local_count("whole_in");
	unsigned int k;

	if (!p)
		exit(1);
	madvise(p, DMMU_HUGE, MADV_HUGEPAGE);
	memset(p, 1, DMMU_HUGE);
	for (k = 0; k < 4; k++) {
		move(fd, p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, &in);
		if (dmmu_local_count("whole_in") == before)
			return;
		move(fd, p, DMMU_HUGE, DMMU_MIGRATE_TO_HOST, &out);
	}
	way_results("in", "huge", &in);
	way_results("out", "huge", &out);
	for (k = 0; k < 4; k++) {
		if (dmmu_migrate(fd, p, DMMU_HUGE, DMMU_MIGRATE_TO_DEVICE, NULL))
			exit(1);
		touch(fd, p + k * 16 * DMMU_PAGE, &home);
	}
	touch_results("cpu_fault_huge", &home, 4);
}

#define CHUNK	    (16 * DMMU_PAGE) /* what a fault moves, as the driver is set up */
#define ROOM_PAGES  256ul	     /* pages of local memory that the driver may use */
#define ROOM_CHUNKS (ROOM_PAGES * DMMU_PAGE / CHUNK)
#define WARM_UP	    80
#define ACCESSES    240

/*
 * The device reads chunk after chunk of memory that should be local and does not fit: four reads in
 * five are of a fifth of it. Returns the bytes that were copied for that.
 */
static uint64_t skewed(int fd, unsigned int chunks, bool round_robin)
{
	struct dmmu_ioc_hint hint = {.size = chunks * CHUNK, .hint = DMMU_HINT_PREFER_LOCAL};
	uint64_t seed = 12345, hot = (chunks + 4) / 5;
	char *p = fresh(hint.size);
	struct delta d;
	unsigned int i;

	memset(p, 1, hint.size);
	hint.start = dmmu_va(p);
	if (ioctl(fd, DMMU_IOC_HINT, &hint))
		die("hint", errno);
	if (dmmu_knob("local_limit", ROOM_PAGES) || dmmu_knob("round_robin", round_robin))
		die("knobs in debugfs", ENOENT);
	for (i = 0; i < WARM_UP + ACCESSES; i++) {
		uint64_t r = dmmu_random(&seed) >> 8, chunk;
		struct dmmu_work_desc work;
		struct dmmu_completion c;

		if (i == WARM_UP)
			start(fd);
		/* The hot ones lie scattered, every fifth. */
		chunk = r % 5 < 4 ? (r / 5 % hot) * 5 % chunks : r / 5 % chunks;
		work = dmmu_reduce(p + chunk * CHUNK, CHUNK / 8);
		run_all(fd, &work, 1, &c);
	}
	d = stop(fd);
	dmmu_knob("local_limit", ~0u);
	dmmu_knob("round_robin", 0);
	munmap(p, hint.size);
	return d.device[DMMU_CNT_COPY_BEATS] * 8;
}

/* What the access bits are worth, when two and four times as much is used as there is room for. */
static void evictions(int fd)
{
	unsigned int times;
	char name[64];

	for (times = 2; times <= 4; times += 2) {
		uint64_t age = skewed(fd, times * ROOM_CHUNKS, false);
		uint64_t robin = skewed(fd, times * ROOM_CHUNKS, true);

		snprintf(name, sizeof(name), "evict.%ux.access_bits", times);
		result(name, (double)age / (1 << 20), "MiB copied");
		snprintf(name, sizeof(name), "evict.%ux.round_robin", times);
		result(name, (double)robin / (1 << 20), "MiB copied");
		snprintf(name, sizeof(name), "evict.%ux.ratio", times);
		result(name, each(age, robin), "of what round robin copies");
	}
}

static double uptime(void)
{
	FILE *f = fopen("/proc/uptime", "r");
	double seconds = 0;

	if (!f || fscanf(f, "%lf", &seconds) != 1)
		seconds = 0;
	if (f)
		fclose(f);
	return seconds;
}

static void usage(FILE *to)
{
	fprintf(to,
		"usage: dmmu-bench e2e|migrate [--tsv]\n"
		"e2e: measure faults, invalidations, throughput and simulation speed through the "
		"whole stack.\n"
		"migrate: pages to local memory and back, by request and by touch.\n"
		"  --tsv   tab-separated: name, value, unit\n"
		"Device: %s (or $DMMU_DEV). Exit code: 0 done, 1 failed, 2 usage.\n",
		dmmu_path());
}

int main(int argc, char **argv)
{
	double boot = uptime();
	struct dmmu_ioc_query info;
	bool e2e = false, migrate = false;
	int i, fd;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "e2e")) {
			e2e = true;
		} else if (!strcmp(argv[i], "migrate")) {
			migrate = true;
		} else if (!strcmp(argv[i], "--tsv")) {
			tsv = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			usage(stdout);
			return 0;
		} else {
			fprintf(stderr, "dmmu-bench: unknown argument '%s'\n", argv[i]);
			usage(stderr);
			return 2;
		}
	}
	if (e2e == migrate) {
		usage(stderr);
		return 2;
	}
	if (access(dmmu_path(), F_OK)) {
		fprintf(stderr,
			"dmmu-bench: %s is missing: load dmmu.ko in a guest that has the "
			"device (./dmmu shell)\n",
			dmmu_path());
		return 1;
	}
	fd = dmmu_open_bound();
	if (fd < 0 || dmmu_query(fd, &info))
		return 1;
	if (tsv)
		printf("name\tvalue\tunit\n");
	else
		printf("%-44s %16s %s\n", "name", "value", "unit");
	if (migrate) {
		if (!(info.features & DMMU_FEATURE_MIGRATE)) {
			fprintf(stderr, "dmmu-bench: pages cannot live in local memory here\n");
			return 1;
		}
		migrations(fd);
		huge_migrations(fd);
		evictions(fd);
		close(fd);
		return 0;
	}
	result("guest.boot", boot, "s");
	faults(fd);
	invalidations(fd);
	fill(fd);
	speed(fd, info.threads);
	close(fd);
	return 0;
}
