// SPDX-License-Identifier: GPL-2.0
/*
 * dmmu_dmirror.ko: the interface of the kernel's HMM test driver (lib/test_hmm.c) on top of
 * dmmu.ko.
 *
 * The kernel's own suite, tools/testing/selftests/mm/hmm-tests.c, wants /dev/hmm_dmirrorN, a mirror
 * of the process that opens it. Here each access that the suite asks for is made by hardware
 * threads through the device's MMU, and each page that it wants moved is moved to the device's
 * local memory. The suite takes /dev/hmm_dmirror0 and 1 for devices with private memory, 2 and 3
 * for such as have coherent memory; so the first two devices of either kind that were there when
 * the module was loaded get these names. For tests only.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "dmirror.h"

#define DMIRROR_NODES 4
#define DMIRROR_COHERENT 2 /* the first node for coherent devices */
#define DMIRROR_DEVICES 32 /* numbers of devices that are looked at */

struct dmirror_node {
	struct miscdevice misc;
	struct dmmu_dev *dev;
	char name[16];
};

static struct dmirror_node dmirror_nodes[DMIRROR_NODES];

static int dmirror_open(struct inode *inode, struct file *file)
{
	struct dmirror_node *node = container_of(file->private_data, struct dmirror_node, misc);
	struct dmirror *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	mutex_init(&d->lock);
	d->dev = node->dev;
	d->ctx = dmmu_client_open(d->dev);
	if (IS_ERR(d->ctx)) {
		ret = PTR_ERR(d->ctx);
		kfree(d);
		return ret;
	}
	d->mm = current->mm;
	mmgrab(d->mm);
	file->private_data = d;
	return 0;
}

static int dmirror_release(struct inode *inode, struct file *file)
{
	struct dmirror *d = file->private_data;

	dmmu_client_close(d->ctx);
	mmdrop(d->mm);
	kfree(d);
	return 0;
}

static int dmirror_request(struct dmirror *d, unsigned int request, struct hmm_dmirror_cmd *cmd)
{
	switch (request) {
	case HMM_DMIRROR_READ:
		return dmirror_read(d, cmd);
	case HMM_DMIRROR_WRITE:
		return dmirror_write(d, cmd);
	case HMM_DMIRROR_MIGRATE_TO_DEV:
		return dmirror_migrate_to_dev(d, cmd);
	case HMM_DMIRROR_MIGRATE_TO_SYS:
		return dmirror_migrate_to_sys(d, cmd);
	case HMM_DMIRROR_SNAPSHOT:
		return dmirror_snapshot(d, cmd);
	case HMM_DMIRROR_EXCLUSIVE:
		return dmirror_exclusive(d, cmd);
	case HMM_DMIRROR_CHECK_EXCLUSIVE:
		return dmirror_check_exclusive(d, cmd);
	case HMM_DMIRROR_RELEASE:
		dmmu_client_evict_all(d->dev);
		return 0;
#ifdef HMM_DMIRROR_FLAGS
	case HMM_DMIRROR_FLAGS:
		if (cmd->npages & ~HMM_DMIRROR_FLAG_FAIL_ALLOC)
			return -EINVAL;
		if (cmd->npages)
			dmmu_client_fail_whole(d->dev);
		return 0;
#endif
	default:
		return -EINVAL;
	}
}

static long dmirror_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	struct dmirror *d = file->private_data;
	void __user *user = (void __user *)arg;
	struct hmm_dmirror_cmd cmd;
	int ret;

	if (copy_from_user(&cmd, user, sizeof(cmd)))
		return -EFAULT;
	if (cmd.addr & ~PAGE_MASK || cmd.npages > TASK_SIZE_MAX >> PAGE_SHIFT ||
	    cmd.addr >= cmd.addr + (cmd.npages << PAGE_SHIFT))
		return -EINVAL;
	cmd.cpages = 0;
	cmd.faults = 0;
	if (mutex_lock_interruptible(&d->lock))
		return -EINTR;
	ret = dmirror_request(d, request, &cmd);
	mutex_unlock(&d->lock);
	if (ret)
		return ret;
	return copy_to_user(user, &cmd, sizeof(cmd)) ? -EFAULT : 0;
}

/* Ordinary pages in a mapping that is not ordinary, all there at once. */
static int dmirror_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long at;
	struct page *page;
	int ret;

	for (at = vma->vm_start; at < vma->vm_end; at += PAGE_SIZE) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page)
			return -ENOMEM;
		ret = vm_insert_page(vma, at, page);
		put_page(page);
		if (ret)
			return ret;
	}
	return 0;
}

static const struct file_operations dmirror_fops = {
	.owner = THIS_MODULE,
	.open = dmirror_open,
	.release = dmirror_release,
	.unlocked_ioctl = dmirror_ioctl,
	.mmap = dmirror_mmap,
};

static void dmirror_remove(void)
{
	struct dmirror_node *node;

	for (node = dmirror_nodes; node < dmirror_nodes + DMIRROR_NODES; node++) {
		if (!node->dev)
			continue;
		misc_deregister(&node->misc);
		dmmu_client_put(node->dev);
		node->dev = NULL;
	}
}

/* Keeps the reference to @dev unless it fails. */
static int dmirror_add(struct dmmu_dev *dev, unsigned int at)
{
	struct dmirror_node *node = &dmirror_nodes[at];
	int ret;

	snprintf(node->name, sizeof(node->name), "hmm_dmirror%u", at);
	node->dev = dev;
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = node->name;
	node->misc.fops = &dmirror_fops;
	node->misc.mode = 0600;
	ret = misc_register(&node->misc);
	if (ret)
		node->dev = NULL;
	return ret;
}

static int __init dmirror_init(void)
{
	unsigned int next[2] = { 0, DMIRROR_COHERENT };
	const unsigned int end[2] = { DMIRROR_COHERENT, DMIRROR_NODES };
	int id, ret, found = 0;

	for (id = 0; id < DMIRROR_DEVICES; id++) {
		struct dmmu_dev *dev = dmmu_client_device(id);
		bool coherent = dev && dmmu_client_coherent(dev);

		if (!dev)
			continue;
		if (next[coherent] == end[coherent]) {
			dmmu_client_put(dev);
			continue;
		}
		ret = dmirror_add(dev, next[coherent]++);
		if (ret) {
			dmmu_client_put(dev);
			dmirror_remove();
			return ret;
		}
		found++;
	}
	return found ? 0 : -ENODEV;
}

static void __exit dmirror_exit(void)
{
	dmirror_remove();
}

module_init(dmirror_init);
module_exit(dmirror_exit);

MODULE_DESCRIPTION("The kernel's HMM test interface on a device with an MMU");
MODULE_LICENSE("GPL");
DMMU_IMPORT_NS;
