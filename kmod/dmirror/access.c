// SPDX-License-Identifier: GPL-2.0
/*
 * READ and WRITE: the device copies between the range and a buffer of the same process, both
 * through its MMU.
 *
 * The interface counts as faults how often the range, or what was left of it, had to be made
 * present; that is the number of rounds which the first fault of a thread in it started. Faults in
 * the buffer are not counted.
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include "dmirror.h"

/* An error in the buffer is the caller's, as if the kernel had copied. */
static int dmirror_error(const struct dmmu_client_copy *copy, u64 buffer, int ret)
{
	if ((ret == -EPERM || ret == -EFAULT) && copy->fault_va >= buffer &&
	    copy->fault_va - buffer < copy->size)
		return -EFAULT;
	return ret;
}

int dmirror_read(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	struct dmmu_client_copy copy = {
		.src = cmd->addr,
		.dst = cmd->ptr,
		.size = cmd->npages << PAGE_SHIFT,
	};
	int ret = dmmu_client_copy(d->ctx, &copy);

	ret = dmirror_error(&copy, cmd->ptr, ret);
	cmd->cpages = ret ? 0 : cmd->npages;
	cmd->faults = copy.src_rounds;
	return ret;
}

int dmirror_write(struct dmirror *d, struct hmm_dmirror_cmd *cmd)
{
	struct dmmu_client_copy copy = {
		.src = cmd->ptr,
		.dst = cmd->addr,
		.size = cmd->npages << PAGE_SHIFT,
	};
	int ret = dmmu_client_copy(d->ctx, &copy);

	ret = dmirror_error(&copy, cmd->ptr, ret);
	cmd->cpages = ret ? 0 : cmd->npages;
	cmd->faults = copy.dst_rounds;
	return ret;
}
