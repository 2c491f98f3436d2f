#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# mutate.sh: does the MMU's verification see mistakes? Yosys makes N small ones in a netlist of the MMU, one at a time is live
# (verilator-model/mutation). Each is judged, until somebody objects:
#
#   scoreboard    the MMU's scoreboard fails with one of a few seeds, or an answer of mmu_streams is wrong
#   performance   all is right, but not when it was: some answer, table read or count comes in another cycle, or there is one
#                 more or less, than in the healthy netlist of this very build with the same requests (struct mmu_signature)
#   equal         it is no mistake: yosys-abc proves that no output ever differs (mutate-prove.sh)
#   explained     verilator-model/mutation/survivors says why no test can or need see it
#   survived      a gap
#
# The netlist without a mutant must pass everything. Prints a table; fails when fewer than 95 % of those that are not proved
# equal are killed.
#
#   mutate.sh --build DIR [--count N] [--seed S] [--seeds 'A B ...'] [--ops N] [--threshold PERCENT]
#             [--folder NAME] [--prove-equivalent SECONDS] [--show N]
#
# --seed is Yosys' choice of places, --seeds are the scoreboard's; --prove-equivalent 0 proves nothing; --show says what mutant N
# is and runs it, output and all, with the first cycle in which it does anything else than the healthy MMU.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build='' count=240 seed=1 seeds='2 5 8 4 6 1' ops=4000 folder=mutate show='' threshold=95 prove=40

wrong() { echo "mutate: $*; see ./dmmu mutate --help" >&2; exit 2; }
# shellcheck source=cmake/options.sh
. "$root/cmake/options.sh"

while [ $# -gt 0 ]; do
	case $1 in
	--build) need 'a folder' "$@"; build=$2; shift ;;
	--count) need_count "$@"; count=$2; shift ;;
	--seed) need_number "$@"; seed=$2; shift ;;
	--seeds) need 'numbers' "$@"; seeds=$2; shift ;;
	--ops) need_number "$@"; ops=$2; shift ;;
	--threshold) need_number "$@"; threshold=$2; shift ;;
	--folder) need 'a name' "$@"; folder=$2; shift ;;
	--prove-equivalent) need_number "$@"; prove=$2; shift ;;
	--show) need_number "$@"; show=$2; shift ;;
	*) wrong "it does not know '$1'" ;;
	esac
	shift
done
[ -n "$build" ] || wrong 'it needs --build DIR'
for number in $seeds; do
	need_number --seeds "$number"
done
case $build in /*) ;; *) build=$PWD/$build ;; esac
out=$build/$folder
jobs=${DMMU_JOBS:-$(nproc)}
mkdir -p "$out"

echo "building $count mutants in $out (some minutes)" >&2
nice cmake -S "$root" -B "$out" -G Ninja -DDMMU_GUEST=OFF -DDMMU_MUTANTS="$count" -DDMMU_MUTANTS_SEED="$seed" \
	>"$out/configure.log" 2>&1 || { tail -n 20 "$out/configure.log" >&2; exit 1; }
nice cmake --build "$out" -j "$jobs" --target mmu_scoreboard_mutants mmu_streams_mutants >"$out/build.log" 2>&1 ||
	{ tail -n 20 "$out/build.log" >&2; exit 1; }
scoreboard=$out/verilator-model/mutation/mmu_scoreboard_mutants
streams=$out/verilator-model/mutation/mmu_streams_mutants
[ "$(wc -l <"$out/mutations")" -eq "$count" ] || { echo "Yosys found fewer than $count places" >&2; exit 1; }

# where NUMBER: the mutation, the lines of the source that it is in, and what the cell connects
where() {
	sed -n "${1}p" "$out/mutations" | tr ' ' '\n' | awk -v root="$root/" -v netlist="$out/verilator-model/mutation/mmu.il" '
		want == "src" {
			n = split($0, at, ":"); line = int(at[2])
			file = at[1]
			if (line && !((file, line) in seen)) {
				seen[file, line] = 1
				for (i = 1; (getline text < file) > 0; i++) if (i == line) found = text
				close(file)
				sub(/^ */, "", found)
				if (index(file, root) == 1) file = substr(file, length(root) + 1)
				sources = sources "\n    " file ":" line ": " found
			}
		}
		want == "cell" { cell = $0 }
		want == "mode" || want == "port" || want == "portbit" || want == "ctrlbit" { what = what (what ? " " : "") $0 }
		{ want = /^-/ ? substr($0, 2) : "" }
		END {
			while ((getline text < netlist) > 0) {
				split(text, word, " ")
				if (word[1] == "cell") here = word[3] == cell || word[3] == "\\" cell
				if (here && word[1] == "end") break
				if (here && word[1] == "connect") { sub(/^ */, "", text); sources = sources "\n    " text }
			}
			print what sources
		}'
}

# differs LOG HEALTHY: which cycles, reads or counts do, of two runs that passed
cat >"$out/differs.awk" <<-'AWK'
	# the lines without their hashes, and the last hashes
	{ file = FILENAME == ARGV[1] ? 1 : 2; line = $0; hash[file] = line; sub(/.*times /, "", hash[file]); sub(/; times.*/, "", line); rest[file] = rest[file] line "\n" }
	END {
		split(hash[1], a, " "); split(hash[2], b, " ")
		if (a[1] != b[1]) what = "answers"
		if (a[2] != b[2]) what = what (what ? ", " : "") "table reads"
		if (a[3] != b[3]) what = what (what ? ", " : "") "counts"
		print (what ? what : "totals") (a[1] == b[1] && rest[1] != rest[2] ? " (other requests)" : "")
	}
AWK

if [ -n "$show" ]; then
	[ "$show" -ge 1 ] && [ "$show" -le "$count" ] || { echo "there is no mutant $show" >&2; exit 2; }
	where "$show"
	# first COMMAND...: the first cycle in which it does something else
	first() {
		"$@" --mutant 0 --times "$out/times-healthy" >/dev/null
		"$@" --mutant "$show" --times "$out/times-mutant" || return 1
		cmp -s "$out/times-healthy" "$out/times-mutant" || {
			diff "$out/times-healthy" "$out/times-mutant" | sed -n 's/^</healthy/p; s/^>/mutant /p' | head -n 2
			differed=yes
		}
	}
	differed=''
	for s in $seeds; do first "$scoreboard" --seed "$s" --ops "$ops" || exit 1; done
	first "$streams" || exit 1
	rm -f "$out/times-healthy" "$out/times-mutant"
	[ -n "$differed" ] || sh "$root/cmake/mutate-prove.sh" "$out" "$prove" "$show"
	exit 0
fi

for s in $seeds; do
	nice "$scoreboard" --seed "$s" --ops "$ops" --mutant 0 >"$out/healthy-$s" 2>&1 ||
		{ cat "$out/healthy-$s" >&2; echo "the MMU without a mutant fails with seed $s" >&2; exit 1; }
done
for length in brief streams; do
	brief=--brief
	[ "$length" = brief ] || brief=''
	# shellcheck disable=SC2086 # or none
	nice "$streams" $brief --mutant 0 >"$out/healthy-$length" 2>&1 ||
		{ cat "$out/healthy-$length" >&2; echo 'the MMU without a mutant fails in mmu_streams' >&2; exit 1; }
done

# A mutant may hang Verilator as well: each run has a minute of processor time.
cat >"$out/one.sh" <<-'ONE'
	number=$1 scoreboard=$2 streams=$3 ops=$4 log=$5/mutant-$1.log out=$5 other=''
	shift 5
	ulimit -t 60
	# judge NAME COMMAND...
	judge() {
		name=$1
		shift
		if nice "$@" --mutant "$number" >"$log" 2>&1; then
			[ -n "$other" ] || cmp -s "$log" "$out/healthy-$name" ||
				other="$name	$(awk -f "$out/differs.awk" "$log" "$out/healthy-$name")"
			return
		fi
		printf '%s\tscoreboard\t%s\t%s\n' "$number" "$name" "$(sed -n 's/^FAILED in cycle [0-9]*, seed [0-9]*: //p' "$log" | head -n 1)"
		rm -f "$log"
		exit 0
	}
	judge brief "$streams" --brief
	for seed; do judge "$seed" "$scoreboard" --seed "$seed" --ops "$ops"; done
	# those that last long are for whom all others have not touched
	[ -n "$other" ] || judge streams "$streams"
	if [ -n "$other" ]; then printf '%s\tperformance\t%s\n' "$number" "$other"; else printf '%s\tsurvived\t\t\n' "$number"; fi
	rm -f "$log"
ONE
# shellcheck disable=SC2086 # seeds are words
seq "$count" | xargs -P "$jobs" -I NUMBER sh "$out/one.sh" NUMBER "$scoreboard" "$streams" "$ops" "$out" $seeds >"$out/results.new"
sort -n "$out/results.new" >"$out/results"
rm -f "$out/results.new"
[ "$(wc -l <"$out/results")" -eq "$count" ] || { echo 'not every mutant has a result' >&2; exit 1; }

# An explanation is a line: the mutation (mode, port, bit) or words of it, TAB, part of a source line, TAB, the reason.
explain() {
	awk -F '\t' -v where="$out/where" '
		BEGIN { getline what < where; while ((getline line < where) > 0) sources = sources line "\n" }
		/^#/ || NF != 3 { next }
		($1 == "" || index(" " what " ", " " $1 " ")) && index(sources, $2) { print $3; exit }' "$root/verilator-model/mutation/survivors"
}

equal=0 explained=0 survived=0 asked=0 engines=''
for number in $(awk -F '\t' '$2 == "survived" { print $1 }' "$out/results"); do
	verdict=''
	if [ "$prove" -gt 0 ]; then
		asked=$((asked + 1))
		verdict=$(sh "$root/cmake/mutate-prove.sh" "$out" "$prove" "$number" | cut -f2) || exit 1
	fi
	where "$number" >"$out/where"
	reason=$(explain)
	case $verdict in
	equal*)
		equal=$((equal + 1)) engines="$engines ${verdict#equal }"
		echo "mutant $number is equal to the healthy MMU, proved by ${verdict#equal }" ;;
	*)
		if [ -n "$reason" ]; then
			explained=$((explained + 1))
			echo "mutant $number survived, explained: $reason"
		else
			survived=$((survived + 1))
			echo "mutant $number survived${verdict:+ (proof: $verdict)}"
		fi ;;
	esac
	cat "$out/where"
done
# A prover that says yes to everything is found out: the first mutant that the scoreboard killed cannot be equal.
control=$(awk -F '\t' '$2 == "scoreboard" { print $1; exit }' "$out/results")
if [ "$asked" -gt 0 ] && [ -n "$control" ]; then
	case $(sh "$root/cmake/mutate-prove.sh" "$out" 20 "$control" | cut -f2) in
	equal*) echo "mutant $control was killed, and is proved equal: the proofs are wrong" >&2; exit 1 ;;
	esac
fi
rm -f "$out/where"
engines=$(echo "$engines" | tr ' ' '\n' | sed '/^$/d' | sort | uniq -c | awk '{ printf "%s%s by %s", n++ ? ", " : "", $1, $2 }')
awk -F '\t' -v equal=$equal -v explained=$explained -v survived=$survived -v threshold="$threshold" -v engines="$engines" '
	$2 == "scoreboard" { right++; by[$3 == "brief" ? "streams" : $3]++ }
	$2 == "performance" { slow++; differs[$4]++ }
	END {
		for (seed in by) seeds = seeds (seeds ? ", " : "") by[seed] " by " (seed == "streams" ? "the streams" : "seed " seed)
		for (what in differs) kinds = kinds (kinds ? "; " : "") differs[what] " " what
		judged = NR - equal
		killed = right + slow
		printf "\n%-34s %5d\n", "mutants", NR
		printf "%-34s %5d%s\n", "killed by scoreboard", right, seeds ? "   " seeds : ""
		printf "%-34s %5d%s\n", "killed by performance", slow, kinds ? "   " kinds : ""
		printf "%-34s %5d%s\n", "equal, proved", equal, engines ? "   " engines : ""
		printf "%-34s %5d\n", "survived, explained", explained
		printf "%-34s %5d\n", "survived", survived
		printf "%-34s %5.1f %% of %d (scoreboard alone: %.1f %%)\n", "killed of those not equal", judged ? 100 * killed / judged : 0, judged,
			judged ? 100 * right / judged : 0
		exit judged && 100 * killed >= threshold * judged ? 0 : 1
	}' "$out/results"
