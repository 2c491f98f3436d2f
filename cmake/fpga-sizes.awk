# SPDX-License-Identifier: GPL-2.0
# fpga-sizes.awk: yosys' stat of a design with its hierarchy kept, and abc9's delays, to one line a module:
# module, instances, then of one instance without its submodules LUT, FF, BRAM, LUT RAM, carry, logic delay; at the end the
# whole. A carry cell or LUT RAM cell counts as the LUTs it occupies (ECP5: 2, 4; Xilinx: CARRY4 none, RAM32M 4).
BEGIN { FS = "\t"; OFS = "\t"; order = "sort -t'\t' -k3,3nr -k1,1" }
function short(m) {
	if (m ~ /^\$paramod/) {
		sub(/^\$paramod(\$[0-9a-f]+)?\\/, "", m)
		sub(/\\.*/, "", m)
	}
	return m
}
FNR == NR { delay[$1] = $2; next }
/^=== / { split($0, w, " "); m = w[2]; if (m == "design") m = ""; else { seen[m] = 1; if (m == "pnr_top") top = m } ; inside = 0; next }
m == "" { next }
{
	n = split($0, w, " ")
	if (n != 2) next
	count = w[1] + 0; what = w[2]
	if (count <= 0 || what !~ /^[A-Za-z$\\]/) next
	if (what == "submodules") next
	kind[m] = kind[m] " " what
	number[m, what] = count
}
function cells(m,   l, i, n, w, c) {
	if (m in lut) return
	lut[m] = ff[m] = bram[m] = ram[m] = carry[m] = 0
	n = split(kind[m], w, " ")
	for (i = 1; i <= n; i++) {
		c = number[m, w[i]]
		if (w[i] == "LUT4" || w[i] ~ /^(LUT[1-6]|INV)$/) lut[m] += c
		else if (w[i] == "CCU2C") { lut[m] += 2 * c; carry[m] += c }
		else if (w[i] == "CARRY4") carry[m] += c
		else if (w[i] == "TRELLIS_DPR16X4") { lut[m] += 4 * c; ram[m] += c }
		else if (w[i] ~ /^RAM(32M|64M)/) { lut[m] += 4 * c; ram[m] += c }
		else if (w[i] ~ /^RAM(32X1D|64X1D)/) { lut[m] += 2 * c; ram[m] += c }
		else if (w[i] ~ /^RAM(128X1D|256X1S)/) { lut[m] += 4 * c; ram[m] += c }
		else if (w[i] ~ /^SRL/) { lut[m] += c; ram[m] += c }
		else if (w[i] ~ /^(TRELLIS_FF|FD[CPRS]E(_1)?)$/) ff[m] += c
		else if (w[i] ~ /^(DP16KD|PDPW16KD|RAMB36E1)$/) bram[m] += c
		else if (w[i] == "RAMB18E1") bram[m] += c / 2
	}
}
function walk(m, times,   i, n, w) {
	instances[m] += times
	cells(m)
	n = split(kind[m], w, " ")
	for (i = 1; i <= n; i++) if (w[i] in seen) walk(w[i], times * number[m, w[i]])
}
END {
	walk(top, 1)
	print "module", "instances", "LUT", "FF", "BRAM", "LUTRAM", "carry", "logic_ps"
	for (m in instances) {
		s = short(m)
		if (s == "pnr_top" || s == "pnr_wrap") continue
		k = instances[m]
		N[s] += k; L[s] += k * lut[m]; F[s] += k * ff[m]; B[s] += k * bram[m]; R[s] += k * ram[m]; C[s] += k * carry[m]
		if (delay[m] > D[s]) D[s] = delay[m]
		tl += k * lut[m]; tf += k * ff[m]; tb += k * bram[m]; tr += k * ram[m]; tc += k * carry[m]
	}
	for (s in N) printf("%s\t%d\t%d\t%d\t%.4g\t%d\t%d\t%d\n", s, N[s], L[s] / N[s], F[s] / N[s], B[s] / N[s], R[s] / N[s], C[s] / N[s], D[s]) | order
	close(order)
	printf("total\t1\t%d\t%d\t%.4g\t%d\t%d\t\n", tl, tf, tb, tr, tc)
}
