#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kernel.sh: builds the harness kernels, those the tests boot, and prints the folder that holds one.
#
# A kernel's name is [RELEASE-]VARIANT: plain, debug, gdb and kcov are 6.12, the default; 7.2-plain and 7.2-debug a later one;
# stock and stock-6.1 are Debian's own binary kernels (cmake/stock-kernel.sh).
# Source: of 6.12 Debian's linux-source-6.12, or a tree that DMMU_KERNEL_TREE names; of a later release the installed
# package if there is one, else a private copy of that in Debian's backports or sid. What is kept is small: bzImage,
# vmlinux, .config, a kit that builds modules without the source. Folders are named by a hash of what
# goes in (source, fragments, compiler) and renamed into place when whole; an interrupted build goes on where it stopped.
# The whole build runs with a python that fails and records its call, so "needs no Python" holds for each kernel made.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
fragments=$here/selftests/vm/kernel
layout=1 # count up when what is kept changes

say() { printf 'kernel: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() {
	cat <<-'TEXT'
	usage: cmake/kernel.sh [--path] KERNEL    build that kernel, print its folder (--path: print only)
	       cmake/kernel.sh --config FILE KERNEL
	                                          write its configuration to FILE, build nothing else
	       cmake/kernel.sh --suite KERNEL     print a folder with what of its source tree the tests use:
	                                          the kselftest headers, the kernel's HMM suite and dummy driver
	       cmake/kernel.sh --kselftest        print the folder with the kselftest headers of the default kernel
	  KERNEL            plain, debug, gdb, kcov (6.12), 7.2-plain, 7.2-debug, 7.2-gdb, stock or stock-6.1 (Debian's binaries)
	  DMMU_KERNEL_TREE  build this kernel source tree instead of Debian's linux-source-6.12
	  DMMU_CACHE        where kernels are kept (default ~/.cache/dmmu)
	  DMMU_LOGS         where the build log goes (default build/logs)
	  DMMU_JOBS         compile jobs at a time (default: the number of processors)
	  DMMU_MIRROR       URI of a Debian mirror, when the host's apt sources name none that has backports
	TEXT
}

action=build
config=
case ${1-} in
-h | --help) usage; exit 0 ;;
--path) action=path; shift ;;
--config) action=config; config=${2-}; [ -n "$config" ] || { usage >&2; exit 2; }; shift 2 ;;
--suite) action=suite; shift ;;
--kselftest) action=kselftest; shift; set -- plain "$@" ;;
esac
name=${1-}
[ $# -le 1 ] || { usage >&2; exit 2; }
case $name in
plain | debug | gdb | kcov) release=6.12 variant=$name prefix=linux ;;
7.2-plain | 7.2-debug | 7.2-gdb) release=${name%-*} variant=${name##*-} prefix=linux-$release ;;
stock | stock-6.1)
	release=${name#stock}
	case $action in
	build) exec "$here/cmake/stock-kernel.sh" "${release#-}" ;;
	path) exec "$here/cmake/stock-kernel.sh" --path "${release#-}" ;;
	*) die "Debian's own kernel has no source here" ;;
	esac ;;
*) usage >&2; exit 2 ;;
esac

cache=${DMMU_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/dmmu}
jobs=${DMMU_JOBS:-$(nproc)}
tree=
[ "$release" != 6.12 ] || tree=${DMMU_KERNEL_TREE-}

# --- the source -----------------------------------------------------------------------------------------------------

# fetch_source: a private copy of linux-source-$release, by the host's apt; which version is whatever is there.
fetch_source() {
	# shellcheck source=cmake/debian-root.sh
	. "$here/cmake/debian-root.sh"
	# shellcheck disable=SC2034 # for debian-root.sh
	debian_instead="apt-get install linux-source-$release from wherever you can"
	debian_needs
	mkdir -p "$cache"
	debian_lock "$private.lock" "fetching linux-source-$release"
	if [ ! -f "$private/version" ]; then
		rm -rf "$private.new"
		trap 'rm -rf "$private.new"' EXIT
		say "fetching linux-source-$release (about 160 MB)"
		for suites in trixie-backports 'trixie-backports sid'; do
			# shellcheck disable=SC2086 # a list
			debian_root "$private.new" $suites
			debian_apt update
			debian_policy "linux-source-$release" >"$private.new/policy"
			[ ! -s "$private.new/policy" ] || break
		done
		[ -s "$private.new/policy" ] || die "no linux-source-$release in Debian's backports or sid: $debian_instead"
		(cd "$private.new/apt/archives" && debian_apt download "linux-source-$release")
		dpkg-deb --fsys-tarfile "$private.new/apt/archives"/linux-source-*.deb |
			tar -x -C "$private.new/root" --no-same-owner "./usr/src/linux-source-$release.tar.xz"
		mv "$private.new/root/usr/src/linux-source-$release.tar.xz" "$private.new/"
		cp "$private.new/policy" "$private.new/version"
		rm -rf "$private.new/apt" "$private.new/root"
		rm -rf "$private"
		mv -T "$private.new" "$private"
		trap - EXIT
	fi
	exec 9>&-
}

tarball=/usr/src/linux-source-$release.tar.xz
private=$cache/source-$release
if [ -n "$tree" ]; then
	[ -f "$tree/Kbuild" ] || die "DMMU_KERNEL_TREE names '$tree', which is no kernel source tree"
	tree=$(cd "$tree" && pwd)
	source_id="tree $tree $(git -C "$tree" rev-parse HEAD 2>/dev/null || true)"
elif [ -r "$tarball" ]; then
	source_id="debian $(dpkg-query -W -f '${Version}' "linux-source-$release" 2>/dev/null || cksum <"$tarball")"
elif [ "$release" = 6.12 ]; then
	die "no $tarball: apt-get install linux-source-$release, or name a kernel source tree in DMMU_KERNEL_TREE"
else
	if [ ! -f "$private/version" ]; then
		[ "$action" != path ] || die "linux-source-$release is not here yet"
		fetch_source
	fi
	tarball=$private/linux-source-$release.tar.xz
	source_id="debian $(cat "$private/version")"
fi
compiler=$("${CC:-gcc}" --version 2>/dev/null | head -n 1) || true
[ -n "$compiler" ] || die 'no gcc: apt-get install build-essential'
hash_of() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }
source_hash=$(hash_of "$source_id")

# Of an option that several fragments have, the last counts.
set -- "$fragments/base.config"
[ ! -f "$fragments/$release.config" ] || set -- "$@" "$fragments/$release.config"
[ "$variant" != kcov ] || set -- "$@" "$fragments/debug.config"
set -- "$@" "$fragments/$variant.config"
[ ! -f "$fragments/$release-$variant.config" ] || set -- "$@" "$fragments/$release-$variant.config"

if [ "$action" = path ] || [ "$action" = build ]; then
	contents=$(cat "$@")
	home=$cache/$prefix-$variant-$(hash_of "$source_id" "$compiler" "$contents" "$layout")
	if [ "$action" = path ] || { [ -f "$home/bzImage" ] && [ -z "$tree" ]; }; then
		printf '%s\n' "$home"
		exit 0
	fi
fi
if [ "$action" = kselftest ] || [ "$action" = suite ]; then
	suite=$tree
	if [ -z "$tree" ]; then
		suite=$cache/suite-$release-$source_hash
		if [ ! -d "$suite" ]; then
			mkdir -p "$cache"
			new=$(mktemp -d "$cache/suite.XXXXXX")
			trap 'rm -rf "$new"' EXIT
			tar -xf "$tarball" -C "$new" --strip-components=1 --wildcards --no-wildcards-match-slash \
				"linux-source-$release/tools/testing/selftests/kselftest*.h" \
				"linux-source-$release/tools/testing/selftests/mm/*.[ch]" \
				"linux-source-$release/tools/include/uapi" "linux-source-$release/tools/arch/x86/include/uapi" \
				"linux-source-$release/lib/test_hmm*.[ch]" "linux-source-$release/mm/gup_test.h"
			for file in tools/testing/selftests/kselftest_harness.h tools/testing/selftests/mm/hmm-tests.c \
				lib/test_hmm_uapi.h; do
				[ -f "$new/$file" ] || die "$tarball has no $file"
			done
			chmod 755 "$new"
			mv -T "$new" "$suite" 2>/dev/null || [ -f "$suite/lib/test_hmm_uapi.h" ] || die "cannot write $suite"
			trap - EXIT
		fi
	fi
	[ "$action" = suite ] || suite=$suite/tools/testing/selftests
	printf '%s\n' "$suite"
	exit 0
fi

for tool in make gcc ld flex bison bc xz tar flock; do
	command -v "$tool" >/dev/null || die "needs the command $tool; ./dmmu doctor says which package has it"
done
mkdir -p "$cache"

# One build at a time: a second run waits, and then usually finds the work done.
exec 9>"$cache/linux.lock"
flock -n 9 || { say 'another run is building a kernel, waiting for it'; flock -w 3600 9 || die 'gave up after an hour'; }
if [ "$action" = build ] && [ -f "$home/bzImage" ] && [ -z "$tree" ]; then
	printf '%s\n' "$home"
	exit 0
fi

if [ -z "$tree" ]; then
	tree=$cache/linux-source-$source_hash
	own_tree=$tree
	if [ ! -f "$tree/Kbuild" ]; then
		say "unpacking $tarball"
		rm -rf "$tree.new"
		mkdir -p "$tree.new"
		# What an x86 build never reads is left out; it is most of the size.
		tar -xf "$tarball" -C "$tree.new" --strip-components=1 \
			--exclude='*/Documentation/*/*' --exclude='*/drivers/gpu/drm/amd/include' --exclude='*/arch/*/boot/dts' \
			--exclude='*/tools/perf' --exclude='*/tools/testing/selftests/*/*'
		mv -T "$tree.new" "$tree"
	fi
else
	own_tree=
fi

# The source is thrown away when no kernel is left to be built from it; unpacking it again takes seconds.
drop_source() {
	[ -n "$own_tree" ] || return 0
	if ls "$cache/$prefix"-plain-*/bzImage "$cache/$prefix"-debug-*/bzImage >/dev/null 2>&1 &&
		! ls "$cache/$prefix"-gdb-*/bzImage >/dev/null 2>&1; then
		rm -rf "$own_tree"
	fi
}

# --- build ----------------------------------------------------------------------------------------------------------
if [ "$action" = build ]; then
	objects=$home.objects
else
	objects=$(mktemp -d "$cache/config.XXXXXX")
	trap 'rm -rf "$objects"' EXIT
fi
mkdir -p "$objects"
. "$here/cmake/no-python.sh"
no_python "$objects/no-python"
# Kconfig asks python for a module, for a driver we do not build: PYTHON3=false answers no without a python.
kmake() { make -C "$tree" O="$objects" ARCH=x86_64 PYTHON3=false LC_ALL=C "$@" 9>&-; }

logs=${DMMU_LOGS:-$here/build/logs}
mkdir -p "$logs"
log=$logs/kernel-$name.log
: >"$log"
failed() {
	tail -n 25 "$log" >&2
	die "$1; the whole log is $log"
}

awk '{ key = $0; sub(/^# /, "", key); sub(/[= ].*/, "", key) }
	/^(CONFIG_|# CONFIG_[A-Za-z0-9_]+ is not set)/ { if (!(key in line)) order[++n] = key; line[key] = $0 }
	END { for (i = 1; i <= n; i++) print line[order[i]] }' \
	"$@" >"$objects/fragment"
kmake -s KCONFIG_ALLCONFIG="$objects/fragment" allnoconfig >>"$log" 2>&1 || failed 'cannot configure'

# An option that kconfig dropped silently would make a test pass for the wrong reason.
lost=$(awk 'NR == FNR { have[$0] = 1; next }
	/is not set$/ { split($0, word, " "); for (line in have) if (index(line, word[2] "=") == 1) print $0; next }
	!($0 in have) { print $0 }' "$objects/.config" "$objects/fragment")
if [ -n "$lost" ]; then
	printf '%s\n' "$lost" | sed 's/^/kernel:   /' >&2
	if [ -n "$own_tree" ]; then
		die "these options of selftests/vm/kernel did not stick (renamed, or a dependency is missing)"
	fi
	say 'this tree does not have the options above; going on without them'
fi
if [ "$action" = config ]; then
	cp "$objects/.config" "$config"
	! no_python_called >&2 || die 'the configuration called python'
	drop_source
	exit 0
fi

expected=1370
case $variant in debug | kcov) expected=1410 ;; esac
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
start=$(date +%s)
say "building the $name kernel from $source_id with $jobs jobs; log: $log"
# Not the function: the background job must be make itself, so that it can be stopped.
make -C "$tree" O="$objects" ARCH=x86_64 PYTHON3=false LC_ALL=C -j"$jobs" bzImage modules >>"$log" 2>&1 9>&- &
make_pid=$!
trap 'kill $make_pid 2>/dev/null; wait $make_pid 2>/dev/null; exit 130' HUP INT TERM
last=$start
while kill -0 $make_pid 2>/dev/null; do
	sleep 1
	now=$(date +%s)
	step=15
	[ ! -t 2 ] || step=1
	[ $((now - last)) -ge $step ] || continue
	last=$now
	done_objects=$(grep -c '^  \(CC\|AS\|LD\|AR\|HOSTCC\) ' "$log") || true
	if [ -t 2 ]; then
		printf '\rkernel: %s: %s of about %s objects, %s ' "$name" "$done_objects" "$expected" "$(clock $((now - start)))" >&2
	else
		say "$name: $done_objects of about $expected objects, $(clock $((now - start)))"
	fi
done
[ ! -t 2 ] || printf '\n' >&2
wait $make_pid || { no_python_called >&2 || true; failed 'the kernel does not build'; }
trap - HUP INT TERM
! no_python_called >>"$log" || failed 'the build called python'

# --- keep what is needed --------------------------------------------------------------------------------------------
new=$home.new
rm -rf "$new"
mkdir -p "$new/scripts" "$new/kselftest"
kmake -s run-command KBUILD_RUN_COMMAND="\$(srctree)/scripts/package/install-extmod-build $new/kit" >>"$log" 2>&1 ||
	failed 'cannot make the module kit'
cp "$objects/arch/x86/boot/bzImage" "$objects/System.map" "$new/"
cp "$objects/.config" "$new/config"
cp "$objects/.config" "$new/kit/.config"
cp "$objects/vmlinux" "$new/vmlinux"
cp "$tree/tools/testing/selftests/"kselftest*.h "$new/kselftest/"
cp "$tree/scripts/checkpatch.pl" "$tree/scripts/spelling.txt" "$tree/scripts/const_structs.checkpatch" "$new/scripts/"
cp "$objects/include/config/kernel.release" "$new/release"
! no_python_called >>"$log" || failed 'the build called python'
printf '%s\n' "$source_id" >"$new/source"
rm -rf "$home.old"
[ ! -d "$home" ] || mv -T "$home" "$home.old"
mv -T "$new" "$home"
rm -rf "$home.old"
say "$name: built in $(clock $(($(date +%s) - start)))"

# A tree that the user named stays incremental; of ours the objects go.
if [ -n "$own_tree" ]; then
	rm -rf "$objects"
	[ "$variant" != gdb ] || say "the source that gdb shows is $own_tree"
fi
drop_source
printf '%s\n' "$home"
