// SPDX-License-Identifier: GPL-2.0
//
// ring_fetch: the device's side of a ring that the host produces (control, work). Reads 64-byte entries ahead, as far
// as the doorbell covers them and there is room to hold them, each by a burst of its own and several outstanding, and
// hands them on in order, one at a time. An entry that could not be read is handed on with `entry_bad`, so that the
// indices stay in step.
`default_nettype none

module ring_fetch #(
    // log2 of the entries held or on their way
    parameter AHEAD_LOG2 = 3
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         enable,
    input  wire [63:0]  base,
    input  wire [3:0]   size_log2,
    input  wire [31:0]  tail,
    // entries that are here, whether handed on or not
    output wire [31:0]  fetched,
    // something moves here without others; an entry that waits to be taken does not
    output wire         active,

    output wire         entry_valid,
    input  wire         entry_ready,
    output wire [511:0] entry,
    output wire         entry_bad,

    output wire         arvalid,
    input  wire         arready,
    output wire [63:0]  araddr,
    output wire [7:0]   arlen,
    input  wire         rvalid,
    output wire         rready,
    input  wire [63:0]  rdata,
    input  wire         rerr,
    input  wire         rlast
);
    localparam AHEAD = 1 << AHEAD_LOG2;

    logic [31:0]  asked_reg;        // entries asked for
    logic [31:0]  fetched_reg;
    logic [31:0]  given_reg;        // entries handed on
    logic [AHEAD_LOG2:0] away_reg;  // asked for and not handed on
    logic [31:0]  mask_reg;         // of an index in the ring, which stays as large as it is
    logic         ar_valid_reg;
    logic [63:0]  ar_addr_reg;
    // words that have come, and those that went on into the entry shown
    logic [AHEAD_LOG2+3:0] in_reg;
    logic [AHEAD_LOG2+3:0] out_reg;
    // no word is read while it is written
    (* no_rw_check *)
    logic [63:0]  words [0:AHEAD*8-1];
    logic [511:0] entry_reg;
    logic [3:0]   shown_reg;        // words of the entry shown, 8: complete
    logic [AHEAD-1:0] bad_reg;
    logic         shown_bad_reg;

    wire [31:0] slot = asked_reg & mask_reg;
    wire        can_ask = enable && asked_reg != tail && !away_reg[AHEAD_LOG2];
    wire        ask = can_ask && !ar_valid_reg;     // an entry is eight beats: there is time
    wire        complete = shown_reg[3];
    wire        give = complete && entry_ready;
    wire        show = !complete && in_reg != out_reg;
    wire [AHEAD_LOG2-1:0] coming = in_reg[AHEAD_LOG2+2:3];

    always_ff @(posedge clk) begin
        if (arready) ar_valid_reg <= 1'b0;
        mask_reg <= (32'd1 << size_log2) - 32'd1;
        if (ask != give) away_reg <= ask ? away_reg + 1'b1 : away_reg - 1'b1;     // give comes late
        if (ask) begin
            ar_valid_reg <= 1'b1;
            ar_addr_reg <= base + {26'd0, slot, 6'd0};
            asked_reg <= asked_reg + 32'd1;
        end
        if (rvalid) begin
            in_reg <= in_reg + 1'b1;
            bad_reg[coming] <= rerr || (bad_reg[coming] && in_reg[2:0] != 3'd0);
            if (rlast) fetched_reg <= fetched_reg + 32'd1;
        end
        if (show) begin
            entry_reg <= {words[out_reg[AHEAD_LOG2+2:0]], entry_reg[511:64]};
            out_reg <= out_reg + 1'b1;
            shown_reg <= shown_reg + 4'd1;
            shown_bad_reg <= bad_reg[out_reg[AHEAD_LOG2+2:3]];
        end
        if (give) begin
            shown_reg <= 4'd0;
            given_reg <= given_reg + 32'd1;
        end
        if (rst) begin
            ar_valid_reg <= 1'b0;
            asked_reg <= 32'd0;
            fetched_reg <= 32'd0;
            given_reg <= 32'd0;
            away_reg <= '0;
            in_reg <= '0;
            out_reg <= '0;
            shown_reg <= 4'd0;
        end
    end

    always_ff @(posedge clk)
        if (rvalid) words[in_reg[AHEAD_LOG2+2:0]] <= rdata;

    assign fetched = fetched_reg;
    assign active = can_ask || ar_valid_reg || asked_reg != fetched_reg || show;
    assign entry_valid = complete;
    assign entry = entry_reg;
    assign entry_bad = shown_bad_reg;
    assign arvalid = ar_valid_reg;
    assign araddr = ar_addr_reg;
    assign arlen = 8'd7;
    assign rready = 1'b1;

`ifdef CHECK
    wire [31:0] away = asked_reg - given_reg;
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(entry_has_eight_words) assert (shown_reg <= 4'd8);
            `CHECK_NAME(entries_away_are_counted) assert (away == 32'(away_reg));
            if (ask) begin
                `CHECK_NAME(ring_is_as_large_as_it_was) assert (mask_reg == (32'd1 << size_log2) - 32'd1);
            end
            if (rvalid && show) begin
                `CHECK_NAME(no_word_is_read_while_it_is_written) assert (in_reg[AHEAD_LOG2+2:0] != out_reg[AHEAD_LOG2+2:0]);
            end
            `CHECK_NAME(never_ahead_of_the_doorbell) assert (tail - asked_reg <= 32'd1 << size_log2);
            `CHECK_NAME(room_for_all_that_was_asked_for) assert (away <= AHEAD && asked_reg - fetched_reg <= away);
            if (rvalid) begin
                `CHECK_NAME(entry_was_asked_for) assert (asked_reg != fetched_reg);
                `CHECK_NAME(entries_are_whole) assert (rlast == (in_reg[2:0] == 3'd7));
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(several_entries_on_their_way) cover (asked_reg - fetched_reg > 32'd2);
            `COVER_NAME(no_room_to_read_ahead) cover (enable && asked_reg != tail && !can_ask);
        end
    end
`endif
endmodule

`default_nettype wire
