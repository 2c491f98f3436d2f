// SPDX-License-Identifier: GPL-2.0
//
// sim_core.cpp: see sim_core.h. Also Verilator's hooks for $stop, $finish and fatal errors, once for all tops of a
// program.
#include "sim_core.h"

#include <cstdio>
#include <cstdlib>

#include "verilated_coverage.h"

static thread_local sim_core *current;

void vl_stop(const char *filename, int linenum, const char *hier)
{
	(void)hier;
	if (!current)
		std::abort();
	if (current->error.empty())
		current->error = "assertion failed at " + std::string(filename ? filename : "?") + ":" +
				 std::to_string(linenum) + " in cycle " +
				 std::to_string(current->cycles);
}

void vl_finish(const char *filename, int linenum, const char *hier)
{
	vl_stop(filename, linenum, hier);
}

// Only for what Verilator cannot go on from, such as a combinational loop that does not settle.
void vl_fatal(const char *filename, int linenum, const char *hier, const char *msg)
{
	(void)hier;
	std::fprintf(stderr, "dmmu: the RTL cannot be simulated: %s:%d: %s (cycle %llu)\n",
		     filename ? filename : "?", linenum, msg,
		     current ? (unsigned long long)current->cycles : 0ull);
	if (current)
		current->trace_flush();
	std::abort();
}

sim_core::sim_core()
{
	context.traceEverOn(true);
}

void sim_core::enter()
{
	current = this;
}

void sim_core::leave()
{
	current = nullptr;
}

void sim_core::count_begin()
{
	coverage_begin(&context);
}

void sim_core::count_end()
{
	coverage_end(&context);
}

void sim_core::begin(uint64_t low)
{
	enter();
	if (__builtin_expect(cycles >= dump_from, 0)) {
		if (cycles >= dump_until) {
			trace_close();
		} else if (!fst) {
			fst.reset(new VerilatedFstC);
			trace_into(fst.get());
			fst->open(fst_path.c_str());
		}
	}
	moment = low;
	context.time(low);
}

void sim_core::settled(uint64_t high)
{
	if (__builtin_expect(!!fst, 0))
		fst->dump(moment);
	moment = high;
	context.time(high);
}

bool sim_core::end(bool counts)
{
	if (__builtin_expect(!!fst, 0))
		fst->dump(moment);
	if (__builtin_expect(!error.empty(), 0)) {
		trace_flush();
		return false;
	}
	cycles += counts;
	return true;
}

bool sim_core::trace(const char *path, uint64_t from, uint64_t count)
{
	// Verilator reports an unwritable file by ending the process, so try before it does.
	FILE *probe = std::fopen(path, "wb");
	if (!probe)
		return false;
	std::fclose(probe);
	trace_close();
	fst_path = path;
	dump_from = from > cycles ? from : cycles;
	dump_until = count ? dump_from + count : UINT64_MAX;
	return true;
}

void sim_core::trace_flush()
{
	if (fst)
		fst->flush();
}

void sim_core::trace_close()
{
	dump_from = UINT64_MAX;
	if (!fst)
		return;
	fst->close();
	fst.reset();
}
