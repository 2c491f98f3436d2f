// SPDX-License-Identifier: GPL-2.0
/*
 * Finding the device, taking it into use, letting it go; resets through the PCI core.
 *
 * struct dmmu_dev lives until the last file is closed, the PCI function may go before. What remains
 * of it then answers -ENODEV.
 */
#include <linux/dma-mapping.h>
#include <linux/hashtable.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "regs.h"

/* For what must be over before the module goes. */
struct workqueue_struct *dmmu_wq;

static DEFINE_IDA(dmmu_ids);
static DEFINE_MUTEX(dmmu_devices_lock);
static LIST_HEAD(dmmu_devices);

static void dmmu_dev_release(struct kref *ref)
{
	struct dmmu_dev *dev = container_of(ref, struct dmmu_dev, ref);

	dmmu_local_release(dev);
	ida_destroy(&dev->ctx_ids);
	ida_destroy(&dev->tables);
	kfree(dev->flt.by_id);
	kfree(dev->flt.slot);
	ida_free(&dmmu_ids, dev->id);
	pci_dev_put(dev->pdev);
	kfree(dev);
}

void dmmu_dev_put(struct dmmu_dev *dev)
{
	kref_put(&dev->ref, dmmu_dev_release);
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_dev_put);

/* A device, with a reference, or NULL. For tests on a live device. */
struct dmmu_dev *dmmu_first_device(void)
{
	struct dmmu_dev *dev;

	mutex_lock(&dmmu_devices_lock);
	dev = list_first_entry_or_null(&dmmu_devices, struct dmmu_dev, node);
	if (dev)
		kref_get(&dev->ref);
	mutex_unlock(&dmmu_devices_lock);
	return dev;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_first_device);

/* The device behind /dev/dmmu@id, with a reference, or NULL. */
struct dmmu_dev *dmmu_find_device(int id)
{
	struct dmmu_dev *dev, *found = NULL;

	mutex_lock(&dmmu_devices_lock);
	list_for_each_entry(dev, &dmmu_devices, node) {
		if (dev->id != id)
			continue;
		found = dev;
		kref_get(&dev->ref);
		break;
	}
	mutex_unlock(&dmmu_devices_lock);
	return found;
}

/*
 * The device with the next higher number than *@id, which becomes that number, with a reference, or
 * NULL; @but is passed over. Called with locks of memory management held, too.
 */
struct dmmu_dev *dmmu_next_device(struct dmmu_dev *but, int *id)
{
	struct dmmu_dev *dev, *found = NULL;

	mutex_lock(&dmmu_devices_lock);
	list_for_each_entry(dev, &dmmu_devices, node)
		if (dev != but && dev->id > *id && (!found || dev->id < found->id))
			found = dev;
	if (found) {
		kref_get(&found->ref);
		*id = found->id;
	}
	mutex_unlock(&dmmu_devices_lock);
	return found;
}

static struct dmmu_dev *dmmu_dev_create(struct pci_dev *pdev)
{
	struct dmmu_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->id = ida_alloc(&dmmu_ids, GFP_KERNEL);
	if (dev->id < 0) {
		kfree(dev);
		return NULL;
	}
	snprintf(dev->name, sizeof(dev->name), DMMU_NAME "%d", dev->id);
	kref_init(&dev->ref);
	INIT_LIST_HEAD(&dev->node);
	dev->pdev = pci_dev_get(pdev);
	dev->dev = &pdev->dev;
	mutex_init(&dev->reg_lock);
	mutex_init(&dev->ctx_lock);
	INIT_LIST_HEAD(&dev->ctxs);
	ida_init(&dev->ctx_ids);
	ida_init(&dev->tables);
	spin_lock_init(&dev->users_lock);
	INIT_LIST_HEAD(&dev->users);
	spin_lock_init(&dev->dma_lock);
	hash_init(dev->dma_table);
	spin_lock_init(&dev->ctl.lock);
	init_waitqueue_head(&dev->ctl.wq);
	spin_lock_init(&dev->work.lock);
	INIT_LIST_HEAD(&dev->work.ready);
	spin_lock_init(&dev->flt.lock);
	init_waitqueue_head(&dev->flt.wq);
	mutex_init(&dev->copy.lock);
	init_waitqueue_head(&dev->copy.wq);
	INIT_WORK(&dev->fail_work, dmmu_dev_fail_work);
	INIT_DELAYED_WORK(&dev->watchdog, dmmu_dev_watchdog);
	return dev;
}

/* Who are you, and can we talk? */
static int dmmu_identify(struct dmmu_dev *dev)
{
	u32 id = dmmu_read(dev, DMMU_REG_ID), params0, params1;

	if (id != DMMU_RST_ID)
		return dev_err_probe(dev->dev, -ENODEV, "ID reads %#x, not %#x%s\n", id,
				     DMMU_RST_ID,
				     id == DMMU_GONE ? ": the device does not answer" : "");
	dev->version = dmmu_read(dev, DMMU_REG_VERSION);
	if (DMMU_GET(DMMU_VERSION_MAJOR, dev->version) !=
	    DMMU_GET(DMMU_VERSION_MAJOR, DMMU_RST_VERSION))
		return dev_err_probe(dev->dev, -ENODEV,
				     "interface version %#x, this driver knows %#x\n", dev->version,
				     DMMU_RST_VERSION);
	dev->caps = dmmu_read(dev, DMMU_REG_CAPS);
	params0 = dmmu_read(dev, DMMU_REG_PARAMS0);
	params1 = dmmu_read(dev, DMMU_REG_PARAMS1);
	dev->threads = DMMU_GET(DMMU_PARAMS0_THREADS, params0);
	dev->contexts = DMMU_GET(DMMU_PARAMS0_CONTEXTS, params0);
	dev->levels = DMMU_GET(DMMU_PARAMS0_LEVELS, params0);
	dev->va_bits = DMMU_GET(DMMU_PARAMS0_VA_BITS, params0);
	dev->tlb_entries = DMMU_GET(DMMU_PARAMS1_L2_ENTRIES, params1);
	dev->clock_khz = dmmu_read(dev, DMMU_REG_CLOCK_KHZ);
	dev->release = dmmu_read(dev, DMMU_REG_RELEASE);
	dev->local_size = dmmu_read64(dev, DMMU_REG_LOCAL_SIZE_LO);
	dev->table_bytes = dev->local_size;
	if (!dev->threads || !dev->contexts || dev->levels < 2 || dev->levels > 5 ||
	    dev->va_bits <= DMMU_PAGE_SHIFT || dev->va_bits > dmmu_level_shift(dev->levels) ||
	    dev->local_size < 16 * DMMU_TABLE_BYTES)
		return dev_err_probe(dev->dev, -ENODEV,
				     "parameters make no sense: PARAMS0 %#x, local memory %#llx\n",
				     params0, dev->local_size);
	return 0;
}

/*
 * A fault ring with an entry for each thread never fills; the others are sized by what may be in
 * the device.
 */
static int dmmu_alloc_rings(struct dmmu_dev *dev)
{
	struct device *d = dev->dev;

	dev->work.nslots = 2 * dev->threads;
	dev->work.entries = roundup_pow_of_two(max(dev->work.nslots, 64U));
	dev->work.cpl_entries = dev->work.entries;
	dev->flt.entries = roundup_pow_of_two(max(2 * dev->threads, 64U));

	dev->flt.slot = kcalloc(dev->threads, sizeof(*dev->flt.slot), GFP_KERNEL);
	dev->flt.by_id = kcalloc(dev->contexts, sizeof(*dev->flt.by_id), GFP_KERNEL);
	if (!dev->flt.slot || !dev->flt.by_id)
		return -ENOMEM; /* freed with the device */
	dev->status = dma_alloc_coherent(d, sizeof(*dev->status), &dev->status_dma, GFP_KERNEL);
	if (!dev->status)
		return -ENOMEM;
	dev->ctl.ring = dma_alloc_coherent(d, DMMU_CTL_ENTRIES * sizeof(*dev->ctl.ring),
					   &dev->ctl.dma, GFP_KERNEL);
	if (!dev->ctl.ring)
		goto err_free_status;
	dev->work.ring = dma_alloc_coherent(d, dev->work.entries * sizeof(*dev->work.ring),
					    &dev->work.dma, GFP_KERNEL);
	if (!dev->work.ring)
		goto err_free_ctl;
	dev->work.cpl = dma_alloc_coherent(d, dev->work.cpl_entries * sizeof(*dev->work.cpl),
					   &dev->work.cpl_dma, GFP_KERNEL);
	if (!dev->work.cpl)
		goto err_free_work;
	if (dev->caps & DMMU_CAPS_PT_AGE) {
		dev->age = dmam_alloc_coherent(d, DMMU_AGE_TABLES * sizeof(*dev->age),
					       &dev->age_dma, GFP_KERNEL);
		if (!dev->age)
			goto err_free_cpl;
	}
	dev->flt.ring = dma_alloc_coherent(d, dev->flt.entries * sizeof(*dev->flt.ring),
					   &dev->flt.dma, GFP_KERNEL);
	if (!dev->flt.ring)
		goto err_free_cpl;
	return 0;

err_free_cpl:
	dma_free_coherent(d, dev->work.cpl_entries * sizeof(*dev->work.cpl), dev->work.cpl,
			  dev->work.cpl_dma);
err_free_work:
	dma_free_coherent(d, dev->work.entries * sizeof(*dev->work.ring), dev->work.ring,
			  dev->work.dma);
err_free_ctl:
	dma_free_coherent(d, DMMU_CTL_ENTRIES * sizeof(*dev->ctl.ring), dev->ctl.ring,
			  dev->ctl.dma);
err_free_status:
	dma_free_coherent(d, sizeof(*dev->status), dev->status, dev->status_dma);
	return -ENOMEM;
}

static void dmmu_free_rings(struct dmmu_dev *dev)
{
	struct device *d = dev->dev;

	dma_free_coherent(d, dev->flt.entries * sizeof(*dev->flt.ring), dev->flt.ring,
			  dev->flt.dma);
	dma_free_coherent(d, dev->work.cpl_entries * sizeof(*dev->work.cpl), dev->work.cpl,
			  dev->work.cpl_dma);
	dma_free_coherent(d, dev->work.entries * sizeof(*dev->work.ring), dev->work.ring,
			  dev->work.dma);
	dma_free_coherent(d, DMMU_CTL_ENTRIES * sizeof(*dev->ctl.ring), dev->ctl.ring,
			  dev->ctl.dma);
	dma_free_coherent(d, sizeof(*dev->status), dev->status, dev->status_dma);
}

static int dmmu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct dmmu_dev *dev;
	int ret;

	dev = dmmu_dev_create(pdev);
	if (!dev)
		return -ENOMEM;
	pci_set_drvdata(pdev, dev);
	ret = pci_enable_device_mem(pdev);
	if (ret)
		goto err_put_dev;
	/* What a recovery restores must not let the device reach memory before it is reset. */
	pci_clear_master(pdev);
	pci_save_state(pdev);
	ret = pci_request_region(pdev, DMMU_PCI_BAR_REGS, DMMU_NAME);
	if (ret)
		goto err_disable_device;
	dev->regs = pci_iomap(pdev, DMMU_PCI_BAR_REGS, DMMU_PCI_BAR_REGS_BYTES);
	if (!dev->regs) {
		ret = -ENOMEM;
		goto err_release_region;
	}
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		goto err_unmap_regs;
	ret = dmmu_identify(dev);
	if (ret)
		goto err_unmap_regs;
	ret = dmmu_alloc_rings(dev);
	if (ret)
		goto err_unmap_regs;
	ret = dmmu_copy_init(dev);
	if (ret)
		goto err_free_rings;
	dev->fault_wq = alloc_workqueue("%s-fault", WQ_UNBOUND | WQ_HIGHPRI, 0, dev->name);
	if (!dev->fault_wq) {
		ret = -ENOMEM;
		goto err_exit_copy;
	}
	ret = dmmu_irq_request(dev);
	if (ret)
		goto err_destroy_wq;
	ret = dmmu_dev_start(dev);
	if (ret)
		goto err_free_irqs;
	dmmu_irq_on(dev);
	dmmu_local_init(dev);
	ret = dmmu_chardev_add(dev);
	if (ret)
		goto err_stop_device;
	dmmu_debugfs_add(dev);
	mutex_lock(&dmmu_devices_lock);
	list_add_tail(&dev->node, &dmmu_devices);
	mutex_unlock(&dmmu_devices_lock);
	dev_info(&pdev->dev,
		 "/dev/%s: %u threads, %u contexts, %u-bit addresses, %llu MiB of local memory, %lu of it for pages\n",
		 dev->name, dev->threads, dev->contexts, dev->va_bits, dev->local_size >> 20,
		 dmmu_local_total(dev) >> (20 - PAGE_SHIFT));
	return 0;

err_stop_device:
	dmmu_dev_stop(dev, DMMU_REMOVED);
	dmmu_local_exit(dev);
err_free_irqs:
	dmmu_irq_free(dev);
err_destroy_wq:
	destroy_workqueue(dev->fault_wq);
err_exit_copy:
	dmmu_copy_exit(dev);
err_free_rings:
	dmmu_free_rings(dev);
err_unmap_regs:
	pci_iounmap(pdev, dev->regs);
err_release_region:
	pci_release_region(pdev, DMMU_PCI_BAR_REGS);
err_disable_device:
	pci_disable_device(pdev);
err_put_dev:
	dmmu_dev_put(dev);
	return ret;
}

static void dmmu_remove(struct pci_dev *pdev)
{
	struct dmmu_dev *dev = pci_get_drvdata(pdev);

	mutex_lock(&dmmu_devices_lock);
	list_del_init(&dev->node);
	mutex_unlock(&dmmu_devices_lock);
	dmmu_debugfs_remove(dev);
	dmmu_chardev_remove(dev);
	dmmu_local_close(dev);
	dmmu_evict_all(dev);
	dmmu_dev_stop(dev, DMMU_REMOVED);
	dmmu_local_exit(dev);
	dmmu_irq_free(dev);
	destroy_workqueue(dev->fault_wq);
	dmmu_copy_exit(dev);
	dmmu_free_rings(dev);
	pci_iounmap(pdev, dev->regs);
	pci_release_region(pdev, DMMU_PCI_BAR_REGS);
	pci_disable_device(pdev);
	dmmu_dev_put(dev);
}

/*
 * The PCI core is about to reset the function: what it has is lost, whoever is bound must open
 * anew. Local memory keeps its content, but a page that a CPU wants meanwhile could not be had: all
 * are brought home, and none goes there until the device is back.
 */
static void dmmu_reset_prepare(struct pci_dev *pdev)
{
	struct dmmu_dev *dev = pci_get_drvdata(pdev);

	dmmu_local_close(dev);
	dmmu_evict_all(dev);
	dmmu_dev_stop(dev, DMMU_STOPPED);
}

static void dmmu_reset_done(struct pci_dev *pdev)
{
	struct dmmu_dev *dev = pci_get_drvdata(pdev);

	if (dmmu_dev_start(dev)) {
		dev_err(&pdev->dev, "does not come back after a reset\n");
		return;
	}
	dmmu_irq_on(dev);
	dmmu_local_reopen(dev);
	dev_info(&pdev->dev, "reset done\n");
}

static pci_ers_result_t dmmu_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct dmmu_dev *dev = pci_get_drvdata(pdev);

	if (state == pci_channel_io_perm_failure)
		dmmu_local_lose(dev);
	dmmu_dev_stop(dev, DMMU_STOPPED);
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT :
						      PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t dmmu_slot_reset(struct pci_dev *pdev)
{
	struct dmmu_dev *dev = pci_get_drvdata(pdev);

	pci_restore_state(pdev);
	if (dmmu_dev_start(dev))
		return PCI_ERS_RESULT_DISCONNECT;
	dmmu_irq_on(dev);
	return PCI_ERS_RESULT_RECOVERED;
}

/* Traffic may flow again: tell whoever looks after the machine. */
static void dmmu_resume(struct pci_dev *pdev)
{
	pci_info(pdev, "recovered from a bus error; files that were bound must be opened anew\n");
}

static const struct pci_error_handlers dmmu_error_handlers = {
	.error_detected = dmmu_error_detected,
	.slot_reset = dmmu_slot_reset,
	.resume = dmmu_resume,
	.reset_prepare = dmmu_reset_prepare,
	.reset_done = dmmu_reset_done,
};

static const struct pci_device_id dmmu_pci_ids[] = { { PCI_DEVICE(DMMU_PCI_VENDOR,
								  DMMU_PCI_DEVICE) },
						     {} };
MODULE_DEVICE_TABLE(pci, dmmu_pci_ids);

static struct pci_driver dmmu_pci_driver = {
	.name = DMMU_NAME,
	.id_table = dmmu_pci_ids,
	.probe = dmmu_probe,
	.remove = dmmu_remove,
	.err_handler = &dmmu_error_handlers,
};

static int __init dmmu_init(void)
{
	int ret;

	ret = dmmu_job_cache_create();
	if (ret)
		return ret;
	dmmu_wq = alloc_workqueue(DMMU_NAME, WQ_UNBOUND, 0);
	if (!dmmu_wq) {
		ret = -ENOMEM;
		goto err_destroy_cache;
	}
	dmmu_debugfs_init();
	ret = pci_register_driver(&dmmu_pci_driver);
	if (ret)
		goto err_debugfs_exit;
	return 0;

err_debugfs_exit:
	dmmu_debugfs_exit();
	destroy_workqueue(dmmu_wq);
err_destroy_cache:
	dmmu_job_cache_destroy();
	return ret;
}
module_init(dmmu_init);

static void __exit dmmu_exit(void)
{
	pci_unregister_driver(&dmmu_pci_driver);
	dmmu_debugfs_exit();
	destroy_workqueue(dmmu_wq);
	/* Tables that are about to be freed. */
	rcu_barrier();
	dmmu_job_cache_destroy();
}
module_exit(dmmu_exit);

MODULE_DESCRIPTION("Accelerator with an MMU of its own that mirrors process address spaces");
MODULE_AUTHOR("The dmmu maintainers");
MODULE_LICENSE("GPL");
