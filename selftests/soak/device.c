// SPDX-License-Identifier: GPL-2.0
/*
 * device.c: a worker's context, and what to do when the device is lost: the first who notices
 * resets it, and all open and bind anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "soak.h"

_Thread_local uint64_t work_began, work_resets;

static pthread_mutex_t reset_lock = PTHREAD_MUTEX_INITIALIZER;

static bool device_is_up(void)
{
	char text[64] = "";
	glob_t found;
	FILE *f = NULL;

	if (!glob("/sys/kernel/debug/dmmu/*/state", 0, NULL, &found))
		f = fopen(found.gl_pathv[0], "re");
	globfree(&found);
	if (!f)
		return true; /* nobody can say */
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strncmp(text, "state up", 8);
}

static void reset_device(void)
{
	glob_t found;

	if (!glob("/sys/bus/pci/drivers/dmmu/*/reset", 0, NULL, &found)) {
		int fd = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);

		if (fd >= 0 && write(fd, "1", 1) == 1)
			tally.resets++;
		if (fd >= 0)
			close(fd);
	}
	globfree(&found);
}

static int open_bound(void)
{
	int fd = open(dmmu_path(), O_RDWR | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = dmmu_bind(fd);
	if (error)
		close(fd);
	return error ? error : fd;
}

bool device_open(struct worker *w)
{
	w->resets = tally.resets;
	w->fd = open_bound();
	if (w->fd < 0)
		printf("# worker %u: no context: %s\n", w->id, strerror(-w->fd));
	return w->fd >= 0;
}

void device_close(struct worker *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void device_recover(struct worker *w)
{
	uint64_t until = dmmu_now_ns() + HANG_SECONDS * 1000000000ull;

	device_close(w);
	while (w->fd < 0) {
		pthread_mutex_lock(&reset_lock);
		if (!device_is_up())
			reset_device();
		pthread_mutex_unlock(&reset_lock);
		w->resets = tally.resets;
		w->fd = open_bound();
		if (w->fd >= 0)
			break;
		if (dmmu_now_ns() > until) {
			unexpected("worker %u: the device does not come back: %s", w->id,
				   strerror(-w->fd));
			printf("not ok 1 the device does not come back\n");
			fflush(stdout);
			_exit(1);
		}
		dmmu_sleep_us(100000);
	}
}

bool device_start_from(struct worker *w, struct dmmu_work_desc *work, unsigned int n,
		       unsigned int first)
{
	struct dmmu_ioc_submit submit = {.works = dmmu_va(work), .count = n};

	work_began = dmmu_now_ns();
	work_resets = w->resets;
	for (unsigned int i = 0; i < n; i++)
		work[i].cookie = first + i;
	if (!ioctl(w->fd, DMMU_IOC_SUBMIT, &submit) && submit.queued == n)
		return true;
	if (errno != ENODEV)
		unexpected("submit: %s, %u of %u queued", strerror(errno), submit.queued, n);
	return false;
}

bool device_start(struct worker *w, struct dmmu_work_desc *work, unsigned int n)
{
	return device_start_from(w, work, n, 0);
}

/* What did not come is lost. */
void device_finish(struct worker *w, unsigned int n, struct dmmu_completion *out, bool started)
{
	uint64_t until = dmmu_now_ns() + HANG_SECONDS * 1000000000ull;
	unsigned int have = 0;

	for (unsigned int i = 0; i < n; i++)
		out[i] = (struct dmmu_completion){.status = DMMU_LOST};
	while (started && have < n) {
		struct dmmu_completion c[64];
		unsigned int got = 0, most = n - have > 64 ? 64 : n - have;
		int error = dmmu_wait(w->fd, c, 1, most, 1000000000, &got);

		for (unsigned int i = 0; i < got; i++) {
			if (c[i].cookie >= n) {
				unexpected("a completion of nobody's: %s", dmmu_text(&c[i]));
				continue;
			}
			out[c[i].cookie] = c[i];
			tally.faults += c[i].faults;
			tally.cycles += c[i].cycles;
		}
		have += got;
		if (error == -EINTR)
			continue;
		if (error && error != -ETIME) {
			started = false;
			break;
		}
		if (dmmu_now_ns() > until) {
			unexpected("work hangs: %u of %u done in %u s", have, n, HANG_SECONDS);
			printf("not ok 1 work hangs\n");
			fflush(stdout);
			_exit(1);
		}
	}
	if (!started)
		device_recover(w);
}

void device_run(struct worker *w, struct dmmu_work_desc *work, unsigned int n,
		struct dmmu_completion *out)
{
	device_finish(w, n, out, device_start(w, work, n));
}

bool device_ok(const struct dmmu_completion *c, bool may_fault)
{
	unsigned int excuses = weather_excuses();

	if (dmmu_is_ok(c))
		return true;
	if (c->status == DMMU_LOST || c->status == DMMU_KILLED) {
		tally.lost++;
		/* A file from before a reset stays lost, however late it is used. */
		if (!(excuses & LOSSES) && work_resets == tally.resets)
			unexpected("%s", dmmu_text(c));
	} else if (c->status == DMMU_FAULT && may_fault) {
		/* told to expect it */
	} else {
		tally.failed++;
		if (!(excuses & BUS_ERRORS))
			unexpected("%s", dmmu_text(c));
	}
	return false;
}
