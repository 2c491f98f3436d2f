#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fpga_arguments.sh BUILD: what `./dmmu fpga` and `./dmmu synth` say of arguments that are wrong: one line that names what is wrong
# and what there is instead, exit status 2, and nothing made, not even the tools.
set -u

build=$1
cmake=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-fpga-arguments.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# refused SCRIPT LIST PATTERN ARGUMENT...
refused() {
	script=$1 list=$2 pattern=$3
	shift 3
	DMMU_RTL_FILES=$build/generated/$list DMMU_BUILD_DIR=$work DMMU_CACHE=$work/cache DMMU_FPGA_TOOLS=$work/none \
		sh "$cmake/$script" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ $status = 2 ] || { echo "$script $*: exit status $status, not 2"; failed=1; }
	[ ! -s "$work/out" ] || { echo "$script $*: prints $(cat "$work/out")"; failed=1; }
	[ "$(wc -l <"$work/err")" = 1 ] && grep -Eq -e "$pattern" "$work/err" || { echo "$script $*: says $(cat "$work/err"), not $pattern"; failed=1; }
	[ ! -e "$work/cache" ] || { echo "$script $*: made something in the cache"; failed=1; rm -rf "$work/cache"; }
}
card() { refused fpga-card.sh rtl-files-board "$@"; }
synth() { refused fpga.sh rtl-files "$@"; }

card 'takes build or probe'
card 'takes build or probe' make
card "no card '': ecp5, u250, acorn" build
card "no card 'ice40': ecp5, u250, acorn" build ice40
card 'board_core has no parameter THREAD; it has .*HOST_W .*THREADS ' build ecp5 THREAD=2
card "THREADS takes a number, not 'two'" build ecp5 THREADS=two
card "THREADS takes a number, not '2x'" build ecp5 THREADS=2x
card "THREADS takes a number, not ''" build ecp5 THREADS=
card "does not know 'threads=2'" build ecp5 threads=2
card "does not know '--synth'" build ecp5 --synth
card "--freq takes MHZ or CLOCK=MHZ, not 'fast'" build ecp5 --freq fast
card "--freq takes MHZ or CLOCK=MHZ, not '0'" build ecp5 --freq 0
card "--freq takes MHZ or CLOCK=MHZ, not ''" build ecp5 --freq
card 'board_core has no clock pcie_clk; it has clk bridge_clk memory_clk' build ecp5 --freq pcie_clk=125
card "--seed takes a number, not 'x'" build ecp5 --seed x
card "build u250 does not know 'THREADS=2'" build u250 THREADS=2
synth "no target 'ice40': ecp5" --target ice40
refused fpga.sh rtl-files-board "only ecp5 takes clocks apart" --target xc7a200t --module board_core --freq bridge_clk=100
synth "--seeds takes a number from 1" --seeds 0
synth "no module 'mmv'" --module mmv
synth 'dmmu has no parameter HOST_W; it has THREADS ' HOST_W=64
synth 'mmu has no parameter COPY_SLOTS' --module mmu COPY_SLOTS=4

# What is right gets further: to the tools, which are not there.
DMMU_RTL_FILES=$build/generated/rtl-files-board DMMU_CACHE=$work/cache DMMU_FPGA_TOOLS=$work/none \
	sh "$cmake/fpga-card.sh" build ecp5 THREADS=2 --freq 40 --freq bridge_clk=62.5 --seed 3 >"$work/out" 2>"$work/err" </dev/null
status=$?
[ $status = 1 ] && grep -q 'DMMU_FPGA_TOOLS names' "$work/err" || { echo "right arguments: exit status $status, says $(cat "$work/err")"; failed=1; }
exit $failed
