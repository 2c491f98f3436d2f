// SPDX-License-Identifier: GPL-2.0
//
// far_reset: resets of a port's far side, on the clock of what is behind the port, which may stand still. `rst` stops
// that side at once when the port goes down, `clear` forgets what is in the crossing, and only when port_reset.v has cut the
// near side. What stopped while the near side was live stays stopped until then: else a port that was down too briefly
// for the other clock to see it would go on in the middle of something.
`default_nettype none

module far_reset (
    input  wire clk,
    // of any clock: what is behind the port is down
    input  wire down,
    // of the device's clock, port_reset.v: the near side is cut, forget; it is live
    input  wire req,
    input  wire live,
    output wire rst,
    output wire clear
);
    logic lost_reg;
    wire  stopped;
    wire  live_here;

    sync_reset stop (.clk(clk), .rst_in(req || down), .rst_out(stopped));
    sync_reset forget (.clk(clk), .rst_in(req), .rst_out(clear));
    // seen sooner than `stopped` ends
    sync_bits near (.clk(clk), .rst(clear), .d(live), .q(live_here));

    always_ff @(posedge clk) begin
        if (stopped && live_here) lost_reg <= 1'b1;
        if (clear) lost_reg <= 1'b0;
    end

    assign rst = stopped || lost_reg;

`ifdef COVER
    always_ff @(posedge clk)
        `COVER_NAME(stays_stopped_until_the_near_side_knows) cover (lost_reg && !stopped);
`endif
endmodule

`default_nettype wire
