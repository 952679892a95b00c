#pragma once
/// More about one threshold: exact intervals, likelihood ratios, the burden of alerts, and agreement measures.
///
/// Sources: Clopper & Pearson 1934; Simel, Samsa, Matchar 1991 (likelihood ratios, log interval); Matthews 1975;
/// Cohen 1960. F1, MCC, kappa and balanced accuracy: delta method on the four multinomial cells.
#include "evaluate/decision.h"

namespace naru::evaluate {

struct ThresholdDetail {
  /// Clopper-Pearson; empty when the denominator is.
  std::optional<Interval> sensitivity_exact;
  std::optional<Interval> specificity_exact;
  std::optional<Interval> ppv_exact;
  std::optional<Interval> npv_exact;
  std::optional<Interval> alerts_exact;
  Estimate lr_positive;      ///< sens / (1 - spec); `empty_denominator` with no false positive
  Estimate lr_negative;      ///< (1 - sens) / spec
  Estimate alerts_per_100;   ///< persons alerted of 100
  Estimate alerts_per_case;  ///< alerts read for one case found, 1 / PPV; Wilson, inverted
  Estimate missed_per_100;   ///< cases not alerted of 100 cases
  Estimate f1;
  Estimate mcc;
  Estimate kappa;
  Estimate balanced_accuracy;
};
[[nodiscard]] ThresholdDetail threshold_detail(const Confusion& at);

/// Ratio of two independent proportions a/m over b/n, interval on the log scale. Undefined with `empty_denominator`
/// when b or m is 0; without interval when a is 0.
[[nodiscard]] Estimate ratio_of_proportions(std::uint64_t a, std::uint64_t m, std::uint64_t b, std::uint64_t n);

}  // namespace naru::evaluate
