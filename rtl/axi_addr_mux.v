// SPDX-License-Identifier: GPL-2.0
//
// axi_addr_mux: the addresses of N internal users on one AXI address channel, in turn, through registers. Each user has
// names of its own (SUB_W bits); the AXI ID is {user, name}. A user has a register, which is zero unless he was taken, and what
// is in them is joined by OR: before them there is only the choice, behind them no number. Half of axi_rd_mux and of axi_wr_mux.
`default_nettype none

module axi_addr_mux #(
    // users, at least two
    parameter N = 4,
    // bits of a user's names
    parameter SUB_W = 6,
    // bits of an AXI ID: a number for each user and SUB_W
    parameter ID_W = 8
) (
    input  wire               clk,
    input  wire               rst,
    // no new one is taken, for either
    input  wire               stop,
    input  wire               full,

    input  wire [N-1:0]       s_valid,
    output wire [N-1:0]       s_ready,
    input  wire [N*SUB_W-1:0] s_id,
    input  wire [N*64-1:0]    s_addr,
    input  wire [N*8-1:0]     s_len,
    // pulse: one is taken, and of whom
    output wire               take,
    output wire [N-1:0]       user,

    output wire               m_valid,
    input  wire               m_ready,
    output wire [ID_W-1:0]    m_id,
    output wire [63:0]        m_addr,
    output wire [7:0]         m_len
);
    localparam U_W = $clog2(N);

    localparam W = U_W + SUB_W + 72;

    wire              any = s_valid != '0;
    logic             valid_reg;
    logic [N*W-1:0]   shown_reg;    // number, name, address, length
    logic [W-1:0]     shown;
    wire  [U_W-1:0]   unused_pick;

    wire room = !stop && !full && (!valid_reg || m_ready);
    assign take = any && room;
    assign s_ready = user & {N{room}};

    lru_grant #(.N(N), .N_W(U_W)) arbiter (.clk(clk), .rst(rst), .req(s_valid), .take(room), .grant(user), .pick(unused_pick));

    always_comb begin
        shown = '0;
        for (int u = 0; u < N; u++) shown = shown | shown_reg[u*W +: W];
    end

    always_ff @(posedge clk) begin
        if (m_ready) valid_reg <= 1'b0;
        if (take) valid_reg <= 1'b1;
        if (room)
            for (int u = 0; u < N; u++) begin
                shown_reg[u*W +: W] <= {U_W'(u), s_id[u*SUB_W +: SUB_W], s_addr[u*64 +: 64], s_len[u*8 +: 8]};
                if (!user[u]) shown_reg[u*W +: W] <= '0;
            end
        if (rst) valid_reg <= 1'b0;
    end

    assign m_valid = valid_reg;
    assign m_id = ID_W'(shown[W-1:72]);
    assign m_addr = shown[71:8];
    assign m_len = shown[7:0];
endmodule

`default_nettype wire
