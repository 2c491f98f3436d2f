// SPDX-License-Identifier: GPL-2.0
//
// axi_rules: the rules of AXI4, on both sides of a port, as assertions: what is offered stays until it is taken; bursts stay
// in 4 KiB and their last beat is where it belongs; nothing is answered that was not asked. Nothing but
// assertions: only used where they are compiled in (CHECK). Answers are in order when IN_ORDER is set.
`default_nettype none

module axi_rules #(
    // bits of an ID; of an address; of a data word
    parameter ID_W = 1,
    parameter A = 64,
    parameter W = 64,
    // 1: read bursts are answered one after the other
    parameter IN_ORDER = 1
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            awvalid,
    input  wire            awready,
    input  wire [ID_W-1:0] awid,
    input  wire [A-1:0]    awaddr,
    input  wire [7:0]      awlen,
    input  wire            wvalid,
    input  wire            wready,
    input  wire [W-1:0]    wdata,
    input  wire [W/8-1:0]  wstrb,
    input  wire            wlast,
    input  wire            bvalid,
    input  wire            bready,
    input  wire [ID_W-1:0] bid,
    input  wire [1:0]      bresp,
    input  wire            arvalid,
    input  wire            arready,
    input  wire [ID_W-1:0] arid,
    input  wire [A-1:0]    araddr,
    input  wire [7:0]      arlen,
    input  wire            rvalid,
    input  wire            rready,
    input  wire [ID_W-1:0] rid,
    input  wire [W-1:0]    rdata,
    input  wire [1:0]      rresp,
    input  wire            rlast
);
`ifdef CHECK
    localparam BYTES_LOG2 = $clog2(W / 8);

    logic past_rst;
    logic aw_stuck, w_stuck, b_stuck, ar_stuck, r_stuck;
    logic [ID_W+A+7:0] past_aw, past_ar;
    logic [W+W/8:0]    past_w;
    logic [ID_W+1:0]   past_b;
    logic [ID_W+W+2:0] past_r;

    wire [12:0] aw_end = 13'({1'b0, awaddr[11:0]}) + 13'({5'd0, awlen} << BYTES_LOG2);
    wire [12:0] ar_end = 13'({1'b0, araddr[11:0]}) + 13'({5'd0, arlen} << BYTES_LOG2);

    // lengths, in order, of write bursts whose data is due and of read bursts; counts of what is under way
    logic [7:0]  wlens [0:255];
    logic [7:0]  rlens [0:255];
    logic [7:0]  wlens_in, wlens_out, rlens_in, rlens_out;
    logic [7:0]  wbeat, rbeat;
    wire  [7:0]  waiting = wlens_in - wlens_out;     // negative: data is ahead
    logic [15:0] data_ends;     // last beats of data less responses
    logic [15:0] reads;         // bursts asked less bursts ended

    always_ff @(posedge clk) begin
        past_rst <= rst;
        aw_stuck <= awvalid && !awready;
        w_stuck <= wvalid && !wready;
        b_stuck <= bvalid && !bready;
        ar_stuck <= arvalid && !arready;
        r_stuck <= rvalid && !rready;
        past_aw <= {awid, awaddr, awlen};
        past_w <= {wlast, wstrb, wdata};
        past_b <= {bid, bresp};
        past_ar <= {arid, araddr, arlen};
        past_r <= {rid, rlast, rresp, rdata};
        if (awvalid && awready) begin
            wlens[wlens_in] <= awlen;
            wlens_in <= wlens_in + 8'd1;
        end
        if (wvalid && wready) begin
            wbeat <= wlast ? 8'd0 : wbeat + 8'd1;
            if (wlast) wlens_out <= wlens_out + 8'd1;
        end
        if (arvalid && arready) begin
            rlens[rlens_in] <= arlen;
            rlens_in <= rlens_in + 8'd1;
        end
        if (rvalid && rready) begin
            rbeat <= rlast ? 8'd0 : rbeat + 8'd1;
            if (rlast) rlens_out <= rlens_out + 8'd1;
        end
        data_ends <= data_ends + 16'(wvalid && wready && wlast) - 16'(bvalid && bready);
        reads <= reads + 16'(arvalid && arready) - 16'(rvalid && rready && rlast);
        if (rst) begin
            wlens_in <= 8'd0;
            wlens_out <= 8'd0;
            rlens_in <= 8'd0;
            rlens_out <= 8'd0;
            wbeat <= 8'd0;
            rbeat <= 8'd0;
            data_ends <= 16'd0;
            reads <= 16'd0;
        end
        if (!rst && !past_rst) begin
            if (aw_stuck) begin
                `CHECK_NAME(aw_holds) assert (awvalid && past_aw == {awid, awaddr, awlen});
            end
            if (w_stuck) begin
                `CHECK_NAME(w_holds) assert (wvalid && past_w == {wlast, wstrb, wdata});
            end
            if (b_stuck) begin
                `CHECK_NAME(b_holds) assert (bvalid && past_b == {bid, bresp});
            end
            if (ar_stuck) begin
                `CHECK_NAME(ar_holds) assert (arvalid && past_ar == {arid, araddr, arlen});
            end
            if (r_stuck) begin
                `CHECK_NAME(r_holds) assert (rvalid && past_r == {rid, rlast, rresp, rdata});
            end
            if (awvalid) begin
                `CHECK_NAME(aw_stays_in_4k) assert (aw_end < 13'd4096);
                `CHECK_NAME(aw_is_aligned) assert (awaddr[BYTES_LOG2-1:0] == '0);
            end
            if (arvalid) begin
                `CHECK_NAME(ar_stays_in_4k) assert (ar_end < 13'd4096);
                `CHECK_NAME(ar_is_aligned) assert (araddr[BYTES_LOG2-1:0] == '0);
            end
            // data may come before its address; only what has one is judged
            if (wvalid && wready && waiting != 8'd0 && !waiting[7]) begin
                `CHECK_NAME(wlast_is_the_last) assert (wlast == (wbeat == wlens[wlens_out]));
            end
            if (bvalid) begin
                `CHECK_NAME(b_was_asked_for) assert (data_ends != 16'd0);
            end
            if (rvalid) begin
                `CHECK_NAME(r_was_asked_for) assert (reads != 16'd0);
            end
            if (rvalid && IN_ORDER != 0) begin
                `CHECK_NAME(rlast_is_the_last) assert (rlast == (rbeat == rlens[rlens_out]));
            end
        end
    end
`else
    wire unused = &{1'b0, clk, rst, awvalid, awready, awid, awaddr, awlen, wvalid, wready, wdata, wstrb, wlast, bvalid, bready,
        bid, bresp, arvalid, arready, arid, araddr, arlen, rvalid, rready, rid, rdata, rresp, rlast};
`endif
endmodule

`default_nettype wire
