// SPDX-License-Identifier: GPL-2.0
//
// l2_tlb: the TLB that all client ports share, set-associative, in block RAM; 4 KiB and 2 MiB entries in the same ways.
// One operation a cycle goes through three stages (read, output register, compare) and has its answer in the third
// cycle after: LOOKUP reads the set of either index at once and hits only on an entry that permits the access as it
// is; INSTALL writes over the entry of the same page, else an empty way, else the next victim; SWEEP clears what the
// invalidation covers in one set. Operations take effect in order, but one does not see a write of the three before it:
// a lookup may miss what is being installed, an entry just installed may be swept. Neither does harm.
`default_nettype none

module l2_tlb #(
    // sets, a power of two
    parameter SETS = 256,
    // ways
    parameter WAYS = 4,
    // bits of a context's number
    parameter CTX_W = 4,
    // bits of a virtual page number
    parameter VPN_W = 36
) (
    input  wire             clk,
    input  wire             rst,
    // all sets were cleared since reset
    output wire             ready,

    input  wire             lookup,
    input  wire [CTX_W-1:0] lk_ctx,
    input  wire [VPN_W-1:0] lk_vpn,
    input  wire [1:0]       lk_op,
    // an installation, and that it is the turn of one: then neither a lookup nor a sweep
    input  wire             install,
    input  wire             offer,
    // take the sweep's next set; only when sw_want
    input  wire             sweep,
    // of an installation; perm: R, W, AT, LOCAL, D from bit 0
    input  wire [CTX_W-1:0] ctx,
    input  wire [VPN_W-1:0] vpn,
    input  wire             huge,
    input  wire [4:0]       perm,
    input  wire [39:0]      frame,

    // of a lookup: the entry found; of an installation: the entry installed
    output wire             res_hit,
    output wire             res_huge,
    output wire [4:0]       res_perm,
    output wire [39:0]      res_frame,

    // sweep of a context's (or every) entries in a range of page numbers (or all); operands stay from start to done
    input  wire             sw_start,
    input  wire             sw_every,
    input  wire             sw_all,
    input  wire [CTX_W-1:0] sw_ctx,
    input  wire [51:0]      sw_first,
    input  wire [51:0]      sw_last,
    output wire             sw_want,
    // nothing left to sweep
    output wire             sw_done
);
    localparam SET_W = SETS > 1 ? $clog2(SETS) : 1;
    localparam WAY_W = WAYS > 1 ? $clog2(WAYS) : 1;
    localparam [SET_W-1:0] LAST_SET = SET_W'(SETS - 1);
    // entry: valid, huge, context, page number, permissions, frame
    localparam ENTRY_W = 1 + 1 + CTX_W + VPN_W + 5 + 40;
    localparam FRAME = 0, PERM = 40, VPN = 45, CTX = VPN + VPN_W, HUGE = CTX + CTX_W, VALID = HUGE + 1;
    localparam SHIFT = SET_W > CTX_W ? SET_W - CTX_W : 0;

    // the same pages of different contexts are far apart
    function [SET_W-1:0] set_of(input [SET_W-1:0] c, input [SET_W-1:0] index);
        set_of = (index ^ (c << SHIFT)) & LAST_SET;
    endfunction

    // ---- clearing after reset
    logic             clear_reg;
    logic [SET_W-1:0] clear_set_reg;

    // ---- the sweep's sets: each 4 KiB page's, then each 2 MiB page's, or simply all
    localparam [2:0] OFF = 3'd0, MEASURE = 3'd1, SMALL = 3'd2, LARGE = 3'd3, WHOLE = 3'd4, TAIL = 3'd5;
    logic [2:0]       sw_state_reg;
    logic             sw_want_reg;
    logic [SET_W-1:0] sw_index_reg;
    logic [SET_W-1:0] sw_left_reg;
    logic [2:0]       sw_tail_reg;      // until the last write has been done, and no lookup is left that read before it
    logic [51:0]      span_reg;
    logic             outside_reg;
    logic [VPN_W-1:0] first_reg;
    logic [VPN_W-1:0] last_reg;
    logic             every_reg;
    logic             all_reg;
    logic [CTX_W-1:0] sw_ctx_reg;

    wire [SET_W-1:0] first_large = first_reg[9 +: SET_W];
    wire [SET_W-1:0] last_large = last_reg[9 +: SET_W];

    always_ff @(posedge clk) begin
        case (sw_state_reg)
            OFF: if (sw_start) begin
                sw_state_reg <= MEASURE;
                span_reg <= sw_last - sw_first;
                outside_reg <= sw_first[51:VPN_W] != '0;
                first_reg <= sw_first[VPN_W-1:0];
                last_reg <= sw_last[51:VPN_W] != '0 ? '1 : sw_last[VPN_W-1:0];
                every_reg <= sw_every;
                all_reg <= sw_all;
                sw_ctx_reg <= sw_ctx;
            end
            MEASURE: begin
                sw_index_reg <= first_reg[0 +: SET_W];
                sw_left_reg <= span_reg[SET_W-1:0];
                sw_state_reg <= SMALL;
                if (all_reg || every_reg || span_reg >= 52'(SETS)) begin
                    sw_state_reg <= WHOLE;
                    sw_index_reg <= '0;
                    sw_left_reg <= LAST_SET;
                end else if (outside_reg) begin
                    sw_state_reg <= OFF;
                end
            end
            SMALL, LARGE, WHOLE: if (sweep) begin
                sw_index_reg <= sw_index_reg + 1'b1;
                sw_left_reg <= sw_left_reg - 1'b1;
                if (sw_left_reg == '0) begin
                    sw_state_reg <= TAIL;
                    sw_tail_reg <= 3'd4;
                    if (sw_state_reg == SMALL) begin
                        sw_state_reg <= LARGE;
                        sw_index_reg <= first_large;
                        sw_left_reg <= last_large - first_large;
                    end
                end
            end
            TAIL: begin
                sw_tail_reg <= sw_tail_reg - 3'd1;
                if (sw_tail_reg == 3'd0) sw_state_reg <= OFF;
            end
            default: sw_state_reg <= OFF;
        endcase
        if (rst) sw_state_reg <= OFF;
    end

    // in SMALL, LARGE, WHOLE; before the choice of a set, so it has a register of its own
    always_ff @(posedge clk) begin
        if (sw_state_reg == MEASURE) sw_want_reg <= all_reg || every_reg || !outside_reg || span_reg >= 52'(SETS);
        else if (sweep && sw_left_reg == '0) sw_want_reg <= sw_state_reg == SMALL;
        if (rst) sw_want_reg <= 1'b0;
    end

    assign sw_want = sw_want_reg;
    assign sw_done = sw_state_reg == OFF;

    // of perm the bits R, W, AT, D
    function permits_op(input [3:0] p, input [1:0] o);
        permits_op = o == 2'(dmmu_pkg::ACCESS_READ) ? p[0] : o == 2'(dmmu_pkg::ACCESS_WRITE) ? p[1] && p[3] : p == 4'hf;
    endfunction
    function permits(input [ENTRY_W-1:0] e, input [1:0] o);
        permits = e[VALID] && !e[HUGE] && permits_op({e[PERM+4], e[PERM +: 3]}, o);
    endfunction
    function permits_huge(input [ENTRY_W-1:0] e, input [1:0] o);
        permits_huge = e[VALID] && e[HUGE] && permits_op({e[PERM+4], e[PERM +: 3]}, o);
    endfunction

    // ---- arrays: one write port, two read ports
    wire [SET_W-1:0]  sw_set = sw_state_reg == WHOLE ? sw_index_reg : set_of(SET_W'(sw_ctx_reg), sw_index_reg);
    wire [SET_W-1:0]  in_set = set_of(SET_W'(ctx), huge ? vpn[9 +: SET_W] : vpn[0 +: SET_W]);
    // a lookup's is known last
    wire [SET_W-1:0]  own_set = offer ? in_set : sw_set;
    wire [SET_W-1:0]  read_set = offer || sweep ? own_set : set_of(SET_W'(lk_ctx), lk_vpn[0 +: SET_W]);
    wire [SET_W-1:0]  read_set_huge = set_of(SET_W'(lk_ctx), lk_vpn[9 +: SET_W]);
    logic [WAYS-1:0]  write_way_reg;
    logic [SET_W-1:0] write_set_reg;
    logic [ENTRY_W-1:0] write_entry_reg;
    // the write of the cycle before
    logic [WAYS-1:0]  written1_way_reg;
    logic [SET_W-1:0] written1_set_reg;
    logic [ENTRY_W-1:0] written1_entry_reg;
    logic [SET_W-1:0] set1_reg, set2_reg, set_huge1_reg;
    // what is read is an entry of that size and permits the access
    logic [WAYS-1:0]  good_reg, good_huge_reg;
    wire  [WAYS*ENTRY_W-1:0] out;
    wire  [WAYS*ENTRY_W-1:0] out_huge;

    generate
        for (genvar w = 0; w < WAYS; w = w + 1) begin : way
            // what is read while it is written is taken from beside the memory, a cycle later
            (* no_rw_check *)
            logic [ENTRY_W-1:0] entries [0:SETS-1];
            logic [ENTRY_W-1:0] out_reg, out2_reg;
            logic [ENTRY_W-1:0] out_huge_reg, out2_huge_reg;
            always_ff @(posedge clk) begin
                if (write_way_reg[w]) entries[write_set_reg] <= write_entry_reg;
                out_reg <= entries[read_set];
                out_huge_reg <= entries[read_set_huge];
                out2_reg <= written1_way_reg[w] && written1_set_reg == set1_reg ? written1_entry_reg : out_reg;
                out2_huge_reg <= written1_way_reg[w] && written1_set_reg == set_huge1_reg ? written1_entry_reg : out_huge_reg;
                good_reg[w] <= written1_way_reg[w] && written1_set_reg == set1_reg ? permits(written1_entry_reg, op1_reg) : permits(out_reg, op1_reg);
                good_huge_reg[w] <= written1_way_reg[w] && written1_set_reg == set_huge1_reg ? permits_huge(written1_entry_reg, op1_reg) : permits_huge(out_huge_reg, op1_reg);
            end
            assign out[w*ENTRY_W +: ENTRY_W] = out2_reg;
            assign out_huge[w*ENTRY_W +: ENTRY_W] = out2_huge_reg;
        end
    endgenerate

    // ---- the operation beside its data: stage 1 reading, stage 2 comparing
    logic             lookup1_reg, lookup2_reg;
    logic             install1_reg, install2_reg;
    logic             sweep1_reg, sweep2_reg;
    logic [CTX_W-1:0] ctx1_reg, ctx2_reg;
    logic [VPN_W-1:0] vpn1_reg, vpn2_reg;
    logic [1:0]       op1_reg;
    logic             huge1_reg, huge2_reg;
    logic [4:0]       perm1_reg, perm2_reg;
    logic [39:0]      frame1_reg, frame2_reg;

    always_ff @(posedge clk) begin
        {lookup1_reg, install1_reg, sweep1_reg} <= {lookup, install, sweep};
        {lookup2_reg, install2_reg, sweep2_reg} <= {lookup1_reg, install1_reg, sweep1_reg};
        set_huge1_reg <= read_set_huge;
        {written1_way_reg, written1_set_reg, written1_entry_reg} <= {write_way_reg, write_set_reg, write_entry_reg};
        {set1_reg, ctx1_reg, vpn1_reg, op1_reg, huge1_reg, perm1_reg, frame1_reg} <=
            {read_set, offer ? ctx : lk_ctx, offer ? vpn : lk_vpn, lk_op, huge, perm, frame};
        {set2_reg, ctx2_reg, vpn2_reg, huge2_reg, perm2_reg, frame2_reg} <= {set1_reg, ctx1_reg, vpn1_reg, huge1_reg, perm1_reg, frame1_reg};
        if (rst) {lookup1_reg, install1_reg, sweep1_reg, lookup2_reg, install2_reg, sweep2_reg} <= 6'd0;
    end

    logic             hit;
    logic             hit_huge;
    logic [4:0]       hit_perm;
    logic [39:0]      hit_frame;
    always_comb begin
        hit = 1'b0;
        hit_huge = 1'b0;
        hit_perm = 5'd0;
        hit_frame = 40'd0;
        for (int w = 0; w < WAYS; w++)
            if (good_huge_reg[w] &&
                out_huge[w*ENTRY_W + CTX +: CTX_W] == ctx2_reg &&
                out_huge[w*ENTRY_W + VPN + 9 +: VPN_W - 9] == vpn2_reg[VPN_W-1:9]) begin
                hit = 1'b1;
                hit_huge = 1'b1;
                hit_perm = out_huge[w*ENTRY_W + PERM +: 5];
                hit_frame = {out_huge[w*ENTRY_W + FRAME + 9 +: 31], vpn2_reg[8:0]};
            end
        for (int w = 0; w < WAYS; w++)
            if (good_reg[w] &&
                out[w*ENTRY_W + CTX +: CTX_W] == ctx2_reg &&
                out[w*ENTRY_W + VPN +: VPN_W] == vpn2_reg) begin
                hit = 1'b1;
                hit_huge = 1'b0;
                hit_perm = out[w*ENTRY_W + PERM +: 5];
                hit_frame = out[w*ENTRY_W + FRAME +: 40];
            end
    end

    // ---- what an installation or a sweep writes
    logic [WAY_W-1:0]   victim_reg;
    logic [WAYS-1:0]    same;
    logic [WAYS-1:0]    empty;
    logic [WAYS-1:0]    swept;
    logic [WAYS-1:0]    victim_1h;
    localparam TAG_W = ENTRY_W - VPN;   // page number, context, size, valid
    // a 2 MiB entry is kept by its first page
    wire [ENTRY_W-1:0]  new_entry = {1'b1, huge2_reg, ctx2_reg, huge2_reg ? {vpn2_reg[VPN_W-1:9], 9'd0} : vpn2_reg,
                                     perm2_reg, frame2_reg};

    always_comb begin
        victim_1h = '0;
        victim_1h[victim_reg] = 1'b1;
        for (int w = 0; w < WAYS; w++) begin
            same[w] = out[w*ENTRY_W + VPN +: TAG_W] == new_entry[VPN +: TAG_W];
            empty[w] = !out[w*ENTRY_W + VALID];
            swept[w] = (every_reg || out[w*ENTRY_W + CTX +: CTX_W] == sw_ctx_reg) &&
                       (all_reg || (!outside_reg &&
                                    {out[w*ENTRY_W + VPN + 9 +: VPN_W - 9],
                                     out[w*ENTRY_W + VPN +: 9] | {9{out[w*ENTRY_W + HUGE]}}} >= first_reg &&
                                    out[w*ENTRY_W + VPN +: VPN_W] <= last_reg));
        end
    end

    logic        hit_reg;
    logic        res_huge_reg;
    logic [4:0]  res_perm_reg;
    logic [39:0] res_frame_reg;

    always_ff @(posedge clk) begin
        hit_reg <= lookup2_reg && hit;
        res_huge_reg <= install2_reg ? huge2_reg : hit_huge;
        res_perm_reg <= install2_reg ? perm2_reg : hit_perm;
        res_frame_reg <= install2_reg ? frame2_reg : hit_frame;

        write_set_reg <= clear_reg ? clear_set_reg : set2_reg;
        write_entry_reg <= install2_reg ? new_entry : '0;
        write_way_reg <= clear_reg ? '1 : sweep2_reg ? swept : !install2_reg ? '0 :
                         same != '0 ? same : empty != '0 ? empty & (~empty + 1'b1) : victim_1h;
        if (install2_reg) victim_reg <= victim_reg == WAY_W'(WAYS - 1) ? '0 : victim_reg + 1'b1;

        if (clear_reg) begin
            clear_set_reg <= clear_set_reg + 1'b1;
            if (clear_set_reg == LAST_SET) clear_reg <= 1'b0;
        end
        if (rst) begin
            clear_reg <= 1'b1;
            clear_set_reg <= '0;
            write_way_reg <= '0;
            victim_reg <= '0;
        end
    end

    assign ready = !clear_reg;
    assign res_hit = hit_reg;
    assign res_huge = res_huge_reg;
    assign res_perm = res_perm_reg;
    assign res_frame = res_frame_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(wants_a_set_while_it_sweeps) assert (sw_want_reg == (sw_state_reg == SMALL || sw_state_reg == LARGE || sw_state_reg == WHOLE));
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(full_set_loses_one) cover (install2_reg && same == '0 && empty == '0);
            `COVER_NAME(entry_replaced_by_a_better_one) cover (install2_reg && same != '0);
            `COVER_NAME(page_by_page_sweep) cover (sweep && sw_state_reg == SMALL);
            `COVER_NAME(sweep_of_2m_pages) cover (sweep && sw_state_reg == LARGE);
            `COVER_NAME(whole_sweep) cover (sweep && sw_state_reg == WHOLE);
            `COVER_NAME(sweep_drops_an_entry) cover (sweep2_reg && (swept & ~empty) != '0);
            `COVER_NAME(range_beyond_all_addresses) cover (sw_state_reg == MEASURE && outside_reg);
        end
    end
`endif
endmodule

`default_nettype wire
