// SPDX-License-Identifier: GPL-2.0
//
// dispatch: gives the next work descriptor to a free hardware thread, in ring order. A descriptor that could not be
// read from host memory is dropped here; register ERROR tells of it.
`default_nettype none

module dispatch #(
    // hardware threads
    parameter THREADS = 16,
    // bits of a thread's number
    parameter THR_W = 4
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                enable,
    input  wire                entry_valid,
    input  wire                entry_bad,
    output wire                entry_ready,
    input  wire [THREADS-1:0]  thread_busy,
    output logic [THREADS-1:0] start,
    // descriptors taken
    output wire [31:0]         taken,
    // the descriptor at hand can go somewhere
    output wire                active
);
    wire             any;
    wire [THR_W-1:0] pick;
    logic [31:0]     taken_reg;

    wire take = entry_valid && !entry_bad && enable && any;

    rr_arbiter #(.N(THREADS), .W(THR_W)) arbiter (
        .clk(clk), .rst(rst), .req(~thread_busy), .take(take), .any(any), .index(pick));

    always_comb begin
        start = '0;
        start[pick] = take;
    end

    always_ff @(posedge clk) begin
        if (entry_ready) taken_reg <= taken_reg + 32'd1;
        if (rst) taken_reg <= 32'd0;
    end

    assign entry_ready = take || (entry_valid && entry_bad);
    assign taken = taken_reg;
    assign active = entry_ready;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(work_waits_for_a_thread) cover (entry_valid && !entry_bad && enable && !any);
            `COVER_NAME(unreadable_work_dropped) cover (entry_valid && entry_bad);
        end
    end
`endif
endmodule

`default_nettype wire
