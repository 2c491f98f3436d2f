#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# image.sh KERNEL GUEST_DIR LOG_DIR: builds the modules for one harness kernel and packs the guest's root file system:
# init, programs, modules and busybox. Called by the target guest-image-KERNEL, which sets the variables used here.
# With DRIVER=FILE.ko that module takes the place of ours, and the image is own-KERNEL.cpio.
set -eu
kernel=$1 guest=$2 logs=$3
here=$(cd "$(dirname "$0")/../.." && pwd)
image=$guest/${DRIVER:+own-}$kernel.cpio
mkdir -p "$logs" "$guest/modules-$kernel"

log=$logs/modules-$kernel.log
if [ -z "${DRIVER-}" ]; then
	home=$("$here/cmake/kernel.sh" "$kernel")
	if ! "$KMOD_BUILD" "$home/kit" "$guest/modules-$kernel" "$GENERATED" >"$log" 2>&1; then
		tail -n 25 "$log" >&2
		echo "image: the modules do not build for the $kernel kernel; the whole log is $log" >&2
		exit 1
	fi
	if grep -E '(warning|WARNING): ' "$log" >&2; then
		echo "image: the driver builds with warnings, see $log" >&2
		exit 1
	fi
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
		set -- "$@" "/modules/${file##*/}=$file"
	done
fi
"$INITRAMFS" "$image.part" "$@"
mv "$image.part" "$image"
