# SPDX-License-Identifier: GPL-2.0
# common.tcl: what the block designs of all cards have in common. A card's script (u250.tcl, acorn.tcl) sets what is
# its own and calls these; build.tcl calls the card's. Parameter names of the IPs are those of PG194/PG195 (XDMA), PG150 (DDR4), UG586
# (MIG), PG065 (clocking wizard) and PG247 (SmartConnect). Not run in Vivado by us: docs/fpga.md says what was checked.

# A port, or an interface port, of the block design, joined to a pin inside. Its name is one of CARD_bd.v's.
proc expose {name pin args} {
	create_bd_port {*}$args $name
	connect_bd_net [get_bd_ports $name] [get_bd_pins $pin]
}

proc expose_interface {name mode vlnv pin} {
	create_bd_intf_port -mode $mode -vlnv $vlnv $name
	connect_bd_intf_net [get_bd_intf_ports $name] [get_bd_intf_pins $pin]
}

# An AXI interface port towards the RTL: its width and address bits must be told, nothing inside does.
proc expose_axi {name mode pin properties} {
	expose_interface $name $mode xilinx.com:interface:aximm_rtl:1.0 $pin
	set_property -dict $properties [get_bd_intf_ports $name]
}

# The bridge: BAR0 is 64 KiB of registers, BAR2 local memory; the slave port reaches all of host memory untranslated;
# five interrupt lines by MSI-X.
proc bridge {properties bar2_scale bar2_size} {
	create_bd_cell -type ip -vlnv xilinx.com:ip:util_ds_buf refclk
	create_bd_cell -type ip -vlnv xilinx.com:ip:xdma bridge
	set_property -dict [concat $properties [list \
		CONFIG.functional_mode {AXI_Bridge} CONFIG.mode_selection {Advanced} \
		CONFIG.en_axi_slave_if {true} CONFIG.en_axi_master_if {true} \
		CONFIG.vendor_id {DD33} CONFIG.pf0_device_id {0001} CONFIG.pf0_msix_impl_locn {Internal} \
		CONFIG.pf0_bar0_enabled {true} CONFIG.pf0_bar0_type {Memory} CONFIG.pf0_bar0_64bit {true} \
		CONFIG.pf0_bar0_scale {Kilobytes} CONFIG.pf0_bar0_size {64} CONFIG.pciebar2axibar_0 {0x0000000000000000} \
		CONFIG.pf0_bar2_enabled {true} CONFIG.pf0_bar2_type {Memory} CONFIG.pf0_bar2_64bit {true} \
		CONFIG.pf0_bar2_prefetchable {true} CONFIG.pf0_bar2_scale $bar2_scale CONFIG.pf0_bar2_size $bar2_size \
		CONFIG.pciebar2axibar_2 {0x0000010000000000} \
		CONFIG.axibar_num {1} CONFIG.axibar_0 {0x0000000000000000} CONFIG.axibar_highaddr_0 {0xFFFFFFFFFFFFFFFF} \
		CONFIG.axibar2pciebar_0 {0x0000000000000000} \
		CONFIG.pf0_msix_enabled {true} CONFIG.pf0_msix_cap_table_size {004} CONFIG.xdma_num_usr_irq {5}]] [get_bd_cells bridge]

	expose_interface pcie_refclk Slave xilinx.com:interface:diff_clock_rtl:1.0 refclk/CLK_IN_D
	expose pcie_perst_n bridge/sys_rst_n -dir I -type rst
	expose bridge_clk bridge/axi_aclk -dir O -type clk
	expose bridge_resetn bridge/axi_aresetn -dir O -type rst
	expose link_up bridge/user_lnk_up -dir O
	expose irq_req bridge/usr_irq_req -dir I -from 4 -to 0
	expose irq_ack bridge/usr_irq_ack -dir O -from 4 -to 0
}

proc lanes {count} {
	foreach {port pin dir} {pcie_rxp pci_exp_rxp I pcie_rxn pci_exp_rxn I pcie_txp pci_exp_txp O pcie_txn pci_exp_txn O} {
		expose $port bridge/$pin -dir $dir -from [expr {$count - 1}] -to 0
	}
}

# From the bridge's master: registers as AXI4-Lite, local memory. The memory controller's port is shared by that and the core.
proc connections {host_w local_w memory_port memory_clk memory_resetn} {
	create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect from_host
	set_property -dict {CONFIG.NUM_SI 1 CONFIG.NUM_MI 2 CONFIG.NUM_CLKS 1} [get_bd_cells from_host]
	create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect to_memory
	set_property -dict {CONFIG.NUM_SI 2 CONFIG.NUM_MI 1 CONFIG.NUM_CLKS 2} [get_bd_cells to_memory]

	connect_bd_net [get_bd_pins bridge/axi_aclk] [get_bd_pins from_host/aclk]
	connect_bd_net [get_bd_pins bridge/axi_aresetn] [get_bd_pins from_host/aresetn]
	connect_bd_net [get_bd_pins $memory_clk] [get_bd_pins to_memory/aclk]
	connect_bd_net [get_bd_pins bridge/axi_aclk] [get_bd_pins to_memory/aclk1]
	connect_bd_net [get_bd_pins $memory_resetn] [get_bd_pins to_memory/aresetn]

	connect_bd_intf_net [get_bd_intf_pins bridge/M_AXI_B] [get_bd_intf_pins from_host/S00_AXI]
	connect_bd_intf_net [get_bd_intf_pins from_host/M01_AXI] [get_bd_intf_pins to_memory/S01_AXI]
	connect_bd_intf_net [get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_pins $memory_port]

	expose_axi m_regs Master from_host/M00_AXI {CONFIG.PROTOCOL AXI4LITE CONFIG.DATA_WIDTH 32 CONFIG.ADDR_WIDTH 16}
	expose_axi s_host Slave bridge/S_AXI_B [list CONFIG.PROTOCOL AXI4 CONFIG.DATA_WIDTH $host_w CONFIG.ADDR_WIDTH 64 \
		CONFIG.ID_WIDTH 0 CONFIG.SUPPORTS_NARROW_BURST 0 CONFIG.NUM_READ_OUTSTANDING 64 CONFIG.NUM_WRITE_OUTSTANDING 64]
	expose_axi s_local Slave to_memory/S00_AXI [list CONFIG.PROTOCOL AXI4 CONFIG.DATA_WIDTH $local_w CONFIG.ADDR_WIDTH 64 \
		CONFIG.ID_WIDTH 0 CONFIG.SUPPORTS_NARROW_BURST 0 CONFIG.NUM_READ_OUTSTANDING 64 CONFIG.NUM_WRITE_OUTSTANDING 64]
	set_property CONFIG.ASSOCIATED_BUSIF {m_regs:s_host} [get_bd_ports bridge_clk]
	set_property CONFIG.ASSOCIATED_BUSIF {s_local} [get_bd_ports memory_clk]
}

# The device's clock: 125 MHz from one that runs whatever PCIe does.
proc device_clock {source} {
	create_bd_cell -type ip -vlnv xilinx.com:ip:clk_wiz device_clock
	set_property -dict {CONFIG.PRIM_SOURCE No_buffer CONFIG.CLKOUT1_REQUESTED_OUT_FREQ 125.000 CONFIG.USE_RESET false
		CONFIG.USE_LOCKED true} [get_bd_cells device_clock]
	connect_bd_net [get_bd_pins $source] [get_bd_pins device_clock/clk_in1]
	expose device_clk device_clock/clk_out1 -dir O -type clk
	expose device_locked device_clock/locked -dir O
}

# BAR0 at 0, BAR2 at 2^40 on the bridge's master; the controller at 0 on the core's port.
proc addresses {memory_segment bytes} {
	assign_bd_address -offset 0x0 -range 64K -target_address_space [get_bd_addr_spaces bridge/M_AXI_B] [get_bd_addr_segs m_regs/Reg]
	assign_bd_address -offset 0x0000010000000000 -range $bytes -target_address_space [get_bd_addr_spaces bridge/M_AXI_B] \
		[get_bd_addr_segs $memory_segment]
	assign_bd_address -offset 0x0 -range $bytes -target_address_space [get_bd_addr_spaces s_local] [get_bd_addr_segs $memory_segment]
	assign_bd_address -target_address_space [get_bd_addr_spaces s_host] [get_bd_addr_segs bridge/S_AXI_B/BAR0]
}
