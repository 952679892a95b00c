#pragma once
/// For unit tests only: shared test data, and saying that a test could not run.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace naru::test {

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
