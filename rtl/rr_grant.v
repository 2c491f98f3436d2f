// SPDX-License-Identifier: GPL-2.0
//
// rr_grant: picks one of N requests, the next one after the last that was served, so that nobody starves. The choice is
// combinational, one bit for each requester; `take` says that it was served. Who comes next is kept as a mask: no
// number is compared.
`default_nettype none

module rr_grant #(
    // requesters
    parameter N = 4
) (
    input  wire          clk,
    input  wire          rst,
    input  wire  [N-1:0] req,
    input  wire          take,
    output logic [N-1:0] grant
);
    logic [N-1:0] mask_reg;     // those above the last that was served
    wire  [N-1:0] high = req & mask_reg;
    wire          any_high = high != '0;
    // somebody below asks, of all and of those above the last: whole words, in as many steps as N has bits
    logic [N-1:0] below, below_high;

    always_comb begin
        below = req << 1;
        below_high = high << 1;
        for (int i = 0; i < $clog2(N); i++) begin
            below = below | (below << (1 << i));
            below_high = below_high | (below_high << (1 << i));
        end
        grant = any_high ? high & ~below_high : req & ~below;
    end

    always_ff @(posedge clk) begin
        if (take) mask_reg <= any_high ? below_high : below;
        if (rst) mask_reg <= ~N'(1);
    end

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(one_is_picked_of_those_that_ask) assert ((grant & (grant - 1'b1)) == '0 && (grant & ~req) == '0 && (grant != '0) == (req != '0));
        end
    end
`endif
endmodule

`default_nettype wire
