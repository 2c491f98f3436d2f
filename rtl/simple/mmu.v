// SPDX-License-Identifier: GPL-2.0
//
// mmu, the simple one: the same ports and promises as rtl/mmu.v, with one lookup at a time for all client ports and
// one walk at a time. Chosen by the CMake option DMMU_MMU; see docs/bring-your-own-mmu.md.
`default_nettype none

module mmu #(
    // threads, contexts, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    // client ports; thread t uses port t modulo PORTS
    parameter PORTS = 4,
    // page-table levels
    parameter LEVELS = 4,
    // first-level TLB, entries per port; 0 for none
    parameter L1_ENTRIES = 32,
    // shared TLB geometry
    parameter TLB_SETS = 256,
    parameter TLB_WAYS = 4,
    // walks at a time, and bits of a walk's number
    parameter WALKERS = 16,
    parameter WLK_W = 4,
    // 1: a walk also brings the entry of the next page
    parameter PREFETCH = 1
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [63:0]         cycle,
    output wire                ready,
    // something here moves without a client or the host
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
    output wire [PORTS*THR_W-1:0] rsp_thread,
    output wire [PORTS*2-1:0]     rsp_status,
    output wire [PORTS*52-1:0]    rsp_pa,
    output wire [PORTS-1:0]       rsp_local,
    output wire [PORTS*2-1:0]     rsp_access,
    output wire [PORTS*3-1:0]     rsp_cause,
    input  wire [PORTS-1:0]       rel_valid,
    input  wire [PORTS*THR_W-1:0] rel_thread,

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

    // page-table lock: held while an entry is read and written back; somebody else waits for it
    output wire                lock_req,
    input  wire                lock_grant,
    input  wire                lock_wanted,
    // page tables in local memory: reads of one or two entries and writes of one, named by the walk; AXI rules
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

    // debug windows
    input  wire [31:0]         ctx_show,
    output wire [1:0]          ctx_show_state,
    output wire [63:0]         ctx_show_root,
    input  wire [31:0]         thr_show,
    output wire [63:0]         thr_show_va,
    output wire [31:0]         thr_show_tag,

    // events for the counters, and cycles spent in the phases of a fault
    // per port: hit in its first level
    output wire [PORTS-1:0]    ev_l1_hit,
    output wire                ev_l2_hit,
    // wanted a walk; joined one that was under way
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
    // per port: a request was answered KILLED
    output wire [PORTS-1:0]    ev_kill,
    output wire                ev_bus_error,
    output wire [63:0]         detect_to_record,
    output wire [63:0]         record_to_answer,
    output wire [63:0]         answer_to_replay
);
    // ---- client ports joined: requests round robin, answers and releases by thread
    localparam PORT_W = PORTS > 1 ? $clog2(PORTS) : 1;
    wire              any;
    wire [PORT_W-1:0] pick;
    wire              one_ready;
    wire              one_rsp_valid;
    wire [THR_W-1:0]  one_thread;
    wire [1:0]        one_status;
    wire [51:0]       one_pa;
    wire              one_local;
    wire [1:0]        one_access;
    wire [2:0]        one_cause;
    logic [PORTS-1:0] to_port;
    logic [THREADS-1:0] rel;
    // the choice stays until it is taken, so that the joined port keeps its payload
    logic             held_reg;
    logic [PORT_W-1:0] held_port_reg;
    wire [PORT_W-1:0] port = held_reg ? held_port_reg : pick;

    rr_arbiter #(.N(PORTS), .W(PORT_W)) arbiter (
        .clk(clk), .rst(rst), .req(req_valid), .take(any && !held_reg), .any(any), .index(pick));

    always_ff @(posedge clk) begin
        held_reg <= any && !one_ready;
        held_port_reg <= port;
        if (rst) held_reg <= 1'b0;
    end

    always_comb begin
        to_port = '0;
        for (int t = 0; t < THREADS; t++)
            if (one_thread == THR_W'(t)) to_port[t % PORTS] = 1'b1;
        rel = '0;
        for (int p = 0; p < PORTS; p++)
            if (rel_valid[p]) rel[rel_thread[p*THR_W +: THR_W]] = 1'b1;
    end

    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : client
            assign req_ready[p] = any && one_ready && port == PORT_W'(p);
        end
    endgenerate
    assign rsp_valid = to_port & {PORTS{one_rsp_valid}};
    assign rsp_thread = {PORTS{one_thread}};
    assign rsp_status = {PORTS{one_status}};
    assign rsp_pa = {PORTS{one_pa}};
    assign rsp_local = {PORTS{one_local}};
    assign rsp_access = {PORTS{one_access}};
    assign rsp_cause = {PORTS{one_cause}};

    mmu_one_port #(
        .THREADS(THREADS), .THR_W(THR_W), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .LEVELS(LEVELS), .TLB_SETS(TLB_SETS),
        .TLB_WAYS(TLB_WAYS)
    ) one (
        .clk(clk), .rst(rst), .cycle(cycle), .ready(ready), .active(active),
        .req_valid(any), .req_ready(one_ready), .req_ctx(req_ctx[port*CTX_W +: CTX_W]),
        .req_thread(req_thread[port*THR_W +: THR_W]), .req_va(req_va[port*64 +: 64]), .req_op(req_op[port*2 +: 2]),
        .req_cookie(req_cookie[port*64 +: 64]), .rsp_valid(one_rsp_valid), .rsp_ready((rsp_ready & to_port) != '0),
        .rsp_thread(one_thread), .rsp_status(one_status), .rsp_pa(one_pa), .rsp_local(one_local),
        .rsp_access(one_access), .rsp_cause(one_cause), .rel(rel),
        .ctx_set_valid(ctx_set_valid), .ctx_set_ctx(ctx_set_ctx), .ctx_set_root(ctx_set_root),
        .ctx_kill_valid(ctx_kill_valid), .ctx_kill_ctx(ctx_kill_ctx), .inv_start(inv_start), .inv_every(inv_every),
        .inv_all(inv_all), .inv_ctx(inv_ctx), .inv_first(inv_first), .inv_last(inv_last), .inv_done(inv_done),
        .answer_valid(answer_valid), .answer_tag(answer_tag), .answer_action(answer_action), .answer_stale(answer_stale),
        .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx), .stalled(stalled), .faulted(faulted),
        .flt_full(flt_full), .flt_active(flt_active), .flt_posted(flt_posted), .rec_valid(rec_valid),
        .rec_word(rec_word), .rec_data(rec_data), .rec_taken(rec_taken), .lock_req(lock_req), .lock_grant(lock_grant),
        .arvalid(arvalid), .arready(arready), .araddr(araddr), .arlen(arlen), .rvalid(rvalid), .rready(rready),
        .rdata(rdata), .rresp(rresp), .awvalid(awvalid), .awready(awready), .awaddr(awaddr), .awlen(unused_awlen),
        .wvalid(wvalid), .wready(wready), .wdata(wdata), .wlast(unused_wlast), .bvalid(bvalid), .bresp(bresp),
        .ctx_show(ctx_show), .ctx_show_state(ctx_show_state), .ctx_show_root(ctx_show_root), .thr_show(thr_show),
        .thr_show_va(thr_show_va), .thr_show_tag(thr_show_tag), .ev_hit(ev_l2_hit), .ev_miss(ev_miss), .ev_walk(ev_walk),
        .ev_walk_read(ev_walk_read), .ev_ad_update(ev_ad_update), .ev_record(ev_record),
        .ev_retry(ev_retry), .ev_fail(ev_fail), .ev_kill(one_kill), .ev_bus_error(ev_bus_error),
        .detect_to_record(detect_to_record), .record_to_answer(record_to_answer), .answer_to_replay(answer_to_replay));

    // one walk at a time, no first level, no walk cache, nothing fetched ahead
    assign arid = '0;
    assign awid = '0;
    assign ev_l1_hit = '0;
    assign ev_kill = PORTS'(one_kill);
    assign ev_merge = 1'b0;
    assign ev_walk_cache_hit = 1'b0;
    assign ev_prefetch = 1'b0;
    wire       one_kill;
    wire [7:0] unused_awlen;
    wire       unused_wlast;
    wire       unused = &{1'b0, lock_wanted, rid, bid, rlast, unused_awlen, unused_wlast, L1_ENTRIES != 0, WALKERS != 0, PREFETCH != 0};
endmodule

`default_nettype wire
