// SPDX-License-Identifier: GPL-2.0
//
// ring_post: the device's side of a ring that it produces (completion, fault). Writes a record of eight words into
// the next slot and counts it in `tail` only when memory has answered, so that whoever publishes `tail` never runs
// ahead of the records. Full: it waits, nothing is overwritten. The source keeps `rec_valid` up and shows word
// `rec_word` until `rec_taken`.
`default_nettype none

module ring_post (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] base,
    input  wire [3:0]  size_log2,
    input  wire [31:0] head,
    output wire [31:0] tail,
    // no room for a record
    output wire        full,
    // a record is being written
    output wire        active,
    // pulse: a record became visible, or was lost to a bus error
    output wire        posted,
    output wire        error,

    input  wire        rec_valid,
    output wire [2:0]  rec_word,
    input  wire [63:0] rec_data,
    output wire        rec_taken,

    output wire        awvalid,
    input  wire        awready,
    output wire [63:0] awaddr,
    output wire [7:0]  awlen,
    output wire        wvalid,
    input  wire        wready,
    output wire [63:0] wdata,
    output wire        wlast,
    input  wire        bvalid,
    input  wire        berr
);
    localparam [1:0] IDLE = 2'd0, ADDRESS = 2'd1, DATA = 2'd2, RESPONSE = 2'd3;

    logic [1:0]  state_reg;
    logic [31:0] tail_reg;
    logic [2:0]  word_reg;

    wire [31:0] entries = 32'd1 << size_log2;
    wire [31:0] slot = tail_reg & (entries - 32'd1);

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (rec_valid && !full) begin
                state_reg <= ADDRESS;
                word_reg <= 3'd0;
            end
            ADDRESS: if (awready) state_reg <= DATA;
            DATA: if (wready) begin
                word_reg <= word_reg + 3'd1;
                if (wlast) state_reg <= RESPONSE;
            end
            RESPONSE: if (bvalid) begin
                state_reg <= IDLE;
                tail_reg <= tail_reg + 32'd1;
            end
        endcase
        if (rst) begin
            state_reg <= IDLE;
            tail_reg <= 32'd0;
        end
    end

    assign tail = tail_reg;
    assign full = tail_reg - head >= entries;
    assign active = state_reg != IDLE;
    assign posted = state_reg == RESPONSE && bvalid;
    assign error = posted && berr;
    assign rec_word = word_reg;
    assign rec_taken = state_reg == DATA && wready && wlast;
    assign awvalid = state_reg == ADDRESS;
    assign awaddr = base + {26'd0, slot, 6'd0};
    assign awlen = 8'd7;
    assign wvalid = state_reg == DATA;
    assign wdata = rec_data;
    assign wlast = word_reg == 3'd7;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(ring_never_overrun) assert (tail_reg - head <= entries);
            if (state_reg != IDLE) begin
                `CHECK_NAME(ring_has_room_while_writing) assert (!full);
            end
        end
    end
`endif
endmodule

`default_nettype wire
