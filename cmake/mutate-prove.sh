#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# mutate-prove.sh: is a mutant no mistake at all? The netlist with mutant N live is compared with the healthy one, output by
# output in every cycle, from reset on, under all inputs: verilator-model/mutation/observed.v says what counts as an
# output. Registers begin as zero, as in the other proofs (docs/proofs.md). Prints a line: N, TAB, the verdict.
#
#   mutate-prove.sh OUT SECONDS NUMBER
#
# OUT is the build folder of the mutants. Verdicts: `equal ENGINE`, proved without bound; `differs`, there are inputs
# that tell them apart, though perhaps none that the other parts of the device produce; `open`, no answer in that time. Believed
# again when netlist, mutation, observed.v and this script are as they were.
#
# Engines, of yosys-abc, one after the other: lcorr (registers of both that are always equal, by induction of one step),
# scorr (any signals), dprove (simulation, bounded and unbounded model checking).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out=$1 limit=$2 number=$3
netlist=$out/verilator-model/mutation/mmu.il
observed=$root/verilator-model/mutation/observed.v
work=$out/proofs
mkdir -p "$work"

design=$(cat "$netlist" "$out/mutations" "$observed" "$0" | sha256sum | cut -c1-16)
key=$({ cat "$netlist" "$observed" "$0"; sed -n "${number}p" "$out/mutations" | sed 's/-ctrl mutsel 32 [0-9]*//'; echo "$limit"; } |
	sha256sum | cut -c1-32)
if [ -f "$work/$key" ]; then
	printf '%s\t%s\n' "$number" "$(cat "$work/$key")"
	exit 0
fi

# All mutants in one netlist of gates, made once; mutsel is 32 of its inputs.
if [ ! -f "$work/$design.blif" ]; then
	rm -f "$work"/*.blif "$work"/*.aig
	nice yosys -q -p "read_rtlil $netlist; script $out/mutations; read_verilog -sv $observed; hierarchy -check -top observed; proc; flatten;
		memory_map; opt -fast; setundef -undriven -init -zero; async2sync; dffunmap; techmap; opt_clean; abc -g AND -fast;
		opt_clean; write_aiger -zinit -map $work/$design.aim $work/$design.aig" >"$work/yosys.log" 2>&1 ||
		{ tail -n 5 "$work/yosys.log" >&2; exit 1; }
	nice yosys-abc -c "read_aiger $work/$design.aig; strash; write_blif $work/$design.new" >"$work/abc.log" 2>&1
	mv "$work/$design.new" "$work/$design.blif"
fi
first=$(awk '$1 == "input" && $4 == "mutsel" && $3 == 0 { print $2 }' "$work/$design.aim")
[ -n "$first" ] || { echo 'mutate-prove: the netlist has no input mutsel' >&2; exit 1; }

# gates N: the netlist in which mutsel is N
gates() {
	[ -f "$work/$design-$1.aig" ] && return
	awk -v n="$1" -v first="$first" '
		function name(i) { return sprintf("pi%0" width "d", first + i) }
		/^\.inputs/ { list = 1 }
		list {
			line = line $0
			if (sub(/\\$/, "", line)) next
			m = split(line, input, " ")
			width = length(input[2]) - 2
			for (i = 0; i < 32; i++) gone[name(i)] = 1
			printf ".inputs"
			for (i = 2; i <= m; i++) if (!(input[i] in gone)) printf " %s", input[i]
			print ""
			list = 0
			next
		}
		/^\.(latch|names)/ && !done {
			for (i = 0; i < 32; i++) { print ".names " name(i); if (int(n / 2 ^ i) % 2) print "1" }
			done = 1
		}
		{ print }' "$work/$design.blif" >"$work/$1.blif.part"
	nice yosys-abc -c "read_blif $work/$1.blif.part; strash; write_aiger $work/$1.aig.part" >"$work/$1.abc" 2>&1
	rm "$work/$1.blif.part"
	mv "$work/$1.aig.part" "$work/$design-$1.aig"
}
gates 0
gates "$number"
log=$work/$number.abc

verdict=open
timeout "$limit" nice yosys-abc -c "miter -n $work/$design-0.aig $work/$design-$number.aig; strash; scleanup; lcorr; scleanup; strash;
	print_stats; dprove -T $limit" >"$log" 2>&1 || true
if grep -aq '^UNSATISFIABLE\|Networks are equivalent' "$log"; then
	# nothing was left to dprove when lcorr had found all equal
	if grep -a 'lat = ' "$log" | head -n 1 | grep -q 'lat = *0 '; then verdict='equal lcorr'; else verdict='equal dprove'; fi
elif grep -aq 'Networks are not equivalent\|^SATISFIABLE' "$log"; then
	verdict=differs
elif grep -aq 'lat = ' "$log"; then # lcorr came to its end
	timeout "$limit" nice yosys-abc -c "miter -n $work/$design-0.aig $work/$design-$number.aig; strash; scleanup; lcorr; scorr -F 2; scleanup;
		strash; print_stats; sat; pdr -T $limit" >"$log" 2>&1 || true
	if grep -aq 'Property proved' "$log"; then verdict='equal pdr'
	elif grep -aq 'was asserted in frame' "$log"; then verdict=differs
	elif grep -aq '^UNSATISFIABLE' "$log"; then verdict='equal scorr'
	fi
fi
rm -f "$work/$design-$number.aig"
echo "$verdict" >"$work/$key"
printf '%s\t%s\n' "$number" "$verdict"
