// SPDX-License-Identifier: GPL-2.0
//
// axi_up_rd: the read half of the device's AXI master (8-byte beats, many IDs) as reads of a wider memory port that
// answers in order. Each burst becomes one burst of full-width beats that hold it, never a narrow one, with no ID; what
// comes back is cut into 8-byte beats and given the ID that asked. So IDs share one order here: that is what a PCIe
// bridge's slave and most memory controllers do anyway.
//
// An address outside the window is answered with DECERR here. While `cut` is high everything is answered with SLVERR here,
// what was asked before too, whatever the memory port does or does not: so a device can drain when the other side is gone.
`default_nettype none

module axi_up_rd #(
    // bits of an ID
    parameter ID_W = 8,
    // bits of the memory port's data, a power of two from 64 to 1024
    parameter W = 256,
    // log2 of the bytes the device may reach; addresses above have no memory
    parameter WINDOW_LOG2 = 64,
    // where they begin on the memory port
    parameter [63:0] BASE = 64'd0,
    // log2 of the bursts in flight
    parameter FLIGHT_LOG2 = 6
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            cut,

    input  wire            s_arvalid,
    output wire            s_arready,
    input  wire [ID_W-1:0] s_arid,
    input  wire [63:0]     s_araddr,
    input  wire [7:0]      s_arlen,
    output wire            s_rvalid,
    input  wire            s_rready,
    output wire [ID_W-1:0] s_rid,
    output wire [63:0]     s_rdata,
    output wire [1:0]      s_rresp,
    output wire            s_rlast,

    output wire            m_arvalid,
    input  wire            m_arready,
    output wire [63:0]     m_araddr,
    output wire [7:0]      m_arlen,
    input  wire            m_rvalid,
    output wire            m_rready,
    input  wire [W-1:0]    m_rdata,
    input  wire [1:0]      m_rresp,
    input  wire            m_rlast
);
    localparam RATIO = W / 64;
    localparam SHIFT = $clog2(RATIO);
    localparam OFF_W = RATIO > 1 ? SHIFT : 1;

    // ---- addresses: one on its way to the memory port, and in order what is to come back
    logic        ar_valid_reg;
    logic [63:0] ar_addr_reg;
    logic [7:0]  ar_len_reg;

    wire outside;
    wire [63:0] moved;
    generate
        if (WINDOW_LOG2 < 64) begin : window
            assign outside = s_araddr[63:WINDOW_LOG2] != '0;
            assign moved = {BASE[63:WINDOW_LOG2], s_araddr[WINDOW_LOG2-1:0]};
        end else begin : whole
            assign outside = 1'b0;
            assign moved = s_araddr;
        end
    endgenerate
    wire [OFF_W-1:0] first = RATIO > 1 ? s_araddr[3 +: OFF_W] : '0;
    wire [8:0] words_before_last = {1'b0, s_arlen} + 9'(first);
    wire deny = outside || cut;
    wire room;
    wire take = s_arvalid && s_arready;

    assign s_arready = room && (!ar_valid_reg || m_arready);

    always_ff @(posedge clk) begin
        if (m_arready) ar_valid_reg <= 1'b0;
        if (take) begin
            ar_valid_reg <= !deny;
            ar_addr_reg <= {moved[63:3+SHIFT], {(3+SHIFT){1'b0}}};
            ar_len_reg <= 8'(words_before_last >> SHIFT);
        end
        if (rst || cut) ar_valid_reg <= 1'b0;
    end

    assign m_arvalid = ar_valid_reg;
    assign m_araddr = ar_addr_reg;
    assign m_arlen = ar_len_reg;

    wire                        next_valid;
    wire                        next_take;
    wire [ID_W+OFF_W+8:0]       next;

    fifo #(.W(ID_W + OFF_W + 9), .DEPTH_LOG2(FLIGHT_LOG2)) order (
        .clk(clk), .rst(rst), .s_valid(take), .s_ready(room), .s_data({outside, s_arid, first, s_arlen}),
        .m_valid(next_valid), .m_ready(next_take), .m_data(next));

    // ---- answers: the burst at hand, and the beat that is shown
    logic             busy_reg;
    logic             outside_reg;
    logic [ID_W-1:0]  id_reg;
    logic [OFF_W-1:0] off_reg;
    logic [7:0]       left_reg;
    logic             valid_reg;
    logic [ID_W-1:0]  rid_reg;
    logic [63:0]      data_reg;
    logic [1:0]       resp_reg;
    logic             last_reg;

    wire here = busy_reg && (outside_reg || cut || m_rvalid);
    wire give = here && (!valid_reg || s_rready);
    wire ends = left_reg == 8'd0;

    assign next_take = next_valid && (!busy_reg || (give && ends));
    // the beat goes with its last word
    assign m_rready = give && !outside_reg && !cut && (ends || off_reg == OFF_W'(RATIO - 1));

    always_ff @(posedge clk) begin
        if (s_rready) valid_reg <= 1'b0;
        if (give) begin
            valid_reg <= 1'b1;
            rid_reg <= id_reg;
            data_reg <= outside_reg || cut ? '1 : m_rdata[off_reg*64 +: 64];
            resp_reg <= outside_reg ? 2'd3 : cut ? 2'd2 : m_rresp;
            last_reg <= ends;
            off_reg <= RATIO > 1 ? off_reg + 1'b1 : '0;
            left_reg <= left_reg - 8'd1;
            if (ends) busy_reg <= 1'b0;
        end
        if (next_take) begin
            busy_reg <= 1'b1;
            {outside_reg, id_reg, off_reg, left_reg} <= next;
        end
        if (rst) begin
            busy_reg <= 1'b0;
            valid_reg <= 1'b0;
        end
    end

    assign s_rvalid = valid_reg;
    assign s_rid = rid_reg;
    assign s_rdata = data_reg;
    assign s_rresp = resp_reg;
    assign s_rlast = last_reg;

    wire unused = &{1'b0, m_rlast, moved[2+SHIFT:0]};

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst && m_rvalid && m_rready) begin
            `CHECK_NAME(last_beat_is_where_it_was_expected) assert (m_rlast == ends);
        end
    end
`endif
`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(read_cut_in_the_middle) cover (cut && busy_reg && off_reg != '0);
            `COVER_NAME(read_outside_the_window) cover (give && outside_reg);
        end
    end
`endif
endmodule

`default_nettype wire
