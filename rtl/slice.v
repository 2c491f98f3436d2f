// SPDX-License-Identifier: GPL-2.0
//
// slice: a register slice on one valid/ready channel: every output comes from a register, in both directions, at a word
// a cycle. Cuts the paths between two parts of a chip, and between who asks and the choice whom to serve.
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
    logic         valid_reg;
    logic [W-1:0] data_reg;
    // what came while the output stood
    logic         spare_valid_reg;
    logic [W-1:0] spare_reg;
    logic         ready_reg;

    always_ff @(posedge clk) begin
        if (!valid_reg || m_ready) begin
            valid_reg <= spare_valid_reg || (s_valid && ready_reg);
            data_reg <= spare_valid_reg ? spare_reg : s_data;
            spare_valid_reg <= 1'b0;
            ready_reg <= 1'b1;
        end else if (s_valid && ready_reg) begin
            spare_valid_reg <= 1'b1;
            spare_reg <= s_data;
            ready_reg <= 1'b0;
        end
        if (rst) begin
            valid_reg <= 1'b0;
            spare_valid_reg <= 1'b0;
            ready_reg <= 1'b0;
        end
    end

    assign s_ready = ready_reg && !(QUIET != 0 && rst);
    assign m_valid = valid_reg && !(QUIET != 0 && rst);
    assign m_data = data_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(nothing_comes_while_the_spare_is_full) assert (!(spare_valid_reg && ready_reg));
        end
    end
`endif
endmodule

`default_nettype wire
