// SPDX-License-Identifier: GPL-2.0
//
// ring_post: the device's side of a ring that it produces (completion, fault). Writes records of eight words into the
// next slots, several under way at a time, and counts them in `tail` only when memory has answered, in order, so that
// whoever publishes `tail` never runs ahead of the records. Full: it waits, nothing is overwritten. The source
// keeps `rec_valid` up and shows word `rec_word` until `rec_taken`.
`default_nettype none

module ring_post #(
    // log2 of the records under way
    parameter AHEAD_LOG2 = 3
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] base,
    input  wire [3:0]  size_log2,
    input  wire [31:0] head,
    output wire [31:0] tail,
    // no room for a record behind those taken
    output wire        full,
    // a record is being written
    output wire        active,
    // pulse, per record in the order taken: it became visible, or was lost to a bus error
    output wire        posted,

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
    input  wire        bvalid
);
    localparam [1:0] IDLE = 2'd0, BEGIN = 2'd1, DATA = 2'd2;

    logic [1:0]  state_reg;
    logic [31:0] tail_reg;
    logic [31:0] taken_reg;         // records begun
    logic        full_reg;          // as of a cycle ago: none begins in the cycle after another did
    logic [31:0] mask_reg;          // of an index in the ring, which stays as large as it is
    logic        aw_valid_reg;      // taken before all of the record's words are: fewer have a place here
    logic [63:0] aw_addr_reg;
    logic [2:0]  word_reg;
    logic        last_reg;          // it is shown, and the record's last
    wire         way_free;

    wire [31:0] entries = 32'd1 << size_log2;
    wire [31:0] slot = taken_reg & mask_reg;
    wire [31:0] away = taken_reg - tail_reg;
    wire        crowded = away[AHEAD_LOG2];
    wire        give = state_reg == DATA && way_free;

    always_ff @(posedge clk) begin
        if (awready) aw_valid_reg <= 1'b0;
        mask_reg <= entries - 32'd1;
        case (state_reg)
            IDLE: if (rec_valid && !full && !crowded) begin
                state_reg <= BEGIN;
                aw_valid_reg <= 1'b1;
                aw_addr_reg <= base + {26'd0, slot, 6'd0};
                taken_reg <= taken_reg + 32'd1;
                word_reg <= 3'd0;
            end
            BEGIN: state_reg <= DATA;
            DATA: if (give) begin
                word_reg <= word_reg + 3'd1;
                last_reg <= word_reg == 3'd6;
                if (last_reg) state_reg <= IDLE;
            end
            default: state_reg <= IDLE;
        endcase
        if (bvalid) tail_reg <= tail_reg + 32'd1;
        full_reg <= taken_reg - head >= entries;
        if (rst) begin
            state_reg <= IDLE;
            aw_valid_reg <= 1'b0;
            last_reg <= 1'b0;
            tail_reg <= 32'd0;
            taken_reg <= 32'd0;
        end
    end

    slice #(.W(65)) way_out (
        .clk(clk), .rst(rst), .s_valid(give), .s_ready(way_free), .s_data({last_reg, rec_data}),
        .m_valid(wvalid), .m_ready(wready), .m_data({wlast, wdata}));

    assign tail = tail_reg;
    assign full = full_reg;
    assign active = away != 32'd0;
    assign posted = bvalid;
    assign rec_word = word_reg;
    assign rec_taken = way_free && last_reg;
    assign awvalid = aw_valid_reg;
    assign awaddr = aw_addr_reg;
    assign awlen = 8'd7;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(ring_never_overrun) assert (taken_reg - head <= entries);
            `CHECK_NAME(address_goes_before_the_last_word) assert (state_reg != IDLE || !aw_valid_reg);
            if (state_reg == IDLE && rec_valid) begin
                `CHECK_NAME(ring_is_as_large_as_it_was) assert (mask_reg == entries - 32'd1);
            end
            `CHECK_NAME(last_word_is_known) assert (last_reg == (state_reg == DATA && word_reg == 3'd7));
            if (bvalid) begin
                `CHECK_NAME(posted_was_taken) assert (away != 32'd0);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(several_records_under_way) cover (away > 32'd1);
            `COVER_NAME(no_room_for_a_record) cover (rec_valid && state_reg == IDLE && full);
        end
    end
`endif
endmodule

`default_nettype wire
