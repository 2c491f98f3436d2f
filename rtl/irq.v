// SPDX-License-Identifier: GPL-2.0
//
// irq: when an interrupt is due, and its request line. Causes wait here while their vector is disabled. The two
// record rings interrupt once per batch: armed, they interrupt when records wait that the host has not consumed,
// and stay quiet until the host moves its head. docs/rings.md, "Interrupts".
`default_nettype none

module irq (
    input  wire        clk,
    input  wire        rst,
    // pulse: CTRL.ENABLE was set
    input  wire        arm,
    input  wire [3:0]  enable,
    output wire [3:0]  pending,

    // pulses: cause of vectors CTL and ERROR
    input  wire        ctl_cause,
    input  wire        error_cause,
    // records visible, records consumed, pulse: consumed was written
    input  wire [31:0] cpl_tail,
    input  wire [31:0] cpl_head,
    input  wire        cpl_rearm,
    input  wire [31:0] flt_tail,
    input  wire [31:0] flt_head,
    input  wire        flt_rearm,

    output wire [3:0]  irq_req,
    input  wire [3:0]  irq_ack,
    // pulse per vector: requested
    output wire [3:0]  raised
);
    logic [3:0] cause_reg;
    logic [3:0] req_reg;
    logic       cpl_armed_reg;
    logic       flt_armed_reg;

    wire cpl_fire = cpl_armed_reg && cpl_tail != cpl_head;
    wire flt_fire = flt_armed_reg && flt_tail != flt_head;

    logic [3:0] cause_now;
    always_comb begin
        cause_now = 4'd0;
        cause_now[dmmu_pkg::IRQ_CTL] = ctl_cause;
        cause_now[dmmu_pkg::IRQ_CPL] = cpl_fire;
        cause_now[dmmu_pkg::IRQ_FLT] = flt_fire;
        cause_now[dmmu_pkg::IRQ_ERROR] = error_cause;
    end

    always_ff @(posedge clk) begin
        req_reg <= (req_reg & ~irq_ack) | raised;
        cause_reg <= (cause_reg & ~raised) | cause_now;
        if (cpl_fire) cpl_armed_reg <= 1'b0;
        if (flt_fire) flt_armed_reg <= 1'b0;
        if (arm || cpl_rearm) cpl_armed_reg <= 1'b1;
        if (arm || flt_rearm) flt_armed_reg <= 1'b1;
        if (rst) begin
            req_reg <= 4'd0;
            cause_reg <= 4'd0;
            cpl_armed_reg <= 1'b0;
            flt_armed_reg <= 1'b0;
        end
    end

    assign raised = cause_reg & enable & ~req_reg;
    assign pending = cause_reg | req_reg;
    assign irq_req = req_reg;
endmodule

`default_nettype wire
