/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.h: one serial line of the guest on the host side: a socket pair of which QEMU has the
 * other end, logged to a file and cut into lines.
 */
#ifndef DMMU_VM_CHANNEL_H
#define DMMU_VM_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct channel {
	int fd;	      /* ours, -1 when closed */
	int guest_fd; /* QEMU's, to be closed here once QEMU runs */
	FILE *log;
	char line[4096];
	size_t length;
	void (*on_line)(void *context, const char *line);
	void *context;
	int copy_to; /* raw copy of everything to this descriptor, or -1 */
};

bool channel_open(struct channel *channel, const char *log,
		  void (*on_line)(void *context, const char *line), void *context);
void channel_read(struct channel *channel); /* what is there; closes itself at the end */
void channel_close(struct channel *channel);

#endif
