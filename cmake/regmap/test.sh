#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Checks that regmap refuses maps in which RTL and C would silently disagree, and names the line.
# usage: test.sh REGMAP MAP
set -u
regmap=$1 map=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# refuses NAME EXPECTED-MESSAGE, the map on standard input
refuses() {
	cat >"$dir/map"
	if "$regmap" --c "$dir/map" >"$dir/out" 2>"$dir/err"; then
		echo "FAIL $1: accepted"
		failed=1
	elif ! grep -q "^$dir/map:[0-9]*: .*$2" "$dir/err"; then
		echo "FAIL $1: wanted '$2', got: $(cat "$dir/err")"
		failed=1
	else
		echo "ok $1"
	fi
}

refuses overlapping_fields "overlaps" <<'MAP'
reg A 0x0 rw 0 | x
field F 3:0 | x
field G 4:3 | x
MAP
refuses field_beyond_register "does not fit" <<'MAP'
reg A 0x0 rw 0 | x
field F 32:0 | x
MAP
refuses two_registers_at_one_offset "share an offset" <<'MAP'
reg A 0x0 rw 0 | x
reg B 0x0 rw 0 | x
MAP
refuses unaligned_register "not aligned" <<'MAP'
reg A 0x2 rw 0 | x
MAP
refuses hole_in_record "hole, overlap" <<'MAP'
record R 16 | x
member a 0x0 4 | x
member b 0x8 8 | x
MAP
refuses short_record "cover 8 of 16" <<'MAP'
record R 16 | x
member a 0x0 8 | x
section | end
MAP
refuses short_record_at_the_end "cover 8 of 16" <<'MAP'
record R 16 | x
member a 0x0 8 | x
MAP
refuses duplicate_value "already" <<'MAP'
enum E | x
value A 0 | x
value A 1 | x
MAP
refuses orphan_field "belongs to nothing" <<'MAP'
field F 3:0 | x
MAP
refuses bad_number "is not a number" <<'MAP'
reg A zero rw 0 | x
MAP
refuses missing_description "description" <<'MAP'
reg A 0x0 rw 0
MAP
refuses unknown_kind "unknown kind" <<'MAP'
register A 0x0 rw 0 | x
MAP

for format in verilog c markdown; do
	"$regmap" --$format "$map" >"$dir/$format" && test -s "$dir/$format" || {
		echo "FAIL real_map_as_$format"
		failed=1
	}
done
exit $failed
