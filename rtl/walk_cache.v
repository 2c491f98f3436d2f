// SPDX-License-Identifier: GPL-2.0
//
// walk_cache: where the page tables of one level are, so that a walk need not begin at the root. Direct-mapped, in block
// RAM with an output register: a lookup has its answer two cycles later. Every entry has the *epoch* of its context
// from when it was written, and counts only while that is still the epoch: so a context's tables are forgotten in one
// cycle by counting its epoch up, which is the walk unit's affair. `clear` forgets all, and goes before a write.
`default_nettype none

module walk_cache #(
    // tables remembered, a power of two
    parameter ENTRIES = 64,
    // bits of a context's number, of an epoch
    parameter CTX_W = 4,
    parameter EPOCH_W = 4,
    // bits of a virtual address that lead to a table
    parameter TAG_W = 27
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               clear,

    input  wire [CTX_W-1:0]   lk_ctx,
    input  wire [TAG_W-1:0]   lk_tag,
    // one cycle later: the epoch of that context
    input  wire [EPOCH_W-1:0] lk_epoch,
    // two cycles later
    output wire               res_hit,
    output wire [39:0]        res_table,

    input  wire               fill_valid,
    input  wire [CTX_W-1:0]   fill_ctx,
    input  wire [EPOCH_W-1:0] fill_epoch,
    input  wire [TAG_W-1:0]   fill_tag,
    input  wire [39:0]        fill_table
);
    localparam W = ENTRIES > 1 ? $clog2(ENTRIES) : 1;
    localparam SHIFT = W > CTX_W ? W - CTX_W : 0;
    // an entry: epoch, context, tag, table
    localparam KEY_W = EPOCH_W + CTX_W + TAG_W;

    function [W-1:0] index_of(input [W-1:0] ctx, input [W-1:0] tag);
        index_of = (tag ^ (ctx << SHIFT)) & W'(ENTRIES - 1);
    endfunction

    logic [ENTRIES-1:0]   valid_reg;
    // An entry is written in the cycle after its fill, from a register: what decides on a fill is known late. What is read in the
    // cycle of the fill or while it is written is taken from beside the memory.
    (* ram_style = "block", no_rw_check *)
    logic [KEY_W+39:0]    tables [0:ENTRIES-1];
    logic [KEY_W+39:0]    out_reg;
    logic [KEY_W+39:0]    out2_reg;
    logic                 filled1_reg, filled2_reg;     // the fill of the cycle before, and of the one before that
    logic [W-1:0]         filled1_index_reg, filled2_index_reg;
    logic [KEY_W+39:0]    filled1_entry_reg, filled2_entry_reg;
    logic [W-1:0]         index1_reg;
    logic                 valid2_reg;
    logic [CTX_W-1:0]     ctx1_reg, ctx2_reg;
    logic [TAG_W-1:0]     tag1_reg, tag2_reg;
    logic [EPOCH_W-1:0]   epoch2_reg;

    wire [W-1:0] lk_index = index_of(W'(lk_ctx), lk_tag[W-1:0]);
    wire [W-1:0] fill_index = index_of(W'(fill_ctx), fill_tag[W-1:0]);
    wire         in_filled1 = filled1_reg && filled1_index_reg == index1_reg;
    wire         in_filled2 = filled2_reg && filled2_index_reg == index1_reg;

    always_ff @(posedge clk) begin
        if (filled1_reg) tables[filled1_index_reg] <= filled1_entry_reg;
        out_reg <= tables[lk_index];
        out2_reg <= in_filled1 ? filled1_entry_reg : in_filled2 ? filled2_entry_reg : out_reg;
        filled1_reg <= fill_valid && !clear && !rst;
        filled1_index_reg <= fill_index;
        filled1_entry_reg <= {fill_epoch, fill_ctx, fill_tag, fill_table};
        filled2_reg <= filled1_reg;
        filled2_index_reg <= filled1_index_reg;
        filled2_entry_reg <= filled1_entry_reg;
    end

    always_ff @(posedge clk) begin
        index1_reg <= lk_index;
        {ctx1_reg, tag1_reg} <= {lk_ctx, lk_tag};
        valid2_reg <= valid_reg[index1_reg] || in_filled1;
        {ctx2_reg, tag2_reg} <= {ctx1_reg, tag1_reg};
        epoch2_reg <= lk_epoch;
        if (filled1_reg) valid_reg[filled1_index_reg] <= 1'b1;
        if (clear || rst) valid_reg <= '0;
    end

    assign res_hit = valid2_reg && out2_reg[40 +: KEY_W] == {epoch2_reg, ctx2_reg, tag2_reg};
    assign res_table = out2_reg[39:0];
endmodule

`default_nettype wire
