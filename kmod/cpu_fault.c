// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU touches a page that is in local memory.
 *
 * It comes home, with its neighbours or, when it is a huge page, as a whole. Who touched it then
 * finds what was in it, or is told by SIGBUS (EFAULT in a system call) that it is lost; never
 * anything else. Somebody else who has the page in his hands makes the CPU come again.
 */
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "drv.h"
#include "migrate.h"
#include "params.h"
#include "trace.h"

/*
 * Offer a small page for the first part of a huge one that cannot come home as a whole. The copy is
 * made although it will hardly count: then it is right in any case.
 */
static int dmmu_bring_part(struct dmmu_dev *dev, struct vm_area_struct *vma, unsigned long start,
			   struct dmmu_move *m)
{
	struct page *to = dmmu_host_page(dev, vma, start, false);
	int ret;

	if (!to)
		return -ENOMEM;
	lock_page(to);
	m->dst[0] = dmmu_dst(to, m->src[0]);
	m->op[0] = (struct dmmu_copy_op){
		.host = to,
		.local = dmmu_local_offset(migrate_pfn_to_page(m->src[0])),
		.dir = DMMU_COPY_OUT,
	};
	ret = dmmu_copy_pages(dev, m->op, 1);
	if (ret)
		dmmu_drop_host(&m->dst[0]);
	return ret;
}

/*
 * The CPU touches a huge page that is in local memory. When it cannot come home as one, it stays,
 * but mapped by parts, and the CPU, which comes again, brings the part home that it touches. For
 * that the kernel is offered a small page for the first part. It cannot split the page itself as
 * long as the fault has a reference to it, only its mapping; should it be able to some day, that
 * part has come home.
 */
static vm_fault_t dmmu_migrate_whole_to_ram(struct vm_fault *vmf)
{
	struct dmmu_dev *dev = dmmu_local_dev(vmf->page);
	struct dmmu_move *m = dmmu_move_alloc(GFP_KERNEL);
	unsigned long bytes = DMMU_WHOLE_PAGES * PAGE_SIZE;
	unsigned long start = ALIGN_DOWN(vmf->address, bytes);
	struct migrate_vma args = {
		.vma = vmf->vma,
		.start = start,
		.end = start + bytes,
		.pgmap_owner = dmmu_local_owner(dev),
		.fault_page = vmf->page,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE | DMMU_SELECT_WHOLE,
	};
	u64 begin = ktime_get_ns();
	vm_fault_t ret = 0;
	unsigned int moved;
	int error = 0;

	if (!m)
		return VM_FAULT_OOM;
	args.src = m->src;
	args.dst = m->dst;
	if (migrate_vma_setup(&args)) {
		ret = VM_FAULT_SIGBUS;
		goto out_free;
	}
	if (!args.cpages)
		goto out_free;
	if (dmmu_bring_home(dev, m->src, m->dst, m->op, args.npages, vmf->vma, start, 0, &error))
		error = dmmu_bring_part(dev, vmf->vma, start, m);
	migrate_vma_pages(&args);
	moved = dmmu_went_home(dev, m->src, m->dst, args.npages);
	migrate_vma_finalize(&args);
	trace_dmmu_cpu_fault(dev->id, vmf->address & PAGE_MASK, args.npages, moved,
			     ktime_get_ns() - begin, error);
	if (error)
		ret = error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
out_free:
	kvfree(m);
	return ret;
}

/*
 * The CPU touches a page that is in local memory: bring it back, and with it those around it in the
 * same mapping. Called by the page fault, with mmap_lock held for reading and a reference to the
 * page.
 */
static vm_fault_t dmmu_migrate_pages_to_ram(struct vm_fault *vmf)
{
	unsigned long src[DMMU_FAULT_BACK_MAX], dst[DMMU_FAULT_BACK_MAX];
	struct dmmu_copy_op op[DMMU_FAULT_BACK_MAX];
	struct dmmu_dev *dev = dmmu_local_dev(vmf->page);
	unsigned long va = vmf->address & PAGE_MASK;
	unsigned long bytes = (unsigned long)dmmu_fault_back() << PAGE_SHIFT;
	struct migrate_vma args = {
		.vma = vmf->vma,
		.start = max(va & ~(bytes - 1), vmf->vma->vm_start),
		.end = min((va & ~(bytes - 1)) + bytes, vmf->vma->vm_end),
		.src = src,
		.dst = dst,
		.pgmap_owner = dmmu_local_owner(dev),
		.fault_page = vmf->page,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
	};
	u64 begin = ktime_get_ns();
	unsigned int which = (va - args.start) >> PAGE_SHIFT, moved;
	int error = 0;

	if (migrate_vma_setup(&args))
		return VM_FAULT_SIGBUS;
	/* Somebody else is at it: come again. */
	if (!args.cpages)
		return 0;
	dmmu_bring_home(dev, src, dst, op, args.npages, vmf->vma, args.start, which, &error);
	migrate_vma_pages(&args);
	moved = dmmu_went_home(dev, src, dst, args.npages);
	migrate_vma_finalize(&args);
	trace_dmmu_cpu_fault(dev->id, va, args.npages, moved, ktime_get_ns() - begin, error);
	if (error == -ENOMEM)
		return VM_FAULT_OOM;
	return error ? VM_FAULT_SIGBUS : 0;
}

/*
 * Without an entry for the page itself it is one for all of a huge page. What is lost is refused
 * before the kernel is asked for it: that would call the notifiers, and a device that faults on the
 * page by way of this would find its round out of date each time.
 */
vm_fault_t dmmu_migrate_to_ram(struct vm_fault *vmf)
{
	if (dmmu_local_lost(vmf->page))
		return VM_FAULT_SIGBUS;
	if (DMMU_WHOLE && !vmf->pte)
		return dmmu_migrate_whole_to_ram(vmf);
	return dmmu_migrate_pages_to_ram(vmf);
}
