// SPDX-License-Identifier: GPL-2.0
//
// irq: the interrupt causes, and the vectors with their request lines that causes are raised on. A cause waits here while it
// is disabled, and while its vector is requested: a message is sent after all that it tells of, also when several causes
// share it. The two record rings interrupt once per batch (irq_batch). docs/rings.md, "Interrupts".
`default_nettype none

module irq (
    input  wire        clk,
    input  wire        rst,
    // pulse: CTRL.ENABLE was set
    input  wire        arm,
    // per cause: it may be raised; its vector, three bits
    input  wire [4:0]  enable,
    input  wire [14:0] route,
    // per cause: it waits, or its vector is requested
    output wire [4:0]  pending,
    // nothing moves in the device but what is in here
    input  wire        quiet,
    // a record waits for others before it interrupts
    output wire        coalescing,

    // pulses: causes CTL, CPY and ERROR
    input  wire        ctl_cause,
    input  wire        cpy_cause,
    input  wire        error_cause,
    // records visible, records consumed, pulse: consumed was written; cycles a record may wait for others
    input  wire [31:0] cpl_tail,
    input  wire [31:0] cpl_head,
    input  wire        cpl_rearm,
    input  wire [15:0] cpl_delay,
    input  wire [31:0] flt_tail,
    input  wire [31:0] flt_head,
    input  wire        flt_rearm,
    input  wire [15:0] flt_delay,

    output wire [4:0]  irq_req,
    input  wire [4:0]  irq_ack,
    // pulses: a vector is requested; it is so for cause FLT
    output wire [4:0]  raised,
    output wire        flt_taken
);
    logic [4:0] cause_reg;
    logic [4:0] req_reg;

    wire cpl_fire;
    wire cpl_waiting;
    wire flt_fire;
    wire flt_waiting;

    irq_batch completions (
        .clk(clk), .rst(rst), .arm(arm || cpl_rearm), .delay(cpl_delay), .quiet(quiet), .tail(cpl_tail), .head(cpl_head),
        .waiting(cpl_waiting), .fire(cpl_fire));
    irq_batch faults (
        .clk(clk), .rst(rst), .arm(arm || flt_rearm), .delay(flt_delay), .quiet(quiet), .tail(flt_tail), .head(flt_head),
        .waiting(flt_waiting), .fire(flt_fire));

    logic [4:0] cause_now;
    always_comb begin
        cause_now = 5'd0;
        cause_now[dmmu_pkg::IRQ_CTL] = ctl_cause;
        cause_now[dmmu_pkg::IRQ_CPL] = cpl_fire;
        cause_now[dmmu_pkg::IRQ_FLT] = flt_fire;
        cause_now[dmmu_pkg::IRQ_ERROR] = error_cause;
        cause_now[dmmu_pkg::IRQ_CPY] = cpy_cause;
    end

    // causes whose vector is requested already; those that go with the next request, and its vectors
    logic [4:0] standing;
    logic [4:0] taken;
    logic [4:0] request;
    always_comb begin
        request = 5'd0;
        for (int c = 0; c < 5; c++) begin
            standing[c] = 1'b0;
            for (int v = 0; v < 5; v++)
                if (route[3*c +: 3] == 3'(v)) standing[c] = req_reg[v];
            taken[c] = cause_reg[c] && enable[c] && !standing[c];
            for (int v = 0; v < 5; v++)
                if (route[3*c +: 3] == 3'(v) && taken[c]) request[v] = 1'b1;
        end
    end

    always_ff @(posedge clk) begin
        req_reg <= (req_reg & ~irq_ack) | request;
        cause_reg <= (cause_reg & ~taken) | cause_now;
        if (rst) begin
            req_reg <= 5'd0;
            cause_reg <= 5'd0;
        end
    end

    assign raised = request;
    assign flt_taken = taken[dmmu_pkg::IRQ_FLT];
    assign pending = cause_reg | standing;
    assign coalescing = cpl_waiting || flt_waiting;
    assign irq_req = req_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            for (int c = 0; c < 5; c++) begin
                `CHECK_NAME(routes_lead_to_vectors) assert (route[3*c +: 3] < 3'd5);
            end
            // what a request took with it is told by its own message
            `CHECK_NAME(no_request_joins_one_that_stands) assert ((request & req_reg) == 5'd0);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(cause_waits_while_disabled) cover ((cause_reg & ~enable) != 5'd0);
            `COVER_NAME(new_cause_while_the_request_stands) cover ((cause_now & standing) != 5'd0);
            `COVER_NAME(causes_share_a_request) cover ((taken & (taken - 5'd1)) != 5'd0 && (raised & (raised - 5'd1)) == 5'd0);
        end
    end
`endif
endmodule

`default_nettype wire
