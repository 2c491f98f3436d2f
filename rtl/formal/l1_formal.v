// SPDX-License-Identifier: GPL-2.0
//
// l1_formal: the first-level TLB at its real widths. A hit shows the frame of the last filling of that page since the
// last flush (or reset), whatever else was looked up, filled and replaced: never one from before, never another's.
`default_nettype none

module l1_formal #(
    // entries
    parameter ENTRIES = 2,
    // bits of a context's number, of a page number
    parameter CTX_W = 2,
    parameter VPN_W = 36
) (
    input wire             clk,
    input wire             any_flush,
    input wire             any_lookup,
    input wire             any_may,
    input wire [CTX_W-1:0] any_ctx,
    input wire [VPN_W-1:0] any_vpn,
    input wire [1:0]       any_op,
    input wire             any_take,
    input wire             any_fill,
    input wire [CTX_W-1:0] any_fill_ctx,
    input wire [VPN_W-1:0] any_fill_vpn,
    input wire             any_huge,
    input wire [4:0]       any_perm,
    input wire             any_generation
);
    (* anyconst *) wire [CTX_W-1:0] w_ctx;
    (* anyconst *) wire [VPN_W-1:0] w_vpn;
    logic started = 1'b0;
    logic looked = 1'b0;
    logic looked_w = 1'b0;
    logic [1:0] filled = 2'd0;      // with generation 0, 1 since the last flush
    logic [1:0] seen = 2'd0;        // as it was when the lookup was made
    wire        hit;
    wire [39:0] frame;
    wire  ours = any_fill_ctx == w_ctx && any_fill_vpn == w_vpn;
    always_ff @(posedge clk) begin
        started <= 1'b1;
        // as the MMU does: no lookup in the cycle of a flush, or on its way
        if (any_flush) filled <= 2'd0;
        else if (started && any_fill && ours) filled[any_generation] <= 1'b1;
        looked <= started && !any_flush && (any_lookup || (looked && !any_take));
        if (any_lookup) looked_w <= any_ctx == w_ctx && any_vpn == w_vpn;
        if (any_lookup) seen <= filled;
    end

    l1_tlb #(.ENTRIES(ENTRIES), .CTX_W(CTX_W), .VPN_W(VPN_W)) dut (
        .clk(clk), .rst(!started), .flush(any_flush), .lk_valid(any_lookup), .lk_may(any_may), .lk_ctx(any_ctx), .lk_vpn(any_vpn), .lk_op(any_op),
        .res_hit(hit), .res_huge(), .res_local(), .res_frame(frame), .res_take(looked && any_take && !any_lookup),
        .fill_valid(started && any_fill && !any_flush), .fill_ctx(any_fill_ctx), .fill_vpn(any_fill_vpn),
        .fill_huge(any_huge), .fill_perm(any_perm), .fill_frame({38'd0, !ours, any_generation}));

`ifdef P_flush
    // (a lookup in the cycle of a filling may have its entry: the choice of data and valid bit is made in that cycle)
    always_ff @(posedge clk)
        if (looked && looked_w && hit) assert (frame[1] == 1'b0 && seen[frame[0]]);
`endif
endmodule

`default_nettype wire
