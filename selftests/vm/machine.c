/* SPDX-License-Identifier: GPL-2.0 */
/*
 * machine.c: the bridge, the model and QEMU: their command lines, in the order in which they need
 * each other.
 */
#include "run.h"

#include "host_tsc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct command {
	char *argv[96];
	int argc;
};

static void add(struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(struct command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (command->argc >= 95 || vasprintf(&command->argv[command->argc++], format, args) < 0)
		abort();
	va_end(args);
}

static void forget(struct command *command)
{
	while (command->argc)
		free(command->argv[--command->argc]);
}

static void log_command(const struct run *run, const struct command *command)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/commands", run->dir);
	FILE *file = fopen(path, "ae");

	if (!file)
		return;
	for (int i = 0; i < command->argc; i++)
		fprintf(file, "'%s'%c", command->argv[i], i + 1 < command->argc ? ' ' : '\n');
	fclose(file);
}

static bool start(struct run *run, struct process *process, const char *name,
		  struct command *command, const int *keep_fds)
{
	char log[PATH_MAX];

	snprintf(log, sizeof(log), "%s/%s.log", run->dir, name);
	log_command(run, command);
	bool ok = process_start(process, name, command->argv, log, keep_fds);

	forget(command);
	return ok;
}

void device_name(const struct device *device, const char *what, const char *suffix, char *name,
		 size_t size)
{
	if (device->id)
		snprintf(name, size, "%s%d%s", what, device->id, suffix);
	else
		snprintf(name, size, "%s%s", what, suffix);
}

static bool start_bridge(struct run *run, struct device *device)
{
	static const char *const names[MAX_DEVICES] = {"bridge", "bridge1", "bridge2", "bridge3"};
	struct command command = {0};
	char socket[128];

	if (run->options.bridge)
		add(&command, "%s", run->options.bridge);
	else
		add(&command, "%s/bridge/dmmu-bridge", run->build);
	add(&command, "--socket");
	add(&command, "%s/vfio%d", run->work, device->id);
	add(&command, "--link");
	add(&command, "%s/link%d", run->work, device->id);
	/*
	 * On a busy machine the model may have to wait for a processor: as long as QEMU can wait.
	 * Somebody else's bridge need not know it.
	 */
	if (!run->options.bridge) {
		add(&command, "--mmio-timeout-ms");
		add(&command, "3500");
	}
	add(&command, "--bar2");
	add(&command, "%s", run->options.bar2);
	/* Somebody else's bridge need not know it. */
	if (run->options.msix_vectors != ALL_VECTORS) {
		add(&command, "--msix-vectors");
		add(&command, "%d", run->options.msix_vectors);
	}
	add(&command, "--local-size");
	add(&command, "%s", run->options.local_size);
	if (!start(run, &device->bridge, names[device->id], &command, NULL))
		return false;
	/* QEMU connects once and gives up: the socket must be there. */
	snprintf(socket, sizeof(socket), "%s/vfio%d", run->work, device->id);
	for (int waited = 0; access(socket, F_OK); waited++) {
		if (process_ended(&device->bridge) || waited > 1000) {
			fprintf(stderr, "dmmu-vm: dmmu-bridge %s; see %s/%s.log\n",
				process_ended(&device->bridge) ? "ended at once"
							       : "made no socket in 10 s",
				run->dir, names[device->id]);
			return false;
		}
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
	}
	return true;
}

static bool start_model(struct run *run, struct device *device)
{
	static const char *const names[MAX_DEVICES] = {"model", "model1", "model2", "model3"};
	struct command command = {0};
	char name[64];

	if (run->options.model)
		add(&command, "%s", run->options.model);
	else
		add(&command, "%s/verilator-model/dmmu-model%s%s", run->build,
		    strcmp(run->options.card, "bare") ? "-" : "",
		    strcmp(run->options.card, "bare") ? run->options.card : "");
	add(&command, "--link");
	add(&command, "%s/link%d", run->work, device->id);
	add(&command, "--stats");
	device_name(device, "model-stats", ".tsv", name, sizeof(name));
	add(&command, "%s/%s", run->dir, name);
	/* Somebody else's model need not know these. */
	if (!run->options.model) {
		add(&command, "--control");
		add(&command, "%s/control%d", run->work, device->id);
	}
	if (device->id >= run->options.devices - run->options.coherent)
		add(&command, "--coherent");
	if (run->options.record && !run->options.model && !device->recorded) {
		device->recorded = true;
		device_name(device, "stimulus", ".log", name, sizeof(name));
		add(&command, "--record-log");
		add(&command, "%s/%s", run->dir, name);
		add(&command, "--record-limit");
		add(&command, "512");
	}
	/* A waveform is of the first device. */
	if (run->options.wave && !device->id) {
		add(&command, "--trace");
		add(&command, "%s", run->options.wave);
	}
	for (int i = 0; i < run->options.model_arg_count; i++)
		add(&command, "%s", run->options.model_args[i]);
	return start(run, &device->model, names[device->id], &command, NULL);
}

/* An empty, sparse file; QEMU sees the size. */
static bool make_disk(const char *path, off_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && !ftruncate(fd, size);

	if (!ok)
		perror(path);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_ext4(struct run *run, const char *path)
{
	struct command command = {0};
	struct process mke2fs;
	const char *tool = !access("/sbin/mke2fs", X_OK) ? "/sbin/mke2fs" : "mke2fs";

	if (!make_disk(path, 128 << 20))
		return false;
	add(&command, "%s", tool);
	add(&command, "-q");
	add(&command, "-F");
	add(&command, "-t");
	add(&command, "ext4");
	add(&command, "%s", path);
	if (!start(run, &mke2fs, "mke2fs", &command, NULL))
		return false;
	process_stop(&mke2fs, false, 30000);
	if (mke2fs.status) {
		fprintf(stderr, "dmmu-vm: mke2fs failed (package e2fsprogs); see %s/mke2fs.log\n",
			run->dir);
		return false;
	}
	return true;
}

static bool find_qemu(struct run *run, char *path, size_t size)
{
	if (run->options.qemu) {
		snprintf(path, size, "%s", run->options.qemu);
		return true;
	}
	char script[] = DMMU_SOURCE_DIR "/cmake/qemu.sh";

	return process_output((char *[]){script, NULL}, path, size);
}

/* Where the kernel and the image are. A kernel that is not built yet is built, which says so
 * itself. */
static bool find_kernel(struct run *run, char *image, char *initramfs, size_t size)
{
	char script[] = DMMU_SOURCE_DIR "/cmake/kernel.sh";
	char *variant = (char *)run->options.kernel;

	if (run->options.kernel_image)
		snprintf(image, size, "%s", run->options.kernel_image);
	else if (process_output((char *[]){script, variant, NULL}, run->kernel_dir,
				sizeof(run->kernel_dir)))
		snprintf(image, size, "%.4000s/bzImage", run->kernel_dir);
	else
		return false;
	if (run->options.initramfs)
		snprintf(initramfs, size, "%s", run->options.initramfs);
	else
		snprintf(initramfs, size, "%.4000s/guest/%s.cpio", run->build, variant);
	for (int i = 0; i < 2; i++) {
		const char *file = i ? initramfs : image;

		if (access(file, R_OK)) {
			fprintf(stderr, "dmmu-vm: no %s: build the target guest-image-%s first\n",
				file, variant);
			return false;
		}
	}
	return true;
}

static bool start_qemu(struct run *run)
{
	const struct options *options = &run->options;
	struct command command = {0};
	char qemu[PATH_MAX], image[PATH_MAX], initramfs[PATH_MAX], disk[128];
	char tsc[40] = "";
	unsigned int tsc_khz = options->kvm ? 0 : host_tsc_khz();
	int keep_fds[] = {run->console.guest_fd, run->test.guest_fd, -1};

	if (tsc_khz)
		snprintf(tsc, sizeof(tsc), " tsc_early_khz=%u", tsc_khz);
	if (!find_qemu(run, qemu, sizeof(qemu)) ||
	    !find_kernel(run, image, initramfs, sizeof(image)))
		return false;
	snprintf(disk, sizeof(disk), "%s/swap", run->work);
	if (!make_disk(disk, 512 << 20))
		return false;
	snprintf(disk, sizeof(disk), "%s/mnt", run->work);
	if (!make_ext4(run, disk))
		return false;

	add(&command, "%s", qemu);
	add(&command, "-nodefaults");
	add(&command, "-no-user-config");
	add(&command, "-no-reboot");
	add(&command, "-display");
	add(&command, "none");
	add(&command, "-M");
	add(&command, "q35,memory-backend=ram");
	add(&command, "-accel");
	add(&command, options->kvm ? "kvm" : "tcg,thread=multi");
	add(&command, "-cpu");
	add(&command, options->kvm ? "host" : "max");
	add(&command, "-smp");
	add(&command, "%d", options->cpus);
	add(&command, "-m");
	add(&command, "%s", options->memory);
	/* share=on: otherwise no file descriptors come with the DMA maps. */
	add(&command, "-object");
	add(&command, "memory-backend-memfd,id=ram,size=%s,share=on", options->memory);
	if (options->iommu) { /* before what it is for */
		add(&command, "-device");
		add(&command, "intel-iommu,caching-mode=on,intremap=off");
	}
	add(&command, "-chardev");
	add(&command, "socket,id=kernel,fd=%d", run->console.guest_fd);
	add(&command, "-serial");
	add(&command, "chardev:kernel");
	add(&command, "-chardev");
	add(&command, "socket,id=test,fd=%d", run->test.guest_fd);
	add(&command, "-device");
	add(&command, "virtio-serial-pci");
	add(&command, "-device");
	add(&command, "virtconsole,chardev=test");
	add(&command, "-qmp");
	add(&command, "unix:%s/qmp,server=on,wait=off", run->work);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "mnt" : "swap";

		add(&command, "-drive");
		add(&command, "if=none,id=%s,format=raw,cache=unsafe,file=%s/%s", name, run->work,
		    name);
		add(&command, "-device");
		/*
		 * QEMU does direct I/O to a page in a BAR through a bounce buffer, whose size is
		 * heeded only when the device goes the way of an IOMMU.
		 */
		add(&command, "virtio-blk-pci,drive=%s,serial=%s%s", name, name,
		    options->coherent ? ",iommu_platform=on,disable-legacy=on,"
					"x-max-bounce-buffer-size=16M"
				      : "");
	}
	for (int i = 0; i < options->devices; i++) {
		add(&command, "-device");
		add(&command, "pcie-root-port,id=rp%d,chassis=%d,slot=%d,x-speed=5", i, i + 1,
		    i + 1);
		add(&command, "-device");
		add(&command,
		    "{\"driver\":\"vfio-user-pci\",\"bus\":\"rp%d\",\"x-msg-timeout\":60000,"
		    "\"socket\":{\"type\":\"unix\",\"path\":\"%s/vfio%d\"}}",
		    i, run->work, i);
	}
	if (options->gdb) {
		add(&command, "-s");
		add(&command, "-S");
	}
	add(&command, "-kernel");
	add(&command, "%s", image);
	add(&command, "-initrd");
	add(&command, "%s", initramfs);
	/* no_timer_check: on a loaded host the ticks that it waits for come too late, and it
	 * panics. tsc_early_khz: there it also measures its clock wrong by any factor, and all
	 * limits of time with it. no5lvl: while the kernel finds out what its processor can
	 * (identify_cpu()), it has five levels of page tables and does not know it; an interrupt
	 * then is a wild access for KASAN. */
	add(&command, "-append");
	add(&command,
	    "console=ttyS0 panic=1 no_timer_check no5lvl printk.devkmsg=on%s%s dmmu.mode=%s "
	    "dmmu.seconds=%d "
	    "%s%s%s %s%s%s %s %s",
	    options->leaks ? " kmemleak=on" : "", tsc, options->mode_name, options->program_timeout,
	    options->filter ? "dmmu.filter=" : "", options->filter ? options->filter : "",
	    options->mode == MODE_SHELL && getenv("TERM") ? " dmmu.term=linux" : "",
	    options->args ? "dmmu.args=\"" : "", options->args ? options->args : "",
	    options->args ? "\"" : "",
	    options->gdb     ? "nokaslr"
	    : options->iommu ? "intel_iommu=on iommu.strict=1"
			     : "",
	    options->append ? options->append : "");
	bool ok = start(run, &run->qemu, "qemu", &command, keep_fds);

	/* Only QEMU has the other ends from now on, so that its death is the end of the channels.
	 */
	close(run->console.guest_fd);
	close(run->test.guest_fd);
	run->console.guest_fd = run->test.guest_fd = -1;
	return ok;
}

bool machine_start(struct run *run)
{
	for (int i = 0; i < run->options.devices; i++) {
		run->devices[i].id = i;
		if (!start_bridge(run, &run->devices[i]) || !start_model(run, &run->devices[i]))
			return false;
	}
	if (!start_qemu(run))
		return false;
	if (run->options.gdb)
		fprintf(stderr,
			"dmmu-vm: waiting for gdb: gdb %s/vmlinux -ex 'target remote :1234'\n",
			run->kernel_dir);
	return true;
}

void machine_act(struct run *run, const char *what)
{
	size_t length = strcspn(what, "0123");
	struct device *device = &run->devices[atoi(what + length)];

	fprintf(stderr, "dmmu-vm: %.1f s: %s\n", run_seconds(run), what);
	if (!device->model.pid)
		return;
	if (!strncmp(what, "restart-model", length)) {
		process_signal(&device->model, SIGKILL);
		process_stop(&device->model, false, 5000);
		start_model(run, device);
		return;
	}
	if (!strncmp(what, "continue-model", length)) {
		process_signal(&device->model, SIGCONT);
		return;
	}
	device->model_disturbed = true;
	process_signal(&device->model, !strncmp(what, "kill-model", length) ? SIGKILL : SIGSTOP);
}

void machine_stop(struct run *run)
{
	process_stop(&run->qemu, true, 5000);
	for (int i = 0; i < run->options.devices; i++) {
		struct device *device = &run->devices[i];

		/* A stopped process cannot end in order. */
		process_signal(&device->model, SIGCONT);
		process_stop(&device->model, true, 10000);
		process_stop(&device->bridge, true, 5000);
	}
}
