/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verilated_coverage.h: for the C++ glue around a Verilated class. In a build for coverage each
 * device leaves a file PROGRAM-PID-N.dat in the folder $DMMU_COVERAGE_DIR, also when a failing test
 * ends the process before the device is freed. In any other build both calls are nothing.
 */
#ifndef DMMU_VERILATED_COVERAGE_H
#define DMMU_VERILATED_COVERAGE_H

#include "verilated.h"

#if VM_COVERAGE
#include "verilated_cov.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

static std::vector<VerilatedContext *> coverage_open;

static void coverage_end(VerilatedContext *context)
{
	static unsigned int number;
	const char *folder = std::getenv("DMMU_COVERAGE_DIR");

	coverage_open.erase(std::remove(coverage_open.begin(), coverage_open.end(), context),
			    coverage_open.end());
	if (!folder)
		return;
	std::string path = std::string(folder) + "/" + program_invocation_short_name + "-" +
			   std::to_string(getpid()) + "-" + std::to_string(number++) + ".dat";
	context->coveragep()->write(path.c_str());
}

static void coverage_end_all()
{
	while (!coverage_open.empty())
		coverage_end(coverage_open.back());
}

static void coverage_begin(VerilatedContext *context)
{
	static const int registered = std::atexit(coverage_end_all);

	(void)registered;
	coverage_open.push_back(context);
}
#else
static inline void coverage_begin(VerilatedContext *) {}
static inline void coverage_end(VerilatedContext *) {}
#endif

#endif /* DMMU_VERILATED_COVERAGE_H */
