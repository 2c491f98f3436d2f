// SPDX-License-Identifier: GPL-2.0
//
// fast_lemmas: what rtl/mmu.v is like inside, in every state that it can reach, as far as invalidations go. As simple_lemmas.v:
// nobody is promised any of this, it is asserted together with a property and makes it provable. For 1 thread, 1 walk, 1
// context (2 for i7), 1 port, first level and shared TLB of one entry, 2 levels, no prefetch, no 2 MiB leaf of the watched page,
// a root that stays, memory without errors.
//
// In one sentence: from the flush of an invalidation of the watched page on, a translation of that page is nowhere in the MMU
// unless it was permitted since the invalidation began (`fresh`), except in the shared TLB while lookups are turned back
// (`guard`), in a walk that is poisoned or about to be, and with a thread that the invalidation waits for (`old_reg`). For i7: what
// is marked with the other context, in each place of the MMU, has tables and frames that are its own (`apart`).
    localparam VW = 9 * LEVELS;
    localparam ASK_W = 1 + VW + CTX_W + THR_W + 2;
    localparam EW = 2 + CTX_W + VW + 45;        // an entry of a TLB (shared)
    localparam LW = 1 + CTX_W + VW + 45;        // (first level)
    localparam CW = 4 + CTX_W + VW - 9 + 40;    // of the walk cache
    localparam AW = 53 + THR_W + 7;             // an answer
    localparam GW = THR_W + WLK_W + CTX_W + VW + 75;    // an entry that came: thread, write, huge, walk, level, tag, kind, cause, itself
    (* hierconn *) wire [2:0]         \dut.invalidation.state_reg ;
    (* hierconn *) wire               \dut.invalidation.guard_reg ;
    (* hierconn *) wire               \dut.invalidation.hold_reg ;
    (* hierconn *) wire               \dut.invalidation.flush_reg ;
    (* hierconn *) wire               \dut.invalidation.ad_wait_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.want_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.walking_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.fault_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.stalled_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.ended_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.granted_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.old_reg ;
    (* hierconn *) wire [WLK_W-1:0]   \dut.walk_reg ;
    (* hierconn *) wire               \dut.fin_valid_reg ;
    (* hierconn *) wire [WLK_W-1:0]   \dut.fin_walk_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.hit_1h_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.miss_1h_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.gone_1h_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.tell_1h_reg ;
    (* hierconn *) wire               \dut.tell_runs_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.ctx_reg ;
    (* hierconn *) wire [1:0]         \dut.op_reg ;
    (* hierconn *) wire [PORTS-1:0]   \dut.look_valid_reg ;
    (* hierconn *) wire [CONTEXTS-1:0] \dut.kill_1h_reg ;
    (* hierconn *) wire [CONTEXTS-1:0] \dut.runs_reg ;
    (* hierconn *) wire               \dut.kill_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.kill_ctx_reg ;
    (* hierconn *) wire               \dut.s4_covered_reg ;
    (* hierconn *) wire [PORTS-1:0]   \dut.miss_valid_reg ;
    (* hierconn *) wire               \dut.next_valid_reg ;
    (* hierconn *) wire [PORTS-1:0]   \dut.next_early_reg ;
    (* hierconn *) wire [ASK_W-1:0]   \dut.next_ask_reg ;
    (* hierconn *) wire               \dut.again_next_reg ;
    (* hierconn *) wire [THREADS-1:0] \dut.again_1h_reg ;
    (* hierconn *) wire               \dut.again_valid_reg ;
    (* hierconn *) wire [THR_W-1:0]   \dut.again_thread ;
    (* hierconn *) wire               \dut.s3_lookup_reg ;
    (* hierconn *) wire               \dut.s4_lookup_reg ;
    (* hierconn *) wire               \dut.s3_install_reg ;
    (* hierconn *) wire               \dut.s4_install_reg ;
    (* hierconn *) wire               \dut.s3_last_reg ;
    (* hierconn *) wire               \dut.s4_last_reg ;
    (* hierconn *) wire               \dut.end_valid_reg ;
    (* hierconn *) wire               \dut.end_done_reg ;
    (* hierconn *) wire               \dut.end_lookup_reg ;
    (* hierconn *) wire               \dut.end_may_reg ;
    (* hierconn *) wire               \dut.end_try_reg ;
    (* hierconn *) wire               \dut.end_killed_reg ;
    (* hierconn *) wire               \dut.end_fault_reg ;
    (* hierconn *) wire               \dut.end_again_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.port[0].ask_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.miss_ask_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.again_ask_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.s3_ask_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.s4_ask_reg ;
    (* hierconn *) wire [ASK_W-1:0]     \dut.end_ask_reg ;
    (* hierconn *) wire [63:0]        \dut.addresses.port[0].reader[0].words[0] ;
    (* hierconn *) wire [63:0]        \dut.addresses.port[0].reader[1].words[0] ;
    (* hierconn *) wire               \dut.drop_valid_reg ;
    (* hierconn *) wire [51:0]        \dut.drop_first_reg ;
    (* hierconn *) wire [51:0]        \dut.drop_last_reg ;
    (* hierconn *) wire               \dut.drop_ctx_reg ;
    // translations
    (* hierconn *) wire [PORTS-1:0]   \dut.fill_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.fill_ctx_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.fill_vpn_reg ;
    (* hierconn *) wire               \dut.fill_huge_reg ;
    (* hierconn *) wire [4:0]         \dut.fill_perm_reg ;
    (* hierconn *) wire [39:0]        \dut.fill_frame_reg ;
    (* hierconn *) wire               \dut.told_reg ;
    (* hierconn *) wire               \dut.untold_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.told_ctx_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.told_vpn_reg ;
    (* hierconn *) wire               \dut.told_huge_reg ;
    (* hierconn *) wire [4:0]         \dut.told_perm_reg ;
    (* hierconn *) wire [39:0]        \dut.told_frame_reg ;
    (* hierconn *) wire               \dut.port[0].first_level.valid_reg ;
    (* hierconn *) wire               \dut.port[0].first_level.good_reg ;
    (* hierconn *) wire               \dut.port[0].first_level.way_reg ;
    (* hierconn *) wire [LW-1:0]      \dut.port[0].first_level.entry_reg ;
    (* hierconn *) wire [LW-1:0]      \dut.port[0].first_level.way[0].entries[0] ;
    (* hierconn *) wire [LW-1:0]      \dut.port[0].first_level.way[0].out_reg ;
    (* hierconn *) wire [AW-1:0]      \dut.port[0].answers.m_data ;
    (* hierconn *) wire               \dut.port[0].answers.valid_reg ;
    (* hierconn *) wire               \dut.port[0].answers.full_reg ;
    (* hierconn *) wire               \dut.port[0].answers.in_reg ;
    (* hierconn *) wire               \dut.port[0].answers.out_reg ;
    (* hierconn *) wire               \dut.port[0].queued_reg ;
    (* hierconn *) wire               \dut.port[0].ended_valid_reg ;
    (* hierconn *) wire [THR_W-1:0]   \dut.port[0].ended_thread_reg ;
    (* hierconn *) wire [THR_W:0]     \dut.port[0].head_reg ;
    (* hierconn *) wire [THR_W:0]     \dut.port[0].tail_reg ;
    (* hierconn *) wire [THR_W+40:0]  \dut.port[0].queue_out ;
    (* hierconn *) wire [11:0]        \dut.port[0].look_offset_reg ;
    (* hierconn *) wire [11:0]        \dut.port[0].offset[0] ;
    // the shared TLB
    (* hierconn *) wire [2:0]         \dut.shared.sw_state_reg ;
    (* hierconn *) wire               \dut.shared.sw_want_reg ;
    (* hierconn *) wire [2:0]         \dut.shared.sw_tail_reg ;
    (* hierconn *) wire               \dut.shared.sw_left_reg ;
    (* hierconn *) wire               \dut.shared.outside_reg ;
    (* hierconn *) wire [51:0]        \dut.shared.span_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.shared.first_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.shared.last_reg ;
    (* hierconn *) wire               \dut.shared.every_reg ;
    (* hierconn *) wire               \dut.shared.all_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.shared.sw_ctx_reg ;
    (* hierconn *) wire               \dut.shared.clear_reg ;
    (* hierconn *) wire               \dut.shared.sweep1_reg ;
    (* hierconn *) wire               \dut.shared.sweep2_reg ;
    (* hierconn *) wire               \dut.shared.install1_reg ;
    (* hierconn *) wire               \dut.shared.install2_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.shared.ctx1_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.shared.ctx2_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.shared.vpn1_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.shared.vpn2_reg ;
    (* hierconn *) wire [1:0]         \dut.shared.op1_reg ;
    (* hierconn *) wire               \dut.shared.good_reg ;
    (* hierconn *) wire               \dut.shared.good_huge_reg ;
    (* hierconn *) wire               \dut.shared.huge1_reg ;
    (* hierconn *) wire               \dut.shared.huge2_reg ;
    (* hierconn *) wire [4:0]         \dut.shared.perm1_reg ;
    (* hierconn *) wire [4:0]         \dut.shared.perm2_reg ;
    (* hierconn *) wire [39:0]        \dut.shared.frame1_reg ;
    (* hierconn *) wire [39:0]        \dut.shared.frame2_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.way[0].entries[0] ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.way[0].out_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.way[0].out2_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.way[0].out_huge_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.way[0].out2_huge_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.write_entry_reg ;
    (* hierconn *) wire               \dut.shared.write_way_reg ;
    (* hierconn *) wire [EW-1:0]      \dut.shared.written1_entry_reg ;
    (* hierconn *) wire               \dut.shared.written1_way_reg ;
    (* hierconn *) wire               \dut.shared.hit_reg ;
    (* hierconn *) wire               \dut.shared.res_huge_reg ;
    (* hierconn *) wire [4:0]         \dut.shared.res_perm_reg ;
    (* hierconn *) wire [39:0]        \dut.shared.res_frame_reg ;
    // the walk
    (* hierconn *) wire               \dut.walks.act_reg ;
    (* hierconn *) wire               \dut.walks.fin_reg ;
    (* hierconn *) wire               \dut.walks.check_reg ;
    (* hierconn *) wire               \dut.walks.poison_reg ;
    (* hierconn *) wire               \dut.walks.old_reg ;
    (* hierconn *) wire               \dut.walks.near_reg ;
    (* hierconn *) wire               \dut.walks.check_any_reg ;
    (* hierconn *) wire               \dut.walks.read_reg ;
    (* hierconn *) wire               \dut.walks.mark_reg ;
    (* hierconn *) wire               \dut.walks.two_reg ;
    (* hierconn *) wire               \dut.walks.moved_reg ;
    (* hierconn *) wire [CTX_W-1:0]   \dut.walks.ctx_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.walks.vpn_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.op_of[0] ;
    (* hierconn *) wire [3:0]         \dut.walks.asked[0] ;
    (* hierconn *) wire               \dut.walks.pick_valid_reg ;
    (* hierconn *) wire               \dut.walks.pick_1h_reg ;
    (* hierconn *) wire [2:0]         \dut.walks.read_level_reg ;
    (* hierconn *) wire               \dut.walks.read_moved_reg ;
    (* hierconn *) wire               \dut.walks.read_mark_reg ;
    (* hierconn *) wire               \dut.walks.ad_1h_reg ;
    (* hierconn *) wire               \dut.walks.act_wait_reg ;
    (* hierconn *) wire               \dut.walks.act_next_reg ;
    (* hierconn *) wire               \dut.walks.act_neighbour_reg ;
    (* hierconn *) wire               \dut.walks.fin_hold_reg ;
    (* hierconn *) wire               \dut.walks.done_1h_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.any_reg ;
    (* hierconn *) wire               \dut.walks.newest_reg ;
    (* hierconn *) wire               \dut.walks.started_reg ;
    (* hierconn *) wire [2:0]         \dut.walks.level_reg ;
    (* hierconn *) wire [CTX_W+VW-1:0] \dut.walks.tags[0] ;
    (* hierconn *) wire [39:0]        \dut.walks.first_table[0] ;
    (* hierconn *) wire [39:0]        \dut.walks.next_table[0] ;
    (* hierconn *) wire               \dut.walks.read_valid_reg ;
    (* hierconn *) wire               \dut.walks.way_out.valid_reg ;
    (* hierconn *) wire               \dut.walks.way_out.full_reg ;
    (* hierconn *) wire               \dut.walks.way_out.in_reg ;
    (* hierconn *) wire               \dut.walks.way_out.out_reg ;
    (* hierconn *) wire [WLK_W+52:0]  \dut.walks.way_out.m_data ;       // walk, whether it is of two entries, address
    (* hierconn *) wire [WLK_W-1:0]   \dut.walks.read_walk_reg ;
    (* hierconn *) wire [WLK_W-1:0]   \dut.walks.act_walk_reg ;
    (* hierconn *) wire [WLK_W-1:0]   \dut.walks.ad_walk_reg ;
    (* hierconn *) wire [WLK_W-1:0]   \dut.walks.free_reg ;
    (* hierconn *) wire               \dut.walks.act_1h_reg ;
    (* hierconn *) wire               \dut.walks.free_1h_reg ;
    (* hierconn *) wire               \dut.walks.free_valid_reg ;
    (* hierconn *) wire               \dut.walks.got.valid_reg ;
    (* hierconn *) wire               \dut.walks.got.full_reg ;
    (* hierconn *) wire               \dut.walks.got.in_reg ;
    (* hierconn *) wire               \dut.walks.got.out_reg ;
    (* hierconn *) wire [GW-1:0]      \dut.walks.got.m_data ;
    (* hierconn *) wire               \dut.walks.early.in_reg ;
    (* hierconn *) wire               \dut.walks.early.out_reg ;
    (* hierconn *) wire               \dut.walks.early.leaf ;
    (* hierconn *) wire [PORTS-1:0]   \dut.walks.early.port ;
    (* hierconn *) wire               \dut.walks.act_valid_reg ;
    (* hierconn *) wire               \dut.walks.act_told_reg ;
    (* hierconn *) wire               \dut.walks.act_fault_reg ;
    (* hierconn *) wire               \dut.walks.act_near_reg ;
    (* hierconn *) wire               \dut.walks.act_leaf_reg ;
    (* hierconn *) wire [CTX_W+VW-1:0] \dut.walks.act_tag_reg ;
    (* hierconn *) wire               \dut.walks.quiet_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.alike_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.ending_reg ;
    (* hierconn *) wire [2:0]         \dut.walks.act_kind_reg ;
    (* hierconn *) wire [2:0]         \dut.walks.act_level_reg ;
    (* hierconn *) wire [63:0]        \dut.walks.act_pte_reg ;
    (* hierconn *) wire [2:0]         \dut.walks.ad_state_reg ;
    (* hierconn *) wire [63:0]        \dut.walks.ad_pte_reg ;
    (* hierconn *) wire [51:0]        \dut.walks.ad_addr_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.ad_resp_reg ;
    (* hierconn *) wire               \dut.walks.scan_reg ;
    (* hierconn *) wire               \dut.walks.cmp_valid_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.walks.cmp_vpn_reg ;
    (* hierconn *) wire               \dut.walks.seen_valid_reg ;
    (* hierconn *) wire               \dut.walks.seen_page_reg ;
    (* hierconn *) wire               \dut.walks.seen_near_reg ;
    (* hierconn *) wire               \dut.walks.seen_table_reg ;
    (* hierconn *) wire [VW-1:0]      \dut.walks.cmp_part_reg ;
    (* hierconn *) wire [39:0]        \dut.walks.start_table ;
    (* hierconn *) wire [2:0]         \dut.walks.start_level ;
    (* hierconn *) wire [3:0]         \dut.walks.epoch_reg ;
    (* hierconn *) wire [3:0]         \dut.walks.flush_epoch_reg ;
    (* hierconn *) wire               \dut.walks.epochs_used_reg ;
    (* hierconn *) wire [3:0]         \dut.walks.level[0].cache.valid_reg ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.tables[0] ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.tables[1] ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.tables[2] ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.tables[3] ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.out_reg ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.out2_reg ;
    (* hierconn *) wire               \dut.walks.level[0].cache.filled1_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.level[0].cache.filled1_index_reg ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.filled1_entry_reg ;
    (* hierconn *) wire               \dut.walks.level[0].cache.filled2_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.level[0].cache.filled2_index_reg ;
    (* hierconn *) wire [CW-1:0]      \dut.walks.level[0].cache.filled2_entry_reg ;
    (* hierconn *) wire [1:0]         \dut.walks.level[0].cache.index1_reg ;
    (* hierconn *) wire               \dut.walks.level[0].cache.valid2_reg ;
    (* hierconn *) wire [VW-10:0]     \dut.walks.level[0].cache.tag1_reg ;
    (* hierconn *) wire [VW-10:0]     \dut.walks.level[0].cache.tag2_reg ;
    (* hierconn *) wire [3:0]         \dut.walks.level[0].cache.epoch2_reg ;
    (* hierconn *) wire [63:0]        \dut.contexts.roots[0] ;
    (* hierconn *) wire [CONTEXTS-1:0] \dut.contexts.enabled_reg ;

    // ---- what is fresh
    wire [2:0]  v_state = \dut.invalidation.state_reg ;
    localparam [2:0] V_IDLE = 3'd0, V_HOLD = 3'd1, V_FLUSH = 3'd2, V_SCAN = 3'd3, V_REST = 3'd4, V_DONE = 3'd5;
    wire        v_guard = \dut.invalidation.guard_reg ;
    wire        tight = v_state >= V_SCAN && covers;    // after the flush of an invalidation of the watched page
    wire [8:0]  fresh = (tight ? now_reg : since_reg) | permitted;
    wire [63:0] w_at = address(w_page);
    wire [VW-1:0] w_vpn = w_at[12 +: VW];

    // a table that the watched page's root entry leads to
    function leads(input [39:0] t);
        leads = t[39:10] == {27'd0, 3'd5} && t[8:0] == 9'd0;
    endfunction
    function leads_fresh(input [39:0] t);
        leads_fresh = fresh[6 + t[9]];
    endfunction
    // a translation
    function allowed(input [4:0] perm);
        allowed = w_write ? perm[1] && perm[4] : perm[0];
    endfunction
    function fine(input [VW-1:0] vpn, input huge, input [4:0] perm, input [39:0] frame, input now);
        fine = vpn[VW-1:9] != w_vpn[VW-1:9] ||
               (!huge && (vpn != w_vpn || (frame[39:12] == 28'd0 && frame[11:9] >= 3'd2 && frame[11:9] <= 3'd5 && frame[8:0] == 9'd0 &&
                                           !perm[3] && (!allowed(perm) || !now || in_set(fresh, frame[11:9])))));
    endfunction
    function entry_fine(input [EW-1:0] e, input now);
        entry_fine = !e[EW-1] || fine(e[45 +: VW], e[EW-2], e[44:40], e[39:0], now);
    endfunction
    // an entry of a size that permits the access
    function good(input [EW-1:0] e, input huge);
        good = e[EW-1] && e[EW-2] == huge && (t_write_reg[0] ? e[41] && e[44] : e[40]);
    endfunction
    // the range of an invalidation touches these pages
    function in_range(input [VW-1:0] low, input [VW-1:0] high);
        in_range = high >= VW'(address(c_first_reg) >> 12) && low <= VW'(address(c_last_reg) >> 12);
    endfunction
    // a leaf of its table
    function leaf_fine(input [63:0] e);
        leaf_fine = e[63:25] == 39'd0 && e[24:21] >= 4'd2 && e[24:21] <= 4'd5 && e[20:8] == 13'd0 && e[4:3] == 2'd0 && e[0] && e[7];
    endfunction
    function leaf_allows(input [63:0] e);
        leaf_allows = e[5] && (w_write ? e[2] && e[6] : e[1]);
    endfunction

    // ---- requests
    wire [ASK_W-1:0] t_ask = {1'b0, 18'(address(t_page_reg[1:0]) >> 12), t_ctx_reg[CTX_W-1:0], THR_W'(0), 1'b0, t_write_reg[0]};
    wire           is_watched = watched[0];
    wire           is_page = t_ctx_reg[CTX_W-1:0] == w_ctx && t_page_reg[1:0] == w_page;
    wire           answer_ok = \dut.port[0].answers.m_data [6:5] == OK;
    wire [51:0]    out_pa = \dut.port[0].answers.m_data [7+THR_W +: 52];
    wire [39:0]    queue_frame = \dut.port[0].queue_out [THR_W +: 40];
    wire           end_lookup = \dut.end_lookup_reg ;
    // given, and not at its client yet
    wire [2:0]     away = {\dut.port[0].queued_reg , \dut.port[0].answers.valid_reg && answer_ok, \dut.told_reg };
    wire           next_waits = \dut.next_valid_reg && !\dut.next_early_reg [0];
    wire [15:0]    places = {\dut.look_valid_reg [0], next_waits, \dut.miss_valid_reg [0], \dut.miss_1h_reg [0], \dut.again_next_reg , \dut.again_valid_reg ,
                             \dut.s3_lookup_reg , \dut.s4_lookup_reg , end_lookup, \dut.want_reg [0] && !\dut.again_1h_reg [0], \dut.walking_reg [0],
                             \dut.fault_reg [0], \dut.stalled_reg [0], \dut.ended_reg [0] && !\dut.gone_1h_reg [0],
                             \dut.granted_reg [0] || \dut.hit_1h_reg [0],
                             \dut.port[0].answers.valid_reg && !answer_ok};
    wire           granted = \dut.granted_reg [0] || \dut.hit_1h_reg [0] || (\dut.tell_1h_reg [0] && \dut.tell_runs_reg );

    // ---- the walk
    localparam [2:0] K_NEXT = 3'd0, K_FAULT = 3'd1, K_MARK = 3'd2, K_LEAF = 3'd3;
    wire        k_live = \dut.walks.act_reg && !\dut.walks.fin_reg ;
    wire [VW-1:0] k_vpn = \dut.walks.vpn_reg ;
    wire        k_root = k_vpn[VW-1:9] == w_vpn[VW-1:9];    // goes by the watched root entry
    wire        k_page = k_vpn == w_vpn;
    wire [2:0]  k_level = \dut.walks.level_reg ;
    wire [39:0] k_table = \dut.walks.moved_reg ? \dut.walks.next_table[0] : \dut.walks.first_table[0] ;
    wire [8:0]  k_index = k_level == 3'd0 ? k_vpn[8:0] : k_vpn[17:9];
    wire [1:0]  k_place = place(k_table[12:9], k_index);
    wire        k_doomed = \dut.walks.check_reg || \dut.walks.poison_reg ;
    wire        k_stale = \dut.walks.poison_reg || (tight && \dut.walks.check_reg );
    wire        k_bound = k_stale || (tight && \dut.walks.old_reg );     // its table may be an old one
    wire [2:0]  k_ad = \dut.walks.ad_state_reg ;
    wire        k_writes = k_ad >= 3'd3 && k_ad <= 3'd6;
    wire [11:0] k_at = {\dut.walks.read_reg && !\dut.walks.pick_1h_reg , \dut.walks.pick_valid_reg , \dut.walks.read_valid_reg , \dut.walks.way_out.valid_reg , r_asked_reg[0], r_full_reg[0],
                        \dut.walks.got.valid_reg , \dut.walks.act_valid_reg ,
                        k_writes || (\dut.walks.mark_reg && k_ad <= 3'd1),
                        \dut.s3_install_reg , \dut.s4_install_reg , \dut.end_done_reg };
    wire        k_told = (\dut.walks.act_valid_reg && \dut.walks.act_told_reg ) || k_at[2:0] != '0;
    wire [THR_W-1:0] k_got_leader;
    wire        k_got_leaf = \dut.walks.early.leaf ;
    wire        k_got_huge;
    wire [WLK_W-1:0] k_got_walk;
    wire [2:0]  k_got_level, k_got_kind, k_got_cause;
    wire [CTX_W+VW-1:0] k_got_tag;
    wire [63:0] k_got;
    wire        k_got_write;
    wire [63:0] k_raw;
    assign {k_got_leader, k_got_write, k_got_huge, k_got_walk, k_got_level, k_got_tag, k_got_kind, k_got_cause, k_raw} = \dut.walks.got.m_data ;
    // as it will be marked
    assign k_got = {k_raw[63:7], k_raw[6] || (k_got_kind == K_MARK && k_got_write), k_raw[5] || k_got_kind == K_MARK, k_raw[4:0]};
    wire [63:0] k_act = \dut.walks.act_pte_reg ;
    wire [63:0] k_pte = \dut.walks.ad_pte_reg ;
    wire [2:0]  k_kind = \dut.walks.act_kind_reg ;

    // an entry of a walk, decided on, before or while it is acted on
    function step_fine(input [2:0] kind, input [63:0] e);
        step_fine = (kind != K_NEXT || (k_level == 3'd1 && (k_root ? leads(e[51:12]) && (k_bound || leads_fresh(e[51:12])) :
                                                                     e[51:12] == {27'd0, OTHER_TABLE, 9'd0}))) &&
                    ((kind != K_MARK && kind != K_LEAF) ||
                     ((!k_root || k_level == 3'd0) && (!k_page || (leaf_fine(e) && e[24:22] == (k_table[9] ? 3'd2 : 3'd1))) &&
                      (!k_page || kind != K_LEAF || !leaf_allows(e) || k_stale || in_set(fresh, e[23:21])) &&
                      (\dut.walks.op_of[0] [0] ? e[2] && e[6] && e[5] : e[1] && e[5])));
    endfunction

    // the walk cache
    wire [3:0]    epoch = \dut.walks.epoch_reg ;
    function cache_fine(input [CW-1:0] e);
        cache_fine = e[40 +: CW-40] != {epoch, w_ctx, w_vpn[VW-1:9]} || (leads(e[39:0]) && leads_fresh(e[39:0]));
    endfunction
    function cache_other(input [CW-1:0] e);     // of another root entry
        cache_other = e[40 +: VW-9] == w_vpn[VW-1:9] || e[39:0] == {27'd0, OTHER_TABLE, 9'd0};
    endfunction
    wire [4*CW-1:0] cache = {\dut.walks.level[0].cache.tables[3] , \dut.walks.level[0].cache.tables[2] ,
                             \dut.walks.level[0].cache.tables[1] , \dut.walks.level[0].cache.tables[0] };
    wire          in_filled1 = \dut.walks.level[0].cache.filled1_reg &&
                               \dut.walks.level[0].cache.filled1_index_reg == \dut.walks.level[0].cache.index1_reg ;
    wire          in_filled2 = \dut.walks.level[0].cache.filled2_reg &&
                               \dut.walks.level[0].cache.filled2_index_reg == \dut.walks.level[0].cache.index1_reg ;
    wire [CW-1:0] cache_1 = in_filled1 ? \dut.walks.level[0].cache.filled1_entry_reg :
                            in_filled2 ? \dut.walks.level[0].cache.filled2_entry_reg : \dut.walks.level[0].cache.out_reg ;
    wire [CW-1:0] cache_2 = \dut.walks.level[0].cache.out2_reg ;

    // the sweep
    wire [2:0]  sw = \dut.shared.sw_state_reg ;
    localparam [2:0] SW_OFF = 3'd0, SW_MEASURE = 3'd1, SW_TAIL = 3'd5;
    wire [2:0]  tail = \dut.shared.sw_tail_reg ;
    // with respect to `tight`: what was read of the shared TLB is as it is now
    wire        clean_entry = !v_guard || (sw == SW_TAIL && tail <= 3'd1) || (sw == SW_OFF && v_state != V_SCAN);

    // ---- where requests and walks are, with any number of contexts
    always_ff @(posedge clk)
        if (started && booted) begin
            // ---- requests
            for (int i = 0; i < 16; i++)
                for (int j = 0; j < i; j++) assert (!(places[i] && places[j]));
            assert ((places != '0) == (st_reg[1:0] == WAIT || st_reg[1:0] == HELD));
            if (st_reg[1:0] == HELD) assert (granted && away == '0);
            if (away != '0) assert (granted && st_reg[1:0] == WAIT);
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < i; j++) assert (!(away[i] && away[j]));
            assert (\dut.port[0].tail_reg - \dut.port[0].head_reg <= 2'd1 && \dut.port[0].queued_reg == (\dut.port[0].tail_reg != \dut.port[0].head_reg ));
            assert (!\dut.port[0].answers.full_reg && (\dut.port[0].answers.in_reg != \dut.port[0].answers.out_reg ) == \dut.port[0].answers.valid_reg );
            if (\dut.port[0].ended_valid_reg ) assert (\dut.ended_reg [0] && !\dut.gone_1h_reg [0] && \dut.port[0].ended_thread_reg == '0);
            if (st_reg[1:0] == WAIT || st_reg[1:0] == HELD) begin
                assert (\dut.ctx_reg == t_ctx_reg[CTX_W-1:0] && \dut.op_reg == {1'b0, t_write_reg[0]});
                assert (\dut.addresses.port[0].reader[0].words[0] == address(t_page_reg[1:0]));
                assert (\dut.addresses.port[0].reader[1].words[0] == address(t_page_reg[1:0]));
            end
            if (\dut.look_valid_reg [0]) assert (\dut.port[0].ask_reg == t_ask);
            assert (\dut.kill_1h_reg == (\dut.kill_reg ? CONTEXTS'(1) << \dut.kill_ctx_reg : '0));
            assert (\dut.runs_reg == (ctx_ok & ~\dut.kill_1h_reg ));
            if (\dut.port[0].first_level.good_reg ) assert (\dut.look_valid_reg [0]);
            assert (\dut.shared.sw_want_reg == (sw != SW_OFF && sw != SW_MEASURE && sw != SW_TAIL));
            if (\dut.next_early_reg [0]) assert (\dut.next_valid_reg && \dut.look_valid_reg [0]);
            if (\dut.next_valid_reg ) assert (\dut.next_ask_reg == t_ask);
            if (\dut.miss_valid_reg [0]) assert (\dut.miss_ask_reg == t_ask);
            if (\dut.again_next_reg ) assert (\dut.again_thread == '0);
            if (\dut.again_1h_reg [0]) assert (\dut.want_reg [0] && \dut.again_next_reg );
            if (\dut.again_valid_reg ) assert (\dut.again_ask_reg == t_ask);
            if (\dut.s3_lookup_reg ) assert (\dut.s3_ask_reg == t_ask && {\dut.shared.vpn1_reg , \dut.shared.op1_reg } == {t_ask[3+CTX_W +: VW], t_ask[1:0]});
            if (\dut.s4_lookup_reg ) assert (\dut.s4_ask_reg == t_ask && \dut.shared.vpn2_reg == t_ask[3+CTX_W +: VW] &&
                                            (!\dut.shared.good_reg || good(\dut.shared.way[0].out2_reg , 1'b0)) && (!\dut.shared.good_huge_reg || good(\dut.shared.way[0].out2_huge_reg , 1'b1)));
            if (\dut.s4_lookup_reg && v_guard)
                assert (\dut.s4_covered_reg == ((c_every_reg || t_ctx_reg[CTX_W-1:0] == c_ctx_reg) &&
                                                 (c_all_reg || in_range({t_ask[12+CTX_W +: VW-9], 9'd0}, {t_ask[12+CTX_W +: VW-9], 9'h1ff}))));
            if (end_lookup) assert (\dut.end_ask_reg == t_ask);
            if (\dut.end_may_reg || \dut.end_try_reg || \dut.end_killed_reg || \dut.end_again_reg ) assert (end_lookup);
            if (\dut.end_may_reg ) assert (\dut.end_try_reg );
            assert (!\dut.end_fault_reg && !(end_lookup && \dut.end_done_reg ) && \dut.end_valid_reg == (end_lookup || \dut.end_done_reg ) && \dut.walks.done_1h_reg == \dut.end_done_reg );
            // ---- invalidations
            assert (v_state <= V_DONE);
            assert ((v_state != V_IDLE) == (c_reg == C_INVALIDATING));
            assert (\dut.invalidation.hold_reg == (v_state == V_HOLD || v_state == V_FLUSH));
            assert (\dut.invalidation.flush_reg == (v_state == V_FLUSH));
            if (v_guard) assert (v_state == V_SCAN || v_state == V_REST);
            if (v_state == V_SCAN) assert (v_guard);
            if (v_state == V_FLUSH)
                assert (!\dut.look_valid_reg [0] && !\dut.s3_lookup_reg && !\dut.s3_install_reg && !\dut.s4_lookup_reg &&
                        !\dut.s4_install_reg && !\dut.end_valid_reg && !\dut.told_reg && !\dut.fill_reg [0] && !\dut.tell_1h_reg [0] &&
                        !\dut.hit_1h_reg [0] && k_at[2:0] == '0);
            // ---- translations
            assert (\dut.untold_reg == !\dut.told_reg );
            // ---- the shared TLB; when it is swept, in this order
            assert (\dut.shared.install1_reg == \dut.s3_install_reg && \dut.shared.install2_reg == \dut.s4_install_reg );
            // ---- the walk: in one place, of the thread that waits for it
            assert (k_live == (k_at != '0));
            for (int i = 0; i < 12; i++)
                for (int j = 0; j < i; j++) assert (!(k_at[i] && k_at[j]));
            assert (!\dut.walks.two_reg && !r_held_reg && !r_beat_reg && r_len_reg[0] == 1'b0);
            if (k_live && !k_told) assert (\dut.walking_reg [0] && !\dut.tell_1h_reg [0]);
            if (\dut.walking_reg [0] && !\dut.tell_1h_reg [0]) assert (k_live || \dut.fin_valid_reg );
            if (\dut.walking_reg [0]) assert (\dut.walk_reg == '0);
            if (k_live) begin
                assert (\dut.walks.tags[0] == {\dut.walks.ctx_reg , k_vpn});
                assert (k_level <= 3'd1 && k_vpn == (k_vpn & 18'h201) && \dut.walks.op_of[0] [1] == 1'b0);
            end
            if (\dut.fin_valid_reg ) assert (\dut.walks.act_reg && \dut.walks.fin_reg && \dut.fin_walk_reg == '0);
            if (\dut.tell_1h_reg [0]) assert (\dut.walking_reg [0] && k_live && k_told);
            if (k_live && \dut.walking_reg [0])
                assert (k_vpn == t_ask[3+CTX_W +: VW] && \dut.walks.ctx_reg == t_ctx_reg[CTX_W-1:0] &&
                        (\dut.walks.op_of[0] == {1'b0, t_write_reg[0]} || (k_told && !\dut.tell_1h_reg [0])));
            assert ((ctx_ok & ~\dut.contexts.enabled_reg ) == '0);
            if (\dut.walks.way_out.valid_reg ) assert (\dut.walks.way_out.m_data == {WLK_W'(0), 1'b0, k_table, k_index, 3'd0});
            assert (!\dut.walks.way_out.full_reg && (\dut.walks.way_out.in_reg != \dut.walks.way_out.out_reg ) == \dut.walks.way_out.valid_reg );
            if (\dut.walks.read_valid_reg )
                assert (\dut.walks.read_walk_reg == '0 && \dut.walks.read_level_reg == k_level && \dut.walks.read_moved_reg == \dut.walks.moved_reg );
            assert (\dut.walks.pick_1h_reg == \dut.walks.pick_valid_reg || (\dut.walks.pick_1h_reg && \dut.walks.read_valid_reg ));
            if (\dut.walks.way_out.valid_reg || r_asked_reg[0] || r_full_reg[0]) assert (\dut.walks.asked[0] == {1'b0, k_level});
            assert (\dut.walks.fin_hold_reg == \dut.fin_valid_reg );
            assert (\dut.walks.act_wait_reg == (\dut.invalidation.flush_reg || \dut.walks.check_any_reg || \dut.fin_valid_reg ));
            assert (!r_asked_reg[WALKERS-1] || WALKERS == 1);
            if (r_asked_reg[0] || r_full_reg[0]) assert (r_place_reg[1:0] == k_place);
            assert (!\dut.walks.got.full_reg && (\dut.walks.got.in_reg != \dut.walks.got.out_reg ) == \dut.walks.got.valid_reg &&
                    \dut.walks.early.in_reg == \dut.walks.got.in_reg && \dut.walks.early.out_reg == \dut.walks.got.out_reg );
            if (\dut.walks.got.valid_reg ) begin
                assert (\dut.walks.early.port == PORTS'(1));
                assert (k_got_walk == '0 && k_got_level == k_level && k_got_tag == \dut.walks.tags[0] && k_got_kind <= K_LEAF &&
                        k_got_leaf == (k_got_kind == K_LEAF) && k_got_write == \dut.walks.op_of[0] [0] && k_got_huge == (k_got_level == 3'd1));
            end
            if (\dut.walks.act_valid_reg ) begin
                assert (\dut.walks.act_walk_reg == '0 && \dut.walks.act_1h_reg && \dut.walks.act_level_reg == k_level && k_kind <= K_LEAF);
                assert (\dut.walks.act_next_reg == (k_kind == K_NEXT) && !\dut.walks.act_neighbour_reg && \dut.walks.act_fault_reg == (k_kind == K_FAULT) && \dut.walks.act_leaf_reg == (k_kind == K_LEAF));
                assert (\dut.walks.act_tag_reg == \dut.walks.tags[0] );
                assert (\dut.walks.act_near_reg == (k_level == 3'd1 && (k_kind == K_LEAF || k_kind == K_MARK)));
                if (\dut.walks.act_told_reg ) assert (k_kind == K_LEAF);
            end
            // ---- accessed and dirty
            if (k_ad != 3'd0) assert (k_live && (k_ad == 3'd1 || \dut.walks.ad_walk_reg == '0) && \dut.walks.ad_1h_reg && k_ad <= 3'd6);
            if (k_ad == 3'd1 || k_ad == 3'd2) assert (\dut.walks.mark_reg );
            if (k_ad == 3'd2) assert (k_at[11] || k_at[10] || k_at[9] || k_at[8] || k_at[7] || k_at[6] || k_at[5] || k_at[4]);
            if (k_ad == 3'd2 || (k_ad >= 3'd3 && k_ad <= 3'd5)) assert (grants == 2'b01);
            if (k_writes) assert (!\dut.walks.mark_reg );
            assert (aw_reg == (k_ad == 3'd4 || k_ad == 3'd5));
            assert (w_reg == (k_ad == 3'd5) && (!b_reg || w_reg) && (!b_reg || b_resp_reg == 2'd0));
            if (aw_reg) assert (aw_place_reg == k_place && aw_id_reg == '0);
            if (k_ad == 3'd6) assert (\dut.walks.ad_resp_reg == 2'd0);
            if (k_writes && k_ad != 3'd6) assert (\dut.walks.ad_addr_reg == {k_table, k_index, 3'd0});
            if (k_ad == 3'd2 && (\dut.walks.way_out.valid_reg || r_asked_reg[0] || r_full_reg[0] || \dut.walks.got.valid_reg || \dut.walks.act_valid_reg ))
                assert (\dut.walks.ad_addr_reg == {k_table, k_index, 3'd0});
            if (w_reg) assert (w_data_reg == {1'b0, k_pte[6:5], k_pte[2:1], k_pte[7], k_pte[0], k_pte[24:21]});
            // ---- beginning: the root, or what the walk cache says
            if (\dut.end_try_reg ) assert (\dut.walks.start_level <= 3'd1);
            if (\dut.walks.free_valid_reg ) assert (\dut.walks.free_reg == '0 && \dut.walks.free_1h_reg && !\dut.walks.act_reg );
            else assert (!\dut.walks.free_1h_reg );
            if (\dut.walks.level[0].cache.filled2_reg )
                assert (cache[\dut.walks.level[0].cache.filled2_index_reg *CW +: CW] == \dut.walks.level[0].cache.filled2_entry_reg );
        end

`ifdef P_i7
    // ---- two contexts: what is of the other one has its tables and its frames
    (* hierconn *) wire [63:0]        \dut.contexts.roots[1] ;
    wire        other = t_ctx_reg[CTX_W-1:0] != w_ctx;                    // the request
    wire        k_other = \dut.walks.ctx_reg != w_ctx;                    // the walk
    function apart(input [39:0] frame);         // of a page
        apart = frame[12:10] == 3'd3;
    endfunction
    function entry_apart(input [EW-1:0] e);
        entry_apart = !e[EW-1] || e[45+VW +: CTX_W] == w_ctx || apart(e[39:0]);
    endfunction
    function level_apart(input [LW-1:0] e);
        level_apart = e[45+VW +: CTX_W] == w_ctx || apart(e[39:0]);
    endfunction
    function table_apart(input [39:0] t, input [2:0] level);
        table_apart = t[12:9] == (level == 3'd1 ? OTHER_ROOT : OTHER_TABLE);
    endfunction
    function cache_apart(input [CW-1:0] e);
        cache_apart = e[40+VW-9 +: CTX_W] == w_ctx || table_apart(e[39:0], 3'd0);
    endfunction
    function pte_apart(input [63:0] e);
        pte_apart = e[7] ? e[24:22] == 3'd3 : e[24:21] == OTHER_TABLE;
    endfunction
    function step_apart(input [2:0] kind, input [63:0] e);
        step_apart = pte_apart(e) && (kind != K_NEXT || (!e[7] && k_level == 3'd1)) && ((kind != K_MARK && kind != K_LEAF) || e[7]);
    endfunction

    always_ff @(posedge clk)
        if (started && booted) begin
            for (int c = 0; c < CONTEXTS; c++)
                if (\dut.contexts.enabled_reg [c] && CTX_W'(c) != w_ctx)
                    assert ((c == 0 ? \dut.contexts.roots[0] : \dut.contexts.roots[1] ) == table_at(OTHER_ROOT));
            // ---- translations
            if (other && \dut.port[0].answers.valid_reg && answer_ok) assert (apart(out_pa[51:12]));
            if (other && \dut.port[0].queued_reg ) assert (apart(queue_frame));
            if (\dut.fill_reg [0] && \dut.fill_ctx_reg != w_ctx) assert (apart(\dut.fill_frame_reg ));
            if (\dut.told_reg ) assert (\dut.told_ctx_reg == t_ctx_reg[CTX_W-1:0] && (!other || apart(\dut.told_frame_reg )));
            if (\dut.port[0].first_level.way_reg ) assert (level_apart(\dut.port[0].first_level.entry_reg ));
            if (\dut.port[0].first_level.valid_reg ) assert (level_apart(\dut.port[0].first_level.way[0].entries[0] ));
            if (\dut.port[0].first_level.good_reg )
                assert (level_apart(\dut.port[0].first_level.way[0].out_reg ) &&
                        \dut.port[0].first_level.way[0].out_reg [45+VW +: CTX_W] == t_ctx_reg[CTX_W-1:0]);
            // ---- the shared TLB
            assert (entry_apart(\dut.shared.way[0].entries[0] ));
            if (\dut.shared.write_way_reg ) assert (entry_apart(\dut.shared.write_entry_reg ));
            if (\dut.shared.written1_way_reg ) assert (entry_apart(\dut.shared.written1_entry_reg ));
            if (\dut.s3_lookup_reg || \dut.s3_install_reg || \dut.shared.sweep1_reg )
                assert (entry_apart(\dut.shared.way[0].out_reg ) && entry_apart(\dut.shared.way[0].out_huge_reg ));
            if (\dut.s4_lookup_reg || \dut.s4_install_reg || \dut.shared.sweep2_reg )
                assert (entry_apart(\dut.shared.way[0].out2_reg ) && entry_apart(\dut.shared.way[0].out2_huge_reg ));
            if (\dut.s3_lookup_reg ) assert (\dut.shared.ctx1_reg == t_ctx_reg[CTX_W-1:0]);
            if (\dut.s4_lookup_reg ) assert (\dut.shared.ctx2_reg == t_ctx_reg[CTX_W-1:0]);
            if (end_lookup && other && \dut.shared.hit_reg ) assert (apart(\dut.shared.res_frame_reg ));
            if (\dut.s3_install_reg ) assert (\dut.s3_last_reg && (\dut.shared.ctx1_reg == w_ctx || apart(\dut.shared.frame1_reg )));
            if (\dut.s4_install_reg ) assert (\dut.s4_last_reg && (\dut.shared.ctx2_reg == w_ctx || apart(\dut.shared.frame2_reg )));
            // ---- the walk
            if (k_live && k_other) assert (table_apart(k_table, k_level));
            if (r_full_reg[0] && k_other) assert (r_data_reg[5] ? r_data_reg[3:1] == 3'd3 : r_data_reg[3:0] == OTHER_TABLE);
            if (\dut.walks.got.valid_reg && k_other) assert (step_apart(k_got_kind, k_got));
            if (\dut.walks.act_valid_reg && k_other) assert (step_apart(k_kind, k_act));
            if (k_writes && k_other) assert (pte_apart(k_pte) && k_pte[7]);
            // ---- beginning: the root, or what the walk cache says
            if (\dut.end_try_reg && other) assert (table_apart(\dut.walks.start_table , \dut.walks.start_level ));
            for (int i = 0; i < 4; i++)
                if (\dut.walks.level[0].cache.valid_reg [i]) assert (cache_apart(cache[i*CW +: CW]));
            if (\dut.walks.level[0].cache.filled1_reg ) assert (cache_apart(\dut.walks.level[0].cache.filled1_entry_reg ));
            if (\dut.s3_lookup_reg && (\dut.walks.level[0].cache.valid_reg [\dut.walks.level[0].cache.index1_reg ] || in_filled1)) assert (cache_apart(cache_1));
            if (\dut.s4_lookup_reg && \dut.walks.level[0].cache.valid2_reg ) assert (cache_apart(cache_2));
        end
`else
    always_ff @(posedge clk)
        if (started && booted) begin
            // ---- invalidations
            assert ((now_reg & ~since_reg) == '0);
            if (\dut.drop_valid_reg && \dut.old_reg [0])
                assert (v_state == V_REST && \dut.drop_first_reg <= 52'(t_ask[3+CTX_W +: VW]) && \dut.drop_last_reg >= 52'(t_ask[3+CTX_W +: VW]) &&
                        \dut.drop_ctx_reg == (!c_every_reg && t_ctx_reg[CTX_W-1:0] != c_ctx_reg));
            if (\dut.old_reg [0]) assert (\dut.granted_reg [0]);
            if (v_state == V_DONE) assert (!\dut.old_reg [0] && !v_guard);
            // who held a translation when it began is waited for
            if (tight && is_page && st_reg[1:0] == HELD && old_reg[0]) assert (\dut.old_reg [0]);
            if (is_watched && st_reg[1:0] == HELD)
                assert ((tight && \dut.old_reg [0]) || in_set(fresh, frame_reg[2:0]));
            // ---- translations
            if (is_page && \dut.port[0].answers.valid_reg && answer_ok) begin
                assert (out_pa[51:24] == 28'd0 && out_pa[23:21] >= 3'd2 && out_pa[23:21] <= 3'd5);
                if (is_watched) assert ((tight && \dut.old_reg [0]) || in_set(fresh, out_pa[23:21]));
            end
            if (is_page && \dut.port[0].queued_reg ) begin
                assert (queue_frame[39:12] == 28'd0 && queue_frame[11:9] >= 3'd2 && queue_frame[11:9] <= 3'd5);
                if (is_watched) assert ((tight && \dut.old_reg [0]) || in_set(fresh, queue_frame[11:9]));
            end
            if (\dut.fill_reg [0]) assert (fine(\dut.fill_vpn_reg , \dut.fill_huge_reg , \dut.fill_perm_reg , \dut.fill_frame_reg , 1'b1));
            if (\dut.port[0].first_level.way_reg )
                assert (fine(\dut.port[0].first_level.entry_reg [45 +: VW], \dut.port[0].first_level.entry_reg [LW-1],
                             \dut.port[0].first_level.entry_reg [44:40], \dut.port[0].first_level.entry_reg [39:0], 1'b1));
            if (\dut.told_reg ) begin
                assert (fine(\dut.told_vpn_reg , \dut.told_huge_reg , \dut.told_perm_reg , \dut.told_frame_reg , 1'b1));
                assert (\dut.told_vpn_reg == t_ask[3+CTX_W +: VW] && (t_write_reg[0] ? \dut.told_perm_reg [1] && \dut.told_perm_reg [4] : \dut.told_perm_reg [0]));
            end
            if (\dut.port[0].first_level.valid_reg )
                assert (fine(\dut.port[0].first_level.way[0].entries[0] [45 +: VW], \dut.port[0].first_level.way[0].entries[0] [LW-1],
                             \dut.port[0].first_level.way[0].entries[0] [44:40], \dut.port[0].first_level.way[0].entries[0] [39:0], 1'b1));
            if (\dut.port[0].first_level.good_reg )
                assert (\dut.port[0].first_level.way[0].out_reg [45 +: VW] == t_ask[3+CTX_W +: VW] &&
                        (t_write_reg[0] ? \dut.port[0].first_level.way[0].out_reg [41] && \dut.port[0].first_level.way[0].out_reg [44] : \dut.port[0].first_level.way[0].out_reg [40]) &&
                        fine(\dut.port[0].first_level.way[0].out_reg [45 +: VW], \dut.port[0].first_level.way[0].out_reg [LW-1],
                             \dut.port[0].first_level.way[0].out_reg [44:40], \dut.port[0].first_level.way[0].out_reg [39:0], 1'b1));
            // ---- the shared TLB; when it is swept, in this order
            if (sw != SW_OFF && v_state != V_IDLE)
                assert (\dut.shared.every_reg == c_every_reg && \dut.shared.all_reg == c_all_reg && \dut.shared.sw_ctx_reg == c_ctx_reg &&
                        \dut.shared.first_reg == VW'(address(c_first_reg) >> 12) && \dut.shared.last_reg == VW'(address(c_last_reg) >> 12) &&
                        !\dut.shared.outside_reg );
            if (sw != SW_OFF) assert (v_guard && sw <= SW_TAIL);
            if (\dut.shared.sweep1_reg || \dut.shared.sweep2_reg ) assert (v_guard && sw != SW_OFF && sw != SW_MEASURE);
            if (sw == SW_TAIL) begin
                assert (tail <= 3'd4);
                assert (\dut.shared.sweep1_reg == (tail == 3'd4));
                if (tail != 3'd4) assert (\dut.shared.sweep2_reg == (tail == 3'd3));
            end
            assert (entry_fine(\dut.shared.way[0].entries[0] , !tight || clean_entry));
            if (\dut.shared.write_way_reg ) assert (entry_fine(\dut.shared.write_entry_reg , 1'b1));
            if (\dut.shared.written1_way_reg ) assert (entry_fine(\dut.shared.written1_entry_reg , 1'b1));
            if (\dut.s3_lookup_reg || \dut.s3_install_reg || \dut.shared.sweep1_reg ) begin
                assert (entry_fine(\dut.shared.way[0].out_reg , !tight || !v_guard || (sw == SW_TAIL && tail == 3'd0)));
                assert (entry_fine(\dut.shared.way[0].out_huge_reg , !tight || !v_guard || (sw == SW_TAIL && tail == 3'd0)));
            end
            if (\dut.s4_lookup_reg || \dut.s4_install_reg || \dut.shared.sweep2_reg ) begin
                assert (entry_fine(\dut.shared.way[0].out2_reg , !tight || !v_guard || (sw == SW_TAIL && tail == 3'd0)));
                assert (entry_fine(\dut.shared.way[0].out2_huge_reg , !tight || !v_guard || (sw == SW_TAIL && tail == 3'd0)));
            end
            if (end_lookup && \dut.shared.hit_reg ) begin
                assert (fine(\dut.end_ask_reg [3+CTX_W +: VW], \dut.shared.res_huge_reg , \dut.shared.res_perm_reg , \dut.shared.res_frame_reg , !tight || !v_guard));
                assert (t_write_reg[0] ? \dut.shared.res_perm_reg [1] && \dut.shared.res_perm_reg [4] : \dut.shared.res_perm_reg [0]);
            end
            if (tight && v_guard && is_page) assert (!\dut.end_may_reg && !\dut.end_try_reg );
            if (\dut.s3_install_reg ) assert (\dut.s3_last_reg && fine(\dut.shared.vpn1_reg , \dut.shared.huge1_reg , \dut.shared.perm1_reg , \dut.shared.frame1_reg , 1'b1));
            if (\dut.s4_install_reg ) assert (\dut.s4_last_reg && fine(\dut.shared.vpn2_reg , \dut.shared.huge2_reg , \dut.shared.perm2_reg , \dut.shared.frame2_reg , 1'b1));
            // ---- the walk: in one place, of the thread that waits for it
            if (k_live) begin
                if (k_level == 3'd1) assert (k_table == {27'd0, ROOT, 9'd0} && (!k_root || (!\dut.walks.mark_reg && k_ad == 3'd0)));
                else if (k_root) assert (leads(k_table) && (k_bound || leads_fresh(k_table)));
                else assert (k_table == {27'd0, OTHER_TABLE, 9'd0});
            end
            if (\dut.contexts.enabled_reg [0]) assert (\dut.contexts.roots[0] == table_at(ROOT));
            if (v_state == V_HOLD || v_state == V_FLUSH)
                assert (\dut.walks.flush_epoch_reg == \dut.walks.epoch_reg && \dut.walks.epochs_used_reg == (\dut.walks.epoch_reg == 4'hf));
            if (r_full_reg[0]) begin
                if (k_place == E0) begin
                    assert (r_data_reg[10:5] == 6'd0 && r_data_reg[3:1] == TABLE[3:1]);
                    if (r_data_reg[4]) assert (k_bound || fresh[6 + r_data_reg[0]]);
                end else if (k_place != ELSE) begin
                    assert (!r_data_reg[10] && r_data_reg[5] && r_data_reg[3:1] == (k_place == E1 ? 3'd1 : 3'd2));
                    if (r_data_reg[4] && r_data_reg[8] && (w_write ? r_data_reg[7] && r_data_reg[9] : r_data_reg[6]))
                        assert (k_stale || in_set(fresh, r_data_reg[2:0]));
                end else
                    assert (!r_data_reg[10] && (r_data_reg[5] ? r_data_reg[3:1] == 3'd3 : r_data_reg[9:6] == 4'd0 && r_data_reg[3:0] == OTHER_TABLE));
            end
            if (\dut.walks.got.valid_reg ) assert (step_fine(k_got_kind, k_got));
            for (int i = 0; i < 2; i++)
                if (\dut.walks.alike_reg [i]) begin
                    if (!\dut.walks.newest_reg ) assert (!\dut.walks.ending_reg [i]);
                    if (\dut.walks.act_reg ) assert (k_live && !\dut.walks.poison_reg );
                end
            for (int i = 0; i < 2; i++) begin
                if (\dut.walks.any_reg [i]) assert (\dut.walks.alike_reg [i] && \dut.walks.act_reg );
                if (\dut.walks.alike_reg [i]) assert (\dut.walks.any_reg [i] || \dut.walks.newest_reg );
            end
            if (\dut.walks.started_reg ) assert (\dut.walks.act_reg && (!\dut.walks.newest_reg || \dut.walks.alike_reg == 2'b11));
            if (\dut.walks.quiet_reg && k_live) assert (!k_doomed && !\dut.walks.near_reg );
            if (\dut.walks.act_valid_reg ) assert (step_fine(k_kind, k_act));
            // ---- accessed and dirty
            if (k_writes) begin
                if (k_root) assert (k_level == 3'd0);
                if (k_page) assert (leaf_fine(k_pte) && k_pte[24:22] == (k_table[9] ? 3'd2 : 3'd1));
                if (k_page && (b_reg || k_ad == 3'd6) && leaf_allows(k_pte)) assert (k_stale || in_set(fresh, k_pte[23:21]));
                assert (\dut.walks.op_of[0] [0] ? k_pte[2] && k_pte[6] && k_pte[5] : k_pte[1] && k_pte[5]);
            end
            // ---- compared with the range
            if (\dut.walks.check_reg || \dut.walks.scan_reg || \dut.walks.cmp_valid_reg || (\dut.walks.seen_valid_reg && \dut.walks.check_reg )) assert (v_state == V_SCAN || v_state == V_REST);
            if (\dut.walks.check_reg ) assert (\dut.walks.check_any_reg );
            if (\dut.walks.cmp_valid_reg && \dut.walks.check_reg ) assert (\dut.walks.cmp_vpn_reg == k_vpn);
            if (\dut.walks.seen_valid_reg && \dut.walks.check_reg )
                assert (\dut.walks.seen_page_reg == in_range(k_vpn, k_vpn) && \dut.walks.seen_near_reg == in_range({k_vpn[VW-1:9], 9'd0}, {k_vpn[VW-1:9], 9'h1ff}) &&
                        \dut.walks.seen_table_reg == \dut.walks.seen_near_reg );
            if (k_live && (\dut.walks.near_reg || \dut.walks.old_reg ) && !\dut.walks.poison_reg ) assert (v_state == V_SCAN || v_state == V_REST);
            // ---- beginning: the root, or what the walk cache says
            if (\dut.end_try_reg ) begin
                if (\dut.walks.start_level == 3'd1) assert (\dut.walks.start_table == {27'd0, ROOT, 9'd0});
                else if (t_page_reg[1] == w_page[1]) assert (leads(\dut.walks.start_table ) && leads_fresh(\dut.walks.start_table ));
                else assert (\dut.walks.start_table == {27'd0, OTHER_TABLE, 9'd0});
            end
            for (int i = 0; i < 4; i++)
                if (\dut.walks.level[0].cache.valid_reg [i]) begin
                    assert (cache[i*CW + CW - 4 +: 4] <= epoch);
                    assert (cache_fine(cache[i*CW +: CW]) && cache_other(cache[i*CW +: CW]));
                end
            if (\dut.walks.level[0].cache.filled1_reg ) begin
                assert (\dut.walks.level[0].cache.filled1_entry_reg [CW-4 +: 4] <= epoch);
                assert (cache_fine(\dut.walks.level[0].cache.filled1_entry_reg ) && cache_other(\dut.walks.level[0].cache.filled1_entry_reg ));
            end
            if (\dut.s3_lookup_reg ) begin
                assert (\dut.walks.level[0].cache.tag1_reg == t_ask[12+CTX_W +: VW-9]);
                if (\dut.walks.level[0].cache.valid_reg [\dut.walks.level[0].cache.index1_reg ] || in_filled1)
                    assert (cache_fine(cache_1) && cache_other(cache_1));
            end
            if (\dut.s4_lookup_reg ) begin
                assert (\dut.walks.level[0].cache.tag2_reg == t_ask[12+CTX_W +: VW-9] && \dut.walks.level[0].cache.epoch2_reg == epoch);
                if (\dut.walks.level[0].cache.valid2_reg ) assert (cache_fine(cache_2) && cache_other(cache_2));
            end
        end
`endif
