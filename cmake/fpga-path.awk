# SPDX-License-Identifier: GPL-2.0
# fpga-path.awk: nextpnr's log to what a person wants to know: summary lines (name, value, unit, tab-separated) on
# standard output, and the same with the critical path in words into the file `path`.
# Names that synthesis made up (x_reg_TRELLIS_FF_Q_3, x_LUT4_Z_PFUMX_C0 ...) are cut back to the signal they stand for.
BEGIN { OFS = "\t" }
function signal(s) {
	sub(/_(TRELLIS_FF|TRELLIS_DPR16X4|FD[CPRS]E|LUT[1-6]|CCU2C|PFUMX|L6MUX21|CARRY4|MUXF[78]|DP16KD|PDPW16KD|RAMB(18|36)E1|RAM(32|64)M|RAM(32|64|128)X1D|INV)(_.*|$).*/, "", s)
	sub(/\$.*/, "", s)
	sub(/^d\./, "", s)
	sub(/\.[A-Z0-9]+$/, "", s)
	return s
}
function add_line(l) {
	sub(/^Info: */, "", l)
	if (index(l, root) != 1) return
	l = substr(l, length(root) + 1)
	sub(/-[0-9]+\.[0-9]+$/, "", l)
	sub(/\.[0-9]+$/, "", l)
	if (l ~ /^rtl\/board\/pnr_wrap/ || (l in got)) return
	got[l] = 1
	lines = lines (lines != "" ? ", " : "") l
}
/^Info:.*: +[0-9]+\/ *[0-9]+ +[0-9]+%/ {
	name = $2; sub(/:.*/, "", name)
	x = $0; sub(/^[^:]*:[^:]*: */, "", x)
	split(x, part, /[\/ ]+/)
	if (!(name in used)) order[++kinds] = name
	used[name] = part[1]; has[name] = part[2]
}
# a design with clocks beside `clk` has a frequency of each; the path is that of `clk`
/Max frequency for clock/ {
	x = $0; sub(/.*: */, "", x)
	c = $0; sub(/.*for clock *\047/, "", c); sub(/\047.*/, "", c); sub(/^\$glbnet\$/, "", c); sub(/\$.*/, "", c)
	if (c !~ /_clk/) fmax = x + 0
	else { if (!(c in other)) others[++clocks] = c; other[c] = x + 0 }
}
/Critical path report for/ {
	inside = /for clock/ && !/_clk/
	if (inside) { n = 0; lines = ""; logic = routing = levels = 0; split("", got); start = finish = "" }
	next
}
inside && $2 == "clk-to-q" { logic += $3; start = signal($6) ; total = $4 }
inside && $2 == "logic" { logic += $3; if ($3 > 0) levels++; total = $4 }
inside && $2 == "routing" { routing += $3; total = $4; net = signal($6); if (net != "" && net != last && net !~ /^(in|out)(\[[0-9]+\])?$/) { nets[++n] = net; at[n] = $4 } last = net }
inside && $2 == "Sink" { finish = signal($3) }
inside && $2 == "setup" { logic += $3; total = $4; finish = signal($6) }
inside && /^Info: +\// { add_line($0) }
END {
	lut = ("TRELLIS_COMB" in used) ? "TRELLIS_COMB" : "SLICE_LUTX"
	flop = ("TRELLIS_FF" in used) ? "TRELLIS_FF" : "SLICE_FFX"
	for (i = 1; i <= kinds; i++) if (used[order[i]] > 0) print "placed." order[i], used[order[i]], "of " has[order[i]]
	print "fmax", fmax, "MHz"
	for (i = 1; i <= clocks; i++) print "fmax." others[i], other[others[i]], "MHz"
	print "critical_path", total, "ns"
	print "critical_path.logic", logic, "ns"
	print "critical_path.routing", routing, "ns"
	print "critical_path.levels", levels, "cells"
	print "critical_path.start", start, "signal"
	print "critical_path.end", finish, "signal"
	print "critical_path.source", lines, "lines"
	printf("placed and routed: ") > path
	for (i = 1; i <= kinds; i++) if (used[order[i]] > 0 && order[i] ~ /COMB|FF|LUT|RAMB|DP16|RAMW|CARRY/)
		printf("%s %d of %d (%d %%)  ", order[i], used[order[i]], has[order[i]], 100 * used[order[i]] / has[order[i]]) > path
	printf("\nFmax %.1f MHz; critical path %.2f ns = logic %.2f + routing %.2f, %d cells\n", fmax, total, logic, routing, levels) > path
	for (i = 1; i <= clocks; i++) printf("  %s: %.1f MHz\n", others[i], other[others[i]]) > path
	printf("  from %s\n  to   %s\n", start, finish) > path
	printf("  by  ") > path
	for (i = 1; i <= n; i++) printf(" %s (%.1f)", nets[i], at[i]) > path
	printf("\n  in   %s\n", lines) > path
}
