# SPDX-License-Identifier: GPL-2.0
# All that test runs in the guest, on one kernel. Results go to $counts, as "outcome<TAB>name<TAB>reason" lines.

# Adds the results of one run of the VM to $counts, as "outcome<TAB>name<TAB>reason" lines.
take_results() { # LABEL RESULTS_TSV
	awk -F '\t' -v label="$1" '{ print $3 "\t" label ": " $1 ($2 == "-" ? "" : "/" $2) "\t" $4 }' "$2" >>"$counts"
}

# name_run NAME: sets label, which names the device if it is another than usual, and the run's folder.
name_run() {
	label=$1
	[ $device = bare ] || label="$label on $device"
	folder=$build/runs/$(printf '%s' "$label" | tr ' ' '-')
}

run_vm() { # NAME ARGS...: one run, its cases counted
	name_run "$1"
	shift
	rm -f "$folder/results.tsv"
	say "$label"
	vm --run-dir "$folder" "$@" || true
	if [ -f "$folder/results.tsv" ]; then
		take_results "$label" "$folder/results.tsv"
	else
		printf 'not ok\t%s\tthe run gave no results\n' "$label" >>"$counts"
	fi
}

# with_small COMMAND...: on the small device if nothing else was asked for: the driver on another geometry, in a third of
# the time.
with_small() (
	[ $device != bare ] || device=small
	"$@"
)

# Does a program or a KUnit suite match the filter? A run with nothing to do would be a failed run.
wanted() { # names...
	[ -n "$filter" ] || return 0
	for candidate; do
		# shellcheck disable=SC2254 # a pattern
		case ${candidate##*/} in $filter) return 0 ;; esac
	done
	return 1
}

suites() { grep -ho '\.name = "[a-z_0-9]*"' "$root"/kmod/tests/*.c | cut -d'"' -f2; }

# timeline_run: both sides of a run on one axis; every fault is in both, and causes come before their effects.
timeline_run() {
	name_run 'plain timeline'
	say "$label"
	outcome='not ok'
	if vm --mode exec --kernel plain --args "/bin/dmmu-trace /bin/dmmu-demo" --keep-log --run-dir "$folder" >"$logs/timeline.log" 2>&1 &&
		make_timeline "$folder/stimulus.log" "$folder/timeline.json" --strict >>"$logs/timeline.log" 2>&1; then
		outcome=ok
	fi
	printf '%s\ttimeline.joins_every_fault\t%s\n' "$outcome" 'see build/logs/timeline.log' >>"$counts"
}

# planted BUG PROGRAM: a copy of the driver with the bug must fail a case of that program (docs/planted-bugs.md).
planted() {
	name_run "plain planted $1"
	say "$label"
	outcome='not ok' reason="the broken driver was not caught by $2"
	rm -f "$folder/results.tsv"
	if ! image=$(sh "$root/selftests/planted/driver.sh" "$1" "$build"); then
		reason='the broken driver could not be built'
	else
		vm --mode selftests --kernel plain --initramfs "$image" --filter "$2" --program-timeout 60 --run-dir "$folder" --collect \
			>"$logs/planted-$1.log" 2>&1 || true
		if [ -f "$folder/results.tsv" ]; then
			caught=$(awk -F '\t' -v program="$2" '$1 == program && $2 != "-" && $3 == "not ok" { print $2; exit }' \
				"$folder/results.tsv")
			[ -z "$caught" ] || { outcome=ok reason=''; say "$label: caught by $caught"; }
		fi
	fi
	printf '%s\tplanted.%s\t%s\n' "$outcome" "$1" "$reason" >>"$counts"
}

# hmm_suite: the kernel's own HMM tests, compiled as they are, with the kernel's dummy and then on four of our devices, of
# which two have local memory that the CPU can use in place.
hmm_suite() {
	set -- --memory 1G --timeout 6000 --program-timeout 5400
	hmm_args=''
	case $kernel in
	7.2*)
		set -- "$@" --memory 2G
		hmm_args=' -T benchmark_thp_migration'
		printf 'skip\t%s hmm-tests benchmark_thp_migration\t%s\n' "$kernel" 'it moves 256 MiB in one call' >>"$counts" ;;
	esac
	folder=$build/runs/$kernel-hmm-dummy
	rm -f "$folder/results.tsv"
	say "$kernel hmm-tests on the kernel's dummy"
	if vm --mode hmm --kernel "$kernel" --no-device --args "dummy$hmm_args" --run-dir "$folder" "$@" >"$logs/hmm-dummy-$kernel.log" 2>&1; then
		printf 'ok\t%s hmm-tests on the kernel\047s dummy\t\n' "$kernel" >>"$counts"
	else
		tail -n 15 "$logs/hmm-dummy-$kernel.log" >&2
		printf 'not ok\t%s hmm-tests on the kernel\047s dummy\tsee build/logs/hmm-dummy-%s.log\n' "$kernel" "$kernel" >>"$counts"
	fi
	# On a debug kernel the coherent variants are run when asked for, by --filter hmm-tests: they take as long again.
	devices="--devices 4 --coherent 2"
	[ -z "$is_debug" ] || [ -n "$filter" ] || devices="--devices 2"
	# shellcheck disable=SC2086 # words
	run_vm "$kernel hmm" --mode hmm --kernel "$kernel" $devices --args "dmmu$hmm_args" "$@"
	for which in "$build/runs/$kernel-hmm-dummy:the kernel's dummy" "$folder:our devices"; do
		results=${which%:*}
		seconds=$(sed -n 's/^# dmmu-guest: hmm-tests on .* took \([0-9.]* s\).*/\1/p' "$results/test.log" 2>/dev/null || true)
		awk -F '\t' -v on="$kernel hmm-tests on ${which##*:}" -v seconds="${seconds:-no time}" '
			$1 == "hmm-tests" && $2 != "-" { n[$3]++ }
			END { printf("%s: %d passed, %d failed, %d skipped, %s\n", on, n["ok"], n["not ok"], n["skip"], seconds) }' \
			"$results/results.tsv" >&2 || true
	done
}

# chosen PROGRAMS...: those that match the filter, as a pattern; fails when none does.
chosen() {
	pattern=
	for program; do
		if wanted "$program"; then pattern="$pattern${pattern:+|}$program"; fi
	done
	[ -n "$pattern" ] && printf '@(%s)' "$pattern"
}

# coherent_suite: what is about pages in local memory, with devices whose local memory the CPU can use in place. On Debian's
# kernel this is the only way to have pages there.
coherent_suite() {
	local_programs='coherent exclusive local_loss memory_failure migrate two_devices'
	# The rest is the same code but for where the pages are: once, and where it has no other run.
	[ -n "$is_debug" ] || local_programs="$local_programs evict hint memcg"
	# shellcheck disable=SC2086 # words
	programs=$(chosen $local_programs) || return 0
	run_vm "$kernel selftests coherent" --mode selftests --kernel "$kernel" --devices 2 --coherent 2 --filter "$programs"
}

# posted_writes: without a mapped BAR, register writes are posted, and a missing flush shows in what comes and goes.
posted_writes() {
	programs=$(chosen anon atomics dontneed evict exclusive fork hint interleave kill local_loss migrate protect read_mostly removal \
		sequence_race swap unmap writeback) || return 0
	run_vm "$kernel selftests bar2 trapped" --mode selftests --kernel "$kernel" --bar2 trap --filter "$programs"
}

# few_vectors N: what a process does with the device, on a host that has so many interrupt vectors: causes share them.
few_vectors() {
	programs=$(chosen anon fork hint kill local_loss protect removal sequence_race unmap) || return 0
	run_vm "$kernel selftests MSI-X vectors $1" --mode selftests --kernel "$kernel" --msix-vectors "$1" --filter "$programs"
	grep -qs " $1 MSI-X vectors for " "$folder"/*.log ||
		printf 'not ok\t%s\tthe driver says nothing of sharing them\n' "$label" >>"$counts"
}

# soak_test: a minute of ./dmmu soak; the seed is new each day, so that they add up.
soak_test() {
	seed=$(date +%Y%m%d)
	name_run "$kernel soak"
	say "$label, seed $seed"
	rm -f "$folder/results.tsv"
	if soak_vm "$kernel" "$folder" 60 "$seed" seed '' >"$logs/soak-$kernel.log" 2>&1; then
		sed -n 's/^# *\([0-9]* s: [0-9]* operations.*\)/\1/p' "$logs/soak-$kernel.log" | tail -n 1 >&2
	else
		tail -n 15 "$logs/soak-$kernel.log" >&2
		say "again: ./dmmu soak --kernel $kernel --seconds 60 --seed $seed"
	fi
	if [ -f "$folder/results.tsv" ]; then
		take_results "$label" "$folder/results.tsv"
	else
		printf 'not ok\t%s\tthe run gave no results\n' "$label" >>"$counts"
	fi
}

# test_kernel KERNEL: all that runs in the guest, on one kernel.
test_kernel() {
	kernel=$1
	is_debug=
	case $kernel in *debug) is_debug=yes ;; esac
	is_stock=
	case $kernel in stock*) is_stock=yes ;; esac
	set --
	[ -z "$filter" ] || set -- --filter "$filter"
	# shellcheck disable=SC2046 # names without blanks
	if [ -z "$is_stock" ] && wanted $(suites); then
		leaks=${is_debug:+--leaks}
		run_vm "$kernel kunit" --mode kunit --kernel "$kernel" $leaks "$@"
	fi
	# The default device under the checkers: all selftests. What comes after them there is on the small one.
	other=
	[ -z "$is_debug" ] || other=with_small
	if [ -z "$is_stock" ] && [ -z "$quick" ] && wanted hmm-tests; then $other hmm_suite; fi
	wanted "$build"/guest/selftests/* || return 0
	run_vm "$kernel selftests" --mode selftests --kernel "$kernel" "$@"
	[ -z "$quick" ] || return 0
	$other coherent_suite
	if [ -z "$is_stock" ] && wanted two_devices; then
		$other run_vm "$kernel selftests two devices" --mode selftests --kernel "$kernel" --devices 2 --filter two_devices
	fi
	if [ -n "$is_stock" ] && [ -z "$filter" ]; then
		run_vm "$kernel selftests behind an IOMMU" --mode selftests --kernel "$kernel" --iommu --filter '@(anon|chase|fork|invalid|unmap)'
	fi
	if [ "$kernel" = plain ]; then
		with_small posted_writes
		with_small few_vectors 1
		with_small few_vectors 2
		[ -n "$filter" ] || planted ignore_sequence_retry sequence_race
		[ -n "$filter" ] || timeline_run
	elif [ -n "$is_debug" ] && [ -z "$filter" ]; then
		# kmemleak makes the guest three times slower: a run of its own, with the programs that make and end most.
		$other run_vm "$kernel selftests leaks" --mode selftests --kernel "$kernel" --leaks --filter '@(fork|ioctls|kill|unmap)'
	fi
	[ -z "$filter" ] || return 0
	loss_claims='killed stopped killed_under_munmap killed_with_pages_in_local_memory'
	# Elsewhere no huge page is in local memory as one.
	case $kernel in 7.2*) loss_claims="$loss_claims killed_with_a_huge_page_in_local_memory" ;; esac
	for claim in $loss_claims; do
		coherent=0
		# Debian's kernel has pages there on such a device only, and is the one that can take lost pages from CPUs.
		[ "$is_stock:$claim" != yes:killed_with_pages_in_local_memory ] || coherent=1
		# shellcheck disable=SC2046 # words
		run_vm "$kernel device_loss $claim" --mode exec --kernel "$kernel" --ktap --coherent $coherent \
			--args "/selftests-adverse/device_loss -t $claim" $(loss_actions $claim)
	done
	soak_test
	for program in adversity aer held moved reaper; do
		run_vm "$kernel $program" --mode exec --kernel "$kernel" --ktap --args "/selftests-adverse/$program"
	done
	run_vm "$kernel aer coherent" --mode exec --kernel "$kernel" --ktap --coherent 1 --args "/selftests-adverse/aer"
}

loss_actions() {
	case $1 in
	stopped) printf '%s\n' --at stop-model stop-model --at continue-model continue-model ;;
	killed_with_a_huge_page_in_local_memory) printf '%s\n' --at kill-model kill-model --at restart-model restart-model ;;
	*) printf '%s\n' --at kill-model kill-model ;;
	esac
}
