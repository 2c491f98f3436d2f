#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh BUILD_DIR [PATTERN]: for each bug in the file `bugs` whose name matches: a copy of the driver with the bug is
# built and booted, and the one claim must fail; then the driver as it is, and the claim must hold. Prints a table.
# Ends with 0 when each bug was caught and each claim holds.
set -eu
build=$1 pattern=${2:-*}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
vm=$build/selftests/vm/dmmu-vm
work=$build/history
good=yes any=
mkdir -p "$work" "$build/logs"

# claim FOLDER KERNEL DEVICES PROGRAM CLAIM [ARGUMENTS]: one claim in a guest; says "holds", or what was seen.
claim() {
	folder=$1 kernel=$2 devices=$3 program=$4 name=$5
	shift 5
	rm -rf "$folder"
	if "$vm" --mode exec --ktap --kernel "$kernel" --devices "$devices" --no-record --program-timeout 240 --timeout 900 --run-dir "$folder" \
		--args "/$program -t $name" "$@" >"$work/${folder##*/}.log" 2>&1; then
		# The claim itself must have run: a skipped one holds nothing.
		if awk -F '\t' -v claim="$name" '$3 == "ok" && index($1 "/" $2, claim) { found = 1 } END { exit !found }' "$folder/results.tsv"; then
			echo holds
		else
			echo 'was not run'
		fi
		return
	fi
	if ! grep -q '^# dmmu-guest: ready' "$folder/test.log" 2>/dev/null; then
		echo 'the guest did not start'
		return
	fi
	awk -F '\t' -v claim="$name" '
		$3 != "not ok" { next }
		$1 == "run" && $2 == "kernel" { kernel = $4 }
		index($1 "/" $2, claim) { said = $4 }
		$1 == "run" && $2 != "kernel" { run = $4 }
		END {
			text = kernel != "" ? kernel : said != "" ? said : run
			sub(/^[^ ]*\/selftests\/tests\//, "", text)
			gsub(/\|/, "/", text)
			print "fails: " substr(text, 1, 150)
		}' "$folder/results.tsv"
}

echo '| bug put back | claim | with the bug | without |'
echo '|---|---|---|---|'
tab=$(printf '\t')
while IFS=$tab read -r bug kernel devices program name; do
	case $bug in '#'* | '') continue ;; esac
	# shellcheck disable=SC2254 # a pattern
	case $bug in $pattern) ;; *) continue ;; esac
	any=yes
	with='cannot be built'
	if image=$(PATCH=$here/$bug.patch KERNEL=$kernel sh "$root/selftests/planted/driver.sh" "history-$bug" "$build" 2>"$work/$bug.build.log"); then
		# A bug that is a race is not met in each run.
		for try in 1 2 3 4; do
			with=$(claim "$build/runs/history-$bug" "$kernel" "$devices" "$program" "$name" --initramfs "$image" </dev/null)
			[ "$with" = holds ] || break
		done
		[ "$with" = holds ] || [ $try = 1 ] || with="$with (run $try)"
		rm -f "$image"
	fi
	without=$(claim "$build/runs/history-$bug-without" "$kernel" "$devices" "$program" "$name" </dev/null)
	case $with in fails:*) ;; *) good= ;; esac
	[ "$without" = holds ] || good=
	printf '| `%s` | `%s.%s`%s | %s | %s |\n' "$bug" "${program##*/}" "$name" "$([ "$kernel" = plain ] || echo " ($kernel)")" "$with" "$without"
done <"$here/bugs"
[ -n "$any" ] || { echo "history: no bug matches '$pattern'" >&2; exit 2; }
[ -n "$good" ]
