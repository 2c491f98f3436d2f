/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config_space.h: the PCI configuration space of the device: a PCI Express endpoint with FLR,
 * MSI-X, power management and AER. Every bit is read-only unless a write mask says otherwise; what
 * a write means for the rest of the bridge is asked by config_...() afterwards.
 */
#ifndef DMMU_CONFIG_SPACE_H
#define DMMU_CONFIG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_BYTES 4096u

struct config_space {
	uint8_t value[CONFIG_BYTES];
	uint8_t writable[CONFIG_BYTES];
	uint64_t local_bytes; /* size of BAR2, 0: no BAR2 */
	unsigned int vectors; /* in the MSI-X table */
};

/* local_bytes: a power of two of at least 4096, or 0 for no BAR2. */
void config_init(struct config_space *config, uint64_t local_bytes, unsigned int vectors);
void config_reset(
	struct config_space *config); /* as after a conventional or function-level reset */

/* False: not inside configuration space. */
bool config_read(const struct config_space *config, uint64_t offset, uint8_t *data, uint32_t count);
/* *flr is set when the write starts a function-level reset. */
bool config_write(struct config_space *config, uint64_t offset, const uint8_t *data, uint32_t count,
		  bool *flr);

bool config_memory_on(const struct config_space *config);     /* the BARs answer */
bool config_bus_master_on(const struct config_space *config); /* DMA and interrupts may go out */
bool config_msix_on(const struct config_space *config);
bool config_msix_masked(const struct config_space *config); /* all vectors */

#endif /* DMMU_CONFIG_SPACE_H */
