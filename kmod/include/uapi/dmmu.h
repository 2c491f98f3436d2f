/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program may ask of /dev/dmmuN.
 *
 * Open the device, BIND once: from then on the file runs work in the address space of the process
 * that called BIND, and pointers of that process are the addresses in its work. SUBMIT queues work,
 * WAIT (or poll/read-readiness POLLIN) collects completions. Closing the file, or the exit of the
 * bound process, ends the work: closing returns only when the device can touch nothing of it any
 * more.
 *
 * Every structure has a size that is a multiple of 8 and no padding. Reserved fields and unknown
 * flag bits must be zero, else -EINVAL. Unless said otherwise an ioctl returns 0, or -1 with errno:
 *   EINVAL  a field is out of range or reserved   EFAULT  a pointer cannot be read or written
 *   EBADFD  not bound yet (BIND first)            EBUSY   bound, or no context is free (BIND)
 *   EPERM   the caller is not the bound process   ENODEV  the device is gone or has failed
 *   EINTR   a signal came; nothing was consumed   ENOTTY  unknown ioctl
 *   EDQUOT  the user who opened the file has a user's share of the device's contexts (BIND)
 */
#ifndef _UAPI_DMMU_H
#define _UAPI_DMMU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DMMU_UAPI_VERSION 2 /* 2: features, MIGRATE, LOCAL, HINT */

/* What driver, kernel and device can do together. */
#define DMMU_FEATURE_MIGRATE 0x1ull /* pages can live in local memory */
#define DMMU_FEATURE_COPY_ENGINE 0x2ull /* the device copies them, not the CPU */
#define DMMU_FEATURE_SYSTEM_ATOMICS 0x4ull /* BIND knows DMMU_BIND_SYSTEM_ATOMICS */
#define DMMU_FEATURE_COHERENT 0x8ull /* and the CPU uses them there, without a fault */

/* What the device and the driver are. Needs no BIND. */
struct dmmu_ioc_query {
	__u32 uapi_version;	/* out: DMMU_UAPI_VERSION of the driver */
	__u32 device_version;	/* out: register VERSION */
	__u32 caps;		/* out: register CAPS */
	__u32 threads;		/* out: hardware threads */
	__u32 contexts;		/* out: contexts in all; one is used per bound file */
	__u32 va_bits;		/* out: bits of virtual address the device can translate */
	__u32 tlb_entries;	/* out: entries of the shared TLB */
	__u32 clock_khz;	/* out: device clock, to turn cycles into time */
	__u64 local_size;	/* out: device-local memory, bytes */
	__u64 features;		/* out: DMMU_FEATURE_*; was zero in version 1 */
};

/*
 * Bind the calling process (its mm) to this file. Once per file.
 *
 * SYSTEM_ATOMICS: atomic operations of this file's work are atomic also against the CPU's, on
 * private anonymous memory; on other memory they fail with -EOPNOTSUPP. Without it they are atomic
 * among the device's threads only, which costs less: with it, CPU and device cannot reach a page at
 * the same time once the device does atomics on it.
 */
#define DMMU_BIND_SYSTEM_ATOMICS 1
struct dmmu_ioc_bind {
	__u32 flags;		/* in: DMMU_BIND_* */
	__u32 context;		/* out: device context (the PASID) in use */
};

/*
 * CHASE begins with node = src and does: result += *(node + arg2); node = *(node + arg), until node
 * is NULL or len nodes were visited (len 0: no limit).
 */
enum dmmu_op {
	DMMU_WORK_NOP = 0,
	DMMU_WORK_COPY = 1,		/* dst[len bytes] = src */
	DMMU_WORK_FILL = 2,		/* dst[i] = byte i % 8 of arg, len bytes */
	DMMU_WORK_VADD = 3,		/* dst[i] = src[i] + src2[i], len elements of 64 bits */
	DMMU_WORK_REDUCE = 4,		/* result = sum of src[i], len elements of 64 bits */
	DMMU_WORK_CHASE = 5,		/* see below */
	DMMU_WORK_ATOMIC_ADD = 6,	/* result = *dst; *dst += arg; len times (0 counts as 1) */
	DMMU_WORK_ATOMIC_CAS = 7,	/* result = *dst; if equal to arg, *dst = arg2 */
};

/*
 * One operation. COPY and FILL take any address and any length in bytes; others want addresses that
 * are multiples of 8, else the completion says DMMU_BAD_DESC. Operations of one file run side by
 * side and finish in any order.
 */
struct dmmu_work_desc {
	__u32 op;		/* enum dmmu_op */
	__u32 flags;		/* zero */
	__u64 cookie;		/* given back in the completion */
	__u64 src;		/* virtual address */
	__u64 src2;		/* virtual address */
	__u64 dst;		/* virtual address */
	__u64 len;		/* bytes, or elements */
	__u64 arg;
	__u64 arg2;
};

/*
 * Queue work, in order. All descriptors are checked before any is queued: an unknown op or a flag
 * is -EINVAL and nothing is queued. EAGAIN: the file's queue has no room for even one (WAIT first).
 * A file may have DMMU_MAX_QUEUED operations that were submitted and not yet collected by WAIT.
 */
#define DMMU_MAX_QUEUED 4096
struct dmmu_ioc_submit {
	__u64 works;		/* in: user pointer to struct dmmu_work_desc[count] */
	__u32 count;		/* in: 1 to DMMU_MAX_QUEUED */
	__u32 flags;		/* in: zero */
	__u32 queued;		/* out: how many of them were queued, from the first */
	__u32 reserved;		/* zero */
};

enum dmmu_work_status {
	DMMU_OK = 0,
	DMMU_FAULT = 1,		/* va, access and cause say what could not be accessed */
	DMMU_KILLED = 2,	/* the context ended */
	DMMU_BAD_DESC = 3,	/* alignment; nothing was accessed */
	DMMU_BUS = 4,		/* memory answered with an error at va */
	DMMU_LOST = 5,		/* the device failed while this ran: what it did is unknown */
};

enum dmmu_access { DMMU_READ = 0, DMMU_WRITE = 1, DMMU_ATOMIC = 2 };

/*
 * The errno in `error` says why the fault could not be served: -EFAULT no mapping, -EPERM not
 * permitted, -EDQUOT the user has a user's share of the page tables, else as hmm_range_fault()
 * returned.
 */
struct dmmu_completion {
	__u64 cookie;
	__u32 op;		/* enum dmmu_op */
	__u32 status;		/* enum dmmu_work_status */
	__u64 result;
	__u64 done;		/* bytes or elements finished */
	__u64 va;		/* DMMU_FAULT, DMMU_BUS: the address */
	__u32 access;		/* DMMU_FAULT: enum dmmu_access */
	__s32 error;		/* DMMU_FAULT: see below, else 0 */
	__u64 cycles;		/* device cycles from start to end */
	__u64 stall_cycles;	/* of these, stalled on faults */
	__u32 faults;		/* page faults it took */
	__u32 thread;		/* hardware thread that ran it */
};

/*
 * Collect up to `max` completions. Returns when at least `min` were collected, or the time is over,
 * or nothing more is outstanding. timeout_ns 0 polls, ~0 waits for ever. ETIME: fewer than min in
 * time; what was collected is in `completions` and `count` all the same.
 */
struct dmmu_ioc_wait {
	__u64 completions;	/* in: user pointer to struct dmmu_completion[max] */
	__u32 max;		/* in: 1 to DMMU_MAX_QUEUED */
	__u32 min;		/* in: at most max */
	__u64 timeout_ns;	/* in */
	__u32 count;		/* out: collected */
	__u32 reserved;		/* zero */
};

/*
 * Counters. The device ones are of the whole device, not only this file, numbered as in
 * docs/registers.md (enum CNT); the driver ones are this file's.
 */
#define DMMU_MAX_DEVICE_COUNTERS 64
enum dmmu_driver_counter {
	DMMU_DRV_FAULTS = 0,		/* fault records served */
	DMMU_DRV_FAULT_BATCHES = 1,	/* batches they came in */
	DMMU_DRV_FAULT_NS = 2,		/* nanoseconds from interrupt to answers posted, summed */
	DMMU_DRV_HMM_NS = 3,		/* of these, inside hmm_range_fault() */
	DMMU_DRV_PAGES_MAPPED = 4,	/* page-table entries made valid */
	DMMU_DRV_INVALIDATIONS = 5,	/* notifier calls that had to touch the device */
	DMMU_DRV_INVALIDATE_NS = 6,	/* nanoseconds in them, summed */
	DMMU_DRV_RETRIES = 7,		/* mapping rounds repeated after an invalidation */
	DMMU_DRV_MMIO_READS = 8,	/* register reads by the driver, whole device */
	DMMU_DRV_MMIO_WRITES = 9,	/* register writes by the driver, whole device */
	DMMU_DRV_FAULT_IRQS = 10,	/* fault interrupts taken, whole device */
	DMMU_DRV_PAGES_IN = 11,		/* pages moved to local memory, whole device */
	DMMU_DRV_PAGES_OUT = 12,	/* pages moved back, whole device */
	DMMU_DRV_PAGES_EVICTED = 13,	/* of these, to make room, whole device */
	DMMU_DRV_COPY_NS = 14,		/* nanoseconds spent copying them, whole device */
	DMMU_DRV_EXCLUSIVE = 15,	/* pages taken from the CPU for atomics */
	DMMU_DRV_COUNT = 16,
};

struct dmmu_ioc_counters {
	__u32 device_count;	/* out: how many of device[] are valid */
	__u32 driver_count;	/* out: how many of driver[] are valid */
	__u64 device[DMMU_MAX_DEVICE_COUNTERS];	/* out: one atomic snapshot */
	__u64 driver[DMMU_DRV_COUNT];		/* out */
};

/*
 * Move the pages of a range of the bound process to local memory of the device, or back. Only
 * private anonymous memory moves. A page in the memory of another device of this driver is fetched
 * from there, without coming to the host. A page that does not exist yet comes into being in local
 * memory, full of zeros. When local memory is full, other pages leave it, the ones first that the
 * device has not used for longest.
 *
 * Wherever its pages are, the memory is the same: the CPU brings a page back by touching it, fork,
 * munmap, mremap and the rest work as ever, and the device works on it in both places. So this is
 * advice about speed, and it is normal that some pages cannot follow it. What became of each page
 * is in moved, already and skipped, which add up to the pages of the range.
 *
 * EOPNOTSUPP: pages cannot live in local memory (see QUERY, features).
 */
#define DMMU_MIGRATE_TO_DEVICE 1
#define DMMU_MIGRATE_TO_HOST 2

enum dmmu_skip {
	DMMU_SKIP_UNMAPPED = 0,		/* no mapping, or one without read permission */
	DMMU_SKIP_KIND = 1,		/* not private anonymous memory */
	DMMU_SKIP_BUSY = 2,		/* pinned, swapped out, or in somebody else's hands */
	DMMU_SKIP_NO_MEMORY = 3,	/* no room, or the user has a share already */
	DMMU_SKIP_COPY = 4,		/* memory answered the copy with an error */
	DMMU_SKIP_COUNT = 8,
};

struct dmmu_migrate_result {
	__u64 moved;				/* pages that were moved, or made */
	__u64 already;				/* pages that were where they should be */
	__u64 skipped[DMMU_SKIP_COUNT];	/* pages that stayed, by reason */
};

struct dmmu_ioc_migrate {
	__u64 start;	/* in: first byte, page aligned */
	__u64 size;	/* in: bytes, a multiple of the page size, not 0 */
	__u32 to;	/* in: DMMU_MIGRATE_TO_* */
	__u32 flags;	/* in: zero */
	struct dmmu_migrate_result result; /* out */
};

/*
 * Say where the pages of a range should be once the device uses them. With PREFER_LOCAL a fault of
 * the device moves the page, and neighbours in the range, to local memory; with PREFER_HOST from
 * there to the host. A hint belongs to the addresses until it is replaced, and to this file.
 *
 * With READ_MOSTLY nothing moves. Where a read of the device faults it gets copies of the page and
 * its neighbours in local memory, which it reads from then on, while CPUs read the pages where they
 * are. Only pages that nobody can change are copied: those of a memfd with the seals F_SEAL_WRITE
 * and F_SEAL_SHRINK, mapped shared or private. All others, also what the process has written in a
 * private mapping, are used where they are. Copies go when the pages do, when the hint does, and
 * when room is needed.
 */
enum dmmu_hint {
	DMMU_HINT_NONE = 0,		/* leave them where they are */
	DMMU_HINT_PREFER_LOCAL = 1,
	DMMU_HINT_PREFER_HOST = 2,
	DMMU_HINT_READ_MOSTLY = 3,	/* leave them, and copy */
};

struct dmmu_ioc_hint {
	__u64 start;	/* in: first byte, page aligned */
	__u64 size;	/* in: bytes, a multiple of the page size, not 0 */
	__u32 hint;	/* in: enum dmmu_hint */
	__u32 flags;	/* in: zero */
};

/* Local memory of the device at this moment. Needs no BIND. */
struct dmmu_ioc_local {
	__u64 total_pages;	/* out: for pages of processes; 0 without DMMU_FEATURE_MIGRATE */
	__u64 free_pages;	/* out */
	__u64 replicas;		/* out: pages of those in use that hold copies; see HINT */
	__u64 reserved[5];	/* zero */
};

#define DMMU_IOC_QUERY		_IOR('D', 0xd0, struct dmmu_ioc_query)
#define DMMU_IOC_BIND		_IOWR('D', 0xd1, struct dmmu_ioc_bind)
#define DMMU_IOC_SUBMIT		_IOWR('D', 0xd2, struct dmmu_ioc_submit)
#define DMMU_IOC_WAIT		_IOWR('D', 0xd3, struct dmmu_ioc_wait)
#define DMMU_IOC_COUNTERS	_IOR('D', 0xd4, struct dmmu_ioc_counters)
#define DMMU_IOC_MIGRATE	_IOWR('D', 0xd5, struct dmmu_ioc_migrate)
#define DMMU_IOC_HINT		_IOW('D', 0xd7, struct dmmu_ioc_hint)
#define DMMU_IOC_LOCAL		_IOR('D', 0xd6, struct dmmu_ioc_local)

#endif /* _UAPI_DMMU_H */
