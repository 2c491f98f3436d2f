/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the driver and what its files offer each other.
 *
 * Two objects matter: struct dmmu_dev, one per PCI function, and struct dmmu_ctx, one per open
 * file. Their lifetimes and the order of the locks are described in docs/driver.md; in short, outer
 * to inner:
 *
 *	ctx_lock > map_lock > mmap_lock > (locks of the mm) > pt_lock > ctl.lock, work.lock,
 *	flt.lock, dma_lock, local.lock; and mmap_lock, folio locks > copy.lock
 */
#ifndef DMMU_DRV_H
#define DMMU_DRV_H

#include <linux/atomic.h>
#include <linux/hmm.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/maple_tree.h>
#include <linux/memremap.h>
#include <linux/miscdevice.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "copy.h"
#include "dmmu.h"
#include "dmmu_regs.h"
#include "plan.h"
#include "pte.h"
#include "range.h"
#include "ring.h"

#define DMMU_NAME		"dmmu"
#define DMMU_CTL_ENTRIES	1024U
#define DMMU_MAX_SLOTS		512U	/* descriptors in the device: twice the most threads */
#define DMMU_FAULT_GROUP	64U	/* hardware threads that a fault record can name */
#define DMMU_STAGE_ENTRIES	256U	/* half of a context's staging buffer, in entries */
#define DMMU_AGE_TABLES		32U	/* tables whose accessed bits are read at once */
#define DMMU_DMA_HASH_BITS	10

enum dmmu_state {
	DMMU_STOPPED,	/* not set up, or being reset */
	DMMU_UP,
	DMMU_FAILED,	/* did not answer in time or is gone; cannot reach memory any more */
	DMMU_REMOVED,	/* the driver let go of it; only files are left */
};

/* May the caller sleep for the device? Invalidations by the OOM reaper may not. */
enum dmmu_wait { DMMU_SLEEP, DMMU_POLL };

/* Which of the pages of a range are to be taken from the device. */
enum dmmu_zap {
	DMMU_ZAP_NONE,
	DMMU_ZAP_ALL,
	DMMU_ZAP_WRITABLE,	/* what it may write */
	DMMU_ZAP_HOST,		/* what is in host memory */
	DMMU_ZAP_LOCAL,		/* what is in local memory */
	DMMU_ZAP_REPLICAS,	/* of that, copies of what stays in the page cache */
};

/* How reclaim asks whether a page was used. */
enum dmmu_young {
	DMMU_YOUNG_TEST,
	DMMU_YOUNG_TAKE,	/* one answer less is left */
	DMMU_YOUNG_CLEAR,	/* none is left */
};

/* What was moved, of the whole device since it was probed. */
enum dmmu_moved {
	DMMU_MOVED_IN,		/* pages, to local memory */
	DMMU_MOVED_OUT,		/* and back, all in all */
	DMMU_MOVED_EVICTED,	/* of these, to make room */
	DMMU_MOVED_COPY_NS,	/* time spent copying */
	DMMU_MOVED_ACROSS,	/* of those moved in, from another device */
	DMMU_MOVED_WHOLE_IN,	/* huge pages, to local memory as a whole */
	DMMU_MOVED_WHOLE_OUT,	/* and back */
	DMMU_MOVED_REPLICATED,	/* pages that did not move: replicas made */
	DMMU_MOVED_COUNT,
};

/* What a user may have only a share of; work is counted apart, under work.lock. */
enum dmmu_quota {
	DMMU_QUOTA_CONTEXTS,
	DMMU_QUOTA_TABLES,
	DMMU_QUOTA_PAGES,
	DMMU_QUOTA_COUNT,
};

/* Who has files open on a device, without privilege; see user.c. */
struct dmmu_user {
	refcount_t ref;			/* files, and each thing counted */
	struct list_head node;		/* dmmu_dev.users, under users_lock */
	struct dmmu_dev *dev;
	kuid_t uid;
	atomic_long_t has[DMMU_QUOTA_COUNT];
	unsigned int inflight;		/* descriptors in the device; under work.lock */
};

struct hmm_range;
struct dmmu_ctx;
struct dmmu_table;

/* One operation, from SUBMIT until WAIT has taken its completion. Protected by work.lock. */
struct dmmu_job {
	struct list_head node;
	struct dmmu_ctx *ctx;
	struct dmmu_work_desc desc;
	struct dmmu_completion cpl;
	u64 hw_cookie;			/* while the device has it */
};

/* A fault record, copied out of the ring; the device has at most one per thread. */
struct dmmu_fault {
	u64 va;
	u64 cookie;
	u64 threads;			/* who waits for the answer */
	u64 seen;			/* ns, when its interrupt came */
	u32 tag;
	u16 ctx;
	u8 access;
	u8 cause;
	u8 level;
	bool pending;
};

struct dmmu_ctlq {
	spinlock_t lock;		/* all below, doorbell, dmmu_dev.state */
	struct dmmu_ctl *ring;
	dma_addr_t dma;
	u32 tail;			/* next command */
	u32 rung;			/* last value of the doorbell */
	wait_queue_head_t wq;		/* waiters for ctl_head */
};

/* Why a fault was answered FAIL, until the completion of the job that it ended is taken. */
struct dmmu_refusal {
	u64 va;				/* of the page */
	s32 error;			/* 0: taken */
	u16 ctx;
	u8 thread;
};

struct dmmu_workq {
	spinlock_t lock;		/* all below, jobs and their lists, both doorbells */
	struct dmmu_work *ring;
	dma_addr_t dma;
	u32 entries;
	u32 tail;
	struct dmmu_cpl *cpl;
	dma_addr_t cpl_dma;
	u32 cpl_entries;
	u32 cpl_head;
	u32 seq;			/* makes cookies unique */
	unsigned int nslots;		/* most descriptors the device may have */
	unsigned int inflight;
	unsigned long busy[BITS_TO_LONGS(DMMU_MAX_SLOTS)];
	struct dmmu_job *slot[DMMU_MAX_SLOTS];
	struct dmmu_refusal refused[DMMU_MAX_SLOTS]; /* a ring; the oldest is overwritten */
	unsigned int nrefused;		/* ever */
	struct list_head ready;		/* contexts with queued jobs, round robin */
};

struct dmmu_faultq {
	spinlock_t lock;		/* all below, by_id, taken in the interrupt handler */
	struct dmmu_flt *ring;
	dma_addr_t dma;
	u32 entries;
	u32 head;
	u32 armed;			/* last value written to FLT_HEAD */
	unsigned int unserved;
	struct dmmu_fault *slot;	/* by thread */
	struct dmmu_ctx **by_id;
	wait_queue_head_t wq;		/* waiters for unserved == 0 */
	u64 irqs;
};

/* An MSI-X vector; its address is what the handler gets. */
struct dmmu_vector {
	struct dmmu_dev *dev;
	unsigned long causes;		/* a bit for each that comes on it */
};

/* The copy ring, and where the CPU sees local memory. */
struct dmmu_copyq {
	struct mutex lock;		/* one batch at a time; all below */
	struct dmmu_cpy *ring;
	dma_addr_t dma;
	u32 tail;
	void __iomem *bar;		/* from offset bar_from on; NULL: not shown */
	u64 bar_from;
	bool bar_claimed;		/* it shows all, and is ours */
	wait_queue_head_t wq;		/* waiters for cpy_head, and for the end of a reset */
};

/* What the driver knows of a page in local memory besides its struct page. */
struct dmmu_lpage {
	struct list_head lru;		/* in dmmu_local.lru while it is in its place, or .lent */
	unsigned int n;			/* of pages that are one folio, while in the list */
	u32 era;			/* dmmu_local.era when it was filled */
	struct dmmu_user *user;		/* for whom it was taken, or NULL */
	struct dmmu_ctx *ctx;		/* of a replica: who has it */
	u64 va;				/* and where */
};

/* The pages in local memory. */
struct dmmu_local {
	struct dmmu_dev *dev;
	struct dev_pagemap pgmap;
	struct resource *res;		/* of addresses that stand for nothing, or NULL */
	u64 base;			/* byte offset of the first */
	unsigned long npages;
	unsigned long first_pfn;
	spinlock_t lock;		/* all below but the list; interrupts off */
	unsigned long *used;		/* bitmap */
	unsigned long nfree;
	unsigned long next;		/* where to look for free ones */
	u32 limit;			/* use no more than so many; tests make them few */
	spinlock_t lru_lock;		/* innermost, interrupts off: taken when a folio is split */
	struct list_head lru;		/* the coldest first */
	struct list_head lent;		/* the same, of replicas */
	unsigned long nlent;
	struct dmmu_lpage *page;
	u32 era;			/* counts the times that all content was lost */
	bool closed;			/* no more pages are given out */
	bool leaving;			/* when the last page is freed, unmap */
	struct work_struct leave_work;
	char token;			/* its address is a name, see dmmu_local_owner_in() */
};

struct dmmu_dev {
	struct kref ref;
	struct list_head node;		/* all devices, for the live tests */
	struct pci_dev *pdev;
	struct device *dev;
	void __iomem *regs;
	atomic64_t mmio_reads;
	atomic64_t mmio_writes;

	u32 version;
	u32 release;			/* 0: not told */
	u32 caps;
	u32 clock_khz;
	u64 local_size;
	u64 table_bytes;		/* of these, from the first, for page tables */
	unsigned int threads;
	unsigned int contexts;
	unsigned int levels;
	unsigned int va_bits;
	unsigned int tlb_entries;

	enum dmmu_state state;		/* written under ctl.lock */
	const char *why;		/* it failed */
	struct mutex reg_lock;		/* selectors and snapshots; keeps the BAR mapped */
	struct dmmu_status *status;
	dma_addr_t status_dma;
	struct dmmu_ctlq ctl;
	struct dmmu_workq work;
	struct dmmu_faultq flt;
	struct dmmu_copyq copy;
	atomic_t errors[32];		/* bits seen in register ERROR */

	struct mutex ctx_lock;		/* the list, bind, teardown, reset */
	struct list_head ctxs;
	struct ida ctx_ids;
	struct ida tables;		/* pages of local memory in use as page tables */
	spinlock_t users_lock;		/* innermost, interrupts off */
	struct list_head users;
	struct dmmu_local *local;	/* NULL: no pages in local memory */
	atomic64_t moved[DMMU_MOVED_COUNT];
	struct dmmu_age *age;		/* what PT_AGE tells; under ctx_lock */
	dma_addr_t age_dma;
	spinlock_t dma_lock;		/* innermost */
	struct hlist_head dma_table[1 << DMMU_DMA_HASH_BITS];
	struct workqueue_struct *fault_wq;
	struct work_struct fail_work;
	struct delayed_work watchdog;
	u32 watch_sum;
	unsigned int watch_strikes;

	unsigned int vectors;		/* how many there are */
	struct dmmu_vector vector[DMMU_IRQ_COUNT];
	bool irqs_on;
	int id;				/* the N of /dev/dmmuN */
	char name[16];
	struct miscdevice misc;
	struct dentry *debugfs;
	u32 delay_map_us;
	bool round_robin;		/* make room without asking which pages are cold */
	atomic_t fail_whole;		/* so many huge pages are not to be had; for tests */
	u64 cover;			/* who opened it last is told what our threads do (KCOV) */
};

/* A page that is being taken from the CPUs, locked and referenced; see atomics.c. */
struct dmmu_taken {
	struct page *page;
	u64 va;
};

/* A range that is used as a whole; see ahead.c. */
struct dmmu_ahead {
	u64 start;
	u64 end;
	bool write;
	unsigned int rounds;
};

/* What reclaim is told of a context; see young.c. */
struct dmmu_young_state {
	struct mmu_notifier notifier;
	struct delayed_work work;
	bool on;			/* registered */
	bool asked;			/* since the last renewal */
	bool ran;			/* the device was given work since */
	unsigned long renewed;		/* jiffies */
	unsigned int quiet;		/* renewals that nobody asked for */
};

/* What an open file is: at first a queue, after BIND a context of the device mirroring one mm. */
struct dmmu_ctx {
	struct kref ref;		/* the file, each job the device has, who drops a replica */
	struct dmmu_dev *dev;
	struct list_head node;		/* dmmu_dev.ctxs, under ctx_lock */
	struct mm_struct *mm;		/* set once by BIND, then constant; holds mm_count */
	u32 id;				/* the device's number for it */
	bool has_id;
	struct dmmu_user *user;		/* who opened it; NULL: not counted */
	bool lost;			/* the device went down since BIND; under ctx_lock */

	struct mmu_interval_notifier notifier;
	struct mutex map_lock;		/* one fault round at a time; its buffers, the stocks */
	struct mutex pt_lock;		/* the page table, and all below; taken in the notifier */
	bool dead;			/* nothing is mapped any more */
	struct dmmu_table *root;
	struct list_head spare[2];	/* tables for later: [0] leaf, [1] others */
	unsigned int spares[2];
	struct hlist_head dma_spare;
	unsigned int dma_spares;
	u64 *stage;			/* entries on their way to the device */
	dma_addr_t stage_dma;
	unsigned int stage_used;
	unsigned int stage_half;
	u32 stage_fence[2];		/* command that read the half last */
	bool stage_busy[2];
	unsigned long mapped;		/* pages */

	struct work_struct fault_work;
	struct dmmu_fault *batch;	/* these under map_lock */
	struct dmmu_page_req *req;
	struct dmmu_window *win;
	unsigned long *pfns;
	struct maple_tree hints;	/* where pages should be; has a lock of its own */
	struct dmmu_taken *taken;	/* from the CPUs, and still locked */
	unsigned int ntaken;		/* read without the lock, too */
	wait_queue_head_t let_go;	/* a taken page is locked no more */
	bool system_atomics;		/* set by BIND */
	struct dmmu_ahead ahead[2];
	struct dmmu_young_state young;

	struct list_head ready;		/* dmmu_workq.ready; these under work.lock */
	struct list_head queued;
	struct list_head done;
	unsigned int nqueued;
	unsigned int ninflight;
	unsigned int ndone;
	bool closed;
	wait_queue_head_t wq;		/* WAIT and poll */

	atomic64_t count[DMMU_DRV_COUNT];
};

static inline void dmmu_count(struct dmmu_ctx *ctx, enum dmmu_driver_counter which, u64 n)
{
	atomic64_add(n, &ctx->count[which]);
}

static inline bool dmmu_is_up(struct dmmu_dev *dev)
{
	return READ_ONCE(dev->state) == DMMU_UP;
}

/* pci.c */
extern struct workqueue_struct *dmmu_wq;
void dmmu_dev_put(struct dmmu_dev *dev);
struct dmmu_dev *dmmu_first_device(void);
struct dmmu_dev *dmmu_find_device(int id);
struct dmmu_dev *dmmu_next_device(struct dmmu_dev *but, int *id);

/* device.c */
int dmmu_dev_start(struct dmmu_dev *dev);
void dmmu_dev_stop(struct dmmu_dev *dev, enum dmmu_state state);
int dmmu_dev_reset(struct dmmu_dev *dev);
void dmmu_dev_fail(struct dmmu_dev *dev, const char *why);
void dmmu_dev_fail_work(struct work_struct *work);
void dmmu_dev_watchdog(struct work_struct *work);
void dmmu_dev_watch(struct dmmu_dev *dev);
int dmmu_dev_counters(struct dmmu_dev *dev, u64 *value, unsigned int n);

/* irq.c */
int dmmu_irq_request(struct dmmu_dev *dev);
void dmmu_irq_free(struct dmmu_dev *dev);
void dmmu_irq_program(struct dmmu_dev *dev);
void dmmu_irq_wake(struct dmmu_dev *dev, unsigned int cause);
void dmmu_irq_off(struct dmmu_dev *dev);
void dmmu_irq_on(struct dmmu_dev *dev);

/* ctl.c */
int dmmu_ctl_push(struct dmmu_dev *dev, const struct dmmu_ctl *cmd, enum dmmu_wait how, u32 *index);
void dmmu_ctl_kick(struct dmmu_dev *dev);
int dmmu_ctl_wait(struct dmmu_dev *dev, u32 index, enum dmmu_wait how);
bool dmmu_ctl_done(struct dmmu_dev *dev, u32 index);

/* work.c */
int dmmu_job_cache_create(void);
void dmmu_job_cache_destroy(void);
int dmmu_work_submit(struct dmmu_ctx *ctx, const struct dmmu_work_desc *desc, unsigned int n);
unsigned int dmmu_work_room(struct dmmu_ctx *ctx);
unsigned int dmmu_work_collect(struct dmmu_ctx *ctx, struct list_head *to, unsigned int max);
void dmmu_work_uncollect(struct dmmu_ctx *ctx, struct list_head *from);
void dmmu_work_free(struct list_head *jobs);
void dmmu_work_complete(struct dmmu_dev *dev);
void dmmu_work_lose_all(struct dmmu_dev *dev);
void dmmu_work_close(struct dmmu_ctx *ctx);
void dmmu_work_purge(struct dmmu_ctx *ctx);
bool dmmu_work_waits(struct dmmu_dev *dev);
bool dmmu_work_has(struct dmmu_ctx *ctx, u64 hw_cookie);
void dmmu_work_fault_error(struct dmmu_ctx *ctx, u64 threads, u64 va, s32 error);

/* ctx.c */
struct dmmu_ctx *dmmu_ctx_create(struct dmmu_dev *dev);
int dmmu_ctx_bind(struct dmmu_ctx *ctx, u32 flags);
void dmmu_ctx_close(struct dmmu_ctx *ctx);
void dmmu_ctx_put(struct dmmu_ctx *ctx);
void dmmu_ctx_kill(struct dmmu_ctx *ctx);
void dmmu_ctx_lose(struct dmmu_ctx *ctx);
int dmmu_ctx_check(struct dmmu_ctx *ctx);
struct mm_struct *dmmu_ctx_mm(struct dmmu_ctx *ctx);

/* user.c */
struct dmmu_user *dmmu_user_get(struct dmmu_dev *dev);
void dmmu_user_put(struct dmmu_user *user);
bool dmmu_user_charge(struct dmmu_user *user, enum dmmu_quota what);
void dmmu_user_uncharge(struct dmmu_user *user, enum dmmu_quota what);
bool dmmu_user_may_run(const struct dmmu_user *user);

/* pgtable.c */
int dmmu_pt_init(struct dmmu_ctx *ctx);
void dmmu_pt_fini(struct dmmu_ctx *ctx);
void dmmu_pt_free_stage(struct dmmu_ctx *ctx);
u64 dmmu_pt_root(struct dmmu_ctx *ctx);
int dmmu_pt_prepare(struct dmmu_ctx *ctx, const struct dmmu_window *win, unsigned int n);
bool dmmu_pt_serves(struct dmmu_ctx *ctx, const struct dmmu_page_req *req);
int dmmu_pt_map(struct dmmu_ctx *ctx, const struct dmmu_window *win, const unsigned long *pfns);
int dmmu_pt_zap(struct dmmu_ctx *ctx, struct dmmu_range r, enum dmmu_zap what, bool unlink,
		enum dmmu_wait how);
bool dmmu_pt_has(struct dmmu_ctx *ctx, u64 va, bool write);
struct page *dmmu_pt_page(struct dmmu_ctx *ctx, u64 va);
void dmmu_pt_mark_exclusive(struct dmmu_ctx *ctx, u64 va, u64 end);
bool dmmu_pt_any_exclusive(struct dmmu_ctx *ctx, u64 va, u64 end);
void dmmu_pt_drop_all(struct dmmu_ctx *ctx);
int dmmu_pt_age(struct dmmu_ctx *ctx);
int dmmu_pt_age_some(struct dmmu_ctx *ctx, u64 *va, bool host);
bool dmmu_pt_young(struct dmmu_ctx *ctx, struct dmmu_range r, enum dmmu_young how);
int dmmu_pt_push_fill(struct dmmu_dev *dev, u64 local, unsigned int n, u64 value, u64 step,
		      enum dmmu_wait how, u32 *index);

/* dma.c */
int dmmu_dma_stock(struct dmmu_ctx *ctx, unsigned int n);
void dmmu_dma_unstock(struct dmmu_ctx *ctx);
int dmmu_dma_get(struct dmmu_ctx *ctx, struct page *page, dma_addr_t *dma);
void dmmu_dma_put(struct dmmu_dev *dev, struct page *page);

/* Does an answer of hmm_range_fault() name a page? */
static inline bool dmmu_hmm_has_page(unsigned long pfn)
{
	return (pfn & (HMM_PFN_VALID | HMM_PFN_ERROR)) == HMM_PFN_VALID;
}

/* mirror.c */
extern const struct mmu_interval_notifier_ops dmmu_mirror_ops;
int dmmu_mirror_fault(struct dmmu_ctx *ctx, unsigned int nreq);
int dmmu_mirror_round(struct dmmu_ctx *ctx, unsigned int nreq, unsigned int nwin);
bool dmmu_shares_local(const struct hmm_range *range, unsigned int n);
int dmmu_fault_as_cpu(struct hmm_range *range);
unsigned long dmmu_mirror_next(struct mm_struct *mm, unsigned long at, unsigned long end);
void dmmu_mirror_present(struct dmmu_ctx *ctx, u64 start, u64 end);
void dmmu_mirror_populate(struct dmmu_ctx *ctx, unsigned long start, unsigned long end);

static inline bool dmmu_has_copy_engine(const struct dmmu_dev *dev)
{
	return dev->caps & DMMU_CAPS_COPY;
}

/* copy.c */
int dmmu_copy_init(struct dmmu_dev *dev);
void dmmu_copy_exit(struct dmmu_dev *dev);
void dmmu_copy_show(struct dmmu_dev *dev, void *at, u64 from);
bool dmmu_copy_possible(const struct dmmu_dev *dev);
bool dmmu_offers_coherent(const struct dmmu_dev *dev);
void dmmu_copy_program(struct dmmu_dev *dev);
int dmmu_copy_pages(struct dmmu_dev *dev, struct dmmu_copy_op *op, unsigned int n);

/* Why a device with local memory has no pages there. */
#define DMMU_NO_MIGRATION \
	"migration is off: this kernel has no CONFIG_DEVICE_PRIVATE; host memory is mirrored in place\n"

/* Pages of a huge page, which is whole when it moves as one. */
#define DMMU_WHOLE_PAGES	DMMU_COPY_BATCH

#ifdef CONFIG_DEVICE_MIGRATION
/* local.c */
void dmmu_local_init(struct dmmu_dev *dev);
void dmmu_local_close(struct dmmu_dev *dev);
void dmmu_local_reopen(struct dmmu_dev *dev);
void dmmu_local_exit(struct dmmu_dev *dev);
void dmmu_local_release(struct dmmu_dev *dev);
void dmmu_local_lose(struct dmmu_dev *dev);
bool dmmu_local_has(struct dmmu_dev *dev, const struct page *page);
bool dmmu_local_is_whole(const struct page *page);
struct dmmu_dev *dmmu_local_other(struct dmmu_dev *dev, const struct page *page);
bool dmmu_local_coherent(struct dmmu_dev *dev);
unsigned long dmmu_local_select(struct dmmu_dev *dev);
bool dmmu_local_lost(const struct page *page);
unsigned int dmmu_local_lost_pages(struct dmmu_dev *dev, unsigned long *at, unsigned long *pfn,
				   unsigned int n);
unsigned int dmmu_local_alloc(struct dmmu_dev *dev, struct dmmu_user *user, struct page **page,
			      unsigned int n);
void dmmu_local_unalloc(struct page *page);
struct page *dmmu_local_alloc_whole(struct dmmu_dev *dev, struct dmmu_user *user, bool *short_of);
void dmmu_local_page_free(struct page *page, unsigned int n);
void dmmu_local_arrived(struct page *page);
void dmmu_local_left(struct page *page);
bool dmmu_local_is_there(struct page *page);
unsigned int dmmu_local_coldest(struct dmmu_dev *dev, unsigned long *pfn, unsigned int n,
				unsigned int most);
void dmmu_local_touch(struct page *page);
void dmmu_local_lend(struct page *page, struct dmmu_ctx *ctx, u64 va);
void dmmu_local_unlend(struct page *page);
bool dmmu_local_is_lent(const struct page *page);
unsigned long dmmu_local_lent(struct dmmu_dev *dev);
struct dmmu_ctx *dmmu_local_coldest_lent(struct dmmu_dev *dev, unsigned long n,
					 struct dmmu_range *r);
unsigned long dmmu_local_free(struct dmmu_dev *dev);
u32 *dmmu_local_limit(struct dmmu_dev *dev);
unsigned long dmmu_local_total(struct dmmu_dev *dev);
unsigned long dmmu_local_used(struct dmmu_dev *dev);
struct dmmu_dev *dmmu_local_dev(const struct page *page);
u64 dmmu_local_offset(const struct page *page);
void *dmmu_local_owner(struct dmmu_dev *dev);
void *dmmu_local_owner_in(struct dmmu_dev *dev);
bool dmmu_local_owns(const void *owner);

/* request.c */
/* Beyond what programs may ask: to the device, but only from the host. */
#define DMMU_MIGRATE_FROM_HOST 3

int dmmu_migrate_range(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to,
		       struct dmmu_migrate_result *res);
void dmmu_migrate_quietly(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 to);
bool dmmu_migrate_one(struct dmmu_ctx *ctx, unsigned long va, u32 to);

/* move_out.c */
int dmmu_fetch_from_other(struct dmmu_ctx *ctx, const struct hmm_range *range);
int dmmu_fetch_all(struct dmmu_ctx *ctx, const struct hmm_range *range);
int dmmu_fetch_own(struct dmmu_ctx *ctx, unsigned long va);

/* cpu_fault.c */
vm_fault_t dmmu_migrate_to_ram(struct vm_fault *vmf);

/* evict.c */
unsigned long dmmu_evict(struct dmmu_dev *dev, unsigned long n);
unsigned long dmmu_make_room(struct dmmu_dev *dev, unsigned long n);
void dmmu_evict_all(struct dmmu_dev *dev);

/* lost.c */
void dmmu_poison_lost(struct dmmu_dev *dev);

/* replica.c */
bool dmmu_replica_fits(struct page *page);
void dmmu_replicate(struct dmmu_ctx *ctx, u64 va, struct dmmu_range r);
void dmmu_replica_forget(struct dmmu_ctx *ctx, u64 start, u64 end);
unsigned long dmmu_replica_drop(struct dmmu_dev *dev, unsigned long n);
void dmmu_replica_put(struct page *page);

/* hint.c */
int dmmu_hint_set(struct dmmu_ctx *ctx, unsigned long start, unsigned long end, u32 hint);
void dmmu_hint_follow(struct dmmu_ctx *ctx, unsigned int n);
bool dmmu_hint_replicates(struct dmmu_ctx *ctx, u64 va);
bool dmmu_hint_against(struct dmmu_ctx *ctx, u64 va, struct page *page);
#else
static inline void dmmu_local_init(struct dmmu_dev *dev)
{
	dev_info(dev->dev, DMMU_NO_MIGRATION);
}

static inline bool dmmu_local_has(struct dmmu_dev *dev, const struct page *page)
{
	return false;
}

static inline bool dmmu_local_is_whole(const struct page *page)
{
	return false;
}

static inline bool dmmu_local_lost(const struct page *page)
{
	return false;
}

static inline struct dmmu_dev *dmmu_local_other(struct dmmu_dev *dev, const struct page *page)
{
	return NULL;
}

static inline bool dmmu_local_coherent(struct dmmu_dev *dev)
{
	return false;
}

static inline void dmmu_local_close(struct dmmu_dev *dev)
{
}

static inline void dmmu_local_reopen(struct dmmu_dev *dev)
{
}

static inline void dmmu_local_exit(struct dmmu_dev *dev)
{
}

static inline void dmmu_local_release(struct dmmu_dev *dev)
{
}

static inline void dmmu_local_lose(struct dmmu_dev *dev)
{
}

static inline u32 *dmmu_local_limit(struct dmmu_dev *dev)
{
	return NULL;
}

static inline void dmmu_local_touch(struct page *page)
{
}

static inline bool dmmu_local_is_lent(const struct page *page)
{
	return false;
}

static inline unsigned long dmmu_local_lent(struct dmmu_dev *dev)
{
	return 0;
}

static inline void dmmu_replica_put(struct page *page)
{
}

static inline unsigned long dmmu_local_free(struct dmmu_dev *dev)
{
	return 0;
}

static inline unsigned long dmmu_local_total(struct dmmu_dev *dev)
{
	return 0;
}

static inline u64 dmmu_local_offset(const struct page *page)
{
	return 0;
}

static inline void *dmmu_local_owner(struct dmmu_dev *dev)
{
	return NULL;
}

static inline void *dmmu_local_owner_in(struct dmmu_dev *dev)
{
	return NULL;
}

static inline bool dmmu_local_owns(const void *owner)
{
	return false;
}

static inline int dmmu_migrate_range(struct dmmu_ctx *ctx, unsigned long start, unsigned long end,
				     u32 to, struct dmmu_migrate_result *res)
{
	return -EOPNOTSUPP;
}

static inline void dmmu_evict_all(struct dmmu_dev *dev)
{
}

static inline void dmmu_poison_lost(struct dmmu_dev *dev)
{
}

static inline int dmmu_fetch_from_other(struct dmmu_ctx *ctx, const struct hmm_range *range)
{
	return 0;
}

static inline int dmmu_hint_set(struct dmmu_ctx *ctx, unsigned long start, unsigned long end,
				u32 hint)
{
	return -EOPNOTSUPP;
}

static inline void dmmu_hint_follow(struct dmmu_ctx *ctx, unsigned int n)
{
}

static inline bool dmmu_hint_against(struct dmmu_ctx *ctx, u64 va, struct page *page)
{
	return false;
}
#endif

#ifdef CONFIG_DEVICE_PRIVATE
/* exclusive.c */
int dmmu_exclusive_range(struct dmmu_ctx *ctx, u64 start, u64 end);

/* atomics.c */
int dmmu_atomics_take(struct dmmu_ctx *ctx, const struct dmmu_window *win,
		      const unsigned long *pfns);
void dmmu_atomics_taken(struct dmmu_ctx *ctx, struct page *page, u64 va);
void dmmu_atomics_await(struct dmmu_ctx *ctx, u64 start, u64 end);
void dmmu_atomics_release(struct dmmu_ctx *ctx);
void dmmu_atomics_hold(struct dmmu_ctx *ctx);
#else
static inline int dmmu_exclusive_range(struct dmmu_ctx *ctx, u64 start, u64 end)
{
	return -EOPNOTSUPP;
}

static inline int dmmu_atomics_take(struct dmmu_ctx *ctx, const struct dmmu_window *win,
				    const unsigned long *pfns)
{
	return 0;
}

static inline void dmmu_atomics_await(struct dmmu_ctx *ctx, u64 start, u64 end)
{
}

static inline void dmmu_atomics_release(struct dmmu_ctx *ctx)
{
}

static inline void dmmu_atomics_hold(struct dmmu_ctx *ctx)
{
}
#endif

/* young.c */
int dmmu_young_add(struct dmmu_ctx *ctx, struct mm_struct *mm);
void dmmu_young_remove(struct dmmu_ctx *ctx, struct mm_struct *mm);

/* ahead.c */
void dmmu_ahead_begin(struct dmmu_ctx *ctx, unsigned int which, u64 start, u64 end, bool write);
unsigned int dmmu_ahead_end(struct dmmu_ctx *ctx, unsigned int which);
void dmmu_ahead_fault(struct dmmu_ctx *ctx, unsigned int n);

/* fault.c */
unsigned int dmmu_fault_collect(struct dmmu_dev *dev);
void dmmu_fault_rearm(struct dmmu_dev *dev, bool completions);
void dmmu_fault_work(struct work_struct *work);
void dmmu_fault_forget(struct dmmu_ctx *ctx);

/* chardev.c */
int dmmu_chardev_add(struct dmmu_dev *dev);
void dmmu_chardev_remove(struct dmmu_dev *dev);

/* sysfs.c */
const char *dmmu_state_name(enum dmmu_state state);
const struct attribute_group **dmmu_sysfs_groups(void);

/* debugfs.c */
void dmmu_debugfs_init(void);
void dmmu_debugfs_exit(void);
void dmmu_debugfs_add(struct dmmu_dev *dev);
void dmmu_debugfs_remove(struct dmmu_dev *dev);

#endif /* DMMU_DRV_H */
