// SPDX-License-Identifier: GPL-2.0
//
// dmmu: the device. An MMU with page tables per process in local memory, hardware threads that stall on
// page faults, and rings in host memory (docs/rings.md). This is the module a board top or a model
// instantiates; everything outside it is plain AXI, so it connects to XDMA/QDMA, LitePCIe and memory
// controllers as it is.
`default_nettype none

module dmmu #(
    // hardware threads, 1 to 64
    parameter THREADS = 16,
    // contexts (address spaces), 1 to 64
    parameter CONTEXTS = 16,
    // page-table levels: 4 for 48-bit virtual addresses, 5 for 57
    parameter LEVELS = 4,
    // TLB sets, a power of two
    parameter TLB_SETS = 128,
    // TLB ways
    parameter TLB_WAYS = 4,
    // clock frequency that register CLOCK_KHZ reports
    parameter CLOCK_KHZ = 125000,
    // width of AXI IDs on both memory ports
    parameter ID_W = 8
) (
    input  wire             clk,
    // synchronous, active high; a power-on reset, may cut bus accesses off
    input  wire             rst,
    // function-level reset: held until flr_done; drains bus accesses, then resets as CTRL.RESET does
    input  wire             flr_req,
    output wire             flr_done,
    // size of local memory in bytes, constant
    input  wire [63:0]      local_size,
    // as STATUS.BUSY: low means that no clock edge changes anything until a port does; may gate the clock
    output wire             busy,

    // AXI4-Lite slave: registers (BAR0)
    input  wire             s_axil_awvalid,
    output wire             s_axil_awready,
    input  wire [15:0]      s_axil_awaddr,
    input  wire             s_axil_wvalid,
    output wire             s_axil_wready,
    input  wire [31:0]      s_axil_wdata,
    input  wire [3:0]       s_axil_wstrb,
    output wire             s_axil_bvalid,
    input  wire             s_axil_bready,
    output wire [1:0]       s_axil_bresp,
    input  wire             s_axil_arvalid,
    output wire             s_axil_arready,
    input  wire [15:0]      s_axil_araddr,
    output wire             s_axil_rvalid,
    input  wire             s_axil_rready,
    output wire [31:0]      s_axil_rdata,
    output wire [1:0]       s_axil_rresp,

    // AXI4 master: host memory. INCR bursts of 8-byte beats that do not cross 4 KiB.
    output wire             m_axi_host_awvalid,
    input  wire             m_axi_host_awready,
    output wire [ID_W-1:0]  m_axi_host_awid,
    output wire [63:0]      m_axi_host_awaddr,
    output wire [7:0]       m_axi_host_awlen,
    output wire             m_axi_host_wvalid,
    input  wire             m_axi_host_wready,
    output wire [63:0]      m_axi_host_wdata,
    output wire [7:0]       m_axi_host_wstrb,
    output wire             m_axi_host_wlast,
    input  wire             m_axi_host_bvalid,
    output wire             m_axi_host_bready,
    input  wire [ID_W-1:0]  m_axi_host_bid,
    input  wire [1:0]       m_axi_host_bresp,
    output wire             m_axi_host_arvalid,
    input  wire             m_axi_host_arready,
    output wire [ID_W-1:0]  m_axi_host_arid,
    output wire [63:0]      m_axi_host_araddr,
    output wire [7:0]       m_axi_host_arlen,
    input  wire             m_axi_host_rvalid,
    output wire             m_axi_host_rready,
    input  wire [ID_W-1:0]  m_axi_host_rid,
    input  wire [63:0]      m_axi_host_rdata,
    input  wire [1:0]       m_axi_host_rresp,
    input  wire             m_axi_host_rlast,

    // AXI4 master: local memory, byte offsets from its start. Same rules.
    output wire             m_axi_local_awvalid,
    input  wire             m_axi_local_awready,
    output wire [ID_W-1:0]  m_axi_local_awid,
    output wire [63:0]      m_axi_local_awaddr,
    output wire [7:0]       m_axi_local_awlen,
    output wire             m_axi_local_wvalid,
    input  wire             m_axi_local_wready,
    output wire [63:0]      m_axi_local_wdata,
    output wire [7:0]       m_axi_local_wstrb,
    output wire             m_axi_local_wlast,
    input  wire             m_axi_local_bvalid,
    output wire             m_axi_local_bready,
    input  wire [ID_W-1:0]  m_axi_local_bid,
    input  wire [1:0]       m_axi_local_bresp,
    output wire             m_axi_local_arvalid,
    input  wire             m_axi_local_arready,
    output wire [ID_W-1:0]  m_axi_local_arid,
    output wire [63:0]      m_axi_local_araddr,
    output wire [7:0]       m_axi_local_arlen,
    input  wire             m_axi_local_rvalid,
    output wire             m_axi_local_rready,
    input  wire [ID_W-1:0]  m_axi_local_rid,
    input  wire [63:0]      m_axi_local_rdata,
    input  wire [1:0]       m_axi_local_rresp,
    input  wire             m_axi_local_rlast,

    // interrupt request per vector (enum IRQ), held until acknowledged in the same cycle or later
    output wire [3:0]       irq_req,
    input  wire [3:0]       irq_ack
);

endmodule

`default_nettype wire
