# SPDX-License-Identifier: GPL-2.0
# stub.tcl: runs build.tcl and the constraints of a card without Vivado, on commands that only keep account, and says what does
# not fit: a pin or parameter that the IP's guide does not name, an input left open or driven twice, ports of the
# block design that differ from CARD_bd.v, constraints on ports that the top does not have, a package pin used twice.
#   tclsh stub.tcl CARD LIST_OF_RTL_FILES
lassign $argv card list
set here [file dirname [file normalize [info script]]]
set vivado [file dirname $here]
set mistakes 0
proc wrong {what} { puts "$::card: $what"; incr ::mistakes }

# What the guides say an IP has: inputs that must be joined, outputs, interfaces. PG194/PG195 with UG477 names, PG150, UG586, PG065, PG247.
array set inputs {
	xdma {sys_clk sys_rst_n usr_irq_req pci_exp_rxp pci_exp_rxn}
	util_ds_buf {} ddr4 {sys_rst c0_ddr4_aresetn} mig_7series {sys_rst aresetn} clk_wiz {clk_in1} smartconnect {aclk aresetn}
	xlconstant {} util_vector_logic {Op1}
}
array set also {
	xdma {sys_clk_gt axi_aclk axi_aresetn user_lnk_up usr_irq_ack pci_exp_txp pci_exp_txn}
	util_ds_buf {IBUF_OUT IBUF_DS_ODIV2} ddr4 {c0_ddr4_ui_clk c0_ddr4_ui_clk_sync_rst c0_init_calib_complete addn_ui_clkout1}
	mig_7series {ui_clk ui_clk_sync_rst init_calib_complete mmcm_locked} clk_wiz {clk_out1 locked} smartconnect {aclk1}
	xlconstant {dout} util_vector_logic {Res}
}
array set interfaces {
	xdma {M_AXI_B S_AXI_B S_AXI_LITE pcie_mgt} util_ds_buf {CLK_IN_D} ddr4 {C0_SYS_CLK C0_DDR4 C0_DDR4_S_AXI C0_DDR4_S_AXI_CTRL}
	mig_7series {SYS_CLK DDR3 S_AXI} clk_wiz {} smartconnect {S00_AXI S01_AXI M00_AXI M01_AXI} xlconstant {} util_vector_logic {}
}
# parameters of the XDMA IP, as configurations that were published have them (NiteFury's Top_xdma_0_0.xci)
set parameters {functional_mode mode_selection en_axi_slave_if en_axi_master_if vendor_id pf0_device_id pf0_bar0_enabled pf0_bar0_type
	pf0_bar0_64bit pf0_bar0_scale pf0_bar0_size pciebar2axibar_0 pf0_bar2_enabled pf0_bar2_type pf0_bar2_64bit pf0_bar2_prefetchable
	pf0_bar2_scale pf0_bar2_size pciebar2axibar_2 axibar_num axibar_0 axibar_highaddr_0 axibar2pciebar_0 pf0_msix_enabled
	pf0_msix_impl_locn pf0_msix_cap_table_size xdma_num_usr_irq pl_link_cap_max_link_speed pl_link_cap_max_link_width axi_data_width
	axisten_freq}

proc option {words name {default {}}} {
	set at [lsearch -exact $words $name]
	if {$at < 0} { return $default }
	return [lindex $words $at+1]
}
proc ip {cell} { return [lindex [split [dict get $::cells $cell] :] 2] }
set cells {} ; set ports {} ; set iports {} ; set joined {} ; set sources {}
proc create_bd_cell {args} { dict set ::cells [lindex $args end] [option $args -vlnv] }
proc create_bd_port {args} {
	set width [expr {[option $args -from 0] - [option $args -to 0] + 1}]
	dict set ::ports [lindex $args end] [list [option $args -dir] $width]
}
proc create_bd_intf_port {args} { dict set ::iports [lindex $args end] [list [option $args -mode] [option $args -vlnv] {}] }
proc get_bd_cells {cell} { if {![dict exists $::cells $cell]} { wrong "there is no cell $cell" } ; return "cell $cell" }
proc get_bd_ports {port} { if {![dict exists $::ports $port]} { wrong "there is no port $port" } ; return "port $port" }
proc get_bd_intf_ports {port} { if {![dict exists $::iports $port]} { wrong "there is no interface port $port" } ; return "iport $port" }
proc pin {kind name allowed} {
	lassign [split $name /] cell pin
	if {![dict exists $::cells $cell]} { wrong "there is no cell $cell for $name" } elseif {$pin ni $allowed} {
		wrong "[ip $cell] has no $kind $pin" }
	return "$kind $name"
}
proc get_bd_pins {name} {
	set cell [lindex [split $name /] 0]
	set ip [expr {[dict exists $::cells $cell] ? [ip $cell] : "?"}]
	return [pin pin $name [expr {$ip eq "?" ? {} : [concat $::inputs($ip) $::also($ip)]}]]
}
proc get_bd_intf_pins {name} {
	set cell [lindex [split $name /] 0]
	return [pin interface $name [expr {[dict exists $::cells $cell] ? $::interfaces([ip $cell]) : {}}]]
}
proc is_input {pin} {
	lassign $pin kind name
	if {$kind eq "port"} { return [expr {[lindex [dict get $::ports $name] 0] eq "O"}] }
	lassign [split $name /] cell p
	return [expr {$p in $::inputs([ip $cell]) || $p in {sys_clk_gt aclk1}}]
}
proc connect_bd_net {a b} {
	if {[is_input $a] == [is_input $b]} { wrong "net between $a and $b: both drive, or neither does" }
	foreach pin [list $a $b] {
		if {[is_input $pin] && [dict exists $::joined $pin]} { wrong "$pin is driven twice" }
		dict set ::joined $pin 1
	}
}
proc connect_bd_intf_net {a b} {
	foreach pin [list $a $b] {
		if {[dict exists $::joined $pin]} { wrong "$pin is joined twice" }
		dict set ::joined $pin 1
	}
}
proc set_property {args} {
	if {[lindex $args 0] eq "-dict"} { lassign $args - values what } else {
		set what [lindex $args end] ; set values [lrange $args 0 end-1] }
	if {[llength $values] % 2} { wrong "properties without values: $values" }
	foreach {name value} $values {
		if {[lindex $what 0] eq "cell" && [ip [lindex $what 1]] eq "xdma"} {
			if {[string range $name 7 end] ni $::parameters} { wrong "XDMA has no parameter $name" } }
		if {[lindex $what 0] eq "iport"} {
			dict set ::iports [lindex $what 1] [lreplace [dict get $::iports [lindex $what 1]] 2 2 \
				[dict merge [lindex [dict get $::iports [lindex $what 1]] 2] [dict create $name $value]]] }
		if {$name eq "PACKAGE_PIN"} {
			if {[info exists ::taken($value)]} { wrong "pin $value is $what and $::taken($value)" }
			set ::taken($value) $what }
		if {$name eq "IOSTANDARD"} { foreach port $what { set ::standard($port) $value } }
	}
}
proc get_ports {names} {
	foreach name $names {
		set index [regexp -inline {^([a-z0-9_]+)(\[([0-9]+|\*)\])?$} $name]
		lassign $index - base - at
		if {![info exists ::top($base)]} { wrong "the top has no port $name" } elseif {$at ne "" && $at ne "*" && $at >= $::top($base)} {
			wrong "$name is beyond the port's width" }
	}
	return $names
}
foreach known {get_cells get_pins get_files current_design current_fileset get_bd_addr_segs get_bd_addr_spaces get_runs} { proc $known {args} { return $args } }
foreach quiet {create_project add_files create_bd_design validate_bd_design save_bd_design generate_target update_compile_order
	launch_runs wait_on_run open_run report_timing_summary report_utilization report_cdc assign_bd_address create_clock set_false_path
	set_max_delay set_bus_skew set_operating_conditions} { proc $quiet {args} {} }
proc get_property {args} { return [expr {[lindex $args 0] eq "PROGRESS" ? "100%" : 1}] }
proc get_timing_paths {args} { return path }

# --- the top's ports, the block design's ports as CARD_bd.v has them
proc verilog_ports {file} {
	set channel [open $file] ; set text [read $channel] ; close $channel
	set found {}
	foreach {- dir - high name} [regexp -all -inline -line {^    (input|output|inout) +wire +(\[([^:]+):0\] +)?([a-z0-9_]+),?$} $text] {
		dict set found $name [list $dir [expr {$high eq "" ? 1 : $high + 1}]] }
	return $found
}
foreach {name what} [verilog_ports $vivado/../${card}_top.v] { set top($name) [lindex $what 1] }
set stub [verilog_ports $vivado/${card}_bd.v]

# --- run both
set env(DMMU_MIG_PRJ) /nowhere/mig.prj
set argv [list $card /nowhere $list]
source $vivado/build.tcl
source $vivado/$card.xdc
source $vivado/crossings.xdc

# --- judge
foreach {cell -} $cells {
	foreach input $inputs([ip $cell]) { if {![dict exists $joined "pin $cell/$input"]} { wrong "input $cell/$input is left open" } }
}
proc expect {name dir width} {
	if {![dict exists $::stub $name]} { wrong "${::card}_bd.v lacks $name" ; return }
	if {[dict get $::stub $name] ne [list $dir $width]} { wrong "$name is $dir of $width bits, in ${::card}_bd.v it is [dict get $::stub $name]" }
	dict unset ::stub $name
}
foreach {name what} $ports { expect $name [expr {[lindex $what 0] eq "I" ? "input" : "output"}] [lindex $what 1] }
foreach {name what} $iports {
	lassign $what mode vlnv properties
	set type [lindex [split $vlnv :] 2]
	switch $type {
		diff_clock_rtl { expect ${name}_clk_p input 1 ; expect ${name}_clk_n input 1 }
		ddr4_rtl - ddrx_rtl { foreach {port -} $stub { if {[string match ${name}_* $port]} { dict unset stub $port } } }
		aximm_rtl {
			set w [dict get $properties CONFIG.DATA_WIDTH] ; set a [dict get $properties CONFIG.ADDR_WIDTH]
			set out [expr {$mode eq "Master" ? "output" : "input"}] ; set in [expr {$mode eq "Master" ? "input" : "output"}]
			foreach c {aw ar} {
				foreach {s bits} [list addr $a prot 3 valid 1] { expect ${name}_$c$s $out $bits }
				expect ${name}_${c}ready $in 1
				if {[dict get $properties CONFIG.PROTOCOL] eq "AXI4"} {
					foreach {s bits} {len 8 size 3 burst 2 lock 1 cache 4 qos 4 region 4} { expect ${name}_$c$s $out $bits } }
			}
			foreach {s bits} [list wdata $w wstrb [expr {$w / 8}] wvalid 1 bready 1 rready 1] { expect ${name}_$s $out $bits }
			foreach {s bits} [list wready 1 bresp 2 bvalid 1 rdata $w rresp 2 rvalid 1] { expect ${name}_$s $in $bits }
			if {[dict get $properties CONFIG.PROTOCOL] eq "AXI4"} { expect ${name}_wlast $out 1 ; expect ${name}_rlast $in 1 }
		}
		default { wrong "interface $type is not known here" }
	}
}
foreach {name -} $stub { wrong "$name of ${card}_bd.v is not made by $card.tcl" }
if {$mistakes} { exit 1 }
puts "$card: [dict size $cells] cells, [array size taken] package pins: all fits"
