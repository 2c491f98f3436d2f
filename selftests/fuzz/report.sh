#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# report.sh DMMU.KO TEST_LOG [--lines]: which instrumented points of the driver the fuzzer reached, by file; which
# functions it never did; with --lines also the lines in the others that it did not. Needs binutils.
set -eu
module=$1 log=$2 lines=${3-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What KCOV tells is where a call of its function returns to: four bytes after the relocation.
readelf -rW "$module" | awk '
	/^Relocation section/ { section = $3; gsub(/\047|\.rela/, "", section) }
	/__sanitizer_cov_trace_pc/ { print section, $1 }' >"$work/all"
[ -s "$work/all" ] || { echo "report: $module is not instrumented" >&2; exit 1; }

# Each as SECTION OFFSET REACHED, FUNCTION, FILE:LINE.
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
	cut -d ' ' -f 1 "$work/points" | addr2line -f -j "$section" -e "$module" | sed 's/ (discriminator.*//' | paste - - >"$work/where"
	paste "$work/points" "$work/where" | awk -v section="$section" '{ print section, $1, $2, $3, $4 }' >>"$work/table"
done

awk -v lines="$lines" '
	$4 ~ /^_sub_[ID]_/ { next } # of the compiler, for KASAN
	{
		n = split($5, path, "/")
		place = path[n]
		split(place, word, ":")
		file = word[1]
		# Headers of the kernel are inlined: whose code it is says the next that is ours.
		if ($5 ~ /\/include\/(linux|asm|asm-generic|trace|uapi)\// || $5 ~ /\/arch\//) file = "(headers of the kernel)"
		if (file ~ /^trace/) file = "(tracepoints)"
		all[file]++
		hit[file] += $3
		total++
		reached += $3
		name = file " " $4
		fall[name]++
		fhit[name] += $3
		if (!$3) missed[name] = missed[name] " " word[2]
		init[name] = $1 ~ /init|exit/
	}
	END {
		print "| file | points | reached | |"
		print "|---|---|---|---|"
		sort = "sort"
		for (file in all) printf("| %s | %d | %d | %.0f %% |\n", file, all[file], hit[file], 100 * hit[file] / all[file]) | sort
		close(sort)
		printf("| all | %d | %d | %.1f %% |\n", total, reached, 100 * reached / total)
		print ""
		print "Never reached:"
		for (name in fall)
			if (!fhit[name] && name !~ /^\(/) {
				split(name, word, " ")
				print word[1] " " word[2] (init[name] ? " (loading, unloading)" : "") | sort
			}
		close(sort)
		if (lines != "") {
			print ""
			print "Lines not reached in the others:"
			for (name in fall)
				if (fhit[name] && missed[name] && name !~ /^\(/) print name ":" missed[name] | sort
			close(sort)
		}
	}' "$work/table" >"$work/report"
# The functions of a file in one line.
awk '/^Never reached:/ { print; on = 1; next }
	on && NF && !/:/ { if ($1 != file) { printf("%s* %s: ", file == "" ? "" : "\n", $1); file = $1 } else printf(", "); $1 = ""; sub(/^ /, ""); printf("%s", $0); next }
	on && /^$/ { print ""; on = 0 }
	{ print }
	END { if (on) print "" }' "$work/report"
