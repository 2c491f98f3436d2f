# SPDX-License-Identifier: GPL-2.0
# What the machine must have, and the commands about it: doctor, clean.

has() { command -v "$1" >/dev/null 2>&1; }

# One line for each missing thing: package, then what is missing.
missing() {
	while read -r package kind what; do
		case $kind in
		command) has "$what" || [ -x "/sbin/$what" ] || [ -x "/usr/sbin/$what" ] || echo "$package $what" ;;
		file) found=
			for path in "$what" "/usr/include/$(uname -m)-linux-gnu/${what##*/}"; do [ ! -e "$path" ] || found=1; done
			[ -n "$found" ] || echo "$package $what" ;;
		esac
	done <<-LIST
	gcc command gcc
	g++ command g++
	make command make
	libc6-dev file /usr/include/stdio.h
	cmake command cmake
	ninja-build command ninja
	patch command patch
	flex command flex
	bison command bison
	bc command bc
	xz-utils command xz
	iverilog command iverilog
	yosys command yosys
	e2fsprogs command mke2fs
	util-linux command flock
	libelf-dev file /usr/include/libelf.h
	zlib1g-dev file /usr/include/zlib.h
	busybox-static command busybox
	debian-archive-keyring file /usr/share/keyrings/debian-archive-keyring.gpg
	LIST
	[ -n "${VERILATOR_ROOT-}" ] || has verilator || echo 'verilator verilator'
	[ -n "${DMMU_KERNEL_TREE-}" ] || [ -e /usr/src/linux-source-6.12.tar.xz ] ||
		echo 'linux-source-6.12 /usr/src/linux-source-6.12.tar.xz'
}

need_packages() {
	packages=$(missing | cut -d' ' -f1 | sort -u | tr '\n' ' ')
	[ -n "$packages" ] || return 0
	has apt-get || die "missing here: $packages(names of Debian packages); ./dmmu doctor says what each is for"
	[ "$install" = yes ] || die "missing: $packages- install them: apt-get install $packages"
	as_root=
	if [ "$(id -u)" != 0 ]; then
		has sudo || die "missing: $packages- as root: apt-get install $packages"
		as_root=sudo
	fi
	say "installing Debian packages: $packages"
	mkdir -p "$logs"
	# A package index of a fresh machine is empty or old: refresh it only when what we need cannot be had without.
	# shellcheck disable=SC2086 # lists
	{
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages \
			>"$logs/apt.log" 2>&1 ||
			{ $as_root apt-get update >>"$logs/apt.log" 2>&1 &&
				$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
					$packages >>"$logs/apt.log" 2>&1; }
	} || { tail -n 15 "$logs/apt.log" >&2; die "apt-get failed; the whole log is $logs/apt.log"; }
	left=$(missing)
	[ -z "$left" ] || die "still missing after the installation: $left"
}

do_doctor() {
	bad=0
	missing >"${TMPDIR:-/tmp}/dmmu-doctor.$$"
	while read -r package what; do
		echo "missing: $what  (apt-get install $package)"
		bad=1
	done <"${TMPDIR:-/tmp}/dmmu-doctor.$$"
	rm -f "${TMPDIR:-/tmp}/dmmu-doctor.$$"
	[ $bad = 0 ] && echo 'packages: all there'
	where=$cache
	while [ ! -d "$where" ]; do where=$(dirname "$where"); done
	free=$(df -Pk "$where" | awk 'NR == 2 { print int($4 / 1024) }')
	if [ "$free" -lt 6000 ]; then
		echo "disk: $free MB free for $cache; a kernel build needs 3000 for a while, each kernel 100, the build folder 1000"
		bad=1
	else
		echo "disk: $free MB free for $cache"
	fi
	memory=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	if [ "$memory" -lt 2500 ]; then
		echo "memory: $memory MB available; the guest takes 1024, compiling the device about 1500"
		bad=1
	else
		echo "memory: $memory MB available"
	fi
	if [ -n "${DMMU_QEMU-}" ]; then
		echo "QEMU: $DMMU_QEMU, named by DMMU_QEMU"
	elif ls "$cache"/qemu-*/qemu >/dev/null 2>&1; then
		echo 'QEMU: a private copy is in the cache'
	elif has qemu-system-x86_64 && qemu-system-x86_64 -M none -device vfio-user-pci,help </dev/null >/dev/null 2>&1; then
		echo "QEMU: the host's"
	else
		echo 'QEMU: a private copy will be made from Debian backports (40 MB)'
	fi
	if [ -n "${DMMU_FPGA_TOOLS-}" ]; then
		echo "synthesis: $DMMU_FPGA_TOOLS, named by DMMU_FPGA_TOOLS"
	elif tools=$("$root/cmake/fpga-tools.sh" --path 2>/dev/null) && [ -f "$tools/version" ]; then
		echo "synthesis: $(sed -n "1s/ (.*//p" "$tools/version") and nextpnr are in the cache"
	else
		echo "synthesis: yosys, nextpnr and ecppack will be unpacked privately from Debian sid on first use (47 MB)"
	fi
	if unshare -m true 2>/dev/null || unshare -rm true 2>/dev/null; then :; else
		echo "synthesis: this machine lets nobody make a mount namespace, which place and route for ECP5 needs"
	fi
	for kernel in plain debug 7.2-plain 7.2-debug stock stock-6.1; do
		folder=$("$root/cmake/kernel.sh" --path $kernel 2>/dev/null) || folder=
		if [ -n "$folder" ] && [ -f "$folder/bzImage" ]; then
			echo "kernel: $kernel is built"
		else
			case $kernel in
			stock*) echo "kernel: $kernel, Debian's own, will be unpacked privately on first use (120 MB)" ;;
			7.2*) echo "kernel: $kernel will be built on first use (some minutes; its source is 160 MB to fetch)" ;;
			*) echo "kernel: $kernel will be built on first use (some minutes)" ;;
			esac
		fi
	done
	return $bad
}

do_clean() {
	caches=
	while [ $# -gt 0 ]; do
		case $1 in
		--caches) caches=yes ;;
		*) wrong "clean does not know '$1'" ;;
		esac
		shift
	done
	# Only what a build made: never an arbitrary folder that DMMU_BUILD happens to name.
	set -- "$build"
	[ -n "${DMMU_BUILD-}$mmu" ] || set -- "$@" "$root"/build-simple "$root"/build-mmu-*
	for folder; do
		if [ -f "$folder/CMakeCache.txt" ] || [ -d "$folder/logs" ]; then
			rm -rf "$folder"
			say "removed $folder"
		fi
	done
	if [ -n "$caches" ]; then
		for entry in "$cache"/qemu-* "$cache"/linux-* "$cache"/linux.lock "$cache"/linux-stock.lock "$cache"/source-* "$cache"/suite-* "$cache"/kselftest-* "$cache"/config.* "$cache"/fpga-* "$cache"/synth; do
			[ ! -e "$entry" ] || rm -rf "$entry"
		done
		say "removed the kernels, QEMU and synthesis results from $cache"
	fi
}
