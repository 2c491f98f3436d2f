// SPDX-License-Identifier: GPL-2.0
//
// mmu: the client ports of docs/client-port.md, and what is behind them. A request is looked up in its port's own TLB
// (answer in 2 cycles), then in the shared one (5; 7 and more when others are before it), then a walk of the page table brings its
// entry; requests overtake each other as they can. A walk is for all threads that miss on its page; when it faults, those that want
// the same access share one fault and one record, and one answer is for all of them.
//
//   stage 0 accept, first-level compare; the shared TLB's next lookup is chosen   1 answer, and the shared TLB is read, when it was
//   chosen   2 else chosen among those that missed   then 3, 4 shared TLB   5 act: answer, walk, fault, or look up again
//
// The command port (from ctl_exec) sets and kills contexts, invalidates and answers faults, one at a time. Faults
// leave by a record port to the fault ring. Walks have a memory port to local memory.
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
    // per thread: an invalidation waits for its release, which it may hasten
    output wire [THREADS-1:0]  rel_wanted,
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
    localparam VA_W = 12 + 9 * LEVELS;
    localparam VPN_W = 9 * LEVELS;
    localparam [1:0] RSP_OK = 2'd0, RSP_FAULT = 2'd1, RSP_KILLED = 2'd2;
    localparam [1:0] RETRY = 2'(dmmu_pkg::ANSWER_RETRY), FAIL = 2'(dmmu_pkg::ANSWER_FAIL), KILL = 2'(dmmu_pkg::ANSWER_KILL);
    // what goes with a request: not canonical, page number, context, thread, operation
    localparam ASK_W = 1 + VPN_W + CTX_W + THR_W + 2;
    // tables of a level that are remembered: 64 cover 128 MiB with last-level tables; a small MMU has less of everything
    localparam CACHE = TLB_SETS < 64 ? (TLB_SETS < 4 ? 4 : TLB_SETS) : 64;

    // a bit for each thread. Compared, not shifted: yosys shares a shifter between what never happens at once, and puts one behind the other
    function [THREADS-1:0] one(input [THR_W-1:0] thread);
        for (int t = 0; t < THREADS; t++) one[t] = thread == THR_W'(t);
    endfunction

    function [PORTS-1:0] port_of(input [THR_W-1:0] thread);
        port_of = '0;
        for (int t = 0; t < THREADS; t++)
            if (thread == THR_W'(t)) port_of[t % PORTS] = 1'b1;
    endfunction

    // ---- threads: where each one's request is, one place at a time
    logic [THREADS-1:0] want_reg;       // is to be looked up in the shared TLB
    logic [THREADS-1:0] walking_reg;    // waits for walk walk_reg
    logic [THREADS-1:0] fault_reg;      // faulted, record not taken yet
    logic [THREADS-1:0] stalled_reg;    // faulted, waits for the host's answer
    logic [THREADS-1:0] ended_reg;      // is to be answered FAULT (failed_reg) or KILLED
    logic [THREADS-1:0] granted_reg;    // OK was given or is on its way, release is due
    // ---- and what is known of it
    logic [THREADS-1:0] full_reg;       // in want_reg: there was no room for its walk
    logic [THREADS-1:0] guarded_reg;    // in want_reg: its page is being invalidated
    logic [THREADS-1:0] root_reg;       // answered RETRY: a walk, from the root
    logic [THREADS-1:0] retried_reg;    // answered RETRY: no walk that began before the answer will do
    logic [THREADS-1:0] counted_reg;    // its lookup in the shared TLB was counted
    logic [THREADS-1:0] failed_reg;
    logic [THREADS-1:0] huge_reg;       // its translation is a part of a 2 MiB page
    logic [THREADS-1:0] lead_reg;       // its fault has a record of its own
    logic [THREADS-1:0] visible_reg;    // and that is visible in memory
    logic [THREADS-1:0] replay_reg;     // and was answered RETRY: its next answer, if that is no other fault, ends the replay
    logic [THREADS-1:0] seen_reg;       // asked for something since reset
    logic [THREADS-1:0] numbered_reg;   // had a record since reset
    logic [THREADS*CTX_W-1:0] ctx_reg;
    logic [THREADS*2-1:0]     op_reg;
    logic [THREADS*3-1:0]     cause_reg;
    logic [THREADS*WLK_W-1:0] walk_reg;
    // of the thread whose record it is
    logic [THREADS-1:0] group [0:THREADS-1];    // who shares it
    logic [2:0]  level [0:THREADS-1];
    logic [23:0] number [0:THREADS-1];
    logic [63:0] detect [0:THREADS-1];
    logic [63:0] visible_at [0:THREADS-1];
    logic [31:0] answer_at [0:THREADS-1];

    // ---- contexts
    wire [CTX_W-1:0]    root_ctx;
    wire [63:0]         root;
    // an answer is compared in one cycle and takes effect in the next
    wire [THR_W-1:0]    asked_thread = answer_tag[THR_W-1:0];
    wire                asked_hit = answer_valid && answer_tag[7:0] < 8'(THREADS) && stalled_reg[asked_thread] &&
                                    lead_reg[asked_thread] && number[asked_thread] == answer_tag[31:8];
    logic               answer_hit;
    logic               answer_stale_reg;
    logic [THR_W-1:0]   answer_thread;
    logic [1:0]         action;
    logic               kill_reg;
    logic [CTX_W-1:0]   kill_ctx_reg;
    logic [CONTEXTS-1:0] kill_1h_reg;   // the one that is killed
    wire                kill_next = ctx_kill_valid || (asked_hit && answer_action == KILL);
    wire [CTX_W-1:0]    kill_ctx_next = ctx_kill_valid ? ctx_kill_ctx : ctx_reg[asked_thread*CTX_W +: CTX_W];
    wire [THREADS-1:0]  answered = answer_hit ? group[answer_thread] : '0;

    always_ff @(posedge clk) begin
        answer_hit <= asked_hit;
        answer_stale_reg <= answer_valid && !asked_hit;
        answer_thread <= asked_thread;
        action <= answer_action;
        kill_reg <= kill_next;
        kill_ctx_reg <= kill_ctx_next;
        for (int c = 0; c < CONTEXTS; c++) kill_1h_reg[c] <= kill_next && kill_ctx_next == CTX_W'(c);
        if (rst) begin
            answer_hit <= 1'b0;
            answer_stale_reg <= 1'b0;
            kill_reg <= 1'b0;
            kill_1h_reg <= '0;
        end
    end

    assign answer_stale = answer_stale_reg;
    assign kill_valid = kill_reg;
    assign kill_ctx = kill_ctx_reg;

    ctx_table #(.CONTEXTS(CONTEXTS), .CTX_W(CTX_W)) contexts (
        .clk(clk), .rst(rst),
        .set_valid(ctx_set_valid), .set_ctx(ctx_set_ctx), .set_root(ctx_set_root),
        .kill_valid(kill_valid), .kill_ctx(kill_ctx), .ok(ctx_ok),
        .root_ctx(root_ctx), .root(root),
        .show(ctx_show), .show_state(ctx_show_state), .show_root(ctx_show_root));

    // a context that may get translations from this cycle on. Who only looks at ctx_ok may still tell or fault in the cycle of
    // the kill: what is told is waited for, and kill_hit comes a cycle later and sees the fault.
    logic [CONTEXTS-1:0] runs_reg;
    logic [THREADS-1:0] kill_hit;
    always_ff @(posedge clk) begin
        for (int c = 0; c < CONTEXTS; c++)
            runs_reg[c] <= !rst && (ctx_ok[c] || (ctx_set_valid && ctx_set_ctx == CTX_W'(c))) && !kill_1h_reg[c] &&
                         !(kill_next && kill_ctx_next == CTX_W'(c));
        for (int t = 0; t < THREADS; t++)
            kill_hit[t] <= kill_valid && ctx_reg[t*CTX_W +: CTX_W] == kill_ctx;
        if (rst) kill_hit <= '0;
    end

    // ---- invalidation
    wire             inv_active;
    wire             hold;
    wire             flush;
    wire             flush_next;
    wire             guard;
    wire             settled;
    wire             swept;
    wire             ad_writing;
    wire             draining;
    wire             resting;
    wire             scanning;
    wire [THR_W-1:0] scan;
    wire [63:0]      scan_va;
    logic            drop_valid_reg;    // a thread's translation is compared with the range
    logic [THR_W-1:0] drop_thread_reg;
    logic [51:0]     drop_first_reg;
    logic [51:0]     drop_last_reg;
    logic            drop_ctx_reg;
    // translations given before the flush, covered by the invalidation as far as is known, and not released
    logic [THREADS-1:0] old_reg;
    logic [THREADS-1:0] rel_wanted_reg;
    // a 2 MiB page is one translation: a part of it in the range is all of it
    wire [8:0]       scan_part = {9{huge_reg[scan]}};

    always_ff @(posedge clk) begin
        drop_valid_reg <= scanning;
        drop_thread_reg <= scan;
        drop_first_reg <= {scan_va[63:21], scan_va[20:12] & ~scan_part};
        drop_last_reg <= {scan_va[63:21], scan_va[20:12] | scan_part};
        drop_ctx_reg <= !inv_every && ctx_reg[scan*CTX_W +: CTX_W] != inv_ctx;
        rel_wanted_reg <= resting && !drop_valid_reg ? old_reg : '0;
        if (flush) old_reg <= granted_reg;
        if (drop_valid_reg && (drop_ctx_reg || (!inv_all && (drop_last_reg < inv_first || drop_first_reg > inv_last))))
            old_reg[drop_thread_reg] <= 1'b0;
        for (int t = 0; t < THREADS; t++)
            if (rel_valid[t%PORTS] && rel_thread[t%PORTS*THR_W +: THR_W] == THR_W'(t)) old_reg[t] <= 1'b0;
        if (rst) begin
            drop_valid_reg <= 1'b0;
            old_reg <= '0;
            rel_wanted_reg <= '0;
        end
    end

    assign rel_wanted = rel_wanted_reg;

    invalidate #(.THREADS(THREADS), .THR_W(THR_W)) invalidation (
        .clk(clk), .rst(rst), .start(inv_start), .active(inv_active), .done(inv_done), .hold(hold), .settled(settled),
        .flush(flush), .flush_next(flush_next), .guard(guard), .swept(swept), .scanning(scanning), .scan(scan),
        .held(old_reg != '0 || drop_valid_reg), .ad_writing(ad_writing), .draining(draining), .resting(resting));

    // ---- shared stage results, used by the ports (below)
    logic             end_valid_reg;    // stage 5: an operation of the shared TLB has its result
    logic [WLK_W-1:0] end_walk_reg;
    logic [ASK_W-1:0] end_ask_reg;
    wire              end_nc;
    wire [VPN_W-1:0]  end_vpn;
    wire [CTX_W-1:0]  end_ctx;
    wire [THR_W-1:0]  end_thread;
    wire [1:0]        end_op;
    wire              end_hit;
    wire              end_huge;
    wire [4:0]        end_perm;
    wire [39:0]       end_frame;
    wire              end_ok;           // it is a translation for end_thread
    logic             end_lookup_reg;   // of a request
    logic             end_done_reg;     // a walk's own translation is installed
    // what becomes of it, in as far as the comparison does not matter: all known a cycle before
    logic             end_killed_reg;   // its context does not run
    logic             end_fault_reg;    // its address is not canonical
    logic             end_again_reg;    // its page is being invalidated
    logic             end_try_reg;      // none of these: a hit or a walk
    logic             end_may_reg;      // a hit is an answer
    wire              end_lookup = end_lookup_reg;

    assign {end_nc, end_vpn, end_ctx, end_thread, end_op} = end_ask_reg;

    // what a walk brought for who began it: while no lookup has its result, else it waits here
    wire [THR_W-1:0]  soon_leader;
    logic             told_reg;
    logic             untold_reg;       // not told_reg: that one chooses among a hundred wires
    wire              give_soon = !end_lookup && !told_reg;     // what is told early is known last, that it is is known after all else
    wire [PORTS-1:0]  soon_port;        // that it may be told, at its port
    wire              soon = give_soon && soon_port != '0;
    wire [THR_W-1:0]  in_leader;
    wire [CTX_W-1:0]  soon_ctx;
    wire [VPN_W-1:0]  soon_vpn;
    wire              soon_huge;
    wire [4:0]        soon_perm;
    wire [39:0]       soon_frame;
    logic [CTX_W-1:0] told_ctx_reg;
    logic [THR_W-1:0] told_thread_reg;
    logic [VPN_W-1:0] told_vpn_reg;
    logic             told_huge_reg;
    logic [4:0]       told_perm_reg;
    logic [39:0]      told_frame_reg;

    // a translation for a thread, of the shared TLB or of a walk; the choice does not wait for the comparison
    wire [PORTS-1:0]  give_port;        // at which port
    wire [CTX_W-1:0]  give_ctx = give_soon ? soon_ctx : end_lookup ? end_ctx : told_ctx_reg;
    wire [THR_W-1:0]  give_thread = give_soon ? soon_leader : end_lookup ? end_thread : told_thread_reg;
    wire [VPN_W-1:0]  give_vpn = give_soon ? soon_vpn : end_lookup ? end_vpn : told_vpn_reg;
    wire              give_huge = give_soon ? soon_huge : end_lookup ? end_huge : told_huge_reg;
    wire [4:0]        give_perm = give_soon ? soon_perm : end_lookup ? end_perm : told_perm_reg;
    wire [39:0]       give_frame = give_soon ? soon_frame : end_lookup ? end_frame : told_frame_reg;
    wire [PORTS-1:0]  end_port = {PORTS{end_ok}} & port_of(end_thread);
    assign            give_port = give_soon ? soon_port : end_lookup ? end_port : port_of(told_thread_reg);

    // into the first-level TLB a cycle later; nothing is given in the two cycles before a flush
    logic [PORTS-1:0] fill_reg;
    logic [CTX_W-1:0] fill_ctx_reg;
    logic [VPN_W-1:0] fill_vpn_reg;
    logic             fill_huge_reg;
    logic [4:0]       fill_perm_reg;
    logic [39:0]      fill_frame_reg;
    always_ff @(posedge clk) begin
        fill_reg <= rst ? '0 : give_port;
        {fill_ctx_reg, fill_vpn_reg, fill_huge_reg, fill_perm_reg, fill_frame_reg} <= {give_ctx, give_vpn, give_huge, give_perm, give_frame};
    end

    // ---- client ports: accept; compare (first level); answer
    logic [PORTS-1:0]     look_valid_reg;
    wire  [PORTS-1:0]     out_free;
    wire  [PORTS-1:0]     l1_huge;
    wire  [PORTS-1:0]     look_hit;
    wire  [PORTS-1:0]     look_miss;
    wire  [PORTS*ASK_W-1:0] new_ask;      // of the request that asks to be taken
    wire  [PORTS*THR_W-1:0] look_who;     // of the one that was
    wire  [PORTS-1:0]     late;         // answers of the second level and later wait
    wire  [PORTS-1:0]     out_ended;    // answers a request of ended_reg
    wire  [PORTS*THR_W-1:0] out_ended_thread;
    logic [PORTS-1:0]     miss_valid_reg;   // missed, is to be looked up in the shared TLB before want_reg's
    logic [PORTS*ASK_W-1:0] miss_ask_reg;
    wire  [PORTS-1:0]     miss_take;
    logic [PORTS-1:0]     next_early_reg;   // was taken in the last cycle, and is the next to be looked up in the shared TLB, too
    // in the last cycle: asked; hit; missed with no room to wait at the port; was answered from ended_reg
    logic [THREADS-1:0]   new_1h_reg;
    logic [THREADS-1:0]   hit_1h_reg;
    logic [THREADS-1:0]   miss_1h_reg;
    logic [THREADS-1:0]   gone_1h_reg;
    logic [PORTS-1:0]     hit_huge_reg;
    wire  [PORTS-1:0]     accept = req_valid & req_ready;

    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : port
            wire [THR_W-1:0] thread = req_thread[p*THR_W +: THR_W];
            wire [63:0]      va = req_va[p*64 +: 64];
            logic [ASK_W-1:0] ask_reg;
            logic [11:0]     look_offset_reg;
            wire [THR_W-1:0] look_thread;
            wire             l1_local;
            wire [39:0]      l1_frame;

            assign new_ask[p*ASK_W +: ASK_W] = {va[63:VA_W] != '0, va[12 +: VPN_W], req_ctx[p*CTX_W +: CTX_W], thread, req_op[p*2 +: 2]};
            assign look_thread = ask_reg[2 +: THR_W];
            assign look_who[p*THR_W +: THR_W] = look_thread;

            // late answers go first: they are of requests taken before
            assign req_ready[p] = !hold && out_free[p] && !late[p];

            always_ff @(posedge clk) begin
                if (out_free[p]) look_valid_reg[p] <= accept[p];
                if (accept[p]) begin
                    ask_reg <= new_ask[p*ASK_W +: ASK_W];
                    look_offset_reg <= va[11:0];
                end
                if (rst) look_valid_reg[p] <= 1'b0;
            end

            // one hits whose context runs when it is taken (a kill waits for what is given), whose address is one
            l1_tlb #(.ENTRIES(L1_ENTRIES), .CTX_W(CTX_W), .VPN_W(VPN_W)) first_level (
                .clk(clk), .rst(rst), .flush(flush),
                .lk_valid(accept[p]), .lk_may(runs_reg[req_ctx[p*CTX_W +: CTX_W]] && va[63:VA_W] == '0),
                .lk_ctx(req_ctx[p*CTX_W +: CTX_W]), .lk_vpn(va[12 +: VPN_W]), .lk_op(req_op[p*2 +: 2]),
                .res_hit(look_hit[p]), .res_huge(l1_huge[p]), .res_local(l1_local), .res_frame(l1_frame),
                .res_take(look_valid_reg[p] && out_free[p]),
                .fill_valid(fill_reg[p]), .fill_ctx(fill_ctx_reg), .fill_vpn(fill_vpn_reg), .fill_huge(fill_huge_reg),
                .fill_perm(fill_perm_reg), .fill_frame(fill_frame_reg));

            assign look_miss[p] = look_valid_reg[p] && !look_hit[p] && out_free[p];

            // an answer of the shared TLB or of a walk that finds the way out taken waits here; a thread has one, so there is room
            logic [THR_W+40:0] queue [0:(1 << THR_W)-1]; // whole turns of head and tail
            logic [THR_W:0]    head_reg;
            logic [THR_W:0]    tail_reg;
            logic              queued_reg;      // head_reg and tail_reg differ
            wire               queue_one = tail_reg - head_reg == (THR_W+1)'(1);
            wire [THR_W+40:0]  queue_out = queue[head_reg[THR_W-1:0]];
            wire               give_here = give_port[p];
            wire               queue_in = give_here && (!out_free[p] || look_hit[p] || queued_reg || ended_valid_reg);
            wire               queue_go = queued_reg && out_free[p] && !look_hit[p];

            always_ff @(posedge clk) begin
                if (queue_in) begin
                    queue[tail_reg[THR_W-1:0]] <= {give_perm[3], give_frame, give_thread};
                    tail_reg <= tail_reg + 1'b1;
                end
                if (queue_go) head_reg <= head_reg + 1'b1;
                queued_reg <= queue_in || (queued_reg && !(queue_go && queue_one));
                if (rst) begin
                    queued_reg <= 1'b0;
                    head_reg <= '0;
                    tail_reg <= '0;
                end
            end

            // offsets within the page, of late answers
            logic [11:0] offset [0:THREADS-1];
            always_ff @(posedge clk)
                if (accept[p]) offset[thread] <= va[11:0];

            // a thread that ended: the lowest, chosen a cycle before
            logic             ended_next;
            logic [THR_W-1:0] ended_pick;
            logic             ended_valid_reg;
            logic [THR_W-1:0] ended_thread_reg;
            always_comb begin
                ended_next = 1'b0;
                ended_pick = '0;
                for (int t = THREADS - 1; t >= 0; t--)
                    if (t % PORTS == p && ended_reg[t] && !gone_1h_reg[t] && !(ended_valid_reg && ended_thread_reg == THR_W'(t))) begin
                        ended_next = 1'b1;
                        ended_pick = THR_W'(t);
                    end
            end
            wire              ended_go = ended_valid_reg && out_free[p] && !look_hit[p] && !queued_reg;
            always_ff @(posedge clk) begin
                if (!ended_valid_reg || ended_go) begin
                    ended_valid_reg <= ended_next;
                    ended_thread_reg <= ended_pick;
                end
                if (rst) ended_valid_reg <= 1'b0;
            end
            assign late[p] = queued_reg || ended_valid_reg;

            localparam ANSWER_W = 53 + THR_W + 7;
            wire              late_local;
            wire [39:0]       late_frame;
            wire [THR_W-1:0]  late_thread;

            assign {late_local, late_frame, late_thread} = queued_reg ? queue_out : {give_perm[3], give_frame, give_thread};
            assign out_ended[p] = ended_go;
            assign out_ended_thread[p*THR_W +: THR_W] = ended_thread_reg;

            wire             new_valid = look_hit[p] || queued_reg || ended_valid_reg || give_here;
            wire [ANSWER_W-1:0] new_answer = {
                look_hit[p] ? {l1_local, l1_frame, look_offset_reg} : {late_local, late_frame, offset[late_thread]},
                look_hit[p] ? look_thread : queued_reg || !ended_valid_reg ? late_thread : ended_thread_reg,
                !ended_go ? RSP_OK : failed_reg[ended_thread_reg] ? RSP_FAULT : RSP_KILLED,
                op_reg[ended_thread_reg*2 +: 2], cause_reg[ended_thread_reg*3 +: 3]};

            slice #(.W(ANSWER_W)) answers (
                .clk(clk), .rst(rst), .s_valid(new_valid), .s_ready(out_free[p]), .s_data(new_answer),
                .m_valid(rsp_valid[p]), .m_ready(rsp_ready[p]),
                .m_data({rsp_local[p], rsp_pa[p*52 +: 52], rsp_thread[p*THR_W +: THR_W], rsp_status[p*2 +: 2], rsp_access[p*2 +: 2],
                         rsp_cause[p*3 +: 3]}));

            assign ev_l1_hit[p] = look_hit[p] && out_free[p];
            assign ev_kill[p] = ended_go && !failed_reg[ended_thread_reg];

            // a miss waits for the shared TLB here, or in want_reg when another does already
            always_ff @(posedge clk) begin
                if (miss_take[p]) miss_valid_reg[p] <= 1'b0;
                if (look_miss[p] && !next_early_reg[p] && (!miss_valid_reg[p] || miss_take[p])) begin
                    miss_valid_reg[p] <= 1'b1;
                    miss_ask_reg[p*ASK_W +: ASK_W] <= ask_reg;
                end
                if (rst) miss_valid_reg[p] <= 1'b0;
            end
        end
    endgenerate

    // ---- requests by thread
    logic [THREADS-1:0] again_who_reg;  // next of want_reg, and its number
    logic [THR_W-1:0] again_thread;
    wire  [THREADS-1:0] fault_who;      // next of fault_reg
    wire  [THR_W-1:0] fault_thread;
    wire             show_is = thr_show < THREADS;
    wire [THR_W-1:0] show = thr_show[THR_W-1:0];
    wire [63:0]      again_va, fault_va, fault_cookie, show_va;

    slot_ram #(.THREADS(THREADS), .THR_W(THR_W), .PORTS(PORTS), .W(64), .READS(4)) addresses (
        .clk(clk), .write(accept), .wthread(req_thread), .wdata(req_va),
        .rthread({show, fault_thread, scan, again_thread}), .rdata({show_va, fault_va, scan_va, again_va}));
    slot_ram #(.THREADS(THREADS), .THR_W(THR_W), .PORTS(PORTS), .W(64), .READS(1)) cookies (
        .clk(clk), .write(accept), .wthread(req_thread), .wdata(req_cookie),
        .rthread(fault_thread), .rdata(fault_cookie));

    // ---- looked up again: those whose walk is over, who found no room, or were answered RETRY
    wire             room;
    wire [THREADS-1:0] again_1h;
    logic [THREADS-1:0] again_1h_reg;   // was chosen in the last cycle, and leaves want_reg
    logic            again_next_reg;    // again_thread was chosen, its address is being read
    logic            again_valid_reg;
    logic [ASK_W-1:0] again_ask_reg;
    wire             again_take;
    // as of the cycle before: who is chosen too soon is turned back once more
    logic            room_reg;
    logic            guard_reg;
    wire [THREADS-1:0] again_may = want_reg & ~again_1h_reg & ~(full_reg & {THREADS{!room_reg}}) & ~(guarded_reg & {THREADS{guard_reg}});
    wire             again_any = again_may != '0;
    wire             again_free = !again_valid_reg || again_take;
    // a place is free without asking whether the next of it is taken in this cycle
    wire             again_room = !again_next_reg || !again_valid_reg;

    rr_grant #(.N(THREADS)) again_order (
        .clk(clk), .rst(rst), .req(again_may), .take(again_room && again_any), .grant(again_1h));

    always_comb begin
        again_thread = '0;      // behind the register: the choice is long enough
        for (int t = 0; t < THREADS; t++)
            if (again_who_reg[t]) again_thread = again_thread | THR_W'(t);
    end

    always_ff @(posedge clk) begin
        room_reg <= room;
        guard_reg <= guard;
        if (again_free) begin
            again_next_reg <= 1'b0;
            again_valid_reg <= again_next_reg;
        end
        if (again_room) begin   // with what nobody asked for, it is not valid
            again_next_reg <= again_any;
            again_who_reg <= again_1h;
        end
        again_1h_reg <= rst || !again_room ? '0 : again_1h;
        if (again_next_reg && again_free) begin
            again_ask_reg <= {again_va[63:VA_W] != '0, again_va[12 +: VPN_W], ctx_reg[again_thread*CTX_W +: CTX_W],
                              again_thread, op_reg[again_thread*2 +: 2]};
        end
        if (rst) begin
            again_next_reg <= 1'b0;
            again_valid_reg <= 1'b0;
        end
    end

    // ---- stage 2: what the shared TLB does next. What walks bring goes first, but never in two cycles after each other when
    // lookups wait, else those would wait until all walks are over; a sweep has every other cycle at least.
    wire             in_early_leaf;
    wire             in_early_near;
    wire             in_valid;
    wire             in_last;
    wire             in_told;
    wire             in_leaf;
    wire [WLK_W-1:0] in_walk;
    wire [CTX_W-1:0] in_ctx;
    wire [VPN_W-1:0] in_vpn;
    wire             in_huge;
    wire [4:0]       in_perm;
    wire [39:0]      in_frame;
    wire             sw_want;
    logic            swept_reg;         // the last operation was the sweep's
    // What is looked up next is in a register: one that missed in its port's TLB or is to be looked up again; else a request that is
    // taken in the same cycle. That leaves when its own TLB has it, and when its port does not move.
    logic            next_valid_reg;
    logic            next_sure_reg;     // it missed
    logic [ASK_W-1:0] next_ask_reg;
    wire             next_leaves = (next_early_reg & (look_hit | ~out_free)) != '0;
    wire [PORTS:0]   sure = {again_valid_reg, miss_valid_reg};
    wire             ask_sure = sure != '0;
    wire             ask_early = (accept & early_1h) != '0;
    wire [PORTS:0]   sure_1h;
    // the lowest port that asks, if it is taken: the others have their turn when they have missed
    wire [PORTS-1:0] early_1h = req_valid & (~req_valid + 1'b1);
    // whose turn it is: a walk's own translation waits for nothing but the one before it, a neighbour for all
    wire             sweeps = sw_want && !(swept_reg && next_valid_reg && next_sure_reg);
    wire             in_offer = in_early_leaf || (in_early_near && !next_valid_reg && !sweeps);
    wire             do_install = in_offer && in_valid && !hold;
    wire             do_sweep = sweeps && !in_early_leaf;
    wire             do_lookup = next_valid_reg && !hold && !in_early_leaf && !sweeps;
    wire             next_free = !next_valid_reg || do_lookup;
    wire [VPN_W-1:0] next_vpn = next_ask_reg[ASK_W-2 -: VPN_W];
    wire [CTX_W-1:0] next_ctx = next_ask_reg[2+THR_W +: CTX_W];

    logic [ASK_W-1:0] ask_of_early;
    logic [ASK_W-1:0] ask_of_sure;
    always_comb begin
        ask_of_early = '0;
        ask_of_sure = {ASK_W{sure_1h[PORTS]}} & again_ask_reg;
        for (int p = 0; p < PORTS; p++) begin
            ask_of_early = ask_of_early | ({ASK_W{early_1h[p]}} & new_ask[p*ASK_W +: ASK_W]);
            ask_of_sure = ask_of_sure | ({ASK_W{sure_1h[p]}} & miss_ask_reg[p*ASK_W +: ASK_W]);
        end
    end

    always_ff @(posedge clk) begin
        if (next_leaves) next_valid_reg <= 1'b0;
        next_early_reg <= '0;
        next_sure_reg <= !next_free || ask_sure;
        if (next_free) begin    // with what nobody asked for, it is not valid
            next_valid_reg <= ask_sure || ask_early;
            next_early_reg <= ask_sure ? '0 : accept & early_1h;
            next_ask_reg <= ask_sure ? ask_of_sure : ask_of_early;
        end
        if (rst) begin
            next_valid_reg <= 1'b0;
            next_early_reg <= '0;
        end
    end

    rr_grant #(.N(PORTS + 1)) sure_order (
        .clk(clk), .rst(rst), .req(sure), .take(next_free && ask_sure), .grant(sure_1h));

    assign again_take = next_free && sure_1h[PORTS];
    assign miss_take = {PORTS{next_free}} & sure_1h[PORTS-1:0];

    l2_tlb #(.SETS(TLB_SETS), .WAYS(TLB_WAYS), .CTX_W(CTX_W), .VPN_W(VPN_W)) shared (
        .clk(clk), .rst(rst), .ready(ready),
        .lookup(do_lookup), .lk_ctx(next_ctx), .lk_vpn(next_vpn), .lk_op(next_ask_reg[1:0]),
        .install(do_install), .offer(in_offer), .sweep(do_sweep), .ctx(in_ctx), .vpn(in_vpn), .huge(in_huge), .perm(in_perm), .frame(in_frame),
        .res_hit(end_hit), .res_huge(end_huge), .res_perm(end_perm), .res_frame(end_frame),
        .sw_start(flush), .sw_every(inv_every), .sw_all(inv_all), .sw_ctx(inv_ctx), .sw_first(inv_first),
        .sw_last(inv_last), .sw_want(sw_want), .sw_done(swept));

    // ---- stages 3 and 4 beside it
    logic             s3_lookup_reg, s4_lookup_reg;
    logic             s3_install_reg, s4_install_reg;
    logic             s3_last_reg, s4_last_reg;
    logic [WLK_W-1:0] s3_walk_reg, s4_walk_reg;
    logic [ASK_W-1:0] s3_ask_reg, s4_ask_reg;
    wire [VPN_W-1:0]  s4_vpn = s4_ask_reg[ASK_W-2 -: VPN_W];
    wire [CTX_W-1:0]  s4_ctx = s4_ask_reg[2+THR_W +: CTX_W];
    wire              s4_nc = s4_ask_reg[ASK_W-1];
    wire              s4_done = s4_install_reg && s4_last_reg;
    logic             s4_ran_reg;       // its context did in the cycle before
    wire              s4_runs = s4_ran_reg && !(kill_valid && kill_ctx == s4_ctx);
    logic             s4_root_reg;      // root_reg, retried_reg of its thread: neither changes while it is looked up
    logic             s4_retried_reg;

    // a 2 MiB page that the range touches is turned back as a whole. The range stands since two cycles before `guard`
    wire [VPN_W-1:0]  s3_vpn = s3_ask_reg[ASK_W-2 -: VPN_W];
    wire [CTX_W-1:0]  s3_ctx = s3_ask_reg[2+THR_W +: CTX_W];
    logic             s4_covered_reg;
    wire              s4_guarded = guard && s4_covered_reg;

    always_ff @(posedge clk) begin
        swept_reg <= do_sweep;
        s3_lookup_reg <= do_lookup && !next_leaves;
        s3_install_reg <= do_install;
        s3_last_reg <= in_last;
        s3_walk_reg <= in_walk;
        s3_ask_reg <= next_ask_reg;
        {s4_lookup_reg, s4_install_reg, s4_last_reg, s4_walk_reg, s4_ask_reg} <=
            {s3_lookup_reg, s3_install_reg, s3_last_reg, s3_walk_reg, s3_ask_reg};
        s4_ran_reg <= runs_reg[s3_ctx];
        s4_covered_reg <= (inv_every || s3_ctx == inv_ctx) &&
                          (inv_all || (52'(s3_vpn) >> 9 >= inv_first >> 9 && 52'(s3_vpn) >> 9 <= inv_last >> 9));
        s4_root_reg <= root_reg[s3_ask_reg[2 +: THR_W]];
        s4_retried_reg <= retried_reg[s3_ask_reg[2 +: THR_W]];
        end_valid_reg <= s4_lookup_reg || s4_install_reg;
        {end_walk_reg, end_ask_reg} <= {s4_walk_reg, s4_ask_reg};
        end_lookup_reg <= s4_lookup_reg;
        end_done_reg <= s4_done;
        end_killed_reg <= s4_lookup_reg && !s4_runs;
        end_fault_reg <= s4_lookup_reg && s4_runs && s4_nc;
        end_again_reg <= s4_lookup_reg && s4_runs && s4_guarded && !s4_nc;
        end_try_reg <= s4_lookup_reg && s4_runs && !s4_guarded && !s4_nc;
        end_may_reg <= s4_lookup_reg && s4_runs && !s4_guarded && !s4_nc && !s4_root_reg;
        if (rst) begin
            swept_reg <= 1'b0;
            s3_lookup_reg <= 1'b0;
            s3_install_reg <= 1'b0;
            s4_lookup_reg <= 1'b0;
            s4_install_reg <= 1'b0;
            end_valid_reg <= 1'b0;
            end_lookup_reg <= 1'b0;
            end_done_reg <= 1'b0;
            end_killed_reg <= 1'b0;
            end_fault_reg <= 1'b0;
            end_again_reg <= 1'b0;
            end_try_reg <= 1'b0;
            end_may_reg <= 1'b0;
        end
    end

    assign root_ctx = s4_ctx;
    assign settled = look_valid_reg == '0 && !s3_lookup_reg && !s3_install_reg && !s4_lookup_reg && !s4_install_reg &&
                     !end_valid_reg;

    // ---- stage 5: a translation, a walk, a fault, once more, or the end
    wire              match;
    wire [WLK_W-1:0]  match_walk;
    wire [WLK_W-1:0]  free_walk;
    wire              end_told = end_may_reg && end_hit;
    wire              end_killed = end_killed_reg;
    wire              end_again = end_again_reg;
    wire              end_miss = end_try_reg && !end_told;
    wire              end_fault = end_fault_reg;
    wire              end_join = end_miss && match;
    wire              end_full = end_miss && !match && !room;

    assign end_ok = end_told;

    // the end of a walk without a translation, told a cycle later
    wire              fin_come;
    wire              fin_come_again;
    wire [1:0]        fin_come_op;
    wire [2:0]        fin_come_cause;
    wire [2:0]        fin_come_level;
    wire              fin_next;         // one is told or waits to be in the next cycle
    wire              walks_active;

    walk_unit #(
        .LEVELS(LEVELS), .WALKERS(WALKERS), .WLK_W(WLK_W), .CTX_W(CTX_W), .CONTEXTS(CONTEXTS), .CACHE(CACHE), .PREFETCH(PREFETCH),
        .THR_W(THR_W), .PORTS(PORTS), .VPN_W(VPN_W)
    ) walks (
        .clk(clk), .rst(rst), .active(walks_active),
        .ask_ctx(next_ctx), .ask_vpn(next_vpn), .ask_root(root[51:12]), .ask_from_root(s4_root_reg),
        .early_ctx(s4_ctx), .early_vpn(s4_vpn), .early_from_root(s4_retried_reg), .ctx(end_ctx), .vpn(end_vpn), .match(match), .match_walk(match_walk), .room(room), .free_walk(free_walk),
        .may_start(end_try_reg), .may_hit(end_may_reg), .hit(end_hit), .op(end_op), .thread(end_thread), .retry(ev_retry),
        .kill(kill_valid), .kill_ctx(kill_ctx),
        .flush(flush), .flush_next(flush_next), .flush_every(inv_every), .flush_all(inv_all), .flush_ctx(inv_ctx), .flush_first(inv_first),
        .flush_last(inv_last), .ad_writing(ad_writing), .draining(draining),
        .fin_valid(fin_come), .fin_again(fin_come_again), .fin_op(fin_come_op), .fin_cause(fin_come_cause),
        .fin_level(fin_come_level), .fin_hold_next(fin_next),
        .in_early_leaf(in_early_leaf), .in_early_near(in_early_near), .in_valid(in_valid), .in_leaf(in_leaf), .in_last(in_last), .in_told(in_told),
        .in_first(untold_reg), .hold(hold), .in_walk(in_walk), .in_thread(in_leader), .in_ctx(in_ctx), .in_vpn(in_vpn),
        .in_huge(in_huge), .in_perm(in_perm), .in_frame(in_frame), .done_next(s4_done), .done_next_walk(s4_walk_reg),
        .soon_valid(soon_port), .soon_hold(end_lookup), .soon_thread(soon_leader), .soon_ctx(soon_ctx),
        .soon_vpn(soon_vpn), .soon_huge(soon_huge), .soon_perm(soon_perm), .soon_frame(soon_frame),
        .lock_req(lock_req), .lock_grant(lock_grant),
        .arvalid(arvalid), .arready(arready), .arid(arid), .araddr(araddr), .arlen(arlen),
        .rvalid(rvalid), .rready(rready), .rid(rid), .rdata(rdata), .rresp(rresp), .rlast(rlast),
        .awvalid(awvalid), .awready(awready), .awid(awid), .awaddr(awaddr),
        .wvalid(wvalid), .wready(wready), .wdata(wdata), .bvalid(bvalid), .bresp(bresp),
        .ev_walk(ev_walk), .ev_cache_hit(ev_walk_cache_hit), .ev_read(ev_walk_read),
        .ev_ad_update(ev_ad_update), .ev_bus_error(ev_bus_error));

    // ---- who began a walk gets the translation at once, whoever else waits looks it up when it is in the shared TLB
    // the leader has its translation now, or the end when its context was killed: before the installation, or with it
    wire               tell_in = in_leaf && !in_told;
    wire               tell = soon || tell_in;
    wire [THR_W-1:0]   tell_thread = tell_in ? in_leader : soon_leader;
    wire               in_runs = ctx_ok[in_ctx];
    wire               tell_runs = !tell_in || in_runs;
    // it leaves walking_reg a cycle later: earlier than anything can come of what it was told
    logic [THREADS-1:0] tell_1h_reg;
    logic              tell_runs_reg;
    logic              tell_huge_reg;

    always_ff @(posedge clk) begin
        if (!end_lookup) {told_reg, untold_reg} <= 2'b01;
        if (tell_in) begin
            {told_reg, untold_reg} <= {in_runs, !in_runs};
            told_ctx_reg <= in_ctx;
            told_thread_reg <= in_leader;
            told_vpn_reg <= in_vpn;
            told_huge_reg <= in_huge;
            told_perm_reg <= in_perm;
            told_frame_reg <= in_frame;
        end
        tell_1h_reg <= tell ? one(tell_thread) : '0;
        tell_runs_reg <= tell_runs;
        tell_huge_reg <= tell_in ? in_huge : soon_huge;
        if (rst) begin
            {told_reg, untold_reg} <= 2'b01;
            tell_1h_reg <= '0;
        end
    end

    // A walk's end is told in the next cycle, or as soon as no lookup raises a fault. It is before its place can have another walk:
    // that begins with a lookup that raises none.
    logic             fin_valid_reg;
    logic             fin_again_reg;
    logic [WLK_W-1:0] fin_walk_reg;
    logic [THR_W-1:0] fin_leader_reg;
    logic [CTX_W-1:0] fin_ctx_reg;
    logic [1:0]       fin_op_reg;
    logic [2:0]       fin_cause_reg;
    logic [2:0]       fin_level_reg;
    logic             fin_runs_reg;     // its context does
    wire              fin_go = fin_valid_reg && !end_fault;
    assign            fin_next = !rst && (fin_valid_reg ? end_fault : fin_come);
    always_ff @(posedge clk) begin
        if (!fin_valid_reg) begin
            fin_again_reg <= fin_come_again;
            fin_walk_reg <= in_walk;
            fin_leader_reg <= in_leader;
            fin_ctx_reg <= in_ctx;
            fin_op_reg <= fin_come_op;
            fin_cause_reg <= fin_come_cause;
            fin_level_reg <= fin_come_level;
        end
        fin_runs_reg <= fin_valid_reg ? runs_reg[fin_ctx_reg] : runs_reg[in_ctx];
        fin_valid_reg <= fin_next;
    end

    logic [THREADS-1:0] fin_for;        // waits for the walk of which fin_go may say that it has ended
    logic [THREADS-1:0] fin_alike;      // of these, in the same way as its leader
    logic [THREADS-1:0] fin_who;        // they are told
    logic [THREADS-1:0] fin_same;
    logic [THREADS-1:0] done_who;       // waits for the walk whose translation is in the shared TLB now
    logic [THREADS-1:0] end_1h;
    always_comb begin
        end_1h = '0;
        end_1h[end_thread] = 1'b1;
        for (int t = 0; t < THREADS; t++) begin
            fin_for[t] = walking_reg[t] && walk_reg[t*WLK_W +: WLK_W] == fin_walk_reg;
            fin_alike[t] = fin_for[t] && op_reg[t*2 +: 2] == fin_op_reg;
            fin_who[t] = fin_go && fin_for[t];
            fin_same[t] = fin_go && fin_alike[t];
        end
        done_who = '0;
        if (end_done_reg)
            for (int t = 0; t < THREADS; t++)
                done_who[t] = walking_reg[t] && walk_reg[t*WLK_W +: WLK_W] == end_walk_reg;
    end

    // ---- a fault: of a walk, told to all that wait for it in the same way; or of one address that cannot be walked
    wire               fin_fault = fin_go && !fin_again_reg;
    wire               raise = end_fault || (fin_fault && fin_runs_reg);
    wire [THR_W-1:0]   raise_thread = end_fault ? end_thread : fin_leader_reg;
    wire [THREADS-1:0] raise_group = end_fault ? end_1h : fin_alike;
    wire [THREADS-1:0] raise_who = ({THREADS{end_fault}} & end_1h) | ({THREADS{fin_fault && fin_runs_reg}} & fin_alike);
    wire [2:0]         raise_cause = end_fault ? 3'(dmmu_pkg::CAUSE_NONCANONICAL) : fin_cause_reg;
    wire [2:0]         raise_level = end_fault ? 3'(LEVELS - 1) : fin_level_reg;
    // a record became visible in the cycle before
    logic              posted_reg;
    logic [THR_W-1:0]  posted_thread_reg;
    logic [23:0]       posted_number_reg;
    // a record's number is known a cycle later, before anybody asks for it
    logic              raised_reg;
    logic [THR_W-1:0]  raised_thread_reg;
    logic [23:0]       raised_last_reg;

    assign faulted = raise_who;

    always_ff @(posedge clk) begin
        if (raise) begin
            group[raise_thread] <= raise_group;
            level[raise_thread] <= raise_level;
            detect[raise_thread] <= cycle;
        end
        raised_reg <= raise && !rst;
        raised_thread_reg <= raise_thread;
        raised_last_reg <= numbered_reg[raise_thread] ? number[raise_thread] : 24'd0;
        if (raised_reg) number[raised_thread_reg] <= raised_last_reg + 24'd1;
        posted_reg <= flt_posted && !rst;
        posted_thread_reg <= rec_thread;
        posted_number_reg <= rec_number;
        if (flt_posted) visible_at[rec_thread] <= cycle;
        if (answer_hit) answer_at[answer_thread] <= cycle[31:0];
    end

    // ---- faults to the ring
    wire [THREADS-1:0] fault_asks = fault_reg & lead_reg;
    wire               fault_any = fault_asks != '0;
    logic              fault_next_reg;  // fault_thread was chosen; a kill may still end it
    wire               fault_is = fault_next_reg && (fault_who & fault_reg) != '0;
    wire               post_ready;
    wire               post_take = fault_is && post_ready;
    wire [THREADS-1:0] posted_group = group[fault_thread];
    wire [THR_W-1:0]   rec_thread;
    wire [23:0]        rec_number;
    wire [63:0]        rec_detect;

    rr_turn #(.N(THREADS), .W(THR_W)) fault_order (
        .clk(clk), .rst(rst), .req(fault_asks), .stay(fault_next_reg), .serve(fault_who), .pick(fault_thread));

    always_ff @(posedge clk) begin
        if (post_take || !fault_is) fault_next_reg <= 1'b0;
        if (!fault_next_reg) fault_next_reg <= fault_any;
        if (rst) fault_next_reg <= 1'b0;
    end

    fault_post #(.THREADS(THREADS), .THR_W(THR_W), .CTX_W(CTX_W)) poster (
        .clk(clk), .rst(rst), .cycle(cycle), .ring_full(flt_full), .posted(flt_posted),
        .valid(fault_is), .ready(post_ready), .thread(fault_thread), .group(posted_group),
        .ctx(ctx_reg[fault_thread*CTX_W +: CTX_W]), .access(op_reg[fault_thread*2 +: 2]), .number(number[fault_thread]),
        .va(fault_va), .cookie(fault_cookie), .cause(cause_reg[fault_thread*3 +: 3]), .level(level[fault_thread]),
        .detect(detect[fault_thread]),
        .rec_valid(rec_valid), .rec_word(rec_word), .rec_data(rec_data), .rec_taken(rec_taken),
        .rec_thread(rec_thread), .rec_number(rec_number), .rec_detect(rec_detect));

    // ---- what happens to each thread at its port: it is at no other (C0), so one comparison says it
    wire [THREADS-1:0] t_accept;
    wire [THREADS-1:0] t_release;
    wire [THREADS-1:0] t_hit;
    wire [THREADS-1:0] t_miss;          // and another waits for the shared TLB
    wire [THREADS-1:0] t_end;
    // those of a port; what happens at all ports, one bit for each thread
    function [THREADS-1:0] threads_at(input int p);
        for (int t = 0; t < THREADS; t++) threads_at[t] = t % PORTS == p;
    endfunction
    function [THREADS-1:0] any_port(input [PORTS*THREADS-1:0] at);
        any_port = '0;
        for (int p = 0; p < PORTS; p++) any_port = any_port | at[p*THREADS +: THREADS];
    endfunction
    wire [PORTS*THREADS-1:0] p_accept, p_release, p_hit, p_miss, p_end;
    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : at_port
            localparam [THREADS-1:0] HERE = threads_at(p);
            wire [THREADS-1:0] looks = HERE & one(look_who[p*THR_W +: THR_W]);
            assign p_accept[p*THREADS +: THREADS] = accept[p] ? HERE & one(req_thread[p*THR_W +: THR_W]) : '0;
            assign p_release[p*THREADS +: THREADS] = rel_valid[p] ? HERE & one(rel_thread[p*THR_W +: THR_W]) : '0;
            assign p_hit[p*THREADS +: THREADS] = look_hit[p] && out_free[p] ? looks : '0;
            assign p_miss[p*THREADS +: THREADS] = look_miss[p] && !next_early_reg[p] && miss_valid_reg[p] && !miss_take[p] ? looks : '0;
            assign p_end[p*THREADS +: THREADS] = out_ended[p] ? HERE & one(out_ended_thread[p*THR_W +: THR_W]) : '0;
        end
    endgenerate
    assign t_accept = any_port(p_accept);
    assign t_release = any_port(p_release);
    assign t_hit = any_port(p_hit);
    assign t_miss = any_port(p_miss);
    assign t_end = any_port(p_end);

    // what a lookup in a first level brings is known late in its cycle: what follows from it, follows a cycle later, and still
    // earlier than the thread can release or ask again
    always_ff @(posedge clk) begin
        new_1h_reg <= rst ? '0 : t_accept;
        hit_1h_reg <= rst ? '0 : t_hit;
        miss_1h_reg <= rst ? '0 : t_miss;
        gone_1h_reg <= rst ? '0 : t_end;
        hit_huge_reg <= l1_huge;
    end

    // ---- how requests move
    always_ff @(posedge clk) begin
        for (int t = 0; t < THREADS; t++) begin
            if (new_1h_reg[t]) begin
                seen_reg[t] <= 1'b1;
                root_reg[t] <= 1'b0;
                retried_reg[t] <= 1'b0;
                counted_reg[t] <= 1'b0;
                failed_reg[t] <= 1'b0;
                replay_reg[t] <= 1'b0;
            end
            if (t_accept[t]) begin
                ctx_reg[t*CTX_W +: CTX_W] <= req_ctx[t%PORTS*CTX_W +: CTX_W];
                op_reg[t*2 +: 2] <= req_op[t%PORTS*2 +: 2];
            end
            if (t_release[t]) granted_reg[t] <= 1'b0;
            if (hit_1h_reg[t]) begin
                granted_reg[t] <= 1'b1;
                huge_reg[t] <= hit_huge_reg[t%PORTS];
            end
            if (miss_1h_reg[t]) begin
                want_reg[t] <= 1'b1;
                full_reg[t] <= 1'b0;
                guarded_reg[t] <= 1'b0;
            end
            if (gone_1h_reg[t]) ended_reg[t] <= 1'b0;
            if (again_1h_reg[t]) want_reg[t] <= 1'b0;
        end
        // matters only if it joins one or begins one
        if (end_try_reg)
            for (int t = 0; t < THREADS; t++)
                if (end_thread == THR_W'(t)) walk_reg[t*WLK_W +: WLK_W] <= match ? match_walk : free_walk;

        if (end_lookup && (end_ok || end_miss || end_fault)) counted_reg[end_thread] <= 1'b1;
        if (end_ok) begin
            granted_reg[end_thread] <= 1'b1;
            huge_reg[end_thread] <= end_huge;
        end
        if (end_killed) ended_reg[end_thread] <= 1'b1;
        for (int t = 0; t < THREADS; t++)
            if (tell_1h_reg[t]) begin
                walking_reg[t] <= 1'b0;
                granted_reg[t] <= tell_runs_reg;
                ended_reg[t] <= !tell_runs_reg;
                huge_reg[t] <= tell_huge_reg;
            end
        if (end_again || end_full) want_reg[end_thread] <= 1'b1;
        if (end_lookup) begin   // matters only there
            guarded_reg[end_thread] <= end_again;
            full_reg[end_thread] <= !end_again && !room;
        end
        if (end_miss && !end_full) begin
            walking_reg[end_thread] <= 1'b1;
        end
        for (int t = 0; t < THREADS; t++) begin
            // the walk is over: who joined it finds its translation in the shared TLB
            if (done_who[t]) begin
                walking_reg[t] <= 1'b0;
                want_reg[t] <= 1'b1;
                full_reg[t] <= 1'b0;
                guarded_reg[t] <= 1'b0;
                root_reg[t] <= 1'b0;
            end
            // a fault is for those that want the same; all others try again
            if (fin_who[t]) begin
                walking_reg[t] <= 1'b0;
                if (fin_fault && !fin_runs_reg) ended_reg[t] <= 1'b1;
                else if (!fin_fault || !fin_same[t]) begin
                    want_reg[t] <= 1'b1;
                    full_reg[t] <= 1'b0;
                    guarded_reg[t] <= 1'b0;
                end
            end
            if (raise_who[t]) begin
                fault_reg[t] <= 1'b1;
                lead_reg[t] <= raise_thread == THR_W'(t);
                cause_reg[t*3 +: 3] <= raise_cause;
            end
            if (fault_reg[t]) replay_reg[t] <= 1'b0;
            if (post_take && posted_group[t]) begin
                fault_reg[t] <= 1'b0;
                stalled_reg[t] <= 1'b1;
            end
            if (answered[t]) begin
                stalled_reg[t] <= 1'b0;
                failed_reg[t] <= action == FAIL;
                if (action == RETRY) begin
                    want_reg[t] <= 1'b1;
                    full_reg[t] <= 1'b0;
                    guarded_reg[t] <= 1'b0;
                    root_reg[t] <= 1'b1;
                    retried_reg[t] <= 1'b1;
                    replay_reg[t] <= lead_reg[t];
                end else ended_reg[t] <= 1'b1;
            end
            // a kill ends who waits for the host; who is on the move ends at stage 5
            if (kill_hit[t] && (fault_reg[t] || stalled_reg[t])) begin
                fault_reg[t] <= 1'b0;
                stalled_reg[t] <= 1'b0;
                failed_reg[t] <= 1'b0;
                ended_reg[t] <= 1'b1;
            end
        end
        if (raised_reg) numbered_reg[raised_thread_reg] <= 1'b1;
        for (int t = 0; t < THREADS; t++)
            if (post_take && fault_who[t]) visible_reg[t] <= 1'b0;
        if (posted_reg) visible_reg[posted_thread_reg] <= stalled_reg[posted_thread_reg] && lead_reg[posted_thread_reg] &&
                                                          number[posted_thread_reg] == posted_number_reg;
        if (rst) begin
            want_reg <= '0;
            walking_reg <= '0;
            fault_reg <= '0;
            stalled_reg <= '0;
            ended_reg <= '0;
            granted_reg <= '0;
            lead_reg <= '0;
            seen_reg <= '0;
            numbered_reg <= '0;
            visible_reg <= '0;
            replay_reg <= '0;
            root_reg <= '0;
            retried_reg <= '0;
            ctx_reg <= '0;
        end
    end

    assign stalled = fault_reg | stalled_reg;
    assign active = !ready || inv_active || req_valid != '0 || rsp_valid != '0 || late != '0 || ended_reg != '0 || !settled ||
                    miss_valid_reg != '0 || next_valid_reg || told_reg || again_next_reg || again_valid_reg || (want_reg | walking_reg | miss_1h_reg) != '0 || walks_active ||
                    (fault_reg != '0 && !flt_full) || (rec_valid && !flt_full);

    // ---- debug windows
    assign thr_show_va = show_is && seen_reg[show] ? show_va : 64'd0;
    assign thr_show_tag = show_is && numbered_reg[show] ? {number[show], 8'(show)} : 32'd0;

    // ---- counters
    wire first_time = !counted_reg[end_thread];
    assign ev_l2_hit = end_lookup && end_ok && first_time;
    assign ev_miss = (end_miss || end_fault) && first_time;
    assign ev_merge = end_join && first_time;
    assign ev_record = flt_posted;
    assign ev_prefetch = do_install && !in_last;
    assign ev_retry = answer_hit && action == RETRY;
    assign ev_fail = answer_hit && action == FAIL;
    assign detect_to_record = flt_posted ? cycle - rec_detect : 64'd0;
    assign record_to_answer = answer_hit && visible_reg[answer_thread] ? cycle - visible_at[answer_thread] : 64'd0;
    // who, then of each port, then of all: a cycle each
    logic [PORTS-1:0]    replayed_reg;      // in the last cycle, whose
    logic [PORTS*THR_W-1:0] replayed_thread_reg;
    logic [PORTS*32-1:0] replay_part_reg;
    logic [31:0] replay_sum;
    logic [31:0] replay_sum_reg;
    always_comb begin
        replay_sum = 32'd0;
        for (int p = 0; p < PORTS; p++) replay_sum = replay_sum + replay_part_reg[p*32 +: 32];
    end
    always_ff @(posedge clk) begin
        replayed_thread_reg <= rsp_thread;
        for (int p = 0; p < PORTS; p++) begin
            replayed_reg[p] <= !rst && rsp_valid[p] && rsp_ready[p] && replay_reg[rsp_thread[p*THR_W +: THR_W]];
            // as of the cycle before: one less
            replay_part_reg[p*32 +: 32] <= !rst && replayed_reg[p] ? cycle[31:0] + ~answer_at[replayed_thread_reg[p*THR_W +: THR_W]] : 32'd0;
        end
        replay_sum_reg <= rst ? 32'd0 : replay_sum;
    end
    assign answer_to_replay = {32'd0, replay_sum_reg};

    wire unused = &{1'b0, lock_wanted, flt_active, bid, end_nc, root[63:52], root[11:0], scan_va[11:0], again_va[11:0]};

`ifdef CHECK
    logic [THREADS-1:0] pending;        // asked and not answered
    logic [THREADS-1:0] given;          // answered OK and not released
    logic [THREADS-1:0] old;            // given before the invalidation began, and covered by it
    logic [THREADS-1:0] posted;         // the record of the current fault went out
    logic               past_ok;
    logic [PORTS-1:0]   past_req_stuck;
    logic [PORTS-1:0]   past_rsp_stuck;
    logic [1:0]         past_answer;
    logic [PORTS*(CTX_W+THR_W+130)-1:0] past_req;
    logic [PORTS*(THR_W+60)-1:0] past_rsp;
    always_ff @(posedge clk) begin
        past_ok <= !rst;
        past_req_stuck <= req_valid & ~req_ready;
        past_rsp_stuck <= rsp_valid & ~rsp_ready;
        past_answer <= {past_answer[0] && !rst, answer_valid && !rst};
        for (int p = 0; p < PORTS; p++) begin
            past_req[p*(CTX_W+THR_W+130) +: CTX_W+THR_W+130] <= {req_ctx[p*CTX_W +: CTX_W], req_thread[p*THR_W +: THR_W],
                req_va[p*64 +: 64], req_op[p*2 +: 2], req_cookie[p*64 +: 64]};
            past_rsp[p*(THR_W+60) +: THR_W+60] <= {rsp_thread[p*THR_W +: THR_W], rsp_status[p*2 +: 2], rsp_pa[p*52 +: 52],
                rsp_local[p], rsp_access[p*2 +: 2], rsp_cause[p*3 +: 3]};
            if (rel_valid[p]) given[rel_thread[p*THR_W +: THR_W]] <= 1'b0;
            if (accept[p]) pending[req_thread[p*THR_W +: THR_W]] <= 1'b1;
            if (rsp_valid[p] && rsp_ready[p]) begin
                pending[rsp_thread[p*THR_W +: THR_W]] <= 1'b0;
                given[rsp_thread[p*THR_W +: THR_W]] <= rsp_status[p*2 +: 2] == RSP_OK;
            end
        end
        if (flush) old <= granted_reg;
        for (int p = 0; p < PORTS; p++)
            if (rel_valid[p]) old[rel_thread[p*THR_W +: THR_W]] <= 1'b0;
        posted <= (posted & ~(raise ? raise_group : '0)) | (post_take ? posted_group : '0);
        if (rst) begin
            pending <= '0;
            given <= '0;
            old <= '0;
            posted <= '0;
        end
        if (!rst && past_ok) begin
            for (int p = 0; p < PORTS; p++) begin
                if (past_req_stuck[p]) begin
                    `CHECK_NAME(req_holds) assert (req_valid[p] && past_req[p*(CTX_W+THR_W+130) +: CTX_W+THR_W+130] ==
                        {req_ctx[p*CTX_W +: CTX_W], req_thread[p*THR_W +: THR_W], req_va[p*64 +: 64], req_op[p*2 +: 2], req_cookie[p*64 +: 64]});
                end
                if (past_rsp_stuck[p]) begin
                    `CHECK_NAME(rsp_holds) assert (rsp_valid[p] && past_rsp[p*(THR_W+60) +: THR_W+60] ==
                        {rsp_thread[p*THR_W +: THR_W], rsp_status[p*2 +: 2], rsp_pa[p*52 +: 52], rsp_local[p], rsp_access[p*2 +: 2], rsp_cause[p*3 +: 3]});
                end
                if (accept[p]) begin
                    `CHECK_NAME(c1_one_request_per_thread) assert (!pending[req_thread[p*THR_W +: THR_W]] && !given[req_thread[p*THR_W +: THR_W]]);
                    `CHECK_NAME(c0_thread_at_its_port) assert (32'(req_thread[p*THR_W +: THR_W]) % PORTS == p);
                end
                if (rsp_valid[p] && rsp_ready[p]) begin
                    `CHECK_NAME(i8_one_answer_per_request) assert (pending[rsp_thread[p*THR_W +: THR_W]]);
                end
                if (rel_valid[p]) begin
                    `CHECK_NAME(c3_release_what_was_given) assert (given[rel_thread[p*THR_W +: THR_W]]);
                end
            end
            if (inv_done) begin
                for (int t = 0; t < THREADS; t++) begin
                    `CHECK_NAME(i2_no_old_translation_in_use) assert (!(old[t] && (inv_every || ctx_reg[t*CTX_W +: CTX_W] == inv_ctx) && inv_all));
                end
            end
            if (flush) begin
                `CHECK_NAME(all_that_was_given_is_known) assert (!told_reg && settled && fill_reg == '0 && tell_1h_reg == '0);
            end
            if (post_take) begin
                `CHECK_NAME(i4_one_record_per_fault) assert ((posted & posted_group) == '0);
            end
            if (answer_valid) begin // a kill by the one before it still ends a thread that became stalled beside it
                `CHECK_NAME(answers_are_three_cycles_apart) assert (past_answer == 2'd0);
            end
            if (answer_hit) begin
                `CHECK_NAME(i4_answered_after_its_record) assert ((answered & ~posted) == '0 && (answered & ~stalled_reg) == '0);
            end
            `CHECK_NAME(killed_is_one_context) assert (kill_1h_reg == (kill_valid ? CONTEXTS'(1) << kill_ctx : '0));
            `CHECK_NAME(may_get_translations_now) assert (runs_reg == (ctx_ok & ~kill_1h_reg));
            `CHECK_NAME(hits_belong_to_requests) assert ((look_hit & ~look_valid_reg) == '0);
            `CHECK_NAME(told_or_not) assert (untold_reg == !told_reg);
            `CHECK_NAME(request_in_one_place) assert (
                ((want_reg & (walking_reg | fault_reg | stalled_reg | ended_reg | granted_reg)) |
                 (walking_reg & (fault_reg | stalled_reg | ended_reg | granted_reg)) |
                 (fault_reg & (stalled_reg | ended_reg | granted_reg)) |
                 (stalled_reg & (ended_reg | granted_reg)) | (ended_reg & granted_reg)) == '0);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(hit_under_miss) cover (ev_l1_hit != '0 && walking_reg != '0);
            `COVER_NAME(hit_under_fault) cover (ev_l1_hit != '0 && stalled_reg != '0);
            `COVER_NAME(hit_while_an_invalidation_drains) cover (ev_l1_hit != '0 && inv_active && !hold);
            `COVER_NAME(hit_in_a_part_of_a_2m_page) cover ((ev_l1_hit & l1_huge) != '0);
            `COVER_NAME(shared_hit_in_a_2m_page) cover (end_lookup && end_ok && end_huge);
            `COVER_NAME(all_ports_hit_at_once) cover (ev_l1_hit == '1);
            `COVER_NAME(miss_joins_a_walk) cover (end_join);
            `COVER_NAME(hit_after_the_shared_tlb_was_asked) cover (do_lookup && (next_early_reg & look_hit) != '0);
            `COVER_NAME(miss_after_the_shared_tlb_was_asked) cover (do_lookup && (next_early_reg & look_miss) != '0);
            `COVER_NAME(neighbour_taken) cover (ev_prefetch);
            `COVER_NAME(no_room_for_a_walk) cover (end_full);
            `COVER_NAME(lookup_turned_back_by_an_invalidation) cover (end_again);
            `COVER_NAME(translation_comes_too_late_for_a_killed_context) cover ((end_killed && end_hit) || (tell && !tell_runs));
            `COVER_NAME(answer_of_a_walk_waits_for_a_lookup) cover (told_reg && end_lookup);
            `COVER_NAME(kill_while_walking) cover ((kill_hit & walking_reg) != '0);
            `COVER_NAME(kill_while_stalled) cover ((kill_hit & stalled_reg) != '0);
            `COVER_NAME(kill_by_answer) cover (kill_valid && !ctx_kill_valid);
            `COVER_NAME(fault_of_a_group) cover (raise && (raise_group & (raise_group - 1'b1)) != '0);
            `COVER_NAME(fault_of_some_that_wait) cover (fin_fault && fin_runs_reg && fin_same != fin_who);
            `COVER_NAME(fault_of_an_address_that_is_not_canonical) cover (end_fault);
            `COVER_NAME(retry_of_a_group) cover (ev_retry && (answered & (answered - 1'b1)) != '0);
            `COVER_NAME(all_threads_stalled) cover (stalled == '1);
            `COVER_NAME(full_ring_holds_a_fault) cover (fault_any && flt_full);
            `COVER_NAME(answer_that_nobody_waits_for) cover (answer_stale);
        end
    end
`endif
endmodule

`default_nettype wire
