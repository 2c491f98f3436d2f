// SPDX-License-Identifier: GPL-2.0
//
// mmu_one_port: a client port of docs/client-port.md, and what is behind it. Each thread has a slot that holds its one
// request from acceptance to release; slots move independently, so that a hit passes a walk and everything passes a
// fault. Where a slot is, is a bit per thread in one of the masks below.
//
// The command port (from ctl_exec) sets and kills contexts, invalidates and answers faults, one at a time. Faults
// leave by a record port to the fault ring. The walker's memory port goes to local memory.
`default_nettype none

module mmu_one_port #(
    // threads, contexts, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    // page-table levels
    parameter LEVELS = 4,
    // TLB geometry
    parameter TLB_SETS = 128,
    parameter TLB_WAYS = 4
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [63:0]         cycle,
    output wire                ready,
    // something here moves without a client or the host
    output wire                active,

    // client port
    input  wire                req_valid,
    output wire                req_ready,
    input  wire [CTX_W-1:0]    req_ctx,
    input  wire [THR_W-1:0]    req_thread,
    input  wire [63:0]         req_va,
    input  wire [1:0]          req_op,
    input  wire [63:0]         req_cookie,
    output wire                rsp_valid,
    input  wire                rsp_ready,
    output wire [THR_W-1:0]    rsp_thread,
    output wire [1:0]          rsp_status,
    output wire [51:0]         rsp_pa,
    output wire                rsp_local,
    output wire [1:0]          rsp_access,
    output wire [2:0]          rsp_cause,
    input  wire [THREADS-1:0]  rel,

    // commands: pulses, operands valid with them (those of an invalidation until inv_done)
    input  wire                ctx_set_valid,
    input  wire [CTX_W-1:0]    ctx_set_ctx,
    input  wire [63:0]         ctx_set_root,
    input  wire                ctx_kill_valid,
    input  wire [CTX_W-1:0]    ctx_kill_ctx,
    input  wire                inv_start,
    input  wire                inv_every,
    input  wire                inv_all,
    input  wire [CTX_W-1:0]    inv_ctx,
    input  wire [51:0]         inv_first,
    input  wire [51:0]         inv_last,
    output wire                inv_done,
    input  wire                answer_valid,
    input  wire [31:0]         answer_tag,
    input  wire [1:0]          answer_action,
    // no waiting fault has this tag
    output wire                answer_stale,

    // to whoever runs in a context: which may, and which is killed now
    output wire [CONTEXTS-1:0] ctx_ok,
    output wire                kill_valid,
    output wire [CTX_W-1:0]    kill_ctx,
    // per thread: waits for a fault answer; pulse: a fault was raised
    output wire [THREADS-1:0]  stalled,
    output logic [THREADS-1:0] faulted,

    // fault ring
    input  wire                flt_full,
    input  wire                flt_active,
    input  wire                flt_posted,
    output wire                rec_valid,
    input  wire [2:0]          rec_word,
    output wire [63:0]         rec_data,
    input  wire                rec_taken,

    // page-table lock and the walker's memory
    output wire                lock_req,
    input  wire                lock_grant,
    output wire                arvalid,
    input  wire                arready,
    output wire [63:0]         araddr,
    output wire [7:0]          arlen,
    input  wire                rvalid,
    output wire                rready,
    input  wire [63:0]         rdata,
    input  wire [1:0]          rresp,
    output wire                awvalid,
    input  wire                awready,
    output wire [63:0]         awaddr,
    output wire [7:0]          awlen,
    output wire                wvalid,
    input  wire                wready,
    output wire [63:0]         wdata,
    output wire                wlast,
    input  wire                bvalid,
    input  wire [1:0]          bresp,

    // debug windows
    input  wire [31:0]         ctx_show,
    output wire [1:0]          ctx_show_state,
    output wire [63:0]         ctx_show_root,
    input  wire [31:0]         thr_show,
    output wire [63:0]         thr_show_va,
    output wire [31:0]         thr_show_tag,

    // events for the counters, and cycles spent in the phases of a fault
    output wire                ev_hit,
    output wire                ev_miss,
    output wire                ev_walk,
    output wire                ev_walk_read,
    output wire                ev_ad_update,
    output wire                ev_record,
    output wire                ev_retry,
    output wire                ev_fail,
    output wire                ev_kill,
    output wire                ev_bus_error,
    output wire [63:0]         detect_to_record,
    output wire [63:0]         record_to_answer,
    output wire [63:0]         answer_to_replay
);
    localparam VA_W = 12 + 9 * LEVELS;
    localparam VPN_W = 9 * LEVELS;
    localparam [1:0] RSP_OK = 2'd0, RSP_FAULT = 2'd1, RSP_KILLED = 2'd2;
    localparam [1:0] RETRY = 2'(dmmu_pkg::ANSWER_RETRY), FAIL = 2'(dmmu_pkg::ANSWER_FAIL), KILL = 2'(dmmu_pkg::ANSWER_KILL);

    // ---- slots: where each thread's request is
    logic [THREADS-1:0] lookup_reg;     // in the TLB
    logic [THREADS-1:0] wait_reg;       // wants the walker
    logic [THREADS-1:0] walking_reg;    // has the walker
    logic [THREADS-1:0] fault_reg;      // faulted, record not taken yet
    logic [THREADS-1:0] stalled_reg;    // faulted, waits for the host's answer
    logic [THREADS-1:0] answer_reg;     // has an answer: ok_reg, else failed_reg, else killed
    logic [THREADS-1:0] granted_reg;    // OK was given, release is due
    logic [THREADS-1:0] ok_reg;
    logic [THREADS-1:0] failed_reg;
    logic [THREADS-1:0] huge_reg;       // its translation is a part of a 2 MiB page
    logic [THREADS-1:0] seen_reg;       // asked for something since reset
    logic [THREADS-1:0] numbered_reg;   // faulted since reset
    logic [THREADS-1:0] visible_reg;    // its fault record is visible in memory
    logic [THREADS-1:0] replay_reg;     // was answered RETRY and has no answer yet
    // ---- slots: what it is
    logic [THREADS*CTX_W-1:0] ctx_reg;
    logic [63:0] va_reg [0:THREADS-1];
    logic [1:0]  op_reg [0:THREADS-1];
    logic [63:0] cookie_reg [0:THREADS-1];
    logic [52:0] pa_reg [0:THREADS-1];          // local, address
    logic [2:0]  cause_reg [0:THREADS-1];
    logic [2:0]  level_reg [0:THREADS-1];
    logic [23:0] number_reg [0:THREADS-1];
    logic [63:0] detect_reg [0:THREADS-1];
    logic [63:0] visible_at_reg [0:THREADS-1];
    logic [63:0] answer_at_reg [0:THREADS-1];

    // ---- contexts
    wire [CTX_W-1:0]    walk_ctx;
    wire [63:0]         walk_root;
    wire [THR_W-1:0]    answer_thread = answer_tag[THR_W-1:0];
    wire                answer_known = answer_tag[7:0] < 8'(THREADS);
    wire                answer_hit = answer_valid && answer_known && stalled_reg[answer_thread] &&
                                     number_reg[answer_thread] == answer_tag[31:8];

    assign answer_stale = answer_valid && !answer_hit;
    assign kill_valid = ctx_kill_valid || (answer_hit && answer_action == KILL);
    assign kill_ctx = ctx_kill_valid ? ctx_kill_ctx : ctx_reg[answer_thread*CTX_W +: CTX_W];

    ctx_table #(.CONTEXTS(CONTEXTS), .CTX_W(CTX_W)) contexts (
        .clk(clk), .rst(rst),
        .set_valid(ctx_set_valid), .set_ctx(ctx_set_ctx), .set_root(ctx_set_root),
        .kill_valid(kill_valid), .kill_ctx(kill_ctx), .ok(ctx_ok),
        .root_ctx(walk_ctx), .root(walk_root),
        .show(ctx_show), .show_state(ctx_show_state), .show_root(ctx_show_root));

    // a context that may get translations from this cycle on
    logic [CONTEXTS-1:0] ok_now;
    always_comb begin
        ok_now = ctx_ok;
        if (kill_valid) ok_now[kill_ctx] = 1'b0;
    end

    logic [THREADS-1:0] kill_hit;
    always_comb
        for (int t = 0; t < THREADS; t++)
            kill_hit[t] = kill_valid && ctx_reg[t*CTX_W +: CTX_W] == kill_ctx;

    // ---- invalidation
    wire             inv_active;
    wire             hold;
    wire             sweep;
    wire             swept;
    wire             settled;
    wire [THR_W-1:0] scan;
    wire [51:0]      scan_page = va_reg[scan][63:12];
    // a 2 MiB page is one translation: a part of it in the range is all of it
    wire [8:0]       scan_part = {9{huge_reg[scan]}};
    wire             scan_held = (granted_reg[scan] || (answer_reg[scan] && ok_reg[scan])) &&
                                 (inv_every || ctx_reg[scan*CTX_W +: CTX_W] == inv_ctx) &&
                                 (inv_all || ({scan_page[51:9], scan_page[8:0] | scan_part} >= inv_first &&
                                              {scan_page[51:9], scan_page[8:0] & ~scan_part} <= inv_last));

    invalidate #(.THREADS(THREADS), .THR_W(THR_W)) invalidation (
        .clk(clk), .rst(rst), .start(inv_start), .active(inv_active), .done(inv_done), .hold(hold), .settled(settled),
        .sweep(sweep), .swept(swept), .scan(scan), .scan_held(scan_held));

    // ---- lookup: accepted, read, compared
    wire         lk_ready;
    wire         tlb_ready;
    wire         tlb_idle;
    wire         hit;
    wire         hit_huge;
    wire         hit_local;
    wire [39:0]  hit_frame;
    logic        v1_reg;
    logic        v2_reg;
    logic [THR_W-1:0] thread1_reg;
    logic [THR_W-1:0] thread2_reg;
    logic [CTX_W-1:0] ctx1_reg;
    logic [CTX_W-1:0] ctx2_reg;
    logic [11:0] offset1_reg;
    logic [11:0] offset2_reg;
    logic        canonical1_reg;
    logic        canonical2_reg;

    wire accept = req_valid && req_ready;
    assign req_ready = lk_ready && !hold;

    always_ff @(posedge clk) begin
        v1_reg <= accept;
        thread1_reg <= req_thread;
        ctx1_reg <= req_ctx;
        offset1_reg <= req_va[11:0];
        canonical1_reg <= req_va[63:VA_W] == '0;
        v2_reg <= v1_reg;
        thread2_reg <= thread1_reg;
        ctx2_reg <= ctx1_reg;
        offset2_reg <= offset1_reg;
        canonical2_reg <= canonical1_reg;
        if (rst) begin
            v1_reg <= 1'b0;
            v2_reg <= 1'b0;
        end
    end

    wire lookup_runs = v2_reg && ok_now[ctx2_reg];
    wire lookup_hit = lookup_runs && hit && canonical2_reg;
    wire lookup_miss = lookup_runs && !lookup_hit;

    // ---- walk
    wire             wait_any;
    wire [THR_W-1:0] wait_thread;
    wire             walker_idle;
    wire             walk_done;
    wire             walk_ok;
    wire [2:0]       walk_cause;
    wire [2:0]       walk_level;
    wire             walk_huge;
    wire [4:0]       walk_perm;
    wire [39:0]      walk_frame;
    logic [THR_W-1:0] walker_thread_reg;
    wire [CTX_W-1:0] walker_ctx = ctx_reg[walker_thread_reg*CTX_W +: CTX_W];
    wire             in_ready;

    assign walk_ctx = ctx_reg[wait_thread*CTX_W +: CTX_W];
    wire walk_pick = wait_any && walker_idle && !hold;
    wire walk_start = walk_pick && ok_now[walk_ctx];
    wire walk_abort = hold && (inv_every || walker_ctx == inv_ctx);
    wire walk_runs = ok_now[walker_ctx];
    // a lookup's result has the write port of pa_reg this cycle
    wire walk_install = walk_done && !v2_reg && walk_ok && walk_runs && !walk_abort;
    wire walk_take = walk_done && !v2_reg && (in_ready || !walk_install);
    wire walk_fault = walk_take && !walk_ok && walk_runs && !walk_abort;

    rr_arbiter #(.N(THREADS), .W(THR_W)) walk_order (
        .clk(clk), .rst(rst), .req(wait_reg), .take(walk_pick), .any(wait_any), .index(wait_thread));

    always_ff @(posedge clk)
        if (walk_start) walker_thread_reg <= wait_thread;

    walker #(.LEVELS(LEVELS)) table_walker (
        .clk(clk), .rst(rst),
        .start(walk_start), .va(va_reg[wait_thread]), .op(op_reg[wait_thread]), .root(walk_root), .abort(walk_abort),
        .idle(walker_idle), .done(walk_done), .take(walk_take), .ok(walk_ok), .cause(walk_cause), .level(walk_level),
        .huge(walk_huge), .perm(walk_perm), .frame(walk_frame),
        .lock_req(lock_req), .lock_grant(lock_grant),
        .entry_read(ev_walk_read), .entry_written(ev_ad_update), .bus_error(ev_bus_error),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arlen(arlen),
        .rvalid(rvalid), .rready(rready), .rdata(rdata), .rresp(rresp),
        .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awlen(awlen),
        .wvalid(wvalid), .wready(wready), .wdata(wdata), .wlast(wlast), .bvalid(bvalid), .bresp(bresp));

    tlb #(.SETS(TLB_SETS), .WAYS(TLB_WAYS), .CTX_W(CTX_W), .VPN_W(VPN_W)) shared_tlb (
        .clk(clk), .rst(rst), .ready(tlb_ready), .idle(tlb_idle),
        .lk_valid(accept), .lk_ready(lk_ready), .lk_ctx(req_ctx), .lk_vpn(req_va[12 +: VPN_W]), .lk_op(req_op),
        .res_hit(hit), .res_huge(hit_huge), .res_local(hit_local), .res_frame(hit_frame),
        .in_valid(walk_install), .in_ready(in_ready), .in_ctx(walker_ctx), .in_vpn(va_reg[walker_thread_reg][12 +: VPN_W]),
        .in_huge(walk_huge), .in_perm(walk_perm), .in_frame(walk_frame),
        .sw_valid(sweep), .sw_every(inv_every), .sw_all(inv_all), .sw_ctx(inv_ctx),
        .sw_first(inv_first), .sw_last(inv_last), .sw_done(swept));

    assign settled = walker_idle && !v1_reg && !v2_reg && tlb_idle;
    assign ready = tlb_ready;

    // ---- faults to the ring
    wire             fault_any;
    wire [THR_W-1:0] fault_thread;
    wire             post_ready;
    wire             post_take = fault_any && post_ready;
    wire [THR_W-1:0] rec_thread;
    wire [23:0]      rec_number;
    wire [63:0]      rec_detect;

    rr_arbiter #(.N(THREADS), .W(THR_W)) fault_order (
        .clk(clk), .rst(rst), .req(fault_reg), .take(post_take), .any(fault_any), .index(fault_thread));

    fault_post #(.THREADS(THREADS), .THR_W(THR_W), .CTX_W(CTX_W)) poster (
        .clk(clk), .rst(rst), .cycle(cycle), .ring_full(flt_full), .ring_active(flt_active),
        .valid(fault_any), .ready(post_ready), .thread(fault_thread), .group(THREADS'(1) << fault_thread),
        .ctx(ctx_reg[fault_thread*CTX_W +: CTX_W]),
        .access(op_reg[fault_thread]), .number(number_reg[fault_thread]), .va(va_reg[fault_thread]),
        .cookie(cookie_reg[fault_thread]), .cause(cause_reg[fault_thread]), .level(level_reg[fault_thread]),
        .detect(detect_reg[fault_thread]),
        .rec_valid(rec_valid), .rec_word(rec_word), .rec_data(rec_data), .rec_taken(rec_taken),
        .rec_thread(rec_thread), .rec_number(rec_number), .rec_detect(rec_detect));

    // ---- answers to the client
    wire             answer_any;
    wire [THR_W-1:0] answer_pick;
    logic            rsp_valid_reg;
    logic [THR_W-1:0] rsp_thread_reg;
    logic [1:0]      rsp_status_reg;
    logic [52:0]     rsp_pa_reg;
    logic [1:0]      rsp_access_reg;
    logic [2:0]      rsp_cause_reg;
    wire             rsp_load = answer_any && (!rsp_valid_reg || rsp_ready);
    wire [1:0]       rsp_status_next = ok_reg[answer_pick] ? RSP_OK : failed_reg[answer_pick] ? RSP_FAULT : RSP_KILLED;

    rr_arbiter #(.N(THREADS), .W(THR_W)) answer_order (
        .clk(clk), .rst(rst), .req(answer_reg), .take(rsp_load), .any(answer_any), .index(answer_pick));

    always_ff @(posedge clk) begin
        if (rsp_ready) rsp_valid_reg <= 1'b0;
        if (rsp_load) begin
            rsp_valid_reg <= 1'b1;
            rsp_thread_reg <= answer_pick;
            rsp_status_reg <= rsp_status_next;
            rsp_pa_reg <= pa_reg[answer_pick];
            rsp_access_reg <= op_reg[answer_pick];
            rsp_cause_reg <= cause_reg[answer_pick];
        end
        if (rst) rsp_valid_reg <= 1'b0;
    end

    assign rsp_valid = rsp_valid_reg;
    assign rsp_thread = rsp_thread_reg;
    assign rsp_status = rsp_status_reg;
    assign {rsp_local, rsp_pa} = rsp_pa_reg;
    assign rsp_access = rsp_access_reg;
    assign rsp_cause = rsp_cause_reg;

    // ---- how slots move
    always_ff @(posedge clk) begin
        if (accept) begin
            lookup_reg[req_thread] <= 1'b1;
            seen_reg[req_thread] <= 1'b1;
            ctx_reg[req_thread*CTX_W +: CTX_W] <= req_ctx;
        end
        if (v2_reg) begin
            lookup_reg[thread2_reg] <= 1'b0;
            ok_reg[thread2_reg] <= lookup_hit;
            huge_reg[thread2_reg] <= hit_huge;
            failed_reg[thread2_reg] <= 1'b0;
            if (lookup_miss) wait_reg[thread2_reg] <= 1'b1;
            else answer_reg[thread2_reg] <= 1'b1;
        end
        if (walk_pick) begin
            wait_reg[wait_thread] <= 1'b0;
            if (walk_start) walking_reg[wait_thread] <= 1'b1;
            else begin
                answer_reg[wait_thread] <= 1'b1;
                ok_reg[wait_thread] <= 1'b0;
            end
        end
        if (walk_take) begin
            walking_reg[walker_thread_reg] <= 1'b0;
            ok_reg[walker_thread_reg] <= walk_install;
            huge_reg[walker_thread_reg] <= walk_huge;
            if (walk_abort) wait_reg[walker_thread_reg] <= 1'b1;
            else if (walk_fault) fault_reg[walker_thread_reg] <= 1'b1;
            else answer_reg[walker_thread_reg] <= 1'b1;
        end
        if (walk_fault) begin
            numbered_reg[walker_thread_reg] <= 1'b1;
            visible_reg[walker_thread_reg] <= 1'b0;
            replay_reg[walker_thread_reg] <= 1'b0;
        end
        if (post_take) begin
            fault_reg[fault_thread] <= 1'b0;
            stalled_reg[fault_thread] <= 1'b1;
        end
        if (flt_posted) visible_reg[rec_thread] <= stalled_reg[rec_thread] && number_reg[rec_thread] == rec_number;
        if (answer_hit) begin
            stalled_reg[answer_thread] <= 1'b0;
            replay_reg[answer_thread] <= answer_action == RETRY;
            failed_reg[answer_thread] <= answer_action == FAIL;
            if (answer_action == RETRY) wait_reg[answer_thread] <= 1'b1;
            else answer_reg[answer_thread] <= 1'b1;
        end
        granted_reg <= granted_reg & ~rel;
        if (rsp_load) begin
            answer_reg[answer_pick] <= 1'b0;
            granted_reg[answer_pick] <= ok_reg[answer_pick];
        end
        if (rsp_valid && rsp_ready) replay_reg[rsp_thread] <= 1'b0;
        // a kill ends whatever waits for the walker or the host; what is on the move ends by ok_now
        for (int t = 0; t < THREADS; t++)
            if (kill_hit[t] && (wait_reg[t] || fault_reg[t] || stalled_reg[t])) begin
                wait_reg[t] <= 1'b0;
                fault_reg[t] <= 1'b0;
                stalled_reg[t] <= 1'b0;
                ok_reg[t] <= 1'b0;
                failed_reg[t] <= 1'b0;
                answer_reg[t] <= 1'b1;
            end
        if (rst) begin
            lookup_reg <= '0;
            wait_reg <= '0;
            walking_reg <= '0;
            fault_reg <= '0;
            stalled_reg <= '0;
            answer_reg <= '0;
            granted_reg <= '0;
            ok_reg <= '0;
            failed_reg <= '0;
            huge_reg <= '0;
            seen_reg <= '0;
            numbered_reg <= '0;
            visible_reg <= '0;
            replay_reg <= '0;
            ctx_reg <= '0;
        end
    end

    wire [23:0] number_next = numbered_reg[walker_thread_reg] ? number_reg[walker_thread_reg] + 24'd1 : 24'd1;
    wire [THR_W-1:0] pa_thread = v2_reg ? thread2_reg : walker_thread_reg;

    always_ff @(posedge clk) begin
        if (accept) begin
            va_reg[req_thread] <= req_va;
            op_reg[req_thread] <= req_op;
            cookie_reg[req_thread] <= req_cookie;
        end
        if (v2_reg || walk_take)
            pa_reg[pa_thread] <= v2_reg ? {hit_local, hit_frame, offset2_reg} :
                                          {walk_perm[3], walk_frame, va_reg[walker_thread_reg][11:0]};
        if (walk_fault) begin
            cause_reg[walker_thread_reg] <= walk_cause;
            level_reg[walker_thread_reg] <= walk_level;
            number_reg[walker_thread_reg] <= number_next;
            detect_reg[walker_thread_reg] <= cycle;
        end
        if (flt_posted) visible_at_reg[rec_thread] <= cycle;
        if (answer_hit) answer_at_reg[answer_thread] <= cycle;
    end

    always_comb begin
        faulted = '0;
        faulted[walker_thread_reg] = walk_fault;
    end
    assign stalled = fault_reg | stalled_reg;
    assign active = !tlb_ready || inv_active || req_valid || rsp_valid_reg || !walker_idle || lookup_reg != '0 ||
                    (wait_reg | walking_reg | answer_reg) != '0 || (fault_reg != '0 && !flt_full) || rec_valid;

    // ---- debug windows
    wire             show_is = thr_show < THREADS;
    wire [THR_W-1:0] show = thr_show[THR_W-1:0];
    assign thr_show_va = show_is && seen_reg[show] ? va_reg[show] : 64'd0;
    assign thr_show_tag = show_is && numbered_reg[show] ? {number_reg[show], 8'(show)} : 32'd0;

    // ---- counters
    assign ev_hit = lookup_hit;
    assign ev_miss = lookup_miss;
    assign ev_walk = walk_take && !walk_abort;
    assign ev_record = flt_posted;
    assign ev_retry = answer_hit && answer_action == RETRY;
    assign ev_fail = answer_hit && answer_action == FAIL;
    assign ev_kill = rsp_load && rsp_status_next == RSP_KILLED;
    assign detect_to_record = flt_posted ? cycle - rec_detect : 64'd0;
    assign record_to_answer = answer_hit && visible_reg[answer_thread] ? cycle - visible_at_reg[answer_thread] : 64'd0;
    assign answer_to_replay = rsp_valid && rsp_ready && replay_reg[rsp_thread] ? cycle - answer_at_reg[rsp_thread] : 64'd0;

`ifdef CHECK
    logic [THREADS-1:0] pending;        // asked and not answered
    logic [THREADS-1:0] given;          // answered OK and not released
    logic [THREADS-1:0] old;            // given before the invalidation began, and covered by it
    logic [THREADS-1:0] posted;         // the record of the current fault went out
    logic               past_ok;
    logic               past_req_stuck;
    logic               past_rsp_stuck;
    logic [CTX_W+THR_W+130-1:0] past_req;
    logic [THR_W+60-1:0] past_rsp;
    always_ff @(posedge clk) begin
        past_ok <= !rst;
        past_req_stuck <= req_valid && !req_ready;
        past_req <= {req_ctx, req_thread, req_va, req_op, req_cookie};
        past_rsp_stuck <= rsp_valid && !rsp_ready;
        past_rsp <= {rsp_thread, rsp_status, rsp_pa, rsp_local, rsp_access, rsp_cause};
        if (accept) pending[req_thread] <= 1'b1;
        given <= given & ~rel;
        if (rsp_valid && rsp_ready) begin
            pending[rsp_thread] <= 1'b0;
            given[rsp_thread] <= rsp_status == RSP_OK;
        end
        for (int t = 0; t < THREADS; t++)
            if (inv_start)
                old[t] <= !rel[t] && (given[t] || (pending[t] && (granted_reg[t] || (answer_reg[t] && ok_reg[t])))) &&
                          (inv_every || ctx_reg[t*CTX_W +: CTX_W] == inv_ctx) &&
                          (inv_all || ({va_reg[t][63:21], va_reg[t][20:12] | {9{huge_reg[t]}}} >= inv_first &&
                                       {va_reg[t][63:21], va_reg[t][20:12] & ~{9{huge_reg[t]}}} <= inv_last));
            else if (rel[t]) old[t] <= 1'b0;
        if (walk_fault) posted[walker_thread_reg] <= 1'b0;
        if (post_take) posted[fault_thread] <= 1'b1;
        if (rst) begin
            pending <= '0;
            given <= '0;
            old <= '0;
            posted <= '0;
        end
        if (!rst && past_ok) begin
            if (past_req_stuck) begin
                `CHECK_NAME(req_holds) assert (req_valid && past_req == {req_ctx, req_thread, req_va, req_op, req_cookie});
            end
            if (past_rsp_stuck) begin
                `CHECK_NAME(rsp_holds) assert (rsp_valid &&
                    past_rsp == {rsp_thread, rsp_status, rsp_pa, rsp_local, rsp_access, rsp_cause});
            end
            if (accept) begin
                `CHECK_NAME(c1_one_request_per_thread) assert (!pending[req_thread] && !given[req_thread]);
            end
            if (rsp_valid && rsp_ready) begin
                `CHECK_NAME(i8_one_answer_per_request) assert (pending[rsp_thread]);
            end
            `CHECK_NAME(c3_release_what_was_given) assert ((rel & ~given) == '0);
            if (inv_done) begin
                `CHECK_NAME(i2_no_old_translation_in_use) assert (old == '0);
            end
            if (post_take) begin
                `CHECK_NAME(i4_one_record_per_fault) assert (!posted[fault_thread]);
            end
            if (answer_hit) begin
                `CHECK_NAME(i4_answered_after_its_record) assert (posted[answer_thread]);
            end
            `CHECK_NAME(slot_in_one_place) assert (
                ((lookup_reg & (wait_reg | walking_reg | fault_reg | stalled_reg | answer_reg | granted_reg)) |
                 (wait_reg & (walking_reg | fault_reg | stalled_reg | answer_reg | granted_reg)) |
                 (walking_reg & (fault_reg | stalled_reg | answer_reg | granted_reg)) |
                 (fault_reg & (stalled_reg | answer_reg | granted_reg)) |
                 (stalled_reg & (answer_reg | granted_reg)) | (answer_reg & granted_reg)) == '0);
        end
    end
`endif
endmodule

`default_nettype wire
