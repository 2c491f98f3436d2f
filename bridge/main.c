// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu-bridge: a PCIe device for QEMU (vfio-user), whose inside is another process (the link).
 *
 * One thread, one poll() loop: a client, a device, and the two sockets on which they come. The
 * bridge outlives both; local memory is its own, so that its content survives a device that is
 * restarted.
 */
#include "client.h"
#include "dmmu_link.h"
#include "dmmu_regs.h"
#include "log.h"
#include "pci_function.h"
#include "unix_socket.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOCAL_MIN 0x10000ull
#define LOCAL_MAX (64ull << 30)

struct options {
	const char *socket_path, *link_path;
	uint64_t local_bytes;
	enum bar2_mode bar2;
	unsigned int vectors;
	int timeout_ms;
};

static const char usage[] =
	"usage: dmmu-bridge --socket PATH --link PATH --local-size BYTES [options]\n"
	"\n"
	"Presents the dmmu PCIe device to QEMU (-device vfio-user-pci) on one unix socket and\n"
	"talks to the device model over another. Runs until SIGINT or SIGTERM.\n"
	"\n"
	"  --socket PATH          listen here for QEMU (vfio-user)\n"
	"  --link PATH            listen here for dmmu-model or another device\n"
	"  --local-size BYTES     device-local memory: a power of two, suffix K, M or G\n"
	"  --bar2 map|trap|none   how the guest sees local memory (map): mapped by QEMU, trapped\n"
	"                         and in order with BAR0, or not at all\n"
	"  --msix-vectors N       entries of the MSI-X table, 1 to 5 (5)\n"
	"  --mmio-timeout-ms N    how long the device may take to answer, 10 to 3500 (2000)\n"
	"  --log error|info|debug (info)\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 after a signal, 1 failed, 2 usage.\n";

static bool parse_size(const char *text, uint64_t *bytes)
{
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 0);
	if (errno || end == text || *text == '-')
		return false;
	switch (*end) {
	case 'G':
		*bytes <<= 10; /* fall through */
	case 'M':
		*bytes <<= 10; /* fall through */
	case 'K':
		*bytes <<= 10;
		end++;
	}
	return !*end && *bytes >= LOCAL_MIN && *bytes <= LOCAL_MAX && !(*bytes & (*bytes - 1));
}

/* Index of text in the list of names, or -1. */
static int one_of(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

static int usage_error(const char *what, const char *value)
{
	fprintf(stderr, "dmmu-bridge: %s%s%s; see --help\n", what, value ? ": " : "",
		value ? value : "");
	return 2;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option names[] = {
		{"socket", 1, NULL, 's'},
		{"link", 1, NULL, 'l'},
		{"local-size", 1, NULL, 'm'},
		{"bar2", 1, NULL, 'b'},
		{"msix-vectors", 1, NULL, 'i'},
		{"mmio-timeout-ms", 1, NULL, 't'},
		{"log", 1, NULL, 'v'},
		{"help", 0, NULL, 'h'},
		{"version", 0, NULL, 'V'},
		{0},
	};
	static const char *const bar2[] = {"map", "trap", "none", NULL};
	static const char *const level[] = {"error", "info", "debug", NULL};
	int c, value;
	char *end;

	*opt = (struct options){.timeout_ms = 2000, .bar2 = BAR2_MAP, .vectors = DMMU_IRQ_COUNT};
	while ((c = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (c) {
		case 's':
			opt->socket_path = optarg;
			break;
		case 'l':
			opt->link_path = optarg;
			break;
		case 'm':
			if (!parse_size(optarg, &opt->local_bytes))
				return usage_error(
					"--local-size is not a power of two from 64K to 64G",
					optarg);
			break;
		case 'b':
			value = one_of(optarg, bar2);
			if (value < 0)
				return usage_error("--bar2 is map, trap or none", optarg);
			opt->bar2 = (enum bar2_mode)value;
			break;
		case 'i':
			value = (int)strtol(optarg, &end, 10);
			if (end == optarg || *end || value < 1 || value > (int)DMMU_IRQ_COUNT)
				return usage_error("--msix-vectors is from 1 to 5", optarg);
			opt->vectors = (unsigned int)value;
			break;
		case 't':
			opt->timeout_ms = (int)strtol(optarg, &end, 10);
			if (*end || opt->timeout_ms < 10 || opt->timeout_ms > 3500)
				return usage_error("--mmio-timeout-ms is from 10 to 3500", optarg);
			break;
		case 'v':
			value = one_of(optarg, level);
			if (value < 0)
				return usage_error("--log is error, info or debug", optarg);
			log_level = (enum log_level)value;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("dmmu-bridge %u.%u.%u, link %u.%u\n", DMMU_RST_RELEASE >> 16,
			       DMMU_RST_RELEASE >> 8 & 0xff, DMMU_RST_RELEASE & 0xff,
			       DMMU_LINK_MAJOR, DMMU_LINK_MINOR);
			return 0;
		default:
			return 2;
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	if (!opt->socket_path || !opt->link_path || !opt->local_bytes)
		return usage_error("--socket, --link and --local-size are needed", NULL);
	return -1;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each DMA mapping of a guest with an IOMMU keeps a descriptor. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void accept_client(int listen_fd, struct client *client, struct pci_function *pci)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (client->fd >= 0) {
		log_info("a second client was turned away: one is connected");
		close(fd);
		return;
	}
	log_info("client connected");
	client_connected(client, fd, &pci->ops);
}

static void serve_client(struct client *client, struct pci_function *pci)
{
	if (!client_serve(client, &pci->device.client_deadline)) {
		client_drop(client);
		pci_function_client_gone(pci);
	}
	pci->device.client_deadline = INT64_MAX;
}

static void run(int listen_fd, int signal_fd, struct client *client, struct pci_function *pci)
{
	enum { SIGNAL, NEW_CLIENT, NEW_DEVICE, CLIENT, EVENT, DEVICE, FDS };

	for (;;) {
		struct device_link *dev = &pci->device;
		struct pollfd fds[FDS] = {
			[SIGNAL] = {signal_fd, POLLIN, 0},
			[NEW_CLIENT] = {listen_fd, POLLIN, 0},
			[NEW_DEVICE] = {dev->listen_fd, POLLIN, 0},
			[CLIENT] = {client->fd, POLLIN, 0},
			[EVENT] = {-1, POLLIN, 0},
			[DEVICE] = {-1, POLLRDHUP, 0},
		};
		int timeout = -1;

		if (dev->link)
			dmmu_link_fds(dev->link, &fds[EVENT].fd, &fds[DEVICE].fd);
		if (!device_link_arm(dev))
			timeout = 0;
		if (poll(fds, FDS, timeout) < 0 && errno != EINTR) {
			log_error("poll: %s", strerror(errno));
			return;
		}
		if (fds[SIGNAL].revents)
			return;
		device_link_serve(dev);
		if (fds[NEW_DEVICE].revents)
			device_link_accept(dev);
		if (fds[CLIENT].revents)
			serve_client(client, pci);
		if (fds[NEW_CLIENT].revents)
			accept_client(listen_fd, client, pci);
	}
}

int main(int argc, char **argv)
{
	static struct client client;
	static struct pci_function pci;
	struct options opt;
	int status = parse_options(argc, argv, &opt), signal_fd, listen_fd;

	if (status >= 0)
		return status;
	raise_fd_limit();
	signal_fd = open_signals();
	client_init(&client);
	if (signal_fd < 0 || !pci_function_init(&pci, opt.link_path, opt.local_bytes, opt.bar2,
						opt.vectors, opt.timeout_ms))
		return 1;
	listen_fd = unix_listen(opt.socket_path, SOCK_STREAM);
	if (listen_fd < 0) {
		log_error("cannot listen on %s: %s", opt.socket_path, strerror(errno));
		unlink(opt.link_path);
		pci_function_end(&pci);
		return 1;
	}
	log_info("listening: vfio-user on %s, device on %s", opt.socket_path, opt.link_path);
	run(listen_fd, signal_fd, &client, &pci);
	log_info("ending");
	client_drop(&client);
	close(listen_fd);
	close(signal_fd);
	unlink(opt.socket_path);
	unlink(opt.link_path);
	pci_function_end(&pci);
	return 0;
}
