// SPDX-License-Identifier: GPL-2.0
//
// observed: an MMU as its neighbours see it, for proofs that a mutant is no mistake (cmake/mutate-prove.sh). Payload that
// nobody may look at, because its valid is low, is zero here. And neighbours keep their contracts: clients C0, C1 and C3 of
// docs/client-port.md, an access is a read, a write or an atomic; commands come one at a time as ctl_exec.v gives them, and
// the operands of an invalidation stay; memory answers what it was asked, when it was, and never EXOKAY; the lock is given to
// who asks for it, and left to it; the ring takes records that there are. It is *built* so, by wiring; nothing is assumed.
`default_nettype none

module observed #(
    // as those of module mmu, which has them already
    parameter THREADS = 4,
    parameter THR_W = 2,
    parameter CONTEXTS = 4,
    parameter CTX_W = 2,
    parameter PORTS = 2,
    parameter WLK_W = 1
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [31:0]         mutsel,
    input  wire [63:0]         cycle,
    output wire                ready,
    output wire                active,

    // client ports, port p in slice p
    input  wire [PORTS-1:0]       req_valid,
    output wire [PORTS-1:0]       req_ready,
    input  wire [PORTS*CTX_W-1:0] req_ctx,
    input  wire [PORTS*THR_W-1:0] req_thread,
    input  wire [PORTS*64-1:0]    req_va,
    input  wire [PORTS*2-1:0]     req_op,
    input  wire [PORTS*64-1:0]    req_cookie,
    output wire [PORTS-1:0]       rsp_valid,
    input  wire [PORTS-1:0]       rsp_ready,
    output logic [PORTS*THR_W-1:0] rsp_thread,
    output logic [PORTS*2-1:0]    rsp_status,
    output logic [PORTS*52-1:0]   rsp_pa,
    output logic [PORTS-1:0]      rsp_local,
    output logic [PORTS*2-1:0]    rsp_access,
    output logic [PORTS*3-1:0]    rsp_cause,
    input  wire [PORTS-1:0]       rel_valid,
    input  wire [PORTS*THR_W-1:0] rel_thread,

    // commands
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
    output wire                answer_stale,
    output wire [CONTEXTS-1:0] ctx_ok,
    output wire                kill_valid,
    output wire [CTX_W-1:0]    kill_ctx,
    output wire [THREADS-1:0]  rel_wanted,
    output wire [THREADS-1:0]  stalled,
    output wire [THREADS-1:0]  faulted,

    // fault ring, lock
    input  wire                flt_full,
    input  wire                flt_active,
    input  wire                flt_posted,
    output wire                rec_valid,
    input  wire [2:0]          rec_word,
    output wire [63:0]         rec_data,
    input  wire                rec_taken,
    output wire                lock_req,
    input  wire                lock_grant,
    input  wire                lock_wanted,

    // table memory
    output wire                arvalid,
    input  wire                arready,
    output wire [WLK_W-1:0]    arid,
    output wire [63:0]         araddr,
    output wire [7:0]          arlen,
    input  wire                rvalid,
    output wire                rready,
    input  wire [WLK_W-1:0]    rid,
    input  wire [63:0]         rdata,
    input  wire [1:0]          rresp,
    input  wire                rlast,
    output wire                awvalid,
    input  wire                awready,
    output wire [WLK_W-1:0]    awid,
    output wire [63:0]         awaddr,
    output wire                wvalid,
    input  wire                wready,
    output wire [63:0]         wdata,
    input  wire                bvalid,
    input  wire [WLK_W-1:0]    bid,
    input  wire [1:0]          bresp,

    // debug windows, events
    input  wire [31:0]         ctx_show,
    output wire [1:0]          ctx_show_state,
    output wire [63:0]         ctx_show_root,
    input  wire [31:0]         thr_show,
    output wire [63:0]         thr_show_va,
    output wire [31:0]         thr_show_tag,
    output wire [PORTS-1:0]    ev_l1_hit,
    output wire                ev_l2_hit,
    output wire                ev_miss,
    output wire                ev_merge,
    output wire                ev_walk,
    output wire                ev_walk_cache_hit,
    output wire                ev_prefetch,
    output wire                ev_walk_read,
    output wire                ev_ad_update,
    output wire                ev_record,
    output wire                ev_retry,
    output wire                ev_fail,
    output wire [PORTS-1:0]    ev_kill,
    output wire                ev_bus_error,
    output wire [63:0]         detect_to_record,
    output wire [63:0]         record_to_answer,
    output wire [63:0]         answer_to_replay
);
    localparam PORT_W = PORTS > 1 ? $clog2(PORTS) : 0;
    localparam WALKERS = 1 << WLK_W;

    wire  [PORTS*THR_W-1:0] m_rsp_thread;
    wire  [PORTS*2-1:0]     m_rsp_status;
    wire  [PORTS*52-1:0]    m_rsp_pa;
    wire  [PORTS-1:0]       m_rsp_local;
    wire  [PORTS*2-1:0]     m_rsp_access;
    wire  [PORTS*3-1:0]     m_rsp_cause;
    wire  [CTX_W-1:0]       m_kill_ctx;
    wire  [63:0]            m_rec_data;
    wire  [WLK_W-1:0]       m_arid;
    wire  [63:0]            m_araddr;
    wire  [7:0]             m_arlen;
    wire  [WLK_W-1:0]       m_awid;
    wire  [63:0]            m_awaddr;
    wire  [63:0]            m_wdata;
    logic [PORTS*THR_W-1:0] a_req_thread;
    logic [PORTS*THR_W-1:0] a_rel_thread;
    logic [PORTS*2-1:0]     a_req_op;
    wire  [1:0]             a_action = answer_action == 2'd3 ? 2'd0 : answer_action;
    wire  [1:0]             a_rresp = rresp == 2'd1 ? 2'd0 : rresp;
    wire  [1:0]             a_bresp = bresp == 2'd1 ? 2'd0 : bresp;

    // ---- clients: one request for a thread, from then on until its release nothing but that
    logic [THREADS-1:0]     pending_reg;
    logic [THREADS-1:0]     given_reg;
    wire  [THREADS-1:0]     busy = pending_reg | given_reg;
    logic [PORTS-1:0]       a_req_valid;
    logic [PORTS-1:0]       a_rel_valid;
    always_comb
        for (int p = 0; p < PORTS; p++) begin
            a_req_valid[p] = req_valid[p] && !busy[a_req_thread[p*THR_W +: THR_W]];
            a_rel_valid[p] = rel_valid[p] && given_reg[a_rel_thread[p*THR_W +: THR_W]];
        end
    always_ff @(posedge clk) begin
        for (int p = 0; p < PORTS; p++) begin
            if (a_rel_valid[p]) given_reg[a_rel_thread[p*THR_W +: THR_W]] <= 1'b0;
            if (a_req_valid[p] && req_ready[p]) pending_reg[a_req_thread[p*THR_W +: THR_W]] <= 1'b1;
            if (rsp_valid[p] && rsp_ready[p]) begin
                pending_reg[m_rsp_thread[p*THR_W +: THR_W]] <= 1'b0;
                given_reg[m_rsp_thread[p*THR_W +: THR_W]] <= m_rsp_status[p*2 +: 2] == 2'd0;
            end
        end
        if (rst) begin
            pending_reg <= '0;
            given_reg <= '0;
        end
    end

    // ---- commands: after an answer, some cycles of nothing; after CTX_SET and CTX_KILL, the invalidation of the context
    logic [1:0]        gap_reg;
    logic              then_reg;
    logic              running_reg;
    logic              every_reg, all_reg;
    logic [CTX_W-1:0]  inv_ctx_reg;
    logic [51:0]       first_reg, last_reg;
    wire               may = ready && gap_reg == 2'd0 && !then_reg && !running_reg;
    wire               a_set = may && ctx_set_valid;
    wire               a_kill = may && !ctx_set_valid && ctx_kill_valid;
    wire               a_answer = may && !ctx_set_valid && !ctx_kill_valid && answer_valid;
    wire               a_inv = then_reg || (may && !ctx_set_valid && !ctx_kill_valid && !answer_valid && inv_start);
    wire               a_every = then_reg ? 1'b0 : running_reg ? every_reg : inv_every;
    wire               a_all = then_reg || (running_reg ? all_reg : inv_all || inv_every);
    wire [CTX_W-1:0]   a_inv_ctx = then_reg || running_reg ? inv_ctx_reg : inv_ctx;
    wire [51:0]        a_first = running_reg ? first_reg : inv_first;
    wire [51:0]        a_last = running_reg ? last_reg : inv_last;
    always_ff @(posedge clk) begin
        gap_reg <= a_answer || (running_reg && inv_done) ? 2'd3 : gap_reg == 2'd0 ? 2'd0 : gap_reg - 2'd1;
        then_reg <= a_set || a_kill;
        if (a_set || a_kill) inv_ctx_reg <= a_set ? ctx_set_ctx : ctx_kill_ctx;
        else if (a_inv) inv_ctx_reg <= a_inv_ctx;
        if (a_inv) begin
            running_reg <= 1'b1;
            every_reg <= a_every;
            all_reg <= a_all;
            first_reg <= a_first;
            last_reg <= a_last;
        end else if (inv_done) running_reg <= 1'b0;
        if (rst) begin
            gap_reg <= 2'd0;
            then_reg <= 1'b0;
            running_reg <= 1'b0;
        end
    end

    // ---- memory: a beat for each that was asked for, an answer to a write that is there; the lock; records
    logic [WALKERS-1:0] asked_reg;
    logic [WALKERS-1:0] two_reg;
    logic               aw_reg, w_reg;
    logic               lock_reg;
    logic [4:0]         taken_reg;      // records on their way
    wire                a_rvalid = rvalid && asked_reg[rid];
    wire                a_rlast = !two_reg[rid];
    wire                a_awready = awready && !aw_reg;
    wire                a_wready = wready && !w_reg;
    wire                a_bvalid = bvalid && aw_reg && w_reg;
    wire                a_taken = rec_taken && rec_valid && taken_reg != 5'd31;
    wire                a_posted = flt_posted && taken_reg != 5'd0;
    always_ff @(posedge clk) begin
        if (a_rvalid && rready) begin
            if (a_rlast) asked_reg[rid] <= 1'b0;
            two_reg[rid] <= 1'b0;
        end
        if (arvalid && arready) begin
            asked_reg[m_arid] <= 1'b1;
            two_reg[m_arid] <= m_arlen[0];
        end
        if (a_bvalid) {aw_reg, w_reg} <= 2'd0;
        if (awvalid && a_awready) aw_reg <= 1'b1;
        if (wvalid && a_wready) w_reg <= 1'b1;
        lock_reg <= lock_req && (lock_reg || lock_grant);
        taken_reg <= taken_reg + (a_taken ? 5'd1 : 5'd0) - (a_posted ? 5'd1 : 5'd0);
        if (rst) begin
            asked_reg <= '0;
            {aw_reg, w_reg} <= 2'd0;
            lock_reg <= 1'b0;
            taken_reg <= 5'd0;
        end
    end

    always_comb begin
        a_req_thread = req_thread;
        a_rel_thread = rel_thread;
        a_req_op = req_op;
        // PORTS and THREADS are powers of two
        for (int p = 0; p < PORTS; p++) begin
            for (int b = 0; b < PORT_W; b++) begin
                a_req_thread[p*THR_W + b] = 1'(p >> b);
                a_rel_thread[p*THR_W + b] = 1'(p >> b);
            end
            if (req_op[p*2 +: 2] == 2'd3) a_req_op[p*2 +: 2] = 2'd0;
        end
    end

    always_comb begin
        for (int p = 0; p < PORTS; p++) begin
            rsp_thread[p*THR_W +: THR_W] = rsp_valid[p] ? m_rsp_thread[p*THR_W +: THR_W] : '0;
            rsp_status[p*2 +: 2] = rsp_valid[p] ? m_rsp_status[p*2 +: 2] : '0;
            rsp_pa[p*52 +: 52] = rsp_valid[p] && m_rsp_status[p*2 +: 2] == 2'd0 ? m_rsp_pa[p*52 +: 52] : '0;
            rsp_local[p] = rsp_valid[p] && m_rsp_status[p*2 +: 2] == 2'd0 && m_rsp_local[p];
            rsp_access[p*2 +: 2] = rsp_valid[p] && m_rsp_status[p*2 +: 2] == 2'd1 ? m_rsp_access[p*2 +: 2] : '0;
            rsp_cause[p*3 +: 3] = rsp_valid[p] && m_rsp_status[p*2 +: 2] == 2'd1 ? m_rsp_cause[p*3 +: 3] : '0;
        end
    end

    assign kill_ctx = kill_valid ? m_kill_ctx : '0;
    assign rec_data = rec_valid ? m_rec_data : '0;
    assign arid = arvalid ? m_arid : '0;
    assign araddr = arvalid ? m_araddr : '0;
    assign arlen = arvalid ? m_arlen : '0;
    assign awid = awvalid ? m_awid : '0;
    assign awaddr = awvalid ? m_awaddr : '0;
    assign wdata = wvalid ? m_wdata : '0;

    mmu translator (
        .clk(clk), .rst(rst), .mutsel(mutsel), .cycle(cycle), .ready(ready), .active(active),
        .req_valid(a_req_valid), .req_ready(req_ready), .req_ctx(req_ctx), .req_thread(a_req_thread), .req_va(req_va),
        .req_op(a_req_op), .req_cookie(req_cookie), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready),
        .rsp_thread(m_rsp_thread), .rsp_status(m_rsp_status), .rsp_pa(m_rsp_pa), .rsp_local(m_rsp_local),
        .rsp_access(m_rsp_access), .rsp_cause(m_rsp_cause), .rel_valid(a_rel_valid), .rel_thread(a_rel_thread),
        .ctx_set_valid(a_set), .ctx_set_ctx(ctx_set_ctx), .ctx_set_root(ctx_set_root),
        .ctx_kill_valid(a_kill), .ctx_kill_ctx(ctx_kill_ctx), .inv_start(a_inv), .inv_every(a_every),
        .inv_all(a_all), .inv_ctx(a_inv_ctx), .inv_first(a_first), .inv_last(a_last), .inv_done(inv_done),
        .answer_valid(a_answer), .answer_tag(answer_tag), .answer_action(a_action), .answer_stale(answer_stale),
        .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(m_kill_ctx), .rel_wanted(rel_wanted), .stalled(stalled),
        .faulted(faulted), .flt_full(flt_full), .flt_active(flt_active), .flt_posted(a_posted),
        .rec_valid(rec_valid), .rec_word(rec_word), .rec_data(m_rec_data), .rec_taken(a_taken),
        .lock_req(lock_req), .lock_grant(lock_reg), .lock_wanted(lock_wanted),
        .arvalid(arvalid), .arready(arready), .arid(m_arid), .araddr(m_araddr), .arlen(m_arlen), .rvalid(a_rvalid),
        .rready(rready), .rid(rid), .rdata(rdata), .rresp(a_rresp), .rlast(a_rlast), .awvalid(awvalid),
        .awready(a_awready), .awid(m_awid), .awaddr(m_awaddr), .wvalid(wvalid), .wready(a_wready), .wdata(m_wdata),
        .bvalid(a_bvalid), .bid(bid), .bresp(a_bresp), .ctx_show(ctx_show), .ctx_show_state(ctx_show_state),
        .ctx_show_root(ctx_show_root), .thr_show(thr_show), .thr_show_va(thr_show_va), .thr_show_tag(thr_show_tag),
        .ev_l1_hit(ev_l1_hit), .ev_l2_hit(ev_l2_hit), .ev_miss(ev_miss), .ev_merge(ev_merge), .ev_walk(ev_walk),
        .ev_walk_cache_hit(ev_walk_cache_hit), .ev_prefetch(ev_prefetch), .ev_walk_read(ev_walk_read),
        .ev_ad_update(ev_ad_update), .ev_record(ev_record), .ev_retry(ev_retry), .ev_fail(ev_fail),
        .ev_kill(ev_kill), .ev_bus_error(ev_bus_error), .detect_to_record(detect_to_record),
        .record_to_answer(record_to_answer), .answer_to_replay(answer_to_replay));
endmodule

`default_nettype wire
