# SPDX-License-Identifier: GPL-2.0
# The command package.

# do_package: Debian packages and the source release; with --try in a clean Debian, and the selftests with what that built.
do_package() {
	try='' suite=''
	while [ $# -gt 0 ]; do
		case $1 in
		--try)
			try=yes
			case ${2-} in '' | -*) ;; *) suite=$2; shift ;; esac
			;;
		*) wrong "package does not know '$1'" ;;
		esac
		shift
	done
	need_packages
	mkdir -p "$logs" "$build/packages"
	build_host --target packaged || exit 1
	long package cpack --config "$build/CPackConfig.cmake" -G DEB -B "$build/packages" || exit 1
	long package-source cpack --config "$build/CPackSourceConfig.cmake" -B "$build/packages" || exit 1
	rm -rf "$build/packages/_CPack_Packages"
	ls -l "$build/packages"
	[ -n "$try" ] || return 0
	module=$("$root/cmake/package/try.sh" "$build/packages" "$(mktemp -d "${TMPDIR:-/tmp}/dmmu-package.XXXXXX")" "$suite") || exit 1
	if [ -n "$suite" ]; then
		echo "The packages install in a clean Debian $suite, DKMS builds the driver for its kernel there ($module), and they can be removed."
		return
	fi
	build_guest stock
	image=$("$root/selftests/vm/own-image.sh" stock "$module" "$build") || exit 1
	vm --mode selftests --kernel stock --initramfs "$image" --run-dir "$build/runs/package" ||
		die "the selftests failed with the driver that DKMS built; see $build/runs/package"
	echo 'The packages install in a clean Debian, DKMS builds the driver there, and with it the selftests pass.'
}
