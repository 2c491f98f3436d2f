// SPDX-License-Identifier: GPL-2.0
//
// pt_unit: writes page-table entries for the host, copied from host memory (PT_WRITE) or as a series (PT_FILL).
// While a burst of entries is being written it holds the page-table lock, so that the walker's read-modify-write
// of accessed and dirty bits cannot bring an old entry back. Done means that memory has answered every write.
`default_nettype none

module pt_unit (
    input  wire        clk,
    input  wire        rst,

    // pulse; operands stay until `done`
    input  wire        start,
    input  wire        from_host,
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

    output wire        l_awvalid,
    input  wire        l_awready,
    output wire [63:0] l_awaddr,
    output wire [7:0]  l_awlen,
    output wire        l_wvalid,
    input  wire        l_wready,
    output wire [63:0] l_wdata,
    output wire        l_wlast,
    input  wire        l_bvalid,
    input  wire        l_berr
);
    localparam [3:0] IDLE = 4'd0, NEXT = 4'd1, READ_ADDRESS = 4'd2, READ_DATA = 4'd3, LOCK = 4'd4,
        WRITE_ADDRESS = 4'd5, WRITE_DATA = 4'd6, WRITE_RESPONSE = 4'd7, DONE = 4'd8;

    logic [3:0]  state_reg;
    logic [63:0] local_reg;
    logic [63:0] host_reg;
    logic [9:0]  left_reg;
    logic [63:0] value_reg;
    logic [3:0]  words_reg;
    logic [2:0]  word_reg;
    logic        error_reg;
    logic [63:0] buffer [0:7];

    // up to eight entries at once, and to the end of the host's page
    wire [9:0] to_page_end = 10'd512 - {1'b0, host_reg[11:3]};
    wire [3:0] wanted = left_reg < 10'd8 ? left_reg[3:0] : 4'd8;
    wire [3:0] words_next = from_host && to_page_end < {6'd0, wanted} ? to_page_end[3:0] : wanted;

    always_ff @(posedge clk) begin
        case (state_reg)
            IDLE: if (start) begin
                state_reg <= NEXT;
                local_reg <= local_addr;
                host_reg <= host_addr;
                left_reg <= count;
                value_reg <= value;
            end
            NEXT: begin
                words_reg <= words_next;
                word_reg <= 3'd0;
                error_reg <= 1'b0;
                state_reg <= left_reg == 10'd0 ? DONE : from_host ? READ_ADDRESS : LOCK;
            end
            READ_ADDRESS: if (h_arready) state_reg <= READ_DATA;
            READ_DATA: if (h_rvalid) begin
                word_reg <= word_reg + 3'd1;
                error_reg <= error_reg || h_rerr;
                if (h_rlast) begin
                    word_reg <= 3'd0;
                    // entries that could not be read, and those after them, stay as they are
                    state_reg <= error_reg || h_rerr ? DONE : LOCK;
                end
            end
            LOCK: if (lock_grant) state_reg <= WRITE_ADDRESS;
            WRITE_ADDRESS: if (l_awready) state_reg <= WRITE_DATA;
            WRITE_DATA: if (l_wready) begin
                word_reg <= word_reg + 3'd1;
                value_reg <= value_reg + step;
                if (l_wlast) state_reg <= WRITE_RESPONSE;
            end
            WRITE_RESPONSE: if (l_bvalid) begin
                local_reg <= local_reg + {57'd0, words_reg, 3'd0};
                host_reg <= host_reg + {57'd0, words_reg, 3'd0};
                left_reg <= left_reg - {6'd0, words_reg};
                state_reg <= l_berr ? DONE : NEXT;
            end
            DONE: state_reg <= IDLE;
            default: state_reg <= IDLE;
        endcase
        if (rst) state_reg <= IDLE;
    end

    always_ff @(posedge clk)
        if (h_rvalid && h_rready) buffer[word_reg] <= h_rdata;

    assign done = state_reg == DONE;
    assign host_error = h_rvalid && h_rready && h_rerr;
    assign local_error = state_reg == WRITE_RESPONSE && l_bvalid && l_berr;
    assign lock_req = state_reg >= LOCK && state_reg <= WRITE_RESPONSE;
    assign h_arvalid = state_reg == READ_ADDRESS;
    assign h_araddr = host_reg;
    assign h_arlen = {4'd0, words_reg - 4'd1};
    assign h_rready = state_reg == READ_DATA;
    assign l_awvalid = state_reg == WRITE_ADDRESS;
    assign l_awaddr = local_reg;
    assign l_awlen = {4'd0, words_reg - 4'd1};
    assign l_wvalid = state_reg == WRITE_DATA;
    assign l_wdata = from_host ? buffer[word_reg] : value_reg;
    assign l_wlast = {1'b0, word_reg} == words_reg - 4'd1;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(burst_split_at_a_host_page_end) cover (state_reg == NEXT && from_host && to_page_end < {6'd0, wanted});
            `COVER_NAME(gives_up_at_an_unreadable_entry) cover (state_reg == READ_DATA && h_rvalid && h_rlast && (error_reg || h_rerr));
            `COVER_NAME(gives_up_at_an_unwritable_entry) cover (local_error);
        end
    end
`endif
endmodule

`default_nettype wire
