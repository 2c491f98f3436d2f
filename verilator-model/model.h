/* SPDX-License-Identifier: GPL-2.0 */
/*
 * model.h: what the files of dmmu-model share: one device behind one link. main.c reads the options
 * and handles signals, model.c is the loop, mmio.c does what the host asks of the BARs, stats.c
 * counts, misbehave.c and control.c let it go wrong on demand.
 */
#ifndef DMMU_MODEL_H
#define DMMU_MODEL_H

#include "device.h"
#include "dmmu_link.h"
#include "misbehave.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum model_exit {
	MODEL_OK = 0,	  /* a signal or the other end of the link asked for it */
	MODEL_FAILED = 1, /* could not start, or guest memory vanished */
	MODEL_USAGE = 2,
	MODEL_BROKEN = 3, /* an assertion of the RTL failed, or the device broke a bus rule */
};

struct model_options {
	const char *link_path;
	unsigned int connect_seconds;
	uint32_t host_latency, local_latency;
	uint32_t host_bandwidth, local_bandwidth; /* beats per 1024 cycles */
	bool coherent;				  /* CAPS.COHERENT */
	bool reorder;
	uint32_t stall;
	uint64_t seed;
	const char *trace;
	uint64_t trace_from, trace_cycles;
	const char *stats;
	bool no_sleep;
	unsigned int spin_us;
	const char *faults;  /* SPEC, or NULL */
	const char *control; /* socket, or NULL */
	const char *record_log;
	uint64_t record_limit; /* bytes */
	unsigned int hash_every;
	const char *command; /* how we were started, for people */
};

struct model_stats {
	double busy_seconds, sleep_seconds;
	uint64_t busy_cycles;
	uint64_t log_bytes;
	uint64_t sleeps, mmio_reads, mmio_writes, irqs, dma_maps, dma_unmaps, dma_refused, resets;
};

struct model {
	struct model_options options;
	struct dmmu_link *link;
	struct dmmu_device *dev;
	struct dmmu_dma_table *dma;
	uint8_t *local;
	uint64_t local_bytes;
	bool bus_master;
	int control_fd; /* listens, or -1 */
	struct stimulus_log *log;
	struct misbehaviour bad;
	struct model_stats stats;
};

/* Set by signal handlers, looked at by the loop. */
extern volatile sig_atomic_t model_stop, model_want_stats, model_memory_lost;

/* A link, and with it the memory that it brings. False: it says why on stderr. */
bool model_connect(struct model *model);
void model_disconnect(struct model *model); /* as if we had died */

/* Runs until something of enum model_exit happens, and says on stderr what. */
int model_run(struct model *model);

/* One message that reads or writes a BAR. False: the device broke (dev->error). */
bool model_mmio_read(struct model *model, const struct dmmu_msg *msg, struct dmmu_msg *reply);
bool model_mmio_write(struct model *model, const struct dmmu_msg *msg);

/* Tab-separated name, value, unit, into a new file that replaces the old one. */
bool model_stats_write(const struct model *model, const char *path);
double model_now(void); /* monotonic, seconds */

#endif /* DMMU_MODEL_H */
