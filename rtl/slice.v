// SPDX-License-Identifier: GPL-2.0
//
// slice: a register slice on one valid/ready channel: two places for words, used in turn, at a word a cycle. Nothing
// passes through it in the cycle, in either direction, and what a place is given does not depend on who takes from it.
// Cuts the paths between two parts of a chip, and between who asks and the choice whom to serve.
`default_nettype none

module slice #(
    // bits of a word
    parameter W = 8,
    // 1: in reset nothing is high, which may begin while the clock stands still
    parameter QUIET = 0
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
    logic [W-1:0] data_reg [0:1];
    logic         in_reg;           // the place for the next word
    logic         out_reg;          // the place of the word to be taken
    logic         valid_reg;        // one is used
    logic         full_reg;         // both are
    logic         ready_reg;        // neither, or one, and no reset

    wire come = s_valid && ready_reg;
    wire go = valid_reg && m_ready;
    // s_valid may be late, so ready_reg is not asked: where a word is and it is low, both places are used
    wire full_next = valid_reg && !m_ready && (full_reg || s_valid);

    always_ff @(posedge clk) begin
        if (come) in_reg <= !in_reg;
        if (go) out_reg <= !out_reg;
        valid_reg <= come || full_reg || (valid_reg && !m_ready);
        full_reg <= full_next;
        ready_reg <= !full_next;
        if (rst) begin
            in_reg <= 1'b0;
            out_reg <= 1'b0;
            valid_reg <= 1'b0;
            full_reg <= 1'b0;
            ready_reg <= 1'b0;
        end
    end

    // a place that is free may take what is no word
    always_ff @(posedge clk) begin
        if (ready_reg && !in_reg) data_reg[0] <= s_data;
        if (ready_reg && in_reg) data_reg[1] <= s_data;
    end

    assign s_ready = ready_reg && !(QUIET != 0 && rst);
    assign m_valid = valid_reg && !(QUIET != 0 && rst);
    assign m_data = out_reg ? data_reg[1] : data_reg[0];

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(nothing_comes_when_both_places_are_used) assert (!(full_reg && ready_reg) && (ready_reg || full_reg || !valid_reg));
            `CHECK_NAME(one_place_is_used_when_they_differ) assert ((in_reg != out_reg) == (valid_reg && !full_reg));
        end
    end
`endif
endmodule

`default_nettype wire
