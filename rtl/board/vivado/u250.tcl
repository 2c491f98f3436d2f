# SPDX-License-Identifier: GPL-2.0
# u250.tcl: the block design of the Alveo U250 (and U200): XDMA bridge Gen3 x8, DDR4 channel 0.
set part xcu250-figd2104-2L-e

proc block_design {} {
	bridge {CONFIG.pl_link_cap_max_link_speed 8.0_GT/s CONFIG.pl_link_cap_max_link_width X8 CONFIG.axi_data_width 256_bit
		CONFIG.axisten_freq 250} Gigabytes 16
	set_property CONFIG.C_BUF_TYPE IBUFDSGTE [get_bd_cells refclk]
	connect_bd_net [get_bd_pins refclk/IBUF_OUT] [get_bd_pins bridge/sys_clk_gt]
	connect_bd_net [get_bd_pins refclk/IBUF_DS_ODIV2] [get_bd_pins bridge/sys_clk]
	lanes 8

	create_bd_cell -type ip -vlnv xilinx.com:ip:ddr4 memory
	set_property -dict {CONFIG.C0.DDR4_InputClockPeriod 3332 CONFIG.C0.DDR4_TimePeriod 833 CONFIG.C0.DDR4_MemoryType RDIMMs
		CONFIG.C0.DDR4_MemoryPart MTA18ASF2G72PZ-2G3 CONFIG.C0.DDR4_AxiSelection true CONFIG.C0.DDR4_AxiDataWidth 512
		CONFIG.C0.DDR4_AxiNarrowBurst false CONFIG.ADDN_UI_CLKOUT1_FREQ_HZ 100} [get_bd_cells memory]
	expose_interface sysclk0 Slave xilinx.com:interface:diff_clock_rtl:1.0 memory/C0_SYS_CLK
	expose_interface c0_ddr4 Master xilinx.com:interface:ddr4_rtl:1.0 memory/C0_DDR4
	expose memory_clk memory/c0_ddr4_ui_clk -dir O -type clk
	expose memory_rst memory/c0_ddr4_ui_clk_sync_rst -dir O -type rst
	expose memory_ready memory/c0_init_calib_complete -dir O

	# the controller is reset by nothing but power: its memory outlives the bus
	create_bd_cell -type ip -vlnv xilinx.com:ip:xlconstant zero
	set_property CONFIG.CONST_VAL 0 [get_bd_cells zero]
	connect_bd_net [get_bd_pins zero/dout] [get_bd_pins memory/sys_rst]
	create_bd_cell -type ip -vlnv xilinx.com:ip:util_vector_logic memory_resetn
	set_property -dict {CONFIG.C_OPERATION not CONFIG.C_SIZE 1} [get_bd_cells memory_resetn]
	connect_bd_net [get_bd_pins memory/c0_ddr4_ui_clk_sync_rst] [get_bd_pins memory_resetn/Op1]
	connect_bd_net [get_bd_pins memory_resetn/Res] [get_bd_pins memory/c0_ddr4_aresetn]

	device_clock memory/addn_ui_clkout1
	connections 256 512 memory/C0_DDR4_S_AXI memory/c0_ddr4_ui_clk memory_resetn/Res
	addresses memory/C0_DDR4_MEMORY_MAP/C0_DDR4_ADDRESS_BLOCK 16G
}
