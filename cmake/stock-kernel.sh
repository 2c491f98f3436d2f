#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# stock-kernel.sh [--path] [6.1]: unpacks a kernel that Debian ships, privately, and prints the folder that holds it:
# bzImage, a kit that builds modules, and in modules/ those of Debian's modules that the guest needs before it can talk and use its
# disks. Called by kernel.sh for the kernels "stock" (6.12 or newer) and "stock-6.1" (what Debian 12 came with).
#
# It shows what the driver does on a kernel that nobody configured for it: Debian's has no CONFIG_DEVICE_PRIVATE and no
# CONFIG_KUNIT. Packages come from the host's own release, or its backports when that has an older kernel; which version
# is whatever is there, and the folder is named by it.
set -eu

modules='virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_console virtio_blk ext4 jbd2 mbcache crc16 crc32c_generic'
layout=1 # count up when what is kept changes

say() { printf 'kernel: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

cache=${DMMU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/dmmu}
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
action=
[ "${1-}" != --path ] || { action=path; shift; }
case ${1-} in
6.1) oldest=6.1 below=6.2 prefix=$cache/linux-stock-6.1-$codename-$layout ;;
*) oldest=6.12 below=99 prefix=$cache/linux-stock-$codename-$layout ;;
esac

found() {
	for home in "$prefix"-*; do
		[ ! -f "$home/bzImage" ] || { printf '%s\n' "$home"; return 0; }
	done
	return 1
}
! found || exit 0
[ -z "$action" ] || die "Debian's own kernel is not here yet"

# shellcheck source=cmake/debian-root.sh
. "$(dirname "$0")/debian-root.sh"
# shellcheck disable=SC2034 # for debian-root.sh
debian_instead='this kernel needs them'
debian_needs
command -v xz >/dev/null || die 'needs the command xz'
[ -n "$codename" ] || die 'no release named in /etc/os-release: on what Debian is this?'

mkdir -p "$cache"
debian_lock "$cache/linux-stock.lock" "fetching Debian's kernel"
! found || exit 0

work=$cache/linux-stock.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
say "fetching Debian's own kernel (about 120 MB, nothing is installed)"
version=
for suite in "$codename" "$codename-backports"; do
	debian_root "$work" "$suite"
	debian_apt update
	version=$(debian_policy linux-image-amd64)
	if dpkg --compare-versions "${version:-0}" ge "$oldest" && dpkg --compare-versions "$version" lt "$below"; then break; fi
	version=
done
[ -n "$version" ] || die "neither $codename nor its backports have a kernel from $oldest on and below $below"

# The packages behind the names that always mean the newest.
first_dependency() { debian_cache show "$1=$version" | sed -n 's/^Depends: \([^ ,]*\).*/\1/p' | head -n 1; }
image=$(first_dependency linux-image-amd64)
headers=$(first_dependency linux-headers-amd64)
others=$(debian_cache show "$headers" | sed -n 's/^Depends: //p' | head -n 1 | tr ',|' '\n\n' |
	sed -n 's/^ *\(linux-headers-[^ ]*-common\|linux-kbuild-[^ ]*\).*/\1/p' | sort -u)
[ -n "$image" ] && [ -n "$others" ] || die "cannot tell the packages of $version apart"
# shellcheck disable=SC2086 # a list
(cd "$work/apt/archives" && debian_apt download "$image" "$headers" $others)
for deb in "$work"/apt/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --no-same-owner --exclude='./usr/share' 2>>"$work/log" ||
		die "cannot unpack $deb"
done
rm -rf "$work/apt"

home=$prefix-$(printf '%s' "$version" | tr -c 'A-Za-z0-9.+-' _)
release=${image#linux-image-}
mkdir "$work/modules"
for module in $modules; do
	file=$(find "$work/root/" -name "$module.ko*" | head -n 1)
	[ -n "$file" ] || { grep -q "/$module.ko\$" "$work"/root/*/modules/*/modules.builtin "$work"/root/lib/modules/*/modules.builtin 2>/dev/null && continue
		die "$image has no module $module"; }
	case $file in
	*.xz) xz -dc "$file" >"$work/modules/$module.ko" ;;
	*.ko) cp "$file" "$work/modules/" ;;
	*) die "$image has its modules compressed in a way not known here: ${file##*/}" ;;
	esac
done
mv "$work/root/boot/vmlinuz-$release" "$work/bzImage"
mv "$work/root/boot/config-$release" "$work/config"
rm -rf "$work/root/boot" "$work/root/lib" "$work/root/usr/lib/modules"
# The one absolute path among the headers.
sed -i "s|/usr/src/|$home/root/usr/src/|" "$work/root/usr/src/$headers/Makefile"
ln -s "root/usr/src/$headers" "$work/kit"
printf '%s\n' "$release" >"$work/release"
printf 'debian %s\n' "$version" >"$work/source"
rm -f "$work/log" "$work/policy"
mv -T "$work" "$home"
say "Debian's $release is in the cache"
printf '%s\n' "$home"
