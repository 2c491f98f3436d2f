// SPDX-License-Identifier: GPL-2.0
//
// status_block: publishes the counts of the status block in host memory. Every write carries all of them as they
// are then; one is enough for any number of records that came in meanwhile. `shown_*` are the counts that memory
// has acknowledged: interrupts are decided by these, so that a count is always visible before its interrupt.
`default_nettype none

module status_block (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] base,
    input  wire [31:0] ctl_head,
    input  wire [31:0] cpl_tail,
    input  wire [31:0] flt_tail,
    input  wire [31:0] work_head,
    input  wire [31:0] cpy_head,
    input  wire [31:0] cpy_failed,
    input  wire [31:0] ctl_failed,
    // ctl_head is to be published; with an interrupt afterwards
    input  wire        ctl_want,
    input  wire        ctl_want_irq,
    // the same of cpy_head
    input  wire        cpy_want,
    input  wire        cpy_want_irq,
    // pulses: the wishes above were taken over
    output wire        ctl_taken,
    output wire        cpy_taken,
    // pulses: the ctl_head, the cpy_head that wanted an interrupt is visible
    output wire        ctl_irq,
    output wire        cpy_irq,
    output wire [31:0] shown_cpl_tail,
    output wire [31:0] shown_flt_tail,
    // something is to be written or being written
    output wire        active,

    output wire        awvalid,
    input  wire        awready,
    output wire [63:0] awaddr,
    output wire [7:0]  awlen,
    output wire        wvalid,
    input  wire        wready,
    output wire [63:0] wdata,
    output wire        wlast,
    input  wire        bvalid
);
    localparam [1:0] IDLE = 2'd0, DATA = 2'd1, RESPONSE = 2'd2;

    logic [1:0]  state_reg;
    logic        aw_valid_reg;      // the address was not taken yet, and so none of the data
    logic [1:0]  word_reg;
    logic        last_reg;          // of the words, this is
    logic        irq_reg;
    logic        cpy_irq_reg;
    // the same, while the response is awaited
    logic        irq_due_reg;
    logic        cpy_irq_due_reg;
    logic [31:0] ctl_reg;
    logic [31:0] cpl_reg;
    logic [31:0] flt_reg;
    logic [31:0] work_reg;
    logic [31:0] copied_reg;
    logic [31:0] failed_reg;
    logic [31:0] ctl_failed_reg;
    logic [63:0] data;
    logic [31:0] shown_cpl_reg;
    logic [31:0] shown_flt_reg;

    wire want = ctl_want || cpy_want || cpl_tail != cpl_reg || flt_tail != flt_reg || work_head != work_reg;

    always_ff @(posedge clk) begin
        if (awready) aw_valid_reg <= 1'b0;
        irq_due_reg <= irq_reg && (state_reg == DATA ? wready && wlast : irq_due_reg && !bvalid);
        cpy_irq_due_reg <= cpy_irq_reg && (state_reg == DATA ? wready && wlast : cpy_irq_due_reg && !bvalid);
        case (state_reg)
            IDLE: if (want) begin
                state_reg <= DATA;
                aw_valid_reg <= 1'b1;
                word_reg <= 2'd0;
                last_reg <= 1'b0;
                irq_reg <= ctl_want && ctl_want_irq;
                cpy_irq_reg <= cpy_want && cpy_want_irq;
                ctl_reg <= ctl_head;
                cpl_reg <= cpl_tail;
                flt_reg <= flt_tail;
                work_reg <= work_head;
                copied_reg <= cpy_head;
                failed_reg <= cpy_failed;
                ctl_failed_reg <= ctl_failed;
            end
            DATA: if (wready) begin
                word_reg <= word_reg + 2'd1;
                last_reg <= word_reg == 2'd2;
                if (wlast) state_reg <= RESPONSE;
            end
            RESPONSE: if (bvalid) begin
                state_reg <= IDLE;
                shown_cpl_reg <= cpl_reg;
                shown_flt_reg <= flt_reg;
            end
            default: state_reg <= IDLE;
        endcase
        if (rst) begin
            state_reg <= IDLE;
            aw_valid_reg <= 1'b0;
            irq_reg <= 1'b0;
            cpy_irq_reg <= 1'b0;
            irq_due_reg <= 1'b0;
            cpy_irq_due_reg <= 1'b0;
            ctl_reg <= 32'd0;
            cpl_reg <= 32'd0;
            flt_reg <= 32'd0;
            work_reg <= 32'd0;
            copied_reg <= 32'd0;
            failed_reg <= 32'd0;
            ctl_failed_reg <= 32'd0;
            shown_cpl_reg <= 32'd0;
            shown_flt_reg <= 32'd0;
        end
    end

    always_comb
        case (word_reg)
            2'd0: data = {ctl_failed_reg, ctl_reg};
            2'd1: data = {flt_reg, cpl_reg};
            2'd2: data = {failed_reg, copied_reg};
            default: data = {32'd0, work_reg};
        endcase

    assign ctl_taken = state_reg == IDLE && ctl_want;
    assign cpy_taken = state_reg == IDLE && cpy_want;
    assign ctl_irq = bvalid && irq_due_reg;
    assign cpy_irq = bvalid && cpy_irq_due_reg;
    assign shown_cpl_tail = shown_cpl_reg;
    assign shown_flt_tail = shown_flt_reg;
    assign active = state_reg != IDLE || want;
    assign awvalid = aw_valid_reg;
    assign awaddr = base;
    assign awlen = 8'd3;
    assign wvalid = state_reg == DATA;
    assign wdata = data;
    assign wlast = last_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(last_word_is_known) assert (state_reg != DATA || last_reg == (word_reg == 2'd3));
            `CHECK_NAME(interrupts_wait_for_the_response) assert (irq_due_reg == (state_reg == RESPONSE && irq_reg) &&
                cpy_irq_due_reg == (state_reg == RESPONSE && cpy_irq_reg));
            `CHECK_NAME(no_data_before_the_address) assert (!aw_valid_reg || (state_reg == DATA && word_reg == 2'd0));
        end
    end
`endif
endmodule

`default_nettype wire
