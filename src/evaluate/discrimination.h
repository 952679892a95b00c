#pragma once
/// How well a score orders cases above controls.
///
/// Sources: DeLong, DeLong, Clarke-Pearson 1988 (variance, covariance); Sun & Xu 2014 (O(n log n)); Boyd, Eng, Page
/// 2013 (interval of the area under the precision-recall curve); Davis & Goadrich 2006 (trapezoid). All sums of
/// placements are integers (128 bit), so results are bit-identical for any order and for histograms.
/// REQUIRES everywhere: fewer than 2^31 cases and controls each.
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <span>
#include <vector>

namespace naru::evaluate {

/// AUROC, DeLong standard error, Wald `ci95` (cut at nothing) and `ci95_logit`.
/// One class: undefined. One case or one control: estimate without variance. Perfect or inverted separation has
/// DeLong variance 0: both intervals are then Clopper-Pearson on min(cases, controls) independent pairs, a cautious
/// exact interval, and `method` says so. All scores equal: 0.5 with se 0 and no interval.
[[nodiscard]] Estimate auroc(const Levels& levels);

/// The same from rows, without the table of distinct scores: least time and memory (1e7 rows in a third of a second).
[[nodiscard]] Estimate auroc(const Ordered& rows);

/// Standard error from published summaries only (Hanley & McNeil 1982); for rows take DeLong's. REQUIRES: 0 < area < 1.
[[nodiscard]] double hanley_mcneil_se(double area, std::uint64_t cases, std::uint64_t controls);

/// Twice the placements, per row: for a case 2·#controls below + #controls equal; for a control the cases above.
struct Placements {
  std::vector<std::uint64_t> of_case;     ///< in order of the rows that are cases
  std::vector<std::uint64_t> of_control;  ///< in order of the rows that are controls
};
[[nodiscard]] Placements placements(const Levels& levels, std::span<const double> score,
                                    std::span<const std::uint8_t> label, Direction direction);

/// Step-wise area: sum over distinct thresholds of (recall gained) x precision.
[[nodiscard]] Estimate average_precision(const Levels& levels);
/// Area by trapezoids between the points of distinct thresholds, from (recall 0, precision 1).
[[nodiscard]] Estimate auprc_trapezoid(const Levels& levels);

}  // namespace naru::evaluate
