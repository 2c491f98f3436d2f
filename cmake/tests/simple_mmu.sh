#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# simple_mmu.sh SOURCE_DIR WORK_DIR: one CMake option puts another MMU into the device, and the same tests pass on it: the
# directed claims and some seeds of the scoreboard. And they can fail: without its sweep the simple MMU does not pass.
set -eu
source_dir=$1
work=$2
cmake -S "$source_dir" -B "$work" -G Ninja -DDMMU_MMU=simple -DDMMU_GUEST=OFF >"$work.log" 2>&1 || { tail -n 30 "$work.log"; exit 1; }
cmake --build "$work" --target dmmu-directed scoreboard dmmu-directed-no_sweep >>"$work.log" 2>&1 || { tail -n 30 "$work.log"; exit 1; }
ctest --test-dir "$work" --no-tests=error --output-on-failure --timeout 300 \
	-R '^(directed\.[a-z_0-9]*|scoreboard\.default_seed_(1|2|3)|planted\.no_sweep)$' >"$work.tests" 2>&1 || { tail -n 60 "$work.tests"; exit 1; }
tail -n 5 "$work.tests"
grep -q 'simple/mmu.v' "$work/build.ninja" || { echo 'the simple MMU is not in this build'; exit 1; }
