// SPDX-License-Identifier: GPL-2.0
//
// mmu, the simple one: the same ports and promises as rtl/mmu.v, in one file to read and to start from. Chosen by the
// CMake option DMMU_MMU=simple; see docs/bring-your-own-mmu.md.
//
// Each thread has a slot that holds its one request; a slot waits (for its turn, for its fault record to be visible, for
// the host) without anybody else waiting for it. One state machine does all the rest, one thing at a time: it takes a
// slot, looks into a direct-mapped TLB, walks the table from the root, and answers; or it invalidates, and then nothing
// can begin or be installed meanwhile.
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
    // per thread: an invalidation may wait for its release, which it may hasten
    output logic [THREADS-1:0] rel_wanted,
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
    output logic [63:0]        record_to_answer,
    output logic [63:0]        answer_to_replay
);
    localparam VA_W = 12 + 9 * LEVELS;
    localparam INDEX_W = TLB_SETS > 1 ? $clog2(TLB_SETS) : 1;
    localparam [1:0] OK = 2'd0, FAULT = 2'd1, KILLED = 2'd2, SLVERR = 2'd2;
    localparam [1:0] RETRY = 2'(dmmu_pkg::ANSWER_RETRY), FAIL = 2'(dmmu_pkg::ANSWER_FAIL), KILL = 2'(dmmu_pkg::ANSWER_KILL);
    localparam [1:0] READ = 2'(dmmu_pkg::ACCESS_READ), WRITE = 2'(dmmu_pkg::ACCESS_WRITE);
    localparam [3:0] IDLE = 4'd0, BEGIN = 4'd1, LOOKUP = 4'd2, START = 4'd3, LOCK = 4'd4, READ_ADDRESS = 4'd5,
        READ_DATA = 4'd6, DECIDE = 4'd7, WRITE_ADDRESS = 4'd8, WRITE_DATA = 4'd9, WRITE_RESPONSE = 4'd10, END = 4'd11,
        RESPOND = 4'd12, SWEEP = 4'd13, DRAIN = 4'd14;

    // ---- slots. Where a thread's request is: at most one of these, none while the machine has it
    logic [THREADS-1:0] wait_reg;       // wants the machine
    logic [THREADS-1:0] fault_reg;      // faulted, its record is not visible yet
    logic [THREADS-1:0] stalled_reg;    // faulted, the host knows
    logic [THREADS-1:0] granted_reg;    // was answered OK, a release is due
    // what the machine shall do with it
    logic [THREADS-1:0] retry_reg;      // walk, whatever the TLB says
    logic [THREADS-1:0] fail_reg;       // answer FAULT
    logic [THREADS-1:0] killed_reg;     // answer KILLED
    logic [THREADS-1:0] huge_reg;       // it was granted a part of a 2 MiB page
    logic [CTX_W-1:0]   ctx_reg [0:THREADS-1];
    logic [63:0]        va_reg [0:THREADS-1];
    logic [1:0]         op_reg [0:THREADS-1];
    logic [63:0]        cookie_reg [0:THREADS-1];
    logic [2:0]         cause_reg [0:THREADS-1];
    logic [2:0]         level_reg [0:THREADS-1];
    logic [23:0]        number_reg [0:THREADS-1];
    logic [63:0]        detect_reg [0:THREADS-1];

    logic [THREADS-1:0] ask;
    logic [THREADS-1:0] release_now;
    always_comb
        for (int t = 0; t < THREADS; t++) begin
            ask[t] = req_valid[t % PORTS] && req_thread[(t % PORTS)*THR_W +: THR_W] == THR_W'(t);
            release_now[t] = rel_valid[t % PORTS] && rel_thread[(t % PORTS)*THR_W +: THR_W] == THR_W'(t);
        end
    // a thread that may ask has an empty slot
    assign req_ready = {PORTS{1'b1}};

    // ---- the host's answers, contexts, kills
    logic [CONTEXTS-1:0] enabled_reg;
    logic [CONTEXTS-1:0] dead_reg;
    logic [63:0]         root_reg [0:CONTEXTS-1];
    logic [THREADS-1:0]  kill_hit;
    wire [THR_W-1:0]     answered = answer_tag[THR_W-1:0];
    wire                 answer_hit = answer_valid && answer_tag[7:0] < 8'(THREADS) && stalled_reg[answered] &&
                                      number_reg[answered] == answer_tag[31:8];

    assign answer_stale = answer_valid && !answer_hit;
    assign kill_valid = ctx_kill_valid || (answer_hit && answer_action == KILL);
    assign kill_ctx = ctx_kill_valid ? ctx_kill_ctx : ctx_reg[answered];
    assign ctx_ok = enabled_reg & ~dead_reg;
    always_comb
        for (int t = 0; t < THREADS; t++) kill_hit[t] = kill_valid && ctx_reg[t] == kill_ctx;

    always_ff @(posedge clk)
        for (int c = 0; c < CONTEXTS; c++) begin
            if (ctx_set_valid && ctx_set_ctx == CTX_W'(c)) begin
                enabled_reg[c] <= 1'b1;
                dead_reg[c] <= 1'b0;
                root_reg[c] <= ctx_set_root;
            end
            if (kill_valid && kill_ctx == CTX_W'(c)) dead_reg[c] <= 1'b1;
            if (rst) begin
                enabled_reg[c] <= 1'b0;
                dead_reg[c] <= 1'b0;
                root_reg[c] <= 64'd0;
            end
        end

    // ---- the machine: thread it serves, where in the table it is, the entry it found
    logic [3:0]       state_reg;
    logic [THR_W-1:0] thread_reg;
    logic [1:0]       status_reg;
    logic [63:0]      table_reg;
    logic [2:0]       depth_reg;        // level of the entry; in a lookup: 0 for 4 KiB pages, then 1 for 2 MiB pages
    logic [63:0]      pte_reg;
    logic [1:0]       error_reg;
    logic             bad_reg;          // the walk failed
    logic [2:0]       why_reg;
    logic             walked_reg;
    logic             inv_reg;          // an invalidation waits or is under way
    logic [9:0]       count_reg;        // TLB entry to sweep, thread to drain
    wire              wait_any;
    wire [THR_W-1:0]  wait_thread;
    wire              take = state_reg == IDLE && !inv_reg && wait_any;
    wire [CTX_W-1:0]  ctx = ctx_reg[thread_reg];
    wire [63:0]       va = va_reg[thread_reg];
    wire [1:0]        op = op_reg[thread_reg];
    wire              huge = depth_reg == 3'd1;
    wire              dead = killed_reg[thread_reg] || kill_hit[thread_reg] || !ctx_ok[ctx];

    rr_arbiter #(.N(THREADS), .W(THR_W)) turn (
        .clk(clk), .rst(rst), .req(wait_reg), .take(take), .any(wait_any), .index(wait_thread));

    // ---- TLB: an entry is context, page, size, and the page-table entry as it is in memory
    localparam ENTRY_W = CTX_W + 52 + 1 + 64;
    logic [TLB_SETS-1:0] valid_reg;
    logic [ENTRY_W-1:0]  tlb_reg [0:TLB_SETS-1];
    wire [INDEX_W-1:0]   all_sets = INDEX_W'(TLB_SETS - 1);
    wire [INDEX_W-1:0]   set = (state_reg == SWEEP ? count_reg[INDEX_W-1:0] : huge ? va[21 +: INDEX_W] : va[12 +: INDEX_W]) & all_sets;
    wire [CTX_W-1:0]     e_ctx;
    wire [51:0]          e_page;
    wire                 e_huge;
    wire [63:0]          e_pte;
    assign {e_ctx, e_page, e_huge, e_pte} = tlb_reg[set];
    wire found = valid_reg[set] && e_ctx == ctx && e_huge == huge && e_page[51:9] == va[63:21] && (huge || e_page[8:0] == va[20:12]);

    // ---- what a page-table entry says
    wire [63:0] pte = state_reg == LOOKUP ? e_pte : pte_reg;
    wire        leaf = pte[dmmu_pkg::PTE_LEAF_LSB];
    wire        well_formed = pte[dmmu_pkg::PTE_RSVD_LO_LSB +: dmmu_pkg::PTE_RSVD_LO_W] == '0 &&
                              pte[dmmu_pkg::PTE_RSVD_HI_LSB +: dmmu_pkg::PTE_RSVD_HI_W] == '0 &&
                              (leaf ? depth_reg == 3'd0 || (huge && pte[20:12] == 9'd0) : depth_reg != 3'd0 && pte[6:1] == 6'd0);
    wire        r = pte[dmmu_pkg::PTE_R_LSB];
    wire        w = pte[dmmu_pkg::PTE_W_LSB];
    wire        permitted = op == READ ? r : op == WRITE ? w : r && w && pte[dmmu_pkg::PTE_AT_LSB];
    wire        marked = pte[dmmu_pkg::PTE_A_LSB] && (op == READ || pte[dmmu_pkg::PTE_D_LSB]);
    // an entry that lacks a permission or a mark may be out of date: only a walk may fault, and only a walk marks
    wire        hit = found && permitted && marked;

    // ---- invalidation: is it in the range, the entry to sweep or the translation to drain? A 2 MiB page is one translation.
    wire [THR_W-1:0] drain = count_reg[THR_W-1:0];
    wire             sweeping = state_reg == SWEEP;
    wire [CTX_W-1:0] i_ctx = sweeping ? e_ctx : ctx_reg[drain];
    wire [51:0]      i_page = sweeping ? e_page : va_reg[drain][63:12];
    wire [51:0]      i_part = {43'd0, {9{sweeping ? e_huge : huge_reg[drain]}}};
    wire             in_range = (inv_every || i_ctx == inv_ctx) &&
                                (inv_all || ((i_page | i_part) >= inv_first && (i_page & ~i_part) <= inv_last));
    wire             held = granted_reg[drain] && in_range;
    assign inv_done = state_reg == DRAIN && !held && count_reg == 10'(THREADS - 1);

    logic [8:0] index;
    always_comb begin
        index = va[20:12];
        for (int i = 1; i < LEVELS; i++)
            if (depth_reg == 3'(i)) index = va[12 + 9*i +: 9];
    end

    always_comb begin
        rel_wanted = '0;
        for (int t = 0; t < THREADS; t++)
            if (state_reg == DRAIN && granted_reg[t] && (inv_every || ctx_reg[t] == inv_ctx)) rel_wanted[t] = 1'b1;
    end

    // ---- what the machine does
    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: begin
                thread_reg <= wait_thread;
                count_reg <= 10'd0;
                depth_reg <= 3'd0;
                walked_reg <= 1'b0;
                bad_reg <= 1'b0;
                if (inv_reg) state_reg <= SWEEP;
                else if (wait_any) state_reg <= BEGIN;
            end
            BEGIN: state_reg <= dead || fail_reg[thread_reg] ? END : retry_reg[thread_reg] ? START : LOOKUP;
            LOOKUP: begin
                pte_reg <= e_pte;
                depth_reg <= huge || hit ? depth_reg : 3'd1;
                if (hit) state_reg <= END;
                else if (huge) state_reg <= START;
            end
            START: begin
                table_reg <= root_reg[ctx];
                depth_reg <= 3'(LEVELS - 1);
                walked_reg <= 1'b1;
                bad_reg <= va[63:VA_W] != '0;
                why_reg <= 3'(dmmu_pkg::CAUSE_NONCANONICAL);
                state_reg <= va[63:VA_W] != '0 ? END : LOCK;
            end
            LOCK: if (lock_grant) state_reg <= READ_ADDRESS;
            READ_ADDRESS: if (arready) state_reg <= READ_DATA;
            READ_DATA: if (rvalid) begin
                pte_reg <= rdata;
                error_reg <= rresp;
                state_reg <= DECIDE;
            end
            DECIDE: begin
                bad_reg <= 1'b1;
                state_reg <= END;
                if (error_reg != 2'd0) why_reg <= error_reg == SLVERR ? 3'(dmmu_pkg::CAUSE_POISON) : 3'(dmmu_pkg::CAUSE_BUS);
                else if (!pte[dmmu_pkg::PTE_V_LSB]) why_reg <= 3'(dmmu_pkg::CAUSE_NOT_PRESENT);
                else if (!well_formed) why_reg <= 3'(dmmu_pkg::CAUSE_BAD_PTE);
                else if (leaf && !permitted) why_reg <= 3'(dmmu_pkg::CAUSE_PERMISSION);
                else begin
                    bad_reg <= 1'b0;
                    if (!leaf) begin
                        table_reg <= {12'd0, pte[51:12], 12'd0};
                        depth_reg <= depth_reg - 3'd1;
                        state_reg <= READ_ADDRESS;
                    end else if (!marked) begin
                        pte_reg[dmmu_pkg::PTE_A_LSB] <= 1'b1;
                        pte_reg[dmmu_pkg::PTE_D_LSB] <= pte[dmmu_pkg::PTE_D_LSB] || op != READ;
                        state_reg <= WRITE_ADDRESS;
                    end
                end
            end
            WRITE_ADDRESS: if (awready) state_reg <= WRITE_DATA;
            WRITE_DATA: if (wready) state_reg <= WRITE_RESPONSE;
            WRITE_RESPONSE: if (bvalid) begin
                bad_reg <= bresp != 2'd0;
                why_reg <= bresp == SLVERR ? 3'(dmmu_pkg::CAUSE_POISON) : 3'(dmmu_pkg::CAUSE_BUS);
                state_reg <= END;
            end
            END: begin
                status_reg <= dead ? KILLED : fail_reg[thread_reg] ? FAULT : OK;
                state_reg <= bad_reg && !dead ? IDLE : RESPOND;
            end
            RESPOND: if (responded) state_reg <= IDLE;
            SWEEP: begin
                count_reg <= count_reg == 10'(TLB_SETS - 1) ? 10'd0 : count_reg + 10'd1;
                if (count_reg == 10'(TLB_SETS - 1)) state_reg <= DRAIN;
            end
            DRAIN: if (!held) begin
                count_reg <= count_reg + 10'd1;
                if (inv_done) state_reg <= IDLE;
            end
            default: state_reg <= IDLE;
        endcase
        if (inv_start || inv_done) inv_reg <= inv_start;
        if (rst) begin
            state_reg <= IDLE;
            inv_reg <= 1'b0;
        end
    end

    always_ff @(posedge clk) begin
        if (state_reg == END && walked_reg && !bad_reg) begin
            valid_reg[set] <= 1'b1;
            tlb_reg[set] <= {ctx, va[63:12], huge, pte_reg};
        end
        if (sweeping && in_range) valid_reg[set] <= 1'b0;
        if (rst) valid_reg <= '0;
    end

    wire responded = state_reg == RESPOND && (rsp_valid & rsp_ready) != '0;
    wire fault_now = state_reg == END && bad_reg && !dead;
    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : port
            assign rsp_valid[p] = state_reg == RESPOND && 32'(thread_reg) % PORTS == p;
        end
    endgenerate
    assign rsp_thread = {PORTS{thread_reg}};
    assign rsp_status = {PORTS{status_reg}};
    assign rsp_pa = {PORTS{pte_reg[51:21], huge ? va[20:12] : pte_reg[20:12], va[11:0]}};
    assign rsp_local = {PORTS{pte_reg[dmmu_pkg::PTE_LOCAL_LSB]}};
    assign rsp_access = {PORTS{op}};
    assign rsp_cause = {PORTS{cause_reg[thread_reg]}};

    // the lock is held from the first entry read to the answer of the write: what is written back is what is there
    assign lock_req = state_reg >= LOCK && state_reg <= WRITE_RESPONSE;
    assign arvalid = state_reg == READ_ADDRESS;
    assign araddr = table_reg | {52'd0, index, 3'd0};
    assign rready = state_reg == READ_DATA;
    assign awvalid = state_reg == WRITE_ADDRESS;
    assign awaddr = araddr;
    assign wvalid = state_reg == WRITE_DATA;
    assign wdata = pte_reg;

    // ---- fault records, one at a time; complete once taken, whatever becomes of the thread
    logic             post_reg;         // from taken to visible
    logic             post_valid_reg;   // not all words are out
    logic             post_live_reg;    // its thread still waits for it
    logic [THR_W-1:0] post_thread_reg;
    logic [511:0]     rec_reg;
    wire              fault_any;
    wire [THR_W-1:0]  ft;
    wire              post = fault_any && !post_reg && !flt_full;

    rr_arbiter #(.N(THREADS), .W(THR_W)) fault_turn (
        .clk(clk), .rst(rst), .req(fault_reg), .take(post), .any(fault_any), .index(ft));

    always_ff @(posedge clk) begin
        if (post) begin
            post_thread_reg <= ft;
            rec_reg <= {64'd0, 64'd1 << ft, cycle, detect_reg[ft], 53'd0, level_reg[ft], 5'd0, cause_reg[ft], cookie_reg[ft],
                        va_reg[ft], 6'd0, op_reg[ft], 8'(ft), 16'(ctx_reg[ft]), number_reg[ft], 8'(ft)};
        end
        if (rec_taken) post_valid_reg <= 1'b0;
        if (flt_posted) post_reg <= 1'b0;
        if (kill_hit[post_thread_reg]) post_live_reg <= 1'b0;
        if (post) {post_reg, post_valid_reg, post_live_reg} <= {1'b1, 1'b1, !kill_hit[ft]};
        if (rst) {post_reg, post_valid_reg} <= 2'd0;
    end
    assign rec_valid = post_valid_reg;
    assign rec_data = rec_reg[rec_word*64 +: 64];

    // ---- how slots move; what is written last holds
    always_ff @(posedge clk) begin
        granted_reg <= granted_reg & ~release_now;
        if (take) wait_reg[wait_thread] <= 1'b0;
        // refused for good, also when the context is set anew in this very cycle
        if (state_reg == BEGIN && dead) killed_reg[thread_reg] <= 1'b1;
        if (responded) begin
            granted_reg[thread_reg] <= status_reg == OK;
            huge_reg[thread_reg] <= huge;
            retry_reg[thread_reg] <= 1'b0;
        end
        if (fault_now) begin
            fault_reg[thread_reg] <= 1'b1;
            retry_reg[thread_reg] <= 1'b0;
            cause_reg[thread_reg] <= why_reg;
            level_reg[thread_reg] <= depth_reg;
            number_reg[thread_reg] <= number_reg[thread_reg] + 24'd1;
            detect_reg[thread_reg] <= cycle;
        end
        if (flt_posted && post_live_reg) begin
            fault_reg[post_thread_reg] <= 1'b0;
            stalled_reg[post_thread_reg] <= 1'b1;
        end
        if (answer_hit) begin
            stalled_reg[answered] <= 1'b0;
            wait_reg[answered] <= 1'b1;
            retry_reg[answered] <= answer_action == RETRY;
            fail_reg[answered] <= answer_action == FAIL;
        end
        for (int t = 0; t < THREADS; t++) begin
            if (kill_hit[t]) begin
                killed_reg[t] <= 1'b1;
                fault_reg[t] <= 1'b0;
                stalled_reg[t] <= 1'b0;
                if (fault_reg[t] || stalled_reg[t]) wait_reg[t] <= 1'b1;
            end
            if (ask[t]) begin
                wait_reg[t] <= 1'b1;
                fail_reg[t] <= 1'b0;
                killed_reg[t] <= 1'b0;
                ctx_reg[t] <= req_ctx[(t % PORTS)*CTX_W +: CTX_W];
                va_reg[t] <= req_va[(t % PORTS)*64 +: 64];
                op_reg[t] <= req_op[(t % PORTS)*2 +: 2];
                cookie_reg[t] <= req_cookie[(t % PORTS)*64 +: 64];
            end
            if (rst) begin
                ctx_reg[t] <= '0;
                va_reg[t] <= 64'd0;
                number_reg[t] <= 24'd0;
            end
        end
        if (rst) begin
            wait_reg <= '0;
            fault_reg <= '0;
            stalled_reg <= '0;
            granted_reg <= '0;
            retry_reg <= '0;
        end
    end

    assign ready = 1'b1;
    assign active = state_reg != IDLE || inv_reg || req_valid != '0 || wait_reg != '0 || post_reg || (fault_any && !flt_full);
    assign stalled = fault_reg | stalled_reg;
    assign faulted = fault_now ? THREADS'(1) << thread_reg : '0;

    // ---- for debuggers and counters; a machine without first level, walk caches and prefetch has no such events
    wire [THR_W-1:0] shown = thr_show[THR_W-1:0];
    assign ctx_show_state = ctx_show < CONTEXTS ? {dead_reg[ctx_show[CTX_W-1:0]], enabled_reg[ctx_show[CTX_W-1:0]]} : 2'd0;
    assign ctx_show_root = ctx_show < CONTEXTS ? root_reg[ctx_show[CTX_W-1:0]] : 64'd0;
    assign thr_show_va = thr_show < THREADS ? va_reg[shown] : 64'd0;
    assign thr_show_tag = thr_show < THREADS && number_reg[shown] != 24'd0 ? {number_reg[shown], 8'(shown)} : 32'd0;
    assign {arid, awid, arlen, ev_l1_hit, ev_merge, ev_walk_cache_hit, ev_prefetch} = '0;
    assign ev_l2_hit = state_reg == LOOKUP && hit;
    assign ev_miss = state_reg == LOOKUP && huge && !hit;
    assign ev_walk = state_reg == END && walked_reg;
    assign ev_walk_read = rvalid && rready;
    assign ev_ad_update = state_reg == WRITE_RESPONSE && bvalid && bresp == 2'd0;
    assign ev_record = flt_posted;
    assign ev_retry = answer_hit && answer_action == RETRY;
    assign ev_fail = answer_hit && answer_action == FAIL;
    assign ev_kill = responded && status_reg == KILLED ? rsp_valid : '0;
    assign ev_bus_error = (ev_walk_read && rresp != 2'd0) || (state_reg == WRITE_RESPONSE && bvalid && bresp != 2'd0);
    assign detect_to_record = flt_posted ? cycle - rec_reg[4*64 +: 64] : 64'd0;
    // the sum of these times is the sum over the cycles of how many wait
    function [6:0] population(input [THREADS-1:0] bits);
        population = 7'd0;
        for (int t = 0; t < THREADS; t++) population = population + 7'(bits[t]);
    endfunction
    assign record_to_answer = 64'(population(stalled_reg));
    assign answer_to_replay = 64'(population(retry_reg));
    wire unused = &{1'b0, flt_active, lock_wanted, rid, rlast, bid, TLB_WAYS != 0, L1_ENTRIES != 0, WALKERS != 0, PREFETCH != 0};

`ifdef CHECK
    // seen from the ports alone: what was given and not released; of that, what an invalidation under way covers
    logic [THREADS-1:0] given;
    logic [THREADS-1:0] given_huge;
    logic [THREADS-1:0] old;
    logic [THREADS-1:0] busy;
    logic [THREADS-1:0] posted;
    logic               past_stuck;
    logic [THR_W+59:0]  past_rsp;
    wire [THR_W+59:0]   rsp = {thread_reg, status_reg, rsp_pa[51:0], rsp_local[0], rsp_access[1:0], rsp_cause[2:0]};
    always_comb begin
        busy = wait_reg | fault_reg | stalled_reg | granted_reg;
        if (state_reg >= BEGIN && state_reg <= RESPOND) busy[thread_reg] = 1'b1;
    end
    always_ff @(posedge clk) begin
        past_stuck <= state_reg == RESPOND && !responded && !rst;
        past_rsp <= rsp;
        given <= given & ~release_now;
        if (responded) begin
            given[thread_reg] <= status_reg == OK;
            given_huge[thread_reg] <= huge;
        end
        for (int t = 0; t < THREADS; t++)
            if (inv_start)
                old[t] <= given[t] && !release_now[t] && (inv_every || ctx_reg[t] == inv_ctx) &&
                          (inv_all || ({va_reg[t][63:21], va_reg[t][20:12] | {9{given_huge[t]}}} >= inv_first &&
                                       {va_reg[t][63:21], va_reg[t][20:12] & ~{9{given_huge[t]}}} <= inv_last));
            else if (release_now[t]) old[t] <= 1'b0;
        if (fault_now) posted[thread_reg] <= 1'b0;
        if (post) posted[ft] <= 1'b1;
        if (rst) {given, old} <= '0;
        if (!rst) begin
            `CHECK_NAME(c1_one_request_per_thread) assert ((ask & busy) == '0);
            `CHECK_NAME(c3_release_what_was_given) assert ((release_now & ~given) == '0);
            `CHECK_NAME(slot_in_one_place) assert (((wait_reg & (fault_reg | stalled_reg | granted_reg)) |
                (fault_reg & (stalled_reg | granted_reg)) | (stalled_reg & granted_reg)) == '0);
            if (state_reg == RESPOND && status_reg == OK) begin
                `CHECK_NAME(i1_permitted_and_marked) assert (pte_reg[dmmu_pkg::PTE_V_LSB] && leaf && well_formed && permitted && marked);
            end
            if (past_stuck) begin
                `CHECK_NAME(rsp_holds) assert (state_reg == RESPOND && rsp == past_rsp);
            end
            if (inv_done) begin
                `CHECK_NAME(i2_no_old_translation_in_use) assert (old == '0);
            end
            if (post) begin
                `CHECK_NAME(i4_one_record_per_fault) assert (!posted[ft]);
            end
            if (arvalid || awvalid) begin
                `CHECK_NAME(entry_touched_under_lock) assert (lock_grant);
            end
        end
    end
`endif
endmodule

`default_nettype wire
