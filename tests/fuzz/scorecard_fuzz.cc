// A scorecard from anywhere: refused, or it scores every row into [0, 1] or counts it as failed.
#include "evidence/solution.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const auto card = evidence::parse_solution(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!card.ok()) return 0;
  evidence::FeatureMatrix matrix{3, card->features.size(), {}};
  for (const double value : {1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::max()}) {
    for (std::size_t j = 0; j < matrix.features; ++j) matrix.values.push_back(value);
  }
  const auto scores = evidence::run_solution(*card, matrix);
  if (!scores.ok()) std::abort();
  std::int64_t failed = 0;
  for (const auto& [reason, rows] : scores->failed) failed += rows;
  for (const auto& score : scores->score) {
    if (!score) --failed;
    if (score && !(*score >= 0 && *score <= 1)) std::abort();
  }
  if (failed != 0) std::abort();
  return 0;
}
