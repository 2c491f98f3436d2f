// SPDX-License-Identifier: GPL-2.0
//
// pcie_probe: can place and route put the PCIe block of an Artix-7 somewhere? The smallest design that has one. For
// `./dmmu fpga probe` only.
`default_nettype none

module pcie_probe (
    input  wire clk,
    input  wire d,
    output reg  q
);
    wire up;

    PCIE_2_1 block (.USERCLK(clk), .USERCLK2(clk), .PIPECLK(clk), .PLTRANSMITHOTRST(d), .PLPHYLNKUPN(up));
    always @(posedge clk) q <= up;
endmodule

`default_nettype wire
