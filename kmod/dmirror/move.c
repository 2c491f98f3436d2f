// SPDX-License-Identifier: GPL-2.0
/*
 * MIGRATE_TO_DEV, MIGRATE_TO_SYS, EXCLUSIVE, CHECK_EXCLUSIVE.
 *
 * What was moved or taken is read back by the device into the caller's buffer; a page that the
 * device does not have then, because it cannot move or is on another device, is -ENOENT.
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include "dmirror.h"

static u64 dmirror_end(const struct hmm_dmirror_cmd *cmd)
{
	return cmd->addr + (cmd->npages << PAGE_SHIFT);
}

static int dmirror_read_back(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	if (!dmmu_client_maps(d->ctx, cmd->addr, dmirror_end(cmd)))
		return -ENOENT;
	return dmirror_read(d, cmd);
}

int dmirror_migrate_to_dev(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	struct dmmu_client_moved moved;
	int ret = dmmu_client_move_in(d->ctx, cmd->addr, dmirror_end(cmd), &moved);

	if (ret)
		return ret;
	if (moved.unmapped)
		return -EINVAL;
	return dmirror_read_back(d, cmd);
}

int dmirror_migrate_to_sys(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	struct dmmu_client_moved moved;
	int ret = dmmu_client_move_out(d->ctx, cmd->addr, dmirror_end(cmd), &moved);

	if (ret)
		return ret;
	cmd->cpages = moved.moved;
	return moved.unmapped ? -EINVAL : 0;
}

int dmirror_exclusive(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	int ret = dmmu_client_exclusive(d->ctx, cmd->addr, dmirror_end(cmd));

	return ret ? ret : dmirror_read_back(d, cmd);
}

int dmirror_check_exclusive(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	return dmmu_client_any_exclusive(d->ctx, cmd->addr, dmirror_end(cmd)) ? -EPERM : 0;
}
