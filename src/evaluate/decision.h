#pragma once
/// What happens at a threshold: test positive means score >= threshold.
///
/// Sources: Wilson 1927 (intervals of proportions); Vickers & Elkin 2006 (net benefit TP/n - FP/n·t/(1-t)); its
/// standard error is that of a mean of n independent contributions (1, -t/(1-t) or 0), multinomial.
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <vector>

namespace naru::evaluate {

struct AtThreshold {
  double threshold = 0;
  std::uint64_t tp = 0;
  std::uint64_t fp = 0;
  std::uint64_t tn = 0;
  std::uint64_t fn = 0;
  Estimate sensitivity;
  Estimate specificity;
  Estimate ppv;
  Estimate npv;
  Estimate alerts;       ///< share of persons that test positive
  Estimate net_benefit;  ///< undefined unless 0 < threshold < 1 and scores are probabilities
  Estimate treat_all;    ///< net benefit of treating everybody
};

/// With Direction::lower pass levels of the scores as they are: positive then means score <= threshold.
[[nodiscard]] AtThreshold at_threshold(const Levels& levels, double threshold, Direction direction = Direction::higher);
[[nodiscard]] std::vector<AtThreshold> decision_curve(const Levels& levels, const std::vector<double>& thresholds);

}  // namespace naru::evaluate
