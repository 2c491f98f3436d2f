# SPDX-License-Identifier: GPL-2.0
# The command fuzz. The kernel that tells coverage is built for this command only; all others keep theirs.
do_fuzz() {
	seconds=600 seed='' run='' times=1 lines='' trim=''
	[ "${1-}" = ioctl ] || wrong 'fuzz takes ioctl'
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--minutes | --seconds | --times)
			need_count "$@"
			case $1 in --minutes) seconds=$((60 * $2)) ;; --seconds) seconds=$2 ;; *) times=$2 ;; esac
			shift ;;
		--seed) need_number "$@"; seed=$2; shift ;;
		--run) run=${2-}; [ -f "$run" ] || wrong '--run takes a file with a sequence a line'; shift ;;
		--lines) lines=--lines ;;
		--trim) trim=--trim ;;
		*) wrong "fuzz does not know '$1'" ;;
		esac
		shift
	done
	[ -z "$trim" ] || [ -n "$run" ] || wrong '--trim goes with --run'
	[ -n "$seed" ] || seed=$(date +%s)
	folder=$build/fuzz
	rm -rf "$build/guest/fuzz"
	mkdir -p "$folder" "$build/guest/fuzz"
	# What is kept with the source, and what the last runs found here.
	cat "$root/selftests/fuzz/corpus" "$folder/corpus" 2>/dev/null | awk '!seen[$0]++' >"$build/guest/fuzz/corpus"
	[ -z "$run" ] || cp "$run" "$build/guest/fuzz/run"
	prepare kcov
	if [ -n "$run" ]; then
		args="--run /fuzz/run --times $times $trim"
	else
		args="--seconds $seconds --seed $seed --corpus /fuzz/corpus"
	fi
	say "fuzzing the ioctls, seed $seed, $seconds s"
	good=yes
	vm --mode exec --kernel kcov --devices 2 --coherent 1 --no-record --run-dir "$folder/run" --timeout $((2 * seconds + 3600)) --program-timeout $((2 * seconds + 3000)) \
		--args "/bin/dmmu-fuzz $args" >"$folder/vm.log" 2>&1 || good=
	tr -d '\r' <"$folder/run/test.log" >"$folder/log" || die "no guest; see $folder/vm.log"
	grep '^# FUZZED\|^# FUZZ ' "$folder/log" | tail -n 1
	if [ -z "$run" ] && grep -q '^# BEST' "$folder/log"; then
		# As few as reach all that was reached, by this run and those before.
		sed -n 's/^# BEST [0-9]* //p' "$folder/log" >"$folder/corpus"
	fi
	if [ -n "$trim" ]; then
		sed -n 's/^# BEST [0-9]* //p' "$folder/log" >"$folder/trimmed"
		echo "$folder/trimmed: $(wc -l <"$folder/trimmed") sequences that reach the same"
	fi
	echo 'Where the time went, in ms, how often, the longest:'
	sed -n 's/^# TIME /  /p' "$folder/log" | sort -rn | head -n 12
	if grep -q '^# POINT' "$folder/log"; then
		sh "$root/selftests/fuzz/report.sh" "$build/guest/modules-kcov/dmmu.ko" "$folder/log" $lines | tee "$folder/report"
	fi
	[ -n "$good" ] && return
	# What it died of: the one that was found, or the last that was begun.
	{ sed -n 's/^# FOUND [^:]*: //p' "$folder/log"; sed -n 's/^# DOING //p' "$folder/log" | tail -n 1; } | head -n 1 >"$folder/found"
	sed -n 's/^# FOUND/found:/p' "$folder/log" | cut -c 1-200
	grep FAILED "$folder/vm.log" | cut -c 1-200
	say "the logs are in $folder"
	die "again: ./dmmu fuzz ioctl --run $folder/found"
}
