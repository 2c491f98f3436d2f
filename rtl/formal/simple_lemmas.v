// SPDX-License-Identifier: GPL-2.0
//
// simple_lemmas: what rtl/simple/mmu.v is like inside, in every state that it can reach. Nobody is promised any of this: it
// is asserted together with a property (-D LEMMAS, by which mmu_formal.v includes it), and pdr, which has to find an
// inductive invariant for both, finds it in these. A lemma that is wrong has a counterexample and says so; one that is
// missing costs time, nothing else. For 2 threads, 1 port, 1 TLB entry, a root that stays, and memory without errors.
//
// A signal of the MMU is declared here by the name that it has when yosys has flattened the design.
    (* hierconn *) wire [3:0]         \dut.state_reg ;
    (* hierconn *) wire [THR_W-1:0]   \dut.thread_reg ;
    (* hierconn *) wire [1:0]         \dut.status_reg ;
    (* hierconn *) wire [63:0]        \dut.table_reg ;
    (* hierconn *) wire [2:0]         \dut.depth_reg ;
    (* hierconn *) wire [63:0]        \dut.pte_reg ;
    (* hierconn *) wire [1:0]         \dut.error_reg ;
    (* hierconn *) wire               \dut.bad_reg ;
    (* hierconn *) wire               \dut.inv_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.wait_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.fault_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.stalled_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.granted_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.fail_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.killed_reg ;
    (* hierconn *) wire [CONTEXTS-1:0] \dut.enabled_reg ;
    (* hierconn *) wire [TLB_SETS-1:0] \dut.valid_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.e_ctx ;
    (* hierconn *) wire [51:0]        \dut.e_page ;
    (* hierconn *) wire               \dut.e_huge ;
    (* hierconn *) wire [63:0]        \dut.e_pte ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.ctx_reg[0] ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.ctx_reg[1] ;
    (* hierconn *) wire [63:0]        \dut.va_reg[0] ;
    (* hierconn *) wire [63:0]        \dut.va_reg[1] ;
    (* hierconn *) wire [1:0]         \dut.op_reg[0] ;
    (* hierconn *) wire [1:0]         \dut.op_reg[1] ;
    (* hierconn *) wire [63:0]        \dut.root_reg[0] ;
    (* hierconn *) wire [63:0]        \dut.root_reg[1] ;
    wire [3:0] m = \dut.state_reg ;
    localparam [3:0] M_BEGIN = 4'd1, M_LOOKUP = 4'd2, M_START = 4'd3, M_LOCK = 4'd4, M_READ_ADDRESS = 4'd5, M_READ_DATA = 4'd6,
        M_DECIDE = 4'd7, M_WRITE_ADDRESS = 4'd8, M_WRITE_DATA = 4'd9, M_WRITE_RESPONSE = 4'd10, M_END = 4'd11, M_RESPOND = 4'd12,
        M_SWEEP = 4'd13, M_DRAIN = 4'd14;

    wire [THR_W-1:0]   m_thread = \dut.thread_reg ;
    wire               m_busy = m >= M_BEGIN && m <= M_RESPOND;
    wire [63:0]        m_pte = \dut.pte_reg ;
    wire [CTX_W-1:0]   m_ctx = t_ctx_reg[m_thread*CTX_W +: CTX_W];
    wire               m_page = m_ctx == w_ctx && t_page_reg[m_thread*2 +: 2] == w_page;
    wire               m_write = t_write_reg[m_thread];
    wire               m_walks = m >= M_LOCK && m <= M_WRITE_RESPONSE;
    wire               m_locked = m >= M_READ_ADDRESS && m <= M_WRITE_RESPONSE;
    wire [1:0]         m_place = place(araddr[24:21], araddr[11:3]);
    wire [63:0]        m_entry = entry(content(m_place, 11'd0));
    wire [63:0]        m_marked = m_entry | 64'h20 | (m_write ? 64'h40 : 64'h0);
    wire [63:0]        w_page_at = address(w_page);

    // an entry of the watched page's table: where it leads to, and that the table permitted it if it permits the access
    function shaped(input [63:0] e);
        shaped = e[63:25] == 39'd0 && e[24:21] >= 4'd2 && e[24:21] <= 4'd5 && e[20:8] == 13'd0 && e[4:3] == 2'd0 && e[0] && e[7];
    endfunction
    function allows(input [63:0] e);
        allows = e[0] && e[7] && e[5] && (w_write ? e[2] && e[6] : e[1]);
    endfunction
    // of another context
    function foreign(input [63:0] e);
        foreign = e[7] ? e[24:22] == 3'd3 : e[24:21] == OTHER_TABLE;
    endfunction

    wire [THREADS-1:0] m_slot = \dut.wait_reg | \dut.fault_reg | \dut.stalled_reg ;
    wire [THREADS-1:0] m_has = m_busy ? THREADS'(1) << m_thread : '0;

    always_ff @(posedge clk)
        if (started) begin
            // where requests are, and that the MMU knows them as they were asked
            assert ((m_slot & m_has) == '0);
            assert (((\dut.wait_reg & (\dut.fault_reg | \dut.stalled_reg )) | (\dut.fault_reg & \dut.stalled_reg )) == '0);
            for (int t = 0; t < THREADS; t++) begin
                assert ((m_slot[t] || m_has[t]) == (st_reg[t*2 +: 2] == WAIT));
                assert (\dut.granted_reg [t] == (st_reg[t*2 +: 2] == HELD));
                if (st_reg[t*2 +: 2] == WAIT || st_reg[t*2 +: 2] == HELD) begin
                    assert ((t == 0 ? \dut.ctx_reg[0] : \dut.ctx_reg[1] ) == t_ctx_reg[t*CTX_W +: CTX_W]);
                    assert ((t == 0 ? \dut.va_reg[0] : \dut.va_reg[1] ) == address(t_page_reg[t*2 +: 2]));
                    assert ((t == 0 ? \dut.op_reg[0] : \dut.op_reg[1] ) == {1'b0, t_write_reg[t]});
                end
            end
            // what is under way at memory, and the lock
            assert (!r_held_reg && !r_beat_reg && r_len_reg == '0);
            assert ((r_asked_reg[0] || r_full_reg[0]) == (m == M_READ_DATA) && !(r_asked_reg[0] && r_full_reg[0]));
            if (m == M_READ_DATA) assert (r_place_reg[1:0] == m_place);
            assert (aw_reg == (m == M_WRITE_DATA || m == M_WRITE_RESPONSE));
            assert (w_reg == (m == M_WRITE_RESPONSE) && (!b_reg || w_reg) && (!b_reg || b_resp_reg == 2'd0));
            if (aw_reg) assert (aw_place_reg == m_place);
            if (w_reg) assert (w_data_reg == {1'b0, m_pte[6:5], m_pte[2:1], m_pte[7], m_pte[0], m_pte[24:21]});
            if (m_locked) assert (grants == 2'b01);
            if (c_reg == C_WRITE) assert (grants == 2'b10);
            // walks: where they are, what they read is what is there
            if (m >= M_LOOKUP && m <= M_WRITE_RESPONSE) assert (\dut.enabled_reg [m_ctx]);
            for (int c = 0; c < CONTEXTS; c++)
                if (\dut.enabled_reg [c])
                    assert ((c == 0 ? \dut.root_reg[0] : \dut.root_reg[1] ) == table_at(32'(w_ctx) == c ? ROOT : OTHER_ROOT));
            if (m >= M_BEGIN && m <= M_RESPOND) assert (\dut.depth_reg <= 3'd1);
            if (m_walks && m_ctx == w_ctx) begin
                if (\dut.depth_reg == 3'd1) assert (\dut.table_reg == table_at(ROOT));
                else if (t_page_reg[m_thread*2 + 1] == w_page[1])
                    assert (\dut.table_reg == table_at(TABLE | {3'd0, e0_reg[G]}) && e0_reg[V] && m_locked);
                else assert (\dut.table_reg [24:21] == OTHER_TABLE && m_locked);
            end
            if (m_walks && m_ctx != w_ctx)
                assert (\dut.table_reg == table_at(\dut.depth_reg == 3'd1 ? OTHER_ROOT : OTHER_TABLE));
            if (r_full_reg[0] && r_place_reg[1:0] != ELSE) assert (r_data_reg[10:0] == content(r_place_reg[1:0], 11'd0));
            if (r_full_reg[0] && r_place_reg[1:0] == ELSE)
                assert (r_data_reg[5] ? r_data_reg[3:1] == 3'd3 : r_data_reg[3:0] == OTHER_TABLE);
            if (m == M_DECIDE) assert (\dut.error_reg == 2'd0);
            if (m == M_DECIDE && m_place != ELSE) assert (m_pte == m_entry);
            if (m == M_DECIDE && m_place == ELSE) assert (foreign(m_pte));
            if (m >= M_WRITE_ADDRESS && m <= M_WRITE_RESPONSE && m_place != ELSE) begin
                assert (m_place != E0 && \dut.depth_reg == 3'd0);
                assert (b_reg ? m_pte == m_entry && m_entry == m_marked : m_pte == m_marked && m_pte != m_entry);
                assert (m_entry[0] && m_entry[7] && (m_write ? m_entry[2] : m_entry[1]));
            end
            // what is found, cached, answered
            if (m == M_END && !\dut.killed_reg [m_thread] && !\dut.fail_reg [m_thread] && !\dut.bad_reg && m_page) begin
                assert (\dut.depth_reg == 3'd0 && shaped(m_pte) && (!allows(m_pte) || in_set(since_reg | permitted, m_pte[23:21])));
                if (m_write == w_write) assert (allows(m_pte));
            end
            if (m == M_RESPOND && \dut.status_reg == OK && m_page) begin
                assert (\dut.depth_reg == 3'd0 && shaped(m_pte) && (!allows(m_pte) || in_set(since_reg | permitted, m_pte[23:21])));
                if (m_write == w_write) assert (allows(m_pte));
            end
            if (\dut.valid_reg [0] && \dut.e_ctx == w_ctx && \dut.e_page [51:9] == w_page_at[63:21]) begin
                assert (!\dut.e_huge );
                if (\dut.e_page [8:0] == w_page_at[20:12])
                    assert (shaped(\dut.e_pte ) && (!allows(\dut.e_pte ) || in_set(since_reg | permitted, 3'(\dut.e_pte >> 21))));
            end
            // another context has its own
            if (m >= M_WRITE_ADDRESS && m <= M_WRITE_RESPONSE && m_place == ELSE) assert (m_pte[7] && foreign(m_pte));
            if (m == M_END && !\dut.killed_reg [m_thread] && !\dut.fail_reg [m_thread] && !\dut.bad_reg && m_ctx != w_ctx)
                assert (m_pte[7] && foreign(m_pte));
            if (m == M_RESPOND && \dut.status_reg == OK && m_ctx != w_ctx) assert (m_pte[7] && foreign(m_pte));
            if (\dut.valid_reg [0] && \dut.e_ctx != w_ctx) assert (\dut.e_pte [7] && foreign(\dut.e_pte ));
            // invalidations, kills
            assert (\dut.inv_reg == (c_reg == C_INVALIDATING));
            if (m == M_SWEEP || m == M_DRAIN) assert (\dut.inv_reg );
            if (m == M_DRAIN && covers)
                assert (!(\dut.valid_reg [0] && \dut.e_ctx == w_ctx && \dut.e_page == w_page_at[63:12]));
            assert ((now_reg & ~since_reg) == '0);
            if (ctx_ok[w_ctx]) assert (!dead_reg);
            if (m == M_RESPOND && \dut.status_reg == OK && m_ctx == w_ctx) assert (!dead_reg);
        end
