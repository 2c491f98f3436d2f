#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# qemu.sh: finds or makes a QEMU that has vfio-user-pci (10.1 or newer) and prints the path to start it by.
#
# In this order: the one named by DMMU_QEMU, the host's if it is new enough, else a private copy of the
# one in trixie-backports: downloaded by the host's apt into an apt root of its own (signatures checked
# with the host's Debian keyring), unpacked into the cache, started through its own ld.so. It needs no
# root and changes nothing outside the cache. A copy is renamed into place only when it has run.
set -eu

packages='qemu-system-x86 seabios'
suites='trixie trixie-backports'
layout=1 # count up when what this script makes of the same packages changes

say() { printf 'qemu: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

case ${1-} in
'') ;;
-h | --help)
	cat <<-'TEXT'
	usage: cmake/qemu.sh
	Prints the path of a QEMU with vfio-user-pci; makes a private copy in the cache if there is none.
	  DMMU_QEMU    use this QEMU and no other
	  DMMU_CACHE   where the private copy is kept (default ~/.cache/dmmu)
	  DMMU_MIRROR  URI of a Debian mirror, when the host's apt sources name none that has trixie
	TEXT
	exit 0 ;;
*) say "unknown argument '$1'; see --help"; exit 2 ;;
esac

# Naming the device is the test that counts. (Bare "-device help" can abort: it loads every module.)
good() { "$1" -M none -device vfio-user-pci,help </dev/null 2>/dev/null | grep -q 'x-msg-timeout'; }

if [ -n "${DMMU_QEMU-}" ]; then
	qemu=$(command -v "$DMMU_QEMU") || die "DMMU_QEMU names '$DMMU_QEMU', which is not there"
	good "$qemu" || die "DMMU_QEMU names '$DMMU_QEMU', which has no vfio-user-pci device: it must be QEMU 10.1 or newer"
	printf '%s\n' "$qemu"
	exit 0
fi
if qemu=$(command -v qemu-system-x86_64) && good "$qemu"; then
	printf '%s\n' "$qemu"
	exit 0
fi

cache=${DMMU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/dmmu}
hash=$(printf '%s\n' "$packages" "$suites" "$layout" | sha256sum | cut -c1-12)
home=$cache/qemu-$hash
if [ -x "$home/qemu" ]; then
	printf '%s\n' "$home/qemu"
	exit 0
fi

# shellcheck source=cmake/debian-root.sh
. "$(dirname "$0")/debian-root.sh"
debian_instead='name a QEMU 10.1 or newer in DMMU_QEMU'
debian_needs

mkdir -p "$cache"
debian_lock "$cache/qemu-$hash.lock" 'making the private copy'
if [ -x "$home/qemu" ]; then
	printf '%s\n' "$home/qemu"
	exit 0
fi

work=$cache/qemu-$hash.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2086 # a list
debian_root "$work" $suites

say 'no QEMU 10.1 or newer here: making a private copy (about 40 MB to download, nothing is installed)'
say '  reading the package lists'
debian_apt update
say '  downloading'
# shellcheck disable=SC2086 # a list
debian_apt -y --download-only -t trixie-backports install $packages
say '  unpacking'
for deb in "$work"/apt/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --exclude='./usr/share/doc' --exclude='./usr/share/man' \
		--exclude='./usr/share/locale' --no-same-owner 2>>"$work/log" || die "cannot unpack $deb"
done
rm -rf "$work/apt"

cat >"$work/qemu" <<'WRAPPER'
#!/bin/sh
# Starts the private QEMU beside this script with its own libraries, data and modules. Made by cmake/qemu.sh.
here=$(cd "$(dirname "$0")" && pwd)
root=$here/root
libs=$root/usr/lib/x86_64-linux-gnu
QEMU_MODULE_DIR=$libs/qemu
export QEMU_MODULE_DIR
unset LD_LIBRARY_PATH LD_PRELOAD
exec "$libs/ld-linux-x86-64.so.2" --library-path "$libs:$root/usr/lib" "$root/usr/bin/qemu-system-x86_64" \
	-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
WRAPPER
chmod +x "$work/qemu"
version=$("$work/qemu" --version 2>&1 | head -n 1)
good "$work/qemu" || die "the private copy does not run or has no vfio-user-pci: $version"
say "  $version"
rm -f "$work/log"
mv "$work" "$home"
printf '%s\n' "$home/qemu"
