#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# synth_small.sh YOSYS FOLDER SOURCE...: a small device through yosys' synthesis for ECP5. Fails on a latch, on a
# combinational loop (also one through several modules), and when a memory that belongs into block RAM is not there.
set -eu

yosys=$1 work=$2
shift 2
mkdir -p "$work"

# Few threads and ways, but the default's depths, on which it depends where a memory goes.
cat >"$work/synth.ys" <<SCRIPT
read_verilog -sv $*
hierarchy -check -top dmmu -chparam THREADS 2 -chparam CONTEXTS 2 -chparam PORTS 1 -chparam L1_ENTRIES 8 -chparam TLB_SETS 256 -chparam TLB_WAYS 2 -chparam WALKERS 2
synth_ecp5 -noflatten -top dmmu -run begin:map_luts
select -assert-none t:\$_DLATCH_* t:\$dlatch
tee -o $work/memories.txt select -list t:DP16KD t:PDPW16KD
tee -o $work/stat.txt stat
flatten
opt_clean
scc -expect 0
check -assert
SCRIPT
"$yosys" -q -l "$work/log" "$work/synth.ys" || { tail -n 5 "$work/log"; exit 1; }
! grep 'Latch inferred' "$work/log" || exit 1
failed=0
for memory in l2_tlb thread_data copy_engine; do
	grep -q "$memory" "$work/memories.txt" || { echo "no block RAM in $memory"; failed=1; }
done
exit $failed
