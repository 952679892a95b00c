#pragma once
/// The sufficient statistic of one score: distinct values in ascending order with cases and controls at each.
/// Every measure of one score is a function of it alone, hence the same bits for any order of rows, and the same
/// formula for rows and for histograms summed over hospitals.
#include "evaluate/ordered.h"

#include <cstdint>
#include <span>
#include <vector>

namespace naru::evaluate {

struct Levels {
  std::vector<double> score;  ///< strictly ascending, finite; -0.0 is 0.0
  std::vector<std::uint64_t> cases;
  std::vector<std::uint64_t> controls;
  std::uint64_t n_cases = 0;
  std::uint64_t n_controls = 0;

  [[nodiscard]] std::size_t size() const { return score.size(); }
  [[nodiscard]] std::uint64_t count(std::size_t i) const { return cases[i] + controls[i]; }
  [[nodiscard]] std::uint64_t n() const { return n_cases + n_controls; }
  [[nodiscard]] bool probabilities() const { return size() == 0 || (score.front() >= 0 && score.back() <= 1); }
};

/// O(n), by `ordered`; its errors. With Direction::lower the scores are negated (for ranks only).
[[nodiscard]] Result<Levels> levels_of(std::span<const double> score, std::span<const std::uint8_t> label,
                                       Direction direction = Direction::higher);

[[nodiscard]] Levels levels_of(const Ordered& rows);

/// Cases and controls change places and scores change sign: sensitivity becomes specificity.
[[nodiscard]] Levels mirrored(const Levels& levels);

/// Bin k of `cases`/`controls` is the score k / grid; grid + 1 bins. Error: rejected when lengths differ.
[[nodiscard]] Result<Levels> levels_of_grid(std::span<const std::uint64_t> cases,
                                            std::span<const std::uint64_t> controls);

/// Bin of a score on the grid: round half to even of score * grid. REQUIRES: 0 <= score <= 1, grid > 0.
[[nodiscard]] std::size_t grid_bin(double score, std::int64_t grid);

/// The score of that bin, k / grid: as `levels_of_grid` has it.
[[nodiscard]] double on_grid(double score, std::int64_t grid);

/// For logits on a grid: the outermost scores 0 and 1 stand for [0, 1/(2 grid)] and [1 - 1/(2 grid), 1] and move to the
/// middle of them; all others stay.
[[nodiscard]] Levels inside_unit(Levels levels, std::int64_t grid);

}  // namespace naru::evaluate
