// SPDX-License-Identifier: GPL-2.0
/*
 * The causes of interrupts, the vectors they come on, and what each is for.
 *
 * CTL and CPY wake waiters. FLT copies fault records and wakes their workers at once, then, in the
 * thread, re-arms the device when the batch is served. CPL and ERROR do their work in the thread.
 * No handler reads a register but ERROR's.
 *
 * With fewer vectors than causes, some share one: its handler and its thread do the work of all of
 * them, as nothing tells which it was. What wakes waiters is never in the thread, since the fault
 * that the thread waits for is served by somebody who waits for CTL.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include <kunit/visibility.h>

#include "drv.h"
#include "regs.h"
#include "trace.h"
#include "vector.h"

#define DMMU_IRQ_THREADED (BIT(DMMU_IRQ_CPL) | BIT(DMMU_IRQ_FLT) | BIT(DMMU_IRQ_ERROR))

static const char * const dmmu_error_text[] = {
	[DMMU_ERROR_CTL_OPCODE_SHIFT] = "a control command was refused",
	[DMMU_ERROR_HOST_BUS_SHIFT] = "host memory answered a ring access with an error",
	[DMMU_ERROR_LOCAL_BUS_SHIFT] = "local memory answered a page-table access with an error",
	[DMMU_ERROR_DOORBELL_SHIFT] = "a doorbell was out of range",
	[DMMU_ERROR_STALE_ANSWER_SHIFT] = NULL, /* expected: a kill came before the answer */
	[DMMU_ERROR_CPY_DESC_SHIFT] = "a copy descriptor was refused",
	[DMMU_ERROR_CPY_BUS_SHIFT] = "memory answered a copy with an error",
	[DMMU_ERROR_RING_SETUP_SHIFT] = "a ring in use was to be moved",
};

static void dmmu_irq_error(struct dmmu_dev *dev)
{
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
		return;

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
}

static irqreturn_t dmmu_irq(int irq, void *data)
{
	struct dmmu_vector *vector = data;
	struct dmmu_dev *dev = vector->dev;
	bool shared = vector->causes & (vector->causes - 1);
	unsigned int n;

	if (vector->causes & BIT(DMMU_IRQ_CTL))
		wake_up_all(&dev->ctl.wq);
	if (vector->causes & BIT(DMMU_IRQ_CPY))
		wake_up_all(&dev->copy.wq);
	if (vector->causes & BIT(DMMU_IRQ_FLT)) {
		n = dmmu_fault_collect(dev);
		if (n || !shared) {
			dev->flt.irqs++;
			trace_dmmu_fault_irq(dev->id, n);
		}
		/* The thread may wait for faults while completions come. */
		if (vector->causes & BIT(DMMU_IRQ_CPL))
			wake_up_all(&dev->flt.wq);
	}
	return vector->causes & DMMU_IRQ_THREADED ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

static irqreturn_t dmmu_irq_thread(int irq, void *data)
{
	struct dmmu_vector *vector = data;
	struct dmmu_dev *dev = vector->dev;

	dmmu_cover_start(READ_ONCE(dev->cover));
	if (vector->causes & BIT(DMMU_IRQ_CPL))
		dmmu_work_complete(dev);
	/* Where others share the vector, a register read each time: only ERROR tells. */
	if (vector->causes & BIT(DMMU_IRQ_ERROR))
		dmmu_irq_error(dev);
	if (vector->causes & BIT(DMMU_IRQ_FLT))
		dmmu_fault_rearm(dev, vector->causes & BIT(DMMU_IRQ_CPL));
	kcov_remote_stop();
	return IRQ_HANDLED;
}

/* A device without a copy engine has one cause less. */
static unsigned int dmmu_irq_causes(const struct dmmu_dev *dev)
{
	return dmmu_has_copy_engine(dev) ? DMMU_IRQ_COUNT : DMMU_IRQ_CPY;
}

static char *dmmu_irq_name(struct dmmu_dev *dev, unsigned long causes)
{
	static const char * const names[DMMU_IRQ_COUNT] = {
		[DMMU_IRQ_CTL] = "ctl",	    [DMMU_IRQ_CPL] = "cpl", [DMMU_IRQ_FLT] = "flt",
		[DMMU_IRQ_ERROR] = "error", [DMMU_IRQ_CPY] = "cpy",
	};
	char text[48];
	int length = scnprintf(text, sizeof(text), "%s", dev->name);
	unsigned int i;

	for_each_set_bit(i, &causes, DMMU_IRQ_COUNT)
		length += scnprintf(text + length, sizeof(text) - length, "-%s", names[i]);
	return devm_kstrdup(dev->dev, text, GFP_KERNEL);
}

/*
 * As many vectors as there are causes, or as few as are to be had. They are requested disabled:
 * turn them on when the device is started.
 */
int dmmu_irq_request(struct dmmu_dev *dev)
{
	struct pci_dev *pdev = dev->pdev;
	unsigned int i, causes = dmmu_irq_causes(dev);
	unsigned int least = dev->caps & DMMU_CAPS_IRQ_ROUTE ? 1 : causes;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, least, causes, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "fewer than %u MSI-X vectors\n", least);
	dev->vectors = ret;
	if (dev->vectors < causes)
		dev_info(&pdev->dev, "%u MSI-X vectors for %u causes: some share one\n",
			 dev->vectors, causes);
	for (i = 0; i < causes; i++)
		dev->vector[dmmu_irq_vector(i, dev->vectors)].causes |= BIT(i);
	for (i = 0; i < dev->vectors; i++) {
		struct dmmu_vector *vector = &dev->vector[i];
		char *name = dmmu_irq_name(dev, vector->causes);

		vector->dev = dev;
		ret = name ? request_threaded_irq(pci_irq_vector(pdev, i), dmmu_irq,
						  vector->causes & DMMU_IRQ_THREADED ?
							  dmmu_irq_thread :
							  NULL,
						  IRQF_NO_AUTOEN, name, vector) :
			     -ENOMEM;
		if (ret)
			goto err_free_irqs;
	}
	return 0;

err_free_irqs:
	while (i--)
		free_irq(pci_irq_vector(pdev, i), &dev->vector[i]);
	pci_free_irq_vectors(pdev);
	return ret;
}

void dmmu_irq_free(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->vectors; i++)
		free_irq(pci_irq_vector(dev->pdev, i), &dev->vector[i]);
	pci_free_irq_vectors(dev->pdev);
}

/* Tell a device that was reset which vectors there are, and let it interrupt. */
void dmmu_irq_program(struct dmmu_dev *dev)
{
	if (dev->caps & DMMU_CAPS_IRQ_ROUTE)
		dmmu_write(dev, DMMU_REG_IRQ_ROUTE, dmmu_irq_route(dev->vectors));
	dmmu_write(dev, DMMU_REG_IRQ_ENABLE, BIT(dmmu_irq_causes(dev)) - 1);
}

/* Do what the thread of a cause does although its interrupt did not come. */
void dmmu_irq_wake(struct dmmu_dev *dev, unsigned int cause)
{
	unsigned int i = dmmu_irq_vector(cause, dev->vectors);

	irq_wake_thread(pci_irq_vector(dev->pdev, i), &dev->vector[i]);
}

/*
 * Returns when no handler runs any more. Off twice is off; on and off come from the one who starts
 * and stops.
 */
void dmmu_irq_off(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->vectors && dev->irqs_on; i++)
		disable_irq(pci_irq_vector(dev->pdev, i));
	dev->irqs_on = false;
}

void dmmu_irq_on(struct dmmu_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->vectors && !dev->irqs_on; i++)
		enable_irq(pci_irq_vector(dev->pdev, i));
	dev->irqs_on = true;
}
EXPORT_SYMBOL_IF_KUNIT(dmmu_irq_on);
