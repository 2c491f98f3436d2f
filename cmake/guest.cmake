# Programs that run in the guest, and where things for the guest image are put.
#
# dmmu_guest_program(NAME KIND selftest|tool SOURCES file...) makes one static program in
# guest/selftests (run one by one as tests) or guest/bin (tools). Static, because the guest has no libraries.
# They never get the host's sanitizers: the kernel under test is what is checked there.
set(DMMU_GUEST_DIR ${CMAKE_BINARY_DIR}/guest)
set(DMMU_KSELFTEST_DIR ${DMMU_GUEST_DIR}/include)
set(DMMU_KERNEL_SCRIPT ${CMAKE_SOURCE_DIR}/cmake/kernel.sh)

if(DEFINED ENV{DMMU_KERNEL_TREE} OR EXISTS /usr/src/linux-source-6.12.tar.xz)
  set(DMMU_HAVE_KERNEL_SOURCE ON)
else()
  set(DMMU_HAVE_KERNEL_SOURCE OFF)
endif()
option(DMMU_GUEST "Build what runs in the guest (needs a kernel source)" ${DMMU_HAVE_KERNEL_SOURCE})
if(NOT DMMU_GUEST)
  message(STATUS "No guest programs: linux-source-6.12 is not installed and DMMU_KERNEL_TREE is not set")
endif()

# kselftest.h and kselftest_harness.h, from the source of the harness kernel.
add_custom_command(
  OUTPUT ${DMMU_KSELFTEST_DIR}/kselftest_harness.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${DMMU_KSELFTEST_DIR}
  COMMAND sh -c "from=$(${DMMU_KERNEL_SCRIPT} --kselftest) && cp \"$from\"/kselftest*.h ${DMMU_KSELFTEST_DIR}/"
  DEPENDS ${DMMU_KERNEL_SCRIPT}
  COMMENT "Taking the kselftest headers from the kernel source"
  VERBATIM)
add_custom_target(kselftest_headers DEPENDS ${DMMU_KSELFTEST_DIR}/kselftest_harness.h)

set(DMMU_GUEST_TARGETS "" CACHE INTERNAL "")

function(dmmu_guest_program name)
  cmake_parse_arguments(arg "" "KIND" "SOURCES" ${ARGN})
  if(arg_KIND STREQUAL "selftest")
    set(folder selftests)
  elseif(arg_KIND STREQUAL "tool")
    set(folder bin)
  else()
    message(FATAL_ERROR "dmmu_guest_program(${name}): KIND is selftest or tool, not '${arg_KIND}'")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "dmmu_guest_program(${name}): no SOURCES")
  endif()
  if(NOT DMMU_GUEST)
    return()
  endif()
  # Target names have a prefix, so that a test may be called like a host program.
  set(target guest-${name})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${DMMU_GUEST_DIR}/${folder})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE -O2 -g1 -Wall -Wextra -Werror)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/kmod/include/uapi ${DMMU_GENERATED_DIR})
  target_include_directories(${target} SYSTEM PRIVATE ${DMMU_KSELFTEST_DIR})
  target_link_options(${target} PRIVATE -static -pthread)
  add_dependencies(${target} kselftest_headers dmmu_generated)
  set(DMMU_GUEST_TARGETS ${DMMU_GUEST_TARGETS} ${target} CACHE INTERNAL "")
  if(folder STREQUAL "selftests")
    set_property(GLOBAL APPEND PROPERTY DMMU_SELFTEST_PROGRAMS ${name})
  endif()
endfunction()
