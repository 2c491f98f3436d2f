# What the timing analyser must know of the clock crossings of board_core.v, for any card: nothing is constrained by the clocks'
# relation, because they have none; Gray pointers must arrive within a period of the faster clock, and with little skew between
# their bits; the words in a crossing's LUT RAM stand still when they are read.
set crossing 3.0

set_max_delay -datapath_only $crossing -from [get_cells -hier -filter {NAME =~ *_gray_reg_reg*}] \
	-to [get_cells -hier -filter {NAME =~ *to_reader/first_reg_reg* || NAME =~ *to_writer/first_reg_reg*}]
set_bus_skew $crossing -from [get_cells -hier -filter {NAME =~ *_gray_reg_reg*}] \
	-to [get_cells -hier -filter {NAME =~ *to_reader/first_reg_reg* || NAME =~ *to_writer/first_reg_reg*}]
set_max_delay -datapath_only $crossing -from [get_cells -hier -filter {NAME =~ *words_reg*}] \
	-to [get_cells -hier -filter {NAME =~ *data_reg_reg*}]

# single bits: interrupts, resets' states, function-level reset, busy
set_max_delay -datapath_only $crossing -to [get_pins -hier -filter {NAME =~ *interrupts/to_*/first_reg_reg*/D}]
set_false_path -to [get_pins -hier -filter {NAME =~ *_port/here/first_reg_reg*/D || NAME =~ *_side/near/first_reg_reg*/D}]
set_false_path -to [get_pins -hier -filter {NAME =~ *flr_in/first_reg_reg*/D || NAME =~ *flr_out/first_reg_reg*/D}]
set_false_path -to [get_pins -hier -filter {NAME =~ *moving_out/first_reg_reg*/D}]

# resets begin whenever they like
set_false_path -to [get_pins -hier -filter {NAME =~ *hold_reg_reg*/PRE}]
