// SPDX-License-Identifier: GPL-2.0
//
// skid: keeps the one word that comes while its user cannot take it, so that `ready` comes from a register; a word that
// can be taken passes in its own cycle. Cuts the path from a user's `ready` to a bus, at no cycle of latency.
`default_nettype none

module skid #(
    // bits of a word
    parameter W = 8
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
    logic         kept_reg;
    logic [W-1:0] data_reg;

    always_ff @(posedge clk) begin
        kept_reg <= m_valid && !m_ready;
        if (!kept_reg) data_reg <= s_data;
        if (rst) kept_reg <= 1'b0;
    end

    assign s_ready = !kept_reg;
    assign m_valid = s_valid || kept_reg;
    assign m_data = kept_reg ? data_reg : s_data;
endmodule

`default_nettype wire
