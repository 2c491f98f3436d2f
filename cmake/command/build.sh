# SPDX-License-Identifier: GPL-2.0
# Host part, guest image, and which device and MMU they are of: what all commands build on. And the command build.

. "$root/cmake/progress.sh"

jobs() { printf '%s' "${DMMU_JOBS:-$(nproc)}"; }

# use_mmu NAME|PATH: the device with another MMU, built in a folder of its own.
use_mmu() {
	case $1 in
	fast) mmu=fast folder=build ;;
	simple) mmu=simple folder=build-simple ;;
	'') wrong '--mmu takes fast, simple, or where your MMU is: a folder, a file, or a list of files' ;;
	*)
		[ -e "$1" ] || wrong "there is no MMU '$1': fast, simple, or a folder or file with yours"
		if [ -d "$1" ]; then mmu=$(cd "$1" && pwd); else mmu=$(cd "$(dirname "$1")" && pwd)/${1##*/}; fi
		folder=${mmu##*/}
		folder=build-mmu-${folder%.*}
		;;
	esac
	build=${DMMU_BUILD:-$root/$folder}
	logs=$build/logs
	export DMMU_LOGS="$logs"
}

# use_device NAME: the device itself, a small one, or the device in a card's top.
use_device() {
	case $1 in
	bare | small | board-sim) device=$1 ;;
	*) wrong "there is no device '$1': bare, small or board-sim" ;;
	esac
}

# of_device PROGRAM [DEVICE]: the program's name with that device in it.
of_device() { [ "${2-$device}" = bare ] && echo "$1" || echo "$1-${2-$device}"; }
model() { of_device dmmu-model; }
replay() { of_device dmmu-replay; }

# build_alone: from here to the end of a subshell nobody else builds in the same folder.
build_alone() {
	mkdir -p "$build"
	exec 9>"$build/.building"
	flock -n 9 || { say "somebody else builds in $build: waiting"; flock 9; }
}

# build_host [--target TARGETS...]: the host's part, all of it or some, with a python that fails: needing none is a claim.
build_host() (
	. "$root/cmake/no-python.sh"
	no_python "$build/no-python"
	build_alone
	[ -f "$build/build.ninja" ] || say "configuring in $build"
	long configure cmake -S "$root" -B "$build" -G Ninja -DDMMU_GUEST=ON ${mmu:+"-DDMMU_MMU=$mmu"} || exit 1
	long build cmake --build "$build" -j "$(jobs)" "$@" || exit 1
	! no_python_called >&2 || die 'the build called python'
)

# build_guest KERNEL: the kernel (minutes the first time), QEMU, modules and image.
build_guest() (
	"$root/cmake/qemu.sh" >/dev/null || exit 1
	"$root/cmake/kernel.sh" "$1" >/dev/null || exit 1
	build_alone
	long "guest-image-$1" cmake --build "$build" --target "guest-image-$1" || exit 1
)

# prepare KERNEL...: what a guest with the device needs, and no tests.
prepare() {
	need_packages
	mkdir -p "$logs"
	build_host --target dmmu-bridge "$(model)" dmmu-vm || exit 1
	for kernel in "$@"; do build_guest "$kernel"; done
}

vm() { "$build/selftests/vm/dmmu-vm" --device $device "$@"; }

do_build() {
	kernel=plain config=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --config) kernel_option "$@"; shift ;;
		*) wrong "build does not know '$1'" ;;
		esac
		shift
	done
	kernels=$(kernel_list "$kernel" "$config") || exit 2
	need_packages
	build_host || exit 1
	for kernel in $kernels; do build_guest "$kernel"; done
	say "built, in $build"
}
