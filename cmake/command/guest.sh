# SPDX-License-Identifier: GPL-2.0
# The commands that boot a guest for somebody to look at: demo, shell; and a run again from its log: replay.

# replay_of LOG: the program that runs the log's device again; a log that does not say which is of the bare one.
replay_of() {
	# the log of a killed model is cut off, which gzip would complain of
	of=$(gzip -dc -- "$1" 2>/dev/null | sed -n '/^$/q; s/^device \([a-z-]*\).*/\1/p')
	case $of in
	small | board-sim) of_device dmmu-replay "$of" ;;
	*) of_device dmmu-replay bare ;;
	esac
}

# make_timeline LOG FILE.json [--strict]: of a run, by its stimulus.log and the test.log beside it.
make_timeline() (
	run=$(dirname "$1")
	"$build/verilator-model/$(replay_of "$1")" "$1" --events "$run/events.tsv" >"$logs/replay.log" 2>&1 ||
		{ cat "$logs/replay.log" >&2; die "the run could not be had again from its log"; }
	out=$2 strict=${3-}
	set -- "$run/events.tsv" --faults "$run/faults.tsv" --out "$out"
	[ ! -f "$run/test.log" ] || set -- "$@" --guest "$run/test.log"
	"$build/selftests/timeline/dmmu-timeline" "$@" $strict
)

do_demo() {
	kernel=plain config='' args='' wave='' timeline=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; shift ;;
		--wave) need 'a file name' "$@"; wave=$2; shift ;;
		--timeline) need 'a file name' "$@"; timeline=$2; shift ;;
		--nodes) need_count "$@"; args="$args --nodes $2"; shift ;;
		--tsv) args="$args --tsv" ;;
		*) wrong "demo does not know '$1'" ;;
		esac
		shift
	done
	kernel=$(kernel_name "$kernel" "$config") || exit 2
	prepare "$kernel"
	if [ -n "$timeline" ]; then
		build_host --target "$(replay)" dmmu-timeline || exit 1
		set -- --mode exec --args "/bin/dmmu-trace /bin/dmmu-demo$args" --keep-log
	else
		set -- --mode demo
		[ -z "$args" ] || set -- "$@" --args "${args# }"
	fi
	set -- "$@" --kernel "$kernel" --run-dir "$build/runs/demo"
	[ -z "$wave" ] || set -- "$@" --wave "$wave"
	vm "$@" || die "the demo failed; see $build/runs/demo"
	[ -z "$timeline" ] || make_timeline "$build/runs/demo/stimulus.log" "$timeline"
	if [ -n "$wave" ]; then
		sh "$root/verilator-model/waves.sh" "$wave"
		echo "waveform: gtkwave $wave ${wave%.fst}.gtkw"
	else
		echo 'waveform: none; ./dmmu demo --wave demo.fst writes one (large, and slower)'
	fi
}

do_shell() {
	kernel='' config='' module=''
	vm_args=$(mktemp)
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; shift ;;
		--module) module=${2-}; [ -f "$module" ] || wrong '--module takes a kernel module, a .ko file'; shift ;;
		--gdb) printf '%s\n' --gdb >>"$vm_args"; config=${config:-gdb} ;;
		--wave | --wave-from | --bar2 | --msix-vectors | --memory | --host-latency | --devices | --coherent) need 'a value' "$@"; printf '%s\n%s\n' "$1" "$2" >>"$vm_args"; shift ;;
		*) rm -f "$vm_args"; wrong "shell does not know '$1'" ;;
		esac
		shift
	done
	# gdb wants line numbers, if the kernel is not named.
	case $kernel in plain | debug | gdb | stock | stock-6.1 | 7.2-*) [ "$config" != gdb ] || config='' ;; esac
	kernel=$(kernel_name "${kernel:-6.12}" "$config") || exit 2
	prepare "$kernel"
	set -- --mode shell --kernel "$kernel"
	while IFS= read -r arg; do set -- "$@" "$arg"; done <"$vm_args"
	rm -f "$vm_args"
	if [ -n "$module" ]; then
		image=$("$root/selftests/vm/own-image.sh" "$kernel" "$module" "$build") || exit 1
		set -- "$@" --initramfs "$image"
	fi
	vm "$@"
}

do_replay() {
	[ $# -gt 0 ] || wrong 'replay takes a log'
	need_packages
	mkdir -p "$logs"
	program=$(replay_of "$1")
	build_host --target "$program" dmmu-timeline || exit 1
	if [ "${2-}" != --timeline ]; then
		"$build/verilator-model/$program" "$@"
		return
	fi
	[ $# = 3 ] || wrong '--timeline takes a file name, and nothing else goes with it'
	make_timeline "$1" "$3"
}

# do_vm ARGUMENTS: the runner itself; what it is to be of comes first.
do_vm() {
	while :; do
		case ${1-} in
		--no-install) install=no ;;
		--device) use_device "${2-}"; shift ;;
		--mmu) use_mmu "${2-}"; shift ;;
		*) break ;;
		esac
		shift
	done
	for name in small board-sim; do
		case " $* " in *" --device $name "*) device=$name ;; esac
	done
	if [ -n "$mmu" ] || [ ! -x "$build/selftests/vm/dmmu-vm" ] || [ ! -x "$build/verilator-model/$(model)" ]; then
		need_packages
		build_host --target dmmu-bridge "$(model)" dmmu-vm || exit 1
	fi
	exec "$build/selftests/vm/dmmu-vm" --device $device "$@"
}
