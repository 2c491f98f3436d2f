// SPDX-License-Identifier: GPL-2.0
//
// fault_post: turns the faults of stalled threads into records of the fault ring. It takes a fault only when the ring
// has room, so that the thread's slot keeps it until then and nothing is lost; once taken, the record is complete here
// and does not change whatever becomes of the thread. Whose records are on their way to memory is remembered in order.
`default_nettype none

module fault_post #(
    // threads, and bits of a thread's number, of a context's number
    parameter THREADS = 16,
    parameter THR_W = 4,
    parameter CTX_W = 4
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [63:0]      cycle,
    input  wire             ring_full,
    // pulse: the oldest record under way is visible
    input  wire             posted,

    // a fault that waits: taken when valid && ready
    input  wire             valid,
    output wire             ready,
    input  wire [THR_W-1:0] thread,
    // all threads that its answer is for
    input  wire [THREADS-1:0] group,
    input  wire [CTX_W-1:0] ctx,
    input  wire [1:0]       access,
    input  wire [23:0]      number,
    input  wire [63:0]      va,
    input  wire [63:0]      cookie,
    input  wire [2:0]       cause,
    input  wire [2:0]       level,
    input  wire [63:0]      detect,

    output wire             rec_valid,
    input  wire [2:0]       rec_word,
    output logic [63:0]     rec_data,
    input  wire             rec_taken,
    // whose record `posted` is about
    output wire [THR_W-1:0] rec_thread,
    output wire [23:0]      rec_number,
    output wire [63:0]      rec_detect
);
    logic             valid_reg;
    logic [THR_W-1:0] thread_reg;
    logic [THREADS-1:0] group_reg;
    logic [CTX_W-1:0] ctx_reg;
    logic [1:0]       access_reg;
    logic [23:0]      number_reg;
    logic [63:0]      va_reg;
    logic [63:0]      cookie_reg;
    logic [2:0]       cause_reg;
    logic [2:0]       level_reg;
    logic [63:0]      detect_reg;
    logic [63:0]      record_reg;

    always_ff @(posedge clk) begin
        if (rec_taken) valid_reg <= 1'b0;
        if (valid && ready) begin
            valid_reg <= 1'b1;
            thread_reg <= thread;
            group_reg <= group;
            ctx_reg <= ctx;
            access_reg <= access;
            number_reg <= number;
            va_reg <= va;
            cookie_reg <= cookie;
            cause_reg <= cause;
            level_reg <= level;
            detect_reg <= detect;
            record_reg <= cycle;
        end
        if (rst) valid_reg <= 1'b0;
    end

    always_comb begin
        case (rec_word)
            3'd0: rec_data = {6'd0, access_reg, 8'(thread_reg), 16'(ctx_reg), number_reg, 8'(thread_reg)};
            3'd1: rec_data = va_reg;
            3'd2: rec_data = cookie_reg;
            3'd3: rec_data = {48'd0, 5'd0, level_reg, 5'd0, cause_reg};
            3'd4: rec_data = detect_reg;
            3'd5: rec_data = record_reg;
            3'd6: rec_data = 64'(group_reg);
            default: rec_data = 64'd0;
        endcase
    end

    // ---- records taken by the ring and not visible yet
    localparam DEPTH_W = 4;
    logic [DEPTH_W:0]    head_reg;
    logic [DEPTH_W:0]    tail_reg;
    logic [THR_W+87:0]   under_way [0:(1<<DEPTH_W)-1];
    wire                 crowded = (tail_reg - head_reg) == {1'b1, {DEPTH_W{1'b0}}};

    always_ff @(posedge clk) begin
        if (valid && ready) begin
            under_way[tail_reg[DEPTH_W-1:0]] <= {detect, number, thread};
            tail_reg <= tail_reg + 1'b1;
        end
        if (posted) head_reg <= head_reg + 1'b1;
        if (rst) begin
            head_reg <= '0;
            tail_reg <= '0;
        end
    end

    assign ready = !valid_reg && !ring_full && !crowded;
    assign rec_valid = valid_reg;
    assign {rec_detect, rec_number, rec_thread} = under_way[head_reg[DEPTH_W-1:0]];

`ifdef CHECK
    always_ff @(posedge clk) begin
        if (!rst) begin
            if (posted) begin
                `CHECK_NAME(posted_was_taken) assert (head_reg != tail_reg);
            end
        end
    end
`endif

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(several_records_under_way) cover ((tail_reg - head_reg) > 1);
            `COVER_NAME(ring_full_with_a_record_complete) cover (valid_reg && ring_full);
        end
    end
`endif
endmodule

`default_nettype wire
