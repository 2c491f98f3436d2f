#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# coverage_flow.sh COVERAGE_SH SCOREBOARD: one short run of a device that counts, and the report on it. Promises: the run's
# data is there also when the run fails; lines, branches, toggles and cover points are counted; too little is refused.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-coverage.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/data"
export DMMU_COVERAGE_DIR="$dir/data"

die() { echo "$*"; exit 1; }

"$2" --seed 1 --ops 20
[ "$(find "$dir/data" -name '*.dat' | wc -l)" = 1 ] || die 'the run did not leave one file'
rm "$dir/data"/*.dat
# an unwritable waveform ends the bench early
! "$2" --seed 1 --ops 20 --trace "$dir/none/wave.fst" 2>/dev/null || die 'a waveform was written where it cannot be'
[ "$(find "$dir/data" -name '*.dat' | wc -l)" = 1 ] || die 'a run that fails did not leave its file'
"$2" --seed 1 --ops 20

status=0
sh "$1" --build "$dir" --data "$dir/data" >"$dir/report" || status=$?
cat "$dir/report"
[ $status = 1 ] || die "the status is $status: 20 operations of one thread cannot be enough"
grep -q '^below the threshold of 95% of lines' "$dir/report" || die 'too few lines were not refused'
# the last line of the table: file, then lines, branches, toggles and points as hit/total and percent
awk '$1 == "all" { for (i = 2; i <= NF; i += 2) { split($i, n, "/"); if (n[1] < 1 || n[1] > n[2]) exit 1; good++ } } END { exit good != 4 }' \
	"$dir/report" || die 'not all four kinds were counted'
grep -q '^SF:.*rtl/regs.v$' "$dir/coverage/rtl.info" || die 'the lcov file names no source'
