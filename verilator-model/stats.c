// SPDX-License-Identifier: GPL-2.0
/*
 * stats.c: what the process did, for benchmarks and people: tab-separated name, value, unit.
 * Written to a temporary file that is renamed, so that a reader never sees half of it.
 */
#include "model.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double model_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool model_stats_write(const struct model *model, const char *path)
{
	const struct model_stats *s = &model->stats;
	double mhz = s->busy_seconds > 0 ? (double)s->busy_cycles / s->busy_seconds * 1e-6 : 0;
	char temporary[4096];
	struct rusage usage;
	FILE *file;
	bool ok;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return false;
	file = fopen(temporary, "w");
	if (!file)
		return false;
	fprintf(file, "cycles\t%llu\tcycles\n", (unsigned long long)dmmu_device_cycles(model->dev));
	fprintf(file, "busy_cycles\t%llu\tcycles\n", (unsigned long long)s->busy_cycles);
	fprintf(file, "busy_time\t%.6f\ts\n", s->busy_seconds);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(file, "cpu_time\t%.3f\ts\n",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec));
	fprintf(file, "simulated_clock_busy\t%.3f\tMHz\n", mhz);
	fprintf(file, "sleeps\t%llu\tcount\n", (unsigned long long)s->sleeps);
	fprintf(file, "sleep_time\t%.6f\ts\n", s->sleep_seconds);
	fprintf(file, "mmio_reads\t%llu\tcount\n", (unsigned long long)s->mmio_reads);
	fprintf(file, "mmio_writes\t%llu\tcount\n", (unsigned long long)s->mmio_writes);
	fprintf(file, "irqs\t%llu\tcount\n", (unsigned long long)s->irqs);
	fprintf(file, "dma_maps\t%llu\tcount\n", (unsigned long long)s->dma_maps);
	fprintf(file, "dma_unmaps\t%llu\tcount\n", (unsigned long long)s->dma_unmaps);
	fprintf(file, "dma_refused\t%llu\tcount\n", (unsigned long long)s->dma_refused);
	fprintf(file, "resets\t%llu\tcount\n", (unsigned long long)s->resets);
	if (model->options.record_log)
		fprintf(file, "log_bytes\t%llu\tbytes\n", (unsigned long long)s->log_bytes);
	for (unsigned int i = 0; i < FAULT_KINDS; i++)
		if (model->bad.faults.happened[i])
			fprintf(file, "fault.%s\t%llu\tcount\n", faults_name((enum fault_kind)i),
				(unsigned long long)model->bad.faults.happened[i]);
	for (unsigned int i = 0; traffic_point_names[i]; i++)
		if (model->bad.faults.held_count[i])
			fprintf(file, "held.%s\t%llu\tcount\n", traffic_point_names[i],
				(unsigned long long)model->bad.faults.held_count[i]);
	ok = !ferror(file);
	ok = !fclose(file) && ok;
	return ok && !rename(temporary, path);
}
