/* SPDX-License-Identifier: GPL-2.0 */
/*
 * relaxed_stores.h: included before ring.c, plants the bug that its stores publish nothing. The
 * test link.tsan_sees_planted_race passes when ThreadSanitizer reports it.
 */
#include <stdatomic.h>
#undef atomic_store
#define atomic_store(at, value) atomic_store_explicit(at, value, memory_order_relaxed)
