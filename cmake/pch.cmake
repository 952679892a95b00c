# One precompiled header for every room and test: the standard library, fmt and JSON, never a header of the house, so
# the walls between rooms stand as before. Parsing these was a third of a build.

# naru_precompiled(TARGET)
function(naru_precompiled target)
  if(NOT NARU_PCH)
    return()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_precompile_headers(${target} REUSE_FROM naru_pch)
    return()
  endif()
  # What CMake does for clang, but by a path relative to the build folder: CMake's words hold the absolute path where
  # ccache cannot see that it is one, and no object would be found again in another tree.
  target_compile_options(${target} PRIVATE -include-pch CMakeFiles/naru_pch.dir/cmake_pch.hxx.pch)
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS
    ${PROJECT_BINARY_DIR}/CMakeFiles/naru_pch.dir/cmake_pch.hxx.pch)
  add_dependencies(${target} naru_pch)
endfunction()

if(NOT NARU_PCH)
  return()
endif()

set(header ${PROJECT_SOURCE_DIR}/cmake/pch.h)
set(folder ${PROJECT_BINARY_DIR}/CMakeFiles/naru_pch.dir)
file(WRITE ${PROJECT_BINARY_DIR}/pch.cc.new "// Nothing: its target holds the precompiled header.\n")
file(COPY_FILE ${PROJECT_BINARY_DIR}/pch.cc.new ${PROJECT_BINARY_DIR}/pch.cc ONLY_IF_DIFFERENT)
add_library(naru_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cc)
target_link_libraries(naru_pch PRIVATE naru_warnings fmt::fmt)
target_precompile_headers(naru_pch PRIVATE ${header})
# A precompiled header names the tree it was made in, so ccache must not hand it to another tree. It is made in each tree,
# and what ccache compares is a digest of its text and flags, in the file beside it that CCACHE_PCH_EXTSUM asks for.
set_target_properties(naru_pch PROPERTIES CXX_COMPILER_LAUNCHER "")
if(CCACHE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(sum ${folder}/cmake_pch.hxx.gch.sum)
    target_compile_options(naru_warnings INTERFACE -fpch-preprocess)
  else()
    set(sum ${folder}/cmake_pch.hxx.pch.sum)
  endif()
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
  add_custom_command(OUTPUT ${sum} DEPENDS ${header} DEPFILE ${folder}/sum.d VERBATIM
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/pch-sum ${sum} ${folder}/sum.d ${header} ${CMAKE_CXX_COMPILER}
      -std=c++20 ${flags} $<TARGET_PROPERTY:naru_pch,COMPILE_OPTIONS>
    COMMAND_EXPAND_LISTS)
  target_sources(naru_pch PRIVATE ${sum})
endif()
