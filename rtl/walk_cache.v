// SPDX-License-Identifier: GPL-2.0
//
// walk_cache: where the page tables of one level are, so that a walk need not begin at the root. Direct-mapped, in LUT
// RAM. A lookup has its answer in the next cycle. `flush` forgets a context's tables, or all, in one cycle; an
// invalidation does that whatever its range, since a table may have been freed that the range only touches.
`default_nettype none

module walk_cache #(
    // tables remembered, a power of two
    parameter ENTRIES = 16,
    // bits of a context's number
    parameter CTX_W = 4,
    // bits of a virtual address that lead to a table
    parameter TAG_W = 27
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             flush,
    input  wire             flush_every,
    input  wire [CTX_W-1:0] flush_ctx,

    input  wire [CTX_W-1:0] lk_ctx,
    input  wire [TAG_W-1:0] lk_tag,
    // one cycle later
    output wire             res_hit,
    output wire [39:0]      res_table,

    input  wire             fill_valid,
    input  wire [CTX_W-1:0] fill_ctx,
    input  wire [TAG_W-1:0] fill_tag,
    input  wire [39:0]      fill_table
);
    localparam W = ENTRIES > 1 ? $clog2(ENTRIES) : 1;
    localparam SHIFT = W > CTX_W ? W - CTX_W : 0;

    function [W-1:0] index_of(input [W-1:0] ctx, input [W-1:0] tag);
        index_of = (tag ^ (ctx << SHIFT)) & W'(ENTRIES - 1);
    endfunction

    logic [ENTRIES-1:0]       valid_reg;
    logic [ENTRIES*CTX_W-1:0] ctx_reg;
    logic [TAG_W+39:0]        tables [0:ENTRIES-1];
    logic [TAG_W+39:0]        out_reg;
    logic                     ok_reg;
    logic [TAG_W-1:0]         tag_reg;

    wire [W-1:0] lk_index = index_of(W'(lk_ctx), lk_tag[W-1:0]);
    wire [W-1:0] fill_index = index_of(W'(fill_ctx), fill_tag[W-1:0]);

    always_ff @(posedge clk) begin
        out_reg <= tables[lk_index];
        ok_reg <= valid_reg[lk_index] && ctx_reg[lk_index*CTX_W +: CTX_W] == lk_ctx;
        tag_reg <= lk_tag;
        if (fill_valid) begin
            tables[fill_index] <= {fill_tag, fill_table};
            ctx_reg[fill_index*CTX_W +: CTX_W] <= fill_ctx;
            valid_reg[fill_index] <= 1'b1;
        end
        for (int i = 0; i < ENTRIES; i++)
            if (flush && (flush_every || ctx_reg[i*CTX_W +: CTX_W] == flush_ctx ||
                          (fill_valid && fill_ctx == flush_ctx))) valid_reg[i] <= 1'b0;
        if (rst) begin
            valid_reg <= '0;
            ctx_reg <= '0;
        end
    end

    assign res_hit = ok_reg && out_reg[40 +: TAG_W] == tag_reg;
    assign res_table = out_reg[39:0];
endmodule

`default_nettype wire
