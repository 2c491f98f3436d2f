#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# report.sh DMMU.KO TEST_LOG [--lines]: which instrumented points of the driver the fuzzer reached, by file, of all and of
# those in reach (the file out-of-reach tells which are not); which functions it never did; with --lines also the lines in
# the others that it did not. Needs binutils.
set -eu
module=$1 log=$2 lines=${3-}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What KCOV tells is where a call of its function returns to: four bytes after the relocation.
readelf -rW "$module" | awk '
	/^Relocation section/ { section = $3; gsub(/\047|\.rela/, "", section) }
	/__sanitizer_cov_trace_pc/ { print section, $1 }' >"$work/all"
[ -s "$work/all" ] || { echo "report: $module is not instrumented" >&2; exit 1; }

# Each as SECTION OFFSET REACHED, then FUNCTION FILE:LINE from the innermost of what is inlined to the outermost.
tr -d '\r' <"$log" | awk '$1 == "#" && $2 == "SECTION" { print "S", $3, $4 } $1 == "#" && $2 == "POINT" { print "P", $3 }' >"$work/reached"
cut -d ' ' -f 1 "$work/all" | sort -u | while read -r section; do
	awk -v section="$section" '
		function value(text, n, i, at) {
			sub(/^0x/, "", text)
			# The last seven digits: of larger numbers some awks lose the end.
			for (i = length(text) - 6; i <= length(text); i++) {
				at = index("0123456789abcdef", substr(text, i, 1))
				if (at) n = n * 16 + at - 1
			}
			return n
		}
		FILENAME ~ /reached$/ && $1 == "S" && $2 == section { base = value($3); known = 1 }
		FILENAME ~ /reached$/ && $1 == "P" { point[value($2)] = 1; next }
		FILENAME ~ /all$/ && $1 == section {
			offset = value($2)
			printf("%x %d\n", offset, known && ((base + offset + 4) % 268435456) in point)
		}' "$work/reached" "$work/all" >"$work/points"
	cut -d ' ' -f 1 "$work/points" | addr2line -a -i -f -j "$section" -e "$module" | sed 's/ (discriminator.*//' | awk '
		/^0x/ { if (NR > 1) print ""; next }
		{ printf("%s ", $0) }
		END { print "" }' >"$work/where"
	paste -d ' ' "$work/points" "$work/where" | awk -v section="$section" '{ print section, $0 }' >>"$work/table"
done

awk -v lines="$lines" '
	function name_of(path, n, part) {
		n = split(path, part, "/")
		sub(/:.*/, "", part[n])
		return part[n]
	}
	function percent(part, whole) { return whole ? sprintf("%.0f %%", 100 * part / whole) : "" }
	FILENAME ~ /out-of-reach$/ {
		if ($0 ~ /^#/ || NF < 3) next
		why = $0
		sub(/^[^ ]+ [^ ]+ /, "", why)
		if (sub(/\*$/, "", $2)) begin[$1 " " $2] = why
		else out[$1 " " $2] = why
		next
	}
	$4 ~ /^_sub_[ID]_/ { next } # of the compiler, for KASAN
	{
		# Headers of the kernel are inlined: whose code it is says the next that is ours.
		file = function_name = reason = line = ""
		for (i = 4; i < NF; i += 2) {
			at = name_of($(i + 1))
			name = at " " $i
			for (known in begin) if (index(name, known) == 1) reason = begin[known]
			if (name in out) reason = out[name]
			if (file != "" || $(i + 1) ~ /\/include\/(linux|asm|asm-generic|trace|uapi)\// || $(i + 1) ~ /\/arch\//) continue
			file = at
			function_name = $i
			line = $(i + 1)
			sub(/.*:/, "", line)
		}
		if (file == "") file = "(headers of the kernel)"
		if (file ~ /^trace/) file = "(tracepoints)"
		if ($1 ~ /init|exit/) reason = "loading, unloading"
		all[file]++
		hit[file] += $3
		total++
		reached += $3
		# What was reached all the same was in reach.
		if (reason != "" && !$3) {
			outs++
			because[reason]++
			next
		}
		near[file]++
		name = file " " function_name
		fall[name]++
		fhit[name] += $3
		if (!$3) missed[name] = missed[name] " " line
	}
	END {
		print "| file | points | in reach | reached | of all | of those in reach |"
		print "|---|---|---|---|---|---|"
		sort = "sort"
		for (file in all) printf("| %s | %d | %d | %d | %s | %s |\n", file, all[file], near[file], hit[file], percent(hit[file], all[file]), percent(hit[file], near[file])) | sort
		close(sort)
		printf("| all | %d | %d | %d | %.1f %% | %.1f %% |\n", total, total - outs, reached, 100 * reached / total, 100 * reached / (total - outs))
		print ""
		for (reason in because) printf("Out of reach: %d points, %s\n", because[reason], reason) | sort
		close(sort)
		print ""
		print "Never reached:"
		for (name in fall)
			if (!fhit[name] && name !~ /^\(/) print name | sort
		close(sort)
		if (lines != "") {
			print ""
			print "Lines not reached in the others:"
			for (name in fall)
				if (fhit[name] && missed[name] && name !~ /^\(/) print name ":" missed[name] | sort
			close(sort)
		}
	}' "$here/out-of-reach" "$work/table" >"$work/report"
# The functions of a file in one line.
awk '/^Never reached:/ { print; on = 1; next }
	on && NF && !/:/ { if ($1 != file) { printf("%s* %s: ", file == "" ? "" : "\n", $1); file = $1 } else printf(", "); $1 = ""; sub(/^ /, ""); printf("%s", $0); next }
	on && /^$/ { print ""; on = 0 }
	{ print }
	END { if (on) print "" }' "$work/report"
