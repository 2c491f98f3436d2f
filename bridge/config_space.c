// SPDX-License-Identifier: GPL-2.0
/*
 * config_space.c: registers of configuration space, their reset values and write masks.
 *
 * Names and layouts are those of <linux/pci_regs.h>. The link registers claim x8 at 16 GT/s because
 * something must stand there; nothing depends on it.
 */
#include "config_space.h"
#include "dmmu_regs.h"

#include <linux/pci_regs.h>
#include <string.h>

/* Where the capabilities are. */
enum { CAP_EXPRESS = 0x40, CAP_MSIX = 0x80, CAP_PM = 0x90, CAP_AER = 0x100 };

static void set(struct config_space *config, unsigned int at, unsigned int bytes, uint32_t value,
		uint32_t writable)
{
	for (unsigned int i = 0; i < bytes; i++) {
		config->value[at + i] = (uint8_t)(value >> 8 * i);
		config->writable[at + i] = (uint8_t)(writable >> 8 * i);
	}
}

static uint32_t get(const struct config_space *config, unsigned int at, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)config->value[at + i] << 8 * i;
	return value;
}

static void set_header(struct config_space *config)
{
	uint64_t mask = ~(config->local_bytes - 1);

	set(config, PCI_VENDOR_ID, 2, DMMU_PCI_VENDOR, 0);
	set(config, PCI_DEVICE_ID, 2, DMMU_PCI_DEVICE, 0);
	set(config, PCI_COMMAND, 2, 0,
	    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
		    PCI_COMMAND_INTX_DISABLE);
	set(config, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	set(config, PCI_CLASS_REVISION, 4, DMMU_PCI_CLASS << 8 | DMMU_PCI_REVISION, 0);
	set(config, PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
	set(config, PCI_BASE_ADDRESS_0, 4, PCI_BASE_ADDRESS_MEM_TYPE_32,
	    ~(DMMU_PCI_BAR_REGS_BYTES - 1));
	if (config->local_bytes) {
		set(config, PCI_BASE_ADDRESS_2, 4,
		    PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, (uint32_t)mask);
		set(config, PCI_BASE_ADDRESS_3, 4, 0, (uint32_t)(mask >> 32));
	}
	set(config, PCI_SUBSYSTEM_VENDOR_ID, 2, DMMU_PCI_VENDOR, 0);
	set(config, PCI_SUBSYSTEM_ID, 2, DMMU_PCI_DEVICE, 0);
	set(config, PCI_CAPABILITY_LIST, 1, CAP_EXPRESS, 0);
	set(config, PCI_INTERRUPT_LINE, 1, 0, 0xff); /* no pin: there are only messages */
}

static void set_express(struct config_space *config)
{
	const uint32_t link = PCI_EXP_LNKCAP_SLS_16_0GB | 8 << 4;

	set(config, CAP_EXPRESS, 2, PCI_CAP_ID_EXP | CAP_MSIX << 8, 0);
	set(config, CAP_EXPRESS + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_ENDPOINT << 4, 0);
	set(config, CAP_EXPRESS + PCI_EXP_DEVCAP, 4,
	    PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_EXT_TAG | 1, 0);
	/* Starting an FLR is no state: config_write() takes that bit out. */
	set(config, CAP_EXPRESS + PCI_EXP_DEVCTL, 2,
	    PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B,
	    PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |
		    PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_EXT_TAG |
		    PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ);
	set(config, CAP_EXPRESS + PCI_EXP_LNKCAP, 4, link, 0);
	set(config, CAP_EXPRESS + PCI_EXP_LNKCTL, 2, 0,
	    PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES);
	set(config, CAP_EXPRESS + PCI_EXP_LNKSTA, 2, link, 0);
	set(config, CAP_EXPRESS + PCI_EXP_DEVCAP2, 4, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS | 0xf, 0);
	set(config, CAP_EXPRESS + PCI_EXP_DEVCTL2, 2, 0,
	    PCI_EXP_DEVCTL2_COMP_TMOUT_DIS | PCI_EXP_DEVCTL2_COMP_TIMEOUT);
	set(config, CAP_EXPRESS + PCI_EXP_LNKCAP2, 4,
	    PCI_EXP_LNKCAP2_SLS_2_5GB | PCI_EXP_LNKCAP2_SLS_5_0GB | PCI_EXP_LNKCAP2_SLS_8_0GB |
		    PCI_EXP_LNKCAP2_SLS_16_0GB,
	    0);
	set(config, CAP_EXPRESS + PCI_EXP_LNKCTL2, 2, PCI_EXP_LNKCTL2_TLS_16_0GT,
	    PCI_EXP_LNKCTL2_TLS);
}

static void set_msix_and_pm(struct config_space *config)
{
	set(config, CAP_MSIX, 2, PCI_CAP_ID_MSIX | CAP_PM << 8, 0);
	set(config, CAP_MSIX + PCI_MSIX_FLAGS, 2, config->vectors - 1,
	    PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	set(config, CAP_MSIX + PCI_MSIX_TABLE, 4, DMMU_PCI_MSIX_TABLE | DMMU_PCI_BAR_REGS, 0);
	set(config, CAP_MSIX + PCI_MSIX_PBA, 4, DMMU_PCI_MSIX_PBA | DMMU_PCI_BAR_REGS, 0);

	set(config, CAP_PM, 2, PCI_CAP_ID_PM, 0);
	set(config, CAP_PM + PCI_PM_PMC, 2, 3, 0); /* version of the PM specification */
	set(config, CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET, PCI_PM_CTRL_STATE_MASK);
}

static void set_aer(struct config_space *config)
{
	const uint32_t uncorrectable = PCI_ERR_UNC_DLP | PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP |
				       PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT |
				       PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_RX_OVER |
				       PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_INTN;
	const uint32_t correctable = PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP |
				     PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER |
				     PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL;

	set(config, CAP_AER, 4, PCI_EXT_CAP_ID_ERR | 2 << 16, 0);
	set(config, CAP_AER + PCI_ERR_UNCOR_MASK, 4, PCI_ERR_UNC_INTN, uncorrectable);
	set(config, CAP_AER + PCI_ERR_UNCOR_SEVER, 4,
	    PCI_ERR_UNC_DLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP |
		    PCI_ERR_UNC_INTN,
	    uncorrectable);
	set(config, CAP_AER + PCI_ERR_COR_MASK, 4, PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL,
	    correctable);
}

void config_reset(struct config_space *config)
{
	memset(config->value, 0, sizeof(config->value));
	memset(config->writable, 0, sizeof(config->writable));
	set_header(config);
	set_express(config);
	set_msix_and_pm(config);
	set_aer(config);
}

void config_init(struct config_space *config, uint64_t local_bytes, unsigned int vectors)
{
	config->local_bytes = local_bytes;
	config->vectors = vectors;
	config_reset(config);
}

static bool inside(uint64_t offset, uint32_t count)
{
	return offset < CONFIG_BYTES && count <= CONFIG_BYTES - offset;
}

bool config_read(const struct config_space *config, uint64_t offset, uint8_t *data, uint32_t count)
{
	if (!inside(offset, count))
		return false;
	memcpy(data, config->value + offset, count);
	return true;
}

bool config_write(struct config_space *config, uint64_t offset, const uint8_t *data, uint32_t count,
		  bool *flr)
{
	const unsigned int power = CAP_PM + PCI_PM_CTRL,
			   flr_byte = CAP_EXPRESS + PCI_EXP_DEVCTL + 1;
	uint8_t old_power = config->value[power];

	*flr = false;
	if (!inside(offset, count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *value = &config->value[offset + i], mask = config->writable[offset + i];

		*value = (uint8_t)((*value & ~mask) | (data[i] & mask));
		if (offset + i == flr_byte && data[i] & PCI_EXP_DEVCTL_BCR_FLR >> 8)
			*flr = true;
	}
	/* There is no D1 and no D2: such a write changes nothing. */
	if ((config->value[power] & PCI_PM_CTRL_STATE_MASK) % 3)
		config->value[power] = old_power;
	return true;
}

static bool in_d0(const struct config_space *config)
{
	return !(config->value[CAP_PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK);
}

bool config_memory_on(const struct config_space *config)
{
	return in_d0(config) && get(config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

bool config_bus_master_on(const struct config_space *config)
{
	return in_d0(config) && get(config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

bool config_msix_on(const struct config_space *config)
{
	return get(config, CAP_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE;
}

bool config_msix_masked(const struct config_space *config)
{
	return get(config, CAP_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_MASKALL;
}
