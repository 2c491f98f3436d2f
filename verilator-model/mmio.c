// SPDX-License-Identifier: GPL-2.0
/*
 * mmio.c: host accesses to the BARs, one at a time and in the order of the link. BAR0 is registers:
 * each access becomes AXI4-Lite accesses of 32 bits, complete before the next begins. BAR2 is local
 * memory itself.
 */
#include "model.h"
#include "dmmu_regs.h"

#include <string.h>

static bool well_formed(const struct dmmu_msg *msg, uint64_t bytes)
{
	return (msg->size == 1 || msg->size == 2 || msg->size == 4 || msg->size == 8) &&
	       msg->addr % msg->size == 0 && msg->addr < bytes && msg->size <= bytes - msg->addr;
}

static bool axil_finish(struct dmmu_device *dev)
{
	while (!dmmu_axil_idle(&dev->axil))
		if (!dmmu_device_cycle(dev))
			return false;
	return true;
}

static bool regs_read(struct model *model, const struct dmmu_msg *msg, struct dmmu_msg *reply)
{
	struct dmmu_device *dev = model->dev;
	uint32_t word[2] = {0, 0};
	unsigned int words = msg->size == 8 ? 2 : 1;
	unsigned int shift = 8 * (msg->addr & 3);
	uint64_t mask = msg->size == 8 ? UINT64_MAX : (1ull << 8 * msg->size) - 1;

	for (unsigned int i = 0; i < words; i++) {
		dmmu_axil_start_read(&dev->axil, (uint16_t)((msg->addr & ~3ull) + 4 * i));
		if (!axil_finish(dev))
			return false;
		if (dev->axil.resp)
			reply->status = DMMU_STATUS_UNSUPPORTED;
		word[i] = dev->axil.rdata;
	}
	reply->data = ((word[0] | (uint64_t)word[1] << 32) >> shift) & mask;
	return true;
}

static bool regs_write(struct model *model, const struct dmmu_msg *msg)
{
	struct dmmu_device *dev = model->dev;
	unsigned int words = msg->size == 8 ? 2 : 1;
	unsigned int lane = msg->addr & 3;
	uint8_t strb = msg->size >= 4 ? 0xf : (uint8_t)(((1u << msg->size) - 1) << lane);

	for (unsigned int i = 0; i < words; i++) {
		uint64_t addr = (msg->addr & ~3ull) + 4 * i;
		uint32_t data = (uint32_t)(msg->data >> 32 * i) << 8 * lane;

		if (strb == 0xf)
			traffic_register(&model->bad.traffic, addr, data);
		dmmu_axil_start_write(&dev->axil, (uint16_t)addr, data, strb);
		if (!axil_finish(dev))
			return false;
		if (strb == 0xf && traffic_is_reset(addr, data))
			misbehave_let_go(model);
	}
	return true;
}

static uint64_t local_load(const void *from, uint64_t size)
{
	switch (size) {
	case 1:
		return __atomic_load_n((const uint8_t *)from, __ATOMIC_ACQUIRE);
	case 2:
		return __atomic_load_n((const uint16_t *)from, __ATOMIC_ACQUIRE);
	case 4:
		return __atomic_load_n((const uint32_t *)from, __ATOMIC_ACQUIRE);
	default:
		return __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE);
	}
}

static void local_store(void *to, uint64_t size, uint64_t data)
{
	switch (size) {
	case 1:
		__atomic_store_n((uint8_t *)to, (uint8_t)data, __ATOMIC_RELEASE);
		break;
	case 2:
		__atomic_store_n((uint16_t *)to, (uint16_t)data, __ATOMIC_RELEASE);
		break;
	case 4:
		__atomic_store_n((uint32_t *)to, (uint32_t)data, __ATOMIC_RELEASE);
		break;
	default:
		__atomic_store_n((uint64_t *)to, data, __ATOMIC_RELEASE);
		break;
	}
}

bool model_mmio_read(struct model *model, const struct dmmu_msg *msg, struct dmmu_msg *reply)
{
	model->stats.mmio_reads++;
	/* MSI-X tables and what follows belong to the front end */
	if (msg->bar == DMMU_PCI_BAR_REGS && well_formed(msg, DMMU_PCI_MSIX_TABLE))
		return regs_read(model, msg, reply);
	if (msg->bar == DMMU_PCI_BAR_LOCAL && well_formed(msg, model->local_bytes))
		reply->data = local_load(model->local + msg->addr, msg->size);
	else
		reply->status = DMMU_STATUS_UNSUPPORTED;
	return true;
}

bool model_mmio_write(struct model *model, const struct dmmu_msg *msg)
{
	model->stats.mmio_writes++;
	if (msg->bar == DMMU_PCI_BAR_REGS && well_formed(msg, DMMU_PCI_MSIX_TABLE))
		return regs_write(model, msg);
	/* a posted write to nowhere has nobody to tell: dropped, as on PCIe */
	if (msg->bar == DMMU_PCI_BAR_LOCAL && well_formed(msg, model->local_bytes))
		local_store(model->local + msg->addr, msg->size, msg->data);
	return true;
}
