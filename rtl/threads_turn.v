// SPDX-License-Identifier: GPL-2.0
//
// threads_turn: which thread a memory serves, one after the other. A thread keeps its turn for as long as `stay` says
// so; then it is that of the next one that asks, a cycle later. Who is served is a register, and his number follows from that.
`default_nettype none

module threads_turn #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4
) (
    input  wire                clk,
    input  wire                rst,
    // who asks; who is served does
    input  wire [THREADS-1:0]  req,
    input  wire                stay,
    // who is served, if anybody; its number
    output logic [THREADS-1:0] serve,
    output wire  [THR_W-1:0]   pick
);
    wire [THREADS-1:0] pick_1h;

    function [THR_W-1:0] number(input [THREADS-1:0] one);
        number = '0;
        for (int t = 0; t < THREADS; t++)
            if (one[t]) number = number | THR_W'(t);
    endfunction

    rr_grant #(.N(THREADS)) order (.clk(clk), .rst(rst), .req(req), .take(req != '0 && !stay), .grant(pick_1h));

    always_ff @(posedge clk) begin
        if (!stay) serve <= pick_1h;
        if (rst) serve <= '0;
    end

    assign pick = number(serve);
endmodule

`default_nettype wire
