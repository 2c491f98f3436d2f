#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# coverage.sh: which lines, signals and cover points of rtl/ the tests reach. Builds the devices with Verilator's coverage
# in a folder of its own, runs the tests on them, and reports. Fails below the thresholds, and when an exclusion in
# rtl/coverage.exclude is not needed.
#
#   coverage.sh --build DIR [--only REGEX] [--html DIR]    build in DIR/coverage, run, report
#   coverage.sh --build DIR --data DIR                     report on data that runs have left, nothing else
#
# A line counts as hit when every statement and every branch written on it has run. Code under `ifdef CHECK and COVER is
# no part of the device and not counted.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build='' data='' html=''
only='^(directed|scoreboard|mmu)[.]'
line_threshold=95 point_threshold=100

wrong() { echo "coverage: $*; see ./dmmu coverage --help" >&2; exit 2; }
# shellcheck source=cmake/options.sh
. "$root/cmake/options.sh"

while [ $# -gt 0 ]; do
	case $1 in
	--build) need 'a folder' "$@"; build=$2; shift ;;
	--data) need 'a folder' "$@"; data=$2; shift ;;
	--only) need 'a pattern' "$@"; only=$2; shift ;;
	--html) need 'a folder' "$@"; html=$2; shift ;;
	*) wrong "it does not know '$1'" ;;
	esac
	shift
done
[ -n "$build" ] || wrong 'it needs --build DIR'
merge=verilator_coverage
[ -z "${VERILATOR_ROOT-}" ] || merge=$VERILATOR_ROOT/bin/verilator_coverage

out=$build/coverage logs=$build/logs jobs=${DMMU_JOBS:-$(nproc)}
mkdir -p "$out" "$logs"
say() { echo "coverage: $*" >&2; }
. "$root/cmake/progress.sh"
failed=
if [ -z "$data" ]; then
	data=$out/data
	rm -rf "$data"
	mkdir -p "$data"
	long coverage-configure cmake -S "$root" -B "$out" -G Ninja -DDMMU_COVERAGE=ON -DDMMU_GUEST=OFF || exit 1
	long coverage-build cmake --build "$out" -j "$jobs" \
		--target verilator-model/directed/all verilator-model/scoreboard/all verilator-model/mmu/all || exit 1
	long coverage-run env DMMU_COVERAGE_DIR="$data" ctest --test-dir "$out" -R "$only" -j "$jobs" --output-on-failure \
		--no-tests=error || failed="a test failed, see $logs/coverage-run.log"
	grep 'tests passed' "$logs/coverage-run.log" >&2 || true
fi
[ -n "$(find "$data" -name '*.dat' | head -n 1)" ] || { echo "no run left coverage data in $data" >&2; exit 1; }
# Every run leaves a megabyte: in parts, so that no command line is too long.
rm -f "$out/merged.dat"
find "$data" -name '*.dat' | sort | xargs -n 50 sh -c \
	'out=$1 merge=$2; shift 2; [ ! -f "$out" ] || set -- "$out" "$@"; "$merge" --write "$out.new" "$@" && mv "$out.new" "$out"' \
	merge "$out/merged.dat" "$merge"

awk -v root="$root/" -v info="$out/rtl.info" -v line_threshold=$line_threshold -v point_threshold=$point_threshold '
	function source(file,    line, n, off, path) {
		if (file in sources) return
		sources[file] = 1
		path = root file
		n = off = 0
		while ((getline line < path) > 0) {
			text[file, ++n] = line
			# what is between `ifdef CHECK or COVER and its `endif; other conditions may stand inside
			if (off && line ~ /^ *`if/) off++
			else if (!off && line ~ /^ *`ifdef (CHECK|COVER)/) off = 1
			aside[file, n] = off > 0
			if (off && line ~ /^ *`endif/) off--
		}
		close(path)
		lines_of[file] = n
	}
	function percent(hit, total) { return total ? sprintf("%.1f%%", 100 * hit / total) : "" }
	function cell(hit, total) { return sprintf("%6d/%-6d%6s", hit, total, percent(hit, total)) }
	function row(name, at) {
		printf "%-28s %s   %s   %s   %s\n", name, cell(lh[at], lt[at]), cell(bh[at], bt[at]), cell(th[at], tt[at]), cell(ph[at], pt[at])
	}
	function add(hit, total, file, is) {
		total[file]++; total["all"]++
		if (is) { hit[file]++; hit["all"]++ }
	}
	# file, line, column, page (kind/module), o (what), S (the lines of its statements)
	FILENAME != excludes && /^C / {
		delete field
		n = split(substr($0, 4, match($0, /\047 [0-9]+$/) - 4), part, "\001")
		for (i = 1; i <= n; i++) { at = index(part[i], "\002"); field[substr(part[i], 1, at - 1)] = substr(part[i], at + 1) }
		count = substr($0, RSTART + 2)
		file = field["f"]
		if (index(file, root "rtl/") != 1) next
		file = substr(file, length(root) + 1)
		source(file)
		if (aside[file, field["l"]] && field["page"] !~ /^v_user/) next
		kind = field["page"]
		sub(/\/.*/, "", kind)
		key = kind SUBSEP file SUBSEP field["l"] SUBSEP field["n"] SUBSEP field["o"]
		# the same point in other instances, geometries and runs
		counts[key] += count
		if (!(key in spans)) spans[key] = ("S" in field) ? field["S"] : (kind == "v_line" ? field["l"] : "")
	}
	END {
		while ((getline line < excludes) > 0) {
			if (line ~ /^#/ || line == "") continue
			if (split(line, part, "\t") != 3) { print "rtl/coverage.exclude: not file, text and reason: " line; bad = 1; continue }
			file = "rtl/" part[1]
			source(file)
			matched = 0
			for (n = 1; n <= lines_of[file]; n++)
				if (index(text[file, n], part[2])) { excluded[file, n] = ++matched; }
			if (!matched) { print "rtl/coverage.exclude: " file " has no line with: " part[2]; bad = 1 }
		}
		for (key in counts) {
			split(key, k, SUBSEP)
			kind = k[1]; file = k[2]; line = k[3]; what = k[5]; hit = counts[key] > 0
			if (kind == "v_toggle") { add(th, tt, file, hit); continue }
			if (kind == "v_user") {
				add(ph, pt, file, hit)
				if (!hit) unreached[file, line] = what
				continue
			}
			if (kind == "v_branch") {
				add(bh, bt, file, hit)
				branches[file] = branches[file] sprintf("BRDA:%d,%d,0,%d\n", line, k[4], counts[key])
			}
			ns = split(spans[key], span, ",")
			for (i = 1; i <= ns; i++) {
				from = to = span[i]
				if ((at = index(span[i], "-"))) { from = substr(span[i], 1, at - 1); to = substr(span[i], at + 1) }
				for (n = from + 0; n <= to + 0; n++)
					if (!((file, n) in least) || counts[key] < least[file, n]) least[file, n] = counts[key]
			}
		}
		nf = 0
		for (file in sources) names[++nf] = file
		for (i = 2; i <= nf; i++) for (j = i; j > 1 && names[j] < names[j - 1]; j--) { t = names[j]; names[j] = names[j - 1]; names[j - 1] = t }
		printf "" > info
		for (i = 1; i <= nf; i++) {
			file = names[i]
			printf "TN:rtl\nSF:%s%s\n%s", root, file, branches[file] > info
			for (n = 1; n <= lines_of[file]; n++) {
				if (!((file, n) in least) || aside[file, n]) continue
				if ((file, n) in excluded) {
					if (least[file, n]) { print "rtl/coverage.exclude: " file ":" n " is reached: " text[file, n]; bad = 1 }
					left_out++
					continue
				}
				add(lh, lt, file, least[file, n] > 0)
				printf "DA:%d,%d\n", n, least[file, n] > info
				if (!least[file, n]) missed[++nm] = file ":" n ": " text[file, n]
			}
			print "end_of_record" > info
		}
		for (i = 1; i <= nf; i++)
			for (n = 1; n <= lines_of[names[i]]; n++)
				if ((names[i], n) in unreached) points[++np] = names[i] ":" n ": " unreached[names[i], n]
		if (nm) print "lines not reached:"
		for (i = 1; i <= nm; i++) { sub(/:  */, ": ", missed[i]); print "  " missed[i] }
		if (np) print "cover points not reached:"
		for (i = 1; i <= np; i++) print "  " points[i]
		if (nm || np) print ""
		printf "%-28s %19s   %19s   %19s   %19s\n", "", "lines", "branches", "toggles", "cover points"
		for (i = 1; i <= nf; i++) row(names[i], names[i])
		row("all", "all")
		printf "%d lines excluded by rtl/coverage.exclude\n", left_out
		if (!lt["all"] || 100 * lh["all"] < line_threshold * lt["all"]) { print "below the threshold of " line_threshold "% of lines"; bad = 1 }
		if (!pt["all"] || 100 * ph["all"] < point_threshold * pt["all"]) { print "below the threshold of " point_threshold "% of cover points"; bad = 1 }
		exit bad
	}' excludes="$root/rtl/coverage.exclude" "$out/merged.dat" >"$out/report.txt" || failed=${failed:-yes}
cat "$out/report.txt"
echo "lcov: $out/rtl.info"
if [ -n "$html" ]; then
	if command -v genhtml >/dev/null 2>&1; then
		genhtml -q --branch-coverage -o "$html" "$out/rtl.info" && echo "html: $html/index.html"
	else
		echo 'no HTML: genhtml is not installed (Debian: apt install lcov)'
	fi
fi
[ -z "$failed" ] || { [ "$failed" = yes ] || echo "$failed"; exit 1; }
