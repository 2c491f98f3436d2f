// SPDX-License-Identifier: GPL-2.0
/*
 * info.c: what the device is, and its counters.
 */
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dmmu_regs.h"
#include "dmmu_test.h"

static int opened(void)
{
	int fd = dmmu_open();

	if (fd < 0)
		fprintf(stderr, "dmmu-tool: cannot open the device: %s%s\n", strerror(-fd),
			fd == -EACCES ? " (the node is root's, unless a udev rule says else)" : "");
	return fd;
}

static void capability(uint32_t caps, uint32_t bit, const char *name)
{
	printf("  %-18s %s\n", name, caps & bit ? "yes" : "no");
}

int info(const char *node)
{
	char release[32] = "unknown", driver[32] = "unknown", state[32] = "unknown";
	struct dmmu_ioc_local local;
	struct dmmu_ioc_query query;
	bool bad = false;
	int fd = opened();

	if (fd < 0)
		return TOOL_BAD;
	attribute(node, "release", release, sizeof(release));
	attribute(node, "driver_release", driver, sizeof(driver));
	attribute(node, "state", state, sizeof(state));
	if (dmmu_query(fd, &query)) {
		close(fd);
		return TOOL_BAD;
	}
	printf("%s: %s\n", node, state);
	printf("releases             device %s, driver %s, dmmu-tool " TOOL_RELEASE "\n", release,
	       driver);
	printf("interface            device %u.%u, program %u (driver %u)\n",
	       query.device_version >> 16, query.device_version & 0xffff, DMMU_UAPI_VERSION,
	       query.uapi_version);
	if (strcmp(release, driver) || strcmp(driver, TOOL_RELEASE))
		puts("                     the releases differ; that is fine as long as the "
		     "interfaces "
		     "agree");
	if (query.uapi_version < DMMU_UAPI_VERSION) {
		puts("                     the driver is older than this program: some commands "
		     "will "
		     "not work");
		bad = true;
	}
	printf("hardware threads     %u\ncontexts             %u\nvirtual addresses    %u bits\n"
	       "shared TLB           %u entries\nclock                %u.%03u MHz\n",
	       query.threads, query.contexts, query.va_bits, query.tlb_entries,
	       query.clock_khz / 1000, query.clock_khz % 1000);
	printf("local memory         %" PRIu64 " MiB", (uint64_t)query.local_size >> 20);
	if (!dmmu_local(fd, &local) && local.total_pages)
		printf(", %" PRIu64 " pages of it for processes, %" PRIu64 " free",
		       (uint64_t)local.total_pages, (uint64_t)local.free_pages);
	else
		printf(", page tables only: pages of processes do not move");
	puts("\ncapabilities");
	capability(query.caps, DMMU_CAPS_AD_BITS, "accessed, dirty");
	capability(query.caps, DMMU_CAPS_HUGE_2M, "2 MiB pages");
	capability(query.caps, DMMU_CAPS_COPY, "copy engine");
	capability(query.caps, DMMU_CAPS_ATOMICS, "atomics");
	capability(query.caps, DMMU_CAPS_COHERENT, "coherent memory");
	capability(query.caps, DMMU_CAPS_PT_AGE, "page aging");
	close(fd);
	if (strcmp(state, "up") && strcmp(state, "unknown")) {
		printf("the device is not up: dmesg says why; dmmu-tool reset may bring it back\n");
		bad = true;
	}
	return bad ? TOOL_BAD : TOOL_OK;
}

static const struct {
	const char *name;
	unsigned int index;
} names[] = {
#define NAME(name, index) {#name, index},
	DMMU_COUNTERS(NAME)};

int counters(unsigned int every)
{
	struct dmmu_ioc_counters now, before = {0};
	int fd = opened(),
	    error = fd < 0 ? fd : dmmu_bind(fd); /* counters are for those who use it */

	if (error)
		return TOOL_BAD;
	for (;;) {
		if (dmmu_counters(fd, &now)) {
			close(fd);
			return TOOL_BAD;
		}
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			uint64_t value, old;

			if (names[i].index >= now.device_count)
				continue;
			value = now.device[names[i].index];
			old = before.device[names[i].index];
			if (!every || value != old)
				printf("%-24s %20" PRIu64 "\n", names[i].name, value - old);
		}
		if (!every)
			break;
		before = now;
		putchar('\n');
		fflush(stdout);
		sleep(every);
	}
	close(fd);
	return TOOL_OK;
}
