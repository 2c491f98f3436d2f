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
    localparam [3:0] IDLE = 4'd0, NEXT = 4'd1, READ_ADDRESS = 4'd2, READ_DATA = 4'd3, LOCK = 4'd4, AGE_ADDRESS = 4'd5,
        AGE_DATA = 4'd6, AGE_STORE = 4'd7, WRITE_ADDRESS = 4'd8, WRITE_DATA = 4'd9, WRITE_RESPONSE = 4'd10, DONE = 4'd11,
        OUT_NEXT = 4'd12, OUT_ADDRESS = 4'd13, OUT_DATA = 4'd14, OUT_RESPONSE = 4'd15;

    logic [3:0]  state_reg;
    logic [63:0] local_reg;
    logic [63:0] host_reg;
    logic [9:0]  left_reg;
    logic [63:0] value_reg;
    logic [6:0]  words_reg;
    logic [5:0]  word_reg;
    logic        error_reg;
    logic [63:0] buffer [0:63];

    // what PT_AGE found: a burst of 64 entries is a word of each half of the record
    logic [9:0]  looked_reg;        // entries of the bursts before
    logic [63:0] accessed_reg;
    logic [63:0] dirty_reg;
    logic        clear_reg;         // some of the burst are to be cleared
    logic [63:0] accessed [0:7];
    logic [63:0] dirty [0:7];
    logic [3:0]  out_reg;           // word of the record
    logic [4:0]  out_words_reg;     // of the burst

    // up to 64 entries at once, and to the end of the host's page
    wire [9:0] to_page_end = 10'd512 - {1'b0, host_reg[11:3]};
    wire [6:0] wanted = left_reg < 10'd64 ? left_reg[6:0] : 7'd64;
    wire [6:0] words_next = from_host && to_page_end < {3'd0, wanted} ? to_page_end[6:0] : wanted;
    wire [4:0] out_left = 5'd16 - {1'b0, out_reg};

    localparam [63:0] VALID_LEAF = 64'd1 << dmmu_pkg::PTE_V_LSB | 64'd1 << dmmu_pkg::PTE_LEAF_LSB;
    wire       leaf = (l_rdata & VALID_LEAF) == VALID_LEAF && !l_rerr;
    wire       has_a = leaf && l_rdata[dmmu_pkg::PTE_A_LSB];
    wire       has_d = leaf && l_rdata[dmmu_pkg::PTE_D_LSB];
    wire       burst_done = (state_reg == AGE_STORE && !clear_reg) || (state_reg == WRITE_RESPONSE && l_bvalid);
    wire       give_up = error_reg || (state_reg == WRITE_RESPONSE && l_berr);

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (start) begin
                state_reg <= NEXT;
                local_reg <= local_addr;
                host_reg <= host_addr;
                left_reg <= count;
                value_reg <= value;
                looked_reg <= 10'd0;
                out_reg <= 4'd0;
            end
            NEXT: begin
                words_reg <= words_next;
                word_reg <= 6'd0;
                error_reg <= 1'b0;
                clear_reg <= 1'b0;
                accessed_reg <= 64'd0;
                dirty_reg <= 64'd0;
                state_reg <= left_reg == 10'd0 ? (age ? OUT_NEXT : DONE) : from_host ? READ_ADDRESS : LOCK;
            end
            READ_ADDRESS: if (h_arready) state_reg <= READ_DATA;
            READ_DATA: if (h_rvalid) begin
                word_reg <= word_reg + 6'd1;
                error_reg <= error_reg || h_rerr;
                if (h_rlast) begin
                    word_reg <= 6'd0;
                    // entries that could not be read, and those after them, stay as they are
                    state_reg <= error_reg || h_rerr ? DONE : LOCK;
                end
            end
            LOCK: if (lock_grant) state_reg <= age ? AGE_ADDRESS : WRITE_ADDRESS;
            AGE_ADDRESS: if (l_arready) state_reg <= AGE_DATA;
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
            AGE_STORE: if (clear_reg) state_reg <= WRITE_ADDRESS;
            WRITE_ADDRESS: if (l_awready) state_reg <= WRITE_DATA;
            WRITE_DATA: if (l_wready) begin
                word_reg <= word_reg + 6'd1;
                value_reg <= value_reg + step;
                if (l_wlast) state_reg <= WRITE_RESPONSE;
            end
            DONE: state_reg <= IDLE;
            OUT_NEXT: begin
                out_words_reg <= to_page_end < {5'd0, out_left} ? to_page_end[4:0] : out_left;
                state_reg <= OUT_ADDRESS;
            end
            OUT_ADDRESS: if (h_awready) state_reg <= OUT_DATA;
            OUT_DATA: if (h_wready) begin
                out_reg <= out_reg + 4'd1;
                out_words_reg <= out_words_reg - 5'd1;
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
            state_reg <= !give_up ? NEXT : age ? OUT_NEXT : DONE;
        end
        if (rst) state_reg <= IDLE;
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
    assign lock_req = state_reg >= LOCK && state_reg <= WRITE_RESPONSE;
    assign h_arvalid = state_reg == READ_ADDRESS;
    assign h_araddr = host_reg;
    assign h_arlen = {1'b0, words_reg - 7'd1};
    assign h_rready = state_reg == READ_DATA;
    assign h_awvalid = state_reg == OUT_ADDRESS;
    assign h_awaddr = host_reg;
    assign h_awlen = {3'd0, out_words_reg - 5'd1};
    assign h_wvalid = state_reg == OUT_DATA;
    assign h_wdata = {1'b0, out_reg[2:0], 6'd0} < looked_reg ? shown : 64'd0;
    assign h_wlast = out_words_reg == 5'd1;
    assign l_arvalid = state_reg == AGE_ADDRESS;
    assign l_araddr = local_reg;
    assign l_arlen = {1'b0, words_reg - 7'd1};
    assign l_rready = state_reg == AGE_DATA;
    assign l_awvalid = state_reg == WRITE_ADDRESS;
    assign l_awaddr = local_reg;
    assign l_awlen = {1'b0, words_reg - 7'd1};
    assign l_wvalid = state_reg == WRITE_DATA;
    assign l_wdata = from_host || age ? buffer[word_reg] : value_reg;
    assign l_wstrb = age ? {8{accessed_reg[word_reg]}} : 8'hff;
    assign l_wlast = {1'b0, word_reg} == words_reg - 7'd1;

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst && (state_reg >= AGE_ADDRESS && state_reg <= WRITE_RESPONSE)) begin
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
            `COVER_NAME(burst_split_at_a_host_page_end) cover (state_reg == NEXT && from_host && to_page_end < {3'd0, wanted});
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
