/* SPDX-License-Identifier: GPL-2.0 */
/*
 * init.c: process 1 of the guest. Makes the machine usable, loads the driver, does what dmmu.mode=
 * says, then looks whether the kernel is still well (its log, unloading the driver, leaks) and
 * powers off.
 *
 *   kunit      loads /modules but dmmu.ko and reports each KUnit suite they bring
 *   selftests  runs each program in /selftests whose name matches dmmu.filter=
 *   hmm        runs the kernel's HMM suite, on "dmmu" or "dummy" as dmmu.args= begins
 *   demo, bench, exec   runs /bin/dmmu-demo, /bin/dmmu-bench, or `sh -c`, with dmmu.args=
 *   shell      an interactive shell
 *
 * All it says goes to hvc0, as KTAP in the first three modes; "# dmmu-guest: end" is its last line.
 * A run without that line did not end.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DRIVER "/modules/dmmu.ko"

static unsigned int seconds_each;
static bool driver_loaded;

static glob_t list(const char *pattern)
{
	glob_t found = {0};
	int error = glob(pattern, 0, NULL, &found);

	if (error && error != GLOB_NOMATCH)
		give_up("cannot list %s", pattern);
	return found;
}

/*
 * What a kernel that was not made for this guest has as modules, such as its disk driver. Which
 * needs which is found by trying.
 */
static void load_base_modules(void)
{
	glob_t modules = list("/modules/base/*.ko");
	size_t left = modules.gl_pathc, before = left + 1;
	int error = 0;

	while (left && left < before) {
		before = left;
		for (size_t i = 0; i < modules.gl_pathc; i++) {
			if (!*modules.gl_pathv[i])
				continue;
			error = module_load(modules.gl_pathv[i]);
			if (error && error != EEXIST)
				continue;
			*modules.gl_pathv[i] = 0;
			left--;
		}
	}
	if (left)
		give_up("cannot load %zu of the kernel's own modules: %s", left, strerror(error));
	globfree(&modules);
}

static void load_driver(void)
{
	int error;

	if (access(DRIVER, F_OK)) {
		report("# dmmu-guest: no %s in the image", DRIVER);
		return;
	}
	error = module_load(DRIVER);
	if (error)
		give_up("cannot load %s: %s", DRIVER, strerror(error));
	driver_loaded = true;

	/* Where gdb finds its code. */
	char text[64] = "";
	FILE *file = fopen("/sys/module/dmmu/sections/.text", "re");

	if (file && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = 0;
		report("# dmmu-guest: driver at %s", text);
	}
	if (file)
		fclose(file);
}

/* A test fails when it says so, and also when the kernel complained while it ran. */
static void judge(bool ok, const char *name, const char *reason)
{
	char complaint[256], text[512];
	unsigned int complaints = log_complaints(complaint, sizeof(complaint));

	if (complaints) {
		snprintf(text, sizeof(text), "%s%sthe kernel complained: %s", reason,
			 *reason ? "; " : "", complaint);
		report_result(false, name, text);
	} else {
		report_result(ok, name, reason);
	}
}

/* --- KUnit
 * ------------------------------------------------------------------------------------------------------
 */

/* Passes on a suite's results. True when the suite itself says ok. */
static bool show_suite(const char *path)
{
	char line[1024];
	bool ok = false;
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "ok ", 3))
			ok = true;
		report_indented(line);
	}
	fclose(file);
	return ok;
}

static void run_kunit(unsigned int checks)
{
	glob_t modules = list("/modules/*.ko");
	const char *filter = setup_option("filter", "*");
	unsigned int loaded = 0;

	for (size_t i = 0; i < modules.gl_pathc; i++) {
		if (!strcmp(modules.gl_pathv[i], DRIVER))
			continue;
		int error = module_load(modules.gl_pathv[i]);

		if (error)
			report("# %s: insmod: %s", modules.gl_pathv[i], strerror(error));
		else
			loaded++;
	}

	glob_t suites = list("/sys/kernel/debug/kunit/*/results");
	unsigned int chosen = 0;

	for (size_t i = 0; i < suites.gl_pathc; i++) {
		char *name = basename(dirname(strdup(suites.gl_pathv[i])));

		chosen += !fnmatch(filter, name, FNM_EXTMATCH);
	}
	/* One test of its own: each module loads, and they bring suites. A module that does not
	 * load has no suite to fail. */
	report_plan(1 + chosen + checks);
	size_t expected = modules.gl_pathc - (driver_loaded ? 1 : 0);

	if (!expected)
		judge(false, "kunit.modules", "there is no KUnit module in /modules");
	else if (loaded != expected)
		judge(false, "kunit.modules", "not every KUnit module could be loaded");
	else if (!chosen)
		judge(false, "kunit.modules", "no suite matches the filter");
	else
		judge(true, "kunit.modules", "");
	for (size_t i = 0; i < suites.gl_pathc; i++) {
		char *name = basename(dirname(strdup(suites.gl_pathv[i])));

		if (fnmatch(filter, name, FNM_EXTMATCH))
			continue;
		bool ok = show_suite(suites.gl_pathv[i]);

		judge(ok, name, ok ? "" : "the suite failed");
	}
	for (size_t i = modules.gl_pathc; i-- > 0;) {
		if (!strcmp(modules.gl_pathv[i], DRIVER))
			continue;
		char *name = basename(strdup(modules.gl_pathv[i]));

		name[strcspn(name, ".")] = 0;
		for (char *c = name; *c; c++)
			if (*c == '-')
				*c = '_';
		int error = module_unload(name);

		if (error && error != ENOENT)
			report("# %s: rmmod: %s", name, strerror(error));
	}
}

/* --- programs
 * ---------------------------------------------------------------------------------------------------
 */

static bool matches(const char *path, const char *filter)
{
	return !access(path, X_OK) && !fnmatch(filter, basename(strdup(path)), FNM_EXTMATCH);
}

static void run_selftests(unsigned int checks)
{
	glob_t programs = list("/selftests/*");
	const char *filter = setup_option("filter", "*");
	unsigned int chosen = 0;

	for (size_t i = 0; i < programs.gl_pathc; i++)
		chosen += matches(programs.gl_pathv[i], filter);
	report_plan(chosen + checks + !chosen);
	settings_keep();
	if (!chosen)
		judge(false, "selftests", "no program matches the filter");
	for (size_t i = 0; i < programs.gl_pathc; i++) {
		if (!matches(programs.gl_pathv[i], filter))
			continue;
		char *name = basename(strdup(programs.gl_pathv[i]));
		char *argv[] = {programs.gl_pathv[i], NULL};
		char reason[256], left[256];

		report("# dmmu-guest: start %s", name);
		struct program_end end = program_run(argv, seconds_each, true);

		program_describe(&end, seconds_each, reason, sizeof(reason));
		if (!settings_put_back(left, sizeof(left)) && !*reason)
			snprintf(reason, sizeof(reason), "%s", left);
		/* kselftest: 4 is skip */
		if (!end.timed_out && WIFEXITED(end.status) && WEXITSTATUS(end.status) == 4)
			report_skip(name, "the program says so, see its output");
		else
			judge(!*reason, name, reason);
		if (end.immortal)
			give_up("%s hangs in the kernel; nothing more can be tested", name);
	}
}

/* --- the kernel's HMM suite
 * -----------------------------------------------------------------------------------------
 */

/* Some of its tests pass without testing anything when there are no huge pages. */
static bool make_huge_pages(unsigned int wanted)
{
	char text[32] = "";

	snprintf(text, sizeof(text), "%u", wanted);
	write_file("/proc/sys/vm/nr_hugepages", text);
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "re");
	bool ok = file && fgets(text, sizeof(text), file) && (unsigned int)atoi(text) >= wanted;

	if (file)
		fclose(file);
	return ok;
}

static void run_hmm(unsigned int checks)
{
	char *words = strdup(setup_option("args", "dmmu"));
	char *driver = strtok(words, " ");
	const char *module = driver && !strcmp(driver, "dummy") ? "test_hmm" : "dmmu_dmirror";
	char path[64], reason[256];
	char *argv[64] = {"/hmm/hmm-tests"};

	for (int i = 1; i < 63 && (argv[i] = strtok(NULL, " ")); i++)
		;

	report_plan(4 + checks);
	judge(make_huge_pages(8), "hmm.huge_pages", "");
	snprintf(path, sizeof(path), "/hmm/%s.ko", module);
	int error = module_load(path);

	judge(!error, "hmm.insmod", error ? strerror(error) : "");

	/*
	 * The suite counts faults, and takes it for granted that nobody touches its pages
	 * meanwhile; khugepaged may, in the time that the device needs.
	 */
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		   "3600000");
	/* On a busy machine, and with a device that is computed cycle by cycle, all takes longer.
	 */
	setenv("DMMU_TIME_SCALE", "60", 1);
	if (!strcmp(module, "dmmu_dmirror"))
		write_file("/sys/module/dmmu/parameters/time_scale", "20");

	struct timespec begin, end_time;

	report("# dmmu-guest: start hmm-tests on %s", module);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	struct program_end end = program_run(argv, seconds_each, true);

	clock_gettime(CLOCK_MONOTONIC, &end_time);
	program_describe(&end, seconds_each, reason, sizeof(reason));
	judge(!*reason, "hmm-tests", reason);
	report("# dmmu-guest: hmm-tests on %s took %.1f s", module,
	       (double)(end_time.tv_sec - begin.tv_sec) +
		       (double)(end_time.tv_nsec - begin.tv_nsec) / 1e9);
	if (end.immortal)
		give_up("hmm-tests hangs in the kernel; nothing more can be tested");
	error = module_unload(module);
	judge(!error, "hmm.rmmod", error ? strerror(error) : "");
}

static void run_command(const char *mode)
{
	char command[1536];
	char *argv[] = {"/bin/sh", "-c", command, NULL};
	char reason[256];

	if (!strcmp(mode, "exec"))
		snprintf(command, sizeof(command), "%s", setup_option("args", "true"));
	else
		snprintf(command, sizeof(command), "exec /bin/dmmu-%s %s", mode,
			 setup_option("args", ""));
	struct program_end end = program_run(argv, seconds_each, false);

	program_describe(&end, seconds_each, reason, sizeof(reason));
	report("# dmmu-guest: exit %s", *reason ? reason : "0");
}

static const char greeting[] =
	"\n"
	"dmmu guest. The driver is loaded; the device is /dev/dmmu0.\n"
	"  /selftests           test programs, run one by name        /bin/dmmu-*   demo and "
	"tools\n"
	"  /modules             dmmu.ko and the KUnit modules         /mnt          an ext4 "
	"disk\n"
	"  /sys/kernel/debug/dmmu*, /sys/kernel/debug/kunit           dmesg         the kernel's "
	"log\n"
	"  /sys/kernel/tracing/events/dmmu                            free          swap is on\n"
	"Leave with exit or Ctrl-D (or Ctrl-A x when it hangs).\n\n";

static void run_shell(void)
{
	pid_t pid = fork();

	if (!pid) {
		setsid();
		int tty = open("/dev/hvc0", O_RDWR);

		ioctl(tty, TIOCSCTTY, 1);
		dup2(tty, 0);
		dup2(tty, 1);
		dup2(tty, 2);
		setenv("HOME", "/tmp", 1);
		setenv("PATH", "/bin:/sbin:/selftests", 1);
		setenv("TERM", setup_option("term", "vt100"), 1);
		setenv("PS1", "guest:\\w# ", 1);
		if (chdir("/tmp"))
			_exit(127);
		if (system("/bin/busybox --install -s /bin; stty sane 2>/dev/null") < 0)
			_exit(127);
		if (write(1, greeting, sizeof(greeting) - 1) < 0)
			_exit(127);
		execl("/bin/sh", "sh", NULL);
		_exit(127);
	}
	while (waitpid(-1, NULL, 0) != pid || errno == EINTR)
		;
}

/* --- what must hold afterwards
 * ---------------------------------------------------------------------------------- */

static void check_unload(void)
{
	int error = module_unload("dmmu");

	judge(!error, "guest.rmmod", error ? strerror(error) : "");
	driver_loaded = false;
}

static void check_leaks(void)
{
	char reason[64] = "";
	unsigned int leaks = leaks_found();

	if (leaks)
		snprintf(reason, sizeof(reason), "kmemleak found %u", leaks);
	report_result(!leaks, "guest.leaks", reason);
}

int main(void)
{
	char complaint[256];
	struct utsname kernel;
	struct timespec up;

	setenv("PATH", "/bin:/sbin", 1);
	setup_mounts();
	load_base_modules(); /* the channel's among them */
	report_open();
	log_open();
	uname(&kernel);
	clock_gettime(CLOCK_BOOTTIME, &up);
	report("# dmmu-guest: boot %ld.%03ld s, Linux %s", (long)up.tv_sec, up.tv_nsec / 1000000,
	       kernel.release);

	const char *mode = setup_option("mode", "shell");
	bool tests = !strcmp(mode, "kunit") || !strcmp(mode, "selftests") || !strcmp(mode, "hmm");

	seconds_each = (unsigned int)atoi(setup_option("seconds", "120"));
	setup_disks();
	bool boot_complaint = log_complaints(complaint, sizeof(complaint)) > 0;

	if (boot_complaint)
		report("# dmmu-guest: the kernel complained while it started: %s", complaint);
	bool leaks = tests && leaks_possible();

	if (leaks)
		leaks_forget();
	load_driver();
	clock_gettime(CLOCK_BOOTTIME, &up);
	report("# dmmu-guest: ready %ld.%03ld s", (long)up.tv_sec, up.tv_nsec / 1000000);

	unsigned int checks = 1 + (driver_loaded ? 1 : 0) + (leaks ? 1 : 0);

	if (tests) {
		bool unload = driver_loaded;

		if (!strcmp(mode, "kunit"))
			run_kunit(checks);
		else if (!strcmp(mode, "hmm"))
			run_hmm(checks);
		else
			run_selftests(checks);
		if (unload)
			check_unload();
		if (leaks)
			check_leaks();
		judge(!boot_complaint, "guest.log", boot_complaint ? complaint : "");
	} else if (!strcmp(mode, "shell")) {
		run_shell();
		report_open(); /* the end of a session hangs up its terminal, our descriptor
				  included */
	} else {
		run_command(mode);
		if (driver_loaded) {
			int error = module_unload("dmmu");

			report("# dmmu-guest: rmmod %s", error ? strerror(error) : "0");
		}
	}
	report("# dmmu-guest: end");
	power_off();
}
