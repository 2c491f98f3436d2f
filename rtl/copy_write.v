// SPDX-License-Identifier: GPL-2.0
//
// copy_write: writes the copy engine's chunks to the two memories, in the order in which they are given: the addresses
// ahead of the data, the data fetched from the buffer and queued, so that one burst follows the other without a gap.
`default_nettype none

module copy_write #(
    // bits of a chunk's number, and of a word's in a chunk
    parameter SLOT_W = 4,
    parameter WORD_W = 6
) (
    input  wire                     clk,
    input  wire                     rst,

    // a chunk whose data is in the buffer
    input  wire                     valid,
    output wire                     ready,
    input  wire [SLOT_W-1:0]        slot,
    input  wire [63:0]              addr,
    // words - 1
    input  wire [7:0]               len,
    input  wire                     local_side,
    // all its words are the buffer's first
    input  wire                     fill,

    // the word that is read from the buffer, and two cycles later what was there
    output wire [SLOT_W+WORD_W-1:0] index,
    input  wire [63:0]              word,

    // the two memories: host, local; the name is the chunk's number
    output wire [1:0]               awvalid,
    input  wire [1:0]               awready,
    output wire [SLOT_W-1:0]        awid,
    output wire [63:0]              awaddr,
    output wire [7:0]               awlen,
    output wire [1:0]               wvalid,
    input  wire [1:0]               wready,
    output wire [63:0]              wdata,
    output wire                     wlast,
    // pulse: a word went out
    output wire                     ev_beat
);
    logic [1:0]        aw_valid_reg;    // of the memory that it is for
    logic [SLOT_W-1:0] aw_id_reg;
    logic [63:0]       aw_addr_reg;
    logic [7:0]        aw_len_reg;
    // the chunk whose data is fetched next
    logic              next_reg;
    logic [SLOT_W-1:0] next_slot_reg;
    logic [7:0]        next_len_reg;
    logic              next_local_reg;
    logic              next_fill_reg;
    wire               load;

    assign ready = !next_reg && aw_valid_reg == 2'b00;
    wire take = valid && ready;

    always_ff @(posedge clk) begin
        aw_valid_reg <= aw_valid_reg & ~awready;
        if (load) next_reg <= 1'b0;
        if (take) begin
            aw_valid_reg <= {local_side, !local_side};
            aw_id_reg <= slot;
            aw_addr_reg <= addr;
            aw_len_reg <= len;
            next_reg <= 1'b1;
            next_slot_reg <= slot;
            next_len_reg <= len;
            next_local_reg <= local_side;
            next_fill_reg <= fill;
        end
        if (rst) begin
            aw_valid_reg <= 2'b00;
            next_reg <= 1'b0;
        end
    end

    // ---- fetching: a word a cycle as long as the queue has room for what is under way
    logic              run_reg;
    logic [SLOT_W-1:0] slot_reg;
    logic [WORD_W-1:0] word_reg;
    logic [7:0]        left_reg;        // words after the one at hand
    logic              local_reg;
    logic              fill_reg;
    wire               room;
    wire               pop = |(wvalid & wready);
    wire               issue = run_reg && room;
    wire               is_last = left_reg == 8'd0;

    assign load = next_reg && (!run_reg || (issue && is_last));

    always_ff @(posedge clk) begin
        if (issue) begin
            if (!fill_reg) word_reg <= word_reg + 1'b1;
            left_reg <= left_reg - 8'd1;
            if (is_last) run_reg <= 1'b0;
        end
        if (load) begin
            run_reg <= 1'b1;
            slot_reg <= next_slot_reg;
            word_reg <= '0;
            left_reg <= next_len_reg;
            local_reg <= next_local_reg;
            fill_reg <= next_fill_reg;
        end
        if (rst) run_reg <= 1'b0;
    end

    // ---- the words come: buffer (1), its register (2), queued
    logic valid1_reg, valid2_reg;
    logic last1_reg, last2_reg;
    logic local1_reg, local2_reg;

    always_ff @(posedge clk) begin
        {valid1_reg, last1_reg, local1_reg} <= {issue, is_last, local_reg};
        {valid2_reg, last2_reg, local2_reg} <= {valid1_reg, last1_reg, local1_reg};
        if (rst) begin
            valid1_reg <= 1'b0;
            valid2_reg <= 1'b0;
        end
    end

    wire any;
    wire to_local;
    word_queue #(.W(66), .LOG2(3)) queue (
        .clk(clk), .rst(rst), .room(room), .reserve(issue), .push(valid2_reg), .in({local2_reg, last2_reg, word}),
        .any(any), .out({to_local, wlast, wdata}), .pop(pop));

    assign index = {slot_reg, word_reg};
    assign awvalid = aw_valid_reg;
    assign awid = aw_id_reg;
    assign awaddr = aw_addr_reg;
    assign awlen = aw_len_reg;
    assign wvalid = {any && to_local, any && !to_local};
    assign ev_beat = pop;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(address_ahead_of_the_data_before) cover (take && run_reg && left_reg > 8'd4);
            `COVER_NAME(memories_change_from_burst_to_burst) cover (load && run_reg && next_local_reg != local_reg);
            `COVER_NAME(data_waits_for_the_bus) cover (run_reg && !room);
        end
    end
`endif
endmodule

`default_nettype wire
