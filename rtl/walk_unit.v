// SPDX-License-Identifier: GPL-2.0
//
// walk_unit: WALKERS page-table walks at a time, one entry of each on its way. What comes back from memory goes through
// two stages (decide, act); a walk goes on, ends with a fault, asks for its entry to have A and D set, or hands the
// translation to the shared TLB. Walks begin where the walk caches say. The read of a last-level entry also brings
// the next one, which is installed when it needs no update.
//
// A and D are set one entry at a time: under the page-table lock the entry is read again, decided again and written
// back, so that what is written back is what is there.
//
// `flush` is an invalidation of a range. Walks of its context are compared with the range one by one, and do nothing before
// that. A walk of a page of the range is *poisoned*: it ends at its next step, hands out nothing, installs nothing, writes
// nothing; who waited for it looks up again. A walk of another page that goes through a table which has pages of the
// range is *old*: it goes on to its end, but whoever invalidates waits for that (`draining`), since the table may be
// freed afterwards; it tells the walk caches nothing and brings no neighbour. All other walks do not notice. So a walk
// begins again only for an invalidation of its own page, and nobody can be starved by those of other pages.
// `ad_writing` tells of the one thing of a poisoned walk that has to be waited for.
`default_nettype none

module walk_unit #(
    // page-table levels, 2 to 5
    parameter LEVELS = 4,
    // walks, and bits of a walk's number
    parameter WALKERS = 16,
    parameter WLK_W = 4,
    // bits of a context's and of a thread's number
    parameter CTX_W = 4,
    parameter THR_W = 4,
    // client ports; thread t uses port t modulo PORTS
    parameter PORTS = 4,
    // contexts, for the epochs of the walk caches
    parameter CONTEXTS = 16,
    // tables that each walk cache remembers, a power of two
    parameter CACHE = 64,
    // 1: read the next page's entry along
    parameter PREFETCH = 1,
    // bits of a virtual page number, 9 for each level
    parameter VPN_W = 36
) (
    input  wire              clk,
    input  wire              rst,
    output wire              active,

    // walk caches: asked three cycles before `start`; one cycle before it: the root, and whether it must be the root
    input  wire [CTX_W-1:0]  ask_ctx,
    input  wire [VPN_W-1:0]  ask_vpn,
    input  wire [39:0]       ask_root,
    input  wire              ask_from_root,

    // a page, shown one cycle early too: is a walk of it under way that may be joined, is there room for another
    input  wire [CTX_W-1:0]  early_ctx,
    input  wire [VPN_W-1:0]  early_vpn,
    input  wire [CTX_W-1:0]  ctx,
    input  wire [VPN_W-1:0]  vpn,
    // shown early: only a walk that began at the root after the last `retry` will do
    input  wire              early_from_root,
    output logic             match,
    output logic [WLK_W-1:0] match_walk,
    output wire              room,
    output wire [WLK_W-1:0]  free_walk,
    // with no match, and room, walk `free_walk` begins for that page, but for a hit that is an answer. All but `hit` is known early:
    // what a walk is like may be set for one that does not begin after all
    input  wire              may_start,
    input  wire              may_hit,
    input  wire              hit,
    input  wire [1:0]        op,
    input  wire [THR_W-1:0]  thread,

    // the host answers a fault with RETRY
    input  wire              retry,
    // a context does not run any more
    input  wire              kill,
    input  wire [CTX_W-1:0]  kill_ctx,

    // an invalidation begins; the range stays until it is acknowledged
    input  wire              flush,
    input  wire              flush_next,    // in the next cycle
    input  wire              flush_every,
    input  wire              flush_all,
    input  wire [CTX_W-1:0]  flush_ctx,
    input  wire [51:0]       flush_first,
    input  wire [51:0]       flush_last,
    output wire              ad_writing,
    output wire              draining,

    // end without a translation: a fault, or (fin_again) look up again
    output wire              fin_valid,
    output wire              fin_again,
    output wire [1:0]        fin_op,
    output wire [2:0]        fin_cause,
    output wire [2:0]        fin_level,
    // none can be told in the next cycle
    input  wire              fin_hold_next,

    // to the shared TLB. in_early_leaf, in_early_near: the walk's own translation may be, or the neighbour's, as is known early in a cycle
    output wire              in_early_leaf,
    output wire              in_early_near,
    output wire              in_valid,
    // the walk's own translation is, and it is taken. A neighbour is not waited for
    output wire              in_leaf,
    output wire              in_last,
    // no other translation that was told waits for its turn to be given; none is given at all
    input  wire              in_first,
    input  wire              hold,
    // the walk and for whom it began; also with fin_valid
    output wire [WLK_W-1:0]  in_walk,
    output wire [THR_W-1:0]  in_thread,
    output wire [CTX_W-1:0]  in_ctx,
    output wire [VPN_W-1:0]  in_vpn,
    output wire              in_huge,
    output wire [4:0]        in_perm,
    output wire [39:0]       in_frame,
    // it was told already
    output wire              in_told,
    // a walk's own translation, a cycle before in_valid or more, of a context that runs, and not with hold: it is told then, unless
    // with soon_hold or without in_first; the frame is as in_frame
    output wire [PORTS-1:0]  soon_valid,    // at the port of its thread
    input  wire              soon_hold,
    output wire [THR_W-1:0]  soon_thread,
    output wire [CTX_W-1:0]  soon_ctx,
    output wire [VPN_W-1:0]  soon_vpn,
    output wire              soon_huge,
    output wire [4:0]        soon_perm,
    output wire [39:0]       soon_frame,
    // the walk's translation is installed in the next cycle: then the walk is over
    input  wire              done_next,
    input  wire [WLK_W-1:0]  done_next_walk,

    output wire              lock_req,
    input  wire              lock_grant,

    output wire              arvalid,
    input  wire              arready,
    output wire [WLK_W-1:0]  arid,
    output wire [63:0]       araddr,
    output wire [7:0]        arlen,
    input  wire              rvalid,
    output wire              rready,
    input  wire [WLK_W-1:0]  rid,
    input  wire [63:0]       rdata,
    input  wire [1:0]        rresp,
    input  wire              rlast,
    output wire              awvalid,
    input  wire              awready,
    output wire [WLK_W-1:0]  awid,
    output wire [63:0]       awaddr,
    output wire              wvalid,
    input  wire              wready,
    output wire [63:0]       wdata,
    input  wire              bvalid,
    input  wire [1:0]        bresp,

    output wire              ev_walk,
    output wire              ev_cache_hit,
    output wire              ev_read,
    output wire              ev_ad_update,
    output wire              ev_bus_error
);
    localparam [2:0] TOP = 3'(LEVELS - 1);
    localparam [1:0] SLVERR = 2'd2;
    localparam [2:0] NOT_PRESENT = 3'(dmmu_pkg::CAUSE_NOT_PRESENT), PERMISSION = 3'(dmmu_pkg::CAUSE_PERMISSION),
        BAD_PTE = 3'(dmmu_pkg::CAUSE_BAD_PTE), BUS = 3'(dmmu_pkg::CAUSE_BUS), POISON = 3'(dmmu_pkg::CAUSE_POISON);
    // what an entry that came back means
    localparam [2:0] NEXT = 3'd0, FAULT = 3'd1, MARK = 3'd2, LEAF = 3'd3, NEIGHBOUR = 3'd4, NOTHING = 3'd5;
    // setting A and D
    localparam [2:0] AD_IDLE = 3'd0, AD_LOCK = 3'd1, AD_READ = 3'd2, AD_ADDRESS = 3'd3, AD_DATA = 3'd4, AD_RESPONSE = 3'd5,
        AD_DONE = 3'd6;
    localparam EPOCH_W = 4;

    // ---- walks
    logic [WALKERS-1:0] act_reg;        // under way
    logic [WALKERS-1:0] fin_reg;        // over, but for a beat that is still to come
    logic [WALKERS-1:0] check_reg;      // an invalidation came, the walk is to be compared with its range
    logic [WALKERS-1:0] poison_reg;     // it is of a page of the range
    logic [WALKERS-1:0] old_reg;        // it may go through a table that has pages of the range
    logic [WALKERS-1:0] vain_reg;       // its context was killed
    logic [WALKERS-1:0] near_reg;       // a 2 MiB page that it may end with has
    logic [WALKERS-1:0] rooted_reg;     // it began at the root, and the host has said RETRY to nobody since
    logic [WALKERS-1:0] read_reg;       // wants to read its entry
    logic [WALKERS-1:0] mark_reg;       // wants A and D set
    logic [WALKERS-1:0] two_reg;        // a read of two beats is not complete
    logic [WALKERS-1:0] moved_reg;      // its table is in `next_table`, not in `first_table`
    logic [WALKERS*CTX_W-1:0] ctx_reg;
    logic [WALKERS*VPN_W-1:0] vpn_reg;
    logic [WALKERS*3-1:0]     level_reg;
    logic [CTX_W+VPN_W-1:0] tags [0:WALKERS-1]; // ctx_reg and vpn_reg again: those are compared, these are looked up
    logic [THR_W-1:0] leader [0:WALKERS-1];     // who began it, for what
    logic [1:0]  op_of [0:WALKERS-1];
    logic [3:0]  asked [0:WALKERS-1];           // of its read that is under way: of two beats, level
    logic [39:0] first_table [0:WALKERS-1];
    logic [39:0] next_table [0:WALKERS-1];

    // the port of a thread
    function [PORTS-1:0] port_of(input [THR_W-1:0] t);
        for (int p = 0; p < PORTS; p++) port_of[p] = 32'(t) % PORTS == p;
    endfunction

    // which entry of its table a page is found by, at a level
    function [8:0] index_at(input [2:0] l, input [VPN_W-1:0] page);
        index_at = page[8:0];
        for (int i = 1; i < LEVELS; i++)
            if (l == 3'(i)) index_at = page[9*i +: 9];
    endfunction

    // ---- join or begin
    logic [2*WALKERS-1:0] ending_reg;   // of what came, of what stayed: would end without a translation
    logic               came_reg;
    wire  [WALKERS-1:0] act_ending = ending_reg[came_reg*WALKERS +: WALKERS];
    wire  [WALKERS-1:0] open = act_reg & ~fin_reg & ~poison_reg & ~act_ending;
    logic [WALKERS-1:0] done_1h_reg;    // its translation is installed
    logic [WALKERS-1:0] closing;        // not in the next cycle, but for those that end without a translation
    // of the page, open, not too old: if what is acted on came in the last cycle; if it stayed. There is one, or the one that could begin
    // would be one, if it has
    logic [2*WALKERS-1:0] alike_reg;
    logic [1:0]         any_reg;
    logic               newest_reg;
    logic               started_reg;
    wire  [WALKERS-1:0] joinable = act_reg & alike_reg[came_reg*WALKERS +: WALKERS];
    logic               free_valid_reg;
    logic [WLK_W-1:0]   free_reg;
    logic [WALKERS-1:0] free_1h_reg;    // free_reg, when it is valid
    wire  [WALKERS-1:0] others = (~act_reg | (fin_reg & ~two_reg)) & ~free_1h_reg;  // free walks besides that; the next, its number
    logic [WALKERS-1:0] other_1h;
    logic [WLK_W-1:0]   other;
    // one that begins is not known to: it is as soon as it is under way
    wire                newest = may_start && ctx == early_ctx && vpn == early_vpn && ((start_rooted_reg && !retry_reg) || !early_from_root);
    logic [WALKERS-1:0] like;           // walks of the page
    logic               retry_reg;  // as of the cycle before: who was answered asks later
    wire  [WALKERS-1:0] alike = like & {WALKERS{!(retry_reg && early_from_root)}} & (rooted_reg | {WALKERS{!early_from_root}});
    always_comb begin
        for (int i = 0; i < WALKERS; i++)
            like[i] = open[i] && !closing[i] && ctx_reg[i*CTX_W +: CTX_W] == early_ctx && vpn_reg[i*VPN_W +: VPN_W] == early_vpn;
        match_walk = '0;
        other_1h = others & (~others + 1'b1);
        other = '0;
        for (int i = 0; i < WALKERS; i++)
            if (other_1h[i]) other = other | WLK_W'(i);
        match = any_reg[came_reg] || (newest_reg && started_reg);
        for (int i = 0; i < WALKERS; i++)
            if (joinable[i]) match_walk = WLK_W'(i);
    end

    always_ff @(posedge clk) begin
        if (start || !free_valid_reg) begin
            free_valid_reg <= others != '0;
            free_reg <= other;
            free_1h_reg <= other_1h;
        end
        alike_reg <= {alike & ~come_ending, alike & ~stay_ending} | {2{free_1h_reg & {WALKERS{newest}}}};
        any_reg <= {(alike & ~come_ending) != '0, (alike & ~stay_ending) != '0};
        newest_reg <= newest;
        for (int i = 0; i < WALKERS; i++) done_1h_reg[i] <= !rst && done_next && done_next_walk == WLK_W'(i);
        retry_reg <= retry;
        started_reg <= start;
        if (rst) begin
            free_valid_reg <= 1'b0;
            free_1h_reg <= '0;
            any_reg <= 2'd0;
            started_reg <= 1'b0;
            retry_reg <= 1'b0;
        end
    end
    assign room = free_valid_reg;
    wire start = may_start && !match && room && !(may_hit && hit);
    assign free_walk = free_reg;

    // ---- walk caches: the table nearest to the leaf that is known
    logic [39:0] start_root_reg;
    logic [(LEVELS-1)*40-1:0] start_tables_reg;
    logic [LEVELS-2:0] start_hit_reg;
    logic [39:0] start_table;
    logic [2:0]  start_level;
    logic        start_rooted_reg;
    wire  [LEVELS-2:0]      cache_hit;
    wire  [(LEVELS-1)*40-1:0] cache_table;
    logic [LEVELS-2:0]      cache_fill;
    // a context's tables of earlier epochs are forgotten; when the epochs have all been used, all tables are
    logic [CONTEXTS*EPOCH_W-1:0] epoch_reg;
    logic [CTX_W-1:0]       ask_ctx_reg;
    logic [EPOCH_W-1:0]     flush_epoch_reg;    // of flush_ctx, which stands since the cycle before a flush; it is the last
    logic                   epochs_used_reg;
    wire                    cache_clear = flush && (flush_every || epochs_used_reg);

    always_ff @(posedge clk) begin
        ask_ctx_reg <= ask_ctx;
        for (int c = 0; c < CONTEXTS; c++)
            if (flush && !flush_every && flush_ctx == CTX_W'(c)) epoch_reg[c*EPOCH_W +: EPOCH_W] <= flush_epoch_reg + 1'b1;
        flush_epoch_reg <= epoch_reg[flush_ctx*EPOCH_W +: EPOCH_W];
        epochs_used_reg <= epoch_reg[flush_ctx*EPOCH_W +: EPOCH_W] == '1;
        if (rst) epoch_reg <= '0;
    end

    generate
        for (genvar l = 0; l < LEVELS - 1; l = l + 1) begin : level
            walk_cache #(.ENTRIES(CACHE), .CTX_W(CTX_W), .EPOCH_W(EPOCH_W), .TAG_W(VPN_W - 9 * (l + 1))) cache (
                .clk(clk), .rst(rst), .clear(cache_clear),
                .lk_ctx(ask_ctx), .lk_tag(ask_vpn[VPN_W-1:9*(l+1)]), .lk_epoch(epoch_reg[ask_ctx_reg*EPOCH_W +: EPOCH_W]),
                .res_hit(cache_hit[l]), .res_table(cache_table[l*40 +: 40]),
                .fill_valid(cache_fill[l]), .fill_ctx(act_ctx), .fill_epoch(epoch_reg[act_ctx*EPOCH_W +: EPOCH_W]),
                .fill_tag(act_vpn[VPN_W-1:9*(l+1)]), .fill_table(act_pte_reg[51:12]));
        end
    endgenerate

    // which of them it is, is chosen behind the registers
    always_ff @(posedge clk) begin
        start_root_reg <= ask_root;
        start_tables_reg <= cache_table;
        start_hit_reg <= cache_hit & {(LEVELS-1){!ask_from_root}};
        start_rooted_reg <= ask_from_root;
    end
    always_comb begin
        start_table = start_root_reg;
        start_level = TOP;
        for (int l = LEVELS - 2; l >= 0; l--)
            if (start_hit_reg[l]) begin
                start_table = start_tables_reg[l*40 +: 40];
                start_level = 3'(l);
            end
    end

    // ---- reading. A walk's read waits in read_reg and is taken up in three steps (whose; its number and level; its address); or, when
    // the way out is free, it goes there directly from what it follows from: the entry that was read before, or the beginning.
    logic [WALKERS-1:0] pick_1h_reg;    // whose, if anybody's: it leaves read_reg
    wire [WALKERS-1:0] read_asks = read_reg & ~pick_1h_reg;
    wire [WALKERS-1:0] read_1h;
    logic             pick_valid_reg;
    logic [WLK_W-1:0] pick_walk;
    logic [2:0]       pick_level;
    logic             read_valid_reg;
    logic [WLK_W-1:0] read_walk_reg;
    wire              ar_free;
    wire              ar_two;
    wire [51:0]       ar_addr;
    wire              read_go = read_valid_reg && ar_free;
    wire              pick_go = pick_valid_reg && (!read_valid_reg || read_go);
    wire              pick_free = !pick_valid_reg || !read_valid_reg || read_go;
    logic [2:0]       read_level_reg;
    logic             read_moved_reg;
    logic             read_mark_reg;
    wire [CTX_W+VPN_W-1:0] read_tag = tags[read_walk_reg];
    wire [VPN_W-1:0]  read_vpn = read_tag[VPN_W-1:0];
    wire [39:0]       read_table = read_moved_reg ? next_table[read_walk_reg] : first_table[read_walk_reg];
    wire [8:0]        read_index = index_at(read_level_reg, read_vpn);
    wire [8:0]        act_index = index_at(act_level_reg - 3'd1, act_vpn);
    wire [8:0]        start_index = index_at(start_level, vpn);
    // the entry of the next page, when it is in the same table; not when the read is for A and D
    wire              read_two = PREFETCH != 0 && read_level_reg == 3'd0 && read_vpn[8:0] != 9'd511 && !read_mark_reg;
    wire              act_two = PREFETCH != 0 && act_level_reg == 3'd1 && act_vpn[8:0] != 9'd511;
    wire              start_two = PREFETCH != 0 && start_level == 3'd0 && vpn[8:0] != 9'd511;
    wire              act_is_next = act_valid_reg && act_next_reg;
    wire              act_direct = act_next && ar_free && !read_valid_reg;
    wire              start_direct = ar_free && !read_valid_reg && !act_is_next;     // if it begins

    rr_grant #(.N(WALKERS)) read_order (
        .clk(clk), .rst(rst), .req(read_asks), .take(pick_free && read_asks != '0), .grant(read_1h));

    always_comb begin
        pick_walk = '0;
        pick_level = 3'd0;
        for (int i = 0; i < WALKERS; i++)
            if (pick_1h_reg[i]) begin
                pick_walk = pick_walk | WLK_W'(i);
                pick_level = pick_level | level_reg[i*3 +: 3];
            end
    end

    always_ff @(posedge clk) begin
        if (pick_free) begin
            pick_valid_reg <= read_asks != '0;
            pick_1h_reg <= read_1h;
        end
        if (read_go) read_valid_reg <= 1'b0;
        if (pick_go) begin
            read_valid_reg <= 1'b1;
            read_walk_reg <= pick_walk;
            read_level_reg <= pick_level;
            read_moved_reg <= (pick_1h_reg & moved_reg) != '0;
            read_mark_reg <= (pick_1h_reg & mark_reg) != '0;
        end
        if (rst) begin
            pick_valid_reg <= 1'b0;
            pick_1h_reg <= '0;
            read_valid_reg <= 1'b0;
        end
    end

    wire              out_valid = read_valid_reg || act_direct || (start && start_direct);
    wire [WLK_W-1:0]  out_walk = read_valid_reg ? read_walk_reg : act_is_next ? act_walk_reg : free_reg;
    always_ff @(posedge clk)
        if (ar_free && (read_valid_reg || act_is_next || free_valid_reg)) // or may not go out: then nothing of its walk is under way
            asked[out_walk] <= read_valid_reg ? {read_two, read_level_reg} : act_is_next ? {act_two, act_level_reg - 3'd1} : {start_two, start_level};

    slice #(.W(WLK_W + 53)) way_out (
        .clk(clk), .rst(rst), .s_valid(out_valid), .s_ready(ar_free),
        .s_data({out_walk, read_valid_reg ? {read_two, read_table, read_index, 3'd0} :
                           act_is_next ? {act_two, act_pte_reg[51:12], act_index, 3'd0} :
                           {start_two, start_table, start_index, 3'd0}}),
        .m_valid(arvalid), .m_ready(arready), .m_data({arid, ar_two, ar_addr}));

    assign araddr = {12'd0, ar_addr};
    assign arlen = {7'd0, ar_two};

    // ---- decide: what an entry means, as it comes; then it waits for its turn
    wire              r_take = rvalid && rready;
    wire              r_two;
    wire  [2:0]       r_level;
    wire  [1:0]       r_op = op_of[rid];
    wire              r_second = r_two && rlast;
    assign            {r_two, r_level} = asked[rid];
    wire              is_leaf = rdata[dmmu_pkg::PTE_LEAF_LSB];
    wire              is_write = r_op != 2'(dmmu_pkg::ACCESS_READ);
    // bits that must be zero are: of every entry; of the address of a 2 MiB page; of one that is no leaf
    wire              is_plain = rdata[dmmu_pkg::PTE_RSVD_LO_LSB +: dmmu_pkg::PTE_RSVD_LO_W] == '0 &&
                                 rdata[dmmu_pkg::PTE_RSVD_HI_LSB +: dmmu_pkg::PTE_RSVD_HI_W] == '0;
    wire              is_large = rdata[20:12] == 9'd0;
    wire              is_bare = rdata[6:1] == 6'd0;
    wire              well_formed = is_plain && (is_leaf ? r_level == 3'd0 || (r_level == 3'd1 && is_large) : r_level != 3'd0 && is_bare);
    wire              r = rdata[dmmu_pkg::PTE_R_LSB];
    wire              w = rdata[dmmu_pkg::PTE_W_LSB];
    wire              at = rdata[dmmu_pkg::PTE_AT_LSB];
    wire              a = rdata[dmmu_pkg::PTE_A_LSB];
    wire              d = rdata[dmmu_pkg::PTE_D_LSB];
    wire              permitted = r_op == 2'(dmmu_pkg::ACCESS_READ) ? r : r_op == 2'(dmmu_pkg::ACCESS_WRITE) ? w : r && w && at;
    logic [2:0]       r_kind;
    logic [2:0]       r_cause;
    always_comb begin
        r_kind = FAULT;
        r_cause = NOT_PRESENT;
        if (r_second) begin
            // the neighbour is taken only as it is
            r_kind = rresp == 2'd0 && rdata[dmmu_pkg::PTE_V_LSB] && is_leaf && well_formed && a ? NEIGHBOUR : NOTHING;
        end else if (rresp != 2'd0) begin
            r_cause = rresp == SLVERR ? POISON : BUS;
        end else if (rdata[dmmu_pkg::PTE_V_LSB]) begin
            if (!well_formed) r_cause = BAD_PTE;
            else if (!is_leaf) r_kind = NEXT;
            else if (!permitted) r_cause = PERMISSION;
            else if (a && (d || !is_write)) r_kind = LEAF;
            else r_kind = MARK;
        end
    end

    wire              got_valid;
    wire              got_go;
    wire [THR_W-1:0]  got_leader;
    wire              got_write;        // for a write or an atomic
    wire              got_leaf;         // of its kind
    wire              got_huge;         // of its level
    wire [WLK_W-1:0]  got_walk;
    wire [2:0]        got_level;
    wire [CTX_W+VPN_W-1:0] got_tag;
    wire [2:0]        got_kind;
    wire [2:0]        got_cause;
    wire [63:0]       got_pte;

    // two places, so that the bus waits for nothing that is known late
    slice #(.W(THR_W + WLK_W + CTX_W + VPN_W + 75)) got (
        .clk(clk), .rst(rst), .s_valid(rvalid), .s_ready(rready),
        .s_data({leader[rid], is_write, r_level == 3'd1, rid, r_level, tags[rid], r_kind, r_cause, rdata}),
        .m_valid(got_valid), .m_ready(got_go),
        .m_data({got_leader, got_write, got_huge, got_walk, got_level, got_tag, got_kind, got_cause, got_pte}));

    // what becomes of some walk is not known yet: for as many cycles as there are walks
    logic             check_any_reg;
    logic             fin_hold_reg;     // the end of one is still to be told
    // that of all walks is, none is touched by an invalidation and none in vain
    logic             quiet_reg;

    // told before it is acted on, when nothing is in the way: then nothing is in the way of what is before it, either
    wire soon_clear = quiet_reg && !hold && !ad_done && !(act_valid_reg && (fin_hold_reg || (act_leaf_reg && !act_told_reg)));
    wire soon = got_valid && got_leaf && soon_clear && !soon_hold && in_first;
    walk_soon #(.PORTS(PORTS)) early (
        .clk(clk), .rst(rst), .come(r_take), .come_port(port_of(leader[rid])), .come_leaf(r_kind == LEAF), .go(got_valid && got_go),
        .valid(got_valid), .clear(soon_clear), .leaf(got_leaf), .soon(soon_valid));
    assign soon_thread = got_leader;
    assign {soon_ctx, soon_vpn} = got_tag;
    assign soon_huge = got_huge;
    assign soon_perm = {got_pte[dmmu_pkg::PTE_D_LSB], got_pte[dmmu_pkg::PTE_LOCAL_LSB], got_pte[dmmu_pkg::PTE_AT_LSB],
                        got_pte[dmmu_pkg::PTE_W_LSB], got_pte[dmmu_pkg::PTE_R_LSB]};
    assign soon_frame = {got_pte[51:21], got_huge ? soon_vpn[8:0] : got_pte[20:12]};

    // ---- act
    logic             act_valid_reg;
    logic             act_told_reg;
    logic [WLK_W-1:0] act_walk_reg;
    logic [2:0]       act_kind_reg;
    logic [2:0]       act_cause_reg;
    logic [2:0]       act_level_reg;
    logic [63:0]      act_pte_reg;
    wire              act_huge = act_level_reg == 3'd1;
    wire              act_own = act_kind_reg != NEIGHBOUR && act_kind_reg != NOTHING;
    logic [WALKERS-1:0] act_1h_reg;     // act_walk_reg
    logic             act_near_reg;     // a 2 MiB page
    logic             act_next_reg;     // act_kind_reg is NEXT, FAULT, LEAF, NEIGHBOUR
    logic             act_fault_reg;
    logic             act_leaf_reg;
    logic             act_neighbour_reg;
    logic             act_again_reg;    // of the walk that reads again under the lock: nothing else of that is under way
    logic [CTX_W+VPN_W-1:0] act_tag_reg; // its page, or the neighbour's
    // as of a cycle ago, of what came and of what stayed: nothing is done before what becomes of all walks has been known for a cycle
    logic [1:0]       poisoned_reg;
    logic [1:0]       of_old_reg;
    wire              act_poisoned = poisoned_reg[came_reg];
    wire              act_old = of_old_reg[came_reg];
    // also while the end of another is still to be told
    logic             act_wait_reg;
    wire [CTX_W-1:0]  act_ctx = act_tag_reg[VPN_W +: CTX_W];
    wire [VPN_W-1:0]  act_vpn = act_tag_reg[VPN_W-1:0];

    logic [2:0]       ad_state_reg;
    logic [WALKERS-1:0] ad_1h_reg;
    logic [WLK_W-1:0] ad_walk_reg;
    logic [63:0]      ad_pte_reg;
    logic [51:0]      ad_addr_reg;
    logic [1:0]       ad_resp_reg;
    wire              in_turn = act_told_reg || in_first;
    wire              act_installs = act_leaf_reg ? in_turn : act_neighbour_reg && !act_old;
    wire              in_ready = in_turn && !hold;

    wire act_go = act_valid_reg && !act_wait_reg && (act_poisoned || !act_leaf_reg || in_ready);
    wire act_free = !act_valid_reg || act_go;
    wire ad_done = ad_state_reg == AD_DONE;
    wire act_from_ad = ad_done && act_free;
    assign got_go = got_valid && act_free && !ad_done;

    // what comes next, of a walk that ended its change of an entry or with an entry
    wire [WLK_W-1:0]   come_walk = ad_done ? ad_walk_reg : got_walk;
    wire [WALKERS-1:0] come_1h = WALKERS'(1) << come_walk;
    wire               come_fault = ad_done ? ad_resp_reg != 2'd0 : got_kind == FAULT;
    wire               come_leaf = ad_done ? ad_resp_reg == 2'd0 : got_leaf;
    // an entry that is to be marked, as it is to be
    logic [63:0]       got_marked;
    always_comb begin
        got_marked = got_pte;
        if (got_kind == MARK) got_marked[dmmu_pkg::PTE_A_LSB] = 1'b1;
        if (got_kind == MARK && got_write) got_marked[dmmu_pkg::PTE_D_LSB] = 1'b1;
    end
    // the neighbour of a page is in the same table
    wire [8:0]         got_low = got_tag[8:0] + {8'd0, got_kind == NEIGHBOUR};
    wire               ad_near = ad_resp_reg == 2'd0 && level_reg[ad_walk_reg*3 +: 3] == 3'd1;
    wire               got_near = got_huge && (got_leaf || got_kind == MARK);
    // of the range, as a page or as a part of a 2 MiB page
    wire               ad_poisoned = poison_reg[ad_walk_reg] || (near_reg[ad_walk_reg] && ad_near);
    wire               got_poisoned = poison_reg[got_walk] || (near_reg[got_walk] && got_near);
    wire               stay_poisoned = (act_1h_reg & (poison_reg | (near_reg & {WALKERS{act_near_reg}}))) != '0;
    wire [WALKERS-1:0] come_ending = come_1h & (near_reg | {WALKERS{come_fault}}) & {WALKERS{ad_done || got_valid}};
    wire [WALKERS-1:0] stay_ending = act_1h_reg & (near_reg | {WALKERS{act_fault_reg}});

    always_ff @(posedge clk) begin
        check_any_reg <= flush || check_reg != '0;
        quiet_reg <= !flush && !kill && check_reg == '0 && (act_reg & ~fin_reg & (poison_reg | near_reg | vain_reg)) == '0;
        fin_hold_reg <= fin_hold_next;
        act_wait_reg <= flush_next || flush || check_reg != '0 || fin_hold_next;
        came_reg <= act_free;
        poisoned_reg <= {ad_done ? ad_poisoned : got_poisoned, stay_poisoned};
        of_old_reg <= {(come_1h & old_reg) != '0, (act_1h_reg & old_reg) != '0};
        ending_reg <= {come_ending, stay_ending};
        if (act_free) begin     // with what is not there, it is not valid
            act_valid_reg <= ad_done || got_valid;
            act_1h_reg <= come_1h;
            act_fault_reg <= come_fault;
            act_leaf_reg <= come_leaf;
            act_tag_reg <= ad_done ? tags[ad_walk_reg] : {got_tag[CTX_W+VPN_W-1:9], got_low};
            act_near_reg <= ad_done ? ad_near : got_near;
            act_walk_reg <= come_walk;
            act_kind_reg <= !ad_done ? got_kind : ad_resp_reg == 2'd0 ? LEAF : FAULT;
            act_told_reg <= !ad_done && soon;
            act_cause_reg <= !ad_done ? got_cause : ad_resp_reg == SLVERR ? POISON : BUS;
            act_level_reg <= ad_done ? level_reg[ad_walk_reg*3 +: 3] : got_level;
            act_pte_reg <= ad_done ? ad_pte_reg : got_marked;
            act_neighbour_reg <= !ad_done && got_kind == NEIGHBOUR;
            act_again_reg <= ad_state_reg == AD_READ && ad_walk_reg == got_walk;
            act_next_reg <= !ad_done && got_kind == NEXT;
        end
        if (rst) begin
            act_valid_reg <= 1'b0;
            check_any_reg <= 1'b0;
            act_wait_reg <= 1'b0;
            quiet_reg <= 1'b0;
        end
    end

    wire act_next = act_valid_reg && !act_wait_reg && act_next_reg && !act_poisoned;

    always_comb begin
        cache_fill = '0;
        for (int l = 0; l < LEVELS - 1; l++)
            cache_fill[l] = act_next && !act_old && act_level_reg == 3'(l + 1);
    end

    assign fin_valid = act_valid_reg && !act_wait_reg && act_own && (act_poisoned || act_fault_reg);
    assign fin_again = act_poisoned;
    assign fin_op = op_of[act_walk_reg];
    assign fin_cause = act_cause_reg;
    assign fin_level = act_level_reg;

    // also with hold, when the shared TLB takes nothing
    assign in_early_leaf = act_valid_reg && !check_any_reg && act_leaf_reg;
    assign in_early_near = act_valid_reg && !check_any_reg && act_neighbour_reg;
    assign in_valid = act_valid_reg && !act_wait_reg && !act_poisoned && act_installs;
    assign in_leaf = act_valid_reg && !act_wait_reg && !act_poisoned && act_leaf_reg && in_ready;
    assign in_last = act_leaf_reg;
    assign in_told = act_told_reg;
    assign in_walk = act_walk_reg;
    assign in_thread = leader[act_walk_reg];
    assign in_ctx = act_ctx;
    assign in_vpn = act_vpn;
    assign in_huge = act_huge && in_last;
    assign in_perm = {act_pte_reg[dmmu_pkg::PTE_D_LSB], act_pte_reg[dmmu_pkg::PTE_LOCAL_LSB],
                      act_pte_reg[dmmu_pkg::PTE_AT_LSB], act_pte_reg[dmmu_pkg::PTE_W_LSB], act_pte_reg[dmmu_pkg::PTE_R_LSB]};
    assign in_frame = {act_pte_reg[51:21], in_huge ? act_vpn[8:0] : act_pte_reg[20:12]};

    // ---- compared with the range of an invalidation, a walk in a cycle: looked up, compared, told
    logic [WALKERS-1:0] flushed;
    logic [WALKERS-1:0] poisoned;
    logic               scan_reg;       // a round goes on
    logic [WLK_W-1:0]   scan_walk_reg;
    logic               cmp_valid_reg;
    logic [WLK_W-1:0]   cmp_walk_reg;
    logic [VPN_W-1:0]   cmp_vpn_reg;
    logic [VPN_W-1:0]   cmp_part_reg;   // bits of the pages that its table, or the one it leads to, has
    wire [CTX_W+VPN_W-1:0] scan_tag = tags[scan_walk_reg];
    wire [2:0]          scan_level = level_reg[scan_walk_reg*3 +: 3];
    logic [VPN_W-1:0]   scan_part;
    wire [VPN_W-1:0]    cmp_low = cmp_vpn_reg & ~cmp_part_reg;
    wire [VPN_W-1:0]    cmp_high = cmp_vpn_reg | cmp_part_reg;
    logic               seen_valid_reg;
    logic [WLK_W-1:0]   seen_walk_reg;
    logic               seen_page_reg;
    logic               seen_near_reg;
    logic               seen_table_reg;
    wire                cmp_page = 52'(cmp_vpn_reg) >= flush_first && 52'(cmp_vpn_reg) <= flush_last;
    wire                cmp_near = 43'(cmp_vpn_reg[VPN_W-1:9]) >= flush_first[51:9] && 43'(cmp_vpn_reg[VPN_W-1:9]) <= flush_last[51:9];
    wire                cmp_table = 52'(cmp_high) >= flush_first && 52'(cmp_low) <= flush_last;

    always_comb begin
        // a table of level l has the pages of l + 1 times 9 bits; the root is not freed, what it leads to may be
        scan_part = VPN_W'(9'h1ff);
        for (int l = 1; l < LEVELS - 1; l++)
            if (scan_level >= 3'(l)) scan_part[9*l +: 9] = 9'h1ff;
        for (int i = 0; i < WALKERS; i++) begin
            flushed[i] = flush && act_reg[i] && (flush_every || ctx_reg[i*CTX_W +: CTX_W] == flush_ctx);
            poisoned[i] = (flush_all && flushed[i]) || (seen_valid_reg && check_reg[i] && seen_walk_reg == WLK_W'(i) && seen_page_reg);
            closing[i] = poisoned[i] || done_1h_reg[i];
        end
    end

    always_ff @(posedge clk) begin
        scan_walk_reg <= scan_walk_reg + 1'b1;
        if (scan_walk_reg == WLK_W'(WALKERS - 1) || check_reg == '0) scan_reg <= 1'b0;
        cmp_valid_reg <= scan_reg;
        cmp_walk_reg <= scan_walk_reg;
        cmp_vpn_reg <= scan_tag[VPN_W-1:0];
        cmp_part_reg <= scan_part;
        {seen_valid_reg, seen_walk_reg, seen_page_reg, seen_near_reg, seen_table_reg} <= {cmp_valid_reg, cmp_walk_reg, cmp_page, cmp_near, cmp_table};
        if (flush) begin
            scan_reg <= !flush_all;
            scan_walk_reg <= '0;
        end
        if (rst) begin
            scan_reg <= 1'b0;
            scan_walk_reg <= '0;
            cmp_valid_reg <= 1'b0;
            seen_valid_reg <= 1'b0;
        end
    end

    assign draining = check_reg != '0 || (act_reg & old_reg & ~fin_reg & ~poison_reg) != '0;

    always_ff @(posedge clk) begin
        if (read_go && read_two) two_reg[read_walk_reg] <= 1'b1;
        for (int i = 0; i < WALKERS; i++) begin
            if (pick_1h_reg[i]) read_reg[i] <= 1'b0;
            if (act_direct && act_two && act_1h_reg[i]) two_reg[i] <= 1'b1;
            if (act_next && act_1h_reg[i]) level_reg[i*3 +: 3] <= act_level_reg - 3'd1;
            if (may_start && free_1h_reg[i]) begin
                ctx_reg[i*CTX_W +: CTX_W] <= ctx;
                vpn_reg[i*VPN_W +: VPN_W] <= vpn;
                level_reg[i*3 +: 3] <= start_level;
            end
        end
        for (int i = 0; i < WALKERS; i++)
            if (act_1h_reg[i]) begin
                if (act_next) begin
                    moved_reg[i] <= 1'b1;
                    read_reg[i] <= !act_direct;
                    mark_reg[i] <= 1'b0;
                end
                if (act_go && act_kind_reg == MARK && !act_poisoned) mark_reg[i] <= 1'b1;
                if (act_go && act_again_reg) mark_reg[i] <= 1'b0;
                if (act_go && !act_own) two_reg[i] <= 1'b0;
                if (fin_valid) fin_reg[i] <= 1'b1;
            end
        for (int i = 0; i < WALKERS; i++)
            if (ad_state_reg == AD_LOCK && lock_grant && ad_1h_reg[i]) read_reg[i] <= 1'b1;
        for (int i = 0; i < WALKERS; i++)
            if (done_1h_reg[i]) fin_reg[i] <= 1'b1;
        check_reg <= check_reg | (flush_all ? '0 : flushed);
        poison_reg <= poison_reg | poisoned;
        if (seen_valid_reg && check_reg[seen_walk_reg]) begin
            check_reg[seen_walk_reg] <= 1'b0;
            old_reg[seen_walk_reg] <= seen_table_reg;
            near_reg[seen_walk_reg] <= seen_near_reg;
        end
        for (int i = 0; i < WALKERS; i++)
            if (kill && ctx_reg[i*CTX_W +: CTX_W] == kill_ctx) vain_reg[i] <= 1'b1;
        if (retry_reg) rooted_reg <= '0;
        for (int i = 0; i < WALKERS; i++)
            if (act_reg[i] && fin_reg[i] && !two_reg[i]) act_reg[i] <= 1'b0;
        for (int i = 0; i < WALKERS; i++)
            if (may_start && free_1h_reg[i]) begin
                act_reg[i] <= start;
                fin_reg[i] <= 1'b0;
                poison_reg[i] <= 1'b0;
                old_reg[i] <= 1'b0;
                near_reg[i] <= 1'b0;
                vain_reg[i] <= kill && ctx == kill_ctx;
                rooted_reg[i] <= start_rooted_reg && !retry_reg;
                read_reg[i] <= start && !start_direct;
                two_reg[i] <= start_direct && start_two;
                mark_reg[i] <= 1'b0;
                moved_reg[i] <= 1'b0;
            end
        if (rst) begin
            act_reg <= '0;
            fin_reg <= '0;
            check_reg <= '0;
            poison_reg <= '0;
            old_reg <= '0;
            near_reg <= '0;
            vain_reg <= '0;
            rooted_reg <= '0;
            read_reg <= '0;
            mark_reg <= '0;
            two_reg <= '0;
        end
    end

    always_ff @(posedge clk) begin
        if (may_start && free_valid_reg) begin
            first_table[free_walk] <= start_table;
            tags[free_walk] <= {ctx, vpn};
            leader[free_walk] <= thread;
            op_of[free_walk] <= op;
        end
        if (act_next) next_table[act_walk_reg] <= act_pte_reg[51:12];
    end

    // ---- accessed and dirty
    // read again when nothing of what was read is still to come: beats of a walk are told apart by what it asked for last
    wire [WALKERS-1:0] mark_asks = mark_reg & ~two_reg;
    wire               mark_any = mark_asks != '0;
    wire [WALKERS-1:0] mark_1h;

    rr_grant #(.N(WALKERS)) mark_order (
        .clk(clk), .rst(rst), .req(mark_asks), .take(ad_state_reg == AD_IDLE && mark_any), .grant(mark_1h));

    // its number is known from AD_READ on
    logic [WLK_W-1:0] ad_number;
    always_comb begin
        ad_number = '0;
        for (int i = 0; i < WALKERS; i++)
            if (ad_1h_reg[i]) ad_number = ad_number | WLK_W'(i);
    end

    always_ff @(posedge clk) begin
        if (ad_state_reg == AD_IDLE) ad_1h_reg <= mark_1h;
        if (ad_state_reg == AD_LOCK) ad_walk_reg <= ad_number;
        case (ad_state_reg)
            AD_IDLE: if (mark_any) ad_state_reg <= AD_LOCK;
            AD_LOCK: if (lock_grant) ad_state_reg <= AD_READ;
            AD_READ: begin
                if (read_go && read_walk_reg == ad_walk_reg) ad_addr_reg <= {read_table, read_index, 3'd0};
                if (act_go && act_again_reg) begin
                    ad_pte_reg <= act_pte_reg;
                    ad_state_reg <= act_kind_reg == MARK && !act_poisoned ? AD_ADDRESS : AD_IDLE;
                end
            end
            AD_ADDRESS: if (awready) ad_state_reg <= AD_DATA;
            AD_DATA: if (wready) ad_state_reg <= AD_RESPONSE;
            AD_RESPONSE: if (bvalid) begin
                ad_resp_reg <= bresp;
                ad_state_reg <= AD_DONE;
            end
            AD_DONE: if (act_from_ad) ad_state_reg <= AD_IDLE;
            default: ad_state_reg <= AD_IDLE;
        endcase
        if (rst) ad_state_reg <= AD_IDLE;
    end

    assign ad_writing = ad_state_reg == AD_ADDRESS || ad_state_reg == AD_DATA || ad_state_reg == AD_RESPONSE;
    assign lock_req = ad_state_reg == AD_LOCK || ad_state_reg == AD_READ || ad_writing;
    assign awvalid = ad_state_reg == AD_ADDRESS;
    assign awid = ad_walk_reg;
    assign awaddr = {12'd0, ad_addr_reg};
    assign wvalid = ad_state_reg == AD_DATA;
    assign wdata = ad_pte_reg;

    assign active = act_reg != '0;
    wire unused = &{1'b0, ask_vpn[8:0], read_tag[CTX_W+VPN_W-1:VPN_W], scan_tag[CTX_W+VPN_W-1:VPN_W]};
    assign ev_walk = in_leaf || (fin_valid && !fin_again);
    assign ev_cache_hit = start && start_level != TOP;
    assign ev_read = r_take;
    assign ev_ad_update = ad_state_reg == AD_RESPONSE && bvalid && bresp == 2'd0;
    // an entry's own: that the neighbour cannot be read concerns nobody
    assign ev_bus_error = (r_take && !r_second && rresp != 2'd0) || (ad_state_reg == AD_RESPONSE && bvalid && bresp != 2'd0);

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (start) begin
                `CHECK_NAME(begins_a_free_walk) assert (may_start && room && !act_reg[free_walk] && free_1h_reg == WALKERS'(1) << free_walk);
            end
            if (flush) begin
                `CHECK_NAME(compared_with_one_range_at_a_time) assert (!draining && !scan_reg && !cmp_valid_reg && !seen_valid_reg && !start);
            end
            if (act_valid_reg && !act_wait_reg) begin
                `CHECK_NAME(known_a_cycle_before_it_is_acted_on) assert (act_poisoned == stay_poisoned && act_old == ((act_1h_reg & old_reg) != '0) &&
                                                                         act_ending == stay_ending);
            end
            if (act_valid_reg) begin
                `CHECK_NAME(read_again_as_it_came) assert (act_again_reg == (ad_state_reg == AD_READ && ad_walk_reg == act_walk_reg && act_own));
            end
            if (ar_free && (read_valid_reg || act_direct)) begin
                `CHECK_NAME(one_read_of_a_walk_at_a_time) assert (!two_reg[out_walk]);
            end
            if (r_take) begin
                `CHECK_NAME(beat_was_asked_for) assert (act_reg[rid]);
            end
            if (may_start) begin
                `CHECK_NAME(a_walk_to_join_is_known_a_cycle_before) assert (match == (joinable != '0));
            end
            if (may_start && match) begin
                `CHECK_NAME(joins_a_walk_of_its_page) assert (open[match_walk] && ctx_reg[match_walk*CTX_W +: CTX_W] == ctx &&
                                                              vpn_reg[match_walk*VPN_W +: VPN_W] == vpn);
            end
            if (in_valid) begin
                `CHECK_NAME(installs_what_was_announced) assert (in_early_leaf || in_early_near || !in_ready);
            end
            if (act_valid_reg && act_own) begin
                `CHECK_NAME(step_of_a_live_walk) assert (act_reg[act_walk_reg] && !fin_reg[act_walk_reg]);
            end
            if (act_go && act_again_reg) begin
                `CHECK_NAME(entry_read_again_under_lock) assert (lock_grant);
            end
            if (ad_writing) begin
                `CHECK_NAME(entry_written_under_lock) assert (lock_grant);
            end
            if (got_valid) begin
                `CHECK_NAME(what_decides_is_of_this_entry) assert (got_leaf == (got_kind == LEAF) && soon_valid == (port_of(got_leader) & {PORTS{got_leaf && soon_clear}}));
            end
            if (soon) begin
                `CHECK_NAME(told_early_and_acted_on_next) assert (got_go);
            end
            if (bvalid) begin
                `CHECK_NAME(write_was_asked_for) assert (ad_state_reg == AD_RESPONSE);
            end
            if (awvalid) begin
                `CHECK_NAME(i5_a_set_before_ok) assert (ad_pte_reg[dmmu_pkg::PTE_A_LSB]);
            end
        end
    end
`endif

`ifdef COVER
    logic past_old;     // there was a walk of the page, but not from the root
    always_ff @(posedge clk) begin
        past_old <= early_from_root && like != '0 && (like & rooted_reg) == '0;
        if (!rst) begin
            `COVER_NAME(walk_from_the_root) cover (start && start_level == TOP);
            `COVER_NAME(walk_from_the_second_level) cover (start && start_level == TOP - 3'd1);
            `COVER_NAME(walk_from_the_level_of_2m_pages) cover (start && start_level == 3'd1);
            `COVER_NAME(walk_from_the_last_level) cover (start && start_level == 3'd0);
            `COVER_NAME(all_walks_under_way) cover (act_reg == '1);
            `COVER_NAME(invalidation_poisons_a_walk) cover (seen_valid_reg && check_reg[seen_walk_reg] && !fin_reg[seen_walk_reg] && seen_page_reg);
            `COVER_NAME(invalidation_waits_for_a_walk_of_another_page) cover (check_reg == '0 && draining);
            `COVER_NAME(invalidation_leaves_a_walk_alone) cover (seen_valid_reg && check_reg[seen_walk_reg] && !fin_reg[seen_walk_reg] && !seen_table_reg);
            `COVER_NAME(walk_stands_still_until_it_is_compared) cover (act_valid_reg && check_any_reg && !flush);
            `COVER_NAME(walk_ends_with_a_2m_page_that_the_range_touches) cover (fin_valid && fin_again && !poison_reg[act_walk_reg]);
            `COVER_NAME(neighbour_of_an_old_walk_left) cover (act_go && act_kind_reg == NEIGHBOUR && act_old && !act_poisoned);
            `COVER_NAME(epochs_used_up) cover (cache_clear && !flush_every);
            `COVER_NAME(retry_joins_no_walk_from_before) cover (past_old && start);
            `COVER_NAME(poisoned_when_it_was_told_already) cover (fin_valid && fin_again && act_kind_reg == LEAF && act_told_reg);
            `COVER_NAME(read_goes_out_directly) cover (act_direct || (start && start_direct));
            `COVER_NAME(read_waits_for_the_way_out) cover (start && !start_direct);
            `COVER_NAME(poisoned_walk_ends) cover (fin_valid && fin_again);
            `COVER_NAME(neighbour_left) cover (act_go && act_kind_reg == NOTHING);
            `COVER_NAME(neighbour_of_a_poisoned_walk) cover (act_go && act_kind_reg == NEIGHBOUR && act_poisoned);
            `COVER_NAME(leaf_of_2m) cover (ev_walk && in_valid && in_huge);
            `COVER_NAME(entry_that_is_malformed) cover (fin_valid && !fin_again && fin_cause == BAD_PTE);
            `COVER_NAME(entry_that_cannot_be_read) cover (fin_valid && !fin_again && fin_cause == BUS);
            `COVER_NAME(entry_that_is_poisoned) cover (fin_valid && !fin_again && fin_cause == POISON);
            `COVER_NAME(entry_changed_before_it_was_locked) cover (act_go && act_again_reg && act_kind_reg != MARK && !act_poisoned);
            `COVER_NAME(invalidated_before_it_was_marked) cover (act_go && act_again_reg && act_poisoned);
            `COVER_NAME(invalidated_while_it_is_marked) cover (flush && ad_writing);
            `COVER_NAME(entry_that_cannot_be_marked) cover (ad_state_reg == AD_RESPONSE && bvalid && bresp != 2'd0);
            `COVER_NAME(one_waits_for_the_mark_of_another) cover ((mark_reg & (mark_reg - 1'b1)) != '0);
        end
    end
`endif
endmodule

`default_nettype wire
