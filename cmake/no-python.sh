# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# no-python.sh, sourced: shows that a build needs no Python by putting commands of that name that fail, and record the
# call, in front of the PATH. no_python DIR begins; no_python_called prints the calls and succeeds if there were any.

no_python() { # DIR: an empty or old folder for the stand-ins
	mkdir -p "$1"
	python_calls=$1/calls
	: >"$python_calls"
	for python_name in python python2 python3; do
		cat >"$1/$python_name" <<-STUB
		#!/bin/sh
		echo "$python_name \$*" >>'$python_calls'
		echo "$python_name was called: this build must not need it" >&2
		exit 97
		STUB
		chmod +x "$1/$python_name"
	done
	PATH=$1:$PATH
	export PATH
}

no_python_called() {
	[ -s "$python_calls" ] || return 1
	sed 's/^/called: /' "$python_calls"
}
