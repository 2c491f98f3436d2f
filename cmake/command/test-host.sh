# SPDX-License-Identifier: GPL-2.0
# test --host: the selftests on this machine, with the card that is in it.

# test_host: the selftests on this machine's own kernel, with the card that is in it.
test_host() {
	node=
	for candidate in /dev/dmmu[0-9]*; do [ ! -c "$candidate" ] || { node=$candidate; break; }; done
	if [ -z "$node" ]; then
		say 'this machine has no /dev/dmmu*: '"$(host_lacks)"
		say 'docs/lab.md says how to get there; without --host the tests run on the simulated device'
		exit 4
	fi
	[ "$(id -u)" = 0 ] || { say 'the selftests change things that only root may (debugfs, reclaim): run this as root'; exit 4; }
	need_packages
	mkdir -p "$logs/host"
	build_host --target guest-programs || exit 1
	counts=$build/results.tsv
	: >"$counts"
	for program in "$build"/guest/selftests/*; do
		[ -x "$program" ] || continue
		wanted "$program" || continue
		name=${program##*/}
		say "host $name"
		status=0
		timeout 600 "$program" >"$logs/host/$name.log" 2>&1 </dev/null || status=$?
		awk -v name="$name" -v status="$status" '
			match($0, /^(not )?ok [0-9]+ /) {
				case_name = substr($0, RLENGTH + 1); reason = ""
				if (at = index(case_name, "# SKIP")) { reason = substr(case_name, at + 7); case_name = substr(case_name, 1, at - 2) }
				printf("%s\thost: %s/%s\t%s\n", /# SKIP/ ? "skip" : /^not/ ? "not ok" : "ok", name, case_name, reason); n++
				if (/^not/) bad = 1
			}
			END {
				if (status == 4 && !n) printf("skip\thost: %s\tthe program says so, see build/logs/host\n", name)
				else if (status != 0 && status != 4 && !bad) printf("not ok\thost: %s\tit ended with %d, see build/logs/host\n", name, status)
			}' "$logs/host/$name.log" >>"$counts"
	done
	print_counts
}

# What is missing on the way to /dev/dmmu*.
host_lacks() {
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor" "$device/device" 2>/dev/null | tr '\n' ' ')" = '0xdd33 0x0001 ' ] || continue
		if [ -e "$device/driver" ]; then
			echo "the device at ${device##*/} belongs to the driver $(basename "$(readlink "$device/driver")")"
		else
			echo "there is a device at ${device##*/}, but no driver for it: modprobe dmmu; dmesg says why it refuses"
		fi
		return 0
	done
	echo 'there is no such card on its PCI bus (lspci -d dd33:)'
}
