// SPDX-License-Identifier: GPL-2.0
//
// walk_soon: at which port an entry that came is told before it is acted on. What decides on that, whether the entry
// is a walk's own translation and whose port it is for, is kept in two places of its own beside the slice in which the
// entry waits: two LUTs from a register to the port, and no path through the multiplexer of the whole entry.
`default_nettype none

module walk_soon #(
    // client ports
    parameter PORTS = 4
) (
    input  wire             clk,
    input  wire             rst,
    // transfers into the slice with the entries, and out of it; it has one
    input  wire             come,
    input  wire [PORTS-1:0] come_port,
    input  wire             come_leaf,
    input  wire             go,
    input  wire             valid,
    // nothing is in the way of telling
    input  wire             clear,
    // of the oldest entry
    output wire             leaf,
    output wire [PORTS-1:0] soon
);
    logic [PORTS:0] place_reg [0:1];
    logic           in_reg;
    logic           out_reg;

    always_ff @(posedge clk) begin
        if (come) in_reg <= !in_reg;
        if (go) out_reg <= !out_reg;
        if (rst) begin
            in_reg <= 1'b0;
            out_reg <= 1'b0;
        end
    end

    always_ff @(posedge clk) begin
        if (come && !in_reg) place_reg[0] <= {come_port, come_leaf};
        if (come && in_reg) place_reg[1] <= {come_port, come_leaf};
    end

    wire [PORTS-1:0] port;
    assign {port, leaf} = out_reg ? place_reg[1] : place_reg[0];
    assign soon = port & {PORTS{valid && leaf && clear}};
endmodule

`default_nettype wire
