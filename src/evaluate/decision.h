#pragma once
/// What happens at a threshold: test positive means score >= threshold.
///
/// Sources: Wilson 1927 (intervals of proportions); Vickers & Elkin 2006 (net benefit TP/n - FP/n·t/(1-t)); its
/// standard error is that of a mean of n independent contributions (1, -t/(1-t) or 0), multinomial.
#include "evaluate/estimate.h"
#include "evaluate/levels.h"

#include <span>
#include <vector>

namespace naru::evaluate {

/// Who is positive and who should be.
struct Confusion {
  std::uint64_t tp = 0;
  std::uint64_t fp = 0;
  std::uint64_t tn = 0;
  std::uint64_t fn = 0;
  [[nodiscard]] std::uint64_t cases() const { return tp + fn; }
  [[nodiscard]] std::uint64_t controls() const { return fp + tn; }
  [[nodiscard]] std::uint64_t n() const { return tp + fp + tn + fn; }
  bool operator==(const Confusion&) const = default;
};
/// One per threshold, in the order given. One pass over the levels, however many thresholds.
[[nodiscard]] std::vector<Confusion> confusions(const Levels& levels, std::span<const double> thresholds,
                                                Direction direction = Direction::higher);
/// The same from rows in any order, without sorting them. REQUIRES: equal lengths, finite scores, labels 0 or 1.
[[nodiscard]] std::vector<Confusion> confusions(std::span<const double> score, std::span<const std::uint8_t> label,
                                                std::span<const double> thresholds);

/// TP/n - FP/n·t/(1-t). `method` names the formula; undefined unless 0 < t < 1.
[[nodiscard]] Estimate net_benefit(const Confusion& at, double threshold);
/// Cases and controls were sampled apart and the rate in the population is `prevalence`:
/// sens·π − (1−spec)·(1−π)·t/(1−t), variance from the two independent proportions. Undefined for one class.
/// REQUIRES: 0 < prevalence < 1.
[[nodiscard]] Estimate net_benefit_case_control(const Confusion& at, double threshold, double prevalence);

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

/// Net benefit alone over many thresholds, straight from rows.
struct DecisionPoint {
  double threshold = 0;
  Estimate model;
  Estimate treat_all;
};
/// Errors: rejected when lengths differ, a score is not a probability, or a label is not 0 or 1.
[[nodiscard]] Result<std::vector<DecisionPoint>> decision_curve(std::span<const double> score,
                                                                std::span<const std::uint8_t> label,
                                                                std::span<const double> thresholds);

}  // namespace naru::evaluate
