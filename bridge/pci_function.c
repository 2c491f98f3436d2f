// SPDX-License-Identifier: GPL-2.0
/*
 * pci_function.c: what an access to configuration space or a BAR does.
 *
 * As on PCI: a BAR that is not enabled, or a device that does not answer, reads as all-ones and
 * swallows writes. Writes are posted: they are in the link's ring, in order, when they are
 * answered.
 */
#include "pci_function.h"
#include "log.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

static void irq_from_device(void *arg, uint64_t vector)
{
	struct pci_function *pci = arg;

	interrupts_raise(&pci->irqs, vector);
}

/* What configuration space says now, for the parts that depend on it. */
static void follow_config(struct pci_function *pci)
{
	device_link_set_bus_master(&pci->device, config_bus_master_on(&pci->config));
	interrupts_configure(&pci->irqs, config_msix_on(&pci->config),
			     config_msix_masked(&pci->config));
}

static void reset(struct pci_function *pci, enum dmmu_reset_kind kind)
{
	log_info("%s reset", kind == DMMU_RESET_FLR ? "function-level" : "bus");
	device_link_reset(&pci->device, kind);
	config_reset(&pci->config);
	memset(pci->msix_table, 0, sizeof(pci->msix_table));
	follow_config(pci);
}

static struct vfio_user_region region(void *arg, uint32_t index)
{
	struct pci_function *pci = arg;
	struct vfio_user_region none = {0, -1};

	switch (index) {
	case DMMU_PCI_BAR_REGS:
		return (struct vfio_user_region){DMMU_PCI_BAR_REGS_BYTES, -1};
	case DMMU_PCI_BAR_LOCAL:
		if (pci->bar2 == BAR2_NONE)
			return none;
		return (struct vfio_user_region){
			pci->device.offer.local_bytes,
			pci->bar2 == BAR2_MAP ? pci->device.offer.local_fd : -1,
		};
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return (struct vfio_user_region){CONFIG_BYTES, -1};
	default:
		return none;
	}
}

static uint32_t irq_count(void *arg, uint32_t index)
{
	const struct pci_function *pci = arg;

	switch (index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return pci->irqs.vectors;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

/*
 * The MSI-X block is the bridge's, as it is a board's PCIe core's. Its table is as large as its
 * vectors make it.
 */
static bool in_table(const struct pci_function *pci, uint64_t at)
{
	return at < pci->irqs.vectors * 16ull;
}

static void read_msix(struct pci_function *pci, uint64_t offset, uint8_t *data, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t table = offset + i - DMMU_PCI_MSIX_TABLE;
		uint64_t pba = offset + i - DMMU_PCI_MSIX_PBA;

		data[i] = in_table(pci, table) ? pci->msix_table[table]
			  : pba < 4	       ? (uint8_t)(pci->irqs.pending >> 8 * pba)
					       : 0;
	}
}

static void write_msix(struct pci_function *pci, uint64_t offset, const uint8_t *data,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (in_table(pci, offset + i - DMMU_PCI_MSIX_TABLE))
			pci->msix_table[offset + i - DMMU_PCI_MSIX_TABLE] = data[i];
}

/* The largest aligned piece of an access that is one message: 1, 2, 4 or 8 bytes. */
static uint32_t piece(uint64_t offset, uint32_t count)
{
	uint32_t size = 8;

	while (size > count || offset % size)
		size /= 2;
	return size;
}

static bool is_msix(uint32_t bar, uint64_t offset)
{
	return bar == DMMU_PCI_BAR_REGS && offset >= DMMU_PCI_MSIX_TABLE;
}

static bool is_mapped_local(const struct pci_function *pci, uint32_t bar)
{
	return bar == DMMU_PCI_BAR_LOCAL && pci->bar2 == BAR2_MAP;
}

static int read_bar(struct pci_function *pci, uint32_t bar, uint64_t offset, uint8_t *data,
		    uint32_t count)
{
	memset(data, 0xff, count);
	if (!config_memory_on(&pci->config))
		return 0;
	if (is_mapped_local(pci, bar))
		return pread(pci->device.offer.local_fd, data, count, (off_t)offset) == count ? 0
											      : EIO;
	while (count) {
		uint32_t size = piece(offset, count);
		uint64_t value;

		if (is_msix(bar, offset))
			read_msix(pci, offset, data, size);
		else if (device_link_read(&pci->device, (uint8_t)bar, offset, size, &value) ==
			 DMMU_STATUS_SUCCESS)
			memcpy(data, &value, size);
		offset += size;
		data += size;
		count -= size;
	}
	return 0;
}

static int write_bar(struct pci_function *pci, uint32_t bar, uint64_t offset, const uint8_t *data,
		     uint32_t count)
{
	if (!config_memory_on(&pci->config))
		return 0;
	if (is_mapped_local(pci, bar))
		return pwrite(pci->device.offer.local_fd, data, count, (off_t)offset) == count
			       ? 0
			       : EIO;
	while (count) {
		uint32_t size = piece(offset, count);
		uint64_t value = 0;

		memcpy(&value, data, size);
		if (is_msix(bar, offset))
			write_msix(pci, offset, data, size);
		else
			device_link_write(&pci->device, (uint8_t)bar, offset, size, value);
		offset += size;
		data += size;
		count -= size;
	}
	return 0;
}

static int region_read(void *arg, uint32_t index, uint64_t offset, uint8_t *data, uint32_t count)
{
	struct pci_function *pci = arg;

	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return config_read(&pci->config, offset, data, count) ? 0 : EINVAL;
	return read_bar(pci, index, offset, data, count);
}

static int region_write(void *arg, uint32_t index, uint64_t offset, const uint8_t *data,
			uint32_t count)
{
	struct pci_function *pci = arg;
	bool flr;

	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		return write_bar(pci, index, offset, data, count);
	if (!config_write(&pci->config, offset, data, count, &flr))
		return EINVAL;
	if (flr)
		reset(pci, DMMU_RESET_FLR);
	else
		follow_config(pci);
	return 0;
}

static int dma_map(void *arg, uint64_t iova, uint64_t size, uint64_t offset, uint32_t flags, int fd)
{
	struct pci_function *pci = arg;
	struct dma_map map = {
		.iova = iova,
		.size = size,
		.offset = offset,
		.flags = flags,
		.fd = fd,
	};
	enum dmmu_msg_status status;
	int err;

	device_link_settle(&pci->device);
	err = dma_maps_add(&pci->maps, &map);
	if (err || fd < 0)
		return err;
	status = device_link_map(&pci->device, &map);
	if (status == DMMU_STATUS_SUCCESS || status == DMMU_STATUS_TIMEOUT)
		return 0; /* a device that is not there is told when it comes */
	dma_maps_undo_add(&pci->maps);
	return EINVAL;
}

static int dma_unmap(void *arg, uint64_t iova, uint64_t size, bool all)
{
	struct pci_function *pci = arg;
	size_t shared;
	int err;

	if (all) {
		iova = 0;
		size = DMMU_DMA_EVERYTHING;
	}
	device_link_settle(&pci->device);
	err = dma_maps_inside(&pci->maps, iova, size, &shared);
	if (err)
		return err;
	if (shared)
		device_link_unmap(&pci->device, iova, size);
	dma_maps_remove(&pci->maps, iova, size);
	return 0;
}

static int set_irqs(void *arg, uint32_t index, uint32_t flags, uint32_t start, uint32_t count,
		    const uint8_t *data, size_t bytes, int *fds, int nfds)
{
	struct pci_function *pci = arg;

	/* Offered because QEMU asks for it, never signalled: QEMU would stop the guest for good. */
	if (index == VFIO_PCI_ERR_IRQ_INDEX && start <= 1 && count <= 1 - start)
		return 0;
	if (index != VFIO_PCI_MSIX_IRQ_INDEX)
		return EINVAL;
	return interrupts_set(&pci->irqs, flags, start, count, data, bytes, fds, nfds);
}

static void bus_reset(void *arg)
{
	reset(arg, DMMU_RESET_BUS);
}

bool pci_function_init(struct pci_function *pci, const char *link_path, uint64_t local_bytes,
		       enum bar2_mode bar2, unsigned int vectors, int timeout_ms)
{
	*pci = (struct pci_function){
		.bar2 = bar2,
		.ops =
			{
				.arg = pci,
				.region = region,
				.irq_count = irq_count,
				.read = region_read,
				.write = region_write,
				.dma_map = dma_map,
				.dma_unmap = dma_unmap,
				.set_irqs = set_irqs,
				.reset = bus_reset,
			},
	};
	config_init(&pci->config, bar2 == BAR2_NONE ? 0 : local_bytes, vectors);
	interrupts_init(&pci->irqs, vectors);
	if (!device_link_init(&pci->device, link_path, local_bytes, &pci->maps, timeout_ms))
		return false;
	pci->device.on_irq = irq_from_device;
	pci->device.on_irq_arg = pci;
	return true;
}

void pci_function_client_gone(struct pci_function *pci)
{
	dma_maps_clear(&pci->maps);
	device_link_forget_guest(&pci->device);
	interrupts_release(&pci->irqs);
	config_reset(&pci->config);
	memset(pci->msix_table, 0, sizeof(pci->msix_table));
}

void pci_function_end(struct pci_function *pci)
{
	dma_maps_clear(&pci->maps);
	interrupts_release(&pci->irqs);
	device_link_end(&pci->device);
}
