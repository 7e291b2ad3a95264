# SPDX-License-Identifier: Apache-2.0
# How all of dsc is compiled: warnings, sanitizers, assertions, ccache, the linker.

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what ccache needs to cache compilations that use a precompiled header.
  set(launcher "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# Our assertions stay on in release builds: a broken invariant must name itself, not miscompile.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_library(dsc_options INTERFACE)
target_compile_options(dsc_options INTERFACE
  -Wall -Wextra -Werror -Wno-unused-parameter
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
target_include_directories(dsc_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Without this a precompiled header is stamped with times and ccache never hits.
  target_compile_options(dsc_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
  target_link_options(dsc_options INTERFACE -fuse-ld=lld)
endif()
if(DSC_SANITIZE)
  target_compile_options(dsc_options INTERFACE -fsanitize=${DSC_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(dsc_options INTERFACE -fsanitize=${DSC_SANITIZE})
endif()
