// SPDX-License-Identifier: GPL-2.0
//
// thread_counts: per thread, cycles that it worked, cycles that it waited for the host, and faults, since it was cleared. As
// in `counters`: a few bits that grow at once, and sums in RAM into which a sweep moves them, a thread a cycle. `look`
// puts a thread before the sweep's; three cycles later its sums are complete, and shown until another is looked at.
`default_nettype none

module thread_counts #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4
) (
    input  wire               clk,
    input  wire               rst,

    input  wire [THREADS-1:0] works,
    input  wire [THREADS-1:0] stalls,
    input  wire [THREADS-1:0] faults,
    // back to zero
    input  wire [THREADS-1:0] clear,

    input  wire               look,
    input  wire [THR_W-1:0]   thread,
    output wire [63:0]        cycles,
    output wire [63:0]        stall,
    output wire [31:0]        fault
);
    // what comes together in a round of the sweep, which a look makes a cycle longer
    localparam W = THR_W + 2;
    localparam FAULT_W = 3;                 // a fault is answered before the next, so there are few

    logic [THREADS*W-1:0]   works_reg;
    logic [THREADS*W-1:0]   stalls_reg;
    logic [THREADS*FAULT_W-1:0] faults_reg;
    logic [THREADS-1:0]     zero_reg;       // the RAM's sums are of before
    logic [THR_W-1:0]       sweep_reg;
    logic [THR_W-1:0]       at_reg;         // added now
    logic                   at_zero_reg;
    logic [W-1:0]           at_works_reg;
    logic [W-1:0]           at_stalls_reg;
    logic [FAULT_W-1:0]     at_faults_reg;
    logic [63:0]            cycles_sum [0:THREADS-1];
    logic [63:0]            stall_sum [0:THREADS-1];
    logic [31:0]            fault_sum [0:THREADS-1];

    wire [THR_W-1:0] at = look ? thread : sweep_reg;
    wire [63:0]      old_cycles = at_zero_reg ? 64'd0 : cycles_sum[at_reg];
    wire [63:0]      old_stall = at_zero_reg ? 64'd0 : stall_sum[at_reg];
    wire [31:0]      old_fault = at_zero_reg ? 32'd0 : fault_sum[at_reg];

    generate
        for (genvar t = 0; t < THREADS; t = t + 1) begin : of
            wire               taken = at == THR_W'(t);
            wire [W-1:0]       few_works = taken ? '0 : works_reg[t*W +: W];
            wire [W-1:0]       few_stalls = taken ? '0 : stalls_reg[t*W +: W];
            wire [FAULT_W-1:0] few_faults = taken ? '0 : faults_reg[t*FAULT_W +: FAULT_W];
            always_ff @(posedge clk) begin
                works_reg[t*W +: W] <= few_works + W'(works[t]);
                stalls_reg[t*W +: W] <= few_stalls + W'(stalls[t]);
                faults_reg[t*FAULT_W +: FAULT_W] <= few_faults + FAULT_W'(faults[t]);
                if (clear[t] || rst) begin
                    works_reg[t*W +: W] <= '0;
                    stalls_reg[t*W +: W] <= '0;
                    faults_reg[t*FAULT_W +: FAULT_W] <= '0;
                end
            end
        end
    endgenerate

    always_ff @(posedge clk) begin
        if (!look) sweep_reg <= sweep_reg == THR_W'(THREADS - 1) ? '0 : sweep_reg + 1'b1;
        at_reg <= at;
        at_zero_reg <= zero_reg[at];
        at_works_reg <= works_reg[at*W +: W];
        at_stalls_reg <= stalls_reg[at*W +: W];
        at_faults_reg <= faults_reg[at*FAULT_W +: FAULT_W];
        zero_reg[at] <= 1'b0;
        for (int t = 0; t < THREADS; t++)
            if (clear[t]) zero_reg[t] <= 1'b1;
        if (rst) begin
            zero_reg <= '1;
            sweep_reg <= '0;
            at_reg <= '0;
            at_zero_reg <= 1'b1;
            at_works_reg <= '0;
            at_stalls_reg <= '0;
            at_faults_reg <= '0;
        end
    end

    always_ff @(posedge clk) begin
        cycles_sum[at_reg] <= old_cycles + 64'(at_works_reg);
        stall_sum[at_reg] <= old_stall + 64'(at_stalls_reg);
        fault_sum[at_reg] <= old_fault + 32'(at_faults_reg);
    end

    assign cycles = cycles_sum[thread];
    assign stall = stall_sum[thread];
    assign fault = fault_sum[thread];

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            for (int t = 0; t < THREADS; t++) begin
                `CHECK_NAME(swept_before_it_is_full) assert (
                    works_reg[t*W +: W] != '1 && stalls_reg[t*W +: W] != '1 && faults_reg[t*FAULT_W +: FAULT_W] != '1);
            end
        end
    end
`endif
endmodule

`default_nettype wire
