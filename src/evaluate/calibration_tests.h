#pragma once
/// Scores of whole predictions, and calibration in groups. All need scores in [0, 1] (`scores_not_probability`).
///
/// Sources: Brier 1950; Murphy 1973 (reliability, resolution, uncertainty); Spiegelhalter 1986 (z); Hosmer & Lemeshow
/// 1980; Nagelkerke 1991; Naeini et al. 2015 (ECE).
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <vector>

namespace naru::evaluate {

/// Mean of -ln of the probability given to what happened. A score of 0 or 1 that was wrong makes it infinite:
/// undefined, `score_zero_or_one`.
[[nodiscard]] Estimate log_loss(const Levels& levels);
/// 1 - Brier / (rate·(1 - rate)): 0 for always predicting the rate. Delta method.
[[nodiscard]] Estimate brier_scaled(const Levels& levels);

struct TestResult {
  std::optional<double> statistic;
  std::optional<double> p;
  std::optional<double> df;  ///< chi-squared tests
  std::string method;
  Reason reason = Reason::none;
};
/// z of Σ(y - p)(1 - 2p); two-sided normal p. `scores_all_equal` when every score is 0, 1/2 or 1.
[[nodiscard]] TestResult spiegelhalter(const Levels& levels);

enum class Grouping { equal_size, equal_width };
struct Group {
  std::uint64_t n = 0;
  std::uint64_t events = 0;
  double predicted = 0;  ///< mean score
};
/// Equal size: borders at the quantiles (type 7) k / groups, equal borders merged, right-closed. Equal width: borders
/// k / groups, right-closed. Empty groups are left out. REQUIRES: probabilities, groups > 0.
[[nodiscard]] std::vector<Group> grouped(const Levels& levels, Grouping how, std::size_t groups);

struct HosmerLemeshow {
  TestResult fitted;    ///< groups - 2 degrees of freedom: for the data the model was fitted to
  TestResult external;  ///< groups: for other data, the case here
};
/// Legacy: says little, depends on the grouping and on n. Wanted by some readers.
[[nodiscard]] HosmerLemeshow hosmer_lemeshow(const Levels& levels, std::size_t groups);

/// Murphy's parts over groups of equal size; reliability - resolution + uncertainty is the Brier score when all
/// members of a group have the same score.
struct BrierParts {
  std::optional<double> reliability;
  std::optional<double> resolution;
  std::optional<double> uncertainty;
  Reason reason = Reason::none;
};
[[nodiscard]] BrierParts brier_decomposition(const Levels& levels, std::size_t groups);
/// Mean |observed - predicted| over groups of equal width; depends on the grouping and is biased upward.
[[nodiscard]] Estimate expected_calibration_error(const Levels& levels, std::size_t groups);

/// Likelihood measures of the scores as they are, against the event rate alone.
struct LikelihoodMeasures {
  std::optional<double> model_chi2;  ///< 2(ln L - ln L of the rate)
  std::optional<double> r2_nagelkerke;
  std::optional<double> discrimination;      ///< (model_chi2 - 1) / n
  std::optional<double> unreliability_chi2;  ///< against the two-parameter recalibration
  std::optional<double> unreliability_p;     ///< 2 degrees of freedom
  std::optional<double> unreliability;       ///< (unreliability_chi2 - 2) / n
  std::optional<double> quality;             ///< discrimination - unreliability
  Reason reason = Reason::none;
};
/// Cox 1970, Harrell 2015. Reasons as for the calibration slope.
[[nodiscard]] LikelihoodMeasures likelihood_measures(const Levels& levels);

}  // namespace naru::evaluate
