// SPDX-License-Identifier: GPL-2.0
//
// u250_top: the device on an AMD Alveo U250 (U200: the same pins of PCIe and of DDR4 channel 0). PCIe Gen3 x8 through the XDMA IP
// in AXI-bridge mode, 256 bits at 250 MHz, and one channel of DDR4, 512 bits at 300 MHz. The vendor's
// parts are in a block design that vivado/u250.tcl makes; its ports are declared in vivado/u250_bd.v.
`default_nettype none

module u250_top #(
    // bits of the bridge's slave port
    parameter HOST_W = 256,
    // log2 of the bytes of DDR4 the device may use: 16 GiB on channel 0
    parameter LOCAL_LOG2 = 34
) (
    input  wire        pcie_refclk_p,
    input  wire        pcie_refclk_n,
    input  wire        pcie_perst_n,
    input  wire [7:0]  pcie_rxp,
    input  wire [7:0]  pcie_rxn,
    output wire [7:0]  pcie_txp,
    output wire [7:0]  pcie_txn,

    // 300 MHz for the memory controller, and DDR4 channel 0: an RDIMM of 72 bits in x4 parts
    input  wire        sysclk0_p,
    input  wire        sysclk0_n,
    output wire        c0_ddr4_act_n,
    output wire [16:0] c0_ddr4_adr,
    output wire [1:0]  c0_ddr4_ba,
    output wire [1:0]  c0_ddr4_bg,
    output wire [0:0]  c0_ddr4_ck_c,
    output wire [0:0]  c0_ddr4_ck_t,
    output wire [0:0]  c0_ddr4_cke,
    output wire [0:0]  c0_ddr4_cs_n,
    output wire [0:0]  c0_ddr4_odt,
    output wire        c0_ddr4_par,
    output wire        c0_ddr4_reset_n,
    inout  wire [71:0] c0_ddr4_dq,
    inout  wire [17:0] c0_ddr4_dqs_c,
    inout  wire [17:0] c0_ddr4_dqs_t
);
    localparam LOCAL_W = 512;

    // ---- clocks and resets, from the block design
    wire                 device_clk, device_locked;
    wire                 bridge_clk, bridge_resetn, link_up;
    wire                 memory_clk, memory_rst, memory_ready;
    wire                 bridge_down = !bridge_resetn || !link_up;
    wire                 memory_down = memory_rst || !memory_ready;
    wire                 device_busy;
    wire                 flr_done;

    // ---- registers, from BAR0
    wire [15:0]          regs_awaddr, regs_araddr;
    wire [31:0]          regs_wdata, regs_rdata;
    wire [3:0]           regs_wstrb;
    wire [2:0]           regs_awprot, regs_arprot;
    wire [1:0]           regs_bresp, regs_rresp;
    wire                 regs_awvalid, regs_awready, regs_wvalid, regs_wready, regs_bvalid, regs_bready;
    wire                 regs_arvalid, regs_arready, regs_rvalid, regs_rready;

    // ---- host memory, to the bridge's slave; local memory, to the controller
    wire [63:0]          host_awaddr, host_araddr, local_awaddr, local_araddr;
    wire [7:0]           host_awlen, host_arlen, local_awlen, local_arlen;
    wire [HOST_W-1:0]    host_wdata, host_rdata;
    wire [HOST_W/8-1:0]  host_wstrb;
    wire [LOCAL_W-1:0]   local_wdata, local_rdata;
    wire [LOCAL_W/8-1:0] local_wstrb;
    wire [1:0]           host_bresp, host_rresp, local_bresp, local_rresp;
    wire                 host_awvalid, host_awready, host_wvalid, host_wready, host_wlast, host_bvalid, host_bready;
    wire                 host_arvalid, host_arready, host_rvalid, host_rready, host_rlast;
    wire                 local_awvalid, local_awready, local_wvalid, local_wready, local_wlast, local_bvalid, local_bready;
    wire                 local_arvalid, local_arready, local_rvalid, local_rready, local_rlast;
    wire [4:0]           irq_req, irq_ack;

    u250_bd parts (
        .pcie_refclk_clk_p(pcie_refclk_p), .pcie_refclk_clk_n(pcie_refclk_n), .pcie_perst_n(pcie_perst_n),
        .pcie_rxp(pcie_rxp), .pcie_rxn(pcie_rxn), .pcie_txp(pcie_txp), .pcie_txn(pcie_txn),
        .sysclk0_clk_p(sysclk0_p), .sysclk0_clk_n(sysclk0_n),
        .c0_ddr4_act_n(c0_ddr4_act_n), .c0_ddr4_adr(c0_ddr4_adr), .c0_ddr4_ba(c0_ddr4_ba), .c0_ddr4_bg(c0_ddr4_bg),
        .c0_ddr4_ck_c(c0_ddr4_ck_c), .c0_ddr4_ck_t(c0_ddr4_ck_t), .c0_ddr4_cke(c0_ddr4_cke), .c0_ddr4_cs_n(c0_ddr4_cs_n),
        .c0_ddr4_odt(c0_ddr4_odt), .c0_ddr4_par(c0_ddr4_par), .c0_ddr4_reset_n(c0_ddr4_reset_n), .c0_ddr4_dq(c0_ddr4_dq),
        .c0_ddr4_dqs_c(c0_ddr4_dqs_c), .c0_ddr4_dqs_t(c0_ddr4_dqs_t),
        .device_clk(device_clk), .device_locked(device_locked), .bridge_clk(bridge_clk), .bridge_resetn(bridge_resetn),
        .link_up(link_up), .memory_clk(memory_clk), .memory_rst(memory_rst), .memory_ready(memory_ready),
        .irq_req(irq_req), .irq_ack(irq_ack),
        .m_regs_awaddr(regs_awaddr), .m_regs_awprot(regs_awprot), .m_regs_awvalid(regs_awvalid), .m_regs_awready(regs_awready),
        .m_regs_wdata(regs_wdata), .m_regs_wstrb(regs_wstrb), .m_regs_wvalid(regs_wvalid), .m_regs_wready(regs_wready),
        .m_regs_bresp(regs_bresp), .m_regs_bvalid(regs_bvalid), .m_regs_bready(regs_bready),
        .m_regs_araddr(regs_araddr), .m_regs_arprot(regs_arprot), .m_regs_arvalid(regs_arvalid), .m_regs_arready(regs_arready),
        .m_regs_rdata(regs_rdata), .m_regs_rresp(regs_rresp), .m_regs_rvalid(regs_rvalid), .m_regs_rready(regs_rready),
        .s_host_awaddr(host_awaddr), .s_host_awlen(host_awlen), .s_host_awsize(3'($clog2(HOST_W / 8))), .s_host_awburst(2'b01),
        .s_host_awlock(1'b0), .s_host_awcache(4'b0011), .s_host_awprot(3'd0), .s_host_awqos(4'd0),
        .s_host_awregion(4'd0), .s_host_awvalid(host_awvalid), .s_host_awready(host_awready),
        .s_host_wdata(host_wdata), .s_host_wstrb(host_wstrb), .s_host_wlast(host_wlast), .s_host_wvalid(host_wvalid),
        .s_host_wready(host_wready), .s_host_bresp(host_bresp), .s_host_bvalid(host_bvalid), .s_host_bready(host_bready),
        .s_host_araddr(host_araddr), .s_host_arlen(host_arlen), .s_host_arsize(3'($clog2(HOST_W / 8))), .s_host_arburst(2'b01),
        .s_host_arlock(1'b0), .s_host_arcache(4'b0011), .s_host_arprot(3'd0), .s_host_arqos(4'd0),
        .s_host_arregion(4'd0), .s_host_arvalid(host_arvalid), .s_host_arready(host_arready),
        .s_host_rdata(host_rdata), .s_host_rresp(host_rresp), .s_host_rlast(host_rlast), .s_host_rvalid(host_rvalid),
        .s_host_rready(host_rready),
        .s_local_awaddr(local_awaddr), .s_local_awlen(local_awlen), .s_local_awsize(3'($clog2(LOCAL_W / 8))), .s_local_awburst(2'b01),
        .s_local_awlock(1'b0), .s_local_awcache(4'b0011), .s_local_awprot(3'd0), .s_local_awqos(4'd0),
        .s_local_awregion(4'd0), .s_local_awvalid(local_awvalid), .s_local_awready(local_awready),
        .s_local_wdata(local_wdata), .s_local_wstrb(local_wstrb), .s_local_wlast(local_wlast), .s_local_wvalid(local_wvalid),
        .s_local_wready(local_wready), .s_local_bresp(local_bresp), .s_local_bvalid(local_bvalid), .s_local_bready(local_bready),
        .s_local_araddr(local_araddr), .s_local_arlen(local_arlen), .s_local_arsize(3'($clog2(LOCAL_W / 8))), .s_local_arburst(2'b01),
        .s_local_arlock(1'b0), .s_local_arcache(4'b0011), .s_local_arprot(3'd0), .s_local_arqos(4'd0),
        .s_local_arregion(4'd0), .s_local_arvalid(local_arvalid), .s_local_arready(local_arready),
        .s_local_rdata(local_rdata), .s_local_rresp(local_rresp), .s_local_rlast(local_rlast), .s_local_rvalid(local_rvalid),
        .s_local_rready(local_rready));

    wire unused = &{1'b0, device_busy, regs_awprot, regs_arprot, flr_done};

    board_core #(
        .HOST_W(HOST_W), .LOCAL_W(LOCAL_W), .LOCAL_WINDOW_LOG2(LOCAL_LOG2), .CLOCK_KHZ(125000)
    ) core (
        .clk(device_clk), .por(!device_locked), .local_size(64'd1 << LOCAL_LOG2), .local_coherent(1'b0), .bridge_clk(bridge_clk),
        .bridge_down(bridge_down), .flr_req(1'b0), .flr_done(flr_done), .busy(device_busy),
        .s_axil_awvalid(regs_awvalid), .s_axil_awready(regs_awready), .s_axil_awaddr(regs_awaddr),
        .s_axil_wvalid(regs_wvalid), .s_axil_wready(regs_wready), .s_axil_wdata(regs_wdata), .s_axil_wstrb(regs_wstrb),
        .s_axil_bvalid(regs_bvalid), .s_axil_bready(regs_bready), .s_axil_bresp(regs_bresp),
        .s_axil_arvalid(regs_arvalid), .s_axil_arready(regs_arready), .s_axil_araddr(regs_araddr),
        .s_axil_rvalid(regs_rvalid), .s_axil_rready(regs_rready), .s_axil_rdata(regs_rdata), .s_axil_rresp(regs_rresp),
        .m_axi_host_awvalid(host_awvalid), .m_axi_host_awready(host_awready), .m_axi_host_awaddr(host_awaddr),
        .m_axi_host_awlen(host_awlen), .m_axi_host_wvalid(host_wvalid), .m_axi_host_wready(host_wready),
        .m_axi_host_wdata(host_wdata), .m_axi_host_wstrb(host_wstrb), .m_axi_host_wlast(host_wlast),
        .m_axi_host_bvalid(host_bvalid), .m_axi_host_bready(host_bready), .m_axi_host_bresp(host_bresp),
        .m_axi_host_arvalid(host_arvalid), .m_axi_host_arready(host_arready), .m_axi_host_araddr(host_araddr),
        .m_axi_host_arlen(host_arlen), .m_axi_host_rvalid(host_rvalid), .m_axi_host_rready(host_rready),
        .m_axi_host_rdata(host_rdata), .m_axi_host_rresp(host_rresp), .m_axi_host_rlast(host_rlast),
        .m_axi_local_awvalid(local_awvalid), .m_axi_local_awready(local_awready), .m_axi_local_awaddr(local_awaddr),
        .m_axi_local_awlen(local_awlen), .m_axi_local_wvalid(local_wvalid), .m_axi_local_wready(local_wready),
        .m_axi_local_wdata(local_wdata), .m_axi_local_wstrb(local_wstrb), .m_axi_local_wlast(local_wlast),
        .m_axi_local_bvalid(local_bvalid), .m_axi_local_bready(local_bready), .m_axi_local_bresp(local_bresp),
        .m_axi_local_arvalid(local_arvalid), .m_axi_local_arready(local_arready), .m_axi_local_araddr(local_araddr),
        .m_axi_local_arlen(local_arlen), .m_axi_local_rvalid(local_rvalid), .m_axi_local_rready(local_rready),
        .m_axi_local_rdata(local_rdata), .m_axi_local_rresp(local_rresp), .m_axi_local_rlast(local_rlast),
        .irq_req(irq_req), .irq_ack(irq_ack), .memory_clk(memory_clk), .memory_down(memory_down));
endmodule

`default_nettype wire
