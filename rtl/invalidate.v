// SPDX-License-Identifier: GPL-2.0
//
// invalidate: makes the acknowledge of an invalidation true, in three steps. HOLD: no lookup and no walk begins, walks
// of the context give up, and what is under way in the MMU ends. SWEEP: the TLB drops the entries. SCAN: each
// thread in turn, until none holds a translation of the range any more. A thread may get a fresh one while others
// are scanned; waiting for that too is harmless, since a client gives it back without waiting for anything.
`default_nettype none

module invalidate #(
    // threads, and bits of a thread's number
    parameter THREADS = 16,
    parameter THR_W = 4
) (
    input  wire             clk,
    input  wire             rst,
    // pulse; the range stays until `done`
    input  wire             start,
    output wire             active,
    output wire             done,
    // begin no lookup and no walk; give up walks of the range's context
    output wire             hold,
    // nothing begun before is under way in the MMU
    input  wire             settled,
    output wire             sweep,
    input  wire             swept,
    // does thread `scan` hold a translation of the range?
    output wire [THR_W-1:0] scan,
    input  wire             scan_held
);
    localparam [2:0] IDLE = 3'd0, HOLD = 3'd1, SWEEP = 3'd2, SCAN = 3'd3, DONE = 3'd4;

    logic [2:0]       state_reg;
    logic [THR_W-1:0] scan_reg;

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (start) state_reg <= HOLD;
            HOLD: if (settled) state_reg <= SWEEP;
            SWEEP: if (swept) begin
                state_reg <= SCAN;
                scan_reg <= '0;
            end
            SCAN: if (!scan_held) begin
                scan_reg <= scan_reg + 1'b1;
                if (scan_reg == THR_W'(THREADS - 1)) state_reg <= DONE;
            end
            default: state_reg <= IDLE;
        endcase
        if (rst) state_reg <= IDLE;
    end

    assign active = state_reg != IDLE;
    assign done = state_reg == DONE;
    assign hold = state_reg == HOLD || state_reg == SWEEP;
    assign sweep = state_reg == SWEEP;
    assign scan = scan_reg;
endmodule

`default_nettype wire
