#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh FILE...: every file is clean by checkpatch.pl --strict; 77 (skip) without it or perl. It is taken from $CHECKPATCH,
# from a harness kernel in the cache, from a kernel source or headers below /usr/src, or out of Debian's packed source.
#
# One exception: TRACE_EVENT() is laid out as in all trace headers.
set -u
dir=$(mktemp -d "${TMPDIR:-/tmp}/dmmu-checkpatch.XXXXXX")
trap 'rm -rf "$dir"' EXIT
checkpatch=${CHECKPATCH-}
for found in "${DMMU_CACHE:-${HOME-}/.cache/dmmu}"/linux-[pdg]*/scripts/checkpatch.pl /usr/src/linux-*/scripts/checkpatch.pl; do
	[ -z "$checkpatch" ] && [ -r "$found" ] && checkpatch=$found
done
for packed in /usr/src/linux-source-*.tar.xz; do
	[ -z "$checkpatch" ] && [ -r "$packed" ] &&
		tar -xJf "$packed" -C "$dir" --strip-components=1 --wildcards '*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
			'*/scripts/const_structs.checkpatch' && checkpatch=$dir/scripts/checkpatch.pl
done
if [ ! -r "$checkpatch" ] || ! command -v perl >/dev/null; then
	echo "skipped: needs perl, and scripts/checkpatch.pl of a kernel source (package linux-source-6.12, or CHECKPATCH=FILE)"
	exit 77
fi
bad=0
for file in "$@"; do
	case $file in
	*/trace.h) ignore=OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;
	*) ignore=NONE ;;
	esac
	perl "$checkpatch" --no-tree --strict --terse --quiet --ignore "$ignore" -f "$file" >"$dir/said" 2>&1 || bad=1
	grep -v '^total: ' "$dir/said" && bad=1
done
exit $bad
