/* SPDX-License-Identifier: GPL-2.0 */
/*
 * events.h: what happens in the device, as a table of text: told from its pins, cycle by cycle, and
 * from three nets of rtl/dmmu.v (dmmu_sim_probe). It needs no change to the run that it tells of:
 * dmmu-replay makes it from a log.
 *
 * Lines of tab-separated words; cycles count from the model's start, TRACK and NAME are texts, ARGS
 * are key=value words with blanks between, or empty. Lines of a kind are in order of their end.
 *
 *	clock	CYCLE	NS				the host's monotonic clock in that cycle
 *	span	TRACK	BEGIN	END	NAME	ARGS	something that took the cycles BEGIN to END
 *	event	TRACK	CYCLE	NAME	ARGS		something at one moment
 *	level	NAME	CYCLE	VALUE			a number that holds from that cycle on
 *
 * Tracks: "thread N", "invalidation", "control ring", "copy ring", "work ring", "interrupts",
 * "registers", "link", and "walks N": by AXI ID, or of a card, whose port has none, by the lowest
 * number that is free. Spans of a track nest; they never overlap otherwise.
 */
#ifndef DMMU_EVENTS_H
#define DMMU_EVENTS_H

#include "dmmu_sim.h"

#include <stdint.h>

struct events;

/* NULL and errno. */
struct events *events_open(const char *path, uint64_t local_bytes);
/* False when not all of it could be written. NULL is fine. */
bool events_close(struct events *events);

/* After an edge, of these clocks (dmmu_sim_clocks): the pins, and the device as it is now. */
void events_cycle(struct events *events, const struct dmmu_sim *sim, unsigned int clocks,
		  const struct dmmu_pins_in *in, const struct dmmu_pins_out *out);

/* Between two cycles. */
void events_clock(struct events *events, uint64_t ns);
void events_note(struct events *events, const char *track, const char *name, const char *args);

#endif /* DMMU_EVENTS_H */
