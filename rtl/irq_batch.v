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
    logic        armed_reg;
    logic [15:0] waited_reg;

    wire due = armed_reg && tail != head;
    assign fire = due && (quiet || waited_reg >= delay);
    assign waiting = due && !fire;

    always_ff @(posedge clk) begin
        waited_reg <= waiting ? waited_reg + 16'd1 : 16'd0;
        if (fire) armed_reg <= 1'b0;
        if (arm) armed_reg <= 1'b1;
        if (rst) begin
            armed_reg <= 1'b0;
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
