#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# no_python.sh SOURCE_DIR WORK_DIR: the project configures and builds with a python that fails: the device, its process,
# the bridge, the demo and the runner, and the kernel's configuration. (./dmmu and cmake/kernel.sh do each build that
# way; this shows that the stand-ins work, and holds for a plain cmake, too.)
set -eu
source_dir=$1
work=$2
rm -rf "$work"
mkdir -p "$work"
. "$source_dir/cmake/no-python.sh"
no_python "$work/bin"
# The stand-in must be what is found, and must record, or the test proves nothing.
if python3 --version 2>"$work/said" || ! no_python_called >/dev/null; then
	echo 'the failing python is not in effect' >&2
	exit 1
fi
: >"$work/bin/calls"

if ! { cmake -S "$source_dir" -B "$work/build" -G Ninja -DDMMU_GUEST=ON &&
	cmake --build "$work/build" -j "${DMMU_JOBS:-$(nproc)}" \
		--target dmmu_generated dmmu-model dmmu-bridge dmmu-vm guest-init guest-dmmu-demo; } >"$work/log" 2>&1; then
	tail -n 30 "$work/log" >&2
	no_python_called >&2 || true
	echo "the build fails without python; the whole log is $work/log" >&2
	exit 1
fi
DMMU_LOGS=$work/logs "$source_dir/cmake/kernel.sh" --config "$work/kernel.config" plain
grep -q '^CONFIG_KUNIT=y$' "$work/kernel.config"
! no_python_called >&2 || exit 1
rm -rf "$work"
