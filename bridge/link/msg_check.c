// SPDX-License-Identifier: GPL-2.0
/*
 * msg_check.c: what a well-formed link message is.
 *
 * Works on a private copy and looks at nothing else, so that it can be fuzzed by itself. It checks
 * form only: whether an address or a tag means anything is for the receiver to say.
 */
#include "dmmu_link.h"

static bool mmio_form(const struct dmmu_msg *msg)
{
	uint64_t size = msg->size;

	return msg->bar < 6 && (size == 1 || size == 2 || size == 4 || size == 8) && !msg->flags;
}

static bool dma_map_form(const struct dmmu_msg *msg)
{
	return msg->flags && !(msg->flags & ~(DMMU_MSG_F_READ | DMMU_MSG_F_WRITE)) && msg->size;
}

const char *dmmu_msg_check(const struct dmmu_msg *msg, bool from_device)
{
	bool good = !msg->flags, device_sends = false;

	if (msg->rsvd[0] || msg->rsvd[1] || msg->rsvd[2] || msg->rsvd2)
		return "a reserved field is not zero";
	switch (msg->kind) {
	case DMMU_MSG_MMIO_READ:
	case DMMU_MSG_MMIO_WRITE:
		good = mmio_form(msg);
		break;
	case DMMU_MSG_DMA_MAP:
		good = dma_map_form(msg);
		break;
	case DMMU_MSG_DMA_UNMAP:
		good = good && msg->size;
		break;
	case DMMU_MSG_RESET:
		good = good && msg->aux <= DMMU_RESET_BUS;
		break;
	case DMMU_MSG_BUS_MASTER:
		good = good && msg->data <= 1;
		break;
	case DMMU_MSG_COMPLETION:
		device_sends = true;
		good = good && msg->status <= DMMU_STATUS_ABORT;
		break;
	case DMMU_MSG_IRQ:
		device_sends = true;
		break;
	case DMMU_MSG_BYE:
		device_sends = from_device;
		break;
	default:
		return "unknown message kind";
	}
	if (device_sends != from_device)
		return "message kind of the other direction";
	return good ? NULL : "a field is out of range";
}
