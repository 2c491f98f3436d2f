// SPDX-License-Identifier: GPL-2.0
//
// axi_wr_mux: N internal users on the write half of one AXI master. Each user has names of its own (SUB_W bits); the
// AXI ID is {user, name}. Addresses run ahead of the data; the data of the bursts goes out in the order of their
// addresses, burst after burst without a gap; responses come back in any order between names. A user shows an address
// not later than its data, and once the address was taken it gives all the data, whatever others do. It takes its
// responses at once. `stop` lets no new burst out, `idle` says that none is in flight.
`default_nettype none

module axi_wr_mux #(
    // users, at least two
    parameter N = 4,
    // bits of a user's names
    parameter SUB_W = 6,
    // bits of an AXI ID: a number for each user and SUB_W
    parameter ID_W = 8,
    // log2 of how many addresses may be ahead of their data
    parameter AHEAD_LOG2 = 2,
    // bits of the number of bursts in flight
    parameter FLIGHT_W = 11
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               stop,
    output wire               idle,

    input  wire [N-1:0]       s_awvalid,
    output wire  [N-1:0]      s_awready,
    input  wire [N*SUB_W-1:0] s_awid,
    input  wire [N*64-1:0]    s_awaddr,
    input  wire [N*8-1:0]     s_awlen,
    input  wire [N-1:0]       s_wvalid,
    output logic [N-1:0]      s_wready,
    input  wire [N*64-1:0]    s_wdata,
    input  wire [N*8-1:0]     s_wstrb,
    input  wire [N-1:0]       s_wlast,
    output logic [N-1:0]      s_bvalid,
    // common to all users
    output wire [SUB_W-1:0]   s_bid,
    output wire [1:0]         s_bresp,

    output wire               m_awvalid,
    input  wire               m_awready,
    output wire [ID_W-1:0]    m_awid,
    output wire [63:0]        m_awaddr,
    output wire [7:0]         m_awlen,
    output wire               m_wvalid,
    input  wire               m_wready,
    output wire [63:0]        m_wdata,
    output wire [7:0]         m_wstrb,
    output wire               m_wlast,
    input  wire               m_bvalid,
    output wire               m_bready,
    input  wire [ID_W-1:0]    m_bid,
    input  wire [1:0]         m_bresp
);
    localparam AHEAD = 1 << AHEAD_LOG2;

    wire            take;
    wire [N-1:0]    user;           // whose address is taken
    // whose data comes, and whose after that, in the order of the addresses
    logic [N-1:0]   mover_reg;
    logic [N-1:0]   order [0:AHEAD-1];
    logic [AHEAD_LOG2-1:0] order_in_reg;
    logic [AHEAD_LOG2-1:0] order_next_reg;  // of the one after the mover
    logic [AHEAD_LOG2:0] waiting_reg;       // bursts whose data is not all given, that of the mover with them
    logic           w_valid_reg;
    logic [N*73-1:0] w_reg;         // the mover's last, strobes and data, and zero of all others: joined by OR
    logic [72:0]    w;
    logic           took_reg;       // an address, a cycle ago, not counted yet
    logic [FLIGHT_W-1:0] flight_reg;

    wire w_room = !w_valid_reg || m_wready;
    wire w_take = (mover_reg & s_wvalid) != '0 && w_room;
    wire w_last = (mover_reg & s_wlast) != '0;
    wire w_end = w_take && w_last;
    wire [ID_W-SUB_W-1:0] to_user = m_bid[ID_W-1:SUB_W];

    axi_addr_mux #(.N(N), .SUB_W(SUB_W), .ID_W(ID_W)) address (
        .clk(clk), .rst(rst), .stop(stop), .full(waiting_reg[AHEAD_LOG2]), .s_valid(s_awvalid), .s_ready(s_awready), .s_id(s_awid),
        .s_addr(s_awaddr), .s_len(s_awlen), .take(take), .user(user), .m_valid(m_awvalid), .m_ready(m_awready),
        .m_id(m_awid), .m_addr(m_awaddr), .m_len(m_awlen));

    always_comb begin
        // whether he has a word or not
        s_wready = mover_reg & {N{w_room}};
        w = '0;
        for (int u = 0; u < N; u++) w = w | w_reg[u*73 +: 73];
        s_bvalid = '0;
        for (int u = 0; u < N; u++)
            if (to_user == (ID_W-SUB_W)'(u)) s_bvalid[u] = m_bvalid;
    end

    always_ff @(posedge clk) begin
        if (m_wready) w_valid_reg <= 1'b0;
        if (take) order_in_reg <= order_in_reg + 1'b1;
        if (w_take) w_valid_reg <= 1'b1;
        if (w_room)
            for (int u = 0; u < N; u++) begin
                w_reg[u*73 +: 73] <= {s_wlast[u], s_wstrb[u*8 +: 8], s_wdata[u*64 +: 64]};
                if (!mover_reg[u]) w_reg[u*73 +: 73] <= '0;
            end
        if (w_end) order_next_reg <= order_next_reg + 1'b1;
        if (take && !w_end) waiting_reg <= waiting_reg + 1'b1;
        if (!take && w_end) waiting_reg <= waiting_reg - 1'b1;
        if (w_end || waiting_reg == '0)
            mover_reg <= waiting_reg > (AHEAD_LOG2+1)'(1) ? order[order_next_reg] : take ? user : '0;
        took_reg <= take;
        if (took_reg && !m_bvalid) flight_reg <= flight_reg + 1'b1;
        if (!took_reg && m_bvalid) flight_reg <= flight_reg - 1'b1;
        if (rst) begin
            w_valid_reg <= 1'b0;
            order_in_reg <= '0;
            order_next_reg <= AHEAD_LOG2'(1);
            waiting_reg <= '0;
            mover_reg <= '0;
            took_reg <= 1'b0;
            flight_reg <= '0;
        end
    end

    always_ff @(posedge clk)
        if (take) order[order_in_reg] <= user;

    assign m_wvalid = w_valid_reg;
    assign {m_wlast, m_wstrb, m_wdata} = w;
    assign m_bready = 1'b1;
    assign s_bid = m_bid[SUB_W-1:0];
    assign s_bresp = m_bresp;
    assign idle = flight_reg == '0 && !took_reg;

`ifdef CHECK
    logic       past_ok;
    logic       past_aw_stuck;
    logic       past_w_stuck;
    logic [ID_W+72-1:0] past_aw;
    logic [72:0] past_w;
    logic [7:0] lens [0:AHEAD-1];   // lengths of the bursts in the queue
    wire [AHEAD_LOG2-1:0] order_mover = order_next_reg - 1'b1;
    logic [7:0] beats;              // data beats sent of the burst that moves
    always_ff @(posedge clk)
        for (int u = 0; u < N; u++)
            if (take && user[u]) lens[order_in_reg] <= s_awlen[u*8 +: 8];
    always_ff @(posedge clk) begin
        past_ok <= !rst;
        past_aw_stuck <= m_awvalid && !m_awready;
        past_w_stuck <= m_wvalid && !m_wready;
        past_aw <= {m_awid, m_awaddr, m_awlen};
        past_w <= {m_wlast, m_wstrb, m_wdata};
        if (w_take) beats <= w_end ? 8'd0 : beats + 8'd1;
        if (rst) beats <= 8'd0;
        if (!rst && past_ok) begin
            if (past_aw_stuck) begin
                `CHECK_NAME(aw_valid_holds) assert (m_awvalid);
                `CHECK_NAME(aw_payload_holds) assert (past_aw == {m_awid, m_awaddr, m_awlen});
            end
            if (past_w_stuck) begin
                `CHECK_NAME(w_valid_holds) assert (m_wvalid);
                `CHECK_NAME(w_payload_holds) assert (past_w == {m_wlast, m_wstrb, m_wdata});
            end
            if (m_awvalid) begin
                `CHECK_NAME(aw_stays_in_4k) assert ({1'b0, m_awaddr[11:0]} + {2'b0, m_awlen, 3'b0} <= 13'd4088);
                `CHECK_NAME(aw_aligned) assert (m_awaddr[2:0] == 3'd0);
            end
            if (w_take) begin
                `CHECK_NAME(w_last_is_the_last) assert (w_last == (beats == lens[order_mover]));
            end
            if (m_bvalid) begin
                `CHECK_NAME(b_was_asked_for) assert (!idle && s_bvalid != '0);
            end
            if (take) begin
                `CHECK_NAME(writes_in_flight_are_counted) assert (flight_reg != '1);
            end
        end
    end
`endif
endmodule

`default_nettype wire
