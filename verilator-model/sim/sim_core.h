/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sim_core.h: what the C++ glue of every Verilated top shares: the simulation context, the cycle
 * count, a waveform of a window of cycles, and an assertion that fails turned into an error with a
 * cycle number instead of an abort. The glue around a top derives from it and copies pins.
 */
#ifndef DMMU_SIM_CORE_H
#define DMMU_SIM_CORE_H

#include <cstdint>
#include <memory>
#include <string>

#include "verilated.h"
#include "verilated_fst_c.h"

class sim_core {
public:
	VerilatedContext context;
	uint64_t cycles = 0;
	std::string error; // the first assertion that failed

	sim_core();
	virtual ~sim_core() = default;

	// Begins a cycle, and ends it; false when an assertion failed. Between them the glue applies
	// the inputs, settles (clock low), samples the outputs, and calls settled() and then the edge.
	// The times are those of the waveform. An edge of another clock than the device's counts
	// for no cycle.
	void begin(uint64_t low);
	void settled(uint64_t high);
	bool end(bool counts = true);

	// Around the life of the top: what a build for coverage counts (verilated_coverage.h).
	void count_begin();
	void count_end();

	bool trace(const char *path, uint64_t from, uint64_t count);
	void trace_flush();
	void trace_close();

	// Verilator's hooks carry no user pointer: this is now the one that runs.
	void enter();
	static void leave();

protected:
	virtual void trace_into(VerilatedFstC *fst) = 0;

private:
	std::unique_ptr<VerilatedFstC> fst;
	uint64_t dump_from = UINT64_MAX; // first cycle to dump
	uint64_t dump_until = 0;	 // first cycle after those to dump
	std::string fst_path;
	uint64_t moment = 0; // of the waveform
};

#endif /* DMMU_SIM_CORE_H */
