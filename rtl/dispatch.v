// SPDX-License-Identifier: GPL-2.0
//
// dispatch: gives the next work descriptor to a free hardware thread, in ring order. Who is next is known a cycle before, so
// that one is given in every other cycle at most; they do not come faster from the ring. A descriptor that could not be
// read from host memory is dropped here; register ERROR tells of it.
`default_nettype none

module dispatch #(
    // hardware threads
    parameter THREADS = 16
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                enable,
    input  wire                entry_valid,
    input  wire                entry_bad,
    output wire                entry_ready,
    input  wire [THREADS-1:0]  thread_busy,
    output wire [THREADS-1:0]  start,
    // descriptors taken
    output wire [31:0]         taken,
    // the descriptor at hand can go somewhere
    output wire                active
);
    wire                any = thread_busy != '1;
    wire [THREADS-1:0]  pick_1h;
    logic               next_reg;       // a thread was chosen; it is free until it gets a descriptor from here
    logic [THREADS-1:0] next_1h_reg;
    logic [31:0]        taken_reg;

    wire take = entry_valid && !entry_bad && enable && next_reg;

    rr_grant #(.N(THREADS)) order (
        .clk(clk), .rst(rst), .req(~thread_busy), .take(any && !next_reg), .grant(pick_1h));

    always_ff @(posedge clk) begin
        if (take) next_reg <= 1'b0;
        if (!next_reg) begin
            next_reg <= any;
            next_1h_reg <= pick_1h;
        end
        if (entry_ready) taken_reg <= taken_reg + 32'd1;
        if (rst) begin
            next_reg <= 1'b0;
            taken_reg <= 32'd0;
        end
    end

    assign start = next_1h_reg & {THREADS{take}};
    assign entry_ready = take || (entry_valid && entry_bad);
    assign taken = taken_reg;
    assign active = entry_ready;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (next_reg) begin
                `CHECK_NAME(chosen_thread_is_free) assert ((next_1h_reg & thread_busy) == '0);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(work_waits_for_a_thread) cover (entry_valid && !entry_bad && enable && !next_reg && !any);
            `COVER_NAME(unreadable_work_dropped) cover (entry_valid && entry_bad);
        end
    end
`endif
endmodule

`default_nettype wire
