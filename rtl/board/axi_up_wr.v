// SPDX-License-Identifier: GPL-2.0
//
// axi_up_wr: the write half of what axi_up_rd is the read half of: 8-byte beats are gathered into full-width beats with
// strobes for the bytes that were written, each burst one burst, no ID, responses in order and given the ID that asked.
// An address outside the window, and everything while `cut` is high, is swallowed and answered with an error here.
`default_nettype none

module axi_up_wr #(
    // bits of an ID
    parameter ID_W = 8,
    // bits of the memory port's data, a power of two from 64 to 1024
    parameter W = 256,
    // log2 of the bytes the device may reach; addresses above have no memory
    parameter WINDOW_LOG2 = 64,
    // where they begin on the memory port
    parameter [63:0] BASE = 64'd0,
    // log2 of the bursts whose data is still to come, and of those whose response is
    parameter AHEAD_LOG2 = 3,
    parameter FLIGHT_LOG2 = 6
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            cut,

    input  wire            s_awvalid,
    output wire            s_awready,
    input  wire [ID_W-1:0] s_awid,
    input  wire [63:0]     s_awaddr,
    input  wire [7:0]      s_awlen,
    input  wire            s_wvalid,
    output wire            s_wready,
    input  wire [63:0]     s_wdata,
    input  wire [7:0]      s_wstrb,
    input  wire            s_wlast,
    output wire            s_bvalid,
    input  wire            s_bready,
    output wire [ID_W-1:0] s_bid,
    output wire [1:0]      s_bresp,

    output wire            m_awvalid,
    input  wire            m_awready,
    output wire [63:0]     m_awaddr,
    output wire [7:0]      m_awlen,
    output wire            m_wvalid,
    input  wire            m_wready,
    output wire [W-1:0]    m_wdata,
    output wire [W/8-1:0]  m_wstrb,
    output wire            m_wlast,
    input  wire            m_bvalid,
    output wire            m_bready,
    input  wire [1:0]      m_bresp
);
    localparam RATIO = W / 64;
    localparam SHIFT = $clog2(RATIO);
    localparam OFF_W = RATIO > 1 ? SHIFT : 1;

    // ---- addresses
    logic        aw_valid_reg;
    logic [63:0] aw_addr_reg;
    logic [7:0]  aw_len_reg;

    wire outside;
    wire [63:0] moved;
    generate
        if (WINDOW_LOG2 < 64) begin : window
            assign outside = s_awaddr[63:WINDOW_LOG2] != '0;
            assign moved = {BASE[63:WINDOW_LOG2], s_awaddr[WINDOW_LOG2-1:0]};
        end else begin : whole
            assign outside = 1'b0;
            assign moved = s_awaddr;
        end
    endgenerate
    wire [OFF_W-1:0] first = RATIO > 1 ? s_awaddr[3 +: OFF_W] : '0;
    wire [8:0] words_before_last = {1'b0, s_awlen} + 9'(first);
    wire deny = outside || cut;
    wire ahead_room;
    wire take = s_awvalid && s_awready;

    assign s_awready = ahead_room && (!aw_valid_reg || m_awready);

    always_ff @(posedge clk) begin
        if (m_awready) aw_valid_reg <= 1'b0;
        if (take) begin
            aw_valid_reg <= !deny;
            aw_addr_reg <= {moved[63:3+SHIFT], {(3+SHIFT){1'b0}}};
            aw_len_reg <= 8'(words_before_last >> SHIFT);
        end
        if (rst || cut) aw_valid_reg <= 1'b0;
    end

    assign m_awvalid = aw_valid_reg;
    assign m_awaddr = aw_addr_reg;
    assign m_awlen = aw_len_reg;

    // ---- data, in the order of the addresses
    wire                  burst_valid;
    wire                  burst_outside;
    wire                  burst_denied;
    wire [ID_W-1:0]       burst_id;
    wire [OFF_W-1:0]      burst_first;
    wire                  burst_ends;

    fifo #(.W(ID_W + OFF_W + 2), .DEPTH_LOG2(AHEAD_LOG2)) ahead (
        .clk(clk), .rst(rst), .s_valid(take), .s_ready(ahead_room), .s_data({outside, deny, s_awid, first}),
        .m_valid(burst_valid), .m_ready(burst_ends), .m_data({burst_outside, burst_denied, burst_id, burst_first}));

    logic             inside_reg;   // the burst at hand has begun
    logic [OFF_W-1:0] off_reg;      // then, where its next word goes
    logic             w_valid_reg;
    logic [W-1:0]     w_data_reg;
    logic [W/8-1:0]   w_strb_reg;
    logic             w_last_reg;
    logic             filling_reg;  // the wide beat has words and waits for more

    wire [OFF_W-1:0] off = inside_reg ? off_reg : burst_first;
    wire swallow = burst_denied || cut;
    wire flight_room;
    wire word = s_wvalid && s_wready;

    assign s_wready = burst_valid && flight_room && (swallow || !w_valid_reg || m_wready);
    assign burst_ends = word && s_wlast;

    always_ff @(posedge clk) begin
        if (m_wready) w_valid_reg <= 1'b0;
        if (word) begin
            inside_reg <= !s_wlast;
            off_reg <= RATIO > 1 ? off + 1'b1 : '0;
            if (!swallow) begin
                if (!filling_reg) w_strb_reg <= '0;
                w_data_reg[off*64 +: 64] <= s_wdata;
                w_strb_reg[off*8 +: 8] <= s_wstrb;
                w_last_reg <= s_wlast;
                w_valid_reg <= s_wlast || off == OFF_W'(RATIO - 1);
                filling_reg <= !(s_wlast || off == OFF_W'(RATIO - 1));
            end
        end
        if (rst || cut) begin
            w_valid_reg <= 1'b0;
            filling_reg <= 1'b0;
        end
        if (rst) inside_reg <= 1'b0;
    end

    assign m_wvalid = w_valid_reg;
    assign m_wdata = w_data_reg;
    assign m_wstrb = w_strb_reg;
    assign m_wlast = w_last_reg;

    // ---- responses, in the order of the data's ends
    wire            head_valid;
    wire            head_outside;
    wire            head_denied;
    wire [ID_W-1:0] head_id;
    wire            head_take;
    logic            b_valid_reg;
    logic [ID_W-1:0] b_id_reg;
    logic [1:0]      b_resp_reg;

    fifo #(.W(ID_W + 2), .DEPTH_LOG2(FLIGHT_LOG2)) flight (
        .clk(clk), .rst(rst), .s_valid(burst_ends), .s_ready(flight_room), .s_data({burst_outside, swallow, burst_id}),
        .m_valid(head_valid), .m_ready(head_take), .m_data({head_outside, head_denied, head_id}));

    wire here = head_valid && (head_denied || cut || m_bvalid);

    assign head_take = here && (!b_valid_reg || s_bready);
    assign m_bready = head_take && !head_denied && !cut;

    always_ff @(posedge clk) begin
        if (s_bready) b_valid_reg <= 1'b0;
        if (head_take) begin
            b_valid_reg <= 1'b1;
            b_id_reg <= head_id;
            b_resp_reg <= head_outside ? 2'd3 : head_denied || cut ? 2'd2 : m_bresp;
        end
        if (rst) b_valid_reg <= 1'b0;
    end

    assign s_bvalid = b_valid_reg;
    assign s_bid = b_id_reg;
    assign s_bresp = b_resp_reg;

    wire unused = &{1'b0, moved[2+SHIFT:0]};

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(write_cut_in_the_middle) cover (cut && inside_reg);
            `COVER_NAME(response_cut) cover (cut && here && !head_denied && !m_bvalid);
        end
    end
`endif
endmodule

`default_nettype wire
