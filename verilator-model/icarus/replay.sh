#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# replay.sh SCOREBOARD OPS GEOMETRY RTL...: records the pins of the Verilated device while the scoreboard runs, and replays them
# into the same RTL under Icarus Verilog. Fails on the first output that differs. GEOMETRY is one word: "A=1 B=2 ...", the
# parameters that the scoreboard's device was built with.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-icarus.XXXXXX")
trap 'rm -rf "$dir"' EXIT
scoreboard=$1 ops=$2 geometry=$3
shift 3

"$scoreboard" --seed 6 --ops "$ops" --record "$dir/record"
for parameter in $geometry; do
	set -- "-Preplay_tb.$parameter" "$@"
done
${IVERILOG:-iverilog} -g2012 -DCHECK -s replay_tb -o "$dir/replay" "$@" "$(dirname "$0")/replay_tb.v" >"$dir/compile" 2>&1 || { cat "$dir/compile"; exit 1; }
# a parameter that the test bench does not have would be left at its default
if grep "parameter .* not found" "$dir/compile"; then exit 1; fi
${VVP:-vvp} -n "$dir/replay" "+record=$dir/record" >"$dir/log" || true
tail -n 20 "$dir/log"
cycles=$(sed -n 's/^replay: \([0-9]*\) cycles agree$/\1/p' "$dir/log")
[ "${cycles:-0}" -ge 2000 ] || { echo 'Icarus and Verilator do not agree, or the record is too short to say'; exit 1; }
! grep -i "assert\|error" "$dir/log"
