// SPDX-License-Identifier: GPL-2.0
//
// axi_wr_mux: N internal writers on the write half of one AXI master. A writer's number is its AXI ID. The bursts
// go out whole, one after the other, their responses come back in any order. A writer shows address and data
// together, has one burst outstanding, and must give all its data once the address was taken.
// `stop` lets no new burst out, `idle` says that none is in flight.
`default_nettype none

module axi_wr_mux #(
    // writers
    parameter N = 4,
    // bits of a writer's number
    parameter W = 2,
    // bits of an AXI ID
    parameter ID_W = 8
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            stop,
    output wire            idle,

    input  wire [N-1:0]    s_awvalid,
    output logic [N-1:0]   s_awready,
    input  wire [N*64-1:0] s_awaddr,
    input  wire [N*8-1:0]  s_awlen,
    input  wire [N-1:0]    s_wvalid,
    output logic [N-1:0]   s_wready,
    input  wire [N*64-1:0] s_wdata,
    input  wire [N-1:0]    s_wlast,
    // a response is always taken
    output logic [N-1:0]   s_bvalid,
    output wire            s_berr,

    output wire            m_awvalid,
    input  wire            m_awready,
    output wire [ID_W-1:0] m_awid,
    output wire [63:0]     m_awaddr,
    output wire [7:0]      m_awlen,
    output wire            m_wvalid,
    input  wire            m_wready,
    output wire [63:0]     m_wdata,
    output wire [7:0]      m_wstrb,
    output wire            m_wlast,
    input  wire            m_bvalid,
    output wire            m_bready,
    input  wire [ID_W-1:0] m_bid,
    input  wire [1:0]      m_bresp
);
    wire          any;
    wire [W-1:0]  pick;
    logic         data_reg;     // a burst's data is being moved
    logic [W-1:0] id_reg;
    logic         aw_valid_reg;
    logic [63:0]  aw_addr_reg;
    logic [7:0]   aw_len_reg;
    logic         w_valid_reg;
    logic [63:0]  w_data_reg;
    logic         w_last_reg;
    logic [W:0]   flight_reg;

    wire take = any && !stop && !data_reg && !aw_valid_reg;
    wire w_take = data_reg && s_wvalid[id_reg] && (!w_valid_reg || m_wready);

    rr_arbiter #(.N(N), .W(W)) arbiter (.clk(clk), .rst(rst), .req(s_awvalid), .take(take), .any(any), .index(pick));

    always_comb begin
        s_awready = '0;
        s_awready[pick] = take;
        s_wready = '0;
        s_wready[id_reg] = w_take;
        s_bvalid = '0;
        for (int i = 0; i < N; i++)
            if (m_bid == ID_W'(i)) s_bvalid[i] = m_bvalid;
    end

    always_ff @(posedge clk) begin
        if (m_awready) aw_valid_reg <= 1'b0;
        if (m_wready) w_valid_reg <= 1'b0;
        if (take) begin
            aw_valid_reg <= 1'b1;
            id_reg <= pick;
            aw_addr_reg <= s_awaddr[pick*64 +: 64];
            aw_len_reg <= s_awlen[pick*8 +: 8];
            data_reg <= 1'b1;
        end
        if (w_take) begin
            w_valid_reg <= 1'b1;
            w_data_reg <= s_wdata[id_reg*64 +: 64];
            w_last_reg <= s_wlast[id_reg];
            if (s_wlast[id_reg]) data_reg <= 1'b0;
        end
        if (take && !m_bvalid) flight_reg <= flight_reg + 1'b1;
        if (!take && m_bvalid) flight_reg <= flight_reg - 1'b1;
        if (rst) begin
            data_reg <= 1'b0;
            id_reg <= '0;
            aw_valid_reg <= 1'b0;
            w_valid_reg <= 1'b0;
            flight_reg <= '0;
        end
    end

    assign m_awvalid = aw_valid_reg;
    assign m_awid = ID_W'(id_reg);
    assign m_awaddr = aw_addr_reg;
    assign m_awlen = aw_len_reg;
    assign m_wvalid = w_valid_reg;
    assign m_wdata = w_data_reg;
    assign m_wstrb = 8'hff;
    assign m_wlast = w_last_reg;
    assign m_bready = 1'b1;
    assign s_berr = |m_bresp;
    assign idle = flight_reg == '0;

`ifdef CHECK
    logic       past_ok;
    logic       past_aw_stuck;
    logic       past_w_stuck;
    logic [ID_W+72-1:0] past_aw;
    logic [64:0] past_w;
    logic [7:0] beats;          // data beats sent of the burst
    always_ff @(posedge clk) begin
        past_ok <= !rst;
        past_aw_stuck <= m_awvalid && !m_awready;
        past_w_stuck <= m_wvalid && !m_wready;
        past_aw <= {m_awid, m_awaddr, m_awlen};
        past_w <= {m_wlast, m_wdata};
        if (take) beats <= 8'd0;
        if (w_take) beats <= beats + 8'd1;
        if (!rst && past_ok) begin
            if (past_aw_stuck) begin
                `CHECK_NAME(aw_valid_holds) assert (m_awvalid);
                `CHECK_NAME(aw_payload_holds) assert (past_aw == {m_awid, m_awaddr, m_awlen});
            end
            if (past_w_stuck) begin
                `CHECK_NAME(w_valid_holds) assert (m_wvalid);
                `CHECK_NAME(w_payload_holds) assert (past_w == {m_wlast, m_wdata});
            end
            if (m_awvalid) begin
                `CHECK_NAME(aw_stays_in_4k) assert ({1'b0, m_awaddr[11:0]} + {2'b0, m_awlen, 3'b0} <= 13'd4088);
                `CHECK_NAME(aw_aligned) assert (m_awaddr[2:0] == 3'd0);
            end
            if (w_take) begin
                `CHECK_NAME(w_last_is_the_last) assert (s_wlast[id_reg] == (beats == aw_len_reg));
            end
            if (m_bvalid) begin
                `CHECK_NAME(b_was_asked_for) assert (flight_reg != '0 && m_bid < ID_W'(N));
            end
        end
    end
`endif
endmodule

`default_nettype wire
