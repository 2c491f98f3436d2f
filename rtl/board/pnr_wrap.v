// SPDX-License-Identifier: GPL-2.0
//
// pnr_wrap: what place and route sees around a design that has more ports than a chip has pins. Every input comes
// from a register of one long shift register, every output goes into a register and from there through a tree of
// registered XORs to one pin. Nothing can be optimized away, every path begins and ends in a register, and no pad's
// delay counts, so what is reported is the design's own frequency with all its ports registered.
// The top around both is written by cmake/fpga.sh from the design's port list; this file is for measuring only.
`default_nettype none

module pnr_wrap #(
    // input bits, output bits of the design
    parameter IN = 1,
    parameter OUT = 1
) (
    input  wire           clk,
    input  wire           serial_in,
    output wire           serial_out,
    output wire [IN-1:0]  to_design,
    input  wire [OUT-1:0] from_design
);
    // one level of the tree, padded to whole groups of four
    localparam A = (OUT + 3) / 4;
    localparam B = (A + 3) / 4;
    localparam C = (B + 3) / 4;
    localparam D = (C + 3) / 4;

    logic [IN-1:0]  in_reg;
    logic [OUT-1:0] out_reg;
    logic [A-1:0]   a_reg;
    logic [B-1:0]   b_reg;
    logic [C-1:0]   c_reg;
    logic [D-1:0]   d_reg;
    logic           last_reg;

    wire [4*A-1:0] out_padded = (4*A)'(out_reg);
    wire [4*B-1:0] a_padded = (4*B)'(a_reg);
    wire [4*C-1:0] b_padded = (4*C)'(b_reg);
    wire [4*D-1:0] c_padded = (4*D)'(c_reg);

    always_ff @(posedge clk) begin
        in_reg <= IN'({in_reg, serial_in});
        out_reg <= from_design;
        for (int i = 0; i < A; i++) a_reg[i] <= ^out_padded[4*i +: 4];
        for (int i = 0; i < B; i++) b_reg[i] <= ^a_padded[4*i +: 4];
        for (int i = 0; i < C; i++) c_reg[i] <= ^b_padded[4*i +: 4];
        for (int i = 0; i < D; i++) d_reg[i] <= ^c_padded[4*i +: 4];
        last_reg <= ^d_reg;
    end

    assign to_design = in_reg;
    assign serial_out = last_reg;
endmodule

`default_nettype wire
