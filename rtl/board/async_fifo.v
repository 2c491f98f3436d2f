// SPDX-License-Identifier: GPL-2.0
//
// async_fifo: words from one clock's domain to another's, in order. Pointers cross as Gray codes, the words stand
// still in LUT RAM while they are read, and the output is a register of its own, so neither side has a path through
// the memory and out.
//
// A side has two resets. *_rst stops it: it takes nothing and shows nothing, but its pointer stays, so the other side, which
// may not know yet, sees an end of words and no more. *_clear brings the pointer to zero: only while the other side
// is stopped too, else that would see words that were never sent. Both must be cleared together, for some edges of
// either clock (port_reset.v sees to it).
`default_nettype none

module async_fifo #(
    // bits of a word
    parameter W = 8,
    // log2 of the number of words, at least 2
    parameter DEPTH_LOG2 = 4
) (
    input  wire         s_clk,
    input  wire         s_rst,
    input  wire         s_clear,
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [W-1:0] s_data,

    input  wire         m_clk,
    input  wire         m_rst,
    input  wire         m_clear,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [W-1:0] m_data
);
    localparam P = DEPTH_LOG2 + 1;

    logic [W-1:0] words [0:(1<<DEPTH_LOG2)-1];

    // ---- writing side
    logic [P-1:0] in_reg;
    logic [P-1:0] in_gray_reg;
    wire  [P-1:0] out_gray_here;
    wire  [P-1:0] in_next = in_reg + 1'b1;
    // full: the other's pointer is a whole round behind; in Gray code that turns the two highest bits
    wire full = in_gray_reg == {~out_gray_here[P-1:P-2], out_gray_here[P-3:0]};
    wire put = s_valid && s_ready;

    always_ff @(posedge s_clk) begin
        if (put) begin
            in_reg <= in_next;
            in_gray_reg <= in_next ^ (in_next >> 1);
        end
        if (s_clear) begin
            in_reg <= '0;
            in_gray_reg <= '0;
        end
    end

    always_ff @(posedge s_clk)
        if (put) words[in_reg[DEPTH_LOG2-1:0]] <= s_data;

    assign s_ready = !full && !s_rst && !s_clear;

    // ---- reading side
    logic [P-1:0] out_reg;
    logic [P-1:0] out_gray_reg;
    logic         valid_reg;
    logic [W-1:0] data_reg;
    wire  [P-1:0] in_gray_here;
    wire  [P-1:0] out_next = out_reg + 1'b1;
    wire m_stop = m_rst || m_clear;
    wire take = in_gray_here != out_gray_reg && (!valid_reg || m_ready) && !m_stop;

    always_ff @(posedge m_clk) begin
        if (m_ready) valid_reg <= 1'b0;
        if (take) begin
            valid_reg <= 1'b1;
            data_reg <= words[out_reg[DEPTH_LOG2-1:0]];
            out_reg <= out_next;
            out_gray_reg <= out_next ^ (out_next >> 1);
        end
        if (m_stop) valid_reg <= 1'b0;
        if (m_clear) begin
            out_reg <= '0;
            out_gray_reg <= '0;
        end
    end

    // also when the clock stands still, and no edge has taken it back
    assign m_valid = valid_reg && !m_stop;
    assign m_data = data_reg;

    sync_bits #(.W(P)) to_reader (.clk(m_clk), .rst(m_clear), .d(in_gray_reg), .q(in_gray_here));
    sync_bits #(.W(P)) to_writer (.clk(s_clk), .rst(s_clear), .d(out_gray_reg), .q(out_gray_here));

`ifdef CHECK
    logic [P-1:0] past_in, past_out;
    logic         past_s_ok, past_m_ok;
    wire [P-1:0] in_turned = past_in ^ in_gray_reg;
    wire [P-1:0] out_turned = past_out ^ out_gray_reg;
    always_ff @(posedge s_clk) begin
        past_in <= in_gray_reg;
        past_s_ok <= !s_clear;
        if (past_s_ok && !s_clear) begin
            `CHECK_NAME(in_pointer_turns_one_bit) assert ((in_turned & (in_turned - 1'b1)) == '0);
        end
        if (s_clear && in_reg != '0) begin
            `CHECK_NAME(writer_is_cleared_with_the_reader) assert (m_clear);
        end
    end
    always_ff @(posedge m_clk) begin
        past_out <= out_gray_reg;
        past_m_ok <= !m_clear;
        if (past_m_ok && !m_clear) begin
            `CHECK_NAME(out_pointer_turns_one_bit) assert ((out_turned & (out_turned - 1'b1)) == '0);
        end
        if (m_clear && out_reg != '0) begin
            `CHECK_NAME(reader_is_cleared_with_the_writer) assert (s_clear);
        end
    end
`endif
`ifdef COVER
    always_ff @(posedge s_clk)
        if (!s_rst) begin
            `COVER_NAME(crossing_is_full) cover (full && s_valid);
        end
`endif
endmodule

`default_nettype wire
