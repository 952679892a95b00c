#pragma once
/// Scores of cases and of controls, each ascending: all that ranks need, in 8 bytes a row.
///
/// The sort is a most-significant-digit radix sort whose digits are taken from the range that the keys of a part
/// really span, so that skewed scores, scores on a grid and scores of both signs all take few passes. O(n) in time,
/// 16 bytes a row in memory. Same keys, same bytes: nothing depends on the order of rows.
#include "base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace naru::evaluate {

enum class Direction { higher, lower };  ///< which scores speak for the event; never guessed from the data

/// Doubles as unsigned integers in the same order; -0.0 is 0.0. REQUIRES: x finite.
[[nodiscard]] std::uint64_t key_of(double x);
[[nodiscard]] double score_of(std::uint64_t key);

/// Ascending, in place.
void sort_keys(std::span<std::uint64_t> keys);

struct Ordered {
  std::vector<std::uint64_t> keys;  ///< first the cases' keys, ascending, then the controls', ascending
  std::size_t n_cases = 0;
  [[nodiscard]] std::span<const std::uint64_t> cases() const { return {keys.data(), n_cases}; }
  [[nodiscard]] std::span<const std::uint64_t> controls() const {
    return {keys.data() + n_cases, keys.size() - n_cases};
  }
};

/// `label[i]` 1 = event. With Direction::lower the scores are negated.
/// Errors: rejected naming the first row (from 1) whose score is NaN or infinite or whose label is not 0 or 1, or
/// when the lengths differ.
[[nodiscard]] Result<Ordered> ordered(std::span<const double> score, std::span<const std::uint8_t> label,
                                      Direction direction = Direction::higher);

}  // namespace naru::evaluate
