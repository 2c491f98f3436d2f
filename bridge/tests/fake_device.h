/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake_device.h: a device process for the bridge's tests, behind the real link. It has a register
 * file, does DMA when told, and says in shared memory what was asked of it, so that a test can
 * check what the bridge promised. It can be slow, stopped (SIGSTOP) and killed, as a real one.
 */
#ifndef DMMU_FAKE_DEVICE_H
#define DMMU_FAKE_DEVICE_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* Registers with a function; all others of BAR0 just hold what was written. */
enum {
	FAKE_DMA_ADDR = 0x100,	/* 64 bits */
	FAKE_DMA_WRITE = 0x108, /* 64 bits: stored at FAKE_DMA_ADDR, then interrupt 2 */
	FAKE_IRQ = 0x110,	/* 32 bits: raises that vector */
	FAKE_ORDER = 0x118,	/* write: adds to a hash that depends on order; read: the hash */
	FAKE_UNSUPPORTED = 0x120,
	FAKE_SLOW_READ = 0x128, /* takes slow_ms */
};

struct fake_shared {
	atomic_uint slow_ms;	  /* a FAKE_SLOW_READ takes so long */
	atomic_uint unmap_ms;	  /* a DMA_UNMAP takes so long */
	atomic_uint refuse_unmap; /* answer DMA_UNMAP with ABORT */
	atomic_uint maps, unmaps; /* good ones */
	atomic_uint flr, bus_reset;
	atomic_uint bus_master;	    /* last told */
	atomic_uint gate_refusals;  /* DMA kept back by the gate */
	atomic_uint unmap_answered; /* DMA_UNMAP that were answered */
};

struct fake_shared *fake_shared_new(void);
pid_t fake_device_start(const char *link_path, struct fake_shared *shared);

#endif /* DMMU_FAKE_DEVICE_H */
