#pragma once
/// Risks over time with censoring and competing events.
///
/// Sources: Kaplan & Meier 1958; Aalen & Johansen 1978; Greenwood 1926 (as the influence functions here give it);
/// Harrell 1982 and Therneau (concordance, infinitesimal jackknife); Uno et al. 2011; Blanche et al. 2013
/// (time-dependent AUC, cumulative/dynamic); Graf et al. 1999 (Brier); Cox 1972, Efron 1977; Vickers et al. 2008.
#include "evaluate/estimate.h"
#include "evaluate/ordered.h"

#include <span>
#include <vector>

namespace naru::evaluate {

enum class State : std::uint8_t { censored = 0, event = 1, competing = 2 };

/// Persons, one element each; `time` >= 0 and finite.
struct Follow {
  std::span<const double> time;
  std::span<const State> state;
};
/// Errors: rejected naming the first row with a time that is not a finite number >= 0, or when lengths differ.
[[nodiscard]] Done check_follow(const Follow& follow, std::span<const double> score);

/// P(event by the horizon): 1 - Kaplan-Meier, or Aalen-Johansen when there are competing events. `influence[i]` is
/// what person i adds to the estimate, n times over; se² = Σ influence² / n². Interval: complementary log-log.
/// Undefined `horizon_beyond_follow_up` when the last time is before the horizon and somebody is still at risk.
struct RiskAt {
  Estimate risk;
  std::vector<double> influence;
};
[[nodiscard]] RiskAt risk_at(const Follow& follow, double horizon);

/// Share of comparable pairs whose earlier event has the higher score, ties half. Competing events count as censored.
[[nodiscard]] Estimate harrell_c(const Follow& follow, std::span<const double> score);
/// The same with each pair weighted by 1/G(t)² (G: not censored yet), events up to `limit` only: does not depend on
/// the censoring. Its standard error includes that of G.
[[nodiscard]] Estimate uno_c(const Follow& follow, std::span<const double> score, double limit);
/// Cases: event by the horizon; controls: free of it then (persons with a competing event are controls). Weights
/// 1/G; standard error includes that of G.
[[nodiscard]] Estimate auc_at(const Follow& follow, std::span<const double> score, double horizon);
/// Mean squared difference of risk and state at the horizon, weighted by 1/G. REQUIRES nothing; undefined unless scores
/// are probabilities.
[[nodiscard]] Estimate brier_at(const Follow& follow, std::span<const double> risk, double horizon);
/// Observed risk at the horizon over the mean predicted risk; log interval.
[[nodiscard]] Estimate observed_expected_at(const Follow& follow, std::span<const double> risk, double horizon);
/// Coefficient of the linear predictor in a Cox model (Efron's ties), cause-specific; 1 is right. Wald interval.
[[nodiscard]] Estimate cox_slope(const Follow& follow, std::span<const double> predictor);
/// ln(-ln(1 - p)), the linear predictor of a risk. Empty when a risk is not strictly between 0 and 1.
[[nodiscard]] std::vector<double> linear_predictor(std::span<const double> risk);

/// Net benefit at the horizon: P(positive)·[F − (1 − F)·t/(1−t)], F the risk among the positive.
struct SurvivalDecision {
  double threshold = 0;
  std::uint64_t positive = 0;
  Estimate model;
  Estimate treat_all;
};
[[nodiscard]] std::vector<SurvivalDecision> survival_decision(const Follow& follow, std::span<const double> risk,
                                                              double horizon, std::span<const double> thresholds);

}  // namespace naru::evaluate
