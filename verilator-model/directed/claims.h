/* SPDX-License-Identifier: GPL-2.0 */
/*
 * claims.h: what the device promises, one function per promise, each a CTest of the same name. A
 * claim makes the bench it needs from the given configuration (seed, waveform and memory behaviour
 * of the command line), and returns when the promise held; otherwise dmmu_bench_fail() has ended
 * the process.
 */
#ifndef DMMU_CLAIMS_H
#define DMMU_CLAIMS_H

#include "bench.h"

/* clang-format off */
#define DMMU_CLAIMS(X) \
	/* registers.c */ \
	X(reset_values_match_the_map) \
	X(capabilities_say_whether_local_memory_is_coherent) \
	X(unmapped_registers_read_zero) \
	X(counter_snapshots_are_exact) \
	X(byte_strobes_are_honoured) \
	X(device_reset_restores_everything) \
	X(reset_within_a_reset_ends_as_one) \
	X(function_reset_drains_and_restores) \
	/* rings.c */ \
	X(rings_wrap) \
	X(doorbell_past_ring_is_refused) \
	X(rings_stay_where_they_are_until_a_reset) \
	X(index_before_its_ring_is_refused) \
	X(completion_never_overwrites_unconsumed) \
	X(interrupt_after_status_after_record) \
	X(one_interrupt_covers_a_batch) \
	X(records_wait_for_others_only_while_some_may_come) \
	X(bad_commands_are_skipped) \
	X(ring_bus_errors_are_reported) \
	X(page_table_writes_land) \
	X(page_table_writes_stop_at_a_bus_error) \
	X(failed_page_table_write_is_told_with_its_completion) \
	/* routes.c */ \
	X(each_cause_comes_on_the_vector_it_is_routed_to) \
	X(shared_vector_loses_no_cause) \
	X(route_to_no_vector_is_not_taken) \
	/* copies.c */ \
	X(copies_go_between_all_memories) \
	X(copy_begins_and_ends_at_any_word) \
	X(fill_writes_its_word_and_nothing_else) \
	X(copy_is_visible_before_its_count_and_interrupt) \
	X(copy_with_fence_sees_all_before) \
	X(copy_error_ends_one_descriptor) \
	X(bad_copies_are_refused) \
	X(copy_ring_wraps_and_fills) \
	X(copy_count_is_written_when_asked_for_or_at_the_end) \
	X(reset_in_mid_copy_drains_and_forgets) \
	X(disabled_device_ends_the_copy_at_hand) \
	X(control_and_work_go_on_beside_copies) \
	X(copies_of_both_directions_overlap) \
	/* age.c */ \
	X(age_tells_and_clears) \
	X(age_and_invalidate_see_the_next_access) \
	X(age_loses_nothing_to_the_walker) \
	X(age_stops_at_a_bus_error) \
	/* translation.c */ \
	X(two_contexts_same_va_different_pages) \
	X(huge_pages_translate) \
	X(read_sets_accessed_only) \
	X(write_hit_on_clean_entry_sets_dirty) \
	X(cleared_pte_stays_clear_under_ad_updates) \
	/* invalidation.c */ \
	X(invalidate_waits_for_inflight_write) \
	X(invalidate_of_a_part_waits_for_all_of_a_huge_page) \
	X(invalidated_page_is_walked_again) \
	X(invalidate_inside_a_huge_page_drops_it) \
	X(invalidate_every_drops_all_contexts) \
	X(invalidate_does_not_wait_for_stalled_threads) \
	X(invalidations_of_other_pages_do_not_starve_a_walk) \
	X(invalidate_is_bounded_by_bursts_not_by_pages) \
	X(table_may_be_reused_after_the_acknowledge) \
	/* faults.c */ \
	X(fault_record_tells_all) \
	X(every_cause_is_told_apart) \
	X(retry_walks_again_from_root) \
	X(retry_joins_no_walk_from_before) \
	X(permission_upgrade_after_retry) \
	X(stale_answer_changes_nothing) \
	X(fault_ring_full_holds_the_stall) \
	X(others_run_while_one_is_stalled) \
	X(idle_while_everything_is_stalled) \
	X(failed_copy_tells_how_far_it_came) \
	/* kill.c */ \
	X(kill_ends_stalled_threads_without_completion_space) \
	X(kill_answer_ends_the_context) \
	X(killed_context_gets_no_translation) \
	X(kill_meets_a_translation_on_its_way) \
	X(context_set_anew_forgets_old_translations) \
	X(context_set_waits_for_threads_of_its_former_life) \
	/* operations.c */ \
	X(operations_compute) \
	X(copy_handles_every_alignment) \
	X(fill_repeats_its_pattern_from_any_byte) \
	X(atomics_of_all_threads_add_up) \
	X(bad_descriptors_touch_nothing) \
	X(list_ends_at_a_node_that_is_not_aligned) \
	X(memory_errors_are_reported) \
	X(poison_ends_one_operation_at_its_word)
/* clang-format on */

#define DMMU_CLAIM_DECLARE(name) void claim_##name(struct dmmu_bench_config *config);
DMMU_CLAIMS(DMMU_CLAIM_DECLARE)

/* A leaf that allows everything. */
#define PTE_RW (DMMU_PTE_V | DMMU_PTE_R | DMMU_PTE_W | DMMU_PTE_AT | DMMU_PTE_LEAF)
#define PTE_RO (DMMU_PTE_V | DMMU_PTE_R | DMMU_PTE_LEAF)

#define PAGE 4096ull
#define VA   0x7f0012340000ull /* where the tests like to map things */

/* support.c */
/* Enable a context with an empty page table; returns its root. */
uint64_t context_new(struct dmmu_bench *bench, uint16_t ctx);
/* New host pages at va, with the given PTE flags; returns the first DMA address. */
uint64_t map_host(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int pages,
		  uint64_t flags);
/* The same in local memory; returns the offset. */
uint64_t map_local(struct dmmu_bench *bench, uint64_t root, uint64_t va, unsigned int pages,
		   uint64_t flags);
void submit(struct dmmu_bench *bench, struct dmmu_work work); /* push and ring */
/* Run one descriptor to its end, whatever it is. */
struct dmmu_cpl run(struct dmmu_bench *bench, struct dmmu_work work);
struct dmmu_flt next_fault(struct dmmu_bench *bench);
struct dmmu_cpl next_completion(struct dmmu_bench *bench);
/* Write one entry through the control ring; invalidate one page. */
void pte_write(struct dmmu_bench *bench, uint64_t offset, uint64_t pte);
/*
 * What a counter of the MMU reads. False if an MMU of the user's own leaves it at 0: then nobody
 * knows, and it is said (docs/bring-your-own-mmu.md). Of ours every counter is always true.
 */
bool counted(struct dmmu_bench *bench, unsigned int counter, const char *name, uint64_t *value);
#define COUNT_EQ(bench, counter, expected)                                   \
	do {                                                                 \
		uint64_t counted_;                                           \
		if (counted(bench, DMMU_CNT_##counter, #counter, &counted_)) \
			BENCH_EQ(bench, counted_, expected);                 \
	} while (0)
uint64_t host_word(struct dmmu_bench *bench, uint64_t dma);
void host_set(struct dmmu_bench *bench, uint64_t dma, uint64_t value);

#endif /* DMMU_CLAIMS_H */
