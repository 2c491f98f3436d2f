/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.c: the command line of dmmu-vm, checked before anything is started.
 */
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: dmmu-vm --mode kunit|selftests|hmm|demo|bench|shell|exec [options]\n"
	"Boots the harness kernel with the Verilated device and does one thing in it.\n\n"
	"  --kernel NAME              plain, debug, gdb, kcov (6.12), 7.2-plain, 7.2-debug, "
	"7.2-gdb, or "
	"stock or stock-6.1, Debian's own (default plain)\n"
	"  --filter GLOB              kunit: suites, selftests: programs (default all)\n"
	"  --args TEXT                demo, bench: its arguments; exec: a shell command; hmm: dmmu "
	"or "
	"dummy\n"
	"  --ktap                     exec: the command prints KTAP; judge that too\n"
	"  --run-dir DIR              logs, results.tsv (default runs/MODE-KERNEL in the build "
	"directory)\n"
	"  --timeout S                for the whole run, 0 none (default 900, debug 2700, shell "
	"and gdb none)\n"
	"  --program-timeout S        for one program in the guest (default 600, debug 1200)\n"
	"  --leaks                    debug kernel: look for memory leaks too (kmemleak; takes "
	"three times as long)\n"
	"  --collect                  exit 0 when there are results, whatever they say\n"
	"  --verbose                  print all the guest says\n"
	"  --keep                     keep sockets, disks and stimulus.log after the run\n"
	"  --keep-log                 keep stimulus.log\n"
	"  --no-record                no stimulus.log (else a failed run leaves one, for ./dmmu "
	"replay)\n"
	"device:\n"
	"  --device bare|small|board-sim\n"
	"                             the device itself (default), one of 4 threads and 4 "
	"contexts, "
	"or in\n"
	"                             a card's top, behind its clock crossings\n"
	"  --bar2 map|trap|none          may the guest map local memory (default map)\n"
	"  --msix-vectors N           entries of the MSI-X table, 1 to 5: fewer than the device "
	"has causes to\n"
	"                             interrupt (default 5)\n"
	"  --coherent N               of the devices the last N have local memory that the CPU may "
	"cache\n"
	"  --local-size SIZE          local memory, a power of two (default 64M)\n"
	"  --host-latency N           cycles from the device to host memory\n"
	"  --wave FILE                waveform (FST); --wave-from CYCLE, --wave-cycles N bound it\n"
	"  --model-arg ARG            one more argument for dmmu-model; may be repeated\n"
	"  --at TEXT ACTION           when a line on the test channel has TEXT: kill-model, "
	"stop-model,\n"
	"                             continue-model or restart-model; once each; may be repeated; "
	"kill-model1 is\n"
	"                             that of the second device\n"
	"machine:\n"
	"  --memory SIZE --cpus N     default 1G and 2\n"
	"  --gdb                      wait for gdb on port 1234 before the first instruction\n"
	"  --kvm                      hardware virtualization (default: emulation, the same "
	"everywhere)\n"
	"  --append TEXT              more for the kernel's command line\n"
	"  --devices N                so many devices, each with a bridge and a model of its own "
	"(default "
	"1)\n"
	"  --iommu                    an IOMMU in the machine, in use (kernel stock; others lack "
	"the driver)\n"
	"  --no-device                none: the bare machine\n"
	"  --kernel-image FILE --initramfs FILE --qemu FILE --bridge FILE --model FILE\n"
	"                             instead of those of the build directory and the cache\n\n"
	"Exit status: 0 well, 1 a test failed or the kernel complained, 2 wrong usage, 3 could not "
	"start.\n";

static bool number(const char *text, int low, int *value, const char *option)
{
	char *end;
	long parsed = strtol(text, &end, 10);

	if (*end || end == text || parsed < low || parsed > INT_MAX) {
		fprintf(stderr, "dmmu-vm: --%s takes a number from %d, not '%s'\n", option, low,
			text);
		return false;
	}
	*value = (int)parsed;
	return true;
}

static bool one_of(const char *value, const char *const *allowed, const char *option)
{
	for (const char *const *word = allowed; *word; word++)
		if (!strcmp(value, *word))
			return true;
	fprintf(stderr, "dmmu-vm: --%s does not know '%s'; see --help\n", option, value);
	return false;
}

/* An action may end in the number of the device. */
static bool action(const char *what, const char *const *allowed)
{
	char name[32];
	size_t length = strlen(what);

	if (length && strchr("0123", what[length - 1]))
		length--;
	snprintf(name, sizeof(name), "%.*s", (int)length, what);
	return one_of(name, allowed, "at");
}

static bool model_arg(struct options *options, const char *arg)
{
	if (options->model_arg_count == MAX_MODEL_ARGS) {
		fputs("dmmu-vm: too many arguments for the model\n", stderr);
		return false;
	}
	options->model_args[options->model_arg_count++] = (char *)arg;
	return true;
}

bool options_kernel_checks(const struct options *options)
{
	return strstr(options->kernel, "debug") || !strcmp(options->kernel, "kcov");
}

bool options_read(struct options *options, int argc, char **argv, int *exit_status)
{
	static const char *const modes[] = {"kunit", "selftests", "demo", "bench",
					    "shell", "exec",	  "hmm",  NULL};
	static const char *const kernels[] = {"plain",	   "debug",	"gdb",	   "kcov",
					      "7.2-plain", "7.2-debug", "7.2-gdb", "stock",
					      "stock-6.1", NULL};
	static const char *const cards[] = {"bare", "small", "board-sim", NULL};
	static const char *const bar2s[] = {"map", "trap", "none", NULL};
	static const char *const acts[] = {"kill-model", "stop-model", "continue-model",
					   "restart-model", NULL};
	enum {
		MODE = 1,
		KERNEL,
		FILTER,
		ARGS,
		KTAP,
		RUN_DIR,
		TIMEOUT,
		PROGRAM_TIMEOUT,
		COLLECT,
		VERBOSE,
		KEEP,
		DEVICE,
		BAR2,
		MSIX_VECTORS,
		COHERENT,
		LOCAL_SIZE,
		HOST_LATENCY,
		WAVE,
		WAVE_FROM,
		WAVE_CYCLES,
		MODEL_ARG,
		AT,
		MEMORY,
		CPUS,
		GDB,
		KVM,
		APPEND,
		NO_DEVICE,
		IOMMU,
		DEVICES,
		LEAKS,
		NO_RECORD,
		KEEP_LOG,
		KERNEL_IMAGE,
		INITRAMFS,
		QEMU,
		BRIDGE,
		MODEL,
		HELP,
	};
	static const struct option longs[] = {
		{"mode", 1, NULL, MODE},
		{"kernel", 1, NULL, KERNEL},
		{"filter", 1, NULL, FILTER},
		{"args", 1, NULL, ARGS},
		{"ktap", 0, NULL, KTAP},
		{"run-dir", 1, NULL, RUN_DIR},
		{"timeout", 1, NULL, TIMEOUT},
		{"program-timeout", 1, NULL, PROGRAM_TIMEOUT},
		{"collect", 0, NULL, COLLECT},
		{"verbose", 0, NULL, VERBOSE},
		{"keep", 0, NULL, KEEP},
		{"device", 1, NULL, DEVICE},
		{"bar2", 1, NULL, BAR2},
		{"msix-vectors", 1, NULL, MSIX_VECTORS},
		{"coherent", 1, NULL, COHERENT},
		{"local-size", 1, NULL, LOCAL_SIZE},
		{"host-latency", 1, NULL, HOST_LATENCY},
		{"wave", 1, NULL, WAVE},
		{"wave-from", 1, NULL, WAVE_FROM},
		{"wave-cycles", 1, NULL, WAVE_CYCLES},
		{"model-arg", 1, NULL, MODEL_ARG},
		{"at", 1, NULL, AT},
		{"memory", 1, NULL, MEMORY},
		{"cpus", 1, NULL, CPUS},
		{"gdb", 0, NULL, GDB},
		{"kvm", 0, NULL, KVM},
		{"append", 1, NULL, APPEND},
		{"no-device", 0, NULL, NO_DEVICE},
		{"iommu", 0, NULL, IOMMU},
		{"devices", 1, NULL, DEVICES},
		{"leaks", 0, NULL, LEAKS},
		{"no-record", 0, NULL, NO_RECORD},
		{"keep-log", 0, NULL, KEEP_LOG},
		{"kernel-image", 1, NULL, KERNEL_IMAGE},
		{"initramfs", 1, NULL, INITRAMFS},
		{"qemu", 1, NULL, QEMU},
		{"bridge", 1, NULL, BRIDGE},
		{"model", 1, NULL, MODEL},
		{"help", 0, NULL, HELP},
		{0},
	};
	bool record = true; /* what a shell or a benchmark does, nobody needs again */
	bool ok = true;
	int c;

	*options = (struct options){
		.kernel = "plain",
		.memory = "1G",
		.card = "bare",
		.bar2 = "map",
		.msix_vectors = ALL_VECTORS,
		.local_size = "64M",
		.timeout = -1,
		.program_timeout = -1,
		.cpus = 2,
		.devices = 1,
	};
	*exit_status = 2;
	while (ok && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case MODE:
			ok = one_of(optarg, modes, "mode");
			options->mode_name = optarg;
			break;
		case KERNEL:
			ok = one_of(optarg, kernels, "kernel");
			options->kernel = optarg;
			break;
		case FILTER:
			options->filter = optarg;
			break;
		case ARGS:
			options->args = optarg;
			break;
		case KTAP:
			options->ktap = true;
			break;
		case RUN_DIR:
			options->run_dir = optarg;
			break;
		case TIMEOUT:
			ok = number(optarg, 0, &options->timeout, "timeout");
			break;
		case PROGRAM_TIMEOUT:
			ok = number(optarg, 1, &options->program_timeout, "program-timeout");
			break;
		case COLLECT:
			options->collect = true;
			break;
		case VERBOSE:
			options->verbose = true;
			break;
		case KEEP:
			options->keep = true;
			break;
		case DEVICE:
			ok = one_of(optarg, cards, "device");
			options->card = optarg;
			break;
		case BAR2:
			ok = one_of(optarg, bar2s, "bar2");
			options->bar2 = optarg;
			break;
		case MSIX_VECTORS:
			ok = number(optarg, 1, &options->msix_vectors, "msix-vectors");
			break;
		case COHERENT:
			ok = number(optarg, 0, &options->coherent, "coherent");
			break;
		case LOCAL_SIZE:
			options->local_size = optarg;
			break;
		case HOST_LATENCY:
			ok = model_arg(options, "--host-latency") && model_arg(options, optarg);
			break;
		case WAVE:
			options->wave = optarg;
			break;
		case WAVE_FROM:
			ok = model_arg(options, "--trace-from") && model_arg(options, optarg);
			break;
		case WAVE_CYCLES:
			ok = model_arg(options, "--trace-cycles") && model_arg(options, optarg);
			break;
		case MODEL_ARG:
			ok = model_arg(options, optarg);
			break;
		case AT:
			if (optind >= argc || options->action_count == MAX_ACTIONS) {
				fputs("dmmu-vm: --at takes a text and an action\n", stderr);
				return false;
			}
			options->actions[options->action_count++] =
				(struct action){.pattern = optarg, .what = argv[optind]};
			ok = action(argv[optind++], acts);
			break;
		case MEMORY:
			options->memory = optarg;
			break;
		case CPUS:
			ok = number(optarg, 1, &options->cpus, "cpus");
			break;
		case GDB:
			options->gdb = true;
			break;
		case KVM:
			options->kvm = true;
			break;
		case APPEND:
			options->append = optarg;
			break;
		case IOMMU:
			options->iommu = true;
			break;
		case NO_DEVICE:
			options->devices = 0;
			break;
		case DEVICES:
			ok = number(optarg, 0, &options->devices, "devices");
			if (ok && options->devices > MAX_DEVICES) {
				fprintf(stderr, "dmmu-vm: --devices takes at most %d\n",
					MAX_DEVICES);
				ok = false;
			}
			break;
		case NO_RECORD:
			record = false;
			break;
		case KEEP_LOG:
			options->keep_log = true;
			break;
		case LEAKS:
			options->leaks = true;
			break;
		case KERNEL_IMAGE:
			options->kernel_image = optarg;
			break;
		case INITRAMFS:
			options->initramfs = optarg;
			break;
		case QEMU:
			options->qemu = optarg;
			break;
		case BRIDGE:
			options->bridge = optarg;
			break;
		case MODEL:
			options->model = optarg;
			break;
		case 'h':
		case HELP:
			fputs(help, stdout);
			*exit_status = 0;
			return false;
		default:
			fputs("dmmu-vm: see --help\n", stderr);
			return false;
		}
	}
	if (!ok)
		return false;
	if (optind < argc || !options->mode_name) {
		fprintf(stderr, "dmmu-vm: %s; see --help\n",
			optind < argc ? "too many arguments" : "--mode is missing");
		return false;
	}
	if (options->msix_vectors > ALL_VECTORS) {
		fprintf(stderr, "dmmu-vm: --msix-vectors takes 1 to %d, not %d\n", ALL_VECTORS,
			options->msix_vectors);
		return false;
	}
	if (options->coherent > options->devices ||
	    (options->coherent && strcmp(options->bar2, "map"))) {
		fputs("dmmu-vm: --coherent takes no more than there are devices, and needs --bar2 "
		      "map\n",
		      stderr);
		return false;
	}
	if ((options->args && strchr(options->args, '"')) ||
	    (options->filter && strpbrk(options->filter, "\" "))) {
		fputs("dmmu-vm: --args and --filter go by the kernel's command line: no double "
		      "quote, no blank in a filter\n",
		      stderr);
		return false;
	}
	if (strchr(options->memory, ',')) {
		fputs("dmmu-vm: --memory takes a size like 1G\n", stderr);
		return false;
	}
	for (int i = 0; modes[i]; i++)
		if (!strcmp(modes[i], options->mode_name))
			options->mode = (enum mode)i;

	bool debug = options_kernel_checks(options);

	options->record = record && options->mode != MODE_SHELL && options->mode != MODE_BENCH;
	if (options->timeout < 0)
		options->timeout = options->mode == MODE_SHELL || options->gdb ? 0
				   : debug				       ? 2700
									       : 900;
	bool command = options->mode == MODE_DEMO || options->mode == MODE_BENCH ||
		       options->mode == MODE_EXEC;

	/* A single command may take all the time of the run. */
	if (options->program_timeout < 0 && command)
		options->program_timeout = options->timeout ? options->timeout : 86400;
	if (options->program_timeout < 0)
		options->program_timeout = options->gdb ? 86400 : debug ? 1200 : 600;
	return true;
}
