// SPDX-License-Identifier: GPL-2.0
//
// irq: the interrupt vectors and their request lines. Causes wait here while their vector is disabled. The two record
// rings interrupt once per batch (irq_batch). docs/rings.md, "Interrupts".
`default_nettype none

module irq (
    input  wire        clk,
    input  wire        rst,
    // pulse: CTRL.ENABLE was set
    input  wire        arm,
    input  wire [4:0]  enable,
    output wire [4:0]  pending,
    // nothing moves in the device but what is in here
    input  wire        quiet,
    // a record waits for others before it interrupts
    output wire        coalescing,

    // pulses: cause of vectors CTL, CPY and ERROR
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
    // pulse per vector: requested
    output wire [4:0]  raised
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

    always_ff @(posedge clk) begin
        req_reg <= (req_reg & ~irq_ack) | raised;
        cause_reg <= (cause_reg & ~raised) | cause_now;
        if (rst) begin
            req_reg <= 5'd0;
            cause_reg <= 5'd0;
        end
    end

    assign raised = cause_reg & enable & ~req_reg;
    assign pending = cause_reg | req_reg;
    assign coalescing = cpl_waiting || flt_waiting;
    assign irq_req = req_reg;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(cause_waits_while_disabled) cover ((cause_reg & ~enable) != 5'd0);
            `COVER_NAME(new_cause_while_the_request_stands) cover ((cause_now & req_reg) != 5'd0);
        end
    end
`endif
endmodule

`default_nettype wire
