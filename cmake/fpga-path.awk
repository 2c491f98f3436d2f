# SPDX-License-Identifier: GPL-2.0
# fpga-path.awk: nextpnr's log to what a person wants to know: summary lines (name, value, unit, tab-separated) on
# standard output, and the same with the critical path in words into the file `path`. A design with clocks beside `clk`
# has a frequency and an end-to-end of each; the path in full is that of `clk`.
# Names that synthesis made up (x_reg_TRELLIS_FF_Q_3, x_LUT4_Z_PFUMX_C0 ...) are cut back to the signal they stand for.
BEGIN { OFS = "\t" }
function signal(s) {
	sub(/_(TRELLIS_FF|TRELLIS_DPR16X4|FD[CPRS]E|LUT[1-6]|CCU2C|PFUMX|L6MUX21|CARRY4|MUXF[78]|DP16KD|PDPW16KD|RAMB(18|36)E1|RAM(32|64)M|RAM(32|64|128)X1D|INV)(_.*|$).*/, "", s)
	sub(/\$.*/, "", s)
	sub(/^d\./, "", s)
	sub(/\.[A-Z0-9]+$/, "", s)
	return s
}
# the name of the clock that a line has after `for clock`, without what nextpnr put around it
function clock(s) {
	sub(/.*for clock *\047/, "", s)
	sub(/\047.*/, "", s)
	sub(/^\$glbnet\$/, "", s)
	sub(/\$.*/, "", s)
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
# the last such line is that after routing
/Max frequency for clock/ {
	c = clock($0)
	if (!(c in fmax)) clocks[++n_clocks] = c
	x = $0; sub(/.*: */, "", x)
	fmax[c] = x + 0
	sub(/.* at /, "", x)
	asked[c] = x + 0
}
/Critical path report for/ {
	inside = /for clock/
	if (!inside) next
	c = clock($0)
	main = c !~ /_clk/
	logic[c] = routing[c] = total[c] = levels[c] = 0
	start[c] = finish[c] = ""
	if (main) { n = 0; lines = ""; last = ""; split("", got) }
	next
}
# what is too short: no path of these is one of those above
/Hold\/min time violations? / {
	inside = 0
	if ($2 ~ /^[0-9]+$/) hold = $2
}
inside && $2 == "clk-to-q" { logic[c] += $3; start[c] = signal($6); total[c] = $4 }
inside && $2 == "logic" { logic[c] += $3; if ($3 > 0) levels[c]++; total[c] = $4 }
inside && $2 == "routing" {
	routing[c] += $3
	total[c] = $4
	net = signal($6)
	if (main && net != "" && net != last && net !~ /^(in|out)(\[[0-9]+\])?$/) { nets[++n] = net; at[n] = $4 }
	last = net
}
inside && $2 == "Sink" { finish[c] = signal($3) }
inside && $2 == "setup" { logic[c] += $3; total[c] = $4; finish[c] = signal($6) }
inside && main && /^Info: +\// { add_line($0) }
END {
	for (i = 1; i <= kinds; i++) if (used[order[i]] > 0) print "placed." order[i], used[order[i]], "of " has[order[i]]
	for (i = 1; i <= n_clocks; i++) if (clocks[i] !~ /_clk/) m = clocks[i]
	print "fmax", fmax[m], "MHz"
	print "asked", asked[m], "MHz"
	for (i = 1; i <= n_clocks; i++) if (clocks[i] != m) {
		print "fmax." clocks[i], fmax[clocks[i]], "MHz"
		print "asked." clocks[i], asked[clocks[i]], "MHz"
	}
	print "hold_violations", hold + 0, "paths"
	print "critical_path", total[m], "ns"
	print "critical_path.logic", logic[m], "ns"
	print "critical_path.routing", routing[m], "ns"
	print "critical_path.levels", levels[m], "cells"
	print "critical_path.start", start[m], "signal"
	print "critical_path.end", finish[m], "signal"
	print "critical_path.source", lines, "lines"
	printf("placed and routed to the end: ") > path
	for (i = 1; i <= kinds; i++) if (used[order[i]] > 0 && order[i] ~ /COMB|FF|LUT|RAMB|DP16|RAMW|CARRY/)
		printf("%s %d of %d (%d %%)  ", order[i], used[order[i]], has[order[i]], 100 * used[order[i]] / has[order[i]]) > path
	printf("\n%-12s %6s %6s\n", "clock", "routed", "asked") > path
	for (i = 1; i <= n_clocks; i++) {
		c = clocks[i]
		printf("%-12s %6.1f %6.1f MHz  %s  %.2f ns = logic %.2f + routing %.2f, %d cells, %s to %s\n", c, fmax[c], asked[c],
			fmax[c] >= asked[c] ? "closed    " : "not closed", total[c], logic[c], routing[c], levels[c], start[c], finish[c]) > path
	}
	if (hold) printf("%d paths are too short, by the delays that nextpnr has (hold)\n", hold) > path
	printf("critical path of %s\n  from %s\n  to   %s\n  by  ", m, start[m], finish[m]) > path
	for (i = 1; i <= n; i++) printf(" %s (%.1f)", nets[i], at[i]) > path
	printf("\n  in   %s\n", lines) > path
}
