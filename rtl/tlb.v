// SPDX-License-Identifier: GPL-2.0
//
// tlb: set-associative cache of leaf entries, tagged by context. 4 KiB and 2 MiB entries live in the same ways; a
// lookup reads the set of either index at once. It hits only on an entry that permits the access as it is: one
// without the permission, or clean under a write, counts as a miss, so that only a fresh walk can fault or set D.
// Answers come two cycles after the lookup. Installing and sweeping take the read port; lookups wait meanwhile.
`default_nettype none

module tlb #(
    // sets, a power of two
    parameter SETS = 128,
    // ways
    parameter WAYS = 4,
    // bits of a context's number
    parameter CTX_W = 4,
    // bits of a virtual page number
    parameter VPN_W = 36
) (
    input  wire             clk,
    input  wire             rst,
    // all sets were cleared since reset; nothing but lookups is going on
    output wire             ready,
    output wire             idle,

    // lookup: taken when lk_valid && lk_ready
    input  wire             lk_valid,
    output wire             lk_ready,
    input  wire [CTX_W-1:0] lk_ctx,
    input  wire [VPN_W-1:0] lk_vpn,
    input  wire [1:0]       lk_op,
    // its answer
    output wire             res_hit,
    // from a 2 MiB entry
    output wire             res_huge,
    output wire             res_local,
    output wire [39:0]      res_frame,

    // install or replace the entry of a page: taken when in_valid && in_ready
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [CTX_W-1:0] in_ctx,
    input  wire [VPN_W-1:0] in_vpn,
    input  wire             in_huge,
    // R, W, AT, LOCAL, D from bit 0
    input  wire [4:0]       in_perm,
    input  wire [39:0]      in_frame,

    // sweep: drop the entries of a context (or every) in a range of page numbers (or all); level until sw_done
    input  wire             sw_valid,
    input  wire             sw_every,
    input  wire             sw_all,
    input  wire [CTX_W-1:0] sw_ctx,
    input  wire [51:0]      sw_first,
    input  wire [51:0]      sw_last,
    output wire             sw_done
);
    localparam SET_W = SETS > 1 ? $clog2(SETS) : 1;
    localparam WAY_W = WAYS > 1 ? $clog2(WAYS) : 1;
    localparam [SET_W-1:0] LAST_SET = SET_W'(SETS - 1);
    // entry: valid, huge, context, page number, permissions, frame
    localparam ENTRY_W = 1 + 1 + CTX_W + VPN_W + 5 + 40;
    localparam FRAME = 0, PERM = 40, VPN = 45, CTX = VPN + VPN_W, HUGE = CTX + CTX_W, VALID = HUGE + 1;

    localparam [2:0] CLEAR = 3'd0, IDLE = 3'd1, INSTALL = 3'd2, SWEEP = 3'd3, SWEPT = 3'd4;

    logic [2:0]       state_reg;
    logic [SET_W-1:0] set_reg;          // being read by a sweep
    logic [SET_W-1:0] prev_set_reg;     // read a cycle ago
    logic             prev_valid_reg;
    logic [WAY_W-1:0] victim_reg;

    // ---- arrays: one write port, two read ports
    wire              in_take = in_valid && in_ready;
    wire [SET_W-1:0]  read_set = state_reg == SWEEP ? set_reg :
                                 in_valid ? (in_huge ? in_vpn[9 +: SET_W] : in_vpn[0 +: SET_W]) & LAST_SET :
                                 lk_vpn[0 +: SET_W] & LAST_SET;
    wire [SET_W-1:0]  read_set_huge = lk_vpn[9 +: SET_W] & LAST_SET;
    logic [WAYS-1:0]  write_way;
    logic [SET_W-1:0] write_set;
    logic [ENTRY_W-1:0] write_entry;
    wire  [WAYS*ENTRY_W-1:0] out;       // the set read a cycle ago
    wire  [WAYS*ENTRY_W-1:0] out_huge;

    generate
        for (genvar w = 0; w < WAYS; w = w + 1) begin : way
            logic [ENTRY_W-1:0] entries [0:SETS-1];
            logic [ENTRY_W-1:0] out_reg;
            logic [ENTRY_W-1:0] out_huge_reg;
            always_ff @(posedge clk) begin
                if (write_way[w]) entries[write_set] <= write_entry;
                out_reg <= entries[read_set];
                out_huge_reg <= entries[read_set_huge];
            end
            assign out[w*ENTRY_W +: ENTRY_W] = out_reg;
            assign out_huge[w*ENTRY_W +: ENTRY_W] = out_huge_reg;
        end
    endgenerate

    // ---- lookup, second cycle: compare
    logic [CTX_W-1:0] ctx1_reg;
    logic [VPN_W-1:0] vpn1_reg;
    logic [1:0]       op1_reg;
    logic             hit;
    logic             hit_huge;
    logic             hit_local;
    logic [39:0]      hit_frame;
    logic             hit_reg;
    logic             huge_reg;
    logic             local_reg;
    logic [39:0]      frame_reg;

    // perm: R, W, AT, D from bit 0
    function permits(input [3:0] perm, input [1:0] op);
        permits = op == 2'(dmmu_pkg::ACCESS_READ) ? perm[0] :
                  op == 2'(dmmu_pkg::ACCESS_WRITE) ? perm[1] && perm[3] : perm == 4'hf;
    endfunction

    always_comb begin
        hit = 1'b0;
        hit_huge = 1'b0;
        hit_local = 1'b0;
        hit_frame = 40'd0;
        for (int w = 0; w < WAYS; w++) begin
            if (out_huge[w*ENTRY_W + VALID] && out_huge[w*ENTRY_W + HUGE] &&
                out_huge[w*ENTRY_W + CTX +: CTX_W] == ctx1_reg &&
                out_huge[w*ENTRY_W + VPN + 9 +: VPN_W - 9] == vpn1_reg[VPN_W-1:9] &&
                permits({out_huge[w*ENTRY_W + PERM + 4], out_huge[w*ENTRY_W + PERM +: 3]}, op1_reg)) begin
                hit = 1'b1;
                hit_huge = 1'b1;
                hit_local = out_huge[w*ENTRY_W + PERM + 3];
                hit_frame = {out_huge[w*ENTRY_W + FRAME + 9 +: 31], vpn1_reg[8:0]};
            end
        end
        for (int w = 0; w < WAYS; w++) begin
            if (out[w*ENTRY_W + VALID] && !out[w*ENTRY_W + HUGE] &&
                out[w*ENTRY_W + CTX +: CTX_W] == ctx1_reg &&
                out[w*ENTRY_W + VPN +: VPN_W] == vpn1_reg &&
                permits({out[w*ENTRY_W + PERM + 4], out[w*ENTRY_W + PERM +: 3]}, op1_reg)) begin
                hit = 1'b1;
                hit_huge = 1'b0;
                hit_local = out[w*ENTRY_W + PERM + 3];
                hit_frame = out[w*ENTRY_W + FRAME +: 40];
            end
        end
    end

    always_ff @(posedge clk) begin
        ctx1_reg <= lk_ctx;
        vpn1_reg <= lk_vpn;
        op1_reg <= lk_op;
        hit_reg <= hit;
        huge_reg <= hit_huge;
        local_reg <= hit_local;
        frame_reg <= hit_frame;
    end

    // ---- install, second cycle: over the entry of the same page, else an empty way, else the next victim
    logic [ENTRY_W-1:0] in_entry_reg;
    logic [SET_W-1:0]   in_set_reg;
    logic [WAYS-1:0]    same;
    logic [WAYS-1:0]    empty;
    logic [WAYS-1:0]    swept;
    logic [WAYS-1:0]    victim_1h;
    localparam TAG_W = ENTRY_W - VPN;   // page number, context, size, valid

    always_comb begin
        victim_1h = '0;
        victim_1h[victim_reg] = 1'b1;
        for (int w = 0; w < WAYS; w++) begin
            same[w] = out[w*ENTRY_W + VPN +: TAG_W] == in_entry_reg[VPN +: TAG_W];
            empty[w] = !out[w*ENTRY_W + VALID];
            swept[w] = (sw_every || out[w*ENTRY_W + CTX +: CTX_W] == sw_ctx) &&
                       (sw_all || (52'({out[w*ENTRY_W + VPN + 9 +: VPN_W - 9],
                                        out[w*ENTRY_W + VPN +: 9] | {9{out[w*ENTRY_W + HUGE]}}}) >= sw_first &&
                                   52'(out[w*ENTRY_W + VPN +: VPN_W]) <= sw_last));
        end
        write_way = '0;
        write_set = in_set_reg;
        write_entry = in_entry_reg;
        case (state_reg)
            INSTALL: write_way = same != '0 ? same : empty != '0 ? empty & (~empty + 1'b1) : victim_1h;
            CLEAR: begin
                write_way = '1;
                write_set = set_reg;
                write_entry = '0;
            end
            SWEEP, SWEPT: begin
                write_way = prev_valid_reg ? swept : '0;
                write_set = prev_set_reg;
                write_entry = '0;
            end
            default: ;
        endcase
    end

    always_ff @(posedge clk) begin
        prev_valid_reg <= state_reg == SWEEP;
        prev_set_reg <= set_reg;
        case (state_reg)
            CLEAR: begin
                set_reg <= set_reg + 1'b1;
                if (set_reg == LAST_SET) state_reg <= IDLE;
            end
            IDLE: begin
                set_reg <= '0;
                if (in_take) begin
                    // a 2 MiB entry is kept by its first page
                    in_entry_reg <= {1'b1, in_huge, in_ctx, in_huge ? {in_vpn[VPN_W-1:9], 9'd0} : in_vpn, in_perm, in_frame};
                    in_set_reg <= read_set;
                    state_reg <= INSTALL;
                end else if (sw_valid) begin
                    state_reg <= SWEEP;
                end
            end
            INSTALL: begin
                victim_reg <= victim_reg == WAY_W'(WAYS - 1) ? '0 : victim_reg + 1'b1;
                state_reg <= IDLE;
            end
            SWEEP: begin
                set_reg <= set_reg + 1'b1;
                if (set_reg == LAST_SET) state_reg <= SWEPT;
            end
            SWEPT: state_reg <= IDLE;
            default: state_reg <= CLEAR;
        endcase
        if (rst) begin
            state_reg <= CLEAR;
            set_reg <= '0;
            victim_reg <= '0;
            prev_valid_reg <= 1'b0;
        end
    end

    assign ready = state_reg != CLEAR;
    assign idle = state_reg == IDLE;
    assign lk_ready = state_reg == IDLE && !in_valid && !sw_valid;
    assign in_ready = state_reg == IDLE;
    assign sw_done = state_reg == SWEPT;
    assign res_hit = hit_reg;
    assign res_huge = huge_reg;
    assign res_local = local_reg;
    assign res_frame = frame_reg;

    wire unused = &{1'b0, lk_valid};

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst && state_reg == INSTALL) begin
            `CHECK_NAME(one_entry_per_page) assert ((same & (same - 1'b1)) == '0);
        end
    end
`endif
endmodule

`default_nettype wire
