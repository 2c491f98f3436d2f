#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# must-fail.sh COMPLAINT COMMAND...: succeeds when COMMAND fails with a line that has COMPLAINT in it. A crash or
# another complaint is not what was meant to catch the bug, and fails.
complaint=$1
shift
if output=$("$@" 2>&1); then
	echo "not caught: '$*' passed"
	exit 1
fi
printf '%s\n' "$output"
case $output in
*"$complaint"*) echo "caught" ;;
*) echo "failed, but not with '$complaint'"; exit 1 ;;
esac
