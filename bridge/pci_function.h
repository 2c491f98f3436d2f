/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pci_function.h: the PCI function that the client sees, put together from configuration space,
 * interrupts, the guest's memory and the device behind the link.
 */
#ifndef DMMU_PCI_FUNCTION_H
#define DMMU_PCI_FUNCTION_H

#include "config_space.h"
#include "device_link.h"
#include "interrupts.h"
#include "vfio_user.h"

enum bar2_mode {
	BAR2_MAP,  /* the client maps local memory: fast, no order with BAR0 */
	BAR2_TRAP, /* through the link, in order with BAR0 */
	BAR2_NONE,
};

struct pci_function {
	struct config_space config;
	struct interrupts irqs;
	struct dma_maps maps;
	struct device_link device;
	enum bar2_mode bar2;
	uint8_t msix_table[DMMU_IRQ_COUNT * 16];
	struct vfio_user_device ops; /* for the vfio-user server */
};

bool pci_function_init(struct pci_function *pci, const char *link_path, uint64_t local_bytes,
		       enum bar2_mode bar2, unsigned int vectors, int timeout_ms);
void pci_function_client_gone(struct pci_function *pci);
void pci_function_end(struct pci_function *pci);

#endif /* DMMU_PCI_FUNCTION_H */
