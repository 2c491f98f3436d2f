// SPDX-License-Identifier: GPL-2.0
/*
 * machine.c: what of the machine, and of the driver by its knobs, a sequence may change, and how it
 * is made again what it was: knobs, resets, failures, reclaim, workers whose allocations fail.
 *
 * And what must be right after each sequence: the devices are up, unless a step brought one down;
 * then a reset brings it back. And when no process is left, nothing of one is.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dmmu_test.h"
#include "run.h"

#define PARAMETER "/sys/module/dmmu/parameters/"
#define DEBUGFS	  "/sys/kernel/debug/dmmu/*/"

enum { MOST_DEVICES = 2, MOST_WORKERS = 64, WORKERS_FOR = 64, GONE_SECONDS = 20 };

/* The first value is the one that stands, and is there again after each sequence. */
static const struct knob {
	const char *path;
	unsigned int value[4];
} knobs[] = {
	{DEBUGFS "local_limit", {64, 8, 32, 2048}},
	{DEBUGFS "delay_map_us", {0, 100, 1000, 5000}},
	{DEBUGFS "round_robin", {0, 1, 0, 1}},
	{PARAMETER "copy_engine", {1, 0, 1, 0}},
	{PARAMETER "fault_around_pages", {16, 1, 4, 64}},
	{PARAMETER "fault_back_pages", {16, 1, 2, 8}},
	{PARAMETER "user_share_percent", {75, 1, 10, 100}},
	{PARAMETER "exclusive_hold_us", {500, 0, 5000, 20000}},
	{PARAMETER "rearm_us", {2000, 0, 100, 20000}},
	{PARAMETER "age_ms", {200, 0, 1, 20}},
	{PARAMETER "spin_us", {20, 0, 1000, 20}},
	{PARAMETER "nonblock_poll_us", {500, 0, 5, 2000}},
	{PARAMETER "map_timeout_ms", {1000, 0, 1, 20}},
	{PARAMETER "watchdog_ms", {1000, 1, 10, 100}},
	/* Not to be changed: an emulated device on a busy machine may be late. */
	{PARAMETER "fence_timeout_ms", {30000, 30000, 30000, 30000}},
	{PARAMETER "reset_timeout_ms", {20000, 20000, 20000, 20000}},
};

enum { KNOBS = sizeof(knobs) / sizeof(knobs[0]) };

static const char *const looks[] = {
	"/sys/kernel/debug/dmmu/%s/state",	   "/sys/kernel/debug/dmmu/%s/local",
	"/sys/kernel/debug/dmmu/%s/counters",	   "/sys/kernel/debug/dmmu/%s/contexts",
	"/sys/kernel/debug/dmmu/%s/rings",	   "/sys/kernel/debug/dmmu/%s/threads",
	"/sys/bus/pci/devices/%s/misc/%s/release", "/sys/bus/pci/devices/%s/misc/%s/driver_release",
	"/sys/bus/pci/devices/%s/misc/%s/state",   "/sys/kernel/tracing/trace",
};

static struct device {
	char node[32]; /* dmmu0 */
	char pci[32];  /* 0000:01:00.0 */
} device[MOST_DEVICES];
static unsigned int devices;
static char was[KNOBS][32];
static int reclaim_fd = -1, disk_fd = -1;
static int worker[MOST_WORKERS];
static unsigned int workers;
static unsigned int *changed; /* knobs, a bit for each; memory that all processes share */

static void write_all(const char *pattern, const char *text)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		dmmu_write_text(found.gl_pathv[i], text);
	globfree(&found);
}

static void set_knob(unsigned int i, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	write_all(knobs[i].path, text);
}

/* Those that were changed, or are of a device that is new. */
static void set_knobs(unsigned int which)
{
	for (unsigned int i = 0; i < KNOBS; i++)
		if (which >> i & 1)
			set_knob(i, knobs[i].value[0]);
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n >= 0;
}

static void keep_knobs(void)
{
	for (unsigned int i = 0; i < KNOBS; i++) {
		glob_t found;

		if (glob(knobs[i].path, 0, NULL, &found))
			continue;
		if (read_text(found.gl_pathv[0], was[i], sizeof(was[i])))
			was[i][strcspn(was[i], "\n")] = 0;
		globfree(&found);
	}
}

/* Faults are served by unbound workers, whichever is free. */
static void find_workers(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300], name[32];

	while (workers)
		close(worker[--workers]);
	while (proc && (entry = readdir(proc)) && workers < MOST_WORKERS) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (!read_text(path, name, sizeof(name)) || strncmp(name, "kworker/u", 9))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fail-nth", entry->d_name);
		worker[workers] = open(path, O_RDWR | O_CLOEXEC);
		workers += worker[workers] >= 0;
	}
	if (proc)
		closedir(proc);
}

void machine_fail_workers(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	for (unsigned int i = 0; i < workers; i++)
		(void)!pwrite(worker[i], text, (size_t)length, 0);
}

/* Every kind of allocation may fail, also one that could wait; nothing is said about it. */
static void prepare_failures(void)
{
	static const char *const kinds[] = {"failslab", "fail_page_alloc", "fail_usercopy"};
	static const char *const settings[][2] = {{"verbose", "0"},
						  {"ignore-gfp-wait", "N"},
						  {"ignore-gfp-highmem", "N"},
						  {"min-order", "0"}};
	char path[100];

	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int k = 0; k < 4; k++) {
			snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kinds[i],
				 settings[k][0]);
			dmmu_write_text(path, settings[k][1]);
		}
	find_workers();
}

/* Tracepoints have two kinds of listeners: the trace itself, and perf. */
static void count_events(void)
{
	char id[16];
	glob_t found;

	if (glob("/sys/kernel/tracing/events/dmmu/*/id", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};

		if (!read_text(found.gl_pathv[i], id, sizeof(id)))
			continue;
		attr.config = strtoull(id, NULL, 10);
		/* Of a processor, whoever runs there; open as long as we are. */
		for (int cpu = 0; cpu < 2; cpu++)
			syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	globfree(&found);
}

/* Its blocks are there: only then is a write to it not waited for. */
static void prepare_disk(void)
{
	static char zeros[DISK_PAGES * 4096] __attribute__((aligned(4096)));

	disk_fd = open("/mnt", O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
	if (disk_fd >= 0 && pwrite(disk_fd, zeros, sizeof(zeros), 0) > 0)
		fsync(disk_fd);
}

int machine_disk(void)
{
	return disk_fd;
}

/* Of a cgroup of its own memory can be reclaimed; pages may be merged; tracepoints are on. */
static void prepare_kernel(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	mkdir("/sys/fs/cgroup/fuzz", 0755);
	dmmu_write_text("/sys/fs/cgroup/fuzz/cgroup.procs", pid);
	reclaim_fd = open("/sys/fs/cgroup/fuzz/memory.reclaim", O_WRONLY | O_CLOEXEC);
	dmmu_write_text("/sys/kernel/mm/ksm/sleep_millisecs", "100");
	dmmu_write_text("/sys/kernel/mm/ksm/pages_to_scan", "64");
	dmmu_write_text("/sys/kernel/mm/ksm/run", "1");
	dmmu_write_text("/proc/sys/vm/nr_hugepages", "2");
	dmmu_write_text("/sys/kernel/tracing/buffer_size_kb", "64");
	dmmu_write_text("/sys/kernel/tracing/events/dmmu/enable", "1");
	count_events();
	/* A page that we have may be with a disk, too; checks of DMA take that for a mistake. */
	dmmu_write_text("/sys/kernel/debug/dma-api/driver_filter", "dmmu");
	/* Programs of ours may well crash: not news. */
	dmmu_write_text("/proc/sys/debug/exception-trace", "0");
}

static void leave_kernel(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	dmmu_write_text("/sys/kernel/tracing/events/dmmu/enable", "0");
	dmmu_write_text("/sys/kernel/debug/dma-api/driver_filter", "\n");
	dmmu_write_text("/proc/sys/vm/nr_hugepages", "0");
	dmmu_write_text("/sys/kernel/mm/ksm/run", "2");
	dmmu_write_text("/sys/kernel/mm/ksm/run", "0");
	dmmu_write_text("/sys/fs/cgroup/cgroup.procs", pid);
	rmdir("/sys/fs/cgroup/fuzz");
}

/* Anybody may open it: users without privilege are a part of what is done. */
static void open_to_all(const struct device *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", d->node);
	chmod(path, 0666);
}

bool machine_open(unsigned int *count)
{
	for (devices = 0; devices < MOST_DEVICES; devices++) {
		struct device *d = &device[devices];
		char link[64], real[4096];

		snprintf(d->node, sizeof(d->node), "dmmu%u", devices);
		snprintf(link, sizeof(link), "/sys/class/misc/%s/device", d->node);
		if (!realpath(link, real))
			break;
		snprintf(d->pci, sizeof(d->pci), "%.31s", strrchr(real, '/') + 1);
		open_to_all(d);
	}
	*count = devices;
	changed = mmap(NULL, sizeof(*changed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (changed == MAP_FAILED)
		return false;
	keep_knobs();
	set_knobs(~0u);
	prepare_failures();
	prepare_disk();
	prepare_kernel();
	return devices;
}

void machine_close(void)
{
	machine_fail_workers(0);
	for (unsigned int i = 0; i < KNOBS; i++)
		if (was[i][0])
			write_all(knobs[i].path, was[i]);
	leave_kernel();
}

/* --- steps --- */

void do_knob(struct run *run, const uint64_t *arg)
{
	unsigned int i = arg[0] % KNOBS;

	(void)run;
	__atomic_or_fetch(changed, 1u << i, __ATOMIC_RELAXED);
	set_knob(i, knobs[i].value[arg[1] % 4]);
}

void do_look(struct run *run, const uint64_t *arg)
{
	const struct device *d = &device[arg[1] % devices];
	char path[128], text[4096];
	int fd;

	(void)run;
	snprintf(path, sizeof(path), looks[arg[0] % (sizeof(looks) / sizeof(looks[0]))], d->pci,
		 d->node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* The trace is long. */
	for (unsigned int i = 0; fd >= 0 && i < 8 && read(fd, text, sizeof(text)) > 0; i++)
		;
	if (fd >= 0)
		close(fd);
}

/* The kernel takes away pages that nobody has used for long, and asks who has. */
void do_reclaim(struct run *run, const uint64_t *arg)
{
	(void)run;
	if (reclaim_fd >= 0)
		dprintf(reclaim_fd, "%u", (unsigned int)(arg[0] % ARENA_PAGES + 1) * 4096);
}

static int pci_write(const struct device *d, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", d->pci, file);
	return dmmu_write_text(path, text);
}

void do_reset(struct run *run, const uint64_t *arg)
{
	(void)run;
	pci_write(&device[arg[0] % devices], "reset", "1");
}

void do_break(struct run *run, const uint64_t *arg)
{
	char path[128];

	(void)run;
	snprintf(path, sizeof(path), "/sys/kernel/debug/dmmu/%s/fail",
		 device[arg[0] % devices].pci);
	dmmu_write_text(path, "1");
}

static void rebind(const struct device *d)
{
	dmmu_write_text("/sys/bus/pci/drivers/dmmu/unbind", d->pci);
	dmmu_write_text("/sys/bus/pci/drivers/dmmu/bind", d->pci);
}

void do_rebind(struct run *run, const uint64_t *arg)
{
	(void)run;
	rebind(&device[arg[0] % devices]);
}

/* --- what must be right --- */

static bool is_up(const struct device *d)
{
	char path[128], state[32];

	snprintf(path, sizeof(path), "/sys/class/misc/%s/state", d->node);
	return read_text(path, state, sizeof(state)) && !strcmp(state, "up\n");
}

/* By a reset or, when its node is not where it was, by binding anew. */
static bool bring_back(const struct device *d)
{
	uint64_t until = dmmu_now_ns() + GONE_SECONDS * 1000000000ull;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", d->node);
	if (access(path, F_OK))
		rebind(d);
	else if (!is_up(d))
		pci_write(d, "reset", "1");
	while (!is_up(d) || access(path, F_OK)) {
		if (dmmu_now_ns() > until)
			return false;
		dmmu_sleep_us(5000);
	}
	open_to_all(d);
	return true;
}

const char *machine_mend(unsigned int flags)
{
	static unsigned int times;

	if (times++ % WORKERS_FOR == WORKERS_FOR - 1)
		find_workers();
	for (unsigned int i = 0; i < devices; i++) {
		if (!(flags & OP_DOWN) && !is_up(&device[i]))
			return "the device went down by itself";
		if (flags & OP_DOWN && !bring_back(&device[i]))
			return "the device does not come back";
	}
	set_knobs(*changed | (flags & OP_NEW ? ~0u : 0));
	*changed = 0;
	return NULL;
}

static long number_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

const char *machine_leftovers(void)
{
	uint64_t until = dmmu_now_ns() + GONE_SECONDS * 1000000000ull;
	static char what[128];
	bool clean;

	do {
		clean = true;
		for (unsigned int i = 0; i < devices; i++) {
			char path[128], contexts[1024], local[1024];

			snprintf(path, sizeof(path), "/sys/kernel/debug/dmmu/%s/contexts",
				 device[i].pci);
			read_text(path, contexts, sizeof(contexts));
			snprintf(path, sizeof(path), "/sys/kernel/debug/dmmu/%s/local",
				 device[i].pci);
			read_text(path, local, sizeof(local));
			snprintf(what, sizeof(what), "%s has %s, %ld of %ld pages free",
				 device[i].node, contexts[0] ? "contexts" : "no context",
				 number_of(local, "free "), number_of(local, "pages "));
			clean = !contexts[0] &&
				number_of(local, "free ") == number_of(local, "pages ");
			if (!clean)
				break;
		}
		if (!clean) {
			dmmu_drop_caches();
			dmmu_sleep_us(20000);
		}
	} while (!clean && dmmu_now_ns() < until);
	return clean ? NULL : what;
}
