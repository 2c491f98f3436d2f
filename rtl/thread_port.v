// SPDX-License-Identifier: GPL-2.0
//
// thread_port: joins N hardware threads to one MMU client port (docs/client-port.md): requests and releases round
// robin, answers to the thread they name. Thread FIRST + STEP * n is number n here. A thread always has room for its answer.
//
// The threads' addresses are here, in RAM, and one adder for all of them: a thread asks for an operand (hw_thread), its
// request is chosen in one cycle, its address worked out in the next, and shown to the MMU in the one after that.
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
    input  wire               clk,
    input  wire               rst,

    // a descriptor for load_thread, in three cycles (one-hot): an operand's end in each (phase load_phase), with the first
    // the offsets of a list's `next` (arg) and value (arg2), with the first two also the cookie
    input  wire [2:0]         load,
    input  wire [THR_W-1:0]   load_thread,
    input  wire [1:0]         load_phase,
    input  wire [63:0]        load_operand,
    input  wire [63:0]        load_arg,
    input  wire [63:0]        load_arg2,
    input  wire [63:0]        load_cookie,
    // per thread, one at a time for a memory: this word of host or local memory is the address of a list's next node
    input  wire [N-1:0]       host_node,
    input  wire [63:0]        host_data,
    input  wire [N-1:0]       local_node,
    input  wire [63:0]        local_data,

    // see hw_thread
    input  wire [N-1:0]       t_req_valid,
    output wire [N-1:0]       t_req_taken,
    input  wire [N*CTX_W-1:0] t_req_ctx,
    input  wire [N*2-1:0]     t_req_op,
    input  wire [N*2-1:0]     t_req_phase,
    input  wire [N-1:0]       t_req_list,
    input  wire [N-1:0]       t_req_plain,
    input  wire [N-1:0]       t_req_words,
    input  wire [N*64-1:0]    t_req_left,
    input  wire [N*2-1:0]     t_req_node,
    output logic [N-1:0]      t_asked,
    output wire               t_asked_pair,
    output logic [N-1:0]      t_rsp_valid,
    output logic [N-1:0]      t_rsp_good,
    input  wire [N-1:0]       t_rel_valid,
    output wire  [N-1:0]      t_rel_ready,

    output wire               req_valid,
    input  wire               req_ready,
    output wire [CTX_W-1:0]   req_ctx,
    output wire [THR_W-1:0]   req_thread,
    output wire [63:0]        req_va,
    output wire [1:0]         req_op,
    output wire [63:0]        req_cookie,
    input  wire               rsp_valid,
    output wire               rsp_ready,
    input  wire [THR_W-1:0]   rsp_thread,
    input  wire [1:0]         rsp_status,
    output wire               rel_valid,
    output wire [THR_W-1:0]   rel_thread,

    // a request is on its way to the MMU
    output wire               active,
    // page of the last request of a thread
    input  wire [THR_W-1:0]   show,
    output wire [51:0]        shown
);
    localparam N_W = N > 1 ? $clog2(N) : 1;
    localparam SLOTS = 1 << N_W;
    localparam [1:0] SRC = 2'd0, SRC2 = 2'd1;

    // a thread's number here
    function [N_W-1:0] number(input [THR_W-1:0] thread);
        number = '0;
        for (int n = 0; n < N; n++)
            if (thread == THR_W'(FIRST + STEP * n)) number = N_W'(n);
    endfunction

    function here(input [THR_W-1:0] thread);
        here = 1'b0;
        for (int n = 0; n < N; n++)
            if (thread == THR_W'(FIRST + STEP * n)) here = 1'b1;
    endfunction

    function [N_W-1:0] which(input [N-1:0] one);
        which = '0;
        for (int n = 0; n < N; n++)
            if (one[n]) which = which | N_W'(n);
    endfunction

    function [63:0] join_words(input [N*64-1:0] words);
        join_words = 64'd0;
        for (int n = 0; n < N; n++) join_words = join_words | words[n*64 +: 64];
    endfunction

    // ---- what is known of the threads' addresses
    logic [63:0] operands [0:4*SLOTS-1];    // by thread and phase
    logic [63:0] offsets [0:4*SLOTS-1];     // of a list: of the value, of `next`
    logic [63:0] nexts [0:SLOTS-1];         // the latter once more
    logic [63:0] cookies [0:SLOTS-1];
    logic [63:0] host_nodes [0:SLOTS-1];
    logic [63:0] local_nodes [0:SLOTS-1];
    logic [51:0] pages [0:SLOTS-1];         // of requests made

    wire           load_here = here(load_thread);
    wire [N_W-1:0] load_n = number(load_thread);
    wire [N_W-1:0] host_n = which(host_node);
    wire [N_W-1:0] local_n = which(local_node);

    always_ff @(posedge clk) begin
        if (load_here && load != 3'd0) operands[{load_n, load_phase}] <= load_operand;
        if (load_here && (load[0] || load[1])) offsets[{load_n, load[0] ? SRC : SRC2}] <= load[0] ? load_arg2 : load_arg;
        if (load_here && load[0]) begin
            nexts[load_n] <= load_arg;
            cookies[load_n] <= load_cookie;
        end
        if (host_node != '0) host_nodes[host_n] <= host_data;
        if (local_node != '0) local_nodes[local_n] <= local_data;
    end

    // ---- chosen
    wire [N-1:0]      pick_1h, rel_1h;
    wire [N_W-1:0]    pick, rel_pick;
    logic             at_valid_reg;
    logic [N-1:0]     taken_reg;        // it was taken in the cycle before; that request is shown once more, but is none
    logic [N_W-1:0]   at_reg;
    logic [CTX_W-1:0] at_ctx_reg;
    logic [1:0]       at_op_reg;
    logic [1:0]       at_phase_reg;
    logic             at_list_reg;
    logic             at_words_reg;
    logic             at_plain_reg;
    logic [1:0]       at_node_reg;
    logic [N*64-1:0]  at_left_reg;      // what is left of that thread, and zero of all others: joined by OR
    // with the MMU
    logic             valid_reg;
    logic [N_W-1:0]   pick_reg;
    logic [CTX_W-1:0] ctx_reg;
    logic [63:0]      va_reg;
    logic [51:0]      next_page_reg;
    logic [1:0]       op_reg;

    logic             full_reg;     // one is here and one with the MMU: a register of its own, since req_ready comes late
    wire go = !valid_reg || req_ready;
    wire free = !full_reg || req_ready;
    // one that asks while it gives an address back is taken when that is, in the same cycle; both are chosen side by side
    wire [N-1:0] fit_1h = pick_1h & ~(t_rel_valid & ~rel_1h);
    wire [N-1:0] take_1h = fit_1h & {N{free}};
    wire [N-1:0] asks = t_req_valid & ~taken_reg;

    // who is not taken because of its release has had its turn, too: it comes again behind the others
    lru_grant #(.N(N), .N_W(N_W)) requests (.clk(clk), .rst(rst), .req(asks), .take(free), .grant(pick_1h), .pick(pick));
    lru_grant #(.N(N), .N_W(N_W)) releases (.clk(clk), .rst(rst), .req(t_rel_valid), .take(1'b1), .grant(rel_1h), .pick(rel_pick));
    assign rel_valid = t_rel_valid != '0;

    // of the thread that is picked
    localparam ASK_W = CTX_W + 9;
    logic [ASK_W-1:0] picked;
    always_comb begin
        picked = '0;
        for (int n = 0; n < N; n++)
            picked = picked | ({ASK_W{pick_1h[n]}} & {t_req_ctx[n*CTX_W +: CTX_W], t_req_op[n*2 +: 2], t_req_phase[n*2 +: 2],
                t_req_list[n], t_req_plain[n], t_req_words[n], t_req_node[n*2 +: 2]});
    end

    // ---- its address: that of the operand's end less what is left; or a node's, and an offset
    wire [63:0] operand = operands[{at_reg, at_list_reg ? SRC : at_phase_reg}];
    wire [63:0] base = at_node_reg[0] ? host_nodes[at_reg] : at_node_reg[1] ? local_nodes[at_reg] : operand;
    wire [63:0] list_offset = offsets[{at_reg, at_phase_reg}];
    wire [63:0] at_left = join_words(at_left_reg);
    wire [63:0] less = at_plain_reg ? 64'd0 : at_words_reg ? {at_left[60:0], 3'd0} : at_left;
    wire [63:0] offset = at_list_reg ? list_offset : ~less;
    wire [64:0] sum = {base, 1'b1} + {offset, !at_list_reg};    // one adder, with a carry in
    wire [63:0] next_node = base + nexts[at_reg];

    assign t_rel_ready = rel_1h;
    assign t_req_taken = taken_reg;
    always_comb begin
        t_asked = '0;
        t_asked[pick_reg] = valid_reg && req_ready;
        for (int n = 0; n < N; n++) begin
            t_rsp_valid[n] = rsp_valid && rsp_thread == THR_W'(FIRST + STEP * n);
            t_rsp_good[n] = rsp_valid && rsp_thread == THR_W'(FIRST + STEP * n) && rsp_status == 2'd0;
        end
    end

    always_ff @(posedge clk) begin
        if (go) begin
            valid_reg <= at_valid_reg;
            pick_reg <= at_reg;
            ctx_reg <= at_ctx_reg;
            op_reg <= at_op_reg;
            va_reg <= sum[64:1];
            next_page_reg <= next_node[63:12];
        end
        at_valid_reg <= !free || fit_1h != '0;
        full_reg <= (full_reg && !req_ready) || (fit_1h != '0 && (at_valid_reg || (valid_reg && !req_ready)));
        taken_reg <= take_1h;
        if (free) begin     // with what nobody asked for, it is not valid
            at_reg <= pick;
            {at_ctx_reg, at_op_reg, at_phase_reg, at_list_reg, at_plain_reg, at_words_reg, at_node_reg} <= picked;
            for (int n = 0; n < N; n++) begin
                at_left_reg[n*64 +: 64] <= t_req_left[n*64 +: 64];
                if (!pick_1h[n]) at_left_reg[n*64 +: 64] <= 64'd0;
            end
        end
        if (rst) begin
            valid_reg <= 1'b0;
            at_valid_reg <= 1'b0;
            full_reg <= 1'b0;
            taken_reg <= '0;
        end
    end

    always_ff @(posedge clk)
        if (valid_reg) pages[pick_reg] <= va_reg[63:12];

    assign t_asked_pair = va_reg[63:12] == next_page_reg;
    assign req_valid = valid_reg;
    assign req_thread = THR_W'(FIRST + STEP * 32'(pick_reg));
    assign rel_thread = THR_W'(FIRST + STEP * 32'(rel_pick));
    assign req_ctx = ctx_reg;
    assign req_va = va_reg;
    assign req_op = op_reg;
    assign req_cookie = cookies[pick_reg];
    assign rsp_ready = 1'b1;
    assign active = at_valid_reg || valid_reg;
    assign shown = pages[number(show)];

    wire unused = &{1'b0, sum[0], next_node[11:0]};

`ifdef CHECK
    logic [N_W-1:0] past_at;
    logic           past_stuck;
    always_ff @(posedge clk) begin
        past_at <= at_reg;
        past_stuck <= !rst && at_valid_reg && !go;
        if (!rst) begin
            `CHECK_NAME(both_places_are_used) assert (full_reg == (at_valid_reg && valid_reg));
            if (past_stuck) begin
                `CHECK_NAME(chosen_request_holds) assert (at_valid_reg && at_reg == past_at);
            end
            if (taken_reg != '0) begin
                `CHECK_NAME(who_was_taken_is_at_hand) assert (at_valid_reg && taken_reg[at_reg]);
            end
            `CHECK_NAME(one_node_of_a_memory_at_a_time) assert ((host_node & (host_node - 1'b1)) == '0 && (local_node & (local_node - 1'b1)) == '0);
            if (load[0] && load_here) begin
                `CHECK_NAME(loaded_before_it_asks) assert (!(at_valid_reg && at_reg == load_n) && !(valid_reg && pick_reg == load_n));
            end
        end
    end
`endif
endmodule

`default_nettype wire
