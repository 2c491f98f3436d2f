#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# own-image.sh KERNEL DRIVER.ko BUILD_DIR: packs an image like that of KERNEL, with this driver in the place of ours. Prints its path.
set -eu
kernel=$1 driver=$2 build=$3
BUSYBOX=$(command -v busybox || true) INITRAMFS=$build/selftests/vm/initramfs KMOD_BUILD='' GENERATED='' DRIVER=$driver \
	sh "$(dirname "$0")/image.sh" "$kernel" "$build/guest" "$build/logs" >&2
echo "$build/guest/own-$kernel.cpio"
