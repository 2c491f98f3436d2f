// SPDX-License-Identifier: GPL-2.0
//
// ring_formal: the device's side of a ring it fills, with memory and host free within their rules. Nothing is
// overwritten, and `tail` counts only what memory has answered.
`default_nettype none

module ring_formal (
    input wire        clk,
    input wire        any_rec,
    input wire        any_awready,
    input wire        any_wready,
    input wire        any_bvalid,
    input wire        any_consume
);
    logic        started = 1'b0;
    logic        rec_valid = 1'b0;
    logic [31:0] head = 32'd0;
    logic [7:0]  asked = 8'd0;      // records whose address memory took, whose data, that it answered
    logic [7:0]  sent = 8'd0;
    logic [7:0]  answered = 8'd0;
    wire  [31:0] tail;
    wire         full, posted, rec_taken, awvalid, wvalid, wlast;
    wire  [7:0]  awlen;
    wire         bvalid = any_bvalid && answered != asked && answered != sent;

    always_ff @(posedge clk) begin
        started <= 1'b1;
        if (rec_taken) rec_valid <= 1'b0;
        else if (any_rec) rec_valid <= 1'b1;
        if (any_consume && head != tail) head <= head + 32'd1;
        if (awvalid && any_awready) asked <= asked + 8'd1;
        if (wvalid && any_wready && wlast) sent <= sent + 8'd1;
        if (bvalid) answered <= answered + 8'd1;
    end

    ring_post dut (
        .clk(clk), .rst(!started), .base(64'd0), .size_log2(4'd1), .head(head), .tail(tail), .full(full), .active(),
        .posted(posted), .rec_valid(rec_valid && started), .rec_word(), .rec_data(64'd0), .rec_taken(rec_taken),
        .awvalid(awvalid), .awready(any_awready), .awaddr(), .awlen(awlen), .wvalid(wvalid), .wready(any_wready),
        .wdata(), .wlast(wlast), .bvalid(bvalid));

`ifdef P_ring
    always_ff @(posedge clk) begin
        assert (8'(asked - head[7:0]) <= 8'd2);
        assert (tail[7:0] == answered);
    end
`endif
endmodule

`default_nettype wire
