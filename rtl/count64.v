// SPDX-License-Identifier: GPL-2.0
//
// count64: a counter of 64 bits in two halves. The carry between them is a register, so that there is no chain of 64
// bits; the value is right a cycle after the last step.
`default_nettype none

module count64 (
    input  wire        clk,
    // pulse: back to 0
    input  wire        clear,
    input  wire        step,
    output wire [63:0] value
);
    logic [31:0] low_reg;
    logic [31:0] high_reg;
    logic        carry_reg;

    always_ff @(posedge clk) begin
        if (step) low_reg <= low_reg + 32'd1;
        carry_reg <= step && low_reg == '1;
        if (carry_reg) high_reg <= high_reg + 32'd1;
        if (clear) begin
            low_reg <= 32'd0;
            high_reg <= 32'd0;
            carry_reg <= 1'b0;
        end
    end

    assign value = {high_reg, low_reg};
endmodule

`default_nettype wire
