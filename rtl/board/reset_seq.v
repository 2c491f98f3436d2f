// SPDX-License-Identifier: GPL-2.0
//
// reset_seq: the order of resets on a card. When a port is out of service (port_reset.v) the device is drained by its own
// function-level reset: what it has in flight to the port that is down is answered by the port, what it has in flight to
// the other is waited for, so nothing is left that could arrive later. Then the device is held in reset until both
// ports are back. It waits for the memory controller without a bound, as for anything else that AXI promises.
`default_nettype none

module reset_seq (
    input  wire clk,
    input  wire rst,
    input  wire host_cut,
    input  wire host_ready,
    input  wire local_cut,
    input  wire local_ready,
    // both ports go into service
    output wire go,
    // the device's function-level reset, and its reset
    output wire flr_req,
    input  wire flr_done,
    output wire device_rst
);
    localparam [1:0] HELD = 2'd0, RUN = 2'd1, DRAIN = 2'd2;

    logic [1:0] state_reg;
    logic [3:0] wait_reg;       // cycles that the reset must still last
    logic       rst_reg;

    assign go = state_reg == HELD && wait_reg == 4'd0 && host_ready && local_ready;

    always_ff @(posedge clk) begin
        if (wait_reg != 4'd0) wait_reg <= wait_reg - 4'd1;
        case (state_reg)
            HELD: if (go) begin
                state_reg <= RUN;
                rst_reg <= 1'b0;
                wait_reg <= 4'd2;       // `cut` falls with the reset: look at it afterwards
            end
            RUN: if (wait_reg == 4'd0 && (host_cut || local_cut)) state_reg <= DRAIN;
            default: if (flr_done) begin
                state_reg <= HELD;
                wait_reg <= '1;
                rst_reg <= 1'b1;
            end
        endcase
        if (rst) begin
            state_reg <= HELD;
            wait_reg <= '1;
            rst_reg <= 1'b1;
        end
    end

    assign flr_req = state_reg == DRAIN;
    assign device_rst = rst_reg;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(host_lost_while_running) cover (state_reg == RUN && host_cut);
            `COVER_NAME(memory_lost_while_running) cover (state_reg == RUN && local_cut);
        end
    end
`endif
endmodule

`default_nettype wire
