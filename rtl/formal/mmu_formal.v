// SPDX-License-Identifier: GPL-2.0
//
// mmu_formal: the whole MMU in the most hostile environment that its contract allows, and what must hold there.
//
// Nothing in here looks into the MMU. Clients keep to C1 to C5 of docs/client-port.md, the command port to what ctl_exec
// does, memory to the AXI rules; all else is free: an input any_* is whatever the environment likes in that cycle. The
// environment is built so that it cannot break a rule; there is no assume, so nothing can be assumed away.
//
// One context and one page of it are watched; which, is an unknown constant, so that what is proved holds for every one.
// The page table of the watched page is three entries: `e0` of the root, which is a 2 MiB leaf or points to table 0 or
// 1, and its entry `e1`, `e2` in these. Where a frame came from can be read from its address: bits 24:21 are {0, entry,
// generation}; everything else in memory has other frames and other content at every read.
//
// `since_reg` is the heart: which of these frames the table permitted (for the watched access, with A and if need be D
// set) at some time since the last acknowledged invalidation of the page began. That is all that an OK may carry.
//
// One property at a time, chosen by -D P_NAME.
`ifdef P_all
`define P_i1
`define P_i2_ok
`define P_i2_held
`define P_i2_write
`define P_i2_kill
`define P_i3
`define P_i4
`define P_i5
`define P_i6
`define P_i7
`define P_i8
`endif
`default_nettype none

module mmu_formal #(
    // the MMU's
    parameter THREADS = 2,
    parameter THR_W = 1,
    parameter CONTEXTS = 2,
    parameter CTX_W = 1,
    parameter PORTS = 1,
    parameter LEVELS = 2,
    parameter L1_ENTRIES = 2,
    parameter TLB_SETS = 1,
    parameter TLB_WAYS = 2,
    parameter WALKERS = 2,
    parameter WLK_W = 1,
    parameter PREFETCH = 1,
    // the watched root entry may be a 2 MiB leaf
    parameter HUGE = 1,
    // the watched context may be given another root table
    parameter ROOTS = 1,
    // memory may answer with errors
    parameter ERRORS = 1,
    // entries of the fault ring; records in flight
    parameter RING = 1,
    parameter FLIGHT = 1,
    // 1: the MMU says one cycle after an answer whether it was stale, and acts then
    parameter LATE = 0,
    // not 0: memory, ring and clients do everything at once, and every request ends or faults within so many cycles
    parameter FAIR = 0,
    // 1: memory, ring and lock do everything at once; 2: but reads have their answers when memory likes. Not for proofs, but for
    // traces: one with this environment is one with the free one, too
    parameter EAGER = 0
) (
    input  wire               clk,
    // clients, per thread and per port
    input  wire [THREADS-1:0] any_ask,
    input  wire [THREADS*CTX_W-1:0] any_ctx,
    input  wire [THREADS*2-1:0] any_page,
    input  wire [THREADS-1:0] any_write,
    input  wire [PORTS-1:0]   any_rsp_ready,
    input  wire [THREADS-1:0] any_rel,
    // commands
    input  wire               any_boot,
    input  wire [6:0]         any_value1,
    input  wire [6:0]         any_value2,
    input  wire [2:0]         any_cmd,
    input  wire [CTX_W-1:0]   any_cmd_ctx,
    input  wire               any_every,
    input  wire               any_all,
    input  wire [1:0]         any_first,
    input  wire [1:0]         any_last,
    input  wire               any_root,
    input  wire               any_go,
    input  wire [1:0]         any_entry,
    input  wire [6:0]         any_value,
    input  wire [31:0]        any_tag,
    input  wire [1:0]         any_action,
    // fault ring
    input  wire               any_take,
    input  wire               any_posted,
    input  wire               any_consume,
    // memory
    input  wire               any_arready,
    input  wire [WALKERS-1:0] any_sample,
    input  wire [2*11-1:0]    any_data,
    input  wire               any_rvalid,
    input  wire [WLK_W-1:0]   any_rid,
    input  wire               any_awready,
    input  wire               any_wready,
    input  wire               any_commit,
    input  wire               any_bvalid,
    input  wire [1:0]         any_bresp
);
    // a prompt environment does at once whatever it may do
    localparam PROMPT = FAIR != 0;
    localparam AT_ONCE = PROMPT || EAGER != 0;
    wire [PORTS-1:0]   may_rsp_ready = any_rsp_ready | {PORTS{PROMPT}};
    wire [THREADS-1:0] may_rel = any_rel | {THREADS{PROMPT}};
    wire [WALKERS-1:0] may_sample = any_sample | {WALKERS{AT_ONCE}};
    wire may_go = any_go || AT_ONCE, may_take = any_take || AT_ONCE, may_posted = any_posted || AT_ONCE;
    wire may_consume = any_consume || AT_ONCE, may_arready = any_arready || AT_ONCE, may_rvalid = any_rvalid || (AT_ONCE && EAGER != 2);
    wire may_awready = any_awready || AT_ONCE, may_wready = any_wready || AT_ONCE, may_commit = any_commit || AT_ONCE;
    wire may_bvalid = any_bvalid || AT_ONCE;
    logic [WLK_W-1:0]  may_rid;
    localparam V = 0, L = 1, R = 2, W = 3, A = 4, D = 5, G = 6;
    // tables, by bits 24:21 of their address
    localparam [3:0] ROOT = 4'd8, OTHER_ROOT = 4'd9, TABLE = 4'd10, OTHER_TABLE = 4'd12;
    localparam [1:0] OK = 2'd0;

    // a context that the device has
    function [CTX_W-1:0] exists(input [CTX_W-1:0] ctx);
        exists = 32'(ctx) < CONTEXTS ? ctx : '0;
    endfunction

    // ---- what is watched
    (* anyconst *) wire [CTX_W-1:0] w_ctx_any;
    wire [CTX_W-1:0] w_ctx = exists(w_ctx_any);
    (* anyconst *) wire [1:0]       w_page;     // {bit 21, bit 12} of the address
    (* anyconst *) wire             w_write;
    (* anyconst *) wire [THR_W-1:0] w_thread;

    // ---- reset, then the MMU says that it is ready
    logic started = 1'b0;
    logic booted = 1'b0;
    logic up_reg = 1'b0;
    wire  rst = !started;
    wire  ready;
    always_ff @(posedge clk) begin
        started <= 1'b1;
        booted <= started;
        if (!rst && ready) up_reg <= 1'b1;
    end

    // ---- the MMU
    wire [PORTS-1:0]       req_valid, req_ready, rsp_valid, rsp_ready, rsp_local, rel_valid;
    wire [PORTS*CTX_W-1:0] req_ctx;
    wire [PORTS*THR_W-1:0] req_thread, rsp_thread, rel_thread;
    wire [PORTS*64-1:0]    req_va;
    wire [PORTS*2-1:0]     req_op, rsp_status, rsp_access;
    wire [PORTS*52-1:0]    rsp_pa;
    wire [PORTS*3-1:0]     rsp_cause;
    wire [CONTEXTS-1:0]    ctx_ok;
    wire                   ctx_set_valid, ctx_kill_valid, inv_start, inv_done, answer_valid, answer_stale;
    wire                   kill_valid;
    wire [CTX_W-1:0]       kill_ctx;
    wire [THREADS-1:0]     stalled, faulted;
    wire                   flt_full, flt_active, flt_posted, rec_valid, rec_taken;
    wire [2:0]             rec_word;
    wire [63:0]            rec_data;
    wire                   lock_req, lock_grant, lock_wanted;
    wire                   arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, bvalid;
    wire [WLK_W-1:0]       arid, rid, awid, bid;
    wire [63:0]            araddr, rdata, awaddr, wdata;
    wire [7:0]             arlen;
    wire [1:0]             rresp, bresp;
    wire                   active;

    logic [CTX_W-1:0] c_ctx_reg = '0;
    logic             c_every_reg = 1'b0;
    logic             c_all_reg = 1'b0;
    logic [1:0]       c_first_reg = 2'd0;
    logic [1:0]       c_last_reg = 2'd0;
    logic             c_root_reg = 1'b0;
    logic             c_kill_reg = 1'b0;

    wire boot = started && !booted && any_boot;
    wire [CTX_W-1:0] set_ctx = boot ? w_ctx : c_ctx_reg;

    function [63:0] address(input [1:0] page);
        address = {42'd0, page[1] && LEVELS > 1, 8'd0, page[0], 12'd0};
    endfunction
    function [63:0] table_at(input [3:0] nibble);
        table_at = {39'd0, nibble, 21'd0};
    endfunction

    mmu #(
        .THREADS(THREADS), .THR_W(THR_W), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .PORTS(PORTS), .LEVELS(LEVELS),
        .L1_ENTRIES(L1_ENTRIES), .TLB_SETS(TLB_SETS), .TLB_WAYS(TLB_WAYS), .WALKERS(WALKERS), .WLK_W(WLK_W),
        .PREFETCH(PREFETCH)
    ) dut (
        .clk(clk), .rst(rst), .cycle(64'd0), .ready(ready), .active(active),
        .req_valid(req_valid), .req_ready(req_ready), .req_ctx(req_ctx), .req_thread(req_thread), .req_va(req_va),
        .req_op(req_op), .req_cookie({PORTS{64'd0}}), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready),
        .rsp_thread(rsp_thread), .rsp_status(rsp_status), .rsp_pa(rsp_pa), .rsp_local(rsp_local),
        .rsp_access(rsp_access), .rsp_cause(rsp_cause), .rel_valid(rel_valid), .rel_thread(rel_thread),
        .ctx_set_valid(ctx_set_valid), .ctx_set_ctx(set_ctx), .ctx_set_root(table_at(
            set_ctx == w_ctx && !c_root_reg ? ROOT : OTHER_ROOT)),
        .ctx_kill_valid(ctx_kill_valid), .ctx_kill_ctx(c_ctx_reg), .inv_start(inv_start), .inv_every(c_every_reg),
        .inv_all(c_all_reg), .inv_ctx(c_ctx_reg), .inv_first(52'(address(c_first_reg) >> 12)),
        .inv_last(52'(address(c_last_reg) >> 12)), .inv_done(inv_done),
        .answer_valid(answer_valid), .answer_tag(any_tag), .answer_action(any_action), .answer_stale(answer_stale),
        .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx), .stalled(stalled), .faulted(faulted),
        .flt_full(flt_full), .flt_active(flt_active), .flt_posted(flt_posted), .rec_valid(rec_valid),
        .rec_word(rec_word), .rec_data(rec_data), .rec_taken(rec_taken),
        .lock_req(lock_req), .lock_grant(lock_grant), .lock_wanted(lock_wanted),
        .arvalid(arvalid), .arready(arready), .arid(arid), .araddr(araddr), .arlen(arlen),
        .rvalid(rvalid), .rready(rready), .rid(rid), .rdata(rdata), .rresp(rresp), .rlast(rlast),
        .awvalid(awvalid), .awready(awready), .awid(awid), .awaddr(awaddr), .wvalid(wvalid), .wready(wready),
        .wdata(wdata), .bvalid(bvalid), .bid(bid), .bresp(bresp),
        .ctx_show(32'd0), .ctx_show_state(), .ctx_show_root(), .thr_show(32'd0), .thr_show_va(), .thr_show_tag(),
        .ev_l1_hit(), .ev_l2_hit(), .ev_miss(), .ev_merge(), .ev_walk(), .ev_walk_cache_hit(), .ev_prefetch(),
        .ev_walk_read(), .ev_ad_update(), .ev_record(), .ev_retry(), .ev_fail(), .ev_kill(), .ev_bus_error(),
        .detect_to_record(), .record_to_answer(), .answer_to_replay());

    // ---- clients: a thread is idle, asks (its port shows the request), waits, holds a translation
    localparam [1:0] IDLE = 2'd0, ASK = 2'd1, WAIT = 2'd2, HELD = 2'd3;
    logic [THREADS*2-1:0]     st_reg = '0;
    logic [THREADS*CTX_W-1:0] t_ctx_reg = '0;
    logic [THREADS*2-1:0]     t_page_reg = '0;
    logic [THREADS-1:0]       t_write_reg = '0;
    logic [THREADS-1:0]       asks, waits, holds, accepted, answered, answered_ok, released, watched;
    logic [THREADS-1:0]       may_ask;

    always_comb
        for (int t = 0; t < THREADS; t++) begin
            asks[t] = st_reg[t*2 +: 2] == ASK;
            waits[t] = st_reg[t*2 +: 2] == WAIT;
            holds[t] = st_reg[t*2 +: 2] == HELD;
            accepted[t] = asks[t] && req_ready[t % PORTS];
            answered[t] = rsp_valid[t % PORTS] && rsp_ready[t % PORTS] && rsp_thread[(t % PORTS)*THR_W +: THR_W] == THR_W'(t);
            answered_ok[t] = answered[t] && rsp_status[(t % PORTS)*2 +: 2] == OK;
            watched[t] = t_ctx_reg[t*CTX_W +: CTX_W] == w_ctx && t_page_reg[t*2 +: 2] == w_page && t_write_reg[t] == w_write;
        end

    // one thread of a port shows a request, and one releases
    generate
        for (genvar t = 0; t < THREADS; t = t + 1) begin : thread
            wire [THREADS-1:0] before;
            for (genvar u = 0; u < THREADS; u = u + 1) begin : other
                // on the same port: asks and stays asking, or is before this one in asking now
                assign before[u] = u % PORTS == t % PORTS && u != t && ((asks[u] && !accepted[u]) || (u < t && may_ask[u]));
            end
            wire idle_next = st_reg[t*2 +: 2] == IDLE || released[t] || (answered[t] && !answered_ok[t]);
            assign may_ask[t] = up_reg && any_ask[t] && idle_next && before == '0;
            wire [THREADS-1:0] rel_before = (holds & may_rel) & THREADS'((1 << t) - 1);
            logic same_port;
            always_comb begin
                same_port = 1'b0;
                for (int u = 0; u < t; u++)
                    if (u % PORTS == t % PORTS && rel_before[u]) same_port = 1'b1;
            end
            assign released[t] = holds[t] && may_rel[t] && !same_port;

            always_ff @(posedge clk) begin
                if (accepted[t]) st_reg[t*2 +: 2] <= WAIT;
                if (answered[t]) st_reg[t*2 +: 2] <= answered_ok[t] ? HELD : IDLE;
                if (released[t]) st_reg[t*2 +: 2] <= IDLE;
                if (may_ask[t]) begin
                    st_reg[t*2 +: 2] <= ASK;
                    t_ctx_reg[t*CTX_W +: CTX_W] <= exists(any_ctx[t*CTX_W +: CTX_W]);
                    t_page_reg[t*2 +: 2] <= any_page[t*2 +: 2];
                    t_write_reg[t] <= any_write[t];
                end
            end
        end
        for (genvar p = 0; p < PORTS; p = p + 1) begin : port
            logic [THR_W-1:0] at;
            logic [THR_W-1:0] gone;
            logic             valid;
            logic             rel;
            always_comb begin
                at = THR_W'(p);
                gone = THR_W'(p);
                valid = 1'b0;
                rel = 1'b0;
                for (int t = p; t < THREADS; t += PORTS) begin
                    if (asks[t]) begin
                        at = THR_W'(t);
                        valid = 1'b1;
                    end
                    if (released[t]) begin
                        gone = THR_W'(t);
                        rel = 1'b1;
                    end
                end
            end
            assign req_valid[p] = valid;
            assign req_thread[p*THR_W +: THR_W] = at;
            assign req_ctx[p*CTX_W +: CTX_W] = t_ctx_reg[at*CTX_W +: CTX_W];
            assign req_va[p*64 +: 64] = address(t_page_reg[at*2 +: 2]);
            assign req_op[p*2 +: 2] = {1'b0, t_write_reg[at]};
            assign rsp_ready[p] = may_rsp_ready[p];
            assign rel_valid[p] = rel;
            assign rel_thread[p*THR_W +: THR_W] = gone;
        end
    endgenerate

    // ---- commands, one at a time, as ctl_exec gives them
    localparam [2:0] C_IDLE = 3'd0, C_LOCK = 3'd1, C_WRITE = 3'd2, C_SET = 3'd3, C_KILL = 3'd4, C_INV = 3'd5,
        C_INVALIDATING = 3'd6, C_DRAIN = 3'd7;
    logic [THREADS-1:0] flt_reg = '0;       // faulted, neither answered nor killed
    logic [THREADS-1:0] told_reg = '0;      // its record was taken
    logic [2:0]         c_reg = C_IDLE;
    logic [THREADS-1:0] dying_reg = '0;     // killed in the middle of something
    logic               late_reg = 1'b0;    // an answer a cycle ago, and its tag
    logic               late2_reg = 1'b0;   // two cycles ago
    logic [31:0]        tag_reg = 32'd0;
    wire                judged = LATE != 0 ? late_reg : answer_valid;
    wire [31:0]         judged_tag = LATE != 0 ? tag_reg : any_tag;
    logic               locked_reg = 1'b0;  // the host's write was done, the lock is still held
    wire [1:0]          grants;

    always_ff @(posedge clk) begin
        if (up_reg) begin
            case (c_reg)
                C_IDLE: if (!answer_valid && !(LATE != 0 && late_reg)) begin
                    c_ctx_reg <= exists(any_cmd_ctx);
                    c_every_reg <= any_every && any_cmd == C_INV;
                    c_all_reg <= any_all || any_every || any_cmd != C_INV;
                    c_first_reg <= any_first & any_last;
                    c_last_reg <= any_last;
                    c_root_reg <= any_root && ROOTS != 0;
                    c_kill_reg <= any_cmd == C_KILL;
                    if (any_cmd == C_LOCK || any_cmd == C_SET || any_cmd == C_KILL || any_cmd == C_INV) c_reg <= any_cmd;
                end
                C_LOCK: if (grants[1]) begin
                    c_reg <= C_WRITE;
                    locked_reg <= 1'b0;
                end
                C_WRITE: if (may_go) begin
                    locked_reg <= 1'b1;
                    if (locked_reg) c_reg <= C_IDLE;
                end
                C_SET: if (dying_reg == '0) c_reg <= C_INV;
                C_KILL: c_reg <= C_INV;
                C_INV: c_reg <= C_INVALIDATING;
                C_INVALIDATING: if (inv_done) c_reg <= c_kill_reg ? C_DRAIN : C_IDLE;
                C_DRAIN: if (dying_reg == '0) c_reg <= C_IDLE;
            endcase
        end
        for (int t = 0; t < THREADS; t++) begin
            if (kill_valid && t_ctx_reg[t*CTX_W +: CTX_W] == kill_ctx && st_reg[t*2 +: 2] != IDLE) dying_reg[t] <= 1'b1;
            if (st_reg[t*2 +: 2] == IDLE || released[t] || (answered[t] && !answered_ok[t])) dying_reg[t] <= 1'b0;
        end
    end
    // the watched context may be there right after reset, before a command could have set it: shorter traces
    assign ctx_set_valid = (c_reg == C_SET && dying_reg == '0) || boot;
    assign ctx_kill_valid = c_reg == C_KILL;
    assign inv_start = c_reg == C_INV;
    // any tag, but no guess: the host has a record before it answers it. ctl_exec takes five cycles from one answer to the next
    wire unheard = flt_reg[any_tag[THR_W-1:0]] && !told_reg[any_tag[THR_W-1:0]];
    always_ff @(posedge clk) begin
        late_reg <= answer_valid;
        late2_reg <= late_reg;
        tag_reg <= any_tag;
    end
    assign answer_valid = up_reg && c_reg == C_IDLE && any_cmd == 3'd7 && any_action != 2'd3 && !unheard && !(LATE != 0 && (late_reg || late2_reg));

    // the lock: user 1 is the host's writer
    wire host_lock = c_reg == C_LOCK || c_reg == C_WRITE;
    lock #(.N(2)) table_lock (.clk(clk), .rst(rst), .req({host_lock, lock_req}), .grant(grants));
    assign lock_grant = grants[0];
    assign lock_wanted = host_lock && !grants[1];

    // ---- fault ring: takes word 0, then word 6 of a record; it may be full for as long as it likes
    logic [1:0] f_reg = 2'd0;
    logic [1:0] flight_reg = 2'd0;
    logic [1:0] filled_reg = 2'd0;
    assign flt_full = filled_reg >= 2'(RING);
    assign rec_word = f_reg == 2'd2 ? 3'd6 : 3'd0;
    assign rec_taken = f_reg == 2'd2 && may_take;
    assign flt_posted = flight_reg != 2'd0 && may_posted;
    assign flt_active = f_reg != 2'd0 || flight_reg != 2'd0;
    wire consumed = may_consume && filled_reg > flight_reg + (f_reg != 2'd0 ? 2'd1 : 2'd0);
    wire f_begin = f_reg == 2'd0 && rec_valid && may_take && !flt_full && flight_reg < 2'(FLIGHT);
    always_ff @(posedge clk) begin
        case (f_reg)
            2'd0: if (f_begin) f_reg <= 2'd1;
            2'd1: f_reg <= 2'd2;
            default: if (may_take) f_reg <= 2'd0;
        endcase
        flight_reg <= flight_reg + (rec_taken ? 2'd1 : 2'd0) - (flt_posted ? 2'd1 : 2'd0);
        filled_reg <= filled_reg + (f_begin ? 2'd1 : 2'd0) - (consumed ? 2'd1 : 2'd0);
    end

    // ---- page tables
    // {generation or table, D, A, W, R, leaf, valid}
    logic [6:0] e0_reg = '0;
    logic [6:0] e1_reg = '0;
    logic [6:0] e2_reg = '0;
    logic       root_reg = 1'b0;    // the watched context has another root
    localparam [1:0] E0 = 2'd0, E1 = 2'd1, E2 = 2'd2, ELSE = 2'd3;

    // which entry an address names
    function [1:0] place(input [3:0] nibble, input [8:0] index);
        place = ELSE;
        if (LEVELS == 1) begin
            if (nibble == ROOT && index == {8'd0, w_page[0]}) place = E1;
        end else begin
            if (nibble == ROOT && index == {8'd0, w_page[1]}) place = E0;
            if (nibble == TABLE && index == {8'd0, w_page[0]}) place = E1;
            if (nibble == TABLE + 4'd1 && index == {8'd0, w_page[0]}) place = E2;
        end
    endfunction
    // what memory has there: error, {D, A, W, R, leaf, valid}, address nibble
    function [10:0] content(input [1:0] where, input [10:0] any);
        case (where)
            E0: content = e0_reg[L] ? {any[10], e0_reg[5:0], 3'd0, e0_reg[G]} :
                                      {any[10], 4'd0, e0_reg[1:0], TABLE[3:1], e0_reg[G]};
            E1: content = {any[10], e1_reg[5:0], 3'd1, e1_reg[G]};
            E2: content = {any[10], e2_reg[5:0], 3'd2, e2_reg[G]};
            default: content = any[5] ? {any[10:4], 3'd3, any[0]} : {any[10], 4'd0, any[5:4], OTHER_TABLE};
        endcase
        if (ERRORS == 0) content[10] = 1'b0;
    endfunction
    function [63:0] entry(input [10:0] c);
        entry = {39'd0, c[3:0], 13'd0, c[5], c[9:8], 1'b0, 1'b0, c[7:6], c[4]};
    endfunction

    // ---- reads: asked, sampled at some time from then on, given at some time from then on, in any order of the names
    logic [WALKERS-1:0]    r_asked_reg = '0;
    logic [WALKERS-1:0]    r_full_reg = '0;
    logic [WALKERS-1:0]    r_len_reg = '0;
    logic [WALKERS*2-1:0]  r_place_reg = '0;
    logic [WALKERS*2-1:0]  r_place1_reg = '0;
    logic [WALKERS*11-1:0] r_data_reg = '0;
    logic [WALKERS*11-1:0] r_data1_reg = '0;
    logic                  r_held_reg = 1'b0;
    logic                  r_beat_reg = 1'b0;
    logic [WLK_W-1:0]      r_id_reg = '0;
    always_comb begin
        may_rid = 32'(any_rid) < WALKERS ? any_rid : '0;
        for (int i = 0; i < WALKERS; i++)
            if (AT_ONCE && r_full_reg[i]) may_rid = WLK_W'(i);
    end
    wire [1:0] ar_place = place(araddr[24:21], araddr[11:3]);
    wire [1:0] ar_place1 = place(araddr[24:21], araddr[11:3] + 9'd1);
    wire [WLK_W-1:0] r_id = r_held_reg || r_beat_reg ? r_id_reg : may_rid;
    wire [10:0] r_now = r_beat_reg ? r_data1_reg[r_id*11 +: 11] : r_data_reg[r_id*11 +: 11];

    assign arready = may_arready;
    assign rid = r_id;
    assign rvalid = r_held_reg || (may_rvalid && r_full_reg[r_id]);
    assign rdata = entry(r_now);
    assign rresp = !r_now[10] ? 2'd0 : r_now[0] ? 2'd3 : 2'd2;
    assign rlast = r_beat_reg || !r_len_reg[r_id];

    always_ff @(posedge clk) begin
        for (int i = 0; i < WALKERS; i++) begin
            if (r_asked_reg[i] && may_sample[i]) begin
                r_asked_reg[i] <= 1'b0;
                r_full_reg[i] <= 1'b1;
                r_data_reg[i*11 +: 11] <= content(r_place_reg[i*2 +: 2], any_data[10:0]);
                r_data1_reg[i*11 +: 11] <= content(r_place1_reg[i*2 +: 2], any_data[21:11]);
            end
            if (rvalid && rready && rlast && r_id == WLK_W'(i)) r_full_reg[i] <= 1'b0;
            if (arvalid && arready && arid == WLK_W'(i)) begin
                r_len_reg[i] <= arlen[0];
                r_place_reg[i*2 +: 2] <= ar_place;
                r_place1_reg[i*2 +: 2] <= ar_place1;
                r_asked_reg[i] <= !may_sample[i];
                r_full_reg[i] <= may_sample[i];
                r_data_reg[i*11 +: 11] <= content(ar_place, any_data[10:0]);
                r_data1_reg[i*11 +: 11] <= content(ar_place1, any_data[21:11]);
            end
        end
        r_held_reg <= rvalid && !rready;
        r_id_reg <= r_id;
        if (rvalid && rready) r_beat_reg <= !rlast;
    end

    // ---- writes: address and data in either order, then done, then answered
    logic             aw_reg = 1'b0;
    logic [WLK_W-1:0] aw_id_reg = '0;
    logic [1:0]       aw_place_reg = '0;
    logic             w_reg = 1'b0;
    logic [10:0]      w_data_reg = '0;
    logic             b_reg = 1'b0;
    logic [1:0]       b_resp_reg = 2'd0;
    wire [1:0] aw_place = place(awaddr[24:21], awaddr[11:3]);
    wire       commit = aw_reg && w_reg && !b_reg && may_commit;
    wire       commit_bad = any_bresp[1] && ERRORS != 0;
    assign awready = may_awready && !aw_reg;
    assign wready = may_wready && !w_reg;
    assign bvalid = b_reg && may_bvalid;
    assign bid = aw_id_reg;
    assign bresp = b_resp_reg;

    always_ff @(posedge clk) begin
        if (awvalid && awready) begin
            aw_reg <= 1'b1;
            aw_id_reg <= awid;
            aw_place_reg <= aw_place;
        end
        if (wvalid && wready) begin
            w_reg <= 1'b1;
            w_data_reg <= {1'b0, wdata[6:5], wdata[2:1], wdata[7], wdata[0], wdata[24:21]};
        end
        if (commit) begin
            b_reg <= 1'b1;
            b_resp_reg <= commit_bad ? {1'b1, any_bresp[0]} : 2'd0;
        end
        if (bvalid) begin
            b_reg <= 1'b0;
            aw_reg <= 1'b0;
            w_reg <= 1'b0;
        end
    end

    // the entry's content after this cycle
    wire [6:0] written = {w_data_reg[0], w_data_reg[9:4]};
    wire       host_write = c_reg == C_WRITE && may_go && !locked_reg;
    logic [6:0] e0_next, e1_next, e2_next;
    always_comb begin
        e0_next = e0_reg;
        e1_next = e1_reg;
        e2_next = e2_reg;
        if (commit && !commit_bad) begin
            if (aw_place_reg == E0) e0_next = written;
            if (aw_place_reg == E1) e1_next = written;
            if (aw_place_reg == E2) e2_next = written;
        end
        if (host_write) begin
            if (any_entry == E0) e0_next = any_value;
            if (any_entry == E1) e1_next = any_value | 7'd2;
            if (any_entry == E2) e2_next = any_value | 7'd2;
        end
        // any tables at reset
        if (rst) begin
            e0_next = any_value;
            e1_next = any_value1 | 7'd2;
            e2_next = any_value2 | 7'd2;
        end
        if (HUGE == 0) e0_next[L] = 1'b0;
        if (LEVELS == 1) begin
            e0_next = 7'd1;
            e2_next = 7'd0;
        end
    end
    wire root_next = ctx_set_valid && set_ctx == w_ctx ? c_root_reg : root_reg;
    always_ff @(posedge clk) begin
        e0_reg <= e0_next;
        e1_reg <= e1_next;
        e2_reg <= e2_next;
        root_reg <= root_next;
    end

    // ---- what the table permits: frames 0, 1 of e0, 2, 3 of e1, 4, 5 of e2; then what they need: root to table 0, to
    // table 1; last, another root
    function permits(input [6:0] e);
        permits = e[V] && e[L] && e[A] && (w_write ? e[W] && e[D] : e[R]);
    endfunction
    wire [8:0] permitted = {root_reg,
        !root_reg && e0_reg[V] && !e0_reg[L] && e0_reg[G], !root_reg && e0_reg[V] && !e0_reg[L] && !e0_reg[G],
        permits(e2_reg) && e2_reg[G], permits(e2_reg) && !e2_reg[G],
        permits(e1_reg) && e1_reg[G], permits(e1_reg) && !e1_reg[G],
        !root_reg && permits(e0_reg) && e0_reg[G], !root_reg && permits(e0_reg) && !e0_reg[G]};

    function in_set(input [8:0] set, input [2:0] frame);
        case (frame)
            3'd0, 3'd1: in_set = set[frame[0]];
            3'd2, 3'd3: in_set = set[6] && set[2 + frame[0]];
            3'd4, 3'd5: in_set = set[7] && set[4 + frame[0]];
            default: in_set = set[8];
        endcase
    endfunction

    wire covers = (c_every_reg || c_ctx_reg == w_ctx) &&
                  (c_all_reg || (w_page >= c_first_reg && w_page <= c_last_reg));
    logic [8:0] since_reg = '0;         // permitted since the last acknowledged invalidation of the page began
    logic [8:0] now_reg = '0;           // permitted since the one under way began
    logic       dead_reg = 1'b1;        // no CTX_SET since the kill's acknowledge
    wire [8:0]  now_next = (inv_start ? 9'd0 : now_reg) | permitted;
    always_ff @(posedge clk) begin
        now_reg <= now_next;
        since_reg <= inv_done && covers ? now_next : since_reg | permitted;
        if (inv_done && c_kill_reg && c_ctx_reg == w_ctx) dead_reg <= 1'b1;
        if (ctx_set_valid && set_ctx == w_ctx) dead_reg <= 1'b0;
    end

    // translations that clients hold: of before the invalidation under way; which frame
    logic [THREADS-1:0]   old_reg = '0;
    logic [THREADS*3-1:0] frame_reg = '0;
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++) begin
            if (inv_start) old_reg[t] <= holds[t] && !released[t];
            else if (released[t]) old_reg[t] <= 1'b0;
            if (answered_ok[t]) frame_reg[t*3 +: 3] <= rsp_pa[(t % PORTS)*52 + 21 +: 3];
        end

    // walks that read the watched table before the invalidation under way, or the last, began
    logic [WALKERS-1:0] before_reg = '0;
    logic [WALKERS-1:0] gone_reg = '0;
    always_ff @(posedge clk)
        for (int i = 0; i < WALKERS; i++) begin
            if (inv_start) before_reg[i] <= 1'b1;
            if (inv_done && covers) gone_reg[i] <= before_reg[i];
            if (arvalid && arready && arid == WLK_W'(i)) begin
                before_reg[i] <= 1'b0;
                gone_reg[i] <= 1'b0;
            end
        end

    // ---- faults
    logic [THREADS*THR_W-1:0] leader_reg = '0;      // whose tag the record has
    logic [THREADS*2-1:0]     number_reg = '0;      // and the low bits of its number
    logic [1:0]               open_reg = 2'd0;      // faults of the watched thread minus its records
    logic [THR_W-1:0]         rec_leader_reg = '0;
    logic [1:0]               rec_number_reg = '0;
    logic                     rec_odd_reg = 1'b0;   // not this thread's tag
    logic [THREADS-1:0]       killed_reg = '0;      // its context was killed in the cycle before
    logic [THREADS-1:0]       killed2_reg = '0;     // two cycles before
    logic [THREADS-1:0]       void_reg = '0;        // was killed: a record that is complete, or becomes so now, is of a fault that is over
    wire  answer_hit = judged && !answer_stale;
    wire [THREADS-1:0] rec_mask = rec_data[THREADS-1:0];
    always_ff @(posedge clk) begin
        if (f_reg == 2'd1) begin
            rec_leader_reg <= rec_data[THR_W-1:0];
            rec_number_reg <= rec_data[9:8];
            rec_odd_reg <= rec_data[7:0] != rec_data[55:48] || rec_data[7:0] >= 8'(THREADS);
        end
        for (int t = 0; t < THREADS; t++) begin
            killed_reg[t] <= kill_valid && t_ctx_reg[t*CTX_W +: CTX_W] == kill_ctx;
            killed2_reg[t] <= killed_reg[t];
            if (rec_taken || (!rec_valid && !killed_reg[t] && !killed2_reg[t])) void_reg[t] <= 1'b0;
            if (kill_valid && t_ctx_reg[t*CTX_W +: CTX_W] == kill_ctx) void_reg[t] <= 1'b1;
            if (rec_taken && rec_mask[t] && flt_reg[t] && !void_reg[t]) begin
                told_reg[t] <= 1'b1;
                leader_reg[t*THR_W +: THR_W] <= rec_leader_reg;
                number_reg[t*2 +: 2] <= rec_number_reg;
            end
            if (faulted[t]) begin
                flt_reg[t] <= 1'b1;
                told_reg[t] <= 1'b0;
            end
            if ((answer_hit && told_reg[t] && leader_reg[t*THR_W +: THR_W] == judged_tag[THR_W-1:0]) ||
                (kill_valid && t_ctx_reg[t*CTX_W +: CTX_W] == kill_ctx)) begin
                flt_reg[t] <= 1'b0;
                told_reg[t] <= 1'b0;
            end
        end
        if (faulted[w_thread] && !(rec_taken && rec_mask[w_thread])) open_reg <= open_reg + (open_reg != 2'd3 ? 2'd1 : 2'd0);
        if (!faulted[w_thread] && rec_taken && rec_mask[w_thread]) open_reg <= open_reg - (open_reg != 2'd0 ? 2'd1 : 2'd0);
    end

    // ---- properties
    logic past_reg = 1'b0;
    always_ff @(posedge clk) past_reg <= up_reg;

    // what helps to prove them
`ifdef LEMMAS_simple
`include "simple_lemmas.v"
`endif
`ifdef LEMMAS_fast
`include "fast_lemmas.v"
`endif

`ifdef P_reach_sequence
    // not a promise: must FAIL, and its trace shows that the depth holds a whole life of a translation: a walk, OK, a hit
    // without a read, the host changes the entry, an invalidation is acknowledged, OK with the other frame
    logic [2:0] life_reg = 3'd0;
    logic [2:0] life_frame_reg = 3'd0;
    always_ff @(posedge clk) begin
        for (int t = 0; t < THREADS; t++)
            if (answered_ok[t] && watched[t] && rsp_pa[(t % PORTS)*52 + 21 +: 3] < 3'd6) begin
                if (life_reg == 3'd0) life_reg <= 3'd1;
                if (life_reg == 3'd1 && !arvalid) life_reg <= 3'd2;
                if (life_reg == 3'd1) life_frame_reg <= rsp_pa[(t % PORTS)*52 + 21 +: 3];
                if (life_reg == 3'd4) assert (rsp_pa[(t % PORTS)*52 + 21 +: 3] == life_frame_reg);
            end
        if (life_reg == 3'd1 && arvalid) life_reg <= 3'd0;
        if (life_reg == 3'd2 && host_write && any_entry != ELSE) life_reg <= 3'd3;
        if (life_reg == 3'd3 && inv_done && covers) life_reg <= 3'd4;
    end
`endif
`ifdef P_reach_fault
    // must FAIL: two threads share a fault, its record is taken, answered, and one has OK then
    logic [1:0] fault_reg = 2'd0;
    always_ff @(posedge clk) begin
        if (faulted == '1) fault_reg <= 2'd1;
        if (fault_reg == 2'd1 && told_reg == '1) fault_reg <= 2'd2;
        if (fault_reg == 2'd2 && answer_hit) fault_reg <= 2'd3;
        if (fault_reg == 2'd3) assert (answered_ok == '0);
    end
`endif
`ifdef P_i1
    // every OK has the address of an entry that permitted the access
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++)
            if (answered_ok[t] && watched[t])
                assert (rsp_pa[(t % PORTS)*52 + 24 +: 28] == 28'd0 && !rsp_local[t % PORTS] &&
                        rsp_pa[(t % PORTS)*52 +: 21] == (rsp_pa[(t % PORTS)*52 + 21 +: 3] == 3'd6 ||
                            rsp_pa[(t % PORTS)*52 + 21 +: 3] == 3'd7 ? rsp_pa[(t % PORTS)*52 +: 21] & 21'h1000 :
                            rsp_pa[(t % PORTS)*52 + 21 +: 3] <= 3'd1 ? {8'd0, w_page[0], 12'd0} : 21'd0) &&
                        !dead_reg && in_set(since_reg | permitted, rsp_pa[(t % PORTS)*52 + 21 +: 3]));
`endif
`ifdef P_i2_ok
    // no OK from an entry as it was before the last acknowledged invalidation
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++)
            if (answered_ok[t] && watched[t])
                assert (in_set(since_reg | permitted, rsp_pa[(t % PORTS)*52 + 21 +: 3]));
`endif
`ifdef P_i2_held
    // acknowledged: what clients held when it began was given back, what they hold is from an entry as it was since
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++)
            if (inv_done && covers && watched[t] && holds[t])
                assert (released[t] || (!old_reg[t] && in_set(now_next, frame_reg[t*3 +: 3])));
`endif
`ifdef P_i2_write
    // acknowledged: no walk of before writes A or D, then or later
    always_ff @(posedge clk) begin
        if (awvalid && awready && (aw_place == E1 || aw_place == E2)) assert (!gone_reg[awid]);
        if (inv_done && covers && (aw_reg || awvalid) && (c_all_reg || LEVELS == 1))
            if ((aw_reg && !bvalid && (aw_place_reg == E1 || aw_place_reg == E2))) assert (!before_reg[aw_id_reg]);
    end
`endif
`ifdef P_i2_kill
    // a kill is acknowledged when nobody holds a translation of the context; it gets none until it is set again
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++) begin
            if (inv_done && c_kill_reg && holds[t] && t_ctx_reg[t*CTX_W +: CTX_W] == c_ctx_reg) assert (released[t]);
            if (answered_ok[t] && t_ctx_reg[t*CTX_W +: CTX_W] == w_ctx) assert (!dead_reg);
        end
`endif
`ifdef P_i3
    // a stalled thread has no answer before the host's, or a kill; what is answered is a record the host has
    always_ff @(posedge clk) begin
        for (int t = 0; t < THREADS; t++) begin
            if (answered[t]) assert (!flt_reg[t]);
        end
        if (answer_hit) assert (flt_reg[judged_tag[THR_W-1:0]] && told_reg[judged_tag[THR_W-1:0]] && judged_tag[7:0] < 8'(THREADS) &&
                                leader_reg[judged_tag[THR_W-1:0]*THR_W +: THR_W] == judged_tag[THR_W-1:0] &&
                                number_reg[judged_tag[THR_W-1:0]*2 +: 2] == judged_tag[9:8]);
    end
`endif
`ifdef P_i4
    // a record for each stalled thread, one
    always_ff @(posedge clk) begin
        if (rec_taken && rec_mask[w_thread]) assert (open_reg != 2'd0);
        if (rec_taken) assert (!rec_odd_reg && rec_mask[rec_leader_reg] && rec_data[63:THREADS] == '0);
        if (faulted[w_thread]) assert (waits[w_thread] && !flt_reg[w_thread]);
        if (up_reg) assert (((stalled ^ flt_reg) & ~killed_reg) == '0); // a kill may be seen a cycle later
    end
`endif
`ifdef P_i5
    // what the MMU writes is the entry as it is, with A, or A and D; OK comes when memory has it (since_reg has these)
    always_ff @(posedge clk) begin
        if (commit && aw_place_reg == E0) assert ((written | 7'h20) == (e0_reg | 7'h30) && e0_reg[V] && e0_reg[L]);
        if (commit && aw_place_reg == E1) assert ((written | 7'h20) == (e1_reg | 7'h30) && e1_reg[V]);
        if (commit && aw_place_reg == E2) assert ((written | 7'h20) == (e2_reg | 7'h30) && e2_reg[V]);
        if (commit && aw_place_reg == E1) assert (written[D] || !e1_reg[D]);
        for (int t = 0; t < THREADS; t++)
            if (answered_ok[t] && watched[t]) assert (in_set(since_reg | permitted, rsp_pa[(t % PORTS)*52 + 21 +: 3]));
    end
`endif
`ifdef P_i6
    // AXI: what is offered stays until taken; a name has one read; entries are aligned; writes are under the lock
    logic ar_stuck_reg = 1'b0, aw_stuck_reg = 1'b0, w_stuck_reg = 1'b0;
    logic [WLK_W+71:0] ar_reg = '0;
    logic [WLK_W+63:0] aw_was_reg = '0;
    logic [63:0] w_was_reg = '0;
    always_ff @(posedge clk) begin
        ar_stuck_reg <= arvalid && !arready;
        ar_reg <= {arid, araddr, arlen};
        aw_stuck_reg <= awvalid && !awready;
        aw_was_reg <= {awid, awaddr};
        w_stuck_reg <= wvalid && !wready;
        w_was_reg <= wdata;
        if (ar_stuck_reg) assert (arvalid && ar_reg == {arid, araddr, arlen});
        if (aw_stuck_reg) assert (awvalid && aw_was_reg == {awid, awaddr});
        if (w_stuck_reg) assert (wvalid && w_was_reg == wdata);
        if (arvalid) assert (!r_asked_reg[arid] && !r_full_reg[arid] && araddr[2:0] == 3'd0 && arlen <= 8'd1 &&
                             (arlen == 8'd0 || araddr[11:3] != 9'd511) && 32'(arid) < WALKERS);
        if (awvalid) assert (awaddr[2:0] == 3'd0 && 32'(awid) < WALKERS && lock_grant);
        if (aw_reg && !b_reg) assert (lock_grant);
        if (wvalid && wready) assert (aw_reg || awvalid);
        if (rst) assert (!arvalid || 1'b1);
    end
`endif
`ifdef P_i7
    // a context never gets a frame of another: of the watched one these are 6 and 7, of the others those below
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++)
            if (answered_ok[t]) begin
                if (t_ctx_reg[t*CTX_W +: CTX_W] != w_ctx) assert (rsp_pa[(t % PORTS)*52 + 21 +: 4] >= 4'd6);
            end
`endif
`ifdef P_i8_live
    // every request ends or faults: within FAIR cycles without a command, when the environment is prompt. Of the watched page, whose entries
    // only a command or the MMU changes: of another page each read may have something else, and a thread that is refused what another's walk
    // found may be so each time
    logic [7:0] waited_reg = 8'd0;
    always_ff @(posedge clk) begin
        waited_reg <= waits[w_thread] && watched[w_thread] && !flt_reg[w_thread] && c_reg == C_IDLE ? waited_reg + 8'd1 : 8'd0;
        assert (waited_reg < 8'(FAIR));
    end
`endif
`ifdef P_i8
    // one answer for a request, through its port, and it stays until taken
    logic [PORTS-1:0]              rsp_stuck_reg = '0;
    logic [PORTS*(THR_W+60)-1:0]   rsp_was_reg = '0;
    always_ff @(posedge clk)
        for (int p = 0; p < PORTS; p++) begin
            rsp_stuck_reg[p] <= rsp_valid[p] && !rsp_ready[p];
            rsp_was_reg[p*(THR_W+60) +: THR_W+60] <= {rsp_thread[p*THR_W +: THR_W], rsp_status[p*2 +: 2], rsp_pa[p*52 +: 52],
                rsp_local[p], rsp_access[p*2 +: 2], rsp_cause[p*3 +: 3]};
            if (rsp_stuck_reg[p])
                assert (rsp_valid[p] && rsp_was_reg[p*(THR_W+60) +: THR_W+60] == {rsp_thread[p*THR_W +: THR_W],
                    rsp_status[p*2 +: 2], rsp_pa[p*52 +: 52], rsp_local[p], rsp_access[p*2 +: 2], rsp_cause[p*3 +: 3]});
            if (rsp_valid[p]) assert (waits[rsp_thread[p*THR_W +: THR_W]] &&
                                      32'(rsp_thread[p*THR_W +: THR_W]) % PORTS == p && rsp_status[p*2 +: 2] != 2'd3);
        end
`endif
endmodule

`default_nettype wire
