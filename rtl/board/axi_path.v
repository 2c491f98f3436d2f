// SPDX-License-Identifier: GPL-2.0
//
// axi_path: all that is between one of the device's AXI masters and the port of a bridge or a memory controller: width
// (axi_up_rd, axi_up_wr), clock (axi_cross), register slice (axi_slice). s_* is the device's, m_* is the card's: full-width
// INCR bursts, no narrow ones, one ID.
`default_nettype none

module axi_path #(
    // bits of the device's IDs
    parameter ID_W = 8,
    // bits of the card's data
    parameter W = 256,
    // log2 of the bytes the device may reach, and where they begin on the card's port
    parameter WINDOW_LOG2 = 64,
    parameter [63:0] BASE = 64'd0
) (
    // the device's clock; reset of the device; everything is answered here; reset of this side of the crossing
    input  wire            s_clk,
    input  wire            s_rst,
    input  wire            cut,
    input  wire            near_rst,
    // the card's clock; that side is stopped; its part of the crossing is cleared
    input  wire            m_clk,
    input  wire            far_rst,
    input  wire            far_clear,

    input  wire            s_awvalid,
    output wire            s_awready,
    input  wire [ID_W-1:0] s_awid,
    input  wire [63:0]     s_awaddr,
    input  wire [7:0]      s_awlen,
    input  wire            s_wvalid,
    output wire            s_wready,
    input  wire [63:0]     s_wdata,
    input  wire [7:0]      s_wstrb,
    input  wire            s_wlast,
    output wire            s_bvalid,
    input  wire            s_bready,
    output wire [ID_W-1:0] s_bid,
    output wire [1:0]      s_bresp,
    input  wire            s_arvalid,
    output wire            s_arready,
    input  wire [ID_W-1:0] s_arid,
    input  wire [63:0]     s_araddr,
    input  wire [7:0]      s_arlen,
    output wire            s_rvalid,
    input  wire            s_rready,
    output wire [ID_W-1:0] s_rid,
    output wire [63:0]     s_rdata,
    output wire [1:0]      s_rresp,
    output wire            s_rlast,

    output wire            m_awvalid,
    input  wire            m_awready,
    output wire [63:0]     m_awaddr,
    output wire [7:0]      m_awlen,
    output wire            m_wvalid,
    input  wire            m_wready,
    output wire [W-1:0]    m_wdata,
    output wire [W/8-1:0]  m_wstrb,
    output wire            m_wlast,
    input  wire            m_bvalid,
    output wire            m_bready,
    input  wire [1:0]      m_bresp,
    output wire            m_arvalid,
    input  wire            m_arready,
    output wire [63:0]     m_araddr,
    output wire [7:0]      m_arlen,
    input  wire            m_rvalid,
    output wire            m_rready,
    input  wire [W-1:0]    m_rdata,
    input  wire [1:0]      m_rresp,
    input  wire            m_rlast
);
    // u: wide, the device's clock; x: wide, the card's clock
    wire           u_awvalid, u_awready, u_wvalid, u_wready, u_wlast, u_bvalid, u_bready;
    wire           u_arvalid, u_arready, u_rvalid, u_rready, u_rlast;
    wire [63:0]    u_awaddr, u_araddr;
    wire [7:0]     u_awlen, u_arlen;
    wire [W-1:0]   u_wdata, u_rdata;
    wire [W/8-1:0] u_wstrb;
    wire [1:0]     u_bresp, u_rresp;
    wire           x_awvalid, x_awready, x_wvalid, x_wready, x_wlast, x_bvalid, x_bready;
    wire           x_arvalid, x_arready, x_rvalid, x_rready, x_rlast;
    wire [63:0]    x_awaddr, x_araddr;
    wire [7:0]     x_awlen, x_arlen;
    wire [W-1:0]   x_wdata, x_rdata;
    wire [W/8-1:0] x_wstrb;
    wire [1:0]     x_bresp, x_rresp;

    axi_up_rd #(.ID_W(ID_W), .W(W), .WINDOW_LOG2(WINDOW_LOG2), .BASE(BASE)) widen_reads (
        .clk(s_clk), .rst(s_rst), .cut(cut),
        .s_arvalid(s_arvalid), .s_arready(s_arready), .s_arid(s_arid), .s_araddr(s_araddr), .s_arlen(s_arlen),
        .s_rvalid(s_rvalid), .s_rready(s_rready), .s_rid(s_rid), .s_rdata(s_rdata), .s_rresp(s_rresp), .s_rlast(s_rlast),
        .m_arvalid(u_arvalid), .m_arready(u_arready), .m_araddr(u_araddr), .m_arlen(u_arlen),
        .m_rvalid(u_rvalid), .m_rready(u_rready), .m_rdata(u_rdata), .m_rresp(u_rresp), .m_rlast(u_rlast));

    axi_up_wr #(.ID_W(ID_W), .W(W), .WINDOW_LOG2(WINDOW_LOG2), .BASE(BASE)) widen_writes (
        .clk(s_clk), .rst(s_rst), .cut(cut),
        .s_awvalid(s_awvalid), .s_awready(s_awready), .s_awid(s_awid), .s_awaddr(s_awaddr), .s_awlen(s_awlen),
        .s_wvalid(s_wvalid), .s_wready(s_wready), .s_wdata(s_wdata), .s_wstrb(s_wstrb), .s_wlast(s_wlast),
        .s_bvalid(s_bvalid), .s_bready(s_bready), .s_bid(s_bid), .s_bresp(s_bresp),
        .m_awvalid(u_awvalid), .m_awready(u_awready), .m_awaddr(u_awaddr), .m_awlen(u_awlen),
        .m_wvalid(u_wvalid), .m_wready(u_wready), .m_wdata(u_wdata), .m_wstrb(u_wstrb), .m_wlast(u_wlast),
        .m_bvalid(u_bvalid), .m_bready(u_bready), .m_bresp(u_bresp));

    axi_cross #(.A(64), .W(W)) crossing (
        .s_clk(s_clk), .s_rst(near_rst), .s_clear(near_rst), .m_clk(m_clk), .m_rst(far_rst), .m_clear(far_clear),
        .s_awvalid(u_awvalid), .s_awready(u_awready), .s_awaddr(u_awaddr), .s_awlen(u_awlen),
        .s_wvalid(u_wvalid), .s_wready(u_wready), .s_wdata(u_wdata), .s_wstrb(u_wstrb), .s_wlast(u_wlast),
        .s_bvalid(u_bvalid), .s_bready(u_bready), .s_bresp(u_bresp),
        .s_arvalid(u_arvalid), .s_arready(u_arready), .s_araddr(u_araddr), .s_arlen(u_arlen),
        .s_rvalid(u_rvalid), .s_rready(u_rready), .s_rdata(u_rdata), .s_rresp(u_rresp), .s_rlast(u_rlast),
        .m_awvalid(x_awvalid), .m_awready(x_awready), .m_awaddr(x_awaddr), .m_awlen(x_awlen),
        .m_wvalid(x_wvalid), .m_wready(x_wready), .m_wdata(x_wdata), .m_wstrb(x_wstrb), .m_wlast(x_wlast),
        .m_bvalid(x_bvalid), .m_bready(x_bready), .m_bresp(x_bresp),
        .m_arvalid(x_arvalid), .m_arready(x_arready), .m_araddr(x_araddr), .m_arlen(x_arlen),
        .m_rvalid(x_rvalid), .m_rready(x_rready), .m_rdata(x_rdata), .m_rresp(x_rresp), .m_rlast(x_rlast));

    axi_slice #(.A(64), .W(W)) out (
        .clk(m_clk), .rst(far_rst),
        .s_awvalid(x_awvalid), .s_awready(x_awready), .s_awaddr(x_awaddr), .s_awlen(x_awlen),
        .s_wvalid(x_wvalid), .s_wready(x_wready), .s_wdata(x_wdata), .s_wstrb(x_wstrb), .s_wlast(x_wlast),
        .s_bvalid(x_bvalid), .s_bready(x_bready), .s_bresp(x_bresp),
        .s_arvalid(x_arvalid), .s_arready(x_arready), .s_araddr(x_araddr), .s_arlen(x_arlen),
        .s_rvalid(x_rvalid), .s_rready(x_rready), .s_rdata(x_rdata), .s_rresp(x_rresp), .s_rlast(x_rlast),
        .m_awvalid(m_awvalid), .m_awready(m_awready), .m_awaddr(m_awaddr), .m_awlen(m_awlen),
        .m_wvalid(m_wvalid), .m_wready(m_wready), .m_wdata(m_wdata), .m_wstrb(m_wstrb), .m_wlast(m_wlast),
        .m_bvalid(m_bvalid), .m_bready(m_bready), .m_bresp(m_bresp),
        .m_arvalid(m_arvalid), .m_arready(m_arready), .m_araddr(m_araddr), .m_arlen(m_arlen),
        .m_rvalid(m_rvalid), .m_rready(m_rready), .m_rdata(m_rdata), .m_rresp(m_rresp), .m_rlast(m_rlast));

`ifdef CHECK
    axi_rules #(.ID_W(ID_W), .A(64), .W(64), .IN_ORDER(1)) device_side (
        .clk(s_clk), .rst(s_rst),
        .awvalid(s_awvalid), .awready(s_awready), .awid(s_awid), .awaddr(s_awaddr), .awlen(s_awlen),
        .wvalid(s_wvalid), .wready(s_wready), .wdata(s_wdata), .wstrb(s_wstrb), .wlast(s_wlast),
        .bvalid(s_bvalid), .bready(s_bready), .bid(s_bid), .bresp(s_bresp),
        .arvalid(s_arvalid), .arready(s_arready), .arid(s_arid), .araddr(s_araddr), .arlen(s_arlen),
        .rvalid(s_rvalid), .rready(s_rready), .rid(s_rid), .rdata(s_rdata), .rresp(s_rresp), .rlast(s_rlast));
    axi_rules #(.ID_W(1), .A(64), .W(W), .IN_ORDER(1)) card_side (
        .clk(m_clk), .rst(far_rst),
        .awvalid(m_awvalid), .awready(m_awready), .awid(1'b0), .awaddr(m_awaddr), .awlen(m_awlen),
        .wvalid(m_wvalid), .wready(m_wready), .wdata(m_wdata), .wstrb(m_wstrb), .wlast(m_wlast),
        .bvalid(m_bvalid), .bready(m_bready), .bid(1'b0), .bresp(m_bresp),
        .arvalid(m_arvalid), .arready(m_arready), .arid(1'b0), .araddr(m_araddr), .arlen(m_arlen),
        .rvalid(m_rvalid), .rready(m_rready), .rid(1'b0), .rdata(m_rdata), .rresp(m_rresp), .rlast(m_rlast));
`endif
endmodule

`default_nettype wire
