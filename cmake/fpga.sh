#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fpga.sh: synthesizes the device, or one module of it, for an FPGA, places and routes it, and prints size, frequency
# and the critical path. Behind ./dmmu synth; docs/synthesis.md says what the numbers mean.
#
# Every result is kept in the cache under a hash of all that it depends on (sources, parameters, tool versions, this
# script), so that asking again costs nothing. One tool runs at a time, niced: a whole device takes minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${here%/cmake}
layout=1 # count up when the same inputs give other results
freq=125 # MHz: what place and route is asked for of every clock that --freq does not name

as=${DMMU_AS:-synth} # the command that this is
say() { printf 'dmmu: %s: %s\n' "$as" "$*" >&2; }
die() { say "$*"; exit 1; }
wrong() { say "$*; see ./dmmu $as --help"; exit 2; }
. "$here/options.sh"
megahertz() { printf '%s\n' "$1" | grep -Eqx '[0-9]+(\.[0-9]+)?' && [ -n "$(printf '%s' "$1" | tr -d 0.)" ]; }

# --- targets: family of the netlist, device, LUTs that the chip has ----------------------------------------------------
target_line() {
	case $1 in
	ecp5) echo 'ecp5 LFE5UM5G-85F-8BG756C 83640' ;;
	xc7a100t) echo 'xc7 xc7a100tfgg484-2 63400' ;;
	xc7a200t) echo 'xc7 xc7a200tfbg484-2 134600' ;;
	esac
}

# The configurations of the table in README.md.
configurations='small default'
configuration() { sed -n "s/^$1 / /p" "$root/rtl/configurations"; }

targets='' module=dmmu pnr=yes format=text table='' parameters='' seeds=1 weight='' flat='' clocks='' must='' files=${DMMU_RTL_FILES-}
while [ $# -gt 0 ]; do
	case $1 in
	--target)
		case ${2-} in
		all) targets='ecp5 xc7a100t xc7a200t' ;;
		*) [ -n "$(target_line "${2-}")" ] || wrong "there is no target '${2-}': ecp5, xc7a100t, xc7a200t or all"
			targets=$2 ;;
		esac
		shift ;;
	--module) need 'the name of a module' "$@"; module=$2; shift ;;
	--seed) need_number "$@"; seeds=$2; shift ;;
	--seeds) need_count "$@"; seeds=$(seq "$2"); shift ;;
	--timing-weight) need_number "$@"; weight=$2; shift ;;
	--freq)
		case ${2-} in
		*=*) clocks="$clocks $2" mhz=${2#*=} ;;
		*) freq=${2-} mhz=${2-} ;;
		esac
		megahertz "$mhz" || wrong "--freq takes MHZ or CLOCK=MHZ, not '${2-}'"
		shift ;;
	--must-close) must=yes ;;
	--no-pnr) pnr='' ;;
	--flat) flat=yes ;;
	--tsv) format=tsv ;;
	--table) table=yes ;;
	[A-Z]*=*) need_number "${1%%=*}" "${1#*=}"
		parameters="$parameters $1" ;;
	small | default) parameters="$parameters$(configuration "$1")" ;;
	*) wrong "$as does not know '$1'" ;;
	esac
	shift
done
[ -z "${DMMU_ONLY_CHECK-}" ] || exit 0 # what can be said without the sources was
[ -n "$files" ] && [ -f "$files" ] || die 'needs the list of the Verilog files in DMMU_RTL_FILES: use ./dmmu synth'
[ -n "$targets" ] || { targets=ecp5; [ -z "$table" ] || targets='ecp5 xc7a100t xc7a200t'; }

# what_module_has KIND: names of the module's parameters or clocks, as the source declares them; fails when there is no such module.
what_module_has() {
	# shellcheck disable=SC2046 # a list
	awk -v module="$module" -v kind="$1" '
		$1 == "module" { name = $2; sub(/[^A-Za-z0-9_].*/, "", name); inside = name == module; found += inside }
		inside && kind == "parameter" && $1 == "parameter" { sub(/ *=.*/, ""); print $NF }
		inside && kind == "clock" && $1 == "input" && $NF ~ /^([a-z_]*_)?clk,?$/ { sub(/,$/, ""); print $NF }
		inside && /^\);/ { inside = 0 }
		END { exit !found }' $(cat "$files")
}
what_module_has parameter >/dev/null || wrong "there is no module '$module'"
for parameter in $parameters; do
	what_module_has parameter | grep -qx "${parameter%%=*}" || wrong "$module has no parameter ${parameter%%=*}; it has $(what_module_has parameter | tr '\n' ' ')"
done
for clock in $clocks; do
	what_module_has clock | grep -qx "${clock%%=*}" || wrong "$module has no clock ${clock%%=*}; it has $(what_module_has clock | tr '\n' ' ')"
done
case "$clocks,$targets" in ,* | *,ecp5) ;; *) wrong "only ecp5 takes clocks apart: --freq MHZ" ;; esac
# One given twice counts as the last, and not again for what is kept.
last_of_each() { printf '%s\n' "$@" | awk -F = 'NF { if (!($1 in at)) { at[$1] = ++n }; line[at[$1]] = $0 } END { for (i = 1; i <= n; i++) printf(" %s", line[i]) }'; }
# shellcheck disable=SC2086 # lists
parameters=$(last_of_each $parameters) clocks=$(last_of_each $clocks)

cache=${DMMU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/dmmu}/synth
mkdir -p "$cache"
logs=${DMMU_LOGS:-$cache/logs}
mkdir -p "$logs"
tools=$("$here/fpga-tools.sh") || exit 1
sources=$(tr '\n' ' ' <"$files")

# What every result depends on: the text of the sources, not their names, the wrapper and the tools.
# shellcheck disable=SC2086 # a list
base=$(cat $sources "$root/rtl/board/pnr_wrap.v" "$tools/version" | sha256sum | cut -c1-16)
hash() { printf '%s\n' "$base" "$layout" "$@" | sha256sum | cut -c1-16; }

# rounds LOG: of nextpnr's router2, so far. It comes to its end in some tens, or goes on for ever about a few wires that two nets want.
rounds() { tail -n 1 "$1" | awk '/^Info: *iter=[0-9]+ wires=/ { sub(/.*iter=/, ""); n = $1 } END { print n + 0 }'; }
most_rounds=300

# run NAME COMMAND...: output to a log, a sign of life every 20 s; 1 when it failed, with the log's end.
run() {
	name=$1
	shift
	nice "$@" >"$work/$name.log" 2>&1 </dev/null &
	job=$!
	trap 'kill $job 2>/dev/null; rm -rf "$work"; exit 130' INT TERM HUP
	started=$(date +%s) last=$(date +%s)
	while kill -0 $job 2>/dev/null; do
		sleep 1
		now=$(date +%s)
		[ $((now - last)) -ge 20 ] || continue
		last=$now
		say "$title: $name, $((now - started)) s: $(tail -n 1 "$work/$name.log" | cut -c1-80)"
		if [ "$(rounds "$work/$name.log")" -ge "$most_rounds" ]; then
			say "$title: the router was stopped after $most_rounds rounds, each of which left some wires with two nets: try other seeds (--seeds N)"
			kill $job
		fi
	done
	trap - INT TERM HUP
	if ! wait $job; then
		cp "$work/$name.log" "$logs/synth-$name.log"
		grep -n 'ERROR' "$work/$name.log" >&2 || tail -n 5 "$work/$name.log" >&2
		say "$title: $name failed; the whole log is $logs/synth-$name.log"
		return 1
	fi
}

# netlist FAMILY: the synthesized design with its wrapper; sets $net, a folder with netlist.json.gz and modules.tsv.
netlist() {
	kind=$1
	[ "$1" != xc7 ] || kind='xc7 3' # counted up when only its netlist changes
	net=$cache/net-$(hash netlist "$kind" "$module" "$parameters" "$flat")
	[ ! -f "$net/modules.tsv" ] || return 0
	work=$net.new.$$
	mkdir -p "$work"
	chparam='' values=''
	for parameter in $parameters; do
		chparam="$chparam -chparam ${parameter%%=*} ${parameter#*=}"
		values="$values${values:+, }.${parameter%%=*}(${parameter#*=})"
	done
	cat >"$work/ports.ys" <<-SCRIPT
	read_verilog -sv $sources
	hierarchy -top $module$chparam
	tee -o $work/ports.txt portlist
	SCRIPT
	run ports "$tools/yosys" "$work/ports.ys" || { rm -rf "$work"; return 1; }
	# The top: the wrapper around the design, all inputs but the clock in one vector, all outputs in another.
	awk -v module="$module" -v values="$values" '
		/^(input|output) \[/ {
			range = $2
			gsub(/[][]/, "", range)
			split(range, bound, ":")
			width = bound[1] - bound[2] + 1
			if ($3 == "clk" || $3 ~ /_clk$/) { ports = ports ", ." $3 "(" $3 ")"; if ($3 != "clk") clocks = clocks "input wire " $3 ", "; next }
			if ($1 == "input") { ports = ports sprintf(", .%s(in[%d +: %d])", $3, ins, width); ins += width }
			else { ports = ports sprintf(", .%s(out[%d +: %d])", $3, outs, width); outs += width }
		}
		END {
			printf("module pnr_top(input wire clk, %sinput wire serial_in, output wire serial_out);\n", clocks)
			printf("wire [%d:0] in;\nwire [%d:0] out;\n", ins - 1, outs - 1)
			printf("pnr_wrap #(.IN(%d), .OUT(%d)) wrap(.clk(clk), .serial_in(serial_in), .serial_out(serial_out), .to_design(in), .from_design(out));\n", ins, outs)
			printf("%s%s d(%s);\nendmodule\n", module, values != "" ? " #(" values ")" : "", substr(ports, 3))
		}' "$work/ports.txt" >"$work/top.v"
	flattened=''
	case $1 in
	ecp5) synth="synth_ecp5 -top pnr_top -nowidelut ${flat:--noflatten}" ;;
	xc7)
		# Constants at the ports of modules are in LUTs when the hierarchy goes. nextpnr's placer counts one that is there twice as
		# two inputs shared with the LUT beside it, puts two LUTs with six inputs into one place, and aborts.
		synth="synth_xilinx -top pnr_top -family xc7 -abc9 ${flat:+-flatten}"
		flattened='opt_clean; opt_lut_ins -tech xilinx' ;;
	esac
	synth=$(printf '%s' "$synth" | sed 's/ yes$//')
	cat >"$work/synth.ys" <<-SCRIPT
	read_verilog -sv $sources $root/rtl/board/pnr_wrap.v $work/top.v
	$synth -run begin:check
	autoname t:TRELLIS_FF t:TRELLIS_DPR16X4 t:DP16KD t:FD* t:RAM*
	hierarchy -check
	tee -o $work/stat.txt stat
	check
	blackbox =A:whitebox
	flatten
	$flattened
	opt_clean
	write_json $work/netlist.json
	SCRIPT
	run yosys "$tools/yosys" "$work/synth.ys" || { rm -rf "$work"; return 1; }
	! grep -q 'Latch inferred' "$work/yosys.log" || say "$title: LATCHES, see $net/yosys.log.gz"
	# abc9's estimate of the longest path of each module, for a first look
	awk '
		/Extracted .* AND gates .* from module/ { m = substr($0, index($0, "module `") + 8); sub(/\047.*/, "", m) }
		/ABC: [PFA]: .*Del *=/ { x = $0; sub(/.*Del *= */, "", x); last = x + 0 }
		/Mapping \(K=/ { if (last > most[m]) most[m] = last }
		END { for (m in most) print m "\t" most[m] }' "$work/yosys.log" >"$work/abc.tsv"
	awk -f "$here/fpga-sizes.awk" "$work/abc.tsv" "$work/stat.txt" >"$work/modules.new"
	gzip -f "$work/netlist.json" "$work/yosys.log"
	rm -f "$work/ports.log"
	mv "$work/modules.new" "$work/modules.tsv"
	rm -rf "$net"
	mv "$work" "$net"
}

# place TARGET SEED: placed and routed; sets $placed, a folder with summary.tsv and path.txt.
place() {
	seed=$2
	# shellcheck disable=SC2046 # words
	set -- "$1" $(target_line "$1")
	placed=$cache/pnr-$(hash pnr 3 "$1" "${net##*/}" "$seed" "$freq" "$clocks" ${weight:+"$weight"})
	[ ! -f "$placed/summary.tsv" ] || return 0
	work=$placed.new.$$
	mkdir -p "$work"
	gzip -dc "$net/netlist.json.gz" >"$work/netlist.json"
	case $2 in
	ecp5)
		for clock in $clocks; do
			printf 'FREQUENCY PORT "%s" %s MHz;\n' "${clock%%=*}" "${clock#*=}"
		done >"$work/clocks.lpf"
		run nextpnr "$tools/nextpnr-ecp5" --um5g-85k --package CABGA756 --speed 8 --json "$work/netlist.json" --freq "$freq" \
			--seed "$seed" ${weight:+--placer-heap-timingweight "$weight"} --lpf "$work/clocks.lpf" --lpf-allow-unconstrained --timing-allow-fail --top pnr_top \
			--textcfg "$work/chip.config" || { rm -rf "$work"; return 1; }
		run ecppack "$tools/ecppack" --compress "$work/chip.config" "$work/chip.bit" || { rm -rf "$work"; return 1; }
		rm -f "$work/chip.config" "$work/ecppack.log" ;;
	xc7)
		for port in clk:R4 bridge_clk:V4 memory_clk:W19 serial_in:T5 serial_out:U5; do
			grep -q "${port%:*}" "$net/top.v" || continue
			printf "set_property LOC %s [get_ports %s]\nset_property IOSTANDARD LVCMOS33 [get_ports %s]\n" \
				"${port#*:}" "${port%:*}" "${port%:*}"
		done >"$work/pins.xdc"
		run nextpnr "$tools/nextpnr-xilinx" --device "$3" --vopt xdc="$work/pins.xdc" --json "$work/netlist.json" --freq "$freq" --seed "$seed" \
			${weight:+--placer-heap-timingweight "$weight"} --timing-allow-fail --top pnr_top || { rm -rf "$work"; return 1; } ;;
	esac
	rm -f "$work/netlist.json"
	awk -v root="$root/" -f "$here/fpga-path.awk" -v path="$work/path.txt" "$work/nextpnr.log" >"$work/summary.new"
	gzip -f "$work/nextpnr.log"
	mv "$work/summary.new" "$work/summary.tsv"
	rm -rf "$placed"
	mv "$work" "$placed"
}

# margin SUMMARY: how many times what was asked for the clock reaches that is furthest behind.
margin() {
	awk -F '\t' '
		$1 ~ /^fmax/ { f[substr($1, 5)] = $2 }
		$1 ~ /^asked/ { a[substr($1, 6)] = $2 }
		END { for (c in a) if (least == "" || f[c] / a[c] < least) least = f[c] / a[c]; printf("%.9f\n", least) }' "$1"
}

# place_best TARGET: with each of the seeds; $placed, $seed and $margin are of the best, $tried are all, "SEED MHZ, SEED MHZ...", with - for
# one that nextpnr could not do. Fails when none was, and at once when it is too large.
place_best() {
	luts=$(awk -F '\t' '$1 == "total" { print $3 }' "$net/modules.tsv")
	has=$(target_line "$1" | cut -d' ' -f3)
	if [ "$luts" -gt "$has" ]; then
		say "$title: does not fit: $luts LUT, the chip has $has"
		return 1
	fi
	best='' margin=0 tried='' plain=$title
	for number in $seeds; do
		[ "$seeds" = "$number" ] || title="$plain, seed $number"
		mhz=-
		if place "$1" "$number"; then
			mhz=$(value fmax "$placed/summary.tsv") this=$(margin "$placed/summary.tsv")
			if [ -z "$best" ] || awk -v a="$this" -v b="$margin" 'BEGIN { exit !(a > b) }'; then best="$number $placed" margin=$this; fi
		fi
		tried="$tried${tried:+, }$number $mhz"
	done
	title=$plain
	[ -n "$best" ] || return 1
	seed=${best%% *} placed=${best#* }
}

value() { awk -F '\t' -v key="$1" '$1 == key { print $2 }' "$2"; }

report() {
	target=$1
	family=$(target_line "$target" | cut -d' ' -f1)
	device=$(target_line "$target" | cut -d' ' -f2)
	title="$module for $target"
	netlist "$family" || return 1
	if [ "$format" = tsv ]; then
		awk -F '\t' -v t="$target" 'NR > 1 { print t "." $1 ".instances\t" $2 "\tcells"; split("lut ff bram lutram carry", n, " ")
			for (i = 1; i <= 5; i++) print t "." $1 "." n[i] "\t" $(i + 2) "\t" n[i] }' "$net/modules.tsv"
	else
		printf '\n%s on %s%s%s\n\n' "$module" "$device" "${parameters:+,}" "$parameters"
		awk -F '\t' '{ printf("%-20s %9s %8s %8s %6s %8s %8s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8) }' "$net/modules.tsv"
	fi
	[ -n "$pnr" ] || return 0
	place_best "$target" || return 1
	if [ "$format" = tsv ]; then
		sed "s/^/$target./" "$placed/summary.tsv"
		[ "$seeds" = "$seed" ] || printf '%s\n' "$tried" | tr , '\n' | awk -v t="$target" '$2 != "-" { print t ".seed." $1 ".fmax\t" $2 "\tMHz" }'
	else
		printf '\n'
		[ "$seeds" = "$seed" ] || printf 'seeds: %s MHz; the best is seed %s:\n' "$tried" "$seed"
		cat "$placed/path.txt"
		[ ! -f "$placed/chip.bit" ] || printf 'bitstream %s, %s bytes\n' "$placed/chip.bit" "$(wc -c <"$placed/chip.bit")"
	fi
	if [ -n "$must" ] && awk -v m="$margin" 'BEGIN { exit !(m < 1) }'; then
		say "$title: routed, but timing is not closed: ask for less with --freq, or try other seeds (--seeds N)"
		return 1
	fi
}

# One row a configuration: sizes without the wrapper, frequency placed and routed; a dash where it does not fit.
if [ -n "$table" ]; then
	head='| configuration |' rule='|---|' rows=''
	for target in $targets; do
		head="$head $target LUT | FF | BRAM | MHz |"
		rule="$rule---|---|---|---|"
	done
	for name in $configurations; do
		parameters=$(configuration "$name")
		row="| $name${parameters:+:$parameters} |"
		for target in $targets; do
			title="$name for $target"
			netlist "$(target_line "$target" | cut -d' ' -f1)" || exit 1
			row="$row $(awk -F '\t' '$1 == "total" { print $3 " | " $4 " | " $5 }' "$net/modules.tsv") |"
			if place_best "$target"; then row="$row $(value fmax "$placed/summary.tsv" | cut -d. -f1) |"; else row="$row - |"; fi
		done
		rows="$rows$row
"
	done
	printf '%s\n%s\n%s' "$head" "$rule" "$rows"
	exit 0
fi
failed=0
for target in $targets; do report "$target" || failed=1; done
exit $failed
