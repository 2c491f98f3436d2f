# SPDX-License-Identifier: GPL-2.0
# acorn.tcl: the block design of the M.2 cards with an XC7A200T: XDMA bridge Gen2 x4, DDR3 by MIG. MIG takes pins and timing
# from a project file that its own wizard writes; DMMU_MIG_PRJ names one, such as mig_a.prj of RHSResearchLLC/NiteFury-and-LiteFury
# (Sample-Projects/Project-0/FPGA/Nitefury-II, commit 606d1b8): it is not ours to copy. The wizard's own choice works
# as well: AXI, 128 bits, no narrow bursts, differential system clock that is also the reference.
set part xc7a200tfbg484-2

proc block_design {} {
	global env
	bridge {CONFIG.pl_link_cap_max_link_speed 5.0_GT/s CONFIG.pl_link_cap_max_link_width X4 CONFIG.axi_data_width 128_bit
		CONFIG.axisten_freq 125} Gigabytes 1
	set_property CONFIG.C_BUF_TYPE IBUFDSGTE [get_bd_cells refclk]
	connect_bd_net [get_bd_pins refclk/IBUF_OUT] [get_bd_pins bridge/sys_clk]
	lanes 4

	if {![info exists env(DMMU_MIG_PRJ)]} {
		error "DMMU_MIG_PRJ must name MIG's project file for the card's DDR3 (see acorn.tcl)"
	}
	create_bd_cell -type ip -vlnv xilinx.com:ip:mig_7series memory
	set_property -dict [list CONFIG.XML_INPUT_FILE $env(DMMU_MIG_PRJ) CONFIG.RESET_BOARD_INTERFACE Custom] [get_bd_cells memory]
	expose_interface sysclk Slave xilinx.com:interface:diff_clock_rtl:1.0 memory/SYS_CLK
	expose_interface ddr3 Master xilinx.com:interface:ddrx_rtl:1.0 memory/DDR3
	expose memory_clk memory/ui_clk -dir O -type clk
	expose memory_rst memory/ui_clk_sync_rst -dir O -type rst
	expose memory_ready memory/init_calib_complete -dir O

	# sys_rst is active low in that project: reset by nothing but power
	create_bd_cell -type ip -vlnv xilinx.com:ip:xlconstant one
	set_property CONFIG.CONST_VAL 1 [get_bd_cells one]
	connect_bd_net [get_bd_pins one/dout] [get_bd_pins memory/sys_rst]
	create_bd_cell -type ip -vlnv xilinx.com:ip:util_vector_logic memory_resetn
	set_property -dict {CONFIG.C_OPERATION not CONFIG.C_SIZE 1} [get_bd_cells memory_resetn]
	connect_bd_net [get_bd_pins memory/ui_clk_sync_rst] [get_bd_pins memory_resetn/Op1]
	connect_bd_net [get_bd_pins memory_resetn/Res] [get_bd_pins memory/aresetn]

	device_clock memory/ui_clk
	connections 128 128 memory/S_AXI memory/ui_clk memory_resetn/Res
	addresses memory/memmap/memaddr 1G
}
