// SPDX-License-Identifier: GPL-2.0
//
// axil_cross: AXI4-Lite from its master's clock (s_*) to its slave's (m_*). Resets as in async_fifo.v.
`default_nettype none

module axil_cross #(
    // bits of an address
    parameter A = 16
) (
    input  wire         s_clk,
    input  wire         s_rst,
    input  wire         s_clear,
    input  wire         m_clk,
    input  wire         m_rst,
    input  wire         m_clear,

    input  wire         s_awvalid,
    output wire         s_awready,
    input  wire [A-1:0] s_awaddr,
    input  wire         s_wvalid,
    output wire         s_wready,
    input  wire [31:0]  s_wdata,
    input  wire [3:0]   s_wstrb,
    output wire         s_bvalid,
    input  wire         s_bready,
    output wire [1:0]   s_bresp,
    input  wire         s_arvalid,
    output wire         s_arready,
    input  wire [A-1:0] s_araddr,
    output wire         s_rvalid,
    input  wire         s_rready,
    output wire [31:0]  s_rdata,
    output wire [1:0]   s_rresp,

    output wire         m_awvalid,
    input  wire         m_awready,
    output wire [A-1:0] m_awaddr,
    output wire         m_wvalid,
    input  wire         m_wready,
    output wire [31:0]  m_wdata,
    output wire [3:0]   m_wstrb,
    input  wire         m_bvalid,
    output wire         m_bready,
    input  wire [1:0]   m_bresp,
    output wire         m_arvalid,
    input  wire         m_arready,
    output wire [A-1:0] m_araddr,
    input  wire         m_rvalid,
    output wire         m_rready,
    input  wire [31:0]  m_rdata,
    input  wire [1:0]   m_rresp
);
    async_fifo #(.W(A), .DEPTH_LOG2(2)) aw (
        .s_clk(s_clk), .s_rst(s_rst), .s_clear(s_clear), .m_clk(m_clk), .m_rst(m_rst), .m_clear(m_clear),
        .s_valid(s_awvalid), .s_ready(s_awready), .s_data(s_awaddr),
        .m_valid(m_awvalid), .m_ready(m_awready), .m_data(m_awaddr));
    async_fifo #(.W(36), .DEPTH_LOG2(2)) w (
        .s_clk(s_clk), .s_rst(s_rst), .s_clear(s_clear), .m_clk(m_clk), .m_rst(m_rst), .m_clear(m_clear),
        .s_valid(s_wvalid), .s_ready(s_wready), .s_data({s_wstrb, s_wdata}),
        .m_valid(m_wvalid), .m_ready(m_wready), .m_data({m_wstrb, m_wdata}));
    async_fifo #(.W(2), .DEPTH_LOG2(2)) b (
        .s_clk(m_clk), .s_rst(m_rst), .s_clear(m_clear), .m_clk(s_clk), .m_rst(s_rst), .m_clear(s_clear),
        .s_valid(m_bvalid), .s_ready(m_bready), .s_data(m_bresp),
        .m_valid(s_bvalid), .m_ready(s_bready), .m_data(s_bresp));
    async_fifo #(.W(A), .DEPTH_LOG2(2)) ar (
        .s_clk(s_clk), .s_rst(s_rst), .s_clear(s_clear), .m_clk(m_clk), .m_rst(m_rst), .m_clear(m_clear),
        .s_valid(s_arvalid), .s_ready(s_arready), .s_data(s_araddr),
        .m_valid(m_arvalid), .m_ready(m_arready), .m_data(m_araddr));
    async_fifo #(.W(34), .DEPTH_LOG2(2)) r (
        .s_clk(m_clk), .s_rst(m_rst), .s_clear(m_clear), .m_clk(s_clk), .m_rst(s_rst), .m_clear(s_clear),
        .s_valid(m_rvalid), .s_ready(m_rready), .s_data({m_rresp, m_rdata}),
        .m_valid(s_rvalid), .m_ready(s_rready), .m_data({s_rresp, s_rdata}));
endmodule

`default_nettype wire
