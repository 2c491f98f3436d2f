#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# release_test.sh RELEASE REGISTERS.h PROGRAM...: register RELEASE has it, and each program says it.
set -eu
release=$1 header=$2
shift 2
want=$(printf '%s' "$release" | awk -F . '{ printf("0x%08xu", $1 * 65536 + $2 * 256 + $3) }')
grep -q "DMMU_RST_RELEASE $want" "$header" || { echo "the header has another release than $release ($want)"; exit 1; }
for program; do
	"$program" --version | grep -q " $release\b" || { echo "$program says: $("$program" --version)"; exit 1; }
done
