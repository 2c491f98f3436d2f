# Which Verilator: the one that VERILATOR_ROOT in the environment names (as Verilator itself defines it: a built source
# tree, or PREFIX/share/verilator), else the host's. Both halves, program and run-time sources, come from the same place.
# A build folder stays with its choice until VERILATOR_ROOT names another.
if(DEFINED ENV{VERILATOR_ROOT})
  set(_root $ENV{VERILATOR_ROOT})
  if(NOT "${DMMU_VERILATOR_ROOT}" STREQUAL "${_root}")
    unset(VERILATOR_BIN CACHE)
    unset(VERILATOR_ROOT CACHE)
    unset(DMMU_VERILATOR CACHE)
    unset(verilator_DIR CACHE)
    set(DMMU_VERILATOR_ROOT ${_root} CACHE INTERNAL "the VERILATOR_ROOT of this build folder")
  endif()
  find_program(VERILATOR_BIN verilator_bin PATHS ${_root}/bin ${_root}/../../bin NO_DEFAULT_PATH)
  set(DMMU_VERILATOR ${VERILATOR_BIN} CACHE FILEPATH "for lint") # the script beside it looks for its program elsewhere
  if(NOT VERILATOR_BIN)
    message(FATAL_ERROR "VERILATOR_ROOT names '${_root}', which has no verilator_bin in bin/ or ../../bin/")
  endif()
  if(NOT EXISTS ${_root}/verilator-config.cmake)
    message(FATAL_ERROR "VERILATOR_ROOT names '${_root}', which has no verilator-config.cmake: it must be Verilator 4.2 or newer, installed")
  endif()
  message(STATUS "Verilator: ${VERILATOR_BIN}, named by VERILATOR_ROOT")
else()
  find_program(DMMU_VERILATOR verilator)
endif()
