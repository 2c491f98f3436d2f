// SPDX-License-Identifier: GPL-2.0
//
// ctl_exec: executes the control ring, strictly in order, each command complete with all its effects before the next
// is looked at. A command that makes no sense is skipped and told of in register ERROR; it still counts, and its
// write-back flags still hold, so that the host never waits for it in vain. So does one that met an error on a bus, but that is
// counted beside it: an entry may not be what the host believes.
`default_nettype none

module ctl_exec #(
    // contexts, and bits of a context's number
    parameter CONTEXTS = 16,
    parameter CTX_W = 4
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [63:0]      local_size,
    output wire             active,

    // control ring
    input  wire             entry_valid,
    input  wire [511:0]     entry,
    input  wire             entry_bad,
    output wire             entry_ready,
    input  wire [31:0]      tail,
    output wire [31:0]      head,
    // of the commands up to head, how many met an error on a bus
    output wire [31:0]      failed,
    // status block
    output wire             want,
    output wire             want_irq,
    input  wire             want_taken,

    // MMU
    output wire             ctx_set_valid,
    output wire             ctx_kill_valid,
    output wire [CTX_W-1:0] ctx,
    output wire [63:0]      ctx_set_root,
    // some thread of a killed context may still touch memory
    input  wire             dying,
    output wire             inv_start,
    output wire             inv_every,
    output wire             inv_all,
    output wire [51:0]      inv_first,
    output wire [51:0]      inv_last,
    input  wire             inv_done,
    output wire             answer_valid,
    output wire [31:0]      answer_tag,
    output wire [1:0]       answer_action,

    // page-table entries
    output wire             pt_start,
    output wire             pt_from_host,
    output wire             pt_age,
    output wire             pt_age_clear,
    output wire [63:0]      pt_local,
    output wire [63:0]      pt_host,
    output wire [9:0]       pt_count,
    output wire [63:0]      pt_value,
    output wire [63:0]      pt_step,
    input  wire             pt_done,
    // an entry could not be read or written; not after pt_done
    input  wire             pt_host_error,
    input  wire             pt_local_error,

    // pulses: a command was refused, executed; an INVALIDATE ended; level: one is under way
    output wire             refused,
    output wire             ev_command,
    output wire             ev_invalidation,
    output wire             invalidating
);
    localparam [3:0] IDLE = 4'd0, JUDGE = 4'd1, CTX_SET = 4'd2, CTX_KILL = 4'd3, INVALIDATE = 4'd4, INVALIDATING = 4'd5,
        DRAIN = 4'd6, PT = 4'd7, PT_RUN = 4'd8, ANSWER = 4'd9, FINISH = 4'd10, DECODE = 4'd11;
    localparam [7:0] OP_CTX_SET = 8'(dmmu_pkg::CTL_CTX_SET), OP_CTX_KILL = 8'(dmmu_pkg::CTL_CTX_KILL),
        OP_PT_WRITE = 8'(dmmu_pkg::CTL_PT_WRITE), OP_PT_FILL = 8'(dmmu_pkg::CTL_PT_FILL),
        OP_INVALIDATE = 8'(dmmu_pkg::CTL_INVALIDATE), OP_FAULT_ANSWER = 8'(dmmu_pkg::CTL_FAULT_ANSWER),
        OP_NOP = 8'(dmmu_pkg::CTL_NOP), OP_FENCE = 8'(dmmu_pkg::CTL_FENCE), OP_PT_AGE = 8'(dmmu_pkg::CTL_PT_AGE);
    localparam [7:0] F_WB = 8'(dmmu_pkg::CTL_F_WB), F_IRQ = 8'(dmmu_pkg::CTL_F_IRQ), F_ALL = 8'(dmmu_pkg::CTL_F_ALL),
        F_EVERY = 8'(dmmu_pkg::CTL_F_EVERY), F_AGE_CLEAR = 8'(dmmu_pkg::CTL_F_AGE_CLEAR);

    logic [3:0]  state_reg;
    logic [31:0] head_reg;
    logic [31:0] failed_reg;
    logic        pt_host_error_reg, pt_local_error_reg; // seen a cycle late, so not after pt_done's own
    logic        pt_failed_reg;
    logic        want_reg;
    logic        want_irq_reg;
    // the rules, in two steps: sums and terms, then the verdict
    logic        ctx_exists_reg, no_ctx_reg, no_tag_reg, no_range_reg, no_local_reg, no_host_reg, no_count_reg;
    logic        no_action_reg, no_series_reg, known_flags_reg, table_exists_reg, table_aligned_reg, entries_ok_reg;
    logic        some_size_reg, action_ok_reg, host_aligned_reg;
    logic [63:0] table_last_reg;   // start of the last page of local memory
    logic        has_table_reg;
    logic [63:0] last_reg;
    logic        bad_reg;       // refused by the rules below
    logic        skip_reg;      // refused, or could not be read
    logic        inv_every_reg, inv_all_reg;

    wire [7:0]  opcode = entry[dmmu_pkg::CTL_OPCODE_LSB +: 8];
    wire [7:0]  flags = entry[dmmu_pkg::CTL_FLAGS_LSB +: 8];
    wire [15:0] e_ctx = entry[dmmu_pkg::CTL_CTX_LSB +: 16];
    wire [31:0] e_tag = entry[dmmu_pkg::CTL_TAG_LSB +: 32];
    wire [63:0] e_va = entry[dmmu_pkg::CTL_VA_LSB +: 64];
    wire [63:0] e_size = entry[dmmu_pkg::CTL_SIZE_LSB +: 64];
    wire [63:0] e_local = entry[dmmu_pkg::CTL_LOCAL_LSB +: 64];
    wire [63:0] e_host = entry[dmmu_pkg::CTL_HOST_LSB +: 64];
    wire [31:0] e_count = entry[dmmu_pkg::CTL_COUNT_LSB +: 32];
    wire [31:0] e_action = entry[dmmu_pkg::CTL_ACTION_LSB +: 32];
    wire [63:0] e_value = entry[dmmu_pkg::CTL_VALUE_LSB +: 64];
    wire [63:0] e_step = entry[dmmu_pkg::CTL_STEP_LSB +: 64];

    wire        all = (flags & F_ALL) != 8'd0;
    wire        every = (flags & F_EVERY) != 8'd0;
    wire        is_inv = opcode == OP_INVALIDATE;
    wire        is_age = opcode == OP_PT_AGE;

    // ---- rules
    wire inv_range_ok = some_size_reg && last_reg >= e_va;
    logic good;
    always_comb begin
        good = 1'b0;
        case (opcode)
            OP_NOP, OP_FENCE:
                good = no_ctx_reg && no_tag_reg && no_range_reg && no_local_reg && no_host_reg && no_count_reg &&
                       no_action_reg && no_series_reg;
            OP_CTX_SET:
                good = ctx_exists_reg && table_aligned_reg && table_exists_reg &&
                       no_tag_reg && no_range_reg && no_host_reg && no_count_reg && no_action_reg && no_series_reg;
            OP_CTX_KILL:
                good = ctx_exists_reg && no_tag_reg && no_range_reg && no_local_reg && no_host_reg && no_count_reg &&
                       no_action_reg && no_series_reg;
            OP_PT_WRITE, OP_PT_AGE:
                good = table_exists_reg && entries_ok_reg && host_aligned_reg && no_ctx_reg && no_tag_reg && no_range_reg &&
                       no_action_reg && no_series_reg;
            OP_PT_FILL:
                good = table_exists_reg && entries_ok_reg && no_ctx_reg && no_tag_reg && no_range_reg && no_host_reg &&
                       no_action_reg;
            // flag ALL leaves the range unused, EVERY the context; they are not looked at then
            OP_INVALIDATE:
                good = (ctx_exists_reg || every) && (all || (!every && inv_range_ok)) &&
                       no_tag_reg && no_local_reg && no_host_reg && no_count_reg && no_action_reg && no_series_reg;
            OP_FAULT_ANSWER:
                good = action_ok_reg && no_range_reg && no_local_reg && no_host_reg && no_count_reg && no_series_reg;
            default: ;
        endcase
    end

    // an entry is held from IDLE to FINISH: terms in IDLE, the verdict in JUDGE
    always_ff @(posedge clk) begin
        last_reg <= e_va + e_size - 64'd1;
        has_table_reg <= local_size >= 64'd4096;
        table_last_reg <= local_size - 64'd4096;
        ctx_exists_reg <= e_ctx < 16'(CONTEXTS);
        no_ctx_reg <= e_ctx == 16'd0;
        no_tag_reg <= e_tag == 32'd0;
        no_range_reg <= e_va == 64'd0 && e_size == 64'd0;
        some_size_reg <= e_size != 64'd0;
        no_local_reg <= e_local == 64'd0;
        no_host_reg <= e_host == 64'd0;
        host_aligned_reg <= e_host[2:0] == 3'd0;
        no_count_reg <= e_count == 32'd0;
        no_action_reg <= e_action == 32'd0;
        action_ok_reg <= e_action <= 32'(dmmu_pkg::ANSWER_KILL);
        no_series_reg <= e_value == 64'd0 && e_step == 64'd0;
        known_flags_reg <= (flags & ~(F_WB | F_IRQ | (is_inv ? F_ALL | F_EVERY : 8'd0) | (is_age ? F_AGE_CLEAR : 8'd0))) == 8'd0;
        // a table, and an entry range inside one, in local memory
        table_aligned_reg <= e_local[11:0] == 12'd0;
        table_exists_reg <= has_table_reg && {e_local[63:12], 12'd0} <= table_last_reg;
        entries_ok_reg <= e_local[2:0] == 3'd0 && e_count != 32'd0 && e_count <= 32'd512 &&
                          {3'd0, e_local[11:3]} + {2'd0, e_count[9:0]} <= 12'd512;
        bad_reg <= !good || !known_flags_reg;
        inv_every_reg <= is_inv && every;
        inv_all_reg <= !is_inv || all;
    end

    wire finish = state_reg == FINISH;

    always_ff @(posedge clk) begin
        if (want_taken) begin
            want_reg <= 1'b0;
            want_irq_reg <= 1'b0;
        end
        pt_host_error_reg <= pt_host_error;
        pt_local_error_reg <= pt_local_error;
        case (state_reg)
            IDLE: begin
                pt_failed_reg <= 1'b0;
                if (entry_valid) state_reg <= JUDGE;
            end
            JUDGE: state_reg <= DECODE;
            DECODE: begin
                skip_reg <= bad_reg || entry_bad;
                state_reg <= FINISH;
                if (!bad_reg && !entry_bad)
                    case (opcode)
                        OP_CTX_SET: state_reg <= CTX_SET;
                        OP_CTX_KILL: state_reg <= CTX_KILL;
                        OP_PT_WRITE, OP_PT_FILL, OP_PT_AGE: state_reg <= PT;
                        OP_INVALIDATE: state_reg <= INVALIDATE;
                        OP_FAULT_ANSWER: state_reg <= ANSWER;
                        default: ;
                    endcase
            end
            // no thread may carry over from the context's former life
            CTX_SET: if (!dying) state_reg <= INVALIDATE;
            CTX_KILL: state_reg <= INVALIDATE;
            INVALIDATE: state_reg <= INVALIDATING;
            INVALIDATING: if (inv_done) state_reg <= opcode == OP_CTX_KILL ? DRAIN : FINISH;
            DRAIN: if (!dying) state_reg <= FINISH;
            PT: state_reg <= PT_RUN;
            PT_RUN: begin
                if (pt_host_error_reg || pt_local_error_reg) pt_failed_reg <= 1'b1;
                if (pt_done) state_reg <= FINISH;
            end
            ANSWER: state_reg <= FINISH;
            FINISH: begin
                state_reg <= IDLE;
                head_reg <= head_reg + 32'd1;
                if (entry_bad || pt_failed_reg) failed_reg <= failed_reg + 32'd1;
                if ((flags & F_WB) != 8'd0 || head_reg + 32'd1 == tail) want_reg <= 1'b1;
                if ((flags & (F_WB | F_IRQ)) == (F_WB | F_IRQ)) want_irq_reg <= 1'b1;
            end
            default: state_reg <= IDLE;
        endcase
        if (rst) begin
            state_reg <= IDLE;
            pt_host_error_reg <= 1'b0;
            pt_local_error_reg <= 1'b0;
            head_reg <= 32'd0;
            failed_reg <= 32'd0;
            want_reg <= 1'b0;
            want_irq_reg <= 1'b0;
        end
    end

    assign active = state_reg != IDLE || entry_valid;
    assign entry_ready = finish;
    assign head = head_reg;
    assign failed = failed_reg;
    assign want = want_reg;
    assign want_irq = want_irq_reg;

    assign ctx = e_ctx[CTX_W-1:0];
    assign ctx_set_valid = state_reg == CTX_SET && !dying;
    assign ctx_set_root = e_local;
    assign ctx_kill_valid = state_reg == CTX_KILL;
    assign inv_start = state_reg == INVALIDATE;
    assign inv_every = inv_every_reg;
    assign inv_all = inv_all_reg;
    assign inv_first = e_va[63:12];
    assign inv_last = last_reg[63:12];
    assign answer_valid = state_reg == ANSWER;
    assign answer_tag = e_tag;
    assign answer_action = e_action[1:0];
    assign pt_start = state_reg == PT;
    assign pt_from_host = opcode == OP_PT_WRITE;
    assign pt_age = is_age;
    assign pt_age_clear = (flags & F_AGE_CLEAR) != 8'd0;
    assign pt_local = e_local;
    assign pt_host = e_host;
    assign pt_count = e_count[9:0];
    assign pt_value = e_value;
    assign pt_step = e_step;

    assign refused = state_reg == DECODE && bad_reg && !entry_bad;
    assign ev_command = finish && !skip_reg;
    assign ev_invalidation = ev_command && is_inv;
    assign invalidating = is_inv && (state_reg == INVALIDATE || state_reg == INVALIDATING);

`ifdef CHECK
    logic killed_reg;
    always_ff @(posedge clk) begin
        killed_reg <= !rst && state_reg == CTX_KILL;
        if (!rst) begin
            // `dying` is late by so much
            `CHECK_NAME(looks_for_the_dying_two_cycles_after_a_kill) assert (!killed_reg || (state_reg != CTX_SET && state_reg != DRAIN));
        end
        if (!rst && (state_reg == INVALIDATE || state_reg == INVALIDATING)) begin
            `CHECK_NAME(range_is_known_before_it_is_told) assert (inv_every == (is_inv && every) && inv_all == (!is_inv || all));
        end
        if (!rst && (pt_host_error_reg || pt_local_error_reg)) begin
            `CHECK_NAME(error_is_seen_with_the_end_at_the_latest) assert (state_reg == PT_RUN);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(set_waits_for_threads_of_the_former_life) cover (state_reg == CTX_SET && dying);
            `COVER_NAME(kill_waits_for_its_threads) cover (state_reg == DRAIN && dying);
            `COVER_NAME(invalidation_of_a_range) cover (inv_start && !inv_all && !inv_every);
            `COVER_NAME(invalidation_of_a_context) cover (inv_start && is_inv && inv_all && !inv_every);
            `COVER_NAME(invalidation_of_everything) cover (inv_start && inv_all && inv_every);
            `COVER_NAME(unreadable_command_skipped) cover (state_reg == DECODE && entry_bad);
            `COVER_NAME(table_write_failed) cover (finish && pt_failed_reg);
            `COVER_NAME(write_back_of_two_commands_at_once) cover (finish && want_reg && !want_taken);
        end
    end
`endif
endmodule

`default_nettype wire
