#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fpga-tools.sh: finds or makes the synthesis and place-and-route tools and prints the folder that has them:
# yosys, nextpnr-ecp5, ecppack, nextpnr-xilinx, and a file `version` that names them.
#
# The folder named by DMMU_FPGA_TOOLS, else a private copy of Debian sid's packages: downloaded into an apt root of its
# own, only what is used unpacked into the cache (the tools, their libraries, three chip databases), each started through
# its own ld.so. It needs no root and changes nothing outside the cache.
set -eu

packages='yosys nextpnr-ecp5 fpga-trellis nextpnr-himbaechel-xilinx'
suites='sid'
chips='ecp5/chipdb-85k.bin himbaechel/xilinx/chipdb-xc7a100t.bin himbaechel/xilinx/chipdb-xc7a200t.bin'
bitstream='./usr/share/trellis/database/devices.json ./usr/share/trellis/database/ECP5/LFE5UM5G-85F ./usr/share/trellis/database/ECP5/tiledata'
layout=3 # count up when what this script makes of the same packages changes

say() { printf 'fpga-tools: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

only_path=
case ${1-} in
'') ;;
--path) only_path=yes ;;
-h | --help)
	cat <<-'TEXT'
	usage: cmake/fpga-tools.sh [--path]
	Prints the folder with yosys, nextpnr-ecp5, ecppack and nextpnr-xilinx; makes a private copy in the cache if there is none.
	  --path           print where it is or would be, and make nothing
	  DMMU_FPGA_TOOLS  a folder that has the four, and a file version
	  DMMU_CACHE       where the private copy is kept (default ~/.cache/dmmu)
	  DMMU_MIRROR      URI of a Debian mirror, when the host's apt sources name none that has sid
	TEXT
	exit 0 ;;
*) say "unknown argument '$1'; see --help"; exit 2 ;;
esac

if [ -n "${DMMU_FPGA_TOOLS-}" ]; then
	for tool in yosys nextpnr-ecp5 ecppack nextpnr-xilinx version; do
		[ -e "$DMMU_FPGA_TOOLS/$tool" ] || die "DMMU_FPGA_TOOLS names '$DMMU_FPGA_TOOLS', which has no $tool"
	done
	printf '%s\n' "$DMMU_FPGA_TOOLS"
	exit 0
fi

cache=${DMMU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/dmmu}
hash=$(printf '%s\n' "$packages" "$suites" "$chips" "$bitstream" "$layout" | sha256sum | cut -c1-12)
home=$cache/fpga-$hash
if [ -n "$only_path" ] || [ -f "$home/version" ]; then
	printf '%s\n' "$home"
	exit 0
fi

# shellcheck source=cmake/debian-root.sh
. "$(dirname "$0")/debian-root.sh"
debian_instead='name a folder with the tools in DMMU_FPGA_TOOLS'
debian_needs
mkdir -p "$cache"
debian_lock "$cache/fpga-$hash.lock" 'making the private copy'
if [ -f "$home/version" ]; then
	printf '%s\n' "$home"
	exit 0
fi

work=$cache/fpga-$hash.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work"
# shellcheck disable=SC2086 # a list
debian_root "$work" $suites
say 'making a private copy of yosys, nextpnr and ecppack from Debian sid (about 47 MB to download, nothing is installed)'
say '  reading the package lists'
debian_apt update
say '  downloading'
# shellcheck disable=SC2086 # a list
debian_apt -y --download-only install $packages
say '  unpacking'
# Of the chip databases only what three chips need; of everything else, what the tools open: programs, libraries, yosys' own data.
# nextpnr has a Python interpreter built in and does not start without the modules that one loads at once: these are
# the only part of Python unpacked. No Python program is run, and none of this is on anybody's path.
for deb in "$work"/apt/archives/*.deb; do
	name=${deb##*/}
	name=${name%%_*}
	case $name in
	fpga-trellis-database)
		# shellcheck disable=SC2086 # a list
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --no-same-owner $bitstream 2>>"$work/log" || die "cannot unpack $deb"
		continue ;;
	*-chipdb)
		members=
		for chip in $chips; do
			case $name in
			nextpnr-ecp5-chipdb) case $chip in ecp5/*) members="$members ./usr/share/nextpnr/$chip" ;; esac ;;
			*) case $chip in himbaechel/*) members="$members ./usr/share/nextpnr/$chip" ;; esac ;;
			esac
		done
		# shellcheck disable=SC2086 # a list
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --no-same-owner $members 2>>"$work/log" || die "cannot unpack $deb"
		continue ;;
	yosys | yosys-abc | nextpnr-* | fpga-trellis) unwanted=./usr/share/doc ;;
	lib*-stdlib | lib*-modules*) continue ;;
	lib* | zlib1g | gcc-*-base) unwanted=./usr/share ;;
	*) continue ;;
	esac
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --exclude="$unwanted" --no-same-owner 2>>"$work/log" ||
		die "cannot unpack $deb"
done
rm -rf "$work/apt"

bin=$work/root/usr/bin
cp "$work/root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$bin/ld.so"
mv "$bin/yosys-abc" "$bin/yosys-abc.bin"

# starter FILE PROGRAM [IN_NAMESPACE]: writes a script that starts the program with its own libraries. yosys takes the
# folder of the running executable, which is this ld.so, for its own: so ld.so lies there, and yosys-abc beside it is
# such a script.
starter() {
	cat >"$1" <<-WRAPPER
	#!/bin/sh
	# Starts the private $2 with its own libraries. Made by cmake/fpga-tools.sh.
	here=\$(cd "\$(dirname "\$0")" && pwd)
	root=\${here%/root/usr/bin}/root
	unset LD_LIBRARY_PATH LD_PRELOAD PYTHONPATH
	PYTHONHOME=\$root/usr
	export PYTHONHOME
	set -- "\$root/usr/bin/ld.so" --library-path "\$root/usr/lib/x86_64-linux-gnu:\$root/usr/lib/x86_64-linux-gnu/trellis" "\$root/usr/bin/$2" "\$@"
	WRAPPER
	case $2 in
	# Its chip database has a fixed place, /usr/share/nextpnr: seen there in a mount namespace of its own.
	nextpnr-ecp5) cat >>"$1" <<-'WRAPPER' ;;
		mode=-m
		unshare -m true 2>/dev/null || mode=-rm
		unshare $mode true 2>/dev/null || { echo 'nextpnr-ecp5: this machine lets nobody make a mount namespace (unshare -rm)' >&2; exit 1; }
		exec unshare $mode sh -c 'mount --bind "$0/usr/share" /usr/share && exec "$@"' "$root" "$@"
		WRAPPER
	nextpnr-himbaechel-xilinx) cat >>"$1" <<-'WRAPPER' ;;
		# --device xc7a200t...: the database is named after the first eight letters
		for arg; do case $arg in xc7*) chip=$(printf '%.8s' "$arg") ;; esac; done
		exec "$@" --chipdb "$root/usr/share/nextpnr/himbaechel/xilinx/chipdb-${chip-}.bin"
		WRAPPER
	ecppack) echo "exec \"\$@\" --db \"\$root/usr/share/trellis/database\"" >>"$1" ;;
	*) echo 'exec "$@"' >>"$1" ;;
	esac
	chmod +x "$1"
}
starter "$bin/yosys-abc" yosys-abc.bin
starter "$work/yosys" yosys
starter "$work/nextpnr-ecp5" nextpnr-ecp5
starter "$work/ecppack" ecppack
starter "$work/nextpnr-xilinx" nextpnr-himbaechel-xilinx
yosys=$("$work/yosys" -V 2>&1) || die "the private yosys does not run: $yosys"
ecp5=$("$work/nextpnr-ecp5" --um5g-85k --version 2>&1) || die "the private nextpnr-ecp5 does not run: $ecp5"
"$work/ecppack" --help >"$work/log" 2>&1 || die "the private ecppack does not run: $(tail -n 1 "$work/log")"
xilinx=$("$work/nextpnr-xilinx" --version 2>&1) || die "the private nextpnr-himbaechel-xilinx does not run: $xilinx"
rm -f "$work/log"
printf '%s\n' "$yosys" "$ecp5" "$xilinx" >"$work/version"
mv "$work" "$home"
say "  $yosys"
printf '%s\n' "$home"
