// SPDX-License-Identifier: GPL-2.0
//
// hw_thread: a hardware thread. It runs one work descriptor at a time as a series of accesses of up to eight words
// that stay within one page. Each access asks the MMU for its address, moves its data, waits until memory has
// answered, and releases the address; data goes through a buffer, so that no access needs two translations at once.
// While the MMU keeps an answer back (a page fault) the thread does nothing. It ends with a completion record.
`default_nettype none

module hw_thread #(
    // this thread's number
    parameter [7:0] THREAD = 8'd0,
    // contexts, and bits of a context's number
    parameter CONTEXTS = 16,
    parameter CTX_W = 4
) (
    input  wire                clk,
    input  wire                rst,

    // a descriptor (record work) for this thread, given only when it is not busy
    input  wire                start,
    input  wire [511:0]        desc,
    output wire                busy,
    // waits for the MMU; has a completion record to give away
    output wire                waiting,
    output wire                retiring,
    // contexts that are enabled and not killed
    input  wire [CONTEXTS-1:0] ctx_ok,
    // pulse: a context is killed
    input  wire                kill_valid,
    input  wire [CTX_W-1:0]    kill_ctx,
    // killed, but may still touch memory
    output wire                dying,
    output wire [7:0]          op,
    output wire [15:0]         ctx,

    // MMU: request, answer, release; this thread's fault state
    output wire                req_valid,
    input  wire                req_ready,
    output wire [CTX_W-1:0]    req_ctx,
    output wire [63:0]         req_va,
    output wire [1:0]          req_op,
    output wire [63:0]         req_cookie,
    input  wire                rsp_valid,
    input  wire [1:0]          rsp_status,
    input  wire [51:0]         rsp_pa,
    input  wire                rsp_local,
    input  wire [1:0]          rsp_access,
    input  wire [2:0]          rsp_cause,
    output wire                rel_valid,
    input  wire                rel_ready,
    input  wire                stalled,
    input  wire                faulted,

    // the right to do an atomic operation
    output wire                lock_req,
    input  wire                lock_grant,

    // memory; mem_local says which one
    output wire                mem_local,
    output wire                arvalid,
    input  wire                arready,
    output wire [63:0]         addr,
    output wire [7:0]          len,
    input  wire                rvalid,

    input  wire [63:0]         rdata,
    input  wire [1:0]          rresp,
    input  wire                rlast,
    output wire                awvalid,
    input  wire                awready,
    output wire                wvalid,
    input  wire                wready,
    output wire [63:0]         wdata,
    output wire                wlast,
    input  wire                bvalid,
    input  wire [1:0]          bresp,

    // completion record, word by word
    input  wire [2:0]          rec_word,
    output logic [63:0]        rec_data,
    input  wire                rec_taken
);
    localparam [3:0] IDLE = 4'd0, CHECK = 4'd1, NEXT = 4'd2, PREPARE = 4'd3, REQUEST = 4'd4, RESPONSE = 4'd5,
        LOCK = 4'd6, READ_ADDRESS = 4'd7, READ_DATA = 4'd8, WRITE_ADDRESS = 4'd9, WRITE_DATA = 4'd10,
        WRITE_RESPONSE = 4'd11, RELEASE = 4'd12, STEP = 4'd13, RETIRE = 4'd14;
    localparam [1:0] SRC = 2'd0, SRC2 = 2'd1, DST = 2'd2;
    localparam [7:0] NOP = 8'(dmmu_pkg::OP_NOP), COPY = 8'(dmmu_pkg::OP_COPY), FILL = 8'(dmmu_pkg::OP_FILL),
        VADD = 8'(dmmu_pkg::OP_VADD), REDUCE = 8'(dmmu_pkg::OP_REDUCE), CHASE = 8'(dmmu_pkg::OP_CHASE),
        ATOMIC_ADD = 8'(dmmu_pkg::OP_ATOMIC_ADD), ATOMIC_CAS = 8'(dmmu_pkg::OP_ATOMIC_CAS);
    localparam [2:0] OK = 3'(dmmu_pkg::STATUS_OK), FAULT = 3'(dmmu_pkg::STATUS_FAULT),
        KILLED = 3'(dmmu_pkg::STATUS_KILLED), BAD_DESC = 3'(dmmu_pkg::STATUS_BAD_DESC), BUS = 3'(dmmu_pkg::STATUS_BUS);

    logic [3:0]  state_reg;
    logic [1:0]  phase_reg;     // which operand the access is for
    logic        bad_reg;       // the descriptor breaks a rule
    logic        killed_reg;    // the context was killed since the start
    logic        abandon_reg;   // a translation came too late, release it unused
    logic [7:0]  op_reg;
    logic [15:0] ctx_reg;
    logic [63:0] cookie_reg;
    logic [63:0] src_reg;       // next byte of each operand
    logic [63:0] src2_reg;
    logic [63:0] dst_reg;
    logic [63:0] left_reg;      // elements to do
    logic        endless_reg;   // no limit of elements
    logic [63:0] arg_reg;
    logic [63:0] arg2_reg;
    logic [63:0] result_reg;
    logic [63:0] sum_reg;       // of the access, counted once it is over
    logic [63:0] done_reg;      // elements done
    logic [2:0]  status_reg;
    logic [1:0]  access_reg;
    logic [2:0]  cause_reg;
    logic [63:0] va_reg;        // of the access
    logic [1:0]  kind_reg;
    logic [51:0] pa_reg;
    logic        local_reg;
    logic [3:0]  words_reg;     // of the access
    logic [2:0]  word_reg;      // now moving
    logic        error_reg;
    logic [63:0] error_va_reg;
    logic [63:0] cycles_reg;
    logic [63:0] stall_reg;
    logic [31:0] faults_reg;
    logic [63:0] buffer [0:7];

    wire rerr = rresp != 2'd0;
    wire berr = bresp != 2'd0;
    wire is_atomic = op_reg == ATOMIC_ADD || op_reg == ATOMIC_CAS;

    // ---- descriptor rules
    wire [7:0]  d_op = desc[dmmu_pkg::WORK_OP_LSB +: 8];
    wire [63:0] d_src = desc[dmmu_pkg::WORK_SRC_LSB +: 64];
    wire [63:0] d_src2 = desc[dmmu_pkg::WORK_SRC2_LSB +: 64];
    wire [63:0] d_dst = desc[dmmu_pkg::WORK_DST_LSB +: 64];
    wire [63:0] d_len = desc[dmmu_pkg::WORK_LEN_LSB +: 64];
    wire [63:0] d_arg = desc[dmmu_pkg::WORK_ARG_LSB +: 64];
    wire [63:0] d_arg2 = desc[dmmu_pkg::WORK_ARG2_LSB +: 64];
    logic [2:0] d_low;          // low bits of all that must be aligned
    logic       d_known;
    always_comb begin
        d_known = 1'b1;
        case (d_op)
            NOP: d_low = 3'd0;
            COPY: d_low = d_src[2:0] | d_dst[2:0] | d_len[2:0];
            FILL: d_low = d_dst[2:0] | d_len[2:0];
            VADD: d_low = d_src[2:0] | d_src2[2:0] | d_dst[2:0];
            REDUCE: d_low = d_src[2:0];
            CHASE: d_low = d_src[2:0] | d_arg[2:0] | d_arg2[2:0];
            ATOMIC_ADD, ATOMIC_CAS: d_low = d_dst[2:0];
            default: begin
                d_low = 3'd0;
                d_known = 1'b0;
            end
        endcase
    end

    // ---- length of the next access: eight words, what is left, and the end of each operand's page
    function [9:0] to_page_end(input [8:0] word);
        to_page_end = 10'd512 - {1'b0, word};
    endfunction
    function [9:0] smaller(input [9:0] a, input [9:0] b);
        smaller = a < b ? a : b;
    endfunction
    logic [9:0] words_next;
    always_comb begin
        words_next = left_reg < 64'd8 ? {6'd0, left_reg[3:0]} : 10'd8;
        if (op_reg == COPY || op_reg == VADD || op_reg == REDUCE) words_next = smaller(words_next, to_page_end(src_reg[11:3]));
        if (op_reg == VADD) words_next = smaller(words_next, to_page_end(src2_reg[11:3]));
        if (op_reg == COPY || op_reg == VADD || op_reg == FILL) words_next = smaller(words_next, to_page_end(dst_reg[11:3]));
        if (op_reg == CHASE || is_atomic) words_next = 10'd1;
    end

    wire [63:0] bytes = {57'd0, words_reg, 3'd0};
    wire        last_word = {1'b0, word_reg} == words_reg - 4'd1;
    wire        finished = op_reg == CHASE ? src_reg == 64'd0 || (!endless_reg && left_reg == 64'd0) : left_reg == 64'd0;
    wire        ctx_runs = ctx_reg < 16'(CONTEXTS) && ctx_ok[ctx_reg[CTX_W-1:0]];

    always_ff @(posedge clk) begin
        if (state_reg != IDLE && state_reg != RETIRE) cycles_reg <= cycles_reg + 64'd1;
        if (stalled) stall_reg <= stall_reg + 64'd1;
        if (faulted) faults_reg <= faults_reg + 32'd1;

        case (state_reg)
            IDLE: if (start) begin
                state_reg <= CHECK;
                bad_reg <= !d_known || d_low != 3'd0 || desc[dmmu_pkg::WORK_FLAGS_LSB +: 8] != 8'd0 ||
                           desc[dmmu_pkg::WORK_RSVD_LSB +: 32] != 32'd0;
                op_reg <= d_op;
                ctx_reg <= desc[dmmu_pkg::WORK_CTX_LSB +: 16];
                cookie_reg <= desc[dmmu_pkg::WORK_COOKIE_LSB +: 64];
                src_reg <= d_src;
                src2_reg <= d_src2;
                dst_reg <= d_dst;
                arg_reg <= d_arg;
                arg2_reg <= d_arg2;
                endless_reg <= d_len == 64'd0;
                case (d_op)
                    NOP: left_reg <= 64'd0;
                    COPY, FILL: left_reg <= {3'd0, d_len[63:3]};
                    ATOMIC_ADD: left_reg <= d_len == 64'd0 ? 64'd1 : d_len;
                    ATOMIC_CAS: left_reg <= 64'd1;
                    default: left_reg <= d_len;
                endcase
                result_reg <= 64'd0;
                done_reg <= 64'd0;
                status_reg <= OK;
                access_reg <= 2'd0;
                cause_reg <= 3'd0;
                error_va_reg <= 64'd0;
                cycles_reg <= 64'd1;
                stall_reg <= 64'd0;
                faults_reg <= 32'd0;
                abandon_reg <= 1'b0;
            end
            CHECK: begin
                state_reg <= NEXT;
                if (bad_reg) begin
                    status_reg <= BAD_DESC;
                    state_reg <= RETIRE;
                end else if (!ctx_runs) begin
                    status_reg <= KILLED;
                    state_reg <= RETIRE;
                end
            end
            NEXT: begin
                words_reg <= words_next[3:0];
                phase_reg <= op_reg == FILL || is_atomic ? DST : SRC;
                state_reg <= PREPARE;
                if (killed_reg) begin
                    status_reg <= KILLED;
                    state_reg <= RETIRE;
                end else if (finished) begin
                    state_reg <= RETIRE;
                end else if (op_reg == CHASE && src_reg[2:0] != 3'd0) begin
                    status_reg <= BAD_DESC;
                    state_reg <= RETIRE;
                end
            end
            PREPARE: begin
                error_reg <= 1'b0;
                sum_reg <= 64'd0;
                word_reg <= 3'd0;
                kind_reg <= is_atomic ? 2'(dmmu_pkg::ACCESS_ATOMIC) :
                            phase_reg == DST ? 2'(dmmu_pkg::ACCESS_WRITE) : 2'(dmmu_pkg::ACCESS_READ);
                case (phase_reg)
                    SRC: va_reg <= op_reg == CHASE ? src_reg + arg2_reg : src_reg;
                    SRC2: va_reg <= op_reg == CHASE ? src_reg + arg_reg : src2_reg;
                    default: va_reg <= dst_reg;
                endcase
                state_reg <= REQUEST;
                if (killed_reg) begin
                    status_reg <= KILLED;
                    state_reg <= RETIRE;
                end
            end
            REQUEST: if (req_ready) state_reg <= RESPONSE;
            RESPONSE: if (rsp_valid) begin
                pa_reg <= rsp_pa;
                local_reg <= rsp_local;
                case (rsp_status)
                    2'd0: if (killed_reg) begin
                        abandon_reg <= 1'b1;
                        state_reg <= RELEASE;
                    end else begin
                        state_reg <= is_atomic ? LOCK : phase_reg == DST ? WRITE_ADDRESS : READ_ADDRESS;
                    end
                    2'd1: begin
                        status_reg <= killed_reg ? KILLED : FAULT;
                        if (!killed_reg) begin
                            error_va_reg <= va_reg;
                            access_reg <= rsp_access;
                            cause_reg <= rsp_cause;
                        end
                        state_reg <= RETIRE;
                    end
                    default: begin
                        status_reg <= KILLED;
                        state_reg <= RETIRE;
                    end
                endcase
            end
            LOCK: if (lock_grant) state_reg <= READ_ADDRESS;
            READ_ADDRESS: if (arready) state_reg <= READ_DATA;
            READ_DATA: if (rvalid) begin
                word_reg <= word_reg + 3'd1;
                sum_reg <= sum_reg + rdata;
                if (is_atomic && !rerr) result_reg <= rdata;
                if (rerr && !error_reg) begin
                    error_reg <= 1'b1;
                    error_va_reg <= va_reg + {58'd0, word_reg, 3'd0};
                end
                if (rlast) begin
                    word_reg <= 3'd0;
                    state_reg <= RELEASE;
                    if (is_atomic && !rerr && (op_reg == ATOMIC_ADD || rdata == arg_reg)) state_reg <= WRITE_ADDRESS;
                end
            end
            WRITE_ADDRESS: if (awready) state_reg <= WRITE_DATA;
            WRITE_DATA: if (wready) begin
                word_reg <= word_reg + 3'd1;
                if (wlast) state_reg <= WRITE_RESPONSE;
            end
            WRITE_RESPONSE: if (bvalid) begin
                if (berr) begin
                    error_reg <= 1'b1;
                    error_va_reg <= va_reg;
                end
                state_reg <= RELEASE;
            end
            RELEASE: if (rel_ready) state_reg <= STEP;
            STEP: begin
                state_reg <= PREPARE;
                if (abandon_reg || error_reg) begin
                    status_reg <= error_reg ? BUS : KILLED;
                    state_reg <= RETIRE;
                end else if (phase_reg == SRC && op_reg == CHASE) begin
                    result_reg <= result_reg + sum_reg;
                    phase_reg <= SRC2;
                end else if (phase_reg == SRC && op_reg == VADD) begin
                    phase_reg <= SRC2;
                end else if (phase_reg != DST && (op_reg == VADD || op_reg == COPY)) begin
                    phase_reg <= DST;
                end else begin
                    if (op_reg == REDUCE) result_reg <= result_reg + sum_reg;
                    src_reg <= op_reg == CHASE ? sum_reg : src_reg + bytes;
                    src2_reg <= src2_reg + bytes;
                    if (!is_atomic) dst_reg <= dst_reg + bytes;
                    left_reg <= left_reg - {60'd0, words_reg};
                    done_reg <= done_reg + {60'd0, words_reg};
                    state_reg <= NEXT;
                end
            end
            RETIRE: if (rec_taken) state_reg <= IDLE;
            default: state_reg <= IDLE;
        endcase

        if (start) killed_reg <= 1'b0;
        else if (kill_valid && busy && ctx_reg == 16'(kill_ctx)) killed_reg <= 1'b1;

        if (rst) begin
            state_reg <= IDLE;
            op_reg <= 8'd0;
            ctx_reg <= 16'd0;
        end
    end

    // a second source is added to the first as it arrives
    always_ff @(posedge clk)
        if (state_reg == READ_DATA && rvalid)
            buffer[word_reg] <= phase_reg == SRC2 ? buffer[word_reg] + rdata : rdata;

    assign busy = state_reg != IDLE;
    assign waiting = state_reg == RESPONSE;
    assign retiring = state_reg == RETIRE;
    assign dying = killed_reg && busy && !retiring;
    assign op = op_reg;
    assign ctx = ctx_reg;

    assign req_valid = state_reg == REQUEST;
    assign req_ctx = ctx_reg[CTX_W-1:0];
    assign req_va = va_reg;
    assign req_op = kind_reg;
    assign req_cookie = cookie_reg;
    assign rel_valid = state_reg == RELEASE;
    assign lock_req = is_atomic && state_reg >= LOCK && state_reg <= WRITE_RESPONSE;

    assign mem_local = local_reg;
    assign arvalid = state_reg == READ_ADDRESS;
    assign addr = {12'd0, pa_reg};
    assign len = {4'd0, words_reg - 4'd1};
    assign awvalid = state_reg == WRITE_ADDRESS;
    assign wvalid = state_reg == WRITE_DATA;
    assign wdata = op_reg == FILL ? arg_reg : op_reg == ATOMIC_ADD ? result_reg + arg_reg :
                   op_reg == ATOMIC_CAS ? arg2_reg : buffer[word_reg];
    assign wlast = last_word;

    wire in_bytes = op_reg == COPY || op_reg == FILL;
    always_comb begin
        case (rec_word)
            3'd0: rec_data = cookie_reg;
            3'd1: rec_data = {8'd0, 5'd0, cause_reg, 6'd0, access_reg, THREAD, ctx_reg, op_reg, 5'd0, status_reg};
            3'd2: rec_data = result_reg;
            3'd3: rec_data = in_bytes ? {done_reg[60:0], 3'd0} : done_reg;
            3'd4: rec_data = status_reg == FAULT || status_reg == BUS ? error_va_reg : 64'd0;
            3'd5: rec_data = cycles_reg;
            3'd6: rec_data = stall_reg;
            default: rec_data = {32'd0, faults_reg};
        endcase
    end

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (stalled) begin
                `CHECK_NAME(i3_stalled_thread_is_silent) assert (state_reg == RESPONSE);
            end
            if (rsp_valid) begin
                `CHECK_NAME(i8_answer_was_asked_for) assert (state_reg == RESPONSE);
            end
            if (arvalid || awvalid) begin
                `CHECK_NAME(access_stays_in_page) assert ({1'b0, pa_reg[11:0]} + {6'd0, words_reg, 3'd0} <= 13'd4096);
                `CHECK_NAME(access_has_words) assert (words_reg != 4'd0 && words_reg <= 4'd8);
            end
            if (state_reg == READ_DATA && rvalid) begin
                `CHECK_NAME(last_word_is_marked) assert (rlast == last_word);
            end
            if (start) begin
                `CHECK_NAME(start_only_when_free) assert (state_reg == IDLE);
            end
        end
    end
`endif
endmodule

`default_nettype wire
