// SPDX-License-Identifier: GPL-2.0
/*
 * monitor.c: looks at every access the device puts on a bus, at the moment memory takes its
 * address, and asks whether it may happen: is the page mapped for that, to a context that lives
 * (I1, I7), has no invalidation of it been acknowledged (I2), are A and D in memory already (I5)?
 * And was a fault that the device reports one that the page table can explain?
 */
#include "scoreboard.h"

/* A walk reads its entries at most so long before it reports the fault, in cycles. */
#define WALK_WINDOW 20000

static void check_data(struct scoreboard *sb, struct ppage *p, bool local, uint64_t addr,
		       bool write)
{
	struct vpage *page = p->owner;
	uint64_t entry;

	if (!(p->perm & (write ? W : R)))
		dmmu_bench_fail(
			sb->bench,
			"I1/I2: the device %s %s page 0x%llx, which %s (context %d, va 0x%llx)",
			write ? "writes to" : "reads from", local ? "local" : "host",
			(unsigned long long)addr,
			p->perm ? "is not mapped for that"
				: "is not mapped, or was invalidated and acknowledged",
			page ? page->ctx : -1, page ? (unsigned long long)page->va : 0ull);
	if (sb->ctx[page->ctx].state == CTX_DEAD)
		dmmu_bench_fail(sb->bench, "the device %s a page of context %u, whose kill is done",
				write ? "writes to" : "reads from", page->ctx);
	if (page->busy || sb_history(sb, page->pte_at)->pending)
		return;
	entry = *(uint64_t *)dmmu_bench_local(sb->bench, page->pte_at);
	if ((!(entry & DMMU_PTE_A) && !page->aged) || (write && !(entry & DMMU_PTE_D)))
		dmmu_bench_fail(
			sb->bench,
			"I5: %s of context %u va 0x%llx while its entry is 0x%llx: %c is not set",
			write ? "write" : "read", page->ctx, (unsigned long long)page->va,
			(unsigned long long)entry, write ? 'D' : 'A');
}

static void accepted(void *opaque, bool local, uint64_t addr, uint64_t len, bool write)
{
	struct scoreboard *sb = opaque;
	uint64_t offset = addr - (local ? 0 : BENCH_HOST_BASE);

	/* bursts stay within a page: axi_memory.c sees to it */
	if (sb_copies_want(sb, local, addr, len, write))
		return;
	if (sb_in_arena(sb, local, addr))
		dmmu_bench_fail(sb->bench, "stray %s of %s 0x%llx, which is for copies",
				write ? "write" : "read", local ? "local" : "host",
				(unsigned long long)addr);
	if (offset < TABLE_BYTES) {
		uint64_t used = local ? sb->bench->local_used : sb->bench->host_used;

		/* tables or rings; beyond those there is nothing for the device */
		if (offset >= used)
			dmmu_bench_fail(sb->bench, "I1: stray access to %s 0x%llx",
					local ? "local" : "host", (unsigned long long)addr);
		return;
	}
	if (offset < MEM_BYTES) {
		check_data(sb, &sb->page[local][offset / PAGE], local, addr, write);
		return;
	}
	for (unsigned int i = 0; i < sb->bus_pages; i++)
		if (sb->bus_page[i]->local == local &&
		    sb->bus_page[i]->pa == (addr & ~(PAGE - 1)) &&
		    sb->bus_page[i]->pte & DMMU_PTE_V)
			return;
	if (local && !write && sb->may_table_bus)
		return; /* a walk into a table that is not there */
	dmmu_bench_fail(sb->bench, "I1: access to %s 0x%llx, where nothing is mapped",
			local ? "local" : "host", (unsigned long long)addr);
}

static void each_cycle(void *opaque)
{
	sb_acknowledge(opaque, false);
	sb_copies_acknowledge(opaque);
}

void sb_monitor_init(struct scoreboard *sb)
{
	sb->bench->opaque = sb;
	sb->bench->accepted = accepted;
	sb->bench->each_cycle = each_cycle;
}

/* With no command for it on its way, an entry holds what the host wrote, and A and D by their
 * rules. */
void sb_check_entry(struct scoreboard *sb, const struct vpage *page)
{
	uint64_t ad = DMMU_PTE_A | DMMU_PTE_D;
	uint64_t found = *(uint64_t *)dmmu_bench_local(sb->bench, page->pte_at);
	uint64_t set = found & ~page->pte;
	bool leaf = (page->pte & (DMMU_PTE_V | DMMU_PTE_LEAF)) == (DMMU_PTE_V | DMMU_PTE_LEAF);

	if (sb_history(sb, page->pte_at)->pending)
		return;
	if ((found & ~ad) != (page->pte & ~ad) || (page->pte & ~found & ad))
		dmmu_bench_fail(sb->bench,
				"entry of context %u va 0x%llx is 0x%llx, was written 0x%llx",
				page->ctx, (unsigned long long)page->va, (unsigned long long)found,
				(unsigned long long)page->pte);
	if ((set && !leaf) || (set & DMMU_PTE_D && !(page->pte & DMMU_PTE_W)))
		dmmu_bench_fail(
			sb->bench,
			"entry of context %u va 0x%llx, 0x%llx: A or D set where no access can be",
			page->ctx, (unsigned long long)page->va, (unsigned long long)found);
}

/* Is there a walk of entries that were in memory in [t0, t1] and that ends as the record says? */
static bool explain(struct scoreboard *sb, const struct dmmu_flt *flt, uint64_t table,
		    unsigned int level, uint64_t t0, uint64_t t1)
{
	uint64_t at = table + 8 * (flt->va >> (12 + 9 * level) & 511);
	const struct history *h;
	unsigned int cause;

	if (at >= sb->bench->config.local_bytes)
		return flt->cause == DMMU_CAUSE_BUS && flt->level == level;
	if (at >= TABLE_BYTES)
		return false;
	h = sb_history(sb, at);
	for (unsigned int i = 0; i < h->count; i++) {
		enum gold_verdict verdict = gold_entry(h->v[i].value, level, flt->access, &cause);
		bool nowhere = verdict == GOLD_TABLE &&
			       (h->v[i].value & DMMU_PTE_ADDR) >= sb->bench->config.local_bytes;

		/* where a table is may be remembered from long ago, also where none is */
		if (h->v[i].from > t1 || (h->v[i].until < t0 && !nowhere))
			continue;
		switch (verdict) {
		case GOLD_TABLE:
			if (explain(sb, flt, h->v[i].value & DMMU_PTE_ADDR, level - 1, t0, t1))
				return true;
			break;
		case GOLD_FAULT:
			if (flt->cause == cause && flt->level == level)
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

bool sb_fault_explained(struct scoreboard *sb, const struct dmmu_flt *flt)
{
	uint64_t detect = flt->detect + sb->clock_offset;
	const struct context *ctx = &sb->ctx[flt->ctx];
	unsigned int levels = sb->bench->levels;

	if (flt->va >> sb->bench->va_bits)
		return flt->cause == DMMU_CAUSE_NONCANONICAL;
	if (explain(sb, flt, ctx->root, levels - 1, detect > WALK_WINDOW ? detect - WALK_WINDOW : 0,
		    detect + 64))
		return true;
	/* a record from before a kill may still have the old root */
	return ctx->kills && explain(sb, flt, ctx->other_root, levels - 1, 0, UINT64_MAX);
}
