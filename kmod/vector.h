/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which causes share an MSI-X vector when there are fewer vectors than causes. Pure functions: they
 * are tested by KUnit.
 */
#ifndef DMMU_VECTOR_H
#define DMMU_VECTOR_H

#include <linux/types.h>

#include "dmmu_regs.h"

/*
 * The vector of a cause when there are @n, 1 at least: first CPY joins CTL, as it only wakes
 * somebody, too, then ERROR, which is rare, joins CPL, then FLT does, and at last there is one for
 * all.
 */
static inline unsigned int dmmu_irq_vector(unsigned int cause, unsigned int n)
{
	static const u8 joins[DMMU_IRQ_COUNT] = {
		[DMMU_IRQ_CPL] = DMMU_IRQ_CTL,
		[DMMU_IRQ_FLT] = DMMU_IRQ_CPL,
		[DMMU_IRQ_ERROR] = DMMU_IRQ_CPL,
		[DMMU_IRQ_CPY] = DMMU_IRQ_CTL,
	};

	while (cause >= n)
		cause = joins[cause];
	return cause;
}

/* Register IRQ_ROUTE for @n vectors. */
static inline u32 dmmu_irq_route(unsigned int n)
{
	return dmmu_irq_vector(DMMU_IRQ_CTL, n) << DMMU_IRQ_ROUTE_CTL_SHIFT |
	       dmmu_irq_vector(DMMU_IRQ_CPL, n) << DMMU_IRQ_ROUTE_CPL_SHIFT |
	       dmmu_irq_vector(DMMU_IRQ_FLT, n) << DMMU_IRQ_ROUTE_FLT_SHIFT |
	       dmmu_irq_vector(DMMU_IRQ_ERROR, n) << DMMU_IRQ_ROUTE_ERROR_SHIFT |
	       dmmu_irq_vector(DMMU_IRQ_CPY, n) << DMMU_IRQ_ROUTE_CPY_SHIFT;
}

#endif /* DMMU_VECTOR_H */
