# From the one register map: dmmu_pkg.v, dmmu_regs.h, registers.md, made at build time by regmap.
#
# DMMU_GENERATED_DIR  where they are; target dmmu_generated makes them; library dmmu_regs gives C the header.
set(DMMU_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
set(DMMU_REGISTER_MAP ${CMAKE_SOURCE_DIR}/rtl/registers/dmmu.map)

add_executable(regmap ${CMAKE_SOURCE_DIR}/cmake/regmap/regmap.c)
target_link_libraries(regmap PRIVATE dmmu_flags)

function(dmmu_generate format output)
  add_custom_command(
    OUTPUT ${DMMU_GENERATED_DIR}/${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${DMMU_GENERATED_DIR}
    COMMAND sh -c "$<TARGET_FILE:regmap> --${format} ${DMMU_REGISTER_MAP} > ${output}.tmp && mv ${output}.tmp ${output}"
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/generated
    DEPENDS regmap ${DMMU_REGISTER_MAP}
    VERBATIM)
endfunction()
file(MAKE_DIRECTORY ${DMMU_GENERATED_DIR})
dmmu_generate(verilog dmmu_pkg.v)
dmmu_generate(c dmmu_regs.h)
dmmu_generate(markdown registers.md)
add_custom_target(dmmu_generated ALL DEPENDS
  ${DMMU_GENERATED_DIR}/dmmu_pkg.v ${DMMU_GENERATED_DIR}/dmmu_regs.h ${DMMU_GENERATED_DIR}/registers.md)

add_library(dmmu_regs INTERFACE)
target_include_directories(dmmu_regs INTERFACE ${DMMU_GENERATED_DIR})
add_dependencies(dmmu_regs dmmu_generated)

add_test(NAME regmap.refuses_bad_maps
  COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/regmap/test.sh $<TARGET_FILE:regmap> ${DMMU_REGISTER_MAP})

# Verilator runs while CMake configures, so the package must exist by then.
if(NOT EXISTS ${DMMU_GENERATED_DIR}/dmmu_pkg.v OR ${DMMU_REGISTER_MAP} IS_NEWER_THAN ${DMMU_GENERATED_DIR}/dmmu_pkg.v)
  set(_bootstrap ${CMAKE_BINARY_DIR}/CMakeFiles/regmap-bootstrap)
  execute_process(
    COMMAND ${CMAKE_C_COMPILER} -D_GNU_SOURCE -o ${_bootstrap} ${CMAKE_SOURCE_DIR}/cmake/regmap/regmap.c
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND ${_bootstrap} --verilog ${DMMU_REGISTER_MAP}
    OUTPUT_FILE ${DMMU_GENERATED_DIR}/dmmu_pkg.v
    COMMAND_ERROR_IS_FATAL ANY)
endif()
