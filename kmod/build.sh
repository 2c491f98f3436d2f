#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Builds dmmu.ko, dmmu_kunit.ko and dmmu_kunit_live.ko against one kernel, in a directory of their own:
#
#   build.sh KDIR OUTDIR GENERATED_INCLUDE_DIR [make arguments]
#
# KDIR is a built kernel tree (or its object directory, or a headers package), GENERATED_INCLUDE_DIR holds
# dmmu_regs.h. The sources are linked into OUTDIR, so that the source tree stays clean and several kernels
# can be built for side by side; a second run builds only what changed.
set -eu

case "${1-}" in
-h|--help)
	sed -n '3,10s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac
if [ $# -lt 3 ]; then
	echo "usage: build.sh KDIR OUTDIR GENERATED_INCLUDE_DIR [make arguments]" >&2
	exit 2
fi
src=$(cd "$(dirname "$0")" && pwd)
kdir=$1
out=$2
gen=$3
shift 3

if [ ! -e "$kdir/Makefile" ]; then
	echo "build.sh: $kdir is not a kernel build directory (no Makefile in it)" >&2
	exit 1
fi
if [ ! -e "$gen/dmmu_regs.h" ]; then
	echo "build.sh: no dmmu_regs.h in $gen; build the target dmmu_generated first" >&2
	exit 1
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
gen=$(cd "$gen" && pwd)
kdir=$(cd "$kdir" && pwd)

# Objects made for another kernel are newer than their sources, and wrong.
if [ "$(cat "$out/.kdir" 2>/dev/null)" != "$kdir" ]; then
	find "$out" -type f \( -name '*.o' -o -name '*.ko' -o -name '.*.cmd' \) -delete
	echo "$kdir" >"$out/.kdir"
fi

# Links to sources that are gone would keep building what no longer exists.
find "$out" -xtype l -delete
(cd "$src" && find . -name '*.[ch]' -o -name Kbuild) | while read -r f; do
	mkdir -p "$out/$(dirname "$f")"
	[ "$out/$f" -ef "$src/$f" ] || ln -sf "$src/$f" "$out/$f"
done
exec make -C "$kdir" M="$out" DMMU_GENERATED="$gen" "$@" modules
