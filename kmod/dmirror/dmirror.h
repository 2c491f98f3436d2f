/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pieces of dmmu_dmirror.ko: one open file, and what its requests do.
 *
 * The requests are those of the kernel's lib/test_hmm_uapi.h, which is taken from the kernel's own
 * source when this is built.
 */
#ifndef DMMU_DMIRROR_H
#define DMMU_DMIRROR_H

#include <linux/mutex.h>
#include <linux/types.h>

#include <test_hmm_uapi.h>

#include "../client.h"

/* An open file: the process that opened it, mirrored on one device. */
struct dmirror {
	struct mutex lock; /* one request at a time */
	struct dmmu_dev *dev;
	struct dmmu_ctx *ctx;
	struct mm_struct *mm; /* holds mm_count */
};

/* access.c */
int dmirror_read(struct dmirror *d, struct hmm_dmirror_cmd *cmd);
int dmirror_write(struct dmirror *d, struct hmm_dmirror_cmd *cmd);

/* move.c */
int dmirror_migrate_to_dev(struct dmirror *d, struct hmm_dmirror_cmd *cmd);
int dmirror_migrate_to_sys(struct dmirror *d, struct hmm_dmirror_cmd *cmd);
int dmirror_exclusive(struct dmirror *d, struct hmm_dmirror_cmd *cmd);
int dmirror_check_exclusive(struct dmirror *d, struct hmm_dmirror_cmd *cmd);

/* snapshot.c */
int dmirror_snapshot(struct dmirror *d, struct hmm_dmirror_cmd *cmd);

#endif /* DMMU_DMIRROR_H */
