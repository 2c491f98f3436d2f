// SPDX-License-Identifier: GPL-2.0
//
// board_core: the device as a card needs it, whichever card: on a clock of its own, behind crossings to the clocks of the
// PCIe bridge and of the memory controller, at their widths, with resets in an order that loses nothing (reset_seq.v)
// and interrupt lines as an MSI-X bridge wants them. A card's top joins it to the vendor's IP and adds pins; no vendor's
// primitive is in here, so it is simulated as it is (docs/fpga.md, "board-sim").
`default_nettype none

module board_core #(
    // bits of data of the bridge's slave port, of the memory controller's port
    parameter HOST_W = 256,
    parameter LOCAL_W = 512,
    // log2 of the bytes of host memory within reach, and where they begin on the bridge's port
    parameter HOST_WINDOW_LOG2 = 64,
    parameter [63:0] HOST_BASE = 64'd0,
    // the same of local memory
    parameter LOCAL_WINDOW_LOG2 = 40,
    parameter [63:0] LOCAL_BASE = 64'd0,
    // the device's own, see dmmu.v
    parameter THREADS = 16,
    parameter CONTEXTS = 16,
    parameter LEVELS = 4,
    parameter PORTS = 4,
    parameter L1_ENTRIES = 32,
    parameter TLB_SETS = 256,
    parameter TLB_WAYS = 4,
    parameter WALKERS = 16,
    parameter PREFETCH = 1,
    parameter CLOCK_KHZ = 125000,
    parameter BUFFER_WORDS = 512,
    parameter BURST_WORDS = 64,
    parameter COPY_SLOTS = 16,
    parameter COPY_BURST_WORDS = 64,
    parameter STALL_CONTEXT = 0,
    parameter HOST_BEATS = 384,
    parameter LOCAL_BEATS = 160,
    parameter ID_W = 8
) (
    // the device's clock, which must run whatever the bridge does; power-on reset of any clock
    input  wire                 clk,
    input  wire                 por,
    // size of local memory in bytes, constant
    input  wire [63:0]          local_size,
    // 1: the CPU may cache local memory, through BAR2; constant. Behind PCIe it may not.
    input  wire                 local_coherent,

    // the bridge's clock. bridge_down: the link is down or the bus in reset; what the bridge was asked, it will not answer.
    input  wire                 bridge_clk,
    input  wire                 bridge_down,
    // function-level reset, of a bridge that tells it: held until flr_done
    input  wire                 flr_req,
    output wire                 flr_done,
    // low for long: nothing moves in here until a port does
    output wire                 busy,

    // AXI4-Lite slave on the bridge's clock: registers (BAR0)
    input  wire                 s_axil_awvalid,
    output wire                 s_axil_awready,
    input  wire [15:0]          s_axil_awaddr,
    input  wire                 s_axil_wvalid,
    output wire                 s_axil_wready,
    input  wire [31:0]          s_axil_wdata,
    input  wire [3:0]           s_axil_wstrb,
    output wire                 s_axil_bvalid,
    input  wire                 s_axil_bready,
    output wire [1:0]           s_axil_bresp,
    input  wire                 s_axil_arvalid,
    output wire                 s_axil_arready,
    input  wire [15:0]          s_axil_araddr,
    output wire                 s_axil_rvalid,
    input  wire                 s_axil_rready,
    output wire [31:0]          s_axil_rdata,
    output wire [1:0]           s_axil_rresp,

    // AXI4 master on the bridge's clock: host memory. Full-width INCR bursts in 4 KiB, one ID, answers in order.
    output wire                 m_axi_host_awvalid,
    input  wire                 m_axi_host_awready,
    output wire [63:0]          m_axi_host_awaddr,
    output wire [7:0]           m_axi_host_awlen,
    output wire                 m_axi_host_wvalid,
    input  wire                 m_axi_host_wready,
    output wire [HOST_W-1:0]    m_axi_host_wdata,
    output wire [HOST_W/8-1:0]  m_axi_host_wstrb,
    output wire                 m_axi_host_wlast,
    input  wire                 m_axi_host_bvalid,
    output wire                 m_axi_host_bready,
    input  wire [1:0]           m_axi_host_bresp,
    output wire                 m_axi_host_arvalid,
    input  wire                 m_axi_host_arready,
    output wire [63:0]          m_axi_host_araddr,
    output wire [7:0]           m_axi_host_arlen,
    input  wire                 m_axi_host_rvalid,
    output wire                 m_axi_host_rready,
    input  wire [HOST_W-1:0]    m_axi_host_rdata,
    input  wire [1:0]           m_axi_host_rresp,
    input  wire                 m_axi_host_rlast,

    // interrupt request per vector, held until acknowledged, then low for some edges
    output wire [4:0]           irq_req,
    input  wire [4:0]           irq_ack,

    // the memory controller's clock. memory_down: it cannot be used yet, or no longer.
    input  wire                 memory_clk,
    input  wire                 memory_down,

    // AXI4 master on the memory controller's clock: local memory. Same rules.
    output wire                 m_axi_local_awvalid,
    input  wire                 m_axi_local_awready,
    output wire [63:0]          m_axi_local_awaddr,
    output wire [7:0]           m_axi_local_awlen,
    output wire                 m_axi_local_wvalid,
    input  wire                 m_axi_local_wready,
    output wire [LOCAL_W-1:0]   m_axi_local_wdata,
    output wire [LOCAL_W/8-1:0] m_axi_local_wstrb,
    output wire                 m_axi_local_wlast,
    input  wire                 m_axi_local_bvalid,
    output wire                 m_axi_local_bready,
    input  wire [1:0]           m_axi_local_bresp,
    output wire                 m_axi_local_arvalid,
    input  wire                 m_axi_local_arready,
    output wire [63:0]          m_axi_local_araddr,
    output wire [7:0]           m_axi_local_arlen,
    input  wire                 m_axi_local_rvalid,
    output wire                 m_axi_local_rready,
    input  wire [LOCAL_W-1:0]   m_axi_local_rdata,
    input  wire [1:0]           m_axi_local_rresp,
    input  wire                 m_axi_local_rlast
);
    // ---- resets
    wire rst;
    wire host_cut, host_near_rst, host_far_req, host_far_rst, host_far_clear, host_live, host_ready;
    wire local_cut, local_near_rst, local_far_req, local_far_rst, local_far_clear, local_live, local_ready;
    wire go;
    wire device_rst;
    wire drain, device_flr_done, asked_flr, asked_done;

    sync_reset power_on (.clk(clk), .rst_in(por), .rst_out(rst));
    far_reset bridge_side (
        .clk(bridge_clk), .down(bridge_down), .req(host_far_req), .live(host_live), .rst(host_far_rst), .clear(host_far_clear));
    far_reset memory_side (
        .clk(memory_clk), .down(memory_down), .req(local_far_req), .live(local_live), .rst(local_far_rst), .clear(local_far_clear));

    port_reset host_port (
        .clk(clk), .rst(rst), .down(bridge_down), .far_rst(host_far_rst), .go(go), .cut(host_cut), .near_rst(host_near_rst),
        .far_rst_req(host_far_req), .live(host_live), .ready(host_ready));
    port_reset local_port (
        .clk(clk), .rst(rst), .down(memory_down), .far_rst(local_far_rst), .go(go), .cut(local_cut), .near_rst(local_near_rst),
        .far_rst_req(local_far_req), .live(local_live), .ready(local_ready));

    reset_seq resets (
        .clk(clk), .rst(rst), .host_cut(host_cut), .host_ready(host_ready), .local_cut(local_cut), .local_ready(local_ready),
        .go(go), .flr_req(drain), .flr_done(device_flr_done), .device_rst(device_rst));

    // a function-level reset the host asked for; while ports are down, it is the sequence's turn
    sync_bits flr_in (.clk(clk), .rst(device_rst), .d(flr_req), .q(asked_flr));
    sync_bits flr_out (.clk(bridge_clk), .rst(host_far_rst), .d(asked_done), .q(flr_done));

    logic asked_done_reg;
    always_ff @(posedge clk) begin
        asked_done_reg <= device_flr_done && asked_flr && !drain;
        if (device_rst) asked_done_reg <= 1'b0;
    end
    assign asked_done = asked_done_reg;

    // ---- registers
    wire        x_awvalid, x_awready, x_wvalid, x_wready, x_bvalid, x_bready, x_arvalid, x_arready, x_rvalid, x_rready;
    wire [15:0] x_awaddr, x_araddr;
    wire [31:0] x_wdata, x_rdata;
    wire [3:0]  x_wstrb;
    wire [1:0]  x_bresp, x_rresp;
    wire        d_awvalid, d_awready, d_wvalid, d_wready, d_bvalid, d_bready, d_arvalid, d_arready, d_rvalid, d_rready;
    wire [15:0] d_awaddr, d_araddr;
    wire [31:0] d_wdata, d_rdata;
    wire [3:0]  d_wstrb;
    wire [1:0]  d_bresp, d_rresp;

    axil_cross #(.A(16)) registers (
        .s_clk(bridge_clk), .s_rst(host_far_rst), .s_clear(host_far_clear), .m_clk(clk), .m_rst(host_near_rst), .m_clear(host_near_rst),
        .s_awvalid(s_axil_awvalid), .s_awready(s_axil_awready), .s_awaddr(s_axil_awaddr),
        .s_wvalid(s_axil_wvalid), .s_wready(s_axil_wready), .s_wdata(s_axil_wdata), .s_wstrb(s_axil_wstrb),
        .s_bvalid(s_axil_bvalid), .s_bready(s_axil_bready), .s_bresp(s_axil_bresp),
        .s_arvalid(s_axil_arvalid), .s_arready(s_axil_arready), .s_araddr(s_axil_araddr),
        .s_rvalid(s_axil_rvalid), .s_rready(s_axil_rready), .s_rdata(s_axil_rdata), .s_rresp(s_axil_rresp),
        .m_awvalid(x_awvalid), .m_awready(x_awready), .m_awaddr(x_awaddr),
        .m_wvalid(x_wvalid), .m_wready(x_wready), .m_wdata(x_wdata), .m_wstrb(x_wstrb),
        .m_bvalid(x_bvalid), .m_bready(x_bready), .m_bresp(x_bresp),
        .m_arvalid(x_arvalid), .m_arready(x_arready), .m_araddr(x_araddr),
        .m_rvalid(x_rvalid), .m_rready(x_rready), .m_rdata(x_rdata), .m_rresp(x_rresp));

    axil_guard #(.A(16)) guard (
        .clk(clk), .rst(host_near_rst), .hold(device_rst),
        .s_awvalid(x_awvalid), .s_awready(x_awready), .s_awaddr(x_awaddr),
        .s_wvalid(x_wvalid), .s_wready(x_wready), .s_wdata(x_wdata), .s_wstrb(x_wstrb),
        .s_bvalid(x_bvalid), .s_bready(x_bready), .s_bresp(x_bresp),
        .s_arvalid(x_arvalid), .s_arready(x_arready), .s_araddr(x_araddr),
        .s_rvalid(x_rvalid), .s_rready(x_rready), .s_rdata(x_rdata), .s_rresp(x_rresp),
        .m_awvalid(d_awvalid), .m_awready(d_awready), .m_awaddr(d_awaddr),
        .m_wvalid(d_wvalid), .m_wready(d_wready), .m_wdata(d_wdata), .m_wstrb(d_wstrb),
        .m_bvalid(d_bvalid), .m_bready(d_bready), .m_bresp(d_bresp),
        .m_arvalid(d_arvalid), .m_arready(d_arready), .m_araddr(d_araddr),
        .m_rvalid(d_rvalid), .m_rready(d_rready), .m_rdata(d_rdata), .m_rresp(d_rresp));

    // ---- the device
    wire            device_busy;
    wire [4:0]      d_irq_req, d_irq_ack;
    wire            h_awvalid, h_awready, h_wvalid, h_wready, h_wlast, h_bvalid, h_bready;
    wire            h_arvalid, h_arready, h_rvalid, h_rready, h_rlast;
    wire [ID_W-1:0] h_awid, h_bid, h_arid, h_rid;
    wire [63:0]     h_awaddr, h_wdata, h_araddr, h_rdata;
    wire [7:0]      h_awlen, h_wstrb, h_arlen;
    wire [1:0]      h_bresp, h_rresp;
    wire            l_awvalid, l_awready, l_wvalid, l_wready, l_wlast, l_bvalid, l_bready;
    wire            l_arvalid, l_arready, l_rvalid, l_rready, l_rlast;
    wire [ID_W-1:0] l_awid, l_bid, l_arid, l_rid;
    wire [63:0]     l_awaddr, l_wdata, l_araddr, l_rdata;
    wire [7:0]      l_awlen, l_wstrb, l_arlen;
    wire [1:0]      l_bresp, l_rresp;

    dmmu #(
        .THREADS(THREADS), .CONTEXTS(CONTEXTS), .LEVELS(LEVELS), .PORTS(PORTS), .L1_ENTRIES(L1_ENTRIES), .TLB_SETS(TLB_SETS),
        .TLB_WAYS(TLB_WAYS), .WALKERS(WALKERS), .PREFETCH(PREFETCH), .CLOCK_KHZ(CLOCK_KHZ), .BUFFER_WORDS(BUFFER_WORDS),
        .BURST_WORDS(BURST_WORDS), .COPY_SLOTS(COPY_SLOTS), .COPY_BURST_WORDS(COPY_BURST_WORDS),
        .STALL_CONTEXT(STALL_CONTEXT), .HOST_BEATS(HOST_BEATS), .LOCAL_BEATS(LOCAL_BEATS), .ID_W(ID_W)
    ) device (
        .clk(clk), .rst(device_rst), .flr_req(drain || asked_flr), .flr_done(device_flr_done), .local_size(local_size),
        .local_coherent(local_coherent), .busy(device_busy),
        .s_axil_awvalid(d_awvalid), .s_axil_awready(d_awready), .s_axil_awaddr(d_awaddr),
        .s_axil_wvalid(d_wvalid), .s_axil_wready(d_wready), .s_axil_wdata(d_wdata), .s_axil_wstrb(d_wstrb),
        .s_axil_bvalid(d_bvalid), .s_axil_bready(d_bready), .s_axil_bresp(d_bresp),
        .s_axil_arvalid(d_arvalid), .s_axil_arready(d_arready), .s_axil_araddr(d_araddr),
        .s_axil_rvalid(d_rvalid), .s_axil_rready(d_rready), .s_axil_rdata(d_rdata), .s_axil_rresp(d_rresp),
        .m_axi_host_awvalid(h_awvalid), .m_axi_host_awready(h_awready), .m_axi_host_awid(h_awid),
        .m_axi_host_awaddr(h_awaddr), .m_axi_host_awlen(h_awlen), .m_axi_host_wvalid(h_wvalid),
        .m_axi_host_wready(h_wready), .m_axi_host_wdata(h_wdata), .m_axi_host_wstrb(h_wstrb), .m_axi_host_wlast(h_wlast),
        .m_axi_host_bvalid(h_bvalid), .m_axi_host_bready(h_bready), .m_axi_host_bid(h_bid), .m_axi_host_bresp(h_bresp),
        .m_axi_host_arvalid(h_arvalid), .m_axi_host_arready(h_arready), .m_axi_host_arid(h_arid),
        .m_axi_host_araddr(h_araddr), .m_axi_host_arlen(h_arlen), .m_axi_host_rvalid(h_rvalid),
        .m_axi_host_rready(h_rready), .m_axi_host_rid(h_rid), .m_axi_host_rdata(h_rdata), .m_axi_host_rresp(h_rresp),
        .m_axi_host_rlast(h_rlast),
        .m_axi_local_awvalid(l_awvalid), .m_axi_local_awready(l_awready), .m_axi_local_awid(l_awid),
        .m_axi_local_awaddr(l_awaddr), .m_axi_local_awlen(l_awlen), .m_axi_local_wvalid(l_wvalid),
        .m_axi_local_wready(l_wready), .m_axi_local_wdata(l_wdata), .m_axi_local_wstrb(l_wstrb), .m_axi_local_wlast(l_wlast),
        .m_axi_local_bvalid(l_bvalid), .m_axi_local_bready(l_bready), .m_axi_local_bid(l_bid), .m_axi_local_bresp(l_bresp),
        .m_axi_local_arvalid(l_arvalid), .m_axi_local_arready(l_arready), .m_axi_local_arid(l_arid),
        .m_axi_local_araddr(l_araddr), .m_axi_local_arlen(l_arlen), .m_axi_local_rvalid(l_rvalid),
        .m_axi_local_rready(l_rready), .m_axi_local_rid(l_rid), .m_axi_local_rdata(l_rdata), .m_axi_local_rresp(l_rresp),
        .m_axi_local_rlast(l_rlast),
        .irq_req(d_irq_req), .irq_ack(d_irq_ack));

    irq_cross #(.N(5)) interrupts (
        .s_clk(clk), .s_rst(host_near_rst), .s_req(d_irq_req), .s_ack(d_irq_ack),
        .m_clk(bridge_clk), .m_rst(host_far_rst), .m_req(irq_req), .m_ack(irq_ack));

    // ---- memories
    axi_path #(.ID_W(ID_W), .W(HOST_W), .WINDOW_LOG2(HOST_WINDOW_LOG2), .BASE(HOST_BASE)) host (
        .s_clk(clk), .s_rst(device_rst), .cut(host_cut), .near_rst(host_near_rst), .m_clk(bridge_clk), .far_rst(host_far_rst),
        .far_clear(host_far_clear),
        .s_awvalid(h_awvalid), .s_awready(h_awready), .s_awid(h_awid), .s_awaddr(h_awaddr), .s_awlen(h_awlen),
        .s_wvalid(h_wvalid), .s_wready(h_wready), .s_wdata(h_wdata), .s_wstrb(h_wstrb), .s_wlast(h_wlast),
        .s_bvalid(h_bvalid), .s_bready(h_bready), .s_bid(h_bid), .s_bresp(h_bresp),
        .s_arvalid(h_arvalid), .s_arready(h_arready), .s_arid(h_arid), .s_araddr(h_araddr), .s_arlen(h_arlen),
        .s_rvalid(h_rvalid), .s_rready(h_rready), .s_rid(h_rid), .s_rdata(h_rdata), .s_rresp(h_rresp), .s_rlast(h_rlast),
        .m_awvalid(m_axi_host_awvalid), .m_awready(m_axi_host_awready), .m_awaddr(m_axi_host_awaddr),
        .m_awlen(m_axi_host_awlen), .m_wvalid(m_axi_host_wvalid), .m_wready(m_axi_host_wready),
        .m_wdata(m_axi_host_wdata), .m_wstrb(m_axi_host_wstrb), .m_wlast(m_axi_host_wlast),
        .m_bvalid(m_axi_host_bvalid), .m_bready(m_axi_host_bready), .m_bresp(m_axi_host_bresp),
        .m_arvalid(m_axi_host_arvalid), .m_arready(m_axi_host_arready), .m_araddr(m_axi_host_araddr),
        .m_arlen(m_axi_host_arlen), .m_rvalid(m_axi_host_rvalid), .m_rready(m_axi_host_rready),
        .m_rdata(m_axi_host_rdata), .m_rresp(m_axi_host_rresp), .m_rlast(m_axi_host_rlast));

    axi_path #(.ID_W(ID_W), .W(LOCAL_W), .WINDOW_LOG2(LOCAL_WINDOW_LOG2), .BASE(LOCAL_BASE)) local_memory (
        .s_clk(clk), .s_rst(device_rst), .cut(local_cut), .near_rst(local_near_rst), .m_clk(memory_clk),
        .far_rst(local_far_rst), .far_clear(local_far_clear),
        .s_awvalid(l_awvalid), .s_awready(l_awready), .s_awid(l_awid), .s_awaddr(l_awaddr), .s_awlen(l_awlen),
        .s_wvalid(l_wvalid), .s_wready(l_wready), .s_wdata(l_wdata), .s_wstrb(l_wstrb), .s_wlast(l_wlast),
        .s_bvalid(l_bvalid), .s_bready(l_bready), .s_bid(l_bid), .s_bresp(l_bresp),
        .s_arvalid(l_arvalid), .s_arready(l_arready), .s_arid(l_arid), .s_araddr(l_araddr), .s_arlen(l_arlen),
        .s_rvalid(l_rvalid), .s_rready(l_rready), .s_rid(l_rid), .s_rdata(l_rdata), .s_rresp(l_rresp), .s_rlast(l_rlast),
        .m_awvalid(m_axi_local_awvalid), .m_awready(m_axi_local_awready), .m_awaddr(m_axi_local_awaddr),
        .m_awlen(m_axi_local_awlen), .m_wvalid(m_axi_local_wvalid), .m_wready(m_axi_local_wready),
        .m_wdata(m_axi_local_wdata), .m_wstrb(m_axi_local_wstrb), .m_wlast(m_axi_local_wlast),
        .m_bvalid(m_axi_local_bvalid), .m_bready(m_axi_local_bready), .m_bresp(m_axi_local_bresp),
        .m_arvalid(m_axi_local_arvalid), .m_arready(m_axi_local_arready), .m_araddr(m_axi_local_araddr),
        .m_arlen(m_axi_local_arlen), .m_rvalid(m_axi_local_rvalid), .m_rready(m_axi_local_rready),
        .m_rdata(m_axi_local_rdata), .m_rresp(m_axi_local_rresp), .m_rlast(m_axi_local_rlast));

    // ---- busy, as the bridge's clock sees it; it lingers until what is in the crossings has come through
    logic       moving_reg;
    logic [5:0] linger_reg;
    wire        moving_there;
    always_ff @(posedge clk) moving_reg <= device_busy || device_rst || drain || rst || asked_flr != device_flr_done;
    sync_bits moving_out (.clk(bridge_clk), .rst(1'b0), .d(moving_reg), .q(moving_there));
    always_ff @(posedge bridge_clk) begin
        if (linger_reg != 6'd0) linger_reg <= linger_reg - 6'd1;
        if (moving_there || host_far_rst) linger_reg <= '1;
    end
    assign busy = moving_there || host_far_rst || linger_reg != 6'd0;
endmodule

`default_nettype wire
