#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# rtl_runs.sh RTL_BENCH: the benchmark runs, briefly; every row of rows.txt (name, numbers of threads) is there, none
# else, each with five fields and a number; and a second run prints the same.
set -eu
bench=$1
rows=$(dirname "$0")/rows.txt
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$bench" --brief --tsv >"$out/first"
"$bench" --brief --tsv >"$out/second"
cmp "$out/first" "$out/second"
awk '$1 !~ /^#/ { for (i = 2; i <= NF; i++) print $1 ($i == "-" ? "" : "." $i) }' "$rows" | sort >"$out/expected"
cut -f1 "$out/first" | sort | diff "$out/expected" -
awk -F '\t' '
	NF != 5 || $2 !~ /^[0-9.e+]+$/ || $2 == 0 || $3 == "" || ($4 == "-") != ($5 == "-") { print "bad row: " $0; bad = 1 }
	END { exit bad }' "$out/first"
