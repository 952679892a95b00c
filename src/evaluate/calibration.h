#pragma once
/// Do predicted risks mean what they say? All need scores in [0, 1]; otherwise undefined (`scores_not_probability`).
///
/// Sources: Cox 1958 and Steyerberg 2019 ch. 15 (slope: two-parameter model; calibration-in-the-large: offset model,
/// which is *not* the intercept of the two-parameter model); Riley et al. 2021 (SE of ln O:E); Austin & Steyerberg
/// 2019 (ICI, E50, E90, Emax); Cleveland 1979 (lowess); Cleveland, Grosse 1991 (loess).
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <optional>
#include <string_view>
#include <vector>

namespace naru::evaluate {

/// Mean squared difference; SE from the sample variance of the squared differences.
[[nodiscard]] Estimate brier(const Levels& levels);
/// Slope b of logit P(Y) = a + b logit(score); Newton to convergence; Wald interval.
[[nodiscard]] Estimate calibration_slope(const Levels& levels);
/// Intercept a of logit P(Y) = a + logit(score); Wald interval.
[[nodiscard]] Estimate calibration_in_the_large(const Levels& levels);
/// Observed over expected events; interval on the log scale; `se` is of O:E by the delta method.
[[nodiscard]] Estimate observed_expected(const Levels& levels);

/// Intercept a of the two-parameter model that gives the slope. Not calibration-in-the-large, though some tools print
/// it under that name.
[[nodiscard]] Estimate calibration_intercept(const Levels& levels);
/// The two-parameter fit, where there is one.
struct Recalibration {
  double intercept = 0;
  double slope = 1;
  double var_intercept = 0;
  double var_slope = 0;
  double covariance = 0;
  double log_likelihood = 0;
};
[[nodiscard]] std::optional<Recalibration> recalibration(const Levels& levels);
/// Expected events: the sum of the scores. REQUIRES: probabilities.
[[nodiscard]] double expected_events(const Levels& levels);

enum class Smoother {
  loess,     ///< span 0.75, degree 2, tricube
  lowess,    ///< Cleveland 1979: span 2/3, degree 1, no robustness rounds, interpolated within 1 % of the range
  logistic,  ///< the two-parameter recalibration
};
[[nodiscard]] std::optional<Smoother> smoother_named(std::string_view name);

struct CalibrationDistances {
  Estimate ici;   ///< mean |smoothed - score|
  Estimate e50;   ///< median (quantile type 7)
  Estimate e90;   ///< 90th percentile
  Estimate emax;  ///< largest
};
inline constexpr std::uint64_t loess_direct_rows_max = 20'000;
inline constexpr std::size_t loess_knots = 512;
/// Above this number of distinct scores, neighbours are merged into so many groups of equal size before loess is fitted
/// at its knots.
inline constexpr std::size_t loess_groups = 65'536;
/// Loess is fitted directly at every distinct score up to `loess_direct_rows_max` rows; above that at `loess_knots`
/// scores (equally spaced ranks, ends included) with linear interpolation between, which `method` names. No
/// closed-form interval: `no_closed_form` (see bootstrap.h).
[[nodiscard]] CalibrationDistances calibration_distances(const Levels& levels, Smoother smoother = Smoother::loess);
/// Loess at `knots` scores with linear interpolation between, for resampling.
[[nodiscard]] CalibrationDistances calibration_distances_at_knots(const Levels& levels, std::size_t knots);

/// Smoothed risk at every level.
[[nodiscard]] std::vector<double> lowess(const Levels& levels);

/// Loess estimate at each of `at` (ascending). Span and degree as above. Fewer than four distinct scores in a
/// window lower the degree. REQUIRES: levels not empty.
[[nodiscard]] std::vector<double> loess(const Levels& levels, const std::vector<double>& at);

}  // namespace naru::evaluate
