# SPDX-License-Identifier: GPL-2.0
# build.tcl: project, block design, bitstream. `./dmmu fpga build CARD` starts it:
#   vivado -mode batch -source build.tcl -tclargs CARD OUTPUT_FOLDER RTL_FILE_LIST [synth_only]
set here [file dirname [file normalize [info script]]]
lassign $argv card output list until
source $here/common.tcl
source $here/$card.tcl

set channel [open $list]
set sources [split [string trim [read $channel]] "\n"]
close $channel

create_project -force -part $part dmmu_$card $output
add_files $sources
add_files $here/../${card}_top.v
set_property file_type SystemVerilog [get_files *.v]
add_files -fileset constrs_1 [list $here/$card.xdc $here/crossings.xdc]
# crossings.xdc is Tcl with variables and looks for cells: after synthesis
set_property used_in_synthesis false [get_files crossings.xdc]
set_property file_type TCL [get_files crossings.xdc]

create_bd_design ${card}_bd
block_design
validate_bd_design
save_bd_design
generate_target all [get_files ${card}_bd.bd]
set_property top ${card}_top [current_fileset]
update_compile_order -fileset sources_1

launch_runs synth_1 -jobs 4
wait_on_run synth_1
if {[get_property PROGRESS [get_runs synth_1]] ne "100%"} { error "synthesis failed" }
if {$until eq "synth_only"} return
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} { error "implementation failed" }
open_run impl_1
report_timing_summary -file $output/timing.txt
report_utilization -hierarchical -file $output/utilization.txt
report_cdc -details -file $output/cdc.txt
if {[get_property SLACK [get_timing_paths]] < 0} { error "timing is not met: $output/timing.txt" }
puts "bitstream: $output/dmmu_$card.runs/impl_1/${card}_top.bit"
