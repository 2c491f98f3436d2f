// SPDX-License-Identifier: GPL-2.0
//
// gtp_probe: can place and route put a transceiver of an Artix-7 somewhere and join it? The smallest design that has one.
// For `./dmmu fpga probe` only.
`default_nettype none

module gtp_probe (
    input  wire clk,
    input  wire d,
    output reg  q
);
    wire aligned;

    GTPE2_CHANNEL channel (
        .TXUSRCLK(clk), .TXUSRCLK2(clk), .RXUSRCLK(clk), .RXUSRCLK2(clk), .TXDATA({31'd0, d}), .RXBYTEISALIGNED(aligned));
    always @(posedge clk) q <= aligned;
endmodule

`default_nettype wire
