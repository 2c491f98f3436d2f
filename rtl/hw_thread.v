// SPDX-License-Identifier: GPL-2.0
//
// hw_thread: a hardware thread. It runs one work descriptor at a time as a series of accesses, each within one page and
// at most as long as its buffer. An access asks the MMU for its address, moves its words in as many bursts as they need,
// waits until memory has answered them all, and releases the address; data goes through the buffer, so that no access
// needs two translations at once. When an invalidation waits for the address, the thread issues no more bursts, gives it
// back as soon as those are answered, and asks for it again for the rest. While the MMU keeps an answer back (a page fault) the thread does nothing. It
// ends with a completion record. The sizes of an access are worked out while the MMU looks for its address.
//
// Whole addresses are not here: thread_port has them and works them out, for all its threads, and `threads` has the page that the
// MMU gave. A thread knows where in a
// page its operands are, which operand is next (`phase`), and how much is left.
`default_nettype none

module hw_thread #(
    // bits of a context's number
    parameter CTX_W = 4,
    // buffer, words, a power of two up to 512, and bits of a word's number
    parameter BUFFER_WORDS = 512,
    parameter IDX_W = 9,
    // longest burst, words, a power of two up to 256
    parameter BURST_WORDS = 64
) (
    input  wire                clk,
    input  wire                rst,

    // a descriptor for this thread, given only when it is not busy: operation (low bits), context, how many
    // units (`none`; `endless`: as many as there are), its operands' places in a page, whether a list is empty
    input  wire                start,
    input  wire [2:0]          d_op,
    input  wire [CTX_W-1:0]    d_ctx,
    input  wire [63:0]         d_left,
    input  wire                d_none,
    input  wire                d_endless,
    input  wire [11:0]         d_src,
    input  wire [11:0]         d_src2,
    input  wire [11:0]         d_dst,
    input  wire [11:0]         d_arg,
    input  wire [11:0]         d_arg2,
    input  wire                d_null,
    // a cycle later: it breaks a rule; its context is enabled and not killed
    input  wire                bad,
    input  wire                runs,
    output wire                busy,
    // counts as work, told a cycle late; waits for the MMU; has a completion record to give away
    output wire                works,
    output wire                waiting,
    output wire                retiring,
    // pulse: a context is killed
    input  wire                kill_valid,
    input  wire [CTX_W-1:0]    kill_ctx,
    // killed, but may still touch memory
    output wire                dying,

    // MMU: request, answer, release. The request's address: operand `req_phase`; of a list (`req_list`) the node, plus
    // the offset of its value (phase 0) or `next`; else the operand's end (`req_plain`: itself) less the units left, of 8 bytes
    // (`req_words`) or one. The node is the descriptor's (0, and where there is no list), or came from host (1) or local memory (2).
    output wire                req_valid,
    // it was taken in the cycle before, and is shown no longer than this one
    input  wire                req_taken,
    output wire [CTX_W-1:0]    req_ctx,
    output wire [1:0]          req_op,
    output wire [1:0]          req_phase,
    output wire                req_list,
    output wire                req_plain,
    output wire                req_words,
    output wire [63:0]         req_left,
    output wire [1:0]          req_node,
    // pulse: the request is with the MMU; of a list: value and `next` are in one page
    input  wire                asked,
    input  wire                asked_pair,
    input  wire                rsp_valid,
    input  wire [1:0]          rsp_status,
    // rsp_valid, and it is an address
    input  wire                rsp_good,
    input  wire                rsp_local,
    input  wire [1:0]          rsp_access,
    input  wire [2:0]          rsp_cause,
    output wire                rel_valid,
    input  wire                rel_ready,
    // an invalidation waits for the release
    input  wire                rel_wanted,
    input  wire                stalled,

    // the right to do an atomic operation on a word with these bits of its address
    output wire                lock_req,
    output wire [2:0]          lock_word,
    input  wire                lock_grant,

    // memory: bursts out (`at`: which word of its page), answers in; mem_local says which one. The data of a beat comes two cycles after `rvalid`,
    // in *_late.
    output wire                mem_local,
    output wire [8:0]          at,
    output wire [7:0]          len,
    output wire [1:0]          arvalid,     // host, local
    input  wire [1:0]          arready,
    input  wire                rvalid,
    // the beat as an address: place in a page, whether it is zero, or ends a list for this or another reason; zero where no beat comes: its response, that this is an error,
    // that it is a burst's last
    input  wire [11:0]         rplace,
    input  wire                rnull,
    input  wire                rend,
    input  wire [1:0]          rresp,
    input  wire                rbad,
    input  wire                rlast,
    input  wire [63:0]         host_late,
    input  wire [63:0]         local_late,
    output wire [1:0]          awvalid,
    input  wire [1:0]          awready,
    // the burst's data: first word in the buffer, or (fill) everywhere the operand, bytes by which its data begins later
    // there, bytes left out of its first beat, last byte of its last beat
    output wire [IDX_W-1:0]    from,
    output wire                fill,
    output wire [2:0]          shift,
    output wire [2:0]          head,
    output wire [2:0]          tail,
    // the buffer is read from outside
    input  wire [IDX_W-1:0]    host_index,
    input  wire [IDX_W-1:0]    local_index,
    input  wire                host_here,
    input  wire                local_here,
    output wire [63:0]         host_word,
    output wire [63:0]         local_word,
    input  wire                bvalid,
    input  wire [1:0]          bresp,
    // zero where no response comes
    input  wire                bbad,

    // threads_add: it does an atomic, one that replaces; the word that came counts; a cycle later: it is what was compared with
    output wire                atomic,
    output wire                replace,
    output wire                count,
    input  wire                equal,
    // a beat that comes now is the address of the list's next node, or, with an error, of none
    output wire                is_next,

    // for the completion record
    output wire [2:0]          status,
    output wire [2:0]          cause,
    output wire [1:0]          access,
    output wire [11:0]         place,
    input  wire                rec_taken
);
    localparam [1:0] SRC = 2'd0, SRC2 = 2'd1, DST = 2'd2;
    localparam [2:0] COPY = 3'(dmmu_pkg::OP_COPY), FILL = 3'(dmmu_pkg::OP_FILL),
        VADD = 3'(dmmu_pkg::OP_VADD), REDUCE = 3'(dmmu_pkg::OP_REDUCE), CHASE = 3'(dmmu_pkg::OP_CHASE),
        ATOMIC_ADD = 3'(dmmu_pkg::OP_ATOMIC_ADD), ATOMIC_CAS = 3'(dmmu_pkg::OP_ATOMIC_CAS);
    localparam [2:0] OK = 3'(dmmu_pkg::STATUS_OK), FAULT = 3'(dmmu_pkg::STATUS_FAULT),
        KILLED = 3'(dmmu_pkg::STATUS_KILLED), BAD_DESC = 3'(dmmu_pkg::STATUS_BAD_DESC), BUS = 3'(dmmu_pkg::STATUS_BUS);
    localparam [1:0] SLVERR = 2'd2;
    localparam BLOCK = BUFFER_WORDS * 8;

    wire in_check, in_address, in_response, in_plan, in_lock, in_move, in_compare, in_store, in_release, in_step, in_retire;
    wire asking, follows, armed, begins;
    logic        works_reg;
    logic [1:0]  phase_reg;     // which operand the access is for
    logic        fresh_reg;     // nothing of the operation is half done: it may end here
    logic        killed_reg;    // the context was killed since the start
    logic        abandon_reg;   // a translation came too late, release it unused
    logic        nothing_reg;   // the access was cut before it did anything: it is begun again
    logic [CTX_W-1:0] ctx_reg;
    // places in a page
    logic [11:0] src_reg;       // CHASE: the node
    logic [11:0] src2_reg;
    logic [11:0] dst_reg;
    logic [11:0] arg_reg;
    logic [11:0] arg2_reg;
    logic [11:0] done_reg;      // bytes done
    logic [1:0]  node_reg;      // where the node's address is
    logic        null_reg;      // it is zero
    logic [63:0] left_reg;      // units to do: bytes, or elements
    logic        none_reg;      // left_reg is zero; known from CHECK on
    logic        few_reg;       // left_reg is less than 8192; known a cycle after it changes
    logic        endless_reg;   // no limit of elements
    logic [2:0]  status_reg;
    logic [1:0]  access_reg;
    logic [2:0]  cause_reg;
    // the access
    logic [11:0] va_reg;
    logic        local_reg;
    logic [1:0]  plan_reg;      // steps of working out its sizes, 3: done
    logic [12:0] room_reg;      // bytes to the end of the page, or of what fits into the buffer
    logic [12:0] room2_reg;     // VADD: the same of the second source
    logic [12:0] rest_reg;      // bytes of the operation, or of the chunk, that are left, as far as they matter
    logic [12:0] bytes_reg;     // to move
    logic [9:0]  words_reg;
    logic [9:0]  issued_reg;    // of the words of an access that was cut: known when it is over
    logic [2:0]  tail_reg;      // last byte of the last word
    logic [12:0] pos_reg;       // byte of the buffer that goes into byte 0 of the first word
    logic [8:0]  other_reg;     // CHASE: which word of a page the node's `next` is
    logic        pair_reg;      // in the page that has the value
    logic        node_end_reg;  // CHASE: the access ends a node
    logic [12:0] units_reg;     // what was done
    logic        atomic_ok_reg; // the atomic is to write: known when its new value is in the buffer
    logic        came_reg;      // a word came in the cycle before
    // the chunk in the buffer
    logic [12:0] chunk_reg;     // bytes
    logic [12:0] moved_reg;     // of these, written
    logic [2:0]  so_reg;        // bytes before them in the first word

    // the operation, decoded: registers
    logic is_copy, is_fill, is_vadd, is_reduce, is_chase, is_atomic, is_cas;
    wire in_bytes = is_copy || is_fill;
    wire to_dst = phase_reg == DST;
    wire [1:0] kind = is_atomic ? 2'(dmmu_pkg::ACCESS_ATOMIC) : to_dst ? 2'(dmmu_pkg::ACCESS_WRITE) : 2'(dmmu_pkg::ACCESS_READ);

    // ---- where in its page the next access is, and a node's `next`
    logic [11:0] base;
    logic [11:0] offset;
    always_comb begin
        case (phase_reg)
            DST: base = dst_reg;
            SRC2: base = is_chase ? src_reg : src2_reg;
            default: base = src_reg;
        endcase
        if (is_chase) offset = in_address && phase_reg == SRC2 ? arg_reg : arg2_reg;
        else if (is_atomic) offset = 12'd0;
        else offset = done_reg;
    end
    wire [11:0] target = base + offset;
    wire [11:0] target2 = src2_reg + done_reg;
    wire [11:0] next_at = src_reg + arg_reg;

    // ---- how much of it: up to the end of the page, what fits, and what is left
    function [12:0] smaller(input [12:0] x, input [12:0] y);
        smaller = x < y ? x : y;
    endfunction
    wire [12:0] to_page_end = 13'd4096 - {1'b0, va_reg};
    wire [12:0] to_block_end = 13'(BLOCK) - ({1'b0, va_reg} & 13'(BLOCK - 1));
    wire [12:0] to_block_end2 = 13'(BLOCK) - ({1'b0, target2} & 13'(BLOCK - 1));
    wire [12:0] left_bytes = in_bytes ? (!few_reg || left_reg[12] ? 13'd4096 : left_reg[12:0]) :
                                        (!few_reg || left_reg[12:9] != 4'd0 ? 13'd4096 : {left_reg[9:0], 3'd0});
    wire [12:0] span = {10'd0, va_reg[2:0]} + bytes_reg;
    wire [12:0] span_up = span + 13'd7;
    wire [2:0]  span_last = span[2:0] - 3'd1;
    wire        planned = plan_reg == 2'd3;
    wire        is_pair = is_chase && pair_reg && phase_reg == SRC;
    wire [9:0]  words = is_chase ? (is_pair ? 10'd2 : 10'd1) : words_reg;

    // ---- the access on the bus
    wire        m_over, m_cut, m_error, m_first, m_last;
    wire        m_some;
    wire [9:0]  m_left, m_error_at;
    wire [1:0]  m_error_resp;
    wire        settled;
    wire        came;
    wire        may_read = in_response || in_plan || in_lock;

    thread_move #(.BURST_WORDS(BURST_WORDS), .IDX_W(IDX_W)) mover (
        .clk(clk), .rst(rst), .forget(!busy), .start(begins), .armed(armed), .good(rsp_good), .load(may_read || in_compare),
        .write(is_atomic ? in_compare : to_dst), .in_local(in_response ? rsp_local : local_reg), .pair(is_pair), .words(words),
        .word(va_reg[11:3]), .other(other_reg), .index(pos_reg[3 +: IDX_W]),
        .stop(rel_wanted), .over(m_over), .cut(m_cut), .left(m_left),
        .arvalid(arvalid), .arready(arready), .awvalid(awvalid), .awready(awready), .at(at), .len(len), .from(from),
        .first(m_first), .last(m_last), .rvalid(rvalid), .rlast(rlast), .rresp(rresp), .rbad(rbad), .bvalid(bvalid),
        .bresp(bresp), .bbad(bbad), .some(m_some), .error(m_error), .error_at(m_error_at), .error_resp(m_error_resp));

    // a node's `next` comes alone or after its value
    assign is_next = is_chase && (phase_reg == SRC2 || m_some);
    wire        rgood = rvalid && !rbad && !m_error;
    wire        node_over = rgood && is_next;
    // where the error is: in a first word the access's first byte
    wire [11:0] error_at = m_error_at == 10'd0 ? va_reg : {is_pair ? other_reg : va_reg[11:3] + m_error_at[8:0], 3'd0};
    // what was done: on an error only what is before it, and nothing where memory was still being read into the buffer;
    // of an access that was cut what was issued. Of CHASE nothing of this counts
    wire        short = m_error || m_cut;
    wire [9:0]  sound_words = m_error ? m_error_at : m_cut ? issued_reg : words_reg;
    wire [12:0] sound_bytes = !short ? bytes_reg : sound_words == 10'd0 ? 13'd0 :
                              {sound_words, 3'd0} - {10'd0, va_reg[2:0]};
    wire [12:0] units = is_atomic ? {12'd0, !short} : is_reduce || (is_vadd && to_dst) ? {3'd0, sound_words} :
                        to_dst ? sound_bytes : 13'd0;

    // a node of CHASE is done in MOVE, everything else in STEP
    wire [12:0] step = in_move ? 13'd1 : units_reg;
    wire [63:0] left_next = left_reg - {51'd0, step};

    thread_data #(.BUFFER_WORDS(BUFFER_WORDS), .IDX_W(IDX_W)) data (
        .clk(clk), .rst(rst), .rewind(may_read), .rvalid(rgood && !is_next), .in_local(local_reg), .host_late(host_late),
        .local_late(local_late), .plus(is_vadd && phase_reg == SRC2), .store(!is_reduce && !is_chase), .came(came),
        .settled(settled), .fixed(is_atomic), .host_index(host_index), .local_index(local_index),
        .host_here(host_here), .local_here(local_here), .host_word(host_word), .local_word(local_word));

    // ---- the next access, or the end: known in the cycle before ADDRESS, or before RELEASE of a node
    wire chunk_over = moved_reg + bytes_reg == chunk_reg;
    wire chunk_ends = to_dst && (is_fill || is_atomic || chunk_over);
    wire unbegun = m_cut && m_first;
    wire steps_on = !abandon_reg && !nothing_reg;
    wire node_last = few_reg && left_reg[12:0] == 13'd1;
    wire none_next = in_step && steps_on && !is_chase ? few_reg && left_reg[12:0] == units_reg : none_reg;
    wire fresh_next = !in_step || (nothing_reg ? fresh_reg : chunk_ends || is_reduce);
    wire finished_next = none_next && !(is_chase && endless_reg) || is_chase && null_reg;
    wire killed_next = killed_reg || (kill_valid && ctx_reg == kill_ctx);

    thread_state control (
        .clk(clk), .rst(rst), .start(start), .bad(bad), .runs(runs), .killed(killed_reg), .killed_now(killed_next),
        .atomic(is_atomic), .planned(planned), .planned_next(plan_reg[1]), .ends(fresh_next && (finished_next || crooked)),
        .broken(abandon_reg || m_error), .rsp_valid(rsp_valid), .rsp_good(rsp_good), .lock_grant(lock_grant),
        .rel_wanted(rel_wanted), .over(m_over), .cut(m_cut), .node_over(node_end_reg && !m_error && !unbegun),
        .node_last(node_last && !endless_reg), .rbad(rbad), .rend(rend), .settled(settled), .store(atomic_ok_reg),
        .req_taken(req_taken), .rel_ready(rel_ready), .rec_taken(rec_taken),
        .in_check(in_check), .in_address(in_address), .in_response(in_response), .in_plan(in_plan),
        .in_lock(in_lock), .in_move(in_move), .in_compare(in_compare), .in_store(in_store), .in_release(in_release),
        .in_step(in_step), .in_retire(in_retire), .busy(busy), .asking(asking), .follows(follows), .armed(armed),
        .begins(begins), .lock_req(lock_req));

    wire finished = none_reg && !(is_chase && endless_reg) || is_chase && null_reg;
    wire crooked = is_chase && src_reg[2:0] != 3'd0;
    wire may_end = in_release || fresh_reg;
    wire next = in_address || (follows && rel_ready);

    always_ff @(posedge clk) begin
        issued_reg <= words_reg - m_left;
        few_reg <= left_reg[63:13] == 51'd0;
        node_end_reg <= is_chase && (phase_reg == SRC2 || is_pair);
        // sizes, step by step, from the cycle after it began to ask
        if (plan_reg != 2'd3) plan_reg <= plan_reg + 2'd1;
        case (plan_reg)
            2'd0: begin
                room_reg <= to_dst ? to_page_end : to_block_end;
                room2_reg <= is_vadd && phase_reg == SRC ? to_block_end2 : 13'd4096;
                rest_reg <= is_fill || (phase_reg == SRC && !is_chase) ? left_bytes : to_dst && !is_atomic ? chunk_reg - moved_reg :
                            is_vadd ? chunk_reg : 13'd8;
                other_reg <= next_at[11:3];
            end
            2'd1: bytes_reg <= smaller(smaller(room_reg, room2_reg), rest_reg);
            2'd2: begin
                words_reg <= span_up[12:3];
                tail_reg <= span_last;
                pos_reg <= is_fill ? 13'd0 - {10'd0, dst_reg[2:0]} :
                           is_atomic ? 13'd0 : moved_reg + {10'd0, so_reg} - {10'd0, va_reg[2:0]};
            end
            default: ;
        endcase
        if (asked) pair_reg <= asked_pair;

        // what is taken without a start is not looked at
        if (!busy) begin
            is_copy <= d_op == COPY;
            is_fill <= d_op == FILL;
            is_vadd <= d_op == VADD;
            is_reduce <= d_op == REDUCE;
            is_chase <= d_op == CHASE;
            is_atomic <= d_op == ATOMIC_ADD || d_op == ATOMIC_CAS;
            is_cas <= d_op == ATOMIC_CAS;
            ctx_reg <= d_ctx;
            src_reg <= d_src;
            src2_reg <= d_src2;
            dst_reg <= d_dst;
            arg_reg <= d_arg;
            arg2_reg <= d_arg2;
            done_reg <= 12'd0;
            node_reg <= 2'd0;
            null_reg <= d_null;
            left_reg <= d_left;
            none_reg <= d_none;
            endless_reg <= d_endless;
            phase_reg <= d_op == FILL || d_op == ATOMIC_ADD || d_op == ATOMIC_CAS ? DST : SRC;
            fresh_reg <= 1'b1;
            status_reg <= OK;
            access_reg <= 2'd0;
            cause_reg <= 3'd0;
            abandon_reg <= 1'b0;
        end
        if (in_check) begin
            if (bad) status_reg <= BAD_DESC;
            else if (!runs) status_reg <= KILLED;
        end
        // of the last cycle of waiting, that of the answer, all of this is right, and before it is not looked at
        if (in_response) begin
            local_reg <= rsp_local;
            abandon_reg <= killed_reg && rsp_status == 2'd0;
            status_reg <= rsp_status == 2'd0 ? OK : rsp_status == 2'd1 && !killed_reg ? FAULT : KILLED;
            access_reg <= rsp_status == 2'd1 && !killed_reg ? rsp_access : 2'd0;
            cause_reg <= rsp_status == 2'd1 && !killed_reg ? rsp_cause : 3'd0;
        end
        if (in_lock) begin
            atomic_ok_reg <= 1'b0;
            nothing_reg <= 1'b1;
        end
        if (in_move) begin
            if (node_over) begin
                src_reg <= rplace;
                null_reg <= rnull;
                node_reg <= local_reg ? 2'd2 : 2'd1;
                left_reg <= left_next;
                none_reg <= node_last;
            end
            nothing_reg <= unbegun;
        end
        if (in_store) nothing_reg <= m_cut;
        if (in_release) begin
            units_reg <= units;
            if (m_cut) bytes_reg <= sound_bytes;
        end
        if (in_step) begin
            fresh_reg <= fresh_next;
            none_reg <= none_next;
            if (steps_on && !is_chase) begin
                left_reg <= left_next;
                done_reg <= done_reg + (in_bytes ? units_reg[11:0] : {units_reg[8:0], 3'd0});
            end
            if (abandon_reg || m_error) begin
                status_reg <= m_error ? BUS : KILLED;
                if (m_error) begin
                    cause_reg <= m_error_resp == SLVERR ? 3'(dmmu_pkg::CAUSE_POISON) : 3'(dmmu_pkg::CAUSE_BUS);
                end
            end else if (nothing_reg) begin
                // the same access once more
            end else if (to_dst) begin
                moved_reg <= moved_reg + bytes_reg;
                if (chunk_ends) phase_reg <= is_fill || is_atomic ? DST : SRC;
            end else if (phase_reg == SRC && (is_chase || is_vadd)) begin
                phase_reg <= SRC2;
            end else if (!is_reduce) begin
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

        came_reg <= came;
        if (came_reg && is_atomic) atomic_ok_reg <= !is_cas || equal;
        // it stays so until the release is taken
        if (in_address || follows) begin
            if (killed_reg) status_reg <= KILLED;
            else if (may_end && !finished && crooked) status_reg <= BAD_DESC;
        end
        if (next) begin
            va_reg <= target;
            if (in_release) phase_reg <= SRC;
            plan_reg <= 2'd0;
        end

        killed_reg <= busy && killed_next;

        works_reg <= start || (busy && !in_retire);

        if (rst) begin
            works_reg <= 1'b0;
            ctx_reg <= '0;
        end
    end

    assign works = works_reg;
    assign waiting = in_response && !asking;
    assign retiring = in_retire;
    assign dying = killed_reg && busy && !in_retire;

    assign req_valid = asking;
    assign req_ctx = ctx_reg;
    assign req_op = kind;
    assign req_phase = in_release ? SRC : phase_reg;
    assign req_list = is_chase;
    assign req_plain = is_atomic;
    assign req_words = !in_bytes;
    assign req_left = left_reg;
    assign req_node = is_chase ? node_reg : 2'd0;
    assign rel_valid = in_release;
    assign lock_word = va_reg[5:3];

    assign mem_local = local_reg;
    assign fill = is_fill;
    assign shift = pos_reg[2:0];
    assign head = m_first ? va_reg[2:0] : 3'd0;
    assign tail = m_last ? tail_reg : 3'd7;

    assign atomic = is_atomic;
    assign replace = is_cas;
    assign count = came && (is_reduce || is_chase || is_atomic);

    assign status = status_reg;
    assign cause = cause_reg;
    assign access = access_reg;
    // the access that failed is the last one: its place is still there
    assign place = status_reg == BUS ? error_at : va_reg;

    wire unused = &{1'b0, span_up[2:0], next_at[2:0], pos_reg, stalled};

`ifdef CHECK
    logic granted;      // holds a translation
    always_ff @(posedge clk) begin
        if (in_response && rsp_good) granted <= 1'b1;
        if (rel_valid && rel_ready) granted <= 1'b0;
        if (rst) granted <= 1'b0;
        if (!rst) begin
            if (in_move && m_cut) begin
                `CHECK_NAME(first_burst_was_not_issued) assert (m_first == (m_left == words));
            end
            if (in_release && m_cut && !is_chase) begin
                `CHECK_NAME(issued_words_are_counted) assert (issued_reg == words - m_left);
            end
            if (stalled) begin
                `CHECK_NAME(i3_stalled_thread_is_silent) assert (in_response && !asking && (arvalid | awvalid) == 2'b00);
            end
            if (rsp_valid) begin
                `CHECK_NAME(i8_answer_was_asked_for) assert (in_response && !asking && rsp_good == (rsp_status == 2'd0));
            end
            if ((arvalid | awvalid) != 2'b00) begin
                `CHECK_NAME(i1_access_has_a_translation) assert (granted && (in_move || in_store));
                `CHECK_NAME(i1_access_is_to_the_memory_that_was_told) assert ((arvalid | awvalid) == {local_reg, !local_reg});
                `CHECK_NAME(i1_access_is_of_the_kind_asked_for) assert (
                    kind == 2'(dmmu_pkg::ACCESS_ATOMIC) || (awvalid != 2'b00) == (kind == 2'(dmmu_pkg::ACCESS_WRITE)));
            end
            if (rel_valid) begin
                `CHECK_NAME(released_once_and_when_all_is_answered) assert (granted && (arvalid | awvalid) == 2'b00 && !rvalid && !bvalid);
            end
            if (rel_valid || follows) begin
                `CHECK_NAME(next_node_is_asked_for_when_this_one_came) assert (
                    rel_valid && follows == (node_end_reg && !m_error && !abandon_reg && !nothing_reg));
            end
            if (in_address || asking || in_release) begin
                `CHECK_NAME(what_is_left_is_known) assert (none_reg == (left_reg == 64'd0));
            end
            if (in_address || follows) begin
                `CHECK_NAME(asks_unless_it_ends) assert (asking != (killed_reg || (may_end && (finished || crooked))));
            end else if (asking) begin
                `CHECK_NAME(asks_until_it_is_heard) assert (in_response);
            end
            if (plan_reg == 2'd0 && busy || in_move && node_over || in_step) begin
                `CHECK_NAME(whether_little_is_left_is_known) assert (few_reg == (left_reg[63:13] == 51'd0));
            end
            if (in_move && m_over && node_end_reg && !m_error && !unbegun && !rbad) begin
                `CHECK_NAME(last_word_of_a_node_is_the_next) assert (node_over && rend == (rnull || rplace[2:0] != 3'd0));
            end
            if (in_address || in_response && asking || in_retire) begin
                `CHECK_NAME(released_before_the_next) assert (!granted);
            end
            if (in_compare && settled) begin
                `CHECK_NAME(compared_before_it_is_stored) assert (!came && !came_reg);
            end
            if (begins || (armed && rsp_good) || in_retire) begin    // what has been added up is in the sum when the record is made
                `CHECK_NAME(data_is_at_rest) assert (settled);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(translation_comes_too_late_for_a_kill) cover (in_response && rsp_good && killed_reg);
            `COVER_NAME(given_back_unused_for_an_invalidation) cover (in_release && nothing_reg && !abandon_reg);
            `COVER_NAME(given_back_half_used_for_an_invalidation) cover (in_release && m_cut && !nothing_reg);
            `COVER_NAME(atomic_given_back_while_it_waits_for_its_turn) cover (in_lock && rel_wanted && !lock_grant);
            `COVER_NAME(atomic_given_back_before_it_stores) cover (in_store && m_over && m_cut);
            `COVER_NAME(node_in_one_page) cover (in_move && is_pair);
            `COVER_NAME(compare_fails) cover (in_compare && settled && !atomic_ok_reg && !m_error);
            `COVER_NAME(stalled_thread_of_a_killed_context) cover (stalled && killed_reg);
        end
    end
`endif
endmodule

`default_nettype wire
