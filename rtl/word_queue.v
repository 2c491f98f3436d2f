// SPDX-License-Identifier: GPL-2.0
//
// word_queue: holds words that come some cycles after they were asked for, until the bus takes them. Room is reserved
// when a word is asked for, so that none has to wait on its way: ask while `room`, push each later, in order.
`default_nettype none

module word_queue #(
    // bits of a word
    parameter W = 64,
    // words, as a power of two; for a word a cycle more than the cycles from reserving to pop and, one later, back
    parameter LOG2 = 3
) (
    input  wire         clk,
    input  wire         rst,

    // a word may be asked for; pulse: it is
    output wire         room,
    input  wire         reserve,
    // the word comes
    input  wire         push,
    input  wire [W-1:0] in,
    // the oldest word, and pulse: it is taken, which comes late
    output wire         any,
    output wire [W-1:0] out,
    input  wire         pop
);
    localparam DEPTH = 1 << LOG2;

    logic [W-1:0]  words [0:DEPTH-1];
    logic [LOG2:0] in_reg;
    logic [LOG2:0] out_reg;
    logic [LOG2:0] room_reg;
    logic          any_reg;     // a word is here, another behind it
    logic          more_reg;
    logic          popped_reg;

    wire           third = more_reg && in_reg != out_reg + (LOG2+1)'(2);

    always_ff @(posedge clk)
        if (push) words[in_reg[LOG2-1:0]] <= in;

    always_ff @(posedge clk) begin
        if (push) in_reg <= in_reg + 1'b1;
        if (pop) out_reg <= out_reg + 1'b1;
        if (push || pop) any_reg <= push || more_reg;
        if (push != pop) more_reg <= push ? any_reg : third;
        popped_reg <= pop;
        if (reserve != popped_reg) room_reg <= reserve ? room_reg - 1'b1 : room_reg + 1'b1;
        if (rst) begin
            in_reg <= '0;
            out_reg <= '0;
            room_reg <= (LOG2+1)'(DEPTH);
            any_reg <= 1'b0;
            more_reg <= 1'b0;
            popped_reg <= 1'b0;
        end
    end

    assign room = room_reg != '0;
    assign any = any_reg;
    assign out = words[out_reg[LOG2-1:0]];

`ifdef CHECK
    wire [LOG2:0] held = in_reg - out_reg;
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (push) begin
                `CHECK_NAME(queue_never_overrun) assert (held < (LOG2+1)'(DEPTH));
            end
            `CHECK_NAME(a_word_is_seen) assert (any_reg == (held != '0) && more_reg == (held > (LOG2+1)'(1)));
            `CHECK_NAME(room_is_counted) assert (room_reg + held <= (LOG2+1)'(DEPTH));
        end
    end
`endif
endmodule

`default_nettype wire
