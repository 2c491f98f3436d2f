#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh CHECKPATCH FILE...: every file is clean by checkpatch.pl --strict; 77 (skip) without it or perl.
#
# Two exceptions, both where checkpatch knows the core kernel only: a driver that builds for several kernels looks at
# their version (compat.h), and TRACE_EVENT() is laid out as in all trace headers.
set -u
checkpatch=$1
shift
if [ ! -r "$checkpatch" ] || ! command -v perl >/dev/null; then
	echo "skipped: needs perl and a kernel source's scripts/checkpatch.pl, not found at '$checkpatch'"
	exit 77
fi
bad=0
for file in "$@"; do
	case $file in
	*/compat.h) ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON ;;
	*/trace.h) ignore=OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;
	*) ignore=NONE ;;
	esac
	perl "$checkpatch" --no-tree --strict --terse --quiet --ignore "$ignore" -f "$file" | grep -v '^total: ' && bad=1
done
exit $bad
