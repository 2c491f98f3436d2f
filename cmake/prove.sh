#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# prove: runs the proofs of rtl/formal/properties, prints a table. Behind `./dmmu prove`; docs/proofs.md explains it.
#
#   prove.sh BUILD [--quick] [--property PATTERN] [--tsv] [--broken] [--fresh]
#
# --quick      only what is marked `quick`: seconds each. --property takes a shell pattern
# --broken     instead: every broken variant of rtl/formal/broken must fail, and leaves a waveform
# --fresh      do not believe earlier results (they are kept by a hash of all that went into them)
#
# Engines: yosys makes an AIGER file; yosys-abc proves it without bound (pdr; pdr+lemmas: with what rtl/formal/SOURCES_lemmas.v
# says of the inside, which is proved in the same run) or to a depth (bmc), and finds traces
# (reach: the property must fail); yosys sat does k-induction (induct) where data is wide. Exit: 0 when all are as they should be, 1 when
# a property is violated or a run failed, 3 when nothing worse happened than that the time ended before an answer.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
formal=$root/rtl/formal
build=$1
shift
jobs=${DMMU_JOBS:-$(nproc)}
quick='' pattern='*' tsv='' broken='' fresh=''
wrong() { echo "prove: $*; see ./dmmu prove --help" >&2; exit 2; }
# shellcheck source=cmake/options.sh
. "$root/cmake/options.sh"
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=yes ;;
	--property) need 'a pattern' "$@"; pattern=$2; shift ;;
	--tsv) tsv=yes ;;
	--broken) broken=yes ;;
	--fresh) fresh=yes ;;
	*) wrong "it does not know '$1'" ;;
	esac
	shift
done

work=$build/prove
mkdir -p "$work" "$build/report"
pkg=$build/generated/dmmu_pkg.v
[ -f "$pkg" ] || { echo "prove: $pkg is missing; build the target dmmu_generated" >&2; exit 2; }
for tool in yosys yosys-abc; do
	command -v $tool >/dev/null || { echo "prove: there is no $tool (Debian package yosys)" >&2; exit 2; }
done

# files RTL WHAT: the sources of a configuration, the package first
files() {
	case $2 in
	fast) set -- "$1" check slice rr_grant rr_arbiter rr_turn lock ctx_table slot_ram l1_tlb l2_tlb walk_cache walk_soon walk_unit invalidate fault_post mmu ;;
	simple) set -- "$1" check rr_grant rr_arbiter lock ctx_table simple/mmu ;;
	*) set -- "$1" check $(echo "$2" | tr + ' ') ;;
	esac
	echo "$pkg"
	rtl=$1
	shift
	for name; do echo "$rtl/$name.v"; done
}

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf("%.1f", b - a) }'; }

# read_design RTL SOURCES TOP PROPERTY PARAMETERS: the yosys commands up to a flat netlist without memories. $lemmas: with lemmas.
# Those name signals as `flatten` does, so memories are to have become registers before it
lemmas=''
read_design() {
	params=
	for p in $(echo "$5" | tr ',' ' '); do
		[ "$p" = - ] || params="$params -chparam ${p%%=*} ${p#*=}"
	done
	define=${lemmas:+-DLEMMAS_$2}
	early=${lemmas:+memory_collect; memory_map;}
	echo "read_verilog -sv -formal -I$formal $define -DP_$4 $(files "$1" "$2" | tr '\n' ' ') $formal/$3.v; hierarchy -check -top $3$params;" \
		"proc; $early flatten; opt_clean; memory_collect; memory_map; opt -full; setundef -undriven -init -zero"
}

# aiger OUT RTL SOURCES TOP PROPERTY PARAMETERS
aiger() {
	out=$1
	shift
	yosys -q -p "$(read_design "$@"); async2sync; dffunmap; opt_expr; opt_clean; techmap; abc -g AND -fast; opt_clean;
		delete -output; write_aiger -zinit -map $out.aim $out.aig" >"$out.yosys" 2>&1
}

# frames [FROM-]TO: searches these for a counterexample. All of them by &bmcs, which takes half the time of bmc3; bmc3 can begin late, and
# then finds a trace of about that length without proving that there is no shorter one
frames() {
	case $1 in
	*-*) echo "bmc3 -v -S ${1%-*} -F $((${1#*-} + 1))" ;;
	*) echo "&get; &bmcs -g -v -F $(($1 + 1))" ;;
	esac
}

# verdict OUT SECONDS COMMANDS: runs yosys-abc on an AIGER file, bounded by the clock, whatever its own limits do
verdict() {
	timeout "$2" yosys-abc -c "read_aiger $1.aig; scleanup; scorr; dc2; orpos; $3" >"$1.abc" 2>&1 || true
	if grep -q 'Property proved\|^Networks are equivalent' "$1.abc"; then echo proved
	elif grep -q 'was asserted in frame' "$1.abc"; then
		sed -n 's/.*was asserted in frame \([0-9]*\).*/failed \1/p' "$1.abc" | head -n 1
	else
		# the last frame that bmc3 -v has finished
		awk '$1 ~ /^[0-9]+$/ && $2 == "+" { depth = $1 + 1 } END { print "depth " depth + 0 }' "$1.abc"
	fi
}

# waveform OUT RTL SOURCES TOP PROPERTY PARAMETERS: replays OUT.cex in yosys on the real netlist, which must fail its assertion
waveform() {
	out=$1
	shift
	latches=$(head -n 1 "$out.aig" | cut -d' ' -f4)
	awk -v n="$latches" 'NR == 1 { printf("1\nb0\n"); for (i = 0; i < n; i++) printf("0"); print ""; next }
		{ sub(/[^01].*/, ""); print } END { print "." }' "$out.cex" >"$out.aiw"
	yosys -q -p "$(read_design "$@"); async2sync; dffunmap; sim -clock clk -zinit -r $out.aiw -map $out.aim -vcd $out.vcd $3" \
		>"$out.sim" 2>&1 || return 1
	grep -q 'Assert .* failed' "$out.sim"
}

# one NAME WHERE SOURCES TOP PROPERTY ENGINE LIMIT PARAMETERS: prints "outcome result seconds"
one() {
	name=$1 sources=$3 top=$4 property=$5 engine=$6 limit=$7 params=$8
	out=$work/$name
	lemmas=''
	case $engine in *+lemmas) lemmas=$formal/${sources}_lemmas.v ;; esac
	key=$({ cat $(files "$root/rtl" "$sources") "$formal/$top.v" $lemmas "$0"; echo "$*"; } | sha256sum | cut -d' ' -f1)
	if [ -z "$fresh" ] && [ -f "$out.result" ] && [ "$(cut -f1 "$out.result")" = "$key" ]; then
		cut -f2- "$out.result"
		return
	fi
	began=$(now)
	outcome=FAILED
	case $engine in
	induct:*)
		if timeout "$limit" yosys -q -l "$out.log" -p "$(read_design "$root/rtl" "$sources" "$top" "$property" "$params"); async2sync; chformal -assume -early;
			sat -tempinduct -prove-asserts -set-assumes -set-init-def -seq 1 -maxsteps ${engine#*:} -verify -show-inputs -dump_vcd $out.vcd $top" >"$out.yosys" 2>&1
		then
			outcome=proved result="unbounded, k=$(sed -n 's/.*induction step \([0-9]*\).*/\1/p; s/.*Proved.*depth \([0-9]*\).*/\1/p' "$out.log" | tail -n 1)"
		else
			result='not proved by induction'
		fi ;;
	*)
		if ! aiger "$out" "$root/rtl" "$sources" "$top" "$property" "$params"; then
			result="yosys failed, see $out.yosys"
		else
			case $engine in
			pdr*) v=$(verdict "$out" "$limit" "pdr -T $limit; write_cex -a $out.cex") ;;
			*) v=$(verdict "$out" "$limit" "$(frames "${engine#*:}"); write_cex -a $out.cex") ;;
			esac
			case $engine/$v in
			pdr*/proved) outcome=proved result=unbounded ;;
			reach:*/failed*) outcome=reached result="trace of ${v#failed } cycles" ;;
			reach:*) outcome=open result="not reached, ${v} only" ;;
			*/failed*) result="a counterexample of ${v#failed } cycles" ;;
			bmc:*/depth*) if [ "${v#depth }" -ge "${engine#*:}" ]; then outcome=holds; else outcome=short; fi
				result="bounded, ${v}" ;;
			*) outcome=open result="no answer in $limit s" ;;
			esac
			case $v in failed*)
				waveform "$out" "$root/rtl" "$sources" "$top" "$property" "$params" || result="$result (not replayed)"
				result="$result, $out.vcd" ;;
			esac
		fi ;;
	esac
	printf '%s\t%s\t%s\t%s\n' "$key" "$outcome" "$result" "$(since "$began")" >"$out.result"
	cut -f2- "$out.result"
}

header() {
	[ -n "$tsv" ] || printf '%-30s %-44s %-9s %-8s %-44s %8s\n' "$@"
}
row() {
	[ -n "$broken" ] || printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$own/rows"
	if [ -n "$tsv" ]; then
		printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@"
	else
		printf '%-30s %-44s %-9s %-8s %-44s %8s\n' "$@"
	fi
}

# what this run is asked for, and its rows: copies of this script work beside it
own=$(mktemp -d)
worker=''
trap '[ -z "$worker" ] || kill -- -$worker 2>/dev/null || :; rm -rf "$own"' EXIT
trap 'exit 130' INT TERM

# wanted: the lines of the properties that were asked for, with their names as they are
wanted() {
	while IFS='|' read -r name rest; do
		case $name in '' | '#'*) continue ;; esac
		name=$(echo $name)
		# shellcheck disable=SC2254 # a pattern
		case $name in $pattern) ;; *) continue ;; esac
		case $quick$rest in yes*'| quick |'*) ;; yes*) continue ;; esac
		echo "$name|$rest"
	done <"$formal/properties"
}

# ahead: several properties are worked on at a time, by copies of this script in a group of their own, which ^C does not reach; the loop below
# prints them in order, as they come. What none of these did (they were killed) it does itself
ahead() {
	[ "$(wc -l <"$own/wanted")" -gt 1 ] && [ "$jobs" -gt 1 ] || return 0
	# shellcheck disable=SC2016 # these are the inner shell's
	cut -d'|' -f1 "$own/wanted" | setsid xargs -P "$jobs" -I NAME sh -c \
		'sh "$1" "$2" --property "$3" --tsv $5 >/dev/null 2>&1; : >"$4/$3.done"' sh "$0" "$build" NAME "$own" ${fresh:+--fresh} &
	worker=$!
	fresh=''
}

bad=0 unknown=0 all=0
if [ -z "$broken" ]; then
	header property where engine outcome result seconds
	wanted >"$own/wanted"
	ahead
	while IFS='|' read -r name where sources top property engine limit set params; do
		eval "$(printf 'name=%s sources=%s top=%s property=%s engine=%s limit=%s set=%s params=%s' $name $sources $top $property $engine $limit $set $params)"
		where=$(echo $where)
		all=$((all + 1))
		while [ -n "$worker" ] && [ ! -f "$own/$name.done" ] && kill -0 $worker 2>/dev/null; do
			sleep 1
		done
		answer=$(one "$name" "$where" "$sources" "$top" "$property" "$engine" "$limit" "$params")
		outcome=$(printf '%s' "$answer" | cut -f1)
		case $outcome in proved | holds | reached) ;; short | open) unknown=$((unknown + 1)) ;; *) bad=$((bad + 1)) ;; esac
		row "$name" "$where" "$engine" "$outcome" "$(printf '%s' "$answer" | cut -f2)" "$(printf '%s' "$answer" | cut -f3)"
	done <"$own/wanted"
else
	header 'broken variant' 'property that must fail' engine outcome result seconds
	lemmas=''
	while IFS='|' read -r name victim depth limit _ simpler; do
		case $name in '' | '#'*) continue ;; esac
		eval "$(printf 'name=%s victim=%s depth=%s limit=%s' $name $victim $depth $limit)"
		# shellcheck disable=SC2254
		case $name in $pattern) ;; *) continue ;; esac
		all=$((all + 1))
		line=$(awk -F '|' -v n="$victim" '{ k = $1; gsub(/ /, "", k) } k == n' "$formal/properties")
		[ -n "$line" ] || { echo "prove: broken/list: there is no property $victim" >&2; exit 2; }
		IFS='|' read -r _ where sources top property _ _ _ params <<-LINE
		$line
		LINE
		eval "$(printf 'sources=%s top=%s property=%s params=%s simpler=%s' $sources $top $property $params $simpler)"
		[ "$simpler" = - ] || params=$params,$simpler
		out=$work/broken.$name
		began=$(now)
		outcome='NOT SEEN' result=''
		rm -rf "$out.rtl" "$out.cex" "$out.vcd"
		cp -r "$root/rtl" "$out.rtl"
		if ! patch -s -d "$out.rtl" -p2 <"$formal/broken/$name.patch" >"$out.patch" 2>&1; then
			result='the patch does not fit'
		elif ! aiger "$out" "$out.rtl" "$sources" "$top" "$property" "$params"; then
			result="yosys failed, see $out.yosys"
		else
			v=$(verdict "$out" "$limit" "$(frames "$depth"); write_cex -a $out.cex")
			case $v in
			failed*)
				if waveform "$out" "$out.rtl" "$sources" "$top" "$property" "$params"; then
					outcome=seen result="in cycle ${v#failed }, $out.vcd"
				else
					result="a counterexample that does not replay, see $out.sim"
				fi ;;
			*) result="$v" ;;
			esac
		fi
		rm -rf "$out.rtl"
		[ "$outcome" = seen ] || bad=$((bad + 1))
		row "$name" "$victim" bmc "$outcome" "$result" "$(since "$began")"
	done <"$formal/broken/list"
fi
[ $all -gt 0 ] || { echo "prove: no property is called '$pattern'" >&2; exit 2; }
# of all properties, for the report
[ -n "$broken$quick" ] || [ "$pattern" != '*' ] || mv "$own/rows" "$build/report/proofs.tsv"
[ -n "$tsv" ] || echo "$((all - bad - unknown)) as they should be, $unknown without an answer in the time they had, $bad not"
[ $bad = 0 ] || exit 1
[ $unknown = 0 ] || exit 3
