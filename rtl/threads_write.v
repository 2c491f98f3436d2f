// SPDX-License-Identifier: GPL-2.0
//
// threads_write: the writes of all threads to one memory, joined to one user of axi_wr_mux; a thread's number is the
// name of its writes. Threads are served one after the other, as in threads_read. The data is fetched from the thread's
// buffer here, shifted to where it belongs, and put into a queue, so that a burst's data follows that of the one
// before without a gap (a burst that has to be shifted costs one cycle). A response reaches its thread a cycle late.
`default_nettype none

module threads_write #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    // bits of a name on the bus, at least THR_W
    parameter SUB_W = 6,
    // bits of a word's number in a thread's buffer
    parameter IDX_W = 9
) (
    input  wire                     clk,
    input  wire                     rst,

    // bursts: place in the page, beats - 1, and the data as hw_thread describes it; the page of the thread whose turn it is
    input  wire [THREADS-1:0]       awvalid,
    output wire [THREADS-1:0]       awready,
    input  wire [THREADS*9-1:0]     at,
    input  wire [THREADS*8-1:0]     len,
    output wire [THR_W-1:0]         turn,
    input  wire [39:0]              page,
    input  wire [THREADS*IDX_W-1:0] from,
    input  wire [THREADS-1:0]       fill,
    input  wire [THREADS*3-1:0]     shift,
    input  wire [THREADS*3-1:0]     head,
    input  wire [THREADS*3-1:0]     tail,
    // the word that is read from every thread's buffer; a cycle later, whose is meant; two cycles later, what that one had
    // there, and zero of all others
    output wire [IDX_W-1:0]         index,
    output wire [THREADS-1:0]       here,
    input  wire [THREADS*64-1:0]    word,
    output wire [THREADS-1:0]       bvalid,
    output wire [1:0]               bresp,
    output wire                     bbad,       // this is an error
    // the word that a thread fills with
    input  wire                     load_valid,
    input  wire [THR_W-1:0]         load_thread,
    input  wire [63:0]              load_word,

    output wire                     m_awvalid,
    input  wire                     m_awready,
    output wire [SUB_W-1:0]         m_awid,
    output wire [63:0]              m_awaddr,
    output wire [7:0]               m_awlen,
    output wire                     m_wvalid,
    input  wire                     m_wready,
    output wire [63:0]              m_wdata,
    output wire [7:0]               m_wstrb,
    output wire                     m_wlast,
    input  wire                     m_bvalid,
    input  wire [SUB_W-1:0]         m_bid,
    input  wire [1:0]               m_bresp
);
    // ---- whose burst is next
    wire [THREADS-1:0]  serve;          // the thread that is being served, and its number
    wire [THR_W-1:0]    pick;
    // the burst whose data is fetched next
    logic               next_reg;
    logic [THR_W-1:0]   next_thread_reg;
    logic [7:0]         next_len_reg;
    logic [IDX_W-1:0]   next_from_reg;
    logic               next_fill_reg;
    logic [2:0]         next_shift_reg;
    logic [2:0]         next_head_reg;
    logic [2:0]         next_tail_reg;
    logic [THREADS-1:0] b_valid_reg;
    logic [1:0]         b_resp_reg;
    logic               b_bad_reg;
    wire                load;

    wire goes_on = (serve & awvalid) != '0;
    wire way_free;
    wire can = !next_reg && way_free;
    wire take = goes_on && can;
    // of the thread that is served
    localparam DATA_W = IDX_W + 10;
    logic [8:0] take_at;
    logic [7:0] take_len;
    logic [DATA_W-1:0] take_data;
    always_comb begin
        take_at = '0;
        take_len = '0;
        take_data = '0;
        for (int t = 0; t < THREADS; t++) begin
            take_at = take_at | ({9{serve[t]}} & at[t*9 +: 9]);
            take_len = take_len | ({8{serve[t]}} & len[t*8 +: 8]);
            take_data = take_data | ({DATA_W{serve[t]}} &
                {from[t*IDX_W +: IDX_W], fill[t], shift[t*3 +: 3], head[t*3 +: 3], tail[t*3 +: 3]});
        end
    end
    wire [THR_W-1:0] aw_id;
    wire [51:0] aw_addr;

    rr_turn #(.N(THREADS), .W(THR_W)) turns (
        .clk(clk), .rst(rst), .req(awvalid), .stay(goes_on), .serve(serve), .pick(pick));

    assign turn = pick;
    // to the thread whose turn it is, whether it asks or not
    assign awready = serve & {THREADS{can}};

    always_ff @(posedge clk) begin
        if (load) next_reg <= 1'b0;
        if (take) next_reg <= 1'b1;
        if (!next_reg) begin    // of a burst that is not taken it is not looked at
            next_thread_reg <= pick;
            next_len_reg <= take_len;
            {next_from_reg, next_fill_reg, next_shift_reg, next_head_reg, next_tail_reg} <= take_data;
        end
        for (int t = 0; t < THREADS; t++) b_valid_reg[t] <= m_bvalid && m_bid == SUB_W'(t);
        b_resp_reg <= m_bresp;
        b_bad_reg <= m_bresp != 2'd0;
        if (rst) begin
            next_reg <= 1'b0;
            b_valid_reg <= '0;
        end
    end

    slice #(.W(THR_W + 60)) way_out (
        .clk(clk), .rst(rst), .s_valid(goes_on && !next_reg), .s_ready(way_free),
        .s_data({pick, page, take_at, 3'd0, take_len}),
        .m_valid(m_awvalid), .m_ready(m_awready), .m_data({aw_id, aw_addr, m_awlen}));

    // ---- fetching: a word a cycle as long as the queue has room for what is under way
    logic             run_reg;
    logic [THR_W-1:0] thread_reg;
    logic [IDX_W-1:0] index_reg;
    logic [7:0]       left_reg;         // beats after the one at hand
    logic             skip_reg;         // this word is only the first half of a beat
    logic             first_reg;
    logic             fill_reg;
    logic [2:0]       shift_reg;
    logic [2:0]       head_reg;
    logic [2:0]       tail_reg;
    wire              room;
    wire              pop = m_wvalid && m_wready;
    wire              issue = run_reg && room;
    wire              is_last = left_reg == 8'd0;
    wire              beat = issue && !skip_reg;

    assign load = next_reg && (!run_reg || (beat && is_last));

    always_ff @(posedge clk) begin
        if (issue) begin
            index_reg <= index_reg + 1'b1;
            skip_reg <= 1'b0;
        end
        if (beat) begin
            first_reg <= 1'b0;
            left_reg <= left_reg - 8'd1;
            if (is_last) run_reg <= 1'b0;
        end
        if (load) begin
            run_reg <= 1'b1;
            thread_reg <= next_thread_reg;
            index_reg <= next_from_reg;
            left_reg <= next_len_reg;
            skip_reg <= next_shift_reg != 3'd0;
            first_reg <= 1'b1;
            fill_reg <= next_fill_reg;
            shift_reg <= next_shift_reg;
            head_reg <= next_head_reg;
            tail_reg <= next_tail_reg;
        end
        if (rst) run_reg <= 1'b0;
    end

    // ---- the words come: buffer (1), its register (2), the thread's is chosen (3), shifted (4), queued
    logic             valid1_reg, valid2_reg, valid3_reg;
    logic             beat1_reg, beat2_reg, beat3_reg, beat4_reg;
    logic             last1_reg, last2_reg, last3_reg, last4_reg;
    logic [7:0]       strb1_reg, strb2_reg, strb3_reg, strb4_reg;
    logic [THR_W-1:0] thread1_reg, thread2_reg;
    logic             fill1_reg, fill2_reg;
    logic [2:0]       shift1_reg, shift2_reg, shift3_reg;
    logic [63:0]      word3_reg;
    logic [63:0]      before_reg;       // the word before
    logic [63:0]      word4_reg;
    logic [63:0]      fills [0:THREADS-1];
    wire  [63:0]      fill2 = fills[thread2_reg];

    always_ff @(posedge clk)
        if (load_valid) fills[load_thread] <= load_word;

    logic [THREADS-1:0] here1_reg;
    function [63:0] join_words(input [THREADS*64-1:0] words);
        join_words = 64'd0;
        for (int t = 0; t < THREADS; t++) join_words = join_words | words[t*64 +: 64];
    endfunction
    wire  [63:0]        joined = join_words(word);

    logic [63:0] lanes;
    logic [63:0] shifted;
    always_comb begin
        for (int b = 0; b < 8; b++)
            lanes[b*8 +: 8] = shift3_reg != 3'd0 && 3'(b) >= shift3_reg ? before_reg[b*8 +: 8] : word3_reg[b*8 +: 8];
        for (int b = 0; b < 8; b++)
            shifted[b*8 +: 8] = lanes[{3'(b) + shift3_reg, 3'd0} +: 8];
    end

    always_ff @(posedge clk) begin
        valid1_reg <= issue;
        beat1_reg <= beat;
        last1_reg <= is_last;
        strb1_reg <= (first_reg ? 8'hff << head_reg : 8'hff) & (is_last ? 8'hff >> (3'd7 - tail_reg) : 8'hff);
        thread1_reg <= thread_reg;
        for (int t = 0; t < THREADS; t++) here1_reg[t] <= thread_reg == THR_W'(t);
        fill1_reg <= fill_reg;
        shift1_reg <= shift_reg;

        valid2_reg <= valid1_reg;
        beat2_reg <= beat1_reg;
        last2_reg <= last1_reg;
        strb2_reg <= strb1_reg;
        thread2_reg <= thread1_reg;
        fill2_reg <= fill1_reg;
        shift2_reg <= shift1_reg;

        valid3_reg <= valid2_reg;
        beat3_reg <= beat2_reg;
        last3_reg <= last2_reg;
        strb3_reg <= strb2_reg;
        shift3_reg <= shift2_reg;
        word3_reg <= fill2_reg ? fill2 : joined;

        if (valid3_reg) before_reg <= word3_reg;
        beat4_reg <= beat3_reg;
        last4_reg <= last3_reg;
        strb4_reg <= strb3_reg;
        word4_reg <= shifted;

        if (rst) begin
            valid1_reg <= 1'b0;
            valid2_reg <= 1'b0;
            valid3_reg <= 1'b0;
            beat1_reg <= 1'b0;
            beat2_reg <= 1'b0;
            beat3_reg <= 1'b0;
            beat4_reg <= 1'b0;
        end
    end

    word_queue #(.W(73), .LOG2(4)) queue (
        .clk(clk), .rst(rst), .room(room), .reserve(beat), .push(beat4_reg), .in({last4_reg, strb4_reg, word4_reg}),
        .any(m_wvalid), .out({m_wlast, m_wstrb, m_wdata}), .pop(pop));

    assign index = index_reg;
    assign here = here1_reg;
    assign m_awid = SUB_W'(aw_id);
    assign m_awaddr = {12'd0, aw_addr};
    assign bvalid = b_valid_reg;
    assign bresp = b_resp_reg;
    assign bbad = b_bad_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (take) begin
                `CHECK_NAME(strobes_hold_a_byte) assert (
                    take_len != 8'd0 || take_data[5:3] <= take_data[2:0]);
            end
        end
    end
`endif
endmodule

`default_nettype wire
