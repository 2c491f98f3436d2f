// SPDX-License-Identifier: GPL-2.0
//
// thread_port: joins N hardware threads to one MMU client port (docs/client-port.md): requests and releases round
// robin, answers to the thread they name. Thread FIRST + STEP * n is number n here. A thread always has room for its answer.
`default_nettype none

module thread_port #(
    // threads here, the first one's number and the step to the next
    parameter N = 4,
    parameter FIRST = 0,
    parameter STEP = 4,
    // bits of a thread's number
    parameter THR_W = 4,
    // bits of a context's number
    parameter CTX_W = 4
) (
    input  wire                     clk,
    input  wire                     rst,

    input  wire [N-1:0]       t_req_valid,
    output logic [N-1:0]      t_req_ready,
    input  wire [N*CTX_W-1:0] t_req_ctx,
    input  wire [N*64-1:0]    t_req_va,
    input  wire [N*2-1:0]     t_req_op,
    input  wire [N*64-1:0]    t_req_cookie,
    output logic [N-1:0]      t_rsp_valid,
    input  wire [N-1:0]       t_rel_valid,
    output logic [N-1:0]      t_rel_ready,

    output wire                     req_valid,
    input  wire                     req_ready,
    output wire [CTX_W-1:0]         req_ctx,
    output wire [THR_W-1:0]         req_thread,
    output wire [63:0]              req_va,
    output wire [1:0]               req_op,
    output wire [63:0]              req_cookie,
    input  wire                     rsp_valid,
    output wire                     rsp_ready,
    input  wire [THR_W-1:0]         rsp_thread,
    output wire                     rel_valid,
    output wire [THR_W-1:0]         rel_thread
);
    localparam N_W = N > 1 ? $clog2(N) : 1;
    wire             any;
    wire [N_W-1:0]   pick;
    wire [N_W-1:0]   rel_pick;
    logic            valid_reg;
    logic [N_W-1:0]  pick_reg;
    logic [CTX_W-1:0] ctx_reg;
    logic [63:0]     va_reg;
    logic [1:0]      op_reg;
    logic [63:0]     cookie_reg;

    wire take = any && (!valid_reg || req_ready);

    rr_arbiter #(.N(N), .W(N_W)) requests (
        .clk(clk), .rst(rst), .req(t_req_valid), .take(take), .any(any), .index(pick));
    rr_arbiter #(.N(N), .W(N_W)) releases (
        .clk(clk), .rst(rst), .req(t_rel_valid), .take(rel_valid), .any(rel_valid), .index(rel_pick));

    always_comb begin
        t_req_ready = '0;
        t_req_ready[pick] = take;
        t_rel_ready = '0;
        t_rel_ready[rel_pick] = rel_valid;
        for (int n = 0; n < N; n++)
            t_rsp_valid[n] = rsp_valid && rsp_thread == THR_W'(FIRST + STEP * n);
    end

    always_ff @(posedge clk) begin
        if (req_ready) valid_reg <= 1'b0;
        if (take) begin
            valid_reg <= 1'b1;
            pick_reg <= pick;
            ctx_reg <= t_req_ctx[pick*CTX_W +: CTX_W];
            va_reg <= t_req_va[pick*64 +: 64];
            op_reg <= t_req_op[pick*2 +: 2];
            cookie_reg <= t_req_cookie[pick*64 +: 64];
        end
        if (rst) valid_reg <= 1'b0;
    end

    assign req_valid = valid_reg;
    assign req_thread = THR_W'(FIRST + STEP * 32'(pick_reg));
    assign rel_thread = THR_W'(FIRST + STEP * 32'(rel_pick));
    assign req_ctx = ctx_reg;
    assign req_va = va_reg;
    assign req_op = op_reg;
    assign req_cookie = cookie_reg;
    assign rsp_ready = 1'b1;
endmodule

`default_nettype wire
