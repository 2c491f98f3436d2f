// SPDX-License-Identifier: GPL-2.0
//
// lru_grant: picks one of N requests, the one that was served longest ago, so that nobody starves. As rr_grant, but it keeps for
// every two of them who goes first: N * (N - 1) / 2 bits, and with LUTs of four inputs the choice is two deep for up to
// seven, where rr_grant's is three. For few, where the choice is in the middle of something long.
`default_nettype none

module lru_grant #(
    // requesters
    parameter N = 4,
    // bits of a requester's number
    parameter N_W = 2
) (
    input  wire          clk,
    input  wire          rst,
    input  wire  [N-1:0] req,
    // it is served; without a request that says nothing
    input  wire          take,
    output logic [N-1:0] grant,
    // the same as a number, 0 if there is none: not behind the bits, but beside them
    output logic [N_W-1:0] pick
);
    logic [N*N-1:0] first_reg;      // [i*N+j], of i < j only: i goes before j

    always_comb begin
        grant = req;
        for (int i = 0; i < N; i++) begin
            for (int j = 0; j < i; j++)
                if (req[j] && first_reg[j*N+i]) grant[i] = 1'b0;
            for (int j = i + 1; j < N; j++)
                if (req[j] && !first_reg[i*N+j]) grant[i] = 1'b0;
        end
    end

    always_comb begin
        pick = '0;
        for (int i = 0; i < N; i++)
            if (grant[i]) pick = pick | N_W'(i);
    end

    always_ff @(posedge clk) begin
        for (int i = 0; i < N; i++)
            for (int j = i + 1; j < N; j++) begin
                if (take && (grant[i] || grant[j])) first_reg[i*N+j] <= grant[j];
                if (rst) first_reg[i*N+j] <= 1'b1;
            end
    end

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(one_is_picked_of_those_that_ask) assert ((grant & (grant - 1'b1)) == '0 && (grant & ~req) == '0 && (grant != '0) == (req != '0));
        end
    end
`endif
endmodule

`default_nettype wire
