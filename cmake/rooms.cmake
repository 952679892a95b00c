# The house, lowest room first. A room sees only what it lists in USES, and what those list.
naru_room(base LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libsodium PkgConfig::libcrypto PkgConfig::yaml_cpp PkgConfig::spdlog)
naru_room(audit USES base LIBS nlohmann_json::nlohmann_json fmt::fmt)
naru_room(keys USES base audit LIBS nlohmann_json::nlohmann_json fmt::fmt PkgConfig::libsodium PkgConfig::libcrypto)
naru_room(engine USES base LIBS duckdb soci_core soci_sqlite3 PkgConfig::sqlite3 fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libarchive)
naru_room(model USES base LIBS nlohmann_json::nlohmann_json fmt::fmt)
naru_room(vocabulary USES engine model LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(synth USES engine model LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::htslib)
naru_room(ingest USES vocabulary audit LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::simdjson PkgConfig::libcrypto)
naru_room(protect USES engine model keys LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libcrypto roaring::roaring)
naru_room(linkage USES engine model keys LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libcrypto)
naru_room(cohort USES vocabulary LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(genome USES engine model LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::htslib)
naru_room(release USES ingest protect linkage genome LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(catalogue USES release cohort LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(govern USES catalogue LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(workspace USES govern LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libseccomp)
naru_room(evaluate USES model LIBS fmt::fmt nlohmann_json::nlohmann_json)
naru_room(evidence USES evaluate workspace LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libsodium)
naru_room(network USES evidence LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libcurl PkgConfig::libsodium PkgConfig::libcrypto)
naru_room(server USES network LIBS fmt::fmt nlohmann_json::nlohmann_json PkgConfig::libmicrohttpd PkgConfig::gnutls PkgConfig::libsodium)
naru_room(cli USES network synth LIBS fmt::fmt nlohmann_json::nlohmann_json)

# main() alone sees both the command line and the server, and wires them.
add_executable(naru src/main.cc)
target_link_libraries(naru PRIVATE naru_cli naru_server naru_warnings fmt::fmt)
target_compile_definitions(naru PRIVATE NARU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

if(NARU_TESTS)
  add_subdirectory(tests)
endif()

# Benchmark tools; bench/run builds them.
add_executable(bench_clinical EXCLUDE_FROM_ALL bench/clinical_tool.cc)
target_link_libraries(bench_clinical PRIVATE naru_ingest naru_warnings fmt::fmt PkgConfig::simdjson)

add_executable(bench_cohorts EXCLUDE_FROM_ALL bench/cohorts.cc)
target_link_libraries(bench_cohorts PRIVATE naru_cohort naru_warnings fmt::fmt nlohmann_json::nlohmann_json)
