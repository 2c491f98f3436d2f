// SPDX-License-Identifier: GPL-2.0
/*
 * security: what /dev/dmmu lets an unprivileged user do (docs/security.md): work on the memory of
 * the process that called BIND, as far as that process may itself, and no more. Not on another
 * process's, also when the file is inherited, passed or kept over exec; not on the kernel's; not
 * past permissions. And no user keeps the device from others.
 *
 * The claims are made as users 1001 and 1002, for whom the node is opened up as a udev rule would.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmmu_fixture.h"

#define SHARE	     "/sys/module/dmmu/parameters/user_share_percent"
#define ALICE	     1001
#define BOB	     1002
#define EXEC_VA	     ((void *)0x10000000)
#define FUZZ_SECONDS 8
#define KNOCK_US     100000

static unsigned int mode_before;

FIXTURE(security)
{
	int fd;
	struct dmmu_ioc_query info;
};

FIXTURE_SETUP(security)
{
	struct stat st;

	ASSERT_EQ(0, stat(dmmu_path(), &st));
	mode_before = st.st_mode & 07777;
	ASSERT_EQ(0, chmod(dmmu_path(), 0666));
	self->fd = dmmu_open_bound();
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, dmmu_query(self->fd, &self->info));
}

FIXTURE_TEARDOWN(security)
{
	close(self->fd);
	chmod(dmmu_path(), mode_before);
}

/* Says why, for the test's log, and is 1. */
#define NO(...) (fflush(stdout), fprintf(stderr, "# " __VA_ARGS__), fputc('\n', stderr), 1)

static bool become(uid_t uid)
{
	return !setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

/* A process of a user who does @what; its result is 0 when all is as it must be. */
static pid_t start_as(uid_t uid, int (*what)(void *), void *argument)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become(uid))
		_exit(NO("cannot become user %u", (unsigned int)uid));
	_exit(what(argument));
}

static int run_as(uid_t uid, int (*what)(void *), void *argument)
{
	return dmmu_reap(start_as(uid, what, argument));
}

static bool set_share(unsigned int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	return !dmmu_write_text(SHARE, text);
}

/* Fills a page, moves it, sums it: all that a well-behaved user wants. */
static int works(void *nothing)
{
	uint64_t *p = dmmu_map(4 * DMMU_PAGE);
	int fd = dmmu_open_bound();
	struct dmmu_completion c;

	(void)nothing;
	if (fd < 0 || !p)
		return NO("no context");
	c = dmmu_run_one(fd, dmmu_fill(p, 3, 4 * DMMU_PAGE));
	if (!dmmu_is_ok(&c))
		return NO("%s", dmmu_text(&c));
	c = dmmu_run_one(fd, dmmu_reduce(p, 2048));
	if (!dmmu_is_ok(&c) || c.result != 3 * 2048)
		return NO("%s", dmmu_text(&c));
	return 0;
}

/* --- who may open it, and what else of the driver is in reach --- */

static int opens_nothing(void *nothing)
{
	static const char *const patterns[] = {
		"/sys/kernel/debug/dmmu/*", "/sys/bus/pci/drivers/dmmu/*/reset",
		"/sys/bus/pci/drivers/dmmu/*/resource*", "/sys/bus/pci/drivers/dmmu/unbind",
		"/sys/module/dmmu/parameters/*"};
	int bad = 0;
	glob_t found;

	(void)nothing;
	if (open(dmmu_path(), O_RDWR) >= 0 || errno != EACCES)
		bad = NO("%s: not EACCES: %s", dmmu_path(), strerror(errno));
	for (unsigned int i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			if (open(found.gl_pathv[k], O_WRONLY) >= 0)
				bad = NO("%s can be written", found.gl_pathv[k]);
		globfree(&found);
	}
	return bad;
}

CLAIM(security, node_and_knobs_are_for_root)
{
	EXPECT_EQ(0600, mode_before);
	ASSERT_EQ(0, chmod(dmmu_path(), mode_before));
	EXPECT_EQ(0, run_as(ALICE, opens_nothing, NULL));
	ASSERT_EQ(0, chmod(dmmu_path(), 0666));
	EXPECT_EQ(0, run_as(ALICE, works, NULL));
}

/* --- the memory of others --- */

/* All that acts for the bound process says EPERM to anybody else. */
static int is_a_stranger(int fd, volatile uint64_t *p)
{
	struct dmmu_work_desc work = dmmu_fill(p, 0xbad, 64);
	struct dmmu_ioc_submit submit = {.works = dmmu_va(&work), .count = 1};
	struct dmmu_completion done;
	struct dmmu_ioc_wait wait = {.completions = dmmu_va(&done), .max = 1};
	struct dmmu_ioc_migrate migrate = {
		.start = dmmu_va(p), .size = DMMU_PAGE, .to = DMMU_MIGRATE_TO_DEVICE};
	struct dmmu_ioc_hint hint = {.start = dmmu_va(p), .size = DMMU_PAGE};
	struct dmmu_ioc_counters counters;
	struct dmmu_ioc_query query;
	struct dmmu_ioc_bind bind = {0};
	int bad = 0;

	if (!ioctl(fd, DMMU_IOC_SUBMIT, &submit) || errno != EPERM)
		bad = NO("SUBMIT: %s", strerror(errno));
	if (!ioctl(fd, DMMU_IOC_WAIT, &wait) || errno != EPERM)
		bad = NO("WAIT: %s", strerror(errno));
	if (!ioctl(fd, DMMU_IOC_MIGRATE, &migrate) || errno != EPERM)
		bad = NO("MIGRATE: %s", strerror(errno));
	if (!ioctl(fd, DMMU_IOC_HINT, &hint) || errno != EPERM)
		bad = NO("HINT: %s", strerror(errno));
	if (!ioctl(fd, DMMU_IOC_COUNTERS, &counters) || errno != EPERM)
		bad = NO("COUNTERS: %s", strerror(errno));
	if (!ioctl(fd, DMMU_IOC_BIND, &bind) || errno != EBUSY)
		bad = NO("BIND: %s", strerror(errno));
	if (ioctl(fd, DMMU_IOC_QUERY, &query))
		bad = NO("QUERY: %s", strerror(errno));
	return bad;
}

struct passing {
	int fd;
	volatile uint64_t *p;
};

/* As a file comes by SCM_RIGHTS, which this kernel may not have. */
static int take_file(int fd)
{
	int parent = (int)syscall(SYS_pidfd_open, getppid(), 0);

	return parent < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, parent, fd, 0);
}

static int gets_a_file(void *argument)
{
	struct passing *passing = argument;
	int fd = take_file(passing->fd);

	if (fd < 0 || !become(BOB))
		return NO("no file came: %s", strerror(errno));
	*passing->p = 5; /* a copy of its own, at the same address */
	return is_a_stranger(fd, passing->p) || (*passing->p != 5 && NO("it was written"));
}

static int inherits_a_file(void *argument)
{
	struct passing *passing = argument;

	return is_a_stranger(passing->fd, passing->p);
}

CLAIM(security, a_file_is_of_no_use_to_another_process)
{
	volatile uint64_t *p = dmmu_map(DMMU_PAGE);
	struct passing passing = {.p = p, .fd = self->fd};

	ASSERT_NE(NULL, p);
	*p = 77;
	EXPECT_EQ(0, run_as(0, gets_a_file, &passing));
	EXPECT_EQ(0, run_as(BOB, inherits_a_file, &passing));
	EXPECT_EQ(77, *p);
	RUN_OK(dmmu_fill(p, 78, 8)); /* and the owner goes on */
	EXPECT_EQ(78, *p);
}

/* The image that exec() started, with a file that was bound, and busy, before. */
static int after_exec(int fd)
{
	volatile uint64_t *p = mmap(EXEC_VA, DMMU_PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != EXEC_VA)
		return NO("no memory where the device was at work");
	for (unsigned int i = 0; i < 512; i++)
		p[i] = i;
	for (unsigned int tries = 0; tries < 50; tries++) {
		for (unsigned int i = 0; i < 512; i++)
			if (p[i] != i)
				return NO("word %u became %llu", i, (unsigned long long)p[i]);
		dmmu_sleep_us(1000);
	}
	return is_a_stranger(fd, p);
}

static int executes(void *nothing)
{
	volatile uint64_t *p = mmap(EXEC_VA, DMMU_PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	int fd = dmmu_open_bound();
	struct dmmu_ioc_query info;
	char number[16];
	char *argv[] = {"security", "--after-exec", number, NULL};

	(void)nothing;
	if (p != EXEC_VA || fd < 0 || fcntl(fd, F_SETFD, 0) || dmmu_query(fd, &info))
		return NO("cannot begin");
	snprintf(number, sizeof(number), "%d", fd);
	/* as many as her share of the threads lets run at once */
	if (dmmu_hammers_start(fd, p, 512, info.threads < 12 ? info.threads * 3 / 4 : 8))
		return NO("the device does not write");
	execv("/proc/self/exe", argv);
	return NO("exec: %s", strerror(errno));
}

CLAIM(security, exec_leaves_the_device_behind)
{
	EXPECT_EQ(0, run_as(ALICE, executes, NULL));
}

/* Pages that were Alice's come to Bob; in local memory, too, they are zero. */
static int finds_zeros(void *argument)
{
	const size_t bytes = *(size_t *)argument;
	uint64_t *p = dmmu_map(bytes);
	int fd = dmmu_open_bound();
	struct dmmu_migrate_result r;
	struct dmmu_completion c;

	if (fd < 0 || !p || dmmu_migrate(fd, p, bytes, DMMU_MIGRATE_TO_DEVICE, &r))
		return NO("cannot begin");
	c = dmmu_run_one(fd, dmmu_reduce(p, bytes / 8));
	if (!dmmu_is_ok(&c) || c.result)
		return NO("%s", dmmu_text(&c));
	return dmmu_other_than(p, 0, bytes / 8) == bytes / 8 ? 0 : NO("not zero");
}

CLAIM(security, local_memory_has_nothing_of_its_last_user)
{
	size_t bytes = 256 * DMMU_PAGE;
	uint64_t *p = dmmu_map(bytes);
	struct dmmu_migrate_result r;

	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	ASSERT_NE(NULL, p);
	RUN_OK(dmmu_fill(p, 0x5ec7e7, bytes));
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, bytes, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(256, r.moved);
	ASSERT_EQ(0, munmap(p, bytes));
	EXPECT_EQ(0, run_as(BOB, finds_zeros, &bytes));
}

/* --- the kernel's memory, and what is mapped but not to be written --- */

/* Each operation at the address fails, and tells nothing of what is there. */
static int gets_nothing(int fd, uint64_t va)
{
	uint64_t *own = dmmu_map(DMMU_PAGE);
	volatile uint64_t *at = (volatile uint64_t *)(uintptr_t)va;
	struct dmmu_work_desc work[] = {dmmu_reduce(at, 1),    dmmu_copy(own, at, 64),
					dmmu_fill(at, 1, 64),  dmmu_add(at, 1, 1),
					dmmu_cas(at, 0, 1),    dmmu_chase((void *)va, 0, 8, 3),
					dmmu_copy(at, own, 64)};
	struct dmmu_completion c[7];
	int bad = 0;

	if (dmmu_run(fd, work, 7, c))
		return 1;
	for (unsigned int i = 0; i < 7; i++)
		if (c[i].status != DMMU_FAULT || c[i].result || c[i].done)
			bad = NO("%#llx: %s", (unsigned long long)va, dmmu_text(&c[i]));
	if (dmmu_other_than(own, 0, 512) != 512)
		bad = NO("%#llx was copied", (unsigned long long)va);
	munmap(own, DMMU_PAGE);
	return bad;
}

static int kernel_addresses(void *nothing)
{
	static const uint64_t addresses[] = {
		0xffff888000000000,			/* all memory */
		0xffff888001000000, 0xffffea0000000000, /* struct pages */
		0xffffc90000000000,			/* vmalloc */
		0xffffffff81000000,			/* text */
		0xffffffffff600000,			/* vsyscall */
		0xfffffffffffff000, 0x8000000000000000, 0x0000800000000000,
		0x00007ffffffff000, 0xfff0000000000000};
	int fd = dmmu_open_bound(), bad = 0;

	(void)nothing;
	if (fd < 0)
		return 1;
	for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		bad |= gets_nothing(fd, addresses[i]);
	return bad;
}

CLAIM(security, kernel_memory_is_out_of_reach)
{
	EXPECT_EQ(0, run_as(ALICE, kernel_addresses, NULL));
}

struct secret {
	const char *path;
	size_t bytes;
	volatile bool stop;
	void *p;
};

static void *gives_back(void *argument)
{
	struct secret *s = argument;

	while (!s->stop)
		madvise(s->p, s->bytes, MADV_DONTNEED);
	return NULL;
}

/* A file that may be read: shared it is not written, private the copies are, whatever races. */
static int writes_a_read_only_file(void *argument)
{
	struct secret *s = argument;
	int file = open(s->path, O_RDONLY), fd = dmmu_open_bound(), bad = 0;
	struct dmmu_completion c;
	pthread_t thread;
	void *shared;

	if (fd < 0 || file < 0)
		return NO("cannot begin");
	shared = mmap(NULL, s->bytes, PROT_READ, MAP_SHARED, file, 0);
	s->p = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	if (shared == MAP_FAILED || s->p == MAP_FAILED)
		return NO("cannot map");
	c = dmmu_run_one(fd, dmmu_fill(shared, 0xbad, 64));
	if (!dmmu_is_fault(&c, dmmu_va(shared), DMMU_WRITE, -EPERM))
		bad = NO("shared: %s", dmmu_text(&c));
	c = dmmu_run_one(fd, dmmu_add(shared, 1, 1));
	if (!dmmu_is_fault(&c, dmmu_va(shared), DMMU_ATOMIC, -EPERM))
		bad = NO("shared: %s", dmmu_text(&c));
	pthread_create(&thread, NULL, gives_back, s);
	for (unsigned int i = 0; i < 60; i++) {
		c = dmmu_run_one(fd, dmmu_fill(s->p, 0xbad, s->bytes));
		if (!dmmu_is_ok(&c))
			bad = NO("private: %s", dmmu_text(&c));
	}
	s->stop = true;
	pthread_join(thread, NULL);
	return bad;
}

CLAIM(security, a_file_that_may_only_be_read_is_not_written)
{
	struct secret s = {.path = "/mnt/dmmu-security", .bytes = 4 * DMMU_PAGE};
	uint64_t words[4 * 512], now[4 * 512];
	int file = open(s.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (file < 0) {
		s.path = "/tmp/dmmu-security";
		file = open(s.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	ASSERT_GE(file, 0);
	dmmu_pattern(words, 4 * 512, 9);
	ASSERT_EQ(sizeof(words), write(file, words, sizeof(words)));
	EXPECT_EQ(0, run_as(ALICE, writes_a_read_only_file, &s));
	ASSERT_EQ(sizeof(now), pread(file, now, sizeof(now), 0));
	EXPECT_EQ(0, memcmp(words, now, sizeof(now)));
	close(file);
	unlink(s.path);
}

/* --- nonsense --- */

struct fuzz {
	uint64_t random;
	int fd[3];	   /* bound, not bound, bound */
	uint8_t *pages;	   /* one that can be used, one read-only, one that is not there */
	uint64_t *sandbox; /* where work may do what it likes */
};

static unsigned int below(struct fuzz *f, unsigned int n)
{
	return (unsigned int)(dmmu_random(&f->random) >> 33) % n;
}

/*
 * The data and the heap of this program, which begins anywhere in the first hundred megabytes, are
 * not to be written: what is there now and then is what it runs by.
 */
static uint64_t not_ours(uint64_t address)
{
	extern char etext[];

	return address >= dmmu_va(etext) && address < dmmu_va(sbrk(0)) ? 0 : address;
}

static uint64_t any_address(struct fuzz *f)
{
	switch (below(f, 8)) {
	case 0:
		return 0;
	case 1:
		return dmmu_random(&f->random);
	case 2:
		return 0xffff888000000000 + below(f, 1 << 30);
	case 3:
		return dmmu_va(f->pages) + 3 * DMMU_PAGE - 8 * below(f, 512);
	case 4:
		return not_ours(1ull << below(f, 64));
	default:
		return dmmu_va(f->sandbox) + 8 * below(f, 8 * 512);
	}
}

static uint64_t any_number(struct fuzz *f)
{
	switch (below(f, 6)) {
	case 0:
		return ~0ull - below(f, 9);
	case 1:
		return dmmu_random(&f->random);
	case 2:
		return 1ull << below(f, 64);
	default:
		return below(f, 5000);
	}
}

/* Words of a structure: mostly small, now and then an address. */
static void any_words(struct fuzz *f, uint64_t *words, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		words[i] =
			below(f, 3) ? any_number(f) & (below(f, 2) ? 0xff : ~0ull) : any_address(f);
}

/* Descriptions whose addresses leave the rest of this process alone. */
static void any_work(struct fuzz *f, struct dmmu_work_desc *work, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		work[i] =
			(struct dmmu_work_desc){.op = below(f, 50) ? below(f, 8) : below(f, 1000),
						.flags = below(f, 60) ? 0 : below(f, 1000),
						.cookie = dmmu_random(&f->random),
						.src = any_address(f),
						.src2 = any_address(f),
						.dst = any_address(f),
						.len = below(f, 2) ? below(f, 600) : any_number(f),
						.arg = any_number(f),
						.arg2 = any_number(f)};
}

static void one_ioctl(struct fuzz *f)
{
	static const unsigned long commands[] = {
		DMMU_IOC_QUERY,	   DMMU_IOC_BIND,    DMMU_IOC_SUBMIT, DMMU_IOC_WAIT,
		DMMU_IOC_COUNTERS, DMMU_IOC_MIGRATE, DMMU_IOC_HINT,   DMMU_IOC_LOCAL};
	unsigned long command = commands[below(f, 8)];
	unsigned int size = _IOC_SIZE(command), place = below(f, 12);
	uint64_t words[(sizeof(struct dmmu_ioc_counters) + 7) / 8];
	struct dmmu_work_desc work[8];
	int fd = f->fd[below(f, 3)];
	void *argument;

	any_words(f, words, sizeof(words) / 8);
	if (command == DMMU_IOC_SUBMIT && below(f, 4)) {
		struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = 1 + below(f, 8)};

		any_work(f, work, 8);
		memcpy(words, &submit, sizeof(submit));
	}
	if (command == DMMU_IOC_WAIT) /* not for ever */
		words[offsetof(struct dmmu_ioc_wait, timeout_ns) / 8] = below(f, 100000);
	if (command == DMMU_IOC_BIND && fd == f->fd[1] && below(f, 10))
		return; /* leave one unbound for a while */
	if (!below(f, 10))
		command = (unsigned long)dmmu_random(&f->random);
	switch (place) {
	case 0:
		argument = (void *)(uintptr_t)any_address(f);
		/* Results must not land on our own stack and heap. */
		if (dmmu_va(argument) >= dmmu_va(f->sandbox) &&
		    dmmu_va(argument) < dmmu_va(f->sandbox) + 8 * DMMU_PAGE)
			memcpy(f->pages, words, size);
		break;
	case 1: /* ends in a page that is read-only */
		argument = f->pages + DMMU_PAGE - below(f, size + 1);
		break;
	case 2: /* ends in a page that is not there */
		argument = f->pages + 2 * DMMU_PAGE - below(f, size + 1);
		break;
	default:
		argument = memcpy(f->pages, words, size);
	}
	ioctl(fd, command, argument);
}

/* Memory with nothing around it: work that is too long ends there. */
static void *island(size_t bytes)
{
	char *sea = mmap(NULL, 64 * DMMU_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (sea == MAP_FAILED || mprotect(sea + 16 * DMMU_PAGE, bytes, PROT_READ | PROT_WRITE))
		return NULL;
	return sea + 16 * DMMU_PAGE;
}

static void woken(int signal)
{
	(void)signal;
}

/* WAIT may well be told to wait for ever, for work that never ends: a signal ends it. */
static bool knock(void)
{
	const struct itimerval often = {.it_interval = {.tv_usec = KNOCK_US},
					.it_value = {.tv_usec = KNOCK_US}};
	const struct sigaction wake = {.sa_handler = woken, .sa_flags = SA_RESTART};

	return !sigaction(SIGALRM, &wake, NULL) && !setitimer(ITIMER_REAL, &often, NULL);
}

static int fuzzes(void *argument)
{
	struct fuzz f = {.random = *(uint64_t *)argument};
	uint64_t until = dmmu_now_ns() + FUZZ_SECONDS * 1000000000ull;
	unsigned int n = 0;

	f.pages = (uint8_t *)island(4 * DMMU_PAGE);
	f.sandbox = island(8 * DMMU_PAGE);
	if (!f.pages || !f.sandbox || mprotect(f.pages + DMMU_PAGE, DMMU_PAGE, PROT_READ) ||
	    munmap(f.pages + 2 * DMMU_PAGE, 2 * DMMU_PAGE) || !knock())
		return NO("cannot begin");
	for (unsigned int i = 0; i < 3; i++)
		f.fd[i] = i == 1 ? dmmu_open() : dmmu_open_bound();
	for (; n < 100 || dmmu_now_ns() < until; n++) {
		one_ioctl(&f);
		if (n % 2000 == 1999) { /* work that does not end goes with its file */
			unsigned int i = below(&f, 3);
			int error;

			close(f.fd[i]);
			f.fd[i] = dmmu_open();
			error = f.fd[i] < 0 || i == 1 ? f.fd[i] : dmmu_bind(f.fd[i]);
			/*
			 * Descriptors behind work without end keep the old one's context in her
			 * share: of a device with few it may be used up.
			 */
			if (error < 0 && error != -EDQUOT)
				return NO("the file cannot be opened again");
		}
	}
	printf("# %u ioctls\n", n);
	fflush(stdout);
	return 0;
}

CLAIM(security, nonsense_hurts_nobody_else)
{
	uint64_t seed = dmmu_seed();
	volatile uint64_t *p = dmmu_map(DMMU_PAGE);
	uint64_t rounds = 0;
	pid_t pid;
	int status;

	ASSERT_NE(NULL, p);
	pid = start_as(ALICE, fuzzes, &seed);
	while (!waitpid(pid, &status, WNOHANG)) {
		RUN_OK(dmmu_fill(p, ++rounds, 64));
		ASSERT_EQ(8, dmmu_other_than(p, rounds, 8));
	}
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT_LT(3, rounds);
	EXPECT_EQ(0, run_as(BOB, works, NULL));
}

/* Kernel messages of the driver since @fd was opened. */
static unsigned int messages(int fd)
{
	char record[2048];
	unsigned int count = 0;

	while (dmmu_log_next(fd, record, sizeof(record)))
		count += !!strstr(record, "dmmu");
	return count;
}

static int fails_often(void *nothing)
{
	struct dmmu_work_desc work[64];
	struct dmmu_completion c[64];
	int fd = dmmu_open_bound();

	(void)nothing;
	for (unsigned int i = 0; i < 64; i++)
		work[i] = i % 2 ? dmmu_fill((void *)(uintptr_t)(8ul * i), 1, 8)
				: dmmu_add((void *)0xffff888000001001, 1, 1);
	for (unsigned int round = 0; round < 8; round++)
		if (dmmu_run(fd, work, 64, c))
			return 1;
	return 0;
}

CLAIM(security, a_user_cannot_flood_the_kernels_log)
{
	int kmsg = dmmu_log_open();

	if (kmsg < 0)
		SKIP(return, "no /dev/kmsg");
	EXPECT_EQ(0, run_as(ALICE, fails_often, NULL));
	EXPECT_EQ(0, messages(kmsg));
	close(kmsg);
}

/* --- shares --- */

struct share {
	struct dmmu_ioc_query info;
	uint64_t local_pages;
	int told; /* a pipe: it has what it can get */
};

static void stay(struct share *s)
{
	char byte = 1;

	if (write(s->told, &byte, 1) == 1)
		pause(); /* killed when others have been served */
}

static bool wait_for(int from, pid_t pid)
{
	struct pollfd poll_fd = {.fd = from, .events = POLLIN};
	char byte;

	for (unsigned int i = 0; i < DMMU_WAIT_SECONDS * 10; i++) {
		if (poll(&poll_fd, 1, 100) == 1 && read(from, &byte, 1) == 1)
			return true;
		if (waitpid(pid, NULL, WNOHANG | WNOWAIT) == pid)
			return false;
	}
	return false;
}

/* While @greedy of Alice's holds all it can get, Bob's work is done. */
#define BOB_IS_SERVED_WHILE(greedy, percent)                                                   \
	do {                                                                                   \
		struct share share = {.info = self->info};                                     \
		struct dmmu_ioc_local local;                                                   \
		int ends[2];                                                                   \
		pid_t alice;                                                                   \
                                                                                               \
		ASSERT_EQ(0, dmmu_local(self->fd, &local));                                    \
		share.local_pages = local.total_pages;                                         \
		ASSERT_TRUE(set_share(percent));                                               \
		ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));                                          \
		share.told = ends[1];                                                          \
		alice = start_as(ALICE, greedy, &share);                                       \
		close(ends[1]);                                                                \
		EXPECT_TRUE(wait_for(ends[0], alice)) TH_LOG("Alice did not get that far");    \
		EXPECT_EQ(0, run_as(BOB, works, NULL)) TH_LOG("Bob was not served");           \
		kill(alice, SIGKILL);                                                          \
		dmmu_reap(alice);                                                              \
		close(ends[0]);                                                                \
		EXPECT_EQ(0, run_as(ALICE, works, NULL)) TH_LOG("Alice has nothing any more"); \
		ASSERT_TRUE(set_share(75));                                                    \
	} while (0)

static int takes_contexts(void *argument)
{
	struct share *s = argument;
	unsigned int n = 0;
	int error;

	do {
		int fd = dmmu_open();

		error = fd < 0 ? fd : dmmu_bind(fd);
		n += !error;
	} while (!error);
	if (error != -EDQUOT || n != s->info.contexts * 3 / 4)
		return NO("%u contexts, then %s", n, strerror(-error));
	stay(s);
	return 0;
}

/* Of a device with so few contexts, ours and a user's share are all. */
#define CONTEXTS_OR_SKIP()                                                                      \
	do {                                                                                    \
		if (self->info.contexts < 8)                                                    \
			SKIP(return, "%u contexts: none is left for Bob", self->info.contexts); \
	} while (0)

CLAIM(security, one_user_does_not_get_all_contexts)
{
	CONTEXTS_OR_SKIP();
	BOB_IS_SERVED_WHILE(takes_contexts, 75);
}

static int takes_threads(void *argument)
{
	struct share *s = argument;
	volatile uint64_t *p = dmmu_map(64 * DMMU_PAGE);
	struct dmmu_work_desc work[64];

	for (unsigned int i = 0; i < 64; i++)
		work[i] = dmmu_add(p + i * 512, 1, DMMU_FOREVER);
	for (unsigned int i = 0; i < 3; i++) {
		int fd = dmmu_open_bound();

		if (fd < 0 || dmmu_submit(fd, work, 64))
			return NO("cannot begin");
	}
	if (!dmmu_await_change(p, 0))
		return NO("nothing runs");
	stay(s);
	return 0;
}

CLAIM(security, one_user_does_not_get_all_threads)
{
	CONTEXTS_OR_SKIP();
	BOB_IS_SERVED_WHILE(takes_threads, 75);
}

/* A page table for each page that is touched. */
static int takes_page_tables(void *argument)
{
	struct share *s = argument;
	const size_t bytes = 4096 * DMMU_HUGE;
	char *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct dmmu_work_desc work[64];
	struct dmmu_completion c[64];
	int fd = dmmu_open_bound();

	if (fd < 0 || p == MAP_FAILED)
		return NO("cannot begin");
	madvise(p, bytes, MADV_NOHUGEPAGE);
	for (unsigned int n = 0; n < 4096; n += 64) {
		for (unsigned int i = 0; i < 64; i++)
			work[i] = dmmu_reduce(p + (n + i) * DMMU_HUGE, 1);
		if (dmmu_run(fd, work, 64, c))
			return NO("cannot run");
		for (unsigned int i = 0; i < 64; i++) {
			if (dmmu_is_ok(&c[i]))
				continue;
			if (c[i].error != -EDQUOT)
				return NO("%s", dmmu_text(&c[i]));
			stay(s);
			return 0;
		}
	}
	return NO("it got all of them");
}

CLAIM(security, one_user_does_not_get_all_page_tables)
{
	BOB_IS_SERVED_WHILE(takes_page_tables, 10);
}

static int takes_local_memory(void *argument)
{
	struct share *s = argument;
	const size_t pages = s->local_pages / 5;
	char *p = dmmu_map(pages * DMMU_PAGE);
	int fd = dmmu_open_bound();
	struct dmmu_migrate_result r;

	if (fd < 0 || !p || dmmu_migrate(fd, p, pages * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r))
		return NO("cannot begin");
	if (r.moved > s->local_pages / 10 || r.moved < s->local_pages / 10 - 64 ||
	    r.moved + r.skipped[DMMU_SKIP_NO_MEMORY] != pages)
		return NO("of %zu pages and a share of %llu: %s", pages,
			  (unsigned long long)s->local_pages / 10, dmmu_migrate_text(&r));
	/* What is given back can be had again. */
	munmap(p, 100 * DMMU_PAGE);
	if (dmmu_migrate(fd, p + (pages - 50) * DMMU_PAGE, 50 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE,
			 &r) ||
	    r.moved != 50)
		return NO("after giving back: %s", dmmu_migrate_text(&r));
	stay(s);
	return 0;
}

CLAIM(security, one_user_does_not_get_all_local_memory)
{
	struct dmmu_migrate_result r;
	uint64_t *p = dmmu_map(64 * DMMU_PAGE);

	if (!(self->info.features & DMMU_FEATURE_MIGRATE))
		SKIP(return, "no pages in local memory");
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, 64 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	ASSERT_EQ(64, r.moved);
	BOB_IS_SERVED_WHILE(takes_local_memory, 10);
	/* Nobody else's pages were sent home for hers. */
	ASSERT_EQ(0, dmmu_migrate(self->fd, p, 64 * DMMU_PAGE, DMMU_MIGRATE_TO_DEVICE, &r));
	EXPECT_EQ(64, r.already);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--after-exec"))
		return after_exec(atoi(argv[2]));
	dmmu_require_device();
	return test_harness_run(argc, argv);
}
