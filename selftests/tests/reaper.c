// SPDX-License-Identifier: GPL-2.0
/*
 * reaper: the OOM reaper takes memory from a process that was killed for it and does not get out of
 * its way. It must wait for nobody who might wait for memory, so its invalidations must not block:
 * the driver has it at once, with the device's lock taken by somebody else, or with a device that
 * does not answer, tells the reaper to come again; with a device that does, the memory is free.
 *
 * Each victim is in a cgroup of its own that it fills. The reaper comes two seconds after the kill,
 * so the victim is kept from its end for longer: by a device whose acknowledge is held, or by a
 * write to a file system that is frozen. What the reaper did is read from the kernel's tracepoints.
 *
 * Needs root, a cgroup that accounts memory, tracing, ext4 in /mnt, and a runner that takes
 * "DMMU-ACTION model"; elsewhere claims are skipped.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_fixture.h"
#include "host_control.h"

#define GROUP	     "/sys/fs/cgroup/dmmu-reaper"
#define TRACE	     "/sys/kernel/tracing/instances/dmmu-reaper"
#define FROZEN_FILE  "/mnt/dmmu-reaper"
#define TIME_SCALE   "/sys/module/dmmu/parameters/time_scale"
#define LIMIT	     (16l << 20)
#define HAMMERS	     4u
#define BLINK_US     1000000 /* what does not wait is over in this time */
#define REAPER_TRIES 10	     /* of the kernel's, before it gives up on a process */
#define THAW_SECONDS 120     /* whatever happens */

static void clean_up(void)
{
	dmmu_write_text(TIME_SCALE, "1");
	dmmu_write_text(TRACE "/tracing_on", "0");
	rmdir(TRACE);
	rmdir(GROUP);
}

FIXTURE(reaper)
{
	int fd;
};

FIXTURE_SETUP(reaper)
{
	self->fd = dmmu_open_bound();
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(reaper)
{
	if (self->fd >= 0)
		close(self->fd);
	clean_up();
}

/*
 * A group with a limit, a trace of what the reaper does, and a driver that gives the device time:
 * on a machine that does much else, a second here is many.
 */
static bool prepare(void)
{
	char limit[32];

	snprintf(limit, sizeof(limit), "%ld", LIMIT);
	rmdir(GROUP);
	rmdir(TRACE);
	if (mkdir(GROUP, 0755) || mkdir(TRACE, 0755))
		return false;
	dmmu_write_text(GROUP "/memory.swap.max", "0");
	return !dmmu_write_text(GROUP "/memory.max", limit) &&
	       !dmmu_write_text(TRACE "/events/oom/start_task_reaping/enable", "1") &&
	       !dmmu_write_text(TRACE "/events/oom/finish_task_reaping/enable", "1") &&
	       !dmmu_write_text(TRACE "/events/dmmu/dmmu_invalidate_end/enable", "1") &&
	       !dmmu_write_text(TIME_SCALE, "20");
}

/* How many lines of the trace have both words. */
static unsigned int traced(const char *word, const char *other)
{
	FILE *f = fopen(TRACE "/trace", "re");
	unsigned int n = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, word) && strstr(line, other);
	if (f)
		fclose(f);
	return n;
}

static unsigned int reaping(const char *what, pid_t pid)
{
	char victim[32];

	snprintf(victim, sizeof(victim), "pid=%d\n", pid);
	return traced(what, victim);
}

#define STARTED(pid)  reaping(" start_task_reaping: ", pid)
#define FINISHED(pid) reaping(" finish_task_reaping: ", pid)

/* Until the reaper began with it so many times; false after DMMU_WAIT_SECONDS. */
static bool await_reaper(pid_t pid, unsigned int times)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;

	while (STARTED(pid) < times) {
		if (dmmu_now_ns() > until)
			return false;
		dmmu_sleep_us(20000);
	}
	return true;
}

/* What the reaper says about a process in the kernel's log, from where @log is. */
static bool await_message(int log, const char *what, pid_t pid)
{
	uint64_t until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	char record[2048], text[64];

	snprintf(text, sizeof(text), "oom_reaper: %s%d ", what, pid);
	while (dmmu_now_ns() < until) {
		if (!dmmu_log_next(log, record, sizeof(record))) {
			dmmu_sleep_us(20000);
			continue;
		}
		if (strstr(record, text))
			return true;
	}
	return false;
}

/* --- the victim --- */

struct victim {
	pid_t pid;
	int told; /* by it: it is there */
	int go;
};

static void *write_to_file(void *opaque)
{
	int fd = *(int *)opaque;

	if (write(fd, "", 1) != 1)
		perror("# write");
	return NULL;
}

/* The device writes to its pages without end; when told to, it takes more memory than it may. */
static void be_a_victim(int told, int go, int frozen)
{
	volatile uint64_t *words = dmmu_map(HAMMERS * DMMU_PAGE);
	pthread_t writer;
	char byte = 0;
	int fd;

	if (dmmu_write_text(GROUP "/cgroup.procs", "0"))
		_exit(100);
	fd = dmmu_open_bound();
	if (fd < 0 || !words || dmmu_hammers_start(fd, words, DMMU_PAGE, HAMMERS))
		_exit(101);
	if (write(told, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(102);
	if (frozen >= 0) {
		if (pthread_create(&writer, NULL, write_to_file, &frozen))
			_exit(103);
		dmmu_sleep_us(200000);
	}
	for (;;) {
		void *p = dmmu_map(DMMU_HUGE);

		if (!p)
			_exit(104);
		madvise(p, DMMU_HUGE, MADV_NOHUGEPAGE);
		memset(p, 1, DMMU_HUGE);
	}
}

static bool victim_starts(struct victim *v, int frozen)
{
	int told[2], go[2];
	struct pollfd there;
	char byte;

	if (pipe2(told, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return false;
	fflush(stdout);
	v->pid = fork();
	if (!v->pid) {
		close(told[0]);
		close(go[1]);
		be_a_victim(told[1], go[0], frozen);
	}
	close(told[1]);
	close(go[0]);
	v->told = told[0];
	v->go = go[1];
	there = (struct pollfd){.fd = v->told, .events = POLLIN};
	return v->pid > 0 && poll(&there, 1, DMMU_WAIT_SECONDS * 1000) == 1 &&
	       read(v->told, &byte, 1) == 1;
}

static bool victim_goes(struct victim *v)
{
	return write(v->go, "", 1) == 1;
}

static bool victim_lives(struct victim *v)
{
	return !waitpid(v->pid, NULL, WNOHANG);
}

/* --- the file system --- */

struct ice {
	int file; /* the victim writes to it */
	int mount;
	int hold; /* closed: it thaws */
	pid_t guard;
};

/* Frozen until thaw(), or the end of this process, or THAW_SECONDS. */
static bool freeze(struct ice *ice)
{
	struct pollfd end;
	struct statfs fs;
	int ends[2];

	ice->mount = open("/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ice->mount < 0 || fstatfs(ice->mount, &fs) || fs.f_type != EXT4_SUPER_MAGIC ||
	    pipe2(ends, O_CLOEXEC))
		return false;
	fflush(stdout);
	ice->guard = fork();
	if (!ice->guard) {
		setpgid(0, 0); /* the harness kills the group of a claim that takes too long */
		close(ends[1]);
		end = (struct pollfd){.fd = ends[0]};
		poll(&end, 1, THAW_SECONDS * 1000);
		ioctl(ice->mount, FITHAW, 0);
		_exit(0);
	}
	close(ends[0]);
	ice->hold = ends[1];
	return ice->guard > 0 && !ioctl(ice->mount, FIFREEZE, 0);
}

static void thaw(struct ice *ice)
{
	close(ice->hold);
	dmmu_reap(ice->guard);
	close(ice->mount);
	close(ice->file);
	unlink(FROZEN_FILE);
}

/* A victim that will hang in its write; false where no file system freezes. */
static bool victim_on_ice(struct victim *v, struct ice *ice)
{
	ice->file = open(FROZEN_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return ice->file >= 0 && victim_starts(v, ice->file) && freeze(ice);
}

/* --- the claims --- */

#define NEEDS                                                                       \
	do {                                                                        \
		if (!host_there())                                                  \
			SKIP(return, "nobody on the host answers");                 \
		if (!prepare())                                                     \
			SKIP(return, "no cgroup that accounts memory, no tracing, " \
				     "or not root");                                \
	} while (0)

/*
 * The victim exits, and waits for the device with the lock of its page table taken: the device has
 * been told to let go, and that it has is held back. The reaper comes, and must not wait for it.
 */
CLAIM(reaper, the_lock_that_waits_for_the_device_is_not_waited_for)
{
	int log = dmmu_log_open();
	struct victim v;

	NEEDS;
	ASSERT_LE(0, log);
	ASSERT_TRUE(victim_starts(&v, -1));
	ASSERT_TRUE(host_do("hold ack"));
	ASSERT_TRUE(victim_goes(&v));
	EXPECT_TRUE(await_reaper(v.pid, 1)) TH_LOG("the reaper did not come");
	dmmu_sleep_us(BLINK_US);
	EXPECT_LT(0, FINISHED(v.pid)) TH_LOG("the reaper waits for who waits for the device");
	EXPECT_TRUE(await_reaper(v.pid, REAPER_TRIES));
	EXPECT_TRUE(await_message(log, "unable to reap pid:", v.pid));
	EXPECT_TRUE(victim_lives(&v)) TH_LOG("the window was not hit: it has ended");
	ASSERT_TRUE(host_do("release all"));
	EXPECT_EQ(128 + SIGKILL, dmmu_reap(v.pid));
	RUN_OK(dmmu_fill(dmmu_map(DMMU_PAGE), 1, 64));
	close(log);
}

/* Nobody has the lock, but the device does not answer. */
CLAIM(reaper, a_device_that_does_not_answer_is_not_waited_for)
{
	int log = dmmu_log_open();
	struct ice ice = {};
	struct victim v;

	NEEDS;
	ASSERT_LE(0, log);
	if (!victim_on_ice(&v, &ice))
		SKIP(return, "no file system in /mnt that freezes");
	ASSERT_TRUE(host_do("hold ack"));
	ASSERT_TRUE(victim_goes(&v));
	EXPECT_TRUE(await_reaper(v.pid, 1)) TH_LOG("the reaper did not come");
	dmmu_sleep_us(BLINK_US);
	EXPECT_LT(0, FINISHED(v.pid)) TH_LOG("the reaper waits for the device");
	EXPECT_TRUE(await_message(log, "unable to reap pid:", v.pid));
	EXPECT_LT(0, traced("oom_reaper-", "dmmu_invalidate_end")) TH_LOG("it had not to");
	EXPECT_TRUE(victim_lives(&v));
	ASSERT_TRUE(host_do("release all"));
	thaw(&ice);
	EXPECT_EQ(128 + SIGKILL, dmmu_reap(v.pid));
	RUN_OK(dmmu_fill(dmmu_map(DMMU_PAGE), 1, 64));
	close(log);
}

/* The device answers in time: what a victim has that does not end is free all the same. */
CLAIM(reaper, mirrored_memory_of_a_victim_that_does_not_end_is_free)
{
	int log = dmmu_log_open();
	uint64_t until;
	struct ice ice = {};
	struct victim v;

	NEEDS;
	ASSERT_LE(0, log);
	if (!victim_on_ice(&v, &ice))
		SKIP(return, "no file system in /mnt that freezes");
	ASSERT_TRUE(victim_goes(&v));
	EXPECT_TRUE(await_reaper(v.pid, 1)) TH_LOG("the reaper did not come");
	EXPECT_TRUE(await_message(log, "reaped process ", v.pid));
	EXPECT_LT(0, traced("oom_reaper-", " ret=1 ")) TH_LOG("the device had nothing of it");
	until = dmmu_now_ns() + DMMU_WAIT_SECONDS * 1000000000ull;
	while (dmmu_read_number(GROUP "/memory.current") > LIMIT / 2 && dmmu_now_ns() < until)
		dmmu_sleep_us(20000);
	EXPECT_GT(LIMIT / 2, dmmu_read_number(GROUP "/memory.current"));
	EXPECT_TRUE(victim_lives(&v)) TH_LOG("the window was not hit: it has ended");
	thaw(&ice);
	EXPECT_EQ(128 + SIGKILL, dmmu_reap(v.pid));
	RUN_OK(dmmu_fill(dmmu_map(DMMU_PAGE), 1, 64));
	close(log);
}

DMMU_TEST_MAIN
