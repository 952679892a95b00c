#pragma once
/// For unit tests only: shared test data, saying that a test could not run, and whether sanitizers watch.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace naru::test {

/// Whether the address sanitizer watches: code is then ten to thirty times as slow. A test may take smaller input
/// there, so long as every line that could err still runs; what only many draws can show is left to the other builds.
#if defined(__SANITIZE_ADDRESS__)
#define NARU_TEST_SANITIZED true
#elif defined(__has_feature)
#define NARU_TEST_SANITIZED __has_feature(address_sanitizer)
#else
#define NARU_TEST_SANITIZED false
#endif
inline constexpr bool sanitized = NARU_TEST_SANITIZED;
#undef NARU_TEST_SANITIZED
/// Limits on time stay limits, on a machine that others use too and under sanitizers.
inline constexpr double patience = sanitized ? 8 : 1;

bool& skipped_flag();  // defined in tests/unit_main.cc

/// The folder of shared data (`NARU_SHARED`/data), or nothing, having said SKIPPED.
inline std::optional<std::filesystem::path> shared_data(const std::string& part) {
  const char* root = std::getenv("NARU_SHARED");
  const std::filesystem::path path = std::filesystem::path(root != nullptr ? root : "../shared") / "data" / part;
  if (std::filesystem::exists(path)) return path;
  std::printf("SKIPPED: %s is not on this machine (set NARU_SHARED)\n", path.c_str());
  skipped_flag() = true;
  return std::nullopt;
}

}  // namespace naru::test
