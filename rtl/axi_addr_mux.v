// SPDX-License-Identifier: GPL-2.0
//
// axi_addr_mux: the addresses of N internal users on one AXI address channel, in turn, through a register. Each user has
// names of its own (SUB_W bits); the AXI ID is {user, name}. One bit for each user says who is taken: nothing waits for
// its number. Half of axi_rd_mux and of axi_wr_mux.
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
    // no new one is taken
    input  wire               stop,

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

    wire              any = s_valid != '0;
    logic [U_W-1:0]   number;
    logic [SUB_W-1:0] name;
    logic [63:0]      addr;
    logic [7:0]       len;
    logic             valid_reg;
    logic [U_W+SUB_W-1:0] id_reg;
    logic [63:0]      addr_reg;
    logic [7:0]       len_reg;

    wire room = !stop && (!valid_reg || m_ready);
    assign take = any && room;
    assign s_ready = user & {N{room}};

    rr_grant #(.N(N)) arbiter (.clk(clk), .rst(rst), .req(s_valid), .take(take), .grant(user));

    always_comb begin
        number = '0;
        name = '0;
        addr = '0;
        len = '0;
        for (int u = 0; u < N; u++) begin
            number = number | ({U_W{user[u]}} & U_W'(u));
            name = name | ({SUB_W{user[u]}} & s_id[u*SUB_W +: SUB_W]);
            addr = addr | ({64{user[u]}} & s_addr[u*64 +: 64]);
            len = len | ({8{user[u]}} & s_len[u*8 +: 8]);
        end
    end

    always_ff @(posedge clk) begin
        if (m_ready) valid_reg <= 1'b0;
        if (take) valid_reg <= 1'b1;
        if (room) begin     // with what nobody asked for, it is not valid
            id_reg <= {number, name};
            addr_reg <= addr;
            len_reg <= len;
        end
        if (rst) valid_reg <= 1'b0;
    end

    assign m_valid = valid_reg;
    assign m_id = ID_W'(id_reg);
    assign m_addr = addr_reg;
    assign m_len = len_reg;
endmodule

`default_nettype wire
