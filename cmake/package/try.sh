#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# try.sh PACKAGES WORK [SUITE]: installs dmmu-dkms and dmmu-tools in a clean Debian (made by debootstrap in WORK, which is
# removed afterwards), where DKMS builds the driver: for the Debian kernel that `--kernel stock` means, in the host's own
# release; or for the kernel of SUITE, in that. Prints the path of the module, kept beside the packages. As root; the
# host's mirror.
set -eu
packages=$1 work=$2 suite=${3-}
here=$(cd "$(dirname "$0")/.." && pwd)
say() { printf 'package: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
[ "$(id -u)" = 0 ] || die 'a clean Debian is made in a chroot: as root, please'
command -v debootstrap >/dev/null || die 'needs the command debootstrap: apt-get install debootstrap'

# shellcheck source=cmake/debian-root.sh
. "$here/debian-root.sh"
mirror=${DMMU_MIRROR:-$(debian_host_mirror)}
root=$work/root
log=$work/log
clean() {
	! mountpoint -q "$root/proc" || umount "$root/proc"
	rm -rf "$root"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$root"

# clean_debian SUITE PACKAGES
clean_debian() {
	say "making a clean Debian $1 (some minutes)"
	debootstrap --variant=minbase --include="dkms,$2" "$1" "$root" "$mirror" >"$log" 2>&1 ||
		{ tail -n 15 "$log" >&2; die "debootstrap failed: is there a release $1?"; }
	mount -t proc proc "$root/proc"
}

# own_headers: those of the kernel that `--kernel stock` means, as their package would put them (it depends on pahole).
own_headers() {
	home=$("$here/stock-kernel.sh")
	release=$(cat "$home/release")
	mkdir -p "$root/lib/modules/$release" "$root/usr/src"
	cp -a "$home"/root/usr/src/. "$root/usr/src/"
	cp -a "$home"/root/usr/lib/. "$root/usr/lib/"
	# they were made to be used where they are
	sed -i "s|$home/root||" "$root/usr/src/linux-headers-$release/Makefile"
	ln -s "/usr/src/linux-headers-$release" "$root/lib/modules/$release/build"
	: >"$root/lib/modules/$release/modules.order"
	: >"$root/lib/modules/$release/modules.builtin"
}

if [ -n "$suite" ]; then
	clean_debian "$suite" linux-headers-amd64
	release=$(ls "$root/lib/modules")
else
	clean_debian "$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")" kmod,make,gcc-12,libelf1,libssl3,pahole
	own_headers
fi
mkdir "$root/packages"
cp "$packages"/dmmu-dkms_*.deb "$packages"/dmmu-tools_*.deb "$root/packages/"
say "installing the packages there, for kernel $release"
# DKMS builds for every kernel that has headers.
chroot "$root" sh -c 'dpkg -i /packages/*.deb' >>"$log" 2>&1 || {
	tail -n 15 "$log" >&2
	find "$root/var/lib/dkms" -name make.log -exec tail -n 25 {} \; >&2
	die 'the packages could not be installed'
}
chroot "$root" dkms status >&2
module=$(find "$root/lib/modules/$release/updates" -name 'dmmu.ko*' | head -n 1)
[ -n "$module" ] || die 'DKMS installed no module'
case $module in *.xz) xz -dc "$module" >"$packages/dmmu-$release.ko" ;; *) cp "$module" "$packages/dmmu-$release.ko" ;; esac
chroot "$root" /usr/bin/dmmu-tool --version >&2 || die 'dmmu-tool does not run there'
say 'removing the packages there'
chroot "$root" dpkg -r dmmu-dkms dmmu-tools >>"$log" 2>&1 || { tail -n 15 "$log" >&2; die 'the packages could not be removed'; }
[ -z "$(chroot "$root" dkms status)" ] || die 'DKMS still has the driver'
printf '%s\n' "$packages/dmmu-$release.ko"
