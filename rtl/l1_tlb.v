// SPDX-License-Identifier: GPL-2.0
//
// l1_tlb: a client port's first-level TLB, set-associative, in LUT RAM. It knows 4 KiB pages only: of a 2 MiB page it
// holds the parts that are used, marked `huge`. A lookup is one cycle of reading and comparing and one of choosing; it hits only on
// an entry that permits the access as it is. An entry that does not is dropped at once, for a better one is on its way.
// `flush` empties it in one cycle: an invalidation does that rather than search it, since the shared TLB has the rest.
`default_nettype none

module l1_tlb #(
    // entries, a power of two; 0: it never hits
    parameter ENTRIES = 32,
    // bits of a context's number
    parameter CTX_W = 4,
    // bits of a virtual page number
    parameter VPN_W = 36
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             flush,

    // lookup; the answer stands from the next cycle until it is looked at (res_take) or another lookup
    input  wire             lk_valid,
    // 0: it does not hit, and no entry goes for it
    input  wire             lk_may,
    input  wire [CTX_W-1:0] lk_ctx,
    input  wire [VPN_W-1:0] lk_vpn,
    input  wire [1:0]       lk_op,
    output wire             res_hit,
    output wire             res_huge,
    output wire             res_local,
    output wire [39:0]      res_frame,
    // the answer is looked at now: a useless entry may go
    input  wire             res_take,

    // a translation for this port, in place from the next cycle but one; not with a flush, which also drops the one of the cycle before
    input  wire             fill_valid,
    input  wire [CTX_W-1:0] fill_ctx,
    input  wire [VPN_W-1:0] fill_vpn,
    input  wire             fill_huge,
    // R, W, AT, LOCAL, D from bit 0
    input  wire [4:0]       fill_perm,
    input  wire [39:0]      fill_frame
);
    localparam WAYS = ENTRIES >= 4 ? 4 : ENTRIES >= 2 ? 2 : 1;
    localparam SETS = ENTRIES > WAYS ? ENTRIES / WAYS : 1;
    localparam SET_W = SETS > 1 ? $clog2(SETS) : 1;
    localparam WAY_W = WAYS > 1 ? $clog2(WAYS) : 1;
    // entry: huge, context, page number, permissions, frame
    localparam ENTRY_W = 1 + CTX_W + VPN_W + 5 + 40;
    localparam PERM = 40, VPN = 45, CTX = VPN + VPN_W, HUGE = CTX + CTX_W;

    // neighbouring pages, and the same pages of different contexts, in different sets
    function [SET_W-1:0] set_of(input [SET_W-1:0] ctx, input [2*SET_W-1:0] page);
        set_of = (page[0 +: SET_W] ^ page[SET_W +: SET_W] ^ ctx) & SET_W'(SETS - 1);
    endfunction

    logic [SETS*WAYS-1:0] valid_reg;
    logic [WAY_W-1:0]     victim_reg;

    // ---- lookup
    wire  [SET_W-1:0]        lk_set = set_of(SET_W'(lk_ctx), lk_vpn[0 +: 2*SET_W]);
    logic [SET_W-1:0]        set1_reg;
    logic [WAYS-1:0]         same_reg;  // the page, whatever it permits
    logic [WAYS-1:0]         good_reg;  // and the access too
    wire  [WAYS*ENTRY_W-1:0] out;

    // ---- fill: an empty way, else the next victim; written a cycle after it was chosen. Of two in turn for one set the second may
    // take the way of the first.
    wire  [SET_W-1:0] fill_set = set_of(SET_W'(fill_ctx), fill_vpn[0 +: 2*SET_W]);
    wire  [WAYS-1:0]  fill_there = valid_reg[fill_set*WAYS +: WAYS];
    logic [WAYS-1:0]  fill_way;
    logic [WAYS-1:0]  way_reg;
    logic [SET_W-1:0] set_reg;
    logic [ENTRY_W-1:0] entry_reg;
    always_ff @(posedge clk) begin
        way_reg <= rst ? '0 : fill_way;
        set_reg <= fill_set;
        entry_reg <= {fill_huge, fill_ctx, fill_vpn, fill_perm, fill_frame};
    end
    always_comb begin
        fill_way = '0;
        if (fill_there == '1) fill_way[victim_reg] = 1'b1;
        else fill_way = ~fill_there & (fill_there + 1'b1);
        if (!fill_valid || ENTRIES == 0) fill_way = '0;
    end

    // perm: R, W, AT, D from bit 0
    function permits(input [3:0] perm, input [1:0] op);
        permits = op == 2'(dmmu_pkg::ACCESS_READ) ? perm[0] :
                  op == 2'(dmmu_pkg::ACCESS_WRITE) ? perm[1] && perm[3] : perm == 4'hf;
    endfunction

    generate
        for (genvar w = 0; w < WAYS; w = w + 1) begin : way
            logic [ENTRY_W-1:0] entries [0:SETS-1];
            logic [ENTRY_W-1:0] out_reg;
            wire [ENTRY_W-1:0] entry = entries[lk_set];
            wire same = valid_reg[lk_set*WAYS + w] && entry[VPN +: VPN_W + CTX_W] == {lk_ctx, lk_vpn};
            always_ff @(posedge clk) begin
                if (way_reg[w]) entries[set_reg] <= entry_reg;
                if (lk_valid) begin
                    out_reg <= entry;
                    same_reg[w] <= same;
                    good_reg[w] <= same && permits({entry[PERM + 4], entry[PERM +: 3]}, lk_op);
                end
                // lk_may is known late: it resets the registers
                if (rst || (lk_valid ? !lk_may : res_take)) begin
                    same_reg[w] <= 1'b0;
                    good_reg[w] <= 1'b0;
                end
            end
            assign out[w*ENTRY_W +: ENTRY_W] = out_reg;
        end
    endgenerate

    logic [WAYS-1:0] chosen;    // the first of the good
    wire             hit = good_reg != '0;
    logic            hit_huge;
    logic            hit_local;
    logic [39:0]     hit_frame;
    always_comb begin
        hit_huge = 1'b0;
        hit_local = 1'b0;
        hit_frame = 40'd0;
        chosen = good_reg & (~good_reg + 1'b1);
        for (int w = 0; w < WAYS; w++) begin
            hit_huge = hit_huge | (chosen[w] & out[w*ENTRY_W + HUGE]);
            hit_local = hit_local | (chosen[w] & out[w*ENTRY_W + PERM + 3]);
            hit_frame = hit_frame | ({40{chosen[w]}} & out[w*ENTRY_W +: 40]);
        end
    end

    always_ff @(posedge clk) begin
        if (lk_valid) set1_reg <= lk_set;
        if (res_take && !hit)
            for (int s = 0; s < SETS; s++)
                for (int w = 0; w < WAYS; w++)
                    if (same_reg[w] && set1_reg == SET_W'(s)) valid_reg[s*WAYS + w] <= 1'b0;
        for (int s = 0; s < SETS; s++)
            for (int w = 0; w < WAYS; w++)
                if (way_reg[w] && set_reg == SET_W'(s)) valid_reg[s*WAYS + w] <= 1'b1;
        if (fill_valid) victim_reg <= victim_reg == WAY_W'(WAYS - 1) ? '0 : victim_reg + 1'b1;
        if (flush) valid_reg <= '0;
        if (rst) begin
            valid_reg <= '0;
            victim_reg <= '0;
        end
    end

    assign res_hit = hit;
    assign res_huge = hit_huge;
    assign res_local = hit_local;
    assign res_frame = hit_frame;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(full_set_loses_one) cover (fill_valid && fill_there == '1);
            `COVER_NAME(useless_entry_dropped) cover (res_take && !hit && same_reg != '0);
            `COVER_NAME(emptied_by_an_invalidation) cover (flush && valid_reg != '0);
        end
    end
`endif
endmodule

`default_nettype wire
