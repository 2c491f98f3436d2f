// SPDX-License-Identifier: GPL-2.0
//
// irq_formal: causes of interrupts and the vectors they share. Causes come, routes change, vectors are enabled and
// acknowledged as they like. None is lost: a cause waits until a request begins, after it came, on the vector it is routed
// to; and it waits for nothing but IRQ_ENABLE and the request of another that stands.
`default_nettype none

module irq_formal (
    input wire        clk,
    input wire        any_ctl,
    input wire        any_cpy,
    input wire        any_error,
    input wire [4:0]  any_enable,
    input wire [14:0] any_route,
    input wire [4:0]  any_ack
);
    // a cause, one of the three that come from outside
    (* anyconst *) wire [2:0] who;
    wire        known = who == 3'(dmmu_pkg::IRQ_CTL) || who == 3'(dmmu_pkg::IRQ_CPY) || who == 3'(dmmu_pkg::IRQ_ERROR);
    logic       started = 1'b0;
    logic [4:0] enable = 5'd0;
    logic [14:0] route = {3'd4, 3'd3, 3'd2, 3'd1, 3'd0};
    wire  [4:0] pending, irq_req, raised;

    always_ff @(posedge clk) begin
        started <= 1'b1;
        enable <= any_enable;
        // as register IRQ_ROUTE is written
        for (int c = 0; c < 5; c++)
            if (any_route[3*c +: 3] < 3'd5) route[3*c +: 3] <= any_route[3*c +: 3];
    end

    irq dut (
        .clk(clk), .rst(!started), .arm(1'b0), .enable(enable), .route(route), .pending(pending), .quiet(1'b1), .coalescing(),
        .ctl_cause(any_ctl && started), .cpy_cause(any_cpy && started), .error_cause(any_error && started),
        .cpl_tail(32'd0), .cpl_head(32'd0), .cpl_rearm(1'b0), .cpl_delay(16'd0),
        .flt_tail(32'd0), .flt_head(32'd0), .flt_rearm(1'b0), .flt_delay(16'd0),
        .irq_req(irq_req), .irq_ack(any_ack & irq_req), .raised(raised), .flt_taken());

    wire        came = started && (who == 3'(dmmu_pkg::IRQ_CTL) ? any_ctl : who == 3'(dmmu_pkg::IRQ_CPY) ? any_cpy : any_error);
    wire  [4:0] vector = 5'd1 << route[3*who +: 3];
    logic       waits = 1'b0;       // it came, and no request that tells of it has begun
    logic [4:0] req_was = 5'd0;
    always_ff @(posedge clk) begin
        req_was <= irq_req;
        if ((raised & vector) != 5'd0 && enable[who]) waits <= 1'b0;
        if (came) waits <= 1'b1;
    end

`ifdef P_told
    always_ff @(posedge clk) if (started && known) begin
        if (waits) assert (pending[who]);
        if (waits && enable[who] && (irq_req & vector) == 5'd0) assert ((raised & vector) != 5'd0);
        // what is raised is a request that begins, and nothing else begins one
        assert ((raised & irq_req) == 5'd0);
    end
`endif
endmodule

`default_nettype wire
