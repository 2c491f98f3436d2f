// SPDX-License-Identifier: GPL-2.0
//
// axi_slice: register slices on the five channels of an AXI4 master that uses one ID.
`default_nettype none

module axi_slice #(
    // bits of an address, of a data word
    parameter A = 64,
    parameter W = 256
) (
    input  wire           clk,
    input  wire           rst,

    input  wire           s_awvalid,
    output wire           s_awready,
    input  wire [A-1:0]   s_awaddr,
    input  wire [7:0]     s_awlen,
    input  wire           s_wvalid,
    output wire           s_wready,
    input  wire [W-1:0]   s_wdata,
    input  wire [W/8-1:0] s_wstrb,
    input  wire           s_wlast,
    output wire           s_bvalid,
    input  wire           s_bready,
    output wire [1:0]     s_bresp,
    input  wire           s_arvalid,
    output wire           s_arready,
    input  wire [A-1:0]   s_araddr,
    input  wire [7:0]     s_arlen,
    output wire           s_rvalid,
    input  wire           s_rready,
    output wire [W-1:0]   s_rdata,
    output wire [1:0]     s_rresp,
    output wire           s_rlast,

    output wire           m_awvalid,
    input  wire           m_awready,
    output wire [A-1:0]   m_awaddr,
    output wire [7:0]     m_awlen,
    output wire           m_wvalid,
    input  wire           m_wready,
    output wire [W-1:0]   m_wdata,
    output wire [W/8-1:0] m_wstrb,
    output wire           m_wlast,
    input  wire           m_bvalid,
    output wire           m_bready,
    input  wire [1:0]     m_bresp,
    output wire           m_arvalid,
    input  wire           m_arready,
    output wire [A-1:0]   m_araddr,
    output wire [7:0]     m_arlen,
    input  wire           m_rvalid,
    output wire           m_rready,
    input  wire [W-1:0]   m_rdata,
    input  wire [1:0]     m_rresp,
    input  wire           m_rlast
);
    slice #(.W(A + 8), .QUIET(1)) aw (
        .clk(clk), .rst(rst), .s_valid(s_awvalid), .s_ready(s_awready), .s_data({s_awlen, s_awaddr}),
        .m_valid(m_awvalid), .m_ready(m_awready), .m_data({m_awlen, m_awaddr}));
    slice #(.W(W + W / 8 + 1), .QUIET(1)) w (
        .clk(clk), .rst(rst), .s_valid(s_wvalid), .s_ready(s_wready), .s_data({s_wlast, s_wstrb, s_wdata}),
        .m_valid(m_wvalid), .m_ready(m_wready), .m_data({m_wlast, m_wstrb, m_wdata}));
    slice #(.W(2), .QUIET(1)) b (
        .clk(clk), .rst(rst), .s_valid(m_bvalid), .s_ready(m_bready), .s_data(m_bresp),
        .m_valid(s_bvalid), .m_ready(s_bready), .m_data(s_bresp));
    slice #(.W(A + 8), .QUIET(1)) ar (
        .clk(clk), .rst(rst), .s_valid(s_arvalid), .s_ready(s_arready), .s_data({s_arlen, s_araddr}),
        .m_valid(m_arvalid), .m_ready(m_arready), .m_data({m_arlen, m_araddr}));
    slice #(.W(W + 3), .QUIET(1)) r (
        .clk(clk), .rst(rst), .s_valid(m_rvalid), .s_ready(m_rready), .s_data({m_rlast, m_rresp, m_rdata}),
        .m_valid(s_rvalid), .m_ready(s_rready), .m_data({s_rlast, s_rresp, s_rdata}));
endmodule

`default_nettype wire
