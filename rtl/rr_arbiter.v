// SPDX-License-Identifier: GPL-2.0
//
// rr_arbiter: picks one of N requests, the next one after the last that was served, so that nobody starves.
// The choice is combinational; `take` says that it was served. rr_grant.v says who, this one also by number.
`default_nettype none

module rr_arbiter #(
    // requesters
    parameter N = 4,
    // bits of an index
    parameter W = 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [N-1:0] req,
    input  wire         take,
    output wire         any,
    output wire [W-1:0] index
);
    wire [N-1:0] grant;

    rr_grant #(.N(N)) choice (.clk(clk), .rst(rst), .req(req), .take(take), .grant(grant));

    assign any = req != '0;

    // those whose number has this bit
    function [N-1:0] having(input int b);
        for (int i = 0; i < N; i++) having[i] = 1'(i >> b);
    endfunction
    generate
        for (genvar b = 0; b < W; b = b + 1) begin : bits
            localparam [N-1:0] THESE = having(b);
            assign index[b] = (grant & THESE) != '0;
        end
    endgenerate
endmodule

`default_nettype wire
