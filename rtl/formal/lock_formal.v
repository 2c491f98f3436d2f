// SPDX-License-Identifier: GPL-2.0
//
// lock_formal: the lock, and the round robin under it. One holder; whoever holds keeps it until it lets go; nobody is
// passed more than N - 1 times while it waits. Users are free, but for keeping `req` up until they are served.
`default_nettype none

module lock_formal #(
    // users
    parameter N = 4,
    // bits of a user's number
    parameter W = 2
) (
    input wire         clk,
    input wire [N-1:0] any_ask,
    input wire [N-1:0] any_leave
);
    (* anyconst *) wire [W-1:0] who;
    logic started = 1'b0;
    logic [N-1:0] req = '0;
    wire  [N-1:0] grant;
    logic [N-1:0] was = '0;
    logic [N-1:0] kept = '0;        // holds and does not leave
    logic [W:0]   passed = '0;      // others that began to hold while `who` waited

    always_ff @(posedge clk) begin
        started <= 1'b1;
        if (started)
            for (int i = 0; i < N; i++)
                if (!req[i]) req[i] <= any_ask[i];
                else if (grant[i] && any_leave[i]) req[i] <= 1'b0;
    end

    lock #(.N(N)) dut (.clk(clk), .rst(!started), .req(req), .grant(grant));

    wire began = (grant & ~was) != '0;
    always_ff @(posedge clk) begin
        was <= grant;
        kept <= grant & req & ~any_leave;
        if (!req[who] || grant[who]) passed <= '0;
        else if (began) passed <= passed + 1'b1;
    end

`ifdef P_exclusive
    always_ff @(posedge clk) begin
        assert ((grant & (grant - 1'b1)) == '0);
        if (kept != '0) assert (grant == kept);
    end
`endif
`ifdef P_fair
    always_ff @(posedge clk) assert (passed <= (W+1)'(N));
`endif
endmodule

`default_nettype wire
