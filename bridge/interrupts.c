// SPDX-License-Identifier: GPL-2.0
/*
 * interrupts.c: delivery is a write to the vector's eventfd.
 */
#include "interrupts.h"
#include "log.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

void interrupts_init(struct interrupts *irqs, unsigned int vectors)
{
	*irqs = (struct interrupts){.vectors = vectors};
	for (unsigned int i = 0; i < DMMU_IRQ_COUNT; i++)
		irqs->eventfd[i] = -1;
}

static void wire(struct interrupts *irqs, unsigned int vector, int fd)
{
	if (irqs->eventfd[vector] >= 0)
		close(irqs->eventfd[vector]);
	irqs->eventfd[vector] = fd;
}

void interrupts_release(struct interrupts *irqs)
{
	for (unsigned int i = 0; i < DMMU_IRQ_COUNT; i++)
		wire(irqs, i, -1);
	interrupts_init(irqs, irqs->vectors);
}

static void deliver(struct interrupts *irqs)
{
	const uint64_t one = 1;

	if (!irqs->enabled || irqs->all_held)
		return;
	for (unsigned int i = 0; i < DMMU_IRQ_COUNT; i++) {
		if (!(irqs->pending & 1u << i) || irqs->masked[i] || irqs->eventfd[i] < 0)
			continue;
		irqs->pending &= ~(1u << i);
		/* EAGAIN: the counter is full, so the client will see it anyway. */
		if (write(irqs->eventfd[i], &one, sizeof(one)) < 0 && errno != EAGAIN)
			log_error("cannot signal interrupt vector %u: %s", i, strerror(errno));
	}
}

void interrupts_configure(struct interrupts *irqs, bool enabled, bool all_held)
{
	irqs->enabled = enabled;
	irqs->all_held = all_held;
	if (!enabled)
		irqs->pending = 0;
	deliver(irqs);
}

void interrupts_raise(struct interrupts *irqs, uint64_t vector)
{
	if (vector >= irqs->vectors) {
		/* The guest can route a cause to any: it is told of once, and lost as on PCI. */
		if (!irqs->told)
			log_error("the device raised vector %llu, there are %u",
				  (unsigned long long)vector, irqs->vectors);
		irqs->told = true;
		return;
	}
	if (!irqs->enabled)
		return;
	irqs->pending |= 1u << vector;
	deliver(irqs);
}

static int set_eventfds(struct interrupts *irqs, uint32_t start, uint32_t count, int *fds, int nfds)
{
	/* All vectors of a message have one, or none has. */
	if (nfds && (uint32_t)nfds != count)
		return EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		wire(irqs, start + i, nfds ? fds[i] : -1);
		if (nfds)
			fds[i] = -1;
	}
	deliver(irqs);
	return 0;
}

int interrupts_set(struct interrupts *irqs, uint32_t flags, uint32_t start, uint32_t count,
		   const uint8_t *data, size_t bytes, int *fds, int nfds)
{
	uint32_t action = flags & VFIO_IRQ_SET_ACTION_TYPE_MASK,
		 type = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;

	if (flags != (action | type) || start > irqs->vectors || count > irqs->vectors - start)
		return EINVAL;
	if (type == VFIO_IRQ_SET_DATA_EVENTFD)
		return action == VFIO_IRQ_SET_ACTION_TRIGGER && count
			       ? set_eventfds(irqs, start, count, fds, nfds)
			       : EINVAL;
	if ((type != VFIO_IRQ_SET_DATA_NONE && type != VFIO_IRQ_SET_DATA_BOOL) ||
	    (action != VFIO_IRQ_SET_ACTION_MASK && action != VFIO_IRQ_SET_ACTION_UNMASK &&
	     action != VFIO_IRQ_SET_ACTION_TRIGGER))
		return EINVAL;
	if (type == VFIO_IRQ_SET_DATA_BOOL && bytes < count)
		return EINVAL;
	if (!count) {
		if (type != VFIO_IRQ_SET_DATA_NONE || action != VFIO_IRQ_SET_ACTION_TRIGGER ||
		    start)
			return EINVAL;
		for (unsigned int i = 0; i < DMMU_IRQ_COUNT; i++)
			wire(irqs, i, -1);
		return 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (type == VFIO_IRQ_SET_DATA_BOOL && !data[i])
			continue;
		if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
			irqs->pending |= 1u << (start + i);
		else
			irqs->masked[start + i] = action == VFIO_IRQ_SET_ACTION_MASK;
	}
	deliver(irqs);
	return 0;
}
