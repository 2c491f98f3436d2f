// SPDX-License-Identifier: GPL-2.0
//
// walker: reads a page table from its root in local memory, one entry at a time, checks each, and sets accessed and
// dirty in the leaf before it says OK. From reading an entry until it is done with it the walker holds the
// page-table lock: what it writes back is what is there. `abort` makes it give up at the next entry; it then writes
// nothing any more and its answer must not be used.
`default_nettype none

module walker #(
    // page-table levels
    parameter LEVELS = 4
) (
    input  wire        clk,
    input  wire        rst,

    // operands are taken with start, given when idle
    input  wire        start,
    input  wire [63:0] va,
    input  wire [1:0]  op,
    input  wire [63:0] root,
    input  wire        abort,
    output wire        idle,
    // the answer, until taken
    output wire        done,
    input  wire        take,
    output wire        ok,
    output wire [2:0]  cause,
    output wire [2:0]  level,
    output wire        huge,
    // R, W, AT, LOCAL, D from bit 0
    output wire [4:0]  perm,
    // of the 4 KiB page asked for, also in a 2 MiB leaf
    output wire [39:0] frame,

    output wire        lock_req,
    input  wire        lock_grant,
    // pulses for counters and register ERROR
    output wire        entry_read,
    output wire        entry_written,
    output wire        bus_error,

    output wire        arvalid,
    input  wire        arready,
    output wire [63:0] araddr,
    output wire [7:0]  arlen,
    input  wire        rvalid,
    output wire        rready,
    input  wire [63:0] rdata,
    input  wire [1:0]  rresp,
    output wire        awvalid,
    input  wire        awready,
    output wire [63:0] awaddr,
    output wire [7:0]  awlen,
    output wire        wvalid,
    input  wire        wready,
    output wire [63:0] wdata,
    output wire        wlast,
    input  wire        bvalid,
    input  wire [1:0]  bresp
);
    localparam VA_W = 12 + 9 * LEVELS;
    localparam [2:0] TOP = 3'(LEVELS - 1);
    localparam [3:0] IDLE = 4'd0, CHECK = 4'd1, LOCK = 4'd2, READ_ADDRESS = 4'd3, READ_DATA = 4'd4, DECIDE = 4'd5,
        WRITE_ADDRESS = 4'd6, WRITE_DATA = 4'd7, WRITE_RESPONSE = 4'd8, DONE = 4'd9;
    localparam [1:0] SLVERR = 2'd2;
    localparam [2:0] NOT_PRESENT = 3'(dmmu_pkg::CAUSE_NOT_PRESENT), PERMISSION = 3'(dmmu_pkg::CAUSE_PERMISSION),
        BAD_PTE = 3'(dmmu_pkg::CAUSE_BAD_PTE), NONCANONICAL = 3'(dmmu_pkg::CAUSE_NONCANONICAL),
        BUS = 3'(dmmu_pkg::CAUSE_BUS), POISON = 3'(dmmu_pkg::CAUSE_POISON);

    logic [3:0]  state_reg;
    logic [63:0] va_reg;
    logic [1:0]  op_reg;
    logic [63:0] table_reg;     // table of this level
    logic [2:0]  level_reg;
    logic [63:0] pte_reg;
    logic        ok_reg;
    logic [2:0]  cause_reg;
    logic [1:0]  error_reg;     // memory's answer to the read

    // index of this level: bits 12 + 9 * level upwards
    logic [8:0] index;
    always_comb begin
        index = va_reg[20:12];
        for (int i = 1; i < LEVELS; i++)
            if (level_reg == 3'(i)) index = va_reg[12 + 9*i +: 9];
    end

    wire is_leaf = pte_reg[dmmu_pkg::PTE_LEAF_LSB];
    wire is_write = op_reg != 2'(dmmu_pkg::ACCESS_READ);
    wire well_formed = pte_reg[dmmu_pkg::PTE_RSVD_LO_LSB +: dmmu_pkg::PTE_RSVD_LO_W] == '0 &&
                       pte_reg[dmmu_pkg::PTE_RSVD_HI_LSB +: dmmu_pkg::PTE_RSVD_HI_W] == '0 &&
                       (is_leaf ? level_reg == 3'd0 || (level_reg == 3'd1 && pte_reg[20:12] == 9'd0)
                                : level_reg != 3'd0 && pte_reg[6:1] == 6'd0);
    wire r = pte_reg[dmmu_pkg::PTE_R_LSB];
    wire w = pte_reg[dmmu_pkg::PTE_W_LSB];
    wire at = pte_reg[dmmu_pkg::PTE_AT_LSB];
    wire permitted = op_reg == 2'(dmmu_pkg::ACCESS_READ) ? r : op_reg == 2'(dmmu_pkg::ACCESS_WRITE) ? w : r && w && at;
    wire marked = pte_reg[dmmu_pkg::PTE_A_LSB] && (pte_reg[dmmu_pkg::PTE_D_LSB] || !is_write);
    // found a leaf that is to be marked: write it before anybody else may
    wire holds_on = error_reg == 2'd0 && pte_reg[dmmu_pkg::PTE_V_LSB] && well_formed && is_leaf && permitted && !marked && !abort;
    wire [63:0] entry_addr = table_reg | {52'd0, index, 3'd0};

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (start) begin
                state_reg <= CHECK;
                va_reg <= va;
                op_reg <= op;
                table_reg <= root;
                level_reg <= TOP;
                ok_reg <= 1'b0;
            end
            CHECK: begin
                state_reg <= LOCK;
                if (va_reg[63:VA_W] != '0) begin
                    cause_reg <= NONCANONICAL;
                    state_reg <= DONE;
                end
            end
            LOCK: if (abort) state_reg <= DONE;
                  else if (lock_grant) state_reg <= READ_ADDRESS;
            READ_ADDRESS: if (arready) state_reg <= READ_DATA;
            READ_DATA: if (rvalid) begin
                pte_reg <= rdata;
                error_reg <= rresp;
                state_reg <= DECIDE;
            end
            DECIDE: begin
                state_reg <= DONE;
                if (error_reg != 2'd0) cause_reg <= error_reg == SLVERR ? POISON : BUS;
                else if (!pte_reg[dmmu_pkg::PTE_V_LSB]) cause_reg <= NOT_PRESENT;
                else if (!well_formed) cause_reg <= BAD_PTE;
                else if (!is_leaf) begin
                    table_reg <= {12'd0, pte_reg[51:12], 12'd0};
                    level_reg <= level_reg - 3'd1;
                    state_reg <= LOCK;
                end else if (!permitted) cause_reg <= PERMISSION;
                else if (marked) ok_reg <= 1'b1;
                else if (!abort) begin
                    pte_reg[dmmu_pkg::PTE_A_LSB] <= 1'b1;
                    if (is_write) pte_reg[dmmu_pkg::PTE_D_LSB] <= 1'b1;
                    state_reg <= WRITE_ADDRESS;
                end
            end
            WRITE_ADDRESS: if (awready) state_reg <= WRITE_DATA;
            WRITE_DATA: if (wready) state_reg <= WRITE_RESPONSE;
            WRITE_RESPONSE: if (bvalid) begin
                ok_reg <= bresp == 2'd0;
                cause_reg <= bresp == SLVERR ? POISON : BUS;
                state_reg <= DONE;
            end
            DONE: if (take) state_reg <= IDLE;
            default: state_reg <= IDLE;
        endcase
        if (rst) state_reg <= IDLE;
    end

    assign idle = state_reg == IDLE;
    assign done = state_reg == DONE;
    assign ok = ok_reg;
    assign cause = cause_reg;
    assign level = level_reg;
    assign huge = level_reg == 3'd1;
    assign perm = {pte_reg[dmmu_pkg::PTE_D_LSB], pte_reg[dmmu_pkg::PTE_LOCAL_LSB], at, w, r};
    assign frame = {pte_reg[51:21], huge ? va_reg[20:12] : pte_reg[20:12]};
    // let go between two entries, so that host writes get their turn
    assign lock_req = (state_reg == LOCK && !abort) || (state_reg >= READ_ADDRESS && state_reg <= WRITE_RESPONSE &&
                                                        state_reg != DECIDE) || (state_reg == DECIDE && holds_on);
    assign entry_read = state_reg == READ_DATA && rvalid;
    assign entry_written = state_reg == WRITE_RESPONSE && bvalid && bresp == 2'd0;
    assign bus_error = (state_reg == READ_DATA && rvalid && rresp != 2'd0) || (state_reg == WRITE_RESPONSE && bvalid && bresp != 2'd0);

    assign arvalid = state_reg == READ_ADDRESS;
    assign araddr = entry_addr;
    assign arlen = 8'd0;
    assign rready = state_reg == READ_DATA;
    assign awvalid = state_reg == WRITE_ADDRESS;
    assign awaddr = entry_addr;
    assign awlen = 8'd0;
    assign wvalid = state_reg == WRITE_DATA;
    assign wdata = pte_reg;
    assign wlast = 1'b1;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (arvalid || awvalid) begin
                `CHECK_NAME(entry_touched_under_lock) assert (lock_grant);
            end
            if (start) begin
                `CHECK_NAME(start_only_when_idle) assert (idle);
            end
        end
    end
`endif
endmodule

`default_nettype wire
