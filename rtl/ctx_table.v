// SPDX-License-Identifier: GPL-2.0
//
// ctx_table: what the device knows of each context (address space): the root of its page table, whether it was
// enabled, whether it was killed since. Only an enabled context that was not killed gets translations.
`default_nettype none

module ctx_table #(
    // contexts, and bits of a context's number
    parameter CONTEXTS = 16,
    parameter CTX_W = 4
) (
    input  wire                clk,
    input  wire                rst,
    // pulses: enable with a root table; kill
    input  wire                set_valid,
    input  wire [CTX_W-1:0]    set_ctx,
    input  wire [63:0]         set_root,
    input  wire                kill_valid,
    input  wire [CTX_W-1:0]    kill_ctx,
    output wire [CONTEXTS-1:0] ok,
    // the walker's read port
    input  wire [CTX_W-1:0]    root_ctx,
    output wire [63:0]         root,
    // the debug window's; zeros when there is no such context
    input  wire [31:0]         show,
    output wire [1:0]          show_state,
    output wire [63:0]         show_root
);
    logic [CONTEXTS-1:0] enabled_reg;
    logic [CONTEXTS-1:0] killed_reg;
    logic [63:0]         roots [0:CONTEXTS-1];

    always_ff @(posedge clk) begin
        if (set_valid) begin
            enabled_reg[set_ctx] <= 1'b1;
            killed_reg[set_ctx] <= 1'b0;
        end
        if (kill_valid) killed_reg[kill_ctx] <= 1'b1;
        if (rst) begin
            enabled_reg <= '0;
            killed_reg <= '0;
        end
    end

    always_ff @(posedge clk)
        if (set_valid) roots[set_ctx] <= set_root;

    wire             shown = show < CONTEXTS;
    wire [CTX_W-1:0] show_ctx = show[CTX_W-1:0];

    assign ok = enabled_reg & ~killed_reg;
    assign root = roots[root_ctx];
    assign show_state = shown ? {killed_reg[show_ctx], enabled_reg[show_ctx]} : 2'd0;
    assign show_root = shown && enabled_reg[show_ctx] ? roots[show_ctx] : 64'd0;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(killed_context_set_anew) cover (set_valid && killed_reg[set_ctx]);
            `COVER_NAME(killed_context_killed_again) cover (kill_valid && killed_reg[kill_ctx]);
        end
    end
`endif
endmodule

`default_nettype wire
