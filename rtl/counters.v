// SPDX-License-Identifier: GPL-2.0
//
// counters: 64-bit event counters and the copy that the host reads. `snap` takes all of them as they are in that cycle,
// so that what is read belongs together. A counter is a sum in a RAM and a few bits beside it that grow at once; a
// sweep moves these into the RAM, one counter a cycle. A snapshot keeps the few bits, and the next round of the
// sweep writes each counter's value of that moment into the copy: `busy` until then, and `value` is good after it.
// The sums of time spans and CYCLES grow by amounts that the sweep could not carry: they are plain registers.
`default_nettype none

module counters #(
    // number of counters; the first of SPANS counters that grow by up to 64 bits in one cycle
    parameter N = 32,
    // counters that may grow by more than one in a cycle
    parameter [N-1:0] MANY = '1,
    parameter SPAN_FIRST = 14,
    parameter SPANS = 3
) (
    input  wire                clk,
    input  wire                rst,
    // counter i grows by add[i*8 +: 8], of what happened a cycle ago; those of CYCLES and the spans are not looked at
    input  wire [N*8-1:0]      add,
    input  wire [SPANS*64-1:0] span_add,
    input  wire                snap,
    // a snapshot is being taken
    output wire                busy,
    input  wire [5:0]          sel,
    // counter `sel` of the copy; zero when there is none
    output wire [63:0]         value,
    // counter CYCLES, live: the time stamp of everything
    output wire [63:0]         cycle
);
    localparam I_W = $clog2(N);
    // what can come together in one round of the sweep, by ones and at most
    localparam ONES_W = $clog2(N + 1);
    localparam ACC_W = 8 + I_W;
    localparam CYCLES = dmmu_pkg::CNT_CYCLES;

    // the sums that make the events take a cycle of their own; the snapshot comes as late as they do
    logic [N*8-1:0]      add_reg;
    logic [SPANS*64-1:0] span_add_reg;
    logic                rst_reg;
    logic                snap_early_reg;
    logic                snap_reg;

    logic [63:0]         cycle_reg;
    logic [63:0]         cycle_copy_reg;
    logic [SPANS*64-1:0] span_reg;
    logic [SPANS*64-1:0] span_copy_reg;
    wire  [N*ACC_W-1:0]  acc;           // not yet in the RAM
    wire  [N*ACC_W-1:0]  kept;          // the same at the snapshot
    logic [N-1:0]        fresh_reg;     // the RAM's word is from before the reset
    logic [N-1:0]        due_reg;       // the copy's word is not of the snapshot yet
    logic                shown_reg;     // a snapshot was taken since the reset
    logic [63:0]         live [0:N-1];
    logic [63:0]         copy [0:N-1];

    // the sweep: look at a counter, add, write
    logic [I_W-1:0]      look_reg;
    logic                add_valid_reg;
    logic [I_W-1:0]      add_index_reg;
    logic [63:0]         add_old_reg;
    logic [ACC_W-1:0]    add_acc_reg;
    logic [ACC_W-1:0]    add_kept_reg;
    logic                add_due_reg;
    logic                write_valid_reg;
    logic [I_W-1:0]      write_index_reg;
    logic [63:0]         write_live_reg;
    logic [63:0]         write_copy_reg;
    logic                write_due_reg;

    generate
        for (genvar i = 0; i < N; i = i + 1) begin : counter
            localparam W = MANY[i] ? ACC_W : ONES_W;
            localparam ADD_W = MANY[i] ? 8 : 1;
            logic [W-1:0] acc_reg;
            logic [W-1:0] kept_reg;
            wire          moved = look_reg == I_W'(i);
            wire  [W-1:0] more = W'(add_reg[i*8 +: ADD_W]);
            always_ff @(posedge clk) begin
                // what is moved is on its way to the RAM, where the next round finds it
                acc_reg <= (moved ? '0 : acc_reg) + more;
                if (snap_reg) kept_reg <= moved ? '0 : acc_reg;
                if (rst) acc_reg <= '0;
            end
            assign acc[i*ACC_W +: ACC_W] = ACC_W'(acc_reg);
            assign kept[i*ACC_W +: ACC_W] = ACC_W'(kept_reg);
`ifdef CHECK
            always_ff @(posedge clk) begin
                if (!rst && !MANY[i]) begin
                    `CHECK_NAME(grows_by_one) assert (add_reg[i*8+1 +: 7] == 7'd0);
                end
            end
`endif
        end
    endgenerate

    always_ff @(posedge clk) begin
        add_reg <= add;
        span_add_reg <= span_add;
        rst_reg <= rst;
        snap_early_reg <= snap;
        snap_reg <= snap_early_reg;
        cycle_reg <= cycle_reg + 64'd1;
        if (snap) cycle_copy_reg <= cycle_reg;
        for (int i = 0; i < SPANS; i++)
            span_reg[i*64 +: 64] <= span_reg[i*64 +: 64] + span_add_reg[i*64 +: 64];
        if (snap_reg) span_copy_reg <= span_reg;

        look_reg <= look_reg == I_W'(N - 1) ? '0 : look_reg + 1'b1;
        fresh_reg[look_reg] <= 1'b0;
        due_reg[look_reg] <= 1'b0;
        if (snap_reg) begin
            due_reg <= '1;
            shown_reg <= 1'b1;
        end

        add_valid_reg <= 1'b1;
        add_index_reg <= look_reg;
        add_old_reg <= fresh_reg[look_reg] ? 64'd0 : live[look_reg];
        add_acc_reg <= acc[look_reg*ACC_W +: ACC_W];
        add_kept_reg <= kept[look_reg*ACC_W +: ACC_W];
        add_due_reg <= due_reg[look_reg];

        write_valid_reg <= add_valid_reg;
        write_index_reg <= add_index_reg;
        write_live_reg <= add_old_reg + 64'(add_acc_reg);
        write_copy_reg <= add_old_reg + 64'(add_kept_reg);
        write_due_reg <= add_due_reg;

        // what comes in the cycle after a reset is from before its end
        if (rst || rst_reg) begin
            add_reg <= '0;
            span_add_reg <= '0;
        end
        if (rst) begin
            snap_early_reg <= 1'b0;
            snap_reg <= 1'b0;
            cycle_reg <= 64'd0;
            cycle_copy_reg <= 64'd0;
            span_reg <= '0;
            span_copy_reg <= '0;
            fresh_reg <= '1;
            due_reg <= '0;
            shown_reg <= 1'b0;
            look_reg <= '0;
            add_valid_reg <= 1'b0;
            write_valid_reg <= 1'b0;
        end
    end

    always_ff @(posedge clk) begin
        if (write_valid_reg) live[write_index_reg] <= write_live_reg;
        if (write_valid_reg && write_due_reg) copy[write_index_reg] <= write_copy_reg;
    end

    wire [63:0]  copied = copy[sel[I_W-1:0]];
    logic [63:0] shown;
    always_comb begin
        shown = copied;
        if (sel == 6'(CYCLES)) shown = cycle_copy_reg;
        for (int i = 0; i < SPANS; i++)
            if (sel == 6'(SPAN_FIRST + i)) shown = span_copy_reg[i*64 +: 64];
        if (!shown_reg || 32'(sel) >= N) shown = 64'd0;
    end

    assign busy = snap || snap_early_reg || snap_reg || due_reg != '0 || (add_valid_reg && add_due_reg) ||
                  (write_valid_reg && write_due_reg);
    assign value = shown;
    assign cycle = cycle_reg;

    wire unused = &{1'b0, add_reg};     // of those that grow by one a bit is looked at
endmodule

`default_nettype wire
