#pragma once
/// Has the distribution of scores moved since the evidence? Two histograms over the same groups.
///
/// Source: Siddiqi 2006 (population stability index); Yurdakul & Naranjo 2020 (its law without drift: PSI divided by
/// 1/n + 1/m is about chi-squared with groups - 1 degrees of freedom).
#include "evaluate/estimate.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace naru::evaluate {

struct Stability {
  /// Σ(p − q)·ln(p/q), each group with half a person added so that an empty one is finite. Interval: delta method on
  /// both multinomials, cut at 0. Undefined (`no_rows`) when either side is empty, (`scores_all_equal`) for one group.
  Estimate psi;
  std::optional<double> p_no_drift;  ///< of so large an index when nothing moved
};
/// REQUIRES: equal lengths.
[[nodiscard]] Stability population_stability(std::span<const std::uint64_t> reference,
                                             std::span<const std::uint64_t> now);

/// Index of the group of each score: the last border not above it; scores below the first border are in group 0.
/// REQUIRES: borders ascending, not empty.
[[nodiscard]] std::size_t group_of(double score, std::span<const double> borders);

}  // namespace naru::evaluate
