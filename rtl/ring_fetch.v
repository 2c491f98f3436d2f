// SPDX-License-Identifier: GPL-2.0
//
// ring_fetch: the device's side of a ring that the host produces (control, work). Reads the next 64-byte entry as
// one burst once the doorbell covers it, and holds it until it is taken. An entry that could not be read is handed
// on with `entry_bad`, so that the indices stay in step.
`default_nettype none

module ring_fetch (
    input  wire         clk,
    input  wire         rst,
    input  wire         enable,
    input  wire [63:0]  base,
    input  wire [3:0]   size_log2,
    input  wire [31:0]  tail,
    // entries fetched
    output wire [31:0]  fetched,
    // an entry waits in the ring and none is held or on its way
    output wire         can_fetch,

    output wire         entry_valid,
    input  wire         entry_ready,
    output wire [511:0] entry,
    output wire         entry_bad,

    output wire         arvalid,
    input  wire         arready,
    output wire [63:0]  araddr,
    output wire [7:0]   arlen,
    input  wire         rvalid,
    output wire         rready,
    input  wire [63:0]  rdata,
    input  wire         rerr,
    input  wire         rlast
);
    localparam [1:0] IDLE = 2'd0, ADDRESS = 2'd1, DATA = 2'd2, HELD = 2'd3;

    logic [1:0]   state_reg;
    logic [31:0]  index_reg;
    logic [511:0] entry_reg;
    logic         bad_reg;

    wire [31:0] slot = index_reg & ((32'd1 << size_log2) - 32'd1);

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (can_fetch) begin
                state_reg <= ADDRESS;
                bad_reg <= 1'b0;
            end
            ADDRESS: if (arready) state_reg <= DATA;
            DATA: if (rvalid) begin
                entry_reg <= {rdata, entry_reg[511:64]};
                bad_reg <= bad_reg || rerr;
                if (rlast) begin
                    state_reg <= HELD;
                    index_reg <= index_reg + 32'd1;
                end
            end
            HELD: if (entry_ready) state_reg <= IDLE;
        endcase
        if (rst) begin
            state_reg <= IDLE;
            index_reg <= 32'd0;
        end
    end

    assign can_fetch = enable && state_reg == IDLE && index_reg != tail;
    assign fetched = index_reg;
    assign entry_valid = state_reg == HELD;
    assign entry = entry_reg;
    assign entry_bad = bad_reg;
    assign arvalid = state_reg == ADDRESS;
    assign araddr = base + {26'd0, slot, 6'd0};
    assign arlen = 8'd7;
    assign rready = state_reg == DATA;
endmodule

`default_nettype wire
