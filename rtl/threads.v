// SPDX-License-Identifier: GPL-2.0
//
// threads: the hardware threads and what they share: the MMU client ports, the atomic lock, the way to the completion
// ring. Their memory ports go out side by side, thread N at bit or word N.
`default_nettype none

module threads #(
    // threads, contexts, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    // MMU client ports; thread t uses port t modulo PORTS
    parameter PORTS = 4
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
    // some thread of a killed context may still touch memory
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
    input  wire [THREADS-1:0]    stalled,
    input  wire [THREADS-1:0]    faulted,

    // memory ports; the read data of host and local memory are common to all threads
    output wire [THREADS-1:0]    mem_local,
    output wire [THREADS-1:0]    arvalid,
    input  wire [THREADS-1:0]    arready,
    output wire [THREADS*64-1:0] addr,
    output wire [THREADS*8-1:0]  len,
    input  wire [THREADS-1:0]    rvalid,
    output wire [THREADS-1:0]    rready,
    input  wire [63:0]           host_rdata,
    input  wire                  host_rerr,
    input  wire                  host_rlast,
    input  wire [63:0]           local_rdata,
    input  wire                  local_rerr,
    input  wire                  local_rlast,
    output wire [THREADS-1:0]    awvalid,
    input  wire [THREADS-1:0]    awready,
    output wire [THREADS-1:0]    wvalid,
    input  wire [THREADS-1:0]    wready,
    output wire [THREADS*64-1:0] wdata,
    output wire [THREADS-1:0]    wlast,
    input  wire [THREADS-1:0]    bvalid,
    input  wire                  host_berr,
    input  wire                  local_berr,

    // completion ring
    input  wire                  cpl_full,
    output wire                  rec_valid,
    input  wire [2:0]            rec_word,
    output wire [63:0]           rec_data,
    input  wire                  rec_taken,

    // debug window; zeros when there is no such thread
    input  wire [31:0]           show,
    output logic [31:0]          show_state
);
    wire [THREADS-1:0]       waiting;
    wire [THREADS-1:0]       retiring;
    wire [THREADS-1:0]       t_dying;
    wire [THREADS*8-1:0]     op;
    wire [THREADS*16-1:0]    ctx;
    wire [THREADS-1:0]       t_req_valid;
    wire [THREADS-1:0]       t_req_ready;
    wire [THREADS*CTX_W-1:0] t_req_ctx;
    wire [THREADS*64-1:0]    t_req_va;
    wire [THREADS*2-1:0]     t_req_op;
    wire [THREADS*64-1:0]    t_req_cookie;
    wire [THREADS-1:0]       t_rsp_valid;
    wire [THREADS-1:0]       t_rel_valid;
    wire [THREADS-1:0]       t_rel_ready;
    wire [THREADS-1:0]       lock_req;
    wire [THREADS-1:0]       lock_grant;
    wire [THREADS*64-1:0]    t_rec_data;
    logic [THREADS-1:0]      t_rec_taken;

    generate
        for (genvar t = 0; t < THREADS; t = t + 1) begin : thread
            hw_thread #(.THREAD(8'(t)), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W)) engine (
                .clk(clk), .rst(rst), .start(start[t]), .desc(desc), .busy(busy[t]), .waiting(waiting[t]),
                .retiring(retiring[t]), .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx),
                .dying(t_dying[t]), .op(op[t*8 +: 8]), .ctx(ctx[t*16 +: 16]),
                .req_valid(t_req_valid[t]), .req_ready(t_req_ready[t]), .req_ctx(t_req_ctx[t*CTX_W +: CTX_W]),
                .req_va(t_req_va[t*64 +: 64]), .req_op(t_req_op[t*2 +: 2]), .req_cookie(t_req_cookie[t*64 +: 64]),
                .rsp_valid(t_rsp_valid[t]), .rsp_status(rsp_status[t%PORTS*2 +: 2]), .rsp_pa(rsp_pa[t%PORTS*52 +: 52]),
                .rsp_local(rsp_local[t%PORTS]), .rsp_access(rsp_access[t%PORTS*2 +: 2]), .rsp_cause(rsp_cause[t%PORTS*3 +: 3]),
                .rel_valid(t_rel_valid[t]), .rel_ready(t_rel_ready[t]), .stalled(stalled[t]), .faulted(faulted[t]),
                .lock_req(lock_req[t]), .lock_grant(lock_grant[t]),
                .mem_local(mem_local[t]), .arvalid(arvalid[t]), .arready(arready[t]), .addr(addr[t*64 +: 64]),
                .len(len[t*8 +: 8]), .rvalid(rvalid[t]), .rready(rready[t]),
                .rdata(mem_local[t] ? local_rdata : host_rdata), .rerr(mem_local[t] ? local_rerr : host_rerr),
                .rlast(mem_local[t] ? local_rlast : host_rlast),
                .awvalid(awvalid[t]), .awready(awready[t]), .wvalid(wvalid[t]), .wready(wready[t]),
                .wdata(wdata[t*64 +: 64]), .wlast(wlast[t]), .bvalid(bvalid[t]),
                .berr(mem_local[t] ? local_berr : host_berr),
                .rec_word(rec_word), .rec_data(t_rec_data[t*64 +: 64]), .rec_taken(t_rec_taken[t]));
        end
    endgenerate

    // port p carries threads p, p + PORTS, ...; thread t is number t / PORTS of them
    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : client
            localparam N = (THREADS - p + PORTS - 1) / PORTS;
            wire [N-1:0]       n_req_valid, n_req_ready, n_rsp_valid, n_rel_valid, n_rel_ready;
            wire [N*CTX_W-1:0] n_req_ctx;
            wire [N*64-1:0]    n_req_va, n_req_cookie;
            wire [N*2-1:0]     n_req_op;
            for (genvar n = 0; n < N; n = n + 1) begin : member
                localparam T = n * PORTS + p;
                assign n_req_valid[n] = t_req_valid[T];
                assign t_req_ready[T] = n_req_ready[n];
                assign n_req_ctx[n*CTX_W +: CTX_W] = t_req_ctx[T*CTX_W +: CTX_W];
                assign n_req_va[n*64 +: 64] = t_req_va[T*64 +: 64];
                assign n_req_op[n*2 +: 2] = t_req_op[T*2 +: 2];
                assign n_req_cookie[n*64 +: 64] = t_req_cookie[T*64 +: 64];
                assign t_rsp_valid[T] = n_rsp_valid[n];
                assign n_rel_valid[n] = t_rel_valid[T];
                assign t_rel_ready[T] = n_rel_ready[n];
            end
            thread_port #(.N(N), .FIRST(p), .STEP(PORTS), .THR_W(THR_W), .CTX_W(CTX_W)) port (
                .clk(clk), .rst(rst),
                .t_req_valid(n_req_valid), .t_req_ready(n_req_ready), .t_req_ctx(n_req_ctx), .t_req_va(n_req_va),
                .t_req_op(n_req_op), .t_req_cookie(n_req_cookie), .t_rsp_valid(n_rsp_valid),
                .t_rel_valid(n_rel_valid), .t_rel_ready(n_rel_ready),
                .req_valid(req_valid[p]), .req_ready(req_ready[p]), .req_ctx(req_ctx[p*CTX_W +: CTX_W]),
                .req_thread(req_thread[p*THR_W +: THR_W]), .req_va(req_va[p*64 +: 64]), .req_op(req_op[p*2 +: 2]),
                .req_cookie(req_cookie[p*64 +: 64]), .rsp_valid(rsp_valid[p]), .rsp_ready(rsp_ready[p]),
                .rsp_thread(rsp_thread[p*THR_W +: THR_W]), .rel_valid(rel_valid[p]),
                .rel_thread(rel_thread[p*THR_W +: THR_W]));
        end
    endgenerate

    lock #(.N(THREADS), .W(THR_W)) atomic_lock (.clk(clk), .rst(rst), .req(lock_req), .grant(lock_grant));

    // ---- completion records: one thread at a time, held until its record is taken
    wire              any;
    wire [THR_W-1:0]  pick;
    logic             valid_reg;
    logic [THR_W-1:0] thread_reg;
    wire              take = any && !valid_reg;

    rr_arbiter #(.N(THREADS), .W(THR_W)) retire_order (
        .clk(clk), .rst(rst), .req(retiring), .take(take), .any(any), .index(pick));

    always_ff @(posedge clk) begin
        if (rec_taken) valid_reg <= 1'b0;
        if (take) begin
            valid_reg <= 1'b1;
            thread_reg <= pick;
        end
        if (rst) begin
            valid_reg <= 1'b0;
            thread_reg <= '0;
        end
    end

    always_comb begin
        t_rec_taken = '0;
        t_rec_taken[thread_reg] = rec_taken;
    end

    assign rec_valid = valid_reg;
    assign rec_data = t_rec_data[thread_reg*64 +: 64];
    assign dying = |t_dying;
    assign active = (busy & ~waiting & ~retiring) != '0 || (retiring != '0 && !cpl_full);

    wire [THR_W-1:0] shown = show[THR_W-1:0];
    always_comb begin
        show_state = 32'd0;
        if (show < THREADS) begin
            show_state[dmmu_pkg::THR_STATE_BUSY_LSB] = busy[shown];
            show_state[dmmu_pkg::THR_STATE_STALLED_LSB] = stalled[shown];
            show_state[dmmu_pkg::THR_STATE_OP_LSB +: 8] = op[shown*8 +: 8];
            show_state[dmmu_pkg::THR_STATE_CTX_LSB +: 16] = ctx[shown*16 +: 16];
        end
    end
endmodule

`default_nettype wire
