// SPDX-License-Identifier: GPL-2.0
//
// threads_read: the reads of all threads from one memory, joined to one user of axi_rd_mux; a thread's number is the
// name of its reads. A thread that shows an address is served until it shows none any more (at most a page's
// bursts), then the next one, so that threads get whole pages one after the other and do not all wait for the last
// beats of theirs at the same time. No more than BEATS beats are asked for at a time: enough to keep the bus busy over
// memory's latency, and no more, since whoever else reads waits behind them. Beats arrive a cycle later with their thread's `rvalid`; a thread has room for them.
`default_nettype none

module threads_read #(
    // threads, and bits of their numbers
    parameter THREADS = 16,
    parameter THR_W = 4,
    // bits of a name on the bus, at least THR_W
    parameter SUB_W = 6,
    // beats outstanding; more than memory's latency and a burst
    parameter BEATS = 384,
    // longest burst, words
    parameter BURST_WORDS = 64
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire [THREADS-1:0]    arvalid,
    output wire [THREADS-1:0]    arready,
    // place in its page, beats - 1; the page of the thread whose turn it is
    input  wire [THREADS*9-1:0]  at,
    input  wire [THREADS*8-1:0]  len,
    output wire [THR_W-1:0]      turn,
    input  wire [39:0]           page,
    output wire [THREADS-1:0]    rvalid,
    // common to all threads
    output wire [63:0]           rdata,
    // as an address: it is zero; or, this or not of a word
    output wire                  rnull,
    output wire                  rend,
    output wire [1:0]            rresp,
    output wire                  rbad,      // this is an error
    output wire                  rlast,
    // whose they are, if anybody's
    output wire [THR_W-1:0]      rthread,

    output wire                  m_arvalid,
    input  wire                  m_arready,
    output wire [SUB_W-1:0]      m_arid,
    output wire [63:0]           m_araddr,
    output wire [7:0]            m_arlen,
    input  wire                  m_rvalid,
    input  wire [SUB_W-1:0]      m_rid,
    input  wire [63:0]           m_rdata,
    input  wire [1:0]            m_rresp,
    input  wire                  m_rlast
);
    wire [THREADS-1:0]  serve;          // the thread that is being served, and its number
    wire [THR_W-1:0]    pick;
    logic [THREADS-1:0] r_valid_reg;
    logic [63:0]        r_data_reg;
    logic               r_null_reg;
    logic               r_end_reg;
    logic [1:0]         r_resp_reg;
    logic               r_bad_reg;
    logic               r_last_reg;
    logic [THR_W-1:0]   r_thread_reg;

    localparam COUNT_W = $clog2(BEATS + BURST_WORDS) + 1;
    localparam ROOM = BEATS > BURST_WORDS ? BEATS - BURST_WORDS : 0;
    logic [COUNT_W-1:0] out_reg;        // beats outstanding
    logic               room_reg;       // a burst more fits
    wire way_free;
    wire goes_on = (serve & arvalid) != '0;
    wire can = room_reg && way_free;
    wire take = goes_on && can;
    // of the thread that is served
    logic [8:0] take_at;
    logic [7:0] take_len;
    always_comb begin
        take_at = '0;
        take_len = '0;
        for (int t = 0; t < THREADS; t++) begin
            take_at = take_at | ({9{serve[t]}} & at[t*9 +: 9]);
            take_len = take_len | ({8{serve[t]}} & len[t*8 +: 8]);
        end
    end
    wire [THR_W-1:0] ar_id;
    wire [51:0] ar_addr;

    rr_turn #(.N(THREADS), .W(THR_W)) turns (
        .clk(clk), .rst(rst), .req(arvalid), .stay(goes_on), .serve(serve), .pick(pick));

    assign turn = pick;
    // to the thread whose turn it is, whether it asks or not
    assign arready = serve & {THREADS{can}};

    always_ff @(posedge clk) begin
        for (int t = 0; t < THREADS; t++) r_valid_reg[t] <= m_rvalid && m_rid == SUB_W'(t);
        // both sums, and who of them is right last; whether a burst more fits is known without them
        out_reg <= take ? out_reg + COUNT_W'(take_len) + COUNT_W'(!m_rvalid) : out_reg - COUNT_W'(m_rvalid);
        room_reg <= take ? ROOM >= BURST_WORDS && out_reg <= COUNT_W'(ROOM - BURST_WORDS) : out_reg <= COUNT_W'(ROOM);
        r_data_reg <= m_rdata;
        r_null_reg <= m_rdata == 64'd0;
        r_end_reg <= m_rdata == 64'd0 || m_rdata[2:0] != 3'd0;
        r_resp_reg <= m_rresp;
        r_bad_reg <= m_rresp != 2'd0;
        r_last_reg <= m_rlast;
        r_thread_reg <= m_rid[THR_W-1:0];
        if (rst) begin
            r_valid_reg <= '0;
            out_reg <= '0;
            room_reg <= 1'b1;
        end
    end

    slice #(.W(THR_W + 60)) way_out (
        .clk(clk), .rst(rst), .s_valid(goes_on && room_reg), .s_ready(way_free), .s_data({pick, page, take_at, 3'd0, take_len}),
        .m_valid(m_arvalid), .m_ready(m_arready), .m_data({ar_id, ar_addr, m_arlen}));

    assign m_arid = SUB_W'(ar_id);
    assign m_araddr = {12'd0, ar_addr};
    assign rvalid = r_valid_reg;
    assign rdata = r_data_reg;
    assign rnull = r_null_reg;
    assign rend = r_end_reg;
    assign rresp = r_resp_reg;
    assign rbad = r_bad_reg;
    assign rlast = r_last_reg;
    assign rthread = r_thread_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (m_rvalid) begin
                `CHECK_NAME(beat_was_asked_for) assert (out_reg != '0);
            end
            `CHECK_NAME(beats_outstanding_are_bounded) assert (out_reg <= COUNT_W'(ROOM + BURST_WORDS));
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(enough_beats_outstanding) cover (goes_on && !room_reg);
        end
    end
`endif
endmodule

`default_nettype wire
