// SPDX-License-Identifier: GPL-2.0
//
// pt_unit: page-table entries for the host: writes them, copied from host memory (PT_WRITE) or as a series (PT_FILL), or
// tells which have A and D, and clears A (PT_AGE). While it has a burst of entries at hand it holds the page-table lock,
// so that the walker's read-modify-write of A and D cannot bring an old entry back, nor lose a bit to this one's. Done
// means that memory has answered every write.
`default_nettype none

module pt_unit (
    input  wire        clk,
    input  wire        rst,

    // pulse; operands stay until `done`
    input  wire        start,
    input  wire        from_host,
    input  wire        age,
    input  wire        age_clear,
    input  wire [63:0] local_addr,
    input  wire [63:0] host_addr,
    input  wire [9:0]  count,
    input  wire [63:0] value,
    input  wire [63:0] step,
    output wire        done,
    output wire        host_error,
    output wire        local_error,

    output wire        lock_req,
    input  wire        lock_grant,

    output wire        h_arvalid,
    input  wire        h_arready,
    output wire [63:0] h_araddr,
    output wire [7:0]  h_arlen,
    input  wire        h_rvalid,
    output wire        h_rready,
    input  wire [63:0] h_rdata,
    input  wire        h_rerr,
    input  wire        h_rlast,

    output wire        h_awvalid,
    input  wire        h_awready,
    output wire [63:0] h_awaddr,
    output wire [7:0]  h_awlen,
    output wire        h_wvalid,
    input  wire        h_wready,
    output wire [63:0] h_wdata,
    output wire        h_wlast,
    input  wire        h_bvalid,
    input  wire        h_berr,

    output wire        l_arvalid,
    input  wire        l_arready,
    output wire [63:0] l_araddr,
    output wire [7:0]  l_arlen,
    input  wire        l_rvalid,
    output wire        l_rready,
    input  wire [63:0] l_rdata,
    input  wire        l_rerr,
    input  wire        l_rlast,

    output wire        l_awvalid,
    input  wire        l_awready,
    output wire [63:0] l_awaddr,
    output wire [7:0]  l_awlen,
    output wire        l_wvalid,
    input  wire        l_wready,
    output wire [63:0] l_wdata,
    output wire [7:0]  l_wstrb,
    output wire        l_wlast,
    input  wire        l_bvalid,
    input  wire        l_berr
);
    // from LOCK to WRITE_RESPONSE the lock is held
    localparam [3:0] IDLE = 4'd0, NEXT = 4'd1, READ_DATA = 4'd2, LOCK = 4'd3, AGE_DATA = 4'd4, AGE_STORE = 4'd5,
        WRITE_DATA = 4'd6, WRITE_RESPONSE = 4'd7, DONE = 4'd8, OUT_NEXT = 4'd9, OUT_DATA = 4'd10, OUT_RESPONSE = 4'd11;

    logic [3:0]  state_reg;
    logic        lock_reg;
    // addresses that were not taken yet; no data comes or goes before
    logic        h_ar_valid_reg, h_aw_valid_reg, l_ar_valid_reg, l_aw_valid_reg;
    logic [63:0] local_reg;
    logic [63:0] host_reg;
    logic [9:0]  left_reg;
    logic [63:0] value_reg;
    logic [6:0]  words_reg;
    logic [5:0]  word_reg;
    logic        l_last_reg;        // of the words that are written, this is the last
    logic        error_reg;
    logic        buffered_reg;      // what is written is from the buffer
    logic [63:0] buffer [0:63];

    // what PT_AGE found: a burst of 64 entries is a word of each half of the record
    logic [9:0]  looked_reg;        // entries of the bursts before
    logic [63:0] accessed_reg;      // when they are written, from the entry at hand on
    logic [63:0] dirty_reg;
    logic        clear_reg;         // some of the burst are to be cleared
    logic [63:0] accessed [0:7];
    logic [63:0] dirty [0:7];
    logic [3:0]  out_reg;           // word of the record
    logic [4:0]  out_words_reg;     // of the burst
    logic        h_last_reg;        // one of them

    // up to 64 entries at once, and to the end of the host's page
    wire       many = left_reg[9:6] != 4'd0;
    wire [6:0] ahead = {1'b0, host_reg[8:3]} + {1'b0, left_reg[5:0]};
    wire       crosses = from_host && host_reg[11:9] == 3'd7 && (many ? host_reg[8:3] != 6'd0 : ahead > 7'd64);
    wire [6:0] words_next = crosses ? {1'b0, 6'd0 - host_reg[8:3]} : many ? 7'd64 : left_reg[6:0];
    // the record's 16 words, or as many as fit in the host's page; the second of two bursts begins with a page
    wire       out_crosses = host_reg[11:7] == 5'd31 && host_reg[6:3] != 4'd0;
    wire [3:0] out_skip = out_crosses ? host_reg[6:3] : out_reg;

    localparam [63:0] VALID_LEAF = 64'd1 << dmmu_pkg::PTE_V_LSB | 64'd1 << dmmu_pkg::PTE_LEAF_LSB;
    wire       leaf = (l_rdata & VALID_LEAF) == VALID_LEAF && !l_rerr;
    wire       has_a = leaf && l_rdata[dmmu_pkg::PTE_A_LSB];
    wire       has_d = leaf && l_rdata[dmmu_pkg::PTE_D_LSB];
    wire       over = left_reg == 10'd0 || error_reg;     // the end, or an entry that could not be read or written
    wire       burst_done = (state_reg == AGE_STORE && !clear_reg) || (state_reg == WRITE_RESPONSE && l_bvalid);

    always_ff @(posedge clk) begin
        buffered_reg <= from_host || age;
        if (h_arready) h_ar_valid_reg <= 1'b0;
        if (h_awready) h_aw_valid_reg <= 1'b0;
        if (l_arready) l_ar_valid_reg <= 1'b0;
        if (l_awready) l_aw_valid_reg <= 1'b0;
        case (state_reg)
            IDLE: if (start) begin
                state_reg <= NEXT;
                local_reg <= local_addr;
                host_reg <= host_addr;
                left_reg <= count;
                value_reg <= value;
                error_reg <= 1'b0;
                looked_reg <= 10'd0;
                out_reg <= 4'd0;
            end
            NEXT: begin
                words_reg <= words_next;
                word_reg <= 6'd0;
                clear_reg <= 1'b0;
                accessed_reg <= 64'd0;
                dirty_reg <= 64'd0;
                state_reg <= over ? (age ? OUT_NEXT : DONE) : from_host ? READ_DATA : LOCK;
                h_ar_valid_reg <= !over && from_host;
                lock_reg <= !over && !from_host;
            end
            READ_DATA: if (h_rvalid) begin
                word_reg <= word_reg + 6'd1;
                error_reg <= error_reg || h_rerr;
                if (h_rlast) begin
                    word_reg <= 6'd0;
                    // entries that could not be read, and those after them, stay as they are
                    state_reg <= error_reg || h_rerr ? DONE : LOCK;
                    lock_reg <= !(error_reg || h_rerr);
                end
            end
            LOCK: begin
                l_last_reg <= words_reg == 7'd1;
                if (lock_grant) begin
                    state_reg <= age ? AGE_DATA : WRITE_DATA;
                    l_ar_valid_reg <= age;
                    l_aw_valid_reg <= !age;
                end
            end
            AGE_DATA: if (l_rvalid) begin
                word_reg <= word_reg + 6'd1;
                error_reg <= error_reg || l_rerr;
                accessed_reg[word_reg] <= has_a;
                dirty_reg[word_reg] <= has_d;
                clear_reg <= clear_reg || (has_a && age_clear);
                if (l_rlast) begin
                    word_reg <= 6'd0;
                    state_reg <= AGE_STORE;
                end
            end
            AGE_STORE: if (clear_reg) begin
                state_reg <= WRITE_DATA;
                l_aw_valid_reg <= 1'b1;
            end else begin
                state_reg <= NEXT;
            end
            WRITE_DATA: if (l_wready) begin
                word_reg <= word_reg + 6'd1;
                l_last_reg <= {1'b0, word_reg} + 7'd2 == words_reg;
                accessed_reg <= accessed_reg >> 1;
                value_reg <= value_reg + step;
                if (l_wlast) state_reg <= WRITE_RESPONSE;
            end
            WRITE_RESPONSE: if (l_bvalid) begin
                state_reg <= NEXT;
                if (l_berr) error_reg <= 1'b1;
            end
            DONE: state_reg <= IDLE;
            OUT_NEXT: begin
                out_words_reg <= 5'd16 - {1'b0, out_skip};
                h_last_reg <= out_skip == 4'd15;
                state_reg <= OUT_DATA;
                h_aw_valid_reg <= 1'b1;
            end
            OUT_DATA: if (h_wready) begin
                out_reg <= out_reg + 4'd1;
                out_words_reg <= out_words_reg - 5'd1;
                h_last_reg <= out_words_reg == 5'd2;
                if (h_wlast) state_reg <= OUT_RESPONSE;
            end
            OUT_RESPONSE: if (h_bvalid) begin
                // the second of two bursts begins with a page
                host_reg <= {host_reg[63:12] + 52'd1, 12'd0};
                state_reg <= out_reg == 4'd0 ? DONE : OUT_NEXT;
            end
            default: ;
        endcase
        if (burst_done) begin
            local_reg <= local_reg + {54'd0, words_reg, 3'd0};
            if (!age) host_reg <= host_reg + {54'd0, words_reg, 3'd0};
            left_reg <= left_reg - {3'd0, words_reg};
            looked_reg <= looked_reg + {3'd0, words_reg};
            lock_reg <= 1'b0;
        end
        if (rst) begin
            state_reg <= IDLE;
            lock_reg <= 1'b0;
            h_ar_valid_reg <= 1'b0;
            h_aw_valid_reg <= 1'b0;
            l_ar_valid_reg <= 1'b0;
            l_aw_valid_reg <= 1'b0;
        end
    end

    always_ff @(posedge clk)
        if (h_rvalid && h_rready) buffer[word_reg] <= h_rdata;
        else if (l_rvalid && l_rready) buffer[word_reg] <= l_rdata & ~(64'd1 << dmmu_pkg::PTE_A_LSB);

    always_ff @(posedge clk)
        if (state_reg == AGE_STORE) begin
            accessed[looked_reg[8:6]] <= accessed_reg;
            dirty[looked_reg[8:6]] <= dirty_reg;
        end

    // entries that were not looked at have no bits
    wire [63:0] shown = out_reg[3] ? dirty[out_reg[2:0]] : accessed[out_reg[2:0]];

    assign done = state_reg == DONE;
    assign host_error = (h_rvalid && h_rready && h_rerr) || (state_reg == OUT_RESPONSE && h_bvalid && h_berr);
    assign local_error = (state_reg == WRITE_RESPONSE && l_bvalid && l_berr) || (l_rvalid && l_rready && l_rerr);
    assign lock_req = lock_reg;
    assign h_arvalid = h_ar_valid_reg;
    assign h_araddr = host_reg;
    assign h_arlen = {1'b0, words_reg - 7'd1};
    assign h_rready = state_reg == READ_DATA;
    assign h_awvalid = h_aw_valid_reg;
    assign h_awaddr = host_reg;
    assign h_awlen = {3'd0, out_words_reg - 5'd1};
    assign h_wvalid = state_reg == OUT_DATA;
    assign h_wdata = {1'b0, out_reg[2:0], 6'd0} < looked_reg ? shown : 64'd0;
    assign h_wlast = h_last_reg;
    assign l_arvalid = l_ar_valid_reg;
    assign l_araddr = local_reg;
    assign l_arlen = {1'b0, words_reg - 7'd1};
    assign l_rready = state_reg == AGE_DATA;
    assign l_awvalid = l_aw_valid_reg;
    assign l_awaddr = local_reg;
    assign l_awlen = {1'b0, words_reg - 7'd1};
    assign l_wvalid = state_reg == WRITE_DATA;
    assign l_wdata = buffered_reg ? buffer[word_reg] : value_reg;
    assign l_wstrb = age ? {8{accessed_reg[0]}} : 8'hff;
    assign l_wlast = l_last_reg;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(lock_is_asked_for_from_wanting_it_to_the_answer) assert (lock_reg == (state_reg >= LOCK && state_reg <= WRITE_RESPONSE));
        end
        if (!rst && state_reg == WRITE_DATA) begin
            `CHECK_NAME(last_entry_is_known) assert (l_last_reg == ({1'b0, word_reg} == words_reg - 7'd1));
            `CHECK_NAME(operands_stay) assert (buffered_reg == (from_host || age));
        end
        if (!rst && state_reg == NEXT && left_reg != 10'd0) begin
            `CHECK_NAME(burst_ends_with_its_page) assert (words_next != 7'd0 && words_next <= 7'd64 && {3'd0, words_next} <= left_reg &&
                (!from_host || {1'b0, host_reg[11:3]} + {3'd0, words_next} <= 10'd512));
        end
        if (!rst && state_reg == OUT_NEXT) begin
            `CHECK_NAME(one_burst_begins_in_a_page) assert (out_reg == 4'd0 || !out_crosses);
        end
        if (!rst && state_reg == OUT_DATA) begin
            `CHECK_NAME(last_word_of_the_record_is_known) assert (h_last_reg == (out_words_reg == 5'd1));
        end
        if (!rst && (state_reg >= AGE_DATA && state_reg <= WRITE_RESPONSE)) begin
            `CHECK_NAME(entries_are_touched_under_the_lock) assert (lock_grant);
        end
        if (!rst && l_rvalid && l_rready) begin
            `CHECK_NAME(entries_come_as_asked_for) assert (l_rlast == ({1'b0, word_reg} == words_reg - 7'd1));
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(burst_split_at_a_host_page_end) cover (state_reg == NEXT && crosses);
            `COVER_NAME(gives_up_at_an_unreadable_entry) cover (state_reg == READ_DATA && h_rvalid && h_rlast && (error_reg || h_rerr));
            `COVER_NAME(gives_up_at_an_unwritable_entry) cover (state_reg == WRITE_RESPONSE && l_bvalid && l_berr && !age);
            `COVER_NAME(age_waits_for_the_lock) cover (state_reg == LOCK && age && !lock_grant);
            `COVER_NAME(age_writes_some_of_a_burst) cover (state_reg == AGE_STORE && clear_reg && !accessed_reg[0]);
            `COVER_NAME(age_has_nothing_to_write) cover (state_reg == AGE_STORE && !clear_reg);
            `COVER_NAME(age_gives_up_at_an_unreadable_entry) cover (burst_done && age && error_reg);
            `COVER_NAME(age_record_crosses_a_page) cover (state_reg == OUT_RESPONSE && h_bvalid && out_reg != 4'd0);
        end
    end
`endif
endmodule

`default_nettype wire
