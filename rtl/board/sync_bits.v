// SPDX-License-Identifier: GPL-2.0
//
// sync_bits: bits of another clock's domain, seen in this one two edges later. Each bit for itself: bits that mean
// something together must be a Gray code, or rest while they are looked at. Under CHECK the first register does what
// metastability does in silicon: a bit that has just changed is seen now or an edge later, at random.
`default_nettype none

module sync_bits #(
    // number of bits
    parameter W = 1,
    // value in reset
    parameter [W-1:0] INIT = '0
) (
    input  wire         clk,
    // synchronous
    input  wire         rst,
    input  wire [W-1:0] d,
    output wire [W-1:0] q
);
    (* ASYNC_REG = "TRUE" *) logic [W-1:0] first_reg;
    (* ASYNC_REG = "TRUE" *) logic [W-1:0] second_reg;

`ifdef CHECK
    logic [15:0] noise_reg;
    initial noise_reg = 16'hace1;
    logic [W-1:0] last_reg;
    logic [W-1:0] late;
    always_comb
        for (int b = 0; b < W; b++) late[b] = noise_reg[(b * 5) % 16];
    always_ff @(posedge clk) begin
        noise_reg <= {noise_reg[14:0], noise_reg[15] ^ noise_reg[13] ^ noise_reg[12] ^ noise_reg[10]};
        last_reg <= d;
    end
    wire [W-1:0] seen = (late & last_reg) | (~late & d);
`else
    wire [W-1:0] seen = d;
`endif

    always_ff @(posedge clk) begin
        first_reg <= seen;
        second_reg <= first_reg;
        if (rst) begin
            first_reg <= INIT;
            second_reg <= INIT;
        end
    end

    assign q = second_reg;
endmodule

`default_nettype wire
