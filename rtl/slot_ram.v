// SPDX-License-Identifier: GPL-2.0
//
// slot_ram: one word per thread, written by the client port that the thread uses, read anywhere: a bank per port, in LUT
// RAM, of which a thread's own is chosen on reading. Reading is combinational.
`default_nettype none

module slot_ram #(
    // threads, and bits of a thread's number
    parameter THREADS = 16,
    parameter THR_W = 4,
    // client ports; thread t uses port t modulo PORTS
    parameter PORTS = 4,
    // bits of a word
    parameter W = 64,
    // readers
    parameter READS = 1
) (
    input  wire                   clk,
    input  wire [PORTS-1:0]       write,
    input  wire [PORTS*THR_W-1:0] wthread,
    input  wire [PORTS*W-1:0]     wdata,
    input  wire [READS*THR_W-1:0] rthread,
    output logic [READS*W-1:0]    rdata
);
    logic [READS*PORTS*W-1:0] bank;

    generate
        for (genvar p = 0; p < PORTS; p = p + 1) begin : port
            for (genvar r = 0; r < READS; r = r + 1) begin : reader
                logic [W-1:0] words [0:THREADS-1];
                always_ff @(posedge clk)
                    if (write[p]) words[wthread[p*THR_W +: THR_W]] <= wdata[p*W +: W];
                assign bank[(r*PORTS+p)*W +: W] = words[rthread[r*THR_W +: THR_W]];
            end
        end
    endgenerate

    always_comb begin
        rdata = '0;
        for (int r = 0; r < READS; r++)
            for (int p = 0; p < PORTS; p++)
                if (32'(rthread[r*THR_W +: THR_W]) % PORTS == p) rdata[r*W +: W] = bank[(r*PORTS+p)*W +: W];
    end
endmodule

`default_nettype wire
