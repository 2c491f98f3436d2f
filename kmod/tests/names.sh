#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# names.sh DIRECTORY: the driver knows nothing of what may stand behind the PCI bus: no source names a simulator.
set -u
found=$(grep -rniE 'qemu|verilat|simulat|vfio.?user|test ?bench|scoreboard' --include='*.[ch]' --include=Kbuild "$1")
if [ -n "$found" ]; then
	echo "the driver must not know these words:"
	echo "$found"
	exit 1
fi
# A search that finds nothing at all is no proof.
if ! grep -rq 'mmu_interval_notifier' --include='*.c' "$1"; then
	echo "no driver source in $1"
	exit 1
fi
