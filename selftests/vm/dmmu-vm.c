/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dmmu-vm.c: boots the guest with the device, lets it do one thing, and judges: the loop and the
 * verdict.
 *
 * A run is good only if all that was planned ran and passed, the guest said that it ended, the
 * kernel's console holds no complaint, and each process ended in order. Every wait has a bound;
 * nothing is left running.
 */
#include "kernel_log.h"
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

static void on_signal(int signal)
{
	stop_signal = signal;
}

static void set_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* --- folders
 * ----------------------------------------------------------------------------------------------------
 */

static bool make_folders(struct run *run)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", run->build, sizeof(run->build) - 1);

	if (n <= 0)
		return false;
	run->build[n] = 0;
	for (int i = 0; i < 3; i++) { /* BUILD/selftests/vm/dmmu-vm */
		char *slash = strrchr(run->build, '/');

		if (slash)
			*slash = 0;
	}
	if (run->options.run_dir)
		snprintf(run->dir, sizeof(run->dir), "%s", run->options.run_dir);
	else
		snprintf(run->dir, sizeof(run->dir), "%.1900s/runs/%s-%s", run->build,
			 run->options.mode_name, run->options.kernel);
	for (char *slash = strchr(run->dir + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = 0;
		if (mkdir(run->dir, 0777) && errno != EEXIST) {
			fprintf(stderr, "dmmu-vm: cannot make %s: %s\n", run->dir, strerror(errno));
			return false;
		}
		if (!slash)
			break;
		*slash = '/';
	}
	static const char *const old[] = {"results.tsv", "commands", "qemu.log", "mke2fs.log"};
	static const char *const each[][2] = {{"bridge", ".log"},
					      {"model", ".log"},
					      {"model-stats", ".tsv"},
					      {"stimulus", ".log"}};

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", run->dir, old[i]);
		unlink(path);
	}
	for (size_t i = 0; i < MAX_DEVICES * 4; i++) {
		char name[64];

		device_name(&(struct device){.id = (int)i / 4}, each[i % 4][0], each[i % 4][1],
			    name, sizeof(name));
		snprintf(path, sizeof(path), "%s/%s", run->dir, name);
		unlink(path);
	}
	snprintf(run->work, sizeof(run->work), "%.40s/dmmu-vm.XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(run->work)) {
		fprintf(stderr, "dmmu-vm: cannot make %s: %s\n", run->work, strerror(errno));
		run->work[0] = 0;
		return false;
	}
	return true;
}

static void remove_work(struct run *run)
{
	char path[512];
	DIR *dir = *run->work ? opendir(run->work) : NULL;
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%.255s", run->work, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(run->work);
}

/* --- the shell's terminal
 * --------------------------------------------------------------------------------------- */

static struct termios saved_mode;
static bool mode_saved;

static void terminal_raw(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_mode))
		return;
	raw = saved_mode;
	cfmakeraw(&raw);
	mode_saved = !tcsetattr(0, TCSANOW, &raw);
}

static void terminal_restore(void)
{
	if (mode_saved)
		tcsetattr(0, TCSANOW, &saved_mode);
	mode_saved = false;
}

/* Passes what is typed to the guest. Ctrl-A x ends the run, Ctrl-A Ctrl-A is a Ctrl-A. False at the
 * end of the input. */
static bool pass_input(struct run *run)
{
	static bool escape;
	char in[256], out[256];
	ssize_t n = read(0, in, sizeof(in));
	size_t length = 0;

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	for (ssize_t i = 0; i < n; i++) {
		if (!escape && in[i] == 1) {
			escape = true;
			continue;
		}
		if (escape && in[i] == 'x')
			stop_signal = SIGTERM;
		escape = false;
		out[length++] = in[i];
	}
	return !length || send(run->test.fd, out, length, MSG_NOSIGNAL) >= 0;
}

/* --- the loop
 * ---------------------------------------------------------------------------------------------------
 */

static void complain(struct run *run, const char *test, const char *reason)
{
	char name[64];

	snprintf(name, sizeof(name), "run/%s", test);
	results_add(&run->results, name, OUTCOME_NOT_OK, reason);
}

static void print_model_end(const struct run *run, const struct device *device)
{
	char path[PATH_MAX], line[512], name[64];

	device_name(device, "model", ".log", name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%s", run->dir, name);
	FILE *file = fopen(path, "re");

	fprintf(stderr, "vm: dmmu-%s ended while the guest ran:\n", device->model.name);
	while (file && fgets(line, sizeof(line), file))
		fprintf(stderr, "  | %s", line);
	if (file)
		fclose(file);
}

/* Without its device the rest of the tests would only say so again and again. */
static bool lost_device(struct run *run)
{
	for (int i = 0; i < run->options.devices; i++) {
		struct device *device = &run->devices[i];

		if (!device->model_disturbed && process_ended(&device->model)) {
			print_model_end(run, device);
			device->model_ended_early = true;
			return true;
		}
		if (process_ended(&device->bridge)) {
			complain(run, device->bridge.name, "dmmu-bridge ended while the guest ran");
			return true;
		}
	}
	return false;
}

static void loop(struct run *run)
{
	const struct options *options = &run->options;
	bool shell = options->mode == MODE_SHELL;
	bool input = shell;
	int boot_limit = options->gdb ? 0 : options_kernel_checks(options) ? 240 : 120;
	char text[256];

	while (!process_ended(&run->qemu) || run->console.fd >= 0 || run->test.fd >= 0) {
		struct pollfd fds[] = {
			{.fd = run->console.fd, .events = POLLIN},
			{.fd = run->test.fd, .events = POLLIN},
			{.fd = input ? 0 : -1, .events = POLLIN},
		};
		double now = run_seconds(run);

		if (stop_signal) {
			if (!shell)
				complain(run, "interrupted", "stopped by a signal");
			return;
		}
		if (run->panic_time && now > run->panic_time + 3)
			return; /* its lines are in; -no-reboot may be waiting for a guest that
				   cannot */
		if (options->timeout && now > options->timeout) {
			snprintf(text, sizeof(text), "not done in %d s", options->timeout);
			complain(run, "timeout", text);
			return;
		}
		if (boot_limit && !run->ready && !shell && now > boot_limit) {
			snprintf(text, sizeof(text), "the guest was not ready in %d s%s",
				 boot_limit,
				 options->kvm
					 ? "; this machine's KVM may not run it: try without --kvm"
					 : "");
			complain(run, "boot", text);
			return;
		}
		if (!process_ended(&run->qemu) && lost_device(run))
			return;
		poll(fds, 3, 100);
		if (fds[0].revents)
			channel_read(&run->console);
		if (fds[1].revents)
			channel_read(&run->test);
		if (fds[2].revents)
			input = pass_input(run);
	}
}

/* --- the verdict
 * ------------------------------------------------------------------------------------------------
 */

static void judge_process(struct run *run, const struct process *process)
{
	char text[128], reason[256];

	if (!process->pid)
		return;
	process_describe(process, text, sizeof(text));
	if (!*text)
		return;
	snprintf(reason, sizeof(reason), "%s; see %.80s.log", text, process->name);
	complain(run, process->name, reason);
}

/* What the results say must do for whoever has nothing else of the run. */
static void judge_kernel(struct run *run)
{
	char where[512], reason[sizeof(where) + sizeof(run->first_complaint) + 4];

	kernel_log_where(run->complaints, run->complaint_lines, where, sizeof(where));
	snprintf(reason, sizeof(reason), "%s%s%s", run->first_complaint, *where ? ", " : "", where);
	complain(run, "kernel", reason);
}

static void judge(struct run *run)
{
	bool shell = run->options.mode == MODE_SHELL;
	bool failed_before = results_count(&run->results, OUTCOME_NOT_OK) > 0;

	if (run->ktap)
		ktap_finish(run->ktap);
	run->ktap = NULL;
	size_t bad = results_count(&run->results, OUTCOME_NOT_OK);

	if (run->complaint_count)
		judge_kernel(run);
	if (!run->end_seen && !(shell && stop_signal))
		complain(run, "end", "the guest did not say that it ended");
	if (*run->command_end)
		complain(run, "command", run->command_end);
	if (!run->command_end_seen && run->end_seen &&
	    (run->options.mode == MODE_DEMO || run->options.mode == MODE_BENCH ||
	     run->options.mode == MODE_EXEC))
		complain(run, "command", "no exit status came");
	for (int i = 0; i < run->options.action_count; i++)
		if (!run->options.actions[i].done)
			complain(run, "action", "the text of an --at never came");
	/* Of processes that we had to stop, the end says nothing. */
	if (run->end_seen)
		judge_process(run, &run->qemu);
	for (int i = 0; i < run->options.devices; i++) {
		const struct device *device = &run->devices[i];

		if (!run->end_seen && !device->model_disturbed && device->model.pid &&
		    device->model_ended_early)
			complain(run, device->model.name, "dmmu-model ended while the guest ran");
		if (!device->model_disturbed)
			judge_process(run, &device->model);
		judge_process(run, &device->bridge);
	}
	if (results_count(&run->results, OUTCOME_NOT_OK) == bad && !failed_before)
		results_add(&run->results, "run/clean", OUTCOME_OK, "");
}

/* A failed run keeps the logs of what went into its devices; of a good one nobody needs them. */
static void keep_stimulus(const struct run *run)
{
	bool bad = results_count(&run->results, OUTCOME_NOT_OK) > 0;
	char path[PATH_MAX], name[64];

	for (int i = 0; run->options.record && i < run->options.devices; i++) {
		device_name(&run->devices[i], "stimulus", ".log", name, sizeof(name));
		snprintf(path, sizeof(path), "%s/%s", run->dir, name);
		if (access(path, F_OK))
			continue;
		if (bad || run->options.keep)
			fprintf(stderr, "vm: the device again: ./dmmu replay %s --messages\n",
				path);
		else if (!run->options.keep_log)
			unlink(path);
	}
}

static void print_complaints(const struct run *run)
{
	if (!run->complaint_count)
		return;
	fprintf(stderr,
		"vm: the kernel's console from its first complaint on (all of it: "
		"%s/console.log):\n",
		run->dir);
	for (int i = 0; i < run->complaint_lines; i++)
		fprintf(stderr, "  | %s\n", run->complaints[i]);
}

static void print_summary(const struct run *run)
{
	const struct results *results = &run->results;
	bool tests = run->ktap || run->options.mode == MODE_KUNIT ||
		     run->options.mode == MODE_SELFTESTS || run->options.mode == MODE_HMM ||
		     run->options.ktap;

	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];

		if (result->outcome == OUTCOME_NOT_OK)
			fprintf(stderr, "vm: FAILED %s%s%s\n", result->name,
				*result->reason ? ": " : "", result->reason);
		if (result->outcome == OUTCOME_SKIP && tests)
			fprintf(stderr, "vm: skipped %s: %s\n", result->name, result->reason);
	}
	if (tests)
		fprintf(stderr,
			"vm: %s on the %s kernel: %zu ok, %zu not ok, %zu skipped in %.0f s; logs: "
			"%s\n",
			run->options.mode_name, run->options.kernel,
			results_count(results, OUTCOME_OK), results_count(results, OUTCOME_NOT_OK),
			results_count(results, OUTCOME_SKIP), run_seconds(run), run->dir);
	else if (results_count(results, OUTCOME_NOT_OK))
		fprintf(stderr, "vm: logs: %s\n", run->dir);
}

int main(int argc, char **argv)
{
	static struct run run;
	char path[PATH_MAX];
	int status = 3;

	run.console.fd = run.test.fd = -1;
	if (!options_read(&run.options, argc, argv, &status))
		return status;
	run.started = run_seconds(&run);
	set_signals();
	if (!make_folders(&run))
		return 3;
	if (run.options.mode == MODE_KUNIT || run.options.mode == MODE_SELFTESTS ||
	    run.options.mode == MODE_HMM || run.options.ktap)
		run.ktap = ktap_new(&run.results);

	snprintf(path, sizeof(path), "%s/console.log", run.dir);
	bool ok = channel_open(&run.console, path, watch_console, &run);

	snprintf(path, sizeof(path), "%s/test.log", run.dir);
	ok = ok && channel_open(&run.test, path, watch_test, &run);
	ok = ok && machine_start(&run);
	if (ok) {
		if (run.options.mode == MODE_SHELL) {
			run.test.copy_to = 1;
			terminal_raw();
		}
		loop(&run);
	}
	terminal_restore();
	machine_stop(&run);
	if (ok) {
		judge(&run);
		snprintf(path, sizeof(path), "%s/results.tsv", run.dir);
		if (!results_write(&run.results, path)) {
			fprintf(stderr, "dmmu-vm: cannot write %s: %s\n", path, strerror(errno));
			ok = false;
		}
		print_complaints(&run);
		print_summary(&run);
		keep_stimulus(&run);
	}
	if (!run.options.keep)
		remove_work(&run);
	else
		fprintf(stderr, "vm: kept %s\n", run.work);
	channel_close(&run.console);
	channel_close(&run.test);

	bool bad = results_count(&run.results, OUTCOME_NOT_OK) > 0;

	for (int i = 0; i < run.complaint_lines; i++)
		free(run.complaints[i]);
	results_free(&run.results);
	if (stop_signal && run.options.mode != MODE_SHELL)
		return 128 + stop_signal;
	if (!ok)
		return 3;
	return run.options.collect ? 0 : bad;
}
