# SPDX-License-Identifier: GPL-2.0
# The command report.

# do_report: one page of what the last runs left in the build folder.
do_report() {
	out=$build/report.html run=''
	while [ $# -gt 0 ]; do
		case $1 in
		--out) need 'a file name' "$@"; out=$2; shift ;;
		--run) run=yes ;;
		*) wrong "report does not know '$1'" ;;
		esac
		shift
	done
	need_packages
	mkdir -p "$logs"
	build_host --target dmmu-report || exit 1
	if [ -n "$run" ]; then
		say 'the demo, then the benchmarks (some minutes)'
		do_demo --timeline "$build/report/timeline.json" >"$logs/report-demo.log" || exit 1
		for which in e2e migrate rtl; do do_bench $which >"$logs/report-$which.log" || exit 1; done
	fi
	version=$(git -C "$root" describe --always --dirty 2>/dev/null) || version=unknown
	"$build/selftests/report/dmmu-report" --build "$build" --out "$out" --version "$version" || exit 1
	echo "report: $out"
}
