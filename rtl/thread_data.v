// SPDX-License-Identifier: GPL-2.0
//
// thread_data: a thread's buffer of up to a page, in one block RAM, and the adder before it. A word from memory goes
// through a pipeline: read what the buffer holds at its place, add that or nothing, store. The words come with `rvalid`, their
// data two cycles later, when the buffer's word has come too. What is added up is added elsewhere (threads_add).
`default_nettype none

module thread_data #(
    // words of the buffer, a power of two, and bits of a word's number
    parameter BUFFER_WORDS = 512,
    parameter IDX_W = 9
) (
    input  wire              clk,
    input  wire              rst,

    // pulse: the next word from memory goes to place 0
    input  wire              rewind,
    input  wire              rvalid,
    input  wire              in_local,
    input  wire [63:0]       host_late,
    input  wire [63:0]       local_late,
    // add what the buffer holds; stays until `settled`
    input  wire              plus,
    // put the word into the buffer
    input  wire              store,
    // the word's data has come
    output wire              came,
    output wire              settled,

    // reading: the place asked for; a cycle later whether it was meant for this thread; two cycles later its word, else zero
    input  wire              fixed,
    input  wire [IDX_W-1:0]  host_index,
    input  wire [IDX_W-1:0]  local_index,
    input  wire              host_here,
    input  wire              local_here,
    output wire [63:0]       host_word,
    output wire [63:0]       local_word
);
    // what is read in the cycle in which it is written is never used: words are stored before they are asked for
    (* no_rw_check *)
    logic [63:0]      ram [0:BUFFER_WORDS-1];
    logic [63:0]      ram_reg;
    // what was read, or zero: cleared, so that there is no choice before the adder, and threads' words are joined by OR
    logic [63:0]      host_word_reg;
    logic [63:0]      local_word_reg;
    logic [63:0]      plus_reg;
    logic [63:0]      sum_reg;
    logic [IDX_W-1:0] place_reg;
    logic [IDX_W-1:0] place1_reg;
    logic [IDX_W-1:0] place2_reg;
    logic [IDX_W-1:0] place3_reg;
    logic             valid1_reg;
    logic             valid2_reg;
    logic             store3_reg;
    logic             moving_reg;       // some of these

    // while words are added to the buffer nobody else reads it
    wire [IDX_W-1:0] read_at = plus ? place_reg : fixed ? '0 : in_local ? local_index : host_index;

    always_ff @(posedge clk) begin
        if (store3_reg) ram[place3_reg] <= sum_reg;
        ram_reg <= ram[read_at];
    end

    always_ff @(posedge clk) begin
        host_word_reg <= ram_reg;
        if (!host_here) host_word_reg <= 64'd0;
        local_word_reg <= ram_reg;
        if (!local_here) local_word_reg <= 64'd0;
        plus_reg <= ram_reg;
        if (!plus) plus_reg <= 64'd0;
        sum_reg <= (in_local ? local_late : host_late) + plus_reg;
    end

    always_ff @(posedge clk) begin
        if (rvalid) place_reg <= place_reg + 1'b1;
        if (rewind) place_reg <= '0;
        place1_reg <= place_reg;
        place2_reg <= place1_reg;
        place3_reg <= place2_reg;
        valid1_reg <= rvalid;
        valid2_reg <= valid1_reg;
        store3_reg <= valid2_reg && store;
        moving_reg <= rvalid || valid1_reg || (valid2_reg && store);
        if (rst) begin
            valid1_reg <= 1'b0;
            valid2_reg <= 1'b0;
            store3_reg <= 1'b0;
            moving_reg <= 1'b0;
        end
    end

    assign came = valid2_reg;
    assign settled = !moving_reg;
    assign host_word = host_word_reg;
    assign local_word = local_word_reg;

`ifdef CHECK
    logic [IDX_W:0] stored;     // words since the last rewind
    always_ff @(posedge clk) begin
        if (rewind) stored <= '0;
        else if (rvalid) stored <= stored + 1'b1;
        if (!rst) begin
            `CHECK_NAME(settled_when_nothing_is_under_way) assert (moving_reg == (valid1_reg || valid2_reg || store3_reg));
            if (rvalid && store) begin
                `CHECK_NAME(buffer_never_overrun) assert (!stored[IDX_W]);
            end
            if (rewind) begin
                `CHECK_NAME(nothing_under_way) assert (!rvalid && !valid1_reg);
            end
        end
    end
`endif
endmodule

`default_nettype wire
