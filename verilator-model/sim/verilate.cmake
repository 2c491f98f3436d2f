# dmmu_verilate(TARGET [UNCHECKED|COUNTED] [PROBED] [FAST] [MMU [MUTANTS]|CARD] [NAME NAME] [SOURCES FILE...] [PARAMS NAME=VALUE...]): a static library
# with the Verilated device of those parameters behind dmmu_sim.h, or with CARD the top of a card around it
# (rtl/board/board_core.v), or with MMU the MMU alone behind mmu/mmu_sim.h, with its assertions. UNCHECKED: without; COUNTED:
# it counts coverage in their stead. SOURCES: instead of DMMU_RTL_SOURCES; MUTANTS: module mmu in them has no parameters but
# an input mutsel. PROBED: dmmu_sim_probe() tells something. FAST: compiled for runs of hours. NAME: what
# a log calls the device; if nothing is said, "bare", or of a card "board-sim". Link it after dmmu_bench or mmu_bench.
# VERILATOR_ROOT in the environment chooses another Verilator.
#
# DMMU_VERILATOR_CHECK is what such a call passes to verilate() for assertions. In a build for coverage (cmake/coverage.sh) every device is
# COUNTED.
option(DMMU_COVERAGE "Verilated devices write coverage data at their end, and have no assertions" OFF)
set(DMMU_VERILATOR_COUNT --coverage --coverage-max-width 16 -DCOVER)
set(DMMU_VERILATOR_CHECK --assert -DCHECK)
if(DMMU_COVERAGE)
  set(DMMU_VERILATOR_CHECK ${DMMU_VERILATOR_COUNT})
endif()
find_package(verilator HINTS ${DMMU_VERILATOR_ROOT} /usr/share/verilator)
if(NOT verilator_FOUND)
  message(FATAL_ERROR "Verilator was not found. Install it (Debian: apt install verilator), or set VERILATOR_ROOT.")
endif()
if(NOT DMMU_RTL_SOURCES)
  message(FATAL_ERROR "DMMU_RTL_SOURCES is empty: rtl/CMakeLists.txt names the sources of the device")
endif()

set(DMMU_SIM_DIR ${CMAKE_CURRENT_LIST_DIR})

function(dmmu_verilate target)
  cmake_parse_arguments(ARG "UNCHECKED;COUNTED;PROBED;FAST;MMU;MUTANTS;CARD" "NAME" "PARAMS;SOURCES" ${ARGN})
  # a build for mutants (cmake/mutate.sh) makes no other device
  if(DMMU_MUTANTS AND NOT ARG_MUTANTS)
    add_library(${target} INTERFACE)
    return()
  endif()
  set(check ${DMMU_VERILATOR_CHECK})
  if(ARG_UNCHECKED)
    set(check "")
  elseif(ARG_COUNTED)
    set(check ${DMMU_VERILATOR_COUNT})
  endif()
  list(TRANSFORM ARG_PARAMS PREPEND -G)
  set(top dmmu)
  set(glue ${DMMU_SIM_DIR}/dmmu_sim.cpp)
  set(sources ${DMMU_RTL_SOURCES})
  if(ARG_SOURCES)
    set(sources ${ARG_SOURCES})
  endif()
  set(mutants "")
  if(ARG_MUTANTS)
    set(mutants -DMMU_MUTANTS -Wno-fatal -Wno-lint -Wno-UNOPTFLAT) # a netlist is not ours to clean
  endif()
  if(ARG_MMU)
    set(top mmu_top)
    set(glue ${DMMU_SIM_DIR}/../mmu/mmu_sim.cpp)
    list(APPEND sources ${DMMU_SIM_DIR}/../mmu/mmu_top.v)
  endif()
  if(ARG_PROBED)
    list(PREPEND sources ${DMMU_SIM_DIR}/probe.vlt)
  endif()
  if(ARG_CARD)
    set(top board_core)
    list(APPEND sources ${DMMU_BOARD_SOURCES})
  endif()
  list(APPEND glue ${DMMU_SIM_DIR}/sim_core.cpp)
  # -O1 takes half the time of -O2 to compile, and the device then 1.03 times as long to run
  set(fast -O1)
  if(ARG_FAST AND NOT DMMU_COVERAGE)
    set(fast -O2)
  endif()
  if(NOT ARG_NAME)
    set(ARG_NAME $<IF:$<BOOL:${ARG_CARD}>,board-sim,bare>)
  endif()
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${glue})
  verilate(${target}
    PREFIX V${top}
    TOP_MODULE ${top}
    TRACE_FST
    SOURCES ${sources}
    VERILATOR_ARGS -O3 --x-assign fast --x-initial fast ${check} ${mutants} --unroll-count 256
      --timescale 1ns/1ns ${ARG_PARAMS}
    OPT_FAST ${fast} -g0
    OPT_SLOW -O0 -g0
    OPT_GLOBAL -O2 -g0)
  # the hooks of sim_core.cpp replace those of Verilator's runtime
  target_compile_definitions(${target} PRIVATE VL_USER_STOP VL_USER_FINISH VL_USER_FATAL $<$<BOOL:${ARG_MUTANTS}>:MMU_MUTANTS>
    $<$<BOOL:${ARG_PROBED}>:DMMU_PROBED> $<$<BOOL:${ARG_CARD}>:DMMU_CARD>
    DMMU_SIM_NAME="${ARG_NAME}")
  # the runtime is not ours to clean; our own files are compiled with the include paths as they are
  set_source_files_properties(${glue} PROPERTIES COMPILE_OPTIONS "-O2;-Wall;-Wextra;-Wno-unused-parameter")
  target_include_directories(${target} PUBLIC ${DMMU_SIM_DIR} ${DMMU_SIM_DIR}/../mmu)
  add_dependencies(${target} dmmu_generated)
  target_link_libraries(${target} PUBLIC z pthread)
endfunction()
