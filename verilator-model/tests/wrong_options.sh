#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wrong_options.sh PROGRAM OPTIONS...: each OPTIONS is refused in words, with status 2, before anything is simulated. A test that
# takes a mistyped seed or name for another one passes and has tested something else.
program=$1
shift
failed=0
for options; do
	# shellcheck disable=SC2086 # words
	said=$(timeout 20 "$program" $options 2>&1 </dev/null)
	status=$?
	[ $status = 2 ] && [ -n "$said" ] && continue
	echo "$program $options ends with $status and says: $said"
	failed=1
done
exit $failed
