// SPDX-License-Identifier: GPL-2.0
/*
 * The directory dmmu/<PCI address>/ in debugfs, for people.
 *
 *	state		what the device is and whether it runs
 *	local		pages in local memory, replicas among them, and how many moved
 *	counters	one snapshot of the device's counters, "name value"
 *	contexts	the bound files and their counters
 *	rings		indices of the rings, as the driver and the device see them
 *	threads		what each hardware thread does
 *	delay_map_us	widens the gap between looking at the CPU page table and mapping what was
 *			seen; for race tests, 0 otherwise
 *	local_limit	pages of local memory that are used at most, for tests
 *	round_robin	1: make room by age in local memory alone, without the device's access bits;
 *			for measuring what these are worth
 *	fail		write anything: the device is declared failed, for tests
 *
 * Reading threads and counters costs many register accesses.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/seq_file.h>

#include "drv.h"
#include "regs.h"

static struct dentry *dmmu_debugfs_root;

static int state_show(struct seq_file *s, void *unused)
{
	struct dmmu_dev *dev = s->private;
	const char *why = READ_ONCE(dev->why);
	unsigned int i;

	seq_printf(s, "state %s\n", dmmu_state_name(READ_ONCE(dev->state)));
	if (why)
		seq_printf(s, "why %s\n", why);
	seq_printf(s, "version %#x\ncaps %#x\nthreads %u\ncontexts %u\nlevels %u\nva_bits %u\n",
		   dev->version, dev->caps, dev->threads, dev->contexts, dev->levels, dev->va_bits);
	seq_printf(s, "tlb_entries %u\nclock_khz %u\nlocal_size %llu\n", dev->tlb_entries,
		   dev->clock_khz, dev->local_size);
	seq_printf(s, "mmio_reads %lld\nmmio_writes %lld\nfault_irqs %llu\n",
		   atomic64_read(&dev->mmio_reads), atomic64_read(&dev->mmio_writes),
		   READ_ONCE(dev->flt.irqs));
	for (i = 0; i < ARRAY_SIZE(dev->errors); i++)
		if (atomic_read(&dev->errors[i]))
			seq_printf(s, "error_bit_%u %d\n", i, atomic_read(&dev->errors[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int local_show(struct seq_file *s, void *unused)
{
	static const char * const name[DMMU_MOVED_COUNT] = {
		[DMMU_MOVED_IN] = "moved_in",
		[DMMU_MOVED_OUT] = "moved_out",
		[DMMU_MOVED_EVICTED] = "evicted",
		[DMMU_MOVED_COPY_NS] = "copy_ns",
		[DMMU_MOVED_ACROSS] = "moved_across",
		[DMMU_MOVED_WHOLE_IN] = "whole_in",
		[DMMU_MOVED_WHOLE_OUT] = "whole_out",
		[DMMU_MOVED_REPLICATED] = "replicated",
	};
	struct dmmu_dev *dev = s->private;
	unsigned int i;

	seq_printf(s, "coherent %d\npages %lu\nfree %lu\nreplicas %lu\ntable_bytes %llu\n",
		   dmmu_local_coherent(dev), dmmu_local_total(dev), dmmu_local_free(dev),
		   dmmu_local_lent(dev), dev->table_bytes);
	for (i = 0; i < ARRAY_SIZE(name); i++)
		seq_printf(s, "%s %lld\n", name[i], atomic64_read(&dev->moved[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(local);

static const struct {
	unsigned int index;
	const char *name;
} dmmu_counter_names[] = {
#define DMMU_COUNTER_NAME(name, index) { index, #name },
	DMMU_COUNTERS(DMMU_COUNTER_NAME)
};

static int counters_show(struct seq_file *s, void *unused)
{
	u64 value[DMMU_CNT_COUNT];
	unsigned int i;
	int ret;

	ret = dmmu_dev_counters(s->private, value, DMMU_CNT_COUNT);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(dmmu_counter_names); i++)
		seq_printf(s, "%s %llu\n", dmmu_counter_names[i].name,
			   value[dmmu_counter_names[i].index]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int contexts_show(struct seq_file *s, void *unused)
{
	static const char * const name[] = {
		[DMMU_DRV_FAULTS] = "faults",
		[DMMU_DRV_FAULT_BATCHES] = "batches",
		[DMMU_DRV_FAULT_NS] = "fault_ns",
		[DMMU_DRV_HMM_NS] = "hmm_ns",
		[DMMU_DRV_PAGES_MAPPED] = "pages_mapped",
		[DMMU_DRV_INVALIDATIONS] = "invalidations",
		[DMMU_DRV_INVALIDATE_NS] = "invalidate_ns",
		[DMMU_DRV_RETRIES] = "retries",
	};
	struct dmmu_dev *dev = s->private;
	struct dmmu_ctx *ctx;
	unsigned int i;

	mutex_lock(&dev->ctx_lock);
	list_for_each_entry(ctx, &dev->ctxs, node) {
		seq_printf(s, "context %u%s%s mapped %lu queued %u inflight %u done %u", ctx->id,
			   ctx->lost ? " lost" : "", READ_ONCE(ctx->dead) ? " dead" : "",
			   READ_ONCE(ctx->mapped), READ_ONCE(ctx->nqueued),
			   READ_ONCE(ctx->ninflight), READ_ONCE(ctx->ndone));
		for (i = 0; i < ARRAY_SIZE(name); i++)
			seq_printf(s, " %s %lld", name[i], atomic64_read(&ctx->count[i]));
		seq_putc(s, '\n');
	}
	mutex_unlock(&dev->ctx_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(contexts);

static int rings_show(struct seq_file *s, void *unused)
{
	struct dmmu_dev *dev = s->private;
	struct dmmu_status status;

	/* Only as consistent as numbers read one after the other are. */
	memcpy(&status, dev->status, sizeof(status));
	seq_printf(s, "ctl tail %u rung %u head %u entries %u\n", READ_ONCE(dev->ctl.tail),
		   READ_ONCE(dev->ctl.rung), le32_to_cpu(status.ctl_head), DMMU_CTL_ENTRIES);
	seq_printf(s, "work tail %u head %u entries %u inflight %u of %u\n",
		   READ_ONCE(dev->work.tail), le32_to_cpu(status.work_head), dev->work.entries,
		   READ_ONCE(dev->work.inflight), dev->work.nslots);
	seq_printf(s, "cpl tail %u head %u entries %u\n", le32_to_cpu(status.cpl_tail),
		   READ_ONCE(dev->work.cpl_head), dev->work.cpl_entries);
	seq_printf(s, "flt tail %u head %u armed %u entries %u unserved %u\n",
		   le32_to_cpu(status.flt_tail), READ_ONCE(dev->flt.head),
		   READ_ONCE(dev->flt.armed), dev->flt.entries, READ_ONCE(dev->flt.unserved));
	seq_printf(s, "cpy tail %u head %u failed %u\n", READ_ONCE(dev->copy.tail),
		   le32_to_cpu(status.cpy_head), le32_to_cpu(status.cpy_failed));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rings);

static const char *dmmu_thread_state(u32 state)
{
	if (state & DMMU_THR_STATE_STALLED)
		return "stalled";
	return state & DMMU_THR_STATE_BUSY ? "busy" : "idle";
}

static int threads_show(struct seq_file *s, void *unused)
{
	struct dmmu_dev *dev = s->private;
	unsigned int i;
	int ret = 0;

	mutex_lock(&dev->reg_lock);
	for (i = 0; i < dev->threads; i++) {
		u32 state;

		if (!dmmu_is_up(dev)) {
			ret = -ENODEV;
			break;
		}
		dmmu_write(dev, DMMU_REG_THR_SEL, i);
		state = dmmu_read(dev, DMMU_REG_THR_STATE);
		seq_printf(s, "thread %u %s op %u ctx %u va %#llx tag %#x\n", i,
			   dmmu_thread_state(state),
			   DMMU_GET(DMMU_THR_STATE_OP, state), DMMU_GET(DMMU_THR_STATE_CTX, state),
			   dmmu_read64(dev, DMMU_REG_THR_VA_LO), dmmu_read(dev, DMMU_REG_THR_TAG));
	}
	mutex_unlock(&dev->reg_lock);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(threads);

static ssize_t fail_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	dmmu_dev_fail(file->private_data, "asked for by debugfs");
	return len;
}

static const struct file_operations fail_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = fail_write,
};

void dmmu_debugfs_add(struct dmmu_dev *dev)
{
	struct dentry *dir = debugfs_create_dir(pci_name(dev->pdev), dmmu_debugfs_root);

	dev->debugfs = dir;
	debugfs_create_file("state", 0444, dir, dev, &state_fops);
	debugfs_create_file("local", 0444, dir, dev, &local_fops);
	debugfs_create_file("counters", 0444, dir, dev, &counters_fops);
	debugfs_create_file("contexts", 0444, dir, dev, &contexts_fops);
	debugfs_create_file("rings", 0444, dir, dev, &rings_fops);
	debugfs_create_file("threads", 0444, dir, dev, &threads_fops);
	debugfs_create_u32("delay_map_us", 0644, dir, &dev->delay_map_us);
	debugfs_create_bool("round_robin", 0644, dir, &dev->round_robin);
	debugfs_create_file("fail", 0200, dir, dev, &fail_fops);
	if (DMMU_WHOLE && dmmu_local_total(dev) && !dmmu_local_coherent(dev))
		debugfs_create_atomic_t("fail_whole", 0644, dir, &dev->fail_whole);
	if (dmmu_local_limit(dev))
		debugfs_create_u32("local_limit", 0644, dir, dmmu_local_limit(dev));
}

/* Waits for readers. */
void dmmu_debugfs_remove(struct dmmu_dev *dev)
{
	debugfs_remove_recursive(dev->debugfs);
}

void dmmu_debugfs_init(void)
{
	dmmu_debugfs_root = debugfs_create_dir(DMMU_NAME, NULL);
}

void dmmu_debugfs_exit(void)
{
	debugfs_remove_recursive(dmmu_debugfs_root);
}
