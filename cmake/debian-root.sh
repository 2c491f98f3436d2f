# SPDX-License-Identifier: GPL-2.0
# debian-root.sh: sourced by scripts that unpack Debian packages of another release privately. The host's apt does the
# work (its mirror, proxy and keyring) with lists, caches and an empty status of its own: no root, nothing installed.
#
#   debian_needs            dies unless this machine can do it
#   debian_lock FILE WHAT   waits while another run does WHAT; the lock is descriptor 9, until it is closed
#   debian_root WORK SUITE...  makes the apt root in WORK/apt
#   debian_apt ARGUMENTS    apt-get in that root; its output goes to WORK/log
#   debian_cache ARGUMENTS  apt-cache in that root
#   debian_policy PACKAGE   the version that would be taken
# The caller has say and die, and in debian_instead what else the user can do. DMMU_MIRROR names a mirror when the
# host's apt sources name none.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

debian_needs() {
	[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
		die "a private copy is made from Debian amd64 packages, and this is no such machine: ${debian_instead-}"
	for tool in apt-get dpkg-deb flock sha256sum; do
		command -v "$tool" >/dev/null || die "needs the command $tool"
	done
	[ -r "$debian_keyring" ] || die "needs $debian_keyring to check signatures: install debian-archive-keyring"
}

# At most 15 minutes; then that run hangs, or has a network that is too slow.
debian_lock() {
	exec 9>"$1"
	flock -n 9 || { say "another run is $2, waiting for it"; flock -w 900 9 || die 'gave up after 15 minutes'; }
}

# The mirror: the first one of the host's apt sources that serves the host's own release, in either syntax.
debian_host_mirror() {
	release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		case $file in
		*.sources) awk -v release="$release" '
			function end() { if (type && !off && suite && uri != "") print uri; type = off = suite = 0; uri = "" }
			/^[ \t]*$/ { end(); next }
			tolower($1) == "types:" { for (i = 2; i <= NF; i++) if ($i == "deb") type = 1 }
			tolower($1) == "enabled:" && tolower($2) == "no" { off = 1 }
			tolower($1) == "suites:" { for (i = 2; i <= NF; i++) if ($i == release) suite = 1 }
			tolower($1) == "uris:" { uri = $2 }
			END { end() }' "$file" ;;
		*) sed -n 's/^[ \t]*deb[ \t]\{1,\}\(\[[^]]*\][ \t]*\)\{0,1\}//p' "$file" |
			awk -v release="$release" '$2 == release && $1 !~ /^cdrom:/ { print $1 }' ;;
		esac
	done | head -n 1
}

debian_root() {
	debian_work=$1
	shift
	mirror=${DMMU_MIRROR:-$(debian_host_mirror)}
	[ -n "$mirror" ] || die "no Debian mirror found in the apt sources: name one in DMMU_MIRROR, or ${debian_instead-}"
	mkdir -p "$debian_work/apt/lists/partial" "$debian_work/apt/archives/partial" "$debian_work/root"
	: >"$debian_work/apt/status"
	for suite; do
		printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite"
	done >"$debian_work/apt/sources.list"
}

# The host's apt settings stay in force (a proxy, for example), but for what it has installed and where it looks.
debian_apt() {
	apt-get -q -o Dir::Etc::SourceList="$debian_work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$debian_work/apt" -o Dir::State::Lists="$debian_work/apt/lists" \
		-o Dir::State::Status="$debian_work/apt/status" \
		-o Dir::Cache="$debian_work/apt" -o Dir::Cache::Archives="$debian_work/apt/archives" \
		-o APT::Sandbox::User=root -o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
		-o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false \
		-o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Install-Recommends=false "$@" \
		>>"$debian_work/log" 2>&1 9>&- ||
		{ tail -n 15 "$debian_work/log" >&2; die "apt-get failed, see above. Without a network: ${debian_instead-}"; }
}

# apt-cache in that root, to its own output.
debian_cache() {
	apt-cache -o Dir::Etc::SourceList="$debian_work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$debian_work/apt" -o Dir::State::Lists="$debian_work/apt/lists" \
		-o Dir::State::Status="$debian_work/apt/status" -o Dir::Cache="$debian_work/apt" \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 "$@" 2>>"$debian_work/log"
}

# debian_policy PACKAGE: the version that would be taken; nothing when there is none.
debian_policy() {
	LC_ALL=C debian_cache policy "$1" | sed -n 's/^  Candidate: \([^(].*\)$/\1/p'
}
