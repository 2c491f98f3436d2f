#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fpga-card.sh: from the RTL to a card. Behind ./dmmu fpga; docs/fpga.md says what the steps mean.
#   build ecp5 [ARGUMENTS]       the core of the cards' tops on an ECP5 with open tools: placed, routed, a bitstream; size, frequency of each
#                                clock, critical path. Fails when a clock is slower than asked
#   build u250|acorn [--synth]   project, block design and bitstream by Vivado, which must be in PATH
#   probe                        do an Artix-7's PCIe block and transceivers route in nextpnr? What it says
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${here%/cmake}
say() { printf 'dmmu: fpga: %s\n' "$*" >&2; }
wrong() { say "$*; see ./dmmu fpga --help"; exit 2; }
list=${DMMU_RTL_FILES-}
[ -f "$list" ] || { say 'needs the list of the Verilog files in DMMU_RTL_FILES: use ./dmmu fpga'; exit 1; }
build=${DMMU_BUILD_DIR:-$root/build}

# What is built unless PARAM=VALUE says otherwise; 50 MHz is what its clocks reach.
open_flow() {
	parameters=$(sed '/^#/d' "$root/rtl/board/open/ecp5.parameters")
	export DMMU_AS=fpga
	# shellcheck disable=SC2086 # a list; one given twice counts as the last
	exec "$here/fpga.sh" --target ecp5 --module board_core --must-close --freq 50 $parameters "$@"
}

vivado_flow() {
	card=$1 until=''
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--synth) until=synth_only ;;
		*) wrong "build $card does not know '$1'" ;;
		esac
		shift
	done
	command -v vivado >/dev/null 2>&1 || {
		say "no vivado in PATH: it makes the bitstream of $card, and nothing else can. Source its settings64.sh, then come again."
		say "what can be checked without it: ctest --test-dir $build -R 'board.*$card'"
		exit 1
	}
	mkdir -p "$build/fpga"
	cd "$build/fpga"
	vivado -mode batch -nojournal -log "$build/fpga/$card.log" -source "$root/rtl/board/vivado/build.tcl" -tclargs "$card" "$build/fpga/$card" \
		"$list" $until
}

# probe NAME: a design of one primitive, to fasm on an xc7a200t; prints what became of it.
probe() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-probe.XXXXXX")
	result='placed and routed'
	for port in clk:R4 d:T5 q:U5; do
		printf 'set_property LOC %s [get_ports %s]\nset_property IOSTANDARD LVCMOS33 [get_ports %s]\n' "${port#*:}" "${port%:*}" "${port%:*}"
	done >"$work/pins.xdc"
	nice "$tools/yosys" -q -p "read_verilog $root/rtl/board/open/$1.v; synth_xilinx -top $1 -family xc7 -flatten; write_json $work/$1.json" \
		>"$work/yosys.log" 2>&1 || result="yosys: $(grep -m 1 ERROR "$work/yosys.log")"
	if [ "$result" = 'placed and routed' ]; then
		nice "$tools/nextpnr-xilinx" --device xc7a200tfbg484-2 --vopt xdc="$work/pins.xdc" --vopt fasm="$work/$1.fasm" --json "$work/$1.json" \
			--top "$1" >"$work/nextpnr.log" 2>&1 || result="no: $(grep -m 1 'ERROR' "$work/nextpnr.log" || tail -n 1 "$work/nextpnr.log")"
	fi
	printf '%-12s %s\n' "$1" "$result"
	rm -rf "$work"
}

case ${1-} in
build)
	shift
	case ${1-} in
	ecp5) shift; open_flow "$@" ;;
	u250 | acorn) vivado_flow "$@" ;;
	*) wrong "there is no card '${1-}': ecp5, u250, acorn" ;;
	esac ;;
probe)
	tools=$("$here/fpga-tools.sh") || exit 1
	sed -n '/nextpnr.*xilinx/p' "$tools/version"
	for name in pcie_probe gtp_probe; do probe $name; done ;;
*) wrong 'fpga takes build or probe' ;;
esac
