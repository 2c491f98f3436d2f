// SPDX-License-Identifier: GPL-2.0
//
// counters: 64-bit event counters and the copy that the host reads. Counter N grows by add[N*64 +: 64] each cycle;
// `snap` copies all of them in one cycle, so that what is read belongs together.
`default_nettype none

module counters #(
    // number of counters
    parameter N = 32
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [N*64-1:0] add,
    input  wire            snap,
    input  wire [5:0]      sel,
    // counter `sel` of the copy; zero when there is none
    output wire [63:0]     value,
    // counter CYCLES, live: the time stamp of everything
    output wire [63:0]     cycle
);
    logic [63:0] live_reg [0:N-1];
    logic [63:0] copy_reg [0:N-1];

    always_ff @(posedge clk) begin
        for (int i = 0; i < N; i++) begin
            live_reg[i] <= live_reg[i] + add[i*64 +: 64];
            if (snap) copy_reg[i] <= live_reg[i];
            if (rst) begin
                live_reg[i] <= 64'd0;
                copy_reg[i] <= 64'd0;
            end
        end
    end

    assign cycle = live_reg[dmmu_pkg::CNT_CYCLES];
    assign value = sel < 6'(N) ? copy_reg[sel[4:0]] : 64'd0;
endmodule

`default_nettype wire
