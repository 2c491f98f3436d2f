// SPDX-License-Identifier: GPL-2.0
//
// reset_ctl: resets the device in an orderly way on CTRL.RESET or function-level reset. First no new bus access is
// let out and those in flight end, then everything behind the register bus is reset, then the MMU has cleared its
// TLB. A power-on reset does the last part only.
`default_nettype none

module reset_ctl (
    input  wire clk,
    input  wire rst,
    // pulse: 1 was written to CTRL.RESET
    input  wire ctrl_reset,
    input  wire flr_req,
    output wire flr_done,
    input  wire buses_idle,
    input  wire mmu_ready,
    // let no new bus access out
    output wire stop,
    // reset of everything but the register bus
    output wire core_rst,
    // what CTRL.RESET reads; 0 after power-on, when only STATUS.READY is still to come
    output wire resetting,
    output wire ready
);
    localparam [1:0] CLEAR = 2'd0, RUN = 2'd1, DRAIN = 2'd2, RESET = 2'd3;

    logic [1:0] state_reg;
    logic       done_reg;
    logic       core_rst_reg;
    logic       stop_reg;       // DRAIN, RESET
    logic       asked_reg;      // the reset under way was asked for by CTRL.RESET or FLR
    logic       flr_reg;        // and by FLR

    always_ff @(posedge clk) begin
        core_rst_reg <= 1'b0;
        if (!flr_req) done_reg <= 1'b0;
        case (state_reg)
            // a cycle after the reset, so that mmu_ready is its answer to it
            CLEAR: if (ctrl_reset) begin
                state_reg <= DRAIN;
                stop_reg <= 1'b1;
            end else if (mmu_ready && !core_rst_reg) begin
                state_reg <= RUN;
                done_reg <= flr_reg && flr_req;
            end
            RUN: begin
                asked_reg <= 1'b0;
                if (ctrl_reset || (flr_req && !done_reg)) begin
                    state_reg <= DRAIN;
                    stop_reg <= 1'b1;
                end
            end
            DRAIN: if (buses_idle) begin
                state_reg <= RESET;
                asked_reg <= 1'b1;
                flr_reg <= flr_req;
                core_rst_reg <= 1'b1;
            end
            RESET: begin
                state_reg <= CLEAR;
                stop_reg <= 1'b0;
                core_rst_reg <= 1'b1;
            end
        endcase
        if (rst) begin
            state_reg <= CLEAR;
            stop_reg <= 1'b0;
            done_reg <= 1'b0;
            flr_reg <= 1'b0;
            asked_reg <= 1'b0;
            core_rst_reg <= 1'b1;
        end
    end

    assign stop = stop_reg;
    assign core_rst = core_rst_reg || rst;
    assign resetting = stop || (state_reg == CLEAR && asked_reg);
    assign ready = state_reg == RUN;
    assign flr_done = done_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(stops_until_it_is_reset) assert (stop_reg == (state_reg == DRAIN || state_reg == RESET));
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(reset_waits_for_accesses_in_flight) cover (state_reg == DRAIN && !buses_idle && !flr_req);
            `COVER_NAME(function_reset_waits_for_accesses_in_flight) cover (state_reg == DRAIN && !buses_idle && flr_req);
            `COVER_NAME(function_reset_done) cover (flr_done);
        end
    end
`endif
endmodule

`default_nettype wire
