// SPDX-License-Identifier: GPL-2.0
//
// hw_thread: a hardware thread. It runs one work descriptor at a time as a series of accesses, each within one page and
// at most as long as its buffer. An access asks the MMU for its address, moves its words in as many bursts as they need,
// waits until memory has answered them all, and releases the address; data goes through the buffer, so that no access
// needs two translations at once. When an invalidation waits for the address, the thread issues no more bursts, gives it
// back as soon as those are answered, and asks for it again for the rest. While the MMU keeps an answer back (a page fault) the thread does nothing. It
// ends with a completion record. The sizes of an access are worked out while the MMU looks for its address.
`default_nettype none

module hw_thread #(
    // contexts, and bits of a context's number
    parameter CONTEXTS = 16,
    parameter CTX_W = 4,
    // buffer, words, a power of two up to 512, and bits of a word's number
    parameter BUFFER_WORDS = 512,
    parameter IDX_W = 9,
    // longest burst, words, a power of two up to 256
    parameter BURST_WORDS = 64
) (
    input  wire                clk,
    input  wire                rst,
    // this thread's number, constant; a port, so that tools see one module and not one for each thread
    input  wire [7:0]          number,

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
    // an invalidation waits for the release
    input  wire                rel_wanted,
    input  wire                stalled,
    input  wire                faulted,

    // the right to do an atomic operation on a word with these bits of its address
    output wire                lock_req,
    output wire [2:0]          lock_word,
    input  wire                lock_grant,

    // memory: bursts out, answers in; mem_local says which one. The data of a beat comes two cycles after `rvalid`
    // as well, in *_late.
    output wire                mem_local,
    output wire [51:0]         addr,
    output wire [7:0]          len,
    output wire                arvalid,
    input  wire                arready,
    input  wire                rvalid,
    input  wire [63:0]         rdata,
    input  wire [1:0]          rresp,
    input  wire                rlast,
    input  wire [63:0]         host_late,
    input  wire [63:0]         local_late,
    output wire                awvalid,
    input  wire                awready,
    // the burst's data: first word in the buffer, bytes by which its data begins later there, bytes left out of its
    // first beat, last byte of its last beat
    output wire [IDX_W-1:0]    from,
    output wire [2:0]          shift,
    output wire [2:0]          head,
    output wire [2:0]          tail,
    // the buffer is read from outside
    input  wire [IDX_W-1:0]    host_index,
    input  wire [IDX_W-1:0]    local_index,
    output wire [63:0]         word,
    input  wire                bvalid,
    input  wire [1:0]          bresp,

    // completion record, word by word
    input  wire [2:0]          rec_word,
    output logic [63:0]        rec_data,
    input  wire                rec_taken
);
    localparam [3:0] IDLE = 4'd0, CHECK = 4'd1, ADDRESS = 4'd2, REQUEST = 4'd3, RESPONSE = 4'd4, PLAN = 4'd5, LOCK = 4'd6,
        MOVE = 4'd7, COMPARE = 4'd8, STORE = 4'd9, RELEASE = 4'd10, STEP = 4'd11, RETIRE = 4'd12;
    localparam [1:0] SRC = 2'd0, SRC2 = 2'd1, DST = 2'd2;
    localparam [1:0] PLUS_NOTHING = 2'd0, PLUS_BUFFER = 2'd1, PLUS_SUM = 2'd2, PLUS_OPERAND = 2'd3;
    localparam [7:0] NOP = 8'(dmmu_pkg::OP_NOP), COPY = 8'(dmmu_pkg::OP_COPY), FILL = 8'(dmmu_pkg::OP_FILL),
        VADD = 8'(dmmu_pkg::OP_VADD), REDUCE = 8'(dmmu_pkg::OP_REDUCE), CHASE = 8'(dmmu_pkg::OP_CHASE),
        ATOMIC_ADD = 8'(dmmu_pkg::OP_ATOMIC_ADD), ATOMIC_CAS = 8'(dmmu_pkg::OP_ATOMIC_CAS);
    localparam [2:0] OK = 3'(dmmu_pkg::STATUS_OK), FAULT = 3'(dmmu_pkg::STATUS_FAULT),
        KILLED = 3'(dmmu_pkg::STATUS_KILLED), BAD_DESC = 3'(dmmu_pkg::STATUS_BAD_DESC), BUS = 3'(dmmu_pkg::STATUS_BUS);
    localparam [1:0] SLVERR = 2'd2;
    localparam BLOCK = BUFFER_WORDS * 8;

    logic [3:0]  state_reg;
    logic [1:0]  phase_reg;     // which operand the access is for
    logic        fresh_reg;     // nothing of the operation is half done: it may end here
    logic        bad_reg;       // the descriptor breaks a rule
    logic        killed_reg;    // the context was killed since the start
    logic        abandon_reg;   // a translation came too late, release it unused
    logic        nothing_reg;   // the access was cut before it did anything: it is begun again
    logic [7:0]  op_reg;
    logic [15:0] ctx_reg;
    logic [63:0] cookie_reg;
    logic [63:0] src_reg;       // CHASE: the node
    logic [63:0] src2_reg;
    logic [63:0] dst_reg;
    logic [63:0] left_reg;      // units to do: bytes, or elements
    logic        endless_reg;   // no limit of elements
    logic [63:0] arg_reg;
    logic [63:0] arg2_reg;
    logic [63:0] result_reg;    // of the atomics
    logic [63:0] done_reg;      // units done
    logic [2:0]  status_reg;
    logic [1:0]  access_reg;
    logic [2:0]  cause_reg;
    logic [31:0] faults_reg;
    // the access
    logic [63:0] va_reg;
    logic [1:0]  kind_reg;
    logic [39:0] page_reg;
    logic        local_reg;
    logic [1:0]  plan_reg;      // steps of working out its sizes, 3: done
    logic [12:0] room_reg;      // bytes to the end of the page, or of what fits into the buffer
    logic [12:0] room2_reg;     // VADD: the same of the second source
    logic [12:0] rest_reg;      // bytes of the operation, or of the chunk, that are left, as far as they matter
    logic [12:0] bytes_reg;     // to move
    logic [9:0]  words_reg;
    logic [2:0]  tail_reg;      // last byte of the last word
    logic [12:0] pos_reg;       // byte of the buffer that goes into byte 0 of the first word
    logic [63:0] other_reg;     // CHASE: where the node's `next` is
    logic        pair_reg;      // in the page that has the value
    logic [12:0] units_reg;     // what was done
    logic        atomic_ok_reg; // the atomic is to write
    // the chunk in the buffer
    logic [12:0] chunk_reg;     // bytes
    logic [12:0] moved_reg;     // of these, written
    logic [2:0]  so_reg;        // bytes before them in the first word

    wire is_copy = op_reg == COPY;
    wire is_fill = op_reg == FILL;
    wire is_vadd = op_reg == VADD;
    wire is_reduce = op_reg == REDUCE;
    wire is_chase = op_reg == CHASE;
    wire is_atomic = op_reg == ATOMIC_ADD || op_reg == ATOMIC_CAS;
    wire in_bytes = is_copy || is_fill;
    wire to_dst = phase_reg == DST;

    // ---- descriptor rules
    wire [7:0]  d_op = desc[dmmu_pkg::WORK_OP_LSB +: 8];
    wire [63:0] d_src = desc[dmmu_pkg::WORK_SRC_LSB +: 64];
    wire [63:0] d_src2 = desc[dmmu_pkg::WORK_SRC2_LSB +: 64];
    wire [63:0] d_dst = desc[dmmu_pkg::WORK_DST_LSB +: 64];
    wire [63:0] d_len = desc[dmmu_pkg::WORK_LEN_LSB +: 64];
    wire [63:0] d_arg = desc[dmmu_pkg::WORK_ARG_LSB +: 64];
    wire [63:0] d_arg2 = desc[dmmu_pkg::WORK_ARG2_LSB +: 64];
    wire [2:0]  d_src_low = d_src[2:0];
    wire [2:0]  d_src2_low = d_src2[2:0];
    wire [2:0]  d_dst_low = d_dst[2:0];
    wire [2:0]  d_arg_low = d_arg[2:0] | d_arg2[2:0];
    logic [2:0] d_low;          // low bits of all that must be aligned
    logic       d_known;
    always_comb begin
        d_known = 1'b1;
        case (d_op)
            NOP, COPY, FILL: d_low = 3'd0;
            VADD: d_low = d_src_low | d_src2_low | d_dst_low;
            REDUCE: d_low = d_src_low;
            CHASE: d_low = d_src_low | d_arg_low;
            ATOMIC_ADD, ATOMIC_CAS: d_low = d_dst_low;
            default: begin
                d_low = 3'd0;
                d_known = 1'b0;
            end
        endcase
    end

    // ---- the address of the next access, and of a node's `next`
    logic [63:0] base;
    logic [63:0] offset;
    wire         want_next = is_chase && (state_reg == REQUEST || state_reg == RESPONSE || (state_reg == ADDRESS && phase_reg == SRC2));
    always_comb begin
        case (phase_reg)
            DST: base = dst_reg;
            SRC2: base = is_chase ? src_reg : src2_reg;
            default: base = src_reg;
        endcase
        if (is_chase) offset = want_next ? arg_reg : arg2_reg;
        else if (is_atomic) offset = 64'd0;
        else offset = in_bytes ? done_reg : {done_reg[60:0], 3'd0};
    end
    wire [63:0] target = base + offset;
    wire [11:0] target2 = src2_reg[11:0] + {done_reg[8:0], 3'd0};

    // ---- how much of it: up to the end of the page, what fits, and what is left
    function [12:0] smaller(input [12:0] x, input [12:0] y);
        smaller = x < y ? x : y;
    endfunction
    wire [12:0] to_page_end = 13'd4096 - {1'b0, va_reg[11:0]};
    wire [12:0] to_block_end = 13'(BLOCK) - ({1'b0, va_reg[11:0]} & 13'(BLOCK - 1));
    wire [12:0] to_block_end2 = 13'(BLOCK) - ({1'b0, target2} & 13'(BLOCK - 1));
    wire [12:0] left_bytes = in_bytes ? (left_reg[63:12] != 52'd0 ? 13'd4096 : left_reg[12:0]) :
                                        (left_reg[63:9] != 55'd0 ? 13'd4096 : {left_reg[9:0], 3'd0});
    wire [12:0] span = {10'd0, va_reg[2:0]} + bytes_reg;
    wire [12:0] span_up = span + 13'd7;
    wire [2:0]  span_last = span[2:0] - 3'd1;
    wire        planned = plan_reg == 2'd3;

    // ---- the access on the bus
    wire        m_over, m_cut, m_error, m_first, m_last;
    wire [8:0]  m_at;
    wire [9:0]  m_got, m_left, m_error_at;
    wire [1:0]  m_error_resp;
    wire        rsp_ok = state_reg == RESPONSE && rsp_valid && rsp_status == 2'd0;
    wire        go = !is_atomic && planned && ((rsp_ok && !killed_reg) || state_reg == PLAN);
    wire        go_read = (go && !to_dst) || (state_reg == LOCK && lock_grant);
    wire        go_write = (go && to_dst) || (state_reg == COMPARE && settled && atomic_ok_reg);
    wire        is_pair = is_chase && pair_reg && phase_reg == SRC;

    thread_move #(.BURST_WORDS(BURST_WORDS), .IDX_W(IDX_W)) mover (
        .clk(clk), .rst(rst), .forget(state_reg == IDLE), .start(go_read || go_write), .write(go_write), .pair(is_pair), .words(words_reg),
        .word(va_reg[11:3]), .other(other_reg[11:3]), .index(pos_reg[3 +: IDX_W]),
        .stop(rel_wanted), .over(m_over), .cut(m_cut), .left(m_left),
        .arvalid(arvalid), .arready(arready), .awvalid(awvalid), .awready(awready), .at(m_at), .len(len), .from(from),
        .first(m_first), .last(m_last), .rvalid(rvalid), .rlast(rlast), .rresp(rresp), .bvalid(bvalid), .bresp(bresp),
        .got(m_got), .error(m_error), .error_at(m_error_at), .error_resp(m_error_resp));

    // a node's `next` comes alone or after its value
    wire        is_next = is_chase && (phase_reg == SRC2 || m_got != 10'd0);
    wire        rgood = rvalid && rresp == 2'd0 && !m_error;
    wire        node_over = rgood && is_next;
    // where the error is: in a first word the access's first byte
    wire [63:0] error_at_va = m_error_at == 10'd0 ? va_reg :
                              {va_reg[63:12], is_pair ? other_reg[11:3] : va_reg[11:3] + m_error_at[8:0], 3'd0};
    // what was done: on an error only what is before it, and nothing where memory was still being read into the buffer;
    // of an access that was cut what was issued
    wire        short = m_error || m_cut;
    wire [9:0]  sound_words = m_error ? m_error_at : m_cut ? words_reg - m_left : words_reg;
    wire [12:0] sound_bytes = !short ? bytes_reg : sound_words == 10'd0 ? 13'd0 :
                              {sound_words, 3'd0} - {10'd0, va_reg[2:0]};
    wire [12:0] units = is_atomic ? {12'd0, !short} : is_reduce || (is_vadd && to_dst) ? {3'd0, sound_words} :
                        to_dst ? sound_bytes : 13'd0;

    // a node of CHASE is done in MOVE, everything else in STEP
    wire [12:0] step = state_reg == MOVE ? 13'd1 : units_reg;
    wire [63:0] left_next = left_reg - {51'd0, step};
    wire [63:0] done_next = done_reg + {51'd0, step};

    // ---- data
    wire        settled;
    wire [63:0] sum;
    wire [1:0]  plus = is_vadd && phase_reg == SRC2 ? PLUS_BUFFER : is_reduce || is_chase ? PLUS_SUM :
                       is_fill || is_atomic ? PLUS_OPERAND : PLUS_NOTHING;

    thread_data #(.BUFFER_WORDS(BUFFER_WORDS), .IDX_W(IDX_W)) data (
        .clk(clk), .rst(rst), .rewind(go_read), .clear(state_reg == IDLE), .put(is_fill && state_reg == CHECK),
        .rvalid(rgood && !is_next), .in_local(local_reg), .host_late(host_late), .local_late(local_late), .plus(plus),
        .operand(op_reg == ATOMIC_CAS ? arg2_reg : arg_reg), .replace(op_reg == ATOMIC_CAS), .store(!is_reduce && !is_chase),
        .settled(settled), .sum(sum), .fixed(is_fill || is_atomic), .host_index(host_index), .local_index(local_index),
        .word(word));

    // ---- counters of the record
    wire [63:0] cycles;
    wire [63:0] stall;
    count64 cycle_count (.clk(clk), .clear(rec_taken || rst), .step(start || (busy && state_reg != RETIRE)), .value(cycles));
    count64 stall_count (.clk(clk), .clear(rec_taken || rst), .step(stalled), .value(stall));

    wire finished = is_chase ? src_reg == 64'd0 || (!endless_reg && left_reg == 64'd0) : left_reg == 64'd0;
    wire crooked = is_chase && src_reg[2:0] != 3'd0;
    wire ctx_runs = ctx_reg < 16'(CONTEXTS) && ctx_ok[ctx_reg[CTX_W-1:0]];
    wire chunk_over = moved_reg + bytes_reg == chunk_reg;
    wire node_done = is_chase && (phase_reg == SRC2 || is_pair);

    always_ff @(posedge clk) begin
        if (faulted) faults_reg <= faults_reg + 32'd1;

        // sizes, step by step, from the cycle in which the address is known
        if (plan_reg != 2'd3) plan_reg <= plan_reg + 2'd1;
        case (plan_reg)
            2'd0: begin
                room_reg <= to_dst ? to_page_end : to_block_end;
                room2_reg <= is_vadd && phase_reg == SRC ? to_block_end2 : 13'd4096;
                rest_reg <= is_fill || (phase_reg == SRC && !is_chase) ? left_bytes : to_dst && !is_atomic ? chunk_reg - moved_reg :
                            is_vadd ? chunk_reg : 13'd8;
                other_reg <= target;
            end
            2'd1: begin
                bytes_reg <= smaller(smaller(room_reg, room2_reg), rest_reg);
                pair_reg <= other_reg[63:12] == va_reg[63:12];
            end
            2'd2: begin
                words_reg <= is_chase ? (is_pair ? 10'd2 : 10'd1) : span_up[12:3];
                tail_reg <= span_last;
                pos_reg <= is_fill ? 13'd0 - {10'd0, dst_reg[2:0]} :
                           is_atomic ? 13'd0 : moved_reg + {10'd0, so_reg} - {10'd0, va_reg[2:0]};
            end
            default: ;
        endcase

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
                    ATOMIC_ADD: left_reg <= d_len == 64'd0 ? 64'd1 : d_len;
                    ATOMIC_CAS: left_reg <= 64'd1;
                    default: left_reg <= d_len;
                endcase
                phase_reg <= d_op == FILL || d_op == ATOMIC_ADD || d_op == ATOMIC_CAS ? DST : SRC;
                fresh_reg <= 1'b1;
                result_reg <= 64'd0;
                done_reg <= 64'd0;
                status_reg <= OK;
                access_reg <= 2'd0;
                cause_reg <= 3'd0;
                faults_reg <= 32'd0;
                abandon_reg <= 1'b0;
            end
            CHECK: begin
                state_reg <= ADDRESS;
                if (bad_reg) begin
                    status_reg <= BAD_DESC;
                    state_reg <= RETIRE;
                end else if (!ctx_runs) begin
                    status_reg <= KILLED;
                    state_reg <= RETIRE;
                end
            end
            ADDRESS: begin
                va_reg <= target;
                kind_reg <= is_atomic ? 2'(dmmu_pkg::ACCESS_ATOMIC) :
                            to_dst ? 2'(dmmu_pkg::ACCESS_WRITE) : 2'(dmmu_pkg::ACCESS_READ);
                plan_reg <= 2'd0;
                state_reg <= REQUEST;
                if (killed_reg) begin
                    status_reg <= KILLED;
                    state_reg <= RETIRE;
                end else if (fresh_reg && finished) begin
                    state_reg <= RETIRE;
                end else if (fresh_reg && crooked) begin
                    status_reg <= BAD_DESC;
                    state_reg <= RETIRE;
                end
            end
            REQUEST: if (req_ready) state_reg <= RESPONSE;
            RESPONSE: if (rsp_valid) begin
                page_reg <= rsp_pa[51:12];
                local_reg <= rsp_local;
                case (rsp_status)
                    2'd0: if (killed_reg) begin
                        abandon_reg <= 1'b1;
                        state_reg <= RELEASE;
                    end else begin
                        state_reg <= is_atomic ? LOCK : planned ? MOVE : PLAN;
                    end
                    2'd1: begin
                        status_reg <= killed_reg ? KILLED : FAULT;
                        if (!killed_reg) begin
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
            // only where an MMU answers within two cycles of the thread's asking
            PLAN: if (planned) state_reg <= MOVE;
            LOCK: begin
                atomic_ok_reg <= 1'b0;
                nothing_reg <= 1'b1;
                if (lock_grant) state_reg <= MOVE;
                else if (rel_wanted) state_reg <= RELEASE;
            end
            MOVE: begin
                if (rgood && is_atomic) result_reg <= rdata;
                if (node_over) begin
                    src_reg <= rdata;
                    left_reg <= left_next;
                    done_reg <= done_next;
                end
                nothing_reg <= m_cut && m_left == words_reg;
                if (m_over) state_reg <= is_atomic && !m_cut ? COMPARE : RELEASE;
            end
            // two cycles and more: the new value gets into the buffer meanwhile
            COMPARE: begin
                atomic_ok_reg <= !m_error && (op_reg == ATOMIC_ADD || result_reg == arg_reg);
                if (settled) state_reg <= atomic_ok_reg ? STORE : RELEASE;
            end
            STORE: begin
                nothing_reg <= m_cut;
                if (m_over) state_reg <= RELEASE;
            end
            RELEASE: begin
                units_reg <= units;
                if (m_cut) bytes_reg <= sound_bytes;
                if (rel_ready) state_reg <= STEP;
                // a list goes on at once
                if (node_done && !m_error && !abandon_reg && !nothing_reg) begin
                    va_reg <= target;
                    plan_reg <= 2'd0;
                    if (rel_ready) begin
                        phase_reg <= SRC;
                        state_reg <= REQUEST;
                        if (killed_reg) begin
                            status_reg <= KILLED;
                            state_reg <= RETIRE;
                        end else if (finished) begin
                            state_reg <= RETIRE;
                        end else if (crooked) begin
                            status_reg <= BAD_DESC;
                            state_reg <= RETIRE;
                        end
                    end
                end
            end
            STEP: begin
                state_reg <= ADDRESS;
                fresh_reg <= fresh_reg && nothing_reg;
                if (!abandon_reg && !nothing_reg && !is_chase) begin
                    left_reg <= left_next;
                    done_reg <= done_next;
                end
                if (abandon_reg || m_error) begin
                    status_reg <= m_error ? BUS : KILLED;
                    if (m_error) begin
                        cause_reg <= m_error_resp == SLVERR ? 3'(dmmu_pkg::CAUSE_POISON) : 3'(dmmu_pkg::CAUSE_BUS);
                    end
                    state_reg <= RETIRE;
                end else if (nothing_reg) begin
                    // the same access once more
                end else if (to_dst) begin
                    moved_reg <= moved_reg + bytes_reg;
                    if (is_fill || is_atomic || chunk_over) begin
                        fresh_reg <= 1'b1;
                        phase_reg <= is_fill || is_atomic ? DST : SRC;
                    end
                end else if (phase_reg == SRC && (is_chase || is_vadd)) begin
                    phase_reg <= SRC2;
                end else if (is_reduce) begin
                    fresh_reg <= 1'b1;
                end else begin
                    phase_reg <= DST;
                    // VADD adds to what there is of the second source
                    if (m_cut) chunk_reg <= bytes_reg;
                end
                if (phase_reg == SRC && !nothing_reg) begin
                    chunk_reg <= bytes_reg;
                    moved_reg <= 13'd0;
                    so_reg <= va_reg[2:0];
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

    assign busy = state_reg != IDLE;
    assign waiting = state_reg == RESPONSE;
    assign retiring = state_reg == RETIRE && settled;
    assign dying = killed_reg && busy && state_reg != RETIRE;
    assign op = op_reg;
    assign ctx = ctx_reg;

    assign req_valid = state_reg == REQUEST;
    assign req_ctx = ctx_reg[CTX_W-1:0];
    assign req_va = va_reg;
    assign req_op = kind_reg;
    assign req_cookie = cookie_reg;
    assign rel_valid = state_reg == RELEASE;
    assign lock_req = is_atomic && (state_reg == LOCK || state_reg == MOVE || state_reg == COMPARE || state_reg == STORE);
    assign lock_word = va_reg[5:3];

    assign mem_local = local_reg;
    assign addr = {page_reg, m_at, 3'd0};
    assign shift = pos_reg[2:0];
    assign head = m_first ? va_reg[2:0] : 3'd0;
    assign tail = m_last ? tail_reg : 3'd7;

    always_comb begin
        case (rec_word)
            3'd0: rec_data = cookie_reg;
            3'd1: rec_data = {8'd0, 5'd0, cause_reg, 6'd0, access_reg, number, ctx_reg, op_reg, 5'd0, status_reg};
            3'd2: rec_data = is_reduce || is_chase ? sum : result_reg;
            3'd3: rec_data = done_reg;
            // the access that failed is the last one: its addresses are still there
            3'd4: rec_data = status_reg == FAULT ? va_reg : status_reg == BUS ? error_at_va : 64'd0;
            3'd5: rec_data = cycles;
            3'd6: rec_data = stall;
            default: rec_data = {32'd0, faults_reg};
        endcase
    end

    wire unused = &{1'b0, rsp_pa[11:0], span_up[2:0], other_reg[2:0], pos_reg};

`ifdef CHECK
    logic granted;      // holds a translation
    always_ff @(posedge clk) begin
        if (rsp_ok) granted <= 1'b1;
        if (rel_valid && rel_ready) granted <= 1'b0;
        if (rst) granted <= 1'b0;
        if (!rst) begin
            if (stalled) begin
                `CHECK_NAME(i3_stalled_thread_is_silent) assert (state_reg == RESPONSE && !arvalid && !awvalid);
            end
            if (rsp_valid) begin
                `CHECK_NAME(i8_answer_was_asked_for) assert (state_reg == RESPONSE);
            end
            if (arvalid || awvalid) begin
                `CHECK_NAME(i1_access_has_a_translation) assert (granted && (state_reg == MOVE || state_reg == STORE));
                `CHECK_NAME(i1_access_is_of_the_kind_asked_for) assert (
                    kind_reg == 2'(dmmu_pkg::ACCESS_ATOMIC) || awvalid == (kind_reg == 2'(dmmu_pkg::ACCESS_WRITE)));
            end
            if (rel_valid) begin
                `CHECK_NAME(released_once_and_when_all_is_answered) assert (granted && !arvalid && !awvalid && !rvalid && !bvalid);
            end
            if (state_reg == ADDRESS || state_reg == REQUEST || state_reg == RETIRE) begin
                `CHECK_NAME(released_before_the_next) assert (!granted);
            end
            if (go_read || go_write) begin
                `CHECK_NAME(data_is_at_rest) assert (settled);
            end
            if (start) begin
                `CHECK_NAME(start_only_when_free) assert (state_reg == IDLE);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(translation_comes_too_late_for_a_kill) cover (rsp_ok && killed_reg);
            `COVER_NAME(given_back_unused_for_an_invalidation) cover (state_reg == RELEASE && nothing_reg && !abandon_reg);
            `COVER_NAME(given_back_half_used_for_an_invalidation) cover (state_reg == RELEASE && m_cut && !nothing_reg);
            `COVER_NAME(atomic_given_back_while_it_waits_for_its_turn) cover (state_reg == LOCK && rel_wanted && !lock_grant);
            `COVER_NAME(atomic_given_back_before_it_stores) cover (state_reg == STORE && m_over && m_cut);
            `COVER_NAME(node_in_one_page) cover (state_reg == MOVE && is_pair);
            `COVER_NAME(compare_fails) cover (state_reg == COMPARE && settled && !atomic_ok_reg && !m_error);
            `COVER_NAME(stalled_thread_of_a_killed_context) cover (stalled && killed_reg);
        end
    end
`endif
endmodule

`default_nettype wire
