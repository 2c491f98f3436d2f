// SPDX-License-Identifier: GPL-2.0
//
// rr_turn: whose turn it is of N that ask, one after the other. Who has it keeps it for as long as `stay` says so; then it
// is that of the next one that asks, a cycle later. Who has it is a register, one bit for each, and his number follows from that:
// the encoder is not behind the choice.
`default_nettype none

module rr_turn #(
    // requesters, and bits of their numbers
    parameter N = 4,
    parameter W = 2
) (
    input  wire          clk,
    input  wire          rst,
    input  wire  [N-1:0] req,
    input  wire          stay,
    // whose turn it is, if anybody's; his number
    output logic [N-1:0] serve,
    output wire  [W-1:0] pick
);
    wire [N-1:0] next;

    function [W-1:0] number(input [N-1:0] one);
        number = '0;
        for (int i = 0; i < N; i++)
            if (one[i]) number = number | W'(i);
    endfunction

    rr_grant #(.N(N)) order (.clk(clk), .rst(rst), .req(req), .take(req != '0 && !stay), .grant(next));

    always_ff @(posedge clk) begin
        if (!stay) serve <= next;
        if (rst) serve <= '0;
    end

    assign pick = number(serve);
endmodule

`default_nettype wire
