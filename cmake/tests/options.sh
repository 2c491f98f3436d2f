#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# options.sh SOURCE_DIR: what is wrong on a command line is said before anything is built or booted, in words, with status 2.
set -eu
cd "$1"
DMMU_BUILD=$(mktemp -d)
export DMMU_BUILD
trap 'rm -rf "$DMMU_BUILD"' EXIT
failed=0

# refused COMMAND...
refused() {
	status=0
	said=$("$@" 2>&1 </dev/null) || status=$?
	case $status:$said in
	2:*': shift: '*) ;;
	2:*'see ./dmmu '*' --help') return ;;
	esac
	echo "$* ends with $status and says: $said"
	failed=1
}

while read -r line; do
	case $line in '' | '#'*) continue ;; esac
	# shellcheck disable=SC2086 # words
	refused ./dmmu $line
done <<'LINES'
demo --kernel
demo --kernel 5.4
demo --config
demo --nodes
demo --nodes many
demo --wave
demo --what
demo --device
demo --device card
test --kernel
test --kernel 9
test --config
test --config fast
test --filter
test --no-vm --only-vm
shell --kernel
shell --module
shell --module /nowhere.ko
shell --devices
build --kernel
build what
bench
bench rtl --threads
bench rtl --threads 17
bench rtl --device small
bench e2e --what
adversity --kernel
adversity --what
synth --target pdp11
synth --module
synth --seed x
synth --seeds 0
synth --freq fast
synth --timing-weight
synth --nonsense
soak --minutes
soak --minutes 0
soak --seed x
soak --only
soak --faults
fuzz
fuzz ioctl --seed
fuzz ioctl --times 0
fuzz ioctl --run /nowhere
report --out
replay
LINES
refused cmake/mutate.sh --count
refused cmake/mutate.sh --build "$DMMU_BUILD" --seeds 'one two'
refused cmake/mutate.sh
refused cmake/coverage.sh --only
refused cmake/coverage.sh --what
refused cmake/prove.sh "$DMMU_BUILD" --property
refused cmake/prove.sh "$DMMU_BUILD" --what
exit $failed
