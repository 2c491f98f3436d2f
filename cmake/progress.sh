# SPDX-License-Identifier: GPL-2.0
# Long steps of scripts, with a sign of life. Whoever reads this in has $logs, a folder, and say(), which prints a line.

# long NAME COMMAND...: runs it with its output in $logs/NAME.log; a sign of life every 15 s, the log's end on failure.
long() {
	name=$1
	shift
	mkdir -p "$logs"
	log=$logs/$name.log
	"$@" >"$log" 2>&1 </dev/null &
	job=$!
	trap 'kill $job 2>/dev/null; exit 130' INT TERM HUP
	started=$(date +%s)
	last=$started
	while kill -0 $job 2>/dev/null; do
		sleep 1
		now=$(date +%s)
		step=15
		[ ! -t 2 ] || step=2
		[ $((now - last)) -ge $step ] || continue
		last=$now
		at=$(tail -n 1 "$log" | cut -c1-90)
		if [ -t 2 ]; then
			printf '\r\033[K%s: %ss %s' "$name" $((now - started)) "$at" >&2
		else
			printf 'dmmu: %s: %ss %s\n' "$name" $((now - started)) "$at" >&2
		fi
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	trap - INT TERM HUP
	wait $job || { tail -n 30 "$log" >&2; say "$name failed; the whole log is $log"; return 1; }
}
