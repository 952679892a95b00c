# Rooms: one static library per folder of src/, each with a private include view, so that including a
# header of a room that is not in USES is a "No such file" error. See docs/architecture.md.

# naru_embed(ROOM): src/ROOM/sql/*.sql and src/ROOM/lists/*.yaml become naru::ROOM::sql::text("name"), declared in "ROOM_sql.h".
function(naru_embed_sql name view out)
  file(GLOB queries CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/sql/*.sql
    ${PROJECT_SOURCE_DIR}/src/${name}/lists/*.yaml)
  set(${out} "" PARENT_SCOPE)
  if(NOT queries)
    return()
  endif()
  set(body "")
  foreach(file ${queries})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(stem ${file} NAME_WE)
    file(READ ${file} content)
    string(APPEND body "  if (name == \"${stem}\") return R\"NARUSQL(${content})NARUSQL\";\n")
  endforeach()
  file(CONFIGURE OUTPUT ${view}/${name}_sql.h CONTENT "#pragma once
#include <string_view>
namespace naru::${name}::sql {
/// The text of src/${name}/sql/<name>.sql or lists/<name>.yaml; empty when there is none of that name.
std::string_view text(std::string_view name);
}  // namespace naru::${name}::sql
" @ONLY)
  # Not file(CONFIGURE): it would expand \${} and @ in SQL. Written only when changed.
  set(source "#include \"${name}_sql.h\"\nnamespace naru::${name}::sql {\nstd::string_view text(std::string_view name) {\n${body}  return {};\n}\n}\n")
  set(before "")
  if(EXISTS ${view}/${name}_sql.cc)
    file(READ ${view}/${name}_sql.cc before)
  endif()
  if(NOT before STREQUAL source)
    file(WRITE ${view}/${name}_sql.cc "${source}")
  endif()
  set(${out} ${view}/${name}_sql.cc PARENT_SCOPE)
endfunction()

if(NARU_TESTS)
  add_library(naru_unit_main OBJECT ${PROJECT_SOURCE_DIR}/tests/unit_main.cc)
  target_link_libraries(naru_unit_main PRIVATE naru_warnings PUBLIC doctest::doctest)
  # An assertion is one call instead of its whole machinery in place; what it reports is the same.
  target_compile_definitions(naru_unit_main INTERFACE DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
endif()

# naru_room(NAME USES rooms… LIBS targets…): the USES list is the architecture.
function(naru_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "USES;LIBS")
  set(view ${PROJECT_BINARY_DIR}/view/${name})
  file(GLOB_RECURSE code CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${code})
  list(FILTER code EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  file(GLOB_RECURSE heads CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/src src/${name}/*.h)
  list(TRANSFORM heads REPLACE "(.+)" "#include \"\\1\"")
  list(JOIN heads "\n" heads)
  file(CONFIGURE OUTPUT ${view}/heads.cc CONTENT "${heads}\n" @ONLY)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${name} ${view}/${name} SYMBOLIC)
  naru_embed_sql(${name} ${view} embedded)
  add_library(naru_${name} STATIC ${code} ${view}/heads.cc ${embedded})
  target_include_directories(naru_${name} PUBLIC ${view})
  foreach(used ${ROOM_USES})
    if(NOT TARGET naru_${used})
      message(FATAL_ERROR "room ${name} uses ${used}, which is not a room above it: data runs one way")
    endif()
  endforeach()
  list(TRANSFORM ROOM_USES PREPEND naru_)
  if(ROOM_USES)
    # Without this CMake silently accepts cycles between static libraries.
    set_property(TARGET ${ROOM_USES} APPEND PROPERTY USED_BY ${name})
  endif()
  target_link_libraries(naru_${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_LIBS} naru_warnings)
  naru_precompiled(naru_${name})
  # Headers must hold without what is precompiled.
  set_source_files_properties(${view}/heads.cc ${embedded} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  if(tests AND NARU_TESTS)
    add_executable(test_${name} ${tests})
    target_link_libraries(test_${name} PRIVATE naru_unit_main naru_${name} ${ROOM_LIBS} naru_warnings doctest::doctest)
    naru_precompiled(test_${name})
    target_compile_definitions(test_${name} PRIVATE NARU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    # Sanitizers make a search or an attack many times slower; the machine that tests may be small.
    set(patience 300)
    if(NARU_SANITIZE)
      set(patience 1200)
    endif()
    doctest_discover_tests(test_${name} TEST_PREFIX "${name}: "
      PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${patience} ENVIRONMENT "NARU_SHARED=${NARU_SHARED}")
  endif()
endfunction()

# naru_fuzz(NAME ROOM): tests/fuzz/NAME_fuzz.cc, run briefly by ctest over its kept corpus.
function(naru_fuzz name room)
  add_executable(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cc)
  target_link_libraries(fuzz_${name} PRIVATE naru_${room} naru_warnings)
  naru_precompiled(fuzz_${name})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_test(NAME "fuzz: ${name}" COMMAND ${PROJECT_SOURCE_DIR}/scripts/fuzz-briefly $<TARGET_FILE:fuzz_${name}>
    ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties("fuzz: ${name}" PROPERTIES TIMEOUT 120)
endfunction()
