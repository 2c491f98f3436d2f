/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_log_test.c: first lines of real reports, one of each checker, are complaints; lines of a
 * healthy boot that share words with them are none.
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

int main(void)
{
	int failed = 0;

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
