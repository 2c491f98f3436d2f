// SPDX-License-Identifier: GPL-2.0
//
// threads: the hardware threads and what they share: the MMU client ports, the atomic lock, the ways to the two
// memories (one user of each AXI multiplexer), and the way to the completion ring.
`default_nettype none

module threads #(
    // threads, contexts, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    // MMU client ports; thread t uses port t modulo PORTS
    parameter PORTS = 4,
    // a thread's buffer and longest burst, words, powers of two, up to 512 and 256
    parameter BUFFER_WORDS = 512,
    parameter BURST_WORDS = 64,
    // 1: while a thread waits for a fault answer, the others of its context ask for no translation
    parameter STALL_CONTEXT = 0,
    // beats that are read ahead of host, of local memory
    parameter HOST_BEATS = 384,
    parameter LOCAL_BEATS = 160,
    // bits of a name on the buses
    parameter SUB_W = 6
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [THREADS-1:0]    start,
    input  wire [511:0]          desc,
    output wire [THREADS-1:0]    busy,
    // something here moves without the MMU or the host
    output wire                  active,
    input  wire [CONTEXTS-1:0]   ctx_ok,
    input  wire                  kill_valid,
    input  wire [CTX_W-1:0]      kill_ctx,
    // some thread of a killed context may still touch memory, from two cycles after it was killed on
    output wire                  dying,

    output wire [PORTS-1:0]      req_valid,
    input  wire [PORTS-1:0]      req_ready,
    output wire [PORTS*CTX_W-1:0] req_ctx,
    output wire [PORTS*THR_W-1:0] req_thread,
    output wire [PORTS*64-1:0]   req_va,
    output wire [PORTS*2-1:0]    req_op,
    output wire [PORTS*64-1:0]   req_cookie,
    input  wire [PORTS-1:0]      rsp_valid,
    output wire [PORTS-1:0]      rsp_ready,
    input  wire [PORTS*THR_W-1:0] rsp_thread,
    input  wire [PORTS*2-1:0]    rsp_status,
    input  wire [PORTS*52-1:0]   rsp_pa,
    input  wire [PORTS-1:0]      rsp_local,
    input  wire [PORTS*2-1:0]    rsp_access,
    input  wire [PORTS*3-1:0]    rsp_cause,
    output wire [PORTS-1:0]      rel_valid,
    output wire [PORTS*THR_W-1:0] rel_thread,
    // per thread: an invalidation waits for its release
    input  wire [THREADS-1:0]    rel_wanted,
    input  wire [THREADS-1:0]    stalled,
    input  wire [THREADS-1:0]    faulted,

    // host memory; the names are the threads' numbers
    output wire                  host_arvalid,
    input  wire                  host_arready,
    output wire [SUB_W-1:0]      host_arid,
    output wire [63:0]           host_araddr,
    output wire [7:0]            host_arlen,
    input  wire                  host_rvalid,
    input  wire [SUB_W-1:0]      host_rid,
    input  wire [63:0]           host_rdata,
    input  wire [1:0]            host_rresp,
    input  wire                  host_rlast,
    output wire                  host_awvalid,
    input  wire                  host_awready,
    output wire [SUB_W-1:0]      host_awid,
    output wire [63:0]           host_awaddr,
    output wire [7:0]            host_awlen,
    output wire                  host_wvalid,
    input  wire                  host_wready,
    output wire [63:0]           host_wdata,
    output wire [7:0]            host_wstrb,
    output wire                  host_wlast,
    input  wire                  host_bvalid,
    input  wire [SUB_W-1:0]      host_bid,
    input  wire [1:0]            host_bresp,
    // local memory, the same
    output wire                  local_arvalid,
    input  wire                  local_arready,
    output wire [SUB_W-1:0]      local_arid,
    output wire [63:0]           local_araddr,
    output wire [7:0]            local_arlen,
    input  wire                  local_rvalid,
    input  wire [SUB_W-1:0]      local_rid,
    input  wire [63:0]           local_rdata,
    input  wire [1:0]            local_rresp,
    input  wire                  local_rlast,
    output wire                  local_awvalid,
    input  wire                  local_awready,
    output wire [SUB_W-1:0]      local_awid,
    output wire [63:0]           local_awaddr,
    output wire [7:0]            local_awlen,
    output wire                  local_wvalid,
    input  wire                  local_wready,
    output wire [63:0]           local_wdata,
    output wire [7:0]            local_wstrb,
    output wire                  local_wlast,
    input  wire                  local_bvalid,
    input  wire [SUB_W-1:0]      local_bid,
    input  wire [1:0]            local_bresp,

    // completion ring
    input  wire                  cpl_full,
    output wire                  rec_valid,
    input  wire [2:0]            rec_word,
    output logic [63:0]          rec_data,
    input  wire                  rec_taken,

    // debug window; zeros when there is no such thread
    input  wire [31:0]           show,
    output logic [31:0]          show_state
);
    localparam IDX_W = $clog2(BUFFER_WORDS);

    logic [THR_W-1:0]        who_reg;       // whose completion record is given away, a cycle late: it stays for some

    wire [THREADS-1:0]       waiting;
    wire [THREADS-1:0]       retiring;
    wire [THREADS-1:0]       t_dying;
    wire [THREADS-1:0]       works;
    wire [THREADS*CTX_W-1:0] ctx;
    wire [THREADS-1:0]       t_req_valid;
    wire [THREADS-1:0]       t_req_taken;
    wire [THREADS*2-1:0]     t_req_op, t_req_phase, t_req_node;
    wire [THREADS-1:0]       t_req_list, t_req_plain, t_req_words;
    wire [THREADS*64-1:0]    t_req_left;
    wire [THREADS-1:0]       t_asked;
    wire [PORTS-1:0]         asked_pair;
    wire [THREADS-1:0]       t_rsp_valid, t_rsp_good;
    wire [THREADS-1:0]       t_rel_valid;
    wire [THREADS-1:0]       t_rel_ready;
    wire [THREADS-1:0]       lock_req;
    wire [THREADS*3-1:0]     lock_word;
    logic [THREADS-1:0]      lock_grant;
    logic                    dying_reg;
    wire [THREADS*3-1:0]     t_status, t_cause;
    wire [THREADS*2-1:0]     t_access;
    wire [THREADS*12-1:0]    t_place;
    wire [THREADS-1:0]       t_rec_taken;

    // memory: a thread's access is to one of the two
    wire [THREADS-1:0]       mem_local;
    wire [THREADS*9-1:0]     at;            // word of its page
    wire [THREADS*8-1:0]     len;
    wire [THREADS-1:0]       h_arvalid, l_arvalid, h_arready, l_arready;
    wire [THREADS-1:0]       h_rvalid, l_rvalid;
    wire [63:0]              h_rdata, l_rdata, h_late, l_late;
    wire [1:0]               h_rresp, l_rresp;
    wire                     h_rlast, l_rlast, h_rbad, l_rbad;
    wire [THR_W-1:0]         h_rthread, l_rthread;
    wire                     h_null, l_null, h_end, l_end;
    wire                     h_equal, l_equal;
    wire [THREADS-1:0]       is_next, atomic, replace, count, h_forget, l_forget;
    wire [63:0]              h_sum, l_sum;
    wire [THREADS-1:0]       h_awvalid, l_awvalid, fill, h_awready, l_awready;
    wire [THREADS*IDX_W-1:0] from;
    wire [THREADS*3-1:0]     shift, head, tail;
    wire [IDX_W-1:0]         h_index, l_index;
    wire [THREADS-1:0]       h_here, l_here;
    wire [THREADS*64-1:0]    h_word, l_word;
    wire [THREADS-1:0]       h_bvalid, l_bvalid;
    wire [1:0]               h_bresp, l_bresp;
    wire                     h_bbad, l_bbad;

    // ---- work to threads
    // a function: Icarus goes round for ever in an always_comb here
    function [THR_W-1:0] number(input [THREADS-1:0] one);
        number = '0;
        for (int t = 0; t < THREADS; t++)
            if (one[t]) number = number | THR_W'(t);
    endfunction
    wire [THR_W-1:0] start_thread = number(start);
    wire              bad, none, endless, runs;
    wire [63:0]       left;
    wire [2:0]        load;
    wire [THR_W-1:0]  load_thread;
    wire [1:0]        load_phase;
    wire [63:0]       load_operand, load_arg, load_arg2, load_cookie, load_value, load_left;
    wire [7:0]        load_op;
    wire [15:0]       load_ctx;

    thread_load #(.CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .THR_W(THR_W)) loader (
        .clk(clk), .rst(rst), .start(start != '0), .start_thread(start_thread), .desc(desc), .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx), .bad(bad),
        .left(left), .none(none), .endless(endless), .runs(runs), .load(load), .load_thread(load_thread), .load_phase(load_phase),
        .load_operand(load_operand), .load_arg(load_arg), .load_arg2(load_arg2), .load_cookie(load_cookie),
        .load_value(load_value), .load_left(load_left), .load_op(load_op), .load_ctx(load_ctx));

    generate
        for (genvar t = 0; t < THREADS; t = t + 1) begin : thread
            hw_thread #(.CTX_W(CTX_W), .BUFFER_WORDS(BUFFER_WORDS), .IDX_W(IDX_W), .BURST_WORDS(BURST_WORDS)) engine (
                .clk(clk), .rst(rst), .start(start[t]), .d_op(desc[dmmu_pkg::WORK_OP_LSB +: 3]),
                .d_ctx(desc[dmmu_pkg::WORK_CTX_LSB +: CTX_W]), .d_left(left), .d_none(none), .d_endless(endless),
                .d_src(desc[dmmu_pkg::WORK_SRC_LSB +: 12]), .d_src2(desc[dmmu_pkg::WORK_SRC2_LSB +: 12]),
                .d_dst(desc[dmmu_pkg::WORK_DST_LSB +: 12]), .d_arg(desc[dmmu_pkg::WORK_ARG_LSB +: 12]),
                .d_arg2(desc[dmmu_pkg::WORK_ARG2_LSB +: 12]), .d_null(desc[dmmu_pkg::WORK_SRC_LSB +: 64] == 64'd0),
                .bad(bad), .runs(runs), .busy(busy[t]), .works(works[t]), .waiting(waiting[t]), .retiring(retiring[t]),
                .kill_valid(kill_valid), .kill_ctx(kill_ctx), .dying(t_dying[t]),
                .req_valid(t_req_valid[t]), .req_taken(t_req_taken[t]), .req_ctx(ctx[t*CTX_W +: CTX_W]),
                .req_op(t_req_op[t*2 +: 2]), .req_phase(t_req_phase[t*2 +: 2]), .req_list(t_req_list[t]),
                .req_plain(t_req_plain[t]), .req_words(t_req_words[t]), .req_left(t_req_left[t*64 +: 64]),
                .req_node(t_req_node[t*2 +: 2]), .asked(t_asked[t]), .asked_pair(asked_pair[t%PORTS]),
                .rsp_valid(t_rsp_valid[t]), .rsp_status(rsp_status[t%PORTS*2 +: 2]), .rsp_good(t_rsp_good[t]),
                .rsp_local(rsp_local[t%PORTS]), .rsp_access(rsp_access[t%PORTS*2 +: 2]), .rsp_cause(rsp_cause[t%PORTS*3 +: 3]),
                .rel_valid(t_rel_valid[t]), .rel_ready(t_rel_ready[t]), .rel_wanted(rel_wanted[t]), .stalled(stalled[t]),
                .lock_req(lock_req[t]), .lock_word(lock_word[t*3 +: 3]), .lock_grant(lock_grant[t]),
                .mem_local(mem_local[t]), .at(at[t*9 +: 9]), .len(len[t*8 +: 8]), .arvalid({l_arvalid[t], h_arvalid[t]}),
                .arready({l_arready[t], h_arready[t]}), .rvalid(h_rvalid[t] || l_rvalid[t]),
                .rplace(mem_local[t] ? l_rdata[11:0] : h_rdata[11:0]), .rnull(mem_local[t] ? l_null : h_null),
                .rend((h_rvalid[t] && h_end) || (l_rvalid[t] && l_end)),
                .rresp({2{h_rvalid[t]}} & h_rresp | {2{l_rvalid[t]}} & l_rresp),
                .rbad((h_rvalid[t] && h_rbad) || (l_rvalid[t] && l_rbad)), .rlast((h_rvalid[t] && h_rlast) || (l_rvalid[t] && l_rlast)),
                .host_late(h_late), .local_late(l_late),
                .awvalid({l_awvalid[t], h_awvalid[t]}), .awready({l_awready[t], h_awready[t]}), .from(from[t*IDX_W +: IDX_W]), .fill(fill[t]),
                .shift(shift[t*3 +: 3]), .head(head[t*3 +: 3]), .tail(tail[t*3 +: 3]),
                .host_index(h_index), .local_index(l_index), .host_here(h_here[t]), .local_here(l_here[t]),
                .host_word(h_word[t*64 +: 64]), .local_word(l_word[t*64 +: 64]),
                .bvalid(h_bvalid[t] || l_bvalid[t]), .bresp(mem_local[t] ? l_bresp : h_bresp),
                .bbad((h_bvalid[t] && h_bbad) || (l_bvalid[t] && l_bbad)),
                .atomic(atomic[t]), .replace(replace[t]), .count(count[t]), .equal(mem_local[t] ? l_equal : h_equal),
                .is_next(is_next[t]), .status(t_status[t*3 +: 3]), .cause(t_cause[t*3 +: 3]), .access(t_access[t*2 +: 2]),
                .place(t_place[t*12 +: 12]), .rec_taken(t_rec_taken[t]));
        end
    endgenerate

    // ---- the page that a thread has, for each way to memory that of the thread whose turn it is
    wire [4*THR_W-1:0]       turn;
    wire [4*40-1:0]          page;
    wire [PORTS*40-1:0]      rsp_page;
    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : answer
            assign rsp_page[p*40 +: 40] = rsp_pa[p*52+12 +: 40];
        end
    endgenerate

    slot_ram #(.THREADS(THREADS), .THR_W(THR_W), .PORTS(PORTS), .W(40), .READS(4)) pages_given (
        .clk(clk), .write(rsp_valid), .wthread(rsp_thread), .wdata(rsp_page), .rthread(turn), .rdata(page));

    threads_add #(.THREADS(THREADS), .THR_W(THR_W)) host_add (
        .clk(clk), .rst(rst), .start(start), .load(load[0]), .load_thread(load_thread), .load_operand(load_value),
        .load_compare(load_arg), .thread(h_rthread), .data(h_rdata), .atomic(atomic), .replace(replace), .late(h_late),
        .equal(h_equal), .count(count & ~mem_local), .forget(l_forget), .forget_other(h_forget), .show(who_reg), .shown(h_sum));

    threads_add #(.THREADS(THREADS), .THR_W(THR_W)) local_add (
        .clk(clk), .rst(rst), .start(start), .load(load[0]), .load_thread(load_thread), .load_operand(load_value),
        .load_compare(load_arg), .thread(l_rthread), .data(l_rdata), .atomic(atomic), .replace(replace), .late(l_late),
        .equal(l_equal), .count(count & mem_local), .forget(h_forget), .forget_other(l_forget), .show(who_reg), .shown(l_sum));

    threads_read #(.THREADS(THREADS), .THR_W(THR_W), .SUB_W(SUB_W), .BEATS(HOST_BEATS), .BURST_WORDS(BURST_WORDS)) host_read (
        .clk(clk), .rst(rst), .arvalid(h_arvalid), .arready(h_arready), .at(at), .len(len), .turn(turn[0*THR_W +: THR_W]), .page(page[0*40 +: 40]),
        .rvalid(h_rvalid), .rdata(h_rdata), .rnull(h_null), .rend(h_end), .rresp(h_rresp), .rbad(h_rbad), .rlast(h_rlast), .rthread(h_rthread),
        .m_arvalid(host_arvalid), .m_arready(host_arready), .m_arid(host_arid), .m_araddr(host_araddr),
        .m_arlen(host_arlen), .m_rvalid(host_rvalid), .m_rid(host_rid), .m_rdata(host_rdata), .m_rresp(host_rresp),
        .m_rlast(host_rlast));

    threads_read #(.THREADS(THREADS), .THR_W(THR_W), .SUB_W(SUB_W), .BEATS(LOCAL_BEATS), .BURST_WORDS(BURST_WORDS)) local_read (
        .clk(clk), .rst(rst), .arvalid(l_arvalid), .arready(l_arready), .at(at), .len(len), .turn(turn[1*THR_W +: THR_W]), .page(page[1*40 +: 40]),
        .rvalid(l_rvalid), .rdata(l_rdata), .rnull(l_null), .rend(l_end), .rresp(l_rresp), .rbad(l_rbad), .rlast(l_rlast), .rthread(l_rthread),
        .m_arvalid(local_arvalid), .m_arready(local_arready), .m_arid(local_arid), .m_araddr(local_araddr),
        .m_arlen(local_arlen), .m_rvalid(local_rvalid), .m_rid(local_rid), .m_rdata(local_rdata), .m_rresp(local_rresp),
        .m_rlast(local_rlast));

    threads_write #(.THREADS(THREADS), .THR_W(THR_W), .SUB_W(SUB_W), .IDX_W(IDX_W)) host_write (
        .clk(clk), .rst(rst), .awvalid(h_awvalid), .awready(h_awready), .at(at), .len(len), .turn(turn[2*THR_W +: THR_W]), .page(page[2*40 +: 40]),
        .from(from), .fill(fill), .shift(shift), .head(head), .tail(tail), .index(h_index), .here(h_here), .word(h_word),
        .load_valid(load[0]), .load_thread(load_thread), .load_word(load_arg),
        .bvalid(h_bvalid), .bresp(h_bresp), .bbad(h_bbad),
        .m_awvalid(host_awvalid), .m_awready(host_awready), .m_awid(host_awid), .m_awaddr(host_awaddr),
        .m_awlen(host_awlen), .m_wvalid(host_wvalid), .m_wready(host_wready), .m_wdata(host_wdata),
        .m_wstrb(host_wstrb), .m_wlast(host_wlast), .m_bvalid(host_bvalid), .m_bid(host_bid), .m_bresp(host_bresp));

    threads_write #(.THREADS(THREADS), .THR_W(THR_W), .SUB_W(SUB_W), .IDX_W(IDX_W)) local_write (
        .clk(clk), .rst(rst), .awvalid(l_awvalid), .awready(l_awready), .at(at), .len(len), .turn(turn[3*THR_W +: THR_W]), .page(page[3*40 +: 40]),
        .from(from), .fill(fill), .shift(shift), .head(head), .tail(tail), .index(l_index), .here(l_here), .word(l_word),
        .load_valid(load[0]), .load_thread(load_thread), .load_word(load_arg),
        .bvalid(l_bvalid), .bresp(l_bresp), .bbad(l_bbad),
        .m_awvalid(local_awvalid), .m_awready(local_awready), .m_awid(local_awid), .m_awaddr(local_awaddr),
        .m_awlen(local_awlen), .m_wvalid(local_wvalid), .m_wready(local_wready), .m_wdata(local_wdata),
        .m_wstrb(local_wstrb), .m_wlast(local_wlast), .m_bvalid(local_bvalid), .m_bid(local_bid), .m_bresp(local_bresp));

    // a context that has a stalled thread; its other threads are held where they would ask
    logic [CONTEXTS-1:0] ctx_stalled_reg;
    logic [THREADS-1:0]  held;
    always_ff @(posedge clk)
        for (int c = 0; c < CONTEXTS; c++) begin
            ctx_stalled_reg[c] <= 1'b0;
            for (int t = 0; t < THREADS; t++)
                if (STALL_CONTEXT != 0 && stalled[t] && ctx[t*CTX_W +: CTX_W] == CTX_W'(c)) ctx_stalled_reg[c] <= 1'b1;
        end
    always_comb
        for (int t = 0; t < THREADS; t++) held[t] = t_req_valid[t] && ctx_stalled_reg[ctx[t*CTX_W +: CTX_W]];

    wire [PORTS-1:0]     port_active;
    wire [PORTS*52-1:0]  pages;

    // port p carries threads p, p + PORTS, ...; thread t is number t / PORTS of them
    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : client
            localparam N = (THREADS - p + PORTS - 1) / PORTS;
            wire [N-1:0]       n_req_valid, n_req_taken, n_req_list, n_req_plain, n_req_words, n_asked;
            wire [N-1:0]       n_rsp_valid, n_rsp_good, n_rel_valid, n_rel_ready, n_host_node, n_local_node;
            wire [N*CTX_W-1:0] n_req_ctx;
            wire [N*64-1:0]    n_req_left;
            wire [N*2-1:0]     n_req_op, n_req_phase, n_req_node;
            for (genvar n = 0; n < N; n = n + 1) begin : member
                localparam T = n * PORTS + p;
                assign n_req_valid[n] = t_req_valid[T] && !held[T];
                assign t_req_taken[T] = n_req_taken[n];
                assign n_req_ctx[n*CTX_W +: CTX_W] = ctx[T*CTX_W +: CTX_W];
                assign n_req_op[n*2 +: 2] = t_req_op[T*2 +: 2];
                assign n_req_phase[n*2 +: 2] = t_req_phase[T*2 +: 2];
                assign n_req_list[n] = t_req_list[T];
                assign n_req_plain[n] = t_req_plain[T];
                assign n_req_words[n] = t_req_words[T];
                assign n_req_left[n*64 +: 64] = t_req_left[T*64 +: 64];
                assign n_req_node[n*2 +: 2] = t_req_node[T*2 +: 2];
                assign t_asked[T] = n_asked[n];
                assign n_host_node[n] = h_rvalid[T] && is_next[T];
                assign n_local_node[n] = l_rvalid[T] && is_next[T];
                assign t_rsp_valid[T] = n_rsp_valid[n];
                assign t_rsp_good[T] = n_rsp_good[n];
                assign n_rel_valid[n] = t_rel_valid[T];
                assign t_rel_ready[T] = n_rel_ready[n];
            end
            thread_port #(.N(N), .FIRST(p), .STEP(PORTS), .THR_W(THR_W), .CTX_W(CTX_W)) port (
                .clk(clk), .rst(rst),
                .load(load), .load_thread(load_thread), .load_phase(load_phase), .load_operand(load_operand),
                .load_arg(load_arg), .load_arg2(load_arg2), .load_cookie(load_cookie),
                .host_node(n_host_node), .host_data(h_rdata), .local_node(n_local_node), .local_data(l_rdata),
                .t_req_valid(n_req_valid), .t_req_taken(n_req_taken), .t_req_ctx(n_req_ctx), .t_req_op(n_req_op),
                .t_req_phase(n_req_phase), .t_req_list(n_req_list), .t_req_plain(n_req_plain), .t_req_words(n_req_words),
                .t_req_left(n_req_left), .t_req_node(n_req_node), .t_asked(n_asked), .t_asked_pair(asked_pair[p]),
                .t_rsp_valid(n_rsp_valid), .t_rsp_good(n_rsp_good),
                .t_rel_valid(n_rel_valid), .t_rel_ready(n_rel_ready),
                .req_valid(req_valid[p]), .req_ready(req_ready[p]), .req_ctx(req_ctx[p*CTX_W +: CTX_W]),
                .req_thread(req_thread[p*THR_W +: THR_W]), .req_va(req_va[p*64 +: 64]), .req_op(req_op[p*2 +: 2]),
                .req_cookie(req_cookie[p*64 +: 64]), .rsp_valid(rsp_valid[p]), .rsp_ready(rsp_ready[p]),
                .rsp_thread(rsp_thread[p*THR_W +: THR_W]), .rsp_status(rsp_status[p*2 +: 2]), .rel_valid(rel_valid[p]),
                .rel_thread(rel_thread[p*THR_W +: THR_W]), .active(port_active[p]), .show(who_reg),
                .shown(pages[p*52 +: 52]));
        end
    endgenerate

    // atomics on one word exclude each other: a lock for each of eight classes of addresses
    wire [THREADS-1:0]   class_bit [0:2];   // of each thread's class
    wire [8*THREADS-1:0] class_granted;
    generate
        for (genvar b = 0; b < 3; b = b + 1) begin : class_bits
            for (genvar t = 0; t < THREADS; t = t + 1) begin : of
                assign class_bit[b][t] = lock_word[t*3+b];
            end
        end
        for (genvar c = 0; c < 8; c = c + 1) begin : word_class
            localparam [2:0] C = 3'(c);
            logic [THREADS-1:0] req_reg;
            wire  [THREADS-1:0] grant;
            always_ff @(posedge clk) begin
                req_reg <= lock_req & (C[0] ? class_bit[0] : ~class_bit[0]) & (C[1] ? class_bit[1] : ~class_bit[1]) &
                    (C[2] ? class_bit[2] : ~class_bit[2]);
                if (rst) req_reg <= '0;
            end
            lock #(.N(THREADS)) one (.clk(clk), .rst(rst), .req(req_reg), .grant(grant));
            assign class_granted[c*THREADS +: THREADS] = grant;
        end
    endgenerate
    // a thread looks at it only while it asks; what it held before, which it keeps for two cycles, is gone by then
    always_comb begin
        lock_grant = '0;
        for (int c = 0; c < 8; c++) lock_grant = lock_grant | class_granted[c*THREADS +: THREADS];
    end

    // ---- completion records: one thread at a time, held until its record is taken
    wire [THREADS-1:0] who_1h;
    wire [THR_W-1:0]   who;
    logic              valid_reg;
    wire               take = retiring != '0 && !valid_reg;

    rr_turn #(.N(THREADS), .W(THR_W)) retire_order (
        .clk(clk), .rst(rst), .req(retiring), .stay(valid_reg), .serve(who_1h), .pick(who));

    always_ff @(posedge clk) begin
        if (rec_taken) valid_reg <= 1'b0;
        if (take) valid_reg <= 1'b1;
        if (rst) valid_reg <= 1'b0;
    end

    assign t_rec_taken = who_1h & {THREADS{rec_taken}};

    // ---- a record: most of it in RAM, by thread; the rest is chosen when the thread is, some cycles before it is asked for
    logic [63:0]        lefts [0:THREADS-1];    // units that there were to do
    logic [63:0]        cookies [0:THREADS-1];
    logic [23:0]        works_on [0:THREADS-1]; // operation, context
    logic [THREADS-1:0] began_reg;              // something since reset
    logic               take_reg, look_reg;
    logic [63:0]        left_reg, done_reg, result_reg;
    logic [2:0]         status_reg, cause_reg;
    logic [1:0]         access_reg;
    logic [11:0]        place_reg;
    logic [51:0]        page_reg;
    // what is left of the thread, and zero of all others: joined by OR
    logic [THREADS*64-1:0] left_of_reg;
    function [63:0] join_words(input [THREADS*64-1:0] words);
        join_words = 64'd0;
        for (int t = 0; t < THREADS; t++) join_words = join_words | words[t*64 +: 64];
    endfunction
    wire  [63:0]        left_of = join_words(left_of_reg);
    wire  [63:0]        cycles, stall;
    always_ff @(posedge clk)
        for (int t = 0; t < THREADS; t++) begin
            left_of_reg[t*64 +: 64] <= t_req_left[t*64 +: 64];
            if (!who_1h[t]) left_of_reg[t*64 +: 64] <= 64'd0;
        end
    wire  [31:0]        faults;

    always_ff @(posedge clk)
        if (load[0]) begin
            lefts[load_thread] <= load_left;
            cookies[load_thread] <= load_cookie;
            works_on[load_thread] <= {load_ctx, load_op};
        end

    always_ff @(posedge clk) begin
        who_reg <= who;
        take_reg <= take;
        look_reg <= take_reg;
        left_reg <= left_of;
        done_reg <= lefts[who_reg] - left_reg;
        result_reg <= h_sum + l_sum;
        status_reg <= t_status[who_reg*3 +: 3];
        cause_reg <= t_cause[who_reg*3 +: 3];
        access_reg <= t_access[who_reg*2 +: 2];
        place_reg <= t_place[who_reg*12 +: 12];
        page_reg <= pages[32'(who_reg)%PORTS*52 +: 52];
        began_reg <= began_reg | start;
        dying_reg <= t_dying != '0;
        if (rst) begin
            take_reg <= 1'b0;
            look_reg <= 1'b0;
            began_reg <= '0;
            dying_reg <= 1'b0;
        end
    end

    thread_counts #(.THREADS(THREADS), .THR_W(THR_W)) counts (
        .clk(clk), .rst(rst), .works(works), .stalls(stalled), .faults(faulted), .clear(t_rec_taken), .look(look_reg),
        .thread(who_reg), .cycles(cycles), .stall(stall), .fault(faults));

    wire [23:0] rec_work = works_on[who_reg];
    wire        rec_va = status_reg == 3'(dmmu_pkg::STATUS_FAULT) || status_reg == 3'(dmmu_pkg::STATUS_BUS);
    always_comb begin
        case (rec_word)
            3'd0: rec_data = cookies[who_reg];
            3'd1: rec_data = {8'd0, 5'd0, cause_reg, 6'd0, access_reg, 8'(who_reg), rec_work[23:8], rec_work[7:0], 5'd0, status_reg};
            3'd2: rec_data = result_reg;
            3'd3: rec_data = done_reg;
            3'd4: rec_data = rec_va ? {page_reg, place_reg} : 64'd0;
            3'd5: rec_data = cycles;
            3'd6: rec_data = stall;
            default: rec_data = {32'd0, faults};
        endcase
    end

    assign rec_valid = valid_reg;
    assign dying = dying_reg;
    assign active = (busy & ~waiting & ~(held & ~t_rel_valid) & ~retiring) != '0 || port_active != '0 || (retiring != '0 && !cpl_full);

    wire [THR_W-1:0] shown = show[THR_W-1:0];
    wire [23:0]      shown_work = began_reg[shown] ? works_on[shown] : 24'd0;
    always_comb begin
        show_state = 32'd0;
        if (show < THREADS) begin
            show_state[dmmu_pkg::THR_STATE_BUSY_LSB] = busy[shown];
            show_state[dmmu_pkg::THR_STATE_STALLED_LSB] = stalled[shown];
            show_state[dmmu_pkg::THR_STATE_OP_LSB +: 8] = shown_work[7:0];
            show_state[dmmu_pkg::THR_STATE_CTX_LSB +: 16] = shown_work[23:8];
        end
    end

    // a page is what an address is for; the place in it a thread knows
    wire unused = &{1'b0, rsp_pa};

`ifdef CHECK
    // who has the lock of the word that it asks for
    logic [THREADS-1:0] lock_right;
    always_comb begin
        for (int t = 0; t < THREADS; t++) lock_right[t] = class_granted[{29'd0, lock_word[t*3 +: 3]} * THREADS + t];
    end
    // with STALL_CONTEXT: who asked, when that was taken, had no companion that was waiting for the host since the cycle before
    logic [THREADS-1:0] past_stalled, past2_stalled;
    wire  [THREADS-1:0] companion;
    generate
        for (genvar t = 0; t < THREADS; t = t + 1) begin : asking
            wire [THREADS-1:0] same;
            for (genvar u = 0; u < THREADS; u = u + 1) begin : of
                assign same[u] = STALL_CONTEXT != 0 && ctx[t*CTX_W +: CTX_W] == ctx[u*CTX_W +: CTX_W];
            end
            assign companion[t] = STALL_CONTEXT != 0 && t_req_taken[t] && (past_stalled & past2_stalled & same) != '0;
        end
    endgenerate
    always_ff @(posedge clk) begin
        past_stalled <= stalled;
        past2_stalled <= past_stalled;
        if (rst) past_stalled <= '0;
    end
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(i3_stalled_thread_issues_nothing) assert ((stalled & (h_arvalid | l_arvalid | h_awvalid | l_awvalid)) == '0);
            `CHECK_NAME(who_may_do_an_atomic_has_its_word) assert ((lock_grant & lock_req & ~lock_right) == '0);
            `CHECK_NAME(context_of_a_stalled_thread_asks_for_nothing) assert (STALL_CONTEXT == 0 || companion == '0);
            `CHECK_NAME(answers_come_from_the_memory_asked) assert (
                ((h_rvalid | h_bvalid) & mem_local) == '0 && ((l_rvalid | l_bvalid) & ~mem_local) == '0);
        end
    end
`endif
endmodule

`default_nettype wire
