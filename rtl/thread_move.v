// SPDX-License-Identifier: GPL-2.0
//
// thread_move: the bus side of one access of a thread: cuts its words into bursts, shows their addresses one after the
// other without waiting for answers, counts the answers, and notes the first one that is an error. The words of an
// access are in one page; with `pair` they are two single words anywhere in it. `stop` cuts the access: bursts that were
// not taken yet are not issued, and the access is over when the others are answered. A pair is not cut in two.
`default_nettype none

module thread_move #(
    // longest burst, words, a power of two up to 256
    parameter BURST_WORDS = 64,
    // bits of a word's number in the thread's buffer
    parameter IDX_W = 9
) (
    input  wire              clk,
    input  wire              rst,

    // forget the error of the access before
    input  wire              forget,
    // begin: this pulse, or this one if `armed`, which comes late
    input  wire              start,
    input  wire              good,
    input  wire              armed,
    // the operands may be taken, in any cycle in which nothing is under way and nobody asks for the access before; those of the
    // last such cycle, that of the beginning, are meant. `other` is valid until `over`
    input  wire              load,
    input  wire              write,
    input  wire              in_local,
    input  wire              pair,
    // words, 1 to 512; where the first is in its page; the second of a pair
    input  wire [9:0]        words,
    input  wire [8:0]        word,
    input  wire [8:0]        other,
    // where the first is in the buffer
    input  wire [IDX_W-1:0]  index,
    // issue nothing more
    input  wire              stop,
    // pulse: all is answered
    output wire              over,
    // then, until the next one: it was cut, and so many words are left
    output wire              cut,
    output wire [9:0]        left,

    // the two memories: host, local
    output wire [1:0]        arvalid,
    input  wire [1:0]        arready,
    output wire [1:0]        awvalid,
    input  wire [1:0]        awready,
    output wire [8:0]        at,
    output wire [7:0]        len,
    output wire [IDX_W-1:0]  from,
    // this burst is the access's first, last
    output wire              first,
    output wire              last,
    // `rlast`, `rresp` and `rbad` (`rresp` is an error) are zero where no beat comes
    input  wire              rvalid,
    input  wire              rlast,
    input  wire [1:0]        rresp,
    input  wire              rbad,
    input  wire              bvalid,
    input  wire [1:0]        bresp,
    // zero where no response comes
    input  wire              bbad,

    // some word was answered; then: an error came, first for this word (of a write: for the burst from it on)
    output wire              some,
    output wire              error,
    output wire [9:0]        error_at,
    output wire [1:0]        error_resp
);
    localparam OUT_W = $clog2(512 / BURST_WORDS) + 1;

    logic             busy_reg;
    // there are bursts to issue: reads, writes, of the memory that they are for
    logic [1:0]       ar_reg;
    logic [1:0]       aw_reg;
    logic             pair_reg;
    logic             first_reg;
    logic             cut_reg;
    logic [8:0]       at_reg;
    logic [9:0]       left_reg;         // words to issue
    logic             last_reg;         // the burst at hand is the last
    logic [7:0]       len_reg;          // of the burst at hand
    logic [IDX_W-1:0] index_reg;
    logic [OUT_W-1:0] out_reg;          // bursts to be answered, at most as many as there are words in a page, or a pair
    logic [9:0]       got_reg;          // words that were answered
    logic             some_reg;         // there are such
    logic             error_reg;
    logic [9:0]       error_at_reg;
    logic [1:0]       error_resp_reg;

    function [7:0] beats_of(input [9:0] n);
        beats_of = n >= 10'(BURST_WORDS) ? 8'(BURST_WORDS - 1) : n[7:0] - 8'd1;
    endfunction

    wire       issue = (ar_reg | aw_reg) != 2'd0;
    wire       taken = (ar_reg & arready | aw_reg & awready) != 2'd0;
    wire       bad = rbad || bbad;
    wire       go = start || (armed && good);
    wire       answered = rlast || bvalid;
    wire       cut_now = stop && issue && (first_reg || !pair_reg) && !(taken && (last_reg || pair_reg));

    always_ff @(posedge clk) begin
        if (over) busy_reg <= 1'b0;
        if (taken) begin
            first_reg <= 1'b0;
            if (last_reg) begin
                ar_reg <= 2'b00;
                aw_reg <= 2'b00;
            end
            at_reg <= pair_reg ? other : at_reg + 9'(BURST_WORDS);
            left_reg <= left_reg - 10'(BURST_WORDS);
            last_reg <= pair_reg || left_reg <= 10'(2 * BURST_WORDS);
            if (!pair_reg) len_reg <= beats_of(left_reg - 10'(BURST_WORDS));
            index_reg <= index_reg + IDX_W'(BURST_WORDS);
        end
        if (cut_now) begin
            ar_reg <= 2'b00;
            aw_reg <= 2'b00;
            cut_reg <= 1'b1;
        end
        if (taken && !answered) out_reg <= out_reg + 1'b1;
        if (!taken && answered) out_reg <= out_reg - 1'b1;
        if (rvalid) got_reg <= got_reg + 10'd1;
        if (bvalid) got_reg <= got_reg + 10'(BURST_WORDS);
        if (rvalid || bvalid) some_reg <= 1'b1;
        if (bad && !error_reg) begin
            error_reg <= 1'b1;
            error_at_reg <= got_reg;
            error_resp_reg <= rvalid ? rresp : bresp;
        end
        if (forget) error_reg <= 1'b0;
        if (go) busy_reg <= 1'b1;
        if (load) begin
            ar_reg <= {in_local, !in_local} & {2{go && !write}};
            aw_reg <= {in_local, !in_local} & {2{go && write}};
            pair_reg <= pair;
            first_reg <= 1'b1;
            cut_reg <= 1'b0;
            at_reg <= word;
            left_reg <= words;
            last_reg <= !pair && words <= 10'(BURST_WORDS);
            len_reg <= pair ? 8'd0 : beats_of(words);
            index_reg <= index;
            got_reg <= 10'd0;
            some_reg <= 1'b0;
        end
        if (rst) begin
            busy_reg <= 1'b0;
            ar_reg <= 2'b00;
            aw_reg <= 2'b00;
            out_reg <= '0;
            cut_reg <= 1'b0;
            error_reg <= 1'b0;
        end
    end

    assign over = busy_reg && !issue && (cut_reg && out_reg == '0 || out_reg == OUT_W'(1) && answered);
    assign cut = cut_reg;
    assign left = left_reg;
    assign arvalid = ar_reg;
    assign awvalid = aw_reg;
    assign at = at_reg;
    assign len = len_reg;
    assign from = index_reg;
    assign first = first_reg;
    assign last = last_reg;
    assign some = some_reg;
    assign error = error_reg;
    assign error_at = error_at_reg;
    assign error_resp = error_resp_reg;

`ifdef CHECK
    logic [9:0] beats;      // words asked for and not answered, reads only
    logic       writes;
    always_ff @(posedge clk) begin
        if (go) writes <= write;
        if (rst || go) beats <= 10'd0;
        else beats <= beats + ((arvalid & arready) != 2'b00 ? {2'd0, len_reg} + 10'd1 : 10'd0) - {9'd0, rvalid};
        if (!rst) begin
            if (load || go) begin
                `CHECK_NAME(one_access_at_a_time) assert (load && !busy_reg && out_reg == '0);
            end
            if (go) begin
                `CHECK_NAME(no_error_before_it_began) assert (!error_reg);
                `CHECK_NAME(access_has_words) assert (words != 10'd0 && words <= 10'd512);
                `CHECK_NAME(access_stays_in_page) assert (pair || {1'b0, word} + words <= 10'd512);
            end
            if (busy_reg) begin
                `CHECK_NAME(whether_some_word_came_is_known) assert (some_reg == (got_reg != 10'd0));
            end
            if (!rvalid) begin
                `CHECK_NAME(nothing_is_said_of_no_beat) assert (!rlast && rresp == 2'd0);
            end
            `CHECK_NAME(error_of_this_cycle_is_told) assert (rbad == (rresp != 2'd0) && bbad == (bvalid && bresp != 2'd0));
            if (issue) begin
                `CHECK_NAME(last_burst_is_known) assert (last_reg == (pair_reg ? !first_reg : left_reg <= 10'(BURST_WORDS)));
            end
            if (cut_reg) begin
                `CHECK_NAME(cut_at_a_burst) assert (!issue && left_reg != 10'd0 && left_reg <= 10'd512);
            end
            if (answered) begin
                `CHECK_NAME(answer_was_asked_for) assert (busy_reg && out_reg != '0);
            end
            if (taken) begin
                `CHECK_NAME(bursts_on_the_way_are_counted) assert (out_reg != '1);
            end
            if (rvalid) begin
                `CHECK_NAME(beat_was_asked_for) assert (!writes && beats != 10'd0);
            end
            if (bvalid) begin
                `CHECK_NAME(response_is_to_a_write) assert (writes);
            end
            if (over) begin
                `CHECK_NAME(over_when_all_beats_came) assert (writes || beats == (out_reg == '0 ? 10'd0 : 10'd1));
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(next_burst_before_the_answer_to_the_last) cover (taken && !first_reg && out_reg != '0);
            `COVER_NAME(cut_before_it_began) cover (over && cut_reg && first_reg);
            `COVER_NAME(cut_in_the_middle) cover (over && cut_reg && !first_reg);
            `COVER_NAME(too_late_to_cut) cover (stop && issue && taken && last_reg);
            `COVER_NAME(error_in_a_later_burst) cover (bad && !error_reg && got_reg >= 10'(BURST_WORDS));
            `COVER_NAME(second_error_is_not_told) cover (bad && error_reg);
        end
    end
`endif
endmodule

`default_nettype wire
