// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt vectors and what each is for.
 *
 * CTL and CPY wake waiters. FLT copies fault records and wakes their workers at once, then, in its
 * thread, re-arms the device when the batch is served. CPL and ERROR do their work in their
 * threads. No handler reads a register but ERROR's.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "regs.h"
#include "trace.h"

static irqreturn_t dmmu_irq_ctl(int irq, void *data)
{
	struct dmmu_dev *dev = data;

	wake_up_all(&dev->ctl.wq);
	return IRQ_HANDLED;
}

static irqreturn_t dmmu_irq_cpy(int irq, void *data)
{
	struct dmmu_dev *dev = data;

	wake_up_all(&dev->copy.wq);
	return IRQ_HANDLED;
}

static irqreturn_t dmmu_irq_cpl_thread(int irq, void *data)
{
	struct dmmu_dev *dev = data;

	dmmu_cover_start(READ_ONCE(dev->cover));
	dmmu_work_complete(dev);
	kcov_remote_stop();
	return IRQ_HANDLED;
}

static irqreturn_t dmmu_irq_flt(int irq, void *data)
{
	struct dmmu_dev *dev = data;
	unsigned int n;

	dev->flt.irqs++;
	n = dmmu_fault_collect(dev);
	trace_dmmu_fault_irq(dev->id, n);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t dmmu_irq_flt_thread(int irq, void *data)
{
	struct dmmu_dev *dev = data;

	dmmu_cover_start(READ_ONCE(dev->cover));
	dmmu_fault_rearm(dev);
	kcov_remote_stop();
	return IRQ_HANDLED;
}

static const char * const dmmu_error_text[] = {
	[DMMU_ERROR_CTL_OPCODE_SHIFT] = "a control command was refused",
	[DMMU_ERROR_HOST_BUS_SHIFT] = "host memory answered a ring access with an error",
	[DMMU_ERROR_LOCAL_BUS_SHIFT] = "local memory answered a page-table access with an error",
	[DMMU_ERROR_DOORBELL_SHIFT] = "a doorbell was out of range",
	[DMMU_ERROR_STALE_ANSWER_SHIFT] = NULL, /* expected: a kill came before the answer */
	[DMMU_ERROR_CPY_DESC_SHIFT] = "a copy descriptor was refused",
	[DMMU_ERROR_CPY_BUS_SHIFT] = "memory answered a copy with an error",
};

static irqreturn_t dmmu_irq_error_thread(int irq, void *data)
{
	struct dmmu_dev *dev = data;
	unsigned long bits;
	unsigned int i;
	u32 error = 0;

	mutex_lock(&dev->reg_lock);
	if (dmmu_is_up(dev)) {
		error = dmmu_read(dev, DMMU_REG_ERROR);
		if (error && error != DMMU_GONE)
			dmmu_write(dev, DMMU_REG_ERROR, error);
	}
	mutex_unlock(&dev->reg_lock);
	if (error == DMMU_GONE)
		return IRQ_HANDLED;

	bits = error;
	for_each_set_bit(i, &bits, 32) {
		atomic_inc(&dev->errors[i]);
		if (i >= ARRAY_SIZE(dmmu_error_text))
			dev_err_ratelimited(dev->dev, "unknown bit %u in ERROR\n", i);
		else if (dmmu_error_text[i])
			dev_err_ratelimited(dev->dev, "%s\n", dmmu_error_text[i]);
	}
	/*
	 * A record or a command is missing now, or an entry of a page table is not what it was
	 * made, and nobody knows which. An entry that could not be cleared still leads to its old
	 * page.
	 */
	if (error & DMMU_ERROR_HOST_BUS)
		dmmu_dev_fail(dev, dmmu_error_text[DMMU_ERROR_HOST_BUS_SHIFT]);
	else if (error & DMMU_ERROR_LOCAL_BUS)
		dmmu_dev_fail(dev, dmmu_error_text[DMMU_ERROR_LOCAL_BUS_SHIFT]);
	return IRQ_HANDLED;
}

static const struct {
	const char *name;
	irq_handler_t handler;
	irq_handler_t thread;
} dmmu_irqs[DMMU_IRQ_COUNT] = {
	[DMMU_IRQ_CTL] = { "ctl", dmmu_irq_ctl, NULL },
	[DMMU_IRQ_CPL] = { "cpl", NULL, dmmu_irq_cpl_thread },
	[DMMU_IRQ_FLT] = { "flt", dmmu_irq_flt, dmmu_irq_flt_thread },
	[DMMU_IRQ_ERROR] = { "error", NULL, dmmu_irq_error_thread },
	[DMMU_IRQ_CPY] = { "cpy", dmmu_irq_cpy, NULL },
};

/* A device without a copy engine has one vector less. */
unsigned int dmmu_irq_vectors(const struct dmmu_dev *dev)
{
	return dmmu_has_copy_engine(dev) ? DMMU_IRQ_COUNT : DMMU_IRQ_CPY;
}

/* The vectors are requested disabled: turn them on when the device is started. */
int dmmu_irq_request(struct dmmu_dev *dev)
{
	struct pci_dev *pdev = dev->pdev;
	unsigned int i, n = dmmu_irq_vectors(dev);
	int ret;

	ret = pci_alloc_irq_vectors(pdev, n, n, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no %u MSI-X vectors\n", n);
	for (i = 0; i < n; i++) {
		unsigned long flags = IRQF_NO_AUTOEN | (dmmu_irqs[i].handler ? 0 : IRQF_ONESHOT);
		char *name = devm_kasprintf(&pdev->dev, GFP_KERNEL, "%s-%s", dev->name,
					    dmmu_irqs[i].name);

		ret = name ? request_threaded_irq(pci_irq_vector(pdev, i), dmmu_irqs[i].handler,
						  dmmu_irqs[i].thread, flags, name, dev) :
			     -ENOMEM;
		if (ret)
			goto err_free_irqs;
	}
	return 0;

err_free_irqs:
	while (i--)
		free_irq(pci_irq_vector(pdev, i), dev);
	pci_free_irq_vectors(pdev);
	return ret;
}

void dmmu_irq_free(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dmmu_irq_vectors(dev); i++)
		free_irq(pci_irq_vector(dev->pdev, i), dev);
	pci_free_irq_vectors(dev->pdev);
}

/*
 * Returns when no handler runs any more. Off twice is off; on and off come from the one who starts
 * and stops.
 */
void dmmu_irq_off(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dmmu_irq_vectors(dev) && dev->irqs_on; i++)
		disable_irq(pci_irq_vector(dev->pdev, i));
	dev->irqs_on = false;
}

void dmmu_irq_on(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dmmu_irq_vectors(dev) && !dev->irqs_on; i++)
		enable_irq(pci_irq_vector(dev->pdev, i));
	dev->irqs_on = true;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_irq_on);
