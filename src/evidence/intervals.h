#pragma once
/// Intervals without a closed form, by the bootstrap that the plan states: calibration distances and error, and gaps
/// between the subgroups of a report. Undefined intervals keep their reason. Method: docs/methods/resampling.md.
#include "evaluate/calibration.h"
#include "evidence/released.h"

#include <string>
#include <vector>

namespace naru::evidence {

/// Groups of equal width of the expected calibration error in reports.
inline constexpr std::size_t error_groups = 10;

struct CalibrationErrors {
  evaluate::CalibrationDistances distances;
  evaluate::Estimate ece;
};
/// Estimates of the levels; intervals when the plan states a bootstrap and `with_intervals`.
[[nodiscard]] CalibrationErrors calibration_errors(const Plan& plan, const evaluate::Levels& levels,
                                                   bool with_intervals);

/// Largest minus smallest over groups of one column, with the interval that pays for having chosen the two.
struct Gap {
  std::string measure;   ///< "auroc", "o_e", "tpr", "fpr"
  double threshold = 0;  ///< of tpr and fpr
  std::string most;
  std::string least;
  evaluate::Estimate difference;
};
/// Of the groups that the report shows. At a threshold only when every cell of every group is 0 or at least `min_cell`;
/// otherwise undefined, `suppressed`. Empty for fewer than two groups.
[[nodiscard]] std::vector<Gap> subgroup_gaps(const Plan& plan, const std::vector<const StratumLevels*>& groups,
                                             std::int64_t min_cell);

}  // namespace naru::evidence
