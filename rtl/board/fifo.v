// SPDX-License-Identifier: GPL-2.0
//
// fifo: a few words of one clock's domain, in order, in LUT RAM; the oldest shows as soon as it is there.
`default_nettype none

module fifo #(
    // bits of a word
    parameter W = 8,
    // log2 of the number of words
    parameter DEPTH_LOG2 = 4
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [W-1:0] s_data,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [W-1:0] m_data
);
    logic [W-1:0] words [0:(1<<DEPTH_LOG2)-1];
    logic [DEPTH_LOG2:0] in_reg;
    logic [DEPTH_LOG2:0] out_reg;

    wire [DEPTH_LOG2:0] count = in_reg - out_reg;

    assign s_ready = !count[DEPTH_LOG2];
    assign m_valid = count != '0;
    assign m_data = words[out_reg[DEPTH_LOG2-1:0]];

    always_ff @(posedge clk) begin
        if (s_valid && s_ready) in_reg <= in_reg + 1'b1;
        if (m_valid && m_ready) out_reg <= out_reg + 1'b1;
        if (rst) begin
            in_reg <= '0;
            out_reg <= '0;
        end
    end

    always_ff @(posedge clk)
        if (s_valid && s_ready) words[in_reg[DEPTH_LOG2-1:0]] <= s_data;
endmodule

`default_nettype wire
