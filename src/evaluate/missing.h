#pragma once
/// What rows without a score or without an outcome could change. The complete rows answer only for themselves; here are
/// the exact worst and best case, and a sweep over how far missing outcomes differ from what the score expects.
///
/// Sources: Manski 1989 (bounds); Rubin 1987 (multiple imputation, pooling); Carpenter & Kenward 2013 (delta-adjusted
/// sensitivity analysis); Barnard & Rubin 1999 (degrees of freedom).
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <span>
#include <vector>

namespace naru::evaluate {

inline constexpr std::uint8_t missing_label = 2;  ///< a missing score is NaN

struct MissingCounts {
  std::uint64_t complete = 0;
  std::uint64_t score_only = 0;  ///< outcome missing
  std::uint64_t case_only = 0;   ///< score missing
  std::uint64_t control_only = 0;
  std::uint64_t neither = 0;  ///< both missing: counted, in no bound
};
[[nodiscard]] MissingCounts missing_counts(std::span<const double> score, std::span<const std::uint8_t> label);

/// Smallest and largest AUROC over every way to fill what is missing: cases without score go to one end and controls to
/// the other; outcomes are then chosen so that the area is smallest or largest (for a given number of missing cases
/// these are the lowest or the highest scores; every number is tried). Sharp, O(n log n).
struct MissingBounds {
  std::optional<double> least;
  std::optional<double> most;
  Reason reason = Reason::none;
};
/// Errors: rejected when lengths differ, a label is none of 0, 1, missing_label, or a score is infinite.
[[nodiscard]] Result<MissingBounds> auroc_bounds(std::span<const double> score, std::span<const std::uint8_t> label,
                                                 Direction direction);

/// Missing outcomes drawn from the recalibrated risk (fitted to complete rows, its parameters drawn too) with `delta`
/// added to the log odds, `imputations` times; estimates pooled by Rubin's rules (AUROC on the logit scale).
struct DeltaPoint {
  double delta = 0;
  Estimate auroc;
  Estimate observed_expected;
  double imputed_rate = 0;  ///< share of events among the imputed
};
/// Scores must be probabilities strictly between 0 and 1. Rows without score are left out. Undefined as the
/// recalibration is. Errors as auroc_bounds.
[[nodiscard]] Result<std::vector<DeltaPoint>> delta_analysis(std::span<const double> score,
                                                             std::span<const std::uint8_t> label,
                                                             std::span<const double> deltas, std::size_t imputations,
                                                             std::uint64_t seed);

}  // namespace naru::evaluate
