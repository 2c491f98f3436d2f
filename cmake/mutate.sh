#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# mutate.sh: does the MMU's scoreboard see mistakes? Yosys makes N small ones in a netlist of the MMU, one at a time is live
# (verilator-model/mutation), and the scoreboard runs on each with a few seeds until one fails. The netlist without a
# mutant must pass all of them. Reports what survived, with its source; verilator-model/mutation/survivors explains those
# that no test can or need see. Of the others, those that only change how long things take, as far as the seeds show, are told
# apart. Fails when fewer than 95 % of those not explained are killed.
#
#   mutate.sh --build DIR [--count N] [--seed S] [--seeds 'A B ...'] [--ops N] [--threshold PERCENT]
#             [--folder NAME] [--show N]
#
# --seed is Yosys' choice of places, --seeds are the scoreboard's; --show says what mutant N is and runs it, output and all.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build='' count=240 seed=1 seeds='1 2 3 4 5 6 7 8' ops=4000 folder=mutate show='' threshold=95

while [ $# -gt 0 ]; do
	case $1 in
	--build) build=${2-}; shift ;;
	--count) count=${2-}; shift ;;
	--seed) seed=${2-}; shift ;;
	--seeds) seeds=${2-}; shift ;;
	--ops) ops=${2-}; shift ;;
	--threshold) threshold=${2-}; shift ;;
	--folder) folder=${2-}; shift ;;
	--show) show=${2-}; shift ;;
	*) echo "mutate.sh does not know '$1'" >&2; exit 2 ;;
	esac
	shift
done
[ -n "$build" ] || { echo 'mutate.sh needs --build DIR' >&2; exit 2; }
for number in "$count" "$seed" "$ops" "$threshold" ${show:+"$show"} $seeds; do
	case $number in '' | *[!0-9]*) echo "mutate.sh: '$number' is not a number" >&2; exit 2 ;; esac
done
case $build in /*) ;; *) build=$PWD/$build ;; esac
out=$build/$folder
jobs=${DMMU_JOBS:-$(nproc)}
mkdir -p "$out"

echo "building $count mutants in $out (some minutes)" >&2
nice cmake -S "$root" -B "$out" -G Ninja -DDMMU_GUEST=OFF -DDMMU_MUTANTS="$count" -DDMMU_MUTANTS_SEED="$seed" \
	>"$out/configure.log" 2>&1 || { tail -n 20 "$out/configure.log" >&2; exit 1; }
nice cmake --build "$out" -j "$jobs" --target mmu_scoreboard_mutants >"$out/build.log" 2>&1 ||
	{ tail -n 20 "$out/build.log" >&2; exit 1; }
scoreboard=$out/verilator-model/mutation/mmu_scoreboard_mutants
[ "$(wc -l <"$out/mutations")" -eq "$count" ] || { echo "Yosys found fewer than $count places" >&2; exit 1; }

# where NUMBER: the mutation, and the lines of the source that it is in
where() {
	sed -n "${1}p" "$out/mutations" | tr ' ' '\n' | awk -v root="$root/" '
		want == "src" {
			n = split($0, at, ":"); line = at[2] + 0
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
		want == "mode" || want == "port" || want == "portbit" || want == "ctrlbit" { what = what (what ? " " : "") $0 }
		{ want = /^-/ ? substr($0, 2) : "" }
		END { print what sources }'
}

if [ -n "$show" ]; then
	[ "$show" -ge 1 ] && [ "$show" -le "$count" ] || { echo "there is no mutant $show" >&2; exit 2; }
	where "$show"
	for s in $seeds; do "$scoreboard" --seed "$s" --ops "$ops" --mutant "$show" || exit 1; done
	exit 0
fi

for s in $seeds; do
	nice "$scoreboard" --seed "$s" --ops "$ops" --mutant 0 >"$out/healthy-$s" 2>&1 ||
		{ cat "$out/healthy-$s" >&2; echo "the MMU without a mutant fails with seed $s" >&2; exit 1; }
done

# A mutant may hang Verilator as well: each run has a minute of processor time.
cat >"$out/one.sh" <<-'ONE'
	number=$1 scoreboard=$2 ops=$3 log=$4/mutant-$1.log out=$4 result=same
	shift 4
	ulimit -t 60
	for seed; do
		nice "$scoreboard" --seed "$seed" --ops "$ops" --mutant "$number" >"$log" 2>&1 && {
			cmp -s "$log" "$out/healthy-$seed" || result=time
			continue
		}
		printf '%s\tkilled\t%s\t%s\n' "$number" "$seed" "$(grep -m 1 FAILED "$log" | sed 's/^FAILED in cycle [0-9]*, seed [0-9]*: //')"
		rm -f "$log"
		exit 0
	done
	printf '%s\tsurvived\t%s\t\n' "$number" "$result"
	rm -f "$log"
ONE
# shellcheck disable=SC2086 # seeds are words
seq "$count" | xargs -P "$jobs" -I NUMBER sh "$out/one.sh" NUMBER "$scoreboard" "$ops" "$out" $seeds >"$out/results.new"
sort -n "$out/results.new" >"$out/results"
rm -f "$out/results.new"
[ "$(wc -l <"$out/results")" -eq "$count" ] || { echo 'not every mutant has a result' >&2; exit 1; }

# An explanation is a line: part of the mutation (mode, port, bit), TAB, part of a source line, TAB, the reason.
unexplained=0 explained=0 slower=0
for number in $(awk -F '\t' '$2 == "survived" { print $1 }' "$out/results"); do
	where "$number" >"$out/where"
	reason=$(awk -F '\t' -v where="$out/where" '
		BEGIN { getline what < where; while ((getline line < where) > 0) sources = sources line "\n" }
		/^#/ || NF != 3 { next }
		($1 == "" || index(what, $1)) && index(sources, $2) { print $3; exit }' "$root/verilator-model/mutation/survivors")
	if [ -n "$reason" ]; then
		explained=$((explained + 1))
		echo "mutant $number survived, explained: $reason"
	else
		unexplained=$((unexplained + 1))
		if grep -q "^$number	survived	time" "$out/results"; then
			slower=$((slower + 1))
			echo "mutant $number survived; its runs take another time"
		else
			echo "mutant $number survived; nothing differs"
		fi
	fi
	cat "$out/where"
done
rm -f "$out/where"
awk -F '\t' -v explained=$explained -v unexplained=$unexplained -v slower=$slower -v threshold=$threshold '
	$2 == "killed" { killed++; by[$3]++ }
	END {
		for (seed in by) seeds = seeds sprintf(" %d by seed %s,", by[seed], seed)
		sub(/,$/, "", seeds)
		printf "%d mutants: %d killed (%s ), %d survived and explained, %d survived and only take another time, %d survived\n",
			NR, killed, seeds, explained, slower, unexplained - slower
		judged = killed + unexplained
		printf "%.1f %% of %d killed\n", judged ? 100 * killed / judged : 0, judged
		exit judged && 100 * killed >= threshold * judged ? 0 : 1
	}' "$out/results"
