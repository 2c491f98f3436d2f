// SPDX-License-Identifier: GPL-2.0
//
// threads_add: what threads do with words of one memory besides keeping them: they add them up, or, an atomic, compare
// the word, keep it as the result and put another in its place. Memory gives one word a cycle, so one adder is enough for
// all threads; sums and operands are in RAM. A word comes in cycle 1 (registered), its new value leaves in cycle 3, and
// its thread says then whether it counts.
`default_nettype none

module threads_add #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4
) (
    input  wire                clk,
    input  wire                rst,

    // a thread begins: its sum is nothing
    input  wire [THREADS-1:0]  start,
    // a cycle later or more: its operand, and what an atomic compares with
    input  wire                load,
    input  wire [THR_W-1:0]    load_thread,
    input  wire [63:0]         load_operand,
    input  wire [63:0]         load_compare,

    // cycle 1: a word, and whose it is if it is one
    input  wire [THR_W-1:0]    thread,
    input  wire [63:0]         data,
    // per thread: it does an atomic; one that takes the operand instead of the sum
    input  wire [THREADS-1:0]  atomic,
    input  wire [THREADS-1:0]  replace,
    // cycle 3: the word, or what is stored in its place; a cycle later: it is what was compared with
    output wire [63:0]         late,
    output wire                equal,
    // per thread, one at a time: the word of cycle 3 is this thread's and counts
    input  wire [THREADS-1:0]  count,
    // result of an atomic in the other memory: what is here is old
    input  wire [THREADS-1:0]  forget,
    output wire [THREADS-1:0]  forget_other,

    // a thread's sum or result, the next cycle
    input  wire [THR_W-1:0]    show,
    output wire [63:0]         shown
);
    logic [63:0]        operand [0:THREADS-1];
    logic [63:0]        compare [0:THREADS-1];
    logic [63:0]        sums [0:THREADS-1];
    logic [THREADS-1:0] none_reg;           // no sum yet
    logic [THR_W-1:0]   thread2_reg;
    logic [63:0]        data2_reg;
    logic [63:0]        late_reg;
    logic [THR_W-1:0]   thread3_reg;
    logic [63:0]        data3_reg;
    logic               alone2_reg;         // an atomic's
    logic               replace2_reg;
    logic               alone3_reg;
    logic [63:0]        shown_reg;
    logic               equal_reg;

    wire [63:0] operand2 = operand[thread2_reg];
    wire        any = count != '0;
    wire [63:0] sum_before = alone3_reg || none_reg[thread3_reg] ? 64'd0 : sums[thread3_reg];

    always_ff @(posedge clk) begin
        if (load) begin
            operand[load_thread] <= load_operand;
            compare[load_thread] <= load_compare;
        end
        if (any) sums[thread3_reg] <= sum_before + data3_reg;
    end

    always_ff @(posedge clk) begin
        thread2_reg <= thread;
        data2_reg <= data;
        alone2_reg <= atomic[thread];
        replace2_reg <= replace[thread];
        thread3_reg <= thread2_reg;
        data3_reg <= data2_reg;
        equal_reg <= data3_reg == compare[thread3_reg];
        alone3_reg <= alone2_reg;
        late_reg <= !alone2_reg ? data2_reg : replace2_reg ? operand2 : data2_reg + operand2;
        none_reg <= (none_reg & ~count) | start | forget;
        shown_reg <= none_reg[show] ? 64'd0 : sums[show];
        if (rst) none_reg <= '1;
    end

    assign late = late_reg;
    assign equal = equal_reg;
    assign forget_other = alone3_reg ? count : '0;
    assign shown = shown_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst && any) begin
            `CHECK_NAME(a_word_counts_for_its_thread) assert (count == THREADS'(1) << thread3_reg);
        end
    end
`endif
endmodule

`default_nettype wire
