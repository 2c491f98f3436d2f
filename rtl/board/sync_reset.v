// SPDX-License-Identifier: GPL-2.0
//
// sync_reset: a reset for one clock's domain: begins at once, also when the clock stands still, and ends with an edge
// of it, long enough after that every register that takes it synchronously has seen some edges.
`default_nettype none

module sync_reset #(
    // edges it lasts beyond the end of its cause, at least 3
    parameter EDGES = 6
) (
    input  wire clk,
    // of any domain
    input  wire rst_in,
    output wire rst_out
);
    (* ASYNC_REG = "TRUE" *) logic [EDGES-1:0] hold_reg;

    always_ff @(posedge clk or posedge rst_in) begin
        if (rst_in) hold_reg <= '1;
        else hold_reg <= {hold_reg[EDGES-2:0], 1'b0};
    end

    assign rst_out = hold_reg[EDGES-1];
endmodule

`default_nettype wire
