#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# driver.sh BUG BUILD_DIR: builds a copy of the driver with BUG.patch (or $PATCH) applied against the plain harness kernel (or $KERNEL), and packs
# it in an image of its own, own-planted-BUG.cpio. Prints the image's path. See docs/planted-bugs.md.
set -eu
bug=$1 build=$2 variant=${KERNEL:-plain}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
file=${PATCH:-$here/$bug.patch}
tree=$build/planted/$bug

rm -rf "$tree/kmod"
mkdir -p "$tree"
cp -r "$root/kmod" "$tree/kmod"
if ! patch -s -p1 -d "$tree" -i "$file" >&2; then
	echo "planted bug $bug: the patch does not apply; bring $file up to date with kmod/" >&2
	exit 1
fi
kernel=$("$root/cmake/kernel.sh" "$variant")
if ! "$tree/kmod/build.sh" "$kernel/kit" "$tree/modules" "$build/generated" >"$tree/build.log" 2>&1; then
	tail -n 20 "$tree/build.log" >&2
	exit 1
fi
# The image packs what is in a guest folder: ours, but for the image's own name.
mv "$("$root/selftests/vm/own-image.sh" "$variant" "$tree/modules/dmmu.ko" "$build")" "$tree/image.cpio"
echo "$tree/image.cpio"
