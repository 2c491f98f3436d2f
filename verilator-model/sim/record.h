/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h: what goes in and out of the device's pins, cycle by cycle, as text that a Verilog test
 * bench reads with $fscanf (icarus/replay_tb.v), so that another simulator can be held to the same.
 * The first line is local_size, then a line for each cycle: the inputs, a blank, the outputs, each
 * one hexadecimal number whose fields begin at full digits. record.c and replay_tb.v agree on them.
 */
#ifndef DMMU_RECORD_H
#define DMMU_RECORD_H

#include "dmmu_sim.h"

#include <stdio.h>

void dmmu_record_begin(FILE *file, uint64_t local_size);
void dmmu_record_cycle(FILE *file, const struct dmmu_pins_in *in, const struct dmmu_pins_out *out);

#endif /* DMMU_RECORD_H */
