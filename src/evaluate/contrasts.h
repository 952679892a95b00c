#pragma once
/// Differences between areas: two scores of the same persons, scores of different persons, and k scores at once.
///
/// Sources: DeLong, DeLong, Clarke-Pearson 1988 (covariance of areas, quadratic form of contrasts); Welch 1947.
#include "evaluate/discrimination.h"

namespace naru::evaluate {

struct Comparison {
  Estimate difference;  ///< a - b
  std::optional<double> statistic;
  std::optional<double> p;
  std::optional<double> df;          ///< unpaired only
  std::optional<double> covariance;  ///< paired only
};
/// Two scores of the same persons. Errors as levels_of.
[[nodiscard]] Result<Comparison> compare_paired(std::span<const double> a, std::span<const double> b,
                                                std::span<const std::uint8_t> label, Direction direction_a,
                                                Direction direction_b);
/// Scores of different persons: Welch's degrees of freedom, Student's t.
[[nodiscard]] Comparison compare_unpaired(const Levels& a, const Levels& b);

/// Areas of k scores of the same persons with their covariance, k x k row by row. Undefined areas keep their reason
/// and leave NaN in their rows.
struct AreaCovariance {
  std::vector<Estimate> areas;
  std::vector<double> covariance;
};
/// Errors as levels_of. REQUIRES: at least one score.
[[nodiscard]] Result<AreaCovariance> area_covariance(std::span<const std::span<const double>> scores,
                                                     std::span<const std::uint8_t> label, Direction direction);

/// Chi-squared test of d = 0 for a vector d with covariance V (row by row): d'V⁻d with as many degrees of freedom as V
/// has rank. Undefined with `identical_ranks` when V has rank 0, with the given areas' reason when one is undefined.
struct JointTest {
  std::optional<double> chi2;
  std::optional<double> p;
  std::size_t df = 0;
  std::string method;
  Reason reason = Reason::none;
};
[[nodiscard]] JointTest joint_test(std::vector<double> d, std::vector<double> v);
/// All k areas are equal: contrasts of each score with the first.
[[nodiscard]] JointTest all_equal_test(const AreaCovariance& areas);

}  // namespace naru::evaluate
