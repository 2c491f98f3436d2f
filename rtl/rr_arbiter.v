// SPDX-License-Identifier: GPL-2.0
//
// rr_arbiter: picks one of N requests, the next one after the last that was served, so that nobody starves.
// The choice is combinational; `take` says that it was served.
`default_nettype none

module rr_arbiter #(
    // requesters
    parameter N = 4,
    // bits of an index
    parameter W = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [N-1:0] req,
    input  wire         take,
    output wire         any,
    output logic [W-1:0] index
);
    logic [W-1:0] last_reg;

    always_comb begin
        index = '0;
        // lowest request, then, overriding it, the lowest one above the last served
        for (int i = N - 1; i >= 0; i--)
            if (req[i]) index = W'(i);
        for (int i = N - 1; i >= 0; i--)
            if (req[i] && W'(i) > last_reg) index = W'(i);
    end

    assign any = |req;

    always_ff @(posedge clk) begin
        if (take) last_reg <= index;
        if (rst) last_reg <= '0;
    end
endmodule

`default_nettype wire
