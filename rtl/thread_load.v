// SPDX-License-Identifier: GPL-2.0
//
// thread_load: a work descriptor on its way to a thread. It is judged here, for all threads; what the thread has of it in
// registers it takes in the same cycle. Whole operands go to RAM (thread_port and others) in the three cycles after that,
// which is before the thread asks for the first and long before it asks for another. Operands of COPY, FILL, VADD and REDUCE are
// kept by their end, so that what is left of the operation tells where it is.
`default_nettype none

module thread_load #(
    // contexts, bits of a context's and of a thread's number
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    parameter THR_W = 4
) (
    input  wire                clk,
    input  wire                rst,
    // a descriptor (record work), and whose it is
    input  wire                start,
    input  wire [THR_W-1:0]    start_thread,
    input  wire [511:0]        desc,
    // contexts that are enabled and not killed
    input  wire [CONTEXTS-1:0] ctx_ok,
    input  wire                kill_valid,
    input  wire [CTX_W-1:0]    kill_ctx,

    // units to do; none; all there are
    output logic [63:0]        left,
    output wire                none,
    output wire                endless,
    // a cycle later it is judged: a rule is broken; its context is one of those
    output wire                bad,
    output wire                runs,

    // then, one-hot, the cycle of loading; an operand in each
    output wire [2:0]          load,
    output wire [THR_W-1:0]    load_thread,
    output wire [1:0]          load_phase,
    output wire [63:0]         load_operand,
    // with the first, the rest; `next` of a list with the first two
    output wire [63:0]         load_arg,
    output wire [63:0]         load_arg2,
    output wire [63:0]         load_cookie,
    // of an atomic or FILL
    output wire [63:0]         load_value,
    output wire [63:0]         load_left,
    output wire [7:0]          load_op,
    output wire [15:0]         load_ctx
);
    localparam [1:0] SRC = 2'd0, SRC2 = 2'd1, DST = 2'd2;
    localparam [7:0] NOP = 8'(dmmu_pkg::OP_NOP), COPY = 8'(dmmu_pkg::OP_COPY), FILL = 8'(dmmu_pkg::OP_FILL),
        VADD = 8'(dmmu_pkg::OP_VADD), REDUCE = 8'(dmmu_pkg::OP_REDUCE), CHASE = 8'(dmmu_pkg::OP_CHASE),
        ATOMIC_ADD = 8'(dmmu_pkg::OP_ATOMIC_ADD), ATOMIC_CAS = 8'(dmmu_pkg::OP_ATOMIC_CAS);

    wire [7:0]  op = desc[dmmu_pkg::WORK_OP_LSB +: 8];
    wire [63:0] src = desc[dmmu_pkg::WORK_SRC_LSB +: 64];
    wire [63:0] src2 = desc[dmmu_pkg::WORK_SRC2_LSB +: 64];
    wire [63:0] dst = desc[dmmu_pkg::WORK_DST_LSB +: 64];
    wire [63:0] len = desc[dmmu_pkg::WORK_LEN_LSB +: 64];
    wire [63:0] arg = desc[dmmu_pkg::WORK_ARG_LSB +: 64];
    wire [63:0] arg2 = desc[dmmu_pkg::WORK_ARG2_LSB +: 64];

    // ---- descriptor rules
    logic [2:0] low;            // low bits of all that must be aligned
    logic       known;
    always_comb begin
        known = 1'b1;
        case (op)
            NOP, COPY, FILL: low = 3'd0;
            VADD: low = src[2:0] | src2[2:0] | dst[2:0];
            REDUCE: low = src[2:0];
            CHASE: low = src[2:0] | arg[2:0] | arg2[2:0];
            ATOMIC_ADD, ATOMIC_CAS: low = dst[2:0];
            default: begin
                low = 3'd0;
                known = 1'b0;
            end
        endcase
        // an operation that is not known is refused, whatever there is to do
        case (op[2:0])
            NOP[2:0]: left = 64'd0;
            ATOMIC_ADD[2:0]: left = len == 64'd0 ? 64'd1 : len;
            ATOMIC_CAS[2:0]: left = 64'd1;
            default: left = len;
        endcase
    end

    // ---- loading
    logic [2:0]       load_reg;
    logic [THR_W-1:0] thread_reg;
    logic [7:0]       op_reg;
    logic [15:0]      ctx_reg;
    logic             runs_reg;
    logic [63:0]      cookie_reg;
    logic [1:0]       phase_reg;    // of the operand loaded
    logic [63:0]      operand_reg;  // its begin; those after it
    logic [63:0]      src2_reg;
    logic [63:0]      dst_reg;
    logic [63:0]      span_reg;     // from an operand's begin to its end
    logic [63:0]      left_reg;
    logic [63:0]      arg_reg;
    logic [63:0]      arg2_reg;
    // the rules, in parts
    logic             known_reg;
    logic [2:0]       low_reg;
    logic             rsvd_reg;     // what must be zero is not
    wire [15:0]       ctx = desc[dmmu_pkg::WORK_CTX_LSB +: 16];
    wire              to_dst = op == FILL || op == ATOMIC_ADD || op == ATOMIC_CAS;

    always_ff @(posedge clk) begin
        load_reg <= {load_reg[1:0], start};
        // the next operand; what is taken while none is loaded counts only with a start
        phase_reg <= load_reg[0] ? SRC2 : DST;
        operand_reg <= load_reg[0] ? src2_reg : dst_reg;
        if (load_reg[1:0] == 2'd0) begin
            phase_reg <= to_dst ? DST : SRC;
            operand_reg <= to_dst ? dst : src;
            thread_reg <= start_thread;
            op_reg <= op;
            ctx_reg <= ctx;
            // a thread looks for a kill from the next cycle on
            runs_reg <= ctx < 16'(CONTEXTS) && ctx_ok[ctx[CTX_W-1:0]] && !(kill_valid && kill_ctx == ctx[CTX_W-1:0]);
            cookie_reg <= desc[dmmu_pkg::WORK_COOKIE_LSB +: 64];
            src2_reg <= src2;
            dst_reg <= dst;
            known_reg <= known;
            low_reg <= low;
            rsvd_reg <= desc[dmmu_pkg::WORK_FLAGS_LSB +: 8] != 8'd0 || desc[dmmu_pkg::WORK_RSVD_LSB +: 32] != 32'd0;
            left_reg <= left;
            arg_reg <= arg;
            arg2_reg <= arg2;
            case (op)
                COPY, FILL: span_reg <= len;
                VADD, REDUCE: span_reg <= {len[60:0], 3'd0};
                default: span_reg <= 64'd0;
            endcase
        end
        if (rst) load_reg <= 3'd0;
    end

    assign bad = !known_reg || low_reg != 3'd0 || rsvd_reg;
    assign endless = len == 64'd0;
    assign none = op[2:0] == NOP[2:0] || (endless && op[2:0] != ATOMIC_ADD[2:0] && op[2:0] != ATOMIC_CAS[2:0]);
    assign runs = runs_reg;
    assign load = load_reg;
    assign load_thread = thread_reg;
    assign load_phase = phase_reg;
    assign load_operand = operand_reg + span_reg;
    assign load_arg = arg_reg;
    assign load_arg2 = arg2_reg;
    assign load_cookie = cookie_reg;
    assign load_value = op_reg == ATOMIC_CAS ? arg2_reg : arg_reg;
    assign load_left = left_reg;
    assign load_op = op_reg;
    assign load_ctx = ctx_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (start) begin
                `CHECK_NAME(one_descriptor_at_a_time) assert (load_reg == 3'd0);
            end
        end
    end
`endif
endmodule

`default_nettype wire
