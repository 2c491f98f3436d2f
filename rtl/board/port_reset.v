// SPDX-License-Identifier: GPL-2.0
//
// port_reset: takes one of the card's ports out of service when what is behind it goes down (link down, bus reset, memory
// not calibrated), and back into service afterwards. Out of service: the port answers the device itself (`cut`), and
// the crossing is in reset on both sides. Back: first the far side, when it has seen some edges of its clock; then
// this side, which has seen the far side's pointers at zero; then, when the device has been reset, `cut` ends. The far
// side stops at once, but forgets no sooner than this side is cut (far_reset.v), which else would see words never sent.
`default_nettype none

module port_reset (
    input  wire clk,
    input  wire rst,
    // of any clock: what is behind the port is down
    input  wire down,
    // of the far clock: its side of the crossing is stopped; if it is when this one is live, the port was down
    input  wire far_rst,
    // pulse: the device has been reset and may use the port
    input  wire go,
    output wire cut,
    // reset of this side of the crossing; cause of the reset of the far side; this side looks at the crossing
    output wire near_rst,
    output wire far_rst_req,
    output wire live,
    // all is ready for `go`
    output wire ready
);
    localparam [1:0] DOWN = 2'd0, FAR = 2'd1, READY = 2'd2, UP = 2'd3;

    logic [1:0] state_reg;
    logic [3:0] wait_reg;       // cycles still to wait in this state
    logic       cut_reg;
    logic       near_reg;
    logic       far_reg;
    wire        down_here;
    wire        far_here;

    sync_bits #(.W(2), .INIT(2'b11)) here (.clk(clk), .rst(rst), .d({down, far_rst}), .q({down_here, far_here}));

    always_ff @(posedge clk) begin
        if (wait_reg != 4'd0) wait_reg <= wait_reg - 4'd1;
        case (state_reg)
            DOWN: if (wait_reg == 4'd0 && !down_here) begin
                state_reg <= FAR;
                far_reg <= 1'b0;
                wait_reg <= '1;
            end
            FAR: if (far_here) begin
                wait_reg <= '1;
            end else if (wait_reg == 4'd0) begin
                state_reg <= READY;
                near_reg <= 1'b0;
            end
            READY: if (go) begin
                state_reg <= UP;
                cut_reg <= 1'b0;
            end
            UP: ;
        endcase
        if (rst || (down_here && state_reg != DOWN) || (far_here && !near_reg)) begin
            state_reg <= DOWN;
            wait_reg <= '1;
            cut_reg <= 1'b1;
            near_reg <= 1'b1;
            far_reg <= 1'b1;
        end
    end

    assign cut = cut_reg;
    assign near_rst = near_reg;
    assign far_rst_req = far_reg;
    assign live = !near_reg;
    assign ready = state_reg == READY || state_reg == UP;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(down_again_before_it_was_up) cover (down_here && state_reg == FAR);
        end
    end
`endif
endmodule

`default_nettype wire
