#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh BUILD vfio|link SECONDS: the fuzzer under libFuzzer, ASan and UBSan (needs clang and llvm), from the kept corpus; new
# inputs that reach something new go to BUILD/fuzz/SIDE, and with KEEP=1 the least set of all that reaches the same becomes the
# corpus. At the end: executions, and coverage of the sources.
set -eu
build=$1 side=$2 seconds=$3
here=$(cd "$(dirname "$0")" && pwd)
out=$build/fuzz
corpus=$here/corpus/$side
mkdir -p "$out/$side"
sources=$(ls "$here"/../*.c "$here"/../link/*.c | grep -v -e '/main[.]c$' -e '/log[.]c$')
# shellcheck disable=SC2086 # a list
clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fprofile-instr-generate \
	-fcoverage-mapping -I"$here/.." -I"$here/../link" -I"$build/generated" -o "$out/fuzz_$side" "$here/fuzz_$side.c" "$here/quiet_log.c" $sources
export LLVM_PROFILE_FILE="$out/$side.profraw"
"$out/fuzz_$side" -max_total_time="$seconds" -max_len=1024 -len_control=20 -timeout=20 -print_final_stats=1 -artifact_prefix="$out/$side-" \
	"$out/$side" "$corpus" >"$out/$side.log" 2>&1 || { tail -n 40 "$out/$side.log" >&2; exit 1; }
if [ -n "${KEEP-}" ]; then
	least=$(mktemp -d)
	"$out/fuzz_$side" -set_cover_merge=1 "$least" "$corpus" "$out/$side" >>"$out/$side.log" 2>&1
	rm -f "$corpus"/*
	cp "$least"/* "$corpus"/
	rm -rf "$least"
fi
"$out/fuzz_$side" -runs=0 "$out/$side" "$corpus" >>"$out/$side.log" 2>&1
llvm-profdata merge -o "$out/$side.prof" "$out/$side.profraw"
grep -e '^stat::number_of_executed_units' -e '^stat::average_exec' "$out/$side.log" | head -2
llvm-cov report "$out/fuzz_$side" -instr-profile="$out/$side.prof" |
	awk 'NR == 1 || /[.]c|TOTAL/ { printf("%-24s %8s lines, %s\n", NR == 1 ? "file" : $1, NR == 1 ? "" : $8, NR == 1 ? "covered" : $10) }'
