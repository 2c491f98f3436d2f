// SPDX-License-Identifier: GPL-2.0
//
// copy_cut: takes descriptors from the copy ring, judges them, and cuts each into chunks: as much as one burst moves
// without leaving a page of the source or of the destination. A descriptor that is refused, that could not be read, or
// that has met an error, ends with a chunk that moves nothing, so that every descriptor has exactly one last chunk.
`default_nettype none

module copy_cut #(
    // longest chunk, words, a power of two from 2 to 256
    parameter BURST_WORDS = 64
) (
    input  wire         clk,
    input  wire         rst,
    // descriptors are begun
    input  wire         enable,
    input  wire [63:0]  local_size,
    output wire         active,

    // copy ring
    input  wire         entry_valid,
    input  wire [511:0] entry,
    input  wire         entry_bad,
    output wire         entry_ready,

    // no chunk is on its way
    input  wire         drained,
    // pulse: a chunk of the descriptor at hand, not its last, met an error
    input  wire         stop,

    output wire         chunk_valid,
    input  wire         chunk_ready,
    output wire [63:0]  chunk_src,
    output wire [63:0]  chunk_dst,
    output wire         chunk_src_local,
    output wire         chunk_dst_local,
    // words - 1
    output wire [7:0]   chunk_len,
    // one of the three: the words are read; they are `chunk_value`; nothing is read or written
    output wire         chunk_read,
    output wire         chunk_fill,
    output wire         chunk_none,
    output wire [63:0]  chunk_value,
    // the descriptor's last; its flags
    output wire         chunk_last,
    output wire         chunk_wb,
    output wire         chunk_irq,

    // pulse: a descriptor was refused
    output wire         refused
);
    localparam [3:0] IDLE = 4'd0, SUM = 4'd1, JUDGE = 4'd2, VERDICT = 4'd3, DECODE = 4'd4, FENCE = 4'd5, ROOM = 4'd6,
        CUT = 4'd7, SHOW = 4'd8;
    localparam [7:0] F_WB = 8'(dmmu_pkg::CPY_F_WB), F_IRQ = 8'(dmmu_pkg::CPY_F_IRQ), F_FENCE = 8'(dmmu_pkg::CPY_F_FENCE),
        F_SRC_LOCAL = 8'(dmmu_pkg::CPY_F_SRC_LOCAL), F_DST_LOCAL = 8'(dmmu_pkg::CPY_F_DST_LOCAL);

    wire [7:0]  opcode = entry[dmmu_pkg::CPY_OPCODE_LSB +: 8];
    wire [7:0]  flags = entry[dmmu_pkg::CPY_FLAGS_LSB +: 8];
    wire [63:0] size = entry[dmmu_pkg::CPY_SIZE_LSB +: 64];
    wire [63:0] src = entry[dmmu_pkg::CPY_SRC_LSB +: 64];
    wire [63:0] dst = entry[dmmu_pkg::CPY_DST_LSB +: 64];
    wire [63:0] value = entry[dmmu_pkg::CPY_VALUE_LSB +: 64];
    wire        is_copy = opcode == 8'(dmmu_pkg::CPY_OP_COPY);
    wire        is_fill = opcode == 8'(dmmu_pkg::CPY_OP_FILL);
    wire        src_local = (flags & F_SRC_LOCAL) != 8'd0;
    wire        dst_local = (flags & F_DST_LOCAL) != 8'd0;

    logic [3:0]  state_reg;

    // ---- rules: terms, then where the ranges end, then the verdict. An entry is held from IDLE to DECODE.
    logic        form_ok_reg, size_ok_reg, aligned_reg, rsvd_ok_reg, rsvd2_ok_reg, unused_ok_reg, has_local_reg;
    logic [21:0] beyond_reg;        // from the first word to the last
    logic [63:0] local_last_reg;    // the last word of local memory
    logic [64:0] src_last_reg;      // of the ranges
    logic [64:0] dst_last_reg;
    logic        src_fits_reg, dst_fits_reg;
    logic        bad_reg;

    always_ff @(posedge clk) begin
        form_ok_reg <= (is_copy && (flags & ~(F_WB | F_IRQ | F_FENCE | F_SRC_LOCAL | F_DST_LOCAL)) == 8'd0) ||
                       (is_fill && (flags & ~(F_WB | F_IRQ | F_FENCE | F_DST_LOCAL)) == 8'd0);
        size_ok_reg <= size[2:0] == 3'd0 && size != 64'd0 && (size[63:21] == 43'd0 || size == 64'(dmmu_pkg::CPY_MAX_BYTES));
        aligned_reg <= src[2:0] == 3'd0 && dst[2:0] == 3'd0;
        unused_ok_reg <= is_copy ? value == 64'd0 : src == 64'd0;
        rsvd_ok_reg <= entry[dmmu_pkg::CPY_RSVD_LSB +: dmmu_pkg::CPY_RSVD_W] == '0;
        rsvd2_ok_reg <= entry[dmmu_pkg::CPY_RSVD2_LSB +: dmmu_pkg::CPY_RSVD2_W] == '0;
        has_local_reg <= local_size >= 64'd8;
        local_last_reg <= local_size - 64'd8;
        beyond_reg <= size[21:0] - 22'd8;
        src_last_reg <= {1'b0, src} + {43'd0, beyond_reg};
        dst_last_reg <= {1'b0, dst} + {43'd0, beyond_reg};
        src_fits_reg <= !src_last_reg[64] && (!src_local || (has_local_reg && src_last_reg[63:0] <= local_last_reg));
        dst_fits_reg <= !dst_last_reg[64] && (!dst_local || (has_local_reg && dst_last_reg[63:0] <= local_last_reg));
        bad_reg <= !(form_ok_reg && size_ok_reg && aligned_reg && unused_ok_reg && rsvd_ok_reg && rsvd2_ok_reg &&
                     src_fits_reg && dst_fits_reg);
    end

    // ---- the descriptor at hand
    logic        copy_reg;
    logic        wb_reg;
    logic        irq_reg;
    logic        fence_reg;
    // one of the three: nothing more of it is moved, its chunks are filled, they are read
    logic        ended_reg, fill_reg, read_reg;
    logic        src_local_reg;
    logic        dst_local_reg;
    logic [63:0] value_reg;
    logic [51:0] src_page_reg;
    logic [51:0] dst_page_reg;
    logic [8:0]  src_word_reg;
    logic [8:0]  dst_word_reg;
    logic [18:0] left_reg;          // words
    logic [9:0]  room_reg;          // to the next end of a page
    logic [8:0]  most_reg;          // words left, as far as a burst goes
    logic        rest_reg;          // these are all that is left
    logic [8:0]  words_reg;         // of the chunk
    logic        last_reg;

    wire [9:0] src_room = 10'd512 - {1'b0, src_word_reg};
    wire [9:0] dst_room = 10'd512 - {1'b0, dst_word_reg};
    wire       fits = {1'b0, most_reg} <= room_reg;
    wire       load = state_reg == DECODE;
    wire       taken = chunk_valid && chunk_ready;
    wire [9:0] src_next = {1'b0, src_word_reg} + {1'b0, words_reg};
    wire [9:0] dst_next = {1'b0, dst_word_reg} + {1'b0, words_reg};

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (entry_valid && enable) state_reg <= SUM;
            SUM: state_reg <= JUDGE;
            JUDGE: state_reg <= VERDICT;
            VERDICT: state_reg <= DECODE;
            DECODE: state_reg <= FENCE;
            FENCE: if (!fence_reg || drained) state_reg <= ROOM;
            ROOM: state_reg <= CUT;
            CUT: state_reg <= SHOW;
            SHOW: if (chunk_ready) state_reg <= chunk_last ? IDLE : ROOM;
            default: state_reg <= IDLE;
        endcase
        room_reg <= copy_reg && src_room < dst_room ? src_room : dst_room;
        rest_reg <= left_reg <= 19'(BURST_WORDS);
        most_reg <= left_reg <= 19'(BURST_WORDS) ? left_reg[8:0] : 9'(BURST_WORDS);
        if (state_reg == CUT) begin
            words_reg <= fits ? most_reg : room_reg[8:0];
            last_reg <= rest_reg && fits;
        end
        if (taken) begin
            src_word_reg <= src_next[8:0];
            dst_word_reg <= dst_next[8:0];
            if (src_next[9]) src_page_reg <= src_page_reg + 52'd1;
            if (dst_next[9]) dst_page_reg <= dst_page_reg + 52'd1;
            left_reg <= left_reg - {10'd0, words_reg};
        end
        if (stop) begin
            ended_reg <= 1'b1;
            fill_reg <= 1'b0;
            read_reg <= 1'b0;
        end
        if (load) begin
            copy_reg <= is_copy;
            wb_reg <= (flags & F_WB) != 8'd0;
            irq_reg <= (flags & (F_WB | F_IRQ)) == (F_WB | F_IRQ);
            fence_reg <= (flags & F_FENCE) != 8'd0 && !bad_reg && !entry_bad;
            ended_reg <= bad_reg || entry_bad;
            fill_reg <= !is_copy && !bad_reg && !entry_bad;
            read_reg <= is_copy && !bad_reg && !entry_bad;
            src_local_reg <= src_local;
            dst_local_reg <= dst_local;
            value_reg <= value;
            {src_page_reg, src_word_reg} <= src[63:3];
            {dst_page_reg, dst_word_reg} <= dst[63:3];
            left_reg <= size[21:3];
        end
        if (rst) state_reg <= IDLE;
    end

    assign active = state_reg != IDLE || (entry_valid && enable);
    assign entry_ready = load;
    assign chunk_valid = state_reg == SHOW;
    assign chunk_src = {src_page_reg, src_word_reg, 3'd0};
    assign chunk_dst = {dst_page_reg, dst_word_reg, 3'd0};
    assign chunk_src_local = src_local_reg;
    assign chunk_dst_local = dst_local_reg;
    assign chunk_len = words_reg[7:0] - 8'd1;
    assign chunk_read = read_reg;
    assign chunk_fill = fill_reg;
    assign chunk_none = ended_reg;
    assign chunk_value = value_reg;
    assign chunk_last = last_reg || ended_reg;
    assign chunk_wb = wb_reg;
    assign chunk_irq = irq_reg;
    assign refused = load && bad_reg && !entry_bad;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst && chunk_valid && !chunk_none) begin
            `CHECK_NAME(chunk_has_words) assert (words_reg != 9'd0 && words_reg <= 9'(BURST_WORDS) && {10'd0, words_reg} <= left_reg);
            `CHECK_NAME(chunk_stays_in_its_pages) assert (dst_next <= 10'd512 && (!copy_reg || src_next <= 10'd512));
            `CHECK_NAME(last_chunk_is_the_rest) assert (last_reg == ({10'd0, words_reg} == left_reg));
        end
        if (!rst && chunk_valid) begin
            `CHECK_NAME(chunk_is_one_of_three) assert (fill_reg == (!copy_reg && !ended_reg) && read_reg == (copy_reg && !ended_reg));
        end
        if (!rst && stop) begin
            `CHECK_NAME(only_what_goes_on_is_stopped) assert (!load);
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(unreadable_descriptor_counts) cover (load && entry_bad);
            `COVER_NAME(fence_waits_for_those_before) cover (state_reg == FENCE && fence_reg && !drained);
            `COVER_NAME(error_ends_a_descriptor_early) cover (stop && state_reg != IDLE);
            `COVER_NAME(source_page_ends_in_a_chunk) cover (taken && copy_reg && src_next[9] && !dst_next[9]);
            `COVER_NAME(destination_page_ends_in_a_chunk) cover (taken && copy_reg && dst_next[9] && !src_next[9]);
            `COVER_NAME(descriptor_waits_for_enable) cover (state_reg == IDLE && entry_valid && !enable);
        end
    end
`endif
endmodule

`default_nettype wire
