// SPDX-License-Identifier: GPL-2.0
//
// copy_engine: copies and fills memory by physical address, for migration. Descriptors of the copy ring are cut into
// chunks of one burst (copy_cut). A chunk has a slot: room in the buffer, and a name on the buses. Slots are given out in
// order, their reads are all under way together and may come back in any order, they are written in order (copy_write),
// answered in any order, and given back in order. So descriptors overlap, and still are complete in ring order, with
// nothing to be kept about a descriptor but which of its chunks is the last.
//
// Both memories may deliver at once, and the buffer takes one word a cycle: while reads from both are under way, each has
// every second cycle.
`default_nettype none

module copy_engine #(
    // chunks on their way, a power of two from 2 to 64, and bits of their numbers, which are names on the buses
    parameter SLOTS = 16,
    parameter SLOT_W = 4,
    // longest chunk, words, a power of two from 2 to 256; the buffer has SLOTS * BURST_WORDS words
    parameter BURST_WORDS = 64
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             enable,
    input  wire [63:0]      local_size,
    // something here moves or can be begun
    output wire             active,

    // copy ring
    input  wire             entry_valid,
    input  wire [511:0]     entry,
    input  wire             entry_bad,
    output wire             entry_ready,
    input  wire [31:0]      tail,
    // descriptors complete; of these, failed
    output wire [31:0]      head,
    output wire [31:0]      failed,
    // status block
    output wire             want,
    output wire             want_irq,
    input  wire             want_taken,

    // the two memories: host, local. Names and addresses are common to both.
    output wire [1:0]       arvalid,
    input  wire [1:0]       arready,
    output wire [SLOT_W-1:0] arid,
    output wire [63:0]      araddr,
    output wire [7:0]       arlen,
    input  wire [1:0]       rvalid,
    output wire [1:0]       rready,
    input  wire [SLOT_W-1:0] host_rid,
    input  wire [63:0]      host_rdata,
    input  wire             host_rerr,
    input  wire             host_rlast,
    input  wire [SLOT_W-1:0] local_rid,
    input  wire [63:0]      local_rdata,
    input  wire             local_rerr,
    input  wire             local_rlast,
    output wire [1:0]       awvalid,
    input  wire [1:0]       awready,
    output wire [SLOT_W-1:0] awid,
    output wire [63:0]      awaddr,
    output wire [7:0]       awlen,
    output wire [1:0]       wvalid,
    input  wire [1:0]       wready,
    output wire [63:0]      wdata,
    output wire             wlast,
    input  wire [1:0]       bvalid,
    input  wire [SLOT_W-1:0] host_bid,
    input  wire             host_berr,
    input  wire [SLOT_W-1:0] local_bid,
    input  wire             local_berr,

    // pulses: a descriptor was refused, an access met an error, a descriptor is complete without one, a word was written
    output wire             refused,
    output wire             bus_error,
    output wire             ev_copy,
    output wire             ev_beat
);
    localparam WORD_W = $clog2(BURST_WORDS);

    // ---- slots: [retire, write) are written or need not be, [write, in) are read or being read
    logic [SLOT_W:0]   in_reg;
    logic [SLOT_W:0]   write_reg;
    logic [SLOT_W:0]   retire_reg;
    logic [SLOTS-1:0]  filled_reg;      // what is to be written is there
    logic [SLOTS-1:0]  done_reg;        // memory has answered, or nothing was written
    logic [SLOTS-1:0]  error_reg;
    logic [SLOTS-1:0]  mine_reg;        // chunks of a descriptor that has more to come
    wire [SLOT_W-1:0]  in_slot = in_reg[SLOT_W-1:0];
    wire [SLOT_W-1:0]  write_slot = write_reg[SLOT_W-1:0];
    wire [SLOT_W-1:0]  retire_slot = retire_reg[SLOT_W-1:0];
    logic [SLOT_W:0]   used_reg;        // of the slots
    logic              drained_reg;

    wire        cutting;
    wire        chunk_valid, chunk_ready, chunk_src_local, chunk_dst_local, chunk_read, chunk_fill, chunk_none;
    wire        chunk_last, chunk_wb, chunk_irq;
    wire [63:0] chunk_src, chunk_dst, chunk_value;
    wire [7:0]  chunk_len;
    wire        stop;

    copy_cut #(.BURST_WORDS(BURST_WORDS)) cut (
        .clk(clk), .rst(rst), .enable(enable), .local_size(local_size), .active(cutting),
        .entry_valid(entry_valid), .entry(entry), .entry_bad(entry_bad), .entry_ready(entry_ready),
        .drained(drained_reg), .stop(stop), .chunk_valid(chunk_valid), .chunk_ready(chunk_ready),
        .chunk_src(chunk_src), .chunk_dst(chunk_dst), .chunk_src_local(chunk_src_local),
        .chunk_dst_local(chunk_dst_local), .chunk_len(chunk_len), .chunk_read(chunk_read), .chunk_fill(chunk_fill), .chunk_none(chunk_none),
        .chunk_value(chunk_value), .chunk_last(chunk_last), .chunk_wb(chunk_wb),
        .chunk_irq(chunk_irq), .refused(refused));

    // ---- a chunk gets its slot: what is to be read is asked for, the word of a fill is put in the buffer
    logic [1:0]       ar_valid_reg;         // of the memory that it is for
    logic [SLOT_W-1:0] ar_slot_reg;
    logic [63:0]      ar_addr_reg;
    logic [7:0]       ar_len_reg;
    // a beat on its way into the buffer (1: it came, 2: its place is known)
    logic             beat1_reg, beat2_reg;
    logic             bad1_reg, bad2_reg;
    logic             last1_reg, last2_reg;
    logic [SLOT_W-1:0] slot1_reg, slot2_reg;
    logic [WORD_W-1:0] word2_reg;
    logic [63:0]      data1_reg, data2_reg;
    logic [SLOTS*WORD_W-1:0] place_reg;     // where a slot's next beat goes
    logic [1:0]       both_reg;             // reads from both memories are under way; whose cycle it is
    logic [SLOT_W:0]  host_flight_reg, local_flight_reg;
    logic [1:0]       asked_reg;            // a read was, a cycle ago; none is answered by then

    assign chunk_ready = !used_reg[SLOT_W] && !(chunk_read && ar_valid_reg != 2'b00) && !(chunk_fill && beat2_reg);
    wire take = chunk_valid && chunk_ready;
    wire fill_now = take && chunk_fill;

    wire [1:0] beat = rvalid & rready;
    wire       ended_host = beat[0] && host_rlast;
    wire       ended_local = beat[1] && local_rlast;

    wire [WORD_W-1:0] word2_next = last2_reg ? '0 : word2_reg + 1'b1;

    assign rready = both_reg[1] ? {both_reg[0], !both_reg[0]} : 2'b11;

    always_ff @(posedge clk) begin
        ar_valid_reg <= ar_valid_reg & ~arready;
        if (take && chunk_read) begin
            ar_valid_reg <= {chunk_src_local, !chunk_src_local};
            ar_slot_reg <= in_slot;
            ar_addr_reg <= chunk_src;
            ar_len_reg <= chunk_len;
        end
        asked_reg <= take && chunk_read ? {chunk_src_local, !chunk_src_local} : 2'b00;
        if (asked_reg[0] && !ended_host) host_flight_reg <= host_flight_reg + 1'b1;
        if (!asked_reg[0] && ended_host) host_flight_reg <= host_flight_reg - 1'b1;
        if (asked_reg[1] && !ended_local) local_flight_reg <= local_flight_reg + 1'b1;
        if (!asked_reg[1] && ended_local) local_flight_reg <= local_flight_reg - 1'b1;
        both_reg[1] <= host_flight_reg != '0 && local_flight_reg != '0;
        both_reg[0] <= both_reg[1] && !both_reg[0];

        beat1_reg <= |beat;
        bad1_reg <= beat[0] ? host_rerr : local_rerr;
        last1_reg <= beat[0] ? host_rlast : local_rlast;
        slot1_reg <= beat[0] ? host_rid : local_rid;
        data1_reg <= beat[0] ? host_rdata : local_rdata;

        beat2_reg <= beat1_reg;
        bad2_reg <= bad1_reg;
        last2_reg <= last1_reg;
        slot2_reg <= slot1_reg;
        data2_reg <= data1_reg;
        // the place of a beat right behind another of its slot is not written yet
        word2_reg <= beat2_reg && slot2_reg == slot1_reg ? word2_next : place_reg[slot1_reg*WORD_W +: WORD_W];
        for (int s = 0; s < SLOTS; s++)     // not by a product: yosys would make it one
            if (beat2_reg && slot2_reg == SLOT_W'(s)) place_reg[s*WORD_W +: WORD_W] <= word2_next;

        if (rst) begin
            ar_valid_reg <= 2'b00;
            asked_reg <= 2'b00;
            host_flight_reg <= '0;
            local_flight_reg <= '0;
            both_reg <= 2'b00;
            beat1_reg <= 1'b0;
            beat2_reg <= 1'b0;
            place_reg <= '0;
        end
    end

    // ---- the buffer
    logic [63:0] words [0:SLOTS*BURST_WORDS-1];
    logic [63:0] out1_reg, out2_reg;
    wire [SLOT_W+WORD_W-1:0] out_index;

    always_ff @(posedge clk) begin
        if (beat2_reg || fill_now)
            words[beat2_reg ? {slot2_reg, word2_reg} : {in_slot, {WORD_W{1'b0}}}] <= beat2_reg ? data2_reg : chunk_value;
    end
    always_ff @(posedge clk) begin
        out1_reg <= words[out_index];
        out2_reg <= out1_reg;
    end

    // ---- what is kept of a chunk until it is written, and until it is given back
    logic [63:0] dst_addr [0:SLOTS-1];
    logic [9:0]  dst_more [0:SLOTS-1];
    logic [2:0]  ends [0:SLOTS-1];

    always_ff @(posedge clk)
        if (take) begin
            dst_addr[in_slot] <= chunk_dst;
            dst_more[in_slot] <= {chunk_dst_local, chunk_fill, chunk_len};
            ends[in_slot] <= {chunk_last, chunk_wb, chunk_irq};
        end

    // ---- writing: what came with an error is not
    wire write_ready;
    wire write_due = write_reg != in_reg && filled_reg[write_slot];
    wire write_skip = write_due && error_reg[write_slot];
    wire write_take = write_due && !error_reg[write_slot] && write_ready;
    wire [SLOT_W-1:0] aw_slot;

    copy_write #(.SLOT_W(SLOT_W), .WORD_W(WORD_W)) writer (
        .clk(clk), .rst(rst), .valid(write_due && !error_reg[write_slot]), .ready(write_ready), .slot(write_slot),
        .addr(dst_addr[write_slot]), .len(dst_more[write_slot][7:0]), .local_side(dst_more[write_slot][9]),
        .fill(dst_more[write_slot][8]), .index(out_index), .word(out2_reg), .awvalid(awvalid), .awready(awready),
        .awid(aw_slot), .awaddr(awaddr), .awlen(awlen), .wvalid(wvalid), .wready(wready), .wdata(wdata), .wlast(wlast),
        .ev_beat(ev_beat));

    // ---- answers, a cycle late
    logic [1:0]        b_valid_reg;
    logic [1:0]        b_bad_reg;
    logic [SLOT_W-1:0] b_host_reg;
    logic [SLOT_W-1:0] b_local_reg;

    // ---- giving back
    logic [31:0] head_reg;
    logic [31:0] failed_reg;
    logic        fail_reg;          // a chunk of the descriptor that is being given back met an error
    logic        untold_reg;        // the status block does not have head_reg
    logic        ran_out_reg;       // the host has asked for nothing more
    logic        want_reg;
    logic        want_irq_reg;
    wire [2:0]   end_of = ends[retire_slot];
    wire         retire = retire_reg != write_reg && done_reg[retire_slot];
    wire         complete = retire && end_of[2];
    wire         fail = fail_reg || error_reg[retire_slot];

    always_ff @(posedge clk) begin
        b_valid_reg <= bvalid;
        b_bad_reg <= {local_berr, host_berr} & bvalid;
        b_host_reg <= host_bid;
        b_local_reg <= local_bid;
        drained_reg <= used_reg == '0;
        if (take && !retire) used_reg <= used_reg + 1'b1;
        if (!take && retire) used_reg <= used_reg - 1'b1;

        if (beat2_reg && last2_reg) filled_reg[slot2_reg] <= 1'b1;
        if (beat2_reg && bad2_reg) error_reg[slot2_reg] <= 1'b1;
        if (b_valid_reg[0]) done_reg[b_host_reg] <= 1'b1;
        if (b_valid_reg[1]) done_reg[b_local_reg] <= 1'b1;
        if (b_bad_reg[0]) error_reg[b_host_reg] <= 1'b1;
        if (b_bad_reg[1]) error_reg[b_local_reg] <= 1'b1;
        if (write_skip) done_reg[write_slot] <= 1'b1;
        if (write_skip || write_take) write_reg <= write_reg + 1'b1;
        if (take) begin
            in_reg <= in_reg + 1'b1;
            filled_reg[in_slot] <= !chunk_read;
            done_reg[in_slot] <= 1'b0;
            error_reg[in_slot] <= chunk_none;
            mine_reg[in_slot] <= 1'b1;
            if (chunk_last) mine_reg <= '0;
        end

        if (want_taken) begin
            want_reg <= 1'b0;
            want_irq_reg <= 1'b0;
        end
        ran_out_reg <= head_reg == tail;
        if (untold_reg && ran_out_reg) begin
            untold_reg <= 1'b0;
            want_reg <= 1'b1;
        end
        if (retire) begin
            retire_reg <= retire_reg + 1'b1;
            fail_reg <= fail && !end_of[2];
        end
        if (complete) begin
            head_reg <= head_reg + 32'd1;
            if (fail) failed_reg <= failed_reg + 32'd1;
            ran_out_reg <= 1'b0;
            untold_reg <= !end_of[1];
            if (end_of[1]) want_reg <= 1'b1;
            if (end_of[0]) want_irq_reg <= 1'b1;
        end
        if (rst) begin
            b_valid_reg <= 2'b00;
            b_bad_reg <= 2'b00;
            used_reg <= '0;
            in_reg <= '0;
            write_reg <= '0;
            retire_reg <= '0;
            mine_reg <= '0;
            head_reg <= 32'd0;
            failed_reg <= 32'd0;
            fail_reg <= 1'b0;
            untold_reg <= 1'b0;
            ran_out_reg <= 1'b0;
            want_reg <= 1'b0;
            want_irq_reg <= 1'b0;
        end
    end

    // an error ends the descriptor at hand if it is one of its own
    wire bad_beat = beat2_reg && bad2_reg;
    logic bus_error_reg;
    always_ff @(posedge clk) bus_error_reg <= !rst && (bad_beat || b_bad_reg != 2'b00);
    assign stop = (bad_beat && mine_reg[slot2_reg]) || (b_bad_reg[0] && mine_reg[b_host_reg]) ||
                  (b_bad_reg[1] && mine_reg[b_local_reg]);

    assign active = cutting || used_reg != '0 || (untold_reg && ran_out_reg) || want_reg;
    assign head = head_reg;
    assign failed = failed_reg;
    assign want = want_reg;
    assign want_irq = want_irq_reg;
    assign arvalid = ar_valid_reg;
    assign arid = ar_slot_reg;
    assign araddr = ar_addr_reg;
    assign arlen = ar_len_reg;
    assign awid = aw_slot;
    assign bus_error = bus_error_reg;
    assign ev_copy = complete && !fail;

`ifdef CHECK
    logic [SLOTS-1:0] reading;
    logic [SLOTS-1:0] writing;
    wire [SLOT_W:0] written = write_reg - retire_reg;
    always_ff @(posedge clk) begin
        if (take) reading[in_slot] <= chunk_read;
        if (beat1_reg && last1_reg) reading[slot1_reg] <= 1'b0;
        if (write_take) writing[write_slot] <= 1'b1;
        if (b_valid_reg[0]) writing[b_host_reg] <= 1'b0;
        if (b_valid_reg[1]) writing[b_local_reg] <= 1'b0;
        if (rst) begin
            reading <= '0;
            writing <= '0;
        end
        if (!rst) begin
            `CHECK_NAME(one_beat_a_cycle) assert (beat != 2'b11);
            `CHECK_NAME(slots_are_in_order) assert (used_reg == in_reg - retire_reg && (!used_reg[SLOT_W] || used_reg[SLOT_W-1:0] == '0));
            `CHECK_NAME(written_before_given_back) assert (written <= used_reg);
            if (beat1_reg) begin
                `CHECK_NAME(beat_was_asked_for) assert (reading[slot1_reg]);
            end
            if (beat2_reg) begin
                `CHECK_NAME(beats_fill_the_chunk) assert (last2_reg == (8'(word2_reg) == dst_more[slot2_reg][7:0]));
            end
            if (b_valid_reg[0]) begin
                `CHECK_NAME(host_answer_was_waited_for) assert (writing[b_host_reg] && !dst_more[b_host_reg][9]);
            end
            if (b_valid_reg[1]) begin
                `CHECK_NAME(local_answer_was_waited_for) assert (writing[b_local_reg] && dst_more[b_local_reg][9]);
            end
            if (retire) begin
                `CHECK_NAME(given_back_when_answered) assert (!reading[retire_slot] && !writing[retire_slot]);
            end
            if (write_take) begin
                `CHECK_NAME(nothing_bad_is_written) assert (!error_reg[write_slot] && !reading[write_slot]);
            end
            if (complete) begin
                `CHECK_NAME(complete_was_asked_for) assert (head_reg != tail);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(both_memories_deliver) cover (both_reg[1] && rvalid == 2'b11);
            `COVER_NAME(all_slots_in_use) cover (chunk_valid && used_reg[SLOT_W]);
            `COVER_NAME(fill_waits_for_a_beat) cover (chunk_valid && chunk_fill && !used_reg[SLOT_W] && beat2_reg);
            `COVER_NAME(what_was_read_with_an_error_is_not_written) cover (write_skip && !mine_reg[write_slot]);
            `COVER_NAME(write_met_an_error) cover (b_bad_reg != 2'b00);
            `COVER_NAME(error_behind_the_last_chunk) cover (bad_beat && !mine_reg[slot2_reg]);
            `COVER_NAME(ring_ran_empty_without_a_write_back) cover (untold_reg && ran_out_reg);
            `COVER_NAME(answered_before_an_older_one) cover (used_reg > 1 && b_valid_reg[0] && b_host_reg != retire_slot && !done_reg[retire_slot]);
            `COVER_NAME(two_write_backs_in_one) cover (complete && end_of[1] && want_reg && !want_taken);
        end
    end
`endif
endmodule

`default_nettype wire
