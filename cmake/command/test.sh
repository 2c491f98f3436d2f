# SPDX-License-Identifier: GPL-2.0
# The command test: what runs on the host, the guests of each kernel two at a time, and the count at the end.

# run_ctest NAME ARGS...: a part of the CTest tests, shown as they end and counted.
run_ctest() {
	name=$1
	shift
	set -- --test-dir "$build" --output-junit "$logs/ctest-$name.xml" --output-on-failure -j "$(jobs)" --no-tests=ignore "$@"
	[ -z "$filter" ] || set -- "$@" -R "^$(printf '%s' "$filter" | sed 's/[.]/\\./g; s/[*]/.*/g; s/[?]/./g')\$"
	rm -f "$logs/ctest-$name.xml"
	: >"$logs/ctest-$name.log" # else an older one would be shown first
	ctest "$@" >"$logs/ctest-$name.log" 2>&1 </dev/null &
	job=$!
	trap 'kill $job 2>/dev/null; exit 130' INT TERM HUP
	tail -n +1 -f --pid=$job "$logs/ctest-$name.log" 2>/dev/null | grep --line-buffered -v -e '^    *Start' -e '^ *$' >&2 || true
	wait $job || true
	trap - INT TERM HUP
	if [ ! -f "$logs/ctest-$name.xml" ]; then
		printf 'not ok\tctest %s\tit gave no results, see build/logs/ctest-%s.log\n' "$name" "$name" >>"$counts"
		return 0
	fi
	tr '>' '\n' <"$logs/ctest-$name.xml" | sed -n \
		-e "s|^.*<testcase name=\"\([^\"]*\)\".*status=\"run\".*\$|ok\t\1\t|p" \
		-e "s|^.*<testcase name=\"\([^\"]*\)\".*status=\"fail\".*\$|not ok\t\1\tsee build/logs/ctest-$name.log|p" \
		-e "s|^.*<testcase name=\"\([^\"]*\)\".*status=\"\(notrun\|disabled\)\".*\$|skip\t\1\tnot run, see build/logs/ctest-$name.log|p" \
		>>"$counts"
}

# test_lanes KERNELS...: two at a time, since in a guest that works on a device mostly one of the two is busy. Each adds up
# for itself: two that write one file could break each other's lines.
test_lanes() {
	if [ $# = 1 ] || [ "$(jobs)" = 1 ]; then
		for kernel; do test_kernel "$kernel"; done
		return
	fi
	trap 'trap - INT; kill -TERM 0; exit 130' INT # what runs in the background does not hear of it
	first='' second=''
	for kernel; do
		rm -f "$counts.$kernel"
		if [ ${#first} -le ${#second} ]; then first="$first $kernel"; else second="$second $kernel"; fi
	done
	# shellcheck disable=SC2086 # names without blanks
	{ test_lane $first & test_lane $second & wait; }
	trap - INT
	for kernel; do
		grep -q '^end$' "$counts.$kernel" 2>/dev/null || printf 'not ok\t%s\tits tests did not come to their end\n' "$kernel" >>"$counts"
		grep -v '^end$' "$counts.$kernel" >>"$counts" || true
		rm -f "$counts.$kernel"
	done
}

test_lane() { # KERNELS...: one after another; each line says which it is about
	all=$counts
	for kernel; do
		counts=$all.$kernel
		: >"$counts"
		{ test_kernel "$kernel"; echo end >>"$counts"; } 2>&1 </dev/null | sed -u "s/^/$kernel: /" >&2
	done
}

do_test() {
	kernel='' config='' filter='' quick='' with_host=yes with_vm=yes python_kernel='' host=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; shift ;;
		--filter) need 'a pattern' "$@"; filter=$2; shift ;;
		--quick) quick=yes ;;
		--no-vm) with_vm='' ;;
		--only-vm) with_host='' ;;
		--no-python-kernel) python_kernel=yes ;;
		--host) host=yes ;;
		*) wrong "test does not know '$1'" ;;
		esac
		shift
	done
	if [ -n "$host" ]; then test_host; return; fi
	[ $device != small ] || with_host='' # what runs without a guest is not of it
	[ -n "$with_host$with_vm" ] || wrong '--no-vm with --only-vm or --device small leaves nothing'
	if [ -n "$quick" ]; then
		case $kernel in '' | 6.12 | 7.2) config=${config:-plain} ;; esac
	fi
	kernels=$(kernel_list "$kernel" "$config") || exit 2
	need_packages
	mkdir -p "$logs"
	if [ -n "$python_kernel" ]; then
		# A cache of its own, so that the whole build happens; kernel.sh fails when anything calls python.
		own=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-kernel.XXXXXX")
		trap 'rm -rf "$own"' EXIT
		DMMU_CACHE=$own "$root/cmake/kernel.sh" plain >/dev/null || { echo '0 passed, 1 failed'; exit 1; }
		rm -rf "$own"
		trap - EXIT
	fi
	if [ -n "$with_host" ]; then
		build_host || exit 1
	else
		build_host --target dmmu-bridge "$(model)" dmmu-vm "$(replay)" dmmu-timeline dmmu-model-small dmmu-replay-small || exit 1
	fi
	counts=$build/results.tsv
	: >"$counts"
	[ -z "$python_kernel" ] || printf 'ok\tbuild.kernel_no_python\t\n' >>"$counts"

	# Host tests: CTest, but for those that boot a guest, and those that only repeat what such a run found.
	if [ -z "$with_host" ]; then
		: # only the guests
	elif [ $device = bare ]; then
		run_ctest host -LE "^(vm|boots${quick:+|long})\$"
	else
		[ -n "$filter" ] || filter='board.*' only_board=yes
		run_ctest host
		[ -z "${only_board-}" ] || filter=''
	fi

	if [ -n "$with_vm" ]; then
		for kernel in $kernels; do
			build_guest "$kernel"
			[ -z "$with_host" ] || [ "$kernel" != plain ] || run_ctest boots -L '^boots$'
		done
		# shellcheck disable=SC2086 # names without blanks
		test_lanes $kernels
	fi

	print_counts
}

print_counts() {
	printf '\n'
	awk -F '\t' '
		$1 == "ok" { passed++ }
		$1 == "not ok" { failed++; print "FAILED  " $2 ($3 != "" ? ": " $3 : "") }
		$1 == "skip" { skipped++; print "skipped " $2 ($3 != "" ? ": " $3 : "") }
		END {
			if (!(passed + failed)) { print "no test ran"; failed = 1 }
			printf("%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : "")
			exit failed > 0
		}' "$counts"
}
