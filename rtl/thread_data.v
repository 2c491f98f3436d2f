// SPDX-License-Identifier: GPL-2.0
//
// thread_data: the data side of a thread: a buffer of up to a page in one block RAM, and the adder. A word from memory
// goes through a pipeline: read what the buffer holds at its place, add one of several things, store; or it is
// added up. The words come with `rvalid`, their data two cycles later, when the buffer's word has come too.
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
    // pulse: the sum becomes zero
    input  wire              clear,
    // pulse: the operand goes to place 0
    input  wire              put,
    input  wire              rvalid,
    input  wire              in_local,
    input  wire [63:0]       host_late,
    input  wire [63:0]       local_late,
    // what is added to a word: 0 nothing, or one of those below; stays until `settled`
    input  wire [1:0]        plus,
    input  wire [63:0]       operand,
    // take the operand instead of the word; store the sum
    input  wire              replace,
    input  wire              store,
    output wire              settled,
    output wire [63:0]       sum,

    // reading: the place asked for, and two cycles later its word
    input  wire              fixed,
    input  wire [IDX_W-1:0]  host_index,
    input  wire [IDX_W-1:0]  local_index,
    output wire [63:0]       word
);
    localparam [1:0] BUFFER = 2'd1, SUM = 2'd2, OPERAND = 2'd3;

    logic [63:0]      ram [0:BUFFER_WORDS-1];
    logic [63:0]      ram_reg;
    logic [63:0]      word_reg;
    logic [63:0]      sum_reg;
    logic [IDX_W-1:0] place_reg;
    logic [IDX_W-1:0] place1_reg;
    logic [IDX_W-1:0] place2_reg;
    logic [IDX_W-1:0] place3_reg;
    logic             valid1_reg;
    logic             valid2_reg;
    logic             store3_reg;

    // while words are added to the buffer nobody else reads it
    wire [IDX_W-1:0] read_at = plus == BUFFER ? place_reg : fixed ? '0 : in_local ? local_index : host_index;

    logic [63:0] a;
    always_comb begin
        case (plus)
            BUFFER: a = word_reg;
            SUM: a = sum_reg;
            OPERAND: a = operand;
            default: a = 64'd0;
        endcase
    end
    wire [63:0] b = put || replace ? 64'd0 : in_local ? local_late : host_late;

    always_ff @(posedge clk) begin
        if (store3_reg) ram[place3_reg] <= sum_reg;
        ram_reg <= ram[read_at];
        word_reg <= ram_reg;
    end

    always_ff @(posedge clk) begin
        if (rvalid) place_reg <= place_reg + 1'b1;
        if (rewind) place_reg <= '0;
        place1_reg <= place_reg;
        place2_reg <= place1_reg;
        place3_reg <= put ? '0 : place2_reg;
        valid1_reg <= rvalid;
        valid2_reg <= valid1_reg;
        store3_reg <= put || (valid2_reg && store);
        if (valid2_reg || put) sum_reg <= a + b;
        if (clear) sum_reg <= 64'd0;
        if (rst) begin
            valid1_reg <= 1'b0;
            valid2_reg <= 1'b0;
            store3_reg <= 1'b0;
        end
    end

    assign settled = !valid1_reg && !valid2_reg && !store3_reg;
    assign sum = sum_reg;
    assign word = word_reg;

`ifdef CHECK
    logic [IDX_W:0] stored;     // words since the last rewind
    always_ff @(posedge clk) begin
        if (rewind) stored <= '0;
        else if (rvalid) stored <= stored + 1'b1;
        if (!rst) begin
            if (rvalid && store) begin
                `CHECK_NAME(buffer_never_overrun) assert (!stored[IDX_W]);
            end
            if (put || clear || rewind) begin
                `CHECK_NAME(nothing_under_way) assert (!rvalid && !valid1_reg);
            end
        end
    end
`endif
endmodule

`default_nettype wire
