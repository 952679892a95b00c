#pragma once
/// For this room's tests: scores with ties and labels drawn by them.
#include "base/random.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace naru::evaluate::testing {

/// Calibrated by construction: label 1 with probability `score`.
struct Drawn {
  std::vector<double> score;
  std::vector<std::uint8_t> label;
};
/// `n` rows; scores on a grid of `steps` values strictly between 0 and 1.
inline Drawn draw(std::uint64_t seed, std::size_t n, std::uint64_t steps) {
  SeededRandom random(seed);
  Drawn out;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = (static_cast<double>(random.below(steps)) + 0.5) / static_cast<double>(steps);
    out.score.push_back(p);
    out.label.push_back(random.unit() < p ? 1 : 0);
  }
  return out;
}

}  // namespace naru::evaluate::testing
