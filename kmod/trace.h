/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints on each phase of a fault, of an invalidation and of an operation, group "dmmu".
 *
 * With timestamps they split the time of a fault: irq -> record -> hmm_fault -> map -> answer ->
 * service.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dmmu

#if !defined(DMMU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DMMU_TRACE_H

#include <linux/tracepoint.h>

struct dmmu_fault;

TRACE_EVENT(dmmu_fault_irq,
	TP_PROTO(int dev, unsigned int records),
	TP_ARGS(dev, records),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(unsigned int, records)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->records = records;
	),
	TP_printk("dmmu%d records=%u",
		  __entry->dev, __entry->records)
);

TRACE_EVENT(dmmu_fault_record,
	TP_PROTO(int dev, const struct dmmu_flt *rec),
	TP_ARGS(dev, rec),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, tag)
		__field(u16, ctx)
		__field(u8, thread)
		__field(u8, access)
		__field(u8, cause)
		__field(u8, level)
		__field(u64, va)
		__field(u64, detect)
		__field(u64, record)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->tag = le32_to_cpu(rec->tag);
		__entry->ctx = le16_to_cpu(rec->ctx);
		__entry->thread = rec->thread;
		__entry->access = rec->access;
		__entry->cause = rec->cause;
		__entry->level = rec->level;
		__entry->va = le64_to_cpu(rec->va);
		__entry->detect = le64_to_cpu(rec->detect);
		__entry->record = le64_to_cpu(rec->record);
	),
	TP_printk("dmmu%d ctx=%u thread=%u tag=%#x va=%#llx access=%u cause=%u level=%u detect=%llu record=%llu",
		  __entry->dev, __entry->ctx, __entry->thread, __entry->tag, __entry->va,
		  __entry->access, __entry->cause, __entry->level, __entry->detect, __entry->record)
);

TRACE_EVENT(dmmu_hmm_fault,
	TP_PROTO(int dev, u32 ctx, unsigned long start, unsigned int pages, bool write, int ret),
	TP_ARGS(dev, ctx, start, pages, write, ret),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(unsigned long, start)
		__field(unsigned int, pages)
		__field(bool, write)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->start = start;
		__entry->pages = pages;
		__entry->write = write;
		__entry->ret = ret;
	),
	TP_printk("dmmu%d ctx=%u start=%#lx pages=%u write=%d ret=%d",
		  __entry->dev, __entry->ctx, __entry->start, __entry->pages, __entry->write,
		  __entry->ret)
);

TRACE_EVENT(dmmu_map,
	TP_PROTO(int dev, u32 ctx, u64 start, unsigned int pages, unsigned int mapped, bool write),
	TP_ARGS(dev, ctx, start, pages, mapped, write),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(u64, start)
		__field(unsigned int, pages)
		__field(unsigned int, mapped)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->start = start;
		__entry->pages = pages;
		__entry->mapped = mapped;
		__entry->write = write;
	),
	TP_printk("dmmu%d ctx=%u start=%#llx pages=%u mapped=%u write=%d",
		  __entry->dev, __entry->ctx, __entry->start, __entry->pages, __entry->mapped,
		  __entry->write)
);

TRACE_EVENT(dmmu_answer,
	TP_PROTO(int dev, u32 ctx, const struct dmmu_fault *fault, u32 action, int error),
	TP_ARGS(dev, ctx, fault, action, error),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(u32, tag)
		__field(u64, va)
		__field(u32, action)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->tag = fault->tag;
		__entry->va = fault->va;
		__entry->action = action;
		__entry->error = error;
	),
	TP_printk("dmmu%d ctx=%u tag=%#x va=%#llx %s error=%d",
		  __entry->dev, __entry->ctx, __entry->tag, __entry->va,
		  __print_symbolic(__entry->action, { 0, "retry" }, { 1, "fail" }, { 2, "kill" }),
		  __entry->error)
);

TRACE_EVENT(dmmu_fault_service,
	TP_PROTO(int dev, u32 ctx, unsigned int faults, unsigned int pages, u64 ns, int ret),
	TP_ARGS(dev, ctx, faults, pages, ns, ret),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(unsigned int, faults)
		__field(unsigned int, pages)
		__field(u64, ns)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->faults = faults;
		__entry->pages = pages;
		__entry->ns = ns;
		__entry->ret = ret;
	),
	TP_printk("dmmu%d ctx=%u faults=%u pages=%u ns=%llu ret=%d",
		  __entry->dev, __entry->ctx, __entry->faults, __entry->pages, __entry->ns,
		  __entry->ret)
);

TRACE_EVENT(dmmu_invalidate_begin,
	TP_PROTO(int dev, u32 ctx, unsigned long start, unsigned long end, unsigned int event),
	TP_ARGS(dev, ctx, start, end, event),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned int, event)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->start = start;
		__entry->end = end;
		__entry->event = event;
	),
	TP_printk("dmmu%d ctx=%u start=%#lx end=%#lx event=%u",
		  __entry->dev, __entry->ctx, __entry->start, __entry->end, __entry->event)
);

TRACE_EVENT(dmmu_invalidate_end,
	TP_PROTO(int dev, u32 ctx, int ret, u64 ns),
	TP_ARGS(dev, ctx, ret, ns),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(int, ret)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->ret = ret;
		__entry->ns = ns;
	),
	TP_printk("dmmu%d ctx=%u ret=%d ns=%llu",
		  __entry->dev, __entry->ctx, __entry->ret, __entry->ns)
);

TRACE_EVENT(dmmu_submit,
	TP_PROTO(int dev, u32 ctx, unsigned int queued),
	TP_ARGS(dev, ctx, queued),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(unsigned int, queued)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->queued = queued;
	),
	TP_printk("dmmu%d ctx=%u queued=%u",
		  __entry->dev, __entry->ctx, __entry->queued)
);

TRACE_EVENT(dmmu_complete,
	TP_PROTO(int dev, u32 ctx, const struct dmmu_completion *cpl),
	TP_ARGS(dev, ctx, cpl),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(u32, op)
		__field(u32, status)
		__field(u64, cookie)
		__field(u64, cycles)
		__field(u64, stall)
		__field(u32, faults)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->op = cpl->op;
		__entry->status = cpl->status;
		__entry->cookie = cpl->cookie;
		__entry->cycles = cpl->cycles;
		__entry->stall = cpl->stall_cycles;
		__entry->faults = cpl->faults;
	),
	TP_printk("dmmu%d ctx=%u cookie=%#llx op=%u status=%u cycles=%llu stall=%llu faults=%u",
		  __entry->dev, __entry->ctx, __entry->cookie, __entry->op, __entry->status,
		  __entry->cycles, __entry->stall, __entry->faults)
);

DECLARE_EVENT_CLASS(dmmu_timeout,
	TP_PROTO(int dev, u32 index, u32 done),
	TP_ARGS(dev, index, done),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, index)
		__field(u32, done)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->index = index;
		__entry->done = done;
	),
	TP_printk("dmmu%d index=%u done=%u",
		  __entry->dev, __entry->index, __entry->done)
);

DEFINE_EVENT(dmmu_timeout, dmmu_ctl_timeout,
	TP_PROTO(int dev, u32 index, u32 done),
	TP_ARGS(dev, index, done)
);

TRACE_EVENT(dmmu_copy,
	TP_PROTO(int dev, unsigned int dir, unsigned int pages, u64 ns, int ret),
	TP_ARGS(dev, dir, pages, ns, ret),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(unsigned int, dir)
		__field(unsigned int, pages)
		__field(u64, ns)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->dir = dir;
		__entry->pages = pages;
		__entry->ns = ns;
		__entry->ret = ret;
	),
	TP_printk("dmmu%d %s pages=%u ns=%llu ret=%d", __entry->dev,
		  __print_symbolic(__entry->dir, { 0, "in" }, { 1, "out" }, { 2, "zero" }),
		  __entry->pages, __entry->ns, __entry->ret)
);

DEFINE_EVENT(dmmu_timeout, dmmu_copy_timeout,
	TP_PROTO(int dev, u32 index, u32 done),
	TP_ARGS(dev, index, done)
);

TRACE_EVENT(dmmu_migrate,
	TP_PROTO(int dev, u32 to, unsigned long start, unsigned long pages, unsigned int moved,
		 unsigned int lacking),
	TP_ARGS(dev, to, start, pages, moved, lacking),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, to)
		__field(unsigned long, start)
		__field(unsigned long, pages)
		__field(unsigned int, moved)
		__field(unsigned int, lacking)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->to = to;
		__entry->start = start;
		__entry->pages = pages;
		__entry->moved = moved;
		__entry->lacking = lacking;
	),
	TP_printk("dmmu%d to %s start=%#lx pages=%lu moved=%u lacking=%u", __entry->dev,
		  __print_symbolic(__entry->to, { 1, "device" }, { 2, "host" }), __entry->start,
		  __entry->pages, __entry->moved, __entry->lacking)
);

TRACE_EVENT(dmmu_cpu_fault,
	TP_PROTO(int dev, unsigned long va, unsigned long pages, unsigned int moved, u64 ns,
		 int error),
	TP_ARGS(dev, va, pages, moved, ns, error),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(unsigned long, va)
		__field(unsigned long, pages)
		__field(unsigned int, moved)
		__field(u64, ns)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->va = va;
		__entry->pages = pages;
		__entry->moved = moved;
		__entry->ns = ns;
		__entry->error = error;
	),
	TP_printk("dmmu%d va=%#lx pages=%lu moved=%u ns=%llu error=%d",
		  __entry->dev, __entry->va, __entry->pages, __entry->moved, __entry->ns,
		  __entry->error)
);

DECLARE_EVENT_CLASS(dmmu_room,
	TP_PROTO(int dev, unsigned long wanted, unsigned long moved, u64 ns),
	TP_ARGS(dev, wanted, moved, ns),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(unsigned long, wanted)
		__field(unsigned long, moved)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->wanted = wanted;
		__entry->moved = moved;
		__entry->ns = ns;
	),
	TP_printk("dmmu%d wanted=%lu moved=%lu ns=%llu",
		  __entry->dev, __entry->wanted, __entry->moved, __entry->ns)
);

DEFINE_EVENT(dmmu_room, dmmu_evict,
	TP_PROTO(int dev, unsigned long wanted, unsigned long moved, u64 ns),
	TP_ARGS(dev, wanted, moved, ns)
);

DEFINE_EVENT(dmmu_room, dmmu_replica_drop,
	TP_PROTO(int dev, unsigned long wanted, unsigned long moved, u64 ns),
	TP_ARGS(dev, wanted, moved, ns)
);

TRACE_EVENT(dmmu_replicate,
	TP_PROTO(int dev, u32 ctx, unsigned long start, unsigned int pages, unsigned int made,
		 int ret),
	TP_ARGS(dev, ctx, start, pages, made, ret),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u32, ctx)
		__field(unsigned long, start)
		__field(unsigned int, pages)
		__field(unsigned int, made)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ctx = ctx;
		__entry->start = start;
		__entry->pages = pages;
		__entry->made = made;
		__entry->ret = ret;
	),
	TP_printk("dmmu%d ctx=%u start=%#lx pages=%u made=%u ret=%d", __entry->dev, __entry->ctx,
		  __entry->start, __entry->pages, __entry->made, __entry->ret)
);

#endif /* DMMU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
