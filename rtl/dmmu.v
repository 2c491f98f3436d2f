// SPDX-License-Identifier: GPL-2.0
//
// dmmu: the device. An MMU with page tables per process in local memory, hardware threads that stall on
// page faults, and rings in host memory (docs/rings.md). This is the module a board top or a model
// instantiates; everything outside it is plain AXI, so it connects to XDMA/QDMA, LitePCIe and memory
// controllers as it is.
`default_nettype none

module dmmu #(
    // hardware threads, 1 to 64
    parameter THREADS = 16,
    // contexts (address spaces), 1 to 64
    parameter CONTEXTS = 16,
    // page-table levels: 4 for 48-bit virtual addresses, 5 for 57
    parameter LEVELS = 4,
    // MMU client ports, 1 to 8 and at most THREADS
    parameter PORTS = 4,
    // first-level TLB, entries per port
    parameter L1_ENTRIES = 32,
    // shared TLB: sets, a power of two, and ways
    parameter TLB_SETS = 256,
    parameter TLB_WAYS = 4,
    // page-table walks at a time, a power of two
    parameter WALKERS = 16,
    // 1: a walk also brings the entry of the next page
    parameter PREFETCH = 1,
    // clock frequency that register CLOCK_KHZ reports
    parameter CLOCK_KHZ = 125000,
    // words of a thread's buffer, a power of two from 8 to 512: as much of a page moves under one translation
    parameter BUFFER_WORDS = 512,
    // longest burst of a thread, words, a power of two up to 256
    parameter BURST_WORDS = 64,
    // copy engine: bursts on their way, a power of two from 2 to 64, and the longest, words, a power of two from 2 to 256;
    // its buffer has room for all of them
    parameter COPY_SLOTS = 16,
    parameter COPY_BURST_WORDS = 64,
    // 1: while a thread waits for a fault answer, the others of its context ask for no translation
    parameter STALL_CONTEXT = 0,
    // beats that threads read ahead of host, of local memory: its latency in cycles and somewhat more than a burst
    parameter HOST_BEATS = 384,
    parameter LOCAL_BEATS = 160,
    // width of AXI IDs on both memory ports: 3 bits and the number of a thread, a walk or a burst of the copy engine
    parameter ID_W = 8
) (
    input  wire             clk,
    // synchronous, active high; a power-on reset, may cut bus accesses off
    input  wire             rst,
    // function-level reset: held until flr_done; drains bus accesses, then resets as CTRL.RESET does
    input  wire             flr_req,
    output wire             flr_done,
    // size of local memory in bytes, constant
    input  wire [63:0]      local_size,
    // 1: the CPU may cache local memory, through BAR2; constant, shown as CAPS.COHERENT
    input  wire             local_coherent,
    // as STATUS.BUSY: low means that no clock edge changes anything until a port does; may gate the clock
    output wire             busy,

    // AXI4-Lite slave: registers (BAR0)
    input  wire             s_axil_awvalid,
    output wire             s_axil_awready,
    input  wire [15:0]      s_axil_awaddr,
    input  wire             s_axil_wvalid,
    output wire             s_axil_wready,
    input  wire [31:0]      s_axil_wdata,
    input  wire [3:0]       s_axil_wstrb,
    output wire             s_axil_bvalid,
    input  wire             s_axil_bready,
    output wire [1:0]       s_axil_bresp,
    input  wire             s_axil_arvalid,
    output wire             s_axil_arready,
    input  wire [15:0]      s_axil_araddr,
    output wire             s_axil_rvalid,
    input  wire             s_axil_rready,
    output wire [31:0]      s_axil_rdata,
    output wire [1:0]       s_axil_rresp,

    // AXI4 master: host memory. INCR bursts of 8-byte beats that do not cross 4 KiB.
    output wire             m_axi_host_awvalid,
    input  wire             m_axi_host_awready,
    output wire [ID_W-1:0]  m_axi_host_awid,
    output wire [63:0]      m_axi_host_awaddr,
    output wire [7:0]       m_axi_host_awlen,
    output wire             m_axi_host_wvalid,
    input  wire             m_axi_host_wready,
    output wire [63:0]      m_axi_host_wdata,
    output wire [7:0]       m_axi_host_wstrb,
    output wire             m_axi_host_wlast,
    input  wire             m_axi_host_bvalid,
    output wire             m_axi_host_bready,
    input  wire [ID_W-1:0]  m_axi_host_bid,
    input  wire [1:0]       m_axi_host_bresp,
    output wire             m_axi_host_arvalid,
    input  wire             m_axi_host_arready,
    output wire [ID_W-1:0]  m_axi_host_arid,
    output wire [63:0]      m_axi_host_araddr,
    output wire [7:0]       m_axi_host_arlen,
    input  wire             m_axi_host_rvalid,
    output wire             m_axi_host_rready,
    input  wire [ID_W-1:0]  m_axi_host_rid,
    input  wire [63:0]      m_axi_host_rdata,
    input  wire [1:0]       m_axi_host_rresp,
    input  wire             m_axi_host_rlast,

    // AXI4 master: local memory, byte offsets from its start. Same rules.
    output wire             m_axi_local_awvalid,
    input  wire             m_axi_local_awready,
    output wire [ID_W-1:0]  m_axi_local_awid,
    output wire [63:0]      m_axi_local_awaddr,
    output wire [7:0]       m_axi_local_awlen,
    output wire             m_axi_local_wvalid,
    input  wire             m_axi_local_wready,
    output wire [63:0]      m_axi_local_wdata,
    output wire [7:0]       m_axi_local_wstrb,
    output wire             m_axi_local_wlast,
    input  wire             m_axi_local_bvalid,
    output wire             m_axi_local_bready,
    input  wire [ID_W-1:0]  m_axi_local_bid,
    input  wire [1:0]       m_axi_local_bresp,
    output wire             m_axi_local_arvalid,
    input  wire             m_axi_local_arready,
    output wire [ID_W-1:0]  m_axi_local_arid,
    output wire [63:0]      m_axi_local_araddr,
    output wire [7:0]       m_axi_local_arlen,
    input  wire             m_axi_local_rvalid,
    output wire             m_axi_local_rready,
    input  wire [ID_W-1:0]  m_axi_local_rid,
    input  wire [63:0]      m_axi_local_rdata,
    input  wire [1:0]       m_axi_local_rresp,
    input  wire             m_axi_local_rlast,

    // interrupt request per vector (enum IRQ), held until acknowledged in the same cycle or later
    output wire [4:0]       irq_req,
    input  wire [4:0]       irq_ack
);

    localparam THR_W = THREADS > 1 ? $clog2(THREADS) : 1;
    localparam CTX_W = CONTEXTS > 1 ? $clog2(CONTEXTS) : 1;
    localparam WLK_W = WALKERS > 1 ? $clog2(WALKERS) : 1;
    localparam SLOT_W = $clog2(COPY_SLOTS);
    // bus users; each names its accesses, the AXI ID is {user, name}
    localparam NAME_W = THR_W > WLK_W ? THR_W : WLK_W;
    localparam SUB_W = NAME_W > SLOT_W ? NAME_W : SLOT_W;
    localparam HR_THR = 0, HR_COPY = 1, HR_CTL = 2, HR_WORK = 3, HR_CPY = 4, HR_PT = 5, HR_N = 6;
    localparam HW_THR = 0, HW_COPY = 1, HW_CPL = 2, HW_FLT = 3, HW_STAT = 4, HW_PT = 5, HW_N = 6;
    localparam LR_THR = 0, LR_COPY = 1, LR_WALK = 2, LR_PT = 3, LR_N = 4;
    localparam LW_THR = 0, LW_COPY = 1, LW_WALK = 2, LW_PT = 3, LW_N = 4;

    // IDs that are too narrow would give a user another's answers
    generate
        if (ID_W < $clog2(HR_N) + SUB_W) begin : narrow
            parameter_ID_W_is_too_small_for_these_threads_walks_or_slots error ();
        end
    endgenerate

    // ---- reset
    wire core_rst;
    wire stop;
    wire resetting;
    wire ready;
    wire reset_now;
    wire mmu_ready;
    wire buses_idle;

    reset_ctl resets (
        .clk(clk), .rst(rst), .ctrl_reset(reset_now), .flr_req(flr_req), .flr_done(flr_done), .buses_idle(buses_idle),
        .mmu_ready(mmu_ready), .stop(stop), .core_rst(core_rst), .resetting(resetting), .ready(ready));

    // ---- registers
    wire        bus_active;
    wire        enable;
    wire        enabled_now;
    wire        core_busy;
    logic [7:0] stalled_count_reg;
    logic [7:0] running_count_reg;
    wire        err_ctl_opcode;
    wire        err_host_bus;
    wire        err_local_bus;
    wire        err_stale_answer;
    wire        err_cpy_desc;
    wire        err_cpy_bus;
    wire        error_cause;
    wire [4:0]  irq_enable;
    wire [14:0] irq_route;
    wire [4:0]  irq_pending;
    logic [4:0] irq_pending_reg;    // a cycle late, for who looks
    wire [4:0]  irq_raised;
    wire        irq_flt_taken;
    wire        irq_coalescing;
    wire [31:0] coalesce;
    wire [63:0] stat_base, ctl_base, work_base, cpl_base, flt_base, cpy_base;
    wire [3:0]  ctl_size, work_size, cpl_size, flt_size, cpy_size;
    wire [31:0] ctl_tail, work_tail, cpl_tail, flt_tail, cpy_tail;
    wire [31:0] ctl_head, ctl_failed, work_head, cpl_head, flt_head, cpy_head, cpy_failed;
    wire [31:0] work_fetched;
    wire        cpl_head_now, flt_head_now;
    wire [31:0] ctx_sel, thr_sel, thr_state, thr_tag;
    wire [1:0]  ctx_state;
    wire [63:0] ctx_root, thr_va;
    wire        cnt_snap, cnt_busy;
    wire [5:0]  cnt_sel;
    wire [63:0] cnt_value;
    wire        mmio_read, mmio_write;

    regs #(
        .PARAMS0({8'(12 + 9 * LEVELS), 4'(PORTS), 4'(LEVELS), 8'(CONTEXTS), 8'(THREADS)}),
        .PARAMS1({16'(TLB_SETS * TLB_WAYS), 16'(L1_ENTRIES)}), .CLOCK_KHZ(CLOCK_KHZ)
    ) registers (
        .clk(clk), .rst(rst), .core_rst(core_rst), .local_size(local_size), .local_coherent(local_coherent),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready),
        .s_axil_bresp(s_axil_bresp), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_araddr(s_axil_araddr), .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .bus_active(bus_active),
        .enable(enable), .enabled_now(enabled_now), .reset_now(reset_now), .resetting(resetting), .ready(ready),
        .busy(core_busy), .stalled(stalled_count_reg), .running(running_count_reg),
        .err_ctl_opcode(err_ctl_opcode), .err_host_bus(err_host_bus), .err_local_bus(err_local_bus),
        .err_stale_answer(err_stale_answer), .err_cpy_desc(err_cpy_desc), .err_cpy_bus(err_cpy_bus),
        .error_cause(error_cause), .irq_enable(irq_enable), .irq_route(irq_route),
        .irq_pending(irq_pending_reg), .coalesce(coalesce), .stat_base(stat_base),
        .ctl_base(ctl_base), .ctl_size(ctl_size), .ctl_tail(ctl_tail), .ctl_head(ctl_head),
        .work_base(work_base), .work_size(work_size), .work_tail(work_tail), .work_head(work_head),
        .work_fetched(work_fetched),
        .cpl_base(cpl_base), .cpl_size(cpl_size), .cpl_head(cpl_head), .cpl_head_now(cpl_head_now), .cpl_tail(cpl_tail),
        .flt_base(flt_base), .flt_size(flt_size), .flt_head(flt_head), .flt_head_now(flt_head_now), .flt_tail(flt_tail),
        .cpy_base(cpy_base), .cpy_size(cpy_size), .cpy_tail(cpy_tail), .cpy_head(cpy_head), .cpy_failed(cpy_failed),
        .ctx_sel(ctx_sel), .ctx_state(ctx_state), .ctx_root(ctx_root),
        .thr_sel(thr_sel), .thr_state(thr_state), .thr_va(thr_va), .thr_tag(thr_tag),
        .cnt_snap(cnt_snap), .cnt_busy(cnt_busy), .cnt_sel(cnt_sel), .cnt_value(cnt_value),
        .mmio_read(mmio_read), .mmio_write(mmio_write));

    // ---- bus users' wires: host read, host write, local read, local write
    wire [HR_N-1:0]    hr_arvalid, hr_arready, hr_rvalid, hr_rready;
    wire [HR_N*SUB_W-1:0] hr_arid;
    wire [HR_N*64-1:0] hr_araddr;
    wire [HR_N*8-1:0]  hr_arlen;
    wire [SUB_W-1:0]   hr_rid;
    wire [63:0]        hr_rdata;
    wire [1:0]         hr_rresp;
    wire               hr_rlast, hr_idle;
    wire [HW_N-1:0]    hw_awvalid, hw_awready, hw_wvalid, hw_wready, hw_wlast, hw_bvalid;
    wire [HW_N*SUB_W-1:0] hw_awid;
    wire [HW_N*64-1:0] hw_awaddr, hw_wdata;
    wire [HW_N*8-1:0]  hw_awlen, hw_wstrb;
    wire [SUB_W-1:0]   hw_bid;
    wire [1:0]         hw_bresp;
    wire               hw_idle;
    wire [LR_N-1:0]    lr_arvalid, lr_arready, lr_rvalid, lr_rready;
    wire [LR_N*SUB_W-1:0] lr_arid;
    wire [LR_N*64-1:0] lr_araddr;
    wire [LR_N*8-1:0]  lr_arlen;
    wire [SUB_W-1:0]   lr_rid;
    wire [63:0]        lr_rdata;
    wire [1:0]         lr_rresp;
    wire               lr_rlast, lr_idle;
    wire [LW_N-1:0]    lw_awvalid, lw_awready, lw_wvalid, lw_wready, lw_wlast, lw_bvalid;
    wire [LW_N*SUB_W-1:0] lw_awid;
    wire [LW_N*64-1:0] lw_awaddr, lw_wdata;
    wire [LW_N*8-1:0]  lw_awlen, lw_wstrb;
    wire [SUB_W-1:0]   lw_bid;
    wire [1:0]         lw_bresp;
    wire               lw_idle;

    // rings, commands and the status block have one access at a time or in order: one name; all write whole words
    assign hr_arid[HR_N*SUB_W-1:HR_CTL*SUB_W] = '0;
    assign hw_awid[HW_N*SUB_W-1:HW_CPL*SUB_W] = '0;
    assign lr_arid[LR_PT*SUB_W +: SUB_W] = '0;
    assign hw_wstrb[HW_N*8-1:8] = '1;
    assign lw_awid[LW_PT*SUB_W +: SUB_W] = '0;
    assign lw_wstrb[LW_PT*8-1:8] = '1;

    assign buses_idle = hr_idle && hw_idle && lr_idle && lw_idle;

    axi_rd_mux #(.N(HR_N), .SUB_W(SUB_W), .ID_W(ID_W)) host_read (
        .clk(clk), .rst(core_rst), .stop(stop), .idle(hr_idle),
        .s_arvalid(hr_arvalid), .s_arready(hr_arready), .s_arid(hr_arid), .s_araddr(hr_araddr), .s_arlen(hr_arlen),
        .s_rvalid(hr_rvalid), .s_rready(hr_rready), .s_rid(hr_rid), .s_rdata(hr_rdata), .s_rresp(hr_rresp), .s_rlast(hr_rlast),
        .m_arvalid(m_axi_host_arvalid), .m_arready(m_axi_host_arready), .m_arid(m_axi_host_arid),
        .m_araddr(m_axi_host_araddr), .m_arlen(m_axi_host_arlen), .m_rvalid(m_axi_host_rvalid),
        .m_rready(m_axi_host_rready), .m_rid(m_axi_host_rid), .m_rdata(m_axi_host_rdata),
        .m_rresp(m_axi_host_rresp), .m_rlast(m_axi_host_rlast));

    axi_wr_mux #(.N(HW_N), .SUB_W(SUB_W), .ID_W(ID_W)) host_write (
        .clk(clk), .rst(core_rst), .stop(stop), .idle(hw_idle),
        .s_awvalid(hw_awvalid), .s_awready(hw_awready), .s_awid(hw_awid), .s_awaddr(hw_awaddr), .s_awlen(hw_awlen),
        .s_wvalid(hw_wvalid), .s_wready(hw_wready), .s_wdata(hw_wdata), .s_wstrb(hw_wstrb), .s_wlast(hw_wlast),
        .s_bvalid(hw_bvalid), .s_bid(hw_bid), .s_bresp(hw_bresp),
        .m_awvalid(m_axi_host_awvalid), .m_awready(m_axi_host_awready), .m_awid(m_axi_host_awid),
        .m_awaddr(m_axi_host_awaddr), .m_awlen(m_axi_host_awlen), .m_wvalid(m_axi_host_wvalid),
        .m_wready(m_axi_host_wready), .m_wdata(m_axi_host_wdata), .m_wstrb(m_axi_host_wstrb),
        .m_wlast(m_axi_host_wlast), .m_bvalid(m_axi_host_bvalid), .m_bready(m_axi_host_bready),
        .m_bid(m_axi_host_bid), .m_bresp(m_axi_host_bresp));

    axi_rd_mux #(.N(LR_N), .SUB_W(SUB_W), .ID_W(ID_W)) local_read (
        .clk(clk), .rst(core_rst), .stop(stop), .idle(lr_idle),
        .s_arvalid(lr_arvalid), .s_arready(lr_arready), .s_arid(lr_arid), .s_araddr(lr_araddr), .s_arlen(lr_arlen),
        .s_rvalid(lr_rvalid), .s_rready(lr_rready), .s_rid(lr_rid), .s_rdata(lr_rdata), .s_rresp(lr_rresp), .s_rlast(lr_rlast),
        .m_arvalid(m_axi_local_arvalid), .m_arready(m_axi_local_arready), .m_arid(m_axi_local_arid),
        .m_araddr(m_axi_local_araddr), .m_arlen(m_axi_local_arlen), .m_rvalid(m_axi_local_rvalid),
        .m_rready(m_axi_local_rready), .m_rid(m_axi_local_rid), .m_rdata(m_axi_local_rdata),
        .m_rresp(m_axi_local_rresp), .m_rlast(m_axi_local_rlast));

    axi_wr_mux #(.N(LW_N), .SUB_W(SUB_W), .ID_W(ID_W)) local_write (
        .clk(clk), .rst(core_rst), .stop(stop), .idle(lw_idle),
        .s_awvalid(lw_awvalid), .s_awready(lw_awready), .s_awid(lw_awid), .s_awaddr(lw_awaddr), .s_awlen(lw_awlen),
        .s_wvalid(lw_wvalid), .s_wready(lw_wready), .s_wdata(lw_wdata), .s_wstrb(lw_wstrb), .s_wlast(lw_wlast),
        .s_bvalid(lw_bvalid), .s_bid(lw_bid), .s_bresp(lw_bresp),
        .m_awvalid(m_axi_local_awvalid), .m_awready(m_axi_local_awready), .m_awid(m_axi_local_awid),
        .m_awaddr(m_axi_local_awaddr), .m_awlen(m_axi_local_awlen), .m_wvalid(m_axi_local_wvalid),
        .m_wready(m_axi_local_wready), .m_wdata(m_axi_local_wdata), .m_wstrb(m_axi_local_wstrb),
        .m_wlast(m_axi_local_wlast), .m_bvalid(m_axi_local_bvalid), .m_bready(m_axi_local_bready),
        .m_bid(m_axi_local_bid), .m_bresp(m_axi_local_bresp));

    // ---- control
    wire         ctl_fetching, ctl_valid, ctl_ready, ctl_bad;
    wire [511:0] ctl_entry;
    wire [31:0]  unused_ctl_fetched;
    wire         ctl_active;
    wire         ctl_want, ctl_want_irq, ctl_taken, ctl_irq;
    wire         ctx_set_valid, ctx_kill_valid;
    wire [CTX_W-1:0] cmd_ctx;
    wire [63:0]  ctx_set_root;
    wire         dying;
    wire         inv_start, inv_every, inv_all, inv_done;
    wire [51:0]  inv_first, inv_last;
    wire         answer_valid;
    wire [31:0]  answer_tag;
    wire [1:0]   answer_action;
    wire         pt_start, pt_from_host, pt_age, pt_age_clear, pt_done, pt_host_error, pt_local_error;
    wire [63:0]  pt_local, pt_host, pt_value, pt_step;
    wire [9:0]   pt_count;
    wire         ev_command, ev_invalidation, invalidating;

    ring_fetch control_ring (
        .clk(clk), .rst(core_rst), .enable(enable), .base(ctl_base), .size_log2(ctl_size), .tail(ctl_tail),
        .fetched(unused_ctl_fetched), .active(ctl_fetching), .entry_valid(ctl_valid), .entry_ready(ctl_ready), .entry(ctl_entry),
        .entry_bad(ctl_bad),
        .arvalid(hr_arvalid[HR_CTL]), .arready(hr_arready[HR_CTL]), .araddr(hr_araddr[HR_CTL*64 +: 64]),
        .arlen(hr_arlen[HR_CTL*8 +: 8]), .rvalid(hr_rvalid[HR_CTL]), .rready(hr_rready[HR_CTL]), .rdata(hr_rdata),
        .rerr(hr_rresp != 2'd0), .rlast(hr_rlast));

    ctl_exec #(.CONTEXTS(CONTEXTS), .CTX_W(CTX_W)) control (
        .clk(clk), .rst(core_rst), .local_size(local_size), .active(ctl_active),
        .entry_valid(ctl_valid), .entry(ctl_entry), .entry_bad(ctl_bad), .entry_ready(ctl_ready), .tail(ctl_tail),
        .head(ctl_head), .failed(ctl_failed), .want(ctl_want), .want_irq(ctl_want_irq), .want_taken(ctl_taken),
        .ctx_set_valid(ctx_set_valid), .ctx_kill_valid(ctx_kill_valid), .ctx(cmd_ctx), .ctx_set_root(ctx_set_root),
        .dying(dying), .inv_start(inv_start), .inv_every(inv_every), .inv_all(inv_all), .inv_first(inv_first),
        .inv_last(inv_last), .inv_done(inv_done), .answer_valid(answer_valid), .answer_tag(answer_tag),
        .answer_action(answer_action), .pt_start(pt_start), .pt_from_host(pt_from_host), .pt_age(pt_age),
        .pt_age_clear(pt_age_clear), .pt_local(pt_local),
        .pt_host(pt_host), .pt_count(pt_count), .pt_value(pt_value), .pt_step(pt_step), .pt_done(pt_done),
        .pt_host_error(pt_host_error), .pt_local_error(pt_local_error),
        .refused(err_ctl_opcode), .ev_command(ev_command), .ev_invalidation(ev_invalidation),
        .invalidating(invalidating));

    wire [1:0] pt_lock_req, pt_lock_grant;

    lock #(.N(2)) pt_lock (.clk(clk), .rst(core_rst), .req(pt_lock_req), .grant(pt_lock_grant));

    pt_unit page_tables (
        .clk(clk), .rst(core_rst), .start(pt_start), .from_host(pt_from_host), .age(pt_age), .age_clear(pt_age_clear), .local_addr(pt_local),
        .host_addr(pt_host), .count(pt_count), .value(pt_value), .step(pt_step), .done(pt_done),
        .host_error(pt_host_error), .local_error(pt_local_error),
        .lock_req(pt_lock_req[1]), .lock_grant(pt_lock_grant[1]),
        .h_arvalid(hr_arvalid[HR_PT]), .h_arready(hr_arready[HR_PT]), .h_araddr(hr_araddr[HR_PT*64 +: 64]),
        .h_arlen(hr_arlen[HR_PT*8 +: 8]), .h_rvalid(hr_rvalid[HR_PT]), .h_rready(hr_rready[HR_PT]),
        .h_rdata(hr_rdata), .h_rerr(hr_rresp != 2'd0), .h_rlast(hr_rlast),
        .h_awvalid(hw_awvalid[HW_PT]), .h_awready(hw_awready[HW_PT]), .h_awaddr(hw_awaddr[HW_PT*64 +: 64]),
        .h_awlen(hw_awlen[HW_PT*8 +: 8]), .h_wvalid(hw_wvalid[HW_PT]), .h_wready(hw_wready[HW_PT]),
        .h_wdata(hw_wdata[HW_PT*64 +: 64]), .h_wlast(hw_wlast[HW_PT]), .h_bvalid(hw_bvalid[HW_PT]), .h_berr(hw_bresp != 2'd0),
        .l_arvalid(lr_arvalid[LR_PT]), .l_arready(lr_arready[LR_PT]), .l_araddr(lr_araddr[LR_PT*64 +: 64]),
        .l_arlen(lr_arlen[LR_PT*8 +: 8]), .l_rvalid(lr_rvalid[LR_PT]), .l_rready(lr_rready[LR_PT]),
        .l_rdata(lr_rdata), .l_rerr(lr_rresp != 2'd0), .l_rlast(lr_rlast),
        .l_awvalid(lw_awvalid[LW_PT]), .l_awready(lw_awready[LW_PT]), .l_awaddr(lw_awaddr[LW_PT*64 +: 64]),
        .l_awlen(lw_awlen[LW_PT*8 +: 8]), .l_wvalid(lw_wvalid[LW_PT]), .l_wready(lw_wready[LW_PT]),
        .l_wdata(lw_wdata[LW_PT*64 +: 64]), .l_wstrb(lw_wstrb[LW_PT*8 +: 8]), .l_wlast(lw_wlast[LW_PT]), .l_bvalid(lw_bvalid[LW_PT]),
        .l_berr(lw_bresp != 2'd0));

    // ---- MMU
    wire [63:0]         cycle;
    wire                mmu_active;
    wire [PORTS-1:0]    req_valid, req_ready, rsp_valid, rsp_ready, rsp_local, rel_valid;
    wire [PORTS*CTX_W-1:0] req_ctx;
    wire [PORTS*THR_W-1:0] req_thread, rsp_thread, rel_thread;
    wire [PORTS*64-1:0] req_va, req_cookie;
    wire [PORTS*2-1:0]  req_op, rsp_status, rsp_access;
    wire [PORTS*52-1:0] rsp_pa;
    wire [PORTS*3-1:0]  rsp_cause;
    wire [WLK_W-1:0]    walk_arid, walk_awid;
    wire [CONTEXTS-1:0] ctx_ok;
    wire                kill_valid;
    wire [CTX_W-1:0]    kill_ctx;
    wire [THREADS-1:0]  rel_wanted, stalled, faulted;
    logic [THREADS-1:0] faulted_reg;
    wire                flt_full, flt_active, flt_posted;
    wire                flt_rec_valid, flt_rec_taken;
    wire [2:0]          flt_rec_word;
    wire [63:0]         flt_rec_data;
    wire [PORTS-1:0]    ev_l1_hit, ev_kill;
    wire                ev_l2_hit, ev_miss, ev_merge, ev_walk, ev_walk_cache_hit, ev_prefetch, ev_walk_read, ev_ad_update;
    wire                ev_record, ev_retry, ev_fail, walk_error;
    wire [63:0]         detect_to_record, record_to_answer, answer_to_replay;

    mmu #(
        .THREADS(THREADS), .THR_W(THR_W), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .PORTS(PORTS), .LEVELS(LEVELS),
        .L1_ENTRIES(L1_ENTRIES), .TLB_SETS(TLB_SETS), .TLB_WAYS(TLB_WAYS), .WALKERS(WALKERS), .WLK_W(WLK_W), .PREFETCH(PREFETCH)
    ) translator (
        .clk(clk), .rst(core_rst), .cycle(cycle), .ready(mmu_ready), .active(mmu_active),
        .req_valid(req_valid), .req_ready(req_ready), .req_ctx(req_ctx), .req_thread(req_thread), .req_va(req_va),
        .req_op(req_op), .req_cookie(req_cookie), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready),
        .rsp_thread(rsp_thread), .rsp_status(rsp_status), .rsp_pa(rsp_pa), .rsp_local(rsp_local),
        .rsp_access(rsp_access), .rsp_cause(rsp_cause), .rel_valid(rel_valid), .rel_thread(rel_thread),
        .ctx_set_valid(ctx_set_valid), .ctx_set_ctx(cmd_ctx), .ctx_set_root(ctx_set_root),
        .ctx_kill_valid(ctx_kill_valid), .ctx_kill_ctx(cmd_ctx), .inv_start(inv_start), .inv_every(inv_every),
        .inv_all(inv_all), .inv_ctx(cmd_ctx), .inv_first(inv_first), .inv_last(inv_last), .inv_done(inv_done),
        .answer_valid(answer_valid), .answer_tag(answer_tag), .answer_action(answer_action),
        .answer_stale(err_stale_answer), .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx),
        .rel_wanted(rel_wanted), .stalled(stalled), .faulted(faulted), .flt_full(flt_full), .flt_active(flt_active), .flt_posted(flt_posted),
        .rec_valid(flt_rec_valid), .rec_word(flt_rec_word), .rec_data(flt_rec_data), .rec_taken(flt_rec_taken),
        .lock_req(pt_lock_req[0]), .lock_grant(pt_lock_grant[0]), .lock_wanted(pt_lock_req[1]),
        .arvalid(lr_arvalid[LR_WALK]), .arready(lr_arready[LR_WALK]), .arid(walk_arid), .araddr(lr_araddr[LR_WALK*64 +: 64]),
        .arlen(lr_arlen[LR_WALK*8 +: 8]), .rvalid(lr_rvalid[LR_WALK]), .rready(lr_rready[LR_WALK]), .rid(lr_rid[WLK_W-1:0]),
        .rdata(lr_rdata), .rresp(lr_rresp), .rlast(lr_rlast),
        .awvalid(lw_awvalid[LW_WALK]), .awready(lw_awready[LW_WALK]), .awid(walk_awid), .awaddr(lw_awaddr[LW_WALK*64 +: 64]),
        .wvalid(lw_wvalid[LW_WALK]), .wready(lw_wready[LW_WALK]), .wdata(lw_wdata[LW_WALK*64 +: 64]),
        .bvalid(lw_bvalid[LW_WALK]), .bid(lw_bid[WLK_W-1:0]), .bresp(lw_bresp),
        .ctx_show(ctx_sel), .ctx_show_state(ctx_state), .ctx_show_root(ctx_root), .thr_show(thr_sel),
        .thr_show_va(thr_va), .thr_show_tag(thr_tag),
        .ev_l1_hit(ev_l1_hit), .ev_l2_hit(ev_l2_hit), .ev_miss(ev_miss), .ev_merge(ev_merge), .ev_walk(ev_walk),
        .ev_walk_cache_hit(ev_walk_cache_hit), .ev_prefetch(ev_prefetch), .ev_walk_read(ev_walk_read),
        .ev_ad_update(ev_ad_update), .ev_record(ev_record), .ev_retry(ev_retry),
        .ev_fail(ev_fail), .ev_kill(ev_kill), .ev_bus_error(walk_error),
        .detect_to_record(detect_to_record), .record_to_answer(record_to_answer), .answer_to_replay(answer_to_replay));

    // a walk's write is one word
    assign lr_arid[LR_WALK*SUB_W +: SUB_W] = SUB_W'(walk_arid);
    assign lw_awid[LW_WALK*SUB_W +: SUB_W] = SUB_W'(walk_awid);
    assign lw_awlen[LW_WALK*8 +: 8] = 8'd0;
    assign lw_wlast[LW_WALK] = 1'b1;

    ring_post fault_ring (
        .clk(clk), .rst(core_rst), .base(flt_base), .size_log2(flt_size), .head(flt_head), .tail(flt_tail),
        .full(flt_full), .active(flt_active), .posted(flt_posted),
        .rec_valid(flt_rec_valid), .rec_word(flt_rec_word), .rec_data(flt_rec_data), .rec_taken(flt_rec_taken),
        .awvalid(hw_awvalid[HW_FLT]), .awready(hw_awready[HW_FLT]), .awaddr(hw_awaddr[HW_FLT*64 +: 64]),
        .awlen(hw_awlen[HW_FLT*8 +: 8]), .wvalid(hw_wvalid[HW_FLT]), .wready(hw_wready[HW_FLT]),
        .wdata(hw_wdata[HW_FLT*64 +: 64]), .wlast(hw_wlast[HW_FLT]), .bvalid(hw_bvalid[HW_FLT]));

    // ---- work
    wire                work_fetching, work_valid, work_ready, work_bad, work_active;
    wire [511:0]        work_entry;
    wire [THREADS-1:0]  thread_start, thread_busy;
    wire                thread_active;
    wire                cpl_full, cpl_active, cpl_posted, cpl_rec_valid, cpl_rec_taken;
    wire [2:0]          cpl_rec_word;
    wire [63:0]         cpl_rec_data;

    ring_fetch work_ring (
        .clk(clk), .rst(core_rst), .enable(enable), .base(work_base), .size_log2(work_size), .tail(work_tail),
        .fetched(work_fetched), .active(work_fetching), .entry_valid(work_valid), .entry_ready(work_ready),
        .entry(work_entry), .entry_bad(work_bad),
        .arvalid(hr_arvalid[HR_WORK]), .arready(hr_arready[HR_WORK]), .araddr(hr_araddr[HR_WORK*64 +: 64]),
        .arlen(hr_arlen[HR_WORK*8 +: 8]), .rvalid(hr_rvalid[HR_WORK]), .rready(hr_rready[HR_WORK]),
        .rdata(hr_rdata), .rerr(hr_rresp != 2'd0), .rlast(hr_rlast));

    dispatch #(.THREADS(THREADS)) dispatcher (
        .clk(clk), .rst(core_rst), .enable(enable), .entry_valid(work_valid), .entry_bad(work_bad),
        .entry_ready(work_ready), .thread_busy(thread_busy), .start(thread_start), .taken(work_head),
        .active(work_active));

    threads #(
        .THREADS(THREADS), .THR_W(THR_W), .CONTEXTS(CONTEXTS), .CTX_W(CTX_W), .PORTS(PORTS), .BUFFER_WORDS(BUFFER_WORDS),
        .BURST_WORDS(BURST_WORDS), .STALL_CONTEXT(STALL_CONTEXT), .HOST_BEATS(HOST_BEATS), .LOCAL_BEATS(LOCAL_BEATS),
        .SUB_W(SUB_W)
    ) engines (
        .clk(clk), .rst(core_rst), .start(thread_start), .desc(work_entry), .busy(thread_busy),
        .active(thread_active), .ctx_ok(ctx_ok), .kill_valid(kill_valid), .kill_ctx(kill_ctx), .dying(dying),
        .req_valid(req_valid), .req_ready(req_ready), .req_ctx(req_ctx), .req_thread(req_thread), .req_va(req_va),
        .req_op(req_op), .req_cookie(req_cookie), .rsp_valid(rsp_valid), .rsp_ready(rsp_ready),
        .rsp_thread(rsp_thread), .rsp_status(rsp_status), .rsp_pa(rsp_pa), .rsp_local(rsp_local),
        .rsp_access(rsp_access), .rsp_cause(rsp_cause), .rel_valid(rel_valid), .rel_thread(rel_thread),
        .rel_wanted(rel_wanted), .stalled(stalled), .faulted(faulted_reg),
        .host_arvalid(hr_arvalid[HR_THR]), .host_arready(hr_arready[HR_THR]), .host_arid(hr_arid[SUB_W-1:0]),
        .host_araddr(hr_araddr[63:0]), .host_arlen(hr_arlen[7:0]), .host_rvalid(hr_rvalid[HR_THR]), .host_rid(hr_rid),
        .host_rdata(hr_rdata), .host_rresp(hr_rresp), .host_rlast(hr_rlast),
        .host_awvalid(hw_awvalid[HW_THR]), .host_awready(hw_awready[HW_THR]), .host_awid(hw_awid[SUB_W-1:0]),
        .host_awaddr(hw_awaddr[63:0]), .host_awlen(hw_awlen[7:0]), .host_wvalid(hw_wvalid[HW_THR]),
        .host_wready(hw_wready[HW_THR]), .host_wdata(hw_wdata[63:0]), .host_wstrb(hw_wstrb[7:0]), .host_wlast(hw_wlast[HW_THR]),
        .host_bvalid(hw_bvalid[HW_THR]), .host_bid(hw_bid), .host_bresp(hw_bresp),
        .local_arvalid(lr_arvalid[LR_THR]), .local_arready(lr_arready[LR_THR]), .local_arid(lr_arid[SUB_W-1:0]),
        .local_araddr(lr_araddr[63:0]), .local_arlen(lr_arlen[7:0]), .local_rvalid(lr_rvalid[LR_THR]), .local_rid(lr_rid),
        .local_rdata(lr_rdata), .local_rresp(lr_rresp), .local_rlast(lr_rlast),
        .local_awvalid(lw_awvalid[LW_THR]), .local_awready(lw_awready[LW_THR]), .local_awid(lw_awid[SUB_W-1:0]),
        .local_awaddr(lw_awaddr[63:0]), .local_awlen(lw_awlen[7:0]), .local_wvalid(lw_wvalid[LW_THR]),
        .local_wready(lw_wready[LW_THR]), .local_wdata(lw_wdata[63:0]), .local_wstrb(lw_wstrb[7:0]), .local_wlast(lw_wlast[LW_THR]),
        .local_bvalid(lw_bvalid[LW_THR]), .local_bid(lw_bid), .local_bresp(lw_bresp),
        .cpl_full(cpl_full),
        .rec_valid(cpl_rec_valid), .rec_word(cpl_rec_word), .rec_data(cpl_rec_data), .rec_taken(cpl_rec_taken),
        .show(thr_sel), .show_state(thr_state));

    // threads have room for what they read
    assign hr_rready[HR_THR] = 1'b1;
    assign lr_rready[LR_THR] = 1'b1;

    ring_post completion_ring (
        .clk(clk), .rst(core_rst), .base(cpl_base), .size_log2(cpl_size), .head(cpl_head), .tail(cpl_tail),
        .full(cpl_full), .active(cpl_active), .posted(cpl_posted),
        .rec_valid(cpl_rec_valid), .rec_word(cpl_rec_word), .rec_data(cpl_rec_data), .rec_taken(cpl_rec_taken),
        .awvalid(hw_awvalid[HW_CPL]), .awready(hw_awready[HW_CPL]), .awaddr(hw_awaddr[HW_CPL*64 +: 64]),
        .awlen(hw_awlen[HW_CPL*8 +: 8]), .wvalid(hw_wvalid[HW_CPL]), .wready(hw_wready[HW_CPL]),
        .wdata(hw_wdata[HW_CPL*64 +: 64]), .wlast(hw_wlast[HW_CPL]), .bvalid(hw_bvalid[HW_CPL]));

    // ---- copies
    wire cpy_want, cpy_want_irq, cpy_taken, cpy_irq;
    wire         copy_active, ev_copy, ev_copy_beat;
    wire         cpy_fetching, cpy_valid, cpy_ready, cpy_bad;
    wire [511:0] cpy_entry;
    wire [31:0]  unused_cpy_fetched;
    wire [SLOT_W-1:0] copy_arid, copy_awid;
    wire [63:0]  copy_araddr, copy_awaddr, copy_wdata;
    wire [7:0]   copy_arlen, copy_awlen;
    wire         copy_wlast;

    ring_fetch copy_ring (
        .clk(clk), .rst(core_rst), .enable(enable), .base(cpy_base), .size_log2(cpy_size), .tail(cpy_tail),
        .fetched(unused_cpy_fetched), .active(cpy_fetching), .entry_valid(cpy_valid), .entry_ready(cpy_ready),
        .entry(cpy_entry), .entry_bad(cpy_bad),
        .arvalid(hr_arvalid[HR_CPY]), .arready(hr_arready[HR_CPY]), .araddr(hr_araddr[HR_CPY*64 +: 64]),
        .arlen(hr_arlen[HR_CPY*8 +: 8]), .rvalid(hr_rvalid[HR_CPY]), .rready(hr_rready[HR_CPY]),
        .rdata(hr_rdata), .rerr(hr_rresp != 2'd0), .rlast(hr_rlast));

    copy_engine #(.SLOTS(COPY_SLOTS), .SLOT_W(SLOT_W), .BURST_WORDS(COPY_BURST_WORDS)) copier (
        .clk(clk), .rst(core_rst), .enable(enable), .local_size(local_size), .active(copy_active),
        .entry_valid(cpy_valid), .entry(cpy_entry), .entry_bad(cpy_bad), .entry_ready(cpy_ready), .tail(cpy_tail),
        .head(cpy_head), .failed(cpy_failed), .want(cpy_want), .want_irq(cpy_want_irq), .want_taken(cpy_taken),
        .arvalid({lr_arvalid[LR_COPY], hr_arvalid[HR_COPY]}), .arready({lr_arready[LR_COPY], hr_arready[HR_COPY]}),
        .arid(copy_arid), .araddr(copy_araddr), .arlen(copy_arlen),
        .rvalid({lr_rvalid[LR_COPY], hr_rvalid[HR_COPY]}), .rready({lr_rready[LR_COPY], hr_rready[HR_COPY]}),
        .host_rid(hr_rid[SLOT_W-1:0]), .host_rdata(hr_rdata), .host_rerr(hr_rresp != 2'd0), .host_rlast(hr_rlast),
        .local_rid(lr_rid[SLOT_W-1:0]), .local_rdata(lr_rdata), .local_rerr(lr_rresp != 2'd0), .local_rlast(lr_rlast),
        .awvalid({lw_awvalid[LW_COPY], hw_awvalid[HW_COPY]}), .awready({lw_awready[LW_COPY], hw_awready[HW_COPY]}),
        .awid(copy_awid), .awaddr(copy_awaddr), .awlen(copy_awlen),
        .wvalid({lw_wvalid[LW_COPY], hw_wvalid[HW_COPY]}), .wready({lw_wready[LW_COPY], hw_wready[HW_COPY]}),
        .wdata(copy_wdata), .wlast(copy_wlast),
        .bvalid({lw_bvalid[LW_COPY], hw_bvalid[HW_COPY]}), .host_bid(hw_bid[SLOT_W-1:0]), .host_berr(hw_bresp != 2'd0),
        .local_bid(lw_bid[SLOT_W-1:0]), .local_berr(lw_bresp != 2'd0),
        .refused(err_cpy_desc), .bus_error(err_cpy_bus), .ev_copy(ev_copy), .ev_beat(ev_copy_beat));

    // what it asks one memory for is common to both
    assign hr_arid[HR_COPY*SUB_W +: SUB_W] = SUB_W'(copy_arid);
    assign hr_araddr[HR_COPY*64 +: 64] = copy_araddr;
    assign hr_arlen[HR_COPY*8 +: 8] = copy_arlen;
    assign lr_arid[LR_COPY*SUB_W +: SUB_W] = SUB_W'(copy_arid);
    assign lr_araddr[LR_COPY*64 +: 64] = copy_araddr;
    assign lr_arlen[LR_COPY*8 +: 8] = copy_arlen;
    assign hw_awid[HW_COPY*SUB_W +: SUB_W] = SUB_W'(copy_awid);
    assign hw_awaddr[HW_COPY*64 +: 64] = copy_awaddr;
    assign hw_awlen[HW_COPY*8 +: 8] = copy_awlen;
    assign hw_wdata[HW_COPY*64 +: 64] = copy_wdata;
    assign hw_wlast[HW_COPY] = copy_wlast;
    assign lw_awid[LW_COPY*SUB_W +: SUB_W] = SUB_W'(copy_awid);
    assign lw_awaddr[LW_COPY*64 +: 64] = copy_awaddr;
    assign lw_awlen[LW_COPY*8 +: 8] = copy_awlen;
    assign lw_wdata[LW_COPY*64 +: 64] = copy_wdata;
    assign lw_wlast[LW_COPY] = copy_wlast;

    // ---- what the host is told
    wire [31:0] shown_cpl_tail, shown_flt_tail;
    wire        stat_active;

    status_block status (
        .clk(clk), .rst(core_rst), .base(stat_base), .ctl_head(ctl_head), .cpl_tail(cpl_tail), .flt_tail(flt_tail),
        .work_head(work_fetched), .cpy_head(cpy_head), .cpy_failed(cpy_failed), .ctl_failed(ctl_failed), .ctl_want(ctl_want),
        .ctl_want_irq(ctl_want_irq), .cpy_want(cpy_want), .cpy_want_irq(cpy_want_irq), .ctl_taken(ctl_taken),
        .cpy_taken(cpy_taken), .cpy_irq(cpy_irq),
        .ctl_irq(ctl_irq), .shown_cpl_tail(shown_cpl_tail), .shown_flt_tail(shown_flt_tail), .active(stat_active),
        .awvalid(hw_awvalid[HW_STAT]), .awready(hw_awready[HW_STAT]), .awaddr(hw_awaddr[HW_STAT*64 +: 64]),
        .awlen(hw_awlen[HW_STAT*8 +: 8]), .wvalid(hw_wvalid[HW_STAT]), .wready(hw_wready[HW_STAT]),
        .wdata(hw_wdata[HW_STAT*64 +: 64]), .wlast(hw_wlast[HW_STAT]), .bvalid(hw_bvalid[HW_STAT]));

    irq interrupts (
        .clk(clk), .rst(core_rst), .arm(enabled_now), .enable(irq_enable), .route(irq_route), .pending(irq_pending),
        .quiet(!core_busy), .coalescing(irq_coalescing), .ctl_cause(ctl_irq), .cpy_cause(cpy_irq), .error_cause(error_cause),
        .cpl_tail(shown_cpl_tail), .cpl_head(cpl_head), .cpl_rearm(cpl_head_now),
        .cpl_delay(coalesce[dmmu_pkg::COALESCE_CPL_LSB +: 16]),
        .flt_tail(shown_flt_tail), .flt_head(flt_head), .flt_rearm(flt_head_now),
        .flt_delay(coalesce[dmmu_pkg::COALESCE_FLT_LSB +: 16]),
        .irq_req(irq_req), .irq_ack(irq_ack), .raised(irq_raised), .flt_taken(irq_flt_taken));

    // what rings, commands and the status block read and write; each takes its answers at once
    logic host_error_reg, local_error_reg;
    always_ff @(posedge clk) begin
        host_error_reg <= (hw_bvalid[HW_N-1:HW_CPL] != '0 && hw_bresp != 2'd0) ||
                          (hr_rvalid[HR_N-1:HR_CTL] != '0 && hr_rresp != 2'd0);
        local_error_reg <= walk_error || pt_local_error;
        if (core_rst) begin
            host_error_reg <= 1'b0;
            local_error_reg <= 1'b0;
        end
    end
    assign err_host_bus = host_error_reg;
    assign err_local_bus = local_error_reg;

    // ---- counters. What happens in a cycle is registered first, all of it alike, and added up in the next.
    function [7:0] population(input [THREADS-1:0] bits);
        population = 8'd0;
        for (int t = 0; t < THREADS; t++) population = population + {7'd0, bits[t]};
    endfunction

    logic [PORTS-1:0]   l1_hit_reg, kill_reg;
    logic [4:0]         irq_raised_reg;
    logic [191:0]       spans_reg;
    logic l2_hit_reg, miss_reg, retry_reg, fail_reg, merge_reg, walk_cache_hit_reg, prefetch_reg, walk_reg, walk_read_reg;
    logic ad_update_reg, record_reg, invalidation_reg, invalidating_reg, work_done_reg, command_reg, irq_flt_reg;
    logic host_rd_reg, host_wr_reg, local_rd_reg, local_wr_reg, mmio_read_reg, mmio_write_reg;
    logic copy_reg, copy_beat_reg, copy_active_reg;

    always_ff @(posedge clk) begin
        stalled_count_reg <= population(stalled);
        running_count_reg <= population(thread_busy);
        {l1_hit_reg, kill_reg, faulted_reg, irq_raised_reg} <= {ev_l1_hit, ev_kill, faulted, irq_raised};
        {l2_hit_reg, miss_reg, retry_reg, fail_reg, merge_reg} <= {ev_l2_hit, ev_miss, ev_retry, ev_fail, ev_merge};
        {walk_cache_hit_reg, prefetch_reg, walk_reg, walk_read_reg} <=
            {ev_walk_cache_hit, ev_prefetch, ev_walk, ev_walk_read};
        {ad_update_reg, record_reg, invalidation_reg, invalidating_reg} <=
            {ev_ad_update, ev_record, ev_invalidation, invalidating};
        {work_done_reg, command_reg, mmio_read_reg, mmio_write_reg} <= {cpl_posted, ev_command, mmio_read, mmio_write};
        {copy_reg, copy_beat_reg, copy_active_reg, irq_flt_reg} <= {ev_copy, ev_copy_beat, copy_active, irq_flt_taken};
        host_rd_reg <= m_axi_host_rvalid && m_axi_host_rready;
        host_wr_reg <= m_axi_host_wvalid && m_axi_host_wready;
        local_rd_reg <= m_axi_local_rvalid && m_axi_local_rready;
        local_wr_reg <= m_axi_local_wvalid && m_axi_local_wready;
        spans_reg <= {answer_to_replay, record_to_answer, detect_to_record};
    end

    wire [7:0] l1_hits = population(THREADS'(l1_hit_reg));
    logic [dmmu_pkg::CNT_COUNT*8-1:0] add;
    always_comb begin
        add = '0;
        add[dmmu_pkg::CNT_TLB_LOOKUPS*8 +: 8] = l1_hits + {7'd0, l2_hit_reg} + {7'd0, miss_reg} + {7'd0, retry_reg};
        add[dmmu_pkg::CNT_TLB_L1_HITS*8 +: 8] = l1_hits;
        add[dmmu_pkg::CNT_TLB_L2_HITS*8] = l2_hit_reg;
        add[dmmu_pkg::CNT_TLB_MISSES*8 +: 2] = {1'b0, miss_reg} + {1'b0, retry_reg};
        add[dmmu_pkg::CNT_TLB_MERGES*8] = merge_reg;
        add[dmmu_pkg::CNT_WALK_CACHE_HITS*8] = walk_cache_hit_reg;
        add[dmmu_pkg::CNT_PREFETCHES*8] = prefetch_reg;
        add[dmmu_pkg::CNT_WALKS*8] = walk_reg;
        add[dmmu_pkg::CNT_WALK_READS*8] = walk_read_reg;
        add[dmmu_pkg::CNT_AD_UPDATES*8] = ad_update_reg;
        add[dmmu_pkg::CNT_FAULTS*8 +: 8] = population(faulted_reg);
        add[dmmu_pkg::CNT_FAULT_RECORDS*8] = record_reg;
        add[dmmu_pkg::CNT_RETRIES*8] = retry_reg;
        add[dmmu_pkg::CNT_FAILS*8] = fail_reg;
        add[dmmu_pkg::CNT_KILLS*8 +: 8] = population(THREADS'(kill_reg));
        add[dmmu_pkg::CNT_STALL_CYCLES*8 +: 8] = stalled_count_reg;
        add[dmmu_pkg::CNT_INVALIDATIONS*8] = invalidation_reg;
        add[dmmu_pkg::CNT_INVAL_CYCLES*8] = invalidating_reg;
        add[dmmu_pkg::CNT_WORK_DONE*8] = work_done_reg;
        add[dmmu_pkg::CNT_HOST_RD_BEATS*8] = host_rd_reg;
        add[dmmu_pkg::CNT_HOST_WR_BEATS*8] = host_wr_reg;
        add[dmmu_pkg::CNT_LOCAL_RD_BEATS*8] = local_rd_reg;
        add[dmmu_pkg::CNT_LOCAL_WR_BEATS*8] = local_wr_reg;
        add[dmmu_pkg::CNT_IRQS*8 +: 3] = {2'd0, irq_raised_reg[0]} + {2'd0, irq_raised_reg[1]} +
                                         {2'd0, irq_raised_reg[2]} + {2'd0, irq_raised_reg[3]} +
                                         {2'd0, irq_raised_reg[4]};
        add[dmmu_pkg::CNT_CTL_COMMANDS*8] = command_reg;
        add[dmmu_pkg::CNT_FLT_IRQS*8] = irq_flt_reg;
        add[dmmu_pkg::CNT_COPIES*8] = copy_reg;
        add[dmmu_pkg::CNT_COPY_BEATS*8] = copy_beat_reg;
        add[dmmu_pkg::CNT_COPY_CYCLES*8] = copy_active_reg;
        add[dmmu_pkg::CNT_MMIO_READS*8] = mmio_read_reg;
        add[dmmu_pkg::CNT_MMIO_WRITES*8] = mmio_write_reg;
    end

    localparam [dmmu_pkg::CNT_COUNT-1:0] ONE = 1;
    localparam [dmmu_pkg::CNT_COUNT-1:0] MANY = ONE << dmmu_pkg::CNT_TLB_LOOKUPS | ONE << dmmu_pkg::CNT_TLB_L1_HITS |
        ONE << dmmu_pkg::CNT_TLB_MISSES | ONE << dmmu_pkg::CNT_FAULTS | ONE << dmmu_pkg::CNT_KILLS |
        ONE << dmmu_pkg::CNT_STALL_CYCLES | ONE << dmmu_pkg::CNT_IRQS;

    counters #(.N(dmmu_pkg::CNT_COUNT), .MANY(MANY), .SPAN_FIRST(dmmu_pkg::CNT_FLT_DETECT_TO_RECORD), .SPANS(3)) counts (
        .clk(clk), .rst(core_rst), .add(add), .span_add(spans_reg),
        .snap(cnt_snap), .busy(cnt_busy), .sel(cnt_sel), .value(cnt_value), .cycle(cycle));

    // ---- busy: what moves by itself, and for the pin also what a port or a reset has set going. The pin lingers,
    // so that what passes from register to register is never caught with the clock stopped.
    logic [9:0] active_reg;     // all a cycle late, so that nothing handed from one to another is lost from sight
    wire core_active = active_reg != '0;
    wire pin_active = core_active || bus_active || cnt_busy_reg || coalescing_reg || (irq_pending_reg & irq_enable) != 5'd0 || !ready || flr_req != flr_done;
    logic       core_active_reg;
    logic       core_busy_reg;
    logic       cnt_busy_reg;   // what sets it going holds the register port busy
    logic       coalescing_reg; // what sets this or a cause going makes the device busy, too
    logic [3:0] linger_reg;

    always_ff @(posedge clk) begin
        active_reg <= {thread_active, mmu_active, ctl_active, ctl_fetching || work_fetching || cpy_fetching, work_active, copy_active,
                       cpl_active || flt_active || stat_active, !buses_idle, hr_arvalid != '0 || hw_awvalid != '0,
                       lr_arvalid != '0 || lw_awvalid != '0};
        core_active_reg <= core_active;
        cnt_busy_reg <= cnt_busy;
        coalescing_reg <= irq_coalescing;
        irq_pending_reg <= irq_pending;
        core_busy_reg <= core_active || core_active_reg;
        if (pin_active) linger_reg <= 4'd15;
        else if (linger_reg != 4'd0) linger_reg <= linger_reg - 4'd1;
        if (rst) linger_reg <= 4'd15;
    end

    assign core_busy = core_busy_reg;
    assign busy = pin_active || linger_reg != 4'd0;

endmodule

`default_nettype wire
