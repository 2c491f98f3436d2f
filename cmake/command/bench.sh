# SPDX-License-Identifier: GPL-2.0
# The command bench: in the guest (e2e, migrate), and the RTL alone (rtl).

do_bench() {
	case ${1-} in
	e2e | migrate) what=$1 ;;
	rtl) shift; bench_rtl "$@"; return ;;
	*) wrong 'bench takes the name of a benchmark: e2e, migrate or rtl' ;;
	esac
	shift
	tsv=
	while [ $# -gt 0 ]; do
		case $1 in
		--tsv) tsv=' --tsv' ;;
		*) wrong "bench does not know '$1'" ;;
		esac
		shift
	done
	prepare plain
	vm --mode bench --kernel plain --run-dir "$build/runs/bench" --args "$what$tsv" || die "the benchmark failed; see $build/runs/bench"
	mkdir -p "$build/report"
	cp "$build/runs/bench/test.log" "$build/report/bench-$what.txt"
	[ "$what" = e2e ] || return 0
	# What only the host can measure.
	awk -v tsv="$tsv" -F '\t' '
		function row(name, value, unit) { printf(tsv != "" ? "%s\t%.3f\t%s\n" : "%-40s %20.3f %s\n", name, value, unit) }
		$1 == "simulated_clock_busy" { row("model.clock_busy", $2, $3) }
		$1 == "cycles" { cycles = $2 } $1 == "busy_cycles" { busy = $2 } $1 == "sleep_time" { asleep = $2 }
		END { if (asleep > 0) row("model.clock_idle", (cycles - busy) / asleep / 1e6, "MHz") }' \
		"$build/runs/bench/model-stats.tsv"
}

# bench_rtl: no guest, no time of day: the Verilated device alone, the same figures every time.
bench_rtl() {
	tsv='' threads=''
	while [ $# -gt 0 ]; do
		case $1 in
		--tsv) tsv=--tsv ;;
		--threads) threads=${2-}; shift
			case $threads in [1-9] | 1[0-6]) ;; *) wrong '--threads takes a number from 1 to 16' ;; esac ;;
		*) wrong "bench does not know '$1'" ;;
		esac
		shift
	done
	[ $device != small ] || wrong 'bench rtl is of 16 threads: --device bare or board-sim'
	need_packages
	mkdir -p "$logs"
	bench=rtl_bench kept=bench-rtl
	[ $device = bare ] || bench=rtl_bench-$device kept=bench-rtl-$device
	build_host --target $bench || exit 1
	mkdir -p "$build/report"
	if [ -n "$threads" ]; then
		"$build/verilator-model/bench/$bench" $tsv --threads "$threads"
	else
		"$build/verilator-model/bench/$bench" $tsv --save "$build/report/$kept.$$"
		mv "$build/report/$kept.$$" "$build/report/$kept.tsv"
	fi
}
