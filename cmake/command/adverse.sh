# SPDX-License-Identifier: GPL-2.0
# The commands that make life hard for the driver: adversity, soak, history.

do_adversity() {
	kernel=plain config=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; shift ;;
		*) wrong "adversity does not know '$1'" ;;
		esac
		shift
	done
	kernel=$(kernel_name "$kernel" "$config") || exit 2
	prepare "$kernel"
	folder=$build/runs/adversity
	good=yes
	vm --mode exec --kernel "$kernel" --ktap --args /selftests-adverse/adversity --run-dir "$folder" >/dev/null || good=
	adversity_table "$folder/test.log"
	[ -n "$good" ] || die "some of it was not survived as it should be; see $folder"
}

# soak_vm KERNEL FOLDER SECONDS SEED FAULTS ONLY [VM ARGUMENTS]: the soak, with the times that a busy machine needs.
soak_vm() {
	kernel=$1 folder=$2 seconds=$3 seed=$4 faults=$5 only=$6
	shift 6
	vm --mode exec --ktap --kernel "$kernel" --run-dir "$folder" --timeout $((3 * seconds + 1500)) --program-timeout $((2 * seconds + 1200)) \
		--args "/selftests-adverse/soak --seconds $seconds --seed $seed --faults $faults$only" "$@"
}

do_history() {
	need_packages
	build_host --target dmmu-bridge dmmu-model dmmu-vm || exit 1
	for kernel in plain debug; do build_guest $kernel; done
	sh "$root/selftests/history/run.sh" "$build" "$@"
}

do_soak() {
	kernel='' config='' seconds=600 seed='' faults=seed leaks='' only='' again=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; again="$again $1 $2"; shift ;;
		--minutes | --seconds)
			need_count "$@"
			seconds=$2
			[ "$1" = --seconds ] || seconds=$((seconds * 60))
			shift ;;
		--seed) need_number "$@"; seed=$2; shift ;;
		--faults) need 'seed, none, or a list as dmmu-model does' "$@"; faults=$2; shift ;;
		--only)
			need 'the name of an operation' "$@"
			only="$only --only '$2'" again="$again --only '$2'"
			shift ;;
		--leaks) leaks=--leaks again="$again --leaks" ;;
		*) wrong "soak does not know '$1'" ;;
		esac
		shift
	done
	kernel=$(kernel_name "${kernel:-6.12}" "$config") || exit 2
	[ -n "$seed" ] || seed=$(date +%s)
	prepare "$kernel"
	folder=$build/runs/soak-$kernel
	say "soak on $kernel, seed $seed, $seconds s"
	# shellcheck disable=SC2086 # none or one word
	soak_vm "$kernel" "$folder" "$seconds" "$seed" "$faults" "$only" $leaks || {
		say "the soak failed; the logs are in $folder"
		die "again: ./dmmu soak --seconds $seconds --seed $seed --faults $faults$again"
	}
}

# adversity_table TEST_LOG: the lines that selftests/tests/adversity.c prints, as a table.
adversity_table() {
	tr -d '\r' <"$1" | awk -F '\t' '
		BEGIN {
			print "| fault | happened | outcome | ok | failed | lost | wrong data | kernel messages | seconds | works afterwards |"
			print "|---|---|---|---|---|---|---|---|---|---|"
		}
		$1 ~ /# ADVERSITY$/ {
			printf("| `%s`", $2)
			for (i = 3; i <= 11; i++) printf(" | %s", $i)
			print " |"
		}'
}
