#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# waves.sh FILE.fst: writes FILE.gtkw beside it, a save file for GTKWave that shows the device of rtl/dmmu.v group by group:
# gtkwave FILE.fst FILE.gtkw. Signals are those of the default geometry; one that is not there GTKWave leaves out.
set -eu
wave=${1:?usage: waves.sh FILE.fst}
top=dmmu.dmmu

group() {
	printf '@800200\n-%s\n' "$1"
	shift
	for signal; do
		case $signal in
		*\[*) printf '@22\n' ;;
		*) printf '@28\n' ;;
		esac
		printf '%s.%s\n' "$top" "$signal"
	done
	printf '@1000200\n-end\n'
}

{
	printf '[dumpfile] "%s"\n[timestart] 0\n' "$wave"
	printf '@28\n%s.clk\n%s.busy\n@24\n%s.cycle[63:0]\n' "$top" "$top" "$top"
	group 'reset' rst flr_req flr_done core_rst stop resetting ready
	group 'registers' s_axil_awvalid s_axil_awready 's_axil_awaddr[15:0]' s_axil_wvalid s_axil_wready 's_axil_wdata[31:0]' \
		s_axil_arvalid s_axil_arready 's_axil_araddr[15:0]' s_axil_rvalid s_axil_rready 's_axil_rdata[31:0]'
	group 'rings' 'ctl_tail[31:0]' 'ctl_head[31:0]' 'work_tail[31:0]' 'work_fetched[31:0]' 'cpl_tail[31:0]' 'cpl_head[31:0]' \
		'flt_tail[31:0]' 'flt_head[31:0]' 'cpy_tail[31:0]' 'cpy_head[31:0]'
	group 'interrupts' 'irq_req[4:0]' 'irq_ack[4:0]' 'irq_pending[4:0]'
	group 'threads' 'thread_start[15:0]' 'thread_busy[15:0]' 'stalled[15:0]' 'faulted[15:0]' 'rel_wanted[15:0]'
	group 'client ports' 'req_valid[3:0]' 'req_ready[3:0]' 'req_ctx[15:0]' 'req_thread[15:0]' 'req_va[255:0]' 'req_op[7:0]' \
		'rsp_valid[3:0]' 'rsp_ready[3:0]' 'rsp_thread[15:0]' 'rsp_status[7:0]' 'rsp_pa[207:0]' 'rsp_local[3:0]' \
		'rel_valid[3:0]' 'rel_thread[15:0]'
	group 'MMU events' 'ev_l1_hit[3:0]' ev_l2_hit ev_miss ev_merge ev_walk ev_walk_cache_hit ev_prefetch ev_walk_read ev_ad_update
	group 'faults' ev_record 'detect_to_record[63:0]' 'record_to_answer[63:0]' 'answer_to_replay[63:0]' answer_valid \
		'answer_tag[31:0]' 'answer_action[1:0]' ev_retry ev_fail
	group 'invalidation' inv_start inv_every inv_all 'cmd_ctx[3:0]' 'inv_first[51:0]' 'inv_last[51:0]' invalidating inv_done
	group 'contexts' ctx_set_valid 'ctx_set_root[63:0]' ctx_kill_valid 'ctx_ok[15:0]' kill_valid 'kill_ctx[3:0]'
	group 'page-table commands' pt_start pt_from_host pt_age 'pt_local[63:0]' 'pt_count[9:0]' pt_done 'pt_lock_req[1:0]' \
		'pt_lock_grant[1:0]'
	group 'copy engine' copy_active ev_copy ev_copy_beat 'copy_araddr[63:0]' 'copy_awaddr[63:0]'
	for port in host local; do
		m=m_axi_$port
		group "$port memory" ${m}_arvalid ${m}_arready "${m}_arid[7:0]" "${m}_araddr[63:0]" "${m}_arlen[7:0]" \
			${m}_rvalid ${m}_rready "${m}_rid[7:0]" "${m}_rdata[63:0]" "${m}_rresp[1:0]" ${m}_rlast \
			${m}_awvalid ${m}_awready "${m}_awid[7:0]" "${m}_awaddr[63:0]" "${m}_awlen[7:0]" \
			${m}_wvalid ${m}_wready "${m}_wdata[63:0]" "${m}_wstrb[7:0]" ${m}_wlast \
			${m}_bvalid ${m}_bready "${m}_bid[7:0]" "${m}_bresp[1:0]"
	done
} >"${wave%.fst}.gtkw"
