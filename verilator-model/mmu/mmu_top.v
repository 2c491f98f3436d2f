// SPDX-License-Identifier: GPL-2.0
//
// mmu_top: the MMU on its own behind pins that do not depend on its geometry: eight client ports, eight bits for a
// thread or a context, 64 for a mask, so that one C++ glue fits all. Ports that this MMU does not have are never ready.
// With MMU_MUTANTS defined the MMU is a netlist made for one geometry (no parameters) with an input that picks a mutant.
`default_nettype none

module mmu_top #(
    // as those of module dmmu
    parameter THREADS = 16,
    parameter CONTEXTS = 16,
    parameter PORTS = 4,
    parameter LEVELS = 4,
    parameter L1_ENTRIES = 32,
    parameter TLB_SETS = 256,
    parameter TLB_WAYS = 4,
    parameter WALKERS = 16,
    parameter PREFETCH = 1
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [63:0]  cycle,
`ifdef MMU_MUTANTS
    input  wire [31:0]  mutsel,
`endif
    output wire         ready,
    output wire         active,

    // what it is, constant: threads, contexts, ports, levels, walkers, entries per port, sets, ways, prefetch
    output wire [143:0] geometry,

    // client ports, port p in slice p
    input  wire [7:0]   req_valid,
    output logic [7:0]  req_ready,
    input  wire [63:0]  req_ctx,
    input  wire [63:0]  req_thread,
    input  wire [511:0] req_va,
    input  wire [15:0]  req_op,
    input  wire [511:0] req_cookie,
    output logic [7:0]  rsp_valid,
    input  wire [7:0]   rsp_ready,
    output logic [63:0] rsp_thread,
    output logic [15:0] rsp_status,
    output logic [511:0] rsp_pa,
    output logic [7:0]  rsp_local,
    output logic [15:0] rsp_access,
    output logic [23:0] rsp_cause,
    input  wire [7:0]   rel_valid,
    input  wire [63:0]  rel_thread,

    input  wire         ctx_set_valid,
    input  wire         ctx_kill_valid,
    input  wire [7:0]   cmd_ctx,
    input  wire [63:0]  ctx_set_root,
    input  wire         inv_start,
    input  wire         inv_every,
    input  wire         inv_all,
    input  wire [51:0]  inv_first,
    input  wire [51:0]  inv_last,
    output wire         inv_done,
    input  wire         answer_valid,
    input  wire [31:0]  answer_tag,
    input  wire [1:0]   answer_action,
    output wire         answer_stale,

    output wire [63:0]  ctx_ok,
    output wire         kill_valid,
    output wire [7:0]   kill_ctx,
    output wire [63:0]  stalled,
    output wire [63:0]  faulted,

    input  wire         flt_full,
    input  wire         flt_active,
    input  wire         flt_posted,
    output wire         rec_valid,
    input  wire [2:0]   rec_word,
    output wire [63:0]  rec_data,
    input  wire         rec_taken,

    output wire         lock_req,
    input  wire         lock_grant,
    input  wire         lock_wanted,

    output wire         arvalid,
    input  wire         arready,
    output wire [7:0]   arid,
    output wire [63:0]  araddr,
    output wire [7:0]   arlen,
    input  wire         rvalid,
    output wire         rready,
    input  wire [7:0]   rid,
    input  wire [63:0]  rdata,
    input  wire [1:0]   rresp,
    input  wire         rlast,
    output wire         awvalid,
    input  wire         awready,
    output wire [7:0]   awid,
    output wire [63:0]  awaddr,
    output wire         wvalid,
    input  wire         wready,
    output wire [63:0]  wdata,
    input  wire         bvalid,
    input  wire [7:0]   bid,
    input  wire [1:0]   bresp,

    input  wire [31:0]  ctx_show,
    output wire [1:0]   ctx_show_state,
    output wire [63:0]  ctx_show_root,
    input  wire [31:0]  thr_show,
    output wire [63:0]  thr_show_va,
    output wire [31:0]  thr_show_tag,

    // ev_*: per port; the others in one vector, bit by bit as enum mmu_event names them
    output wire [7:0]   ev_l1_hit,
    output wire [7:0]   ev_kill,
    output wire [15:0]  events,
    output wire [63:0]  detect_to_record,
    output wire [63:0]  record_to_answer,
    output wire [63:0]  answer_to_replay
);
    localparam THR_W = THREADS > 1 ? $clog2(THREADS) : 1;
    localparam CTX_W = CONTEXTS > 1 ? $clog2(CONTEXTS) : 1;
    localparam WLK_W = WALKERS > 1 ? $clog2(WALKERS) : 1;

    assign geometry = {16'(PREFETCH), 16'(TLB_WAYS), 16'(TLB_SETS), 16'(L1_ENTRIES), 16'(WALKERS), 16'(LEVELS), 16'(PORTS),
                       16'(CONTEXTS), 16'(THREADS)};

    logic [PORTS*CTX_W-1:0] m_req_ctx;
    logic [PORTS*THR_W-1:0] m_req_thread;
    logic [PORTS*THR_W-1:0] m_rel_thread;
    wire  [PORTS-1:0]       m_req_ready;
    wire  [PORTS-1:0]       m_rsp_valid;
    wire  [PORTS*THR_W-1:0] m_rsp_thread;
    wire  [PORTS*2-1:0]     m_rsp_status;
    wire  [PORTS*52-1:0]    m_rsp_pa;
    wire  [PORTS-1:0]       m_rsp_local;
    wire  [PORTS*2-1:0]     m_rsp_access;
    wire  [PORTS*3-1:0]     m_rsp_cause;

    always_comb begin
        req_ready = 8'd0;
        rsp_valid = 8'd0;
        rsp_thread = 64'd0;
        rsp_status = 16'd0;
        rsp_pa = 512'd0;
        rsp_local = 8'd0;
        rsp_access = 16'd0;
        rsp_cause = 24'd0;
        for (int p = 0; p < PORTS; p++) begin
            m_req_ctx[p*CTX_W +: CTX_W] = req_ctx[p*8 +: CTX_W];
            m_req_thread[p*THR_W +: THR_W] = req_thread[p*8 +: THR_W];
            m_rel_thread[p*THR_W +: THR_W] = rel_thread[p*8 +: THR_W];
            req_ready[p] = m_req_ready[p];
            rsp_valid[p] = m_rsp_valid[p];
            rsp_thread[p*8 +: 8] = 8'(m_rsp_thread[p*THR_W +: THR_W]);
            rsp_status[p*2 +: 2] = m_rsp_status[p*2 +: 2];
            rsp_pa[p*64 +: 64] = 64'(m_rsp_pa[p*52 +: 52]);
            rsp_local[p] = m_rsp_local[p];
            rsp_access[p*2 +: 2] = m_rsp_access[p*2 +: 2];
            rsp_cause[p*3 +: 3] = m_rsp_cause[p*3 +: 3];
        end
    end

    wire [CONTEXTS-1:0] m_ctx_ok;
    wire [CTX_W-1:0]    m_kill_ctx;
    wire [THREADS-1:0]  m_rel_wanted;
    wire [THREADS-1:0]  m_stalled;
    wire [THREADS-1:0]  m_faulted;
    wire [WLK_W-1:0]    m_arid;
    wire [WLK_W-1:0]    m_awid;
    wire [PORTS-1:0]    m_l1_hit;
    wire [PORTS-1:0]    m_kill;
    assign ctx_ok = 64'(m_ctx_ok);
    assign kill_ctx = 8'(m_kill_ctx);
    assign stalled = 64'(m_stalled);
    assign faulted = 64'(m_faulted);
    assign arid = 8'(m_arid);
    assign awid = 8'(m_awid);
    assign ev_l1_hit = 8'(m_l1_hit);
    assign ev_kill = 8'(m_kill);
    assign events[15:12] = 4'd0;

`ifdef MMU_MUTANTS
    mmu translator (
        .mutsel(mutsel),
`else
    mmu #(
        .THREADS(THREADS), .THR_W(THR_W), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .PORTS(PORTS), .LEVELS(LEVELS),
        .L1_ENTRIES(L1_ENTRIES), .TLB_SETS(TLB_SETS), .TLB_WAYS(TLB_WAYS), .WALKERS(WALKERS), .WLK_W(WLK_W),
        .PREFETCH(PREFETCH)
    ) translator (
`endif
        .clk(clk), .rst(rst), .cycle(cycle), .ready(ready), .active(active),
        .req_valid(req_valid[PORTS-1:0]), .req_ready(m_req_ready), .req_ctx(m_req_ctx), .req_thread(m_req_thread),
        .req_va(req_va[PORTS*64-1:0]), .req_op(req_op[PORTS*2-1:0]), .req_cookie(req_cookie[PORTS*64-1:0]),
        .rsp_valid(m_rsp_valid), .rsp_ready(rsp_ready[PORTS-1:0]), .rsp_thread(m_rsp_thread),
        .rsp_status(m_rsp_status), .rsp_pa(m_rsp_pa), .rsp_local(m_rsp_local), .rsp_access(m_rsp_access),
        .rsp_cause(m_rsp_cause), .rel_valid(rel_valid[PORTS-1:0]), .rel_thread(m_rel_thread),
        .ctx_set_valid(ctx_set_valid), .ctx_set_ctx(cmd_ctx[CTX_W-1:0]), .ctx_set_root(ctx_set_root),
        .ctx_kill_valid(ctx_kill_valid), .ctx_kill_ctx(cmd_ctx[CTX_W-1:0]), .inv_start(inv_start),
        .inv_every(inv_every), .inv_all(inv_all), .inv_ctx(cmd_ctx[CTX_W-1:0]), .inv_first(inv_first),
        .inv_last(inv_last), .inv_done(inv_done), .answer_valid(answer_valid), .answer_tag(answer_tag),
        .answer_action(answer_action), .answer_stale(answer_stale), .ctx_ok(m_ctx_ok), .kill_valid(kill_valid),
        .kill_ctx(m_kill_ctx), .rel_wanted(m_rel_wanted), .stalled(m_stalled), .faulted(m_faulted), .flt_full(flt_full), .flt_active(flt_active),
        .flt_posted(flt_posted), .rec_valid(rec_valid), .rec_word(rec_word), .rec_data(rec_data),
        .rec_taken(rec_taken), .lock_req(lock_req), .lock_grant(lock_grant), .lock_wanted(lock_wanted),
        .arvalid(arvalid), .arready(arready), .arid(m_arid), .araddr(araddr), .arlen(arlen), .rvalid(rvalid),
        .rready(rready), .rid(rid[WLK_W-1:0]), .rdata(rdata), .rresp(rresp), .rlast(rlast), .awvalid(awvalid),
        .awready(awready), .awid(m_awid), .awaddr(awaddr), .wvalid(wvalid), .wready(wready), .wdata(wdata),
        .bvalid(bvalid), .bid(bid[WLK_W-1:0]), .bresp(bresp), .ctx_show(ctx_show), .ctx_show_state(ctx_show_state),
        .ctx_show_root(ctx_show_root), .thr_show(thr_show), .thr_show_va(thr_show_va), .thr_show_tag(thr_show_tag),
        .ev_l1_hit(m_l1_hit), .ev_l2_hit(events[0]), .ev_miss(events[1]), .ev_merge(events[2]), .ev_walk(events[3]),
        .ev_walk_cache_hit(events[4]), .ev_prefetch(events[5]), .ev_walk_read(events[6]), .ev_ad_update(events[7]),
        .ev_record(events[8]), .ev_retry(events[9]), .ev_fail(events[10]), .ev_kill(m_kill),
        .ev_bus_error(events[11]), .detect_to_record(detect_to_record), .record_to_answer(record_to_answer),
        .answer_to_replay(answer_to_replay));

    // pins above what this geometry has
    wire unused = &{1'b0, req_valid, m_rel_wanted, req_ctx, req_thread, req_va, req_op, req_cookie, rsp_ready, rel_valid, rel_thread, cmd_ctx,
                    rid, bid};
endmodule

`default_nettype wire
