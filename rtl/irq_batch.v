// SPDX-License-Identifier: GPL-2.0
//
// irq_batch: when a ring that the device produces interrupts. Once per batch: armed, it fires when records wait that
// the host has not consumed, then stays quiet until the host moves its head. A record may wait up to `delay` cycles
// for others to join it, but not when nothing else goes on in the device that could bring one.
`default_nettype none

module irq_batch (
    input  wire        clk,
    input  wire        rst,
    // pulse: fire for the next record
    input  wire        arm,
    input  wire [15:0] delay,
    // nothing moves in the device
    input  wire        quiet,
    // records visible, records consumed
    input  wire [31:0] tail,
    input  wire [31:0] head,
    // a record waits for others
    output wire        waiting,
    // pulse
    output wire        fire
);
    // A moving head arms: arming is as late as the comparison of the counts, or old records would fire again.
    logic        armed_reg;
    logic        arm_reg;
    logic        more_reg;      // records wait
    logic        late_reg;      // one has waited long enough
    logic [15:0] waited_reg;

    wire due = armed_reg && more_reg;
    assign fire = due && (quiet || late_reg);
    assign waiting = due && !fire;

    wire [15:0] waited_next = waiting ? waited_reg + 16'd1 : 16'd0;

    always_ff @(posedge clk) begin
        arm_reg <= arm;
        more_reg <= tail != head;
        late_reg <= waited_next >= delay;
        waited_reg <= waited_next;
        if (fire) armed_reg <= 1'b0;
        if (arm_reg) armed_reg <= 1'b1;
        if (rst) begin
            armed_reg <= 1'b0;
            arm_reg <= 1'b0;
            waited_reg <= 16'd0;
        end
    end

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(waited_for_company) cover (fire && waited_reg != 16'd0 && waited_reg >= delay);
            `COVER_NAME(did_not_wait_in_vain) cover (fire && quiet && waited_reg < delay);
        end
    end
`endif
endmodule

`default_nettype wire
