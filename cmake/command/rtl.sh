# SPDX-License-Identifier: GPL-2.0
# The commands about the RTL that are scripts of their own: prove, coverage, mutate, synth, fpga.

# rtl_tool SCRIPT ARGS...: a command that is a script of its own.
rtl_tool() {
	script=$1
	shift
	need_packages
	mkdir -p "$build"
	sh "$root/cmake/$script" --build "$build" "$@"
}

# kept NAME COMMAND...: runs it; what it prints is kept for the report, too: of two at a time, that of the one that ends last.
kept() {
	kept=$build/report/$1.txt
	shift
	mkdir -p "$build/report"
	{ "$@" && echo 0 >"$kept.$$.status" || echo $? >"$kept.$$.status"; } | tee "$kept.$$"
	status=$(cat "$kept.$$.status" 2>/dev/null) || status=1
	rm -f "$kept.$$.status"
	mv "$kept.$$" "$kept"
	return "$status"
}

do_prove() {
	need_packages
	build_host --target dmmu_generated || exit 1
	sh "$root/cmake/prove.sh" "$build" "$@"
}

do_coverage() { kept coverage rtl_tool coverage.sh "$@"; }
do_mutate() { rtl_tool mutate.sh "$@"; }

do_synth() {
	DMMU_ONLY_CHECK=yes "$root/cmake/fpga.sh" "$@" || exit
	need_packages
	build_host --target dmmu_generated || exit 1
	kept synth env DMMU_RTL_FILES="$build/generated/rtl-files" "$root/cmake/fpga.sh" "$@"
}

do_fpga() {
	need_packages
	build_host --target dmmu_generated || exit 1
	DMMU_BUILD_DIR=$build DMMU_RTL_FILES=$build/generated/rtl-files-board "$root/cmake/fpga-card.sh" "$@"
}
