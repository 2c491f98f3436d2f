/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_log_test.c: first lines of real reports, one of each checker, are complaints; lines of a
 * healthy boot that share words with them are none; where it happened is found in a whole report.
 */
#include "../kernel_log.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *line, *complaint; /* NULL: harmless */
} cases[] = {
	{"[    1.421123] Kernel panic - not syncing: sysrq triggered crash", "panic"},
	{"[   12.0] Oops: Oops: 0002 [#1] PREEMPT SMP KASAN NOPTI", "oops"},
	{"BUG: unable to handle page fault for address: ffffc90000", "oops"},
	{"BUG: kernel NULL pointer dereference, address: 0000000000000008", "BUG"},
	{"BUG: KASAN: slab-use-after-free in dmmu_fault_work+0x1/0x2 [dmmu]", "KASAN report"},
	{"BUG: sleeping function called from invalid context at mm/page_alloc.c:1", "BUG"},
	{"BUG: scheduling while atomic: anon/81/0x00000002", "BUG"},
	{"BUG: Bad page state in process fork  pfn:12345", "BUG"},
	{"kernel BUG at mm/migrate.c:1234!", "BUG"},
	{"Kernel BUG at remove_migration_pte+0x1/0x2 [verbose debug info unavailable]", "BUG"},
	{"WARNING: CPU: 1 PID: 81 at mm/hmm.c:600 hmm_range_fault+0x1/0x2", "WARNING"},
	{"WARNING: possible circular locking dependency detected", "lockdep report"},
	{"WARNING: possible recursive locking detected", "lockdep report"},
	{"WARNING: inconsistent lock state", "lockdep report"},
	{"WARNING: suspicious RCU usage", "RCU report"},
	{"UBSAN: array-index-out-of-bounds in kmod/plan.c:3:4", "UBSAN report"},
	{"INFO: task fork:81 blocked for more than 60 seconds.", "hung task"},
	{"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [fork:81]", "soft lockup"},
	{"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "RCU stall"},
	{"rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU stall"},
	{"kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	 "kmemleak report"},
	{"irq 24: nobody cared (try booting with the \"irqpoll\" option)", "lost interrupt"},
	{"general protection fault, probably for non-canonical address 0xdead: 0000 [#1]", "oops"},

	{"kmemleak: Kernel memory leak detector initialized (mem pool available: 15000)", NULL},
	{"kasan: KernelAddressSanitizer initialized", NULL},
	{"Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar", NULL},
	{"DMA-API: preallocated 65536 debug entries", NULL},
	{"dmmu: loading out-of-tree module taints kernel.", NULL},
	{"rcu: \tRCU lockdep checking is enabled.", NULL},
	{"dmmu 0000:01:00.0: device failed: registers read all-ones, the device is gone", NULL},
	{"Spectre V2 : Vulnerable", NULL},
};

static char *const report[] = {
	"[   30.655568] Oops: invalid opcode: 0000 [#1] SMP",
	"[   30.656000] CPU: 1 UID: 0 PID: 81 Comm: soak Tainted: G           O       6.12.0-dmmu "
	"#1",
	"[   30.656100] RIP: 0010:dmmu_split+0x12/0x340 [dmmu]",
	"[   30.656200] Code: 00 31 c0 c3 <0f> 0b 48 89 e5 41 54 53 48 8b 07 48 85",
	"[   30.656300] RSP: 0018:ffffc900001cfd90 EFLAGS: 00010246",
	"[   30.656400] Call Trace:",
	"[   30.656500]  <TASK>",
	"[   30.656600]  ? __die_body.cold+0x19/0x27",
	"[   30.656700]  dmmu_fault_service+0x91/0x560 [dmmu]",
	"[   30.656800]  process_one_work+0x17f/0x330",
	"[   30.656900]  </TASK>",
	"[   30.657000] RIP: 0033:0x7f12",
};
static const char place[] =
	"at dmmu_split+0x12/0x340 (<0f> 0b 48 89 e5 41 54 53) from dmmu_fault_service < "
	"process_one_work";

static bool where_is_right(void)
{
	char where[200], cut[20];

	kernel_log_where(report, sizeof(report) / sizeof(report[0]), where, sizeof(where));
	if (strcmp(where, place)) {
		fprintf(stderr, "where:\n  wanted %s\n  got    %s\n", place, where);
		return false;
	}
	kernel_log_where(report, sizeof(report) / sizeof(report[0]), cut, sizeof(cut));
	if (strncmp(cut, place, sizeof(cut) - 1) || cut[sizeof(cut) - 1]) {
		fputs("what does not fit is cut\n", stderr);
		return false;
	}
	kernel_log_where(report, 1, where, sizeof(where));
	if (*where)
		fprintf(stderr, "a line that does not say where gave %s\n", where);
	return !*where;
}

int main(void)
{
	int failed = !where_is_right();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = kernel_log_complaint(cases[i].line);
		const char *want = cases[i].complaint;

		if (got == want || (got && want && !strcmp(got, want)))
			continue;
		fprintf(stderr, "%s\n  wanted %s, got %s\n", cases[i].line, want ? want : "none",
			got ? got : "none");
		failed = 1;
	}
	if (!kernel_log_fatal(cases[0].line) || kernel_log_fatal(cases[9].line)) {
		fputs("a panic is fatal, a warning is not\n", stderr);
		failed = 1;
	}
	return failed;
}
