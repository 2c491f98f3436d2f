// SPDX-License-Identifier: GPL-2.0
//
// invalidate: makes the acknowledge of an invalidation true. HOLD: no lookup begins, those under way end, so that every
// translation given is known. FLUSH: first-level TLBs and walk caches forget, walks of the context stand still. Then
// work goes on, but for lookups of the range (`guard`), while three things run side by side: the shared TLB is swept,
// each translation given before is compared with the range, and so is each walk. Last, REST: those of the range are
// released, an entry that a walk of the range was writing is written, and walks through tables that the range touches
// have ended. Clients release without waiting for anything, so it ends.
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
    // begin no lookup
    output wire             hold,
    // no lookup is under way
    input  wire             settled,
    // pulse: forget, poison, begin the sweep
    output wire             flush,
    // it comes in the next cycle
    output wire             flush_next,
    // turn back lookups of the range
    output wire             guard,
    input  wire             swept,
    // each thread in turn is compared with the range
    output wire             scanning,
    output wire [THR_W-1:0] scan,
    // a translation given before may be of the range
    input  wire             held,
    // an A or D is being written
    input  wire             ad_writing,
    // walks that began before go through tables of the range
    input  wire             draining,
    // only translations and walks that began before are waited for
    output wire             resting
);
    localparam [2:0] IDLE = 3'd0, HOLD = 3'd1, FLUSH = 3'd2, SCAN = 3'd3, REST = 3'd4, DONE = 3'd5;

    logic [2:0]       state_reg;
    logic             hold_reg;         // HOLD or FLUSH; FLUSH: many look at these
    logic             flush_reg;
    logic [THR_W-1:0] scan_reg;
    logic             guard_reg;
    logic             sweeping_reg;     // the sweep has had a cycle to begin
    logic             ad_wait_reg;      // the write that was under way at the flush

    always_ff @(posedge clk) begin
        sweeping_reg <= guard_reg;
        if (guard_reg && sweeping_reg && swept) guard_reg <= 1'b0;
        if (!ad_writing) ad_wait_reg <= 1'b0;
        case (state_reg)
            IDLE: if (start) begin
                state_reg <= HOLD;
                hold_reg <= 1'b1;
            end
            HOLD: if (flush_next) begin
                state_reg <= FLUSH;
                flush_reg <= 1'b1;
            end
            FLUSH: begin
                state_reg <= SCAN;
                hold_reg <= 1'b0;
                flush_reg <= 1'b0;
                scan_reg <= '0;
                guard_reg <= 1'b1;
                ad_wait_reg <= 1'b1;
            end
            SCAN: begin
                scan_reg <= scan_reg + 1'b1;
                if (scan_reg == THR_W'(THREADS - 1)) state_reg <= REST;
            end
            REST: if (!guard_reg && !ad_wait_reg && !held && !draining) state_reg <= DONE;
            default: state_reg <= IDLE;
        endcase
        if (rst) begin
            state_reg <= IDLE;
            hold_reg <= 1'b0;
            flush_reg <= 1'b0;
            guard_reg <= 1'b0;
            ad_wait_reg <= 1'b0;
        end
    end

    assign active = state_reg != IDLE;
    assign done = state_reg == DONE;
    assign hold = hold_reg;
    assign flush = flush_reg;
    assign flush_next = state_reg == HOLD && settled;
    assign guard = guard_reg;
    assign scanning = state_reg == SCAN;
    assign scan = scan_reg;
    assign resting = state_reg == REST;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(waits_for_lookups) cover (state_reg == HOLD && !settled);
            `COVER_NAME(waits_for_a_translation_in_use) cover (state_reg == REST && held && !guard_reg);
            `COVER_NAME(waits_for_the_sweep) cover (state_reg == REST && guard_reg);
            `COVER_NAME(waits_for_a_walk) cover (state_reg == REST && draining && !held && !guard_reg);
            `COVER_NAME(waits_for_an_entry_being_marked) cover (state_reg == REST && ad_wait_reg);
        end
    end
`endif
endmodule

`default_nettype wire
