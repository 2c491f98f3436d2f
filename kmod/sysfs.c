// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of /sys/class/misc/dmmuN, for everybody.
 *
 *	release		release of the project that the device was built from; "unknown" for one
 *			from before there was a register for it
 *	driver_release	that of the driver
 *	state		stopped, up, failed or removed
 *
 * They may differ: what must agree is the interface version, and without that there is no dmmuN.
 */
#include <linux/sysfs.h>

#include "drv.h"
#include "regs.h"

const char *dmmu_state_name(enum dmmu_state state)
{
	static const char * const name[] = {
		[DMMU_STOPPED] = "stopped",
		[DMMU_UP] = "up",
		[DMMU_FAILED] = "failed",
		[DMMU_REMOVED] = "removed",
	};

	return name[state];
}

static struct dmmu_dev *dmmu_of(struct device *device)
{
	return container_of(dev_get_drvdata(device), struct dmmu_dev, misc);
}

static ssize_t emit_release(char *buf, u32 release)
{
	if (!release)
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%u.%u.%u\n", DMMU_GET(DMMU_RELEASE_MAJOR, release),
			  DMMU_GET(DMMU_RELEASE_MINOR, release),
			  DMMU_GET(DMMU_RELEASE_PATCH, release));
}

static ssize_t release_show(struct device *device, struct device_attribute *attr, char *buf)
{
	return emit_release(buf, dmmu_of(device)->release);
}
static DEVICE_ATTR_RO(release);

static ssize_t driver_release_show(struct device *device, struct device_attribute *attr, char *buf)
{
	return emit_release(buf, DMMU_RST_RELEASE);
}
static DEVICE_ATTR_RO(driver_release);

static ssize_t state_show(struct device *device, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", dmmu_state_name(READ_ONCE(dmmu_of(device)->state)));
}
static DEVICE_ATTR_RO(state);

static struct attribute *dmmu_attrs[] = {
	&dev_attr_release.attr,
	&dev_attr_driver_release.attr,
	&dev_attr_state.attr,
	NULL
};
ATTRIBUTE_GROUPS(dmmu);

const struct attribute_group **dmmu_sysfs_groups(void)
{
	return dmmu_groups;
}
