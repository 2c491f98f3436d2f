// SPDX-License-Identifier: GPL-2.0
/*
 * DMA mappings of host pages: each page once per device, counted, however many contexts and
 * addresses it is mapped at.
 *
 * The DMA API wants one mapping of a page at a time, and with an IOMMU one is cheaper than many.
 * There is no ownership to hand over and nothing to synchronise: CPU and device use the page side
 * by side, so memory that is only reachable through bounce buffers is refused.
 *
 * Callers hold some context's pt_lock and must not allocate; they stock up before (dmmu_dma_stock).
 */
#include <linux/dma-mapping.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "drv.h"

struct dmmu_dma {
	struct hlist_node node;		/* in the device's table or in a stock */
	struct page *page;		/* not a reference; its users have notifiers */
	dma_addr_t dma;
	unsigned int users;
};

/* Have at least @n unused entries at hand. May sleep; the stock belongs to the fault worker. */
int dmmu_dma_stock(struct dmmu_ctx *ctx, unsigned int n)
{
	while (ctx->dma_spares < n) {
		struct dmmu_dma *d = kmalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

		if (!d)
			return -ENOMEM;
		hlist_add_head(&d->node, &ctx->dma_spare);
		ctx->dma_spares++;
	}
	return 0;
}

void dmmu_dma_unstock(struct dmmu_ctx *ctx)
{
	struct hlist_node *next;
	struct dmmu_dma *d;

	hlist_for_each_entry_safe(d, next, &ctx->dma_spare, node) {
		hlist_del(&d->node);
		kfree(d);
	}
	ctx->dma_spares = 0;
}

static struct hlist_head *dmmu_dma_bucket(struct dmmu_dev *dev, struct page *page)
{
	return &dev->dma_table[hash_long(page_to_pfn(page), DMMU_DMA_HASH_BITS)];
}

static struct dmmu_dma *dmmu_dma_find(struct dmmu_dev *dev, struct page *page)
{
	struct dmmu_dma *d;

	lockdep_assert_held(&dev->dma_lock);
	hlist_for_each_entry(d, dmmu_dma_bucket(dev, page), node)
		if (d->page == page)
			return d;
	return NULL;
}

static int dmmu_dma_map(struct dmmu_dev *dev, struct dmmu_dma *d)
{
	d->dma = dma_map_page_attrs(dev->dev, d->page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL,
				    DMA_ATTR_SKIP_CPU_SYNC);
	if (dma_mapping_error(dev->dev, d->dma))
		return -ENOMEM;
	/* A bounce buffer is a copy, which is not what sharing an address space means. */
	if (dma_need_sync(dev->dev, d->dma) || !dmmu_pte_can_hold(d->dma)) {
		dev_err_once(dev->dev, "host memory at %pad is out of reach; check IOMMU and swiotlb\n",
			     &d->dma);
		dma_unmap_page_attrs(dev->dev, d->dma, PAGE_SIZE, DMA_BIDIRECTIONAL,
				     DMA_ATTR_SKIP_CPU_SYNC);
		return -EIO;
	}
	return 0;
}

/* The DMA address of a page, and one more user of it. */
int dmmu_dma_get(struct dmmu_ctx *ctx, struct page *page, dma_addr_t *dma)
{
	struct dmmu_dev *dev = ctx->dev;
	struct dmmu_dma *d;
	int ret = 0;

	lockdep_assert_held(&ctx->pt_lock);
	spin_lock(&dev->dma_lock);
	d = dmmu_dma_find(dev, page);
	if (!d) {
		if (WARN_ON_ONCE(!ctx->dma_spares)) {
			ret = -ENOMEM;
			goto out_unlock;
		}
		d = hlist_entry(ctx->dma_spare.first, struct dmmu_dma, node);
		d->page = page;
		d->users = 0;
		ret = dmmu_dma_map(dev, d);
		if (ret)
			goto out_unlock;
		hlist_del(&d->node);
		ctx->dma_spares--;
		hlist_add_head(&d->node, dmmu_dma_bucket(dev, page));
	}
	d->users++;
	*dma = d->dma;
out_unlock:
	spin_unlock(&dev->dma_lock);
	return ret;
}

/* One user less; the last one ends the mapping. The device must not use the address any more. */
void dmmu_dma_put(struct dmmu_dev *dev, struct page *page)
{
	struct dmmu_dma *d;

	spin_lock(&dev->dma_lock);
	d = dmmu_dma_find(dev, page);
	if (WARN_ON_ONCE(!d))
		goto out_unlock;
	if (--d->users) {
		d = NULL;
		goto out_unlock;
	}
	hlist_del(&d->node);
	dma_unmap_page_attrs(dev->dev, d->dma, PAGE_SIZE, DMA_BIDIRECTIONAL,
			     DMA_ATTR_SKIP_CPU_SYNC);
out_unlock:
	spin_unlock(&dev->dma_lock);
	kfree(d);
}
