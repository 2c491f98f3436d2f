#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# no_python.sh SOURCE_DIR WORK_DIR: the project configures and builds with a python that fails: all that is built on the
# host, and the kernel's configuration. The kernel itself is always built that way, cmake/kernel.sh sees to it.
set -eu
source_dir=$1
work=$2
rm -rf "$work"
mkdir -p "$work/bin"
for name in python python2 python3; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\nexit 97\n' "$name" "$work" >"$work/bin/$name"
	chmod +x "$work/bin/$name"
done
PATH=$work/bin:$PATH
export PATH
# The stub must be what is found, or the test proves nothing.
if python3 --version || [ ! -s "$work/calls" ]; then
	echo 'the failing python is not in effect' >&2
	exit 1
fi
rm "$work/calls"

cmake -S "$source_dir" -B "$work/build" -G Ninja >"$work/log" 2>&1 &&
	cmake --build "$work/build" -j "${DMMU_JOBS:-$(nproc)}" >>"$work/log" 2>&1 || {
	tail -n 30 "$work/log" >&2
	[ ! -s "$work/calls" ] || sed 's/^/called: /' "$work/calls" >&2
	echo "the build fails without python; the whole log is $work/log" >&2
	exit 1
}
if [ -e /usr/src/linux-source-6.12.tar.xz ] || [ -n "${DMMU_KERNEL_TREE-}" ]; then
	DMMU_LOGS=$work/logs "$source_dir/cmake/kernel.sh" --config "$work/kernel.config" plain
	grep -q '^CONFIG_KUNIT=y$' "$work/kernel.config"
fi
if [ -s "$work/calls" ]; then
	sed 's/^/called: /' "$work/calls" >&2
	exit 1
fi
rm -rf "$work"
