// SPDX-License-Identifier: GPL-2.0
//
// regs: the register file behind the AXI4-Lite port (rtl/registers/dmmu.map). It holds what the host writes, checks
// doorbells, and shows what the other blocks report. An address that has no register reads zero, writes to it do
// nothing, both answered OKAY. The bus half survives a device reset, so that the host can watch one.
`default_nettype none

module regs #(
    // what PARAMS0, PARAMS1 and CLOCK_KHZ read
    parameter [31:0] PARAMS0 = 32'd0,
    parameter [31:0] PARAMS1 = 32'd0,
    parameter [31:0] CLOCK_KHZ = 32'd0
) (
    input  wire         clk,
    // reset of the bus half, and of the registers
    input  wire         rst,
    input  wire         core_rst,
    input  wire [63:0]  local_size,
    input  wire         local_coherent,

    input  wire         s_axil_awvalid,
    output wire         s_axil_awready,
    input  wire [15:0]  s_axil_awaddr,
    input  wire         s_axil_wvalid,
    output wire         s_axil_wready,
    input  wire [31:0]  s_axil_wdata,
    input  wire [3:0]   s_axil_wstrb,
    output wire         s_axil_bvalid,
    input  wire         s_axil_bready,
    output wire [1:0]   s_axil_bresp,
    input  wire         s_axil_arvalid,
    output wire         s_axil_arready,
    input  wire [15:0]  s_axil_araddr,
    output wire         s_axil_rvalid,
    input  wire         s_axil_rready,
    output wire [31:0]  s_axil_rdata,
    output wire [1:0]   s_axil_rresp,
    // a bus access is under way
    output wire         bus_active,

    output wire         enable,
    // pulses: ENABLE went up; 1 was written to RESET
    output wire         enabled_now,
    output wire         reset_now,
    input  wire         resetting,
    input  wire         ready,
    input  wire         busy,
    input  wire [7:0]   stalled,
    input  wire [7:0]   running,
    // pulses that set bits of ERROR
    input  wire         err_ctl_opcode,
    input  wire         err_host_bus,
    input  wire         err_local_bus,
    input  wire         err_stale_answer,
    input  wire         err_cpy_desc,
    input  wire         err_cpy_bus,
    // pulse: an ERROR interrupt is due
    output wire         error_cause,
    output wire [4:0]   irq_enable,
    // three bits per cause: its vector
    output wire [14:0]  irq_route,
    input  wire [4:0]   irq_pending,
    output wire [31:0]  coalesce,

    output wire [63:0]  stat_base,
    output wire [63:0]  ctl_base,
    output wire [3:0]   ctl_size,
    output wire [31:0]  ctl_tail,
    input  wire [31:0]  ctl_head,
    output wire [63:0]  work_base,
    output wire [3:0]   work_size,
    output wire [31:0]  work_tail,
    input  wire [31:0]  work_head,
    // slots that may be reused, which is what a doorbell is measured against
    input  wire [31:0]  work_fetched,
    output wire [63:0]  cpl_base,
    output wire [3:0]   cpl_size,
    output wire [31:0]  cpl_head,
    output wire         cpl_head_now,
    input  wire [31:0]  cpl_tail,
    output wire [63:0]  flt_base,
    output wire [3:0]   flt_size,
    output wire [31:0]  flt_head,
    output wire         flt_head_now,
    input  wire [31:0]  flt_tail,
    output wire [63:0]  cpy_base,
    output wire [3:0]   cpy_size,
    output wire [31:0]  cpy_tail,
    input  wire [31:0]  cpy_head,
    input  wire [31:0]  cpy_failed,

    // debug windows
    output wire [31:0]  ctx_sel,
    input  wire [1:0]   ctx_state,
    input  wire [63:0]  ctx_root,
    output wire [31:0]  thr_sel,
    input  wire [31:0]  thr_state,
    input  wire [63:0]  thr_va,
    input  wire [31:0]  thr_tag,

    output wire         cnt_snap,
    // a snapshot is being taken, cnt_value is not good yet
    input  wire         cnt_busy,
    output wire [5:0]   cnt_sel,
    input  wire [63:0]  cnt_value,
    // pulses for the counters
    output wire         mmio_read,
    output wire         mmio_write
);
    // ---- bus half. A write is held, then looked at, then carried out and answered: a doorbell's check is two long
    // sums. A read is held until what it shows is good, then looked up, then answered.
    logic        held_reg;      // a write is held
    logic        looked_reg;    // its doorbell sums are there: it is carried out
    // and where it goes: CNT_SNAP, a ring's index, CTRL, ERROR, what sets up a ring or the status block
    logic        to_snap_reg, to_ctl_reg, to_work_reg, to_cpl_reg, to_flt_reg, to_cpy_reg, to_ctrl_reg, to_error_reg;
    logic        to_setup_reg, setup_addr;
    logic [15:0] waddr_reg;
    logic [31:0] wdata_reg;     // zero where mask is
    logic [31:0] mask_reg;
    logic        bvalid_reg;
    logic        read_reg;      // an address is held
    logic        lookup_reg;    // its data comes next
    logic [15:0] raddr_reg;
    logic        rvalid_reg;
    logic [31:0] rdata_reg;
    logic [31:0] rdata;
    logic [31:0] cnt_half_reg, root_half_reg, thr_reg;   // what is looked up elsewhere
    logic [31:0] rings;         // a register of a ring or the status block, or what another block shows: half of all
    logic [31:0] rings_reg;     // is looked up a cycle before the other half

    wire take_write = s_axil_awvalid && s_axil_wvalid && !held_reg && !bvalid_reg && !core_rst;
    wire looked_next = held_reg && !looked_reg && !rst;
    wire write_now = looked_reg;
    wire read_ready = read_reg && !lookup_reg && !cnt_busy;
    wire [15:0] waddr = waddr_reg;
    wire [31:0] wdata = wdata_reg;
    wire [31:0] mask = mask_reg;
    wire [31:0] strobe = {{8{s_axil_wstrb[3]}}, {8{s_axil_wstrb[2]}}, {8{s_axil_wstrb[1]}}, {8{s_axil_wstrb[0]}}};

    always_ff @(posedge clk) begin
        if (s_axil_bready) bvalid_reg <= 1'b0;
        looked_reg <= looked_next;
        to_snap_reg <= looked_next && waddr == dmmu_pkg::REG_CNT_SNAP;
        to_ctl_reg <= looked_next && waddr == dmmu_pkg::REG_CTL_TAIL;
        to_work_reg <= looked_next && waddr == dmmu_pkg::REG_WORK_TAIL;
        to_cpl_reg <= looked_next && waddr == dmmu_pkg::REG_CPL_HEAD;
        to_flt_reg <= looked_next && waddr == dmmu_pkg::REG_FLT_HEAD;
        to_cpy_reg <= looked_next && waddr == dmmu_pkg::REG_CPY_TAIL;
        to_ctrl_reg <= looked_next && waddr == dmmu_pkg::REG_CTRL && mask[0];
        to_error_reg <= looked_next && waddr == dmmu_pkg::REG_ERROR;
        to_setup_reg <= looked_next && setup_addr;
        if (take_write) begin
            held_reg <= 1'b1;
            waddr_reg <= {s_axil_awaddr[15:2], 2'b00};
            wdata_reg <= s_axil_wdata & strobe;
            mask_reg <= strobe;
        end
        if (write_now) begin
            held_reg <= 1'b0;
            bvalid_reg <= 1'b1;
        end
        if (s_axil_rready) rvalid_reg <= 1'b0;
        if (s_axil_arvalid && s_axil_arready) begin
            read_reg <= 1'b1;
            raddr_reg <= {s_axil_araddr[15:2], 2'b00};
        end
        cnt_half_reg <= raddr_reg[2] ? cnt_value[63:32] : cnt_value[31:0];
        root_half_reg <= raddr_reg[2] ? ctx_root[63:32] : ctx_root[31:0];
        case (raddr_reg)
            dmmu_pkg::REG_THR_STATE: thr_reg <= thr_state;
            dmmu_pkg::REG_THR_VA_LO: thr_reg <= thr_va[31:0];
            dmmu_pkg::REG_THR_VA_HI: thr_reg <= thr_va[63:32];
            default: thr_reg <= thr_tag;
        endcase
        rings_reg <= rings;
        lookup_reg <= read_ready;
        if (lookup_reg) begin
            read_reg <= 1'b0;
            rvalid_reg <= 1'b1;
            rdata_reg <= rdata | rings_reg;
        end
        if (rst) begin
            held_reg <= 1'b0;
            bvalid_reg <= 1'b0;
            read_reg <= 1'b0;
            lookup_reg <= 1'b0;
            rvalid_reg <= 1'b0;
        end
    end

    assign s_axil_awready = take_write;
    assign s_axil_wready = take_write;
    assign s_axil_bvalid = bvalid_reg;
    assign s_axil_bresp = 2'b00;
    assign s_axil_arready = !read_reg && !rvalid_reg && !core_rst;
    assign s_axil_rvalid = rvalid_reg;
    assign s_axil_rdata = rdata_reg;
    assign s_axil_rresp = 2'b00;
    assign bus_active = s_axil_awvalid || s_axil_wvalid || s_axil_arvalid || held_reg || bvalid_reg || rvalid_reg || read_reg;
    assign mmio_read = lookup_reg;
    assign mmio_write = write_now;

    wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};

    // ---- registers
    logic        enable_reg;
    logic        set_up_reg;    // ENABLE was set since the reset
    logic [31:0] scratch_reg;
    logic [7:0]  error_reg;
    logic        error_cause_reg;
    logic [4:0]  irq_enable_reg;
    logic [14:0] irq_route_reg;
    logic [31:0] coalesce_reg;
    logic [63:0] stat_base_reg;
    logic [63:0] ctl_base_reg;
    logic [63:0] work_base_reg;
    logic [63:0] cpl_base_reg;
    logic [63:0] flt_base_reg;
    logic [63:0] cpy_base_reg;
    logic [3:0]  ctl_size_reg;
    logic [3:0]  work_size_reg;
    logic [3:0]  cpl_size_reg;
    logic [3:0]  flt_size_reg;
    logic [3:0]  cpy_size_reg;
    logic [31:0] ctl_tail_reg;
    logic [31:0] work_tail_reg;
    logic [31:0] cpl_head_reg;
    logic [31:0] flt_head_reg;
    logic [31:0] cpy_tail_reg;
    logic [31:0] ctx_sel_reg;
    logic [31:0] thr_sel_reg;

    // Doorbells: what would be written, and whether it is between the old value and the furthest that makes sense. Both
    // are measured from what the device has consumed or produced; that may move on by a cycle's worth between the
    // sums and the comparison, which only makes a doorbell that could not have known of it look further away.
    wire [31:0] ctl_tail_new = (ctl_tail_reg & ~mask) | wdata;
    wire [31:0] work_tail_new = (work_tail_reg & ~mask) | wdata;
    wire [31:0] cpl_head_new = (cpl_head_reg & ~mask) | wdata;
    wire [31:0] flt_head_new = (flt_head_reg & ~mask) | wdata;
    wire [31:0] cpy_tail_new = (cpy_tail_reg & ~mask) | wdata;
    logic [31:0] ctl_ask_reg, ctl_have_reg, work_ask_reg, work_have_reg;
    logic [31:0] cpl_ask_reg, cpl_have_reg, flt_ask_reg, flt_have_reg;
    logic [31:0] cpy_ask_reg, cpy_have_reg;
    logic [31:0] ctl_most_reg, work_most_reg, cpy_most_reg;     // slots of the rings, which do not change in use

    always_ff @(posedge clk) begin
        ctl_ask_reg <= ctl_tail_new - ctl_head;
        ctl_have_reg <= ctl_tail_reg - ctl_head;
        work_ask_reg <= work_tail_new - work_fetched;
        work_have_reg <= work_tail_reg - work_fetched;
        cpl_ask_reg <= cpl_head_new - cpl_head_reg;
        cpl_have_reg <= cpl_tail - cpl_head_reg;
        flt_ask_reg <= flt_head_new - flt_head_reg;
        flt_have_reg <= flt_tail - flt_head_reg;
        cpy_ask_reg <= cpy_tail_new - cpy_head;
        cpy_have_reg <= cpy_tail_reg - cpy_head;
        ctl_most_reg <= 32'd1 << ctl_size_reg;
        work_most_reg <= 32'd1 << work_size_reg;
        cpy_most_reg <= 32'd1 << cpy_size_reg;
    end

    wire ctl_tail_ok = set_up_reg && ctl_ask_reg >= ctl_have_reg && ctl_ask_reg <= ctl_most_reg;
    wire work_tail_ok = set_up_reg && work_ask_reg >= work_have_reg && work_ask_reg <= work_most_reg;
    wire cpl_head_ok = cpl_ask_reg <= cpl_have_reg;
    wire flt_head_ok = flt_ask_reg <= flt_have_reg;
    wire cpy_tail_ok = set_up_reg && cpy_ask_reg >= cpy_have_reg && cpy_ask_reg <= cpy_most_reg;

    wire ctl_bell = to_ctl_reg;
    wire work_bell = to_work_reg;
    wire cpl_bell = to_cpl_reg;
    wire flt_bell = to_flt_reg;
    wire cpy_bell = to_cpy_reg;
    wire ctrl_now = to_ctrl_reg;
    wire clear_now = to_error_reg;
    wire setup_now = to_setup_reg;

    // Rings are set up before there is anything in them, and stay where they are until a reset: the indices in use
    // mean nothing in a ring of another size.
    always_comb begin
        setup_addr = 1'b0;
        case (waddr)
            dmmu_pkg::REG_STAT_BASE_LO, dmmu_pkg::REG_STAT_BASE_HI, dmmu_pkg::REG_CTL_BASE_LO, dmmu_pkg::REG_CTL_BASE_HI,
            dmmu_pkg::REG_CTL_SIZE, dmmu_pkg::REG_WORK_BASE_LO, dmmu_pkg::REG_WORK_BASE_HI, dmmu_pkg::REG_WORK_SIZE,
            dmmu_pkg::REG_CPL_BASE_LO, dmmu_pkg::REG_CPL_BASE_HI, dmmu_pkg::REG_CPL_SIZE, dmmu_pkg::REG_FLT_BASE_LO,
            dmmu_pkg::REG_FLT_BASE_HI, dmmu_pkg::REG_FLT_SIZE, dmmu_pkg::REG_CPY_BASE_LO, dmmu_pkg::REG_CPY_BASE_HI,
            dmmu_pkg::REG_CPY_SIZE: setup_addr = 1'b1;
            default: ;
        endcase
    end

    wire [7:0] error_new;
    assign error_new[dmmu_pkg::ERROR_CTL_OPCODE_LSB] = err_ctl_opcode;
    assign error_new[dmmu_pkg::ERROR_HOST_BUS_LSB] = err_host_bus;
    assign error_new[dmmu_pkg::ERROR_LOCAL_BUS_LSB] = err_local_bus;
    assign error_new[dmmu_pkg::ERROR_DOORBELL_LSB] = (ctl_bell && !ctl_tail_ok) || (work_bell && !work_tail_ok) ||
                                                     (cpl_bell && !cpl_head_ok) || (flt_bell && !flt_head_ok) ||
                                                     (cpy_bell && !cpy_tail_ok);
    assign error_new[dmmu_pkg::ERROR_STALE_ANSWER_LSB] = err_stale_answer;
    assign error_new[dmmu_pkg::ERROR_CPY_DESC_LSB] = err_cpy_desc;
    assign error_new[dmmu_pkg::ERROR_CPY_BUS_LSB] = err_cpy_bus;
    assign error_new[dmmu_pkg::ERROR_RING_SETUP_LSB] = setup_now && set_up_reg;
    wire [7:0] error_next = (error_reg & ~(clear_now ? wdata[7:0] : 8'd0)) | error_new;

    always_ff @(posedge clk) begin
        error_reg <= error_next;
        error_cause_reg <= !rst && error_next != 8'd0 && (error_reg == 8'd0 || clear_now);
        if (ctrl_now) enable_reg <= wdata[dmmu_pkg::CTRL_ENABLE_LSB];
        if (enabled_now) set_up_reg <= 1'b1;
        if (ctl_bell && ctl_tail_ok) ctl_tail_reg <= ctl_tail_new;
        if (work_bell && work_tail_ok) work_tail_reg <= work_tail_new;
        if (cpl_bell && cpl_head_ok) cpl_head_reg <= cpl_head_new;
        if (flt_bell && flt_head_ok) flt_head_reg <= flt_head_new;
        if (cpy_bell && cpy_tail_ok) cpy_tail_reg <= cpy_tail_new;
        // a vector that does not exist would never be acknowledged
        for (int c = 0; c < 5; c++)
            if (write_now && waddr == dmmu_pkg::REG_IRQ_ROUTE && mask[4*c] && wdata[4*c +: 4] < 4'(dmmu_pkg::IRQ_COUNT))
                irq_route_reg[3*c +: 3] <= wdata[4*c +: 3];
        if (write_now)
            case (waddr)
                dmmu_pkg::REG_SCRATCH: scratch_reg <= (scratch_reg & ~mask) | wdata;
                dmmu_pkg::REG_IRQ_ENABLE: irq_enable_reg <= (irq_enable_reg & ~mask[4:0]) | wdata[4:0];
                dmmu_pkg::REG_COALESCE: coalesce_reg <= (coalesce_reg & ~mask) | wdata;
                dmmu_pkg::REG_CTX_SEL: ctx_sel_reg <= (ctx_sel_reg & ~mask) | wdata;
                dmmu_pkg::REG_THR_SEL: thr_sel_reg <= (thr_sel_reg & ~mask) | wdata;
                default: ;
            endcase
        if (setup_now && !set_up_reg)
            case (waddr)
                dmmu_pkg::REG_STAT_BASE_LO: stat_base_reg[31:0] <= (stat_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_STAT_BASE_HI: stat_base_reg[63:32] <= (stat_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_CTL_BASE_LO: ctl_base_reg[31:0] <= (ctl_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_CTL_BASE_HI: ctl_base_reg[63:32] <= (ctl_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_CTL_SIZE: ctl_size_reg <= (ctl_size_reg & ~mask[3:0]) | wdata[3:0];
                dmmu_pkg::REG_WORK_BASE_LO: work_base_reg[31:0] <= (work_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_WORK_BASE_HI: work_base_reg[63:32] <= (work_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_WORK_SIZE: work_size_reg <= (work_size_reg & ~mask[3:0]) | wdata[3:0];
                dmmu_pkg::REG_CPL_BASE_LO: cpl_base_reg[31:0] <= (cpl_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_CPL_BASE_HI: cpl_base_reg[63:32] <= (cpl_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_CPL_SIZE: cpl_size_reg <= (cpl_size_reg & ~mask[3:0]) | wdata[3:0];
                dmmu_pkg::REG_FLT_BASE_LO: flt_base_reg[31:0] <= (flt_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_FLT_BASE_HI: flt_base_reg[63:32] <= (flt_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_FLT_SIZE: flt_size_reg <= (flt_size_reg & ~mask[3:0]) | wdata[3:0];
                dmmu_pkg::REG_CPY_BASE_LO: cpy_base_reg[31:0] <= (cpy_base_reg[31:0] & ~mask) | wdata;
                dmmu_pkg::REG_CPY_BASE_HI: cpy_base_reg[63:32] <= (cpy_base_reg[63:32] & ~mask) | wdata;
                dmmu_pkg::REG_CPY_SIZE: cpy_size_reg <= (cpy_size_reg & ~mask[3:0]) | wdata[3:0];
                default: ;
            endcase
        // entries are 64 bytes and must not straddle a page
        stat_base_reg[5:0] <= 6'd0;
        ctl_base_reg[5:0] <= 6'd0;
        work_base_reg[5:0] <= 6'd0;
        cpl_base_reg[5:0] <= 6'd0;
        flt_base_reg[5:0] <= 6'd0;
        cpy_base_reg[5:0] <= 6'd0;
        if (core_rst) begin
            enable_reg <= 1'b0;
            set_up_reg <= 1'b0;
            scratch_reg <= dmmu_pkg::RST_SCRATCH;
            error_reg <= 8'd0;
            irq_enable_reg <= 5'd0;
            for (int c = 0; c < 5; c++) irq_route_reg[3*c +: 3] <= dmmu_pkg::RST_IRQ_ROUTE[4*c +: 3];
            coalesce_reg <= 32'd0;
            stat_base_reg <= 64'd0;
            ctl_base_reg <= 64'd0;
            work_base_reg <= 64'd0;
            cpl_base_reg <= 64'd0;
            flt_base_reg <= 64'd0;
            cpy_base_reg <= 64'd0;
            ctl_size_reg <= 4'd0;
            work_size_reg <= 4'd0;
            cpl_size_reg <= 4'd0;
            flt_size_reg <= 4'd0;
            cpy_size_reg <= 4'd0;
            ctl_tail_reg <= 32'd0;
            work_tail_reg <= 32'd0;
            cpl_head_reg <= 32'd0;
            flt_head_reg <= 32'd0;
            cpy_tail_reg <= 32'd0;
            ctx_sel_reg <= 32'd0;
            thr_sel_reg <= 32'd0;
        end
    end

`ifdef CHECK
    wire [403:0] placed = {stat_base_reg, ctl_base_reg, work_base_reg, cpl_base_reg, flt_base_reg, cpy_base_reg,
                           ctl_size_reg, work_size_reg, cpl_size_reg, flt_size_reg, cpy_size_reg};
    logic [403:0] placed_reg;
    logic         still_reg;
    always_ff @(posedge clk) begin
        placed_reg <= placed;
        still_reg <= set_up_reg && !core_rst;
        if (!rst) begin
            `CHECK_NAME(what_is_carried_out_is_held) assert (!looked_reg || held_reg);
            if (write_now && set_up_reg) begin
                `CHECK_NAME(rings_are_as_large_as_they_were) assert (ctl_most_reg == 32'd1 << ctl_size_reg &&
                    work_most_reg == 32'd1 << work_size_reg && cpy_most_reg == 32'd1 << cpy_size_reg);
            end
        end
        if (!rst && still_reg) begin
            `CHECK_NAME(rings_stay_where_they_are) assert (core_rst || placed == placed_reg);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(ring_that_is_used_is_not_moved) cover (setup_now && set_up_reg);
            `COVER_NAME(index_before_its_ring) cover ((ctl_bell || work_bell || cpy_bell) && !set_up_reg);
        end
    end
`endif

    assign enable = enable_reg;
    assign enabled_now = ctrl_now && wdata[dmmu_pkg::CTRL_ENABLE_LSB] && !enable_reg;
    assign reset_now = ctrl_now && wdata[dmmu_pkg::CTRL_RESET_LSB];
    assign error_cause = error_cause_reg;
    assign irq_enable = irq_enable_reg;
    assign irq_route = irq_route_reg;
    assign coalesce = coalesce_reg;
    assign stat_base = stat_base_reg;
    assign ctl_base = ctl_base_reg;
    assign ctl_size = ctl_size_reg;
    assign ctl_tail = ctl_tail_reg;
    assign work_base = work_base_reg;
    assign work_size = work_size_reg;
    assign work_tail = work_tail_reg;
    assign cpl_base = cpl_base_reg;
    assign cpl_size = cpl_size_reg;
    assign cpl_head = cpl_head_reg;
    assign cpl_head_now = cpl_bell && cpl_head_ok;
    assign flt_base = flt_base_reg;
    assign flt_size = flt_size_reg;
    assign flt_head = flt_head_reg;
    assign flt_head_now = flt_bell && flt_head_ok;
    assign cpy_base = cpy_base_reg;
    assign cpy_size = cpy_size_reg;
    assign cpy_tail = cpy_tail_reg;
    assign ctx_sel = ctx_sel_reg;
    assign thr_sel = thr_sel_reg;
    assign cnt_snap = to_snap_reg;
    assign cnt_sel = raddr_reg[8:3];

    localparam [15:0] CNT_END = dmmu_pkg::REG_CNT_BASE + 16'(8 * dmmu_pkg::CNT_COUNT);

    // where one half has a register, the other is zero
    always_comb begin
        rings = 32'd0;
        case (raddr_reg)
            dmmu_pkg::REG_STAT_BASE_LO: rings = stat_base_reg[31:0];
            dmmu_pkg::REG_STAT_BASE_HI: rings = stat_base_reg[63:32];
            dmmu_pkg::REG_CTL_BASE_LO: rings = ctl_base_reg[31:0];
            dmmu_pkg::REG_CTL_BASE_HI: rings = ctl_base_reg[63:32];
            dmmu_pkg::REG_CTL_SIZE: rings = {28'd0, ctl_size_reg};
            dmmu_pkg::REG_CTL_TAIL: rings = ctl_tail_reg;
            dmmu_pkg::REG_CTL_HEAD: rings = ctl_head;
            dmmu_pkg::REG_WORK_BASE_LO: rings = work_base_reg[31:0];
            dmmu_pkg::REG_WORK_BASE_HI: rings = work_base_reg[63:32];
            dmmu_pkg::REG_WORK_SIZE: rings = {28'd0, work_size_reg};
            dmmu_pkg::REG_WORK_TAIL: rings = work_tail_reg;
            dmmu_pkg::REG_WORK_HEAD: rings = work_head;
            dmmu_pkg::REG_CPL_BASE_LO: rings = cpl_base_reg[31:0];
            dmmu_pkg::REG_CPL_BASE_HI: rings = cpl_base_reg[63:32];
            dmmu_pkg::REG_CPL_SIZE: rings = {28'd0, cpl_size_reg};
            dmmu_pkg::REG_CPL_HEAD: rings = cpl_head_reg;
            dmmu_pkg::REG_CPL_TAIL: rings = cpl_tail;
            dmmu_pkg::REG_FLT_BASE_LO: rings = flt_base_reg[31:0];
            dmmu_pkg::REG_FLT_BASE_HI: rings = flt_base_reg[63:32];
            dmmu_pkg::REG_FLT_SIZE: rings = {28'd0, flt_size_reg};
            dmmu_pkg::REG_FLT_HEAD: rings = flt_head_reg;
            dmmu_pkg::REG_FLT_TAIL: rings = flt_tail;
            dmmu_pkg::REG_CPY_BASE_LO: rings = cpy_base_reg[31:0];
            dmmu_pkg::REG_CPY_BASE_HI: rings = cpy_base_reg[63:32];
            dmmu_pkg::REG_CPY_SIZE: rings = {28'd0, cpy_size_reg};
            dmmu_pkg::REG_CPY_TAIL: rings = cpy_tail_reg;
            dmmu_pkg::REG_CPY_HEAD: rings = cpy_head;
            dmmu_pkg::REG_CPY_FAILED: rings = cpy_failed;
            dmmu_pkg::REG_CTX_STATE: rings = {30'd0, ctx_state};
            default: ;
        endcase
    end

    always_comb begin
        rdata = 32'd0;
        case (raddr_reg)
            dmmu_pkg::REG_ID: rdata = dmmu_pkg::RST_ID;
            dmmu_pkg::REG_VERSION: rdata = dmmu_pkg::RST_VERSION;
            dmmu_pkg::REG_CAPS: begin
                rdata = dmmu_pkg::RST_CAPS;
                rdata[dmmu_pkg::CAPS_COHERENT_LSB] = local_coherent;
            end
            dmmu_pkg::REG_PARAMS0: rdata = PARAMS0;
            dmmu_pkg::REG_PARAMS1: rdata = PARAMS1;
            dmmu_pkg::REG_CLOCK_KHZ: rdata = CLOCK_KHZ;
            dmmu_pkg::REG_RELEASE: rdata = dmmu_pkg::RST_RELEASE;
            dmmu_pkg::REG_LOCAL_SIZE_LO: rdata = local_size[31:0];
            dmmu_pkg::REG_LOCAL_SIZE_HI: rdata = local_size[63:32];
            dmmu_pkg::REG_CTRL: begin
                rdata[dmmu_pkg::CTRL_ENABLE_LSB] = enable_reg;
                rdata[dmmu_pkg::CTRL_RESET_LSB] = resetting;
            end
            dmmu_pkg::REG_STATUS: begin
                rdata[dmmu_pkg::STATUS_READY_LSB] = ready;
                rdata[dmmu_pkg::STATUS_BUSY_LSB] = busy;
                rdata[dmmu_pkg::STATUS_STALLED_LSB +: dmmu_pkg::STATUS_STALLED_W] = stalled;
                rdata[dmmu_pkg::STATUS_RUNNING_LSB +: dmmu_pkg::STATUS_RUNNING_W] = running;
            end
            dmmu_pkg::REG_SCRATCH: rdata = scratch_reg;
            dmmu_pkg::REG_ERROR: rdata = {24'd0, error_reg};
            dmmu_pkg::REG_IRQ_PENDING: rdata = {27'd0, irq_pending};
            dmmu_pkg::REG_IRQ_ENABLE: rdata = {27'd0, irq_enable_reg};
            dmmu_pkg::REG_COALESCE: rdata = coalesce_reg;
            dmmu_pkg::REG_IRQ_ROUTE: for (int c = 0; c < 5; c++) rdata[4*c +: 3] = irq_route_reg[3*c +: 3];
            dmmu_pkg::REG_CTX_SEL: rdata = ctx_sel_reg;
            dmmu_pkg::REG_CTX_ROOT_LO, dmmu_pkg::REG_CTX_ROOT_HI: rdata = root_half_reg;
            dmmu_pkg::REG_THR_SEL: rdata = thr_sel_reg;
            dmmu_pkg::REG_THR_STATE, dmmu_pkg::REG_THR_VA_LO, dmmu_pkg::REG_THR_VA_HI, dmmu_pkg::REG_THR_TAG: rdata = thr_reg;
            default:
                if (raddr_reg >= dmmu_pkg::REG_CNT_BASE && raddr_reg < CNT_END)
                    rdata = cnt_half_reg;
        endcase
    end
endmodule

`default_nettype wire
