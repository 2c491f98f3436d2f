# dmmu_verilate(TARGET [UNCHECKED] [PARAMS NAME=VALUE...]): a static library with the Verilated device of those parameters
# behind dmmu_sim.h, its assertions on unless UNCHECKED. Link it after dmmu_bench. VERILATOR_ROOT in the environment chooses another Verilator.
find_package(verilator HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)
if(NOT verilator_FOUND)
  message(FATAL_ERROR "Verilator was not found. Install it (Debian: apt install verilator), or set VERILATOR_ROOT.")
endif()
if(NOT DMMU_RTL_SOURCES)
  message(FATAL_ERROR "DMMU_RTL_SOURCES is empty: rtl/CMakeLists.txt names the sources of the device")
endif()

set(DMMU_SIM_DIR ${CMAKE_CURRENT_LIST_DIR})

function(dmmu_verilate target)
  cmake_parse_arguments(ARG "UNCHECKED" "" "PARAMS" ${ARGN})
  set(check --assert -DCHECK)
  if(ARG_UNCHECKED)
    set(check "")
  endif()
  list(TRANSFORM ARG_PARAMS PREPEND -G)
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${DMMU_SIM_DIR}/dmmu_sim.cpp)
  verilate(${target}
    PREFIX Vdmmu
    TOP_MODULE dmmu
    TRACE_FST
    SOURCES ${DMMU_RTL_SOURCES}
    VERILATOR_ARGS -O3 --x-assign fast --x-initial fast ${check} --unroll-count 256
      --timescale 1ns/1ns ${ARG_PARAMS}
    OPT_FAST -O2 -g0
    OPT_SLOW -O1 -g0
    OPT_GLOBAL -O2 -g0)
  # the hooks of dmmu_sim.cpp replace those of Verilator's runtime
  target_compile_definitions(${target} PRIVATE VL_USER_STOP VL_USER_FINISH VL_USER_FATAL)
  # the runtime is not ours to clean; our own file is compiled with the include paths as they are
  set_source_files_properties(${DMMU_SIM_DIR}/dmmu_sim.cpp PROPERTIES COMPILE_OPTIONS "-O2;-Wall;-Wextra;-Wno-unused-parameter")
  target_include_directories(${target} PUBLIC ${DMMU_SIM_DIR})
  add_dependencies(${target} dmmu_generated)
  target_link_libraries(${target} PUBLIC z pthread)
endfunction()
