// SPDX-License-Identifier: GPL-2.0
//
// lock: one of N users at a time. A user keeps `req` up from asking until it is finished; `grant` shows whose turn
// it is. Served round robin, so that nobody waits for ever as long as everybody finishes.
`default_nettype none

module lock #(
    // users
    parameter N = 2
) (
    input  wire          clk,
    input  wire          rst,
    input  wire [N-1:0]  req,
    output logic [N-1:0] grant
);
    wire [N-1:0] pick;
    wire         take = req != '0 && (grant & req) == '0;

    rr_grant #(.N(N)) choice (.clk(clk), .rst(rst), .req(req), .take(take), .grant(pick));

    always_ff @(posedge clk) begin
        if (take) grant <= pick;
        else grant <= grant & req;
        if (rst) grant <= '0;
    end

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(one_holder) assert ((grant & (grant - 1'b1)) == '0);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(two_want_it) cover ((req & (req - 1'b1)) != '0);
        end
    end
`endif
endmodule

`default_nettype wire
