// SPDX-License-Identifier: GPL-2.0
/*
 * main.c: dmmu-model, the Verilated device as a process behind the link (docs/model.md). Options,
 * the memories, signals. It always ends in order: the waveform closed, statistics written, BYE
 * said.
 */
#include "control.h"
#include "dmmu_regs.h"
#include "model.h"
#include "number.h"
#include "stimulus.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t model_stop, model_want_stats, model_memory_lost;

static struct dmmu_link *signal_link;
static struct dmmu_sim *signal_sim;

static void on_end(int signal)
{
	(void)signal;
	model_stop = 1;
	if (signal_link)
		dmmu_link_wake(signal_link);
}

static void on_usr1(int signal)
{
	(void)signal;
	model_want_stats = 1;
	if (signal_link)
		dmmu_link_wake(signal_link);
}

/*
 * The file behind guest memory became shorter: QEMU is gone, or going. Put a page of zeroes there,
 * so that the access ends, and let the loop see it.
 */
static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)4095;

	(void)context;
	if (info->si_code != BUS_ADRERR ||
	    mmap((void *)page, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		struct sigaction fall = {.sa_handler = SIG_DFL};

		sigaction(signal, &fall, NULL);
		raise(signal);
		return;
	}
	model_memory_lost = 1;
}

/* A bug of ours. Saving the waveform may fail in turn, so a bound is set first. */
static void on_fatal(int signal)
{
	alarm(2);
	if (signal_sim)
		dmmu_sim_trace_flush(signal_sim);
	raise(signal); /* SA_RESETHAND: now with its default action */
}

static void set_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	static const int fatals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL};
	struct sigaction action = {.sa_handler = on_end};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = on_usr1;
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	action.sa_sigaction = on_sigbus;
	action.sa_flags = SA_SIGINFO;
	sigaction(SIGBUS, &action, NULL);
	action.sa_handler = on_fatal;
	action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
	for (size_t i = 0; i < sizeof(fatals) / sizeof(*fatals); i++)
		sigaction(fatals[i], &action, NULL);
}

static void *translate_host(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct model *model = opaque;
	void *here = NULL;

	if (model->bus_master && dmmu_link_dma_open(model->link))
		here = dmmu_dma_find(model->dma, addr, len, write);
	if (!here)
		model->stats.dma_refused++;
	return here;
}

static void *translate_local(void *opaque, uint64_t addr, uint64_t len, bool write)
{
	struct model *model = opaque;

	(void)write;
	return len <= model->local_bytes && addr <= model->local_bytes - len ? model->local + addr
									     : NULL;
}

static void usage(FILE *to)
{
	fputs("usage: dmmu-model --link PATH [options]\n"
	      "The Verilated dmmu device behind the link that dmmu-bridge listens on.\n\n"
	      "  --link PATH             socket of the bridge\n"
	      "  --connect-timeout S     keep trying to connect for so long (default 10)\n"
	      "  --host-latency N        cycles to host memory (default 60)\n"
	      "  --local-latency N       cycles to local memory (default 12)\n"
	      "  --host-bandwidth F      beats of 8 bytes per cycle each way, above 0, at most 1\n"
	      "                          (default 1)\n"
	      "  --local-bandwidth F     the same for local memory\n"
	      "  --coherent              say that the CPU may cache local memory (CAPS.COHERENT)\n"
	      "  --reorder               memories answer in any order AXI allows, at random\n"
	      "  --stall N               back-pressure of the memories, N times in 1000\n"
	      "  --seed N                for --reorder, --stall and --faults (default 1)\n"
	      "  --faults SPEC           misbehave (docs/adversity.md); help lists what there is\n"
	      "  --control PATH          a socket to change that while it runs (dmmu-control)\n"
	      "  --record-log FILE       log of all that goes into the device, for dmmu-replay\n"
	      "  --record-limit MB       stop logging when the file is so large (default: never)\n"
	      "  --hash-every N          cycles between two hashes of the outputs in it (default "
	      "64)\n"
	      "  --trace FILE            waveform, FST\n"
	      "  --trace-from CYCLE      first cycle of it (default 0)\n"
	      "  --trace-cycles N        number of cycles (default: to the end)\n"
	      "  --stats FILE            counts, tab-separated, at the end and on SIGUSR1\n"
	      "  --no-sleep              clock the device also when it is idle\n"
	      "  --spin US               microseconds of polling before it sleeps (default 20)\n"
	      "  --help, --version\n\n"
	      "Ends with 0 on SIGINT, SIGTERM, SIGHUP or the end of the link, 1 when it cannot "
	      "start or\n"
	      "guest memory vanishes, 2 on wrong usage, 3 when the device breaks an assertion or a "
	      "bus rule.\n",
	      to);
}

static _Noreturn void wrong(const char *option, const char *value, const char *want)
{
	fprintf(stderr, "dmmu-model: --%s %s: want %s; see --help\n", option, value, want);
	exit(MODEL_USAGE);
}

static uint64_t number(const char *option, const char *text, uint64_t max)
{
	uint64_t value;

	if (!number_parse(text, max, &value))
		wrong(option, text, "a number in range");
	return value;
}

static uint32_t fraction(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value <= 1))
		wrong(option, text, "a fraction above 0, at most 1");
	return value * 1024 < 1 ? 1 : (uint32_t)lrint(value * 1024);
}

static const char *check_spec(const char *spec)
{
	struct faults faults = {0};
	char error[256];

	if (!strcmp(spec, "help")) {
		faults_help(stdout);
		exit(0);
	}
	if (!faults_set(&faults, spec, 1, error, sizeof(error))) {
		fprintf(stderr, "dmmu-model: --faults: %s\n", error);
		exit(MODEL_USAGE);
	}
	return spec;
}

enum {
	OPT_LINK = 256,
	OPT_CONNECT,
	OPT_HOST_LATENCY,
	OPT_LOCAL_LATENCY,
	OPT_HOST_BANDWIDTH,
	OPT_LOCAL_BANDWIDTH,
	OPT_REORDER,
	OPT_STALL,
	OPT_SEED,
	OPT_FAULTS,
	OPT_CONTROL,
	OPT_RECORD_LOG,
	OPT_RECORD_LIMIT,
	OPT_HASH_EVERY,
	OPT_TRACE,
	OPT_TRACE_FROM,
	OPT_TRACE_CYCLES,
	OPT_STATS,
	OPT_COHERENT,
	OPT_NO_SLEEP,
	OPT_SPIN,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"link", required_argument, NULL, OPT_LINK},
	{"connect-timeout", required_argument, NULL, OPT_CONNECT},
	{"host-latency", required_argument, NULL, OPT_HOST_LATENCY},
	{"local-latency", required_argument, NULL, OPT_LOCAL_LATENCY},
	{"host-bandwidth", required_argument, NULL, OPT_HOST_BANDWIDTH},
	{"local-bandwidth", required_argument, NULL, OPT_LOCAL_BANDWIDTH},
	{"reorder", no_argument, NULL, OPT_REORDER},
	{"stall", required_argument, NULL, OPT_STALL},
	{"seed", required_argument, NULL, OPT_SEED},
	{"faults", required_argument, NULL, OPT_FAULTS},
	{"control", required_argument, NULL, OPT_CONTROL},
	{"record-log", required_argument, NULL, OPT_RECORD_LOG},
	{"record-limit", required_argument, NULL, OPT_RECORD_LIMIT},
	{"hash-every", required_argument, NULL, OPT_HASH_EVERY},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"trace-from", required_argument, NULL, OPT_TRACE_FROM},
	{"trace-cycles", required_argument, NULL, OPT_TRACE_CYCLES},
	{"stats", required_argument, NULL, OPT_STATS},
	{"coherent", no_argument, NULL, OPT_COHERENT},
	{"no-sleep", no_argument, NULL, OPT_NO_SLEEP},
	{"spin", required_argument, NULL, OPT_SPIN},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

static struct model_options parse(int argc, char **argv)
{
	struct model_options o = {
		.connect_seconds = 10,
		.host_latency = 60,
		.local_latency = 12,
		.seed = 1,
		.spin_us = 20,
	};
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		const char *name = long_options[index].name;

		switch (option) {
		case OPT_LINK:
			o.link_path = optarg;
			break;
		case OPT_CONNECT:
			o.connect_seconds = (unsigned int)number(name, optarg, 3600);
			break;
		case OPT_HOST_LATENCY:
			o.host_latency = (uint32_t)number(name, optarg, 100000);
			break;
		case OPT_LOCAL_LATENCY:
			o.local_latency = (uint32_t)number(name, optarg, 100000);
			break;
		case OPT_HOST_BANDWIDTH:
			o.host_bandwidth = fraction(name, optarg);
			break;
		case OPT_LOCAL_BANDWIDTH:
			o.local_bandwidth = fraction(name, optarg);
			break;
		case OPT_REORDER:
			o.reorder = true;
			break;
		case OPT_STALL:
			o.stall = (uint32_t)number(name, optarg, 990);
			break;
		case OPT_SEED:
			o.seed = number(name, optarg, UINT64_MAX);
			break;
		case OPT_FAULTS:
			o.faults = check_spec(optarg);
			break;
		case OPT_CONTROL:
			o.control = optarg;
			break;
		case OPT_RECORD_LOG:
			o.record_log = optarg;
			break;
		case OPT_RECORD_LIMIT:
			o.record_limit = number(name, optarg, 1u << 20) << 20;
			break;
		case OPT_HASH_EVERY:
			o.hash_every = (unsigned int)number(name, optarg, 1u << 20);
			break;
		case OPT_TRACE:
			o.trace = optarg;
			break;
		case OPT_TRACE_FROM:
			o.trace_from = number(name, optarg, UINT64_MAX);
			break;
		case OPT_TRACE_CYCLES:
			o.trace_cycles = number(name, optarg, UINT64_MAX);
			break;
		case OPT_STATS:
			o.stats = optarg;
			break;
		case OPT_COHERENT:
			o.coherent = true;
			break;
		case OPT_NO_SLEEP:
			o.no_sleep = true;
			break;
		case OPT_SPIN:
			o.spin_us = (unsigned int)number(name, optarg, 1000000);
			break;
		case OPT_HELP:
			usage(stdout);
			exit(0);
		case OPT_VERSION:
			printf("dmmu-model " DMMU_PROJECT_VERSION
			       ", device interface %u.%u, link %u.%u\n",
			       DMMU_RST_VERSION >> 16, DMMU_RST_VERSION & 0xffff, DMMU_LINK_MAJOR,
			       DMMU_LINK_MINOR);
			exit(0);
		default:
			exit(MODEL_USAGE);
		}
	}
	if (optind != argc || !o.link_path) {
		fprintf(stderr, "dmmu-model: %s; see --help\n",
			optind != argc ? "unexpected argument" : "--link PATH is missing");
		exit(MODEL_USAGE);
	}
	if (!o.trace && (o.trace_from || o.trace_cycles)) {
		fprintf(stderr, "dmmu-model: --trace-from and --trace-cycles need --trace FILE\n");
		exit(MODEL_USAGE);
	}
	return o;
}

static struct dmmu_link *connect_link(const struct model_options *o, struct dmmu_link_offer *offer)
{
	double until = model_now() + o->connect_seconds;
	struct dmmu_link *link;

	while (!(link = dmmu_link_connect(o->link_path, offer))) {
		/* busy: the bridge may not have noticed yet that our predecessor died */
		bool may_come = errno == ENOENT || errno == ECONNREFUSED || errno == EBUSY ||
				errno == EINTR;

		if (!may_come || model_stop || model_now() > until) {
			fprintf(stderr, "dmmu-model: no link at %s: %s%s\n", o->link_path,
				strerror(errno), may_come ? " (is dmmu-bridge running?)" : "");
			return NULL;
		}
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	return link;
}

bool model_connect(struct model *model)
{
	struct dmmu_link_offer offer;

	model->link = connect_link(&model->options, &offer);
	if (!model->link)
		return false;
	signal_link = model->link;
	if (model->local) /* connected anew: the front end keeps the memory */
		return true;
	model->local_bytes = offer.local_bytes;
	model->local = mmap(NULL, offer.local_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    offer.local_fd, 0);
	if (model->local == MAP_FAILED) {
		perror("dmmu-model: cannot map local memory");
		model->local = NULL;
		return false;
	}
	return true;
}

void model_disconnect(struct model *model)
{
	signal_link = NULL;
	dmmu_link_drop(model->link);
	model->link = NULL;
	model->bus_master = false;
	dmmu_dma_remove(model->dma, 0, DMMU_DMA_EVERYTHING);
}

static bool open_log(struct model *model)
{
	const struct model_options *o = &model->options;
	struct stimulus_config config = {
		.local_bytes = model->local_bytes,
		.local_coherent = o->coherent,
		.hash_every = o->hash_every,
		.limit = o->record_limit,
		.command = o->command,
	};

	if (!o->record_log)
		return true;
	model->log = stimulus_open(o->record_log, &config);
	if (!model->log)
		fprintf(stderr, "dmmu-model: cannot write %s: %s\n", o->record_log,
			strerror(errno));
	return model->log;
}

static void close_log(struct model *model)
{
	uint64_t bytes = 0;

	if (!model->log)
		return;
	if (!stimulus_close(model->log, &bytes))
		fprintf(stderr, "dmmu-model: the log %s is not complete: could not be written\n",
			model->options.record_log);
	model->stats.log_bytes = bytes;
	model->log = NULL;
}

static bool open_control(struct model *model)
{
	const char *path = model->options.control;

	if (!path)
		return true;
	model->control_fd = control_open(path);
	if (model->control_fd < 0)
		fprintf(stderr, "dmmu-model: cannot listen on %s: %s\n", path, strerror(errno));
	return model->control_fd >= 0;
}

static bool start(struct model *model)
{
	struct model_options *o = &model->options;
	struct dmmu_mem_config host, local;
	struct dmmu_straps straps;

	if (!model_connect(model) || !misbehave_init(model) || !open_log(model) ||
	    !open_control(model))
		return false;
	host = (struct dmmu_mem_config){
		.name = "host",
		.latency = o->host_latency,
		.beats_per_1024 = o->host_bandwidth,
		.reorder = o->reorder,
		.stall = o->stall,
		.seed = o->seed,
		.translate = translate_host,
		.befall = misbehave_host,
		.opaque = model,
	};
	local = host;
	local.name = "local";
	local.latency = o->local_latency;
	local.beats_per_1024 = o->local_bandwidth;
	local.translate = translate_local;
	local.befall = misbehave_local;
	straps = (struct dmmu_straps){model->local_bytes, o->coherent};
	model->dma = dmmu_dma_new();
	model->dev = model->dma ? dmmu_device_new_logged(&straps, &host, &local, false, model->log)
				: NULL;
	if (!model->dev) {
		fprintf(stderr, "dmmu-model: out of memory\n");
		return false;
	}
	signal_sim = model->dev->sim;
	if (o->trace &&
	    !dmmu_sim_trace(model->dev->sim, o->trace, o->trace_from, o->trace_cycles)) {
		fprintf(stderr, "dmmu-model: cannot write the waveform %s: %s\n", o->trace,
			strerror(errno));
		return false;
	}
	return true;
}

/* The words of the command line, for the log. */
static char *join(int argc, char **argv)
{
	size_t length = 1;
	char *line;

	for (int i = 0; i < argc; i++)
		length += strlen(argv[i]) + 1;
	line = calloc(1, length);
	for (int i = 0; line && i < argc; i++) {
		strcat(line, argv[i]);
		strcat(line, i + 1 < argc ? " " : "");
	}
	return line;
}

int main(int argc, char **argv)
{
	static struct model model;
	char *command = join(argc, argv);
	int status = MODEL_FAILED;

	model.options = parse(argc, argv);
	model.options.command = command;
	model.control_fd = -1;
	set_signals();
	if (start(&model)) {
		status = model_run(&model);
		close_log(&model);
		if (model.options.stats && !model_stats_write(&model, model.options.stats)) {
			perror(model.options.stats);
			status = status ? status : MODEL_FAILED;
		}
	}
	signal_sim = NULL;
	signal_link = NULL;
	close_log(&model);
	misbehave_fini(&model);
	control_close(model.control_fd, model.options.control);
	dmmu_device_free(model.dev);
	dmmu_dma_free(model.dma);
	dmmu_link_close(model.link);
	if (model.local)
		munmap(model.local, model.local_bytes);
	free(command);
	return status;
}
