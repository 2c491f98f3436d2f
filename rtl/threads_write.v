// SPDX-License-Identifier: GPL-2.0
//
// threads_write: the writes of all threads to one memory, joined to one user of axi_wr_mux; a thread's number is the
// name of its writes. Bursts go out whole. A thread gives its data once its address was taken; its response comes a
// cycle late.
`default_nettype none

module threads_write #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    // bits of a name on the bus, at least THR_W
    parameter SUB_W = 6
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire [THREADS-1:0]    awvalid,
    output logic [THREADS-1:0]   awready,
    input  wire [THREADS*64-1:0] addr,
    input  wire [THREADS*8-1:0]  len,
    input  wire [THREADS-1:0]    wvalid,
    output logic [THREADS-1:0]   wready,
    input  wire [THREADS*64-1:0] wdata,
    input  wire [THREADS-1:0]    wlast,
    output wire [THREADS-1:0]    bvalid,
    output wire [1:0]            bresp,

    output wire                  m_awvalid,
    input  wire                  m_awready,
    output wire [SUB_W-1:0]      m_awid,
    output wire [63:0]           m_awaddr,
    output wire [7:0]            m_awlen,
    output wire                  m_wvalid,
    input  wire                  m_wready,
    output wire [63:0]           m_wdata,
    output wire [7:0]            m_wstrb,
    output wire                  m_wlast,
    input  wire                  m_bvalid,
    input  wire [SUB_W-1:0]      m_bid,
    input  wire [1:0]            m_bresp
);
    wire                any;
    wire [THR_W-1:0]    pick;
    logic               data_reg;       // a burst's data is being moved
    logic [THR_W-1:0]   pick_reg;
    logic               aw_valid_reg;
    logic [63:0]        aw_addr_reg;
    logic [7:0]         aw_len_reg;
    logic               w_valid_reg;
    logic [63:0]        w_data_reg;
    logic               w_last_reg;
    logic [THREADS-1:0] b_valid_reg;
    logic [1:0]         b_resp_reg;

    wire take = any && !data_reg && !aw_valid_reg;
    wire w_take = data_reg && wvalid[pick_reg] && (!w_valid_reg || m_wready);

    rr_arbiter #(.N(THREADS), .W(THR_W)) arbiter (.clk(clk), .rst(rst), .req(awvalid), .take(take), .any(any), .index(pick));

    always_comb begin
        awready = '0;
        awready[pick] = take;
        wready = '0;
        wready[pick_reg] = w_take;
    end

    always_ff @(posedge clk) begin
        if (m_awready) aw_valid_reg <= 1'b0;
        if (m_wready) w_valid_reg <= 1'b0;
        if (take) begin
            aw_valid_reg <= 1'b1;
            pick_reg <= pick;
            aw_addr_reg <= addr[pick*64 +: 64];
            aw_len_reg <= len[pick*8 +: 8];
            data_reg <= 1'b1;
        end
        if (w_take) begin
            w_valid_reg <= 1'b1;
            w_data_reg <= wdata[pick_reg*64 +: 64];
            w_last_reg <= wlast[pick_reg];
            if (wlast[pick_reg]) data_reg <= 1'b0;
        end
        for (int t = 0; t < THREADS; t++) b_valid_reg[t] <= m_bvalid && m_bid == SUB_W'(t);
        b_resp_reg <= m_bresp;
        if (rst) begin
            data_reg <= 1'b0;
            pick_reg <= '0;
            aw_valid_reg <= 1'b0;
            w_valid_reg <= 1'b0;
            b_valid_reg <= '0;
        end
    end

    assign m_awvalid = aw_valid_reg;
    assign m_awid = SUB_W'(pick_reg);
    assign m_awaddr = aw_addr_reg;
    assign m_awlen = aw_len_reg;
    assign m_wvalid = w_valid_reg;
    assign m_wdata = w_data_reg;
    assign m_wstrb = 8'hff;
    assign m_wlast = w_last_reg;
    assign bvalid = b_valid_reg;
    assign bresp = b_resp_reg;
endmodule

`default_nettype wire
