#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# report_test.sh DMMU_REPORT: the page of a build folder where nothing was run names every command; one with tables shows
# them, and what is in them is text, never markup.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }

mkdir "$work/empty"
"$1" --build "$work/empty" --out "$work/empty.html"
[ "$(grep -c 'Not run here so far' "$work/empty.html")" = 9 ] || fail 'a part that was not run is not named'

mkdir -p "$work/some/report" "$work/some/runs/demo"
printf 'ok\tmmu.a\t\nnot ok\tplain kunit: <b>bold</b>\ta & b\nskip\tx.y\tno card\n' >"$work/some/results.tsv"
printf 'device.copy.16\t100\tcycles\t50\t0.5\n' >"$work/some/report/bench-rtl.tsv"
printf 'name value unit\nfault.total 1873.469 cycles\n# dmmu-guest: end\n' >"$work/some/report/bench-e2e.txt"
printf 'tag\tx\n0x1\t10\t14\t280\t40\t1\t2\t3\n0x2\t10\t16\t280\t40\t\t\t\n' >"$work/some/runs/demo/faults.tsv"
printf 'span\tthread 1\t10\t354\tstall\ttag=0x1\nspan\tthread 1\t10\t24\trecord\ttag=0x1\n' >"$work/some/runs/demo/events.tsv"
"$1" --build "$work/some" --out "$work/some.html" --version 1
for text in '&lt;b&gt;bold&lt;/b&gt;' 'a &amp; b' 'no card' 'device.copy.16' 'fault.total' '<b>15.0</b> cycles' 'thread 1' '1 of 256 to 511'; do
	grep -qF "$text" "$work/some.html" || fail "missing: $text"
done
! grep -q '<b>bold' "$work/some.html" || fail 'markup in a name came through'
! grep -Eq '(src|href)="?(https?:)?//' "$work/some.html" || fail 'the page fetches something'
