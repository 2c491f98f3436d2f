// SPDX-License-Identifier: GPL-2.0
//
// axi_rd_mux: N internal users on the read half of one AXI master. Each user has names of its own (SUB_W bits) for its
// reads; the AXI ID is {user, name}. So reads of different users and names are outstanding together and may come back
// in any order, beats mixed; those of one name come back in order. A user must take its beats in the end, whatever
// others do. `stop` lets no new read out, `idle` says that none is in flight.
`default_nettype none

module axi_rd_mux #(
    // users, at least two
    parameter N = 4,
    // bits of a user's names
    parameter SUB_W = 6,
    // bits of an AXI ID: a number for each user and SUB_W
    parameter ID_W = 8,
    // bits of the number of bursts in flight
    parameter FLIGHT_W = 11
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               stop,
    output wire               idle,

    input  wire [N-1:0]       s_arvalid,
    output wire  [N-1:0]      s_arready,
    input  wire [N*SUB_W-1:0] s_arid,
    input  wire [N*64-1:0]    s_araddr,
    input  wire [N*8-1:0]     s_arlen,
    output logic [N-1:0]      s_rvalid,
    input  wire [N-1:0]       s_rready,
    // the payload is common to all users
    output wire [SUB_W-1:0]   s_rid,
    output wire [63:0]        s_rdata,
    output wire [1:0]         s_rresp,
    output wire               s_rlast,

    output wire               m_arvalid,
    input  wire               m_arready,
    output wire [ID_W-1:0]    m_arid,
    output wire [63:0]        m_araddr,
    output wire [7:0]         m_arlen,
    input  wire               m_rvalid,
    output wire               m_rready,
    input  wire [ID_W-1:0]    m_rid,
    input  wire [63:0]        m_rdata,
    input  wire [1:0]         m_rresp,
    input  wire               m_rlast
);
    wire                 take;
    logic                took_reg;      // a cycle ago, and not counted yet
    logic [FLIGHT_W-1:0] flight_reg;

    wire last_beat = m_rvalid && m_rready && m_rlast;
    wire [N-1:0] unused_user;
    wire [ID_W-SUB_W-1:0] to_user = m_rid[ID_W-1:SUB_W];

    axi_addr_mux #(.N(N), .SUB_W(SUB_W), .ID_W(ID_W)) address (
        .clk(clk), .rst(rst), .stop(stop), .full(1'b0), .s_valid(s_arvalid), .s_ready(s_arready), .s_id(s_arid), .s_addr(s_araddr),
        .s_len(s_arlen), .take(take), .user(unused_user), .m_valid(m_arvalid), .m_ready(m_arready),
        .m_id(m_arid), .m_addr(m_araddr), .m_len(m_arlen));

    always_comb begin
        s_rvalid = '0;
        for (int u = 0; u < N; u++)
            if (to_user == (ID_W-SUB_W)'(u)) s_rvalid[u] = m_rvalid;
    end

    always_ff @(posedge clk) begin
        took_reg <= take;
        if (took_reg && !last_beat) flight_reg <= flight_reg + 1'b1;
        if (!took_reg && last_beat) flight_reg <= flight_reg - 1'b1;
        if (rst) begin
            took_reg <= 1'b0;
            flight_reg <= '0;
        end
    end

    assign m_rready = |(s_rready & s_rvalid);
    assign s_rid = m_rid[SUB_W-1:0];
    assign s_rdata = m_rdata;
    assign s_rresp = m_rresp;
    assign s_rlast = m_rlast;
    assign idle = flight_reg == '0 && !took_reg;

`ifdef CHECK
    logic        past_ok;
    logic        past_stuck;
    logic [ID_W+72-1:0] past_ar;
    always_ff @(posedge clk) begin
        past_ok <= !rst;
        past_stuck <= m_arvalid && !m_arready;
        past_ar <= {m_arid, m_araddr, m_arlen};
        if (!rst && past_ok) begin
            if (past_stuck) begin
                `CHECK_NAME(ar_valid_holds) assert (m_arvalid);
                `CHECK_NAME(ar_payload_holds) assert (past_ar == {m_arid, m_araddr, m_arlen});
            end
            if (m_arvalid) begin
                `CHECK_NAME(ar_stays_in_4k) assert ({1'b0, m_araddr[11:0]} + {2'b0, m_arlen, 3'b0} <= 13'd4088);
                `CHECK_NAME(ar_aligned) assert (m_araddr[2:0] == 3'd0);
            end
            if (m_rvalid) begin
                `CHECK_NAME(r_was_asked_for) assert (!idle && s_rvalid != '0);
            end
            if (take) begin
                `CHECK_NAME(reads_in_flight_are_counted) assert (flight_reg != '1);
            end
        end
    end
`endif
endmodule

`default_nettype wire
