#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# image.sh KERNEL GUEST_DIR LOG_DIR: builds the modules for one kernel and packs the guest's root file system:
# init, programs, modules and busybox, and the kernel's own HMM suite with its dummy driver, both compiled from the
# kernel's source as they are. Called by the target guest-image-KERNEL, which sets the variables used here.
# With DRIVER=FILE.ko that module takes the place of ours, and the image is own-KERNEL.cpio.
set -eu
kernel=$1 guest=$2 logs=$3
here=$(cd "$(dirname "$0")/../.." && pwd)
image=$guest/${DRIVER:+own-}$kernel.cpio
mkdir -p "$logs" "$guest/modules-$kernel"

log=$logs/modules-$kernel.log
failed() {
	tail -n 25 "$log" >&2
	echo "image: $1 for the $kernel kernel; the whole log is $log" >&2
	exit 1
}

home=$("$here/cmake/kernel.sh" "$kernel")
suite=
case $kernel in stock*) ;; *) suite=$("$here/cmake/kernel.sh" --suite "$kernel") ;; esac
hmm=$guest/hmm-$kernel

# build_suite: the kernel's hmm-tests and its dummy, test_hmm.ko.
build_suite() {
	selftests=$suite/tools/testing/selftests
	mkdir -p "$hmm/dummy"
	set -- "$selftests/mm/hmm-tests.c"
	for file in vm_util hugepage_settings; do
		grep -q "\"$file.h\"\|/$file.h>" "$selftests/mm/hmm-tests.c" && set -- "$@" "$selftests/mm/$file.c"
	done
	if [ ! -x "$hmm/hmm-tests" ] || [ "$suite" != "$(cat "$hmm/suite" 2>/dev/null)" ] ||
		[ "$here/selftests/vm/hmm_limits.c" -nt "$hmm/hmm-tests" ]; then
		gcc -O2 -static -w -D_GNU_SOURCE= -I"$suite" -I"$suite/tools/include/uapi" -I"$selftests" -I"$selftests/mm" \
			-o "$hmm/hmm-tests" "$@" \
			"$here/selftests/vm/hmm_limits.c" -Wl,--wrap=alarm,--wrap=poll -lpthread >>"$log" 2>&1 || failed "the kernel's hmm-tests do not build"
	fi
	for file in test_hmm.c test_hmm_uapi.h; do ln -sf "$suite/lib/$file" "$hmm/dummy/$file"; done
	echo 'obj-m := test_hmm.o' >"$hmm/dummy/Kbuild"
	make -C "$home/kit" M="$hmm/dummy" modules >>"$log" 2>&1 || failed "the kernel's test_hmm.ko does not build"
	cp "$hmm/dummy/test_hmm.ko" "$hmm/"
	printf '%s\n' "$suite" >"$hmm/suite"
}

if [ -z "${DRIVER-}" ]; then
	set --
	[ -z "$suite" ] || set -- DMMU_SUITE="$suite"
	# Type information for tracers needs a tool of its own, and nobody here reads it.
	case $kernel in stock*) set -- CONFIG_DEBUG_INFO_BTF_MODULES= ;; esac
	"$KMOD_BUILD" "$home/kit" "$guest/modules-$kernel" "$GENERATED" "$@" >"$log" 2>&1 ||
		failed 'the modules do not build'
	if grep -E '(warning|WARNING): ' "$log" >&2; then
		echo "image: the driver builds with warnings, see $log" >&2
		exit 1
	fi
	[ -z "$suite" ] || build_suite
fi

set -- /proc/ /sys/ /tmp/ /mnt/ /selftests/ "/init=$guest/init"
if [ -n "$BUSYBOX" ] && [ -x "$BUSYBOX" ]; then
	set -- "$@" "/bin/busybox=$BUSYBOX" '/bin/sh=->busybox'
fi
for file in "$guest"/selftests/* "$guest"/selftests-adverse/* "$guest"/bin/*; do
	if [ -f "$file" ] && [ -x "$file" ]; then
		set -- "$@" "${file#"$guest"}=$file"
	fi
done
if [ -n "${DRIVER-}" ]; then
	set -- "$@" "/modules/dmmu.ko=$DRIVER"
else
	for file in "$guest/modules-$kernel"/*.ko; do
		case $file in
		*/dmmu_dmirror.ko) set -- "$@" "/hmm/${file##*/}=$file" ;;
		*) set -- "$@" "/modules/${file##*/}=$file" ;;
		esac
	done
	if [ -n "$suite" ]; then
		set -- "$@" "/hmm/hmm-tests=$hmm/hmm-tests" "/hmm/test_hmm.ko=$hmm/test_hmm.ko"
	fi
fi
for file in "$guest"/fuzz/*; do
	[ ! -f "$file" ] || set -- "$@" "/fuzz/${file##*/}=$file"
done
for file in "$home"/modules/*.ko; do
	[ ! -f "$file" ] || set -- "$@" "/modules/base/${file##*/}=$file"
done
"$INITRAMFS" "$image.part" "$@"
mv "$image.part" "$image"
