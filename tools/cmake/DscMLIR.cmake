# SPDX-License-Identifier: Apache-2.0
# Compiler-side targets: MLIR from Debian's shared libraries, and one precompiled header per layer.

find_package(MLIR 22.1 REQUIRED CONFIG PATHS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# dsc_tablegen(TARGET name TD file GEN out=arguments...): files land beside their td, under the build folder.
function(dsc_tablegen)
  cmake_parse_arguments(arg "" "TARGET;TD" "GEN" ${ARGN})
  set(outputs)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE here)
  foreach(item IN LISTS arg_GEN)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${item}")
    set(out "${PROJECT_BINARY_DIR}/${here}/${CMAKE_MATCH_1}")
    separate_arguments(flags UNIX_COMMAND "${CMAKE_MATCH_2}")
    add_custom_command(OUTPUT "${out}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${PROJECT_BINARY_DIR}/${here}"
      COMMAND "${MLIR_TABLEGEN_EXE}" ${flags} -I "${PROJECT_SOURCE_DIR}" -I "${MLIR_INCLUDE_DIRS}"
              "${CMAKE_CURRENT_SOURCE_DIR}/${arg_TD}" --write-if-changed -o "${out}" -d "${out}.d"
      DEPFILE "${out}.d"
      DEPENDS "${arg_TD}" VERBATIM)
    list(APPEND outputs "${out}")
  endforeach()
  add_custom_target(${arg_TARGET} DEPENDS ${outputs})
endfunction()

# dsc_compiler_library(name SOURCES... [LINK libs...] [TABLEGEN targets...] [PCH_FROM target])
# A static library of a layer; links MLIR's shared library and reuses a precompiled header.
function(dsc_compiler_library name)
  cmake_parse_arguments(arg "" "PCH_FROM" "SOURCES;LINK;TABLEGEN" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC dsc_options MLIR LLVM ${arg_LINK})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  if(arg_TABLEGEN)
    add_dependencies(${name} ${arg_TABLEGEN})
  endif()
  if(arg_PCH_FROM)
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH_FROM})
  endif()
endfunction()
