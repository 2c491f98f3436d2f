// SPDX-License-Identifier: GPL-2.0
//
// replay_tb: drives the device with the inputs that a Verilated device had (sim/record.h), and compares every output in
// every cycle with what that device answered: control signals always, payload where its valid is up, since Icarus has
// X where nothing was written yet. Prints "replay: N cycles agree", or the first cycle and the signals that differ.
`default_nettype none
`timescale 1ns/1ns

module replay_tb;
    // geometry of the device, as it was recorded
    parameter THREADS = 2;
    parameter CONTEXTS = 2;
    parameter PORTS = 2;
    parameter L1_ENTRIES = 2;
    parameter TLB_SETS = 1;
    parameter TLB_WAYS = 2;
    parameter WALKERS = 2;
    parameter STALL_CONTEXT = 0;
    parameter COPY_SLOTS = 16;
    parameter COPY_BURST_WORDS = 64;

    reg clk = 1'b0;
    reg [63:0] local_size;

    // ---- one line of the record
    reg         rst, flr_req;
    reg [7:0]   irq_ack;
    reg         l_awvalid, l_wvalid, l_bready, l_arvalid, l_rready;
    reg [15:0]  l_awaddr, l_araddr;
    reg [31:0]  l_wdata;
    reg [3:0]   l_wstrb;
    reg         h_awready, h_wready, h_bvalid, h_arready, h_rvalid, h_rlast;
    reg [1:0]   h_bresp, h_rresp;
    reg [7:0]   h_bid, h_rid;
    reg [63:0]  h_rdata;
    reg         m_awready, m_wready, m_bvalid, m_arready, m_rvalid, m_rlast;
    reg [1:0]   m_bresp, m_rresp;
    reg [7:0]   m_bid, m_rid;
    reg [63:0]  m_rdata;
    reg         none1;
    reg [1:0]   none2, none3;
    reg [531:0] want;

    // ---- the same outputs, in the same order
    wire        flr_done, busy;
    wire [4:0]  irq_req;
    wire        l_awready, l_wready, l_bvalid, l_arready, l_rvalid;
    wire [1:0]  l_bresp, l_rresp;
    wire [31:0] l_rdata;
    wire        h_awvalid, h_wvalid, h_wlast, h_bready, h_arvalid, h_rready;
    wire [7:0]  h_awid, h_awlen, h_arid, h_arlen, h_wstrb;
    wire [63:0] h_awaddr, h_wdata, h_araddr;
    wire        m_awvalid, m_wvalid, m_wlast, m_bready, m_arvalid, m_rready;
    wire [7:0]  m_awid, m_awlen, m_arid, m_arlen, m_wstrb;
    wire [63:0] m_awaddr, m_wdata, m_araddr;

    wire [239:0] h_got = {h_awvalid, h_wvalid, h_wlast, h_bready, h_arvalid, h_rready, 2'd0, h_awid, h_awlen, h_arid, h_arlen,
                          h_wstrb, h_awaddr, h_wdata, h_araddr};
    wire [239:0] m_got = {m_awvalid, m_wvalid, m_wlast, m_bready, m_arvalid, m_rready, 2'd0, m_awid, m_awlen, m_arid, m_arlen,
                          m_wstrb, m_awaddr, m_wdata, m_araddr};
    wire [531:0] got = {flr_done, busy, l_awready, l_wready, l_bvalid, l_arready, l_rvalid, 1'b0, 3'd0, irq_req, l_bresp, l_rresp,
                        l_rdata, h_got, m_got};

    // what counts: by the recorded valids, and bytes written by their strobes
    function [63:0] bytes(input [7:0] strb);
        for (integer b = 0; b < 8; b = b + 1) bytes[b*8 +: 8] = {8{strb[b]}};
    endfunction
    function [239:0] memory_mask(input awvalid, input wvalid, input arvalid, input [7:0] strb);
        memory_mask = {1'b1, 1'b1, wvalid, 1'b1, 1'b1, 1'b1, 2'd0, {16{awvalid}}, {16{arvalid}}, {8{wvalid}}, {64{awvalid}},
                       {64{wvalid}} & bytes(strb), {64{arvalid}}};
    endfunction
    wire [531:0] mask = {7'h7f, 1'b0, 8'h1f, {2{want[527]}}, {34{want[525]}},
                         memory_mask(want[479], want[478], want[475], want[432 +: 8]),
                         memory_mask(want[239], want[238], want[235], want[192 +: 8])};

    dmmu #(
        .THREADS(THREADS), .CONTEXTS(CONTEXTS), .PORTS(PORTS), .L1_ENTRIES(L1_ENTRIES), .TLB_SETS(TLB_SETS), .TLB_WAYS(TLB_WAYS),
        .WALKERS(WALKERS), .STALL_CONTEXT(STALL_CONTEXT), .COPY_SLOTS(COPY_SLOTS), .COPY_BURST_WORDS(COPY_BURST_WORDS)
    ) device (
        .clk(clk), .rst(rst), .flr_req(flr_req), .flr_done(flr_done), .local_size(local_size), .local_coherent(1'b0),
        .busy(busy),
        .s_axil_awvalid(l_awvalid), .s_axil_awready(l_awready), .s_axil_awaddr(l_awaddr),
        .s_axil_wvalid(l_wvalid), .s_axil_wready(l_wready), .s_axil_wdata(l_wdata), .s_axil_wstrb(l_wstrb),
        .s_axil_bvalid(l_bvalid), .s_axil_bready(l_bready), .s_axil_bresp(l_bresp),
        .s_axil_arvalid(l_arvalid), .s_axil_arready(l_arready), .s_axil_araddr(l_araddr),
        .s_axil_rvalid(l_rvalid), .s_axil_rready(l_rready), .s_axil_rdata(l_rdata), .s_axil_rresp(l_rresp),
        .m_axi_host_awvalid(h_awvalid), .m_axi_host_awready(h_awready), .m_axi_host_awid(h_awid),
        .m_axi_host_awaddr(h_awaddr), .m_axi_host_awlen(h_awlen), .m_axi_host_wvalid(h_wvalid),
        .m_axi_host_wready(h_wready), .m_axi_host_wdata(h_wdata), .m_axi_host_wstrb(h_wstrb),
        .m_axi_host_wlast(h_wlast), .m_axi_host_bvalid(h_bvalid), .m_axi_host_bready(h_bready),
        .m_axi_host_bid(h_bid), .m_axi_host_bresp(h_bresp), .m_axi_host_arvalid(h_arvalid),
        .m_axi_host_arready(h_arready), .m_axi_host_arid(h_arid), .m_axi_host_araddr(h_araddr),
        .m_axi_host_arlen(h_arlen), .m_axi_host_rvalid(h_rvalid), .m_axi_host_rready(h_rready),
        .m_axi_host_rid(h_rid), .m_axi_host_rdata(h_rdata), .m_axi_host_rresp(h_rresp), .m_axi_host_rlast(h_rlast),
        .m_axi_local_awvalid(m_awvalid), .m_axi_local_awready(m_awready), .m_axi_local_awid(m_awid),
        .m_axi_local_awaddr(m_awaddr), .m_axi_local_awlen(m_awlen), .m_axi_local_wvalid(m_wvalid),
        .m_axi_local_wready(m_wready), .m_axi_local_wdata(m_wdata), .m_axi_local_wstrb(m_wstrb),
        .m_axi_local_wlast(m_wlast), .m_axi_local_bvalid(m_bvalid), .m_axi_local_bready(m_bready),
        .m_axi_local_bid(m_bid), .m_axi_local_bresp(m_bresp), .m_axi_local_arvalid(m_arvalid),
        .m_axi_local_arready(m_arready), .m_axi_local_arid(m_arid), .m_axi_local_araddr(m_araddr),
        .m_axi_local_arlen(m_arlen), .m_axi_local_rvalid(m_rvalid), .m_axi_local_rready(m_rready),
        .m_axi_local_rid(m_rid), .m_axi_local_rdata(m_rdata), .m_axi_local_rresp(m_rresp), .m_axi_local_rlast(m_rlast),
        .irq_req(irq_req), .irq_ack(irq_ack[4:0]));

    reg [1023:0] path;
    reg [267:0]  line_in;
    integer      file;
    integer      cycles;
    integer      resets;
    reg          stop;

    initial begin
        if (!$value$plusargs("record=%s", path)) path = "record.txt";
        file = $fopen(path, "r");
        cycles = 0;
        resets = 0;
        stop = file == 0;
        if (stop) $display("replay: cannot read the record");
        else if ($fscanf(file, "%h\n", local_size) != 1) stop = 1'b1;
        while (!stop) begin
            if ($fscanf(file, "%h %h\n", line_in, want) != 2) begin
                stop = 1'b1;
                $display("replay: %0d cycles agree", cycles);
            end else begin
                {rst, flr_req, l_awvalid, l_wvalid, l_bready, l_arvalid, l_rready, none1, irq_ack, l_wstrb, l_awaddr, l_araddr,
                 l_wdata,
                 h_awready, h_wready, h_bvalid, h_arready, h_rvalid, h_rlast, h_bresp, none2, h_rresp, h_bid, h_rid, h_rdata,
                 m_awready, m_wready, m_bvalid, m_arready, m_rvalid, m_rlast, m_bresp, none3, m_rresp, m_bid, m_rid, m_rdata
                } = line_in;
                #4;
                // nothing is known before the first clock edges of the power-on reset
                if (resets >= 2 && ((got ^ want) & mask) !== 532'd0) begin
                    $display("replay: cycle %0d differs", cycles);
                    $display("inputs   %h", line_in);
                    $display("recorded %h", want & mask);
                    $display("here     %h", got & mask);
                    stop = 1'b1;
                end
                clk = 1'b1;
                #5;
                clk = 1'b0;
                #1;
                cycles = cycles + 1;
                if (rst) resets = resets + 1;
            end
        end
        $finish;
    end
endmodule

`default_nettype wire
