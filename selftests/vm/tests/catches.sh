#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# catches.sh DMMU_VM DIR WANTED ARGUMENTS...: a run that must fail: exit status 1, and WANTED among what it says. A runner
# that cannot fail would make every other test of the guest worthless.
set -u
vm=$1 dir=$2 wanted=$3
shift 3
output=$("$vm" --run-dir "$dir" "$@" 2>&1)
status=$?
printf '%s\n' "$output"
[ $status = 1 ] || { echo "catches: exit status $status, not 1"; exit 1; }
case $output in
*"$wanted"*) exit 0 ;;
esac
echo "catches: '$wanted' was not said"
exit 1
