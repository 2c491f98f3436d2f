// SPDX-License-Identifier: GPL-2.0
//
// thread_state: what a hardware thread (hw_thread) is doing, a register for each state, and what it asks others for. No number is
// here: what is known of them comes as single bits, so that little is behind the answers of the MMU and of memory,
// which come late in the cycle.
`default_nettype none

module thread_state (
    input  wire  clk,
    input  wire  rst,

    // `early` are registers, or near to them; `late` come from afar
    input  wire  start,         // late: a descriptor
    input  wire  bad,           // early, in CHECK: it breaks a rule; its context may run
    input  wire  runs,
    input  wire  killed,        // early: its context was killed, before this cycle; now
    input  wire  killed_now,
    input  wire  atomic,        // early: its operation
    input  wire  planned,       // early: the access's sizes are known; in the next cycle
    input  wire  planned_next,
    input  wire  ends,          // early, in CHECK and STEP: nothing is left to do, and it may end there
    input  wire  broken,        // early, in STEP: there was an error, or it was killed: it ends
    input  wire  rsp_valid,     // late: the MMU's answer; it is an address
    input  wire  rsp_good,
    input  wire  lock_grant,    // late
    input  wire  rel_wanted,    // early
    input  wire  over,          // late: memory has answered all
    input  wire  cut,           // early: not all was issued
    input  wire  node_over,     // early: if that was well, it is the end of a list's node; the last one that it may go to
    input  wire  node_last,
    input  wire  rbad,          // late: it was not well; the next node's address is none
    input  wire  rend,
    input  wire  settled,       // early: data is in the buffer; it is to be stored
    input  wire  store,
    input  wire  req_taken,     // early
    input  wire  rel_ready,     // late
    input  wire  rec_taken,     // late

    output wire  in_check,
    output wire  in_address,    // the next access, or the end, is known
    output wire  in_response,   // the MMU is asked, or will be when it is free
    output wire  in_plan,
    output wire  in_lock,
    output wire  in_move,
    output wire  in_compare,    // two cycles and more: the new value gets into the buffer meanwhile
    output wire  in_store,
    output wire  in_release,
    output wire  in_step,
    output wire  in_retire,
    output wire  busy,
    // from in_address, or in_release of a node, until its request was taken; not if it ends instead
    output wire  asking,
    // in release: that was a node's end; a list goes on at once, asking beside the release
    output wire  follows,
    // it begins to move, no atomic, when the MMU gives an address; it begins now, for another reason
    output wire  armed,
    output wire  begins,
    // an atomic at memory: it asks for the right to its word, or has it
    output wire  lock_req
);
    // idle is none of them: what is nowhere yet, before the first reset, is idle
    logic busy_reg, check_reg, address_reg, response_reg, plan_reg, lock_reg, move_reg, compare_reg, store_reg, release_reg, step_reg,
        retire_reg;
    logic asking_reg, follows_reg, armed_reg, lock_req_reg;

    wire next = address_reg || (follows_reg && rel_ready);
    wire given = response_reg && rsp_good;
    wire locks = given && atomic && !killed;
    wire gives_way = lock_reg && !lock_grant && rel_wanted;
    wire stored = compare_reg && settled && !store;     // nothing is to be
    wire moved = move_reg && over && !(atomic && !cut);
    wire node = over && node_over && !rbad;

    always_ff @(posedge clk) begin
        busy_reg <= busy_reg ? !(retire_reg && rec_taken) : start;
        check_reg <= start;
        address_reg <= (check_reg && !bad && runs) || (step_reg && !broken);
        response_reg <= (next && asking_reg) || (response_reg && !rsp_valid);
        // only where an MMU answers within two cycles of the thread's asking
        plan_reg <= (given && !atomic && !planned && !killed) || (plan_reg && !planned);
        lock_reg <= locks || (lock_reg && !lock_grant && !rel_wanted);
        move_reg <= (armed_reg && rsp_good) || (plan_reg && planned) || (lock_reg && lock_grant) || (move_reg && !over);
        compare_reg <= (move_reg && over && atomic && !cut) || (compare_reg && !settled);
        store_reg <= (compare_reg && settled && store) || (store_reg && !over);
        release_reg <= (given && killed) || gives_way || moved || stored || (store_reg && over) || (release_reg && !rel_ready);
        step_reg <= release_reg && rel_ready && !follows_reg;
        retire_reg <= (check_reg && (bad || !runs)) || (next && !asking_reg) || (response_reg && rsp_valid && !rsp_good) ||
                      (step_reg && broken) || (retire_reg && !rec_taken);

        follows_reg <= move_reg ? node : follows_reg && !rel_ready;
        // a request beside a release is taken with it, not before: thread_port sees to that
        asking_reg <= ((check_reg && !bad && runs) || (step_reg && !broken)) && !ends && !killed_now ||
                      move_reg && node && !node_last && !rend && !killed_now ||
                      asking_reg && !req_taken && !(release_reg && !rel_ready && killed_now);
        armed_reg <= response_reg && planned_next && !atomic && !rsp_valid && !killed_now;
        lock_req_reg <= locks || (lock_req_reg && !gives_way && !moved && !stored && !(store_reg && over));

        if (rst) begin
            busy_reg <= 1'b0;
            check_reg <= 1'b0;
            address_reg <= 1'b0;
            response_reg <= 1'b0;
            plan_reg <= 1'b0;
            lock_reg <= 1'b0;
            move_reg <= 1'b0;
            compare_reg <= 1'b0;
            store_reg <= 1'b0;
            release_reg <= 1'b0;
            step_reg <= 1'b0;
            retire_reg <= 1'b0;
            follows_reg <= 1'b0;
            asking_reg <= 1'b0;
            armed_reg <= 1'b0;
            lock_req_reg <= 1'b0;
        end
    end

    assign in_check = check_reg;
    assign in_address = address_reg;
    assign in_response = response_reg;
    assign in_plan = plan_reg;
    assign in_lock = lock_reg;
    assign in_move = move_reg;
    assign in_compare = compare_reg;
    assign in_store = store_reg;
    assign in_release = release_reg;
    assign in_step = step_reg;
    assign in_retire = retire_reg;
    assign busy = busy_reg;
    assign asking = asking_reg;
    assign follows = follows_reg;
    assign armed = armed_reg;
    assign begins = (plan_reg && planned) || (lock_reg && lock_grant) || (compare_reg && settled && store);
    assign lock_req = lock_req_reg;

`ifdef CHECK
    wire [11:0] all = {!busy_reg, check_reg, address_reg, response_reg, plan_reg, lock_reg, move_reg, compare_reg, store_reg, release_reg,
        step_reg, retire_reg};
    always_ff @(posedge clk) begin
        if (!rst) begin
            `CHECK_NAME(one_state_at_a_time) assert (all != '0 && (all & (all - 1'b1)) == '0);
            `CHECK_NAME(an_atomic_at_memory_has_or_waits_for_its_lock) assert (lock_req_reg == (atomic &&
                (lock_reg || move_reg || compare_reg || store_reg)));
            `CHECK_NAME(ready_for_a_good_answer) assert (armed_reg == (response_reg && planned && !atomic && !killed));
            if (start) begin
                `CHECK_NAME(start_only_when_free) assert (!busy_reg);
            end
            if (rsp_good) begin
                `CHECK_NAME(what_is_good_is_an_answer) assert (rsp_valid);
            end
        end
    end
`endif
endmodule

`default_nettype wire
